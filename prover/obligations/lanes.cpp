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
  if (room_ == 0) return true;
  const auto shares = [](const Term& s) { return s->op == Op::kLet || s->op == Op::kFold; };
  if (!find_all(t, shares).empty()) return false;
  return std::none_of(varying_.begin(), varying_.end(),
                      [&](const std::string& name) { return mentions(t, name); });
}

bool Lanes::blended(const Term& t) const {
  if (room_ == 0 || t->op != Op::kIf || uniform(t)) return false;
  const Term& c = t->kids[0];
  return !uniform(c) || std::any_of(unrolled_.begin(), unrolled_.end(),
                                    [&](const std::string& name) { return mentions(c, name); });
}

Scope Lanes::scope(const Term& t, std::size_t kid, const Scope& outer, const Spec& spec) const {
  Scope inside = minimoa::enter(t, kid, outer, spec);
  if (kid > 0 && blended(t)) inside.context.pop_back();  // the condition is the last thing known
  return inside;
}

bool has_lanes(const Placement& place, const Term& t) {
  return is_lane_binder(place, t) ||
         std::any_of(t->kids.begin(), t->kids.end(),
                     [&](const Term& kid) { return has_lanes(place, kid); });
}

}  // namespace minimoa
