// Terms to closures: one pass over a term gives a tree of functions over slots.
//
// Every binder owns one slot. A slot carries a stamp: the value of an index
// variable, or a number that is new each time a let or fold variable gets a
// new value. A result that depends on slots with unchanged stamps is the same
// result, so reductions, transcendental functions, lets and arrays remember
// what they gave last (`Memo`): sharing costs nothing and changes nothing.
// May be wrong: a closure that reads a slot which is not in its `free` list
// would be remembered too long. All reads of slots go through `variable` or
// `Path`, which record the slot.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "spec/lang/interpret_value.h"

namespace minimoa::interpret {

template <typename Real>
struct Slot {
  std::int64_t stamp = 0;  // the value itself for an index variable
  Real real = 0;
  ValuePtr<Real> array;
};

template <typename Real>
struct State {
  std::vector<Slot<Real>> slots;
  std::int64_t stamps = 0;  // stamps given so far
  Value<Real> output;       // of statements
  std::vector<char> written;
};

template <typename T, typename Real>
using Fn = std::function<T(State<Real>&)>;

template <typename Real>
struct Ty {
  enum class Kind { kIndex, kBool, kStmt, kReal, kInt, kTup };
  Kind kind = Kind::kIndex;                   // the last three: element kind
  std::vector<Fn<std::int64_t, Real>> shape;  // of the last three
  std::vector<Ty> tup;
  bool array() const { return kind == Kind::kReal || kind == Kind::kInt || kind == Kind::kTup; }
  bool scalar() const { return kind == Kind::kReal && shape.empty(); }
};

// A compiled term; exactly the function of its kind is set.
template <typename Real>
struct Code {
  Ty<Real> ty;
  std::set<int> free;  // slots that it reads, inputs excepted
  Fn<std::int64_t, Real> index;
  int variable = -1;  // slot, if `index` is a variable
  Fn<bool, Real> boolean;
  Fn<Real, Real> real;             // scalars of reals
  Fn<ValuePtr<Real>, Real> array;  // all other arrays and tuples
  Fn<void, Real> statement;
};

// An index with a short cut for a variable, by far the most common one.
template <typename Real>
struct FastIndex {
  explicit FastIndex(const Code<Real>& c) : slot(c.variable), f(c.index) {}
  std::int64_t operator()(State<Real>& st) const {
    return slot >= 0 ? st.slots[static_cast<std::size_t>(slot)].stamp : f(st);
  }
  int slot;
  Fn<std::int64_t, Real> f;
};

template <typename Real>
Extents extents(const std::vector<Fn<std::int64_t, Real>>& shape, State<Real>& st) {
  Extents out;
  for (const auto& n : shape) out.push_back(n(st));
  return out;
}

// A zero value (or with `fill` in the leaves) of the type, under an outer shape.
template <typename Real>
std::shared_ptr<Value<Real>> blank(const Extents& outer, const Ty<Real>& ty, State<Real>& st,
                                   const Real& fill) {
  auto out = std::make_shared<Value<Real>>();
  out->shape = outer;
  for (const auto& n : ty.shape) out->shape.push_back(n(st));
  if (ty.kind != Ty<Real>::Kind::kTup) {
    out->data.assign(static_cast<std::size_t>(count(out->shape)), fill);
    return out;
  }
  for (const auto& t : ty.tup) out->parts.push_back(blank(out->shape, t, st, fill));
  return out;
}

// dst's cell number `at` := v. dst was made by blank() and is not shared yet.
template <typename Real>
void store_cell(Value<Real>& dst, std::int64_t at, const Value<Real>& v) {
  for (std::size_t k = 0; k < v.parts.size(); ++k)
    store_cell(const_cast<Value<Real>&>(*dst.parts[k]), at, *v.parts[k]);
  const auto n = static_cast<std::int64_t>(v.data.size());
  if ((at + 1) * n > static_cast<std::int64_t>(dst.data.size()))
    throw Fault{"E0701", "cells of an array have different shapes"};
  std::copy(v.data.begin(), v.data.end(), dst.data.begin() + at * n);
}

// True if the stamps of the slots are those of the last call; keeps them.
template <typename Real>
bool unchanged(const std::vector<int>& slots, const State<Real>& st,
               std::vector<std::int64_t>& key) {
  bool same = key.size() == slots.size();
  key.resize(slots.size());
  for (std::size_t k = 0; k < slots.size(); ++k) {
    const std::int64_t now = st.slots[static_cast<std::size_t>(slots[k])].stamp;
    same = same && key[k] == now;
    key[k] = now;
  }
  return same;
}

// Remembers scalars: one entry for each value of the innermost index variable
// that the scalar depends on, as long as all else is unchanged.
template <typename Real>
struct ScalarMemo {
  static constexpr std::int64_t kEntries = 1 << 16;
  int axis = -1;  // slot of that index variable
  std::vector<int> rest;
  std::vector<std::int64_t> key;
  bool used = false;
  std::int64_t epoch = 0;
  std::vector<std::pair<std::int64_t, Real>> entries;  // epoch, value

  Real get(State<Real>& st, const Fn<Real, Real>& f) {
    const std::int64_t i = axis < 0 ? 0 : st.slots[static_cast<std::size_t>(axis)].stamp;
    if (i < 0 || i >= kEntries) return f(st);
    if (!unchanged(rest, st, key) || !used) ++epoch;
    used = true;
    const auto at = static_cast<std::size_t>(i);
    if (at < entries.size() && entries[at].first == epoch) return entries[at].second;
    const std::int64_t mine = epoch;
    Real r = f(st);
    if (at >= entries.size()) entries.resize(at + 1, {0, Real(0)});
    entries[at] = {mine, r};
    return r;
  }
};

template <typename Real>
class Compiler {
 public:
  using K = typename Ty<Real>::Kind;
  using St = State<Real>;
  using C = Code<Real>;
  using Ptr = ValuePtr<Real>;
  using IndexFn = Fn<std::int64_t, Real>;

  Compiler(const Spec& spec, const std::map<std::string, std::int64_t>& dims);

  // Inputs get the first slots, in order; dimensions are constants.
  C compile(const Term& t);
  int input_slot(std::size_t k) const { return static_cast<int>(k); }
  std::size_t slots() const { return is_index_.size(); }
  // Inputs with an element that is not finite: reads are checked one by one.
  void check_reads_of(const std::string& input) { suspect_.insert(input_of(input)); }
  std::vector<IndexFn> shape_of(const Array& a);
  // What the statement's puts may write.
  void set_output(const Array& a) { output_shape_ = shape_of(a); }

 private:
  struct Binding {
    std::string name;
    C code;
    int slot;
  };
  // An access x[..].k[..]: a variable, components and indices.
  struct Path {
    int slot = -1;
    std::vector<std::size_t> parts;
    std::vector<FastIndex<Real>> index;
    Ty<Real> ty;
    std::set<int> free;
  };

  [[noreturn]] static void ill_typed(const Term& t, const std::string& why) {
    throw Fault{"E0701", std::string("`") + op_word(t->op) + "`: " + why};
  }
  int input_of(const std::string& name) const {
    for (const Binding& b : scope_)
      if (b.name == name) return b.slot;
    return -1;
  }
  int new_slot(bool index) {
    is_index_.push_back(index);
    return static_cast<int>(is_index_.size()) - 1;
  }
  static IndexFn constant(std::int64_t n) {
    return [n](St&) { return n; };
  }
  static void join(std::set<int>& to, const C& c) { to.insert(c.free.begin(), c.free.end()); }

  // --- binders ---
  int bind_index(const std::string& name);
  int bind_value(const std::string& name, const Ty<Real>& ty);
  void unbind(std::set<int>& free) {
    free.erase(scope_.back().slot);
    scope_.pop_back();
  }
  // Puts the value of c into its slot, with a new stamp.
  Fn<void, Real> assign(int slot, const C& c);
  // The same for a cell of an array.
  static void set_cell(St& st, int slot, const Ty<Real>& ty, Ptr v);
  // c, with `pre` run before it.
  static C before(Fn<void, Real> pre, C c);

  // --- memo ---
  C remember(C c) const;
  C remember_array(C c) const;

  // --- helpers by kind of result ---
  C need_index(const Term& t, const Term& kid);
  C need_bool(const Term& t, const Term& kid);
  C need_array(const Term& t, const Term& kid);  // any array or tuple, boxed
  C need_reals(const Term& t, const Term& kid);  // elements are reals
  static Fn<Ptr, Real> boxed(const C& c);
  static C from_boxed(Ty<Real> ty, std::set<int> free, Fn<Ptr, Real> f);

  // --- operators ---
  C variable(const Term& t);
  std::optional<Path> path(const Term& t);
  C access(const Term& t, Path p);
  C read_scalar(const Path& p) const;
  C integer(const Term& t);
  C comparison(const Term& t);
  C connective(const Term& t);
  C any(const Term& t);
  C arithmetic(const Term& t);
  template <typename F>
  C unary(const Term& t, F f);
  template <typename F>
  C binary(const Term& t, const C& a, const C& b, F f);
  template <typename F>
  C binary(const Term& t, F f) {
    return binary(t, need_reals(t, t->kids[0]), need_reals(t, t->kids[1]), f);
  }
  C choose(const Term& t);
  C reduce(const Term& t);
  template <typename F>
  C reduce_scalar(const C& n, const C& g, const C& x, int j, F f, Real identity);
  C reduce_add(const C& n, const C& g, const C& x, int j);
  C reduce_states(const C& n, const C& g, const C& x, int j);
  C merge(const Term& t);
  C generate(const Term& t);
  C select(const Term& t);
  C select_from(const Term& t, std::vector<C> index, std::size_t from, const Term& operand);
  C select_boxed(const Term& t, const std::vector<C>& index, std::size_t from, const C& a);
  C transpose(const Term& t);
  C take_drop(const Term& t);
  C catenate(const Term& t);
  C catenate(const Term& t, const C& a, const C& b);
  C reverse(const Term& t);
  C rotate(const Term& t);
  C reshape(const Term& t);
  C iota(const Term& t);
  C reduce_first(const Term& t);
  template <typename F>
  C reduce_first(const C& a, F f, Real identity);
  C inner(const Term& t);
  template <typename F, typename G>
  C inner(const C& a, const C& b, F f, Real identity, G g);
  C outer(const Term& t);
  template <typename G>
  C outer(const C& a, const C& b, G g);
  C omega(const Term& t);
  C omega2(const Term& t);
  C let(const Term& t);
  C tuple(const Term& t);
  C component(const Term& t);
  C fold(const Term& t);
  C put(const Term& t);
  C loop(const Term& t);
  C when(const Term& t);

  // use(F, identity) with the reduction operator, use(F) with the pointwise
  // operator of that name.
  template <typename Use>
  C with_redop(const Term& t, const std::string& f, Use use);
  template <typename Use>
  C with_point(const Term& t, const std::string& g, Use use);

  std::vector<bool> is_index_;  // by slot
  std::vector<Binding> scope_;  // dimensions, inputs, then binders
  std::set<int> suspect_;
  std::set<int> inputs_;
  std::vector<IndexFn> output_shape_;
};

}  // namespace minimoa::interpret
