// One recursion that carries which end is wanted; see extremes.h.
#include "prover/cost/extremes.h"

#include <algorithm>

#include "prover/cost/sites.h"

namespace minimoa {
namespace {

class Extremes {
 public:
  explicit Extremes(const Spec& spec) : spec_(spec) {}

  std::optional<Term> extreme(const Term& t, bool great) const {
    if (countable(t)) return t;
    switch (t->op) {
      case Op::kMem:
        return element(t, great);
      case Op::kAdd:
        return both(t, great, great);
      case Op::kSub:
        return both(t, great, !great);
      case Op::kIntDiv:
        return countable(t->kids[1]) ? both(t, great, great) : std::nullopt;
      case Op::kMul:
        return factor(t->kids[0]) || factor(t->kids[1]) ? both(t, great, great) : std::nullopt;
      default:
        return std::nullopt;
    }
  }

  // a low and b high where a < b is the weakest, or the reverse.
  std::optional<Term> comparison(const Term& c, bool weak) const { return both(c, !weak, weak); }

 private:
  std::optional<Term> element(const Term& t, bool great) const {
    for (const Array& a : spec_.inputs) {
      if (a.name != operand_of(t)->name || !a.lo || !a.hi) continue;
      return great ? mk(Op::kSub, {*a.hi, mk_int(1)}) : *a.lo;
    }
    return std::nullopt;
  }

  std::optional<Term> both(const Term& t, bool first_great, bool second_great) const {
    const auto a = extreme(t->kids[0], first_great);
    const auto b = extreme(t->kids[1], second_great);
    if (!a || !b) return std::nullopt;
    return mk(t->op, {*a, *b});
  }

  bool factor(const Term& t) const {
    const bool dimension = t->op == Op::kVar && std::find(spec_.dims.begin(), spec_.dims.end(),
                                                          t->name) != spec_.dims.end();
    return dimension || (t->op == Op::kInt && t->value >= 0);
  }

  const Spec& spec_;
};

}  // namespace

std::optional<Term> greatest(const Term& t, const Spec& spec) {
  return Extremes(spec).extreme(t, true);
}

std::optional<Term> weakest(const Term& c, const Spec& spec) {
  const bool negated = c->op == Op::kNot;
  const Term& inner = negated ? c->kids[0] : c;
  if (inner->op != Op::kLt && inner->op != Op::kLe) return std::nullopt;
  const auto found = Extremes(spec).comparison(inner, !negated);
  if (!found || !negated) return found;
  return mk(Op::kNot, {*found});
}

}  // namespace minimoa
