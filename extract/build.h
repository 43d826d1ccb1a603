// The certified suite: every kernel, header, certificate and the manifest,
// regenerated from spec and schedule; with check, compared with the files.
//
// All output is made in memory first and written all together or not at all
// (extract/write.h). Variants run in parallel, results are used in the order of
// the suite.
// May be wrong: a stale file outside the generated folders is not noticed.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "extract/emit.h"

namespace minimoa {

struct BuildOptions {
  std::string root = ".";
  std::string suite = "extract/suite.txt";  // relative to root
  bool check = false;                       // compare, never write
  unsigned threads = 1;                     // output does not depend on it
  Format format = Format::kText;
  std::ostream* out = nullptr;  // null: standard output
  std::ostream* err = nullptr;  // null: standard error
};

// A line of the suite: `SPEC SCHEDULE`, paths relative to root.
struct SuiteEntry {
  std::string spec_path, schedule_path;
};
Result<std::vector<SuiteEntry>> parse_suite(const std::string& text, const std::string& path);

// What one entry becomes; tests give their own.
struct Variant {
  std::string spec_sha256, schedule_sha256;
  std::string spec_text, schedule_text;  // for diagnostics
  Bundle bundle;
};
struct VariantResult {
  std::vector<Diagnostic> errors;  // empty: variant is complete
  Variant variant;
};
using VariantMaker = std::function<VariantResult(const SuiteEntry&)>;

// 0 written, or no drift; 1 refuted, or drift; 2 input or environment; 3 holes.
int build(const BuildOptions& options);
int build_with(const BuildOptions& options, const VariantMaker& make);

}  // namespace minimoa
