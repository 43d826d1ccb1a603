// Keys in two halves, each loaded once: all rows meet the first half, and their
// states go to slow memory; then each row's state is read, the second half is
// merged, and the output is written.
//
// The order with keys outermost whose first tile reads no state and whose last
// one stores none: beside the keys, 2 n dk + 3 n dv words and the statistics.
// Where that is less than rows outside move, and why not more than two tiles of
// keys: docs/data-movement.md.
// May be wrong: see attention.cpp.
#include <algorithm>

#include "prover/schedule/forms.h"
#include "prover/schedule/rows.h"
#include "prover/schedule/tiles.h"

namespace minimoa {
namespace {

bool below_half(const Binders& below, const Term& half) {
  return std::any_of(below.begin(), below.end(),
                     [&](const auto& b) { return alpha_equal(b.second, half); });
}

// Keys of the half that rows read again: buffers around all rows.
Position stage_half(Deriver* d, const Position& host, const std::string& row, const Term& half) {
  const auto reads = reads_below(*d, host, [&](const Term& read, const Binders& below) {
    return !mentions(read, row) && below_half(below, half);
  });
  guard_reads(d, host, reads, 0);
  return stage_reads(d, host, reads);
}

// What one row reads for each key of the half.
Position stage_one_row(Deriver* d, const Position& host, const std::string& row, const Term& half) {
  const auto reads = reads_below(*d, host, [&](const Term& read, const Binders& below) {
    return mentions(read, row) && !below_half(below, half);
  });
  guard_reads(d, host, reads, 0);
  return stage_reads(d, host, reads);
}

// (red osm (j n) ..)  -->  osmerge of the states of two halves.
void cut(Deriver* d, const Position& red, const Term& n) {
  Hints h;
  h.sub["?h"] = print(mk(Op::kIntDiv, {mk(Op::kAdd, {n, mk_int(1)}), mk_int(2)}));
  h.sub["?k"] = print(mk(Op::kIntDiv, {n, mk_int(2)}));
  h.names["t"] = d->fresh_name("t");
  d->step("osm-cut", red, h);
}

// The first half: states of all rows, made in fast memory and copied out.
// `depth`: the axes of the slow array, the row last.
void first_half(Deriver* d, const Axes& axes, const Schedule& s, std::size_t depth) {
  Position rows(depth, 1);
  rows[0] = 0;
  const std::string row = at(d->term(), rows)->binders[0];
  const Position state = child(rows, 1);
  const Term half = at(d->term(), state)->kids[0];
  d->step("osm-copy", state);
  const Position red = child(state, 0);
  split_keys(d, red, axes, {axes.key, 0, {}});
  fold_tiles(d, red, std::nullopt, Skip::kNothing, 0);
  if (names(axes, s.stage, *axes.row)) stage_one_row(d, state, row, half);
  if (names(axes, s.stage, axes.key)) stage_half(d, rows, row, half);
}

// The second half: merged into a row's state where the row is written.
void second_half(Deriver* d, const Axes& axes, const Schedule& s) {
  const auto merges = [](const Term& t) { return t->op == Op::kOsMerge; };
  const Position merge = d->first(merges, {1});
  const Term half = at(d->term(), child(merge, 1))->kids[0];
  Hints h;
  h.names["x"] = d->fresh_name("s");
  d->step("block-state", merge, h);
  sum_by_key(d, merge);
  const auto maximum = [](const Term& t) {
    return t->op == Op::kGet && t->value == 0 && t->kids[0]->op == Op::kPsi;
  };
  d->share(merge, at(d->term(), d->first(maximum, merge)), "m");
  const Position loop = d->loop(*axes.row);
  if (names(axes, s.stage, *axes.row)) stage_one_row(d, child(loop, 1), *axes.row, half);
  if (names(axes, s.stage, axes.key)) stage_half(d, loop, *axes.row, half);
}

}  // namespace

void keys_in_halves(Deriver* d, const Axes& axes, const Schedule& s,
                    const std::vector<std::string>& parallel) {
  const Position red = d->first(is_osm);
  cut(d, red, at(d->term(), red)->kids[0]);
  std::vector<std::string> over = axes.batch;
  over.push_back(*axes.row);
  std::vector<std::pair<std::string, Term>> extents;
  for (const std::string& v : over) extents.push_back({v, at(d->term(), d->loop(v))->kids[0]});
  const Position first = child(red, 0);
  d->stage(first, extents);
  d->share({}, operand_of(at(d->term(), first)), "half");
  second_half(d, axes, s);
  first_half(d, axes, s, over.size());
  place_definition(d, over, parallel);
}

}  // namespace minimoa
