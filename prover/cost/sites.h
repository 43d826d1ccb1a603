// Where a loop program touches slow memory, and how often (spec/COST.md).
//
// A site is one load or store with the loops and conditions around it. Its
// count is a product: bounds of loops that no condition mentions, and *nests*,
// the loops that conditions tie together. Nests are renamed (v0, v1, ..), so
// that sites which are counted in the same way share one nest.
// May be wrong: nothing here is trusted; the audit finds its own sites, and
// tests compare with a simulator.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "prover/schedule/placement.h"
#include "spec/lang/spec.h"
#include "spec/lang/term.h"
#include "spec/lang/types.h"

namespace minimoa {

// Loop number k binds v<k>, 0 <= v<k> < bound; then the guards must hold.
// bound: over dimensions and v0 .. v<k-1>; guards: also over v<k>.
struct NestLoop {
  Term bound;
  std::vector<Term> guards;
};
using Nest = std::vector<NestLoop>;                      // outermost first
std::string key_of(const Nest& nest, const Spec& spec);  // equal for equal nests

// count = product of factors * product of the counts of the nests.
struct Count {
  std::vector<Term> factors;       // index terms over dimensions
  std::vector<std::size_t> nests;  // numbers in Sites::nests
  bool exact = true;               // false: some condition was taken as true
};

struct Site {
  std::string array;  // input, output, or the name that letslow binds
  bool store = false;
  Count count;
};

struct Sites {
  std::vector<Site> sites;  // in the order of the walk
  std::vector<Nest> nests;  // distinct, in order of first use
};

// Made of dimensions and loop variables: no data decides it.
bool countable(const Term& t);

// final_term: a loop program (FORMAT.md section 8.2); outside: names of `let`
// that count as letslow.
Sites find_sites(const Spec& spec, const Term& final_term,
                 const std::set<std::string>& outside = {}, const Placement& place = {});

}  // namespace minimoa
