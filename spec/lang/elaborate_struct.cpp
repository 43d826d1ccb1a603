// Structural words: selection, the operations on axes, products, omega.
// One function per row of LANGUAGE.md's table (section 3).
// May be wrong: the extents written into `(- n |k|)` and into `rav` are the
// ones that FORMAT.md's types give, unsimplified.
#include <algorithm>
#include <utility>

#include "spec/lang/elaborator.h"

namespace minimoa::elaboration {
namespace {

std::string words_of(const Expr& e) {
  if (e.text == "inner") return e.red + "." + e.point;
  if (e.text == "outer") return "o." + e.point;
  return e.text == "red" ? e.red + " red" : e.text;
}

Term product_of(const std::vector<Term>& shape) {
  if (shape.empty()) return mk_int(1);
  Term p = shape[0];
  for (std::size_t k = 1; k < shape.size(); ++k) p = mk(Op::kMul, {p, shape[k]});
  return p;
}

Value variable(const std::string& x, Type type) { return {mk_var(x), std::move(type)}; }

// <0 1 3 2>: the last axis moves to the front of the cell.
std::string contracting_tran(std::size_t frame, std::size_t rank) {
  std::string out = "<";
  for (std::size_t k = 0; k < frame; ++k) out += std::to_string(k) + " ";
  for (std::size_t k = frame; k + 1 < rank; ++k) out += std::to_string(k + 1) + " ";
  return out + std::to_string(frame) + "> tran ";
}

}  // namespace

// --- selection ---

// E0301: an i32 element without declared range can be any number.
void Elaborator::need_ranges(const Expr& array, const Value& a, std::size_t axis, const Term& index,
                             const Expr& at) const {
  for (const std::string& v : free_vars(index)) {
    const auto input = std::find_if(spec_.inputs.begin(), spec_.inputs.end(),
                                    [&](const Array& i) { return i.name == v; });
    if (input == spec_.inputs.end() || input->elem != Elem::kI32 || input->lo) continue;
    const std::string extent = spell(a.type.shape[axis]);
    std::string zeros;
    for (std::size_t k = 0; k < input->shape.size(); ++k) zeros += k == 0 ? "[0" : ",0";
    const bool plain = a.type.shape[axis]->op == Op::kVar;
    const std::string text = map_->declarations.at(v).text;
    fail("E0301",
         "index may leave `" + spelled(ast_, array) + "` axis " + std::to_string(axis) +
             " (extent " + extent + ")",
         at.span, "any i32: the values of `" + v + "` have no declared range",
         {"counterexample: " + (plain ? extent + " = 1, " : std::string()) + v +
              (zeros.empty() ? "" : zeros + "]") + " = " + (plain ? "1" : "-1"),
          declared({a.type.shape[axis], mk_var(v)}, {&array})},
         {"declare it | " + text + " in 0 .. " + extent});
  }
}

Value Elaborator::psi(const Expr& e, const Expr& array, std::vector<Value> index,
                      const std::vector<const Expr*>& at) {
  const Value a = array_of(array);
  const std::size_t rank = a.type.shape.size();
  if (index.size() > rank) {
    fail("E0203", "wrong number of indices for `" + spelled(ast_, array) + "`", e.span,
         "expected at most " + std::to_string(rank) + ", got " + std::to_string(index.size()),
         {declared({}, {&array})});
  }
  std::vector<Term> terms;
  for (std::size_t k = 0; k < index.size(); ++k) {
    need_ranges(array, a, k, index[k].core, *at[k]);
    terms.push_back(index[k].core);
  }
  const bool element = a.type.elem == Type::ElemKind::kInt && index.size() == rank;
  Type type = a.type;
  type.shape.erase(type.shape.begin(), type.shape.begin() + static_cast<long>(index.size()));
  return make(mk_psi(std::move(terms), a.core), element ? index_type() : type, e);
}

Value Elaborator::select(const Expr& e) {
  std::vector<Value> index_values;
  std::vector<const Expr*> at;
  for (std::size_t k = 1; k < e.kids.size(); ++k) {
    index_values.push_back(index(*e.kids[k]));
    at.push_back(e.kids[k].get());
  }
  return psi(e, *e.kids[0], std::move(index_values), at);
}

// --- omega ---

// rank of the cells number `which`, checked against the operand (E0206)
std::int64_t Elaborator::omega_rank(const Expr& e, std::size_t which, const Value& a,
                                    const Expr& at) const {
  const std::vector<std::int64_t>& ranks = e.omega->ranks;
  const std::int64_t k = ranks[std::min(which, ranks.size() - 1)];
  const std::size_t rank = a.type.shape.size();
  if (static_cast<std::uint64_t>(k) <= rank) return k;
  fail("E0206", "omega's rank is larger than the rank of its operand", e.omega->span,
       "rank " + std::to_string(k) + ", but `" + spelled(ast_, at) + "` has rank " +
           std::to_string(rank),
       {declared({}, {&at})}, {"take a smaller rank | omega<" + std::to_string(rank) + ">"});
}

Value Elaborator::omega_cell(const std::string& x, std::int64_t k, const Value& a) const {
  Type cell = a.type;
  cell.shape.erase(cell.shape.begin(), cell.shape.end() - k);
  return variable(x, std::move(cell));
}

Value Elaborator::wrap_omega(const Expr& e, std::int64_t k, const std::string& x, const Value& body,
                             const Value& a) {
  Node n{};
  n.op = Op::kOmega;
  n.attrs = {k};
  n.binders = {x};
  n.kids = {body.core, a.core};
  Type type = body.type;
  type.shape.insert(type.shape.begin(), a.type.shape.begin(), a.type.shape.end() - k);
  return make(node(std::move(n)), std::move(type), e);
}

// --- monadic words ---

Value Elaborator::monadic(const Expr& e) {
  const Expr& at = *e.kids[0];
  if (!e.omega) {
    return e.text == "iota" ? monadic_word(e, index(at)) : monadic_word(e, array_of(at));
  }
  if (e.omega->ranks.size() != 1) {
    fail("E0206", "`" + words_of(e) + "` has one operand, omega takes one rank", e.omega->span,
         "two ranks");
  }
  const Value a = array_of(at);
  const std::int64_t k = omega_rank(e, 0, a, at);
  const std::string x = fresh_name("x");
  return wrap_omega(e, k, x, monadic_word(e, omega_cell(x, k, a)), a);
}

Value Elaborator::monadic_word(const Expr& e, Value a) {
  const Expr& at = *e.kids[0];
  if (e.text == "softmax") return softmax(e, std::move(a));
  if (e.text == "iota") {
    if (!is_index(a.type)) wrong_type("an index", a, at);
    return make(mk(Op::kIota, {a.core}), real_type({a.core}), e);
  }
  if (e.text == "rav") {
    const Term all = product_of(a.type.shape);
    return reshape(e, {all}, std::move(a));
  }
  if (e.text == "tran") {
    std::vector<std::int64_t> perm(a.type.shape.size());
    for (std::size_t k = 0; k < perm.size(); ++k) {
      perm[k] = static_cast<std::int64_t>(perm.size() - 1 - k);
    }
    return tran(e, std::move(perm), std::move(a));
  }
  need_rank(a, 1, at, words_of(e).c_str());
  if (e.text == "rev") return make(mk(Op::kRev, {a.core}), a.type, e);
  need_reals(a, at);
  Node n{};
  n.op = Op::kRedf;
  n.name = e.red;
  n.kids = {a.core};
  a.type.shape.erase(a.type.shape.begin());
  return make(node(std::move(n)), a.type, e);
}

// core:  (let (x) A (let (e) (exp (- x (redf max x))) (/ e (redf add e))))
Value Elaborator::softmax(const Expr& e, Value a) {
  const Expr& at = *e.kids[0];
  need_reals(a, at);
  if (a.type.shape.size() != 1) {
    fail("E0204", "softmax of an array of rank " + std::to_string(a.type.shape.size()), e.span,
         "expected rank 1, got " + describe(a.type), {declared(a.type.shape, {&at})},
         {"say along which cells | softmax omega<1> " + spelled(ast_, at)});
  }
  const auto redf = [](const char* f, const std::string& v) {
    Node n{};
    n.op = Op::kRedf;
    n.name = f;
    n.kids = {mk_var(v)};
    return node(std::move(n));
  };
  const std::string x = fresh_name("x"), w = fresh_name("e");
  const Term maximum = redf("max", x);
  const Term weights = mk(Op::kExp, {mk(Op::kSub, {mk_var(x), maximum})});
  const Term ratio = mk(Op::kDiv, {mk_var(w), redf("add", w)});
  map_->add(maximum, e.span);
  map_->rows.push_back({maximum, e.span, false});
  return make(mk_let(x, a.core, mk_let(w, weights, ratio)), a.type, e);
}

// --- dyadic words with an index or a vector at the left ---

Value Elaborator::dyadic(const Expr& e) {
  const bool both = e.text == "inner" || e.text == "outer" || e.text == "cat";
  if (!both) return dyadic_left(e);
  const Value a = array_of(*e.kids[0]), b = array_of(*e.kids[1]);
  return e.omega ? omega2(e, a, b) : both_word(e, a, b);
}

Value Elaborator::dyadic_left(const Expr& e) {
  const Expr& left = *e.kids[0];
  const Expr& right = *e.kids[1];
  std::vector<Value> u;
  std::vector<const Expr*> at;
  const bool is_vector = left.kind == ExprKind::kVector;
  if (is_vector) {
    for (const ExprPtr& k : left.kids) at.push_back(k.get());
  } else {
    at.push_back(&left);
  }
  for (const Expr* x : at) u.push_back(index(*x));
  if (e.text == "psi") {
    if (!e.omega) return psi(e, right, std::move(u), at);
    fail("E0206", "`psi` takes no omega", e.omega->span, "not allowed here", {},
         {"select in each cell with gen | gen(i in N) A[i,j]"});
  }
  if (e.text == "rot" ? is_vector : (e.text == "tran" || e.text == "rho") && !is_vector) {
    fail("E0205",
         "`" + e.text + "` takes " + (is_vector ? "an index" : "a vector") + " at its left",
         left.span, is_vector ? "this is a vector" : "this is an index");
  }
  std::vector<Term> terms;
  for (const Value& v : u) terms.push_back(v.core);
  const Value a = array_of(right);
  if (!e.omega) return left_word(e, terms, a);
  if (e.omega->ranks.size() != 1) {
    fail("E0206", "`" + e.text + "` has one array operand, omega takes one rank", e.omega->span,
         "two ranks");
  }
  const std::int64_t k = omega_rank(e, 0, a, right);
  const std::string x = fresh_name("x");
  return wrap_omega(e, k, x, left_word(e, terms, omega_cell(x, k, a)), a);
}

Value Elaborator::left_word(const Expr& e, const std::vector<Term>& u, Value a) {
  const Expr& right = *e.kids[1];
  if (e.text == "take" || e.text == "drop") return take(e, u, std::move(a));
  if (e.text == "rho") return reshape(e, u, std::move(a));
  if (e.text == "rot") {
    need_rank(a, 1, right, "rot");
    return make(mk(Op::kRot, {u[0], a.core}), a.type, e);
  }
  std::vector<std::int64_t> perm;
  for (std::size_t k = 0; k < u.size(); ++k) {
    const Expr& item = *e.kids[0]->kids[k];
    if (item.kind != ExprKind::kInt) {
      fail("E0208", "`tran` needs literal axis numbers", item.span, "not a literal");
    }
    perm.push_back(u[k]->value);
  }
  return tran(e, std::move(perm), std::move(a));
}

// type: result extent number t_k is extent k of A
Value Elaborator::tran(const Expr& e, std::vector<std::int64_t> perm, Value a) {
  const std::size_t rank = a.type.shape.size();
  std::vector<std::int64_t> sorted = perm;
  std::sort(sorted.begin(), sorted.end());
  bool good = perm.size() == rank;
  for (std::size_t k = 0; good && k < rank; ++k) good = sorted[k] == static_cast<std::int64_t>(k);
  if (!good) {
    std::string axes = "<";
    for (std::size_t k = rank; k-- > 0;) axes += std::to_string(k) + (k == 0 ? "" : " ");
    const Expr& at = *e.kids.back();
    fail("E0208", "not a permutation of the axes of `" + spelled(ast_, at) + "`", e.kids[0]->span,
         "expected each of 0 .. " + std::to_string(rank) + " (exclusive) once",
         {declared({}, {&at})}, {"name every axis once | " + axes + "> tran " + spelled(ast_, at)});
  }
  Type type = a.type;
  for (std::size_t k = 0; k < rank; ++k) {
    type.shape[static_cast<std::size_t>(perm[k])] = a.type.shape[k];
  }
  Node n{};
  n.op = Op::kTran;
  n.attrs = std::move(perm);
  n.kids = {a.core};
  return make(node(std::move(n)), std::move(type), e);
}

// core:  k take A;  for a literal k < 0:  (drop (- n |k|) A)
Value Elaborator::take_one(const Expr& e, const Term& k, Value a) {
  bool takes = e.text == "take";
  Term count = k;
  const Term n = a.type.shape[0];
  if (k->op == Op::kInt && k->value < 0) {
    takes = !takes;
    count = mk(Op::kSub, {n, mk_int(-k->value)});
    map_->add(count, e.kids[0]->span);
  }
  a.type.shape[0] = takes ? count : mk(Op::kSub, {n, count});
  return make(mk(takes ? Op::kTake : Op::kDrop, {count, a.core}), a.type, e);
}

// core:  <k1 .. ku> take A  =  (take k1 (omega r-1 (x) T A)), T = <k2 .. ku> take x
Value Elaborator::take(const Expr& e, const std::vector<Term>& ks, Value a) {
  const Expr& right = *e.kids[1];
  if (ks.empty()) {
    fail("E0203", "`" + e.text + "` needs a number", e.kids[0]->span, "an empty vector");
  }
  if (ks.size() > a.type.shape.size()) {
    fail("E0203", "wrong number of indices for `" + spelled(ast_, right) + "`", e.kids[0]->span,
         "`" + e.text + "` of " + std::to_string(ks.size()) + " axes, the array has " +
             std::to_string(a.type.shape.size()),
         {declared({}, {&right})});
  }
  if (ks.size() == 1) return take_one(e, ks[0], std::move(a));
  const std::string x = fresh_name("x");
  const std::int64_t rest = static_cast<std::int64_t>(a.type.shape.size()) - 1;
  const Value cell = omega_cell(x, rest, a);
  const Value inner = take(e, {ks.begin() + 1, ks.end()}, cell);
  return take_one(e, ks[0], wrap_omega(e, rest, x, inner, a));
}

Value Elaborator::reshape(const Expr& e, const std::vector<Term>& u, Value a) {
  const Term from = product_of(a.type.shape), to = product_of(u);
  check_size(from, true, e.span);
  check_size(to, true, e.span);
  if (!same_index(from, to)) {
    const Expr& right = *e.kids.back();
    fail("E0209", "reshape changes the number of elements", e.span,
         spell(to) + " elements wanted, `" + spelled(ast_, right) + "` has " + spell(from),
         {declared(a.type.shape, {&right})});
  }
  Node n{};
  n.op = Op::kReshape;
  n.kids = u;
  n.kids.push_back(a.core);
  a.type.shape = u;
  return make(node(std::move(n)), a.type, e);
}

// --- words with two arrays ---

Value Elaborator::both_word(const Expr& e, const Value& a, const Value& b) {
  if (e.text == "cat") return cat(e, a, b);
  need_reals(a, *e.kids[0]);
  need_reals(b, *e.kids[1]);
  if (e.text == "inner") return inner(e, a, b);
  Node n{};
  n.op = Op::kOuter;
  n.name = e.point;
  n.kids = {a.core, b.core};
  Type type = a.type;
  type.shape.insert(type.shape.end(), b.type.shape.begin(), b.type.shape.end());
  return make(node(std::move(n)), std::move(type), e);
}

Value Elaborator::cat(const Expr& e, const Value& a, const Value& b) {
  need_rank(a, 1, *e.kids[0], "cat");
  need_rank(b, 1, *e.kids[1], "cat");
  if (a.type.elem != b.type.elem) wrong_type("the element type of the left", b, *e.kids[1]);
  const std::vector<Term> rest_a(a.type.shape.begin() + 1, a.type.shape.end());
  const std::vector<Term> rest_b(b.type.shape.begin() + 1, b.type.shape.end());
  if (!same_shape(rest_a, rest_b)) shapes_differ(e, a.type, b.type);
  Type type = a.type;
  type.shape[0] = mk(Op::kAdd, {a.type.shape[0], b.type.shape[0]});
  return make(mk(Op::kCat, {a.core, b.core}), std::move(type), e);
}

// type: last axis of A against first axis of B
Value Elaborator::inner(const Expr& e, const Value& a, const Value& b) {
  const Expr& right = *e.kids[1];
  need_rank(a, 1, *e.kids[0], words_of(e).c_str());
  need_rank(b, 1, right, words_of(e).c_str());
  const Term& last = a.type.shape.back();
  const Term& first = b.type.shape.front();
  if (!same_index(last, first)) {
    const std::string cell = e.omega ? " cell" : "";
    std::vector<std::string> helps;
    const std::size_t rank = b.type.shape.size();
    const std::size_t frame = e.omega && right.kind == ExprKind::kName
                                  ? find_name(right.text, right.span).type.shape.size() - rank
                                  : 0;
    const bool known = !e.omega || right.kind == ExprKind::kName;
    if (known && rank > 1 && same_index(last, b.type.shape.back())) {
      helps.push_back("contract over " + spell(last) + " by transposing " + spelled(ast_, right) +
                      " | (" + contracting_tran(frame, frame + rank) + spelled(ast_, right) + ")");
    }
    fail("E0201", "contracted axes differ", right.span,
         "axis 0 of this" + cell + " is " + spell(first) + " (" + (e.omega ? "cell " : "shape ") +
             spell_shape(b.type.shape) + ")",
         {"the last axis of the left" + cell + " `" + spelled(ast_, *e.kids[0]) + "` is " +
              spell(last) + " (" + (e.omega ? "cell " : "shape ") + spell_shape(a.type.shape) + ")",
          declared({first, last}, {e.kids[0].get(), &right})},
         helps);
  }
  Node n{};
  n.op = Op::kInner;
  n.name = e.red;
  n.name2 = e.point;
  n.kids = {a.core, b.core};
  Type type = a.type;
  type.shape.pop_back();
  type.shape.insert(type.shape.end(), b.type.shape.begin() + 1, b.type.shape.end());
  return make(node(std::move(n)), std::move(type), e);
}

// type: frames agree on their last min(length) axes; the longer one stays
Value Elaborator::omega2(const Expr& e, const Value& a, const Value& b) {
  const std::int64_t p = omega_rank(e, 0, a, *e.kids[0]);
  const std::int64_t q = omega_rank(e, 1, b, *e.kids[1]);
  const std::string x = fresh_name("x"), y = fresh_name("y");
  const Value body = both_word(e, omega_cell(x, p, a), omega_cell(y, q, b));
  const std::vector<Term> frame_a(a.type.shape.begin(), a.type.shape.end() - p);
  const std::vector<Term> frame_b(b.type.shape.begin(), b.type.shape.end() - q);
  const auto common = static_cast<long>(std::min(frame_a.size(), frame_b.size()));
  const std::vector<Term> tail_a(frame_a.end() - common, frame_a.end());
  const std::vector<Term> tail_b(frame_b.end() - common, frame_b.end());
  if (!same_shape(tail_a, tail_b)) {
    std::vector<Term> both = frame_a;
    both.insert(both.end(), frame_b.begin(), frame_b.end());
    fail("E0202", "frames differ: " + spell_shape(frame_a) + " and " + spell_shape(frame_b),
         e.omega->span, "the axes outside of the cells must agree",
         {declared(both, {e.kids[0].get(), e.kids[1].get()})});
  }
  Node n{};
  n.op = Op::kOmega2;
  n.attrs = {p, q};
  n.binders = {x, y};
  n.kids = {body.core, a.core, b.core};
  Type type = body.type;
  const std::vector<Term>& frame = frame_b.size() > frame_a.size() ? frame_b : frame_a;
  type.shape.insert(type.shape.begin(), frame.begin(), frame.end());
  return make(node(std::move(n)), std::move(type), e);
}

}  // namespace minimoa::elaboration
