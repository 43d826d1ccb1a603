// The line of a schedule that asks for a lower bound to compare with:
//
//   bound T3star within 1.058 words 116736 at d = 64, n = 32768 where n <= m
//
// The traffic of the schedule is to be at most 1.058 times what the theorem
// T3star says, with 116736 words of fast memory, d and n fixed, and all other
// sizes free but for the conditions. Every part but the name may be missing,
// in this order: without `within` the smallest ratio that can be proved is
// taken, without `words` the schedule's own footprint. Sizes are dimensions of
// the spec, or n m d dk dv h b by what they mean (prover/bounds/point.h).
// May be wrong: only in what it reads; what a name means is known later.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spec/lang/diagnostic.h"

namespace minimoa {

struct BoundSize {
  std::string name;  // empty: a number
  std::int64_t number = 0;
};
struct BoundCondition {
  std::string relation;  // < <= ==
  BoundSize left, right;
};
struct BoundLine {
  std::string theorem;
  std::string text;  // of the line, in one spelling
  // p / q >= 1; none: the smallest that is found.
  std::optional<std::pair<std::int64_t, std::int64_t>> within;
  std::optional<std::int64_t> words;
  std::vector<std::pair<std::string, std::int64_t>> at;
  std::vector<BoundCondition> where;
  Span span;
};

struct SpannedWord {
  std::string text;
  Span span;
};
// words: those of the line, `bound` first. E0501.
Result<BoundLine> parse_bound_line(const std::vector<SpannedWord>& words);

}  // namespace minimoa
