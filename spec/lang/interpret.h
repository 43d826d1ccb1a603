// Reference interpreter: evaluates any term straight from the meaning of its
// operators (FORMAT.md section 1), in double or in a 113-bit float. It shares
// nothing with the rewriter: no rule, no normal form.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include "spec/lang/spec.h"

namespace minimoa {

using Quad = boost::multiprecision::cpp_bin_float_quad;  // 113 bits

template <typename Real>
struct Tensor {
  std::vector<std::int64_t> shape;
  std::vector<Real> data;  // row-major; i32 inputs hold whole numbers
};

// Sizes for all dimensions, arrays for all inputs. Result has the output's shape.
template <typename Real>
Result<Tensor<Real>> evaluate(const Spec& spec, const std::map<std::string, std::int64_t>& dims,
                              const std::map<std::string, Tensor<Real>>& inputs);
// The same for any term of type Stmt (e.g. a loop program): what it writes.
template <typename Real>
Result<Tensor<Real>> evaluate_statement(const Spec& spec, const Term& statement,
                                        const std::map<std::string, std::int64_t>& dims,
                                        const std::map<std::string, Tensor<Real>>& inputs);

}  // namespace minimoa
