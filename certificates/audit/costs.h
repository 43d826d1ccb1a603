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
  vector<Site> sites;    // in order of execution
  Number times = 0;      // claimed: times * words; filled in by check_traffic
  Term words = nullptr;  // null: not claimed
};
struct Costs {
  Terms footprints;  // of one task of each phase; after the check as the certificate says
  vector<Nest> nests;
  vector<TrafficRow> rows;
};

struct Counted {  // of a nest: times * count = words; null: no closed form is claimed
  Term words = nullptr;
  Int times = 1;
};
// Checks proofs of claims; `place` and `holes` as in check_proofs.
struct Claims {
  const Spec& spec;
  Generator& generator;
  string& place;
  Strings& holes;
  vector<Counted> all(const vector<Nest>& nests, const Json& json);
  Counted nest(const Nest& nest, const Json& json, const string& name);
  string row(TrafficRow& row, const vector<Counted>& nests, const Json& json);
  void prove(const Json& tree, const Condition& claim);
};

Term replace_all(const Term& term, const Term& what, const Term& with);
Scope with(Scope scope, const Term& guard);
// Of one site there; new nests are added to `nests`, `reading` is for their keys.
Site site_in(const Scope& scope, const Spec& spec, vector<Nest>& nests, Reading& reading);
// TEXT and times of section 12.
Term read_cost(const Json& text, const Strings& names, const Spec& spec);
Number read_times(const Json& text);

// Of a final term that has a lowering; refuses (code "costs") loops whose bounds depend on data.
Costs costs_of(const Term& final_term, const Spec& spec, const Lanes& lanes = {});
// `json`: the list "footprint"; a line of the report for each phase.
void check_footprint(Costs& costs, const Json& json, const Spec& spec, Strings& lines);
// `json`: the key "costs"; a line for each row, claimed or not.
void check_traffic(Costs& costs, const Json& json, Claims claims, Strings& lines);
}  // namespace audit
