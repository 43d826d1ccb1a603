#include "prover/bounds/counts.h"

namespace minimoa {
namespace {

// The proofs of all goals of the condition, if it can be stated and holds.
std::optional<nlohmann::json> proofs_of(const Obligation& claim, Prover* prover) {
  if (!prover->holds(claim)) return std::nullopt;
  nlohmann::json out = nlohmann::json::array();
  for (const Proved& p : prover->obligations({claim})) {
    if (p.decision != Decision::kProved) return std::nullopt;
    out.push_back(p.proof);
  }
  return out;
}

}  // namespace

std::optional<LoopCount> count_loops(const Spec& spec, const std::vector<CountedLoop>& loops,
                                     const std::vector<Term>& conditions, bool prove,
                                     Prover* prover) {
  LoopCount out;
  std::vector<ContextEntry> context;
  for (const CountedLoop& l : loops) {
    context.push_back({ContextEntry::Kind::kBinder, l.name, l.bound});
  }
  std::vector<Term> counted;
  for (const Term& g : conditions) {
    const auto proofs = prove ? proofs_of({context, g, "condition"}, prover) : std::nullopt;
    out.conditions.push_back(proofs ? *proofs : nlohmann::json("count"));
    if (!proofs) counted.push_back(g);
  }
  Term body = mk_put({}, mk_int(0));
  for (auto g = counted.rbegin(); g != counted.rend(); ++g) body = mk(Op::kWhen, {*g, body});
  for (auto l = loops.rbegin(); l != loops.rend(); ++l) {
    body = mk_bind(Op::kFor, l->name, l->bound, body);
  }
  Costs costs = costs_of(spec, body, prover);
  for (TrafficRow& row : costs.rows) {
    if (!row.store || row.array != spec.output.name || !row.exact) continue;
    out.count = row.count;
    out.proof = std::move(row.proof);
    out.nests = std::move(costs.nests);
    out.sums = std::move(costs.sums);
    return out;
  }
  return std::nullopt;
}

}  // namespace minimoa
