// minimoa emit: writes kernel, C header and certificate of one spec and one
// schedule. With -o DIR the folder also gets the spec and the rules, so that
// `minimoa-audit --root DIR` needs nothing else.
#include <filesystem>
#include <iostream>
#include <memory>

#include "extract/cli/bundle.h"

namespace minimoa::cli {
namespace {

namespace fs = std::filesystem;

struct EmitOptions {
  std::string spec, schedule, output;
};

bool write(Session* session, const fs::path& path, const std::string& bytes) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  const auto written = write_file(path.string(), bytes);
  if (!written.ok()) report(session, written.errors());
  return written.ok();
}

// The inputs of the audit, for a folder that is not the repository.
bool write_inputs(Session* session, const fs::path& folder, const Made& made) {
  if (!write(session, folder / made.spec_path, made.spec.bytes)) return false;
  for (const auto& [path, bytes] : made.rules.files()) {
    if (!write(session, folder / "spec" / "rules" / fs::path(path).filename(), bytes)) return false;
  }
  for (const auto& [path, bytes] : made.bundle.theorem_files) {
    if (!write(session, folder / path, bytes)) return false;
  }
  return true;
}

// Why a file cannot be written, as far as it can be known before any is:
// nothing may be left behind when the last of several fails.
std::string obstacle(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return "is a folder";
  fs::path folder = path.parent_path();
  while (!folder.empty() && folder.has_relative_path() && !fs::exists(folder, error)) {
    folder = folder.parent_path();
  }
  if (folder.empty() || fs::is_directory(folder, error)) return "";
  return folder.string() + " is not a folder";
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
  // The certificate is written last: it never speaks of a kernel that is not there.
  const std::pair<std::string, std::string> files[] = {
      {bundle.kernel_path, bundle.kernel_text},
      {bundle.header_path, bundle.header_text},
      {bundle.certificate_path, bundle.certificate_text}};
  for (const auto& [path, bytes] : files) {
    const std::string why = obstacle(folder / path);
    if (why.empty()) continue;
    return fail(session, "E0903", "cannot write " + (folder / path).string() + ": " + why);
  }
  if (!options.output.empty() && !write_inputs(session, folder, *made)) return;
  for (const auto& [path, bytes] : files) {
    if (!write(session, folder / path, bytes)) return;
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
