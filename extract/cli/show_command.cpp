// minimoa show: what a spec becomes, stage by stage, in MoA notation; with
// --steps the derivation, one use of a rule after the other.
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>

#include "extract/cli/cli.h"
#include "extract/emit.h"
#include "prover/schedule/derive.h"

namespace minimoa::cli {
namespace {

struct ShowOptions {
  std::string spec, stage = "dnf", schedule;
  bool steps = false, unicode = false;
};

// The doc line of each rule, read from the rule files themselves.
std::map<std::string, std::string> rule_docs(const RuleTable& rules) {
  std::map<std::string, std::string> docs;
  for (const auto& [path, text] : rules.files()) {
    std::size_t at = 0;
    while ((at = text.find("(rule ", at)) != std::string::npos) {
      at += 6;
      const std::size_t name_end = text.find_first_of(" \n\t()", at);
      const std::size_t next = text.find("(rule ", at);
      const std::size_t doc = text.find("(doc \"", at);
      if (name_end == std::string::npos || doc == std::string::npos || doc > next) continue;
      const std::size_t begin = doc + 6;
      docs[text.substr(at, name_end - at)] = text.substr(begin, text.find('"', begin) - begin);
    }
  }
  return docs;
}

std::string indented(const std::string& text) {
  std::string out = "    ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "    ";
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == '\n')) out.pop_back();
  return out + "\n";
}

std::string position_text(const Position& position) {
  std::string out;
  for (const std::size_t child : position) out += (out.empty() ? "" : ".") + std::to_string(child);
  return out.empty() ? "the root" : out;
}

void print_steps(const Derivation& derivation, std::size_t count, const RuleTable& rules,
                 bool unicode) {
  const auto docs = rule_docs(rules);
  for (std::size_t k = 0; k < count; ++k) {
    if (k == derivation.dnf && k != 0) std::cout << "== DNF is reached\n\n";
    if (k == derivation.onf && k != derivation.dnf) std::cout << "== ONF is reached\n\n";
    const Step& step = derivation.steps[k];
    const auto doc = docs.find(step.rule);
    std::cout << "step " << k + 1 << ": " << step.rule
              << (step.rl ? ", right to left" : ", left to right") << ", at "
              << position_text(step.at) << "\n";
    if (doc != docs.end()) std::cout << "  " << doc->second << "\n";
    std::cout << indented(pretty(at(derivation.terms[k], step.at), unicode)) << "  ->\n"
              << indented(pretty(at(derivation.terms[k + 1], step.at), unicode)) << "\n";
  }
}

void print_term(const Term& term, bool unicode) {
  std::string text = pretty(term, unicode);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::cout << text << "\n";
}

void show(Session* session, const ShowOptions& options) {
  const auto loaded = load_spec(session, options.spec);
  if (!loaded) return;
  if (options.stage == "core") {
    if (options.steps) return fail(session, "E0911", "--stage core has no steps before it");
    return print_term(loaded->spec.core, options.unicode);
  }
  const bool scheduled = options.stage == "loop" || options.stage == "kernel";
  if (scheduled && options.schedule.empty()) {
    return fail(session, "E0911", "--stage " + options.stage + " needs --schedule FILE|NAME");
  }
  const auto root = find_root(session);
  if (!root) return;
  const auto rules = load_rules(session, *root);
  if (!rules) return;
  std::optional<Schedule> schedule;
  if (scheduled) {
    schedule = load_schedule(session, schedule_path(*root, options.schedule));
    if (!schedule) return;
  }
  std::optional<Target> target;
  if (scheduled) {
    auto found = load_target(*root, *schedule);
    if (!found.ok()) return report(session, found.errors(), schedule->text);
    target = std::move(found.value());
    schedule = with_target(*schedule, target ? &target->table : nullptr);
  }
  auto derived = scheduled ? derive(loaded->spec, *rules, *schedule) : reduce(loaded->spec, *rules);
  if (!derived.ok()) {
    return report(session, derived.errors(),
                  scheduled && !derived.errors().empty() &&
                          derived.errors().front().span.file == schedule->path
                      ? schedule->text
                      : loaded->bytes);
  }
  const Derivation& derivation = derived.value();
  std::size_t count = derivation.steps.size();
  if (options.stage == "dnf") count = derivation.dnf;
  if (options.stage == "onf") count = derivation.onf;
  if (options.steps) print_steps(derivation, count, *rules, options.unicode);
  if (options.stage != "kernel") return print_term(derivation.terms[count], options.unicode);
  const auto body =
      emit_body(loaded->spec, derivation, schedule->name, target ? &target->table : nullptr);
  if (!body.ok()) return report(session, body.errors(), loaded->bytes);
  std::cout << body.value();
}

}  // namespace

void add_show(CLI::App* app, Session* session) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* command =
      app->add_subcommand("show", "Print a stage of the derivation in MoA notation");
  command->add_option("SPEC", options->spec, "Spec file (.moa)")->required();
  command
      ->add_option("--stage", options->stage,
                   "core: the spec unfolded; dnf: no array operator left; onf: flat memory; loop: "
                   "the loop program; kernel: the text")
      ->check(CLI::IsMember({"core", "dnf", "onf", "loop", "kernel"}))
      ->capture_default_str();
  command->add_option("--schedule", options->schedule,
                      "Schedule file, or a name in extract/schedules (loop and kernel)");
  command->add_flag("--steps", options->steps,
                    "Print every step: rule, direction, before -> after");
  command->add_flag("--unicode", options->unicode, "Write the symbols of the notation");
  command->callback([session, options] { show(session, *options); });
}

}  // namespace minimoa::cli
