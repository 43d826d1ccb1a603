// Query heads that share keys and values become rows (PackGQA).
#pragma once

#include "prover/schedule/axes.h"

namespace minimoa {

// The loop over query heads becomes a loop over heads of keys and a loop over
// the heads of a group; the latter joins the row loop, as its inner digit.
// Nothing changes where every query head has keys of its own.
void pack_heads(Deriver* d);

}  // namespace minimoa
