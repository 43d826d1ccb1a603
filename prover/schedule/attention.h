// Schedules of a softmax-weighted mean.
#pragma once

#include "prover/rewrite/deriver.h"

namespace minimoa {

// The loops of the output by role (spec/LANGUAGE.md section 5).
struct Axes {
  std::vector<std::string> batch;  // in loop order
  std::optional<std::string> row;
  std::string col;
  std::string key;
};

// ONF -> loop program.
void schedule_attention(Deriver* d, const Schedule& schedule);

}  // namespace minimoa
