// Certificate text: keys in the order of FORMAT.md section 9, one line per
// step and proof, and what the schema says. The schema is documentation that
// is kept true here; the audit does not read it.
#include <doctest/doctest.h>

#include "extract/certificate.h"
#include "tests/unit/extract/kernel_fixture.h"

using namespace minimoa;
using namespace minimoa::test;

namespace {

Proved proof(const char* json) {
  Proved p;
  p.decision = Decision::kProved;
  p.proof = nlohmann::json::parse(json);
  return p;
}

std::string sample() {
  Derivation d = derivation("(for (i S) (for (c D) (put (vec i c) (real 0))))");
  Step step;
  step.rule = "for-split";
  step.at = {1, 0};
  step.sub = {{"?n", "D"}, {"?B", "64"}, {"?P", "(fn (i) (put (vec i) x))"}};
  step.names = {{"I", "I1"}};
  d.steps = {step};
  d.onf = 1;
  Evidence e;
  e.divisors = {proof(R"([["lin","1",[["1",0],["7",3]]]])")};
  e.spec = {proof(R"([["sq",[["-1",[[0,2],[3,1]]],["5",[]]]],["mul",0,1],["cut",2]])")};
  e.steps = {{proof(R"([["split",[["1",[[0,1]]]],[["lin","0",[]]],[["use",0,[[]],[1,2]]]]])")}};
  e.safe = {proof(R"([["floordiv",[["1",[[0,1]]]],[["2",[]]],4]])")};
  e.safe.push_back(proof(R"({"hole": "no-witness"})"));
  e.cover = {{"i", "o0"}, {"c", "o1"}};
  e.witness = {{"D", "1"}, {"S", "2"}, {"T", "3"}};
  e.costs.footprints = {mk_int(7)};
  e.costs.sums = {ClosedNest{{{2, mk_var("v0")}}, {nlohmann::json::parse(R"(["absurd",[]])")}}, {}};
  const auto row = nlohmann::json::parse(R"(["cases",["goals",[]],["goals",[],[]]])");
  e.costs.rows = {{"x", false, true, {2, mk_var("D")}, row}};
  Schedule s;
  s.name = "flash";
  s.text = "schedule flash\nsoftmax online\n";
  const std::string hash = sha256_hex("x");
  return certificate_text(one_head(), s, d, e,
                          {{"spec/attention/head.moa", hash},
                           {"kernels/cpu/head_flash.cpp", hash},
                           {{"spec/rules/psi.rules", hash}, {"spec/rules/gamma.rules", hash}},
                           "(* S T)"});
}

// Does python's jsonschema accept the text? 0 yes, 1 no, 2 not installed.
int schema_verdict(const std::string& text) {
  const TemporaryFolder folder;
  spill(folder.path() + "/c.json", text);
  spill(folder.path() + "/v.py",
        "import json, sys\n"
        "try:\n  import jsonschema\nexcept ImportError:\n  sys.exit(2)\n"
        "schema, text = (json.load(open(p)) for p in sys.argv[1:])\n"
        "v = jsonschema.Draft202012Validator(schema)\n"
        "jsonschema.Draft202012Validator.check_schema(schema)\n"
        "for e in v.iter_errors(text):\n  sys.exit(1)\n");
  const int status = std::system(("python3 " + folder.path() + "/v.py " + MINIMOA_SOURCE_DIR +
                                  "/certificates/schema.json " + folder.path() + "/c.json")
                                     .c_str());
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("the certificate has the keys of the format in its order") {
  const auto j = nlohmann::ordered_json::parse(sample());
  std::vector<std::string> keys;
  for (const auto& item : j.items()) keys.push_back(item.key());
  CHECK(keys == std::vector<std::string>{
                    "format", "spec",      "rules",     "schedule",    "kernel",   "instructions",
                    "place",  "witness",   "divisors",  "spec_proofs", "stages",   "steps",
                    "safe",   "cover",     "workspace", "costs",       "theorems", "product",
                    "ratios", "attention", "producer"});
  CHECK(j["rules"][0]["path"] == "spec/rules/gamma.rules");
  CHECK(j["witness"].dump() == R"({"S":"2","T":"3","D":"1"})");
  CHECK(j["cover"].dump() == R"([["i","o0"],["c","o1"]])");
  CHECK(j["stages"].dump() == R"({"dnf":0,"onf":1})");
  CHECK(j["schedule"]["sha256"] == sha256_hex("schedule flash\nsoftmax online\n"));
}

TEST_CASE("a step stands on one line, with the format's keys") {
  const std::string text = sample();
  CHECK(text.find("\n  {\"rule\":\"for-split\",\"dir\":\"lr\",\"at\":[1,0],\"sub\":{\"?B\":\"64\","
                  "\"?P\":\"(fn (i) (put (vec i) x))\",\"?n\":\"D\"},\"names\":{\"I\":\"I1\"},"
                  "\"proofs\":[") != std::string::npos);
  CHECK(text.find("\n  {\"hole\":\"no-witness\"}\n ],\n") != std::string::npos);
}

TEST_CASE("the schema refuses unknown keys, numbers as coefficients and unknown holes") {
  if (schema_verdict("{}") == 2) return;  // python3-jsonschema is optional
  const auto without = [](const char* from, const char* to) {
    std::string text = sample();
    const std::size_t k = text.find(from);
    REQUIRE(k != std::string::npos);
    return text.replace(k, std::string(from).size(), to);
  };
  CHECK(schema_verdict("{}") == 1);
  CHECK(schema_verdict(without("\"workspace\"", "\"work\"")) == 1);
  CHECK(schema_verdict(without("no-witness", "believe-me")) == 1);
  CHECK(schema_verdict(without("[[\"1\",0]", "[[1,0]")) == 1);
  CHECK(schema_verdict(without("\"7\"", "\"7/2\"")) == 1);
  CHECK(schema_verdict(without("\"7\"", "\"-0\"")) == 1);
  CHECK(schema_verdict(without("\"absurd\"", "\"obvious\"")) == 1);
  CHECK(schema_verdict(without("\"exact\"", "\"about\"")) == 1);
  CHECK(schema_verdict(without("\"lr\"", "\"both\"")) == 1);
  CHECK(schema_verdict(sample()) == 0);
}
