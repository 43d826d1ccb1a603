// Dijkstra's algorithm over the states of the record game.
//
// A state is the set of done pairs and of resident records. What a row pays for
// leaving unfinished is charged when it returns, which it must. Two reductions:
// finished records leave at once (that is free, the final store being certain),
// and records leave only to make room for an arrival, no more than needed:
// what stays longer can only do more pairs. States that differ by the names of
// rows and keys are one.
// May be wrong: a reduction that loses the optimum. A row that leaves without
// any done pair counts as never loaded; such a load is useless anyway.
#include "prover/cost/records.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <queue>
#include <string>
#include <unordered_map>
#include <utility>

namespace minimoa::cost {
namespace {

constexpr int kMaxSide = 8;
constexpr int kMaxPairs = 40;

struct State {
  std::uint64_t done = 0;  // bit row * keys + key
  unsigned rows = 0, keys = 0;
};

struct Arrival {
  bool row = false;
  int number = 0;
  unsigned rows_leave = 0, keys_leave = 0;
  std::int64_t words = 0;
  State after;
};

class Search {
 public:
  explicit Search(const RecordGame& game) : g_(game) {}
  RecordOptimum run(std::size_t max_states, bool* exceeded);

 private:
  struct Best {
    std::int64_t words = 0;
    std::uint64_t from = 0;
  };

  bool done(const State& s, int row, int key) const {
    return (s.done >> (row * g_.keys + key) & 1) != 0;
  }
  int done_of(const State& s, bool row, int number) const;
  std::int64_t resident(unsigned rows, unsigned keys) const {
    return __builtin_popcount(rows) * g_.row_words() + __builtin_popcount(keys) * g_.key_words();
  }
  bool finished(const State& s) const {
    return s.done == (std::uint64_t{1} << (g_.rows * g_.keys)) - 1;
  }
  State arrive(State s, bool row, int number) const;
  std::vector<Arrival> arrivals(const State& s) const;
  void arrivals_of(const State& s, bool row, int number, std::vector<Arrival>* out) const;
  std::uint64_t canonical(const State& s) const;
  State unpack(std::uint64_t packed) const;
  std::vector<RecordMove> replay(const std::vector<std::uint64_t>& path) const;

  const RecordGame& g_;
};

// Number of done pairs of a record.
int Search::done_of(const State& s, bool row, int number) const {
  int n = 0;
  const int others = row ? g_.keys : g_.rows;
  for (int k = 0; k < others; ++k) n += row ? done(s, number, k) : done(s, k, number);
  return n;
}

State Search::arrive(State s, bool row, int number) const {
  (row ? s.rows : s.keys) |= 1u << number;
  for (int i = 0; i < g_.rows; ++i) {
    for (int j = 0; j < g_.keys; ++j) {
      if ((s.rows >> i & 1) != 0 && (s.keys >> j & 1) != 0) {
        s.done |= std::uint64_t{1} << (i * g_.keys + j);
      }
    }
  }
  for (int i = 0; i < g_.rows; ++i) {
    if (done_of(s, true, i) == g_.keys) s.rows &= ~(1u << i);
  }
  for (int j = 0; j < g_.keys; ++j) {
    if (done_of(s, false, j) == g_.rows) s.keys &= ~(1u << j);
  }
  return s;
}

// All ways to let a record in: each set of leaving records that is needed whole.
void Search::arrivals_of(const State& s, bool row, int number, std::vector<Arrival>* out) const {
  const std::int64_t room = g_.capacity - (row ? g_.row_words() : g_.key_words());
  const int before = done_of(s, row, number);
  const std::int64_t words = !row          ? g_.key_words()
                             : before == 0 ? g_.dk
                                           : g_.dk + 2 * (g_.dv + g_.sigma);
  // Subsets of a bit set, from the whole set down to none.
  for (unsigned a = s.rows;; a = (a - 1) & s.rows) {
    for (unsigned b = s.keys;; b = (b - 1) & s.keys) {
      const std::int64_t left = resident(s.rows & ~a, s.keys & ~b);
      const bool needed =
          (a == 0 || left + g_.row_words() > room) && (b == 0 || left + g_.key_words() > room);
      if (left <= room && needed) {
        const State kept{s.done, s.rows & ~a, s.keys & ~b};
        out->push_back({row, number, a, b, words, arrive(kept, row, number)});
      }
      if (b == 0) break;
    }
    if (a == 0) break;
  }
}

std::vector<Arrival> Search::arrivals(const State& s) const {
  std::vector<Arrival> out;
  for (int i = 0; i < g_.rows; ++i) {
    const bool useful = (s.rows >> i & 1) == 0 && done_of(s, true, i) < g_.keys;
    if (useful) arrivals_of(s, true, i, &out);
  }
  for (int j = 0; j < g_.keys; ++j) {
    const bool useful = (s.keys >> j & 1) == 0 && done_of(s, false, j) < g_.rows;
    if (useful) arrivals_of(s, false, j, &out);
  }
  return out;
}

// The smallest packing over all names: every order of the shorter side, the
// longer side sorted. Bits from the low end: done pairs, rows, keys.
std::uint64_t Search::canonical(const State& s) const {
  const bool by_rows = g_.rows <= g_.keys;
  const int side = by_rows ? g_.rows : g_.keys;
  const int other = by_rows ? g_.keys : g_.rows;
  std::array<int, kMaxSide> order{};
  std::iota(order.begin(), order.begin() + side, 0);
  std::uint64_t best = ~std::uint64_t{0};
  do {
    std::array<unsigned, kMaxSide> lines{};
    unsigned here = 0;
    for (int q = 0; q < side; ++q) {
      const int p = order[static_cast<std::size_t>(q)];
      here |= ((by_rows ? s.rows : s.keys) >> p & 1) << q;
    }
    for (int k = 0; k < other; ++k) {
      unsigned line = (by_rows ? s.keys : s.rows) >> k & 1;
      for (int q = 0; q < side; ++q) {
        const int p = order[static_cast<std::size_t>(q)];
        line = line << 1 | static_cast<unsigned>(by_rows ? done(s, p, k) : done(s, k, p));
      }
      lines[static_cast<std::size_t>(k)] = line;
    }
    std::sort(lines.begin(), lines.begin() + other);
    std::uint64_t done_bits = 0;
    unsigned there = 0;
    for (int k = 0; k < other; ++k) {
      const unsigned line = lines[static_cast<std::size_t>(k)];
      there |= (line >> side & 1) << k;
      for (int q = 0; q < side; ++q) {
        const std::uint64_t bit = line >> (side - 1 - q) & 1;
        done_bits |= bit << (by_rows ? q * g_.keys + k : k * g_.keys + q);
      }
    }
    const std::uint64_t rows = by_rows ? here : there;
    const std::uint64_t keys = by_rows ? there : here;
    best = std::min(best, done_bits | rows << kMaxPairs | keys << (kMaxPairs + kMaxSide));
  } while (std::next_permutation(order.begin(), order.begin() + side));
  return best;
}

State Search::unpack(std::uint64_t packed) const {
  State s;
  s.done = packed & ((std::uint64_t{1} << kMaxPairs) - 1);
  s.rows = static_cast<unsigned>(packed >> kMaxPairs & 0xff);
  s.keys = static_cast<unsigned>(packed >> (kMaxPairs + kMaxSide));
  return s;
}

// A game with fixed names that passes through the given states.
std::vector<RecordMove> Search::replay(const std::vector<std::uint64_t>& path) const {
  std::vector<RecordMove> out;
  State s;
  for (std::size_t k = 1; k < path.size(); ++k) {
    for (const Arrival& a : arrivals(s)) {
      if (canonical(a.after) != path[k]) continue;
      for (int i = 0; i < g_.rows; ++i) {
        if ((a.rows_leave >> i & 1) != 0) out.push_back({false, true, i});
      }
      for (int j = 0; j < g_.keys; ++j) {
        if ((a.keys_leave >> j & 1) != 0) out.push_back({false, false, j});
      }
      out.push_back({true, a.row, a.number});
      const State full{a.after.done, (s.rows & ~a.rows_leave) | (a.row ? 1u << a.number : 0u),
                       (s.keys & ~a.keys_leave) | (a.row ? 0u : 1u << a.number)};
      for (int i = 0; i < g_.rows; ++i) {
        if ((full.rows & ~a.after.rows) >> i & 1) out.push_back({false, true, i});
      }
      for (int j = 0; j < g_.keys; ++j) {
        if ((full.keys & ~a.after.keys) >> j & 1) out.push_back({false, false, j});
      }
      s = a.after;
      break;
    }
  }
  return out;
}

RecordOptimum Search::run(std::size_t max_states, bool* exceeded) {
  RecordOptimum out;
  if (g_.row_words() + g_.key_words() > g_.capacity) return out;
  using Entry = std::pair<std::int64_t, std::uint64_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  std::unordered_map<std::uint64_t, Best> best;
  const std::uint64_t start = canonical(State{});
  best[start] = {0, start};
  open.push({0, start});
  while (!open.empty()) {
    const auto [words, at] = open.top();
    open.pop();
    if (words > best[at].words) continue;
    const State s = unpack(at);
    if (finished(s)) {
      std::vector<std::uint64_t> path{at};
      while (path.back() != start) path.push_back(best[path.back()].from);
      std::reverse(path.begin(), path.end());
      out.trace = replay(path);
      out.traffic = words + g_.rows * g_.dv;
      break;
    }
    for (const Arrival& a : arrivals(s)) {
      const std::uint64_t next = canonical(a.after);
      const auto [it, added] = best.insert({next, {words + a.words, at}});
      if (!added && it->second.words <= words + a.words) continue;
      it->second = {words + a.words, at};
      open.push({words + a.words, next});
    }
    *exceeded = best.size() > max_states;
    if (*exceeded) return out;
  }
  out.states = best.size();
  return out;
}

}  // namespace

Result<RecordOptimum> least_traffic(const RecordGame& game, std::size_t max_states) {
  Diagnostic d;
  d.code = "E0709";
  const bool fits = game.rows >= 1 && game.keys >= 1 && game.rows <= kMaxSide &&
                    game.keys <= kMaxSide && game.rows * game.keys <= kMaxPairs && game.dk >= 1 &&
                    game.dv >= 0 && game.sigma >= 0;
  if (!fits) {
    d.message = "no record game of at most 8 rows, 8 keys and 40 pairs";
    return d;
  }
  bool exceeded = false;
  RecordOptimum best = Search(game).run(max_states, &exceeded);
  if (!exceeded) return best;
  d.message = "more than " + std::to_string(max_states) + " states";
  return d;
}

}  // namespace minimoa::cost
