// Values of index terms and conditions in whole numbers of any size.
// May be wrong: nothing here is trusted; tests compare with other evaluators.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "prover/obligations/polynomial.h"

namespace minimoa {

using Sizes = std::map<std::string, Int>;

// Nothing for a name without a value, a division by zero, or any other operator.
std::optional<Int> value_of(const Term& t, const Sizes& sizes);
// Words that a term says are needed: where it has no value, more than any memory has.
Int words_needed(const Term& t, const Sizes& sizes);
// The same for conditions: <= < == != and or not true.
std::optional<bool> truth_of(const Term& goal, const Sizes& sizes);
// b > 0.
Int floor_quotient(const Int& a, const Int& b);
Int ceil_quotient(const Int& a, const Int& b);

}  // namespace minimoa
