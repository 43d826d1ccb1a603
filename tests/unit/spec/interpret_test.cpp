// The reference interpreter against hand-written values and plain C++ loops.
//
// The loops are written from FORMAT.md section 1 with indices spelled out and
// share nothing with the interpreter. May be wrong: a misreading of the
// format here and there alike.
#include "tests/unit/spec/interpret_fixture.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>

#include <nlohmann/json.hpp>

namespace minimoa::test {
namespace {

const Named kA{"A", {2, 3}, {1, 2, 3, 4, 5, 6}};
const Named kB{"B", {3, 2}, {1, 2, 3, 4, 5, 6}};
const Named kV{"v", {3}, {10, 20, 30}};

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

TEST_CASE("index arithmetic uses floor division and floor modulus") {
  CHECK(value("(real (div -7 2))", {}) == Numbers{-4});
  CHECK(value("(real (mod -7 2))", {}) == Numbers{1});
  CHECK(value("(real (- (* 3 4) (+ 5 1)))", {}) == Numbers{6});
  CHECK(code_of("(real (div 1 0))", {}) == "E0706");
  CHECK(code_of("(real (* 100000000000000000 100000000000000000))", {}) == "E0709");
}

TEST_CASE("comparisons and connectives are those of integers") {
  const auto truth = [](const std::string& g) {
    return value("(if " + g + " (real 1) (real 0))", {})[0] == 1;
  };
  CHECK(truth("true"));
  CHECK(truth("(< 1 2)"));
  CHECK_FALSE(truth("(< 2 2)"));
  CHECK(truth("(<= 2 2)"));
  CHECK(truth("(== 3 3)"));
  CHECK(truth("(!= 3 4)"));
  CHECK_FALSE(truth("(and true (< 2 1))"));
  CHECK(truth("(or (< 2 1) true)"));
  CHECK(truth("(not (< 2 1))"));
  CHECK(truth("(any (j 4) (== j 3))"));
  CHECK_FALSE(truth("(any (j 3) (== j 3))"));
  CHECK_FALSE(truth("(any (j 0) true)"));
  CHECK(truth("(iszero (real 0))"));
  CHECK_FALSE(truth("(iszero bottom)"));
}

TEST_CASE("scalar functions agree with the C++ library") {
  check_near(value("(rat 1 4)", {}), {0.25});
  check_near(value("(neg (real 3))", {}), {-3});
  check_near(value("(exp (rat 1 2))", {}), {std::exp(0.5)});
  check_near(value("(exp2 (rat 1 2))", {}), {std::sqrt(2.0)});
  check_near(value<Quad>("(exp2 (rat 1 2))", {}), {std::sqrt(2.0)});
  check_near(value("(log (real 5))", {}), {std::log(5.0)});
  check_near(value("(sqrt (real 2))", {}), {std::sqrt(2.0)});
  check_near(value("(tanh (rat 1 2))", {}), {std::tanh(0.5)});
  check_near(value("(/ (real 1) (real 8))", {}), {0.125});
  check_near(value("(max (real 1) (real 8))", {}), {8});
  check_near(value("(min (real 1) (real 8))", {}), {1});
}

TEST_CASE("bottom is the identity of max and vanishes in expsub") {
  CHECK(value("(max bottom (real -5))", {}) == Numbers{-5});
  CHECK(value("(max (real -5) bottom)", {}) == Numbers{-5});
  CHECK(value("(expsub bottom (real 1))", {}) == Numbers{0});
  CHECK(value("(expsub bottom bottom)", {}) == Numbers{0});
  check_near(value("(expsub (real 2) (real 3))", {}), {std::exp(-1.0)});
}

TEST_CASE("bottom in arithmetic is a diagnostic, never a number") {
  for (const char* t :
       {"(exp (- (real 1) bottom))", "(exp bottom)", "(tanh bottom)", "(+ bottom (real 1))",
        "(* bottom (real 0))", "(/ (real 1) bottom)", "(- bottom bottom)", "(neg bottom)",
        "(expsub (real 1) bottom)", "(exp2 bottom)", "(log bottom)", "(sqrt bottom)"}) {
    CAPTURE(t);
    CHECK(code_of(t, {}) == "E0707");
  }
}

TEST_CASE("what has no real value is a diagnostic") {
  CHECK(code_of("(/ (real 1) (real 0))", {}) == "E0706");
  CHECK(code_of("(/ (real 0) (real 0))", {}) == "E0706");
  CHECK(code_of("(log (real 0))", {}) == "E0707");
  CHECK(code_of("(sqrt (real -1))", {}) == "E0707");
  CHECK(code_of("(exp (real 1000))", {}) == "E0707");
}

TEST_CASE("pointwise operators extend scalars, compound ones too") {
  CHECK(value("(+ A A)", {2, 3}, {kA}) == Numbers{2, 4, 6, 8, 10, 12});
  CHECK(value("(- A (redf add v))", {2, 3}, {kA, kV}) == Numbers{-59, -58, -57, -56, -55, -54});
  CHECK(value("(- (redf max v) v)", {3}, {kV}) == Numbers{20, 10, 0});
  CHECK(value("(* v v)", {3}, {kV}) == Numbers{100, 400, 900});
  CHECK(value("(/ v (real 10))", {3}, {kV}) == Numbers{1, 2, 3});
  CHECK(value("(max v (real 15))", {3}, {kV}) == Numbers{15, 20, 30});
  CHECK(value("(neg v)", {3}, {kV}) == Numbers{-10, -20, -30});
  CHECK(code_of("(+ A B)", {2, 3}, {kA, kB}) == "E0701");
  CHECK(code_of("(+ A v)", {2, 3}, {kA, kV}) == "E0701");
}

TEST_CASE("a conditional evaluates one branch only") {
  CHECK(value("(if (< 1 2) (real 1) (/ (real 1) (real 0)))", {}) == Numbers{1});
  CHECK(value("(if (< 2 1) A (+ A (real 1)))", {2, 3}, {kA}) == Numbers{2, 3, 4, 5, 6, 7});
  CHECK(value("(real (if (< 2 1) 5 6))", {}) == Numbers{6});
  CHECK(code_of("(if true A (real 1))", {2, 3}, {kA}) == "E0701");
}

TEST_CASE("reductions start at the identity and respect the guard") {
  CHECK(value("(red add (j 3) true (psi (vec j) v))", {}, {kV}) == Numbers{60});
  CHECK(value("(red mul (j 3) true (psi (vec j) v))", {}, {kV}) == Numbers{6000});
  CHECK(value("(red max (j 3) (< j 2) (psi (vec j) v))", {}, {kV}) == Numbers{20});
  CHECK(value("(red min (j 3) (< 0 j) (psi (vec j) v))", {}, {kV}) == Numbers{20});
  CHECK(value("(red add (j 3) (< j 0) (psi (vec j) v))", {}, {kV}) == Numbers{0});
  CHECK(value("(red mul (j 0) true (real 7))", {}) == Numbers{1});
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(value("(red max (j 0) true (real 7))", {}) == Numbers{-inf});
  CHECK(code_of("(exp (red max (j 0) true (real 7)))", {}) == "E0707");
}

TEST_CASE("a reduction that is not offered is a diagnostic, however it was built") {
  Spec s = spec_over({}, {kV});
  s.core = mk_red("sub", "j", mk_int(3), mk(Op::kTrue), term("(psi (vec j) v)"));
  const auto r = evaluate<double>(s, {}, tensors({kV}));
  REQUIRE_FALSE(r.ok());
  CHECK(r.errors()[0].code == "E0701");
}

TEST_CASE("an add reduction of arrays and tuples is componentwise") {
  CHECK(value("(red add (i 2) true (psi (vec i) A))", {3}, {kA}) == Numbers{5, 7, 9});
  CHECK(value("(red add (i 2) (< i 0) (psi (vec i) A))", {3}, {kA}) == Numbers{0, 0, 0});
  const std::string t = "(red add (i 2) true (tup (real i) (psi (vec i) A)))";
  CHECK(value("(get 0 " + t + ")", {}, {kA}) == Numbers{1});
  CHECK(value("(get 1 " + t + ")", {3}, {kA}) == Numbers{5, 7, 9});
  CHECK(code_of("(red max (i 2) true (psi (vec i) A))", {3}, {kA}) == "E0701");
}

TEST_CASE("an osm reduction is softmax, and merges are its sums") {
  const Named x{"x", {5}, noise(5, 1)}, y{"y", {5, 2}, noise(10, 2)};
  double top = -2, z = 0, o[2] = {0, 0};
  for (double e : x.data) top = std::max(top, e);
  for (std::size_t j = 0; j < 5; ++j) {
    z += std::exp(x.data[j] - top);
    for (std::size_t c = 0; c < 2; ++c) o[c] += std::exp(x.data[j] - top) * y.data[2 * j + c];
  }
  const std::string state = "(tup (psi (vec j) x) (real 1) (psi (vec j) y))";
  const std::string all = "(red osm (j 5) true " + state + ")";
  const std::string halves =
      "(osmerge (red osm (j 5) (< j 2) " + state + ") (red osm (j 5) (<= 2 j) " + state + "))";
  for (const std::string& s : {all, halves}) {
    check_near(value("(get 0 " + s + ")", {}, {x, y}), {top});
    check_near(value("(get 1 " + s + ")", {}, {x, y}), {z});
    check_near(value("(get 2 " + s + ")", {2}, {x, y}), {o[0], o[1]});
  }
  const std::string nothing = "(red osm (j 5) (< j 0) " + state + ")";
  CHECK(value("(get 1 " + nothing + ")", {}, {x, y}) == Numbers{0});
  CHECK(value("(get 2 (osmerge " + nothing + " " + nothing + "))", {2}, {x, y}) == Numbers{0, 0});
}

TEST_CASE("gen and pargen build arrays, of tuples too") {
  CHECK(value("(gen (i 3) (real (* i i)))", {3}) == Numbers{0, 1, 4});
  CHECK(value("(gen (i 2) (pargen (j 2) (real (+ (* 10 i) j))))", {2, 2}) == Numbers{0, 1, 10, 11});
  CHECK(value("(gen (i 2) (psi (vec (- 1 i)) A))", {2, 3}, {kA}) == Numbers{4, 5, 6, 1, 2, 3});
  CHECK(value("(gen (i 0) (psi (vec i) A))", {0, 3}, {kA}).empty());
  const std::string t = "(let (s) (gen (i 2) (tup (real i) (psi (vec i) A))) ";
  CHECK(value(t + "(get 0 (psi (vec 1) s)))", {}, {kA}) == Numbers{1});
  CHECK(value(t + "(psi (vec 2) (get 1 (psi (vec 1) s))))", {}, {kA}) == Numbers{6});
  CHECK(value(t + "(get 1 (psi (vec 0) (rev s))))", {3}, {kA}) == Numbers{4, 5, 6});
  CHECK(code_of("(gen (i 2) (gen (j i) (real j)))", {2, 2}) == "E0701");
}

TEST_CASE("psi selects cells and elements, and stays in bounds") {
  CHECK(value("(psi (vec) A)", {2, 3}, {kA}) == kA.data);
  CHECK(value("(psi (vec 1) A)", {3}, {kA}) == Numbers{4, 5, 6});
  CHECK(value("(psi (vec 1 2) A)", {}, {kA}) == Numbers{6});
  CHECK(value("(psi (vec 2) (psi (vec 1) A))", {}, {kA}) == Numbers{6});
  CHECK(value("(psi (vec 1 0) (gen (i 2) (gen (j 2) (real (- i j)))))", {}) == Numbers{1});
  CHECK(value("(psi (vec 2 1) (tran (1 0) A))", {}, {kA}) == Numbers{6});
  CHECK(value("(gen (i 2) (psi (vec i) (gen (k 2) (real (+ k i)))))", {2}) == Numbers{0, 2});
  for (const char* t : {"(psi (vec 2 0) A)", "(psi (vec 0 3) A)", "(psi (vec -1 0) A)",
                        "(psi (vec 2 0) (tran (0 1) A))", "(psi (vec 2 0) (gen (i 2) v))"}) {
    CAPTURE(t);
    CHECK(code_of(t, {}, {kA, kV}) == "E0705");
  }
  CHECK(code_of("(psi (vec 0 0 0) A)", {}, {kA}) == "E0701");
}

TEST_CASE("mem reads an input at a full index") {
  CHECK(value("(mem A (vec 1 1))", {}, {kA}) == Numbers{5});
  CHECK(code_of("(mem A (vec 2 0))", {}, {kA}) == "E0705");
  CHECK(code_of("(mem A (vec 1))", {3}, {kA}) == "E0701");
}

TEST_CASE("tran moves axis k to place t_k, for every permutation of rank 3") {
  const Named a{"A", {2, 3, 4}, noise(24, 3)};
  std::vector<std::int64_t> t{0, 1, 2};
  do {
    Shape out(3);
    for (std::size_t k = 0; k < 3; ++k) out[at(t[k])] = a.shape[k];
    Numbers want;
    for (std::int64_t p0 = 0; p0 < out[0]; ++p0)
      for (std::int64_t p1 = 0; p1 < out[1]; ++p1)
        for (std::int64_t p2 = 0; p2 < out[2]; ++p2) {
          const std::int64_t p[3] = {p0, p1, p2};
          want.push_back(a.data[at((p[t[0]] * 3 + p[t[1]]) * 4 + p[t[2]])]);
        }
    const std::string word =
        "(" + std::to_string(t[0]) + " " + std::to_string(t[1]) + " " + std::to_string(t[2]) + ")";
    CHECK(value("(tran " + word + " A)", out, {a}) == want);
  } while (std::next_permutation(t.begin(), t.end()));
  CHECK(code_of("(tran (1 0) A)", {2, 3, 4}, {a}) == "E0701");
}

TEST_CASE("take, drop, cat, rev and rot act on the first axis") {
  CHECK(value("(take 1 A)", {1, 3}, {kA}) == Numbers{1, 2, 3});
  CHECK(value("(drop 1 A)", {1, 3}, {kA}) == Numbers{4, 5, 6});
  CHECK(value("(take 0 v)", {0}, {kV}).empty());
  CHECK(value("(drop 3 v)", {0}, {kV}).empty());
  CHECK(value("(cat A (take 1 A))", {3, 3}, {kA}) == Numbers{1, 2, 3, 4, 5, 6, 1, 2, 3});
  CHECK(value("(cat (take 2 v) (drop 2 v))", {3}, {kV}) == kV.data);
  CHECK(value("(rev A)", {2, 3}, {kA}) == Numbers{4, 5, 6, 1, 2, 3});
  CHECK(value("(rot 1 v)", {3}, {kV}) == Numbers{20, 30, 10});
  CHECK(value("(rot -1 v)", {3}, {kV}) == Numbers{30, 10, 20});
  CHECK(value("(rot 7 v)", {3}, {kV}) == Numbers{20, 30, 10});
  CHECK(code_of("(take 4 v)", {4}, {kV}) == "E0705");
  CHECK(code_of("(drop -1 v)", {4}, {kV}) == "E0705");
  CHECK(code_of("(cat A B)", {5, 3}, {kA, kB}) == "E0701");
  CHECK(code_of("(rev (real 1))", {}) == "E0701");
}

TEST_CASE("reshape and iota are row-major") {
  CHECK(value("(reshape (vec 3 2) A)", {3, 2}, {kA}) == kA.data);
  CHECK(value("(psi (vec 2 0) (reshape (vec 3 2) A))", {}, {kA}) == Numbers{5});
  CHECK(value("(reshape (vec 6) A)", {6}, {kA}) == kA.data);
  CHECK(value("(reshape (vec) (take 1 v))", {}, {kV}) == Numbers{10});
  CHECK(value("(reshape (vec 1 1) (real 4))", {1, 1}) == Numbers{4});
  CHECK(code_of("(reshape (vec 4) A)", {4}, {kA}) == "E0701");
  CHECK(value("(iota 4)", {4}) == Numbers{0, 1, 2, 3});
}

TEST_CASE("redf reduces the first axis with each operator") {
  CHECK(value("(redf add A)", {3}, {kA}) == Numbers{5, 7, 9});
  CHECK(value("(redf mul A)", {3}, {kA}) == Numbers{4, 10, 18});
  CHECK(value("(redf max A)", {3}, {kA}) == Numbers{4, 5, 6});
  CHECK(value("(redf min A)", {3}, {kA}) == Numbers{1, 2, 3});
  CHECK(value("(redf add v)", {}, {kV}) == Numbers{60});
  CHECK(value("(redf add (take 0 A))", {3}, {kA}) == Numbers{0, 0, 0});
}

TEST_CASE("inner is a matrix product for every pair of ranks") {
  CHECK(value("(inner add * A B)", {2, 2}, {kA, kB}) == Numbers{22, 28, 49, 64});
  CHECK(value("(inner add * A v)", {2}, {kA, kV}) == Numbers{140, 320});
  CHECK(value("(inner add * v B)", {2}, {kB, kV}) == Numbers{220, 280});
  CHECK(value("(inner add * v v)", {}, {kV}) == Numbers{1400});
  CHECK(value("(inner max - A B)", {2, 2}, {kA, kB}) == Numbers{0, -1, 3, 2});
  CHECK(value("(inner min + v v)", {}, {kV}) == Numbers{20});
  CHECK(code_of("(inner add * A A)", {2, 3}, {kA}) == "E0701");
}

TEST_CASE("outer pairs every element with every element, scalars too") {
  CHECK(value("(outer * v (take 2 v))", {3, 2}, {kV}) == Numbers{100, 200, 200, 400, 300, 600});
  CHECK(value("(outer * v (real 2))", {3}, {kV}) == Numbers{20, 40, 60});
  CHECK(value("(outer - (real 2) v)", {3}, {kV}) == Numbers{-8, -18, -28});
  CHECK(value("(outer / (real 1) (real 4))", {}) == Numbers{0.25});
}

TEST_CASE("omega applies to cells, omega2 agrees on the last axes") {
  CHECK(value("(omega 1 (x) (redf add x) A)", {2}, {kA}) == Numbers{6, 15});
  CHECK(value("(omega 1 (x) (rev x) A)", {2, 3}, {kA}) == Numbers{3, 2, 1, 6, 5, 4});
  CHECK(value("(omega 0 (x) (* x x) v)", {3}, {kV}) == Numbers{100, 400, 900});
  CHECK(value("(omega 2 (x) x A)", {2, 3}, {kA}) == kA.data);
  CHECK(value("(omega2 1 0 (x y) (- x y) A (redf add (tran (1 0) A)))", {2, 3}, {kA}) ==
        Numbers{-5, -4, -3, -11, -10, -9});
  CHECK(value("(omega2 0 0 (x y) (+ x y) A v)", {2, 3}, {kA, kV}) ==
        Numbers{11, 22, 33, 14, 25, 36});
  CHECK(value("(omega2 0 0 (x y) (+ x y) v A)", {2, 3}, {kA, kV}) ==
        Numbers{11, 22, 33, 14, 25, 36});
  CHECK(value("(omega2 1 1 (x y) (inner add * x y) A v)", {2}, {kA, kV}) == Numbers{140, 320});
  CHECK(code_of("(omega2 0 0 (x y) (+ x y) A (take 2 v))", {2, 3}, {kA, kV}) == "E0701");
  CHECK(code_of("(omega 3 (x) x A)", {2, 3}, {kA}) == "E0701");
}

TEST_CASE("let shares a value and shadows names") {
  CHECK(value("(let (x) (redf add v) (/ v x))", {3}, {kV})[2] == doctest::Approx(0.5));
  CHECK(value("(let (x) (real 2) (let (x) (* x x) (+ x x)))", {}) == Numbers{8});
  CHECK(value("(gen (i 3) (let (x) (real i) (* x x)))", {3}) == Numbers{0, 1, 4});
  CHECK(value("(letslow (x) (+ v v) (psi (vec 1) x))", {}, {kV}) == Numbers{40});
  CHECK(value("(gen (i 2) (let (x) (gen (j 2) (real (+ i j))) "
              "(red add (j 2) true (psi (vec j) x))))",
              {2}) == Numbers{1, 3});
}

TEST_CASE("a remembered value is renewed when what it depends on changes") {
  // exp is remembered by j; x changes with i, J and the let in between.
  check_near(value("(gen (i 3) (let (x) (real i) (red add (j 2) true (exp (- (real j) x)))))", {3}),
             {1 + std::exp(1.0), std::exp(-1.0) + 1, std::exp(-2.0) + std::exp(-1.0)});
  check_near(value("(fold (J 3) (s) (real 0) (+ s (exp (- s (real J)))))", {}), [] {
    double s = 0;
    for (int j = 0; j < 3; ++j) s += std::exp(s - j);
    return Numbers{s};
  }());
  CHECK(value("(omega 1 (x) (red add (j 3) true (* (psi (vec j) x) (redf max x))) A)", {2}, {kA}) ==
        Numbers{18, 90});
}

TEST_CASE("fold threads its state, scalar, array or tuple") {
  CHECK(value("(fold (J 5) (s) (real 1) (* s (real 2)))", {}) == Numbers{32});
  CHECK(value("(fold (J 0) (s) (real 1) (* s (real 2)))", {}) == Numbers{1});
  CHECK(value("(fold (J 2) (s) v (gen (i 3) (+ (psi (vec (- 2 i)) s) (real J))))", {3}, {kV}) ==
        Numbers{11, 21, 31});
  CHECK(value("(get 1 (fold (J 4) (s) (tup (real 0) (real 1)) "
              "(tup (get 1 s) (+ (get 0 s) (get 1 s)))))",
              {}) == Numbers{5});
}

TEST_CASE("an integer input is an index, within its declared range") {
  const Named t{"T", {3}, {2, 0, 1}, Elem::kI32};
  CHECK(value("(gen (i 3) (psi (vec (psi (vec i) T)) v))", {3}, {kV, t}) == Numbers{30, 10, 20});
  CHECK(value("(gen (i 3) (psi (vec (mem T (vec i))) v))", {3}, {kV, t}) == Numbers{30, 10, 20});
  CHECK(value("(gen (i 3) (real (psi (vec i) (rev T))))", {3}, {t}) == Numbers{1, 0, 2});
  const auto message = [&](const Numbers& data) {
    Spec s = spec_over({}, {t});
    s.inputs[0].lo = mk_int(0);
    s.inputs[0].hi = mk_int(3);
    const auto r = evaluate<double>(s, {}, {{"T", {{3}, data}}});
    return r.ok() ? "" : r.errors()[0].code + " " + r.errors()[0].message;
  };
  CHECK(message({0, 1, 2}) == "");
  CHECK(message({0, 3, 2}).find("E0703 T[1] = 3") == 0);
  CHECK(message({0, 1, -1}).find("E0703 T[2] = -1") == 0);
  CHECK(message({0.5, 1, 1}).find("E0703 T[0] = 0.5") == 0);
}

TEST_CASE("sizes, requires, shapes and missing inputs are checked first") {
  Spec s;
  s.name = "t";
  s.dims = {"N", "M"};
  s.requires_ = {term("(<= N M)")};
  s.inputs = {array("x", std::vector<std::string>{"N"})};
  s.output = array("O", std::vector<std::string>{"N"});
  s.core = term("x");
  const auto code = [&](const std::map<std::string, std::int64_t>& dims, Shape shape,
                        const char* name = "x") {
    const Tensor<double> x{shape, Numbers(2, 1.0)};
    const auto r = evaluate<double>(s, dims, {{name, x}});
    return r.ok() ? "" : r.errors()[0].code;
  };
  CHECK(code({{"N", 2}, {"M", 2}}, {2}) == "");
  CHECK(code({{"N", 2}, {"M", 1}}, {2}) == "E0702");
  CHECK(code({{"N", 0}, {"M", 1}}, {2}) == "E0702");
  CHECK(code({{"N", 2}}, {2}) == "E0702");
  CHECK(code({{"N", 2}, {"M", 2}, {"X", 1}}, {2}) == "E0702");
  CHECK(code({{"N", 3}, {"M", 3}}, {2}) == "E0704");
  CHECK(code({{"N", 2}, {"M", 2}}, {2}, "y") == "E0704");
  s.requires_ = {term("(any (j M) (== j N))")};
  CHECK(code({{"N", 2}, {"M", 3}}, {2}) == "");
  CHECK(code({{"N", 2}, {"M", 2}}, {2}) == "E0702");
}

TEST_CASE("an input that is not finite matters only where it is used") {
  Named v = kV;
  v.data[1] = std::numeric_limits<double>::quiet_NaN();
  CHECK(value("(+ (psi (vec 0) v) (psi (vec 2) v))", {}, {v}) == Numbers{40});
  CHECK(code_of("(psi (vec 1) v)", {}, {v}) == "E0707");
  CHECK(code_of("(redf add v)", {}, {v}) == "E0707");
  v.data[1] = -std::numeric_limits<double>::infinity();
  CHECK(code_of("(red max (j 3) true (psi (vec j) v))", {}, {v}) == "E0707");
}

TEST_CASE("statements write each element of the output exactly once") {
  CHECK(written("(for (i 2) (put (vec i) (psi (vec i) A)))", {2, 3}, {kA}) == kA.data);
  CHECK(written("(parfor (i 3) (put (vec (- 2 i)) (psi (vec i) v)))", {3}, {kV}) ==
        Numbers{30, 20, 10});
  CHECK(written("(for (I 2) (for (r 2) (when (< (+ (* I 2) r) 3) "
                "(put (vec (+ (* I 2) r)) (mem v (vec (+ (* I 2) r)))))))",
                {3}, {kV}) == kV.data);
  CHECK(written("(letslow (s) (pargen (i 3) (* (mem v (vec i)) (real 2))) "
                "(for (i 3) (let (x) (psi (vec i) s) (put (vec i) x))))",
                {3}, {kV}) == Numbers{20, 40, 60});
  CHECK(code_of("(for (i 2) (put (vec 0) (real i)))", {2}) == "E0708");
  CHECK(code_of("(for (i 2) (put (vec i) (real i)))", {3}) == "E0708");
  CHECK(code_of("(for (i 3) (put (vec i) (real i)))", {2}) == "E0705");
  CHECK(code_of("(when (< 1 0) (put (vec) (real 1)))", {}) == "E0708");
}

TEST_CASE("ill-typed terms are diagnostics") {
  for (const char* t : {"(psi (vec A) A)", "(get 2 (tup A A))", "(exp 1)", "(+ 1 (real 1))",
                        "unbound", "(tran (0) (real 1))", "(if 1 A A)", "(red add (j A) true A)",
                        "(osmerge A A)", "(tup A A)", "(put (vec) A)", "(iota A)"}) {
    CAPTURE(t);
    CHECK(code_of(t, {}, {kA}) == "E0701");
  }
}

TEST_CASE("arrays too large to hold are refused, not allocated") {
  CHECK(code_of("(gen (i 16777216) (gen (j 16777216) (real 0)))", {16777216, 16777216}) == "E0709");
  CHECK(code_of("(redf add (iota 1073741824))", {}) == "E0709");
}

// --- attention as a whole --------------------------------------------------------

Spec attention() {
  Spec s;
  s.name = "attention";
  s.dims = {"S", "T", "D"};
  s.inputs = {array("Q", std::vector<std::string>{"S", "D"}),
              array("K", std::vector<std::string>{"T", "D"}),
              array("V", std::vector<std::string>{"T", "D"})};
  s.output = array("O", std::vector<std::string>{"S", "D"});
  s.core = term(
      "(gen (i S) (gen (c D) (let (s) (gen (j T) (/ (red add (e D) true "
      "(* (psi (vec i e) Q) (psi (vec j e) K))) (sqrt (real D))))"
      "(let (m) (red max (j T) true (psi (vec j) s))"
      "(/ (red add (j T) true (* (exp (- (psi (vec j) s) m)) (psi (vec j c) V)))"
      "   (red add (j T) true (exp (- (psi (vec j) s) m))))))))");
  return s;
}

std::map<std::string, Tensor<double>> random_inputs(std::int64_t n, std::int64_t m,
                                                    std::int64_t d) {
  return {{"Q", {{n, d}, noise(at(n * d), 5)}},
          {"K", {{m, d}, noise(at(m * d), 6)}},
          {"V", {{m, d}, noise(at(m * d), 7)}}};
}

Numbers naive_attention(const std::map<std::string, Tensor<double>>& in) {
  const std::int64_t n = in.at("Q").shape[0], m = in.at("K").shape[0], d = in.at("Q").shape[1];
  Numbers out;
  for (std::int64_t i = 0; i < n; ++i) {
    std::vector<long double> w;
    long double sum = 0;
    for (std::int64_t j = 0; j < m; ++j) {
      long double s = 0;
      for (std::int64_t e = 0; e < d; ++e)
        s += static_cast<long double>(in.at("Q").data[at(i * d + e)]) *
             in.at("K").data[at(j * d + e)];
      w.push_back(std::exp(s / std::sqrt(static_cast<long double>(d))));
      sum += w.back();
    }
    for (std::int64_t c = 0; c < d; ++c) {
      long double o = 0;
      for (std::int64_t j = 0; j < m; ++j) o += w[at(j)] * in.at("V").data[at(j * d + c)];
      out.push_back(static_cast<double>(o / sum));
    }
  }
  return out;
}

TEST_CASE("attention in index form agrees with plain loops") {
  const std::int64_t sizes[][3] = {{1, 1, 1}, {3, 5, 2}, {4, 7, 3}, {17, 9, 8}};
  for (const auto& s : sizes) {
    const auto in = random_inputs(s[0], s[1], s[2]);
    const auto r = evaluate<double>(attention(), {{"S", s[0]}, {"T", s[1]}, {"D", s[2]}}, in);
    REQUIRE(r.ok());
    check_near(r.value().data, naive_attention(in));
  }
}

TEST_CASE("attention in array form agrees with index form") {
  Spec s = attention();
  s.core = term(
      "(let (x) (/ (inner add * Q (tran (1 0) K)) (sqrt (real D)))"
      "(let (e) (exp (omega2 1 0 (a b) (- a b) x (omega 1 (r) (redf max r) x)))"
      "(inner add * (omega2 1 0 (a b) (/ a b) e (omega 1 (r) (redf add r) e)) V)))");
  const auto in = random_inputs(6, 9, 4);
  const auto r = evaluate<double>(s, {{"S", 6}, {"T", 9}, {"D", 4}}, in);
  REQUIRE_MESSAGE(r.ok(), (r.ok() ? "" : text(r.errors())));
  check_near(r.value().data, naive_attention(in));
}

TEST_CASE("a blocked online softmax as a loop program agrees with plain loops") {
  const Term program = term(
      "(parfor (I (div (+ S 3) 4)) (let (st) (fold (J (div (+ T 3) 4)) (u)"
      " (gen (r 4) (tup bottom (real 0) (gen (c D) (real 0))))"
      " (gen (r 4) (if (< (+ (* I 4) r) S) (osmerge (psi (vec r) u)"
      "  (red osm (t 4) (< (+ (* J 4) t) T) (tup"
      "   (/ (red add (l D) true (* (mem Q (vec (+ (* I 4) r) l)) (mem K (vec (+ (* J 4) t) l))))"
      "      (sqrt (real D))) (real 1) (gen (c D) (mem V (vec (+ (* J 4) t) c))))))"
      "  (psi (vec r) u))))"
      " (for (r 4) (when (< (+ (* I 4) r) S) (for (c D) (put (vec (+ (* I 4) r) c)"
      "  (/ (psi (vec c) (get 2 (psi (vec r) st))) (get 1 (psi (vec r) st)))))))))");
  for (std::int64_t n : {1, 4, 5}) {
    const auto in = random_inputs(n, n + 2, 3);
    const auto r =
        evaluate_statement<double>(attention(), program, {{"S", n}, {"T", n + 2}, {"D", 3}}, in);
    REQUIRE_MESSAGE(r.ok(), (r.ok() ? "" : text(r.errors())));
    check_near(r.value().data, naive_attention(in));
  }
}

TEST_CASE("an empty softmax row is a division by zero, unless a value is given") {
  const std::string body =
      "(let (m) (red max (j 3) (< j 0) (psi (vec j) v))"
      "(/ (red add (j 3) (< j 0) (* (exp (- (psi (vec j) v) m)) (real 1)))"
      "   (red add (j 3) (< j 0) (exp (- (psi (vec j) v) m)))))";
  CHECK(code_of(body, {}, {kV}) == "E0706");
  CHECK(value("(if (any (j 3) (< j 0)) " + body + " (real 7))", {}, {kV}) == Numbers{7});
}

}  // namespace
}  // namespace minimoa::test
