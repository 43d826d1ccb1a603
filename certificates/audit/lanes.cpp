// Lanes. See lanes.h.
// Idea: a node is lowered by what it is: one value for all lanes (the portable lowering and
// `broadcast`), an access, a reduction, a choice that all lanes share, or a call of the first row
// that matches it.
// How it may be wrong: see lanes.h.
#include "lanes.h"

#include "obligations.h"

namespace audit {
namespace {
[[noreturn]] void cannot(const string& why) { refuse("lower", why); }
[[noreturn]] void misplaced(const string& why) { refuse("place", why); }
constexpr Number kMaxVectors = 8, kMaxUnroll = 16, kMaxPoints = 32;
// Type, identity and operator of each RedOp.
constexpr std::pair<const char*, Op> kSteps[] = {
    {"0.0f", Op::kAdd}, {"1.0f", Op::kMul}, {"kBottom", Op::kMax}, {"(-kBottom)", Op::kMin}};

// True if `found` is, of some node and the number of variables bound around it in the term.
bool some(const Term& term, const std::function<bool(const Term&, Number)>& found,
          Number below = 0) {
  if (found(term, below)) return true;
  for (size_t k = 0; k < term->kids.size(); ++k)
    if (some(term->kids[k], found, below + bound_in(*term, k))) return true;
  return false;
}
bool some_op(const Term& term, const std::set<Op>& ops) {
  return some(term, [&](const Term& node, Number) { return ops.contains(node->op); });
}
const Entry* loop_named(const Scope& scope, const std::function<bool(const string&)>& listed) {
  for (const Entry& entry : scope.entries)
    if (entry.kind == Entry::Kind::kLoop && listed(entry.name)) return &entry;
  return nullptr;
}
// de Bruijn index in the scope.
Number number_of(const Entry& entry, const Scope& scope) { return scope.depth - 1 - entry.depth; }
Number occurrences(const Term& term, Number index) {
  Number count = 0;
  some(term, [&](const Term& node, Number below) {
    count += node->op == Op::kBound && node->value == index + below ? 1 : 0;
    return false;
  });
  return count;
}
// The variable stands below + and in first operands of - only: one lane more is 1 more.
bool advances(const Term& term, Number index) {
  if (term->op == Op::kBound) return term->value == index;
  const bool sum = term->op == Op::kAdd;
  return (sum || term->op == Op::kSub) &&
         (advances(term->kids[0], index) || (sum && advances(term->kids[1], index)));
}
}  // namespace

// ---- place ----
bool Lanes::is_lane(const Node& node) const {
  return node.op == Op::kGen && lanes.contains(node.binders[0]);
}
Lanes read_place(const Json& place, Instructions file) {
  require_keys(place, {"lanes", "unroll", "turned"});
  Lanes lanes{std::move(file)};
  std::set<string> names;
  const auto once = [&](const Json& json) {
    const string name = json.get<string>();
    if (!names.insert(name).second) misplaced(name + " stands twice");
    return name;
  };
  for (const Json& name : items(place.at("lanes"))) lanes.lanes.insert(once(name));
  for (const Json& name : items(place.at("turned"))) lanes.turned.insert(once(name));
  for (const Json& pair : items(place.at("unroll"))) {
    const string name = once(items(pair, 2)[0]);
    const Number units = read_literal(pair[1].get<string>());
    if (units < 2 || units > kMaxUnroll) misplaced("unrolled by another number than 2 .. 16");
    lanes.unroll[name] = units;
  }
  return lanes;
}
void check_place(const Term& final_term, const Spec& spec, const Lanes& lanes) {
  std::set<string> found;
  const auto check = [](bool good, const string& why) {
    if (!good) misplaced(why);
  };
  const auto lane_binder = [&](const Term& term, const Scope& scope) {
    check(lane_around(scope, lanes) == nullptr, "a lane binder inside of another one");
    const Term& bound = term->kids[0];
    check(bound->op == Op::kInt && bound->value >= lanes.file.lanes &&
              bound->value <= kMaxVectors * lanes.file.lanes &&
              bound->value % lanes.file.lanes == 0,
          "a lane binder's bound is not 1 to 8 vectors");
  };
  const auto unrolled_binder = [&](const Term& term, Scope scope) {
    const Entry* lane = lane_around(scope, lanes);
    check(lane != nullptr, "an unrolled binder outside of lanes");
    check(unrolled_around(scope, lanes) == nullptr, "an unrolled binder inside of another one");
    check(lanes.unroll.at(term->binders[0]) * (lane->term->value / lanes.file.lanes) <= kMaxPoints,
          "more than 32 points");
    enter(term, 1, scope, spec);
    const Type type = infer(term->kids[1], scope, spec);
    check(type.shape.empty() && type.elem == Elem::kReal, "an unrolled body that is no scalar");
    check(!some(term->kids[1],
                [](const Term& node, Number) {
                  return node->op == Op::kLet || node->op == Op::kFold ||
                         node->op == Op::kOsMerge ||
                         (node->op == Op::kRed && node->red == RedOp::kOsm);
                }),
          "let, fold or osm in an unrolled body");
  };
  Scope scope;
  walk(final_term, scope, spec, {}, [&](const Term& term) {
    spec.budget.visit(1);
    const Op op = term->op;
    for (const string& name : term->binders) {
      const bool loop = lanes.lanes.contains(name) || lanes.unroll.contains(name);
      if (!loop && !lanes.turned.contains(name)) continue;
      check(op == (loop ? Op::kGen : Op::kLet), name + " is the name of another binder");
      found.insert(name);
      if (lanes.is_lane(*term)) lane_binder(term, scope);
      if (lanes.unroll.contains(name)) unrolled_binder(term, scope);
      check(loop || lane_around(scope, lanes) == nullptr, "a turned variable inside of lanes");
    }
    const bool outside =
        op == Op::kLetSlow || op == Op::kParGen || op == Op::kParFor || op == Op::kAny;
    check(!outside || lane_around(scope, lanes) == nullptr,
          string(word_of(op)) + " inside of lanes");
  });
  check(found.size() == lanes.lanes.size() + lanes.unroll.size() + lanes.turned.size(),
        "a name that no binder has");
}

// ---- what lanes share ----
const Entry* lane_around(const Scope& scope, const Lanes& lanes) {
  return loop_named(scope, [&](const string& name) { return lanes.lanes.contains(name); });
}
const Entry* unrolled_around(const Scope& scope, const Lanes& lanes) {
  return loop_named(scope, [&](const string& name) { return lanes.unroll.contains(name); });
}
Number lanes_around(const Scope& scope, const Lanes& lanes) {
  const Entry* lane = lane_around(scope, lanes);
  return lane == nullptr ? 1 : lane->term->value;
}
bool uniform(const Term& term, const Scope& scope, const Spec& spec, const Lanes& lanes) {
  const Entry* lane = lane_around(scope, lanes);
  if (lane == nullptr) return true;
  spec.budget.visit(term->size);
  // What is let or folded inside of lanes has a place for each of them, wherever it stands.
  return !some(term, [&](const Term& node, Number below) {
    if (node->op == Op::kLet || node->op == Op::kFold) return true;
    if (node->op != Op::kBound || node->value < below) return false;
    const Entry* entry = scope.variable(node->value - below);
    return entry == nullptr || entry == lane ||
           (entry->kind == Entry::Kind::kValue && entry->depth > lane->depth);
  });
}
bool blended(const Term& choice, const Scope& scope, const Spec& spec, const Lanes& lanes) {
  if (lane_around(scope, lanes) == nullptr || uniform(choice, scope, spec, lanes)) return false;
  const Term& condition = choice->kids[0];
  const Entry* unrolled = unrolled_around(scope, lanes);
  return !uniform(condition, scope, spec, lanes) ||
         (unrolled != nullptr && mentions(condition, number_of(*unrolled, scope)));
}
void enter(const Term& node, size_t child, Scope& scope, const Spec& spec, const Lanes& lanes) {
  // Both branches run in all lanes: without this an access could be in bounds in some only.
  if (node->op == Op::kIf && child > 0 && blended(node, scope, spec, lanes)) return;
  enter(node, child, scope, spec);
}

// ---- texts ----
string LaneLowering::fill(std::string_view form, const Strings& holes) const {
  string text;
  for (size_t k = 0; k < form.size(); ++k)
    text += form[k] != '@' ? string(1, form[k]) : holes.at(static_cast<size_t>(form[++k] - '0'));
  spec_.budget.visit(2 * text.size());
  return text;
}
string LaneLowering::printed(const string& text) const {
  string out;
  for (const char c : text) {
    const bool vector = c == *kLane || c == *kVector;
    if (!vector && c != *kUnrolled) {
      out += c;
      continue;
    }
    if (vector ? !v_ : !u_) cannot("what differs from lane to lane where lanes share a value");
    if (c == *kVector) out += std::to_string(*v_);
    if (c == *kLane) out += std::to_string(*v_ * static_cast<size_t>(lanes_.file.lanes)) + "LL";
    if (!vector) out += rest_ ? unrolled_ : "(" + unrolled_ + " + " + std::to_string(*u_) + "LL)";
  }
  return out;
}
void LaneLowering::need_each(const Term& load) const {
  const Entry* unrolled = unrolled_around(scope_, lanes_);
  if (unrolled != nullptr && !mentions(load, number_of(*unrolled, scope_)))
    cannot("a load in an unrolled body that does not mention its variable");
}
// The first row that means this word of its variables.
string LaneLowering::call(const string& word, const Strings& operands) const {
  for (const InstrRow& row : lanes_.file.rows) {
    if (row.means.head() != word || !row.means.items[1].variable()) continue;
    string text;
    for (const auto& [kind, name] : row.vars) {
      const auto at = std::ranges::find(row.means.items, name, &Sexp::text);
      text += (text.empty() ? "" : ", ") +
              operands.at(static_cast<size_t>(at - row.means.items.begin()) - 1);
    }
    return fill("@0(@1)", {row.name, text});
  }
  cannot("no row means (" + word + " ..)");
}

// ---- values at points ----
// Points in lexicographic order. Nothing that `work` does sets another point.
void LaneLowering::at_points(bool u, bool v, const std::function<void()>& work) {
  for (size_t i = 0; i < (u ? units_ : 1); ++i) {
    for (size_t k = 0; k < (v ? vectors_ : 1); ++k) {
      if (u) u_ = i;
      if (v) v_ = k;
      work();
    }
  }
  u_.reset();
  v_.reset();
}
const string& LaneLowering::at_point(const Values& values) const {
  const size_t u = values.u ? u_.value() * (values.v ? vectors_ : 1) : 0;
  return values.text.at(u + (values.v ? v_.value() : 0));
}
bool LaneLowering::depends(const Term& term) const {
  const Entry* unrolled = unrolled_around(scope_, lanes_);
  return unrolled != nullptr && mentions(term, number_of(*unrolled, scope_));
}
LaneLowering::Values LaneLowering::declare(const string& declaration, const string& stem, bool u,
                                           bool v, const std::function<string()>& text) {
  const string name = counted(stem);
  Values declared{{}, u, v};
  at_points(u, v, [&] {
    declared.text.push_back(claim(name + "_" + std::to_string(declared.text.size())));
    emit(fill("@0 @1 = @2;", {declaration, declared.text.back(), text()}));
  });
  return declared;
}
LaneLowering::Values LaneLowering::values(const Term& term) {
  const Op op = term->op;
  if (shared(term)) return scalars(term, false);
  if (op == Op::kBound || op == Op::kPsi || op == Op::kGet) return loaded(term);
  if (op == Op::kRed) return reduced(term);
  if (op == Op::kIf && !blended(term, scope_, spec_, lanes_)) return chosen(term);
  return called(term, false);
}
LaneLowering::Values LaneLowering::masks(const Term& term) {
  if (shared(term)) return scalars(term, true);
  if (term->op == Op::kLt || term->op == Op::kLe) return compared(term);
  return called(term, true);
}
LaneLowering::Values LaneLowering::scalars(const Term& term, bool mask) {
  Values plain{{}, depends(term), false};
  at_points(plain.u, false,
            [&] { plain.text.push_back(printed(mask ? boolean(term) : expr(term))); });
  const string type = mask ? lanes_.file.mask_type : lanes_.file.vector_type;
  return declare("const " + type, mask ? "mask" : "vec", plain.u, false,
                 [&] { return call(mask ? "spread" : "broadcast", {at_point(plain)}); });
}
LaneLowering::Values LaneLowering::loaded(const Term& access) {
  // Printed at each point, it would load more words than it counts for.
  if (some_op(access, {Op::kMem})) cannot("an access with lanes whose index loads");
  const Element element = lanes_of(access);
  if (!element.local)
    return declare("const " + lanes_.file.vector_type, "vec", depends(access), true,
                   [&] { return call("load", {element.text}); });
  Values locals{{}, false, true};
  at_points(false, true, [&] { locals.text.push_back(printed(element.text)); });
  return locals;
}
// Lane l of vector v has r = v*W + l, so the side in which r stands is there by l greater.
LaneLowering::Values LaneLowering::compared(const Term& term) {
  const Entry* lane = lane_around(scope_, lanes_);
  const Number r = number_of(*lane, scope_);
  const bool first = occurrences(term->kids[0], r) > 0;
  if (occurrences(term, r) != 1 || !advances(term->kids[first ? 0 : 1], r) ||
      some_op(term, {Op::kMem}))
    cannot("a comparison in which the lane is not added once, or that loads");
  const string a = index(term->kids[0]), b = index(term->kids[1]);
  const bool less = term->op == Op::kLt;
  const string bound =
      first ? (less ? b : fill("(@0 + 1LL)", {b})) : (less ? fill("(@0 + 1LL)", {a}) : a);
  string text = call("below", {bound, first ? a : b});
  if (!first) text = call("not", {text});
  return declare("const " + lanes_.file.mask_type, "mask", depends(term), true,
                 [&] { return text; });
}
LaneLowering::Values LaneLowering::reduced(const Term& term) {
  if (term->red == RedOp::kOsm) cannot("red osm");
  const Term &bound = term->kids[0], &guard = term->kids[1];
  // One loop for all points.
  if (!shared(bound) || depends(bound)) cannot("a reduction of unequal lanes");
  const auto& [identity, op] = kSteps[static_cast<size_t>(term->red)];
  const Values acc = declare(lanes_.file.vector_type, "acc", depends(term), true,
                             [&] { return call("broadcast", {identity}); });
  loop_over(term, 2, [&] {
    if (!shared(guard) || depends(guard)) cannot("a reduction of unequal lanes");
    const bool guarded = guard->op != Op::kTrue;
    if (guarded) emit(fill("if (@0) {", {boolean(guard)}));
    // No text can spell this name.
    const Term step = make_op(op, {free_var("'acc"), term->kids[2]});
    assign(acc, prepared(step, &acc));
    if (guarded) emit("}");
  });
  return acc;
}
LaneLowering::Values LaneLowering::chosen(const Term& term) {
  const string guard = boolean(term->kids[0]);
  const Values sel = declare(lanes_.file.vector_type, "sel", depends(term), true,
                             [&] { return call("broadcast", {"0.0f"}); });
  for (size_t k = 1; k < 3; ++k) {
    emit(k == 1 ? fill("if (@0) {", {guard}) : "} else {");
    const Values branch = values(term->kids[k]);
    assign(sel, [&] { return at_point(branch); });
  }
  emit("}");
  return sel;
}
void LaneLowering::assign(const Values& to, const std::function<string()>& text) {
  at_points(to.u, to.v, [&] { emit(fill("@0 = @1;", {at_point(to), text()})); });
}

// ---- rows ----
// What the variables of a row stand for, in the order in which it stands in the term.
struct LaneLowering::Match {
  vector<std::pair<string, Term>> parts;
};
bool LaneLowering::matches(const Sexp& means, const Term& term, bool root, Match& match) const {
  if (means.variable()) {
    match.parts.emplace_back(means.text, term);
    return true;
  }
  const auto op = op_from_word(means.head());
  if (op != term->op) return false;
  if (op == Op::kReal)
    return term->kids[0]->op == Op::kInt &&
           term->kids[0]->value == read_literal(means.items[1].text);
  // A part that all lanes share, or a choice that is none of a row's, is evaluated as it is
  // written: else a row would evaluate what a condition excludes.
  if ((!root && shared(term)) || (op == Op::kIf && !blended(term, scope_, spec_, lanes_)))
    return false;
  for (size_t k = 0; k < term->kids.size(); ++k)
    if (!matches(means.items[k + 1], term->kids[k], false, match)) return false;
  return true;
}
// Lowers the operands of the first row that matches; the result gives its call at the point set.
std::function<string()> LaneLowering::prepared(const Term& term, const Values* known) {
  for (const InstrRow& row : lanes_.file.rows) {
    Match match;
    if (!matches(row.means, term, true, match)) continue;
    std::map<string, Values> operands;
    for (const auto& [name, part] : match.parts) {
      const auto var = std::ranges::find(row.vars, name, [](auto& v) { return v.second; });
      const bool accumulator = known != nullptr && part == term->kids[0];
      operands[name] = accumulator ? *known : var->first == "mask" ? masks(part) : values(part);
    }
    return [this, &row, operands] {
      string text;
      for (const auto& [kind, name] : row.vars)
        text += (text.empty() ? "" : ", ") + at_point(operands.at(name));
      return fill("@0(@1)", {row.name, text});
    };
  }
  cannot(string("no row for ") + word_of(term->op));
}
LaneLowering::Values LaneLowering::called(const Term& term, bool mask) {
  const std::function<string()> text = prepared(term, nullptr);
  return declare("const " + (mask ? lanes_.file.mask_type : lanes_.file.vector_type),
                 mask ? "mask" : "vec", depends(term), true, text);
}

// ---- statements ----
void LaneLowering::store(const Term& value, const Element& element) {
  const Values x = values(value);
  at_points(true, true, [&] {
    emit(element.local ? fill("@0 = @1;", {element.text, at_point(x)})
                       : call("store", {element.text, at_point(x)}) + ";");
  });
}
void LaneLowering::unrolled(const Term& binder, const Pair& both,
                            const std::function<void()>& work) {
  const Term& bound = binder->kids[0];
  const Number units = lanes_.unroll.at(binder->binders[0]);
  if (!shared(bound)) cannot("a bound that differs from lane to lane");
  const string w = unrolled_ = fresh(binder->binders[0]);
  const string n = index(bound);
  units_ = static_cast<size_t>(units);
  emit(fill("std::int64_t @0 = 0; for (; (@0 + @1) <= @2; @0 += @1) {",
            {w, std::to_string(units) + "LL", n}));
  const auto main = [&] {
    work();
    emit("}");
    units_ = 1;
  };
  const auto rest = [&] {
    rest_ = true;
    emit(fill("for (; @0 < @1; ++@0) {", {w, n}));
    work();
    emit("}");
    rest_ = false;
  };
  if (bound->op == Op::kInt && bound->value % units == 0) return main();
  both(main, rest);
}
}  // namespace audit
