// Fuzzes the prover's reader of rule tables, and what reads a row's parts for people and tests.
#include "spec/lang/rules.h"
#include "tests/fuzz/harness.h"
#ifndef MINIMOA_FUZZ_REPLAY
#include "tests/fuzz/tree_mutator.h"
FUZZ_TREES
#endif

FUZZ_READER(rules, 8192) {
  const auto table = minimoa::RuleTable::parse("fuzz.rules", bytes);
  MUST(table.ok() || !table.errors().empty());
  if (!table.ok()) return;
  for (const minimoa::Rule* rule : table.value().all()) {
    MUST(!minimoa::name_of(*rule).empty());
    MUST(table.value().find(minimoa::name_of(*rule)) != nullptr);
    minimoa::side_of(*rule, false);
    minimoa::side_of(*rule, true);
    minimoa::conditions_of(*rule);
    minimoa::applies_of(*rule);
    minimoa::differs_of(*rule);
  }
}
