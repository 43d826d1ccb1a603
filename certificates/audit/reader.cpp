// S-expressions and the reader of terms (see reader.h).
//
// Idea: one function per family of forms; each checks the exact number of
// items before it looks at them.
// How it may be wrong: children in another order than FORMAT section 1.
#include "reader.h"

#include <algorithm>
#include <cctype>

namespace audit {
namespace {

constexpr std::size_t kMaxItems = 6 * kMaxNodes;

[[noreturn]] void refuse(const Sexp& sexp, const std::string& text) {
  throw Refused{"syntax", "line " + std::to_string(sexp.line) + ": " + text};
}

bool is_literal(const std::string& text) {
  const std::size_t start = text.starts_with("-") ? 1 : 0;
  if (start == text.size()) return false;
  if (text[start] == '0' && text.size() > start + 1) return false;
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(start),
                     text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Section 1: the tokens of TEXT, nothing else.
bool is_token(const std::string& text) {
  static const std::string kWords[] = {"+", "-",  "*",  "/",
                                       "<", "<=", "==", "!="};
  return is_literal(text) || is_identifier(text) ||
         std::find(std::begin(kWords), std::end(kWords), text) !=
             std::end(kWords);
}

bool is_token_char(char c) {
  const std::string others = "_?.+-*/<=!";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z') || others.find(c) != std::string::npos;
}

// The lexer; lists are built on an explicit stack, so depth costs no frames.
class Lexer {
 public:
  Lexer(const std::string& text, bool rules) : text_(text), rules_(rules) {}

  std::vector<Sexp> run() {
    open_.emplace_back();
    while (at_ < text_.size()) step();
    if (open_.size() != 1) fail("a list is not closed");
    return std::move(open_[0].items);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Refused{"syntax", "line " + std::to_string(line_) + ": " + what};
  }

  void step() {
    const char c = text_[at_];
    if (c == '\n') ++line_;
    if (c == '(') {
      if (open_.size() > static_cast<std::size_t>(2 * kMaxDepth)) {
        throw Refused{"limit", "nested too deeply"};
      }
      open_.emplace_back();
      open_.back().line = line_;
    } else if (c == ')') {
      if (open_.size() == 1) fail("unmatched )");
      Sexp done = std::move(open_.back());
      open_.pop_back();
      add(std::move(done));
    } else if (rules_ && c == ';') {
      at_ = std::min(text_.find('\n', at_), text_.size());
      return;
    } else if (rules_ && c == '"') {
      string();
    } else if (c != ' ' && c != '\n') {
      word();
      return;
    }
    ++at_;
  }

  void add(Sexp item) {
    if (++count_ > kMaxItems) throw Refused{"limit", "text too long"};
    open_.back().items.push_back(std::move(item));
  }

  void string() {
    const std::size_t end = text_.find_first_of("\"\n", at_ + 1);
    if (end == std::string::npos || text_[end] != '"') fail("open string");
    Sexp item;
    item.string = true;
    item.line = line_;
    item.text = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end;
    add(std::move(item));
  }

  void word() {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_token_char(text_[at_])) ++at_;
    Sexp item;
    item.line = line_;
    item.text = text_.substr(start, at_ - start);
    if (item.text.empty()) fail("a character that is not allowed");
    if (!rules_ && !is_token(item.text)) fail("bad token " + item.text);
    add(std::move(item));
  }

  const std::string& text_;
  const bool rules_;
  std::size_t at_ = 0;
  std::size_t count_ = 0;
  int line_ = 1;
  std::vector<Sexp> open_;
};

void need(const Sexp& sexp, std::size_t count) {
  if (sexp.items.size() != count) refuse(sexp, "wrong number of items");
}

const Value& value_of(const Sexp& sexp, const std::string& name,
                      const SideReading& reading, Kind kind) {
  if (reading.values == nullptr || !reading.values->contains(name)) {
    refuse(sexp, "unknown rule variable " + name);
  }
  const Value& value = reading.values->at(name);
  if (value.kind != kind) refuse(sexp, name + " is of another kind");
  return value;
}

// Variables of the side that enclose this point: by how much a value moves.
std::int64_t below(const SideReading& reading) {
  return static_cast<std::int64_t>(reading.names.size());
}

// A root of its own for a rule variable's occurrence, so that its kind can be
// required when it is typed.
Term mark(const Term& term, Kind kind, const SideReading& reading) {
  Term copy = make(Node(*term));
  if (reading.kinds != nullptr) reading.kinds->emplace(copy, kind);
  return copy;
}

// `?a`, or `(?f x ..)`: the value below the side's binders, its parameters
// replaced by the arguments.
Term read_variable(const Sexp& sexp, const std::string& name,
                   const std::vector<Term>& args, SideReading& reading) {
  if (reading.values == nullptr || !reading.values->contains(name)) {
    refuse(sexp, "unknown rule variable " + name);
  }
  const Value& value = reading.values->at(name);
  if (!value.term || value.arity != static_cast<int>(args.size())) {
    refuse(sexp, name + " does not stand here");
  }
  const Term body = shift(value.term, below(reading), value.arity);
  return mark(instantiate(body, args), value.kind, reading);
}

std::string binder(const Sexp& sexp, const SideReading& reading) {
  if (!is_identifier(sexp.text) || sexp.string || sexp.text == "true" ||
      sexp.text == "bottom") {
    refuse(sexp, "not a name for a bound variable");
  }
  if (reading.binders != nullptr) reading.binders->insert(sexp.text);
  if (reading.rename == nullptr || !reading.rename->contains(sexp.text)) {
    return sexp.text;
  }
  return reading.rename->at(sexp.text);
}

// A child in which the binders `names` (written names) are in scope.
Term read_inside(const Sexp& sexp, const std::vector<std::string>& names,
                 SideReading& reading) {
  const std::size_t size = reading.names.size();
  reading.names.insert(reading.names.end(), names.begin(), names.end());
  Term term = read_term(sexp, reading);
  reading.names.resize(size);
  return term;
}

std::string attribute(const Sexp& sexp, Kind kind,
                      const SideReading& reading) {
  if (sexp.atom() && sexp.text[0] == '?') {
    return value_of(sexp, sexp.text, reading, kind).word;
  }
  if (!sexp.atom()) refuse(sexp, "an operator word is missing");
  return sexp.text;
}

RedOp read_redop(const Sexp& sexp, bool plain, const SideReading& reading) {
  const auto red = redop_from_word(attribute(sexp, Kind::kRedOp, reading));
  if (!red || (plain && *red == RedOp::kOsm)) refuse(sexp, "no reduction");
  return *red;
}

// g of inner and outer: + - * / max min.
Op read_point(const Sexp& sexp, const SideReading& reading) {
  const auto op = pointwise_from_word(attribute(sexp, Kind::kOp, reading));
  if (!op || pointwise_arity(*op) != 2 || *op == Op::kExpSub) {
    refuse(sexp, "not an operator of inner or outer");
  }
  return *op;
}

std::int64_t read_natural(const Sexp& sexp, const SideReading& reading) {
  if (sexp.atom() && sexp.text[0] == '?') {
    return value_of(sexp, sexp.text, reading, Kind::kNat).numbers.at(0);
  }
  if (!sexp.atom()) refuse(sexp, "a number is missing");
  const std::int64_t number = read_literal(sexp.text);
  if (number < 0) refuse(sexp, "negative");
  return number;
}

std::vector<std::int64_t> read_perm(const Sexp& sexp,
                                    const SideReading& reading) {
  if (sexp.atom() && sexp.text[0] == '?') {
    return value_of(sexp, sexp.text, reading, Kind::kPerm).numbers;
  }
  if (!sexp.list()) refuse(sexp, "a permutation is missing");
  std::vector<std::int64_t> out;
  for (const Sexp& item : sexp.items) {
    out.push_back(read_natural(item, SideReading{}));
  }
  return out;
}

// `?p..` as the last item of a special form or in a vector.
std::vector<Term> read_splice(const Sexp& sexp, const SideReading& reading) {
  const std::string& text = sexp.text;
  if (!sexp.atom() || text[0] != '?' || !text.ends_with("..")) {
    refuse(sexp, "a sequence variable is missing");
  }
  const std::string name = text.substr(0, text.size() - 2);
  std::vector<Term> out;
  for (const Term& term :
       value_of(sexp, name, reading, Kind::kIndices).sequence) {
    out.push_back(
        mark(shift(term, below(reading)), Kind::kIndex, reading));
  }
  return out;
}

std::vector<Term> read_vec(const Sexp& sexp, SideReading& reading);

// (permute ?t ?p..): component k is p_(t_k); t must be a permutation as long
// as p, else an index could be lost.
std::vector<Term> read_permute(const Sexp& sexp, SideReading& reading) {
  need(sexp, 3);
  const std::vector<std::int64_t> perm = read_perm(sexp.items[1], reading);
  const std::vector<Term> p = read_splice(sexp.items[2], reading);
  if (perm.size() != p.size()) refuse(sexp, "permutation of another length");
  std::vector<bool> seen(p.size(), false);
  std::vector<Term> out;
  for (const std::int64_t t : perm) {
    const auto slot = static_cast<std::size_t>(t);
    if (slot >= p.size() || seen[slot]) refuse(sexp, "not a permutation");
    seen[slot] = true;
    out.push_back(p[slot]);
  }
  return out;
}

// (unravel ?A (vec ?u..) ?p..), section 3. The index must be full: of a
// partial one the Horner form is not the offset of an element.
std::vector<Term> read_unravel(const Sexp& sexp, SideReading& reading) {
  need(sexp, 4);
  const Value& array =
      value_of(sexp, sexp.items[1].text, reading, Kind::kValue);
  const std::vector<Term> u = read_vec(sexp.items[2], reading);
  const std::vector<Term> p = read_splice(sexp.items[3], reading);
  if (p.size() != u.size() || p.empty() || array.arity != 0 ||
      reading.position == nullptr) {
    refuse(sexp, "unravel needs a full index");
  }
  const Type type =
      infer(array.term, *reading.position, *reading.position_spec);
  if (type.sort != Sort::kArr) refuse(sexp, "unravel needs an array");
  Term offset = p[0];
  for (std::size_t k = 1; k < p.size(); ++k) {
    offset = make_op(Op::kAdd, {make_op(Op::kMul, {offset, u[k]}), p[k]});
  }
  std::vector<Term> out(type.shape.size());
  for (std::size_t k = out.size(); k-- > 0;) {
    const Term extent = shift(type.shape[k], below(reading));
    out[k] = k == 0 ? offset : make_op(Op::kMod, {offset, extent});
    offset = make_op(Op::kDiv, {offset, extent});
  }
  return out;
}

std::vector<Term> read_vec(const Sexp& sexp, SideReading& reading) {
  if (sexp.head() != "vec") refuse(sexp, "(vec ..) expected");
  std::vector<Term> out;
  for (std::size_t k = 1; k < sexp.items.size(); ++k) {
    const Sexp& item = sexp.items[k];
    std::vector<Term> part;
    if (reading.values != nullptr && item.head() == "permute") {
      part = read_permute(item, reading);
    } else if (reading.values != nullptr && item.head() == "unravel") {
      part = read_unravel(item, reading);
    } else if (item.atom() && item.text.ends_with("..")) {
      part = read_splice(item, reading);
    } else {
      part = {read_term(item, reading)};
    }
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

// The names in (j n), (x), (x y); the first `count` items of the list.
void read_names(const Sexp& sexp, std::size_t count, std::size_t size,
                Node& node, std::vector<std::string>& written,
                const SideReading& reading) {
  if (!sexp.list()) refuse(sexp, "(name ..) expected");
  need(sexp, size);
  for (std::size_t k = 0; k < count; ++k) {
    node.binders.push_back(binder(sexp.items[k], reading));
    written.push_back(sexp.items[k].text);
  }
}

// One item of a form by its letter (the table in term.cpp). `written`: the
// names of the node's binders as written, before `rename`.
void read_part(char letter, const Sexp& item, Node& node,
               std::vector<std::string>& written, SideReading& reading) {
  if (letter == 'k') node.kids.push_back(read_term(item, reading));
  if (letter == 'K') node.kids.push_back(read_inside(item, written, reading));
  if (letter == 'L') read_names(item, 1, 1, node, written, reading);
  if (letter == 'M') read_names(item, 2, 2, node, written, reading);
  if (letter == 'a') node.attrs.push_back(read_natural(item, reading));
  if (letter == 'p') node.attrs = read_perm(item, reading);
  if (letter == 'r') node.red = read_redop(item, false, reading);
  if (letter == 'R') node.red = read_redop(item, true, reading);
  if (letter == 'g') node.point = read_point(item, reading);
  if (letter == 'B') {
    read_names(item, 1, 2, node, written, reading);
    node.kids.push_back(read_term(item.items[1], reading));
  }
  if (letter == 'i') {
    if (!item.atom()) refuse(item, "a number is missing");
    node.attrs.push_back(read_literal(item.text));
  }
  if (letter == 'v') {
    const std::vector<Term> indices = read_vec(item, reading);
    node.kids.insert(node.kids.end(), indices.begin(), indices.end());
  }
}

Term read_form(const Sexp& sexp, Op op, SideReading& reading) {
  Node node;
  node.op = op;
  std::string form = form_of(op);
  if (form == "*") form.assign(sexp.items.size() - 1, 'k');
  if (form == "!" || form.empty()) refuse(sexp, "not a form");
  need(sexp, form.size() + 1);
  std::vector<std::string> written;
  for (std::size_t k = 0; k < form.size(); ++k) {
    read_part(form[k], sexp.items[k + 1], node, written, reading);
  }
  return make(std::move(node));
}

// (op ?F A), (op ?F A B).
Term read_applied_op(const Sexp& sexp, SideReading& reading) {
  if (sexp.items.size() < 3) refuse(sexp, "wrong number of items");
  const Value& value =
      value_of(sexp, sexp.items[1].text, reading, Kind::kOp);
  const auto op = pointwise_from_word(value.word);
  const auto arity = static_cast<int>(sexp.items.size()) - 2;
  if (!op || pointwise_arity(*op) != arity) {
    refuse(sexp, "operator of another arity");
  }
  std::vector<Term> kids;
  for (std::size_t k = 2; k < sexp.items.size(); ++k) {
    kids.push_back(read_term(sexp.items[k], reading));
  }
  return make_op(*op, std::move(kids));
}

// Names: binders from the inside out, then dimensions and inputs.
Term read_atom(const Sexp& sexp, SideReading& reading) {
  const std::string& text = sexp.text;
  if (text[0] == '?') return read_variable(sexp, text, {}, reading);
  if (is_literal(text)) return integer(read_literal(text));
  if (text == "true") return make_op(Op::kTrue, {});
  if (text == "bottom") return make_op(Op::kBottom, {});
  const auto& names = reading.names;
  for (std::size_t k = names.size(); k-- > 0;) {
    if (names[k] == text) {
      return bound_var(static_cast<std::int64_t>(names.size() - 1 - k));
    }
  }
  if (reading.spec != nullptr &&
      (reading.spec->is_dim(text) || reading.spec->input(text) != nullptr)) {
    return free_var(text);
  }
  throw Refused{"scope", "unknown name " + text};
}

}  // namespace

std::string Sexp::head() const {
  return !items.empty() && items[0].atom() ? items[0].text : std::string();
}

std::vector<Sexp> read_sexps(const std::string& text, bool rules) {
  return Lexer(text, rules).run();
}

bool is_identifier(const std::string& text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_token_char(c) && (c == '_' || std::isalnum(c) != 0);
  });
}

std::int64_t read_literal(const std::string& text) {
  if (!is_literal(text)) throw Refused{"syntax", text + " is no integer"};
  const bool negative = text[0] == '-';
  std::int64_t value = 0;
  for (const char c : text.substr(negative ? 1 : 0)) {
    if (value > kMaxLiteral / 10) throw Refused{"limit", "integer too large"};
    value = value * 10 + (c - '0');
  }
  if (value > kMaxLiteral) throw Refused{"limit", "integer too large"};
  return negative ? -value : value;
}

Term read_term(const Sexp& sexp, SideReading& reading) {
  if (sexp.atom()) return read_atom(sexp, reading);
  const std::string head = sexp.head();
  if (head.empty()) refuse(sexp, "a word is missing");
  if (head[0] == '?') {
    std::vector<Term> args;
    for (std::size_t k = 1; k < sexp.items.size(); ++k) {
      args.push_back(read_term(sexp.items[k], reading));
    }
    return read_variable(sexp, head, args, reading);
  }
  if (reading.values != nullptr && head == "op") {
    return read_applied_op(sexp, reading);
  }
  const auto op = op_from_word(head);
  if (!op) refuse(sexp, "unknown word " + head);
  return read_form(sexp, *op, reading);
}

Term read_term(const std::string& text, const std::vector<std::string>& names,
               const Spec& spec) {
  const std::vector<Sexp> items = read_sexps(text, false);
  if (items.size() != 1) throw Refused{"syntax", "one term expected"};
  SideReading reading;
  reading.spec = &spec;
  reading.names = names;
  return read_term(items[0], reading);
}

}  // namespace audit
