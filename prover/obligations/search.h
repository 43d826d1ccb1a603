// Search for a proof (certificates/FORMAT.md, section 6) of a statement.
//
// Linear first: the facts and the negated goal as linear constraints over
// monomials; a conflict of the simplex is the last `lin` step. Where that is
// feasible: products of facts that cancel a monomial in use (`mul`), facts
// divided by their content (`cut`), and case splits on quotients of facts
// (`split`). Products enter the tableau only when the point found violates
// them. There is no guarantee that a proof is found.
// May be wrong: every proof passes checker.h before it is returned.
#pragma once

#include <cstdint>
#include <optional>

#include <nlohmann/json.hpp>

#include "prover/obligations/statement.h"

namespace minimoa {

enum class Effort { kQuick, kThorough };
struct SearchResult {
  std::optional<nlohmann::json> proof;
  bool out_of_budget = false;
};
// kQuick: what nearly every true obligation needs. kThorough: the rest; it
// does not repeat the quick attempts.
// Takes what it spends, in cells of the tableau, from `left`.
SearchResult search_proof(const Statement& s, Effort effort, std::uint64_t* left);

}  // namespace minimoa
