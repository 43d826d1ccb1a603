// The lowering of the final term to C++ text. See obligations.h; what lanes add: lanes.h.
// Idea: a template with holes @0, @1, .. for every construct of FORMAT 8, one table row for every
// operator; names are unique within a phase, so a C++ name identifies its variable.
// How it may be wrong: names or operands in another order (refuses honest kernels); 8.4 (read()).
#include "obligations.h"

namespace audit {
namespace {
// @0 K, @1 dimensions and arrays, @2 phases, @3 checks, @4 the functions of kSize, @5 runs, @6 the
// include and @7 the code of an instruction file.
const char kFrame[] = R"(#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
@6extern "C" {
typedef void (*@0_task)(void*, std::int64_t, std::int64_t);
struct @0_args { std::size_t size; @1
  float* workspace; float* scratch; std::int64_t workers;
  void (*parallel_for)(void*, std::int64_t, @0_task, void*);
  void* parallel_context; };
std::int32_t @0_check(const struct @0_args* p);
std::int64_t @0_workspace(const struct @0_args* p);
std::int64_t @0_scratch(const struct @0_args* p);
std::int32_t @0_run(const struct @0_args* p);
}
namespace {
constexpr std::int64_t kMaxDim = 16777216;
constexpr std::int64_t kMaxStride = 68719476736;
constexpr std::int64_t kMaxCount = 1099511627776;
constexpr float kBottom = -std::numeric_limits<float>::infinity();
[[maybe_unused]] inline float maximum(float x, float y) { return x < y ? y : x; }
[[maybe_unused]] inline float minimum(float x, float y) { return y < x ? y : x; }
[[maybe_unused]] inline float expsub(float x, float y) {
  return x == kBottom ? 0.0f : std::exp(x - y); }
[[maybe_unused]] inline std::int64_t product(std::int64_t x, std::int64_t y) {
  return x < 0 || y < 0 || (y != 0 && x > kMaxCount / y) ? -1 : x * y; }
[[maybe_unused]] inline std::int64_t total(std::int64_t x, std::int64_t y) {
  return x < 0 || y < 0 || x > kMaxCount - y ? -1 : x + y; }
@7@2}
extern "C" {
std::int32_t @0_check(const struct @0_args* p) {
  if (p == nullptr || p->size != sizeof(struct @0_args)) { return 1; }
  const @0_args& a = *p; static_cast<void>(a); @3
  return 0; }
@4
std::int32_t @0_run(const struct @0_args* p) {
  const std::int32_t status = @0_check(p);
  if (status != 0) { return status; }
  const @0_args& a = *p;
  const std::int64_t workspace = @0_workspace(p);
  const std::int64_t scratch = @0_scratch(p);
  const std::int64_t workers = a.workers < 1 ? 1 : a.workers;
  if (workspace < 0 || product(workers, scratch) < 0) { return 6; }
  if (workspace > 0 && a.workspace == nullptr) { return 7; }
  if (scratch > 0 && a.scratch == nullptr) { return 8; }
  @5
  return 0; }
}
)";
const char kSize[] = R"(std::int64_t @0_@1(const struct @0_args* p) {
  if (@0_check(p) != 0) { return -1; }
  const @0_args& a = *p; static_cast<void>(a);
  return @2; }
)";
const char kRun[] = R"(
  const std::int64_t tasks_@1 = @2;
  if (tasks_@1 < 0) { return 6; }
  if (a.parallel_for == nullptr) {
    for (std::int64_t t = 0; t < tasks_@1; ++t) {
      phase_@1(const_cast<struct @0_args*>(p), t, 0); }
  } else {
    a.parallel_for(a.parallel_context, tasks_@1, phase_@1, const_cast<struct @0_args*>(p)); }
)";
const char kPhase[] = R"(
void phase_@1(void* data, std::int64_t task, std::int64_t worker) {
  const @0_args& a = *static_cast<const @0_args*>(data);
  float* const scratch = a.scratch@2; static_cast<void>(scratch); @3
  std::int64_t rest = task;
  @4 static_cast<void>(rest);
  @5
}
)";

// Type, identity and step of each RedOp; `any` stands for osm, which is not lowered.
constexpr const char* kReductions[][3] = {{"float", "0.0f", "@0 = @0 + @1;"},
                                          {"float", "1.0f", "@0 = @0 * @1;"},
                                          {"float", "kBottom", "@0 = maximum(@0, @1);"},
                                          {"float", "(-kBottom)", "@0 = minimum(@0, @1);"},
                                          {"bool", "false", "@0 = true;"}};
constexpr size_t kNever = static_cast<size_t>(-1);
[[noreturn]] void cannot(const string& why) { refuse("lower", why); }
// Leaves first .. first+count-1, selected by the C++ indices so far; `type` is what remains to be
// selected. Of sort Stmt: where statements write, no leaves.
struct Place {
  size_t first = 0, count = 0;
  Type type = {};
  Strings index = {};
  size_t root = 0;  // the level of the variable
};

struct Variable {
  string name = {};  // of a loop variable; empty: a stored value
  Place place = {};  // of a stored value
  // Of a fold's state: the clock, and how many gen loops were open, when the step began.
  size_t begun = kNever, opened = kNever;
};

struct Leaf {
  enum class Kind { kPlain, kSlow, kTurned, kPrivate };  // kPrivate: with a place for each lane
  string base;                                           // of a private local: without the vector
  Strings extents;
  Kind kind = Kind::kPlain;
  bool local = false;  // a C++ variable, not an array
  string lanes = {};   // of a private array: the extent that follows the others
  size_t written = 0;  // when, by the clock
};

struct Region {            // scratch or workspace
  Strings sizes, checked;  // of its leaves: plain, for offsets; for K_workspace and K_scratch
  Term words = integer(0);
};

struct Phase {
  string unrank, body = {}, tasks = "1";
  Term count = integer(1);
  std::set<string> names = {};
  size_t counter = 0;
};

// One element of the first axis of a place.
Place element(Place place, const string& index) {
  if (place.type.sort == Sort::kStmt) return place;
  if (place.type.shape.empty()) cannot("a selection from a scalar");
  place.type.shape.erase(place.type.shape.begin());
  place.index.push_back(index);
  return place;
}

// One component of a place that holds a tuple.
Place component(Place place, size_t k) {
  const vector<Type> parts = place.type.parts;
  if (!place.type.shape.empty() || k >= parts.size()) cannot("no such component");
  for (size_t i = 0; i < k; ++i) place.first += leaves_of(parts[i]).size();
  place.type = parts[k];
  place.count = leaves_of(parts[k]).size();
  return place;
}

class Lowering : LaneLowering {
 public:
  Lowering(const Spec& spec, const string& kernel, const Lanes& lanes)
      : LaneLowering(spec, lanes), kernel_(kernel) {}
  Lowered whole(const Term& final_term) {
    phase(final_term);
    const bool shared = scratch_.sizes.empty();
    const string mine = shared ? "" : fill(" + worker * @0_scratch(&a)", {kernel_});
    const string unused = shared ? "static_cast<void>(worker);" : "";
    Lowered result{"", workspace_.words, {workspace_.words, scratch_.words}};
    string text, runs;
    for (size_t k = 0; k < phases_.size(); ++k) {
      const string q = std::to_string(k);
      text += fill(kPhase, {kernel_, q, mine, unused, phases_[k].unrank, phases_[k].body});
      runs += fill(kRun, {kernel_, q, phases_[k].tasks});
      result.counts.push_back(phases_[k].count);
    }
    const auto size = [&](const char* name, const Region& region) {
      return fill(kSize, {kernel_, name, folded("total(@0, @1)", region.checked, "0")});
    };
    const auto [members, checks] = interface();
    const Instructions& file = lanes_.file;
    string include, code;
    if (file.lanes > 0) include = fill("#include <@0>\n", {file.include});
    for (const InstrRow& row : file.rows) code += fill("@0\n", {row.code});
    result.text = fill(
        kFrame, {kernel_, members, text, checks,
                 size("workspace", workspace_) + size("scratch", scratch_), runs, include, code});
    return result;
  }

 private:
  // x0, then form(x0, x1), ..; `none` if there are none.
  string folded(const char* form, const Strings& all, string none) const {
    for (size_t k = 0; k < all.size(); ++k) none = k == 0 ? all[0] : fill(form, {none, all[k]});
    return none;
  }
  void emit(const string& text) override { phases_.back().body += printed(text) + "\n"; }
  // Identifiers only: a name is pasted into the text that the kernel must equal. Unique: binder
  // "x_1" with counter 0 and leaf 0 of "x" with counter 1 are both "x_1_0": the inner one captures.
  string claim(const string& name) override {
    if (!is_identifier(name)) refuse("name", "not an identifier: " + name);
    if (!phases_.back().names.insert(name).second) refuse("name", "name twice: " + name);
    return name;
  }
  string counted(const string& name) override {
    return name + "_" + std::to_string(phases_.back().counter++);
  }
  // Runs `work` inside child number `child`, where `variables` are bound.
  void inside(const Term& node, size_t child, const vector<Variable>& variables,
              const std::function<void()>& work) {
    const size_t mark = scope_.entries.size();
    const size_t count = variables_.size();
    enter(node, child, scope_, spec_);
    for (const Variable& variable : variables) {
      variables_.push_back(variable);
      variables_.back().place.root = variables_.size() - 1;
    }
    work();
    variables_.resize(count);
    scope_.truncate(mark);
  }
  // The loop of a binder around what `work` emits inside the child, given the C++ variable.
  void loop(const Term& node, size_t child, const std::function<void(const string&)>& work,
            vector<Variable> variables = {}) {
    // Lanes run through a loop together.
    if (!shared(node->kids[0])) cannot("a bound that differs from lane to lane");
    const string v = fresh(node->binders[0]);
    emit(fill("for (std::int64_t @0 = 0; @0 < @1; ++@0) {", {v, index(node->kids[0])}));
    variables.insert(variables.begin(), Variable{v});
    inside(node, child, variables, [&] { work(v); });
    emit("}");
  }
  void loop_over(const Term& node, size_t child, const std::function<void()>& work) override {
    loop(node, child, [&](const string&) { work(); });
  }
  const Variable& variable(const Term& term) const {
    const Number level = static_cast<Number>(variables_.size()) - 1 - term->value;
    if (level < 0) cannot("a variable that nothing binds");
    return variables_[static_cast<size_t>(level)];
  }
  string index(const Term& term) override { return lowered(term, 'I'); }
  string expr(const Term& term) override { return lowered(term, 'R'); }
  string boolean(const Term& term) override {
    // FORMAT 8.3: under and/or the loop of `any` would run unconditionally.
    return term->op == Op::kAny ? reduction(term) : lowered(term, 'B');
  }
  // The C++ expression of a term of this sort.
  string lowered(const Term& term, char sort) {
    const OpRow& op = row(term->op);
    const char result = string(op.sorts).back();
    // Pointwise operators give reals; of those, index arithmetic also an index.
    const bool pointwise = sort == 'R' || (sort == 'I' && is_index_arithmetic(op.op));
    if (*op.cpp != 0 && (result == sort || (result == '>' && pointwise))) {
      Strings operands;
      for (const Term& kid : term->kids)
        operands.push_back(lowered(kid, op.sorts[0] == 'P' ? sort : op.sorts[0]));
      return fill(op.cpp, operands);
    }
    if (term->op == Op::kMem && sort != 'B') return input_element(term, sort == 'I');
    if (sort == 'R') return value(term);
    if (sort == 'B') cannot(string("a boolean that is not lowered: ") + word_of(term->op));
    // LL: in int, 65536 * 65536 would overflow though it is proved to fit 64 bits.
    if (term->op == Op::kInt)
      return fill(term->value < 0 ? "(@0LL)" : "@0LL", {std::to_string(term->value)});
    if (term->op == Op::kFree && spec_.is_dim(term->name)) return "a." + term->name;
    if (term->op != Op::kBound || variable(term).name.empty()) cannot("not an index");
    return variable(term).name;
  }
  string value(const Term& term) {
    const Op op = term->op;
    if (op == Op::kRat)
      return fill("(static_cast<float>(@0) / static_cast<float>(@1))",
                  {std::to_string(term->attrs[0]), std::to_string(term->attrs[1])});
    if (op == Op::kBound || op == Op::kPsi || op == Op::kGet) return read(term);
    if (op == Op::kRed) return reduction(term);
    if (op == Op::kIf) return choice(term);
    // FORMAT 15: what is let inside of lanes has a place for each.
    if (op != Op::kLet || inside_lanes()) cannot(string("not lowered: ") + word_of(op));
    string result;
    let(term, [&] { result = expr(term->kids[1]); });
    return result;
  }
  // An extent or bound that is used outside the loops around it.
  string closed(const Term& term) {
    if (!dimensions_only(term, spec_)) cannot("an extent that is not made of dimensions");
    return index(term);
  }
  // FORMAT 8.3, mem: of an int array where an index stands, of a float array where a value does.
  string input_element(const Term& term, bool integer) {
    const Array* input = spec_.input(operand_of(*term)->name);
    if (input == nullptr || (input->elem == Elem::kInt) != integer)
      cannot("an element of an input of the other kind");
    need_each(term);
    const string access = strided(*input, indices_of(*term));
    return integer ? "static_cast<std::int64_t>(" + access + ")" : access;
  }
  string strided(const Array& array, const Terms& indices) {
    if (indices.size() != array.shape.size()) cannot("a partial element");
    Strings parts;
    for (size_t k = 0; k < indices.size(); ++k)
      parts.push_back(
          fill("(@0 * a.@1_s[@2])", {index(indices[k]), array.name, std::to_string(k)}));
    return fill("a.@0[@1]", {array.name, folded("(@0 + @1)", parts, "0")});
  }
  // red and any, which has no x.
  string reduction(const Term& term) {
    const bool any = term->op == Op::kAny;
    if (!any && term->red == RedOp::kOsm) cannot("red osm");
    const auto& row = kReductions[static_cast<size_t>(any ? RedOp::kOsm : term->red)];
    const string acc = fresh("acc");
    emit(fill("@0 @1 = @2;", {row[0], acc, row[1]}));
    loop(term, any ? 1 : 2, [&](const string&) {
      const bool guarded = any || term->kids[1]->op != Op::kTrue;
      if (guarded) emit(fill("if (@0) {", {boolean(term->kids[1])}));
      emit(fill(row[2], {acc, any ? "" : expr(term->kids[2])}));
      if (guarded) emit("}");
    });
    return acc;
  }
  string choice(const Term& term) {
    const string guard = boolean(term->kids[0]);
    const string sel = fresh("sel");
    emit(fill("float @0 = 0.0f; if (@1) {", {sel, guard}));
    branches(
        [&] {
          emit(fill("@0 = @1; } else {", {sel, expr(term->kids[1])}));
        },
        [&] {
          emit(fill("@0 = @1; }", {sel, expr(term->kids[2])}));
        });
    return sel;
  }
  // FORMAT 8.3 and 15, storage: the variable of a let or letslow, with new leaves.
  Variable declare(const Term& node, bool slow) {
    const Type type = infer(node->kids[0], scope_, spec_);
    const vector<Terms> shapes = leaves_of(type);
    const Place place{leaves_.size(), shapes.size(), type};
    const string name = slow ? "" : counted(node->binders[0]);
    Leaf leaf;
    if (slow) leaf.kind = Leaf::Kind::kSlow;
    if (inside_lanes()) leaf.kind = Leaf::Kind::kPrivate;
    if (!slow && lanes_.turned.contains(node->binders[0])) leaf.kind = Leaf::Kind::kTurned;
    if (leaf.kind == Leaf::Kind::kTurned) check_turned(shapes);
    for (size_t k = 0; k < shapes.size(); ++k)
      declare(leaf, shapes[k], shapes.size() > 1 ? name + "_" + std::to_string(k) : name);
    return {.place = place};
  }
  // FORMAT 15: one row of lanes is whole vectors.
  void check_turned(const vector<Terms>& shapes) const {
    for (const Terms& shape : shapes)
      if (shape.empty() || shape[0]->op != Op::kInt || shape[0]->value < 1 ||
          shape[0]->value % lanes_.file.lanes != 0 || shape[0]->value != shapes[0][0]->value)
        refuse("place", "a turned variable without a first axis of whole vectors");
  }
  void declare(Leaf leaf, Terms shape, const string& name) {
    const bool slow = leaf.kind == Leaf::Kind::kSlow, mine = leaf.kind == Leaf::Kind::kPrivate;
    for (const Term& extent : shape) leaf.extents.push_back(closed(extent));
    leaf.local = !slow && shape.empty();
    const Region& region = slow ? workspace_ : scratch_;
    const string offset = folded("(@0 + @1)", region.sizes, "0");
    leaf.base = slow ? fill("(a.workspace + @0)", {offset}) : name;
    if (leaf.local && mine) {
      leaf.base += string("_") + kVector;
      for (size_t v = 0; v < vectors_; ++v)
        emit(fill("@0 @1 = @2;", {lanes_.file.vector_type, claim(name + "_" + std::to_string(v)),
                                  call("broadcast", {"0.0f"})}));
    } else if (!slow) {
      emit(fill(leaf.local ? "float @0 = 0.0f;" : "float* const @0 = scratch + @1;",
                {claim(name), offset}));
    }
    if (leaf.kind == Leaf::Kind::kTurned) std::ranges::rotate(shape, shape.begin() + 1);
    if (mine) shape.push_back(integer(lanes_around(scope_, lanes_)));
    if (mine && !leaf.local) leaf.lanes = index(shape.back());
    leaves_.push_back(leaf);
    if (!leaf.local) allocate(slow ? workspace_ : scratch_, shape);
  }
  void allocate(Region& region, const Terms& shape) {
    Strings extents;
    for (const Term& extent : shape) extents.push_back(closed(extent));
    region.sizes.push_back(folded("(@0 * @1)", extents, "1"));
    region.checked.push_back(folded("product(@0, @1)", extents, "1"));
    region.words = make_op(Op::kAdd, {region.words, product(shape)});
  }
  void let(const Term& node, const std::function<void()>& rest) {
    const Variable x = declare(node, false);
    into(node->kids[0], x.place);
    inside(node, 1, {x}, rest);
  }
  // FORMAT 8.3, access.
  std::optional<Place> access(const Term& term) {
    if (term->op == Op::kBound) {
      const Variable& x = variable(term);
      return x.name.empty() ? std::optional(x.place) : std::nullopt;
    }
    if (term->op != Op::kPsi && term->op != Op::kGet) return std::nullopt;
    std::optional<Place> place = access(term->kids.back());
    if (!place) return std::nullopt;
    if (term->op == Op::kGet) return component(*place, static_cast<size_t>(term->attrs[0]));
    for (const Term& k : indices_of(*term)) place = element(*place, index(k));
    return place;
  }
  // The leaf of a place that is one element, and (in an array) the Horner form of its indices.
  std::pair<const Leaf&, string> element_of(const Place& place) const {
    const Leaf& leaf = leaves_[place.first];
    if (place.count != 1 || place.index.size() != leaf.extents.size())
      cannot("an access that is not one element");
    Strings indices = place.index, extents = leaf.extents;
    if (leaf.kind == Leaf::Kind::kTurned) {
      std::ranges::rotate(indices, indices.begin() + 1);
      std::ranges::rotate(extents, extents.begin() + 1);
    }
    if (!leaf.lanes.empty()) {
      indices.push_back(kLane);
      extents.push_back(leaf.lanes);
    }
    string offset = indices.empty() ? "0" : indices[0];
    for (size_t k = 1; k < indices.size(); ++k)
      offset = fill("((@0 * @1) + @2)", {offset, extents[k], indices[k]});
    return {leaf, offset};
  }
  // The C++ text of a place that is one element of one leaf.
  string at(const Place& place) const {
    const auto [leaf, offset] = element_of(place);
    return leaf.local ? leaf.base : fill("@0[@1]", {leaf.base, offset});
  }
  // FORMAT 15: the elements of a place for all lanes, which must stand one after the other.
  Element lanes_at(const Place& place) const {
    const auto [leaf, offset] = element_of(place);
    const bool turned = leaf.kind == Leaf::Kind::kTurned;
    if (!turned && leaf.kind != Leaf::Kind::kPrivate) cannot("lanes in a variable without lanes");
    for (size_t k = 0; k < place.index.size(); ++k)
      if (turned && k == 0 ? place.index[k] != kLane : place.index[k].find(kLane) != string::npos)
        cannot("lanes that do not stand one after the other");
    return {leaf.local ? leaf.base : fill("(@0 + @1)", {leaf.base, offset}), leaf.local};
  }
  Element lanes_of(const Term& access) override { return lanes_at(readable(access)); }
  // FORMAT 8.4. A state is overwritten in place, so an element may be read only while it still
  // holds the old state: its leaf has not been written in this step, or (the loops being open) only
  // at elements of earlier iterations, which the same open variables in front exclude.
  Place readable(const Term& term) {
    const std::optional<Place> place = access(term);
    if (!place) cannot("a selection from something not stored");
    const Variable& state = variables_[place->root];
    need_unwritten(*place, "reads");
    size_t own = state.place.index.size();
    for (size_t k = state.opened; k < open_.size(); ++k, ++own)
      if (own >= place->index.size() || place->index[own] != open_[k])
        refuse("in-place", "a read of another element's state");
    if (leaves_[place->first].kind == Leaf::Kind::kSlow) need_each(term);
    return *place;
  }
  string read(const Term& term) { return at(readable(term)); }
  // No leaf may have been written since the step began whose state the place is read through.
  void need_unwritten(const Place& place, const string& reader) const {
    for (size_t k = place.first; k < place.first + place.count; ++k)
      if (leaves_[k].written > variables_[place.root].begun)
        refuse("in-place", reader + " a state that is already overwritten");
  }
  // FORMAT 8.4: two texts of which one runs, or each for other elements. Both begin with what was
  // written before; after them a leaf counts as written if either wrote it.
  void branches(const std::function<void()>& one, const std::function<void()>& other) {
    const vector<size_t> before = written();
    one();
    const vector<size_t> first = written(before);
    other();
    for (size_t k = 0; k < first.size(); ++k)
      leaves_[k].written = std::max(leaves_[k].written, first[k]);
  }
  vector<size_t> written(const vector<size_t>& set = {}) {
    vector<size_t> all;
    for (Leaf& leaf : leaves_) {
      all.push_back(leaf.written);
      if (all.size() <= set.size()) leaf.written = set[all.size() - 1];
    }
    return all;
  }
  void mark_written(const Place& place) {
    ++clock_;
    for (size_t k = place.first; k < place.first + place.count; ++k) leaves_[k].written = clock_;
  }
  // A branch that names exactly the destination, which holds the old value.
  bool keeps(const Term& branch, const Place& place) {
    const std::optional<Place> named = access(branch);
    if (!named || named->first != place.first || named->count != place.count ||
        named->index != place.index)
      return false;
    // An outer fold's old state may be gone: in (fold .. w .. (if c x st)) the place holds w.
    need_unwritten(*named, "keeps");
    return true;
  }
  // if, when.
  void branch(const Term& term, const Place& place) {
    const string guard = boolean(term->kids[0]);
    vector<bool> kept = {true};
    for (size_t k = 1; k < term->kids.size(); ++k) kept.push_back(keeps(term->kids[k], place));
    kept.resize(3, true);
    emit(fill("if (@0) {", {guard}));
    branches(
        [&] {
          if (!kept[1]) into(term->kids[1], place);
        },
        [&] {
          if (kept[2]) return;
          emit("} else {");
          into(term->kids[2], place);
        });
    emit("}");
  }
  void fold(const Term& term, const Place& place) {
    into(term->kids[1], place);
    // "into(init, d) counts as writing for the folds outside", even where a branch wrote nothing:
    // the loop below writes before it reads again.
    mark_written(place);
    loop(term, 2, [&](const string&) { into(term->kids[2], place); },
         {{.place = place, .begun = clock_, .opened = open_.size()}});
  }
  // The body of a gen whose variable is open, and has this C++ text.
  void open(const Term& gen, const string& v, const std::function<void(const Term&)>& body) {
    inside(gen, 1, {Variable{v}}, [&] {
      open_.push_back(v);
      body(gen->kids[1]);
      open_.pop_back();
    });
  }
  void lane_binder(const Term& gen, const Place& place) {
    vectors_ = static_cast<size_t>(gen->kids[0]->value / lanes_.file.lanes);
    open(gen, kLane, [&](const Term& body) { into(body, element(place, kLane)); });
    vectors_ = 0;
  }
  void unrolled_binder(const Term& gen, const Place& place) {
    // The loop for the rest has other elements than the first one.
    const auto both = [&](const auto& main, const auto& rest) { branches(main, rest); };
    unrolled(gen, both, [&] {
      open(gen, kUnrolled, [&](const Term& body) { set(body, element(place, kUnrolled)); });
    });
  }
  // Lanes of a scalar.
  void set(const Term& value, const Place& place) {
    store(value, lanes_at(place));
    mark_written(place);
  }
  // FORMAT 8.3: into(e, d), and stmt(P).
  void into(const Term& term, const Place& place) {
    const bool statement = place.type.sort == Sort::kStmt;
    const Op op = term->op;
    if (op == Op::kLet) return let(term, [&] { into(term->kids[1], place); });
    if (op == (statement ? Op::kWhen : Op::kIf) && shared(term->kids[0]))
      return branch(term, place);
    if (lanes_.is_lane(*term)) return lane_binder(term, place);
    if (op == Op::kGen && lanes_.unroll.contains(term->binders[0]))
      return unrolled_binder(term, place);
    if (op == (statement ? Op::kFor : Op::kGen)) {
      return loop(term, 1, [&](const string& v) {
        open_.push_back(v);
        into(term->kids[1], element(place, v));
        open_.pop_back();
      });
    }
    if (op == Op::kFold && !statement) return fold(term, place);
    if (op == Op::kTup && !statement) {
      for (size_t k = 0; k < term->kids.size(); ++k) into(term->kids[k], component(place, k));
      return;
    }
    // FORMAT 8.3: any other e has rank 0 and elements real. 8.2: letslow, parfor only in front.
    const bool scalar = place.type.shape.empty() && place.type.elem == Elem::kReal;
    if (statement ? op != Op::kPut : !scalar)
      cannot(string("not a statement or scalar: ") + word_of(op));
    if (inside_lanes()) return set(term, place);
    const string value = expr(statement ? operand_of(*term) : term);
    const string target = statement ? strided(spec_.output, indices_of(*term)) : at(place);
    emit(fill("@0 = @1;", {target, value}));
    mark_written(place);
  }
  // FORMAT 8.2: the leading chain of pargen (of a value) or parfor gives the tasks.
  void chain(const Term& term, const Place& place) {
    const bool statement = place.type.sort == Sort::kStmt;
    if (term->op != (statement ? Op::kParFor : Op::kParGen)) return into(term, place);
    const string v = fresh(term->binders[0]);
    const string bound = closed(term->kids[0]);
    Phase& phase = phases_.back();
    phase.unrank =
        fill("const std::int64_t @0 = rest % @1; rest = rest / @1;\n", {v, bound}) + phase.unrank;
    phase.tasks = fill("product(@0, @1)", {phase.tasks, bound});
    phase.count = make_op(Op::kMul, {phase.count, term->kids[0]});
    inside(term, 1, {{v}}, [&] { chain(term->kids[1], element(place, v)); });
  }
  void phase(const Term& term) {
    phases_.emplace_back();
    if (term->op != Op::kLetSlow) return chain(term, {0, 0, {Sort::kStmt, {}, Elem::kReal, {}}});
    const Variable x = declare(term, true);
    chain(term->kids[0], x.place);
    inside(term, 1, {x}, [&] { phase(term->kids[1]); });
  }
  // DIMS and ARRAYS, and what K_check looks at.
  std::pair<string, string> interface() {
    string members, checks, pointers;
    for (const string& name : spec_.dims) {
      members += fill("std::int64_t @0;\n", {name});
      checks += fill("if (a.@0 < 1 || a.@0 > kMaxDim) { return 2; }\n", {name});
    }
    for (const Term& require : spec_.assumptions)
      checks += fill("if (!(@0)) { return 3; }\n", {lowered(require, 'B')});
    for (const Array& array : spec_.arrays()) {
      const string rank = std::to_string(std::max<size_t>(array.shape.size(), 1));
      const char* type = array.elem == Elem::kInt ? "std::int32_t*" : "float*";
      members += fill("@0 @1 @2; std::int64_t @2_s[@3];\n",
                      {array.name == spec_.output.name ? "" : "const", type, array.name, rank});
      for (size_t k = 0; k < array.shape.size(); ++k)
        checks += fill("if (a.@0_s[@1] < 0 || a.@0_s[@1] > kMaxStride) { return 4; }\n",
                       {array.name, std::to_string(k)});
      pointers += fill("if (a.@0 == nullptr) { return 5; }\n", {array.name});
    }
    return {members, checks + pointers};
  }
  const string kernel_;
  vector<Variable> variables_;  // by level
  vector<Leaf> leaves_;
  size_t clock_ = 0;  // writes so far
  Strings open_;      // the variables of the gen loops around
  Region scratch_, workspace_;
  vector<Phase> phases_;
};
}  // namespace
vector<Terms> leaves_of(const Type& type) {
  if (type.sort != Sort::kArr || type.elem == Elem::kInt)
    cannot("a shared value that is not made of reals");
  if (type.elem == Elem::kReal) return {type.shape};
  vector<Terms> leaves;
  for (const Type& part : type.parts) {
    for (Terms extents : leaves_of(part)) {
      extents.insert(extents.begin(), type.shape.begin(), type.shape.end());
      leaves.push_back(std::move(extents));
    }
  }
  return leaves;
}
Lowered lower(const Term& final_term, const Spec& spec, const string& schedule,
              const Lanes& lanes) {
  if (!is_identifier(schedule)) refuse("name", "the schedule's name");
  if (lanes.file.lanes > 0) check_place(final_term, spec, lanes);
  return Lowering(spec, "minimoa_" + spec.name + "_" + schedule, lanes).whole(final_term);
}
}  // namespace audit
