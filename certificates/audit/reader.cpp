// S-expressions and the reader of terms. See reader.h.
// Idea: the written form of every operator is a row of AUDIT_OPS; read_form() checks the number of
// items before it looks at them, then reads one item per letter.
// How it may be wrong: a letter read in the wrong scope (k and K).
#include "reader.h"

#include <charconv>

namespace audit {
namespace {
constexpr size_t kMaxItems = kMaxNodes / 2;
bool is_literal(const string& text) {
  const string digits = text.substr(text.starts_with("-") ? 1 : 0);
  return !digits.empty() && std::ranges::all_of(digits, is_digit) &&
         (digits[0] != '0' || digits.size() == 1);
}
// Section 1: the tokens of TEXT, nothing else.
bool is_token(const string& text) {
  return is_literal(text) || is_identifier(text) || op_from_word(text);
}
bool is_token_char(char c) {
  return is_word_char(c) || std::string_view("?.+-*/<=!").find(c) != std::string_view::npos;
}
void need(const Sexp& sexp, size_t count) {
  if (sexp.items.size() != count) sexp.fail("wrong number of items");
}
const Value& value_of(const Sexp& sexp, const string& name, const SideReading& reading,
                      std::optional<Sort> sort = {}) {
  if (reading.values == nullptr || !reading.values->contains(name))
    sexp.fail("unknown rule variable " + name);
  const Value& value = reading.values->at(name);
  if (sort && value.sort != *sort) sexp.fail(name + " is of another kind");
  return value;
}
// Variables of the side that enclose this point: by how much a value moves.
Number below(const SideReading& reading) { return static_cast<Number>(reading.names.size()); }
// What a rule variable stands for; its kind is required when it is typed.
Term mark(const Term& term, std::optional<Sort> sort) {
  Node copy = *term;
  copy.must_be = sort;
  return make(std::move(copy));
}
// `?a`, or `(?f x ..)`: the value below the side's binders, with the arguments for its parameters.
Term read_variable(const Sexp& sexp, const string& name, const Terms& args, SideReading& reading) {
  const Value& value = value_of(sexp, name, reading);
  if (value.sort > Sort::kArr || value.arity != static_cast<int>(args.size()))
    sexp.fail(name + " does not stand here");
  return mark(instantiate(shift(value.terms[0], below(reading), value.arity), args), value.sort);
}

// An attribute of this sort, into its place in a node.
void read_attribute(const Sexp& sexp, Sort sort, Node& node, const char* code = "syntax") {
  if (sexp.list() != (sort == Sort::kPerm)) sexp.fail("another attribute is expected", code);
  for (const Sexp& item : sexp.items) read_attribute(item, Sort::kNat, node, code);
  const auto op = op_from_word(sexp.text);
  const auto red = redop_from_word(sexp.text);
  if (sort == Sort::kNat) node.attrs.push_back(read_literal(sexp.text));
  if (sort == Sort::kNat && node.attrs.back() < 0) sexp.fail("a negative number", code);
  if (sort == Sort::kOp && (!op || pointwise_arity(*op) == 0)) sexp.fail("not pointwise", code);
  if (sort == Sort::kOp) node.point = *op;
  if (sort == Sort::kRedOp && !red) sexp.fail("no reduction", code);
  if (sort == Sort::kRedOp) node.red = *red;
}

// The same as it stands in a term; or a rule variable for it.
Node attribute(const Sexp& sexp, Sort sort, const SideReading& reading) {
  Node node;
  read_attribute(sexp.variable() ? value_of(sexp, sexp.text, reading, sort).text : sexp, sort,
                 node);
  return node;
}

// `?p..` in a vector.
Terms read_splice(const Sexp& sexp, const SideReading& reading) {
  if (!sexp.variable() || !sexp.text.ends_with("..")) sexp.fail("a sequence variable is missing");
  const string name = sexp.text.substr(0, sexp.text.size() - 2);
  Terms out;
  for (const Term& term : value_of(sexp, name, reading, Sort::kIndices).terms)
    out.push_back(mark(shift(term, below(reading)), Sort::kIndex));
  return out;
}
Terms read_vec(const Sexp& sexp, SideReading& reading);

// (permute ?t ?p..): component k is p_(t_k); t a permutation as long as p, else an index is lost.
Terms read_permute(const Sexp& sexp, SideReading& reading) {
  need(sexp, 3);
  const Numbers perm = attribute(sexp.items[1], Sort::kPerm, reading).attrs;
  const Terms p = read_splice(sexp.items[2], reading);
  if (!is_permutation(perm, p.size())) sexp.fail("not a permutation of this length");
  Terms out;
  for (const Number t : perm) out.push_back(p[static_cast<size_t>(t)]);
  return out;
}

// (unravel ?A (vec ?u..) ?p..), section 3. The Horner form of a partial index is no offset.
Terms read_unravel(const Sexp& sexp, SideReading& reading) {
  need(sexp, 4);
  const Value& array = value_of(sexp, sexp.items[1].text, reading, Sort::kArr);
  const Terms u = read_vec(sexp.items[2], reading);
  const Terms p = read_splice(sexp.items[3], reading);
  if (p.size() != u.size() || p.empty() || array.arity != 0)
    sexp.fail("unravel needs a full index");
  Term offset = p[0];
  for (size_t k = 1; k < p.size(); ++k)
    offset = make_op(Op::kAdd, {make_op(Op::kMul, {offset, u[k]}), p[k]});
  Terms out(array.type.shape.size());
  for (size_t k = out.size(); k-- > 0;) {
    const Term extent = shift(array.type.shape[k], below(reading));
    out[k] = k == 0 ? offset : make_op(Op::kMod, {offset, extent});
    offset = make_op(Op::kDiv, {offset, extent});
  }
  return out;
}
Terms read_vec(const Sexp& sexp, SideReading& reading) {
  if (sexp.head() != "vec") sexp.fail("(vec ..) expected");
  Terms out;
  for (size_t k = 1; k < sexp.items.size(); ++k) {
    const Sexp& item = sexp.items[k];
    const bool side = reading.values != nullptr;
    const Terms part = side && item.head() == "permute"           ? read_permute(item, reading)
                       : side && item.head() == "unravel"         ? read_unravel(item, reading)
                       : item.atom() && item.text.ends_with("..") ? read_splice(item, reading)
                                                                  : Terms{read_term(item, reading)};
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

// One item of a form by its letter (AUDIT_OPS).
void read_part(char letter, const Sexp& item, Node& node, SideReading& reading) {
  if (letter == 'k') node.kids.push_back(read_term(item, reading));
  if (letter == 'K') {
    const size_t size = reading.names.size();
    reading.names.insert(reading.names.end(), node.binders.begin(), node.binders.end());
    node.kids.push_back(read_term(item, reading));
    reading.names.resize(size);
  }
  if (letter == 'B' || letter == 'L' || letter == 'M') {
    const size_t names = letter == 'M' ? 2 : 1;
    need(item, letter == 'B' ? 2 : names);
    for (size_t k = 0; k < names; ++k) {
      if (!is_binder_name(item.items[k].text)) item.fail("not a name for a bound variable");
      node.binders.push_back(item.items[k].text);
    }
    if (letter == 'B') node.kids.push_back(read_term(item.items[1], reading));
  }
  if (letter == 'i') node.attrs.push_back(read_literal(item.text));
  if (letter == 'a') node.attrs.push_back(attribute(item, Sort::kNat, reading).attrs[0]);
  if (letter == 'p') node.attrs = attribute(item, Sort::kPerm, reading).attrs;
  if (letter == 'r' || letter == 'R') node.red = attribute(item, Sort::kRedOp, reading).red;
  if (letter == 'R' && node.red == RedOp::kOsm) item.fail("osm does not stand here");
  if (letter == 'g') node.point = attribute(item, Sort::kOp, reading).point;
  if (letter == 'g' && (pointwise_arity(node.point) != 2 || node.point == Op::kExpSub))
    item.fail("not an operator of inner or outer");  // g is one of + - * / max min
  if (letter == 'v')
    for (const Term& index : read_vec(item, reading)) node.kids.push_back(index);
}
Term read_form(const Sexp& sexp, Op op, SideReading& reading) {
  Node node;
  node.op = op;
  string form = row(op).form;
  if (form == "*") form.assign(sexp.items.size() - 1, 'k');
  if (form == "!" || form.empty()) sexp.fail("not a form");
  need(sexp, form.size() + 1);
  for (size_t k = 0; k < form.size(); ++k) read_part(form[k], sexp.items[k + 1], node, reading);
  for (string& binder : node.binders) {
    reading.binders.insert(binder);
    if (reading.rename.contains(binder)) binder = reading.rename.at(binder);
  }
  return make(std::move(node));
}
Terms read_all(const Sexp& sexp, size_t first, SideReading& reading) {
  Terms out;
  for (size_t k = first; k < sexp.items.size(); ++k)
    out.push_back(read_term(sexp.items[k], reading));
  return out;
}

// (op ?F A), (op ?F A B).
Term read_applied_op(const Sexp& sexp, SideReading& reading) {
  if (sexp.items.size() < 3) sexp.fail("wrong number of items");
  if (!sexp.items[1].variable()) sexp.fail("an operator variable is missing");
  const Op op = attribute(sexp.items[1], Sort::kOp, reading).point;
  if (pointwise_arity(op) != static_cast<int>(sexp.items.size()) - 2)
    sexp.fail("operator of another arity");
  return make_op(op, read_all(sexp, 2, reading));
}

Sexp only_sexp(const string& text, const char* code) {
  vector<Sexp> items = read_sexps(text, false);
  if (items.size() != 1) refuse(code, "one item expected");
  return std::move(items[0]);
}

// (fn (a b) body): exactly as many parameters as the rule gives arguments. Returns the body.
const Sexp& read_parameters(const Sexp& sexp, int arity, SideReading& reading) {
  if (sexp.head() != "fn" || sexp.items.size() != 3 || !sexp.items[1].list() ||
      static_cast<int>(sexp.items[1].items.size()) != arity)
    sexp.fail("(fn (..) body) with the right parameters expected", "sub");
  std::set<string> seen;
  for (const Sexp& name : sexp.items[1].items) {
    if (!is_binder_name(name.text) || !seen.insert(name.text).second)
      name.fail("bad or repeated parameter", "sub");
    reading.names.push_back(name.text);
  }
  return sexp.items[2];
}

// Names: binders from the inside out, then dimensions and inputs.
Term read_atom(const Sexp& sexp, SideReading& reading) {
  const string& text = sexp.text;
  if (sexp.variable()) return read_variable(sexp, text, {}, reading);
  if (is_literal(text)) return integer(read_literal(text));
  if (text == "true") return make_op(Op::kTrue, {});
  if (text == "bottom") return make_op(Op::kBottom, {});
  const Strings& names = reading.names;
  for (size_t k = names.size(); k-- > 0;)
    if (names[k] == text) return bound_var(static_cast<Number>(names.size() - 1 - k));
  const Spec* spec = reading.spec;
  if (reading.values != nullptr || spec == nullptr ||
      (!spec->is_dim(text) && spec->input(text) == nullptr))
    refuse("scope", "unknown name " + text);
  return free_var(text);
}
}  // namespace
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_identifier(const string& text) {
  return !text.empty() && !is_digit(text[0]) && std::ranges::all_of(text, is_word_char);
}
bool is_binder_name(const string& text) {
  return is_identifier(text) && text != "true" && text != "bottom";
}
Number read_literal(const string& text) {
  if (!is_literal(text)) refuse("syntax", text + " is no integer");
  Number value = 0;
  const auto done = std::from_chars(text.data(), text.data() + text.size(), value);
  if (done.ec != std::errc() || value > kMaxLiteral || value < -kMaxLiteral)
    refuse("limit", "integer too large");
  return value;
}

// Lists are built on an explicit stack, so depth costs no frames.
vector<Sexp> read_sexps(const string& text, bool rules, bool lines) {
  Scanner in{text, "syntax"};
  vector<Sexp> open(1);
  for (size_t count = 0; !in.done();) {
    const char c = in.peek();
    Sexp item{.line = in.line};
    if (c == ' ' || c == '\n') {
      ++in.at;
      if (c == '\n') ++in.line;
    } else if (rules && c == ';') {
      in.take_line();
    } else if (c == '(') {
      ++in.at;
      if (open.size() > size_t{2} * kMaxDepth) refuse("limit", "nested too deeply");
      open.push_back(std::move(item));
    } else {
      if (c == ')') {
        ++in.at;
        if (open.size() == 1) in.fail("unmatched )");
        item = std::move(open.back());
        open.pop_back();
      } else if (rules && c == '"') {
        const size_t end = text.find_first_of(lines ? "\"" : "\"\n", in.at + 1);
        if (end == string::npos || text[end] != '"') in.fail("open string");
        item.text = in.take(end + 1 - in.at);
        in.line += static_cast<int>(std::ranges::count(item.text, '\n'));
      } else {
        item.text = in.take_while(is_token_char);
        if (item.text.empty()) in.fail("a character that is not allowed");
        if (!rules && !is_token(item.text)) in.fail("bad token " + item.text);
      }
      if (++count > kMaxItems) refuse("limit", "text too long");
      open.back().items.push_back(std::move(item));
    }
  }
  if (open.size() != 1) in.fail("a list is not closed");
  return std::move(open[0].items);
}
Term read_term(const Sexp& sexp, SideReading& reading) {
  if (sexp.atom()) return read_atom(sexp, reading);
  const string head = sexp.head();
  if (head.empty()) sexp.fail("a word is missing");
  if (head[0] == '?') return read_variable(sexp, head, read_all(sexp, 1, reading), reading);
  if (reading.values != nullptr && head == "op") return read_applied_op(sexp, reading);
  const auto op = op_from_word(head);
  if (!op) sexp.fail("unknown word " + head);
  return read_form(sexp, *op, reading);
}
Term read_term(const string& text, const Strings& names, const Spec& spec) {
  SideReading reading{&spec, names};
  return read_term(only_sexp(text, "syntax"), reading);
}
Value read_value(const string& text, const Value& var, Scope& position, const Spec& spec) {
  const Sexp sexp = only_sexp(text, "sub");
  const Sort sort = *var.sort;
  SideReading reading{&spec, position.names()};
  Value value{sort, std::max(var.arity, 0), {}, {}, sexp};
  Node ignored;
  if (sort > Sort::kIndices) read_attribute(sexp, sort, ignored, "sub");
  if (sort == Sort::kIndices && sexp.head() != "seq") sexp.fail("(seq ..) expected", "sub");
  if (sort == Sort::kIndices) value.terms = read_all(sexp, 1, reading);
  if (sort > Sort::kArr) return value;
  const bool applied = value.arity > 0;
  const Sexp& body = applied ? read_parameters(sexp, value.arity, reading) : sexp;
  value.terms = {read_term(body, reading)};
  if (!applied) value.type = infer(value.terms[0], position, spec);
  // Section 3; where a function is applied its kind is required as well (see mark()).
  if (!applied && value.type.sort != sort) sexp.fail("a term of another kind", "type");
  return value;
}
}  // namespace audit
