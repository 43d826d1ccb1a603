// Generation of statements; see statement.h and certificates/FORMAT.md.
#include "prover/obligations/statement.h"

#include <algorithm>

namespace minimoa {

namespace {

void negated(const Term& g, const Term& whole, std::vector<Comparison>* out,
             std::vector<Term>* other) {
  if (g->op == Op::kLt) {
    out->push_back({Comparison::Kind::kLessEqual, g->kids[1], g->kids[0]});
  } else if (g->op == Op::kLe) {
    out->push_back({Comparison::Kind::kLess, g->kids[1], g->kids[0]});
  } else if (g->op == Op::kNot) {
    comparisons(g->kids[0], out, other);
  } else if (g->op == Op::kNe) {
    comparisons(mk(Op::kEq, g->kids), out, other);
  } else if (g->op == Op::kOr) {
    negated(g->kids[0], mk(Op::kNot, {g->kids[0]}), out, other);
    negated(g->kids[1], mk(Op::kNot, {g->kids[1]}), out, other);
  } else {
    other->push_back(whole);
  }
}

Term comparison_term(const Comparison& c) {
  switch (c.kind) {
    case Comparison::Kind::kLess:
      return mk(Op::kLt, {c.a, c.b});
    case Comparison::Kind::kLessEqual:
      return mk(Op::kLe, {c.a, c.b});
    case Comparison::Kind::kGreaterEqual:
      return mk(Op::kLe, {c.b, c.a});
  }
  return nullptr;
}

const Array* find_input(const Spec& spec, const std::string& name) {
  const auto it = std::find_if(spec.inputs.begin(), spec.inputs.end(),
                               [&](const Array& a) { return a.name == name; });
  return it == spec.inputs.end() ? nullptr : &*it;
}

Env dimension_names(const Spec& spec) {
  Env env;
  for (const std::string& d : spec.dims) {
    env.names[d] = {"d:" + d, d, nullptr, nullptr};
  }
  return env;
}

}  // namespace

void comparisons(const Term& g, std::vector<Comparison>* out, std::vector<Term>* other) {
  using Kind = Comparison::Kind;
  if (g->op == Op::kTrue) return;
  if (g->op == Op::kAnd) {
    comparisons(g->kids[0], out, other);
    comparisons(g->kids[1], out, other);
  } else if (g->op == Op::kLt) {
    out->push_back({Kind::kLess, g->kids[0], g->kids[1]});
  } else if (g->op == Op::kLe) {
    out->push_back({Kind::kLessEqual, g->kids[0], g->kids[1]});
  } else if (g->op == Op::kEq) {
    out->push_back({Kind::kGreaterEqual, g->kids[0], g->kids[1]});
    out->push_back({Kind::kLessEqual, g->kids[0], g->kids[1]});
  } else if (g->op == Op::kNot) {
    negated(g->kids[0], g, out, other);
  } else {
    other->push_back(g);
  }
}

std::string Statement::key() const {
  std::string s = stated ? "" : "?";
  for (const Poly& h : hypotheses) s += h.key() + "&";
  return s + ">" + goal.key();
}

// --- the builder ---

StatementBuilder::StatementBuilder(const Spec& spec)
    : spec_(spec), globals_(dimension_names(spec)) {
  env_ = globals_;
}

std::optional<Poly> StatementBuilder::poly(const Term& t, const Env& env) {
  return translate(t, env, spec_, &s_.atoms);
}

// The node's left child first, whatever the order in the polynomial.
std::optional<Poly> StatementBuilder::poly(const Comparison& c, const Env& env) {
  const auto a = poly(c.a, env);
  const auto b = poly(c.b, env);
  if (!a || !b) return std::nullopt;
  switch (c.kind) {
    case Comparison::Kind::kLess:
      return *b - *a - 1;
    case Comparison::Kind::kLessEqual:
      return *b - *a;
    case Comparison::Kind::kGreaterEqual:
      return *a - *b;
  }
  return std::nullopt;
}

void StatementBuilder::dimensions() {
  for (const std::string& name : spec_.dims) {
    const Poly d = Poly::atom(s_.atoms.variable("d:" + name, name));
    hypothesis(d - 1);
    hypothesis(Poly(Rational(power_of_two(24))) - d);
  }
}

void StatementBuilder::requirements(std::size_t count) {
  for (std::size_t k = 0; k < count; ++k) fact(spec_.requires_[k]);
}

void StatementBuilder::globals() {
  dimensions();
  requirements(spec_.requires_.size());
}

void StatementBuilder::context(const std::vector<ContextEntry>& entries) {
  for (const ContextEntry& e : entries) {
    switch (e.kind) {
      case ContextEntry::Kind::kBinder:
        binder(e.name, e.term);
        break;
      case ContextEntry::Kind::kFact:
        fact(e.term);
        break;
    }
  }
}

void StatementBuilder::binder(const std::string& name, const Term& bound, const std::string& mark) {
  const std::string key = "b" + std::to_string(binders_++) + ":" + name;
  const Poly v = Poly::atom(s_.atoms.variable(key, name + mark));
  const auto n = poly(bound);  // before the name is in scope
  hypothesis(v);
  if (n) {
    hypothesis(*n - 1 - v);
  } else {
    give_up();
  }
  env_.names[name] = {key, name + mark, nullptr, nullptr};
}

void StatementBuilder::fact(const Term& boolean) {
  std::vector<Comparison> listed;
  std::vector<Term> other;
  comparisons(boolean, &listed, &other);
  for (const Comparison& c : listed) {
    const auto p = poly(c, env_);
    if (p) {
      hypothesis(*p);
    } else {
      give_up();
    }
  }
  for (const Term& t : other) s_.ignored.push_back({t, env_});
}

void append_atom_facts(const Spec& spec, const Env& globals, const std::set<std::string>* positive,
                       std::size_t first, AtomTable* atoms, std::vector<Poly>* hypotheses) {
  for (std::size_t k = first; k < atoms->size(); ++k) {
    const Atom atom = (*atoms)[k];  // a copy: the table may grow
    const Poly x = Poly::atom(static_cast<unsigned>(k));
    if (atom.kind == Atom::Kind::kDiv) {
      const Poly &a = atom.args[0], &b = atom.args[1];
      const bool literal = b.is_constant() && b.constant() > 0;
      if (!literal && positive && !positive->count(atoms->show(b))) continue;
      if (!literal) hypotheses->push_back(b - 1);
      hypotheses->push_back(a - x * b);
      hypotheses->push_back(b - 1 - a + x * b);
    } else if (atom.kind == Atom::Kind::kElement) {
      const Array* input = find_input(spec, atom.name);
      if (!input || !input->lo || !input->hi) continue;
      const auto lo = translate(*input->lo, globals, spec, atoms);
      if (lo) hypotheses->push_back(x - *lo);
      const auto hi = translate(*input->hi, globals, spec, atoms);
      if (hi) hypotheses->push_back(*hi - 1 - x);
    }
  }
}

Statement StatementBuilder::state(const std::optional<Poly>& goal, const std::string& label,
                                  const Term& shown) const {
  Statement s = s_;
  s.label = label;
  s.shown = shown;
  if (!goal) s.stated = false;
  if (goal) s.goal = *goal;
  append_atom_facts(spec_, globals_, positive_, 0, &s.atoms, &s.hypotheses);
  return s;
}

std::vector<Statement> StatementBuilder::goals(const Term& boolean, const Env& env,
                                               const std::string& label) const {
  std::vector<Comparison> listed;
  std::vector<Term> other;
  comparisons(boolean, &listed, &other);
  std::vector<Statement> out;
  for (const Comparison& c : listed) {
    StatementBuilder own = *this;
    const auto p = own.poly(c, env);
    out.push_back(own.state(p, label, comparison_term(c)));
  }
  for (const Term& t : other) {
    out.push_back(state(std::nullopt, label, t));
  }
  return out;
}

void StatementBuilder::in_range(const Term& p, const Term& n, const std::string& label,
                                std::vector<Statement>* out) const {
  StatementBuilder low = *this;
  const auto index = low.poly(p);
  out->push_back(low.state(index, label + ": not negative", mk(Op::kLe, {mk_int(0), p})));
  StatementBuilder high = *this;
  const auto extent = high.poly(n);  // n - 1 - p: n first
  const auto again = high.poly(p);
  std::optional<Poly> goal;
  if (extent && again) goal = *extent - 1 - *again;
  out->push_back(high.state(goal, label + ": below the extent", mk(Op::kLt, {p, n})));
}

// --- divisors ---

namespace {

class Divisors {
 public:
  explicit Divisors(const Spec& spec) : spec_(spec), env_(dimension_names(spec)) {}

  void walk(const Term& t, std::size_t requirements) {
    for (const Term& kid : t->kids) walk(kid, requirements);
    if (t->op != Op::kIntDiv && t->op != Op::kIntMod) return;
    const Term& b = t->kids[1];
    const auto p = translate(b, env_, spec_, &seen_);
    if (p && p->is_constant() && p->constant() > 0) return;
    const std::string shown = p ? seen_.show(*p) : "?" + print(b);
    if (!shown_.insert(shown).second) return;
    StatementBuilder builder(spec_);
    builder.only_divisors(&earlier_);
    builder.dimensions();
    builder.requirements(requirements);
    auto goal = builder.poly(b);
    if (goal) goal = *goal - 1;
    if (!dimensions_only(b)) goal.reset();
    const Term claim = mk(Op::kLt, {mk_int(0), b});
    out_.push_back(builder.state(goal, "divisor " + print(b), claim));
    earlier_.insert(shown);
  }

  std::vector<Statement> take() { return std::move(out_); }

 private:
  bool dimensions_only(const Term& t) const {
    if (t->op == Op::kPsi || t->op == Op::kMem) return false;
    if (t->op == Op::kVar) return env_.names.count(t->name) > 0;
    return std::all_of(t->kids.begin(), t->kids.end(),
                       [&](const Term& k) { return dimensions_only(k); });
  }

  const Spec& spec_;
  Env env_;
  AtomTable seen_;
  std::set<std::string> shown_, earlier_;
  std::vector<Statement> out_;
};

}  // namespace

std::vector<Statement> divisor_statements(const Spec& spec, const Term& core,
                                          const Term& final_term) {
  Divisors d(spec);
  for (std::size_t k = 0; k < spec.requires_.size(); ++k) {
    d.walk(spec.requires_[k], k);
  }
  d.walk(core, spec.requires_.size());
  d.walk(final_term, spec.requires_.size());
  return d.take();
}

// --- spec and steps ---

namespace {

// Visits every node with its scope: node before children, child order.
template <typename Visit>
void walk(const Term& t, const Scope& scope, const Spec& spec, const Visit& visit) {
  visit(t, scope);
  for (std::size_t k = 0; k < t->kids.size(); ++k) {
    walk(t->kids[k], enter(t, k, scope, spec), spec, visit);
  }
}

StatementBuilder at_scope(const Spec& spec, const Scope& scope) {
  StatementBuilder b(spec);
  b.globals();
  b.context(scope.context);
  return b;
}

std::string head(const Term& t) {
  const std::string s = print(t);
  return s.size() <= 60 ? s : s.substr(0, 57) + "...";
}

std::optional<std::vector<Term>> shape_of(const Term& t, const Scope& scope, const Spec& spec) {
  const Typed typed = type_of(t, scope, spec);
  if (!typed.ok || typed.type.kind != Type::Kind::kArr) return std::nullopt;
  return typed.type.shape;
}

// 0 <= p_k < n_k for each index of a psi or mem node.
void selection(const Term& t, const Scope& scope, const Spec& spec, std::vector<Statement>* out) {
  const auto shape = shape_of(operand_of(t), scope, spec);
  const std::vector<Term> index = index_of(t);
  const StatementBuilder b = at_scope(spec, scope);
  for (std::size_t k = 0; k < index.size(); ++k) {
    const std::string label = "index " + std::to_string(k) + " of " + head(t);
    if (!shape || k >= shape->size()) {
      out->insert(out->end(), 2, b.state(std::nullopt, label, nullptr));
    } else {
      b.in_range(index[k], (*shape)[k], label, out);
    }
  }
}

void view(const Term& t, const Scope& scope, const Spec& spec, std::vector<Statement>* out) {
  const Term& k = t->kids[0];
  const auto shape = shape_of(t->kids[1], scope, spec);
  const StatementBuilder b = at_scope(spec, scope);
  const std::string label = "extent in " + head(t);
  if (!shape || shape->empty()) {
    const std::size_t count = t->op == Op::kRot ? 1 : 2;
    out->insert(out->end(), count, b.state(std::nullopt, label, nullptr));
    return;
  }
  const Term& n = shape->front();
  if (t->op == Op::kRot) {
    StatementBuilder own = b;
    auto p = own.poly(n);
    if (p) p = *p - 1;
    out->push_back(own.state(p, label, mk(Op::kLt, {mk_int(0), n})));
    return;
  }
  StatementBuilder low = b, high = b;
  const auto p = low.poly(k);
  out->push_back(low.state(p, label, mk(Op::kLe, {mk_int(0), k})));
  const auto extent = high.poly(n), again = high.poly(k);
  std::optional<Poly> goal;
  if (extent && again) goal = *extent - *again;
  out->push_back(high.state(goal, label, mk(Op::kLe, {k, n})));
}

}  // namespace

namespace {

// Declared ranges hold some value: otherwise the facts of an element would
// contradict each other and prove anything.
void ranges(const Spec& spec, std::vector<Statement>* out) {
  for (const Array& a : spec.inputs) {
    if (!a.lo || !a.hi) continue;
    StatementBuilder b(spec);
    b.globals();
    const auto hi = b.poly(*a.hi);
    const auto lo = b.poly(*a.lo);
    std::optional<Poly> goal;
    if (hi && lo) goal = *hi - Poly(Rational(1)) - *lo;
    out->push_back(
        b.state(goal, "range of " + a.name + " is not empty", mk(Op::kLt, {*a.lo, *a.hi})));
  }
}

}  // namespace

std::vector<Statement> spec_statements(const Spec& spec, const Term& core) {
  std::vector<Statement> out;
  ranges(spec, &out);
  walk(core, global_scope(spec), spec, [&](const Term& t, const Scope& scope) {
    if (t->op == Op::kPsi) selection(t, scope, spec, &out);
    if (t->op == Op::kTake || t->op == Op::kDrop || t->op == Op::kRot) {
      view(t, scope, spec, &out);
    }
  });
  return out;
}

std::vector<Statement> obligation_statements(const Spec& spec, const Obligation& o) {
  StatementBuilder b(spec);
  b.globals();
  b.context(o.context);
  return b.goals(o.goal, b.env(), o.label);
}

std::vector<Statement> step_statements(const Spec& spec, const Step& step) {
  std::vector<Statement> out;
  for (const Obligation& o : step.prove) {
    for (Statement& s : obligation_statements(spec, o)) {
      if (s.label.empty()) s.label = step.rule;
      out.push_back(std::move(s));
    }
  }
  return out;
}

}  // namespace minimoa
