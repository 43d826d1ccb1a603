// Fuzzes the auditor's reader of rule tables, and every rule that it accepts as a step in both
// directions: a row is taken apart only when it is used.
#include "tests/fuzz/audit_harness.h"
#ifndef MINIMOA_FUZZ_REPLAY
#include "tests/fuzz/tree_mutator.h"
FUZZ_TREES
#endif

namespace {
// A value that fits a rule variable of this kind.
std::string text_for(const audit::Value& value) {
  switch (value.sort.value_or(audit::Sort::kArr)) {
    case audit::Sort::kIndices:
      return "(seq 0)";
    case audit::Sort::kIndex:
      return "N";
    case audit::Sort::kBool:
      return "true";
    case audit::Sort::kStmt:
      return "(put (vec) V)";
    case audit::Sort::kOp:
      return "+";
    case audit::Sort::kRedOp:
      return "add";
    case audit::Sort::kPerm:
      return "(0)";
    case audit::Sort::kNat:
      return "0";
    default:
      return "V";
  }
}
}  // namespace

FUZZ_READER(audit_rules, 8192) {
  audit::RuleTable table;
  audit_fuzz::attempt([&] { audit::read_rules(bytes, table); });
  for (const auto& entry : table) {
    audit::Step step{entry.first, true, {}, {}, {}};
    for (const auto& [variable, value] : entry.second.vars) step.sub[variable] = text_for(value);
    for (const bool forward : {true, false})
      for (const std::size_t depth : {0, 1})
        audit_fuzz::attempt([&] {
          step.left_to_right = forward;
          step.at.assign(depth, 0);
          const audit::Spec spec = audit::read_spec(audit_fuzz::kSpec);
          const audit::Term whole = audit::make_op(audit::Op::kPut, {spec.core});
          audit::replay_step(whole, step, table, spec);
        });
  }
}
