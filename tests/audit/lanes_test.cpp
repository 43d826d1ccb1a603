// What: tests of vector targets (FORMAT 15) in minimoa-audit: instruction files, the rules of
// `place`, the lowering of lanes, and what `safe`, `footprint` and `traffic` count.
// The idea: a toy target of four lanes; expected texts are written by hand from FORMAT, and each
// sentence has a term that breaks it alone, refused with a piece of the text that names it.
// How it may be wrong: a term that is refused for another reason; the texts are compared.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "../../certificates/audit/costs.h"
#include "../../certificates/audit/obligations.h"

namespace {

using audit::Json;
using audit::Lanes;
using audit::Term;

std::string outcome(const std::function<void()>& work) {
  try {
    work();
  } catch (const audit::Refused& refused) {
    return refused.code + ": " + refused.text;
  } catch (const Json::exception& error) {
    return std::string("json: ") + error.what();
  }
  return "ok";
}
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// ---- an instruction file ----
const char kTarget[] =
    "(target toy (doc \"four lanes\") (lanes 4) (vector \"V4\") (mask \"M4\") (include \"toy.h\")\n"
    "  (flags \"-std=c++17 -O2 -mtoy\") (needs toy fma))\n";

std::string row(const std::string& name, const std::string& vars, const std::string& means,
                const std::string& head) {
  const std::string full = name + "_lanes";
  const std::size_t space = head.find(' ');
  return "(row " + full + " (doc \"\") (vars " + vars + ") (means " + means +
         ") (code \"[[maybe_unused]] inline " + head.substr(0, space) + " " + full + "(" +
         head.substr(space + 1) + ") { return f(x); }\"))\n";
}
std::string two(const std::string& name, const std::string& means) {
  return row(name, "(vector ?x ?y)", means, "V4 V4 x, V4 y");
}
const std::string& rows() {
  static const std::string kRows =
      row("load", "(address ?p)", "(load ?p)", "V4 const float* p") +
      row("store", "(address ?p) (vector ?x)", "(store ?p ?x)", "void float* p, V4 x") +
      row("broadcast", "(float ?f)", "(broadcast ?f)", "V4 float f") +
      row("spread", "(bool ?b)", "(spread ?b)", "M4 bool b") +
      row("below", "(index ?x ?y)", "(below ?x ?y)", "M4 std::int64_t x, std::int64_t y") +
      row("fma_where", "(vector ?z) (mask ?m) (vector ?x ?y)", "(+ ?z (if ?m (* ?x ?y) (real 0)))",
          "V4 V4 z, M4 m, V4 x, V4 y") +
      row("fma", "(vector ?x ?y ?z)", "(+ ?z (* ?x ?y))", "V4 V4 x, V4 y, V4 z") +
      two("add", "(+ ?x ?y)") + two("sub", "(- ?x ?y)") + two("mul", "(* ?x ?y)") +
      two("max", "(max ?x ?y)") + row("exp", "(vector ?x)", "(exp ?x)", "V4 V4 x") +
      row("nonzero", "(vector ?x)", "(not (iszero ?x))", "M4 V4 x") +
      row("iszero", "(vector ?x)", "(iszero ?x)", "M4 V4 x") +
      row("and", "(mask ?a ?b)", "(and ?a ?b)", "M4 M4 a, M4 b") +
      row("not", "(mask ?a)", "(not ?a)", "M4 M4 a") +
      row("select", "(mask ?m) (vector ?x ?y)", "(if ?m ?x ?y)", "V4 M4 m, V4 x, V4 y");
  return kRows;
}
std::string reads(const std::string& text) {
  return outcome([&] { audit::read_instructions(text); });
}
// The target and this row.
std::string reads_row(const std::string& vars, const std::string& means, const std::string& head) {
  return reads(kTarget + row("x", vars, means, head));
}
std::string changed(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}
std::string reads_target(const std::string& from, const std::string& to) {
  return reads(changed(kTarget, from, to));
}
std::string reads_code(const std::string& code, const std::string& after = "") {
  return reads(std::string(kTarget) +
               "(row x_lanes (doc \"\") (vars (vector ?x)) (means (exp ?x)) (code \"" + code +
               "\")" + after + ")");
}
const char kHead[] = "[[maybe_unused]] inline V4 x_lanes(V4 x) {";

// ---- terms ----
const audit::Spec& spec() {
  static const audit::Spec kSpec = audit::read_spec(
      "spec small\ndims N, D\nin A : f32[N,D], T : i32[N] in 0 .. 9\nout O : f32[N]\n"
      "O = gen(i in N) A[i,0]\n");
  return kSpec;
}
Lanes placed(const std::string& place, const std::string& without = "") {
  std::string file = kTarget + rows();
  if (!without.empty()) {
    const std::size_t at = file.find("(row " + without + "_lanes");
    file.erase(at, file.find('\n', at) - at);
  }
  return audit::read_place(audit::parse_json(place), audit::read_instructions(file));
}
const char kPlace[] = R"({"lanes":["r"],"unroll":[["w","2"]],"turned":["x"]})";
// Of a term: lanes r, w unrolled by 2, x and y turned, where it has them.
std::string place_of(const std::string& e) {
  const auto listed = [&](const std::string& binder, const std::string& item) {
    return has(e, binder) ? item : "";
  };
  const std::string x = listed("(let (x)", "\"x\""), y = listed("(let (y)", "\"y\"");
  return "{\"lanes\":[" + listed("(r ", "\"r\"") + "],\"unroll\":[" +
         listed("(w ", "[\"w\",\"2\"]") + "],\"turned\":[" + x +
         (x.empty() || y.empty() ? "" : ",") + y + "]}";
}
Term statement(const std::string& e) {
  return audit::read_term("(for (i N) (put (vec i) " + e + "))", {}, spec());
}
// E between the loop over i and what is put: the text of the phase.
std::string body(const std::string& e, const std::string& place = "",
                 const std::string& without = "") {
  std::string text;
  const std::string result = outcome([&] {
    const Term term = statement(e);
    audit::Scope scope;
    audit::infer(term, scope, spec());
    text =
        audit::lower(term, spec(), "s", placed(place.empty() ? place_of(e) : place, without)).text;
  });
  if (result != "ok") return result;
  const std::size_t first = text.find("static_cast<void>(rest);") + 24;
  return text.substr(first, text.find("extern \"C\"", first) - first);
}
std::string lowers_to(const std::string& e, const std::string& expected,
                      const std::string& place = "") {
  const std::string text = body(e, place);
  return outcome([&] {
    audit::compare_tokens(
        audit::tokenise(text, 1),
        audit::tokenise("for (std::int64_t i_0 = 0; i_0 < a.N; ++i_0) { " + expected + "} } }", 1));
  });
}
// (let (x) (gen (r 8) ..) x[0]): x is turned and holds the value in lanes.
std::string filled(const std::string& value) {
  return "(let (x) (gen (r 8) " + value + ") (psi (vec 0) x))";
}
// The same where another turned variable x with lanes is in scope.
std::string over_x(const std::string& value) {
  return "(let (x) (gen (r 8) (real 1)) (let (y) (gen (r 8) " + value + ") (psi (vec 0) y)))";
}
// The text that over_x() begins with; next fresh number: 3.
const char kX[] =
    "float* const x_1 = scratch + 0;"
    "const V4 vec_2_0 = broadcast_lanes(static_cast<float>(1LL));"
    "store_lanes((x_1 + 0LL), vec_2_0); store_lanes((x_1 + 4LL), vec_2_0);"
    "float* const y_3 = scratch + 8LL;";
const char kStored[] = "a.O[(i_0 * a.O_s[0])] = y_3[0LL];";
std::string over_x_to(const std::string& value, const std::string& expected) {
  return lowers_to(over_x(value), kX + expected + kStored);
}
std::string over_x_refused(const std::string& value) { return body(over_x(value)); }
const std::string kMine = "(psi (vec r) x)";  // what x holds in this lane
const std::string kA = "a.A[((i_0 * a.A_s[0]) + (0LL * a.A_s[1]))]";
std::string y_is(const std::string& first, const std::string& second) {
  return "store_lanes((y_3 + 0LL), " + first + "); store_lanes((y_3 + 4LL), " + second + ");";
}
std::string two_values(const std::string& name, const std::string& first,
                       const std::string& second) {
  return "const V4 " + name + "_0 = " + first + "; const V4 " + name + "_1 = " + second + ";";
}
std::string loads(const std::string& name) {
  return two_values(name, "load_lanes((x_1 + 0LL))", "load_lanes((x_1 + 4LL))");
}

}  // namespace

TEST_CASE("instruction files: the target") {
  const audit::Instructions file = audit::read_instructions(kTarget + rows());
  CHECK(file.target == "toy");
  CHECK(file.lanes == 4);
  CHECK(file.vector_type == "V4");
  CHECK(file.mask_type == "M4");
  CHECK(file.include == "toy.h");
  CHECK(file.flags == "-std=c++17 -O2 -mtoy");
  CHECK(file.needs == audit::Strings{"toy", "fma"});
  REQUIRE(file.rows.size() == 17);
  CHECK(file.rows[1].name == "store_lanes");
  CHECK(file.rows[6].vars.size() == 3);
  CHECK(file.rows[6].vars[2].second == "?z");
  CHECK(reads(kTarget) == "ok");
  CHECK(has(reads(""), "expected first"));
  CHECK(has(reads(rows()), "expected first"));
  CHECK(has(reads(std::string(kTarget) + kTarget), "(row NAME_lanes ..)"));
  CHECK(has(reads_target("toy (doc", "(toy) (doc"), "name of a vector target"));
  CHECK(has(reads_target("toy (doc", "portable (doc"), "name of a vector target"));
  CHECK(has(reads_target("(doc \"four lanes\") ", ""), "(doc ..) is missing"));
  CHECK(has(reads_target("(lanes 4)", "(lanes 1)"), "2 to 64"));
  CHECK(has(reads_target("(lanes 4)", "(lanes 65)"), "2 to 64"));
  CHECK(reads_target("(lanes 4)", "(lanes 2)") == "ok");
  CHECK(reads_target("(lanes 4)", "(lanes 64)") == "ok");
  CHECK(has(reads_target("(lanes 4)", "(lanes 04)"), "no integer"));
  CHECK(has(reads_target("(lanes 4)", "(lanes \"4\")"), "another form"));
  CHECK(has(reads_target("(lanes 4)", "(lanes 4 4)"), "another form"));
  CHECK(has(reads_target("(lanes 4)", "(lanes (4))"), "another form"));
  CHECK(has(reads_target("\"V4\"", "\"V4 x\""), "name of a type"));
  CHECK(has(reads_target("\"M4\"", "\"\""), "name of a type"));
  CHECK(has(reads_target("\"V4\"", "V4"), "another form"));
  for (const char* bad : {"toy", ".h", "../toy.h", "Toy.h", "toy.h>", "a b.h", "toy.hpp"})
    CHECK(has(reads_target("toy.h", bad), "name of a header"));
  for (const char* bad : {"-std=c++17", "-O2 -std=c++17", "-std=c++17 -O2 -ffast-math",
                          "-std=c++17 -O2 -mtoy -Dfor=if", "-std=c++17 -O2  -mtoy",
                          "-std=c++17 -O2 -mtoy ", "-std=c++17 -O2 -mtoy;x", "-std=c++17 -O2x"})
    CHECK(has(reads_target("-std=c++17 -O2 -mtoy", bad), "words that begin with -m"));
  CHECK(reads_target("-O2 -mtoy", "-O2") == "ok");
  CHECK(has(reads_target("(needs toy fma)", "(needs)"), "features"));
  CHECK(has(reads_target("(needs toy fma)", "(needs toy \"fma\")"), "features"));
  CHECK(has(reads_target("(needs toy fma)", "(needs toy) (more)"), "unknown part"));
  CHECK(has(reads_target("(needs toy fma)", ""), "(needs ..) is missing"));
  CHECK(has(reads_target("(vector \"V4\") (mask \"M4\")", "(mask \"M4\") (vector \"V4\")"),
            "out of place"));
}

TEST_CASE("instruction files: rows") {
  CHECK(reads_row("(vector ?x)", "(exp ?x)", "V4 V4 x") == "ok");
  const auto named = [&](const std::string& name) {
    return reads(changed(kTarget + two("add", "(+ ?x ?y)"), "(row add_lanes", "(row " + name));
  };
  for (const char* bad : {"add", "Add_lanes", "_add_lanes", "2_lanes", "_lanes", "\"add_lanes\""})
    CHECK(has(named(bad), "(row NAME_lanes ..) expected"));
  CHECK(has(named("sub_lanes"), "does not begin with"));
  CHECK(has(reads(kTarget + two("add", "(+ ?x ?y)") + two("add", "(- ?x ?y)")),
            "a row of this name"));
  // Variables.
  CHECK(has(reads_row("(vector)", "(exp ?x)", "V4 V4 x"), "empty group"));
  CHECK(has(reads_row("(real ?x)", "(exp ?x)", "V4 V4 x"), "unknown kind"));
  CHECK(has(reads_row("(vector ?x ?x)", "(+ ?x ?x)", "V4 V4 x, V4 x"), "bad or repeated"));
  CHECK(has(reads_row("(vector x)", "(exp x)", "V4 V4 x"), "bad or repeated"));
  CHECK(has(reads_row("(vector ?x..)", "(exp ?x..)", "V4 V4 x"), "bad or repeated"));
  CHECK(has(reads_row("(vector ?x)", "(* ?x ?x)", "V4 V4 x"), "still unused"));
  CHECK(has(reads_row("(vector ?x)", "(exp ?y)", "V4 V4 x"), "still unused"));
  CHECK(has(reads_row("(vector ?x ?y)", "(exp ?x)", "V4 V4 x, V4 y"), "does not stand in means"));
  // Meanings.
  CHECK(has(reads_row("(vector ?x)", "?x", "V4 V4 x"), "no application"));
  CHECK(has(reads_row("(vector ?x)", "(exp ?x) (exp ?x)", "V4 V4 x"), "no application"));
  CHECK(has(reads_row("(float ?x)", "(exp ?x)", "V4 float x"), "kind without lanes"));
  CHECK(has(reads_row("(index ?x ?y)", "(< ?x ?y)", "M4 std::int64_t x, std::int64_t y"),
            "no operator"));
  CHECK(has(reads_row("(index ?x)", "(real ?x)", "V4 std::int64_t x"), "no integer"));
  CHECK(reads_row("(vector ?x)", "(+ ?x (real -2))", "V4 V4 x") == "ok");
  CHECK(has(reads_row("(vector ?x)", "(max ?x bottom)", "V4 V4 x"), "still unused"));
  CHECK(has(reads_row("(vector ?x)", "(red add (j 4) true ?x)", "V4 V4 x"), "no operator"));
  CHECK(has(reads_row("(vector ?x)", "(rat 1 2)", "V4 V4 x"), "no operator"));
  CHECK(has(reads_row("(vector ?x)", "(+ ?x)", "V4 V4 x"), "another number"));
  CHECK(has(reads_row("(vector ?x ?y)", "(exp ?x ?y)", "V4 V4 x, V4 y"), "another number"));
  CHECK(has(reads_row("(mask ?x)", "(exp ?x)", "V4 M4 x"), "another sort"));
  CHECK(has(reads_row("(vector ?x)", "(not ?x)", "M4 V4 x"), "another sort"));
  CHECK(
      has(reads_row("(vector ?m ?x ?y)", "(if ?m ?x ?y)", "V4 V4 m, V4 x, V4 y"), "another sort"));
  CHECK(has(reads_row("(mask ?m ?x) (vector ?y)", "(if ?m ?x ?y)", "V4 M4 m, M4 x, V4 y"),
            "another sort"));
  CHECK(has(reads_row("(mask ?x)", "(iszero ?x)", "M4 M4 x"), "another sort"));
  CHECK(reads_row("(mask ?a) (vector ?x)", "(or ?a (not (iszero ?x)))", "M4 M4 a, V4 x") == "ok");
  // The words: operands of their kinds, outermost only.
  CHECK(has(reads_row("(vector ?p)", "(load ?p)", "V4 V4 p"), "other kinds"));
  CHECK(has(reads_row("(address ?p ?q)", "(load ?p ?q)", "V4 const float* p, const float* q"),
            "other kinds"));
  CHECK(has(reads_row("(address ?p) (vector ?x)", "(store ?x ?p)", "void float* p, V4 x"),
            "other kinds"));
  CHECK(has(reads_row("(index ?f)", "(broadcast ?f)", "V4 std::int64_t f"), "other kinds"));
  CHECK(has(reads_row("(mask ?b)", "(spread ?b)", "M4 M4 b"), "other kinds"));
  CHECK(has(reads_row("(index ?x)", "(below ?x ?x)", "M4 std::int64_t x"), "still unused"));
  CHECK(has(reads_row("(address ?p)", "(exp (load ?p))", "V4 const float* p"), "no operator"));
  // Parts in order.
  const std::string good = two("add", "(+ ?x ?y)");
  CHECK(has(reads(kTarget + changed(good, "(doc \"\") ", "")), "(doc ..) is missing"));
  CHECK(has(reads(kTarget + changed(good, "(doc \"\")", "(doc x)")), "another form"));
  CHECK(has(reads(kTarget + changed(good, "(vars (vector ?x ?y)) ", "")), "(vars ..) is missing"));
  CHECK(has(reads(kTarget + changed(good, "}\"))", "}\") (more))")), "unknown part"));
  CHECK(reads(kTarget + changed(good, "}\"))", "}\") (contract \"\"))")) == "ok");
  CHECK(has(reads(kTarget + changed(good, "}\"))", "}\") (contract))")), "another form"));
}

TEST_CASE("instruction files: code is one function of the row's variables") {
  const std::string head = kHead;
  CHECK(reads_code(head + " return x; }") == "ok");
  CHECK(reads_code(head + "\n  // one\n  if (x) { return x; }\n  return f(x); }") == "ok");
  CHECK(reads_code("[ [maybe_unused]]inline V4 x_lanes (V4 x){}") == "ok");
  for (const char* bad :
       {"", "inline V4 x_lanes(V4 x) {}", "[[maybe_unused]] inline M4 x_lanes(V4 x) {}",
        "[[maybe_unused]] inline V4 y_lanes(V4 x) {}",
        "[[maybe_unused]] inline V4 x_lanes(V4 y) {}",
        "[[maybe_unused]] inline V4 x_lanes(V4& x) {}",
        "[[maybe_unused]] inline V4 x_lanes(V4 x, V4 y) {}",
        "[[maybe_unused]] inline V4 x_lanes(V4 x);", "[[maybe_unused]] static V4 x_lanes(V4 x) {}"})
    CHECK(has(reads_code(bad), "does not begin with"));
  for (const char* bad :
       {"", " return x;", " return x; } void g() {}", " return x; } ;", " } }", " { }"})
    CHECK(has(reads_code(head + bad), "not one function"));
  // A row of addresses: read only, but in store.
  CHECK(has(reads_row("(address ?p)", "(load ?p)", "V4 float* p"), "does not begin with"));
  CHECK(has(reads_row("(address ?p) (vector ?x)", "(store ?p ?x)", "void const float* p, V4 x"),
            "does not begin with"));
  CHECK(has(reads_row("(vector ?x ?y)", "(+ ?x ?y)", "V4 V4 y, V4 x"), "does not begin with"));
  // What a compiler may cut in another way than we do, or that is no part of a kernel.
  CHECK(has(reads_code(head + " return '1'; }"), "code with '"));
  CHECK(has(reads_code(head + " /* x */ }"), "code with /*"));
  CHECK(has(reads_code(head + " x =// x\n y; }"), "code with //"));
  CHECK(has(reads_code(head + " x */ y; }"), "code with */"));
  CHECK(has(reads_code(head + " %:x }"), "code with %:"));
  CHECK(has(reads_code(head + "\n#include <cmath>\n }"), "code with #"));
  CHECK(has(reads_code(head + "\n#define x\n }"), "preprocessor directive"));
  CHECK(has(reads_code(head + " // #\n }"), "'#' in a comment"));
  CHECK(has(reads_code(head + " \\\n }"), "backslash"));
  CHECK(has(reads_code(head + " ?"
                              "?/ }"),
            "trigraph"));
  CHECK(has(reads_code(head + " \xc3\xa4 }"), "not printable ASCII"));
  CHECK(has(reads_code(head + " }", "\"open"), "open string"));
}

TEST_CASE("place: reading") {
  const auto reads_place = [](const std::string& json) { return outcome([&] { placed(json); }); };
  CHECK(reads_place(kPlace) == "ok");
  CHECK(reads_place(R"({"lanes":[],"unroll":[],"turned":[]})") == "ok");
  CHECK(has(reads_place("{}"), "json"));
  CHECK(has(reads_place("[]"), "json"));
  CHECK(has(reads_place(R"({"lanes":[],"unroll":[],"turned":[],"x":[]})"), "json"));
  CHECK(has(reads_place(R"({"lanes":["r","r"],"unroll":[],"turned":[]})"), "r stands twice"));
  CHECK(has(reads_place(R"({"lanes":["r"],"unroll":[["r","2"]],"turned":[]})"), "stands twice"));
  CHECK(has(reads_place(R"({"lanes":["r"],"unroll":[],"turned":["r"]})"), "r stands twice"));
  CHECK(has(reads_place(R"({"lanes":[1],"unroll":[],"turned":[]})"), "json"));
  for (const char* bad : {"\"1\"", "\"17\"", "\"-2\""})
    CHECK(
        has(reads_place(R"({"lanes":[],"unroll":[["w",)" + std::string(bad) + "]],\"turned\":[]}"),
            "2 .. 16"));
  CHECK(has(reads_place(R"({"lanes":[],"unroll":[["w","04"]],"turned":[]})"), "no integer"));
  CHECK(has(reads_place(R"({"lanes":[],"unroll":[["w",4]],"turned":[]})"), "json"));
  CHECK(has(reads_place(R"({"lanes":[],"unroll":[["w"]],"turned":[]})"), "json"));
}

TEST_CASE("lanes: the frame") {
  const std::string plain = audit::lower(statement("(real 1)"), spec(), "s",
                                         placed(R"({"lanes":[],"unroll":[],"turned":[]})"))
                                .text;
  CHECK(has(plain, "#include <limits>\n#include <toy.h>\nextern"));
  const std::size_t total = plain.find("total(std::int64_t");
  const std::size_t load = plain.find("[[maybe_unused]] inline V4 load_lanes(const float* p)");
  CHECK(total < load);
  CHECK(load < plain.find("inline V4 select_lanes"));
  CHECK(plain.find("inline V4 select_lanes") < plain.find("phase_0(void"));
  CHECK(!has(audit::lower(statement("(real 1)"), spec(), "s").text, "lanes"));
  const auto tokens = [&](const std::string& include) {
    return outcome([&] { audit::tokenise(plain, 1, std::string::npos, include); });
  };
  CHECK(tokens("toy.h") == "ok");
  CHECK(has(tokens(""), "preprocessor directive"));
  CHECK(has(tokens("toy2.h"), "preprocessor directive"));
}

TEST_CASE("lanes: values that all lanes share, turned variables") {
  CHECK(lowers_to(filled("(mem A (vec i 0))"),
                  "float* const x_1 = scratch + 0; const V4 vec_2_0 = broadcast_lanes(" + kA +
                      "); store_lanes((x_1 + 0LL), vec_2_0); store_lanes((x_1 + 4LL), vec_2_0);"
                      "a.O[(i_0 * a.O_s[0])] = x_1[0LL];") == "ok");
  // Turned: (E0, E1) is stored as (E1, E0).
  const std::string square =
      "(let (x) (gen (r 8) (gen (c D) (mem A (vec i c)))) (red add (j 8) true (psi (vec j 3) x)))";
  CHECK(lowers_to(square,
                  "float* const x_1 = scratch + 0;"
                  "for (std::int64_t c_2 = 0; c_2 < a.D; ++c_2) {"
                  "const V4 vec_3_0 = broadcast_lanes(a.A[((i_0 * a.A_s[0]) + (c_2 * a.A_s[1]))]);"
                  "store_lanes((x_1 + ((c_2 * 8LL) + 0LL)), vec_3_0);"
                  "store_lanes((x_1 + ((c_2 * 8LL) + 4LL)), vec_3_0); }"
                  "float acc_4 = 0.0f; for (std::int64_t j_5 = 0; j_5 < 8LL; ++j_5) {"
                  "acc_4 = acc_4 + x_1[((3LL * 8LL) + j_5)]; }"
                  "a.O[(i_0 * a.O_s[0])] = acc_4;") == "ok");
  const std::string whole = audit::lower(statement(square), spec(), "s",
                                         placed(R"({"lanes":["r"],"unroll":[],"turned":["x"]})"))
                                .text;
  CHECK(has(whole, "return product(a.D, 8LL);"));
  // A uniform reduction is a scalar one; a shared choice within is a branch.
  CHECK(over_x_to("(red add (j D) (< j 3) (mem A (vec i j)))",
                  "float acc_4 = 0.0f; for (std::int64_t j_5 = 0; j_5 < a.D; ++j_5) {"
                  "if ((j_5 < 3LL)) {"
                  "acc_4 = acc_4 + a.A[((i_0 * a.A_s[0]) + (j_5 * a.A_s[1]))]; } }"
                  "const V4 vec_6_0 = broadcast_lanes(acc_4);" +
                      y_is("vec_6_0", "vec_6_0")) == "ok");
}

TEST_CASE("lanes: rows, in the order of the file") {
  CHECK(over_x_to("(exp " + kMine + ")",
                  loads("vec_4") + two_values("vec_5", "exp_lanes(vec_4_0)", "exp_lanes(vec_4_1)") +
                      y_is("vec_5_0", "vec_5_1")) == "ok");
  // Arguments in the order of the variables (fma has z last), operands in that of the term.
  CHECK(over_x_to("(+ (mem A (vec i 0)) (* " + kMine + " (real 2)))",
                  "const V4 vec_4_0 = broadcast_lanes(" + kA + ");" + loads("vec_5") +
                      "const V4 vec_6_0 = broadcast_lanes(static_cast<float>(2LL));" +
                      two_values("vec_7", "fma_lanes(vec_5_0, vec_6_0, vec_4_0)",
                                 "fma_lanes(vec_5_1, vec_6_0, vec_4_0)") +
                      y_is("vec_7_0", "vec_7_1")) == "ok");
  // What all lanes share is no part of a row.
  CHECK(over_x_to(
            "(+ " + kMine + " (* (mem A (vec i 0)) (real 2)))",
            loads("vec_4") + "const V4 vec_5_0 = broadcast_lanes((" + kA +
                " * static_cast<float>(2LL)));" +
                two_values("vec_6", "add_lanes(vec_4_0, vec_5_0)", "add_lanes(vec_4_1, vec_5_0)") +
                y_is("vec_6_0", "vec_6_1")) == "ok");
  CHECK(has(over_x_refused("(tanh " + kMine + ")"), "no row for tanh"));
  CHECK(has(over_x_refused("(real r)"), "no row for real"));
  CHECK(has(over_x_refused("(mem A (vec i r))"), "no row for mem"));
  for (const char* word : {"load", "store", "broadcast"})
    CHECK(has(body(over_x("(exp " + kMine + ")"), place_of(over_x("(exp " + kMine + ")")), word),
              std::string("no row means (") + word));
}

TEST_CASE("lanes: reductions") {
  CHECK(over_x_to("(red add (j D) (< j i) (* " + kMine + " (mem A (vec i j))))",
                  "V4 acc_4_0 = broadcast_lanes(0.0f); V4 acc_4_1 = broadcast_lanes(0.0f);"
                  "for (std::int64_t j_5 = 0; j_5 < a.D; ++j_5) { if ((j_5 < i_0)) {" +
                      loads("vec_6") +
                      "const V4 vec_7_0 = broadcast_lanes("
                      "a.A[((i_0 * a.A_s[0]) + (j_5 * a.A_s[1]))]);"
                      "acc_4_0 = fma_lanes(vec_6_0, vec_7_0, acc_4_0);"
                      "acc_4_1 = fma_lanes(vec_6_1, vec_7_0, acc_4_1); } }" +
                      y_is("acc_4_0", "acc_4_1")) == "ok");
  CHECK(over_x_to("(red max (j 3) true " + kMine + ")",
                  "V4 acc_4_0 = broadcast_lanes(kBottom); V4 acc_4_1 = broadcast_lanes(kBottom);"
                  "for (std::int64_t j_5 = 0; j_5 < 3LL; ++j_5) {" +
                      loads("vec_6") +
                      "acc_4_0 = max_lanes(acc_4_0, vec_6_0);"
                      "acc_4_1 = max_lanes(acc_4_1, vec_6_1); }" +
                      y_is("acc_4_0", "acc_4_1")) == "ok");
  CHECK(has(over_x_refused("(red min (j 3) true " + kMine + ")"), "no row for min"));
  CHECK(has(over_x_refused("(red add (j r) true " + kMine + ")"), "unequal lanes"));
  CHECK(has(over_x_refused("(red add (j 3) (< j r) " + kMine + ")"), "unequal lanes"));
  CHECK(has(over_x_refused("(red add (j 3) (iszero " + kMine + ") (real 1))"), "unequal lanes"));
}

TEST_CASE("lanes: masks and choices") {
  const auto chosen = [](const std::string& condition) {
    return over_x_refused("(if " + condition + " " + kMine + " (real 0))");
  };
  const auto mask = [](const std::string& condition, const std::string& text) {
    return over_x_to("(if " + condition + " " + kMine + " (real 0))",
                     "const M4 mask_4_0 = " + changed(text, "@", "0LL") + ";" +
                         "const M4 mask_4_1 = " + changed(text, "@", "4LL") + ";" + loads("vec_5") +
                         "const V4 vec_6_0 = broadcast_lanes(static_cast<float>(0LL));" +
                         two_values("vec_7", "select_lanes(mask_4_0, vec_5_0, vec_6_0)",
                                    "select_lanes(mask_4_1, vec_5_1, vec_6_0)") +
                         y_is("vec_7_0", "vec_7_1"));
  };
  CHECK(mask("(< r i)", "below_lanes(i_0, @)") == "ok");
  CHECK(mask("(<= (+ r 1) i)", "below_lanes((i_0 + 1LL), (@ + 1LL))") == "ok");
  CHECK(mask("(< i (- r 1))", "not_lanes(below_lanes((i_0 + 1LL), (@ - 1LL)))") == "ok");
  CHECK(mask("(<= i (+ 1 (- r i)))", "not_lanes(below_lanes(i_0, (1LL + (@ - i_0))))") == "ok");
  for (const char* bad : {"(< (- i r) 3)", "(< (* 2 r) i)", "(< (+ r r) i)", "(< r (+ r 1))",
                          "(< (div r 2) i)", "(< (mod r 2) i)", "(< r (mem T (vec i)))"})
    CHECK(has(chosen(bad), "lane is not added once"));
  CHECK(has(chosen("(== r i)"), "no row for =="));
  CHECK(has(chosen("(or (< r i) true)"), "no row for or"));
  // By rows, the first of which is the whole of (not (iszero x)).
  CHECK(over_x_to("(if (and (not (iszero " + kMine + ")) (< i 3)) " + kMine + " " + kMine + ")",
                  loads("vec_4") +
                      "const M4 mask_5_0 = nonzero_lanes(vec_4_0);"
                      "const M4 mask_5_1 = nonzero_lanes(vec_4_1);"
                      "const M4 mask_6_0 = spread_lanes((i_0 < 3LL));"
                      "const M4 mask_7_0 = and_lanes(mask_5_0, mask_6_0);"
                      "const M4 mask_7_1 = and_lanes(mask_5_1, mask_6_0);" +
                      loads("vec_8") + loads("vec_9") +
                      two_values("vec_10", "select_lanes(mask_7_0, vec_8_0, vec_9_0)",
                                 "select_lanes(mask_7_1, vec_8_1, vec_9_1)") +
                      y_is("vec_10_0", "vec_10_1")) == "ok");
  // A condition that all lanes share is a branch, also where a row would match.
  CHECK(over_x_to(
            "(+ " + kMine + " (if (< i 3) (* " + kMine + " (mem A (vec i 0))) (real 0)))",
            loads("vec_4") +
                "V4 sel_5_0 = broadcast_lanes(0.0f); V4 sel_5_1 = broadcast_lanes(0.0f);"
                "if ((i_0 < 3LL)) {" +
                loads("vec_6") + "const V4 vec_7_0 = broadcast_lanes(" + kA + ");" +
                two_values("vec_8", "mul_lanes(vec_6_0, vec_7_0)", "mul_lanes(vec_6_1, vec_7_0)") +
                "sel_5_0 = vec_8_0; sel_5_1 = vec_8_1; } else {"
                "const V4 vec_9_0 = broadcast_lanes(static_cast<float>(0LL));"
                "sel_5_0 = vec_9_0; sel_5_1 = vec_9_0; }" +
                two_values("vec_10", "add_lanes(vec_4_0, sel_5_0)", "add_lanes(vec_4_1, sel_5_1)") +
                y_is("vec_10_0", "vec_10_1")) == "ok");
  // One that differs is a mask, in a reduction as well.
  CHECK(over_x_to("(red add (j D) true (if (<= j r) (* " + kMine + " (real 2)) (real 0)))",
                  "V4 acc_4_0 = broadcast_lanes(0.0f); V4 acc_4_1 = broadcast_lanes(0.0f);"
                  "for (std::int64_t j_5 = 0; j_5 < a.D; ++j_5) {"
                  "const M4 mask_6_0 = not_lanes(below_lanes(j_5, 0LL));"
                  "const M4 mask_6_1 = not_lanes(below_lanes(j_5, 4LL));" +
                      loads("vec_7") +
                      "const V4 vec_8_0 = broadcast_lanes(static_cast<float>(2LL));"
                      "acc_4_0 = fma_where_lanes(acc_4_0, mask_6_0, vec_7_0, vec_8_0);"
                      "acc_4_1 = fma_where_lanes(acc_4_1, mask_6_1, vec_7_1, vec_8_0); }" +
                      y_is("acc_4_0", "acc_4_1")) == "ok");
}

TEST_CASE("lanes: unrolled loops") {
  const auto x2 = [](const std::string& bound, const std::string& value) {
    return "(let (x) (gen (r 8) (gen (w " + bound + ") " + value + ")) (psi (vec 0 0) x))";
  };
  const auto at = [](const std::string& index) {
    return "a.A[((i_0 * a.A_s[0]) + (" + index + " * a.A_s[1]))]";
  };
  const auto store = [](const std::string& w, const std::string& lane, const std::string& value) {
    return "store_lanes((x_1 + ((" + w + " * 8LL) + " + lane + ")), " + value + ");";
  };
  const std::string zero = "(w_2 + 0LL)", one = "(w_2 + 1LL)";
  const std::string main = "const V4 vec_3_0 = broadcast_lanes(" + at(zero) +
                           "); const V4 vec_3_1 = broadcast_lanes(" + at(one) + ");" +
                           store(zero, "0LL", "vec_3_0") + store(zero, "4LL", "vec_3_0") +
                           store(one, "0LL", "vec_3_1") + store(one, "4LL", "vec_3_1") + "}";
  const std::string head = "float* const x_1 = scratch + 0; std::int64_t w_2 = 0;";
  const std::string put = "a.O[(i_0 * a.O_s[0])] = x_1[((0LL * 8LL) + 0LL)];";
  CHECK(lowers_to(x2("4", "(mem A (vec i w))"),
                  head + "for (; (w_2 + 2LL) <= 4LL; w_2 += 2LL) {" + main + put) == "ok");
  CHECK(lowers_to(x2("D", "(mem A (vec i w))"),
                  head + "for (; (w_2 + 2LL) <= a.D; w_2 += 2LL) {" + main +
                      "for (; w_2 < a.D; ++w_2) { const V4 vec_4_0 = broadcast_lanes(" + at("w_2") +
                      ");" + store("w_2", "0LL", "vec_4_0") + store("w_2", "4LL", "vec_4_0") + "}" +
                      put) == "ok");
  CHECK(has(body(x2("5", "(mem A (vec i w))")), "for (; w_2 < 5LL; ++w_2)"));
  // Uniform reductions run for each number: all of them first.
  CHECK(lowers_to(x2("4", "(red add (j w) true (mem A (vec j w)))"),
                  head +
                      "for (; (w_2 + 2LL) <= 4LL; w_2 += 2LL) {"
                      "float acc_3 = 0.0f; for (std::int64_t j_4 = 0; j_4 < (w_2 + 0LL); ++j_4) {"
                      "acc_3 = acc_3 + a.A[((j_4 * a.A_s[0]) + ((w_2 + 0LL) * a.A_s[1]))]; }"
                      "float acc_5 = 0.0f; for (std::int64_t j_6 = 0; j_6 < (w_2 + 1LL); ++j_6) {"
                      "acc_5 = acc_5 + a.A[((j_6 * a.A_s[0]) + ((w_2 + 1LL) * a.A_s[1]))]; }"
                      "const V4 vec_7_0 = broadcast_lanes(acc_3);"
                      "const V4 vec_7_1 = broadcast_lanes(acc_5);" +
                      store(zero, "0LL", "vec_7_0") + store(zero, "4LL", "vec_7_0") +
                      store(one, "0LL", "vec_7_1") + store(one, "4LL", "vec_7_1") + "}" + put) ==
        "ok");
  // Points: u before v; one value for what does not depend on u; a mask for what does.
  const std::string over = "(let (x) (gen (r 8) (real 1)) (let (y) (gen (r 8) (gen (w 4) " +
                           ("(if (< w i) (+ " + kMine + " (mem A (vec i w))) (real 0))") +
                           ")) (psi (vec 0 0) y)))";
  const auto y = [](const std::string& w, const std::string& lane, const std::string& value) {
    return "store_lanes((y_3 + ((" + w + " * 8LL) + " + lane + ")), " + value + ");";
  };
  const std::string w0 = "(w_4 + 0LL)", w1 = "(w_4 + 1LL)";
  CHECK(lowers_to(over, std::string(kX) +
                            "std::int64_t w_4 = 0; for (; (w_4 + 2LL) <= 4LL; w_4 += 2LL) {"
                            "const M4 mask_5_0 = spread_lanes((" +
                            w0 +
                            " < i_0));"
                            "const M4 mask_5_1 = spread_lanes((" +
                            w1 + " < i_0));" + loads("vec_6") +
                            "const V4 vec_7_0 = broadcast_lanes(" + at(w0) +
                            "); const V4 vec_7_1 = broadcast_lanes(" + at(w1) +
                            ");"
                            "const V4 vec_8_0 = add_lanes(vec_6_0, vec_7_0);"
                            "const V4 vec_8_1 = add_lanes(vec_6_1, vec_7_0);"
                            "const V4 vec_8_2 = add_lanes(vec_6_0, vec_7_1);"
                            "const V4 vec_8_3 = add_lanes(vec_6_1, vec_7_1);"
                            "const V4 vec_9_0 = broadcast_lanes(static_cast<float>(0LL));"
                            "const V4 vec_10_0 = select_lanes(mask_5_0, vec_8_0, vec_9_0);"
                            "const V4 vec_10_1 = select_lanes(mask_5_0, vec_8_1, vec_9_0);"
                            "const V4 vec_10_2 = select_lanes(mask_5_1, vec_8_2, vec_9_0);"
                            "const V4 vec_10_3 = select_lanes(mask_5_1, vec_8_3, vec_9_0);" +
                            y(w0, "0LL", "vec_10_0") + y(w0, "4LL", "vec_10_1") +
                            y(w1, "0LL", "vec_10_2") + y(w1, "4LL", "vec_10_3") +
                            "} a.O[(i_0 * a.O_s[0])] = y_3[((0LL * 8LL) + 0LL)];") == "ok");
  const auto refused = [&](const std::string& bound, const std::string& value) {
    return body("(let (x) (gen (r 8) (real 1)) (let (y) (gen (r 8) (gen (w " + bound + ") " +
                value + ")) (psi (vec 0 0) y)))");
  };
  CHECK(has(refused("4", "(mem A (vec i 0))"), "does not mention its variable"));
  CHECK(has(refused("4", "(if (< (mem T (vec i)) 3) " + kMine + " (real w))"),
            "does not mention its variable"));
  CHECK(has(refused("4", "(red add (j w) true " + kMine + ")"), "unequal lanes"));
  CHECK(has(refused("4", "(red add (j 3) (< j w) " + kMine + ")"), "unequal lanes"));
  CHECK(has(refused("4", "(let (z) (real w) z)"), "let, fold or osm"));
  CHECK(has(refused("4", "(if (any (j 3) (< j w)) (real 0) (real 1))"), "any inside of lanes"));
}

TEST_CASE("lanes: private variables and folds") {
  // A private scalar is a vector for each V; the state of the fold is turned.
  const std::string term =
      "(let (x) (gen (r 8) (real 1)) (let (y) (fold (J N) (st) (gen (r 8) (real 0)) (gen (r 8) "
      "(let (p) (exp " +
      kMine + ") (+ (psi (vec r) st) p)))) (psi (vec 0) y)))";
  CHECK(lowers_to(
            term,
            std::string(kX) + "const V4 vec_4_0 = broadcast_lanes(static_cast<float>(0LL));" +
                y_is("vec_4_0", "vec_4_0") +
                "for (std::int64_t J_5 = 0; J_5 < a.N; ++J_5) {"
                "V4 p_6_0 = broadcast_lanes(0.0f); V4 p_6_1 = broadcast_lanes(0.0f);" +
                loads("vec_7") + two_values("vec_8", "exp_lanes(vec_7_0)", "exp_lanes(vec_7_1)") +
                "p_6_0 = vec_8_0; p_6_1 = vec_8_1;" +
                two_values("vec_9", "load_lanes((y_3 + 0LL))", "load_lanes((y_3 + 4LL))") +
                two_values("vec_10", "add_lanes(vec_9_0, p_6_0)", "add_lanes(vec_9_1, p_6_1)") +
                y_is("vec_10_0", "vec_10_1") + "}" + kStored) == "ok");
  // A private array has one more axis, of the lanes.
  const std::string array =
      over_x("(let (p) (gen (c D) (+ " + kMine + " (mem A (vec i c)))) (psi (vec 2) p))");
  CHECK(lowers_to(array, std::string(kX) +
                             "float* const p_4 = scratch + (8LL + 8LL);"
                             "for (std::int64_t c_5 = 0; c_5 < a.D; ++c_5) {" +
                             loads("vec_6") +
                             "const V4 vec_7_0 = broadcast_lanes("
                             "a.A[((i_0 * a.A_s[0]) + (c_5 * a.A_s[1]))]);" +
                             two_values("vec_8", "add_lanes(vec_6_0, vec_7_0)",
                                        "add_lanes(vec_6_1, vec_7_0)") +
                             "store_lanes((p_4 + ((c_5 * 8LL) + 0LL)), vec_8_0);"
                             "store_lanes((p_4 + ((c_5 * 8LL) + 4LL)), vec_8_1); }" +
                             two_values("vec_9", "load_lanes((p_4 + ((2LL * 8LL) + 0LL)))",
                                        "load_lanes((p_4 + ((2LL * 8LL) + 4LL)))") +
                             y_is("vec_9_0", "vec_9_1") + kStored) == "ok");
  CHECK(has(audit::lower(statement(array), spec(), "s",
                         placed(R"({"lanes":["r"],"unroll":[],"turned":["x","y"]})"))
                .text,
            "return total(total(8LL, 8LL), product(a.D, 8LL));"));
  // What is private differs from lane to lane, whatever it holds; also where it is bound within.
  for (const std::string value :
       {"(let (p) (real 1) (red add (j 3) (iszero p) (real 1)))",
        "(let (p) (gen (c 3) (real 1)) (red add (j 3) (iszero (psi (vec j) p)) (real 1)))",
        "(red add (j 3) (iszero (let (p) (real 1) p)) (real 1))",
        "(fold (J 3) (st) (real 1) (red add (j 3) (iszero st) (real 1)))"})
    CHECK(has(over_x_refused(value), "unequal lanes"));
  CHECK(has(over_x_refused("(exp (let (p) (real 1) p))"), "no row for let"));
  CHECK(has(over_x_refused("(let (p) (real 1) (if (iszero p) (tup p p) (tup p p)))"), "type"));
  // A choice of arrays needs a condition that lanes share.
  const std::string arrays =
      "(let (p) (if @ (gen (c 3) (real 1)) (gen (c 3) (real 2))) (psi (vec 0) p))";
  CHECK(has(over_x_refused(changed(arrays, "@", "(< r i)")), "not a statement or scalar: if"));
  CHECK(has(over_x_refused(changed(arrays, "@", "(< 1 i)")), "if ((1LL < i_0)) {"));
  CHECK(has(over_x_refused("(let (p) (gen (c r) (real 1)) (real 1))"), "not made of dimensions"));
  CHECK(has(over_x_refused("(fold (J r) (st) (real 1) st)"), "differs from lane to lane"));
}

TEST_CASE("lanes: 8.4 for each lane, branches") {
  const auto folded = [](const std::string& step) {
    return body("(let (y) (fold (J N) (st) (gen (r 8) (real 0)) " + step + ") (psi (vec 0) y))",
                R"({"lanes":["r"],"unroll":[],"turned":["y"]})");
  };
  CHECK(has(folded("(gen (r 8) (exp (psi (vec r) st)))"), "store_lanes"));
  CHECK(has(folded("(gen (r 8) (psi (vec 0) st))"), "in-place: a read of another"));
  CHECK(has(folded("(gen (r 8) (let (p) (psi (vec 0) st) p))"), "in-place: a read of another"));
  CHECK(has(folded("(let (z) (psi (vec 0) st) (gen (r 8) z))"), "store_lanes"));
  // Two parts of a state: the second one reads what the first one wrote.
  const auto pair = [](const std::string& second) {
    return body(
        "(let (y) (fold (J N) (st) (tup (gen (r 8) (real 0)) (gen (r 8) (real 0))) (tup (gen "
        "(r 8) (exp (psi (vec r) (get 0 st)))) (gen (r 8) " +
            second + "))) (psi (vec 0) (get 1 y)))",
        R"({"lanes":["r"],"unroll":[],"turned":["y"]})");
  };
  CHECK(has(pair("(psi (vec r) (get 1 st))"), "store_lanes"));
  CHECK(has(pair("(psi (vec r) (get 0 st))"), "in-place: reads"));
  // The second loop of an unrolled gen has elements of its own.
  const auto wide = [](const std::string& step) {
    return body(
        "(let (y) (fold (J N) (st) (gen (r 8) (gen (w D) (real w))) (gen (r 8) (gen (w D) " + step +
            "))) (psi (vec 0 0) y))",
        R"({"lanes":["r"],"unroll":[["w","2"]],"turned":["y"]})");
  };
  CHECK(has(wide("(exp (psi (vec r w) st))"), "store_lanes"));
  CHECK(has(wide("(exp (psi (vec r 0) st))"), "in-place: a read of another"));
  // Both branches of a choice begin with what was written before it; after it either counts.
  const auto two = [](const std::string& step) {
    return body("(let (y) (fold (J N) (st) (tup (real 0) (real 0)) " + step + ") (get 0 y))",
                R"({"lanes":[],"unroll":[],"turned":[]})");
  };
  CHECK(has(two("(if (< J 3) (tup (real 1) (get 1 st)) (tup (get 0 st) (real 2)))"), "y_1_0 ="));
  CHECK(has(two("(if (< J 3) (tup (real 1) (get 0 st)) (tup (real 1) (real 2)))"), "in-place"));
  CHECK(has(two("(tup (if (< J 3) (real 1) (get 0 st)) (get 0 st))"), "in-place: reads"));
  CHECK(has(two("(tup (if (< J 3) (get 0 st) (real 1)) (get 0 st))"), "in-place: reads"));
  CHECK(has(two("(tup (if (< J 3) (get 0 st) (get 0 st)) (get 0 st))"), "y_1_1 ="));
}

TEST_CASE("place: what a binder may be") {
  const auto with = [](const std::string& e, const std::string& place) { return body(e, place); };
  const std::string good = filled("(real 1)");
  const char kOnly[] = R"({"lanes":["r"],"unroll":[],"turned":["x"]})";
  CHECK(has(with(good, kOnly), "store_lanes"));
  CHECK(has(with(good, R"({"lanes":["r","q"],"unroll":[],"turned":["x"]})"), "no binder has"));
  CHECK(has(with(good, R"({"lanes":["r"],"unroll":[["q","2"]],"turned":["x"]})"), "no binder has"));
  CHECK(has(with(good, R"({"lanes":["r"],"unroll":[],"turned":["x","q"]})"), "no binder has"));
  CHECK(has(with(good, R"({"lanes":["r","x"],"unroll":[],"turned":[]})"), "another binder"));
  CHECK(has(with(good, R"({"lanes":["i"],"unroll":[],"turned":["x"]})"), "another binder"));
  CHECK(has(with(good, R"({"lanes":[],"unroll":[],"turned":["x","r"]})"), "another binder"));
  CHECK(has(with(filled("(red add (r 3) true (real 1))"), kOnly), "another binder"));
  CHECK(has(with("(let (x) (fold (J N) (x) (gen (r 8) (real 1)) x) (psi (vec 0) x))", kOnly),
            "another binder"));
  // Bounds: V vectors, V from 1 to 8.
  const auto bound = [&](const std::string& n) {
    return with("(let (x) (gen (r " + n + ") (real 1)) (psi (vec 0) x))", kOnly);
  };
  CHECK(has(bound("4"), "store_lanes"));
  CHECK(has(bound("32"), "store_lanes"));
  for (const char* bad : {"0", "-4", "6", "36", "D", "(+ 4 4)"})
    CHECK(has(bound(bad), "not 1 to 8 vectors"));
  CHECK(has(with(filled("(let (p) (gen (r 8) (real 1)) (psi (vec 0) p))"), kOnly),
            "inside of another one"));
  CHECK(has(with(filled("(if (any (j 3) (< j 2)) (real 1) (real 2))"), kOnly),
            "any inside of lanes"));
  CHECK(
      has(with(filled("(psi (vec 0) (pargen (c 3) (real 1)))"), kOnly), "pargen inside of lanes"));
  CHECK(has(with(filled("(letslow (p) (real 1) p)"), kOnly), "letslow inside of lanes"));
  // Unrolled binders.
  const auto unrolled = [&](const std::string& e, const std::string& units = "2") {
    return with(e, R"({"lanes":["r"],"unroll":[["w",")" + units + R"("]],"turned":["x"]})");
  };
  const auto wide = [](const std::string& n, const std::string& value) {
    return "(let (x) (gen (r " + n + ") " + value + ") (psi (vec 0 0) x))";
  };
  CHECK(has(unrolled(wide("32", "(gen (w 4) (real 1))"), "4"), "store_lanes"));
  CHECK(has(unrolled(wide("32", "(gen (w 4) (real 1))"), "5"), "more than 32 points"));
  CHECK(has(unrolled("(let (q) (gen (w 4) (real 1)) " + good + ")"), "outside of lanes"));
  CHECK(has(unrolled("(let (x) (gen (r 8) (gen (w 4) (gen (w 3) (real 1)))) (psi (vec 0 0 0) x))"),
            "unrolled"));
  CHECK(has(unrolled("(let (x) (gen (r 8) (gen (w 4) (gen (c 3) (real 1)))) (psi (vec 0 0 0) x))"),
            "no scalar"));
  CHECK(has(unrolled("(let (x) (gen (r 8) (gen (w 4) (tup (real 1) (real 2)))) (get 0 (psi (vec 0 "
                     "0) x)))"),
            "no scalar"));
  CHECK(has(unrolled(wide("8", "(gen (w 4) (fold (J 3) (st) (real 1) st))")), "let, fold or osm"));
  // Turned variables.
  const auto turned = [&](const std::string& e) { return with(e, kOnly); };
  CHECK(has(turned("(let (x) (real 1) (let (y) (gen (r 8) (real 1)) x))"), "without a first axis"));
  CHECK(has(turned("(let (x) (gen (c D) (real 1)) (let (y) (gen (r 8) (real 1)) (psi (vec 0) x)))"),
            "without a first axis"));
  CHECK(has(turned("(let (x) (gen (c 6) (real 1)) (let (y) (gen (r 8) (real 1)) (psi (vec 0) x)))"),
            "without a first axis"));
  CHECK(has(turned("(let (x) (tup (gen (r 8) (real 1)) (gen (r 4) (real 1))) (psi (vec 0) (get 0 "
                   "x)))"),
            "without a first axis"));
  CHECK(has(turned("(let (x) (tup (gen (r 8) (real 1)) (real 1)) (get 1 x))"),
            "without a first axis"));
  CHECK(has(turned("(let (y) (gen (r 8) (let (x) (gen (c 8) (real 1)) (psi (vec 0) x))) (psi (vec "
                   "0) y))"),
            "turned variable inside of lanes"));
}

TEST_CASE("lanes: only what stands one after the other is loaded and stored") {
  const auto with = [](const std::string& e, const std::string& turned) {
    return body(e, R"({"lanes":["r"],"unroll":[],"turned":[)" + turned + "]}");
  };
  // Not turned.
  CHECK(has(with(filled("(real 1)"), ""), "variable without lanes"));
  CHECK(has(with("(let (y) (gen (c 8) (real 1)) (let (x) (gen (r 8) (psi (vec r) y)) (psi (vec 0) "
                 "x)))",
                 R"("x")"),
            "variable without lanes"));
  // Another axis than the first.
  CHECK(has(with("(let (x) (gen (c 8) (gen (r 8) (real 1))) (psi (vec 0 0) x))", R"("x")"),
            "one after the other"));
  const auto second = [&](const std::string& index) {
    return with("(let (x) (gen (c 8) (gen (d 8) (real 1))) (let (y) (gen (r 8) (psi (vec " + index +
                    ") x)) (psi (vec 0) y)))",
                R"("x","y")");
  };
  CHECK(has(second("r 3"), "load_lanes((x_1 + ((3LL * 8LL) + 0LL)))"));
  CHECK(has(second("3 r"), "one after the other"));
  CHECK(has(second("r r"), "one after the other"));
  CHECK(has(second("(+ r 0) 3"), "one after the other"));
  CHECK(has(second("3 4"), "broadcast_lanes(x_1[((4LL * 8LL) + 3LL)])"));
  CHECK(has(second("r (mem T (vec i))"), "index loads"));
  CHECK(has(with(filled("(let (p) (gen (c 8) (real 1)) (psi (vec r) p))"), R"("x")"),
            "one after the other"));
  // The vectors of a private scalar take names as any other.
  CHECK(has(with(filled("(let (p_2) (real 1) (let (p) (tup (real 1) (real 2)) p_2))"), R"("x")"),
            "store_lanes"));
}

TEST_CASE("lanes: what safe assumes and sizes") {
  const auto places = [](const std::string& e) {
    audit::Generator generator(spec());
    const Term term = statement(e);
    const Lanes lanes = placed(place_of(e));
    const Json cover = audit::parse_json(R"([["i","o0"]])");
    return std::pair(generator.safe(term, cover, lanes), generator.safe(term, cover));
  };
  // The hypotheses of the first obligation at a node that prints so.
  const auto hypotheses = [](const std::vector<audit::Obligation>& list, const std::string& at) {
    for (const audit::Obligation& obligation : list)
      if (has(obligation.place, at)) return obligation.hypotheses.size();
    return std::size_t{0};
  };
  const auto dropped = [&](const std::string& value) {
    const auto [with, without] = places(over_x(value));
    const std::size_t all = hypotheses(without, "(mem A");
    REQUIRE(all > 0);
    return all - hypotheses(with, "(mem A");
  };
  const std::string a = "(mem A (vec i 0))";
  CHECK(dropped("(if (< r i) " + a + " " + kMine + ")") == 1);
  CHECK(dropped("(if (< r i) " + kMine + " " + a + ")") == 1);
  CHECK(dropped("(if (iszero " + kMine + ") (if (< r i) " + a + " (real 0)) (real 1))") == 1);
  CHECK(dropped("(if (< 3 i) " + a + " " + kMine + ")") == 0);
  CHECK(dropped("(red add (j D) (< j 3) (* " + kMine + " " + a + "))") == 0);
  CHECK(dropped("(red add (j D) (< j 3) (* " + kMine + " (if (<= j r) " + a + " (real 1))))") == 1);
  // Of an unrolled variable: a branch where lanes share the whole, else a mask.
  const auto unrolled = [&](const std::string& value) {
    const auto [with, without] =
        places("(let (x) (gen (r 8) (real 1)) (let (y) (gen (r 8) (gen (w 4) " + value +
               ")) (psi (vec 0 0) y)))");
    return hypotheses(without, "(mem A") - hypotheses(with, "(mem A");
  };
  const std::string aw = "(mem A (vec i w))";
  CHECK(unrolled("(if (< w 3) " + aw + " (real 0))") == 0);
  CHECK(unrolled("(if (< w 3) (* " + kMine + " " + aw + ") (real 0))") == 1);
  CHECK(unrolled("(if (< i 3) (* " + kMine + " " + aw + ") (real 0))") == 0);
  // Outside of lanes nothing changes.
  const auto [with, without] = places("(if (< i 3) " + a + " " + over_x("(real 1)") + ")");
  CHECK(hypotheses(with, "(mem A") == hypotheses(without, "(mem A"));
  CHECK(with.size() == without.size());
  // Sizes: a private array has one more, a private scalar and a turned array have not.
  const auto sizes = [&](const std::string& value) {
    const auto [all, portable] = places(over_x(value));
    return all.size() - portable.size();
  };
  CHECK(sizes("(let (p) (gen (c D) (real c)) (psi (vec 0) p))") == 1);
  CHECK(sizes("(let (p) (tup (gen (c D) (real c)) (real 1) (gen (c 3) (real c))) (get 1 p))") == 2);
  CHECK(sizes("(let (p) (real 1) p)") == 0);
}

TEST_CASE("lanes: footprint and traffic") {
  const auto costs = [](const std::string& e, const std::string& place = "") {
    return audit::costs_of(statement(e), spec(), placed(place.empty() ? place_of(e) : place));
  };
  const auto words = [&](const std::string& e, const std::string& expected) {
    const std::string none = R"({"lanes":["r"],"unroll":[],"turned":[]})";
    return audit::same_index(costs(e, none).footprints.at(0),
                             audit::read_term(expected, {}, spec()), audit::Scope{}, spec());
  };
  CHECK(words("(real 1)", "1"));
  CHECK(words(over_x("(real 1)"), "(+ (+ 8 8) (+ 1 (* 32 4)))"));
  CHECK(words(over_x("(let (p) (real 1) p)"), "(+ (+ 8 8) (+ 8 (+ 1 128)))"));
  CHECK(words(over_x("(let (p) (gen (c D) (real c)) (psi (vec 0) p))"),
              "(+ (+ 16 (* D 8)) (+ 1 128))"));
  // The loops of the first site that loads A.
  const auto sites = [&](const std::string& e) {
    std::string text;
    const audit::Costs all = costs(e);
    for (const audit::TrafficRow& row : all.rows) {
      if (row.array != "A") continue;
      for (const audit::Site& site : row.sites) {
        text += site.exact ? "exact" : "bound";
        for (const Term& factor : site.factors) text += " " + audit::print(factor);
        if (!site.nests.empty()) text += " nest";
        text += ";";
      }
    }
    return text;
  };
  const std::string a = "(mem A (vec i 0))";
  CHECK(sites(over_x(a)) == "exact N;");
  CHECK(sites(over_x("(red add (j D) true (* " + kMine + " (mem A (vec i j))))")) == "exact N D;");
  CHECK(sites(over_x("(if (< r i) " + a + " " + kMine + ")")) == "exact N;");
  CHECK(sites(over_x("(if (< 3 i) " + a + " " + kMine + ")")) == "exact nest;");
  CHECK(sites(over_x("(if (and (< i 3) (iszero (* " + kMine + " " + a + "))) (real 1) " + kMine +
                     ")")) == "exact N;");
  CHECK(sites(over_x("(if (and (< i 3) (iszero " + a + ")) (real 1) " + kMine + ")")) ==
        "exact nest;");
  CHECK(sites("(let (x) (gen (r 8) (gen (w D) (mem A (vec i w)))) (psi (vec 0 0) x))") ==
        "exact N D;");
}
