// Lowering by one recursive walk (certificates/FORMAT.md, sections 8.2 to 8.4).
//
// A value is computed into a *place*: leaves of storage with an index prefix.
// `into` writes places, `expr` and `condition` give C++ text and emit what the
// text needs before the current statement. A fold's state is its destination,
// so every read through it is checked to be of the old value (8.4).
// May be wrong: see lower.h; the first failure is kept and ends the walk.
#include "extract/lower.h"

#include <algorithm>
#include <utility>

#include "extract/lowerer.h"

namespace minimoa {
namespace lowering {
namespace {

std::string join_product(const std::vector<std::string>& extents, bool checked) {
  if (extents.empty()) return "1";
  std::string out = extents[0];
  for (std::size_t k = 1; k < extents.size(); ++k) {
    out =
        checked ? "product(" + out + ", " + extents[k] + ")" : "(" + out + " * " + extents[k] + ")";
  }
  return out;
}

std::size_t leaf_count(const Type& t) { return leaf_shapes(t).size(); }

}  // namespace

std::string shorten(std::string text) {
  if (text.size() > 120) text = text.substr(0, 117) + "...";
  return text;
}

void Allocation::add(const std::vector<std::string>& extents) {
  const std::string size = join_product(extents, false);
  const std::string checked = join_product(extents, true);
  offset = empty ? size : "(" + offset + " + " + size + ")";
  total = empty ? checked : "total(" + total + ", " + checked + ")";
  empty = false;
}

// ---------------------------------------------------------------- failure

std::string Lowerer::fail(const std::string& code, const std::string& message, const Term& where,
                          std::vector<std::string> notes) {
  if (!error_) {
    Diagnostic d;
    d.code = code;
    d.message = message;
    d.span.file = spec_.path;
    d.notes.push_back("= at: " + shorten(print(where)));
    for (std::string& n : notes) d.notes.push_back(std::move(n));
    error_ = std::move(d);
  }
  return "0";
}

// ---------------------------------------------------------------- names

std::string Lowerer::fresh(const std::string& name) {
  return name + "_" + std::to_string(counter_++);
}

// Two binders must not get one C++ name: `x_1` with counter 2 and leaf 2 of
// `x` with counter 1 are both x_1_2, and the inner would hide the outer.
std::string Lowerer::named(const std::string& cpp, const Term& where) {
  if (!used_.insert(cpp).second) cannot("two names become `" + cpp + "`", where);
  return cpp;
}

Type Lowerer::type(const Term& t, const Env& env) {
  Typed typed = type_of(t, env.scope, spec_);
  if (!typed.ok) cannot("no type: " + typed.error, t);
  return typed.type;
}

Env Lowerer::inside(const Term& t, std::size_t kid, const Env& env) const {
  return {env.names, enter(t, kid, env.scope, spec_)};
}

Env Lowerer::bind_index(const Term& t, std::size_t kid, const std::string& cpp,
                        const Env& env) const {
  Env in = inside(t, kid, env);
  in.names[t->binders[0]] = {cpp, std::nullopt};
  return in;
}

// ---------------------------------------------------------------- expressions

// An extent of storage or of a task count: over dimensions only.
std::string Lowerer::extent(const Term& n, const Env& env) {
  for (const std::string& v : free_vars(n)) {
    const bool dim = std::find(spec_.dims.begin(), spec_.dims.end(), v) != spec_.dims.end();
    if (!dim || env.names.count(v) != 0) {
      return cannot("extent `" + print(n) + "` mentions `" + v + "`, which is no dimension", n);
    }
  }
  return index(n, env);
}

std::string Lowerer::index(const Term& t, const Env& env) {
  const auto two = [&](const char* op) {
    const std::string a = index(t->kids[0], env);
    return "(" + a + " " + op + " " + index(t->kids[1], env) + ")";
  };
  if (t->op == Op::kInt) {
    // LL: arithmetic among literals must not be done in int.
    const std::string n = std::to_string(t->value) + "LL";
    return t->value < 0 ? "(" + n + ")" : n;
  }
  if (t->op == Op::kVar) {
    const auto it = env.names.find(t->name);
    if (it != env.names.end()) {
      return it->second.place ? cannot("`" + t->name + "` is no index", t) : it->second.index;
    }
    if (std::find(spec_.dims.begin(), spec_.dims.end(), t->name) == spec_.dims.end()) {
      return cannot("`" + t->name + "` is no index", t);
    }
    return "a." + t->name;
  }
  if (t->op == Op::kAdd) return two("+");
  if (t->op == Op::kSub) return two("-");
  if (t->op == Op::kMul) return two("*");
  if (t->op == Op::kIntDiv) return two("/");
  if (t->op == Op::kIntMod) return two("%");
  if (t->op == Op::kMem) return element(t, true, env);
  return cannot(std::string("`") + op_word(t->op) + "` as an index", t);
}

std::string Lowerer::strided(const std::string& array, const std::vector<std::string>& at) const {
  std::string sum;
  for (std::size_t k = 0; k < at.size(); ++k) {
    const std::string part = "(" + at[k] + " * a." + array + "_s[" + std::to_string(k) + "])";
    sum = k == 0 ? part : "(" + sum + " + " + part + ")";
  }
  return "a." + array + "[" + (sum.empty() ? "0" : sum) + "]";
}

std::string Lowerer::element(const Term& mem, bool whole_numbers, const Env& env) {
  const std::string& name = mem->kids[0]->name;
  for (const Array& in : spec_.inputs) {
    if (in.name != name || mem->kids[0]->op != Op::kVar) continue;
    if ((in.elem == Elem::kI32) != whole_numbers) {
      return cannot("element of `" + name + "` as the other kind of number", mem);
    }
    if (mem->kids.size() - 1 != in.shape.size()) return cannot("wrong number of indices", mem);
    std::vector<std::string> at;
    for (const Term& p : index_of(mem)) at.push_back(index(p, env));
    const std::string access = strided(name, at);
    return whole_numbers ? "static_cast<std::int64_t>(" + access + ")" : access;
  }
  return cannot("`mem` of something that is no input", mem);
}

std::string Lowerer::any(const Term& t, const Env& env) {
  const std::string acc = named(fresh("acc"), t);
  const std::string j = named(fresh(t->binders[0]), t);
  const std::string n = index(t->kids[0], env);
  emit(CodeStatement::Kind::kFlag, acc, "false");
  loop(j, n, nullptr, [&] {
    const std::string g = condition(t->kids[1], bind_index(t, 1, j, env));
    Block then = capture([&] { emit(CodeStatement::Kind::kAssign, acc, "true"); });
    emit({CodeStatement::Kind::kBranch, "", g, std::move(then), {}, nullptr});
  });
  return acc;
}

// alone: not under and, or, not (where `any` cannot be lowered).
std::string Lowerer::condition(const Term& t, const Env& env, bool alone) {
  const auto compare = [&](const char* op) {
    const std::string a = index(t->kids[0], env);
    return "(" + a + " " + op + " " + index(t->kids[1], env) + ")";
  };
  const auto connect = [&](const char* op) {
    const std::string a = condition(t->kids[0], env, false);
    return "(" + a + " " + op + " " + condition(t->kids[1], env, false) + ")";
  };
  if (t->op == Op::kTrue) return "true";
  if (t->op == Op::kLt) return compare("<");
  if (t->op == Op::kLe) return compare("<=");
  if (t->op == Op::kEq) return compare("==");
  if (t->op == Op::kNe) return compare("!=");
  if (t->op == Op::kAnd) return connect("&&");
  if (t->op == Op::kOr) return connect("||");
  if (t->op == Op::kNot) return "(!" + condition(t->kids[0], env, false) + ")";
  if (t->op == Op::kIsZero) return "(" + expr(t->kids[0], env) + " == 0.0f)";
  if (t->op == Op::kAny && alone) return any(t, env);
  return cannot(std::string("`") + op_word(t->op) + "` as a condition", t);
}

std::string Lowerer::binary(const Term& t, const char* op, const Env& env) {
  const std::string a = expr(t->kids[0], env);
  return "(" + a + " " + op + " " + expr(t->kids[1], env) + ")";
}

std::string Lowerer::call(const Term& t, const std::string& function, const Env& env) {
  std::string args;
  for (const Term& k : t->kids) args += (args.empty() ? "" : ", ") + expr(k, env);
  return function + "(" + args + ")";
}

std::string Lowerer::expr(const Term& t, const Env& env) {
  if (error_) return "0";
  if (is_access(t, env)) return access(t, env);
  if (t->op == Op::kReal) return "static_cast<float>(" + index(t->kids[0], env) + ")";
  if (t->op == Op::kRat) {
    return "(static_cast<float>(" + std::to_string(t->value) + ") / static_cast<float>(" +
           std::to_string(t->value2) + "))";
  }
  if (t->op == Op::kBottom) return "kBottom";
  if (t->op == Op::kAdd) return binary(t, "+", env);
  if (t->op == Op::kSub) return binary(t, "-", env);
  if (t->op == Op::kMul) return binary(t, "*", env);
  if (t->op == Op::kDiv) return binary(t, "/", env);
  if (t->op == Op::kMax) return call(t, "maximum", env);
  if (t->op == Op::kMin) return call(t, "minimum", env);
  if (t->op == Op::kExpSub) return call(t, "expsub", env);
  if (t->op == Op::kNeg) return "(-" + expr(t->kids[0], env) + ")";
  if (t->op == Op::kExp || t->op == Op::kExp2 || t->op == Op::kLog || t->op == Op::kSqrt ||
      t->op == Op::kTanh) {
    return call(t, std::string("std::") + op_word(t->op), env);
  }
  if (t->op == Op::kMem) return element(t, false, env);
  if (t->op == Op::kRed) return reduction(t, env);
  if (t->op == Op::kIf) return selection(t, env);
  if (t->op == Op::kLet) {
    const Env in = let(t, env);
    return expr(t->kids[1], in);
  }
  return cannot(std::string("`") + op_word(t->op) + "` as a scalar", t);
}

std::string Lowerer::reduction(const Term& t, const Env& env) {
  struct Row {
    const char* f;
    const char* identity;
  };
  static constexpr Row kRows[] = {
      {"add", "0.0f"}, {"mul", "1.0f"}, {"max", "kBottom"}, {"min", "(-kBottom)"}};
  const Row* row = nullptr;
  for (const Row& r : kRows) {
    if (t->name == r.f) row = &r;
  }
  if (row == nullptr) return cannot("reduction with `" + t->name + "`", t);
  const std::string acc = named(fresh("acc"), t);
  const std::string j = named(fresh(t->binders[0]), t);
  const std::string n = index(t->kids[0], env);
  emit(CodeStatement::Kind::kLocal, acc, row->identity);
  const auto step = [&] {
    const std::string x = expr(t->kids[2], bind_index(t, 2, j, env));
    std::string value;
    if (t->name == "add") value = acc + " + " + x;
    if (t->name == "mul") value = acc + " * " + x;
    if (t->name == "max") value = "maximum(" + acc + ", " + x + ")";
    if (t->name == "min") value = "minimum(" + acc + ", " + x + ")";
    emit(CodeStatement::Kind::kAssign, acc, value);
  };
  loop(j, n, nullptr, [&] {
    if (t->kids[1]->op == Op::kTrue) return step();
    const std::string g = condition(t->kids[1], bind_index(t, 1, j, env));
    Block then = capture(step);
    emit({CodeStatement::Kind::kBranch, "", g, std::move(then), {}, nullptr});
  });
  return acc;
}

// (if c x y) as a scalar: what c needs, then a local that both branches set.
std::string Lowerer::selection(const Term& t, const Env& env) {
  const std::string c = condition(t->kids[0], env);
  const std::string sel = named(fresh("sel"), t);
  emit(CodeStatement::Kind::kLocal, sel, "0.0f");
  const auto branch = [&](std::size_t kid) {
    return capture([&] {
      const std::string x = expr(t->kids[kid], inside(t, kid, env));
      emit(CodeStatement::Kind::kAssign, sel, x);
    });
  };
  Block then = branch(1);
  Block otherwise = branch(2);
  emit({CodeStatement::Kind::kBranch, "", c, std::move(then), std::move(otherwise), nullptr});
  return sel;
}

// ---------------------------------------------------------------- places

bool Lowerer::is_access(const Term& t, const Env& env) const {
  if (t->op == Op::kPsi) return is_access(operand_of(t), env);
  if (t->op == Op::kGet) return is_access(t->kids[0], env);
  if (t->op != Op::kVar) return false;
  const auto it = env.names.find(t->name);
  return it != env.names.end() && it->second.place.has_value();
}

std::optional<Place> Lowerer::resolve(const Term& t, const Env& env) {
  if (t->op == Op::kVar) return env.names.at(t->name).place;
  std::optional<Place> d = resolve(t->op == Op::kPsi ? operand_of(t) : t->kids[0], env);
  if (!d) return d;
  if (t->op == Op::kGet) {
    const bool fits = d->type.shape.empty() && d->type.elem == Type::ElemKind::kTup &&
                      t->value >= 0 && static_cast<std::size_t>(t->value) < d->type.tup.size();
    if (!fits) {
      cannot("component of something that is no tuple", t);
      return std::nullopt;
    }
    return component_of(*d, static_cast<std::size_t>(t->value));
  }
  std::vector<std::string> at;
  for (const Term& p : index_of(t)) at.push_back(index(p, env));
  if (at.size() > d->type.shape.size()) {
    cannot("too many indices", t);
    return std::nullopt;
  }
  return element_of(*d, std::move(at));
}

Place Lowerer::element_of(Place d, std::vector<std::string> at) {
  for (std::string& i : at) d.index.push_back(std::move(i));
  d.type.shape.erase(d.type.shape.begin(),
                     d.type.shape.begin() + static_cast<std::ptrdiff_t>(at.size()));
  return d;
}

Place Lowerer::component_of(Place d, std::size_t k) const {
  for (std::size_t c = 0; c < k; ++c) d.first += leaf_count(d.type.tup[c]);
  const Type component = d.type.tup[k];
  d.type = component;
  d.count = leaf_count(component);
  return d;
}

// X, or X[OFFSET] with the Horner form of the indices.
std::string Lowerer::leaf_text(const Place& d) {
  const Leaf& leaf = leaves_[d.first];
  if (leaf.extents.empty()) return leaf.slow ? leaf.base + "[0]" : leaf.base;
  return leaf.base + "[" + offset_of(d) + "]";
}

// The Horner form, with indices and extents in the order in which they are stored.
std::string Lowerer::offset_of(const Place& d) const {
  const Leaf& leaf = leaves_[d.first];
  std::vector<std::string> at = d.index;
  if (leaf.lanes) at.push_back(kLaneText);
  if (leaf.turned) std::rotate(at.begin(), at.begin() + 1, at.end());
  std::string offset = at[0];
  for (std::size_t k = 1; k < at.size(); ++k) {
    offset = "((" + offset + " * " + leaf.extents[k] + ") + " + at[k] + ")";
  }
  return offset;
}

std::string Lowerer::access(const Term& t, const Env& env) {
  const std::optional<Place> d = resolve(t, env);
  if (!d || error_) return "0";
  if (!d->type.shape.empty() || d->type.elem != Type::ElemKind::kReal) {
    return cannot("this names an array or a tuple where a scalar is needed", t);
  }
  check_read(*d, t);
  return leaf_text(*d);
}

// A read through a fold's state must be of the old value: its leaf is not yet
// written in this step, and its indices begin with the step's open variables,
// so that no other iteration has written the element.
void Lowerer::check_read(const Place& d, const Term& read) {
  if (!d.fold || error_) return;
  const FoldState& st = folds_[*d.fold];
  const std::string note =
      "= read: `" + shorten(print(read)) + "` through the state `" + st.name + "`";
  for (std::size_t leaf = d.first; leaf < d.first + d.count; ++leaf) {
    const auto w = st.written.find(leaf);
    if (w == st.written.end()) continue;
    fail("E0611", "the state `" + st.name + "` is read after this step has written it", read,
         {note, "= write: " + w->second});
    return;
  }
  const std::size_t own = st.place.index.size();
  const bool begins = d.index.size() >= own + st.open.size() &&
                      std::equal(st.open.begin(), st.open.end(),
                                 d.index.begin() + static_cast<std::ptrdiff_t>(own));
  if (begins) return;
  std::string open;
  for (const std::string& v : st.open) open += " " + v;
  fail("E0611", "the state `" + st.name + "` is read at another index than the one being written",
       read, {note, "= write: at the loop variables" + open});
}

void Lowerer::mark_written(const Place& d, const Term& e) {
  for (FoldState& st : folds_) {
    if (d.first < st.place.first || d.first >= st.place.first + st.place.count) continue;
    st.written.emplace(d.first, "leaf " + std::to_string(d.first - st.place.first) + " of `" +
                                    st.name + "` := `" + shorten(print(e)) + "`");
  }
}

std::vector<WrittenSet> Lowerer::written_sets() const {
  std::vector<WrittenSet> out;
  for (const FoldState& st : folds_) out.push_back(st.written);
  return out;
}

void Lowerer::set_written(const std::vector<WrittenSet>& sets) {
  for (std::size_t k = 0; k < folds_.size(); ++k) folds_[k].written = sets[k];
}

// ---------------------------------------------------------------- statements

// How a leaf is kept: its extents in the order of storage, its kind of memory.
Leaf Lowerer::leaf_of(const std::string& name, const std::vector<Term>& shape, bool slow,
                      const Term& source, const Env& env) {
  Leaf leaf;
  leaf.slow = slow;
  leaf.turned =
      !slow && std::find(place_.turned.begin(), place_.turned.end(), name) != place_.turned.end();
  for (const Term& n : shape) leaf.extents.push_back(extent(n, env));
  if (leaf.turned) {
    const bool lanes = !shape.empty() && shape[0]->op == Op::kInt && shape[0]->value > 0 &&
                       shape[0]->value % place_.width == 0 && !lane_;
    if (!lanes) {
      cannot("`" + name + "` cannot be turned: its first extent is no multiple of the lanes",
             source);
      return leaf;
    }
    std::rotate(leaf.extents.begin(), leaf.extents.begin() + 1, leaf.extents.end());
  }
  if (lane_ && !shape.empty()) {
    leaf.lanes = true;
    leaf.extents.push_back(std::to_string(lane_->vectors * place_.width) + "LL");
  }
  return leaf;
}

void Lowerer::declare_leaf(Leaf* leaf, const std::string& name, const Term& block) {
  if (leaf->slow) {
    leaf->base = "(a.workspace + " + workspace_.offset + ")";
    return workspace_.add(leaf->extents);
  }
  if (!leaf->extents.empty()) {
    leaf->base = named(name, block);
    emit(CodeStatement::Kind::kBuffer, leaf->base, "scratch + " + scratch_.offset, block);
    return scratch_.add(leaf->extents);
  }
  if (!lane_) {
    leaf->base = named(name, block);
    return emit(CodeStatement::Kind::kLocal, leaf->base, "0.0f", block);
  }
  for (std::int64_t v = 0; v < lane_->vectors; ++v) {
    leaf->vectors.push_back(named(name + "_" + std::to_string(v), block));
    declare(rows_->vector, leaf->vectors.back(), call_of("broadcast", "0.0f", block),
            v == 0 ? block : nullptr);
  }
}

Place Lowerer::allocate(const std::string& name, const Type& t, bool slow, const Term& source,
                        const Env& env) {
  Place d;
  d.type = t;
  d.first = leaves_.size();
  if (t.kind != Type::Kind::kArr) cannot("`" + name + "` is no array of reals", source);
  const auto shapes = leaf_shapes(t);
  d.count = shapes.size();
  const std::string base = slow ? "" : fresh(name);
  Term block = source;  // only the first declaration opens the block
  for (std::size_t k = 0; k < shapes.size() && !error_; ++k) {
    Leaf leaf = leaf_of(name, shapes[k], slow, source, env);
    declare_leaf(&leaf, shapes.size() == 1 ? base : base + "_" + std::to_string(k),
                 std::exchange(block, nullptr));
    const bool alike = k == 0 || !leaf.turned || alpha_equal(shapes[k][0], shapes[0][0]);
    if (!alike) cannot("`" + name + "` cannot be turned: its first extents differ", source);
    leaves_.push_back(std::move(leaf));
  }
  return d;
}

// let(x, e): declares x, computes e into it; the environment of the body.
Env Lowerer::let(const Term& t, const Env& env) {
  const Type e_type = type(t->kids[0], env);
  if (error_) return env;
  const Place d = allocate(t->binders[0], e_type, false, t, env);
  into(t->kids[0], d, env);
  if (error_) return env;
  Env in = inside(t, 1, env);
  in.names[t->binders[0]] = {"", d};
  return in;
}

void Lowerer::into(const Term& e, const Place& d, const Env& env) {
  if (error_) return;
  if (e->op == Op::kGen) return into_gen(e, d, env);
  if (e->op == Op::kFold) return into_fold(e, d, env);
  if (e->op == Op::kIf) return into_if(e, d, env);
  if (e->op == Op::kLet) {
    const Env in = let(e, env);
    return into(e->kids[1], d, in);
  }
  const bool scalar = d.type.shape.empty() && d.type.elem == Type::ElemKind::kReal;
  if (e->op == Op::kTup) {
    if (scalar || !d.type.shape.empty() || d.type.tup.size() != e->kids.size()) {
      cannot("a tuple where none is expected", e);
      return;
    }
    for (std::size_t k = 0; k < e->kids.size(); ++k) into(e->kids[k], component_of(d, k), env);
    return;
  }
  if (!scalar) {
    cannot(std::string("`") + op_word(e->op) + "` as an array or a tuple", e);
    return;
  }
  if (lane_) return store_points(e, d, env);
  const std::string x = expr(e, env);
  if (error_) return;
  emit(CodeStatement::Kind::kAssign, leaf_text(d), x);
  mark_written(d, e);
}

void Lowerer::into_gen(const Term& e, const Place& d, const Env& env) {
  if (d.type.shape.empty()) {
    cannot("`gen` where a scalar is expected", e);
    return;
  }
  if (lane_ && !uniform(e->kids[0], env)) {
    cannot("a loop whose bound differs from lane to lane", e);
    return;
  }
  if (is_lane(e->binders[0])) return lane_gen(e, d, env);
  if (const auto count = unrolled_by(e->binders[0])) return unrolled_gen(e, *count, d, env);
  const std::string v = named(fresh(e->binders[0]), e);
  const std::string n = index(e->kids[0], env);
  for (FoldState& st : folds_) st.open.push_back(v);
  loop(v, n, nullptr, [&] { into(e->kids[1], element_of(d, {v}), bind_index(e, 1, v, env)); });
  for (FoldState& st : folds_) st.open.pop_back();
}

void Lowerer::into_fold(const Term& e, const Place& d, const Env& env) {
  if (lane_ && !uniform(e->kids[0], env)) {
    cannot("a fold whose bound differs from lane to lane", e);
    return;
  }
  into(e->kids[1], d, inside(e, 1, env));
  if (error_) return;
  const std::string j = named(fresh(e->binders[0]), e);
  const std::string n = index(e->kids[0], env);
  Env in = bind_index(e, 2, j, env);
  Place state = d;
  state.fold = folds_.size();
  in.names[e->binders[1]] = {"", state};
  folds_.push_back({e->binders[1], d, {}, {}});
  loop(j, n, e, [&] { into(e->kids[2], d, in); });
  folds_.pop_back();
}

void Lowerer::into_if(const Term& e, const Place& d, const Env& env) {
  const bool scalar = d.type.shape.empty() && d.type.elem == Type::ElemKind::kReal;
  if (lane_ && !uniform(e->kids[0], env)) {
    if (scalar) return store_points(e, d, env);
    cannot("a choice between arrays or tuples that differs from lane to lane", e);
    return;
  }
  const std::string c = condition(e->kids[0], env);
  // A branch that names exactly d keeps the old value: nothing to do.
  const auto branch = [&](std::size_t kid) {
    return capture([&] {
      const Term& x = e->kids[kid];
      if (is_access(x, env)) {
        const std::optional<Place> named_place = resolve(x, env);
        if (named_place && same_storage(*named_place, d)) return check_read(*named_place, x);
      }
      into(x, d, inside(e, kid, env));
    });
  };
  // Only one branch runs: the second does not see what the first one wrote.
  const auto before = written_sets();
  Block then = branch(1);
  const auto after = written_sets();
  set_written(before);
  Block otherwise = branch(2);
  for (std::size_t k = 0; k < folds_.size(); ++k) {
    folds_[k].written.insert(after[k].begin(), after[k].end());
  }
  emit({CodeStatement::Kind::kBranch, "", c, std::move(then), std::move(otherwise), nullptr});
}

void Lowerer::put(const Term& t, const Env& env) {
  const std::vector<Term> at = index_of(t);
  if (at.size() != spec_.output.shape.size()) {
    cannot("`put` of an array; only full indices can be written", t);
    return;
  }
  std::vector<std::string> text;
  for (const Term& p : at) text.push_back(index(p, env));
  const std::string x = expr(operand_of(t), env);
  emit(CodeStatement::Kind::kAssign, strided(spec_.output.name, text), x);
}

void Lowerer::statement(const Term& t, const Env& env) {
  if (error_) return;
  if (t->op == Op::kFor) {
    const std::string v = named(fresh(t->binders[0]), t);
    const std::string n = index(t->kids[0], env);
    loop(v, n, t, [&] { statement(t->kids[1], bind_index(t, 1, v, env)); });
  } else if (t->op == Op::kWhen) {
    const std::string g = condition(t->kids[0], env);
    Block then = capture([&] { statement(t->kids[1], inside(t, 1, env)); });
    emit({CodeStatement::Kind::kBranch, "", g, std::move(then), {}, nullptr});
  } else if (t->op == Op::kLet) {
    const Env in = let(t, env);
    statement(t->kids[1], in);
  } else if (t->op == Op::kPut) {
    put(t, env);
  } else {
    cannot(std::string("`") + op_word(t->op) + "` as a statement here", t);
  }
}

// ---------------------------------------------------------------- phases

void Lowerer::task_binder(const Term& t, std::string* cpp, Env* env) {
  *cpp = named(fresh(t->binders[0]), t);
  out_.phases.back().parallel.push_back({*cpp, extent(t->kids[0], *env)});
  *env = bind_index(t, 1, *cpp, *env);
}

void Lowerer::slow_phase(const Term& t, Env* env) {
  counter_ = 0;
  used_.clear();
  out_.phases.push_back({{}, {}, t});
  const Type e_type = type(t->kids[0], *env);
  if (error_) return;
  const Place whole = allocate(t->binders[0], e_type, true, t, *env);
  Place d = whole;
  Env inner = *env;
  Term e = t->kids[0];
  for (; e->op == Op::kParGen && !error_; e = e->kids[1]) {
    std::string v;
    task_binder(e, &v, &inner);
    d = element_of(d, {v});
  }
  Block body = capture([&] { into(e, d, inner); });
  out_.phases.back().body = std::move(body);
  if (error_) return;
  *env = inside(t, 1, *env);
  env->names[t->binders[0]] = {"", whole};
}

void Lowerer::last_phase(Term t, Env env) {
  counter_ = 0;
  used_.clear();
  out_.phases.push_back({{}, {}, t});
  for (; t->op == Op::kParFor && !error_; t = t->kids[1]) {
    std::string v;
    task_binder(t, &v, &env);
  }
  Block body = capture([&] { statement(t, env); });
  out_.phases.back().body = std::move(body);
}

Result<Program> Lowerer::run(const Term& final_term) {
  if (!place_.portable()) check_placement(final_term);
  Block none;
  block_ = &none;
  Env env{{}, global_scope(spec_)};
  for (const Term& r : spec_.requires_) out_.requires_.push_back(condition(r, env, false));
  Term t = final_term;
  for (; t->op == Op::kLetSlow && !error_; t = t->kids[1]) slow_phase(t, &env);
  if (!error_) last_phase(t, env);
  if (error_) return *error_;
  out_.scratch = scratch_.total;
  out_.workspace = workspace_.total;
  return std::move(out_);
}

}  // namespace lowering

std::vector<std::vector<Term>> leaf_shapes(const Type& type) {
  if (type.elem != Type::ElemKind::kTup) return {type.shape};
  std::vector<std::vector<Term>> out;
  for (const Type& part : type.tup) {
    for (const std::vector<Term>& shape : leaf_shapes(part)) {
      out.push_back(type.shape);
      out.back().insert(out.back().end(), shape.begin(), shape.end());
    }
  }
  return out;
}

Result<Program> lower(const Spec& spec, const Term& final_term, const Placement& place,
                      const InstructionTable* rows) {
  return lowering::Lowerer(spec, place, rows).run(final_term);
}

}  // namespace minimoa
