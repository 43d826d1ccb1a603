#include "extract/report/auditor.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

extern char** environ;

namespace minimoa {
namespace {

using nlohmann::json;

Diagnostic failure(const std::string& why) {
  Diagnostic d;
  d.code = "E0902";
  d.message = "minimoa-audit gave no answer: " + why;
  return d;
}

std::optional<std::string> program() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return std::nullopt;
  const auto path = self.parent_path() / "minimoa-audit";
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  return path.string();
}

// Standard output of a program, or nothing if it cannot be started.
std::optional<std::string> output_of(std::vector<std::string> words) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return std::nullopt;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  std::vector<char*> arguments;
  for (std::string& w : words) arguments.push_back(w.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int failed =
      posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string out;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; failed == 0 && (got = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    out.append(buffer.data(), static_cast<std::size_t>(got));
  }
  close(ends[0]);
  if (failed != 0) return std::nullopt;
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? std::optional(out) : std::nullopt;
}

AuditReport read_report(const json& r) {
  AuditReport out;
  out.verdict = r.at("verdict").get<std::string>();
  for (const json& c : r.at("claims")) {
    const auto text = [&](const char* key) { return c.at(key).get<std::string>(); };
    out.claims.push_back(
        {text("claim"), text("verdict"), text("code"), text("place"), text("text")});
  }
  out.costs = r.at("costs").get<std::vector<std::string>>();
  out.holes = r.at("holes").get<std::vector<std::string>>();
  out.classes = r.at("classes").get<std::vector<std::string>>();
  out.assumptions = r.at("assumptions").get<std::vector<std::string>>();
  return out;
}

}  // namespace

Result<std::optional<AuditReport>> run_auditor(const std::string& root,
                                               const std::string& certificate) {
  const auto path = program();
  if (!path) return std::optional<AuditReport>();
  const auto text = output_of({*path, "--root", root, "--format", "json", certificate});
  if (!text) return failure("it could not be run");
  try {
    return std::optional<AuditReport>(read_report(json::parse(*text).at(0)));
  } catch (const json::exception& e) {
    return failure(e.what());
  }
}

}  // namespace minimoa
