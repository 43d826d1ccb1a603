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
};

// Computes and prints; json also holds the claims. Refused points set exit
// code 1 and are reported on standard error.
void print_table(Session* session, const Made& made, const TableOptions& options);

}  // namespace minimoa::cli
