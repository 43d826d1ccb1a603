// minimoa: from an attention spec to a kernel and a certificate.
//
// Only the list of commands; see cli.h. Exceptions of libraries end here, as
// exit code 2, so that no input can end the program in another way.
#include <cstdio>
#include <exception>

#include "extract/cli/cli.h"

int main(int argc, char** argv) {
  try {
    minimoa::cli::Session session;
    CLI::App app(
        "Minimoa turns an attention spec into a kernel and a certificate that minimoa-audit "
        "checks.\n"
        "Exit codes: 0 proved, valid or no drift; 1 refuted, invalid or drift;\n"
        "            2 usage, input or environment error; 3 inconclusive or holey",
        "minimoa");
    app.set_version_flag("--version", "minimoa 0.1.0, certificate format minimoa.cert/1");
    app.add_option("--format", session.format, "How diagnostics are written")
        ->check(CLI::IsMember({"text", "short", "json", "sarif"}));
    app.add_option("--root", session.root_option,
                   "Repository root (default: $MINIMOA_ROOT, or found upwards from here)");
    app.fallthrough();
    app.require_subcommand(1);
    minimoa::cli::add_check(&app, &session);
    minimoa::cli::add_fmt(&app, &session);
    minimoa::cli::add_show(&app, &session);
    minimoa::cli::add_prove(&app, &session);
    minimoa::cli::add_search(&app, &session);
    minimoa::cli::add_emit(&app, &session);
    minimoa::cli::add_build(&app, &session);
    minimoa::cli::add_report(&app, &session);
    minimoa::cli::add_export_coq(&app, &session);
    minimoa::cli::add_run(&app, &session);
    minimoa::cli::add_explain(&app, &session);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
      minimoa::cli::fail(&session, "E0911", error.what());
      std::fputs("Run with --help for more information.\n", stderr);
      return minimoa::cli::kUsage;
    }
    return session.code;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error[MOA-E0999]: %s\n", error.what());
  } catch (...) {
    std::fprintf(stderr, "error[MOA-E0999]: unknown failure\n");
  }
  return minimoa::cli::kUsage;
}
