// The parser. A syntax error is thrown inside this file only and caught at the
// item or field it stands in; what is reported but harmless (E0103, E0105,
// E0110) does not stop the item.
// May be wrong: it asks for a line break between items and between fields,
// which the grammar leaves open.
#include "spec/lang/parser.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace minimoa {
namespace {

constexpr std::string_view kWords[] = {
    "spec", "dims",  "require", "let",     "in",   "out",  "attend", "over",  "score", "bias",
    "mask", "value", "empty",   "f32",     "f16",  "bf16", "i32",    "or",    "and",   "not",
    "div",  "mod",   "psi",     "tran",    "take", "drop", "rot",    "cat",   "rho",   "o",
    "rev",  "rav",   "iota",    "softmax", "red",  "max",  "min",    "omega", "sum",   "gen",
    "if",   "then",  "else",    "exp",     "exp2", "log",  "sqrt",   "tanh"};

constexpr std::string_view kCpp[] = {"alignas",       "alignof",     "and",
                                     "and_eq",        "asm",         "auto",
                                     "bitand",        "bitor",       "bool",
                                     "break",         "case",        "catch",
                                     "char",          "char8_t",     "char16_t",
                                     "char32_t",      "class",       "compl",
                                     "concept",       "const",       "consteval",
                                     "constexpr",     "constinit",   "const_cast",
                                     "continue",      "co_await",    "co_return",
                                     "co_yield",      "decltype",    "default",
                                     "delete",        "do",          "double",
                                     "dynamic_cast",  "else",        "enum",
                                     "explicit",      "export",      "extern",
                                     "false",         "float",       "for",
                                     "friend",        "goto",        "if",
                                     "inline",        "int",         "long",
                                     "mutable",       "namespace",   "new",
                                     "noexcept",      "not",         "not_eq",
                                     "nullptr",       "operator",    "or",
                                     "or_eq",         "private",     "protected",
                                     "public",        "register",    "reinterpret_cast",
                                     "requires",      "return",      "short",
                                     "signed",        "sizeof",      "static",
                                     "static_assert", "static_cast", "struct",
                                     "switch",        "template",    "this",
                                     "thread_local",  "throw",       "true",
                                     "try",           "typedef",     "typeid",
                                     "typename",      "union",       "unsigned",
                                     "using",         "virtual",     "void",
                                     "volatile",      "wchar_t",     "while",
                                     "xor",           "xor_eq"};

constexpr std::string_view kKernel[] = {"size",
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

template <std::size_t N>
bool one_of(std::string_view word, const std::string_view (&list)[N]) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

bool is_item_word(std::string_view w) {
  static constexpr std::string_view kItems[] = {"spec", "dims", "require", "let",
                                                "in",   "out",  "attend"};
  return one_of(w, kItems);
}
bool is_field_word(std::string_view w) {
  static constexpr std::string_view kFields[] = {"score", "bias", "mask", "value", "empty"};
  return one_of(w, kFields);
}
bool is_function(std::string_view w) {
  static constexpr std::string_view kFunctions[] = {"exp", "exp2", "log", "sqrt", "tanh"};
  return one_of(w, kFunctions);
}
bool is_structural(std::string_view w) {
  static constexpr std::string_view kDyadic[] = {"psi", "tran", "take", "drop",
                                                 "rot", "cat",  "rho"};
  return one_of(w, kDyadic);
}

std::string reduction_name(const std::string& text) {
  return text == "+" ? "add" : text == "*" ? "mul" : text;
}

struct SyntaxError {
  Diagnostic diagnostic;
};

constexpr std::size_t kMaxDeclared = 500;  // names, axes and items of a spec
struct Full {};                            // one more, and nothing behind is read

class Parser {
 public:
  Parser(Tokens source, const std::string& path) {
    ast_.source = std::move(source);
    ast_.path = path;
  }
  Result<Ast> run();

 private:
  // --- tokens ---
  std::vector<Token>& tokens() { return ast_.source.tokens; }
  const Token& tok(std::size_t ahead = 0) {
    return tokens()[std::min(at_ + ahead, tokens().size() - 1)];
  }
  bool at_break() {  // a newline here ends the item
    return depth_ == 0 && !continues_ && tok().first_on_line && at_ != item_start_;
  }
  bool here(std::string_view text) {
    return !at_break() && tok().kind != TokenKind::kEnd && tok().text == text &&
           tok().kind != TokenKind::kInt;
  }
  bool next(std::string_view text, std::size_t ahead = 1) {
    return tok(ahead).text == text && (depth_ > 0 || !tok(ahead).first_on_line);
  }
  void advance() {
    last_ = at_;
    if (tok().kind != TokenKind::kEnd) ++at_;
    continues_ = false;
  }
  void advance_joined() {  // a line may break after this token
    advance();
    continues_ = true;
  }
  Span span_of(const Token& t) const {
    return Span{ast_.path, t.line, t.column, std::max(t.length, 1)};
  }
  Span span_of(std::size_t first, std::size_t last);
  // --- errors ---
  [[noreturn]] void fail(std::string message, Span span, std::string label,
                         std::vector<std::string> helps = {}, const char* code = "E0102");
  [[noreturn]] void unexpected(const std::string& wanted);
  void report(const char* code, std::string message, Span span, std::string label,
              std::vector<std::string> helps = {});
  void expect(std::string_view text, const std::string& why);
  void close(std::string_view text, std::size_t open);
  void skip(bool to_field);
  // --- names ---
  NameAt new_name(const std::string& what);
  NameAt word_here();
  // --- items ---
  void header();
  void item();
  void guarded_item();
  void end_of_item(const std::string& what);
  [[noreturn]] void stray();
  void dims(Item* i);
  void decls(Item* i, bool many);
  Decl decl();
  void range(Decl* d);
  void attend(Item* i);
  void fields(Item* i);
  // --- expressions ---
  ExprPtr expr();
  ExprPtr and_expr();
  ExprPtr not_expr();
  ExprPtr cmp();
  ExprPtr add();
  ExprPtr mul();
  ExprPtr unary();
  ExprPtr structural();
  ExprPtr monadic(std::size_t first);
  ExprPtr dyadic(ExprPtr left);
  ExprPtr prim();
  ExprPtr prim_head();
  ExprPtr number();
  ExprPtr vector();
  ExprPtr vector_item();
  ExprPtr call(bool two);
  ExprPtr binder();
  ExprPtr conditional();
  bool at_dyadic();
  bool at_monadic();
  std::optional<OmegaRanks> omega();
  std::int64_t integer();
  void expr_list(std::vector<ExprPtr>* out, std::string_view closing, std::size_t open);
  ExprPtr binary(ExprPtr l, std::string op, ExprPtr r);
  void arithmetic_operand(const Expr& e, const std::string& op);
  bool at_prefix_minus_of(const Expr& e) {
    return e.first > 0 && tokens()[e.first - 1].role == TokenRole::kPrefix;
  }
  ExprPtr finish(Expr e, std::size_t first);

  struct Nest {  // one more level of recursion
    explicit Nest(Parser* p) : parser(p) {
      if (++parser->nesting_ > kMaxNesting) parser->too_deep();
    }
    ~Nest() { --parser->nesting_; }
    Parser* parser;
  };
  // Each becomes a hypothesis of every obligation, or a loop: many of them only cost time.
  void declare(std::size_t count) {
    declared_ += count;
    if (declared_ <= kMaxDeclared) return;
    report("E0107", "too many names, axes and lines", span_of(tok()),
           "more than " + std::to_string(kMaxDeclared));
    throw Full{};
  }
  [[noreturn]] void too_deep() {
    --nesting_;
    fail("nested too deeply", span_of(tok()),
         "more than " + std::to_string(kMaxNesting) + " levels",
         {"give a part of the expression a name | let X = .."}, "E0107");
  }

  Ast ast_;
  std::vector<Diagnostic> errors_;
  std::size_t at_ = 0, last_ = 0, item_start_ = 0;
  int depth_ = 0, nesting_ = 0;
  std::size_t declared_ = 0;
  bool continues_ = false;
};

Span Parser::span_of(std::size_t first, std::size_t last) {
  const Token& a = tokens()[first];
  while (last > first && tokens()[last].line != a.line) --last;
  const Token& b = tokens()[last];
  return Span{ast_.path, a.line, a.column, std::max(1, b.column + b.length - a.column)};
}

void Parser::fail(std::string message, Span span, std::string label, std::vector<std::string> helps,
                  const char* code) {
  Diagnostic d;
  d.code = code;
  d.message = std::move(message);
  d.span = std::move(span);
  d.label = std::move(label);
  d.helps = std::move(helps);
  throw SyntaxError{std::move(d)};
}

void Parser::report(const char* code, std::string message, Span span, std::string label,
                    std::vector<std::string> helps) {
  Diagnostic d;
  d.code = code;
  d.message = std::move(message);
  d.span = std::move(span);
  d.label = std::move(label);
  d.helps = std::move(helps);
  errors_.push_back(std::move(d));
}

void Parser::unexpected(const std::string& wanted) {
  if (tok().kind == TokenKind::kEnd) {
    fail("expected " + wanted + ", got the end of the file", span_of(tok()), "the file ends here");
  }
  if (at_break()) {
    const Token& before = tokens()[last_];
    Span s = span_of(before);
    s.column += before.length;
    s.length = 1;
    fail("expected " + wanted + ", got the end of the line", s, "the line ends here",
         {"a line goes on after an operator, a comma or `=`, and inside brackets | ( .. )"});
  }
  fail("expected " + wanted + ", got `" + tok().text + "`", span_of(tok()), "expected " + wanted);
}

void Parser::expect(std::string_view text, const std::string& why) {
  if (!here(text)) unexpected("`" + std::string(text) + "`" + why);
  advance();
}

void Parser::close(std::string_view text, std::size_t open) {
  if (!here(text)) {
    const Token& o = tokens()[open];
    const bool at_end = tok().kind == TokenKind::kEnd;
    fail("expected `" + std::string(text) + "`, got " +
             (at_end ? std::string("the end of the file") : "`" + tok().text + "`"),
         span_of(tok()),
         "`" + o.text + "` of line " + std::to_string(o.line) + ", column " +
             std::to_string(o.column) + " is still open");
  }
  advance();
  --depth_;
}

// Goes to the next place where an item (or a field) may start.
void Parser::skip(bool to_field) {
  depth_ = 0;
  continues_ = false;
  for (; tok().kind != TokenKind::kEnd; ++at_) {
    if (!tok().first_on_line || at_ == item_start_) continue;
    if (is_item_word(tok().text)) return;
    if (tok().kind == TokenKind::kWord && tok(1).text == "=" &&
        (to_field || !is_field_word(tok().text))) {
      return;
    }
  }
}

NameAt Parser::word_here() {
  NameAt n{tok().text, span_of(tok())};
  advance();
  return n;
}

NameAt Parser::new_name(const std::string& what) {
  declare(1);
  if (at_break() || tok().kind != TokenKind::kWord) unexpected(what);
  const std::string why = reserved_name(tok().text);
  if (!why.empty()) {
    const bool stride = why.find("_s`") != std::string::npos;
    report("E0105", "`" + tok().text + "` cannot be used as a name", span_of(tok()), why,
           {"choose another name | " + (stride ? tok().text + "1" : "my_" + tok().text)});
  }
  return word_here();
}

void Parser::header() {
  item_start_ = at_;
  tokens()[at_].starts = TokenStart::kItem;
  if (!here("spec")) {
    fail("a spec starts with `spec` and its name", span_of(tok()), "expected `spec`",
         {"name the spec in the first line | spec my_attention"});
  }
  advance();
  ast_.name = new_name("the name of the spec");
  end_of_item("the name of the spec");
}

void Parser::end_of_item(const std::string& what) {
  if (tok().kind == TokenKind::kEnd || tok().first_on_line) return;
  const bool chained = at_dyadic();
  fail("expected the end of the line after " + what + ", got `" + tok().text + "`", span_of(tok()),
       chained ? "two structural words side by side need parentheses" : "not expected here",
       chained ? std::vector<std::string>{"group one of them | (A cat B) cat C"}
               : std::vector<std::string>{});
}

void Parser::guarded_item() {
  item_start_ = at_;
  tokens()[at_].starts = TokenStart::kItem;
  depth_ = nesting_ = 0;
  continues_ = false;
  try {
    item();
  } catch (SyntaxError& e) {
    errors_.push_back(std::move(e.diagnostic));
    if (at_ == item_start_) ++at_;
    skip(false);
  }
}

void Parser::item() {
  declare(1);
  Item i;
  const std::size_t first = at_;
  const std::string word = tok().text;
  if (word == "dims") {
    dims(&i);
  } else if (word == "require" || word == "let") {
    i.kind = word == "let" ? ItemKind::kLet : ItemKind::kRequire;
    advance();
    if (word == "let") {
      i.names.push_back(new_name("a name after `let`"));
      expect("=", " after the name");
      continues_ = true;
    }
    i.expr = expr();
    end_of_item("this expression");
  } else if (word == "in" || word == "out") {
    i.kind = word == "in" ? ItemKind::kIn : ItemKind::kOut;
    decls(&i, word == "in");
  } else if (word == "attend") {
    attend(&i);
  } else if (is_field_word(word) && tok(1).text == "=") {
    fail("`" + word + "` is a field of `attend`", span_of(tok()), "no `attend` before it");
  } else if (tok().kind == TokenKind::kWord && next("=")) {
    i.kind = ItemKind::kDefine;
    i.names.push_back(word_here());
    advance_joined();
    i.expr = expr();
    end_of_item("this expression");
  } else {
    stray();
  }
  i.span = span_of(first, last_);
  ast_.items.push_back(std::move(i));
}

// What begins no item: perhaps the second half of one.
void Parser::stray() {
  static constexpr std::string_view kOperators[] = {
      "+", "-", "*", "/", "<", ">", "<=", ">=", "==", "!=", "or", "and", "div", "mod"};
  const std::string wanted = "an item (dims, require, let, in, out, attend, or NAME = ..)";
  if (!one_of(tok().text, kOperators)) unexpected(wanted);
  fail("expected an item, got `" + tok().text + "`", span_of(tok()),
       "the line before ended the expression",
       {"end the line before with the operator | .. " + tok().text});
}

void Parser::dims(Item* i) {
  i->kind = ItemKind::kDims;
  advance();
  i->names.push_back(new_name("the name of a dimension"));
  while (here(",")) {
    advance_joined();
    i->names.push_back(new_name("the name of a dimension"));
  }
  end_of_item("the dimensions");
}

void Parser::decls(Item* i, bool many) {
  advance();
  i->decls.push_back(decl());
  while (many && here(",")) {
    advance_joined();
    i->decls.push_back(decl());
  }
  end_of_item(many ? "the inputs" : "the output");
}

Decl Parser::decl() {
  Decl d;
  d.first = at_;
  d.name = new_name("a name");
  expect(":", " and a type after the name");
  if (at_break() || tok().kind != TokenKind::kWord) unexpected("a type (f32, f16, bf16, i32)");
  static constexpr std::string_view kTypes[] = {"f32", "f16", "bf16", "i32"};
  if (!one_of(tok().text, kTypes)) {
    report("E0110", "unsupported element type `" + tok().text + "`", span_of(tok()),
           "expected f32, f16, bf16 or i32", {"use single precision | f32"});
  }
  d.type = tok().text;
  advance();
  if (here("[")) {
    const std::size_t open = at_;
    advance();
    ++depth_;
    expr_list(&d.shape, "]", open);
    declare(d.shape.size());
  }
  if (here("in")) range(&d);
  d.last = last_;
  return d;
}

void Parser::range(Decl* d) {
  const std::size_t first = at_;
  advance();
  d->lo = expr();
  expect("..", " of the range");
  d->hi = expr();
  if (d->type == "i32") return;
  report("E0110", "a range is for i32 inputs only", span_of(first, last_),
         "`" + d->name.text + "` is " + d->type);
}

void Parser::attend(Item* i) {
  i->kind = ItemKind::kAttend;
  advance();
  if (tok().kind != TokenKind::kWord || at_break()) unexpected("the name of the output");
  i->names.push_back(word_here());
  if (!here("[")) unexpected("`[` and the indices of the output");
  const std::size_t open = at_;
  advance();
  ++depth_;
  i->names.push_back(new_name("an index name"));
  while (here(",")) {
    advance();
    i->names.push_back(new_name("an index name"));
  }
  close("]", open);
  expect("over", " and the reduced index");
  i->over = new_name("an index name");
  expect("in", " and the extent of the reduced index");
  i->expr = expr();
  end_of_item("the head of `attend`");
  fields(i);
}

void Parser::fields(Item* i) {
  while (tok().kind == TokenKind::kWord && is_field_word(tok().text) && next("=")) {
    item_start_ = at_;
    tokens()[at_].starts = TokenStart::kField;
    try {
      Field f;
      f.word = word_here();
      advance_joined();
      f.expr = expr();
      end_of_item("this field");
      i->fields.push_back(std::move(f));
    } catch (SyntaxError& e) {
      errors_.push_back(std::move(e.diagnostic));
      nesting_ = 0;
      skip(true);
    }
  }
}

// --- expressions ---

ExprPtr Parser::finish(Expr e, std::size_t first) {
  e.first = first;
  e.last = last_;
  e.span = span_of(first, last_);
  for (const ExprPtr& k : e.kids) e.depth = std::max(e.depth, k->depth + 1);
  if (e.depth > kMaxNesting) {
    fail("nested too deeply", e.span, "more than " + std::to_string(kMaxNesting) + " levels",
         {"give a part of the expression a name | let X = .."}, "E0107");
  }
  return std::make_shared<const Expr>(std::move(e));
}

ExprPtr Parser::binary(ExprPtr l, std::string op, ExprPtr r) {
  Expr e;
  e.kind = ExprKind::kBinary;
  e.text = std::move(op);
  const std::size_t first = l->first;
  e.kids = {std::move(l), std::move(r)};
  return finish(std::move(e), first);
}

// rule E0103:  A + rev B  is refused, because APL and school read it differently.
void Parser::arithmetic_operand(const Expr& e, const std::string& op) {
  if (e.prim) return;
  std::vector<std::string> helps = {"group it | (" + spelled(ast_, e) + ")"};
  const bool literal = e.kind == ExprKind::kDyadic && e.kids[0]->kind == ExprKind::kInt;
  if (op == "-" && literal && at_prefix_minus_of(e)) {
    helps.insert(helps.begin(), "group the number | (-" + spelled(ast_, *e.kids[0]) + ") " +
                                    spelled(ast_, e.kids[0]->last + 1, e.last));
  }
  report("E0103", "a structural word beside `" + op + "` needs parentheses", e.span,
         "put parentheses around this", std::move(helps));
}

ExprPtr Parser::expr() {
  const Nest nest(this);
  ExprPtr left = and_expr();
  while (here("or")) {
    advance_joined();
    left = binary(left, "or", and_expr());
  }
  return left;
}

ExprPtr Parser::and_expr() {
  ExprPtr left = not_expr();
  while (here("and")) {
    advance_joined();
    left = binary(left, "and", not_expr());
  }
  return left;
}

ExprPtr Parser::not_expr() {
  if (!here("not")) return cmp();
  const Nest nest(this);
  const std::size_t first = at_;
  advance();
  Expr e;
  e.kind = ExprKind::kNot;
  e.kids = {not_expr()};
  return finish(std::move(e), first);
}

ExprPtr Parser::cmp() {
  static constexpr std::string_view kOps[] = {"<", "<=", ">", ">=", "==", "!="};
  ExprPtr left = add();
  if (at_break() || tok().kind != TokenKind::kSymbol || !one_of(tok().text, kOps)) return left;
  const std::string op = tok().text;
  advance_joined();
  ExprPtr right = add();
  arithmetic_operand(*left, op);
  arithmetic_operand(*right, op);
  if (!at_break() && tok().kind == TokenKind::kSymbol && one_of(tok().text, kOps)) {
    fail("comparisons do not chain", span_of(tok()), "a second comparison",
         {"write two conditions | 0 <= i and i < N"});
  }
  return binary(left, op, right);
}

ExprPtr Parser::add() {
  ExprPtr left = mul();
  while (here("+") || here("-")) {
    const std::string op = tok().text;
    advance_joined();
    ExprPtr right = mul();
    arithmetic_operand(*left, op);
    arithmetic_operand(*right, op);
    left = binary(left, op, right);
  }
  return left;
}

ExprPtr Parser::mul() {
  ExprPtr left = unary();
  while (here("*") || here("/") || here("div") || here("mod")) {
    const std::string op = tok().text;
    advance_joined();
    ExprPtr right = unary();
    arithmetic_operand(*left, op);
    arithmetic_operand(*right, op);
    left = binary(left, op, right);
  }
  return left;
}

ExprPtr Parser::unary() {
  if (!here("-")) return structural();
  const Nest nest(this);
  const std::size_t first = at_;
  tokens()[at_].role = TokenRole::kPrefix;
  advance();
  Expr e;
  e.kind = ExprKind::kMinus;
  e.kids = {unary()};
  arithmetic_operand(*e.kids[0], "-");
  return finish(std::move(e), first);
}

bool Parser::at_monadic() {
  static constexpr std::string_view kMonadic[] = {"tran", "rev", "rav", "iota", "softmax"};
  if (at_break()) return false;
  if (tok().kind == TokenKind::kWord && one_of(tok().text, kMonadic)) return true;
  return (here("+") || here("*") || here("max") || here("min")) && next("red");
}

bool Parser::at_dyadic() {
  if (at_break()) return false;
  if (tok().kind == TokenKind::kWord && is_structural(tok().text)) return true;
  return (here("+") || here("*") || here("max") || here("min") || here("o")) && next(".");
}

std::int64_t Parser::integer() {
  if (at_break() || tok().kind != TokenKind::kInt) unexpected("an integer");
  std::int64_t v = 0;
  for (const char c : tok().text) {
    if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, c - '0', &v)) {
      fail("number too big", span_of(tok()), "at most 9223372036854775807 is read", {}, "E0106");
    }
  }
  advance();
  return v;
}

std::optional<OmegaRanks> Parser::omega() {
  if (!here("omega")) return std::nullopt;
  const std::size_t first = at_;
  advance();
  const std::string open = here("⟨") ? "⟨" : "<";
  if (!here(open)) unexpected("`<` and the rank of the cells");
  tokens()[at_].role = TokenRole::kOpenVector;
  const std::size_t open_at = at_;
  advance();
  ++depth_;
  OmegaRanks o;
  o.ranks.push_back(integer());
  if (tok().kind == TokenKind::kInt) o.ranks.push_back(integer());
  tokens()[at_].role = TokenRole::kCloseVector;
  close(open == "<" ? ">" : "⟩", open_at);
  o.span = span_of(first, last_);
  return o;
}

ExprPtr Parser::structural() {
  if (at_monadic()) return monadic(at_);
  ExprPtr left = prim();
  return at_dyadic() ? dyadic(std::move(left)) : left;
}

ExprPtr Parser::monadic(std::size_t first) {
  const Nest nest(this);
  Expr e;
  e.kind = ExprKind::kMonadic;
  e.prim = false;
  e.text = tok().text;
  if (next("red")) {
    e.red = reduction_name(tok().text);
    e.text = "red";
    tokens()[at_].role = TokenRole::kPrefix;
    advance();
  }
  advance();
  e.omega = omega();
  e.kids = {structural()};
  return finish(std::move(e), first);
}

ExprPtr Parser::dyadic(ExprPtr left) {
  static constexpr std::string_view kPoints[] = {"+", "-", "*", "/", "max", "min"};
  Expr e;
  e.kind = ExprKind::kDyadic;
  e.prim = false;
  e.text = tok().text;
  const std::size_t first = left->first;
  if (next(".")) {
    e.text = e.text == "o" ? "outer" : "inner";
    if (e.text == "inner") e.red = reduction_name(tok().text);
    advance();
    tokens()[at_].role = TokenRole::kDot;
    advance();
    if (at_break() || !one_of(tok().text, kPoints)) unexpected("one of + - * / max min");
    e.point = tok().text;
  }
  advance_joined();
  const bool has_omega = here("omega");
  if (has_omega) e.omega = omega();
  if (at_monadic()) {
    fail("a structural word is the right operand of another", span_of(tok()), "needs parentheses",
         {"group it | (" + tok().text + " ..)"});
  }
  ExprPtr right = prim();
  e.kids = {std::move(left), std::move(right)};
  ExprPtr done = finish(std::move(e), first);
  if (!at_dyadic()) return done;
  fail("structural words do not chain", span_of(tok()),
       "two structural words side by side need parentheses",
       {"group the first | (" + spelled(ast_, *done) + ")"});
}

ExprPtr Parser::prim() {
  const std::size_t first = at_;
  ExprPtr e = prim_head();
  while (here("[")) {
    const std::size_t open = at_;
    advance();
    ++depth_;
    Expr s;
    s.kind = ExprKind::kSelect;
    s.kids = {e};
    expr_list(&s.kids, "]", open);
    e = finish(std::move(s), first);
  }
  return e;
}

void Parser::expr_list(std::vector<ExprPtr>* out, std::string_view closing, std::size_t open) {
  out->push_back(expr());
  while (here(",")) {
    advance();
    out->push_back(expr());
  }
  close(closing, open);
}

ExprPtr Parser::prim_head() {
  if (at_break() || tok().kind == TokenKind::kEnd) unexpected("an expression");
  const Token& t = tok();
  if (t.kind == TokenKind::kInt || t.kind == TokenKind::kDecimal) return number();
  if (here("<") || here("⟨")) return vector();
  if (here("(")) {
    const std::size_t open = at_;
    advance();
    ++depth_;
    Expr inner = *expr();
    close(")", open);
    inner.prim = true;
    inner.first = open;
    inner.last = last_;
    inner.span = span_of(open, last_);
    return std::make_shared<const Expr>(std::move(inner));
  }
  if (t.kind != TokenKind::kWord) unexpected("an expression");
  const bool opens = next("(");
  const bool two = t.text == "max" || t.text == "min";
  const bool binds = two || t.text == "sum" || t.text == "gen";
  if (binds && opens && (!two || tok(3).text == "in")) return binder();
  if ((two || is_function(t.text)) && opens) return call(two);
  if (t.text == "if") return conditional();
  if (one_of(t.text, kWords)) {
    fail("expected an expression, got `" + t.text + "`", span_of(t),
         "`" + t.text + "` is a word of the language");
  }
  Expr e;
  e.kind = ExprKind::kName;
  e.text = t.text;
  const std::size_t first = at_;
  advance();
  return finish(std::move(e), first);
}

ExprPtr Parser::number() {
  const std::size_t first = at_;
  Expr e;
  e.text = tok().text;
  if (tok().kind == TokenKind::kInt) {
    e.value = integer();
  } else {
    e.kind = ExprKind::kDecimal;
    const std::size_t significant = e.text.find_last_not_of('0') + 1;
    if (significant > 18) {
      fail("number too big", span_of(tok()), "at most 17 digits of a decimal are read", {},
           "E0106");
    }
    advance();
  }
  return finish(std::move(e), first);
}

ExprPtr Parser::vector() {
  const std::size_t open = at_;
  const std::string closing = here("<") ? ">" : "⟩";
  tokens()[at_].role = TokenRole::kOpenVector;
  advance();
  ++depth_;
  Expr e;
  e.kind = ExprKind::kVector;
  while (tok().kind != TokenKind::kEnd && !here(closing)) e.kids.push_back(vector_item());
  tokens()[at_].role = TokenRole::kCloseVector;
  close(closing, open);
  return finish(std::move(e), open);
}

ExprPtr Parser::vector_item() {
  const std::size_t first = at_;
  if (here("(")) return prim_head();
  const bool word = tok().kind == TokenKind::kWord && !one_of(tok().text, kWords);
  if (tok().kind == TokenKind::kInt || word) return prim_head();
  if (!here("-")) {
    fail("expected an integer, a name or `( )` in the vector, got `" + tok().text + "`",
         span_of(tok()), "not an element of a vector",
         {"put an expression in parentheses | <(i + 1) j>"});
  }
  tokens()[at_].role = TokenRole::kPrefix;
  advance();
  Expr e;
  e.kind = ExprKind::kMinus;
  if (tok().kind != TokenKind::kInt) unexpected("an integer after `-` in a vector");
  e.kids = {number()};
  return finish(std::move(e), first);
}

ExprPtr Parser::call(bool two) {
  const std::size_t first = at_;
  Expr e;
  e.kind = ExprKind::kCall;
  e.text = tok().text;
  advance();
  const std::size_t open = at_;
  tokens()[at_].role = TokenRole::kCall;
  advance();
  ++depth_;
  e.kids = {expr()};
  if (two) {
    expect(",", " and a second argument");
    e.kids.push_back(expr());
  }
  close(")", open);
  return finish(std::move(e), first);
}

ExprPtr Parser::binder() {
  const std::size_t first = at_;
  Expr e;
  e.kind = ExprKind::kBinder;
  e.text = tok().text;
  advance();
  const std::size_t open = at_;
  tokens()[at_].role = TokenRole::kCall;
  advance();
  ++depth_;
  e.bound = new_name("an index name");
  expect("in", " and the extent of the index");
  ExprPtr extent = expr(), condition;
  if (here("|")) {
    if (e.text == "gen") {
      fail("`gen` takes no condition", span_of(tok()), "only sum, max and min do");
    }
    advance();
    condition = expr();
  }
  close(")", open);
  e.kids = {std::move(extent), expr()};
  if (condition) e.kids.push_back(std::move(condition));
  return finish(std::move(e), first);
}

ExprPtr Parser::conditional() {
  const std::size_t first = at_;
  Expr e;
  e.kind = ExprKind::kIf;
  advance();
  e.kids = {expr()};
  expect("then", " after the condition");
  continues_ = true;
  e.kids.push_back(expr());
  expect("else", " after the first branch");
  continues_ = true;
  e.kids.push_back(expr());
  return finish(std::move(e), first);
}

Result<Ast> Parser::run() {
  try {
    header();
  } catch (SyntaxError& e) {
    errors_.push_back(std::move(e.diagnostic));
    if (here("spec")) ++at_;
    skip(false);
  }
  try {
    while (tok().kind != TokenKind::kEnd && errors_.size() < kMaxDiagnostics) guarded_item();
  } catch (const Full&) {  // said already
  }
  if (errors_.size() > kMaxDiagnostics) errors_.resize(kMaxDiagnostics);
  if (!errors_.empty()) return errors_;
  return std::move(ast_);
}

}  // namespace

std::string reserved_name(const std::string& name) {
  if (one_of(name, kWords)) return "a word of the language";
  if (one_of(name, kCpp)) return "a keyword of C++";
  if (one_of(name, kKernel)) return "a name that the kernel's interface uses";
  if (name.rfind("minimoa", 0) == 0) return "names that start with `minimoa` are taken";
  const bool stride = name.size() >= 2 && name.compare(name.size() - 2, 2, "_s") == 0;
  return stride ? "names that end in `_s` are taken for strides" : "";
}

Result<Ast> parse_spec(const std::string& bytes, const std::string& path) {
  Result<Tokens> tokens = lex(bytes, path);
  if (!tokens.ok()) return tokens.errors();
  return Parser(std::move(tokens.value()), path).run();
}

}  // namespace minimoa
