// The comparison of a kernel file with the lowering. See lowering.h.
// Idea: maximal munch over the operators of C++17, so that "x--1" and "x - -1" stay different.
// How it may be wrong: an operator missing from the list below.
#include "lowering.h"
#include "reader.h"

namespace audit {
namespace {
using std::string_view;
constexpr string_view kMarker = "// ---- body ----";
constexpr string_view kIncludes[] = {"#include <cmath>", "#include <cstddef>", "#include <cstdint>",
                                     "#include <limits>"};
// Longest first.
constexpr string_view kOperators[] = {"<=>", "<<=", ">>=", "->*", "...", "::", "->", "++",
                                      "--",  "<<",  ">>",  "<=",  ">=",  "==", "!=", "&&",
                                      "||",  "+=",  "-=",  "*=",  "/=",  "%=", "&=", "|=",
                                      "^=",  ".*",  "<:",  ":>",  "<%",  "%>", "/*"};
[[noreturn]] void differ(int line, const string& why) {
  refuse("text", "line " + std::to_string(line) + ": " + why);
}

// FORMAT 8. A backslash at the end of a comment swallows the next line, "??/" is one; a carriage
// return ends a line for some compilers only; bytes beyond ASCII may look like something else.
void check_bytes(const string& text, int line) {
  for (size_t k = 0; k < text.size(); ++k) {
    const char c = text[k];
    if (c == '\n') ++line;
    const bool plain = (c >= ' ' && c <= '~') || c == '\n' || c == '\t';
    if (!plain) differ(line, "a byte that is not printable ASCII");
    if (c == '\\') differ(line, "a backslash");
    if (text.compare(k, 2, "??") == 0) differ(line, "a trigraph");
  }
}
string_view line_at(string_view text, size_t at) {
  return text.substr(at, text.find('\n', at) - at);  // npos - at: the rest
}
string_view trimmed(string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

class Tokeniser {
 public:
  Tokeniser(const string& body, int line) : in_{body, "text", 0, line} {}
  vector<Token> run() {
    while (!in_.done()) next();
    return std::move(tokens_);
  }

 private:
  void take(size_t size) { tokens_.push_back({in_.take(size), in_.line}); }
  void next() {
    const char c = in_.peek();
    if (c == '\n') {
      ++in_.line;
      line_start_ = ++in_.at;
    } else if (c == ' ' || c == '\t') {
      ++in_.at;
    } else if (in_.sees("//")) {
      const string comment = in_.take_while([](char d) { return d != '\n'; });
      // FORMAT 8: no '#' but in the include lines.
      if (comment.find('#') != string::npos) in_.fail("a '#' in a comment");
    } else if (is_digit(c) || (c == '.' && is_digit(in_.peek(1)))) {
      number();
    } else if (is_word_char(c)) {
      tokens_.push_back({in_.take_while(is_word_char), in_.line});
    } else if (c == '#') {
      include();
    } else if (c == '"') {
      // The one literal of the frame is in: extern "C".
      const bool linkage = in_.sees("\"C\"") && !tokens_.empty() && tokens_.back().text == "extern";
      if (!linkage) in_.fail("a string literal");
      take(3);
    } else {
      punctuation();
    }
  }
  // A preprocessing number: takes signs after an exponent, as a compiler does.
  void number() {
    size_t size = 1;
    const auto sign = [&] {
      return (in_.peek(size) == '+' || in_.peek(size) == '-') &&
             string_view("eEpP").find(in_.peek(size - 1)) != string_view::npos;
    };
    while (is_word_char(in_.peek(size)) || in_.peek(size) == '.' || sign()) ++size;
    take(size);
  }
  // A directive is a line: without it "#include <a> float x;" would drop x.
  void include() {
    const string_view text = in_.text;
    const string_view line = trimmed(line_at(text, line_start_));
    const bool first = trimmed(text.substr(line_start_, in_.at - line_start_)).empty();
    for (const string_view known : kIncludes)
      if (first && line == known) return take(line.size());
    in_.fail("a preprocessor directive");
  }
  void punctuation() {
    // FORMAT 8: comments are "//" only.
    if (in_.sees("/*")) in_.fail("a block comment");
    for (const string_view known : kOperators)
      if (in_.sees(known)) return take(known.size());
    if (string_view("{}[]()<>;:,.+-*/%=!&|^~?").find(in_.peek()) == string_view::npos)
      in_.fail(string("a character '") + in_.peek() + "'");
    take(1);
  }
  Scanner in_;
  size_t line_start_ = 0;
  vector<Token> tokens_;
};

}  // namespace
KernelFile split_kernel(const string& file) {
  int line = 1;
  for (size_t at = 0; at < file.size(); ++line) {
    const string_view text = line_at(file, at);
    const size_t next = at + text.size() + 1;
    if (text == kMarker && next <= file.size())
      return {file.substr(0, at), file.substr(next), line + 1};
    at = next;
  }
  refuse("text", "no line \"" + string(kMarker) + "\"");
}
void check_header(const string& header, const string& sha256) {
  check_bytes(header, 1);
  int line = 0;
  int named = 0;
  for (size_t at = 0; at < header.size();) {
    const string_view text = line_at(header, at);
    at += text.size() + 1;
    ++line;
    // FORMAT 9: code here would be compiled without being compared.
    if (!text.starts_with("//") && !trimmed(text).empty())
      differ(line, "the header is not a comment");
    if (!text.starts_with("// certificate ")) continue;
    // FORMAT 9: binds the kernel file to this certificate, not to another.
    const size_t hash = text.rfind(" sha256 ");
    if (hash == string_view::npos || text.substr(hash + 8) != sha256)
      differ(line, "the header names another certificate");
    ++named;
  }
  if (named != 1) differ(line, "the header must name its certificate once");
}
vector<Token> tokenise(const string& body, int first_line) {
  check_bytes(body, first_line);
  return Tokeniser(body, first_line).run();
}
void compare_tokens(const vector<Token>& found, const vector<Token>& expected) {
  for (size_t k = 0; k < found.size() || k < expected.size(); ++k) {
    const Token have =
        k < found.size() ? found[k] : Token{"end of file", found.empty() ? 0 : found.back().line};
    const Token want = k < expected.size() ? expected[k] : Token{"end of file"};
    if (have.text != want.text || k >= found.size() || k >= expected.size())
      differ(have.line, "found \"" + have.text + "\", the term lowers to \"" + want.text +
                            "\" (line " + std::to_string(want.line) + " of the lowering)");
  }
}

}  // namespace audit
