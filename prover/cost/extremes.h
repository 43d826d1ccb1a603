// The values that the declared ranges of integer inputs leave possible.
//
// Idea: an element of an integer input has no value that dimensions give, but
// it has a range; with the end of the range that makes a bound largest, or a
// condition weakest, a count becomes an upper bound of itself.
// May be wrong: nothing here is trusted (see sites.h); a wrong end makes a row
// of traffic that the audit refuses.
#pragma once

#include <optional>

#include "spec/lang/spec.h"
#include "spec/lang/term.h"

namespace minimoa {

// The greatest value of an index term for all elements of integer inputs in
// it, as a term without them (FORMAT.md, section 12). None: not known.
std::optional<Term> greatest(const Term& t, const Spec& spec);

// A condition that follows from c, without elements. None: none is known.
std::optional<Term> weakest(const Term& c, const Spec& spec);

}  // namespace minimoa
