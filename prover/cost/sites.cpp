// Sites by one walk in the order of execution; see sites.h and spec/COST.md.
//
// The walk carries the destination of the value it is in: a value written to
// an array in slow memory stores each scalar, and a fold whose state lies
// there reads slow memory too. Below a lane binder a load that is the same in
// all lanes stands outside of that loop, and a choice that is not made for all
// lanes at once evaluates both sides (FORMAT.md section 15).
// May be wrong: a term that the lowering evaluates more or less often than the
// walk says.
#include "prover/cost/sites.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "prover/cost/algebra.h"
#include "prover/cost/extremes.h"
#include "prover/obligations/lanes.h"

namespace minimoa {

namespace {

using Entry = ContextEntry;
using Kind = ContextEntry::Kind;

// Where the value of a term goes. array empty: a register or fast memory.
// holders: terms that name the same place (states of the folds around it).
struct Destination {
  std::string array;
  std::vector<Term> holders;
};

Term element_of(const Term& holder, const std::string& v) {
  if (holder->op != Op::kPsi) return mk_psi({mk_var(v)}, holder);
  std::vector<Term> index = index_of(holder);
  index.push_back(mk_var(v));
  return mk_psi(std::move(index), operand_of(holder));
}

bool selects(const Term& t) { return t->op == Op::kPsi || t->op == Op::kGet; }

Term root_of(Term t) {
  while (selects(t)) t = t->kids.back();
  return t;
}

Term negation(const Term& c) { return c->op == Op::kNot ? c->kids[0] : mk(Op::kNot, {c}); }

struct RawSite {
  std::string array;
  bool store;
  std::vector<Entry> context;
};

class Walk {
 public:
  Walk(const Spec& spec, const std::set<std::string>& outside, const Placement& place)
      : spec_(spec), outside_(outside), lanes_(place) {}
  std::vector<RawSite> run(const Term& final_term) {
    statement(final_term);
    return std::move(out_);
  }

 private:
  void store(const std::string& array) { out_.push_back({array, true, context_}); }
  void load(const Term& t, const std::string& array) {
    out_.push_back({array, false, context_});
    std::vector<Entry>& context = out_.back().context;
    if (lanes_.room() > 0 && lanes_.uniform(t)) {
      context.erase(context.begin() + static_cast<std::ptrdiff_t>(lane_loop_));
    }
  }

  template <typename Body>
  void inside(const Term& t, std::size_t kid, const Body& body) {
    const Lanes before = lanes_;
    lanes_ = lanes_.enter(t, kid);
    if (before.room() == 0 && lanes_.room() > 0) lane_loop_ = context_.size() - 1;
    body();
    lanes_ = before;
  }

  template <typename Body>
  void under(Entry entry, const Body& body) {
    context_.push_back(std::move(entry));
    body();
    context_.pop_back();
  }
  // As FORMAT.md writes it; where no certificate follows, as an inequality, whose
  // loops can be joined.
  Term otherwise(const Term& c) const {
    if (outside_.empty() || (c->op != Op::kLt && c->op != Op::kLe)) return negation(c);
    return mk(c->op == Op::kLt ? Op::kLe : Op::kLt, {c->kids[1], c->kids[0]});
  }

  template <typename Body>
  void loop(const Term& binder, const Body& body) {
    value(binder->kids[0]);
    under({Kind::kBinder, binder->binders[0], binder->kids[0]},
          [&] { inside(binder, binder->kids.size() - 1, body); });
  }
  template <typename Body>
  void where(const Term& condition, bool excludes, const Body& body) {
    if (condition->op == Op::kTrue || !excludes) return body();
    under({Kind::kFact, "", condition}, body);
  }

  void statement(const Term& t) {
    switch (t->op) {
      case Op::kLetSlow:
      case Op::kLet:
        shared(t, [&] { statement(t->kids[1]); });
        return;
      case Op::kFor:
      case Op::kParFor:
        loop(t, [&] { statement(t->kids[1]); });
        return;
      case Op::kWhen:
        value(t->kids[0]);
        where(t->kids[0], true, [&] { statement(t->kids[1]); });
        return;
      default:
        for (const Term& kid : t->kids) value(kid);
        if (t->op == Op::kPut) store(spec_.output.name);
    }
  }

  template <typename Rest>
  void shared(const Term& let, const Rest& rest) {
    const std::string& x = let->binders[0];
    const bool slow = let->op == Op::kLetSlow || outside_.count(x) > 0;
    into(let->kids[0], slow ? Destination{x, {}} : Destination{});
    const auto before = slow_;
    slow_.erase(x);
    if (slow) slow_[x] = x;
    inside(let, 1, rest);
    slow_ = before;
  }

  // The value of t, written to a destination.
  void into(const Term& t, const Destination& d) {
    switch (t->op) {
      case Op::kLet:
        shared(t, [&] { into(t->kids[1], d); });
        return;
      case Op::kGen:
      case Op::kParGen: {
        Destination inner = d;
        for (Term& h : inner.holders) h = element_of(h, t->binders[0]);
        loop(t, [&] { into(t->kids[1], inner); });
        return;
      }
      case Op::kTup:
        for (std::size_t k = 0; k < t->kids.size(); ++k) {
          Destination part = d;
          for (Term& h : part.holders) h = mk_get(static_cast<std::int64_t>(k), h);
          into(t->kids[k], part);
        }
        return;
      case Op::kFold:
        fold(t, d);
        return;
      case Op::kIf:
        choice(t, d);
        return;
      default:
        value(t);
        if (!d.array.empty()) store(d.array);
    }
  }

  void choice(const Term& t, const Destination& d) {
    value(t->kids[0]);
    if (lanes_.blended(t)) {
      value(t->kids[1]);
      value(t->kids[2]);
      if (!d.array.empty()) store(d.array);
      return;
    }
    where(t->kids[0], true, [&] { branch(t->kids[1], d); });
    where(otherwise(t->kids[0]), true, [&] { branch(t->kids[2], d); });
  }

  void branch(const Term& t, const Destination& d) {
    const bool keeps = std::any_of(d.holders.begin(), d.holders.end(),
                                   [&](const Term& h) { return alpha_equal(h, t); });
    if (!keeps) into(t, d);
  }

  void fold(const Term& t, const Destination& d) {
    const std::string& st = t->binders[1];
    into(t->kids[1], d);
    Destination inner = d;
    inner.holders.push_back(mk_var(st));
    const auto before = slow_;
    slow_.erase(st);
    if (!d.array.empty()) slow_[st] = d.array;
    loop(t, [&] { into(t->kids[2], inner); });
    slow_ = before;
  }

  void value(const Term& t) {
    switch (t->op) {
      case Op::kMem:
        for (const Term& i : index_of(t)) value(i);
        load(t, operand_of(t)->name);
        return;
      case Op::kVar:
      case Op::kPsi:
      case Op::kGet:
        access(t);
        return;
      case Op::kRed:
        loop(t, [&] {
          value(t->kids[1]);
          where(t->kids[1], true, [&] { value(t->kids[2]); });
        });
        return;
      case Op::kAny:
        loop(t, [&] { value(t->kids[1]); });
        return;
      case Op::kAnd:
      case Op::kOr: {
        value(t->kids[0]);
        const Term first = t->op == Op::kAnd ? t->kids[0] : otherwise(t->kids[0]);
        where(first, lanes_.uniform(t), [&] { value(t->kids[1]); });
        return;
      }
      case Op::kLet:
      case Op::kIf:
      case Op::kGen:
      case Op::kFold:
      case Op::kTup:
        into(t, {});
        return;
      default:
        for (const Term& kid : t->kids) value(kid);
    }
  }

  // A selection from what a name stands for.
  void access(const Term& t) {
    for (Term s = t; selects(s); s = s->kids.back()) {
      if (s->op != Op::kPsi) continue;
      for (const Term& i : index_of(s)) value(i);
    }
    const Term root = root_of(t);
    if (root->op != Op::kVar) return value(root);
    const auto slow = slow_.find(root->name);
    if (slow != slow_.end()) load(t, slow->second);
  }

  const Spec& spec_;
  const std::set<std::string>& outside_;
  Lanes lanes_;
  std::size_t lane_loop_ = 0;  // where the lane binder stands in the context
  std::vector<Entry> context_;
  std::map<std::string, std::string> slow_;  // name -> array in slow memory
  std::vector<RawSite> out_;
};

// --- counts ---

std::string condition_key(Algebra* algebra, const Term& g) {
  const bool negated = g->op == Op::kNot;
  const Term c = negated ? g->kids[0] : g;
  if (c->op != Op::kLt && c->op != Op::kLe) return print(g);
  const Term &low = c->kids[negated ? 1 : 0], &high = c->kids[negated ? 0 : 1];
  const bool strict = (c->op == Op::kLt) != negated;
  const Term slack = mk(Op::kSub, {mk(Op::kSub, {high, low}), mk_int(strict ? 1 : 0)});
  return algebra->spelled(slack) + " >= 0";
}

struct Loop {
  std::string name;  // unique in its context
  Term bound;
};

// Loops and conditions of one context under unique names.
class Counting {
 public:
  Counting(const Spec& spec, std::vector<Nest>* nests) : spec_(spec), nests_(nests) {}

  Count count(const std::vector<Entry>& context) {
    read(context);
    while (join_split()) continue;
    const std::vector<std::size_t> part = components();
    for (std::size_t k = 0; k < loops_.size(); ++k) {
      if (part[k] == k) component(k, part);
    }
    return std::move(count_);
  }

 private:
  void read(const std::vector<Entry>& context) {
    std::map<std::string, Term> names;
    for (const Entry& e : context) {
      if (e.kind == Kind::kBinder) {
        const std::string unique = "'" + std::to_string(loops_.size());
        loops_.push_back({unique, at_most(substitute(e.term, names))});
        names[e.name] = mk_var(unique);
        continue;
      }
      for (const Term& p : conjuncts(e.term)) condition(substitute(p, names));
    }
  }

  // A bound that reads data at its greatest value, where the ranges say one.
  Term at_most(const Term& bound) {
    if (countable(bound)) return bound;
    count_.exact = false;
    return greatest(bound, spec_).value_or(bound);
  }

  // Conditions on data are taken as what they imply, or as true; those on
  // dimensions alone as true.
  void condition(Term g) {
    if (!countable(g)) {
      count_.exact = false;
      g = weakest(g, spec_).value_or(g);
    }
    const bool known = std::any_of(guards_.begin(), guards_.end(),
                                   [&](const Term& h) { return alpha_equal(g, h); });
    if (known) return;
    if (!countable(g) || variables(g).empty()) {
      count_.exact = false;
      return;
    }
    guards_.push_back(g);
  }

  // I < A, r < B, and no I or r elsewhere but as I*B + r: the same as one
  // i < A*B; with A = ceil(n / B) and I*B + r < n, as one i < n. True if two
  // loops became one.
  bool join_split() {
    for (std::size_t g = 0; g < guards_.size(); ++g) {
      for (const std::size_t a : variables(guards_[g])) {
        for (const std::size_t b : variables(guards_[g])) {
          if (a != b && joins(a, b)) return true;
        }
      }
    }
    return false;
  }

  bool joins(std::size_t outer, std::size_t inner) {
    const Term &tile = loops_[inner].bound, I = mk_var(loops_[outer].name);
    if (tile->op != Op::kInt) return false;
    for (const Loop& l : loops_) {
      if (mentions_either(l.bound, outer, inner)) return false;
    }
    // i - I*B for r: then no I is left, so that I = 0, r = i says the same.
    const std::string& r = loops_[inner].name;
    const std::string i = "'" + std::to_string(loops_.size());
    const Term back = mk(Op::kSub, {mk_var(i), mk(Op::kMul, {I, tile})});
    const auto at_zero = [&](const Term& t, const Term& value) {
      return substitute(t, {{I->name, mk_int(0)}, {r, value}});
    };
    Algebra algebra(spec_);
    Term bound = mk(Op::kMul, {loops_[outer].bound, tile});
    std::vector<Term> guards;
    for (const Term& g : guards_) {
      if (!mentions_either(g, outer, inner)) {
        guards.push_back(g);
        continue;
      }
      if (g->op != Op::kLt && g->op != Op::kLe) return false;
      const Term slack = mk(Op::kSub, {g->kids[1], g->kids[0]});
      const Term moved = algebra.normal(substitute(slack, {{r, back}}));
      if (mentions(moved, I->name)) return false;
      const Term n = algebra.normal(mk(Op::kAdd, {moved, mk_var(i)}));  // i < n
      if (g->op == Op::kLt && variables(n).empty() && is_ceiling(loops_[outer].bound, n, tile)) {
        bound = at_zero(slack, mk_int(0));
      } else {
        guards.push_back(at_zero(g, I));
      }
    }
    guards_ = std::move(guards);
    loops_[outer].bound = bound;
    loops_[inner].bound = mk_int(1);
    return true;
  }

  static bool is_ceiling(const Term& t, const Term& n, const Term& tile) {
    const Term up = mk(Op::kSub, {mk(Op::kAdd, {n, tile}), mk_int(1)});
    return same_index(t, mk(Op::kIntDiv, {up, tile}));
  }

  bool mentions_either(const Term& t, std::size_t a, std::size_t b) const {
    return mentions(t, loops_[a].name) || mentions(t, loops_[b].name);
  }

  std::vector<std::size_t> variables(const Term& t) const {
    std::vector<std::size_t> out;
    for (const std::string& v : free_vars(t)) {
      if (v.starts_with("'")) out.push_back(std::stoul(v.substr(1)));
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  // part[k]: the first loop that conditions or bounds tie loop k to.
  std::vector<std::size_t> components() const {
    std::vector<std::size_t> part(loops_.size());
    std::iota(part.begin(), part.end(), 0);
    const auto join = [&](std::vector<std::size_t> tied) {
      if (tied.empty()) return;
      std::size_t least = part[tied[0]];
      for (const std::size_t k : tied) least = std::min(least, part[k]);
      for (const std::size_t k : tied) {
        const std::size_t old = part[k];
        std::replace(part.begin(), part.end(), old, least);
      }
    };
    for (const Term& g : guards_) join(variables(g));
    for (std::size_t k = 0; k < loops_.size(); ++k) {
      std::vector<std::size_t> tied = variables(loops_[k].bound);
      tied.push_back(k);
      join(tied);
    }
    return part;
  }

  void component(std::size_t first, const std::vector<std::size_t>& part) {
    std::vector<std::size_t> members;
    std::map<std::string, Term> names;
    for (std::size_t k = first; k < loops_.size(); ++k) {
      if (part[k] != first) continue;
      names[loops_[k].name] = mk_var("v" + std::to_string(members.size()));
      members.push_back(k);
    }
    Nest nest;
    for (const std::size_t k : members) nest.push_back({substitute(loops_[k].bound, names), {}});
    bool guarded = false;
    for (const Term& g : guards_) {
      const std::vector<std::size_t> vars = variables(g);
      const auto last = std::find(members.begin(), members.end(), vars.back());
      if (last == members.end()) continue;
      const auto at = static_cast<std::size_t>(last - members.begin());
      nest[at].guards.push_back(substitute(g, names));
      guarded = true;
    }
    const bool alone = members.size() == 1 && !guarded && countable(nest[0].bound);
    if (alone && Algebra(spec_).natural(nest[0].bound)) {
      const bool one = nest[0].bound->op == Op::kInt && nest[0].bound->value == 1;
      if (!one) count_.factors.push_back(nest[0].bound);
      return;
    }
    count_.nests.push_back(number(nest));
  }

  std::size_t number(const Nest& nest) {
    for (std::size_t k = 0; k < nests_->size(); ++k) {
      if (key_of((*nests_)[k], spec_) == key_of(nest, spec_)) return k;
    }
    nests_->push_back(nest);
    return nests_->size() - 1;
  }

  const Spec& spec_;
  std::vector<Nest>* nests_;
  std::vector<Loop> loops_;
  std::vector<Term> guards_;
  Count count_;
};

}  // namespace

bool countable(const Term& t) {
  const bool data = t->op == Op::kMem || t->op == Op::kPsi || t->op == Op::kGet ||
                    t->op == Op::kIsZero || t->op == Op::kAny || t->op == Op::kIf;
  return !data && std::all_of(t->kids.begin(), t->kids.end(), countable);
}

// Equal for nests that are the same: polynomials by their values.
std::string key_of(const Nest& nest, const Spec& spec) {
  Algebra algebra(spec);
  std::string out;
  for (const NestLoop& l : nest) {
    out += "[" + algebra.spelled(l.bound);
    for (const Term& g : l.guards) out += " | " + condition_key(&algebra, g);
    out += "]";
  }
  return out;
}

Sites find_sites(const Spec& spec, const Term& final_term, const std::set<std::string>& outside,
                 const Placement& place) {
  Sites out;
  for (const RawSite& raw : Walk(spec, outside, place).run(final_term)) {
    out.sites.push_back({raw.array, raw.store, Counting(spec, &out.nests).count(raw.context)});
  }
  return out;
}

}  // namespace minimoa
