// Construction, substitution and printing of terms; scopes (see term.h).
//
// Idea: every function that goes below a binder asks bound_in() how many
// variables that child sees; there is no second table of scopes.
// How it may be wrong: bound_in() itself. Recursion is bounded because make()
// refuses terms deeper than 200.
#include "term.h"

#include <algorithm>

namespace audit {
namespace {

// Section 1 in one table, in the order of Op: the word and what follows it in
// the written form, one letter per item. k: child; K: child below the node's
// binders; B: (name child); L, M: (name), (name name); v: (vec child..);
// a: natural attribute; i: integer attribute; p: (attribute ..); r: reduction;
// R: reduction but osm; g: operator of inner and outer; *: one or more k.
// "!" has no form in parentheses. Last: arity as a pointwise operator.
// Reading, printing and scoping all follow this table.
struct Word {
  Op op;
  const char* word;
  const char* form;
  int pointwise;
};
constexpr Word kWords[] = {
    {Op::kInt, "", "!", 0}, {Op::kBound, "", "!", 0}, {Op::kFree, "", "!", 0},
    {Op::kAdd, "+", "kk", 2}, {Op::kSub, "-", "kk", 2},
    {Op::kMul, "*", "kk", 2}, {Op::kDiv, "div", "kk", 0},
    {Op::kMod, "mod", "kk", 0}, {Op::kTrue, "true", "!", 0},
    {Op::kLt, "<", "kk", 0}, {Op::kLe, "<=", "kk", 0},
    {Op::kEq, "==", "kk", 0}, {Op::kNe, "!=", "kk", 0},
    {Op::kAnd, "and", "kk", 0}, {Op::kOr, "or", "kk", 0},
    {Op::kNot, "not", "k", 0}, {Op::kAny, "any", "BK", 0},
    {Op::kIsZero, "iszero", "k", 0}, {Op::kReal, "real", "k", 0},
    {Op::kRat, "rat", "ia", 0}, {Op::kBottom, "bottom", "!", 0},
    {Op::kQuot, "/", "kk", 2}, {Op::kMax, "max", "kk", 2},
    {Op::kMin, "min", "kk", 2}, {Op::kNeg, "neg", "k", 1},
    {Op::kExp, "exp", "k", 1}, {Op::kExp2, "exp2", "k", 1},
    {Op::kLog, "log", "k", 1}, {Op::kSqrt, "sqrt", "k", 1},
    {Op::kTanh, "tanh", "k", 1}, {Op::kExpSub, "expsub", "kk", 2},
    {Op::kIf, "if", "kkk", 0}, {Op::kRed, "red", "rBKK", 0},
    {Op::kOsMerge, "osmerge", "kk", 0}, {Op::kGen, "gen", "BK", 0},
    {Op::kParGen, "pargen", "BK", 0}, {Op::kPsi, "psi", "vk", 0},
    {Op::kTran, "tran", "pk", 0}, {Op::kTake, "take", "kk", 0},
    {Op::kDrop, "drop", "kk", 0}, {Op::kCat, "cat", "kk", 0},
    {Op::kRev, "rev", "k", 0}, {Op::kRot, "rot", "kk", 0},
    {Op::kReshape, "reshape", "vk", 0}, {Op::kIota, "iota", "k", 0},
    {Op::kRedF, "redf", "Rk", 0}, {Op::kInner, "inner", "Rgkk", 0},
    {Op::kOuter, "outer", "gkk", 0}, {Op::kOmega, "omega", "aLKk", 0},
    {Op::kOmega2, "omega2", "aaMKkk", 0}, {Op::kLet, "let", "LkK", 0},
    {Op::kLetSlow, "letslow", "LkK", 0}, {Op::kTup, "tup", "*", 0},
    {Op::kGet, "get", "ak", 0}, {Op::kFold, "fold", "BLkK", 0},
    {Op::kMem, "mem", "kv", 0}, {Op::kPut, "put", "vk", 0},
    {Op::kFor, "for", "BK", 0}, {Op::kParFor, "parfor", "BK", 0},
    {Op::kWhen, "when", "kk", 0}};

constexpr const char* kRedWords[] = {"add", "mul", "max", "min", "osm"};

const Word& entry_of(Op op) { return kWords[static_cast<std::size_t>(op)]; }

// A copy of `node` with other children; the node itself if none changed.
Term with_kids(const Term& term, std::vector<Term> kids) {
  if (kids == term->kids) return term;
  Node copy = *term;
  copy.kids = std::move(kids);
  return make(std::move(copy));
}

bool alpha_equal_lists(const std::vector<Term>& a, const std::vector<Term>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), alpha_equal);
}

Term substitute(const Term& term, const std::vector<Term>& args,
                std::int64_t cutoff) {
  if (term->free_bound <= cutoff) return term;
  const auto count = static_cast<std::int64_t>(args.size());
  if (term->op == Op::kBound) {
    const std::int64_t k = term->value - cutoff;
    if (k >= count) return bound_var(term->value - count);
    return shift(args[static_cast<std::size_t>(count - 1 - k)], cutoff);
  }
  std::vector<Term> kids;
  for (std::size_t k = 0; k < term->kids.size(); ++k) {
    kids.push_back(
        substitute(term->kids[k], args, cutoff + bound_in(*term, k)));
  }
  return with_kids(term, std::move(kids));
}

Term replace_from(const Term& term, const std::vector<std::size_t>& at,
                  std::size_t level, const Term& with) {
  if (level == at.size()) return with;
  std::vector<Term> kids = term->kids;
  if (at[level] >= kids.size()) throw Refused{"position", "no such child"};
  kids[at[level]] = replace_from(kids[at[level]], at, level + 1, with);
  return with_kids(term, std::move(kids));
}

std::string print_variable(std::int64_t index,
                           const std::vector<std::string>& names) {
  const auto count = static_cast<std::int64_t>(names.size());
  if (index >= count) return "'" + std::to_string(index);
  const auto slot = static_cast<std::size_t>(count - 1 - index);
  const std::string& name = names[slot];
  for (std::size_t k = slot + 1; k < names.size(); ++k) {
    if (names[k] == name) return name + "'" + std::to_string(index);
  }
  return name;
}

std::string print_items(const std::vector<std::int64_t>& numbers) {
  std::string out;
  for (const std::int64_t number : numbers) {
    out += (out.empty() ? "" : " ") + std::to_string(number);
  }
  return out;
}

}  // namespace

Term make(Node node) {
  node.size = 1;
  node.depth = 1;
  node.free_bound = node.op == Op::kBound ? node.value + 1 : 0;
  if (node.op == Op::kInt &&
      (node.value > kMaxLiteral || node.value < -kMaxLiteral)) {
    throw Refused{"limit", "integer literal beyond 2^62"};
  }
  for (std::size_t k = 0; k < node.kids.size(); ++k) {
    const Node& kid = *node.kids[k];
    node.size += kid.size;  // each is at most kMaxNodes: no overflow
    node.depth = std::max(node.depth, kid.depth + 1);
    node.free_bound =
        std::max(node.free_bound, kid.free_bound - bound_in(node, k));
    if (node.size > kMaxNodes) throw Refused{"limit", "term too large"};
  }
  if (node.depth > kMaxDepth) throw Refused{"limit", "term too deep"};
  return std::make_shared<const Node>(std::move(node));
}

Term make_op(Op op, std::vector<Term> kids) {
  Node node;
  node.op = op;
  node.kids = std::move(kids);
  return make(std::move(node));
}

Term integer(std::int64_t value) {
  Node node;
  node.op = Op::kInt;
  node.value = value;
  return make(std::move(node));
}

Term bound_var(std::int64_t index) {
  Node node;
  node.op = Op::kBound;
  node.value = index;
  return make(std::move(node));
}

Term free_var(std::string name) {
  Node node;
  node.op = Op::kFree;
  node.name = std::move(name);
  return make(std::move(node));
}

// Section 1, last paragraph. Were a bound term counted as inside, a binder's
// own variable could bound itself.
int bound_in(const Node& node, std::size_t child) {
  if (node.binders.empty()) return 0;
  for (const char* letter = form_of(node.op); *letter != 0; ++letter) {
    if (*letter != 'k' && *letter != 'K' && *letter != 'B') continue;
    if (child-- > 0) continue;
    return *letter == 'K' ? static_cast<int>(node.binders.size()) : 0;
  }
  return 0;
}

std::size_t index_count(const Node& node) {
  const bool vector = node.op == Op::kPsi || node.op == Op::kPut ||
                      node.op == Op::kReshape || node.op == Op::kMem;
  return vector ? node.kids.size() - 1 : 0;
}

std::vector<Term> indices_of(const Node& node) {
  const auto first = node.kids.begin() + (node.op == Op::kMem ? 1 : 0);
  return {first, first + static_cast<std::ptrdiff_t>(index_count(node))};
}

const Term& operand_of(const Node& node) {
  return node.op == Op::kMem ? node.kids.front() : node.kids.back();
}

bool alpha_equal(const Term& a, const Term& b) {
  if (a == b) return true;
  return a->op == b->op && a->value == b->value && a->name == b->name &&
         a->attrs == b->attrs && a->red == b->red && a->point == b->point &&
         a->size == b->size && alpha_equal_lists(a->kids, b->kids);
}

Term shift(const Term& term, std::int64_t by, std::int64_t cutoff) {
  if (by == 0 || term->free_bound <= cutoff) return term;
  if (term->op == Op::kBound) {
    if (term->value + by < cutoff) {
      throw Refused{"scope", "a variable would leave its scope"};
    }
    return bound_var(term->value + by);
  }
  std::vector<Term> kids;
  for (std::size_t k = 0; k < term->kids.size(); ++k) {
    kids.push_back(shift(term->kids[k], by, cutoff + bound_in(*term, k)));
  }
  return with_kids(term, std::move(kids));
}

bool mentions(const Term& term, std::int64_t index) {
  if (term->free_bound <= index) return false;
  if (term->op == Op::kBound) return term->value == index;
  for (std::size_t k = 0; k < term->kids.size(); ++k) {
    if (mentions(term->kids[k], index + bound_in(*term, k))) return true;
  }
  return false;
}

Term instantiate(const Term& body, const std::vector<Term>& args) {
  return substitute(body, args, 0);
}

const Term& subterm(const Term& root, const std::vector<std::size_t>& at) {
  const Term* term = &root;
  for (const std::size_t k : at) {
    if (k >= (*term)->kids.size()) throw Refused{"position", "no such child"};
    term = &(*term)->kids[k];
  }
  return *term;
}

Term replace(const Term& root, const std::vector<std::size_t>& at,
             const Term& with) {
  return replace_from(root, at, 0, with);
}

const char* word_of(Op op) { return entry_of(op).word; }

const char* form_of(Op op) { return entry_of(op).form; }

const char* word_of(RedOp op) {
  return kRedWords[static_cast<std::size_t>(op)];
}

int pointwise_arity(Op op) { return entry_of(op).pointwise; }

std::optional<Op> op_from_word(const std::string& word) {
  for (const Word& entry : kWords) {
    if (!word.empty() && word == entry.word) return entry.op;
  }
  return std::nullopt;
}

std::optional<Op> pointwise_from_word(const std::string& word) {
  const std::optional<Op> op = op_from_word(word);
  return op && pointwise_arity(*op) > 0 ? op : std::nullopt;
}

std::optional<RedOp> redop_from_word(const std::string& word) {
  for (std::size_t k = 0; k < std::size(kRedWords); ++k) {
    if (word == kRedWords[k]) return static_cast<RedOp>(k);
  }
  return std::nullopt;
}

std::string print(const Term& term, std::vector<std::string> names) {
  const Node& node = *term;
  if (node.op == Op::kInt) return std::to_string(node.value);
  if (node.op == Op::kFree) return node.name;
  if (node.op == Op::kBound) return print_variable(node.value, names);
  std::string form = form_of(node.op);
  if (form == "!") return word_of(node.op);
  if (form == "*") form.assign(node.kids.size(), 'k');
  std::vector<std::string> inner = names;
  inner.insert(inner.end(), node.binders.begin(), node.binders.end());
  std::string out = std::string("(") + word_of(node.op);
  std::size_t kid = 0, attr = 0, name = 0;
  for (const char letter : form) {
    out += " ";
    if (letter == 'k') out += print(node.kids[kid++], names);
    if (letter == 'K') out += print(node.kids[kid++], inner);
    if (letter == 'B' || letter == 'L' || letter == 'M') {
      out += "(" + node.binders[name++];
      if (letter == 'B') out += " " + print(node.kids[kid++], names);
      if (letter == 'M') out += " " + node.binders[name++];
      out += ")";
    } else if (letter == 'v') {
      out += "(vec";
      for (std::size_t k = 0; k < index_count(node); ++k) {
        out += " " + print(node.kids[kid++], names);
      }
      out += ")";
    }
    if (letter == 'a' || letter == 'i') {
      out += std::to_string(node.attrs[attr++]);
    }
    if (letter == 'p') out += "(" + print_items(node.attrs) + ")";
    if (letter == 'r' || letter == 'R') out += word_of(node.red);
    if (letter == 'g') out += word_of(node.point);
  }
  return out + ")";
}

Type shift(const Type& type, std::int64_t by) {
  Type out = type;
  for (Term& extent : out.shape) extent = shift(extent, by);
  for (Type& part : out.parts) part = shift(part, by);
  return out;
}

void Scope::push(Entry entry) {
  if (entry.kind != Entry::Kind::kGuard) ++depth;
  entries.push_back(std::move(entry));
}

void Scope::truncate(std::size_t size) {
  while (entries.size() > size) {
    if (entries.back().kind != Entry::Kind::kGuard) --depth;
    entries.pop_back();
  }
}

const Entry* Scope::variable(std::int64_t index) const {
  for (auto at = entries.rbegin(); at != entries.rend(); ++at) {
    if (at->kind != Entry::Kind::kGuard && index-- == 0) return &*at;
  }
  return nullptr;
}

std::vector<std::string> Scope::names() const {
  std::vector<std::string> out;
  for (const Entry& entry : entries) {
    if (entry.kind != Entry::Kind::kGuard) out.push_back(entry.name);
  }
  return out;
}

// Section 4, context of a position: only loops and guards are hypotheses; a
// bound kept in its own scope would speak of the wrong variables, hence shift.
std::vector<ContextItem> context_of(const Scope& scope) {
  std::vector<ContextItem> out;
  std::int64_t index = scope.depth;
  for (const Entry& entry : scope.entries) {
    ContextItem item;
    if (entry.kind == Entry::Kind::kGuard) {
      item.guard = shift(entry.term, scope.depth - entry.depth);
      out.push_back(std::move(item));
      continue;
    }
    --index;
    if (entry.kind != Entry::Kind::kLoop) continue;
    item.loop = true;
    item.var = bound_var(index);
    item.bound = shift(entry.term, scope.depth - entry.depth);
    out.push_back(std::move(item));
  }
  return out;
}

bool Spec::is_dim(const std::string& dim) const {
  return std::find(dims.begin(), dims.end(), dim) != dims.end();
}

const Array* Spec::input(const std::string& array) const {
  for (const Array& candidate : inputs) {
    if (candidate.name == array) return &candidate;
  }
  return nullptr;
}

Term first_term(const Spec& spec) { return make_op(Op::kPut, {spec.core}); }

std::string print_core(const Spec& spec) { return print(spec.core); }

}  // namespace audit
