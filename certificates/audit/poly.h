// Exact polynomials over numbered atoms, and index terms read as such (FORMAT section 5).
// Idea: coefficients are integers; a monomial is the sorted string of its atoms, one for each
// factor, so equality of polynomials is equality of maps.
// How it may be wrong: two different values that share an atom.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>

#include "term.h"

namespace audit {
using Int = boost::multiprecision::cpp_int;
using Monomial = std::u16string;

constexpr size_t kMaxExponent = 64;  // FORMAT section 11

// FORMAT section 6: "0" or "-?[1-9][0-9]*". Refuses (code "number") any other spelling.
Int parse_integer(std::string_view text);
// The greatest integer <= a / b, b > 0.
Int floor_div(const Int& a, const Int& b);

class Poly {
 public:
  Poly() = default;
  explicit Poly(const Int& factor, const Monomial& monomial = {}) { add(monomial, factor); }
  static Poly atom(size_t number);
  const std::map<Monomial, Int>& terms() const { return terms_; }
  bool is_constant() const { return terms_.empty() || terms_.rbegin()->first.empty(); }
  Int constant() const { return terms_.contains({}) ? terms_.at({}) : Int(0); }
  // What one multiplication by its longest term costs.
  size_t weight() const;
  // Roughly what it holds in memory, from above.
  size_t bytes() const { return 64 + terms_.size() * (112 + 32 * weight()); }
  void add(const Monomial& monomial, const Int& coefficient);
  // this += factor * other
  void add(const Poly& other, const Int& factor, Budget& budget);
  auto operator<=>(const Poly& other) const = default;

 private:
  std::map<Monomial, Int> terms_;  // no zeros
};
Poly difference(Poly a, const Poly& b, Budget& budget);
Poly multiply(const Poly& a, const Poly& b, Budget& budget);
// Atom number a replaced by sigma[a]; refuses an atom beyond sigma.
Poly substitute(const Poly& poly, const vector<Poly>& sigma, Budget& budget);

// A variable (its name), (div a b) (parts a, b), or an element of an array (parts: the indices).
enum class AtomKind { kVariable, kQuotient, kElement };

struct Atom {
  AtomKind kind = AtomKind::kVariable;
  string name;
  vector<Poly> parts;
  auto operator<=>(const Atom& other) const = default;
};

// How index terms of one scope are read. Bound variables are told apart by their level (0 =
// outermost), so that terms of different depths under the same binders agree.
struct Reading {
  Budget& budget;
  Number depth = 0;                      // variables of the scope of the term
  std::map<Number, Term> replaced = {};  // levels that stand for a term over free names instead
  vector<Atom> atoms = {};               // in order of first occurrence
  std::map<Atom, size_t> numbers = {};   // of atoms
  Poly atom(const Atom& atom);
};

// Refuses (code "index") a term that is not one of section 5's index terms.
Poly index_poly(const Term& term, Reading& reading);
}  // namespace audit
