// Shared by the tests of extract: a small spec, terms as text, and running
// the emitted text for real (compiled with the flags of the certificate).
#pragma once

#include <dlfcn.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "extract/emit.h"
#include "extract/lower.h"
#include "spec/lang/term.h"

namespace minimoa::test {

inline Term term(const std::string& text) {
  std::string error;
  const auto t = parse_term(text, &error);
  if (!t) throw std::runtime_error(error + " in " + text);
  return *t;
}

// O[S,D] from Q[S,D], K[T,D], V[T,D].
inline Spec one_head() {
  Spec s;
  s.name = "head";
  s.path = "spec/attention/head.moa";
  s.dims = {"S", "T", "D"};
  const auto array = [](const char* name, const char* rows) {
    Array a;
    a.name = name;
    a.shape = {mk_var(rows), mk_var("D")};
    return a;
  };
  s.inputs = {array("Q", "S"), array("K", "T"), array("V", "T")};
  s.output = array("O", "S");
  s.core = term("(gen (i S) (gen (c D) (psi (vec i c) Q)))");
  return s;
}

// Softmax attention of one head, key tiles in order, state (m, z, o) in place.
inline std::string flash_text() {
  return R"((parfor (I (div (+ S 63) 64)) (let (q) (gen (r1 64) (gen (l1 D)
    (if (< (+ (* I 64) r1) S) (mem Q (vec (+ (* I 64) r1) l1)) (real 0))))
   (let (st) (fold (J (div (+ T 63) 64)) (u) (gen (r 64) (tup bottom (real 0) (gen (c D) (real 0))))
    (gen (r 64)
     (let (x) (gen (t 64) (if (< (+ (* J 64) t) T)
        (/ (red add (l D) true (* (psi (vec r l) q) (mem K (vec (+ (* J 64) t) l)))) (sqrt (real D)))
        bottom))
     (let (mx) (max (get 0 (psi (vec r) u)) (red max (t 64) true (psi (vec t) x)))
     (let (al) (expsub (get 0 (psi (vec r) u)) mx)
     (let (p) (gen (t 64) (expsub (psi (vec t) x) mx))
     (tup mx
      (+ (* al (get 1 (psi (vec r) u))) (red add (t 64) true (psi (vec t) p)))
      (fold (t 64) (w) (gen (c D) (* al (psi (vec c) (get 2 (psi (vec r) u)))))
       (if (< (+ (* J 64) t) T)
        (gen (c D) (+ (psi (vec c) w) (* (psi (vec t) p) (mem V (vec (+ (* J 64) t) c))))) w)))))))))
   (for (r 64) (when (< (+ (* I 64) r) S) (for (c D) (put (vec (+ (* I 64) r) c)
    (if (iszero (get 1 (psi (vec r) st))) (real 0)
     (/ (psi (vec c) (get 2 (psi (vec r) st))) (get 1 (psi (vec r) st))))))))))))";
}

// The same with the scores in slow memory, computed by a phase of its own.
inline std::string naive_text() {
  return R"((letslow (s) (pargen (i S) (gen (j T)
      (/ (red add (l D) true (* (mem Q (vec i l)) (mem K (vec j l)))) (sqrt (real D)))))
    (parfor (i S)
     (let (m) (red max (j T) true (psi (vec i j) s))
     (let (st) (fold (j T) (u) (tup (real 0) (gen (c D) (real 0)))
       (if (<= 0 j) (let (p) (expsub (psi (vec i j) s) m)
        (tup (+ (get 0 u) p)
             (gen (c D) (+ (psi (vec c) (get 1 u)) (* p (mem V (vec j c))))))) u))
     (for (c D) (put (vec i c)
       (if (iszero (get 0 st)) (real 0) (/ (psi (vec c) (get 1 st)) (get 0 st))))))))))";
}

inline Derivation derivation(const std::string& final_text) {
  Derivation d;
  d.start = term(final_text);
  d.terms = {d.start};
  return d;
}

// A folder that is gone when the test is.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "minimoa_XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = pattern;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline void spill(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

// Compiles text as a shared library; the handle, or null (with the compiler's words).
inline void* compile(const TemporaryFolder& folder, const std::string& text,
                     const std::string& flags = "-std=c++17 -O2") {
  const std::string source = folder.path() + "/kernel.cpp";
  const std::string library = folder.path() + "/kernel.so";
  spill(source, text);
  const std::string command = "g++ " + flags +
                              " -Wall -Wextra -Wpedantic -Werror -fPIC -shared -I " +
                              folder.path() + " -o " + library + " " + source;
  if (std::system(command.c_str()) != 0) return nullptr;
  return dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
}

// The argument struct of one_head(), as its header states it.
using Task = void (*)(void*, std::int64_t, std::int64_t);
struct HeadArgs {
  std::size_t size;
  std::int64_t S, T, D;
  const float* Q;
  std::int64_t Q_s[2];
  const float* K;
  std::int64_t K_s[2];
  const float* V;
  std::int64_t V_s[2];
  float* O;
  std::int64_t O_s[2];
  float* workspace;
  float* scratch;
  std::int64_t workers;
  void (*parallel_for)(void*, std::int64_t, Task, void*);
  void* parallel_context;
};

struct HeadKernel {
  std::int32_t (*check)(const HeadArgs*);
  std::int64_t (*workspace)(const HeadArgs*);
  std::int64_t (*scratch)(const HeadArgs*);
  std::int32_t (*run)(const HeadArgs*);
};

inline HeadKernel head_kernel(void* library, const std::string& schedule) {
  const std::string k = "minimoa_head_" + schedule;
  const auto find = [&](const std::string& what) { return dlsym(library, (k + what).c_str()); };
  HeadKernel out;
  out.check = reinterpret_cast<decltype(out.check)>(find("_check"));
  out.workspace = reinterpret_cast<decltype(out.workspace)>(find("_workspace"));
  out.scratch = reinterpret_cast<decltype(out.scratch)>(find("_scratch"));
  out.run = reinterpret_cast<decltype(out.run)>(find("_run"));
  return out;
}

// Data for one call; rows of Q are padded, to see that strides are used.
struct HeadCase {
  std::int64_t S, T, D;
  std::vector<float> q, k, v, o, workspace, scratch;
  HeadArgs args{};
  HeadCase(std::int64_t s, std::int64_t t, std::int64_t d) : S(s), T(t), D(d) {
    const auto fill = [](std::size_t n, float seed) {
      std::vector<float> out(n);
      for (std::size_t i = 0; i < n; ++i) out[i] = std::sin(seed * static_cast<float>(i + 1));
      return out;
    };
    q = fill(static_cast<std::size_t>(S * (D + 3)), 0.37f);
    k = fill(static_cast<std::size_t>(T * D), 0.71f);
    v = fill(static_cast<std::size_t>(T * D), 0.13f);
    o.assign(static_cast<std::size_t>(S * D), NAN);
    args = {sizeof(HeadArgs), S,       T,        D,       q.data(), {D + 3, 1},
            k.data(),         {D, 1},  v.data(), {D, 1},  o.data(), {D, 1},
            nullptr,          nullptr, 1,        nullptr, nullptr};
  }
  void provide(const HeadKernel& f, std::int64_t workers) {
    workspace.assign(static_cast<std::size_t>(f.workspace(&args)), NAN);
    scratch.assign(static_cast<std::size_t>(f.scratch(&args) * workers), NAN);
    args.workspace = workspace.empty() ? nullptr : workspace.data();
    args.scratch = scratch.empty() ? nullptr : scratch.data();
    args.workers = workers;
  }
  // Largest difference to softmax(Q K^T / sqrt(D)) V in double.
  double error() const {
    double worst = 0;
    for (std::int64_t i = 0; i < S; ++i) {
      std::vector<double> s(static_cast<std::size_t>(T));
      double m = -INFINITY, z = 0;
      for (std::int64_t j = 0; j < T; ++j) {
        double x = 0;
        for (std::int64_t l = 0; l < D; ++l) {
          x += double(q[std::size_t(i * (D + 3) + l)]) * double(k[std::size_t(j * D + l)]);
        }
        s[std::size_t(j)] = x / std::sqrt(double(D));
        m = std::max(m, s[std::size_t(j)]);
      }
      for (double x : s) z += std::exp(x - m);
      for (std::int64_t c = 0; c < D; ++c) {
        double y = 0;
        for (std::int64_t j = 0; j < T; ++j) {
          y += std::exp(s[std::size_t(j)] - m) / z * double(v[std::size_t(j * D + c)]);
        }
        const double d = std::abs(y - double(o[std::size_t(i * D + c)]));
        if (!(d <= worst)) worst = d;  // NaN stays
      }
    }
    return worst;
  }
};

}  // namespace minimoa::test
