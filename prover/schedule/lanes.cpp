// Rows in lanes: the rows of a tile side by side in vector registers, one key
// after the other (reference: cpu-kernel-notes.md, "queries across lanes").
//
// The states of a tile's rows become one array by fold-lift, and the loop over
// it is the lanes; nothing of the term says so but its Placement. So that the
// inner loops are those of a fast kernel, the same equations as everywhere are
// used: the score's divisor moves to the query (red-div, div-mul), tiles of
// keys come in kinds (if-same) - all seen; all there, some masked; the last
// one - each with the guards it needs and no other, and rows are normalised
// before they are written.
// May be wrong: a score in which the divisor is somewhere else keeps it for
// every pair, and a mask that is not affine has no kind that is all seen; both
// are slower, not wrong.
#include "prover/schedule/lanes.h"

#include <algorithm>

#include "prover/schedule/forms.h"
#include "prover/schedule/rows.h"
#include "prover/schedule/skip.h"
#include "prover/schedule/tiles.h"

namespace minimoa {
namespace {

// A divisor of scores moves to the query: (sum q*k) / w  -->  sum (q / w) * k.
void divide_queries(Deriver* d, const Position& score, const std::string& key) {
  const auto scaled = [&](const Term& t) {
    return t->op == Op::kDiv && t->kids[0]->op == Op::kRed && t->kids[0]->name == "add" &&
           t->kids[0]->kids[1]->op == Op::kTrue && t->kids[0]->kids[2]->op == Op::kMul &&
           !mentions(t->kids[1], key);
  };
  if (!d->has(scaled, score)) return;
  const Position p = d->first(scaled, score);
  d->step("red-div", p, {}, true);
  const Position quotient = child(p, 2);
  const Position product = child(quotient, 0);
  if (mentions(at(d->term(), product)->kids[0], key)) d->step("mul-comm", product);
  d->step("div-mul", quotient, {}, true);
}

// Where a factor of a sum over products is divided, it is multiplied instead, by
// what is the same for all rows: (q / w) * k  -->  (q * (1/w)) * k. Returns 1/w.
std::optional<Term> reciprocal(Deriver* d, const Position& score, const std::string& row) {
  const auto divided = [](const Term& t) {
    return t->op == Op::kDiv && t->kids[0]->op == Op::kMem;
  };
  if (!d->has(divided, score)) return std::nullopt;
  const Position p = d->first(divided, score);
  if (!enclosing(*d, d->loop(row), child(p, 1)).empty()) return std::nullopt;
  d->step("div-reciprocal", p);
  return at(d->term(), child(p, 1));
}

// What a row writes becomes an array y of its own, with one division:
// for c. put (o[c] / z)  -->  let y = (let i = 1/z in gen c. o[c] * i) in for c. put y[c];
// both where z is not 0.
void normalise(Deriver* d, const std::string& col) {
  const Position loop = d->loop(col);
  Hints h;
  h.names["i"] = col;
  d->step("put-gen", loop, h, true);
  const Position whole = child(loop, at(d->term(), loop)->kids.size() - 1);
  const auto quotient = [](const Term& t) {
    return t->op == Op::kIf && t->kids[0]->op == Op::kIsZero && t->kids[2]->op == Op::kDiv;
  };
  const Position choice = d->first(quotient, whole);
  d->step("div-nonzero", choice);
  d->share(whole, at(d->term(), child(child(choice, 2), 1)), d->fresh_name("inv"));
  d->share(loop, at(d->term(), whole), d->fresh_name("y"));
  const Position put = child(loop, 1);
  const Position y = child(put, at(d->term(), put)->kids.size() - 1);
  Hints element;
  element.names["i"] = d->fresh_name(col);
  d->step("eta", y, element);
  d->step("put-gen", put, element);
}

// The reads of rows, with the arithmetic around them that mentions no key, go
// to a buffer around the rows.
void stage_queries(Deriver* d, const Position& host, const std::string& r, const Axes& axes,
                   const Term& guard) {
  const std::string key = at(d->term(), d->first(is_osm))->binders[0];
  const auto reads = reads_below(*d, host, [&](const Term& read, const Binders& below) {
    const bool keyed = std::any_of(below.begin(), below.end(), [&](const auto& b) {
      return b.first != r && alpha_equal(b.second, axes.keys);
    });
    return mentions(read, r) && !keyed;
  });
  guard_reads(d, host, reads, 0, guard);
  std::vector<Position> wholes;
  for (Position p : reads) {
    for (;;) {
      const Position above(p.begin(), p.end() - 1);
      const Term t = at(d->term(), above);
      if (t->op != Op::kMul || mentions(t, key)) break;
      p = above;
    }
    wholes.push_back(p);
  }
  stage_reads(d, host, wholes);
}

// The value shared by the let around the row loop is renamed in its first axis.
void rename_rows(Deriver* d, const Position& array, const std::string& lane) {
  Hints h;
  h.names["i"] = lane;
  d->step("eta", array, h);
  d->step("psi-gen", child(array, 1));
  d->step("psi-empty", child(array, 1));
}

// One kind of tile.
struct Tiles {
  std::string s, t, u, c,
      rest;  // names: scores, keys of an array, of a sum, columns, keys of the last tile
};

void merge(Deriver* d, const char* rule, const Position& p, const Tiles& n, const std::string& t) {
  Hints h;
  h.names["x"] = n.s;
  h.names["t"] = t;
  h.names["u"] = n.u;
  h.names["c"] = n.c;
  d->step(rule, p, h);
  // Sums first: what they are added to would wait in registers meanwhile.
  const auto rescaled = [](const Term& x) {
    return x->op == Op::kAdd && x->kids[0]->op == Op::kMul && x->kids[1]->op == Op::kRed;
  };
  while (d->has(rescaled, p)) d->step("add-comm", d->first(rescaled, p));
}

// A tile of which all keys are seen by all rows: no guard is left.
void merge_whole(Deriver* d, const Position& p, const Tiles& n) {
  const bool open = at(d->term(), child(p, 1))->kids[1]->op == Op::kTrue;
  merge(d, "block-state", p, n, n.t);
  if (open) return d->step("if-true", child(child(p, 0), 1));
  d->step("guard-intro", child(child(p, 0), 1), {}, true);
  const auto guarded = [](const Term& t) {
    return t->op == Op::kRed && t->name == "add" && t->kids[1]->op != Op::kTrue;
  };
  const Position body = child(p, 1);
  const Position sum = d->first(guarded, body);
  Hints h;
  h.names["j"] = n.u;
  d->step("red-if", sum, h);
  d->step("guard-intro", child(sum, 2), {}, true);
}

// The last tile of a mask: reads of keys that are not there are guarded.
void merge_last(Deriver* d, const Position& p, const Tiles& n, const Term& there) {
  const Position tile = child(p, 1);
  const std::string t = at(d->term(), tile)->binders[0];
  const auto reads =
      reads_below(*d, tile, [&](const Term& read, const Binders&) { return mentions(read, t); });
  for (auto q = reads.rbegin(); q != reads.rend(); ++q) guard_read(d, *q, there);
  merge(d, "block-state-open", p, n, n.rest);
}

// x  -->  if k then x else x.
void two_kinds(Deriver* d, const Position& p, const Term& k) {
  Hints h;
  h.sub["?g"] = print(k);
  d->step("if-same", p, h, true);
}

// The merge at p, of tiles guarded by `tail` conditions that say that a key is
// there and a mask, in the kinds that there are.
void merge_kinds(Deriver* d, Position p, const std::string& row, const Term& rows, std::size_t tail,
                 const Tiles& n) {
  const Term tile = at(d->term(), child(p, 1));
  const std::vector<Term> all = conjuncts(tile->kids[1]);
  const bool masked = all.size() > tail && all[tail]->op != Op::kTrue;
  const Binders key = {{tile->binders[0], tile->kids[0]}};
  const Binders pair = {key[0], {row, rows}};
  const Term there = conjunction(all, 0, tail);
  const auto whole = whole_condition(tile->kids[1], pair);
  if (!masked && tail == 0) return merge_whole(d, p, n);
  if (whole) {
    two_kinds(d, p, *whole);
    merge_whole(d, child(p, 1), n);
    p.push_back(2);
  }
  if (!masked) return merge(d, "block-state", p, n, n.rest);
  if (tail > 0) {
    two_kinds(d, p, *whole_condition(there, key));
    merge_last(d, child(p, 2), n, there);
    p.push_back(1);
  }
  merge(d, "block-state-open", p, n, n.t);
}

// The arrays over the rows of a tile, shared around the loop that writes rows.
std::vector<std::string> row_arrays(const Deriver& d, const Position& loop) {
  std::vector<std::string> out;
  Position p;
  for (const std::size_t k : loop) {
    const Term t = at(d.term(), p);
    if (t->op == Op::kLet && k == 1 && !d.type_at(child(p, 0)).shape.empty()) {
      out.push_back(t->binders[0]);
    }
    p.push_back(k);
  }
  return out;
}

}  // namespace

void rows_in_lanes(Deriver* d, const Axes& axes, const Schedule& s) {
  const Tile& keys = *tile_of(axes, s, axes.key);
  const std::string row = *axes.row;
  const Position score = child(child(d->first(is_osm), 2), 0);
  divide_queries(d, score, at(d->term(), d->first(is_osm))->binders[0]);
  const auto scale = reciprocal(d, score, row);
  normalise(d, axes.col);
  const std::string r = split_rows(d, row, tile_of(axes, s, row)->size);
  const Term guard = at(d->term(), child(d->loop(r), 1))->kids[0];
  if (scale) d->share(d->loop(r), *scale, d->fresh_name("scale"));
  stage_queries(d, d->loop(r), r, axes, guard);
  const Position loop = d->loop(r);
  guard_row_reads(d, child(child(child(loop, 1), 1), 0), guard, r);
  // States, then written rows, leave the guard and become arrays.
  for (int k = 0; k < 2; ++k) {
    d->step("when-let", child(d->loop(r), 1));
    d->step("for-let-expand", d->loop(r));
  }
  const std::string lane = d->fresh_name("l");
  Position array = d->loop(r);
  array.back() = 0;  // the let around the row loop: let y = gen r. .. in for r. ..
  rename_rows(d, array, lane);

  Position red = d->first(is_osm);
  const std::size_t tail = split_keys(d, red, axes, keys);
  if (tail > 0) refuse_tables(*d, child(red, 2));
  const Position states(red.begin(), red.end() - 1);
  const Term rows = at(d->term(), states)->kids[0];
  const bool skipped = names(axes, s.skip, axes.key) && exclude_tiles(d, red, {{r, rows}}, tail);
  Hints fold;
  fold.names["st"] = d->fresh_name("run");
  d->step(skipped ? "osm-skip" : "osm-fold", red, fold);
  const Tiles n = {d->fresh_name("s"), d->fresh_name("t"), d->fresh_name("u"),
                   d->fresh_name(axes.col), d->fresh_name("w")};
  const Position step = child(red, 2);
  merge_kinds(d, skipped ? child(step, 1) : step, r, rows, tail, n);
  Hints lift;
  lift.names["r"] = lane;
  d->step("fold-lift", states, lift);
  if (skipped) lift_condition(d, child(states, 2));

  Placement& place = d->derivation().place;
  place.target = s.target;
  place.width = s.width;
  place.lanes = {lane};
  if (s.unroll > 1) place.unroll = {{n.t, s.unroll}, {n.c, s.unroll}};
  place.turned = row_arrays(*d, d->loop(r));
}

}  // namespace minimoa
