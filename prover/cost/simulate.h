// What a loop program moves at given sizes, by running it (spec/COST.md).
//
// Two ways of running. Counting follows control flow only: no arithmetic on
// data, and a loop whose iterations move the same number of words is run once.
// Tracing follows every access in order. With values for all inputs both also
// compute, so that conditions on data can be decided.
// May be wrong: this shares the reading of COST.md with nothing; prover's
// closed forms are compared with it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "prover/cost/concrete.h"
#include "prover/cost/flow.h"
#include "spec/lang/diagnostic.h"
#include "spec/lang/interpret.h"

namespace minimoa::cost {

// One word moved. Elements are numbered row-major in the declared shape; the
// leaves of an array of letslow follow each other in their order.
struct WordMove {
  bool store = false;
  std::size_t array = 0;  // number in Traffic::arrays
  std::int64_t element = 0;
};

struct Traffic {
  std::vector<std::string> arrays;  // inputs, output, letslow in order of phases
  std::map<std::string, std::pair<Int, Int>> per_array;  // words loaded, stored
  Int workspace = 0;
  Int footprint = 0;            // the largest of the phases
  std::vector<Int> footprints;  // of a task of each phase
  std::vector<double> output;   // row-major, if all inputs were given
  std::uint64_t steps = 0;

  Int loads() const;
  Int stores() const;
};

struct SimulateOptions {
  // Values of inputs. Without those of integer inputs, conditions on their
  // elements cannot be decided; without all, no condition on real data can.
  std::map<std::string, Tensor<double>> inputs;
  // Names of `let` whose values lie in slow memory.
  std::set<std::string> outside;
  // Lanes run one after the other; a load that is the same in all of them is
  // traced with the first, and both sides of a choice by a mask are run.
  Placement place;
  // Called for each word moved, in order, with the arrays' numbers.
  std::function<void(const WordMove&)> trace;
  // Called for each event of fast memory (flow.h). Needs values for all inputs,
  // and no lanes.
  Flow::Sink flow;
  std::uint64_t max_steps = 2'000'000'000;
};

// E0610 no loop program; E0702 sizes; E0704 inputs; E0705 an access leaves its
// array (when tracing or computing); E0708 written twice or never (when
// computing); E0709 max_steps; E0710 depends on data that is not given.
Result<Traffic> simulate(const Spec& spec, const Term& final_term, const Sizes& sizes,
                         const SimulateOptions& options = {});

}  // namespace minimoa::cost
