// See z3_encoder.h.
#include "tests/rules/z3_encoder.h"

#include <algorithm>

namespace minimoa::test {
namespace {

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  const std::int64_t q = a / b;
  return (a % b != 0 && (a < 0) != (b < 0)) ? q - 1 : q;
}

bool is_arithmetic(Op op) {
  return op == Op::kAdd || op == Op::kSub || op == Op::kMul || op == Op::kDiv ||
         op == Op::kIntDiv || op == Op::kIntMod || op == Op::kMax || op == Op::kMin ||
         op == Op::kExpSub;
}

std::int64_t count(const std::vector<std::int64_t>& shape) {
  std::int64_t n = 1;
  for (const std::int64_t s : shape) n *= s;
  return n;
}

// The index in `shape` of element number k.
std::vector<std::int64_t> index_at(const std::vector<std::int64_t>& shape, std::int64_t k) {
  std::vector<std::int64_t> p(shape.size());
  for (std::size_t a = shape.size(); a-- > 0;) {
    p[a] = k % shape[a];
    k /= shape[a];
  }
  return p;
}

std::vector<std::int64_t> tail(const std::vector<std::int64_t>& v, std::size_t from) {
  return {v.begin() + static_cast<std::ptrdiff_t>(from), v.end()};
}

}  // namespace

void Encoder::fail(const Term& t, const std::string& what) {
  throw std::runtime_error(what + " in " + print(t));
}

Encoder::Encoder(z3::context& context, const Example& example, const Spec& spec)
    : context_(context), sizes_(sizes_of(example)) {
  for (const auto& [name, size] : sizes_) globals_[name] = make_index(size);
  for (const Array& a : spec.inputs) globals_[a.name] = input(a);
}

// --- values ---

SymPtr Encoder::make_index(std::int64_t v) const {
  auto s = std::make_shared<Sym>();
  s->index = v;
  return s;
}

SymPtr Encoder::make_real(const z3::expr& v) {
  auto s = std::make_shared<Sym>();
  s->kind = Sym::Kind::kReal;
  s->real = std::make_shared<SymReal>(SymReal{v, context_.bool_val(false), std::nullopt});
  return s;
}

SymPtr Encoder::make_bottom() {
  auto s = std::make_shared<Sym>();
  s->kind = Sym::Kind::kReal;
  s->real = std::make_shared<SymReal>(
      SymReal{context_.real_val(0), context_.bool_val(true), std::nullopt});
  return s;
}

SymPtr Encoder::make_array(std::vector<std::int64_t> shape, std::vector<SymPtr> items) const {
  if (shape.empty()) return items.at(0);
  auto s = std::make_shared<Sym>();
  s->kind = Sym::Kind::kArray;
  s->shape = std::move(shape);
  s->items = std::move(items);
  return s;
}

SymPtr Encoder::make_tuple(std::vector<SymPtr> parts) const {
  auto s = std::make_shared<Sym>();
  s->kind = Sym::Kind::kTuple;
  s->items = std::move(parts);
  return s;
}

SymPtr Encoder::input(const Array& a) {
  if (a.elem == Elem::kI32) throw std::runtime_error("int input");
  std::vector<std::int64_t> shape;
  for (const Term& n : a.shape) shape.push_back(index(n, globals_));
  std::vector<SymPtr> items;
  for (std::int64_t k = 0; k < count(shape); ++k) {
    const std::string name = a.name + "_" + std::to_string(k);
    items.push_back(make_real(context_.real_const(name.c_str())));
  }
  return make_array(shape, items);
}

std::vector<std::int64_t> Encoder::shape_of(const SymPtr& a) {
  return a->kind == Sym::Kind::kArray ? a->shape : std::vector<std::int64_t>{};
}

SymPtr Encoder::select(const SymPtr& a, const std::vector<std::int64_t>& p) {
  if (p.empty()) return a;
  const std::vector<std::int64_t> rest = tail(a->shape, p.size());
  std::int64_t offset = 0;
  for (std::size_t k = 0; k < p.size(); ++k) {
    if (p[k] < 0 || p[k] >= a->shape.at(k)) {
      throw std::runtime_error("index out of bounds");
    }
    offset = offset * a->shape[k] + p[k];
  }
  const auto n = static_cast<std::ptrdiff_t>(count(rest));
  const auto first = a->items.begin() + static_cast<std::ptrdiff_t>(offset) * n;
  if (rest.empty()) return *first;
  auto s = std::make_shared<Sym>();
  s->kind = Sym::Kind::kArray;
  s->shape = rest;
  s->items.assign(first, first + n);
  return s;
}

// One more axis; `empty` gives the cell's shape when there is no cell.
SymPtr Encoder::stack(const std::vector<SymPtr>& cells, const SymPtr& empty) const {
  std::vector<std::int64_t> shape = {static_cast<std::int64_t>(cells.size())};
  const SymPtr& first = cells.empty() ? empty : cells.front();
  for (const std::int64_t n : shape_of(first)) shape.push_back(n);
  std::vector<SymPtr> items;
  for (const SymPtr& c : cells) {
    if (c->kind == Sym::Kind::kArray) {
      items.insert(items.end(), c->items.begin(), c->items.end());
    } else {
      items.push_back(c);
    }
  }
  return make_array(shape, items);
}

// --- reals ---

z3::expr Encoder::exponential(const SymPtr& a) {
  if (!a->real->exp) {
    for (const auto& [x, e] : exps_) {
      if (z3::eq(x, a->real->value)) a->real->exp = e;
    }
  }
  if (!a->real->exp) {
    const std::string name = "E_" + std::to_string(exps_.size());
    a->real->exp = context_.real_const(name.c_str());
    exps_.emplace_back(a->real->value, *a->real->exp);
  }
  return *a->real->exp;
}

SymPtr Encoder::exp_of_difference(const SymPtr& a, const SymPtr& b) {
  return make_real(exponential(a) / exponential(b));
}

SymPtr Encoder::expsub(const SymPtr& a, const SymPtr& b) {
  if (a->real->bottom.is_true()) return make_real(context_.real_val(0));
  if (z3::eq(a->real->value, b->real->value) && a->real->bottom.is_false()) {
    return make_real(context_.real_val(1));
  }
  const SymPtr quotient = exp_of_difference(a, b);
  return choose(a->real->bottom, make_real(context_.real_val(0)), quotient);
}

// if c then a else b, componentwise.
SymPtr Encoder::choose(const z3::expr& c, const SymPtr& a, const SymPtr& b) {
  if (c.is_true()) return a;
  if (c.is_false()) return b;
  if (a->kind == Sym::Kind::kReal) {
    const SymPtr out = make_real(z3::ite(c, a->real->value, b->real->value));
    out->real->bottom = z3::ite(c, a->real->bottom, b->real->bottom).simplify();
    const bool plain = a->real->bottom.is_false() && b->real->bottom.is_false();
    if (plain && a->real->exp && b->real->exp) {
      out->real->exp = z3::ite(c, *a->real->exp, *b->real->exp);
    }
    return out;
  }
  std::vector<SymPtr> items;
  for (std::size_t i = 0; i < a->items.size(); ++i) {
    items.push_back(choose(c, a->items[i], b->items.at(i)));
  }
  return a->kind == Sym::Kind::kTuple ? make_tuple(items) : make_array(a->shape, items);
}

SymPtr Encoder::maximum(const SymPtr& a, const SymPtr& b) {
  if (a->real->bottom.is_true()) return b;
  if (b->real->bottom.is_true()) return a;
  exponential(a);
  exponential(b);
  const z3::expr less =
      (a->real->bottom || (!b->real->bottom && a->real->value < b->real->value)).simplify();
  return choose(less, b, a);
}

SymPtr Encoder::divide(const SymPtr& a, const SymPtr& b) {
  if (assume_defined) {
    z3::expr here = context_.bool_val(true);
    for (const z3::expr& p : path_) here = here && p;
    defined_.push_back(z3::implies(here, b->real->value != 0));
  }
  return make_real(a->real->value / b->real->value);
}

SymPtr Encoder::scalar(const std::string& op, const SymPtr& a, const SymPtr& b) {
  const z3::expr &x = a->real->value, &y = b->real->value;
  if (op == "+") return make_real(x + y);
  if (op == "-") return make_real(x - y);
  if (op == "*") return make_real(x * y);
  if (op == "/") return divide(a, b);
  if (op == "max") return maximum(a, b);
  if (op == "min") return choose(y < x, b, a);
  if (op == "expsub") return expsub(a, b);
  throw std::runtime_error("no encoding of " + op);
}

SymPtr Encoder::pointwise(const std::string& op, const SymPtr& a, const SymPtr& b) {
  const bool array_a = a->kind == Sym::Kind::kArray;
  const bool array_b = b->kind == Sym::Kind::kArray;
  if (!array_a && !array_b) return scalar(op, a, b);
  const SymPtr& big = array_a ? a : b;
  std::vector<SymPtr> items;
  for (std::size_t i = 0; i < big->items.size(); ++i) {
    items.push_back(scalar(op, array_a ? a->items.at(i) : a, array_b ? b->items.at(i) : b));
  }
  return make_array(big->shape, items);
}

// --- reductions ---

SymPtr Encoder::merge(const SymPtr& a, const SymPtr& b) {
  const SymPtr top = maximum(a->items[0], b->items[0]);
  const SymPtr left = expsub(a->items[0], top);
  const SymPtr right = expsub(b->items[0], top);
  std::vector<SymPtr> parts = {top};
  for (std::size_t k = 1; k < 3; ++k) {
    parts.push_back(
        pointwise("+", pointwise("*", a->items[k], left), pointwise("*", b->items[k], right)));
  }
  return make_tuple(parts);
}

SymPtr Encoder::combine(const std::string& f, const SymPtr& a, const SymPtr& b) {
  if (f == "osm") return merge(a, b);
  if (a->kind == Sym::Kind::kTuple) {
    std::vector<SymPtr> parts;
    for (std::size_t i = 0; i < a->items.size(); ++i) {
      parts.push_back(combine(f, a->items[i], b->items[i]));
    }
    return make_tuple(parts);
  }
  const std::string op = f == "add" ? "+" : f == "mul" ? "*" : f;
  return pointwise(op, a, b);
}

// The identity of f is left out: the reduction starts with the first item.
SymPtr Encoder::reduce(const std::string& f, const std::vector<SymPtr>& xs) {
  if (xs.empty()) return nullptr;
  SymPtr acc = xs[0];
  for (std::size_t i = 1; i < xs.size(); ++i) acc = combine(f, acc, xs[i]);
  return acc;
}

// --- terms ---

std::int64_t Encoder::index(const Term& t, const Env& env) {
  const SymPtr v = eval(t, env);
  if (v->kind != Sym::Kind::kIndex) fail(t, "not an index");
  return v->index;
}

std::vector<std::int64_t> Encoder::indices(const Term& t, const Env& env) {
  std::vector<std::int64_t> out;
  for (const Term& k : index_of(t)) out.push_back(index(k, env));
  return out;
}

z3::expr Encoder::boolean(const Term& t, const Env& env) {
  const auto kid = [&](std::size_t i) { return index(t->kids[i], env); };
  const auto both = [&](bool v) { return context_.bool_val(v); };
  if (t->op == Op::kTrue) return both(true);
  if (t->op == Op::kLt) return both(kid(0) < kid(1));
  if (t->op == Op::kLe) return both(kid(0) <= kid(1));
  if (t->op == Op::kEq) return both(kid(0) == kid(1));
  if (t->op == Op::kNe) return both(kid(0) != kid(1));
  if (t->op == Op::kNot) return (!boolean(t->kids[0], env)).simplify();
  if (t->op == Op::kAnd || t->op == Op::kOr) {
    const z3::expr a = boolean(t->kids[0], env);
    const z3::expr b = boolean(t->kids[1], env);
    return (t->op == Op::kAnd ? a && b : a || b).simplify();
  }
  if (t->op == Op::kIsZero) return eval(t->kids[0], env)->real->value == 0;
  if (t->op != Op::kAny) fail(t, "not a boolean");
  z3::expr some = both(false);
  for (std::int64_t j = 0; j < kid(0); ++j) {
    Env inside = env;
    inside[t->binders[0]] = make_index(j);
    some = (some || boolean(t->kids[1], inside)).simplify();
  }
  return some;
}

std::optional<bool> Encoder::known(const Term& t, const Env& env) {
  const z3::expr b = boolean(t, env).simplify();
  if (b.is_true()) return true;
  if (b.is_false()) return false;
  return std::nullopt;
}

SymPtr Encoder::eval(const Term& t, const Env& env) {
  const auto kid = [&](std::size_t i) { return eval(t->kids[i], env); };
  if (t->op == Op::kInt) return make_index(t->value);
  if (t->op == Op::kVar) {
    const auto it = env.find(t->name);
    return it != env.end() ? it->second : globals_.at(t->name);
  }
  if (t->op == Op::kReal) return make_real(context_.real_val(kid(0)->index));
  if (t->op == Op::kRat) {
    return make_real(context_.real_val(static_cast<int>(t->value), static_cast<int>(t->value2)));
  }
  if (t->op == Op::kBottom) return make_bottom();
  if (t->op == Op::kOsMerge) return merge(kid(0), kid(1));
  if (t->op == Op::kTup) {
    std::vector<SymPtr> parts;
    for (const Term& k : t->kids) parts.push_back(eval(k, env));
    return make_tuple(parts);
  }
  if (t->op == Op::kGet) {
    return kid(0)->items.at(static_cast<std::size_t>(t->value));
  }
  if (t->op == Op::kLet || t->op == Op::kLetSlow) {
    Env inside = env;
    inside[t->binders[0]] = kid(0);
    return eval(t->kids[1], inside);
  }
  if (t->kids.size() == 2 && is_arithmetic(t->op)) {
    return arithmetic(op_word(t->op), kid(0), kid(1));
  }
  return eval_array(t, env);
}

SymPtr Encoder::arithmetic(const std::string& op, const SymPtr& a, const SymPtr& b) {
  if (a->kind != Sym::Kind::kIndex) return pointwise(op, a, b);
  const std::int64_t x = a->index, y = b->index;
  if (op == "+") return make_index(x + y);
  if (op == "-") return make_index(x - y);
  if (op == "*") return make_index(x * y);
  if (op == "div") return make_index(floor_div(x, y));
  if (op == "mod") return make_index(x - y * floor_div(x, y));
  throw std::runtime_error("no encoding of " + op);
}

SymPtr Encoder::eval_array(const Term& t, const Env& env) {
  if (t->op == Op::kExp) return eval_exp(t, env);
  if (t->op == Op::kIf) return eval_if(t, env);
  if (t->op == Op::kGen || t->op == Op::kParGen) {
    const std::vector<SymPtr> cells = unfold(t, 1, nullptr, env);
    return stack(cells, make_index(0));
  }
  if (t->op == Op::kRed) return eval_red(t, env);
  if (t->op != Op::kFold) return eval_frame(t, env);
  SymPtr state = eval(t->kids[1], env);
  for (std::int64_t j = 0; j < index(t->kids[0], env); ++j) {
    Env inside = env;
    inside[t->binders[0]] = make_index(j);
    inside[t->binders[1]] = state;
    state = eval(t->kids[2], inside);
  }
  return state;
}

// exp(a - b) = E(a) / E(b); any other argument: E(argument).
SymPtr Encoder::eval_exp(const Term& t, const Env& env) {
  const Term x = t->kids[0];
  if (x->op == Op::kSub) {
    return exp_of_difference(eval(x->kids[0], env), eval(x->kids[1], env));
  }
  const SymPtr a = eval(x, env);
  if (a->kind == Sym::Kind::kReal) return make_real(exponential(a));
  std::vector<SymPtr> items;
  for (const SymPtr& i : a->items) items.push_back(make_real(exponential(i)));
  return make_array(a->shape, items);
}

SymPtr Encoder::eval_if(const Term& t, const Env& env) {
  const std::optional<bool> sure = known(t->kids[0], env);
  if (sure) return eval(t->kids[*sure ? 1 : 2], env);
  const z3::expr c = boolean(t->kids[0], env);
  path_.push_back(c);
  const SymPtr a = eval(t->kids[1], env);
  path_.back() = !c;
  const SymPtr b = eval(t->kids[2], env);
  path_.pop_back();
  return choose(c, a, b);
}

// Kid number `body` for every value of the binder where `guard` holds.
std::vector<SymPtr> Encoder::unfold(const Term& t, std::size_t body, const Term& guard,
                                    const Env& env) {
  std::vector<SymPtr> out;
  for (std::int64_t j = 0; j < index(t->kids[0], env); ++j) {
    Env inside = env;
    inside[t->binders[0]] = make_index(j);
    std::optional<bool> sure = true;
    if (guard != nullptr) sure = known(guard, inside);
    if (!sure) fail(t, "guard is not concrete");
    if (*sure) out.push_back(eval(t->kids[body], inside));
  }
  return out;
}

SymPtr Encoder::eval_red(const Term& t, const Env& env) {
  const std::vector<SymPtr> xs = unfold(t, 2, t->kids[1], env);
  if (!xs.empty()) return reduce(t->name, xs);
  // Nothing: the identity, in the shape of the body at 0.
  Env inside = env;
  inside[t->binders[0]] = make_index(0);
  const SymPtr zero = zero_like(eval(t->kids[2], inside));
  if (t->name == "max") return make_bottom();
  if (t->name == "osm") {
    return make_tuple({make_bottom(), zero->items[1], zero->items[2]});
  }
  if (t->name == "add") return zero;
  fail(t, "empty reduction");
}

SymPtr Encoder::zero_like(const SymPtr& a) {
  if (a->kind == Sym::Kind::kReal) return make_real(context_.real_val(0));
  std::vector<SymPtr> items;
  for (const SymPtr& i : a->items) items.push_back(zero_like(i));
  return a->kind == Sym::Kind::kTuple ? make_tuple(items) : make_array(a->shape, items);
}

// Operators that move or split axes.
SymPtr Encoder::eval_frame(const Term& t, const Env& env) {
  if (t->op == Op::kPsi || t->op == Op::kMem) {
    return select(eval(operand_of(t), env), indices(t, env));
  }
  if (t->op == Op::kIota) {
    std::vector<SymPtr> items;
    const std::int64_t n = index(t->kids[0], env);
    for (std::int64_t i = 0; i < n; ++i) {
      items.push_back(make_real(context_.real_val(i)));
    }
    return make_array({n}, items);
  }
  if (t->op == Op::kReshape) {
    std::vector<std::int64_t> u;
    for (std::size_t i = 0; i + 1 < t->kids.size(); ++i) {
      u.push_back(index(t->kids[i], env));
    }
    const SymPtr a = eval(t->kids.back(), env);
    const bool array = a->kind == Sym::Kind::kArray;
    return make_array(u, array ? a->items : std::vector<SymPtr>{a});
  }
  if (t->op == Op::kTran) return eval_tran(t, env);
  if (t->op == Op::kInner || t->op == Op::kOuter) return eval_product(t, env);
  if (t->op == Op::kOmega || t->op == Op::kOmega2) return eval_omega(t, env);
  return eval_cells(t, env);
}

// Element p of the result is element q with q_k = p_{t_k}.
SymPtr Encoder::eval_tran(const Term& t, const Env& env) {
  const SymPtr a = eval(t->kids[0], env);
  std::vector<std::int64_t> shape(a->shape.size());
  for (std::size_t k = 0; k < shape.size(); ++k) {
    shape[static_cast<std::size_t>(t->attrs[k])] = a->shape[k];
  }
  std::vector<SymPtr> items;
  for (std::int64_t e = 0; e < count(shape); ++e) {
    const std::vector<std::int64_t> p = index_at(shape, e);
    std::vector<std::int64_t> q(p.size());
    for (std::size_t k = 0; k < q.size(); ++k) {
      q[k] = p[static_cast<std::size_t>(t->attrs[k])];
    }
    items.push_back(select(a, q));
  }
  return make_array(shape, items);
}

SymPtr Encoder::eval_product(const Term& t, const Env& env) {
  const SymPtr a = eval(t->kids[0], env), b = eval(t->kids[1], env);
  std::vector<std::int64_t> left = shape_of(a), right = shape_of(b);
  std::int64_t n = -1;  // outer: nothing is contracted
  if (t->op == Op::kInner) {
    n = right.at(0);
    left.pop_back();
    right.erase(right.begin());
  }
  std::vector<SymPtr> items;
  for (std::int64_t i = 0; i < count(left); ++i) {
    for (std::int64_t j = 0; j < count(right); ++j) {
      items.push_back(product_at(t, a, b, index_at(left, i), index_at(right, j), n));
    }
  }
  left.insert(left.end(), right.begin(), right.end());
  return make_array(left, items);
}

SymPtr Encoder::product_at(const Term& t, const SymPtr& a, const SymPtr& b,
                           std::vector<std::int64_t> p, std::vector<std::int64_t> q,
                           std::int64_t n) {
  if (n < 0) return pointwise(t->name, select(a, p), select(b, q));
  std::vector<SymPtr> xs;
  p.push_back(0);
  q.insert(q.begin(), 0);
  for (std::int64_t k = 0; k < n; ++k) {
    p.back() = k;
    q.front() = k;
    xs.push_back(pointwise(t->name2, select(a, p), select(b, q)));
  }
  return reduce(t->name, xs);
}

// Frames agree on their last axes; the longer one is the result's.
SymPtr Encoder::eval_omega(const Term& t, const Env& env) {
  const bool two = t->op == Op::kOmega2;
  const SymPtr a = eval(t->kids[1], env);
  const SymPtr b = two ? eval(t->kids[2], env) : a;
  std::vector<std::int64_t> fa = shape_of(a), fb = shape_of(b);
  fa.resize(fa.size() - static_cast<std::size_t>(t->attrs[0]));
  fb.resize(fb.size() - static_cast<std::size_t>(t->attrs[two ? 1 : 0]));
  std::vector<std::int64_t> f = fa.size() >= fb.size() ? fa : fb;
  std::vector<SymPtr> cells;
  for (std::int64_t e = 0; e < count(f); ++e) {
    const std::vector<std::int64_t> p = index_at(f, e);
    Env inside = env;
    inside[t->binders[0]] = select(a, tail(p, f.size() - fa.size()));
    if (two) inside[t->binders[1]] = select(b, tail(p, f.size() - fb.size()));
    cells.push_back(eval(t->kids[0], inside));
  }
  const SymPtr flat = stack(cells, make_index(0));
  for (const std::int64_t n : shape_of(cells.at(0))) f.push_back(n);
  return make_array(f, flat->items);
}

// take drop cat rev rot redf: by cells of the first axis.
SymPtr Encoder::eval_cells(const Term& t, const Env& env) {
  std::vector<SymPtr> cells;
  const auto add_cells = [&](const SymPtr& a) {
    for (std::int64_t i = 0; i < shape_of(a).at(0); ++i) {
      cells.push_back(select(a, {i}));
    }
  };
  add_cells(eval(t->op == Op::kCat ? t->kids[0] : t->kids.back(), env));
  if (t->op == Op::kRedf) return reduce(t->name, cells);
  const SymPtr first = cells.at(0);
  if (t->op == Op::kRev) {
    std::reverse(cells.begin(), cells.end());
  } else if (t->op == Op::kCat) {
    add_cells(eval(t->kids[1], env));
  } else if (t->op == Op::kTake) {
    cells.resize(static_cast<std::size_t>(index(t->kids[0], env)));
  } else if (t->op == Op::kDrop) {
    cells.erase(cells.begin(), cells.begin() + index(t->kids[0], env));
  } else if (t->op == Op::kRot) {
    const auto n = static_cast<std::int64_t>(cells.size());
    const std::int64_t k = index(t->kids[0], env);
    std::rotate(cells.begin(), cells.begin() + (k - n * floor_div(k, n)), cells.end());
  } else {
    fail(t, "no encoding");
  }
  return stack(cells, first);
}

// --- statements ---

void Encoder::write(const Term& t, const Env& env, Writes* out) {
  if (t->op == Op::kFor || t->op == Op::kParFor) {
    for (std::int64_t v = 0; v < index(t->kids[0], env); ++v) {
      Env inside = env;
      inside[t->binders[0]] = make_index(v);
      write(t->kids[1], inside, out);
    }
  } else if (t->op == Op::kWhen) {
    const std::optional<bool> sure = known(t->kids[0], env);
    if (!sure) fail(t, "guard is not concrete");
    if (*sure) write(t->kids[1], env, out);
  } else if (t->op == Op::kLet || t->op == Op::kLetSlow) {
    Env inside = env;
    inside[t->binders[0]] = eval(t->kids[0], env);
    write(t->kids[1], inside, out);
  } else if (t->op == Op::kPut) {
    const std::vector<std::int64_t> p = indices(t, env);
    const SymPtr e = eval(operand_of(t), env);
    const std::vector<std::int64_t> shape = shape_of(e);
    for (std::int64_t k = 0; k < count(shape); ++k) {
      std::vector<std::int64_t> at_k = p;
      const std::vector<std::int64_t> q = index_at(shape, k);
      at_k.insert(at_k.end(), q.begin(), q.end());
      if (!out->emplace(at_k, select(e, q)).second) fail(t, "written twice");
    }
  } else {
    fail(t, "not a statement");
  }
}

Encoder::Writes Encoder::run(const Term& statement) {
  Writes out;
  write(statement, {}, &out);
  return out;
}

z3::expr_vector Encoder::facts() {
  z3::expr_vector out(context_);
  for (std::size_t i = 0; i < exps_.size(); ++i) {
    out.push_back(exps_[i].second > 0);
    for (std::size_t j = 0; j < i; ++j) {
      out.push_back(
          z3::implies(exps_[i].first == exps_[j].first, exps_[i].second == exps_[j].second));
    }
  }
  for (const z3::expr& d : defined_) out.push_back(d);
  return out;
}

z3::expr Encoder::differ(const SymPtr& a, const SymPtr& b) {
  const SymReal &x = *a->real, &y = *b->real;
  return x.bottom != y.bottom || (!x.bottom && !y.bottom && x.value != y.value);
}

}  // namespace minimoa::test
