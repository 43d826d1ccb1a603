// Feasibility of linear constraints over the rationals, exactly, and the
// multipliers of a contradiction when there is none (Farkas).
//
// The general simplex of Dutertre and de Moura (CAV 2006), incremental, with
// Bland's rule, so it ends and is deterministic. Monomials are treated as
// unrelated unknowns. A conflict is one row of the tableau, hence sparse.
// May be wrong: the multipliers are checked again by checker.h.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "prover/obligations/polynomial.h"

namespace minimoa {

enum class Feasibility { kFeasible, kConflict, kOutOfBudget };

class Simplex {
 public:
  // Work is counted in tableau cells, never in seconds.
  explicit Simplex(std::uint64_t* budget) : budget_(budget) {}
  // Adds p >= 0, to be called `name` in a conflict.
  void add(const Poly& p, std::size_t name);
  Feasibility solve();
  // After kConflict: sum of multiplier * constraint is a negative constant.
  const std::map<std::size_t, Rational>& multipliers() const { return multipliers_; }
  // After kFeasible: p at the point found; monomials not seen are 0.
  Rational value(const Poly& p) const;

 private:
  struct Variable {
    bool bounded = false;  // a slack; else a monomial, free
    bool basic = false;
    std::size_t place = 0;  // row if basic, else column
    std::size_t name = 0;
    Rational lower = 0, value = 0;
  };
  using Row = std::vector<Rational>;

  std::size_t monomial(const Monomial& m);
  std::size_t violated() const;                // a row, or rows_.size()
  std::size_t entering(const Row& row) const;  // a column, or columns_.size()
  void conflict(std::size_t row);
  void pivot(std::size_t row, std::size_t column);
  bool spend(std::uint64_t cells);

  std::uint64_t* budget_;
  std::vector<Variable> variables_;
  std::map<Monomial, std::size_t> monomials_;
  std::vector<Row> rows_;  // basic = sum of row * nonbasic
  std::vector<std::size_t> basics_, columns_;
  std::map<std::size_t, Rational> multipliers_;
  bool absurd_ = false;  // a constraint that is a constant
};

}  // namespace minimoa
