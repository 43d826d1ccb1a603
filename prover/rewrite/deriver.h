// A derivation under construction: a term and the rule steps that led to it.
//
// Every change goes through step(), which uses one row of the rule table, so a
// tactic cannot change the meaning of a term; the worst a wrong tactic does is
// to get stuck. Stuck never leaves the prover: derive.h turns it into a
// diagnostic.
// May be wrong: it may choose a derivation that later obligations refuse.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "prover/schedule/derive.h"
#include "spec/lang/rules.h"

namespace minimoa {

struct Stuck {
  Diagnostic why;
};
[[noreturn]] void stuck(const std::string& code, const std::string& message,
                        const std::vector<std::string>& helps = {}, const Span& span = {});

using Pred = std::function<bool(const Term&)>;

class Deriver {
 public:
  Deriver(const Spec& spec, const RuleTable& rules);
  Deriver(const Spec& spec, const RuleTable& rules, Derivation so_far);

  const Spec& spec() const { return spec_; }
  const Term& term() const { return d_.terms.back(); }
  Derivation& derivation() { return d_; }

  // One rule use; get-stuck on failure. try_step says whether it applied.
  void step(const std::string& rule, const Position& at, const Hints& hints = {}, bool rl = false);
  bool try_step(const std::string& rule, const Position& at, const Hints& hints = {},
                bool rl = false);

  // let (name) e in ..: all occurrences of e in the subterm at `at`.
  void share(const Position& at, const Term& e, const std::string& name);
  // x  -->  psi <v1 .. vk> (gen v1 .. gen vk. x): (variable, bound), outermost first.
  void stage(const Position& at, const std::vector<std::pair<std::string, Term>>& vars);
  // Beta: every (psi (vec i ..) (gen ..)) and (psi (vec) scalar) below `at`.
  void beta(const Position& at);
  // Replaces every let below the root by its definition, innermost first.
  void unshare();

  // Places in the current term.
  Position first(const Pred& pred, const Position& below = {}) const;  // stuck if none
  bool has(const Pred& pred, const Position& below = {}) const;
  Position put() const;
  Position loop(const std::string& variable) const;  // for/parfor that binds it
  // Statement-level loops above the put, outermost first.
  std::vector<Position> loops() const;
  Type type_at(const Position& p) const;
  // A name that is nowhere in the term, the dimensions or the inputs.
  std::string fresh_name(const std::string& base) const;

 private:
  const Spec& spec_;
  const RuleTable& rules_;
  Derivation d_;
};

Position child(Position p, std::size_t k);

}  // namespace minimoa
