// What a spec computes, read from its ONF: a softmax-weighted mean in loops.
//
// The claims `ratio` and `attention` (FORMAT.md, sections 13 and 14) read it
// here; sharing is undone, and no schedule has touched it.
// May be wrong: nothing here is trusted; the audit unfolds the term by itself.
#pragma once

#include <optional>
#include <vector>

#include "prover/bounds/counts.h"
#include "prover/rewrite/psi_reduce.h"
#include "prover/schedule/derive.h"

namespace minimoa {

struct OnfMean {
  std::vector<CountedLoop> loops;    // of the output, outermost first
  Term term;                         // the whole statement
  std::vector<Term> indices;         // of its put
  std::optional<WeightedMean> mean;  // nothing: the output is none
};

// Throws Stuck where sharing cannot be undone.
OnfMean onf_mean(const Spec& spec, const RuleTable& rules, const Derivation& derivation);

}  // namespace minimoa
