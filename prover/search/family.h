// A family of schedules: one order of loops, its tile sizes left open.
//
// The idea: the text of a schedule is the family, each literal size in it a
// parameter; nothing else about an order is written down twice. A member is the
// same text with other literals, read by the reader of schedules.
// May be wrong: only in what it counts as one family; members are judged by
// their own derivation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "prover/schedule/schedule.h"

namespace minimoa {

using TileSizes = std::vector<std::int64_t>;  // one for each parameter

enum class SizeOf { kTile, kPart, kRetained };  // directives tile, split, retain

struct TileParameter {
  std::string name;  // "row", "key", "part of key", "kept key": for people
  SizeOf of = SizeOf::kTile;
  std::string axis;          // as the schedule writes it
  int line = 0;              // of the schedule's text
  std::int64_t written = 1;  // the schedule's own size
};

struct Family {
  Schedule schedule;  // as it is written
  std::vector<TileParameter> parameters;
  std::vector<std::string> also;  // other schedules of this order

  TileSizes written() const;
  std::string names() const;  // of all its schedules
  // "row 896, key 1"; "-" if there is nothing to choose.
  std::string show(const TileSizes& sizes) const;
};

Family family_of(const Schedule& schedule);
// One family for schedules that differ in sizes, name and comments only; the
// first of them stands for it.
// Without schedules that have lanes.
std::vector<Family> families_of(const std::vector<Schedule>& schedules);

// The sizes with which the schedule is a member of the family, if it is one.
std::optional<TileSizes> sizes_in(const Family& family, const Schedule& schedule);

// The member as a schedule file: comment lines (without `# `), then the name,
// the order with these sizes, and `bound` lines.
std::string member_text(const Family& family, const TileSizes& sizes, const std::string& name,
                        const std::vector<std::string>& comments = {},
                        const std::vector<std::string>& bounds = {});
Result<Schedule> member(const Family& family, const TileSizes& sizes);

}  // namespace minimoa
