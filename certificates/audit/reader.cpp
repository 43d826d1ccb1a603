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

// The (j n) of a binder form.
void read_binding(const Sexp& sexp, Node& node, SideReading& reading) {
  if (!sexp.list()) refuse(sexp, "(name bound) expected");
  need(sexp, 2);
  node.binders.push_back(binder(sexp.items[0], reading));
  node.kids.push_back(read_term(sexp.items[1], reading));
}

// gen pargen for parfor any: (w (i n) x); red: (red f (j n) g x).
Term read_loop(const Sexp& sexp, Node node, SideReading& reading) {
  const std::size_t at = node.op == Op::kRed ? 2 : 1;
  need(sexp, node.op == Op::kRed ? 5 : 3);
  if (node.op == Op::kRed) node.red = read_redop(sexp.items[1], false, reading);
  read_binding(sexp.items[at], node, reading);
  const std::string written = sexp.items[at].items[0].text;
  for (std::size_t k = at + 1; k < sexp.items.size(); ++k) {
    node.kids.push_back(read_inside(sexp.items[k], {written}, reading));
  }
  return make(std::move(node));
}

// let letslow fold omega omega2.
Term read_sharing(const Sexp& sexp, Node node, SideReading& reading) {
  const bool omega = node.op == Op::kOmega || node.op == Op::kOmega2;
  const std::size_t count = node.op == Op::kOmega2 ? 2 : 1;
  const std::size_t at = omega ? 1 + count : node.op == Op::kFold ? 2 : 1;
  need(sexp, omega ? 3 + 2 * count : node.op == Op::kFold ? 5 : 4);
  std::vector<std::string> written;
  if (node.op == Op::kFold) {
    read_binding(sexp.items[1], node, reading);
    written.push_back(sexp.items[1].items[0].text);
  }
  for (std::size_t k = 0; omega && k < count; ++k) {
    node.attrs.push_back(read_natural(sexp.items[1 + k], reading));
  }
  if (!sexp.items[at].list()) refuse(sexp.items[at], "names expected");
  need(sexp.items[at], count);
  for (const Sexp& name : sexp.items[at].items) {
    node.binders.push_back(binder(name, reading));
    written.push_back(name.text);
  }
  for (std::size_t k = at + 1; k < sexp.items.size(); ++k) {
    const bool inside = bound_in(node, node.kids.size()) > 0;
    node.kids.push_back(inside ? read_inside(sexp.items[k], written, reading)
                               : read_term(sexp.items[k], reading));
  }
  return make(std::move(node));
}

// psi reshape put: (w (vec ..) A); mem: (mem A (vec ..)).
Term read_indexed(const Sexp& sexp, Node node, SideReading& reading) {
  need(sexp, 3);
  const bool mem = node.op == Op::kMem;
  if (mem) node.kids.push_back(read_term(sexp.items[1], reading));
  for (Term& index : read_vec(sexp.items[mem ? 2 : 1], reading)) {
    node.kids.push_back(std::move(index));
  }
  if (!mem) node.kids.push_back(read_term(sexp.items[2], reading));
  return make(std::move(node));
}

// rat tran get redf inner outer: attributes, then arrays.
Term read_attributed(const Sexp& sexp, Node node, SideReading& reading) {
  const auto& items = sexp.items;
  if (node.op == Op::kRat) {
    need(sexp, 3);
    if (!items[1].atom()) refuse(sexp, "a number is missing");
    node.attrs = {read_literal(items[1].text), read_natural(items[2], reading)};
    return make(std::move(node));
  }
  const std::size_t first = node.op == Op::kInner ? 3 : 2;
  need(sexp, first + (node.op == Op::kInner || node.op == Op::kOuter ? 2 : 1));
  if (node.op == Op::kTran) node.attrs = read_perm(items[1], reading);
  if (node.op == Op::kGet) node.attrs = {read_natural(items[1], reading)};
  if (node.op == Op::kRedF || node.op == Op::kInner) {
    node.red = read_redop(items[1], true, reading);
  }
  if (node.op == Op::kInner || node.op == Op::kOuter) {
    node.point = read_point(items[first - 1], reading);
  }
  for (std::size_t k = first; k < items.size(); ++k) {
    node.kids.push_back(read_term(items[k], reading));
  }
  return make(std::move(node));
}

// Forms that are a word and `count` terms; count 0: one or more (tup).
Term read_plain(const Sexp& sexp, Node node, std::size_t count,
                SideReading& reading) {
  if (count > 0) need(sexp, count + 1);
  if (sexp.items.size() < 2) refuse(sexp, "arguments are missing");
  for (std::size_t k = 1; k < sexp.items.size(); ++k) {
    node.kids.push_back(read_term(sexp.items[k], reading));
  }
  return make(std::move(node));
}

Term read_form(const Sexp& sexp, Op op, SideReading& reading) {
  Node node;
  node.op = op;
  switch (op) {
    case Op::kInt: case Op::kBound: case Op::kFree: case Op::kTrue:
    case Op::kBottom:
      refuse(sexp, "not a form");
    case Op::kAny: case Op::kRed: case Op::kGen: case Op::kParGen:
    case Op::kFor: case Op::kParFor:
      return read_loop(sexp, std::move(node), reading);
    case Op::kLet: case Op::kLetSlow: case Op::kFold: case Op::kOmega:
    case Op::kOmega2:
      return read_sharing(sexp, std::move(node), reading);
    case Op::kPsi: case Op::kReshape: case Op::kPut: case Op::kMem:
      return read_indexed(sexp, std::move(node), reading);
    case Op::kRat: case Op::kTran: case Op::kGet: case Op::kRedF:
    case Op::kInner: case Op::kOuter:
      return read_attributed(sexp, std::move(node), reading);
    case Op::kTup:
      return read_plain(sexp, std::move(node), 0, reading);
    case Op::kNot: case Op::kIsZero: case Op::kReal: case Op::kNeg:
    case Op::kExp: case Op::kExp2: case Op::kLog: case Op::kSqrt:
    case Op::kTanh: case Op::kRev: case Op::kIota:
      return read_plain(sexp, std::move(node), 1, reading);
    case Op::kIf:
      return read_plain(sexp, std::move(node), 3, reading);
    case Op::kAdd: case Op::kSub: case Op::kMul: case Op::kDiv: case Op::kMod:
    case Op::kLt: case Op::kLe: case Op::kEq: case Op::kNe: case Op::kAnd:
    case Op::kOr: case Op::kQuot: case Op::kMax: case Op::kMin:
    case Op::kExpSub: case Op::kOsMerge: case Op::kTake: case Op::kDrop:
    case Op::kCat: case Op::kRot: case Op::kWhen:
      return read_plain(sexp, std::move(node), 2, reading);
  }
  refuse(sexp, "unknown form");
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
