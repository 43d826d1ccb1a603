// How often a nest of loops runs its body, at given sizes, without a closed form.
//
// The idea: at given sizes every condition is linear in the loop variables.
// The two innermost loops are a polygon, whose points are a sum of trapezoids;
// loops around them are run. So a nest costs as many steps as its outer loops
// have iterations, whatever the size of the inner ones.
// May be wrong: tests compare with running all loops and with closed forms.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "prover/bounds/value.h"
#include "prover/cost/sites.h"

namespace minimoa {

using SmallSizes = std::map<std::string, std::int64_t>;

class NestCount {
 public:
  // Nothing unless every bound and condition is linear in the loop variables
  // once dimensions have values.
  static std::optional<NestCount> of(const Nest& nest, const Spec& spec);
  // Iterations of the outer loops, roughly: the price of at().
  std::int64_t steps(const SmallSizes& sizes) const;
  // Nothing if that takes too many steps or numbers. A count of `enough` or more
  // may be a part of it.
  std::optional<Int> at(const SmallSizes& sizes,
                        const std::optional<Int>& enough = std::nullopt) const;

 private:
  std::size_t depth_ = 0;
  std::vector<Term> bounds_;
  std::vector<Term> slacks_;  // each >= 0
};

}  // namespace minimoa
