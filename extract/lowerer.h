// The walk that lowers a final term: what its two parts share.
//
// lower.cpp has everything that computes one element at a time, lanes.cpp what
// is below a lane binder (certificates/FORMAT.md, section 15). See lower.h.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "extract/lower.h"

namespace minimoa::lowering {

struct Leaf {
  std::string base;  // C++ name, or (a.workspace + OFF)
  std::vector<std::string> extents;
  bool slow = false;
  bool turned = false;               // its first axis is stored last
  bool lanes = false;                // private to a lane binder: one more axis, its last
  std::vector<std::string> vectors;  // private, of rank 0: a local for each vector
};

// Leaves [first, first + count) at an index prefix; type: what is left of it.
struct Place {
  std::size_t first = 0, count = 0;
  std::vector<std::string> index;
  Type type;
  std::optional<std::size_t> fold;  // named by this fold's state variable
};

bool same_storage(const Place& a, const Place& b) {
  return a.first == b.first && a.count == b.count && a.index == b.index;
}

// What a name stands for: an index variable's C++ name, or a place.
struct Binding {
  std::string index;
  std::optional<Place> place;
};
struct Env {
  std::map<std::string, Binding> names;
  Scope scope;
};

using WrittenSet = std::map<std::size_t, std::string>;  // leaf -> the write, for people

// Section 8.4, for one fold variable whose step is being lowered.
struct FoldState {
  std::string name;
  Place place;
  std::vector<std::string> open;  // gen variables opened since the step began
  WrittenSet written;
};

// Sizes allocated so far in one memory, and their sum in both spellings.
struct Allocation {
  std::string offset = "0", total = "0";
  bool empty = true;
  void add(const std::vector<std::string>& extents);
};

std::string shorten(std::string text);

// The values of one expression below a lane binder: one for each number u of
// the unrolled variable if it depends on that, and for each vector v if it
// differs from lane to lane; in the order of the points (u, v).
struct Values {
  std::vector<std::string> names;
  bool on_u = false, on_v = false;
};

// The lane binder around what is being lowered.
struct LaneLoop {
  std::string variable;
  std::int64_t vectors = 0;
};
struct Unrolled {
  std::string variable, cpp;  // of the term, of the loop
  std::int64_t count = 1;     // numbers u; 1 in the loop for the rest
  bool rest = false;
};

class Lowerer {
 public:
  Lowerer(const Spec& spec, const Placement& place, const InstructionTable* rows)
      : spec_(spec), place_(place), rows_(rows) {}
  Result<Program> run(const Term& final_term);

 private:
  // --- failure: the first one is kept ---
  std::string fail(const std::string& code, const std::string& message, const Term& where,
                   std::vector<std::string> notes = {});
  std::string cannot(const std::string& what, const Term& where) {
    return fail("E0610", "cannot be lowered: " + what, where);
  }

  // --- names, types, blocks ---
  std::string fresh(const std::string& name);
  std::string named(const std::string& cpp, const Term& where);
  Type type(const Term& t, const Env& env);
  Env inside(const Term& t, std::size_t kid, const Env& env) const;
  Env bind_index(const Term& t, std::size_t kid, const std::string& cpp, const Env& env) const;
  template <typename F>
  Block capture(F emit);
  void emit(CodeStatement s) { block_->push_back(std::move(s)); }
  void emit(CodeStatement::Kind kind, std::string name, std::string value, Term source = nullptr) {
    emit({kind, std::move(name), std::move(value), {}, {}, std::move(source)});
  }
  template <typename F>
  void loop(const std::string& v, const std::string& bound, const Term& source, F body);

  // --- expressions ---
  std::string extent(const Term& n, const Env& env);
  std::string index(const Term& t, const Env& env);
  std::string strided(const std::string& array, const std::vector<std::string>& at) const;
  std::string element(const Term& mem, bool whole_numbers, const Env& env);
  std::string condition(const Term& t, const Env& env, bool alone = true);
  std::string any(const Term& t, const Env& env);
  std::string expr(const Term& t, const Env& env);
  std::string binary(const Term& t, const char* op, const Env& env);
  std::string call(const Term& t, const std::string& function, const Env& env);
  std::string reduction(const Term& t, const Env& env);
  std::string selection(const Term& t, const Env& env);
  std::string access(const Term& t, const Env& env);

  // --- places ---
  bool is_access(const Term& t, const Env& env) const;
  std::optional<Place> resolve(const Term& t, const Env& env);
  Place element_of(Place d, std::vector<std::string> at);
  Place component_of(Place d, std::size_t k) const;
  std::string leaf_text(const Place& d);
  std::string offset_of(const Place& d) const;
  void check_read(const Place& d, const Term& read);
  void mark_written(const Place& d, const Term& e);
  std::vector<WrittenSet> written_sets() const;
  void set_written(const std::vector<WrittenSet>& sets);

  // --- statements ---
  Leaf leaf_of(const std::string& name, const std::vector<Term>& shape, bool slow,
               const Term& source, const Env& env);
  void declare_leaf(Leaf* leaf, const std::string& name, const Term& block);
  Place allocate(const std::string& name, const Type& t, bool slow, const Term& source,
                 const Env& env);
  Env let(const Term& t, const Env& env);
  void into(const Term& e, const Place& d, const Env& env);
  void into_gen(const Term& e, const Place& d, const Env& env);
  void into_fold(const Term& e, const Place& d, const Env& env);
  void into_if(const Term& e, const Place& d, const Env& env);
  void statement(const Term& t, const Env& env);
  void put(const Term& t, const Env& env);

  // --- lanes (lanes.cpp) ---
  void check_placement(const Term& final_term);
  void check_lane_binder(const Term& e);
  bool varies(const std::string& name, const Env& env) const;
  bool uniform(const Term& t, const Env& env) const;
  bool numbered(const Term& t, const Env& env) const;
  bool blended(const Term& t, const Env& env) const;
  bool stray(const Term& t, const std::string& w, const Env& env) const;
  Values values(const Term& e, const Env& env);
  Values masks(const Term& b, const Env& env);
  Values broadcast_values(const Term& e, const Env& env);
  Values access_values(const Term& e, const Env& env);
  Values reduction_values(const Term& e, const Env& env);
  Values selection_values(const Term& e, const Env& env);
  Values row_values(const Term& e, const Env& env, const std::string& base);
  std::optional<std::vector<std::string>> row_calls(const Term& e, const Env& env,
                                                    const Values& shape);
  Values spread_masks(const Term& b, const Env& env);
  Values comparison_masks(const Term& b, const Env& env);
  std::string primitive(const std::string& means, const Term& where);
  std::string call_of(const std::string& means, const std::string& arguments, const Term& where);
  Values shape_of(const Term& e, const Env& env) const;
  std::size_t points_of(const Values& v) const;
  std::pair<std::int64_t, std::int64_t> point(const Values& shape, std::size_t k) const;
  const std::string& value_at(const Values& v, std::int64_t u, std::int64_t vector) const;
  std::string at_point(std::string text, std::int64_t u, std::int64_t vector) const;
  Env at_number(const Env& env, std::int64_t u) const;
  std::string address(const Place& d) const;
  bool in_lanes(const Place& d) const;
  void declare(const std::string& type, const std::string& name, const std::string& value,
               Term source = nullptr);
  void lane_gen(const Term& e, const Place& d, const Env& env);
  void unrolled_gen(const Term& e, std::int64_t count, const Place& d, const Env& env);
  void store_points(const Term& e, const Place& d, const Env& env);
  std::optional<std::int64_t> unrolled_by(const std::string& name) const;
  bool is_lane(const std::string& name) const;

  // --- phases ---
  void slow_phase(const Term& t, Env* env);
  void last_phase(Term t, Env env);
  void task_binder(const Term& t, std::string* cpp, Env* env);

  const Spec& spec_;
  const Placement& place_;
  const InstructionTable* rows_;  // of the place's target; null: portable
  Program out_;
  std::optional<Diagnostic> error_;
  Block* block_ = nullptr;
  std::size_t counter_ = 0;
  std::set<std::string> used_;  // C++ names of this phase
  std::vector<Leaf> leaves_;
  std::vector<FoldState> folds_;  // in scope, outermost first
  Allocation scratch_, workspace_;
  std::optional<LaneLoop> lane_;
  std::optional<Unrolled> unrolled_;
  std::optional<Values> accumulators_;  // what kAccumulator stands for
};

// Texts of an index below a lane binder hold these for its variable and for the
// unrolled one; at_point puts in what they are at a point.
inline constexpr char kLaneText[] = "@lane";
inline constexpr char kUnrolledText[] = "@unrolled";
// The accumulator of the reduction whose step is being lowered, as a variable.
inline constexpr char kAccumulator[] = "@acc";

template <typename F>
Block Lowerer::capture(F emit) {
  Block inner;
  Block* const outer = std::exchange(block_, &inner);
  if (!error_) emit();
  block_ = outer;
  return inner;
}

template <typename F>
void Lowerer::loop(const std::string& v, const std::string& bound, const Term& source, F body) {
  Block inner = capture(body);
  emit({CodeStatement::Kind::kLoop, v, bound, std::move(inner), {}, source});
}

}  // namespace minimoa::lowering
