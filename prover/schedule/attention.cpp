// From the ONF of a softmax-weighted mean to a loop program.
//
// two-pass: softmax-two-pass, pair-share, pair-fold; with `materialise
// scores` the scores become an array in slow memory.
// online: softmax-merge, osm-share, for-split of rows, guard-intro and staging
// of what only the row tile reads, for-let-expand, reduce-split of keys,
// osm-fold, block-state, fold-lift, vector-fold: the FlashAttention-2 order.
// May be wrong: it may place a read where it is out of bounds for some size;
// then the claim `safe` fails, never `equal`.
#include "prover/schedule/attention.h"

#include <algorithm>
#include <cctype>

#include "prover/rewrite/psi_reduce.h"

namespace minimoa {
namespace {

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

// Loops in the order batch.., row, col: a bubble sort by for-swap.
void order_loops(Deriver* d, const Axes& axes) {
  std::vector<std::string> want = axes.batch;
  if (axes.row) want.push_back(*axes.row);
  want.push_back(axes.col);
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

// The name that the schedule uses for an axis, resolved; empty if none.
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

std::optional<std::int64_t> tile_of(const Axes& axes, const Schedule& s, const std::string& axis) {
  for (const Tile& t : s.tiles) {
    const auto names = resolve(axes, {t.axis, t.span});
    if (std::find(names.begin(), names.end(), axis) != names.end()) return t.size;
  }
  return std::nullopt;
}

void check_axes(const Axes& axes, const Schedule& s) {
  for (const Tile& t : s.tiles) {
    for (const std::string& v : resolve(axes, {t.axis, t.span})) {
      const bool row = axes.row && v == *axes.row;
      const bool key = v == axes.key && s.softmax == SoftmaxForm::kOnline;
      if (!row && !key) {
        stuck("E0504", "axis '" + t.axis + "' cannot be tiled by this schedule",
              {"tile row N | tile row 64"}, t.span);
      }
    }
  }
  for (const AxisRef& r : s.parallel) resolve(axes, r);
  for (const AxisRef& r : s.stage) {
    const auto v = resolve(axes, r);
    if (v.empty()) continue;  // the spec has no row axis: nothing to stage
    if (!axes.row || v != std::vector{*axes.row} || s.softmax != SoftmaxForm::kOnline) {
      stuck("E0505", "only `stage row` of an online schedule is known", {}, r.span);
    }
  }
}

// for i<n. P  -->  for I. for r<B. when I*B+r < n. P; returns the names (I, r).
std::pair<std::string, std::string> split_rows(Deriver* d, const std::string& row,
                                               std::int64_t size) {
  std::string outer = row;
  outer[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(outer[0])));
  if (outer == row) outer += "o";
  Hints h;
  h.sub["?B"] = std::to_string(size);
  h.names["I"] = d->fresh_name(outer);
  h.names["r"] = d->fresh_name("r");
  d->step("for-split", d->loop(row), h);
  return {h.names["I"], h.names["r"]};
}

// Moves the lets that stand around the put above the column loop's body.
void lift_lets_out_of_put(Deriver* d) {
  while (at(d->term(), put_operand(*d))->op == Op::kLet) d->step("put-let", d->put());
}

// ---- two-pass ----

void two_pass(Deriver* d, const Axes& axes) {
  d->step("softmax-two-pass", put_operand(*d));
  lift_lets_out_of_put(d);
  d->step("for-let", d->loop(axes.col));
  d->step("pair-share", d->loop(axes.col));
  const Position sum = d->first([](const Term& t) {
    return t->op == Op::kRed && t->name == "add" && t->kids[2]->op == Op::kTup;
  });
  d->step("pair-fold", sum);
  const Position branch = child(sum, 2);
  const Position tup = at(d->term(), branch)->kids[0]->op == Op::kTrue ? branch : child(branch, 1);
  if (tup == branch) d->step("if-true", branch);
  const auto weight = d->first([](const Term& t) { return t->op == Op::kExpSub; }, tup);
  d->share(tup, at(d->term(), weight), "p");
}

// Scores become an array over the loops that they mention, computed first.
void materialise(Deriver* d, const Term& score, const std::string& j, const Term& n) {
  for (const std::string& v : free_vars(n)) {
    const auto& dims = d->spec().dims;
    if (std::find(dims.begin(), dims.end(), v) == dims.end()) {
      stuck("E0604",
            "scores cannot be materialised: the number of keys, " + pretty(n) +
                ", is not the same for every row",
            {"another schedule keeps no scores | softmax two-pass"});
    }
  }
  std::vector<std::pair<std::string, Term>> vars;
  for (const Position& p : d->loops()) {
    const Term loop = at(d->term(), p);
    if (mentions(score, loop->binders[0])) vars.push_back({loop->binders[0], loop->kids[0]});
  }
  while (true) {
    Position hit;
    std::string key;
    for (const Position& p : find_all(
             d->term(), [](const Term& t) { return t->op == Op::kRed || t->op == Op::kFold; })) {
      const Term b = at(d->term(), p);
      const Term wanted = substitute(score, {{j, mk_var(b->binders[0])}});
      const auto hits = find_all(b, [&](const Term& t) { return alpha_equal(t, wanted); });
      if (hits.empty()) continue;
      hit = p;
      hit.insert(hit.end(), hits.front().begin(), hits.front().end());
      key = b->binders[0];
      break;
    }
    if (key.empty()) break;
    auto with_key = vars;
    with_key.push_back({key, n});
    d->stage(hit, with_key);
  }
  const Position g =
      d->first([](const Term& t) { return t->op == Op::kPsi && operand_of(t)->op == Op::kGen; });
  d->share({}, operand_of(at(d->term(), g)), "scores");
  d->step("place-slow", {});
}

void parallel_scores(Deriver* d, std::size_t axes) {
  Position p = {0};
  for (std::size_t k = 0; k < axes && at(d->term(), p)->op == Op::kGen; ++k) {
    if (at(d->term(), child(p, 1))->op != Op::kGen) return;  // the key axis stays sequential
    d->step("place-parallel-gen", p);
    p.push_back(1);
  }
}

// ---- online ----

// Reads that could leave the array in the row tail get the tail's guard.
void guard_row_reads(Deriver* d, const Position& value, const Term& guard, const std::string& r) {
  std::vector<Position> reads;
  for (const Position& q : find_all(at(d->term(), value), [&](const Term& t) {
         return t->op == Op::kMem && mentions(t, r);
       })) {
    reads.push_back(q);
  }
  // Innermost last: a read inside the index of a read comes later in pre-order.
  for (auto it = reads.rbegin(); it != reads.rend(); ++it) {
    Position p = value;
    p.insert(p.end(), it->begin(), it->end());
    Hints h;
    h.sub["?g"] = print(guard);
    h.sub["?y"] = d->type_at(p).kind == Type::Kind::kIndex ? "0" : "(real 0)";
    d->step("guard-intro", p, h);
  }
}

// Binders between `from` and p that the subterm at p mentions, outermost first.
std::vector<std::pair<std::string, Term>> enclosing(const Deriver& d, const Position& from,
                                                    const Position& p) {
  std::vector<std::pair<std::string, Term>> out;
  const Term target = at(d.term(), p);
  for (std::size_t k = from.size(); k < p.size(); ++k) {
    const Term t = at(d.term(), Position(p.begin(), p.begin() + static_cast<std::ptrdiff_t>(k)));
    for (const std::string& v : bound_in(t, p[k])) {
      if (mentions(target, v)) out.push_back({v, t->kids[0]});
    }
  }
  return out;
}

// Guarded reads that do not depend on the key go to a buffer of the row tile.
void stage_rows(Deriver* d, const Axes& axes, const std::string& r) {
  const auto guarded_read = [&](const Term& t) {
    return t->op == Op::kIf && t->kids[1]->op == Op::kMem && mentions(t, r) &&
           !mentions(t, axes.key);
  };
  const auto staged = [&](const Position& p) {  // already the body of a gen
    for (std::size_t k = 0; k < p.size(); ++k) {
      const Position q(p.begin(), p.begin() + static_cast<std::ptrdiff_t>(k));
      if (at(d->term(), q)->op == Op::kGen) return true;
    }
    return false;
  };
  while (true) {
    const Position loop = d->loop(r);
    Position hit;
    for (const Position& q : find_all(at(d->term(), loop), guarded_read)) {
      Position p = loop;
      p.insert(p.end(), q.begin(), q.end());
      if (staged(p)) continue;
      if (d->type_at(p).kind == Type::Kind::kIndex) continue;
      hit = p;
      break;
    }
    if (hit.empty()) return;
    std::string name = at(d->term(), hit)->kids[1]->kids[0]->name;
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    d->stage(hit, enclosing(*d, loop, hit));
    d->share(loop, operand_of(at(d->term(), hit)), name);
  }
}

void online(Deriver* d, const Axes& axes, const Schedule& s) {
  const auto row_tile = axes.row ? tile_of(axes, s, *axes.row) : std::nullopt;
  const auto key_tile = tile_of(axes, s, axes.key);
  if (!key_tile || (axes.row && !row_tile)) {
    stuck("E0506", "an online schedule needs `tile row` and `tile key`", {"tile key 64"},
          s.softmax_span);
  }
  d->step("softmax-merge", put_operand(*d));
  lift_lets_out_of_put(d);
  d->step("osm-share", d->loop(axes.col));
  std::string r;
  if (axes.row) {
    r = split_rows(d, *axes.row, *row_tile).second;
    const Position when = child(d->loop(r), 1);
    guard_row_reads(d, child(child(when, 1), 0), at(d->term(), when)->kids[0], r);
    if (!s.stage.empty()) stage_rows(d, axes, r);
    d->step("when-let", child(d->loop(r), 1));
    d->step("for-let-expand", d->loop(r));
  }
  const auto is_osm = [](const Term& t) { return t->op == Op::kRed && t->name == "osm"; };
  Hints split;
  split.sub["?B"] = std::to_string(*key_tile);
  std::string outer = axes.key;
  outer[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(outer[0])));
  if (outer == axes.key) outer += "o";
  split.names["J"] = d->fresh_name(outer);
  split.names["t"] = d->fresh_name("t");
  const Position red = d->first(is_osm);
  d->step("reduce-split", red, split);
  const Position block_guard = child(child(red, 2), 1);
  if (at(d->term(), block_guard)->kids[1]->op == Op::kTrue) d->step("and-true", block_guard);
  d->step("osm-fold", red);
  Hints names;
  names.names["x"] = d->fresh_name("s");
  d->step("block-state", child(red, 2), names);
  if (axes.row) d->step("fold-lift", Position(red.begin(), red.end() - 1));
  d->step("vector-fold", d->first([](const Term& t) {
    return t->op == Op::kGen && t->kids[1]->op == Op::kAdd && t->kids[1]->kids[1]->op == Op::kRed;
  }));
}

// Leading loops that the schedule names become parallel.
void place(Deriver* d, const std::vector<std::string>& names) {
  for (const Position& p : d->loops()) {
    const Term loop = at(d->term(), p);
    if (std::find(names.begin(), names.end(), loop->binders[0]) == names.end()) return;
    d->step("place-parallel", p);
  }
}

}  // namespace

void schedule_attention(Deriver* d, const Schedule& s) {
  d->unshare();
  const Axes axes = classify(*d);
  check_axes(axes, s);
  order_loops(d, axes);
  const WeightedMean mean = mean_of(*d);
  std::vector<std::string> parallel;
  for (const AxisRef& ref : s.parallel) {
    for (const std::string& v : resolve(axes, ref)) parallel.push_back(v);
  }
  const auto row_tile = axes.row ? tile_of(axes, s, *axes.row) : std::nullopt;
  if (s.softmax == SoftmaxForm::kOnline) {
    online(d, axes, s);
  } else {
    two_pass(d, axes);
    if (s.materialise_scores) {
      materialise(d, mean.score, mean.j, mean.n);
      parallel_scores(d, parallel.size());
    }
    if (row_tile) split_rows(d, *axes.row, *row_tile);
  }
  // A tiled row loop is parallel over its tiles.
  if (row_tile) {
    for (std::string& v : parallel) {
      if (v != *axes.row) continue;
      for (const Position& p : d->loops()) {
        const Term loop = at(d->term(), p);
        if (std::find(axes.batch.begin(), axes.batch.end(), loop->binders[0]) == axes.batch.end()) {
          v = loop->binders[0];
          break;
        }
      }
    }
  }
  place(d, parallel);
}

}  // namespace minimoa
