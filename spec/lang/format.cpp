// The formatter. Token by token: a separator chosen from the two neighbours,
// then the token's spelling. Line breaks inside an item stay where they were.
// May be wrong: only in looks; the tokens themselves are copied in order
// (format_test checks that the core term stays the same).
#include "spec/lang/format.h"

#include <string_view>
#include <vector>

namespace minimoa {
namespace {

struct Spelling {
  const char* ascii;
  const char* unicode;
};

constexpr Spelling kSpellings[] = {
    {"psi", "ψ"},  {"tran", "⍉"}, {"rho", "ρ"}, {"take", "△"}, {"drop", "▽"},
    {"iota", "ι"}, {"cat", "⧺"},  {"rev", "Φ"}, {"rot", "θ"},  {"omega", "Ω"},
    {"sum", "Σ"},  {"sqrt", "√"}, {"*", "×"},   {"/", "÷"},    {"<=", "≤"},
    {">=", "≥"},   {"!=", "≠"},   {"and", "∧"}, {"or", "∨"},   {"not", "¬"},
};

class Formatter {
 public:
  Formatter(const Ast& ast, bool unicode)
      : tokens_(ast.source.tokens), comments_(ast.source.comments), unicode_(unicode) {
    mark_compact_brackets();
  }
  std::string all();
  std::string range(std::size_t first, std::size_t last);

 private:
  std::string spelling(std::size_t k) const;
  std::string separator(std::size_t k) const;
  bool red_prefix(std::size_t k) const {
    return tokens_[k].role == TokenRole::kPrefix && tokens_[k + 1].text == "red";
  }
  void mark_compact_brackets();
  void close_bracket(std::size_t open, std::size_t close);
  void line_start(std::size_t k);
  void comment(const Comment& c, std::size_t next);
  void field_padding(std::size_t k);

  const std::vector<Token>& tokens_;
  const std::vector<Comment>& comments_;
  const bool unicode_;
  std::vector<bool> tight_;  // a comma after which no blank stands
  bool in_field_ = false;
  std::string out_;
};

// A[b,h,i] is written without blanks, A[b, h div G, i] with.
void Formatter::mark_compact_brackets() {
  tight_.assign(tokens_.size(), false);
  std::vector<std::size_t> open;
  for (std::size_t k = 0; k < tokens_.size(); ++k) {
    const std::string& t = tokens_[k].text;
    if (t == "[" || t == "(") open.push_back(k);
    if ((t != "]" && t != ")") || open.empty()) continue;
    if (t == "]") close_bracket(open.back(), k);
    open.pop_back();
  }
}

void Formatter::close_bracket(std::size_t open, std::size_t close) {
  for (std::size_t k = open + 1; k < close; ++k) {
    const bool comma_wanted = (k - open) % 2 == 0;
    if ((tokens_[k].text == ",") != comma_wanted) return;
  }
  for (std::size_t k = open + 2; k < close; k += 2) tight_[k] = true;
}

std::string Formatter::spelling(std::size_t k) const {
  const Token& t = tokens_[k];
  const bool opens = t.role == TokenRole::kOpenVector;
  const bool closes = t.role == TokenRole::kCloseVector;
  if (opens) return unicode_ ? "⟨" : "<";
  if (closes) return unicode_ ? "⟩" : ">";
  if (!unicode_) return t.text;
  if (red_prefix(k) && t.text == "max") return "⌈";
  if (red_prefix(k) && t.text == "min") return "⌊";
  for (const Spelling& s : kSpellings) {
    if (t.text == s.ascii) return s.unicode;
  }
  return t.text;
}

std::string Formatter::separator(std::size_t k) const {
  const Token& a = tokens_[k - 1];
  const Token& b = tokens_[k];
  const bool opener = a.text == "(" || a.text == "[" || a.role == TokenRole::kOpenVector;
  const bool closer = b.text == ")" || b.text == "]" || b.role == TokenRole::kCloseVector;
  if (opener || closer || b.text == ",") return "";
  if (a.text == ",") return tight_[k - 1] ? "" : " ";
  if (a.role == TokenRole::kDot || b.role == TokenRole::kDot) return "";
  if (b.text == "[" || b.role == TokenRole::kCall) return "";
  if (b.role == TokenRole::kOpenVector && a.text == "omega") return "";
  if (a.role == TokenRole::kPrefix) {
    const bool letters = a.text == "max" || a.text == "min";
    return letters && !unicode_ ? " " : "";
  }
  return " ";
}

std::string Formatter::range(std::size_t first, std::size_t last) {
  std::string text = spelling(first);
  for (std::size_t k = first + 1; k <= last; ++k) text += separator(k) + spelling(k);
  return text;
}

void Formatter::line_start(std::size_t k) {
  const Token& t = tokens_[k];
  if (!out_.empty()) out_ += t.blank_line_before ? "\n\n" : "\n";
  if (t.starts == TokenStart::kField) out_ += "  ";
  if (t.starts == TokenStart::kInside) out_ += in_field_ ? "          " : "    ";
}

void Formatter::comment(const Comment& c, std::size_t next) {
  if (!c.own_line) {
    out_ += "  " + c.text;
    return;
  }
  if (!out_.empty()) out_ += c.blank_line_before ? "\n\n" : "\n";
  const Token& t = tokens_[next];
  if (t.starts == TokenStart::kField) out_ += "  ";
  const bool inside = t.starts == TokenStart::kInside && t.kind != TokenKind::kEnd;
  if (inside) out_ += in_field_ ? "          " : "    ";
  out_ += c.text;
}

void Formatter::field_padding(std::size_t k) {
  if (k == 0 || tokens_[k - 1].starts != TokenStart::kField) return;
  out_.append(5 - std::min<std::size_t>(5, tokens_[k - 1].text.size()), ' ');
}

std::string Formatter::all() {
  std::size_t c = 0;
  for (std::size_t k = 0; k < tokens_.size(); ++k) {
    const Token& t = tokens_[k];
    if (t.starts != TokenStart::kInside) in_field_ = t.starts == TokenStart::kField;
    const bool after_comment = c < comments_.size() && comments_[c].before_token == k;
    while (c < comments_.size() && comments_[c].before_token == k) comment(comments_[c++], k);
    if (t.kind == TokenKind::kEnd) break;
    field_padding(k);
    if (k == 0 || t.first_on_line || after_comment || t.starts != TokenStart::kInside) {
      line_start(k);
    } else {
      out_ += separator(k);
    }
    out_ += spelling(k);
  }
  return out_ + "\n";
}

}  // namespace

std::string format(const Ast& ast, bool unicode) { return Formatter(ast, unicode).all(); }

std::string spelled(const Ast& ast, std::size_t first, std::size_t last) {
  return Formatter(ast, false).range(first, last);
}
std::string spelled(const Ast& ast, const Expr& e) { return spelled(ast, e.first, e.last); }

}  // namespace minimoa
