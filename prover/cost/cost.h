// The costs of a loop program as closed forms with proofs (spec/COST.md):
// what the claims `footprint` and `traffic` of a certificate say.
// May be wrong: nothing here is trusted. A sum without a closed form leaves
// its arrays unclaimed.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "prover/cost/sums.h"
#include "prover/schedule/placement.h"

namespace minimoa {

// Loads, or stores, of one array: times * number of words = value (exact), or
// at most (not exact: some condition was taken as true).
struct TrafficRow {
  std::string array;
  bool store = false, exact = true;
  Multiple count;
  nlohmann::json proof;  // a tree (equations.h)
};

struct Costs {
  std::vector<Term> footprints;  // words of one task, for each phase
  Term footprint;                // the largest of them
  std::vector<Nest> nests;
  std::vector<std::optional<ClosedNest>> sums;  // of each nest
  std::vector<TrafficRow> rows;                 // inputs, output, slow arrays; loads first
  std::vector<std::string> unclaimed;           // "loads of K": no closed form
};

// The divisors of the program must have been given to the prover before.
// outside: buffers that count as slow memory (prover/bounds/levels.h).
Costs costs_of(const Spec& spec, const Term& final_term, Prover* prover,
               const std::set<std::string>& outside = {}, const Placement& place = {});

// Loads and stores of all rows together, if every array is claimed.
std::optional<Multiple> total_traffic(const Spec& spec, const Costs& costs);

}  // namespace minimoa
