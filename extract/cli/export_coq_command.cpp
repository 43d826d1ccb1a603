// minimoa export-coq: a certificate as a Coq file, for whoever trusts coqc alone.
//
// Written by certificates/second/export_coq.py, which shares no code with the
// prover: the file must not depend on who made the certificate. coqc decides.
#include <filesystem>
#include <iostream>
#include <memory>

#include "extract/cli/cli.h"
#include "extract/process.h"

namespace minimoa::cli {
namespace {

namespace fs = std::filesystem;

struct ExportOptions {
  std::string certificate, output;
};

void export_coq(Session* session, const ExportOptions& options) {
  const auto root = find_root(session);
  if (!root) return;
  if (!read_file(session, options.certificate)) return;
  const std::string script =
      (fs::path(*root) / "certificates" / "second" / "export_coq.py").string();
  const auto ran = run_program(
      {"python3", "-B", script, "--root", *root, fs::absolute(options.certificate).string(),
       fs::absolute(options.output).string()},
      true);
  if (!ran || ran->code == 127) return fail(session, "E0918", "python3 could not be run");
  if (ran->code != 0) {
    std::string why = ran->output;
    while (!why.empty() && why.back() == '\n') why.pop_back();
    fail(session, "E0918", why.empty() ? "no file was written" : why);
    return;
  }
  std::cout << "wrote " << options.output << "; coqc decides, with spec/coq compiled (./dev coq)\n";
}

}  // namespace

void add_export_coq(CLI::App* app, Session* session) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command =
      app->add_subcommand("export-coq", "Write a certificate as a Coq file that coqc checks");
  command->add_option("CERT", options->certificate, "Certificate (.cert.json)")->required();
  command->add_option("-o,--output", options->output, "Write the file here (.v)")->required();
  command->callback([session, options] { export_coq(session, *options); });
}

}  // namespace minimoa::cli
