// Values of the reference interpreter and arithmetic on them.
//
// An array of tuples is kept as a tuple of arrays (parts), so that every leaf
// is one row-major vector. Reals are finite; two infinities stand outside of
// them: -inf is `bottom`, the maximum of nothing, +inf the minimum of nothing.
// Any other operation that would take or give an infinity is a fault.
// May be wrong: a real input that is not finite must be stopped before it
// gets here (interpret_compile.h, read of an input), or it would pass as
// bottom.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "spec/lang/interpret.h"

namespace minimoa::interpret {

// Thrown inside the interpreter only; becomes a Diagnostic at its boundary.
struct Fault {
  std::string code, message;
};

using Extents = std::vector<std::int64_t>;

inline std::string show(const Extents& v) {
  std::string out = "<";
  for (std::size_t k = 0; k < v.size(); ++k) out += (k ? " " : "") + std::to_string(v[k]);
  return out + ">";
}

inline constexpr std::int64_t kMaxElements = std::int64_t{1} << 28;

// Number of elements; a fault above kMaxElements.
inline std::int64_t count(const Extents& shape) {
  std::int64_t total = 1;
  for (std::int64_t n : shape) {
    if (n < 0) throw Fault{"E0701", "negative extent " + std::to_string(n)};
    if (n != 0 && total > kMaxElements / n) {
      throw Fault{"E0709", "an array of shape " + show(shape) +
                               " is larger than the interpreter's limit of " +
                               std::to_string(kMaxElements) + " elements"};
    }
    total *= n;
  }
  return total;
}

template <typename Real>
struct Value {
  Extents shape;                                    // without the cells of parts
  std::vector<Real> data;                           // empty if there are parts
  std::vector<std::shared_ptr<const Value>> parts;  // each: shape ++ own shape
};
template <typename Real>
using ValuePtr = std::shared_ptr<const Value<Real>>;

// The value of the first `rank` axes at row-major position `at`.
template <typename Real>
ValuePtr<Real> load_cell(const Value<Real>& v, std::size_t rank, std::int64_t at) {
  auto out = std::make_shared<Value<Real>>();
  out->shape.assign(v.shape.begin() + static_cast<std::ptrdiff_t>(rank), v.shape.end());
  for (const auto& part : v.parts) out->parts.push_back(load_cell(*part, rank, at));
  if (!v.parts.empty()) return out;
  const std::int64_t cell = count(out->shape);
  out->data.assign(v.data.begin() + at * cell, v.data.begin() + (at + 1) * cell);
  return out;
}

// Result element i of the outer axes is element source(i) of the first `rank`
// axes of v; the other axes are kept.
template <typename Real, typename Source>
ValuePtr<Real> gather(const Value<Real>& v, std::size_t rank, const Extents& outer,
                      const Source& source) {
  auto out = std::make_shared<Value<Real>>();
  out->shape = outer;
  out->shape.insert(out->shape.end(), v.shape.begin() + static_cast<std::ptrdiff_t>(rank),
                    v.shape.end());
  for (const auto& part : v.parts) out->parts.push_back(gather(*part, rank, outer, source));
  if (!v.parts.empty()) return out;
  std::int64_t cell = 1;
  for (std::size_t k = rank; k < v.shape.size(); ++k) cell *= v.shape[k];
  out->data.reserve(static_cast<std::size_t>(count(out->shape)));
  const std::int64_t n = count(outer);
  for (std::int64_t i = 0; i < n; ++i) {
    const auto from = v.data.begin() + source(i) * cell;
    out->data.insert(out->data.end(), from, from + cell);
  }
  return out;
}

template <typename Real>
Real bottom() {
  return -std::numeric_limits<Real>::infinity();
}

inline bool finite(const double& x) { return std::isfinite(x); }
inline bool finite(const Quad& x) {
  // Exponents above that of zero stand for infinity and NaN; the library's
  // isfinite says the same, slower.
  return x.backend().exponent() <= Quad::backend_type::exponent_zero;
}

template <typename Real>
[[noreturn]] void not_real(const char* what, const Real& x, const Real& y) {
  if (finite(x) && finite(y)) {
    throw Fault{"E0707", std::string(what) + ": the result is not a finite number"};
  }
  throw Fault{"E0707", std::string(what) + " of bottom (the maximum or minimum of nothing)"};
}

template <typename Real>
const Real& checked(const char* what, const Real& r, const Real& x, const Real& y) {
  if (!finite(r)) not_real(what, x, y);
  return r;
}

template <typename Real>
void need_finite(const char* what, const Real& x) {
  if (!finite(x)) not_real(what, x, x);
}

struct Add {
  template <typename R>
  R operator()(const R& x, const R& y) const {
    return checked("sum", R(x + y), x, y);
  }
};
struct Sub {
  template <typename R>
  R operator()(const R& x, const R& y) const {
    return checked("difference", R(x - y), x, y);
  }
};
struct Mul {
  template <typename R>
  R operator()(const R& x, const R& y) const {
    return checked("product", R(x * y), x, y);
  }
};
struct Divide {
  template <typename R>
  R operator()(const R& x, const R& y) const {
    if (y == 0) throw Fault{"E0706", "division by zero"};
    need_finite("quotient", y);
    return checked("quotient", R(x / y), x, y);
  }
};
struct Max {
  template <typename R>
  R operator()(const R& x, const R& y) const {
    return x < y ? y : x;
  }
};
struct Min {
  template <typename R>
  R operator()(const R& x, const R& y) const {
    return y < x ? y : x;
  }
};
struct Neg {
  template <typename R>
  R operator()(const R& x) const {
    need_finite("negation", x);
    return -x;
  }
};
struct Exp {
  template <typename R>
  R operator()(const R& x) const {
    using std::exp;
    need_finite("exp", x);
    return checked("exp", R(exp(x)), x, x);
  }
};
struct Exp2 {
  double operator()(const double& x) const {
    need_finite("exp2", x);
    return checked("exp2", std::exp2(x), x, x);
  }
  Quad operator()(const Quad& x) const {
    need_finite("exp2", x);
    return checked("exp2", Quad(pow(Quad(2), x)), x, x);
  }
};
struct Log {
  template <typename R>
  R operator()(const R& x) const {
    using std::log;
    need_finite("log", x);
    if (x <= 0) throw Fault{"E0707", "log of a number that is not positive"};
    return log(x);
  }
};
struct Sqrt {
  template <typename R>
  R operator()(const R& x) const {
    using std::sqrt;
    need_finite("sqrt", x);
    if (x < 0) throw Fault{"E0707", "sqrt of a negative number"};
    return sqrt(x);
  }
};
struct Tanh {
  template <typename R>
  R operator()(const R& x) const {
    using std::tanh;
    need_finite("tanh", x);
    return tanh(x);
  }
};
struct ExpSub {  // 0 if x is bottom, else exp(x - y)
  template <typename R>
  R operator()(const R& x, const R& y) const {
    if (x == bottom<R>()) return R(0);
    return Exp{}(Sub{}(x, y));
  }
};

// A pointwise operator on values; one operand may have rank 0.
template <typename Real, typename F>
ValuePtr<Real> pointwise(const F& f, const Value<Real>& a, const Value<Real>& b) {
  auto out = std::make_shared<Value<Real>>();
  const bool a0 = a.shape.empty(), b0 = b.shape.empty();
  if (!a0 && !b0 && a.shape != b.shape) {
    throw Fault{"E0701", "pointwise operator on shapes " + show(a.shape) + " and " + show(b.shape)};
  }
  out->shape = a0 ? b.shape : a.shape;
  const std::size_t n = a0 ? b.data.size() : a.data.size();
  out->data.reserve(n);
  for (std::size_t i = 0; i < n; ++i)
    out->data.push_back(f(a.data[a0 ? 0 : i], b.data[b0 ? 0 : i]));
  return out;
}

template <typename Real>
ValuePtr<Real> scalar_value(Real x) {
  auto out = std::make_shared<Value<Real>>();
  out->data.push_back(std::move(x));
  return out;
}

// Merge of two softmax states (m, z, o); see FORMAT.md section 1.
template <typename Real>
ValuePtr<Real> merge_states(const Value<Real>& s, const Value<Real>& t) {
  const auto top = pointwise(Max{}, *s.parts[0], *t.parts[0]);
  const auto u = pointwise(ExpSub{}, *s.parts[0], *top);
  const auto v = pointwise(ExpSub{}, *t.parts[0], *top);
  auto out = std::make_shared<Value<Real>>();
  out->parts.push_back(top);
  for (std::size_t k = 1; k < 3; ++k) {
    out->parts.push_back(
        pointwise(Add{}, *pointwise(Mul{}, *s.parts[k], *u), *pointwise(Mul{}, *t.parts[k], *v)));
  }
  return out;
}

// Sum of values of one type, component by component.
template <typename Real>
ValuePtr<Real> add_values(const Value<Real>& s, const Value<Real>& t) {
  if (s.parts.empty()) return pointwise(Add{}, s, t);
  auto out = std::make_shared<Value<Real>>();
  out->shape = s.shape;
  for (std::size_t k = 0; k < s.parts.size(); ++k)
    out->parts.push_back(add_values(*s.parts[k], *t.parts[k]));
  return out;
}

}  // namespace minimoa::interpret
