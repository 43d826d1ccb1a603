// Sites, counts, footprints and the statements about them. See costs.h.
// Idea: at a site the context is opened: loop variables become free names that no text can spell
// ("'3'" is that of level 3), so that loops can be joined and taken apart by plain replacement; a
// nest is closed again, its variables numbered from its outermost loop.
// How it may be wrong: an order that differs from the format (then honest certificates fail); a
// factor that may be negative; loops joined that do not fill the joined range.
#include "costs.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "lowering.h"

namespace audit {
namespace {
constexpr size_t kFast = static_cast<size_t>(-1);
constexpr Number kNoVariable = std::numeric_limits<Number>::min();
constexpr Number kMaxTimes = Number{1} << 31;
[[noreturn]] void cannot(const string& why) { refuse("costs", why); }
Term op(Op op, const Term& a, const Term& b) { return make_op(op, {a, b}); }
Term product(const Terms& factors) {
  Term result = integer(1);
  for (size_t k = 0; k < factors.size(); ++k)
    result = k == 0 ? factors[0] : op(Op::kMul, result, factors[k]);
  return result;
}

// Where a value is stored: an array in slow memory, or fast memory. The path from the array's root:
// levels of index variables, and -1 - k for component k.
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

// ---- what surrounds a site ----
class Context {
 public:
  Context(const Scope& scope, const Spec& spec) : spec_(spec) {
    Terms names;
    for (const Entry& entry : scope.entries) {
      const Term opened = entry.term ? open(entry, names) : nullptr;
      if (entry.kind == Entry::Kind::kGuard) {
        add(opened);
        continue;
      }
      names.push_back(free_var("'" + std::to_string(names.size()) + "'"));
      if (entry.kind != Entry::Kind::kLoop) continue;
      // Else the count would depend on data, and no closed form could say so.
      if (!countable(opened)) cannot("a loop bound that reads an array");
      loops_.push_back({names.back(), opened});
    }
    while (join()) {}
  }
  // The factors, and the nests by their numbers in `nests`, to which new ones are added.
  Site count(vector<Nest>& nests) const {
    Site site{.exact = exact_};
    const vector<size_t> group = groups();
    for (size_t first = 0; first < loops_.size(); ++first) {
      if (group[first] != first) continue;
      vector<Loop> loops;
      for (size_t k = first; k < loops_.size(); ++k)
        if (group[k] == first) loops.push_back(loops_[k]);
      const Nest nest = closed(loops);
      if (loops.size() > 1 || !nest.conditions[0].empty() || !natural(nest.bounds[0])) {
        const auto same =
            std::ranges::find_if(nests, [&](const Nest& n) { return equal(n, nest); });
        site.nests.push_back(static_cast<size_t>(same - nests.begin()));
        if (same == nests.end()) nests.push_back(nest);
      } else if (nest.bounds[0]->op != Op::kInt || nest.bounds[0]->value != 1) {
        site.factors.push_back(nest.bounds[0]);
      }
    }
    return site;
  }

 private:
  Term open(const Entry& entry, const Terms& names) const {
    spec_.budget.visit(entry.term->size);
    return instantiate(entry.term, {names.begin(), names.begin() + entry.depth});
  }
  bool has(const Term& term, const Term& variable) const {
    spec_.budget.visit(term->size);
    return replace_all(term, variable, integer(0)) != term;
  }
  // Only such a boolean or index is decided by loop variables and dimensions.
  bool countable(const Term& term) const {
    const string sorts = row(term->op).sorts;
    const bool known = is_index_arithmetic(term->op) || term->op == Op::kInt ||
                       term->op == Op::kFree || sorts == "II>B" || sorts == "BB>B" ||
                       term->op == Op::kNot || term->op == Op::kTrue;
    return known && std::ranges::all_of(term->kids, [&](const Term& k) { return countable(k); });
  }
  void add(const Term& condition) {
    if (condition->op == Op::kAnd)
      for (const Term& part : condition->kids) add(part);
    if (condition->op == Op::kAnd || condition->op == Op::kTrue) return;
    const auto same = [&](const Term& old) { return alpha_equal(old, condition); };
    if (std::ranges::any_of(conditions_, same)) return;
    const auto about = [&](const Loop& loop) { return has(condition, loop.variable); };
    // A condition on data counts as true; then "exact" would be a lie.
    if (countable(condition) && std::ranges::any_of(loops_, about))
      conditions_.push_back(condition);
    else
      exact_ = false;
  }
  bool join() {
    for (const Term& condition : conditions_)
      for (size_t outer = 0; outer < loops_.size(); ++outer)
        for (size_t inner = outer + 1; inner < loops_.size(); ++inner)
          if (has(condition, loops_[outer].variable) && has(condition, loops_[inner].variable) &&
              join(outer, inner))
            return true;
    return false;
  }
  // FORMAT 12, joining: outer * B + inner becomes one variable, if nothing tells the two apart.
  bool join(size_t outer, size_t inner) {
    const auto [I, A] = loops_[outer];
    const auto [r, B] = loops_[inner];
    // With B < 1 two empty loops could become a loop that is not.
    if (B->op != Op::kInt || B->value < 1) return false;
    const auto tells = [&, &I = I, &r = r](const Term& term) {
      return has(term, I) || has(term, r);
    };
    for (const Loop& loop : loops_)
      if (tells(loop.bound)) return false;
    Reading reading{spec_.budget};
    const Term i = free_var("'i'");
    const Term apart = op(Op::kSub, i, op(Op::kMul, I, B));
    Term bound = op(Op::kMul, A, B);
    Terms kept;
    for (const Term& condition : conditions_) {
      kept.push_back(replace_all(replace_all(condition, I, integer(0)), r, I));
      if (!tells(condition)) continue;
      if (condition->op != Op::kLt && condition->op != Op::kLe) return false;
      const Term gap = op(Op::kSub, condition->kids[1], condition->kids[0]);
      Poly n = index_poly(replace_all(gap, r, apart), reading);
      if (mentions(n, I->name, reading)) return false;
      n.add(index_poly(i, reading), 1, spec_.budget);
      const Term all = replace_all(replace_all(gap, I, integer(0)), r, integer(0));
      if (condition->op != Op::kLt || !dimensions_only(all, spec_) ||
          n != index_poly(all, reading) || !covers(A, n, B, reading))
        continue;
      kept.pop_back();
      bound = all;
    }
    loops_[outer] = {I, bound};
    loops_.erase(loops_.begin() + static_cast<std::ptrdiff_t>(inner));
    conditions_ = kept;
    return true;
  }
  // A is (n + B - 1) div B: else i < n would leave the range A * B, or not fill it.
  static bool covers(const Term& A, Poly n, const Term& B, Reading& reading) {
    n.add({}, B->value - 1);
    const Poly count = index_poly(A, reading);
    return count == reading.atoms.atom({AtomKind::kQuotient, "div", {n, Poly(B->value)}});
  }
  static bool mentions(const Poly& poly, const string& name, const Reading& reading) {
    for (const auto& [monomial, coefficient] : poly.terms())
      for (const char16_t number : monomial) {
        const Atom& atom = reading.atoms[number];
        if (atom.name == name) return true;
        for (const Poly& part : atom.parts)
          if (mentions(part, name, reading)) return true;
      }
    return false;
  }
  // Of each loop the first one that it is tied to.
  vector<size_t> groups() const {
    vector<size_t> group(loops_.size());
    std::iota(group.begin(), group.end(), 0);
    const auto tie = [&](const Term& term, size_t to) {
      for (size_t k = 0; k < loops_.size(); ++k) {
        if (!has(term, loops_[k].variable)) continue;
        if (to == loops_.size()) to = k;
        const auto [low, high] = std::minmax(group[k], group[to]);
        std::ranges::replace(group, size_t{high}, size_t{low});
      }
    };
    for (const Term& condition : conditions_) tie(condition, loops_.size());
    for (size_t k = 0; k < loops_.size(); ++k) tie(loops_[k].bound, k);
    return group;
  }
  Nest closed(const vector<Loop>& loops) const {
    Nest nest;
    const auto close = [&](Term term, size_t depth) {
      for (size_t k = 0; k < depth; ++k)
        term = replace_all(term, loops[k].variable, bound_var(static_cast<Number>(depth - 1 - k)));
      return term;
    };
    for (size_t k = 0; k < loops.size(); ++k) {
      nest.bounds.push_back(close(loops[k].bound, k));
      nest.conditions.emplace_back();
      for (const Term& condition : conditions_) {
        const auto later = [&](const Loop& loop) { return has(condition, loop.variable); };
        if (later(loops[k]) &&
            std::none_of(loops.begin() + static_cast<std::ptrdiff_t>(k) + 1, loops.end(), later))
          nest.conditions.back().push_back(close(condition, k + 1));
      }
    }
    return nest;
  }
  // No coefficient is negative. A loop whose bound is negative runs 0 times, but as a factor it
  // would make the count negative, and take from what other sites move.
  bool natural(const Term& bound) const {
    Reading reading{spec_.budget};
    return natural(index_poly(bound, reading), reading);
  }
  static bool natural(const Poly& poly, const Reading& reading) {
    for (const auto& [monomial, coefficient] : poly.terms()) {
      if (coefficient < 0) return false;
      for (const char16_t number : monomial)
        if (const Atom& atom = reading.atoms[number];
            atom.kind == AtomKind::kQuotient && !natural(atom.parts[0], reading))
          return false;
    }
    return true;
  }
  // What is >= 0 where the condition holds; null if it is no inequality.
  static Term margin(const Term& condition) {
    const bool negated = condition->op == Op::kNot;
    const Term& c = negated ? condition->kids[0] : condition;
    if (c->op != Op::kLt && c->op != Op::kLe) return nullptr;
    const Term gap = op(Op::kSub, c->kids[negated ? 0 : 1], c->kids[negated ? 1 : 0]);
    return (c->op == Op::kLt) != negated ? op(Op::kSub, gap, integer(1)) : gap;
  }
  bool equal(const Nest& a, const Nest& b) const {
    if (a.bounds.size() != b.bounds.size()) return false;
    Scope scope;
    for (size_t k = 0; k < a.bounds.size(); ++k) {
      if (!same_index(a.bounds[k], b.bounds[k], scope, spec_)) return false;
      ++scope.depth;
      const auto same = [&](const Term& x, const Term& y) {
        const Term left = margin(x);
        const Term right = margin(y);
        return left && right ? same_index(left, right, scope, spec_) : alpha_equal(x, y);
      };
      if (!std::ranges::equal(a.conditions[k], b.conditions[k], same)) return false;
    }
    return true;
  }
  const Spec& spec_;
  vector<Loop> loops_;
  Terms conditions_;
  bool exact_ = true;
};

// ---- the walk in order of execution ----
class Walk {
 public:
  explicit Walk(const Spec& spec) : spec_(spec) {
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
    words_ = integer(0);
    accumulators_ = operands_ = 0;
    Place place{spec_.inputs.size()};  // the output
    if (slow) {
      // Two arrays of one name could exchange their rows.
      if (std::ranges::count(arrays_, term->binders[0]) > 0) cannot("two arrays of one name");
      place.array = arrays_.size();
      arrays_.push_back(term->binders[0]);
    }
    into(slow ? term->kids[0] : term, place);
    costs_.footprints.push_back(op(Op::kAdd, words_, integer(accumulators_ + operands_)));
    if (slow)
      inside(
          term, 1, [&] { phase(term->kids[1]); }, place);
  }
  void site(size_t array, bool store) {
    sites_[{array, store}].push_back(Context(scope_, spec_).count(costs_.nests));
  }
  void statement(Number need) { operands_ = std::max(operands_, need); }
  // Does `work` where that child stands; `place`: of the shared value or state that is bound there.
  void inside(const Term& node, size_t child, const std::function<void()>& work,
              const Place& place = {}) {
    const size_t mark = scope_.entries.size();
    enter(node, child, scope_, spec_);
    if ((node->op == Op::kAnd || node->op == Op::kOr) && child == 1) {
      const Term& a = node->kids[0];
      scope_.push({Entry::Kind::kGuard,
                   "",
                   node->op == Op::kAnd ? a : make_op(Op::kNot, {a}),
                   {},
                   scope_.depth});
    }
    places_.resize(static_cast<size_t>(scope_.depth));
    if (bound_in(*node, child) > 0) places_.back() = place;
    work();
    scope_.truncate(mark);
    places_.resize(static_cast<size_t>(scope_.depth));
  }
  Number level(const Term& variable) const { return scope_.depth - 1 - variable->value; }
  // What an access selects; an index that is no variable makes a place unlike any destination.
  std::optional<Place> named(const Term& term) const {
    if (term->op == Op::kBound) return places_.at(static_cast<size_t>(level(term)));
    if (term->op != Op::kPsi && term->op != Op::kGet) return std::nullopt;
    std::optional<Place> place = named(term->kids.back());
    if (place && term->op == Op::kGet) return below(*place, -1 - term->attrs[0]);
    for (const Term& k : indices_of(*term))
      if (place) place = below(*place, k->op == Op::kBound ? level(k) : kNoVariable);
    return place;
  }
  void let(const Term& term, const std::function<void()>& rest) {
    for (const Terms& extents : leaves_of(infer(term->kids[0], scope_, spec_)))
      words_ = op(Op::kAdd, words_, product(extents));
    into(term->kids[0], {});
    inside(term, 1, rest);
  }
  // A statement, or a value that is written to a place.
  void into(const Term& term, const Place& place) {
    const Terms& k = term->kids;
    switch (term->op) {
      case Op::kLet:
        return let(term, [&] { into(k[1], place); });
      case Op::kGen:
      case Op::kParGen:
      case Op::kFor:
      case Op::kParFor:
        expr(k[0]);
        return inside(term, 1, [&] { into(k[1], below(place, scope_.depth - 1)); });
      case Op::kFold:
        into(k[1], place);
        expr(k[0]);
        return inside(
            term, 2, [&] { into(k[2], place); }, place);
      case Op::kTup:
        for (size_t i = 0; i < k.size(); ++i) into(k[i], below(place, -1 - static_cast<Number>(i)));
        return;
      case Op::kIf:
      case Op::kWhen:
        statement(expr(k[0]));
        for (size_t i = 1; i < k.size(); ++i)
          // A branch that keeps what is stored writes nothing.
          if (place.array == kFast || named(k[i]) != place)
            inside(term, i, [&] { into(k[i], place); });
        return;
      default:
        if (term->op == Op::kPut)
          for (const Term& index : indices_of(*term)) expr(index);
        statement(expr(term->op == Op::kPut ? operand_of(*term) : term));
        if (place.array != kFast) site(place.array, true);
    }
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
    if (op == Op::kMem) {
      const string& name = operand_of(*term)->name;
      site(static_cast<size_t>(std::ranges::find(arrays_, name) - arrays_.begin()), false);
    }
    if (alone) ++accumulators_;
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
    if (place->array != kFast) site(place->array, false);
    return scope_.variable(at->value)->kind == Entry::Kind::kLoop ? 0 : 1;
  }
  const Spec& spec_;
  Costs costs_;
  Strings arrays_;  // inputs, output, then those of letslow
  std::map<std::pair<size_t, bool>, vector<Site>> sites_;
  Scope scope_;
  vector<Place> places_;  // of the variables, by level
  Term words_;            // of the phase
  Number accumulators_ = 0, operands_ = 0;
};

// ---- the certificate's side ----
bool allowed(const Term& term, const Spec& spec) {
  const Op op = term->op;
  const bool known = op == Op::kInt || op == Op::kBound || op == Op::kMin || op == Op::kMax ||
                     (op == Op::kFree && spec.is_dim(term->name)) ||
                     (is_index_arithmetic(op) && op != Op::kMod);
  return known && std::ranges::all_of(term->kids, [&](const Term& k) { return allowed(k, spec); });
}
Term read_cost(const Json& text, const Strings& names, const Spec& spec) {
  Term term = read_term(text.get<string>(), names, spec);
  if (!allowed(term, spec)) cannot("not a term over dimensions and loops");
  return term;
}
Number read_times(const Json& text) {
  const Int times = parse_integer(text.get<string>());
  // Of times 0 every closed form would be right.
  if (times < 1 || times > kMaxTimes) cannot("times is not from 1 to 2^31");
  return static_cast<Number>(times);
}
Term small(const Int& value) {
  if (value > kMaxLiteral) refuse("limit", "a multiple beyond 2^62");
  return integer(static_cast<Number>(value));
}

// The first min or max, arguments before the node; null if there is none.
Term first_choice(const Term& term) {
  for (const Term& kid : term->kids)
    if (const Term found = first_choice(kid)) return found;
  return term->op == Op::kMin || term->op == Op::kMax ? term : nullptr;
}

struct Counted {
  Term words;  // null: no closed form is claimed
  Int times = 1;
};

class Traffic {
 public:
  Traffic(const Spec& spec, Generator& generator, string& place, Strings& holes)
      : spec_(spec), generator_(generator), place_(place), holes_(holes) {}
  // FORMAT 12, sums: by induction over each loop, the inner ones being counted already.
  Counted nest(const Nest& nest, const Json& json) {
    const vector<Json>& sums = items(require_keys(json, {"sums", "proofs"}).at("sums"));
    vector<Condition> claims;
    if (!sums.empty()) claims = claims_of(nest, json.at("sums"));
    const string place = place_;
    const vector<Json>& proofs = items(json.at("proofs"), claims.size());
    for (size_t k = 0; k < claims.size(); ++k) {
      place_ = place + ".proofs[" + std::to_string(k) + "]";
      prove(proofs[k], claims[k].context, claims[k].goal);
    }
    if (sums.empty()) return {};
    return {instantiate(read_cost(sums[0][1], {"v0"}, spec_), {nest.bounds[0]}),
            read_times(sums[0][0])};
  }
  string row(const TrafficRow& row, const vector<Counted>& counted, const Json& json) {
    const bool exact = std::ranges::all_of(row.sites, &Site::exact);
    if (json[2] != (exact ? "exact" : "bound")) cannot("exact or bound: not as the conditions say");
    const Number times = read_times(json[3]);
    const Term form = read_cost(json[4], {}, spec_);
    vector<Counted> sites;
    Int common = 1;
    for (const Site& site : row.sites) {
      Terms factors = site.factors;
      sites.emplace_back();
      for (const size_t k : site.nests) {
        // Else the row would count this site as nothing.
        if (!counted[k].words) cannot("a row that uses a nest without sums");
        factors.push_back(counted[k].words);
        sites.back().times *= counted[k].times;
      }
      sites.back().words = product(factors);
      common = lcm(common, sites.back().times);
    }
    Term sum;
    for (const auto& [words, each] : sites) {
      const Term part = op(Op::kMul, small(common / each), words);
      sum = sum ? op(Op::kAdd, sum, part) : part;
    }
    prove(json[5], Scope{},
          op(Op::kEq, op(Op::kMul, small(common), form), op(Op::kMul, integer(times), sum)));
    return string(exact ? "exact" : "bound") + ": " + std::to_string(times) +
           (exact ? " * words = " : " * words <= ") + print(form);
  }

 private:
  vector<Condition> claims_of(const Nest& nest, const Json& json) {
    const size_t size = nest.bounds.size();
    const vector<Json>& sums = items(json, size);
    Terms G;
    Numbers t;
    Strings names;
    for (size_t k = 0; k < size; ++k) {
      names.push_back("v" + std::to_string(k));
      t.push_back(read_times(items(sums[k], 2)[0]));
      G.push_back(read_cost(sums[k][1], names, spec_));
    }
    G.push_back(nullptr);
    t.push_back(1);
    vector<Condition> claims;
    Scope scope;
    for (size_t k = 0; k < size; ++k) {
      const Term& bound = nest.bounds[k];
      if (t[k] % t[k + 1] != 0) cannot("times is not a multiple of the next one");
      // With a bound below 0 the induction would never start, and the sum be anything.
      claims.push_back({scope, op(Op::kLe, integer(0), bound)});
      claims.push_back({scope, op(Op::kEq, instantiate(G[k], {integer(0)}), integer(0))});
      scope.push({Entry::Kind::kLoop, names[k], bound, {}, scope.depth});
      const Term next = instantiate(shift(G[k], 1, 1), {op(Op::kAdd, bound_var(0), integer(1))});
      for (const Term& condition : nest.conditions[k]) {
        claims.push_back({scope, op(Op::kEq, next, G[k])});
        claims.back().context.push(guard(make_op(Op::kNot, {condition}), scope));
        scope.push(guard(condition, scope));
      }
      const Term inner = k + 1 == size ? integer(1) : instantiate(G[k + 1], {nest.bounds[k + 1]});
      const Term more = op(Op::kMul, integer(t[k] / t[k + 1]), inner);
      claims.push_back({scope, op(Op::kEq, next, op(Op::kAdd, G[k], more))});
    }
    return claims;
  }
  static Entry guard(const Term& condition, const Scope& scope) {
    return {Entry::Kind::kGuard, "", condition, {}, scope.depth};
  }
  // FORMAT 12, trees.
  void prove(const Json& tree, Scope scope, const Term& goal) {
    const string kind = items(tree).at(0).get<string>();
    spec_.budget.visit(goal->size);
    const Term choice = first_choice(goal);
    if (kind == "cases") {
      items(tree, 3);
      if (!choice) cannot("cases of a goal without min and max");
      const Term& x = choice->kids[0];
      const Term& y = choice->kids[1];
      const size_t mark = scope.entries.size();
      // The two conditions exclude nothing; each branch is right only where its own one holds.
      scope.push(guard(op(Op::kLe, x, y), scope));
      prove(tree[1], scope, replace_all(goal, choice, choice->op == Op::kMin ? x : y));
      scope.truncate(mark);
      scope.push(guard(op(Op::kLt, y, x), scope));
      return prove(tree[2], scope, replace_all(goal, choice, choice->op == Op::kMin ? y : x));
    }
    const bool absurd = kind == "absurd" && items(tree, 2).size() == 2;
    if (!absurd && (kind != "goals" || choice)) cannot("no tree of this goal");
    const Condition claim{scope, absurd ? op(Op::kLe, integer(1), integer(0)) : goal};
    Json proofs = tree;
    proofs.erase(0);
    check_proofs(place_, generator_.step({claim}), proofs, spec_.budget, place_, holes_);
  }
  const Spec& spec_;
  Generator& generator_;
  string& place_;
  Strings& holes_;
};

}  // namespace
Costs costs_of(const Term& final_term, const Spec& spec) { return Walk(spec).costs(final_term); }
Strings check_footprint(const Costs& costs, const Json& json, const Spec& spec) {
  const vector<Json>& texts = items(json, costs.footprints.size());
  Strings lines;
  for (size_t k = 0; k < texts.size(); ++k) {
    const Term form = read_cost(texts[k], {}, spec);
    if (!same_index(form, costs.footprints[k], Scope{}, spec))
      cannot("not the words of one task of phase " + std::to_string(k));
    lines.push_back("footprint of phase " + std::to_string(k) + ": " + print(form) + " words");
  }
  return lines;
}
Strings check_traffic(const Costs& costs, const Json& json, const Spec& spec, Generator& generator,
                      string& place, Strings& holes) {
  Traffic traffic(spec, generator, place, holes);
  const vector<Json>& nests = items(json.at("nests"), costs.nests.size());
  vector<Counted> counted;
  for (size_t k = 0; k < nests.size(); ++k) {
    place = "nests[" + std::to_string(k) + "]";
    counted.push_back(traffic.nest(costs.nests[k], nests[k]));
  }
  const vector<Json>& rows = items(json.at("traffic"));
  size_t used = 0;
  Strings lines;
  for (const TrafficRow& row : costs.rows) {
    place = row.array + (row.store ? " store" : " load");
    const bool claimed = used < rows.size() && items(rows[used], 6)[0] == row.array &&
                         rows[used][1] == (row.store ? "store" : "load");
    const string name = "traffic " + place + " ";
    lines.push_back(name + (claimed ? traffic.row(row, counted, rows[used++]) : "is not claimed"));
  }
  place = "traffic[" + std::to_string(used) + "]";
  // A row in the wrong place, twice, or of an array that nothing touches.
  if (used != rows.size()) cannot("a row out of order or without a site");
  return lines;
}

}  // namespace audit
