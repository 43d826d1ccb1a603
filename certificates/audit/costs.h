// What a loop program costs (FORMAT section 12, spec/COST.md): the claims footprint and traffic.
// Idea: one walk over the final term, in the order of execution, finds every load and store with
// the loops and conditions around it, and what the lowering declares. Loops that depend on each
// other form nests; the certificate gives their sums, and every statement about them is made here
// and goes through the generator of obligations and the checker of proofs like any other.
// How it may be wrong: a load or store that is not found; a loop or condition that is lost; a
// count that is taken as exact though data decide.
#pragma once

#include "obligations.h"

namespace audit {
// Loops whose assignments are counted together; the variables before are de Bruijn indices.
struct Nest {
  Terms bounds;                   // of loop k: over the variables of loops 0 .. k-1
  vector<Terms> conditions = {};  // that stand at loop k: over those of loops 0 .. k
  vector<vector<Poly>> key = {};  // equal if the nests are the same
};

// A load or a store: executed product of factors (over dimensions) times counts of nests.
struct Site {
  Terms factors = {};
  vector<size_t> nests = {};  // numbers in Costs
  bool exact = true;          // else at most so often
};
struct TrafficRow {
  string array;
  bool store = false;
  vector<Site> sites;  // in order of execution
};
struct Costs {
  Terms footprints;  // of one task of each phase
  vector<Nest> nests;
  vector<TrafficRow> rows;
};

// Of a final term that has a lowering; refuses (code "costs") loops whose bounds depend on data.
Costs costs_of(const Term& final_term, const Spec& spec);
// `json`: the list "footprint"; a line of the report for each phase.
Strings check_footprint(const Costs& costs, const Json& json, const Spec& spec);
// `json`: the key "costs"; a line for each row, claimed or not. The divisors are known to be
// positive; `place` and `holes` as in check_proofs.
Strings check_traffic(const Costs& costs, const Json& json, const Spec& spec, Generator& generator,
                      string& place, Strings& holes);

}  // namespace audit
