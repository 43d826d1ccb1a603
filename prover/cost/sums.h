// Closed forms of the counts of nests, found by symbolic summation.
//
// From the innermost loop outwards: a condition linear in the loop's variable
// cuts its range; what remains is a sum of polynomials and of min and max of
// linear terms, for which the sums are known (Faulhaber; see the table in
// sums.cpp). Every guess is tried at small sizes first and then proved.
// May be wrong: it may find nothing, and then nothing is claimed.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "prover/cost/equations.h"
#include "prover/cost/sites.h"
#include "spec/lang/rules.h"

namespace minimoa {

// Does the goal hold wherever the context holds? Quick, may say no wrongly.
using Holds = std::function<bool(const Obligation&)>;

// Terms that equal t wherever the context holds, with fewer min and max.
Term simplify(const Term& t, const std::vector<ContextEntry>& context, const Spec& spec,
              const Holds& holds);
// Sums whose obligations hold, or nothing.
// quick: for simplification; holds: for the obligations in the end.
std::optional<Sums> close_nest(const Nest& nest, const Spec& spec, const Holds& quick,
                               const Holds& holds);

// The value of an index term (min and max included) at given values.
std::int64_t value_at(const Term& t, const std::map<std::string, std::int64_t>& values);

}  // namespace minimoa
