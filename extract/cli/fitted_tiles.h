// The order of one schedule with the tiles that `minimoa search` finds for each
// memory of a machine, proved like any schedule: what `minimoa prove --machine`
// shows beside the tiles as they are written.
//
// May be wrong: as tile_search.h. What is shown of costs and ratios is read off
// the derivation of the schedule that was found, not off the search.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "extract/cli/bundle.h"
#include "prover/bounds/machine.h"
#include "prover/search/search.h"

namespace minimoa::cli {

struct FittedTiles {
  Level level;
  std::string memory;                                       // "zen4-core L2"
  std::vector<std::pair<std::string, std::int64_t>> sizes;  // row 886, key 1
  std::string why;                                          // nothing better was found: the reason
  std::string schedule_text;  // as `minimoa search -o found.sched` writes it
  std::string command;        // this command
  Member counted;             // what the search says of its costs
  std::optional<Made> made;
};

struct FittedRequest {
  std::string spec, schedule;       // as given
  std::string machine_name;         // as given
  std::vector<std::string> points;  // at least one; a memory of S words has S in each
};

// Reports and gives nothing on failure.
std::optional<std::vector<FittedTiles>> fitted_tiles(Session* session, const Machine& machine,
                                                     const FittedRequest& request);

}  // namespace minimoa::cli
