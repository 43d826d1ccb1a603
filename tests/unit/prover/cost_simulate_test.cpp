// The closed forms against the simulator: thousands of (sizes, schedule)
// pairs, 0 mismatches. The two share no code beyond the terms.
#include <doctest/doctest.h>

#include <random>

#include "prover/cost/cost.h"
#include "prover/cost/simulate.h"
#include "prover/schedule/derive.h"
#include "spec/lang/elaborate.h"
#include "tests/unit/prover/programs.h"

namespace minimoa::cost_simulate_test {
namespace {

using programs::slurp;

using Values = std::map<std::string, std::int64_t>;

// One spec under one schedule, for many sizes.
class Pair {
 public:
  Pair(const std::string& spec_path, const std::string& schedule, const RuleTable& rules)
      : spec_(read_spec(slurp(spec_path), spec_path).value()) {
    const auto parsed = parse_schedule(schedule, "test.sched");
    REQUIRE(parsed.ok());
    const auto d = derive(spec_, rules, parsed.value());
    REQUIRE(d.ok());
    final_term_ = d.value().final_term();
    Prover prover(spec_);
    prover.divisors(spec_.core, final_term_);
    costs_ = costs_of(spec_, final_term_, &prover);
    for (const std::string& u : costs_.unclaimed) FAIL_CHECK(u << " with\n" << schedule);
  }

  void compare(const Values& at) const {
    cost::Sizes sizes;
    for (const auto& [name, value] : at) sizes[name] = value;
    const auto run = cost::simulate(spec_, final_term_, sizes);
    REQUIRE_MESSAGE(run.ok(), (run.ok() ? "" : run.errors()[0].message));
    for (const auto& moved : run.value().per_array) {  // clang 14 captures no binding
      const std::string& array = moved.first;
      CHECK_MESSAGE(row(array, false, at) == moved.second.first, "loads of " << array << text(at));
      CHECK_MESSAGE(row(array, true, at) == moved.second.second, "stores of " << array << text(at));
    }
    REQUIRE(run.value().footprints.size() == costs_.footprints.size());
    for (std::size_t k = 0; k < costs_.footprints.size(); ++k) {
      CHECK_MESSAGE(value_at(costs_.footprints[k], at) == run.value().footprints[k],
                    "footprint of phase " << k << text(at));
    }
  }

 private:
  Int row(const std::string& array, bool store, const Values& at) const {
    for (const TrafficRow& r : costs_.rows) {
      if (r.array != array || r.store != store) continue;
      CHECK(r.exact);
      const std::int64_t value = value_at(r.count.value, at);
      CHECK(value % r.count.times == 0);
      return value / r.count.times;
    }
    return 0;
  }
  static std::string text(const Values& at) {
    std::string out = " at";
    for (const auto& [name, value] : at) out += " " + name + "=" + std::to_string(value);
    return out;
  }

  const Spec spec_;
  Term final_term_;
  Costs costs_;
};

// Tiles that a mask excludes are counted in closed form where the row tile is
// a multiple of the key tile.
std::string skipping(std::mt19937* random) {
  const unsigned key = 1 + (*random)() % 4, rows = key * (1 + (*random)() % 3);
  return "tile row " + std::to_string(rows) + "\ntile key " + std::to_string(key) +
         "\nsoftmax online\n";
}

std::string schedule_text(std::mt19937* random) {
  const auto number = [&](int most) {
    return std::to_string(1 + (*random)() % static_cast<unsigned>(most));
  };
  const std::string rows = "tile row " + number(9) + "\n";
  const std::string online = rows + "tile key " + number(9) + "\nsoftmax online\n";
  const std::string end = "parallel batch row\n";
  switch ((*random)() % 7) {
    case 0:
      return "schedule a\nmaterialise scores\nsoftmax two-pass\n" + end;
    case 1:
      return "schedule b\n" + rows + "softmax two-pass\n" + end;
    case 2:
      return "schedule c\n" + online + end;
    case 3:
      return "schedule d\n" + online + "stage row\n" + end;
    case 4:
      return "schedule e\n" + online + "stage row key\n" + end;
    case 5:
      return "schedule f\n" + skipping(random) + "stage row key\nskip key\n" + end;
    default:
      return "schedule g\n" + rows + "stage row\nsoftmax two-pass\n" + end;
  }
}

}  // namespace

TEST_CASE("closed forms of footprint and traffic agree with the simulator") {
  const auto rules = RuleTable::load(std::string(MINIMOA_SOURCE_DIR) + "/spec/rules");
  REQUIRE(rules.ok());
  std::mt19937 random(20261122);
  constexpr int kSchedules = 50, kSizes = 70;
  for (const std::string spec : {"sdpa", "causal", "gqa"}) {
    for (int k = 0; k < kSchedules; ++k) {
      std::string schedule = schedule_text(&random);
      if (spec == "gqa" && k % 2 == 0) schedule += "pack heads\n";
      const Pair pair("spec/attention/" + spec + ".moa", schedule, rules.value());
      for (int round = 0; round < kSizes; ++round) {
        const auto small = [&](unsigned most) {
          return static_cast<std::int64_t>(1 + random() % most);
        };
        Values at = {{"B", small(2)}, {"S", small(20)}, {"T", small(20)}, {"D", small(3)}};
        if (spec == "gqa") {
          at["Hkv"] = small(2);
          at["Hq"] = at["Hkv"] * small(3);
        } else {
          at["H"] = small(2);
        }
        INFO(schedule);
        pair.compare(at);
      }
    }
  }
}

}  // namespace minimoa::cost_simulate_test
