// Lanes (FORMAT section 15): which binders of the final term are lanes, what all lanes share, and
// the lowering of expressions for several points at once.
// Idea: a lane's variable, an unrolled variable and the number of a vector stand in texts as marks;
// only printed() turns marks into numbers, for the point that is set, and refuses one that is not.
// So text that all lanes share can never hold what differs between them. Obligations and costs ask
// the same two questions as the lowering, uniform() and blended(), of the scope of a node.
// How it may be wrong: something evaluated in all lanes under a condition that `safe` or `traffic`
// believes; a store or load whose lanes do not stand one after the other; a row's operands in
// another order than its variables.
#pragma once

#include "instr.h"

namespace audit {
// `place` of a certificate and its instruction file; nothing of it if the target is portable.
struct Lanes {
  Instructions file = {};
  std::set<string> lanes = {}, turned = {};
  std::map<string, Number> unroll = {};
  bool is_lane(const Node& node) const;
};
Lanes read_place(const Json& place, Instructions file);
// Refuses (code "place") what is not section 15's **Place**, but for types of turned variables.
void check_place(const Term& final_term, const Spec& spec, const Lanes& lanes);

// The lane binder, the unrolled binder around; null if there is none.
const Entry* lane_around(const Scope& scope, const Lanes& lanes);
const Entry* unrolled_around(const Scope& scope, const Lanes& lanes);
// The number of lanes around; 1 if there is no lane binder.
Number lanes_around(const Scope& scope, const Lanes& lanes);
// One value for all lanes; true where there are none.
bool uniform(const Term& term, const Scope& scope, const Spec& spec, const Lanes& lanes);
// An `if` of which both branches are evaluated.
bool blended(const Term& choice, const Scope& scope, const Spec& spec, const Lanes& lanes);
// As without lanes, but for a condition that excludes nothing.
void enter(const Term& node, size_t child, Scope& scope, const Spec& spec, const Lanes& lanes);

// The part of a lowering that sees lanes; the rest of it is lowering.cpp.
class LaneLowering {
 protected:
  // Where the lanes of an element are: an address, or (local) a vector by its name. With marks.
  struct Element {
    string text;
    bool local = false;
  };
  // Of one node at each point on which it depends: numbers of the unrolled binder (u), vectors (v).
  struct Values {
    Strings text = {};
    bool u = false, v = false;
  };
  static constexpr const char* kLane = "\x01";
  static constexpr const char* kUnrolled = "\x02";
  static constexpr const char* kVector = "\x03";

  LaneLowering(const Spec& spec, const Lanes& lanes) : spec_(spec), lanes_(lanes) {}
  virtual ~LaneLowering() = default;
  // What the rest gives.
  virtual void emit(const string& text) = 0;
  virtual string claim(const string& name) = 0;
  virtual string counted(const string& name) = 0;
  virtual string index(const Term& term) = 0;
  virtual string expr(const Term& term) = 0;
  virtual string boolean(const Term& term) = 0;
  virtual void loop_over(const Term& node, size_t child, const std::function<void()>& work) = 0;
  virtual Element lanes_of(const Term& access) = 0;

  // Everything that is written comes through here, once for each form around it.
  string fill(std::string_view form, const Strings& holes) const;
  string printed(const string& text) const;
  bool shared(const Term& term) const { return uniform(term, scope_, spec_, lanes_); }
  // Below an unrolled binder, what moves a word is evaluated for each of its numbers.
  void need_each(const Term& load) const;
  // Stands inside a lane binder.
  bool inside_lanes() const { return vectors_ > 0; }
  string call(const string& word, const Strings& operands) const;
  // Of an expression of rank 0, what is stored into the element at every point.
  void store(const Term& value, const Element& element);
  // The loops of an unrolled binder around what `work` emits. `both` runs first that of U numbers
  // at once, then that for the rest.
  using Pair = std::function<void(const std::function<void()>&, const std::function<void()>&)>;
  void unrolled(const Term& binder, const Pair& both, const std::function<void()>& work);

  const Spec& spec_;
  const Lanes& lanes_;
  Scope scope_ = {};
  size_t vectors_ = 0;  // of the lane binder around
  string fresh(const string& name) { return claim(counted(name)); }

 private:
  struct Match;
  void at_points(bool u, bool v, const std::function<void()>& work);
  const string& at_point(const Values& values) const;
  bool depends(const Term& term) const;
  Values declare(const string& declaration, const string& stem, bool u, bool v,
                 const std::function<string()>& text);
  Values values(const Term& term);
  Values masks(const Term& term);
  Values scalars(const Term& term, bool mask);
  Values loaded(const Term& access);
  Values compared(const Term& term);
  Values reduced(const Term& term);
  Values chosen(const Term& term);
  Values called(const Term& term, bool mask);
  bool matches(const Sexp& means, const Term& term, bool root, Match& match) const;
  std::function<string()> prepared(const Term& term, const Values* known);
  void assign(const Values& to, const std::function<string()>& text);

  size_t units_ = 1;  // of the unrolled binder: how many at once
  string unrolled_;   // its C++ variable
  bool rest_ = false;
  std::optional<size_t> u_, v_;  // the point that is set
};
}  // namespace audit
