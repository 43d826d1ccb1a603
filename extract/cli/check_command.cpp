// minimoa check: everything that spec/LANGUAGE.md, section 4, promises about a
// spec, with the place and the sizes that break it.
#include "prover/check.h"

#include <iostream>
#include <memory>

#include "extract/cli/cli.h"
#include "spec/lang/elaborate.h"

namespace minimoa::cli {
namespace {

void check_one(Session* session, const std::string& path) {
  const auto bytes = read_file(session, path);
  if (!bytes) return;
  SourceMap map;
  const auto spec = read_spec(*bytes, path, &map);
  if (!spec.ok()) return report(session, spec.errors(), *bytes);
  const std::vector<Diagnostic> found = check(spec.value(), map);
  if (!found.empty()) return report(session, found, *bytes);
  if (session->format == "text") std::cout << path << ": ok\n";
}

}  // namespace

void add_check(CLI::App* app, Session* session) {
  auto specs = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app->add_subcommand(
      "check",
      "Check specs: shapes, bounds and rows for all sizes; exit code 1 refuted, 2 not a "
      "spec, 3 undecided");
  command->add_option("SPEC", *specs, "Spec files (.moa)")->required();
  command->callback([session, specs] {
    for (const std::string& path : *specs) check_one(session, path);
  });
}

}  // namespace minimoa::cli
