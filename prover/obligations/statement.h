// The obligations of a derivation as statements: numbered hypotheses and one
// goal over numbered atoms, exactly as certificates/FORMAT.md sections 5 and 7
// say. The audit builds the same statements on its own; a proof refers to
// their hypotheses and atoms by number.
// May be wrong: a statement that differs from the audit's makes the audit
// reject the proof. Nothing here is trusted.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "prover/obligations/polynomial.h"
#include "prover/schedule/placement.h"
#include "spec/lang/rules.h"
#include "spec/lang/spec.h"
#include "spec/lang/types.h"

namespace minimoa {

// A boolean under its names: a fact that section 5 does not use. It holds, so
// a counterexample must respect it.
struct Ignored {
  Term fact;
  Env env;
};

struct Statement {
  bool stated = true;  // false: has no polynomial form (INVALID)
  AtomTable atoms;
  std::vector<Poly> hypotheses;  // each >= 0
  Poly goal;                     // >= 0 is claimed
  std::vector<Ignored> ignored;
  std::vector<Poly> stages;  // >= 0 each, in order: a way to the goal; no part of the claim
  std::string label;         // for people
  Term shown;                // the goal, for people
  std::string key() const;   // equal keys: same hypotheses and goal
};

// A comparison of the table of section 5: a fact, or a goal.
struct Comparison {
  enum class Kind { kLess, kLessEqual, kGreaterEqual };
  Kind kind;
  Term a, b;
};
// Splits a boolean by the table; parts it does not list go to `other`.
void comparisons(const Term& g, std::vector<Comparison>* out, std::vector<Term>* other);

// Collects hypotheses, then states one goal. Copy it to state several goals
// in one context: atoms of one goal must not number those of the next.
class StatementBuilder {
 public:
  explicit StatementBuilder(const Spec& spec);
  void dimensions();                                       // hypotheses 1
  void requirements(std::size_t count);                    // hypotheses 2, the first count
  void globals();                                          // 1 and 2
  void context(const std::vector<ContextEntry>& entries);  // hypotheses 3
  void binder(const std::string& name, const Term& bound,
              const std::string& mark = "");  // mark: appended when shown
  void fact(const Term& boolean);
  void hypothesis(const Poly& p) { s_.hypotheses.push_back(p); }
  // Facts of a div atom only for these divisors (as shown), and constants.
  void only_divisors(const std::set<std::string>* positive) { positive_ = positive; }
  const Env& env() const { return env_; }
  Env* mutable_env() { return &env_; }
  AtomTable* atoms() { return &s_.atoms; }
  std::optional<Poly> poly(const Term& t) { return poly(t, env_); }
  std::optional<Poly> poly(const Term& t, const Env& env);
  std::optional<Poly> poly(const Comparison& c, const Env& env);
  void give_up() { s_.stated = false; }

  // Steps 4 and 5 of section 5. The goal is already translated.
  Statement state(const std::optional<Poly>& goal, const std::string& label,
                  const Term& shown) const;
  // One statement per comparison of the boolean, in order.
  std::vector<Statement> goals(const Term& boolean, const Env& env, const std::string& label) const;
  // p >= 0 and p < n.
  void in_range(const Term& p, const Term& n, const std::string& label,
                std::vector<Statement>* out) const;

 private:
  const Spec& spec_;
  Statement s_;
  Env env_, globals_;
  std::size_t binders_ = 0;
  const std::set<std::string>* positive_ = nullptr;
};

// The obligations of section 7, each list in its order.
std::vector<Statement> divisor_statements(const Spec& spec, const Term& core,
                                          const Term& final_term);
std::vector<Statement> spec_statements(const Spec& spec, const Term& core);
std::vector<Statement> step_statements(const Spec& spec, const Step& step);
using Cover = std::vector<std::pair<std::string, std::string>>;
// Also derives the cover witnesses from the put's index functions.
std::vector<Statement> safe_statements(const Spec& spec, const Term& final_term, Cover* cover,
                                       const Placement& place = {});
std::vector<Statement> obligation_statements(const Spec& spec, const Obligation& o);
// Facts of the atoms from number `first` on, appended (step 5 of section 5).
void append_atom_facts(const Spec& spec, const Env& globals, const std::set<std::string>* positive,
                       std::size_t first, AtomTable* atoms, std::vector<Poly>* hypotheses);

}  // namespace minimoa
