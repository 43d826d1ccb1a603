// Z3 behind a narrow door: integer points of polynomial constraints.
//
// Used for counterexamples, for the witness of the requires and for yes/no
// questions of diagnostics; never for a proof. Resources are counted in Z3's own
// steps (rlimit), never timed, for a query and for all queries of a budget
// together; every query has a context of its own. So answers depend on the
// questions alone, and what is asked after the budget is used up is unknown.
// May be wrong: points are checked by exact evaluation; an `unsat` is only
// ever shown to people. A step of Z3 that does not count would not end; the
// engine that has such steps (nlsat) is off.
#pragma once

#include <cstdint>
#include <vector>

#include "prover/obligations/polynomial.h"

namespace minimoa {

struct Formula {
  enum class Kind { kAtLeastZero, kAnd, kOr, kNot, kOpaque };
  Kind kind = Kind::kAnd;
  Poly poly;
  std::vector<Formula> kids;
};
Formula at_least_zero(const Poly& p);
Formula negation(const Formula& f);
Formula disjunction(std::vector<Formula> kids);
bool has_opaque(const Formula& f);
// Requires: no opaque part.
bool holds(const Formula& f, const std::vector<Int>& values);
// A boolean term; what has no polynomial form is opaque.
Formula formula_of(const Term& t, const Env& env, const Spec& spec, AtomTable* atoms);

enum class Verdict { kSat, kUnsat, kUnknown };
struct Point {
  Verdict verdict = Verdict::kUnknown;
  std::vector<Int> values;  // by atom number
};
struct Question {
  std::vector<Formula> constraints;
  std::size_t atoms = 0;
  std::vector<unsigned> measured;   // their sum is made small
  std::vector<unsigned> sizes;      // dimensions: tried large where nothing else gives an answer
  std::uint64_t* budget = nullptr;  // what is left for this query and later ones; not null
};
// Some point.
Point any_point(const Question& q);
// The point with the smallest sum of sizes, if that sum is at most `most`.
// kUnsat: no point within `most`; none_at_all: no point of any size.
struct Smallest {
  Point point;
  bool none_at_all = false;
};
Smallest smallest_point(const Question& q, const Int& most);

}  // namespace minimoa
