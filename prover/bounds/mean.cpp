#include "prover/bounds/mean.h"

#include "prover/rewrite/deriver.h"

namespace minimoa {
namespace {

Derivation until_onf(const Derivation& d) {
  Derivation out;
  out.start = d.start;
  out.dnf = d.dnf;
  out.onf = d.onf;
  const auto steps = static_cast<std::ptrdiff_t>(d.onf);
  out.steps.assign(d.steps.begin(), d.steps.begin() + steps);
  out.terms.assign(d.terms.begin(), d.terms.begin() + steps + 1);
  return out;
}

}  // namespace

OnfMean onf_mean(const Spec& spec, const RuleTable& rules, const Derivation& derivation) {
  Deriver deriver(spec, rules, until_onf(derivation));
  deriver.unshare();
  OnfMean out;
  out.term = deriver.term();
  for (const Position& p : deriver.loops()) {
    const Term loop = at(out.term, p);
    out.loops.push_back({loop->binders[0], loop->kids[0]});
  }
  const Term put = at(out.term, deriver.put());
  out.indices = index_of(put);
  out.mean = weighted_mean(put->kids.back());
  return out;
}

}  // namespace minimoa
