// Points of polygons and loops around them; see count.h.
#include "prover/search/count.h"

#include <algorithm>

#include "prover/cost/algebra.h"
#include "prover/cost/equations.h"
#include "prover/cost/sums.h"

namespace minimoa {

namespace {

constexpr std::int64_t kMaxSteps = std::int64_t{1} << 20;
constexpr std::int64_t kMaxNumber = std::int64_t{1} << 40;  // of a constant, a bound
constexpr std::int64_t kMaxSlope = std::int64_t{1} << 20;   // their products stay below 2^62

std::int64_t floor_of_quotient(std::int64_t a, std::int64_t b) {
  const std::int64_t q = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

// at_zero + sum of slope[k] * v<k>.
struct Linear {
  std::int64_t at_zero = 0;
  std::vector<std::int64_t> slope;
};
struct Line {  // over x
  std::int64_t at_zero = 0, slope = 0;
  std::int64_t at(std::int64_t x) const { return at_zero + slope * x; }
};

// Linear in v0 .. v<n-1> whatever the dimensions are.
bool is_linear(const Term& t, std::size_t n, const Spec& spec) {
  Algebra algebra(spec);
  const auto p = algebra.poly(t);
  if (!p) return false;
  for (const auto& [m, c] : p->terms()) {
    unsigned degree = 0;
    for (const auto& [a, e] : m) {
      const Term atom = algebra.atom_term(a);
      for (std::size_t k = 0; k < n; ++k) {
        if (!mentions(atom, nest_variable(k))) continue;
        if (atom->op != Op::kVar) return false;
        degree += e;
      }
    }
    if (degree > 1) return false;
  }
  return true;
}

// The points of the nest with literal conditions.
class Points {
 public:
  Points(std::vector<std::vector<Linear>> slacks, const std::optional<Int>& enough)
      : slacks_(std::move(slacks)), values_(slacks_.size()), enough_(enough) {}

  std::optional<Int> run() {
    const Int out = level(0);
    if (exceeded_) return std::nullopt;
    return out;
  }

 private:
  // slack with the outer loops' values filled in.
  std::int64_t known(const Linear& s, std::size_t below) const {
    std::int64_t out = s.at_zero;
    for (std::size_t k = 0; k < below; ++k) out += s.slope[k] * values_[k];
    return out;
  }

  // Values of loop k, first .. last; the loop itself starts at 0 and ends.
  struct Range {
    std::int64_t first = 0, last = 0;
    bool empty() const { return last < first; }
  };
  Range range(std::size_t k) const {
    Range out{0, kMaxNumber};
    for (const Linear& s : slacks_[k]) {
      const std::int64_t c = known(s, k), slope = s.slope[k];
      if (slope > 0) out.first = std::max(out.first, -floor_of_quotient(c, slope));
      if (slope < 0) out.last = std::min(out.last, floor_of_quotient(c, -slope));
      if (slope == 0 && c < 0) out.last = -1;
    }
    return out;
  }

  Int level(std::size_t k) {
    const Range r = range(k);
    if (r.empty()) return 0;
    if (k + 1 == slacks_.size()) return r.last - r.first + 1;
    if (k + 2 == slacks_.size() && unit_slopes()) return polygon(k, r);
    Int out = 0;
    for (values_[k] = r.first; values_[k] <= r.last && !exceeded_; ++values_[k]) {
      exceeded_ = ++steps_ > kMaxSteps;
      out += level(k + 1);
      if (enough_ && out >= *enough_) break;
    }
    return out;
  }

  bool unit_slopes() const {
    return std::all_of(slacks_.back().begin(), slacks_.back().end(),
                       [](const Linear& s) { return s.slope.back() == 1 || s.slope.back() == -1; });
  }

  // Points (x, y): x in r, y between lines over x.
  Int polygon(std::size_t k, const Range& r) {
    lower_.assign(1, Line{0, 0});
    upper_.clear();
    for (const Linear& s : slacks_[k + 1]) {
      const Line line{known(s, k), s.slope[k]};
      if (s.slope[k + 1] < 0) {
        upper_.push_back(line);  // y <= line
      } else {
        lower_.push_back({-line.at_zero, -line.slope});  // y >= -line
      }
    }
    // Where another line takes over, or the polygon begins or ends.
    cuts_.assign(1, r.first);
    for (const auto* lines : {&lower_, &upper_}) {
      for (std::size_t a = 0; a < lines->size(); ++a) {
        for (std::size_t b = a + 1; b < lines->size(); ++b) cut((*lines)[a], (*lines)[b], r);
      }
    }
    for (const Line& l : lower_) {
      for (const Line& u : upper_) cut({l.at_zero - 1, l.slope}, u, r);
    }
    std::sort(cuts_.begin(), cuts_.end());
    cuts_.push_back(r.last + 1);
    Int out = 0;
    for (std::size_t c = 0; c + 1 < cuts_.size(); ++c) {
      const std::int64_t from = cuts_[c], to = cuts_[c + 1] - 1;
      if (from > to) continue;
      out += Int(height(from) + height(to)) * (to - from + 1) / 2;
    }
    return out;
  }

  // The first whole x from which on the order of two lines may be another one.
  void cut(const Line& a, const Line& b, const Range& r) {
    const std::int64_t slope = a.slope - b.slope;
    if (slope == 0) return;
    const std::int64_t difference = b.at_zero - a.at_zero;
    const std::int64_t x =
        slope > 0 ? floor_of_quotient(difference, slope) : floor_of_quotient(-difference, -slope);
    if (x + 1 > r.first && x + 1 <= r.last) cuts_.push_back(x + 1);
  }

  std::int64_t height(std::int64_t x) const {
    std::int64_t low = 0, high = kMaxNumber;
    for (const Line& l : lower_) low = std::max(low, l.at(x));
    for (const Line& u : upper_) high = std::min(high, u.at(x));
    return std::max<std::int64_t>(0, high - low + 1);
  }

  std::vector<std::vector<Linear>> slacks_;  // by the last loop in them
  std::vector<std::int64_t> values_;
  std::optional<Int> enough_;
  std::vector<Line> lower_, upper_;
  std::vector<std::int64_t> cuts_;
  std::int64_t steps_ = 0;
  bool exceeded_ = false;
};

}  // namespace

std::optional<NestCount> NestCount::of(const Nest& nest, const Spec& spec) {
  NestCount out;
  out.depth_ = nest.size();
  const auto slack = [&](const Term& low, const Term& high, int strict) {
    const Term t = mk(Op::kSub, {mk(Op::kSub, {high, low}), mk_int(strict)});
    out.slacks_.push_back(t);
    return is_linear(t, nest.size(), spec);
  };
  for (std::size_t k = 0; k < nest.size(); ++k) {
    if (!countable(nest[k].bound)) return std::nullopt;
    if (!slack(mk_var(nest_variable(k)), nest[k].bound, 1)) return std::nullopt;
    out.bounds_.push_back(nest[k].bound);
    for (const Term& g : nest[k].guards) {
      const bool negated = g->op == Op::kNot;
      const Term c = negated ? g->kids[0] : g;
      if (c->op != Op::kLt && c->op != Op::kLe) return std::nullopt;
      const Term &low = c->kids[negated ? 1 : 0], &high = c->kids[negated ? 0 : 1];
      if (!slack(low, high, (c->op == Op::kLt) != negated ? 1 : 0)) return std::nullopt;
    }
  }
  return out;
}

std::int64_t NestCount::steps(const SmallSizes& sizes) const {
  SmallSizes values = sizes;
  for (std::size_t k = 0; k < depth_; ++k) values[nest_variable(k)] = 0;
  std::int64_t out = 1;
  for (std::size_t k = 0; k + 2 < depth_; ++k) {
    const std::int64_t bound = std::max<std::int64_t>(1, value_at(bounds_[k], values));
    out = bound > kMaxSteps / out ? kMaxSteps + 1 : out * bound;
  }
  return out;
}

std::optional<Int> NestCount::at(const SmallSizes& sizes, const std::optional<Int>& enough) const {
  if (steps(sizes) > kMaxSteps) return std::nullopt;
  SmallSizes values = sizes;
  for (std::size_t k = 0; k < depth_; ++k) values[nest_variable(k)] = 0;
  std::vector<std::vector<Linear>> slacks(depth_);
  for (const Term& s : slacks_) {
    Linear line{value_at(s, values), std::vector<std::int64_t>(depth_)};
    std::size_t last = 0;
    for (std::size_t k = 0; k < depth_; ++k) {
      values[nest_variable(k)] = 1;
      line.slope[k] = value_at(s, values) - line.at_zero;
      values[nest_variable(k)] = 0;
      if (line.slope[k] != 0) last = k;
      if (std::abs(line.slope[k]) > kMaxSlope) return std::nullopt;
    }
    if (std::abs(line.at_zero) > kMaxNumber) return std::nullopt;
    slacks[last].push_back(std::move(line));
  }
  return Points(std::move(slacks), enough).run();
}

}  // namespace minimoa
