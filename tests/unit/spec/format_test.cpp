// `minimoa fmt`: idempotent, keeps comments, never changes the core term.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "spec/lang/elaborate.h"
#include "spec/lang/format.h"
#include "spec/lang/parser.h"

namespace minimoa::format_test {
namespace {

std::string formatted(const std::string& text, bool unicode = false) {
  const Result<Ast> ast = parse_spec(text, "x.moa");
  if (!ast.ok()) return render(ast.errors(), Format::kShort, text);
  return format(ast.value(), unicode);
}

std::vector<std::string> shipped() {
  std::vector<std::string> texts;
  for (const char* folder : {"/spec/attention", "/spec/examples"}) {
    for (const auto& f :
         std::filesystem::directory_iterator(std::string(MINIMOA_SOURCE_DIR) + folder)) {
      if (f.path().extension() != ".moa") continue;
      std::ifstream in(f.path(), std::ios::binary);
      std::ostringstream out;
      out << in.rdbuf();
      texts.push_back(out.str());
    }
  }
  return texts;
}

TEST_CASE("formatting keeps the core, in both spellings, and is idempotent") {
  const auto texts = shipped();
  REQUIRE(texts.size() >= 3);
  for (const std::string& text : texts) {
    INFO(text);
    const Result<Spec> before = read_spec(text, "x.moa");
    REQUIRE(before.ok());
    for (const bool unicode : {false, true}) {
      const std::string once = formatted(text, unicode);
      CHECK(formatted(once, unicode) == once);
      const Result<Spec> after = read_spec(once, "x.moa");
      REQUIRE_MESSAGE(after.ok(), once);
      CHECK(alpha_equal(before.value().core, after.value().core));
      CHECK(formatted(once, false) == formatted(text, false));
    }
  }
}

TEST_CASE("shipped specs are formatted") {
  for (const std::string& text : shipped()) CHECK(formatted(text) == text);
}

TEST_CASE("blanks, fields and comments have one layout") {
  const std::string messy =
      "# head\n\n\n\nspec   x  # name\ndims M,N\nin A:f32 [ M , N ],B : f32[N , M]\n"
      "out O:f32[M,M]\n# before\n"
      "attend O[i,c]over j in N\n score=A[ i,j ]+( 2*-1 )\n    # inside\n mask=j<N and(i<M)\n"
      "\n\n value = (<1 0>tran(+red omega< 1 >B))[ j , c+ 0 ]\n# end\n";
  const std::string want =
      "# head\n\nspec x  # name\ndims M, N\nin A : f32[M,N], B : f32[N,M]\nout O : f32[M,M]\n"
      "# before\nattend O[i,c] over j in N\n  score = A[i,j] + (2 * -1)\n  # inside\n"
      "  mask  = j < N and (i < M)\n\n"
      "  value = (<1 0> tran (+red omega<1> B))[j, c + 0]\n# end\n";
  CHECK(formatted(messy) == want);
  CHECK(formatted(want) == want);
}

TEST_CASE("the other spelling uses the left column") {
  const std::string text =
      "spec x\ndims M, N\nin A : f32[M,N]\nout O : f32[M]\n"
      "O = max red omega<1> (A * 2 / sqrt(N))\n";
  const std::string want =
      "spec x\ndims M, N\nin A : f32[M,N]\nout O : f32[M]\n"
      "O = ⌈red Ω⟨1⟩ (A × 2 ÷ √(N))\n";
  CHECK(formatted(text, true) == want);
  CHECK(formatted(want, false) == text);
}

TEST_CASE("line breaks inside an item stay") {
  const std::string text =
      "spec x\ndims N\nin A : f32[N]\nout O : f32[N]\n"
      "O = A +  # first\n    A +\n    # why\n    A\n";
  CHECK(formatted(text) == text);
}

}  // namespace
}  // namespace minimoa::format_test
