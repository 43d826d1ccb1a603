// What: the arithmetic obligations of a certificate (FORMAT sections 5, 7).
// The idea: every statement is computed here, from the specification, the
// replayed terms and the conditions of the steps; only proofs (and the choices
// `cover` and `witness`) come from the certificate.
// How it may be wrong: an obligation that is forgotten, or a hypothesis that
// does not hold. The one dangerous hypothesis is that of a quotient: it is
// used only if its divisor is a positive constant or proved positive.
#ifndef MINIMOA_AUDIT_OBLIGATIONS_H_
#define MINIMOA_AUDIT_OBLIGATIONS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "json.h"
#include "poly.h"
#include "proof.h"
#include "replay.h"
#include "term.h"
#include "types.h"

namespace audit {

// True for index arithmetic over literals and dimensions.
bool dimensions_only(const Term& term, const Spec& spec);

// left - right - minus >= 0; the order of translation numbers the atoms.
struct Difference {
  Term left;
  Term right;
  std::int64_t minus = 0;
  bool right_first = false;  // where a boolean's first child is
};

// The facts of a boolean; false if the table of FORMAT 5 has none for some
// part of it (then it cannot be a goal).
bool facts_of(const Term& boolean, std::vector<Difference>& facts);

// A polynomial under construction with the hypotheses before it.
struct Draft {
  AtomTable atoms;
  std::vector<Poly> hypotheses;
};

// The for, parfor and when nodes above the only put, from the root down.
struct Frame {
  struct Item {
    bool loop = false;
    std::string name;    // of the variable
    Term term;           // the bound, or the guard
    std::int64_t depth;  // variables outside; a loop's variable has this level
  };
  std::vector<Item> items;
  Term put;
  std::int64_t depth = 0;  // of the put
};
// Refuses (code "write") a final term whose bounds or indices mention more
// than FORMAT 7 allows.
Frame frame_of(const Term& final_term, const Spec& spec);

class Generator {
 public:
  Generator(const Spec& spec, Budget& budget);

  // FORMAT 7, `divisors`; remembers them for all later obligations.
  std::vector<Obligation> divisors(const Term& final_term);
  std::vector<Obligation> spec_obligations();
  std::vector<Obligation> step(const std::vector<Condition>& conditions);
  // The whole list `safe`; `cover` is the certificate's list of pairs.
  std::vector<Obligation> safe(const Term& final_term, const Json& cover);

 private:
  using Levels = std::map<std::int64_t, Term>;

  Draft base(std::size_t requires_used);
  Draft in_context(const Scope& scope);
  Reading reading(Draft& draft, std::int64_t depth, const Levels& replaced);
  Poly difference_poly(const Difference& fact, Reading& reading);
  void assume(Draft& draft, const Term& boolean, std::int64_t depth, const Levels& replaced);
  void assume_loop(Draft& draft, const Term& variable, const Term& bound, std::int64_t depth,
                   const Levels& replaced);
  void add_goal(const std::string& place, Draft draft, const Difference& goal, std::int64_t depth,
                const Levels& replaced, std::vector<Obligation>& out);
  void add_quotient(Draft& draft, std::size_t atom);
  void add_element(Draft& draft, std::size_t atom);
  void finish(Draft& draft);
  bool proved_divisor(const Draft& draft, const Poly& divisor);
  void collect_divisors(const Term& term, std::vector<Term>& out);
  void walk(const Term& term, Scope& scope, bool safe, std::vector<Obligation>& out);
  void node_goals(const Term& term, Scope& scope, bool safe, std::vector<Obligation>& out);
  void array_goals(const Array& array, std::vector<Obligation>& out);
  void write_once(const Frame& frame, std::vector<Obligation>& out);
  void assume_frame(Draft& draft, const Frame& frame, const Levels& replaced);
  void cover(const Frame& frame, const Json& json, std::vector<Obligation>& out);

  const Spec& spec_;
  Budget& budget_;
  std::vector<Term> divisors_;    // proved positive, dimensions only
  bool refuse_unproved_ = false;  // true once the list is complete
};

// FORMAT 7, satisfiable: the witness gives every dimension a value and all
// requires hold there.
void check_witness(const Spec& spec, const Json& witness);

}  // namespace audit

#endif  // MINIMOA_AUDIT_OBLIGATIONS_H_
