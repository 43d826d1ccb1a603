// Cases of min and max, and the telescoping of sums; see equations.h.
#include "prover/cost/equations.h"

#include <optional>

namespace minimoa {

namespace {

// The first min or max, arguments before the node.
std::optional<Position> first_choice(const Term& t) {
  for (std::size_t k = 0; k < t->kids.size(); ++k) {
    auto inner = first_choice(t->kids[k]);
    if (!inner) continue;
    inner->insert(inner->begin(), k);
    return inner;
  }
  if (t->op == Op::kMin || t->op == Op::kMax) return Position{};
  return std::nullopt;
}

Term replace_all(const Term& t, const Term& old, const Term& by) {
  if (alpha_equal(t, old)) return by;
  std::vector<Term> kids;
  for (const Term& k : t->kids) kids.push_back(replace_all(k, old, by));
  return kids == t->kids ? t : with_kids(t, std::move(kids));
}

ContextEntry fact(const Term& g) { return {ContextEntry::Kind::kFact, "", g}; }

// The two cases of the first choice; nothing if there is none.
std::optional<std::pair<Obligation, Obligation>> split(const Obligation& claim) {
  const auto place = first_choice(claim.goal);
  if (!place) return std::nullopt;
  const Term node = at(claim.goal, *place);
  const Term &x = node->kids[0], &y = node->kids[1];
  const bool least = node->op == Op::kMin;
  Obligation low = claim, high = claim;
  low.context.push_back(fact(mk(Op::kLe, {x, y})));
  low.goal = replace_all(claim.goal, node, least ? x : y);
  high.context.push_back(fact(mk(Op::kLt, {y, x})));
  high.goal = replace_all(claim.goal, node, least ? y : x);
  return std::make_pair(low, high);
}

Obligation absurd(const Obligation& claim) {
  return {claim.context, mk(Op::kLe, {mk_int(1), mk_int(0)}), claim.label + ": no such case"};
}

std::optional<nlohmann::json> proofs_of(Prover* prover, const char* kind, const Obligation& goal) {
  nlohmann::json out = nlohmann::json::array({kind});
  for (const Proved& p : prover->obligations({goal})) {
    if (p.decision != Decision::kProved) return std::nullopt;
    out.push_back(p.proof);
  }
  return out;
}

}  // namespace

bool holds(Prover* prover, const Obligation& claim) {
  const auto cases = split(claim);
  if (!cases) return prover->holds(claim);
  if (prover->holds(absurd(claim))) return true;
  return holds(prover, cases->first) && holds(prover, cases->second);
}

std::optional<nlohmann::json> prove_claim(Prover* prover, const Obligation& claim) {
  const auto cases = split(claim);
  if (!cases) return proofs_of(prover, "goals", claim);
  if (prover->holds(absurd(claim))) return proofs_of(prover, "absurd", absurd(claim));
  const auto low = prove_claim(prover, cases->first);
  if (!low) return std::nullopt;
  const auto high = prove_claim(prover, cases->second);
  if (!high) return std::nullopt;
  return nlohmann::json::array({"cases", *low, *high});
}

std::string nest_variable(std::size_t k) { return "v" + std::to_string(k); }

Multiple sum_total(const Nest& nest, const Sums& sums, std::size_t k) {
  return {sums[k].times, substitute(sums[k].value, {{nest_variable(k), nest[k].bound}})};
}

std::vector<Obligation> nest_claims(const Nest& nest, const Sums& sums) {
  std::vector<Obligation> out;
  std::vector<ContextEntry> context;
  const auto claim = [&](const std::vector<ContextEntry>& where, const Term& goal, std::size_t k) {
    out.push_back({where, goal, "sum over " + nest_variable(k)});
  };
  for (std::size_t k = 0; k < nest.size(); ++k) {
    const std::string v = nest_variable(k);
    const Term& sum = sums[k].value;
    claim(context, mk(Op::kLe, {mk_int(0), nest[k].bound}), k);
    claim(context, mk(Op::kEq, {substitute(sum, {{v, mk_int(0)}}), mk_int(0)}), k);
    context.push_back({ContextEntry::Kind::kBinder, v, nest[k].bound});
    const Term next = substitute(sum, {{v, mk(Op::kAdd, {mk_var(v), mk_int(1)})}});
    for (const Term& g : nest[k].guards) {
      std::vector<ContextEntry> not_here = context;
      not_here.push_back(fact(mk(Op::kNot, {g})));
      claim(not_here, mk(Op::kEq, {next, sum}), k);
      context.push_back(fact(g));
    }
    const bool last = k + 1 == nest.size();
    const Multiple one{1, mk_int(1)};
    const Multiple inside = last ? one : sum_total(nest, sums, k + 1);
    const Term scaled = mk(Op::kMul, {mk_int(sums[k].times / inside.times), inside.value});
    claim(context, mk(Op::kEq, {next, mk(Op::kAdd, {sum, scaled})}), k);
  }
  return out;
}

}  // namespace minimoa
