// The command line of `minimoa`: what its commands share.
//
// Each command lives in one file and adds itself with add_NAME(). A command
// prints results on standard output, diagnostics on standard error (JSON and
// SARIF on standard output) and sets Session::code:
//   0 proved / valid / no drift   1 refuted / invalid / drift
//   2 usage, input, environment   3 inconclusive or holey
// May be wrong: nothing here decides truth; a wrong exit code is caught by
// the audit, which reads the written files only.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "prover/bounds/machine.h"
#include "prover/schedule/schedule.h"
#include "spec/lang/diagnostic.h"
#include "spec/lang/rules.h"
#include "spec/lang/spec.h"

namespace minimoa::cli {

struct Session {
  std::string format = "text";  // --format
  std::string root_option;      // --root
  int code = 0;
};

inline constexpr int kUsage = 2;
inline constexpr int kHoley = 3;

// A spec file that could be read: its bytes are needed for diagnostics.
struct LoadedSpec {
  std::string path;  // as the user wrote it
  std::string bytes;
  Spec spec;
};

// The repository root: --root, else MINIMOA_ROOT, else the first folder from
// the working directory upwards, then from the program upwards, that holds
// spec/rules. Reports and gives nothing when there is none.
std::optional<std::string> find_root(Session* session);
// Bytes of a regular file of a sane size, or reports and gives nothing.
std::optional<std::string> read_file(Session* session, const std::string& path);
std::optional<LoadedSpec> load_spec(Session* session, const std::string& path);
// NAME of extract/schedules/NAME.sched under the root, or a path.
std::string schedule_path(const std::string& root, const std::string& name_or_path);
std::optional<Schedule> load_schedule(Session* session, const std::string& path);
// A name in spec/machines under the root, or a path.
std::optional<Machine> load_machine(Session* session, const std::string& root,
                                    const std::string& name_or_path);
std::optional<RuleTable> load_rules(Session* session, const std::string& root);
// Path relative to the root if it lies under it, otherwise as given.
std::string relative_to(const std::string& root, const std::string& path);

// Renders in the session's format and raises the exit code: 2 beats 1 beats 3
// beats 0.
void report(Session* session, const std::vector<Diagnostic>& diagnostics,
            const std::string& source = "");
// An error without a place in a source: usage or environment, exit code 2.
void fail(Session* session, const std::string& code, const std::string& message);
void raise_code(Session* session, int code);

void add_check(CLI::App* app, Session* session);
void add_fmt(CLI::App* app, Session* session);
void add_show(CLI::App* app, Session* session);
void add_prove(CLI::App* app, Session* session);
void add_emit(CLI::App* app, Session* session);
void add_build(CLI::App* app, Session* session);
void add_report(CLI::App* app, Session* session);
void add_run(CLI::App* app, Session* session);
void add_search(CLI::App* app, Session* session);
void add_explain(CLI::App* app, Session* session);
void add_export_coq(CLI::App* app, Session* session);

}  // namespace minimoa::cli
