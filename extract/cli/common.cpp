// What the commands share: see cli.h.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>

#include "extract/cli/cli.h"
#include "spec/lang/elaborate.h"

namespace minimoa::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargestFile = 4u << 20;

bool is_root(const fs::path& folder) {
  std::error_code error;
  return fs::is_directory(folder / "spec" / "rules", error);
}

std::optional<std::string> upwards(fs::path folder) {
  while (true) {
    if (is_root(folder)) return folder.string();
    if (!folder.has_parent_path() || folder.parent_path() == folder) return std::nullopt;
    folder = folder.parent_path();
  }
}

// Order in which exit codes win.
int weight(int code) {
  if (code == kUsage) return 3;
  if (code == 1) return 2;
  return code == kHoley ? 1 : 0;
}

Format format_of(const Session& session) {
  if (session.format == "short") return Format::kShort;
  if (session.format == "json") return Format::kJson;
  if (session.format == "sarif") return Format::kSarif;
  return Format::kText;
}

}  // namespace

void raise_code(Session* session, int code) {
  if (weight(code) > weight(session->code)) session->code = code;
}

void report(Session* session, const std::vector<Diagnostic>& diagnostics,
            const std::string& source) {
  const Format format = format_of(*session);
  const bool machine = format == Format::kJson || format == Format::kSarif;
  std::cout.flush();
  std::string text = render(diagnostics, format, source);
  if (!text.empty() && text.back() != '\n') text += '\n';
  (machine ? std::cout : std::cerr) << text << std::flush;
  raise_code(session, exit_code(diagnostics));
}

void fail(Session* session, const std::string& code, const std::string& message) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.message = message;
  report(session, {diagnostic});
  raise_code(session, kUsage);
}

std::optional<std::string> find_root(Session* session) {
  if (!session->root_option.empty()) {
    if (is_root(session->root_option)) return session->root_option;
    fail(session, "E0910", "--root " + session->root_option + " has no folder spec/rules");
    return std::nullopt;
  }
  if (const char* set = std::getenv("MINIMOA_ROOT"); set != nullptr && *set != '\0') {
    if (is_root(set)) return std::string(set);
    fail(session, "E0910", std::string("MINIMOA_ROOT=") + set + " has no folder spec/rules");
    return std::nullopt;
  }
  std::error_code error;
  if (auto found = upwards(fs::current_path(error))) return found;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    if (auto found = upwards(program.parent_path())) return found;
  }
  fail(session, "E0910",
       "no repository root found: say --root DIR, the folder that holds spec/rules");
  return std::nullopt;
}

std::optional<std::string> read_file(Session* session, const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    fail(session, "E0902", "cannot read " + path + ": no such file");
    return std::nullopt;
  }
  if (fs::is_regular_file(status) && fs::file_size(path, error) > kLargestFile) {
    fail(session, "E0902", "cannot read " + path + ": larger than 4 MiB");
    return std::nullopt;
  }
  std::ifstream in(path, std::ios::binary);
  std::string bytes;
  char block[1 << 16];
  // A device or a pipe shows no size: count what comes.
  while (!fs::is_directory(status) && in && bytes.size() <= kLargestFile) {
    in.read(block, sizeof block);
    bytes.append(block, static_cast<std::size_t>(in.gcount()));
  }
  if (!in.eof()) {
    fail(session, "E0902",
         "cannot read " + path + (bytes.size() > kLargestFile ? ": larger than 4 MiB" : ""));
    return std::nullopt;
  }
  return bytes;
}

std::optional<LoadedSpec> load_spec(Session* session, const std::string& path) {
  auto bytes = read_file(session, path);
  if (!bytes) return std::nullopt;
  auto spec = read_spec(*bytes, path);
  if (!spec.ok()) {
    report(session, spec.errors(), *bytes);
    return std::nullopt;
  }
  return LoadedSpec{path, std::move(*bytes), std::move(spec.value())};
}

std::string schedule_path(const std::string& root, const std::string& name_or_path) {
  const bool is_path =
      name_or_path.find('/') != std::string::npos || name_or_path.find('.') != std::string::npos;
  if (is_path) return name_or_path;
  return (fs::path(root) / "extract" / "schedules" / (name_or_path + ".sched")).string();
}

std::optional<Schedule> load_schedule(Session* session, const std::string& path) {
  auto bytes = read_file(session, path);
  if (!bytes) return std::nullopt;
  auto schedule = parse_schedule(*bytes, path);
  if (!schedule.ok()) {
    report(session, schedule.errors(), *bytes);
    return std::nullopt;
  }
  return std::move(schedule.value());
}

std::optional<Machine> load_machine(Session* session, const std::string& root,
                                    const std::string& name_or_path) {
  const bool is_path =
      name_or_path.find('/') != std::string::npos || name_or_path.find('.') != std::string::npos;
  const fs::path folder = fs::path(root) / "spec" / "machines";
  const std::string path = is_path ? name_or_path : (folder / (name_or_path + ".toml")).string();
  std::error_code error;
  if (!is_path && !fs::exists(path, error)) {
    std::set<std::string> known;
    for (const auto& e : fs::directory_iterator(folder, error)) {
      if (e.path().extension() == ".toml") known.insert(e.path().stem().string());
    }
    std::string all;
    for (const std::string& name : known) all += " " + name;
    fail(session, "E0902", "no machine '" + name_or_path + "'; spec/machines holds" + all);
    return std::nullopt;
  }
  const auto bytes = read_file(session, path);
  if (!bytes) return std::nullopt;
  auto machine = parse_machine(*bytes, path);
  if (machine.ok()) return std::move(machine.value());
  report(session, machine.errors(), *bytes);
  return std::nullopt;
}

std::optional<RuleTable> load_rules(Session* session, const std::string& root) {
  auto rules = RuleTable::load((fs::path(root) / "spec" / "rules").string());
  if (!rules.ok()) {
    report(session, rules.errors());
    return std::nullopt;
  }
  return std::move(rules.value());
}

std::string relative_to(const std::string& root, const std::string& path) {
  std::error_code error;
  const fs::path absolute_root = fs::weakly_canonical(root, error);
  const fs::path absolute = fs::weakly_canonical(path, error);
  const fs::path relative = absolute.lexically_relative(absolute_root);
  if (relative.empty() || *relative.begin() == "..") return path;
  return relative.generic_string();
}

}  // namespace minimoa::cli
