// Expressions that are not structural: one function per row of LANGUAGE.md's
// table (section 3), and the coercion of indices to reals.
// May be wrong: the place where an index becomes `(real e)` is part of the
// core term; elaborate_test.cpp pins every case.
#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "spec/lang/elaborator.h"

namespace minimoa {
namespace {

constexpr int kUnit = 9;  // needs no parentheses anywhere

int precedence(Op op) {
  static const std::map<Op, int> kTable = {
      {Op::kOr, 1},     {Op::kAnd, 2},    {Op::kNot, 3}, {Op::kLt, 4},  {Op::kLe, 4},
      {Op::kEq, 4},     {Op::kNe, 4},     {Op::kAdd, 5}, {Op::kSub, 5}, {Op::kMul, 6},
      {Op::kIntDiv, 6}, {Op::kIntMod, 6}, {Op::kDiv, 6}};
  const auto it = kTable.find(op);
  return it == kTable.end() ? kUnit : it->second;
}

std::string spell_at(const Term& t, int least, int depth);

std::string spell_list(const std::vector<Term>& ts, int depth) {
  std::string out;
  for (const Term& t : ts) out += (out.empty() ? "" : ",") + spell_at(t, 0, depth);
  return out;
}

std::string spell_plain(const Term& t, int depth) {
  const int p = precedence(t->op);
  if (t->op == Op::kInt) return std::to_string(t->value);
  if (t->op == Op::kVar) return t->name;
  if (t->op == Op::kReal) return spell_at(t->kids[0], kUnit, depth);
  if (t->op == Op::kNot) return "not " + spell_at(t->kids[0], p, depth);
  if (t->op == Op::kPsi) {
    return spell_at(operand_of(t), kUnit, depth) + "[" + spell_list(index_of(t), depth) + "]";
  }
  if (p < kUnit) {
    const int left = p == 4 ? 5 : p;
    return spell_at(t->kids[0], left, depth) + " " + op_word(t->op) + " " +
           spell_at(t->kids[1], p + 1, depth);
  }
  return print(t);
}

std::string spell_at(const Term& t, int least, int depth) {
  if (depth > 12) return "..";
  const std::string text = spell_plain(t, depth + 1);
  return precedence(t->op) < least ? "(" + text + ")" : text;
}

}  // namespace

std::string spell(const Term& t) {
  const std::string text = spell_at(t, 0, 0);
  return text.size() <= 200 ? text : text.substr(0, 200) + " ..";
}

namespace elaboration {

Type index_type() { return Type{}; }
Type bool_type() {
  Type t;
  t.kind = Type::Kind::kBool;
  return t;
}
Type array_type(std::vector<Term> shape, Type::ElemKind elem) {
  Type t;
  t.kind = Type::Kind::kArr;
  t.elem = elem;
  t.shape = std::move(shape);
  return t;
}
Type real_type(std::vector<Term> shape) {
  return array_type(std::move(shape), Type::ElemKind::kReal);
}
bool is_index(const Type& t) { return t.kind == Type::Kind::kIndex; }
bool is_array(const Type& t) { return t.kind == Type::Kind::kArr; }

Term node(Node n) { return std::make_shared<const Node>(std::move(n)); }

std::string spell_shape(const std::vector<Term>& shape) {
  std::string out = "<";
  for (const Term& t : shape) {
    const std::string e = spell(t);
    const bool plain = t->op == Op::kInt || t->op == Op::kVar;
    out += (out.size() > 1 ? " " : "") + (plain ? e : "(" + e + ")");
  }
  return out + ">";
}

std::string describe(const Type& t) {
  if (is_index(t)) return "an index";
  if (t.kind == Type::Kind::kBool) return "a condition";
  const bool whole = t.elem == Type::ElemKind::kInt;
  if (t.shape.empty()) return whole ? "an i32 array of rank 0" : "a real";
  return std::string(whole ? "an i32 array" : "an array") + " of shape " + spell_shape(t.shape);
}

// --- limits ---

Elaborator::Cost Elaborator::cost(const Term& t) const {
  const auto known = costs_.find(t);
  if (known != costs_.end()) return known->second;
  Cost c;
  std::uint64_t sum = 0, product = 1;
  for (const Term& k : t->kids) {
    const Cost kc = cost(k);
    c.nodes = std::min<std::uint64_t>(c.nodes + kc.nodes, kMaxTermNodes + 1);
    c.depth = std::max(c.depth, kc.depth + 1);
    sum = std::min<std::uint64_t>(sum + kc.monomials, kMaxMonomials + 1);
    product = std::min<std::uint64_t>(product * kc.monomials, kMaxMonomials + 1);
  }
  if (t->op == Op::kAdd || t->op == Op::kSub) c.monomials = sum;
  if (t->op == Op::kMul) c.monomials = product;
  costs_[t] = c;
  return c;
}

void Elaborator::check_size(const Term& t, bool is_index, const Span& span) const {
  const Cost c = cost(t);
  const bool monomials = is_index && c.monomials > kMaxMonomials;
  if (c.nodes <= kMaxTermNodes && c.depth <= kMaxTermDepth && !monomials) return;
  const std::string what = c.depth > kMaxTermDepth
                               ? "nested deeper than " + std::to_string(kMaxTermDepth)
                               : "larger than " + std::to_string(kMaxTermNodes) + " nodes";
  fail("E0107", "the core term is too large", span,
       monomials ? "a polynomial of more than " + std::to_string(kMaxMonomials) + " terms" : what,
       {}, {});
}

Value Elaborator::make(Term core, Type type, const Expr& e) {
  check_size(core, is_index(type), e.span);
  for (const Term& n : type.shape) check_size(n, true, e.span);
  map_->add(core, e.span);
  return {std::move(core), std::move(type)};
}

// --- what is wanted ---

void Elaborator::wrong_type(const std::string& wanted, const Value& v, const Expr& e) const {
  std::vector<std::string> helps;
  const bool whole = is_array(v.type) && v.type.elem == Type::ElemKind::kInt;
  if (whole) {
    std::string index;
    for (std::size_t k = 0; k < v.type.shape.size(); ++k) index += k == 0 ? ".." : ", ..";
    const std::string name = spelled(ast_, e);
    helps.push_back("select an element | " +
                    (index.empty() ? "(<> psi " + name + ")" : name + "[" + index + "]"));
  }
  fail("E0205", "expected " + wanted + ", got " + describe(v.type), e.span,
       "this is " + describe(v.type), {declared(v.type.shape, {&e})}, helps);
}

Value Elaborator::index(const Expr& e) {
  Value v = eval(e);
  if (!is_index(v.type)) wrong_type("an index", v, e);
  return v;
}

Value Elaborator::condition(const Expr& e) {
  Value v = eval(e);
  if (v.type.kind != Type::Kind::kBool) wrong_type("a condition", v, e);
  return v;
}

Value Elaborator::real(Value v, const Expr& e) const {
  if (is_index(v.type)) {
    Term core = mk(Op::kReal, {v.core});
    map_->add(core, e.span);
    return {std::move(core), real_type()};
  }
  const bool good = is_array(v.type) && v.type.elem == Type::ElemKind::kReal;
  if (!good) wrong_type("a real or an array of reals", v, e);
  return v;
}

Value Elaborator::real(const Expr& e) { return real(eval(e), e); }

Value Elaborator::scalar(const Expr& e, const char* what) {
  Value v = real(e);
  if (v.type.shape.empty()) return v;
  fail("E0202", std::string("`") + what + "` must be a single real, got " + describe(v.type),
       e.span, "this is " + describe(v.type), {declared(v.type.shape, {&e})},
       {"select an element by all its indices | A[b,h,i]"});
}

Value Elaborator::array_of(const Expr& e) {
  Value v = eval(e);
  if (!is_array(v.type)) wrong_type("an array", v, e);
  return v;
}

void Elaborator::need_rank(const Value& v, std::size_t least, const Expr& e,
                           const char* word) const {
  if (v.type.shape.size() >= least) return;
  fail("E0202",
       std::string("`") + word + "` needs an array of rank " + std::to_string(least) + " or more",
       e.span,
       "this is " + describe(v.type) + " (rank " + std::to_string(v.type.shape.size()) + ")",
       {declared(v.type.shape, {&e})});
}

void Elaborator::need_reals(const Value& v, const Expr& e) const {
  if (v.type.elem != Type::ElemKind::kReal) wrong_type("an array of reals", v, e);
}

// --- expressions ---

Value Elaborator::eval(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kInt:
      return make(mk_int(e.value), index_type(), e);
    case ExprKind::kDecimal:
      return decimal(e);
    case ExprKind::kName:
      return name(e);
    case ExprKind::kMinus:
      return minus(e);
    case ExprKind::kNot:
      return make(mk(Op::kNot, {condition(*e.kids[0]).core}), bool_type(), e);
    case ExprKind::kBinary:
      return binary(e);
    case ExprKind::kSelect:
      return select(e);
    case ExprKind::kVector:
      break;
    case ExprKind::kCall:
      return call(e);
    case ExprKind::kBinder:
      return binder(e);
    case ExprKind::kIf:
      return conditional(e);
    case ExprKind::kDyadic:
      return dyadic(e);
    case ExprKind::kMonadic:
      return monadic(e);
  }
  fail("E0205", "a vector is not a value here", e.span,
       "vectors stand left of psi, tran, take, drop and rho only", {},
       {"count with iota, or select | <i j> psi A"});
}

// 12.50  ->  (rat 25 2);  12.0  ->  (real 12)
Value Elaborator::decimal(const Expr& e) {
  std::string text = e.text;
  while (text.back() == '0') text.pop_back();
  std::int64_t p = 0, q = 1;
  bool fraction = false;
  for (const char c : text) {
    if (c == '.') {
      fraction = true;
      continue;
    }
    p = p * 10 + (c - '0');
    if (fraction) q *= 10;
  }
  const std::int64_t g = std::gcd(p, q);
  if (q == g) return make(mk(Op::kReal, {mk_int(p / g)}), real_type(), e);
  return make(mk_rat(p / g, q / g), real_type(), e);
}

Value Elaborator::name(const Expr& e) {
  const Entry& entry = find_name(e.text, e.span);
  if (entry.kind == Entry::Kind::kOutput) {
    fail("E0104", "`" + e.text + "` is the output and cannot be read", e.span,
         "an output has no value yet");
  }
  if (entry.kind == Entry::Kind::kIndexLet) return {entry.unfold, entry.type};
  return make(mk_var(e.text), entry.type, e);
}

Value Elaborator::minus(const Expr& e) {
  Value v = eval(*e.kids[0]);
  if (is_index(v.type)) {
    const bool literal = v.core->op == Op::kInt && v.core->value >= 0;
    Term core = literal ? mk_int(-v.core->value) : mk(Op::kSub, {mk_int(0), v.core});
    return make(std::move(core), index_type(), e);
  }
  v = real(std::move(v), *e.kids[0]);
  return make(mk(Op::kNeg, {v.core}), v.type, e);
}

Value Elaborator::index_binary(const Expr& e, Op op, Value a, Value b) {
  if (!is_index(a.type)) wrong_type("an index", a, *e.kids[0]);
  if (!is_index(b.type)) wrong_type("an index", b, *e.kids[1]);
  return make(mk(op, {a.core, b.core}), index_type(), e);
}

Value Elaborator::comparison(const Expr& e) {
  const Term a = index(*e.kids[0]).core, b = index(*e.kids[1]).core;
  Term core;
  if (e.text == "<")
    core = mk(Op::kLt, {a, b});
  else if (e.text == "<=")
    core = mk(Op::kLe, {a, b});
  else if (e.text == ">")
    core = mk(Op::kLt, {b, a});
  else if (e.text == ">=")
    core = mk(Op::kLe, {b, a});
  else
    core = mk(e.text == "==" ? Op::kEq : Op::kNe, {a, b});
  return make(std::move(core), bool_type(), e);
}

Value Elaborator::binary(const Expr& e) {
  const std::string& o = e.text;
  if (o == "and" || o == "or") {
    const Term a = condition(*e.kids[0]).core, b = condition(*e.kids[1]).core;
    return make(mk(o == "and" ? Op::kAnd : Op::kOr, {a, b}), bool_type(), e);
  }
  const bool divides = o == "div" || o == "mod";
  const bool arithmetic = o == "+" || o == "-" || o == "*" || o == "/";
  if (!divides && !arithmetic) return comparison(e);
  Value a = eval(*e.kids[0]), b = eval(*e.kids[1]);
  if (o == "div") return index_binary(e, Op::kIntDiv, a, b);
  if (o == "mod") return index_binary(e, Op::kIntMod, a, b);
  if (o == "/") return pointwise(e, Op::kDiv, a, b);
  const Op op = o == "+" ? Op::kAdd : o == "-" ? Op::kSub : Op::kMul;
  const bool both = is_index(a.type) && is_index(b.type);
  return both ? index_binary(e, op, a, b) : pointwise(e, op, a, b);
}

void Elaborator::shapes_differ(const Expr& e, const Type& a, const Type& b) const {
  std::string label =
      "ranks " + std::to_string(a.shape.size()) + " and " + std::to_string(b.shape.size());
  std::vector<Term> extents = a.shape;
  extents.insert(extents.end(), b.shape.begin(), b.shape.end());
  for (std::size_t k = 0; a.shape.size() == b.shape.size() && k < a.shape.size(); ++k) {
    if (same_index(a.shape[k], b.shape[k])) continue;
    label = "axis " + std::to_string(k) + " is " + spell(a.shape[k]) + " on the left and " +
            spell(b.shape[k]) + " on the right";
    extents = {a.shape[k], b.shape[k]};
    break;
  }
  fail("E0202", "shapes differ: " + spell_shape(a.shape) + " and " + spell_shape(b.shape), e.span,
       label, {declared(extents, {&e})});
}

// judgement: equal shapes, or one of rank 0 (scalar extension)
Value Elaborator::pointwise(const Expr& e, Op op, Value a, Value b) {
  a = real(std::move(a), *e.kids[0]);
  b = real(std::move(b), *e.kids[1]);
  Type type = a.type.shape.empty() ? b.type : a.type;
  const bool extend = a.type.shape.empty() || b.type.shape.empty();
  if (!extend && !same_shape(a.type.shape, b.type.shape)) shapes_differ(e, a.type, b.type);
  return make(mk(op, {a.core, b.core}), std::move(type), e);
}

Value Elaborator::call(const Expr& e) {
  Value a = real(*e.kids[0]);
  if (e.kids.size() == 2) {
    const Op op = e.text == "max" ? Op::kMax : Op::kMin;
    return pointwise(e, op, std::move(a), eval(*e.kids[1]));
  }
  const Op op = e.text == "exp"    ? Op::kExp
                : e.text == "exp2" ? Op::kExp2
                : e.text == "log"  ? Op::kLog
                : e.text == "sqrt" ? Op::kSqrt
                                   : Op::kTanh;
  return make(mk(op, {a.core}), a.type, e);
}

// sum max min gen: kids are extent, body, (condition)
Value Elaborator::binder(const Expr& e) {
  const Term n = index(*e.kids[0]).core;
  Entry bound;
  bound.kind = Entry::Kind::kBound;
  bound.type = index_type();
  declare(e.bound, bound);
  Term g = mk(Op::kTrue);
  if (e.kids.size() == 3) g = condition(*e.kids[2]).core;
  Value x = real(*e.kids[1]);
  close_name(e.bound);
  for (const Term& extent : x.type.shape) {
    if (free_vars(extent).count(e.bound.text) == 0) continue;
    fail("E0212", "an extent depends on the bound index `" + e.bound.text + "`", e.kids[1]->span,
         "this has shape " + spell_shape(x.type.shape),
         {"arrays are rectangular: extents are the same for every `" + e.bound.text + "`"},
         {"keep the extent and mask the rest | sum(j in N | j <= i) .."});
  }
  if (e.text == "gen") {
    x.type.shape.insert(x.type.shape.begin(), n);
    return make(mk_bind(Op::kGen, e.bound.text, n, x.core), x.type, e);
  }
  const std::string f = e.text == "sum" ? "add" : e.text;
  return make(mk_red(f, e.bound.text, n, g, x.core), x.type, e);
}

Value Elaborator::conditional(const Expr& e) {
  const Term c = condition(*e.kids[0]).core;
  Value x = eval(*e.kids[1]), y = eval(*e.kids[2]);
  if (is_index(x.type) && is_index(y.type)) {
    return make(mk(Op::kIf, {c, x.core, y.core}), index_type(), e);
  }
  x = real(std::move(x), *e.kids[1]);
  y = real(std::move(y), *e.kids[2]);
  if (!same_shape(x.type.shape, y.type.shape)) shapes_differ(e, x.type, y.type);
  return make(mk(Op::kIf, {c, x.core, y.core}), x.type, e);
}

}  // namespace elaboration
}  // namespace minimoa
