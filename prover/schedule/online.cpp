// The online softmax: a fold that merges one tile of keys after the other, for
// all rows of a tile at once (the order of FlashAttention-2).
//
// softmax-merge, osm-share; rows split, guarded and staged, for-let-expand; then
// tiles of keys (tiles.cpp). Other orders of the same reduction: slow_state.cpp.
// May be wrong: see attention.cpp.
#include "prover/schedule/forms.h"
#include "prover/schedule/lanes.h"
#include "prover/schedule/rows.h"
#include "prover/schedule/tiles.h"

namespace minimoa {
namespace {

// The rows of a tile, or all rows, become an array of states: gen r. red osm.
// Returns the row variable with its bound.
std::pair<std::string, Term> expand_rows(Deriver* d, const Axes& axes, const Schedule& s) {
  const bool staged = names(axes, s.stage, *axes.row);
  const Tile* const tile = tile_of(axes, s, *axes.row);
  std::string r = *axes.row;
  if (tile->whole()) {
    if (staged) stage_rows(d, d->loop(r), r, axes, std::nullopt);
  } else {
    r = split_rows(d, *axes.row, tile->size);
    const Position when = child(d->loop(r), 1);
    const Term guard = at(d->term(), when)->kids[0];
    if (staged) stage_rows(d, d->loop(r), r, axes, guard);
    const Position inner = child(d->loop(r), 1);
    guard_row_reads(d, child(child(inner, 1), 0), guard, r);
    d->step("when-let", inner);
  }
  const Term bound = at(d->term(), d->loop(r))->kids[0];
  d->step("for-let-expand", d->loop(r));
  return {r, bound};
}

// Row tiles outermost: states in fast memory.
void rows_outer(Deriver* d, const Axes& axes, const Schedule& s) {
  const Tile& keys = *tile_of(axes, s, axes.key);
  const bool staged = names(axes, s.stage, axes.key);
  if (staged && keys.whole()) {
    stage_whole_keys(d, axes.row ? d->loop(*axes.row) : first_statement_below(*d, axes.batch),
                     axes);
  }
  if (!s.retains.empty()) retain_keys(d, d->loop(*axes.row), axes, s.retains[0].size);
  std::optional<Binders::value_type> row;
  if (axes.row) row = expand_rows(d, axes, s);
  const Position red = d->first(is_osm);
  const std::size_t tail = split_keys(d, red, axes, keys);
  const std::string tile = at(d->term(), red)->binders[0];
  const bool skip = names(axes, s.skip, axes.key);
  const Position step = fold_tiles(d, red, row, skip ? Skip::kTiles : Skip::kNothing, tail);
  if (staged && !keys.whole()) stage_key_tile(d, step, tile, row ? row->first : "", tail);
}

}  // namespace

Position first_statement_below(const Deriver& d, const std::vector<std::string>& batch) {
  return batch.empty() ? Position{} : child(d.loop(batch.back()), 1);
}

void online(Deriver* d, const Axes& axes, const Schedule& s,
            const std::vector<std::string>& parallel) {
  d->step("softmax-merge", put_operand(*d));
  lift_lets_out_of_put(d);
  d->step("osm-share", d->loop(axes.col));
  if (!s.outer.empty()) return keys_outer(d, axes, s, parallel);
  if (!s.splits.empty()) return keys_in_parts(d, axes, s, parallel);
  if (!s.halve.empty()) return keys_in_halves(d, axes, s, parallel);
  if (!s.lanes.empty()) return rows_in_lanes(d, axes, s);
  rows_outer(d, axes, s);
}

}  // namespace minimoa
