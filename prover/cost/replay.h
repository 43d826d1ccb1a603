// Replays a flow of values against a capacity and counts ticks: the lemmas of
// bounds-2.md section 1 on one execution.
//
// A tick is a load of an input word, a load of a private word of a pair, or
// the start of a stay of an output element's partial sums in fast memory.
// Lemma 1: ticks <= loads + stores. Lemma 2: a stretch of the run with B words
// resident at its start or ticks in it executes at most dv * h(B) of the
// products that reach the output. T3*: loads + stores >= S |E| / h(2 S).
// May be wrong: what counts as live (replay.cpp, `Lives`); then a lemma would
// fail on a trace for which it holds, or hold for too few products.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "prover/cost/provenance.h"
#include "spec/lang/diagnostic.h"

namespace minimoa::cost {

struct Segment {
  std::int64_t resident = 0;  // words in fast memory at its start
  std::int64_t ticks = 0;
  std::int64_t products = 0;
  double fill = 0;  // products / (dv * h(resident + ticks))
};

struct Replay {
  std::int64_t loads = 0, stores = 0, ticks = 0, products = 0;
  std::int64_t peak = 0;  // most words in fast memory
  std::vector<Segment> segments;
  double fill = 0;       // the largest
  bool lemma1 = false;   // ticks <= loads + stores
  bool lemma2 = false;   // no fill above 1
  bool theorem = false;  // T3*
};

// h of bounds.md T3.
double most_pairs(double budget, std::int64_t dk, std::int64_t dv);

// Segments: the first of capacity + stretch ticks, then of `stretch` (0: the
// capacity). E0711: no execution of attention within the capacity.
Result<Replay> replay(const std::vector<FlowEvent>& flow, const AttentionShape& shape,
                      std::int64_t capacity, std::int64_t stretch = 0);

}  // namespace minimoa::cost
