// The condition under which a tile of keys has an element that a mask lets
// through: each affine inequality of the mask, a <= b, is taken where b - a is
// largest over the tile, by the sign of each variable's coefficient. Where b - a
// is smallest, it is the condition under which the mask lets all through.
//
// What is not affine in the tile's variables (segments, tables) says nothing
// and is left out: then tiles are computed that need not be, never the reverse;
// the step that uses the condition proves it from the mask anyway.
#include "prover/schedule/skip.h"

namespace minimoa {
namespace {

// k where t = k*v + (a term without v); none if t is not of that form.
std::optional<std::int64_t> coefficient(const Term& t, const std::string& v) {
  if (!mentions(t, v)) return 0;
  if (t->op == Op::kVar) return 1;
  if (t->op != Op::kAdd && t->op != Op::kSub && t->op != Op::kMul) return std::nullopt;
  const auto a = coefficient(t->kids[0], v);
  const auto b = coefficient(t->kids[1], v);
  if (!a || !b) return std::nullopt;
  if (t->op == Op::kAdd) return *a + *b;
  if (t->op == Op::kSub) return *a - *b;
  if (t->kids[0]->op == Op::kInt) return t->kids[0]->value * *b;
  if (t->kids[1]->op == Op::kInt) return *a * t->kids[1]->value;
  return std::nullopt;
}

// Sums without zeros, for people who read the loop program.
Term tidy(const Term& t) {
  if (t->op != Op::kAdd && t->op != Op::kSub) return t;
  const Term a = tidy(t->kids[0]), b = tidy(t->kids[1]);
  const auto zero = [](const Term& x) { return x->op == Op::kInt && x->value == 0; };
  if (zero(b)) return a;
  if (zero(a) && t->op == Op::kAdd) return b;
  if (a->op == Op::kInt && b->op == Op::kInt) {
    return mk_int(t->op == Op::kAdd ? a->value + b->value : a->value - b->value);
  }
  return mk(t->op, {a, b});
}

Term last_of(const Term& bound) {
  if (bound->op == Op::kInt) return mk_int(bound->value - 1);
  return mk(Op::kSub, {bound, mk_int(1)});
}

struct Comparison {
  Op op;  // kLt, kLe
  Term a, b;
};

// The inequalities of a conjunction; anything else is left out (then: false).
bool inequalities(const Term& g, std::vector<Comparison>* out) {
  if (g->op == Op::kTrue) return true;
  if (g->op == Op::kAnd) {
    bool all = true;
    for (const Term& k : g->kids) all = inequalities(k, out) && all;
    return all;
  }
  if (g->op == Op::kLt || g->op == Op::kLe) {
    out->push_back({g->op, g->kids[0], g->kids[1]});
    return true;
  }
  if (g->op == Op::kEq) {
    out->push_back({Op::kLe, g->kids[0], g->kids[1]});
    out->push_back({Op::kLe, g->kids[1], g->kids[0]});
    return true;
  }
  if (g->op != Op::kNot) return false;
  const Term& n = g->kids[0];
  if (n->op == Op::kLt) out->push_back({Op::kLe, n->kids[1], n->kids[0]});
  if (n->op == Op::kLe) out->push_back({Op::kLt, n->kids[1], n->kids[0]});
  return n->op == Op::kLt || n->op == Op::kLe;
}

enum class End { kEasiest, kHardest };

// The inequality where it is easiest or hardest, or none if it is not affine.
std::optional<Term> at_end(const Comparison& c, End end,
                           const std::vector<std::pair<std::string, Term>>& variables) {
  std::map<std::string, Term> ends;
  for (const auto& [v, bound] : variables) {
    const auto a = coefficient(c.a, v), b = coefficient(c.b, v);
    if (!a || !b) return std::nullopt;
    const bool grows = end == End::kEasiest ? *b > *a : *a > *b;
    ends[v] = grows ? last_of(bound) : mk_int(0);
  }
  return mk(c.op, {tidy(substitute(c.a, ends)), tidy(substitute(c.b, ends))});
}

}  // namespace

std::optional<Term> tile_condition(const Term& mask,
                                   const std::vector<std::pair<std::string, Term>>& variables) {
  std::vector<Comparison> all;
  inequalities(mask, &all);
  std::optional<Term> out;
  for (const Comparison& c : all) {
    const auto k = at_end(c, End::kEasiest, variables);
    if (k) out = out ? mk(Op::kAnd, {*out, *k}) : *k;
  }
  return out;
}

std::optional<Term> whole_condition(const Term& mask,
                                    const std::vector<std::pair<std::string, Term>>& variables) {
  std::vector<Comparison> all;
  if (!inequalities(mask, &all)) return std::nullopt;
  std::optional<Term> out;
  for (const Comparison& c : all) {
    const auto k = at_end(c, End::kHardest, variables);
    if (!k) return std::nullopt;
    out = out ? mk(Op::kAnd, {*out, *k}) : *k;
  }
  return out;
}

}  // namespace minimoa
