#include "prover/bounds/attention.h"

#include <algorithm>
#include <map>

#include "prover/rewrite/deriver.h"

namespace minimoa {
namespace {

struct NoAttention {
  std::string why;
};

bool has(const Term& t, Op op) {
  return !find_all(t, [&](const Term& u) { return u->op == op; }).empty();
}

class KeysOfRows {
 public:
  KeysOfRows(const OnfMean& onf, Prover* prover)
      : loops_(onf.loops), indices_(onf.indices), mean_(*onf.mean), prover_(prover) {}

  AttentionClaim run() {
    if (has(mean_.score, Op::kBottom) || has(mean_.value, Op::kBottom)) {
      throw NoAttention{"the score of a key that is not masked may be no number"};
    }
    if (has(mean_.guard, Op::kIsZero)) throw NoAttention{"the mask compares reals"};
    if (has(mean_.otherwise, Op::kMem) || has(mean_.n, Op::kMem)) {
      throw NoAttention{"the value of an empty row or the number of keys reads an input"};
    }
    for (const Term& side : {mean_.score, mean_.value}) key_arrays(side);
    if (places_.empty()) throw NoAttention{"no input is read by key"};
    for (const Term& side : {mean_.score, mean_.value}) read_by_key_only(side);
    for (const Term& read : reads(mean_.guard)) {
      if (places_.count(read->kids[0]->name) != 0) {
        throw NoAttention{"the mask reads " + read->kids[0]->name + ", an array of keys"};
      }
    }
    AttentionClaim out;
    for (const auto& [name, place] : places_) out.key_arrays.push_back(name);
    out.empty = mean_.otherwise;
    limit(&out);
    return out;
  }

 private:
  // Where the key stands in the indices of an array, and as what.
  struct Place {
    std::size_t axis;
    Term index;
  };

  static std::vector<Term> reads(const Term& t) {
    std::vector<Term> out;
    for (const Position& p : find_all(t, [](const Term& u) { return u->op == Op::kMem; })) {
      out.push_back(at(t, p));
    }
    return out;
  }

  // j, or made of it by + and - with what does not change with the key or inside of the side.
  bool made_of_key(const Term& t, const Term& side) const {
    if (t->op == Op::kVar) return t->name == mean_.j;
    if (t->op != Op::kAdd && t->op != Op::kSub) return false;
    if (fixed(t->kids[1], side) && made_of_key(t->kids[0], side)) return true;
    return t->op == Op::kAdd && fixed(t->kids[0], side) && made_of_key(t->kids[1], side);
  }

  bool fixed(const Term& t, const Term& side) const {
    const auto binds_free_name = [&](const Term& u) {
      return std::any_of(u->binders.begin(), u->binders.end(),
                         [&](const std::string& v) { return mentions(t, v); });
    };
    return !mentions(t, mean_.j) && find_all(side, binds_free_name).empty();
  }

  void key_arrays(const Term& side) {
    for (const Term& read : reads(side)) {
      const std::vector<Term> index = index_of(read);
      for (std::size_t k = 0; k < index.size(); ++k) {
        if (!mentions(index[k], mean_.j)) continue;
        const std::string& array = read->kids[0]->name;
        if (!made_of_key(index[k], side)) {
          throw NoAttention{"it is not clear which key an element of " + array + " belongs to"};
        }
        places_.emplace(array, Place{k, index[k]});
      }
    }
  }

  // Every read of a key array is of the key's own element.
  void read_by_key_only(const Term& side) const {
    for (const Term& read : reads(side)) {
      const auto found = places_.find(read->kids[0]->name);
      if (found == places_.end()) continue;
      const std::vector<Term> index = index_of(read);
      for (std::size_t k = 0; k < index.size(); ++k) {
        const bool here = k == found->second.axis;
        const bool good =
            here ? alpha_equal(index[k], found->second.index) : !mentions(index[k], mean_.j);
        if (!good) {
          throw NoAttention{"elements of " + found->first + " belong to several keys"};
        }
      }
    }
  }

  std::vector<ContextEntry> context() const {
    std::vector<ContextEntry> out;
    for (const CountedLoop& l : loops_) {
      out.push_back({ContextEntry::Kind::kBinder, l.name, l.bound});
    }
    out.push_back({ContextEntry::Kind::kBinder, mean_.j, mean_.n});
    out.push_back({ContextEntry::Kind::kFact, "", mean_.guard});
    return out;
  }

  // Terms that the mask compares the key with: j < L.
  std::vector<Term> candidates() const {
    std::vector<Term> out;
    const auto is_key = [&](const Term& t) { return t->op == Op::kVar && t->name == mean_.j; };
    const auto next = [](const Term& t) { return mk(Op::kAdd, {t, mk_int(1)}); };
    for (const Term& g : conjuncts(mean_.guard)) {
      const bool negated = g->op == Op::kNot;
      const Term c = negated ? g->kids[0] : g;
      if (c->op != Op::kLt && c->op != Op::kLe) continue;
      const Term& key = c->kids[negated ? 1 : 0];
      const Term& other = c->kids[negated ? 0 : 1];
      if (!is_key(key) || mentions(other, mean_.j)) continue;
      out.push_back((c->op == Op::kLe) != negated ? next(other) : other);
    }
    out.push_back(mean_.n);
    return out;
  }

  std::map<std::string, Term> axes() const {
    std::map<std::string, Term> out;
    for (std::size_t k = 0; k < indices_.size(); ++k) {
      if (indices_[k]->op == Op::kVar) out[indices_[k]->name] = mk_var("o" + std::to_string(k));
    }
    return out;
  }

  void limit(AttentionClaim* out) const {
    for (const Term& l : candidates()) {
      const Term goal = mk(Op::kLt, {mk_var(mean_.j), l});
      const std::vector<Proved> found = prover_->obligations({{context(), goal, "attention"}});
      if (found.size() != 1 || found[0].decision != Decision::kProved) continue;
      out->limit = l;
      out->axes_limit = substitute(l, axes());
      out->proof = found[0];
      return;
    }
    throw NoAttention{"no limit of the keys of a row is proved"};
  }

  std::vector<CountedLoop> loops_;
  std::vector<Term> indices_;  // of the output
  WeightedMean mean_;
  Prover* prover_;
  std::map<std::string, Place> places_;  // of key arrays
};

}  // namespace

Attention claim_attention(const Spec& spec, const RuleTable& rules, const Derivation& derivation,
                          Prover* prover) {
  Attention out;
  try {
    const OnfMean onf = onf_mean(spec, rules, derivation);
    if (!onf.mean) throw NoAttention{"the output is not a softmax-weighted mean"};
    out.claim = KeysOfRows(onf, prover).run();
  } catch (const NoAttention& u) {
    out.why = u.why;
  } catch (const Stuck& s) {
    out.why = s.why.message;
  }
  return out;
}

}  // namespace minimoa
