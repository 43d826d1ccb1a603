// Patterns: values of rule variables, instances of a side, matching.
//
// Matching opens each binder with a name no program can write ("%0"), so a
// value that still mentions one depends on a variable it may not see. An
// applied variable (?f a b) is found by abstraction: every occurrence of the
// arguments in the subterm becomes a parameter. May be wrong: a match is only
// a proposal; rules.cpp compares the instance of the whole side afterwards.
#include <algorithm>
#include <cassert>
#include <utility>

#include "spec/lang/rule_row.h"

namespace minimoa {
namespace {

void collect_names(const Term& t, std::set<std::string>* out) {
  if (t->op == Op::kVar) out->insert(t->name);
  out->insert(t->binders.begin(), t->binders.end());
  for (const Term& k : t->kids) collect_names(k, out);
}

void collect_binders(const Term& t, std::vector<std::string>* out) {
  for (const std::string& b : t->binders) {
    if (std::find(out->begin(), out->end(), b) == out->end()) {
      out->push_back(b);
    }
  }
  for (const Term& k : t->kids) collect_binders(k, out);
}

void collect_variables(const Term& t, std::set<std::string>* out) {
  for (const std::string& word : {t->name, t->name2}) {
    if (is_rule_variable(word)) out->insert(word);
    if (is_splice(word)) out->insert(word.substr(0, word.size() - 2));
  }
  for (const Term& k : t->kids) collect_variables(k, out);
}

// Replaces variables without any care for capture.
Term graft(const Term& t, const std::map<std::string, Term>& s) {
  if (t->op == Op::kVar) {
    const auto it = s.find(t->name);
    return it == s.end() ? t : it->second;
  }
  std::vector<Term> kids;
  bool changed = false;
  for (std::size_t i = 0; i < t->kids.size(); ++i) {
    std::map<std::string, Term> inside = s;
    for (const std::string& b : bound_in(t, i)) inside.erase(b);
    kids.push_back(inside.empty() ? t->kids[i] : graft(t->kids[i], inside));
    changed = changed || kids.back() != t->kids[i];
  }
  return changed ? with_kids(t, std::move(kids)) : t;
}

std::map<std::string, Term> bind_params(const Value& v, const std::vector<Term>& args) {
  std::map<std::string, Term> out;
  for (std::size_t i = 0; i < args.size(); ++i) out[v.params[i]] = args[i];
  return out;
}

// The row-major index into `shape` of the row-major offset of p in u.
std::vector<Term> unravel(const std::vector<Term>& shape, const std::vector<Term>& u,
                          const std::vector<Term>& p) {
  if (shape.empty()) return {};
  Term offset = p.empty() ? mk_int(0) : p[0];
  for (std::size_t i = 1; i < p.size(); ++i) {
    offset = mk(Op::kAdd, {mk(Op::kMul, {offset, u[i]}), p[i]});
  }
  std::vector<Term> out(shape.size());
  for (std::size_t k = shape.size() - 1; k > 0; --k) {
    out[k] = mk(Op::kIntMod, {offset, shape[k]});
    offset = mk(Op::kIntDiv, {offset, shape[k]});
  }
  out[0] = offset;
  return out;
}

// --- instances ---

class Instantiator {
 public:
  Instantiator(const Values& values, const std::map<std::string, std::string>& names,
               const Scope& scope, const Spec& spec)
      : values_(values), names_(names), scope_(scope), spec_(spec) {}

  Instance run(const Term& pattern) {
    Term t = build(pattern);
    return {error_.empty(), t, captured_, error_};
  }

 private:
  Term fail(const std::string& what) {
    if (error_.empty()) error_ = what;
    return mk_int(0);
  }

  const Value* value(const std::string& name) {
    const auto it = values_.find(name);
    if (it != values_.end()) return &it->second;
    fail("variable " + name + " is not determined");
    return nullptr;
  }

  std::string renamed(const std::string& binder) const {
    const auto it = names_.find(binder);
    return it == names_.end() ? binder : it->second;
  }

  // A value enters the scope of the pattern's binders.
  Term enter_scope(const Term& t, const std::vector<std::string>& params) {
    std::set<std::string> names = free_vars(t);
    for (const std::string& p : params) names.erase(p);
    for (const std::string& b : active_) {
      if (names.count(b) != 0) captured_ = true;
    }
    return t;
  }

  Term build(const Term& p) {
    if (!error_.empty()) return mk_int(0);
    if (p->op == Op::kVar) return variable(p);
    if (is_application(p)) return application(p);
    if (is_op_pattern(p)) return pointwise(p);
    return node(p);
  }

  Term variable(const Term& p) {
    if (!is_pattern_var(p)) return mk_var(renamed(p->name));
    if (is_splice_var(p)) return fail("a sequence stands alone");
    const Value* v = value(p->name);
    if (v == nullptr) return mk_int(0);
    if (v->body == nullptr || !v->params.empty()) {
      return fail("variable " + p->name + " needs a plain term");
    }
    return enter_scope(v->body, {});
  }

  Term application(const Term& p) {
    const Value* v = value(p->name);
    if (v == nullptr) return mk_int(0);
    if (v->params.size() != p->kids.size()) {
      return fail("variable " + p->name + " needs (fn ..) with " + std::to_string(p->kids.size()) +
                  " parameter(s)");
    }
    enter_scope(v->body, v->params);
    std::vector<Term> args;
    for (const Term& k : p->kids) args.push_back(build(k));
    if (!error_.empty()) return mk_int(0);
    const auto s = bind_params(*v, args);
    const Term plain = graft(v->body, s);
    if (!alpha_equal(plain, substitute(v->body, s))) captured_ = true;
    return plain;
  }

  Term pointwise(const Term& p) {
    const Value* v = value(p->name2);
    if (v == nullptr) return mk_int(0);
    const std::optional<Op> op = op_from_word(v->word);
    const bool fits =
        op && (p->kids.size() == 1 ? is_unary_pointwise(*op) : is_binary_pointwise(*op));
    if (!fits) return fail("'" + v->word + "' is not such an operator");
    std::vector<Term> kids;
    for (const Term& k : p->kids) kids.push_back(build(k));
    return mk(*op, std::move(kids));
  }

  Term node(const Term& p) {
    Node out = *p;
    out.kids.clear();
    attributes(&out);
    for (std::string& b : out.binders) b = renamed(b);
    for (std::size_t i = 0; i < p->kids.size(); ++i) {
      const std::size_t mark = active_.size();
      for (const std::string& b : bound_in(p, i)) {
        active_.push_back(renamed(b));
      }
      append(p->kids[i], &out.kids);
      active_.resize(mark);
    }
    if (!error_.empty()) return mk_int(0);
    return std::make_shared<const Node>(std::move(out));
  }

  void attributes(Node* out) {
    const bool ranks = out->op == Op::kTran || out->op == Op::kOmega || out->op == Op::kOmega2;
    for (std::string* word : {&out->name, &out->name2}) {
      if (!is_rule_variable(*word)) continue;
      const Value* v = value(*word);
      if (v == nullptr) return;
      *word = ranks ? "" : v->word;
      if (ranks) {
        out->attrs.insert(out->attrs.end(), v->numbers.begin(), v->numbers.end());
      }
    }
  }

  void append(const Term& p, std::vector<Term>* out) {
    if (!is_splice_var(p) && !is_permute(p) && !is_unravel(p)) {
      out->push_back(build(p));
      return;
    }
    for (const Term& t : sequence(p)) out->push_back(enter_scope(t, {}));
  }

  std::vector<Term> sequence(const Term& p) {
    if (is_permute(p)) return permuted(p);
    if (is_unravel(p)) return unraveled(p);
    const Value* v = value(splice_name(p));
    return v == nullptr ? std::vector<Term>{} : v->seq;
  }

  std::vector<Term> permuted(const Term& p) {
    const Value* perm = value(p->name2);
    if (perm == nullptr || !is_splice_var(p->kids[0])) return {};
    const std::vector<Term> from = sequence(p->kids[0]);
    std::vector<Term> out;
    for (const std::int64_t k : perm->numbers) {
      if (k >= static_cast<std::int64_t>(from.size())) {
        fail("permutation does not fit the index");
        return {};
      }
      out.push_back(from[static_cast<std::size_t>(k)]);
    }
    return out;
  }

  std::vector<Term> unraveled(const Term& p) {
    const Typed a = type_of(build(p->kids[0]), scope_, spec_);
    std::vector<Term> index;
    const std::vector<Term> u = sequence(p->kids[1]);
    for (std::size_t i = 2; i < p->kids.size(); ++i) append(p->kids[i], &index);
    if (!a.ok) fail(a.error);
    if (u.size() != index.size()) fail("reshape needs a full index");
    if (!error_.empty()) return {};
    return unravel(a.type.shape, u, index);
  }

  const Values& values_;
  const std::map<std::string, std::string>& names_;
  const Scope& scope_;
  const Spec& spec_;
  std::vector<std::string> active_;
  bool captured_ = false;
  std::string error_;
};

// --- matching ---

struct State {
  Match found;
  // Pattern binder, the name that stands for it, the name it had.
  struct Opened {
    std::string pattern, open, original;
  };
  std::vector<Opened> opened;
};
using States = std::vector<State>;

bool mentions_opened(const Term& t) {
  for (const std::string& name : free_vars(t)) {
    if (name[0] == '%') return true;
  }
  return false;
}

// The argument pattern as a term, if all its variables are known.
std::optional<Term> resolve(const Term& p, const State& state) {
  if (p->op == Op::kVar && is_pattern_var(p)) {
    const auto it = state.found.values.find(p->name);
    if (it == state.found.values.end()) return std::nullopt;
    return it->second.body;
  }
  if (p->op == Op::kVar) {
    for (std::size_t i = state.opened.size(); i-- > 0;) {
      if (state.opened[i].pattern == p->name) {
        return mk_var(state.opened[i].open);
      }
    }
    return std::nullopt;
  }
  if (!p->binders.empty() || is_op_pattern(p) || is_permute(p)) {
    return std::nullopt;
  }
  std::vector<Term> kids;
  for (const Term& k : p->kids) {
    const std::optional<Term> kid = resolve(k, state);
    if (!kid) return std::nullopt;
    kids.push_back(*kid);
  }
  if (!is_application(p)) return with_kids(p, std::move(kids));
  const auto it = state.found.values.find(p->name);
  if (it == state.found.values.end() || it->second.params.size() != kids.size()) {
    return std::nullopt;
  }
  return substitute(it->second.body, bind_params(it->second, kids));
}

// t with every occurrence of args[i] replaced by the variable params[i].
Term abstract(const Term& t, const std::vector<Term>& args, const std::vector<bool>& live,
              const std::vector<std::string>& params) {
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (live[i] && alpha_equal(t, args[i])) return mk_var(params[i]);
  }
  std::vector<Term> kids;
  bool changed = false;
  for (std::size_t k = 0; k < t->kids.size(); ++k) {
    std::vector<bool> inside = live;
    const std::vector<std::string> bound = bound_in(t, k);
    for (std::size_t i = 0; !bound.empty() && i < args.size(); ++i) {
      const std::set<std::string> names = free_vars(args[i]);
      for (const std::string& b : bound) {
        if (names.count(b) != 0) inside[i] = false;
      }
    }
    kids.push_back(abstract(t->kids[k], args, inside, params));
    changed = changed || kids.back() != t->kids[k];
  }
  return changed ? with_kids(t, std::move(kids)) : t;
}

class Matcher {
 public:
  States run(const Term& p, const Term& t, State state) const {
    if (p->op == Op::kVar) return variable(p, t, std::move(state));
    if (is_application(p)) return application(p, t, std::move(state));
    if (is_op_pattern(p)) return pointwise(p, t, std::move(state));
    return node(p, t, std::move(state));
  }

 private:
  States variable(const Term& p, const Term& t, State state) const {
    if (!is_pattern_var(p)) {
      const std::optional<Term> name = resolve(p, state);
      if (name && alpha_equal(*name, t)) return {std::move(state)};
      return {};
    }
    const auto it = state.found.values.find(p->name);
    if (it == state.found.values.end()) {
      if (mentions_opened(t)) return {};
      state.found.values[p->name].body = t;
      return {std::move(state)};
    }
    const Value& v = it->second;
    if (v.body == nullptr || !alpha_equal(v.body, t)) return {};
    return {std::move(state)};
  }

  States application(const Term& p, const Term& t, State state) const {
    if (state.found.values.count(p->name) != 0) {
      const std::optional<Term> known = resolve(p, state);
      if (known && !alpha_equal(*known, t)) return {};
      return {std::move(state)};
    }
    std::vector<Term> args;
    for (const Term& k : p->kids) {
      const std::optional<Term> arg = resolve(k, state);
      if (!arg) return {std::move(state)};  // left open
      args.push_back(*arg);
    }
    Value v = abstraction(p, t, args, state);
    Term closed = v.body;
    for (const std::string& name : v.params) {
      closed = substitute(closed, {{name, mk_int(0)}});
    }
    if (mentions_opened(closed)) return {};
    state.found.values[p->name] = std::move(v);
    return {std::move(state)};
  }

  static Value abstraction(const Term& p, const Term& t, const std::vector<Term>& args,
                           const State& state) {
    std::set<std::string> used;
    collect_names(t, &used);
    Value v;
    for (std::size_t i = 0; i < args.size(); ++i) {
      std::string name = "x";
      for (const State::Opened& o : state.opened) {
        if (p->kids[i]->op == Op::kVar && args[i]->op == Op::kVar && o.open == args[i]->name) {
          name = o.original;
        }
      }
      v.params.push_back(fresh(name, used));
      used.insert(v.params.back());
    }
    v.body = abstract(t, args, std::vector<bool>(args.size(), true), v.params);
    return v;
  }

  States pointwise(const Term& p, const Term& t, State state) const {
    const bool fits = p->kids.size() == 1 ? is_unary_pointwise(t->op) : is_binary_pointwise(t->op);
    if (!fits || !bind_word(p->name2, op_word(t->op), &state)) return {};
    return sequence(p, t, 0, 0, std::move(state));
  }

  static bool bind_word(const std::string& name, const std::string& word, State* state) {
    Value v;
    v.word = word;
    const auto [it, is_new] = state->found.values.emplace(name, v);
    return is_new || it->second.word == word;
  }

  static bool bind_numbers(const std::string& name, std::vector<std::int64_t> numbers,
                           State* state) {
    Value v;
    v.numbers = std::move(numbers);
    const auto [it, is_new] = state->found.values.emplace(name, v);
    return is_new || it->second.numbers == v.numbers;
  }

  static bool attributes(const Node& p, const Node& t, State* state) {
    if (p.value != t.value || p.value2 != t.value2) return false;
    if (p.op == Op::kTran && is_rule_variable(p.name)) {
      return bind_numbers(p.name, t.attrs, state);
    }
    if (p.op == Op::kOmega && is_rule_variable(p.name)) {
      return bind_numbers(p.name, {t.attrs[0]}, state);
    }
    if (p.op == Op::kOmega2 && is_rule_variable(p.name)) {
      return bind_numbers(p.name, {t.attrs[0]}, state) &&
             bind_numbers(p.name2, {t.attrs[1]}, state);
    }
    return p.attrs == t.attrs && word(p.name, t.name, state) && word(p.name2, t.name2, state);
  }

  static bool word(const std::string& p, const std::string& t, State* state) {
    return is_rule_variable(p) ? bind_word(p, t, state) : p == t;
  }

  States node(const Term& p, const Term& t, State state) const {
    if (p->op != t->op || !attributes(*p, *t, &state)) return {};
    const bool open_index = std::any_of(p->kids.begin(), p->kids.end(), [](const Term& k) {
      return is_permute(k) || is_unravel(k);
    });
    if (open_index) return run(p->kids.back(), t->kids.back(), state);
    for (std::size_t i = 0; i < p->binders.size(); ++i) {
      state.found.binders.emplace(p->binders[i], t->binders[i]);
    }
    return sequence(p, t, 0, 0, std::move(state));
  }

  // Kids of p from i against kids of t from k; sequences shortest first.
  States sequence(const Term& p, const Term& t, std::size_t i, std::size_t k, State state) const {
    if (i == p->kids.size()) {
      if (k != t->kids.size()) return {};
      return {std::move(state)};
    }
    if (is_splice_var(p->kids[i])) return splice(p, t, i, k, state);
    if (k >= t->kids.size()) return {};
    States out;
    for (State& next : kid(p, t, i, k, std::move(state))) {
      for (State& done : sequence(p, t, i + 1, k + 1, std::move(next))) {
        out.push_back(std::move(done));
      }
    }
    return out;
  }

  States kid(const Term& p, const Term& t, std::size_t i, std::size_t k, State state) const {
    if (bound_in(p, i).empty()) {
      return run(p->kids[i], t->kids[k], std::move(state));
    }
    const std::size_t mark = state.opened.size();
    std::map<std::string, Term> open;
    for (std::size_t b = 0; b < p->binders.size(); ++b) {
      const std::string name = "%" + std::to_string(state.opened.size());
      state.opened.push_back({p->binders[b], name, t->binders[b]});
      open[t->binders[b]] = mk_var(name);
    }
    States out = run(p->kids[i], substitute(t->kids[k], open), std::move(state));
    for (State& s : out) s.opened.resize(mark);
    return out;
  }

  States splice(const Term& p, const Term& t, std::size_t i, std::size_t k,
                const State& state) const {
    const std::string name = splice_name(p->kids[i]);
    const auto known = state.found.values.find(name);
    States out;
    std::vector<Term> taken;
    for (std::size_t end = k; end <= t->kids.size(); ++end) {
      const bool fits = known == state.found.values.end() || same_terms(known->second.seq, taken);
      if (fits) {
        State next = state;
        next.found.values[name].seq = taken;
        for (State& done : sequence(p, t, i + 1, end, std::move(next))) {
          out.push_back(std::move(done));
        }
      }
      if (end == t->kids.size() || mentions_opened(t->kids[end])) break;
      taken.push_back(t->kids[end]);
    }
    return out;
  }

  static bool same_terms(const std::vector<Term>& a, const std::vector<Term>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), alpha_equal);
  }
};

// --- values as text ---

std::string print_numbers(const std::vector<std::int64_t>& numbers) {
  std::string out;
  for (const std::int64_t n : numbers) {
    out += (out.empty() ? "" : " ") + std::to_string(n);
  }
  return out;
}

class ValueReader {
 public:
  std::optional<Value> read(const RuleVar& var, const Sexpr& s) {
    switch (var.kind) {
      case VarKind::kIndices:
        return sequence(s);
      case VarKind::kOp:
      case VarKind::kRedop:
        if (!s.is_atom()) return fail("expected an operator word");
        value_.word = s.text;
        return value_;
      case VarKind::kPerm:
        return s.is_list() ? numbers(s.kids) : fail("expected (0 2 1)");
      case VarKind::kNat:
        return numbers({s});
      case VarKind::kIndex:
      case VarKind::kValue:
      case VarKind::kBool:
      case VarKind::kStmt:
        return var.arity > 0 ? function(var, s) : term(s);
    }
    return fail("unknown kind");
  }

  std::string error;

 private:
  std::optional<Value> fail(const std::string& what) {
    error = what;
    return std::nullopt;
  }

  std::optional<Value> term(const Sexpr& s) {
    const std::optional<Term> t = term_of_sexpr(s, &error);
    if (!t) return std::nullopt;
    value_.body = *t;
    return value_;
  }

  std::optional<Value> function(const RuleVar& var, const Sexpr& s) {
    if (s.head() != "fn" || s.kids.size() != 3 || !s.kids[1].is_list() ||
        s.kids[1].kids.size() != static_cast<std::size_t>(var.arity)) {
      return fail("expected (fn (..) body) with " + std::to_string(var.arity) + " parameter(s)");
    }
    for (const Sexpr& p : s.kids[1].kids) {
      const auto& seen = value_.params;
      if (!p.is_atom() || !is_identifier(p.text) ||
          std::find(seen.begin(), seen.end(), p.text) != seen.end()) {
        return fail("expected distinct parameter names");
      }
      value_.params.push_back(p.text);
    }
    return term(s.kids[2]);
  }

  std::optional<Value> sequence(const Sexpr& s) {
    if (s.head() != "seq") return fail("expected (seq ..)");
    for (std::size_t i = 1; i < s.kids.size(); ++i) {
      const std::optional<Term> t = term_of_sexpr(s.kids[i], &error);
      if (!t) return std::nullopt;
      value_.seq.push_back(*t);
    }
    return value_;
  }

  std::optional<Value> numbers(const std::vector<Sexpr>& items) {
    for (const Sexpr& n : items) {
      if (!n.is_atom() || !is_integer(n.text) || n.text[0] == '-' || n.text.size() > 4) {
        return fail("expected small numbers");
      }
      value_.numbers.push_back(std::stoll(n.text));
    }
    return value_;
  }

  Value value_;
};

}  // namespace

std::string print_value(const RuleVar& var, const Value& value) {
  switch (var.kind) {
    case VarKind::kIndices: {
      std::string out = "(seq";
      for (const Term& t : value.seq) out += ' ' + print(t);
      return out + ')';
    }
    case VarKind::kOp:
    case VarKind::kRedop:
      return value.word;
    case VarKind::kPerm:
      return '(' + print_numbers(value.numbers) + ')';
    case VarKind::kNat:
      return print_numbers(value.numbers);
    case VarKind::kIndex:
    case VarKind::kValue:
    case VarKind::kBool:
    case VarKind::kStmt:
      break;
  }
  if (var.arity == 0) return print(value.body);
  std::string out = "(fn (";
  for (const std::string& p : value.params) {
    out += (out.back() == '(' ? "" : " ") + p;
  }
  return out + ") " + print(value.body) + ')';
}

std::optional<Value> parse_value(const RuleVar& var, const std::string& text, std::string* error) {
  const auto all = parse_sexprs(text, SexprDialect::kTerm, error);
  if (!all) return std::nullopt;
  if (all->size() != 1) {
    *error = "expected one text";
    return std::nullopt;
  }
  ValueReader reader;
  auto value = reader.read(var, all->front());
  if (!value) *error = reader.error;
  return value;
}

bool is_pattern_var(const Term& t) { return t->op == Op::kVar && t->name[0] == '?'; }

bool is_splice_var(const Term& t) { return t->op == Op::kVar && is_splice(t->name); }

bool is_application(const Term& t) { return t->op == Op::kTup && is_rule_variable(t->name); }

bool is_op_pattern(const Term& t) { return t->op == Op::kTup && t->name == "op"; }

bool is_permute(const Term& t) { return t->op == Op::kTup && t->name == "permute"; }

bool is_unravel(const Term& t) { return t->op == Op::kTup && t->name == "unravel"; }

std::string splice_name(const Term& t) {
  assert(is_splice_var(t));
  return t->name.substr(0, t->name.size() - 2);
}

std::vector<std::string> binder_names(const Term& pattern) {
  std::vector<std::string> out;
  collect_binders(pattern, &out);
  return out;
}

std::set<std::string> variables_of(const Term& pattern) {
  std::set<std::string> out;
  collect_variables(pattern, &out);
  return out;
}

bool is_unary_pointwise(Op op) {
  return op == Op::kNeg || op == Op::kExp || op == Op::kExp2 || op == Op::kLog || op == Op::kSqrt ||
         op == Op::kTanh;
}

bool is_binary_pointwise(Op op) {
  return op == Op::kAdd || op == Op::kSub || op == Op::kMul || op == Op::kDiv || op == Op::kMax ||
         op == Op::kMin || op == Op::kExpSub;
}

Instance instantiate(const Term& pattern, const Values& values,
                     const std::map<std::string, std::string>& names, const Scope& scope,
                     const Spec& spec) {
  return Instantiator(values, names, scope, spec).run(pattern);
}

std::vector<Match> match(const Term& pattern, const Term& t, const Values& given) {
  State start;
  start.found.values = given;
  std::vector<Match> out;
  for (State& s : Matcher().run(pattern, t, std::move(start))) {
    out.push_back(std::move(s.found));
  }
  return out;
}

}  // namespace minimoa
