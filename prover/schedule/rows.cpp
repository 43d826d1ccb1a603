// What both forms of the softmax do with rows: split them, stage what they
// read, or stage all keys around them.
//
// A read belongs to the key if it mentions a binder whose bound is the number
// of keys. May be wrong: a sum inside a score over as many terms as there are
// keys looks the same; then a buffer holds more or less than it should, which
// the footprint shows and the values do not.
#include "prover/schedule/rows.h"

#include <algorithm>
#include <cctype>

#include "prover/schedule/stage.h"

namespace minimoa {

std::string outer_name(const Deriver& d, const std::string& v) {
  std::string outer = v;
  outer[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(outer[0])));
  if (outer == v) outer += "o";
  return d.fresh_name(outer);
}

std::string split_rows(Deriver* d, const std::string& row, std::int64_t size) {
  Hints h;
  h.sub["?B"] = std::to_string(size);
  h.names["I"] = outer_name(*d, row);
  h.names["r"] = d->fresh_name("r");
  d->step("for-split", d->loop(row), h);
  return h.names["r"];
}

// Reads that could leave the array in the row tail get the tail's guard.
void guard_row_reads(Deriver* d, const Position& value, const Term& guard, const std::string& r) {
  const auto reads = find_all(at(d->term(), value),
                              [&](const Term& t) { return t->op == Op::kMem && mentions(t, r); });
  // Innermost last: a read inside the index of a read comes later in pre-order.
  for (auto it = reads.rbegin(); it != reads.rend(); ++it) {
    Position p = value;
    p.insert(p.end(), it->begin(), it->end());
    guard_read(d, p, guard);
  }
}

namespace {

bool has_key(const Binders& below, const Axes& axes, const std::string& row) {
  return std::any_of(below.begin(), below.end(), [&](const auto& b) {
    return b.first != row && alpha_equal(b.second, axes.keys);
  });
}

}  // namespace

void stage_rows(Deriver* d, const Position& host, const std::string& row, const Axes& axes,
                const std::optional<Term>& guard) {
  const auto reads = reads_below(*d, host, [&](const Term& read, const Binders& below) {
    return mentions(read, row) && !has_key(below, axes, row);
  });
  if (guard) {
    for (const Position& p : reads) guard_read(d, p, *guard);
  }
  stage_reads(d, host, reads);
}

void stage_whole_keys(Deriver* d, const Position& host, const Axes& axes) {
  const std::string row = axes.row.value_or("");
  const auto reads = reads_below(*d, host, [&](const Term& read, const Binders& below) {
    return !mentions(read, row) && has_key(below, axes, row);
  });
  guard_reads(d, host, reads, 0);
  stage_reads(d, host, reads);
}

}  // namespace minimoa
