// Every built kernel against the reference, over sizes at the edges of tiles.
//
// The 113-bit interpreter is the reference; it judges small sizes directly and
// a plain long double loop, which then judges all sizes. The bound is
// 8 (m + d) 2^-24 max|V|. Padding, scratch and workspace are checked by
// run_kernel itself (NaN between the elements, canaries around them).
// May be wrong: inputs are in [-1, 1), so neither overflow nor cancellation of
// large scores is tried here.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "extract/build.h"
#include "extract/emit.h"
#include "extract/run/host.h"
#include "extract/run/processor.h"
#include "prover/schedule/schedule.h"
#include "spec/lang/elaborate.h"
#include "spec/lang/interpret.h"

#ifndef MINIMOA_KERNEL_DIR
#define MINIMOA_KERNEL_DIR MINIMOA_BINARY_DIR "/kernels"
#endif

namespace minimoa {
namespace {

using Index = std::int64_t;

constexpr Index kLengths[] = {1, 2, 15, 16, 17, 63, 64, 65, 1000};
constexpr Index kDepths[] = {1, 3, 64, 80, 128};
constexpr Index kGroups[] = {1, 3, 8};
// Multiply-adds up to which the interpreter judges the loop (a few ms each).
constexpr Index kInterpreted = 16000;
constexpr Index kDecodeRows = 17;  // query heads that share a head of keys
constexpr Index kSeveralHeads = 60000;
constexpr Index kRepeated = 1000000;  // up to which kernels run three times
constexpr Index kGroupsOfEight = 8000000;
constexpr Index kLargestTile = 896;  // of rows, in the suite

// Sizes of one run. groups: query heads for each head of keys.
struct Case {
  Index b, kv, groups, n, m, d;
  bool causal;
};

Index heads(const Case& c) { return c.kv * c.groups; }

bool sees(const Case& c, Index i, Index j) { return !c.causal || j <= i + (c.m - c.n); }

HostSizes sizes_of(const Spec& spec, const Case& c) {
  HostSizes s{{"B", c.b}, {spec.name == "decode" ? "G" : "S", c.n}, {"T", c.m}, {"D", c.d}};
  if (spec.name == "gqa") {
    s["Hq"] = heads(c);
    s["Hkv"] = c.kv;
  } else {
    s["H"] = c.kv;
  }
  return s;
}

// [b, h, m, d] as the spec has it: a cache of keys is [b, m, h, d].
Tensor<float> keys_of(const Spec& spec, const Tensor<float>& t) {
  if (spec.name != "decode") return t;
  Tensor<float> out{{t.shape[0], t.shape[2], t.shape[1], t.shape[3]}, {}};
  for (Index b = 0; b < t.shape[0]; ++b)
    for (Index j = 0; j < t.shape[2]; ++j)
      for (Index h = 0; h < t.shape[1]; ++h) {
        const auto at = ((b * t.shape[1] + h) * t.shape[2] + j) * t.shape[3];
        const auto row = t.data.begin() + static_cast<std::ptrdiff_t>(at);
        out.data.insert(out.data.end(), row, row + static_cast<std::ptrdiff_t>(t.shape[3]));
      }
  return out;
}

std::string show(const Case& c) {
  std::ostringstream out;
  out << "B=" << c.b << " Hkv=" << c.kv << " groups=" << c.groups << " n=" << c.n << " m=" << c.m
      << " d=" << c.d;
  return out.str();
}

// Numbers in [-1, 1) that are exact in float.
Tensor<float> noise(std::vector<Index> shape, std::uint64_t seed) {
  Tensor<float> out{std::move(shape), {}};
  Index n = 1;
  for (Index e : out.shape) n *= e;
  std::uint64_t s = seed * 2654435761U + 1;
  for (Index i = 0; i < n; ++i) {
    s = s * 6364136223846793005U + 1442695040888963407U;
    out.data.push_back(static_cast<float>(s >> 40) / 8388608.0F - 1.0F);
  }
  return out;
}

struct Inputs {
  Tensor<float> q, k, v;
};

Inputs inputs_of(const Case& c) {
  return {noise({c.b, heads(c), c.n, c.d}, 1), noise({c.b, c.kv, c.m, c.d}, 2),
          noise({c.b, c.kv, c.m, c.d}, 3)};
}

std::size_t offset(const Tensor<float>& t, Index b, Index h, Index row) {
  return static_cast<std::size_t>(((b * t.shape[1] + h) * t.shape[2] + row) * t.shape[3]);
}

// One row of attention; zeros if it sees no key.
void reference_row(const Case& c, const Inputs& in, Index b, Index h, Index i,
                   std::vector<long double>& out) {
  const float* q = &in.q.data[offset(in.q, b, h, i)];
  const long double scale = 1 / std::sqrt(static_cast<long double>(c.d));
  std::vector<long double> o(static_cast<std::size_t>(c.d), 0);
  long double sum = 0;
  for (Index j = 0; j < c.m; ++j) {
    if (!sees(c, i, j)) continue;
    const float* k = &in.k.data[offset(in.k, b, h / c.groups, j)];
    const float* v = &in.v.data[offset(in.v, b, h / c.groups, j)];
    long double s = 0;
    for (Index e = 0; e < c.d; ++e) s += static_cast<long double>(q[e]) * k[e];
    const long double w = std::exp(s * scale);  // |s * scale| <= sqrt(128)
    sum += w;
    for (Index e = 0; e < c.d; ++e) o[static_cast<std::size_t>(e)] += w * v[e];
  }
  for (long double x : o) out.push_back(sum == 0 ? 0 : x / sum);
}

std::vector<long double> reference(const Case& c, const Inputs& in) {
  std::vector<long double> out;
  for (Index b = 0; b < c.b; ++b)
    for (Index h = 0; h < heads(c); ++h)
      for (Index i = 0; i < c.n; ++i) reference_row(c, in, b, h, i, out);
  return out;
}

std::string text(const std::vector<Diagnostic>& ds) {
  std::string out;
  for (const Diagnostic& d : ds) out += d.code + ": " + d.message + "\n";
  return out;
}

Tensor<Quad> exact(const Tensor<float>& t) {
  return {t.shape, std::vector<Quad>(t.data.begin(), t.data.end())};
}

void judge_reference(const Spec& spec, const Case& c, const Inputs& in,
                     const std::vector<long double>& loop) {
  const auto r = evaluate<Quad>(
      spec, sizes_of(spec, c),
      {{"Q", exact(in.q)}, {"K", exact(keys_of(spec, in.k))}, {"V", exact(keys_of(spec, in.v))}});
  REQUIRE_MESSAGE(r.ok(), (r.ok() ? "" : text(r.errors())));
  REQUIRE(r.value().data.size() == loop.size());
  Quad worst = 0;
  for (std::size_t i = 0; i < loop.size(); ++i)
    worst = std::max(worst, Quad(abs(r.value().data[i] - Quad(loop[i]))));
  CHECK_MESSAGE(worst < Quad(1e-15), "interpreter and loop differ");
}

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE_MESSAGE(in.good(), path);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

Spec read(const std::string& name) {
  const std::string path = std::string(MINIMOA_SOURCE_DIR) + "/spec/attention/" + name + ".moa";
  const auto spec = read_spec(slurp(path), path);
  REQUIRE_MESSAGE(spec.ok(), path, (spec.ok() ? "" : text(spec.errors())));
  return spec.value();
}

// Rows that the kernel computes together: fewer are not less work.
struct Built {
  Kernel kernel;
  Index rows;
};

Index tile_of_rows(const std::string& path) {
  const auto schedule = parse_schedule(slurp(std::string(MINIMOA_SOURCE_DIR) + "/" + path), path);
  REQUIRE_MESSAGE(schedule.ok(), path);
  for (const Tile& tile : schedule.value().tiles)
    if (tile.axis == "row" && !tile.whole()) return tile.size;
  return 1;
}

// A vector target that the processor has not is left out, and said so.
bool runs_here(const std::string& path) {
  const std::string root = MINIMOA_SOURCE_DIR;
  const auto schedule = parse_schedule(slurp(root + "/" + path), path);
  REQUIRE_MESSAGE(schedule.ok(), path);
  const auto target = load_target(root, schedule.value());
  REQUIRE_MESSAGE(target.ok(), path);
  if (!target.value() || missing_features(target.value()->table.needs).empty()) return true;
  MESSAGE("skipped: this processor has no " << schedule.value().target << ": " << path);
  return false;
}

// The kernels of a spec, by the suite; one that is not built fails the test.
std::vector<Built> kernels_of(const std::string& spec) {
  const std::string path = std::string(MINIMOA_SOURCE_DIR) + "/extract/suite.txt";
  const auto suite = parse_suite(slurp(path), path);
  REQUIRE(suite.ok());
  std::vector<Built> out;
  for (const SuiteEntry& entry : suite.value()) {
    if (entry.spec_path != "spec/attention/" + spec + ".moa") continue;
    const std::string schedule = std::filesystem::path(entry.schedule_path).stem().string();
    const std::string name = kernel_name(spec, schedule);
    if (!runs_here(entry.schedule_path)) continue;
    const auto k = Kernel::load(std::string(MINIMOA_KERNEL_DIR) + "/lib" + name + ".so", name);
    CHECK_MESSAGE(k.ok(), (k.ok() ? "" : text(k.errors())));
    if (k.ok()) out.push_back({k.value(), tile_of_rows(entry.schedule_path)});
  }
  CHECK(out.size() >= 8);
  return out;
}

std::vector<float> run(const Spec& spec, const Kernel& kernel, const Case& c, const Inputs& in,
                       const HostOptions& options) {
  const auto r =
      run_kernel(spec, kernel, sizes_of(spec, c),
                 {{"Q", in.q}, {"K", keys_of(spec, in.k)}, {"V", keys_of(spec, in.v)}}, options);
  CHECK_MESSAGE(r.ok(), kernel.name, " ", show(c), (r.ok() ? "" : text(r.errors())));
  return r.ok() ? r.value().data : std::vector<float>{};
}

// Largest error over tolerance; infinite for a NaN, and for a row without keys
// that is not exactly zero.
double badness(const Case& c, const Inputs& in, const std::vector<long double>& want,
               const std::vector<float>& got) {
  if (got.size() != want.size()) return std::numeric_limits<double>::infinity();
  float top = 0;
  for (float v : in.v.data) top = std::max(top, std::fabs(v));
  const double tolerance = 8.0 * static_cast<double>(c.m + c.d) * std::ldexp(1.0, -24) * top;
  double worst = 0;
  for (std::size_t k = 0; k < got.size(); ++k) {
    const Index i = static_cast<Index>(k) / c.d % c.n;
    const bool keys = sees(c, i, 0);
    const double e = std::fabs(static_cast<double>(want[k] - static_cast<long double>(got[k])));
    if (!(e <= tolerance) || (!keys && got[k] != 0)) return std::isnan(e) ? HUGE_VAL : 1 + e;
    worst = std::max(worst, e / tolerance);
  }
  return worst;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

void check_case(const Spec& spec, const std::vector<Built>& kernels, const Case& c,
                std::size_t number) {
  const Inputs in = inputs_of(c);
  const std::vector<long double> want = reference(c, in);
  const Index work = c.b * heads(c) * c.n * c.m * c.d;
  if (work <= kInterpreted) judge_reference(spec, c, in, want);
  const bool odd = number % 2 == 1;
  for (const Built& built : kernels) {
    const Kernel& kernel = built.kernel;
    const HostOptions first{odd ? 3 : 1, true, odd ? 3 : 0};
    const auto got = run(spec, kernel, c, in, first);
    CHECK_MESSAGE(badness(c, in, want, got) <= 1, kernel.name, " ", show(c));
    const Index tiles = (c.n + built.rows - 1) / built.rows;
    if (work > kSeveralHeads || work / c.n * tiles * built.rows > kRepeated) continue;
    const auto other = run(spec, kernel, c, in, {odd ? 1 : 3, true, odd ? 0 : 5});
    CHECK_MESSAGE(same_bits(got, other), kernel.name, " depends on threads or strides: ", show(c));
    const auto serial = run(spec, kernel, c, in, {1, false, 1});
    CHECK_MESSAGE(same_bits(got, serial), kernel.name, " without parallel_for: ", show(c));
  }
}

// All lengths times all depths; fewer heads where the work is large.
void check_sizes(const std::string& name) {
  const Spec spec = read(name);
  const std::vector<Built> kernels = kernels_of(name);
  std::size_t number = 0;
  for (Index n : kLengths)
    for (Index m : kLengths)
      for (Index d : kDepths) {
        const Index work = n * m * d;
        const bool several = 4 * work <= kSeveralHeads;
        if (name == "decode" && n > kDecodeRows) continue;
        Case c{several ? 2 : 1, several ? 2 : 1, 1, n, m, d, name == "causal"};
        // A kernel computes whole tiles of rows: few rows are not less work.
        const bool eight = std::max(n, kLargestTile) * m * d <= kGroupsOfEight;
        if (name == "gqa") c.groups = kGroups[number % (eight ? 3 : 2)];
        check_case(spec, kernels, c, number++);
      }
}

// Outputs that may depend on row j of the keys of (batch b, head kv) are NaN,
// all others have the bits that they had before it was NaN.
void check_planted(const Kernel& kernel, const Case& c, Index b, Index kv, Index j,
                   const std::vector<float>& before, const std::vector<float>& after) {
  std::size_t k = 0, wrong = 0;
  for (Index x = 0; x < c.b; ++x)
    for (Index h = 0; h < heads(c); ++h)
      for (Index i = 0; i < c.n; ++i)
        for (Index e = 0; e < c.d; ++e, ++k) {
          const bool used = x == b && h / c.groups == kv && sees(c, i, j);
          const bool right =
              used ? std::isnan(after[k]) : std::memcmp(&before[k], &after[k], sizeof(float)) == 0;
          if (!right) ++wrong;
        }
  CHECK_MESSAGE(wrong == 0, kernel.name, " NaN in key ", j, ": ", show(c));
}

void check_nan(const std::string& name) {
  const Spec spec = read(name);
  const std::vector<Built> kernels = kernels_of(name);
  const Index groups = name == "gqa" ? 3 : 1;
  const Index lengths[][2] = {{5, 9}, {9, 5}, {65, 70}, {70, 65}, {130, 130}};
  for (const auto& l : lengths) {
    const Case c{2, 2, groups, l[0], l[1], 5, name == "causal"};
    const Inputs in = inputs_of(c);
    for (const auto& [kernel, rows] : kernels) {
      const auto before = run(spec, kernel, c, in, {2, true, 1});
      for (Index j : {Index{0}, c.m / 2, c.m - 1})
        for (bool in_value : {true, false}) {
          Inputs bad = in;
          Tensor<float>& t = in_value ? bad.v : bad.k;
          std::fill_n(t.data.begin() + static_cast<std::ptrdiff_t>(offset(t, 1, 0, j)), c.d,
                      std::numeric_limits<float>::quiet_NaN());
          const auto after = run(spec, kernel, c, bad, {2, true, 1});
          if (after.size() == before.size()) check_planted(kernel, c, 1, 0, j, before, after);
        }
    }
  }
}

TEST_CASE("sdpa kernels agree with the reference at all sizes") { check_sizes("sdpa"); }
TEST_CASE("causal kernels agree with the reference at all sizes") { check_sizes("causal"); }
TEST_CASE("gqa kernels agree with the reference at all sizes") { check_sizes("gqa"); }

TEST_CASE("decode kernels agree with the reference at all sizes") { check_sizes("decode"); }

TEST_CASE("a NaN reaches exactly the sdpa outputs that use it") { check_nan("sdpa"); }
TEST_CASE("a NaN reaches exactly the causal outputs that may see it") { check_nan("causal"); }
TEST_CASE("a NaN reaches exactly the gqa outputs of its group") { check_nan("gqa"); }

TEST_CASE("a NaN reaches exactly the decode outputs of its head") { check_nan("decode"); }

TEST_CASE("a gqa kernel refuses heads that do not divide") {
  const Spec spec = read("gqa");
  for (const auto& [kernel, rows] : kernels_of("gqa")) {
    const Inputs in{noise({1, 3, 2, 2}, 1), noise({1, 2, 2, 2}, 2), noise({1, 2, 2, 2}, 3)};
    const auto r =
        run_kernel(spec, kernel, {{"B", 1}, {"Hq", 3}, {"Hkv", 2}, {"S", 2}, {"T", 2}, {"D", 2}},
                   {{"Q", in.q}, {"K", in.k}, {"V", in.v}});
    REQUIRE_FALSE(r.ok());
    CHECK(r.errors()[0].code == "E0904");
  }
}

}  // namespace
}  // namespace minimoa
