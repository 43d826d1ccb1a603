// Schedules: text that says which equations are used, with which sizes.
//
//   schedule flash
//   tile row 64          split the row loop by 64, tail guarded
//   tile key 64          split the key reduction by 64
//   softmax online       softmax-merge .. block-state (or: two-pass)
//   materialise scores   scores in slow memory (two-pass only)
//   stage row            inputs that depend on the row tile only: fast buffer
//   parallel batch row   loops that run as tasks
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "spec/lang/diagnostic.h"

namespace minimoa {

struct Tile {
  std::string axis;
  std::int64_t size;
  Span span;
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
  std::vector<AxisRef> parallel;
};

Result<Schedule> parse_schedule(const std::string& text, const std::string& path);

}  // namespace minimoa
