// What the members of a family cost, at given sizes, without deriving each.
//
// The idea: two members with different tiles are derived; where their loop
// programs differ, they differ in literals that are tile sizes, less one, or
// one divided by another. With names there instead, one loop program stands
// for all members, and the certificate's own walks (footprint.h, sites.h) give
// its footprint and its sites; count.h counts them at given sizes.
// May be wrong: for a member whose derivation takes another turn. Two further
// members are compared with the model when it is made, and whoever uses a
// member derives it and compares the costs (check_member).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "prover/cost/cost.h"
#include "prover/schedule/derive.h"
#include "prover/search/count.h"
#include "prover/search/family.h"

namespace minimoa {

struct MemberTraffic {
  Int words = 0;
  bool exact = true;     // false: some condition was taken as true
  bool complete = true;  // false: words is a part of it, not less than `enough`
};

class FamilyModel {
 public:
  // Fails where the order does not apply to the spec, or cannot be counted.
  static Result<FamilyModel> make(const Spec& spec, const RuleTable& rules, const Derivation& onf,
                                  const Family& family);

  Int footprint(const TileSizes& tiles, const SmallSizes& dims) const;
  // Loads and stores; stops once the sum is `enough`. Nothing: not countable.
  std::optional<MemberTraffic> traffic(const TileSizes& tiles, const SmallSizes& dims,
                                       const std::optional<Int>& enough = std::nullopt) const;

 private:
  struct Site {
    std::vector<Term> factors;
    std::vector<std::size_t> nests;
  };
  // Where parts of keys consist of whole tiles the loop program is another one.
  struct Program {
    std::vector<Term> footprints;
    std::vector<NestCount> nests;
    std::vector<Site> sites;
    bool exact = true;
  };
  const Program& program(const TileSizes& tiles) const;
  SmallSizes with_tiles(const TileSizes& tiles, const SmallSizes& dims) const;

  std::vector<std::string> names_;  // of the tile sizes in the loop programs
  std::vector<std::size_t> whole_;  // {part, tile}: parameters that may divide
  Program plain_, even_;
};

// Derives a member in full and gives its footprint and traffic by the closed
// forms of its certificate (traffic: nothing where it has none).
struct MemberCosts {
  Int footprint;
  std::optional<Int> traffic;
};
Result<std::vector<MemberCosts>> check_member(const Spec& spec, const RuleTable& rules,
                                              const Derivation& onf, const Schedule& member,
                                              const std::vector<Sizes>& points);

}  // namespace minimoa
