// Type inference (FORMAT section 2) and entering children with their scope. See term.h.
// Idea: one judgement per family of operators (those of fixed sorts stand in AUDIT_OPS); extents
// are terms of the scope of the typed term: shifted when read from the scope, and taken out of a
// binder's scope when it is left. Shapes are compared as polynomials, so 2*n and n+n agree.
// How it may be wrong: an operator that accepts more than section 2 says: then a step could change
// the shape of what is computed.
#include <algorithm>
#include <numeric>

#include "poly.h"

namespace audit {
namespace {
[[noreturn]] void ill(const Term& term, const string& what) {
  refuse("type", what + " in " + print(term).substr(0, 160));
}
Type array_type(Terms shape, Elem elem = Elem::kReal) {
  return {Sort::kArr, std::move(shape), elem, {}};
}
bool is_real(const Type& type) { return type.sort == Sort::kArr && type.elem == Elem::kReal; }
bool has_kind(const Type& type, Kind kind) {
  return (kind == Kind::kIndex && type.sort == Sort::kIndex) ||
         (kind == Kind::kValue && type.sort == Sort::kArr) ||
         (kind == Kind::kBool && type.sort == Sort::kBool) ||
         (kind == Kind::kStmt && type.sort == Sort::kStmt);
}

// What red add reduces componentwise: reals or tuples of such.
bool is_summable(const Type& type) {
  if (type.sort != Sort::kArr || type.elem != Elem::kTup) return is_real(type);
  return type.shape.empty() && std::all_of(type.parts.begin(), type.parts.end(), is_summable);
}

// A softmax state (m, z, o) whose merge has the same type again: m a scalar, z and o of any shape.
bool is_state(const Type& type) {
  return type.sort == Sort::kArr && type.elem == Elem::kTup && type.shape.empty() &&
         type.parts.size() == 3 && std::all_of(type.parts.begin(), type.parts.end(), is_real) &&
         type.parts[0].shape.empty();
}
bool same_type(const Type& a, const Type& b, const Scope& scope, const Spec& spec) {
  if (a.sort != b.sort || a.sort != Sort::kArr) return a.sort == b.sort;
  if (a.elem != b.elem || !same_shape(a.shape, b.shape, scope, spec)) return false;
  return std::equal(a.parts.begin(), a.parts.end(), b.parts.begin(), b.parts.end(),
                    [&](const Type& x, const Type& y) { return same_type(x, y, scope, spec); });
}

// Drops the first `count` axes of a shape.
void drop_axes(Terms& shape, size_t count) {
  shape.erase(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(count));
}
Term product(const Terms& extents) {
  Term result = extents.empty() ? integer(1) : extents[0];
  for (size_t k = 1; k < extents.size(); ++k) result = make_op(Op::kMul, {result, extents[k]});
  return result;
}

class Inference {
 public:
  Inference(Scope& scope, const Spec& spec, const KindMap* kinds)
      : scope_(scope), spec_(spec), kinds_(kinds) {}
  // Section 3: a rule variable stands for terms of its kind only. Without it a rule for reals could
  // be applied to, say, an index.
  Type type(const Term& term) {
    spec_.budget.visit(1);
    Type result = node(term);
    const auto found = kinds_ == nullptr ? KindMap::const_iterator() : kinds_->find(term);
    if (kinds_ != nullptr && found != kinds_->end() && !has_kind(result, found->second))
      ill(term, "a rule variable stands for a term of another kind");
    return result;
  }
  void enter_child(const Term& term, size_t child) {
    const Op op = term->op;
    if (bound_in(*term, child) > 0) push_variables(term, variable_types(term));
    Term guard;
    if (op == Op::kRed && child == 2) guard = term->kids[1];
    if ((op == Op::kWhen || op == Op::kIf) && child == 1) guard = term->kids[0];
    if (op == Op::kIf && child == 2) guard = make_op(Op::kNot, {term->kids[0]});
    if (guard) scope_.push({Entry::Kind::kGuard, "", guard, {}, scope_.depth});
  }

 private:
  // The types that the variables of a binder node get (section 2).
  vector<Type> variable_types(const Term& term) {
    if (term->op == Op::kLet || term->op == Op::kLetSlow) return {value(term, 0)};
    if (term->op == Op::kFold) return {Type{}, value(term, 1)};
    if (term->op != Op::kOmega && term->op != Op::kOmega2) return {Type{}};
    vector<Type> cells;
    for (size_t k = 0; k < term->attrs.size(); ++k)
      cells.push_back(cell(term, value(term, k + 1), k));
    return cells;
  }
  void push_variables(const Term& term, const vector<Type>& types) {
    const string form = form_of(term->op);
    const Number depth = scope_.depth;
    for (size_t k = 0; k < types.size(); ++k) {
      const bool loop = k == 0 && form.find('B') != string::npos;
      scope_.push({loop ? Entry::Kind::kLoop : Entry::Kind::kValue, term->binders[k],
                   loop ? term->kids[0] : nullptr, types[k], depth});
    }
  }
  // The type of a child in its own scope, taken out to the node's scope: an extent that mentions
  // the binder's variable has no meaning outside. `known`: the variables' types; inferring them
  // again would double the work at every level.
  Type inner(const Term& term, size_t child, const vector<Type>* known = nullptr) {
    const size_t size = scope_.entries.size();
    if (known == nullptr)
      enter_child(term, child);
    else
      push_variables(term, *known);
    Type result = type(term->kids[child]);
    scope_.truncate(size);
    return shift(std::move(result), -bound_in(*term, child));
  }
  Type wanted(const Term& term, Type type, bool good, const char* what) {
    if (!good) ill(term, string(what) + " is missing");
    return type;
  }
  Type value(const Term& term, size_t child, const vector<Type>* known = nullptr) {
    const Type found = inner(term, child, known);
    return wanted(term, found, found.sort == Sort::kArr, "an array");
  }
  Type real(const Term& term, size_t child) {
    const Type found = inner(term, child);
    return wanted(term, found, is_real(found), "an array of reals");
  }
  Type ranked(const Term& term, size_t child) {
    const Type found = value(term, child);
    return wanted(term, found, !found.shape.empty(), "an array of rank >= 1");
  }
  void want(const Term& term, size_t child, Sort sort) {
    if (inner(term, child).sort != sort) ill(term, "operand of a wrong sort");
  }
  // The operators of fixed sorts; see AUDIT_OPS.
  Type sorted(const Term& term, const string& sorts) {
    const auto sort = [](char letter) {
      return letter == 'I' ? Sort::kIndex : letter == 'B' ? Sort::kBool : Sort::kStmt;
    };
    for (size_t k = 0; k < term->kids.size(); ++k) {
      if (sorts[k] != 'R')
        want(term, k, sort(sorts[k]));
      else if (!real(term, k).shape.empty())
        ill(term, "a scalar is missing");
    }
    return sorts.back() == 'R' ? array_type({}) : Type{sort(sorts.back()), {}, Elem::kReal, {}};
  }
  // The rank-k cells of an operand of omega, k being attribute `attr`.
  Type cell(const Term& term, Type operand, size_t attr) {
    const Number rank = term->attrs[attr];
    const auto size = static_cast<Number>(operand.shape.size());
    if (rank < 0 || rank > size) ill(term, "omega rank beyond the operand's");
    drop_axes(operand.shape, static_cast<size_t>(size - rank));
    return operand;
  }
  Type variable(const Term& term) {
    const Entry* entry = scope_.variable(term->value);
    if (entry == nullptr) ill(term, "unbound variable");
    return shift(entry->type, scope_.depth - entry->depth);
  }
  Type free_name(const Term& term) {
    if (spec_.is_dim(term->name)) return Type{};
    const Array* array = spec_.input(term->name);
    if (array == nullptr) ill(term, "unknown name");
    return array_type(array->shape, array->kind == InputKind::kI32 ? Elem::kInt : Elem::kReal);
  }
  // Both operands index (+ - * only); else pointwise: equal shapes, or one operand of rank 0.
  Type pointwise(const Term& term) {
    const Type first = inner(term, 0);
    if (first.sort == Sort::kIndex && is_index_arithmetic(term->op)) {
      want(term, 1, Sort::kIndex);
      return first;
    }
    wanted(term, first, is_real(first), "an array of reals");
    if (term->kids.size() == 1) return first;
    const Type second = real(term, 1);
    if (second.shape.empty()) return first;
    if (!first.shape.empty() && !same_shape(first.shape, second.shape, scope_, spec_))
      ill(term, "pointwise operands of different shapes");
    return first.shape.empty() ? second : first;
  }
  // (rat p q): q >= 2, reduced; else one number would have two spellings.
  Type rational(const Term& term) {
    if (term->attrs[1] < 2 || std::gcd(term->attrs[0], term->attrs[1]) != 1)
      ill(term, "rational not reduced");
    return array_type({});
  }
  Type branch(const Term& term) {
    want(term, 0, Sort::kBool);
    const Type x = inner(term, 1);
    if ((x.sort != Sort::kIndex && x.sort != Sort::kArr) ||
        !same_type(x, inner(term, 2), scope_, spec_))
      ill(term, "branches of different types");
    return x;
  }
  Type reduction(const Term& term) {
    want(term, 0, Sort::kIndex);
    want(term, 1, Sort::kBool);
    Type x = inner(term, 2);
    const bool good = term->red == RedOp::kOsm   ? is_state(x)
                      : term->red == RedOp::kAdd ? is_summable(x)
                                                 : is_real(x);
    if (!good) ill(term, "this cannot be reduced so");
    return x;
  }
  Type fold(const Term& term) {
    want(term, 0, Sort::kIndex);
    const vector<Type> variables = {Type{}, value(term, 1)};
    if (!same_type(variables[1], inner(term, 2, &variables), scope_, spec_))
      ill(term, "init and step of different types");
    return variables[1];
  }
  Type generate(const Term& term) {
    want(term, 0, Sort::kIndex);
    Type x = value(term, 1);
    x.shape.insert(x.shape.begin(), term->kids[0]);
    return x;
  }
  // The number of indices of psi, mem, put or reshape, each of them an Index.
  size_t indices(const Term& term) {
    const size_t first = term->op == Op::kMem ? 1 : 0;
    const size_t count = term->kids.size() - 1;
    for (size_t k = 0; k < count; ++k) want(term, k + first, Sort::kIndex);
    return count;
  }
  // psi, mem: an element of an int array is an index.
  Type select(const Term& term) {
    const size_t count = indices(term);
    Type array = value(term, term->op == Op::kMem ? 0 : count);
    if (count > array.shape.size()) ill(term, "more indices than axes");
    if (term->op == Op::kMem && (count != array.shape.size() || term->kids[0]->op != Op::kFree))
      ill(term, "mem needs an input and a full index");
    if (array.elem == Elem::kInt && count == array.shape.size()) return Type{};
    drop_axes(array.shape, count);
    return array;
  }
  Type put(const Term& term) {
    const size_t count = indices(term);
    Terms shape = spec_.output.shape;
    if (count > shape.size()) ill(term, "more indices than axes");
    drop_axes(shape, count);
    if (!same_shape(shape, real(term, count).shape, scope_, spec_))
      ill(term, "what is written has not the output's shape");
    return {Sort::kStmt, {}, Elem::kReal, {}};
  }
  // Result extent number t_k is extent k of A; t must be a permutation.
  Type transpose(const Term& term) {
    Type array = value(term, 0);
    Terms shape(array.shape.size());
    if (term->attrs.size() != shape.size()) ill(term, "wrong permutation");
    for (size_t k = 0; k < shape.size(); ++k) {
      const auto t = static_cast<size_t>(term->attrs[k]);
      if (t >= shape.size() || shape[t]) ill(term, "wrong permutation");
      shape[t] = array.shape[k];
    }
    array.shape = std::move(shape);
    return array;
  }
  // take, drop, rot; rev.
  Type first_axis(const Term& term) {
    if (term->op == Op::kRev) return ranked(term, 0);
    want(term, 0, Sort::kIndex);
    Type array = ranked(term, 1);
    const Term& k = term->kids[0];
    if (term->op == Op::kTake) array.shape[0] = k;
    if (term->op == Op::kDrop) array.shape[0] = make_op(Op::kSub, {array.shape[0], k});
    return array;
  }
  Type catenate(const Term& term) {
    Type a = ranked(term, 0);
    Type b = ranked(term, 1);
    const Term sum = make_op(Op::kAdd, {a.shape[0], b.shape[0]});
    a.shape[0] = b.shape[0] = sum;
    if (!same_type(a, b, scope_, spec_)) ill(term, "parts do not fit");
    return a;
  }
  // Product of u = number of elements; else elements are lost or invented.
  Type reshape(const Term& term) {
    Type array = value(term, indices(term));
    const Terms shape = indices_of(*term);
    if (!same_index(product(shape), product(array.shape), scope_, spec_))
      ill(term, "another number of elements");
    array.shape = shape;
    return array;
  }
  Type iota(const Term& term) {
    want(term, 0, Sort::kIndex);
    return array_type({term->kids[0]});
  }
  Type reduce_axis(const Term& term) {
    Type array = ranked(term, 0);
    wanted(term, array, is_real(array), "an array of reals");
    drop_axes(array.shape, 1);
    return array;
  }
  // inner, outer.
  Type array_product(const Term& term) {
    Terms a = real(term, 0).shape;
    Terms b = real(term, 1).shape;
    if (term->op == Op::kInner) {
      if (a.empty() || b.empty() || !same_index(a.back(), b.front(), scope_, spec_))
        ill(term, "contracted axes differ");
      a.pop_back();
      drop_axes(b, 1);
    }
    a.insert(a.end(), b.begin(), b.end());
    return array_type(std::move(a));
  }
  // Frames agree on their last min(length) axes; the longer one is the frame.
  Type rank_operator(const Term& term) {
    vector<Type> cells;
    Terms frame;
    for (size_t k = 0; k < term->attrs.size(); ++k) {
      const Type operand = value(term, k + 1);
      cells.push_back(cell(term, operand, k));
      Terms other(operand.shape.begin(), operand.shape.end() - term->attrs[k]);
      if (other.size() > frame.size()) std::swap(frame, other);
      const Terms tail(frame.end() - static_cast<std::ptrdiff_t>(other.size()), frame.end());
      if (!same_shape(tail, other, scope_, spec_)) ill(term, "frames differ");
    }
    Type result = value(term, 0, &cells);
    result.shape.insert(result.shape.begin(), frame.begin(), frame.end());
    return result;
  }
  // Sharing of values only; the body is a value, a statement or an index.
  Type let(const Term& term) {
    const vector<Type> shared = {value(term, 0)};
    const Type result = inner(term, 1, &shared);
    if (result.sort == Sort::kBool) ill(term, "let of a boolean");
    return result;
  }
  Type tuple(const Term& term) {
    Type result = array_type({}, Elem::kTup);
    for (size_t k = 0; k < term->kids.size(); ++k) result.parts.push_back(value(term, k));
    return result;
  }
  Type component(const Term& term) {
    const Type state = value(term, 0);
    const auto k = static_cast<size_t>(term->attrs[0]);
    if (state.elem != Elem::kTup || !state.shape.empty() || k >= state.parts.size())
      ill(term, "no such component");
    return state.parts[k];
  }
  Type merge(const Term& term) {
    const Type state = inner(term, 0);
    if (!is_state(state) || !same_type(state, inner(term, 1), scope_, spec_))
      ill(term, "osmerge needs two softmax states of one type");
    return state;
  }
  Type node(const Term& term) {
    using I = Inference;
    static const std::map<Op, Type (Inference::*)(const Term&)> kJudgements = {
        {Op::kBound, &I::variable},
        {Op::kFree, &I::free_name},
        {Op::kRat, &I::rational},
        {Op::kIf, &I::branch},
        {Op::kRed, &I::reduction},
        {Op::kOsMerge, &I::merge},
        {Op::kGen, &I::generate},
        {Op::kParGen, &I::generate},
        {Op::kPsi, &I::select},
        {Op::kMem, &I::select},
        {Op::kTran, &I::transpose},
        {Op::kTake, &I::first_axis},
        {Op::kDrop, &I::first_axis},
        {Op::kRot, &I::first_axis},
        {Op::kRev, &I::first_axis},
        {Op::kCat, &I::catenate},
        {Op::kReshape, &I::reshape},
        {Op::kIota, &I::iota},
        {Op::kRedF, &I::reduce_axis},
        {Op::kInner, &I::array_product},
        {Op::kOuter, &I::array_product},
        {Op::kOmega, &I::rank_operator},
        {Op::kOmega2, &I::rank_operator},
        {Op::kLet, &I::let},
        {Op::kLetSlow, &I::let},
        {Op::kTup, &I::tuple},
        {Op::kGet, &I::component},
        {Op::kFold, &I::fold},
        {Op::kPut, &I::put}};
    const string sorts = sorts_of(term->op);
    if (!sorts.empty()) return sorted(term, sorts);
    if (pointwise_arity(term->op) > 0) return pointwise(term);
    return (this->*kJudgements.at(term->op))(term);
  }
  Scope& scope_;
  const Spec& spec_;
  const KindMap* kinds_;
};

}  // namespace
Type infer(const Term& term, Scope& scope, const Spec& spec, const KindMap* kinds) {
  return Inference(scope, spec, kinds).type(term);
}
bool same_index(const Term& a, const Term& b, const Scope& scope, const Spec& spec) {
  if (alpha_equal(a, b)) return true;
  AtomTable atoms;
  Reading reading{atoms, spec.budget, scope.depth};
  const Poly x = index_poly(a, reading);
  return x == index_poly(b, reading);
}
bool same_shape(const Terms& a, const Terms& b, const Scope& scope, const Spec& spec) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](const Term& x, const Term& y) { return same_index(x, y, scope, spec); });
}
void enter(const Term& node, size_t child, Scope& scope, const Spec& spec) {
  Inference(scope, spec, nullptr).enter_child(node, child);
}
bool dimensions_only(const Term& term, const Spec& spec) {
  if (term->op == Op::kInt || (term->op == Op::kFree && spec.is_dim(term->name))) return true;
  return is_index_arithmetic(term->op) &&
         std::all_of(term->kids.begin(), term->kids.end(),
                     [&](const Term& kid) { return dimensions_only(kid, spec); });
}

}  // namespace audit
