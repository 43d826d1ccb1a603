// Proof search; see search.h.
#include "prover/obligations/search.h"

#include <algorithm>
#include <set>

#include "prover/obligations/checker.h"
#include "prover/obligations/simplex.h"

namespace minimoa {

namespace {

using Json = nlohmann::json;

// How far products go: degree of the monomials wanted (1: no products), and
// how often the monomials of products become wanted themselves.
struct Reach {
  unsigned degree;
  unsigned rounds;
  std::size_t limit;  // number of products
};

struct Attempt {
  Reach reach;
  unsigned splits;
  bool lemmas = false;   // first determine the quotients of divisions
  bool context = false;  // the context may contradict itself without the goal
  bool pairs = false;    // cuts of sums of two facts
  bool stages = false;   // first show the statement's stages, one after the other
};

// Work is counted, not timed. False when the budget is used up.
bool spend(std::uint64_t* budget, std::uint64_t cells) {
  *budget -= std::min(*budget, cells);
  return *budget > 0;
}

// A derived fact: a product of facts, or (cut) one fact by its content.
struct Candidate {
  Poly poly;
  std::vector<std::size_t> factors;  // numbers of facts, increasing
  bool cut = false;
};

Poly cut_of(const Poly& p) {
  const Int g = p.content();
  Poly q;
  for (const auto& [m, c] : p.terms()) {
    const Rational r = c / Rational(g);
    q.add(m.empty() ? Rational(floor_of(r)) : r, m);
  }
  return q;
}

bool divides(const Monomial& a, const Monomial& b, Monomial* quotient) {
  quotient->clear();
  std::size_t i = 0;
  for (const auto& [atom, exponent] : b) {
    unsigned taken = 0;
    if (i < a.size() && a[i].first == atom) taken = a[i++].second;
    if (taken > exponent) return false;
    if (taken < exponent) quotient->emplace_back(atom, exponent - taken);
  }
  return i == a.size();
}

// All products of facts that can cancel a wanted monomial.
class Products {
 public:
  Products(const std::vector<Poly>& facts, const Reach& reach, std::uint64_t* budget)
      : facts_(facts), reach_(reach), budget_(budget) {
    for (const Poly& p : facts) want(p);
    for (std::size_t f = 0; f < facts.size(); ++f) {
      for (const auto& [m, c] : facts[f].terms()) {
        if (!m.empty()) owners_[m].push_back(f);
      }
    }
    for (unsigned round = 0; round < reach.rounds; ++round) {
      const std::set<Monomial> now = wanted_;
      for (const Monomial& m : now) {
        if (done_.insert(m).second) factor(m, {});
      }
    }
  }

  std::vector<Candidate> take() { return std::move(out_); }

 private:
  void want(const Poly& p) {
    for (const auto& [m, c] : p.terms()) {
      if (degree(m) >= 2 && degree(m) <= reach_.degree) wanted_.insert(m);
    }
  }

  void factor(const Monomial& rest, const std::vector<std::size_t>& factors) {
    if (out_.size() >= reach_.limit || !spend(budget_, owners_.size())) return;
    if (rest.empty()) {
      if (factors.size() >= 2) emit(factors);
      return;
    }
    if (factors.size() >= reach_.degree) return;
    Monomial quotient;
    for (const auto& [m, owners] : owners_) {
      if (!divides(m, rest, &quotient)) continue;
      const Monomial left = quotient;
      for (const std::size_t f : owners) {
        std::vector<std::size_t> more = factors;
        more.insert(std::upper_bound(more.begin(), more.end(), f), f);
        if (visited_.insert({left, more}).second) factor(left, more);
      }
    }
  }

  void emit(const std::vector<std::size_t>& factors) {
    if (!emitted_.insert(factors).second) return;
    Poly p = facts_[factors[0]];
    for (std::size_t k = 1; k < factors.size(); ++k) {
      spend(budget_, 4 * p.terms().size() * facts_[factors[k]].terms().size());
      p = p * facts_[factors[k]];
    }
    want(p);
    out_.push_back({std::move(p), factors, false});
  }

  const std::vector<Poly>& facts_;
  Reach reach_;
  std::uint64_t* budget_;
  std::map<Monomial, std::vector<std::size_t>> owners_;
  std::set<Monomial> wanted_, done_;
  std::set<std::pair<Monomial, std::vector<std::size_t>>> visited_;
  std::set<std::vector<std::size_t>> emitted_;
  std::vector<Candidate> out_;
};

// Drops candidates that own a monomial which nobody can cancel, and those
// that no chain of shared monomials connects to a root.
class Pruning {
 public:
  Pruning(const std::vector<Candidate>& all, const std::vector<bool>& root)
      : all_(all), alive_(all.size(), true) {
    while (drop_uncancelled()) {}
    keep_connected(root);
  }
  bool alive(std::size_t k) const { return alive_[k]; }

 private:
  bool drop_uncancelled() {
    std::map<Monomial, int> signs;  // 1: some positive, 2: some negative
    for (std::size_t k = 0; k < all_.size(); ++k) {
      if (!alive_[k]) continue;
      for (const auto& [m, c] : all_[k].poly.terms()) {
        signs[m] |= c > 0 ? 1 : 2;
      }
    }
    bool changed = false;
    for (std::size_t k = 0; k < all_.size(); ++k) {
      if (!alive_[k]) continue;
      for (const auto& [m, c] : all_[k].poly.terms()) {
        if (m.empty() || signs[m] == 3) continue;
        alive_[k] = false;
        changed = true;
        break;
      }
    }
    return changed;
  }

  void keep_connected(const std::vector<bool>& root) {
    std::map<Monomial, std::vector<std::size_t>> owners;
    std::vector<std::size_t> queue;
    std::vector<bool> reached(all_.size(), false);
    for (std::size_t k = 0; k < all_.size(); ++k) {
      if (!alive_[k]) continue;
      for (const auto& [m, c] : all_[k].poly.terms()) {
        if (!m.empty()) owners[m].push_back(k);
      }
      if (root[k]) queue.push_back(k);
      reached[k] = root[k];
    }
    for (std::size_t at = 0; at < queue.size(); ++at) {
      for (const auto& [m, c] : all_[queue[at]].poly.terms()) {
        const auto it = owners.find(m);
        if (it == owners.end()) continue;
        for (const std::size_t k : it->second) {
          if (!reached[k]) queue.push_back(k);
          reached[k] = true;
        }
        owners.erase(it);
      }
    }
    for (std::size_t k = 0; k < all_.size(); ++k) {
      alive_[k] = alive_[k] && reached[k];
    }
  }

  const std::vector<Candidate>& all_;
  std::vector<bool> alive_;
};

class Searcher {
 public:
  Searcher(const Statement& s, std::uint64_t* budget)
      : statement_(s), facts_(s.hypotheses), budget_(budget) {
    // A constant goal fails: then it is the context that contradicts itself.
    first_root_ = s.goal.is_constant() ? 0 : facts_.size();
    facts_.push_back(-s.goal - 1);
  }

  std::optional<Json> run(const Attempt& a) {
    if (a.context) first_root_ = 0;
    pair_cuts_ = a.pairs;
    if (!a.lemmas && !a.stages) return close(facts_, a.reach, a.splits);
    const std::vector<Lemma> lemmas = a.lemmas ? quotients() : stages();
    if (lemmas.empty()) return std::nullopt;
    auto steps = close(facts_, a.reach, a.splits);
    for (std::size_t k = lemmas.size(); steps && k-- > 0;) {
      Json split = Json::array({"split", lemmas[k].fact.json(), *steps, lemmas[k].otherwise});
      steps = Json::array();
      steps->push_back(std::move(split));
    }
    return steps;
  }
  bool out_of_budget() const { return *budget_ == 0; }

 private:
  using Facts = std::vector<Poly>;
  // fact >= 0; its opposite is refuted by the steps.
  struct Lemma {
    Poly fact;
    Json otherwise;
  };

  // For each q = (a div b), b one term: if a = b*x + r and 0 <= r < b can be
  // shown, then q = x. Appends what is shown to the facts.
  std::vector<Lemma> quotients() {
    std::vector<Lemma> lemmas;
    std::vector<Poly> known;
    for (unsigned k = 0; k < statement_.atoms.size(); ++k) {
      known.push_back(Poly::atom(k));
      const Atom& atom = statement_.atoms[k];
      if (atom.kind != Atom::Kind::kDiv) continue;
      const Poly &b = atom.args[1], a = atom.args[0].compose(known);
      if (b.terms().size() != 1) continue;
      const auto& [divisor, factor] = *b.terms().begin();
      Poly x;
      Monomial quotient;
      for (const auto& [m, c] : a.terms()) {
        const Rational r = c / factor;
        if (is_integer(r) && divides(divisor, m, &quotient)) x.add(r, quotient);
      }
      const Poly difference = Poly::atom(k) - x;
      if (lemma(difference, &lemmas) && lemma(-difference, &lemmas)) {
        known[k] = x;
      }
    }
    return lemmas;
  }

  // Those that can be shown; none unless all can.
  std::vector<Lemma> stages() {
    std::vector<Lemma> lemmas;
    for (const Poly& p : statement_.stages) {
      if (!lemma(p, &lemmas)) return {};
    }
    return lemmas;
  }

  bool lemma(const Poly& fact, std::vector<Lemma>* lemmas) {
    auto steps = branch(facts_, -fact - 1, {2, 1, 400}, 0);
    if (!steps) return false;
    lemmas->push_back({fact, std::move(*steps)});
    facts_.push_back(fact);
    return true;
  }

  // Steps that refute the facts, with at most `splits` nested case splits.
  std::optional<Json> close(const Facts& facts, const Reach& reach, unsigned splits) {
    Simplex simplex(budget_);
    const std::vector<Candidate> all = candidates(facts, reach);
    switch (saturate(all, facts.size(), &simplex)) {
      case Feasibility::kConflict:
        return emit(all, simplex.multipliers(), facts.size());
      case Feasibility::kOutOfBudget:
        return std::nullopt;
      case Feasibility::kFeasible:
        break;
    }
    if (splits == 0) return std::nullopt;
    for (const Poly& e : cases(facts, simplex)) {
      if (out_of_budget()) return std::nullopt;
      const auto low = branch(facts, -e - 1, reach, splits - 1);
      if (!low) continue;
      const auto high = branch(facts, e, reach, splits - 1);
      if (!high) continue;
      Json steps = Json::array();
      steps.push_back(Json::array({"split", e.json(), *high, *low}));
      return steps;
    }
    return std::nullopt;
  }

  std::optional<Json> branch(const Facts& facts, const Poly& more, const Reach& reach,
                             unsigned splits) {
    Facts own = facts;
    own.push_back(more);
    return close(own, reach, splits);
  }

  std::vector<Candidate> candidates(const Facts& facts, const Reach& reach) {
    std::vector<Candidate> all;
    for (std::size_t f = 0; f < facts.size(); ++f) {
      all.push_back({facts[f], {f}, false});
    }
    for (std::size_t f = 0; f < facts.size(); ++f) {
      if (!facts[f].is_integral() || facts[f].content() <= 1) continue;
      all.push_back({cut_of(facts[f]), {f}, true});
    }
    if (pair_cuts_) cut_pairs(facts, &all);
    if (reach.degree < 2) return all;
    for (Candidate& c : Products(facts, reach, budget_).take()) {
      all.push_back(std::move(c));
    }
    return all;
  }

  // Sums of two facts whose cut says more than the sum.
  void cut_pairs(const Facts& facts, std::vector<Candidate>* all) const {
    for (std::size_t f = 0; f < facts.size(); ++f) {
      for (std::size_t g = f + 1; g < facts.size(); ++g) {
        const Poly sum = facts[f] + facts[g];
        spend(budget_, sum.terms().size());
        if (!sum.is_integral() || sum.is_constant()) continue;
        const Int content = sum.content();
        if (content <= 1 || is_integer(sum.constant() / Rational(content))) continue;
        all->push_back({cut_of(sum), {f, g}, true});
      }
    }
  }

  // The simplex over the candidates, each added when the point violates it.
  Feasibility saturate(const std::vector<Candidate>& all, std::size_t facts, Simplex* simplex) {
    std::vector<bool> root(all.size(), false);
    for (std::size_t k = first_root_; k < facts; ++k) root[k] = true;
    for (std::size_t k = facts; k < all.size(); ++k) {
      root[k] = all[k].cut && all[k].factors[0] >= first_root_;
    }
    const Pruning pruning(all, root);
    spend(budget_, 16 * all.size());
    std::vector<std::size_t> waiting;
    for (std::size_t k = 0; k < all.size(); ++k) {
      if (!pruning.alive(k)) continue;
      if (k < facts || all[k].cut) {
        simplex->add(all[k].poly, k);
      } else {
        waiting.push_back(k);
      }
    }
    for (;;) {
      const Feasibility f = simplex->solve();
      if (f != Feasibility::kFeasible) return f;
      if (!add_violated(all, &waiting, simplex)) return f;
    }
  }

  bool add_violated(const std::vector<Candidate>& all, std::vector<std::size_t>* waiting,
                    Simplex* simplex) {
    constexpr std::size_t kAtOnce = 8;
    std::vector<std::size_t> chosen, rest;
    spend(budget_, 4 * waiting->size());
    for (const std::size_t k : *waiting) {
      const bool take = chosen.size() < kAtOnce && simplex->value(all[k].poly) < 0;
      (take ? chosen : rest).push_back(k);
    }
    for (const std::size_t k : chosen) simplex->add(all[k].poly, k);
    *waiting = std::move(rest);
    return !chosen.empty();
  }

  // mul and cut steps of the candidates in use, then the final lin.
  static Json emit(const std::vector<Candidate>& all,
                   const std::map<std::size_t, Rational>& multipliers, std::size_t next) {
    Int scale = 1, common = 0;
    for (const auto& [k, l] : multipliers) scale = lcm(scale, denominator(l));
    for (const auto& [k, l] : multipliers) {
      common = gcd(common, numerator(l * Rational(scale)));
    }
    Json steps = Json::array(), sum = Json::array();
    std::map<std::vector<std::size_t>, std::size_t> made;
    for (const auto& [k, l] : multipliers) {
      const Candidate& c = all[k];
      std::size_t number = c.factors[0];
      if (c.cut && c.factors.size() == 2) {
        const Json both =
            Json::array({Json::array({"1", number}), Json::array({"1", c.factors[1]})});
        steps.push_back(Json::array({"lin", "0", both}));
        number = next++;
      }
      if (c.cut) {
        steps.push_back(Json::array({"cut", number}));
        number = next++;
      }
      for (std::size_t f = 1; f < c.factors.size() && !c.cut; ++f) {
        const std::vector<std::size_t> prefix(c.factors.begin(), c.factors.begin() + f + 1);
        const auto [it, fresh] = made.emplace(prefix, next);
        if (fresh) {
          steps.push_back(Json::array({"mul", number, c.factors[f]}));
          ++next;
        }
        number = it->second;
      }
      const Rational weight = l * Rational(scale) / Rational(common);
      sum.push_back(Json::array({rational_text(weight), number}));
    }
    steps.push_back(Json::array({"lin", "0", sum}));
    return steps;
  }

  // Case distinctions e >= 0 | e <= -1 worth trying, best first: parts of
  // facts that a literal or an atom divides, and atoms.
  std::vector<Poly> cases(const Facts& facts, const Simplex& simplex) const {
    std::vector<Poly> parts, nonlinear, out;
    std::set<std::string> seen;
    for (const Poly& p : facts) literal_parts(p, &parts, &seen);
    for (const Poly& p : facts) atom_parts(p, &nonlinear, &seen);
    parts.insert(parts.end(), nonlinear.begin(), nonlinear.end());
    for (const Poly& p : facts) {
      for (const auto& [m, c] : p.terms()) {
        if (degree(m) == 1) add_part(Poly::term(1, m), &parts, &seen);
      }
    }
    for (const Poly& e : parts) {
      const Rational v = simplex.value(e);
      if (is_integer(v)) continue;
      out.push_back(e - Poly(Rational(floor_of(v) + 1)));
    }
    for (const Poly& e : nonlinear) {
      out.push_back(e - 1);
      out.push_back(e);
    }
    constexpr std::size_t kMost = 16;
    if (out.size() > kMost) out.resize(kMost);
    return out;
  }

  static void add_part(Poly e, std::vector<Poly>* out, std::set<std::string>* seen) {
    e -= Poly(e.constant());
    if (e.is_constant()) return;
    if (e.terms().begin()->second < 0) e = -e;
    if (seen->insert(e.key()).second) out->push_back(std::move(e));
  }

  static void literal_parts(const Poly& p, std::vector<Poly>* out, std::set<std::string>* seen) {
    std::set<Int> literals;
    for (const auto& [m, c] : p.terms()) {
      if (!m.empty() && is_integer(c) && abs(numerator(c)) > 1) {
        literals.insert(abs(numerator(c)));
      }
    }
    for (const Int& b : literals) {
      Poly e;
      for (const auto& [m, c] : p.terms()) {
        const Rational q = c / Rational(b);
        if (!m.empty() && is_integer(q)) e.add(q, m);
      }
      add_part(std::move(e), out, seen);
    }
  }

  static void atom_parts(const Poly& p, std::vector<Poly>* out, std::set<std::string>* seen) {
    std::set<unsigned> atoms;
    for (const auto& [m, c] : p.terms()) {
      if (degree(m) < 2) continue;
      for (const auto& [atom, exponent] : m) atoms.insert(atom);
    }
    for (const unsigned atom : atoms) {
      Poly e;
      Monomial quotient;
      for (const auto& [m, c] : p.terms()) {
        if (divides({{atom, 1}}, m, &quotient)) e.add(c, quotient);
      }
      if (e.is_integral()) add_part(std::move(e), out, seen);
    }
  }

  const Statement& statement_;
  Facts facts_;
  std::uint64_t* budget_;
  std::size_t first_root_ = 0;
  bool pair_cuts_ = false;
};

std::vector<Attempt> plan(Effort effort) {
  constexpr Reach kLinear{1, 0, 0}, kPairs{2, 1, 400}, kMorePairs{2, 2, 800};
  constexpr Reach kTriples{3, 2, 1500}, kWide{4, 2, 3000};
  switch (effort) {
    case Effort::kQuick:
      return {{kLinear, 0},
              {kPairs, 0},
              {kLinear, 0, false, true},
              {kMorePairs, 0},
              {kLinear, 1},
              {kPairs, 1},
              {kPairs, 0, false, false, false, true}};
    case Effort::kThorough:
      return {{kPairs, 0, true},
              {kLinear, 0, false, true, true},
              {kLinear, 1, true, true},
              {kTriples, 0},
              {kLinear, 2},
              {kMorePairs, 1},
              {kMorePairs, 1, true},
              {kWide, 0},
              {kLinear, 3},
              {kPairs, 2},
              {kTriples, 1}};
  }
  return {};
}

// --- smaller goals ---

// A goal that is enough, and the steps that refute from it: facts are the
// hypotheses, the goal's opposite, and the smaller goal >= 0.
struct Smaller {
  Poly goal;
  Json steps;
};

// Numbers of the facts that steps append, and the steps.
class Steps {
 public:
  explicit Steps(std::size_t facts) : next_(facts) {}
  std::size_t mul(std::size_t a, std::size_t b) { return add(Json::array({"mul", a, b})); }
  std::size_t cut(std::size_t k) { return add(Json::array({"cut", k})); }
  std::size_t lin(const Rational& c, const std::vector<std::pair<Rational, std::size_t>>& parts) {
    Json sum = Json::array();
    for (const auto& [l, k] : parts) sum.push_back(Json::array({rational_text(l), k}));
    return add(Json::array({"lin", rational_text(c), sum}));
  }
  Json take() { return std::move(steps_); }

 private:
  std::size_t add(Json step) {
    steps_.push_back(std::move(step));
    return next_++;
  }
  std::size_t next_;
  Json steps_ = Json::array();
};

// The number of a hypothesis a - c >= 0 with c >= 1.
std::optional<std::size_t> positive_fact(const Statement& s, unsigned atom) {
  for (std::size_t k = 0; k < s.hypotheses.size(); ++k) {
    const Poly rest = Poly::atom(atom) - s.hypotheses[k];
    if (rest.is_constant() && rest.constant() >= 1) return k;
  }
  return std::nullopt;
}

Monomial common_factor(const Poly& p) {
  std::optional<Monomial> common;
  for (const auto& [m, c] : p.terms()) {
    if (m.empty()) continue;
    Monomial both;
    for (const auto& [a, e] : common.value_or(m)) {
      for (const auto& [b, f] : m) {
        if (a == b) both.emplace_back(a, std::min(e, f));
      }
    }
    common = both;
  }
  return common.value_or(Monomial{});
}

// g = content * m * q + c0, m a product of positive atoms. If c0 >= 0, q >= 0
// is enough; else q + c0 >= 0 (content 1): m * (q + c0) + |c0| * (m - 1) = g.
std::optional<Smaller> without_factor(const Statement& s) {
  if (s.goal.total_degree() < 3) return std::nullopt;
  std::vector<std::size_t> facts;  // one for each atom of m
  Monomial m, left;
  for (const auto& [a, e] : common_factor(s.goal)) {
    const auto fact = positive_fact(s, a);
    if (!fact) continue;
    m.emplace_back(a, e);
    facts.insert(facts.end(), e, *fact);
  }
  if (m.empty()) return std::nullopt;
  const Rational c0 = s.goal.constant();
  Poly q;
  for (const auto& [n, c] : s.goal.terms()) {
    if (divides(m, n, &left)) q.add(c, left);
  }
  Rational content = 1;
  if (c0 >= 0) {
    const Int g = gcd(q.content(), abs(numerator(q.constant())));
    if (g > 1) content = Rational(g);
    q = q * Poly(Rational(1) / content);
  } else {
    q += Poly(c0);
  }
  const std::size_t opposite = s.hypotheses.size();
  Steps steps(opposite + 2);
  std::size_t product = opposite + 1;  // of q and the atoms so far
  std::optional<std::size_t> above;    // the product of the atoms so far, less 1
  for (const std::size_t fact : facts) {
    const Rational lower = -s.hypotheses[fact].constant();
    product = steps.lin(0, {{1, steps.mul(product, fact)}, {lower, product}});
    if (c0 >= 0) continue;
    const std::size_t one = lower == 1 ? fact : steps.lin(lower - 1, {{1, fact}});
    above = !above ? one : steps.lin(0, {{1, steps.mul(*above, one)}, {1, *above}, {1, one}});
  }
  std::vector<std::pair<Rational, std::size_t>> sum = {{1, opposite}, {content, product}};
  if (above) sum.emplace_back(-c0, *above);
  steps.lin(0, sum);
  return Smaller{q, steps.take()};
}

// g = k * (a div c) + rest, k > 0 and c a literal: what the fact
// c - 1 - a + c * (a div c) >= 0 leaves of it.
std::optional<Smaller> without_quotient(const Statement& s) {
  for (unsigned atom = 0; atom < s.atoms.size(); ++atom) {
    const Atom& div = s.atoms[atom];
    if (div.kind != Atom::Kind::kDiv || !div.args[1].is_constant()) continue;
    const Rational k = s.goal.coefficient({{atom, 1}});
    Monomial left;
    std::size_t places = 0;
    for (const auto& [m, c] : s.goal.terms()) places += divides({{atom, 1}}, m, &left) ? 1 : 0;
    if (k <= 0 || places != 1 || div.args[0].total_degree() < 2) continue;
    const Poly q = Poly::atom(atom), &c = div.args[1];
    const Poly upper = c - 1 - div.args[0] + q * c;
    const auto fact = std::find(s.hypotheses.begin(), s.hypotheses.end(), upper);
    if (fact == s.hypotheses.end()) continue;
    const std::size_t opposite = s.hypotheses.size();
    Steps steps(opposite + 2);
    auto number = static_cast<std::size_t>(fact - s.hypotheses.begin());
    Poly used = upper;
    if (upper.content() == numerator(c.constant())) {
      used = cut_of(upper);
      number = steps.cut(number);
    }
    const Rational e = used.coefficient({{atom, 1}});
    steps.lin(0, {{e, opposite}, {k, number}, {1, opposite + 1}});
    return Smaller{Poly(e) * s.goal - Poly(k) * used, steps.take()};
  }
  return std::nullopt;
}

// The steps of a proof whose facts from number `from` on stand one place later.
Json shifted(const Json& steps, std::size_t from) {
  const auto number = [from](const Json& k) {
    const auto n = k.get<std::size_t>();
    return Json(n < from ? n : n + 1);
  };
  Json out = Json::array();
  for (Json s : steps) {
    const std::string kind = s[0].get<std::string>();
    if (kind == "mul") {
      s = Json::array({kind, number(s[1]), number(s[2])});
    } else if (kind == "cut") {
      s[1] = number(s[1]);
    } else if (kind == "floordiv") {
      s[3] = number(s[3]);
    } else if (kind == "lin") {
      for (Json& part : s[2]) part[1] = number(part[1]);
    } else if (kind == "split") {
      s[2] = shifted(s[2], from);
      s[3] = shifted(s[3], from);
    }
    out.push_back(std::move(s));
  }
  return out;
}

// A split on the sign of the smaller goal: where it is negative, the proof
// that it is not.
std::optional<Json> search_smaller(const Statement& s, Effort effort, std::uint64_t* left) {
  auto made = without_quotient(s);
  if (!made) made = without_factor(s);
  if (!made || !made->goal.is_integral()) return std::nullopt;
  Statement smaller = s;
  smaller.goal = made->goal;
  const SearchResult inner = search_proof(smaller, effort, left);
  if (!inner.proof) return std::nullopt;
  const Json negative = shifted(*inner.proof, s.hypotheses.size());
  Json steps = Json::array();
  steps.push_back(Json::array({"split", made->goal.json(), made->steps, negative}));
  return steps;
}

}  // namespace

SearchResult search_proof(const Statement& s, Effort effort, std::uint64_t* left) {
  SearchResult result;
  if (!s.stated || !s.goal.is_integral()) return result;
  if (auto proof = search_smaller(s, effort, left)) {
    if (check_proof(s.hypotheses, s.goal, s.atoms.size(), *proof).empty()) {
      result.proof = std::move(proof);
      return result;
    }
  }
  const std::uint64_t most =
      std::min<std::uint64_t>(effort == Effort::kQuick ? 1'500'000 : 10'000'000, *left);
  std::uint64_t budget = most;
  for (const Attempt& a : plan(effort)) {
    Searcher searcher(s, &budget);
    auto proof = searcher.run(a);
    result.out_of_budget |= searcher.out_of_budget();
    if (!proof) continue;
    if (!check_proof(s.hypotheses, s.goal, s.atoms.size(), *proof).empty()) {
      continue;  // a defect of the search: never let it out
    }
    result.proof = std::move(proof);
    break;
  }
  *left -= most - budget;
  return result;
}

}  // namespace minimoa
