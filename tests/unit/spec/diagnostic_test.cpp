// Rendering of diagnostics and exit codes.
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "spec/lang/diagnostic.h"
#include "spec/lang/errors.h"

namespace minimoa::diagnostic_test {
namespace {

Diagnostic sample() {
  Diagnostic d;
  d.code = "E0210";
  d.message = "a softmax row may be empty";
  d.span = {"specs/causal.moa", 2, 11, 16};
  d.label = "no j in 0..T satisfies this";
  d.notes = {"counterexample: S = 3, T = 1, i = 0   (row 0 sees no key)", "= why it matters: NaN"};
  d.helps = {"say what the row should be | empty = 0", "or exclude the case | require S <= T"};
  return d;
}

const char* const kSource = "spec x\n  mask  = j <= i + (T - S)\n";

TEST_CASE("text has the line, carets, notes and aligned helps") {
  CHECK(render({sample()}, Format::kText, kSource) ==
        "error[MOA-E0210]: a softmax row may be empty\n"
        "  --> specs/causal.moa:2:11\n"
        "   |\n"
        " 2 |   mask  = j <= i + (T - S)\n"
        "   |           ^^^^^^^^^^^^^^^^ no j in 0..T satisfies this\n"
        "   = counterexample: S = 3, T = 1, i = 0   (row 0 sees no key)\n"
        "   = why it matters: NaN\n"
        "help: say what the row should be          |  empty = 0\n"
        "help: or exclude the case                 |  require S <= T\n");
}

TEST_CASE("short is one line for editors") {
  CHECK(render({sample()}, Format::kShort, kSource) ==
        "specs/causal.moa:2:11: error[MOA-E0210]: a softmax row may be empty\n");
}

TEST_CASE("JSON and SARIF parse and carry code and place") {
  const auto json = nlohmann::json::parse(render({sample()}, Format::kJson, kSource));
  CHECK(json[0]["code"] == "MOA-E0210");
  CHECK(json[0]["line"] == 2);
  const auto sarif = nlohmann::json::parse(render({sample()}, Format::kSarif, kSource));
  CHECK(sarif["version"] == "2.1.0");
  const auto& result = sarif["runs"][0]["results"][0];
  CHECK(result["ruleId"] == "MOA-E0210");
  CHECK(result["locations"][0]["physicalLocation"]["region"]["endColumn"] == 27);
}

TEST_CASE("bytes that are not UTF-8 do not stop JSON") {
  Diagnostic d = sample();
  d.message = "bad \xff";
  CHECK(!render({d}, Format::kJson, "").empty());
  CHECK(!render({d}, Format::kSarif, "").empty());
}

TEST_CASE("places outside of the text and long lines are shown without harm") {
  Diagnostic d = sample();
  d.span.line = 99;
  CHECK(render({d}, Format::kText, kSource).find("99 |") != std::string::npos);
  d.span = {"x", 1, 5000, 300};
  const std::string line(10000, 'x');
  CHECK(render({d}, Format::kText, line).size() < 1500);
  d.span = {"", 0, 0, 0};
  CHECK(render({d}, Format::kText, "").find("-->") == std::string::npos);
}

TEST_CASE("controls and bidi marks of the source are not printed") {
  Diagnostic d = sample();
  d.span.line = 1;
  const std::string out = render({d}, Format::kText, "a\x1b[31m\xe2\x80\xae b");
  CHECK(out.find('\x1b') == std::string::npos);
  CHECK(out.find("\xe2\x80\xae") == std::string::npos);
}

TEST_CASE("exit codes: input 2 before refutation 1 before doubt 3") {
  Diagnostic input = sample(), refuted = sample(), doubt = sample(), warning = sample();
  input.code = "E0102";
  doubt.severity = Severity::kInconclusive;
  warning.severity = Severity::kWarning;
  CHECK(exit_code({}) == 0);
  CHECK(exit_code({warning}) == 0);
  CHECK(exit_code({refuted}) == 1);
  CHECK(exit_code({doubt}) == 3);
  CHECK(exit_code({doubt, refuted}) == 1);
  CHECK(exit_code({refuted, input}) == 2);
}

TEST_CASE("the table of codes refuses rows out of order") {
  CHECK(load_errors("E0101 | a\n  x\nE0102 | b\n", "t").ok());
  CHECK(!load_errors("E0102 | a\nE0101 | b\n", "t").ok());
  CHECK(!load_errors("  text first\n", "t").ok());
  CHECK(!load_errors("E01 | x\n", "t").ok());
  const auto rows = load_errors("E0101 | a\n  x\n", "t");
  CHECK(find_error(rows.value(), "MOA-E0101")->title == "a");
  CHECK(find_error(rows.value(), "0101") != nullptr);
  CHECK(find_error(rows.value(), "E0999") == nullptr);
}

}  // namespace
}  // namespace minimoa::diagnostic_test
