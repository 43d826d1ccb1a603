#include "prover/bounds/ratio.h"

#include <algorithm>
#include <numeric>

#include "prover/cost/algebra.h"

namespace minimoa {
namespace {

const Int kThousand = 1000;
const Int kMost = 10000;  // ratios above this say nothing that anybody wants

Term times(const Term& a, const Term& b) { return mk(Op::kMul, {a, b}); }

// A count as a term: whole numbers, so that a quotient loses nothing.
Term value_term(const Multiple& m, const Term& value) {
  return m.times == 1 ? value : mk(Op::kIntDiv, {value, mk_int(m.times)});
}

// What the variables of the theorems stand for, before sizes are fixed.
std::map<std::string, Term> variable_values(const Recognised& what, const Term& words) {
  std::map<std::string, Term> out = {{"outputs", what.output_words}, {"S", words}};
  if (!what.instance) return out;
  const ProductInstance& i = *what.instance;
  out.insert({{"dk", i.dk}, {"dv", i.dv}, {"n", i.n}, {"m", i.m}, {"heads", i.heads}});
  out["E"] = value_term(i.pairs, i.pairs.value);
  if (const auto& r = i.evidence.rows) out["rows"] = value_term(r->count, r->count.value);
  if (const auto& c = i.evidence.cols) {
    out["cols"] = value_term(c->count, times(i.heads, c->count.value));
  }
  return out;
}

void divisors_of(const Term& t, std::vector<Term>* out) {
  if (t->op == Op::kIntDiv || t->op == Op::kIntMod) out->push_back(t->kids[1]);
  for (const Term& k : t->kids) divisors_of(k, out);
}

// A claim that cannot be made: left out, or an error if the line insists.
struct Refused {
  std::string code, why;
  std::optional<Sizes> sizes;
  bool always = false;  // an error in any case
};

class Claimer {
 public:
  Claimer(const RatioSubject& subject, const BoundLine& line)
      : s_(subject), line_(line), theorem_(find()) {
    read_region();
    spec_ = out_.region.fixed(s_.spec);
    prover_ = std::make_unique<Prover>(spec_);
  }

  RatioClaim run() {
    out_.theorem = theorem_;
    if (theorem_.counted == Counted::kThreshold) {
      throw Refused{"E0511", theorem_.name + " is a threshold, no bound on traffic", {}, true};
    }
    collect_rows();
    points_ = samples(s_.spec, out_.region, terms_);
    find_point();
    choose_words();
    fits();
    substitute_theorem();
    conditions();
    ratio();
    return std::move(out_);
  }

 private:
  const Theorem& find() const {
    for (const Theorem& t : s_.theorems.theorems) {
      if (t.name == line_.theorem) return t;
    }
    std::string known;
    for (const Theorem& t : s_.theorems.theorems) known += " " + t.name;
    throw Refused{"E0511", "no theorem '" + line_.theorem + "'; there are" + known, {}, true};
  }

  // --- the region ---

  std::vector<std::string> dimensions(const std::string& name) const {
    const auto& dims = s_.spec.dims;
    if (std::find(dims.begin(), dims.end(), name) != dims.end()) return {name};
    if (!s_.what.instance) throw Refused{"E0617", "'" + name + "': " + s_.what.why, {}};
    const auto role = s_.what.instance->roles.find(name);
    if (role != s_.what.instance->roles.end()) return role->second;
    throw Refused{"E0617", "no dimension of the spec is '" + name + "'", {}};
  }

  std::vector<Term> side(const BoundSize& size) const {
    if (size.name.empty()) return {mk_int(size.number)};
    std::vector<Term> out;
    for (const std::string& d : dimensions(size.name)) out.push_back(mk_var(d));
    return out;
  }

  void read_region() {
    for (const auto& [name, number] : line_.at) {
      for (const std::string& d : dimensions(name)) {
        const auto [it, fresh] = out_.region.at.emplace(d, number);
        if (!fresh && it->second != number) throw empty_region("two sizes for " + d);
      }
    }
    for (const BoundCondition& c : line_.where) {
      const Op op = c.relation == "<" ? Op::kLt : c.relation == "<=" ? Op::kLe : Op::kEq;
      for (const Term& a : side(c.left)) {
        for (const Term& b : side(c.right)) out_.region.where.push_back(mk(op, {a, b}));
      }
    }
  }

  static Refused empty_region(const std::string& why) { return {"E0512", why, {}, true}; }

  void find_point() {
    if (!points_.empty()) {
      out_.point = points_.front();
      return;
    }
    const auto found = prover_->witness(context());
    if (!found.ok()) throw empty_region("no sizes of the spec lie in the region");
    for (const auto& [d, n] : out_.region.at) out_.point[d] = n;
    for (const auto& [d, text] : found.value()) out_.point[d] = Int(text);
    if (!out_.region.holds(s_.spec, out_.point)) {
      throw empty_region("no sizes of the spec lie in the region");
    }
    points_.push_back(out_.point);
  }

  std::vector<ContextEntry> context() const {
    std::vector<ContextEntry> out;
    for (const Term& g : out_.region.where) {
      out.push_back({ContextEntry::Kind::kFact, "", out_.region.fixed(g)});
    }
    return out;
  }

  Obligation claim(const Term& goal, const std::string& label) const {
    return {context(), out_.region.fixed(goal), label};
  }

  std::optional<nlohmann::json> proof_of(const Term& goal, const std::string& label) {
    const Obligation o = claim(goal, label);
    if (!holds(prover_.get(), o)) return std::nullopt;
    return prove_claim(prover_.get(), o);
  }

  // Sizes of the region at which the goal does not hold, made small.
  std::optional<Sizes> counterexample(const Term& goal) const {
    const auto bad = [&](const Sizes& s) { return !truth_of(goal, s).value_or(true); };
    for (const Sizes& s : points_) {
      if (bad(s)) return smallest(s_.spec, out_.region, s, bad);
    }
    return std::nullopt;
  }

  // --- what is compared ---

  void collect_rows() {
    if (!s_.costs.unclaimed.empty()) {
      throw Refused{"E0617", "the traffic is not known: " + s_.costs.unclaimed.front(), {}};
    }
    for (const TrafficRow& row : s_.costs.rows) {
      const bool counts = theorem_.counted == Counted::kTotal ||
                          row.store == (theorem_.counted == Counted::kStores);
      if (!counts) continue;
      rows_.push_back(row.count);
      common_ = std::lcm(common_, row.count.times);
      terms_.push_back(row.count.value);
    }
    for (const Multiple& m : rows_) {
      const Term part = times(mk_int(common_ / m.times), m.value);
      traffic_ = traffic_ ? mk(Op::kAdd, {traffic_, part}) : part;
    }
    if (!traffic_) traffic_ = mk_int(0);
  }

  // The largest footprint of a phase, or what the line says.
  void choose_words() {
    if (line_.words) {
      out_.words = mk_int(*line_.words);
      return;
    }
    out_.own_words = true;
    for (const Term& f : s_.costs.footprints) {
      const bool largest =
          std::all_of(s_.costs.footprints.begin(), s_.costs.footprints.end(), [&](const Term& g) {
            return holds(prover_.get(), claim(mk(Op::kLe, {g, f}), ""));
          });
      if (!largest) continue;
      out_.words = f;
      return;
    }
    throw Refused{"E0617", "no phase has the largest footprint at all sizes", {}};
  }

  void fits() {
    for (const Term& f : s_.costs.footprints) {
      const Term goal = mk(Op::kLe, {f, out_.words});
      auto proof = proof_of(goal, "footprint");
      if (!proof) {
        const auto sizes = counterexample(goal);
        throw Refused{"E0613",
                      sizes ? "the footprint is larger than " + pretty(out_.words) + " words"
                            : "no proof was found that the footprint is at most " +
                                  pretty(out_.words) + " words",
                      sizes, true};
      }
      out_.fits.push_back(std::move(*proof));
    }
  }

  void substitute_theorem() {
    std::map<std::string, Term> values = variable_values(s_.what, out_.words);
    for (const std::string& v : theorem_.vars) {
      if (values.count(v) == 0) {
        throw Refused{
            "E0617", s_.what.instance ? "the mask gives no value for " + v : s_.what.why, {}};
      }
    }
    for (const auto& [name, term] : theorem_.defines) values[name] = substitute(term, values);
    for (const Term& g : theorem_.where) {
      shown_.push_back(g);
      goals_.push_back(substitute(g, values));
    }
    numerator_ = substitute(theorem_.numerator, values);
    denominator_ = substitute(theorem_.denominator, values);
    if (theorem_.per_group) numerator_ = times(values.at("heads"), numerator_);
    shown_.push_back(nullptr);
    goals_.push_back(mk(Op::kLe, {mk_int(1), denominator_}));
    for (const Term& g : goals_) usable(g);
    usable(numerator_);
  }

  // The audit accepts only divisors that are known to be positive.
  void usable(const Term& t) const {
    std::vector<Term> found, known;
    divisors_of(out_.region.fixed(t), &found);
    for (const Term& r : s_.spec.requires_) divisors_of(r, &known);
    divisors_of(s_.spec.core, &known);
    divisors_of(s_.derivation.final_term(), &known);
    for (const Term& d : found) {
      if (d->op == Op::kInt && d->value > 0) continue;
      const bool listed = std::any_of(known.begin(), known.end(), [&](const Term& k) {
        return same_index(out_.region.fixed(k), d);
      });
      if (listed || plainly_positive(d)) continue;
      throw Refused{"E0617", "a quotient by " + pretty(d) + " needs fixed sizes", {}};
    }
  }

  bool plainly_positive(const Term& t) const {
    std::vector<Term> inner;
    divisors_of(t, &inner);
    const auto p = inner.empty() ? Algebra(s_.spec).poly(t) : std::nullopt;
    if (!p || p->terms().empty()) return false;
    for (const std::string& v : free_vars(t)) {
      if (std::find(s_.spec.dims.begin(), s_.spec.dims.end(), v) == s_.spec.dims.end())
        return false;
    }
    return std::all_of(p->terms().begin(), p->terms().end(),
                       [](const auto& term) { return term.second > 0; });
  }

  void conditions() {
    for (std::size_t k = 0; k < goals_.size(); ++k) {
      auto proof = proof_of(goals_[k], "condition");
      if (!proof) {
        const std::string shown = shown_[k] ? pretty(shown_[k]) : "a bound with a positive divisor";
        throw Refused{"E0617", "needs " + shown + " (S: " + pretty(out_.words) + ")",
                      counterexample(goals_[k])};
      }
      out_.hypotheses.push_back(std::move(*proof));
    }
  }

  // --- the ratio ---

  Term inequality(const Int& p, const Int& q) const {
    const auto literal = [](const Int& n) { return mk_int(static_cast<std::int64_t>(n)); };
    const Term left = times(times(literal(q), denominator_), traffic_);
    const Term right = times(times(literal(p), mk_int(common_)), numerator_);
    return mk(Op::kLe, {left, right});
  }

  bool within(const Int& p, const Int& q) {
    return holds(prover_.get(), claim(inequality(p, q), "ratio"));
  }

  // The largest ratio at the samples, in thousandths, rounded up.
  Int least_thousandths() const {
    Int out = kThousand;
    for (const Sizes& s : points_) {
      const auto t = value_of(traffic_, s), n = value_of(numerator_, s),
                 d = value_of(denominator_, s);
      if (!t || !n || !d) continue;
      if (*n <= 0 && *t > 0) throw Refused{"E0617", "the bound says nothing", s};
      if (*n > 0) out = std::max(out, ceil_quotient(kThousand * *d * *t, *n * common_));
      if (out > kThousand * kMost) {
        const auto sizes = counterexample(inequality(kMost, 1));
        throw Refused{"E0616", "the traffic is more than " + kMost.str() + " times the bound",
                      sizes ? *sizes : s};
      }
    }
    return out;
  }

  void ratio() {
    if (line_.within) {
      out_.p = line_.within->first;
      out_.q = line_.within->second;
      if (!within(out_.p, out_.q)) too_far();
    } else {
      out_.p = search(least_thousandths());
      out_.q = kThousand;
      if (out_.p == kThousand) out_.p = out_.q = 1;
    }
    auto proof = proof_of(inequality(out_.p, out_.q), "ratio");
    if (!proof) throw Refused{"E0616", "no proof of the ratio was found", {}};
    out_.proof = std::move(*proof);
  }

  [[noreturn]] void too_far() const {
    const auto sizes = counterexample(inequality(out_.p, out_.q));
    throw Refused{"E0616",
                  sizes ? "the traffic is more than " + ratio_text_of(out_) + " times the bound"
                        : "no proof was found that the traffic is at most " + ratio_text_of(out_) +
                              " times the bound",
                  sizes};
  }

  // A small p >= least with a proof of p / 1000: steps that grow, then halving
  // to a sixteenth of what was added. A failed search costs much, a proof little.
  Int search(const Int& least) {
    Int bad = least - 1, good = least;
    for (Int step = 8; !within(good, kThousand); step = step * 4) {
      bad = good;
      good = least + step;
      if (good > 2 * least + 64) throw Refused{"E0616", "no ratio was found with a proof", {}};
    }
    while (good - bad > std::max<Int>(1, (good - least) / 16)) {
      const Int middle = (good + bad) / 2;
      (within(middle, kThousand) ? good : bad) = middle;
    }
    return good;
  }

  const RatioSubject& s_;
  const BoundLine& line_;
  const Theorem& theorem_;
  RatioClaim out_;
  Spec spec_;  // of the region
  std::unique_ptr<Prover> prover_;
  std::vector<Sizes> points_;
  std::vector<Multiple> rows_;
  std::int64_t common_ = 1;
  std::vector<Term> terms_;  // of the rows
  Term traffic_, numerator_, denominator_;
  std::vector<Term> goals_, shown_;  // conditions; as the theorem says them
};

// An earlier claim for all sizes has ratio 1 already.
bool follows(const std::vector<RatioClaim>& earlier, const RatioClaim& c) {
  return std::any_of(earlier.begin(), earlier.end(), [&](const RatioClaim& e) {
    return e.theorem.name == c.theorem.name && same_index(e.words, c.words) && e.is_one() &&
           e.region.at.empty() && e.region.where.empty();
  });
}

Diagnostic diagnostic(const Spec& spec, const BoundLine& line, const Refused& r) {
  Diagnostic d;
  d.code = r.code;
  d.message = "bound " + line.theorem + ": " + r.why;
  d.span = line.span;
  if (r.sizes) d.notes.push_back("= counterexample: " + sizes_text(spec, *r.sizes));
  return d;
}

}  // namespace

std::string ratio_text_of(const RatioClaim& claim) {
  if (claim.p == claim.q) return "1";
  if (claim.q != kThousand) return claim.p.str() + "/" + claim.q.str();
  std::string digits = Int(claim.p % kThousand).str();
  digits.insert(0, 3 - digits.size(), '0');
  return Int(claim.p / kThousand).str() + "." + digits;
}

Result<RatioClaims> prove_ratios(const RatioSubject& subject, const std::vector<BoundLine>& lines) {
  RatioClaims out;
  std::vector<Diagnostic> errors;
  for (const BoundLine& line : lines) {
    try {
      RatioClaim made = Claimer(subject, line).run();
      if (follows(out.claims, made)) {
        out.left_out.push_back(line.text + ": an earlier line says the same for all sizes");
      } else {
        out.claims.push_back(std::move(made));
      }
    } catch (const Refused& r) {
      if (r.always || line.within) {
        errors.push_back(diagnostic(subject.spec, line, r));
      } else {
        const std::string where = r.sizes ? " at " + sizes_text(subject.spec, *r.sizes) : "";
        out.left_out.push_back(line.text + ": " + r.why + where);
      }
    }
  }
  if (!errors.empty()) return errors;
  if (!out.claims.empty()) out.product = subject.what.instance;
  return out;
}

}  // namespace minimoa
