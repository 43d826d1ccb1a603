// Tiles of keys as uses of equations: reduce-split, osm-fold (osm-skip where a
// mask excludes whole tiles), block-state, fold-lift, vector-fold; then what
// the rows of a tile read again is staged around them.
//
// May be wrong: the condition of a tile is weaker than need be where the mask
// is not affine; then more is computed and loaded than the mask asks for.
#include "prover/schedule/tiles.h"

#include <algorithm>

#include "prover/schedule/rows.h"
#include "prover/schedule/skip.h"

namespace minimoa {

bool is_osm(const Term& t) { return t->op == Op::kRed && t->name == "osm"; }

std::size_t split_keys(Deriver* d, const Position& red, const Axes& axes, const Tile& tile) {
  const Term n = at(d->term(), red)->kids[0];
  Hints h;
  h.names["J"] = outer_name(*d, axes.key);
  if (tile.whole()) {
    d->step("reduce-whole", red, h);
    return 0;
  }
  h.sub["?B"] = std::to_string(tile.size);
  h.names["t"] = d->fresh_name("t");
  if (n->op == Op::kInt && n->value % tile.size == 0) {
    h.sub["?q"] = std::to_string(n->value / tile.size);
    d->step("reduce-split-even", red, h);
    return 0;
  }
  d->step("reduce-split", red, h);
  const Position guard = child(child(red, 2), 1);
  if (at(d->term(), guard)->kids[1]->op == Op::kTrue) d->step("and-true", guard);
  return 1;
}

namespace {

// The state that merging does not change, for states of d columns.
Term identity_state(const Term& d) {
  const Term zero = mk(Op::kReal, {mk_int(0)});
  return mk(Op::kTup, {mk(Op::kBottom), zero, mk_bind(Op::kGen, "c", d, zero)});
}

}  // namespace

bool exclude_tiles(Deriver* d, const Position& red, Binders variables, std::size_t tail) {
  const Position tile = child(red, 2);
  const Term t = at(d->term(), tile);
  const std::vector<Term> guard = conjuncts(t->kids[1]);
  variables.push_back({t->binders[0], t->kids[0]});
  const auto condition = tile_condition(conjunction(guard, tail, guard.size()), variables);
  if (!condition) return false;
  Hints h;
  h.sub["?g"] = print(*condition);
  h.sub["?y"] = print(identity_state(t->kids[2]->kids[2]->kids[0]));
  d->step("guard-intro", child(tile, 2), h);
  return true;
}

void lift_condition(Deriver* d, const Position& gen) {
  d->step("gen-if", gen);
  d->step("eta", child(gen, 2), {}, true);
}

void refuse_tables(const Deriver& d, const Position& tile) {
  const Term t = at(d.term(), tile);
  if (alpha_equal(t->kids[0], mk_int(1))) return;  // no last tile is smaller
  const auto read = [&](const Term& u) { return u->op == Op::kMem && mentions(u, t->binders[0]); };
  for (const Position& p : find_all(t->kids[1], read)) refuse_table(at(t->kids[1], p));
}

void sum_by_key(Deriver* d, const Position& below) {
  const auto sums = [](const Term& t) {
    return t->op == Op::kGen && t->kids[1]->op == Op::kAdd && t->kids[1]->kids[1]->op == Op::kRed;
  };
  const auto trivial = [](const Term& t) {
    return t->op == Op::kIf && t->kids[0]->op == Op::kTrue;
  };
  d->step("vector-fold", d->first(sums, below));
  while (d->has(trivial, below)) d->step("if-true", d->first(trivial, below));
}

Position fold_tiles(Deriver* d, const Position& red, const std::optional<Binders::value_type>& row,
                    Skip skip, std::size_t tail) {
  if (tail > 0) refuse_tables(*d, child(red, 2));
  const bool together = skip == Skip::kTiles;
  const bool skipped = skip != Skip::kNothing &&
                       exclude_tiles(d, red, row && together ? Binders{*row} : Binders{}, tail);
  d->step(skipped ? "osm-skip" : "osm-fold", red);
  Hints h;
  h.names["x"] = d->fresh_name("s");
  const Position merge = child(red, 2);
  d->step("block-state", skipped ? child(merge, 1) : merge, h);
  Position step = merge;
  if (row) {
    const Position states(red.begin(), red.end() - 1);
    d->step("fold-lift", states);
    step = child(states, 2);
    if (skipped && together) lift_condition(d, step);
  }
  if (skipped && (together || !row)) step.push_back(1);
  sum_by_key(d, step);
  return step;
}

Position stage_key_tile(Deriver* d, const Position& host, const std::string& tile,
                        const std::string& row, std::size_t tail) {
  const auto reads = reads_below(*d, host, [&](const Term& read, const Binders&) {
    return mentions(read, tile) && !mentions(read, row);
  });
  guard_reads(d, host, reads, tail);
  return stage_reads(d, host, reads);
}

}  // namespace minimoa
