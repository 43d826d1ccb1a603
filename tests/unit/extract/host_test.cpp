// Calling kernels: the argument struct, strides, threads, canaries, statuses.
//
// The kernels here are written by hand from FORMAT.md section 8.1, so the
// layout of the struct is checked against a compiler's, not against ourselves.
#include "extract/run/host.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include "extract/run/run_command.h"

namespace minimoa {
namespace {

namespace fs = std::filesystem;

// O[n,d] = 2 * X[T[n],d], staged through one word of scratch for each worker
// and N words of workspace. KIND plants a fault.
const char* const kSource = R"(
#include <cstddef>
#include <cstdint>
extern "C" {
typedef void (*task_t)(void*, std::int64_t, std::int64_t);
struct args {
  std::size_t size;
  std::int64_t N; std::int64_t D;
  const float* X; std::int64_t X_s[2];
  const std::int32_t* T; std::int64_t T_s[1];
  const float* c; std::int64_t c_s[1];
  float* O; std::int64_t O_s[2];
  float* workspace; float* scratch; std::int64_t workers;
  void (*parallel_for)(void*, std::int64_t, task_t, void*);
  void* parallel_context;
};
std::int32_t minimoa_pick_KIND_check(const args* a) {
  return a->size != sizeof(args) ? 1 : a->N < 1 ? 2 : a->D == 13 ? 3 : 0;
}
std::int64_t minimoa_pick_KIND_workspace(const args* a) { return a->N; }
std::int64_t minimoa_pick_KIND_scratch(const args*) { return 1; }
static void row(void* data, std::int64_t n, std::int64_t worker) {
  args* a = static_cast<args*>(data);
  a->workspace[n] = a->c[0];
  for (std::int64_t d = 0; d < a->D; ++d) {
    a->scratch[worker] = a->workspace[n] * a->X[a->T[n * a->T_s[0]] * a->X_s[0] + d * a->X_s[1]];
    a->O[n * a->O_s[0] + d * a->O_s[1]] = a->scratch[worker];
  }
  FAULT
}
std::int32_t minimoa_pick_KIND_run(const args* a) {
  args* b = const_cast<args*>(a);
  if (a->parallel_for == nullptr) {
    for (std::int64_t n = 0; n < a->N; ++n) row(b, n, 0);
  } else {
    a->parallel_for(a->parallel_context, a->N, row, b);
  }
  return 0;
}
}
)";

void replace_all(std::string& s, const std::string& from, const std::string& to) {
  for (std::size_t k = s.find(from); k != std::string::npos; k = s.find(from, k + to.size()))
    s.replace(k, from.size(), to);
}

fs::path folder() {
  const fs::path dir = fs::temp_directory_path() / ("minimoa_host_" + std::to_string(getpid()));
  fs::create_directories(dir);
  return dir;
}

// The library of a hand-written kernel, compiled once.
std::string library(const std::string& kind, const std::string& fault) {
  const fs::path so = folder() / ("libminimoa_pick_" + kind + ".so");
  if (fs::exists(so)) return so.string();
  std::string source = kSource;
  replace_all(source, "KIND", kind);
  replace_all(source, "FAULT", fault);
  const fs::path cpp = folder() / (kind + ".cpp");
  std::ofstream(cpp) << source;
  const std::string command =
      "c++ -std=c++17 -O1 -shared -fPIC -o " + so.string() + " " + cpp.string();
  REQUIRE(std::system(command.c_str()) == 0);
  return so.string();
}

Array array(const char* name, std::vector<Term> shape, Elem elem = Elem::kF32) {
  Array a;
  a.name = name;
  a.elem = elem;
  a.shape = std::move(shape);
  return a;
}

Spec pick() {
  Spec s;
  s.name = "pick";
  s.dims = {"N", "D"};
  s.inputs = {array("X", {mk_var("N"), mk_var("D")}), array("T", {mk_var("N")}, Elem::kI32),
              array("c", {})};
  s.inputs[1].lo = mk_int(0);
  s.inputs[1].hi = mk_var("N");
  s.output = array("O", {mk_var("N"), mk_var("D")});
  std::string error;
  s.core = *parse_term(
      "(gen (n N) (gen (d D) (* (psi (vec) c) "
      "(psi (vec (psi (vec n) T) d) X))))",
      &error);
  return s;
}

constexpr std::int64_t kN = 37, kD = 3;

std::map<std::string, HostArray> inputs() {
  Tensor<float> x{{kN, kD}, {}};
  Tensor<std::int32_t> t{{kN}, {}};
  for (int k = 0; k < kN * kD; ++k) x.data.push_back(static_cast<float>(k));
  for (int n = 0; n < kN; ++n) t.data.push_back(static_cast<std::int32_t>(kN - 1 - n));
  return {{"X", x}, {"T", t}, {"c", Tensor<float>{{}, {2}}}};
}

std::string code(const Result<Tensor<float>>& r) { return r.ok() ? "" : r.errors()[0].code; }
std::string message(const Result<Tensor<float>>& r) { return r.ok() ? "" : r.errors()[0].message; }

Result<Tensor<float>> run(const std::string& kind, const std::string& fault,
                          const HostOptions& options = {}) {
  return run_kernel(pick(), library(kind, fault), "minimoa_pick_" + kind, {{"N", kN}, {"D", kD}},
                    inputs(), options);
}

TEST_CASE("a kernel gives the same result with any threads and any strides") {
  for (std::int64_t threads : {1, 2, 3, 8, 100})
    for (std::int64_t pad : {0, 1, 5})
      for (bool parallel : {true, false}) {
        const auto r = run("good", "", {threads, parallel, pad});
        REQUIRE_MESSAGE(r.ok(), message(r));
        CHECK(r.value().shape == std::vector<std::int64_t>{kN, kD});
        for (std::int64_t n = 0; n < kN; ++n)
          for (std::int64_t d = 0; d < kD; ++d)
            CHECK(r.value().data[static_cast<std::size_t>(n * kD + d)] ==
                  static_cast<float>(2 * ((kN - 1 - n) * kD + d)));
      }
}

TEST_CASE("a write outside of scratch, workspace or output is seen") {
  CHECK(message(run("s1", "if (n == 0) a->scratch[a->workers] = 0;")).find("scratch") !=
        std::string::npos);
  CHECK(message(run("s2", "if (n == 0) a->scratch[-1] = 0;", {3, true, 0})).find("scratch") !=
        std::string::npos);
  CHECK(message(run("w", "if (n == 0) a->workspace[a->N] = 0;")).find("workspace") !=
        std::string::npos);
  CHECK(message(run("o1", "if (n == 0) a->O[-1] = 0;")).find("output") != std::string::npos);
  CHECK(message(run("o2", "if (n == 0) a->O[a->D] = 0;", {1, true, 2})).find("padding") !=
        std::string::npos);
  CHECK(code(run("w", "")) == "E0905");
}

TEST_CASE("statuses of the kernel become diagnostics") {
  const std::string so = library("good", "");
  Tensor<float> x{{1, 13}, std::vector<float>(13, 1)};
  std::map<std::string, HostArray> in = {
      {"X", x}, {"T", Tensor<std::int32_t>{{1}, {0}}}, {"c", Tensor<float>{{}, {2}}}};
  const auto r = run_kernel(pick(), so, "minimoa_pick_good", {{"N", 1}, {"D", 13}}, in);
  CHECK(code(r) == "E0904");
  CHECK(message(r).find("require") != std::string::npos);
  Spec other = pick();
  other.dims.push_back("M");
  const auto s = run_kernel(other, so, "minimoa_pick_good", {{"N", 1}, {"D", 13}, {"M", 1}}, in);
  CHECK(message(s).find("status 1") != std::string::npos);
}

TEST_CASE("what cannot be loaded or does not fit is a diagnostic") {
  const std::string so = library("good", "");
  const HostSizes sizes{{"N", kN}, {"D", kD}};
  CHECK(code(run_kernel(pick(), "/nowhere/lib.so", "minimoa_pick_good", sizes, inputs())) ==
        "E0906");
  CHECK(code(run_kernel(pick(), so, "minimoa_pick_other", sizes, inputs())) == "E0906");
  CHECK(code(run_kernel(pick(), so, "minimoa_pick_good", {{"N", kN}}, inputs())) == "E0907");
  CHECK(code(run_kernel(pick(), so, "minimoa_pick_good", {{"N", kN}, {"D", 4}}, inputs())) ==
        "E0907");
  auto in = inputs();
  in["T"] = in["X"];
  CHECK(code(run_kernel(pick(), so, "minimoa_pick_good", sizes, in)) == "E0908");
  in.erase("T");
  CHECK(code(run_kernel(pick(), so, "minimoa_pick_good", sizes, in)) == "E0907");
}

TEST_CASE("parallel_for runs every task once, on distinct workers in range") {
  std::mutex lock;
  std::multiset<std::int64_t> tasks;
  std::map<std::int64_t, std::set<std::thread::id>> workers;
  parallel_for(4, 1000, [&](std::int64_t t, std::int64_t worker) {
    const std::lock_guard<std::mutex> hold(lock);
    tasks.insert(t);
    workers[worker].insert(std::this_thread::get_id());
  });
  CHECK(tasks.size() == 1000);
  CHECK(std::set<std::int64_t>(tasks.begin(), tasks.end()).size() == 1000);
  for (const auto& [worker, threads] : workers) {
    CHECK(worker >= 0);
    CHECK(worker < 4);
    CHECK(threads.size() == 1);
  }
  parallel_for(3, 0, [&](std::int64_t, std::int64_t) { CHECK(false); });
}

// --- minimoa run --------------------------------------------------------------------

LoadedInput loaded(const std::string& file, std::vector<std::int64_t> shape, NpyData data) {
  return {file, {std::move(shape), std::move(data)}};
}

TEST_CASE("sizes are read off shapes; a disagreement names everything") {
  const auto floats = std::vector<float>{};
  std::map<std::string, LoadedInput> in = {{"X", loaded("x.npy", {4, 3}, floats)},
                                           {"T", loaded("t.npy", {4}, floats)},
                                           {"c", loaded("c.npy", {}, floats)}};
  const auto r = infer_sizes(pick(), in, {});
  REQUIRE(r.ok());
  CHECK(r.value() == HostSizes{{"N", 4}, {"D", 3}});
  CHECK(infer_sizes(pick(), in, {{"N", 4}}).ok());
  in["T"] = loaded("t.npy", {5}, floats);
  const auto bad = infer_sizes(pick(), in, {});
  REQUIRE_FALSE(bad.ok());
  CHECK(bad.errors()[0].code == "E0907");
  for (const char* part : {"dimension N", "is 4", "x.npy", "and 5", "t.npy"})
    CHECK(bad.errors()[0].message.find(part) != std::string::npos);
  in["T"] = loaded("t.npy", {4, 1}, floats);
  CHECK_FALSE(infer_sizes(pick(), in, {}).ok());
  in["T"] = loaded("t.npy", {4}, floats);
  CHECK_FALSE(infer_sizes(pick(), in, {{"D", 4}}).ok());
  CHECK_FALSE(infer_sizes(pick(), in, {{"W", 4}}).ok());
}

TEST_CASE("a dimension that no shape shows must be given; expressions are checked") {
  Spec s = pick();
  s.dims.push_back("W");
  s.inputs[1].shape = {mk(Op::kMul, {mk_var("W"), mk_int(2)})};
  const auto floats = std::vector<float>{};
  const std::map<std::string, LoadedInput> in = {{"X", loaded("x.npy", {4, 3}, floats)},
                                                 {"T", loaded("t.npy", {6}, floats)},
                                                 {"c", loaded("c.npy", {}, floats)}};
  const auto r = infer_sizes(s, in, {});
  REQUIRE_FALSE(r.ok());
  CHECK(r.errors()[0].message.find("--dim W=N") != std::string::npos);
  CHECK(infer_sizes(s, in, {{"W", 3}}).ok());
  CHECK_FALSE(infer_sizes(s, in, {{"W", 4}}).ok());
}

TEST_CASE("element types are converted only where no value changes") {
  const Array f = array("X", {}), i = array("T", {}, Elem::kI32);
  CHECK(to_host(f, loaded("x", {}, std::vector<double>{0.5})).ok());
  CHECK_FALSE(to_host(f, loaded("x", {}, std::vector<double>{0.1})).ok());
  CHECK_FALSE(to_host(f, loaded("x", {}, std::vector<std::int32_t>{1})).ok());
  CHECK(to_host(i, loaded("x", {}, std::vector<std::int64_t>{7})).ok());
  CHECK_FALSE(to_host(i, loaded("x", {}, std::vector<std::int64_t>{1LL << 40})).ok());
  CHECK_FALSE(to_host(i, loaded("x", {}, std::vector<float>{1})).ok());
}

TEST_CASE("a run on files writes the output and can compare with the reference") {
  const fs::path dir = folder();
  const auto in = inputs();
  const auto path = [&](const char* f) { return (dir / f).string(); };
  const auto& x = std::get<Tensor<float>>(in.at("X"));
  const auto& t = std::get<Tensor<std::int32_t>>(in.at("T"));
  REQUIRE(write_npy(path("x.npy"), {x.shape, x.data}).ok());
  REQUIRE(write_npy(path("t.npy"), {t.shape, t.data}).ok());
  REQUIRE(write_npy(path("c.npy"), {{}, std::vector<float>{2}}).ok());
  RunOptions o;
  o.kernel = library("good", "");
  o.inputs = {{"X", path("x.npy")}, {"T", path("t.npy")}, {"c", path("c.npy")}};
  o.output = path("o.npy");
  o.reference = true;
  o.threads = 2;
  std::ostringstream out;
  const auto r = run_spec(pick(), o, out);
  REQUIRE_MESSAGE(r.ok(), (r.ok() ? "" : r.errors()[0].message));
  CHECK(out.str().find("largest absolute error 0 at O[0, 0]") == 0);
  const auto got = read_npy(o.output);
  REQUIRE(got.ok());
  CHECK(got.value().shape == std::vector<std::int64_t>{kN, kD});

  auto far = t;
  far.data[5] = kN;
  REQUIRE(write_npy(path("t.npy"), {far.shape, far.data}).ok());
  const auto bad = run_spec(pick(), o, out);
  REQUIRE_FALSE(bad.ok());
  CHECK(bad.errors()[0].code == "E0703");
  CHECK(bad.errors()[0].message.find("T[5] = 37") == 0);
}

TEST_CASE("without a kernel, run says which file it expects") {
  RunOptions o;
  o.schedule = "flash";
  std::ostringstream out;
  const auto r = run_spec(pick(), o, out);
  REQUIRE_FALSE(r.ok());
  CHECK(r.errors()[0].message.find("build/kernels/libminimoa_pick_flash.so") != std::string::npos);
  CHECK(schedule_of_library("pick", "a/b/libminimoa_pick_two_pass.so") == "two_pass");
  CHECK(schedule_of_library("pick", "libminimoa_other_flash.so").empty());
  fs::remove_all(folder());
}

}  // namespace
}  // namespace minimoa
