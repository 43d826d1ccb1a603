// See bundle.h. The counts are read from the certificate that was just made,
// so that they say what the file holds and not what somebody meant to write.
#include "extract/cli/bundle.h"

#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

namespace minimoa::cli {
namespace {

using nlohmann::json;

std::size_t holes_in(const json& proofs) {
  std::size_t holes = 0;
  for (const json& proof : proofs) holes += proof.is_object() ? 1 : 0;
  return holes;
}

std::string counted(std::size_t n, const std::string& word) {
  return std::to_string(n) + " " + word + (n == 1 ? "" : "s");
}

void print_line(const std::string& claim, const std::string& text, std::size_t holes) {
  std::cout << "  " << claim << std::string(claim.size() < 10 ? 10 - claim.size() : 1, ' ') << text;
  if (holes > 0) std::cout << ", " << counted(holes, "hole");
  std::cout << "\n";
}

}  // namespace

void print_claims(const Bundle& bundle) {
  const json certificate = json::parse(bundle.certificate_text);
  const json& steps = certificate.at("steps");
  std::size_t owed = certificate.at("divisors").size() + certificate.at("spec_proofs").size();
  std::size_t holes =
      holes_in(certificate.at("divisors")) + holes_in(certificate.at("spec_proofs"));
  for (const json& step : steps) {
    owed += step.at("proofs").size();
    holes += holes_in(step.at("proofs"));
  }
  std::cout << bundle.certificate_path << "\n";
  print_line("equal", counted(steps.size(), "step") + ", " + counted(owed, "obligation"), holes);
  const json& safe = certificate.at("safe");
  print_line("safe", counted(safe.size(), "obligation"), holes_in(safe));
  print_line("workspace", bundle.workspace + " words of slow memory", 0);
  print_line("text", "body " + certificate.at("kernel").at("body_sha256").get<std::string>(), 0);
  for (const std::string& hole : bundle.holes) std::cout << "  hole: " << hole << "\n";
  std::cout << "  expected verdict " << bundle.verdict << "; minimoa-audit decides\n";
}

std::optional<Made> make(Session* session, const std::string& spec_path,
                         const std::string& schedule_name) {
  const auto root = find_root(session);
  if (!root) return std::nullopt;
  auto loaded = load_spec(session, spec_path);
  if (!loaded) return std::nullopt;
  auto rules = load_rules(session, *root);
  if (!rules) return std::nullopt;
  const auto schedule = load_schedule(session, schedule_path(*root, schedule_name));
  if (!schedule) return std::nullopt;

  BundleOptions options;
  options.root = *root;
  options.spec_path = relative_to(*root, spec_path);
  // A spec from elsewhere gets a place in the root that emit -o makes.
  if (options.spec_path == spec_path && std::filesystem::path(spec_path).is_absolute()) {
    options.spec_path = "spec/" + std::filesystem::path(spec_path).filename().string();
  } else if (options.spec_path.rfind("..", 0) == 0) {
    options.spec_path = "spec/" + std::filesystem::path(spec_path).filename().string();
  }
  options.schedule_path = relative_to(*root, schedule->path);
  auto bundle = make_bundle(loaded->spec, loaded->bytes, *schedule, *rules, options);
  if (!bundle.ok()) {
    const bool in_schedule =
        !bundle.errors().empty() && bundle.errors().front().span.file == schedule->path;
    report(session, bundle.errors(), in_schedule ? schedule->text : loaded->bytes);
    return std::nullopt;
  }
  if (bundle.value().verdict != "VALID") raise_code(session, kHoley);
  return Made{*root, std::move(*loaded), options.spec_path, std::move(*rules),
              std::move(bundle.value())};
}

}  // namespace minimoa::cli
