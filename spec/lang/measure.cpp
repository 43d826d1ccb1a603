// The measure W under which psi-reduction ends.
//
// W(t) interprets every operator by a polynomial that is strictly increasing
// in its operands and at least 1 on values:
//   a name, a literal value, mem, real, iota: 1        index terms: 0
//   psi p A: 2 W(A)
//   pointwise, osmerge: 1 + sum        if: 1 + W(c) + W(x) + W(y)
//   comparisons: 0     and or not any: sum     iszero: W
//   gen red fold tup get tran take drop cat rev rot reshape redf: 1 + sum
//   let: 1 + W(e) + W(b)               inner, omega2: 2 + sum
//   outer, omega: 1 + sum              statements: 1 + sum
// A row of phase psi lowers W: its old side minus its new side is an affine
// form in the W of its variables with coefficients >= 0 that is > 0 where
// values are >= 1 and booleans >= 0 (lowers_measure decides exactly this).
// Since every operator is strictly increasing, so does each use of the row
// outside of index positions. May be wrong: an Index-typed element of an int
// input inside an index position counts 0, so a step there leaves W as it is.
#include <algorithm>
#include <limits>

#include "spec/lang/rule_row.h"

namespace minimoa {
namespace {

// constant + sum of coefficient * W(variable); saturating.
struct Affine {
  std::int64_t constant = 0;
  std::map<std::string, std::int64_t> parts;
};

constexpr std::int64_t kMost = std::int64_t{1} << 61;

std::int64_t saturate(std::int64_t v) { return std::min(v, kMost); }

Affine add(Affine a, const Affine& b) {
  a.constant = saturate(a.constant + b.constant);
  for (const auto& [name, k] : b.parts) {
    a.parts[name] = saturate(a.parts[name] + k);
  }
  return a;
}

Affine weight(const Term& t);

Affine sum(std::int64_t constant, const std::vector<Term>& kids) {
  Affine out;
  out.constant = constant;
  for (const Term& k : kids) out = add(std::move(out), weight(k));
  return out;
}

Affine psi_weight(const Term& t) {
  const Affine a = weight(operand_of(t));
  return add(a, a);
}

// What an operator adds to the sum over the kids that count.
struct Row {
  std::int64_t constant;
  std::vector<Term> kids;
};

Row row_of(const Term& t) {
  const std::vector<Term>& k = t->kids;
  switch (t->op) {
    case Op::kInt:
    case Op::kIntDiv:
    case Op::kIntMod:
    case Op::kTrue:
    case Op::kLt:
    case Op::kLe:
    case Op::kEq:
    case Op::kNe:
      return {0, {}};
    case Op::kVar:
    case Op::kRat:
    case Op::kBottom:
    case Op::kReal:
    case Op::kIota:
    case Op::kMem:
      return {1, {}};
    case Op::kAnd:
    case Op::kOr:
    case Op::kNot:
    case Op::kIsZero:
      return {0, k};
    case Op::kAny:
      return {0, {k[1]}};
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMax:
    case Op::kMin:
    case Op::kExpSub:
    case Op::kNeg:
    case Op::kExp:
    case Op::kExp2:
    case Op::kLog:
    case Op::kSqrt:
    case Op::kTanh:
    case Op::kIf:
    case Op::kOsMerge:
    case Op::kTran:
    case Op::kCat:
    case Op::kRev:
    case Op::kRedf:
    case Op::kOuter:
    case Op::kOmega:
    case Op::kLet:
    case Op::kLetSlow:
    case Op::kTup:
    case Op::kGet:
    case Op::kWhen:
      return {1, k};
    case Op::kTake:
    case Op::kDrop:
    case Op::kRot:
    case Op::kReshape:
    case Op::kPut:
      return {1, {k.back()}};
    case Op::kGen:
    case Op::kParGen:
    case Op::kRed:
    case Op::kFold:
    case Op::kFor:
    case Op::kParFor:
      return {1, {k.begin() + 1, k.end()}};
    case Op::kInner:
    case Op::kOmega2:
      return {2, k};
    case Op::kPsi:
      return {0, {}};
  }
  return {0, {}};
}

Affine weight(const Term& t) {
  if (t->op == Op::kPsi) return psi_weight(t);
  if (is_pattern_var(t)) return {0, {{t->name, 1}}};
  if (is_application(t)) return {0, {{t->name, 1}}};
  if (is_op_pattern(t)) return sum(1, t->kids);
  const Row row = row_of(t);
  return sum(row.constant, row.kids);
}

}  // namespace

std::uint64_t measure(const Term& t) { return static_cast<std::uint64_t>(weight(t).constant); }

bool lowers_measure(const Rule& rule) {
  const Affine before = weight(rule.lhs), after = weight(rule.rhs);
  std::int64_t least = before.constant - after.constant;
  for (const RuleVar& v : rule.vars) {
    const auto old_part = before.parts.find(v.name);
    const auto new_part = after.parts.find(v.name);
    std::int64_t k = 0;
    if (old_part != before.parts.end()) k += old_part->second;
    if (new_part != after.parts.end()) k -= new_part->second;
    if (v.kind == VarKind::kIndex || v.kind == VarKind::kIndices) continue;
    if (k < 0) return false;
    if (v.kind == VarKind::kValue) least += k;
  }
  return least > 0;
}

}  // namespace minimoa
