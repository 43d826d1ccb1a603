// Proof search: what must be proved, what must never be, and how.
#include <doctest/doctest.h>

#include <cstdint>

#include "prover/obligations/checker.h"
#include "prover/obligations/obligations.h"
#include "prover/obligations/search.h"
#include "prover/obligations/statement.h"

namespace minimoa::search_test {
namespace {

Term T(const std::string& text) {
  std::string error;
  const auto t = parse_term(text, &error);
  REQUIRE_MESSAGE(t.has_value(), text << ": " << error);
  return *t;
}

Array array(const std::string& name, const std::vector<std::string>& shape) {
  Array a;
  a.name = name;
  for (const std::string& s : shape) a.shape.push_back(T(s));
  return a;
}

// Grouped-query attention: dims, requires, inputs; no core.
Spec gqa() {
  Spec s;
  s.name = "gqa";
  s.dims = {"B", "Hq", "Hkv", "S", "T", "D"};
  s.requires_ = {T("(== (mod Hq Hkv) 0)"), T("(<= Hkv Hq)"), T("(<= S T)")};
  s.inputs = {array("Q", {"B", "Hq", "S", "D"}), array("K", {"B", "Hkv", "T", "D"}),
              array("V", {"B", "Hkv", "T", "D"})};
  s.output = array("O", {"B", "Hq", "S", "D"});
  return s;
}

Spec plain(const std::vector<std::string>& dims, const std::vector<std::string>& shape) {
  Spec s;
  s.name = "plain";
  s.dims = dims;
  s.output = array("O", shape);
  return s;
}

// Context from texts: "v < n" for a binder, anything else is a fact.
std::vector<ContextEntry> context(const std::vector<std::string>& texts) {
  std::vector<ContextEntry> out;
  for (const std::string& t : texts) {
    const std::size_t at = t.find(" < ");
    if (t[0] != '(' && at != std::string::npos) {
      out.push_back({ContextEntry::Kind::kBinder, t.substr(0, at), T(t.substr(at + 3))});
    } else {
      out.push_back({ContextEntry::Kind::kFact, "", T(t)});
    }
  }
  return out;
}

Step step_of(const std::vector<std::string>& texts, const std::string& goal) {
  Step step;
  step.rule = "test";
  step.prove = {{context(texts), T(goal), ""}};
  return step;
}

void check_proved(const Spec& spec, const std::vector<std::string>& texts,
                  const std::string& goal) {
  Prover prover(spec);
  const Step step = step_of(texts, goal);
  const auto statements = step_statements(spec, step);
  const auto proved = prover.step(step);
  REQUIRE(proved.size() == statements.size());
  for (std::size_t k = 0; k < proved.size(); ++k) {
    CAPTURE(goal);
    CAPTURE(proved[k].proof.dump());
    REQUIRE(proved[k].decision == Decision::kProved);
    CHECK(check_proof(statements[k].hypotheses, statements[k].goal, statements[k].atoms.size(),
                      proved[k].proof) == "");
  }
}

const std::string kLimit = "(* 2147483648 2147483648)";
std::vector<std::string> no_overflow(const std::string& e) {
  return {"(<= " + e + " " + kLimit + ")", "(<= (- 0 " + kLimit + ") " + e + ")"};
}

TEST_CASE("a query head belongs to a key head") {
  const Spec s = gqa();
  const std::vector<std::string> c = {"b < B", "h < Hq"};
  check_proved(s, c, "(<= 1 (div Hq Hkv))");
  check_proved(s, c, "(<= 0 (div h (div Hq Hkv)))");
  check_proved(s, c, "(< (div h (div Hq Hkv)) Hkv)");
  check_proved(s, c, "(< (mod h (div Hq Hkv)) (div Hq Hkv))");
}

TEST_CASE("tiles, tails and diagonals stay in bounds") {
  const Spec s = gqa();
  const std::vector<std::string> row = {"I < (div (+ S 63) 64)", "r < 64", "(< (+ (* I 64) r) S)"};
  check_proved(s, row, "(<= 0 (+ (* I 64) r))");
  check_proved(s, row, "(< (+ (* I 64) r) S)");
  check_proved(s, {"I < (div (+ S 63) 64)"}, "(< (* I 64) S)");
  check_proved(s, {"I < (div (+ S 63) 64)"}, "(<= (* I 64) (- S 1))");
  check_proved(s, {}, "(<= 1 (div (+ S 63) 64))");
  check_proved(s, {"j < T"}, "(<= 0 (- (- T 1) j))");
  check_proved(s, {"j < T"}, "(< (- (- T 1) j) T)");
  check_proved(s, {"i < S"}, "(< (+ i (- T S)) T)");
  check_proved(s, {"i < S"}, "(<= 0 (+ i (- T S)))");
}

TEST_CASE("index arithmetic does not overflow") {
  const Spec s = gqa();
  const std::vector<std::string> c = {"b < B",
                                      "h < Hq",
                                      "I < (div (+ S 63) 64)",
                                      "r < 64",
                                      "(< (+ (* I 64) r) S)",
                                      "J < (div (+ T 31) 32)",
                                      "t < 32",
                                      "(< (+ (* J 32) t) T)"};
  for (const std::string e : {"(* I 64)", "(+ (* I 64) r)", "(+ S 63)", "(- T 1)", "(* h D)",
                              "(- (- T 1) (+ (* J 32) t))", "(* S T)", "(* (+ (* I 64) r) D)",
                              "(* (+ (* I 64) r) (+ (* J 32) t))", "(+ (* b Hq) h)",
                              "(+ (* (+ (* I 64) r) T) (+ (* J 32) t))",
                              "(* (div h (div Hq Hkv)) D)", "(* h (* I 64))"}) {
    for (const std::string& g : no_overflow(e)) check_proved(s, c, g);
  }
}

TEST_CASE("products of three bounded sizes do not overflow") {
  Spec s = gqa();
  s.requires_.push_back(T("(<= D 256)"));
  for (const std::string& g : no_overflow("(* (* S T) D)")) {
    check_proved(s, {}, g);
  }
  for (const std::string& g : no_overflow("(+ (* (* i T) D) d)")) {
    check_proved(s, {"i < S", "d < D"}, g);
  }
}

TEST_CASE("strides of arrays up to rank four do not overflow") {
  for (const std::vector<std::string>& shape : std::vector<std::vector<std::string>>{
           {}, {"S"}, {"S", "T"}, {"B", "S", "T"}, {"B", "S", "T", "D"}}) {
    Prover prover(plain({"B", "S", "T", "D"}, shape));
    const auto all = prover.safe(T("(put (vec) (real 0))"), nullptr);
    REQUIRE(!all.empty());
    CHECK(all[0].decision == Decision::kProved);
  }
}

const char* const kFlash =
    "(parfor (b B) (parfor (h Hq) (parfor (I (div (+ S 63) 64)) (for (r 64) "
    "(when (< (+ (* I 64) r) S) (for (d D) (put (vec b h (+ (* I 64) r) d) "
    "(red add (J (div (+ T 31) 32)) true (red add (t 32) "
    "(and (< (+ (* J 32) t) T) (<= (+ (* J 32) t) (+ (* I 64) r))) "
    "(* (mem Q (vec b h (+ (* I 64) r) d)) "
    "(mem K (vec b (div h (div Hq Hkv)) (+ (* J 32) t) d)))))))))))) ";

TEST_CASE("a tiled kernel is safe, written once and covered, fast") {
  const Spec spec = gqa();
  Prover prover(spec);
  const Term term = T(kFlash);
  std::vector<std::pair<std::string, std::string>> cover;
  for (const Proved& p : prover.divisors(mk(Op::kBottom), term)) {
    CHECK(p.decision == Decision::kProved);
  }
  const auto all = prover.safe(term, &cover);
  for (const Proved& p : all) {
    CAPTURE(p.label);
    CAPTURE(print(p.goal));
    CHECK(p.decision == Decision::kProved);
  }
  CHECK(cover ==
        std::vector<std::pair<std::string, std::string>>{
            {"b", "o0"}, {"h", "o1"}, {"I", "(div o2 64)"}, {"r", "(mod o2 64)"}, {"d", "o3"}});
  const auto statements = safe_statements(spec, term, nullptr);
  REQUIRE(statements.size() == all.size());
  for (std::size_t k = 0; k < all.size(); ++k) {
    CHECK(check_proof(statements[k].hypotheses, statements[k].goal, statements[k].atoms.size(),
                      all[k].proof) == "");
  }
}

TEST_CASE("the same obligations give the same bytes") {
  const auto bytes = [](bool warm) {
    Prover prover(gqa());
    if (warm) prover.step(step_of({"i < S"}, "(< (* i D) 7)"));
    nlohmann::json all;
    for (const Proved& p : prover.safe(T(kFlash), nullptr)) {
      all.push_back(p.proof);
    }
    return all.dump();
  };
  CHECK(bytes(false) == bytes(true));
}

TEST_CASE("integrality: cuts and splits") {
  const Spec s = plain({"n", "m"}, {"n"});
  check_proved(s, {"k < n", "l < n", "(<= (- (* 8 k) 7) (* 8 l))"}, "(<= k l)");
  check_proved(s, {"k < n", "l < n", "(== (* 2 k) (+ (* 2 l) 1))"}, "(< n 0)");
  check_proved(s, {"i < n", "r < m", "j < n", "q < m", "(== (+ (* i m) r) (+ (* j m) q))"},
               "(== r q)");
  check_proved(s, {"i < n", "r < m", "j < n", "q < m", "(== (+ (* i m) r) (+ (* j m) q))"},
               "(== i j)");
  check_proved(s, {"p < (* n m)"}, "(< (div p m) n)");
  check_proved(s, {"i < n", "r < m"}, "(== (div (+ (* i m) r) m) i)");
  check_proved(s, {"i < n", "r < m"}, "(< (+ (* i m) r) (* n m))");
}

TEST_CASE("row-major offsets in three dimensions") {
  const Spec s = plain({"n", "m", "d"}, {"n"});
  const std::vector<std::string> c = {"i < n", "j < m", "k < d"};
  const std::string f = "(+ (* (+ (* i m) j) d) k)";
  check_proved(s, c, "(<= 0 " + f + ")");
  check_proved(s, c, "(< (+ (* i m) j) (* n m))");
  check_proved(s, c, "(< " + f + " (* (* n m) d))");
  check_proved(s, c, "(< (div " + f + " d) (* n m))");
  check_proved(s, c, "(< (mod " + f + " d) d)");
  check_proved(s, c, "(== (mod " + f + " d) k)");
  check_proved(s, c, "(== (mod (div " + f + " d) m) j)");
  check_proved(s, c, "(== (div (div " + f + " d) m) i)");
}

TEST_CASE("a tile that divides the size needs no guard") {
  Spec s = plain({"S", "D"}, {"S"});
  s.requires_ = {T("(== (mod S 64) 0)")};
  const std::vector<std::string> c = {"I < (div S 64)", "r < 64", "d < D"};
  check_proved(s, c, "(< (+ (* I 64) r) S)");
  check_proved(s, c, "(< (+ (* (+ (* I 64) r) D) d) (* S D))");
}

TEST_CASE("what is true but not provable is a named hole") {
  Prover prover(plain({"S"}, {"S"}));
  const auto p = prover.step(step_of({"i < S", "j < S"}, "(<= (* 2 (* i j)) (+ (* i i) (* j j)))"));
  REQUIRE(p.size() == 1);
  CHECK(p[0].decision == Decision::kUnknown);
  CHECK(p[0].proof.contains("hole"));
}

TEST_CASE("what is asked after the end of a budget is unknown, true or false") {
  const Spec s = plain({"S", "T"}, {"S"});
  const std::vector<std::string> c = {"i < S", "j < T"};
  for (const char* goal : {"(< (* i j) (* S T))", "(< i T)"}) {
    Budget enough;
    CHECK(Prover(s, &enough).step(step_of(c, goal))[0].decision != Decision::kUnknown);
    CHECK((enough.solver < Budget{}.solver || enough.search < Budget{}.search));
    Budget none{0, 0};
    Prover spent(s, &none);
    CHECK(spent.step(step_of(c, goal))[0].decision == Decision::kUnknown);
    CHECK_FALSE(spent.witness().ok());
  }
}

TEST_CASE("elements of integer inputs lie in their range") {
  Spec s = plain({"NB", "PS", "P", "T"}, {"T"});
  Array table = array("table", {"P"});
  table.elem = Elem::kI32;
  table.lo = T("0");
  table.hi = T("NB");
  s.inputs = {table, array("pool", {"NB", "PS"})};
  s.requires_ = {T("(<= T (* P PS))")};
  const std::vector<std::string> c = {"j < T"};
  check_proved(s, c, "(< (psi (vec (div j PS)) table) NB)");
  check_proved(s, c, "(<= 0 (mem table (vec (div j PS))))");
  check_proved(s, c, "(< (div j PS) P)");
  check_proved(s, c, "(< (mod j PS) PS)");
  for (const std::string& g : no_overflow("(+ (* (mem table (vec (div j PS))) PS) (mod j PS))")) {
    check_proved(s, c, g);
  }
}

// --- false statements ---

TEST_CASE("a false goal is refuted with the smallest counterexample") {
  Prover prover(plain({"S", "T"}, {"S"}));
  const auto p = prover.step(step_of({"i < S"}, "(< i T)"));
  REQUIRE(p.size() == 1);
  CHECK(p[0].decision == Decision::kRefuted);
  CHECK(p[0].counterexample ==
        std::map<std::string, std::string>{{"S", "2"}, {"T", "1"}, {"i", "1"}});
  const auto far = prover.step(step_of({"i < S"}, "(< i 100)"));
  CHECK(far[0].decision == Decision::kRefuted);
  CHECK(far[0].counterexample.at("i") == "100");
  const auto big = prover.step(step_of({}, "(<= (* (* S T) S) " + kLimit + ")"));
  CHECK(big[0].decision == Decision::kRefuted);
}

TEST_CASE("a kernel that writes twice, or not everywhere, is refuted") {
  Prover prover(plain({"S"}, {"S"}));
  const auto twice = prover.safe(T("(for (i S) (for (k 2) (put (vec i) (real 0))))"), nullptr);
  std::size_t refuted = 0;
  for (const Proved& p : twice) refuted += p.decision == Decision::kRefuted;
  CHECK(refuted == 1);
  const auto gap = prover.safe(T("(for (i S) (when (< i 3) (put (vec i) (real 0))))"), nullptr);
  refuted = 0;
  for (const Proved& p : gap) {
    if (p.decision != Decision::kRefuted) continue;
    ++refuted;
    CHECK(p.counterexample == std::map<std::string, std::string>{{"S", "4"}, {"o0", "3"}});
  }
  CHECK(refuted == 1);
}

// Small generator with a fixed seed; the standard ones differ by library.
class Random {
 public:
  int below(int n) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int>((state_ >> 33) % static_cast<unsigned>(n));
  }

 private:
  std::uint64_t state_ = 42;
};

Poly random_poly(Random* random, bool quadratic) {
  Poly p(random->below(9) - 4);
  for (int k = 0; k < 3; ++k) {
    const unsigned a = random->below(3), b = random->below(3);
    Poly m = Poly::atom(a);
    if (quadratic && random->below(2) == 0) m = m * Poly::atom(b);
    p += Poly(random->below(7) - 3) * m;
  }
  return p;
}

bool false_in_box(const Statement& s) {
  for (int x = -4; x <= 6; ++x) {
    for (int y = -4; y <= 6; ++y) {
      for (int z = -4; z <= 6; ++z) {
        const std::vector<Int> v = {x, y, z};
        bool inside = s.goal.evaluate(v) < 0;
        for (const Poly& h : s.hypotheses) {
          inside = inside && h.evaluate(v) >= 0;
        }
        if (inside) return true;
      }
    }
  }
  return false;
}

TEST_CASE("no proof of a false statement is ever returned") {
  Random random;
  int proved = 0, refuted = 0;
  for (int round = 0; round < 250; ++round) {
    Statement s;
    for (const char* name : {"x", "y", "z"}) s.atoms.variable(name, name);
    for (unsigned k = 0; k < 3; ++k) {
      s.hypotheses.push_back(Poly::atom(k));
      if (random.below(2) == 0) s.hypotheses.push_back(4 - Poly::atom(k));
    }
    const bool quadratic = round % 2 == 1;
    for (int k = random.below(3); k >= 0; --k) {
      s.hypotheses.push_back(random_poly(&random, quadratic));
    }
    s.goal = random_poly(&random, quadratic);
    const bool is_false = false_in_box(s);
    std::uint64_t left = 10'000'000;
    const auto found = search_proof(s, Effort::kQuick, &left);
    if (found.proof) {
      ++proved;
      CHECK(!is_false);
      CHECK(check_proof(s.hypotheses, s.goal, 3, *found.proof) == "");
    }
    refuted += is_false;
  }
  MESSAGE(proved << " proved, " << refuted << " false");
  CHECK(proved > 20);
}

TEST_CASE("the checker rejects forged proofs") {
  const Poly x = Poly::atom(0);
  const std::vector<Poly> h = {x, 3 - x};
  const auto reject = [&](const std::string& proof) {
    return check_proof(h, x - 1, 1, nlohmann::json::parse(proof)) != "";
  };
  CHECK(reject("[]"));
  CHECK(reject(R"([["lin","0",[["-1",0],["1",2]]]])"));
  CHECK(reject(R"([["lin","-1",[["1",0]]]])"));
  CHECK(reject(R"([["lin","0",[["01",0],["1",2]]]])"));
  CHECK(reject(R"([["mul",0,7]])"));
  CHECK(reject(R"([["split",[["1",[[0,1]]]],[],[]]])"));
  CHECK(reject(R"([["split",[["1",[[1,1]]]],[],[]]])"));
  CHECK(reject(R"([["use",0,[],[]]])"));
  CHECK(reject(R"({"hole":"no-witness"})"));
  CHECK(check_proof(h, x, 1, nlohmann::json::parse(R"([["lin","0",[["1",0],["1",2]]]])")) == "");
}

// --- diagnostics ---

TEST_CASE("decide answers without a proof") {
  Prover prover(gqa());
  const auto yes = prover.decide({context({"i < S", "(or (< i 3) (< 4 i))"}), T("(!= i 4)"), ""});
  CHECK(yes.decision == Decision::kProved);
  const auto no = prover.decide({context({"i < S", "(or (< i 3) (< 4 i))"}), T("(!= i 5)"), ""});
  CHECK(no.decision == Decision::kRefuted);
  CHECK(no.counterexample.at("i") == "5");
  CHECK(no.counterexample.at("S") == "6");
}

TEST_CASE("a witness of an unmasked key is found") {
  Prover prover(gqa());
  const auto find = [&](const std::string& g) {
    const auto r = prover.inhabited(context({"b < B", "h < Hq", "i < S"}), "j", T("T"), T(g));
    REQUIRE(r.decision == Decision::kProved);
    return print(r.witness);
  };
  CHECK(find("true") == "0");
  CHECK(find("(<= j i)") == "0");
  CHECK(find("(<= i j)") == "(- T 1)");
  CHECK(find("(and (<= j i) (< (- i j) 5))") == "i");
  CHECK(find("(and (<= j (+ i (- T S))) (<= (+ i (- T S)) j))") == "(- (+ i T) S)");
}

TEST_CASE("a row without keys is a counterexample, smallest first") {
  Prover prover(plain({"S", "T"}, {"S"}));
  const auto r = prover.inhabited(context({"i < S"}), "j", T("T"), T("(and (<= j i) (<= i j))"));
  CHECK(r.decision == Decision::kRefuted);
  CHECK(r.counterexample == std::map<std::string, std::string>{{"S", "2"}, {"T", "1"}, {"i", "1"}});
}

TEST_CASE("a masked length may be zero") {
  Spec s = plain({"B", "T"}, {"B"});
  Array length = array("len", {"B"});
  length.elem = Elem::kI32;
  length.lo = T("0");
  length.hi = T("(+ T 1)");
  s.inputs = {length};
  Prover empty(s);
  const auto r = empty.inhabited(context({"b < B"}), "j", T("T"), T("(< j (psi (vec b) len))"));
  CHECK(r.decision == Decision::kRefuted);
  CHECK(r.counterexample == std::map<std::string, std::string>{{"B", "1"}, {"T", "1"}, {"b", "0"}});
  s.inputs[0].lo = T("1");
  Prover full(s);
  const auto w = full.inhabited(context({"b < B"}), "j", T("T"), T("(< j (psi (vec b) len))"));
  REQUIRE(w.decision == Decision::kProved);
  CHECK(print(w.witness) == "0");
}

TEST_CASE("the witness of the requires is the smallest") {
  Spec s = gqa();
  s.requires_.push_back(T("(<= 2 (div Hq Hkv))"));
  s.requires_.push_back(T("(or (== D 3) (== D 5))"));
  Prover prover(s);
  const auto w = prover.witness();
  REQUIRE(w.ok());
  CHECK(w.value() ==
        std::map<std::string, std::string>{
            {"B", "1"}, {"D", "3"}, {"Hkv", "1"}, {"Hq", "2"}, {"S", "1"}, {"T", "1"}});
  s.requires_.push_back(T("(< T S)"));
  Prover none(s);
  const auto failed = none.witness();
  REQUIRE(!failed.ok());
  CHECK(failed.errors()[0].code == "E0305");
}

}  // namespace
}  // namespace minimoa::search_test
