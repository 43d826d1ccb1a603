// What loop programs move, counted by running them: expectations written from
// spec/COST.md by hand, the three ways of running against each other, and the
// computed values against the reference interpreter.
#include "prover/cost/simulate.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "tests/unit/prover/programs.h"

namespace minimoa::cost {
namespace {

using programs::flash;
using programs::loops;
using programs::naive;
using programs::spec_from;
using programs::spec_of;
using programs::term;
using programs::two_pass;
using programs::valid;

using Pair = std::pair<Int, Int>;

std::string code_of(const Result<Traffic>& r) { return r.ok() ? "" : r.errors()[0].code; }

// --- small programs over A and L ---

Spec small_spec() {
  return spec_from(
      "spec small\ndims N, M\nin A : f32[N,M], L : i32[N] in 0 .. M + 1\nout O : f32[N]\n"
      "O = gen(i in N) sum(j in M) A[i,j]\n");
}

Traffic small(const std::string& program, std::int64_t n, std::int64_t m,
              const SimulateOptions& options = {}) {
  return valid(simulate(small_spec(), term(program), {{"N", n}, {"M", m}}, options));
}

SimulateOptions lengths(const std::vector<double>& values) {
  SimulateOptions o;
  o.inputs["L"] = {{static_cast<std::int64_t>(values.size())}, values};
  return o;
}

// --- shipped programs ---

struct Shipped {
  const char* spec;
  bool causal;
};
constexpr Shipped kShipped[] = {{"spec/attention/sdpa.moa", false},
                                {"spec/attention/causal.moa", true}};

struct Shape {
  std::int64_t b, h, s, t, d;
  Sizes sizes() const { return {{"B", b}, {"H", h}, {"S", s}, {"T", t}, {"D", d}}; }
};

class Shapes {
 public:
  explicit Shapes(unsigned seed, std::int64_t most) : gen_(seed), most_(most) {}
  Shape next() { return {upto(3), upto(3), upto(most_), upto(most_), upto(9)}; }
  std::int64_t upto(std::int64_t n) {
    return std::uniform_int_distribution<std::int64_t>(1, n)(gen_);
  }

 private:
  std::mt19937 gen_;
  std::int64_t most_;
};

// Pairs (i, j) with i < rows, j < T and j <= i + (T - S).
std::int64_t causal_pairs(std::int64_t rows, std::int64_t s, std::int64_t t) {
  std::int64_t full = rows > s ? rows - s : 0;  // rows of padding see all keys
  const std::int64_t real = rows - full;
  std::int64_t n = full * t;
  if (s <= t) return n + real * (t - s) + real * (real + 1) / 2;
  const std::int64_t seeing = std::max<std::int64_t>(real - (s - t), 0);
  return n + seeing * (seeing + 1) / 2;
}

void check_moves(const Traffic& t, const std::string& array, std::int64_t loads,
                 std::int64_t stores) {
  CAPTURE(array);
  CHECK(t.per_array.at(array) == Pair(loads, stores));
}

// Values for all inputs; whole numbers below `below`.
std::map<std::string, Tensor<double>> random_inputs(const Spec& spec, const Term& loop,
                                                    const Sizes& sizes, std::mt19937* gen,
                                                    const std::map<std::string, int>& below) {
  std::map<std::string, Tensor<double>> out;
  std::uniform_real_distribution<double> real(-2, 2);
  const Concrete program = concretise(spec, loop, sizes);
  for (std::size_t k = 0; k < program.inputs; ++k) {
    const SlowArray& a = program.arrays[k];
    Tensor<double> values{a.extents, {}};
    for (std::int64_t i = 0; i < a.words; ++i) {
      values.data.push_back(a.whole ? std::uniform_int_distribution<int>(a.name == "len" ? 1 : 0,
                                                                         below.at(a.name) - 1)(*gen)
                                    : real(*gen));
    }
    out[a.name] = values;
  }
  return out;
}

// Counting, following and computing agree with each other, every output
// element is stored once, and the values are those of the interpreter.
Traffic check_three_ways(const Spec& spec, const Term& loop, const Sizes& sizes,
                         const std::map<std::string, Tensor<double>>& inputs) {
  SimulateOptions counting, following, computing;
  for (const Array& a : spec.inputs) {
    if (a.elem == Elem::kI32) counting.inputs[a.name] = inputs.at(a.name);
  }
  following.inputs = counting.inputs;
  computing.inputs = inputs;
  std::map<std::pair<bool, std::size_t>, std::int64_t> seen;
  std::vector<std::int64_t> written;
  following.trace = [&](const WordMove& w) {
    ++seen[{w.store, w.array}];
    if (w.store && w.array == spec.inputs.size()) written.push_back(w.element);
  };
  const Traffic counted = valid(simulate(spec, loop, sizes, counting));
  const Traffic followed = valid(simulate(spec, loop, sizes, following));
  const Traffic computed = valid(simulate(spec, loop, sizes, computing));
  CHECK(counted.per_array == followed.per_array);
  CHECK(counted.per_array == computed.per_array);
  for (std::size_t k = 0; k < counted.arrays.size(); ++k) {
    CHECK(counted.per_array.at(counted.arrays[k]) == Pair(seen[{false, k}], seen[{true, k}]));
  }
  std::sort(written.begin(), written.end());
  CHECK(std::adjacent_find(written.begin(), written.end()) == written.end());
  const auto want = evaluate_statement<double>(spec, loop, sizes, inputs);
  REQUIRE(want.ok());
  REQUIRE(written.size() == want.value().data.size());
  REQUIRE(computed.output.size() == want.value().data.size());
  for (std::size_t i = 0; i < computed.output.size(); ++i) {
    CHECK(std::abs(computed.output[i] - want.value().data[i]) < 1e-9);
  }
  return counted;
}

}  // namespace

TEST_CASE("loads, stores and footprint of small programs") {
  for (std::int64_t n = 1; n <= 4; ++n) {
    for (std::int64_t m = 1; m <= 4; ++m) {
      const Traffic t =
          small("(for (i N) (put (vec i) (red add (j M) true (mem A (vec i j)))))", n, m);
      check_moves(t, "A", n * m, 0);
      check_moves(t, "L", 0, 0);
      check_moves(t, "O", 0, n);
      CHECK(t.workspace == 0);
      CHECK(t.footprint == 3);  // acc; acc + A[i,j]
    }
  }
}

TEST_CASE("a guard is counted where it holds") {
  const Traffic t =
      small("(parfor (i N) (put (vec i) (red max (j M) (and (< j i) (!= j 1)) (mem A (vec i j)))))",
            6, 4);
  check_moves(t, "A", 0 + 1 + 1 + 2 + 3 + 3, 0);
}

TEST_CASE("a fold whose state lies in slow memory loads and stores it") {
  const std::string program =
      "(letslow (x) (gen (i N) (fold (j M) (s) (real 0) (+ s (mem A (vec i j)))))"
      " (for (i N) (put (vec i) (psi (vec i) x))))";
  const Traffic t = small(program, 3, 5);
  check_moves(t, "x", 15 + 3, 3 + 15);
  check_moves(t, "A", 15, 0);
  CHECK(t.workspace == 3);
  CHECK(t.footprints == std::vector<Int>{2, 1});
}

TEST_CASE("a branch that keeps the state adds nothing, one that copies it does") {
  const auto program = [](const std::string& otherwise) {
    return "(letslow (x) (gen (i N) (fold (j M) (s) (real 0) (if (< j i) (+ s (mem A (vec i j))) " +
           otherwise + "))) (for (i N) (put (vec i) (psi (vec i) x))))";
  };
  const std::int64_t below = 0 + 1 + 2 + 3;
  check_moves(small(program("s"), 4, 3), "x", below + 4, 4 + below);
  check_moves(small(program("(max s s)"), 4, 3), "x", below + 2 * (12 - below) + 4, 4 + 12);
}

TEST_CASE("tuples in slow memory have one name and one row of elements") {
  const std::string program =
      "(letslow (x) (fold (j M) (s) (tup (real 0) (gen (i N) (real 0)))"
      " (tup (+ (get 0 s) (mem A (vec 0 j)))"
      "      (gen (i N) (+ (psi (vec i) (get 1 s)) (mem A (vec i j))))))"
      " (for (i N) (put (vec i) (+ (get 0 x) (psi (vec i) (get 1 x))))))";
  std::set<std::int64_t> stored;
  SimulateOptions o;
  o.trace = [&](const WordMove& w) {
    if (w.store && w.array == 3) stored.insert(w.element);
  };
  const Traffic t = small(program, 3, 4, o);
  CHECK(t.arrays == std::vector<std::string>{"A", "L", "O", "x"});
  check_moves(t, "x", 4 * (1 + 3) + 2 * 3, (1 + 3) + 4 * (1 + 3));
  check_moves(t, "A", 4 + 4 * 3, 0);
  CHECK(t.workspace == 4);
  CHECK(stored == std::set<std::int64_t>{0, 1, 2, 3});
}

TEST_CASE("let is fast memory; if, any and red in expressions are words") {
  const std::string program =
      "(for (i N) (let (q) (gen (j M) (mem A (vec i j)))"
      " (put (vec i) (if (any (j M) (< (+ i j) 2))"
      "   (+ (red add (j M) true (psi (vec j) q)) (let (y) (psi (vec 0) q) (* y y)))"
      "   (mem A (vec i 0))))))";
  const Traffic t = small(program, 5, 3);
  check_moves(t, "A", 5 * 3 + 3, 0);    // rows 2, 3, 4 take the second branch
  CHECK(t.footprint == 3 + 1 + 3 + 3);  // q; y; any, red, if; red + (y * y)
}

TEST_CASE("conditions over elements of integer inputs") {
  const auto chosen = [](const std::string& condition) {
    return "(for (i N) (put (vec i) (if " + condition + " (real 1) (real 0))))";
  };
  check_moves(small(chosen("(and (< i 2) (== (mem L (vec i)) 0))"), 5, 3), "L", 2, 0);
  check_moves(small(chosen("(or (< i 2) (== (mem L (vec i)) 0))"), 5, 3), "L", 3, 0);
  check_moves(small(chosen("(any (j M) (== (mem L (vec i)) j))"), 5, 3), "L", 15, 0);
  const std::string bound =
      "(for (i N) (put (vec i) (red add (j (mem L (vec i))) true "
      "(mem A (vec i j)))))";
  const Sizes sizes = {{"N", 3}, {"M", 4}};
  CHECK(code_of(simulate(small_spec(), term(bound), sizes)) == "E0710");
  const Traffic t = small(bound, 3, 4, lengths({4, 0, 2}));
  check_moves(t, "L", 3, 0);
  check_moves(t, "A", 6, 0);
  const std::string row = "(for (i N) (put (vec i) (mem A (vec (mem L (vec i)) 0))))";
  check_moves(small(row, 3, 4), "L", 3, 0);
  check_moves(small(row, 3, 4), "A", 3, 0);
}

TEST_CASE("a condition on real data needs values only where it matters") {
  const std::string harmless =
      "(for (i N) (put (vec i) (if (iszero (mem A (vec i 0))) (real 1) "
      "(real 0))))";
  check_moves(small(harmless, 3, 2), "A", 3, 0);
  const std::string decides =
      "(for (i N) (put (vec i) (if (iszero (mem A (vec i 0))) "
      "(mem A (vec i 1)) (real 0))))";
  const Sizes sizes = {{"N", 3}, {"M", 2}};
  CHECK(code_of(simulate(small_spec(), term(decides), sizes)) == "E0710");
  SimulateOptions o = lengths({0, 0, 0});
  o.inputs["A"] = {{3, 2}, {0, 5, 1, 5, 0, 7}};
  const Traffic t = small(decides, 3, 2, o);
  check_moves(t, "A", 3 + 2, 0);
  CHECK(t.output == std::vector<double>{5, 0, 7});
}

TEST_CASE("failures are values") {
  const Spec spec = small_spec();
  const Term sum = term("(for (i N) (put (vec i) (red add (j M) true (mem A (vec i j)))))");
  const Sizes sizes = {{"N", 4}, {"M", 4}};
  CHECK(code_of(simulate(spec, sum, {{"N", 4}})) == "E0702");
  CHECK(code_of(simulate(spec, sum, {{"N", 4}, {"M", 0}})) == "E0702");
  CHECK(code_of(simulate(spec, sum, {{"N", 4}, {"M", 4}, {"K", 1}})) == "E0702");
  CHECK(code_of(simulate(spec, mk_put({}, spec.core), sizes)) == "E0610");
  SimulateOptions o;
  std::int64_t moves = 0;
  o.trace = [&](const WordMove&) { ++moves; };
  o.max_steps = 10;
  CHECK(code_of(simulate(spec, sum, sizes, o)) == "E0709");
  CHECK(moves < 10);
  o.max_steps = 1000;
  const Term outside = term("(for (i N) (put (vec (+ i 1)) (real 0)))");
  CHECK(code_of(simulate(spec, outside, sizes, o)) == "E0705");
  CHECK(code_of(simulate(spec, sum, sizes, lengths({1, 2}))) == "E0704");
}

TEST_CASE("flash moves what its text says") {
  Shapes shapes(11, 40);
  for (const Shipped& program : kShipped) {
    const Spec spec = spec_of(program.spec);
    for (int tiles = 0; tiles < 12; ++tiles) {
      const std::int64_t bq = tiles == 0 ? 64 : shapes.upto(9);
      const std::int64_t bk = tiles == 0 ? 64 : shapes.upto(9);
      const Term loop = loops(spec, flash(static_cast<int>(bq), static_cast<int>(bk)));
      for (int k = 0; k < 25; ++k) {
        const Shape x = shapes.next();
        CAPTURE(print(loop));
        const Traffic t = valid(simulate(spec, loop, x.sizes()));
        // Rows of the last tile beyond S are computed and not written.
        const std::int64_t rows = (x.s + bq - 1) / bq * bq;
        const std::int64_t pairs = program.causal ? causal_pairs(rows, x.s, x.t) : rows * x.t;
        const std::int64_t heads = x.b * x.h;
        check_moves(t, "Q", heads * x.s * x.d, 0);
        check_moves(t, "K", heads * pairs * x.d, 0);
        check_moves(t, "V", heads * pairs * x.d, 0);
        check_moves(t, "O", 0, heads * x.s * x.d);
        CHECK(t.workspace == 0);
        // q, (m, z, o), s, p, mx, al; red q.k, max s, sum p, if; o + p * v.
        CHECK(t.footprint == bq * x.d + (2 * bq + bq * x.d) + 2 * bk + 2 + 4 + 3);
      }
    }
  }
}

TEST_CASE("two_pass moves what its text says") {
  Shapes shapes(12, 40);
  for (const Shipped& program : kShipped) {
    const Spec spec = spec_of(program.spec);
    for (int tiles = 0; tiles < 6; ++tiles) {
      const std::int64_t bq = tiles == 0 ? 64 : shapes.upto(9);
      const Term loop = loops(spec, two_pass(static_cast<int>(bq)));
      for (int k = 0; k < 40; ++k) {
        const Shape x = shapes.next();
        const Traffic t = valid(simulate(spec, loop, x.sizes()));
        const std::int64_t pairs = program.causal ? causal_pairs(x.s, x.s, x.t) : x.s * x.t;
        const std::int64_t heads = x.b * x.h;
        check_moves(t, "Q", 2 * heads * pairs * x.d, 0);
        check_moves(t, "K", 2 * heads * pairs * x.d, 0);
        check_moves(t, "V", heads * pairs * x.d, 0);
        check_moves(t, "O", 0, heads * x.s * x.d);
        CHECK(t.workspace == 0);
        // m, (z, o), p; max, q.k, q.k, if; acc + q * k.
        CHECK(t.footprint == 1 + (1 + x.d) + 1 + 4 + 3);
      }
    }
  }
}

TEST_CASE("naive moves what its text says") {
  Shapes shapes(13, 40);
  for (const Shipped& program : kShipped) {
    const Spec spec = spec_of(program.spec);
    const Term loop = loops(spec, naive());
    const std::string scores = loop->binders[0];
    for (int k = 0; k < 200; ++k) {
      const Shape x = shapes.next();
      const Traffic t = valid(simulate(spec, loop, x.sizes()));
      const std::int64_t all = x.s * x.t;
      const std::int64_t pairs = program.causal ? causal_pairs(x.s, x.s, x.t) : all;
      const std::int64_t heads = x.b * x.h;
      check_moves(t, "Q", heads * all * x.d, 0);
      check_moves(t, "K", heads * all * x.d, 0);
      check_moves(t, scores, 2 * heads * pairs, heads * all);
      check_moves(t, "V", heads * pairs * x.d, 0);
      check_moves(t, "O", 0, heads * x.s * x.d);
      CHECK(t.workspace == heads * all);
      CHECK(t.footprints == std::vector<Int>{1 + 3, 1 + (1 + x.d) + 1 + 2 + 3});
    }
  }
}

TEST_CASE("counting, following and computing agree") {
  std::mt19937 gen(14);
  const auto upto = [&](std::int64_t n) {
    return std::uniform_int_distribution<std::int64_t>(1, n)(gen);
  };
  for (const char* path :
       {"spec/attention/sdpa.moa", "spec/attention/causal.moa", "spec/attention/gqa.moa",
        "spec/examples/causal_window.moa", "spec/examples/alibi.moa"}) {
    const Spec spec = spec_of(path);
    for (const std::string& schedule : {flash(3, 2), two_pass(2), naive()}) {
      CAPTURE(path);
      CAPTURE(schedule);
      const Term loop = loops(spec, schedule);
      for (int k = 0; k < 6; ++k) {
        Sizes sizes;
        for (const std::string& d : spec.dims) sizes[d] = upto(5);
        if (sizes.count("Hkv") != 0) sizes["Hq"] = sizes["Hkv"] * upto(2);
        check_three_ways(spec, loop, sizes, random_inputs(spec, loop, sizes, &gen, {}));
      }
    }
  }
}

TEST_CASE("paged decode: what lengths and tables decide") {
  const Spec spec = spec_of("spec/examples/paged_decode.moa");
  const std::int64_t bk = 3;
  const Term loop = loops(spec, flash(3, static_cast<int>(bk)));
  std::mt19937 gen(15);
  for (int k = 0; k < 40; ++k) {
    Sizes sizes;
    for (const std::string& d : spec.dims) {
      sizes[d] = std::uniform_int_distribution<std::int64_t>(1, 4)(gen);
    }
    sizes["Hq"] = sizes["Hkv"] * 2;
    CHECK(code_of(simulate(spec, loop, sizes)) == "E0710");
    const auto inputs = random_inputs(spec, loop, sizes, &gen,
                                      {{"table", static_cast<int>(sizes["NP"])},
                                       {"len", static_cast<int>(sizes["MP"] * sizes["PS"] + 1)}});
    const Traffic t = check_three_ways(spec, loop, sizes, inputs);
    std::int64_t keys = 0, tiles = 0;
    for (const double n : inputs.at("len").data) {
      keys += static_cast<std::int64_t>(n);
      tiles += (static_cast<std::int64_t>(n) + bk - 1) / bk;
    }
    const std::int64_t heads = sizes["Hq"], depth = sizes["D"];
    check_moves(t, "Q", heads * keys * depth, 0);
    check_moves(t, "Kp", heads * keys * depth, 0);
    check_moves(t, "Vp", heads * keys * depth, 0);
    check_moves(t, "table", 2 * heads * keys * depth, 0);
    // The bound once; the guards of scores and of values for each key of a tile.
    check_moves(t, "len", heads * (sizes["B"] + 2 * tiles * bk), 0);
    check_moves(t, "O", 0, sizes["B"] * heads * depth);
  }
}

TEST_CASE("counting is quick where loops repeat themselves") {
  const Spec spec = spec_of("spec/attention/sdpa.moa");
  const Term loop = loops(spec, flash(64, 64));
  const Shape x{16, 64, 1000, 1000, 128};
  const Traffic t = valid(simulate(spec, loop, x.sizes()));
  check_moves(t, "K", x.b * x.h * 1024 * x.t * x.d, 0);
  CHECK(t.steps < 10000000);
}

}  // namespace minimoa::cost
