// The auditor's own reader of .moa files (spec/LANGUAGE.md).
//
// Idea: one pass; every grammar function returns the core term of what it
// read together with its type, in the scope of the bound indices and lets read
// so far. The first error ends the reading.
// How it may be wrong: a construct elaborated to another core term than the
// table of LANGUAGE section 3 says: then a proof is about another function
// than the one the user wrote. Hence one function per row of that table.
#include "spec_reader.h"

#include <algorithm>
#include <map>
#include <set>

#include "reader.h"
#include "types.h"

namespace audit {
namespace {

enum class Tok { kWord, kNumber, kDecimal, kSymbol, kNewline, kEnd };

struct Token {
  Tok kind = Tok::kEnd;
  std::string text;
  int line = 0;
};

// LANGUAGE section 1, the table; an ASCII word or symbol for each.
const std::pair<const char*, const char*> kUnicode[] = {
    {"ψ", "psi"},   {"ρ", "rho"},  {"ι", "iota"}, {"Φ", "rev"},  {"θ", "rot"},  {"⌈", "max"},
    {"⌊", "min"},   {"×", "*"},    {"≤", "<="},   {"≥", ">="},   {"≠", "!="},   {"√", "sqrt"},
    {"⍉", "tran"},  {"△", "take"}, {"↑", "take"}, {"▽", "drop"}, {"↓", "drop"}, {"⧺", "cat"},
    {"Ω", "omega"}, {"Σ", "sum"},  {"⟨", "⟨"},    {"⟩", "⟩"},    {"∧", "and"},  {"∨", "or"},
    {"¬", "not"},   {"÷", "/"}};

// Words of the grammar and functions: reserved.
const std::set<std::string> kReserved = {
    "spec", "dims",  "require", "let",     "in",   "out",  "attend", "over",  "score", "bias",
    "mask", "value", "empty",   "f32",     "f16",  "bf16", "i32",    "or",    "and",   "not",
    "div",  "mod",   "psi",     "tran",    "take", "drop", "rot",    "cat",   "rho",   "o",
    "rev",  "rav",   "iota",    "softmax", "red",  "max",  "min",    "omega", "sum",   "gen",
    "if",   "then",  "else",    "exp",     "exp2", "log",  "sqrt",   "tanh"};

// E0105: C++ keywords and names of the kernel's interface; a dimension of
// such a name would change what the kernel's text means.
const std::set<std::string> kForbidden = {"alignas",
                                          "alignof",
                                          "and_eq",
                                          "asm",
                                          "auto",
                                          "bitand",
                                          "bitor",
                                          "bool",
                                          "break",
                                          "case",
                                          "catch",
                                          "char",
                                          "char8_t",
                                          "char16_t",
                                          "char32_t",
                                          "class",
                                          "compl",
                                          "concept",
                                          "const",
                                          "consteval",
                                          "constexpr",
                                          "constinit",
                                          "const_cast",
                                          "continue",
                                          "co_await",
                                          "co_return",
                                          "co_yield",
                                          "decltype",
                                          "default",
                                          "delete",
                                          "do",
                                          "double",
                                          "dynamic_cast",
                                          "enum",
                                          "explicit",
                                          "export",
                                          "extern",
                                          "false",
                                          "float",
                                          "for",
                                          "friend",
                                          "goto",
                                          "inline",
                                          "int",
                                          "long",
                                          "mutable",
                                          "namespace",
                                          "new",
                                          "noexcept",
                                          "not_eq",
                                          "nullptr",
                                          "operator",
                                          "or_eq",
                                          "private",
                                          "protected",
                                          "public",
                                          "register",
                                          "reinterpret_cast",
                                          "requires",
                                          "return",
                                          "short",
                                          "signed",
                                          "sizeof",
                                          "static",
                                          "static_assert",
                                          "static_cast",
                                          "struct",
                                          "switch",
                                          "template",
                                          "this",
                                          "thread_local",
                                          "throw",
                                          "true",
                                          "try",
                                          "typedef",
                                          "typeid",
                                          "typename",
                                          "union",
                                          "unsigned",
                                          "using",
                                          "virtual",
                                          "void",
                                          "volatile",
                                          "wchar_t",
                                          "while",
                                          "xor",
                                          "xor_eq",
                                          "size",
                                          "workspace",
                                          "scratch",
                                          "workers",
                                          "parallel_for",
                                          "parallel_context",
                                          "data",
                                          "task",
                                          "worker",
                                          "rest",
                                          "a",
                                          "p",
                                          "status",
                                          "t"};

[[noreturn]] void fail(const std::string& what) { throw Refused{"spec", what}; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_char(char c) {
  return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

class Lexer {
 public:
  explicit Lexer(const std::string& text) : text_(text) {}

  std::vector<Token> run() {
    while (at_ < text_.size()) step();
    add(Tok::kNewline, "");
    add(Tok::kEnd, "");
    return std::move(tokens_);
  }
  int line() const { return line_; }

 private:
  void add(Tok kind, const std::string& text) { tokens_.push_back({kind, text, line_}); }

  // E0101, in comments too: what a reader of the file cannot see is refused.
  void step() {
    const char c = text_[at_];
    if (static_cast<unsigned char>(c) >= 0x80) return unicode();
    if (c != '\n' && c != '\t' && (c < ' ' || c > '~')) fail("E0101 control character");
    if (c == '\n') {
      add(Tok::kNewline, "");
      comment_ = false;
      ++line_;
      ++at_;
    } else if (comment_ || c == ' ' || c == '\t') {
      ++at_;
    } else if (c == '#') {
      comment_ = true;
    } else if (is_digit(c)) {
      number();
    } else if (is_word_char(c)) {
      const std::size_t start = at_;
      while (at_ < text_.size() && is_word_char(text_[at_])) ++at_;
      add(Tok::kWord, text_.substr(start, at_ - start));
    } else {
      symbol();
    }
  }

  void unicode() {
    for (const auto& [symbol, ascii] : kUnicode) {
      if (text_.compare(at_, std::string(symbol).size(), symbol) != 0) continue;
      at_ += std::string(symbol).size();
      const bool word = is_word_char(ascii[0]);
      if (!comment_) add(word ? Tok::kWord : Tok::kSymbol, ascii);
      // The ceiling and floor stand only in front of `red`.
      if (!comment_ && (std::string(symbol) == "⌈" || std::string(symbol) == "⌊") &&
          (text_.compare(at_, 3, "red") != 0 ||
           (at_ + 3 < text_.size() && is_word_char(text_[at_ + 3]))))
        fail("E0102 `red` expected");
      return;
    }
    fail("E0101 character that is not allowed");
  }

  void number() {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    Tok kind = Tok::kNumber;
    if (at_ + 1 < text_.size() && text_[at_] == '.' && is_digit(text_[at_ + 1])) {
      kind = Tok::kDecimal;
      ++at_;
      while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    }
    if (at_ < text_.size() && is_word_char(text_[at_]))
      fail("E0102 a name may not begin with a digit");
    add(kind, text_.substr(start, at_ - start));
  }

  void symbol() {
    for (const char* two : {"<=", ">=", "==", "!=", ".."}) {
      if (text_.compare(at_, 2, two) != 0) continue;
      at_ += 2;
      return add(Tok::kSymbol, two);
    }
    const std::string one(1, text_[at_]);
    if (std::string("+-*/<>=()[],:.|").find(one) == std::string::npos)
      fail("E0101 character that is not allowed");
    ++at_;
    add(Tok::kSymbol, one);
  }

  const std::string& text_;
  std::size_t at_ = 0;
  int line_ = 1;
  bool comment_ = false;
  std::vector<Token> tokens_;
};

// What an expression stands for, in the scope where it was read.
struct Val {
  Term term;  // null: a vector < .. >
  Type type;
  std::vector<Term> items;  // of a vector
  bool bare = false;        // a struct that is no prim
  bool literal = false;     // an integer literal
  bool index() const { return term && type.sort == Sort::kIndex; }
};

// Values for the templates of form() below.
Value one(const Term& term, int arity = 0) {
  Value value;
  value.term = term;
  value.arity = arity;
  return value;
}
Value numbers(const std::vector<std::int64_t>& list, Kind kind) {
  Value value;
  value.kind = kind;
  value.numbers = list;
  return value;
}
Value name_word(const std::string& text, Kind kind) {
  Value value;
  value.kind = kind;
  value.word = text;
  return value;
}

std::vector<Term> shift_all(std::vector<Term> terms, std::int64_t by) {
  for (Term& term : terms) term = shift(term, by);
  return terms;
}

Val shift_val(const Val& val, std::int64_t by) {
  Val out = val;
  if (out.term) out.term = shift(val.term, by);
  out.items = shift_all(val.items, by);
  out.type = shift(val.type, by);
  return out;
}

// A structural operator of section 2.
struct Structural {
  std::string word;                 // "psi", .., "inner", "outer", "redf"
  std::string red, point;           // words of redf, inner, outer
  std::vector<std::int64_t> omega;  // ranks, empty: none
};

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  int line() const { return tokens_[at_].line; }

  Spec run() {
    skip_newlines();
    keyword("spec");
    spec_.name = name();
    end_of_item();
    for (skip_newlines(); !is(Tok::kEnd); skip_newlines()) item();
    if (!out_) fail("E0102 no `out`");
    if (!body_) fail("E0102 the output is not defined");
    const auto count = static_cast<std::int64_t>(lets_.size());
    spec_.core = shift(body_, count - body_depth_);
    for (auto let = lets_.rbegin(); let != lets_.rend(); ++let) {
      spec_.core =
          form("(let (x) ?e (?b x))", {{"?e", one(let->second)}, {"?b", one(spec_.core, 1)}},
               {{"x", let->first}});
    }
    Scope empty;
    infer(first_term(spec_), empty, spec_);
    return std::move(spec_);
  }

 private:
  // ---- tokens ----
  const Token& peek(std::size_t ahead = 0) {
    std::size_t at = at_;
    while (true) {
      while (nesting_ > 0 && tokens_[at].kind == Tok::kNewline) ++at;
      if (ahead-- == 0 || tokens_[at].kind == Tok::kEnd) return tokens_[at];
      ++at;
    }
  }
  Token next() {
    while (nesting_ > 0 && tokens_[at_].kind == Tok::kNewline) ++at_;
    const Token token = tokens_[at_];
    if (token.kind != Tok::kEnd) ++at_;
    return token;
  }
  bool is(Tok kind) { return peek().kind == kind; }
  bool is(const std::string& text, std::size_t ahead = 0) {
    const Token& token = peek(ahead);
    return token.text == text && (token.kind == Tok::kWord || token.kind == Tok::kSymbol);
  }
  bool accept(const std::string& text) {
    if (!is(text)) return false;
    next();
    return true;
  }
  void keyword(const std::string& text) {
    if (!accept(text)) fail("E0102 `" + text + "` expected, not `" + peek().text + "`");
  }
  // Brackets in which a newline ends nothing.
  bool open(const std::string& text) {
    if (!accept(text)) return false;
    ++nesting_;
    return true;
  }
  void close(const std::string& text) {
    if (!is(text)) fail("E0102 `" + text + "` expected");
    next();
    --nesting_;
  }
  bool open_angle() { return open("<") || open("⟨"); }
  void close_angle() { close(is("⟩") ? "⟩" : ">"); }
  void skip_newlines() {
    while (tokens_[at_].kind == Tok::kNewline) ++at_;
  }
  void end_of_item() {
    if (!is(Tok::kNewline)) fail("E0102 unexpected `" + peek().text + "`");
  }
  // After a binary operator, a comma, `=`, `then`, `else` a line goes on.
  bool continued(const std::string& text) {
    if (!accept(text)) return false;
    skip_newlines();
    return true;
  }
  void continued_keyword(const std::string& text) {
    keyword(text);
    skip_newlines();
  }

  // ---- names ----
  std::string name() {
    const Token token = next();
    const std::string& text = token.text;
    if (token.kind != Tok::kWord) fail("E0102 a name is expected");
    if (kReserved.contains(text)) fail("E0105 `" + text + "` is reserved");
    if (text[0] == '_' || text.starts_with("minimoa") || text.ends_with("_s") ||
        kForbidden.contains(text))
      fail("E0105 `" + text + "` may not be used as a name");
    return text;
  }
  bool declared(const std::string& text) const {
    const std::vector<std::string> bound = scope_.names();
    return globals_.contains(text) || std::find(bound.begin(), bound.end(), text) != bound.end();
  }
  std::string new_name() {
    const std::string text = name();
    if (declared(text)) fail("E0104 `" + text + "` is declared already");
    return text;
  }

  // ---- terms ----
  Val typed(const Term& term) {
    Val val;
    val.term = term;
    val.type = infer(term, scope_, spec_);
    return val;
  }
  Val op(Op code, std::vector<Term> kids) { return typed(make_op(code, std::move(kids))); }
  // A row of the table of section 3, written as that table writes it; the
  // values are terms of this scope (below `arity` further variables). `names`
  // renames the binders.
  static Term form(const std::string& text, const Values& values,
                   const std::map<std::string, std::string>& names = {}) {
    SideReading reading;
    reading.values = &values;
    reading.rename = &names;
    return read_term(read_sexps(text, true).at(0), reading);
  }
  // "an index expression where a real or array is needed: (real e)".
  Val real(const Val& val) {
    if (!val.term) fail("E0201 a vector cannot stand here");
    return val.index() ? op(Op::kReal, {val.term}) : val;
  }
  Term index(const Val& val) {
    if (!val.index()) fail("E0201 an index is expected");
    return val.term;
  }
  Term boolean(const Val& val) {
    if (!val.term || val.type.sort != Sort::kBool) fail("E0201 a condition is expected");
    return val.term;
  }
  const Val& array(const Val& val) {
    if (!val.term || val.type.sort != Sort::kArr) fail("E0201 an array is expected");
    return val;
  }
  bool over_dimensions(const Term& term) const {
    if (term->op == Op::kFree && !spec_.is_dim(term->name)) return false;
    return term->free_bound == 0 &&
           std::all_of(term->kids.begin(), term->kids.end(),
                       [&](const Term& kid) { return over_dimensions(kid); });
  }
  void push(Entry::Kind kind, const std::string& text, Type type, const Term& term) {
    Entry entry;
    entry.kind = kind;
    entry.name = text;
    entry.type = std::move(type);
    entry.term = term;
    entry.depth = scope_.depth;
    scope_.push(std::move(entry));
  }
  void pop(std::size_t count) { scope_.truncate(scope_.entries.size() - count); }

  // ---- items (section 2) ----
  void item() {
    if (accept("dims")) {
      do {
        spec_.dims.push_back(new_name());
        globals_.insert(spec_.dims.back());
      } while (continued(","));
    } else if (accept("require")) {
      require(boolean(expr()));
    } else if (accept("let")) {
      let();
    } else if (accept("in")) {
      do {
        spec_.inputs.push_back(declaration());
      } while (continued(","));
    } else if (accept("out")) {
      if (out_) fail("E0102 a second `out`");
      spec_.output = declaration();
      if (spec_.output.kind == InputKind::kI32) fail("E0201 output of i32");
      out_ = true;
    } else if (accept("attend")) {
      attend();
    } else {
      output_name();
      continued_keyword("=");
      define(real(expr()).term);
    }
    end_of_item();
  }

  void require(const Term& term) {
    if (term->op == Op::kAnd) {
      require(term->kids[0]);
      return require(term->kids[1]);
    }
    if (!over_dimensions(term)) fail("E0201 a require is over dimensions");
    spec_.assumptions.push_back(term);
  }

  // An index is unfolded where it is used, a real or an array is shared.
  void let() {
    const std::string text = new_name();
    continued_keyword("=");
    const Val val = expr();
    if (val.index()) {
      index_lets_[text] = {val.term, scope_.depth};
      globals_.insert(text);
      return;
    }
    lets_.emplace_back(text, array(val).term);
    push(Entry::Kind::kLet, text, val.type, val.term);
  }

  Array declaration() {
    static const std::map<std::string, InputKind> kTypes = {{"f32", InputKind::kF32},
                                                            {"f16", InputKind::kF16},
                                                            {"bf16", InputKind::kBf16},
                                                            {"i32", InputKind::kI32}};
    Array result;
    result.name = new_name();
    globals_.insert(result.name);
    keyword(":");
    const auto type = kTypes.find(next().text);
    if (type == kTypes.end()) fail("E0102 a type is expected");
    result.kind = type->second;
    if (open("[")) {
      do {
        result.shape.push_back(extent());
      } while (continued(","));
      close("]");
    }
    if (accept("in")) {
      if (result.kind != InputKind::kI32) fail("E0201 a range is for i32 only");
      const Term low = extent();
      keyword("..");
      result.range = {low, extent()};
    }
    return result;
  }
  Term extent() {
    const Term term = index(expr());
    if (!over_dimensions(term)) fail("E0201 sizes are over dimensions");
    return term;
  }

  void output_name() {
    const std::string text = name();
    if (!out_ || text != spec_.output.name) fail("E0104 `" + text + "` is not the declared output");
    if (body_) fail("E0104 a second definition of the output");
  }
  void define(const Term& term) {
    body_ = term;
    body_depth_ = scope_.depth;
  }

  // ---- attend (section 3) ----
  struct Fields {
    Term score, bias, mask, value, empty;
  };

  void attend() {
    output_name();
    std::vector<std::string> axes;
    if (!open("[")) fail("E0102 `[` expected");
    do {
      if (axes.size() == spec_.output.shape.size()) fail("E0201 axes of O");
      axes.push_back(new_name());
      push(Entry::Kind::kLoop, axes.back(), Type{}, spec_.output.shape[axes.size() - 1]);
    } while (continued(","));
    close("]");
    if (axes.size() != spec_.output.shape.size()) fail("E0201 axes of O");
    keyword("over");
    const std::string key = new_name();
    keyword("in");
    const Term n = index(expr());
    Fields fields;
    while (field(key, n, fields)) {
    }
    if (!fields.score || !fields.value) fail("E0102 score, value needed");
    Term body = attend_body(key, n, fields);
    pop(axes.size());
    for (std::size_t k = axes.size(); k-- > 0;) {
      body = form("(gen (i ?n) (?x i))", {{"?n", one(spec_.output.shape[k])}, {"?x", one(body, 1)}},
                  {{"i", axes[k]}});
    }
    define(body);
  }

  // One field, on a line of its own; false if none follows.
  bool field(const std::string& key, const Term& n, Fields& fields) {
    end_of_item();
    const std::size_t start = at_;
    skip_newlines();
    const std::string text = is(Tok::kWord) ? peek().text : "";
    Term* slot = text == "score"   ? &fields.score
                 : text == "bias"  ? &fields.bias
                 : text == "mask"  ? &fields.mask
                 : text == "value" ? &fields.value
                 : text == "empty" ? &fields.empty
                                   : nullptr;
    if (slot == nullptr) {
      at_ = start;
      return false;
    }
    if (*slot) fail("E0104 a second `" + text + "`");
    next();
    continued_keyword("=");
    if (text != "empty") push(Entry::Kind::kLoop, key, Type{}, n);
    const Val val = expr();
    *slot = text == "mask" ? boolean(val) : real(val).term;
    if (text != "empty") pop(1);
    return true;
  }

  // BODY of section 3; all fields but `empty` are terms below j.
  Term attend_body(const std::string& j, const Term& n, const Fields& f) {
    const Term x = f.bias ? make_op(Op::kAdd, {f.score, f.bias}) : f.score;
    const Term g = f.mask ? f.mask : make_op(Op::kTrue, {});
    Values values = {{"?N", one(n)}, {"?X", one(x, 1)}, {"?M", one(g, 1)}, {"?V", one(f.value, 1)}};
    std::string quot =
        "(/ (red add (j ?N) (?M j) (* (exp (- (psi (vec j) s) m)) (?V j)))"
        "   (red add (j ?N) (?M j) (exp (- (psi (vec j) s) m))))";
    if (f.empty) {
      values.emplace("?w", one(f.empty));
      quot = "(if (any (j ?N) (?M j)) " + quot + " ?w)";
    }
    return form(
        "(let (s) (gen (j ?N) (?X j)) (let (m) (red max (j ?N) (?M j) "
        "(psi (vec j) s)) " +
            quot + "))",
        values, {{"j", j}});
  }

  // ---- expressions (section 2) ----
  struct Deeper {
    explicit Deeper(int& depth) : depth_(depth) {
      if (++depth_ > 4 * kMaxDepth) throw Refused{"limit", "nested too deeply"};
    }
    ~Deeper() { --depth_; }
    int& depth_;
  };

  Val expr() {
    const Deeper deeper(depth_);
    Val left = conjunction();
    while (continued("or")) {
      const Val right = conjunction();
      left = op(Op::kOr, {boolean(left), boolean(right)});
    }
    return left;
  }

  Val conjunction() {
    Val left = negation();
    while (continued("and")) {
      const Val right = negation();
      left = op(Op::kAnd, {boolean(left), boolean(right)});
    }
    return left;
  }

  Val negation() {
    const Deeper deeper(depth_);
    if (accept("not")) return op(Op::kNot, {boolean(negation())});
    return comparison();
  }

  // E0103: a struct beside arithmetic needs parentheses.
  const Val& operand(const Val& val) {
    if (val.bare) fail("E0103 parentheses needed around a structural word");
    return val;
  }

  Val comparison() {
    const Val left = sum();
    for (const char* word : {"<", "<=", ">", ">=", "==", "!="}) {
      if (!continued(word)) continue;
      const Term a = index(operand(left));
      const Val right = sum();
      const Term b = index(operand(right));
      const std::string text = word;
      if (text[0] == '>') return op(text == ">" ? Op::kLt : Op::kLe, {b, a});
      return op(*op_from_word(text), {a, b});
    }
    return left;
  }

  Val sum() {
    Val left = product();
    while ((is("+") || is("-")) && !is(".", 1)) {
      const Op code = *op_from_word(next().text);
      skip_newlines();
      const Val right = product();
      left = arithmetic(code, operand(left), operand(right));
    }
    return left;
  }

  Val product() {
    Val left = unary();
    while ((is("*") || is("/") || is("div") || is("mod")) && !is(".", 1)) {
      const Op code = *op_from_word(next().text);
      skip_newlines();
      const Val right = unary();
      left = arithmetic(code, operand(left), operand(right));
    }
    return left;
  }

  Val arithmetic(Op code, const Val& a, const Val& b) {
    if (code == Op::kDiv || code == Op::kMod) return op(code, {index(a), index(b)});
    if (code != Op::kQuot && a.index() && b.index()) return op(code, {a.term, b.term});
    return op(code, {real(a).term, real(b).term});
  }

  Val unary() {
    const Deeper deeper(depth_);
    if (!accept("-")) return structural();
    const Val val = operand(unary());
    if (val.literal) return typed(integer(-val.term->value));
    if (val.index()) return op(Op::kSub, {integer(0), val.term});
    return op(Op::kNeg, {array(val).term});
  }

  // The name of a RED in core terms; empty if the word is none.
  static std::string red_of(const std::string& word) {
    if (word == "+" || word == "sum") return "add";
    if (word == "*") return "mul";
    return word == "max" || word == "min" ? word : "";
  }

  Val structural() {
    const Deeper deeper(depth_);
    Structural s;
    if (monadic_word(s)) {
      s.omega = omega();
      Val result = monadic(s, array_or_index(structural()));
      result.bare = true;
      return result;
    }
    const Val left = prim();
    if (!dyadic_word(s)) return left;
    skip_newlines();
    s.omega = omega();
    Val result = dyadic(s, left, prim());
    result.bare = true;
    return result;
  }
  const Val& array_or_index(const Val& val) {
    if (!val.term) fail("E0201 a vector cannot stand here");
    return val;
  }

  bool monadic_word(Structural& s) {
    for (const char* word : {"tran", "rev", "rav", "iota", "softmax"}) {
      if (is(word)) {
        s.word = next().text;
        return true;
      }
    }
    if (!is("red", 1) || red_of(peek().text).empty()) return false;
    s.red = red_of(next().text);
    s.word = "redf";
    next();
    return true;
  }

  bool dyadic_word(Structural& s) {
    for (const char* word : {"psi", "tran", "take", "drop", "rot", "cat", "rho"}) {
      if (is(word)) {
        s.word = next().text;
        return true;
      }
    }
    if (!is(".", 1) || (!is("o") && red_of(peek().text).empty())) return false;
    s.word = is("o") ? "outer" : "inner";
    s.red = red_of(next().text);
    next();
    s.point = next().text;
    return true;
  }

  std::vector<std::int64_t> omega() {
    std::vector<std::int64_t> ranks;
    if (!accept("omega")) return ranks;
    if (!open_angle()) fail("E0102 `<` expected");
    while (is(Tok::kNumber) && ranks.size() < 2) ranks.push_back(number());
    if (ranks.empty()) fail("E0102 a rank is expected");
    close_angle();
    return ranks;
  }
  std::int64_t number() {
    std::string text = next().text;
    text.erase(0, std::min(text.find_first_not_of('0'), text.size() - 1));
    return read_literal(text);
  }

  // ---- rows of the table of section 3: structural words ----
  // Pushes a cell variable for the last `rank` axes of an operand.
  Val push_cell(const std::string& text, const Val& val, std::int64_t rank, std::int64_t outside) {
    Type type = array(val).type;
    if (rank > static_cast<std::int64_t>(type.shape.size()))
      fail("E0206 omega rank beyond the operand's");
    type.shape.erase(type.shape.begin(), type.shape.end() - rank);
    push(Entry::Kind::kCell, text, shift(type, outside), nullptr);
    return typed(bound_var(0));
  }

  Val omega_node(std::int64_t rank, const Term& body, const Term& val) {
    return typed(
        form("(omega ?k (x) (?b x) ?A)",
             {{"?k", numbers({rank}, Kind::kNat)}, {"?b", one(body, 1)}, {"?A", one(val)}}));
  }

  Val monadic(const Structural& s, const Val& val) {
    if (s.omega.size() > 1) fail("E0102 one rank is expected");
    if (s.omega.empty()) return monadic_word_of(s, val);
    const Val x = push_cell("x", val, s.omega[0], 0);
    const Term body = monadic_word_of(s, x).term;
    pop(1);
    return omega_node(s.omega[0], body, val.term);
  }

  Val monadic_word_of(const Structural& s, const Val& val) {
    if (s.word == "iota") return op(Op::kIota, {index(val)});
    const Val& a = array(val);
    if (s.word == "rev") return op(Op::kRev, {a.term});
    if (s.word == "redf") {
      return typed(
          form("(redf ?f ?A)", {{"?f", name_word(s.red, Kind::kRedOp)}, {"?A", one(a.term)}}));
    }
    if (s.word == "rav") return ravel(a);
    if (s.word == "softmax") return softmax(a);
    std::vector<std::int64_t> reversed;
    for (std::size_t k = a.type.shape.size(); k-- > 0;)
      reversed.push_back(static_cast<std::int64_t>(k));
    return transpose(reversed, a);
  }

  Val transpose(const std::vector<std::int64_t>& perm, const Val& val) {
    return typed(
        form("(tran ?t ?A)", {{"?t", numbers(perm, Kind::kPerm)}, {"?A", one(array(val).term)}}));
  }

  Val ravel(const Val& val) {
    const std::vector<Term>& shape = val.type.shape;
    Term u = shape.empty() ? integer(1) : shape[0];
    for (std::size_t k = 1; k < shape.size(); ++k) u = make_op(Op::kMul, {u, shape[k]});
    return op(Op::kReshape, {u, val.term});
  }

  Val softmax(const Val& val) {
    if (val.type.shape.size() != 1) fail("E0204 say softmax omega<1>");
    return typed(
        form("(let (x) ?A (let (e) (exp (- x (redf max x))) "
             "(/ e (redf add e))))",
             {{"?A", one(val.term)}}));
  }

  Val dyadic(const Structural& s, const Val& u, const Val& val) {
    if (s.word == "psi") {
      if (!s.omega.empty()) fail("E0102 psi takes no omega");
      return select(vector(u), val);
    }
    if (s.word == "cat" || s.word == "inner" || s.word == "outer")
      return dyadic_arrays(s, array(u), array(val));
    if (s.omega.size() > 1) fail("E0102 one rank is expected");
    if (s.omega.empty()) return adjust(s.word, u, array(val));
    const Val x = push_cell("x", val, s.omega[0], 0);
    const Term body = adjust(s.word, shift_val(u, 1), x).term;
    pop(1);
    return omega_node(s.omega[0], body, val.term);
  }

  std::vector<Term> vector(const Val& u) { return u.term ? std::vector<Term>{index(u)} : u.items; }

  Val select(std::vector<Term> indices, const Val& val) {
    indices.push_back(array(val).term);
    return op(Op::kPsi, std::move(indices));
  }

  // tran take drop rot rho with their left operand.
  Val adjust(const std::string& word, const Val& u, const Val& val) {
    if (word == "rot") return op(Op::kRot, {index(u), val.term});
    if (word == "take") return cut(Op::kTake, vector(u), val);
    if (word == "drop") return cut(Op::kDrop, vector(u), val);
    if (u.term) fail("E0201 a vector is expected");
    if (word == "rho") {
      std::vector<Term> kids = u.items;
      kids.push_back(val.term);
      return op(Op::kReshape, std::move(kids));
    }
    std::vector<std::int64_t> perm;
    for (const Term& item : u.items) {
      if (item->op != Op::kInt) fail("E0201 axes are literals");
      perm.push_back(item->value);
    }
    return transpose(perm, val);
  }

  // <k1 .. ku> take A: k1 on the first axis, the rest inside each cell.
  Val cut(Op code, const std::vector<Term>& ks, const Val& val) {
    if (ks.empty()) fail("E0201 an empty vector");
    if (val.type.shape.empty()) fail("E0201 more items than axes");
    if (ks.size() == 1) return cut_one(code, ks[0], val);
    const auto rank = static_cast<std::int64_t>(val.type.shape.size()) - 1;
    const Val x = push_cell("x", val, rank, 0);
    const std::vector<Term> rest(ks.begin() + 1, ks.end());
    const Term body = cut(code, shift_all(rest, 1), x).term;
    pop(1);
    return cut_one(code, ks[0], omega_node(rank, body, val.term));
  }

  Val cut_one(Op code, const Term& k, const Val& val) {
    if (k->op != Op::kInt || k->value >= 0) return op(code, {k, val.term});
    const Term from_end = make_op(Op::kSub, {val.type.shape[0], integer(-k->value)});
    return op(code == Op::kTake ? Op::kDrop : Op::kTake, {from_end, val.term});
  }

  Val dyadic_arrays(const Structural& s, const Val& a, const Val& b) {
    if (s.omega.empty()) return combine(s, a, b);
    const Val x = push_cell("x", a, s.omega.front(), 0);
    const Val y = push_cell("y", b, s.omega.back(), 1);
    const Term body = combine(s, shift_val(x, 1), y).term;
    pop(2);
    return typed(
        form("(omega2 ?a ?b (x y) (?e x y) ?A ?B)", {{"?a", numbers({s.omega.front()}, Kind::kNat)},
                                                     {"?b", numbers({s.omega.back()}, Kind::kNat)},
                                                     {"?e", one(body, 2)},
                                                     {"?A", one(a.term)},
                                                     {"?B", one(b.term)}}));
  }

  Val combine(const Structural& s, const Val& a, const Val& b) {
    if (s.word == "cat") return op(Op::kCat, {a.term, b.term});
    Values values = {
        {"?A", one(a.term)}, {"?B", one(b.term)}, {"?g", name_word(s.point, Kind::kOp)}};
    if (s.word == "outer") return typed(form("(outer ?g ?A ?B)", values));
    values.emplace("?f", name_word(s.red, Kind::kRedOp));
    return typed(form("(inner ?f ?g ?A ?B)", values));
  }

  // ---- prim ----
  Val prim() {
    Val val = prim_start();
    while (open("[")) {
      std::vector<Term> indices;
      do {
        indices.push_back(index(expr()));
      } while (continued(","));
      close("]");
      val = select(std::move(indices), val);
    }
    return val;
  }

  Val prim_start() {
    if (is(Tok::kNumber)) {
      Val val = typed(integer(number()));
      val.literal = true;
      return val;
    }
    if (is(Tok::kDecimal)) return decimal(next().text);
    if (open("(")) {
      Val val = expr();
      close(")");
      val.bare = false;
      return val;
    }
    if (open_angle()) return vector_literal();
    for (const char* word : {"exp", "exp2", "log", "sqrt", "tanh"})
      if (is(word)) return function(*op_from_word(next().text));
    for (const char* word : {"sum", "max", "min", "gen"})
      if (is(word)) return binder_or_pair(next().text);
    if (accept("if")) return conditional();
    return variable(name());
  }

  Val variable(const std::string& text) {
    const std::vector<std::string> bound = scope_.names();
    for (std::size_t k = bound.size(); k-- > 0;) {
      if (bound[k] != text) continue;
      return typed(bound_var(static_cast<std::int64_t>(bound.size() - 1 - k)));
    }
    const auto let = index_lets_.find(text);
    if (let != index_lets_.end()) {
      const auto& [term, depth] = let->second;
      return typed(shift(term, scope_.depth - depth));
    }
    if (!spec_.is_dim(text) && spec_.input(text) == nullptr)
      fail("E0104 `" + text + "` is not declared");
    return typed(free_var(text));
  }

  // (rat p q) reduced, or (real n) if whole.
  Val decimal(const std::string& text) {
    const std::size_t dot = text.find('.');
    const std::string digits = text.substr(0, dot) + text.substr(dot + 1);
    const std::size_t start = std::min(digits.find_first_not_of('0'), digits.size() - 1);
    std::int64_t p = read_literal(digits.substr(start));
    std::int64_t q = read_literal("1" + std::string(text.size() - dot - 1, '0'));
    std::int64_t a = p;
    std::int64_t b = q;
    while (b != 0) {
      const std::int64_t rest = a % b;
      a = b;
      b = rest;
    }
    p /= a;
    q /= a;
    if (q == 1) return op(Op::kReal, {integer(p)});
    return typed(form("(rat " + std::to_string(p) + " " + std::to_string(q) + ")", {}));
  }

  Val vector_literal() {
    Val result;
    while (!is(">") && !is("⟩")) {
      if (accept("-")) {
        if (!is(Tok::kNumber)) fail("E0102 a number is expected");
        result.items.push_back(integer(-number()));
      } else if (is(Tok::kNumber)) {
        result.items.push_back(integer(number()));
      } else if (open("(")) {
        result.items.push_back(index(expr()));
        close(")");
      } else {
        result.items.push_back(index(variable(name())));
      }
    }
    close_angle();
    return result;
  }

  Val function(Op code) {
    if (!open("(")) fail("E0102 `(` expected");
    const Val val = real(expr());
    close(")");
    return op(code, {val.term});
  }

  // max(a, b); sum(j in n | g) x; gen(i in n) x.
  Val binder_or_pair(const std::string& word) {
    if (!open("(")) fail("E0102 `(` expected");
    if (!is(Tok::kWord) || !is("in", 1)) {
      if (word != "max" && word != "min") fail("E0102 `NAME in` expected");
      const Val a = real(expr());
      if (!continued(",")) fail("E0102 `,` expected");
      const Val b = real(expr());
      close(")");
      return op(*op_from_word(word), {a.term, b.term});
    }
    const std::string text = new_name();
    keyword("in");
    const Term n = index(expr());
    push(Entry::Kind::kLoop, text, Type{}, n);
    Term g = make_op(Op::kTrue, {});
    if (word != "gen" && accept("|")) g = boolean(expr());
    close(")");
    const Term x = real(expr()).term;
    pop(1);
    const Values values = {{"?f", name_word(red_of(word), Kind::kRedOp)},
                           {"?n", one(n)},
                           {"?g", one(g, 1)},
                           {"?x", one(x, 1)}};
    return typed(form(word == "gen" ? "(gen (j ?n) (?x j))" : "(red ?f (j ?n) (?g j) (?x j))",
                      values, {{"j", text}}));
  }

  Val conditional() {
    const Term c = boolean(expr());
    continued_keyword("then");
    const Val x = expr();
    continued_keyword("else");
    const Val y = expr();
    if (x.index() && y.index()) return op(Op::kIf, {c, x.term, y.term});
    return op(Op::kIf, {c, real(x).term, real(y).term});
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int nesting_ = 0;
  int depth_ = 0;
  Spec spec_;
  Scope scope_;
  std::set<std::string> globals_;
  std::map<std::string, std::pair<Term, std::int64_t>> index_lets_;
  std::vector<std::pair<std::string, Term>> lets_;
  bool out_ = false;
  Term body_;
  std::int64_t body_depth_ = 0;
};

Refused at_line(const Refused& refused, int line) {
  return {refused.code == "limit" ? "limit" : "spec",
          "line " + std::to_string(line) + ": " + refused.text};
}

}  // namespace

Spec read_spec(const std::string& text) {
  if (text.size() > (std::size_t{1} << 20)) throw Refused{"limit", "file"};
  Lexer lexer(text);
  std::vector<Token> tokens;
  try {
    tokens = lexer.run();
  } catch (const Refused& refused) {
    throw at_line(refused, lexer.line());
  }
  Parser parser(std::move(tokens));
  try {
    return parser.run();
  } catch (const Refused& refused) {
    throw at_line(refused, parser.line());
  }
}

}  // namespace audit
