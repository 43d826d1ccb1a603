// Exact polynomials over numbered atoms, and index terms read as such (FORMAT section 5).
// Idea: coefficients are integers over one common denominator; a monomial is a string of (atom,
// exponent) pairs, so equality of polynomials is equality of maps.
// How it may be wrong: two different values that share an atom.
#ifndef MINIMOA_AUDIT_POLY_H_
#define MINIMOA_AUDIT_POLY_H_

#include <boost/multiprecision/cpp_int.hpp>
#include <string_view>

#include "term.h"

namespace audit {
using Int = boost::multiprecision::cpp_int;
using Monomial = std::u16string;

// FORMAT section 11.
constexpr size_t kMaxDigits = 2000;
constexpr size_t kMaxExponent = 64;
constexpr size_t kMaxTerms = 20000;
constexpr size_t kMaxAtoms = 65000;

struct Rational {
  Int numerator = 0;
  Int denominator = 1;
};

// FORMAT section 6: "-?(0|[1-9][0-9]*)", or a reduced fraction with denominator >= 2. Refuses (code
// "number") any other spelling.
Int parse_integer(std::string_view text);
Rational parse_rational(std::string_view text);
// The greatest integer <= a / b, b > 0.
Int floor_div(const Int& a, const Int& b);

class Poly {
 public:
  Poly() = default;
  explicit Poly(const Int& constant);
  static Poly atom(size_t number);
  const std::map<Monomial, Int>& terms() const { return terms_; }
  bool is_constant() const;
  bool is_integral() const { return denominator_ == 1; }
  Int constant_numerator() const;  // over the denominator
  const Int& denominator() const { return denominator_; }
  size_t bytes() const;  // roughly what it holds in memory
  size_t words() const;  // of the longest coefficient
  // this += factor * other
  void add(const Poly& other, const Rational& factor, Budget& budget);
  // Adds one term; false if the monomial is there already.
  bool add_term(const Monomial& monomial, const Rational& coefficient);
  // FORMAT section 6, `cut`; the caller has checked that it is integral and not constant.
  Poly cut() const;
  bool operator==(const Poly& other) const = default;
  bool operator<(const Poly& other) const;

 private:
  friend Poly multiply(const Poly& a, const Poly& b, Budget& budget);
  void reduce();
  void grow(const Int& factor);    // numerators and denominator
  std::map<Monomial, Int> terms_;  // no zeros
  Int denominator_ = 1;
};
Poly sum(Poly a, const Poly& b, Budget& budget);
Poly difference(Poly a, const Poly& b, Budget& budget);
Poly multiply(const Poly& a, const Poly& b, Budget& budget);
// Atom number k stands for sigma[k]; refuses an atom beyond sigma.
Poly substitute(const Poly& poly, const vector<Poly>& sigma, Budget& budget);

// An atom is a variable (name), a quotient (parts a and b) or an element of an int input (the
// array's name, parts = indices).
enum class AtomKind { kVariable, kQuotient, kElement };

struct Atom {
  AtomKind kind = AtomKind::kVariable;
  string name;
  vector<Poly> parts;
  bool operator<(const Atom& other) const;
};

// Numbers atoms in order of first occurrence.
class AtomTable {
 public:
  size_t number(const Atom& atom);
  size_t size() const { return atoms_.size(); }
  const Atom& operator[](size_t number) const { return atoms_[number]; }

 private:
  vector<Atom> atoms_;
  std::map<Atom, size_t> numbers_;
};

// How index terms of one scope are read. Bound variables are told apart by their level (0 =
// outermost), so that terms of different depths under the same binders agree.
struct Reading {
  AtomTable& atoms;
  Budget& budget;
  Number depth = 0;                      // variables of the scope of the term
  std::map<Number, Term> replaced = {};  // levels that stand for a term over free names instead
};

// Refuses (code "index") a term that is not one of section 5's index terms.
Poly index_poly(const Term& term, Reading& reading);

}  // namespace audit

#endif  // MINIMOA_AUDIT_POLY_H_
