// Exact incremental simplex; see simplex.h.
#include "prover/obligations/simplex.h"

namespace minimoa {

std::size_t Simplex::monomial(const Monomial& m) {
  const auto [it, fresh] = monomials_.emplace(m, variables_.size());
  if (fresh) {
    Variable v;
    v.place = columns_.size();
    variables_.push_back(v);
    columns_.push_back(it->second);
    for (Row& row : rows_) row.emplace_back(0);
  }
  return it->second;
}

void Simplex::add(const Poly& p, std::size_t name) {
  if (p.is_constant()) {
    if (p.constant() < 0 && !absurd_) {
      absurd_ = true;
      multipliers_ = {{name, Rational(1)}};
    }
    return;
  }
  for (const auto& [m, c] : p.terms()) {
    if (!m.empty()) monomial(m);
  }
  Variable slack;
  slack.bounded = slack.basic = true;
  slack.place = rows_.size();
  slack.name = name;
  slack.lower = -p.constant();
  Row row(columns_.size(), Rational(0));
  for (const auto& [m, c] : p.terms()) {
    if (m.empty()) continue;
    const Variable& v = variables_[monomials_.at(m)];
    slack.value += c * v.value;
    if (!v.basic) {
      row[v.place] += c;
      continue;
    }
    const Row& of = rows_[v.place];
    for (std::size_t k = 0; k < of.size(); ++k) {
      if (!of[k].is_zero()) row[k] += c * of[k];
    }
  }
  basics_.push_back(variables_.size());
  variables_.push_back(slack);
  rows_.push_back(std::move(row));
}

bool Simplex::spend(std::uint64_t cells) {
  if (*budget_ < cells) {
    *budget_ = 0;
    return false;
  }
  *budget_ -= cells;
  return true;
}

std::size_t Simplex::violated() const {
  std::size_t best = rows_.size();
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    const Variable& v = variables_[basics_[r]];
    if (!v.bounded || v.value >= v.lower) continue;
    if (best == rows_.size() || basics_[r] < basics_[best]) best = r;
  }
  return best;
}

// A free variable first (it never leaves again), else Bland's rule.
std::size_t Simplex::entering(const Row& row) const {
  std::size_t best = columns_.size();
  bool best_free = false;
  for (std::size_t k = 0; k < row.size(); ++k) {
    if (row[k].is_zero()) continue;
    const bool is_free = !variables_[columns_[k]].bounded;
    if (!is_free && row[k] < 0) continue;  // it is at its lower bound
    const bool better = best == columns_.size() || (is_free && !best_free) ||
                        (is_free == best_free && columns_[k] < columns_[best]);
    if (!better) continue;
    best = k;
    best_free = is_free;
  }
  return best;
}

void Simplex::conflict(std::size_t row) {
  multipliers_.clear();
  multipliers_[variables_[basics_[row]].name] = 1;
  for (std::size_t k = 0; k < rows_[row].size(); ++k) {
    if (rows_[row][k].is_zero()) continue;
    multipliers_[variables_[columns_[k]].name] += -rows_[row][k];
  }
}

void Simplex::pivot(std::size_t row, std::size_t column) {
  Variable& leaving = variables_[basics_[row]];
  Variable& joining = variables_[columns_[column]];
  const Rational factor = rows_[row][column];
  const Rational theta = (leaving.lower - leaving.value) / factor;
  leaving.value = leaving.lower;
  joining.value += theta;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    if (r == row || rows_[r][column].is_zero()) continue;
    variables_[basics_[r]].value += theta * rows_[r][column];
  }
  Row& own = rows_[row];
  std::vector<std::size_t> support;
  for (std::size_t k = 0; k < own.size(); ++k) {
    if (own[k].is_zero()) continue;
    support.push_back(k);
    own[k] = k == column ? Rational(1) / factor : -own[k] / factor;
  }
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    if (r == row || rows_[r][column].is_zero()) continue;
    const Rational c = rows_[r][column];
    rows_[r][column] = 0;
    for (const std::size_t k : support) rows_[r][k] += c * own[k];
  }
  std::swap(basics_[row], columns_[column]);
  leaving.basic = false;
  leaving.place = column;
  joining.basic = true;
  joining.place = row;
}

Feasibility Simplex::solve() {
  if (absurd_) return Feasibility::kConflict;
  for (;;) {
    const std::size_t row = violated();
    if (row == rows_.size()) return Feasibility::kFeasible;
    const std::size_t column = entering(rows_[row]);
    if (column == columns_.size()) {
      conflict(row);
      return Feasibility::kConflict;
    }
    if (!spend(rows_.size() * columns_.size() / 4 + 16)) {
      return Feasibility::kOutOfBudget;
    }
    pivot(row, column);
  }
}

Rational Simplex::value(const Poly& p) const {
  Rational sum = p.constant();
  for (const auto& [m, c] : p.terms()) {
    if (m.empty()) continue;
    const auto it = monomials_.find(m);
    if (it != monomials_.end()) sum += c * variables_[it->second].value;
  }
  return sum;
}

}  // namespace minimoa
