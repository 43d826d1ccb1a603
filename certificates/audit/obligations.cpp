// What: the arithmetic obligations of a certificate. See obligations.h.
// The idea: an obligation is drafted in the order of FORMAT 5: dimensions,
// requires, context, goal, then the facts of the atoms that have turned up;
// the order fixes the numbers that proofs refer to.
// How it may be wrong: an order that differs from the format (then honest
// proofs fail), or a variable read at the wrong depth.
#include "obligations.h"

#include <algorithm>
#include <cstddef>
#include <functional>

#include "reader.h"

namespace audit {
namespace {

constexpr std::int64_t kMaxDimension = std::int64_t{1} << 24;
constexpr std::int64_t kMaxStep = std::int64_t{1} << 36;

[[noreturn]] void refuse(const std::string& code, const std::string& why) {
  throw Refused{code, why};
}

// Calls `visit` on every node, a node after its children.
void each_node(const Term& term, const std::function<void(const Term&)>& visit) {
  for (const Term& kid : term->kids) each_node(kid, visit);
  visit(term);
}

Term negated(const Term& boolean) { return make_op(Op::kNot, {boolean}); }

bool facts_of_negation(const Term& inner, std::vector<Difference>& facts) {
  const std::vector<Term>& k = inner->kids;
  if (inner->op == Op::kLt) {
    facts.push_back({k[0], k[1], 0, true});
  } else if (inner->op == Op::kLe) {
    facts.push_back({k[0], k[1], 1, true});
  } else if (inner->op == Op::kNot) {
    return facts_of(k[0], facts);
  } else if (inner->op == Op::kNe) {
    return facts_of(make_op(Op::kEq, k), facts);
  } else if (inner->op == Op::kOr) {
    const bool first = facts_of(negated(k[0]), facts);
    return facts_of(negated(k[1]), facts) && first;
  } else {
    return false;
  }
  return true;
}

bool positive_constant(const Poly& poly) {
  return poly.is_constant() && poly.is_integral() && poly.constant_numerator() > 0;
}

Int evaluate(const Term& term, const std::map<std::string, Int>& at) {
  if (term->op == Op::kInt) return term->value;
  if (term->op == Op::kFree && at.count(term->name) != 0) return at.at(term->name);
  if (term->kids.size() != 2) refuse("witness", "a require is not evaluable");
  const Int a = evaluate(term->kids[0], at);
  const Int b = evaluate(term->kids[1], at);
  if (term->op == Op::kAdd) return a + b;
  if (term->op == Op::kSub) return a - b;
  if (term->op == Op::kMul) return a * b;
  const bool quotient = term->op == Op::kDiv || term->op == Op::kMod;
  if (!quotient || b <= 0) refuse("witness", "a require is not evaluable");
  const Int q = floor_div(a, b);
  return term->op == Op::kDiv ? q : Int(a - q * b);
}

bool holds(const Term& term, const std::map<std::string, Int>& at) {
  const std::vector<Term>& k = term->kids;
  if (term->op == Op::kTrue) return true;
  if (term->op == Op::kNot) return !holds(k[0], at);
  if (term->op == Op::kAnd) return holds(k[0], at) && holds(k[1], at);
  if (term->op == Op::kOr) return holds(k[0], at) || holds(k[1], at);
  if (k.size() != 2) refuse("witness", "a require is not evaluable");
  const Int a = evaluate(k[0], at);
  const Int b = evaluate(k[1], at);
  if (term->op == Op::kLt) return a < b;
  if (term->op == Op::kLe) return a <= b;
  if (term->op == Op::kEq) return a == b;
  if (term->op == Op::kNe) return a != b;
  refuse("witness", "a require is not evaluable");
}

// A name that no text can spell.
Term private_name(const std::string& name, std::int64_t number) {
  return free_var("'" + name + std::to_string(number));
}

}  // namespace

bool dimensions_only(const Term& term, const Spec& spec) {
  bool result = term->free_bound == 0;
  each_node(term, [&](const Term& node) {
    const bool dimension = node->op == Op::kFree && spec.is_dim(node->name);
    const bool arithmetic = node->op == Op::kInt || node->op == Op::kAdd || node->op == Op::kSub ||
                            node->op == Op::kMul || node->op == Op::kDiv || node->op == Op::kMod;
    result = result && (dimension || arithmetic);
  });
  return result;
}

bool facts_of(const Term& boolean, std::vector<Difference>& facts) {
  const std::vector<Term>& k = boolean->kids;
  switch (boolean->op) {
    case Op::kTrue: return true;
    case Op::kAnd: {
      const bool first = facts_of(k[0], facts);
      return facts_of(k[1], facts) && first;
    }
    case Op::kLt: facts.push_back({k[1], k[0], 1, true}); return true;
    case Op::kLe: facts.push_back({k[1], k[0], 0, true}); return true;
    case Op::kEq:
      facts.push_back({k[0], k[1], 0});
      facts.push_back({k[1], k[0], 0, true});
      return true;
    case Op::kNot: return facts_of_negation(k[0], facts);
    default:  // "anything else: none"
      return false;
  }
}

Generator::Generator(const Spec& spec, Budget& budget) : spec_(spec), budget_(budget) {}

Reading Generator::reading(Draft& draft, std::int64_t depth, const Levels& replaced) {
  return Reading{draft.atoms, budget_, depth, replaced};
}

Poly Generator::difference_poly(const Difference& fact, Reading& reading) {
  Poly right;
  if (fact.right_first) right = index_poly(fact.right, reading);
  const Poly left = index_poly(fact.left, reading);
  if (!fact.right_first) right = index_poly(fact.right, reading);
  return difference(difference(left, right, budget_), Poly(Int(fact.minus)), budget_);
}

void Generator::assume(Draft& draft, const Term& boolean, std::int64_t depth,
                       const Levels& replaced) {
  std::vector<Difference> facts;
  facts_of(boolean, facts);
  Reading in = reading(draft, depth, replaced);
  for (const Difference& fact : facts) draft.hypotheses.push_back(difference_poly(fact, in));
}

void Generator::assume_loop(Draft& draft, const Term& variable, const Term& bound,
                            std::int64_t depth, const Levels& replaced) {
  Reading in = reading(draft, depth, replaced);
  draft.hypotheses.push_back(index_poly(variable, in));
  draft.hypotheses.push_back(difference_poly({bound, variable, 1}, in));
}

// FORMAT 5, hypotheses 1 and 2 (of them the first `requires_used`).
Draft Generator::base(std::size_t requires_used) {
  Draft draft;
  const Levels none;
  for (const std::string& name : spec_.dims) {
    const Term d = free_var(name);
    Reading in = reading(draft, 0, none);
    draft.hypotheses.push_back(difference_poly({d, integer(1), 0}, in));
    draft.hypotheses.push_back(difference_poly({integer(kMaxDimension), d, 0}, in));
  }
  for (std::size_t k = 0; k < requires_used; ++k) assume(draft, spec_.assumptions[k], 0, none);
  return draft;
}

// FORMAT 5, hypothesis 3 after 1 and 2.
Draft Generator::in_context(const Scope& scope) {
  Draft draft = base(spec_.assumptions.size());
  for (const ContextItem& item : context_of(scope))
    if (item.loop)
      assume_loop(draft, item.var, item.bound, scope.depth, {});
    else
      assume(draft, item.guard, scope.depth, {});
  return draft;
}

bool Generator::proved_divisor(const Draft& draft, const Poly& divisor) {
  AtomTable atoms = draft.atoms;
  Reading in{atoms, budget_, 0};
  for (const Term& term : divisors_)
    if (index_poly(term, in) == divisor) return true;
  return false;
}

// FORMAT 5, last sentence. With an unproved divisor b = 0 the two facts
// a - q*b >= 0 and b - 1 - a + q*b >= 0 would add up to -1 >= 0, and every
// goal at this place would be provable.
void Generator::add_quotient(Draft& draft, std::size_t atom) {
  const Poly a = draft.atoms[atom].parts[0];
  const Poly b = draft.atoms[atom].parts[1];
  const Poly minus_one = difference(b, Poly(Int(1)), budget_);
  if (!positive_constant(b)) {
    if (!proved_divisor(draft, b)) {
      if (!refuse_unproved_) return;
      refuse("divisor", "a quotient whose divisor is not proved positive");
    }
    draft.hypotheses.push_back(minus_one);
  }
  const Poly rest = difference(a, multiply(Poly::atom(atom), b, budget_), budget_);
  draft.hypotheses.push_back(rest);
  draft.hypotheses.push_back(difference(minus_one, rest, budget_));
}

void Generator::add_element(Draft& draft, std::size_t atom) {
  const Array* input = spec_.input(draft.atoms[atom].name);
  if (input == nullptr || input->kind != InputKind::kI32)
    refuse("index", "an index that is an element of no integer input");
  if (!input->range) return;
  Reading in = reading(draft, 0, {});
  const Poly x = Poly::atom(atom);
  draft.hypotheses.push_back(difference(x, index_poly(input->range->first, in), budget_));
  const Poly high = index_poly(input->range->second, in);
  draft.hypotheses.push_back(difference(difference(high, Poly(Int(1)), budget_), x, budget_));
}

// FORMAT 5, hypothesis 5; the loop also reaches atoms that it registers.
void Generator::finish(Draft& draft) {
  for (std::size_t k = 0; k < draft.atoms.size(); ++k) {
    switch (draft.atoms[k].kind) {
      case AtomKind::kVariable: break;
      case AtomKind::kQuotient: add_quotient(draft, k); break;
      case AtomKind::kElement: add_element(draft, k); break;
    }
  }
}

void Generator::add_goal(const std::string& place, Draft draft, const Difference& goal,
                         std::int64_t depth, const Levels& replaced, std::vector<Obligation>& out) {
  Reading in = reading(draft, depth, replaced);
  const Poly poly = difference_poly(goal, in);
  finish(draft);
  out.push_back({place, std::move(draft.hypotheses), poly, draft.atoms.size()});
}

void Generator::collect_divisors(const Term& term, std::vector<Term>& out) {
  each_node(term, [&](const Term& node) {
    if (node->op != Op::kDiv && node->op != Op::kMod) return;
    const Term& divisor = node->kids[1];
    // FORMAT 7; a divisor with a bound variable would have to be positive in
    // its context, which the facts of FORMAT 5 do not ask.
    if (!dimensions_only(divisor, spec_))
      refuse("divisor", "a divisor that is not made of dimensions");
    const bool known = std::any_of(
        out.begin(), out.end(), [&](const Term& old) { return same_index_poly(old, divisor, 0); });
    AtomTable atoms;
    Reading in{atoms, budget_, 0};
    if (!known && !positive_constant(index_poly(divisor, in))) out.push_back(divisor);
  });
}

std::vector<Obligation> Generator::divisors(const Term& final_term) {
  std::vector<Term> found;
  std::vector<std::size_t> usable;  // requires before the divisor
  for (std::size_t k = 0; k < spec_.assumptions.size(); ++k) {
    collect_divisors(spec_.assumptions[k], found);
    usable.resize(found.size(), k);
  }
  collect_divisors(spec_.core, found);
  collect_divisors(final_term, found);
  usable.resize(found.size(), spec_.assumptions.size());
  std::vector<Obligation> out;
  for (std::size_t k = 0; k < found.size(); ++k) {
    add_goal("divisor " + print(found[k]), base(usable[k]), {found[k], integer(1), 0}, 0, {}, out);
    divisors_.push_back(found[k]);
  }
  refuse_unproved_ = true;
  return out;
}

std::vector<Obligation> Generator::spec_obligations() {
  std::vector<Obligation> out;
  Scope scope;
  walk(spec_.core, scope, false, out);
  return out;
}

std::vector<Obligation> Generator::step(const std::vector<Condition>& conditions) {
  std::vector<Obligation> out;
  for (const Condition& condition : conditions) {
    std::vector<Difference> goals;
    const std::string text = print(condition.goal, condition.context.names());
    // FORMAT 5: without it a condition such as (or a b) would need no proof.
    if (!facts_of(condition.goal, goals))
      refuse("condition", "cannot be stated as an inequality: " + text);
    const Draft draft = in_context(condition.context);
    for (const Difference& goal : goals)
      add_goal(text, draft, goal, condition.context.depth, {}, out);
  }
  return out;
}

// FORMAT 7, spec and safe: node before children, in child order.
void Generator::walk(const Term& term, Scope& scope, bool safe, std::vector<Obligation>& out) {
  node_goals(term, scope, safe, out);
  for (std::size_t k = 0; k < term->kids.size(); ++k) {
    const std::size_t mark = scope.entries.size();
    enter(term, k, scope, spec_);
    walk(term->kids[k], scope, safe, out);
    scope.truncate(mark);
  }
}

void Generator::node_goals(const Term& term, Scope& scope, bool safe,
                           std::vector<Obligation>& out) {
  std::vector<Difference> goals;
  const Op op = term->op;
  const Term zero = integer(0);
  if (op == Op::kPsi || (safe && (op == Op::kMem || op == Op::kPut))) {
    const std::vector<Term> indices = indices_of(*term);
    const std::vector<Term> shape =
        op == Op::kPut ? spec_.output.shape : infer(operand_of(*term), scope, spec_).shape;
    if (indices.size() > shape.size()) refuse("type", "too many indices");
    for (std::size_t k = 0; k < indices.size(); ++k) {
      goals.push_back({indices[k], zero, 0});
      goals.push_back({shape[k], indices[k], 1});
    }
  } else if (!safe && (op == Op::kTake || op == Op::kDrop)) {
    const Type type = infer(term->kids[1], scope, spec_);
    goals = {{term->kids[0], zero, 0}, {type.shape.at(0), term->kids[0], 0}};
  } else if (!safe && op == Op::kRot) {
    const Type type = infer(term->kids[1], scope, spec_);
    goals = {{type.shape.at(0), integer(1), 0}};
  } else if (safe && (op == Op::kDiv || op == Op::kMod)) {
    goals = {{term->kids[0], zero, 0}};
  } else if (safe && (op == Op::kAdd || op == Op::kSub || op == Op::kMul) &&
             infer(term, scope, spec_).sort == Sort::kIndex) {
    goals = {{integer(kMaxLiteral), term, 0}, {term, zero, -kMaxLiteral}};
  }
  if (goals.empty()) return;
  const Draft draft = in_context(scope);
  const std::string node = std::string("at ") + word_of(op) + ": ";
  for (const Difference& goal : goals) {
    const std::vector<std::string> names = scope.names();
    add_goal(node + print(goal.right, names) + " <= " + print(goal.left, names) +
                 (goal.minus == 1   ? " - 1"
                  : goal.minus == 0 ? ""
                                    : " + 2^62"),
             draft, goal, scope.depth, {}, out);
  }
}

// FORMAT 7, arrays: sum i_k*s_k of the largest indices and strides that
// K_check admits fits in 64 bits.
void Generator::array_goals(const Array& array, std::vector<Obligation>& out) {
  Obligation result;
  result.place = "offsets of " + array.name + " fit";
  result.atoms = 2 * array.shape.size();
  result.goal = Poly((Int(1) << 63) - 1);
  for (std::size_t k = 0; k < array.shape.size(); ++k) {
    const Poly i = Poly::atom(2 * k);
    const Poly s = Poly::atom(2 * k + 1);
    result.hypotheses.push_back(i);
    result.hypotheses.push_back(difference(Poly(Int(kMaxDimension - 1)), i, budget_));
    result.hypotheses.push_back(s);
    result.hypotheses.push_back(difference(Poly(Int(kMaxStep)), s, budget_));
    result.goal = difference(result.goal, multiply(i, s, budget_), budget_);
  }
  out.push_back(std::move(result));
}

Frame frame_of(const Term& final_term, const Spec& spec) {
  std::size_t puts = 0;
  each_node(final_term, [&](const Term& t) { puts += t->op == Op::kPut; });
  // FORMAT 7: with two puts one element could be written twice.
  if (puts != 1) refuse("write", "the final term must have exactly one put");
  Frame frame;
  std::vector<bool> loops;  // by level: is the variable in V
  const auto in_loops = [&](const Term& term) {
    for (std::int64_t k = 0; k < frame.depth; ++k) {
      const bool loop = loops[static_cast<std::size_t>(frame.depth - 1 - k)];
      if (!loop && mentions(term, k)) return false;
    }
    return true;
  };
  Term at = final_term;
  for (; at->op != Op::kPut; at = at->kids[1]) {
    const bool loop = at->op == Op::kFor || at->op == Op::kParFor;
    const bool let = at->op == Op::kLet || at->op == Op::kLetSlow;
    if (!loop && !let && at->op != Op::kWhen) refuse("write", "no statement");
    if (loop && !dimensions_only(at->kids[0], spec))
      refuse("write", "a loop bound that is not made of dimensions");
    // A shared value is one atom, but differs between the two iterations that
    // write-once compares: a guard on it could prove them equal.
    if (at->op == Op::kWhen && !in_loops(at->kids[0]))
      refuse("write", "a guard that mentions a shared value");
    if (!let) {
      const std::string name = loop ? at->binders[0] : "";
      frame.items.push_back({loop, name, at->kids[0], frame.depth});
    }
    if (loop || let) {
      loops.push_back(loop);
      ++frame.depth;
    }
  }
  frame.put = at;
  const std::vector<Term> indices = indices_of(*at);
  if (indices.size() != spec.output.shape.size())
    refuse("write", "the put does not write single elements");
  for (const Term& index : indices)
    if (!in_loops(index)) refuse("write", "an index from a shared value");
  return frame;
}

void Generator::assume_frame(Draft& draft, const Frame& frame, const Levels& replaced) {
  for (const Frame::Item& item : frame.items)
    if (item.loop)
      assume_loop(draft, bound_var(0), shift(item.term, 1), item.depth + 1, replaced);
    else
      assume(draft, item.term, item.depth, replaced);
}

// FORMAT 7, write-once: two iterations that write the same element agree in
// every loop variable.
void Generator::write_once(const Frame& frame, std::vector<Obligation>& out) {
  Levels copy;
  for (const Frame::Item& item : frame.items)
    if (item.loop) copy[item.depth] = private_name("copy", item.depth);
  Draft draft = base(spec_.assumptions.size());
  assume_frame(draft, frame, {});
  assume_frame(draft, frame, copy);
  for (const Term& index : indices_of(*frame.put)) {
    Reading first = reading(draft, frame.depth, {});
    const Poly f = index_poly(index, first);
    Reading second = reading(draft, frame.depth, copy);
    const Poly other = index_poly(index, second);
    draft.hypotheses.push_back(difference(f, other, budget_));
    draft.hypotheses.push_back(difference(other, f, budget_));
  }
  for (const Frame::Item& item : frame.items) {
    if (!item.loop) continue;
    const Term variable = bound_var(frame.depth - 1 - item.depth);
    add_goal("write-once in " + item.name, draft, {copy.at(item.depth), variable, 0}, frame.depth,
             {}, out);
  }
}

// FORMAT 7, cover: every element of the output is written by the iteration W.
void Generator::cover(const Frame& frame, const Json& json, std::vector<Obligation>& out) {
  std::vector<std::string> names;
  std::vector<Term> axes;
  for (std::size_t k = 0; k < spec_.output.shape.size(); ++k) {
    names.push_back("o" + std::to_string(k));
    axes.push_back(private_name("o", static_cast<std::int64_t>(k)));
  }
  std::vector<Frame::Item> loops;
  for (const Frame::Item& item : frame.items)
    if (item.loop) loops.push_back(item);
  const std::vector<Json> pairs = json.items(loops.size());
  Levels w;
  for (std::size_t k = 0; k < loops.size(); ++k) {
    const std::vector<Json> pair = pairs[k].items(2);
    if (pair[0].string() != loops[k].name) refuse("cover", "the loops are not named in order");
    const Term text = read_term(pair[1].string(), names, spec_);
    const std::vector<Term> zeros(axes.size(), integer(0));
    // W must be made of o0, o1, .. and dimensions: an input's name would
    // become an integer that does not exist.
    if (!dimensions_only(instantiate(text, zeros), spec_))
      refuse("cover", "not an index term over o0, o1, ..");
    w[loops[k].depth] = instantiate(text, axes);
  }
  Draft draft = base(spec_.assumptions.size());
  for (std::size_t k = 0; k < axes.size(); ++k)
    assume_loop(draft, axes[k], spec_.output.shape[k], 0, {});
  for (const Frame::Item& loop : loops) {
    const Term& value = w.at(loop.depth);
    add_goal("cover: 0 <= " + loop.name, draft, {value, integer(0), 0}, 0, {}, out);
    add_goal("cover: " + loop.name + " in range", draft, {loop.term, value, 1}, 0, {}, out);
  }
  for (const Frame::Item& item : frame.items) {
    if (item.loop) continue;
    std::vector<Difference> goals;
    // FORMAT 5: a guard that cannot be stated could be false everywhere.
    if (!facts_of(item.term, goals)) refuse("cover", "a guard that cannot be stated");
    for (const Difference& goal : goals) add_goal("cover: guard", draft, goal, item.depth, w, out);
  }
  const std::vector<Term> indices = indices_of(*frame.put);
  for (std::size_t k = 0; k < indices.size(); ++k) {
    const Term axis = axes[k];
    add_goal("cover: axis " + std::to_string(k), draft, {indices[k], axis, 0}, frame.depth, w, out);
    add_goal("cover: axis " + std::to_string(k), draft, {axis, indices[k], 0}, frame.depth, w, out);
  }
}

std::vector<Obligation> Generator::safe(const Term& final_term, const Json& cover_json) {
  std::vector<Obligation> out;
  Scope scope;
  walk(final_term, scope, true, out);
  for (const Array& input : spec_.inputs) array_goals(input, out);
  array_goals(spec_.output, out);
  const Frame frame = frame_of(final_term, spec_);
  write_once(frame, out);
  cover(frame, cover_json, out);
  return out;
}

void check_witness(const Spec& spec, const Json& witness) {
  witness.require_keys(spec.dims);
  std::map<std::string, Int> at;
  for (const std::string& name : spec.dims) {
    const Int value = parse_integer(witness.member(name).string());
    if (value < 1 || value > kMaxDimension) refuse("witness", "a dimension outside 1 .. 2^24");
    at[name] = value;
  }
  // FORMAT 7: with requires that no sizes satisfy, everything is provable.
  for (const Term& require : spec.assumptions)
    if (!holds(require, at)) refuse("witness", "a require fails");
}

}  // namespace audit
