// Construction, substitution and printing of terms; scopes. See term.h.
// Idea: whatever goes below a binder asks bound_in() how many variables that child sees.
// How it may be wrong: bound_in() itself. Recursion is bounded: make() refuses depth > 200.
#include "term.h"

namespace audit {
namespace {

#define AUDIT_OP_ROW(op, ...) {Op::op, __VA_ARGS__},
constexpr OpRow kRows[] = {AUDIT_OPS(AUDIT_OP_ROW)};
constexpr const char* kRedWords[] = {"add", "mul", "max", "min", "osm"};

// The term with each child mapped; the term itself if none changed.
template <class Map>
Term map_kids(const Term& term, Map map) {
  Terms kids;
  for (size_t k = 0; k < term->kids.size(); ++k) kids.push_back(map(term->kids[k], k));
  if (kids == term->kids) return term;
  Node copy = *term;
  copy.kids = std::move(kids);
  return make(std::move(copy));
}
}  // namespace
Term make(Node node) {
  node.size = 1;
  node.depth = 1;
  node.free_bound = node.op == Op::kBound ? node.value + 1 : 0;
  if (node.op == Op::kInt && (node.value > kMaxLiteral || node.value < -kMaxLiteral))
    refuse("limit", "integer literal beyond 2^62");
  for (size_t k = 0; k < node.kids.size(); ++k) {
    const Node& kid = *node.kids[k];
    node.size += kid.size;  // each is at most kMaxNodes: no overflow
    node.depth = std::max(node.depth, kid.depth + 1);
    node.free_bound = std::max(node.free_bound, kid.free_bound - bound_in(node, k));
    if (node.size > kMaxNodes) refuse("limit", "term too large");
  }
  if (node.depth > kMaxDepth) refuse("limit", "term too deep");
  return std::make_shared<const Node>(std::move(node));
}
Term make_op(Op op, Terms kids) { return make({.op = op, .kids = std::move(kids)}); }
Term integer(Number value) { return make({.op = Op::kInt, .value = value}); }
Term bound_var(Number index) { return make({.op = Op::kBound, .value = index}); }
Term free_var(string name) { return make({.op = Op::kFree, .name = std::move(name)}); }

// Section 1, end. Were a bound term counted as inside, a binder's variable could bound itself.
int bound_in(const Node& node, size_t child) {
  if (node.binders.empty()) return 0;
  for (const char* letter = row(node.op).form; *letter != 0; ++letter) {
    if (*letter != 'k' && *letter != 'K' && *letter != 'B') continue;
    if (child-- == 0) return *letter == 'K' ? static_cast<int>(node.binders.size()) : 0;
  }
  return 0;
}
Terms indices_of(const Node& node) {
  if (string(row(node.op).form).find('v') == string::npos) return {};
  const int mem = node.op == Op::kMem ? 1 : 0;
  return {node.kids.begin() + mem, node.kids.end() - 1 + mem};
}
const Term& operand_of(const Node& node) {
  return node.op == Op::kMem ? node.kids.front() : node.kids.back();
}
bool alpha_equal(const Term& a, const Term& b) {
  if (a == b) return true;
  return a->op == b->op && a->value == b->value && a->name == b->name && a->attrs == b->attrs &&
         a->red == b->red && a->point == b->point && a->size == b->size &&
         std::ranges::equal(a->kids, b->kids, alpha_equal);
}
Term shift(const Term& term, Number by, Number cutoff) {
  if (by == 0 || term->free_bound <= cutoff) return term;
  if (term->op == Op::kBound) {
    if (term->value + by < cutoff) refuse("scope", "a variable would leave its scope");
    return bound_var(term->value + by);
  }
  return map_kids(
      term, [&](const Term& kid, size_t k) { return shift(kid, by, cutoff + bound_in(*term, k)); });
}
Terms shift(Terms terms, Number by) {
  for (Term& term : terms) term = shift(term, by);
  return terms;
}
bool mentions(const Term& term, Number index) {
  if (term->free_bound <= index) return false;
  if (term->op == Op::kBound) return term->value == index;
  for (size_t k = 0; k < term->kids.size(); ++k)
    if (mentions(term->kids[k], index + bound_in(*term, k))) return true;
  return false;
}
Term instantiate(const Term& body, const Terms& args, Number cutoff) {
  if (body->free_bound <= cutoff) return body;
  const auto count = static_cast<Number>(args.size());
  if (body->op == Op::kBound) {
    const Number k = body->value - cutoff;
    if (k >= count) return bound_var(body->value - count);
    return shift(args[static_cast<size_t>(count - 1 - k)], cutoff);
  }
  return map_kids(body, [&](const Term& kid, size_t k) {
    return instantiate(kid, args, cutoff + bound_in(*body, k));
  });
}
Term replace(const Term& root, const vector<size_t>& at, const Term& with, size_t level) {
  if (level == at.size()) return with;
  if (at[level] >= root->kids.size()) refuse("position", "no such child");
  return map_kids(root, [&](const Term& kid, size_t k) {
    return k == at[level] ? replace(kid, at, with, level + 1) : kid;
  });
}
const OpRow& row(Op op) { return kRows[static_cast<size_t>(op)]; }
const char* word_of(Op op) { return row(op).word; }
const char* word_of(RedOp op) { return kRedWords[static_cast<size_t>(op)]; }
int pointwise_arity(Op op) {
  const string sorts = row(op).sorts;
  return sorts == "PP>" ? 2 : sorts == "P>" ? 1 : 0;
}
std::optional<Op> op_from_word(const string& word) {
  const auto found = std::ranges::find(kRows, word, &OpRow::word);
  return word.empty() || found == std::end(kRows) ? std::nullopt : std::optional(found->op);
}
std::optional<RedOp> redop_from_word(const string& word) {
  const auto at = std::ranges::find(kRedWords, word) - std::begin(kRedWords);
  return at == std::ssize(kRedWords) ? std::nullopt : std::optional(static_cast<RedOp>(at));
}
bool is_permutation(Numbers numbers, size_t size) {
  Numbers all(size);
  std::iota(all.begin(), all.end(), 0);
  std::ranges::sort(numbers);
  return numbers == all;
}
bool is_index_arithmetic(Op op) {
  return op == Op::kAdd || op == Op::kSub || op == Op::kMul || op == Op::kDiv || op == Op::kMod;
}
string print(const Term& term, Strings names) {
  const Node& node = *term;
  if (node.op == Op::kInt) return std::to_string(node.value);
  if (node.op == Op::kFree) return node.name;
  if (node.op == Op::kBound) {
    const string index = "'" + std::to_string(node.value);
    if (node.value >= static_cast<Number>(names.size())) return index;
    const auto slot = names.end() - 1 - node.value;
    return std::find(slot + 1, names.end(), *slot) == names.end() ? *slot : *slot + index;
  }
  string form = row(node.op).form;
  if (form == "!") return word_of(node.op);
  if (form == "*") form.assign(node.kids.size(), 'k');
  Strings inner = names;
  inner.insert(inner.end(), node.binders.begin(), node.binders.end());
  auto kid = node.kids.begin();
  auto attr = node.attrs.begin();
  auto binder = node.binders.begin();
  string out = string("(") + word_of(node.op);
  const auto put = [&](const string& text) { out += (out.ends_with('(') ? "" : " ") + text; };
  for (const char letter : form) {
    if (letter == 'k') put(print(*kid++, names));
    if (letter == 'K') put(print(*kid++, inner));
    if (letter == 'B') put("(" + *binder++ + " " + print(*kid++, names) + ")");
    if (letter == 'L') put("(" + *binder++ + ")");
    if (letter == 'M') put("(" + node.binders[0] + " " + node.binders[1] + ")");
    if (letter == 'a' || letter == 'i') put(std::to_string(*attr++));
    if (letter == 'r' || letter == 'R') put(word_of(node.red));
    if (letter == 'g') put(word_of(node.point));
    if (letter == 'v' || letter == 'p') put(letter == 'v' ? "(vec" : "(");
    for (size_t k = 1; letter == 'v' && k < node.kids.size(); ++k) put(print(*kid++, names));
    for (; letter == 'p' && attr != node.attrs.end(); ++attr) put(std::to_string(*attr));
    if (letter == 'v' || letter == 'p') out += ")";
  }
  return out + ")";
}
Type shift(Type type, Number by) {
  type.shape = shift(std::move(type.shape), by);
  for (Type& part : type.parts) part = shift(std::move(part), by);
  return type;
}
void Scope::push(Entry entry) {
  if (entry.kind != Entry::Kind::kGuard) ++depth;
  entries.push_back(std::move(entry));
}
void Scope::truncate(size_t size) {
  for (; entries.size() > size; entries.pop_back())
    if (entries.back().kind != Entry::Kind::kGuard) --depth;
}
const Entry* Scope::variable(Number index) const {
  for (auto at = entries.rbegin(); at != entries.rend(); ++at)
    if (at->kind != Entry::Kind::kGuard && index-- == 0) return &*at;
  return nullptr;
}
Strings Scope::names() const {
  Strings out;
  for (const Entry& entry : entries)
    if (entry.kind != Entry::Kind::kGuard) out.push_back(entry.name);
  return out;
}
bool Spec::is_dim(const string& dim) const { return std::ranges::count(dims, dim) > 0; }
const Array* Spec::input(const string& array) const {
  const auto found = std::ranges::find(inputs, array, &Array::name);
  return found == inputs.end() ? nullptr : &*found;
}
vector<Array> Spec::arrays() const {
  vector<Array> all = inputs;
  all.push_back(output);
  return all;
}
}  // namespace audit
