// Where the loops of a final term run on a vector target: lanes, unrolled loops
// and turned arrays, by the names of binders (certificates/FORMAT.md section 15).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace minimoa {

// Limits of certificates/FORMAT.md section 15.
inline constexpr std::int64_t kMaxVectors = 8;
inline constexpr std::int64_t kMaxPoints = 32;

struct Placement {
  std::string target = "portable";
  std::int64_t width = 1;  // lanes of one vector of the target
  std::vector<std::string> lanes;
  std::vector<std::pair<std::string, std::int64_t>> unroll;
  std::vector<std::string> turned;
  bool portable() const { return target == "portable"; }
};

}  // namespace minimoa
