// Exact polynomials over numbered atoms; see polynomial.h.
#include "prover/obligations/polynomial.h"

#include <algorithm>

namespace minimoa {

Monomial operator*(const Monomial& a, const Monomial& b) {
  Monomial r;
  r.reserve(a.size() + b.size());
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (j == b.size() || (i < a.size() && a[i].first < b[j].first)) {
      r.push_back(a[i++]);
    } else if (i == a.size() || b[j].first < a[i].first) {
      r.push_back(b[j++]);
    } else {
      r.emplace_back(a[i].first, a[i].second + b[j].second);
      ++i, ++j;
    }
  }
  return r;
}

unsigned degree(const Monomial& m) {
  unsigned d = 0;
  for (const auto& [atom, exponent] : m) d += exponent;
  return d;
}

Int power_of_two(unsigned exponent) { return Int(1) << exponent; }

Int floor_of(const Rational& r) {
  const Int n = numerator(r), d = denominator(r);
  Int q = n / d;  // truncated
  if (n < 0 && q * d != n) q -= 1;
  return q;
}

bool is_integer(const Rational& r) { return denominator(r) == 1; }

std::string rational_text(const Rational& r) {
  const Int n = numerator(r), d = denominator(r);
  return d == 1 ? n.str() : n.str() + "/" + d.str();
}

Poly::Poly(const Rational& c) { add(c, {}); }

Poly Poly::atom(unsigned number) { return term(1, {{number, 1}}); }

Poly Poly::term(const Rational& c, const Monomial& m) {
  Poly p;
  p.add(c, m);
  return p;
}

void Poly::add(const Rational& c, const Monomial& m) {
  if (c == 0) return;
  const auto [it, fresh] = terms_.emplace(m, c);
  if (fresh) return;
  it->second += c;
  if (it->second == 0) terms_.erase(it);
}

bool Poly::is_constant() const {
  return terms_.empty() || (terms_.size() == 1 && terms_.begin()->first.empty());
}

Rational Poly::constant() const { return coefficient({}); }

Rational Poly::coefficient(const Monomial& m) const {
  const auto it = terms_.find(m);
  return it == terms_.end() ? Rational(0) : it->second;
}

bool Poly::is_integral() const {
  return std::all_of(terms_.begin(), terms_.end(),
                     [](const auto& t) { return is_integer(t.second); });
}

unsigned Poly::total_degree() const {
  unsigned d = 0;
  for (const auto& [m, c] : terms_) d = std::max(d, degree(m));
  return d;
}

Int Poly::content() const {
  Int g = 0;
  for (const auto& [m, c] : terms_) {
    if (!m.empty()) g = gcd(g, abs(numerator(c)));
  }
  return g;
}

Rational Poly::evaluate(const std::vector<Int>& values) const {
  Rational sum = 0;
  for (const auto& [m, c] : terms_) {
    Int product = 1;
    for (const auto& [atom, exponent] : m) {
      for (unsigned e = 0; e < exponent; ++e) product *= values[atom];
    }
    sum += c * Rational(product);
  }
  return sum;
}

Poly Poly::compose(const std::vector<Poly>& sigma) const {
  Poly sum;
  for (const auto& [m, c] : terms_) {
    Poly product(c);
    for (const auto& [atom, exponent] : m) {
      for (unsigned e = 0; e < exponent; ++e) product = product * sigma[atom];
    }
    sum += product;
  }
  return sum;
}

Poly& Poly::operator+=(const Poly& b) {
  if (this == &b) return *this = Poly(b) + *this;
  for (const auto& [m, c] : b.terms_) add(c, m);
  return *this;
}

Poly& Poly::operator-=(const Poly& b) {
  if (this == &b) return *this = Poly();
  for (const auto& [m, c] : b.terms_) add(-c, m);
  return *this;
}

Poly operator*(const Poly& a, const Poly& b) {
  Poly r;
  for (const auto& [m, c] : a.terms_) {
    for (const auto& [n, d] : b.terms_) r.add(c * d, m * n);
  }
  return r;
}

std::string Poly::key() const {
  std::string s;
  for (const auto& [m, c] : terms_) {
    s += rational_text(c);
    for (const auto& [atom, exponent] : m) {
      s += "*" + std::to_string(atom) + "^" + std::to_string(exponent);
    }
    s += ";";
  }
  return s;
}

nlohmann::json Poly::json() const {
  nlohmann::json all = nlohmann::json::array();
  for (const auto& [m, c] : terms_) {
    nlohmann::json factors = nlohmann::json::array();
    for (const auto& [atom, exponent] : m) {
      factors.push_back(nlohmann::json::array({atom, exponent}));
    }
    all.push_back(nlohmann::json::array({rational_text(c), factors}));
  }
  return all;
}

// --- atoms ---

unsigned AtomTable::put(const std::string& key, Atom atom) {
  const auto [it, fresh] = numbers_.emplace(key, static_cast<unsigned>(atoms_.size()));
  if (fresh) atoms_.push_back(std::move(atom));
  return it->second;
}

unsigned AtomTable::variable(const std::string& key, const std::string& shown) {
  return put("v:" + key, {Atom::Kind::kVariable, shown, {}});
}

unsigned AtomTable::div(const Poly& a, const Poly& b) {
  return put("d:" + a.key() + "|" + b.key(), {Atom::Kind::kDiv, "", {a, b}});
}

unsigned AtomTable::element(const std::string& array, const std::vector<Poly>& index) {
  std::string key = "e:" + array;
  for (const Poly& p : index) key += "|" + p.key();
  return put(key, {Atom::Kind::kElement, array, index});
}

std::string AtomTable::show(unsigned atom) const {
  const Atom& a = atoms_[atom];
  switch (a.kind) {
    case Atom::Kind::kVariable:
      return a.name;
    case Atom::Kind::kDiv:
      return "(" + show(a.args[0]) + " div " + show(a.args[1]) + ")";
    case Atom::Kind::kElement:
      break;
  }
  std::string s = a.name + "[";
  for (std::size_t k = 0; k < a.args.size(); ++k) {
    s += (k == 0 ? "" : ", ") + show(a.args[k]);
  }
  return s + "]";
}

std::string AtomTable::show(const Poly& p) const {
  std::map<std::string, Rational> sorted;
  for (const auto& [m, c] : p.terms()) {
    std::vector<std::string> factors;
    for (const auto& [atom, exponent] : m) {
      factors.insert(factors.end(), exponent, show(atom));
    }
    std::sort(factors.begin(), factors.end());
    std::string s;
    for (const std::string& f : factors) s += (s.empty() ? "" : "*") + f;
    sorted[s] += c;
  }
  std::string out;
  for (const auto& [m, c] : sorted) {
    const bool minus = c < 0;
    const Rational size = minus ? Rational(-c) : c;
    out += out.empty() ? (minus ? "-" : "") : (minus ? " - " : " + ");
    if (m.empty()) {
      out += rational_text(size);
    } else {
      out += (size == 1 ? "" : rational_text(size) + "*") + m;
    }
  }
  return out.empty() ? "0" : out;
}

// --- translation ---

namespace {

class Translator {
 public:
  Translator(const Spec& spec, AtomTable* atoms) : spec_(spec), atoms_(atoms) {}

  std::optional<Poly> run(const Term& t, const Env& env) {
    switch (t->op) {
      case Op::kInt:
        return Poly(Rational(t->value));
      case Op::kVar:
        return variable(t->name, env);
      case Op::kAdd:
      case Op::kSub:
      case Op::kMul:
      case Op::kIntDiv:
      case Op::kIntMod:
        return binary(t, env);
      case Op::kPsi:
      case Op::kMem:
        return element(t, env);
      case Op::kTrue:
      case Op::kDiv:
      case Op::kMax:
      case Op::kMin:
      case Op::kExpSub:
      case Op::kLt:
      case Op::kLe:
      case Op::kEq:
      case Op::kNe:
      case Op::kAnd:
      case Op::kOr:
      case Op::kNot:
      case Op::kAny:
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
      case Op::kRed:
      case Op::kOsMerge:
      case Op::kGen:
      case Op::kParGen:
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
      case Op::kOmega:
      case Op::kOmega2:
      case Op::kLet:
      case Op::kLetSlow:
      case Op::kTup:
      case Op::kGet:
      case Op::kFold:
      case Op::kPut:
      case Op::kFor:
      case Op::kParFor:
      case Op::kWhen:
        return std::nullopt;
    }
    return std::nullopt;
  }

 private:
  std::optional<Poly> variable(const std::string& name, const Env& env) {
    const auto it = env.names.find(name);
    if (it == env.names.end()) return std::nullopt;
    const Binding& b = it->second;
    if (b.term) return run(b.term, *b.env);
    return Poly::atom(atoms_->variable(b.key, b.shown));
  }

  std::optional<Poly> binary(const Term& t, const Env& env) {
    const auto a = run(t->kids[0], env);
    const auto b = run(t->kids[1], env);
    if (!a || !b) return std::nullopt;
    if (t->op == Op::kAdd) return *a + *b;
    if (t->op == Op::kSub) return *a - *b;
    if (t->op == Op::kMul) return *a * *b;
    const Poly quotient = Poly::atom(atoms_->div(*a, *b));
    return t->op == Op::kIntDiv ? quotient : *a - *b * quotient;
  }

  // An element of an integer input; nested partial selections join.
  std::optional<Poly> element(const Term& t, const Env& env) {
    std::vector<Term> index;
    Term array = t;
    while (array->op == Op::kPsi || array->op == Op::kMem) {
      const std::vector<Term> outer = index_of(array);
      index.insert(index.begin(), outer.begin(), outer.end());
      array = operand_of(array);
    }
    if (array->op != Op::kVar) return std::nullopt;
    const auto input = std::find_if(spec_.inputs.begin(), spec_.inputs.end(),
                                    [&](const Array& a) { return a.name == array->name; });
    if (input == spec_.inputs.end() || input->elem != Elem::kI32 ||
        input->shape.size() != index.size()) {
      return std::nullopt;
    }
    std::vector<Poly> polys;
    for (const Term& i : index) {
      const auto p = run(i, env);
      if (!p) return std::nullopt;
      polys.push_back(*p);
    }
    return Poly::atom(atoms_->element(array->name, polys));
  }

  const Spec& spec_;
  AtomTable* atoms_;
};

}  // namespace

std::optional<Poly> translate(const Term& t, const Env& env, const Spec& spec, AtomTable* atoms) {
  return Translator(spec, atoms).run(t, env);
}

}  // namespace minimoa
