// The search of prover/search for people's words: a spec file, memories of a
// machine, sizes as `--at` says them. What search and prove share.
//
// May be wrong: another order, or one that these families do not have, may move
// less; the ratio to a lower bound says by how much at most. Costs of what is
// found are compared with those of its own derivation before they are said.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "extract/cli/cli.h"
#include "prover/bounds/table.h"
#include "prover/search/search.h"

namespace minimoa::cli {

struct SearchOptions {
  std::string spec, machine, level;            // level empty: all of the machine
  std::vector<std::string> points, schedules;  // empty: extract/sizes.txt, extract/schedules
};

// A fast memory, with what it holds at each point.
struct SearchMemory {
  std::string name, level;
  std::vector<Int> words;
};

// What does not depend on the memory.
struct TileSearch {
  std::string root;
  LoadedSpec spec;
  RuleTable rules;
  Derivation onf;
  Recognised what;
  Theorems theorems;
  std::vector<GivenPoint> points;
  std::vector<SearchMemory> memories;

  std::vector<SearchPoint> at(const SearchMemory& memory) const;
};

// The best bound that speaks of every loop program, over all points.
struct Distance {
  Int bound = 0;
  std::string ratio, theorem, text;  // empty: no bound
};

struct SearchRow {
  FamilyBest best;
  Distance distance;
};

struct SearchTable {
  const SearchMemory* memory = nullptr;
  std::vector<SearchRow> rows;  // best first
  bool has_closed_form = false;
  bool fits() const { return !rows.empty() && rows.front().best.best.has_value(); }
};

// Reads everything; reports and gives nothing on failure.
std::optional<TileSearch> prepare_search(Session* session, const SearchOptions& options);
std::optional<FamilySearch> families_for(Session* session, const TileSearch& search,
                                         const std::vector<std::string>& schedules);
SearchTable best_tiles(const TileSearch& search, FamilySearch* families,
                       const SearchMemory& memory);
// Derives the best member: its closed forms must say what was counted, else
// this reports.
bool confirmed(Session* session, const TileSearch& search, const FamilySearch& families,
               SearchTable* table);

// "flash with tiles row 886, key 1".
std::string named(const Family& family, const TileSizes& tiles);
std::string words_text(const SearchMemory& memory);
std::string best_sentence(const SearchRow& row);
// The name of a schedule that is written to this path.
std::string name_for(const std::string& path, const Family& family);
// The best member as a schedule file, with a `bound` line for each bound that
// applies at the points, so that its certificate proves how far it is from it.
std::string file_text(const std::string& name, const TileSearch& search,
                      const FamilySearch& families, const SearchTable& table);

}  // namespace minimoa::cli
