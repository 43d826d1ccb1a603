// Lower bounds as data: values against numbers worked out by hand from the
// formulas, and rows that the loader must refuse.
#include <doctest/doctest.h>

#include <string>

#include "prover/bounds/table.h"

namespace minimoa::bounds_test {
namespace {

Theorems shipped() {
  auto t = load_theorems(std::string(MINIMOA_SOURCE_DIR) + "/spec/bounds");
  REQUIRE_MESSAGE(t.ok(), (t.ok() ? "" : t.errors()[0].message));
  return t.value();
}

const BoundAt& bound(const TableAt& at, const std::string& name) {
  for (const BoundAt& b : at.bounds) {
    if (b.theorem->name == name) return b;
  }
  FAIL("no theorem " << name);
  return at.bounds[0];
}

std::string verdict(const TableAt& at, const std::string& klass) {
  for (const ClassVerdict& v : at.verdicts) {
    if (v.klass == klass) return v.theorem->name + " " + v.ratio;
  }
  return "";
}

Term parsed(const std::string& text) {
  std::string error;
  const auto t = parse_term(text, &error);
  REQUIRE_MESSAGE(t.has_value(), error);
  return *t;
}

Theorems wider_rows() {
  auto t =
      load_theorems(std::string(MINIMOA_SOURCE_DIR) + "/spec/bounds/wider", Vocabulary::kWider);
  REQUIRE_MESSAGE(t.ok(), (t.ok() ? "" : t.errors()[0].message));
  return t.value();
}

// Dense attention of n rows and m keys with given costs, no derivation behind it.
struct Case {
  Spec spec;
  Costs costs;
  Recognised what;
  Theorems theorems = shipped(), wider = wider_rows();

  explicit Case(const std::string& footprint, const std::string& loads, const std::string& stores) {
    spec.dims = {"n", "m", "dk", "dv"};
    costs.footprint = parsed(footprint);
    costs.rows.push_back({"K", false, true, {1, parsed(loads)}, nullptr});
    costs.rows.push_back({"O", true, true, {1, parsed(stores)}, nullptr});
    what.output_words = parsed("(* n dv)");
    ProductInstance i;
    i.dk = parsed("dk");
    i.dv = parsed("dv");
    i.n = parsed("n");
    i.m = parsed("m");
    i.heads = mk_int(1);
    i.pairs = {1, parsed("(* n m)")};
    i.rows = {1, parsed("n")};
    i.cols = {1, parsed("m")};
    i.dense = true;
    what.instance = i;
  }

  TableAt at(const std::string& point, const Machine* machine = nullptr) {
    const Subject subject{spec, costs, mk_int(0), what, theorems, &wider};
    const auto sizes = parse_point(point, spec, what);
    REQUIRE(sizes.ok());
    return table_at(subject, sizes.value(), machine)[0];
  }
};

// Rows stay, keys stream, 896 rows in a tile (bounds.md 2.2, row h).
const char* const kStreamLoads = "(+ (* n dk) (* (div (+ n 895) 896) (* m (+ dk dv))))";

TEST_CASE("values of the bounds at n = m = 32768, d = 64, S = 116736") {
  Case stream("1", kStreamLoads, "(* n dv)");
  const TableAt at = stream.at("n=32768,m=32768,dk=64,dv=64,S=116736");
  // 2^30 * 128^2 / 116736 = 150 700 606.3..
  CHECK(bound(at, "T3star").words == 150700607);
  CHECK(bound(at, "T3star_slices").words == 150700607);
  CHECK(bound(at, "T3a").words == 120560486);
  CHECK(bound(at, "T0").words == 8388608);
  // A = (116736 - 128) div 130 = 896, B = (116736 - 130) div 128 = 910:
  // 32768 * 128 + 128 * 32768 * (32768 - 910) / 896
  CHECK(bound(at, "R2").words == 153326154);
  CHECK(bound(at, "R2_mask").words == 153326154);
  CHECK(bound(at, "R2_compulsory").words == 8388608);
  // n wq + wk = 32768 * 130 + 128 > m wk + wq = 32768 * 128 + 130
  CHECK(bound(at, "R1").words == 4194434);
  CHECK(bound(at, "R2_ceil").broken == "wk * beta <= c");
  CHECK(*at.total == 32768 * 128 + Int(37) * 32768 * 128);
  CHECK(verdict(at, "explicit-product") == "T3a 1.323");
  CHECK(verdict(at, "explicit-product-orderly") == "T3star 1.058");
  CHECK(verdict(at, "row-granular") == "R2_mask 1.040");
  CHECK(verdict(at, "any").empty());
}

TEST_CASE("d = 128 at S = 233472 with tiles of 896 rows") {
  Case stream("1", kStreamLoads, "(* n dv)");
  const TableAt at = stream.at("n=32768,m=32768,dk=128,dv=128,S=233472");
  CHECK(bound(at, "T3star").words == 301401213 + 1);
  CHECK(verdict(at, "explicit-product-orderly") == "T3star 1.058");
}

TEST_CASE("a bound is used where its conditions hold and nowhere else") {
  Case c("1", kStreamLoads, "(* n dv)");
  // 2 dk (dk+dv) = 16384 and 4 dk (dk+dv) = 32768
  CHECK(bound(c.at("n=64,m=64,dk=64,dv=64,S=16384"), "T3star").broken.empty());
  CHECK(bound(c.at("n=64,m=64,dk=64,dv=64,S=16383"), "T3star").broken == "2 * (dk * D) <= words");
  CHECK(bound(c.at("n=64,m=64,dk=64,dv=64,S=32768"), "T3a").broken.empty());
  CHECK(!bound(c.at("n=64,m=64,dk=64,dv=64,S=32767"), "T3a").broken.empty());
  // 2 dk (dk+1) = 8320
  CHECK(bound(c.at("n=64,m=64,dk=64,dv=64,S=8320"), "T1").broken.empty());
  CHECK(!bound(c.at("n=64,m=64,dk=64,dv=64,S=8319"), "T1").broken.empty());
  // dv > dk: T3star does not say anything, T3star_slices does.
  const TableAt wide = c.at("n=64,m=64,dk=4,dv=16,S=4096");
  CHECK(bound(wide, "T3star").broken == "dv <= dk");
  CHECK(bound(wide, "T3star_slices").words == 256);  // 4 * 4096 * 64 / 4096
}

// Of the rows of spec/bounds/wider; -1: not there, or it does not apply.
Int wide(const TableAt& at, const std::string& name) {
  for (const BoundAt& b : at.wider) {
    if (b.theorem->name == name && b.broken.empty()) return b.words;
  }
  return -1;
}

TEST_CASE("T7: words that cross a network, against ring and grid (bounds-2.md 4)") {
  Case c("1", kStreamLoads, "(* n dv)");
  const auto least = [&](int p) {
    return wide(c.at("n=65536,m=65536,dk=64,dv=64,S=116736,p=" + std::to_string(p)), "T7");
  };
  const Int nd = Int(65536) * 128;
  // Square numbers of processors: a grid attains it, a ring is (sqrt p + 1) / 2 away.
  for (const int root : {2, 4, 8}) {
    const int p = root * root;
    CHECK(least(p) == 2 * nd / root - 2 * nd / p);
    const Int ring = nd - nd / p;
    CHECK(2 * ring == (root + 1) * least(p));
  }
  CHECK(least(1) == 0);
  // p = 8: 0.457 n D; ring 0.875 n D and a 2 x 4 grid 0.5 n D are 1.91 and 1.09 times that.
  CHECK(ratio_text(least(8), nd) == "0.458");
  CHECK(ratio_text(nd - nd / 8, least(8)) == "1.915");
  CHECK(ratio_text(nd / 2, least(8)) == "1.094");
  CHECK(ratio_text(9, 4) == "2.250");
  // Too few pairs for each processor: 4 p dk^2 > E.
  CHECK(wide(c.at("n=256,m=256,dk=64,dv=64,S=116736,p=4"), "T7") >= 0);
  CHECK(wide(c.at("n=256,m=256,dk=64,dv=64,S=116736,p=5"), "T7") == -1);
}

TEST_CASE("T7 is the least whole number above the real bound") {
  Case c("1", kStreamLoads, "(* n dv)");
  for (int p = 2; p < 60; ++p) {
    const Int n = 3001 + 7 * p, d = 12;
    const Int x = wide(
        c.at("n=" + n.str() + ",m=" + n.str() + ",dk=6,dv=6,S=1000,p=" + std::to_string(p)), "T7");
    const Int held = 2 * n * d, squared = 4 * n * n * d * d * p;
    const Int at = p * x + held, before = p * (x - 1) + held;
    CHECK(at * at >= squared);
    CHECK(before * before < squared);
  }
}

TEST_CASE("T5: the memories of other processors do not help") {
  Case c("1", kStreamLoads, "(* n dv)");
  const std::string sizes = "n=32768,m=32768,dk=64,dv=64,S=116736";
  CHECK(c.at(sizes).wider.empty());
  for (const char* p : {",p=1", ",p=132"}) {
    const TableAt at = c.at(sizes + p);
    CHECK(wide(at, "T5star") == bound(at, "T3star").words);
    CHECK(wide(at, "T5") == bound(at, "T3a").words);
    CHECK(at.verdicts.size() == c.at(sizes).verdicts.size());
  }
}

TEST_CASE("bytes: with elements of one byte, T3star less what the last element may cost") {
  Case c("1", kStreamLoads, "(* n dv)");
  const std::string ones = ",eq=1,ek=1,ev=1,eo=1,ep=1", sizes = "n=32768,m=32768,dk=64,dv=64";
  const Int s = 116736, d = 128, pairs = Int(32768) * 32768;
  const Int want = ceil_quotient((s - 1) * d * d * pairs - s * s * s, s * s);
  const TableAt at = c.at(sizes + ",bytes=116736" + ones);
  CHECK(wide(at, "T3star_bytes") == want);
  CHECK(wide(at, "T3star_bytes_slices") == want);  // dk = dv: no part is cheaper
  // 16-bit inputs, 32-bit sums: parts are cheaper, and the simple row does not apply.
  const TableAt mixed = c.at(sizes + ",bytes=233472,eq=2,ek=2,ev=2,eo=4,ep=4");
  CHECK(wide(mixed, "T3star_bytes") == -1);
  const Int b = 233472, least = Int(64) * 64 * (4 + 8 + 2 * 4);
  CHECK(wide(mixed, "T3star_bytes_slices") ==
        ceil_quotient((b - 4) * least * pairs - b * b * b, b * b));
  // Every part g of the columns costs at least that much.
  for (int g = 1; g <= 64; ++g) CHECK((64 * 2 + g * 4) * (64 * 2 + g * 2) * 64 >= least * g);
  CHECK(wide(c.at(sizes + ",bytes=2048" + ones), "T3star_bytes") == -1);
}

TEST_CASE("n = 2, m = 4: the counterexample to R3 obeys R1 and R2") {
  // S = 386 = wq + 2 wk; the best schedule moves 964 words (bounds-2.md 2).
  Case c("386", "836", "128");
  const TableAt at = c.at("n=2,m=4,dk=64,dv=64,S=386");
  CHECK(bound(at, "R1").words == 2 * 130 + 128);       // 388 > 386
  CHECK(bound(at, "R2").broken == "wk * B <= c * A");  // A = 1, B = 2: 256 <= 196 fails
  CHECK(*at.total == 964);
  CHECK(bound(at, "T0").words == 768);
}

TEST_CASE("optimal only where the ratio is exactly 1") {
  Case least("100", "(+ (* n dk) (* m (+ dk dv)))", "(* n dv)");
  const TableAt at = least.at("n=8,m=8,dk=4,dv=4,S=10000");
  REQUIRE(at.verdicts.size() == 2);
  CHECK(at.verdicts[0].is_one);
  CHECK(at.verdicts[0].ratio == "1");
  Case more("100", "(+ 1 (+ (* n dk) (* m (+ dk dv))))", "(* n dv)");
  const TableAt next = more.at("n=4096,m=4096,dk=64,dv=64,S=1000000");
  CHECK(!next.verdicts[0].is_one);
  CHECK(ratio_text(1000001, 1000000) == "1.001");
  CHECK(ratio_text(7, 7) == "1");
  CHECK(ratio_text(3, 2) == "1.500");
}

TEST_CASE("traffic below a bound of every schedule is a contradiction, below a record bound not") {
  Case wrong("1", "1", "(* n dv)");
  const Subject subject{wrong.spec, wrong.costs, mk_int(0), wrong.what, wrong.theorems};
  const TableAt at = wrong.at("n=64,m=64,dk=4,dv=4,S=1000");
  CHECK(contradicts(subject, at));
  Case fine("1", kStreamLoads, "(* n dv)");
  const Subject other{fine.spec, fine.costs, mk_int(0), fine.what, fine.theorems};
  CHECK(!contradicts(other, fine.at("n=64,m=64,dk=4,dv=4,S=1000")));
}

TEST_CASE("a footprint that is too large is refused with smaller sizes") {
  Case c("(+ 100 (* dk dv))", kStreamLoads, "(* n dv)");
  const TableAt at = c.at("n=64,m=64,dk=64,dv=64,S=500");
  CHECK(!at.fits);
  CHECK(at.verdicts.empty());
  CHECK(at.smallest.at("n") == 1);
  CHECK(at.smallest.at("dk") == 7);   // 100 + 7 * 64 = 548, 100 + 6 * 64 = 484
  CHECK(at.smallest.at("dv") == 58);  // 100 + 7 * 57 = 499
  CHECK(c.at("n=1,m=1,dk=20,dv=20,S=500").fits);
}

TEST_CASE("numbers stay whole beyond 64 bits") {
  Case c("1", "(* (* n m) (* (* n m) dk))", "(* n dv)");
  const TableAt at = c.at("n=16777216,m=16777216,dk=64,dv=64,S=116736");
  CHECK(at.loads->str() == "5070602400912917605986812821504");  // 2^102
  CHECK(bound(at, "T3star").words == (Int(1) << 62) / 116736 + 1);
}

// ---------------------------------------------------------------- loader

const char* const kHead =
    "(class any (doc \"a\")) (var S (doc \"s\")) (var E (doc \"e\")) (var heads (doc \"h\"))";

std::string refused(const std::string& rows) {
  const auto t = parse_theorems({{"t.thm", kHead + rows}});
  return t.ok() ? "" : t.errors()[0].code;
}

std::string theorem(const std::string& vars, const std::string& bound) {
  return "(theorem X (doc \"d\") (cite \"c\") (coq none) (class any) (per all) (vars " + vars +
         ") (define) (where) (bound " + bound + "))";
}

TEST_CASE("rows that the loader refuses") {
  CHECK(refused(theorem("S E", "total E S")).empty());
  CHECK(refused(theorem("S", "total E S")) == "E0523");            // E is not declared
  CHECK(refused(theorem("S E heads", "total E S")) == "E0523");    // heads is not used
  CHECK(refused(theorem("S E q", "total (+ q E) S")) == "E0523");  // q is no variable
  CHECK(refused(theorem("S E E", "total E S")) == "E0523");
  CHECK(refused(theorem("S E", "total E S") + theorem("S E", "total E S")) == "E0523");
  CHECK(refused(theorem("S E", "traffic E S")) == "E0522");
  CHECK(refused(theorem("S E", "total (/ E S) 1")) == "E0522");  // not an index term
  CHECK(refused(theorem("S E", "total E")) == "E0522");
  CHECK(refused(theorem("S E", "total (+ E) S")) == "E0522");
  CHECK(refused("(class fast (doc \"d\"))") == "E0522");
  CHECK(refused("(class row-granular (within explicit-product) (doc \"d\"))") == "E0522");
  CHECK(refused("(class any (doc \"d\"))") == "E0522");
  CHECK(refused("(var S (doc \"d\"))") == "E0522");
  CHECK(refused("(var z (doc \"d\"))") == "E0522");
  CHECK(refused("(lemma L (doc \"d\"))") == "E0522");
  CHECK(refused("(theorem") == "E0522");
}

TEST_CASE("processors and bytes are for rows that no certificate cites") {
  const std::string vars = "(var p (doc \"p\"))", row = theorem("E p", "crossing E 1 p");
  const auto wide_code = [](const std::string& rows) {
    const auto t = parse_theorems({{"t.thm", kHead + rows}}, Vocabulary::kWider);
    return t.ok() ? "" : t.errors()[0].code;
  };
  CHECK(wide_code(vars + row).empty());
  CHECK(refused(vars) == "E0522");
  CHECK(refused(theorem("S E", "bytes E S")) == "E0522");
  CHECK(refused(theorem("S E", "crossing E 1 S")) == "E0522");
  CHECK(refused("(class distributed (doc \"d\"))") == "E0522");
  CHECK(wide_code("(class distributed (doc \"d\"))").empty());
  CHECK(wide_code(vars + theorem("E p", "crossing E p")) == "E0522");    // what is held is missing
  CHECK(wide_code(vars + theorem("E p", "total E 1 p")) == "E0522");     // held by nobody
  CHECK(wide_code(vars + theorem("E S", "crossing E 1 S")) == "E0523");  // p is not declared
  for (const Theorem& t : wider_rows().theorems) CHECK(t.status() == "Coq " + t.coq);
}

TEST_CASE("clauses of a row") {
  const std::string row =
      "(theorem X (doc \"d\") (cite \"c\") (coq F.T) (class any) (per group) (vars S E heads) "
      "(define (A (div E 2))) (where (<= A S)) (bound loads A S))";
  const auto t = parse_theorems({{"t.thm", kHead + row}});
  REQUIRE(t.ok());
  CHECK(t.value().theorems[0].status() == "Coq F.T");
  CHECK(t.value().theorems[0].per_group);
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string other = row;
    other.replace(other.find(from), from.size(), to);
    return refused(other);
  };
  CHECK(changed("(class any)", "(class many)") == "E0523");
  CHECK(changed("(per group)", "(per row)") == "E0522");
  CHECK(changed("(<= A S)", "(== A S)") == "E0522");
  CHECK(changed("(<= A S)", "(<= Z S)") == "E0523");
  CHECK(changed("(A (div E 2))", "(S (div E 2))") == "E0523");
  CHECK(changed("(A (div E 2))", "(A)") == "E0522");
  CHECK(changed("S E heads", "S E") == "E0523");
  CHECK(changed("(doc \"d\")", "(doc d)") == "E0522");
  CHECK(changed("(cite \"c\") ", "") == "E0522");
}

TEST_CASE("every shipped row names a theorem or says that it is assumed") {
  const Theorems all = shipped();
  CHECK(all.theorems.size() == 15);
  CHECK(all.classes.size() == 4);
  CHECK(all.covers("any", "explicit-product-orderly"));
  CHECK(all.covers("explicit-product", "explicit-product-orderly"));
  CHECK(!all.covers("explicit-product-orderly", "explicit-product"));
  CHECK(!all.covers("explicit-product", "row-granular"));
  for (const Theorem& t : all.theorems) {
    CHECK((t.coq.empty() ? t.status() == "assumed" : t.status().rfind("Coq ", 0) == 0));
  }
}

}  // namespace
}  // namespace minimoa::bounds_test
