// Reader of s-expressions.
//
// One pass, an explicit stack instead of recursion, so that hostile nesting
// ends in a message. May be wrong: places count bytes, not characters.
#include "spec/lang/sexpr.h"

namespace minimoa {
namespace {

constexpr std::size_t kMaxDepth = 400;     // FORMAT.md allows terms of depth 200
constexpr std::size_t kMaxItems = 100000;  // words and lists of one text, as FORMAT.md has it

bool is_blank(char c) { return c == ' ' || c == '\n'; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

class Reader {
 public:
  Reader(std::string_view text, SexprDialect dialect) : text_(text), dialect_(dialect) {}

  std::optional<std::vector<Sexpr>> run(std::string* error) {
    open_.emplace_back();
    while (error_.empty() && pos_ < text_.size()) step();
    if (error_.empty() && open_.size() > 1) fail("')' missing");
    if (error_.empty()) return std::move(open_.front().kids);
    if (error != nullptr) *error = error_;
    return std::nullopt;
  }

 private:
  void fail(const std::string& what) {
    error_ = std::to_string(line_) + ":" + std::to_string(column()) + ": " + what;
  }

  int column() const { return static_cast<int>(pos_ - line_start_) + 1; }

  void step() {
    const char c = text_[pos_];
    if (items_ > kMaxItems) return fail("too many words and lists");
    if (is_blank(c)) {
      skip_blank();
    } else if (c == ';' && rules()) {
      while (pos_ < text_.size() && text_[pos_] != '\n') ++pos_;
    } else if (c == '(') {
      open_list();
    } else if (c == ')') {
      close_list();
    } else if (c == '"' && rules()) {
      string();
    } else {
      atom();
    }
  }

  bool rules() const { return dialect_ != SexprDialect::kTerm; }

  void skip_blank() {
    if (text_[pos_] == '\n') next_line(pos_);
    ++pos_;
  }

  void next_line(std::size_t newline) {
    ++line_;
    line_start_ = newline + 1;
  }

  Sexpr here(Sexpr::Kind kind) const {
    Sexpr s;
    s.kind = kind;
    s.line = line_;
    s.column = column();
    return s;
  }

  void open_list() {
    if (open_.size() > kMaxDepth) return fail("nested too deeply");
    open_.push_back(here(Sexpr::Kind::kList));
    ++pos_;
  }

  void close_list() {
    if (open_.size() == 1) return fail("')' without '('");
    Sexpr done = std::move(open_.back());
    open_.pop_back();
    ++items_;
    open_.back().kids.push_back(std::move(done));
    ++pos_;
  }

  void string() {
    Sexpr s = here(Sexpr::Kind::kString);
    std::size_t end = pos_ + 1;
    for (; end < text_.size() && text_[end] != '"'; ++end) {
      if (text_[end] != '\n') continue;
      if (dialect_ != SexprDialect::kInstructions) break;
      next_line(end);
    }
    if (end >= text_.size() || text_[end] != '"') return fail("'\"' missing");
    s.text = std::string(text_.substr(pos_ + 1, end - pos_ - 1));
    pos_ = end + 1;
    ++items_;
    open_.back().kids.push_back(std::move(s));
  }

  void atom() {
    Sexpr s = here(Sexpr::Kind::kAtom);
    std::size_t end = pos_;
    while (end < text_.size() && is_atom_char(text_[end])) ++end;
    if (end == pos_) return fail("unexpected character");
    ++items_;
    s.text = std::string(text_.substr(pos_, end - pos_));
    pos_ = end;
    open_.back().kids.push_back(std::move(s));
  }

  static bool is_atom_char(char c) {
    if (is_letter(c) || is_digit(c)) return true;
    return std::string_view("+-*/<=!?.").find(c) != std::string_view::npos;
  }

  std::string_view text_;
  SexprDialect dialect_;
  std::size_t pos_ = 0, line_start_ = 0, items_ = 0;
  int line_ = 1;
  std::vector<Sexpr> open_;
  std::string error_;
};

}  // namespace

std::string Sexpr::head() const {
  if (!is_list() || kids.empty() || !kids[0].is_atom()) return "";
  return kids[0].text;
}

std::optional<std::vector<Sexpr>> parse_sexprs(std::string_view text, SexprDialect dialect,
                                               std::string* error) {
  return Reader(text, dialect).run(error);
}

std::string print_sexpr(const Sexpr& s) {
  if (s.kind == Sexpr::Kind::kAtom) return s.text;
  if (s.kind == Sexpr::Kind::kString) return "\"" + s.text + "\"";
  std::string out = "(";
  for (std::size_t i = 0; i < s.kids.size(); ++i) {
    if (i > 0) out += ' ';
    out += print_sexpr(s.kids[i]);
  }
  return out + ")";
}

bool is_rule_variable(std::string_view s) {
  return s.size() > 1 && s[0] == '?' && is_identifier(s.substr(1));
}

bool is_splice(std::string_view s) {
  return s.size() > 3 && s.substr(s.size() - 2) == ".." &&
         is_rule_variable(s.substr(0, s.size() - 2));
}

bool is_integer(std::string_view s) {
  if (s == "-0") return false;
  if (!s.empty() && s[0] == '-') s.remove_prefix(1);
  if (s.empty() || (s[0] == '0' && s.size() > 1)) return false;
  for (const char c : s) {
    if (!is_digit(c)) return false;
  }
  return true;
}

bool is_identifier(std::string_view s) {
  if (s.empty() || !is_letter(s[0])) return false;
  for (const char c : s) {
    if (!is_letter(c) && !is_digit(c)) return false;
  }
  return true;
}

}  // namespace minimoa
