// From sites to rows of traffic; see cost.h.
#include "prover/cost/cost.h"

#include <algorithm>
#include <numeric>

#include "prover/cost/algebra.h"
#include "prover/cost/footprint.h"

namespace minimoa {

namespace {

Term scaled(std::int64_t by, const Term& t) { return by == 1 ? t : mk(Op::kMul, {mk_int(by), t}); }

// Sum of multiples over their least common multiple.
Multiple sum_of(const std::vector<Multiple>& parts) {
  Multiple out{1, mk_int(0)};
  for (const Multiple& m : parts) out.times = std::lcm(out.times, m.times);
  for (const Multiple& m : parts) {
    out.value = mk(Op::kAdd, {out.value, scaled(out.times / m.times, m.value)});
  }
  return out;
}

class Rows {
 public:
  Rows(const Spec& spec, Prover* prover, Costs* out) : spec_(spec), prover_(prover), out_(*out) {}

  void run(const std::vector<Site>& sites) {
    std::vector<std::string> arrays;
    for (const Array& a : spec_.inputs) arrays.push_back(a.name);
    arrays.push_back(spec_.output.name);
    for (const Site& s : sites) {
      if (std::find(arrays.begin(), arrays.end(), s.array) == arrays.end()) {
        arrays.push_back(s.array);
      }
    }
    for (const std::string& a : arrays) {
      for (const bool store : {false, true}) row(sites, a, store);
    }
  }

 private:
  void row(const std::vector<Site>& sites, const std::string& array, bool store) {
    std::vector<Multiple> parts;
    bool any = false, closed = true, exact = true;
    for (const Site& s : sites) {
      if (s.array != array || s.store != store) continue;
      any = true;
      exact = exact && s.count.exact;
      const auto count = count_of(s.count);
      if (count) parts.push_back(*count);
      closed = closed && count;
    }
    if (!any) return;
    const std::string name = (store ? "stores of " : "loads of ") + array;
    std::optional<TrafficRow> made;
    if (closed) made = prove(array, store, exact, sum_of(parts));
    if (made) {
      out_.rows.push_back(std::move(*made));
    } else {
      out_.unclaimed.push_back(name);
    }
  }

  std::optional<Multiple> count_of(const Count& c) const {
    Multiple out{1, mk_int(1)};
    for (const Term& f : c.factors) out.value = mk(Op::kMul, {out.value, f});
    for (const std::size_t k : c.nests) {
      const auto& closed = out_.sums[k];
      if (!closed) return std::nullopt;
      const Multiple total = sum_total(out_.nests[k], closed->sums);
      out.times *= total.times;
      out.value = mk(Op::kMul, {out.value, total.value});
    }
    return out;
  }

  // times * count = value. Simplified if the claim is still proved then: a min
  // that is decided inside of a product may need products of many facts.
  std::optional<TrafficRow> prove(const std::string& array, bool store, bool exact,
                                  const Multiple& sum) const {
    const Term plain = Algebra(spec_).normal(sum.value);
    for (const Term& value : {simplify(sum.value, {}, spec_, prover_), plain}) {
      TrafficRow row{array, store, exact, {sum.times, value}, nullptr};
      halve(&row.count);
      const auto proof = prove_claim(prover_, row_claim(row, sum));
      if (!proof) continue;
      row.proof = *proof;
      return row;
    }
    return std::nullopt;
  }

  void halve(Multiple* m) const {
    while (m->times % 2 == 0) {
      const auto half = Algebra(spec_).half(m->value);
      if (!half) return;
      *m = {m->times / 2, *half};
    }
  }

  static Obligation row_claim(const TrafficRow& row, const Multiple& sum) {
    const Term left = mk(Op::kMul, {mk_int(sum.times), row.count.value});
    const Term right = mk(Op::kMul, {mk_int(row.count.times), sum.value});
    return {{}, mk(Op::kEq, {left, right}), "traffic of " + row.array};
  }

  const Spec& spec_;
  Prover* prover_;
  Costs& out_;
};

}  // namespace

Costs costs_of(const Spec& spec, const Term& final_term, Prover* prover,
               const std::set<std::string>& outside, const Placement& place) {
  Costs out;
  out.footprints = footprint_terms(spec, final_term, outside, place);
  out.footprint = out.footprints[0];
  for (std::size_t k = 1; k < out.footprints.size(); ++k) {
    out.footprint = mk(Op::kMax, {out.footprint, out.footprints[k]});
  }
  out.footprint = simplify(out.footprint, {}, spec, prover);
  Sites found = find_sites(spec, final_term, outside, place);
  out.nests = std::move(found.nests);
  for (const Nest& nest : out.nests) out.sums.push_back(close_nest(nest, spec, prover));
  Rows(spec, prover, &out).run(found.sites);
  return out;
}

std::optional<Multiple> total_traffic(const Spec& spec, const Costs& costs) {
  if (!costs.unclaimed.empty()) return std::nullopt;
  std::vector<Multiple> parts;
  for (const TrafficRow& row : costs.rows) parts.push_back(row.count);
  Multiple out = sum_of(parts);
  out.value = Algebra(spec).normal(out.value);
  return out;
}

}  // namespace minimoa
