// The audit of one certificate. See audit.h.
// Idea: class Audit holds what later claims need from earlier ones; only guarded() catches
// exceptions and turns them into the reason of a claim.
// How it may be wrong: a claim called valid though what it rests on failed; see at_best_.
#include "audit.h"

#include <filesystem>
#include <fstream>

#include "bounds.h"

namespace audit {
namespace {
// FORMAT section 11.
constexpr size_t kMaxFileBytes = 4u << 20;
constexpr size_t kMaxSteps = 20000;
constexpr const char* kVerdicts[] = {"VALID", "HOLEY", "INVALID", "INVALID"};
string word_of(Verdict verdict) { return kVerdicts[static_cast<size_t>(verdict)]; }
string read_file(const string& path) {
  std::error_code error;
  // Regular files only: a device or pipe may never end.
  if (!std::filesystem::is_regular_file(path, error)) refuse("unreadable", "no such file: " + path);
  const auto size = std::filesystem::file_size(path, error);
  if (error || size > kMaxFileBytes) refuse("limit", "file too large: " + path);
  string bytes(size, '\0');
  std::ifstream in(path, std::ios::binary);
  if (!in.read(bytes.data(), static_cast<std::streamsize>(size)))
    refuse("unreadable", "cannot read: " + path);
  return bytes;
}

// FORMAT 9: relative, no "..": a certificate may not point out of the tree.
void check_path(const string& path) {
  bool good = std::ranges::all_of(
      path, [](char c) { return is_word_char(c) || c == '-' || c == '.' || c == '/'; });
  // A part that is empty (an absolute path has one, too), "." or "..".
  for (const char* part : {"//", "/./", "/../"})
    good = good && ("/" + path + "/").find(part) == string::npos;
  if (!good) refuse("path", "not a plain relative path: " + path);
}

// Text of a certificate may not forge lines of the report.
string line(string text) {
  for (char& c : text)
    if (c < ' ' || c > '~') c = '?';
  return text + "\n";
}

struct Claim {
  const char* name;
  Verdict verdict = Verdict::kInvalid;
  Refused reason = {"unchecked", ""};  // if invalid
  string place = "";
};

class Audit {
 public:
  explicit Audit(const string& root) : root_(root), generator_(spec_) {}
  Audited result(const string& path) {
    run(path);
    Verdict worst = Verdict::kValid;
    Report claims = Report::array();
    string text;
    for (const auto& [name, verdict, reason, place] :
         {equal_, safe_, workspace_, footprint_, traffic_, ratio_, attention_, text_}) {
      worst = std::max(worst, verdict);
      claims.push_back({{"claim", name},
                        {"verdict", word_of(verdict)},
                        {"code", reason.code},
                        {"place", place},
                        {"text", reason.text}});
      const string why =
          " [" + reason.code + "] " + place + (place.empty() ? "" : ": ") + reason.text;
      text += line(string("  ") + name + ": " + word_of(verdict) +
                   (verdict < Verdict::kInvalid ? "" : why));
    }
    for (const string& cost : costs_lines_) text += line("  " + cost);
    for (const string& hole : holes_) text += line("  hole " + hole);
    for (const string& name : classes_) text += line("  rule class " + name);
    for (const string& assumption : assumptions_) text += line("  assumes " + assumption);
    return {worst,
            line(path + ": " + word_of(worst)) + text,
            {{"certificate", path},
             {"verdict", word_of(worst)},
             {"claims", claims},
             {"costs", costs_lines_},
             {"holes", holes_},
             {"classes", classes_},
             {"assumptions", assumptions_}}};
  }

 private:
  void run(const string& path) {
    string bytes;
    if (!guarded(equal_, [&] { bytes = read_file(path); })) {
      if (equal_.reason.code == "unreadable") equal_.verdict = Verdict::kUnreadable;
      return;
    }
    if (!guarded(equal_, [&] { replay(bytes); })) return;
    guarded(text_, [&] { check_text(bytes); });
    guarded(workspace_, [&] { check_workspace(); });
    guarded(footprint_, [&] { check_footprint(); });
    if (!guarded(equal_,
                 [&] { prove("divisors", generator_.divisors(final_), cert_.at("divisors")); }))
      return;
    // The facts about quotients that both use stand on the divisors.
    at_best_ = equal_.verdict;
    guarded(equal_, [&] { check_equal(); });
    guarded(safe_, [&] { check_safe(); });
    guarded(traffic_, [&] { check_traffic(); });
    at_best_ = std::max({equal_.verdict, footprint_.verdict, traffic_.verdict});
    guarded(ratio_, [&] { check_ratio(); });
    at_best_ = equal_.verdict;
    guarded(attention_, [&] {
      check_attention(onf_, cert_.at("attention"), claims_, costs_lines_, assumptions_);
    });
  }
  // The only place where exceptions end. Everything unforeseen is INVALID.
  bool guarded(Claim& claim, const std::function<void()>& work) {
    const size_t holes = holes_.size();
    place_.clear();
    try {
      if (at_best_ >= Verdict::kInvalid) refuse("unchecked", "what it must rest on is not valid");
      work();
      claim = {claim.name, holes_.size() > holes ? Verdict::kHoley : at_best_, {}};
      return true;
    } catch (const Refused& refused) {
      claim.reason = refused;
    } catch (const std::bad_alloc&) {
      claim.reason = {"limit", "out of memory"};
    } catch (const Json::exception& error) {
      claim.reason = {"json", error.what()};
    } catch (const std::exception& error) {
      claim.reason = {"exception", error.what()};
    }
    claim.verdict = Verdict::kInvalid;
    claim.place = place_;
    return false;
  }
  // Reads {"path": .., "sha256": ..} and the file, which must have this hash: no other is judged.
  string named_file(const string& what, const Json& json) {
    const StringMap file = strings(json, {"path", "sha256"});
    place_ = file.at("path");
    check_path(place_);
    const string bytes = read_file(root_ + "/" + place_);
    const string hash = sha256_hex(bytes);
    if (file.at("sha256") != hash) refuse("sha256", "the file has another hash");
    assumptions_.push_back(what + place_ + " sha256 " + hash);
    return bytes;
  }
  // FORMAT 3, 13: only from spec/rules and spec/bounds; a file of the prover's own could make any
  // terms equal, or any traffic the least.
  void read_files(const string& what, const string& folder, const string& ending,
                  const std::function<void(const string&)>& reader) {
    string previous;
    for (const Json& file : items(cert_.at(what))) {
      const string text = named_file(what + " ", file);
      if (!place_.starts_with(folder) || !place_.ends_with(ending) ||
          place_.find('/', folder.size()) != string::npos)
        refuse("path", "not a file of " + folder);
      if (place_ <= previous) refuse("json", what + ": files not sorted by path");
      previous = place_;
      reader(text);
    }
    place_.clear();
  }
  void read(const string& bytes) {
    cert_ = parse_json(bytes);
    require_keys(cert_, {"format",    "spec",         "rules",    "schedule", "kernel", "witness",
                         "divisors",  "spec_proofs",  "stages",   "steps",    "safe",   "cover",
                         "workspace", "costs",        "theorems", "product",  "ratios", "attention",
                         "producer",  "instructions", "place"});
    require_keys(cert_.at("costs"), {"footprint", "nests", "traffic"});
    if (cert_.at("format") != "minimoa.cert/1") refuse("json", "unknown format");
    spec_ = read_spec(named_file("specification ", cert_.at("spec")));
    read_files("rules", "spec/rules/", ".rules", [&](const string& t) { read_rules(t, rules_); });
    // What only people consult has the right shape all the same (FORMAT 9).
    schedule_ = strings(cert_.at("schedule"), {"name", "sha256", "text"});
    if (schedule_.at("sha256") != sha256_hex(schedule_.at("text")))
      refuse("sha256", "the schedule's text has another hash");
    kernel_ = strings(cert_.at("kernel"), {"path", "body_sha256", "target", "flags"});
    read_target();
    const Json& stages = require_keys(cert_.at("stages"), {"dnf", "onf"});
    onf_steps_ = stages.at("onf").get<size_t>();
    if (stages.at("dnf").get<size_t>() > onf_steps_ || onf_steps_ > items(cert_.at("steps")).size())
      refuse("stages", "not in order");
    cert_.at("producer").get<StringMap>();
  }
  // FORMAT 15. Other flags could change what the text means (-ffast-math, -Dfor=if).
  void read_target() {
    const Json& file = cert_.at("instructions");
    const Json& place = cert_.at("place");
    string target = "portable", flags = "-std=c++17 -O2";
    if (file.empty() || place.empty()) {
      require_keys(file, {});
      require_keys(place, {});
    } else {
      lanes_ = read_place(place, read_instructions(named_file("instructions ", file)));
      target = lanes_.file.target;
      flags = lanes_.file.flags;
      if (place_ != "extract/instr/" + target + ".instr")
        refuse("path", "not the instruction file of its target");
      string needs = "rows of " + place_ +
                     ": in every lane their code does what they mean, over the reals (tested by "
                     "tests/instr); the processor has";
      for (const string& feature : lanes_.file.needs) needs += " " + feature;
      assumptions_.push_back(needs);
      place_.clear();
    }
    if (kernel_.at("target") != target) refuse("target", "no lowering for this target");
    if (kernel_.at("flags") != flags) refuse("flags", "not the stated ones");
  }
  static Step step_of(const Json& json) {
    require_keys(json, {"rule", "dir", "at", "sub", "names", "proofs"});
    if (json.at("dir") != "lr" && json.at("dir") != "rl") refuse("json", "dir is not lr or rl");
    return {json.at("rule").get<string>(), json.at("dir") == "lr",
            json.at("at").get<vector<size_t>>(), json.at("sub").get<StringMap>(),
            json.at("names").get<StringMap>()};
  }
  void replay(const string& bytes) {
    read(bytes);
    if (cert_.at("steps").size() > kMaxSteps) refuse("limit", "too many steps");
    std::set<string> classes;
    final_ = make_op(Op::kPut, {spec_.core});
    for (const Json& json : cert_.at("steps")) {
      if (conditions_.size() == onf_steps_) onf_ = final_;
      place_ = "step " + std::to_string(conditions_.size());
      const Step step = step_of(json);
      place_ += " (" + step.rule + ")";
      Replayed replayed = replay_step(final_, step, rules_, spec_);
      final_ = replayed.term;
      classes.insert(replayed.rule_class);
      conditions_.push_back(std::move(replayed.to_prove));
    }
    if (!onf_) onf_ = final_;
    place_ = "final term";
    Scope scope;
    if (infer(final_, scope, spec_).sort != Sort::kStmt)
      refuse("type", "the final term is not a statement");
    classes_ = std::move(classes);
    list_assumptions();
  }
  void prove(const string& list, const vector<Obligation>& obligations, const Json& proofs) {
    check_proofs(list, obligations, proofs, spec_.budget, place_, holes_);
  }
  void check_equal() {
    place_ = "spec_proofs";
    prove("spec_proofs", generator_.spec_obligations(), cert_.at("spec_proofs"));
    for (size_t k = 0; k < conditions_.size(); ++k) {
      const string list = place_ = "steps[" + std::to_string(k) + "].proofs";
      prove(list, generator_.step(conditions_[k]), cert_.at("steps")[k].at("proofs"));
    }
  }
  void check_safe() {
    place_ = "witness";
    check_witness(spec_, cert_.at("witness"));
    place_ = "safe";
    prove("safe", generator_.safe(final_, cert_.at("cover"), lanes_), cert_.at("safe"));
  }
  void check_text(const string& bytes) {
    place_ = kernel_.at("path");
    lowered_ = lower(final_, spec_, schedule_.at("name"), lanes_);
    check_path(place_);
    const auto [header, body] = split_kernel(read_file(root_ + "/" + place_));
    const int lines = check_header(header, sha256_hex(bytes));
    if (sha256_hex(body) != kernel_.at("body_sha256"))
      refuse("sha256", "the kernel's body has another hash");
    const string& include = lanes_.file.include;
    const vector<Token> expected = tokenise(lowered_.text, 1, string::npos, include);
    compare_tokens(tokenise(body, lines + 2, expected.size(), include), expected);
  }
  // FORMAT 9: the printed workspace is compared with the computed one.
  void check_workspace() {
    place_ = "workspace";
    check_witness(spec_, cert_.at("witness"), lowered_.counts);
    const Term printed = read_term(cert_.at("workspace").get<string>(), {}, spec_);
    if (!dimensions_only(printed, spec_)) refuse("workspace", "not made of dimensions");
    if (lowered_.text.empty()) refuse("unchecked", "the term has no lowering");
    if (!same_index(lowered_.workspace, printed, Scope{}, spec_))
      refuse("workspace", "not the number of words of slow memory");
  }
  // COST.md speaks of a term as it is lowered.
  void check_footprint() {
    place_ = "costs.footprint";
    if (lowered_.text.empty()) refuse("unchecked", "the term has no lowering");
    costs_ = costs_of(final_, spec_, lanes_);
    audit::check_footprint(costs_, cert_.at("costs").at("footprint"), spec_, costs_lines_);
  }
  void check_traffic() {
    place_ = "costs";
    if (costs_.footprints.empty()) refuse("unchecked", "the costs of the term are not known");
    check_witness(spec_, cert_.at("witness"));  // else the rows could hold for no sizes
    audit::check_traffic(costs_, cert_.at("costs"), claims_, costs_lines_);
  }
  void check_ratio() {
    Theorems theorems;
    read_files("theorems", "spec/bounds/", ".thm", [&](auto& t) { read_theorems(t, theorems); });
    check_ratios({onf_, final_, costs_}, cert_, theorems, claims_, costs_lines_, assumptions_);
  }
  void list_assumptions() {
    for (const string& name : spec_.dims) assumptions_.push_back("1 <= " + name + " <= 16777216");
    for (const Term& require : spec_.assumptions)
      assumptions_.push_back("require " + print(require));
    for (const Array& array : spec_.inputs)
      if (array.range)
        assumptions_.push_back(print(array.range->first) + " <= element of " + array.name + " < " +
                               print(array.range->second));
    for (const char* assumption :
         {"0 <= stride <= 68719476736 for every axis of every array",
          "pointers, strides and workspace describe memory of the caller; the output overlaps no "
          "input and not itself",
          "workspace, scratch and task counts are at most 2^40, else nothing runs",
          "the spec is defined: no maximum of nothing in arithmetic, no division by 0",
          "equality is over the reals: arithmetic is exact"})
      assumptions_.push_back(assumption);
    assumptions_.push_back("compiled with " + kernel_.at("flags"));
  }
  const string root_;
  Claim equal_{"equal"}, safe_{"safe"}, workspace_{"workspace"}, attention_{"attention"};
  Claim footprint_{"footprint"}, traffic_{"traffic"}, ratio_{"ratio"}, text_{"text"};
  Verdict at_best_ = Verdict::kValid;  // what further claims rest on
  Strings assumptions_, holes_, costs_lines_;
  std::set<string> classes_;
  Spec spec_;
  RuleTable rules_;
  Generator generator_;
  Json cert_;
  StringMap schedule_, kernel_;
  Lanes lanes_;
  vector<vector<Condition>> conditions_;  // of each step
  size_t onf_steps_ = 0;
  Term final_, onf_;
  Lowered lowered_;
  Costs costs_;
  string place_;
  const Claims claims_{spec_, generator_, place_, holes_};
};
}  // namespace
Audited audit_certificate(const string& root, const string& certificate) {
  return Audit(root).result(certificate);
}
}  // namespace audit
