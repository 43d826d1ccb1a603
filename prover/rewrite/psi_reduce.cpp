// psi-reduction: selections are pushed inwards until they meet inputs.
//
// The idea (Mullin): (1) the output is eta-expanded into loops; (2) each psi
// moves through the operator below it by the one row that has that operator on
// its left side, outermost first; lets that the rank operator introduces are
// eta-expanded in turn, so each shared array is reduced once; (3) lets are
// replaced by their definitions, which gives the literal DNF; (4) a weighted
// mean is brought into the form sum / sum; (5) scores and their maximum are
// shared again, which is the DNF that people read.
// Ends: (2) lowers the measure W (spec/lang/rules.h), (3) removes one let per
// round, (1) and (5) are bounded by the rank.
// May be wrong: forms that (4) does not know stay as they are.
#include "prover/rewrite/psi_reduce.h"

#include <algorithm>
#include <cctype>

#include "prover/obligations/obligations.h"

namespace minimoa {
namespace {

bool is_array_operator(Op op) {
  switch (op) {
    case Op::kTran:
    case Op::kTake:
    case Op::kDrop:
    case Op::kCat:
    case Op::kRev:
    case Op::kRot:
    case Op::kReshape:
    case Op::kIota:
    case Op::kRedf:
    case Op::kInner:
    case Op::kOuter:
    case Op::kOmega:
    case Op::kOmega2:
      return true;
    case Op::kInt:
    case Op::kVar:
    case Op::kTrue:
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMax:
    case Op::kMin:
    case Op::kExpSub:
    case Op::kIntDiv:
    case Op::kIntMod:
    case Op::kLt:
    case Op::kLe:
    case Op::kEq:
    case Op::kNe:
    case Op::kAnd:
    case Op::kOr:
    case Op::kNot:
    case Op::kAny:
    case Op::kIsZero:
    case Op::kReal:
    case Op::kRat:
    case Op::kBottom:
    case Op::kNeg:
    case Op::kExp:
    case Op::kExp2:
    case Op::kLog:
    case Op::kSqrt:
    case Op::kTanh:
    case Op::kIf:
    case Op::kRed:
    case Op::kOsMerge:
    case Op::kGen:
    case Op::kParGen:
    case Op::kPsi:
    case Op::kLet:
    case Op::kLetSlow:
    case Op::kTup:
    case Op::kGet:
    case Op::kFold:
    case Op::kMem:
    case Op::kPut:
    case Op::kFor:
    case Op::kParFor:
    case Op::kWhen:
      return false;
  }
  return false;
}

// The rows that push a psi through an operand with this operator, in the
// order in which they are tried.
std::vector<std::string> rows_for(const Term& operand, bool empty_index) {
  switch (operand->op) {
    case Op::kPsi:
      return {"psi-psi"};
    case Op::kNeg:
    case Op::kExp:
    case Op::kExp2:
    case Op::kLog:
    case Op::kSqrt:
    case Op::kTanh:
      return {"psi-map1"};
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMax:
    case Op::kMin:
    case Op::kExpSub:
      return {"psi-map2", "psi-scalar-left", "psi-scalar-right"};
    case Op::kTran:
      return {"psi-tran"};
    case Op::kTake:
      return {"psi-take"};
    case Op::kDrop:
      return {"psi-drop"};
    case Op::kCat:
      return {"psi-cat"};
    case Op::kRev:
      return {"psi-rev"};
    case Op::kRot:
      return {"psi-rot"};
    case Op::kReshape:
      return {"psi-reshape"};
    case Op::kIota:
      return {"psi-iota"};
    case Op::kRedf:
      return {"psi-red"};
    case Op::kInner:
      return {"psi-inner"};
    case Op::kOuter:
      return {"psi-outer"};
    case Op::kOmega:
      return {"psi-omega"};
    case Op::kOmega2:
      return {"psi-omega2-left", "psi-omega2-right"};
    case Op::kLet:
      return {"psi-let"};
    case Op::kIf:
      return {"psi-if"};
    case Op::kGen:
      return empty_index ? std::vector<std::string>{} : std::vector<std::string>{"psi-gen"};
    case Op::kRed:
      return empty_index ? std::vector<std::string>{"psi-empty"}
                         : std::vector<std::string>{"psi-red-body"};
    case Op::kVar:
      return empty_index ? std::vector<std::string>{"psi-empty"} : std::vector<std::string>{};
    case Op::kReal:
    case Op::kRat:
    case Op::kBottom:
    case Op::kGet:
    case Op::kMem:
    case Op::kFold:
    case Op::kInt:
    case Op::kIntDiv:
    case Op::kIntMod:
      return {"psi-empty"};
    case Op::kTrue:
    case Op::kLt:
    case Op::kLe:
    case Op::kEq:
    case Op::kNe:
    case Op::kAnd:
    case Op::kOr:
    case Op::kNot:
    case Op::kAny:
    case Op::kIsZero:
    case Op::kOsMerge:
    case Op::kParGen:
    case Op::kLetSlow:
    case Op::kTup:
    case Op::kPut:
    case Op::kFor:
    case Op::kParFor:
    case Op::kWhen:
      return {};
  }
  return {};
}

// A readable name for the index of an axis with this extent.
std::string axis_name(const Deriver& d, const Term& extent) {
  std::string base = "i";
  if (extent->op == Op::kVar && std::isupper(static_cast<unsigned char>(extent->name[0]))) {
    base = extent->name;
    for (char& c : base) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return d.fresh_name(base);
}

// Eta-expands the array at p until only gens stand above a scalar.
void eta_expand(Deriver* d, Position p) {
  while (true) {
    const Term t = at(d->term(), p);
    if (t->op == Op::kGen) {
      p.push_back(1);
      continue;
    }
    const Type type = d->type_at(p);
    if (type.kind != Type::Kind::kArr || type.shape.empty()) return;
    Hints h;
    h.sub["?n"] = print(type.shape[0]);
    h.names["i"] = axis_name(*d, type.shape[0]);
    d->step("eta", p, h);
    p.push_back(1);
  }
}

void open_output(Deriver* d) {
  while (true) {
    const Position p = d->put();
    const Term put = at(d->term(), p);
    const Term e = operand_of(put);
    if (e->op == Op::kLet) {
      d->step("put-let", p);
    } else if (e->op == Op::kGen) {
      d->step("put-gen", p);
    } else if (!d->type_at(child(p, put->kids.size() - 1)).shape.empty()) {
      eta_expand(d, child(p, put->kids.size() - 1));
    } else {
      return;
    }
  }
}

// A new reduction's index is named after its extent, as the axes are.
Hints index_names(const Deriver& d, const Position& p) {
  const Position operand = child(p, at(d.term(), p)->kids.size() - 1);
  const Op op = at(d.term(), operand)->op;
  Hints h;
  if (op == Op::kInner) {
    h.names["k"] = axis_name(d, d.type_at(child(operand, 0)).shape.back());
  } else if (op == Op::kRedf) {
    h.names["k"] = axis_name(d, d.type_at(child(operand, 0)).shape.front());
  }
  return h;
}

// One psi step somewhere, outermost first; false when none is left.
bool psi_step(Deriver* d) {
  for (const Position& p : find_all(d->term(), [](const Term& t) { return t->op == Op::kPsi; })) {
    const Term t = at(d->term(), p);
    for (const std::string& row : rows_for(operand_of(t), index_of(t).empty())) {
      if (d->try_step(row, p, index_names(*d, p))) return true;
    }
  }
  return false;
}

// Arrays that no psi selects from yet: shared arrays are eta-expanded, scalar
// results of array operators get the empty selection that starts their rows.
bool open_step(Deriver* d) {
  for (const Position& p : find_all(d->term(), [](const Term& t) { return t->op == Op::kLet; })) {
    const Position e = child(p, 0);
    Position inner = e;
    while (at(d->term(), inner)->op == Op::kGen) inner.push_back(1);
    const Type type = d->type_at(inner);
    if (type.kind == Type::Kind::kArr && !type.shape.empty()) {
      eta_expand(d, e);
      return true;
    }
  }
  const auto ops = [](const Term& t) { return is_array_operator(t->op); };
  for (const Position& p : find_all(d->term(), ops)) {
    if (p.empty()) continue;
    const Position parent(p.begin(), p.end() - 1);
    if (at(d->term(), parent)->op == Op::kPsi) continue;
    const Type type = d->type_at(p);
    if (type.kind == Type::Kind::kArr && type.shape.empty()) {
      d->step("psi-empty", p, {}, true);
      return true;
    }
  }
  return false;
}

void require_dnf(const Deriver& d) {
  const auto left = find_all(d.term(), [](const Term& t) { return is_array_operator(t->op); });
  if (!left.empty()) {
    stuck("E0601", std::string("no rule reduces the operator '") +
                       op_word(at(d.term(), left.front())->op) +
                       "' here: " + print(at(d.term(), left.front())));
  }
}

// sum(j) (a/b)*c with b free of j and itself a sum: the normalised weights of
// a softmax. Brings the division outside.
bool fraction_step(Deriver* d) {
  const auto sums = find_all(d->term(), [](const Term& t) {
    return t->op == Op::kRed && t->name == "add" && t->kids[1]->op == Op::kTrue;
  });
  const auto divides = [](const Term& t, const std::string& j) {
    return t->op == Op::kDiv && t->kids[1]->op == Op::kRed && !mentions(t->kids[1], j);
  };
  for (const Position& p : sums) {
    const Term red = at(d->term(), p);
    const std::string j = red->binders[0];
    const Term x = red->kids[2];
    if (divides(x, j)) {
      d->step("red-div", p);
      return true;
    }
    if (x->op != Op::kMul) continue;
    if (divides(x->kids[0], j)) {
      d->step("div-mul", child(p, 2));
      return true;
    }
    if (divides(x->kids[1], j)) {
      d->step("mul-comm", child(p, 2));
      return true;
    }
  }
  return false;
}

Term rename(const Term& t, const std::string& from, const std::string& to) {
  return substitute(t, {{from, mk_var(to)}});
}

// exp(score(j) - max score)
std::optional<Term> weight_score(const Term& t) {
  if (t->op != Op::kExp || t->kids[0]->op != Op::kSub) return std::nullopt;
  const Term mx = t->kids[0]->kids[1];
  if (mx->op != Op::kRed || mx->name != "max") return std::nullopt;
  return t->kids[0]->kids[0];
}

// The quotient of a weighted mean without its guard for empty rows.
std::optional<WeightedMean> quotient(const Term& t) {
  if (t->op != Op::kDiv) return std::nullopt;
  const Term num = t->kids[0];
  const Term den = t->kids[1];
  if (num->op != Op::kRed || den->op != Op::kRed || num->name != "add" || den->name != "add" ||
      num->kids[2]->op != Op::kMul) {
    return std::nullopt;
  }
  WeightedMean w;
  w.j = num->binders[0];
  w.n = num->kids[0];
  w.guard = num->kids[1];
  const Term weight = num->kids[2]->kids[0];
  w.value = num->kids[2]->kids[1];
  const auto score = weight_score(weight);
  if (!score || !alpha_equal(w.n, den->kids[0]) ||
      !alpha_equal(rename(den->kids[2], den->binders[0], w.j), weight) ||
      !alpha_equal(rename(den->kids[1], den->binders[0], w.j), w.guard)) {
    return std::nullopt;
  }
  w.score = *score;
  const Term mx = weight->kids[0]->kids[1];
  if (!alpha_equal(mx->kids[0], w.n) ||
      !alpha_equal(rename(mx->kids[2], mx->binders[0], w.j), w.score) ||
      !alpha_equal(rename(mx->kids[1], mx->binders[0], w.j), w.guard)) {
    return std::nullopt;
  }
  return w;
}

// sum v*w / sum w with the factors exchanged.
void order_factors(Deriver* d) {
  const auto sums = find_all(d->term(), [](const Term& t) {
    return t->op == Op::kRed && t->name == "add" && t->kids[2]->op == Op::kMul &&
           !weight_score(t->kids[2]->kids[0]) && weight_score(t->kids[2]->kids[1]);
  });
  if (!sums.empty()) d->step("mul-comm", child(sums.front(), 2));
}

// Writes the branch for empty rows around a quotient that has none; the
// witness key shows that the branch is never taken.
void guard_quotient(Deriver* d) {
  const Position p = child(d->put(), at(d->term(), d->put())->kids.size() - 1);
  const auto w = quotient(at(d->term(), p));
  if (!w) return;
  std::string witness = "0";
  if (w->guard->op != Op::kTrue) {
    Prover prover(d->spec());
    prover.divisors(d->spec().core, d->term());
    const Prover::Inhabited in =
        prover.inhabited(scope_at(d->term(), p, d->spec()).context, w->j, w->n, w->guard);
    if (in.decision != Decision::kProved) {
      stuck("E0211", "no witness that every softmax row has a key was found",
            {"say what an empty row gives | empty = 0"});
    }
    witness = print(in.witness);
  }
  Hints h;
  h.sub["?n"] = print(w->n);
  h.sub["?g"] = "(fn (" + w->j + ") " + print(w->guard) + ")";
  h.sub["?w"] = witness;
  h.sub["?y"] = "(real 0)";
  d->step("any-intro", p, h);
}

// Stages one score of a reduction below p that is not staged yet: x(j) becomes
// <j> psi (gen v. x(v)). False when none is left.
bool stage_score(Deriver* d, const Position& p, const WeightedMean& w) {
  const auto is_reduction = [](const Term& t) { return t->op == Op::kRed; };
  for (const Position& q : find_all(at(d->term(), p), is_reduction)) {
    const Term red = at(at(d->term(), p), q);
    const std::string j = red->binders[0];
    const Term wanted = rename(w.score, w.j, j);
    if (!mentions(wanted, j)) continue;
    const auto hits = find_all(red->kids[2], [&](const Term& t) { return alpha_equal(t, wanted); });
    if (hits.empty()) continue;
    Position s = p;
    s.insert(s.end(), q.begin(), q.end());
    s.push_back(2);
    s.insert(s.end(), hits.front().begin(), hits.front().end());
    d->stage(s, {{j, w.n}});
    return true;
  }
  return false;
}

// let s[j] = score in let m = max s in ..: the form that people read.
void share_softmax(Deriver* d) {
  const Position p = child(d->put(), at(d->term(), d->put())->kids.size() - 1);
  const auto w = weighted_mean(at(d->term(), p));
  if (!w || !mentions(w->score, w->j)) return;
  const Term numerator = at(d->term(), p)->kids[1]->kids[0];
  d->share(p, numerator->kids[2]->kids[0]->kids[0]->kids[1], "m");
  while (stage_score(d, p, *w)) {}
  const Position g =
      d->first([](const Term& t) { return t->op == Op::kPsi && operand_of(t)->op == Op::kGen; }, p);
  const std::string name = d->fresh_name("s") == "s" ? "s" : "x";
  d->share(p, operand_of(at(d->term(), g)), name);
}

}  // namespace

std::optional<WeightedMean> weighted_mean(const Term& t) {
  if (t->op != Op::kIf || t->kids[0]->op != Op::kAny) return std::nullopt;
  auto w = quotient(t->kids[1]);
  const Term any = t->kids[0];
  if (!w || !alpha_equal(any->kids[0], w->n) ||
      !alpha_equal(rename(any->kids[1], any->binders[0], w->j), w->guard)) {
    return std::nullopt;
  }
  w->otherwise = t->kids[2];
  return w;
}

void psi_reduce(Deriver* d) {
  open_output(d);
  while (psi_step(d) || open_step(d)) {}
  require_dnf(*d);
  d->unshare();
  while (fraction_step(d)) {}
  order_factors(d);
  guard_quotient(d);
  share_softmax(d);
  d->derivation().dnf = d->derivation().steps.size();
}

// Inputs of rank 0 stand for themselves in a spec; a read of memory is a selection by no index.
static void select_scalars(Deriver* d) {
  const auto is_scalar = [&](const Term& t) {
    const auto& inputs = d->spec().inputs;
    return t->op == Op::kVar && std::any_of(inputs.begin(), inputs.end(), [&](const Array& a) {
             return a.name == t->name && a.shape.empty();
           });
  };
  const auto holds_scalar = [&](const Term& t) {
    const bool reads = t->op == Op::kMem || (t->op == Op::kPsi && index_of(t).empty());
    return !reads && std::any_of(t->kids.begin(), t->kids.end(), is_scalar);
  };
  while (d->has(holds_scalar)) {
    Position p = d->first(holds_scalar);
    const auto& kids = at(d->term(), p)->kids;
    p.push_back(static_cast<Position::value_type>(
        std::find_if(kids.begin(), kids.end(), is_scalar) - kids.begin()));
    d->step("psi-empty", p, {}, true);
  }
}

void gamma_reduce(Deriver* d) {
  select_scalars(d);
  const auto is_input = [&](const Term& t) {
    if (t->op != Op::kPsi || operand_of(t)->op != Op::kVar) return false;
    const auto& inputs = d->spec().inputs;
    return std::any_of(inputs.begin(), inputs.end(), [&](const Array& a) {
      return a.name == operand_of(t)->name && a.shape.size() == index_of(t).size();
    });
  };
  while (d->has(is_input)) d->step("gamma-strided", d->first(is_input));
  d->derivation().onf = d->derivation().steps.size();
}

}  // namespace minimoa
