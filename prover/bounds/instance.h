// What the lower bounds need to know about a spec: is its output a softmax-
// weighted mean with explicit products, of how many rows, keys and pairs?
//
// Read from the ONF, before any schedule. Rows of different heads are
// different rows; keys are the same where the reads of K and V are the same.
// May be wrong: it must not see an explicit product where there is none, or
// count a pair twice; then a bound would be too large. Whatever it does not
// recognise gets no bound, with the reason.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "prover/bounds/counts.h"
#include "prover/schedule/derive.h"

namespace minimoa {

// What a certificate says about the instance beside its numbers.
struct ProductEvidence {
  std::size_t column = 0;                              // which loop of the output, from 0
  std::vector<std::pair<Term, nlohmann::json>> heads;  // of quotients: how many, proofs
  LoopCount pairs;
  std::optional<LoopCount> rows, cols;  // cols: of one set of keys
};

struct ProductInstance {
  std::string query, key, value;  // input arrays
  Term dk, dv;                    // elements of a key, of an output row
  Term n, m;                      // rows that read the same keys; keys
  Term heads;                     // sets of keys
  Multiple pairs, rows, cols;     // exact; at least; at least
  ProductEvidence evidence;
  bool dense = false;  // no mask
  // Generic names (n m d dk dv h b) -> dimensions, where these are plain.
  std::map<std::string, std::vector<std::string>> roles;
};

struct Recognised {
  std::optional<ProductInstance> instance;
  std::string why;    // there is no instance: the reason
  Term output_words;  // elements of the output
};

Recognised recognise(const Spec& spec, const RuleTable& rules, const Derivation& derivation);

}  // namespace minimoa
