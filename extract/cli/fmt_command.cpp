// minimoa fmt: one canonical layout of a spec, on standard output or in place.
#include <iostream>
#include <memory>

#include "extract/cli/cli.h"
#include "extract/emit.h"
#include "extract/write.h"
#include "spec/lang/format.h"
#include "spec/lang/parser.h"

namespace minimoa::cli {
namespace {

struct FmtOptions {
  std::vector<std::string> specs;
  bool unicode = false, check = false, in_place = false;
};

void format_one(Session* session, const FmtOptions& options, const std::string& path) {
  const auto bytes = read_file(session, path);
  if (!bytes) return;
  const auto ast = parse_spec(*bytes, path);
  if (!ast.ok()) return report(session, ast.errors(), *bytes);
  const std::string text = format(ast.value(), options.unicode);
  if (options.check) {
    if (text == *bytes) return;
    std::cout << path << " is not in canonical layout; minimoa fmt -i " << path << "\n";
    return raise_code(session, 1);
  }
  if (!options.in_place) {
    std::cout << text;
    return;
  }
  if (text == *bytes) return;
  const auto written = write_file(path, text);
  if (!written.ok()) report(session, written.errors());
}

}  // namespace

void add_fmt(CLI::App* app, Session* session) {
  auto options = std::make_shared<FmtOptions>();
  CLI::App* command = app->add_subcommand("fmt", "Print a spec in its canonical layout");
  command->add_option("SPEC", options->specs, "Spec files (.moa)")->required();
  command->add_flag("--unicode", options->unicode, "Write the symbols of the notation");
  auto* check = command->add_flag("--check", options->check,
                                  "Write nothing; exit code 1 if a file would change");
  command->add_flag("-i,--in-place", options->in_place, "Write the files")->excludes(check);
  command->callback([session, options] {
    for (const std::string& path : options->specs) format_one(session, *options, path);
  });
}

}  // namespace minimoa::cli
