// Fuzzes the reader of .npy files. What is accepted must come out of the writer as the same data.
#include "extract/run/npy.h"
#include "tests/fuzz/harness.h"

FUZZ_READER(npy, 4096) {
  const auto array = minimoa::parse_npy(bytes, "fuzz.npy");
  MUST(array.ok() || !array.errors().empty());
  if (!array.ok()) return;
  const auto again = minimoa::parse_npy(minimoa::format_npy(array.value()), "again.npy");
  MUST(again.ok());
  MUST(again.value().shape == array.value().shape);
  // As bytes: a NaN differs from itself.
  MUST(minimoa::format_npy(again.value()) == minimoa::format_npy(array.value()));
}
