// Key tiles that a mask excludes as a whole.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spec/lang/term.h"

namespace minimoa {

// A condition without the variables (each 0 <= v < bound) that holds whenever
// `mask` holds for some of their values; none if the mask says nothing.
std::optional<Term> tile_condition(const Term& mask,
                                   const std::vector<std::pair<std::string, Term>>& variables);

// A condition without the variables under which `mask` holds for all of their
// values; none if a part of the mask is no affine inequality.
std::optional<Term> whole_condition(const Term& mask,
                                    const std::vector<std::pair<std::string, Term>>& variables);

}  // namespace minimoa
