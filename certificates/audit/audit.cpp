// The audit of one certificate. See audit.h.
// Idea: class Audit holds what later claims need from earlier ones; only guarded() catches
// exceptions and turns them into the reason of a claim.
// How it may be wrong: a claim called valid though what it rests on failed; so safe looks at the
// divisors again, and all rest on the replay.
#include "audit.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lowering.h"
#include "obligations.h"

namespace audit {
namespace {
constexpr size_t kMaxSteps = 20000;  // FORMAT section 11
constexpr const char* kVerdicts[] = {"VALID", "HOLEY", "INVALID"};
string word_of(Verdict verdict) { return kVerdicts[static_cast<size_t>(verdict)]; }
string read_file(const string& path) {
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
void check_path(const string& path) {
  bool good = !path.empty() && std::all_of(path.begin(), path.end(), [](char c) {
    return is_word_char(c) || c == '-' || c == '.' || c == '/';
  });
  std::istringstream parts(path + "/");
  for (string part; std::getline(parts, part, '/');)
    good = good && !part.empty() && part != "." && part != "..";
  if (!good) refuse("path", "not a plain relative path: " + path);
}

class Audit {
 public:
  Audit(const string& root, AuditResult& result)
      : root_(root), result_(result), generator_(spec_) {}
  void run(const string& bytes) {
    Claim& equal = result_.claims[0];
    Claim& safe = result_.claims[1];
    if (!guarded(equal, [&] {
          read(bytes);
          replay();
          list_assumptions();
        }))
      return;
    const bool positive =
        guarded(equal, [&] { prove("divisors", generator_.divisors(final_), "divisors"); });
    const bool open_divisors = equal.verdict == Verdict::kHoley;
    if (positive) {
      guarded(equal, [&] { check_equal(); });
      guarded(safe, [&] {
        place_ = "witness";
        check_witness(spec_, cert_.member("witness"));
        place_ = "safe";
        prove("safe", generator_.safe(final_, cert_.member("cover")), "safe");
      });
    }
    // The facts about quotients that both use stand on the divisors.
    if (open_divisors) {
      equal.verdict = std::max(equal.verdict, Verdict::kHoley);
      safe.verdict = std::max(safe.verdict, Verdict::kHoley);
    }
    guarded(result_.claims[3], [&] { check_text(bytes); });
    guarded(result_.claims[2], [&] { check_workspace(); });
  }

 private:
  // The only place where exceptions end. Everything unforeseen is INVALID.
  bool guarded(Claim& claim, const std::function<void()>& work) {
    const size_t holes = result_.holes.size();
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
  // Reads {"path": .., "sha256": ..} and the file; the hash must be that of the bytes read, else
  // the verdict would be about another file.
  string named_file(const string& what, const Json& json) {
    json.require_keys({"path", "sha256"});
    place_ = json.member("path").str();
    check_path(place_);
    const string bytes = read_file(root_ + "/" + place_);
    const string hash = sha256_hex(bytes);
    if (json.member("sha256").str() != hash) refuse("sha256", "the file has another hash");
    result_.assumptions.push_back(what + place_ + " sha256 " + hash);
    return bytes;
  }
  // FORMAT 3: rules come from spec/rules only; a rule file of the prover's own could make any two
  // terms equal.
  void read_rule_files(const Json& json) {
    string previous;
    for (const Json& file : json.items()) {
      const string text = named_file("rules ", file);
      if (!place_.starts_with("spec/rules/") || !place_.ends_with(".rules") ||
          place_.find('/', 11) != string::npos)
        refuse("path", "not a file of spec/rules");
      if (place_ <= previous) refuse("json", "rule files not sorted by path");
      previous = place_;
      read_rules(text, rules_);
    }
  }
  void read(const string& bytes) {
    cert_ = Json::parse(bytes);
    cert_.require_keys({"format", "spec", "rules", "schedule", "kernel", "witness", "divisors",
                        "spec_proofs", "stages", "steps", "safe", "cover", "workspace",
                        "producer"});
    if (cert_.member("format").str() != "minimoa.cert/1") refuse("json", "unknown format");
    spec_ = read_spec(named_file("specification ", cert_.member("spec")));
    read_rule_files(cert_.member("rules"));
    place_.clear();
    // What only people consult has the right shape all the same (FORMAT 9).
    const Json schedule = cert_.member("schedule");
    schedule.require_keys({"name", "sha256", "text"});
    if (schedule.member("sha256").str() != sha256_hex(schedule.member("text").str()))
      refuse("sha256", "the schedule's text has another hash");
    const Json kernel = cert_.member("kernel");
    kernel.require_keys({"path", "body_sha256", "target", "flags"});
    if (kernel.strings().at("target") != "portable")
      refuse("target", "no lowering for this target");
    // Other flags could change what the text means (-ffast-math, -Dfor=if).
    if (kernel.strings().at("flags") != "-std=c++17 -O2") refuse("flags", "not the stated ones");
    const Json stages = cert_.member("stages");
    stages.require_keys({"dnf", "onf"});
    const size_t onf = stages.member("onf").number();
    if (stages.member("dnf").number() > onf || onf > cert_.member("steps").items().size())
      refuse("stages", "not in order");
    cert_.member("producer").strings();
  }
  static Step step_of(const Json& json) {
    json.require_keys({"rule", "dir", "at", "sub", "names", "proofs"});
    const string dir = json.member("dir").str();
    if (dir != "lr" && dir != "rl") refuse("json", "dir is neither lr nor rl");
    Step step{json.member("rule").str(),
              dir == "lr",
              {},
              json.member("sub").strings(),
              json.member("names").strings()};
    for (const Json& k : json.member("at").items()) step.at.push_back(k.number());
    return step;
  }
  void replay() {
    const vector<Json> steps = cert_.member("steps").items();
    if (steps.size() > kMaxSteps) refuse("limit", "too many steps");
    final_ = make_op(Op::kPut, {spec_.core});
    for (const Json& json : steps) {
      place_ = "step " + std::to_string(conditions_.size());
      const Step step = step_of(json);
      place_ += " (" + step.rule + ")";
      Replayed replayed = replay_step(final_, step, rules_, spec_);
      final_ = replayed.term;
      classes_.insert(replayed.rule_class);
      conditions_.push_back(std::move(replayed.to_prove));
    }
    place_ = "final term";
    Scope scope;
    if (infer(final_, scope, spec_).sort != Sort::kStmt)
      refuse("type", "the final term is not a statement");
  }
  void prove(const string& list, const vector<Obligation>& obligations, const Json& proofs) {
    for (const string& hole : check_proofs(list, obligations, proofs, spec_.budget, place_))
      result_.holes.push_back(hole);
  }
  void prove(const string& list, const vector<Obligation>& obligations, const string& key) {
    prove(list, obligations, cert_.member(key));
  }
  void check_equal() {
    place_ = "spec_proofs";
    prove(place_, generator_.spec_obligations(), "spec_proofs");
    const vector<Json> steps = cert_.member("steps").items();
    for (size_t k = 0; k < conditions_.size(); ++k) {
      place_ = "steps[" + std::to_string(k) + "].proofs";
      prove(string(place_), generator_.step(conditions_[k]), steps[k].member("proofs"));
    }
  }
  void check_text(const string& bytes) {
    const auto kernel = cert_.member("kernel").strings();
    place_ = kernel.at("path");
    lowered_ = lower(final_, spec_, cert_.member("schedule").member("name").str());
    check_path(place_);
    const KernelFile file = split_kernel(read_file(root_ + "/" + place_));
    check_header(file.header, sha256_hex(bytes));
    if (sha256_hex(file.body) != kernel.at("body_sha256"))
      refuse("sha256", "the kernel's body has another hash");
    compare_tokens(tokenise(file.body, file.body_line), tokenise(lowered_.text, 1));
  }
  // FORMAT 9: the printed workspace is compared with the computed one.
  void check_workspace() {
    place_ = "workspace";
    const Json witness = cert_.member("witness");
    check_count(lowered_.slow_extents, witness);
    check_count(lowered_.scratch_extents, witness);
    for (const Terms& bounds : lowered_.tasks) check_count({bounds}, witness);
    const Term printed = read_term(cert_.member("workspace").str(), {}, spec_);
    if (!dimensions_only(printed, spec_)) refuse("workspace", "not made of dimensions");
    if (lowered_.text.empty()) refuse("unchecked", "the term has no lowering");
    AtomTable atoms;
    Reading reading{atoms, spec_.budget, 0};
    Poly total;
    for (const Terms& extents : lowered_.slow_extents) {
      Poly size(Int(1));
      for (const Term& extent : extents)
        size = multiply(size, index_poly(extent, reading), spec_.budget);
      total = sum(total, size, spec_.budget);
    }
    if (!(total == index_poly(printed, reading)))
      refuse("workspace", "not the number of words of slow memory");
  }
  void list_assumptions() {
    Strings& out = result_.assumptions;
    for (const string& name : spec_.dims) out.push_back("1 <= " + name + " <= 16777216");
    for (const Term& require : spec_.assumptions) out.push_back("require " + print(require));
    for (const Array& array : spec_.inputs)
      if (array.range)
        out.push_back(print(array.range->first) + " <= element of " + array.name + " < " +
                      print(array.range->second));
    out.push_back("0 <= stride <= 68719476736 for every axis of every array");
    out.push_back(
        "pointers, strides and workspace describe memory of the caller; the output "
        "overlaps no input and not itself");
    out.push_back("workspace, scratch and task counts are at most 2^40, else nothing runs");
    out.push_back("the spec is defined: no maximum of nothing in arithmetic, no division by 0");
    out.push_back("equality is over the reals: arithmetic is exact");
    out.push_back("compiled with " + cert_.member("kernel").member("flags").str());
    result_.classes.assign(classes_.begin(), classes_.end());
  }
  const string root_;
  AuditResult& result_;
  Spec spec_;
  RuleTable rules_;
  Generator generator_;
  Json cert_;
  vector<vector<Condition>> conditions_;  // of each step
  std::set<string> classes_;
  Term final_;
  Lowered lowered_;
  string place_;
};

}  // namespace
AuditResult audit_certificate(const string& root, const string& certificate) {
  AuditResult result{certificate};
  string bytes;
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
int exit_code(const AuditResult& result) {
  if (!result.readable) return 2;
  return result.verdict == Verdict::kValid ? 0 : result.verdict == Verdict::kHoley ? 3 : 1;
}
// Text of a certificate may not forge lines of the report.
string printable(string text) {
  for (char& c : text)
    if (c < ' ' || c > '~') c = '?';
  return text;
}
string as_text(const AuditResult& result) {
  string text = printable(result.certificate) + ": " + word_of(result.verdict) + "\n";
  for (const Claim& claim : result.claims) {
    text += "  " + claim.name + ": " + word_of(claim.verdict);
    if (claim.verdict == Verdict::kInvalid)
      text += printable(" [" + claim.code + "] " + claim.place + (claim.place.empty() ? "" : ": ") +
                        claim.text);
    text += "\n";
  }
  for (const string& hole : result.holes) text += "  hole " + printable(hole) + "\n";
  for (const string& name : result.classes) text += "  rule class " + printable(name) + "\n";
  for (const string& assumption : result.assumptions)
    text += "  assumes " + printable(assumption) + "\n";
  return text;
}
string as_json(const vector<AuditResult>& results) {
  using Value = nlohmann::ordered_json;
  Value out = Value::array();
  for (const AuditResult& result : results) {
    Value claims = Value::array();
    for (const Claim& claim : result.claims)
      claims.push_back({{"claim", claim.name},
                        {"verdict", word_of(claim.verdict)},
                        {"code", claim.code},
                        {"place", claim.place},
                        {"text", claim.text}});
    out.push_back({{"certificate", result.certificate},
                   {"verdict", word_of(result.verdict)},
                   {"claims", claims},
                   {"holes", result.holes},
                   {"classes", result.classes},
                   {"assumptions", result.assumptions}});
  }
  return out.dump(1, ' ', true, Value::error_handler_t::replace) + "\n";
}

}  // namespace audit
