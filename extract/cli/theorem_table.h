// The theorem table of `minimoa prove`, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "extract/cli/bundle.h"
#include "prover/bounds/table.h"

namespace minimoa::cli {

struct TableOptions {
  std::string machine;              // a name in spec/machines or a path; empty: none
  std::vector<std::string> points;  // --at
  std::string spec, schedule;       // as given
};

// Computes and prints; with a machine and points also what the same order costs
// with tiles that are searched for each memory of the machine. json also holds the claims. Refused
// points set exit code 1 and are reported on standard error.
void print_table(Session* session, const Made& made, const TableOptions& options);

}  // namespace minimoa::cli
