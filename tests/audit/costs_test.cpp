// What: tests of the auditor's costs: sites and counts, joined loops, nests and their sums, trees,
// rows of traffic, footprints.
// The idea: small final terms with proofs by hand; beside each accepted claim stands a twin that is
// wrong in one point, and the expected refusal is named by code and text. Then the committed
// certificates, changed in one point of their costs.
// How it may be wrong: a twin that is refused for another reason than the point that was changed.
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../../certificates/audit/audit.h"
#include "../../certificates/audit/costs.h"

#ifndef MINIMOA_SOURCE_DIR
#define MINIMOA_SOURCE_DIR "."
#endif

namespace {
using audit::Costs;
using audit::Json;
using Text = std::string;

bool has(const Text& text, const Text& part) { return text.find(part) != Text::npos; }

const audit::Spec& spec() {
  static const audit::Spec read = audit::read_spec(
      "spec x\ndims N, M\nin A: f32[N], L: i32[N] in 0 .. N\nout O: f32[N]\nO = A\n");
  return read;
}
Costs costs(const Text& text) {
  return audit::costs_of(audit::read_term(text, {}, spec()), spec());
}

// "A load exact N*M n0, O store ..": the rows, each site with its factors and nests.
Text rows(const Text& text) {
  Text out;
  try {
    for (const audit::TrafficRow& row : costs(text).rows) {
      out += (out.empty() ? "" : "; ") + row.array + (row.store ? " store" : " load");
      for (const audit::Site& site : row.sites) {
        out += site.exact ? " =" : " <";
        for (const audit::Term& factor : site.factors) out += " " + audit::print(factor);
        for (const std::size_t nest : site.nests) out += " #" + std::to_string(nest);
      }
    }
  } catch (const audit::Refused& refused) {
    return refused.code + ": " + refused.text;
  }
  return out;
}

// Loops i < N and j < N around a load of A and a store of O; `value` is what is written.
Text loops(const Text& value) { return "(for (i N) (put (vec i) " + value + "))"; }
const Text kA = "(mem A (vec i))";

// "ok", or the refusal of the costs of a term. Facts of a proof: 0 N-1, 1 2^24-N, 2 M-1, 3 2^24-M.
Text check(const Text& term, const Text& json, audit::Strings* lines = nullptr) {
  try {
    audit::Generator generator(spec());
    const audit::Term final_term = audit::read_term(term, {}, spec());
    generator.divisors(final_term);
    Text place;
    audit::Strings holes;
    audit::Strings result;
    audit::Costs found = audit::costs_of(final_term, spec());
    audit::check_traffic(found, audit::parse_json(json), {spec(), generator, place, holes}, result);
    if (lines != nullptr) *lines = result;
    return holes.empty() ? "ok" : "hole";
  } catch (const audit::Refused& refused) {
    return refused.code + ": " + refused.text;
  } catch (const std::exception& error) {
    return Text("exception: ") + error.what();
  }
}

Text replaced(Text text, const Text& old, const Text& now) {
  const std::size_t at = text.find(old);
  REQUIRE(at != Text::npos);
  return text.replace(at, old.size(), now);
}

// A sum of all the parts, of little depth.
Text sum(std::vector<Text> parts) {
  while (parts.size() > 1) {
    std::vector<Text> pairs;
    for (std::size_t k = 0; k + 1 < parts.size(); k += 2)
      pairs.push_back("(+ " + parts[k] + " " + parts[k + 1] + ")");
    if (parts.size() % 2 == 1) pairs.push_back(parts.back());
    parts = pairs;
  }
  return parts.at(0);
}
}  // namespace

TEST_CASE("costs: the limit of nodes") {
  // Of each of the two limits; the other tests have a budget of their own.
  const audit::Budget before = spec().budget;
  const auto fresh = [] { spec().budget = audit::Budget(); };
  // The claim is looked at again in every case.
  fresh();
  std::vector<Text> parts(32768, "0");
  Text tree = R"(["goals", []])";
  for (int k = 1; k <= 160; ++k) {
    parts.push_back("(min N " + std::to_string(k) + ")");
    tree = R"(["cases", ["absurd", {"hole": "no-witness"}], )" + tree + "]";
  }
  CHECK(check(loops(kA), R"({"nests": [], "traffic": [["A", "load", "exact", "1", ")" + sum(parts) +
                             "\", " + tree + "]]}") == "limit: too many typed nodes");
  // A condition is looked at again for every two loops.
  fresh();
  Text many = "(red add (j N) (< " + sum(std::vector<Text>(8192, "0")) + " j) " + kA + ")";
  for (int k = 0; k < 60; ++k) many = "(red add (k M) true " + many + ")";
  CHECK(rows(loops(many)) == "limit: too many typed nodes");
  spec().budget = before;
}

TEST_CASE("costs: sites, conditions, branches") {
  CHECK(rows(loops(kA)) == "A load = N; O store = N");
  CHECK(rows(loops("(if (iszero " + kA + ") " + kA + " bottom)")) == "A load = N < N; O store = N");
  CHECK(rows(loops("(if (< (mem L (vec i)) 1) bottom " + kA + ")")) ==
        "A load < N; L load = N; O store = N");
  CHECK(rows(loops("(if (< N M) " + kA + " bottom)")) == "A load < N; O store = N");
  CHECK(rows(loops("(if true " + kA + " bottom)")) == "A load = N; O store = N");
  CHECK(rows(loops("(if (and (< i M) true) " + kA + " bottom)")) == "A load = #0; O store = N");
  CHECK(rows(loops("(if (and (< i M) (iszero " + kA + ")) bottom bottom)")) ==
        "A load = #0; O store = N");
  CHECK(rows(loops("(if (or (< i M) (iszero " + kA + ")) bottom bottom)")) ==
        "A load = #0; O store = N");
  CHECK(costs(loops("(if (or (< i M) (iszero " + kA + ")) bottom bottom)"))
            .nests[0]
            .conditions[0][0]
            ->op == audit::Op::kNot);
  CHECK(rows(loops("(red add (j M) (iszero " + kA + ") " + kA + ")")) ==
        "A load = N M < N M; O store = N");
  CHECK(rows(loops("(red add (j 1) true " + kA + ")")) == "A load = N; O store = N");
  CHECK(rows(loops("(mem A (vec (mem L (vec i))))")) == "A load = N; L load = N; O store = N");
  // A bound that reads an array has no closed form, if it is not replaced by its greatest value.
  const Text mod = "(mod (mem L (vec i)) 2)";
  const Text ragged = loops("(red add (j " + mod + ") true " + kA + ")");
  CHECK(rows(ragged) == "A load = #0; L load = N; O store = N");
  CHECK(rows(loops("(red add (j (mod (mem L (vec 0)) 2)) true " + kA + ")")) ==
        "A load = N #0; L load = N; O store = N");
  CHECK(check(ragged, R"({"nests": [{"sums":[],"proofs":[]}], "traffic": []})") == "ok");
  CHECK(has(
      check(ragged, R"({"nests": [{"sums":[["1","v0"],["1","v1"]],"proofs":[]}], "traffic": []})"),
      "costs: sums over"));
  CHECK(rows(loops("(if (iszero " + kA + ") (if (< i M) " + kA + " bottom) bottom)")) ==
        "A load = N < #0; O store = N");
  // In C++ this sum runs before i < M is known, so its loads would be N M, not #0 M.
  for (const Text op : {"and", "or"})
    for (const Text& value : {"(red add (j M) true " + kA + ")", "(if true " + kA + " bottom)",
                              "(let (y) " + kA + " y)"})
      CHECK(has(rows(loops("(if (" + op + " (< i M) (iszero " + value + ")) bottom bottom)")),
                "costs: a loop or choice"));
  CHECK(rows(loops("(if (and (iszero (red add (j M) true " + kA + ")) (< i M)) bottom bottom)")) ==
        "A load = N M; O store = N");
  // Loads in bounds and indices.
  CHECK(rows("(for (i (mem L (vec 0))) (put (vec i) bottom))") == "L load =; O store < #0");
  CHECK(rows("(for (i N) (put (vec (mem L (vec i))) bottom))") == "L load = N; O store = N");
  CHECK(rows("(letslow (x) (fold (J (mem L (vec 0))) (st) bottom (neg st)) (for (i N) (put (vec i) "
             "(let (y) (gen (k N) x) (psi (vec (mem L (vec i))) y)))))") ==
        "L load = = N; O store = N; x load < #0 = N N; x store = < #0");
  CHECK(has(rows(loops("(psi (vec i) A)")), "costs: a selection from something not stored"));
  // A loop of negative length runs 0 times; as a factor it would count less than nothing.
  CHECK(rows(loops("(red add (j (- N 1)) true " + kA + ")")) == "A load = N #0; O store = N");
  CHECK(rows(loops("(red add (j (div (- N 1) 2)) true " + kA + ")")) ==
        "A load = N #0; O store = N");
  CHECK(rows("(for (i -3) (put (vec i) bottom))") == "O store = #0");
  CHECK(rows(loops("(red add (j (+ N (- 2 1))) true " + kA + ")")) ==
        "A load = N (+ N (- 2 1)); O store = N");
}

TEST_CASE("costs: extremes of what integer inputs bound") {
  // Bound and conditions of the first nest, as they are counted. L is in 0 .. N.
  const auto nest = [](const Text& bound, const Text& condition) {
    const Costs found = costs(loops("(red add (j " + bound + ") " + condition + " " + kA + ")"));
    if (found.nests.empty()) return Text("no nest");
    Text text = audit::print(found.nests[0].bounds.back(), {"i"});
    for (const audit::Term& each : found.nests[0].conditions.back())
      text += " " + audit::print(each, {"j"});
    return text;
  };
  const Text x = "(mem L (vec i))";
  CHECK(nest(x, "true") == "(- N 1)");
  CHECK(nest("(- M " + x + ")", "true") == "no nest");
  CHECK(nest("(- M (+ 1 " + x + "))", "true") == "(- M (+ 1 0))");
  CHECK(nest("(- N (- M " + x + "))", "true") == "(- N (- M (- N 1)))");
  CHECK(nest("(div " + x + " 2)", "true") == "(div (- N 1) 2)");
  CHECK(nest("(* M (+ " + x + " " + x + "))", "true") == "(* M (+ (- N 1) (- N 1)))");
  for (const Text& term :
       {"(div 7 " + x + ")", "(div " + x + " " + x + ")", "(mod " + x + " 2)",
        "(* " + x + " " + x + ")", "(* -1 " + x + ")", "(* (+ 1 1) " + x + ")"}) {
    CHECK(nest(term, "true") == audit::print(audit::read_term(term, {"i"}, spec()), {"i"}));
    CHECK(nest("N", "(< j " + term + ")") == "no nest");
  }
  CHECK(nest("N", "(< j " + x + ")") == "N (< j (- N 1))");
  CHECK(nest("N", "(<= " + x + " j)") == "N (<= 0 j)");
  CHECK(nest("N", "(not (< j " + x + "))") == "N (not (< j 0))");
  CHECK(nest("N", "(not (<= " + x + " j))") == "N (not (<= (- N 1) j))");
  CHECK(nest("N", "(not (not (< j " + x + ")))") == "no nest");
  CHECK(nest("N", "(and (< j " + x + ") (< j M))") == "N (< j (- N 1)) (< j M)");
  // A condition that stands there already is dropped, but data have decided.
  const Text twice = "(and (< j (- N 1)) (< j (mem L (vec 0))))";
  CHECK(nest("N", twice) == "N (< j (- N 1))");
  CHECK(rows(loops("(red add (j N) " + twice + " " + kA + ")")) ==
        "A load < N #0; L load = N #0; O store = N");
}

TEST_CASE("costs: slow memory") {
  const auto slow = [](const Text& e) {
    return rows("(letslow (x) " + e + " (for (i N) (put (vec i) (psi (vec i) x))))");
  };
  CHECK(slow("(gen (k N) bottom)") == "O store = N; x load = N; x store = N");
  const auto fold = [&](const Text& step) {
    return slow("(fold (J M) (st) (gen (k N) bottom) " + step + ")");
  };
  CHECK(fold("(gen (k N) (neg (psi (vec k) st)))") ==
        "O store = N; x load = M N = N; x store = N = M N");
  // A branch that keeps what is stored moves nothing; a copy of another element does.
  CHECK(fold("(gen (k N) (if (iszero bottom) bottom (psi (vec k) st)))") ==
        "O store = N; x load = N; x store = N < M N");
  CHECK(fold("(gen (k N) (if (iszero bottom) bottom (psi (vec 0) st)))") ==
        "O store = N; x load < M N = N; x store = N < M N < M N");
  CHECK(fold("(if (iszero bottom) (gen (k N) bottom) st)") ==
        "O store = N; x load = N; x store = N < M N");
  // What is shared is fast.
  CHECK(slow("(let (y) (gen (k N) bottom) (gen (k N) (psi (vec k) y)))") ==
        "O store = N; x load = N; x store = N");
  CHECK(has(rows("(letslow (A) (gen (k N) bottom) (for (i N) (put (vec i) (psi (vec i) A))))"),
            "two arrays of one name"));
  // A scalar in slow memory is loaded wherever its name stands.
  CHECK(rows("(letslow (x) bottom (for (i N) (put (vec i) x)))") ==
        "O store = N; x load = N; x store =");
}

TEST_CASE("costs: joined loops") {
  const auto tiles = [](const Text& tiles, const Text& tile, const Text& guard) {
    return rows("(for (I " + tiles + ") (for (r " + tile + ") (when " + guard +
                " (put (vec (+ (* I 64) r)) bottom))))");
  };
  const Text ceil = "(div (+ N (- 64 1)) 64)";
  const Text guard = "(< (+ (* I 64) r) N)";
  CHECK(tiles(ceil, "64", guard) == "O store = (- N (+ (* 0 64) 0))");
  // Twins: one tile too few or too many, tiles of another length, a condition that tells I and r.
  CHECK(tiles("(div N 64)", "64", guard) == "O store = #0");
  CHECK(tiles("(div (+ N 64) 64)", "64", guard) == "O store = #0");
  CHECK(costs("(for (I (div N 64)) (for (r 64) (when " + guard + " (put (vec r) bottom))))")
            .nests[0]
            .bounds.size() == 1);
  CHECK(costs("(for (I " + ceil + ") (for (r 63) (when " + guard + " (put (vec r) bottom))))")
            .nests[0]
            .bounds.size() == 2);
  CHECK(costs("(for (I " + ceil + ") (for (r M) (when " + guard + " (put (vec r) bottom))))")
            .nests[0]
            .bounds.size() == 2);
  CHECK(costs("(for (I (- 0 1)) (for (r -64) (when " + guard + " (put (vec r) bottom))))")
            .nests[0]
            .bounds.size() == 2);
  CHECK(tiles(ceil, "64", "(<= (+ (* I 64) r) N)") == "O store = #0");
  CHECK(tiles(ceil, "64", "(and " + guard + " (< I M))") == "O store = #0");
  CHECK(tiles(ceil, "64", "(and " + guard + " (!= r 1))") == "O store = #0");
  CHECK(tiles(ceil, "64", "(not (< N (+ (* I 64) r)))") == "O store = #0");
  // Equal nests are one; < and <= meet as polynomials.
  CHECK(rows(loops("(+ (red add (j N) (< j i) " + kA + ") (red add (k N) (<= (+ k 1) i) " + kA +
                   "))")) == "A load = #0 = #0; O store = N");
  CHECK(rows(loops("(+ (red add (j N) (< j i) " + kA + ") (red add (k N) (<= k i) " + kA + "))")) ==
        "A load = #0 = #1; O store = N");
}

TEST_CASE("costs: sums of a triangle, and its twins") {
  // sum over i < N of i + 1 = N (N + 1) / 2.
  const Text term = loops("(red add (j (+ i 1)) true " + kA + ")");
  const Text good =
      R"x({"footprint": [], "nests": [{"sums": [["2", "(* v0 (+ v0 1))"], ["1", "v1"]],
    "proofs": [["goals", [["lin","0",[["1",0],["1",4]]]]], ["goals",[],[]], ["goals",[],[]],
               ["goals", [["lin","0",[["1",4],["1",6]]]]], ["goals",[],[]], ["goals",[],[]]]}],
    "traffic": [["A", "load", "exact", "2", "(* N (+ N 1))", ["goals",[],[]]],
                ["O", "store", "exact", "1", "N", ["goals",[],[]]]]})x";
  audit::Strings lines;
  REQUIRE(check(term, good, &lines) == "ok");
  CHECK(lines == audit::Strings{"traffic A load exact: 2 * words = (* N (+ N 1))",
                                "traffic O store exact: 1 * words = N"});
  const auto twin = [&](const Text& old, const Text& now) {
    return check(term, replaced(good, old, now));
  };
  const Text row_o = R"x(,
                ["O", "store", "exact", "1", "N", ["goals",[],[]]])x";
  const auto bad = [&](const Text& old, const Text& now, const Text& why) {
    INFO(old << " -> " << now << ": " << twin(old, now));
    CHECK(has(twin(old, now), why));
  };
  bad("(* v0 (+ v0 1))", "(* v0 (+ v0 2))", "proof:");        // a coefficient
  bad("(* v0 (+ v0 1))", "(+ 1 (* v0 (+ v0 1)))", "proof:");  // what the sum starts from
  bad("\"1\", \"v1\"", "\"1\", \"(* 2 v1)\"", "proof:");
  bad("\"2\", \"(* v0", "\"1\", \"(* v0", "proof:");  // times of a sum
  bad("\"1\", \"v1\"", "\"3\", \"(* 3 v1)\"", "costs: times is not a multiple");
  bad("\"exact\", \"2\"", "\"exact\", \"1\"", "proof:");  // times of a row
  bad("(* N (+ N 1))", "(* N N)", "proof:");              // its closed form
  bad("\"load\", \"exact\"", "\"load\", \"bound\"", "costs: exact or bound");
  for (const Text times : {"\"0\"", "\"-2\"", "\"2147483649\"", "\"02\"", "2"})
    CHECK(twin("\"exact\", \"2\"", "\"exact\", " + times) != "ok");
  const Text row_a = R"x("exact", "2", "(* N (+ N 1))")x";
  bad(row_a, R"x("exact", "0", "0")x", "costs: times is not");
  bad(row_a, R"x("exact", "2147483650", "(* 1073741825 (* N (+ N 1)))")x", "costs: times is not");
  bad(row_a, R"x("exact", "2147483648", "(* 1073741824 (* N (+ N 1)))")x", "ok");
  bad("[\"1\", \"v1\"]", "[\"0\", \"v1\"]", "costs: times is not");
  bad("v1\"]]", "i\"]]", "scope:");  // other names
  bad("v1\"]]", "(mem A (vec v1))\"]]", "costs: not a term");
  bad("v1\"]]", "(mod v1 (+ N N))\"]]", "costs: not a term");
  bad("v1\"]]", "(div v1 v1)\"]]", "divisor");
  bad("v1\"]]", "v1\"], [\"1\", \"v2\"]]", "json: expected a list of 2");  // a loop too many
  bad("\"v1\"]]", "\"v1\"]], \"x\": \"y\"", "json:");
  bad("[[\"2\", \"(* v0 (+ v0 1))\"], [\"1\", \"v1\"]]", "[]", "json: expected a list of 0");
  bad("\"nests\": [", "\"nests\": [{\"sums\":[],\"proofs\":[]},", "json: expected a list of 1");
  bad("[\"goals\",[],[]]]}]", "[\"goals\",[],[]]]},{\"sums\":[],\"proofs\":[]}]",
      "json: expected a list of 1");
  bad("[\"goals\",[],[]],", "", "json: expected a list of 6");  // a claim without a tree
  bad("[\"goals\",[],[]]", "[\"goals\",[]]", "proof: has 1 proofs");
  bad("[\"goals\",[],[]]", "[\"cases\",[\"goals\",[]],[\"goals\",[]]]", "costs: no tree");
  bad("[\"goals\",[],[]]", "[\"absurd\",[]]", "proof:");  // an absurd that is not
  bad("[\"goals\",[],[]]", "[\"trust\"]", "costs: no tree");
  bad("[\"goals\",[],[]]", "[]", "exception");
  bad("[\"goals\",[],[]]", "[\"goals\",{\"hole\":\"no-witness\"},[]]", "hole");
  // `use` refers to obligations of the same list only.
  bad("[\"goals\",[],[]]", "[\"goals\",[[\"use\",0,[],[]]],[]]", "proof: use");
  bad(row_o, "", "ok");  // a row may be missing
  bad("\"A\", \"load\"", "\"A\", \"store\"", "costs: a row out of order");
  bad("[\"O\", \"store\"", "[\"L\", \"load\"", "costs: a row out of order");
  CHECK(has(check(term, replaced(replaced(good, row_o, ""), "\"traffic\": [",
                                 "\"traffic\": [[\"O\", \"store\", "
                                 "\"exact\", \"1\", \"N\", [\"goals\",[],[]]],")),
            "costs: a row out of order"));  // swapped
  check(term, replaced(good, row_o, ""), &lines);
  CHECK(lines[1] == "traffic O store is not claimed");
  // A nest without sums: allowed, but not for a claimed row.
  const Text empty = R"x({"nests": [{"sums": [], "proofs": []}], "traffic": [
    ["O", "store", "exact", "1", "N", ["goals",[],[]]]]})x";
  CHECK(check(term, empty) == "ok");
  CHECK(has(check(term, replaced(empty, "\"traffic\": [",
                                 "\"traffic\": [[\"A\", \"load\", \"exact\", \"1\", "
                                 "\"0\", [\"goals\",[],[]]],")),
            "costs: a row that uses a nest"));
}

TEST_CASE("costs: exact is not for conditions on data") {
  const Text json =
      R"x({"nests": [], "traffic": [["A", "load", "bound", "1", "(* 2 N)", ["goals",[],[]]]]})x";
  const Text term = loops("(if (iszero " + kA + ") " + kA + " bottom)");
  CHECK(check(term, json) == "ok");
  CHECK(has(check(term, replaced(json, "bound", "exact")), "costs: exact or bound"));
  CHECK(has(check(term, replaced(json, "(* 2 N)", "N")), "proof:"));
}

TEST_CASE("costs: cases and absurd") {
  // i < N with i < M: min(N, M). Facts of a loop: 4 v, 5 N-1-v, then conditions and cases.
  const Text term = "(for (i N) (when (< i M) (put (vec i) bottom)))";
  const Text good = R"x({"nests": [{"sums": [["1", "(min v0 M)"]], "proofs": [
    ["goals", [["lin","0",[["1",0],["1",4]]]]],
    ["cases", ["goals",[],[]], ["absurd", [["lin","0",[["1",2],["1",4]]]]]],
    ["cases", ["absurd", [["lin","0",[["1",6],["1",7]]]]],
              ["cases", ["goals", [["lin","0",[["1",8],["1",9]]]], [["lin","0",[["1",6],["1",9]]]]],
                        ["goals",[],[]]]],
    ["cases", ["cases", ["goals",[],[]], ["absurd", [["lin","0",[["1",7],["1",8]]]]]],
              ["absurd", [["lin","0",[["1",6],["1",7]]]]]]]}],
    "traffic": [["O", "store", "exact", "1", "(min M N)",
      ["cases", ["cases", ["goals", [["lin","0",[["1",5],["1",6]]]], [["lin","0",[["1",4],["1",6]]]]],
                          ["goals",[],[]]],
                ["cases", ["goals",[],[]], ["absurd", [["lin","0",[["1",4],["1",5]]]]]]]]]})x";
  INFO(check(term, good));
  CHECK(check(term, good) == "ok");
  const auto bad = [&](const Text& old, const Text& now, const Text& why) {
    const Text result = check(term, replaced(good, old, now));
    INFO(old << " -> " << now << ": " << result);
    CHECK(has(result, why));
  };
  // The case split on the wrong side; an absurd where there is nothing absurd; a min left over.
  bad(R"(["cases", ["goals",[],[]], ["absurd", [["lin","0",[["1",2],["1",4]]]]]])",
      R"(["cases", ["absurd", [["lin","0",[["1",2],["1",4]]]]], ["goals",[],[]]])", "proof:");
  bad(R"(["cases", ["goals",[],[]], ["absurd")", R"(["cases", ["absurd",[]], ["absurd")", "proof:");
  bad(R"(["cases", ["goals",[],[]], ["absurd", [["lin","0",[["1",2],["1",4]]]]]])",
      R"(["goals",[],[]])", "costs: no tree");
  bad(R"(["cases", ["goals",[],[]], ["absurd")",
      R"(["cases", ["goals",[],[]], ["goals"], ["absurd")", "json: expected a list of 3");
  bad(R"(["absurd", )", R"(["absurd", [], )", "proof: has 2 proofs");
  bad("(min v0 M)", "(max v0 M)", "proof:");
  bad("(min v0 M)", "(min v0 (+ M 1))", "proof:");
  bad("(min M N)", "(max M N)", "proof:");
  bad("(min M N)", "M", "costs: no tree");
  bad("(min M N)", "(+ 1 (min M N))", "proof:");
}

TEST_CASE("costs: a least common multiple beyond 2^62") {
  const Text one = "(red add (j N) (< j M) ";
  const Text json = R"x({"nests": [{"sums": [["T", "(* T (min v0 M))"]], "proofs": [
    ["goals", [["lin","0",[["1",0],["1",4]]]]],
    ["cases", ["goals",[],[]], ["absurd", [["lin","0",[["1",2],["1",4]]]]]],
    ["cases", ["absurd", [["lin","0",[["1",6],["1",7]]]]],
              ["cases", ["goals", [["lin","0",[["T",8],["1",9]]]], [["lin","0",[["T",6],["1",9]]]]],
                        ["goals",[],[]]]],
    ["cases", ["cases", ["goals",[],[]], ["absurd", [["lin","0",[["1",7],["1",8]]]]]],
              ["absurd", [["lin","0",[["1",6],["1",7]]]]]]]}],
    "traffic": [["A", "load", "exact", "1", "0", ["goals",[],[]]]]})x";
  const auto with = [&](const Text& value) {
    Text text = json;
    const Text times = "2147483648";
    for (std::size_t at = 0; (at = text.find("T", at)) != Text::npos; at += 1)
      text.replace(at, 1, times);
    return check(loops(value), text);
  };
  // Of a claim with min: the nest is accepted, and so is 2^62.
  CHECK(has(with(one + one + kA + "))"), "costs: no tree"));
  CHECK(has(with(one + one + one + kA + ")))"), "limit: a multiple beyond 2^62"));
}

TEST_CASE("costs: footprints") {
  const auto words = [](const Text& term, const Text& list) -> Text {
    try {
      audit::Strings lines;
      audit::Costs found = costs(term);
      audit::check_footprint(found, audit::parse_json(list), spec(), lines);
      return "ok";
    } catch (const audit::Refused& refused) {
      return refused.code + ": " + refused.text;
    }
  };
  const auto exactly = [&](const Text& value, const Text& form) {
    INFO(value << ": " << words(loops(value), "[\"" + form + "\"]"));
    CHECK(words(loops(value), "[\"" + form + "\"]") == "ok");
    CHECK(has(words(loops(value), "[\"(+ 1 " + form + ")\"]"), "costs: not the words"));
    CHECK(has(words(loops(value), "[\"(- " + form + " 1)\"]"), "costs: not the words"));
  };
  exactly(kA, "1");
  exactly("(real i)", "1");
  exactly("(neg " + kA + ")", "1");
  exactly("(+ " + kA + " " + kA + ")", "2");
  exactly("(+ (+ bottom bottom) (real i))", "2");
  exactly("(+ bottom (+ bottom (* bottom bottom)))", "4");
  exactly("(red add (j N) true " + kA + ")", "3");         // acc; acc + x
  exactly("(red add (j N) true (* bottom bottom))", "4");  // acc; acc + x * y
  exactly("(if (iszero (+ bottom (+ bottom bottom))) bottom bottom)",
          "4");  // sel; a condition of 3
  exactly("(if (any (j N) (iszero bottom)) bottom bottom)", "3");
  exactly("(let (y) bottom y)", "2");
  exactly("(let (y) (gen (k N) (gen (l M) bottom)) (psi (vec 0 0) y))", "(+ 1 (* N M))");
  exactly("(let (y) (gen (k N) (tup bottom (gen (l M) bottom))) bottom)", "(+ 1 (* N (+ M 1)))");
  const Text two =
      "(letslow (x) (gen (k N) (let (y) bottom y)) (for (i N) (put (vec i) (psi (vec i) x))))";
  CHECK(words(two, R"(["2","1"])") == "ok");
  CHECK(has(words(two, R"(["1","2"])"), "costs: not the words of one task of phase 0"));
  CHECK(has(words(two, R"(["3"])"), "json: expected a list of 2"));
  CHECK(has(words(two, R"x(["(max 2 1)","1"])x"), "index"));
  CHECK(has(words(two, R"x(["(+ (mod N N) 2)","1"])x"), "costs: not a term"));
}

// ---- committed certificates, changed in one point of their costs ----------
namespace {
// Verdict and code of a claim after a change of the certificate; its kernel is another one then,
// which only `text` looks at.
Text claim(const Text& name, const Text& which, const std::function<void(Json&)>& change) {
  std::ifstream in(Text(MINIMOA_SOURCE_DIR) + "/certificates/" + name + ".cert.json");
  Json cert = Json::parse(Text((std::istreambuf_iterator<char>(in)), {}));
  cert.emplace("attention", Json::object());  // where the committed one has no such key
  change(cert);
  const Text path = std::filesystem::temp_directory_path() /
                    ("minimoa_audit_costs_test." + std::to_string(getpid()) + ".json");
  std::ofstream(path) << cert.dump();
  const audit::Audited result = audit::audit_certificate(MINIMOA_SOURCE_DIR, path);
  std::filesystem::remove(path);
  for (const auto& each : result.report["claims"])
    if (each["claim"] == which) return each["verdict"].get<Text>() + " " + each["code"].get<Text>();
  return "no such claim";
}
}  // namespace

TEST_CASE("costs: committed certificates and their twins") {
  const auto traffic = [](const Text& name, const std::function<void(Json&)>& change) {
    return claim(name, "traffic", [&](Json& cert) { change(cert["costs"]); });
  };
  const Text causal = "causal_naive";
  CHECK(traffic(causal, [](Json&) {}) == "VALID ");
  CHECK(traffic(causal, [](Json& c) { std::swap(c["traffic"][0], c["traffic"][1]); }) ==
        "INVALID costs");
  CHECK(traffic(causal, [](Json& c) { c["traffic"].erase(0); }) == "VALID ");
  CHECK(traffic(causal, [](Json& c) { c["traffic"] += c["traffic"][0]; }) == "INVALID costs");
  CHECK(traffic(causal, [](Json& c) { c["traffic"][2][3] = "1"; }) == "INVALID proof");
  CHECK(traffic(causal, [](Json& c) { c["traffic"][0][2] = "bound"; }) == "INVALID costs");
  CHECK(traffic(causal, [](Json& c) { c["nests"] = Json::array(); }) == "INVALID json");
  CHECK(traffic(causal, [](Json& c) { c["nests"] += c["nests"][0]; }) == "INVALID json");
  CHECK(traffic(causal, [](Json& c) { c["nests"][0]["sums"][0][0] = "4"; }) == "INVALID proof");
  for (const std::size_t row : {0, 1, 2, 3, 4, 5}) {
    const auto off = [&](const Text& op, const Text& by) {
      return traffic(causal, [&](Json& c) {
        Json& form = c["traffic"][row][4];
        form = "(" + op + " " + form.get<Text>() + " " + by + ")";
      });
    };
    CHECK(off("+", "1") == "INVALID proof");
    CHECK(off("-", "S") == "INVALID proof");
    CHECK(off("*", "2") == "INVALID proof");
  }
  for (const std::size_t k : {0, 1})
    CHECK(traffic(causal, [&](Json& c) {
            Json& sum = c["nests"][0]["sums"][k][1];
            sum = "(+ " + sum.get<Text>() + " v" + std::to_string(k) + ")";
          }) == "INVALID proof");
  // Trees with their two sides exchanged.
  CHECK(traffic(causal, [](Json& c) {
          std::swap(c["nests"][0]["proofs"][1][1], c["nests"][0]["proofs"][1][2]);
        }).substr(0, 7) == "INVALID");
  // The state in slow memory is stored as often as it is said.
  CHECK(traffic("sdpa_flash_kv_outer", [](Json& c) { c["traffic"][5][4] = c["traffic"][4][4]; }) ==
        "INVALID proof");
  CHECK(traffic(causal, [](Json& c) { c["extra"] = Json::array(); }) != "VALID ");
  // No min and max where the format has none.
  const auto other = [&](const Text& which, const Text& key, const Text& text) {
    return claim(causal, which, [&](Json& cert) {
      if (key == "cover")
        cert[key][0][1] = text;
      else if (key == "footprint")
        cert["costs"][key][0] = text;
      else
        cert[key] = text;
    });
  };
  CHECK(other("workspace", "workspace", "(* (* (* B H) S) T)") == "VALID ");
  CHECK(other("workspace", "workspace", "(* (* (* B H) S) (max T 1))") == "INVALID workspace");
  CHECK(other("safe", "cover", "(max o0 0)") == "INVALID cover");
  CHECK(other("footprint", "footprint", "4") == "VALID ");
  CHECK(other("footprint", "footprint", "(max 4 3)") == "INVALID index");
  CHECK(other("footprint", "footprint", "3") == "INVALID costs");
  CHECK(other("footprint", "footprint", "5") == "INVALID costs");
}
