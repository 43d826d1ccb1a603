// The parser: line breaks, precedence, recovery, limits, and noise.
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "spec/lang/elaborate.h"
#include "spec/lang/parser.h"

namespace minimoa::parser_test {
namespace {

const char* const kHead = "spec x\ndims M, N\nin A : f32[M,N]\nout O : f32[M,N]\n";

std::vector<std::string> codes(const std::string& body) {
  std::vector<std::string> out;
  const Result<Ast> ast = parse_spec(kHead + body, "x.moa");
  if (ast.ok()) return out;
  for (const Diagnostic& d : ast.errors()) out.push_back(d.code);
  return out;
}

using Codes = std::vector<std::string>;

TEST_CASE("a line goes on inside brackets, after operators, commas, =, then, else") {
  CHECK(codes("O =\n  A +\n  A").empty());
  CHECK(codes("O = (A\n  + A)").empty());
  CHECK(codes("O = A[0,\n 0] *\n A").empty());
  CHECK(codes("O = if M < N then\n A else\n A").empty());
  CHECK(codes("O = A +.*\n A").empty());
  CHECK(codes("let V = <0\n 1> psi A\nO = A").empty());
  CHECK(codes("let c = M <\n N\nO = A").empty());
}

TEST_CASE("elsewhere a line break ends the item") {
  CHECK(codes("O = A\n + A") == Codes{"E0102"});
  CHECK(codes("O = -\n A") == Codes{"E0102"});
  CHECK(codes("O = if M < N\n then A else A") == Codes{"E0102"});
  CHECK(codes("O = A let B = A") == Codes{"E0102"});
}

TEST_CASE("independent errors are reported once each") {
  CHECK(codes("let X = (A\nlet Y = A +\nlet Z = ]\nO = A") == Codes{"E0102", "E0102", "E0102"});
  CHECK(codes("dims a\nlet p = 1\nO = A + rev A") == Codes{"E0105", "E0105", "E0103"});
  CHECK(codes("attend O[i,j] over k in N\n  score = (\n  value = )\n  mask = k < N") ==
        Codes{"E0102", "E0102"});
}

TEST_CASE("structural words beside arithmetic need parentheses") {
  CHECK(codes("O = A + rev A") == Codes{"E0103"});
  CHECK(codes("O = rev A + A").empty() == false);
  CHECK(codes("O = -1 take A") == Codes{"E0103"});
  CHECK(codes("O = A cat A * A") == Codes{"E0103"});
  CHECK(codes("O = A < rev A") == Codes{"E0103"});
  CHECK(codes("O = A +.* A / 2") == Codes{"E0103"});
  CHECK(codes("O = A + (rev A)").empty());
  CHECK(codes("O = 2 * sum(i in N) rev A").empty());
  CHECK(codes("O = rev tran rev A cat A").empty());
}

TEST_CASE("reserved names are refused where they are declared") {
  for (const char* name : {"tran", "o", "score", "f32", "int", "and_eq", "a", "p", "t", "rest",
                           "x_s", "minimoa_x", "size"}) {
    INFO(name);
    CHECK(!reserved_name(name).empty());
  }
  for (const char* name : {"b", "X", "h", "s", "s_x", "Minimoa", "e", "dim"}) {
    INFO(name);
    CHECK(reserved_name(name).empty());
  }
}

TEST_CASE("nesting is limited, at the limit it works") {
  const auto nested = [](int n) {
    return "O = " + std::string(static_cast<std::size_t>(n), '(') + "A" +
           std::string(static_cast<std::size_t>(n), ')');
  };
  CHECK(codes(nested(190)).empty());
  CHECK(codes(nested(201)) == Codes{"E0107"});
  CHECK(codes(nested(100000)) == Codes{"E0107"});
  for (const char* unit : {"-", "not ", "rev ", "gen(i in N) ", "A[", "if A then ", "<("}) {
    std::string body = "O = ";
    for (int k = 0; k < 5000; ++k) body += unit;
    INFO(unit);
    CHECK(codes(body).size() == 1);
  }
  std::string chain = "O = A";
  for (int k = 0; k < 20000; ++k) chain += " + A";
  CHECK(codes(chain) == Codes{"E0107"});
}

TEST_CASE("a file full of errors stops at the limit of messages") {
  std::string body;
  for (int k = 0; k < 30000; ++k) body += "let = )\n";
  CHECK(codes(body).size() == kMaxDiagnostics);
}

std::string slurp(const std::string& path) {
  std::ifstream in(std::string(MINIMOA_SOURCE_DIR) + "/" + path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// What would break without it: a crash on half-written text in an editor.
TEST_CASE("mutated specs give a value or messages, never a crash") {
  const std::vector<std::string> seeds = {
      slurp("spec/attention/causal.moa"), slurp("spec/attention/sdpa.moa"),
      slurp("spec/examples/paged_decode.moa"), slurp("spec/examples/sdpa_take_rev.moa")};
  const std::string pieces[] = {"(",        ")",
                                "[",        "]",
                                "<",        ">",
                                "⟨",        "omega<2>",
                                "tran ",    "\n",
                                ",",        "=",
                                "+.*",      "in ",
                                "softmax ", "if ",
                                "-",        "\0",
                                "\xff",     "gen(q in N) ",
                                "take ",    "99999999999999999999",
                                "let ",     "O",
                                "K",        " rho ",
                                "2"};
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string text = seeds[random() % seeds.size()];
    REQUIRE(!text.empty());
    for (unsigned k = random() % 4 + 1; k > 0; --k) {
      const std::size_t at = random() % text.size();
      const std::string& piece = pieces[random() % std::size(pieces)];
      switch (random() % 3) {
        case 0:
          text.insert(at, piece);
          break;
        case 1:
          text.erase(at, random() % 12);
          break;
        case 2:
          text.replace(at, 1, piece);
          break;
      }
      if (text.empty()) text = "x";
    }
    const Result<Spec> r = read_spec(text, "x.moa");
    if (r.ok()) continue;
    CHECK(!r.errors().empty());
    CHECK(!render(r.errors(), Format::kText, text).empty());
  }
}

}  // namespace
}  // namespace minimoa::parser_test
