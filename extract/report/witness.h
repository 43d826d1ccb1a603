// What the proofs of a certificate consist of: how many obligations each claim
// has, and which kind of witness carries them (certificates/FORMAT.md, 6, 12).
// May be wrong: it counts; it checks nothing.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace minimoa {

// Kinds of an obligation's proof by its strongest step.
enum class Witness { kLinear, kCut, kProduct, kCases, kHole };
const char* word_of(Witness kind);

struct ClaimWitnesses {
  std::string claim, what;
  std::vector<std::size_t> count = std::vector<std::size_t>(5);  // by Witness
  std::size_t total() const;
};
// Of a certificate that this toolkit wrote.
std::vector<ClaimWitnesses> witnesses_of(const nlohmann::json& certificate);

}  // namespace minimoa
