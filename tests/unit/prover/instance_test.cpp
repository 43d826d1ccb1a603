// What the bounds see in a spec: sizes of the shipped specs and of variations,
// counts against plain enumeration, and specs that must not be recognised.
#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "prover/bounds/point.h"
#include "spec/lang/elaborate.h"
#include "tests/unit/prover/programs.h"

namespace minimoa::instance_test {
namespace {

using programs::slurp;

std::string root() { return MINIMOA_SOURCE_DIR; }

struct Subject {
  Spec spec;
  Recognised what;
};

Subject recognised(const std::string& text) {
  auto rules = RuleTable::load(root() + "/spec/rules");
  REQUIRE(rules.ok());
  auto spec = read_spec(text, "test.moa");
  REQUIRE_MESSAGE(spec.ok(), (spec.ok() ? "" : spec.errors()[0].message));
  auto onf = reduce(spec.value(), rules.value());
  REQUIRE_MESSAGE(onf.ok(), (onf.ok() ? "" : onf.errors()[0].message));
  Recognised what = recognise(spec.value(), rules.value(), onf.value());
  return {std::move(spec.value()), std::move(what)};
}

const ProductInstance& instance(const Subject& s) {
  REQUIRE_MESSAGE(s.what.instance.has_value(), s.what.why);
  return *s.what.instance;
}

Int at(const Term& t, const Sizes& sizes) { return value_of(t, sizes).value(); }
Int at(const Multiple& m, const Sizes& sizes) {
  const Int v = at(m.value, sizes);
  CHECK(v % m.times == 0);
  return v / m.times;
}

TEST_CASE("sdpa and its variations are one instance") {
  for (const char* path :
       {"spec/attention/sdpa.moa", "spec/examples/sdpa_attend.moa", "spec/examples/sdpa_kt.moa",
        "spec/examples/sdpa_nolet.moa", "spec/examples/sdpa_scale_in_q.moa"}) {
    CAPTURE(path);
    const Subject s = recognised(slurp(path));
    const ProductInstance& i = instance(s);
    const Sizes sizes = {{"B", 2}, {"H", 3}, {"S", 5}, {"T", 7}, {"D", 11}};
    CHECK(i.dense);
    CHECK(at(i.dk, sizes) == 11);
    CHECK(at(i.dv, sizes) == 11);
    CHECK(at(i.n, sizes) == 5);
    CHECK(at(i.m, sizes) == 7);
    CHECK(at(i.heads, sizes) == 6);
    CHECK(at(i.pairs, sizes) == 2 * 3 * 5 * 7);
    CHECK(at(i.rows, sizes) == 30);
    CHECK(at(i.cols, sizes) == 42);
    CHECK(i.roles.at("n") == std::vector<std::string>{"S"});
    CHECK(i.roles.at("d") == std::vector<std::string>{"D"});
    CHECK(i.roles.at("h") == std::vector<std::string>{"H"});
  }
}

TEST_CASE("grouped queries share keys") {
  const Subject s = recognised(slurp("spec/attention/gqa.moa"));
  const ProductInstance& i = instance(s);
  const Sizes sizes = {{"B", 2}, {"Hq", 12}, {"Hkv", 3}, {"S", 5}, {"T", 7}, {"D", 4}};
  CHECK(at(i.heads, sizes) == 6);
  CHECK(at(i.n, sizes) == 4 * 5);
  CHECK(at(i.rows, sizes) == 2 * 12 * 5);
  CHECK(at(i.cols, sizes) == 2 * 3 * 7);
  CHECK(at(i.pairs, sizes) == 2 * 12 * 5 * 7);
}

TEST_CASE("keys that a spec takes and turns") {
  const Subject s = recognised(slurp("spec/examples/sdpa_take_rev.moa"));
  const Sizes sizes = {{"B", 1}, {"H", 2}, {"S", 5}, {"T", 9}, {"W", 4}, {"D", 3}};
  CHECK(at(instance(s).m, sizes) == 4);
  CHECK(at(instance(s).cols, sizes) == 8);
}

// Pairs, rows and keys of a mask by enumeration of one head.
struct Counted3 {
  Int pairs = 0, rows = 0, cols = 0;
};
Counted3 enumerate(int n, int m, const std::function<bool(int, int)>& mask) {
  Counted3 out;
  for (int i = 0; i < n; ++i) {
    int in_row = 0;
    for (int j = 0; j < m; ++j) in_row += mask(i, j) ? 1 : 0;
    out.pairs += in_row;
    out.rows += in_row > 0 ? 1 : 0;
  }
  for (int j = 0; j < m; ++j) {
    bool any = false;
    for (int i = 0; i < n; ++i) any = any || mask(i, j);
    out.cols += any ? 1 : 0;
  }
  return out;
}

TEST_CASE("masks are counted exactly; rows and keys never too high") {
  const Subject causal = recognised(slurp("spec/attention/causal.moa"));
  const Subject window = recognised(slurp("spec/examples/causal_window.moa"));
  for (int n = 1; n <= 9; ++n) {
    for (int m = 1; m <= 9; ++m) {
      const Sizes sizes = {{"B", 2}, {"H", 3}, {"S", n}, {"T", m}, {"D", 4}};
      const Counted3 c = enumerate(n, m, [&](int i, int j) { return j <= i + m - n; });
      CHECK(at(instance(causal).pairs, sizes) == 6 * c.pairs);
      CHECK(at(instance(causal).rows, sizes) == 6 * c.rows);
      CHECK(at(instance(causal).cols, sizes) == 6 * c.cols);
      const Sizes square = {{"B", 2}, {"H", 3}, {"S", n}, {"W", m}, {"D", 4}};
      const Counted3 w = enumerate(n, n, [&](int i, int j) { return j <= i && i - j <= m; });
      CHECK(at(instance(window).pairs, square) == 6 * w.pairs);
      CHECK(at(instance(window).rows, square) <= 6 * w.rows);
      CHECK(at(instance(window).cols, square) <= 6 * w.cols);
      CHECK(at(instance(window).rows, square) == 6 * n);  // the diagonal
    }
  }
}

// ---------------------------------------------------------------- refusals

std::string why(const std::string& text) {
  const Subject s = recognised(text);
  CHECK(!s.what.instance.has_value());
  return s.what.why;
}

std::string attend(const std::string& q, const std::string& k, const std::string& v,
                   const std::string& score) {
  return "spec variant\ndims B, H, S, T, D\nin Q : f32" + q + ", K : f32" + k + ", V : f32" + v +
         "\nout O : f32[B,H,S,D]\nattend O[b,h,i,d] over j in T\n  score = " + score +
         "\n  value = " + (v == "[B,T,D]" ? "V[b,j,d]" : "V[b,h,j,d]") + "\n";
}

TEST_CASE("no theorem applies where a hypothesis of the classes fails") {
  const std::string head = "[B,H,T,D]";
  // Heads share queries: a query row would be counted once for each head.
  CHECK(why(attend("[B,S,D]", head, head, "sum(e in D) Q[b,i,e] * K[b,h,j,e]")) ==
        "output rows share a query row: h is no index of it");
  // Heads share keys but not values.
  CHECK(why(attend("[B,H,S,D]", "[B,T,D]", head, "sum(e in D) Q[b,h,i,e] * K[b,j,e]")) ==
        "keys and values are not read at the same places");
  // Two contractions.
  CHECK(why(attend("[B,H,S,D]", head, head,
                   "(sum(e in D) Q[b,h,i,e] * K[b,h,j,e]) + (sum(e in D) Q[b,h,i,e])")) ==
        "the score does not hold exactly one contraction");
  // No query in it.
  CHECK(why(attend("[B,H,S,D]", head, head, "sum(e in D) K[b,h,j,e] * K[b,h,j,e]")) ==
        "both factors of the score depend on the key");
  // A sum inside of the product.
  CHECK(
      why(attend("[B,H,S,D]", head, head, "sum(e in D) (Q[b,h,i,e] + Q[b,h,i,0]) * K[b,h,j,e]")) ==
      "a factor of the query does not read exactly one element");
  // Two rows of keys in turn: a row meets each of them more than once.
  CHECK(why(attend("[B,H,S,D]", head, head, "sum(e in D) Q[b,h,i,e] * K[b,h,j div 2,e]"))
            .find("keys and values are not read at the same places") == 0);
  CHECK(why(slurp("spec/examples/matmul.moa")) == "the output is not a softmax-weighted mean");
}

TEST_CASE("keys that heads share with their values are one set") {
  const Subject s =
      recognised(attend("[B,H,S,D]", "[B,T,D]", "[B,T,D]", "sum(e in D) Q[b,h,i,e] * K[b,j,e]"));
  const Sizes sizes = {{"B", 2}, {"H", 3}, {"S", 5}, {"T", 7}, {"D", 4}};
  CHECK(at(instance(s).heads, sizes) == 2);
  CHECK(at(instance(s).n, sizes) == 15);
  CHECK(at(instance(s).cols, sizes) == 14);
}

// ---------------------------------------------------------------- points

TEST_CASE("sizes by dimensions and by roles") {
  const Subject s = recognised(slurp("spec/attention/sdpa.moa"));
  const auto point = [&](const std::string& text) { return parse_point(text, s.spec, s.what); };
  const auto generic = point("n=32,m=48,d=8,S=1000");
  REQUIRE(generic.ok());
  CHECK(generic.value().dims.at("S") == 32);
  CHECK(generic.value().dims.at("T") == 48);
  CHECK(generic.value().dims.at("D") == 8);
  CHECK(generic.value().dims.at("B") == 1);
  CHECK(*generic.value().memory == 1000);
  const auto named = point("S=32,T=48,D=8,words=77");
  REQUIRE(named.ok());
  CHECK(named.value().dims == generic.value().dims);
  CHECK(*named.value().memory == 77);
  CHECK(!point("S=32").value().memory);
  for (const char* bad : {"", "n", "n=", "n=x", "n=-1", "=3", "n=1,,m=2", "n=1,", "q=3", "n=01",
                          "d=1,D=2", "n=1,S=0", "n=1,S=5,words=5", "n=1234567890123456789"}) {
    CAPTURE(bad);
    const auto p = point(bad);
    REQUIRE(!p.ok());
    CHECK(p.errors()[0].code == "E0911");
  }
  for (const char* bad : {"n=0", "n=16777217"}) {
    CAPTURE(bad);
    const auto p = point(bad);
    REQUIRE(!p.ok());
    CHECK(p.errors()[0].code == "E0702");
  }
  const Subject gqa = recognised(slurp("spec/attention/gqa.moa"));
  CHECK(parse_point("Hq=3,Hkv=2", gqa.spec, gqa.what).errors()[0].code == "E0702");
}

}  // namespace
}  // namespace minimoa::instance_test
