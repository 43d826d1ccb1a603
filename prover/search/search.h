// The member of a family, and the family, with the least traffic that fits.
//
// The idea: traffic depends on a tile size through how many tiles there are, so
// for n elements only the sizes ceil(n / q), q = 1, 2, .., can matter (the least
// size for each number of tiles), 2 sqrt(n) of them, not n. From several
// members that fit, all of these are tried for one tile size after the other
// until none of them is better. What is tried and why the end of it is the best
// of its family: spec/COST.md, section 6.
// May be wrong: where a mask makes a family's traffic fall and rise in more than
// one tile size at once, the best of each line need not be the best of all;
// tests compare with all members at small sizes.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "prover/search/model.h"

namespace minimoa {

struct SearchPoint {
  SmallSizes dims;
  Int words;  // fast memory
};

struct Member {
  TileSizes tiles;
  std::vector<Int> footprints, traffic;  // at each point
  Int words = 0;                         // traffic of all points
  Int footprint = 0;                     // the largest
  bool exact = true;
};

struct FamilyBest {
  std::size_t family = 0;      // which of the families
  std::optional<Member> best;  // of those that fit
  TileSizes smallest;          // nothing fits: tiles of the smallest footprint
  Int least_footprint = 0;
  std::vector<Diagnostic> why;  // not searched: the reason
};

class FamilySearch {
 public:
  FamilySearch(const Spec& spec, const RuleTable& rules, const Derivation& onf,
               std::vector<Family> families);

  const std::vector<Family>& families() const { return families_; }
  // Of each family the best: those that fit first, by traffic, then footprint,
  // then the order of the families.
  std::vector<FamilyBest> run(const std::vector<SearchPoint>& points);
  // One member's costs; nothing if they cannot be counted.
  std::optional<Member> cost(std::size_t family, const TileSizes& tiles,
                             const std::vector<SearchPoint>& points) const;

 private:
  FamilyBest run(std::size_t family, const std::vector<SearchPoint>& points);

  std::vector<Family> families_;
  std::vector<std::optional<FamilyModel>> models_;
  std::vector<std::vector<Diagnostic>> why_;
  // Traffic that was counted before, by family, tiles and point.
  using Counted = std::map<SmallSizes, std::optional<MemberTraffic>>;
  std::map<std::pair<std::size_t, TileSizes>, Counted> counted_;
};

// The sizes of a tile that can matter over the given extents, ascending, at
// most `largest`: ceil(n / q), and `largest` itself.
std::vector<std::int64_t> tile_candidates(const std::vector<std::int64_t>& extents,
                                          std::int64_t largest);

}  // namespace minimoa
