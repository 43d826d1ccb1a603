// Use and lint of rules: what must be refused, what names do, what a step
// records. That rows are true is tested in tests/rules.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "spec/lang/rules.h"

namespace minimoa::rules_test {
namespace {

Term parsed(const std::string& text) {
  std::string error;
  const std::optional<Term> t = parse_term(text, &error);
  if (!t) throw std::runtime_error(error + " in " + text);
  return *t;
}

Array array(const std::string& name, const std::vector<std::string>& shape) {
  Array a;
  a.name = name;
  for (const std::string& n : shape) a.shape.push_back(parsed(n));
  return a;
}

// dims n m; A[n], B[m], M[n,m], scalar s, int k; output O[n].
Spec small_spec() {
  Spec spec;
  spec.name = "small";
  spec.dims = {"n", "m"};
  spec.inputs = {array("A", {"n"}), array("B", {"m"}), array("M", {"n", "m"}), array("s", {}),
                 array("k", {})};
  spec.inputs[4].elem = Elem::kI32;
  spec.output = array("O", {"n"});
  return spec;
}

const std::string kRules = std::string(MINIMOA_SOURCE_DIR) + "/spec/rules";

RuleTable table() {
  auto loaded = RuleTable::load(kRules);
  if (!loaded.ok()) FAIL(loaded.errors().front().message);
  return loaded.value();
}

ApplyResult use(const std::string& rule, const std::string& root, const Position& at,
                const Hints& hints = {}, bool rl = false) {
  return apply(table(), rule, rl, parsed(root), at, hints, small_spec());
}

bool fails_with(const ApplyResult& r, const std::string& words) {
  const bool found = !r.ok && r.error.find(words) != std::string::npos;
  if (!found) MESSAGE((r.ok ? print(r.value.term) : r.error));
  return found;
}

std::string term_of(const ApplyResult& r) { return r.ok ? print(r.value.term) : r.error; }

// --- refusals ---

TEST_CASE("a rule that does not exist is refused") {
  CHECK(fails_with(use("no-such", "(put (vec) A)", {}), "no rule"));
}

TEST_CASE("a position that does not exist is refused") {
  CHECK(fails_with(use("psi-empty", "(put (vec) A)", {0, 0}), "position"));
  CHECK(fails_with(use("psi-empty", "(put (vec) A)", {7}), "position"));
}

TEST_CASE("an old side that is not there is refused") {
  CHECK(fails_with(use("psi-rev", "(put (vec) (rev A))", {0}), "match"));
  CHECK(fails_with(use("psi-rev",
                       "(put (vec) (gen (i n) (psi (vec i) (rev "
                       "A))))",
                       {0}),
                   "match"));
  CHECK(fails_with(use("for-swap", "(for (i n) (put (vec i) s))", {}), "match"));
}

TEST_CASE("a pattern variable may not see what it is not applied to") {
  // The shared value depends on the loop: it cannot leave it.
  CHECK(fails_with(use("for-let",
                       "(for (i n) (let (x) (psi (vec i) A) (put "
                       "(vec i) x)))",
                       {}),
                   "match"));
  // The divisor depends on the index of the sum.
  CHECK(fails_with(use("red-div",
                       "(put (vec) (gen (i n) (red add (j n) true (/ s (psi "
                       "(vec j) A)))))",
                       {0, 1}),
                   "match"));
  // The inner loop's bound depends on the outer loop.
  CHECK(fails_with(use("for-swap", "(for (i n) (for (j i) (put (vec j) s)))", {}), "match"));
}

TEST_CASE("a failing condition is refused") {
  const std::string in_loop = "(for (i n) (put (vec i) ";
  CHECK(fails_with(use("psi-tran",
                       "(put (vec) (red add (j m) true (psi (vec "
                       "j) (tran (1 0) M))))",
                       {0, 2}),
                   "rank"));
  CHECK(fails_with(use("psi-map2", in_loop + "(psi (vec i) (- A s))))", {1, 1}), "same-shape"));
  CHECK(fails_with(use("psi-scalar-right",
                       in_loop + "(psi (vec i) (- A "
                                 "A))))",
                       {1, 1}),
                   "rank"));
  CHECK(fails_with(use("gamma-strided",
                       "(let (x) (rev A) (for (i n) (put "
                       "(vec i) (psi (vec i) x))))",
                       {1, 1, 1}),
                   "input"));
  CHECK(fails_with(use("gamma-strided",
                       "(for (i n) (put (vec i) (redf add "
                       "(psi (vec i) M))))",
                       {1, 1, 0}),
                   "rank"));
  CHECK(fails_with(use("reduce-split",
                       "(put (vec) (gen (i n) (red add (j m) "
                       "true (psi (vec j) B))))",
                       {0, 1}, {{{"?B", "n"}}, {}}),
                   "literal"));
  CHECK(fails_with(use("eta", "(put (vec) A)", {0}, {{{"?n", "m"}}, {}}), "extent"));
  CHECK(fails_with(use("eta", "(put (vec) (gen (i n) s))", {0, 1}), "extent"));
}

TEST_CASE("an input's name hidden by a shared value is no input") {
  CHECK(fails_with(use("gamma-strided",
                       "(let (A) (gen (i n) s) (for (i n) "
                       "(put (vec i) (psi (vec i) A))))",
                       {1, 1, 1}),
                   "input"));
}

TEST_CASE("hints are checked like everything else") {
  const std::string root = "(put (vec) (rev A))";
  CHECK(fails_with(use("guard-intro", root, {0}, {{{"?q", "s"}}, {}}), "no variable"));
  CHECK(fails_with(use("guard-intro", root, {0}, {{{"?g", "("}}, {}}), "hint"));
  CHECK(fails_with(use("guard-intro", root, {0}, {{{"?g", "true"}}, {}}), "?y"));
  CHECK(fails_with(use("guard-intro", root, {0}, {{{"?g", "s"}, {"?y", "A"}}, {}}), "kind"));
  CHECK(fails_with(use("guard-intro", root, {0}, {{{"?g", "true"}, {"?y", "zz"}}, {}}), "type"));
  CHECK(fails_with(use("guard-intro", root, {0}, {{{"?g", "true"}, {"?y", "s"}}, {}}), "type"));
  CHECK(fails_with(
      use("let-inline", root, {0}, {{{"?e", "A"}, {"?b", "(fn (x) (+ x x))"}}, {}}, true),
      "match"));
  CHECK(fails_with(use("let-inline", root, {0}, {{{"?e", "A"}, {"?b", "(fn () A)"}}, {}}, true),
                   "parameter"));
}

TEST_CASE("a step that leaves an ill-typed term is refused") {
  CHECK(fails_with(use("psi-empty",
                       "(put (vec) (gen (i n) (real (psi (vec) "
                       "k))))",
                       {0, 1, 0}),
                   "type"));
}

// --- names ---

TEST_CASE("a bound name that would hide another is renamed and recorded") {
  const ApplyResult r = use("eta",
                            "(for (i n) (put (vec) (gen (v n) (redf "
                            "add B))))",
                            {1, 0});
  REQUIRE(r.ok);
  CHECK(term_of(r) ==
        "(for (i n) (put (vec) (gen (i1 n) (psi (vec i1) (gen (v n) (redf add "
        "B))))))");
  CHECK(r.value.step.names == std::map<std::string, std::string>{{"i", "i1"}});
  CHECK(r.value.step.sub.at("?n") == "n");
}

TEST_CASE("names are recorded only where they change") {
  const ApplyResult r = use("eta", "(put (vec) A)", {0});
  REQUIRE(r.ok);
  CHECK(term_of(r) == "(put (vec) (gen (i n) (psi (vec i) A)))");
  CHECK(r.value.step.names.empty());
}

TEST_CASE("a hinted name is used unless it would hide another") {
  CHECK(term_of(use("eta", "(put (vec) A)", {0}, {{}, {{"i", "row"}}})) ==
        "(put (vec) (gen (row n) (psi (vec row) A)))");
  CHECK(term_of(use("eta", "(put (vec) A)", {0}, {{}, {{"i", "A"}}})) ==
        "(put (vec) (gen (A1 n) (psi (vec A1) A)))");
}

TEST_CASE("a binder on both sides keeps its name") {
  CHECK(term_of(use("put-gen", "(put (vec) (gen (row n) (psi (vec row) A)))", {})) ==
        "(for (row n) (put (vec row) (psi (vec row) A)))");
}

TEST_CASE("inlining under a binder of the same name does not capture") {
  const ApplyResult r = use("let-inline",
                            "(for (i n) (put (vec i) (let (x) (psi (vec i) A) (red add (i n) "
                            "true (* x (psi (vec i) A))))))",
                            {1, 1});
  CHECK(term_of(r) ==
        "(for (i n) (put (vec i) (red add (i1 n) true (* (psi (vec i) A) (psi "
        "(vec i1) A)))))");
  REQUIRE(r.ok);
  CHECK(r.value.step.sub.at("?b") == "(fn (x) (red add (i1 n) true (* x (psi (vec i1) A))))");
}

TEST_CASE("inlining does not let two binders of one name nest") {
  const ApplyResult r = use("let-inline",
                            "(put (vec) (let (x) (red add (j n) true (psi (vec j) A)) (gen (j "
                            "n) (* x (psi (vec j) A)))))",
                            {0});
  CHECK(term_of(r) ==
        "(put (vec) (gen (j n) (* (red add (j1 n) true (psi (vec j1) A)) (psi "
        "(vec j) A))))");
}

TEST_CASE("a text that hides an outer name is understood and undone") {
  // The inner x hides the outer one inside the body, as elaboration writes.
  const ApplyResult r = use("psi-omega",
                            "(for (i n) (put (vec i) (psi (vec i) (omega 1 (x) (let (x) x (redf "
                            "add x)) M))))",
                            {1, 1});
  CHECK(term_of(r) ==
        "(for (i n) (put (vec i) (let (x1) (psi (vec i) M) (psi (vec) (let "
        "(x) x1 (redf add x))))))");
}

// --- what a step records ---

TEST_CASE("a rank condition decides how an index is split") {
  const ApplyResult r = use("psi-inner",
                            "(for (i n) (put (vec i) (psi (vec i) (inner add * M "
                            "B))))",
                            {1, 1});
  REQUIRE(r.ok);
  CHECK(r.value.step.sub.at("?p") == "(seq i)");
  CHECK(r.value.step.sub.at("?q") == "(seq)");
  CHECK(r.value.step.sub.at("?n") == "m");
  CHECK(term_of(r) ==
        "(for (i n) (put (vec i) (red add (k1 m) true (* (psi (vec i k1) M) "
        "(psi (vec k1) B)))))");
}

TEST_CASE("a step has exactly the rule's variables") {
  const ApplyResult r = use("psi-gen", "(for (i n) (put (vec i) (psi (vec) (psi (vec i) A))))",
                            {1, 1}, {{{"?i", "i"}, {"?n", "n"}}, {}}, true);
  REQUIRE(r.ok);
  CHECK(r.value.step.rl);
  CHECK(r.value.step.at == Position{1, 1});
  std::string keys;
  for (const auto& [name, text] : r.value.step.sub) keys += name + " ";
  CHECK(keys == "?e ?i ?n ?p ");
  CHECK(r.value.step.sub.at("?e") == "(fn (x) (psi (vec x) A))");
}

TEST_CASE("prove-rl obliges only right to left, in the scope there") {
  const std::string root = "(for (i n) (put (vec i) (psi (vec i) (gen (v n) (psi (vec v) A)))))";
  const ApplyResult lr = use("psi-gen", root, {1, 1});
  REQUIRE(lr.ok);
  CHECK(lr.value.step.prove.empty());
  const ApplyResult rl = apply(table(), "psi-gen", true, lr.value.term, {1, 1},
                               {{{"?i", "i"}, {"?n", "n"}}, {}}, small_spec());
  REQUIRE(rl.ok);
  CHECK(alpha_equal(rl.value.term, parsed(root)));
  REQUIRE(rl.value.step.prove.size() == 1);
  CHECK(print(rl.value.step.prove[0].goal) == "(and (<= 0 i) (< i n))");
  REQUIRE(rl.value.step.prove[0].context.size() == 1);
  CHECK(rl.value.step.prove[0].context[0].name == "i");
}

TEST_CASE("an argument that is a compound term is found by abstraction") {
  const ApplyResult r = use("pair-share",
                            "(for (c n) (let (st) (red add (j m) true (tup (psi (vec j) B) (psi "
                            "(vec c j) M))) (put (vec c) (/ (get 1 st) (get 0 st)))))",
                            {});
  REQUIRE(r.ok);
  CHECK(r.value.step.sub.at("?P") == "(fn (c x x1) (put (vec c) (/ x1 x)))");
  CHECK(fails_with(use("pair-share",
                       "(for (c n) (let (st) (red add (j m) true (tup (psi (vec j) B) (psi "
                       "(vec c j) M))) (put (vec c) (let (y) st (get 0 y)))))",
                       {}),
                   "match"));
}

// let-inline right to left: only the shared term and its name are given.
ApplyResult shared(const std::string& root, const Position& at, const std::string& rule) {
  Hints hints;
  hints.sub["?e"] = "(psi (vec i) A)";
  hints.names["x"] = "a";
  return apply(table(), rule, true, parsed(root), at, hints, small_spec());
}

TEST_CASE("sharing finds every occurrence that means the same") {
  const std::string root =
      "(for (i n) (put (vec i) (+ (psi (vec i) A) (red add (j n) true (* (psi "
      "(vec i) A) (psi (vec j) A))))))";
  CHECK(term_of(shared(root, {1, 1}, "let-inline")) ==
        "(for (i n) (put (vec i) (let (a) (psi (vec i) A) (+ a (red add (j n) "
        "true (* a (psi (vec j) A)))))))");
  CHECK(term_of(shared(root, {1}, "let-inline-stmt")) ==
        "(for (i n) (let (a) (psi (vec i) A) (put (vec i) (+ a (red add (j n) "
        "true (* a (psi (vec j) A)))))))");
}

TEST_CASE("sharing leaves an occurrence whose names mean something else") {
  CHECK(term_of(shared("(for (i n) (put (vec i) (+ (psi (vec i) A) (red add (i n) "
                       "true (psi (vec i) A)))))",
                       {1, 1}, "let-inline")) ==
        "(for (i n) (put (vec i) (let (a) (psi (vec i) A) (+ a (red add (i1 "
        "n) true (psi (vec i1) A))))))");
}

// --- lint ---

std::string row(const std::string& vars, const std::string& lhs, const std::string& rhs,
                const std::string& where = "", const std::string& phase = "schedule") {
  return "(rule r (phase " + phase +
         ") (class structural) (doc \"d\") (cite "
         "\"c\") (vars " +
         vars + ") " + where + " (lhs " + lhs + ") (rhs " + rhs + "))";
}

// The first fault of the text, or "".
std::string fault(const std::string& text) {
  const auto parsed_table = RuleTable::parse("t.rules", text);
  return parsed_table.ok() ? "" : parsed_table.errors().front().message;
}

bool is_fault(const std::string& text, const std::string& words) {
  const std::string got = fault(text);
  if (got.find(words) == std::string::npos) MESSAGE(got);
  return got.find(words) != std::string::npos;
}

TEST_CASE("a good row has no fault") {
  CHECK(fault(row("(value ?a)", "(neg (neg ?a))", "?a")) == "");
}

TEST_CASE("names of a row are bound and declared") {
  CHECK(is_fault(row("(value ?a)", "(neg ?a)", "(+ ?a z)"), "'z' is not bound"));
  CHECK(is_fault(row("(index ?n) (value ?f)", "(gen (i ?n) (?f i))", "(gen (j ?n) (?f i))"),
                 "'i' is not bound"));
  CHECK(is_fault(row("(value ?a)", "(neg ?b)", "?a"), "?b is not declared"));
  CHECK(is_fault(row("(value ?a ?b)", "(neg ?a)", "?a"), "?b is not used"));
  CHECK(is_fault(row("(value ?a ?a)", "(neg ?a)", "?a"), "declared twice"));
  CHECK(is_fault(row("(value ?a) (index ?n)", "(gen (max ?n) ?a)", "(pargen (max ?n) ?a)"),
                 "bound name"));
}

TEST_CASE("a variable from nowhere needs an obligation") {
  CHECK(is_fault(row("(value ?a ?b)", "?a", "(if true ?a ?b)"), "?b is on the new side only"));
  CHECK(fault(row("(value ?a ?b) (bool ?g)", "?a", "(if ?g ?a ?b)", "(where (prove ?g))")) == "");
}

TEST_CASE("variables are used as they are declared") {
  CHECK(is_fault(row("(index ?n) (value ?a)", "(take ?a ?n)", "?a"),
                 "?a is declared value but used as index"));
  CHECK(is_fault(row("(value ?f) (index ?n)", "(gen (i ?n) (?f i))", "?f"), "two arities"));
  CHECK(is_fault(row("(value ?f) (index ?n)", "(gen (i ?n) (?f i))", "(gen (i ?n) (?f i i))"),
                 "two arities"));
  CHECK(is_fault(row("(value ?a) (indices ?p)", "(psi (vec ?p) ?a)", "?a"),
                 "?p is declared indices"));
  CHECK(is_fault(row("(value ?a) (indices ?p)", "(+ ?a ?p..)", "?a"), "outside vec"));
  CHECK(is_fault(row("(value ?a) (op ?F)", "(red ?F (j 3) true ?a)", "?a"),
                 "?F is declared op but used as redop"));
  CHECK(is_fault(row("(value ?a) (bool ?g)", "(if ?g ?a ?a)", "?g"), "different kinds"));
}

TEST_CASE("a psi row that does not lower the measure is refused") {
  CHECK(is_fault(row("(value ?a) (indices ?p)", "(neg (psi (vec ?p..) ?a))",
                     "(psi (vec ?p..) (neg ?a))", "", "psi"),
                 "measure"));
  CHECK(is_fault(row("(value ?a) (indices ?p)", "(psi (vec ?p..) (neg ?a))",
                     "(+ (psi (vec ?p..) ?a) (psi (vec ?p..) ?a))", "", "psi"),
                 "measure"));
}

TEST_CASE("the form of a row is strict") {
  CHECK(is_fault("(rule R)", "(rule NAME"));
  CHECK(is_fault("(rule r (class structural))", "expected (phase"));
  CHECK(is_fault(row("(thing ?a)", "(neg ?a)", "?a"), "KIND"));
  CHECK(is_fault(row("(value a)", "(neg a)", "a"), "rule variable"));
  CHECK(is_fault(row("(value ?a)", "(neg ?a)", "?a", "(where)"), "where"));
  CHECK(is_fault(row("(value ?a)", "(neg ?a)", "?a", "(where (nice ?a))"), "unknown condition"));
  CHECK(is_fault(row("(value ?a)", "(neg ?a)", "?a", "(where (rank ?a x))"), "rank"));
  CHECK(is_fault(row("(value ?a)", "(neg ?a) ?a", "?a"), "lhs"));
  CHECK(is_fault(row("(value ?a)", "(negg ?a)", "?a"), "unknown operator"));
  CHECK(is_fault(row("(value ?a)", "(neg ?a)", "?a", "", "later"), "phase"));
  CHECK(
      is_fault(row("(value ?a)", "(neg ?a)", "?a") + row("(value ?a)", "(neg ?a)", "?a"), "twice"));
  CHECK(is_fault("(rule r", "')' missing"));
  CHECK(is_fault("(rule r (phase psi) (class structural) (doc \"d", "'\"' missing"));
}

TEST_CASE("a folder without rules is refused") {
  CHECK_FALSE(RuleTable::load(kRules + "/none").ok());
}

}  // namespace
}  // namespace minimoa::rules_test
