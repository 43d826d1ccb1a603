// The arithmetic obligations of a certificate. See obligations.h.
// Idea: an obligation is drafted in the order of FORMAT 5: dimensions, requires, context, goal,
// then the facts of the atoms that have turned up; the order fixes the numbers that proofs refer
// to. How it may be wrong: an order that differs from the format (then honest proofs fail), or a
// variable read at the wrong depth.
#include "obligations.h"

#include <algorithm>

namespace audit {
namespace {
constexpr Number kMaxDimension = Number{1} << 24;
constexpr Number kMaxStride = Number{1} << 36;
using Sizes = std::map<string, Int>;
bool positive_constant(const Poly& poly) { return poly.is_constant() && poly.constant() > 0; }

// The facts of a boolean, by the table of FORMAT 5; false if it has none for some part of it (then
// the boolean cannot be a goal). `negated`: of (not boolean).
bool facts_of(const Term& boolean, vector<Difference>& facts, bool negated = false) {
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
    facts.push_back(negated ? Difference{k[0], k[1], strict, true}
                            : Difference{k[1], k[0], strict, true});
    return true;
  }
  if (op != (negated ? Op::kNe : Op::kEq)) return false;  // "anything else: none"
  facts.push_back({k[0], k[1], 0});
  facts.push_back({k[1], k[0], 0, true});
  return true;
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
  if (op == Op::kAnd && a == 0) return 0;
  if (op == Op::kOr && a != 0) return 1;
  const Int b = evaluate(term->kids[1], at);
  if (op == Op::kAnd || op == Op::kOr) return b;
  if (op == Op::kAdd) return a + b;
  if (op == Op::kSub) return a - b;
  if (op == Op::kMul) return a * b;
  if (op == Op::kLt) return a < b ? 1 : 0;
  if (op == Op::kLe) return a <= b ? 1 : 0;
  if (op == Op::kEq) return a == b ? 1 : 0;
  if (op == Op::kNe) return a != b ? 1 : 0;
  if ((op != Op::kDiv && op != Op::kMod) || b <= 0) refuse("witness", "a require is not evaluable");
  const Int q = floor_div(a, b);
  return op == Op::kDiv ? q : Int(a - q * b);
}

// A name that no text can spell.
Term private_name(const string& name, Number number) {
  return free_var("'" + name + std::to_string(number));
}
size_t puts_in(const Term& term) {
  size_t puts = term->op == Op::kPut ? 1 : 0;
  for (const Term& kid : term->kids) puts += puts_in(kid);
  return puts;
}

}  // namespace
Reading Generator::reading(Draft& draft, Number depth, const Levels& replaced) {
  return Reading{draft.atoms, spec_.budget, depth, replaced};
}
Poly Generator::difference_poly(const Difference& fact, Reading reading) {
  Poly right;
  if (fact.right_first) right = index_poly(fact.right, reading);
  const Poly left = index_poly(fact.left, reading);
  if (!fact.right_first) right = index_poly(fact.right, reading);
  return minus(minus(left, right), Poly(Int(fact.minus)));
}
void Generator::assume(Draft& draft, const Term& boolean, Number depth, const Levels& replaced) {
  vector<Difference> facts;
  facts_of(boolean, facts);
  for (const Difference& fact : facts)
    draft.hypotheses.push_back(difference_poly(fact, reading(draft, depth, replaced)));
}
void Generator::assume_loop(Draft& draft, const Term& variable, const Term& bound, Number depth,
                            const Levels& replaced) {
  Reading in = reading(draft, depth, replaced);
  draft.hypotheses.push_back(index_poly(variable, in));
  draft.hypotheses.push_back(difference_poly({bound, variable, 1}, in));
}

// FORMAT 5, hypothesis 3: only loops and guards are hypotheses.
void Generator::assume_scope(Draft& draft, const Scope& scope, const Levels& replaced) {
  for (const Entry& entry : scope.entries) {
    if (entry.kind == Entry::Kind::kLoop)
      assume_loop(draft, bound_var(0), shift(entry.term, 1), entry.depth + 1, replaced);
    if (entry.kind == Entry::Kind::kGuard) assume(draft, entry.term, entry.depth, replaced);
  }
}

// FORMAT 5, hypotheses 1 and 2 (of them the first `requires_used`).
Draft Generator::base(size_t requires_used) {
  Draft draft;
  for (const string& name : spec_.dims) {
    const Term d = free_var(name);
    const Reading in = reading(draft, 0);
    draft.hypotheses.push_back(difference_poly({d, integer(1)}, in));
    draft.hypotheses.push_back(difference_poly({integer(kMaxDimension), d}, in));
  }
  for (size_t k = 0; k < requires_used; ++k) assume(draft, spec_.assumptions[k], 0);
  return draft;
}
bool Generator::proved_divisor(const Draft& draft, const Poly& divisor) {
  AtomTable atoms = draft.atoms;
  Reading in{atoms, spec_.budget, 0};
  return std::any_of(divisors_.begin(), divisors_.end(),
                     [&](const Term& term) { return index_poly(term, in) == divisor; });
}

// FORMAT 5, last sentence. With an unproved divisor b = 0 the two facts a - q*b >= 0 and
// b - 1 - a + q*b >= 0 would add up to -1 >= 0, and every goal at this place would be provable.
void Generator::add_quotient(Draft& draft, size_t atom) {
  const Poly a = draft.atoms[atom].parts[0];
  const Poly b = draft.atoms[atom].parts[1];
  const Poly minus_one = minus(b, Poly(Int(1)));
  if (!positive_constant(b)) {
    if (!proved_divisor(draft, b)) {
      if (!refuse_unproved_) return;
      refuse("divisor", "a quotient whose divisor is not proved positive");
    }
    draft.hypotheses.push_back(minus_one);
  }
  const Poly rest = minus(a, multiply(Poly::atom(atom), b, spec_.budget));
  draft.hypotheses.push_back(rest);
  draft.hypotheses.push_back(minus(minus_one, rest));
}
void Generator::add_element(Draft& draft, size_t atom) {
  const Array* input = spec_.input(draft.atoms[atom].name);
  if (input == nullptr || input->elem != Elem::kInt)
    refuse("index", "an index that is an element of no integer input");
  if (!input->range) return;
  Reading in = reading(draft, 0);
  const Poly x = Poly::atom(atom);
  draft.hypotheses.push_back(minus(x, index_poly(input->range->first, in)));
  const Poly high = index_poly(input->range->second, in);
  draft.hypotheses.push_back(minus(minus(high, Poly(Int(1))), x));
}

// Without the limit a short certificate could make a list of obligations that fills the memory.
void Generator::add(Obligation obligation) {
  bytes_ += obligation.place.size() + sizeof obligation;
  for (const Poly& hypothesis : obligation.hypotheses) bytes_ += hypothesis.bytes();
  if (bytes_ > kMaxFactBytes) refuse("limit", "obligations too large");
  out_.push_back(std::move(obligation));
}
vector<Obligation> Generator::finished() {
  bytes_ = 0;
  return std::exchange(out_, {});
}

// FORMAT 5, the goal and hypothesis 5; the loop also reaches atoms that it registers.
void Generator::add_goal(const string& place, Draft draft, const Difference& goal, Number depth,
                         const Levels& replaced) {
  const Poly poly = difference_poly(goal, reading(draft, depth, replaced));
  for (size_t k = 0; k < draft.atoms.size(); ++k) {
    if (draft.atoms[k].kind == AtomKind::kQuotient) add_quotient(draft, k);
    if (draft.atoms[k].kind == AtomKind::kElement) add_element(draft, k);
  }
  add({place, std::move(draft.hypotheses), poly, draft.atoms.size()});
}

// A node after its children.
void Generator::collect_divisors(const Term& term, Terms& out) {
  spec_.budget.visit(1);
  for (const Term& kid : term->kids) collect_divisors(kid, out);
  if (term->op != Op::kDiv && term->op != Op::kMod) return;
  const Term& divisor = term->kids[1];
  // FORMAT 7; a divisor with a bound variable would have to be positive in its context, which the
  // facts of FORMAT 5 do not ask.
  if (!dimensions_only(divisor, spec_)) refuse("divisor", "a divisor not made of dimensions");
  const bool known = std::any_of(out.begin(), out.end(), [&](const Term& old) {
    return same_index(old, divisor, Scope{}, spec_);
  });
  Draft draft;
  Reading in = reading(draft, 0);
  if (!known && !positive_constant(index_poly(divisor, in))) out.push_back(divisor);
}
vector<Obligation> Generator::divisors(const Term& final_term) {
  Terms found;
  vector<size_t> usable;  // requires before the divisor
  for (size_t k = 0; k < spec_.assumptions.size(); ++k) {
    collect_divisors(spec_.assumptions[k], found);
    usable.resize(found.size(), k);
  }
  collect_divisors(spec_.core, found);
  collect_divisors(final_term, found);
  usable.resize(found.size(), spec_.assumptions.size());
  for (size_t k = 0; k < found.size(); ++k) {
    add_goal("divisor " + print(found[k]), base(usable[k]), {found[k], integer(1)}, 0);
    divisors_.push_back(found[k]);
  }
  refuse_unproved_ = true;
  return finished();
}
vector<Obligation> Generator::spec_obligations() {
  // FORMAT 7: with an empty range the facts of an element would contradict each other.
  for (const Array& array : spec_.inputs)
    if (array.range)
      add_goal("range of " + array.name, base(), {array.range->second, array.range->first, 1}, 0);
  Scope scope;
  walk(spec_.core, scope, false);
  return finished();
}
vector<Obligation> Generator::step(const vector<Condition>& conditions) {
  for (const auto& [context, goal] : conditions) {
    vector<Difference> goals;
    spec_.budget.visit(goal->size);
    const string text = print(goal, context.names()).substr(0, 160);
    // FORMAT 5: without it a condition such as (or a b) would need no proof.
    if (!facts_of(goal, goals)) refuse("condition", "cannot be stated as an inequality: " + text);
    Draft draft = base();
    assume_scope(draft, context);
    for (const Difference& part : goals) add_goal(text, draft, part, context.depth);
  }
  return finished();
}

// FORMAT 7, spec and safe: node before children, in child order.
void Generator::walk(const Term& term, Scope& scope, bool safe) {
  const vector<Difference> goals = node_goals(term, scope, safe);
  if (!goals.empty()) {
    spec_.budget.visit(term->size);
    const string text = print(term, scope.names()).substr(0, 80);
    Draft draft = base();
    assume_scope(draft, scope);
    for (const Difference& goal : goals) add_goal("at " + text, draft, goal, scope.depth);
  }
  for (size_t k = 0; k < term->kids.size(); ++k) {
    const size_t mark = scope.entries.size();
    enter(term, k, scope, spec_);
    walk(term->kids[k], scope, safe);
    scope.truncate(mark);
  }
}
vector<Difference> Generator::node_goals(const Term& term, Scope& scope, bool safe) {
  const Op op = term->op;
  const Term zero = integer(0);
  if (op == Op::kPsi || (safe && (op == Op::kMem || op == Op::kPut))) {
    const Terms indices = indices_of(*term);
    const Terms shape =
        op == Op::kPut ? spec_.output.shape : infer(operand_of(*term), scope, spec_).shape;
    vector<Difference> goals;
    for (size_t k = 0; k < indices.size(); ++k) {
      goals.push_back({indices[k], zero});
      goals.push_back({shape.at(k), indices[k], 1});
    }
    return goals;
  }
  if (!safe && (op == Op::kTake || op == Op::kDrop || op == Op::kRot)) {
    const Term extent = infer(term->kids[1], scope, spec_).shape.at(0);
    if (op == Op::kRot) return {{extent, integer(1)}};
    return {{term->kids[0], zero}, {extent, term->kids[0]}};
  }
  if (!safe || !is_index_arithmetic(op)) return {};
  // So that the quotient of C++ is the floor.
  if (op == Op::kDiv || op == Op::kMod) return {{term->kids[0], zero}};
  if (infer(term, scope, spec_).sort != Sort::kIndex) return {};
  return {{integer(kMaxLiteral), term}, {term, zero, -kMaxLiteral}};
}

// FORMAT 7, arrays: no extent exceeds 2^24 (an extent N*D could), and sum i_k*s_k of the largest
// indices and strides that K_check admits fits in 64 bits.
void Generator::array_goals(const Array& array) {
  for (const Term& extent : array.shape)
    add_goal("extents of " + array.name, base(), {integer(kMaxDimension), extent}, 0);
  Obligation result{
      "offsets of " + array.name + " fit", {}, Poly((Int(1) << 63) - 1), 2 * array.shape.size()};
  for (size_t k = 0; k < array.shape.size(); ++k) {
    const Poly i = Poly::atom(2 * k);
    const Poly s = Poly::atom(2 * k + 1);
    for (const Poly& fact :
         {i, minus(Poly(Int(kMaxDimension - 1)), i), s, minus(Poly(Int(kMaxStride)), s)})
      result.hypotheses.push_back(fact);
    result.goal = minus(result.goal, multiply(i, s, spec_.budget));
  }
  add(std::move(result));
}
// FORMAT 7, storage: sizes and task counts are computed outside of every loop and guard, so what is
// proved in a context says nothing about them: they could overflow, or be negative.
void Generator::size_goals(const Term& size) {
  Scope scope;
  walk(size, scope, true);
  add_goal("size " + print(size).substr(0, 80), base(), {size, integer(0)}, 0);
}
void Generator::leaf_goals(const Type& type) {
  std::function<void(const Type&, const Terms&)> leaves = [&](const Type& part,
                                                              const Terms& outer) {
    Terms extents = outer;
    extents.insert(extents.end(), part.shape.begin(), part.shape.end());
    if (part.elem == Elem::kTup) {
      for (const Type& inner : part.parts) leaves(inner, extents);
      return;
    }
    for (const Term& extent : extents) {
      if (!dimensions_only(extent, spec_)) refuse("lower", "an extent not made of dimensions");
      size_goals(extent);
    }
  };
  leaves(type, {});
}
void Generator::storage(const Term& term, Scope& scope) {
  if (term->op == Op::kLet || term->op == Op::kLetSlow)
    leaf_goals(infer(term->kids[0], scope, spec_));
  if (term->op == Op::kParFor || term->op == Op::kParGen) {
    if (!dimensions_only(term->kids[0], spec_)) refuse("lower", "a task bound that varies");
    size_goals(term->kids[0]);
  }
  for (size_t k = 0; k < term->kids.size(); ++k) {
    const size_t mark = scope.entries.size();
    enter(term, k, scope, spec_);
    storage(term->kids[k], scope);
    scope.truncate(mark);
  }
}
vector<Entry> Frame::loops() const {
  vector<Entry> out;
  for (const Entry& entry : scope.entries)
    if (entry.kind == Entry::Kind::kLoop) out.push_back(entry);
  return out;
}
Frame frame_of(const Term& final_term, const Spec& spec) {
  // FORMAT 7: with two puts one element could be written twice.
  if (puts_in(final_term) != 1) refuse("write", "the final term must have exactly one put");
  Frame frame;
  Scope& scope = frame.scope;
  // A shared value is one atom, but differs between the two iterations that write-once compares: a
  // guard on it could prove them equal.
  const auto over_loops = [&](const Term& term, const char* what) {
    for (Number k = 0; k < scope.depth; ++k)
      if (scope.variable(k)->kind != Entry::Kind::kLoop && mentions(term, k))
        refuse("write", string(what) + " that mentions a shared value");
  };
  Term at = final_term;
  while (at->op != Op::kPut) {
    const bool loop = at->op == Op::kFor || at->op == Op::kParFor;
    const bool let = at->op == Op::kLet || at->op == Op::kLetSlow;
    if (!loop && !let && at->op != Op::kWhen) refuse("write", "no statement");
    if (loop && !dimensions_only(at->kids[0], spec))
      refuse("write", "a loop bound that is not made of dimensions");
    if (at->op == Op::kWhen) over_loops(at->kids[0], "a guard");
    enter(at, 1, scope, spec);
    at = Term(at->kids[1]);
  }
  frame.put = at;
  const Terms indices = indices_of(*at);
  if (indices.size() != spec.output.shape.size())
    refuse("write", "the put does not write single elements");
  for (const Term& index : indices) over_loops(index, "an index");
  return frame;
}

// FORMAT 7, write-once: two iterations that write the same element agree in every loop variable.
void Generator::write_once(const Frame& frame) {
  const Number depth = frame.scope.depth;
  Levels copy;
  for (const Entry& loop : frame.loops()) copy[loop.depth] = private_name("copy", loop.depth);
  Draft draft = base();
  assume_scope(draft, frame.scope);
  assume_scope(draft, frame.scope, copy);
  for (const Term& index : indices_of(*frame.put)) {
    Reading first = reading(draft, depth);
    const Poly f = index_poly(index, first);
    Reading second = reading(draft, depth, copy);
    const Poly other = index_poly(index, second);
    draft.hypotheses.push_back(minus(f, other));
    draft.hypotheses.push_back(minus(other, f));
  }
  for (const Entry& loop : frame.loops())
    add_goal("write-once in " + loop.name, draft,
             {copy.at(loop.depth), bound_var(depth - 1 - loop.depth)}, depth);
}

// FORMAT 7, cover: every element of the output is written by the iteration W.
void Generator::cover(const Frame& frame, const Json& json) {
  Strings names;
  Terms axes;
  for (size_t k = 0; k < spec_.output.shape.size(); ++k) {
    names.push_back("o" + std::to_string(k));
    axes.push_back(private_name("o", static_cast<Number>(k)));
  }
  const vector<Entry> loops = frame.loops();
  const vector<Json>& pairs = items(json, loops.size());
  Levels w;
  for (size_t k = 0; k < loops.size(); ++k) {
    const vector<Json>& pair = items(pairs[k], 2);
    if (pair[0] != loops[k].name) refuse("cover", "the loops are not named in order");
    const Term text = read_term(pair[1].get<string>(), names, spec_);
    // W must be made of o0, o1, .. and dimensions: an input's name would become an integer that
    // does not exist.
    if (!dimensions_only(instantiate(text, Terms(axes.size(), integer(0))), spec_))
      refuse("cover", "not an index term over o0, o1, ..");
    w[loops[k].depth] = instantiate(text, axes);
  }
  Draft draft = base();
  for (size_t k = 0; k < axes.size(); ++k) assume_loop(draft, axes[k], spec_.output.shape[k], 0);
  for (const Entry& loop : loops) {
    const Term& value = w.at(loop.depth);
    add_goal("cover: 0 <= " + loop.name, draft, {value, integer(0)}, 0);
    add_goal("cover: " + loop.name + " in range", draft, {loop.term, value, 1}, 0);
  }
  for (const Entry& guard : frame.scope.entries) {
    if (guard.kind != Entry::Kind::kGuard) continue;
    vector<Difference> goals;
    // FORMAT 5: a guard that cannot be stated could be false everywhere.
    if (!facts_of(guard.term, goals)) refuse("cover", "a guard that cannot be stated");
    for (const Difference& goal : goals) add_goal("cover: guard", draft, goal, guard.depth, w);
  }
  const Terms indices = indices_of(*frame.put);
  for (size_t k = 0; k < indices.size(); ++k) {
    const string place = "cover: axis " + std::to_string(k);
    add_goal(place, draft, {indices[k], axes[k]}, frame.scope.depth, w);
    add_goal(place, draft, {axes[k], indices[k]}, frame.scope.depth, w);
  }
}
vector<Obligation> Generator::safe(const Term& final_term, const Json& cover_json) {
  Scope scope;
  walk(final_term, scope, true);
  for (const Array& array : spec_.arrays()) array_goals(array);
  storage(final_term, scope);
  const Frame frame = frame_of(final_term, spec_);
  write_once(frame);
  cover(frame, cover_json);
  return finished();
}
void check_witness(const Spec& spec, const Json& witness) {
  Sizes at;
  for (const auto& [name, text] : strings(witness, spec.dims)) {
    at[name] = parse_integer(text);
    if (at[name] < 1 || at[name] > kMaxDimension)
      refuse("witness", "a dimension outside 1 .. 2^24");
  }
  // FORMAT 7: with requires that no sizes satisfy, everything is provable.
  for (const Term& require : spec.assumptions)
    if (evaluate(require, at) == 0) refuse("witness", "a require fails");
}
void check_count(const vector<Terms>& sizes, const Json& witness) {
  Sizes at;
  for (const auto& [name, text] : witness.get<StringMap>()) at[name] = parse_integer(text);
  Int total = 0;
  for (const Terms& extents : sizes) {
    Int size = 1;
    for (const Term& extent : extents) size *= evaluate(extent, at);
    total += size;
  }
  // A kernel that needs more than 2^40 words returns without running, at all sizes perhaps.
  if (total > Int(1) << 40) refuse("witness", "a size or task count above 2^40");
}

}  // namespace audit
