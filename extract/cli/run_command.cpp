// minimoa run: a built kernel on .npy files; see extract/run/run_command.h.
//
// Compiles nothing: the library is the one that was built beside this program,
// else build/kernels under the root, unless --kernel names another.
#include "extract/run/run_command.h"

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "extract/cli/cli.h"
#include "extract/emit.h"
#include "extract/run/processor.h"

namespace minimoa::cli {
namespace {

namespace fs = std::filesystem;

struct RunArguments {
  RunOptions options;
  std::vector<std::string> inputs, dims;
};

// NAME=VALUE; nothing if there is no name or no value.
std::optional<std::pair<std::string, std::string>> split(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) return std::nullopt;
  return std::pair{text.substr(0, equals), text.substr(equals + 1)};
}

std::optional<std::int64_t> whole(const std::string& text) {
  if (text.empty() || text.size() > 15) return std::nullopt;
  if (text.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::strtoll(text.c_str(), nullptr, 10);
}

bool read_pairs(Session* session, RunArguments* arguments) {
  arguments->options.inputs.clear();
  arguments->options.dims.clear();
  for (const std::string& text : arguments->inputs) {
    const auto pair = split(text);
    if (!pair) {
      fail(session, "E0911", "--in wants NAME=FILE, got " + text);
      return false;
    }
    arguments->options.inputs.push_back(*pair);
  }
  for (const std::string& text : arguments->dims) {
    const auto pair = split(text);
    const auto value = pair ? whole(pair->second) : std::nullopt;
    if (!value) {
      fail(session, "E0911", "--dim wants NAME=N, got " + text);
      return false;
    }
    arguments->options.dims.emplace_back(pair->first, *value);
  }
  return true;
}

// Where the library of a spec and a schedule is, whether it exists or not.
std::string find_library(Session* session, const std::string& spec, const std::string& schedule) {
  const fs::path named = kernel_library(spec, schedule);
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const fs::path beside = program.parent_path().parent_path() / "kernels" / named.filename();
    if (fs::exists(beside, error)) return beside.string();
  }
  const auto root = find_root(session);
  return root ? (fs::path(*root) / named).string() : std::string();
}

// A kernel of a vector target runs only where its instructions are. A schedule
// that is not shipped says nothing of its target here.
bool processor_fits(Session* session, const std::string& schedule_name) {
  const auto root = find_root(session);
  if (!root) return false;
  const std::string path = schedule_path(*root, schedule_name);
  std::error_code error;
  if (schedule_name.empty() || !fs::exists(path, error)) return true;
  const auto schedule = load_schedule(session, path);
  if (!schedule) return false;
  const auto target = load_target(*root, *schedule);
  if (!target.ok()) {
    report(session, target.errors(), schedule->text);
    return false;
  }
  if (!target.value()) return true;
  const auto missing = missing_features(target.value()->table.needs);
  if (missing.empty()) return true;
  std::string all;
  for (const std::string& feature : missing) all += " " + feature;
  fail(session, "E0919",
       "this processor has not what the target " + schedule->target + " needs:" + all);
  return false;
}

void run(Session* session, RunArguments* arguments) {
  RunOptions& options = arguments->options;
  if (session->format == "short") options.format = Format::kShort;
  if (session->format == "json") options.format = Format::kJson;
  if (session->format == "sarif") options.format = Format::kSarif;
  if (!read_pairs(session, arguments)) return;
  if (options.kernel.empty() && !options.schedule.empty()) {
    const auto loaded = load_spec(session, options.spec_path);
    if (!loaded) return;
    options.kernel = find_library(session, loaded->spec.name, options.schedule);
    if (options.kernel.empty()) return;
    if (!processor_fits(session, options.schedule)) return;
  }
  raise_code(session, run_command(options));
}

}  // namespace

void add_run(CLI::App* app, Session* session) {
  auto arguments = std::make_shared<RunArguments>();
  RunOptions& options = arguments->options;
  CLI::App* command = app->add_subcommand("run", "Run a built kernel on .npy files");
  command->add_option("SPEC", options.spec_path, "Spec file (.moa)")->required();
  command->add_option("--schedule", options.schedule, "Name of the kernel's schedule");
  command->add_option("--kernel", options.kernel,
                      "Shared library (default: the one built for SPEC and --schedule)");
  command->add_option("--in", arguments->inputs, "NAME=FILE.npy, once for each input");
  command->add_option("--dim", arguments->dims, "NAME=N, for a dimension that no shape shows");
  command->add_option("-o,--out", options.output, "Write the output here (.npy)");
  command->add_flag("--reference", options.reference,
                    "Print the largest error against the 113-bit reference interpreter");
  command->add_option("--threads", options.threads, "Threads that share the kernel's tasks")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->callback([session, arguments] { run(session, arguments.get()); });
}

}  // namespace minimoa::cli
