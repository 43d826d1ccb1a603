// Runs minimoa-audit, the program beside this one, on a certificate.
//
// A report prints what the audit says and never what the prover hopes. Where
// the audit cannot be run, there is no verdict.
// May be wrong: whoever replaces the program beside this one replaces the verdict.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "spec/lang/diagnostic.h"

namespace minimoa {

struct AuditClaim {
  std::string claim, verdict, code, place, text;
};
struct AuditReport {
  std::string verdict;
  std::vector<AuditClaim> claims;
  std::vector<std::string> costs, holes, classes, assumptions;
};

// Nothing if there is no such program; an error if it did not answer.
Result<std::optional<AuditReport>> run_auditor(const std::string& root,
                                               const std::string& certificate);

}  // namespace minimoa
