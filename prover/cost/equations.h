// Obligations about terms with min and max (certificates/FORMAT.md, section 7).
//
// A goal with (min x y) holds if it holds with x where x <= y, and with y
// where y < x; so every min and max becomes two cases, and what is left is
// about polynomials.
// May be wrong: nothing here is trusted; the audit splits by itself.
#pragma once

#include <vector>

#include "prover/cost/sites.h"
#include "spec/lang/rules.h"

namespace minimoa {

// The cases of one goal, in the order of FORMAT.md.
void split_cases(const Obligation& o, std::vector<Obligation>* out);

// times * (a sum) = value: halves stay out of the terms. times >= 1.
struct Multiple {
  std::int64_t times = 1;
  Term value;
};
// sums[k]: of the counts inside loop k for the values of v<k> below v<k>, over
// v0 .. v<k>; times of each divides times of the one before. The obligations
// say that the sums are these.
using Sums = std::vector<Multiple>;
std::vector<Obligation> nest_obligations(const Nest& nest, const Sums& sums);
// sums[k] at the bound of loop k; of k = 0: the count of the nest.
Multiple sum_total(const Nest& nest, const Sums& sums, std::size_t k = 0);
// v0, v1, .. as the nest names them.
std::string nest_variable(std::size_t k);

}  // namespace minimoa
