// Reader of spec/errors.table. May be wrong: it checks the form of rows, a
// test checks that codes in the sources and rows are the same set.
#include "spec/lang/errors.h"

#include <algorithm>
#include <sstream>
#include <utility>

namespace minimoa {
namespace {

Diagnostic malformed(const std::string& path, int line, std::string message) {
  Diagnostic d;
  d.code = "E0915";
  d.message = std::move(message);
  d.span = Span{path, line, 1, 1};
  return d;
}

bool is_code(const std::string& s) {
  if (s.size() != 5 || s[0] != 'E') return false;
  return s.find_first_not_of("0123456789", 1) == std::string::npos;
}

}  // namespace

Result<std::vector<ErrorRow>> load_errors(const std::string& text, const std::string& path) {
  std::vector<ErrorRow> rows;
  std::istringstream in(text);
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == ' ') {
      if (rows.empty()) return malformed(path, number, "an explanation without a row");
      rows.back().explanation += line.substr(std::min<std::size_t>(2, line.size())) + "\n";
      continue;
    }
    const std::size_t bar = line.find(" | ");
    const std::string code = line.substr(0, bar);
    if (bar == std::string::npos || !is_code(code)) {
      return malformed(path, number, "expected `code | title`");
    }
    if (!rows.empty() && rows.back().code >= code) {
      return malformed(path, number, "rows must be sorted by code, each once");
    }
    rows.push_back({code, line.substr(bar + 3), ""});
  }
  return rows;
}

const ErrorRow* find_error(const std::vector<ErrorRow>& rows, const std::string& code) {
  std::string wanted = code.rfind("MOA-", 0) == 0 ? code.substr(4) : code;
  if (!wanted.empty() && wanted[0] != 'E') wanted = "E" + wanted;
  for (const ErrorRow& r : rows) {
    if (r.code == wanted) return &r;
  }
  return nullptr;
}

}  // namespace minimoa
