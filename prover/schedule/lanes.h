// The online softmax with the rows of a tile in the lanes of vector registers.
#pragma once

#include "prover/schedule/axes.h"

namespace minimoa {

// After osm-share; says in the derivation's Placement what runs where.
void rows_in_lanes(Deriver* d, const Axes& axes, const Schedule& s);

}  // namespace minimoa
