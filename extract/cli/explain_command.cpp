// minimoa explain: the page of an error code from spec/errors.table.
//
// The table is text for people: an entry starts with its code at the beginning
// of a line (`E0210 ...`) and goes on over the indented or blank lines below.
#include <cctype>
#include <filesystem>
#include <iostream>
#include <memory>
#include <sstream>

#include "extract/cli/cli.h"

namespace minimoa::cli {
namespace {

// E0210 from MOA-E0210, moa-e0210, e0210.
std::string canonical(const std::string& code) {
  std::string out;
  for (const char c : code) out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (out.rfind("MOA-", 0) == 0) out.erase(0, 4);
  return out;
}

bool starts_entry(const std::string& line, const std::string& code) {
  return line.rfind(code, 0) == 0 && (line.size() == code.size() || line[code.size()] == ' ');
}

void explain(Session* session, const std::string& code) {
  const auto root = find_root(session);
  if (!root) return;
  const auto table =
      read_file(session, (std::filesystem::path(*root) / "spec" / "errors.table").string());
  if (!table) return;
  std::istringstream lines(*table);
  std::string line, entry;
  bool inside = false;
  while (std::getline(lines, line)) {
    const bool continues = line.empty() || line[0] == ' ' || line[0] == '\t';
    if (!continues) inside = starts_entry(line, canonical(code));
    if (inside) entry += line + "\n";
  }
  while (!entry.empty() && (entry.back() == '\n' || entry.back() == ' ')) entry.pop_back();
  if (entry.empty()) return fail(session, "E0913", "no error code " + code + "; see spec/errors.table");
  std::cout << "MOA-" << entry << "\n";
}

}  // namespace

void add_explain(CLI::App* app, Session* session) {
  auto code = std::make_shared<std::string>();
  CLI::App* command = app->add_subcommand("explain", "Explain an error code");
  command->add_option("CODE", *code, "For example MOA-E0210")->required();
  command->callback([session, code] { explain(session, *code); });
}

}  // namespace minimoa::cli
