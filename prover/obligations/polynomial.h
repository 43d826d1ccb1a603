// Exact polynomials over numbered atoms, and index terms as polynomials
// (certificates/FORMAT.md, section 5).
//
// An atom is a variable, a floor division or an element of an integer input.
// The number of an atom is part of a statement: it is given out in the order
// in which atoms first occur, arguments before the atom itself.
// May be wrong: nothing here is trusted. A wrong numbering makes the audit
// reject a proof, never accept a wrong one.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>
#include <nlohmann/json.hpp>

#include "spec/lang/spec.h"
#include "spec/lang/term.h"

namespace minimoa {

using Int = boost::multiprecision::number<boost::multiprecision::cpp_int_backend<>,
                                          boost::multiprecision::et_off>;
// Boost 1.74: Rational(6, -4) throws. Divide two rationals instead.
using Rational = boost::multiprecision::number<boost::multiprecision::cpp_rational_backend,
                                               boost::multiprecision::et_off>;
// (atom, exponent), atoms increasing, exponents >= 1. The empty one is 1.
using Monomial = std::vector<std::pair<unsigned, unsigned>>;

Monomial operator*(const Monomial& a, const Monomial& b);
unsigned degree(const Monomial& m);
Int power_of_two(unsigned exponent);
Int floor_of(const Rational& r);
bool is_integer(const Rational& r);

class Poly {
 public:
  Poly() = default;
  Poly(const Rational& c);            // NOLINT: constants are polynomials
  Poly(int c) : Poly(Rational(c)) {}  // NOLINT
  static Poly atom(unsigned number);
  static Poly term(const Rational& c, const Monomial& m);

  const std::map<Monomial, Rational>& terms() const { return terms_; }
  bool is_constant() const;
  Rational constant() const;
  Rational coefficient(const Monomial& m) const;
  bool is_integral() const;
  unsigned total_degree() const;
  // gcd of the non-constant coefficients; 0 for a constant.
  // Requires: is_integral().
  Int content() const;
  Rational evaluate(const std::vector<Int>& values) const;
  // The polynomial with sigma[k] for atom k.
  Poly compose(const std::vector<Poly>& sigma) const;
  void add(const Rational& c, const Monomial& m);
  std::string key() const;      // canonical text over atom numbers
  nlohmann::json json() const;  // FORMAT.md section 6, POLY

  Poly& operator+=(const Poly& b);
  Poly& operator-=(const Poly& b);
  friend Poly operator+(Poly a, const Poly& b) { return a += b; }
  friend Poly operator-(Poly a, const Poly& b) { return a -= b; }
  friend Poly operator*(const Poly& a, const Poly& b);
  friend Poly operator-(const Poly& a) { return Poly() - a; }
  friend bool operator==(const Poly& a, const Poly& b) { return a.terms_ == b.terms_; }

 private:
  std::map<Monomial, Rational> terms_;  // no zero coefficients
};

std::string rational_text(const Rational& r);

struct Atom {
  enum class Kind { kVariable, kDiv, kElement };
  Kind kind = Kind::kVariable;
  std::string name;        // variable: as shown; element: the array
  std::vector<Poly> args;  // div: dividend, divisor; element: its indices
};

// The atoms of one statement, by number.
class AtomTable {
 public:
  // `key` tells variables of the same shown name apart.
  unsigned variable(const std::string& key, const std::string& shown);
  unsigned div(const Poly& a, const Poly& b);
  unsigned element(const std::string& array, const std::vector<Poly>& index);
  std::size_t size() const { return atoms_.size(); }
  const Atom& operator[](std::size_t k) const { return atoms_[k]; }
  // Text that does not depend on the numbering, unique up to equality.
  std::string show(const Poly& p) const;
  std::string show(unsigned atom) const;

 private:
  unsigned put(const std::string& key, Atom atom);
  std::vector<Atom> atoms_;
  std::map<std::string, unsigned> numbers_;
};

// What a free name of an index term stands for: a variable, or a term with its
// own names (write-once copies, cover witnesses).
struct Env;
struct Binding {
  std::string key, shown;  // a variable, when term is null
  Term term;
  std::shared_ptr<const Env> env;  // names of term
};
struct Env {
  std::map<std::string, Binding> names;
};

// Translates an index term; registers atoms in order of first occurrence.
// Nothing for a term that is no polynomial over atoms (an `if`, an element of
// an array that is no input, an unknown name).
std::optional<Poly> translate(const Term& t, const Env& env, const Spec& spec, AtomTable* atoms);

}  // namespace minimoa
