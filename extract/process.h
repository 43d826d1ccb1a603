// Another program, run to its end.
//
// What it prints is read as it comes, so it cannot block. It inherits the
// environment and standard input.
// May be wrong: whoever replaces the program replaces its answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace minimoa {

struct Ran {
  int code = 0;
  std::string output;
};
// words: the program (a path, or a name that is looked up in PATH) and its
// arguments. with_errors: what it prints on standard error is output, too.
// Nothing if it cannot be started or ended by a signal.
std::optional<Ran> run_program(std::vector<std::string> words, bool with_errors = false);

}  // namespace minimoa
