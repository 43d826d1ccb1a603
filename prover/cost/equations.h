// Claims about terms with min and max, and their proofs (FORMAT.md, section 12).
//
// A goal with (min x y) holds if it holds with x where x <= y, and with y
// where y < x. A proof is a tree of such cases; a case whose context
// contradicts itself ends at once, which keeps the trees small.
// May be wrong: nothing here is trusted; the audit splits by itself.
#pragma once

#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "prover/cost/sites.h"
#include "prover/obligations/obligations.h"
#include "spec/lang/rules.h"

namespace minimoa {

// Does the goal hold? Quick search only: false may mean not found.
bool holds(Prover* prover, const Obligation& claim);
// The proof of a claim as a certificate has it, or nothing.
std::optional<nlohmann::json> prove_claim(Prover* prover, const Obligation& claim);

// times * (a sum) = value: halves stay out of the terms. times >= 1.
struct Multiple {
  std::int64_t times = 1;
  Term value;
};
// sums[k]: of the counts inside loop k for the values of v<k> below v<k>, over
// v0 .. v<k>; times of each divides times of the one before. The claims say
// that the sums are these.
using Sums = std::vector<Multiple>;
std::vector<Obligation> nest_claims(const Nest& nest, const Sums& sums);
// sums[k] at the bound of loop k; of k = 0: the count of the nest.
Multiple sum_total(const Nest& nest, const Sums& sums, std::size_t k = 0);
// v0, v1, .. as the nest names them.
std::string nest_variable(std::size_t k);

}  // namespace minimoa
