// `minimoa check`: what LANGUAGE.md section 4 promises about a spec.
//
// Types and shapes are done by spec/lang/elaborate; this asks the solver about
// sizes: selections in bounds, take and drop within the extent, divisors
// positive, softmax rows not empty, requirements satisfiable.
// May be wrong: nothing here is trusted; the audit checks the same obligations
// from the certificate (FORMAT.md section 7), except E0210, which it need not.
#pragma once

#include <vector>

#include "spec/lang/diagnostic.h"
#include "spec/lang/elaborate.h"
#include "spec/lang/spec.h"

namespace minimoa {

// Empty when everything holds. kInconclusive (E0402) is not a refutation.
std::vector<Diagnostic> check(const Spec& spec, const SourceMap& map);

}  // namespace minimoa
