// Shared by the tests of the interpreter: terms as text over named arrays with
// literal shapes, evaluated in double or Quad.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "spec/lang/interpret.h"

namespace minimoa::test {

using Numbers = std::vector<double>;
using Shape = std::vector<std::int64_t>;
struct Named {
  std::string name;
  Shape shape;
  Numbers data;
  Elem elem = Elem::kF32;
};

inline Term term(const std::string& text) {
  std::string error;
  const auto t = parse_term(text, &error);
  if (!t) throw std::runtime_error(error + " in " + text);
  return *t;
}

inline Array array(const std::string& name, const Shape& shape, Elem elem = Elem::kF32) {
  Array a;
  a.name = name;
  a.elem = elem;
  for (std::int64_t n : shape) a.shape.push_back(mk_int(n));
  return a;
}

inline Array array(const std::string& name, const std::vector<std::string>& shape,
                   Elem elem = Elem::kF32) {
  Array a;
  a.name = name;
  a.elem = elem;
  for (const std::string& n : shape) a.shape.push_back(term(n));
  return a;
}

inline Spec spec_over(const Shape& out, const std::vector<Named>& inputs) {
  Spec s;
  s.name = "test";
  s.path = "test.moa";
  for (const Named& n : inputs) s.inputs.push_back(array(n.name, n.shape, n.elem));
  s.output = array("O", out);
  s.core = term("(real 0)");
  return s;
}

template <typename Real = double>
std::map<std::string, Tensor<Real>> tensors(const std::vector<Named>& inputs) {
  std::map<std::string, Tensor<Real>> out;
  for (const Named& n : inputs)
    out[n.name] = {n.shape, std::vector<Real>(n.data.begin(), n.data.end())};
  return out;
}

inline std::string text(const std::vector<Diagnostic>& ds) {
  std::string out;
  for (const Diagnostic& d : ds) out += d.code + ": " + d.message + "\n";
  return out;
}

// The value of a term; `out` is the shape that it must have.
template <typename Real = double>
Numbers value(const std::string& core, const Shape& out, const std::vector<Named>& inputs = {}) {
  Spec s = spec_over(out, inputs);
  s.core = term(core);
  const auto r = evaluate<Real>(s, {}, tensors<Real>(inputs));
  REQUIRE_MESSAGE(r.ok(), core, " gave ", (r.ok() ? "" : text(r.errors())));
  CHECK(r.value().shape == out);
  Numbers n;
  for (const Real& x : r.value().data) n.push_back(static_cast<double>(x));
  return n;
}

// What a statement writes into an output of that shape.
inline Numbers written(const std::string& statement, const Shape& out,
                       const std::vector<Named>& inputs = {}) {
  const Spec s = spec_over(out, inputs);
  const auto r = evaluate_statement<double>(s, term(statement), {}, tensors(inputs));
  REQUIRE_MESSAGE(r.ok(), statement, " gave ", (r.ok() ? "" : text(r.errors())));
  return r.value().data;
}

// The code of the diagnostic that a term or statement gives, "" if none.
inline std::string code_of(const std::string& core, const Shape& out,
                           const std::vector<Named>& inputs = {}) {
  Spec s = spec_over(out, inputs);
  const Term t = term(core);
  const auto r = evaluate_statement<double>(
      s, t->op == Op::kPut || t->op == Op::kFor || t->op == Op::kWhen ? t : mk_put({}, t), {},
      tensors(inputs));
  return r.ok() ? "" : r.errors().front().code;
}

inline void check_near(const Numbers& got, const Numbers& want, double tolerance = 1e-12) {
  REQUIRE(got.size() == want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CAPTURE(i);
    CHECK(got[i] == doctest::Approx(want[i]).epsilon(tolerance).scale(1));
  }
}

// Numbers in (-1, 1) from a fixed generator.
inline Numbers noise(std::size_t n, std::uint64_t seed) {
  Numbers out;
  std::uint64_t s = seed * 2654435761U + 1;
  for (std::size_t i = 0; i < n; ++i) {
    s = s * 6364136223846793005U + 1442695040888963407U;
    out.push_back(static_cast<double>(static_cast<std::int64_t>(s >> 40)) / (1 << 23) - 1.0);
  }
  return out;
}

}  // namespace minimoa::test
