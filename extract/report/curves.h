// Traffic against the size of fast memory: the curves of a report.
//
// This schedule: the closed forms of its certificate, from its footprint on.
// Lower bounds: the rows of spec/bounds at each size. Known orders: formulas
// for one set of keys without a mask, times the sets; they are not certified
// and are drawn only where the spec has no mask.
// May be wrong: the formulas of the known orders count whole records and forget
// a few words of scalars.
#pragma once

#include "extract/report/chart.h"
#include "prover/bounds/table.h"

namespace minimoa {

// Words moved at the sizes of `at`, over sizes of fast memory from a few
// rows to where compulsory traffic is reached.
html::Chart traffic_chart(const Subject& subject, const TableAt& at);

// Orders of loops that the literature knows, for one set of keys: words moved
// with S words of fast memory; nothing where a tile of one row does not fit.
struct Shape {
  Int n, m, dk, dv;
};
std::optional<Int> rows_outside(const Shape& s, const Int& S);  // FlashAttention-2
std::optional<Int> keys_outside(const Shape& s, const Int& S);  // FlashAttention-1
Int stored_scores(const Shape& s);

}  // namespace minimoa
