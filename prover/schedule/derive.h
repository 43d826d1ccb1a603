// From a spec to a loop program: psi-reduction, gamma, and a schedule, each a
// list of rule steps.
#pragma once

#include <string>
#include <vector>

#include "prover/schedule/placement.h"
#include "prover/schedule/schedule.h"
#include "spec/lang/rules.h"
#include "spec/lang/spec.h"

namespace minimoa {

struct Derivation {
  Term start;  // (put (vec) core)
  std::vector<Step> steps;
  std::vector<Term> terms;  // terms[k]: after k steps; terms[0] = start
  Placement place;
  std::size_t dnf = 0, onf = 0;  // number of steps after which they are reached
  Term final_term() const { return terms.back(); }
};

Result<Derivation> reduce(const Spec& spec, const RuleTable& rules);  // start -> DNF -> ONF
Result<Derivation> derive(const Spec& spec, const RuleTable& rules, const Schedule& schedule);
// The same from an ONF that reduce() gave: one ONF serves many schedules.
Result<Derivation> derive_from(Derivation onf, const Spec& spec, const RuleTable& rules,
                               const Schedule& schedule);

}  // namespace minimoa
