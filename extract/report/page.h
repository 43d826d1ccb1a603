// The report on one certificate: a page for people who decide whether to use
// a kernel, and for those who want to know how it came about.
//
// Verdicts are the audit's. Costs, bounds and the derivation are computed again
// from the spec and the schedule, whose certificate is byte for byte the file
// that was given. No number of the page is believed by anything.
// May be wrong: as theorem_table is; what no certificate says is listed at the end.
#pragma once

#include "extract/emit.h"
#include "extract/report/auditor.h"
#include "prover/bounds/table.h"

namespace minimoa {

struct ReportParts {
  const Spec& spec;
  const Schedule& schedule;
  const RuleTable& rules;
  const Bundle& bundle;
  const Subject& subject;
  std::string spec_path;
  std::vector<TableAt> tables;  // at least one: the chart is drawn at the first
  std::vector<Machine> machines;
  std::optional<AuditReport> audit;
};

std::string report_page(const ReportParts& parts);

}  // namespace minimoa
