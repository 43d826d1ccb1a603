// The only file that includes Z3; see solver.h.
#include "prover/obligations/solver.h"

#include <algorithm>

#include <z3++.h>

namespace minimoa {

Formula at_least_zero(const Poly& p) { return {Formula::Kind::kAtLeastZero, p, {}}; }
Formula negation(const Formula& f) { return {Formula::Kind::kNot, {}, {f}}; }
Formula disjunction(std::vector<Formula> kids) { return {Formula::Kind::kOr, {}, std::move(kids)}; }

bool has_opaque(const Formula& f) {
  return f.kind == Formula::Kind::kOpaque || std::any_of(f.kids.begin(), f.kids.end(), has_opaque);
}

bool holds(const Formula& f, const std::vector<Int>& values) {
  const auto kid = [&](const Formula& k) { return holds(k, values); };
  switch (f.kind) {
    case Formula::Kind::kAtLeastZero:
      return f.poly.evaluate(values) >= 0;
    case Formula::Kind::kAnd:
      return std::all_of(f.kids.begin(), f.kids.end(), kid);
    case Formula::Kind::kOr:
      return std::any_of(f.kids.begin(), f.kids.end(), kid);
    case Formula::Kind::kNot:
      return !kid(f.kids[0]);
    case Formula::Kind::kOpaque:
      return false;
  }
  return false;
}

namespace {

Formula comparison(const Term& t, const Env& env, const Spec& spec, AtomTable* atoms) {
  const auto a = translate(t->kids[0], env, spec, atoms);
  const auto b = translate(t->kids[1], env, spec, atoms);
  if (!a || !b) return {Formula::Kind::kOpaque, {}, {}};
  if (t->op == Op::kLt) return at_least_zero(*b - *a - 1);
  if (t->op == Op::kLe) return at_least_zero(*b - *a);
  const Formula equal{Formula::Kind::kAnd, {}, {at_least_zero(*a - *b), at_least_zero(*b - *a)}};
  return t->op == Op::kEq ? equal : negation(equal);
}

}  // namespace

Formula formula_of(const Term& t, const Env& env, const Spec& spec, AtomTable* atoms) {
  if (t->op == Op::kTrue) return {};
  if (t->op == Op::kLt || t->op == Op::kLe || t->op == Op::kEq || t->op == Op::kNe) {
    return comparison(t, env, spec, atoms);
  }
  Formula f;
  if (t->op == Op::kAnd) {
    f.kind = Formula::Kind::kAnd;
  } else if (t->op == Op::kOr) {
    f.kind = Formula::Kind::kOr;
  } else if (t->op == Op::kNot) {
    f.kind = Formula::Kind::kNot;
  } else {
    f.kind = Formula::Kind::kOpaque;
    return f;
  }
  for (const Term& k : t->kids) {
    f.kids.push_back(formula_of(k, env, spec, atoms));
  }
  return f;
}

namespace {

class Query {
 public:
  explicit Query(const Question& q) : q_(q), solver_(context_, z3::solver::simple()) {
    z3::params params(context_);
    params.set("rlimit", q.rlimit);
    params.set("random_seed", 0u);
    // A net under rlimit, which some nonlinear steps never look at: the answer
    // becomes unknown, never another one.
    params.set("timeout", 3000u);
    solver_.set(params);
    for (std::size_t k = 0; k < q.atoms; ++k) {
      const std::string name = "x" + std::to_string(k);
      atoms_.push_back(context_.int_const(name.c_str()));
    }
    for (const Formula& f : q.constraints) solver_.add(formula(f));
  }

  // The sum of the measured atoms, and each size, is at most `bound`.
  void limit(const Int& bound) {
    const z3::expr most = number(bound);
    z3::expr sum = context_.int_val(0);
    for (const unsigned a : q_.measured) {
      sum = sum + atoms_[a];
      solver_.add(atoms_[a] <= most && atoms_[a] >= -most);
    }
    solver_.add(sum <= most);
  }

  Point ask() {
    Point p;
    switch (solver_.check()) {
      case z3::unsat:
        p.verdict = Verdict::kUnsat;
        return p;
      case z3::unknown:
        return p;
      case z3::sat:
        break;
    }
    const z3::model m = solver_.get_model();
    for (const z3::expr& x : atoms_) {
      std::string text;
      if (!m.eval(x, true).is_numeral(text)) return p;
      p.values.emplace_back(text);
    }
    const bool good = std::all_of(q_.constraints.begin(), q_.constraints.end(),
                                  [&](const Formula& f) { return holds(f, p.values); });
    if (good) p.verdict = Verdict::kSat;
    return p;
  }

 private:
  z3::expr number(const Int& n) { return context_.int_val(n.str().c_str()); }

  z3::expr polynomial(const Poly& p) {
    Int scale = 1;
    for (const auto& [m, c] : p.terms()) scale = lcm(scale, denominator(c));
    z3::expr sum = context_.int_val(0);
    for (const auto& [m, c] : p.terms()) {
      z3::expr product = number(numerator(c * Rational(scale)));
      for (const auto& [atom, exponent] : m) {
        for (unsigned e = 0; e < exponent; ++e) product = product * atoms_[atom];
      }
      sum = sum + product;
    }
    return sum;
  }

  z3::expr formula(const Formula& f) {
    z3::expr_vector kids(context_);
    for (const Formula& k : f.kids) kids.push_back(formula(k));
    switch (f.kind) {
      case Formula::Kind::kAtLeastZero:
        return polynomial(f.poly) >= 0;
      case Formula::Kind::kAnd:
        return z3::mk_and(kids);
      case Formula::Kind::kOr:
        return z3::mk_or(kids);
      case Formula::Kind::kNot:
        return !kids[0];
      case Formula::Kind::kOpaque:
        break;
    }
    return context_.bool_val(true);
  }

  const Question& q_;
  z3::context context_;
  z3::solver solver_;
  std::vector<z3::expr> atoms_;
};

// Minimising is a courtesy: it may spend less than the first answer.
Point within(const Question& q, const Int& bound) {
  Question cheaper = q;
  cheaper.rlimit = std::max(q.rlimit / 20, 1000000u);
  try {
    Query query(cheaper);
    query.limit(bound);
    return query.ask();
  } catch (const z3::exception&) {
    return {};
  }
}

Int sum_of(const Question& q, const Point& p) {
  Int sum = 0;
  for (const unsigned a : q.measured) sum += p.values[a];
  return sum;
}

}  // namespace

Point any_point(const Question& q) {
  try {
    return Query(q).ask();
  } catch (const z3::exception&) {
    return {};
  }
}

Smallest smallest_point(const Question& q, const Int& most) {
  Smallest result;
  const bool small = most <= 16;  // then the bounded queries are cheaper
  const Point some = small ? Point{} : any_point(q);
  result.none_at_all = some.verdict == Verdict::kUnsat;
  if (result.none_at_all) return {some, true};
  if (some.verdict == Verdict::kSat && sum_of(q, some) <= most) {
    result.point = some;
  }
  Int below = -1;  // no point with a sum up to here
  for (Int bound = 1; bound <= most; bound *= 2) {
    const bool known = result.point.verdict == Verdict::kSat;
    if (known && bound >= sum_of(q, result.point)) break;
    const Point p = within(q, bound);
    if (p.verdict == Verdict::kUnknown) return result;
    if (p.verdict == Verdict::kUnsat) below = bound;
    if (p.verdict == Verdict::kUnsat) continue;
    result.point = p;
    break;
  }
  while (result.point.verdict == Verdict::kSat) {
    const Int sum = sum_of(q, result.point);
    if (sum <= below + 1) break;
    const Int middle = (below + sum) / 2;
    const Point lower = within(q, middle);
    if (lower.verdict == Verdict::kUnknown) break;
    if (lower.verdict == Verdict::kSat) result.point = lower;
    if (lower.verdict == Verdict::kUnsat) below = middle;
  }
  return result;
}

}  // namespace minimoa
