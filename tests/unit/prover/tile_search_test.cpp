// Tile search: never worse than the hand-written tiles on a shipped machine, and
// the least of all members of a family at sizes where all can be derived and run.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "prover/bounds/machine.h"
#include "prover/cost/simulate.h"
#include "prover/search/search.h"
#include "tests/unit/prover/programs.h"

namespace minimoa::tile_search_test {
namespace {

namespace fs = std::filesystem;
using programs::slurp;
using programs::valid;

const std::string kRoot = MINIMOA_SOURCE_DIR;

const RuleTable& rules() {
  static const RuleTable table = valid(RuleTable::load(kRoot + "/spec/rules"));
  return table;
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> out;
  for (const auto& e : fs::directory_iterator(kRoot + "/" + folder)) {
    out.push_back(folder + "/" + e.path().filename().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<Schedule> shipped() {
  std::vector<Schedule> out;
  for (const std::string& path : names_in("extract/schedules")) {
    Schedule s = valid(parse_schedule(slurp(path), path));
    if (s.lanes.empty()) out.push_back(std::move(s));  // lanes are no part of a search
  }
  return out;
}

struct Searched {
  Spec spec;
  Derivation onf;
  FamilySearch search;

  explicit Searched(const std::string& path)
      : spec(programs::spec_of(path)),
        onf(valid(reduce(spec, rules()))),
        search(spec, rules(), onf, families_of(shipped())) {}

  std::optional<Member> cost(const Schedule& hand, const std::vector<SearchPoint>& points) const {
    for (std::size_t k = 0; k < search.families().size(); ++k) {
      const auto sizes = sizes_in(search.families()[k], hand);
      if (sizes) return search.cost(k, *sizes, points);
    }
    return std::nullopt;
  }
};

TEST_CASE("no shipped schedule moves less than what is found, on any shipped machine") {
  const std::pair<const char*, SmallSizes> specs[] = {
      {"sdpa", {{"B", 1}, {"H", 1}, {"S", 32768}, {"T", 32768}, {"D", 64}}},
      {"causal", {{"B", 1}, {"H", 1}, {"S", 32768}, {"T", 32768}, {"D", 64}}},
      {"gqa", {{"B", 1}, {"Hq", 8}, {"Hkv", 1}, {"S", 32768}, {"T", 32768}, {"D", 64}}},
      {"decode", {{"B", 1}, {"H", 1}, {"G", 8}, {"T", 65536}, {"D", 64}}}};
  std::size_t compared = 0;
  for (const auto& spec : specs) {
    const std::string name = spec.first;
    const SmallSizes& dims = spec.second;
    Searched s("spec/attention/" + name + ".moa");
    for (const std::string& machine : names_in("spec/machines")) {
      for (const Level& level : valid(parse_machine(slurp(machine), machine)).levels) {
        const std::vector<SearchPoint> points = {{dims, Int(level.words().value_or(20000))}};
        const auto found = s.search.run(points);
        REQUIRE(found.front().best);
        CHECK(found.front().best->footprint <= points[0].words);
        for (const Schedule& hand : shipped()) {
          const auto cost = s.cost(hand, points);
          REQUIRE_MESSAGE(cost, hand.name);
          if (cost->footprint > points[0].words) continue;
          CHECK_MESSAGE(found.front().best->words <= cost->words,
                        name << " " << machine << " " << hand.name);
          ++compared;
        }
      }
    }
  }
  CHECK(compared >= 4 * 6 * 4);
}

// All tile sizes 1 .. most of a family, derived and run one by one.
struct Run {
  TileSizes tiles;
  Int footprint, traffic;
};
std::vector<Run> all_members(const Searched& s, const Family& family, const SmallSizes& dims,
                             std::int64_t most) {
  std::vector<Run> out;
  TileSizes tiles(family.parameters.size(), 1);
  while (true) {
    const auto d = valid(derive_from(s.onf, s.spec, rules(), valid(member(family, tiles))));
    const auto run = valid(cost::simulate(s.spec, d.final_term(), dims));
    out.push_back({tiles, run.footprint, run.loads() + run.stores()});
    std::size_t k = 0;
    while (k < tiles.size() && tiles[k] == most) tiles[k++] = 1;
    if (k == tiles.size()) return out;
    ++tiles[k];
  }
}

void compare_with_all(const std::string& spec, const SmallSizes& dims, std::int64_t most,
                      bool parts) {
  Searched s(spec);
  for (std::size_t k = 0; k < s.search.families().size(); ++k) {
    const Family& family = s.search.families()[k];
    if ((family.parameters.size() > 2) != parts) continue;
    const auto all = all_members(s, family, dims, most);
    std::set<Int> memories;
    for (const Run& r : all) {
      const auto cost = s.search.cost(k, r.tiles, {{dims, 0}});
      REQUIRE(cost);
      CHECK_MESSAGE(cost->footprint == r.footprint, family.schedule.name << family.show(r.tiles));
      CHECK_MESSAGE(cost->words == r.traffic, family.schedule.name << family.show(r.tiles));
      memories.insert(r.footprint);
    }
    for (const Int& words : memories) {
      std::optional<Run> least;
      for (const Run& r : all) {
        if (r.footprint <= words && (!least || r.traffic < least->traffic)) least = r;
      }
      for (const FamilyBest& f : s.search.run({{dims, words}})) {
        if (f.family != k) continue;
        REQUIRE(f.best);
        CHECK_MESSAGE(f.best->words == least->traffic,
                      family.schedule.name << " " << words
                                           << " words: " << family.show(f.best->tiles) << " but "
                                           << family.show(least->tiles));
        CHECK(f.best->footprint <= words);
      }
    }
    if (!memories.empty()) {
      for (const FamilyBest& f : s.search.run({{dims, *memories.begin() - 1}})) {
        if (f.family == k) CHECK_FALSE(f.best);
      }
    }
  }
}

TEST_CASE("what is found is the least of all members at small sizes") {
  const std::string sdpa = "spec/attention/sdpa.moa", causal = "spec/attention/causal.moa";
  compare_with_all(sdpa, {{"B", 1}, {"H", 2}, {"S", 5}, {"T", 6}, {"D", 2}}, 6, false);
  compare_with_all(causal, {{"B", 1}, {"H", 1}, {"S", 5}, {"T", 7}, {"D", 1}}, 7, false);
  compare_with_all(causal, {{"B", 1}, {"H", 1}, {"S", 7}, {"T", 5}, {"D", 1}}, 7, false);
  compare_with_all(sdpa, {{"B", 1}, {"H", 1}, {"S", 2}, {"T", 4}, {"D", 1}}, 4, true);
  compare_with_all(causal, {{"B", 1}, {"H", 1}, {"S", 4}, {"T", 4}, {"D", 1}}, 4, true);
}

TEST_CASE("nests are counted as their loops run") {
  std::mt19937_64 random(7);
  const auto pick = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
  };
  Spec spec = programs::spec_of("spec/attention/sdpa.moa");
  for (int round = 0; round < 400; ++round) {
    Nest nest;
    const int depth = pick(1, 4);
    for (int k = 0; k < depth; ++k) {
      const Term bound = pick(0, 3) == 0 && k > 0
                             ? mk(Op::kSub, {mk_var("S"), mk_var(nest_variable(0))})
                             : mk_int(pick(0, 7));
      nest.push_back({bound, {}});
      for (int g = pick(0, 2); g > 0; --g) {
        Term sum = mk_int(pick(-9, 9));
        for (int v = 0; v <= k; ++v) {
          const int most = v == k ? 1 : 4;
          const Term part = mk(Op::kMul, {mk_int(pick(-most, most)),
                                          mk_var(nest_variable(static_cast<std::size_t>(v)))});
          sum = mk(Op::kAdd, {sum, part});
        }
        const Term c = mk(pick(0, 1) == 0 ? Op::kLt : Op::kLe, {sum, mk_var("T")});
        nest.back().guards.push_back(pick(0, 3) == 0 ? mk(Op::kNot, {c}) : c);
      }
    }
    const SmallSizes sizes = {{"S", pick(1, 9)}, {"T", pick(1, 9)}};
    std::map<std::string, Int> values(sizes.begin(), sizes.end());
    const std::function<Int(std::size_t)> run = [&](std::size_t k) -> Int {
      if (k == nest.size()) return 1;
      Int out = 0;
      const Int bound = *value_of(nest[k].bound, values);
      for (Int v = 0; v < bound; ++v) {
        values[nest_variable(k)] = v;
        const bool open = std::all_of(nest[k].guards.begin(), nest[k].guards.end(),
                                      [&](const Term& g) { return *truth_of(g, values); });
        if (open) out += run(k + 1);
      }
      return out;
    };
    const auto count = NestCount::of(nest, spec);
    REQUIRE(count);
    const Int expected = run(0);
    CHECK(count->at(sizes) == expected);
    const Int part = *count->at(sizes, Int(5));
    CHECK((part == expected || (part >= 5 && part <= expected)));
  }
}

TEST_CASE("tile candidates are the least sizes for each number of tiles") {
  for (const std::int64_t n : {1, 2, 7, 12, 97, 360}) {
    const auto sizes = tile_candidates({n}, n);
    for (std::int64_t size = 1; size <= n; ++size) {
      const std::int64_t tiles = (n + size - 1) / size, least = (n + tiles - 1) / tiles;
      CHECK(std::find(sizes.begin(), sizes.end(), least) != sizes.end());
    }
  }
  CHECK(tile_candidates({10}, 4) == std::vector<std::int64_t>{1, 2, 3, 4});
}

TEST_CASE("a member is the schedule with other sizes, and one order is one family") {
  const auto families = families_of(shipped());
  const auto flash = std::find_if(families.begin(), families.end(),
                                  [](const Family& f) { return f.schedule.name == "flash"; });
  REQUIRE(flash != families.end());
  CHECK(flash->names() == "flash, flash_stream, flash_stream_128");
  for (const Family& f : families) {
    TileSizes sizes;
    for (std::size_t k = 0; k < f.parameters.size(); ++k) sizes.push_back(5 + static_cast<int>(k));
    const Schedule made = valid(member(f, sizes));
    CHECK(family_of(made).written() == sizes);
    CHECK(families_of({f.schedule, made}).size() == 1);
    CHECK(sizes_in(f, made) == sizes);
  }
  const Schedule odd = valid(parse_schedule(
      "schedule odd # a name\n\n tile row 3 # rows\ntile key all\nsoftmax online\nstage row key\n",
      "odd.sched"));
  const Family f = family_of(odd);
  CHECK(f.show({9}) == "row 9");
  CHECK(member_text(f, {9}, "even", {"why"}) ==
        "# why\nschedule even\ntile row 9\ntile key all\nsoftmax online\nstage row key\n");
}

TEST_CASE("several points: the sum of their traffic, and each must fit") {
  Searched s("spec/attention/sdpa.moa");
  const SmallSizes small = {{"B", 1}, {"H", 1}, {"S", 64}, {"T", 64}, {"D", 8}};
  const SmallSizes large = {{"B", 1}, {"H", 1}, {"S", 640}, {"T", 320}, {"D", 16}};
  const auto both = s.search.run({{small, 900}, {large, 4000}});
  REQUIRE(both.front().best);
  CHECK(both.front().best->footprints[0] <= 900);
  CHECK(both.front().best->footprints[1] <= 4000);
  CHECK(both.front().best->words == both.front().best->traffic[0] + both.front().best->traffic[1]);
  const auto one = s.search.run({{large, 4000}});
  CHECK(one.front().best->words <= both.front().best->traffic[1]);
}

TEST_CASE("a derived member has the costs that were counted") {
  Searched s("spec/attention/causal.moa");
  const SmallSizes dims = {{"B", 2}, {"H", 1}, {"S", 100}, {"T", 130}, {"D", 4}};
  const Sizes wide(dims.begin(), dims.end());
  for (const FamilyBest& f : s.search.run({{dims, 500}})) {
    if (!f.best) continue;
    const Family& family = s.search.families()[f.family];
    const auto costs =
        valid(check_member(s.spec, rules(), s.onf, valid(member(family, f.best->tiles)), {wide}));
    CHECK(costs[0].footprint == f.best->footprint);
    REQUIRE_MESSAGE(costs[0].traffic, family.schedule.name);
    CHECK_MESSAGE(*costs[0].traffic == f.best->words, family.schedule.name);
  }
}

}  // namespace
}  // namespace minimoa::tile_search_test
