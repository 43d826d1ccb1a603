// Terms: construction, names, substitution, reading and printing.
//
// One table row per operator says how it is written; binder shapes are the
// few special cases of bound_in, print and parse. May be wrong: a binder whose
// scope differs from FORMAT.md section 1 (the audit would notice: it replays
// every step with its own terms).
#include "spec/lang/term.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

#include "spec/lang/sexpr.h"

namespace minimoa {
namespace {

// How an operator is written: (word kid..) with `arity` kids, or by hand.
struct OpRow {
  Op op;
  const char* word;
  int kids;    // number of kids; -1: any number; -2: at least one
  bool plain;  // written (word kid..) without attributes or binders
};

constexpr OpRow kOps[] = {
    {Op::kInt, "", 0, false},
    {Op::kVar, "", 0, false},
    {Op::kTrue, "true", 0, false},
    {Op::kAdd, "+", 2, true},
    {Op::kSub, "-", 2, true},
    {Op::kMul, "*", 2, true},
    {Op::kDiv, "/", 2, true},
    {Op::kMax, "max", 2, true},
    {Op::kMin, "min", 2, true},
    {Op::kExpSub, "expsub", 2, true},
    {Op::kIntDiv, "div", 2, true},
    {Op::kIntMod, "mod", 2, true},
    {Op::kLt, "<", 2, true},
    {Op::kLe, "<=", 2, true},
    {Op::kEq, "==", 2, true},
    {Op::kNe, "!=", 2, true},
    {Op::kAnd, "and", 2, true},
    {Op::kOr, "or", 2, true},
    {Op::kNot, "not", 1, true},
    {Op::kAny, "any", 2, false},
    {Op::kIsZero, "iszero", 1, true},
    {Op::kReal, "real", 1, true},
    {Op::kRat, "rat", 0, false},
    {Op::kBottom, "bottom", 0, false},
    {Op::kNeg, "neg", 1, true},
    {Op::kExp, "exp", 1, true},
    {Op::kExp2, "exp2", 1, true},
    {Op::kLog, "log", 1, true},
    {Op::kSqrt, "sqrt", 1, true},
    {Op::kTanh, "tanh", 1, true},
    {Op::kIf, "if", 3, true},
    {Op::kRed, "red", 3, false},
    {Op::kOsMerge, "osmerge", 2, true},
    {Op::kGen, "gen", 2, false},
    {Op::kParGen, "pargen", 2, false},
    {Op::kPsi, "psi", -2, false},
    {Op::kTran, "tran", 1, false},
    {Op::kTake, "take", 2, true},
    {Op::kDrop, "drop", 2, true},
    {Op::kCat, "cat", 2, true},
    {Op::kRev, "rev", 1, true},
    {Op::kRot, "rot", 2, true},
    {Op::kReshape, "reshape", -2, false},
    {Op::kIota, "iota", 1, true},
    {Op::kRedf, "redf", 1, false},
    {Op::kInner, "inner", 2, false},
    {Op::kOuter, "outer", 2, false},
    {Op::kOmega, "omega", 2, false},
    {Op::kOmega2, "omega2", 3, false},
    {Op::kLet, "let", 2, false},
    {Op::kLetSlow, "letslow", 2, false},
    {Op::kTup, "tup", -1, true},
    {Op::kGet, "get", 1, false},
    {Op::kFold, "fold", 3, false},
    {Op::kMem, "mem", -2, false},
    {Op::kPut, "put", -2, false},
    {Op::kFor, "for", 2, false},
    {Op::kParFor, "parfor", 2, false},
    {Op::kWhen, "when", 2, true},
};

const OpRow& row_of(Op op) {
  const OpRow& row = kOps[static_cast<std::size_t>(op)];
  assert(row.op == op);
  return row;
}

bool arity_ok(const OpRow& row, std::size_t kids) {
  if (row.kids == -1) return true;
  if (row.kids == -2) return kids >= 1;
  return kids == static_cast<std::size_t>(row.kids);
}

std::size_t binder_count(Op op) {
  switch (op) {
    case Op::kGen:
    case Op::kParGen:
    case Op::kFor:
    case Op::kParFor:
    case Op::kAny:
    case Op::kRed:
    case Op::kLet:
    case Op::kLetSlow:
    case Op::kOmega:
      return 1;
    case Op::kFold:
    case Op::kOmega2:
      return 2;
    case Op::kInt:
    case Op::kVar:
    case Op::kTrue:
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMax:
    case Op::kMin:
    case Op::kExpSub:
    case Op::kIntDiv:
    case Op::kIntMod:
    case Op::kLt:
    case Op::kLe:
    case Op::kEq:
    case Op::kNe:
    case Op::kAnd:
    case Op::kOr:
    case Op::kNot:
    case Op::kIsZero:
    case Op::kReal:
    case Op::kRat:
    case Op::kBottom:
    case Op::kNeg:
    case Op::kExp:
    case Op::kExp2:
    case Op::kLog:
    case Op::kSqrt:
    case Op::kTanh:
    case Op::kIf:
    case Op::kOsMerge:
    case Op::kPsi:
    case Op::kTran:
    case Op::kTake:
    case Op::kDrop:
    case Op::kCat:
    case Op::kRev:
    case Op::kRot:
    case Op::kReshape:
    case Op::kIota:
    case Op::kRedf:
    case Op::kInner:
    case Op::kOuter:
    case Op::kTup:
    case Op::kGet:
    case Op::kMem:
    case Op::kPut:
    case Op::kWhen:
      return 0;
  }
  return 0;
}

// Is the bound name in scope in this kid? (FORMAT.md section 1, last lines)
bool binds_in(Op op, std::size_t kid) {
  if (op == Op::kOmega || op == Op::kOmega2) return kid == 0;
  if (op == Op::kFold) return kid == 2;
  return kid > 0;
}

Term make(Node node) {
  assert(arity_ok(row_of(node.op), node.kids.size()));
  assert(binder_count(node.op) == node.binders.size());
  return std::make_shared<const Node>(std::move(node));
}

bool same_head(const Node& a, const Node& b) {
  return a.op == b.op && a.kids.size() == b.kids.size() && a.value == b.value &&
         a.value2 == b.value2 && a.name2 == b.name2 && a.attrs == b.attrs &&
         a.binders.size() == b.binders.size();
}

void collect_free(const Term& t, std::vector<std::string>* bound, std::set<std::string>* out) {
  if (t->op == Op::kVar) {
    if (std::find(bound->begin(), bound->end(), t->name) == bound->end()) {
      out->insert(t->name);
    }
    return;
  }
  for (std::size_t i = 0; i < t->kids.size(); ++i) {
    const std::size_t mark = bound->size();
    if (!t->binders.empty() && binds_in(t->op, i)) {
      bound->insert(bound->end(), t->binders.begin(), t->binders.end());
    }
    collect_free(t->kids[i], bound, out);
    bound->resize(mark);
  }
}

// Pairs of names bound together, innermost last.
using Pairs = std::vector<std::pair<std::string, std::string>>;

bool same_variable(const std::string& a, const std::string& b, const Pairs& pairs) {
  for (std::size_t i = pairs.size(); i-- > 0;) {
    if (pairs[i].first == a || pairs[i].second == b) {
      return pairs[i].first == a && pairs[i].second == b;
    }
  }
  return a == b;
}

bool alpha(const Term& a, const Term& b, Pairs* pairs, bool identity) {
  if (identity && a == b) return true;
  if (a->op == Op::kVar) {
    return b->op == Op::kVar && same_variable(a->name, b->name, *pairs);
  }
  if (!same_head(*a, *b) || a->name != b->name) return false;
  for (std::size_t i = 0; i < a->kids.size(); ++i) {
    const std::size_t mark = pairs->size();
    bool still = identity;
    if (!a->binders.empty() && binds_in(a->op, i)) {
      for (std::size_t k = 0; k < a->binders.size(); ++k) {
        pairs->emplace_back(a->binders[k], b->binders[k]);
        still = still && a->binders[k] == b->binders[k];
      }
    }
    const bool same = alpha(a->kids[i], b->kids[i], pairs, still);
    pairs->resize(mark);
    if (!same) return false;
  }
  return true;
}

using Substitution = std::map<std::string, Term>;

std::set<std::string> names_in_range(const Substitution& s) {
  std::set<std::string> out;
  for (const auto& [from, to] : s) out.merge(free_vars(to));
  return out;
}

Term subst(const Term& t, const Substitution& s);

// The binder's kids under s: shadowed names leave s; a binder whose name
// occurs in what s brings in gets a fresh name.
Term subst_binder(const Term& t, const Substitution& s) {
  Substitution inner = s;
  for (const std::string& b : t->binders) inner.erase(b);
  std::set<std::string> body_free;
  for (std::size_t i = 0; i < t->kids.size(); ++i) {
    if (binds_in(t->op, i)) body_free.merge(free_vars(t->kids[i]));
  }
  for (auto it = inner.begin(); it != inner.end();) {
    it = body_free.count(it->first) != 0 ? std::next(it) : inner.erase(it);
  }
  std::vector<std::string> names = t->binders;
  const std::set<std::string> danger = names_in_range(inner);
  for (std::string& b : names) {
    if (danger.count(b) == 0) continue;
    std::set<std::string> used = danger;
    used.insert(body_free.begin(), body_free.end());
    used.insert(names.begin(), names.end());
    const std::string renamed = fresh(b, used);
    inner[b] = mk_var(renamed);
    b = renamed;
  }
  std::vector<Term> kids;
  bool changed = false;
  for (std::size_t i = 0; i < t->kids.size(); ++i) {
    const Substitution& use = binds_in(t->op, i) ? inner : s;
    kids.push_back(use.empty() ? t->kids[i] : subst(t->kids[i], use));
    changed = changed || kids.back() != t->kids[i];
  }
  if (!changed) return t;
  Node node = *t;
  node.kids = std::move(kids);
  node.binders = std::move(names);
  return make(std::move(node));
}

Term subst(const Term& t, const Substitution& s) {
  if (t->op == Op::kVar) {
    const auto it = s.find(t->name);
    return it == s.end() ? t : it->second;
  }
  if (!t->binders.empty()) return subst_binder(t, s);
  std::vector<Term> kids;
  bool changed = false;
  for (const Term& k : t->kids) {
    kids.push_back(subst(k, s));
    changed = changed || kids.back() != k;
  }
  return changed ? with_kids(t, std::move(kids)) : t;
}

void find_into(const Term& t, const std::function<bool(const Term&)>& pred, Position* here,
               std::vector<Position>* out) {
  if (pred(t)) out->push_back(*here);
  for (std::size_t i = 0; i < t->kids.size(); ++i) {
    here->push_back(i);
    find_into(t->kids[i], pred, here, out);
    here->pop_back();
  }
}

Term replace_from(const Term& t, const Position& p, std::size_t depth, const Term& by) {
  if (depth == p.size()) return by;
  assert(p[depth] < t->kids.size());
  std::vector<Term> kids = t->kids;
  kids[p[depth]] = replace_from(kids[p[depth]], p, depth + 1, by);
  return with_kids(t, std::move(kids));
}

}  // namespace

// --- construction ---

Term mk(Op op, std::vector<Term> kids) {
  Node node;
  node.op = op;
  node.kids = std::move(kids);
  return make(std::move(node));
}

Term mk_int(std::int64_t v) {
  Node node;
  node.op = Op::kInt;
  node.value = v;
  return make(std::move(node));
}

Term mk_var(std::string name) {
  Node node;
  node.op = Op::kVar;
  node.name = std::move(name);
  return make(std::move(node));
}

Term mk_rat(std::int64_t p, std::int64_t q) {
  Node node;
  node.op = Op::kRat;
  node.value = p;
  node.value2 = q;
  return make(std::move(node));
}

Term mk_bind(Op op, std::string v, Term n, Term body) {
  Node node;
  node.op = op;
  node.kids = {std::move(n), std::move(body)};
  node.binders = {std::move(v)};
  return make(std::move(node));
}

Term mk_red(std::string f, std::string j, Term n, Term g, Term x) {
  Node node;
  node.op = Op::kRed;
  node.name = std::move(f);
  node.kids = {std::move(n), std::move(g), std::move(x)};
  node.binders = {std::move(j)};
  return make(std::move(node));
}

Term mk_let(std::string x, Term e, Term b, bool slow) {
  Node node;
  node.op = slow ? Op::kLetSlow : Op::kLet;
  node.kids = {std::move(e), std::move(b)};
  node.binders = {std::move(x)};
  return make(std::move(node));
}

Term mk_fold(std::string j, std::string st, Term n, Term init, Term step) {
  Node node;
  node.op = Op::kFold;
  node.kids = {std::move(n), std::move(init), std::move(step)};
  node.binders = {std::move(j), std::move(st)};
  return make(std::move(node));
}

Term mk_psi(std::vector<Term> index, Term a) {
  index.push_back(std::move(a));
  return mk(Op::kPsi, std::move(index));
}

Term mk_put(std::vector<Term> index, Term e) {
  index.push_back(std::move(e));
  return mk(Op::kPut, std::move(index));
}

Term mk_mem(Term array, std::vector<Term> index) {
  index.insert(index.begin(), std::move(array));
  return mk(Op::kMem, std::move(index));
}

Term mk_get(std::int64_t k, Term e) {
  Node node;
  node.op = Op::kGet;
  node.value = k;
  node.kids = {std::move(e)};
  return make(std::move(node));
}

Term with_kids(const Term& t, std::vector<Term> kids) {
  Node node = *t;
  node.kids = std::move(kids);
  return make(std::move(node));
}

std::vector<std::string> bound_in(const Term& t, std::size_t kid) {
  if (t->binders.empty() || !binds_in(t->op, kid)) return {};
  return t->binders;
}

std::vector<Term> index_of(const Term& t) {
  assert(t->op == Op::kPsi || t->op == Op::kPut || t->op == Op::kMem);
  if (t->op == Op::kMem) return {t->kids.begin() + 1, t->kids.end()};
  return {t->kids.begin(), t->kids.end() - 1};
}

Term operand_of(const Term& t) {
  assert(t->op == Op::kPsi || t->op == Op::kPut || t->op == Op::kMem);
  return t->op == Op::kMem ? t->kids.front() : t->kids.back();
}

const char* op_word(Op op) { return row_of(op).word; }

std::optional<Op> op_from_word(std::string_view w) {
  for (const OpRow& row : kOps) {
    if (!w.empty() && w == row.word) return row.op;
  }
  return std::nullopt;
}

// --- operations ---

std::set<std::string> free_vars(const Term& t) {
  std::set<std::string> out;
  std::vector<std::string> bound;
  collect_free(t, &bound, &out);
  return out;
}

bool mentions(const Term& t, const std::string& variable) {
  return free_vars(t).count(variable) != 0;
}

std::vector<Term> conjuncts(const Term& g) {
  if (g->op == Op::kTrue) return {};
  if (g->op != Op::kAnd) return {g};
  std::vector<Term> out = conjuncts(g->kids[0]);
  for (Term& part : conjuncts(g->kids[1])) out.push_back(std::move(part));
  return out;
}

Term conjunction(const std::vector<Term>& parts, std::size_t first, std::size_t last) {
  Term out = mk(Op::kTrue);
  for (std::size_t k = first; k < std::min(last, parts.size()); ++k) {
    out = out->op == Op::kTrue ? parts[k] : mk(Op::kAnd, {out, parts[k]});
  }
  return out;
}

bool alpha_equal(const Term& a, const Term& b) {
  Pairs pairs;
  return alpha(a, b, &pairs, true);
}

Term substitute(const Term& t, const std::map<std::string, Term>& s) {
  return s.empty() ? t : subst(t, s);
}

Term at(const Term& t, const Position& p) {
  Term here = t;
  for (const std::size_t k : p) {
    assert(k < here->kids.size());
    here = here->kids[k];
  }
  return here;
}

Term replace_at(const Term& t, const Position& p, const Term& by) {
  return replace_from(t, p, 0, by);
}

std::size_t size(const Term& t) {
  std::size_t n = 1;
  for (const Term& k : t->kids) n += size(k);
  return n;
}

std::string fresh(const std::string& name, const std::set<std::string>& used) {
  if (used.count(name) == 0) return name;
  std::size_t end = name.size();
  while (end > 1 && name[end - 1] >= '0' && name[end - 1] <= '9') --end;
  const std::string stem = name.substr(0, end);
  for (std::size_t i = 1;; ++i) {
    std::string candidate = stem + std::to_string(i);
    if (used.count(candidate) == 0) return candidate;
  }
}

std::vector<Position> find_all(const Term& t, const std::function<bool(const Term&)>& pred) {
  std::vector<Position> out;
  Position here;
  find_into(t, pred, &here, &out);
  return out;
}

// --- printing ---

namespace {

void print_to(const Term& t, std::string* out);

void print_kids(const Term& t, std::size_t from, std::size_t to, std::string* out) {
  for (std::size_t i = from; i < to; ++i) {
    *out += ' ';
    print_to(t->kids[i], out);
  }
}

// (vec a b), written from kids [from, to).
void print_vec(const Term& t, std::size_t from, std::size_t to, std::string* out) {
  *out += " (vec";
  print_kids(t, from, to, out);
  *out += ')';
}

void print_bound(const Term& t, std::string* out) {
  *out += " (" + t->binders[0] + ' ';
  print_to(t->kids[0], out);
  *out += ')';
}

void print_attrs(const Term& t, std::string* out) {
  for (std::size_t i = 0; i < t->attrs.size(); ++i) {
    if (i > 0) *out += ' ';
    *out += std::to_string(t->attrs[i]);
  }
}

bool has_bound(Op op) {
  return op == Op::kGen || op == Op::kParGen || op == Op::kFor || op == Op::kParFor ||
         op == Op::kAny || op == Op::kRed || op == Op::kFold;
}

bool has_vector(Op op) { return op == Op::kPsi || op == Op::kPut || op == Op::kReshape; }

// Operator words, numbers and bound names between the word and the kids.
void print_between(const Term& t, std::string* out) {
  if (t->op == Op::kRat) {
    *out += ' ' + std::to_string(t->value) + ' ' + std::to_string(t->value2);
  } else if (t->op == Op::kGet) {
    *out += ' ' + std::to_string(t->value);
  } else if (t->op == Op::kTran) {
    *out += " (";
    print_attrs(t, out);
    *out += ')';
  } else if (t->op == Op::kOmega || t->op == Op::kOmega2) {
    *out += ' ';
    print_attrs(t, out);
  } else {
    if (!t->name.empty()) *out += ' ' + t->name;
    if (!t->name2.empty()) *out += ' ' + t->name2;
  }
}

void print_special(const Term& t, std::string* out) {
  const std::size_t n = t->kids.size();
  print_between(t, out);
  std::size_t done = 0;
  if (has_bound(t->op)) {
    print_bound(t, out);
    done = 1;
  } else if (has_vector(t->op)) {
    print_vec(t, 0, n - 1, out);
    done = n - 1;
  } else if (t->op == Op::kMem) {
    print_kids(t, 0, 1, out);
    print_vec(t, 1, n, out);
    done = n;
  } else if (!t->binders.empty()) {
    *out += " (" + t->binders[0];
    if (t->binders.size() > 1) *out += ' ' + t->binders[1];
    *out += ')';
  }
  if (t->op == Op::kFold) *out += " (" + t->binders[1] + ')';
  print_kids(t, done, n, out);
}

void print_to(const Term& t, std::string* out) {
  const OpRow& row = row_of(t->op);
  if (t->op == Op::kInt) {
    *out += std::to_string(t->value);
  } else if (t->op == Op::kVar) {
    *out += t->name;
  } else if (t->op == Op::kTrue || t->op == Op::kBottom) {
    *out += row.word;
  } else {
    *out += '(';
    *out += row.word;
    if (row.plain) {
      print_kids(t, 0, t->kids.size(), out);
    } else {
      print_special(t, out);
    }
    *out += ')';
  }
}

// --- reading ---

bool is_redop(const std::string& w) { return w == "add" || w == "mul" || w == "max" || w == "min"; }

bool is_pointop(const std::string& w) {
  return w == "+" || w == "-" || w == "*" || w == "/" || w == "max" || w == "min";
}

enum class Reading { kTerm, kPattern };

// Reads one term; the first failure is kept and everything after it is void.
class TermReader {
 public:
  explicit TermReader(Reading reading) : pattern_(reading == Reading::kPattern) {}

  Term read(const Sexpr& s) {
    if (!error.empty()) return nullptr;
    if (s.is_atom()) return atom(s);
    const std::string head = s.head();
    if (pattern_ && is_pattern_head(head)) return pattern_list(s, head);
    const std::optional<Op> op = op_from_word(head);
    if (!op || *op == Op::kTrue || *op == Op::kBottom) {
      return fail(s, "unknown operator '" + head + "'");
    }
    const OpRow& row = row_of(*op);
    return row.plain ? plain(s, row) : special(s, *op);
  }

  std::string error;

 private:
  Term fail(const Sexpr& s, const std::string& what) {
    if (error.empty()) {
      error = std::to_string(s.line) + ":" + std::to_string(s.column) + ": " + what;
    }
    return nullptr;
  }

  static bool is_pattern_head(const std::string& head) {
    return is_rule_variable(head) || head == "op" || head == "permute" || head == "unravel";
  }

  bool is_variable(const Sexpr& s) const {
    return pattern_ && s.is_atom() && is_rule_variable(s.text);
  }

  // (?f a..), (op ?F a..), (permute ?t ?p..), (unravel ?A (vec ?u..) p..)
  Term pattern_list(const Sexpr& s, const std::string& head) {
    Node node;
    node.name = head;
    if (is_rule_variable(head)) return finish(s, Op::kTup, 1, std::move(node));
    if (s.kids.size() < 3 || !is_variable(s.kids[1])) {
      return fail(s, "'" + head + "' needs a variable");
    }
    if (head == "unravel") {
      node.kids.push_back(read(s.kids[1]));
      if (!vec(s.kids[2], &node)) return nullptr;
      if (node.kids.size() != 2 || !is_splice(node.kids[1]->name)) {
        return fail(s, "unravel needs (vec ?u..)");
      }
      return finish(s, Op::kTup, 3, std::move(node));
    }
    node.name2 = s.kids[1].text;
    return finish(s, Op::kTup, 2, std::move(node));
  }

  Term atom(const Sexpr& s) {
    if (pattern_ && (is_rule_variable(s.text) || is_splice(s.text))) {
      return mk_var(s.text);
    }
    if (is_integer(s.text)) {
      const std::optional<std::int64_t> v = integer(s);
      return v ? mk_int(*v) : nullptr;
    }
    if (s.text == "true") return mk(Op::kTrue);
    if (s.text == "bottom") return mk(Op::kBottom);
    if (is_identifier(s.text)) return mk_var(s.text);
    return fail(s, "expected a term, got '" + s.text + "'");
  }

  std::optional<std::int64_t> integer(const Sexpr& s) {
    if (!s.is_atom() || !is_integer(s.text) || s.text.size() > 18) {
      fail(s, "expected an integer of at most 18 characters");
      return std::nullopt;
    }
    return std::stoll(s.text);
  }

  Term plain(const Sexpr& s, const OpRow& row) {
    if (!arity_ok(row, s.kids.size() - 1)) {
      return fail(s, "wrong number of arguments of '" + std::string(row.word) + "'");
    }
    return finish(s, row.op, 1, Node());
  }

  // The rest of s, from child `from`, as kids of node.
  Term finish(const Sexpr& s, Op op, std::size_t from, Node node) {
    node.op = op;
    for (std::size_t i = from; i < s.kids.size(); ++i) {
      node.kids.push_back(read(s.kids[i]));
    }
    if (!error.empty()) return nullptr;
    if (!arity_ok(row_of(op), node.kids.size())) {
      return fail(s, "wrong number of arguments of '" + std::string(op_word(op)) + "'");
    }
    return make(std::move(node));
  }

  bool shaped(const Sexpr& s, std::size_t items) {
    if (s.kids.size() == items) return true;
    fail(s, "'" + s.head() + "' is not written this way");
    return false;
  }

  // (v n): name into binders, bound into kids.
  bool bound(const Sexpr& s, Node* node) {
    if (!s.is_list() || s.kids.size() != 2 || !name(s.kids[0], node)) {
      fail(s, "expected (name bound)");
      return false;
    }
    node->kids.push_back(read(s.kids[1]));
    return error.empty();
  }

  bool name(const Sexpr& s, Node* node) {
    if (!s.is_atom() || !is_identifier(s.text)) {
      fail(s, "expected a name");
      return false;
    }
    node->binders.push_back(s.text);
    return true;
  }

  bool names(const Sexpr& s, std::size_t count, Node* node) {
    if (!s.is_list() || s.kids.size() != count) {
      fail(s, "expected " + std::to_string(count) + " bound name(s)");
      return false;
    }
    for (const Sexpr& k : s.kids) {
      if (!name(k, node)) return false;
    }
    if (count == 2 && node->binders[0] == node->binders[1]) {
      fail(s, "one name is bound twice");
      return false;
    }
    return true;
  }

  bool vec(const Sexpr& s, Node* node) {
    if (s.head() != "vec") {
      fail(s, "expected (vec ..)");
      return false;
    }
    for (std::size_t i = 1; i < s.kids.size(); ++i) {
      node->kids.push_back(read(s.kids[i]));
    }
    return error.empty();
  }

  // A rank: a number into out, or a rule variable into its name.
  bool rank(const Sexpr& s, std::vector<std::int64_t>* out, std::string* name) {
    if (!is_variable(s)) return nat(s, out);
    *name = s.text;
    return true;
  }

  bool nat(const Sexpr& s, std::vector<std::int64_t>* out) {
    const std::optional<std::int64_t> v = integer(s);
    if (!v || *v < 0) {
      fail(s, "expected a number >= 0");
      return false;
    }
    out->push_back(*v);
    return true;
  }

  bool word(const Sexpr& s, bool known, std::string* out) {
    if (!s.is_atom() || !(known || is_variable(s))) {
      fail(s, "'" + s.text + "' is not an operator here");
      return false;
    }
    *out = s.text;
    return true;
  }

  // Items that a form written by hand has, its own word included.
  static std::size_t written_items(Op op) {
    if (op == Op::kOmega2) return 7;
    if (op == Op::kRed || op == Op::kFold || op == Op::kOmega || op == Op::kInner) {
      return 5;
    }
    if (op == Op::kLet || op == Op::kLetSlow || op == Op::kOuter) return 4;
    return 3;
  }

  // Attributes, then the bound or the bound names, then the rest as kids.
  Term special(const Sexpr& s, Op op) {
    Node node;
    std::size_t next = 1;
    if (!shaped(s, written_items(op))) return nullptr;
    if (op == Op::kRat) return rational(s);
    if (!attributes(s, op, &next, &node)) return nullptr;
    if (has_bound(op) && !bound(s.kids[next++], &node)) return nullptr;
    if (op == Op::kMem) node.kids.push_back(read(s.kids[next++]));
    if (!error.empty()) return nullptr;
    if ((has_vector(op) || op == Op::kMem) && !vec(s.kids[next++], &node)) {
      return nullptr;
    }
    const std::size_t names_left = binder_count(op) - node.binders.size();
    if (names_left > 0 && !names(s.kids[next++], names_left, &node)) {
      return nullptr;
    }
    return finish(s, op, next, std::move(node));
  }

  bool attributes(const Sexpr& s, Op op, std::size_t* next, Node* node) {
    const Sexpr& first = s.kids[*next];
    if (op == Op::kRed || op == Op::kRedf || op == Op::kInner) {
      ++*next;
      const bool osm = op == Op::kRed && first.text == "osm";
      if (!word(first, osm || is_redop(first.text), &node->name)) return false;
    }
    if (op == Op::kInner || op == Op::kOuter) {
      const Sexpr& g = s.kids[(*next)++];
      std::string* name = op == Op::kInner ? &node->name2 : &node->name;
      return word(g, is_pointop(g.text), name);
    }
    if (op == Op::kOmega || op == Op::kOmega2) {
      ++*next;
      if (!rank(first, &node->attrs, &node->name)) return false;
    }
    if (op == Op::kOmega2) {
      return rank(s.kids[(*next)++], &node->attrs, &node->name2);
    }
    if (op == Op::kTran) {
      ++*next;
      if (is_variable(first)) node->name = first.text;
      return perm(first, &node->attrs);
    }
    if (op == Op::kGet) {
      ++*next;
      std::vector<std::int64_t> k;
      if (!nat(first, &k)) return false;
      node->value = k[0];
    }
    return true;
  }

  bool perm(const Sexpr& s, std::vector<std::int64_t>* out) {
    if (is_variable(s)) return true;
    if (!s.is_list()) {
      fail(s, "expected a permutation");
      return false;
    }
    for (const Sexpr& k : s.kids) {
      if (!nat(k, out)) return false;
    }
    std::vector<std::int64_t> sorted = *out;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      if (sorted[i] != static_cast<std::int64_t>(i)) {
        fail(s, "not a permutation");
        return false;
      }
    }
    return true;
  }

  Term rational(const Sexpr& s) {
    if (!shaped(s, 3)) return nullptr;
    const std::optional<std::int64_t> p = integer(s.kids[1]);
    const std::optional<std::int64_t> q = integer(s.kids[2]);
    if (!p || !q) return nullptr;
    const std::int64_t gcd = std::gcd(*p, *q);
    if (*q < 2 || gcd != 1) return fail(s, "rational is not reduced");
    return mk_rat(*p, *q);
  }

  bool pattern_;
};

std::optional<Term> read_as(Reading reading, const Sexpr& s, std::string* error) {
  TermReader reader(reading);
  Term t = reader.read(s);
  if (t != nullptr && reader.error.empty()) return t;
  if (error != nullptr) *error = reader.error;
  return std::nullopt;
}

}  // namespace

std::string print(const Term& t) {
  std::string out;
  print_to(t, &out);
  return out;
}

std::optional<Term> parse_term(std::string_view text, std::string* error) {
  const auto all = parse_sexprs(text, SexprDialect::kTerm, error);
  if (!all) return std::nullopt;
  if (all->size() != 1) {
    if (error != nullptr) *error = "expected exactly one term";
    return std::nullopt;
  }
  return term_of_sexpr(all->front(), error);
}

std::optional<Term> term_of_sexpr(const Sexpr& s, std::string* error) {
  return read_as(Reading::kTerm, s, error);
}

std::optional<Term> pattern_of_sexpr(const Sexpr& s, std::string* error) {
  return read_as(Reading::kPattern, s, error);
}

}  // namespace minimoa
