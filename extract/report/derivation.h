// A derivation for people: one folded entry for each step, by stage.
// May be wrong: it shows what the prover did; the audit replays it.
#pragma once

#include <string>

#include "prover/schedule/derive.h"

namespace minimoa {

std::string derivation_markup(const Derivation& derivation, const RuleTable& rules);

}  // namespace minimoa
