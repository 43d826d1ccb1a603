// The prover of obligations: statements, proofs, counterexamples, holes.
//
// Order of attempts for a statement: quick proof search, a small
// counterexample, thorough search, any counterexample, a named hole. Equal
// statements are proved once.
// May be wrong: proofs pass checker.h; a counterexample is checked by exact
// evaluation; a hole is visible in the verdict.
#include <algorithm>
#include <memory>

#include "prover/obligations/obligations.h"
#include "prover/obligations/search.h"
#include "prover/obligations/solver.h"
#include "prover/obligations/statement.h"

namespace minimoa {

namespace {

using Values = std::map<std::string, std::string>;

nlohmann::json hole(const char* reason) { return {{"hole", reason}}; }

// What is known, for the solver: more than the numbered hypotheses, because
// facts outside of the table of section 5 count too.
struct World {
  AtomTable atoms;
  std::vector<Formula> facts;
  bool weak = false;  // some fact has no polynomial form: a point proves nothing
};

Env global_names(const Spec& spec) { return StatementBuilder(spec).env(); }

// Elements of one array at equal indices are equal.
void add_congruence(World* w) {
  using Kind = Atom::Kind;
  for (std::size_t a = 0; a < w->atoms.size(); ++a) {
    for (std::size_t b = a + 1; b < w->atoms.size(); ++b) {
      const Atom &x = w->atoms[a], &y = w->atoms[b];
      if (x.kind != Kind::kElement || y.kind != Kind::kElement) continue;
      if (x.name != y.name || x.args.size() != y.args.size()) continue;
      const Poly p = Poly::atom(static_cast<unsigned>(a)) - Poly::atom(static_cast<unsigned>(b));
      Formula same;  // a conjunction
      same.kids = {at_least_zero(p), at_least_zero(-p)};
      std::vector<Formula> cases = {same};
      for (std::size_t k = 0; k < x.args.size(); ++k) {
        const Poly d = x.args[k] - y.args[k];
        cases.push_back(at_least_zero(d - 1));
        cases.push_back(at_least_zero(-d - 1));
      }
      w->facts.push_back(disjunction(std::move(cases)));
    }
  }
}

void assume(const Formula& f, World* w) {
  if (has_opaque(f)) {
    w->weak = true;
  } else {
    w->facts.push_back(f);
  }
}

// Facts of all atoms from `first` on, and congruence.
void close_world(const Spec& spec, std::size_t first, World* w) {
  std::vector<Poly> more;
  append_atom_facts(spec, global_names(spec), nullptr, first, &w->atoms, &more);
  for (const Poly& p : more) w->facts.push_back(at_least_zero(p));
  add_congruence(w);
}

World world_of(const Spec& spec, const Statement& s) {
  World w;
  w.atoms = s.atoms;
  for (const Poly& h : s.hypotheses) w.facts.push_back(at_least_zero(h));
  for (const Ignored& i : s.ignored) {
    assume(formula_of(i.fact, i.env, spec, &w.atoms), &w);
  }
  close_world(spec, s.atoms.size(), &w);
  return w;
}

Question question(const Spec& spec, const World& w, Budget* budget) {
  Question q;
  q.constraints = w.facts;
  q.atoms = w.atoms.size();
  q.budget = &budget->solver;
  for (unsigned k = 0; k < w.atoms.size(); ++k) {
    if (w.atoms[k].kind != Atom::Kind::kVariable) continue;
    q.measured.push_back(k);
    const auto dim = std::find(spec.dims.begin(), spec.dims.end(), w.atoms[k].name);
    if (dim != spec.dims.end()) q.sizes.push_back(k);
  }
  return q;
}

// Variables by name, elements as table[2, 0].
Values named(const AtomTable& atoms, const std::vector<Int>& values) {
  Values out;
  for (unsigned k = 0; k < atoms.size(); ++k) {
    const Atom& a = atoms[k];
    std::string name = a.name;
    if (a.kind == Atom::Kind::kDiv) continue;
    if (a.kind == Atom::Kind::kElement) {
      name += "[";
      for (std::size_t i = 0; i < a.args.size(); ++i) {
        name += (i == 0 ? "" : ", ") + rational_text(a.args[i].evaluate(values));
      }
      name += "]";
    }
    out[name] = values[k].str();
  }
  return out;
}

}  // namespace

struct Prover::Impl {
  Impl(const Spec& s, Budget* shared) : spec(s), budget(shared != nullptr ? shared : &own) {}

  Proved prove(const Statement& s);
  bool quickly(const std::vector<Statement>& statements);
  Smallest counterexample(const World& w, const Statement& s, const Int& most) const;
  std::vector<Proved> all(const std::vector<Statement>& statements);
  std::vector<Term> candidates(const std::vector<ContextEntry>& context, const Term& n) const;
  std::vector<std::vector<Int>> samples(const StatementBuilder& b) const;
  bool plausible(const Statement& s, std::size_t known,
                 const std::vector<std::vector<Int>>& points) const;
  Inhabited uninhabited(const std::vector<ContextEntry>& context, const std::string& j,
                        const Term& n, const Term& g) const;

  const Spec spec;
  Budget own;
  Budget* const budget;
  std::map<std::string, nlohmann::json> proofs;  // by statement
  std::map<std::string, std::string> failures;   // by statement: the hole
  std::set<std::string> not_quick;               // quick search failed
};

// --- one statement ---

Smallest Prover::Impl::counterexample(const World& w, const Statement& s, const Int& most) const {
  if (w.weak) return {};
  Question q = question(spec, w, budget);
  q.constraints.push_back(at_least_zero(-s.goal - 1));
  return smallest_point(q, most);
}

Proved Prover::Impl::prove(const Statement& s) {
  Proved p;
  p.label = s.label;
  p.goal = s.shown ? s.shown : mk(Op::kTrue);
  if (!s.stated) {
    p.proof = hole("no-witness");
    return p;
  }
  const std::string key = s.key();
  const auto known = proofs.find(key);
  if (known != proofs.end()) {
    p.decision = Decision::kProved;
    p.proof = known->second;
    return p;
  }
  const auto failed = failures.find(key);
  if (failed != failures.end()) {
    p.proof = hole(failed->second.c_str());
    return p;
  }
  const auto succeed = [&](const SearchResult& r) {
    proofs[key] = *r.proof;
    p.decision = Decision::kProved;
    p.proof = *r.proof;
  };
  const auto refute = [&](const World& w, const Smallest& found) {
    if (found.point.verdict != Verdict::kSat) return false;
    p.decision = Decision::kRefuted;
    p.counterexample = named(w.atoms, found.point.values);
    p.proof = hole("no-witness");
    return true;
  };
  const SearchResult quick = search_proof(s, Effort::kQuick, &budget->search);
  if (quick.proof) return succeed(quick), p;
  const World world = world_of(spec, s);
  const Smallest small = counterexample(world, s, 16);
  if (refute(world, small)) return p;
  const SearchResult thorough = search_proof(s, Effort::kThorough, &budget->search);
  if (thorough.proof) return succeed(thorough), p;
  Smallest any = small;
  if (!small.none_at_all) {
    any = counterexample(world, s, power_of_two(64));
    if (refute(world, any)) return p;
  }
  const bool valid = any.none_at_all;
  const char* reason = valid && !thorough.out_of_budget ? "degree-limit" : "resource-limit";
  failures[key] = reason;
  p.proof = hole(reason);
  return p;
}

std::vector<Proved> Prover::Impl::all(const std::vector<Statement>& ss) {
  std::vector<Proved> out;
  for (const Statement& s : ss) out.push_back(prove(s));
  return out;
}

// All statements, by quick search only.
bool Prover::Impl::quickly(const std::vector<Statement>& statements) {
  for (const Statement& s : statements) {
    if (!s.stated) return false;
    const std::string key = s.key();
    if (proofs.count(key)) continue;
    if (not_quick.count(key)) return false;
    const SearchResult r = search_proof(s, Effort::kQuick, &budget->search);
    if (!r.proof) {
      not_quick.insert(key);
      return false;
    }
    proofs[key] = *r.proof;
  }
  return true;
}

// --- a key that exists in every row ---

// 0, n - 1, bound variables v, v - 1, n - 1 - v, v + d, v - d, v + d - e.
std::vector<Term> Prover::Impl::candidates(const std::vector<ContextEntry>& context,
                                           const Term& n) const {
  const Term one = mk_int(1), last = mk(Op::kSub, {n, one});
  std::vector<Term> out = {mk_int(0), last}, variables;
  for (const ContextEntry& e : context) {
    if (e.kind == ContextEntry::Kind::kBinder) {
      variables.push_back(mk_var(e.name));
    }
  }
  std::reverse(variables.begin(), variables.end());
  for (const Term& v : variables) out.push_back(v);
  for (const Term& v : variables) {
    out.push_back(mk(Op::kSub, {v, one}));
    out.push_back(mk(Op::kSub, {last, v}));
  }
  for (const Term& v : variables) {
    for (const std::string& d : spec.dims) {
      const Term plus = mk(Op::kAdd, {v, mk_var(d)});
      out.push_back(plus);
      out.push_back(mk(Op::kSub, {v, mk_var(d)}));
      for (const std::string& e : spec.dims) {
        if (d != e) out.push_back(mk(Op::kSub, {plus, mk_var(e)}));
      }
    }
  }
  return out;
}

// A few points of the context, to discard candidates without a search.
std::vector<std::vector<Int>> Prover::Impl::samples(const StatementBuilder& b) const {
  const Statement s = b.state(Poly(0), "", nullptr);
  const World w = world_of(spec, s);
  Question q = question(spec, w, budget);
  Poly sum;
  for (const unsigned a : q.measured) sum += Poly::atom(a);
  std::vector<std::vector<Int>> points;
  for (int round = 0; round < 6; ++round) {
    const Point p = any_point(q);
    if (p.verdict != Verdict::kSat) break;
    points.push_back(p.values);
    const Rational reached = sum.evaluate(p.values);
    q.constraints.push_back(at_least_zero(sum - Poly(reached + 1 + round)));
  }
  return points;
}

// Whether the goal holds at the points. Atoms below `known` are numbered as
// at the points; later ones are computed, unless they are elements.
bool Prover::Impl::plausible(const Statement& s, std::size_t known,
                             const std::vector<std::vector<Int>>& points) const {
  for (const std::vector<Int>& point : points) {
    std::vector<Int> values(point.begin(), point.begin() + known);
    for (std::size_t k = known; k < s.atoms.size(); ++k) {
      const Atom& a = s.atoms[k];
      if (a.kind != Atom::Kind::kDiv) return true;
      const Rational den = a.args[1].evaluate(values);
      if (den <= 0) return true;
      values.push_back(floor_of(a.args[0].evaluate(values) / den));
    }
    if (s.goal.evaluate(values) < 0) return false;
  }
  return true;
}

// A point of the context where no j is unmasked; j is expanded.
Prover::Inhabited Prover::Impl::uninhabited(const std::vector<ContextEntry>& context,
                                            const std::string& j, const Term& n,
                                            const Term& g) const {
  Inhabited out{Decision::kUnknown, nullptr, {}};
  StatementBuilder b(spec);
  b.globals();
  b.context(context);
  const Statement s = b.state(Poly(0), "", nullptr);
  World w;
  w.atoms = s.atoms;
  for (const Poly& h : s.hypotheses) w.facts.push_back(at_least_zero(h));
  for (const Ignored& i : s.ignored) {
    assume(formula_of(i.fact, i.env, spec, &w.atoms), &w);
  }
  const std::size_t first = s.atoms.size();
  const auto count = translate(n, b.env(), spec, &w.atoms);
  if (!count) return out;
  for (const std::int64_t most : {1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 48}) {
    World own = w;
    Poly sum;
    for (const unsigned a : question(spec, w, budget).measured) sum += Poly::atom(a);
    own.facts.push_back(at_least_zero(Poly(Rational(most)) - sum));
    own.facts.push_back(at_least_zero(Poly(Rational(most)) - *count));
    for (std::int64_t k = 0; k < most; ++k) {
      const Term masked = substitute(g, {{j, mk_int(k)}});
      const Formula open = formula_of(masked, b.env(), spec, &own.atoms);
      const Formula outside = at_least_zero(Poly(Rational(k)) - *count);
      assume(disjunction({outside, negation(open)}), &own);
    }
    close_world(spec, first, &own);
    if (own.weak) return out;
    const Point p = any_point(question(spec, own, budget));
    if (p.verdict == Verdict::kUnknown) return out;
    if (p.verdict == Verdict::kUnsat) continue;
    AtomTable shown = s.atoms;  // not the elements of every j
    return {Decision::kRefuted, nullptr, named(shown, p.values)};
  }
  return out;
}

// --- the interface ---

Prover::Prover(const Spec& spec, Budget* shared) : impl_(std::make_unique<Impl>(spec, shared)) {}
Prover::~Prover() = default;

std::vector<Proved> Prover::divisors(const Term& core, const Term& final_term) {
  return impl_->all(divisor_statements(impl_->spec, core, final_term));
}

std::vector<Proved> Prover::spec_proofs(const Term& core) {
  return impl_->all(spec_statements(impl_->spec, core));
}

std::vector<Proved> Prover::step(const Step& step) {
  return impl_->all(step_statements(impl_->spec, step));
}

std::vector<Proved> Prover::safe(const Term& final_term,
                                 std::vector<std::pair<std::string, std::string>>* cover,
                                 const Placement& place) {
  return impl_->all(safe_statements(impl_->spec, final_term, cover, place));
}

bool Prover::holds(const Obligation& o) {
  return impl_->quickly(obligation_statements(impl_->spec, o));
}

std::vector<Proved> Prover::obligations(const std::vector<Obligation>& goals) {
  std::vector<Statement> all;
  for (const Obligation& o : goals) {
    for (Statement& s : obligation_statements(impl_->spec, o)) all.push_back(std::move(s));
  }
  return impl_->all(all);
}

Result<Values> Prover::witness(const std::vector<ContextEntry>& context) {
  const Spec& spec = impl_->spec;
  StatementBuilder b(spec);
  b.globals();
  b.context(context);
  const World w = world_of(spec, b.state(Poly(0), "", nullptr));
  Diagnostic d;
  d.span.file = spec.path;
  if (!w.weak) {
    const Smallest found =
        smallest_point(question(impl_->spec, w, impl_->budget), power_of_two(32));
    if (found.point.verdict == Verdict::kSat) {
      return named(w.atoms, found.point.values);
    }
    if (found.none_at_all) {
      d.code = "E0305";
      d.message = "no sizes satisfy all requires";
      return d;
    }
  }
  d.severity = Severity::kInconclusive;
  d.code = "E0402";
  d.message = "the solver did not decide whether the requires are satisfiable";
  return d;
}

Proved Prover::decide(const Obligation& o) {
  Proved result;
  result.label = o.label;
  result.goal = o.goal;
  const std::vector<Statement> parts = obligation_statements(impl_->spec, o);
  if (impl_->quickly(parts)) {
    result.decision = Decision::kProved;
    return result;
  }
  StatementBuilder b(impl_->spec);
  b.globals();
  b.context(o.context);
  const Statement s = b.state(Poly(0), "", nullptr);
  World w = world_of(impl_->spec, s);
  const std::size_t first = w.atoms.size();
  const Formula goal = formula_of(o.goal, b.env(), impl_->spec, &w.atoms);
  close_world(impl_->spec, first, &w);
  if (has_opaque(goal) || !s.stated) return result;
  w.facts.push_back(negation(goal));
  const Smallest found = smallest_point(question(impl_->spec, w, impl_->budget), power_of_two(64));
  if (found.point.verdict == Verdict::kSat && !w.weak) {
    result.decision = Decision::kRefuted;
    result.counterexample = named(w.atoms, found.point.values);
  } else if (found.none_at_all) {
    result.decision = Decision::kProved;
  }
  return result;
}

Prover::Inhabited Prover::inhabited(const std::vector<ContextEntry>& context, const std::string& j,
                                    const Term& n, const Term& g) {
  StatementBuilder b(impl_->spec);
  b.globals();
  b.context(context);
  const auto points = impl_->samples(b);
  const std::size_t known = b.atoms()->size();
  for (const Term& w : impl_->candidates(context, n)) {
    const Term range = mk(Op::kAnd, {mk(Op::kLe, {mk_int(0), w}), mk(Op::kLt, {w, n})});
    std::vector<Statement> parts = b.goals(range, b.env(), "witness key");
    for (Statement& s : b.goals(substitute(g, {{j, w}}), b.env(), "witness key")) {
      parts.push_back(std::move(s));
    }
    const bool possible = std::all_of(parts.begin(), parts.end(), [&](const Statement& s) {
      return s.stated && impl_->plausible(s, known, points);
    });
    if (possible && impl_->quickly(parts)) {
      return {Decision::kProved, w, {}};
    }
  }
  return impl_->uninhabited(context, j, n, g);
}

}  // namespace minimoa
