// Loop programs for tests: shipped specs with shipped or ad hoc schedules.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "prover/schedule/derive.h"
#include "spec/lang/elaborate.h"

namespace minimoa::programs {

inline std::string slurp(const std::string& relative) {
  std::ifstream in(std::string(MINIMOA_SOURCE_DIR) + "/" + relative, std::ios::binary);
  REQUIRE_MESSAGE(in.good(), relative);
  std::stringstream s;
  s << in.rdbuf();
  return s.str();
}

template <typename T>
T valid(const Result<T>& r) {
  std::string all;
  if (!r.ok()) {
    for (const Diagnostic& d : r.errors()) all += d.code + ": " + d.message + "\n";
  }
  REQUIRE_MESSAGE(r.ok(), all);
  return r.value();
}

inline Spec spec_of(const std::string& path) { return valid(read_spec(slurp(path), path)); }
inline Spec spec_from(const std::string& text) { return valid(read_spec(text, "test.moa")); }

inline Term term(const std::string& text) {
  std::string error;
  const auto t = parse_term(text, &error);
  REQUIRE_MESSAGE(t.has_value(), error);
  return *t;
}

// The loop program of a spec under a schedule given by its text.
inline Term loops(const Spec& spec, const std::string& schedule) {
  static const RuleTable rules =
      valid(RuleTable::load(std::string(MINIMOA_SOURCE_DIR) + "/spec/rules"));
  return valid(derive(spec, rules, valid(parse_schedule(schedule, "test.sched")))).final_term();
}
inline std::string flash(int rows, int keys) {
  return "schedule flash\ntile row " + std::to_string(rows) + "\ntile key " + std::to_string(keys) +
         "\nsoftmax online\nstage row\nparallel batch row\n";
}
inline std::string two_pass(int rows) {
  return "schedule two_pass\ntile row " + std::to_string(rows) +
         "\nsoftmax two-pass\nparallel batch row\n";
}
inline std::string naive() { return slurp("extract/schedules/naive.sched"); }

}  // namespace minimoa::programs
