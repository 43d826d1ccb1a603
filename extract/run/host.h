// Loads a built kernel and calls it through the argument struct of
// certificates/FORMAT.md section 8.1, laid out in memory from the spec.
//
// Every array may be given padded strides, work is spread over std::threads,
// and everything a kernel may write is surrounded by canaries that are checked
// afterwards. May be wrong: the layout assumes 8-byte pointers and size_t (it
// is checked at compile time) and that the library was built from the same
// spec; only the struct's size would tell (status 1).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "spec/lang/interpret.h"
#include "spec/lang/spec.h"

namespace minimoa {

using HostArray = std::variant<Tensor<float>, Tensor<std::int32_t>>;
using HostSizes = std::map<std::string, std::int64_t>;

struct HostOptions {
  std::int64_t threads = 1;
  bool parallel = true;  // false: parallel_for is null, the kernel loops itself
  std::int64_t pad = 0;  // unused elements after each axis but the first
};

// The four functions of one kernel in a shared library.
class Kernel {
 public:
  using Status = std::int32_t (*)(const void*);
  using Count = std::int64_t (*)(const void*);

  // name: minimoa_<spec>_<schedule>.
  static Result<Kernel> load(const std::string& library, const std::string& name);

  Status check = nullptr, run = nullptr;
  Count workspace = nullptr, scratch = nullptr;
  std::string name;

 private:
  std::shared_ptr<void> handle_;  // closes the library
};

std::string kernel_name(const std::string& spec, const std::string& schedule);
// build/kernels/libminimoa_<spec>_<schedule>.so
std::string kernel_library(const std::string& spec, const std::string& schedule);

// The declared shape of an array at these sizes; E0907 if a dimension is
// missing or an extent is negative.
Result<std::vector<std::int64_t>> shape_at(const Array& array, const HostSizes& sizes);

// What a kernel's parallel_for does: task(data, t, worker) for 0 <= t < tasks,
// each t once, tasks taken from a common counter by `workers` threads.
void parallel_for(std::int64_t workers, std::int64_t tasks,
                  const std::function<void(std::int64_t, std::int64_t)>& task);

Result<Tensor<float>> run_kernel(const Spec& spec, const Kernel& kernel, const HostSizes& sizes,
                                 const std::map<std::string, HostArray>& inputs,
                                 const HostOptions& options = {});
Result<Tensor<float>> run_kernel(const Spec& spec, const std::string& library,
                                 const std::string& name, const HostSizes& sizes,
                                 const std::map<std::string, HostArray>& inputs,
                                 const HostOptions& options = {});

}  // namespace minimoa
