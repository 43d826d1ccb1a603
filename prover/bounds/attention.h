// The claim `attention` (FORMAT.md, section 14): the spec has the form of which
// spec/coq/AttentionProofs.v proves what users expect of attention.
//
// The limit is read off the mask: `j <= U` and `j < U` bound the keys that a row
// depends on; of those that are proved, the first, else the number of keys.
// May be wrong: it may miss a smaller limit or claim nothing where it could;
// nothing here is trusted.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "prover/bounds/mean.h"
#include "prover/obligations/obligations.h"

namespace minimoa {

struct AttentionClaim {
  std::vector<std::string> key_arrays;
  Term empty;       // what a row without a key gives
  Term limit;       // a row depends on keys below it
  Term axes_limit;  // the same with o0, o1, .. for the loops that are these indices of the output
  Proved proof;
};
struct Attention {
  std::optional<AttentionClaim> claim;
  std::string why;  // there is no claim: the reason
};

// prover: knows the divisors of the spec.
Attention claim_attention(const Spec& spec, const RuleTable& rules, const Derivation& derivation,
                          Prover* prover);

}  // namespace minimoa
