// Tokens of a .moa file (spec/LANGUAGE.md, section 1).
//
// The lexer reads bytes, refuses every character that is not on the whitelist
// (E0101), and gives tokens in their canonical ASCII spelling, so that the two
// spellings of the language cannot differ later on. Comments are kept aside
// for `minimoa fmt`.
// May be wrong: columns count code points, not cells of a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "spec/lang/diagnostic.h"

namespace minimoa {

enum class TokenKind { kWord, kInt, kDecimal, kSymbol, kEnd };

// What the parser found a token to be, where its text does not say it.
enum class TokenRole { kPlain, kOpenVector, kCloseVector, kPrefix, kCall, kDot };

enum class TokenStart { kInside, kItem, kField };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;  // ASCII spelling; "⟨" "⟩" stay as they are
  int line = 1, column = 1, length = 1;
  bool first_on_line = false;
  bool blank_line_before = false;
  TokenRole role = TokenRole::kPlain;
  TokenStart starts = TokenStart::kInside;
};

struct Comment {
  std::string text;              // with its '#', without trailing blanks
  std::size_t before_token = 0;  // index of the token that follows it
  bool own_line = false;
  bool blank_line_before = false;
};

struct Tokens {
  std::vector<Token> tokens;  // the last one is kEnd
  std::vector<Comment> comments;
};

inline constexpr std::size_t kMaxFileBytes = 1u << 18;
inline constexpr std::size_t kMaxDiagnostics = 20;

Result<Tokens> lex(const std::string& bytes, const std::string& path);

// Next code point at *i (advanced); -1 where the bytes are not UTF-8.
long next_code_point(const std::string& bytes, std::size_t* i);

}  // namespace minimoa
