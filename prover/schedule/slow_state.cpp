// The online softmax with its states in slow memory.
//
// keys_outer: a tile of keys is loaded once and merged into the states of all
// rows, which are read and written for every tile (FlashAttention-1's order).
// keys_in_parts: the keys are cut into parts, each part's states are computed
// as tasks of their own, and the last phase merges them (split-KV).
// May be wrong: see attention.cpp.
#include <algorithm>

#include "prover/schedule/forms.h"
#include "prover/schedule/rows.h"
#include "prover/schedule/tiles.h"

namespace minimoa {

void place_definition(Deriver* d, const std::vector<std::string>& axes,
                      const std::vector<std::string>& parallel) {
  d->step("place-slow", {});
  Position p = {0};
  for (const std::string& v : axes) {
    if (std::find(parallel.begin(), parallel.end(), v) == parallel.end()) return;
    d->step("place-parallel-gen", p);
    p.push_back(1);
  }
}

namespace {

// The scalar component k of a state, read in several places, is read once.
void share_component(Deriver* d, const Position& host, std::int64_t k, const std::string& name) {
  const auto reads = [&](const Term& t) {
    return t->op == Op::kGet && t->value == k && t->kids[0]->op == Op::kPsi;
  };
  d->share(host, at(d->term(), d->first(reads, host)), name);
}

// The sum over a tile's keys is made in fast memory, then copied to the state.
void sum_in_fast_memory(Deriver* d, const Position& below) {
  const Position sum = d->first([](const Term& t) { return t->op == Op::kFold; }, below);
  d->share(sum, at(d->term(), sum), "w");
  d->step("eta", child(sum, 1));
}

// One row's part of the merge of a tile at `host`: what it reads again is
// staged or shared.
void one_row(Deriver* d, Position host, const std::string& row, const std::string& tile,
             bool staged) {
  if (staged) {
    const auto reads = reads_below(*d, host, [&](const Term& read, const Binders&) {
      return mentions(read, row) && !mentions(read, tile);
    });
    guard_reads(d, host, reads, 0);
    host = stage_reads(d, host, reads);
  }
  share_component(d, host, 0, "m");
  sum_in_fast_memory(d, child(host, 1));
}

}  // namespace

void keys_outer(Deriver* d, const Axes& axes, const Schedule& s,
                const std::vector<std::string>& parallel) {
  const std::string& row = *axes.row;
  const Binders::value_type rows{row, at(d->term(), d->loop(row))->kids[0]};
  d->step("for-let-expand", d->loop(row));
  const Position red = d->first(is_osm);
  const std::size_t tail = split_keys(d, red, axes, *tile_of(axes, s, axes.key));
  const std::string tile = at(d->term(), red)->binders[0];
  const bool skip = names(axes, s.skip, axes.key);
  Position step = fold_tiles(d, red, rows, skip ? Skip::kRows : Skip::kNothing, tail);
  if (names(axes, s.stage, axes.key)) step = stage_key_tile(d, step, tile, row, tail);
  Position merge = child(step, 1);
  if (at(d->term(), merge)->op == Op::kIf) merge.push_back(1);
  one_row(d, merge, row, tile, names(axes, s.stage, row));
  for (auto v = axes.batch.rbegin(); v != axes.batch.rend(); ++v) {
    d->step("for-let-expand", d->loop(*v));
  }
  place_definition(d, axes.batch, parallel);
  d->beta({1});
  share_component(d, d->loop(axes.col), 1, "z");
  // Read before the test for an empty row, so that how often it is read is known.
  const Position element = put_operand(*d);
  const auto column = [](const Term& t) {
    return t->op == Op::kPsi && operand_of(t)->op == Op::kGet;
  };
  d->share(element, at(d->term(), d->first(column, element)), "o");
}

namespace {

// The state of a part of the keys becomes an element of a slow array over the
// loops, the parts and the rows of a tile, in this order; the last phase merges
// the parts. Returns the axes: by its own name, the tiles of rows by the name of
// the row axis, the parts by that of the keys.
std::vector<std::string> store_parts(Deriver* d, const Axes& axes, const std::string& row) {
  const auto is_fold = [](const Term& t) { return t->op == Op::kFold; };
  const Term fold = at(d->term(), d->first(is_fold));
  std::vector<std::pair<std::string, Term>> over;
  std::vector<std::string> roles;
  for (const Position& p : d->loops()) {
    const Term loop = at(d->term(), p);
    const std::string& v = loop->binders[0];
    if (v == axes.col || v == row) continue;
    over.push_back({v, loop->kids[0]});
    const bool batch = std::find(axes.batch.begin(), axes.batch.end(), v) != axes.batch.end();
    roles.push_back(batch ? v : *axes.row);
  }
  over.push_back({fold->binders[0], fold->kids[0]});
  roles.push_back(axes.key);
  if (!row.empty()) over.push_back({row, at(d->term(), d->loop(row))->kids[0]});
  const Position red = d->first(is_osm);
  d->stage(red, over);
  d->share({}, operand_of(at(d->term(), red)), "parts");
  const Position merge = child(d->first(is_fold, {1}), 2);
  d->step("let-inline", merge);
  share_component(d, merge, 0, "m");
  return roles;
}

// The definition of the parts, below `depth` axes: the states of the rows of a
// tile are folded in fast memory and copied out.
void fold_part(Deriver* d, const Axes& axes, const Schedule& s, bool row, std::size_t depth) {
  Position host(depth + 1, 1);
  host[0] = 0;
  const Term top = at(d->term(), host);
  const std::string r = row ? top->binders[0] : "";
  const std::string part = at(d->term(), Position(host.begin(), host.end() - 1))->binders[0];
  if (row && names(axes, s.stage, *axes.row)) {
    auto reads = reads_below(*d, host, [&](const Term& read, const Binders&) {
      return mentions(read, r) && !mentions(read, part);
    });
    for (Position& p : reads) {  // with the guard of the row tail, if there is one
      const Position branch(p.begin(), p.end() - 1);
      if (at(d->term(), branch)->op == Op::kIf) p = branch;
    }
    guard_reads(d, host, reads, 0);
    host = stage_reads(d, host, reads);
  }
  d->step("osm-copy", row ? child(host, 1) : host);
  if (row) d->step("gen-let-expand", host);
  const Position red = row ? child(child(host, 0), 1) : child(host, 0);
  // With the guard of the last part.
  const std::size_t tail = 1 + split_keys(d, red, axes, *tile_of(axes, s, axes.key));
  const std::string tile = at(d->term(), red)->binders[0];
  const bool skip = names(axes, s.skip, axes.key);
  std::optional<Binders::value_type> rows;
  if (row) rows = {r, at(d->term(), child(host, 0))->kids[0]};
  const Position step = fold_tiles(d, red, rows, skip ? Skip::kTiles : Skip::kNothing, tail);
  if (names(axes, s.stage, axes.key)) stage_key_tile(d, step, tile, r, tail);
}

// The tiles of rows, guarded, or all rows; returns the row variable, if any.
std::string tile_rows(Deriver* d, const Axes& axes, const Schedule& s) {
  if (!axes.row) return "";
  const Tile* const tile = tile_of(axes, s, *axes.row);
  if (tile->whole()) return *axes.row;
  const std::string r = split_rows(d, *axes.row, tile->size);
  const Position when = child(d->loop(r), 1);
  guard_row_reads(d, child(child(when, 1), 0), at(d->term(), when)->kids[0], r);
  return r;
}

void cut_keys(Deriver* d, const Position& red, const Axes& axes, std::int64_t size) {
  Hints h;
  h.sub["?B"] = std::to_string(size);
  h.names["J"] = d->fresh_name("P");
  h.names["t"] = d->fresh_name(axes.key);
  d->step("reduce-split", red, h);
  const Position guard = child(child(red, 2), 1);
  if (at(d->term(), guard)->kids[1]->op == Op::kTrue) d->step("and-true", guard);
  d->step("osm-combine", red);
}

}  // namespace

void keys_in_parts(Deriver* d, const Axes& axes, const Schedule& s,
                   const std::vector<std::string>& parallel) {
  const std::string row = tile_rows(d, axes, s);
  cut_keys(d, d->first(is_osm), axes, s.splits[0].size);
  const std::vector<std::string> roles = store_parts(d, axes, row);
  fold_part(d, axes, s, !row.empty(), roles.size());
  place_definition(d, roles, parallel);
}

}  // namespace minimoa
