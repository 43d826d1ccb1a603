// Footprint by one walk; see footprint.h.
#include "prover/cost/footprint.h"

#include <algorithm>

#include "prover/cost/algebra.h"
#include "prover/obligations/lanes.h"
#include "spec/lang/types.h"

namespace minimoa {

namespace {

// The words of a value of this type.
Term words_of(const Type& type) {
  Term each = mk_int(1);
  if (type.elem == Type::ElemKind::kTup) {
    each = mk_int(0);
    for (const Type& part : type.tup) each = mk(Op::kAdd, {each, words_of(part)});
  }
  for (const Term& extent : type.shape) each = mk(Op::kMul, {each, extent});
  return each;
}

// What is shared where the lanes have this much room (FORMAT.md section 15).
Term shared_words(const Type& type, const Lanes& lanes) {
  const Term each = words_of(type);
  return lanes.room() > 0 ? mk(Op::kMul, {each, mk_int(lanes.room())}) : each;
}

constexpr std::int64_t kVectorRegisters = 32;

class Footprint {
 public:
  Footprint(const Spec& spec, const std::set<std::string>& outside, const Placement& place)
      : spec_(spec), outside_(outside), place_(place) {}

  Term run(const Term& phase, const Scope& scope) {
    value(phase, scope, Lanes(place_), true);
    const std::int64_t vectors = has_lanes(place_, phase) ? kVectorRegisters * place_.width : 0;
    const Term registers = mk_int(accumulators_ + operands_ + vectors);
    return Algebra(spec_).normal(mk(Op::kAdd, {storage_, registers}));
  }

 private:
  // Values that are held while t is evaluated; `statement`: t's value goes to
  // a place, so that a choice or loop in it is control flow.
  std::int64_t value(const Term& t, const Scope& scope, const Lanes& lanes, bool statement) {
    if (t->op == Op::kLet) {
      const Typed typed = type_of(t->kids[0], scope, spec_);
      const bool inside = outside_.count(t->binders[0]) == 0;
      if (typed.ok && inside) storage_ = mk(Op::kAdd, {storage_, shared_words(typed.type, lanes)});
    }
    const bool choice = t->op == Op::kIf && !statement;
    if (choice || t->op == Op::kRed || t->op == Op::kAny) ++accumulators_;
    std::int64_t most = 0, held = 0, last = 0;
    for (std::size_t k = 0; k < t->kids.size(); ++k) {
      const bool places = passes_on(t, k, statement);
      const Scope within = enter(t, k, scope, spec_);
      const std::int64_t need = value(t->kids[k], within, lanes.enter(t, k), places);
      const bool own = places || is_statement(t, k);  // evaluated before or after, not beside
      if (need > 0) most = std::max(most, own ? need : need + held);
      last = need;
      if (!own && t->op != Op::kPut) ++held;  // of an operator, each operand's place counts
    }
    // A load or a selection is one word; its indices are integers.
    const std::int64_t result = is_value(t, scope) ? 1 : most;
    // acc = acc + x holds the accumulator beside x; the condition is a statement before it.
    if (t->op == Op::kRed) operands_ = std::max(operands_, last + 1);
    operands_ = std::max(operands_, result);
    return t->op == Op::kRed || t->op == Op::kAny || choice ? 1 : result;
  }

  // Is kid k written to the same place as t, or a place of its own?
  static bool passes_on(const Term& t, std::size_t k, bool statement) {
    switch (t->op) {
      case Op::kLet:
      case Op::kLetSlow:
        return k == 0 || statement;
      case Op::kGen:
      case Op::kParGen:
      case Op::kFor:
      case Op::kParFor:
      case Op::kWhen:
        return k == 1;
      case Op::kFold:
        return k > 0;
      case Op::kTup:
        return true;
      case Op::kIf:
        return statement && k > 0;
      default:
        return false;
    }
  }

  // Kids that are evaluated in statements of their own.
  static bool is_statement(const Term& t, std::size_t k) {
    return t->op == Op::kRed || t->op == Op::kAny || t->op == Op::kIf || t->op == Op::kLet ||
           (t->op == Op::kFold && k == 0) || t->op == Op::kFor || t->op == Op::kParFor ||
           t->op == Op::kGen || t->op == Op::kParGen || t->op == Op::kWhen;
  }

  // A leaf that is a real number.
  bool is_value(const Term& t, const Scope& scope) const {
    if (t->op == Op::kVar) return type_of(t, scope, spec_).type.kind == Type::Kind::kArr;
    return t->op == Op::kMem || t->op == Op::kPsi || t->op == Op::kGet || t->op == Op::kReal ||
           t->op == Op::kRat || t->op == Op::kBottom;
  }

  const Spec& spec_;
  const std::set<std::string>& outside_;
  const Placement& place_;
  Term storage_ = mk_int(0);
  std::int64_t accumulators_ = 0, operands_ = 0;
};

void collect(const Term& t, const Scope& scope, const Lanes& lanes, const Spec& spec,
             std::vector<Buffer>* out) {
  for (std::size_t k = 0; k < t->kids.size(); ++k) {
    collect(t->kids[k], enter(t, k, scope, spec), lanes.enter(t, k), spec, out);
    if (t->op != Op::kLet || k > 0) continue;
    const Typed typed = type_of(t->kids[0], scope, spec);
    const bool scalar = typed.type.shape.empty() && typed.type.elem != Type::ElemKind::kTup;
    if (typed.ok && !scalar) out->push_back({t->binders[0], shared_words(typed.type, lanes)});
  }
}

}  // namespace

std::vector<Buffer> buffers_of(const Spec& spec, const Term& final_term, const Placement& place) {
  std::vector<Buffer> out;
  collect(final_term, global_scope(spec), Lanes(place), spec, &out);
  return out;
}

std::vector<Term> footprint_terms(const Spec& spec, const Term& final_term,
                                  const std::set<std::string>& outside, const Placement& place) {
  std::vector<Term> out;
  Scope scope = global_scope(spec);
  Term t = final_term;
  for (; t->op == Op::kLetSlow; t = t->kids[1]) {
    out.push_back(Footprint(spec, outside, place).run(t->kids[0], scope));
    scope = enter(t, 1, scope, spec);
  }
  out.push_back(Footprint(spec, outside, place).run(t, scope));
  return out;
}

}  // namespace minimoa
