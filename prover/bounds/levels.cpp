// See levels.h.
#include "prover/bounds/levels.h"

#include <algorithm>
#include <set>

#include "prover/cost/footprint.h"

namespace minimoa {
namespace {

Int largest_phase(const Spec& spec, const Term& final_term, const std::set<std::string>& outside,
                  const Placement& place, const Sizes& dims) {
  Int out = 0;
  for (const Term& phase : footprint_terms(spec, final_term, outside, place)) {
    out = std::max(out, words_needed(phase, dims));
  }
  return out;
}

}  // namespace

std::optional<Outside> outside_of(const Spec& spec, const Term& final_term, const Sizes& dims,
                                  const Int& words, const Placement& place) {
  const std::vector<Buffer> buffers = buffers_of(spec, final_term, place);
  std::vector<std::pair<Int, std::string>> by_size;
  for (const Buffer& b : buffers) by_size.emplace_back(words_needed(b.words, dims), b.name);
  std::stable_sort(by_size.begin(), by_size.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::set<std::string> outside;
  for (auto next = by_size.begin();
       largest_phase(spec, final_term, outside, place, dims) > words;) {
    if (next == by_size.end()) return std::nullopt;
    outside.insert((next++)->second);
  }
  Prover prover(spec);
  prover.divisors(spec.core, final_term);
  Outside out{{}, costs_of(spec, final_term, &prover, outside, place)};
  for (const Buffer& b : buffers) {
    if (outside.erase(b.name) > 0) out.buffers.push_back(b.name);
  }
  return out;
}

}  // namespace minimoa
