// What: minimoa-audit [--root DIR] [--format text|json] CERT...
// The idea: a thin shell around audit_certificate().
// How it may be wrong: an exit code that hides a worse certificate.
#include <iostream>
#include <string>

#include "audit.h"

int main(int argc, char** argv) {
  std::map<std::string, std::string> options = {{"--root", "."}, {"--format", "text"}};
  std::vector<std::string> certificates;
  bool good = true;
  for (int k = 1; k < argc; ++k) {
    const std::string word = argv[k];
    const bool option = word.starts_with("-"), known = options.contains(word) && k + 1 < argc;
    good &= !option || known;
    if (!option) certificates.push_back(word);
    if (option && known) options[word] = argv[++k];
  }
  const bool text = options["--format"] == "text";
  if (!good || certificates.empty() || (!text && options["--format"] != "json")) {
    std::cerr << "usage: minimoa-audit [--root DIR] [--format text|json] CERT...\n";
    return 2;
  }
  auto worst = audit::Verdict::kValid;
  auto reports = audit::Report::array();
  for (const std::string& certificate : certificates) {
    const audit::Audited audited = audit::audit_certificate(options["--root"], certificate);
    worst = std::max(worst, audited.verdict);
    if (text) std::cout << audited.text;
    reports.push_back(audited.report);
  }
  constexpr auto kReplace = audit::Report::error_handler_t::replace;
  if (!text) std::cout << reports.dump(1, ' ', true, kReplace) << "\n";
  constexpr int kExitCodes[] = {0, 3, 1, 2};  // FORMAT 10
  return kExitCodes[static_cast<int>(worst)];
}
