// From the ONF of a softmax-weighted mean to a loop program: the axes, the
// form of the softmax (two_pass.cpp, online.cpp), the loops that are tasks.
// May be wrong: it may place a read where it is out of bounds for some size;
// then the claim `safe` fails, never `equal`.
#include "prover/schedule/attention.h"

#include <algorithm>

#include "prover/schedule/forms.h"
#include "prover/schedule/pack.h"

namespace minimoa {
namespace {

// Leading loops that the schedule names become parallel.
void place(Deriver* d, const std::vector<std::string>& parallel) {
  for (const Position& p : d->loops()) {
    const Term loop = at(d->term(), p);
    if (std::find(parallel.begin(), parallel.end(), loop->binders[0]) == parallel.end()) return;
    d->step("place-parallel", p);
  }
}

// A tiled row loop is parallel over its tiles: the first loop below the batch.
void tiles_for_rows(const Deriver& d, const Axes& axes, std::vector<std::string>* parallel) {
  for (std::string& v : *parallel) {
    if (v != *axes.row) continue;
    for (const std::string& loop : loop_names(d)) {
      if (std::find(axes.batch.begin(), axes.batch.end(), loop) != axes.batch.end()) continue;
      v = loop;
      break;
    }
  }
}

}  // namespace

void schedule_attention(Deriver* d, const Schedule& s) {
  d->unshare();
  if (s.pack_heads) pack_heads(d);
  const Axes axes = classify(*d);
  check_axes(*d, axes, s);
  order_loops(d, axes);
  std::vector<std::string> parallel;
  for (const AxisRef& ref : s.parallel) {
    for (const std::string& v : resolve(axes, ref)) parallel.push_back(v);
  }
  if (s.softmax == SoftmaxForm::kOnline) {
    online(d, axes, s, parallel);
  } else {
    two_pass(d, axes, s, parallel.size());
  }
  if (axes.row && tile_of(axes, s, *axes.row) != nullptr) tiles_for_rows(*d, axes, &parallel);
  place(d, parallel);
}

}  // namespace minimoa
