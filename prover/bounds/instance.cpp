#include "prover/bounds/instance.h"

#include <algorithm>

#include "prover/bounds/mean.h"
#include "prover/bounds/value.h"
#include "prover/cost/algebra.h"
#include "prover/rewrite/deriver.h"

namespace minimoa {
namespace {

struct Unrecognised {
  std::string why;
};
[[noreturn]] void give_up(const std::string& why) { throw Unrecognised{why}; }

Term product(const std::vector<Term>& factors) {
  Term out;
  for (const Term& f : factors) {
    if (f->op == Op::kInt && f->value == 1) continue;
    out = out ? mk(Op::kMul, {out, f}) : f;
  }
  return out ? out : mk_int(1);
}

using Loop = CountedLoop;

// A read of an input as a record: which row of the array, and which element.
struct Record {
  std::string array;
  std::vector<Term> index;  // without the element's axis
};

bool reads_slow_memory(const Term& t) {
  return !find_all(t, [](const Term& u) { return u->op == Op::kMem; }).empty();
}

// v, v + c, c + v or c - v, with c free of `bound`: different for different v.
bool shifts(const Term& t, const std::string& v, const std::vector<Loop>& rows) {
  const auto is_v = [&](const Term& u) { return u->op == Op::kVar && u->name == v; };
  const auto still = [&](const Term& u) {
    if (mentions(u, v) || reads_slow_memory(u)) return false;
    return std::none_of(rows.begin(), rows.end(),
                        [&](const Loop& l) { return mentions(u, l.name); });
  };
  if (is_v(t)) return true;
  if (t->op != Op::kAdd && t->op != Op::kSub) return false;
  return (shifts(t->kids[0], v, rows) && still(t->kids[1])) ||
         (shifts(t->kids[1], v, rows) && still(t->kids[0]));
}

class Recogniser {
 public:
  Recogniser(const Spec& spec, const RuleTable& rules, const Derivation& derivation)
      : spec_(spec), onf_(onf_mean(spec, rules, derivation)), prover_(spec) {}

  ProductInstance run() {
    all_ = onf_.loops;
    if (!onf_.mean) give_up("the output is not a softmax-weighted mean");
    mean_ = *onf_.mean;
    prover_.divisors(spec_.core, onf_.term);
    for (const Term& e : spec_.output.shape) {
      if (!positive(e)) give_up("an extent of the output is not plainly positive");
    }
    if (!always_a_number(mean_.score) || !always_a_number(mean_.value)) {
      give_up("a score or a value depends on a condition");
    }
    if (!find_all(mean_.guard, [](const Term& t) { return !t->binders.empty(); }).empty()) {
      give_up("the mask holds a quantifier");
    }
    column();
    products();
    groups();
    counts();
    name_roles();
    return out_;
  }

 private:
  bool over_dims(const Term& t) const {
    const auto names = free_vars(t);
    return !reads_slow_memory(t) && std::all_of(names.begin(), names.end(), [&](const auto& v) {
      return std::find(spec_.dims.begin(), spec_.dims.end(), v) != spec_.dims.end();
    });
  }

  // A polynomial over dimensions, not zero, without negative coefficients.
  bool positive(const Term& t) const {
    if (!over_dims(t) || !find_all(t, [](const Term& u) {
                            return u->op == Op::kIntDiv || u->op == Op::kIntMod;
                          }).empty()) {
      return false;
    }
    const auto p = Algebra(spec_).poly(t);
    return p && !p->terms().empty() &&
           std::all_of(p->terms().begin(), p->terms().end(),
                       [](const auto& term) { return term.second > 0; });
  }

  // Every pair has a weight and a value: nothing in them decides otherwise.
  static bool always_a_number(const Term& t) {
    constexpr Op kPlain[] = {Op::kInt,  Op::kVar,  Op::kAdd,    Op::kSub,    Op::kMul,  Op::kDiv,
                             Op::kMax,  Op::kMin,  Op::kIntDiv, Op::kIntMod, Op::kMem,  Op::kRed,
                             Op::kReal, Op::kRat,  Op::kNeg,    Op::kExp,    Op::kExp2, Op::kLog,
                             Op::kSqrt, Op::kTanh, Op::kTrue};
    return std::find(std::begin(kPlain), std::end(kPlain), t->op) != std::end(kPlain) &&
           std::all_of(t->kids.begin(), t->kids.end(), always_a_number);
  }

  // The one loop that the value mentions and the score does not; the others are rows.
  void column() {
    for (std::size_t k = 0; k < all_.size(); ++k) {
      const Loop& l = all_[k];
      if (!positive(l.bound)) give_up("the extent of an output axis is not made of dimensions");
      const bool scored = mentions(mean_.score, l.name) || mentions(mean_.guard, l.name);
      if (scored || !mentions(mean_.value, l.name)) {
        rows_.push_back(l);
      } else if (col_.bound) {
        give_up("there are two value axes");
      } else {
        col_ = l;
        out_.evidence.column = k;
      }
    }
    if (!col_.bound) give_up("no output axis is a column of the values");
    if (!positive(mean_.n)) {
      give_up("the number of keys, " + pretty(mean_.n) + ", is not the same for every row");
    }
    out_.dv = col_.bound;
    out_.m = mean_.n;
  }

  // The read in t with `element` as one plain index.
  Record record(const Term& t, const std::string& element, const std::string& what) const {
    const auto reads = find_all(t, [](const Term& u) { return u->op == Op::kMem; });
    if (reads.size() != 1) give_up("a factor of " + what + " does not read exactly one element");
    const Term read = at(t, reads[0]);
    Record out{read->kids[0]->name, index_of(read)};
    const auto plain = [&](const Term& i) { return i->op == Op::kVar && i->name == element; };
    const auto found = std::find_if(out.index.begin(), out.index.end(), plain);
    if (found == out.index.end()) give_up(what + " is not read element by element");
    out.index.erase(found);
    for (const Term& i : out.index) {
      if (mentions(i, element)) give_up(what + " is not read element by element");
    }
    return out;
  }

  // Factors of a product.
  static void factors(const Term& t, std::vector<Term>* out) {
    if (t->op == Op::kMul) {
      factors(t->kids[0], out);
      factors(t->kids[1], out);
    } else if (t->op == Op::kDiv && !reads_slow_memory(t->kids[1])) {
      factors(t->kids[0], out);
    } else {
      out->push_back(t);
    }
  }

  // score: one sum over all l of q[.. l ..] * k[.. l ..]; value: one v[.. col ..].
  void products() {
    const auto is_sum = [](const Term& t) { return t->op == Op::kRed; };
    const auto sums = find_all(mean_.score, is_sum);
    if (sums.size() != 1) give_up("the score does not hold exactly one contraction");
    const Term sum = at(mean_.score, sums[0]);
    if (sum->name != "add" || sum->kids[1]->op != Op::kTrue || !positive(sum->kids[0])) {
      give_up("the score's contraction is not a plain sum of products");
    }
    out_.dk = sum->kids[0];
    std::vector<Term> parts;
    factors(sum->kids[2], &parts);
    std::erase_if(parts, [&](const Term& t) { return over_dims(t); });
    if (parts.size() != 2) give_up("the score's contraction is not a sum of products of two reads");
    if (mentions(parts[0], mean_.j)) std::swap(parts[0], parts[1]);
    if (mentions(parts[0], mean_.j)) give_up("both factors of the score depend on the key");
    const std::string& l = sum->binders[0];
    q_ = record(parts[0], l, "the query");
    k_ = record(parts[1], l, "the key");
    v_ = record(mean_.value, col_.name, "the value");
    if (q_.array == k_.array || q_.array == v_.array || k_.array == v_.array) {
      give_up("queries, keys and values are not three inputs");
    }
    out_.query = q_.array;
    out_.key = k_.array;
    out_.value = v_.array;
    one_row_each();
    one_key_each();
  }

  // Different output rows read different query rows.
  void one_row_each() const {
    for (const Loop& l : rows_) {
      const bool named = std::any_of(q_.index.begin(), q_.index.end(), [&](const Term& i) {
        return i->op == Op::kVar && i->name == l.name;
      });
      if (!named) give_up("output rows share a query row: " + l.name + " is no index of it");
    }
  }

  // A key row belongs to one value row, and a row meets no key row twice.
  void one_key_each() {
    std::vector<Term> left = v_.index;
    for (const Term& i : k_.index) {
      const auto same =
          std::find_if(left.begin(), left.end(), [&](const Term& u) { return alpha_equal(u, i); });
      if (same == left.end()) give_up("keys and values are not read at the same places");
      left.erase(same);
      if (!mentions(i, mean_.j)) {
        shared_.push_back(i);
      } else if (key_index_) {
        give_up("two indices of the keys depend on the key");
      } else {
        key_index_ = i;
      }
    }
    if (!left.empty()) give_up("keys and values are not read at the same places");
    if (!key_index_ || !shifts(key_index_, mean_.j, rows_)) {
      give_up("a row may read a key twice: its place is not the key's number");
    }
  }

  // Which rows read the same keys: each index of K that a loop reaches is that
  // loop's variable, or its quotient by an extent.
  void groups() {
    std::vector<Term> heads, together;
    std::vector<std::string> taken;
    for (const Term& i : shared_) {
      if (over_dims(i)) continue;
      const bool quotient = i->op == Op::kIntDiv && over_dims(i->kids[1]);
      const Term v = quotient ? i->kids[0] : i;
      const auto loop = std::find_if(rows_.begin(), rows_.end(), [&](const Loop& l) {
        return v->op == Op::kVar && v->name == l.name;
      });
      if (loop == rows_.end() || std::find(taken.begin(), taken.end(), v->name) != taken.end()) {
        give_up("it is not clear which rows read the same keys: " + pretty(i));
      }
      taken.push_back(v->name);
      if (!quotient) {
        heads.push_back(loop->bound);
        continue;
      }
      const Term& by = i->kids[1];
      heads.push_back(quotients(loop->bound, by));
      together.push_back(by);
    }
    for (const Loop& l : rows_) {
      if (std::find(taken.begin(), taken.end(), l.name) != taken.end()) continue;
      together.push_back(l.bound);
      free_rows_.push_back(l);
    }
    out_.heads = product(heads);
    out_.n = product(together);
  }

  // How many values v div `by` has for v < bound; a dimension if it is proved to be one.
  Term quotients(const Term& bound, const Term& by) {
    const Term up = mk(Op::kAdd, {bound, mk(Op::kSub, {by, mk_int(1)})});
    const Term ceiling = mk(Op::kIntDiv, {up, by});
    Term out = ceiling;
    for (auto d = spec_.dims.rbegin(); d != spec_.dims.rend(); ++d) {
      if (prover_.holds({{}, mk(Op::kEq, {ceiling, mk_var(*d)}), ""})) out = mk_var(*d);
    }
    nlohmann::json proofs = nlohmann::json::array();
    for (const Proved& p : prover_.obligations({{{}, mk(Op::kEq, {ceiling, out}), "heads"}})) {
      if (p.decision != Decision::kProved) give_up("the number of heads is not proved");
      proofs.push_back(p.proof);
    }
    out_.evidence.heads.emplace_back(out, std::move(proofs));
    return out;
  }

  // Counts where variables are set to values that lie in 0 .. bound.
  struct Setting {
    std::string v;
    Term bound, value;
  };
  std::optional<LoopCount> count_with(const std::vector<Loop>& loops,
                                      const std::vector<Setting>& settings) {
    std::map<std::string, Term> values;
    for (const Setting& s : settings) values[s.v] = s.value;
    std::vector<Term> conditions = conjuncts(substitute(mean_.guard, values));
    for (const Setting& s : settings) {
      conditions.push_back(mk(Op::kLe, {mk_int(0), s.value}));
      conditions.push_back(mk(Op::kLt, {s.value, s.bound}));
    }
    auto out = count_loops(spec_, loops, conditions, true, &prover_);
    if (!out) return out;
    for (const Setting& s : settings) out->chosen.push_back(s.value);
    return out;
  }

  // Every one of them holds; the largest at some sizes.
  std::optional<LoopCount> largest(const std::vector<LoopCount>& found) const {
    std::optional<LoopCount> best;
    Rational weight = 0;
    for (const LoopCount& c : found) {
      Rational sum = 0;
      for (int round = 0; round < 6; ++round) {
        Sizes sizes;
        for (std::size_t k = 0; k < spec_.dims.size(); ++k) {
          sizes[spec_.dims[k]] = 5 + (static_cast<int>(k) * 7 + round * 11) % 23;
        }
        const auto v = value_of(c.count.value, sizes);
        if (v) sum += Rational(*v) / Rational(c.count.times);
      }
      if (sum <= weight) continue;
      weight = sum;
      best = c;
    }
    return best;
  }

  void counts() {
    out_.dense = mean_.guard->op == Op::kTrue;
    std::vector<Loop> loops = rows_;
    loops.push_back({mean_.j, mean_.n});
    const auto pairs = count_loops(spec_, loops, conjuncts(mean_.guard), false, &prover_);
    if (!pairs) give_up("the pairs that the mask leaves have no closed form");
    out_.evidence.pairs = *pairs;
    out_.pairs = pairs->count;
    out_.evidence.rows = rows_with_a_key();
    out_.evidence.cols = keys_with_a_row();
    out_.rows = out_.cols = {1, mk_int(0)};
    if (const auto& r = out_.evidence.rows) out_.rows = r->count;
    if (const auto& c = out_.evidence.cols) {
      out_.cols = {c->count.times, product({out_.heads, c->count.value})};
    }
  }

  std::optional<LoopCount> rows_with_a_key() {
    std::vector<Term> keys = {mk_int(0)};
    if (!out_.dense) {
      keys.push_back(mk(Op::kSub, {mean_.n, mk_int(1)}));
      for (const Loop& l : free_rows_) keys.push_back(mk_var(l.name));
    }
    std::vector<LoopCount> found;
    for (const Term& j : keys) {
      if (auto c = count_with(rows_, {{mean_.j, mean_.n, j}})) found.push_back(std::move(*c));
    }
    return largest(found);
  }

  // Keys of one set that some row sees: the row of a fixed place on each free
  // axis, or the one with the key's number.
  std::optional<LoopCount> keys_with_a_row() {
    for (const Loop& l : rows_) {
      const bool is_free = std::any_of(free_rows_.begin(), free_rows_.end(),
                                       [&](const Loop& f) { return f.name == l.name; });
      if (!is_free && mentions(mean_.guard, l.name)) return std::nullopt;
    }
    std::vector<LoopCount> found;
    for (const int choice : {0, 1, 2}) {
      std::vector<Setting> settings;
      for (const Loop& l : free_rows_) {
        const Term last = mk(Op::kSub, {l.bound, mk_int(1)});
        const bool matters = mentions(mean_.guard, l.name);
        const Term value = !matters || choice == 0 ? mk_int(0)
                           : choice == 1           ? last
                                                   : mk_var(mean_.j);
        settings.push_back({l.name, l.bound, value});
      }
      if (auto c = count_with({{mean_.j, mean_.n}}, settings)) found.push_back(std::move(*c));
      if (out_.dense) break;
    }
    return largest(found);
  }

  void role(const std::string& name, const Term& extent) {
    if (extent->op != Op::kVar) return;
    auto& dims = out_.roles[name];
    if (std::find(dims.begin(), dims.end(), extent->name) == dims.end()) {
      dims.push_back(extent->name);
    }
  }

  // n: the last axis of rows that share keys and values; of the others, the
  // last is the heads and the first the batch.
  void name_roles() {
    std::vector<Loop> others = rows_;
    for (auto l = rows_.rbegin(); l != rows_.rend(); ++l) {
      if (mentions(mean_.value, l->name)) continue;
      role("n", l->bound);
      std::erase_if(others, [&](const Loop& o) { return o.name == l->name; });
      break;
    }
    role("m", out_.m);
    role("dk", out_.dk);
    role("dv", out_.dv);
    role("d", out_.dk);
    role("d", out_.dv);
    if (!others.empty()) role("h", others.back().bound);
    if (others.size() > 1) role("b", others.front().bound);
  }

  const Spec& spec_;
  OnfMean onf_;
  Prover prover_;
  WeightedMean mean_;
  std::vector<Loop> all_, rows_;  // all_: output loops; rows_: without the column
  std::vector<Loop> free_rows_;   // rows that no index of K names
  Loop col_;
  Record q_, k_, v_;
  Term key_index_;
  std::vector<Term> shared_;  // indices of K but for key and element
  ProductInstance out_;
};

}  // namespace

Recognised recognise(const Spec& spec, const RuleTable& rules, const Derivation& derivation) {
  Recognised out;
  out.output_words = product(spec.output.shape);
  try {
    out.instance = Recogniser(spec, rules, derivation).run();
  } catch (const Unrecognised& u) {
    out.why = u.why;
  } catch (const Stuck& s) {
    out.why = s.why.message;
  }
  return out;
}

}  // namespace minimoa
