// minimoa report: one HTML file about a certificate.
//
// The certificate names a spec and holds its schedule; both are taken through
// the prover again, and the file must be what comes out: a report about
// anything else would mix two derivations. The verdict is asked of the audit.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "extract/cli/bundle.h"
#include "extract/report/page.h"
#include "extract/write.h"

namespace minimoa::cli {
namespace {

namespace fs = std::filesystem;

struct ReportOptions {
  std::string certificate, output;
  std::vector<std::string> points;
};
// Far above what is ever written; the library takes 80 bytes of memory for a byte of brackets.
constexpr std::size_t kLargestCertificate = std::size_t{1} << 20;
constexpr const char* kUsualPoint = "n=32768,m=32768,d=64";

struct Named {  // what a certificate says about where it comes from
  std::string spec_path, schedule_text, schedule_name;
};

std::optional<Named> read_named(Session* session, const std::string& path,
                                const std::string& bytes) {
  if (bytes.size() > kLargestCertificate) {
    fail(session, "E0917", path + " is no certificate of ours: larger than 1 MiB");
    return std::nullopt;
  }
  try {
    const auto c = nlohmann::json::parse(bytes);
    const auto& schedule = c.at("schedule");
    return Named{c.at("spec").at("path").get<std::string>(), schedule.at("text").get<std::string>(),
                 schedule.at("name").get<std::string>()};
  } catch (const nlohmann::json::exception& e) {
    fail(session, "E0917", path + " is no certificate: " + e.what());
    return std::nullopt;
  }
}

std::vector<Machine> machines_of(Session* session, const std::string& root) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(fs::path(root) / "spec" / "machines", error)) {
    if (entry.path().extension() == ".toml") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Machine> out;
  for (const std::string& path : paths) {
    const auto bytes = read_file(session, path);
    if (!bytes) continue;
    auto machine = parse_machine(*bytes, path);
    if (machine.ok()) {
      out.push_back(std::move(machine.value()));
    } else {
      report(session, machine.errors(), *bytes);
    }
  }
  return out;
}

// The points asked for; else the usual one, else where the requires are known
// to hold.
std::optional<std::vector<TableAt>> tables_of(Session* session, const Subject& subject,
                                              const ReportOptions& options,
                                              const nlohmann::json& witness) {
  std::vector<std::string> texts = options.points;
  if (texts.empty()) {
    texts = {kUsualPoint};
    if (!parse_point(kUsualPoint, subject.spec, subject.what).ok()) {
      texts[0].clear();
      for (const std::string& d : subject.spec.dims) {
        texts[0] += (texts[0].empty() ? "" : ",") + d + "=" + witness.at(d).get<std::string>();
      }
    }
  }
  std::vector<TableAt> out;
  for (const std::string& text : texts) {
    const auto point = parse_point(text, subject.spec, subject.what);
    if (!point.ok()) {
      report(session, point.errors());
      raise_code(session, kUsage);
      return std::nullopt;
    }
    out.push_back(table_at(subject, point.value(), nullptr).front());
  }
  return out;
}

void write_report(Session* session, const ReportOptions& options) {
  const auto bytes = read_file(session, options.certificate);
  if (!bytes) return;
  const auto named = read_named(session, options.certificate, *bytes);
  if (!named) return;
  const auto root = find_root(session);
  if (!root) return;
  const auto schedule = parse_schedule(named->schedule_text, options.certificate);
  if (!schedule.ok()) return report(session, schedule.errors(), named->schedule_text);
  const auto made = make(session, (fs::path(*root) / named->spec_path).string(), schedule.value());
  if (!made) return;
  if (made->bundle.certificate_text != *bytes) {
    return fail(session, "E0917",
                options.certificate + " is not what its spec and schedule give here");
  }
  const auto theorems = load_theorems((fs::path(*root) / "spec" / "bounds").string());
  if (!theorems.ok()) return report(session, theorems.errors());
  const Recognised what = made->bundle.what
                              ? *made->bundle.what
                              : recognise(made->spec.spec, made->rules, made->bundle.derivation);
  std::string error;
  const Term workspace = parse_term(made->bundle.workspace, &error).value_or(mk_int(0));
  const Subject subject{made->spec.spec, made->bundle.costs, workspace, what, theorems.value()};
  const auto tables =
      tables_of(session, subject, options, nlohmann::json::parse(*bytes).at("witness"));
  if (!tables) return;
  auto audit = run_auditor(*root, fs::absolute(options.certificate).string());
  if (!audit.ok()) return report(session, audit.errors());
  const std::string page =
      report_page({made->spec.spec, schedule.value(), made->rules, made->bundle, subject,
                   named->spec_path, *tables, machines_of(session, *root), audit.value()});
  const auto written = write_file(options.output, page);
  if (!written.ok()) return report(session, written.errors());
  std::cout << "wrote " << options.output << "\n";
  if (audit.value() && audit.value()->verdict == "INVALID") raise_code(session, 1);
}

}  // namespace

void add_report(CLI::App* app, Session* session) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* command =
      app->add_subcommand("report", "Write one self-contained HTML page about a certificate");
  command->add_option("CERT", options->certificate, "Certificate (.cert.json)")->required();
  command->add_option("-o,--output", options->output, "Write the page here")->required();
  command
      ->add_option("--at", options->points,
                   "Sizes as in prove; the chart is drawn at the first (default: " +
                       std::string(kUsualPoint) + "); repeatable")
      ->take_all()
      ->allow_extra_args(false);
  command->callback([session, options] { write_report(session, *options); });
}

}  // namespace minimoa::cli
