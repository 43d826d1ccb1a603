// Schedules of a softmax-weighted mean.
#pragma once

#include "prover/rewrite/deriver.h"

namespace minimoa {

// ONF -> loop program.
void schedule_attention(Deriver* d, const Schedule& schedule);

}  // namespace minimoa
