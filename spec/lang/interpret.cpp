// The reference interpreter: see interpret.h for what, interpret_compile.h for
// how, interpret_value.h for the arithmetic.
//
// May be wrong: it is the meaning that kernels and rewritten terms are tested
// against, so a misreading of FORMAT.md section 1 here and in a kernel alike
// would go unseen; tests/unit/spec/interpret_test.cpp holds hand-written
// expectations for every operator for that reason.
#include "spec/lang/interpret.h"

#include "spec/lang/interpret_compile.h"

namespace minimoa {
namespace interpret {

// --- scope -----------------------------------------------------------------

template <typename Real>
Compiler<Real>::Compiler(const Spec& spec, const std::map<std::string, std::int64_t>& dims) {
  for (const Array& a : spec.inputs) inputs_.insert(new_slot(false)), static_cast<void>(a);
  for (const std::string& d : spec.dims) {
    C c;
    c.index = constant(dims.at(d));
    scope_.push_back({d, c, -1});
  }
  for (std::size_t k = 0; k < spec.inputs.size(); ++k) {
    const Array& a = spec.inputs[k];
    const int slot = input_slot(k);
    C c;
    c.ty.kind = a.elem == Elem::kI32 ? K::kInt : K::kReal;
    c.ty.shape = shape_of(a);
    c.array = [slot](St& st) { return st.slots[static_cast<std::size_t>(slot)].array; };
    scope_.push_back({a.name, c, slot});
  }
}

template <typename Real>
std::vector<typename Compiler<Real>::IndexFn> Compiler<Real>::shape_of(const Array& a) {
  std::vector<IndexFn> out;
  for (const Term& n : a.shape) out.push_back(need_index(n, n).index);
  return out;
}

template <typename Real>
int Compiler<Real>::bind_index(const std::string& name) {
  const int slot = new_slot(true);
  C c;
  c.free.insert(slot);
  c.index = [slot](St& st) { return st.slots[static_cast<std::size_t>(slot)].stamp; };
  c.variable = slot;
  scope_.push_back({name, c, slot});
  return slot;
}

template <typename Real>
int Compiler<Real>::bind_value(const std::string& name, const Ty<Real>& ty) {
  if (ty.kind == K::kIndex || (ty.kind == K::kInt && ty.shape.empty())) return bind_index(name);
  const int slot = new_slot(false);
  C c;
  c.ty = ty;
  c.free.insert(slot);
  const auto at = static_cast<std::size_t>(slot);
  if (ty.scalar()) {
    c.real = [at](St& st) { return st.slots[at].real; };
  } else {
    c.array = [at](St& st) { return st.slots[at].array; };
  }
  scope_.push_back({name, c, slot});
  return slot;
}

template <typename Real>
Fn<void, Real> Compiler<Real>::assign(int slot, const C& c) {
  const auto at = static_cast<std::size_t>(slot);
  if (c.index) {
    return [at, f = c.index](St& st) { st.slots[at].stamp = f(st); };
  }
  if (c.real) {
    return [at, f = c.real](St& st) {
      st.slots[at].real = f(st);
      st.slots[at].stamp = ++st.stamps;
    };
  }
  return [at, f = c.array](St& st) {
    st.slots[at].array = f(st);
    st.slots[at].stamp = ++st.stamps;
  };
}

template <typename Real>
void Compiler<Real>::set_cell(St& st, int slot, const Ty<Real>& ty, Ptr v) {
  Slot<Real>& s = st.slots[static_cast<std::size_t>(slot)];
  if (ty.kind == K::kInt && ty.shape.empty()) {
    s.stamp = static_cast<std::int64_t>(v->data[0]);
    return;
  }
  if (ty.scalar()) s.real = v->data[0];
  s.array = std::move(v);
  s.stamp = ++st.stamps;
}

template <typename Real>
Code<Real> Compiler<Real>::before(Fn<void, Real> pre, C c) {
  const auto wrap = [&pre](auto& f) {
    if (f)
      f = [pre, g = f](St& st) {
        pre(st);
        return g(st);
      };
  };
  c.variable = -1;
  wrap(c.index), wrap(c.boolean), wrap(c.real), wrap(c.array), wrap(c.statement);
  return c;
}

// --- memo ------------------------------------------------------------------

template <typename Real>
Code<Real> Compiler<Real>::remember(C c) const {
  if (!c.real) return remember_array(std::move(c));
  auto memo = std::make_shared<ScalarMemo<Real>>();
  for (int s : c.free)
    if (is_index_[static_cast<std::size_t>(s)]) memo->axis = s;
  for (int s : c.free)
    if (s != memo->axis) memo->rest.push_back(s);
  c.real = [memo, f = c.real](St& st) { return memo->get(st, f); };
  return c;
}

template <typename Real>
Code<Real> Compiler<Real>::remember_array(C c) const {
  if (!c.array) return c;
  struct Memo {
    std::vector<int> slots;
    std::vector<std::int64_t> key;
    Ptr last;
  };
  auto memo = std::make_shared<Memo>();
  memo->slots.assign(c.free.begin(), c.free.end());
  c.array = [memo, f = c.array](St& st) {
    if (!unchanged(memo->slots, st, memo->key) || !memo->last) {
      memo->last = nullptr;
      memo->last = f(st);
    }
    return memo->last;
  };
  return c;
}

// --- results of a wanted kind ------------------------------------------------

template <typename Real>
Code<Real> Compiler<Real>::need_index(const Term& t, const Term& kid) {
  C c = compile(kid);
  if (!c.index) ill_typed(t, "an index expression is needed");
  return c;
}

template <typename Real>
Code<Real> Compiler<Real>::need_bool(const Term& t, const Term& kid) {
  C c = compile(kid);
  if (!c.boolean) ill_typed(t, "a condition is needed");
  return c;
}

template <typename Real>
Fn<ValuePtr<Real>, Real> Compiler<Real>::boxed(const C& c) {
  if (!c.real) return c.array;
  return [f = c.real](St& st) { return scalar_value<Real>(f(st)); };
}

template <typename Real>
Code<Real> Compiler<Real>::from_boxed(Ty<Real> ty, std::set<int> free, Fn<Ptr, Real> f) {
  C c;
  c.free = std::move(free);
  if (ty.kind == K::kInt && ty.shape.empty()) {
    c.index = [f](St& st) { return static_cast<std::int64_t>(f(st)->data[0]); };
    return c;
  }
  if (ty.scalar()) {
    c.real = [f](St& st) { return f(st)->data[0]; };
  } else {
    c.array = std::move(f);
  }
  c.ty = std::move(ty);
  return c;
}

// Any array or tuple, `array` set even for a scalar.
template <typename Real>
Code<Real> Compiler<Real>::need_array(const Term& t, const Term& kid) {
  C c = compile(kid);
  if (!c.ty.array()) ill_typed(t, "an array is needed");
  c.array = boxed(c);
  return c;
}

template <typename Real>
Code<Real> Compiler<Real>::need_reals(const Term& t, const Term& kid) {
  C c = compile(kid);
  if (c.ty.kind != K::kReal) ill_typed(t, "a real or an array of reals is needed");
  return c;
}

// --- variables and accesses --------------------------------------------------

template <typename Real>
Code<Real> Compiler<Real>::variable(const Term& t) {
  for (std::size_t k = scope_.size(); k-- > 0;) {
    if (scope_[k].name != t->name) continue;
    const C& c = scope_[k].code;
    if (!c.array) return c;
    return access(t, *path(t));
  }
  throw Fault{"E0701", "`" + t->name + "` is not bound"};
}

template <typename Real>
std::optional<typename Compiler<Real>::Path> Compiler<Real>::path(const Term& t) {
  if (t->op == Op::kVar) {
    for (std::size_t k = scope_.size(); k-- > 0;) {
      if (scope_[k].name != t->name) continue;
      if (!scope_[k].code.array) return std::nullopt;
      return Path{scope_[k].slot, {}, {}, scope_[k].code.ty, scope_[k].code.free};
    }
    return std::nullopt;
  }
  if (t->op == Op::kGet) {
    auto p = path(t->kids[0]);
    if (!p) return p;
    const auto k = static_cast<std::size_t>(t->value);
    if (p->ty.kind != K::kTup || !p->ty.shape.empty() || k >= p->ty.tup.size())
      ill_typed(t, "no such component");
    const Ty<Real> part = p->ty.tup[k];
    p->parts.push_back(k);
    p->ty = part;
    return p;
  }
  if (t->op != Op::kPsi && t->op != Op::kMem) return std::nullopt;
  const bool mem = t->op == Op::kMem;
  auto p = path(mem ? t->kids.front() : t->kids.back());
  if (!p) return p;
  const std::size_t n = t->kids.size() - 1;
  if (n > p->ty.shape.size()) ill_typed(t, "more indices than axes");
  if (mem && (n != p->ty.shape.size() || !inputs_.count(p->slot)))
    ill_typed(t, "needs an input and a full index");
  for (std::size_t k = 0; k < n; ++k) {
    const C i = need_index(t, t->kids[mem ? k + 1 : k]);
    join(p->free, i);
    p->index.push_back(FastIndex<Real>(i));
  }
  p->ty.shape.erase(p->ty.shape.begin(), p->ty.shape.begin() + static_cast<std::ptrdiff_t>(n));
  return p;
}

[[noreturn]] void outside(std::int64_t i, std::size_t axis, const Extents& shape) {
  throw Fault{"E0705", "index " + std::to_string(i) + " is outside of axis " +
                           std::to_string(axis) + " of shape " + show(shape)};
}

// Row-major position of an index in the first axes of a shape.
template <typename Real, typename Index>
std::int64_t position(State<Real>& st, const Index& index, const Extents& shape) {
  std::int64_t at = 0;
  for (std::size_t k = 0; k < index.size(); ++k) {
    const std::int64_t i = index[k](st);
    if (i < 0 || i >= shape[k]) outside(i, k, shape);
    at = at * shape[k] + i;
  }
  return at;
}

template <typename Real>
void only_finite(const Value<Real>& v) {
  for (const Real& x : v.data)
    if (!finite(x)) throw Fault{"E0707", "an input element that is used is not finite"};
}

template <typename Real>
Code<Real> Compiler<Real>::read_scalar(const Path& p) const {
  C c;
  c.free = p.free;
  const bool suspect = suspect_.count(p.slot) > 0;
  const auto slot = static_cast<std::size_t>(p.slot);
  auto read = [slot, suspect, parts = p.parts, index = p.index](St& st) -> const Real& {
    const Value<Real>* v = st.slots[slot].array.get();
    for (std::size_t k : parts) v = v->parts[k].get();
    const Real& x = v->data[static_cast<std::size_t>(position(st, index, v->shape))];
    if (suspect && !finite(x)) throw Fault{"E0707", "an input element that is used is not finite"};
    return x;
  };
  if (p.ty.kind == K::kInt) {
    c.index = [read](St& st) { return static_cast<std::int64_t>(read(st)); };
    return c;
  }
  c.ty = p.ty;
  c.real = [read](St& st) -> Real { return read(st); };
  return c;
}

template <typename Real>
Code<Real> Compiler<Real>::access(const Term&, Path p) {
  if (p.ty.shape.empty() && p.ty.kind != K::kTup) return read_scalar(p);
  const bool suspect = suspect_.count(p.slot) > 0;
  const auto slot = static_cast<std::size_t>(p.slot);
  C c;
  c.ty = p.ty;
  c.free = p.free;
  c.array = [slot, suspect, parts = p.parts, index = p.index](St& st) {
    Ptr v = st.slots[slot].array;
    for (std::size_t k : parts) v = Ptr(v->parts[k]);
    if (!index.empty()) v = load_cell(*v, index.size(), position(st, index, v->shape));
    if (suspect) only_finite(*v);
    return v;
  };
  return p.index.empty() && !suspect ? c : remember_array(std::move(c));
}

// --- index and boolean terms -------------------------------------------------

inline void need_no(bool overflow) {
  if (overflow) throw Fault{"E0709", "an index expression overflows 64 bits"};
}

inline std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  if (b == 0) throw Fault{"E0706", "index division by zero"};
  need_no(b == -1 && a == std::numeric_limits<std::int64_t>::min());
  return a / b - (a % b != 0 && (a % b < 0) != (b < 0) ? 1 : 0);
}

inline std::int64_t index_op(Op op, std::int64_t a, std::int64_t b) {
  std::int64_t r = 0;
  if (op == Op::kAdd) need_no(__builtin_add_overflow(a, b, &r));
  if (op == Op::kSub) need_no(__builtin_sub_overflow(a, b, &r));
  if (op == Op::kMul) need_no(__builtin_mul_overflow(a, b, &r));
  if (op != Op::kIntDiv && op != Op::kIntMod) return r;
  const std::int64_t q = floor_div(a, b);
  return op == Op::kIntDiv ? q : a - q * b;
}

template <typename Real>
Code<Real> Compiler<Real>::integer(const Term& t) {
  const C a = need_index(t, t->kids[0]), b = need_index(t, t->kids[1]);
  C c;
  join(c.free, a), join(c.free, b);
  c.index = [op = t->op, f = a.index, g = b.index](St& st) {
    const std::int64_t x = f(st);
    return index_op(op, x, g(st));
  };
  return c;
}

inline bool compare(Op op, std::int64_t a, std::int64_t b) {
  if (op == Op::kLt) return a < b;
  if (op == Op::kLe) return a <= b;
  return op == Op::kEq ? a == b : a != b;
}

template <typename Real>
Code<Real> Compiler<Real>::comparison(const Term& t) {
  const C a = need_index(t, t->kids[0]), b = need_index(t, t->kids[1]);
  C c;
  c.ty.kind = K::kBool;
  join(c.free, a), join(c.free, b);
  c.boolean = [op = t->op, f = a.index, g = b.index](St& st) {
    const std::int64_t x = f(st);
    return compare(op, x, g(st));
  };
  return c;
}

template <typename Real>
Code<Real> Compiler<Real>::connective(const Term& t) {
  C c;
  c.ty.kind = K::kBool;
  if (t->op == Op::kTrue) {
    c.boolean = [](St&) { return true; };
    return c;
  }
  if (t->op == Op::kIsZero) {
    const C x = need_reals(t, t->kids[0]);
    if (!x.real) ill_typed(t, "a scalar is needed");
    c.free = x.free;
    c.boolean = [f = x.real](St& st) { return f(st) == 0; };
    return c;
  }
  const C a = need_bool(t, t->kids[0]);
  c.free = a.free;
  if (t->op == Op::kNot) {
    c.boolean = [f = a.boolean](St& st) { return !f(st); };
    return c;
  }
  const C b = need_bool(t, t->kids[1]);
  join(c.free, b);
  const bool both = t->op == Op::kAnd;
  c.boolean = [both, f = a.boolean, g = b.boolean](St& st) {
    return both ? f(st) && g(st) : f(st) || g(st);
  };
  return c;
}

template <typename Real>
Code<Real> Compiler<Real>::any(const Term& t) {
  const C n = need_index(t, t->kids[0]);
  const auto j = static_cast<std::size_t>(bind_index(t->binders[0]));
  const C g = need_bool(t, t->kids[1]);
  C c;
  c.ty.kind = K::kBool;
  c.free = g.free;
  unbind(c.free);
  join(c.free, n);
  c.boolean = [j, n = n.index, g = g.boolean](St& st) {
    const std::int64_t end = n(st);
    for (std::int64_t v = 0; v < end; ++v) {
      st.slots[j].stamp = v;
      if (g(st)) return true;
    }
    return false;
  };
  return c;
}

// --- pointwise ---------------------------------------------------------------

template <typename Real>
template <typename F>
Code<Real> Compiler<Real>::unary(const Term& t, F f) {
  C c = need_reals(t, t->kids[0]);
  if (c.real) {
    c.real = [f, g = c.real](St& st) { return f(g(st)); };
  } else {
    c.array = [f, g = c.array](St& st) {
      auto out = std::make_shared<Value<Real>>(*g(st));
      for (Real& x : out->data) x = f(x);
      return Ptr(out);
    };
  }
  return remember(std::move(c));
}

template <typename Real>
template <typename F>
Code<Real> Compiler<Real>::binary(const Term& t, const C& a, const C& b, F f) {
  if (!a.ty.shape.empty() && !b.ty.shape.empty() && a.ty.shape.size() != b.ty.shape.size()) {
    ill_typed(t, "operands of rank " + std::to_string(a.ty.shape.size()) + " and " +
                     std::to_string(b.ty.shape.size()));
  }
  C c;
  c.free = a.free;
  join(c.free, b);
  if (a.real && b.real) {
    c.ty = a.ty;
    c.real = [f, g = a.real, h = b.real](St& st) {
      const Real x = g(st);
      return f(x, h(st));
    };
    return c;
  }
  c.ty = a.real ? b.ty : a.ty;
  c.array = [f, g = boxed(a), h = boxed(b)](St& st) {
    const Ptr x = g(st);
    return pointwise(f, *x, *h(st));
  };
  return remember_array(std::move(c));
}

template <typename Real>
Code<Real> Compiler<Real>::arithmetic(const Term& t) {
  const C a = compile(t->kids[0]);
  if (a.index) return integer(t);
  if (a.ty.kind != K::kReal) ill_typed(t, "operands are neither index nor real");
  const C b = need_reals(t, t->kids[1]);
  if (t->op == Op::kAdd) return binary(t, a, b, Add{});
  if (t->op == Op::kSub) return binary(t, a, b, Sub{});
  return binary(t, a, b, Mul{});
}

template <typename Real>
Code<Real> Compiler<Real>::choose(const Term& t) {
  const C g = need_bool(t, t->kids[0]);
  C x = compile(t->kids[1]);
  const C y = compile(t->kids[2]);
  if (!x.index != !y.index || !x.real != !y.real || !x.array != !y.array ||
      x.ty.shape.size() != y.ty.shape.size() || x.boolean || x.statement) {
    ill_typed(t, "the branches have different types");
  }
  join(x.free, y), join(x.free, g);
  x.variable = -1;
  const auto pick = [&g](auto& a, const auto& b) {
    if (a) a = [c = g.boolean, a, b](St& st) { return c(st) ? a(st) : b(st); };
  };
  pick(x.index, y.index), pick(x.real, y.real), pick(x.array, y.array);
  return x;
}

// --- reductions ----------------------------------------------------------------

template <typename Real>
template <typename Use>
Code<Real> Compiler<Real>::with_redop(const Term& t, const std::string& f, Use use) {
  if (f == "add") return use(Add{}, Real(0));
  if (f == "mul") return use(Mul{}, Real(1));
  if (f == "max") return use(Max{}, bottom<Real>());
  if (f == "min") return use(Min{}, Real(-bottom<Real>()));
  ill_typed(t, "no reduction with `" + f + "` (reductions: add, mul, max, min, osm)");
}

template <typename Real>
template <typename Use>
Code<Real> Compiler<Real>::with_point(const Term& t, const std::string& g, Use use) {
  if (g == "+") return use(Add{});
  if (g == "-") return use(Sub{});
  if (g == "*") return use(Mul{});
  if (g == "/") return use(Divide{});
  if (g == "max") return use(Max{});
  if (g == "min") return use(Min{});
  ill_typed(t, "no pointwise operator `" + g + "`");
}

template <typename Real>
template <typename F>
Code<Real> Compiler<Real>::reduce_scalar(const C& n, const C& g, const C& x, int j, F f,
                                         Real identity) {
  C c;
  c.ty = x.ty;
  const auto slot = static_cast<std::size_t>(j);
  c.real = [slot, f, identity, n = n.index, g = g.boolean, x = x.real](St& st) {
    const std::int64_t end = n(st);
    Real acc = identity;
    for (std::int64_t v = 0; v < end; ++v) {
      st.slots[slot].stamp = v;
      if (!g || g(st)) acc = f(acc, x(st));
    }
    return acc;
  };
  return c;
}

template <typename Real>
Code<Real> Compiler<Real>::reduce_add(const C& n, const C& g, const C& x, int j) {
  C c;
  c.ty = x.ty;
  const auto slot = static_cast<std::size_t>(j);
  c.array = [slot, ty = x.ty, n = n.index, g = g.boolean, x = x.array](St& st) {
    const std::int64_t end = n(st);
    Ptr acc = blank<Real>({}, ty, st, Real(0));
    for (std::int64_t v = 0; v < end; ++v) {
      st.slots[slot].stamp = v;
      if (!g || g(st)) acc = add_values(*acc, *x(st));
    }
    return acc;
  };
  return c;
}

template <typename Real>
Code<Real> Compiler<Real>::reduce_states(const C& n, const C& g, const C& x, int j) {
  C c;
  c.ty = x.ty;
  const auto slot = static_cast<std::size_t>(j);
  c.array = [slot, ty = x.ty, n = n.index, g = g.boolean, x = x.array](St& st) {
    const std::int64_t end = n(st);
    auto start = blank<Real>({}, ty, st, Real(0));
    start->parts[0] = blank<Real>({}, ty.tup[0], st, bottom<Real>());
    Ptr acc = start;
    for (std::int64_t v = 0; v < end; ++v) {
      st.slots[slot].stamp = v;
      if (!g || g(st)) acc = merge_states(*acc, *x(st));
    }
    return acc;
  };
  return c;
}

template <typename Real>
bool softmax_state(const Ty<Real>& ty) {
  return ty.kind == Ty<Real>::Kind::kTup && ty.shape.empty() && ty.tup.size() == 3 &&
         ty.tup[0].scalar() && ty.tup[1].scalar() && ty.tup[2].kind == Ty<Real>::Kind::kReal;
}

template <typename Real>
Code<Real> Compiler<Real>::reduce(const Term& t) {
  const C n = need_index(t, t->kids[0]);
  const int j = bind_index(t->binders[0]);
  C g = need_bool(t, t->kids[1]);
  const C x = compile(t->kids[2]);
  std::set<int> free = x.free;
  join(free, g);
  unbind(free);
  join(free, n);
  if (t->kids[1]->op == Op::kTrue) g.boolean = nullptr;
  C c;
  if (t->name == "osm") {
    if (!softmax_state(x.ty)) ill_typed(t, "osm needs a softmax state (m, z, o)");
    c = reduce_states(n, g, x, j);
  } else if (x.real) {
    c = with_redop(t, t->name, [&](auto f, Real e) { return reduce_scalar(n, g, x, j, f, e); });
  } else {
    if (t->name != "add" || !x.array || x.ty.kind == K::kInt)
      ill_typed(t, "an array or tuple can be reduced with add (and osm) only");
    c = reduce_add(n, g, x, j);
  }
  c.free = std::move(free);
  return remember(std::move(c));
}

template <typename Real>
Code<Real> Compiler<Real>::merge(const Term& t) {
  C a = need_array(t, t->kids[0]);
  const C b = need_array(t, t->kids[1]);
  if (!softmax_state(a.ty) || !softmax_state(b.ty))
    ill_typed(t, "needs two softmax states (m, z, o)");
  join(a.free, b);
  a.array = [f = a.array, g = b.array](St& st) {
    const Ptr x = f(st);
    return merge_states(*x, *g(st));
  };
  return remember_array(std::move(a));
}

// --- arrays ----------------------------------------------------------------------

// A chain of gens is one loop over the product of their bounds.
template <typename Real>
Code<Real> Compiler<Real>::generate(const Term& t) {
  std::vector<std::size_t> slots;
  std::vector<IndexFn> bounds;
  std::set<int> own, free;
  Term body = t;
  for (; body->op == Op::kGen || body->op == Op::kParGen; body = body->kids[1]) {
    const C n = need_index(body, body->kids[0]);
    for (int s : n.free)
      if (own.count(s)) ill_typed(body, "the extent depends on an index of the same array");
    join(free, n);
    bounds.push_back(n.index);
    own.insert(bind_index(body->binders[0]));
    slots.push_back(static_cast<std::size_t>(*own.rbegin()));
  }
  C x = compile(body);
  if (!x.ty.array() || x.ty.kind == K::kInt) ill_typed(t, "elements must be reals or tuples");
  for (std::size_t k = 0; k < slots.size(); ++k) unbind(x.free);
  C c;
  c.ty = x.ty;
  c.ty.shape.insert(c.ty.shape.begin(), bounds.begin(), bounds.end());
  c.free = x.free;
  c.free.insert(free.begin(), free.end());
  c.array = [slots, bounds, ty = c.ty, real = x.real, cell = x.array](St& st) {
    auto out = blank<Real>({}, ty, st, Real(0));
    const Extents n = extents(bounds, st);
    const std::int64_t total = count(n);
    for (std::int64_t i = 0; i < total; ++i) {
      std::int64_t rest = i;
      for (std::size_t k = slots.size(); k-- > 0; rest /= n[k])
        st.slots[slots[k]].stamp = rest % n[k];
      if (real) {
        out->data[static_cast<std::size_t>(i)] = real(st);
      } else {
        store_cell(*out, i, *cell(st));
      }
    }
    return Ptr(out);
  };
  return remember_array(std::move(c));
}

template <typename Real>
Code<Real> Compiler<Real>::select(const Term& t) {
  if (auto p = path(t)) return access(t, *p);
  if (t->op == Op::kMem) ill_typed(t, "the operand is not an input");
  std::vector<C> index;
  for (std::size_t k = 0; k + 1 < t->kids.size(); ++k) index.push_back(need_index(t, t->kids[k]));
  return select_from(t, std::move(index), 0, t->kids.back());
}

// A selection from a gen evaluates only what is selected.
template <typename Real>
Code<Real> Compiler<Real>::select_from(const Term& t, std::vector<C> index, std::size_t from,
                                       const Term& operand) {
  const bool gen = operand->op == Op::kGen || operand->op == Op::kParGen;
  if (!gen || from == index.size()) return select_boxed(t, index, from, need_array(t, operand));
  const C n = need_index(operand, operand->kids[0]);
  const C i = index[from];
  const auto slot = static_cast<std::size_t>(bind_index(operand->binders[0]));
  C x = select_from(t, std::move(index), from + 1, operand->kids[1]);
  unbind(x.free);
  join(x.free, n), join(x.free, i);
  return before(
      [slot, n = n.index, i = i.index](St& st) {
        const std::int64_t end = n(st);
        st.slots[slot].stamp = position(st, std::vector<IndexFn>{i}, Extents{end});
      },
      std::move(x));
}

template <typename Real>
Code<Real> Compiler<Real>::select_boxed(const Term& t, const std::vector<C>& index,
                                        std::size_t from, const C& a) {
  Ty<Real> ty = a.ty;
  std::set<int> free = a.free;
  std::vector<IndexFn> at;
  for (std::size_t k = from; k < index.size(); ++k) {
    join(free, index[k]);
    at.push_back(index[k].index);
  }
  if (at.size() > ty.shape.size()) ill_typed(t, "more indices than axes");
  ty.shape.erase(ty.shape.begin(), ty.shape.begin() + static_cast<std::ptrdiff_t>(at.size()));
  if (at.empty()) return from_boxed(ty, free, a.array);
  return from_boxed(ty, free, [at, f = a.array](St& st) {
    const Ptr v = f(st);
    return load_cell(*v, at.size(), position(st, at, v->shape));
  });
}

template <typename Real>
Code<Real> Compiler<Real>::transpose(const Term& t) {
  C a = need_array(t, t->kids[0]);
  const std::size_t r = a.ty.shape.size();
  const auto& perm = t->attrs;
  std::vector<bool> seen(r, false);
  for (std::int64_t k : perm) {
    if (k < 0 || static_cast<std::size_t>(k) >= r || seen[static_cast<std::size_t>(k)])
      ill_typed(t, "not a permutation of the axes");
    seen[static_cast<std::size_t>(k)] = true;
  }
  if (perm.size() != r) ill_typed(t, "not a permutation of the axes");
  auto shape = a.ty.shape;
  for (std::size_t k = 0; k < r; ++k) shape[static_cast<std::size_t>(perm[k])] = a.ty.shape[k];
  a.ty.shape = shape;
  a.real = nullptr;
  return remember_array(from_boxed(a.ty, a.free, [perm, f = a.array](St& st) {
    const Ptr v = f(st);
    const std::size_t rank = perm.size();
    Extents outer(rank);
    for (std::size_t k = 0; k < rank; ++k) outer[static_cast<std::size_t>(perm[k])] = v->shape[k];
    return gather(*v, rank, outer, [&](std::int64_t i) {
      std::vector<std::int64_t> p(rank);  // element p of the result
      for (std::size_t k = rank; k-- > 0; i /= outer[k]) p[k] = i % outer[k];
      std::int64_t at = 0;
      for (std::size_t k = 0; k < rank; ++k)  // q_k = p_{t_k}
        at = at * v->shape[k] + p[static_cast<std::size_t>(perm[k])];
      return at;
    });
  }));
}

template <typename Real>
Code<Real> Compiler<Real>::take_drop(const Term& t) {
  const C k = need_index(t, t->kids[0]);
  C a = need_array(t, t->kids[1]);
  if (a.ty.shape.empty()) ill_typed(t, "needs an array of rank 1 or more");
  const bool take = t->op == Op::kTake;
  const IndexFn n = a.ty.shape[0];
  a.ty.shape[0] = take ? k.index : [n, k = k.index](St& st) { return n(st) - k(st); };
  join(a.free, k);
  a.array = [take, k = k.index, f = a.array](St& st) {
    const Ptr v = f(st);
    const std::int64_t by = k(st), extent = v->shape[0];
    if (by < 0 || by > extent) {
      throw Fault{"E0705", std::string(take ? "take " : "drop ") + std::to_string(by) +
                               " of an axis of extent " + std::to_string(extent)};
    }
    return gather(*v, 1, Extents{take ? by : extent - by},
                  [&](std::int64_t i) { return take ? i : i + by; });
  };
  return remember_array(std::move(a));
}

template <typename Real>
Code<Real> Compiler<Real>::catenate(const Term& t) {
  return catenate(t, need_array(t, t->kids[0]), need_array(t, t->kids[1]));
}

template <typename Real>
ValuePtr<Real> join_values(const Value<Real>& a, const Value<Real>& b) {
  if (!std::equal(a.shape.begin() + 1, a.shape.end(), b.shape.begin() + 1, b.shape.end())) {
    throw Fault{"E0701", "`cat` of shapes " + show(a.shape) + " and " + show(b.shape)};
  }
  auto out = std::make_shared<Value<Real>>(a);
  out->shape[0] += b.shape[0];
  count(out->shape);
  out->data.insert(out->data.end(), b.data.begin(), b.data.end());
  for (std::size_t k = 0; k < a.parts.size(); ++k)
    out->parts[k] = join_values(*a.parts[k], *b.parts[k]);
  return out;
}

template <typename Real>
Code<Real> Compiler<Real>::catenate(const Term& t, const C& a, const C& b) {
  if (a.ty.shape.empty() || a.ty.shape.size() != b.ty.shape.size() || a.ty.kind != b.ty.kind)
    ill_typed(t, "needs two arrays of one rank, at least 1");
  C c;
  c.ty = a.ty;
  c.free = a.free;
  join(c.free, b);
  c.ty.shape[0] = [m = a.ty.shape[0], n = b.ty.shape[0]](St& st) { return m(st) + n(st); };
  c.array = [f = a.array, g = b.array](St& st) {
    const Ptr x = f(st);
    return join_values(*x, *g(st));
  };
  return remember_array(std::move(c));
}

template <typename Real>
Code<Real> Compiler<Real>::reverse(const Term& t) {
  C a = need_array(t, t->kids[0]);
  if (a.ty.shape.empty()) ill_typed(t, "needs an array of rank 1 or more");
  a.array = [f = a.array](St& st) {
    const Ptr v = f(st);
    const std::int64_t n = v->shape[0];
    return gather(*v, 1, Extents{n}, [n](std::int64_t i) { return n - 1 - i; });
  };
  return remember_array(std::move(a));
}

template <typename Real>
Code<Real> Compiler<Real>::rotate(const Term& t) {
  const C k = need_index(t, t->kids[0]);
  C a = need_array(t, t->kids[1]);
  if (a.ty.shape.empty()) ill_typed(t, "needs an array of rank 1 or more");
  join(a.free, k);
  a.array = [k = k.index, f = a.array](St& st) {
    const Ptr v = f(st);
    const std::int64_t n = v->shape[0];
    if (n < 1) throw Fault{"E0705", "rot of an empty axis"};
    const std::int64_t by = index_op(Op::kIntMod, k(st), n);
    return gather(*v, 1, Extents{n}, [n, by](std::int64_t i) { return (i + by) % n; });
  };
  return remember_array(std::move(a));
}

template <typename Real>
Code<Real> Compiler<Real>::reshape(const Term& t) {
  C a = need_array(t, t->kids.back());
  const std::size_t rank = a.ty.shape.size();
  std::vector<IndexFn> shape;
  for (std::size_t k = 0; k + 1 < t->kids.size(); ++k) {
    const C u = need_index(t, t->kids[k]);
    join(a.free, u);
    shape.push_back(u.index);
  }
  a.ty.shape = shape;
  return remember_array(from_boxed(a.ty, a.free, [rank, shape, f = a.array](St& st) {
    const Ptr v = f(st);
    const Extents to = extents(shape, st);
    const Extents old(v->shape.begin(), v->shape.begin() + static_cast<std::ptrdiff_t>(rank));
    if (count(to) != count(old)) {
      throw Fault{"E0701", "reshape of " + show(old) + " to " + show(to) +
                               " changes the number of elements"};
    }
    return gather(*v, rank, to, [](std::int64_t i) { return i; });
  }));
}

template <typename Real>
Code<Real> Compiler<Real>::iota(const Term& t) {
  const C n = need_index(t, t->kids[0]);
  C c;
  c.free = n.free;
  c.ty.kind = K::kReal;
  c.ty.shape = {n.index};
  c.array = [n = n.index](St& st) {
    auto out = std::make_shared<Value<Real>>();
    out->shape = {n(st)};
    const std::int64_t end = count(out->shape);
    for (std::int64_t i = 0; i < end; ++i) out->data.push_back(Real(i));
    return Ptr(out);
  };
  return remember_array(std::move(c));
}

template <typename Real>
template <typename F>
Code<Real> Compiler<Real>::reduce_first(const C& a, F f, Real identity) {
  Ty<Real> ty = a.ty;
  ty.shape.erase(ty.shape.begin());
  return from_boxed(ty, a.free, [f, identity, g = a.array](St& st) {
    const Ptr v = g(st);
    auto out = std::make_shared<Value<Real>>();
    out->shape.assign(v->shape.begin() + 1, v->shape.end());
    const auto cell = static_cast<std::size_t>(count(out->shape));
    out->data.assign(cell, identity);
    for (std::size_t i = 0; i < v->data.size(); ++i) {
      Real& acc = out->data[i % cell];
      acc = f(acc, v->data[i]);
    }
    return Ptr(out);
  });
}

template <typename Real>
Code<Real> Compiler<Real>::reduce_first(const Term& t) {
  const C a = need_array(t, t->kids[0]);
  if (a.ty.kind != K::kReal || a.ty.shape.empty())
    ill_typed(t, "needs an array of reals of rank 1 or more");
  return remember(with_redop(t, t->name, [&](auto f, Real e) { return reduce_first(a, f, e); }));
}

template <typename Real>
template <typename F, typename G>
Code<Real> Compiler<Real>::inner(const C& a, const C& b, F f, Real identity, G g) {
  Ty<Real> ty = a.ty;
  ty.shape.pop_back();
  ty.shape.insert(ty.shape.end(), b.ty.shape.begin() + 1, b.ty.shape.end());
  std::set<int> free = a.free;
  join(free, b);
  return from_boxed(ty, free, [f, identity, g, fa = a.array, fb = b.array](St& st) {
    const Ptr x = fa(st), y = fb(st);
    if (x->shape.back() != y->shape.front())
      throw Fault{"E0701", "`inner` of shapes " + show(x->shape) + " and " + show(y->shape)};
    auto out = std::make_shared<Value<Real>>();
    out->shape.assign(x->shape.begin(), x->shape.end() - 1);
    const std::int64_t m = x->shape.back(), rows = count(out->shape);
    const std::int64_t cols = count({y->shape.begin() + 1, y->shape.end()});
    out->shape.insert(out->shape.end(), y->shape.begin() + 1, y->shape.end());
    out->data.assign(static_cast<std::size_t>(count(out->shape)), identity);
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < m; ++j)
        for (std::int64_t c = 0; c < cols; ++c) {
          Real& acc = out->data[static_cast<std::size_t>(i * cols + c)];
          acc = f(acc, g(x->data[static_cast<std::size_t>(i * m + j)],
                         y->data[static_cast<std::size_t>(j * cols + c)]));
        }
    return Ptr(out);
  });
}

template <typename Real>
Code<Real> Compiler<Real>::inner(const Term& t) {
  const C a = need_array(t, t->kids[0]), b = need_array(t, t->kids[1]);
  if (a.ty.kind != K::kReal || b.ty.kind != K::kReal || a.ty.shape.empty() || b.ty.shape.empty()) {
    ill_typed(t, "needs two arrays of reals of rank 1 or more");
  }
  return remember(with_redop(t, t->name, [&](auto f, Real e) {
    return with_point(t, t->name2, [&](auto g) { return inner(a, b, f, e, g); });
  }));
}

template <typename Real>
template <typename G>
Code<Real> Compiler<Real>::outer(const C& a, const C& b, G g) {
  Ty<Real> ty = a.ty;
  ty.shape.insert(ty.shape.end(), b.ty.shape.begin(), b.ty.shape.end());
  std::set<int> free = a.free;
  join(free, b);
  return from_boxed(ty, free, [g, fa = a.array, fb = b.array](St& st) {
    const Ptr x = fa(st), y = fb(st);
    auto out = std::make_shared<Value<Real>>();
    out->shape = x->shape;
    out->shape.insert(out->shape.end(), y->shape.begin(), y->shape.end());
    out->data.reserve(static_cast<std::size_t>(count(out->shape)));
    for (const Real& u : x->data)
      for (const Real& v : y->data) out->data.push_back(g(u, v));
    return Ptr(out);
  });
}

template <typename Real>
Code<Real> Compiler<Real>::outer(const Term& t) {
  const C a = need_array(t, t->kids[0]), b = need_array(t, t->kids[1]);
  if (a.ty.kind != K::kReal || b.ty.kind != K::kReal) ill_typed(t, "needs arrays of reals");
  return remember(with_point(t, t->name, [&](auto g) { return outer(a, b, g); }));
}

// The type of a cell of rank k, and of a frame of cells of type `cell`.
template <typename Real>
Ty<Real> cell_type(const Ty<Real>& a, std::size_t k) {
  Ty<Real> out = a;
  out.shape.erase(out.shape.begin(), out.shape.end() - static_cast<std::ptrdiff_t>(k));
  return out;
}
template <typename Real>
Ty<Real> frame_type(const Ty<Real>& a, std::size_t frame, Ty<Real> cell) {
  cell.shape.insert(cell.shape.begin(), a.shape.begin(),
                    a.shape.begin() + static_cast<std::ptrdiff_t>(frame));
  return cell;
}

template <typename Real>
Code<Real> Compiler<Real>::omega(const Term& t) {
  const C a = need_array(t, t->kids[1]);
  const auto k = static_cast<std::size_t>(t->attrs[0]);
  if (t->attrs[0] < 0 || k > a.ty.shape.size()) ill_typed(t, "the rank exceeds the operand's");
  const std::size_t frame = a.ty.shape.size() - k;
  const Ty<Real> cell = cell_type(a.ty, k);
  const int slot = bind_value(t->binders[0], cell);
  C body = need_array(t, t->kids[0]);
  unbind(body.free);
  join(body.free, a);
  const Ty<Real> ty = frame_type(a.ty, frame, body.ty);
  return remember(
      from_boxed(ty, body.free, [ty, cell, frame, slot, f = a.array, g = body.array](St& st) {
        const Ptr v = f(st);
        auto out = blank<Real>({}, ty, st, Real(0));
        const std::int64_t n =
            count({v->shape.begin(), v->shape.begin() + static_cast<std::ptrdiff_t>(frame)});
        for (std::int64_t i = 0; i < n; ++i) {
          set_cell(st, slot, cell, load_cell(*v, frame, i));
          store_cell(*out, i, *g(st));
        }
        return Ptr(out);
      }));
}

// The shorter frame repeats under the longer one: frames agree at their ends.
inline std::int64_t common_frame(const Extents& a, const Extents& b) {
  const std::size_t n = std::min(a.size(), b.size());
  if (!std::equal(a.end() - static_cast<std::ptrdiff_t>(n), a.end(),
                  b.end() - static_cast<std::ptrdiff_t>(n))) {
    throw Fault{"E0701", "frames " + show(a) + " and " + show(b) + " do not agree"};
  }
  return count(a.size() > b.size() ? a : b);
}

template <typename Real>
Code<Real> Compiler<Real>::omega2(const Term& t) {
  const C a = need_array(t, t->kids[1]), b = need_array(t, t->kids[2]);
  const auto ka = static_cast<std::size_t>(t->attrs[0]);
  const auto kb = static_cast<std::size_t>(t->attrs[1]);
  if (t->attrs[0] < 0 || t->attrs[1] < 0 || ka > a.ty.shape.size() || kb > b.ty.shape.size())
    ill_typed(t, "a rank exceeds the operand's");
  const std::size_t fa = a.ty.shape.size() - ka, fb = b.ty.shape.size() - kb;
  const Ty<Real> ta = cell_type(a.ty, ka), tb = cell_type(b.ty, kb);
  const int x = bind_value(t->binders[0], ta);
  const int y = bind_value(t->binders[1], tb);
  C body = need_array(t, t->kids[0]);
  unbind(body.free);
  unbind(body.free);
  join(body.free, a), join(body.free, b);
  const Ty<Real> ty = fa >= fb ? frame_type(a.ty, fa, body.ty) : frame_type(b.ty, fb, body.ty);
  return remember(from_boxed(ty, body.free, [=, f = a.array, g = b.array, h = body.array](St& st) {
    const Ptr u = f(st), v = g(st);
    const Extents frame_a(u->shape.begin(), u->shape.begin() + static_cast<std::ptrdiff_t>(fa));
    const Extents frame_b(v->shape.begin(), v->shape.begin() + static_cast<std::ptrdiff_t>(fb));
    const std::int64_t n = common_frame(frame_a, frame_b);
    auto out = blank<Real>({}, ty, st, Real(0));
    for (std::int64_t i = 0; i < n; ++i) {
      set_cell(st, x, ta, load_cell(*u, fa, i % count(frame_a)));
      set_cell(st, y, tb, load_cell(*v, fb, i % count(frame_b)));
      store_cell(*out, i, *h(st));
    }
    return Ptr(out);
  }));
}

// --- sharing, tuples, folds ------------------------------------------------------

template <typename Real>
Code<Real> Compiler<Real>::let(const Term& t) {
  const C e = compile(t->kids[0]);
  if (!e.index && !e.ty.array()) ill_typed(t, "the shared term is not a value");
  const int slot = bind_value(t->binders[0], e.ty);
  C b = compile(t->kids[1]);
  unbind(b.free);
  join(b.free, e);
  struct Memo {
    std::vector<int> slots;
    std::vector<std::int64_t> key;
    bool used = false;
  };
  auto memo = std::make_shared<Memo>();
  memo->slots.assign(e.free.begin(), e.free.end());
  return before(
      [memo, set = assign(slot, e)](St& st) {
        if (unchanged(memo->slots, st, memo->key) && memo->used) return;
        set(st);
        memo->used = true;
      },
      std::move(b));
}

template <typename Real>
Code<Real> Compiler<Real>::tuple(const Term& t) {
  C c;
  c.ty.kind = K::kTup;
  std::vector<Fn<Ptr, Real>> parts;
  for (const Term& kid : t->kids) {
    const C e = need_array(t, kid);
    join(c.free, e);
    c.ty.tup.push_back(e.ty);
    parts.push_back(e.array);
  }
  c.array = [parts](St& st) {
    auto out = std::make_shared<Value<Real>>();
    for (const auto& f : parts) out->parts.push_back(f(st));
    return Ptr(out);
  };
  return c;
}

template <typename Real>
Code<Real> Compiler<Real>::component(const Term& t) {
  if (auto p = path(t)) return access(t, *p);
  const C a = need_array(t, t->kids[0]);
  const auto k = static_cast<std::size_t>(t->value);
  if (a.ty.kind != K::kTup || !a.ty.shape.empty() || t->value < 0 || k >= a.ty.tup.size())
    ill_typed(t, "no such component");
  return from_boxed(a.ty.tup[k], a.free, [k, f = a.array](St& st) { return Ptr(f(st)->parts[k]); });
}

template <typename Real>
Code<Real> Compiler<Real>::fold(const Term& t) {
  const C n = need_index(t, t->kids[0]);
  const C init = compile(t->kids[1]);
  if (!init.ty.array()) ill_typed(t, "the state is not a value");
  const auto j = static_cast<std::size_t>(bind_index(t->binders[0]));
  const int state = bind_value(t->binders[1], init.ty);
  const C step = compile(t->kids[2]);
  if (step.ty.kind != init.ty.kind || step.ty.shape.size() != init.ty.shape.size())
    ill_typed(t, "the step's type is not the state's");
  C c = scope_.back().code;
  c.free = step.free;
  unbind(c.free);
  unbind(c.free);
  join(c.free, init), join(c.free, n);
  return remember(before(
      [j, n = n.index, start = assign(state, init), next = assign(state, step)](St& st) {
        start(st);
        const std::int64_t end = n(st);
        for (std::int64_t v = 0; v < end; ++v) {
          st.slots[j].stamp = v;
          next(st);
        }
      },
      std::move(c)));
}

// --- statements ------------------------------------------------------------------

template <typename Real>
void write(State<Real>& st, std::int64_t at, const Real& x) {
  const auto i = static_cast<std::size_t>(at);
  if (i >= st.written.size()) throw Fault{"E0705", "a write outside of the output"};
  if (st.written[i]) {
    throw Fault{"E0708", "output element number " + std::to_string(at) + " of shape " +
                             show(st.output.shape) + " is written twice"};
  }
  st.written[i] = 1;
  st.output.data[i] = x;
}

template <typename Real>
Code<Real> Compiler<Real>::put(const Term& t) {
  std::vector<IndexFn> index;
  for (std::size_t k = 0; k + 1 < t->kids.size(); ++k)
    index.push_back(need_index(t, t->kids[k]).index);
  const C e = need_array(t, t->kids.back());
  if (e.ty.kind != K::kReal || index.size() + e.ty.shape.size() != output_shape_.size())
    ill_typed(t, "the written array does not have the rank of what is left of the output");
  C c;
  c.ty.kind = K::kStmt;
  c.statement = [index, f = e.array](St& st) {
    const std::int64_t cell = position(st, index, st.output.shape);
    const Ptr v = f(st);
    const auto& shape = st.output.shape;
    if (Extents(shape.begin() + static_cast<std::ptrdiff_t>(index.size()), shape.end()) !=
        v->shape) {
      throw Fault{"E0701", "an array of shape " + show(v->shape) +
                               " does not fit the output of shape " + show(shape)};
    }
    const auto n = static_cast<std::int64_t>(v->data.size());
    for (std::int64_t i = 0; i < n; ++i)
      write(st, cell * n + i, v->data[static_cast<std::size_t>(i)]);
  };
  return c;
}

template <typename Real>
Code<Real> Compiler<Real>::loop(const Term& t) {
  const C n = need_index(t, t->kids[0]);
  const auto slot = static_cast<std::size_t>(bind_index(t->binders[0]));
  C c = compile(t->kids[1]);
  if (!c.statement) ill_typed(t, "the body is not a statement");
  unbind(c.free);
  c.statement = [slot, n = n.index, f = c.statement](St& st) {
    const std::int64_t end = n(st);
    for (std::int64_t v = 0; v < end; ++v) {
      st.slots[slot].stamp = v;
      f(st);
    }
  };
  return c;
}

template <typename Real>
Code<Real> Compiler<Real>::when(const Term& t) {
  const C g = need_bool(t, t->kids[0]);
  C c = compile(t->kids[1]);
  if (!c.statement) ill_typed(t, "the body is not a statement");
  c.statement = [g = g.boolean, f = c.statement](St& st) {
    if (g(st)) f(st);
  };
  return c;
}

// --- dispatch ----------------------------------------------------------------------

template <typename Real>
Code<Real> real_constant(Real x) {
  Code<Real> c;
  c.ty.kind = Ty<Real>::Kind::kReal;
  c.real = [x](State<Real>&) { return x; };
  return c;
}

template <typename Real>
Code<Real> Compiler<Real>::compile(const Term& t) {
  switch (t->op) {
    case Op::kInt: {
      C c;
      c.index = constant(t->value);
      return c;
    }
    case Op::kVar:
      return variable(t);
    case Op::kTrue:
    case Op::kAnd:
    case Op::kOr:
    case Op::kNot:
    case Op::kIsZero:
      return connective(t);
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
      return arithmetic(t);
    case Op::kDiv:
      return binary(t, Divide{});
    case Op::kMax:
      return binary(t, Max{});
    case Op::kMin:
      return binary(t, Min{});
    case Op::kExpSub:
      return remember(binary(t, ExpSub{}));
    case Op::kIntDiv:
    case Op::kIntMod:
      return integer(t);
    case Op::kLt:
    case Op::kLe:
    case Op::kEq:
    case Op::kNe:
      return comparison(t);
    case Op::kAny:
      return any(t);
    case Op::kReal: {
      C c = need_index(t, t->kids[0]);
      c.ty.kind = K::kReal;
      c.real = [f = c.index](St& st) { return Real(f(st)); };
      c.index = nullptr;
      c.variable = -1;
      return c;
    }
    case Op::kRat:
      return real_constant<Real>(Real(t->value) / Real(t->value2));
    case Op::kBottom:
      return real_constant<Real>(bottom<Real>());
    case Op::kNeg:
      return unary(t, Neg{});
    case Op::kExp:
      return unary(t, Exp{});
    case Op::kExp2:
      return unary(t, Exp2{});
    case Op::kLog:
      return unary(t, Log{});
    case Op::kSqrt:
      return unary(t, Sqrt{});
    case Op::kTanh:
      return unary(t, Tanh{});
    case Op::kIf:
      return choose(t);
    case Op::kRed:
      return reduce(t);
    case Op::kOsMerge:
      return merge(t);
    case Op::kGen:
    case Op::kParGen:
      return generate(t);
    case Op::kPsi:
    case Op::kMem:
      return select(t);
    case Op::kTran:
      return transpose(t);
    case Op::kTake:
    case Op::kDrop:
      return take_drop(t);
    case Op::kCat:
      return catenate(t);
    case Op::kRev:
      return reverse(t);
    case Op::kRot:
      return rotate(t);
    case Op::kReshape:
      return reshape(t);
    case Op::kIota:
      return iota(t);
    case Op::kRedf:
      return reduce_first(t);
    case Op::kInner:
      return inner(t);
    case Op::kOuter:
      return outer(t);
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
      return component(t);
    case Op::kFold:
      return fold(t);
    case Op::kPut:
      return put(t);
    case Op::kFor:
    case Op::kParFor:
      return loop(t);
    case Op::kWhen:
      return when(t);
  }
  throw Fault{"E0701", "unknown term"};
}

// --- what is checked before evaluation ------------------------------------------------

void check_dims(const Spec& spec, const std::map<std::string, std::int64_t>& dims) {
  constexpr std::int64_t kMaxDim = 16777216;  // FORMAT.md section 5: 2^24
  for (const std::string& d : spec.dims) {
    const auto it = dims.find(d);
    if (it == dims.end()) throw Fault{"E0702", "no value for dimension " + d};
    if (it->second < 1 || it->second > kMaxDim) {
      throw Fault{"E0702", "dimension " + d + " = " + std::to_string(it->second) +
                               " is not between 1 and 2^24"};
    }
  }
  for (const auto& [name, n] : dims)
    if (std::find(spec.dims.begin(), spec.dims.end(), name) == spec.dims.end())
      throw Fault{"E0702", "spec " + spec.name + " has no dimension " + name};
}

template <typename Real>
void check_requires(const Spec& spec, Compiler<Real>& compiler) {
  for (const Term& r : spec.requires_) {
    const Code<Real> c = compiler.compile(r);
    State<Real> st;
    st.slots.resize(compiler.slots());
    if (!c.boolean) throw Fault{"E0701", "a `require` is not a condition"};
    if (!c.boolean(st)) throw Fault{"E0702", "`require` does not hold: " + print(r)};
  }
}

inline std::string place(const Extents& shape, std::int64_t at) {
  std::string out;
  for (std::size_t k = shape.size(); k-- > 0; at /= shape[k])
    out = std::to_string(at % shape[k]) + (out.empty() ? "" : ", ") + out;
  return "[" + out + "]";
}

template <typename Real>
std::int64_t bound(const std::optional<Term>& t, Compiler<Real>& compiler, std::int64_t otherwise) {
  if (!t) return otherwise;
  const Code<Real> c = compiler.compile(*t);
  State<Real> st;
  st.slots.resize(compiler.slots());
  if (!c.index) throw Fault{"E0701", "a bound of a declared range is not an index"};
  return c.index(st);
}

template <typename Real>
void check_range(const Array& a, const Tensor<Real>& x, Compiler<Real>& compiler) {
  const std::int64_t lo = bound(a.lo, compiler, std::numeric_limits<std::int32_t>::min());
  const std::int64_t hi = bound(a.hi, compiler, std::int64_t{1} << 31);
  for (std::size_t i = 0; i < x.data.size(); ++i) {
    const Real& v = x.data[i];
    const bool whole =
        finite(v) && v >= Real(lo) && v < Real(hi) && Real(static_cast<std::int64_t>(v)) == v;
    if (whole) continue;
    throw Fault{"E0703", a.name + place(x.shape, static_cast<std::int64_t>(i)) + " = " +
                             std::to_string(static_cast<double>(v)) + " is not a whole number in " +
                             std::to_string(lo) + " .. " + std::to_string(hi)};
  }
}

template <typename Real>
ValuePtr<Real> checked_input(const Array& a, const std::map<std::string, Tensor<Real>>& inputs,
                             Compiler<Real>& compiler) {
  const auto it = inputs.find(a.name);
  if (it == inputs.end()) throw Fault{"E0704", "no array for input " + a.name};
  const auto declared = compiler.shape_of(a);
  State<Real> st;
  st.slots.resize(compiler.slots());
  const Extents shape = extents(declared, st);
  const Tensor<Real>& x = it->second;
  if (x.shape != shape || x.data.size() != static_cast<std::size_t>(count(shape))) {
    throw Fault{"E0704", "input " + a.name + " should have shape " + show(shape) + ", got " +
                             show(x.shape) + " with " + std::to_string(x.data.size()) +
                             " elements"};
  }
  if (a.elem == Elem::kI32) check_range(a, x, compiler);
  for (const Real& v : x.data) {
    if (finite(v)) continue;
    compiler.check_reads_of(a.name);
    break;
  }
  auto out = std::make_shared<Value<Real>>();
  out->shape = shape;
  out->data = x.data;
  return out;
}

template <typename Real>
Tensor<Real> run(const Spec& spec, const Term& term,
                 const std::map<std::string, std::int64_t>& dims,
                 const std::map<std::string, Tensor<Real>>& inputs) {
  check_dims(spec, dims);
  Compiler<Real> compiler(spec, dims);
  check_requires(spec, compiler);
  State<Real> st;
  std::vector<ValuePtr<Real>> values;
  for (const Array& a : spec.inputs) values.push_back(checked_input(a, inputs, compiler));
  compiler.set_output(spec.output);
  const Code<Real> code = compiler.compile(term);
  const auto output_shape = compiler.shape_of(spec.output);
  st.slots.resize(compiler.slots());
  for (std::size_t k = 0; k < values.size(); ++k) st.slots[k].array = values[k];
  st.output.shape = extents(output_shape, st);
  const auto n = static_cast<std::size_t>(count(st.output.shape));
  st.output.data.assign(n, Real(0));
  st.written.assign(n, 0);
  if (!code.statement) throw Fault{"E0701", "the term is not a statement"};
  code.statement(st);
  for (std::size_t i = 0; i < n; ++i) {
    if (st.written[i]) continue;
    throw Fault{"E0708", "output element " + spec.output.name +
                             place(st.output.shape, static_cast<std::int64_t>(i)) +
                             " is never written"};
  }
  return {st.output.shape, std::move(st.output.data)};
}

}  // namespace interpret

template <typename Real>
Result<Tensor<Real>> evaluate_statement(const Spec& spec, const Term& statement,
                                        const std::map<std::string, std::int64_t>& dims,
                                        const std::map<std::string, Tensor<Real>>& inputs) {
  Diagnostic d;
  d.span.file = spec.path;
  try {
    return interpret::run(spec, statement, dims, inputs);
  } catch (const interpret::Fault& f) {
    d.code = f.code;
    d.message = f.message;
  } catch (const std::bad_alloc&) {
    d.code = "E0709";
    d.message = "not enough memory to evaluate spec " + spec.name;
  }
  return d;
}

template <typename Real>
Result<Tensor<Real>> evaluate(const Spec& spec, const std::map<std::string, std::int64_t>& dims,
                              const std::map<std::string, Tensor<Real>>& inputs) {
  return evaluate_statement(spec, mk_put({}, spec.core), dims, inputs);
}

using Dims = std::map<std::string, std::int64_t>;
template Result<Tensor<double>> evaluate(const Spec&, const Dims&,
                                         const std::map<std::string, Tensor<double>>&);
template Result<Tensor<Quad>> evaluate(const Spec&, const Dims&,
                                       const std::map<std::string, Tensor<Quad>>&);
template Result<Tensor<double>> evaluate_statement(const Spec&, const Term&, const Dims&,
                                                   const std::map<std::string, Tensor<double>>&);
template Result<Tensor<Quad>> evaluate_statement(const Spec&, const Term&, const Dims&,
                                                 const std::map<std::string, Tensor<Quad>>&);

}  // namespace minimoa
