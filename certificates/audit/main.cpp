// What: minimoa-audit [--root DIR] [--format text|json] CERT...
// The idea: a thin shell around audit_certificate().
// How it may be wrong: an exit code that hides a worse certificate.
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "audit.h"

namespace {
int usage() {
  std::cerr << "usage: minimoa-audit [--root DIR] [--format text|json] CERT...\n";
  return 2;
}

}  // namespace
int main(int argc, char** argv) {
  std::map<std::string, std::string> options = {{"--root", "."}, {"--format", "text"}};
  std::vector<std::string> certificates;
  for (int k = 1; k < argc; ++k) {
    const std::string word = argv[k];
    if (!word.starts_with("-")) {
      certificates.push_back(word);
    } else if (!options.contains(word) || ++k == argc) {
      return usage();
    } else {
      options[word] = argv[k];
    }
  }
  const bool text = options["--format"] == "text";
  if (certificates.empty() || (!text && options["--format"] != "json")) return usage();
  auto worst = audit::Verdict::kValid;
  auto reports = audit::Report::array();
  for (const std::string& certificate : certificates) {
    const auto [verdict, report] = audit::audit_certificate(options["--root"], certificate);
    worst = std::max(worst, verdict);
    if (text) std::cout << audit::as_text(report);
    reports.push_back(report);
  }
  constexpr auto kReplace = audit::Report::error_handler_t::replace;
  if (!text) std::cout << reports.dump(1, ' ', true, kReplace) << "\n";
  return audit::exit_code(worst);
}
