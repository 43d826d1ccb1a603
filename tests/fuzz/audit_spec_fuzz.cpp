// Fuzzes the auditor's own reader of .moa files. Only audit::Refused may escape, never without a
// code: that is how a claim learns why it is INVALID.
#include "tests/fuzz/audit_harness.h"

FUZZ_READER(audit_spec, 8192) {
  audit_fuzz::attempt([&] {
    const audit::Spec spec = audit::read_spec(bytes);
    MUST(spec.core != nullptr);
    // What the audit does next with every spec.
    audit::Scope scope;
    audit::infer(audit::make_op(audit::Op::kPut, {spec.core}), scope, spec);
    audit::Generator generator(spec);
    generator.divisors(spec.core);
    generator.spec_obligations();
  });
}
