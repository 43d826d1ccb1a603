// What: the checker of arithmetic proofs (FORMAT section 6).
// The idea: an obligation says that a polynomial is >= 0 at every integer
// point where its hypotheses are >= 0. A proof starts from the hypotheses and
// the negated goal, appends facts by seven rules and must end in a negative
// constant. The checker only multiplies, adds and compares.
// How it may be wrong: a rule that accepts a fact which does not follow; each
// guard in proof.cpp says what could be forged without it, and
// tests/audit/back_test.cpp has one forged proof for each.
#ifndef MINIMOA_AUDIT_PROOF_H_
#define MINIMOA_AUDIT_PROOF_H_

#include <cstddef>
#include <string>
#include <vector>

#include "json.h"
#include "poly.h"

namespace audit {

constexpr std::size_t kMaxProofSteps = 5000;                  // FORMAT section 11
constexpr std::size_t kMaxFactBytes = std::size_t{40} << 20;  // of one proof

// hypotheses >= 0 imply goal >= 0, for all integer values of the atoms.
struct Obligation {
  std::string place;  // for people: which node, which condition
  std::vector<Poly> hypotheses;
  Poly goal;
  std::size_t atoms = 0;  // all atom numbers are below
};

// Checks proof k against obligation k for each k; the numbers must agree.
// Returns the holes, by name and reason; refuses a list with a wrong proof.
// `place` always names the obligation under check, for the report.
std::vector<std::string> check_proofs(const std::string& list,
                                      const std::vector<Obligation>& obligations,
                                      const Json& proofs, Budget& budget, std::string& place);

// A POLY of the format over atoms 0 .. atoms-1.
Poly read_poly(const Json& json, std::size_t atoms);

}  // namespace audit

#endif  // MINIMOA_AUDIT_PROOF_H_
