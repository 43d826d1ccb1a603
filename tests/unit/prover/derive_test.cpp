// Derivations of the shipped specs and of their variations: every schedule
// goes through, the DNF has no array operator, and every intermediate term
// writes the same values as the spec when both are evaluated.
#include "prover/schedule/derive.h"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <random>
#include <sstream>

#include "spec/lang/elaborate.h"
#include "spec/lang/interpret.h"

namespace minimoa {
namespace {

std::string slurp(const std::string& relative) {
  std::ifstream in(std::string(MINIMOA_SOURCE_DIR) + "/" + relative, std::ios::binary);
  REQUIRE_MESSAGE(in.good(), relative);
  std::stringstream s;
  s << in.rdbuf();
  return s.str();
}

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

Derivation derived(const Spec& spec, const std::string& schedule) {
  const std::string path = "extract/schedules/" + schedule + ".sched";
  auto s = parse_schedule(slurp(path), path);
  REQUIRE_MESSAGE(s.ok(), (s.ok() ? "" : text(s.errors())));
  auto d = derive(spec, rules(), s.value());
  REQUIRE_MESSAGE(d.ok(), (d.ok() ? "" : text(d.errors())));
  return d.value();
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
      {"spec/attention/gqa.moa", {{{"B", 1}, {"Hq", 4}, {"Hkv", 2}, {"S", 2}, {"T", 3}, {"D", 2}}}},
  };
  return kCases;
}

}  // namespace

TEST_CASE("every step of every shipped derivation keeps the values") {
  for (const Case& c : cases()) {
    const Spec spec = spec_of(c.path);
    for (const char* schedule : {"naive", "two_pass", "flash"}) {
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
  for (const char* name : {"sdpa_renamed", "sdpa_attend", "sdpa_nolet", "sdpa_kt",
                           "sdpa_scale_in_q", "sdpa_take_rev", "causal_window", "alibi"}) {
    CAPTURE(name);
    const Spec spec = spec_of(std::string("spec/examples/") + name + ".moa");
    const Derivation d = derived(spec, "flash");
    CHECK(find_all(d.final_term(), [](const Term& t) { return t->op == Op::kFold; }).size() == 2);
  }
}

TEST_CASE("what a schedule does not support is a diagnostic") {
  const Spec spec = spec_of("spec/examples/matmul.moa");
  const auto s = parse_schedule(slurp("extract/schedules/flash.sched"), "flash.sched");
  const auto d = derive(spec, rules(), s.value());
  REQUIRE_FALSE(d.ok());
  CHECK(d.errors()[0].code == "E0602");
}

}  // namespace minimoa
