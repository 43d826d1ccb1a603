// Strict reader and writer of NumPy's .npy files, versions 1.0 and 2.0.
//
// Accepted: little-endian f4, f8, i4, i8 in C order, the exact header that
// NumPy writes (keys descr, fortran_order, shape, each once), exactly as many
// bytes as the shape says. All else is a Diagnostic (E0901); nothing is
// evaluated and nothing is guessed.
// May be wrong: a header that NumPy would accept and that is written in
// another style (other quotes are fine, Python expressions are not) is refused.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "spec/lang/diagnostic.h"

namespace minimoa {

using NpyData = std::variant<std::vector<float>, std::vector<double>, std::vector<std::int32_t>,
                             std::vector<std::int64_t>>;

struct NpyArray {
  std::vector<std::int64_t> shape;
  NpyData data;  // row-major
};

// "<f4", "<f8", "<i4" or "<i8".
std::string npy_dtype(const NpyArray& a);

// path is used in diagnostics only.
Result<NpyArray> parse_npy(const std::string& bytes, const std::string& path);
std::string format_npy(const NpyArray& a);

Result<NpyArray> read_npy(const std::string& path);
// Through a temporary file in the same folder and a rename.
Result<bool> write_npy(const std::string& path, const NpyArray& a);

}  // namespace minimoa
