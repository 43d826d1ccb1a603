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

struct Word {
  Op op;
  const char* word;
  int pointwise;  // arity as a pointwise operator of values, else 0
};
constexpr Word kWords[] = {
    {Op::kInt, "", 0},          {Op::kBound, "", 0},
    {Op::kFree, "", 0},         {Op::kAdd, "+", 2},
    {Op::kSub, "-", 2},         {Op::kMul, "*", 2},
    {Op::kDiv, "div", 0},       {Op::kMod, "mod", 0},
    {Op::kTrue, "true", 0},     {Op::kLt, "<", 0},
    {Op::kLe, "<=", 0},         {Op::kEq, "==", 0},
    {Op::kNe, "!=", 0},         {Op::kAnd, "and", 0},
    {Op::kOr, "or", 0},         {Op::kNot, "not", 0},
    {Op::kAny, "any", 0},       {Op::kIsZero, "iszero", 0},
    {Op::kReal, "real", 0},     {Op::kRat, "rat", 0},
    {Op::kBottom, "bottom", 0}, {Op::kQuot, "/", 2},
    {Op::kMax, "max", 2},       {Op::kMin, "min", 2},
    {Op::kNeg, "neg", 1},       {Op::kExp, "exp", 1},
    {Op::kExp2, "exp2", 1},     {Op::kLog, "log", 1},
    {Op::kSqrt, "sqrt", 1},     {Op::kTanh, "tanh", 1},
    {Op::kExpSub, "expsub", 2}, {Op::kIf, "if", 0},
    {Op::kRed, "red", 0},       {Op::kOsMerge, "osmerge", 0},
    {Op::kGen, "gen", 0},       {Op::kParGen, "pargen", 0},
    {Op::kPsi, "psi", 0},       {Op::kTran, "tran", 0},
    {Op::kTake, "take", 0},     {Op::kDrop, "drop", 0},
    {Op::kCat, "cat", 0},       {Op::kRev, "rev", 0},
    {Op::kRot, "rot", 0},       {Op::kReshape, "reshape", 0},
    {Op::kIota, "iota", 0},     {Op::kRedF, "redf", 0},
    {Op::kInner, "inner", 0},   {Op::kOuter, "outer", 0},
    {Op::kOmega, "omega", 0},   {Op::kOmega2, "omega2", 0},
    {Op::kLet, "let", 0},       {Op::kLetSlow, "letslow", 0},
    {Op::kTup, "tup", 0},       {Op::kGet, "get", 0},
    {Op::kFold, "fold", 0},     {Op::kMem, "mem", 0},
    {Op::kPut, "put", 0},       {Op::kFor, "for", 0},
    {Op::kParFor, "parfor", 0}, {Op::kWhen, "when", 0}};

constexpr const char* kRedWords[] = {"add", "mul", "max", "min", "osm"};

const Word& entry_of(Op op) {
  for (const Word& word : kWords) {
    if (word.op == op) return word;
  }
  throw Refused{"internal", "operator without a word"};
}

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

// What stands between the operator word and the children of a vector.
std::string print_attributes(const Node& node) {
  std::string out;
  if (node.op == Op::kRed || node.op == Op::kRedF || node.op == Op::kInner) {
    out += std::string(" ") + word_of(node.red);
  }
  if (node.op == Op::kInner || node.op == Op::kOuter) {
    out += std::string(" ") + word_of(node.point);
  }
  std::string list;
  for (const std::int64_t attr : node.attrs) {
    list += (list.empty() ? "" : " ") + std::to_string(attr);
  }
  if (node.op == Op::kTran) return out + " (" + list + ")";
  return list.empty() ? out : out + " " + list;
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
  if (node.op == Op::kFold) return child == 2 ? 2 : 0;
  if (node.op == Op::kLet || node.op == Op::kLetSlow) return child == 1 ? 1 : 0;
  if (node.op == Op::kOmega) return child == 0 ? 1 : 0;
  if (node.op == Op::kOmega2) return child == 0 ? 2 : 0;
  return child == 0 ? 0 : 1;
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
  if (node.op == Op::kTrue || node.op == Op::kBottom) return word_of(node.op);
  std::string out = std::string("(") + word_of(node.op) + print_attributes(node);
  const bool names_first = bound_in(node, 0) > 0 || node.op == Op::kLet ||
                           node.op == Op::kLetSlow;
  if (names_first) {
    out += " (" + node.binders.front();
    out += node.binders.size() == 2 ? " " + node.binders.back() + ")" : ")";
  }
  const std::size_t first = node.op == Op::kMem ? 1 : 0;
  const bool vec = index_count(node) > 0 || node.op == Op::kPsi ||
                   node.op == Op::kPut || node.op == Op::kReshape ||
                   node.op == Op::kMem;
  for (std::size_t k = 0; k < node.kids.size() + (vec && first == 1); ++k) {
    if (vec && k == first) out += " (vec";
    if (vec && k == first + index_count(node)) out += ")";
    if (k == node.kids.size()) break;
    if (k == 0 && !names_first && !node.binders.empty()) {
      out += " (" + node.binders.front() + " " + print(node.kids[0], names);
      out += node.op == Op::kFold ? ") (" + node.binders.back() + ")" : ")";
      continue;
    }
    std::vector<std::string> inner = names;
    if (bound_in(node, k) > 0) {
      inner.insert(inner.end(), node.binders.begin(), node.binders.end());
    }
    out += " " + print(node.kids[k], std::move(inner));
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
