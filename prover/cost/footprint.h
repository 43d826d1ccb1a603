// Words of fast memory that one worker of a loop program needs (spec/COST.md,
// section 4): everything the lowering declares, plus operands in flight.
// May be wrong: nothing here is trusted; the audit counts by itself, and tests
// compare with a simulator.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "prover/schedule/placement.h"
#include "spec/lang/spec.h"
#include "spec/lang/term.h"

namespace minimoa {

// Of one task of each phase: index terms over dimensions, in normal form.
// outside: names of `let` whose values need none of it.
std::vector<Term> footprint_terms(const Spec& spec, const Term& final_term,
                                  const std::set<std::string>& outside = {},
                                  const Placement& place = {});

struct Buffer {
  std::string name;
  Term words;
};
// What `let` shares, scalars left out, in the order of execution.
std::vector<Buffer> buffers_of(const Spec& spec, const Term& final_term,
                               const Placement& place = {});

}  // namespace minimoa
