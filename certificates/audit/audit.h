// The audit of one certificate (FORMAT sections 9 and 10).
// Idea: read, replay, regenerate every statement, check every proof, lower, compare; four claims,
// each with its own verdict and reason.
// How it may be wrong: a part of the certificate that nobody looks at; hence every object is read
// with a closed key set.
#ifndef MINIMOA_AUDIT_AUDIT_H_
#define MINIMOA_AUDIT_AUDIT_H_

#include <string>
#include <vector>

namespace audit {
enum class Verdict { kValid, kHoley, kInvalid };  // from best to worst

struct Claim {
  std::string name;  // equal, safe, workspace, text
  Verdict verdict = Verdict::kInvalid;
  std::string code = "unchecked", place = "", text = "";  // if invalid: the reason
};

struct AuditResult {
  std::string certificate;
  bool readable = true;
  Verdict verdict = Verdict::kInvalid;
  std::vector<Claim> claims = {{"equal"}, {"safe"}, {"workspace"}, {"text"}};
  std::vector<std::string> assumptions = {}, classes = {}, holes = {};
};

// `certificate` is opened as it is; the paths inside are relative to `root`.
AuditResult audit_certificate(const std::string& root, const std::string& certificate);
// FORMAT 10: 0 VALID, 1 INVALID, 2 unreadable, 3 HOLEY.
int exit_code(const AuditResult& result);
std::string as_text(const AuditResult& result);
std::string as_json(const std::vector<AuditResult>& results);

}  // namespace audit

#endif  // MINIMOA_AUDIT_AUDIT_H_
