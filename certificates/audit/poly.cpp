// Exact polynomials and the translation of index terms. See poly.h.
// Idea: all arithmetic is on integers over one denominator; every operation charges the budget
// before it works and ends within the limits of FORMAT 11.
// How it may be wrong: a limit that is looked at only after the memory is gone.
#include "poly.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace audit {
namespace {
constexpr unsigned kMaxBits = 6643;  // of a number of 2,000 digits
[[noreturn]] void limit(const string& what) { refuse("limit", what); }
size_t words_of(const Int& value) { return value.backend().size(); }
void check_digits(const Int& value) {
  if (value != 0 && boost::multiprecision::msb(abs(value)) > kMaxBits)
    limit("a number of more than 2,000 digits");
}
Int gcd_of(const Int& a, const Int& b) { return boost::multiprecision::gcd(a, b); }
Monomial product(const Monomial& a, const Monomial& b) {
  Monomial result;
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() || j < b.size()) {
    const bool left = j == b.size() || (i < a.size() && a[i] <= b[j]);
    const bool right = i == a.size() || (j < b.size() && b[j] <= a[i]);
    const int exponent = (left ? a[i + 1] : 0) + (right ? b[j + 1] : 0);
    if (exponent > static_cast<int>(kMaxExponent)) limit("exponent above 64");
    result += left ? a[i] : b[j];
    result += static_cast<char16_t>(exponent);
    if (left) i += 2;
    if (right) j += 2;
  }
  return result;
}

// Digits only, at most 2,000, no leading zero: read in base ten by hand,
// because Boost would read "017" as octal.
Int parse_digits(std::string_view digits) {
  if (digits.size() > kMaxDigits) limit("a number of more than 2,000 digits");
  const bool decimal =
      !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
  if (!decimal || (digits[0] == '0' && digits.size() > 1))
    refuse("number", "not a number of the format");
  Int value = 0;
  for (const char digit : digits) value = value * 10 + (digit - '0');
  return value;
}

}  // namespace
Int parse_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  const Int value = parse_digits(negative ? text.substr(1) : text);
  return negative ? Int(-value) : value;
}
Rational parse_rational(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return {parse_integer(text), 1};
  const Int numerator = parse_integer(text.substr(0, slash));
  const Int denominator = parse_digits(text.substr(slash + 1));
  // FORMAT 6: one spelling for each number; "0/2", "1/1" and "2/4" are none.
  if (denominator < 2 || gcd_of(numerator, denominator) != 1)
    refuse("number", "not a reduced fraction");
  return {numerator, denominator};
}
Int floor_div(const Int& a, const Int& b) {
  const Int quotient = a / b;  // towards zero
  return a < 0 && quotient * b != a ? Int(quotient - 1) : quotient;
}
Poly::Poly(const Int& constant) {
  if (constant != 0) terms_[Monomial()] = constant;
  check_digits(constant);
}
Poly Poly::atom(size_t number) {
  if (number >= kMaxAtoms) limit("too many atoms");
  Poly result;
  result.terms_[Monomial{static_cast<char16_t>(number), 1}] = 1;
  return result;
}
bool Poly::is_constant() const {
  return terms_.empty() || (terms_.size() == 1 && terms_.begin()->first.empty());
}
Int Poly::constant_numerator() const {
  const auto found = terms_.find(Monomial());
  return found == terms_.end() ? Int(0) : found->second;
}
size_t Poly::bytes() const {
  size_t result = 64;
  for (const auto& [monomial, coefficient] : terms_)
    result += 112 + 2 * monomial.size() + 8 * words_of(coefficient);
  return result;
}
size_t Poly::words() const {
  size_t result = words_of(denominator_);
  for (const auto& [monomial, coefficient] : terms_)
    result = std::max(result, words_of(coefficient));
  return result;
}
void Poly::reduce() {
  if (terms_.size() > kMaxTerms) limit("a polynomial of too many terms");
  Int common = denominator_;
  for (auto at = terms_.begin(); at != terms_.end();) {
    check_digits(at->second);
    if (at->second == 0) {
      at = terms_.erase(at);
    } else {
      if (common != 1) common = gcd_of(common, at->second);
      ++at;
    }
  }
  if (common != 1) {
    for (auto& [monomial, coefficient] : terms_) coefficient /= common;
    denominator_ /= common;
  }
  check_digits(denominator_);
}
void Poly::grow(const Int& factor) {
  if (factor == 1) return;
  check_digits(factor);
  for (auto& [monomial, coefficient] : terms_) check_digits(coefficient *= factor);
  check_digits(denominator_ *= factor);
}
void Poly::add(const Poly& other, const Rational& factor, Budget& budget) {
  budget.multiply(other.terms_.size() * other.words() +
                  (denominator_ == 1 ? 0 : terms_.size() * words()));
  const Int theirs = other.denominator_ * factor.denominator;
  const Int shared = gcd_of(denominator_, theirs);
  const Int scale = (denominator_ / shared) * factor.numerator;
  check_digits(scale);
  grow(theirs / shared);
  for (const auto& [monomial, coefficient] : other.terms_) {
    const auto slot = terms_.try_emplace(monomial, 0).first;
    slot->second += coefficient * scale;
    check_digits(slot->second);
    if (slot->second == 0) terms_.erase(slot);
  }
  if (terms_.size() > kMaxTerms) limit("a polynomial of too many terms");
  if (denominator_ != 1) reduce();
}
bool Poly::add_term(const Monomial& monomial, const Rational& coefficient) {
  if (terms_.count(monomial) != 0) return false;
  if (terms_.size() >= kMaxTerms) limit("a polynomial of too many terms");
  const Int shared = gcd_of(denominator_, coefficient.denominator);
  grow(coefficient.denominator / shared);
  const Int value = coefficient.numerator * (denominator_ / coefficient.denominator);
  check_digits(value);
  check_digits(denominator_);
  terms_[monomial] = value;
  return true;
}
Poly Poly::cut() const {
  Int common = 0;
  for (const auto& [monomial, coefficient] : terms_)
    if (!monomial.empty()) common = gcd_of(common, coefficient);
  Poly result;
  for (const auto& [monomial, coefficient] : terms_)
    result.terms_[monomial] = floor_div(coefficient, common);
  result.reduce();
  return result;
}
bool Poly::operator<(const Poly& other) const {
  return terms_ != other.terms_ ? terms_ < other.terms_ : denominator_ < other.denominator_;
}
Poly sum(Poly a, const Poly& b, Budget& budget) {
  a.add(b, {1, 1}, budget);
  return a;
}
Poly difference(Poly a, const Poly& b, Budget& budget) {
  a.add(b, {-1, 1}, budget);
  return a;
}
Poly multiply(const Poly& a, const Poly& b, Budget& budget) {
  budget.multiply(static_cast<std::uint64_t>(a.terms_.size()) * a.words() * b.terms_.size() *
                  b.words());
  std::unordered_map<Monomial, Int> terms;
  for (const auto& [left, x] : a.terms_) {
    for (const auto& [right, y] : b.terms_) terms[product(left, right)] += x * y;
    if (terms.size() > kMaxTerms) limit("a polynomial of too many terms");
  }
  Poly result;
  result.terms_.insert(terms.begin(), terms.end());
  result.denominator_ = a.denominator_ * b.denominator_;
  result.reduce();
  return result;
}
Poly substitute(const Poly& poly, const vector<Poly>& sigma, Budget& budget) {
  Poly result;
  for (const auto& [monomial, coefficient] : poly.terms()) {
    Poly value(coefficient);
    for (size_t k = 0; k < monomial.size(); k += 2) {
      const size_t atom = monomial[k];
      if (atom >= sigma.size()) refuse("proof", "an atom without value");
      for (char16_t e = 0; e < monomial[k + 1]; ++e) value = multiply(value, sigma[atom], budget);
    }
    result.add(value, {1, poly.denominator()}, budget);
  }
  return result;
}
bool Atom::operator<(const Atom& other) const {
  if (kind != other.kind) return kind < other.kind;
  if (name != other.name) return name < other.name;
  return parts < other.parts;
}
size_t AtomTable::number(const Atom& atom) {
  const auto [at, fresh] = numbers_.emplace(atom, atoms_.size());
  if (fresh) {
    if (atoms_.size() >= kMaxAtoms) limit("too many atoms");
    atoms_.push_back(atom);
  }
  return at->second;
}
namespace {
Poly variable(const Term& term, Reading& reading) {
  if (term->op == Op::kFree)
    return Poly::atom(reading.atoms.number({AtomKind::kVariable, term->name, {}}));
  const Number level = reading.depth - 1 - term->value;
  if (level < 0) refuse("scope", "a variable that nothing binds");
  const auto found = reading.replaced.find(level);
  if (found != reading.replaced.end()) return index_poly(found->second, reading);
  // '#' cannot begin a name of a term, so levels and free names never meet.
  return Poly::atom(reading.atoms.number({AtomKind::kVariable, "#" + std::to_string(level), {}}));
}

// FORMAT 5: an element is identified by its array and index polynomials; the
// operand must be an input by name (perhaps through further selections), else
// two different values could share an atom.
Poly element(const Term& term, Reading& reading) {
  Term array = term;
  Terms indices;  // those of inner selections first
  while (array->op == Op::kPsi || array->op == Op::kMem) {
    const Terms outer = indices_of(*array);
    indices.insert(indices.begin(), outer.begin(), outer.end());
    array = Term(operand_of(*array));
  }
  if (array->op != Op::kFree) refuse("index", "an index that is an element of no input");
  Atom atom{AtomKind::kElement, array->name, {}};
  for (const Term& index : indices) atom.parts.push_back(index_poly(index, reading));
  return Poly::atom(reading.atoms.number(atom));
}
Poly quotient(const Term& term, Reading& reading) {
  const Poly a = index_poly(term->kids[0], reading);
  const Poly b = index_poly(term->kids[1], reading);
  const Poly q = Poly::atom(reading.atoms.number({AtomKind::kQuotient, "div", {a, b}}));
  if (term->op == Op::kDiv) return q;
  return difference(a, multiply(b, q, reading.budget), reading.budget);
}

}  // namespace
Poly index_poly(const Term& term, Reading& reading) {
  reading.budget.visit(1);
  if (term->op == Op::kInt) return Poly(term->value);
  if (term->op == Op::kBound || term->op == Op::kFree) return variable(term, reading);
  if (term->op == Op::kDiv || term->op == Op::kMod) return quotient(term, reading);
  if (term->op == Op::kPsi || term->op == Op::kMem) return element(term, reading);
  const bool sums = term->op == Op::kAdd || term->op == Op::kSub;
  if (!sums && term->op != Op::kMul)
    refuse("index", string("not an index term: ") + word_of(term->op));
  const Poly a = index_poly(term->kids[0], reading);
  const Poly b = index_poly(term->kids[1], reading);
  if (term->op == Op::kMul) return multiply(a, b, reading.budget);
  return term->op == Op::kAdd ? sum(a, b, reading.budget) : difference(a, b, reading.budget);
}

}  // namespace audit
