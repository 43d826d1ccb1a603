#include "extract/report/curves.h"

#include <algorithm>
#include <cmath>

#include "extract/report/html.h"

namespace minimoa {
namespace {

constexpr int kSteps = 8;  // of S between two powers of two
constexpr int kLeastPower = 8;
constexpr int kMostPower = 34;
constexpr int kScalars = 8;     // words beside the tile
constexpr int kStatistics = 2;  // of a row

double real(const Int& v) { return v.convert_to<double>(); }

std::optional<Shape> shape_of(const Subject& subject, const Sizes& dims) {
  if (!subject.what.instance || !subject.what.instance->dense) return std::nullopt;
  const ProductInstance& i = *subject.what.instance;
  const auto n = value_of(i.n, dims), m = value_of(i.m, dims);
  const auto dk = value_of(i.dk, dims), dv = value_of(i.dv, dims);
  if (!n || !m || !dk || !dv) return std::nullopt;
  return Shape{*n, *m, *dk, *dv};
}

std::vector<Int> memory_sizes(int least, int most) {
  std::vector<Int> out;
  for (int k = least * kSteps; k <= most * kSteps; ++k) {
    out.emplace_back(static_cast<long long>(std::exp2(static_cast<double>(k) / kSteps)));
  }
  return out;
}

// The power of two at which a few rows and keys fit.
int first_power(const Subject& subject, const TableAt& at) {
  const auto s = shape_of(subject, at.point.dims);
  const double words = s ? 4 * real(s->dk + s->dv) : 0;
  return words < 1 ? kLeastPower : std::max(kLeastPower, static_cast<int>(std::log2(words)) + 1);
}

// The power of two at which nothing is left to gain: everything fits.
int last_power(const Subject& subject, const TableAt& at) {
  double words = real(at.footprint);
  if (const auto s = shape_of(subject, at.point.dims)) {
    words = std::max(words, real(std::min(s->n, s->m) * (s->dk + s->dv)));
  }
  return std::clamp(static_cast<int>(std::ceil(std::log2(words))) + 2, kLeastPower + 8, kMostPower);
}

class Chart {
 public:
  Chart(const Subject& subject, const TableAt& at)
      : subject_(subject),
        at_(at),
        sizes_(memory_sizes(first_power(subject, at), last_power(subject, at))) {}

  html::Chart run() {
    out_.x_title = "words of fast memory";
    out_.y_title = "words moved";
    out_.description = "Traffic against the size of fast memory, both logarithmic";
    own();
    bounds();
    known_orders();
    return out_;
  }

 private:
  void own() {
    if (!at_.total) return;
    html::Curve c{"this schedule (certified)", {}, false, true};
    const double need = real(at_.footprint), words = real(*at_.total);
    c.points.emplace_back(need, words);
    for (const Int& s : sizes_) {
      if (real(s) > need) c.points.emplace_back(real(s), words);
    }
    out_.curves.push_back(std::move(c));
    out_.markers.push_back({"footprint " + html::grouped(at_.footprint.str()), need, words});
  }

  // The largest of the bounds on all traffic with these names, at each size.
  void bound(const std::string& label, const std::vector<std::string>& names) {
    html::Curve c{label, {}, true, false};
    for (std::size_t k = 0; k < tables_.size(); ++k) {
      Int best = 0;
      for (const BoundAt& b : tables_[k].bounds) {
        const bool named = std::find(names.begin(), names.end(), b.theorem->name) != names.end();
        if (named && b.broken.empty()) best = std::max(best, b.words);
      }
      if (best > 0) c.points.emplace_back(real(sizes_[k]), real(best));
    }
    if (c.points.size() > 1) out_.curves.push_back(std::move(c));
  }

  void bounds() {
    for (const Int& s : sizes_) {
      GivenPoint point = at_.point;
      point.memory = s;
      tables_.push_back(table_at(subject_, point, nullptr).front());
    }
    bound("lower bound T0 (compulsory)", {"T0"});
    bound("lower bound T3*", {"T3star", "T3star_slices"});
    bound("lower bound R2 (whole rows)", {"R2", "R2_compulsory", "R2_mask"});
  }

  template <class Words>
  void order(const std::string& label, const Words& words) {
    html::Curve c{label, {}, false, false};
    for (const Int& s : sizes_) {
      const std::optional<Int> w = words(s);
      if (w) c.points.emplace_back(real(s), real(*w * heads_));
    }
    if (!c.points.empty()) out_.curves.push_back(std::move(c));
  }

  void known_orders() {
    const auto s = shape_of(subject_, at_.point.dims);
    if (!s) return;
    heads_ = value_of(subject_.what.instance->heads, at_.point.dims).value_or(1);
    order("scores stored (textbook)", [&](const Int&) { return std::optional(stored_scores(*s)); });
    order("keys outside, FA-1 (textbook)", [&](const Int& w) { return keys_outside(*s, w); });
    order("rows outside, FA-2 (textbook)", [&](const Int& w) { return rows_outside(*s, w); });
  }

  const Subject& subject_;
  const TableAt& at_;
  const std::vector<Int> sizes_;
  std::vector<TableAt> tables_;  // of sizes_
  Int heads_ = 1;
  html::Chart out_;
};

}  // namespace

// Queries, outputs, statistics and a score for each row; keys and values pass
// by one word at a time.
std::optional<Int> rows_outside(const Shape& s, const Int& S) {
  const Int rows = (S - kScalars) / (s.dk + s.dv + kStatistics + 1);
  if (rows < 1) return std::nullopt;
  return s.n * (s.dk + s.dv) + ceil_quotient(s.n, rows) * s.m * (s.dk + s.dv);
}

// Blocks of ceil(S / 4d) keys; the states of all rows lie in slow memory.
std::optional<Int> keys_outside(const Shape& s, const Int& S) {
  const Int widest = std::max(s.dk, s.dv);
  if (S < 4 * widest) return std::nullopt;
  const Int passes = ceil_quotient(s.m, ceil_quotient(S, 4 * widest));
  const Int state = s.dv + kStatistics;
  return s.m * (s.dk + s.dv) + passes * s.n * (s.dk + state) + (passes + 1) * s.n * state;
}

// Scores and weights are stored and loaded once each, operands stream once.
Int stored_scores(const Shape& s) {
  return (s.n + s.m) * s.dk + s.m * s.dv + s.n * s.dv + 4 * s.n * s.m;
}

html::Chart traffic_chart(const Subject& subject, const TableAt& at) {
  return Chart(subject, at).run();
}

}  // namespace minimoa
