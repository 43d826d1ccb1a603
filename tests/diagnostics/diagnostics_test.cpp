// Every malformed spec of this folder gives exactly the text beside it.
//
// `*.moa` are read only; `check/*.moa` elaborate and are then checked. Set
// MINIMOA_UPDATE_GOLDEN=1 to rewrite the texts, and read the change.
// May be wrong: counterexamples depend on the solver's search for small ones.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "prover/check.h"
#include "spec/lang/elaborate.h"
#include "spec/lang/errors.h"

namespace minimoa {
namespace {

namespace fs = std::filesystem;

const fs::path& root() {
  static const fs::path kRoot = MINIMOA_SOURCE_DIR;
  return kRoot;
}

std::string slurp(const fs::path& p) {
  std::ifstream in(p, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<fs::path> files(const std::string& folder, const std::string& extension) {
  std::vector<fs::path> out;
  for (const auto& f : fs::directory_iterator(root() / folder)) {
    if (f.path().extension() == extension) out.push_back(f.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<Diagnostic> diagnose(const fs::path& p) {
  SourceMap map;
  const std::string path = fs::relative(p, root()).generic_string();
  const Result<Spec> spec = read_spec(slurp(p), path, &map);
  return spec.ok() ? check(spec.value(), map) : spec.errors();
}

void compare(const fs::path& p) {
  const std::string got = render(diagnose(p), Format::kText, slurp(p));
  fs::path expected = p;
  expected.replace_extension(".expected");
  if (std::getenv("MINIMOA_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(expected, std::ios::binary) << got;
  }
  INFO("file ", p.filename().string());
  CHECK(got == slurp(expected));
}

TEST_CASE("malformed specs give exactly the expected text") {
  for (const fs::path& p : files("tests/diagnostics", ".moa")) compare(p);
}

TEST_CASE("specs that do not hold give exactly the expected text") {
  for (const fs::path& p : files("tests/diagnostics/check", ".moa")) compare(p);
}

TEST_CASE("every spec that is shipped holds") {
  for (const char* folder : {"spec/attention", "spec/examples"}) {
    for (const fs::path& p : files(folder, ".moa")) {
      const auto ds = diagnose(p);
      INFO(render(ds, Format::kText, slurp(p)));
      CHECK(ds.empty());
    }
  }
}

TEST_CASE("a message gives at most two helps and no final period") {
  for (const fs::path& p : files("tests/diagnostics", ".moa")) {
    for (const Diagnostic& d : diagnose(p)) {
      INFO(d.message);
      CHECK(d.helps.size() <= 2);
      CHECK(d.message.back() != '.');
    }
  }
}

// Codes written as string literals in a source file: "E0201".
void collect_codes(const fs::path& p, std::set<std::string>* codes) {
  const std::string text = slurp(p);
  for (std::size_t i = text.find("\"E0"); i != std::string::npos; i = text.find("\"E0", i + 1)) {
    const std::string code = text.substr(i + 1, 5);
    const bool digits = code.find_first_not_of("0123456789", 1) == std::string::npos;
    if (digits && i + 6 < text.size() && text[i + 6] == '"') codes->insert(code);
  }
}

TEST_CASE("every code of the sources has a row, every row is used") {
  const auto rows = load_errors(slurp(root() / "spec/errors.table"), "spec/errors.table");
  REQUIRE(rows.ok());
  std::set<std::string> used, explained;
  for (const char* folder : {"spec", "prover", "extract", "tools"}) {
    if (!fs::exists(root() / folder)) continue;
    for (const auto& f : fs::recursive_directory_iterator(root() / folder)) {
      const auto extension = f.path().extension();
      if (extension == ".cpp" || extension == ".h") collect_codes(f.path(), &used);
    }
  }
  for (const ErrorRow& r : rows.value()) {
    explained.insert(r.code);
    INFO("row ", r.code);
    CHECK(used.count(r.code) == 1);
    CHECK(r.explanation.find("right:") != std::string::npos);
    CHECK(r.explanation.find("wrong:") != std::string::npos);
  }
  for (const std::string& code : used) {
    INFO("code ", code);
    CHECK(explained.count(code) == 1);
  }
}

}  // namespace
}  // namespace minimoa
