// The sizes that a claim about a ratio speaks of: some dimensions fixed,
// conditions on the others, within what the spec allows (FORMAT.md, section 13).
// May be wrong: samples are only a selection; what holds for all sizes of a
// region is proved elsewhere.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "prover/bounds/value.h"
#include "spec/lang/spec.h"

namespace minimoa {

struct Region {
  std::map<std::string, std::int64_t> at;
  std::vector<Term> where;

  // The term with the literals of `at`; operators of two literals are replaced
  // by their values, inner ones first.
  Term fixed(const Term& t) const;
  // What is left to prove about: the free dimensions and the requires.
  Spec fixed(const Spec& spec) const;
  bool holds(const Spec& spec, const Sizes& sizes) const;
};

// Sizes of the region at its corners, around multiples of the literal divisors
// in `terms`, and where dimensions that it compares are equal; never many.
std::vector<Sizes> samples(const Spec& spec, const Region& region, const std::vector<Term>& terms);
// Makes the free dimensions smaller, one after the other, while `bad` stays true.
Sizes smallest(const Spec& spec, const Region& region, Sizes sizes,
               const std::function<bool(const Sizes&)>& bad);
// "S=3 T=4", in the order of the dimensions.
std::string sizes_text(const Spec& spec, const Sizes& sizes);
// "n = 4, S <= T"; empty: all sizes.
std::string region_text(const Spec& spec, const Region& region);

}  // namespace minimoa
