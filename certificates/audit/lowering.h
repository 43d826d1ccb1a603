// What: the lowering of the final term to C++ text (FORMAT section 8).
// The idea: the auditor writes the kernel itself; a kernel file is accepted
// only if its tokens are these. So nothing about the kernel is believed.
// How it may be wrong: text that does not mean what the term means; the
// delicate part is 8.4, folds whose state is overwritten in place.
#ifndef MINIMOA_AUDIT_LOWERING_H_
#define MINIMOA_AUDIT_LOWERING_H_

#include <string>
#include <vector>

#include "term.h"

namespace audit {

struct Lowered {
  std::string text;                             // the whole body
  std::vector<std::vector<Term>> slow_extents;  // of all letslow leaves
};

// Refuses (codes "lower", "in-place", "name", "int-width") what section 8 does
// not lower.
Lowered lower(const Term& final_term, const Spec& spec, const std::string& schedule);

}  // namespace audit

#endif  // MINIMOA_AUDIT_LOWERING_H_
