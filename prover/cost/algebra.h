// Index terms with min and max as polynomials, and back in one normal form.
//
// Names, quotients and choices (a min or max whose arguments are normal) are
// atoms. Quotients by a literal give up their whole multiples:
// (64*i + c) div 64 is i + c div 64.
// May be wrong: nothing here is trusted.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "prover/obligations/polynomial.h"

namespace minimoa {

class Algebra {
 public:
  explicit Algebra(const Spec& spec) : spec_(spec) {}

  // Nothing for a term that is not made of index arithmetic, min and max.
  std::optional<Poly> poly(const Term& t);
  Term term(const Poly& p) const;
  Term normal(const Term& t);               // t itself if it has no polynomial
  std::optional<Term> half(const Term& t);  // t / 2 if all coefficients are even
  // p = sum over k of out[k] * v^k; `inside` gets the other atoms that mention v.
  std::vector<Poly> powers(const Poly& p, const std::string& v, std::vector<unsigned>* inside);
  Term atom_term(unsigned a) const;
  // No negative coefficient, nor one in the dividend of a quotient.
  bool natural(const Term& t);
  // Text that is the same for equal polynomials.
  std::string show(const Term& t);
  // The same for a term without min and max whose quotients stay as they are written, as in
  // FORMAT.md, section 5, where n div 1 is not n.
  std::string spelled(const Term& t);

 private:
  Term hide(const Term& t);
  Term shown(const Term& t) const;
  Term hide_again(const Term& t) const;
  Term choice(Op op, const std::vector<Term>& kids);
  Term quotient(const Term& a, const Term& b);
  Term product(const Monomial& m, const Rational& c) const;
  std::optional<Poly> translated(const Term& hidden);

  const Spec& spec_;
  AtomTable atoms_;
  Env env_;
  std::map<std::string, Term> choices_;  // by the name that stands for them
};

}  // namespace minimoa
