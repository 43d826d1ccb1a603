// Exhaustive searches of the record game against its theorems: R1 (when the
// compulsory traffic is enough), R2 and R4 (lower bounds), the formula R3 as
// an upper bound, and the games that refute R3 as the optimum.
#include "prover/cost/records.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "tests/unit/prover/programs.h"

namespace minimoa::cost {
namespace {

using programs::valid;

// Words moved by a game, played by the rules of records.h; -1 if it breaks one
// or leaves a pair undone.
std::int64_t played(const RecordGame& g, const std::vector<RecordMove>& trace) {
  std::set<int> rows, keys, seen;
  std::set<std::pair<int, int>> done;
  const auto finished = [&](int row) {
    int n = 0;
    for (const auto& pair : done) n += pair.first == row;
    return n == g.keys;
  };
  std::int64_t words = 0;
  for (const RecordMove& m : trace) {
    std::set<int>& side = m.row ? rows : keys;
    if ((side.count(m.number) != 0) == m.load) return -1;
    if (!m.load) {
      side.erase(m.number);
      if (m.row) words += finished(m.number) ? g.dv : g.dv + g.sigma;
      continue;
    }
    side.insert(m.number);
    if (!m.row) words += g.key_words();
    if (m.row) words += seen.insert(m.number).second ? g.dk : g.dk + g.dv + g.sigma;
    for (int i : rows) {
      for (int j : keys) done.insert({i, j});
    }
    const auto resident = static_cast<std::int64_t>(rows.size()) * g.row_words() +
                          static_cast<std::int64_t>(keys.size()) * g.key_words();
    if (resident > g.capacity) return -1;
  }
  for (int i : rows) words += finished(i) ? g.dv : g.dv + g.sigma;
  return done.size() == static_cast<std::size_t>(g.rows * g.keys) ? words : -1;
}

// The optimum without any reduction: every record may enter or leave at any
// time, states keep their names and which rows were ever loaded.
std::int64_t least_without_reductions(const RecordGame& g) {
  struct Plain {
    unsigned done, rows, keys, seen;
    auto operator<=>(const Plain&) const = default;
  };
  const unsigned all = (1u << (g.rows * g.keys)) - 1;
  const unsigned full = (1u << g.keys) - 1;
  std::map<Plain, std::int64_t> best;
  std::set<std::pair<std::int64_t, Plain>> open{{0, Plain{}}};
  const auto reach = [&](Plain p, std::int64_t words) {
    for (int i = 0; i < g.rows; ++i) {
      if ((p.rows >> i & 1) != 0) p.done |= p.keys << (i * g.keys);
    }
    const std::int64_t resident =
        __builtin_popcount(p.rows) * g.row_words() + __builtin_popcount(p.keys) * g.key_words();
    if (resident > g.capacity) return;
    const auto [it, added] = best.insert({p, words});
    if (!added && it->second <= words) return;
    it->second = words;
    open.insert({words, p});
  };
  while (!open.empty()) {
    const auto [words, p] = *open.begin();
    open.erase(open.begin());
    if (words > best[p]) continue;
    if (p.done == all && p.rows == 0) return words;
    for (int i = 0; i < g.rows; ++i) {
      const unsigned bit = 1u << i;
      const bool ends = (p.done >> (i * g.keys) & full) == full;
      if ((p.rows & bit) != 0) {
        reach({p.done, p.rows & ~bit, p.keys, p.seen}, words + g.dv + (ends ? 0 : g.sigma));
      } else {
        const std::int64_t cost = g.dk + ((p.seen & bit) != 0 ? g.dv + g.sigma : 0);
        reach({p.done, p.rows | bit, p.keys, p.seen | bit}, words + cost);
      }
    }
    for (int j = 0; j < g.keys; ++j) {
      const unsigned bit = 1u << j;
      const std::int64_t cost = (p.keys & bit) != 0 ? 0 : g.key_words();
      reach({p.done, p.rows, p.keys ^ bit, p.seen}, words + cost);
    }
  }
  return -1;
}

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

std::int64_t compulsory(const RecordGame& g) {
  return g.rows * (g.dk + g.dv) + g.keys * g.key_words();
}

bool enough_for_compulsory(const RecordGame& g) {
  return g.capacity >=
         std::min(g.rows * g.row_words() + g.key_words(), g.keys * g.key_words() + g.row_words());
}

// R2, where its condition holds; else the compulsory traffic.
std::int64_t charging_bound(const RecordGame& g) {
  const std::int64_t a = (g.capacity - g.key_words()) / g.row_words();
  const std::int64_t b = (g.capacity - g.row_words()) / g.key_words();
  if ((g.dk + 2 * g.dv + 2 * g.sigma) * a < g.key_words() * b) return compulsory(g);
  const std::int64_t reloads = std::max<std::int64_t>(g.keys - b, 0);
  return g.rows * (g.dk + g.dv) +
         std::max(g.key_words() * g.keys, ceil_div(g.key_words() * g.rows * reloads, a));
}

// R4: 2 (M-1) Q / D >= 2nm + (M-2) min(n, m), both sides times D.
bool above_additive_bound(const RecordGame& g, std::int64_t words) {
  const std::int64_t d = g.dk + g.dv;
  const std::int64_t m = g.capacity / d;
  if (m < 2) return true;
  const std::int64_t least = std::min<std::int64_t>(g.rows, g.keys);
  return 2 * (m - 1) * words >= d * (2 * g.rows * g.keys + (m - 2) * least);
}

// R3: row tiles of any sizes, the keys swept back and forth with retention.
std::int64_t row_snake(const RecordGame& g) {
  const std::int64_t most = (g.capacity - g.key_words()) / g.row_words();
  const auto held = [&](std::int64_t a) {
    return (g.capacity - a * g.row_words()) / g.key_words();
  };
  std::function<std::int64_t(std::int64_t, std::int64_t)> rest = [&](std::int64_t left,
                                                                     std::int64_t last) {
    if (left == 0) return std::int64_t{0};
    std::int64_t best = -1;
    for (std::int64_t a = 1; a <= std::min(left, most); ++a) {
      const std::int64_t kept =
          last == 0 ? 0 : std::min({std::int64_t{g.keys}, held(last), held(a)});
      const std::int64_t c = g.keys - kept + rest(left - a, a);
      if (best < 0 || c < best) best = c;
    }
    return best;
  };
  return g.rows * (g.dk + g.dv) + g.key_words() * rest(g.rows, 0);
}

// Every capacity at which another mix of records fits.
std::vector<std::int64_t> capacities(const RecordGame& g) {
  std::set<std::int64_t> all;
  for (int a = 1; a <= g.rows; ++a) {
    for (int b = 1; b <= g.keys; ++b) all.insert(a * g.row_words() + b * g.key_words());
  }
  return {all.begin(), all.end()};
}

struct Dims {
  std::int64_t dk, dv, sigma;
};
constexpr Dims kDims[] = {{64, 64, 2}, {128, 64, 2}, {64, 128, 2}, {2, 1, 0}, {1, 2, 1}, {1, 0, 0}};

}  // namespace

TEST_CASE("the optimum of the record game and its theorems") {
  int games = 0, tight = 0, below_snake = 0, strictly_between = 0;
  for (const Dims& d : kDims) {
    for (int n = 1; n <= 6; ++n) {
      for (int m = 1; n * m <= 16 && m <= 6; ++m) {
        RecordGame g{n, m, d.dk, d.dv, d.sigma, 0};
        for (const std::int64_t capacity : capacities(g)) {
          g.capacity = capacity;
          CAPTURE(n);
          CAPTURE(m);
          CAPTURE(d.dk);
          CAPTURE(d.dv);
          CAPTURE(capacity);
          const RecordOptimum best = valid(least_traffic(g));
          REQUIRE(best.traffic.has_value());
          ++games;
          CHECK(played(g, best.trace) == *best.traffic);
          CHECK((*best.traffic == compulsory(g)) == enough_for_compulsory(g));
          CHECK(*best.traffic >= compulsory(g));
          CHECK(*best.traffic >= charging_bound(g));
          CHECK(above_additive_bound(g, *best.traffic));
          CHECK(*best.traffic <= row_snake(g));
          tight += *best.traffic == charging_bound(g);
          below_snake += *best.traffic < row_snake(g);
          strictly_between += *best.traffic > compulsory(g);
        }
      }
    }
  }
  MESSAGE(games << " games, " << strictly_between << " above the compulsory traffic, " << tight
                << " at R2, " << below_snake << " below the row snake");
  CHECK(games >= 1000);
  CHECK(strictly_between >= 100);
  CHECK(tight >= 100);
}

TEST_CASE("the reductions of the search lose nothing") {
  int games = 0;
  for (const Dims& d : kDims) {
    for (const std::pair<int, int>& size : {std::pair{1, 3}, {2, 2}, {3, 1}, {2, 3}, {3, 2}}) {
      const int n = size.first, m = size.second;
      RecordGame g{n, m, d.dk, d.dv, d.sigma, 0};
      for (const std::int64_t capacity : capacities(g)) {
        g.capacity = capacity;
        CAPTURE(n);
        CAPTURE(m);
        CAPTURE(capacity);
        CHECK(valid(least_traffic(g)).traffic == least_without_reductions(g));
        ++games;
      }
    }
  }
  CHECK(games >= 100);
}

TEST_CASE("row snakes are not optimal") {
  const auto check = [](const RecordGame& g, std::int64_t snake, std::int64_t optimum) {
    const RecordOptimum best = valid(least_traffic(g));
    CHECK(row_snake(g) == snake);
    REQUIRE(best.traffic.has_value());
    CHECK(*best.traffic == optimum);
    CHECK(played(g, best.trace) == optimum);
  };
  check({2, 4, 64, 64, 2, 386}, 1024, 964);
  check({2, 5, 64, 64, 2, 386}, 1280, 1220);
}

TEST_CASE("the game of 964 words by hand") {
  // k0 k1 q0; row 0 leaves, q1; k0 k1 make room for k2 k3; row 1 ends; row 0.
  const RecordGame g{2, 4, 64, 64, 2, 386};
  const auto in = [](bool row, int k) { return RecordMove{true, row, k}; };
  const auto out = [](bool row, int k) { return RecordMove{false, row, k}; };
  CHECK(
      played(g, {in(false, 0), in(false, 1), in(true, 0), out(true, 0), in(true, 1), out(false, 0),
                 in(false, 2), out(false, 1), in(false, 3), out(true, 1), in(true, 0)}) == 964);
  CHECK(played(g, {in(true, 0), in(false, 0)}) == -1);
}

TEST_CASE("with unit records the conjectured additive term is one row each") {
  // Every load costs 1: bounds-2.md section 3 conjectures nm / M + min(n, m).
  for (int n = 1; n <= 4; ++n) {
    for (int m = n; n * m <= 16 && m <= 6; ++m) {
      RecordGame g{n, m, 1, 0, 0, 0};
      for (g.capacity = 2; g.capacity <= n + m; ++g.capacity) {
        const RecordOptimum best = valid(least_traffic(g));
        REQUIRE(best.traffic.has_value());
        CHECK(*best.traffic * g.capacity >= n * m + n * g.capacity);
      }
    }
  }
}

TEST_CASE("games that are too small or too large") {
  CHECK_FALSE(valid(least_traffic({2, 2, 4, 4, 1, 16})).traffic.has_value());
  CHECK(valid(least_traffic({2, 2, 4, 4, 1, 17})).traffic.has_value());
  CHECK(least_traffic({9, 2, 4, 4, 1, 17}).errors()[0].code == "E0709");
  CHECK(least_traffic({3, 4, 4, 4, 1, 25}, 10).errors()[0].code == "E0709");
}

}  // namespace minimoa::cost
