// What: the checker of arithmetic proofs. See proof.h.
// The idea: one class holds the facts of the proof under check; one function
// per rule of FORMAT section 6.
// How it may be wrong: facts or atoms of one branch of a split leaking into
// the other.
#include "proof.h"

#include <utility>

namespace audit {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw Refused{"proof", why}; }

const Poly& integral(const Poly& poly, const std::string& what) {
  if (!poly.is_integral()) refuse(what + " has a fractional coefficient");
  return poly;
}

class Refutation {
 public:
  Refutation(const std::vector<Obligation>& all, std::size_t number, Budget& budget)
      : all_(all), number_(number), atoms_(all[number].atoms), budget_(budget) {
    for (const Poly& hypothesis : all[number].hypotheses) append(hypothesis);
    // Not g >= 0 means g <= -1 only if g is an integer (FORMAT 6); without
    // the guard a goal x/2 with x = 1 would be "proved" from -x/2 - 1 >= 0.
    append(negation(integral(all[number].goal, "the goal")));
  }

  void run(const Json& proof) {
    const std::vector<Json> steps = proof.items();
    for (std::size_t k = 0; k < steps.size(); ++k) {
      if (++steps_ > kMaxProofSteps) throw Refused{"limit", "too many proof steps"};
      const std::vector<Json> step = steps[k].items();
      if (step.empty()) refuse("an empty step");
      if (step[0].string() == "split") {
        // FORMAT 6: what follows a split would be in neither case.
        if (k + 1 != steps.size()) refuse("a split that is not last");
        split(steps[k].items(4));
        return;
      }
      apply(step[0].string(), steps[k]);
    }
    // FORMAT 6; without it any proof that stops early would be accepted.
    const Poly& last = facts_.back();
    if (!last.is_constant() || last.constant_numerator() >= 0)
      refuse("the last fact is not a negative constant");
  }

 private:
  void append(Poly fact) {
    bytes_ += fact.bytes();
    if (bytes_ > kMaxFactBytes) throw Refused{"limit", "facts too large"};
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
    if (json.number() >= facts_.size()) refuse("no such fact");
    return facts_[json.number()];
  }

  Poly poly(const Json& json) const { return read_poly(json, atoms_); }

  void apply(const std::string& rule, const Json& json) {
    if (rule == "mul") {
      const std::vector<Json> step = json.items(3);
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
      refuse("unknown rule \"" + rule + "\"");
    }
  }

  // C + sum L*p >= 0 follows only from C >= 0 and L > 0; with a negative
  // multiplier p >= 0 would give -p >= 0, and anything after that.
  void linear(const std::vector<Json>& step) {
    const Rational constant = parse_rational(step[1].string());
    if (constant.numerator < 0) refuse("lin with a negative constant");
    Poly result;
    result.add(Poly(Int(1)), constant, budget_);
    for (const Json& json : step[2].items()) {
      const std::vector<Json> part = json.items(2);
      const Rational factor = parse_rational(part[0].string());
      if (factor.numerator <= 0) refuse("lin with a multiplier <= 0");
      result.add(fact(part[1]), factor, budget_);
    }
    append(std::move(result));
  }

  // With a fractional coefficient the non-constant part over its gcd need not
  // be an integer, and rounding the constant down would lose points; with
  // gcd 0 (a constant) there is nothing to divide by.
  void cut(const std::vector<Json>& step) {
    const Poly& old = integral(fact(step[1]), "the fact under cut");
    if (old.is_constant()) refuse("cut of a constant");
    append(old.cut());
  }

  // q = floor(NUM / DEN) exists only for integer NUM, DEN and DEN >= 1; the
  // named fact must say exactly that, else 0 <= NUM - 0*q <= -1 follows.
  void floordiv(const std::vector<Json>& step) {
    const Poly numerator = integral(poly(step[1]), "the numerator");
    const Poly divisor = integral(poly(step[2]), "the divisor");
    const Poly positive = difference(divisor, Poly(Int(1)), budget_);
    if (!(fact(step[3]) == positive))
      refuse("floordiv without the fact that its divisor is positive");
    const Poly whole = multiply(Poly::atom(atoms_), divisor, budget_);
    ++atoms_;
    const Poly rest = difference(numerator, whole, budget_);
    append(rest);
    append(difference(positive, rest, budget_));
  }

  void use(const std::vector<Json>& step) {
    // Only earlier obligations of this list: else two could prove each other.
    const std::size_t other = step[1].number();
    if (other >= number_) refuse("use of an obligation that is not earlier");
    const Obligation& lemma = all_[other];
    std::vector<Poly> sigma;
    for (const Json& json : step[2].items(lemma.atoms)) {
      // The lemma speaks of integers only.
      sigma.push_back(integral(poly(json), "a value in use"));
    }
    const std::vector<Json> given = step[3].items(lemma.hypotheses.size());
    for (std::size_t t = 0; t < given.size(); ++t) {
      // Without it the lemma would be used where it does not hold.
      if (!(substitute(lemma.hypotheses[t], sigma, budget_) == fact(given[t])))
        refuse("use: hypothesis " + std::to_string(t) + " is not that fact");
    }
    append(substitute(lemma.goal, sigma, budget_));
  }

  // e >= 0 or -e - 1 >= 0 covers all integers only if e is an integer.
  void split(const std::vector<Json>& step) {
    const Poly border = integral(poly(step[1]), "the border of a split");
    const std::size_t facts = facts_.size();
    const std::size_t atoms = atoms_;
    const std::size_t bytes = bytes_;
    append(border);
    run(step[2]);
    facts_.resize(facts);
    atoms_ = atoms;
    bytes_ = bytes;
    append(negation(border));
    run(step[3]);
  }

  const std::vector<Obligation>& all_;
  std::size_t number_;
  std::size_t atoms_;
  Budget& budget_;
  std::vector<Poly> facts_;
  std::size_t bytes_ = 0;
  std::size_t steps_ = 0;
};

std::string check_hole(const Json& json) {
  json.require_keys({"hole"});
  const std::string reason = json.member("hole").string();
  if (reason != "resource-limit" && reason != "degree-limit" && reason != "no-witness")
    refuse("unknown reason of a hole");
  return reason;
}

}  // namespace

Poly read_poly(const Json& json, std::size_t atoms) {
  Poly result;
  for (const Json& term : json.items()) {
    const std::vector<Json> parts = term.items(2);
    const Rational coefficient = parse_rational(parts[0].string());
    if (coefficient.numerator == 0) refuse("a zero coefficient");
    Monomial monomial;
    for (const Json& factor : parts[1].items()) {
      const std::vector<Json> pair = factor.items(2);
      const std::size_t atom = pair[0].number();
      const std::size_t exponent = pair[1].number();
      if (atom >= atoms) refuse("no such atom");
      if (exponent == 0) refuse("exponent 0");
      if (exponent > kMaxExponent) throw Refused{"limit", "exponent above 64"};
      if (!monomial.empty() && monomial[monomial.size() - 2] >= atom)
        refuse("atoms of a monomial not increasing");
      monomial += static_cast<char16_t>(atom);
      monomial += static_cast<char16_t>(exponent);
    }
    if (!result.add_term(monomial, coefficient)) refuse("repeated monomial");
  }
  return result;
}

std::vector<std::string> check_proofs(const std::string& list,
                                      const std::vector<Obligation>& obligations,
                                      const Json& proofs, Budget& budget, std::string& place) {
  place = list;
  const std::vector<Json> given = proofs.items();
  // FORMAT 7: without it the obligations beyond the list would go unproved.
  if (given.size() != obligations.size()) {
    refuse(list + " has " + std::to_string(given.size()) + " proofs, but " +
           std::to_string(obligations.size()) + " obligations arise");
  }
  std::vector<std::string> holes;
  for (std::size_t k = 0; k < given.size(); ++k) {
    place = list + "[" + std::to_string(k) + "] " + obligations[k].place;
    if (given[k].kind() == JsonKind::kObject)
      holes.push_back(place + ": " + check_hole(given[k]));
    else
      Refutation(obligations, k, budget).run(given[k]);
  }
  return holes;
}

}  // namespace audit
