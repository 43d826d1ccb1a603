// How many pairs, rows and keys a mask leaves: counts of loops under
// conditions, with the proofs that a certificate needs (FORMAT.md, section 13).
//
// A count is that of one site of a loop program (prover/cost). A condition is
// counted, or proved in the context of the loops and left out.
// May be wrong: it may find no closed form; nothing here is trusted.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "prover/cost/cost.h"

namespace minimoa {

struct CountedLoop {
  std::string name;
  Term bound;
};

struct LoopCount {
  std::vector<Term> chosen;                // the key of a row, or the rows of a key
  std::vector<nlohmann::json> conditions;  // "count", or its proofs
  Multiple count;
  nlohmann::json proof;  // a tree (equations.h)
  std::vector<Nest> nests;
  std::vector<std::optional<ClosedNest>> sums;  // of each nest
};

// Exact counts only. prove: conditions that hold anyway are left out.
std::optional<LoopCount> count_loops(const Spec& spec, const std::vector<CountedLoop>& loops,
                                     const std::vector<Term>& conditions, bool prove,
                                     Prover* prover);

}  // namespace minimoa
