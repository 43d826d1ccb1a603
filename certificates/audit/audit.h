// The audit of one certificate (FORMAT sections 9 and 10).
// Idea: read, replay, regenerate every statement, check every proof, lower, compare; eight claims,
// each with its own verdict and reason.
// How it may be wrong: a part of the certificate that nobody looks at; hence closed key sets.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace audit {
// From best to worst. kUnreadable: INVALID, since there is no such certificate.
enum class Verdict { kValid, kHoley, kInvalid, kUnreadable };
using Report = nlohmann::ordered_json;

struct Audited {
  Verdict verdict;
  std::string text;  // the report for people
  // {certificate, verdict, claims: [{claim, verdict, code, place, text}], costs, holes, classes,
  // assumptions}; the claims are those of FORMAT 10; a code says why one is INVALID.
  Report report;
};

// `certificate` is opened as it is; the paths inside are relative to `root`.
Audited audit_certificate(const std::string& root, const std::string& certificate);
}  // namespace audit
