// The axes of a softmax-weighted mean, and what a schedule may ask of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "prover/rewrite/deriver.h"
#include "prover/rewrite/psi_reduce.h"

namespace minimoa {

// The loops of the output by role (spec/LANGUAGE.md section 5).
struct Axes {
  std::vector<std::string> batch;  // in loop order
  std::optional<std::string> row;
  std::string col;
  std::string key;
  Term keys;  // how many there are
};

Position put_operand(const Deriver& d);
WeightedMean mean_of(const Deriver& d);
std::vector<std::string> loop_names(const Deriver& d);

Axes classify(const Deriver& d);
// Loops in this order, by for-swap.
void sort_loops(Deriver* d, const std::vector<std::string>& want);
// batch.., row, col.
void order_loops(Deriver* d, const Axes& axes);

// The axes that a name of the schedule stands for; none: the spec has no row.
std::vector<std::string> resolve(const Axes& axes, const AxisRef& ref);
bool names(const Axes& axes, const std::vector<AxisRef>& refs, const std::string& axis);
// The line that tiles the axis, or null.
const Tile* tile_of(const Axes& axes, const Schedule& s, const std::string& axis);

// Stuck, with the line to blame, if the schedule asks for what is not known.
void check_axes(const Deriver& d, const Axes& axes, const Schedule& s);

}  // namespace minimoa
