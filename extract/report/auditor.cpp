#include "extract/report/auditor.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "extract/process.h"

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
  const auto ran = run_program({*path, "--root", root, "--format", "json", certificate});
  if (!ran) return failure("it could not be run");
  try {
    return std::optional<AuditReport>(read_report(json::parse(ran->output).at(0)));
  } catch (const json::exception& e) {
    return failure(e.what());
  }
}

}  // namespace minimoa
