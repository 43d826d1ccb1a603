// The comparison of a kernel file with the lowering. See obligations.h.
// Idea: brackets, `;` and `,` are always tokens of their own; other characters that stand together
// are compared together. So "x--1" and "x - -1" differ, without a table of C++'s operators.
// How it may be wrong: two texts that we cut equally and a compiler does not (1e+x is one token for
// it: but the lowering writes no number that ends in e or p).
#include "obligations.h"

namespace audit {
namespace {
const std::set<string> kIncludes = {"#include <cmath>", "#include <cstddef>", "#include <cstdint>",
                                    "#include <limits>"};

// FORMAT 8. A backslash at the end of a comment swallows the next line, "??/" is one; a carriage
// return ends a line for some compilers only; bytes beyond ASCII may look like something else.
void check_bytes(const string& text, int line) {
  for (Scanner in{text, "text", 0, line}; !in.done(); ++in.at) {
    const char c = in.peek();
    if (c == '\n') ++in.line;
    const bool plain = (c >= ' ' && c <= '~') || c == '\n' || c == '\t';
    if (!plain) in.fail("a byte that is not printable ASCII");
    if (c == '\\') in.fail("a backslash");
    if (in.sees("??")) in.fail("a trigraph");
  }
}
// The quotes of extern "C" are of a word: a blank inside would make another literal.
bool of_word(char c) { return is_word_char(c) || c == '.' || c == '"'; }
bool of_operator(char c) {
  return c > ' ' && !of_word(c) && string("(){}[];,#").find(c) == string::npos;
}
string token(Scanner& in, int last_line, const string& include) {
  if (of_word(in.peek())) return in.take_while(of_word);
  if (of_operator(in.peek())) return in.take_while(of_operator);
  if (in.peek() != '#') return in.take(1);
  // A directive is a line: without it "#include <a> float x;" would drop x.
  string line = in.take_line();
  line.erase(line.find_last_not_of(" \t") + 1);
  const bool known =
      kIncludes.contains(line) || (include != "" && line == "#include <" + include + ">");
  if (last_line == in.line || !known) in.fail("a preprocessor directive");
  return line;
}
}  // namespace
std::pair<string, string> split_kernel(const string& file) {
  const string marker = "// ---- body ----\n";
  const size_t at = ("\n" + file).find("\n" + marker);
  if (at == string::npos) refuse("text", "no line \"// ---- body ----\"");
  return {file.substr(0, at), file.substr(at + marker.size())};
}
int check_header(const string& header, const string& sha256) {
  check_bytes(header, 1);
  int named = 0;
  Scanner in{header, "text", 0, 0};
  for (; !in.done(); ++in.at, ++in.line) {
    const string line = in.take_line();
    // FORMAT 9: code here would be compiled without being compared.
    if (!line.starts_with("//") && line.find_first_not_of(" \t") != string::npos)
      refuse("text", "the header is not a comment: " + line);
    if (!line.starts_with("// certificate ")) continue;
    // FORMAT 9: binds the kernel file to this certificate, not to another.
    if (!line.ends_with(" sha256 " + sha256)) refuse("text", "names another certificate");
    ++named;
  }
  if (named != 1) refuse("text", "the header must name its certificate once");
  return in.line;
}
vector<Token> tokenise(const string& body, int first_line, size_t most, const string& include) {
  check_bytes(body, first_line);
  Scanner in{body, "text", 0, first_line};
  vector<Token> tokens;
  while (!in.done() && tokens.size() < most) {
    const char c = in.peek();
    if (c == '\n') ++in.line;
    if (c == ' ' || c == '\t' || c == '\n') {
      ++in.at;
    } else if (in.sees("//")) {
      // FORMAT 8: no '#' but in the include lines.
      if (in.take_line().find('#') != string::npos) in.fail("a '#' in a comment");
    } else {
      tokens.push_back({token(in, tokens.empty() ? 0 : tokens.back().line, include), in.line});
    }
  }
  tokens.push_back({"end of file", in.line});
  return tokens;
}
void compare_tokens(const vector<Token>& found, const vector<Token>& expected) {
  // Only equal lists have no difference: each ends with a text that no other token has.
  const auto [have, want] = std::ranges::mismatch(found, expected, {}, &Token::text, &Token::text);
  if (have == found.end() || want == expected.end()) return;
  refuse("text", "line " + std::to_string(have->line) + ": found \"" + have->text +
                     "\", the term lowers to \"" + want->text + "\" (line " +
                     std::to_string(want->line) + " of the lowering)");
}
}  // namespace audit
