// What: the lowering of the final term to C++ text. See lowering.h.
// The idea: one function per paragraph of FORMAT 8.3, appending to `out_`;
// names are unique within a phase, so a C++ name identifies its variable.
// How it may be wrong: the order in which names are made or operands lowered
// (then honest kernels are refused); 8.4 (see read() and write()).
#include "lowering.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "obligations.h"
#include "reader.h"
#include "types.h"

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
  void* parallel_context;
};
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
[[maybe_unused]] inline float maximum(float x, float y) {
  return x < y ? y : x; }
[[maybe_unused]] inline float minimum(float x, float y) {
  return y < x ? y : x; }
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
  return 0;
}
std::int64_t @K_workspace(const struct @K_args* p) {
  if (@K_check(p) != 0) { return -1; }
  const @K_args& a = *p; static_cast<void>(a);
  return @WORKSPACE;
}
std::int64_t @K_scratch(const struct @K_args* p) {
  if (@K_check(p) != 0) { return -1; }
  const @K_args& a = *p; static_cast<void>(a);
  return @SCRATCH;
}
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
  return 0;
}
}
)";

const char kRun[] = R"(
  const std::int64_t tasks_@Q = @TASKS;
  if (tasks_@Q < 0) { return 6; }
  if (a.parallel_for == nullptr) {
    for (std::int64_t t = 0; t < tasks_@Q; ++t) {
      phase_@Q(const_cast<struct @K_args*>(p), t, 0); }
  } else {
    a.parallel_for(a.parallel_context, tasks_@Q, phase_@Q,
                   const_cast<struct @K_args*>(p));
  }
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

[[noreturn]] void refuse(const std::string& code, const std::string& why) {
  throw Refused{code, why};
}

std::string filled(std::string text, const std::string& hole, const std::string& with) {
  std::size_t at = 0;
  while ((at = text.find(hole, at)) != std::string::npos) {
    text.replace(at, hole.size(), with);
    at += with.size();
  }
  return text;
}

// Leaves first .. first+count-1, selected by the C++ indices so far; `type`
// is what remains to be selected.
struct Place {
  std::size_t first = 0;
  std::size_t count = 0;
  Type type;
  std::vector<std::string> index;
};

struct Variable {
  std::string name;   // of a loop variable; empty: a stored value
  Place place;        // of a stored value
  bool fold = false;  // a fold's state, with (FORMAT 8.4):
  std::vector<std::string> open;
  std::set<std::size_t> written;
};

struct Leaf {
  std::string base;
  bool local = false;  // a C++ variable, not an array
  std::vector<std::string> extents;
};

struct Region {  // scratch or workspace
  std::string offset = "0";
  std::string size = "0";
  bool empty = true;
};

class Lowering {
 public:
  Lowering(const Spec& spec, std::string kernel) : spec_(spec), kernel_(std::move(kernel)) {}

  Lowered whole(const Term& final_term) {
    const std::function<void(const Term&)> rest = [&](const Term& term) { phase(term, rest); };
    rest(final_term);
    const std::string scratch =
        scratch_.empty ? "float* const scratch = a.scratch; static_cast<void>(scratch); "
                         "static_cast<void>(worker);"
                       : "float* const scratch = a.scratch + worker * @K_scratch(&a); "
                         "static_cast<void>(scratch);";
    std::string text = filled(kPrologue, "@MEMBERS", members()) +
                       filled(phase_text_, "@SCRATCHLINE", scratch) +
                       filled(kEpilogue, "@CHECKS", checks());
    text = filled(filled(text, "@WORKSPACE", workspace_.size), "@SCRATCH", scratch_.size);
    text = filled(filled(text, "@RUNS", run_text_), "@K", kernel_);
    return {text, slow_extents_};
  }

 private:
  void emit(const std::string& text) { out_ += text + "\n"; }

  // Identifiers only: a name is pasted into the text that the kernel must
  // equal. Unique: binder "x_1" with counter 0 and leaf 0 of "x" with counter
  // 1 are both "x_1_0", and the inner one would capture the outer one's uses.
  std::string claim(const std::string& name) {
    if (!is_identifier(name)) refuse("name", "not an identifier: " + name);
    if (!names_.insert(name).second) refuse("name", "name twice: " + name);
    return name;
  }
  std::string counted(const std::string& name) { return name + "_" + std::to_string(counter_++); }
  std::string fresh(const std::string& name) { return claim(counted(name)); }

  // Runs `work` inside child number `child`, where `variables` are bound.
  void inside(const Term& node, std::size_t child, const std::vector<Variable>& variables,
              const std::function<void()>& work) {
    const std::size_t mark = scope_.entries.size();
    const std::size_t count = variables_.size();
    enter(node, child, scope_, spec_);
    variables_.insert(variables_.end(), variables.begin(), variables.end());
    work();
    variables_.resize(count);
    scope_.truncate(mark);
  }
  Variable loop_variable(const std::string& name) const {
    Variable result;
    result.name = name;
    return result;
  }
  Variable& variable(const Term& term) {
    const std::int64_t level = static_cast<std::int64_t>(variables_.size()) - 1 - term->value;
    if (level < 0) refuse("lower", "a variable that nothing binds");
    return variables_[static_cast<std::size_t>(level)];
  }

  std::string literal(std::int64_t value) const {
    const std::string digits = std::to_string(value);
    return value < 0 ? "(" + digits + ")" : digits;
  }

  // Literals and 32-bit elements are C++ int; arithmetic between only such
  // operands is done in int. Returns a bound of the magnitude if the term is
  // int, and refuses arithmetic that might leave 32 bits: FORMAT 7 proves only
  // that it fits 64.
  std::optional<std::int64_t> int_bound(const Term& term) {
    constexpr std::int64_t kMaxInt = 2147483647;
    if (term->op == Op::kInt) {
      const std::int64_t size = term->value < 0 ? -term->value : term->value;
      if (size > kMaxInt) return std::nullopt;
      return size;
    }
    if (term->op == Op::kMem) {
      const Array* array = spec_.input(operand_of(*term)->name);
      if (array == nullptr || !array->range) return kMaxInt + 1;
      const Term& low = array->range->first;
      const Term& high = array->range->second;
      const bool small = low->op == Op::kInt && low->value >= 0;
      if (small && high->op == Op::kFree) return std::int64_t{1} << 24;
      if (small && high->op == Op::kInt) return std::min(high->value, kMaxInt);
      return kMaxInt + 1;
    }
    if (term->kids.size() != 2) return std::nullopt;
    const std::optional<std::int64_t> a = int_bound(term->kids[0]);
    const std::optional<std::int64_t> b = int_bound(term->kids[1]);
    if (!a || !b) return std::nullopt;
    std::int64_t result = *a;  // div, mod
    if (term->op == Op::kMul) result = *a * *b;
    if (term->op == Op::kAdd || term->op == Op::kSub) result = *a + *b;
    if (result > kMaxInt) refuse("int-width", "32-bit arithmetic may overflow");
    return result;
  }

  std::string index(const Term& term) {
    if (term->op == Op::kInt) return literal(term->value);
    if (term->op == Op::kBound) {
      if (variable(term).name.empty()) refuse("lower", "an index in storage");
      return variable(term).name;
    }
    if (term->op == Op::kFree && spec_.is_dim(term->name)) return "a." + term->name;
    if (term->op == Op::kMem) {
      const std::string array = operand_of(*term)->name;
      const Array* input = spec_.input(array);
      if (input == nullptr || input->kind != InputKind::kI32)
        refuse("lower", "an index read from a float input");
      return strided(array, input->shape.size(), indices_of(*term));
    }
    static const std::map<Op, std::string> kInfix = {{Op::kAdd, " + "},
                                                     {Op::kSub, " - "},
                                                     {Op::kMul, " * "},
                                                     {Op::kDiv, " / "},
                                                     {Op::kMod, " % "}};
    const auto infix = kInfix.find(term->op);
    if (infix == kInfix.end()) refuse("lower", "not an index");
    int_bound(term);
    const std::string a = index(term->kids[0]);
    return "(" + a + infix->second + index(term->kids[1]) + ")";
  }

  // An extent or bound that is used outside the loops around it.
  std::string closed(const Term& term) {
    if (!dimensions_only(term, spec_)) refuse("lower", "an extent that is not made of dimensions");
    return index(term);
  }

  // FORMAT 8.3, mem.
  std::string strided(const std::string& array, std::size_t rank,
                      const std::vector<Term>& indices) {
    if (indices.size() != rank) refuse("lower", "a partial element");
    std::string sum = "0";
    for (std::size_t k = 0; k < rank; ++k) {
      const std::string part =
          "(" + index(indices[k]) + " * a." + array + "_s[" + std::to_string(k) + "])";
      sum = k == 0 ? part : "(" + sum + " + " + part + ")";
    }
    return "a." + array + "[" + sum + "]";
  }

  std::string boolean(const Term& term, bool nested = false) {
    static const std::map<Op, std::string> kInfix = {{Op::kLt, " < "},   {Op::kLe, " <= "},
                                                     {Op::kEq, " == "},  {Op::kNe, " != "},
                                                     {Op::kAnd, " && "}, {Op::kOr, " || "}};
    if (term->op == Op::kTrue) return "true";
    if (term->op == Op::kNot) return "(!" + boolean(term->kids[0], true) + ")";
    if (term->op == Op::kIsZero) return "(" + expr(term->kids[0]) + " == 0.0f)";
    // FORMAT 8.3: under and/or the loop of `any` would run unconditionally.
    if (term->op == Op::kAny && !nested) return any(term);
    const auto infix = kInfix.find(term->op);
    if (infix == kInfix.end()) refuse("lower", "a boolean that is not lowered");
    const bool logic = term->op == Op::kAnd || term->op == Op::kOr;
    const std::string a = logic ? boolean(term->kids[0], true) : index(term->kids[0]);
    return "(" + a + infix->second + (logic ? boolean(term->kids[1], true) : index(term->kids[1])) +
           ")";
  }

  // Opens the loop of a binder; returns the C++ name of its variable.
  std::string open_loop(const Term& node) {
    const std::string v = fresh(node->binders[0]);
    emit("for (std::int64_t " + v + " = 0; " + v + " < " + index(node->kids[0]) + "; ++" + v +
         ") {");
    return v;
  }

  std::string any(const Term& term) {
    const std::string acc = fresh("acc");
    emit("bool " + acc + " = false;");
    const std::string j = open_loop(term);
    inside(term, 1, {loop_variable(j)}, [&] {
      const std::string guard = boolean(term->kids[1]);
      emit("if (" + guard + ") { " + acc + " = true; } }");
    });
    return acc;
  }

  std::string reduction(const Term& term) {
    static const std::map<RedOp, std::pair<std::string, std::string>> kTable = {
        {RedOp::kAdd, {"0.0f", "@A + @X"}},
        {RedOp::kMul, {"1.0f", "@A * @X"}},
        {RedOp::kMax, {"kBottom", "maximum(@A, @X)"}},
        {RedOp::kMin, {"(-kBottom)", "minimum(@A, @X)"}}};
    const auto row = kTable.find(term->red);
    if (row == kTable.end()) refuse("lower", "red osm");
    const std::string acc = fresh("acc");
    emit("float " + acc + " = " + row->second.first + ";");
    const std::string j = open_loop(term);
    const bool guarded = term->kids[1]->op != Op::kTrue;
    if (guarded) {
      inside(term, 1, {loop_variable(j)}, [&] {
        const std::string guard = boolean(term->kids[1]);
        emit("if (" + guard + ") {");
      });
    }
    inside(term, 2, {loop_variable(j)}, [&] {
      const std::string x = expr(term->kids[2]);
      emit(acc + " = " + filled(filled(row->second.second, "@A", acc), "@X", x) + ";");
    });
    emit(guarded ? "} }" : "}");
    return acc;
  }

  std::string choice(const Term& term) {
    const std::string guard = boolean(term->kids[0]);
    const std::string sel = fresh("sel");
    emit("float " + sel + " = 0.0f; if (" + guard + ") {");
    inside(term, 1, {}, [&] {
      const std::string x = expr(term->kids[1]);
      emit(sel + " = " + x + "; } else {");
    });
    inside(term, 2, {}, [&] {
      const std::string y = expr(term->kids[2]);
      emit(sel + " = " + y + "; }");
    });
    return sel;
  }

  std::string call(const Term& term) {
    static const std::map<Op, std::string> kForm = {{Op::kAdd, "(@X + @Y)"},
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
    const auto form = kForm.find(term->op);
    if (form == kForm.end()) refuse("lower", std::string("not lowered: ") + word_of(term->op));
    const std::string x = expr(term->kids[0]);
    if (term->kids.size() == 1) return filled(form->second, "@X", x);
    const std::string y = expr(term->kids[1]);
    return filled(filled(form->second, "@X", x), "@Y", y);
  }

  std::string expr(const Term& term) {
    const Op op = term->op;
    if (op == Op::kReal) return "static_cast<float>(" + index(term->kids[0]) + ")";
    if (op == Op::kRat) {
      return "(static_cast<float>(" + std::to_string(term->attrs[0]) + ") / static_cast<float>(" +
             std::to_string(term->attrs[1]) + "))";
    }
    if (op == Op::kBottom) return "kBottom";
    if (op == Op::kMem) {
      const Array* input = spec_.input(operand_of(*term)->name);
      if (input == nullptr || input->kind == InputKind::kI32)
        refuse("lower", "a value read from no float input");
      return strided(input->name, input->shape.size(), indices_of(*term));
    }
    if (op == Op::kBound || op == Op::kPsi || op == Op::kGet) return read(term);
    if (op == Op::kRed) return reduction(term);
    if (op == Op::kIf) return choice(term);
    if (op != Op::kLet) return call(term);
    std::string result;
    let(term, [&] { result = expr(term->kids[1]); });
    return result;
  }

  std::size_t leaf_count(const Type& type) const {
    if (type.sort != Sort::kArr || type.elem == Elem::kInt)
      refuse("lower", "a shared value that is not made of reals");
    if (type.elem == Elem::kReal) return 1;
    std::size_t result = 0;
    for (const Type& part : type.parts) result += leaf_count(part);
    return result;
  }

  // FORMAT 8.3, storage: the leaves of a type with `outer` prepended.
  void allocate(const Type& type, const std::vector<Term>& outer, const std::string& name,
                bool several, bool slow, std::size_t first) {
    std::vector<Term> extents = outer;
    extents.insert(extents.end(), type.shape.begin(), type.shape.end());
    if (type.elem == Elem::kTup) {
      for (const Type& part : type.parts) allocate(part, extents, name, several, slow, first);
      return;
    }
    const std::string number = std::to_string(leaves_.size() - first);
    const std::string x = slow ? "" : claim(several ? name + "_" + number : name);
    if (!slow && extents.empty()) {
      emit("float " + x + " = 0.0f;");
      leaves_.push_back({x, true, {}});
      return;
    }
    std::string size = "1";     // plain, for offsets
    std::string checked = "1";  // for K_workspace and K_scratch
    std::vector<std::string> printed;
    for (std::size_t k = 0; k < extents.size(); ++k) {
      const std::string e = closed(extents[k]);
      printed.push_back(e);
      size = k == 0 ? e : "(" + size + " * " + e + ")";
      checked = k == 0 ? e : "product(" + checked + ", " + e + ")";
    }
    Region& region = slow ? workspace_ : scratch_;
    if (slow) {
      leaves_.push_back({"(a.workspace + " + region.offset + ")", false, printed});
      slow_extents_.push_back(extents);
    } else {
      emit("float* const " + x + " = scratch + " + region.offset + ";");
      leaves_.push_back({x, false, printed});
    }
    region.offset = region.empty ? size : "(" + region.offset + " + " + size + ")";
    region.size = region.empty ? checked : "total(" + region.size + ", " + checked + ")";
    region.empty = false;
  }

  Place declare(const Type& type, const std::string& name, bool slow) {
    const std::size_t first = leaves_.size();
    const std::size_t count = leaf_count(type);
    allocate(type, {}, slow ? "" : counted(name), count > 1, slow, first);
    return {first, count, type, {}};
  }

  void let(const Term& node, const std::function<void()>& rest) {
    const Term& e = node->kids[0];
    Variable x;
    x.place = declare(infer(e, scope_, spec_), node->binders[0], false);
    into(e, x.place);
    inside(node, 1, {x}, rest);
  }

  // FORMAT 8.3, access; `through` is the variable at its root.
  std::optional<Place> access(const Term& term, Variable*& through) {
    if (term->op == Op::kBound) {
      through = &variable(term);
      if (!through->name.empty()) return std::nullopt;
      return through->place;
    }
    if (term->op != Op::kPsi && term->op != Op::kGet) return std::nullopt;
    std::optional<Place> place = access(term->kids.back(), through);
    if (!place) return std::nullopt;
    Type& type = place->type;
    if (term->op == Op::kPsi) {
      for (const Term& k : indices_of(*term)) {
        if (type.shape.empty()) return std::nullopt;
        type.shape.erase(type.shape.begin());
        place->index.push_back(index(k));
      }
      return place;
    }
    const auto k = static_cast<std::size_t>(term->attrs[0]);
    if (!type.shape.empty() || k >= type.parts.size()) return std::nullopt;
    for (std::size_t i = 0; i < k; ++i) place->first += leaf_count(type.parts[i]);
    const Type part = type.parts[k];
    place->type = part;
    place->count = leaf_count(part);
    return place;
  }

  // The C++ text of a place that is one element of one leaf.
  std::string at(const Place& place) const {
    const Leaf& leaf = leaves_[place.first];
    if (place.count != 1 || place.index.size() != leaf.extents.size())
      refuse("lower", "an access that is not one element");
    if (leaf.local) return leaf.base;
    std::string offset = place.index.empty() ? "0" : place.index[0];
    for (std::size_t k = 1; k < place.index.size(); ++k)
      offset = "((" + offset + " * " + leaf.extents[k] + ") + " + place.index[k] + ")";
    return leaf.base + "[" + offset + "]";
  }

  // FORMAT 8.4. A state is overwritten in place, so an element may be read only
  // while it still holds the old state: its leaf has not been written in this
  // step, or (the loops being open) only at elements of earlier iterations,
  // which the same open variables in front exclude.
  std::string read(const Term& term) {
    Variable* through = nullptr;
    const std::optional<Place> place = access(term, through);
    if (!place) refuse("lower", "a selection from something not stored");
    const std::string text = at(*place);
    if (!through->fold) return text;
    if (through->written.count(place->first) != 0)
      refuse("in-place", "a read of state that is already overwritten: " + text);
    const std::size_t own = through->place.index.size();
    for (std::size_t k = 0; k < through->open.size(); ++k)
      if (own + k >= place->index.size() || place->index[own + k] != through->open[k])
        refuse("in-place", "a read of another element's state: " + text);
    return text;
  }

  void mark_written(const Place& place) {
    for (Variable& state : variables_) {
      if (!state.fold) continue;
      for (std::size_t k = place.first; k < place.first + place.count; ++k) {
        const std::size_t first = state.place.first;
        if (k >= first && k < first + state.place.count) state.written.insert(k);
      }
    }
  }

  void write(const Place& place, const std::string& value) {
    emit(at(place) + " = " + value + ";");
    mark_written(place);
  }

  void into_gen(const Term& term, const Place& place, const std::string& name) {
    Place element = place;
    element.index.push_back(name);
    element.type.shape.erase(element.type.shape.begin());
    inside(term, 1, {loop_variable(name)}, [&] {
      for (Variable& state : variables_) state.open.push_back(name);
      into(term->kids[1], element);
      for (Variable& state : variables_) state.open.pop_back();
    });
  }

  void into_fold(const Term& term, const Place& place) {
    into(term->kids[1], place);
    // "into(init, d) counts as writing for the folds outside", even where a
    // branch wrote nothing: the loop below writes before it reads again.
    mark_written(place);
    const std::string j = open_loop(term);
    Variable state;
    state.fold = true;
    state.place = place;
    inside(term, 2, {loop_variable(j), state}, [&] { into(term->kids[2], place); });
    emit("}");
  }

  // A branch that names exactly the destination, which holds the old value.
  bool keeps(const Term& branch, const Place& place) {
    Variable* through = nullptr;
    const std::optional<Place> named = access(branch, through);
    if (!named || named->first != place.first || named->count != place.count ||
        named->index != place.index)
      return false;
    // Through an outer fold's state the old value may be gone: in
    // (fold .. w .. (if c x st)) the destination holds w, not st.
    for (std::size_t k = place.first; k < place.first + place.count; ++k)
      if (through->written.count(k) != 0)
        refuse("in-place", "keeps a state that is already overwritten");
    return true;
  }

  void into_if(const Term& term, const Place& place) {
    const std::string guard = boolean(term->kids[0]);
    const bool keep_x = keeps(term->kids[1], place);
    const bool keep_y = keeps(term->kids[2], place);
    emit("if (" + guard + ") {");
    if (!keep_x) inside(term, 1, {}, [&] { into(term->kids[1], place); });
    if (!keep_y) {
      emit("} else {");
      inside(term, 2, {}, [&] { into(term->kids[2], place); });
    }
    emit("}");
  }

  void into(const Term& term, const Place& place) {
    if (term->op == Op::kGen) {
      if (place.type.shape.empty()) refuse("lower", "gen into a scalar");
      const std::string v = open_loop(term);
      into_gen(term, place, v);
      emit("}");
    } else if (term->op == Op::kFold) {
      into_fold(term, place);
    } else if (term->op == Op::kLet) {
      let(term, [&] { into(term->kids[1], place); });
    } else if (term->op == Op::kTup) {
      Place part = place;
      for (std::size_t k = 0; k < term->kids.size(); ++k) {
        part.type = place.type.parts.at(k);
        part.count = leaf_count(part.type);
        into(term->kids[k], part);
        part.first += part.count;
      }
    } else if (term->op == Op::kIf) {
      into_if(term, place);
    } else {
      // FORMAT 8.3: any other e has rank 0 and elements real.
      if (!place.type.shape.empty() || place.type.elem != Elem::kReal)
        refuse("lower", std::string("an array made by ") + word_of(term->op));
      const std::string value = expr(term);
      write(place, value);
    }
  }

  void put(const Term& term) {
    const std::string value = expr(operand_of(*term));
    emit(strided(spec_.output.name, spec_.output.shape.size(), indices_of(*term)) + " = " + value +
         ";");
  }

  void statement(const Term& term) {
    if (term->op == Op::kPut) {
      put(term);
    } else if (term->op == Op::kFor) {
      const std::string v = open_loop(term);
      inside(term, 1, {loop_variable(v)}, [&] { statement(term->kids[1]); });
      emit("}");
    } else if (term->op == Op::kWhen) {
      const std::string guard = boolean(term->kids[0]);
      emit("if (" + guard + ") {");
      inside(term, 1, {}, [&] { statement(term->kids[1]); });
      emit("}");
    } else if (term->op == Op::kLet) {
      let(term, [&] { statement(term->kids[1]); });
    } else {
      // FORMAT 8.2: letslow and parfor only at the front of the term.
      refuse("lower", std::string("not a statement here: ") + word_of(term->op));
    }
  }

  // FORMAT 8.2: the leading chain of pargen or parfor gives the tasks.
  void chain_gen(const Term& term, const Place& place) {
    if (term->op != Op::kParGen) {
      into(term, place);
      return;
    }
    const std::string v = fresh(term->binders[0]);
    parallel_.push_back({v, closed(term->kids[0])});
    Place element = place;
    element.index.push_back(v);
    element.type.shape.erase(element.type.shape.begin());
    inside(term, 1, {loop_variable(v)}, [&] { chain_gen(term->kids[1], element); });
  }

  void chain_for(const Term& term) {
    if (term->op != Op::kParFor) {
      statement(term);
      return;
    }
    const std::string v = fresh(term->binders[0]);
    parallel_.push_back({v, closed(term->kids[0])});
    inside(term, 1, {loop_variable(v)}, [&] { chain_for(term->kids[1]); });
  }

  void phase(const Term& term, const std::function<void(const Term&)>& rest) {
    if (term->op != Op::kLetSlow) {
      chain_for(term);
      finish_phase();
      return;
    }
    Variable x;
    x.place = declare(infer(term->kids[0], scope_, spec_), "", true);
    chain_gen(term->kids[0], x.place);
    finish_phase();
    inside(term, 1, {x}, [&] { rest(term->kids[1]); });
  }

  // Wraps the body of a phase; @SCRATCHLINE depends on all phases, so it is
  // filled at the end.
  void finish_phase() {
    std::string unrank;
    std::string tasks = "1";
    for (const auto& [name, bound] : parallel_) {
      unrank = "const std::int64_t " + name + " = rest % " + bound + "; rest = rest / " + bound +
               ";\n" + unrank;
      tasks = "product(" + tasks + ", " + bound + ")";
    }
    const std::string q = std::to_string(phases_++);
    std::string text = filled(filled(kPhase, "@Q", q), "@UNRANK", unrank);
    phase_text_ += filled(text, "@BODY", out_);
    run_text_ += filled(filled(kRun, "@Q", q), "@TASKS", tasks);
    out_.clear();
    parallel_.clear();
    names_.clear();
    counter_ = 0;
  }

  std::string members() const {
    std::string text;
    for (const std::string& name : spec_.dims) text += "std::int64_t " + name + ";\n";
    std::vector<Array> arrays = spec_.inputs;
    arrays.push_back(spec_.output);
    for (std::size_t k = 0; k < arrays.size(); ++k) {
      const Array& array = arrays[k];
      const std::string type = array.kind == InputKind::kI32 ? "std::int32_t* " : "float* ";
      const std::size_t rank = std::max<std::size_t>(array.shape.size(), 1);
      text += (k + 1 == arrays.size() ? "" : "const ") + type + array.name + "; std::int64_t " +
              array.name + "_s[" + std::to_string(rank) + "];\n";
    }
    return text;
  }

  // The magnitude of index arithmetic in a require. K_check evaluates it before
  // anything is known but the dimensions' range, and FORMAT 7 has no obligation
  // for it: an overflow, or a quotient rounded towards zero, would admit sizes
  // for which the require fails.
  std::int64_t require_size(const Term& term) {
    constexpr std::int64_t kCap = std::int64_t{1} << 60;
    if (term->op == Op::kFree) return std::int64_t{1} << 24;
    std::vector<std::int64_t> sizes;
    for (const Term& kid : term->kids) sizes.push_back(require_size(kid));
    const bool quotient = term->op == Op::kDiv || term->op == Op::kMod;
    if (quotient && print(term->kids[0]).find('-') != std::string::npos)
      refuse("int-width", "a require divides what may be negative");
    std::int64_t size = 0;  // of true, not
    if (term->op == Op::kInt) size = std::max(term->value, -term->value);
    if (sizes.size() == 2) size = quotient ? sizes[0] : sizes[0] + sizes[1];
    if (term->op == Op::kMul) {
      if (sizes[1] > 0 && sizes[0] > kCap / sizes[1])
        size = kCap + 1;
      else
        size = sizes[0] * sizes[1];
    }
    if (size > kCap) refuse("int-width", "a require may overflow");
    return size;
  }

  std::string checks() {
    std::string text;
    for (const std::string& name : spec_.dims)
      text += "if (a." + name + " < 1 || a." + name + " > kMaxDim) { return 2; }\n";
    for (const Term& require : spec_.assumptions) {
      require_size(require);
      text += "if (!(" + boolean(require) + ")) { return 3; }\n";
    }
    std::vector<Array> arrays = spec_.inputs;
    arrays.push_back(spec_.output);
    for (const Array& array : arrays) {
      for (std::size_t k = 0; k < array.shape.size(); ++k) {
        const std::string s = "a." + array.name + "_s[" + std::to_string(k) + "]";
        text += "if (" + s + " < 0 || " + s + " > kMaxStride) { return 4; }\n";
      }
    }
    for (const Array& array : arrays)
      text += "if (a." + array.name + " == nullptr) { return 5; }\n";
    return text;
  }

  const Spec& spec_;
  std::string kernel_;
  Scope scope_;
  std::vector<Variable> variables_;  // by level
  std::vector<Leaf> leaves_;
  Region scratch_, workspace_;
  std::vector<std::vector<Term>> slow_extents_;
  std::set<std::string> names_;  // of this phase
  std::size_t counter_ = 0;
  std::size_t phases_ = 0;
  std::string out_;                                            // the body of this phase
  std::vector<std::pair<std::string, std::string>> parallel_;  // name, bound
  std::string phase_text_, run_text_;
};

}  // namespace

Lowered lower(const Term& final_term, const Spec& spec, const std::string& schedule) {
  if (!is_identifier(schedule)) refuse("name", "the schedule's name");
  return Lowering(spec, "minimoa_" + spec.name + "_" + schedule).whole(final_term);
}

}  // namespace audit
