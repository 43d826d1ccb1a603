// The closed forms against the simulator: thousands of (sizes, schedule)
// pairs, 0 mismatches. The two share no code beyond the terms.
#include <doctest/doctest.h>

#include <random>

#include "prover/cost/cost.h"
#include "prover/cost/footprint.h"
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

  // With random data: no upper bound is too small; with the greatest data, none
  // is too large.
  void bound(const Values& at, bool full, std::mt19937* random) const {
    cost::SimulateOptions options;
    for (const Array& a : spec_.inputs) {
      if (!a.lo) continue;
      Tensor<double>& data = options.inputs[a.name];
      std::int64_t words = 1;
      for (const Term& n : a.shape) words *= data.shape.emplace_back(value_at(n, at));
      const std::int64_t lo = value_at(*a.lo, at), last = value_at(*a.hi, at) - 1;
      for (std::int64_t k = 0; k < words; ++k) {
        const std::int64_t some = lo + static_cast<std::int64_t>((*random)()) % (last - lo + 1);
        data.data.push_back(static_cast<double>(full ? last : some));
      }
    }
    const auto run = cost::simulate(spec_, final_term_, {at.begin(), at.end()}, options);
    REQUIRE_MESSAGE(run.ok(), (run.ok() ? "" : run.errors()[0].message));
    for (const auto& moved : run.value().per_array) {
      const Int loads = row(moved.first, false, at, false),
                stores = row(moved.first, true, at, false);
      CHECK_MESSAGE(loads >= moved.second.first, "loads of " << moved.first << text(at));
      CHECK_MESSAGE(stores >= moved.second.second, "stores of " << moved.first << text(at));
      if (!full) continue;
      CHECK_MESSAGE(loads == moved.second.first, "loads of " << moved.first << text(at));
      CHECK_MESSAGE(stores == moved.second.second, "stores of " << moved.first << text(at));
    }
  }

 private:
  Int row(const std::string& array, bool store, const Values& at, bool exact = true) const {
    for (const TrafficRow& r : costs_.rows) {
      if (r.array != array || r.store != store) continue;
      CHECK((r.exact || !exact));
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
  switch ((*random)() % 9) {
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
    case 7:
      return "schedule h\nhalve key\nsoftmax online\nstage row key\nparallel batch\n";
    case 6:
      return "schedule r\n" + online + "retain key " + number(12) +
             "\nstage row key\nparallel batch\n";
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

TEST_CASE(
    "where integer inputs decide, the closed forms are upper bounds, reached by the greatest") {
  const auto rules = RuleTable::load(std::string(MINIMOA_SOURCE_DIR) + "/spec/rules");
  REQUIRE(rules.ok());
  std::mt19937 random(20261123);
  const auto small = [&](unsigned most) { return static_cast<std::int64_t>(1 + random() % most); };
  for (const std::string tiles :
       {"tile key 3\n", "tile key 1\nstage key\n", "outer key\ntile key 3\nstage row key\n"}) {
    const bool outer = tiles.starts_with("outer");
    for (const std::string spec : {"varlen", "paged_decode"}) {
      if (outer && spec == "paged_decode") continue;  // it has no rows to be inside of
      const std::string rows = spec == "varlen" && !outer ? "tile row 4\n" : "";
      const std::string schedule =
          "schedule v\n" + rows + tiles + "softmax online\n" + (outer ? "" : "parallel batch\n");
      INFO(spec << " " << schedule);
      const Pair pair("spec/examples/" + spec + ".moa", schedule, rules.value());
      for (int round = 0; round < 60; ++round) {
        Values at = {{"B", small(3)}, {"D", small(3)}};
        if (spec == "varlen") {
          at.insert({{"H", small(2)}, {"S", small(9)}, {"T", small(9)}});
        } else {
          at.insert({{"Hkv", small(2)}, {"NP", small(4)}, {"PS", small(4)}, {"MP", small(3)}});
          at["Hq"] = at["Hkv"] * small(3);
        }
        pair.bound(at, round % 3 == 0, &random);
      }
    }
  }
}

namespace {

// Random buffers of a loop program lie in slow memory: rows and footprints as
// the simulator counts them. Returns the number of rows with a closed form.
std::size_t compare_outside(const Spec& spec, const Term& loops, std::mt19937* random) {
  std::set<std::string> outside;
  for (const Buffer& b : buffers_of(spec, loops)) {
    if ((*random)() % 2 == 0) outside.insert(b.name);
  }
  Prover prover(spec);
  prover.divisors(spec.core, loops);
  const Costs costs = costs_of(spec, loops, &prover, outside);
  for (int round = 0; round < 8; ++round) {
    Values at;
    for (const std::string& d : spec.dims) at[d] = 1 + static_cast<std::int64_t>((*random)() % 7);
    cost::SimulateOptions options;
    options.outside = outside;
    for (const Array& a : spec.inputs) {
      Tensor<double>& data = options.inputs[a.name];
      std::int64_t words = 1;
      for (const Term& n : a.shape) words *= data.shape.emplace_back(value_at(n, at));
      for (std::int64_t k = 0; k < words; ++k) {
        data.data.push_back(static_cast<double>((*random)() % 9) - 4);
      }
    }
    const auto run = cost::simulate(spec, loops, {at.begin(), at.end()}, options);
    REQUIRE_MESSAGE(run.ok(), (run.ok() ? "" : run.errors()[0].message));
    for (const TrafficRow& r : costs.rows) {
      const auto moved = run.value().per_array.at(r.array);
      const Int counted = r.store ? moved.second : moved.first;
      const Int claimed = value_at(r.count.value, at) / r.count.times;
      CHECK_MESSAGE((r.exact ? claimed == counted : claimed >= counted),
                    (r.store ? "stores of " : "loads of ") << r.array);
    }
    for (std::size_t k = 0; k < costs.footprints.size(); ++k) {
      CHECK(value_at(costs.footprints[k], at) == run.value().footprints[k]);
    }
  }
  return costs.rows.size();
}

}  // namespace

TEST_CASE("with buffers in slow memory the closed forms agree with the simulator") {
  const auto rules = RuleTable::load(std::string(MINIMOA_SOURCE_DIR) + "/spec/rules");
  REQUIRE(rules.ok());
  std::mt19937 random(20261124);
  std::size_t rows = 0;
  for (const std::string path : {"spec/attention/sdpa.moa", "spec/attention/causal.moa"}) {
    const Spec spec = read_spec(slurp(path), path).value();
    for (int k = 0; k < 27; ++k) {
      const std::string schedule = schedule_text(&random);
      INFO(path << " " << schedule);
      const auto d = derive(spec, rules.value(), parse_schedule(schedule, "s.sched").value());
      REQUIRE(d.ok());
      rows += compare_outside(spec, d.value().final_term(), &random);
    }
  }
  CHECK(rows > 250);
}

}  // namespace minimoa::cost_simulate_test
