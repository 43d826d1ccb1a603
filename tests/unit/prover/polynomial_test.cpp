// Exact polynomials and the numbering of atoms.
#include <doctest/doctest.h>

#include "prover/obligations/polynomial.h"

namespace minimoa::polynomial_test {
namespace {

Term T(const std::string& text) {
  std::string error;
  const auto t = parse_term(text, &error);
  REQUIRE_MESSAGE(t.has_value(), text << ": " << error);
  return *t;
}

Spec with_table() {
  Spec s;
  Array table;
  table.name = "table";
  table.elem = Elem::kI32;
  table.shape = {T("S"), T("S")};
  s.inputs = {table};
  return s;
}

Env names() {
  Env env;
  for (const std::string n : {"S", "T", "i"}) {
    env.names[n] = {"d:" + n, n, nullptr, nullptr};
  }
  return env;
}

Poly P(const std::string& text, AtomTable* atoms) {
  const auto p = translate(T(text), names(), with_table(), atoms);
  REQUIRE(p.has_value());
  return *p;
}

TEST_CASE("equal index terms are equal polynomials") {
  AtomTable atoms;
  CHECK(P("(* (+ S T) (- S T))", &atoms) == P("(- (* S S) (* T T))", &atoms));
  CHECK(P("(- S S)", &atoms) == Poly(0));
  CHECK(P("(div (+ S 1) 2)", &atoms) == P("(div (+ 1 S) 2)", &atoms));
  CHECK(atoms.size() == 3);
}

TEST_CASE("mod is eliminated") {
  AtomTable atoms;
  const Poly m = P("(mod i S)", &atoms);
  CHECK(m == P("(- i (* S (div i S)))", &atoms));
  CHECK(atoms.show(m) == "-(i div S)*S + i");
}

TEST_CASE("arguments are numbered before their div, left before right") {
  AtomTable atoms;
  P("(+ (div i (div T S)) (psi (vec S (mod T 3)) table))", &atoms);
  REQUIRE(atoms.size() == 7);
  const char* const order[] = {
      "i", "T", "S", "(T div S)", "(i div (T div S))", "(T div 3)", "table[S, -3*(T div 3) + T]"};
  for (unsigned k = 0; k < 7; ++k) CHECK(atoms.show(k) == order[k]);
}

TEST_CASE("psi and mem of an integer input are one atom") {
  AtomTable atoms;
  CHECK(P("(psi (vec i S) table)", &atoms) == P("(mem table (vec i S))", &atoms));
  CHECK(P("(psi (vec S) (psi (vec i) table))", &atoms) == P("(mem table (vec i S))", &atoms));
}

TEST_CASE("what is no polynomial has none") {
  AtomTable atoms;
  for (const char* t : {"(if true 1 2)", "x", "(psi (vec i) table)", "(psi (vec i) Q)", "true"}) {
    CHECK(!translate(T(t), names(), with_table(), &atoms));
  }
}

TEST_CASE("rationals are exact and print reduced") {
  CHECK(rational_text(Rational(6) / Rational(-4)) == "-3/2");
  CHECK(rational_text(Rational(8) / Rational(4)) == "2");
  CHECK(floor_of(Rational(-1) / Rational(64)) == -1);
  CHECK(floor_of(Rational(-64) / Rational(64)) == -1);
  CHECK(floor_of(Rational(127) / Rational(64)) == 1);
  const Poly p = Poly(Rational(1) / Rational(2)) * Poly::atom(1);
  CHECK((p * p).json().dump() == R"([["1/4",[[1,2]]]])");
  CHECK(!p.is_integral());
}

TEST_CASE("content, evaluation, composition") {
  const Poly x = Poly::atom(0), y = Poly::atom(1);
  const Poly p = 6 * x * y - 9 * x + 4;
  CHECK(p.content() == 3);
  CHECK(p.total_degree() == 2);
  CHECK(p.evaluate({2, 5}) == 46);
  CHECK(p.compose({y, x + 1}) == 6 * y * x - 3 * y + 4);
  CHECK(Poly(7).content() == 0);
  Poly q = p;
  const Poly& same = q;
  q -= same;
  CHECK(q == Poly());
  CHECK(q.json().dump() == "[]");
}

}  // namespace
}  // namespace minimoa::polynomial_test
