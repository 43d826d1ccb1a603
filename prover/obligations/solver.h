// Z3 behind a narrow door: integer points of polynomial constraints.
//
// Used for counterexamples, for the witness of the requires and for yes/no
// questions of diagnostics; never for a proof. Resources are counted (rlimit),
// not timed (but see solver.cpp), and every query has a context of its own, so that answers do not
// depend on what was asked before.
// May be wrong: points are checked by exact evaluation; an `unsat` is only
// ever shown to people.
#pragma once

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
  std::vector<unsigned> measured;  // their sum is made small
  unsigned rlimit = 20000000;      // per query
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
