// minimoa build: regenerates every committed kernel, header and certificate;
// with --check it compares and writes nothing.
#include "extract/build.h"

#include <algorithm>
#include <memory>
#include <thread>

#include "extract/cli/cli.h"

namespace minimoa::cli {
namespace {

Format build_format(const std::string& name) {
  if (name == "short") return Format::kShort;
  if (name == "json") return Format::kJson;
  return name == "sarif" ? Format::kSarif : Format::kText;
}

}  // namespace

void add_build(CLI::App* app, Session* session) {
  auto options = std::make_shared<BuildOptions>();
  options->threads = 0;
  CLI::App* command = app->add_subcommand(
      "build",
      "Regenerate the certified suite, or fail on drift: exit code 0 up to date, 1 refuted or "
      "drift, 3 holes");
  command->add_flag("--check", options->check, "Compare with the committed files, write nothing");
  command->add_option("-j,--jobs", options->threads, "Threads (default: all; output is the same)")
      ->check(CLI::Range(1u, 256u));
  command
      ->add_option("--suite", options->suite, "List of specs and schedules, relative to the root")
      ->capture_default_str();
  command->callback([session, options] {
    const auto root = find_root(session);
    if (!root) return;
    options->root = *root;
    options->format = build_format(session->format);
    if (options->threads == 0) options->threads = std::max(1u, std::thread::hardware_concurrency());
    raise_code(session, build(*options));
  });
}

}  // namespace minimoa::cli
