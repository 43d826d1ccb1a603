// Sites, counts, footprints and the statements about them. See costs.h.
// Idea: at a site the context is opened: loop variables become free names that no text can spell
// ("'3'" is that of level 3), so that loops are joined and taken apart by plain replacement; a nest
// is closed again, its variables numbered from its outermost loop.
// How it may be wrong: an order that differs from the format (then honest certificates fail); a
// factor that may be negative; loops joined that do not fill the joined range; an extreme of the
// wrong side, so that data exist with which more is moved than is counted.
#include "costs.h"

#include <limits>

namespace audit {
namespace {
constexpr size_t kFast = static_cast<size_t>(-1);
constexpr Number kMaxTimes = Number{1} << 31;
[[noreturn]] void cannot(const string& why) { refuse("costs", why); }
Term op(Op op, const Term& a, const Term& b) { return make_op(op, {a, b}); }

// Where a value lies. The path from the array's root: levels of index variables, and -1 - k for
// component k.
struct Place {
  size_t array = kFast;
  Numbers path = {};
  bool operator==(const Place&) const = default;
};
Place below(Place place, Number step) {
  place.path.push_back(step);
  return place;
}

struct Loop {
  Term variable, bound;
};

// Decided by loop variables and dimensions alone.
bool countable(const Term& term) {
  const string sorts = row(term->op).sorts;
  const Op op = term->op;
  return (is_index_arithmetic(op) || op == Op::kInt || op == Op::kFree || op == Op::kBound ||
          sorts == "II>B" || sorts == "BB>B" || op == Op::kNot || op == Op::kTrue) &&
         std::ranges::all_of(term->kids, countable);
}

// What surrounds a site.
class Context {
 public:
  Context(const Scope& scope, const Spec& spec, const Lanes& lanes = {}) : spec_(spec) {
    // What moves a word moves it once for all lanes (FORMAT 15).
    const Entry* lane = lane_around(scope, lanes);
    Terms names;
    for (const Entry& entry : scope.entries) {
      spec.budget.visit(entry.term ? entry.term->size : 1);
      Term term = entry.term;  // null: a shared value
      if (term) term = instantiate(term, {names.begin(), names.begin() + entry.depth});
      if (entry.kind == Entry::Kind::kGuard) {
        add(term);
        continue;
      }
      names.push_back(free_var("'" + std::to_string(names.size()) + "'"));
      if (entry.kind == Entry::Kind::kLoop && &entry != lane)
        loops_.push_back({names.back(), weak(term)});
    }
    while (join()) {}
  }
  // The count. New nests are added to `nests`; their keys share the atoms of `reading`.
  Site count(vector<Nest>& nests, Reading& reading) const {
    Site site{.exact = exact_};
    vector<Loop> rest = loops_;
    while (!rest.empty()) {
      const vector<Loop> loops = tied(rest);
      const Nest nest = closed(loops, reading);
      const Term& bound = nest.bounds[0];
      if (loops.size() > 1 || !nest.conditions[0].empty() || !countable(bound) ||
          !natural(nest.key[0][0], reading)) {
        const auto same = std::ranges::find(nests, nest.key, &Nest::key);
        site.nests.push_back(static_cast<size_t>(same - nests.begin()));
        if (same == nests.end()) nests.push_back(nest);
      } else if (bound->op != Op::kInt || bound->value != 1) {
        site.factors.push_back(bound);
      }
    }
    return site;
  }

 private:
  bool has(const Term& term, const Loop& loop) const {
    spec_.budget.visit(term->size);
    return replace_all(term, loop.variable, integer(0)) != term;
  }
  bool same(const Term& a, const Term& b) const { return same_index(a, b, Scope{}, spec_); }
  // FORMAT 12: the greatest (else the least) value for all that integer inputs may hold; of a
  // condition: true if it may hold. Null if there is none.
  Term extreme(const Term& term, bool greatest) const {
    spec_.budget.visit(term->size);
    if (countable(term)) return term;
    const Op op = term->op;
    Terms kids = term->kids;
    if (op == Op::kMem) {
      const auto& range = spec_.input(kids[0]->name)->range;
      if (!range) return nullptr;
      return greatest ? make_op(Op::kSub, {range->second, integer(1)}) : range->first;
    }
    const bool compares = op == Op::kLt || op == Op::kLe;
    // A factor that may be negative would exchange greatest and least.
    const auto never_negative = [&](const Term& kid) {
      return kid->op == Op::kInt ? kid->value >= 0 : spec_.is_dim(kid->name);
    };
    if (!compares && op != Op::kAdd && op != Op::kSub &&
        (op != Op::kNot || kids[0]->op == Op::kNot) && (op != Op::kDiv || !countable(kids[1])) &&
        (op != Op::kMul || std::ranges::none_of(kids, never_negative)))
      return nullptr;
    // The operand in which it falls; no index is a min or max (section 2).
    const size_t falls = compares || op == Op::kNot ? 0 : op == Op::kSub ? 1 : kids.size();
    for (size_t k = 0; k < kids.size(); ++k) {
      kids[k] = extreme(kids[k], greatest != (k == falls));
      if (!kids[k]) return nullptr;
    }
    return make_op(op, kids);
  }
  // What is counted instead of a bound or condition on integer inputs: never less.
  Term weak(const Term& term) {
    const Term most = extreme(term, true);
    if (most && most != term) exact_ = false;
    return most ? most : term;
  }
  void add(const Term& given) {
    if (given->op == Op::kAnd)
      for (const Term& part : given->kids) add(part);
    const Term condition = weak(given);
    const auto equal = [&](const Term& old) { return alpha_equal(old, condition); };
    const auto about = [&](const Loop& loop) { return has(condition, loop); };
    if (condition->op == Op::kAnd || condition->op == Op::kTrue ||
        std::ranges::any_of(conditions_, equal))
      return;
    // A condition on data counts as true; without this "exact" could be a lie.
    const bool counts = countable(condition) && std::ranges::any_of(loops_, about);
    exact_ = exact_ && counts;
    if (counts) conditions_.push_back(condition);
  }
  bool join() {
    for (const Term& condition : conditions_)
      for (size_t k = 0; k < loops_.size(); ++k)
        for (size_t l = k + 1; l < loops_.size(); ++l)
          if (has(condition, loops_[k]) && has(condition, loops_[l]) && join(k, l)) return true;
    return false;
  }
  // FORMAT 12, joining: I * B + r becomes one variable, for which r stands, if nothing tells the
  // two apart: with r - I * B for r every condition is the same as with 0 for I.
  bool join(size_t outer, size_t inner) {
    const Loop I = loops_[outer];
    const Loop r = loops_[inner];
    const Term& B = r.bound;
    // With B < 1 two empty loops would become one that is not.
    if (B->op != Op::kInt || B->value < 1) return false;
    for (const Loop& loop : loops_)
      if (has(loop.bound, I) || has(loop.bound, r)) return false;
    const Term apart = op(Op::kSub, r.variable, op(Op::kMul, I.variable, B));
    Loop joined{r.variable, op(Op::kMul, I.bound, B)};
    Terms kept;
    for (const Term& condition : conditions_) {
      kept.push_back(replace_all(condition, I.variable, integer(0)));
      if (!has(condition, I) && !has(condition, r)) continue;
      if (condition->op != Op::kLt && condition->op != Op::kLe) return false;
      const Term gap = op(Op::kSub, condition->kids[1], condition->kids[0]);
      const Term with = replace_all(gap, I.variable, integer(0));
      if (!same(replace_all(gap, r.variable, apart), with)) return false;
      // (< r n), and I runs just so far that all of 0 .. n-1 are reached.
      const Term n = replace_all(with, r.variable, integer(0));
      const Term reach = op(Op::kDiv, op(Op::kAdd, n, integer(B->value - 1)), B);
      if (condition->op == Op::kLe || !dimensions_only(n, spec_) || !same(I.bound, reach) ||
          !same(op(Op::kAdd, with, r.variable), n))
        continue;
      kept.pop_back();
      joined.bound = n;
    }
    loops_[outer] = joined;
    loops_.erase(loops_.begin() + static_cast<std::ptrdiff_t>(inner));
    conditions_ = kept;
    return true;
  }
  // Takes the first loop, and those tied to it directly or through others, out of `rest`.
  vector<Loop> tied(vector<Loop>& rest) const {
    vector<size_t> members = {0};
    for (size_t m = 0; m < members.size(); ++m) {
      const Loop& a = rest[members[m]];
      for (size_t k = 1; k < rest.size(); ++k) {
        const Loop& b = rest[k];
        const auto both = [&](const Term& c) { return has(c, a) && has(c, b); };
        if (std::ranges::count(members, k) == 0 &&
            (has(a.bound, b) || has(b.bound, a) || std::ranges::any_of(conditions_, both)))
          members.push_back(k);
      }
    }
    std::ranges::sort(members);
    vector<Loop> nest;
    for (const size_t k : members) nest.push_back(rest[k]);
    std::erase_if(rest, [&](const Loop& loop) {
      return std::ranges::count(nest, loop.variable, &Loop::variable) > 0;
    });
    return nest;
  }
  Nest closed(const vector<Loop>& loops, Reading& reading) const {
    Nest nest;
    const auto close = [&](Term term, size_t depth) {
      reading.depth = static_cast<Number>(depth);
      for (size_t k = 0; k < depth; ++k)
        term = replace_all(term, loops[k].variable, bound_var(static_cast<Number>(depth - 1 - k)));
      return term;
    };
    for (size_t k = 0; k < loops.size(); ++k) {
      nest.bounds.push_back(close(loops[k].bound, k));
      nest.conditions.emplace_back();
      nest.key.push_back({index_poly(nest.bounds[k], reading)});
      for (const Term& condition : conditions_) {
        // Of these loops the last one that it mentions.
        const auto late = [&](const Loop& loop) { return has(condition, loop); };
        if (!late(loops[k]) ||
            std::any_of(loops.begin() + static_cast<std::ptrdiff_t>(k) + 1, loops.end(), late))
          continue;
        nest.conditions[k].push_back(close(condition, k + 1));
        nest.key[k].push_back(margin(nest.conditions[k].back(), reading));
      }
    }
    return nest;
  }
  // What is >= 0 where an inequality holds; an atom of its own for any other condition.
  static Poly margin(const Term& condition, Reading& reading) {
    const bool negated = condition->op == Op::kNot;
    const Term& c = negated ? condition->kids[0] : condition;
    if (c->op != Op::kLt && c->op != Op::kLe)
      return reading.atom({AtomKind::kVariable, "=" + print(condition), {}});
    Poly gap = index_poly(c->kids[negated ? 0 : 1], reading);
    gap.add(index_poly(c->kids[negated ? 1 : 0], reading), -1, reading.budget);
    if ((c->op == Op::kLt) != negated) gap.add({}, -1);
    return gap;
  }
  // No coefficient is negative. A loop whose bound is negative runs 0 times, but as a factor it
  // would make a count negative, and hide what other sites move.
  static bool natural(const Poly& poly, const Reading& reading) {
    return std::ranges::all_of(poly.terms(), [&](const auto& term) {
      return term.second >= 0 && std::ranges::all_of(term.first, [&](char16_t number) {
               const Atom& atom = reading.atoms[number];
               return atom.kind != AtomKind::kQuotient || natural(atom.parts[0], reading);
             });
    });
  }
  const Spec& spec_;
  vector<Loop> loops_;
  Terms conditions_;
  bool exact_ = true;
};

// The walk in order of execution.
class Walk {
 public:
  Walk(const Spec& spec, const Lanes& lanes) : spec_(spec), lanes_(lanes), reading_{spec.budget} {
    for (const Array& array : spec.arrays()) arrays_.push_back(array.name);
  }
  Costs costs(const Term& final_term) {
    phase(final_term);
    for (const auto& [key, sites] : sites_)
      costs_.rows.push_back({arrays_[key.first], key.second, sites});
    return std::move(costs_);
  }

 private:
  void phase(const Term& term) {
    const bool slow = term->op == Op::kLetSlow;
    const Place place{slow ? arrays_.size() : spec_.inputs.size()};  // or the output
    words_ = integer(0);
    accumulators_ = operands_ = registers_ = 0;
    // Two arrays of one name could exchange their rows.
    if (slow && std::ranges::count(arrays_, term->binders[0]) > 0) cannot("two arrays of one name");
    if (slow) arrays_.push_back(term->binders[0]);
    into(slow ? term->kids[0] : term, place);
    costs_.footprints.push_back(
        op(Op::kAdd, words_, integer(accumulators_ + operands_ + registers_)));
    if (slow)
      inside(
          term, 1, [&] { phase(term->kids[1]); }, place);
  }
  void site(size_t array, bool store) {
    if (array != kFast)
      sites_[{array, store}].push_back(
          Context(scope_, spec_, lanes_).count(costs_.nests, reading_));
  }
  void statement(Number need) { operands_ = std::max(operands_, need); }
  // Does `work` where that child stands; `place`: of the shared value or state bound there.
  void inside(const Term& node, size_t child, const std::function<void()>& work,
              const Place& place = {}) {
    const size_t mark = scope_.entries.size();
    enter(node, child, scope_, spec_, lanes_);
    const bool second = child == 1 && (node->op == Op::kAnd || node->op == Op::kOr);
    // What it emits runs before the first operand has decided anything (8.3).
    if (second && emits(node->kids[1])) cannot("a loop or choice in a second operand of and, or");
    // Of lanes that differ, both operands are evaluated in all.
    if (second && uniform(node, scope_, spec_, lanes_)) {
      const Term& first = node->kids[0];
      scope_ = with(scope_, node->op == Op::kAnd ? first : make_op(Op::kNot, {first}));
    }
    places_.resize(static_cast<size_t>(scope_.depth));
    if (bound_in(*node, child) > 0) places_.back() = place;
    work();
    scope_.truncate(mark);
    places_.resize(static_cast<size_t>(scope_.depth));
  }
  static bool emits(const Term& term) {
    const Op op = term->op;
    return op == Op::kRed || op == Op::kAny || op == Op::kIf || op == Op::kLet ||
           std::ranges::any_of(term->kids, emits);
  }
  Number level(const Term& variable) const { return scope_.depth - 1 - variable->value; }
  // What an access selects; an index that is no variable makes a place unlike any destination.
  std::optional<Place> named(const Term& term) const {
    if (term->op == Op::kBound) return places_.at(static_cast<size_t>(level(term)));
    if (term->op != Op::kPsi && term->op != Op::kGet) return std::nullopt;
    std::optional<Place> place = named(term->kids.back());
    if (place && term->op == Op::kGet) return below(*place, -1 - term->attrs[0]);
    for (const Term& k : indices_of(*term))
      if (place) place = below(*place, k->op == Op::kBound ? level(k) : kMaxLiteral);
    return place;
  }
  void let(const Term& term, const std::function<void()>& rest) {
    for (const Terms& extents : leaves_of(infer(term->kids[0], scope_, spec_)))
      words_ = op(Op::kAdd, words_,
                  op(Op::kMul, product(extents), integer(lanes_around(scope_, lanes_))));
    into(term->kids[0], {});
    inside(term, 1, rest);
  }
  // A statement, or a value that is written to a place.
  void into(const Term& term, const Place& place) {
    const Terms& kids = term->kids;
    const Op op = term->op;
    if (op == Op::kLet) return let(term, [&] { into(kids[1], place); });
    if (op == Op::kGen || op == Op::kParGen || op == Op::kFor || op == Op::kParFor) {
      if (lanes_.is_lane(*term)) registers_ = 32 * lanes_.file.lanes;
      expr(kids[0]);
      return inside(term, 1, [&] { into(kids[1], below(place, scope_.depth - 1)); });
    }
    if (op == Op::kFold) {
      into(kids[1], place);
      expr(kids[0]);
      return inside(
          term, 2, [&] { into(kids[2], place); }, place);
    }
    const bool branches = op == Op::kIf || op == Op::kWhen;
    if (branches) statement(expr(kids[0]));
    for (size_t k = 0; k < kids.size() && (branches || op == Op::kTup); ++k) {
      const Place part = branches ? place : below(place, -1 - static_cast<Number>(k));
      // A branch that keeps what is stored in slow memory moves nothing.
      if (!branches || (k > 0 && (place.array == kFast || named(kids[k]) != place)))
        inside(term, k, [&] { into(kids[k], part); });
    }
    if (branches || op == Op::kTup) return;
    if (op == Op::kPut)
      for (const Term& index : indices_of(*term)) expr(index);
    statement(expr(op == Op::kPut ? operand_of(*term) : term));
    site(place.array, true);
  }
  // What an evaluation adds; returns the operands in flight.
  Number expr(const Term& term) {
    const Op op = term->op;
    Number need = 0;
    if (op == Op::kBound || op == Op::kPsi || op == Op::kGet) return read(term);
    if (op == Op::kLet) {
      let(term, [&] { need = expr(term->kids[1]); });
      return need;
    }
    const bool alone = op == Op::kRed || op == Op::kAny || op == Op::kIf;
    for (size_t k = 0; k < term->kids.size(); ++k) {
      inside(term, k, [&] {
        const Number operand = expr(term->kids[k]);
        if (alone) statement(op == Op::kRed && k == 2 ? operand + 1 : operand);
        if (operand > 0) need = std::max(need, operand + static_cast<Number>(k));
      });
    }
    if (alone) ++accumulators_;
    if (op == Op::kMem)
      site(static_cast<size_t>(std::ranges::find(arrays_, operand_of(*term)->name) -
                               arrays_.begin()),
           false);
    const bool one = op == Op::kMem || op == Op::kReal || op == Op::kRat || op == Op::kBottom;
    return one || alone ? 1 : need;
  }
  // Indices from the outside in, then the load.
  Number read(const Term& term) {
    const std::optional<Place> place = named(term);
    if (!place) cannot("a selection from something not stored");
    Term at = term;
    for (; at->op != Op::kBound; at = Term(at->kids.back()))
      for (const Term& index : indices_of(*at)) expr(index);
    site(place->array, false);
    return scope_.variable(at->value)->kind == Entry::Kind::kLoop ? 0 : 1;
  }
  const Spec& spec_;
  const Lanes& lanes_;
  Reading reading_;  // of the nests' keys
  Costs costs_;
  Strings arrays_;  // inputs, output, then those of letslow
  std::map<std::pair<size_t, bool>, vector<Site>> sites_;
  Scope scope_;
  vector<Place> places_;  // of the variables, by level
  Term words_;            // of the phase
  Number accumulators_ = 0, operands_ = 0, registers_ = 0;
};

Term multiple(const Int& times, const Term& words) {
  if (times > kMaxLiteral) refuse("limit", "a multiple beyond 2^62");
  return op(Op::kMul, integer(static_cast<Number>(times)), words);
}

// The first min or max, arguments before the node; null if there is none.
Term first_choice(const Term& term) {
  for (const Term& kid : term->kids)
    if (const Term found = first_choice(kid)) return found;
  return term->op == Op::kMin || term->op == Op::kMax ? term : nullptr;
}

}  // namespace
// Only for terms without binders.
Term replace_all(const Term& term, const Term& what, const Term& with) {
  if (alpha_equal(term, what)) return with;
  Node copy = *term;
  for (Term& kid : copy.kids) kid = replace_all(kid, what, with);
  return copy.kids == term->kids ? term : make(std::move(copy));
}
Scope with(Scope scope, const Term& guard) {
  scope.push({Entry::Kind::kGuard, "", guard, {}, scope.depth});
  return scope;
}
Site site_in(const Scope& scope, const Spec& spec, vector<Nest>& nests, Reading& reading) {
  return Context(scope, spec).count(nests, reading);
}
Term read_cost(const Json& text, const Strings& names, const Spec& spec) {
  const Term term = read_term(text.get<string>(), names, spec);
  const std::function<bool(const Term&)> allowed = [&](const Term& t) {
    return (t->op == Op::kInt || t->op == Op::kBound || t->op == Op::kMin || t->op == Op::kMax ||
            (t->op == Op::kFree && spec.is_dim(t->name)) ||
            (is_index_arithmetic(t->op) && t->op != Op::kMod)) &&
           std::ranges::all_of(t->kids, allowed);
  };
  if (!allowed(term)) cannot("not a term over dimensions and loops");
  return term;
}
Number read_times(const Json& text) {
  const Int times = parse_integer(text.get<string>());
  // Of times 0 every closed form would be right.
  if (times < 1 || times > kMaxTimes) cannot("times is not from 1 to 2^31");
  return static_cast<Number>(times);
}
// FORMAT 12, sums: by induction over each loop, the inner ones being counted already.
Counted Claims::nest(const Nest& nest, const Json& json, const string& name) {
  place = name;
  const vector<Json>& sums = items(require_keys(json, {"sums", "proofs"}).at("sums"));
  const size_t size = sums.size();
  if (size > 0) items(json.at("sums"), nest.bounds.size());
  // Its count depends on data: no closed form.
  if (size > 0 && !std::ranges::all_of(nest.bounds, countable))
    cannot("sums over a bound that reads an array");
  Terms G;
  Numbers t;
  Strings names;
  for (const Json& sum : sums) {
    names.push_back("v" + std::to_string(t.size()));
    t.push_back(read_times(items(sum, 2)[0]));
    G.push_back(read_cost(sum[1], names, spec));
  }
  t.push_back(1);
  vector<Condition> claims;
  Scope scope;
  for (size_t k = 0; k < size; ++k) {
    const Term& bound = nest.bounds[k];
    if (t[k] % t[k + 1] != 0) cannot("times is not a multiple of the next one");
    // With a bound below 0 the induction would not reach it, and the sum be anything.
    claims.push_back({scope, op(Op::kLe, integer(0), bound)});
    claims.push_back({scope, op(Op::kEq, instantiate(G[k], {integer(0)}), integer(0))});
    scope.push({Entry::Kind::kLoop, names[k], bound, {}, scope.depth});
    const Term next = instantiate(shift(G[k], 1, 1), {op(Op::kAdd, bound_var(0), integer(1))});
    for (const Term& condition : nest.conditions[k]) {
      claims.push_back({with(scope, make_op(Op::kNot, {condition})), op(Op::kEq, next, G[k])});
      scope = with(scope, condition);
    }
    const Term one = k + 1 == size ? integer(1) : instantiate(G[k + 1], {nest.bounds[k + 1]});
    claims.push_back(
        {scope, op(Op::kEq, next, op(Op::kAdd, G[k], multiple(t[k] / t[k + 1], one)))});
  }
  const vector<Json>& proofs = items(json.at("proofs"), claims.size());
  for (size_t k = 0; k < claims.size(); ++k) {
    place = name + ".proofs[" + std::to_string(k) + "]";
    prove(proofs[k], claims[k]);
  }
  return size == 0 ? Counted{} : Counted{instantiate(G[0], {nest.bounds[0]}), t[0]};
}
vector<Counted> Claims::all(const vector<Nest>& nests, const Json& json) {
  vector<Counted> counted;
  items(json, nests.size());
  for (size_t k = 0; k < nests.size(); ++k)
    counted.push_back(nest(nests[k], json[k], "nests[" + std::to_string(k) + "]"));
  return counted;
}
string Claims::row(TrafficRow& row, const vector<Counted>& nests, const Json& json) {
  const bool exact = std::ranges::all_of(row.sites, &Site::exact);
  if (json[2] != (exact ? "exact" : "bound")) cannot("exact or bound: not as the conditions say");
  row.times = read_times(json[3]);
  row.words = read_cost(json[4], {}, spec);
  vector<Counted> counts;
  Int common = 1;
  for (const Site& site : row.sites) {
    Terms factors = site.factors;
    counts.emplace_back();
    for (const size_t k : site.nests) {
      if (!nests[k].words) cannot("a row that uses a nest without sums");
      factors.push_back(nests[k].words);
      counts.back().times *= nests[k].times;
    }
    counts.back().words = product(factors);
    common = lcm(common, counts.back().times);
  }
  Term sum;
  for (const auto& [words, each] : counts) {
    const Term part = multiple(common / each, words);
    sum = sum ? op(Op::kAdd, sum, part) : part;
  }
  prove(json[5], {{}, op(Op::kEq, multiple(common, row.words), multiple(row.times, sum))});
  return (exact ? "exact: " : "bound: ") + std::to_string(row.times) +
         (exact ? " * words = " : " * words <= ") + print(row.words);
}
// FORMAT 12, trees.
void Claims::prove(const Json& tree, const Condition& claim) {
  const auto& [scope, goal] = claim;
  const string kind = tree.at(0).get<string>();
  spec.budget.visit(goal->size);
  const Term choice = first_choice(goal);
  if (kind == "cases" && choice) {
    items(tree, 3);
    const Term& x = choice->kids[0];
    const Term& y = choice->kids[1];
    // Together the two conditions exclude nothing; each side may use its own one only.
    const bool min = choice->op == Op::kMin;
    prove(tree[1], {with(scope, op(Op::kLe, x, y)), replace_all(goal, choice, min ? x : y)});
    return prove(tree[2], {with(scope, op(Op::kLt, y, x)), replace_all(goal, choice, min ? y : x)});
  }
  if (kind != "absurd" && (kind != "goals" || choice)) cannot("no tree of this goal");
  const Condition leaf{scope, kind == "goals" ? goal : op(Op::kLe, integer(1), integer(0))};
  Json proofs = tree;
  proofs.erase(0);
  check_proofs(place, generator.step({leaf}), proofs, spec.budget, place, holes);
}
Costs costs_of(const Term& final_term, const Spec& spec, const Lanes& lanes) {
  return Walk(spec, lanes).costs(final_term);
}
void check_footprint(Costs& costs, const Json& json, const Spec& spec, Strings& lines) {
  const vector<Json>& texts = items(json, costs.footprints.size());
  for (size_t k = 0; k < texts.size(); ++k) {
    const Term form = read_cost(texts[k], {}, spec);
    if (!same_index(form, costs.footprints[k], Scope{}, spec))
      cannot("not the words of one task of phase " + std::to_string(k));
    costs.footprints[k] = form;
    lines.push_back("footprint of phase " + std::to_string(k) + ": " + print(form) + " words");
  }
}
void check_traffic(Costs& costs, const Json& json, Claims claims, Strings& lines) {
  const vector<Counted> counted = claims.all(costs.nests, json.at("nests"));
  const vector<Json>& rows = items(json.at("traffic"));
  size_t used = 0;
  for (TrafficRow& row : costs.rows) {
    lines.push_back("traffic " + row.array + (row.store ? " store " : " load "));
    claims.place = row.array + (row.store ? " store" : " load");
    if (used < rows.size() && items(rows[used], 6)[0] == row.array &&
        rows[used][1] == (row.store ? "store" : "load"))
      lines.back() += claims.row(row, counted, rows[used++]);
    else
      lines.back() += "is not claimed";
  }
  claims.place = "traffic[" + std::to_string(used) + "]";
  // A row in the wrong place, twice, or of an array that nothing touches.
  if (used != rows.size()) cannot("a row out of order or without a site");
}
}  // namespace audit
