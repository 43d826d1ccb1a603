// Type inference (FORMAT section 2) and entering children with their scope. See term.h.
// Idea: a node's children are typed first, each in its scope, and must be of the sorts of
// AUDIT_OPS; then the node's type is made of theirs. Extents are terms of the scope of the typed
// term: shifted when read from the scope, and taken out of a binder's scope when it is left. Shapes
// are compared as polynomials, so 2*n and n+n agree.
// How it may be wrong: an operator that accepts more than section 2: a step could change a shape.
#include "poly.h"

namespace audit {
namespace {
using Types = vector<Type>;
constexpr std::string_view kSorts = "IBS";  // letters of AUDIT_OPS in the order of Sort
[[noreturn]] void ill(const Term& term, const string& what) {
  refuse("type", what + " in " + print(term).substr(0, 160));
}
bool is_real(const Type& type) { return type.sort == Sort::kArr && type.elem == Elem::kReal; }

// What red add reduces componentwise: reals or tuples of such.
bool is_summable(const Type& type) {
  if (type.elem != Elem::kTup) return is_real(type);
  return type.shape.empty() && std::ranges::all_of(type.parts, is_summable);
}

// A softmax state (m, z, o) whose merge has the same type again: m a scalar, z and o of any shape.
bool is_state(const Type& type) {
  return type.elem == Elem::kTup && type.shape.empty() && type.parts.size() == 3 &&
         std::ranges::all_of(type.parts, is_real) && type.parts[0].shape.empty();
}

// Whether child number `k` of a node may have this type, by its letter in AUDIT_OPS.
bool fits(const Node& node, size_t k, const Type& type) {
  const std::string_view sorts = row(node.op).sorts;
  const bool last = k + 1 == node.kids.size();
  const bool vector_first = row(node.op).form[0] == 'v';
  const char letter =
      sorts[vector_first ? (last ? 1 : 0) : std::min(k, sorts.find_first_of(">=") - 1)];
  const size_t sort = kSorts.find(letter);
  if (sort != kSorts.npos) return type.sort == static_cast<Sort>(sort);
  if (letter == 'X') return type.sort != Sort::kBool;
  if (letter == 'P' && type.sort == Sort::kIndex) return true;
  if (letter == 'D' && node.red == RedOp::kAdd) return is_summable(type);
  if (letter == 'O' || (letter == 'D' && node.red == RedOp::kOsm)) return is_state(type);
  const bool any_elem = letter == 'P' || letter == 'V' || letter == 'N';
  const bool ranked = letter == 'N' || letter == 'M';
  return type.sort == Sort::kArr && (any_elem || is_real(type)) &&
         (!ranked || !type.shape.empty()) && (letter != 'R' || type.shape.empty());
}

// The type without the first `count` axes.
Type without_axes(Type type, size_t count) {
  if (count > type.shape.size()) refuse("type", "more indices or a higher rank than axes");
  type.shape.erase(type.shape.begin(), type.shape.begin() + static_cast<std::ptrdiff_t>(count));
  return type;
}
Type with_axes(const Terms& axes, Type type) {
  type.shape.insert(type.shape.begin(), axes.begin(), axes.end());
  return type;
}

// What a type costs, about in proportion to its bytes. Without it, types that double with each let
// ((tup x x), (outer * x x)) would fill the memory.
size_t weight(const Type& type) {
  size_t sum = type.shape.size();
  for (const Type& part : type.parts) sum += 16 + weight(part);
  return sum;
}

class Inference {
 public:
  Inference(Scope& scope, const Spec& spec) : scope_(scope), spec_(spec) {}
  Type type(const Term& term) {
    spec_.budget.visit(1);
    Types kids = outer_types(term);
    for (size_t k = 0; k < kids.size(); ++k)
      if (bound_in(*term, k) > 0) kids[k] = child(term, k, kids);
    const Type result = node(term, kids);
    const size_t size = weight(result);
    if (size > kMaxNodes / 10) refuse("limit", "type too large");
    spec_.budget.visit(size);
    // Section 3: a rule variable stands for terms of its kind; a rule for reals not for an index.
    if (term->must_be && result.sort != *term->must_be)
      ill(term, "a rule variable stands for a term of another kind");
    return result;
  }
  // The types of the children that are outside of the node's binders.
  Types outer_types(const Term& term) {
    Types types(term->kids.size());
    for (size_t k = 0; k < types.size(); ++k)
      if (bound_in(*term, k) == 0) types[k] = child(term, k, types);
    return types;
  }
  // Pushes the variables of a binder with the types that section 2 gives them: a loop's is an
  // Index, that of omega a cell (attribute k is the rank), others have the type of a child.
  void bind(const Term& term, const Types& outer) {
    const bool loop = string(row(term->op).form).find('B') != string::npos;
    const Number depth = scope_.depth;
    for (size_t k = 0; k < term->binders.size(); ++k) {
      if (loop && k == 0) {
        scope_.push({Entry::Kind::kLoop, term->binders[k], term->kids[0], {}, depth});
        continue;
      }
      Type type = outer[term->attrs.empty() ? k : k + 1];
      if (!term->attrs.empty())
        type = without_axes(type, type.shape.size() - static_cast<size_t>(term->attrs[k]));
      scope_.push({Entry::Kind::kValue, term->binders[k], nullptr, type, depth});
    }
  }

 private:
  // The type of a child in its own scope, taken out to the node's scope: an extent that mentions
  // the binder's variable has no meaning outside.
  Type child(const Term& term, size_t k, const Types& outer) {
    const size_t size = scope_.entries.size();
    const int bound = bound_in(*term, k);
    if (bound > 0) bind(term, outer);
    Type result = type(term->kids[k]);
    scope_.truncate(size);
    if (!fits(*term, k, result)) ill(term, "operand of a wrong sort");
    return shift(std::move(result), -bound);
  }
  bool same_type(const Type& a, const Type& b) {
    if (a.sort != b.sort || a.sort != Sort::kArr) return a.sort == b.sort;
    return a.elem == b.elem && same_shape(a.shape, b.shape, scope_, spec_) &&
           std::ranges::equal(a.parts, b.parts,
                              [&](const Type& x, const Type& y) { return same_type(x, y); });
  }
  // The type of a node, whose children have the types `t` and the sorts of AUDIT_OPS.
  Type node(const Term& term, const Types& t) {
    const Op op = term->op;
    const Terms& k = term->kids;
    const string sorts = row(op).sorts;
    const char result = sorts.back();
    if (sorts.find('=') != string::npos && !same_type(t[t.size() - 2], t.back()))
      ill(term, "operands of different types");
    // (rat p q): q >= 2, reduced; else one number would have two spellings.
    if (op == Op::kRat && (term->attrs[1] < 2 || std::gcd(term->attrs[0], term->attrs[1]) != 1))
      ill(term, "rational not reduced");
    if (result >= '0' && result <= '9') return t[static_cast<size_t>(result - '0')];
    if (result == 'R') return {Sort::kArr};
    if (result != '>') return {static_cast<Sort>(kSorts.find(result))};
    if (pointwise_arity(op) > 0) return pointwise(term, t);
    if (op == Op::kTup) return {Sort::kArr, {}, Elem::kTup, t};
    if (op == Op::kPsi || op == Op::kMem) return select(term, t);
    if (op == Op::kPut) {
      const Type place = without_axes({Sort::kArr, spec_.output.shape}, k.size() - 1);
      return good(term, same_shape(place.shape, t.back().shape, scope_, spec_), {Sort::kStmt});
    }
    if (op == Op::kGet) {
      const auto at = static_cast<size_t>(term->attrs[0]);
      return good(term, t[0].shape.empty() && at < t[0].parts.size(), t[0]).parts[at];
    }
    if (op == Op::kOmega || op == Op::kOmega2) return rank_operator(term, t);
    if (op == Op::kGen || op == Op::kParGen) return with_axes({k[0]}, t[1]);
    if (op == Op::kIota) return {Sort::kArr, {k[0]}};
    if (op == Op::kTake) return with_axes({k[0]}, without_axes(t[1], 1));
    if (op == Op::kDrop)
      return with_axes({make_op(Op::kSub, {t[1].shape[0], k[0]})}, without_axes(t[1], 1));
    if (op == Op::kCat) return catenate(term, t[0], t[1]);
    if (op == Op::kRedF) return without_axes(t[0], 1);
    if (op == Op::kOuter) return with_axes(t[0].shape, t[1]);
    if (op == Op::kInner) return inner_product(term, t[0], t[1]);
    if (op == Op::kTran) return transpose(term, t[0]);
    return op == Op::kReshape ? reshape(term, t.back()) : leaf(term);
  }
  Type good(const Term& term, bool fits, const Type& type) {
    if (!fits) ill(term, "operands of other types or shapes");
    return type;
  }
  Type leaf(const Term& term) {
    if (term->op == Op::kBound) {
      const Entry* entry = scope_.variable(term->value);
      if (entry == nullptr) ill(term, "unbound variable");
      return shift(entry->type, scope_.depth - entry->depth);
    }
    if (spec_.is_dim(term->name)) return {};
    const Array* array = spec_.input(term->name);
    if (array == nullptr) ill(term, "unknown name");
    return {Sort::kArr, array->shape, array->elem};
  }
  // Both operands index (+ - * only); else equal shapes (the first is taken), or one of rank 0.
  Type pointwise(const Term& term, const Types& t) {
    const Type& first = t.front();
    const Type& second = t.back();
    if (first.sort == Sort::kIndex && is_index_arithmetic(term->op))
      return good(term, second.sort == Sort::kIndex, first);
    good(term, is_real(first) && is_real(second), first);
    if (first.shape.empty()) return second;
    return good(term, second.shape.empty() || same_shape(first.shape, second.shape, scope_, spec_),
                first);
  }
  // psi, mem: an element of an int array is an index.
  Type select(const Term& term, const Types& t) {
    const Type& array = term->op == Op::kMem ? t.front() : t.back();
    const size_t count = t.size() - 1;
    if (term->op == Op::kMem && (count != array.shape.size() || term->kids[0]->op != Op::kFree))
      ill(term, "mem needs an input and a full index");
    if (array.elem == Elem::kInt && count == array.shape.size()) return {};
    return without_axes(array, count);
  }
  // Result extent number t_k is extent k of A.
  Type transpose(const Term& term, const Type& array) {
    Type result = array;
    good(term, is_permutation(term->attrs, array.shape.size()), array);
    for (size_t k = 0; k < array.shape.size(); ++k)
      result.shape[static_cast<size_t>(term->attrs[k])] = array.shape[k];
    return result;
  }
  Type catenate(const Term& term, Type a, Type b) {
    a.shape[0] = b.shape[0] = make_op(Op::kAdd, {a.shape[0], b.shape[0]});
    return good(term, same_type(a, b), a);
  }
  // Product of u = number of elements; else elements are lost or invented.
  Type reshape(const Term& term, Type array) {
    const Term count = product(array.shape);
    array.shape = indices_of(*term);
    return good(term, same_index(product(array.shape), count, scope_, spec_), array);
  }
  Type inner_product(const Term& term, Type a, const Type& b) {
    if (!same_index(a.shape.back(), b.shape.front(), scope_, spec_)) ill(term, "axes differ");
    a.shape.pop_back();
    return with_axes(a.shape, without_axes(b, 1));
  }
  // Frames agree on their last min(length) axes; the longer one is the frame.
  Type rank_operator(const Term& term, const Types& t) {
    Terms frame;
    for (size_t k = 0; k < term->attrs.size(); ++k) {
      const Terms& shape = t[k + 1].shape;
      Terms other(shape.begin(), shape.end() - term->attrs[k]);
      if (other.size() > frame.size()) std::swap(frame, other);
      const Terms tail(frame.end() - static_cast<std::ptrdiff_t>(other.size()), frame.end());
      if (!same_shape(tail, other, scope_, spec_)) ill(term, "frames differ");
    }
    return with_axes(frame, t[0]);
  }
  Scope& scope_;
  const Spec& spec_;
};
}  // namespace
Term product(const Terms& extents) {
  Term result = extents.empty() ? integer(1) : extents[0];
  for (size_t k = 1; k < extents.size(); ++k) result = make_op(Op::kMul, {result, extents[k]});
  return result;
}
Type infer(const Term& term, Scope& scope, const Spec& spec) {
  return Inference(scope, spec).type(term);
}
bool same_index(const Term& a, const Term& b, const Scope& scope, const Spec& spec) {
  if (alpha_equal(a, b)) return true;
  Reading reading{spec.budget, scope.depth};
  const Poly x = index_poly(a, reading);
  return x == index_poly(b, reading);
}
bool same_shape(const Terms& a, const Terms& b, const Scope& scope, const Spec& spec) {
  return std::ranges::equal(
      a, b, [&](const Term& x, const Term& y) { return same_index(x, y, scope, spec); });
}
void enter(const Term& node, size_t child, Scope& scope, const Spec& spec) {
  Inference inference(scope, spec);
  if (bound_in(*node, child) > 0) inference.bind(node, inference.outer_types(node));
  Term guard;
  if (node->op == Op::kRed && child == 2) guard = node->kids[1];
  if ((node->op == Op::kWhen || node->op == Op::kIf) && child == 1) guard = node->kids[0];
  if (node->op == Op::kIf && child == 2) guard = make_op(Op::kNot, {node->kids[0]});
  if (guard) scope.push({Entry::Kind::kGuard, "", guard, {}, scope.depth});
}
bool dimensions_only(const Term& term, const Spec& spec) {
  if (term->op == Op::kInt || (term->op == Op::kFree && spec.is_dim(term->name))) return true;
  return is_index_arithmetic(term->op) && std::ranges::all_of(term->kids, [&](const Term& kid) {
           return dimensions_only(kid, spec);
         });
}
}  // namespace audit
