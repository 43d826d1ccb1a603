// Every example of the rule table, decided by Z3 for all values of its
// inputs at the example's sizes.
//
// applies: no values make BEFORE and AFTER differ (unsat). differs: Z3 finds
// values that do (sat). A resource limit counts steps, not seconds, so the
// verdicts do not depend on the machine. May be wrong: sizes are small and
// fixed; a row that is wrong only for larger ones would pass.
#include <doctest/doctest.h>

#include <string>

#include "tests/rules/z3_encoder.h"

namespace minimoa::test {
namespace {

constexpr unsigned kResourceLimit = 40'000'000;

// Do `before` and `after` of one case differ for some values?
z3::check_result can_differ(const Example& e, const Case& c) {
  z3::context context;
  Encoder encoder(context, e, c.spec);
  encoder.assume_defined = true;
  const Encoder::Writes before = encoder.run(c.before);
  encoder.assume_defined = false;
  const Encoder::Writes after = encoder.run(c.after);
  if (before.size() != after.size()) return z3::sat;
  z3::expr some = context.bool_val(false);
  for (const auto& [index, value] : before) {
    const auto other = after.find(index);
    if (other == after.end()) return z3::sat;
    some = some || encoder.differ(value, other->second);
  }
  z3::solver solver(context, "QF_NRA");
  solver.set("rlimit", kResourceLimit);
  for (const z3::expr& fact : encoder.facts()) solver.add(fact);
  solver.add(some);
  return solver.check();
}

// Are there values for which BEFORE is defined?
z3::check_result assumptions(const Example& e, const Case& c) {
  z3::context context;
  Encoder encoder(context, e, c.spec);
  encoder.assume_defined = true;
  encoder.run(c.before);
  z3::solver solver(context, "QF_NRA");
  solver.set("rlimit", kResourceLimit);
  for (const z3::expr& fact : encoder.facts()) solver.add(fact);
  return solver.check();
}

TEST_CASE("no values make BEFORE and AFTER differ") {
  const RuleTable table = rule_table();
  for (const Rule* rule : table.all()) {
    for (const Example& e : applies_of(*rule)) {
      CAPTURE(name_of(*rule));
      CAPTURE(print(e.before));
      for (const Case& c : cases_of(e)) CHECK(can_differ(e, c) == z3::unsat);
    }
  }
}

TEST_CASE("what an example assumes can hold") {
  const RuleTable table = rule_table();
  for (const Rule* rule : table.all()) {
    for (const Example& e : applies_of(*rule)) {
      CAPTURE(name_of(*rule));
      for (const Case& c : cases_of(e)) CHECK(assumptions(e, c) == z3::sat);
    }
  }
}

TEST_CASE("some values make BEFORE and WRONG differ") {
  const RuleTable table = rule_table();
  for (const Rule* rule : table.all()) {
    for (const Example& e : differs_of(*rule)) {
      CAPTURE(name_of(*rule));
      CAPTURE(print(e.before));
      bool found = false;
      for (const Case& c : cases_of(e)) {
        found = found || can_differ(e, c) == z3::sat;
      }
      CHECK(found);
    }
  }
}

}  // namespace
}  // namespace minimoa::test
