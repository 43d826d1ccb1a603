// See host.h. Order of the words of the struct: size, dimensions, then per
// array a pointer and its strides, workspace, scratch, workers, parallel_for,
// its context.
#include "extract/run/host.h"

#include <dlfcn.h>

#include <atomic>
#include <bit>
#include <limits>
#include <optional>
#include <thread>

namespace minimoa {
namespace {

static_assert(sizeof(void*) == 8 && sizeof(std::size_t) == 8);
static_assert(alignof(std::int64_t) == 8);

constexpr std::int64_t kMaxWords = std::int64_t{1} << 36;
constexpr std::size_t kCanaries = 64;
// A NaN with a payload that no arithmetic makes; compared as bits.
constexpr std::uint32_t kCanary = 0x7fc0beefU;

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a % b < 0) != (b < 0) ? 1 : 0);
}

// Value of an index term over dimensions; nothing if one is missing, another
// operator occurs, a divisor is zero, or 64 bits overflow.
std::optional<std::int64_t> value_of(const Term& t, const HostSizes& sizes) {
  if (t->op == Op::kInt) return t->value;
  if (t->op == Op::kVar) {
    const auto it = sizes.find(t->name);
    return it == sizes.end() ? std::nullopt : std::optional(it->second);
  }
  if (t->kids.size() != 2) return std::nullopt;
  const auto a = value_of(t->kids[0], sizes), b = value_of(t->kids[1], sizes);
  if (!a || !b) return std::nullopt;
  std::int64_t r = 0;
  if (t->op == Op::kAdd && !__builtin_add_overflow(*a, *b, &r)) return r;
  if (t->op == Op::kSub && !__builtin_sub_overflow(*a, *b, &r)) return r;
  if (t->op == Op::kMul && !__builtin_mul_overflow(*a, *b, &r)) return r;
  if (*b <= 0) return std::nullopt;
  if (t->op == Op::kIntDiv) return floor_div(*a, *b);
  if (t->op == Op::kIntMod) return *a - floor_div(*a, *b) * *b;
  return std::nullopt;
}

// Words that a kernel may write, between canaries.
class Guarded {
 public:
  explicit Guarded(std::int64_t words)
      : words_(static_cast<std::size_t>(words)),
        data_(words_ + 2 * kCanaries, std::bit_cast<float>(kCanary)) {}
  float* get() { return data_.data() + kCanaries; }
  bool intact() const {
    for (std::size_t k = 0; k < kCanaries; ++k) {
      if (!is_canary(k) || !is_canary(words_ + kCanaries + k)) return false;
    }
    return true;
  }
  bool is_canary(std::size_t k) const { return std::bit_cast<std::uint32_t>(data_[k]) == kCanary; }
  bool untouched(std::int64_t at) const {
    return is_canary(kCanaries + static_cast<std::size_t>(at));
  }

 private:
  std::size_t words_;
  std::vector<float> data_;
};

// Shape, strides and number of words of one array in memory.
struct Layout {
  std::vector<std::int64_t> shape, strides;
  std::int64_t words = 1;
};

std::optional<Layout> lay_out(const std::vector<std::int64_t>& shape, std::int64_t pad) {
  Layout out{shape, std::vector<std::int64_t>(shape.size()), 1};
  for (std::size_t k = shape.size(); k-- > 0;) {
    out.strides[k] = out.words;
    const std::int64_t n = shape[k] + (k > 0 ? pad : 0);
    if (n != 0 && out.words > kMaxWords / n) return std::nullopt;
    out.words *= n;
  }
  return out;
}

std::int64_t elements(const Layout& l) {
  std::int64_t n = 1;
  for (std::int64_t e : l.shape) n *= e;
  return n;
}

// Where element number i (row-major) lies.
std::int64_t place(const Layout& l, std::int64_t i) {
  std::int64_t at = 0;
  for (std::size_t k = l.shape.size(); k-- > 0; i /= l.shape[k])
    at += i % l.shape[k] * l.strides[k];
  return at;
}

// The data of a dense tensor at its places; `filler` in between.
template <typename T>
std::vector<T> spread(const Tensor<T>& x, const Layout& l, T filler) {
  std::vector<T> out(static_cast<std::size_t>(l.words), filler);
  for (std::size_t i = 0; i < x.data.size(); ++i)
    out[static_cast<std::size_t>(place(l, static_cast<std::int64_t>(i)))] = x.data[i];
  return out;
}

// The argument struct as words.
class Arguments {
 public:
  void add(std::int64_t n) { words_.push_back(static_cast<std::uint64_t>(n)); }
  template <typename T>
  void add(T* p) {
    words_.push_back(std::bit_cast<std::uint64_t>(p));
  }
  void add_strides(const Layout& l) {
    for (std::int64_t s : l.strides) add(s);
    if (l.strides.empty()) add(std::int64_t{0});  // R is at least 1
  }
  template <typename T>
  void set_from_end(std::size_t k, T* p) {
    words_[words_.size() - k] = std::bit_cast<std::uint64_t>(p);
  }
  const void* finish() {
    words_[0] = words_.size() * sizeof(std::uint64_t);
    return words_.data();
  }

 private:
  std::vector<std::uint64_t> words_ = {0};  // size
};
constexpr std::size_t kWorkspaceFromEnd = 5, kScratchFromEnd = 4;

using Task = void (*)(void*, std::int64_t, std::int64_t);

// The parallel_for that kernels get; context: the number of workers.
extern "C" void minimoa_host_parallel_for(void* context, std::int64_t tasks, Task task,
                                          void* data) {
  const std::int64_t workers = *static_cast<const std::int64_t*>(context);
  parallel_for(workers, tasks, [&](std::int64_t t, std::int64_t worker) { task(data, t, worker); });
}

std::string status_text(std::int32_t status) {
  switch (status) {
    case 1:
      return "the argument struct does not have the kernel's size (another spec?)";
    case 2:
      return "a dimension is not between 1 and 2^24";
    case 3:
      return "a `require` of the spec does not hold";
    case 4:
      return "a stride is not between 0 and 2^36";
    case 5:
      return "an array is missing";
    case 6:
      return "a size of scratch, workspace or task space overflows";
    case 7:
      return "the workspace is missing";
    case 8:
      return "the scratch space is missing";
  }
  return "a status that the format does not define";
}

Diagnostic refused(const Kernel& kernel, std::int32_t status) {
  return problem("E0904", kernel.name + " returned status " + std::to_string(status) + ": " +
                              status_text(status));
}

// Inputs in memory; filler values are NaN (or a huge index) so that a read of
// padding shows.
struct Buffers {
  std::vector<std::vector<float>> floats;
  std::vector<std::vector<std::int32_t>> ints;
};

template <typename T>
bool fits(const Tensor<T>& x, const Layout& l) {
  return x.shape == l.shape && static_cast<std::int64_t>(x.data.size()) == elements(l);
}

std::optional<Diagnostic> add_input(const Array& a, const Layout& l, const HostArray& x,
                                    Buffers& buffers, Arguments& args) {
  const bool whole = a.elem == Elem::kI32;
  if (whole != std::holds_alternative<Tensor<std::int32_t>>(x))
    return problem("E0908", "input " + a.name + " has the wrong element type");
  const bool ok = std::visit([&](const auto& v) { return fits(v, l); }, x);
  if (!ok) return problem("E0907", "input " + a.name + " does not have its declared shape");
  if (whole) {
    buffers.ints.push_back(
        spread(std::get<Tensor<std::int32_t>>(x), l, std::numeric_limits<std::int32_t>::max()));
    args.add(buffers.ints.back().data());
  } else {
    buffers.floats.push_back(
        spread(std::get<Tensor<float>>(x), l, std::numeric_limits<float>::quiet_NaN()));
    args.add(buffers.floats.back().data());
  }
  args.add_strides(l);
  return std::nullopt;
}

Result<Layout> layout_of(const Array& a, const HostSizes& sizes, std::int64_t pad) {
  const auto shape = shape_at(a, sizes);
  if (!shape.ok()) return shape.errors();
  const auto l = lay_out(shape.value(), pad);
  if (!l) return problem("E0907", "array " + a.name + " is too large for memory");
  return *l;
}

// After the run: the canaries hold and only elements of the output changed.
std::optional<Diagnostic> damage(const Kernel& kernel, const Layout& l, const Guarded& output,
                                 const Guarded& workspace, const Guarded& scratch) {
  const char* where = !output.intact()      ? "output"
                      : !workspace.intact() ? "workspace"
                      : !scratch.intact()   ? "scratch space"
                                            : nullptr;
  std::vector<bool> element(static_cast<std::size_t>(l.words), false);
  for (std::int64_t i = 0, n = elements(l); i < n; ++i)
    element[static_cast<std::size_t>(place(l, i))] = true;
  for (std::int64_t i = 0; i < l.words && where == nullptr; ++i) {
    const bool is_element = element[static_cast<std::size_t>(i)];
    if (!is_element && !output.untouched(i)) where = "output (in its padding)";
    if (is_element && output.untouched(i))
      return problem("E0905", kernel.name + " left an element of the output unwritten");
  }
  if (where == nullptr) return std::nullopt;
  return problem("E0905", kernel.name + " wrote outside of its " + where);
}

Tensor<float> collect(const Layout& l, Guarded& output) {
  Tensor<float> out{l.shape, {}};
  for (std::int64_t i = 0, n = elements(l); i < n; ++i)
    out.data.push_back(output.get()[place(l, i)]);
  return out;
}

// Asks the kernel for its space, gives it, runs it.
Result<Tensor<float>> call(const Kernel& kernel, Arguments& args, const Layout& l, Guarded& output,
                           std::int64_t workers) {
  const std::int32_t status = kernel.check(args.finish());
  if (status != 0) return refused(kernel, status);
  const std::int64_t work = kernel.workspace(args.finish());
  const std::int64_t each = kernel.scratch(args.finish());
  if (work < 0 || each < 0 || work > kMaxWords || each > kMaxWords / workers)
    return refused(kernel, 6);
  Guarded workspace(work), scratch(each * workers);
  args.set_from_end(kWorkspaceFromEnd, workspace.get());
  args.set_from_end(kScratchFromEnd, scratch.get());
  const std::int32_t ran = kernel.run(args.finish());
  if (ran != 0) return refused(kernel, ran);
  if (auto d = damage(kernel, l, output, workspace, scratch)) return *d;
  return collect(l, output);
}

}  // namespace

std::string kernel_name(const std::string& spec, const std::string& schedule) {
  return "minimoa_" + spec + "_" + schedule;
}

std::string kernel_library(const std::string& spec, const std::string& schedule) {
  return "build/kernels/lib" + kernel_name(spec, schedule) + ".so";
}

Result<std::vector<std::int64_t>> shape_at(const Array& array, const HostSizes& sizes) {
  std::vector<std::int64_t> out;
  for (const Term& n : array.shape) {
    const auto v = value_of(n, sizes);
    if (!v || *v < 0) {
      return problem(
          "E0907", "the extent " + print(n) + " of " + array.name + " has no value at these sizes");
    }
    out.push_back(*v);
  }
  return out;
}

void parallel_for(std::int64_t workers, std::int64_t tasks,
                  const std::function<void(std::int64_t, std::int64_t)>& task) {
  std::atomic<std::int64_t> next{0};
  const auto work = [&](std::int64_t worker) {
    for (std::int64_t t = next++; t < tasks; t = next++) task(t, worker);
  };
  std::vector<std::thread> others;
  for (std::int64_t w = 1; w < workers && w < tasks; ++w) others.emplace_back(work, w);
  work(0);
  for (std::thread& t : others) t.join();
}

Result<Kernel> Kernel::load(const std::string& library, const std::string& name) {
  // A path without a slash would be looked up on the system's library path.
  const std::string path = library.find('/') == std::string::npos ? "./" + library : library;
  Kernel k;
  k.name = name;
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* why = dlerror();
    return problem("E0906",
                   "cannot load kernel library " + library + ": " + (why ? why : "unknown reason"));
  }
  k.handle_ = std::shared_ptr<void>(handle, [](void* h) { dlclose(h); });
  const auto find = [&](const char* suffix) { return dlsym(handle, (name + suffix).c_str()); };
  k.check = reinterpret_cast<Status>(find("_check"));
  k.run = reinterpret_cast<Status>(find("_run"));
  k.workspace = reinterpret_cast<Count>(find("_workspace"));
  k.scratch = reinterpret_cast<Count>(find("_scratch"));
  if (!k.check || !k.run || !k.workspace || !k.scratch) {
    return problem("E0906",
                   library + " does not export " + name + "_check, _workspace, _scratch and _run");
  }
  return k;
}

Result<Tensor<float>> run_kernel(const Spec& spec, const Kernel& kernel, const HostSizes& sizes,
                                 const std::map<std::string, HostArray>& inputs,
                                 const HostOptions& options) {
  Arguments args;
  for (const std::string& d : spec.dims) {
    if (!sizes.count(d)) return problem("E0907", "no value for dimension " + d);
    args.add(sizes.at(d));
  }
  Buffers buffers;
  for (const Array& a : spec.inputs) {
    const auto it = inputs.find(a.name);
    if (it == inputs.end()) return problem("E0907", "no array for input " + a.name);
    const auto l = layout_of(a, sizes, options.pad);
    if (!l.ok()) return l.errors();
    if (auto d = add_input(a, l.value(), it->second, buffers, args)) return *d;
  }
  const auto l = layout_of(spec.output, sizes, options.pad);
  if (!l.ok()) return l.errors();
  Guarded output(l.value().words);
  args.add(output.get());
  args.add_strides(l.value());
  std::int64_t workers = options.threads < 1 ? 1 : options.threads;
  args.add<void>(nullptr);  // workspace
  args.add<void>(nullptr);  // scratch
  args.add(workers);
  args.add(options.parallel ? &minimoa_host_parallel_for : nullptr);
  args.add(&workers);
  return call(kernel, args, l.value(), output, workers);
}

Result<Tensor<float>> run_kernel(const Spec& spec, const std::string& library,
                                 const std::string& name, const HostSizes& sizes,
                                 const std::map<std::string, HostArray>& inputs,
                                 const HostOptions& options) {
  const auto kernel = Kernel::load(library, name);
  if (!kernel.ok()) return kernel.errors();
  return run_kernel(spec, kernel.value(), sizes, inputs, options);
}

}  // namespace minimoa
