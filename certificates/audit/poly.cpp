// Exact polynomials and the translation of index terms. See poly.h.
// Idea: every operation charges the budget before it works and ends within the limits of FORMAT 11.
// How it may be wrong: a limit that is looked at only after the memory is gone.
#include "poly.h"

#include <unordered_map>

namespace audit {
namespace {
// FORMAT section 11.
constexpr size_t kMaxDigits = 2000;
const Int kTooLong = pow(Int(10), kMaxDigits);
constexpr size_t kMaxTerms = 20000;
constexpr size_t kMaxAtoms = 65000;
[[noreturn]] void limit(const string& what) { refuse("limit", what); }
Monomial product(const Monomial& a, const Monomial& b) {
  Monomial result(a.size() + b.size(), 0);
  std::ranges::merge(a, b, result.begin());
  for (size_t k = kMaxExponent; k < result.size(); ++k)
    if (result[k] == result[k - kMaxExponent]) limit("exponent above 64");
  return result;
}
Poly variable(const Term& term, Reading& reading) {
  if (term->op == Op::kFree) return reading.atom({AtomKind::kVariable, term->name, {}});
  const Number level = reading.depth - 1 - term->value;
  if (level < 0) refuse("scope", "a variable that nothing binds");
  const auto found = reading.replaced.find(level);
  if (found != reading.replaced.end()) return index_poly(found->second, reading);
  // '#' cannot begin a name of a term, so levels and free names never meet.
  return reading.atom({AtomKind::kVariable, "#" + std::to_string(level), {}});
}

// FORMAT 5: an element is identified by its array and index polynomials; the operand must be an
// input by name (perhaps through further selections), else two values could share an atom.
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
  return reading.atom(atom);
}
}  // namespace
Int parse_integer(std::string_view text) {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.size() > kMaxDigits) limit("a number of more than 2,000 digits");
  // One spelling for each number: no fraction, sign, blank, "-0"; Boost would read "017" as octal.
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos ||
      (digits[0] == '0' && text.size() > 1))
    refuse("number", "not an integer of the format");
  return Int(string(text));
}
Int floor_div(const Int& a, const Int& b) {
  const Int quotient = a / b;  // towards zero
  return a < 0 && quotient * b != a ? Int(quotient - 1) : quotient;
}
Poly Poly::atom(size_t number) {
  if (number >= kMaxAtoms) limit("too many atoms");
  return Poly(1, {static_cast<char16_t>(number)});
}
size_t Poly::weight() const {
  size_t result = 1;
  for (const auto& [monomial, coefficient] : terms_)
    result = std::max(result, coefficient.backend().size() + monomial.size() / 16);
  return result;
}

// Every coefficient comes through here: the place of the limits, and of "no zeros".
void Poly::add(const Monomial& monomial, const Int& coefficient) {
  const auto slot = terms_.try_emplace(monomial).first;
  Int& value = slot->second;
  value += coefficient;
  if (value == 0)
    terms_.erase(slot);
  else if (abs(value) >= kTooLong)
    limit("a number of more than 2,000 digits");
  if (terms_.size() > kMaxTerms) limit("a polynomial of too many terms");
}
void Poly::add(const Poly& other, const Int& factor, Budget& budget) {
  budget.multiply(other.terms_.size() * other.weight());
  for (const auto& [monomial, coefficient] : other.terms_) add(monomial, coefficient * factor);
}
Poly difference(Poly a, const Poly& b, Budget& budget) {
  a.add(b, -1, budget);
  return a;
}
Poly multiply(const Poly& a, const Poly& b, Budget& budget) {
  budget.multiply(a.terms().size() * a.weight() * b.terms().size() * b.weight());
  std::unordered_map<Monomial, Int> terms;  // much faster than a map
  for (const auto& [left, x] : a.terms()) {
    for (const auto& [right, y] : b.terms()) terms[product(left, right)] += x * y;
    if (terms.size() > kMaxTerms) limit("a polynomial of too many terms");
  }
  Poly result;
  for (const auto& [monomial, coefficient] : terms) result.add(monomial, coefficient);
  return result;
}
Poly substitute(const Poly& poly, const vector<Poly>& sigma, Budget& budget) {
  Poly result;
  for (const auto& [monomial, coefficient] : poly.terms()) {
    Poly value(coefficient);
    for (const char16_t atom : monomial) {
      if (atom >= sigma.size()) refuse("proof", "an atom without value");
      value = multiply(value, sigma[atom], budget);
    }
    result.add(value, 1, budget);
  }
  return result;
}
Poly Reading::atom(const Atom& atom) {
  const auto [at, fresh] = numbers.emplace(atom, atoms.size());
  if (fresh) atoms.push_back(atom);
  return Poly::atom(at->second);
}
Poly index_poly(const Term& term, Reading& reading) {
  reading.budget.visit(1);
  const Op op = term->op;
  if (op == Op::kInt) return Poly(term->value);
  if (op == Op::kBound || op == Op::kFree) return variable(term, reading);
  if (op == Op::kPsi || op == Op::kMem) return element(term, reading);
  if (!is_index_arithmetic(op)) refuse("index", string("not an index term: ") + word_of(op));
  Poly a = index_poly(term->kids[0], reading);
  const Poly b = index_poly(term->kids[1], reading);
  if (op == Op::kMul) return multiply(a, b, reading.budget);
  if (op == Op::kAdd || op == Op::kSub) {
    a.add(b, op == Op::kAdd ? 1 : -1, reading.budget);
    return a;
  }
  const Poly q = reading.atom({AtomKind::kQuotient, "div", {a, b}});
  if (op == Op::kDiv) return q;
  return difference(a, multiply(b, q, reading.budget), reading.budget);
}
}  // namespace audit
