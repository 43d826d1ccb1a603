// The row maximum first, then weights and weighted values in one reduction:
// softmax-two-pass, pair-share, pair-fold; with `materialise scores` the scores
// become an array in slow memory that is computed first; with `tile key 1` both
// passes run for a tile of rows at once (max-fold, fold-lift).
// May be wrong: see attention.cpp.
#include <algorithm>

#include "prover/schedule/forms.h"
#include "prover/schedule/rows.h"
#include "prover/schedule/tiles.h"

namespace minimoa {

void lift_lets_out_of_put(Deriver* d) {
  while (at(d->term(), put_operand(*d))->op == Op::kLet) d->step("put-let", d->put());
}

namespace {

void sum_in_one_pass(Deriver* d, const Axes& axes) {
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

// Both passes over the keys run for all rows of the tile at once: the loop over
// r keeps arrays of maxima and of sums. A key is staged around the rows that use it.
void keys_stream(Deriver* d, const std::string& r, const Axes& axes) {
  const Position inner = child(d->loop(r), 1);
  const Term guard = at(d->term(), inner)->kids[0];
  guard_row_reads(d, child(inner, 1), guard, r);
  for (int pass = 0; pass < 2; ++pass) {
    d->step("when-let", child(d->loop(r), 1));
    d->step("for-let-expand", d->loop(r));
  }
  d->step("max-fold",
          d->first([](const Term& t) { return t->op == Op::kRed && t->name == "max"; }));
  const auto is_pass = [&](const Term& t) {
    return t->op == Op::kGen && t->kids[1]->op == Op::kFold &&
           alpha_equal(t->kids[1]->kids[0], axes.keys);
  };
  while (d->has(is_pass)) {
    const Position states = d->first(is_pass);
    d->step("fold-lift", states);
    const Term fold = at(d->term(), states);
    const Position step = child(states, 2);
    const auto trivial = [](const Term& t) {
      return t->op == Op::kIf && t->kids[0]->op == Op::kTrue;
    };
    while (d->has(trivial, step)) d->step("if-true", d->first(trivial, step));
    stage_key_tile(d, step, fold->binders[0], at(d->term(), step)->binders[0], 0);
  }
}

// Rows in tiles or one by one, their own reads staged if the schedule says so.
void rows_of_two_passes(Deriver* d, const Axes& axes, const Schedule& s) {
  if (!axes.row) return;
  const bool staged = names(axes, s.stage, *axes.row);
  const Tile* const tile = tile_of(axes, s, *axes.row);
  if (tile == nullptr) {
    if (staged) stage_rows(d, child(d->loop(*axes.row), 1), *axes.row, axes, std::nullopt);
    return;
  }
  const std::string r = split_rows(d, *axes.row, tile->size);
  const Position loop = d->loop(r);
  if (staged) stage_rows(d, loop, r, axes, at(d->term(), child(loop, 1))->kids[0]);
  const Tile* const keys = tile_of(axes, s, axes.key);
  if (keys != nullptr && !keys->whole()) keys_stream(d, r, axes);
}

}  // namespace

void two_pass(Deriver* d, const Axes& axes, const Schedule& s, std::size_t parallel) {
  const WeightedMean mean = mean_of(*d);
  sum_in_one_pass(d, axes);
  if (s.materialise_scores) {
    materialise(d, mean.score, mean.j, mean.n);
    parallel_scores(d, parallel);
  }
  const Tile* const keys = tile_of(axes, s, axes.key);
  if (names(axes, s.stage, axes.key) && keys->whole()) {
    const Position host = axes.row ? d->loop(*axes.row) : first_statement_below(*d, axes.batch);
    stage_whole_keys(d, host, axes);
  }
  rows_of_two_passes(d, axes, s);
}

}  // namespace minimoa
