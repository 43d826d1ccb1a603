// The auditor's own reader of .moa files (spec/LANGUAGE.md). See read_spec() in term.h.
// Idea: one pass; every grammar function returns the core term of what it read together with its
// type, in the scope of the bound indices and lets read so far. The first error ends the reading.
// How it may be wrong: a construct elaborated to another core term than the table of LANGUAGE
// section 3 says: then a proof is about another function than the one the user wrote.
#include "reader.h"

namespace audit {
namespace {
// Texts of the two tokens that are no text.
const string kNewline = "end of line", kEnd = "end of file";

// LANGUAGE section 1, the table; an ASCII word or symbol for each.
const std::pair<string, string> kUnicode[] = {
    {"ψ", "psi"},   {"ρ", "rho"},  {"ι", "iota"}, {"Φ", "rev"},  {"θ", "rot"},  {"⌈", "max"},
    {"⌊", "min"},   {"×", "*"},    {"≤", "<="},   {"≥", ">="},   {"≠", "!="},   {"√", "sqrt"},
    {"⍉", "tran"},  {"△", "take"}, {"↑", "take"}, {"▽", "drop"}, {"↓", "drop"}, {"⧺", "cat"},
    {"Ω", "omega"}, {"Σ", "sum"},  {"⟨", "⟨"},    {"⟩", "⟩"},    {"∧", "and"},  {"∨", "or"},
    {"¬", "not"},   {"÷", "/"}};
const string kSymbols = " <= >= == != .. + - * / < > = ( ) [ ] , : . | ";

// E0105: words of the grammar and functions; C++ keywords and names of the kernel's interface: a
// dimension of such a name would change what the kernel's text means.
const string kReserved =
    " spec dims require let in out attend over score bias mask value empty f32 f16 bf16 i32 or and "
    "not div mod psi tran take drop rot cat rho o rev rav iota softmax red max min omega sum gen "
    "if then else exp exp2 log sqrt tanh alignas alignof and_eq asm auto bitand bitor bool break "
    "case catch char char8_t char16_t char32_t class compl concept const consteval constexpr "
    "constinit const_cast continue co_await co_return co_yield decltype default delete do double "
    "dynamic_cast enum explicit export extern false float for friend goto inline int long mutable "
    "namespace new noexcept not_eq nullptr operator or_eq private protected public register "
    "reinterpret_cast requires return short signed sizeof static static_assert static_cast struct "
    "switch template this thread_local throw true try typedef typeid typename union unsigned "
    "using virtual void volatile wchar_t while xor xor_eq size workspace scratch workers "
    "parallel_for parallel_context data task worker rest a p status t ";

// Operators between operands, from the loosest; `not` binds like a comparison.
const int kCompare = 2, kUnary = 5, kStruct = 6;
const std::map<string, int> kLevels = {{"or", 0}, {"and", 1}, {"<", 2},   {"<=", 2}, {">", 2},
                                       {">=", 2}, {"==", 2},  {"!=", 2},  {"+", 3},  {"-", 3},
                                       {"*", 4},  {"/", 4},   {"div", 4}, {"mod", 4}};
// RED of section 2.
const std::map<string, RedOp> kReds = {
    {"+", RedOp::kAdd}, {"*", RedOp::kMul}, {"max", RedOp::kMax}, {"min", RedOp::kMin}};

// A structural word of section 2, and what stands before it.
enum class Left { kNone, kTerm, kVector, kTermOrVector };
struct Structural {
  string word;
  Op op;
  Left left;
  size_t ranks;  // that omega may have; 2: both operands have cells
  RedOp red = RedOp::kAdd;
  Op point = Op::kAdd;
};
const Structural kStructural[] = {
    {"tran", Op::kTran, Left::kNone, 1},         {"rev", Op::kRev, Left::kNone, 1},
    {"rav", Op::kReshape, Left::kNone, 1},       {"iota", Op::kIota, Left::kNone, 1},
    {"softmax", Op::kLet, Left::kNone, 1},       {"psi", Op::kPsi, Left::kTermOrVector, 0},
    {"take", Op::kTake, Left::kTermOrVector, 1}, {"drop", Op::kDrop, Left::kTermOrVector, 1},
    {"tran", Op::kTran, Left::kVector, 1},       {"rho", Op::kReshape, Left::kVector, 1},
    {"rot", Op::kRot, Left::kTerm, 1},           {"cat", Op::kCat, Left::kTerm, 2}};
[[noreturn]] void fail(const string& what) { refuse("spec", what); }

// True for one of the words of a list " a b c ".
bool listed(const string& list, const string& word) {
  return list.find(" " + word + " ") != string::npos;
}
// A word, or a number (any other run is refused where it is read as one).
string word(Scanner& in) {
  const bool number = is_digit(in.peek());
  size_t size = 1;
  while (is_word_char(in.peek(size)) ||
         (number && in.peek(size) == '.' && is_digit(in.peek(size + 1))))
    ++size;
  return in.take(size);
}
string symbol(Scanner& in, bool comment) {
  for (const auto& [symbol, ascii] : kUnicode) {
    if (!in.sees(symbol)) continue;
    in.take(symbol.size());
    // The ceiling and floor stand only in front of `red`.
    const bool red = in.sees("red") && !is_word_char(in.peek(3));
    if (!comment && (symbol == "⌈" || symbol == "⌊") && !red) in.fail("E0102 `red` expected");
    return ascii;
  }
  for (const size_t size : {2, 1})
    if (listed(kSymbols, in.text.substr(in.at, size))) return in.take(size);
  in.fail("E0101 character that is not allowed");
}
vector<Token> lex(const string& text) {
  Scanner in{text, "spec"};
  vector<Token> tokens;
  for (bool comment = false; !in.done();) {
    const char c = in.peek();
    comment = c == '#' || (comment && c != '\n');
    if (c == '\n') tokens.push_back({kNewline, in.line++});
    if (c == '\n' || c == '\t' || c == ' ' || (comment && c > ' ' && c <= '~')) {
      ++in.at;
      continue;
    }
    // E0101, in comments too: what a reader of the file cannot see is refused.
    const string token = is_word_char(c) ? word(in) : symbol(in, comment);
    if (!comment) tokens.push_back({token, in.line});
  }
  tokens.push_back({kNewline, in.line});
  tokens.insert(tokens.end(), 2, {kEnd, in.line});  // two: for a look ahead
  return tokens;
}

// What an expression stands for, in the scope where it was read.
struct Val {
  Term term;  // of a vector < .. >: (tup item ..)
  Type type = {};
  bool bare = false;     // a struct that is no prim
  bool literal = false;  // an integer literal
  bool index() const { return type.sort == Sort::kIndex; }
  bool vector() const { return type.sort == Sort::kIndices; }
};
Val vector_of(Terms items) { return {make_op(Op::kTup, std::move(items)), {Sort::kIndices}}; }
Val shift(const Val& val, Number by) { return {shift(val.term, by), shift(val.type, by)}; }

class Parser {
 public:
  explicit Parser(vector<Token> tokens) : tokens_(std::move(tokens)) {}
  int line() const { return tokens_[at_].line; }
  Spec run() {
    skip_newlines();
    keyword("spec");
    spec_.name = name();
    for (end_of_item(); !is(kEnd); end_of_item()) item();
    if (!body_.first) fail("E0102 no `out`, or it is not defined");
    spec_.core = here(body_);
    for (size_t k = lets_.size(); k-- > 0;)
      spec_.core = make(
          {.op = Op::kLet, .binders = {scope_.entries[k].name}, .kids = {lets_[k], spec_.core}});
    scope_.truncate(0);
    typed(make_op(Op::kPut, {spec_.core}));
    return std::move(spec_);
  }

 private:
  // A term and the number of variables where it was read.
  using Placed = std::pair<Term, Number>;
  Term here(const Placed& placed) { return shift(placed.first, scope_.depth - placed.second); }

  // ---- tokens: inside brackets (nesting_ > 0) a newline ends nothing ----
  const string& peek() const { return tokens_[at_].text; }
  // ASCII spells brackets like comparisons.
  bool is(const string& text) const {
    return peek() == text || (text == "⟨" && peek() == "<") || (text == "⟩" && peek() == ">");
  }
  // True if the token after the next one is this.
  bool then(const string& text) const {
    size_t at = at_ + 1;
    while (nesting_ > 0 && tokens_[at].text == kNewline) ++at;
    return tokens_[at].text == text;
  }
  string next(bool goes_on = false) {
    const string text = peek();
    if (text != kEnd) ++at_;
    // A line goes on after these, and after a binary operator.
    if (goes_on || nesting_ > 0 || listed(" , = then else ", text)) skip_newlines();
    return text;
  }
  bool accept(const string& text) {
    if (!is(text)) return false;
    nesting_ += listed(" ( [ ⟨ ", text) - listed(" ) ] ⟩ ", text);
    next();
    return true;
  }
  void keyword(const string& text) {
    if (!accept(text)) fail("E0102 `" + text + "` expected, not `" + peek() + "`");
  }
  void skip_newlines() {
    while (tokens_[at_].text == kNewline) ++at_;
  }
  void end_of_item() {
    if (!is(kNewline) && tokens_[at_ - 1].text != kNewline)
      fail("E0102 unexpected `" + peek() + "`");
    skip_newlines();
  }

  // ---- names ----
  string name() {
    const string text = next();
    if (!is_identifier(text)) fail("E0102 a name is expected");
    if (listed(kReserved, text) || text[0] == '_' || text.starts_with("minimoa") ||
        text.ends_with("_s"))
      fail("E0105 `" + text + "` may not be used as a name");
    return text;
  }
  string new_name() {
    const string text = name();
    if (names_.contains(text)) fail("E0104 `" + text + "` is declared already");
    return text;
  }
  void declare(const string& text) { names_[text] = {free_var(text), 0}; }
  // A variable: a bound index, or a let.
  void bind(const string& text, const Term& bound, const Type& type = {}) {
    const auto kind = bound ? Entry::Kind::kLoop : Entry::Kind::kValue;
    scope_.push({kind, text, bound, type, scope_.depth});
    names_[text] = {bound_var(0), scope_.depth};
  }
  void unbind() {
    names_.erase(scope_.entries.back().name);
    scope_.truncate(scope_.entries.size() - 1);
  }

  // ---- terms ----
  Val typed(const Term& term) { return {term, infer(term, scope_, spec_)}; }
  Val op(Op code, Terms kids) { return typed(make_op(code, std::move(kids))); }
  // A row of the table of section 3 as that table writes it; the values are terms of this scope
  // (below `arity` further variables). Its binder j gets a name.
  static Term form(const string& text, const Values& values, const string& j = "j") {
    SideReading reading{nullptr, {}, &values, {{"j", j}}};
    return read_term(read_sexps(text, true).at(0), reading);
  }
  static Term need(const Val& val, Sort sort, const char* what) {
    if (val.type.sort != sort) fail(string("E0201 ") + what + " is expected");
    return val.term;
  }
  static Term index(const Val& val) { return need(val, Sort::kIndex, "an index"); }
  static Term boolean(const Val& val) { return need(val, Sort::kBool, "a condition"); }
  static Term array(const Val& val) { return need(val, Sort::kArr, "an array"); }
  // "an index expression where a real or array is needed: (real e)".
  static Term real(const Val& val) {
    return val.index() ? make_op(Op::kReal, {val.term}) : array(val);
  }
  // An index only if both are.
  static Terms both(const Val& a, const Val& b, bool reals = false) {
    if (!reals && a.index() && b.index()) return {a.term, b.term};
    return {real(a), real(b)};
  }
  Term over_dimensions(const Term& term) const {
    if (term->free_bound > 0 || (term->op == Op::kFree && !spec_.is_dim(term->name)))
      fail("E0201 sizes and requires are over dimensions");
    for (const Term& kid : term->kids) over_dimensions(kid);
    return term;
  }

  // ---- items (section 2) ----
  void item() {
    if (accept("dims")) {
      do declare(spec_.dims.emplace_back(new_name()));
      while (accept(","));
    } else if (accept("require")) {
      require(boolean(expr()));
    } else if (accept("let")) {
      let();
    } else if (accept("in")) {
      do declare(spec_.inputs.emplace_back(declaration()).name);
      while (accept(","));
    } else if (accept("out")) {
      if (!spec_.output.name.empty()) fail("E0102 a second `out`");
      spec_.output = declaration();
      if (spec_.output.elem == Elem::kInt) fail("E0201 output of i32");
      names_[spec_.output.name] = {};  // declared, but no value
    } else {
      const bool rows = accept("attend");
      const string text = name();
      if (text != spec_.output.name) fail("E0104 `" + text + "` is not the declared output");
      if (body_.first) fail("E0104 a second definition of the output");
      if (!rows) keyword("=");
      body_ = {rows ? attend() : real(expr()), scope_.depth};
    }
  }
  void require(const Term& term) {
    if (term->op != Op::kAnd) return spec_.assumptions.push_back(over_dimensions(term));
    require(term->kids[0]);
    require(term->kids[1]);
  }
  // An index is unfolded where it is used, a real or an array is shared.
  void let() {
    const string text = new_name();
    keyword("=");
    const Val val = expr();
    names_[text] = {val.term, scope_.depth};
    if (val.index()) return;
    lets_.push_back(array(val));
    bind(text, nullptr, val.type);
  }
  Array declaration() {
    static const Strings kTypes = {"f32", "f16", "bf16", "i32"};
    Array result;
    result.name = new_name();
    keyword(":");
    const auto type = std::find(kTypes.begin(), kTypes.end(), next());
    if (type == kTypes.end()) fail("E0102 a type is expected");
    result.elem = *type == "i32" ? Elem::kInt : Elem::kReal;
    if (accept("[")) {
      do result.shape.push_back(extent());
      while (accept(","));
      keyword("]");
    }
    if (accept("in")) {
      if (result.elem != Elem::kInt) fail("E0201 a range is for i32 only");
      const Term low = extent();
      keyword("..");
      result.range = {low, extent()};
    }
    return result;
  }
  Term extent() { return over_dimensions(index(expr())); }

  // ---- attend (section 3) ----
  Term attend() {
    const Terms& shape = spec_.output.shape;
    if (shape.empty()) fail("E0201 attend needs an axis");
    for (size_t k = 0; k < shape.size(); ++k) {
      keyword(k == 0 ? "[" : ",");
      bind(new_name(), shape[k]);
    }
    keyword("]");
    keyword("over");
    const string j = new_name();
    keyword("in");
    Term body = attend_body(j, index(expr()));
    for (size_t k = shape.size(); k-- > 0; unbind())
      body =
          make({.op = Op::kGen, .binders = {scope_.entries.back().name}, .kids = {shape[k], body}});
    return body;
  }
  // Its fields, each on a line of its own.
  Term attend_body(const string& j, const Term& n) {
    Values f;
    f["?N"].terms = {n};
    for (end_of_item(); listed(" score bias mask value empty ", peek()); end_of_item()) {
      const string text = next();
      if (f.contains("?" + text)) fail("E0104 a second `" + text + "`");
      keyword("=");
      const bool below = text != "empty";  // all others are below j
      if (below) bind(j, n);
      const Val val = expr();
      f["?" + text] = {.arity = below, .terms = {text == "mask" ? boolean(val) : real(val)}};
      if (below) unbind();
    }
    if (!f.contains("?score") || !f.contains("?value")) fail("E0102 score, value needed");
    const string x = f.contains("?bias") ? "(+ (?score j) (?bias j))" : "(?score j)";
    const string over = string("(j ?N) ") + (f.contains("?mask") ? "(?mask j) " : "true ");
    const string weight = "(exp (- (psi (vec j) s) m))";
    string quot =
        "(/ (red add " + over + "(* " + weight + " (?value j))) (red add " + over + weight + "))";
    if (f.contains("?empty")) quot = "(if (any " + over + ") " + quot + " ?empty)";
    return form("(let (s) (gen (j ?N) " + x + ") (let (m) (red max " + over + "(psi (vec j) s)) " +
                    quot + "))",
                f, j);
  }

  // ---- expressions (section 2) ----
  // Operators of this level and above. A chain of comparisons fails by its types.
  Val expr(int level = 0) {
    Val left = prefix(level);
    while (true) {
      const auto row = kLevels.find(peek());
      if (row == kLevels.end() || row->second < level) return left;
      next(true);
      left = binary(row->first, left, expr(row->second + 1));
    }
  }
  // E0103: a struct beside arithmetic needs parentheses.
  static Term operand(const Val& val) {
    if (val.bare) fail("E0103 parentheses needed around a structural word");
    return val.term;
  }
  Val binary(const string& word, const Val& a, const Val& b) {
    if (word[0] == '>') return binary(word == ">" ? "<" : "<=", b, a);
    const Op code = *op_from_word(word);
    const Terms kids = {operand(a), operand(b)};
    const bool fixed = row(code).sorts[0] != 'P';  // checked with the type
    return op(code, fixed ? kids : both(a, b, code == Op::kQuot));
  }
  // All recursion of the grammar comes through here.
  Val prefix(int level) {
    if (++depth_ > kMaxDepth) refuse("limit", "nested too deeply");
    Val val = level <= kCompare && accept("not") ? op(Op::kNot, {boolean(expr(kCompare))})
              : level <= kUnary && accept("-")   ? negative(prefix(kUnary))
                                                 : structural();
    --depth_;
    return val;
  }
  Val negative(const Val& val) {
    operand(val);
    if (val.literal) return typed(integer(-val.term->value));
    if (val.index()) return op(Op::kSub, {integer(0), val.term});
    return op(Op::kNeg, {array(val)});
  }
  Val structural() {
    std::optional<Structural> word = structural_word(true);
    const bool monadic = word.has_value();
    const Val left = monadic ? vector_of({}) : prim();
    if (!monadic && !(word = structural_word(false))) return left;
    if (!monadic) skip_newlines();
    const Numbers ranks = omega();
    Val result = apply(*word, ranks, left, monadic ? prefix(kStruct) : prim());
    result.bare = true;
    return result;
  }
  // The word that comes next, if it is a structural one.
  std::optional<Structural> structural_word(bool monadic) {
    const auto red = kReds.find(peek());
    if (monadic && red != kReds.end() && then("red")) {
      next();
      next();
      return Structural{"red", Op::kRedF, Left::kNone, 1, red->second};
    }
    if (!monadic && then(".") && (red != kReds.end() || is("o"))) {
      const bool outer = next() == "o";
      next();
      if (!listed(" + - * / max min ", peek())) fail("E0102 an operator is expected after `.`");
      return Structural{".", outer ? Op::kOuter : Op::kInner,   Left::kTerm,
                        2,   outer ? RedOp::kAdd : red->second, *op_from_word(next())};
    }
    for (const Structural& row : kStructural)
      if ((row.left == Left::kNone) == monadic && accept(row.word)) return row;
    return std::nullopt;
  }
  Numbers omega() {
    Numbers ranks;
    if (!accept("omega")) return ranks;
    keyword("⟨");
    do ranks.push_back(natural(next()));
    while (is_digit(peek()[0]) && ranks.size() < 2);
    keyword("⟩");
    return ranks;
  }

  // ---- rows of the table of section 3: structural words ----
  // u word omega<ranks> val: on cells, the last axes of the operands.
  Val apply(const Structural& s, const Numbers& ranks, const Val& u, const Val& val) {
    if (ranks.empty()) return plain(s, u, val);
    if (ranks.size() > s.ranks) fail("E0102 omega with more ranks than `" + s.word + "` takes");
    const bool two = s.ranks == 2;
    const Val left = two ? cell("x", u, ranks.front()) : u;
    const Val right = cell(two ? "y" : "x", two ? shift(val, 1) : val, ranks.back());
    const Term body = plain(s, shift(left, 1), right).term;
    scope_.truncate(scope_.entries.size() - (two ? 2 : 1));
    Node node = {.op = Op::kOmega, .attrs = ranks, .binders = {"x"}, .kids = {body, val.term}};
    if (two)
      node = {.op = Op::kOmega2,
              .attrs = {ranks.front(), ranks.back()},
              .binders = {"x", "y"},
              .kids = {body, u.term, val.term}};
    return typed(make(std::move(node)));
  }
  // Pushes a variable for the last `rank` axes of an operand.
  Val cell(const string& text, const Val& val, Number rank) {
    array(val);
    Type type = val.type;
    const Number outer = static_cast<Number>(type.shape.size()) - rank;
    if (outer < 0) fail("E0206 omega rank beyond the operand's");
    type.shape.erase(type.shape.begin(), type.shape.begin() + outer);
    scope_.push({Entry::Kind::kValue, text, nullptr, type, scope_.depth});
    return typed(bound_var(0));
  }
  Val plain(const Structural& s, const Val& u, const Val& val) {
    // The number of children must be that of the operator; their sorts are checked with its type.
    const bool wrong = u.vector() ? s.left == Left::kTerm : s.left == Left::kVector;
    if (val.vector() || wrong) fail("E0201 `" + s.word + "` has other operands");
    const Terms& shape = val.type.shape;
    Node node = {.op = s.op, .red = s.red, .point = s.point, .kids = {u.term}};
    if (u.vector()) node.kids = u.term->kids;
    if (s.op == Op::kTake || s.op == Op::kDrop) return cut(s, node.kids, val);
    if (s.op == Op::kLet) {
      if (shape.size() != 1) fail("E0204 say softmax omega<1>");
      return typed(form("(let (x) ?A (let (e) (exp (- x (redf max x))) (/ e (redf add e))))",
                        {{"?A", {.terms = {val.term}}}}));
    }
    if (s.word == "rav") node.kids = {product(shape)};
    if (s.op == Op::kTran) node.attrs = axes(std::exchange(node.kids, {}));
    if (s.op == Op::kTran && s.left == Left::kNone)
      for (size_t k = shape.size(); k-- > 0;) node.attrs.push_back(static_cast<Number>(k));
    node.kids.push_back(val.term);
    return typed(make(std::move(node)));
  }
  static Numbers axes(const Terms& items) {
    Numbers out;
    for (const Term& item : items) {
      if (item->op != Op::kInt) fail("E0201 axes are literals");
      out.push_back(item->value);
    }
    return out;
  }
  // <k1 .. ku> take A: k1 on the first axis, the rest inside each cell; negative: from the end.
  Val cut(const Structural& s, const Terms& ks, Val val) {
    const Terms shape = val.type.shape;
    if (ks.empty() || shape.empty()) fail("E0201 no item, or more items than axes");
    const auto rank = static_cast<Number>(shape.size());
    if (ks.size() > 1) val = apply(s, {rank - 1}, vector_of({ks.begin() + 1, ks.end()}), val);
    const Term& k = ks[0];
    if (k->op != Op::kInt || k->value >= 0) return op(s.op, {k, val.term});
    const Term from_end = make_op(Op::kSub, {shape[0], integer(-k->value)});
    return op(s.op == Op::kTake ? Op::kDrop : Op::kTake, {from_end, val.term});
  }

  // ---- prim ----
  Val prim() {
    Val val = prim_start();
    while (accept("[")) {
      Terms kids;
      do kids.push_back(index(expr()));
      while (accept(","));
      keyword("]");
      kids.push_back(array(val));
      val = op(Op::kPsi, kids);
    }
    return val;
  }
  Val prim_start() {
    if (is_digit(peek()[0])) return literal(next());
    if (accept("(")) {
      Val val = expr();
      keyword(")");
      val.bare = false;
      return val;
    }
    if (accept("⟨")) return vector_literal();
    if (listed(" exp exp2 log sqrt tanh sum max min gen ", peek())) return call(next());
    if (accept("if")) return conditional();
    const string text = name();
    const auto found = names_.find(text);
    if (found == names_.end() || !found->second.first)
      fail("E0104 `" + text + "` is not declared, or has no value");
    return typed(here(found->second));
  }
  // Zeros in front are no part of a number.
  static Number natural(const string& text) {
    return read_literal(text.substr(std::min(text.find_first_not_of('0'), text.size() - 1)));
  }
  // An integer; or a decimal: (rat p q) reduced, or (real n) if whole.
  Val literal(const string& text) {
    const size_t dot = text.find('.');
    if (dot == string::npos) return {integer(natural(text)), {}, false, true};
    const Number p = natural(text.substr(0, dot) + text.substr(dot + 1));
    const Number q = natural("1" + string(text.size() - dot - 1, '0'));
    const Number divisor = std::gcd(p, q);
    if (q == divisor) return op(Op::kReal, {integer(p / q)});
    return typed(make({.op = Op::kRat, .attrs = {p / divisor, q / divisor}}));
  }
  // Of prims only those of the grammar are an index, but for `if`.
  Val vector_literal() {
    Terms items;
    while (!accept("⟩")) {
      const bool minus = accept("-");
      if (minus ? !is_digit(peek()[0]) : is("if")) fail("E0102 a number is expected");
      const Term item = index(prim_start());
      items.push_back(minus ? integer(-item->value) : item);
    }
    return vector_of(items);
  }
  // exp(a), max(a, b); or with a bound index.
  Val call(const string& word) {
    keyword("(");
    if (listed(" sum gen ", word) || (listed(" max min ", word) && then("in"))) return binder(word);
    const Op code = *op_from_word(word);
    Terms args = {real(expr())};
    while (accept(",")) args.push_back(real(expr()));
    keyword(")");
    if (static_cast<int>(args.size()) != pointwise_arity(code)) fail("E0102 wrong operands");
    return op(code, args);
  }
  // sum(j in n | g) x; gen(i in n) x.
  Val binder(const string& word) {
    const string text = new_name();
    keyword("in");
    const Term n = index(expr());
    bind(text, n);
    Node node = {.op = Op::kGen, .binders = {text}, .kids = {n}};
    if (word != "gen") {
      node.op = Op::kRed;
      node.red = kReds.at(word == "sum" ? "+" : word);
      node.kids.push_back(accept("|") ? boolean(expr()) : make_op(Op::kTrue, {}));
    }
    keyword(")");
    node.kids.push_back(real(expr()));
    unbind();
    return typed(make(std::move(node)));
  }
  Val conditional() {
    Terms kids = {boolean(expr())};
    keyword("then");
    const Val x = expr();
    keyword("else");
    for (const Term& branch : both(x, expr())) kids.push_back(branch);
    return op(Op::kIf, kids);
  }
  vector<Token> tokens_;
  size_t at_ = 0;
  int nesting_ = 0;
  int depth_ = 0;
  Spec spec_;
  Scope scope_;
  std::map<string, Placed> names_;  // all in scope
  Terms lets_;                      // the outermost variables of the scope
  Placed body_;
};
}  // namespace
Spec read_spec(const string& text) {
  if (text.size() > (size_t{1} << 18)) refuse("limit", "file");
  Parser parser(lex(text));
  try {
    return parser.run();
  } catch (const Refused& refused) {
    refuse(refused.code == "limit" ? "limit" : "spec",
           "line " + std::to_string(parser.line()) + ": " + refused.text);
  }
}
}  // namespace audit
