// Sizes that a user names: `--at S=4096,T=4096,D=64`, or by what the
// dimensions mean: `--at n=4096,m=4096,d=64,S=116736`.
//
// A point is generic if it uses one of n m d dk dv h b where that is no
// dimension of the spec; in a generic point S is the fast memory, elsewhere
// it is the dimension if there is one. `words` always is the fast memory.
// May be wrong: only in what it takes a name for; what it took is printed.
#pragma once

#include <optional>
#include <string>

#include "prover/bounds/instance.h"
#include "prover/bounds/value.h"

namespace minimoa {

// Sizes beyond are refused: products of three stay far below 2^63 (certificates/FORMAT.md, 13).
inline constexpr std::int64_t kLargestDimension = 16777216;

struct GivenPoint {
  std::string text;           // as given
  Sizes dims;                 // every dimension; those that are not named are 1
  std::optional<Int> memory;  // words, if given
  Sizes more;                 // p bytes eq ek ev eo ep, if given: for spec/bounds/wider
};

// E0911 for what cannot be read, E0702 for sizes that the spec does not allow.
Result<GivenPoint> parse_point(const std::string& text, const Spec& spec, const Recognised& what);

}  // namespace minimoa
