// Making one certificate and kernel in memory: what prove and emit share.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "extract/cli/cli.h"
#include "extract/emit.h"

namespace minimoa::cli {

struct Made {
  std::string root;
  LoadedSpec spec;
  std::string spec_path;  // inside a root: what the certificate says
  RuleTable rules;
  Bundle bundle;
};

// Reads, checks, derives and proves; reports and gives nothing on failure.
// Sets exit code 3 when holes are left.
std::optional<Made> make(Session* session, const std::string& spec_path,
                         const std::string& schedule_name);
// The same with a schedule that has been read.
std::optional<Made> make(Session* session, const std::string& spec_path, const Schedule& schedule);
// Claims, numbers of obligations and holes, for people.
void print_claims(const Bundle& bundle, const Spec& spec);
void print_verdict(const Bundle& bundle);  // what the audit is expected to say
// The same for programs.
nlohmann::ordered_json claims_json(const Bundle& bundle, const Spec& spec);

}  // namespace minimoa::cli
