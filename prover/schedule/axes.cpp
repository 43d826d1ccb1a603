// Which loop is a row, which a column; what a schedule may ask of each.
//
// A loop is a column if only the values mention it, a row if only scores and
// mask do, else it belongs to the batch. Everything that a schedule says of an
// axis is checked here, before the first step, so that a refusal names a line.
// May be wrong: a combination that it lets through and that has no derivation
// ends in E0690 or E0610 instead of a message about the line.
#include "prover/schedule/axes.h"

#include <algorithm>

namespace minimoa {

Position put_operand(const Deriver& d) {
  const Position p = d.put();
  return child(p, at(d.term(), p)->kids.size() - 1);
}

WeightedMean mean_of(const Deriver& d) {
  const auto w = weighted_mean(at(d.term(), put_operand(d)));
  if (!w) {
    stuck("E0602",
          "the output element is not a softmax-weighted mean, which this schedule needs; it is: " +
              pretty(at(d.term(), put_operand(d))));
  }
  return *w;
}

std::vector<std::string> loop_names(const Deriver& d) {
  std::vector<std::string> out;
  for (const Position& p : d.loops()) out.push_back(at(d.term(), p)->binders[0]);
  return out;
}

Axes classify(const Deriver& d) {
  const WeightedMean w = mean_of(d);
  Axes axes;
  axes.key = w.j;
  axes.keys = w.n;
  for (const std::string& v : loop_names(d)) {
    const bool in_score = mentions(w.score, v) || mentions(w.guard, v);
    const bool in_value = mentions(w.value, v);
    if (in_value && !in_score) {
      if (!axes.col.empty()) stuck("E0603", "two value axes: " + axes.col + " and " + v);
      axes.col = v;
      continue;
    }
    if (in_score && !in_value) axes.row = v;
    axes.batch.push_back(v);
  }
  if (axes.col.empty()) stuck("E0603", "no output axis is a column of the values");
  if (axes.row) std::erase(axes.batch, *axes.row);
  return axes;
}

// A bubble sort.
void sort_loops(Deriver* d, const std::vector<std::string>& want) {
  const auto rank = [&](const std::string& v) {
    return std::find(want.begin(), want.end(), v) - want.begin();
  };
  for (bool changed = true; changed;) {
    changed = false;
    const std::vector<std::string> have = loop_names(*d);
    for (std::size_t k = 0; k + 1 < have.size(); ++k) {
      if (rank(have[k]) > rank(have[k + 1])) {
        d->step("for-swap", d->loop(have[k]));
        changed = true;
        break;
      }
    }
  }
}

void order_loops(Deriver* d, const Axes& axes) {
  std::vector<std::string> want = axes.batch;
  if (axes.row) want.push_back(*axes.row);
  want.push_back(axes.col);
  sort_loops(d, want);
}

std::vector<std::string> resolve(const Axes& axes, const AxisRef& ref) {
  if (ref.axis == "batch") return axes.batch;
  if (ref.axis == "row") return axes.row ? std::vector{*axes.row} : std::vector<std::string>{};
  if (ref.axis == "col") return {axes.col};
  if (ref.axis == "key") return {axes.key};
  std::vector<std::string> all = axes.batch;
  if (axes.row) all.push_back(*axes.row);
  all.push_back(axes.col);
  all.push_back(axes.key);
  if (std::find(all.begin(), all.end(), ref.axis) != all.end()) return {ref.axis};
  std::string known = "batch row col key";
  for (const std::string& a : all) known += " " + a;
  stuck("E0503", "unknown axis '" + ref.axis + "'; expected one of: " + known, {}, ref.span);
}

bool names(const Axes& axes, const std::vector<AxisRef>& refs, const std::string& axis) {
  return std::any_of(refs.begin(), refs.end(), [&](const AxisRef& r) {
    const auto v = resolve(axes, r);
    return std::find(v.begin(), v.end(), axis) != v.end();
  });
}

const Tile* tile_of(const Axes& axes, const Schedule& s, const std::string& axis) {
  for (const Tile& t : s.tiles) {
    const auto v = resolve(axes, {t.axis, t.span});
    if (std::find(v.begin(), v.end(), axis) != v.end()) return &t;
  }
  return nullptr;
}

namespace {

void check_tiles(const Axes& axes, const Schedule& s) {
  const bool online = s.softmax == SoftmaxForm::kOnline;
  for (const Tile& t : s.tiles) {
    for (const std::string& v : resolve(axes, {t.axis, t.span})) {
      const bool row = axes.row && v == *axes.row && (online || !t.whole());
      // Two passes: all keys resident, or one after the other past a tile of rows.
      const bool stream = t.size == 1 && axes.row && tile_of(axes, s, *axes.row) != nullptr &&
                          names(axes, s.stage, axes.key);
      const bool key = v == axes.key && (online || t.whole() || stream);
      if (!row && !key) {
        stuck("E0504", "axis '" + t.axis + "' cannot be tiled so by this schedule",
              {"tile row N | tile row 64"}, t.span);
      }
    }
  }
  if (!online || !s.halve.empty()) return;
  const bool rows_missing = axes.row && s.outer.empty() && !tile_of(axes, s, *axes.row);
  if (!tile_of(axes, s, axes.key) || rows_missing) {
    stuck("E0506", "an online schedule needs `tile row` and `tile key`", {"tile key 64"},
          s.softmax_span);
  }
}

void check_stages(const Axes& axes, const Schedule& s) {
  const Tile* const keys = tile_of(axes, s, axes.key);
  for (const AxisRef& r : s.stage) {
    const auto v = resolve(axes, r);
    if (v.empty()) continue;  // the spec has no row axis: nothing to stage
    if (s.materialise_scores) {
      stuck("E0505", "nothing is staged where scores are materialised", {}, r.span);
    }
    const bool row = axes.row && v == std::vector{*axes.row};
    const bool key = v == std::vector{axes.key};
    if (!row && !key) stuck("E0505", "only `stage row` and `stage key` are known", {}, r.span);
    if (key && keys == nullptr && s.halve.empty()) {
      stuck("E0505", "two passes over the keys stage no tile of them, only all of them",
            {"add the line | tile key all"}, r.span);
    }
  }
}

// What is stored for all keys, or for all parts of them, has a size.
void one_number_of_keys(const Deriver& d, const Axes& axes, const Span& span) {
  const auto& dims = d.spec().dims;
  for (const std::string& v : free_vars(axes.keys)) {
    if (std::find(dims.begin(), dims.end(), v) != dims.end()) continue;
    stuck("E0504", "the number of keys, " + pretty(axes.keys) + ", is not the same for every row",
          {"tile key 64"}, span);
  }
}

// Keys of the whole range are staged once, outside of the row loop: their
// number must be a size, and the row loop is then no task of its own.
void check_whole_keys(const Deriver& d, const Axes& axes, const Schedule& s) {
  const Tile* const keys = tile_of(axes, s, axes.key);
  if (keys == nullptr) return;
  const bool stream = s.softmax == SoftmaxForm::kTwoPass && !keys->whole();
  if (keys->whole() || stream) one_number_of_keys(d, axes, keys->span);
  if (!keys->whole()) return;
  if (!names(axes, s.stage, axes.key)) {
    if (s.softmax == SoftmaxForm::kOnline) return;
    stuck("E0510", "`tile key all` without `stage key` changes nothing in two passes",
          {"stage key"}, keys->span);
  }
  for (const AxisRef& r : s.parallel) {
    if (axes.row && names(axes, {r}, *axes.row)) {
      stuck("E0510", "the keys are staged once for all rows: rows are no tasks of their own",
            {"parallel batch"}, r.span);
    }
  }
}

void check_whole_rows(const Axes& axes, const Schedule& s) {
  const Tile* const rows = axes.row ? tile_of(axes, s, *axes.row) : nullptr;
  if (rows == nullptr || !rows->whole()) return;
  for (const AxisRef& r : s.parallel) {
    if (names(axes, {r}, *axes.row)) {
      stuck("E0510",
            "`tile row all` makes one tile of the rows: there is nothing to run in parallel",
            {"parallel batch"}, r.span);
    }
  }
}

void check_skip(const Axes& axes, const Schedule& s) {
  for (const AxisRef& r : s.skip) {
    if (resolve(axes, r) != std::vector{axes.key}) {
      stuck("E0505", "only `skip key` is known", {"skip key"}, r.span);
    }
    const Tile* const keys = tile_of(axes, s, axes.key);
    if (s.softmax != SoftmaxForm::kOnline || keys == nullptr || keys->whole()) {
      stuck("E0510", "`skip key` leaves out tiles of keys, and there are none",
            {"softmax online | tile key 64"}, r.span);
    }
  }
}

// Keys that stay are loaded once, outside of the tiles of rows that stream the others.
void check_retained(const Axes& axes, const Schedule& s, const Tile& t, bool tiles) {
  if (!tiles || !names(axes, s.stage, axes.key)) {
    stuck("E0510", "`retain key` needs staged tiles of the other keys",
          {"tile key 64", "stage row key"}, t.span);
  }
  if (!s.outer.empty() || !s.splits.empty()) {
    stuck("E0510", "`retain key` keeps keys for all tiles of rows: no `outer key`, no `split`", {},
          t.span);
  }
  if (!axes.row) stuck("E0503", "no row returns to the keys: there are no rows", {}, t.span);
  for (const AxisRef& r : s.parallel) {
    if (names(axes, {r}, *axes.row)) {
      stuck("E0510", "the keys stay for all rows: rows are no tasks of their own",
            {"parallel batch"}, r.span);
    }
  }
}

// Both halves are loaded whole, around all rows.
void check_halves(const Deriver& d, const Axes& axes, const Schedule& s) {
  for (const AxisRef& r : s.halve) {
    if (resolve(axes, r) != std::vector{axes.key}) {
      stuck("E0505", "only `halve key` is known", {"halve key"}, r.span);
    }
    if (!axes.row) {
      stuck("E0503", "`halve key` stores the states of rows: there are none", {}, r.span);
    }
    if (s.softmax != SoftmaxForm::kOnline) {
      stuck("E0510", "`halve key` merges states, which two passes have not", {"softmax online"},
            r.span);
    }
    if (!s.tiles.empty() || !s.outer.empty() || !s.splits.empty() || !s.skip.empty()) {
      stuck("E0510", "`halve key` makes the only tiles: no `tile`, `outer`, `split`, `skip`", {},
            r.span);
    }
    one_number_of_keys(d, axes, r.span);
    for (const AxisRef& p : s.parallel) {
      if (names(axes, {p}, *axes.row)) {
        stuck("E0510", "the keys are loaded once for all rows: rows are no tasks of their own",
              {"parallel batch"}, p.span);
      }
    }
  }
}

// One more order at a time, and each over tiles of keys.
void check_order(const Deriver& d, const Axes& axes, const Schedule& s) {
  const Tile* const keys = tile_of(axes, s, axes.key);
  const bool tiles = s.softmax == SoftmaxForm::kOnline && keys != nullptr && !keys->whole();
  for (const AxisRef& r : s.outer) {
    if (resolve(axes, r) != std::vector{axes.key}) {
      stuck("E0505", "only `outer key` is known", {"outer key"}, r.span);
    }
    if (!tiles) stuck("E0510", "`outer key` needs tiles of keys", {"tile key 64"}, r.span);
    if (!axes.row) stuck("E0503", "`outer key` keeps rows inside, and there are none", {}, r.span);
    if (tile_of(axes, s, *axes.row) != nullptr || !s.splits.empty()) {
      stuck("E0510", "`outer key` takes the rows one by one: no `tile row`, no `split`", {},
            r.span);
    }
  }
  for (const Tile& t : s.splits) {
    if (resolve(axes, {t.axis, t.span}) != std::vector{axes.key} || t.whole()) {
      stuck("E0505", "only `split key N` is known", {"split key 1024"}, t.span);
    }
    if (!tiles) stuck("E0510", "`split key` needs tiles of keys", {"tile key 64"}, t.span);
    one_number_of_keys(d, axes, t.span);
  }
  for (const Tile& t : s.retains) {
    if (resolve(axes, {t.axis, t.span}) != std::vector{axes.key} || t.whole()) {
      stuck("E0505", "only `retain key N` is known", {"retain key 448"}, t.span);
    }
    check_retained(axes, s, t, tiles);
  }
  for (const AxisRef& r : s.parallel) {
    if (s.splits.empty() && names(axes, {r}, axes.key)) {
      stuck("E0510", "keys are tasks only in parts", {"split key 1024"}, r.span);
    }
  }
}

// Lanes hold the rows of a tile; the orders that keep states elsewhere have none.
void check_lanes(const Axes& axes, const Schedule& s) {
  if (s.lanes.empty()) return;
  const Span& span = s.lanes[0].span;
  if (s.lanes.size() > 1 || s.lanes[0].axis == "col" || s.lanes[0].axis == "batch" || !axes.row ||
      resolve(axes, s.lanes[0]) != std::vector{*axes.row}) {
    stuck("E0505", "only `lanes row` is known, of a spec that has rows", {"lanes row"}, span);
  }
  const Tile* const rows = tile_of(axes, s, *axes.row);
  const Tile* const keys = tile_of(axes, s, axes.key);
  if (s.softmax != SoftmaxForm::kOnline || rows == nullptr || rows->whole() || keys == nullptr ||
      keys->whole() || !s.outer.empty() || !s.splits.empty() || !s.retains.empty() ||
      s.pack_heads) {
    stuck("E0510",
          "`lanes row` needs `softmax online` and tiles of rows and keys, without `outer`, "
          "`split`, `retain` and `pack`",
          {"tile row 64 | tile key 64"}, span);
  }
  if (!names(axes, s.stage, *axes.row) || names(axes, s.stage, axes.key)) {
    stuck("E0510", "lanes read staged rows, and keys where they are", {"stage row"}, span);
  }
  if (s.width < 2 || rows->size % s.width != 0 || rows->size / s.width > kMaxVectors ||
      rows->size / s.width * s.unroll > kMaxPoints) {
    stuck("E0504",
          "a tile of " + std::to_string(rows->size) + " rows and loops unrolled by " +
              std::to_string(s.unroll) + ": expected a multiple of " + std::to_string(s.width) +
              " lanes, at most " + std::to_string(kMaxVectors) + " vectors, and at most " +
              std::to_string(kMaxPoints) + " vectors times `unroll`",
          {"tile row 64 | unroll 4"}, rows->span);
  }
}

}  // namespace

void check_axes(const Deriver& d, const Axes& axes, const Schedule& s) {
  check_tiles(axes, s);
  for (const AxisRef& r : s.parallel) resolve(axes, r);
  check_stages(axes, s);
  check_whole_keys(d, axes, s);
  check_whole_rows(axes, s);
  check_skip(axes, s);
  check_order(d, axes, s);
  check_halves(d, axes, s);
  check_lanes(axes, s);
}

}  // namespace minimoa
