// Lowering below a lane binder (certificates/FORMAT.md, section 15), on a small
// target of two lanes: what is emitted, and the refusal of everything that has
// no lowering there.
#include <doctest/doctest.h>

#include "extract/targets/portable.h"
#include "tests/unit/extract/kernel_fixture.h"
#include "tests/unit/extract/two_lanes.h"

using namespace minimoa;
using namespace minimoa::test;

namespace {

Placement place() {
  Placement p;
  p.target = "two";
  p.width = 2;
  p.lanes = {"l"};
  p.unroll = {{"d", 2}};
  p.turned = {"y"};
  return p;
}

// y[l] computed in four lanes as `element`, over the columns d, then written.
std::string rows(const std::string& element, const std::string& lanes = "4") {
  return "(let (y) (gen (l " + lanes + ") (gen (d D) " + element +
         ")) (for (r S) (for (c D) (put (vec r c) (psi (vec r c) y)))))";
}

std::string kernel(const std::string& text, const Placement& p = place()) {
  const Result<Program> program = lower(one_head(), term(text), p, &two());
  if (!program.ok()) return program.errors()[0].code;
  return print_portable(one_head(), "s", program.value(), {}, &two());
}

// What is lowered, without blanks and newlines.
std::string dense(const std::string& text, const Placement& p = place()) {
  std::string out;
  for (const char c : kernel(text, p)) {
    if (c != ' ' && c != '\n') out += c;
  }
  return out;
}

bool has(const std::string& text, std::string part) {
  std::erase(part, ' ');
  const std::string all = dense(text);
  if (all.find(part) != std::string::npos) return true;
  MESSAGE(kernel(text));
  return false;
}

}  // namespace

TEST_CASE("a value that is the same in all lanes is read once") {
  const std::string text = rows("(mem V (vec 0 d))");
  CHECK(has(text, "for (; (d_1 + 2LL) <= a.D; d_1 += 2LL) {"));
  CHECK(has(text,
            "const pair vec_2_0 = all_lanes(a.V[((0LL * a.V_s[0]) + "
            "((d_1 + 0LL) * a.V_s[1]))]);"));
  CHECK(has(text, "store_lanes((y_0 + (((d_1 + 1LL) * 4LL) + 2LL)), vec_2_1);"));
  CHECK(has(text, "for (; d_1 < a.D; ++d_1) {"));
  CHECK(has(text, "#include <pair.h>"));
  // Turned: the row is stored last, where it is read as well.
  CHECK(has(text, "= y_0[((c_"));
}

TEST_CASE("a sum at four points: each factor once, one multiplication and addition each") {
  const std::string text =
      rows("(red add (j T) (< j 3) (* (mem K (vec j d)) (if (< l 3) (real 1) (real 2))))");
  CHECK(has(text, "pair acc_2_3 = all_lanes(0.0f);"));
  CHECK(has(text, "if ((j_3 < 3LL)) {"));
  CHECK(has(text, "acc_2_3 = fma_lanes("));
  CHECK(has(text, "below_lanes(3LL, 2LL)"));
}

TEST_CASE("masks: the lane variable on either side of < and <=") {
  const auto choice = [](const std::string& c) { return rows("(if " + c + " (real 1) (real 0))"); };
  Placement plain = place();
  plain.unroll = {};
  const auto mask = [&](const std::string& c) {
    const std::string all = dense(choice(c), plain);
    const std::size_t k = all.find("mask_"), equals = all.find('=', k);
    return all.substr(equals + 1, all.find(';', equals) - equals - 1);
  };
  CHECK(mask("(< (+ l 5) S)") == "below_lanes(a.S,(0LL+5LL))");
  CHECK(mask("(<= (- l 5) S)") == "below_lanes((a.S+1LL),(0LL-5LL))");
  CHECK(mask("(< S l)") == "not_lanes(below_lanes((a.S+1LL),0LL))");
  CHECK(mask("(<= S (+ 2 l))") == "not_lanes(below_lanes(a.S,(2LL+0LL)))");
  CHECK(dense(choice("(and (< S T) (< l S))"), plain).find("spread_lanes((a.S<a.T))") !=
        std::string::npos);
}

TEST_CASE("a choice that is the same at all points is a branch") {
  const std::string text =
      rows("(+ (if (< S T) (mem V (vec 0 d)) (real 0)) (if (< l 2) (real 1) (real 2)))");
  CHECK(has(text, "if ((a.S < a.T)) {"));
  const std::string vectors = rows("(if (< S T) (if (< l 2) (mem V (vec 0 d)) (real 0)) (real 3))");
  CHECK(has(vectors, "pair sel_2_3 = all_lanes(0.0f);"));
}

TEST_CASE("what is shared below lanes is private to them") {
  const std::string text =
      "(let (y) (gen (l 4) (let (x) (gen (j T) (if (< l j) (real 1) (real 0)))"
      " (let (m) (red max (j T) true (psi (vec j) x)) (gen (d D) (* m (mem V (vec 0 d)))))))"
      " (for (r S) (for (c D) (put (vec r c) (psi (vec r c) y)))))";
  CHECK(has(text, "scratch + (a.D * 4LL)"));
  CHECK(has(text, "total(product(a.D, 4LL), product(a.T, 4LL))"));
  CHECK(has(text, "pair m_7_1 = all_lanes(0.0f);"));
  CHECK(has(text, "load_lanes((x_1 + ((j_"));
}

TEST_CASE("a place that does not fit the term is refused") {
  const std::string good = rows("(mem V (vec 0 d))");
  CHECK(kernel(good).size() > 100);
  const auto with = [&](auto change) {
    Placement p = place();
    change(&p);
    return kernel(good, p);
  };
  CHECK(with([](Placement* p) { p->lanes.push_back("z"); }) == "E0610");
  CHECK(with([](Placement* p) { p->lanes.push_back("d"); }) == "E0610");
  CHECK(with([](Placement* p) { p->lanes.push_back("r"); }) == "E0610");
  CHECK(with([](Placement* p) { p->lanes = {"l", "l"}; }) == "E0610");
  CHECK(with([](Placement* p) { p->turned = {}; }) == "E0610");
  CHECK(with([](Placement* p) { p->turned = {"y", "l"}; }) == "E0610");
  CHECK(with([](Placement* p) { p->unroll[0].second = 1; }) == "E0610");
  CHECK(with([](Placement* p) { p->unroll[0].second = 17; }) == "E0610");
  CHECK(with([](Placement* p) { p->unroll = {{"c", 2}}; }) == "E0610");
  CHECK(with([](Placement* p) { p->unroll = {}; }).size() > 100);
}

TEST_CASE("terms that have no lanes are refused") {
  CHECK(kernel(rows("(mem V (vec 0 d))", "3")) == "E0610");
  CHECK(kernel(rows("(mem V (vec 0 d))", "18")) == "E0610");
  CHECK(kernel(rows("(mem V (vec 0 d))", "S")) == "E0610");
  CHECK(kernel(rows("(mem V (vec l d))")) == "E0610");
  CHECK(kernel(rows("(mem V (vec 0 0))")) == "E0610");  // not of the loop
  CHECK(kernel(rows("(real l)")) == "E0610");
  CHECK(kernel(rows("(log (if (< l 2) (real 1) (real 2)))")) == "E0610");  // no row
  CHECK(kernel(rows("(if (< l (* 2 l)) (real 1) (real 2))")) == "E0610");
  CHECK(kernel(rows("(if (< (* 2 l) 3) (real 1) (real 2))")) == "E0610");
  CHECK(kernel(rows("(if (< (- 3 l) 3) (real 1) (real 2))")) == "E0610");
  CHECK(kernel(rows("(if (== l 3) (real 1) (real 2))")) == "E0610");
  CHECK(kernel(rows("(if (any (j T) (< j S)) (real 1) (real 2))")) == "E0610");
  CHECK(kernel(rows("(red add (j T) (< j l) (real 1))")) == "E0610");
  CHECK(kernel(rows("(red add (j (+ T l)) true (real 1))")) == "E0610");
  CHECK(kernel(rows("(red add (j T) (< j d) (if (< l j) (real 1) (real 2)))")) == "E0610");
  CHECK(kernel(rows("(let (x) (real 1) x)")) == "E0610");
  Placement flat = place();
  flat.unroll = {};
  // What is shared inside of a value has no place there.
  CHECK(kernel(rows("(+ (real 1) (let (x) (real 1) (* x x)))"), flat) == "E0610");
  CHECK(kernel(rows("(let (x) (real 1) (* x x))"), flat).size() > 100);
  const auto folded = [](const std::string& n) {
    return rows("(fold (J " + n + ") (u) (real 0) (+ u (real 1)))");
  };
  CHECK(kernel(folded("T"), flat).size() > 100);
  CHECK(kernel(folded("(+ l 1)"), flat) == "E0610");
  const std::string other =
      "(let (y) (gen (l 4) (gen (d D) (real 1))) (let (z) (gen (l 4) (gen (d D) "
      "(psi (vec INDEX d) y))) (for (r S) (for (c D) (put (vec r c) (psi (vec r c) z))))))";
  Placement both = place();
  both.turned = {"y", "z"};
  const auto reads = [&](const std::string& index) {
    std::string text = other;
    return kernel(text.replace(text.find("INDEX"), 5, index), both);
  };
  CHECK(reads("l").size() > 100);
  CHECK(reads("(+ l 0)") == "E0610");
  CHECK(reads("0").size() > 100);  // the same in all lanes
  const std::string arrays =
      "(let (y) (gen (l 4) (if (< l 2) (gen (c D) (real 1)) (gen (c D) (real 2))))"
      " (for (r S) (for (c D) (put (vec r c) (psi (vec r c) y)))))";
  Placement plain = place();
  plain.unroll = {};
  CHECK(kernel(arrays, plain) == "E0610");
}

TEST_CASE("slow memory in an unrolled loop: another word for each number") {
  const auto reads = [](const std::string& element) {
    return kernel("(letslow (s) (pargen (i T) (gen (e D) (mem K (vec i e)))) " + rows(element) +
                  ")");
  };
  CHECK(reads("(psi (vec 0 d) s)").size() > 100);
  CHECK(reads("(psi (vec d) (psi (vec 0) s))").size() > 100);
  CHECK(reads("(red add (j T) true (* (psi (vec j d) s) (if (< l j) (real 1) (real 2))))").size() >
        100);
  CHECK(reads("(psi (vec 0 0) s)") == "E0610");
  CHECK(reads("(+ (psi (vec 0 d) s) (psi (vec d 0) s))").size() > 100);
  CHECK(reads("(+ (psi (vec 0 d) s) (psi (vec 1 0) s))") == "E0610");
  CHECK(reads("(if (< l 2) (psi (vec l d) s) (real 0))") == "E0610");
}

TEST_CASE("turned variables: first extents are alike, multiples of the lanes") {
  const auto pair = [](const std::string& first, const std::string& second) {
    Placement p = place();
    p.unroll = {};
    p.lanes = {};
    return kernel(
        "(let (y) (tup (gen (i " + first + ") (real 1)) (gen (i " + second +
            ") (real 2))) (for (r S) (for (c D) (put (vec r c) (psi (vec 0) (get 1 y))))))",
        p);
  };
  CHECK(pair("4", "4").size() > 100);
  CHECK(pair("4", "2") == "E0610");
  CHECK(pair("3", "3") == "E0610");
  CHECK(pair("S", "S") == "E0610");
}

TEST_CASE("a fold in lanes reads what its step has not written") {
  const auto fold = [](const std::string& step) {
    return "(let (y) (fold (J T) (u) (gen (l 4) (tup (real 0) (gen (d D) (real 0)))) (gen (l 4) " +
           step +
           ")) (for (r S) (for (c D) (put (vec r c) (psi (vec c) (get 1 (psi (vec r) y)))))))";
  };
  const std::string own = "(get 0 (psi (vec l) u))",
                    column = "(psi (vec d) (get 1 (psi (vec l) u)))";
  CHECK(kernel(fold("(tup (+ " + own + " (mem V (vec 0 0))) (gen (d D) (+ " + column +
                    " (mem V (vec 0 d)))))"))
            .size() > 100);
  CHECK(kernel(fold("(tup (real 1) (gen (d D) (+ " + own + " (mem V (vec 0 d)))))")) == "E0611");
  CHECK(kernel(fold("(tup (real 1) (gen (d D) (psi (vec 0) (get 1 (psi (vec l) u)))))")) ==
        "E0611");
  // Both branches begin with what was written before them.
  const std::string branch = "(tup (+ " + own + " (real 1)) (gen (d D) " + column + "))";
  CHECK(kernel(fold("(if (< S T) " + branch + " " + branch + ")")).size() > 100);
}

TEST_CASE("malformed instruction files are refused") {
  const auto fault = [](const std::string& text) {
    const auto t = parse_instructions(text, "x.instr");
    if (t.ok()) return std::string("none");
    CHECK(t.errors()[0].code == "E0525");
    return t.errors()[0].message;
  };
  const std::string target =
      "(target two (doc \"\") (lanes 2) (vector \"v\") (mask \"m\") (include \"p.h\") "
      "(flags \"-std=c++17 -O2 -mfma\") (needs fma))\n";
  const std::string row =
      "(row a_lanes (doc \"\") (vars (vector ?x)) (means (neg ?x)) "
      "(code \"[[maybe_unused]] inline v a_lanes(v x)\n{ return x; }\"))\n";
  CHECK(fault(target + row) == "none");
  const auto said = [&](const std::string& text, const std::string& part) {
    const std::string is = fault(text);
    CHECK_MESSAGE(is.find(part) != std::string::npos, is);
  };
  said("", "no (target ..)");
  said(row, "expected (target NAME ..)");
  said(target + target, "expected (row NAME ..)");
  said(target + row + row, "written twice");
  const auto changed = [&](const std::string& what, const std::string& by,
                           const std::string& part) {
    std::string text = target + row;
    said(text.replace(text.find(what), what.size(), by), part);
  };
  for (const char* n : {"1", "65", "x", "02"}) {
    changed("(lanes 2)", std::string("(lanes ") + n + ")", "N in 2 .. 64");
  }
  changed("target two", "target portable", "portable");
  changed("\"v\"", "\"v w\"", "identifiers");
  changed("p.h", "../p.h", "NAME.h");
  for (const char* flags : {"", "-std=c++17", "-std=c++17 -O3", "-std=c++17 -O2 -ffast-math",
                            "-std=c++17 -O2 -", "-std=c++17 -O2 -mfma;x", "-std=c++17 -O2-mfma"}) {
    changed("-std=c++17 -O2 -mfma", flags, "-std=c++17 -O2, then words");
  }
  changed("(needs fma)", "(needs)", "FEATURE");
  changed("(needs fma)", "(needs 3)", "feature");
  changed("(needs fma)", "(needs fma) (more)", "nothing more");
  changed("a_lanes", "a", "like add_lanes");
  changed("a_lanes", "A_lanes", "like add_lanes");
  changed("vector ?x", "number ?x", "KIND");
  changed("vector ?x", "vector ?x ?x", "declared twice");
  changed("vector ?x", "vector ?x ?y", "?y stands once");
  changed("(neg ?x)", "(+ ?x ?x)", "?x stands once");
  changed("(code", "(why \"\") (code", "expected (code ..)");
  changed("\"))\n", "\") (why \"\"))\n", "expected (contract ..)");
}

TEST_CASE("rows that mean nothing, and code that is not theirs, are refused") {
  const auto fault = [](const std::string& vars, const std::string& means,
                        const std::string& code) {
    const auto t = parse_instructions(
        "(target two (doc \"\") (lanes 2) (vector \"v\") (mask \"m\") (include \"p.h\") "
        "(flags \"-std=c++17 -O2\") (needs fma))\n(row a_lanes (doc \"\") (vars " +
            vars + ") (means " + means + ") (code \"" + code + "\"))",
        "x.instr");
    return t.ok() ? std::string("none") : t.errors()[0].message.substr(0, 24);
  };
  const std::string means = "`means` is made of opera", one = "code is one function: [[";
  const auto sorts = [&](const std::string& vars, const std::string& term) {
    return fault(vars, term, "x");
  };
  CHECK(sorts("(vector ?x)", "?x") == means);
  CHECK(sorts("(vector ?x)", "(+ ?x)") == means);
  CHECK(sorts("(vector ?x)", "(+ ?x ?y)") == means);
  CHECK(sorts("(vector ?x)", "(+ ?x (real ?n))") == means);
  CHECK(sorts("(vector ?x)", "(+ ?x 1)") == means);
  CHECK(sorts("(vector ?x)", "(+ ?x bottom)") == means);
  CHECK(sorts("(vector ?x ?y)", "(< ?x ?y)") == means);
  CHECK(sorts("(vector ?x) (mask ?m)", "(+ ?x ?m)") == means);
  CHECK(sorts("(vector ?x ?y)", "(if true ?x ?y)") == means);
  CHECK(sorts("(float ?x)", "(neg ?x)") == means);
  CHECK(sorts("(float ?x)", "(neg (broadcast ?x))") == means);
  CHECK(sorts("(vector ?x)", "(broadcast ?x)") == means);
  CHECK(sorts("(address ?x)", "(load ?x 1)") == means);
  CHECK(sorts("(index ?x ?y)", "(below ?x ?y)") == one);
  CHECK(sorts("(vector ?x)", "(+ ?x (real 2))") == one);
  const auto written = [&](const std::string& code) {
    return fault("(mask ?m) (vector ?x)", "(if ?m ?x (real 0))", code);
  };
  const std::string head = "[[maybe_unused]] inline v a_lanes(m m, v x) ";
  CHECK(written(head + "{ return x; }") == "none");
  CHECK(written(head + "{ if (m) { return x; } return x; }") == "none");
  for (const char* body :
       {"", "return x;", "{ return x; } int f;", "{ return x; }}", "{ return x;", "{ } { }"}) {
    CHECK(written(head + body) == one);
  }
  for (const char* other :
       {"inline v a_lanes(m m, v x) {}", "[[maybe_unused]] v a_lanes(m m, v x) {}",
        "[[maybe_unused]] inline m a_lanes(m m, v x) {}",
        "[[maybe_unused]] inline v b_lanes(m m, v x) {}",
        "[[maybe_unused]] inline v a_lanes(v x, m m) {}",
        "[[maybe_unused]] inline v a_lanes(m m, v y) {}"}) {
    CHECK(written(other) == one);
  }
  for (const char* text : {"#", "\\", "'", "??", "//", "/*", "*/", "%:", "\t"}) {
    CHECK(written(head + "{ " + text + " }") != "none");
  }
  CHECK(fault("(address ?p) (vector ?x)", "(store ?p ?x)",
              "[[maybe_unused]] inline void a_lanes(float* p, v x) { }") == "none");
  CHECK(fault("(address ?p)", "(load ?p)",
              "[[maybe_unused]] inline v a_lanes(const float* p) { }") == "none");
  CHECK(fault("(address ?p)", "(load ?p)", "[[maybe_unused]] inline v a_lanes(float* p) { }") ==
        one);
}
