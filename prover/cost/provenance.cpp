// The rules of provenance.h, by kinds of operands.
#include "prover/cost/provenance.h"

#include <algorithm>

namespace minimoa::cost {
namespace {

using Kind = Content::Kind;

Content other() { return {Kind::kOther, 0, 0, nullptr}; }

Content single(Kind kind, std::int64_t row, std::int64_t col, std::int64_t size,
               std::int64_t part) {
  std::vector<bool> parts(static_cast<std::size_t>(size));
  parts[static_cast<std::size_t>(part)] = true;
  return {kind, row, col, std::make_shared<const std::vector<bool>>(std::move(parts))};
}

// The union of parts; overlap says whether they share one.
Content joined(const Content& a, const Content& b, bool* overlap) {
  std::vector<bool> parts = *a.parts;
  *overlap = false;
  for (std::size_t k = 0; k < parts.size(); ++k) {
    *overlap = *overlap || (parts[k] && (*b.parts)[k]);
    parts[k] = parts[k] || (*b.parts)[k];
  }
  return {a.kind, a.row, a.col, std::make_shared<const std::vector<bool>>(std::move(parts))};
}

bool gathers(Op op) { return op == Op::kAdd || op == Op::kMax || op == Op::kMin; }

Content statistic(std::int64_t row) { return {Kind::kStatistic, row, 0, nullptr}; }

}  // namespace

bool AttentionShape::admitted(std::int64_t row, std::int64_t key_row) const {
  if (row / rows != key_row / keys) return false;
  return !admits || admits(row % rows, key_row % keys);
}

std::int64_t AttentionShape::pairs() const {
  std::int64_t n = 0;
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < keys; ++j) n += admitted(i, j) ? 1 : 0;
  }
  return heads * n;
}

Content Provenance::loaded(std::size_t array, std::int64_t element) const {
  if (array == shape_.query) {
    return {Kind::kQuery, element / shape_.dk, element % shape_.dk, nullptr};
  }
  if (array == shape_.key) return {Kind::kKey, element / shape_.dk, element % shape_.dk, nullptr};
  if (array == shape_.value) {
    return {Kind::kValue, element / shape_.dv, element % shape_.dv, nullptr};
  }
  return {};  // an input that is none of the three, such as a slope
}

// A copy and a negation keep a sum a sum; other functions keep what is private
// private, and an element of an input the image of that element.
Content Provenance::computed(Op op, const Content& a) const {
  return a.kind == Kind::kSum && op != Op::kLet && op != Op::kNeg ? other() : a;
}

Content Provenance::with_constant(Op op, const Content& x, bool constant_first) const {
  if (x.kind == Kind::kPair) return gathers(op) && op != Op::kAdd ? statistic(x.row) : x;
  if (x.kind != Kind::kSum) return x;
  const bool linear =
      op == Op::kAdd || op == Op::kMul || op == Op::kSub || (op == Op::kDiv && !constant_first);
  return linear ? x : other();
}

Content Provenance::with_statistic(Op op, const Content& x, const Content& s,
                                   bool statistic_first) const {
  if (x.kind == Kind::kConstant) return s;
  if (x.row != s.row) return other();
  if (x.kind == Kind::kStatistic) return s;
  if (x.kind == Kind::kPair) return gathers(op) ? s : x;
  if (x.kind != Kind::kSum) return other();
  // A statistic times the constant 0 starts a sum: added, it changes nothing.
  const bool linear = op == Op::kAdd || op == Op::kMul || (op == Op::kDiv && !statistic_first);
  return linear ? x : other();
}

Content Provenance::of_pairs(Op op, const Content& a, const Content& b) const {
  if (a.row != b.row) return other();
  if (a.col != b.col) return gathers(op) ? statistic(a.row) : other();
  bool overlap = false;
  return joined(a, b, &overlap);
}

Content Provenance::weighted(const Content& pair, const Content& v, bool* product) const {
  const bool whole = std::all_of(pair.parts->begin(), pair.parts->end(), [](bool p) { return p; });
  if (pair.col != v.row || !whole || !shape_.admitted(pair.row, pair.col)) return other();
  *product = true;
  return single(Kind::kSum, pair.row, v.col, shape_.keys, pair.col % shape_.keys);
}

Content Provenance::computed(Op op, const Content& a, const Content& b, bool* product) const {
  *product = false;
  if (a.kind == Kind::kOther || b.kind == Kind::kOther) return other();
  if (a.kind == Kind::kStatistic) return with_statistic(op, b, a, true);
  if (b.kind == Kind::kStatistic) return with_statistic(op, a, b, false);
  if (a.kind == Kind::kConstant) return with_constant(op, b, true);
  if (b.kind == Kind::kConstant) return with_constant(op, a, false);
  if (a.kind == Kind::kPair && b.kind == Kind::kPair) return of_pairs(op, a, b);
  if (a.kind == Kind::kSum && b.kind == Kind::kSum && op == Op::kAdd) {
    if (a.row != b.row || a.col != b.col) return other();
    bool overlap = false;
    const Content both = joined(a, b, &overlap);
    return overlap ? other() : both;
  }
  // The denominator of a row with one key is the weight itself.
  if (a.kind == Kind::kSum && b.kind == Kind::kPair) {
    return with_statistic(op, a, statistic(b.row), false);
  }
  if (op != Op::kMul) return other();
  if (a.kind == Kind::kPair && b.kind == Kind::kValue) return weighted(a, b, product);
  if (a.kind == Kind::kValue && b.kind == Kind::kPair) return weighted(b, a, product);
  if (a.kind == Kind::kKey && b.kind == Kind::kQuery) return computed(op, b, a, product);
  if (a.kind != Kind::kQuery || b.kind != Kind::kKey || a.col != b.col) return other();
  return single(Kind::kPair, a.row, b.row, shape_.dk, a.col);
}

bool Provenance::complete(const Content& sum, std::int64_t element) const {
  if (sum.kind != Kind::kSum || sum.row != element / shape_.dv || sum.col != element % shape_.dv) {
    return false;
  }
  const std::int64_t first = sum.row / shape_.rows * shape_.keys;
  for (std::int64_t j = 0; j < shape_.keys; ++j) {
    const bool in = (*sum.parts)[static_cast<std::size_t>(j)];
    if (in != shape_.admitted(sum.row, first + j)) return false;
  }
  return true;
}

}  // namespace minimoa::cost
