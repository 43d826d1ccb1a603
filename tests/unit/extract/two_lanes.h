// A target of two lanes in plain C++, for the tests of lanes: it runs on every
// processor.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <tuple>
#include <utility>

#include "spec/lang/instructions.h"

namespace minimoa::test {

// What its include file holds.
inline constexpr char kPairHeader[] =
    "#pragma once\nstruct pair { float v[2]; };\nstruct side { bool v[2]; };\n";

// R NAME(ARGUMENTS) with both lanes made by the expression E of the lane k.
inline std::string row_code(const std::string& type, const std::string& head,
                            const std::string& e) {
  return "(code \"[[maybe_unused]] inline " + type + " " + head + " {\n  " + type +
         " out; for (int k = 0; k < 2; ++k) { out.v[k] = " + e + "; } return out; }\")";
}

inline std::string row_of(const std::string& name, const std::string& vars,
                          const std::string& means, const std::string& type,
                          const std::string& arguments, const std::string& e) {
  return "(row " + name + " (doc \"in\ntwo lanes\") (vars " + vars + ") (means " + means + ") " +
         row_code(type, name + "(" + arguments + ")", e) + ")\n";
}

inline std::string operator_rows() {
  const std::string two = "(vector ?x ?y)", xy = "pair x, pair y";
  std::string out;
  for (const auto& [name, op] : {std::pair{"add_lanes", "+"}, std::pair{"sub_lanes", "-"},
                                 std::pair{"mul_lanes", "*"}, std::pair{"div_lanes", "/"}}) {
    const std::string o = op;
    out += row_of(name, two, "(" + o + " ?x ?y)", "pair", xy, "x.v[k] " + o + " y.v[k]");
  }
  out += row_of("max_lanes", two, "(max ?x ?y)", "pair", xy, "maximum(x.v[k], y.v[k])");
  out += row_of("min_lanes", two, "(min ?x ?y)", "pair", xy, "minimum(x.v[k], y.v[k])");
  out += row_of("expsub_lanes", two, "(expsub ?x ?y)", "pair", xy, "expsub(x.v[k], y.v[k])");
  out += row_of("neg_lanes", "(vector ?x)", "(neg ?x)", "pair", "pair x", "-x.v[k]");
  out += row_of("iszero_lanes", "(vector ?x)", "(iszero ?x)", "side", "pair x", "x.v[k] == 0.0f");
  out += row_of("not_lanes", "(mask ?m)", "(not ?m)", "side", "side m", "!m.v[k]");
  for (const auto& [name, word, op] :
       {std::tuple{"and_lanes", "and", "&&"}, std::tuple{"or_lanes", "or", "||"}}) {
    out += row_of(name, "(mask ?m ?n)", std::string("(") + word + " ?m ?n)", "side",
                  "side m, side n", std::string("m.v[k] ") + op + " n.v[k]");
  }
  return out + row_of("if_lanes", "(mask ?m) (vector ?x ?y)", "(if ?m ?x ?y)", "pair",
                      "side m, pair x, pair y", "m.v[k] ? x.v[k] : y.v[k]");
}

inline const InstructionTable& two() {
  static const InstructionTable kTable = [] {
    const std::string text =
        "(target two (doc \"\") (lanes 2) (vector \"pair\") (mask \"side\") (include \"pair.h\")"
        " (flags \"-std=c++17 -O2\") (needs patience))\n" +
        row_of("load_lanes", "(address ?p)", "(load ?p)", "pair", "const float* p", "p[k]") +
        "(row store_lanes (doc \"\") (vars (address ?p) (vector ?x)) (means (store ?p ?x)) (code "
        "\"[[maybe_unused]] inline void store_lanes(float* p, pair x) { p[0] = x.v[0]; p[1] = "
        "x.v[1]; }\"))\n" +
        row_of("all_lanes", "(float ?f)", "(broadcast ?f)", "pair", "float f", "f") +
        row_of("spread_lanes", "(bool ?b)", "(spread ?b)", "side", "bool b", "b") +
        row_of("below_lanes", "(index ?x ?y)", "(below ?x ?y)", "side",
               "std::int64_t x, std::int64_t y", "y + k < x") +
        row_of("fma_where_lanes", "(vector ?z) (mask ?m) (vector ?x ?y)",
               "(+ ?z (if ?m (* ?x ?y) (real 0)))", "pair", "pair z, side m, pair x, pair y",
               "m.v[k] ? x.v[k] * y.v[k] + z.v[k] : z.v[k]") +
        row_of("fma_lanes", "(vector ?z ?x ?y)", "(+ ?z (* ?x ?y))", "pair",
               "pair z, pair x, pair y", "x.v[k] * y.v[k] + z.v[k]") +
        operator_rows();
    auto t = parse_instructions(text, "extract/instr/two.instr");
    REQUIRE_MESSAGE(t.ok(), (t.ok() ? "" : t.errors()[0].message));
    return t.value();
  }();
  return kTable;
}

}  // namespace minimoa::test
