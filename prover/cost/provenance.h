// What the words of a flow hold, for attention: inputs, private values of a
// pair (score, weight), row statistics, partial sums of an output element.
//
// The idea: nothing is declared. A word's content follows from the operators
// that made it: a product of q and k elements belongs to their pair, a maximum
// over pairs is a statistic of their row, a weight times an element of v is a
// partial sum. Class A (bounds.md section 2.3) is what these rules accept.
// May be wrong: a value that the rules do not know is `kOther`, which no output
// may depend on; they never check the function that a weight is of its score.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "prover/cost/flow.h"

namespace minimoa::cost {

// Rows and keys are counted over all heads: row i belongs to head i / rows.
struct AttentionShape {
  std::int64_t heads = 1, rows = 1, keys = 1, dk = 1, dv = 1;
  std::size_t query = 0, key = 1, value = 2, output = 3;        // numbers of arrays
  std::function<bool(std::int64_t, std::int64_t)> admits{};     // within a head; null: all
  bool admitted(std::int64_t row, std::int64_t key_row) const;  // counted over all heads
  std::int64_t pairs() const;
};

struct Content {
  enum class Kind { kConstant, kQuery, kKey, kValue, kPair, kStatistic, kSum, kOther };
  Kind kind = Kind::kConstant;
  std::int64_t row = 0;  // kKey, kValue: the key
  std::int64_t col = 0;  // inputs and kSum: the column; kPair: the key
  // kPair: the columns whose products are in it; kSum: the keys.
  std::shared_ptr<const std::vector<bool>> parts;
};

class Provenance {
 public:
  explicit Provenance(const AttentionShape& shape) : shape_(shape) {}
  Content loaded(std::size_t array, std::int64_t element) const;  // of an input
  Content computed(Op op, const Content& a) const;
  // product: the result is a weight times an element of v.
  Content computed(Op op, const Content& a, const Content& b, bool* product) const;
  bool complete(const Content& sum, std::int64_t element) const;  // an output element

 private:
  Content with_constant(Op op, const Content& x, bool constant_first) const;
  Content with_statistic(Op op, const Content& x, const Content& s, bool statistic_first) const;
  Content of_pairs(Op op, const Content& a, const Content& b) const;
  Content weighted(const Content& pair, const Content& v, bool* product) const;

  const AttentionShape& shape_;
};

}  // namespace minimoa::cost
