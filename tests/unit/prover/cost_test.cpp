// Tests of the symbolic costs: sites, closed forms of counts, their proofs.
// Expected formulas are derived by hand from spec/COST.md.
#include "prover/cost/cost.h"

#include <doctest/doctest.h>

#include "prover/cost/algebra.h"
#include "prover/schedule/derive.h"
#include "spec/lang/elaborate.h"
#include "tests/unit/prover/programs.h"

namespace minimoa::cost_test {
namespace {

using programs::slurp;

Spec spec_of(const std::string& path) {
  auto s = read_spec(slurp(path), path);
  REQUIRE(s.ok());
  return s.value();
}

Term term(const std::string& text) {
  std::string error;
  const auto t = parse_term(text, &error);
  REQUIRE_MESSAGE(t, error);
  return *t;
}

using Values = std::map<std::string, std::int64_t>;

// Words of a row at given sizes.
std::int64_t words(const Costs& costs, const std::string& array, bool store, const Values& at) {
  for (const TrafficRow& row : costs.rows) {
    if (row.array != array || row.store != store) continue;
    const std::int64_t value = value_at(row.count.value, at);
    REQUIRE(value % row.count.times == 0);
    return value / row.count.times;
  }
  return 0;
}

Costs costs_at(const std::string& spec_name, const std::string& schedule) {
  const Spec spec = spec_of("spec/attention/" + spec_name + ".moa");
  const auto rules = RuleTable::load(std::string(MINIMOA_SOURCE_DIR) + "/spec/rules");
  REQUIRE(rules.ok());
  const std::string path = "extract/schedules/" + schedule + ".sched";
  const auto parsed = parse_schedule(slurp(path), path);
  REQUIRE(parsed.ok());
  const auto d = derive(spec, rules.value(), parsed.value());
  REQUIRE(d.ok());
  Prover prover(spec);
  prover.divisors(spec.core, d.value().final_term());
  return costs_of(spec, d.value().final_term(), &prover);
}

// What the loop program of spec/attention/causal.moa's mask counts.
std::int64_t seen(std::int64_t s, std::int64_t t) {
  std::int64_t pairs = 0;
  for (std::int64_t i = 0; i < s; ++i) {
    for (std::int64_t j = 0; j < t; ++j) pairs += j <= i + t - s ? 1 : 0;
  }
  return pairs;
}

struct Closing {
  Spec spec = spec_of("spec/attention/causal.moa");
  Prover prover{spec};
  std::optional<ClosedNest> close(const Nest& nest) { return close_nest(nest, spec, &prover); }
};

Nest triangle() { return {{term("S"), {}}, {term("T"), {term("(<= v1 (+ v0 (- T S)))")}}}; }

}  // namespace

TEST_CASE("materialised scores: every operand is loaded for each use") {
  const Costs c = costs_at("sdpa", "naive");
  CHECK(c.unclaimed.empty());
  const Values at = {{"B", 2}, {"H", 3}, {"S", 5}, {"T", 7}, {"D", 4}};
  const std::int64_t heads = 6, pairs = 5 * 7;
  CHECK(words(c, "scores", true, at) == heads * pairs);
  CHECK(words(c, "scores", false, at) == 2 * heads * pairs);  // the maximum, then the weights
  CHECK(words(c, "V", false, at) == heads * pairs * 4);
  CHECK(words(c, "O", true, at) == heads * 5 * 4);
  CHECK(words(c, "O", false, at) == 0);
}

TEST_CASE("packed heads: a key is loaded once for the rows of a whole group") {
  const Costs apart = costs_at("gqa", "flash"), packed = costs_at("gqa", "grouped"),
              resident = costs_at("gqa", "rows_resident");
  for (const std::int64_t group : {1, 3, 8}) {
    for (const std::int64_t s : {1, 16, 63, 64, 65, 200}) {
      const Values at = {{"B", 2}, {"Hkv", 2}, {"Hq", 2 * group}, {"S", s}, {"T", 70}, {"D", 5}};
      const std::int64_t once = 2 * 2 * 70 * 5;  // every key of the caches
      CHECK(words(apart, "K", false, at) == once * group * ((s + 63) / 64));
      for (const std::string array : {"K", "V"}) {
        CHECK(words(packed, array, false, at) == once * ((group * s + 63) / 64));
        CHECK(words(resident, array, false, at) == once);
      }
      CHECK(words(packed, "Q", false, at) == 2 * 2 * group * s * 5);
      CHECK(words(packed, "O", true, at) == 2 * 2 * group * s * 5);
    }
  }
}

TEST_CASE("a causal mask is counted exactly, for more and for fewer keys than queries") {
  const Costs c = costs_at("causal", "two_pass");
  CHECK(c.unclaimed.empty());
  for (const auto& [s, t] : std::vector<std::pair<int, int>>{
           {1, 1}, {64, 64}, {65, 64}, {64, 65}, {130, 7}, {7, 130}, {100, 1}}) {
    const Values at = {{"B", 1}, {"H", 2}, {"S", s}, {"T", t}, {"D", 3}};
    CHECK(words(c, "V", false, at) == 2 * 3 * seen(s, t));
    CHECK(words(c, "K", false, at) == 2 * 2 * 3 * seen(s, t));
    CHECK(words(c, "O", true, at) == 2 * 3 * s);
  }
}

TEST_CASE("key tiles that a mask excludes wholly have a closed form") {
  Closing c;
  const Nest nest = {
      {term("(div (+ S 63) 64)"), {}},
      {term("(div (+ T 63) 64)"), {term("(<= (* v1 64) (+ (+ (* v0 64) 63) (- T S)))")}},
      {term("64"), {term("(< (+ (* v1 64) v2) T)")}}};
  const auto closed = c.close(nest);
  REQUIRE(closed);
  const Multiple total = sum_total(nest, closed->sums);
  for (const auto& [s, t] :
       std::vector<std::pair<int, int>>{{1, 1}, {64, 200}, {200, 64}, {129, 128}}) {
    std::int64_t words = 0;
    for (int i = 0; i < (s + 63) / 64; ++i) {
      for (int j = 0; j * 64 < t; ++j) {
        if (j * 64 <= i * 64 + 63 + t - s) words += std::min(64, t - j * 64);
      }
    }
    CHECK(value_at(total.value, {{"S", s}, {"T", t}}) == total.times * words);
  }
}

TEST_CASE("a sum that is off by one is not proved") {
  Closing c;
  const auto closed = c.close(triangle());
  REQUIRE(closed);
  CHECK(closed->proofs.size() == nest_claims(triangle(), closed->sums).size());
  for (std::size_t k = 0; k < closed->sums.size(); ++k) {
    for (const char* wrong : {"1", "v0", "S"}) {
      Sums sums = closed->sums;
      sums[k].value = mk(Op::kAdd, {sums[k].value, term(wrong)});
      bool all = true;
      for (const Obligation& claim : nest_claims(triangle(), sums)) {
        all = all && prove_claim(&c.prover, claim).has_value();
      }
      CHECK_FALSE(all);
    }
  }
}

TEST_CASE("nests are the same when their bounds and conditions are") {
  const Spec spec = spec_of("spec/attention/causal.moa");
  const Nest same = {{term("S"), {}}, {term("T"), {term("(<= (- (+ v1 S) v0) T)")}}};
  const Nest other = {{term("S"), {}}, {term("T"), {term("(< v1 (+ v0 (- T S)))")}}};
  const Nest negated = {{term("S"), {}}, {term("T"), {term("(not (< (+ v0 (- T S)) v1))")}}};
  CHECK(key_of(triangle(), spec) == key_of(same, spec));
  CHECK(key_of(triangle(), spec) == key_of(negated, spec));
  CHECK(key_of(triangle(), spec) != key_of(other, spec));
}

TEST_CASE("the normal form of index terms") {
  const Spec spec = spec_of("spec/attention/causal.moa");
  Algebra a(spec);
  const auto shown = [&](const char* text) { return print(a.normal(term(text))); };
  CHECK(shown("(div (+ (* 64 v0) (+ 64 S)) 64)") == shown("(+ (+ v0 1) (div S 64))"));
  CHECK(shown("(- (* 2 (min S T)) (min S T))") == "(min S T)");
  CHECK(shown("(div 7 2)") == "3");
  CHECK(a.half(term("(+ (* 2 S) (* 4 T))")));
  CHECK_FALSE(a.half(term("(+ S (* 4 T))")));
}

TEST_CASE("footprint: leaves of lets, accumulators, operands") {
  const Costs naive = costs_at("sdpa", "naive");
  const Costs flash = costs_at("sdpa", "flash");
  // More than nothing, and larger for larger tiles; exact numbers: simulator.
  CHECK(value_at(naive.footprint, {{"D", 64}}) > 0);
  CHECK(value_at(flash.footprint, {{"D", 64}}) > 64 * 64);
}

}  // namespace minimoa::cost_test
