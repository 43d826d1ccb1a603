// minimoa emit: writes kernel, C header and certificate of one spec and one
// schedule. With -o DIR the folder also gets the spec and the rules, so that
// `minimoa-audit --root DIR` needs nothing else.
#include <filesystem>
#include <iostream>
#include <memory>
#include <vector>

#include "extract/cli/bundle.h"
#include "extract/write.h"

namespace minimoa::cli {
namespace {

namespace fs = std::filesystem;

struct EmitOptions {
  std::string spec, schedule, output;
};

// The inputs of the audit, for a folder that is not the repository.
void add_inputs(const fs::path& folder, const Made& made, std::vector<NewFile>* files) {
  files->push_back({(folder / made.spec_path).string(), made.spec.bytes});
  for (const auto& [path, bytes] : made.rules.files()) {
    files->push_back({(folder / "spec" / "rules" / fs::path(path).filename()).string(), bytes});
  }
  for (const auto& [path, bytes] : made.bundle.theorem_files) {
    files->push_back({(folder / path).string(), bytes});
  }
}

void emit(Session* session, const EmitOptions& options) {
  const auto made = make(session, options.spec, options.schedule);
  if (!made) return;
  const Bundle& bundle = made->bundle;
  const fs::path folder = options.output.empty() ? made->root : options.output;
  if (options.output.empty()) {
    std::error_code error;
    if (!fs::equivalent(folder / made->spec_path, options.spec, error)) {
      return fail(session, "E0912",
                  options.spec + " lies outside " + made->root + ": say -o DIR to emit elsewhere");
    }
  }
  std::vector<NewFile> files;
  if (!options.output.empty()) add_inputs(folder, *made, &files);
  // The certificate comes last: it never speaks of a kernel that is not there.
  const std::pair<std::string, std::string> results[] = {
      {bundle.kernel_path, bundle.kernel_text},
      {bundle.header_path, bundle.header_text},
      {bundle.certificate_path, bundle.certificate_text}};
  for (const auto& [path, bytes] : results) files.push_back({(folder / path).string(), bytes});
  const auto written = write_files(files);
  if (!written.ok()) return report(session, written.errors());
  for (const auto& [path, bytes] : results) {
    std::cout << "wrote " << (options.output.empty() ? fs::path(path) : folder / path).string()
              << "\n";
  }
  std::cout << "expected verdict " << bundle.verdict << "; minimoa-audit decides\n";
}

}  // namespace

void add_emit(CLI::App* app, Session* session) {
  auto options = std::make_shared<EmitOptions>();
  CLI::App* command =
      app->add_subcommand("emit", "Write kernel, header and certificate of one variant");
  command->add_option("SPEC", options->spec, "Spec file (.moa)")->required();
  command
      ->add_option("--schedule", options->schedule, "Schedule file, or a name in extract/schedules")
      ->required();
  command->add_option("-o,--output", options->output,
                      "Folder to write into, made complete for the audit (default: the root)");
  command->callback([session, options] { emit(session, *options); });
}

}  // namespace minimoa::cli
