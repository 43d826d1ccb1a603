// Normal forms of index terms; see algebra.h.
#include "prover/cost/algebra.h"

namespace minimoa {

namespace {

template <typename Map>
Term mapped(const Term& t, const Map& map) {
  std::vector<Term> kids;
  for (const Term& k : t->kids) kids.push_back(map(k));
  return kids.empty() ? t : with_kids(t, std::move(kids));
}

}  // namespace

std::optional<Poly> Algebra::translated(const Term& hidden) {
  for (const std::string& v : free_vars(hidden)) {
    env_.names.emplace(v, Binding{v, v, nullptr, nullptr});
  }
  return translate(hidden, env_, spec_, &atoms_);
}

std::optional<Poly> Algebra::poly(const Term& t) { return translated(hide(t)); }

Term Algebra::normal(const Term& t) {
  const auto p = poly(t);
  return p ? term(*p) : t;
}

std::optional<Term> Algebra::half(const Term& t) {
  const auto p = poly(t);
  if (!p) return std::nullopt;
  const Poly h = *p * Poly(Rational(1) / Rational(2));
  if (!h.is_integral()) return std::nullopt;
  return term(h);
}

bool Algebra::natural(const Term& t) {
  const auto p = poly(t);
  if (!p) return false;
  for (const auto& [m, c] : p->terms()) {
    if (c < 0) return false;
    for (const auto& [a, e] : m) {
      const Term atom = atom_term(a);
      if (atom->op != Op::kVar && (atom->op != Op::kIntDiv || !natural(atom->kids[0])))
        return false;
    }
  }
  return true;
}

std::string Algebra::show(const Term& t) {
  const auto p = poly(t);
  return p ? atoms_.show(*p) : print(t);
}

std::string Algebra::spelled(const Term& t) {
  const auto p = translated(t);
  return p ? atoms_.show(*p) : print(t);
}

// --- to terms ---

Term Algebra::atom_term(unsigned a) const {
  const Atom& atom = atoms_[a];
  if (atom.kind == Atom::Kind::kDiv) {
    return mk(Op::kIntDiv, {term(atom.args[0]), term(atom.args[1])});
  }
  const auto found = choices_.find(atom.name);
  return found == choices_.end() ? mk_var(atom.name) : found->second;
}

Term Algebra::product(const Monomial& m, const Rational& c) const {
  std::optional<Term> out;
  if (c != 1 || m.empty()) out = mk_int(static_cast<std::int64_t>(numerator(c)));
  for (const auto& [a, e] : m) {
    for (unsigned k = 0; k < e; ++k) {
      out = out ? mk(Op::kMul, {*out, atom_term(a)}) : atom_term(a);
    }
  }
  return *out;
}

// Positive summands first, in the order of the monomials.
Term Algebra::term(const Poly& p) const {
  std::optional<Term> out;
  for (const bool negative : {false, true}) {
    for (const auto& [m, c] : p.terms()) {
      if ((c < 0) != negative) continue;
      const Term part = product(m, out && negative ? Rational(-c) : c);
      out = !out ? part : mk(negative ? Op::kSub : Op::kAdd, {*out, part});
    }
  }
  return out ? *out : mk_int(0);
}

std::vector<Poly> Algebra::powers(const Poly& p, const std::string& v,
                                  std::vector<unsigned>* inside) {
  const unsigned atom = atoms_.variable(v, v);
  std::vector<Poly> out(1);
  for (const auto& [m, c] : p.terms()) {
    Monomial rest;
    std::size_t degree = 0;
    for (const auto& [a, e] : m) {
      if (a == atom) {
        degree = e;
        continue;
      }
      rest.emplace_back(a, e);
      if (mentions(atom_term(a), v)) inside->push_back(a);
    }
    if (out.size() <= degree) out.resize(degree + 1);
    out[degree].add(c, rest);
  }
  return out;
}

// --- choices become names ---

Term Algebra::choice(Op op, const std::vector<Term>& kids) {
  const Term node = mk(op, kids);
  const std::string name = "#" + print(node);
  choices_[name] = node;
  return mk_var(name);
}

Term Algebra::hide(const Term& t) {
  const Term inner = mapped(t, [this](const Term& k) { return hide(k); });
  if (t->op == Op::kMin || t->op == Op::kMax) {
    std::vector<Term> kids;
    for (const Term& k : inner->kids) {
      const auto p = translated(k);
      kids.push_back(p ? term(*p) : shown(k));
    }
    return choice(t->op, kids);
  }
  const bool literal = t->op == Op::kIntDiv && inner->kids[1]->op == Op::kInt;
  return literal ? quotient(inner->kids[0], inner->kids[1]) : inner;
}

Term Algebra::shown(const Term& t) const {
  if (t->op != Op::kVar) return mapped(t, [this](const Term& k) { return shown(k); });
  const auto found = choices_.find(t->name);
  return found == choices_.end() ? t : found->second;
}

// term() shows choices; inside a hidden term they must be names.
Term Algebra::hide_again(const Term& t) const {
  if (t->op == Op::kMin || t->op == Op::kMax) return mk_var("#" + print(t));
  return mapped(t, [this](const Term& k) { return hide_again(k); });
}

Term Algebra::quotient(const Term& a, const Term& b) {
  if (b->value == 1) return a;
  const auto p = translated(a);
  if (!p || !p->is_integral() || b->value < 2) return mk(Op::kIntDiv, {a, b});
  Poly whole, rest;
  const Rational divisor(b->value);
  for (const auto& [m, c] : p->terms()) {
    const bool multiple = m.empty() || is_integer(c / divisor);
    const Rational q = multiple ? Rational(floor_of(c / divisor)) : Rational(0);
    whole.add(q, m);
    rest.add(c - q * divisor, m);
  }
  // A whole constant would only hide the usual spelling of a ceiling.
  if (whole.is_constant() && !rest.is_constant()) return mk(Op::kIntDiv, {hide_again(term(*p)), b});
  const Term front = hide_again(term(whole));
  if (rest.is_constant()) return front;
  return mk(Op::kAdd, {front, mk(Op::kIntDiv, {hide_again(term(rest)), b})});
}

}  // namespace minimoa
