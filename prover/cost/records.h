// The record game: the least traffic of row-granular attention, by search.
//
// A query record (a row of q, its accumulator and sigma statistics) and a key
// record (a row of k and of v) meet when both are in fast memory; then their
// pair is done. Every pair must be done. Words moved: dk + dv for a key that
// arrives; dk for a row that arrives first, dv when it leaves finished; a row
// that leaves unfinished stores dv + sigma and loads dk + dv + sigma when it
// returns. Dijkstra's algorithm over all states gives the exact optimum for
// small games: evidence for lower bounds, and counterexamples.
// May be wrong: the two reductions (records.cpp). The trace that comes with a
// result can be replayed by the rules above, so it is at least an upper bound.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "spec/lang/diagnostic.h"

namespace minimoa::cost {

struct RecordGame {
  int rows = 1, keys = 1;  // each at most 8, at most 40 pairs
  std::int64_t dk = 1, dv = 1, sigma = 0;
  std::int64_t capacity = 0;  // words of fast memory
  std::int64_t row_words() const { return dk + dv + sigma; }
  std::int64_t key_words() const { return dk + dv; }
};

struct RecordMove {
  bool load = false;  // or leave
  bool row = false;   // or key
  int number = 0;
};

struct RecordOptimum {
  std::optional<std::int64_t> traffic;  // none: no pair fits
  std::vector<RecordMove> trace;        // an optimal game
  std::size_t states = 0;               // visited
};

// E0709 when the game or the number of states exceeds its limit.
Result<RecordOptimum> least_traffic(const RecordGame& game, std::size_t max_states = 5'000'000);

}  // namespace minimoa::cost
