// The auditor's own reader of .moa files (spec/LANGUAGE.md). See read_spec() in term.h.
// Idea: one pass; every grammar function returns the core term of what it read together with its
// type, in the scope of the bound indices and lets read so far. The first error ends the reading.
// How it may be wrong: a construct elaborated to another core term than the table of LANGUAGE
// section 3 says: then a proof is about another function than the one the user wrote.
#include <algorithm>
#include <numeric>

#include "reader.h"

namespace audit {
namespace {
enum class Tok { kWord, kNumber, kDecimal, kSymbol, kNewline, kEnd };

struct SpecToken {
  Tok kind = Tok::kEnd;
  string text;
  int line = 0;
};

// LANGUAGE section 1, the table; an ASCII word or symbol for each.
const std::pair<string, string> kUnicode[] = {
    {"ψ", "psi"},   {"ρ", "rho"},  {"ι", "iota"}, {"Φ", "rev"},  {"θ", "rot"},  {"⌈", "max"},
    {"⌊", "min"},   {"×", "*"},    {"≤", "<="},   {"≥", ">="},   {"≠", "!="},   {"√", "sqrt"},
    {"⍉", "tran"},  {"△", "take"}, {"↑", "take"}, {"▽", "drop"}, {"↓", "drop"}, {"⧺", "cat"},
    {"Ω", "omega"}, {"Σ", "sum"},  {"⟨", "⟨"},    {"⟩", "⟩"},    {"∧", "and"},  {"∨", "or"},
    {"¬", "not"},   {"÷", "/"}};
std::set<string> words(const string& text) {
  std::set<string> out;
  for (size_t at = 0, end = 0; at < text.size(); at = end + 1) {
    end = std::min(text.find(' ', at), text.size());
    out.insert(text.substr(at, end - at));
  }
  return out;
}

// Words of the grammar and functions.
const std::set<string> kReserved = words(
    "spec dims require let in out attend over score bias mask value empty f32 f16 bf16 i32 or and "
    "not div mod psi tran take drop rot cat rho o rev rav iota softmax red max min omega sum gen "
    "if then else exp exp2 log sqrt tanh");

// E0105: C++ keywords and names of the kernel's interface; a dimension of such a name would change
// what the kernel's text means.
const std::set<string> kForbidden = words(
    "alignas alignof and_eq asm auto bitand bitor bool break case catch char char8_t char16_t "
    "char32_t class compl concept const consteval constexpr constinit const_cast continue co_await "
    "co_return co_yield decltype default delete do double dynamic_cast enum explicit export extern "
    "false float for friend goto inline int long mutable namespace new noexcept not_eq nullptr "
    "operator or_eq private protected public register reinterpret_cast requires return short "
    "signed sizeof static static_assert static_cast struct switch template this thread_local throw "
    "true try typedef typeid typename union unsigned using virtual void volatile wchar_t while xor "
    "xor_eq size workspace scratch workers parallel_for parallel_context data task worker rest a p "
    "status t");
[[noreturn]] void fail(const string& what) { refuse("spec", what); }

class Lexer {
 public:
  explicit Lexer(const string& text) : in_{text, "spec"} {}
  vector<SpecToken> run() {
    while (!in_.done()) step();
    add(Tok::kNewline, "");
    add(Tok::kEnd, "");
    return std::move(tokens_);
  }

 private:
  void add(Tok kind, const string& text) {
    if (!comment_ || kind == Tok::kNewline) tokens_.push_back({kind, text, in_.line});
  }
  // E0101, in comments too: what a reader of the file cannot see is refused.
  void step() {
    const char c = in_.peek();
    if (static_cast<unsigned char>(c) >= 0x80) return unicode();
    if (c != '\n' && c != '\t' && (c < ' ' || c > '~')) in_.fail("E0101 control character");
    if (c == '\n') {
      add(Tok::kNewline, "");
      comment_ = false;
      ++in_.line;
      ++in_.at;
    } else if (comment_ || c == ' ' || c == '\t') {
      ++in_.at;
    } else if (c == '#') {
      comment_ = true;
    } else if (is_digit(c)) {
      number();
    } else if (is_word_char(c)) {
      add(Tok::kWord, in_.take_while(is_word_char));
    } else {
      symbol();
    }
  }
  void unicode() {
    for (const auto& [symbol, ascii] : kUnicode) {
      if (!in_.sees(symbol)) continue;
      in_.take(symbol.size());
      add(is_word_char(ascii[0]) ? Tok::kWord : Tok::kSymbol, ascii);
      // The ceiling and floor stand only in front of `red`.
      const bool red = in_.sees("red") && !is_word_char(in_.peek(3));
      if (!comment_ && (symbol == "⌈" || symbol == "⌊") && !red) in_.fail("E0102 `red` expected");
      return;
    }
    in_.fail("E0101 character that is not allowed");
  }
  void number() {
    string text = in_.take_while(is_digit);
    const bool decimal = in_.peek() == '.' && is_digit(in_.peek(1));
    if (decimal) text += in_.take(1);
    if (decimal) text += in_.take_while(is_digit);
    if (is_word_char(in_.peek())) in_.fail("E0102 a name may not begin with a digit");
    add(decimal ? Tok::kDecimal : Tok::kNumber, text);
  }
  void symbol() {
    for (const char* two : {"<=", ">=", "==", "!=", ".."})
      if (in_.sees(two)) return add(Tok::kSymbol, in_.take(2));
    if (string("+-*/<>=()[],:.|").find(in_.peek()) == string::npos)
      in_.fail("E0101 character that is not allowed");
    add(Tok::kSymbol, in_.take(1));
  }
  Scanner in_;
  bool comment_ = false;
  vector<SpecToken> tokens_;
};

// What an expression stands for, in the scope where it was read.
struct Val {
  Term term;  // null: a vector < .. >
  Type type = {};
  Terms items = {};      // of a vector
  bool bare = false;     // a struct that is no prim
  bool literal = false;  // an integer literal
  bool index() const { return term && type.sort == Sort::kIndex; }
};
Val shift(const Val& val, Number by) {
  return {val.term ? shift(val.term, by) : nullptr, shift(val.type, by), shift(val.items, by)};
}

// A structural operator of section 2.
struct Structural {
  string word;              // "psi", .., "inner", "outer", "redf"
  RedOp red = RedOp::kAdd;  // of redf, inner
  Op point = Op::kAdd;      // of inner, outer
  Numbers omega;            // ranks, empty: none
};

class Parser {
 public:
  explicit Parser(vector<SpecToken> tokens) : tokens_(std::move(tokens)) {}
  int line() const { return tokens_[at_].line; }
  Spec run() {
    skip_newlines();
    keyword("spec");
    spec_.name = name();
    end_of_item();
    for (skip_newlines(); tokens_[at_].kind != Tok::kEnd; skip_newlines()) item();
    if (!out_) fail("E0102 no `out`");
    if (!body_) fail("E0102 the output is not defined");
    spec_.core = shift(body_, static_cast<Number>(lets_.size()) - body_depth_);
    for (auto let = lets_.rbegin(); let != lets_.rend(); ++let)
      spec_.core =
          make({.op = Op::kLet, .binders = {let->first}, .kids = {let->second, spec_.core}});
    Scope empty;
    infer(make_op(Op::kPut, {spec_.core}), empty, spec_);
    return std::move(spec_);
  }

 private:
  // ---- tokens: inside brackets (nesting_ > 0) a newline ends nothing ----
  const SpecToken& peek(size_t ahead = 0) {
    for (size_t at = at_;; ++at) {
      while (nesting_ > 0 && tokens_[at].kind == Tok::kNewline) ++at;
      if (ahead-- == 0 || tokens_[at].kind == Tok::kEnd) return tokens_[at];
    }
  }
  SpecToken next() {
    while (nesting_ > 0 && tokens_[at_].kind == Tok::kNewline) ++at_;
    return tokens_[at_].kind == Tok::kEnd ? tokens_[at_] : tokens_[at_++];
  }
  bool is(Tok kind) { return peek().kind == kind; }
  bool is(const string& text, size_t ahead = 0) {
    const SpecToken& token = peek(ahead);
    return token.text == text && (token.kind == Tok::kWord || token.kind == Tok::kSymbol);
  }
  // The first of the words that comes next; empty if none does.
  string one_of(const Strings& list) {
    for (const string& word : list)
      if (is(word)) return word;
    return "";
  }
  bool accept(const string& text) {
    if (!is(text)) return false;
    next();
    return true;
  }
  void keyword(const string& text) {
    if (!accept(text)) fail("E0102 `" + text + "` expected, not `" + peek().text + "`");
  }
  bool open(const string& text) {
    if (!accept(text)) return false;
    ++nesting_;
    return true;
  }
  void must_open(const string& text) {
    if (!open(text)) fail("E0102 `" + text + "` expected");
  }
  void close(const string& text) {
    keyword(text);
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
  bool comma() {
    if (!accept(",")) return false;
    skip_newlines();
    return true;
  }
  void continued(const string& text) {
    keyword(text);
    skip_newlines();
  }

  // ---- names ----
  string name() {
    const auto [kind, text, line] = next();
    if (kind != Tok::kWord) fail("E0102 a name is expected");
    if (kReserved.contains(text) || text[0] == '_' || text.starts_with("minimoa") ||
        text.ends_with("_s") || kForbidden.contains(text))
      fail("E0105 `" + text + "` may not be used as a name");
    return text;
  }
  string new_name() {
    const string text = name();
    const Strings bound = scope_.names();
    if (globals_.contains(text) || std::find(bound.begin(), bound.end(), text) != bound.end())
      fail("E0104 `" + text + "` is declared already");
    return text;
  }
  string new_global() { return *globals_.insert(new_name()).first; }

  // ---- terms ----
  Val typed(const Term& term) { return {term, infer(term, scope_, spec_)}; }
  Val op(Op code, Terms kids) { return typed(make_op(code, std::move(kids))); }
  // A row of the table of section 3 as that table writes it; the values are terms of this scope
  // (the second number: below so many further variables). `names` renames the binders.
  static Term form(const string& text, const std::map<string, std::pair<Term, int>>& terms,
                   const std::map<string, string>& names = {}) {
    Values values;
    for (const auto& [name, term] : terms) {
      values[name].terms = {term.first};
      values[name].arity = term.second;
    }
    SideReading reading{nullptr, {}, &values, names};
    return read_term(read_sexps(text, true).at(0), reading);
  }
  // "an index expression where a real or array is needed: (real e)".
  Term real(const Val& val) {
    return val.index() ? make_op(Op::kReal, {val.term}) : array(val).term;
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
  void push(const string& text, const Type& type, const Term& bound = nullptr) {
    const auto kind = bound ? Entry::Kind::kLoop : Entry::Kind::kValue;
    scope_.push({kind, text, bound, type, scope_.depth});
  }
  void pop(size_t count) { scope_.truncate(scope_.entries.size() - count); }

  // ---- items (section 2) ----
  void item() {
    if (accept("dims")) {
      do spec_.dims.push_back(new_global());
      while (comma());
    } else if (accept("require")) {
      require(boolean(expr()));
    } else if (accept("let")) {
      let();
    } else if (accept("in")) {
      do spec_.inputs.push_back(declaration());
      while (comma());
    } else if (accept("out")) {
      if (out_) fail("E0102 a second `out`");
      spec_.output = declaration();
      if (spec_.output.kind == InputKind::kI32) fail("E0201 output of i32");
      out_ = true;
    } else if (accept("attend")) {
      attend();
    } else {
      output_name();
      continued("=");
      define(real(expr()));
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
    const string text = new_name();
    continued("=");
    const Val val = expr();
    if (val.index()) {
      index_lets_[*globals_.insert(text).first] = {val.term, scope_.depth};
      return;
    }
    lets_.emplace_back(text, array(val).term);
    push(text, val.type);
  }
  Array declaration() {
    static const std::map<string, InputKind> kTypes = {{"f32", InputKind::kF32},
                                                       {"f16", InputKind::kF16},
                                                       {"bf16", InputKind::kBf16},
                                                       {"i32", InputKind::kI32}};
    Array result;
    result.name = new_global();
    keyword(":");
    const auto type = kTypes.find(next().text);
    if (type == kTypes.end()) fail("E0102 a type is expected");
    result.kind = type->second;
    if (open("[")) {
      do result.shape.push_back(extent());
      while (comma());
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
    const string text = name();
    if (!out_ || text != spec_.output.name) fail("E0104 `" + text + "` is not the declared output");
    if (body_) fail("E0104 a second definition of the output");
  }
  void define(const Term& term) {
    body_ = term;
    body_depth_ = scope_.depth;
  }

  // ---- attend (section 3) ----
  void attend() {
    output_name();
    const Terms& shape = spec_.output.shape;
    Strings axes;
    must_open("[");
    do {
      if (axes.size() == shape.size()) fail("E0201 axes of O");
      axes.push_back(new_name());
      push(axes.back(), Type{}, shape[axes.size() - 1]);
    } while (comma());
    close("]");
    if (axes.size() != shape.size()) fail("E0201 axes of O");
    keyword("over");
    const string key = new_name();
    keyword("in");
    const Term n = index(expr());
    std::map<string, Term> fields;
    while (field(key, n, fields)) continue;
    if (!fields.contains("score") || !fields.contains("value")) fail("E0102 score, value needed");
    Term body = attend_body(key, n, fields);
    pop(axes.size());
    for (size_t k = axes.size(); k-- > 0;)
      body = make({.op = Op::kGen, .binders = {axes[k]}, .kids = {shape[k], body}});
    define(body);
  }
  // One field, on a line of its own; false if none follows. All but `empty` are below j.
  bool field(const string& key, const Term& n, std::map<string, Term>& fields) {
    end_of_item();
    const size_t start = at_;
    skip_newlines();
    const string text = one_of({"score", "bias", "mask", "value", "empty"});
    if (text.empty()) {
      at_ = start;
      return false;
    }
    if (fields.contains(text)) fail("E0104 a second `" + text + "`");
    next();
    continued("=");
    if (text != "empty") push(key, Type{}, n);
    const Val val = expr();
    fields[text] = text == "mask" ? boolean(val) : real(val);
    if (text != "empty") pop(1);
    return true;
  }
  // BODY of section 3.
  Term attend_body(const string& j, const Term& n, std::map<string, Term>& f) {
    const Term x = f["bias"] ? make_op(Op::kAdd, {f["score"], f["bias"]}) : f["score"];
    const Term g = f["mask"] ? f["mask"] : make_op(Op::kTrue, {});
    string quot =
        "(/ (red add (j ?N) (?M j) (* (exp (- (psi (vec j) s) m)) (?V j)))"
        "   (red add (j ?N) (?M j) (exp (- (psi (vec j) s) m))))";
    if (f["empty"]) quot = "(if (any (j ?N) (?M j)) " + quot + " ?w)";
    return form("(let (s) (gen (j ?N) (?X j)) (let (m) (red max (j ?N) (?M j) (psi (vec j) s)) " +
                    quot + "))",
                {{"?N", {n, 0}},
                 {"?X", {x, 1}},
                 {"?M", {g, 1}},
                 {"?V", {f["value"], 1}},
                 {"?w", {f["empty"], 0}}},
                {{"j", j}});
  }

  // ---- expressions (section 2) ----
  struct Deeper {
    explicit Deeper(int& depth) : depth_(depth) {
      if (++depth_ > 8 * kMaxDepth) refuse("limit", "nested too deeply");
    }
    ~Deeper() { --depth_; }
    int& depth_;
  };
  // Levels: or, and, cmp (with not), add, mul.
  Val expr(size_t level = 0) {
    static const Strings kLevels[] = {
        {"or"}, {"and"}, {"<", "<=", ">", ">=", "==", "!="}, {"+", "-"}, {"*", "/", "div", "mod"}};
    const Deeper deeper(depth_);
    if (level == std::size(kLevels)) return unary();
    if (level == 2 && accept("not")) return op(Op::kNot, {boolean(expr(2))});
    Val left = expr(level + 1);
    while (true) {
      const string word = one_of(kLevels[level]);
      if (word.empty() || is(".", 1)) return left;
      next();
      skip_newlines();
      left = binary(word, left, expr(level + 1));
      if (level == 2) return left;
    }
  }
  // E0103: a struct beside arithmetic needs parentheses.
  const Val& operand(const Val& val) {
    if (val.bare) fail("E0103 parentheses needed around a structural word");
    return val;
  }
  Val binary(const string& word, const Val& a, const Val& b) {
    if (word == "and" || word == "or") return op(*op_from_word(word), {boolean(a), boolean(b)});
    operand(a);
    operand(b);
    if (word[0] == '>') return op(word == ">" ? Op::kLt : Op::kLe, {index(b), index(a)});
    const Op code = *op_from_word(word);
    if (string(row(code).sorts).starts_with("II")) return op(code, {index(a), index(b)});
    if (code != Op::kQuot && a.index() && b.index()) return op(code, {a.term, b.term});
    return op(code, {real(a), real(b)});
  }
  Val unary() {
    const Deeper deeper(depth_);
    if (!accept("-")) return structural();
    const Val val = operand(unary());
    if (val.literal) return typed(integer(-val.term->value));
    if (val.index()) return op(Op::kSub, {integer(0), val.term});
    return op(Op::kNeg, {array(val).term});
  }
  // RED: a word in front of `red`, of a "." or of a bound index.
  static std::optional<RedOp> red_of(const string& word) {
    if (word == "add" || word == "mul" || word == "osm") return std::nullopt;
    return redop_from_word(word == "+" || word == "sum" ? "add" : word == "*" ? "mul" : word);
  }
  Val structural() {
    const Deeper deeper(depth_);
    Structural s;
    if (monadic_word(s)) {
      s.omega = omega();
      Val result = monadic(s, structural());
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
  bool monadic_word(Structural& s) {
    s.word = one_of({"tran", "rev", "rav", "iota", "softmax"});
    if (s.word.empty() && is("red", 1) && red_of(peek().text)) {
      s.red = *red_of(next().text);
      s.word = "redf";
    }
    if (!s.word.empty()) next();
    return !s.word.empty();
  }
  bool dyadic_word(Structural& s) {
    s.word = one_of({"psi", "tran", "take", "drop", "rot", "cat", "rho"});
    if (!s.word.empty()) next();
    if (!s.word.empty() || !is(".", 1)) return !s.word.empty();
    s.word = is("o") ? "outer" : "inner";
    const std::optional<RedOp> red = red_of(next().text);
    if (s.word == "inner" && !red) fail("E0102 a reduction is expected before `.`");
    s.red = red.value_or(RedOp::kAdd);
    next();
    const string point = one_of({"+", "-", "*", "/", "max", "min"});
    if (point.empty()) fail("E0102 an operator is expected after `.`");
    s.point = *op_from_word(next().text);
    return true;
  }
  Numbers omega() {
    Numbers ranks;
    if (!accept("omega")) return ranks;
    if (!open_angle()) fail("E0102 `<` expected");
    while (is(Tok::kNumber) && ranks.size() < 2) ranks.push_back(number());
    if (ranks.empty()) fail("E0102 a rank is expected");
    close_angle();
    return ranks;
  }
  Number number() {
    const string text = next().text;
    return read_literal(text.substr(std::min(text.find_first_not_of('0'), text.size() - 1)));
  }

  // ---- rows of the table of section 3: structural words ----
  // Pushes a cell variable for the last `rank` axes of an operand read `outside` variables before.
  Val push_cell(const string& text, const Val& val, Number rank, Number outside = 0) {
    Type type = array(val).type;
    if (rank > static_cast<Number>(type.shape.size()))
      fail("E0206 omega rank beyond the operand's");
    type.shape.erase(type.shape.begin(), type.shape.end() - rank);
    push(text, shift(type, outside));
    return typed(bound_var(0));
  }
  // (omega rank (x) body val), the body made from x.
  template <class Body>
  Val omega_of(Number rank, const Val& val, Body body) {
    const Val x = push_cell("x", val, rank);
    const Term inner = body(x).term;
    pop(1);
    return typed(
        make({.op = Op::kOmega, .attrs = {rank}, .binders = {"x"}, .kids = {inner, val.term}}));
  }
  Val monadic(const Structural& s, const Val& val) {
    if (s.omega.size() > 1) fail("E0102 one rank is expected");
    if (!s.omega.empty())
      return omega_of(s.omega[0], val, [&](const Val& x) { return monadic_word_of(s, x); });
    return monadic_word_of(s, val);
  }
  Val monadic_word_of(const Structural& s, const Val& val) {
    if (s.word == "iota") return op(Op::kIota, {index(val)});
    const Val& a = array(val);
    const Terms& shape = a.type.shape;
    if (s.word == "rev") return op(Op::kRev, {a.term});
    if (s.word == "redf") return typed(make({.op = Op::kRedF, .red = s.red, .kids = {a.term}}));
    if (s.word == "rav") {
      Term u = shape.empty() ? integer(1) : shape[0];
      for (size_t k = 1; k < shape.size(); ++k) u = make_op(Op::kMul, {u, shape[k]});
      return op(Op::kReshape, {u, a.term});
    }
    if (s.word == "softmax") {
      if (shape.size() != 1) fail("E0204 say softmax omega<1>");
      return typed(form("(let (x) ?A (let (e) (exp (- x (redf max x))) (/ e (redf add e))))",
                        {{"?A", {a.term, 0}}}));
    }
    Numbers reversed(shape.size());
    std::iota(reversed.rbegin(), reversed.rend(), 0);
    return typed(make({.op = Op::kTran, .attrs = reversed, .kids = {a.term}}));
  }
  Val dyadic(const Structural& s, const Val& u, const Val& val) {
    if (s.word == "psi") {
      if (!s.omega.empty()) fail("E0102 psi takes no omega");
      return with_indices(Op::kPsi, vec(u), val);
    }
    if (s.word == "cat" || s.word == "inner" || s.word == "outer")
      return dyadic_arrays(s, array(u), array(val));
    if (s.omega.size() > 1) fail("E0102 one rank is expected");
    if (s.omega.empty()) return adjust(s.word, u, array(val));
    return omega_of(s.omega[0], val, [&](const Val& x) { return adjust(s.word, shift(u, 1), x); });
  }
  Terms vec(const Val& u) { return u.term ? Terms{index(u)} : u.items; }
  Val with_indices(Op code, Terms indices, const Val& val) {
    indices.push_back(array(val).term);
    return op(code, std::move(indices));
  }
  // tran take drop rot rho with their left operand.
  Val adjust(const string& word, const Val& u, const Val& val) {
    if (word == "rot") return op(Op::kRot, {index(u), val.term});
    if (word == "take") return cut(Op::kTake, vec(u), val);
    if (word == "drop") return cut(Op::kDrop, vec(u), val);
    if (u.term) fail("E0201 a vector is expected");
    if (word == "rho") return with_indices(Op::kReshape, u.items, val);
    Numbers perm;
    for (const Term& item : u.items) {
      if (item->op != Op::kInt) fail("E0201 axes are literals");
      perm.push_back(item->value);
    }
    return typed(make({.op = Op::kTran, .attrs = perm, .kids = {val.term}}));
  }
  // <k1 .. ku> take A: k1 on the first axis, the rest inside each cell. A negative literal counts
  // from the end.
  Val cut(Op code, const Terms& ks, const Val& val) {
    if (ks.empty()) fail("E0201 an empty vector");
    if (val.type.shape.empty()) fail("E0201 more items than axes");
    if (ks.size() > 1) {
      const Terms rest(ks.begin() + 1, ks.end());
      return cut(code, {ks[0]},
                 omega_of(static_cast<Number>(val.type.shape.size()) - 1, val,
                          [&](const Val& x) { return cut(code, shift(rest, 1), x); }));
    }
    const Term& k = ks[0];
    if (k->op != Op::kInt || k->value >= 0) return op(code, {k, val.term});
    const Term from_end = make_op(Op::kSub, {val.type.shape[0], integer(-k->value)});
    return op(code == Op::kTake ? Op::kDrop : Op::kTake, {from_end, val.term});
  }
  Val dyadic_arrays(const Structural& s, const Val& a, const Val& b) {
    if (s.omega.empty()) return combine(s, a, b);
    const Val x = push_cell("x", a, s.omega.front());
    const Val y = push_cell("y", b, s.omega.back(), 1);
    const Term body = combine(s, shift(x, 1), y).term;
    pop(2);
    return typed(make({.op = Op::kOmega2,
                       .attrs = {s.omega.front(), s.omega.back()},
                       .binders = {"x", "y"},
                       .kids = {body, a.term, b.term}}));
  }
  Val combine(const Structural& s, const Val& a, const Val& b) {
    const Op code = *op_from_word(s.word);
    return typed(make({.op = code, .red = s.red, .point = s.point, .kids = {a.term, b.term}}));
  }

  // ---- prim ----
  Val prim() {
    Val val = prim_start();
    while (open("[")) {
      Terms indices;
      do indices.push_back(index(expr()));
      while (comma());
      close("]");
      val = with_indices(Op::kPsi, std::move(indices), val);
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
    if (!one_of({"exp", "exp2", "log", "sqrt", "tanh"}).empty()) {
      const Op code = *op_from_word(next().text);
      must_open("(");
      const Term x = real(expr());
      close(")");
      return op(code, {x});
    }
    if (!one_of({"sum", "max", "min", "gen"}).empty()) return binder_or_pair(next().text);
    if (accept("if")) return conditional();
    return variable(name());
  }
  Val variable(const string& text) {
    const Strings bound = scope_.names();
    for (size_t k = bound.size(); k-- > 0;)
      if (bound[k] == text) return typed(bound_var(static_cast<Number>(bound.size() - 1 - k)));
    if (index_lets_.contains(text)) {
      const auto& [term, depth] = index_lets_.at(text);
      return typed(shift(term, scope_.depth - depth));
    }
    if (!spec_.is_dim(text) && spec_.input(text) == nullptr)
      fail("E0104 `" + text + "` is not declared");
    return typed(free_var(text));
  }
  // (rat p q) reduced, or (real n) if whole.
  Val decimal(const string& text) {
    const size_t dot = text.find('.');
    const string digits = text.substr(0, dot) + text.substr(dot + 1);
    const size_t start = std::min(digits.find_first_not_of('0'), digits.size() - 1);
    const Number p = read_literal(digits.substr(start));
    const Number q = read_literal("1" + string(text.size() - dot - 1, '0'));
    const Number divisor = std::gcd(p, q);
    if (q == divisor) return op(Op::kReal, {integer(p / q)});
    return typed(make({.op = Op::kRat, .attrs = {p / divisor, q / divisor}}));
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
  // max(a, b); sum(j in n | g) x; gen(i in n) x.
  Val binder_or_pair(const string& word) {
    must_open("(");
    if (!is(Tok::kWord) || !is("in", 1)) {
      if (word != "max" && word != "min") fail("E0102 `NAME in` expected");
      const Term a = real(expr());
      if (!comma()) fail("E0102 `,` expected");
      const Term b = real(expr());
      close(")");
      return op(*op_from_word(word), {a, b});
    }
    const string text = new_name();
    keyword("in");
    const Term n = index(expr());
    push(text, Type{}, n);
    Term g = make_op(Op::kTrue, {});
    if (word != "gen" && accept("|")) g = boolean(expr());
    close(")");
    const Term x = real(expr());
    pop(1);
    if (word == "gen") return typed(make({.op = Op::kGen, .binders = {text}, .kids = {n, x}}));
    return typed(
        make({.op = Op::kRed, .red = *red_of(word), .binders = {text}, .kids = {n, g, x}}));
  }
  Val conditional() {
    const Term c = boolean(expr());
    continued("then");
    const Val x = expr();
    continued("else");
    const Val y = expr();
    if (x.index() && y.index()) return op(Op::kIf, {c, x.term, y.term});
    return op(Op::kIf, {c, real(x), real(y)});
  }
  vector<SpecToken> tokens_;
  size_t at_ = 0;
  int nesting_ = 0;
  int depth_ = 0;
  Spec spec_;
  Scope scope_;
  std::set<string> globals_;
  std::map<string, std::pair<Term, Number>> index_lets_;  // and the depth where it was read
  vector<std::pair<string, Term>> lets_;
  bool out_ = false;
  Term body_;
  Number body_depth_ = 0;
};

}  // namespace
Spec read_spec(const string& text) {
  if (text.size() > (size_t{1} << 20)) refuse("limit", "file");
  Parser parser(Lexer(text).run());
  try {
    return parser.run();
  } catch (const Refused& refused) {
    refuse(refused.code == "limit" ? "limit" : "spec",
           "line " + std::to_string(parser.line()) + ": " + refused.text);
  }
}

}  // namespace audit
