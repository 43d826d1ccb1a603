// One pinned core term per row of LANGUAGE.md's tables.
//
// The audit reads the same page with its own code; a difference here would be
// an INVALID certificate there. Terms are compared up to bound names.
#include <string>

#include <doctest/doctest.h>

#include "spec/lang/elaborate.h"
#include "spec/lang/term.h"

namespace minimoa::elaborate_test {
namespace {

std::string with_output(const std::string& out, const std::string& body) {
  return "spec x\ndims M, N, K, W\nrequire W <= N\n"
         "in A : f32[M,N], B : f32[N,K], C : f32[N], R : f32, I : i32[M,N] in 0 .. N\n"
         "in F : f32[M,N,K]\nout O : f32" +
         out + "\n" + body + "\n";
}

Result<Spec> read(const std::string& out, const std::string& body) {
  return read_spec(with_output(out, body), "x.moa");
}

void pinned(const std::string& out, const std::string& body, const std::string& core) {
  const Result<Spec> spec = read(out, body);
  INFO(body);
  if (!spec.ok()) FAIL(render(spec.errors(), Format::kText, with_output(out, body)));
  std::string error;
  const auto wanted = parse_term(core, &error);
  REQUIRE_MESSAGE(wanted.has_value(), error);
  INFO(print(spec.value().core));
  CHECK(alpha_equal(spec.value().core, *wanted));
}

std::string code_of(const std::string& out, const std::string& body) {
  const Result<Spec> spec = read(out, body);
  return spec.ok() ? "" : spec.errors()[0].code;
}

TEST_CASE("numbers: literals, decimals in lowest terms, indices as reals") {
  pinned("", "O = 3", "(real 3)");
  pinned("", "O = N", "(real N)");
  pinned("", "O = 12.5", "(rat 25 2)");
  pinned("", "O = 4.0", "(real 4)");
  pinned("", "O = 0.00", "(real 0)");
  pinned("", "O = R", "R");
}

TEST_CASE("arithmetic of indices stays an index until a real is needed") {
  pinned("", "O = M + N * 2 - 1", "(real (- (+ M (* N 2)) 1))");
  pinned("", "O = M div 2 + N mod 3", "(real (+ (div M 2) (mod N 3)))");
  pinned("", "O = R + M", "(+ R (real M))");
  pinned("", "O = M * R", "(* (real M) R)");
  pinned("", "O = 1 / N", "(/ (real 1) (real N))");
  pinned("", "O = M + 1.5", "(+ (real M) (rat 3 2))");
  pinned("[M,N]", "O = A * 2", "(* A (real 2))");
}

TEST_CASE("minus: literal, index, value") {
  pinned("", "O = -3", "(real -3)");
  pinned("", "O = -N", "(real (- 0 N))");
  pinned("", "O = -R", "(neg R)");
  pinned("[M,N]", "O = A - -A", "(- A (neg A))");
}

TEST_CASE("comparisons and conditions") {
  pinned("", "O = if M < N then 1 else R", "(if (< M N) (real 1) R)");
  pinned("", "O = if M > N then R else R", "(if (< N M) R R)");
  pinned("", "O = if M >= N then R else R", "(if (<= N M) R R)");
  pinned("", "O = if M <= N and M == 2 or not (N != 3) then R else R",
         "(if (or (and (<= M N) (== M 2)) (not (!= N 3))) R R)");
  pinned("", "O = if M < N then M else N", "(real (if (< M N) M N))");
}

TEST_CASE("selections, full and partial, three spellings") {
  pinned("[M,N]", "O = gen(i in M) gen(j in N) A[i,j]",
         "(gen (i M) (gen (j N) (psi (vec i j) A)))");
  pinned("[M,N]", "O = gen(i in M) <i> psi A", "(gen (i M) (psi (vec i) A))");
  pinned("[M,N]", "O = gen(i in M) i psi A", "(gen (i M) (psi (vec i) A))");
  pinned("[M,N]", "O = <> psi A", "(psi (vec) A)");
  pinned("", "O = <0 (N - 1)> psi A", "(psi (vec 0 (- N 1)) A)");
  pinned("", "O = A[0][1]", "(psi (vec 1) (psi (vec 0) A))");
  pinned("", "O = C[I[0,1]]", "(psi (vec (psi (vec 0 1) I)) C)");
  pinned("", "O = I[0,1]", "(real (psi (vec 0 1) I))");
}

TEST_CASE("functions take reals") {
  pinned("", "O = exp(R) + exp2(N) + log(R) + sqrt(N) + tanh(R)",
         "(+ (+ (+ (+ (exp R) (exp2 (real N))) (log R)) (sqrt (real N))) (tanh R))");
  pinned("", "O = max(M, N)", "(max (real M) (real N))");
  pinned("[M,N]", "O = min(A, 0)", "(min A (real 0))");
}

TEST_CASE("reductions and gen") {
  pinned("", "O = sum(j in N) C[j]", "(red add (j N) true (psi (vec j) C))");
  pinned("", "O = sum(j in N | j < W) C[j]", "(red add (j N) (< j W) (psi (vec j) C))");
  pinned("", "O = max(j in N) j", "(red max (j N) true (real j))");
  pinned("", "O = min(j in N | j != 0) C[j]", "(red min (j N) (!= j 0) (psi (vec j) C))");
  pinned("", "O = sum(j in N) C[j] + 1", "(red add (j N) true (+ (psi (vec j) C) (real 1)))");
  pinned("[N]", "O = gen(i in N) i", "(gen (i N) (real i))");
  pinned("[N]", "O = sum(i in M) A[i]", "(red add (i M) true (psi (vec i) A))");
}

TEST_CASE("products and folds") {
  pinned("[M,K]", "O = A +.* B", "(inner add * A B)");
  pinned("[M,K]", "O = A max.+ B", "(inner max + A B)");
  pinned("[M,N,N]", "O = A o.* C", "(outer * A C)");
  pinned("[N]", "O = +red A", "(redf add A)");
  pinned("[N]", "O = max red A", "(redf max A)");
  pinned("[N]", "O = *red A", "(redf mul A)");
  pinned("[M]", "O = min red omega<1> A", "(omega 1 (x) (redf min x) A)");
}

TEST_CASE("transposition") {
  pinned("[N,M]", "O = <1 0> tran A", "(tran (1 0) A)");
  pinned("[N,M]", "O = tran A", "(tran (1 0) A)");
  pinned("[K,N,M]", "O = tran F", "(tran (2 1 0) F)");
  pinned("[K,M,N]", "O = <1 2 0> tran F", "(tran (1 2 0) F)");
  pinned("[M,K,N]", "O = <1 0> tran omega<2> F", "(omega 2 (x) (tran (1 0) x) F)");
}

TEST_CASE("take and drop, negative counts from the end") {
  pinned("[W]", "O = W take C", "(take W C)");
  pinned("[N - W]", "O = W drop C", "(drop W C)");
  pinned("[2]", "O = (-2) take C", "(drop (- N 2) C)");
  pinned("[N - 2]", "O = <-2> drop C", "(take (- N 2) C)");
  pinned("[1,2]", "O = <1 2> take A", "(take 1 (omega 1 (x) (take 2 x) A))");
  pinned("[1,2,3]", "O = <1 2 3> take F",
         "(take 1 (omega 2 (x) (take 2 (omega 1 (y) (take 3 y) x)) F))");
  pinned("[M - 1,1]", "O = <1 (N - 1)> drop A", "(drop 1 (omega 1 (x) (drop (- N 1) x) A))");
  pinned("[M,1]", "O = 1 take omega<1> A", "(omega 1 (x) (take 1 x) A)");
}

TEST_CASE("cat, rev, rot, iota, reshape") {
  pinned("[M + M,N]", "O = A cat A", "(cat A A)");
  pinned("[M,N]", "O = rev A", "(rev A)");
  pinned("[M,N]", "O = 1 rot A", "(rot 1 A)");
  pinned("[N]", "O = iota N", "(iota N)");
  pinned("[N,M]", "O = <N M> rho A", "(reshape (vec N M) A)");
  pinned("[M * N]", "O = rav A", "(reshape (vec (* M N)) A)");
  pinned("[M * N * K]", "O = rav F", "(reshape (vec (* (* M N) K)) F)");
  pinned("[N]", "O = rav C", "(reshape (vec N) C)");
  pinned("[1]", "O = rav R", "(reshape (vec 1) R)");
}

TEST_CASE("softmax and omega") {
  const std::string row = "(let (v) x (let (e) (exp (- v (redf max v))) (/ e (redf add e))))";
  pinned("[N]", "O = softmax C",
         "(let (x) C (let (e) (exp (- x (redf max x))) (/ e (redf add e))))");
  pinned("[M,N]", "O = softmax omega<1> A", "(omega 1 (x) " + row + " A)");
  pinned("[M]", "O = A +.* omega<1 1> (rev A)", "(omega2 1 1 (x y) (inner add * x y) A (rev A))");
}

TEST_CASE("let: indices unfold, values become lets in order, used or not") {
  pinned("[W - 1]", "let V = W - 1\nO = V take C", "(take (- W 1) C)");
  pinned("[M,N]", "let X = A + A\nlet Y = C\nO = X * X", "(let (X) (+ A A) (let (Y) C (* X X)))");
}

TEST_CASE("attend without and with bias, mask and empty") {
  const std::string head = "attend O[i,c] over j in N\n  score = A[i,j]\n  value = B[j,c]\n";
  const auto core = [](const std::string& x, const std::string& g, const std::string& quot) {
    return "(gen (i M) (gen (c K) (let (s) (gen (j N) " + x + ") (let (m) (red max (j N) " + g +
           " (psi (vec j) s)) " + quot + "))))";
  };
  const auto quot = [](const std::string& g) {
    return "(/ (red add (j N) " + g +
           " (* (exp (- (psi (vec j) s) m)) (psi (vec j c) B))) "
           "(red add (j N) " +
           g + " (exp (- (psi (vec j) s) m))))";
  };
  const std::string x = "(psi (vec i j) A)";
  pinned("[M,K]", head, core(x, "true", quot("true")));
  pinned("[M,K]", head + "  bias = j - i",
         core("(+ " + x + " (real (- j i)))", "true", quot("true")));
  pinned("[M,K]", head + "  mask = j <= i", core(x, "(<= j i)", quot("(<= j i)")));
  pinned("[M,K]", head + "  empty = 0\n  mask = j <= i",
         core(x, "(<= j i)", "(if (any (j N) (<= j i)) " + quot("(<= j i)") + " (real 0))"));
  pinned("[M,K]", head + "  empty = R",
         core(x, "true", "(if (any (j N) true) " + quot("true") + " R)"));
}

TEST_CASE("the two spellings have one core") {
  const char* ascii = "O = (softmax omega<1> (A * 2)) +.* (<1 0> tran (tran B))";
  const char* greek = "O = (softmax Ω⟨1⟩ (A × 2)) +.× (⟨1 0⟩ ⍉ (⍉ B))";
  const Result<Spec> one = read("[M,K]", ascii), two = read("[M,K]", greek);
  REQUIRE(one.ok());
  REQUIRE(two.ok());
  CHECK(alpha_equal(one.value().core, two.value().core));
  pinned("[N]", "O = ⌈red A", "(redf max A)");
  pinned("", "O = Σ(j in N | j ≤ W ∧ ¬ (j ≠ 0)) √(C[j]) ÷ 2",
         "(red add (j N) (and (<= j W) (not (!= j 0))) (/ (sqrt (psi (vec j) C)) (real 2)))");
}

TEST_CASE("requirements joined by and count as several") {
  const Result<Spec> spec = read_spec(
      "spec x\ndims M, N\nlet G = N div M\nrequire 1 < M and M < N\nrequire G == 2\n"
      "out O : f32\nO = 1",
      "x.moa");
  REQUIRE(spec.ok());
  REQUIRE(spec.value().requires_.size() == 3);
  CHECK(print(spec.value().requires_[0]) == "(< 1 M)");
  CHECK(print(spec.value().requires_[1]) == "(< M N)");
  CHECK(print(spec.value().requires_[2]) == "(== (div N M) 2)");
}

TEST_CASE("generated names never capture names of the spec") {
  const Result<Spec> spec = read_spec(
      "spec q\ndims s, m, e\nin x : f32[s,m], y : f32[m,e]\nout O : f32[s,e]\n"
      "attend O[i,c] over j in m\n  score = x[i,j] + m\n  value = y[j,c] + s\n",
      "q.moa");
  REQUIRE(spec.ok());
  const auto free = free_vars(spec.value().core);
  CHECK(free == std::set<std::string>{"s", "m", "e", "x", "y"});
}

TEST_CASE("what is refused, by code") {
  CHECK(code_of("[M,N]", "O = A + C") == "E0202");
  CHECK(code_of("[M,N]", "O = A[0,0,0] + A") == "E0203");
  CHECK(code_of("[M,N]", "O = softmax A") == "E0204");
  CHECK(code_of("", "O = if R < 1 then R else R") == "E0205");
  CHECK(code_of("", "O = sum(i in N) i < 2") == "E0205");
  CHECK(code_of("[M,N]", "O = I") == "E0205");
  CHECK(code_of("[M,N]", "O = rev omega<3> A") == "E0206");
  CHECK(code_of("[M,N]", "O = 1 psi omega<1> A") == "E0206");
  CHECK(code_of("[M,N]", "O = tran A") == "E0207");
  CHECK(code_of("[M,N]", "O = 1") == "E0207");
  CHECK(code_of("[M,N]", "O = <0 0> tran A") == "E0208");
  CHECK(code_of("[M]", "O = <M> rho A") == "E0209");
  CHECK(code_of("[M,N]", "O = gen(i in M) (i take C)") == "E0212");
  CHECK(code_of("[M,N]", "O = A cat C") == "E0202");
  CHECK(code_of("", "O = sum(i in i) 1") == "E0104");
  CHECK(code_of("", "O = sum(i in N) (sum(i in N) 1)") == "E0104");
  CHECK(code_of("", "O = (sum(i in N) 1) + (sum(i in N) 1)") == "");
}

TEST_CASE("unfolding that explodes is refused, not computed") {
  std::string body = "let k0 = N\n";
  for (int k = 1; k < 100; ++k) {
    const std::string last = "k" + std::to_string(k - 1);
    body += "let k" + std::to_string(k) + " = " + last + " + " + last + "\n";
  }
  CHECK(code_of("", body + "O = k99") == "E0107");
  std::string product = "let X0 = A\n";
  for (int k = 1; k < 60; ++k) {
    const std::string last = "X" + std::to_string(k - 1);
    product += "let X" + std::to_string(k) + " = " + last + " cat " + last + "\n";
  }
  CHECK(code_of("", product + "O = 1") == "E0107");
}

TEST_CASE("the source map knows the place of a mask and of a selection") {
  const std::string text = with_output(
      "[M,K]", "attend O[i,c] over j in N\n  score = A[i,j]\n  mask = j <= i\n  value = B[j,c]");
  SourceMap map;
  const Result<Spec> spec = read_spec(text, "x.moa", &map);
  REQUIRE(spec.ok());
  REQUIRE(map.rows.size() == 1);
  CHECK(map.rows[0].attend);
  CHECK(map.rows[0].span.line == 9);
  CHECK(map.rows[0].span.column == 10);
  CHECK(map.declarations.at("B").text == "B : f32[N,K]");
  const auto psi = find_all(spec.value().core, [](const Term& t) { return t->op == Op::kPsi; });
  REQUIRE(!psi.empty());
  CHECK(map.find(at(spec.value().core, psi[0])).line == 8);
}

TEST_CASE("spell writes terms as a spec does") {
  std::string error;
  const auto text = [&](const char* t) { return spell(*parse_term(t, &error)); };
  CHECK(text("(- a (- b c))") == "a - (b - c)");
  CHECK(text("(div (+ a 1) (* b c))") == "(a + 1) div (b * c)");
  CHECK(text("(psi (vec i (+ j 1)) table)") == "table[i,j + 1]");
  CHECK(text("(and (<= j i) (not (== a 0)))") == "j <= i and not a == 0");
}

}  // namespace
}  // namespace minimoa::elaborate_test
