// What: the audit of one certificate. See audit.h.
// The idea: class Audit holds what later claims need from earlier ones; only
// guarded() catches exceptions and turns them into the reason of a claim.
// How it may be wrong: a claim called valid though what it rests on failed;
// so safe looks at the divisors again, and all rest on the replay.
#include "audit.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "json.h"
#include "lowering.h"
#include "obligations.h"
#include "proof.h"
#include "reader.h"
#include "replay.h"
#include "rules.h"
#include "sha256.h"
#include "spec_reader.h"
#include "text.h"
#include "types.h"

namespace audit {
namespace {

constexpr std::size_t kMaxSteps = 20000;  // FORMAT section 11

[[noreturn]] void refuse(const std::string& code, const std::string& why) {
  throw Refused{code, why};
}

std::string read_file(const std::string& path) {
  std::error_code error;
  // Regular files only: a device or pipe may never end.
  if (!std::filesystem::is_regular_file(path, error)) refuse("unreadable", "no such file: " + path);
  if (std::filesystem::file_size(path, error) > kMaxFileBytes || error)
    refuse("limit", "file too large: " + path);
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  if (!in || in.bad()) refuse("unreadable", "cannot read: " + path);
  return bytes.str();
}

// FORMAT 9: relative, no "..": a certificate may not point out of the tree.
void check_path(const std::string& path) {
  constexpr const char* kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";
  bool good = !path.empty() && path.find_first_not_of(kAllowed) == std::string::npos;
  std::istringstream parts("/" + path + "/");
  std::string part;
  std::getline(parts, part, '/');
  while (std::getline(parts, part, '/'))
    good = good && !part.empty() && part != "." && part != "..";
  if (!good) refuse("path", "not a plain relative path: " + path);
}

class Audit {
 public:
  Audit(std::string root, AuditResult& result)
      : root_(std::move(root)), result_(result), generator_(spec_, budget_) {}

  void run(const std::string& bytes) {
    std::vector<Claim>& claims = result_.claims;
    Claim& equal = claims[0];
    Claim& safe = claims[1];
    const bool replayed = guarded(equal, [&] {
      read(bytes);
      replay();
      list_assumptions();
    });
    if (!replayed) return;
    const bool positive = guarded(equal, [&] {
      place_ = "divisors";
      prove("divisors", generator_.divisors(final_), cert_[0].member("divisors"));
    });
    const bool open_divisors = equal.verdict == Verdict::kHoley;
    if (positive) {
      guarded(equal, [&] { check_equal(); });
      guarded(safe, [&] {
        place_ = "witness";
        check_witness(spec_, cert_[0].member("witness"));
        place_ = "safe";
        prove("safe", generator_.safe(final_, cert_[0].member("cover")), cert_[0].member("safe"));
      });
    }
    // The facts about quotients that both use stand on the divisors.
    if (open_divisors) {
      equal.verdict = std::max(equal.verdict, Verdict::kHoley);
      safe.verdict = std::max(safe.verdict, Verdict::kHoley);
    }
    guarded(claims[3], [&] { check_text(bytes); });
    guarded(claims[2], [&] { check_workspace(); });
  }

 private:
  // The only place where exceptions end. Everything unforeseen is INVALID.
  bool guarded(Claim& claim, const std::function<void()>& work) {
    const std::size_t holes = result_.holes.size();
    place_.clear();
    try {
      work();
      claim.code.clear();
      claim.verdict = result_.holes.size() > holes ? Verdict::kHoley : Verdict::kValid;
      return true;
    } catch (const Refused& refused) {
      claim.code = refused.code;
      claim.text = refused.text;
    } catch (const std::bad_alloc&) {
      claim.code = "limit";
      claim.text = "out of memory";
    } catch (const std::exception& error) {  // nlohmann's, and any other
      claim.code = "exception";
      claim.text = error.what();
    }
    claim.verdict = Verdict::kInvalid;
    claim.place = place_;
    return false;
  }

  // Reads {"path": .., "sha256": ..} and the file; the hash must be that of the
  // bytes read, else the verdict would be about another file.
  std::string named_file(const Json& json) {
    json.require_keys({"path", "sha256"});
    const std::string path = json.member("path").string();
    place_ = path;
    check_path(path);
    const std::string bytes = read_file(root_ + "/" + path);
    if (json.member("sha256").string() != sha256_hex(bytes))
      refuse("sha256", "the file has another hash");
    return bytes;
  }

  // FORMAT 3: rules come from spec/rules only; a rule file of the prover's own
  // could make any two terms equal.
  void read_rule_files(const Json& json) {
    std::string previous;
    for (const Json& file : json.items()) {
      const std::string text = named_file(file);
      const std::string path = file.member("path").string();
      const bool here = path.starts_with("spec/rules/") && path.ends_with(".rules") &&
                        path.find('/', 11) == std::string::npos;
      if (!here) refuse("path", "not a file of spec/rules");
      if (path <= previous) refuse("json", "rule files not sorted by path");
      previous = path;
      read_rules(text, rules_);
      result_.assumptions.push_back("rules " + path + " sha256 " + file.member("sha256").string());
    }
  }

  // Checks the shape of what later claims or nobody consult (FORMAT 9).
  void read_rest(const Json& cert) {
    const Json schedule = cert.member("schedule");
    schedule.require_keys({"name", "sha256", "text"});
    if (schedule.member("sha256").string() != sha256_hex(schedule.member("text").string()))
      refuse("sha256", "the schedule's text has another hash");
    const Json kernel = cert.member("kernel");
    kernel.require_keys({"path", "body_sha256", "target", "flags"});
    if (kernel.member("target").string() != "portable")
      refuse("target", "no lowering for this target");
    const Json stages = cert.member("stages");
    stages.require_keys({"dnf", "onf"});
    const std::size_t steps = cert.member("steps").items().size();
    const std::size_t dnf = stages.member("dnf").number();
    const std::size_t onf = stages.member("onf").number();
    if (dnf > onf || onf > steps) refuse("stages", "not in order");
    const Json producer = cert.member("producer");
    for (const std::string& key : producer.keys()) producer.member(key).string();
  }

  void read(const std::string& bytes) {
    const Json cert = Json::parse(bytes);
    cert.require_keys({"format", "spec", "rules", "schedule", "kernel", "witness", "divisors",
                       "spec_proofs", "stages", "steps", "safe", "cover", "workspace", "producer"});
    if (cert.member("format").string() != "minimoa.cert/1") refuse("json", "unknown format");
    spec_ = read_spec(named_file(cert.member("spec")));
    result_.assumptions.push_back("specification " + cert.member("spec").member("path").string() +
                                  " sha256 " + cert.member("spec").member("sha256").string());
    read_rule_files(cert.member("rules"));
    place_.clear();
    read_rest(cert);
    cert_.push_back(cert);
  }

  Step step_of(const Json& json) const {
    json.require_keys({"rule", "dir", "at", "sub", "names", "proofs"});
    Step step;
    step.rule = json.member("rule").string();
    const std::string dir = json.member("dir").string();
    if (dir != "lr" && dir != "rl") refuse("json", "dir is neither lr nor rl");
    step.left_to_right = dir == "lr";
    for (const Json& k : json.member("at").items()) step.at.push_back(k.number());
    const Json sub = json.member("sub");
    for (const std::string& key : sub.keys()) step.sub[key] = sub.member(key).string();
    const Json names = json.member("names");
    for (const std::string& key : names.keys()) step.names[key] = names.member(key).string();
    return step;
  }

  void replay() {
    const std::vector<Json> steps = cert_[0].member("steps").items();
    if (steps.size() > kMaxSteps) refuse("limit", "too many steps");
    final_ = first_term(spec_);
    for (std::size_t k = 0; k < steps.size(); ++k) {
      place_ = "step " + std::to_string(k);
      const Step step = step_of(steps[k]);
      place_ += " (" + step.rule + ")";
      Replayed replayed = replay_step(final_, step, rules_, spec_);
      final_ = replayed.term;
      classes_.insert(replayed.rule_class);
      conditions_.push_back(std::move(replayed.to_prove));
      step_proofs_.push_back(steps[k].member("proofs"));
    }
    place_ = "final term";
    Scope scope;
    if (infer(final_, scope, spec_).sort != Sort::kStmt)
      refuse("type", "the final term is not a statement");
  }

  void prove(const std::string& list, const std::vector<Obligation>& obligations,
             const Json& proofs) {
    for (const std::string& hole : check_proofs(list, obligations, proofs, budget_, place_))
      result_.holes.push_back(hole);
  }

  void check_equal() {
    place_ = "spec_proofs";
    prove("spec_proofs", generator_.spec_obligations(), cert_[0].member("spec_proofs"));
    for (std::size_t k = 0; k < conditions_.size(); ++k) {
      place_ = "step " + std::to_string(k);
      prove("steps[" + std::to_string(k) + "].proofs", generator_.step(conditions_[k]),
            step_proofs_[k]);
    }
  }

  void check_text(const std::string& bytes) {
    const Json kernel = cert_[0].member("kernel");
    place_ = kernel.member("path").string();
    lowered_ = lower(final_, spec_, cert_[0].member("schedule").member("name").string());
    check_path(kernel.member("path").string());
    const KernelFile file = split_kernel(read_file(root_ + "/" + place_));
    check_header(file.header, sha256_hex(bytes));
    if (sha256_hex(file.body) != kernel.member("body_sha256").string())
      refuse("sha256", "the kernel's body has another hash");
    compare_tokens(tokenise(file.body, file.body_line), tokenise(lowered_.text, 1));
  }

  // FORMAT 9: the printed workspace is compared with the computed one.
  void check_workspace() {
    place_ = "workspace";
    const Term printed = read_term(cert_[0].member("workspace").string(), {}, spec_);
    if (!dimensions_only(printed, spec_)) refuse("workspace", "not made of dimensions");
    if (lowered_.text.empty()) refuse("unchecked", "the term has no lowering");
    AtomTable atoms;
    Reading reading{atoms, budget_, 0};
    Poly total;
    for (const std::vector<Term>& extents : lowered_.slow_extents) {
      Poly words(Int(1));
      for (const Term& extent : extents)
        words = multiply(words, index_poly(extent, reading), budget_);
      total = sum(total, words, budget_);
    }
    if (!(total == index_poly(printed, reading)))
      refuse("workspace", "not the number of words of slow memory");
  }

  void list_assumptions() {
    std::vector<std::string>& out = result_.assumptions;
    for (const std::string& name : spec_.dims) out.push_back("1 <= " + name + " <= 16777216");
    for (const Term& require : spec_.assumptions) out.push_back("require " + print(require));
    for (const Array& array : spec_.inputs) {
      if (!array.range) continue;
      out.push_back(print(array.range->first) + " <= element of " + array.name + " < " +
                    print(array.range->second));
    }
    out.push_back("0 <= stride <= 68719476736 for every axis of every array");
    out.push_back(
        "pointers, strides and workspace describe memory of the "
        "caller; the output overlaps no input and not itself");
    out.push_back("equality is over the reals: arithmetic is exact");
    out.push_back("compiled with " + cert_[0].member("kernel").member("flags").string());
    result_.classes.assign(classes_.begin(), classes_.end());
  }

  std::string root_;
  AuditResult& result_;
  Budget budget_;
  Spec spec_;
  RuleTable rules_;
  Generator generator_;
  std::vector<Json> cert_;                          // the certificate, once it is read
  std::vector<std::vector<Condition>> conditions_;  // of each step
  std::vector<Json> step_proofs_;
  std::set<std::string> classes_;
  Term final_;
  Lowered lowered_;
  std::string place_;
};

}  // namespace

AuditResult audit_certificate(const std::string& root, const std::string& certificate) {
  AuditResult result;
  result.certificate = certificate;
  for (const char* name : {"equal", "safe", "workspace", "text"}) {
    Claim claim;
    claim.name = name;
    result.claims.push_back(claim);
  }
  std::string bytes;
  try {
    bytes = read_file(certificate);
  } catch (const Refused& refused) {
    result.readable = refused.code != "unreadable";
    result.claims[0].code = refused.code;
    result.claims[0].text = refused.text;
    return result;
  }
  Audit(root, result).run(bytes);
  result.verdict = Verdict::kValid;
  for (const Claim& claim : result.claims) result.verdict = std::max(result.verdict, claim.verdict);
  return result;
}

const char* word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kValid: return "VALID";
    case Verdict::kHoley: return "HOLEY";
    case Verdict::kInvalid: return "INVALID";
  }
  return "INVALID";
}

int exit_code(const AuditResult& result) {
  if (!result.readable) return 2;
  switch (result.verdict) {
    case Verdict::kValid: return 0;
    case Verdict::kHoley: return 3;
    case Verdict::kInvalid: return 1;
  }
  return 1;
}

std::string as_text(const AuditResult& result) {
  std::string text = result.certificate + ": " + word_of(result.verdict) + "\n";
  for (const Claim& claim : result.claims) {
    text += "  " + claim.name + ": " + word_of(claim.verdict);
    if (claim.verdict == Verdict::kInvalid) {
      text +=
          " [" + claim.code + "] " + claim.place + (claim.place.empty() ? "" : ": ") + claim.text;
    }
    text += "\n";
  }
  for (const std::string& hole : result.holes) text += "  hole " + hole + "\n";
  for (const std::string& name : result.classes) text += "  rule class " + name + "\n";
  for (const std::string& assumption : result.assumptions) text += "  assumes " + assumption + "\n";
  return text;
}

std::string as_json(const std::vector<AuditResult>& results) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const AuditResult& result : results) {
    nlohmann::ordered_json claims = nlohmann::ordered_json::array();
    for (const Claim& claim : result.claims) {
      claims.push_back({{"claim", claim.name},
                        {"verdict", word_of(claim.verdict)},
                        {"code", claim.code},
                        {"place", claim.place},
                        {"text", claim.text}});
    }
    out.push_back({{"certificate", result.certificate},
                   {"verdict", word_of(result.verdict)},
                   {"claims", claims},
                   {"holes", result.holes},
                   {"classes", result.classes},
                   {"assumptions", result.assumptions}});
  }
  using Handler = nlohmann::ordered_json::error_handler_t;
  return out.dump(1, ' ', true, Handler::replace) + "\n";
}

}  // namespace audit
