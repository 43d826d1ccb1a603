#include "prover/obligations/lanes.h"

#include <algorithm>

namespace minimoa {

namespace {

bool is_lane_binder(const Placement& place, const Term& t) {
  const auto& names = place.lanes;
  return t->op == Op::kGen && std::find(names.begin(), names.end(), t->binders[0]) != names.end() &&
         t->kids[0]->op == Op::kInt;
}

bool is_unrolled(const Placement& place, const Term& t) {
  return t->op == Op::kGen && std::any_of(place.unroll.begin(), place.unroll.end(),
                                          [&](const auto& u) { return u.first == t->binders[0]; });
}

}  // namespace

Lanes Lanes::enter(const Term& t, std::size_t kid) const {
  const std::vector<std::string> bound = bound_in(t, kid);
  Lanes in = *this;
  for (const std::string& name : bound) {
    in.varying_.erase(name);
    in.unrolled_.erase(name);
  }
  if (bound.empty()) return in;
  if (is_lane_binder(*place_, t)) {
    in.room_ = t->kids[0]->value;
    in.varying_.insert(bound[0]);
  }
  if (in.room_ == 0) return in;
  if (t->op == Op::kLet) in.varying_.insert(bound[0]);
  if (t->op == Op::kFold) in.varying_.insert(t->binders[1]);
  if (is_unrolled(*place_, t)) in.unrolled_.insert(bound[0]);
  return in;
}

bool Lanes::uniform(const Term& t) const {
  return std::none_of(varying_.begin(), varying_.end(),
                      [&](const std::string& name) { return mentions(t, name); });
}

bool Lanes::excludes(const Term& g) const {
  return uniform(g) && std::none_of(unrolled_.begin(), unrolled_.end(),
                                    [&](const std::string& name) { return mentions(g, name); });
}

Scope Lanes::scope(const Term& t, std::size_t kid, const Scope& outer, const Spec& spec) const {
  Scope inside = minimoa::enter(t, kid, outer, spec);
  const bool choice = t->op == Op::kIf && kid > 0, guarded = t->op == Op::kRed && kid == 2;
  const bool conditional = choice || guarded;  // the condition is the last thing known
  if (conditional && !enter(t, kid).excludes(t->kids[guarded ? 1 : 0])) inside.context.pop_back();
  return inside;
}

bool has_lanes(const Placement& place, const Term& t) {
  return is_lane_binder(place, t) ||
         std::any_of(t->kids.begin(), t->kids.end(),
                     [&](const Term& kid) { return has_lanes(place, kid); });
}

}  // namespace minimoa
