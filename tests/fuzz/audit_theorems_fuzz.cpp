// Fuzzes the auditor's reader of theorem files (FORMAT section 13).
#include "tests/fuzz/audit_harness.h"
#ifndef MINIMOA_FUZZ_REPLAY
#include "tests/fuzz/tree_mutator.h"
FUZZ_TREES
#endif

FUZZ_READER(audit_theorems, 8192) {
  audit_fuzz::attempt([&] {
    audit::Theorems theorems;
    audit::read_theorems(bytes, theorems);
  });
}
