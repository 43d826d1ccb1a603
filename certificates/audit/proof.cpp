// The checker of arithmetic proofs (FORMAT section 6). See obligations.h.
// Idea: a proof starts from the hypotheses and the negated goal, appends facts by seven rules and
// must end in a negative constant. One function per rule.
// How it may be wrong: a rule that accepts a fact which does not follow (each guard says what could
// be forged without it), or facts of one branch of a split leaking into the other.
#include "obligations.h"

namespace audit {
namespace {
[[noreturn]] void bad(const string& why) { refuse("proof", why); }
Int read_integer(const Json& json) { return parse_integer(json.get<string>()); }

class Refutation {
 public:
  Refutation(const vector<Obligation>& all, size_t number, Budget& budget)
      : all_(all), number_(number), atoms_(all[number].atoms), budget_(budget) {
    for (const Poly& hypothesis : all[number].hypotheses) append(hypothesis);
    append(negation(all[number].goal));
  }
  void run(const Json& proof) {
    const vector<Json>& steps = items(proof);
    for (size_t k = 0; k < steps.size(); ++k) {
      if (++steps_ > kMaxProofSteps) refuse("limit", "too many proof steps");
      if (items(steps[k]).empty()) bad("an empty step");
      const string rule = steps[k][0].get<string>();
      // FORMAT 6: what follows a split would be in neither case.
      if (rule == "split" && k + 1 != steps.size()) bad("a split that is not last");
      apply(rule, steps[k]);
    }
    // FORMAT 6; without it any proof that stops early would be accepted.
    const Poly& last = facts_.back();
    if (!last.is_constant() || last.constant() >= 0)
      bad("the last fact is not a negative constant");
  }

 private:
  void apply(const string& rule, const Json& step) {
    if (rule == "mul") return product(items(step, 3));
    if (rule == "sq") return square(items(step, 2));
    if (rule == "lin") return linear(items(step, 3));
    if (rule == "cut") return cut(items(step, 2));
    if (rule == "floordiv") return floordiv(items(step, 4));
    if (rule == "use") return use(items(step, 4));
    if (rule == "split") return split(items(step, 4));
    bad("unknown rule \"" + rule + "\"");
  }
  void append(Poly fact) {
    bytes_ += fact.bytes();
    if (bytes_ > kMaxFactBytes) refuse("limit", "facts too large");
    facts_.push_back(std::move(fact));
  }
  // Not p >= 0 means -p - 1 >= 0, since p is an integer.
  Poly negation(const Poly& poly) { return difference(Poly(-1), poly, budget_); }
  // Only facts that exist may be used; without it a step could stand on itself or on a later one.
  const Poly& fact(const Json& json) const {
    const auto number = json.get<size_t>();
    if (number >= facts_.size()) bad("no such fact");
    return facts_[number];
  }
  Poly poly(const Json& json) const { return read_poly(json, atoms_); }
  void product(const vector<Json>& step) {
    append(multiply(fact(step[1]), fact(step[2]), budget_));
  }
  void square(const vector<Json>& step) {
    const Poly root = poly(step[1]);
    append(multiply(root, root, budget_));
  }
  // C + sum L*p >= 0 follows only from C >= 0 and L > 0; with L < 0, p >= 0 would give -p >= 0.
  void linear(const vector<Json>& step) {
    const Int constant = read_integer(step[1]);
    if (constant < 0) bad("lin with a negative constant");
    Poly result(constant);
    for (const Json& json : items(step[2])) {
      const vector<Json>& part = items(json, 2);
      const Int factor = read_integer(part[0]);
      if (factor <= 0) bad("lin with a multiplier <= 0");
      result.add(fact(part[1]), factor, budget_);
    }
    append(std::move(result));
  }
  // The non-constant part over its gcd is an integer, so the constant may be rounded down; with
  // gcd 0 (a constant) there is nothing to divide by.
  void cut(const vector<Json>& step) {
    const Poly& old = fact(step[1]);
    if (old.is_constant()) bad("cut of a constant");
    Int common = 0;
    for (const auto& [monomial, coefficient] : old.terms())
      if (!monomial.empty()) common = gcd(common, coefficient);
    Poly result;
    for (const auto& [monomial, coefficient] : old.terms())
      result.add(monomial, floor_div(coefficient, common));
    append(std::move(result));
  }
  // q = floor(NUM / DEN) exists only for DEN >= 1; the named fact must say exactly that, else
  // 0 <= NUM - 0*q <= -1 follows.
  void floordiv(const vector<Json>& step) {
    const Poly numerator = poly(step[1]);
    const Poly divisor = poly(step[2]);
    const Poly positive = difference(divisor, Poly(1), budget_);
    if (fact(step[3]) != positive) bad("floordiv without the fact that its divisor is positive");
    const Poly whole = multiply(Poly::atom(atoms_++), divisor, budget_);
    const Poly rest = difference(numerator, whole, budget_);
    append(rest);
    append(difference(positive, rest, budget_));
  }
  void use(const vector<Json>& step) {
    // Only earlier obligations of this list: else two could prove each other.
    const auto other = step[1].get<size_t>();
    if (other >= number_) bad("use of an obligation that is not earlier");
    const Obligation& lemma = all_[other];
    vector<Poly> sigma;
    for (const Json& json : items(step[2], lemma.atoms)) sigma.push_back(poly(json));
    const vector<Json>& given = items(step[3], lemma.hypotheses.size());
    for (size_t t = 0; t < given.size(); ++t) {
      // Without it the lemma would be used where it does not hold.
      if (substitute(lemma.hypotheses[t], sigma, budget_) != fact(given[t]))
        bad("use: hypothesis " + std::to_string(t) + " is not that fact");
    }
    append(substitute(lemma.goal, sigma, budget_));
  }
  // e >= 0 or -e - 1 >= 0 covers all integers. No case may use what was derived in the other; when
  // both are refuted, -1 >= 0 follows.
  void split(const vector<Json>& step) {
    const Poly border = poly(step[1]);
    const size_t facts = facts_.size();
    const size_t atoms = atoms_;
    append(border);
    run(step[2]);
    facts_.resize(facts);
    atoms_ = atoms;
    append(negation(border));
    run(step[3]);
    append(Poly(-1));
  }
  const vector<Obligation>& all_;
  size_t number_;
  size_t atoms_;
  Budget& budget_;
  vector<Poly> facts_;
  size_t bytes_ = 0;  // of all facts so far, also of cases that are left
  size_t steps_ = 0;
};
}  // namespace
Poly read_poly(const Json& json, size_t atoms) {
  Poly result;
  for (const Json& term : items(json)) {
    const vector<Json>& parts = items(term, 2);
    const Int coefficient = read_integer(parts[0]);
    if (coefficient == 0) bad("a zero coefficient");
    Monomial monomial;
    for (const Json& factor : items(parts[1])) {
      const vector<Json>& pair = items(factor, 2);
      const auto atom = pair[0].get<size_t>();
      const auto exponent = pair[1].get<size_t>();
      if (atom >= atoms) bad("no such atom");
      if (exponent == 0) bad("exponent 0");
      if (exponent > kMaxExponent) refuse("limit", "exponent above 64");
      if (!monomial.empty() && monomial.back() >= atom) bad("atoms of a monomial not increasing");
      monomial.append(exponent, static_cast<char16_t>(atom));
    }
    if (result.terms().contains(monomial)) bad("repeated monomial");
    result.add(monomial, coefficient);
  }
  return result;
}
void check_proofs(const string& list, const vector<Obligation>& obligations, const Json& proofs,
                  Budget& budget, string& place, Strings& holes) {
  place = list;
  const size_t given = items(proofs).size();
  // FORMAT 7: without it the obligations beyond the list would go unproved.
  if (given != obligations.size())
    bad("has " + std::to_string(given) + " proofs, but " + std::to_string(obligations.size()) +
        " obligations arise");
  for (size_t k = 0; k < given; ++k) {
    place = list + "[" + std::to_string(k) + "] " + obligations[k].place;
    if (proofs[k].is_object()) {
      const string reason = strings(proofs[k], {"hole"}).at("hole");
      if (reason != "resource-limit" && reason != "degree-limit" && reason != "no-witness")
        bad("unknown reason of a hole");
      holes.push_back(place + ": " + reason);
    } else {
      Refutation(obligations, k, budget).run(proofs[k]);
    }
  }
}
}  // namespace audit
