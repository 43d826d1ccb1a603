#include "prover/rewrite/deriver.h"

#include <algorithm>

namespace minimoa {

void stuck(const std::string& code, const std::string& message,
           const std::vector<std::string>& helps, const Span& span) {
  Diagnostic d;
  d.code = code;
  d.message = message;
  d.helps = helps;
  d.span = span;
  throw Stuck{d};
}

Position child(Position p, std::size_t k) {
  p.push_back(k);
  return p;
}

Deriver::Deriver(const Spec& spec, const RuleTable& rules) : spec_(spec), rules_(rules) {
  d_.start = mk_put({}, spec.core);
  d_.terms.push_back(d_.start);
}

Deriver::Deriver(const Spec& spec, const RuleTable& rules, Derivation so_far)
    : spec_(spec), rules_(rules), d_(std::move(so_far)) {}

void Deriver::step(const std::string& rule, const Position& at, const Hints& hints, bool rl) {
  const ApplyResult r = apply(rules_, rule, rl, term(), at, hints, spec_);
  if (!r.ok) {
    stuck("E0690", "rule " + rule + " does not apply: " + r.error + "; at " +
                       print(minimoa::at(term(), at)));
  }
  d_.steps.push_back(r.value.step);
  d_.terms.push_back(r.value.term);
}

bool Deriver::try_step(const std::string& rule, const Position& at, const Hints& hints, bool rl) {
  ApplyResult r = apply(rules_, rule, rl, term(), at, hints, spec_);
  if (!r.ok) return false;
  d_.steps.push_back(std::move(r.value.step));
  d_.terms.push_back(std::move(r.value.term));
  return true;
}

namespace {

// t with every subterm alpha-equal to e replaced by `by`. Subterms in which a
// variable of e is rebound cannot be equal to e, since names are not shadowed.
Term abstract_out(const Term& t, const Term& e, const Term& by) {
  if (t->op == e->op && alpha_equal(t, e)) return by;
  std::vector<Term> kids;
  bool changed = false;
  for (const Term& k : t->kids) {
    kids.push_back(abstract_out(k, e, by));
    changed = changed || kids.back() != k;
  }
  return changed ? with_kids(t, kids) : t;
}

void collect_names(const Term& t, std::set<std::string>* out) {
  if (t->op == Op::kVar) out->insert(t->name);
  out->insert(t->binders.begin(), t->binders.end());
  for (const Term& k : t->kids) collect_names(k, out);
}

}  // namespace

void Deriver::share(const Position& at, const Term& e, const std::string& name) {
  const std::string x = fresh_name(name);
  const Term body = abstract_out(minimoa::at(term(), at), e, mk_var(x));
  const bool statement = type_at(at).kind == Type::Kind::kStmt;
  Hints h;
  h.sub["?e"] = print(e);
  h.sub[statement ? "?P" : "?b"] = "(fn (" + x + ") " + print(body) + ")";
  h.names["x"] = x;
  step(statement ? "let-inline-stmt" : "let-inline", at, h, true);
}

void Deriver::stage(const Position& at, const std::vector<std::pair<std::string, Term>>& vars) {
  step("psi-empty", at, {}, true);
  for (auto it = vars.rbegin(); it != vars.rend(); ++it) {
    const std::string v = fresh_name(it->first);
    const Term inner = operand_of(minimoa::at(term(), at));
    Hints h;
    h.sub["?i"] = it->first;
    h.sub["?n"] = print(it->second);
    h.sub["?e"] = "(fn (" + v + ") " + print(substitute(inner, {{it->first, mk_var(v)}})) + ")";
    h.names["v"] = v;
    step("psi-gen", at, h, true);
  }
}

void Deriver::beta(const Position& at) {
  const Pred redex = [](const Term& t) {
    if (t->op != Op::kPsi) return false;
    const Op inner = operand_of(t)->op;
    const bool indexed = !index_of(t).empty();
    return (indexed && (inner == Op::kGen || inner == Op::kPsi)) || (!indexed && inner != Op::kVar);
  };
  while (has(redex, at)) {
    const Position p = first(redex, at);
    const Term t = minimoa::at(term(), p);
    if (index_of(t).empty()) {
      step("psi-empty", p);
    } else {
      step(operand_of(t)->op == Op::kGen ? "psi-gen" : "psi-psi", p);
    }
  }
}

void Deriver::unshare() {
  const Pred innermost = [](const Term& t) {
    if (t->op != Op::kLet) return false;
    return find_all(t->kids[0], [](const Term& s) { return s->op == Op::kLet; }).empty();
  };
  while (has(innermost)) {
    const Position p = first(innermost);
    const bool statement = type_at(p).kind == Type::Kind::kStmt;
    step(statement ? "let-inline-stmt" : "let-inline", p);
    beta(p);
  }
}

Position Deriver::first(const Pred& pred, const Position& below) const {
  const std::vector<Position> all = find_all(minimoa::at(term(), below), pred);
  if (all.empty()) stuck("E0690", "expected a subterm that is not there");
  Position p = below;
  p.insert(p.end(), all.front().begin(), all.front().end());
  return p;
}

bool Deriver::has(const Pred& pred, const Position& below) const {
  return !find_all(minimoa::at(term(), below), pred).empty();
}

Position Deriver::put() const {
  return first([](const Term& t) { return t->op == Op::kPut; });
}

Position Deriver::loop(const std::string& variable) const {
  return first([&](const Term& t) {
    return (t->op == Op::kFor || t->op == Op::kParFor) && t->binders[0] == variable;
  });
}

std::vector<Position> Deriver::loops() const {
  std::vector<Position> out;
  const Position end = put();
  for (std::size_t k = 0; k < end.size(); ++k) {
    const Position p(end.begin(), end.begin() + static_cast<std::ptrdiff_t>(k));
    const Op op = minimoa::at(term(), p)->op;
    if (op == Op::kFor || op == Op::kParFor) out.push_back(p);
  }
  return out;
}

Type Deriver::type_at(const Position& p) const {
  const Scope scope = scope_at(term(), p, spec_);
  const Typed t = type_of(minimoa::at(term(), p), scope, spec_);
  if (!t.ok) stuck("E0690", "ill-typed subterm: " + t.error);
  return t.type;
}

std::string Deriver::fresh_name(const std::string& base) const {
  std::set<std::string> used(spec_.dims.begin(), spec_.dims.end());
  for (const Array& a : spec_.inputs) used.insert(a.name);
  used.insert(spec_.output.name);
  collect_names(term(), &used);
  return fresh(base, used);
}

}  // namespace minimoa
