// Derivations of the shipped specs and of their variations: every schedule
// goes through, the DNF has no array operator, and every intermediate term
// writes the same values as the spec when both are evaluated.
#include "prover/schedule/derive.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "prover/obligations/obligations.h"
#include "spec/lang/elaborate.h"
#include "spec/lang/interpret.h"
#include "tests/unit/prover/programs.h"

namespace minimoa::derive_test {
namespace {

using programs::slurp;

std::string text(const std::vector<Diagnostic>& ds) {
  std::string out;
  for (const Diagnostic& d : ds) out += d.code + ": " + d.message + "\n";
  return out;
}

RuleTable rules() {
  auto r = RuleTable::load(std::string(MINIMOA_SOURCE_DIR) + "/spec/rules");
  REQUIRE_MESSAGE(r.ok(), (r.ok() ? "" : text(r.errors())));
  return r.value();
}

Spec spec_of(const std::string& path) {
  auto s = read_spec(slurp(path), path);
  REQUIRE_MESSAGE(s.ok(), (s.ok() ? "" : text(s.errors())));
  return s.value();
}

Derivation derived_by(const Spec& spec, const std::string& lines, const std::string& path) {
  auto s = parse_schedule(lines, path);
  REQUIRE_MESSAGE(s.ok(), (s.ok() ? "" : text(s.errors())));
  // `two` is a target that is not there, with lanes enough for small tiles.
  s.value().width = s.value().target == "avx512" ? 16 : 2;
  auto d = derive(spec, rules(), s.value());
  REQUIRE_MESSAGE(d.ok(), (d.ok() ? "" : text(d.errors())));
  return d.value();
}

Derivation derived(const Spec& spec, const std::string& schedule) {
  const std::string path = "extract/schedules/" + schedule + ".sched";
  return derived_by(spec, slurp(path), path);
}

// The code of the refusal and the line it blames: "E0505:3".
std::string refused(const Spec& spec, const std::string& lines) {
  auto s = parse_schedule(lines, "s.sched");
  if (!s.ok()) return s.errors()[0].code + ":" + std::to_string(s.errors()[0].span.line);
  s.value().width = 2;
  const auto d = derive(spec, rules(), s.value());
  if (d.ok()) return "";
  return d.errors()[0].code + ":" + std::to_string(d.errors()[0].span.line);
}

std::int64_t eval(const Term& t, const std::map<std::string, std::int64_t>& dims) {
  switch (t->op) {
    case Op::kInt:
      return t->value;
    case Op::kVar:
      return dims.at(t->name);
    case Op::kAdd:
      return eval(t->kids[0], dims) + eval(t->kids[1], dims);
    case Op::kSub:
      return eval(t->kids[0], dims) - eval(t->kids[1], dims);
    case Op::kMul:
      return eval(t->kids[0], dims) * eval(t->kids[1], dims);
    case Op::kIntDiv:
      return eval(t->kids[0], dims) / eval(t->kids[1], dims);
    default:
      FAIL("extent");
      return 0;
  }
}

std::map<std::string, Tensor<double>> inputs_for(const Spec& spec,
                                                 const std::map<std::string, std::int64_t>& dims) {
  std::mt19937 gen(7);
  std::uniform_real_distribution<double> u(-1.5, 1.5);
  std::map<std::string, Tensor<double>> out;
  for (const Array& a : spec.inputs) {
    Tensor<double> t;
    std::int64_t n = 1;
    for (const Term& e : a.shape) {
      t.shape.push_back(eval(e, dims));
      n *= t.shape.back();
    }
    for (std::int64_t k = 0; k < n; ++k) t.data.push_back(u(gen));
    out[a.name] = t;
  }
  return out;
}

void check_every_term(const Spec& spec, const Derivation& d,
                      const std::map<std::string, std::int64_t>& dims) {
  const auto in = inputs_for(spec, dims);
  const auto want = evaluate_statement<double>(spec, d.terms[0], dims, in);
  REQUIRE_MESSAGE(want.ok(), (want.ok() ? "" : text(want.errors())));
  for (std::size_t k = 1; k < d.terms.size(); ++k) {
    const auto got = evaluate_statement<double>(spec, d.terms[k], dims, in);
    REQUIRE_MESSAGE(got.ok(), d.steps[k - 1].rule << " " << (got.ok() ? "" : text(got.errors())));
    REQUIRE(got.value().data.size() == want.value().data.size());
    for (std::size_t i = 0; i < want.value().data.size(); ++i) {
      REQUIRE_MESSAGE(std::abs(got.value().data[i] - want.value().data[i]) < 1e-9,
                      "step " << k << " " << d.steps[k - 1].rule);
    }
  }
}

bool has_array_operator(const Term& t) {
  const std::set<Op> ops = {Op::kTran,  Op::kTake,    Op::kDrop,  Op::kCat,  Op::kRev,
                            Op::kRot,   Op::kReshape, Op::kIota,  Op::kRedf, Op::kInner,
                            Op::kOuter, Op::kOmega,   Op::kOmega2};
  return !find_all(t, [&](const Term& s) { return ops.count(s->op) != 0; }).empty();
}

struct Case {
  const char* path;
  std::vector<std::map<std::string, std::int64_t>> sizes;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases = {
      {"spec/attention/sdpa.moa", {{{"B", 1}, {"H", 2}, {"S", 3}, {"T", 2}, {"D", 2}}}},
      {"spec/attention/causal.moa",
       {{{"B", 1}, {"H", 1}, {"S", 4}, {"T", 2}, {"D", 2}},
        {{"B", 1}, {"H", 1}, {"S", 2}, {"T", 5}, {"D", 1}}}},
      {"spec/attention/decode.moa", {{{"B", 1}, {"H", 2}, {"G", 3}, {"T", 4}, {"D", 2}}}},
      {"spec/attention/gqa.moa", {{{"B", 1}, {"Hq", 4}, {"Hkv", 2}, {"S", 2}, {"T", 3}, {"D", 2}}}},
  };
  return kCases;
}

}  // namespace

TEST_CASE("every step of every shipped derivation keeps the values") {
  for (const Case& c : cases()) {
    const Spec spec = spec_of(c.path);
    for (const char* schedule :
         {"naive", "two_pass", "flash", "flash_stream", "resident", "rows_resident",
          "flash_kv_outer", "split_kv", "grouped", "flash1", "two_pass_stream", "flash_stream_128",
          "retain", "halves", "lanes_avx512"}) {
      CAPTURE(c.path);
      CAPTURE(schedule);
      const Derivation d = derived(spec, schedule);
      for (const auto& dims : c.sizes) check_every_term(spec, d, dims);
    }
  }
}

TEST_CASE("the DNF has no array operator and psi-reduction lowers the measure") {
  for (const Case& c : cases()) {
    const Spec spec = spec_of(c.path);
    const auto d = reduce(spec, rules());
    REQUIRE(d.ok());
    CHECK_FALSE(has_array_operator(d.value().terms[d.value().dnf]));
    const RuleTable table = rules();
    for (std::size_t k = 0; k < d.value().steps.size(); ++k) {
      const Step& s = d.value().steps[k];
      if (s.rule.rfind("psi-", 0) != 0 || s.rl) continue;
      CHECK_MESSAGE(measure(d.value().terms[k + 1]) < measure(d.value().terms[k]), s.rule);
    }
  }
}

TEST_CASE("derivations are the same every time") {
  const Spec spec = spec_of("spec/attention/gqa.moa");
  const Derivation a = derived(spec, "flash");
  const Derivation b = derived(spec, "flash");
  CHECK(print(a.final_term()) == print(b.final_term()));
}

TEST_CASE("variations of sdpa reach a flash loop program") {
  for (const char* name :
       {"sdpa_renamed", "sdpa_attend", "sdpa_nolet", "sdpa_kt", "sdpa_scale_in_q", "sdpa_take_rev",
        "sdpa_cat", "causal_window", "alibi"}) {
    CAPTURE(name);
    const Spec spec = spec_of(std::string("spec/examples/") + name + ".moa");
    const Derivation d = derived(spec, "flash");
    CHECK(find_all(d.final_term(), [](const Term& t) { return t->op == Op::kFold; }).size() == 2);
  }
}

namespace {

// Each as the lines after `schedule s`; tiles so small that sizes cross them.
const char* const kSmall[] = {
    "softmax online\ntile row 2\ntile key 2\nstage row key\nskip key\n",
    "softmax online\ntile row 3\ntile key 1\nstage key row\nskip key\nparallel row\n",
    "softmax online\ntile row 1\ntile key 2\nstage key\n",
    "softmax online\ntile row all\ntile key 2\nstage row key\nskip key\nparallel batch\n",
    "softmax online\ntile row 2\ntile key all\nstage row key\nparallel batch\n",
    "softmax online\ntile row all\ntile key all\n",
    "softmax online\nouter key\ntile key 2\nstage row key\nskip key\nparallel batch\n",
    "softmax online\nouter key\ntile key 3\nparallel batch row\n",
    "softmax online\ntile row 2\nsplit key 4\ntile key 2\nstage row key\nskip key\n"
    "parallel batch row key\n",
    "softmax online\ntile row all\nsplit key 3\ntile key 2\nstage key\nparallel batch key\n",
    "softmax online\ntile row 2\nsplit key 2\ntile key 4\nstage row\nparallel batch\n",
    "softmax online\ntile row 2\ntile key 1\nretain key 2\nstage row key\nparallel batch\n",
    "softmax online\ntile row 3\ntile key 2\nretain key 3\nstage row key\nskip key\nparallel "
    "batch\n",
    "softmax online\ntile row all\ntile key 2\nretain key 9\nstage key\n",
    "softmax online\nhalve key\nstage row key\nparallel batch\n",
    "softmax online\nhalve key\n",
    "softmax online\ntile row 2\ntile key 2\nstage row\nskip key\nlanes row\nunroll 2\n"
    "target two\nparallel batch row\n",
    "softmax online\ntile row 4\ntile key 1\nstage row\nlanes row\ntarget two\n",
    "softmax online\ntile row 2\ntile key 3\nstage row\nlanes row\ntarget two\nparallel batch\n",
    "softmax two-pass\nstage row\n",
    "softmax two-pass\ntile row 2\nstage row\nparallel batch row\n",
    "softmax two-pass\ntile row 2\ntile key all\nstage key row\nparallel batch\n",
    "softmax two-pass\ntile row 2\ntile key 1\nstage row key\nparallel batch row\n",
    "softmax two-pass\ntile row 3\ntile key 1\nstage key\nparallel batch\n",
    "pack heads\nsoftmax online\ntile row 2\ntile key 2\nstage row key\nparallel batch row\n",
    "pack heads\nsoftmax online\ntile row all\ntile key 2\nstage row key\nparallel batch\n",
    "pack heads\nsoftmax online\nouter key\ntile key 2\nstage row key\nparallel batch\n",
    "pack heads\nsoftmax online\ntile row 2\nsplit key 4\ntile key 2\nstage row key\n"
    "parallel batch row key\n",
    "pack heads\nsoftmax online\ntile row 2\ntile key 2\nretain key 1\nstage row key\nparallel "
    "batch\n",
    "pack heads\nsoftmax online\nhalve key\nstage key\nparallel batch\n",
    "pack heads\nsoftmax two-pass\ntile row 3\nstage row\nparallel batch row\n",
};

std::size_t count_reads(const Term& t) {
  return find_all(t, [](const Term& s) { return s->op == Op::kMem; }).size();
}

}  // namespace

TEST_CASE("staging and skipping keep the values where tiles do not fit") {
  const std::vector<Case> specs = {
      {"spec/attention/sdpa.moa", {{{"B", 1}, {"H", 1}, {"S", 5}, {"T", 3}, {"D", 2}}}},
      {"spec/attention/causal.moa",
       {{{"B", 1}, {"H", 2}, {"S", 5}, {"T", 7}, {"D", 1}},
        {{"B", 1}, {"H", 1}, {"S", 7}, {"T", 3}, {"D", 2}}}},
      {"spec/examples/causal_window.moa",
       {{{"B", 1}, {"H", 1}, {"S", 7}, {"D", 2}, {"W", 2}},
        {{"B", 1}, {"H", 1}, {"S", 4}, {"D", 1}, {"W", 1}}}},
      {"spec/examples/alibi.moa", {{{"B", 1}, {"H", 2}, {"S", 3}, {"D", 2}}}},
      {"spec/attention/gqa.moa",
       {{{"B", 1}, {"Hq", 6}, {"Hkv", 2}, {"S", 3}, {"T", 3}, {"D", 1}},
        {{"B", 1}, {"Hq", 2}, {"Hkv", 2}, {"S", 2}, {"T", 5}, {"D", 1}}}},
  };
  for (const Case& c : specs) {
    const Spec spec = spec_of(c.path);
    for (const char* lines : kSmall) {
      CAPTURE(c.path);
      CAPTURE(lines);
      const Derivation d = derived_by(spec, std::string("schedule s\n") + lines, "s.sched");
      for (const auto& dims : c.sizes) check_every_term(spec, d, dims);
    }
  }
}

// Arrays that end within a tile: a buffer may read only what its element is.
TEST_CASE("concatenated queries and keys stay within their arrays") {
  const Spec spec = programs::spec_from(
      "spec cat2\ndims S, R, T, U, D\nrequire S + R <= 1000 and T + U <= 1000\n"
      "in Q : f32[S,D], Q2 : f32[R,D], K : f32[T,D], K2 : f32[U,D], V : f32[T,D], V2 : f32[U,D]\n"
      "out O : f32[S+R,D]\n"
      "O = (softmax omega<1> (((Q cat Q2) +.* (tran (K cat K2))) / sqrt(D))) +.* (V cat V2)\n");
  for (const char* lines : kSmall) {
    CAPTURE(lines);
    const Derivation d = derived_by(spec, std::string("schedule s\n") + lines, "s.sched");
    check_every_term(spec, d, {{"S", 2}, {"R", 3}, {"T", 3}, {"U", 2}, {"D", 2}});
    Prover prover(spec);
    prover.divisors(spec.core, d.final_term());
    std::vector<std::pair<std::string, std::string>> cover;
    for (const Proved& p : prover.safe(d.final_term(), &cover))
      CHECK_MESSAGE(p.decision == Decision::kProved, p.label);
  }
}

TEST_CASE("lanes: what runs where, and what has none") {
  const std::string lanes = "schedule s\nsoftmax online\nlanes row\ntarget two\nunroll 4\n";
  const std::string tiles = "tile row 4\ntile key 4\n";
  const Spec causal = spec_of("spec/attention/causal.moa");
  const Derivation d = derived_by(causal, lanes + tiles + "stage row\n", "s.sched");
  CHECK(d.place.target == "two");
  CHECK(d.place.lanes == std::vector<std::string>{"l"});
  CHECK(d.place.turned == std::vector<std::string>{"q", "st", "y"});
  REQUIRE(d.place.unroll.size() == 2);
  CHECK(d.place.unroll[0].second == 4);
  // Every divisor left is that of a row, or of all rows.
  CHECK(find_all(d.final_term(), [](const Term& t) { return t->op == Op::kDiv; }).size() == 2);
  CHECK(derived(causal, "flash").place.portable());
  CHECK(refused(causal, lanes + tiles) == "E0510:3");
  CHECK(refused(causal, lanes + tiles + "stage row key\n") == "E0510:3");
  CHECK(refused(causal, lanes + "tile row 3\ntile key 4\nstage row\n") == "E0504:6");
  CHECK(refused(causal, lanes + "tile row 18\ntile key 4\nstage row\n") == "E0504:6");
  CHECK(refused(causal, lanes + "tile row all\ntile key 4\nstage row\n") == "E0510:3");
  CHECK(refused(causal, lanes + "outer key\ntile key 4\nstage row\n") == "E0510:3");
  CHECK(refused(spec_of("spec/examples/paged_decode.moa"), lanes + "tile key 4\n") == "E0505:3");
}

TEST_CASE("a mask that is an array has no tiles") {
  const Spec spec = programs::spec_from(
      "spec table\ndims S, T, D\n"
      "in Q : f32[S,D], K : f32[T,D], V : f32[T,D], M : i32[S,T] in 0 .. 2\nout O : f32[S,D]\n"
      "attend O[i,d] over j in T\n  score = sum(e in D) Q[i,e] * K[j,e]\n"
      "  mask = M[i,j] == 1\n  value = V[j,d]\n  empty = 0\n");
  const std::string online = "schedule s\nsoftmax online\n";
  CHECK(refused(spec, online + "tile row 2\ntile key all\n").substr(0, 5) == "E0605");
  CHECK(refused(spec, online + "tile row all\ntile key 2\n").substr(0, 5) == "E0605");
  CHECK(refused(spec, online + "tile row all\ntile key 1\n").empty());
  CHECK(refused(spec, "schedule s\nsoftmax two-pass\n").empty());
}

TEST_CASE("what is staged is read in one place") {
  for (const Case& c : cases()) {
    const Spec spec = spec_of(c.path);
    for (const char* schedule : {"flash", "flash_stream", "resident", "rows_resident",
                                 "flash_kv_outer", "split_kv", "grouped"}) {
      CAPTURE(c.path);
      CAPTURE(schedule);
      CHECK(count_reads(derived(spec, schedule).final_term()) == 3);
    }
  }
}

TEST_CASE("skip key: a mask excludes tiles, no mask excludes none") {
  const auto skipped = [](const std::string& path) {
    const Derivation d = derived(spec_of(path), "flash");
    return std::any_of(d.steps.begin(), d.steps.end(),
                       [](const Step& s) { return s.rule == "osm-skip"; });
  };
  CHECK(skipped("spec/attention/causal.moa"));
  CHECK(skipped("spec/examples/causal_window.moa"));
  CHECK_FALSE(skipped("spec/attention/sdpa.moa"));
  CHECK_FALSE(skipped("spec/attention/gqa.moa"));
}

TEST_CASE("the bound of a tile comes from both ends of the mask") {
  const Derivation d = derived(spec_of("spec/examples/causal_window.moa"), "flash");
  const auto folds = find_all(d.final_term(), [](const Term& t) {
    return t->op == Op::kFold && t->kids[2]->op == Op::kIf && t->kids[2]->kids[0]->op == Op::kAnd &&
           t->kids[2]->kids[2]->op == Op::kVar;
  });
  REQUIRE_FALSE(folds.empty());
  const Term step = at(d.final_term(), folds.front())->kids[2];
  CHECK(print(step->kids[0]) ==
        "(and (<= (* J 64) (+ (* I 64) 63)) (<= (- (* I 64) (+ (* J 64) 63)) W))");
}

TEST_CASE("tiles that fill the range have no guard") {
  const std::string text =
      "spec fixed\ndims S, D\nin Q : f32[S,D], K : f32[8,D], V : f32[8,D]\nout O : f32[S,D]\n"
      "attend O[i,d] over j in 8\n  score = sum(e in D) Q[i,e] * K[j,e]\n  value = V[j,d]\n";
  const auto spec = read_spec(text, "fixed.moa");
  REQUIRE_MESSAGE(spec.ok(), (spec.ok() ? std::string() : spec.errors()[0].message));
  for (const char* lines : kSmall) {
    CAPTURE(lines);
    const Derivation d = derived_by(spec.value(), std::string("schedule s\n") + lines, "s.sched");
    check_every_term(spec.value(), d, {{"S", 3}, {"D", 2}});
  }
  const Derivation even =
      derived_by(spec.value(),
                 "schedule s\nsoftmax online\ntile row 2\ntile key 4\nstage row key\n", "s.sched");
  CHECK(std::any_of(even.steps.begin(), even.steps.end(),
                    [](const Step& s) { return s.rule == "reduce-split-even"; }));
}

TEST_CASE("a schedule that cannot be had names its line") {
  const Spec causal = spec_of("spec/attention/causal.moa");
  const Spec paged = spec_of("spec/examples/paged_decode.moa");
  const std::string online = "schedule s\nsoftmax online\n", two = "schedule s\nsoftmax two-pass\n";
  CHECK(refused(causal, online + "tile key 64\n") == "E0506:2");
  CHECK(refused(causal, online + "tile row 8\ntile key 8\nstage col\n") == "E0505:5");
  CHECK(refused(causal, online + "tile row 8\ntile key 8\nskip row\n") == "E0505:5");
  CHECK(refused(causal, online + "tile row 8\ntile key all\nskip key\n") == "E0510:5");
  CHECK(refused(causal, online + "tile row all\ntile key 8\nparallel row\n") == "E0510:5");
  CHECK(refused(causal, two + "tile row all\n") == "E0504:3");
  CHECK(refused(causal, two + "tile key 8\n") == "E0504:3");
  const std::string tiled = online + "tile row 8\ntile key 8\nstage row key\n";
  CHECK(refused(causal, tiled + "retain row 8\n") == "E0505:6");
  CHECK(refused(causal, tiled + "retain key all\n") == "E0505:6");
  CHECK(refused(causal, tiled + "retain key 8\nparallel batch row\n") == "E0510:7");
  CHECK(refused(causal, tiled + "retain key 8\nsplit key 16\n") == "E0510:6");
  CHECK(refused(causal, online + "outer key\ntile key 8\nstage key\nretain key 8\n") == "E0510:6");
  CHECK(refused(causal, online + "tile row 8\ntile key 8\nretain key 8\n") == "E0510:5");
  CHECK(refused(causal, two + "retain key 8\n") == "E0510:3");
  CHECK(refused(causal, online + "halve row\n") == "E0505:3");
  CHECK(refused(causal, two + "halve key\n") == "E0510:3");
  CHECK(refused(causal, online + "halve key\ntile key 8\n") == "E0510:3");
  CHECK(refused(causal, online + "halve key\nskip key\n") == "E0510:4");
  CHECK(refused(causal, online + "halve key\nretain key 8\n") == "E0510:4");
  CHECK(refused(causal, online + "halve key\nparallel batch row\n") == "E0510:4");
  CHECK(refused(causal, two + "stage key\n") == "E0505:3");
  CHECK(refused(causal, two + "tile row 8\ntile key 1\n") == "E0504:4");
  CHECK(refused(causal, two + "tile key 1\nstage key\n") == "E0504:3");
  CHECK(refused(causal, two + "tile row 8\ntile key 8\nstage key\n") == "E0504:4");
  CHECK(refused(causal, two + "skip key\n") == "E0510:3");
  CHECK(refused(causal, two + "tile key all\n") == "E0510:3");
  CHECK(refused(causal, two + "tile key all\nstage key\nparallel batch row\n") == "E0510:5");
  CHECK(refused(causal, two + "materialise scores\nstage row\n") == "E0505:4");
  CHECK(refused(causal, online + "tile key 8\nouter row\n") == "E0505:4");
  CHECK(refused(causal, online + "tile key all\nouter key\n") == "E0510:4");
  CHECK(refused(causal, online + "tile key 8\ntile row 8\nouter key\n") == "E0510:5");
  CHECK(refused(causal, online + "tile key 8\nsplit key 16\nouter key\n") == "E0510:5");
  CHECK(refused(causal, online + "tile key 8\ntile row 8\nsplit row 16\n") == "E0505:5");
  CHECK(refused(causal, online + "tile key 8\ntile row 8\nsplit key all\n") == "E0505:5");
  CHECK(refused(causal, online + "tile key all\ntile row 8\nsplit key 8\n") == "E0510:5");
  CHECK(refused(causal, online + "tile key 8\ntile row 8\nparallel key\n") == "E0510:5");
  CHECK(refused(causal, two + "outer key\n") == "E0510:3");
  CHECK(refused(causal, two + "split key 8\n") == "E0510:3");
  CHECK(refused(paged, online + "tile key 8\nouter key\n") == "E0503:4");
  CHECK(refused(paged, online + "tile key 8\nsplit key 16\n") == "E0504:4");
  CHECK(refused(paged, online + "tile key all\nstage key\n") == "E0504:3");
  CHECK(refused(paged, online + "tile key 8\nstage key\nskip key\n") == "");
  CHECK(refused(paged, online + "tile key 8\nstage key\nretain key 8\n") == "E0503:5");
  CHECK(refused(paged, online + "halve key\n") == "E0503:3");
}

TEST_CASE("what a schedule does not support is a diagnostic") {
  const Spec spec = spec_of("spec/examples/matmul.moa");
  const auto s = parse_schedule(slurp("extract/schedules/flash.sched"), "flash.sched");
  const auto d = derive(spec, rules(), s.value());
  REQUIRE_FALSE(d.ok());
  CHECK(d.errors()[0].code == "E0602");
}

}  // namespace minimoa::derive_test
