// `minimoa run`: a kernel on .npy files, its sizes read off their shapes.
//
// With `reference` the output is compared with the interpreter's in 113 bits:
// the largest absolute error and where it is. No tolerance is applied: that
// number is for a reader. May be wrong: the reference gets the same float32
// values as the kernel, so it says nothing about rounding of the inputs.
#pragma once

#include <iosfwd>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "extract/run/host.h"
#include "extract/run/npy.h"

namespace minimoa {

struct RunOptions {
  std::string spec_path;
  std::string kernel;    // library; empty: say which file is expected
  std::string schedule;  // empty: taken from the library's name
  std::vector<std::pair<std::string, std::string>> inputs;  // --in NAME=FILE
  std::vector<std::pair<std::string, std::int64_t>> dims;   // --dim NAME=N
  std::string output;                                       // --out; empty: nothing is written
  bool reference = false;
  std::int64_t threads = 1;
  Format format = Format::kText;
};

// Prints to standard output and standard error; the process's exit code.
int run_command(const RunOptions& options);

// --- its parts, for tests ---

struct LoadedInput {
  std::string file;
  NpyArray array;
};
// Dimensions from the shapes of the files and from --dim; E0907 names the
// dimension, both values and where they come from.
Result<HostSizes> infer_sizes(const Spec& spec, const std::map<std::string, LoadedInput>& inputs,
                              const std::vector<std::pair<std::string, std::int64_t>>& dims);
// To the declared element type where no value changes, else E0908.
Result<HostArray> to_host(const Array& declared, const LoadedInput& input);
// libminimoa_<spec>_<schedule>.so -> <schedule>; empty if it is not such a name.
std::string schedule_of_library(const std::string& spec, const std::string& library);
// The same after the spec was read and the arguments parsed.
Result<bool> run_spec(const Spec& spec, const RunOptions& options, std::ostream& out);

}  // namespace minimoa
