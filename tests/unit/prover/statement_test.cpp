// Golden statements: number and order of hypotheses, atoms and obligations.
#include <doctest/doctest.h>

#include "prover/obligations/statement.h"

namespace minimoa::statement_test {
namespace {

Term T(const std::string& text) {
  std::string error;
  const auto t = parse_term(text, &error);
  REQUIRE_MESSAGE(t.has_value(), text << ": " << error);
  return *t;
}

Array array(const std::string& name, const std::vector<std::string>& shape) {
  Array a;
  a.name = name;
  for (const std::string& s : shape) a.shape.push_back(T(s));
  return a;
}

Spec small() {
  Spec s;
  s.dims = {"H", "G"};
  s.requires_ = {T("(== (mod H G) 0)")};
  s.inputs = {array("A", {"H", "G"})};
  s.output = array("O", {"H"});
  return s;
}

std::vector<std::string> shown(const Statement& s) {
  std::vector<std::string> out;
  for (const Poly& h : s.hypotheses) out.push_back(s.atoms.show(h));
  out.push_back("|- " + s.atoms.show(s.goal));
  return out;
}

std::vector<std::string> goals(const std::vector<Statement>& all) {
  std::vector<std::string> out;
  for (const Statement& s : all) {
    out.push_back(s.stated ? s.atoms.show(s.goal) : "none");
  }
  return out;
}

using Lines = std::vector<std::string>;

TEST_CASE("hypotheses: dimensions, requires, context, then atoms") {
  Obligation o;
  o.context = {{ContextEntry::Kind::kBinder, "h", T("H")},
               {ContextEntry::Kind::kFact, "", T("(not (< h 2))")}};
  o.goal = T("(< (div h G) 5)");
  const auto all = obligation_statements(small(), o);
  REQUIRE(all.size() == 1);
  CHECK(shown(all[0]) == Lines{"-1 + H", "16777216 - H", "-1 + G", "16777216 - G",
                               "-(H div G)*G + H", "(H div G)*G - H",  // the require
                               "h", "-1 + H - h",                      // the binder
                               "-2 + h",                               // the fact
                               "-1 + G", "-(H div G)*G + H", "-1 + (H div G)*G + G - H", "-1 + G",
                               "-(h div G)*G + h", "-1 + (h div G)*G + G - h", "|- 4 - (h div G)"});
  CHECK(all[0].atoms.show(2) == "(H div G)");
  CHECK(all[0].atoms.show(3) == "h");
  CHECK(all[0].atoms.show(4) == "(h div G)");
}

TEST_CASE("facts of booleans follow the table") {
  const auto facts = [](const std::string& g) {
    StatementBuilder b(small());
    b.fact(T(g));
    Lines out = shown(b.state(Poly(0), "", nullptr));
    out.pop_back();
    return out;
  };
  CHECK(facts("true") == Lines{});
  CHECK(facts("(and (< H 3) (<= H 3))") == Lines{"2 - H", "3 - H"});
  CHECK(facts("(== H 3)") == Lines{"-3 + H", "3 - H"});
  CHECK(facts("(not (< H 3))") == Lines{"-3 + H"});
  CHECK(facts("(not (<= H 3))") == Lines{"-4 + H"});
  CHECK(facts("(not (not (< H 3)))") == Lines{"2 - H"});
  CHECK(facts("(not (!= H 3))") == Lines{"-3 + H", "3 - H"});
  CHECK(facts("(not (or (< H 3) (< G 3)))") == Lines{"-3 + H", "-3 + G"});
  CHECK(facts("(or (< H 3) (< G 3))") == Lines{});
  CHECK(facts("(!= H 3)") == Lines{});
  CHECK(facts("(not (and (< H 3) (< G 3)))") == Lines{});
  CHECK(facts("(not (== H 3))") == Lines{});
}

TEST_CASE("a goal outside of the table cannot be stated") {
  Obligation o;
  o.goal = T("(or (< H 3) (< G 3))");
  CHECK(goals(obligation_statements(small(), o)) == Lines{"none"});
  o.goal = T("true");
  CHECK(obligation_statements(small(), o).empty());
}

TEST_CASE("a name bound twice is two variables") {
  Obligation o;
  o.context = {{ContextEntry::Kind::kBinder, "j", T("H")},
               {ContextEntry::Kind::kBinder, "j", T("(+ j 1)")}};
  o.goal = T("(<= 0 j)");
  const auto all = obligation_statements(small(), o);
  REQUIRE(all.size() == 1);
  CHECK(all[0].atoms.size() == 5);
  CHECK(all[0].goal == Poly::atom(4));
  CHECK(all[0].hypotheses[9] == Poly::atom(3) - Poly::atom(4));
}

TEST_CASE("divisors: first occurrences, arguments first, constants skipped") {
  Spec s = small();
  s.requires_.push_back(T("(<= 2 (div (div H 2) (div H G)))"));
  const auto all =
      divisor_statements(s, T("(real (div H G))"), T("(put (vec) (real (mod H (+ G 1))))"));
  CHECK(goals(all) == Lines{"-1 + G", "-1 + (H div G)", "G"});
  // The first may use no require, the second only the first one.
  CHECK(all[0].hypotheses.size() == 4);
  CHECK(all[1].hypotheses.size() == 9);
  const auto bound = divisor_statements(s, T("(gen (i H) (real (div H (+ i 1))))"), T("true"));
  CHECK(goals(bound).back() == "none");
}

TEST_CASE("facts of an unproved divisor are not used for divisors") {
  Spec s = small();
  s.requires_ = {T("(<= 1 (div H (- H G)))")};
  const auto all = divisor_statements(s, T("true"), T("true"));
  REQUIRE(all.size() == 1);
  CHECK(all[0].hypotheses.size() == 4);
}

TEST_CASE("spec: selections in bounds, node before children") {
  const auto all = spec_statements(small(), T("(gen (i H) (psi (vec i 0) (take 1 A)))"));
  CHECK(goals(all) == Lines{"i", "-i", "0", "-1 + G", "1", "-1 + H"});
}

TEST_CASE("safe: nodes, arrays, write-once, cover") {
  std::vector<std::pair<std::string, std::string>> cover;
  const auto all =
      safe_statements(small(), T("(for (i H) (put (vec i) (mem A (vec i (- G 1)))))"), &cover);
  CHECK(goals(all) == Lines{"i", "-1 + H - i",                 // put
                            "i", "-1 + H - i", "-1 + G", "0",  // mem
                            "4611686018427387905 - G", "4611686018427387903 + G", "16777216 - H",
                            "16777216 - G",                             // extents of A
                            "9223372036854775807 - i_0*s_0 - i_1*s_1",  // A
                            "16777216 - H",                             // extent of O
                            "9223372036854775807 - i_0*s_0",            // O
                            "-i + i'",                                  // write-once
                            "o0", "-1 + H - o0", "0", "0"});            // cover
  CHECK(cover == std::vector<std::pair<std::string, std::string>>{{"i", "o0"}});
  CHECK(shown(all[10]) == Lines{"i_0", "16777215 - i_0", "s_0", "68719476736 - s_0", "i_1",
                                "16777215 - i_1", "s_1", "68719476736 - s_1",
                                "|- 9223372036854775807 - i_0*s_0 - i_1*s_1"});
  const Lines once = shown(all[13]);
  CHECK(Lines(once.begin() + 6, once.begin() + 12) ==
        Lines{"i", "-1 + H - i", "i'", "-1 + H - i'", "i - i'", "-i + i'"});
}

TEST_CASE("cover of a tiled loop: the bound is numbered before the witness") {
  std::vector<std::pair<std::string, std::string>> cover;
  const auto all =
      safe_statements(small(),
                      T("(for (I (div (+ H 63) 64)) (for (r 64) (when (< (+ (* I 64) r) H) "
                        "(put (vec (+ (* I 64) r)) (real 0)))))"),
                      &cover);
  CHECK(cover == std::vector<std::pair<std::string, std::string>>{{"I", "(div o0 64)"},
                                                                  {"r", "(mod o0 64)"}});
  REQUIRE(all.size() >= 7);
  const std::size_t first = all.size() - 7;  // I, I, r, r, guard, axis, axis
  CHECK(all[first].label == "cover: I = (div o0 64)");
  const Statement& below = all[first + 1];
  CHECK(below.atoms.show(4) == "(63 + H div 64)");
  CHECK(below.atoms.show(5) == "(o0 div 64)");
  CHECK(below.atoms.show(below.goal) == "-1 + (63 + H div 64) - (o0 div 64)");
  const Statement& guard = all[first + 4];
  CHECK(guard.atoms.show(guard.goal) == "-1 + H - o0");
}

TEST_CASE("two puts or none cannot be stated") {
  const auto all = safe_statements(small(), T("(for (i H) (real 0))"), nullptr);
  CHECK(!all.back().stated);
}

}  // namespace
}  // namespace minimoa::statement_test
