#include "prover/bounds/region.h"

#include <algorithm>
#include <set>

#include "prover/bounds/point.h"

namespace minimoa {
namespace {

bool is_literal(const Term& t) { return t->op == Op::kInt; }

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  const std::int64_t q = a / b;
  return a % b != 0 && a < 0 ? q - 1 : q;
}

// The value of an operator of two literals; nothing if it is none of those
// that are replaced, or beyond 2^62.
std::optional<std::int64_t> value_of_literals(Op op, std::int64_t a, std::int64_t b) {
  constexpr std::int64_t kLimit = std::int64_t{1} << 62;
  std::int64_t out = 0;
  bool known = true;
  if (op == Op::kMin || op == Op::kMax) {
    out = op == Op::kMin ? std::min(a, b) : std::max(a, b);
  } else if (op == Op::kIntDiv && b > 0) {
    out = floor_div(a, b);
  } else if (op == Op::kAdd) {
    known = !__builtin_add_overflow(a, b, &out);
  } else if (op == Op::kSub) {
    known = !__builtin_sub_overflow(a, b, &out);
  } else if (op == Op::kMul) {
    known = !__builtin_mul_overflow(a, b, &out);
  } else {
    known = false;
  }
  return known && -kLimit <= out && out <= kLimit ? std::optional(out) : std::nullopt;
}

Term folded(const Term& t) {
  if (t->kids.empty()) return t;
  std::vector<Term> kids;
  for (const Term& k : t->kids) kids.push_back(folded(k));
  if (kids.size() == 2 && is_literal(kids[0]) && is_literal(kids[1])) {
    if (const auto v = value_of_literals(t->op, kids[0]->value, kids[1]->value)) return mk_int(*v);
  }
  return with_kids(t, std::move(kids));
}

struct Interval {
  std::int64_t low = 1, high = kLargestDimension;
};

// What single conditions with a literal say about a dimension.
Interval interval_of(const std::string& d, const std::vector<Term>& where) {
  Interval out;
  const auto is_d = [&](const Term& t) { return t->op == Op::kVar && t->name == d; };
  for (const Term& g : where) {
    if (g->kids.size() != 2) continue;
    const Term &a = g->kids[0], &b = g->kids[1];
    const std::int64_t strict = g->op == Op::kLt ? 1 : 0;
    if (is_d(a) && is_literal(b)) out.high = std::min(out.high, b->value - strict);
    if (is_d(b) && is_literal(a)) out.low = std::max(out.low, a->value + strict);
    if (g->op != Op::kEq) continue;
    if (is_d(a) && is_literal(b)) out.low = std::max(out.low, b->value);
    if (is_d(b) && is_literal(a)) out.high = std::min(out.high, a->value);
  }
  return out;
}

void literal_divisors(const Term& t, std::set<std::int64_t>* out) {
  if (t->op == Op::kIntDiv && is_literal(t->kids[1]) && t->kids[1]->value > 1) {
    out->insert(t->kids[1]->value);
  }
  for (const Term& k : t->kids) literal_divisors(k, out);
}

// Both ends, and beside them where a quotient is rounded most.
std::vector<std::int64_t> candidates(const Interval& i, const std::set<std::int64_t>& divisors) {
  std::set<std::int64_t> out = {i.low, i.low + 1, 2 * i.low, i.high};
  for (const std::int64_t c : divisors) {
    const std::int64_t first = floor_div(i.low + c - 1, c) * c;  // a multiple
    for (const std::int64_t v : {first, first + 1, first - c + 1}) out.insert(v);
  }
  std::erase_if(out, [&](std::int64_t v) { return v < i.low || v > i.high; });
  return {out.begin(), out.end()};
}

// A ratio is often largest where two dimensions that are compared are equal, at
// an end of either: each gets the values of the other.
void join_compared(const std::vector<Term>& conditions, const std::vector<Interval>& intervals,
                   const std::vector<std::string>& free,
                   std::vector<std::vector<std::int64_t>>* values) {
  const auto number_of = [&](const Term& t) {
    if (t->op != Op::kVar) return free.size();
    return static_cast<std::size_t>(std::find(free.begin(), free.end(), t->name) - free.begin());
  };
  for (const Term& g : conditions) {
    if (g->kids.size() != 2) continue;
    const std::size_t a = number_of(g->kids[0]), b = number_of(g->kids[1]);
    if (a == free.size() || b == free.size() || a == b) continue;
    std::set<std::int64_t> both((*values)[a].begin(), (*values)[a].end());
    both.insert((*values)[b].begin(), (*values)[b].end());
    for (const std::size_t k : {a, b}) {
      (*values)[k].clear();
      for (const std::int64_t v : both) {
        if (intervals[k].low <= v && v <= intervals[k].high) (*values)[k].push_back(v);
      }
    }
  }
}

}  // namespace

Term Region::fixed(const Term& t) const {
  std::map<std::string, Term> values;
  for (const auto& [d, n] : at) values[d] = mk_int(n);
  return folded(substitute(t, values));
}

Spec Region::fixed(const Spec& spec) const {
  Spec out = spec;
  std::erase_if(out.dims, [&](const std::string& d) { return at.count(d) != 0; });
  for (Term& r : out.requires_) r = fixed(r);
  return out;
}

bool Region::holds(const Spec& spec, const Sizes& sizes) const {
  const auto is_true = [&](const Term& g) { return truth_of(g, sizes).value_or(false); };
  for (const std::string& d : spec.dims) {
    const auto v = sizes.find(d);
    if (v == sizes.end() || v->second < 1 || v->second > kLargestDimension) return false;
    const auto fixed_size = at.find(d);
    if (fixed_size != at.end() && v->second != fixed_size->second) return false;
  }
  return std::all_of(spec.requires_.begin(), spec.requires_.end(), is_true) &&
         std::all_of(where.begin(), where.end(), is_true);
}

std::vector<Sizes> samples(const Spec& spec, const Region& region, const std::vector<Term>& terms) {
  std::set<std::int64_t> divisors;
  for (const Term& t : terms) literal_divisors(t, &divisors);
  std::vector<std::string> free;
  std::vector<std::vector<std::int64_t>> values;
  std::vector<Interval> intervals;
  Sizes low, high;
  for (const std::string& d : spec.dims) {
    const auto fixed_size = region.at.find(d);
    if (fixed_size != region.at.end()) {
      low[d] = high[d] = fixed_size->second;
      continue;
    }
    const Interval i = interval_of(d, region.where);
    low[d] = i.low;
    high[d] = i.high;
    free.push_back(d);
    intervals.push_back(i);
    values.push_back(candidates(i, divisors));
  }
  join_compared(region.where, intervals, free, &values);
  std::set<Sizes> seen;
  std::vector<Sizes> out;
  const auto add = [&](const Sizes& s) {
    if (region.holds(spec, s) && seen.insert(s).second) out.push_back(s);
  };
  add(low);
  add(high);
  for (std::size_t a = 0; a < free.size(); ++a) {
    for (std::size_t b = a; b < free.size(); ++b) {
      for (const std::int64_t x : values[a]) {
        for (const std::int64_t y : values[b]) {
          for (Sizes s : {low, high}) {
            s[free[a]] = x;
            s[free[b]] = y;
            add(s);
          }
        }
      }
    }
  }
  return out;
}

Sizes smallest(const Spec& spec, const Region& region, Sizes sizes,
               const std::function<bool(const Sizes&)>& bad) {
  for (const std::string& d : spec.dims) {
    Int low = 1, high = sizes[d];  // bad at high
    while (low < high) {
      Sizes tried = sizes;
      tried[d] = (low + high) / 2;
      if (region.holds(spec, tried) && bad(tried)) {
        high = tried[d];
      } else {
        low = tried[d] + 1;
      }
    }
    sizes[d] = high;
  }
  return sizes;
}

std::string sizes_text(const Spec& spec, const Sizes& sizes) {
  std::string out;
  for (const std::string& d : spec.dims) {
    const auto v = sizes.find(d);
    if (v != sizes.end()) out += (out.empty() ? "" : " ") + d + "=" + v->second.str();
  }
  return out;
}

std::string region_text(const Spec& spec, const Region& region) {
  std::string out;
  const auto add = [&](const std::string& part) { out += (out.empty() ? "" : ", ") + part; };
  for (const std::string& d : spec.dims) {
    const auto v = region.at.find(d);
    if (v != region.at.end()) add(d + " = " + std::to_string(v->second));
  }
  for (const Term& g : region.where) add(pretty(g));
  return out;
}

}  // namespace minimoa
