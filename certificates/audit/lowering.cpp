// The lowering of the final term to C++ text. See lowering.h.
// Idea: one function per paragraph of FORMAT 8.3, appending to `out_`; names are unique within a
// phase, so a C++ name identifies its variable.
// How it may be wrong: the order in which names are made or operands lowered (then honest kernels
// are refused); 8.4 (see read() and mark_written()).
#include "lowering.h"

#include <algorithm>
#include <functional>
#include <set>

#include "reader.h"

namespace audit {
namespace {
const char kPrologue[] = R"(#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
extern "C" {
typedef void (*@K_task)(void*, std::int64_t, std::int64_t);
struct @K_args { std::size_t size; @MEMBERS
  float* workspace; float* scratch; std::int64_t workers;
  void (*parallel_for)(void*, std::int64_t, @K_task, void*);
  void* parallel_context; };
std::int32_t @K_check(const struct @K_args* p);
std::int64_t @K_workspace(const struct @K_args* p);
std::int64_t @K_scratch(const struct @K_args* p);
std::int32_t @K_run(const struct @K_args* p);
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
)";
const char kEpilogue[] = R"(}
extern "C" {
std::int32_t @K_check(const struct @K_args* p) {
  if (p == nullptr || p->size != sizeof(struct @K_args)) { return 1; }
  const @K_args& a = *p; static_cast<void>(a); @CHECKS
  return 0; }
std::int64_t @K_workspace(const struct @K_args* p) {
  if (@K_check(p) != 0) { return -1; }
  const @K_args& a = *p; static_cast<void>(a);
  return @WORKSPACE; }
std::int64_t @K_scratch(const struct @K_args* p) {
  if (@K_check(p) != 0) { return -1; }
  const @K_args& a = *p; static_cast<void>(a);
  return @SCRATCH; }
std::int32_t @K_run(const struct @K_args* p) {
  const std::int32_t status = @K_check(p);
  if (status != 0) { return status; }
  const @K_args& a = *p;
  const std::int64_t workspace = @K_workspace(p);
  const std::int64_t scratch = @K_scratch(p);
  const std::int64_t workers = a.workers < 1 ? 1 : a.workers;
  if (workspace < 0 || product(workers, scratch) < 0) { return 6; }
  if (workspace > 0 && a.workspace == nullptr) { return 7; }
  if (scratch > 0 && a.scratch == nullptr) { return 8; }
  @RUNS
  return 0; }
}
)";
const char kRun[] = R"(
  const std::int64_t tasks_@Q = @TASKS;
  if (tasks_@Q < 0) { return 6; }
  if (a.parallel_for == nullptr) {
    for (std::int64_t t = 0; t < tasks_@Q; ++t) {
      phase_@Q(const_cast<struct @K_args*>(p), t, 0); }
  } else {
    a.parallel_for(a.parallel_context, tasks_@Q, phase_@Q, const_cast<struct @K_args*>(p)); }
)";
const char kPhase[] = R"(
void phase_@Q(void* data, std::int64_t task, std::int64_t worker) {
  const @K_args& a = *static_cast<const @K_args*>(data);
  @SCRATCHLINE
  std::int64_t rest = task;
  @UNRANK static_cast<void>(rest);
  @BODY
}
)";
[[noreturn]] void cannot(const string& why) { refuse("lower", why); }
string filled(string text, const std::map<string, string>& holes) {
  for (const auto& [hole, with] : holes)
    for (size_t at = 0; (at = text.find(hole, at)) != string::npos; at += with.size())
      text.replace(at, hole.size(), with);
  return text;
}

// Leaves first .. first+count-1, selected by the C++ indices so far; `type` is what remains to be
// selected.
struct Place {
  size_t first = 0;
  size_t count = 0;
  Type type;
  Strings index;
};

struct Variable {
  string name;        // of a loop variable; empty: a stored value
  Place place;        // of a stored value
  bool fold = false;  // a fold's state, with (FORMAT 8.4):
  Strings open;
  std::set<size_t> written;
};

struct Leaf {
  string base;
  bool local = false;  // a C++ variable, not an array
  Strings extents;
};

struct Region {  // scratch or workspace
  string offset = "0", size = "0";
  bool empty = true;
};
size_t leaf_count(const Type& type) {
  if (type.sort != Sort::kArr || type.elem == Elem::kInt)
    cannot("a shared value that is not made of reals");
  size_t result = type.elem == Elem::kReal ? 1 : 0;
  for (const Type& part : type.parts) result += leaf_count(part);
  return result;
}

// One element of the first axis of a place.
Place element(Place place, const string& index) {
  if (place.type.shape.empty()) cannot("a selection from a scalar");
  place.type.shape.erase(place.type.shape.begin());
  place.index.push_back(index);
  return place;
}

// One component of a place that holds a tuple.
Place component(Place place, size_t k) {
  const vector<Type> parts = place.type.parts;
  if (!place.type.shape.empty() || k >= parts.size()) cannot("no such component");
  for (size_t i = 0; i < k; ++i) place.first += leaf_count(parts[i]);
  place.type = parts[k];
  place.count = leaf_count(parts[k]);
  return place;
}

class Lowering {
 public:
  Lowering(const Spec& spec, const string& kernel) : spec_(spec), kernel_(kernel) {}
  Lowered whole(const Term& final_term) {
    phases(final_term);
    const string scratch = scratch_.empty ? "float* const scratch = a.scratch; "
                                            "static_cast<void>(scratch); static_cast<void>(worker);"
                                          : "float* const scratch = a.scratch + worker * "
                                            "@K_scratch(&a); static_cast<void>(scratch);";
    string text = filled(kPrologue, {{"@MEMBERS", members()}}) +
                  filled(phase_text_, {{"@SCRATCHLINE", scratch}}) +
                  filled(kEpilogue, {{"@CHECKS", checks()},
                                     {"@WORKSPACE", workspace_.size},
                                     {"@SCRATCH", scratch_.size},
                                     {"@RUNS", run_text_}});
    return {filled(text, {{"@K", kernel_}}), slow_extents_, scratch_extents_, tasks_};
  }

 private:
  void emit(const string& text) { out_ += text + "\n"; }
  // Identifiers only: a name is pasted into the text that the kernel must equal. Unique: binder
  // "x_1" with counter 0 and leaf 0 of "x" with counter 1 are both "x_1_0", and the inner one would
  // capture the outer one's uses.
  string claim(const string& name) {
    if (!is_identifier(name)) refuse("name", "not an identifier: " + name);
    if (!names_.insert(name).second) refuse("name", "name twice: " + name);
    return name;
  }
  string counted(const string& name) { return name + "_" + std::to_string(counter_++); }
  string fresh(const string& name) { return claim(counted(name)); }
  // Runs `work` inside child number `child`, where `variables` are bound.
  void inside(const Term& node, size_t child, const vector<Variable>& variables,
              const std::function<void()>& work) {
    const size_t mark = scope_.entries.size();
    const size_t count = variables_.size();
    enter(node, child, scope_, spec_);
    variables_.insert(variables_.end(), variables.begin(), variables.end());
    work();
    variables_.resize(count);
    scope_.truncate(mark);
  }
  Variable loop_variable(const string& name) const { return {name, {}, false, {}, {}}; }
  Variable& variable(const Term& term) {
    const Number level = static_cast<Number>(variables_.size()) - 1 - term->value;
    if (level < 0) cannot("a variable that nothing binds");
    return variables_[static_cast<size_t>(level)];
  }
  string index(const Term& term) {
    static const std::map<Op, string> kInfix = {{Op::kAdd, " + "},
                                                {Op::kSub, " - "},
                                                {Op::kMul, " * "},
                                                {Op::kDiv, " / "},
                                                {Op::kMod, " % "}};
    if (term->op == Op::kInt) {
      // LL: in int, 65536 * 65536 would overflow though it is proved to fit 64 bits.
      const string digits = std::to_string(term->value) + "LL";
      return term->value < 0 ? "(" + digits + ")" : digits;
    }
    if (term->op == Op::kBound) {
      if (variable(term).name.empty()) cannot("an index in storage");
      return variable(term).name;
    }
    if (term->op == Op::kFree && spec_.is_dim(term->name)) return "a." + term->name;
    if (term->op == Op::kMem) return input_element(term, true);
    if (!kInfix.contains(term->op)) cannot("not an index");
    const string a = index(term->kids[0]);
    return "(" + a + kInfix.at(term->op) + index(term->kids[1]) + ")";
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
    const string access = strided(*input, indices_of(*term));
    return integer ? "static_cast<std::int64_t>(" + access + ")" : access;
  }
  string strided(const Array& array, const Terms& indices) {
    if (indices.size() != array.shape.size()) cannot("a partial element");
    string sum = "0";
    for (size_t k = 0; k < indices.size(); ++k) {
      const string part =
          "(" + index(indices[k]) + " * a." + array.name + "_s[" + std::to_string(k) + "])";
      sum = k == 0 ? part : "(" + sum + " + " + part + ")";
    }
    return "a." + array.name + "[" + sum + "]";
  }
  string boolean(const Term& term, bool nested = false) {
    static const std::map<Op, string> kInfix = {{Op::kLt, " < "},   {Op::kLe, " <= "},
                                                {Op::kEq, " == "},  {Op::kNe, " != "},
                                                {Op::kAnd, " && "}, {Op::kOr, " || "}};
    if (term->op == Op::kTrue) return "true";
    if (term->op == Op::kNot) return "(!" + boolean(term->kids[0], true) + ")";
    if (term->op == Op::kIsZero) return "(" + expr(term->kids[0]) + " == 0.0f)";
    // FORMAT 8.3: under and/or the loop of `any` would run unconditionally.
    if (term->op == Op::kAny && !nested) return any(term);
    if (!kInfix.contains(term->op)) cannot("a boolean that is not lowered");
    const bool logic = term->op == Op::kAnd || term->op == Op::kOr;
    const auto operand = [&](size_t k) {
      return logic ? boolean(term->kids[k], true) : index(term->kids[k]);
    };
    const string a = operand(0);
    return "(" + a + kInfix.at(term->op) + operand(1) + ")";
  }
  // Opens the loop of a binder; returns the C++ name of its variable.
  string open_loop(const Term& node) {
    const string v = fresh(node->binders[0]);
    emit("for (std::int64_t " + v + " = 0; " + v + " < " + index(node->kids[0]) + "; ++" + v +
         ") {");
    return v;
  }
  string any(const Term& term) {
    const string acc = fresh("acc");
    emit("bool " + acc + " = false;");
    inside(term, 1, {loop_variable(open_loop(term))}, [&] {
      const string guard = boolean(term->kids[1]);
      emit("if (" + guard + ") { " + acc + " = true; } }");
    });
    return acc;
  }
  string reduction(const Term& term) {
    static const std::map<RedOp, std::pair<string, string>> kTable = {
        {RedOp::kAdd, {"0.0f", "@A + @X"}},
        {RedOp::kMul, {"1.0f", "@A * @X"}},
        {RedOp::kMax, {"kBottom", "maximum(@A, @X)"}},
        {RedOp::kMin, {"(-kBottom)", "minimum(@A, @X)"}}};
    if (!kTable.contains(term->red)) cannot("red osm");
    const auto& [identity, step] = kTable.at(term->red);
    const string acc = fresh("acc");
    emit("float " + acc + " = " + identity + ";");
    const Variable j = loop_variable(open_loop(term));
    const bool guarded = term->kids[1]->op != Op::kTrue;
    if (guarded) {
      inside(term, 1, {j}, [&] {
        const string guard = boolean(term->kids[1]);
        emit("if (" + guard + ") {");
      });
    }
    inside(term, 2, {j}, [&] {
      const string x = expr(term->kids[2]);
      emit(acc + " = " + filled(step, {{"@A", acc}, {"@X", x}}) + ";");
    });
    emit(guarded ? "} }" : "}");
    return acc;
  }
  string choice(const Term& term) {
    const string guard = boolean(term->kids[0]);
    const string sel = fresh("sel");
    emit("float " + sel + " = 0.0f; if (" + guard + ") {");
    for (const size_t k : {1, 2}) {
      inside(term, k, {}, [&] {
        const string x = expr(term->kids[k]);
        emit(sel + " = " + x + (k == 1 ? "; } else {" : "; }"));
      });
    }
    return sel;
  }
  string call(const Term& term) {
    static const std::map<Op, string> kForm = {{Op::kAdd, "(@X + @Y)"},
                                               {Op::kSub, "(@X - @Y)"},
                                               {Op::kMul, "(@X * @Y)"},
                                               {Op::kQuot, "(@X / @Y)"},
                                               {Op::kMax, "maximum(@X, @Y)"},
                                               {Op::kMin, "minimum(@X, @Y)"},
                                               {Op::kNeg, "(-@X)"},
                                               {Op::kExp, "std::exp(@X)"},
                                               {Op::kExp2, "std::exp2(@X)"},
                                               {Op::kLog, "std::log(@X)"},
                                               {Op::kSqrt, "std::sqrt(@X)"},
                                               {Op::kTanh, "std::tanh(@X)"},
                                               {Op::kExpSub, "expsub(@X, @Y)"}};
    if (!kForm.contains(term->op)) cannot(string("not lowered: ") + word_of(term->op));
    const string x = expr(term->kids[0]);
    const string y = term->kids.size() == 1 ? "" : expr(term->kids[1]);
    return filled(kForm.at(term->op), {{"@X", x}, {"@Y", y}});
  }
  string expr(const Term& term) {
    const Op op = term->op;
    if (op == Op::kReal) return "static_cast<float>(" + index(term->kids[0]) + ")";
    if (op == Op::kRat)
      return "(static_cast<float>(" + std::to_string(term->attrs[0]) + ") / static_cast<float>(" +
             std::to_string(term->attrs[1]) + "))";
    if (op == Op::kBottom) return "kBottom";
    if (op == Op::kMem) return input_element(term, false);
    if (op == Op::kBound || op == Op::kPsi || op == Op::kGet) return read(term);
    if (op == Op::kRed) return reduction(term);
    if (op == Op::kIf) return choice(term);
    if (op != Op::kLet) return call(term);
    string result;
    let(term, [&] { result = expr(term->kids[1]); });
    return result;
  }
  // FORMAT 8.3, storage: the leaves of a type with `outer` prepended.
  void allocate(const Type& type, const Terms& outer, const string& name, bool several, bool slow,
                size_t first) {
    Terms extents = outer;
    extents.insert(extents.end(), type.shape.begin(), type.shape.end());
    if (type.elem == Elem::kTup) {
      for (const Type& part : type.parts) allocate(part, extents, name, several, slow, first);
      return;
    }
    const string number = std::to_string(leaves_.size() - first);
    const string x = slow ? "" : claim(several ? name + "_" + number : name);
    if (!slow && extents.empty()) {
      emit("float " + x + " = 0.0f;");
      leaves_.push_back({x, true, {}});
      return;
    }
    string size = "1";     // plain, for offsets
    string checked = "1";  // for K_workspace and K_scratch
    Strings printed;
    for (size_t k = 0; k < extents.size(); ++k) {
      const string e = closed(extents[k]);
      printed.push_back(e);
      size = k == 0 ? e : "(" + size + " * " + e + ")";
      checked = k == 0 ? e : "product(" + checked + ", " + e + ")";
    }
    Region& region = slow ? workspace_ : scratch_;
    leaves_.push_back({slow ? "(a.workspace + " + region.offset + ")" : x, false, printed});
    (slow ? slow_extents_ : scratch_extents_).push_back(extents);
    if (!slow) emit("float* const " + x + " = scratch + " + region.offset + ";");
    region.offset = region.empty ? size : "(" + region.offset + " + " + size + ")";
    region.size = region.empty ? checked : "total(" + region.size + ", " + checked + ")";
    region.empty = false;
  }
  // The variable of a let or letslow, with new leaves.
  Variable declare(const Term& node, bool slow) {
    const Type type = infer(node->kids[0], scope_, spec_);
    const Place place{leaves_.size(), leaf_count(type), type, {}};
    const string name = slow ? "" : counted(node->binders[0]);
    allocate(type, {}, name, place.count > 1, slow, place.first);
    return {"", place, false, {}, {}};
  }
  void let(const Term& node, const std::function<void()>& rest) {
    const Variable x = declare(node, false);
    into(node->kids[0], x.place);
    inside(node, 1, {x}, rest);
  }
  // FORMAT 8.3, access; `through` is the variable at its root.
  std::optional<Place> access(const Term& term, Variable*& through) {
    if (term->op == Op::kBound) {
      through = &variable(term);
      return through->name.empty() ? std::optional(through->place) : std::nullopt;
    }
    if (term->op != Op::kPsi && term->op != Op::kGet) return std::nullopt;
    std::optional<Place> place = access(term->kids.back(), through);
    if (!place) return std::nullopt;
    if (term->op == Op::kGet) return component(*place, static_cast<size_t>(term->attrs[0]));
    for (const Term& k : indices_of(*term)) place = element(*place, index(k));
    return place;
  }
  // The C++ text of a place that is one element of one leaf.
  string at(const Place& place) const {
    const Leaf& leaf = leaves_[place.first];
    if (place.count != 1 || place.index.size() != leaf.extents.size())
      cannot("an access that is not one element");
    if (leaf.local) return leaf.base;
    string offset = place.index.empty() ? "0" : place.index[0];
    for (size_t k = 1; k < place.index.size(); ++k)
      offset = "((" + offset + " * " + leaf.extents[k] + ") + " + place.index[k] + ")";
    return leaf.base + "[" + offset + "]";
  }
  // FORMAT 8.4. A state is overwritten in place, so an element may be read only while it still
  // holds the old state: its leaf has not been written in this step, or (the loops being open) only
  // at elements of earlier iterations, which the same open variables in front exclude.
  string read(const Term& term) {
    Variable* through = nullptr;
    const std::optional<Place> place = access(term, through);
    if (!place) cannot("a selection from something not stored");
    const string text = at(*place);
    if (!through->fold) return text;
    if (through->written.contains(place->first))
      refuse("in-place", "a read of state that is already overwritten: " + text);
    const size_t own = through->place.index.size();
    for (size_t k = 0; k < through->open.size(); ++k)
      if (own + k >= place->index.size() || place->index[own + k] != through->open[k])
        refuse("in-place", "a read of another element's state: " + text);
    return text;
  }
  void mark_written(const Place& place) {
    for (Variable& state : variables_) {
      const size_t first = std::max(place.first, state.place.first);
      const size_t end = std::min(place.first + place.count, state.place.first + state.place.count);
      for (size_t k = first; state.fold && k < end; ++k) state.written.insert(k);
    }
  }
  void into_gen(const Term& term, const Place& place) {
    const string v = open_loop(term);
    inside(term, 1, {loop_variable(v)}, [&] {
      for (Variable& state : variables_) state.open.push_back(v);
      into(term->kids[1], element(place, v));
      for (Variable& state : variables_) state.open.pop_back();
    });
    emit("}");
  }
  void into_fold(const Term& term, const Place& place) {
    into(term->kids[1], place);
    // "into(init, d) counts as writing for the folds outside", even where a branch wrote nothing:
    // the loop below writes before it reads again.
    mark_written(place);
    const Variable j = loop_variable(open_loop(term));
    inside(term, 2, {j, {"", place, true, {}, {}}}, [&] { into(term->kids[2], place); });
    emit("}");
  }
  // A branch that names exactly the destination, which holds the old value.
  bool keeps(const Term& branch, const Place& place) {
    Variable* through = nullptr;
    const std::optional<Place> named = access(branch, through);
    if (!named || named->first != place.first || named->count != place.count ||
        named->index != place.index)
      return false;
    // Through an outer fold's state the old value may be gone: in (fold .. w .. (if c x st)) the
    // destination holds w, not st.
    for (size_t k = place.first; k < place.first + place.count; ++k)
      if (through->written.contains(k))
        refuse("in-place", "keeps a state that is already overwritten");
    return true;
  }
  void into_if(const Term& term, const Place& place) {
    const string guard = boolean(term->kids[0]);
    const bool keep_x = keeps(term->kids[1], place);
    const bool keep_y = keeps(term->kids[2], place);
    emit("if (" + guard + ") {");
    if (!keep_x) inside(term, 1, {}, [&] { into(term->kids[1], place); });
    if (!keep_y) emit("} else {");
    if (!keep_y) inside(term, 2, {}, [&] { into(term->kids[2], place); });
    emit("}");
  }
  void into(const Term& term, const Place& place) {
    if (term->op == Op::kGen) return into_gen(term, place);
    if (term->op == Op::kFold) return into_fold(term, place);
    if (term->op == Op::kIf) return into_if(term, place);
    if (term->op == Op::kLet) return let(term, [&] { into(term->kids[1], place); });
    if (term->op == Op::kTup) {
      for (size_t k = 0; k < term->kids.size(); ++k) into(term->kids[k], component(place, k));
      return;
    }
    // FORMAT 8.3: any other e has rank 0 and elements real.
    if (!place.type.shape.empty() || place.type.elem != Elem::kReal)
      cannot(string("an array made by ") + word_of(term->op));
    const string value = expr(term);
    emit(at(place) + " = " + value + ";");
    mark_written(place);
  }
  void statement(const Term& term) {
    if (term->op == Op::kLet) return let(term, [&] { statement(term->kids[1]); });
    if (term->op == Op::kPut) {
      const string value = expr(operand_of(*term));
      return emit(strided(spec_.output, indices_of(*term)) + " = " + value + ";");
    }
    // FORMAT 8.2: letslow and parfor only at the front of the term.
    if (term->op != Op::kFor && term->op != Op::kWhen)
      cannot(string("not a statement here: ") + word_of(term->op));
    vector<Variable> variables;
    if (term->op == Op::kFor) {
      variables.push_back(loop_variable(open_loop(term)));
    } else {
      const string guard = boolean(term->kids[0]);
      emit("if (" + guard + ") {");
    }
    inside(term, 1, variables, [&] { statement(term->kids[1]); });
    emit("}");
  }
  // FORMAT 8.2: the leading chain of pargen (of a value into `place`) or parfor gives the tasks.
  void chain(const Term& term, const Place* place) {
    if (term->op != (place != nullptr ? Op::kParGen : Op::kParFor))
      return place != nullptr ? into(term, *place) : statement(term);
    const string v = fresh(term->binders[0]);
    parallel_.push_back({v, closed(term->kids[0])});
    tasks_.back().push_back(term->kids[0]);
    const Place inner = place != nullptr ? element(*place, v) : Place{};
    inside(term, 1, {loop_variable(v)},
           [&] { chain(term->kids[1], place != nullptr ? &inner : nullptr); });
  }
  void phases(const Term& term) {
    if (term->op != Op::kLetSlow) {
      chain(term, nullptr);
      return finish_phase();
    }
    const Variable x = declare(term, true);
    chain(term->kids[0], &x.place);
    finish_phase();
    inside(term, 1, {x}, [&] { phases(term->kids[1]); });
  }
  // Wraps the body of a phase; @SCRATCHLINE depends on all phases, so it is filled at the end.
  void finish_phase() {
    tasks_.emplace_back();
    string unrank;
    string tasks = "1";
    for (const auto& [name, bound] : parallel_) {
      unrank = "const std::int64_t " + name + " = rest % " + bound + "; rest = rest / " + bound +
               ";\n" + unrank;
      tasks = "product(" + tasks + ", " + bound + ")";
    }
    const string q = std::to_string(phases_++);
    phase_text_ += filled(kPhase, {{"@Q", q}, {"@UNRANK", unrank}, {"@BODY", out_}});
    run_text_ += filled(kRun, {{"@Q", q}, {"@TASKS", tasks}});
    out_.clear();
    parallel_.clear();
    names_.clear();
    counter_ = 0;
  }
  string members() const {
    string text;
    for (const string& name : spec_.dims) text += "std::int64_t " + name + ";\n";
    for (const Array& array : spec_.arrays()) {
      const string type = array.elem == Elem::kInt ? "std::int32_t* " : "float* ";
      const size_t rank = std::max<size_t>(array.shape.size(), 1);
      text += (array.name == spec_.output.name ? "" : "const ") + type + array.name +
              "; std::int64_t " + array.name + "_s[" + std::to_string(rank) + "];\n";
    }
    return text;
  }
  // FORMAT 7, integer width: the magnitude of index arithmetic in a require. K_check evaluates it
  // before anything is known but the dimensions' range: an overflow, or a quotient rounded towards
  // zero, would admit sizes for which the require fails.
  Number require_size(const Term& term) {
    constexpr Number kCap = Number{1} << 60;
    if (term->op == Op::kFree) return Number{1} << 24;
    if (term->op == Op::kInt) return std::max(term->value, -term->value);
    Numbers sizes;
    for (const Term& kid : term->kids) sizes.push_back(require_size(kid));
    const bool quotient = term->op == Op::kDiv || term->op == Op::kMod;
    if (quotient && print(term->kids[0]).find('-') != string::npos)
      refuse("int-width", "a require divides what may be negative");
    Number size = 0;  // of true, not
    if (sizes.size() == 2) size = quotient ? sizes[0] : sizes[0] + sizes[1];
    if (term->op == Op::kMul)
      size = sizes[1] > 0 && sizes[0] > kCap / sizes[1] ? kCap + 1 : sizes[0] * sizes[1];
    if (size > kCap) refuse("int-width", "a require may overflow");
    return size;
  }
  string checks() {
    string text;
    for (const string& name : spec_.dims)
      text += "if (a." + name + " < 1 || a." + name + " > kMaxDim) { return 2; }\n";
    for (const Term& require : spec_.assumptions) {
      require_size(require);
      text += "if (!(" + boolean(require) + ")) { return 3; }\n";
    }
    string pointers;
    for (const Array& array : spec_.arrays()) {
      for (size_t k = 0; k < array.shape.size(); ++k) {
        const string s = "a." + array.name + "_s[" + std::to_string(k) + "]";
        text += "if (" + s + " < 0 || " + s + " > kMaxStride) { return 4; }\n";
      }
      pointers += "if (a." + array.name + " == nullptr) { return 5; }\n";
    }
    return text + pointers;
  }
  const Spec& spec_;
  const string kernel_;
  Scope scope_;
  vector<Variable> variables_;  // by level
  vector<Leaf> leaves_;
  Region scratch_, workspace_;
  vector<Terms> slow_extents_, scratch_extents_, tasks_ = {{}};
  std::set<string> names_;  // of this phase
  size_t counter_ = 0;
  size_t phases_ = 0;
  string out_;                                  // the body of this phase
  vector<std::pair<string, string>> parallel_;  // name, bound
  string phase_text_, run_text_;
};

}  // namespace
Lowered lower(const Term& final_term, const Spec& spec, const string& schedule) {
  if (!is_identifier(schedule)) refuse("name", "the schedule's name");
  return Lowering(spec, "minimoa_" + spec.name + "_" + schedule).whole(final_term);
}

}  // namespace audit
