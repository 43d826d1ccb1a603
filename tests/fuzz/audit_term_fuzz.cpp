// Fuzzes terms as certificates write them: the reader, types, obligations, the lowering, the costs.
// A value is put where the core stood; a statement is taken as the final term as it is.
#include "tests/fuzz/audit_harness.h"
#ifndef MINIMOA_FUZZ_REPLAY
#include "tests/fuzz/tree_mutator.h"
FUZZ_TREES
#endif

FUZZ_READER(audit_term, 4096) {
  audit_fuzz::attempt([&] {
    const audit::Spec spec = audit::read_spec(audit_fuzz::kSpec);
    const audit::Term read = audit::read_term(bytes, {}, spec);
    audit::Scope scope;
    const audit::Type type = audit::infer(read, scope, spec);
    MUST(scope.entries.empty() && scope.depth == 0);
    MUST(audit::alpha_equal(read, audit::read_term(audit::print(read), {}, spec)));
    const audit::Term final_term =
        type.sort == audit::Sort::kStmt ? read : audit::make_op(audit::Op::kPut, {read});
    audit::infer(final_term, scope, spec);
    audit::Generator generator(spec);
    generator.divisors(final_term);
    // Each as the audit does it: what one refuses says nothing about the next.
    audit_fuzz::attempt([&] { generator.safe(final_term, audit::Json::array({{"i", "o0"}})); });
    audit_fuzz::attempt([&] {
      const audit::Lowered lowered = audit::lower(final_term, spec, "fuzz");
      // What the lowering writes must be tokens of a kernel.
      audit::compare_tokens(audit::tokenise(lowered.text, 1), audit::tokenise(lowered.text, 1));
      audit::costs_of(final_term, spec);
    });
  });
}
