// Exact proof checker; see checker.h.
#include "prover/obligations/checker.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>

namespace minimoa {

namespace {

using Json = nlohmann::json;

std::optional<Int> read_digits(const std::string& s) {
  if (s.empty() || s.size() > 2000 || (s.size() > 1 && s[0] == '0')) {
    return std::nullopt;
  }
  for (const char c : s) {
    if (c < '0' || c > '9') return std::nullopt;
  }
  return Int(s);  // no leading zero: decimal
}

// FORMAT 6: "0" or -?[1-9][0-9]*; proofs are over the integers.
std::optional<Rational> read_integer(const Json& j) {
  if (!j.is_string()) return std::nullopt;
  std::string s = j.get<std::string>();
  const bool minus = !s.empty() && s[0] == '-';
  if (minus) s.erase(0, 1);
  const auto n = read_digits(s);
  if (!n || (minus && *n == 0)) return std::nullopt;
  return minus ? Rational(-*n) : Rational(*n);
}

std::optional<std::size_t> read_number(const Json& j) {
  if (!j.is_number_unsigned()) return std::nullopt;
  return j.get<std::size_t>();
}

std::optional<Monomial> read_monomial(const Json& j, std::size_t atoms) {
  Monomial m;
  if (!j.is_array()) return std::nullopt;
  for (const Json& f : j) {
    if (!f.is_array() || f.size() != 2) return std::nullopt;
    const auto a = read_number(f[0]), e = read_number(f[1]);
    if (!a || !e || *a >= atoms || *e < 1 || *e > 64) return std::nullopt;
    if (!m.empty() && m.back().first >= *a) return std::nullopt;
    m.emplace_back(static_cast<unsigned>(*a), static_cast<unsigned>(*e));
  }
  return m;
}

std::optional<Poly> read_poly(const Json& j, std::size_t atoms) {
  if (!j.is_array()) return std::nullopt;
  Poly p;
  std::set<Monomial> seen;
  for (const Json& t : j) {
    if (!t.is_array() || t.size() != 2) return std::nullopt;
    const auto c = read_integer(t[0]);
    const auto m = read_monomial(t[1], atoms);
    if (!c || *c == 0 || !m || !seen.insert(*m).second) return std::nullopt;
    p.add(*c, *m);
  }
  return p;
}

class Checker {
 public:
  Checker(std::vector<Poly> facts, std::size_t atoms) : facts_(std::move(facts)), atoms_(atoms) {}

  std::string run(const Json& steps) {
    if (!steps.is_array()) return "a proof is a list of steps";
    for (std::size_t k = 0; k < steps.size(); ++k) {
      const Json& s = steps[k];
      if (!s.is_array() || s.empty() || !s[0].is_string()) return "no step";
      if (s[0] == "split") {
        return k + 1 == steps.size() ? split(s) : "split is not last";
      }
      const std::string error = step(s);
      if (!error.empty()) return error + " in step " + std::to_string(k);
    }
    const Poly& last = facts_.back();
    return last.is_constant() && last.constant() < 0 ? "" : "the last fact is no negative constant";
  }

 private:
  const Poly* fact(const Json& j) const {
    const auto k = read_number(j);
    return k && *k < facts_.size() ? &facts_[*k] : nullptr;
  }

  std::string step(const Json& s) {
    if (s[0] == "mul" && s.size() == 3) return mul(s);
    if (s[0] == "sq" && s.size() == 2) return sq(s);
    if (s[0] == "lin" && s.size() == 3) return lin(s);
    if (s[0] == "cut" && s.size() == 2) return cut(s);
    if (s[0] == "floordiv" && s.size() == 4) return floordiv(s);
    return "unknown step";
  }

  // p_a >= 0, p_b >= 0  |-  p_a * p_b >= 0
  std::string mul(const Json& s) {
    const Poly *a = fact(s[1]), *b = fact(s[2]);
    if (!a || !b) return "fact number";
    facts_.push_back(*a * *b);
    return "";
  }

  // |-  p^2 >= 0
  std::string sq(const Json& s) {
    const auto p = read_poly(s[1], atoms_);
    if (!p) return "polynomial";
    facts_.push_back(*p * *p);
    return "";
  }

  // p_k >= 0, C >= 0, L_k > 0  |-  C + sum L_k * p_k >= 0
  std::string lin(const Json& s) {
    const auto c = read_integer(s[1]);
    if (!c || *c < 0 || !s[2].is_array()) return "constant of lin";
    Poly sum(*c);
    for (const Json& t : s[2]) {
      if (!t.is_array() || t.size() != 2) return "term of lin";
      const auto l = read_integer(t[0]);
      const Poly* p = fact(t[1]);
      if (!l || *l <= 0 || !p) return "multiplier";
      sum += Poly(*l) * *p;
    }
    facts_.push_back(sum);
    return "";
  }

  // g * q + c >= 0, q integral  |-  q + floor(c / g) >= 0
  std::string cut(const Json& s) {
    const Poly* p = fact(s[1]);
    if (!p || !p->is_integral()) return "cut of a fraction";
    const Int g = p->content();
    if (g <= 0) return "cut of a constant";
    Poly q;
    for (const auto& [m, c] : p->terms()) {
      const Rational r = c / Rational(g);
      q.add(m.empty() ? Rational(floor_of(r)) : r, m);
    }
    facts_.push_back(q);
    return "";
  }

  // den >= 1  |-  num - q*den >= 0, den - 1 - num + q*den >= 0, q new
  std::string floordiv(const Json& s) {
    const auto num = read_poly(s[1], atoms_), den = read_poly(s[2], atoms_);
    const Poly* positive = fact(s[3]);
    if (!num || !den || !num->is_integral() || !den->is_integral()) {
      return "polynomial of floordiv";
    }
    if (!positive || !(*positive == *den - 1)) return "divisor not positive";
    const Poly q = Poly::atom(static_cast<unsigned>(atoms_++));
    facts_.push_back(*num - q * *den);
    facts_.push_back(*den - 1 - *num + q * *den);
    return "";
  }

  // p >= 0 |- false and -p - 1 >= 0 |- false
  std::string split(const Json& s) {
    if (s.size() != 4) return "split";
    const auto p = read_poly(s[1], atoms_);
    if (!p || !p->is_integral()) return "polynomial of split";
    Checker left = *this, right = *this;
    left.facts_.push_back(*p);
    right.facts_.push_back(-*p - 1);
    const std::string error = left.run(s[2]);
    return error.empty() ? right.run(s[3]) : error;
  }

  std::vector<Poly> facts_;
  std::size_t atoms_;
};

}  // namespace

std::string check_proof(const std::vector<Poly>& hypotheses, const Poly& goal,
                        std::size_t atom_count, const nlohmann::json& proof) {
  if (!goal.is_integral()) return "the goal has a fraction";
  std::vector<Poly> facts = hypotheses;
  facts.push_back(-goal - 1);
  return Checker(std::move(facts), atom_count).run(proof);
}

}  // namespace minimoa
