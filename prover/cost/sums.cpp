// Symbolic summation; see sums.h.
//
// Terms are kept as polynomials in which every min and max is one more
// variable. The known sums over v' < v, s > 0, c free of v:
//   c                       c * v
//   v'                      v * (v - 1) / 2, kept as twice the sum
//   min(c, X - c*v')        min(c*v, X)                  the tail of a split
//   max(0, s*v' + p)        w*(s*v0 + p) + s*w*(w - 1)/2, v0 = max(0, ceil(-p/s)),
//                           w = max(0, v - v0)
//   min(c, q)               of q and max(0, q - c); of max(0, q) likewise
#include "prover/cost/sums.h"

#include <algorithm>

#include "prover/cost/algebra.h"

namespace minimoa {

namespace {

using Context = std::vector<ContextEntry>;

Term add(const Term& a, const Term& b) { return mk(Op::kAdd, {a, b}); }
Term sub(const Term& a, const Term& b) { return mk(Op::kSub, {a, b}); }
Term mul(const Term& a, const Term& b) { return mk(Op::kMul, {a, b}); }
Term largest(const Term& a, const Term& b) { return mk(Op::kMax, {a, b}); }
Term quotient(const Term& a, std::int64_t s) {
  return s == 1 ? a : mk(Op::kIntDiv, {a, mk_int(s)});
}
Term least(const Term& a, const Term& b) { return mk(Op::kMin, {a, b}); }

// --- simplification ---

class Simplifier {
 public:
  Simplifier(const Context& context, const Spec& spec, Prover* prover)
      : context_(context), spec_(spec), prover_(prover) {}

  Term run(const Term& t) {
    std::vector<Term> kids;
    for (const Term& k : t->kids) kids.push_back(run(k));
    const Term node = kids.empty() ? t : with_kids(t, std::move(kids));
    if (node->op != Op::kMin && node->op != Op::kMax) return node;
    std::vector<Term> items;
    flatten(node, node->op, &items);
    for (std::size_t k = 0; k < items.size() && items.size() > 1;) {
      if (redundant(items, k, node->op)) {
        items.erase(items.begin() + static_cast<std::ptrdiff_t>(k));
      } else {
        ++k;
      }
    }
    Term out = items.back();
    for (std::size_t k = items.size() - 1; k-- > 0;) out = mk(node->op, {items[k], out});
    return out;
  }

 private:
  // Another item is never worse.
  bool redundant(const std::vector<Term>& items, std::size_t k, Op op) {
    for (std::size_t j = 0; j < items.size(); ++j) {
      if (j == k) continue;
      const Term goal =
          op == Op::kMin ? mk(Op::kLe, {items[j], items[k]}) : mk(Op::kLe, {items[k], items[j]});
      if (holds(prover_, {context_, goal, "order"})) return true;
    }
    return false;
  }

  // Items of nested choices of one kind; a factor > 0 and a summand go inside.
  void flatten(const Term& t, Op op, std::vector<Term>* out) {
    Algebra algebra(spec_);
    const auto p = algebra.poly(t);
    if (p && t->op != op) {
      for (const auto& [m, c] : p->terms()) {
        if (m.size() != 1 || m[0].second != 1 || c <= 0 || !is_integer(c)) continue;
        const Term node = algebra.atom_term(m[0].first);
        if (node->op != op) continue;
        const Term rest = algebra.term(*p - Poly::term(c, m));
        const Term factor = mk_int(static_cast<std::int64_t>(numerator(c)));
        for (const Term& k : node->kids) flatten(add(mul(factor, k), rest), op, out);
        return;
      }
    }
    if (t->op != op) return out->push_back(p ? factor_inside(algebra, *p) : t);
    for (const Term& k : t->kids) flatten(k, op, out);
  }

  // c * max(x, y), c > 0, as max(c * x, c * y); the same for min.
  static Term factor_inside(const Algebra& algebra, const Poly& p) {
    if (p.terms().size() != 1) return algebra.term(p);
    const auto& [m, c] = *p.terms().begin();
    if (m.size() != 1 || m[0].second != 1 || c <= 0) return algebra.term(p);
    const Term node = algebra.atom_term(m[0].first);
    if (node->op != Op::kMin && node->op != Op::kMax) return algebra.term(p);
    const Term factor = mk_int(static_cast<std::int64_t>(numerator(c)));
    return mk(node->op, {mul(factor, node->kids[0]), mul(factor, node->kids[1])});
  }

  const Context& context_;
  const Spec& spec_;
  Prover* prover_;
};

// --- sums over one variable ---

class Summation {
 public:
  Summation(const Spec& spec, std::string v) : spec_(spec), v_(std::move(v)) {}

  // Twice the sum of f over v' < w, f a term in v.
  std::optional<Term> run(const Term& f, const Term& w) {
    Algebra algebra(spec_);
    const auto p = algebra.poly(f);
    if (!p) return std::nullopt;
    Poly plain;
    std::optional<Term> out;
    const auto join = [&](const Term& t) { out = out ? add(*out, t) : t; };
    for (const auto& [m, c] : p->terms()) {
      const auto special = dependent(algebra, m);
      if (!special) {
        plain.add(c, m);
        continue;
      }
      Monomial rest;
      for (const auto& factor : m) {
        if (factor.first != *special) rest.push_back(factor);
      }
      const auto inner = choice(algebra.atom_term(*special), w);
      const Term scale = algebra.term(Poly::term(c, rest));
      if (!inner || rest.size() + 1 != m.size() || mentions(scale, v_)) return std::nullopt;
      join(mul(scale, *inner));
    }
    const auto sum = polynomial(&algebra, plain, w);
    if (!sum) return std::nullopt;
    join(*sum);
    return algebra.normal(*out);
  }

 private:
  // The atom of the monomial that hides v, if there is one.
  std::optional<unsigned> dependent(const Algebra& algebra, const Monomial& m) const {
    for (const auto& [a, e] : m) {
      const Term t = algebra.atom_term(a);
      if (t->op != Op::kVar && mentions(t, v_)) return a;
    }
    return std::nullopt;
  }

  std::optional<Term> polynomial(Algebra* algebra, const Poly& p, const Term& w) const {
    std::vector<unsigned> inside;
    const std::vector<Poly> c = algebra->powers(p, v_, &inside);
    if (!inside.empty() || c.size() > 2) return std::nullopt;
    const Term constant = mul(mul(mk_int(2), algebra->term(c[0])), w);
    if (c.size() == 1) return constant;
    return add(constant, mul(algebra->term(c[1]), mul(w, sub(w, mk_int(1)))));
  }

  // a + s*v, if t is that.
  struct Linear {
    Term at_zero;
    Poly slope;
  };
  std::optional<Linear> linear(const Term& t) const {
    Algebra algebra(spec_);
    const auto p = algebra.poly(t);
    if (!p) return std::nullopt;
    std::vector<unsigned> inside;
    const std::vector<Poly> c = algebra.powers(*p, v_, &inside);
    if (!inside.empty() || c.size() != 2) return std::nullopt;
    slope_text_ = algebra.term(c[1]);
    return Linear{algebra.term(c[0]), c[1]};
  }

  std::optional<Term> choice(const Term& t, const Term& w) const {
    for (const std::size_t k : {0, 1}) {
      const Term &c = t->kids[k], &other = t->kids[1 - k];
      if (mentions(c, v_)) continue;
      if (t->op == Op::kMax && is_zero(c)) return positive_part(other, w);
      if (t->op == Op::kMin) return least_of(c, other, w);
    }
    return std::nullopt;
  }

  static bool is_zero(const Term& t) { return t->op == Op::kInt && t->value == 0; }

  // min(c, t), c free of v: the tail of a split, or t less what exceeds c.
  std::optional<Term> least_of(const Term& c, const Term& t, const Term& w) const {
    const bool cut = t->op == Op::kMax && (is_zero(t->kids[0]) || is_zero(t->kids[1]));
    const Term q = !cut ? t : is_zero(t->kids[0]) ? t->kids[1] : t->kids[0];
    if (const auto tail = tail_of_split(c, q, w)) return tail;
    const auto whole = cut ? positive_part(q, w) : linear_sum(q, w);
    const auto beyond = positive_part(sub(q, c), w);
    if (!whole || !beyond) return std::nullopt;
    return sub(*whole, *beyond);
  }

  std::optional<Term> linear_sum(const Term& t, const Term& w) const {
    Algebra algebra(spec_);
    const auto p = algebra.poly(t);
    return p ? polynomial(&algebra, *p, w) : std::nullopt;
  }

  std::optional<Term> tail_of_split(const Term& c, const Term& t, const Term& w) const {
    const auto l = linear(t);
    if (!l || !same_index(slope_text_, mul(mk_int(-1), c))) return std::nullopt;
    return mul(mk_int(2), least(mul(c, w), l->at_zero));
  }

  std::optional<Term> positive_part(const Term& t, const Term& w) const {
    const auto l = linear(t);
    if (!l || !l->slope.is_constant() || l->slope.constant() <= 0) return std::nullopt;
    const auto s = static_cast<std::int64_t>(numerator(l->slope.constant()));
    const Term slope = mk_int(s);
    const Term up = sub(mk_int(s - 1), l->at_zero);
    const Term start = largest(mk_int(0), quotient(up, s));
    const Term length = largest(mk_int(0), sub(w, start));
    const Term first = add(mul(slope, start), l->at_zero);
    const Term pairs = mul(length, sub(length, mk_int(1)));
    return add(mul(mul(mk_int(2), length), first), mul(slope, pairs));
  }

  const Spec& spec_;
  const std::string v_;
  mutable Term slope_text_;
};

// --- nests ---

class Closing {
 public:
  Closing(const Nest& nest, const Spec& spec, Prover* prover)
      : nest_(nest), spec_(spec), prover_(prover) {}

  std::optional<Sums> run() {
    Sums sums(nest_.size());
    Multiple inside{1, mk_int(1)};
    for (std::size_t k = nest_.size(); k-- > 0;) {
      const auto twice = loop(k, inside.value);
      if (!twice) return std::nullopt;
      const auto half = Algebra(spec_).half(*twice);
      sums[k] = half ? Multiple{inside.times, *half} : Multiple{2 * inside.times, *twice};
      inside = sum_total(nest_, sums, k);
      inside.value = simplify(inside.value, outside(k), spec_, prover_);
    }
    return sums;
  }

 private:
  // What holds around loop k; with `here` also its variable.
  Context outside(std::size_t k, bool here = false) const {
    Context out;
    for (std::size_t j = 0; j < k + (here ? 1 : 0); ++j) {
      out.push_back({ContextEntry::Kind::kBinder, nest_variable(j), nest_[j].bound});
      if (j == k) break;
      for (const Term& g : nest_[j].guards) {
        out.push_back({ContextEntry::Kind::kFact, "", g});
      }
    }
    return out;
  }

  // v < upper and v >= lower say the same as the guards of loop k.
  struct Range {
    std::optional<Term> lower, upper;
  };
  std::optional<Range> range(std::size_t k) const {
    Range out;
    for (const Term& g : nest_[k].guards) {
      const bool negated = g->op == Op::kNot;
      const Term& c = negated ? g->kids[0] : g;
      if (c->op != Op::kLt && c->op != Op::kLe) return std::nullopt;
      const Term &low = c->kids[negated ? 1 : 0], &high = c->kids[negated ? 0 : 1];
      const std::int64_t strict = (c->op == Op::kLt) != negated ? 1 : 0;
      const Term slack = sub(sub(high, low), mk_int(strict));  // >= 0
      if (!cut(slack, nest_variable(k), &out)) return std::nullopt;
    }
    return out;
  }
  // a + s*v >= 0 with a literal s.
  bool cut(const Term& slack, const std::string& v, Range* out) const {
    Algebra algebra(spec_);
    const auto p = algebra.poly(slack);
    if (!p) return false;
    std::vector<unsigned> inside;
    const std::vector<Poly> c = algebra.powers(*p, v, &inside);
    if (!inside.empty() || c.size() != 2 || !c[1].is_constant()) return false;
    const auto s = static_cast<std::int64_t>(numerator(c[1].constant()));
    const Term a = algebra.term(c[0]);
    if (s < 0) {  // v <= a / -s
      const Term u = add(quotient(a, -s), mk_int(1));
      out->upper = out->upper ? least(*out->upper, u) : u;
    } else {  // v >= -a / s, rounded up
      const Term l = quotient(sub(mk_int(s - 1), a), s);
      out->lower = out->lower ? largest(*out->lower, l) : l;
    }
    return true;
  }

  std::optional<Term> loop(std::size_t k, const Term& inside) const {
    const std::string v = nest_variable(k);
    const auto limits = range(k);
    if (!limits) return std::nullopt;
    const Term zero = mk_int(0);
    Term end = mk_var(v);
    if (limits->upper) end = least(end, largest(zero, *limits->upper));
    Summation sum(spec_, v);
    const Context here = outside(k), there = outside(k, true);
    const auto tidy = [&](const Term& t, const Context& c) {
      return simplify(Algebra(spec_).normal(t), c, spec_, prover_);
    };
    auto out = sum.run(inside, tidy(end, here));
    if (out && limits->lower) {
      const Term start = tidy(largest(zero, *limits->lower), here);
      out = sum.run(inside, tidy(largest(end, start), here));
      const auto before = sum.run(inside, start);
      if (!out || !before) return std::nullopt;
      out = sub(*out, *before);
    }
    if (!out) return std::nullopt;
    return tidy(*out, here);
  }

  const Nest& nest_;
  const Spec& spec_;
  Prover* prover_;
};

// --- trying small sizes ---

using Values = std::map<std::string, std::int64_t>;

std::int64_t floor_quotient(std::int64_t a, std::int64_t b) {
  const std::int64_t q = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

bool holds_at(const Term& g, const Values& values) {
  const auto v = [&](std::size_t k) { return value_at(g->kids[k], values); };
  switch (g->op) {
    case Op::kLt:
      return v(0) < v(1);
    case Op::kLe:
      return v(0) <= v(1);
    case Op::kEq:
      return v(0) == v(1);
    case Op::kNe:
      return v(0) != v(1);
    case Op::kAnd:
      return holds_at(g->kids[0], values) && holds_at(g->kids[1], values);
    case Op::kOr:
      return holds_at(g->kids[0], values) || holds_at(g->kids[1], values);
    case Op::kNot:
      return !holds_at(g->kids[0], values);
    default:
      return g->op == Op::kTrue;
  }
}

std::int64_t count_at(const Nest& nest, std::size_t k, Values* values) {
  if (k == nest.size()) return 1;
  const std::int64_t bound = value_at(nest[k].bound, *values);
  std::int64_t out = 0;
  for (std::int64_t v = 0; v < bound; ++v) {
    (*values)[nest_variable(k)] = v;
    const bool open = std::all_of(nest[k].guards.begin(), nest[k].guards.end(),
                                  [&](const Term& g) { return holds_at(g, *values); });
    if (open) out += count_at(nest, k + 1, values);
  }
  return out;
}

// Sizes around multiples of usual tiles; the same ones each time.
bool plausible(const Nest& nest, const Multiple& total, const Spec& spec) {
  std::uint64_t state = 88172645463325252ULL;
  for (int round = 0; round < 40; ++round) {
    Values values;
    for (const std::string& d : spec.dims) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      values[d] = 1 + static_cast<std::int64_t>((state >> 33) % (round % 2 == 0 ? 9 : 170));
    }
    const bool allowed = std::all_of(spec.requires_.begin(), spec.requires_.end(),
                                     [&](const Term& r) { return holds_at(r, values); });
    if (!allowed) continue;
    const std::int64_t claimed = value_at(total.value, values);
    if (claimed != total.times * count_at(nest, 0, &values)) return false;
  }
  return true;
}

}  // namespace

std::int64_t value_at(const Term& t, const Values& values) {
  const auto v = [&](std::size_t k) { return value_at(t->kids[k], values); };
  switch (t->op) {
    case Op::kInt:
      return t->value;
    case Op::kVar:
      return values.at(t->name);
    case Op::kAdd:
      return v(0) + v(1);
    case Op::kSub:
      return v(0) - v(1);
    case Op::kMul:
      return v(0) * v(1);
    case Op::kMin:
      return std::min(v(0), v(1));
    case Op::kMax:
      return std::max(v(0), v(1));
    case Op::kIntDiv:
      return floor_quotient(v(0), v(1));
    case Op::kIntMod:
      return v(0) - floor_quotient(v(0), v(1)) * v(1);
    default:
      return 0;
  }
}

Term simplify(const Term& t, const Context& context, const Spec& spec, Prover* prover) {
  return Algebra(spec).normal(Simplifier(context, spec, prover).run(t));
}

std::optional<ClosedNest> close_nest(const Nest& nest, const Spec& spec, Prover* prover) {
  for (const NestLoop& l : nest) {
    if (!countable(l.bound)) return std::nullopt;
  }
  const auto sums = Closing(nest, spec, prover).run();
  if (!sums || !plausible(nest, sum_total(nest, *sums), spec)) return std::nullopt;
  ClosedNest out{*sums, {}};
  for (const Obligation& claim : nest_claims(nest, *sums)) {
    const auto proof = prove_claim(prover, claim);
    if (!proof) return std::nullopt;
    out.proofs.push_back(*proof);
  }
  return out;
}

}  // namespace minimoa
