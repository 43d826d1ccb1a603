// Fuzzes the prover's s-expressions: both dialects, and what they say as terms and as patterns.
// What is printed must be read again as the same text.
#include "spec/lang/sexpr.h"
#include "spec/lang/term.h"
#include "tests/fuzz/harness.h"
#ifndef MINIMOA_FUZZ_REPLAY
#include "tests/fuzz/tree_mutator.h"
FUZZ_TREES
#endif

FUZZ_READER(sexpr, 4096) {
  for (const auto dialect : {minimoa::SexprDialect::kTerm, minimoa::SexprDialect::kRules,
                             minimoa::SexprDialect::kInstructions}) {
    std::string error;
    const auto all = minimoa::parse_sexprs(bytes, dialect, &error);
    MUST(all || !error.empty());
    if (!all) continue;
    for (const auto& one : *all) {
      const std::string text = minimoa::print_sexpr(one);
      const auto again = minimoa::parse_sexprs(text, dialect, &error);
      MUST(again && again->size() == 1);
      MUST(minimoa::print_sexpr(again->front()) == text);
      minimoa::pattern_of_sexpr(one, &error);
      const auto term = minimoa::term_of_sexpr(one, &error);
      if (term) minimoa::print(*term);
    }
  }
}
