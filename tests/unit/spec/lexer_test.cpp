// The lexer: whitelist, places, comments.
#include <string>

#include <doctest/doctest.h>

#include "spec/lang/lexer.h"

namespace minimoa::lexer_test {
namespace {

std::string texts(const std::string& bytes) {
  const Result<Tokens> r = lex(bytes, "x.moa");
  if (!r.ok()) return r.errors()[0].code;
  std::string out;
  for (const Token& t : r.value().tokens) {
    if (t.kind != TokenKind::kEnd) out += (out.empty() ? "" : " ") + t.text;
  }
  return out;
}

TEST_CASE("characters outside of the whitelist are E0101, in comments too") {
  for (const char* bad :
       {"а", "A # ѱ", "\u202e", "\u200b", "\xc2\xa0", "\r\n", "\x01", "\x7f", "\xff", "\xc0\x80",
        "\xed\xa0\x80", "\xe2\x82", "∑", "λ", "\xef\xbb\xbf"}) {
    INFO(bad);
    CHECK(texts(bad) == "E0101");
  }
  CHECK(texts(std::string("a\0b", 3)) == "E0101");
}

TEST_CASE("ASCII that begins nothing is E0102") {
  for (const char* bad : {"$", "a ; b", "\"x\"", "_x", "&", "!", "12x", "1e5", "⌈ red", "⌈(a,b)"}) {
    INFO(bad);
    CHECK(texts(bad) == "E0102");
  }
}

TEST_CASE("symbols become their ASCII words") {
  CHECK(texts("ψ ρ ι Φ θ ⍉ △ ↑ ▽ ↓ ⧺ Ω Σ √") ==
        "psi rho iota rev rot tran take take drop drop cat omega sum sqrt");
  CHECK(texts("⌈red ⌊red +.× ⟨ ⟩ ≤ ≥ ≠ ∧ ∨ ¬ × ÷") ==
        "max red min red + . * ⟨ ⟩ <= >= != and or not * /");
}

TEST_CASE("numbers stop before a range") {
  CHECK(texts("0..NP 0 .. 1 12.5 1.x") == "0 .. NP 0 .. 1 12.5 1 . x");
}

TEST_CASE("places count code points") {
  const Result<Tokens> r = lex("⟨i⟩ ψ A\n  b", "x.moa");
  REQUIRE(r.ok());
  const auto& t = r.value().tokens;
  CHECK(t[3].column == 5);
  CHECK(t[4].column == 7);
  CHECK(t[5].line == 2);
  CHECK(t[5].column == 3);
  CHECK(t[5].first_on_line);
}

TEST_CASE("a file above the limit is refused at once") {
  CHECK(texts(std::string(10 << 20, 'x')) == "E0107");
}

TEST_CASE("one bad character is reported once") {
  const Result<Tokens> r = lex("а а а ѱ", "x.moa");
  REQUIRE(!r.ok());
  CHECK(r.errors().size() == 2);
}

TEST_CASE("comments keep their place") {
  const Result<Tokens> r = lex("# one\na # two  \n\n# three\nb", "x.moa");
  REQUIRE(r.ok());
  const auto& c = r.value().comments;
  REQUIRE(c.size() == 3);
  CHECK(c[0].own_line);
  CHECK(c[1].text == "# two");
  CHECK(!c[1].own_line);
  CHECK(c[2].blank_line_before);
  CHECK(c[2].before_token == 1);
}

}  // namespace
}  // namespace minimoa::lexer_test
