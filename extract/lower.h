// Final term -> statement tree (certificates/FORMAT.md, sections 8.2 to 8.4).
//
// The tree is what a target prints: loops, branches, declarations and
// assignments whose expressions are already final text, one blank between
// tokens. Names, order of declarations and offsets are fixed by FORMAT.md,
// because the audit lowers the same term by itself and compares token by token.
// May be wrong: a difference shows as verdict INVALID, claim `text`.
#pragma once

#include <string>
#include <vector>

#include "prover/schedule/placement.h"
#include "spec/lang/diagnostic.h"
#include "spec/lang/instructions.h"
#include "spec/lang/spec.h"
#include "spec/lang/term.h"
#include "spec/lang/types.h"

namespace minimoa {

struct CodeStatement {
  enum class Kind {
    kLocal,   // float NAME = VALUE;
    kFlag,    // bool NAME = VALUE;
    kBuffer,  // float* const NAME = VALUE;
    kAssign,  // NAME = VALUE;
    kTyped,   // TYPE NAME = VALUE;
    kCall,    // VALUE;
    kSteps,   // for (VALUE) BODY
    kLoop,    // for (NAME = 0; NAME < VALUE) BODY
    kBranch,  // if (VALUE) BODY else OTHERWISE (no else if empty)
  };
  Kind kind = Kind::kAssign;
  std::string name;
  std::string value;
  std::vector<CodeStatement> body, otherwise;
  Term source = {};       // opens a block: the term it is lowered from; else null
  std::string type = {};  // of kTyped
};
using Block = std::vector<CodeStatement>;

struct ParallelBinder {
  std::string name, extent;  // C++ texts
};
struct Phase {
  std::vector<ParallelBinder> parallel;  // outermost first
  Block body;
  Term source;  // a letslow, or the last statement
};
struct Program {
  std::vector<Phase> phases;
  std::vector<std::string> requires_;  // C++ conditions, in order
  std::string workspace, scratch;      // checked sizes: product(..), total(..)
};

// Fails with E0610 (not lowerable) or E0611 (a fold would not be in place; the
// diagnostic names the read and the write).
// place and rows: what runs in the lanes of a vector target (section 15); the
// names of the place fit the term, else E0610.
Result<Program> lower(const Spec& spec, const Term& final_term, const Placement& place = {},
                      const InstructionTable* rows = nullptr);

// Shapes of the leaves of a value of this type, in order (8.3, "Storage").
std::vector<std::vector<Term>> leaf_shapes(const Type& type);

}  // namespace minimoa
