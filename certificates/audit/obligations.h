// The arithmetic obligations of a certificate (FORMAT sections 5 and 7) and their proofs (6).
// Idea: every statement is computed here, from the specification, the replayed terms and the
// conditions of the steps; only proofs (and the choices `cover` and `witness`) come from the
// certificate. The checker of proofs only multiplies, adds and compares.
// How it may be wrong: an obligation that is forgotten, or a hypothesis that does not hold. The one
// dangerous hypothesis is that of a quotient: its divisor must be proved positive.
#pragma once

#include "json.h"
#include "poly.h"
#include "reader.h"

namespace audit {
constexpr size_t kMaxProofSteps = 5000;             // FORMAT section 11
constexpr size_t kMaxFactBytes = size_t{24} << 20;  // of one proof; of one list's hypotheses

// hypotheses >= 0 imply goal >= 0, for all integer values of the atoms.
struct Obligation {
  string place;  // for people: which node, which condition
  vector<Poly> hypotheses;
  Poly goal;
  size_t atoms = 0;  // all atom numbers are below
};

// Checks proof k against obligation k for each k; the numbers must agree. Adds to `holes`, by
// name and reason; refuses a list with a wrong proof. `place`: the obligation under check.
void check_proofs(const string& list, const vector<Obligation>& obligations, const Json& proofs,
                  Budget& budget, string& place, Strings& holes);
// A POLY of the format over atoms 0 .. atoms-1.
Poly read_poly(const Json& json, size_t atoms);

// What encloses the only put of a final term; refuses (code "write") a term whose bounds, guards or
// indices mention more than FORMAT 7 allows.
struct Frame {
  Term put;
  Scope scope;
  vector<Entry> loops;  // of the scope
};
Frame frame_of(const Term& final_term, const Spec& spec);

struct Fact;
struct Draft;
using Facts = vector<Fact>;

class Generator {
 public:
  explicit Generator(const Spec& spec) : spec_(spec) {}
  // FORMAT 7, `divisors`; remembers them for all later obligations.
  vector<Obligation> divisors(const Term& final_term);
  vector<Obligation> spec_obligations();
  vector<Obligation> step(const vector<Condition>& conditions);
  // The whole list `safe`; `cover` is the certificate's list of pairs.
  vector<Obligation> safe(const Term& final_term, const Json& cover);

 private:
  Draft context(const Scope& scope = {}, size_t requires_used = kMaxNodes) const;
  void add_goals(const string& place, const Draft& context, const Facts& goals);
  void add_nodes(const Term& root, bool safe);
  void add_array(const Array& array);
  void add_size(const Term& size);
  void add_write_once(const Frame& frame);
  void add_cover(const Frame& frame, const Json& json);
  void use_quotient(Draft& draft, size_t atom) const;
  void use_element(Draft& draft, size_t atom) const;
  vector<Obligation> finished();
  const Spec& spec_;
  vector<Obligation> out_;        // the list under construction
  size_t bytes_ = 0;              // of it
  Terms divisors_;                // proved positive, dimensions only
  bool refuse_unproved_ = false;  // true once the list is complete
};

// FORMAT 7, satisfiable: the witness gives every dimension a value, and there all requires hold and
// all counts are at most 2^40.
void check_witness(const Spec& spec, const Json& witness, const Terms& counts = {});
}  // namespace audit
