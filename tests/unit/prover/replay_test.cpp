// The lemmas behind T3* (bounds-2.md section 1) on executions: the flows of
// derived loop programs, a schedule that streams keys, and random schedules
// with random evictions. Also: a loop program never holds more words than the
// footprint that COST.md section 4 gives it, and impossible flows are refused.
#include "prover/cost/replay.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <tuple>

#include "prover/cost/simulate.h"
#include "tests/unit/prover/programs.h"

namespace minimoa::cost {
namespace {

using programs::valid;
using Kind = FlowEvent::Kind;

std::string code_of(const Result<Replay>& r) { return r.ok() ? "" : r.errors()[0].code; }

Spec attention(bool causal) {
  return programs::spec_from(
      std::string("spec example\ndims H, S, T, D, E\n"
                  "in Q : f32[H,S,D], K : f32[H,T,D], V : f32[H,T,E]\nout O : f32[H,S,E]\n"
                  "attend O[h,i,d] over j in T\n"
                  "  score = sum(e in D) Q[h,i,e] * K[h,j,e]\n") +
      (causal ? "  mask = j <= i + (T - S)\n  empty = 0\n" : "") + "  value = V[h,j,d]\n");
}

struct Flowing {
  Traffic traffic;
  std::vector<FlowEvent> events;
};

Flowing flow_of(const Spec& spec, const Term& loop, const Sizes& sizes, unsigned seed) {
  Flowing out;
  std::mt19937 gen(seed);
  std::uniform_real_distribution<double> real(-1, 1);
  SimulateOptions o;
  const Concrete program = concretise(spec, loop, sizes);
  for (std::size_t k = 0; k < program.inputs; ++k) {
    Tensor<double> t{program.arrays[k].extents, {}};
    for (std::int64_t i = 0; i < program.arrays[k].words; ++i) t.data.push_back(real(gen));
    o.inputs[program.arrays[k].name] = t;
  }
  o.flow = [&](const FlowEvent& e) { out.events.push_back(e); };
  out.traffic = valid(simulate(spec, loop, sizes, o));
  return out;
}

// All that a replay promises, for several lengths of segments.
double check_lemmas(const std::vector<FlowEvent>& flow, const AttentionShape& shape,
                    std::int64_t capacity) {
  double fill = 0;
  for (const std::int64_t stretch : {capacity, capacity / 2, 3 * capacity, std::int64_t{1}}) {
    if (stretch < 1) continue;
    const Replay r = valid(replay(flow, shape, capacity, stretch));
    CHECK(r.peak <= capacity);
    CHECK(r.products == shape.pairs() * shape.dv);
    CHECK(r.lemma1);
    CHECK(r.lemma2);
    CHECK(r.theorem);
    std::int64_t ticks = 0;
    for (const Segment& s : r.segments) ticks += s.ticks;
    CHECK(ticks == r.ticks);
    fill = std::max(fill, r.fill);
  }
  return fill;
}

FlowEvent load(std::size_t place, std::size_t array, std::int64_t element) {
  return {Kind::kLoad, place, array, element, Op::kLet, {}};
}
FlowEvent compute(Op op, std::size_t place, std::vector<std::size_t> operands) {
  return {Kind::kCompute, place, 0, 0, op, std::move(operands)};
}
FlowEvent store(std::size_t place, std::size_t array, std::int64_t element) {
  return {Kind::kStore, place, array, element, Op::kLet, {}};
}
FlowEvent drop(std::size_t place) { return {Kind::kDrop, place, 0, 0, Op::kLet, {}}; }

// Row tiles of `tile` rows; keys pass by one word at a time (FlashAttention-2
// order, schedule (h)). Places: for each row q, o and one score; k or v; one
// product. Weights are the scores: the lemmas do not ask for exp.
std::vector<FlowEvent> streamed(const AttentionShape& s, std::int64_t tile) {
  std::vector<FlowEvent> out;
  const auto u = [](std::int64_t x) { return static_cast<std::size_t>(x); };
  const auto q = [&](std::int64_t r, std::int64_t e) { return u(r * s.dk + e); };
  const auto o = [&](std::int64_t r, std::int64_t l) { return u(tile * s.dk + r * s.dv + l); };
  const auto score = [&](std::int64_t r) { return u(tile * (s.dk + s.dv) + r); };
  const std::size_t word = u(tile * (s.dk + s.dv + 1)), product = word + 1;
  for (std::int64_t first = 0; first < s.rows; first += tile) {
    const std::int64_t rows = std::min(tile, s.rows - first);
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t e = 0; e < s.dk; ++e) {
        out.push_back(load(q(r, e), s.query, (first + r) * s.dk + e));
      }
      for (std::int64_t l = 0; l < s.dv; ++l) out.push_back(compute(Op::kInt, o(r, l), {}));
    }
    for (std::int64_t j = 0; j < s.keys; ++j) {
      for (std::int64_t e = 0; e < s.dk; ++e) {
        out.push_back(load(word, s.key, j * s.dk + e));
        for (std::int64_t r = 0; r < rows; ++r) {
          out.push_back(compute(Op::kMul, e == 0 ? score(r) : product, {q(r, e), word}));
          if (e != 0) out.push_back(compute(Op::kAdd, score(r), {score(r), product}));
        }
      }
      for (std::int64_t l = 0; l < s.dv; ++l) {
        out.push_back(load(word, s.value, j * s.dv + l));
        for (std::int64_t r = 0; r < rows; ++r) {
          if (!s.admitted(first + r, j)) continue;
          out.push_back(compute(Op::kMul, product, {score(r), word}));
          out.push_back(compute(Op::kAdd, o(r, l), {o(r, l), product}));
        }
      }
    }
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t l = 0; l < s.dv; ++l) {
        out.push_back(store(o(r, l), s.output, (first + r) * s.dv + l));
      }
    }
  }
  return out;
}

// A schedule that takes the products in any order, computes scores anew or
// keeps them, and sends random words away when it needs room.
class RandomSchedule {
 public:
  RandomSchedule(const AttentionShape& s, std::int64_t capacity, std::mt19937* gen)
      : s_(s), gen_(*gen), keep_(upto(3)) {
    for (std::int64_t p = 0; p < capacity; ++p) free_.push_back(static_cast<std::size_t>(p));
  }
  std::vector<FlowEvent> run() {
    for (const auto& [i, j, l] : order()) multiply(i, j, l);
    for (std::int64_t i = 0; i < s_.rows; ++i) {
      for (std::int64_t l = 0; l < s_.dv; ++l) {
        const Word o{Array::kSum, i, l};
        fetch(o);
        out_.push_back(store(where_.at(o), s_.output, i * s_.dv + l));
      }
    }
    return out_;
  }

 private:
  enum class Array { kQuery, kKey, kValue, kPair, kSum, kPassing };
  using Word = std::tuple<Array, std::int64_t, std::int64_t>;
  using Triple = std::tuple<std::int64_t, std::int64_t, std::int64_t>;

  std::int64_t upto(std::int64_t n) {
    return std::uniform_int_distribution<std::int64_t>(0, n - 1)(gen_);
  }
  // Any order at all, or loops over i, j, l in any nesting.
  std::vector<Triple> order() {
    std::vector<Triple> all;
    for (std::int64_t i = 0; i < s_.rows; ++i) {
      for (std::int64_t j = 0; j < s_.keys; ++j) {
        for (std::int64_t l = 0; l < s_.dv; ++l) {
          if (s_.admitted(i, j)) all.emplace_back(i, j, l);
        }
      }
    }
    const std::int64_t nest = upto(4), bi = 1 + upto(4), bj = 1 + upto(4);
    if (nest == 3) std::shuffle(all.begin(), all.end(), gen_);
    const auto key = [&](const Triple& t) {
      const auto& [i, j, l] = t;
      if (nest == 0) return std::tuple{i / bi, j / bj, l, i, j};
      if (nest == 1) return std::tuple{j / bj, i / bi, j, i, l};
      return std::tuple{l, i / bi, j / bj, j, i};
    };
    if (nest != 3) {
      std::sort(all.begin(), all.end(),
                [&](const Triple& a, const Triple& b) { return key(a) < key(b); });
    }
    return all;
  }
  std::size_t room() {
    if (free_.empty()) {
      std::vector<Word> candidates;
      for (const auto& [w, place] : where_) {
        if (pinned_.count(w) == 0) candidates.push_back(w);
      }
      REQUIRE_FALSE(candidates.empty());
      send_away(
          candidates[static_cast<std::size_t>(upto(static_cast<std::int64_t>(candidates.size())))]);
    }
    const std::size_t place = free_.back();
    free_.pop_back();
    return place;
  }
  void send_away(const Word& w) {
    const std::size_t place = where_.at(w);
    const bool sum = std::get<0>(w) == Array::kSum;
    const bool pair = std::get<0>(w) == Array::kPair && upto(3) < keep_;
    if (sum || (pair && stored_.count(w) == 0)) {
      stored_[w] = ++addresses_;
      out_.push_back(store(place, s_.output + 1, addresses_));
    }
    out_.push_back(drop(place));
    where_.erase(w);
    free_.push_back(place);
  }
  // Brings an input, or a word that was sent away; false: there is none.
  bool fetch(const Word& w) {
    const auto& [array, row, col] = w;
    if (where_.count(w) != 0) return true;
    const bool input = array == Array::kQuery || array == Array::kKey || array == Array::kValue;
    if (!input && stored_.count(w) == 0) return false;
    const std::size_t place = room();
    where_[w] = place;
    const std::size_t from = array == Array::kQuery ? s_.query
                             : array == Array::kKey ? s_.key
                                                    : s_.value;
    const std::int64_t width = array == Array::kValue ? s_.dv : s_.dk;
    out_.push_back(input ? load(place, from, row * width + col)
                         : load(place, s_.output + 1, stored_.at(w)));
    return true;
  }
  std::size_t pin(const Word& w) {
    pinned_.insert(w);
    fetch(w);
    return where_.at(w);
  }
  // A product of two words in fast memory, in a place of its own.
  std::size_t product(const Word& a, const Word& b, const Word& as) {
    const std::size_t x = pin(a), y = pin(b);
    const std::size_t place = room();
    where_[as] = place;
    pinned_.insert(as);
    out_.push_back(compute(Op::kMul, place, {x, y}));
    return place;
  }
  void add_and_drop(const Word& to, const Word& passing) {
    const std::size_t x = where_.at(to), y = where_.at(passing);
    out_.push_back(compute(Op::kAdd, x, {x, y}));
    out_.push_back(drop(y));
    where_.erase(passing);
    pinned_.erase(passing);
    free_.push_back(y);
  }
  void need_weight(std::int64_t i, std::int64_t j) {
    const Word w{Array::kPair, i, j}, t{Array::kPassing, 0, 0};
    if (!fetch(w)) {
      for (std::int64_t e = 0; e < s_.dk; ++e) {
        const Word q{Array::kQuery, i, e}, k{Array::kKey, j, e};
        product(q, k, e == 0 ? w : t);
        if (e != 0) add_and_drop(w, t);
        pinned_.erase(q);
        pinned_.erase(k);
      }
    }
    pinned_.insert(w);
  }
  void multiply(std::int64_t i, std::int64_t j, std::int64_t l) {
    const Word w{Array::kPair, i, j}, v{Array::kValue, j, l}, o{Array::kSum, i, l};
    const Word t{Array::kPassing, 0, 0};
    need_weight(i, j);
    const bool begun = where_.count(o) != 0 || stored_.count(o) != 0;
    product(w, v, begun ? t : o);
    if (begun) {
      pin(o);
      add_and_drop(o, t);
    }
    pinned_.clear();
  }

  const AttentionShape& s_;
  std::mt19937& gen_;
  std::int64_t keep_;  // how readily scores are kept, 0 .. 2
  std::vector<FlowEvent> out_;
  std::vector<std::size_t> free_;
  std::map<Word, std::size_t> where_;
  std::set<Word> pinned_;
  std::map<Word, std::int64_t> stored_;
  std::int64_t addresses_ = 0;
};

}  // namespace

TEST_CASE("the lemmas hold for derived loop programs within their footprint") {
  std::mt19937 gen(21);
  const auto upto = [&](std::int64_t n) {
    return std::uniform_int_distribution<std::int64_t>(1, n)(gen);
  };
  for (const bool causal : {false, true}) {
    const Spec spec = attention(causal);
    for (int k = 0; k < 30; ++k) {
      const int rows = static_cast<int>(upto(4)), keys = static_cast<int>(upto(4));
      const std::string schedule = k % 3 == 0   ? programs::flash(rows, keys)
                                   : k % 3 == 1 ? programs::two_pass(rows)
                                                : programs::naive();
      CAPTURE(schedule);
      AttentionShape shape{upto(2), upto(7), upto(7), upto(4), upto(4)};
      const std::int64_t shift = shape.keys - shape.rows;
      if (causal) {
        shape.admits = [shift](std::int64_t i, std::int64_t j) { return j <= i + shift; };
      }
      const Sizes sizes = {{"H", shape.heads},
                           {"S", shape.rows},
                           {"T", shape.keys},
                           {"D", shape.dk},
                           {"E", shape.dv}};
      const Flowing f = flow_of(spec, programs::loops(spec, schedule), sizes, 22);
      const auto capacity = static_cast<std::int64_t>(f.traffic.footprint);
      check_lemmas(f.events, shape, capacity);
      const Replay r = valid(replay(f.events, shape, capacity));
      CHECK(r.loads == f.traffic.loads());
      CHECK(r.stores == f.traffic.stores());
    }
  }
}

TEST_CASE("streamed keys fill the segments of lemma 2") {
  AttentionShape shape{1, 48, 120, 4, 4};
  const std::int64_t tile = 24, capacity = tile * (4 + 4 + 1) + 2;
  const auto flow = streamed(shape, tile);
  CHECK(check_lemmas(flow, shape, capacity) > 0.8);
  const Replay r = valid(replay(flow, shape, capacity));
  CHECK(r.loads == 48 * 4 + 2 * 120 * 8);
  CHECK(r.stores == 48 * 4);
  CHECK(r.ticks == r.loads + r.stores);  // every store ends the one stay
  CHECK(code_of(replay(flow, shape, capacity - 1)) == "E0711");
}

TEST_CASE("streamed keys under a mask, with several shapes") {
  for (const std::int64_t tile : {1, 3, 5, 9}) {
    for (const std::int64_t dk : {1, 2, 5}) {
      for (const std::int64_t dv : {1, 2, 6}) {
        AttentionShape shape{1, 9, 13, dk, dv};
        shape.admits = [](std::int64_t i, std::int64_t j) { return j <= i + 4; };
        check_lemmas(streamed(shape, tile), shape, tile * (dk + dv + 1) + 2);
      }
    }
  }
}

TEST_CASE("the lemmas hold for random schedules") {
  std::mt19937 gen(23);
  const auto upto = [&](std::int64_t n) {
    return std::uniform_int_distribution<std::int64_t>(1, n)(gen);
  };
  double fill = 0;
  std::int64_t spilled = 0;
  for (int k = 0; k < 400; ++k) {
    AttentionShape shape{1, upto(7), upto(7), upto(4), upto(4)};
    if (k % 3 == 0) shape.admits = [](std::int64_t i, std::int64_t j) { return j <= i + 1; };
    const std::int64_t capacity = 5 + upto(50);
    const auto flow = RandomSchedule(shape, capacity, &gen).run();
    fill = std::max(fill, check_lemmas(flow, shape, capacity));
    spilled += valid(replay(flow, shape, capacity)).stores > shape.rows * shape.dv;
  }
  CHECK(spilled > 200);
  MESSAGE("largest fill " << fill << ", schedules that spill " << spilled);
}

TEST_CASE("ticks of an execution by hand") {
  // One row, two keys, dk = dv = 1; the partial sum is sent away and fetched.
  const AttentionShape shape{1, 1, 2, 1, 1};
  const std::vector<FlowEvent> flow = {load(0, 0, 0),
                                       load(1, 1, 0),
                                       compute(Op::kMul, 1, {0, 1}),  // score 0
                                       load(2, 2, 0),
                                       compute(Op::kMul, 2, {1, 2}),  // a stay starts
                                       store(2, 4, 7),
                                       drop(2),  // and ends
                                       load(2, 1, 1),
                                       compute(Op::kMul, 2, {0, 2}),  // score 1
                                       load(1, 2, 1),
                                       compute(Op::kMul, 1, {2, 1}),  // a stay starts
                                       load(2, 4, 7),
                                       compute(Op::kAdd, 1, {1, 2}),  // within that stay
                                       store(1, 3, 0)};
  const Replay r = valid(replay(flow, shape, 3));
  CHECK(r.loads == 6);
  CHECK(r.stores == 2);
  CHECK(r.ticks == 5 + 2);
  CHECK(r.products == 2);
  CHECK(r.peak == 3);
  CHECK(r.lemma1);
  CHECK(code_of(replay(flow, shape, 2)) == "E0711");
}

TEST_CASE("what is no execution of attention is refused") {
  const AttentionShape shape{1, 1, 2, 1, 1};
  const std::vector<FlowEvent> good = {load(0, 0, 0),
                                       load(1, 1, 0),
                                       compute(Op::kMul, 2, {0, 1}),
                                       load(1, 2, 0),
                                       compute(Op::kMul, 2, {2, 1}),
                                       load(1, 1, 1),
                                       compute(Op::kMul, 3, {0, 1}),
                                       load(1, 2, 1),
                                       compute(Op::kMul, 3, {3, 1}),
                                       compute(Op::kAdd, 2, {2, 3}),
                                       store(2, 3, 0)};
  REQUIRE(replay(good, shape, 4).ok());
  for (std::size_t k = 0; k < good.size(); ++k) {  // each event is needed
    std::vector<FlowEvent> less = good;
    less.erase(less.begin() + static_cast<std::ptrdiff_t>(k));
    CAPTURE(k);
    CHECK(code_of(replay(less, shape, 4)) == "E0711");
  }
  std::vector<FlowEvent> twice = good;  // a summand is added twice
  twice.insert(twice.end() - 1, compute(Op::kAdd, 2, {2, 3}));
  CHECK(code_of(replay(twice, shape, 4)) == "E0711");
  std::vector<FlowEvent> square = good;  // no linear function of the sum
  square.insert(square.end() - 1, compute(Op::kExp, 2, {2}));
  CHECK(code_of(replay(square, shape, 4)) == "E0711");
  AttentionShape masked = shape;  // a key that the mask excludes
  masked.admits = [](std::int64_t, std::int64_t j) { return j == 0; };
  CHECK(code_of(replay(good, masked, 4)) == "E0711");
  AttentionShape wider = shape;  // a weight without all columns of q and k
  wider.dk = 2;
  CHECK(code_of(replay(good, wider, 4)) == "E0711");
}

}  // namespace minimoa::cost
