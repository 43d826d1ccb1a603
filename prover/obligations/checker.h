// Exact check of a proof (certificates/FORMAT.md, section 6) on the prover's
// side: no proof leaves the prover that does not pass here.
//
// Independent of the search: it knows statements and JSON only. `use` is not
// known, because the search never emits it.
// May be wrong: then the audit, which has a checker of its own, rejects.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "prover/obligations/polynomial.h"

namespace minimoa {

// Empty if the proof refutes: every hypothesis >= 0 and goal <= -1.
// Otherwise the reason why it does not.
std::string check_proof(const std::vector<Poly>& hypotheses, const Poly& goal,
                        std::size_t atom_count, const nlohmann::json& proof);

}  // namespace minimoa
