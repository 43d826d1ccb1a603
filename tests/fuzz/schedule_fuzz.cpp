// Fuzzes the reader of schedules, with its lines about lower bounds.
#include "prover/schedule/schedule.h"
#include "tests/fuzz/harness.h"

FUZZ_READER(schedule, 4096) {
  const auto schedule = minimoa::parse_schedule(bytes, "fuzz.sched");
  MUST(schedule.ok() || !schedule.errors().empty());
  if (!schedule.ok()) {
    minimoa::render(schedule.errors(), minimoa::Format::kText, bytes);
    return;
  }
  for (const auto& tile : schedule.value().tiles)
    MUST(tile.size >= 0 && tile.size <= minimoa::kMaxTile);
}
