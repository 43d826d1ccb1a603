// The checker of arithmetic proofs (FORMAT section 6). See obligations.h.
// Idea: a proof starts from the hypotheses and the negated goal, appends facts by seven rules and
// must end in a negative constant. One function per rule.
// How it may be wrong: a rule that accepts a fact which does not follow (each guard says what could
// be forged without it), or facts of one branch of a split leaking into the other.
#include "obligations.h"

namespace audit {
namespace {
[[noreturn]] void bad(const string& why) { refuse("proof", why); }
const Poly& integral(const Poly& poly, const string& what) {
  if (!poly.is_integral()) bad(what + " has a fractional coefficient");
  return poly;
}

class Refutation {
 public:
  Refutation(const vector<Obligation>& all, size_t number, Budget& budget)
      : all_(all), number_(number), atoms_(all[number].atoms), budget_(budget) {
    for (const Poly& hypothesis : all[number].hypotheses) append(hypothesis);
    // Not g >= 0 means g <= -1 only if g is an integer (FORMAT 6); without
    // the guard a goal x/2 with x = 1 would be "proved" from -x/2 - 1 >= 0.
    append(negation(integral(all[number].goal, "the goal")));
  }
  void run(const Json& proof) {
    const vector<Json> steps = proof.items();
    for (size_t k = 0; k < steps.size(); ++k) {
      if (++steps_ > kMaxProofSteps) refuse("limit", "too many proof steps");
      const vector<Json> step = steps[k].items();
      if (step.empty()) bad("an empty step");
      if (step[0].str() == "split") {
        // FORMAT 6: what follows a split would be in neither case.
        if (k + 1 != steps.size()) bad("a split that is not last");
        split(steps[k].items(4));
        return;
      }
      apply(step[0].str(), steps[k]);
    }
    // FORMAT 6; without it any proof that stops early would be accepted.
    const Poly& last = facts_.back();
    if (!last.is_constant() || last.constant_numerator() >= 0)
      bad("the last fact is not a negative constant");
  }

 private:
  void append(Poly fact) {
    bytes_ += fact.bytes();
    if (bytes_ > kMaxFactBytes) refuse("limit", "facts too large");
    facts_.push_back(std::move(fact));
  }
  Poly negation(const Poly& poly) {  // -poly - 1
    Poly result(Int(-1));
    result.add(poly, {-1, 1}, budget_);
    return result;
  }
  // Only facts that exist may be used; without it a step could stand on
  // itself or on a later one.
  const Poly& fact(const Json& json) const {
    if (json.number() >= facts_.size()) bad("no such fact");
    return facts_[json.number()];
  }
  Poly poly(const Json& json) const { return read_poly(json, atoms_); }
  void apply(const string& rule, const Json& json) {
    if (rule == "mul") {
      const vector<Json> step = json.items(3);
      append(multiply(fact(step[1]), fact(step[2]), budget_));
    } else if (rule == "sq") {
      const Poly root = poly(json.items(2)[1]);
      append(multiply(root, root, budget_));
    } else if (rule == "lin") {
      linear(json.items(3));
    } else if (rule == "cut") {
      cut(json.items(2));
    } else if (rule == "floordiv") {
      floordiv(json.items(4));
    } else if (rule == "use") {
      use(json.items(4));
    } else {
      bad("unknown rule \"" + rule + "\"");
    }
  }
  // C + sum L*p >= 0 follows only from C >= 0 and L > 0; with a negative
  // multiplier p >= 0 would give -p >= 0, and anything after that.
  void linear(const vector<Json>& step) {
    const Rational constant = parse_rational(step[1].str());
    if (constant.numerator < 0) bad("lin with a negative constant");
    Poly result;
    result.add(Poly(Int(1)), constant, budget_);
    for (const Json& json : step[2].items()) {
      const vector<Json> part = json.items(2);
      const Rational factor = parse_rational(part[0].str());
      if (factor.numerator <= 0) bad("lin with a multiplier <= 0");
      result.add(fact(part[1]), factor, budget_);
    }
    append(std::move(result));
  }
  // With a fractional coefficient the non-constant part over its gcd need not
  // be an integer, and rounding the constant down would lose points; with
  // gcd 0 (a constant) there is nothing to divide by.
  void cut(const vector<Json>& step) {
    const Poly& old = integral(fact(step[1]), "the fact under cut");
    if (old.is_constant()) bad("cut of a constant");
    append(old.cut());
  }
  // q = floor(NUM / DEN) exists only for integer NUM, DEN and DEN >= 1; the
  // named fact must say exactly that, else 0 <= NUM - 0*q <= -1 follows.
  void floordiv(const vector<Json>& step) {
    const Poly numerator = integral(poly(step[1]), "the numerator");
    const Poly divisor = integral(poly(step[2]), "the divisor");
    const Poly positive = difference(divisor, Poly(Int(1)), budget_);
    if (!(fact(step[3]) == positive)) bad("floordiv without the fact that its divisor is positive");
    const Poly whole = multiply(Poly::atom(atoms_), divisor, budget_);
    ++atoms_;
    const Poly rest = difference(numerator, whole, budget_);
    append(rest);
    append(difference(positive, rest, budget_));
  }
  void use(const vector<Json>& step) {
    // Only earlier obligations of this list: else two could prove each other.
    const size_t other = step[1].number();
    if (other >= number_) bad("use of an obligation that is not earlier");
    const Obligation& lemma = all_[other];
    vector<Poly> sigma;
    for (const Json& json : step[2].items(lemma.atoms)) {
      // The lemma speaks of integers only.
      sigma.push_back(integral(poly(json), "a value in use"));
    }
    const vector<Json> given = step[3].items(lemma.hypotheses.size());
    for (size_t t = 0; t < given.size(); ++t) {
      // Without it the lemma would be used where it does not hold.
      if (!(substitute(lemma.hypotheses[t], sigma, budget_) == fact(given[t])))
        bad("use: hypothesis " + std::to_string(t) + " is not that fact");
    }
    append(substitute(lemma.goal, sigma, budget_));
  }
  // e >= 0 or -e - 1 >= 0 covers all integers only if e is an integer.
  void split(const vector<Json>& step) {
    const Poly border = integral(poly(step[1]), "the border of a split");
    const size_t facts = facts_.size();
    const size_t atoms = atoms_;
    const size_t bytes = bytes_;
    append(border);
    run(step[2]);
    facts_.resize(facts);
    atoms_ = atoms;
    bytes_ = bytes;
    append(negation(border));
    run(step[3]);
  }
  const vector<Obligation>& all_;
  size_t number_;
  size_t atoms_;
  Budget& budget_;
  vector<Poly> facts_;
  size_t bytes_ = 0;
  size_t steps_ = 0;
};

}  // namespace
Poly read_poly(const Json& json, size_t atoms) {
  Poly result;
  for (const Json& term : json.items()) {
    const vector<Json> parts = term.items(2);
    const Rational coefficient = parse_rational(parts[0].str());
    if (coefficient.numerator == 0) bad("a zero coefficient");
    Monomial monomial;
    for (const Json& factor : parts[1].items()) {
      const vector<Json> pair = factor.items(2);
      const size_t atom = pair[0].number();
      const size_t exponent = pair[1].number();
      if (atom >= atoms) bad("no such atom");
      if (exponent == 0) bad("exponent 0");
      if (exponent > kMaxExponent) refuse("limit", "exponent above 64");
      if (!monomial.empty() && monomial[monomial.size() - 2] >= atom)
        bad("atoms of a monomial not increasing");
      monomial += static_cast<char16_t>(atom);
      monomial += static_cast<char16_t>(exponent);
    }
    if (!result.add_term(monomial, coefficient)) bad("repeated monomial");
  }
  return result;
}
Strings check_proofs(const string& list, const vector<Obligation>& obligations, const Json& proofs,
                     Budget& budget, string& place) {
  place = list;
  const vector<Json> given = proofs.items();
  // FORMAT 7: without it the obligations beyond the list would go unproved.
  if (given.size() != obligations.size()) {
    bad(list + " has " + std::to_string(given.size()) + " proofs, but " +
        std::to_string(obligations.size()) + " obligations arise");
  }
  Strings holes;
  for (size_t k = 0; k < given.size(); ++k) {
    place = list + "[" + std::to_string(k) + "] " + obligations[k].place;
    if (given[k].kind() != JsonKind::kObject) {
      Refutation(obligations, k, budget).run(given[k]);
      continue;
    }
    given[k].require_keys({"hole"});
    const string reason = given[k].member("hole").str();
    if (reason != "resource-limit" && reason != "degree-limit" && reason != "no-witness")
      bad("unknown reason of a hole");
    holes.push_back(place + ": " + reason);
  }
  return holes;
}

}  // namespace audit
