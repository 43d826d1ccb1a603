// Every row of the rule table against its own examples.
//
// applies: the row does what its example says, in both directions, and both
// terms evaluate to the same. differs: they do not. The interpreter shares
// nothing with the rewriter, so an unsound row needs two mistakes to pass.
// May be wrong: an example sees the sizes and values it has, nothing else;
// rules_z3_test decides the same examples for all values.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "spec/lang/interpret.h"
#include "tests/rules/example_fixture.h"

namespace minimoa::test {
namespace {

// Distinct values of both signs, away from zero, exact in binary.
double value_at(std::size_t array, std::size_t element) {
  const auto k = static_cast<int>(array * 5 + element * 3 + 1);
  const double magnitude = 0.25 + 0.125 * ((k * 7) % 23);
  return k % 3 == 0 ? -magnitude : magnitude;
}

template <typename Real>
std::map<std::string, Tensor<Real>> inputs_of(const Example& e) {
  std::map<std::string, Tensor<Real>> out;
  const std::map<std::string, std::int64_t> sizes = sizes_of(e);
  for (std::size_t a = 0; a < e.inputs.size(); ++a) {
    Tensor<Real> t;
    std::size_t count = 1;
    for (const Term& n : e.inputs[a].shape) {
      t.shape.push_back(n->op == Op::kInt ? n->value : sizes.at(n->name));
      count *= static_cast<std::size_t>(t.shape.back());
    }
    for (std::size_t k = 0; k < count; ++k) t.data.push_back(value_at(a, k));
    out[e.inputs[a].name] = t;
  }
  return out;
}

template <typename Real>
std::vector<Real> run(const Spec& spec, const Term& statement, const Example& e) {
  const auto result = evaluate_statement<Real>(spec, statement, sizes_of(e), inputs_of<Real>(e));
  if (!result.ok()) {
    FAIL(result.errors().front().message << " in " << print(statement));
  }
  return result.value().data;
}

bool close(const Quad& a, const Quad& b) {
  if (a == b) return true;
  const Quad gap = abs(a - b), size = abs(a) + abs(b);
  return gap <= size * Quad("1e-28");
}

bool all_close(const std::vector<Quad>& a, const std::vector<Quad>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!close(a[i], b[i])) return false;
  }
  return true;
}

// Calls f(rule, example, case) for every case of every example of a kind.
template <typename F>
void for_each_case(const std::vector<Example>& (*kind)(const Rule&), F f) {
  const RuleTable table = rule_table();
  for (const Rule* rule : table.all()) {
    for (const Example& e : kind(*rule)) {
      CAPTURE(name_of(*rule));
      CAPTURE(print(e.before));
      for (const Case& c : cases_of(e)) f(table, *rule, e, c);
    }
  }
}

TEST_CASE("every row has an example that applies and one that differs") {
  const RuleTable table = rule_table();
  for (const Rule* rule : table.all()) {
    CAPTURE(name_of(*rule));
    CHECK_FALSE(applies_of(*rule).empty());
    CHECK_FALSE(differs_of(*rule).empty());
  }
}

TEST_CASE("a row turns BEFORE into AFTER") {
  for_each_case(applies_of, [](const RuleTable& table, const Rule& rule, const Example& e,
                               const Case& c) {
    const ApplyResult r = apply(table, name_of(rule), false, c.before, c.at, {e.hints, {}}, c.spec);
    CHECK_MESSAGE(r.ok, r.error);
    if (!r.ok) return;
    CAPTURE(print(r.value.term));
    CHECK(alpha_equal(r.value.term, c.after));
  });
}

TEST_CASE("a row used backwards turns AFTER into BEFORE") {
  for_each_case(applies_of,
                [](const RuleTable& table, const Rule& rule, const Example& e, const Case& c) {
                  const ApplyResult there =
                      apply(table, name_of(rule), false, c.before, c.at, {e.hints, {}}, c.spec);
                  if (!there.ok) return;
                  const ApplyResult back = apply(table, name_of(rule), true, there.value.term, c.at,
                                                 {there.value.step.sub, {}}, c.spec);
                  CHECK_MESSAGE(back.ok, back.error);
                  if (back.ok) CHECK(alpha_equal(back.value.term, c.before));
                });
}

TEST_CASE("the obligations of an example hold") {
  for_each_case(applies_of, [](const RuleTable& table, const Rule& rule, const Example& e,
                               const Case& c) {
    const ApplyResult r = apply(table, name_of(rule), false, c.before, c.at, {e.hints, {}}, c.spec);
    if (!r.ok) return;
    for (const Obligation& o : r.value.step.prove) {
      CAPTURE(print(o.goal));
      Spec scalar = c.spec;
      scalar.output.shape.clear();
      CHECK(run<double>(scalar, one_if(o.goal), e).front() == 1.0);
    }
  });
}

TEST_CASE("BEFORE and AFTER evaluate to the same") {
  for_each_case(applies_of, [](const RuleTable&, const Rule&, const Example& e, const Case& c) {
    CHECK(all_close(run<Quad>(c.spec, c.before, e), run<Quad>(c.spec, c.after, e)));
  });
}

TEST_CASE("a structural row is bit-exact") {
  for_each_case(applies_of,
                [](const RuleTable&, const Rule& rule, const Example& e, const Case& c) {
                  if (class_of(rule) != "structural") return;
                  CHECK(run<double>(c.spec, c.before, e) == run<double>(c.spec, c.after, e));
                });
}

TEST_CASE("a psi row lowers the measure on its examples") {
  for_each_case(applies_of, [](const RuleTable&, const Rule& rule, const Example&, const Case& c) {
    if (phase_of(rule) != "psi") return;
    CHECK(measure(c.after) < measure(c.before));
  });
}

TEST_CASE("BEFORE and WRONG evaluate to different values") {
  for_each_case(differs_of, [](const RuleTable&, const Rule&, const Example& e, const Case& c) {
    // One component of a tuple may agree; the tuple may not.
    std::vector<Quad> before, wrong;
    for (const Case& part : cases_of(e)) {
      for (const Quad& x : run<Quad>(part.spec, part.before, e)) {
        before.push_back(x);
      }
      for (const Quad& x : run<Quad>(part.spec, part.after, e)) {
        wrong.push_back(x);
      }
    }
    static_cast<void>(c);
    CHECK_FALSE(all_close(before, wrong));
  });
}

TEST_CASE("a row does not turn BEFORE into WRONG") {
  for_each_case(differs_of, [](const RuleTable& table, const Rule& rule, const Example& e,
                               const Case& c) {
    const ApplyResult r = apply(table, name_of(rule), false, c.before, c.at, {e.hints, {}}, c.spec);
    if (r.ok) CHECK_FALSE(alpha_equal(r.value.term, c.after));
  });
}

}  // namespace
}  // namespace minimoa::test
