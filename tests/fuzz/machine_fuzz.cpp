// Fuzzes the reader of machines (TOML).
#include "prover/bounds/machine.h"
#include "tests/fuzz/harness.h"

FUZZ_READER(machine, 4096) {
  const auto machine = minimoa::parse_machine(bytes, "fuzz.toml");
  MUST(machine.ok() || !machine.errors().empty());
  if (!machine.ok()) return;
  MUST(!machine.value().levels.empty());
  for (const auto& level : machine.value().levels) MUST(level.word > 0 && level.words() != 0);
}
