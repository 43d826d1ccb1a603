// The arithmetic obligations of a certificate. See obligations.h.
// Idea: an obligation is drafted in the order of FORMAT 5: dimensions, requires, context, goal,
// then the facts of the atoms that have turned up; the order fixes the numbers that proofs refer
// to. How it may be wrong: an order that differs from the format (then honest proofs fail), or a
// variable read at the wrong depth.
#include "obligations.h"

#include <limits>

namespace audit {
// left - right - minus >= 0; `swapped`: right is translated first, as the first child of a node.
struct Fact {
  Term left, right;
  Number minus = 0;
  bool swapped = false;
};

namespace {
constexpr Number kMaxDimension = Number{1} << 24;
constexpr Number kMaxStride = Number{1} << 36;
constexpr Number kLargest = std::numeric_limits<Number>::max();
using Sizes = std::map<string, Int>;
Term zero() { return integer(0); }
Facts in_range(const Term& index, const Term& extent) {
  return {{index, zero()}, {extent, index, 1}};
}
Facts equal(const Term& a, const Term& b) { return {{a, b}, {b, a, 0, true}}; }
void append(Facts& facts, const Facts& more) {
  facts.insert(facts.end(), more.begin(), more.end());
}
bool positive_constant(const Poly& poly) { return poly.is_constant() && poly.constant() > 0; }

// The facts of a boolean, by the table of FORMAT 5; false if it has none for some part of it (then
// the boolean cannot be a goal). `negated`: of (not boolean).
bool facts_of(const Term& boolean, Facts& facts, bool negated = false) {
  const Terms& k = boolean->kids;
  const Op op = boolean->op;
  if (op == Op::kNot) return facts_of(k[0], facts, !negated);
  if (op == Op::kTrue && !negated) return true;
  if (op == (negated ? Op::kOr : Op::kAnd)) {
    const bool first = facts_of(k[0], facts, negated);
    return facts_of(k[1], facts, negated) && first;
  }
  if (op == Op::kLt || op == Op::kLe) {
    const Number strict = (op == Op::kLt) != negated ? 1 : 0;
    // (not (< a b)) is (<= b a): its first child is b.
    facts.push_back({k[negated ? 0 : 1], k[negated ? 1 : 0], strict, true});
    return true;
  }
  if (op != (negated ? Op::kNe : Op::kEq)) return false;  // "anything else: none"
  append(facts, equal(k[0], k[1]));
  return true;
}

// FORMAT 7, requires: the least and the greatest value of an index (of a boolean: of no meaning).
// K_check knows only the dimensions' range: an overflow, or a quotient that is rounded towards
// zero, would admit sizes for which the require fails.
std::pair<Int, Int> range_of(const Term& term) {
  const Op op = term->op;
  if (op == Op::kInt) return {term->value, term->value};
  if (op == Op::kFree) return {1, kMaxDimension};
  vector<std::pair<Int, Int>> kids;
  for (const Term& kid : term->kids) kids.push_back(range_of(kid));
  if (!is_index_arithmetic(op)) return {0, 0};
  const auto& [a, b] = kids[0];
  const auto& [c, d] = kids[1];
  std::pair<Int, Int> range = {0, b};  // of div and mod
  if (op == Op::kAdd) range = {a + c, b + d};
  if (op == Op::kSub) range = {a - d, b - c};
  if (op == Op::kMul) range = std::minmax<Int>({a * c, a * d, b * c, b * d});
  if ((op == Op::kDiv || op == Op::kMod) && a < 0)
    refuse("int-width", "a require divides what may be negative");
  if (range.first < -kLargest - 1 || range.second > kLargest)
    refuse("int-width", "a require may leave 64 bits");
  return range;
}

// Of an index term, or of a boolean as 0 or 1.
Int evaluate(const Term& term, const Sizes& at) {
  const Op op = term->op;
  if (op == Op::kTrue) return 1;
  if (op == Op::kInt) return term->value;
  if (op == Op::kFree && at.contains(term->name)) return at.at(term->name);
  if (op == Op::kNot) return 1 - evaluate(term->kids[0], at);
  if (term->kids.size() != 2) refuse("witness", "a require is not evaluable");
  const Int a = evaluate(term->kids[0], at);
  const Int b = evaluate(term->kids[1], at);
  if (op == Op::kAnd || op == Op::kMul) return a * b;
  if (op == Op::kOr) return a + b > 0 ? 1 : 0;
  if (op == Op::kAdd) return a + b;
  if (op == Op::kSub) return a - b;
  if (op == Op::kLt || op == Op::kLe) return a < b || (op == Op::kLe && a == b) ? 1 : 0;
  if (op == Op::kEq || op == Op::kNe) return (a == b) == (op == Op::kEq) ? 1 : 0;
  if ((op != Op::kDiv && op != Op::kMod) || b <= 0) refuse("witness", "a require is not evaluable");
  const Int q = floor_div(a, b);
  return op == Op::kDiv ? q : Int(a - q * b);
}

// A node after its children.
void collect_divisors(const Term& term, const Spec& spec, Terms& out) {
  spec.budget.visit(1);
  for (const Term& kid : term->kids) collect_divisors(kid, spec, out);
  if (term->op != Op::kDiv && term->op != Op::kMod) return;
  const Term& divisor = term->kids[1];
  // FORMAT 7; FORMAT 5 does not ask that one with a bound variable be positive in its context.
  if (!dimensions_only(divisor, spec)) refuse("divisor", "a divisor not made of dimensions");
  const bool known = std::ranges::any_of(
      out, [&](const Term& old) { return same_index(old, divisor, Scope{}, spec); });
  Reading reading{spec.budget};
  if (!known && !positive_constant(index_poly(divisor, reading))) out.push_back(divisor);
}

// FORMAT 7, spec and safe.
Facts node_goals(const Term& term, Scope& scope, const Spec& spec, bool safe) {
  const Op op = term->op;
  Facts goals;
  if (op == Op::kPsi || (safe && (op == Op::kMem || op == Op::kPut))) {
    const Terms indices = indices_of(*term);
    const Terms shape =
        op == Op::kPut ? spec.output.shape : infer(operand_of(*term), scope, spec).shape;
    for (size_t k = 0; k < indices.size(); ++k) append(goals, in_range(indices[k], shape.at(k)));
  } else if (!safe && (op == Op::kTake || op == Op::kDrop || op == Op::kRot)) {
    const Term extent = infer(term->kids[1], scope, spec).shape.at(0);
    if (op == Op::kRot) return {{extent, integer(1)}};
    return {{term->kids[0], zero()}, {extent, term->kids[0]}};
  } else if (safe && (op == Op::kDiv || op == Op::kMod)) {
    return {{term->kids[0], zero()}};  // so that the quotient of C++ is the floor
  } else if (safe && is_index_arithmetic(op) && infer(term, scope, spec).sort == Sort::kIndex) {
    return {{integer(kMaxLiteral), term}, {term, zero(), -kMaxLiteral}};
  }
  return goals;
}
}  // namespace
void walk(const Term& term, Scope& scope, const Spec& spec, const Lanes& lanes,
          const Visit& visit) {
  visit(term);
  for (size_t k = 0; k < term->kids.size(); ++k) {
    const size_t mark = scope.entries.size();
    enter(term, k, scope, spec, lanes);
    walk(term->kids[k], scope, spec, lanes, visit);
    scope.truncate(mark);
  }
}
// An obligation under construction: the hypotheses so far, and how the next one is read.
struct Draft : Reading {
  explicit Draft(const Spec& spec) : Reading{spec.budget} {}
  vector<Poly> hypotheses;
  Poly minus(const Poly& a, const Poly& b) const { return difference(a, b, budget); }
  Poly read(const Fact& fact) {
    const Poly first = index_poly(fact.swapped ? fact.right : fact.left, *this);
    const Poly second = index_poly(fact.swapped ? fact.left : fact.right, *this);
    return minus(fact.swapped ? minus(second, first) : minus(first, second), Poly(Int(fact.minus)));
  }
  void assume(const Facts& facts) {
    for (const Fact& fact : facts) hypotheses.push_back(read(fact));
  }
  void assume(const Term& boolean) {
    Facts facts;
    facts_of(boolean, facts);
    assume(facts);
  }
  // FORMAT 5, hypothesis 3: only loops and guards are hypotheses.
  void assume(const Scope& scope) {
    for (const Entry& entry : scope.entries) {
      depth = entry.depth + (entry.kind == Entry::Kind::kGuard ? 0 : 1);
      if (entry.kind == Entry::Kind::kLoop) assume(in_range(bound_var(0), shift(entry.term, 1)));
      if (entry.kind == Entry::Kind::kGuard) assume(entry.term);
    }
    depth = scope.depth;
  }
};

// FORMAT 5, hypotheses 1, 2 (of them the first `requires_used`) and 3.
Draft Generator::context(const Scope& scope, size_t requires_used) const {
  Draft draft(spec_);
  for (const string& name : spec_.dims) {
    const Term d = free_var(name);
    draft.assume({{d, integer(1)}, {integer(kMaxDimension), d}});
  }
  for (size_t k = 0; k < std::min(requires_used, spec_.assumptions.size()); ++k)
    draft.assume(spec_.assumptions[k]);
  draft.assume(scope);
  return draft;
}

// FORMAT 5, last sentence. With an unproved divisor b = 0 the two facts a - q*b >= 0 and
// b - 1 - a + q*b >= 0 would add up to -1 >= 0, and every goal at this place would be provable.
void Generator::use_quotient(Draft& draft, size_t atom) const {
  const Poly a = draft.atoms[atom].parts[0];
  const Poly b = draft.atoms[atom].parts[1];
  const Poly minus_one = draft.minus(b, Poly(Int(1)));
  if (!positive_constant(b)) {
    Draft trial = draft;
    const bool proved = std::ranges::any_of(
        divisors_, [&](const Term& term) { return index_poly(term, trial) == b; });
    if (!proved && refuse_unproved_)
      refuse("divisor", "a quotient whose divisor is not proved positive");
    if (!proved) return;
    draft.hypotheses.push_back(minus_one);
  }
  const Poly rest = draft.minus(a, multiply(Poly::atom(atom), b, spec_.budget));
  draft.hypotheses.push_back(rest);
  draft.hypotheses.push_back(draft.minus(minus_one, rest));
}
void Generator::use_element(Draft& draft, size_t atom) const {
  const Array* input = spec_.input(draft.atoms[atom].name);
  if (input == nullptr || input->elem != Elem::kInt)
    refuse("index", "an index that is an element of no integer input");
  if (!input->range) return;
  const Poly x = Poly::atom(atom);
  draft.hypotheses.push_back(draft.minus(x, index_poly(input->range->first, draft)));
  const Poly high = index_poly(input->range->second, draft);
  draft.hypotheses.push_back(draft.minus(draft.minus(high, Poly(Int(1))), x));
}

// FORMAT 5, one obligation for each goal; the inner loop also reaches atoms that it registers.
void Generator::add_goals(const string& place, const Draft& context, const Facts& goals) {
  for (const Fact& goal : goals) {
    Draft draft = context;
    const Poly poly = draft.read(goal);
    for (size_t k = 0; k < draft.atoms.size(); ++k) {
      if (draft.atoms[k].kind == AtomKind::kQuotient) use_quotient(draft, k);
      if (draft.atoms[k].kind == AtomKind::kElement) use_element(draft, k);
    }
    // Without the limit a short certificate could make a list of obligations that fills the memory.
    if (out_.empty()) bytes_ = 0;
    bytes_ += place.size() + sizeof(Obligation);
    for (const Poly& hypothesis : draft.hypotheses) bytes_ += hypothesis.bytes();
    if (bytes_ > kMaxFactBytes) refuse("limit", "obligations too large");
    out_.push_back({place, std::move(draft.hypotheses), poly, draft.atoms.size()});
  }
}
vector<Obligation> Generator::divisors(const Term& final_term) {
  Terms found;
  vector<size_t> usable;  // requires before the divisor
  for (size_t k = 0; k < spec_.assumptions.size(); ++k) {
    collect_divisors(spec_.assumptions[k], spec_, found);
    usable.resize(found.size(), k);
  }
  collect_divisors(spec_.core, spec_, found);
  collect_divisors(final_term, spec_, found);
  usable.resize(found.size(), spec_.assumptions.size());
  for (size_t k = 0; k < found.size(); ++k) {
    add_goals("divisor " + print(found[k]), context({}, usable[k]), {{found[k], integer(1)}});
    divisors_.push_back(found[k]);
  }
  refuse_unproved_ = true;
  return std::exchange(out_, {});
}
vector<Obligation> Generator::spec_obligations() {
  // FORMAT 7: with an empty range the facts of an element would contradict each other.
  for (const Array& array : spec_.inputs)
    if (array.range)
      add_goals("range of " + array.name, context(),
                {{array.range->second, array.range->first, 1}});
  add_nodes(spec_.core, false);
  return std::exchange(out_, {});
}
vector<Obligation> Generator::step(const vector<Condition>& conditions) {
  out_.clear();  // what a refused list left must not be asked of the next claim
  for (const auto& [scope, goal] : conditions) {
    Facts goals;
    spec_.budget.visit(goal->size);
    const string text = print(goal, scope.names()).substr(0, 160);
    // FORMAT 5: without it a condition such as (or a b) would need no proof.
    if (!facts_of(goal, goals)) refuse("condition", "cannot be stated as an inequality: " + text);
    add_goals(text, context(scope), goals);
  }
  return std::exchange(out_, {});
}
void Generator::add_nodes(const Term& root, bool safe, const Lanes& lanes) {
  Scope scope;
  walk(root, scope, spec_, lanes, [&](const Term& term) {
    const Facts goals = node_goals(term, scope, spec_, safe);
    if (goals.empty()) return;
    spec_.budget.visit(term->size);
    add_goals("at " + print(term, scope.names()).substr(0, 80), context(scope), goals);
  });
}

// FORMAT 7, arrays: no extent exceeds 2^24 (an extent N*D could), and sum i_k*s_k of the largest
// indices and strides that K_check admits fits in 64 bits.
void Generator::add_array(const Array& array) {
  Draft draft(spec_);
  Term offset = zero();
  for (size_t k = 0; k < array.shape.size(); ++k) {
    add_goals("extents of " + array.name, context(), {{integer(kMaxDimension), array.shape[k]}});
    const Term i = free_var("i" + std::to_string(k));
    const Term s = free_var("s" + std::to_string(k));
    draft.assume(in_range(i, integer(kMaxDimension)));
    draft.assume(in_range(s, integer(kMaxStride + 1)));
    offset = make_op(Op::kAdd, {offset, make_op(Op::kMul, {i, s})});
  }
  add_goals("offsets of " + array.name + " fit", draft, {{zero(), offset, -kLargest}});
}

// FORMAT 7, storage: sizes and task counts are computed outside of every loop and guard, so what is
// proved in a context says nothing about them: they could overflow, or be negative.
void Generator::add_size(const Term& size) {
  if (!dimensions_only(size, spec_)) refuse("lower", "a size that is not made of dimensions");
  add_nodes(size, true);
  add_goals("size " + print(size).substr(0, 80), context(), {{size, zero()}});
}
Frame frame_of(const Term& final_term, const Spec& spec) {
  Frame frame;
  Scope scope;
  size_t puts = 0;
  // A shared value is one atom, but differs between the two iterations that write-once compares: a
  // guard on it could prove them equal.
  const auto over_loops = [&](const Term& term, const char* what) {
    for (Number k = 0; k < scope.depth; ++k)
      if (scope.variable(k)->kind != Entry::Kind::kLoop && mentions(term, k))
        refuse("write", string(what) + " that mentions a shared value");
  };
  walk(final_term, scope, spec, {}, [&](const Term& term) {
    const bool loop = term->op == Op::kFor || term->op == Op::kParFor;
    if (loop && !dimensions_only(term->kids[0], spec))
      refuse("write", "a loop bound that is not made of dimensions");
    if (term->op == Op::kWhen) over_loops(term->kids[0], "a guard");
    if (term->op != Op::kPut) return;
    const Terms indices = indices_of(*term);
    if (indices.size() != spec.output.shape.size())
      refuse("write", "the put does not write single elements");
    for (const Term& index : indices) over_loops(index, "an index");
    frame = {term, scope, scope.entries};
    ++puts;
  });
  // FORMAT 7: with two puts one element could be written twice.
  if (puts != 1) refuse("write", "the final term must have exactly one put");
  std::erase_if(frame.loops, [](const Entry& entry) { return entry.kind != Entry::Kind::kLoop; });
  return frame;
}

// FORMAT 7, write-once: two iterations that write the same element agree in every loop variable.
void Generator::add_write_once(const Frame& frame) {
  std::map<Number, Term> copy;
  // No text can spell these names.
  for (const Entry& loop : frame.loops)
    copy[loop.depth] = free_var("'copy" + std::to_string(loop.depth));
  Draft draft = context(frame.scope);
  draft.replaced = copy;
  draft.assume(frame.scope);
  for (const Term& index : indices_of(*frame.put)) {
    draft.replaced.clear();
    const Poly f = index_poly(index, draft);
    draft.replaced = copy;
    const Poly other = index_poly(index, draft);
    draft.hypotheses.push_back(draft.minus(f, other));
    draft.hypotheses.push_back(draft.minus(other, f));
  }
  draft.replaced.clear();
  for (const Entry& loop : frame.loops)
    add_goals("write-once in " + loop.name, draft,
              {{copy.at(loop.depth), bound_var(draft.depth - 1 - loop.depth)}});
}

// FORMAT 7, cover: every element of the output is written by the iteration W.
void Generator::add_cover(const Frame& frame, const Json& json) {
  Strings names;
  Terms axes;
  Draft draft = context();
  for (const Term& extent : spec_.output.shape) {
    names.push_back("o" + std::to_string(axes.size()));
    axes.push_back(free_var("'" + names.back()));
    draft.assume(in_range(axes.back(), extent));
  }
  const vector<Entry>& loops = frame.loops;
  const vector<Json>& pairs = items(json, loops.size());
  for (size_t k = 0; k < loops.size(); ++k) {
    const vector<Json>& pair = items(pairs[k], 2);
    if (pair[0] != loops[k].name) refuse("cover", "the loops are not named in order");
    const Term text = read_term(pair[1].get<string>(), names, spec_);
    // W is made of o0, o1, .. and dimensions: an input's name would be an integer from nowhere.
    if (!dimensions_only(instantiate(text, Terms(axes.size(), zero())), spec_))
      refuse("cover", "not an index term over o0, o1, ..");
    draft.replaced[loops[k].depth] = instantiate(text, axes);
    add_goals("cover: " + loops[k].name + " in range", draft,
              in_range(draft.replaced[loops[k].depth], loops[k].term));
  }
  for (const Entry& guard : frame.scope.entries) {
    if (guard.kind != Entry::Kind::kGuard) continue;
    Facts goals;
    // FORMAT 5: a guard that cannot be stated could be false everywhere.
    if (!facts_of(guard.term, goals)) refuse("cover", "a guard that cannot be stated");
    draft.depth = guard.depth;
    add_goals("cover: guard", draft, goals);
  }
  draft.depth = frame.scope.depth;
  const Terms indices = indices_of(*frame.put);
  for (size_t k = 0; k < indices.size(); ++k)
    add_goals("cover: axis " + std::to_string(k), draft, equal(indices[k], axes[k]));
}
vector<Obligation> Generator::safe(const Term& final_term, const Json& cover, const Lanes& lanes) {
  out_.clear();
  for (const Term& require : spec_.assumptions) range_of(require);
  add_nodes(final_term, true, lanes);
  for (const Array& array : spec_.arrays()) add_array(array);
  Scope scope;
  walk(final_term, scope, spec_, lanes, [&](const Term& term) {
    const Op op = term->op;
    if (op == Op::kParFor || op == Op::kParGen) add_size(term->kids[0]);
    if (op != Op::kLet && op != Op::kLetSlow) return;
    const Entry* lane = lane_around(scope, lanes);
    for (const Terms& extents : leaves_of(infer(term->kids[0], scope, spec_))) {
      for (const Term& extent : extents) add_size(extent);
      if (lane != nullptr && !extents.empty()) add_size(lane->term);
    }
  });
  const Frame frame = frame_of(final_term, spec_);
  add_write_once(frame);
  add_cover(frame, cover);
  return std::exchange(out_, {});
}
void check_witness(const Spec& spec, const Json& witness, const Terms& counts) {
  Sizes at;
  for (const auto& [name, text] : strings(witness, spec.dims)) {
    at[name] = parse_integer(text);
    if (at[name] < 1 || at[name] > kMaxDimension)
      refuse("witness", "a dimension outside 1 .. 2^24");
  }
  // FORMAT 7: with requires that no sizes satisfy, everything is provable.
  for (const Term& require : spec.assumptions)
    if (evaluate(require, at) == 0) refuse("witness", "a require fails");
  // A kernel that needs more than 2^40 words returns without running, at all sizes perhaps.
  for (const Term& count : counts)
    if (evaluate(count, at) > Int(1) << 40) refuse("witness", "a size or task count above 2^40");
}
}  // namespace audit
