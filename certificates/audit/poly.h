// What: exact polynomials over numbered atoms, and the translation of index
// terms to them (FORMAT section 5).
// The idea: a polynomial is a map from monomials to integers over one common
// positive denominator, always reduced, so that equality of polynomials is
// equality of the representation. A monomial is the list atom, exponent,
// atom, exponent, .. with increasing atoms (short ones need no allocation).
// How it may be wrong: two different atoms under one number, or a number read
// in another base; a result that is not reduced would make equal polynomials
// look different (which only refuses).
#ifndef MINIMOA_AUDIT_POLY_H_
#define MINIMOA_AUDIT_POLY_H_

#include <boost/multiprecision/cpp_int.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "term.h"

namespace audit {

using Int = boost::multiprecision::cpp_int;
using Monomial = std::u16string;

// FORMAT section 11.
constexpr std::size_t kMaxDigits = 2000;
constexpr std::size_t kMaxExponent = 64;
constexpr std::size_t kMaxTerms = 20000;
constexpr std::size_t kMaxAtoms = 65000;
constexpr std::uint64_t kMaxMultiplications = 20'000'000;

// Coefficient multiplications left; long coefficients count by 64-bit words.
struct Budget {
  std::uint64_t left = kMaxMultiplications;
  void charge(std::uint64_t amount);
};

struct Rational {
  Int numerator = 0;
  Int denominator = 1;
};

// FORMAT section 6: "-?(0|[1-9][0-9]*)", or a reduced fraction with
// denominator >= 2. Refuses (code "number") any other spelling.
Int parse_integer(std::string_view text);
Rational parse_rational(std::string_view text);

// The greatest integer <= a / b, b > 0.
Int floor_div(const Int& a, const Int& b);

class Poly {
 public:
  Poly() = default;
  explicit Poly(const Int& constant);
  static Poly atom(std::size_t number);

  const std::map<Monomial, Int>& terms() const { return terms_; }
  bool is_constant() const;
  bool is_integral() const { return denominator_ == 1; }
  Int constant_numerator() const;  // over the denominator
  const Int& denominator() const { return denominator_; }
  std::size_t bytes() const;  // roughly what it holds in memory
  std::size_t words() const;  // of the longest coefficient

  // this += factor * other
  void add(const Poly& other, const Rational& factor, Budget& budget);
  // Adds one term; false if the monomial is there already.
  bool add_term(const Monomial& monomial, const Rational& coefficient);
  // FORMAT section 6, `cut`; the caller has checked that it is integral and
  // not constant.
  Poly cut() const;

  bool operator==(const Poly& other) const = default;
  bool operator<(const Poly& other) const;

 private:
  friend Poly multiply(const Poly& a, const Poly& b, Budget& budget);
  void reduce();
  std::map<Monomial, Int> terms_;  // no zeros
  Int denominator_ = 1;
};

Poly sum(const Poly& a, const Poly& b, Budget& budget);
Poly difference(const Poly& a, const Poly& b, Budget& budget);
Poly multiply(const Poly& a, const Poly& b, Budget& budget);
// Atom number k stands for sigma[k]; refuses an atom beyond sigma.
Poly substitute(const Poly& poly, const std::vector<Poly>& sigma,
                Budget& budget);

// An atom is a variable (name), a quotient (name "div", parts a and b) or an
// element of an int input (the array's name, parts = indices).
enum class AtomKind { kVariable, kQuotient, kElement };

struct Atom {
  AtomKind kind = AtomKind::kVariable;
  std::string name;
  std::vector<Poly> parts;
  bool operator<(const Atom& other) const;
};

// Numbers atoms in order of first occurrence.
class AtomTable {
 public:
  std::size_t number(const Atom& atom);
  std::size_t size() const { return atoms_.size(); }
  const Atom& operator[](std::size_t number) const { return atoms_[number]; }

 private:
  std::vector<Atom> atoms_;
  std::map<Atom, std::size_t> numbers_;
};

// How index terms of one scope are read. Bound variables are told apart by
// their level (0 = outermost), so that terms of different depths under the
// same binders agree.
struct Reading {
  AtomTable& atoms;
  Budget& budget;
  std::int64_t depth = 0;  // variables of the scope of the term
  // Levels that stand for a closed term instead (over free names only).
  std::map<std::int64_t, Term> replaced = {};
};

// Refuses (code "index") a term that is not one of section 5's index terms.
Poly index_poly(const Term& term, Reading& reading);

// Equality of two index terms of a scope of that many variables, as
// polynomials without facts. For same_index() of types.h.
bool same_index_poly(const Term& a, const Term& b, std::int64_t depth);

}  // namespace audit

#endif  // MINIMOA_AUDIT_POLY_H_
