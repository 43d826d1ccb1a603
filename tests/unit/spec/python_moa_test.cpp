// Eight defects of python-moa 0.5.1, each a failed precondition, and the
// published 3 x 4 example. Each defect is tried twice where it applies: as a
// term, and as the text of a spec. Positive claims hold values, so that a
// reading that is merely accepted does not pass.
#include "tests/unit/spec/interpret_fixture.h"

#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "spec/lang/elaborate.h"

namespace minimoa::test {
namespace {

const Named kM{"M", {2, 3}, {1, 2, 3, 4, 5, 6}};
const Named kW{"w", {3}, {10, 20, 30}};

std::string spec_text(const std::string& out, const std::string& definition) {
  return "spec python_moa\nin M : f32[2,3], w : f32[3], A : f32[2,3,4]\nout O : f32" + out +
         "\nO = " + definition + "\n";
}

Named cube() {
  Named a{"A", {2, 3, 4}, {}};
  for (int k = 0; k < 24; ++k) a.data.push_back(k);
  return a;
}

// Reads the spec and evaluates it on M, w and A.
Numbers from_text(const std::string& out, const std::string& definition, const Shape& shape) {
  const auto spec = read_spec(spec_text(out, definition), "t.moa");
  REQUIRE_MESSAGE(spec.ok(), (spec.ok() ? "" : text(spec.errors())));
  const auto r = evaluate<double>(spec.value(), {}, tensors({kM, kW, cube()}));
  REQUIRE_MESSAGE(r.ok(), (r.ok() ? "" : text(r.errors())));
  CHECK(r.value().shape == shape);
  return r.value().data;
}

bool text_is_refused(const std::string& out, const std::string& definition) {
  const auto spec = read_spec(spec_text(out, definition), "t.moa");
  if (!spec.ok()) return true;
  return !evaluate<double>(spec.value(), {}, tensors({kM, kW, cube()})).ok();
}

TEST_CASE("defect 1: a matrix times a vector indexes the vector once") {
  CHECK(value("(inner add * M w)", {2}, {kM, kW}) == Numbers{140, 320});
  CHECK(value("(psi (vec 1) (inner add * M w))", {}, {kM, kW}) == Numbers{320});
  CHECK(from_text("[2]", "M +.* w", {2}) == Numbers{140, 320});
}

TEST_CASE("defect 2: <2 0 1> tran of shape <2 3 4> has shape <3 4 2>") {
  Numbers want;
  for (int p0 = 0; p0 < 3; ++p0)
    for (int p1 = 0; p1 < 4; ++p1)
      for (int p2 = 0; p2 < 2; ++p2) want.push_back((p2 * 3 + p0) * 4 + p1);
  CHECK(value("(tran (2 0 1) A)", {3, 4, 2}, {cube()}) == want);
  CHECK(from_text("[3,4,2]", "<2 0 1> tran A", {3, 4, 2}) == want);
  CHECK(text_is_refused("[4,2,3]", "<2 0 1> tran A"));
}

TEST_CASE("defect 3: an outer product with a scalar gives the scalar no index") {
  CHECK(value("(outer * w (real 2))", {3}, {kW}) == Numbers{20, 40, 60});
  CHECK(value("(outer - (real 1) w)", {3}, {kW}) == Numbers{-9, -19, -29});
  CHECK(from_text("[3]", "w o.* (+red w)", {3}) == Numbers{600, 1200, 1800});
}

TEST_CASE("defect 4: A[2] of shape <2 3> is refused") {
  CHECK(code_of("(psi (vec 2) M)", {3}, {kM}) == "E0705");
  CHECK(code_of("(psi (vec -1) M)", {3}, {kM}) == "E0705");
  CHECK(text_is_refused("[3]", "M[2]"));
  CHECK(from_text("[3]", "M[1]", {3}) == Numbers{4, 5, 6});
}

TEST_CASE("defect 5: a compound scalar extends like a literal one") {
  CHECK(value("(- M (redf add w))", {2, 3}, {kM, kW}) == Numbers{-59, -58, -57, -56, -55, -54});
  CHECK(from_text("[2,3]", "M - (+red w)", {2, 3}) == Numbers{-59, -58, -57, -56, -55, -54});
  CHECK(from_text("[3]", "w - (max red w)", {3}) == Numbers{-20, -10, 0});
}

TEST_CASE("defect 6: operations give new terms and change none") {
  const Term a = mk_var("A");
  const Term tree = term("(tran (2 0 1) A)");
  const std::string before = print(tree);
  const Term other = with_kids(tree, {mk_var("B")});
  const Term replaced = substitute(tree, {{"A", mk_var("C")}});
  CHECK(print(tree) == before);
  CHECK(print(other) == "(tran (2 0 1) B)");
  CHECK(print(replaced) == "(tran (2 0 1) C)");
  CHECK(print(a) == "A");
  Tensor<double> x{{3}, kW.data};
  Spec s = spec_over({3}, {kW});
  s.core = term("(rev w)");
  const std::map<std::string, Tensor<double>> inputs{{"w", x}};
  REQUIRE(evaluate<double>(s, {}, inputs).ok());
  CHECK(inputs.at("w").data == kW.data);
}

TEST_CASE("defect 7: reading and evaluating depends on no host language: twice the same") {
  const std::string source = spec_text("[2]", "M +.* w");
  const auto one = read_spec(source, "t.moa"), two = read_spec(source, "t.moa");
  REQUIRE(one.ok());
  REQUIRE(two.ok());
  CHECK(print(one.value().core) == print(two.value().core));
}

TEST_CASE("defect 8: - and / are no reductions, so no wrong fold can be asked for") {
  for (const char* f : {"-", "/", "sub", "div"}) {
    CAPTURE(f);
    Spec s = spec_over({}, {kW});
    Node n = *term("(redf add w)");
    n.name = f;
    s.core = std::make_shared<const Node>(n);
    const auto r = evaluate<double>(s, {}, tensors({kW}));
    REQUIRE_FALSE(r.ok());
    CHECK(r.errors()[0].code == "E0701");
  }
  for (const char* definition : {"-red w", "/ red w", "w -.* w", "w /.* w"}) {
    CAPTURE(definition);
    CHECK_FALSE(read_spec(spec_text("", definition), "t.moa").ok());
  }
}

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE_MESSAGE(in.is_open(), path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// A matrix as a tensor of shape <1 1 rows columns>.
Tensor<double> matrix(const nlohmann::json& rows) {
  Tensor<double> out;
  out.shape = {1, 1, static_cast<std::int64_t>(rows.size()),
               static_cast<std::int64_t>(rows[0].size())};
  for (const auto& row : rows)
    for (const auto& x : row) out.data.push_back(x.get<double>());
  return out;
}

TEST_CASE("the published example is reproduced to the precision of its print") {
  const std::string root = MINIMOA_SOURCE_DIR;
  const auto example = nlohmann::json::parse(slurp(root + "/tests/data/paper_example.json"));
  const std::string path = root + "/spec/attention/sdpa.moa";
  const auto spec = read_spec(slurp(path), path);
  REQUIRE_MESSAGE(spec.ok(), (spec.ok() ? "" : text(spec.errors())));
  const std::map<std::string, Tensor<double>> inputs{
      {"Q", matrix(example["Q"])}, {"K", matrix(example["K"])}, {"V", matrix(example["V"])}};
  const auto r =
      evaluate<double>(spec.value(), {{"B", 1}, {"H", 1}, {"S", 3}, {"T", 3}, {"D", 4}}, inputs);
  REQUIRE_MESSAGE(r.ok(), (r.ok() ? "" : text(r.errors())));
  const Numbers want = matrix(example["output"]).data;
  REQUIRE(r.value().data.size() == want.size());
  for (std::size_t i = 0; i < want.size(); ++i)
    CHECK(std::abs(r.value().data[i] - want[i]) <= example["atol"].get<double>());
}

}  // namespace
}  // namespace minimoa::test
