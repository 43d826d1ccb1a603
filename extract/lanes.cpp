// Below a lane binder: values for several points at once, in vector registers
// (certificates/FORMAT.md, section 15).
//
// A point is a number u of the unrolled loop and a vector v. A value that does
// not depend on u, or is the same in all lanes, is computed once for all points
// that share it; that is what makes a register tile. Texts of indices are made
// with two placeholders, for the lane and for the unrolled variable, and
// finished for each point, so that section 8.4 compares the same texts as
// everywhere.
// May be wrong: see lower.h; the audit lowers the same term by itself.
#include <algorithm>
#include <functional>

#include "extract/lowerer.h"

namespace minimoa::lowering {
namespace {

constexpr std::int64_t kMostUnrolled = 16;

bool is_condition(const Term& t) {
  switch (t->op) {
    case Op::kTrue:
    case Op::kLt:
    case Op::kLe:
    case Op::kEq:
    case Op::kNe:
    case Op::kAnd:
    case Op::kOr:
    case Op::kNot:
    case Op::kAny:
    case Op::kIsZero:
      return true;
    default:  // NOLINT: every other operator is none
      return false;
  }
}

// A subterm that a row's variable stands for.
struct Matched {
  std::string variable;
  bool mask;
  Term term;
};

std::string kind_of(const Instruction& row, const std::string& variable) {
  for (const InstructionVar& v : row.vars) {
    if (v.name == variable) return v.kind;
  }
  return "";
}

// inner: of a node below the outermost one, whether a row may stand for it.
bool matches(const Instruction& row, const Sexpr& pattern, const Term& t,
             const std::function<bool(const Term&)>& inner, bool outermost,
             std::vector<Matched>* out) {
  if (pattern.is_atom() && is_rule_variable(pattern.text)) {
    const std::string kind = kind_of(row, pattern.text);
    if (kind != (is_condition(t) ? "mask" : "vector")) return false;
    out->push_back({pattern.text, kind == "mask", t});
    return true;
  }
  if (pattern.is_atom()) return t->op == Op::kInt && pattern.text == std::to_string(t->value);
  if (pattern.head() != op_word(t->op) || pattern.kids.size() != t->kids.size() + 1) return false;
  if (!t->binders.empty() || !t->name.empty()) return false;
  if (!outermost && t->op != Op::kReal && !inner(t)) return false;
  for (std::size_t k = 0; k < t->kids.size(); ++k) {
    if (!matches(row, pattern.kids[k + 1], t->kids[k], inner, false, out)) return false;
  }
  return true;
}

bool reads_input(const Term& t) {
  return !find_all(t, [](const Term& s) { return s->op == Op::kMem; }).empty();
}

void replace_all(std::string* text, const std::string& what, const std::string& by) {
  for (std::size_t k = 0; (k = text->find(what, k)) != std::string::npos; k += by.size()) {
    text->replace(k, what.size(), by);
  }
}

// The side of a comparison in which r stands: once, below + and the left of -.
bool on_a_sum(const Term& t, const std::string& r) {
  if (t->op == Op::kVar) return t->name == r;
  if (t->op == Op::kSub) return on_a_sum(t->kids[0], r) && !mentions(t->kids[1], r);
  if (t->op != Op::kAdd) return false;
  const bool left = mentions(t->kids[0], r), right = mentions(t->kids[1], r);
  return left != right && on_a_sum(t->kids[left ? 0 : 1], r);
}

}  // namespace

// ---------------------------------------------------------------- place

bool Lowerer::is_lane(const std::string& name) const {
  return std::find(place_.lanes.begin(), place_.lanes.end(), name) != place_.lanes.end();
}

std::optional<std::int64_t> Lowerer::unrolled_by(const std::string& name) const {
  for (const auto& [variable, count] : place_.unroll) {
    if (variable == name) return count;
  }
  return std::nullopt;
}

// Names are of one kind, and are there.
void Lowerer::check_placement(const Term& final_term) {
  std::map<std::string, std::string> kinds;
  const auto add = [&](const std::string& name, const char* kind) {
    if (!kinds.emplace(name, kind).second) cannot("`" + name + "` is placed twice", final_term);
  };
  for (const std::string& name : place_.lanes) add(name, "lanes");
  for (const auto& [name, count] : place_.unroll) {
    add(name, "unroll");
    if (count < 2 || count > kMostUnrolled)
      cannot("`" + name + "` is unrolled too far", final_term);
  }
  for (const std::string& name : place_.turned) add(name, "turned");
  std::set<std::string> found;
  const std::function<void(const Term&)> walk = [&](const Term& t) {
    for (std::size_t k = 0; k < t->binders.size(); ++k) {
      const auto it = kinds.find(t->binders[k]);
      if (it == kinds.end()) continue;
      const bool fits = t->op == (it->second == "turned" ? Op::kLet : Op::kGen);
      if (!fits) cannot("`" + t->binders[k] + "` is no binder for " + it->second, t);
      found.insert(t->binders[k]);
    }
    for (const Term& k : t->kids) walk(k);
  };
  walk(final_term);
  for (const auto& [name, kind] : kinds) {
    if (found.count(name) == 0) cannot("nothing is named `" + name + "`", final_term);
  }
}

// A name that is not the same in all lanes: the lane variable, or one bound
// below its binder by `let` or as the state of a `fold`.
bool Lowerer::varies(const std::string& name, const Env& env) const {
  if (name == kAccumulator) return true;
  const auto it = env.names.find(name);
  if (it == env.names.end()) return false;
  const std::optional<Place>& place = it->second.place;
  if (!place) return it->second.index == kLaneText;
  const Leaf& leaf = leaves_[place->first];
  return leaf.lanes || !leaf.vectors.empty() ||
         std::find(place->index.begin(), place->index.end(), kLaneText) != place->index.end();
}

bool Lowerer::uniform(const Term& t, const Env& env) const {
  const auto shares = [](const Term& s) { return s->op == Op::kLet || s->op == Op::kFold; };
  if (!find_all(t, shares).empty()) return false;
  const std::set<std::string> names = free_vars(t);
  return std::none_of(names.begin(), names.end(),
                      [&](const std::string& x) { return varies(x, env); });
}

// Does t mention the variable of the unrolled binder around?
bool Lowerer::numbered(const Term& t, const Env& env) const {
  const std::set<std::string> names = free_vars(t);
  return std::any_of(names.begin(), names.end(), [&](const std::string& x) {
    const auto it = env.names.find(x);
    return it != env.names.end() && !it->second.place && it->second.index == kUnrolledText;
  });
}

// A choice that is not the same at all points: both sides are computed.
bool Lowerer::blended(const Term& t, const Env& env) const {
  return !uniform(t, env) && (!uniform(t->kids[0], env) || numbered(t->kids[0], env));
}

// ---------------------------------------------------------------- points

Values Lowerer::shape_of(const Term& e, const Env& env) const {
  Values out;
  out.on_u = numbered(e, env);
  out.on_v = !uniform(e, env);
  if (accumulators_ && mentions(e, kAccumulator)) out.on_u = out.on_u || accumulators_->on_u;
  return out;
}

std::size_t Lowerer::points_of(const Values& v) const {
  const std::int64_t u = v.on_u ? unrolled_->count : 1;
  return static_cast<std::size_t>(u * (v.on_v ? lane_->vectors : 1));
}

std::pair<std::int64_t, std::int64_t> Lowerer::point(const Values& shape, std::size_t k) const {
  const std::int64_t n = shape.on_v ? lane_->vectors : 1;
  return {static_cast<std::int64_t>(k) / n, static_cast<std::int64_t>(k) % n};
}

const std::string& Lowerer::value_at(const Values& v, std::int64_t u, std::int64_t vector) const {
  const std::int64_t k = (v.on_u ? u : 0) * (v.on_v ? lane_->vectors : 1) + (v.on_v ? vector : 0);
  return v.names[static_cast<std::size_t>(k)];
}

std::string Lowerer::at_point(std::string text, std::int64_t u, std::int64_t vector) const {
  replace_all(&text, kLaneText, std::to_string(vector * place_.width) + "LL");
  if (unrolled_) {
    replace_all(&text, kUnrolledText,
                unrolled_->rest ? unrolled_->cpp
                                : "(" + unrolled_->cpp + " + " + std::to_string(u) + "LL)");
  }
  return text;
}

// For uniform expressions, which may emit statements: texts as they will stand.
Env Lowerer::at_number(const Env& env, std::int64_t u) const {
  Env out = env;
  if (unrolled_) out.names[unrolled_->variable].index = at_point(kUnrolledText, u, 0);
  return out;
}

// ---------------------------------------------------------------- rows

// The first row that means exactly this, its variables left out: load, store,
// broadcast, spread, below, not.
std::string Lowerer::primitive(const std::string& means, const Term& where) {
  for (const Instruction& row : rows_->rows) {
    if (row.means.head() != means || row.means.kids.size() != row.vars.size() + 1) continue;
    const bool plain = std::all_of(row.means.kids.begin() + 1, row.means.kids.end(),
                                   [](const Sexpr& k) { return is_rule_variable(k.text); });
    if (plain) return row.name;
  }
  return cannot("the target has no row (" + means + " ..)", where);
}

std::string Lowerer::call_of(const std::string& means, const std::string& arguments,
                             const Term& where) {
  return primitive(means, where) + "(" + arguments + ")";
}

void Lowerer::declare(const std::string& type, const std::string& name, const std::string& value,
                      Term source) {
  emit({CodeStatement::Kind::kTyped, name, value, {}, {}, std::move(source), type});
}

// The calls that compute e at its points; none if no row matches.
std::optional<std::vector<std::string>> Lowerer::row_calls(const Term& e, const Env& env,
                                                           const Values& shape) {
  std::vector<Matched> operands;
  const auto inner = [&](const Term& t) {
    return t->op == Op::kIf ? blended(t, env) : !uniform(t, env);
  };
  const auto row = std::find_if(rows_->rows.begin(), rows_->rows.end(), [&](const Instruction& r) {
    operands.clear();
    return r.means.is_list() && matches(r, r.means, e, inner, true, &operands);
  });
  if (row == rows_->rows.end()) return std::nullopt;
  std::map<std::string, Values> lowered;
  for (const Matched& m : operands) {
    lowered[m.variable] = m.mask ? masks(m.term, env) : values(m.term, env);
    if (error_) return std::nullopt;
  }
  std::vector<std::string> out;
  for (std::size_t k = 0; k < points_of(shape); ++k) {
    const auto [u, v] = point(shape, k);
    std::string arguments;
    for (const InstructionVar& x : row->vars) {
      arguments += (arguments.empty() ? "" : ", ") + value_at(lowered[x.name], u, v);
    }
    out.push_back(row->name + "(" + arguments + ")");
  }
  return out;
}

Values Lowerer::row_values(const Term& e, const Env& env, const std::string& base) {
  Values out = shape_of(e, env);
  const auto calls = row_calls(e, env, out);
  if (!calls) {
    cannot(std::string("no row of the target is `") + op_word(e->op) + "`", e);
    return out;
  }
  const std::string name = fresh(base);
  for (std::size_t k = 0; k < calls->size(); ++k) {
    out.names.push_back(named(name + "_" + std::to_string(k), e));
    declare("const " + (base == "mask" ? rows_->mask : rows_->vector), out.names.back(),
            (*calls)[k]);
  }
  return out;
}

// ---------------------------------------------------------------- values

Values Lowerer::values(const Term& e, const Env& env) {
  if (error_) return {};
  if (e->op == Op::kVar && e->name == kAccumulator) return *accumulators_;
  if (uniform(e, env)) return broadcast_values(e, env);
  if (is_access(e, env)) return access_values(e, env);
  if (e->op == Op::kRed) return reduction_values(e, env);
  if (e->op == Op::kIf && !blended(e, env)) return selection_values(e, env);
  if (e->op == Op::kMem) {
    cannot("a read of an input that differs from lane to lane", e);
    return {};
  }
  return row_values(e, env, "vec");
}

Values Lowerer::broadcast_values(const Term& e, const Env& env) {
  Values out = shape_of(e, env);
  std::vector<std::string> texts;
  for (std::size_t k = 0; k < points_of(out); ++k) {
    texts.push_back(expr(e, at_number(env, static_cast<std::int64_t>(k))));
  }
  const std::string name = fresh("vec");
  for (std::size_t k = 0; k < texts.size() && !error_; ++k) {
    out.names.push_back(named(name + "_" + std::to_string(k), e));
    declare("const " + rows_->vector, out.names.back(), call_of("broadcast", texts[k], e));
  }
  return out;
}

std::string Lowerer::address(const Place& d) const {
  return "(" + leaves_[d.first].base + " + " + offset_of(d) + ")";
}

Values Lowerer::access_values(const Term& e, const Env& env) {
  Values out = shape_of(e, env);
  const std::optional<Place> d = resolve(e, env);
  if (!d || error_) return out;
  if (!d->type.shape.empty() || d->type.elem != Type::ElemKind::kReal) {
    cannot("this names an array or a tuple where a scalar is needed", e);
    return out;
  }
  check_read(*d, e);
  if (reads_input(e)) {
    cannot("an index below lanes that is read from an input", e);
    return out;
  }
  const Leaf& leaf = leaves_[d->first];
  if (!leaf.vectors.empty()) {
    out.names = leaf.vectors;
    return out;
  }
  if (!in_lanes(*d)) {
    cannot(
        "a read that does not lie in lanes: expected the lane variable first, in an array that "
        "is turned, or none, in one shared below the lanes",
        e);
    return out;
  }
  const std::string name = fresh("vec");
  for (std::size_t k = 0; k < points_of(out); ++k) {
    const auto [u, v] = point(out, k);
    out.names.push_back(named(name + "_" + std::to_string(k), e));
    declare("const " + rows_->vector, out.names.back(),
            call_of("load", at_point(address(*d), u, v), e));
  }
  return out;
}

// The lane variable stands where the storage has the lanes, and only there.
bool Lowerer::in_lanes(const Place& d) const {
  const Leaf& leaf = leaves_[d.first];
  if (leaf.lanes == leaf.turned) return false;
  for (std::size_t k = 0; k < d.index.size(); ++k) {
    const bool lane = d.index[k].find(kLaneText) != std::string::npos;
    if (leaf.turned && k == 0 ? d.index[k] != kLaneText : lane) return false;
  }
  return true;
}

Values Lowerer::reduction_values(const Term& e, const Env& env) {
  struct Row {
    const char* f;
    Op op;
    const char* identity;
  };
  static constexpr Row kRows[] = {{"add", Op::kAdd, "0.0f"},
                                  {"mul", Op::kMul, "1.0f"},
                                  {"max", Op::kMax, "kBottom"},
                                  {"min", Op::kMin, "(-kBottom)"}};
  const Row* row = std::find_if(std::begin(kRows), std::end(kRows),
                                [&](const Row& r) { return e->name == r.f; });
  const auto shared = [&](const Term& t) { return uniform(t, env) && !numbered(t, env); };
  const bool fixed = shared(e->kids[0]) && shared(e->kids[1]);
  if (row == std::end(kRows) || !fixed) {
    cannot("a reduction of this kind in lanes, or one whose range is not the same at all points",
           e);
    return {};
  }
  Values out = shape_of(e, env);
  const std::string name = fresh("acc");
  for (std::size_t k = 0; k < points_of(out); ++k) {
    out.names.push_back(named(name + "_" + std::to_string(k), e));
    declare(rows_->vector, out.names.back(), call_of("broadcast", row->identity, e));
  }
  const std::string j = named(fresh(e->binders[0]), e);
  const std::string n = index(e->kids[0], env);
  const auto step = [&] {
    const auto outer = std::exchange(accumulators_, out);
    const auto calls =
        row_calls(mk(row->op, {mk_var(kAccumulator), e->kids[2]}), bind_index(e, 2, j, env), out);
    accumulators_ = outer;
    if (!calls && !error_) cannot("no row of the target for the step of this reduction", e);
    for (std::size_t k = 0; calls && k < calls->size(); ++k) {
      emit(CodeStatement::Kind::kAssign, out.names[k], (*calls)[k]);
    }
  };
  loop(j, n, nullptr, [&] {
    if (e->kids[1]->op == Op::kTrue) return step();
    const std::string g = condition(e->kids[1], bind_index(e, 1, j, env));
    Block then = capture(step);
    emit({CodeStatement::Kind::kBranch, "", g, std::move(then), {}, nullptr});
  });
  return out;
}

// (if c x y) with one c for all points: only one side is computed.
Values Lowerer::selection_values(const Term& e, const Env& env) {
  Values out = shape_of(e, env);
  const std::string c = condition(e->kids[0], env);
  const std::string name = fresh("sel");
  for (std::size_t k = 0; k < points_of(out); ++k) {
    out.names.push_back(named(name + "_" + std::to_string(k), e));
    declare(rows_->vector, out.names.back(), call_of("broadcast", "0.0f", e));
  }
  const auto branch = [&](std::size_t kid) {
    return capture([&] {
      const Values x = values(e->kids[kid], inside(e, kid, env));
      for (std::size_t k = 0; k < out.names.size() && !error_; ++k) {
        const auto [u, v] = point(out, k);
        emit(CodeStatement::Kind::kAssign, out.names[k], value_at(x, u, v));
      }
    });
  };
  Block then = branch(1);
  Block otherwise = branch(2);
  emit({CodeStatement::Kind::kBranch, "", c, std::move(then), std::move(otherwise), nullptr});
  return out;
}

// ---------------------------------------------------------------- masks

Values Lowerer::masks(const Term& b, const Env& env) {
  if (error_) return {};
  if (uniform(b, env)) return spread_masks(b, env);
  if (b->op == Op::kLt || b->op == Op::kLe) return comparison_masks(b, env);
  return row_values(b, env, "mask");
}

Values Lowerer::spread_masks(const Term& b, const Env& env) {
  Values out = shape_of(b, env);
  std::vector<std::string> texts;
  for (std::size_t k = 0; k < points_of(out); ++k) {
    texts.push_back(condition(b, at_number(env, static_cast<std::int64_t>(k))));
  }
  const std::string name = fresh("mask");
  for (std::size_t k = 0; k < texts.size() && !error_; ++k) {
    out.names.push_back(named(name + "_" + std::to_string(k), b));
    declare("const " + rows_->mask, out.names.back(), call_of("spread", texts[k], b));
  }
  return out;
}

// below(x, y) says y + l < x in lane l: r in a is lane l of A, r in b of B.
Values Lowerer::comparison_masks(const Term& b, const Env& env) {
  Values out = shape_of(b, env);
  const std::string& r = lane_->variable;
  const bool left = mentions(b->kids[0], r), right = mentions(b->kids[1], r);
  if (left == right || !on_a_sum(b->kids[left ? 0 : 1], r) || reads_input(b)) {
    cannot("a comparison in lanes: expected the lane variable once, in a sum without reads", b);
    return out;
  }
  const std::string x = index(b->kids[0], env), y = index(b->kids[1], env);
  std::string mask;
  if (left) {
    mask = call_of("below", (b->op == Op::kLt ? y : "(" + y + " + 1LL)") + ", " + x, b);
  } else {
    mask = call_of("below", (b->op == Op::kLt ? "(" + x + " + 1LL)" : x) + ", " + y, b);
    mask = call_of("not", mask, b);
  }
  const std::string name = fresh("mask");
  for (std::size_t k = 0; k < points_of(out) && !error_; ++k) {
    const auto [u, v] = point(out, k);
    out.names.push_back(named(name + "_" + std::to_string(k), b));
    declare("const " + rows_->mask, out.names.back(), at_point(mask, u, v));
  }
  return out;
}

// ---------------------------------------------------------------- statements

void Lowerer::check_lane_binder(const Term& e) {
  const Term& n = e->kids[0];
  const bool whole = n->op == Op::kInt && n->value > 0 && n->value % place_.width == 0 &&
                     n->value / place_.width <= kMaxVectors;
  if (!whole) cannot("the lanes are no small multiple of the target's", e);
  if (lane_) cannot("lanes inside of lanes", e);
  const auto foreign = [](const Term& t) {
    return t->op == Op::kAny || t->op == Op::kParGen || t->op == Op::kLetSlow;
  };
  if (!find_all(e->kids[1], foreign).empty()) cannot("`any` or a task inside of lanes", e);
}

void Lowerer::lane_gen(const Term& e, const Place& d, const Env& env) {
  check_lane_binder(e);
  if (!error_ && (!d.index.empty() || !leaves_[d.first].turned)) {
    cannot("lanes fill the first axis of an array that is turned", e);
  }
  if (error_) return;
  lane_ = LaneLoop{e->binders[0], e->kids[0]->value / place_.width};
  for (FoldState& st : folds_) st.open.push_back(kLaneText);
  into(e->kids[1], element_of(d, {kLaneText}), bind_index(e, 1, kLaneText, env));
  for (FoldState& st : folds_) st.open.pop_back();
  lane_.reset();
}

// Is some word of slow memory read for all numbers w of an unrolled loop at once?
bool Lowerer::stray(const Term& t, const std::string& w, const Env& env) const {
  const auto in = [&](const std::vector<Term>& kids) {
    return std::any_of(kids.begin(), kids.end(), [&](const Term& k) { return stray(k, w, env); });
  };
  if (!is_access(t, env)) return (t->op == Op::kMem && !mentions(t, w)) || in(t->kids);
  Term x = t;  // of an access, only the indices are terms of their own
  for (; x->op != Op::kVar; x = x->op == Op::kPsi ? operand_of(x) : x->kids[0]) {
    if (x->op == Op::kPsi && in(index_of(x))) return true;
  }
  return leaves_[env.names.at(x->name).place->first].slow && !mentions(t, w);
}

void Lowerer::unrolled_gen(const Term& e, std::int64_t count, const Place& d, const Env& env) {
  const auto refused = [](const Term& t) {
    return t->op == Op::kLet || t->op == Op::kFold || (t->op == Op::kRed && t->name == "osm");
  };
  const bool fits = lane_ && !unrolled_ && lane_->vectors * count <= kMaxPoints &&
                    find_all(e->kids[1], refused).empty() && !stray(e->kids[1], e->binders[0], env);
  if (!fits) {
    cannot("this loop cannot be unrolled", e);
    return;
  }
  const std::string w = named(fresh(e->binders[0]), e);
  const std::string n = index(e->kids[0], env);
  const std::string by = std::to_string(count) + "LL";
  declare("std::int64_t", w, "0");
  for (FoldState& st : folds_) st.open.push_back(kUnrolledText);
  const auto loop_over = [&](bool rest, const std::string& head) {
    unrolled_ = Unrolled{e->binders[0], w, rest ? 1 : count, rest};
    Block body = capture([&] {
      const Place element = element_of(d, {kUnrolledText});
      if (!element.type.shape.empty() || element.type.elem != Type::ElemKind::kReal) {
        cannot("an unrolled loop computes scalars", e);
        return;
      }
      store_points(e->kids[1], element, bind_index(e, 1, kUnrolledText, env));
    });
    unrolled_.reset();
    emit({CodeStatement::Kind::kSteps, "", head, std::move(body), {}, nullptr});
  };
  const auto before = written_sets();  // no element is computed by both loops
  loop_over(false, "; (" + w + " + " + by + ") <= " + n + "; " + w + " += " + by);
  const bool even = e->kids[0]->op == Op::kInt && e->kids[0]->value % count == 0;
  if (!even) {
    set_written(before);
    loop_over(true, "; " + w + " < " + n + "; ++" + w);
  }
  for (FoldState& st : folds_) st.open.pop_back();
}

// e, a scalar, at all points: into locals, or stored.
void Lowerer::store_points(const Term& e, const Place& d, const Env& env) {
  const Values x = values(e, env);
  if (error_) return;
  const Leaf& leaf = leaves_[d.first];
  if (leaf.vectors.empty() && !in_lanes(d)) {
    cannot("a value in lanes where there are none", e);
    return;
  }
  const std::int64_t count = unrolled_ ? unrolled_->count : 1;
  for (std::int64_t u = 0; u < count; ++u) {
    for (std::int64_t v = 0; v < lane_->vectors; ++v) {
      const std::string& value = value_at(x, u, v);
      if (!leaf.vectors.empty()) {
        emit(CodeStatement::Kind::kAssign, leaf.vectors[static_cast<std::size_t>(v)], value);
      } else {
        emit(CodeStatement::Kind::kCall, "",
             call_of("store", at_point(address(d), u, v) + ", " + value, e));
      }
    }
  }
  mark_written(d, e);
}

}  // namespace minimoa::lowering
