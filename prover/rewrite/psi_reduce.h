// psi-reduction to DNF and gamma to ONF.
#pragma once

#include "prover/rewrite/deriver.h"

namespace minimoa {

// start -> one loop per output axis around a scalar put, no array operator
// left, softmax terms shared (DNF); then every input read at its offset (ONF).
void psi_reduce(Deriver* d);
void gamma_reduce(Deriver* d);

// A softmax-weighted mean
//   if any(j<n | g) then sum(g) exp(s - max s) * v / sum(g) exp(s - max s) else e
// taken apart; bound index renamed to j in all parts. Empty if t is not one.
struct WeightedMean {
  std::string j;
  Term n, guard, score, value, otherwise;
};
std::optional<WeightedMean> weighted_mean(const Term& t);

}  // namespace minimoa
