// The claim `ratio` on the prover's side: what it proves for the shipped
// schedules, what it refuses, and what it leaves out with which reason.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "prover/bounds/ratio.h"
#include "spec/lang/elaborate.h"

namespace minimoa::ratio_test {
namespace {

std::string root() { return MINIMOA_SOURCE_DIR; }

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE_MESSAGE(in.good(), path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// The claims of one spec and schedule with other bound lines than its own.
Result<RatioClaims> claims(const std::string& name, const std::string& schedule_name,
                           const std::string& bounds) {
  auto rules = RuleTable::load(root() + "/spec/rules");
  REQUIRE(rules.ok());
  auto theorems = load_theorems(root() + "/spec/bounds");
  REQUIRE(theorems.ok());
  auto spec = read_spec(slurp(root() + "/spec/attention/" + name + ".moa"), name);
  REQUIRE(spec.ok());
  std::string text = slurp(root() + "/extract/schedules/" + schedule_name + ".sched");
  text.erase(text.find("bound "));
  auto schedule = parse_schedule(text + bounds, "x.sched");
  REQUIRE_MESSAGE(schedule.ok(), (schedule.ok() ? "" : schedule.errors()[0].message));
  auto derived = derive(spec.value(), rules.value(), schedule.value());
  REQUIRE(derived.ok());
  Prover prover(spec.value());
  prover.divisors(spec.value().core, derived.value().final_term());
  const Costs costs = costs_of(spec.value(), derived.value().final_term(), &prover);
  const Recognised what = recognise(spec.value(), rules.value(), derived.value());
  return prove_ratios({spec.value(), derived.value(), costs, what, theorems.value()},
                      schedule.value().bounds);
}

// "1.058 1", the ratio of each claim; else the code and note of the first error.
std::string outcome(const std::string& name, const std::string& schedule,
                    const std::string& bounds) {
  const auto made = claims(name, schedule, bounds);
  std::string out;
  if (!made.ok()) {
    const Diagnostic& d = made.errors()[0];
    out = d.code;
    for (const std::string& n : d.notes) out += " " + n;
    return out;
  }
  for (const RatioClaim& c : made.value().claims) {
    out += (out.empty() ? "" : " ") + ratio_text_of(c);
  }
  for (const std::string& why : made.value().left_out) out += " | " + why;
  return out;
}

const char kAt[] = " words 116736 at d = 64, n = 32768, m = 32768\n";

TEST_CASE("the ratios of bounds-2.md 1.4 at n = m = 32768, d = 64") {
  CHECK(outcome("sdpa", "flash_stream", std::string("bound T3star") + kAt) == "1.058");
  CHECK(outcome("sdpa", "flash_stream", std::string("bound R2") + kAt) == "1.040");
  CHECK(outcome("gqa", "flash_stream", std::string("bound T3star") + kAt) == "1.058");
  CHECK(outcome("causal", "flash_stream", std::string("bound T3star") + kAt) == "1.125");
}

TEST_CASE("a region with free sizes: the ratio of its worst corner") {
  CHECK(outcome("sdpa", "flash_stream",
                "bound T3star words 116736 at d = 64 where n >= 32768, m >= n\n") == "1.074");
}

// With rows that begin a 38th tile the ratio is 1.1553; all rows and keys being
// one of the region's ends, it is 1.125.
TEST_CASE("a region that compares sizes: the ratio where they are equal and a tile begins") {
  const std::string where = " words 116736 at d = 64 where n >= 32768, m >= n\n";
  CHECK(outcome("causal", "flash_stream", "bound T3star" + where) == "1.156");
  CHECK(outcome("causal", "flash_stream", "bound T3star within 1.155" + where) ==
        "E0616 = counterexample: B=1 H=1 S=33153 T=33153 D=64");
}

TEST_CASE("compulsory traffic is reached exactly, for all sizes") {
  for (const char* spec : {"sdpa", "decode"}) {
    for (const char* schedule : {"resident", "rows_resident"}) {
      const auto made = claims(spec, schedule, "bound T0 within 1\n");
      REQUIRE(made.ok());
      const RatioClaim& c = made.value().claims.at(0);
      CHECK(c.optimal());
      CHECK(c.own_words);
      CHECK(c.region.where.empty());
    }
  }
  CHECK(outcome("causal", "resident", "bound T0 within 1 where n <= m\n") == "1");
}

TEST_CASE("what `within` claims must hold: else sizes that break it") {
  CHECK(outcome("sdpa", "flash_stream", std::string("bound T3star within 1.058") + kAt) == "1.058");
  CHECK(outcome("sdpa", "flash_stream", std::string("bound T3star within 529/500") + kAt) ==
        "529/500");
  CHECK(outcome("sdpa", "flash_stream", std::string("bound T3star within 1.057") + kAt) ==
        "E0616 = counterexample: B=1 H=1 S=32768 T=32768 D=64");
  // The second tile of rows loads the keys again.
  CHECK(outcome("sdpa", "flash_stream", "bound T0 within 1\n") ==
        "E0616 = counterexample: B=1 H=1 S=897 T=1 D=1");
  // Rows without a key are loaded, though nobody must.
  CHECK(outcome("causal", "resident", "bound T0 within 1\n") ==
        "E0616 = counterexample: B=1 H=1 S=2 T=1 D=1");
}

TEST_CASE("a fast memory that is smaller than the footprint is refused") {
  CHECK(outcome("sdpa", "flash_stream", "bound T3star words 116000 at d = 64\n") ==
        "E0613 = counterexample: B=1 H=1 S=1 T=1 D=64");
  CHECK(outcome("sdpa", "resident", "bound T0 words 20 at d = 1\n") ==
        "E0613 = counterexample: B=1 H=1 S=1 T=5 D=1");
}

TEST_CASE("a region without sizes is refused, and so is a bound that there is not") {
  CHECK(outcome("sdpa", "resident", "bound T0 where n < m, m < n\n") == "E0512");
  CHECK(outcome("gqa", "resident", "bound T0 at Hq = 3, Hkv = 2\n") == "E0512");
  CHECK(outcome("sdpa", "resident", "bound T9\n") == "E0511");
  CHECK(outcome("sdpa", "resident", "bound R1\n") == "E0511");
}

TEST_CASE("a theorem that does not apply is left out with the reason") {
  const std::string dense = outcome("causal", "flash_stream", std::string("bound R2") + kAt);
  CHECK(dense.find("| bound R2 ") == 1);
  CHECK(dense.find("needs heads * (n * m) <= E") != std::string::npos);
  CHECK(outcome("causal", "flash_stream", std::string("bound R2 within 2") + kAt) ==
        "E0617 = counterexample: B=1 H=1 S=32768 T=32768 D=64");
  CHECK(outcome("sdpa", "flash_stream", "bound T3star words 2000000 at d = 1024\n") ==
        " | bound T3star words 2000000 at d = 1024: needs 2 * (dk * D) <= S (S: 2000000) at B=1 "
        "H=1 S=1 T=1 D=1024");
  const std::string twice = outcome("sdpa", "resident", "bound T0\nbound T0 where n <= m\n");
  CHECK(twice == "1 | bound T0 where n <= m: an earlier line says the same for all sizes");
}

TEST_CASE("every shipped certificate says how far from a bound it is") {
  std::size_t files = 0, optimal = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root() + "/certificates")) {
    if (entry.path().string().find(".cert.json") == std::string::npos) continue;
    CAPTURE(entry.path().string());
    const auto certificate = nlohmann::json::parse(slurp(entry.path().string()));
    ++files;
    const auto& ratios = certificate.at("ratios");
    // Its loads of K and V have no closed form yet, so nothing is claimed of them.
    if (entry.path().filename() == "causal_lanes_avx512.cert.json") {
      CHECK(ratios.empty());
      continue;
    }
    CHECK(!ratios.empty());
    CHECK(certificate.at("theorems").size() == 3);
    CHECK(certificate.at("product").contains("pairs"));
    const bool one = ratios[0]["ratio"][0] == ratios[0]["ratio"][1];
    optimal += one && ratios[0]["theorem"] == "T0" ? 1 : 0;
  }
  CHECK(files >= 32);
  CHECK(optimal == 7);  // resident and rows_resident; resident of gqa loads keys for each head
}

}  // namespace
}  // namespace minimoa::ratio_test
