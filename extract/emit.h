// Loop program -> C++17 text (FORMAT.md section 8), certificate, header.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "prover/bounds/attention.h"
#include "prover/bounds/ratio.h"
#include "prover/cost/cost.h"
#include "prover/schedule/derive.h"
#include "spec/lang/instructions.h"

namespace minimoa {

// The instructions of a schedule's vector target; nothing if it is portable.
// E0902, E0525: no such file, or a malformed one.
struct Target {
  InstructionTable table;
  std::string sha256;
};
Result<std::optional<Target>> load_target(const std::string& root, const Schedule& schedule);
// The schedule, knowing how many lanes its target has.
Schedule with_target(Schedule schedule, const InstructionTable* rows);

// The kernel body (what follows "// ---- body ----\n"), commented and indented.
Result<std::string> emit_body(const Spec& spec, const Derivation& d,
                              const std::string& schedule_name,
                              const InstructionTable* rows = nullptr);
// Public C header with the argument struct and the four functions.
std::string emit_header(const Spec& spec, const std::string& schedule_name);
// Words of slow memory as a printed term (FORMAT.md section 9, "workspace").
std::string workspace_term(const Spec& spec, const Term& final_term);
std::string sha256_hex(const std::string& bytes);

// One spec x schedule, all in memory: what prove and emit write.
struct Bundle {
  std::string kernel_path, kernel_text;
  std::string header_path, header_text;
  std::string certificate_path, certificate_text;
  std::string verdict;  // what the prover expects: VALID or HOLEY
  std::vector<std::string> holes;
  std::string workspace;
  std::vector<std::string> claims = {};  // in the order of the audit
  Derivation derivation = {};
  Costs costs = {};  // as the certificate says them
  RatioClaims ratios = {};
  Attention attention = {};
  std::optional<Recognised> what = {};  // if the schedule asked for bounds
  std::vector<std::pair<std::string, std::string>> theorem_files = {};  // that it names: path, text
};
struct BundleOptions {
  std::string root;                      // repository root that paths are relative to
  std::string spec_path, schedule_path;  // relative to root
  std::string kernel_dir = "kernels/cpu", header_dir = "kernels/include/minimoa",
              certificate_dir = "certificates";
};
Result<Bundle> make_bundle(const Spec& spec, const std::string& spec_bytes,
                           const Schedule& schedule, const RuleTable& rules,
                           const BundleOptions& options);

}  // namespace minimoa
