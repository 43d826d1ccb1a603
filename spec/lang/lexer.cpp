// The lexer. One pass over code points; a symbol of LANGUAGE.md's table becomes
// the ASCII word beside it at once.
// May be wrong: the list of look-alikes only improves a message; what is
// allowed is decided by the whitelist alone.
#include "spec/lang/lexer.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace minimoa {
namespace {

struct Symbol {
  long code;
  const char* ascii;
  bool word;
};

// The left column of the table; ⌈ and ⌊ are words only before `red`.
constexpr Symbol kSymbols[] = {
    {0x3C8, "psi", true},   {0x2349, "tran", true}, {0x3C1, "rho", true},   {0x25B3, "take", true},
    {0x2191, "take", true}, {0x25BD, "drop", true}, {0x2193, "drop", true}, {0x3B9, "iota", true},
    {0x29FA, "cat", true},  {0x3A6, "rev", true},   {0x3B8, "rot", true},   {0x3A9, "omega", true},
    {0x2308, "max", true},  {0x230A, "min", true},  {0x3A3, "sum", true},   {0xD7, "*", false},
    {0xF7, "/", false},     {0x27E8, "⟨", false},   {0x27E9, "⟩", false},   {0x2264, "<=", false},
    {0x2265, ">=", false},  {0x2260, "!=", false},  {0x2227, "and", true},  {0x2228, "or", true},
    {0xAC, "not", true},
};
constexpr long kRoot = 0x221A;

const Symbol* find_symbol(long code) {
  static constexpr Symbol kSqrt = {kRoot, "sqrt", true};
  if (code == kRoot) return &kSqrt;
  for (const Symbol& s : kSymbols) {
    if (s.code == code) return &s;
  }
  return nullptr;
}

struct LookAlike {
  long code;
  const char* like;
};

constexpr LookAlike kLookAlikes[] = {
    {0x430, "a"},  {0x435, "e"},  {0x43E, "o"},  {0x440, "p"},  {0x441, "c"},  {0x445, "x"},
    {0x443, "y"},  {0x456, "i"},  {0x455, "s"},  {0x458, "j"},  {0x501, "d"},  {0x4BB, "h"},
    {0x410, "A"},  {0x412, "B"},  {0x415, "E"},  {0x41A, "K"},  {0x41C, "M"},  {0x41D, "H"},
    {0x41E, "O"},  {0x420, "P"},  {0x421, "C"},  {0x422, "T"},  {0x425, "X"},  {0x406, "I"},
    {0x408, "J"},  {0x405, "S"},  {0x391, "A"},  {0x392, "B"},  {0x395, "E"},  {0x397, "H"},
    {0x39A, "K"},  {0x39C, "M"},  {0x39D, "N"},  {0x39F, "O"},  {0x3A4, "T"},  {0x3A7, "X"},
    {0x3BF, "o"},  {0x471, "ψ"},  {0x424, "Φ"},  {0x472, "θ"},  {0x473, "θ"},  {0x2211, "Σ"},
    {0x2126, "Ω"}, {0x2212, "-"}, {0x2013, "-"}, {0x2014, "-"}, {0x2217, "*"}, {0x2215, "/"},
    {0x2329, "⟨"}, {0x3008, "⟨"}, {0x232A, "⟩"}, {0x3009, "⟩"}, {0xB7, "*"},
};

std::string look_alike(long code) {
  for (const LookAlike& l : kLookAlikes) {
    if (l.code == code) return l.like;
  }
  const bool fullwidth = code >= 0xFF01 && code <= 0xFF5E;
  if (fullwidth) return std::string(1, static_cast<char>(code - 0xFEE0));
  return "";
}

bool is_bidi(long c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E ||
         c == 0x200F || c == 0x61C;
}

std::string code_name(long code) {
  std::array<char, 16> text;
  std::snprintf(text.data(), text.size(), "U+%04lX", code);
  return text.data();
}

bool is_letter(long c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(long c) { return c >= '0' && c <= '9'; }
bool is_word_rest(long c) { return is_letter(c) || is_digit(c) || c == '_'; }

class Lexer {
 public:
  Lexer(const std::string& bytes, const std::string& path) : bytes_(bytes), path_(path) {}
  Result<Tokens> run();

 private:
  long peek() const {
    std::size_t i = at_;
    return at_ < bytes_.size() ? next_code_point(bytes_, &i) : 0;
  }
  bool ascii(char c) const { return at_ < bytes_.size() && bytes_[at_] == c; }
  bool ascii_after(std::size_t k, char c) const {
    return at_ + k < bytes_.size() && bytes_[at_ + k] == c;
  }
  void step_ascii() { ++at_, ++column_; }
  void newline();
  void comment();
  void word();
  void number();
  void symbol();
  bool ascii_symbol();
  void forbidden(long code, std::size_t length);
  void push(TokenKind kind, std::string text, int column);
  void error(const char* code, std::string message, int column, int length, std::string label,
             std::vector<std::string> helps = {});

  const std::string& bytes_;
  const std::string& path_;
  std::size_t at_ = 0;
  int line_ = 1, column_ = 1;
  bool line_empty_ = true;  // no token and no comment on this line yet
  bool fresh_line_ = true;  // no token on this line yet
  bool blank_ = false;      // an empty line stands before
  Tokens out_;
  std::set<long> reported_;
  std::vector<Diagnostic> errors_;
};

void Lexer::error(const char* code, std::string message, int column, int length, std::string label,
                  std::vector<std::string> helps) {
  if (errors_.size() >= kMaxDiagnostics) return;
  Diagnostic d;
  d.code = code;
  d.message = std::move(message);
  d.span = Span{path_, line_, column, length};
  d.label = std::move(label);
  d.helps = std::move(helps);
  errors_.push_back(std::move(d));
}

void Lexer::push(TokenKind kind, std::string text, int column) {
  Token t;
  t.kind = kind;
  t.text = std::move(text);
  t.line = line_;
  t.column = column;
  t.length = column_ - column;
  t.first_on_line = fresh_line_;
  t.blank_line_before = fresh_line_ && blank_;
  out_.tokens.push_back(std::move(t));
  fresh_line_ = line_empty_ = blank_ = false;
}

void Lexer::newline() {
  ++at_;
  blank_ = line_empty_ && line_ > 1;
  ++line_;
  column_ = 1;
  line_empty_ = fresh_line_ = true;
}

// Effect: the comment is kept; a forbidden character inside is still E0101.
void Lexer::comment() {
  Comment c;
  c.before_token = out_.tokens.size();
  c.own_line = fresh_line_;
  c.blank_line_before = fresh_line_ && blank_;
  const std::size_t start = at_;
  while (at_ < bytes_.size() && bytes_[at_] != '\n') {
    const std::size_t before = at_;
    std::size_t i = at_;
    const long code = next_code_point(bytes_, &i);
    const bool fine = code == '\t' || (code >= 0x20 && code < 0x7F) || find_symbol(code) != nullptr;
    if (!fine) forbidden(code, i - before);
    at_ = i;
    ++column_;
  }
  c.text = bytes_.substr(start, at_ - start);
  while (c.text.back() == ' ' || c.text.back() == '\t') c.text.pop_back();
  out_.comments.push_back(std::move(c));
  line_empty_ = blank_ = false;
}

void Lexer::word() {
  const std::size_t start = at_;
  const int column = column_;
  while (at_ < bytes_.size() && is_word_rest(bytes_[at_])) step_ascii();
  push(TokenKind::kWord, bytes_.substr(start, at_ - start), column);
}

void Lexer::number() {
  const std::size_t start = at_;
  const int column = column_;
  auto digits = [this] {
    while (at_ < bytes_.size() && is_digit(bytes_[at_])) step_ascii();
  };
  digits();
  const bool decimal = ascii('.') && at_ + 1 < bytes_.size() && is_digit(bytes_[at_ + 1]);
  if (decimal) {
    step_ascii();
    digits();
  }
  if (at_ < bytes_.size() && is_word_rest(bytes_[at_])) {
    while (at_ < bytes_.size() && is_word_rest(bytes_[at_])) step_ascii();
    error("E0102", "malformed number", column, column_ - column,
          "a number is an integer or a decimal such as 12.5");
  }
  push(decimal ? TokenKind::kDecimal : TokenKind::kInt, bytes_.substr(start, at_ - start), column);
}

bool Lexer::ascii_symbol() {
  static constexpr std::array<const char*, 20> kTexts = {"<=", ">=", "==", "!=", "..", "<", ">",
                                                         "=",  "+",  "-",  "*",  "/",  "(", ")",
                                                         "[",  "]",  ",",  ":",  ".",  "|"};
  for (const char* text : kTexts) {
    const std::string_view view(text);
    if (std::string_view(bytes_).substr(at_, view.size()) != view) continue;
    const int column = column_;
    at_ += view.size();
    column_ += static_cast<int>(view.size());
    push(TokenKind::kSymbol, text, column);
    return true;
  }
  return false;
}

void Lexer::forbidden(long code, std::size_t length) {
  const int column = column_;
  if (!reported_.insert(code).second) return;
  if (code == -1) {
    error("E0101", "bytes that are not UTF-8", column, 1, "not UTF-8");
    return;
  }
  const std::string name = code_name(code);
  const std::string like = look_alike(code);
  if (!like.empty()) {
    const std::string shown = bytes_.substr(at_, length);
    error("E0101", "character " + name + " is not allowed", column, 1,
          "this looks like `" + like + "` but is another character",
          {"write the character of the language | " + like});
  } else if (is_bidi(code)) {
    error("E0101", "bidirectional control " + name + " is not allowed", column, 1,
          "it would show the text in another order than it is read", {});
  } else if (code == '\r') {
    error("E0101", "carriage return (U+000D) is not allowed", column, 1,
          "end lines with a line feed alone", {"convert the file | sed -i 's/\\r$//' FILE"});
  } else if (code < 0x20 || (code >= 0x7F && code < 0xA0)) {
    error("E0101", "control character " + name + " is not allowed", column, 1,
          "not a character of the language");
  } else {
    error("E0101", "character " + name + " is not allowed", column, 1,
          "not a character of the language");
  }
}

void Lexer::symbol() {
  const int column = column_;
  std::size_t i = at_;
  const long code = next_code_point(bytes_, &i);
  const Symbol* s = find_symbol(code);
  if (s == nullptr) {
    if (code < 0x20 || code >= 0x7F) {
      forbidden(code, i - at_);
    } else if (reported_.insert(code).second) {
      error("E0102", "unexpected character", column, 1,
            "`" + bytes_.substr(at_, 1) + "` begins nothing in the language");
    }
    at_ = i;
    ++column_;
    return;
  }
  at_ = i;
  ++column_;
  const bool ceiling = code == 0x2308 || code == 0x230A;
  const bool red = std::string_view(bytes_).substr(at_, 3) == "red";
  if (ceiling && !red) {
    error("E0102", "expected `red` after this symbol", column, 1,
          std::string("written so only in `") + s->ascii + " red`");
  }
  push(s->word ? TokenKind::kWord : TokenKind::kSymbol, s->ascii, column);
}

Result<Tokens> Lexer::run() {
  while (at_ < bytes_.size()) {
    const char c = bytes_[at_];
    if (c == '\n') {
      newline();
    } else if (c == ' ' || c == '\t') {
      step_ascii();
    } else if (c == '#') {
      comment();
    } else if (is_letter(c)) {
      word();
    } else if (is_digit(c)) {
      number();
    } else if (!ascii_symbol()) {
      symbol();
    }
  }
  column_ = column_ + 1;
  push(TokenKind::kEnd, "end of file", column_ - 1);
  if (!errors_.empty()) return errors_;
  return std::move(out_);
}

}  // namespace

long next_code_point(const std::string& bytes, std::size_t* i) {
  const auto byte = [&](std::size_t k) -> long {
    return k < bytes.size() ? static_cast<unsigned char>(bytes[k]) : 0;
  };
  const long first = byte(*i);
  if (first < 0x80) return ++*i, first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  long code = first & (0x3F >> more);
  bool good = first >= 0xC2 && first <= 0xF4;
  for (int k = 1; good && k <= more; ++k) {
    good = (byte(*i + k) & 0xC0) == 0x80;
    code = (code << 6) | (byte(*i + k) & 0x3F);
  }
  static constexpr long kLeast[] = {0, 0x80, 0x800, 0x10000};
  good = good && code >= kLeast[more] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
  if (!good) return ++*i, -1;
  *i += static_cast<std::size_t>(more) + 1;
  return code;
}

Result<Tokens> lex(const std::string& bytes, const std::string& path) {
  if (bytes.size() > kMaxFileBytes) {
    Diagnostic d;
    d.code = "E0107";
    d.message = "the file has " + std::to_string(bytes.size()) + " bytes, at most " +
                std::to_string(kMaxFileBytes) + " are read";
    d.span.file = path;
    return d;
  }
  return Lexer(bytes, path).run();
}

}  // namespace minimoa
