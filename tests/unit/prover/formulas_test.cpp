// The traffic of the known orders of attention (reference: bounds.md 2.2, rows
// a to h): the closed forms that the tool derives from a schedule, against the
// formulas that people derived by hand, at random sizes and tiles.
//
// n query rows, m keys, dk and dv elements; Tq, Tk tiles of rows and keys. Where
// the tool's loop program does something else than the formula says, the
// difference is written out below as what the program does.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "prover/cost/algebra.h"
#include "prover/cost/cost.h"
#include "prover/schedule/derive.h"
#include "spec/lang/elaborate.h"

namespace minimoa::formulas_test {
namespace {

using Number = std::int64_t;

const std::string kSpec =
    "spec rows\ndims n, m, dk, dv\nin Q : f32[n,dk], K : f32[m,dk], V : f32[m,dv]\n"
    "out O : f32[n,dv]\nattend O[i,c] over j in m\n"
    "  score = (sum(e in dk) Q[i,e] * K[j,e]) / sqrt(dk)\n";
const std::string kDense = kSpec + "  value = V[j,c]\n";
const std::string kCausal = kSpec + "  mask = j <= i + (m - n)\n  empty = 0\n  value = V[j,c]\n";

struct At {
  Number n, m, dk, dv;
};

class Schedules {
 public:
  Schedules() : rules_(RuleTable::load(std::string(MINIMOA_SOURCE_DIR) + "/spec/rules").value()) {}

  // Loads and stores of the schedule's loop program, as functions of the sizes.
  Costs costs(const std::string& spec_text, const std::string& lines) const {
    const auto spec = read_spec(spec_text, "rows.moa");
    REQUIRE(spec.ok());
    const auto schedule = parse_schedule("schedule s\n" + lines, "s.sched");
    REQUIRE(schedule.ok());
    const auto d = derive(spec.value(), rules_, schedule.value());
    REQUIRE_MESSAGE(d.ok(), (d.ok() ? "" : d.errors()[0].message));
    Prover prover(spec.value());
    prover.divisors(spec.value().core, d.value().final_term());
    Costs out = costs_of(spec.value(), d.value().final_term(), &prover);
    REQUIRE_MESSAGE(out.unclaimed.empty(), lines);
    return out;
  }

 private:
  RuleTable rules_;
};

Number words(const Costs& costs, bool store, const At& at) {
  Number sum = 0;
  for (const TrafficRow& row : costs.rows) {
    CHECK(row.exact);
    if (row.store != store) continue;
    const Number value =
        value_at(row.count.value, {{"n", at.n}, {"m", at.m}, {"dk", at.dk}, {"dv", at.dv}});
    CHECK(value % row.count.times == 0);
    sum += value / row.count.times;
  }
  return sum;
}

Number need(const Costs& costs, const At& at) {
  return value_at(costs.footprint, {{"n", at.n}, {"m", at.m}, {"dk", at.dk}, {"dv", at.dv}});
}

Number up(Number a, Number b) { return (a + b - 1) / b; }
std::string number(Number n) { return std::to_string(n); }

// Random tiles, for each of them random sizes.
template <typename OneTile>
void for_tiles(int tiles, const OneTile& one) {
  std::mt19937 random(20261123);
  const auto below = [&](Number most) {
    return 1 + static_cast<Number>(random() % static_cast<unsigned>(most));
  };
  for (int k = 0; k < tiles; ++k) {
    const Number bq = below(200), bk = below(100);
    one(bq, bk, [&] { return At{below(5000), below(5000), below(130), below(130)}; });
  }
}
constexpr int kTiles = 12, kSizes = 300;

std::string flash(Number bq, Number bk) {
  return "tile row " + number(bq) + "\ntile key " + number(bk) +
         "\nsoftmax online\nstage row key\n";
}

}  // namespace

TEST_CASE("rows a and h: row tiles outside, n dk + Tq m (dk + dv)") {
  const Schedules s;
  for_tiles(kTiles, [&](Number bq, Number drawn, const auto& sizes) {
    const Number bk = drawn % 3 == 0 ? 1 : drawn;  // h: keys one after the other
    const Costs costs = s.costs(kDense, flash(bq, bk));
    for (int k = 0; k < kSizes; ++k) {
      const At at = sizes();
      const Number d = at.dk + at.dv;
      CHECK(words(costs, false, at) == at.n * at.dk + up(at.n, bq) * at.m * d);
      CHECK(words(costs, true, at) == at.n * at.dv);
      // Scores and weights of one row at a time, and nine words of scalars and operands.
      CHECK(need(costs, at) == bq * (d + 2) + bk * (d + 2) + 9);
    }
  });
}

TEST_CASE("row b: the same under a causal mask, key tiles up to the last key of a row tile") {
  const Schedules s;
  for_tiles(kTiles, [&](Number drawn, Number bk, const auto& sizes) {
    const Number bq = bk * (1 + drawn % 4);
    const Costs costs = s.costs(kCausal, flash(bq, bk) + "skip key\n");
    for (int k = 0; k < kSizes; ++k) {
      const At at = sizes();
      Number keys = 0;
      for (Number i = 0; i < up(at.n, bq); ++i) {
        const Number last = std::max<Number>(0, std::min((i + 1) * bq, at.n) + at.m - at.n);
        // The tool's condition takes the last tile of rows for a whole one.
        const Number whole = std::max<Number>(0, (i + 1) * bq + at.m - at.n);
        CHECK(last <= whole);
        keys += std::min(at.m, bk * up(whole, bk));
      }
      CHECK(words(costs, false, at) == at.n * at.dk + (at.dk + at.dv) * keys);
      CHECK(words(costs, true, at) == at.n * at.dv);
    }
  });
}

TEST_CASE("row c: key tiles outside, the states of all rows in slow memory") {
  const Schedules s;
  for_tiles(kTiles, [&](Number, Number bk, const auto& sizes) {
    const Costs costs =
        s.costs(kDense, "outer key\ntile key " + number(bk) + "\nsoftmax online\nstage row key\n");
    for (int k = 0; k < kSizes; ++k) {
      const At at = sizes();
      const Number d = at.dk + at.dv, tk = up(at.m, bk);
      // A last phase divides: it reads z and o, and writes the output.
      CHECK(words(costs, false, at) == at.m * d + tk * at.n * (d + 2) + at.n * (at.dv + 1));
      CHECK(words(costs, true, at) == (tk + 1) * at.n * (at.dv + 2) + at.n * at.dv);
      CHECK(need(costs, at) == bk * (d + 2) + d + 9);
    }
  });
}

TEST_CASE("row e: p parts of the keys, merged at the end") {
  const Schedules s;
  for_tiles(kTiles, [&](Number bq, Number bk, const auto& sizes) {
    const Number part = bk * (1 + bq % 5);
    const Costs costs = s.costs(kDense, flash(bq, bk) + "split key " + number(part) + "\n");
    for (int k = 0; k < kSizes; ++k) {
      const At at = sizes();
      const Number p = up(at.m, part), tq = up(at.n, bq);
      // Two statistics (maximum and sum) where the formula has one (LSE); the
      // states of whole row tiles are stored.
      CHECK(words(costs, false, at) ==
            p * at.n * at.dk + tq * at.m * (at.dk + at.dv) + p * at.n * (at.dv + 2));
      CHECK(words(costs, true, at) == p * tq * bq * (at.dv + 2) + at.n * at.dv);
    }
  });
}

TEST_CASE("row f: materialised scores, read by a pass for the maximum and one for the sums") {
  const Schedules s;
  const Costs costs = s.costs(kDense, "materialise scores\nsoftmax two-pass\n");
  for_tiles(kTiles, [&](Number, Number, const auto& sizes) {
    for (int k = 0; k < kSizes; ++k) {
      const At at = sizes();
      const Number pairs = at.n * at.m;
      // Scores alone are stored, no weights; operands are loaded for each use.
      CHECK(words(costs, false, at) == pairs * (2 * at.dk + at.dv) + 2 * pairs);
      CHECK(words(costs, true, at) == pairs + at.n * at.dv);
    }
  });
}

TEST_CASE("row g: two passes, n dk + Tq m (2 dk + dv)") {
  const Schedules s;
  for_tiles(kTiles, [&](Number bq, Number, const auto& sizes) {
    const Costs costs = s.costs(
        kDense, "tile row " + number(bq) + "\ntile key 1\nsoftmax two-pass\nstage row key\n");
    for (int k = 0; k < kSizes; ++k) {
      const At at = sizes();
      CHECK(words(costs, false, at) == at.n * at.dk + up(at.n, bq) * at.m * (2 * at.dk + at.dv));
      CHECK(words(costs, true, at) == at.n * at.dv);
    }
  });
}

TEST_CASE("row i: keys that stay from one row tile to the next move what a snake moves") {
  const Schedules s;
  for_tiles(kTiles, [&](Number bq, Number kept, const auto& sizes) {
    const Number keep = kept % 2 == 0 ? kept : 20 * kept;
    const Costs costs = s.costs(kDense, "tile row " + number(bq) + "\ntile key 1\nretain key " +
                                            number(keep) + "\nsoftmax online\nstage row key\n");
    for (int k = 0; k < kSizes; ++k) {
      const At at = sizes();
      const Number d = at.dk + at.dv, tq = up(at.n, bq);
      CHECK(words(costs, false, at) ==
            at.n * at.dk + d * (at.m * tq - (tq - 1) * std::min(at.m, keep)));
      CHECK(words(costs, true, at) == at.n * at.dv);
      // Beside the rows and the kept keys, the one that streams and scalars.
      CHECK(need(costs, at) == bq * (d + 2) + keep * d + d + 13);
    }
  });
}

TEST_CASE("keys outside in two halves: the first reads no state, the last stores none") {
  const Schedules s;
  const Costs costs = s.costs(kDense, "halve key\nsoftmax online\nstage row key\n");
  for_tiles(kTiles, [&](Number, Number, const auto& sizes) {
    for (int k = 0; k < kSizes; ++k) {
      const At at = sizes();
      const Number d = at.dk + at.dv;
      CHECK(words(costs, false, at) == at.m * d + 2 * at.n * at.dk + at.n * (at.dv + 2));
      CHECK(words(costs, true, at) == at.n * (at.dv + 2) + at.n * at.dv);
      CHECK(need(costs, at) <= up(at.m, 2) * (d + 2) + d + 13);
    }
  });
}

TEST_CASE("the published tiles of FlashAttention-1 move about three times what row tiles move") {
  // S = 116736 words, d = 64: Bc = ceil(S / 4d) = 456; 896 rows or keys would fit.
  const Schedules s;
  const At at{32768, 32768, 64, 64};
  const auto keys_outer = [&](Number bk) {
    const Costs costs =
        s.costs(kDense, "outer key\ntile key " + number(bk) + "\nsoftmax online\nstage row key\n");
    CHECK(need(costs, at) <= 116736);
    return words(costs, false, at) + words(costs, true, at);
  };
  const Costs rows = s.costs(kDense, flash(896, 1));
  CHECK(need(rows, at) <= 116736);
  const Number best = words(rows, false, at) + words(rows, true, at);
  CHECK(best == 159383552);
  CHECK(up(116736, 4 * 64) == 456);
  CHECK(keys_outer(456) == 473006080);
  CHECK(keys_outer(456) * 100 / best == 296);
  CHECK(keys_outer(896) * 100 / best == 155);  // 1.5 and the statistics
  // Without the two statistics, per tile: dk + 2 dv against dk + dv.
  for (const At& wide : {At{1 << 20, 1 << 20, 64, 64}, At{1 << 20, 1 << 20, 128, 64}}) {
    const Costs costs = s.costs(kDense, "outer key\ntile key 512\nsoftmax online\nstage row key\n");
    const Costs other = s.costs(kDense, flash(512, 1));
    const Number outer = words(costs, false, wide) + words(costs, true, wide);
    const Number inner = words(other, false, wide) + words(other, true, wide);
    const double ratio = static_cast<double>(outer) / static_cast<double>(inner);
    const double want =
        static_cast<double>(wide.dk + 2 * wide.dv + 4) / static_cast<double>(wide.dk + wide.dv);
    CHECK(ratio == doctest::Approx(want).epsilon(0.002));
  }
}

}  // namespace minimoa::formulas_test
