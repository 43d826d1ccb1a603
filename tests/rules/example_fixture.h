// Examples of the rule table as whole statements: shared by the tests that
// evaluate them (rules_test) and that decide them (rules_z3_test).
//
// A value becomes (put (vec) VALUE); a boolean (put (vec) (if B 1 0)); each
// component of a tuple a put of its own. May be wrong: an example of a rank-0
// int array has no such form; there is none.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "spec/lang/rules.h"

namespace minimoa::test {

struct Case {
  Spec spec;
  Term before, after;  // statements
  Position at;         // where the example's own terms stand
};

inline RuleTable rule_table() {
  auto loaded = RuleTable::load(std::string(MINIMOA_SOURCE_DIR) + "/spec/rules");
  if (!loaded.ok()) FAIL(loaded.errors().front().message);
  return loaded.value();
}

inline Spec spec_of(const Example& e) {
  Spec spec;
  spec.name = "example";
  spec.path = "example.moa";
  for (const auto& [name, size] : e.dims) spec.dims.push_back(name);
  spec.inputs = e.inputs;
  spec.output.name = "O";
  spec.output.shape = e.output;
  spec.core = mk(Op::kReal, {mk_int(0)});
  return spec;
}

inline std::map<std::string, std::int64_t> sizes_of(const Example& e) {
  return {e.dims.begin(), e.dims.end()};
}

inline Term one_if(const Term& g) {
  return mk_put({}, mk(Op::kIf, {g, mk(Op::kReal, {mk_int(1)}), mk(Op::kReal, {mk_int(0)})}));
}

inline std::vector<Case> cases_of(const Example& e) {
  const Spec spec = spec_of(e);
  const Typed typed = type_of(e.before, global_scope(spec), spec);
  if (!typed.ok) FAIL(typed.error);
  Case c{spec, e.before, e.after, {}};
  if (typed.type.kind == Type::Kind::kStmt) return {c};
  if (typed.type.kind == Type::Kind::kBool) {
    return {{spec, one_if(e.before), one_if(e.after), {0, 0}}};
  }
  if (typed.type.elem == Type::ElemKind::kReal) {
    c.spec.output.shape = typed.type.shape;
    return {{c.spec, mk_put({}, e.before), mk_put({}, e.after), {0}}};
  }
  std::vector<Case> out;
  for (std::size_t k = 0; k < typed.type.tup.size(); ++k) {
    const auto part = static_cast<std::int64_t>(k);
    c.spec.output.shape = typed.type.tup[k].shape;
    out.push_back(
        {c.spec, mk_put({}, mk_get(part, e.before)), mk_put({}, mk_get(part, e.after)), {0, 0}});
  }
  return out;
}

}  // namespace minimoa::test
