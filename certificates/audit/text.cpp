// What: the comparison of a kernel file with the lowering. See text.h.
// The idea: maximal munch over the operators of C++17, so that "x--1" and
// "x - -1" stay different tokens.
// How it may be wrong: an operator missing from the list below.
#include "text.h"

#include <array>
#include <cstddef>

#include "term.h"

namespace audit {
namespace {

constexpr std::string_view kMarker = "// ---- body ----";
constexpr std::array<std::string_view, 4> kIncludes = {"#include <cmath>", "#include <cstddef>",
                                                       "#include <cstdint>", "#include <limits>"};
// Longest first.
constexpr std::array<std::string_view, 31> kOperators = {
    "<=>", "<<=", ">>=", "->*", "...", "::", "->", "++", "--", "<<", ">>",
    "<=",  ">=",  "==",  "!=",  "&&",  "||", "+=", "-=", "*=", "/=", "%=",
    "&=",  "|=",  "^=",  ".*",  "<:",  ":>", "<%", "%>", "/*"};

[[noreturn]] void refuse(int line, const std::string& why) {
  throw Refused{"text", "line " + std::to_string(line) + ": " + why};
}

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

// FORMAT 8. A backslash at the end of a comment swallows the next line, "??/"
// is one; a carriage return ends a line for some compilers only; bytes beyond
// ASCII may look like something else.
void check_bytes(const std::string& text, int line) {
  for (std::size_t k = 0; k < text.size(); ++k) {
    const char c = text[k];
    if (c == '\n') ++line;
    const bool plain = (c >= ' ' && c <= '~') || c == '\n' || c == '\t';
    if (!plain) refuse(line, "a byte that is not printable ASCII");
    if (c == '\\') refuse(line, "a backslash");
    if (text.compare(k, 2, "??") == 0) refuse(line, "a trigraph");
  }
}

std::string_view line_at(std::string_view text, std::size_t at) {
  const std::size_t end = text.find('\n', at);
  return text.substr(at, end == std::string_view::npos ? end : end - at);
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

class Tokeniser {
 public:
  Tokeniser(const std::string& body, int line) : body_(body), line_(line) {}

  std::vector<Token> run() {
    while (at_ < body_.size()) next();
    return std::move(tokens_);
  }

 private:
  void take(std::size_t size) {
    tokens_.push_back({body_.substr(at_, size), line_});
    at_ += size;
  }
  char peek(std::size_t ahead) const {
    return at_ + ahead < body_.size() ? body_[at_ + ahead] : '\n';
  }

  void next() {
    const char c = body_[at_];
    if (c == '\n') {
      ++line_;
      ++at_;
      line_start_ = at_;
    } else if (c == ' ' || c == '\t') {
      ++at_;
    } else if (c == '/' && peek(1) == '/') {
      comment();
    } else if (letter(c)) {
      std::size_t size = 1;
      while (letter(peek(size)) || digit(peek(size))) ++size;
      take(size);
    } else if (digit(c) || (c == '.' && digit(peek(1)))) {
      number();
    } else if (c == '#') {
      include();
    } else if (c == '"') {
      // The one literal of the frame is in: extern "C".
      const bool linkage = body_.compare(at_, 3, "\"C\"") == 0 && !tokens_.empty() &&
                           tokens_.back().text == "extern";
      if (!linkage) refuse(line_, "a string literal");
      take(3);
    } else {
      punctuation();
    }
  }

  void comment() {
    while (at_ < body_.size() && body_[at_] != '\n') {
      // FORMAT 8: no '#' but in the include lines.
      if (body_[at_] == '#') refuse(line_, "a '#' in a comment");
      ++at_;
    }
  }

  // A preprocessing number: takes signs after an exponent, as a compiler does.
  void number() {
    std::size_t size = 1;
    while (letter(peek(size)) || digit(peek(size)) || peek(size) == '.' ||
           ((peek(size) == '+' || peek(size) == '-') &&
            std::string_view("eEpP").find(peek(size - 1)) != std::string_view::npos))
      ++size;
    take(size);
  }

  // A directive is a line: without it "#include <a> float x;" would drop x.
  void include() {
    const std::string_view line = trimmed(line_at(body_, line_start_));
    const bool first =
        trimmed(std::string_view(body_).substr(line_start_, at_ - line_start_)).empty();
    for (const std::string_view known : kIncludes) {
      if (first && line == known) {
        tokens_.push_back({std::string(line), line_});
        at_ += line.size();
        return;
      }
    }
    refuse(line_, "a preprocessor directive");
  }

  void punctuation() {
    for (const std::string_view known : kOperators) {
      if (body_.compare(at_, known.size(), known) != 0) continue;
      // FORMAT 8: comments are "//" only.
      if (known == "/*") refuse(line_, "a block comment");
      take(known.size());
      return;
    }
    static constexpr std::string_view kSingle = "{}[]()<>;:,.+-*/%=!&|^~?";
    if (kSingle.find(body_[at_]) == std::string_view::npos)
      refuse(line_, std::string("a character '") + body_[at_] + "'");
    take(1);
  }

  const std::string& body_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  int line_;
  std::vector<Token> tokens_;
};

}  // namespace

KernelFile split_kernel(const std::string& file) {
  int line = 1;
  for (std::size_t at = 0; at < file.size(); ++line) {
    const std::string_view text = line_at(file, at);
    const std::size_t next = at + text.size() + 1;
    if (text == kMarker && next <= file.size())
      return {file.substr(0, at), file.substr(next), line + 1};
    at = next;
  }
  throw Refused{"text", "no line \"" + std::string(kMarker) + "\""};
}

void check_header(const std::string& header, const std::string& sha256) {
  check_bytes(header, 1);
  int line = 0;
  int named = 0;
  for (std::size_t at = 0; at < header.size();) {
    const std::string_view text = line_at(header, at);
    at += text.size() + 1;
    ++line;
    // FORMAT 9: code here would be compiled without being compared.
    const bool comment = text.starts_with("//");
    if (!comment && !trimmed(text).empty()) refuse(line, "the header is not a comment");
    if (!text.starts_with("// certificate ")) continue;
    const std::size_t hash = text.rfind(" sha256 ");
    // FORMAT 9: binds the kernel file to this certificate, not to another.
    if (hash == std::string_view::npos || text.substr(hash + 8) != sha256)
      refuse(line, "the header names another certificate");
    ++named;
  }
  if (named != 1) refuse(line, "the header must name its certificate once");
}

std::vector<Token> tokenise(const std::string& body, int first_line) {
  check_bytes(body, first_line);
  return Tokeniser(body, first_line).run();
}

void compare_tokens(const std::vector<Token>& found, const std::vector<Token>& expected) {
  for (std::size_t k = 0; k < found.size() || k < expected.size(); ++k) {
    const std::string have = k < found.size() ? found[k].text : "end of file";
    const std::string want = k < expected.size() ? expected[k].text : "end of file";
    if (have == want) continue;
    const int line = found.empty() ? 0 : k < found.size() ? found[k].line : found.back().line;
    refuse(line, "found \"" + have + "\", the term lowers to \"" + want + "\" (line " +
                     std::to_string(k < expected.size() ? expected[k].line : 0) +
                     " of the lowering)");
  }
}

}  // namespace audit
