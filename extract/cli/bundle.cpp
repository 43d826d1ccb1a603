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

// What the claim equal owes: divisors, the spec's own obligations, every step.
struct Owed {
  std::size_t obligations = 0, holes = 0;
};
Owed owed_for_equal(const json& certificate) {
  Owed out;
  const auto add = [&](const json& proofs) {
    out.obligations += proofs.size();
    out.holes += holes_in(proofs);
  };
  add(certificate.at("divisors"));
  add(certificate.at("spec_proofs"));
  for (const json& step : certificate.at("steps")) add(step.at("proofs"));
  return out;
}

std::string counted(std::size_t n, const std::string& word) {
  return std::to_string(n) + " " + word + (n == 1 ? "" : "s");
}

void print_line(const std::string& claim, const std::string& text, std::size_t holes) {
  std::cout << "  " << claim << std::string(claim.size() < 10 ? 10 - claim.size() : 1, ' ') << text;
  if (holes > 0) std::cout << ", " << counted(holes, "hole");
  std::cout << "\n";
}

// "optimal" only where nothing of the class moves less.
std::string distance_text(const RatioClaim& c) {
  const std::string schedules =
      (c.theorem.klass == "any" ? "" : c.theorem.klass + " ") + "schedule";
  const std::string by = " (" + c.theorem.name + ", " + c.theorem.status() + ")";
  if (c.optimal()) return "optimal: no " + schedules + " moves less" + by;
  const std::string what =
      c.theorem.counted == Counted::kTotal ? "" : std::string(word_of(c.theorem.counted)) + " ";
  return what + "within a factor of " + ratio_text_of(c) + " of every " + schedules + by;
}

std::string words_text(const RatioClaim& c) {
  return c.own_words ? "words = the footprint" : pretty(c.words) + " words";
}

std::string where_text(const RatioClaim& c, const Spec& spec) {
  const std::string region = region_text(spec, c.region);
  return region.empty() ? "all sizes" : region;
}

nlohmann::ordered_json ratio_json(const RatioClaim& c, const Spec& spec) {
  nlohmann::ordered_json out = {{"theorem", c.theorem.name}, {"class", c.theorem.klass}};
  out["status"] = c.theorem.coq.empty() ? "assumed" : "Coq";
  out["coq"] = c.theorem.coq.empty() ? nlohmann::ordered_json(nullptr)
                                     : nlohmann::ordered_json(c.theorem.coq);
  out["counts"] = word_of(c.theorem.counted);
  out["words"] = print(c.words);
  out["region"] = where_text(c, spec);
  out["ratio"] = {c.p.str(), c.q.str()};
  out["optimal"] = c.optimal();
  out["text"] = distance_text(c);
  return out;
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& n : names) out += (out.empty() ? "" : ", ") + n;
  return out;
}

void print_attention(const Attention& attention) {
  if (!attention.claim) {
    print_line("attention", "not claimed: " + attention.why, 0);
    return;
  }
  const AttentionClaim& c = *attention.claim;
  print_line("attention",
             "a row depends on keys below " + pretty(c.limit) + " of " + listed(c.key_arrays) +
                 "; without a key it is " + pretty(c.empty),
             0);
}

nlohmann::ordered_json attention_json(const Attention& attention) {
  if (!attention.claim) return {{"claimed", false}, {"why", attention.why}};
  const AttentionClaim& c = *attention.claim;
  return {{"claimed", true},
          {"key_arrays", c.key_arrays},
          {"limit", print(c.limit)},
          {"empty", print(c.empty)}};
}

}  // namespace

void print_claims(const Bundle& bundle, const Spec& spec) {
  const json certificate = json::parse(bundle.certificate_text);
  const Owed equal = owed_for_equal(certificate);
  std::cout << bundle.certificate_path << "\n";
  print_line("equal",
             counted(certificate.at("steps").size(), "step") + ", " +
                 counted(equal.obligations, "obligation"),
             equal.holes);
  const json& safe = certificate.at("safe");
  print_line("safe", counted(safe.size(), "obligation"), holes_in(safe));
  print_line("workspace", bundle.workspace + " words of slow memory", 0);
  for (const RatioClaim& c : bundle.ratios.claims) {
    print_line("ratio", distance_text(c), 0);
    print_line("", words_text(c) + ", " + where_text(c, spec), 0);
  }
  for (const std::string& why : bundle.ratios.left_out) print_line("left out", why, 0);
  print_attention(bundle.attention);
  print_line("text", "body " + certificate.at("kernel").at("body_sha256").get<std::string>(), 0);
  for (const std::string& hole : bundle.holes) std::cout << "  hole: " << hole << "\n";
}

void print_verdict(const Bundle& bundle) {
  std::cout << "  expected verdict " << bundle.verdict << "; minimoa-audit decides\n";
}

nlohmann::ordered_json claims_json(const Bundle& bundle, const Spec& spec) {
  const json certificate = json::parse(bundle.certificate_text);
  const Owed equal = owed_for_equal(certificate);
  const json& safe = certificate.at("safe");
  nlohmann::ordered_json out;
  out["certificate"] = bundle.certificate_path;
  out["expected_verdict"] = bundle.verdict;  // minimoa-audit decides
  out["equal"] = {{"steps", certificate.at("steps").size()},
                  {"obligations", equal.obligations},
                  {"holes", equal.holes}};
  out["safe"] = {{"obligations", safe.size()}, {"holes", holes_in(safe)}};
  out["text"] = certificate.at("kernel").at("body_sha256").get<std::string>();
  out["ratio"] = nlohmann::ordered_json::array();
  for (const RatioClaim& c : bundle.ratios.claims) out["ratio"].push_back(ratio_json(c, spec));
  out["left_out"] = bundle.ratios.left_out;
  out["attention"] = attention_json(bundle.attention);
  out["holes"] = bundle.holes;
  return out;
}

std::optional<Made> make(Session* session, const std::string& spec_path,
                         const std::string& schedule_name) {
  const auto root = find_root(session);
  if (!root) return std::nullopt;
  const auto schedule = load_schedule(session, schedule_path(*root, schedule_name));
  if (!schedule) return std::nullopt;
  return make(session, spec_path, *schedule);
}

std::optional<Made> make(Session* session, const std::string& spec_path, const Schedule& schedule) {
  const auto root = find_root(session);
  if (!root) return std::nullopt;
  auto loaded = load_spec(session, spec_path);
  if (!loaded) return std::nullopt;
  auto rules = load_rules(session, *root);
  if (!rules) return std::nullopt;

  BundleOptions options;
  options.root = *root;
  options.spec_path = relative_to(*root, spec_path);
  // A spec from elsewhere gets a place in the root that emit -o makes.
  if (options.spec_path == spec_path && std::filesystem::path(spec_path).is_absolute()) {
    options.spec_path = "spec/" + std::filesystem::path(spec_path).filename().string();
  } else if (options.spec_path.rfind("..", 0) == 0) {
    options.spec_path = "spec/" + std::filesystem::path(spec_path).filename().string();
  }
  options.schedule_path = relative_to(*root, schedule.path);
  auto bundle = make_bundle(loaded->spec, loaded->bytes, schedule, *rules, options);
  if (!bundle.ok()) {
    const bool in_schedule =
        !bundle.errors().empty() && bundle.errors().front().span.file == schedule.path;
    report(session, bundle.errors(), in_schedule ? schedule.text : loaded->bytes);
    return std::nullopt;
  }
  if (bundle.value().verdict != "VALID") raise_code(session, kHoley);
  return Made{*root, std::move(*loaded), options.spec_path, std::move(*rules),
              std::move(bundle.value())};
}

}  // namespace minimoa::cli
