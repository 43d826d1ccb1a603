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

// What one query may cost. Questions about real specs cost a fortieth of it.
constexpr std::uint64_t kQueryLimit = 100'000;

class Query {
 public:
  // Requires: something is left of the budget.
  explicit Query(const Question& q)
      : q_(q),
        limit_(static_cast<unsigned>(std::min<std::uint64_t>(*q.budget, kQueryLimit))),
        solver_(context_, z3::solver::simple()) {
    z3::params params(context_);
    params.set("rlimit", limit_);
    params.set("random_seed", 0u);
    params.set("arith.nl.nra", false);  // nlsat works for seconds without counting
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

  void set(const std::vector<unsigned>& atoms, const Int& value) {
    for (const unsigned a : atoms) solver_.add(atoms_[a] == number(value));
  }

  Point ask() {
    Point p;
    const z3::check_result answer = solver_.check();
    *q_.budget -= std::min(*q_.budget, spent());
    switch (answer) {
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
  // As Z3 counts; the limit where it does not say.
  std::uint64_t spent() const {
    const z3::stats s = solver_.statistics();
    for (unsigned k = 0; k < s.size(); ++k) {
      if (s.key(k) == "rlimit count" && s.is_uint(k)) return std::max(1u, s.uint_value(k));
    }
    return limit_;
  }

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
  const unsigned limit_;
  z3::context context_;
  z3::solver solver_;
  std::vector<z3::expr> atoms_;
};

// The answer with what `more` adds to the question.
template <typename More>
Point point_of(const Question& q, const More& more) {
  if (*q.budget == 0) return {};
  try {
    Query query(q);
    more(&query);
    return query.ask();
  } catch (const z3::exception&) {
    *q.budget -= std::min(*q.budget, kQueryLimit);
    return {};
  }
}

Point within(const Question& q, const Int& bound) {
  return point_of(q, [&](Query* query) { query->limit(bound); });
}

// Products that have to be large: linear, and soon answered, with sizes that
// are numbers. Found or unknown.
Point with_large_sizes(const Question& q) {
  for (const unsigned exponent : {24u, 12u}) {
    const Point p = point_of(q, [&](Query* query) { query->set(q.sizes, power_of_two(exponent)); });
    if (p.verdict == Verdict::kSat) return p;
  }
  return {};
}

Int sum_of(const Question& q, const Point& p) {
  Int sum = 0;
  for (const unsigned a : q.measured) sum += p.values[a];
  return sum;
}

}  // namespace

Point any_point(const Question& q) {
  return point_of(q, [](Query*) {});
}

Smallest smallest_point(const Question& q, const Int& most) {
  Smallest result;
  const bool small = most <= 16;  // then the bounded queries are cheaper
  Point some = small ? Point{} : any_point(q);
  if (!small && some.verdict == Verdict::kUnknown) some = with_large_sizes(q);
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
