// Fuzzes the prover's reader of theorem files, in both vocabularies.
#include "prover/bounds/theorem.h"
#include "tests/fuzz/harness.h"
#ifndef MINIMOA_FUZZ_REPLAY
#include "tests/fuzz/tree_mutator.h"
FUZZ_TREES
#endif

FUZZ_READER(theorem, 8192) {
  for (const auto vocabulary : {minimoa::Vocabulary::kCertificate, minimoa::Vocabulary::kWider}) {
    const auto theorems = minimoa::parse_theorems({{"fuzz.thm", bytes}}, vocabulary);
    MUST(theorems.ok() || !theorems.errors().empty());
    if (!theorems.ok()) continue;
    for (const auto& one : theorems.value().classes)
      for (const auto& other : theorems.value().classes)
        theorems.value().covers(one.name, other.name);
  }
}
