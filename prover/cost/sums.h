// Closed forms of the counts of nests, found by symbolic summation.
//
// From the innermost loop outwards: a condition linear in the loop's variable
// cuts its range; what remains is a sum of polynomials and of min and max of
// linear terms, for which the sums are known (Faulhaber; see the table in
// sums.cpp). Every guess is tried at small sizes first and then proved.
// May be wrong: it may find nothing, and then nothing is claimed.
#pragma once

#include <optional>
#include <vector>

#include "prover/cost/equations.h"
#include "prover/cost/sites.h"
#include "spec/lang/rules.h"

namespace minimoa {

// Terms that equal t wherever the context holds, with fewer min and max.
Term simplify(const Term& t, const std::vector<ContextEntry>& context, const Spec& spec,
              Prover* prover);
// Sums and the proofs of their claims, or nothing.
struct ClosedNest {
  Sums sums;
  std::vector<nlohmann::json> proofs;  // of nest_claims, in order
};
std::optional<ClosedNest> close_nest(const Nest& nest, const Spec& spec, Prover* prover);

// The value of an index term (min and max included) at given values.
std::int64_t value_at(const Term& t, const std::map<std::string, std::int64_t>& values);

}  // namespace minimoa
