// Schedules: text that says which equations are used, with which sizes.
//
//   schedule flash
//   tile row 64          split the row loop by 64, tail guarded
//   tile key 64          split the key reduction by 64 (all: one tile)
//   softmax online       softmax-merge .. block-state (or: two-pass)
//   materialise scores   scores in slow memory (two-pass only)
//   stage row key        inputs of a row tile, of a key tile: fast buffers
//   retain key 448       the first 448 keys stay in fast memory for all row tiles
//   skip key             key tiles that the mask excludes are not computed
//   outer key            key tiles outermost, the states of all rows in slow memory
//   split key 1024       parts of 1024 keys, merged at the end (split-KV)
//   halve key            two halves of the keys, the first one's states in slow memory
//   pack heads           query heads that share keys become rows
//   parallel batch row   loops that run as tasks
//   lanes row            the rows of a tile side by side in vector registers
//   unroll 4             loops over keys and columns by four, below lanes
//   target avx512        the vector target (extract/instr/avx512.instr)
//   bound T3star ..      a lower bound to compare with (bound_line.h); repeatable
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "prover/schedule/bound_line.h"
#include "spec/lang/diagnostic.h"

namespace minimoa {

inline constexpr std::int64_t kMaxTile = 65536;
inline constexpr std::int64_t kMaxUnroll = 16;

struct Tile {
  std::string axis;
  std::int64_t size;  // 0: `all`
  Span span;
  bool whole() const { return size == 0; }
};
struct AxisRef {
  std::string axis;
  Span span;
};
enum class SoftmaxForm { kTwoPass, kOnline };

struct Schedule {
  std::string name;
  std::string text;  // the file's bytes
  std::string path;
  std::vector<Tile> tiles;
  SoftmaxForm softmax = SoftmaxForm::kTwoPass;
  Span softmax_span;
  bool materialise_scores = false;
  Span materialise_span;
  std::vector<AxisRef> stage;
  std::vector<AxisRef> skip;
  std::vector<AxisRef> outer;
  std::vector<AxisRef> halve;
  std::vector<Tile> splits;   // at most one
  std::vector<Tile> retains;  // at most one
  bool pack_heads = false;
  std::vector<AxisRef> parallel;
  std::vector<AxisRef> lanes;
  std::int64_t unroll = 1;
  Span unroll_span;
  std::string target = "portable";
  Span target_span;
  std::int64_t width = 1;  // lanes of the target; set by whoever read its instruction file
  std::vector<BoundLine> bounds;
};

Result<Schedule> parse_schedule(const std::string& text, const std::string& path);

}  // namespace minimoa
