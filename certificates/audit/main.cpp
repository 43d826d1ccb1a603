// What: minimoa-audit [--root DIR] [--format text|json] CERT...
// The idea: a thin shell around audit_certificate().
// How it may be wrong: an exit code that hides a worse certificate.
#include <iostream>
#include <string>
#include <vector>

#include "audit.h"

namespace {

// From best to worst: VALID, HOLEY, INVALID, unreadable (FORMAT section 10).
int severity(int code) {
  if (code == 0) return 0;
  if (code == 3) return 1;
  return code == 1 ? 2 : 3;
}
int usage() {
  std::cerr << "usage: minimoa-audit [--root DIR] [--format text|json] "
               "CERT...\n";
  return 2;
}

}  // namespace
int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  std::string root = ".";
  std::string format = "text";
  std::vector<std::string> certificates;
  for (std::size_t k = 0; k < words.size(); ++k) {
    if (words[k] == "--root" || words[k] == "--format") {
      if (k + 1 == words.size()) return usage();
      (words[k] == "--root" ? root : format) = words[k + 1];
      ++k;
    } else if (words[k].starts_with("-")) {
      return usage();
    } else {
      certificates.push_back(words[k]);
    }
  }
  if (certificates.empty() || (format != "text" && format != "json")) return usage();
  int worst = 0;
  std::vector<audit::AuditResult> results;
  for (const std::string& certificate : certificates) {
    results.push_back(audit::audit_certificate(root, certificate));
    const int code = audit::exit_code(results.back());
    if (severity(code) > severity(worst)) worst = code;
    if (format == "text") std::cout << audit::as_text(results.back());
  }
  if (format == "json") std::cout << audit::as_json(results);
  return worst;
}
