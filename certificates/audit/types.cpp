// Type inference (FORMAT section 2; see types.h).
//
// Idea: one judgement per family of operators; a type's extents are terms of
// the scope of the typed term, so they are shifted when read from the scope
// and taken out of a binder's scope (shift by -1) when the binder is left.
// How it may be wrong: an operator that accepts more than section 2 says. Any
// term accepted here is lowered and proved about, so a wrong acceptance lets a
// step change the shape of what is computed.
#include "types.h"

#include <algorithm>

#include "poly.h"

namespace audit {
namespace {

[[noreturn]] void ill(const Term& term, const std::string& what) {
  const std::string text = print(term);
  throw Refused{"type", what + " in " + text.substr(0, 160)};
}

Type sort_type(Sort sort) {
  Type type;
  type.sort = sort;
  return type;
}

Type array_type(std::vector<Term> shape, Elem elem = Elem::kReal) {
  Type type;
  type.sort = Sort::kArr;
  type.shape = std::move(shape);
  type.elem = elem;
  return type;
}

bool is_real(const Type& type) {
  return type.sort == Sort::kArr && type.elem == Elem::kReal;
}

bool has_kind(const Type& type, Kind kind) {
  switch (kind) {
    case Kind::kIndex: return type.sort == Sort::kIndex;
    case Kind::kValue: return type.sort == Sort::kArr;
    case Kind::kBool: return type.sort == Sort::kBool;
    case Kind::kStmt: return type.sort == Sort::kStmt;
    case Kind::kIndices: case Kind::kOp: case Kind::kRedOp:
    case Kind::kPerm: case Kind::kNat: return false;
  }
  return false;
}

// What red add reduces componentwise: reals or tuples of such.
bool is_summable(const Type& type) {
  if (type.sort != Sort::kArr) return false;
  if (type.elem != Elem::kTup) return type.elem == Elem::kReal;
  return type.shape.empty() &&
         std::all_of(type.parts.begin(), type.parts.end(), is_summable);
}

// A softmax state (m, z, o) whose merge has the same type again.
bool is_state(const Type& type) {
  return type.sort == Sort::kArr && type.elem == Elem::kTup &&
         type.shape.empty() && type.parts.size() == 3 &&
         is_summable(type) && is_real(type.parts[0]) &&
         is_real(type.parts[1]) && is_real(type.parts[2]) &&
         type.parts[0].shape.empty();
}

class Inference {
 public:
  Inference(Scope& scope, const Spec& spec, const KindMap* kinds)
      : scope_(scope), spec_(spec), kinds_(kinds) {}

  // Section 3: a rule variable stands for terms of its kind only. Without it
  // a rule for reals could be applied to, say, an index.
  Type type(const Term& term) {
    Type result = node(term);
    if (kinds_ == nullptr) return result;
    const auto found = kinds_->find(term);
    if (found != kinds_->end() && !has_kind(result, found->second)) {
      ill(term, "a rule variable stands for a term of another kind");
    }
    return result;
  }

  void enter_child(const Term& term, std::size_t child) {
    const Node& node = *term;
    if (bound_in(node, child) > 0) {
      push_variables(term, variable_types(term));
    }
    Entry guard;
    guard.kind = Entry::Kind::kGuard;
    if ((node.op == Op::kRed && child == 2)) {
      guard.term = node.kids[1];
    } else if (node.op == Op::kWhen && child == 1) {
      guard.term = node.kids[0];
    } else if (node.op == Op::kIf && child == 1) {
      guard.term = node.kids[0];
    } else if (node.op == Op::kIf && child == 2) {
      guard.term = make_op(Op::kNot, {node.kids[0]});
    } else {
      return;
    }
    guard.depth = scope_.depth;
    scope_.push(std::move(guard));
  }

 private:
  // The types that the variables of a binder node get (section 2).
  std::vector<Type> variable_types(const Term& term) {
    if (term->op == Op::kLet || term->op == Op::kLetSlow) {
      return {value(term, 0)};
    }
    if (term->op == Op::kFold) return {Type{}, value(term, 1)};
    if (term->op != Op::kOmega && term->op != Op::kOmega2) return {Type{}};
    std::vector<Type> cells;
    for (std::size_t k = 0; k < term->attrs.size(); ++k) {
      cells.push_back(cell(term, value(term, k + 1), k));
    }
    return cells;
  }

  void push_variables(const Term& term, const std::vector<Type>& types) {
    const Node& node = *term;
    const std::int64_t depth = scope_.depth;
    for (std::size_t k = 0; k < types.size(); ++k) {
      Entry entry;
      entry.name = node.binders[k];
      entry.type = types[k];
      entry.depth = depth;
      if (node.op == Op::kLet || node.op == Op::kLetSlow) {
        entry.kind = Entry::Kind::kLet;
        entry.slow = node.op == Op::kLetSlow;
        entry.term = node.kids[0];
      } else if (node.op == Op::kOmega || node.op == Op::kOmega2) {
        entry.kind = Entry::Kind::kCell;
      } else {
        entry.kind = k == 0 ? Entry::Kind::kLoop : Entry::Kind::kState;
        entry.term = node.kids[k];
      }
      scope_.push(std::move(entry));
    }
  }

  // The type of a child in its own scope, taken out to the node's scope. An
  // extent that mentions the binder's variable has no meaning outside.
  Type inner(const Term& term, std::size_t child) {
    const std::size_t size = scope_.entries.size();
    enter_child(term, child);
    Type result = type(term->kids[child]);
    scope_.truncate(size);
    return shift(result, -bound_in(*term, child));
  }
  // The same where the variables' types are known already; inferring them
  // again would double the work at every level.
  Type body(const Term& term, std::size_t child,
            const std::vector<Type>& types) {
    const std::size_t size = scope_.entries.size();
    push_variables(term, types);
    Type result = type(term->kids[child]);
    scope_.truncate(size);
    return shift(result, -bound_in(*term, child));
  }

  void want(const Term& term, std::size_t child, Sort sort) {
    if (inner(term, child).sort != sort) ill(term, "operand of a wrong sort");
  }
  void want_all(const Term& term, Sort sort) {
    for (std::size_t k = 0; k < term->kids.size(); ++k) want(term, k, sort);
  }
  Type value(const Term& term, std::size_t child) {
    Type result = inner(term, child);
    if (result.sort != Sort::kArr) ill(term, "an array is missing");
    return result;
  }
  Type real(const Term& term, std::size_t child) {
    Type result = value(term, child);
    if (!is_real(result)) ill(term, "an array of reals is missing");
    return result;
  }
  Type ranked(const Term& term, std::size_t child) {
    Type result = value(term, child);
    if (result.shape.empty()) ill(term, "an array of rank >= 1 is missing");
    return result;
  }
  bool same(const Term& a, const Term& b) { return same_index(a, b, scope_); }

  // The rank-k cells of an operand of omega, k being attribute `attr`.
  Type cell(const Term& term, Type operand, std::size_t attr) {
    const std::int64_t rank = term->attrs[attr];
    const auto size = static_cast<std::int64_t>(operand.shape.size());
    if (rank < 0 || rank > size) ill(term, "omega rank beyond the operand's");
    operand.shape.erase(operand.shape.begin(), operand.shape.end() - rank);
    return operand;
  }
  std::vector<Term> frame(const Term& term, const Type& operand,
                          std::size_t attr) {
    return {operand.shape.begin(), operand.shape.end() - term->attrs[attr]};
  }

  Type variable(const Term& term) {
    const Entry* entry = scope_.variable(term->value);
    if (entry == nullptr) ill(term, "unbound variable");
    return shift(entry->type, scope_.depth - entry->depth);
  }

  Type free_name(const Term& term) {
    if (spec_.is_dim(term->name)) return sort_type(Sort::kIndex);
    const Array* array = spec_.input(term->name);
    if (array == nullptr) ill(term, "unknown name");
    return array_type(array->shape, array->kind == InputKind::kI32
                                        ? Elem::kInt : Elem::kReal);
  }

  // Pointwise: equal shapes, or one operand of rank 0.
  Type pointwise(const Term& term, const Type& first) {
    if (!is_real(first)) ill(term, "an array of reals is missing");
    if (term->kids.size() == 1) return first;
    Type second = real(term, 1);
    if (second.shape.empty()) return first;
    if (!first.shape.empty() &&
        !same_shape(first.shape, second.shape, scope_)) {
      ill(term, "pointwise operands of different shapes");
    }
    return first.shape.empty() ? second : first;
  }

  Type arithmetic(const Term& term) {
    const Type first = inner(term, 0);
    if (first.sort != Sort::kIndex) return pointwise(term, first);
    want(term, 1, Sort::kIndex);
    return sort_type(Sort::kIndex);
  }

  // (rat p q): q >= 2, reduced; else one number would have two spellings.
  Type rational(const Term& term) {
    std::int64_t a = term->attrs[0] < 0 ? -term->attrs[0] : term->attrs[0];
    std::int64_t b = term->attrs[1];
    if (b < 2) ill(term, "denominator below 2");
    while (b != 0) {
      const std::int64_t rest = a % b;
      a = b;
      b = rest;
    }
    if (a != 1) ill(term, "rational not reduced");
    return array_type({});
  }

  Type branch(const Term& term) {
    want(term, 0, Sort::kBool);
    Type x = inner(term, 1);
    const Type y = inner(term, 2);
    if ((x.sort != Sort::kIndex && x.sort != Sort::kArr) ||
        !same_type(x, y, scope_)) {
      ill(term, "branches of different types");
    }
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
    Type init = value(term, 1);
    if (!same_type(init, body(term, 2, {Type{}, init}), scope_)) {
      ill(term, "init and step of different types");
    }
    return init;
  }

  Type generate(const Term& term) {
    want(term, 0, Sort::kIndex);
    Type x = value(term, 1);
    x.shape.insert(x.shape.begin(), term->kids[0]);
    return x;
  }

  // psi, mem: an element of an int array is an index.
  Type select(const Term& term) {
    const std::size_t operand =
        term->op == Op::kMem ? 0 : term->kids.size() - 1;
    for (std::size_t k = 0; k < term->kids.size(); ++k) {
      if (k != operand) want(term, k, Sort::kIndex);
    }
    Type array = value(term, operand);
    const std::size_t count = index_count(*term);
    if (count > array.shape.size()) ill(term, "more indices than axes");
    if (term->op == Op::kMem &&
        (count != array.shape.size() || term->kids[0]->op != Op::kFree)) {
      ill(term, "mem needs an input and a full index");
    }
    if (array.elem == Elem::kInt && count == array.shape.size()) {
      return sort_type(Sort::kIndex);
    }
    array.shape.erase(array.shape.begin(),
                      array.shape.begin() + static_cast<std::ptrdiff_t>(count));
    return array;
  }

  Type put(const Term& term) {
    const std::size_t count = index_count(*term);
    for (std::size_t k = 0; k < count; ++k) want(term, k, Sort::kIndex);
    std::vector<Term> shape = spec_.output.shape;
    if (count > shape.size()) ill(term, "more indices than axes");
    shape.erase(shape.begin(),
                shape.begin() + static_cast<std::ptrdiff_t>(count));
    if (!same_shape(shape, real(term, count).shape, scope_)) {
      ill(term, "what is written has not the output's shape");
    }
    return sort_type(Sort::kStmt);
  }

  // Result extent number t_k is extent k of A; t must be a permutation.
  Type transpose(const Term& term) {
    Type array = value(term, 0);
    std::vector<Term> shape(array.shape.size());
    if (term->attrs.size() != shape.size()) ill(term, "wrong permutation");
    for (std::size_t k = 0; k < shape.size(); ++k) {
      const auto t = static_cast<std::size_t>(term->attrs[k]);
      if (t >= shape.size() || shape[t]) ill(term, "wrong permutation");
      shape[t] = array.shape[k];
    }
    array.shape = std::move(shape);
    return array;
  }

  Type cut(const Term& term) {
    want(term, 0, Sort::kIndex);
    Type array = ranked(term, 1);
    const Term& k = term->kids[0];
    if (term->op == Op::kTake) array.shape[0] = k;
    if (term->op == Op::kDrop) {
      array.shape[0] = make_op(Op::kSub, {array.shape[0], k});
    }
    return array;
  }

  Type catenate(const Term& term) {
    Type a = ranked(term, 0);
    Type b = ranked(term, 1);
    Type rest_a = a;
    rest_a.shape.erase(rest_a.shape.begin());
    Type rest_b = b;
    rest_b.shape.erase(rest_b.shape.begin());
    if (!same_type(rest_a, rest_b, scope_)) ill(term, "parts do not fit");
    a.shape[0] = make_op(Op::kAdd, {a.shape[0], b.shape[0]});
    return a;
  }

  Term product(const std::vector<Term>& extents) {
    Term result = extents.empty() ? integer(1) : extents[0];
    for (std::size_t k = 1; k < extents.size(); ++k) {
      result = make_op(Op::kMul, {result, extents[k]});
    }
    return result;
  }

  // Product of u = number of elements; else elements are lost or invented.
  Type reshape(const Term& term) {
    const std::size_t count = index_count(*term);
    for (std::size_t k = 0; k < count; ++k) want(term, k, Sort::kIndex);
    Type array = value(term, count);
    std::vector<Term> shape = indices_of(*term);
    if (!same(product(shape), product(array.shape))) {
      ill(term, "another number of elements");
    }
    array.shape = std::move(shape);
    return array;
  }

  Type inner_product(const Term& term) {
    std::vector<Term> a = real(term, 0).shape;
    std::vector<Term> b = real(term, 1).shape;
    if (term->op == Op::kInner) {
      if (a.empty() || b.empty() || !same(a.back(), b.front())) {
        ill(term, "contracted axes differ");
      }
      a.pop_back();
      b.erase(b.begin());
    }
    a.insert(a.end(), b.begin(), b.end());
    return array_type(std::move(a));
  }

  // Frames agree on their last min(length) axes; the longer one is the frame.
  Type rank_operator(const Term& term) {
    const Type a = value(term, 1);
    std::vector<Type> cells = {cell(term, a, 0)};
    std::vector<Term> outer = frame(term, a, 0);
    if (term->op == Op::kOmega2) {
      const Type b = value(term, 2);
      cells.push_back(cell(term, b, 1));
      std::vector<Term> other = frame(term, b, 1);
      if (other.size() > outer.size()) std::swap(outer, other);
      const std::vector<Term> tail(
          outer.end() - static_cast<std::ptrdiff_t>(other.size()), outer.end());
      if (!same_shape(tail, other, scope_)) ill(term, "frames differ");
    }
    Type result = body(term, 0, cells);
    if (result.sort != Sort::kArr) ill(term, "an array is missing");
    result.shape.insert(result.shape.begin(), outer.begin(), outer.end());
    return result;
  }

  // Sharing of values only; the body is a value, a statement or an index.
  Type let(const Term& term) {
    Type result = body(term, 1, {value(term, 0)});
    if (result.sort == Sort::kBool) ill(term, "let of a boolean");
    return result;
  }

  Type tuple(const Term& term) {
    Type result = array_type({}, Elem::kTup);
    for (std::size_t k = 0; k < term->kids.size(); ++k) {
      result.parts.push_back(value(term, k));
    }
    return result;
  }

  Type component(const Term& term) {
    const Type state = value(term, 0);
    const auto k = static_cast<std::size_t>(term->attrs[0]);
    if (state.elem != Elem::kTup || !state.shape.empty() ||
        k >= state.parts.size()) {
      ill(term, "no such component");
    }
    return state.parts[k];
  }

  Type merge(const Term& term) {
    Type state = inner(term, 0);
    if (!is_state(state) || !same_type(state, inner(term, 1), scope_)) {
      ill(term, "osmerge needs two softmax states of one type");
    }
    return state;
  }

  Type node(const Term& term) {
    switch (term->op) {
      case Op::kInt: return sort_type(Sort::kIndex);
      case Op::kBound: return variable(term);
      case Op::kFree: return free_name(term);
      case Op::kAdd: case Op::kSub: case Op::kMul: return arithmetic(term);
      case Op::kDiv: case Op::kMod:
        want_all(term, Sort::kIndex);
        return sort_type(Sort::kIndex);
      case Op::kTrue: return sort_type(Sort::kBool);
      case Op::kLt: case Op::kLe: case Op::kEq: case Op::kNe:
        want_all(term, Sort::kIndex);
        return sort_type(Sort::kBool);
      case Op::kAnd: case Op::kOr: case Op::kNot:
        want_all(term, Sort::kBool);
        return sort_type(Sort::kBool);
      case Op::kAny:
        want(term, 0, Sort::kIndex);
        want(term, 1, Sort::kBool);
        return sort_type(Sort::kBool);
      case Op::kIsZero:
        if (!real(term, 0).shape.empty()) ill(term, "a scalar is missing");
        return sort_type(Sort::kBool);
      case Op::kReal:
        want(term, 0, Sort::kIndex);
        return array_type({});
      case Op::kRat: return rational(term);
      case Op::kBottom: return array_type({});
      case Op::kQuot: case Op::kMax: case Op::kMin: case Op::kNeg:
      case Op::kExp: case Op::kExp2: case Op::kLog: case Op::kSqrt:
      case Op::kTanh: case Op::kExpSub: 
        return pointwise(term, inner(term, 0));
      case Op::kIf: return branch(term);
      case Op::kRed: return reduction(term);
      case Op::kOsMerge: return merge(term);
      case Op::kGen: case Op::kParGen: return generate(term);
      case Op::kPsi: case Op::kMem: return select(term);
      case Op::kTran: return transpose(term);
      case Op::kTake: case Op::kDrop: case Op::kRot: return cut(term);
      case Op::kCat: return catenate(term);
      case Op::kRev: return ranked(term, 0);
      case Op::kReshape: return reshape(term);
      case Op::kIota:
        want(term, 0, Sort::kIndex);
        return array_type({term->kids[0]});
      case Op::kRedF: {
        Type array = real(term, 0);
        if (array.shape.empty()) ill(term, "nothing to reduce");
        array.shape.erase(array.shape.begin());
        return array;
      }
      case Op::kInner: case Op::kOuter: return inner_product(term);
      case Op::kOmega: case Op::kOmega2: return rank_operator(term);
      case Op::kLet: case Op::kLetSlow: return let(term);
      case Op::kTup: return tuple(term);
      case Op::kGet: return component(term);
      case Op::kFold: return fold(term);
      case Op::kPut: return put(term);
      case Op::kFor: case Op::kParFor:
        want(term, 0, Sort::kIndex);
        want(term, 1, Sort::kStmt);
        return sort_type(Sort::kStmt);
      case Op::kWhen:
        want(term, 0, Sort::kBool);
        want(term, 1, Sort::kStmt);
        return sort_type(Sort::kStmt);
    }
    ill(term, "unknown operator");
  }

  Scope& scope_;
  const Spec& spec_;
  const KindMap* kinds_;
};

}  // namespace

Type infer(const Term& term, Scope& scope, const Spec& spec,
           const KindMap* kinds) {
  return Inference(scope, spec, kinds).type(term);
}

bool same_index(const Term& a, const Term& b, const Scope& scope) {
  return alpha_equal(a, b) || same_index_poly(a, b, scope.depth);
}

bool same_shape(const std::vector<Term>& a, const std::vector<Term>& b,
                const Scope& scope) {
  if (a.size() != b.size()) return false;
  for (std::size_t k = 0; k < a.size(); ++k) {
    if (!same_index(a[k], b[k], scope)) return false;
  }
  return true;
}

bool same_type(const Type& a, const Type& b, const Scope& scope) {
  if (a.sort != b.sort) return false;
  if (a.sort != Sort::kArr) return true;
  if (a.elem != b.elem || a.parts.size() != b.parts.size() ||
      !same_shape(a.shape, b.shape, scope)) {
    return false;
  }
  for (std::size_t k = 0; k < a.parts.size(); ++k) {
    if (!same_type(a.parts[k], b.parts[k], scope)) return false;
  }
  return true;
}

void enter(const Term& node, std::size_t child, Scope& scope,
           const Spec& spec) {
  Inference(scope, spec, nullptr).enter_child(node, child);
}

std::string print_type(const Type& type, const Scope& scope) {
  switch (type.sort) {
    case Sort::kIndex: return "Index";
    case Sort::kBool: return "Bool";
    case Sort::kStmt: return "Stmt";
    case Sort::kArr: break;
  }
  std::string out = type.elem == Elem::kReal  ? "real["
                    : type.elem == Elem::kInt ? "int["
                                              : "tup[";
  for (const Term& extent : type.shape) {
    out += print(extent, scope.names()) + " ";
  }
  return out + "]";
}

}  // namespace audit
