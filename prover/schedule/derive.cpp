#include "prover/schedule/derive.h"

#include "prover/rewrite/deriver.h"
#include "prover/rewrite/psi_reduce.h"
#include "prover/schedule/attention.h"

namespace minimoa {

Result<Derivation> reduce(const Spec& spec, const RuleTable& rules) {
  try {
    Deriver d(spec, rules);
    psi_reduce(&d);
    gamma_reduce(&d);
    return std::move(d.derivation());
  } catch (const Stuck& s) {
    return s.why;
  }
}

Result<Derivation> derive_from(Derivation onf, const Spec& spec, const RuleTable& rules,
                               const Schedule& schedule) {
  try {
    Deriver d(spec, rules, std::move(onf));
    schedule_attention(&d, schedule);
    return std::move(d.derivation());
  } catch (const Stuck& s) {
    return s.why;
  }
}

Result<Derivation> derive(const Spec& spec, const RuleTable& rules, const Schedule& schedule) {
  Result<Derivation> onf = reduce(spec, rules);
  if (!onf.ok()) return onf;
  return derive_from(std::move(onf.value()), spec, rules, schedule);
}

}  // namespace minimoa
