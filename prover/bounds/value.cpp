#include "prover/bounds/value.h"

#include <algorithm>

namespace minimoa {

Int floor_quotient(const Int& a, const Int& b) {
  const Int q = a / b;
  return q * b > a ? Int(q - 1) : q;
}

Int ceil_quotient(const Int& a, const Int& b) { return -floor_quotient(-a, b); }

std::optional<Int> value_of(const Term& t, const Sizes& sizes) {
  if (t->op == Op::kInt) return Int(t->value);
  if (t->op == Op::kVar) {
    const auto it = sizes.find(t->name);
    return it == sizes.end() ? std::nullopt : std::optional<Int>(it->second);
  }
  if (t->kids.size() != 2) return std::nullopt;
  const auto a = value_of(t->kids[0], sizes);
  const auto b = value_of(t->kids[1], sizes);
  if (!a || !b) return std::nullopt;
  switch (t->op) {
    case Op::kAdd:
      return *a + *b;
    case Op::kSub:
      return *a - *b;
    case Op::kMul:
      return *a * *b;
    case Op::kMin:
      return std::min(*a, *b);
    case Op::kMax:
      return std::max(*a, *b);
    case Op::kIntDiv:
      if (*b <= 0) return std::nullopt;
      return floor_quotient(*a, *b);
    case Op::kIntMod:
      if (*b <= 0) return std::nullopt;
      return *a - floor_quotient(*a, *b) * *b;
    default:
      return std::nullopt;
  }
}

Int words_needed(const Term& t, const Sizes& sizes) {
  const auto v = value_of(t, sizes);
  return v ? *v : Int(1) << 200;
}

std::optional<bool> truth_of(const Term& goal, const Sizes& sizes) {
  if (goal->op == Op::kTrue) return true;
  if (goal->op == Op::kNot) {
    const auto inner = truth_of(goal->kids[0], sizes);
    return inner ? std::optional<bool>(!*inner) : std::nullopt;
  }
  if (goal->op == Op::kAnd || goal->op == Op::kOr) {
    const auto a = truth_of(goal->kids[0], sizes);
    const auto b = truth_of(goal->kids[1], sizes);
    if (!a || !b) return std::nullopt;
    return goal->op == Op::kAnd ? *a && *b : *a || *b;
  }
  if (goal->kids.size() != 2) return std::nullopt;
  const auto a = value_of(goal->kids[0], sizes);
  const auto b = value_of(goal->kids[1], sizes);
  if (!a || !b) return std::nullopt;
  switch (goal->op) {
    case Op::kLe:
      return *a <= *b;
    case Op::kLt:
      return *a < *b;
    case Op::kEq:
      return *a == *b;
    case Op::kNe:
      return *a != *b;
    default:
      return std::nullopt;
  }
}

}  // namespace minimoa
