// What a certificate must agree with: the arithmetic obligations (FORMAT sections 5 and 7) and the
// checker of their proofs (6); the final term as C++ text (8) and the comparison of a kernel.
// Idea: every statement, and the kernel, is computed here from the specification, the replayed
// terms and the conditions of the steps; only proofs (and the choices `cover` and `witness`) come
// from the certificate. A kernel's tokens must be those of the lowering; whatever could make a
// compiler see others (backslashes, trigraphs, literals, directives, odd bytes) is refused first.
// How it may be wrong: an obligation that is forgotten, or a hypothesis that does not hold (the one
// dangerous hypothesis is that of a quotient: its divisor must be proved positive); text that does
// not mean what the term means; the delicate part is 8.4, folds whose state is overwritten in
// place. Or: a spelling that we and a compiler cut differently.
#pragma once

#include "lanes.h"
#include "poly.h"

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

// Calls `visit` at each node, before its children, while `scope` is what encloses the node.
using Visit = std::function<void(const Term&)>;
void walk(const Term& term, Scope& scope, const Spec& spec, const Lanes& lanes, const Visit& visit);

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
  vector<Obligation> safe(const Term& final_term, const Json& cover, const Lanes& lanes = {});

 private:
  Draft context(const Scope& scope = {}, size_t requires_used = kMaxNodes) const;
  void add_goals(const string& place, const Draft& context, const Facts& goals);
  void add_nodes(const Term& root, bool safe, const Lanes& lanes = {});
  void add_array(const Array& array);
  void add_size(const Term& size);
  void add_write_once(const Frame& frame);
  void add_cover(const Frame& frame, const Json& json);
  void use_quotient(Draft& draft, size_t atom) const;
  void use_element(Draft& draft, size_t atom) const;
  const Spec& spec_;
  vector<Obligation> out_;        // the list under construction
  size_t bytes_ = 0;              // of it
  Terms divisors_;                // proved positive, dimensions only
  bool refuse_unproved_ = false;  // true once the list is complete
};

// FORMAT 7, satisfiable: with the witness's sizes all requires hold, all counts are at most 2^40.
void check_witness(const Spec& spec, const Json& witness, const Terms& counts = {});

// ---- the lowering (lowering.cpp) ----
struct Lowered {
  string text;     // the whole body
  Term workspace;  // words of slow memory
  Terms counts;    // words of slow memory and scratch, tasks of each phase
};

// FORMAT 8.3, storage: the extents of each leaf of a value; refuses one not made of reals.
vector<Terms> leaves_of(const Type& type);
// Refuses (codes "lower", "in-place", "name") what section 8 does not lower.
Lowered lower(const Term& final_term, const Spec& spec, const string& schedule,
              const Lanes& lanes = {});

// ---- kernels (text.cpp) ----
// Header and body around the first line "// ---- body ----"; refuses a file without it.
std::pair<string, string> split_kernel(const string& file);
// Comments only, one line "// certificate PATH sha256 HEX" with this HEX; returns their number.
int check_header(const string& header, const string& sha256);
// At most so many, closed by a token "end of file". `include`: the file that may be included, too.
vector<Token> tokenise(const string& body, int first_line, size_t most = string::npos,
                       const string& include = "");
// Refuses (code "text") the first token that differs.
void compare_tokens(const vector<Token>& found, const vector<Token>& expected);
}  // namespace audit
