// A memory that is too small for all buffers of a schedule: what crosses its
// boundary when some of them lie outside.
//
// The idea: a buffer outside is an array in slow memory, as letslow makes it;
// every read of it is a load, every write a store, and it needs no words inside.
// So each memory of a machine has traffic of its own, by the same closed forms.
// Which buffers go outside is chosen at given sizes, the largest first.
// May be wrong: another choice may move less. Nothing of it is in a certificate, so no audit sees
// it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "prover/bounds/value.h"
#include "prover/cost/cost.h"

namespace minimoa {

struct Outside {
  std::vector<std::string> buffers;  // names in the loop program, in its order
  Costs costs;                       // with a row for each of them
};

// None if the footprint is above `words` even without any buffer.
std::optional<Outside> outside_of(const Spec& spec, const Term& final_term, const Sizes& dims,
                                  const Int& words, const Placement& place = {});

}  // namespace minimoa
