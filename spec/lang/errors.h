// The table of error codes (spec/errors.table) for `minimoa explain CODE`.
//
// A row starts at the left margin with `code | title`; the indented lines that
// follow are its explanation, with a wrong and a right example. `#` comments.
#pragma once

#include <string>
#include <vector>

#include "spec/lang/diagnostic.h"

namespace minimoa {

struct ErrorRow {
  std::string code, title, explanation;
};

// Rows in the order of the file, which must be sorted by code.
Result<std::vector<ErrorRow>> load_errors(const std::string& text, const std::string& path);
// Accepts "E0210", "0210" and "MOA-E0210"; nullptr if there is no such row.
const ErrorRow* find_error(const std::vector<ErrorRow>& rows, const std::string& code);

}  // namespace minimoa
