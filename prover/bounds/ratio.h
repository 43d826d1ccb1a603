// How far the traffic of a schedule is from lower bounds, proved for all sizes
// of a region: the claim `ratio` of a certificate (FORMAT.md, section 13).
//
// For each `bound` line of the schedule: the region and the fast memory, a
// proof that the footprint fits, one for each condition of the theorem, and
// the smallest ratio p / q that is found with a proof of
//     q * denominator * traffic <= p * numerator.
// The ratio is first read off at corners of the region, then raised until a
// proof is found: a larger one than needed may come out, never a smaller one.
// May be wrong: nothing here is trusted; the audit states every claim itself.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "prover/bounds/instance.h"
#include "prover/bounds/region.h"
#include "prover/bounds/theorem.h"

namespace minimoa {

struct RatioClaim {
  Theorem theorem;
  Term words;
  bool own_words = false;  // the schedule's footprint
  Region region;
  Sizes point;  // lies in the region
  std::vector<nlohmann::json> fits, hypotheses;
  Int p, q;
  nlohmann::json proof;
  bool is_one() const { return p == q; }
  bool optimal() const { return is_one() && theorem.counted == Counted::kTotal; }
};

struct RatioClaims {
  std::vector<RatioClaim> claims;
  std::vector<std::string> left_out;  // "bound ..: why"
  std::optional<ProductInstance> product;
};

struct RatioSubject {
  const Spec& spec;
  const Derivation& derivation;
  const Costs& costs;
  const Recognised& what;
  const Theorems& theorems;
};
// E0511 unknown theorem, E0512 empty region, E0613 the footprint does not fit,
// E0616 the ratio is larger than `within`, E0617 the theorem does not apply.
Result<RatioClaims> prove_ratios(const RatioSubject& subject, const std::vector<BoundLine>& lines);

// 1.058 for 1058/1000; p/q where that is no short decimal.
std::string ratio_text_of(const RatioClaim& claim);

}  // namespace minimoa
