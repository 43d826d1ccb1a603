// Terms at concrete sizes as formulas over the reals, for Z3.
//
// Binders are unfolded; elements of inputs are free reals. A real carries
// whether it is bottom, and its exponential: exp is a positive function E of
// which nothing else is used but exp(a - b) = expsub(a, b) = E(a) / E(b) and
// expsub(bottom, x) = 0. E of a choice is the choice of the E's, so no
// uninterpreted function is left for the solver. May be wrong: this is a
// third reading of FORMAT.md section 1, written without the other two.
#pragma once

#include <z3++.h>

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/rules/example_fixture.h"

namespace minimoa::test {

struct SymReal {
  z3::expr value;
  z3::expr bottom;              // Bool
  std::optional<z3::expr> exp;  // E(value), if it has been asked for
};

struct Sym;
using SymPtr = std::shared_ptr<const Sym>;

// An index, a real, a tuple, or an array of these.
struct Sym {
  enum class Kind { kIndex, kReal, kTuple, kArray };
  Kind kind = Kind::kIndex;
  std::int64_t index = 0;
  std::vector<std::int64_t> shape;  // kArray, rank >= 1
  std::vector<SymPtr> items;        // elements in row-major order; parts
  std::shared_ptr<SymReal> real;
};

class Encoder {
 public:
  Encoder(z3::context& context, const Example& example, const Spec& spec);

  // What the statement writes, by index.
  using Writes = std::map<std::vector<std::int64_t>, SymPtr>;
  Writes run(const Term& statement);

  // Facts about E, and "divisors are not zero" for what run() met while
  // assume_defined was set.
  z3::expr_vector facts();
  bool assume_defined = false;

  z3::expr differ(const SymPtr& a, const SymPtr& b);

 private:
  using Env = std::map<std::string, SymPtr>;
  [[noreturn]] static void fail(const Term& t, const std::string& what);

  void write(const Term& t, const Env& env, Writes* out);
  SymPtr eval(const Term& t, const Env& env);
  SymPtr eval_array(const Term& t, const Env& env);
  SymPtr eval_exp(const Term& t, const Env& env);
  SymPtr eval_if(const Term& t, const Env& env);
  SymPtr eval_red(const Term& t, const Env& env);
  SymPtr eval_frame(const Term& t, const Env& env);
  SymPtr eval_tran(const Term& t, const Env& env);
  SymPtr eval_product(const Term& t, const Env& env);
  SymPtr product_at(const Term& t, const SymPtr& a, const SymPtr& b, std::vector<std::int64_t> p,
                    std::vector<std::int64_t> q, std::int64_t n);
  SymPtr eval_omega(const Term& t, const Env& env);
  SymPtr eval_cells(const Term& t, const Env& env);
  std::vector<SymPtr> unfold(const Term& t, std::size_t body, const Term& guard, const Env& env);
  SymPtr zero_like(const SymPtr& a);
  SymPtr arithmetic(const std::string& op, const SymPtr& a, const SymPtr& b);
  std::int64_t index(const Term& t, const Env& env);
  std::vector<std::int64_t> indices(const Term& t, const Env& env);
  std::optional<bool> known(const Term& t, const Env& env);
  z3::expr boolean(const Term& t, const Env& env);

  SymPtr make_index(std::int64_t v) const;
  SymPtr make_real(const z3::expr& v);
  SymPtr make_bottom();
  SymPtr make_array(std::vector<std::int64_t> shape, std::vector<SymPtr> items) const;
  SymPtr make_tuple(std::vector<SymPtr> parts) const;
  SymPtr input(const Array& a);
  SymPtr stack(const std::vector<SymPtr>& cells, const SymPtr& empty) const;

  static std::vector<std::int64_t> shape_of(const SymPtr& a);
  static SymPtr select(const SymPtr& a, const std::vector<std::int64_t>& p);

  z3::expr exponential(const SymPtr& a);
  SymPtr exp_of_difference(const SymPtr& a, const SymPtr& b);
  SymPtr expsub(const SymPtr& a, const SymPtr& b);
  SymPtr choose(const z3::expr& c, const SymPtr& a, const SymPtr& b);
  SymPtr maximum(const SymPtr& a, const SymPtr& b);
  SymPtr divide(const SymPtr& a, const SymPtr& b);
  SymPtr scalar(const std::string& op, const SymPtr& a, const SymPtr& b);
  SymPtr pointwise(const std::string& op, const SymPtr& a, const SymPtr& b);
  SymPtr combine(const std::string& f, const SymPtr& a, const SymPtr& b);
  SymPtr merge(const SymPtr& a, const SymPtr& b);
  SymPtr reduce(const std::string& f, const std::vector<SymPtr>& xs);

  z3::context& context_;
  std::map<std::string, std::int64_t> sizes_;
  Env globals_;
  std::vector<std::pair<z3::expr, z3::expr>> exps_;  // (x, E(x))
  std::vector<z3::expr> defined_;
  std::vector<z3::expr> path_;
};

}  // namespace minimoa::test
