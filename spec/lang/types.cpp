// Types of terms, scopes of positions, equality of index terms.
//
// The idea: one recursive walk with a stack of named types; a row of
// FORMAT.md section 2 per operator. Index terms are compared as polynomials
// with integer coefficients over named atoms. May be wrong: a row that is
// laxer than FORMAT.md makes certificates that the audit rejects.
#include "spec/lang/types.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace minimoa {
namespace {

// --- index polynomials ---

using Monomial = std::vector<std::string>;      // sorted atoms, repeated
using Poly = std::map<Monomial, std::int64_t>;  // no zero coefficients

bool add_to(Poly* p, const Monomial& m, std::int64_t c) {
  std::int64_t& slot = (*p)[m];
  const bool fits = !__builtin_add_overflow(slot, c, &slot);
  if (slot == 0) p->erase(m);
  return fits;
}

bool add_scaled(Poly* p, const Poly& q, std::int64_t factor) {
  for (const auto& [m, c] : q) {
    std::int64_t scaled = 0;
    if (__builtin_mul_overflow(c, factor, &scaled)) return false;
    if (!add_to(p, m, scaled)) return false;
  }
  return true;
}

bool multiply(const Poly& a, const Poly& b, Poly* out) {
  for (const auto& [m, c] : a) {
    for (const auto& [n, d] : b) {
      Monomial both = m;
      both.insert(both.end(), n.begin(), n.end());
      std::sort(both.begin(), both.end());
      std::int64_t product = 0;
      if (__builtin_mul_overflow(c, d, &product)) return false;
      if (!add_to(out, both, product)) return false;
    }
  }
  return true;
}

std::string text_of(const Poly& p) {
  std::string out;
  for (const auto& [m, c] : p) {
    out += std::to_string(c);
    for (const std::string& a : m) out += '*' + a;
    out += ';';
  }
  return out;
}

bool poly_of(const Term& t, Poly* out);

// An atom named by its parts, e.g. "div[..|..]" or "A[..|..]".
bool atom_of(const std::string& head, const std::vector<Term>& parts, Poly* out) {
  std::string name = head + '[';
  for (const Term& part : parts) {
    Poly p;
    if (!poly_of(part, &p)) return false;
    name += text_of(p) + '|';
  }
  out->clear();
  out->emplace(Monomial{name + ']'}, 1);
  return true;
}

bool poly_of_sum(const Term& t, std::int64_t sign, Poly* out) {
  Poly b;
  return poly_of(t->kids[0], out) && poly_of(t->kids[1], &b) && add_scaled(out, b, sign);
}

// a mod b = a - b * (a div b).
bool poly_of_mod(const Term& t, Poly* out) {
  Poly b, q, product;
  return poly_of(t->kids[0], out) && poly_of(t->kids[1], &b) && atom_of("div", t->kids, &q) &&
         multiply(b, q, &product) && add_scaled(out, product, -1);
}

// False: not a polynomial of section 5, or coefficients too large.
bool poly_of(const Term& t, Poly* out) {
  out->clear();
  if (t->op == Op::kInt) {
    return t->value == 0 || add_to(out, {}, t->value);
  }
  if (t->op == Op::kVar) return add_to(out, {t->name}, 1);
  if (t->op == Op::kAdd) return poly_of_sum(t, 1, out);
  if (t->op == Op::kSub) return poly_of_sum(t, -1, out);
  if (t->op == Op::kMul) {
    Poly a, b;
    return poly_of(t->kids[0], &a) && poly_of(t->kids[1], &b) && multiply(a, b, out);
  }
  if (t->op == Op::kIntDiv) return atom_of("div", t->kids, out);
  if (t->op == Op::kIntMod) return poly_of_mod(t, out);
  if (t->op == Op::kPsi || t->op == Op::kMem) {
    const Term array = operand_of(t);
    return array->op == Op::kVar && atom_of(array->name, index_of(t), out);
  }
  return false;
}

// --- types ---

Type index_type() { return Type{}; }

Type kind_type(Type::Kind kind) {
  Type t;
  t.kind = kind;
  return t;
}

Type array_type(std::vector<Term> shape) {
  Type t;
  t.kind = Type::Kind::kArr;
  t.shape = std::move(shape);
  return t;
}

bool is_arr(const Type& t) { return t.kind == Type::Kind::kArr; }

bool is_real(const Type& t) { return is_arr(t) && t.elem == Type::ElemKind::kReal; }

bool is_scalar_real(const Type& t) { return is_real(t) && t.shape.empty(); }

bool is_tuple(const Type& t) {
  return is_arr(t) && t.shape.empty() && t.elem == Type::ElemKind::kTup;
}

// (m, z, o): two real scalars and a real array.
bool is_softmax_state(const Type& t) {
  return is_tuple(t) && t.tup.size() == 3 && is_scalar_real(t.tup[0]) && is_scalar_real(t.tup[1]) &&
         is_real(t.tup[2]);
}

bool same_type(const Type& a, const Type& b) {
  if (a.kind != b.kind) return false;
  if (!is_arr(a)) return true;
  if (a.elem != b.elem || !same_shape(a.shape, b.shape) || a.tup.size() != b.tup.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.tup.size(); ++i) {
    if (!same_type(a.tup[i], b.tup[i])) return false;
  }
  return true;
}

bool mentions(const Type& t, const std::string& name) {
  for (const Term& n : t.shape) {
    if (free_vars(n).count(name) != 0) return true;
  }
  return std::any_of(t.tup.begin(), t.tup.end(),
                     [&](const Type& part) { return mentions(part, name); });
}

std::string show(const Type& t) {
  if (t.kind == Type::Kind::kIndex) return "an index";
  if (t.kind == Type::Kind::kBool) return "a boolean";
  if (t.kind == Type::Kind::kStmt) return "a statement";
  std::string out = "<";
  for (const Term& n : t.shape) out += (out.size() > 1 ? " " : "") + print(n);
  out += ">";
  if (t.elem == Type::ElemKind::kInt) out += " of int";
  if (t.elem == Type::ElemKind::kTup) {
    out += " of (";
    for (const Type& part : t.tup) {
      out += (out.back() == '(' ? "" : ", ") + show(part);
    }
    out += ")";
  }
  return out;
}

class Checker {
 public:
  Checker(const Scope& scope, const Spec& spec) : spec_(spec) {
    for (const auto& [name, type] : scope.types) push(name, type);
  }

  // Nothing after the first failure; error() says what.
  Type check(const Term& t) {
    if (failed()) return index_type();
    Type type = dispatch(t);
    return failed() ? index_type() : type;
  }
  bool failed() const { return !error_.empty(); }
  const std::string& error() const { return error_; }

 private:
  Type fail(const Term& t, const std::string& what) {
    if (error_.empty()) {
      std::string text = print(t);
      if (text.size() > 80) text = text.substr(0, 77) + "...";
      error_ = what + " in " + text;
    }
    return index_type();
  }

  void push(const std::string& name, const Type& type) { names_.emplace_back(name, type); }
  void pop(std::size_t count) { names_.resize(names_.size() - count); }

  Type under(const std::string& name, const Type& type, const Term& body) {
    push(name, type);
    Type t = check(body);
    pop(1);
    return t;
  }

  Type dispatch(const Term& t);
  Type variable(const Term& t);
  Type arithmetic(const Term& t);
  Type pointwise(const Term& t, const Type& a, const Type& b);
  Type index_operator(const Term& t, Type result);
  Type bool_operator(const Term& t);
  Type any(const Term& t);
  Type unary(const Term& t);
  Type condition(const Term& t);
  Type reduction(const Term& t);
  Type merge(const Term& t);
  Type gen(const Term& t);
  Type psi(const Term& t);
  Type mem(const Term& t);
  Type tran(const Term& t);
  Type first_axis(const Term& t);
  Type resized(const Term& t, Type a, const Term& k);
  Type cat(const Term& t);
  Type reshape(const Term& t);
  Type product(const Term& t);
  Type omega(const Term& t);
  Type omega2(const Term& t);
  Type let(const Term& t);
  Type tuple(const Term& t);
  Type get(const Term& t);
  Type fold(const Term& t);
  Type put(const Term& t);
  Type loop(const Term& t);

  Type need(const Term& t, Type::Kind kind, const char* what) {
    Type type = check(t);
    if (!failed() && type.kind != kind) {
      return fail(t, std::string("expected ") + what + ", got " + show(type));
    }
    return type;
  }
  Type need_index(const Term& t) { return need(t, Type::Kind::kIndex, "an index"); }
  Type need_bool(const Term& t) { return need(t, Type::Kind::kBool, "a boolean"); }
  Type need_stmt(const Term& t) { return need(t, Type::Kind::kStmt, "a statement"); }
  Type need_arr(const Term& t) { return need(t, Type::Kind::kArr, "an array"); }
  Type need_real(const Term& t) {
    Type type = need_arr(t);
    if (!failed() && !is_real(type)) {
      return fail(t, "expected reals, got " + show(type));
    }
    return type;
  }
  // An array with a first axis.
  Type need_axis(const Term& t) {
    Type type = need_arr(t);
    if (!failed() && type.shape.empty()) return fail(t, "needs an axis");
    return type;
  }

  const Spec& spec_;
  std::vector<std::pair<std::string, Type>> names_;
  std::string error_;
};

Type Checker::dispatch(const Term& t) {
  switch (t->op) {
    case Op::kInt:
      return index_type();
    case Op::kVar:
      return variable(t);
    case Op::kTrue:
      return kind_type(Type::Kind::kBool);
    case Op::kRat:
    case Op::kBottom:
      return array_type({});
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
      return arithmetic(t);
    case Op::kDiv:
    case Op::kMax:
    case Op::kMin:
    case Op::kExpSub: {
      const Type a = need_real(t->kids[0]);
      return pointwise(t, a, need_real(t->kids[1]));
    }
    case Op::kIntDiv:
    case Op::kIntMod:
      return index_operator(t, index_type());
    case Op::kReal:
      return index_operator(t, array_type({}));
    case Op::kIota:
      return index_operator(t, array_type({t->kids[0]}));
    case Op::kLt:
    case Op::kLe:
    case Op::kEq:
    case Op::kNe:
      return index_operator(t, kind_type(Type::Kind::kBool));
    case Op::kAnd:
    case Op::kOr:
    case Op::kNot:
      return bool_operator(t);
    case Op::kAny:
      return any(t);
    case Op::kIsZero:
      if (!is_scalar_real(need_real(t->kids[0]))) {
        return fail(t, "iszero needs a real scalar");
      }
      return kind_type(Type::Kind::kBool);
    case Op::kNeg:
    case Op::kExp:
    case Op::kExp2:
    case Op::kLog:
    case Op::kSqrt:
    case Op::kTanh:
      return need_real(t->kids[0]);
    case Op::kIf:
      return condition(t);
    case Op::kRed:
      return reduction(t);
    case Op::kOsMerge:
      return merge(t);
    case Op::kGen:
    case Op::kParGen:
      return gen(t);
    case Op::kPsi:
      return psi(t);
    case Op::kTran:
      return tran(t);
    case Op::kTake:
    case Op::kDrop:
    case Op::kRot:
    case Op::kRev:
    case Op::kRedf:
      return first_axis(t);
    case Op::kCat:
      return cat(t);
    case Op::kReshape:
      return reshape(t);
    case Op::kInner:
    case Op::kOuter:
      return product(t);
    case Op::kOmega:
      return omega(t);
    case Op::kOmega2:
      return omega2(t);
    case Op::kLet:
    case Op::kLetSlow:
      return let(t);
    case Op::kTup:
      return tuple(t);
    case Op::kGet:
      return get(t);
    case Op::kFold:
      return fold(t);
    case Op::kMem:
      return mem(t);
    case Op::kPut:
      return put(t);
    case Op::kFor:
    case Op::kParFor:
    case Op::kWhen:
      return loop(t);
  }
  return fail(t, "unknown operator");
}

Type Checker::variable(const Term& t) {
  for (std::size_t i = names_.size(); i-- > 0;) {
    if (names_[i].first == t->name) return names_[i].second;
  }
  return fail(t, "unknown name");
}

Type Checker::arithmetic(const Term& t) {
  const Type a = check(t->kids[0]);
  const Type b = check(t->kids[1]);
  if (failed()) return a;
  const bool index_a = a.kind == Type::Kind::kIndex;
  if (index_a && b.kind == Type::Kind::kIndex) return index_type();
  return pointwise(t, a, b);
}

Type Checker::pointwise(const Term& t, const Type& a, const Type& b) {
  if (failed()) return a;
  if (!is_real(a) || !is_real(b)) {
    return fail(t, "operands are " + show(a) + " and " + show(b));
  }
  if (a.shape.empty()) return b;
  if (b.shape.empty() || same_shape(a.shape, b.shape)) return a;
  return fail(t, "shapes " + show(a) + " and " + show(b) + " differ");
}

Type Checker::index_operator(const Term& t, Type result) {
  for (const Term& k : t->kids) need_index(k);
  return result;
}

Type Checker::bool_operator(const Term& t) {
  for (const Term& k : t->kids) need_bool(k);
  return kind_type(Type::Kind::kBool);
}

Type Checker::any(const Term& t) {
  need_index(t->kids[0]);
  push(t->binders[0], index_type());
  need_bool(t->kids[1]);
  pop(1);
  return kind_type(Type::Kind::kBool);
}

Type Checker::condition(const Term& t) {
  need_bool(t->kids[0]);
  const Type x = check(t->kids[1]);
  const Type y = check(t->kids[2]);
  if (failed()) return x;
  const bool value = is_arr(x) || x.kind == Type::Kind::kIndex;
  if (!value || !same_type(x, y)) {
    return fail(t, "branches are " + show(x) + " and " + show(y));
  }
  return x;
}

Type Checker::reduction(const Term& t) {
  need_index(t->kids[0]);
  push(t->binders[0], index_type());
  need_bool(t->kids[1]);
  const Type x = need_arr(t->kids[2]);
  pop(1);
  if (failed()) return x;
  if (mentions(x, t->binders[0])) return fail(t, "extent depends on the index");
  if (t->name == "osm") {
    return is_softmax_state(x) ? x : fail(t, "osm needs a softmax state");
  }
  if (is_real(x)) return x;
  if (t->name != "add" || !is_tuple(x)) return fail(t, "cannot reduce this");
  for (const Type& part : x.tup) {
    if (!is_real(part)) return fail(t, "cannot add this");
  }
  return x;
}

Type Checker::merge(const Term& t) {
  const Type a = check(t->kids[0]);
  const Type b = check(t->kids[1]);
  if (failed()) return a;
  if (!is_softmax_state(a) || !same_type(a, b)) {
    return fail(t, "osmerge needs two softmax states of one type");
  }
  return a;
}

Type Checker::gen(const Term& t) {
  need_index(t->kids[0]);
  Type x = under(t->binders[0], index_type(), t->kids[1]);
  if (failed()) return x;
  if (!is_arr(x)) return fail(t, "gen of " + show(x));
  if (mentions(x, t->binders[0])) return fail(t, "extent depends on the index");
  x.shape.insert(x.shape.begin(), t->kids[0]);
  return x;
}

Type Checker::psi(const Term& t) {
  const std::vector<Term> index = index_of(t);
  for (const Term& k : index) need_index(k);
  Type a = need_arr(operand_of(t));
  if (failed()) return a;
  if (index.size() > a.shape.size()) {
    return fail(t, "index is longer than the rank of " + show(a));
  }
  a.shape.erase(a.shape.begin(), a.shape.begin() + static_cast<std::ptrdiff_t>(index.size()));
  const bool element = a.shape.empty() && a.elem == Type::ElemKind::kInt;
  return element ? index_type() : a;
}

Type Checker::mem(const Term& t) {
  const std::vector<Term> index = index_of(t);
  const Term array = operand_of(t);
  for (const Term& k : index) need_index(k);
  for (const Array& input : spec_.inputs) {
    if (array->op != Op::kVar || input.name != array->name) continue;
    const Type a = check(array);
    if (failed()) return a;
    if (index.size() != a.shape.size()) return fail(t, "mem needs a full index");
    return a.elem == Type::ElemKind::kInt ? index_type() : array_type({});
  }
  return fail(t, "mem of what is not an input");
}

Type Checker::tran(const Term& t) {
  Type a = need_arr(t->kids[0]);
  if (failed()) return a;
  if (t->attrs.size() != a.shape.size()) {
    return fail(t, "permutation does not fit the rank");
  }
  std::vector<Term> shape(a.shape.size());
  for (std::size_t k = 0; k < shape.size(); ++k) {
    shape[static_cast<std::size_t>(t->attrs[k])] = a.shape[k];
  }
  a.shape = std::move(shape);
  return a;
}

Type Checker::first_axis(const Term& t) {
  Type a = need_axis(t->kids.back());
  if (t->kids.size() == 2) need_index(t->kids[0]);
  if (failed()) return a;
  if (t->op == Op::kRedf) {
    if (!is_real(a)) return fail(t, "redf needs reals");
    a.shape.erase(a.shape.begin());
  }
  if (t->op == Op::kTake) a.shape[0] = t->kids[0];
  if (t->op == Op::kDrop) {
    a.shape[0] = mk(Op::kSub, {a.shape[0], t->kids[0]});
  }
  return a;
}

Type Checker::cat(const Term& t) {
  Type a = need_axis(t->kids[0]);
  const Type b = need_axis(t->kids[1]);
  if (failed()) return a;
  Type rest = b;
  rest.shape[0] = a.shape[0];
  if (!same_type(a, rest)) return fail(t, "cells of cat differ");
  a.shape[0] = mk(Op::kAdd, {a.shape[0], b.shape[0]});
  return a;
}

Term product_of(const std::vector<Term>& factors) {
  if (factors.empty()) return mk_int(1);
  Term p = factors[0];
  for (std::size_t i = 1; i < factors.size(); ++i) {
    p = mk(Op::kMul, {p, factors[i]});
  }
  return p;
}

Type Checker::reshape(const Term& t) {
  std::vector<Term> shape(t->kids.begin(), t->kids.end() - 1);
  for (const Term& u : shape) need_index(u);
  Type a = need_arr(t->kids.back());
  if (failed()) return a;
  if (!same_index(product_of(shape), product_of(a.shape))) {
    return fail(t, "reshape changes the number of elements");
  }
  a.shape = std::move(shape);
  return a;
}

Type Checker::product(const Term& t) {
  const Type a = need_real(t->kids[0]);
  const Type b = need_real(t->kids[1]);
  if (failed()) return a;
  std::vector<Term> shape = a.shape, right = b.shape;
  if (t->op == Op::kInner) {
    if (shape.empty() || right.empty() || !same_index(shape.back(), right.front())) {
      return fail(t, "inner needs equal contracted extents");
    }
    shape.pop_back();
    right.erase(right.begin());
  }
  shape.insert(shape.end(), right.begin(), right.end());
  return array_type(std::move(shape));
}

// The cells of rank k of type a, and the frame around them.
bool split_frame(const Type& a, std::int64_t k, Type* cell, std::vector<Term>* frame) {
  const auto rank = static_cast<std::int64_t>(a.shape.size());
  if (k > rank) return false;
  *cell = a;
  cell->shape.assign(a.shape.begin() + (rank - k), a.shape.end());
  frame->assign(a.shape.begin(), a.shape.begin() + (rank - k));
  return true;
}

Type Checker::omega(const Term& t) {
  const Type a = need_arr(t->kids[1]);
  Type cell;
  std::vector<Term> frame;
  if (failed()) return a;
  if (!split_frame(a, t->attrs[0], &cell, &frame)) {
    return fail(t, "omega rank is larger than the rank of " + show(a));
  }
  Type body = under(t->binders[0], cell, t->kids[0]);
  if (failed()) return body;
  if (!is_arr(body)) return fail(t, "omega of " + show(body));
  body.shape.insert(body.shape.begin(), frame.begin(), frame.end());
  return body;
}

Type Checker::omega2(const Term& t) {
  const Type a = need_arr(t->kids[1]);
  const Type b = need_arr(t->kids[2]);
  Type cell_a, cell_b;
  std::vector<Term> frame_a, frame_b;
  if (failed()) return a;
  if (!split_frame(a, t->attrs[0], &cell_a, &frame_a) ||
      !split_frame(b, t->attrs[1], &cell_b, &frame_b)) {
    return fail(t, "omega rank is larger than the rank of its operand");
  }
  const auto common = static_cast<std::ptrdiff_t>(std::min(frame_a.size(), frame_b.size()));
  if (!same_shape({frame_a.end() - common, frame_a.end()},
                  {frame_b.end() - common, frame_b.end()})) {
    return fail(t, "frames do not agree");
  }
  push(t->binders[0], cell_a);
  push(t->binders[1], cell_b);
  Type body = check(t->kids[0]);
  pop(2);
  if (failed()) return body;
  if (!is_arr(body)) return fail(t, "omega2 of " + show(body));
  const std::vector<Term>& frame = frame_a.size() >= frame_b.size() ? frame_a : frame_b;
  body.shape.insert(body.shape.begin(), frame.begin(), frame.end());
  return body;
}

Type Checker::let(const Term& t) {
  const Type e = check(t->kids[0]);
  if (failed()) return e;
  if (!is_arr(e) && e.kind != Type::Kind::kIndex) {
    return fail(t, "let of " + show(e));
  }
  const Type b = under(t->binders[0], e, t->kids[1]);
  if (!failed() && mentions(b, t->binders[0])) {
    return fail(t, "extent depends on the shared value");
  }
  return b;
}

Type Checker::tuple(const Term& t) {
  Type type = array_type({});
  type.elem = Type::ElemKind::kTup;
  for (const Term& k : t->kids) type.tup.push_back(need_arr(k));
  return type;
}

Type Checker::get(const Term& t) {
  const Type e = check(t->kids[0]);
  if (failed()) return e;
  const auto k = static_cast<std::size_t>(t->value);
  if (!is_tuple(e) || k >= e.tup.size()) return fail(t, "no such component");
  return e.tup[k];
}

Type Checker::fold(const Term& t) {
  need_index(t->kids[0]);
  const Type init = need_arr(t->kids[1]);
  if (failed()) return init;
  push(t->binders[0], index_type());
  push(t->binders[1], init);
  const Type step = check(t->kids[2]);
  pop(2);
  if (!failed() && !same_type(init, step)) {
    return fail(t, "state " + show(init) + " becomes " + show(step));
  }
  return init;
}

Type Checker::put(const Term& t) {
  const std::vector<Term> index = index_of(t);
  const std::vector<Term>& shape = spec_.output.shape;
  for (const Term& k : index) need_index(k);
  const Type e = need_real(operand_of(t));
  if (failed()) return e;
  if (index.size() > shape.size()) return fail(t, "index is too long");
  const std::vector<Term> rest(shape.begin() + static_cast<std::ptrdiff_t>(index.size()),
                               shape.end());
  if (!same_shape(e.shape, rest)) {
    return fail(t, "writes " + show(e) + " where " + show(array_type(rest)) + " belongs");
  }
  return kind_type(Type::Kind::kStmt);
}

Type Checker::loop(const Term& t) {
  if (t->op == Op::kWhen) {
    need_bool(t->kids[0]);
    return need_stmt(t->kids[1]);
  }
  need_index(t->kids[0]);
  push(t->binders[0], index_type());
  Type body = need_stmt(t->kids[1]);
  pop(1);
  return body;
}

void add_binder(const std::string& name, const Term& bound, Scope* scope) {
  scope->types[name] = index_type();
  scope->context.push_back({ContextEntry::Kind::kBinder, name, bound});
}

void add_fact(const Term& fact, Scope* scope) {
  scope->context.push_back({ContextEntry::Kind::kFact, "", fact});
}

void add_value(const std::string& name, const Term& e, const Scope& outer, const Spec& spec,
               Scope* scope) {
  const Typed typed = type_of(e, outer, spec);
  scope->types.erase(name);
  if (typed.ok) scope->types[name] = typed.type;
}

// x of omega, x and y of omega2: cells of the operands.
void add_cells(const Term& t, const Scope& outer, const Spec& spec, Scope* scope) {
  for (std::size_t i = 0; i < t->binders.size(); ++i) {
    const Typed typed = type_of(t->kids[i + 1], outer, spec);
    Type cell;
    std::vector<Term> frame;
    scope->types.erase(t->binders[i]);
    if (typed.ok && split_frame(typed.type, t->attrs[i], &cell, &frame)) {
      scope->types[t->binders[i]] = cell;
    }
  }
}

}  // namespace

Scope global_scope(const Spec& spec) {
  Scope scope;
  for (const std::string& d : spec.dims) scope.types[d] = index_type();
  for (const Array& a : spec.inputs) {
    Type t = array_type(a.shape);
    if (a.elem == Elem::kI32) t.elem = Type::ElemKind::kInt;
    scope.types[a.name] = t;
  }
  return scope;
}

Typed type_of(const Term& t, const Scope& scope, const Spec& spec) {
  Checker checker(scope, spec);
  Type type = checker.check(t);
  return {!checker.failed(), std::move(type), checker.error()};
}

Scope enter(const Term& t, std::size_t kid, const Scope& scope, const Spec& spec) {
  Scope inside = scope;
  if (t->op == Op::kWhen && kid == 1) add_fact(t->kids[0], &inside);
  if (t->op == Op::kIf && kid == 1) add_fact(t->kids[0], &inside);
  if (t->op == Op::kIf && kid == 2) {
    add_fact(mk(Op::kNot, {t->kids[0]}), &inside);
  }
  if (bound_in(t, kid).empty()) return inside;
  if (t->op == Op::kLet || t->op == Op::kLetSlow) {
    add_value(t->binders[0], t->kids[0], scope, spec, &inside);
  } else if (t->op == Op::kOmega || t->op == Op::kOmega2) {
    add_cells(t, scope, spec, &inside);
  } else {
    add_binder(t->binders[0], t->kids[0], &inside);
  }
  if (t->op == Op::kFold) {
    add_value(t->binders[1], t->kids[1], scope, spec, &inside);
  }
  if (t->op == Op::kRed && kid == 2) add_fact(t->kids[1], &inside);
  return inside;
}

Scope scope_at(const Term& root, const Position& p, const Spec& spec) {
  Scope scope = global_scope(spec);
  Term here = root;
  for (const std::size_t kid : p) {
    assert(kid < here->kids.size());
    scope = enter(here, kid, scope, spec);
    here = here->kids[kid];
  }
  return scope;
}

bool same_index(const Term& a, const Term& b) {
  if (alpha_equal(a, b)) return true;
  Poly p, q;
  return poly_of(a, &p) && poly_of(b, &q) && p == q;
}

bool same_shape(const std::vector<Term>& a, const std::vector<Term>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same_index(a[i], b[i])) return false;
  }
  return true;
}

}  // namespace minimoa
