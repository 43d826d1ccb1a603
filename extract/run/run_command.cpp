// See run_command.h.
#include "extract/run/run_command.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <optional>
#include <sstream>

#include "spec/lang/elaborate.h"

namespace minimoa {
namespace {

constexpr std::size_t kLargestSpec = std::size_t{4} << 20;

// A size and where it was read.
struct Known {
  std::int64_t value;
  std::string source;
};

std::optional<Diagnostic> learn(std::map<std::string, Known>& known, const std::string& dim,
                                const Known& k) {
  const auto [it, fresh] = known.emplace(dim, k);
  if (fresh || it->second.value == k.value) return std::nullopt;
  return problem("E0907", "dimension " + dim + " is " + std::to_string(it->second.value) + " in " +
                              it->second.source + " and " + std::to_string(k.value) + " in " +
                              k.source);
}

std::string axis_of(const std::string& file, std::size_t axis) {
  return file + " (axis " + std::to_string(axis) + ")";
}

std::optional<Diagnostic> learn_from(const Array& a, const LoadedInput& in,
                                     std::map<std::string, Known>& known) {
  const auto& shape = in.array.shape;
  if (shape.size() != a.shape.size()) {
    return problem("E0907", in.file + " has rank " + std::to_string(shape.size()) + ", input " +
                                a.name + " has rank " + std::to_string(a.shape.size()));
  }
  for (std::size_t k = 0; k < shape.size(); ++k) {
    if (a.shape[k]->op != Op::kVar) continue;
    if (auto d = learn(known, a.shape[k]->name, {shape[k], axis_of(in.file, k)})) return d;
  }
  return std::nullopt;
}

// Every shape against the sizes; this is where extents that are expressions
// and literals are looked at.
std::optional<Diagnostic> disagreement(const Array& a, const LoadedInput& in,
                                       const HostSizes& sizes) {
  const auto declared = shape_at(a, sizes);
  if (!declared.ok()) return declared.errors().front();
  for (std::size_t k = 0; k < declared.value().size(); ++k) {
    const std::int64_t want = declared.value()[k], got = in.array.shape[k];
    if (want == got) continue;
    return problem("E0907", "extent " + print(a.shape[k]) + " of " + a.name + " is " +
                                std::to_string(want) + " at these sizes and " +
                                std::to_string(got) + " in " + axis_of(in.file, k));
  }
  return std::nullopt;
}

std::string dtype_message(const Array& a, const LoadedInput& in, const char* want) {
  return "input " + a.name + " needs " + want + ", " + in.file + " holds " + npy_dtype(in.array);
}

template <typename To, typename From>
bool same_value(From x) {
  if (x != x) return std::is_floating_point_v<To>;  // NaN stays NaN
  if constexpr (std::is_integral_v<To>) {
    return x >= std::numeric_limits<To>::min() && x <= std::numeric_limits<To>::max();
  }
  return static_cast<From>(static_cast<To>(x)) == x;
}

template <typename To, typename From>
std::optional<HostArray> converted(const NpyArray& a) {
  Tensor<To> out{a.shape, {}};
  for (From x : std::get<std::vector<From>>(a.data)) {
    if (!same_value<To>(x)) return std::nullopt;
    out.data.push_back(static_cast<To>(x));
  }
  return out;
}

Tensor<Quad> to_quad(const HostArray& a) {
  return std::visit(
      [](const auto& t) {
        Tensor<Quad> out{t.shape, {}};
        for (const auto& x : t.data) out.data.push_back(Quad(x));
        return out;
      },
      a);
}

std::string place(const std::vector<std::int64_t>& shape, std::size_t i) {
  auto at = static_cast<std::int64_t>(i);
  std::string out;
  for (std::size_t k = shape.size(); k-- > 0; at /= shape[k])
    out = std::to_string(at % shape[k]) + (out.empty() ? "" : ", ") + out;
  return "[" + out + "]";
}

// The largest |x - y| and where; a NaN on one side only counts as the largest.
Result<bool> compare(const Spec& spec, const HostSizes& sizes,
                     const std::map<std::string, HostArray>& inputs, const Tensor<float>& got,
                     std::ostream& out) {
  std::map<std::string, Tensor<Quad>> exact;
  for (const auto& [name, a] : inputs) exact[name] = to_quad(a);
  const auto want = evaluate<Quad>(spec, sizes, exact);
  if (!want.ok()) return want.errors();
  double worst = -1;
  std::size_t where = 0;
  for (std::size_t i = 0; i < got.data.size(); ++i) {
    const double w = static_cast<double>(want.value().data[i]), x = got.data[i];
    const double e = x == w ? 0 : static_cast<double>(abs(want.value().data[i] - Quad(x)));
    const double size = e == e ? e : std::numeric_limits<double>::infinity();
    if (size > worst) worst = size, where = i;
  }
  out << "largest absolute error " << worst << " at " << spec.output.name << place(got.shape, where)
      << ": kernel " << got.data[where] << ", reference "
      << static_cast<double>(want.value().data[where]) << "\n";
  return true;
}

Result<std::map<std::string, LoadedInput>> load_inputs(const Spec& spec,
                                                       const RunOptions& options) {
  std::map<std::string, LoadedInput> out;
  for (const auto& [name, file] : options.inputs) {
    bool declared = false;
    for (const Array& a : spec.inputs) declared = declared || a.name == name;
    if (!declared || out.count(name)) {
      return problem("E0907", declared ? "input " + name + " is given twice"
                                       : "spec " + spec.name + " has no input " + name);
    }
    auto array = read_npy(file);
    if (!array.ok()) return array.errors();
    out[name] = {file, std::move(array.value())};
  }
  for (const Array& a : spec.inputs)
    if (!out.count(a.name))
      return problem("E0907", "no file for input " + a.name + ": say --in " + a.name + "=FILE.npy");
  return out;
}

// The kernel's checks do not read the arrays: declared ranges are checked here.
std::optional<Diagnostic> out_of_range(const Array& a, const HostArray& x, const HostSizes& sizes) {
  if (a.elem != Elem::kI32 || (!a.lo && !a.hi)) return std::nullopt;
  Array limits = a;
  limits.shape = {a.lo ? *a.lo : mk_int(0), a.hi ? *a.hi : mk_int(0)};
  const auto range = shape_at(limits, sizes);
  if (!range.ok()) return range.errors().front();
  const auto& t = std::get<Tensor<std::int32_t>>(x);
  for (std::size_t i = 0; i < t.data.size(); ++i) {
    const bool low = a.lo && t.data[i] < range.value()[0];
    if (!low && !(a.hi && t.data[i] >= range.value()[1])) continue;
    return problem("E0703", a.name + place(t.shape, i) + " = " + std::to_string(t.data[i]) +
                                " is not in " + std::to_string(range.value()[0]) + " .. " +
                                std::to_string(range.value()[1]));
  }
  return std::nullopt;
}

Diagnostic missing_kernel(const Spec& spec, const std::string& schedule) {
  const std::string file = kernel_library(spec.name, schedule.empty() ? "<schedule>" : schedule);
  Diagnostic d = problem("E0906", "no kernel library: expected " + file);
  d.helps.push_back("build the kernels, then name the file | --kernel " + file);
  return d;
}

int report(const std::vector<Diagnostic>& ds, Format format, const std::string& source) {
  const bool machine = format == Format::kJson || format == Format::kSarif;
  (machine ? std::cout : std::cerr) << render(ds, format, source);
  return exit_code(ds);
}

}  // namespace

Result<HostSizes> infer_sizes(const Spec& spec, const std::map<std::string, LoadedInput>& inputs,
                              const std::vector<std::pair<std::string, std::int64_t>>& dims) {
  std::map<std::string, Known> known;
  for (const auto& [name, n] : dims)
    if (auto d = learn(known, name, {n, "--dim " + name + "=" + std::to_string(n)})) return *d;
  for (const Array& a : spec.inputs)
    if (auto d = learn_from(a, inputs.at(a.name), known)) return *d;
  HostSizes sizes;
  for (const std::string& dim : spec.dims) {
    const auto it = known.find(dim);
    if (it == known.end()) {
      return problem("E0907", "no shape shows dimension " + dim + ": say --dim " + dim + "=N");
    }
    sizes[dim] = it->second.value;
  }
  for (const auto& [name, n] : dims)
    if (!sizes.count(name))
      return problem("E0907", "spec " + spec.name + " has no dimension " + name);
  for (const Array& a : spec.inputs)
    if (auto d = disagreement(a, inputs.at(a.name), sizes)) return *d;
  return sizes;
}

Result<HostArray> to_host(const Array& declared, const LoadedInput& input) {
  const bool whole = declared.elem == Elem::kI32;
  const std::size_t kind = input.array.data.index();  // f4 f8 i4 i8
  if (whole != (kind >= 2))
    return problem("E0908", dtype_message(declared, input, whole ? "<i4" : "<f4"));
  std::optional<HostArray> out;
  if (kind == 0) out = converted<float, float>(input.array);
  if (kind == 1) out = converted<float, double>(input.array);
  if (kind == 2) out = converted<std::int32_t, std::int32_t>(input.array);
  if (kind == 3) out = converted<std::int32_t, std::int64_t>(input.array);
  if (out) return *out;
  Diagnostic d = problem(
      "E0908", dtype_message(declared, input, whole ? "<i4" : "<f4") + " and values would change");
  d.helps.push_back(std::string("convert it first | a.astype(np.") +
                    (whole ? "int32)" : "float32)"));
  return d;
}

std::string schedule_of_library(const std::string& spec, const std::string& library) {
  const std::string file = std::filesystem::path(library).filename().string();
  const std::string before = "lib" + kernel_name(spec, ""), after = ".so";
  if (file.size() <= before.size() + after.size() || file.rfind(before, 0) != 0) return "";
  if (file.substr(file.size() - after.size()) != after) return "";
  return file.substr(before.size(), file.size() - before.size() - after.size());
}

Result<bool> run_spec(const Spec& spec, const RunOptions& options, std::ostream& out) {
  const std::string schedule =
      options.schedule.empty() ? schedule_of_library(spec.name, options.kernel) : options.schedule;
  if (options.kernel.empty() || schedule.empty()) return missing_kernel(spec, schedule);
  const auto files = load_inputs(spec, options);
  if (!files.ok()) return files.errors();
  const auto sizes = infer_sizes(spec, files.value(), options.dims);
  if (!sizes.ok()) return sizes.errors();
  std::map<std::string, HostArray> inputs;
  for (const Array& a : spec.inputs) {
    const auto x = to_host(a, files.value().at(a.name));
    if (!x.ok()) return x.errors();
    if (auto d = out_of_range(a, x.value(), sizes.value())) return *d;
    inputs[a.name] = x.value();
  }
  HostOptions host;
  host.threads = options.threads;
  const auto got = run_kernel(spec, options.kernel, kernel_name(spec.name, schedule), sizes.value(),
                              inputs, host);
  if (!got.ok()) return got.errors();
  if (!options.output.empty()) {
    const auto wrote = write_npy(options.output, {got.value().shape, got.value().data});
    if (!wrote.ok()) return wrote.errors();
  }
  if (!options.reference) return true;
  return compare(spec, sizes.value(), inputs, got.value(), out);
}

int run_command(const RunOptions& options) {
  std::ifstream in(options.spec_path, std::ios::binary);
  std::string text(kLargestSpec, '\0');
  std::error_code error;
  const bool folder = std::filesystem::is_directory(options.spec_path, error);
  if (!folder) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (folder || !in.is_open() || in.bad() || !in.eof())
    return report({problem("E0902", "cannot read " + options.spec_path)}, options.format, "");
  text.resize(static_cast<std::size_t>(in.gcount()));
  const auto spec = read_spec(text, options.spec_path);
  if (!spec.ok()) return report(spec.errors(), options.format, text);
  const auto done = run_spec(spec.value(), options, std::cout);
  return done.ok() ? 0 : report(done.errors(), options.format, text);
}

}  // namespace minimoa
