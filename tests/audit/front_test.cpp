// Tests of the auditor's front half: terms, reader, types, rules, replay and
// the spec reader. Most of them are negative: each names the judgement that a
// forged certificate would break.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "../../certificates/audit/reader.h"
#include "../../certificates/audit/term.h"

namespace {

using audit::alpha_equal;
using audit::Refused;
using audit::Spec;
using audit::Step;
using audit::Term;

// Dimensions, inputs of ranks 0..3, one int input; output O : f32[n,m].
const char* const kHeader =
    "spec test\n"
    "dims n, m, k\n"
    "in A : f32[n,m], B : f32[m,k], C : f32[n,m], v : f32[n], w : f32[m]\n"
    "in r : f32, T : f32[n,m,k], table : i32[n] in 0 .. m, len : i32\n"
    "out O : f32[n,m]\n";

std::string print_core(const Spec& spec) { return audit::print(spec.core); }

std::string print_type(const audit::Type& type, const audit::Scope& scope) {
  if (type.sort == audit::Sort::kIndex) return "Index";
  if (type.sort == audit::Sort::kBool) return "Bool";
  if (type.sort == audit::Sort::kStmt) return "Stmt";
  std::string out = type.elem == audit::Elem::kReal  ? "real["
                    : type.elem == audit::Elem::kInt ? "int["
                                                     : "tup[";
  for (const Term& extent : type.shape) out += audit::print(extent, scope.names()) + " ";
  return out + "]";
}

Spec test_spec(const std::string& definition = "O = A") {
  return audit::read_spec(kHeader + definition + "\n");
}

std::string code_of_spec(const std::string& text) {
  try {
    audit::read_spec(text);
  } catch (const Refused& refused) {
    return refused.text;
  }
  return "accepted";
}

// True if the definition is refused with a text that holds `what`.
bool refused(const std::string& definition, const std::string& what = "") {
  const std::string text = code_of_spec(std::string(kHeader) + definition + "\n");
  CAPTURE(text);
  return text != "accepted" && text.find(what) != std::string::npos;
}

// The core term of `O = expr` in the test spec equals TEXT.
bool core_is(const std::string& expr, const std::string& text) {
  const Spec spec = test_spec("O = " + expr);
  const std::string got = audit::print(spec.core);
  CAPTURE(got);
  const bool same = alpha_equal(spec.core, audit::read_term(text, {}, spec));
  if (!same) MESSAGE(got);
  return same;
}

// O = gen(i in n) gen(j in m) expr.
bool element_is(const std::string& expr, const std::string& text) {
  return core_is("gen(i in n) gen(j in m) " + expr, "(gen (i n) (gen (j m) " + text + "))");
}

std::string type_of(const std::string& text, const std::vector<std::string>& loops = {}) {
  const Spec spec = test_spec();
  audit::Scope scope;
  for (const std::string& name : loops) {
    audit::Entry entry;
    entry.name = name;
    entry.term = audit::free_var("n");
    entry.depth = scope.depth;
    scope.push(entry);
  }
  try {
    const Term term = audit::read_term(text, scope.names(), spec);
    return print_type(audit::infer(term, scope, spec), scope);
  } catch (const Refused& error) {
    return error.code;
  }
}

std::string rule_text(const std::string& vars, const std::string& where, const std::string& lhs,
                      const std::string& rhs) {
  return "(rule r (phase p) (class structural) (doc \"d\") (cite \"c\") "
         "(vars " +
         vars + ") " + where + " (lhs " + lhs + ") (rhs " + rhs + ") (applies a) (differs b))";
}

const char* const kRules = R"(
; a comment
(rule put-gen (phase start) (class structural) (doc "d") (cite "c")
  (vars (indices ?p) (index ?n) (value ?e))
  (lhs (put (vec ?p..) (gen (i ?n) (?e i))))
  (rhs (for (i ?n) (put (vec ?p.. i) (?e i))))
  (applies x) (differs x))
(rule mul-comm (phase a) (class semiring) (doc "d") (cite "c")
  (vars (value ?a ?b)) (lhs (* ?a ?b)) (rhs (* ?b ?a))
  (applies x) (differs x))
(rule let-inline (phase s) (class structural) (doc "d") (cite "c")
  (vars (value ?e) (value ?b)) (lhs (let (x) ?e (?b x))) (rhs (?b ?e))
  (applies x) (differs x))
(rule eta (phase s) (class structural) (doc "d") (cite "c")
  (vars (value ?E) (index ?n)) (where (extent ?n 0 ?E))
  (lhs ?E) (rhs (gen (i ?n) (psi (vec i) ?E)))
  (applies x) (differs x))
(rule psi-tran (phase p) (class structural) (doc "d") (cite "c")
  (vars (indices ?p) (perm ?t) (value ?A)) (where (rank ?A (len ?p)))
  (lhs (psi (vec ?p..) (tran ?t ?A)))
  (rhs (psi (vec (permute ?t ?p..)) ?A))
  (applies x) (differs x))
(rule psi-map2 (phase p) (class structural) (doc "d") (cite "c")
  (vars (indices ?p) (op ?F) (value ?A ?B)) (where (same-shape ?A ?B))
  (lhs (psi (vec ?p..) (op ?F ?A ?B)))
  (rhs (op ?F (psi (vec ?p..) ?A) (psi (vec ?p..) ?B)))
  (applies x) (differs x))
(rule gamma (phase g) (class structural) (doc "d") (cite "c")
  (vars (indices ?p) (value ?A)) (where (input ?A) (rank ?A (len ?p)))
  (lhs (psi (vec ?p..) ?A)) (rhs (mem ?A (vec ?p..)))
  (applies x) (differs x))
(rule psi-reshape (phase p) (class structural) (doc "d") (cite "c")
  (vars (indices ?p ?u) (value ?A))
  (lhs (psi (vec ?p..) (reshape (vec ?u..) ?A)))
  (rhs (psi (vec (unravel ?A (vec ?u..) ?p..)) ?A))
  (applies x) (differs x))
(rule for-split (phase s) (class structural) (doc "d") (cite "c")
  (vars (index ?n ?B) (stmt ?P)) (where (literal ?B) (prove (<= 1 ?B)))
  (lhs (for (i ?n) (?P i)))
  (rhs (for (I (div (+ ?n (- ?B 1)) ?B)) (for (r ?B)
     (when (< (+ (* I ?B) r) ?n) (?P (+ (* I ?B) r))))))
  (applies x) (differs x))
(rule for-swap (phase s) (class structural) (doc "d") (cite "c")
  (vars (index ?n ?m) (stmt ?P))
  (lhs (for (i ?n) (for (j ?m) (?P i j))))
  (rhs (for (j ?m) (for (i ?n) (?P i j))))
  (applies x) (differs x))
(rule guard-intro (phase s) (class structural) (doc "d") (cite "c")
  (vars (bool ?g) (value ?x ?y)) (where (prove ?g))
  (lhs ?x) (rhs (if ?g ?x ?y))
  (applies x) (differs x))
(rule psi-gen (phase p) (class structural) (doc "d") (cite "c")
  (vars (index ?i ?n) (indices ?p) (value ?e))
  (where (prove-rl (and (<= 0 ?i) (< ?i ?n))))
  (lhs (psi (vec ?i ?p..) (gen (v ?n) (?e v)))) (rhs (psi (vec ?p..) (?e ?i)))
  (applies x) (differs x))
(rule split (phase s) (class monoid) (doc "d") (cite "c")
  (vars (redop ?f) (index ?n ?B) (bool ?g) (value ?x)) (where (literal ?B))
  (lhs (red ?f (j ?n) (?g j) (?x j)))
  (rhs (red ?f (J (div (+ ?n (- ?B 1)) ?B)) true (red ?f (t ?B)
    (and (< (+ (* J ?B) t) ?n) (?g (+ (* J ?B) t))) (?x (+ (* J ?B) t)))))
  (applies x) (differs x))
(rule psi-omega (phase p) (class structural) (doc "d") (cite "c")
  (vars (indices ?p ?q) (nat ?k) (value ?b ?A))
  (where (rank ?A (+ (len ?p) ?k)))
  (lhs (psi (vec ?p.. ?q..) (omega ?k (x) (?b x) ?A)))
  (rhs (let (x) (psi (vec ?p..) ?A) (psi (vec ?q..) (?b x))))
  (applies x) (differs x))
)";

const audit::RuleTable& table() {
  static const audit::RuleTable rules = [] {
    audit::RuleTable result;
    audit::read_rules(kRules, result);
    return result;
  }();
  return rules;
}

Step step(const std::string& rule, std::vector<std::size_t> at,
          std::map<std::string, std::string> sub) {
  Step result;
  result.rule = rule;
  result.at = std::move(at);
  result.sub = std::move(sub);
  return result;
}

// Replays one step on TEXT; the refusal's code, or the new term printed.
std::string replay(const std::string& text, const Step& one, std::size_t* obligations = nullptr) {
  const Spec spec = test_spec();
  try {
    const Term whole = audit::read_term(text, {}, spec);
    const audit::Replayed result = audit::replay_step(whole, one, table(), spec);
    if (obligations != nullptr) *obligations = result.to_prove.size();
    return audit::print(result.term);
  } catch (const Refused& error) {
    return error.code;
  }
}

const char* const kWrite =
    "(for (i n) (for (j m) (put (vec i j) (* (psi (vec i j) A) "
    "(psi (vec i j) C)))))";

}  // namespace

TEST_CASE("s-expressions: closed set of tokens") {
  const Spec spec = test_spec();
  for (const char* text : {"",
                           "n n",
                           "(",
                           ")",
                           "(+ n",
                           "n)",
                           "01",
                           "-",
                           "--1",
                           "(+ n\t1)",
                           "a-b",
                           "n;",
                           "\"n\"",
                           "?a",
                           "(op + n n)",
                           "(+ n 1 1)",
                           "(gen (i) i)",
                           "(gen (i n m) i)",
                           "(gen i n i)",
                           "(foo n)",
                           "()",
                           "((+) n n)",
                           "(fold (J n) st n n)",
                           "(let (x y) r x)",
                           "(let (true) r x)",
                           "(psi (i) A)",
                           "(get -1 r)",
                           "(tup)",
                           "(red foo (j n) true r)",
                           "(redf osm A)",
                           "(inner add expsub A B)",
                           "(inner add div A B)",
                           "(outer neg A B)",
                           "(rat 1)",
                           "\xce\xb1"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(audit::read_term(text, {}, spec), Refused);
  }
  CHECK(audit::read_literal("4611686018427387904") == audit::kMaxLiteral);
  for (const char* text : {"4611686018427387905", "99999999999999999999", "-4611686018427387905"}) {
    CHECK_THROWS_AS(audit::read_literal(text), Refused);
  }
}

TEST_CASE("limits: depth and size are refused, not crashed on") {
  const Spec spec = test_spec();
  const std::string deep(500000, '(');
  CHECK_THROWS_AS(audit::read_term(deep, {}, spec), Refused);
  std::string text = "n";
  for (int k = 0; k < 199; ++k) text = "(+ " + text + " 1)";
  CHECK(audit::read_term(text, {}, spec)->depth == 200);
  CHECK_THROWS_AS(audit::read_term("(+ " + text + " 1)", {}, spec), Refused);
  std::string wide = "(tup";
  for (int k = 0; k < 200001; ++k) wide += " r";
  CHECK_THROWS_AS(audit::read_term(wide + ")", {}, spec), Refused);
  // Doubling by substitution stops at the limit as well.
  Term term = audit::free_var("n");
  CHECK_THROWS_AS(
      for (int k = 0; k < 60; ++k) {
        term = audit::make_op(audit::Op::kAdd, {term, term});
      },
      Refused);
  std::string nest;
  for (int k = 0; k < 5000; ++k) nest += "(";
  CHECK(refused("O = " + nest, "deep"));
  for (const char* word : {"not ", "- ", "rev ", "if "}) {
    std::string run;
    for (int k = 0; k < 5000; ++k) run += word;
    CHECK(refused("O = " + run + "A"));
  }
}

TEST_CASE("limits: types that double with every let are charged") {
  const Spec spec = test_spec();
  for (const std::string op : {"(tup ", "(outer * "}) {
    CAPTURE(op);
    std::string text = "x60";
    for (int k = 60; k > 0; --k) {
      const std::string x = "x" + std::to_string(k);
      const std::string y = k > 1 ? "x" + std::to_string(k - 1) : "v";
      text = "(let (" + x + ") " + op + y + " " + y + ") " + text + ")";
    }
    const Term term = audit::read_term(text, {}, spec);
    audit::Scope scope;
    const auto start = std::chrono::steady_clock::now();
    std::string code;
    try {
      audit::infer(term, scope, spec);
    } catch (const Refused& refusal) {
      code = refusal.code;
    }
    CHECK(code == "limit");
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
    CHECK(audit::kMaxTypedNodes - spec.budget.nodes < 1'000'000);
    spec.budget = {};
  }
}

TEST_CASE("terms are equal up to renaming and substitution never captures") {
  const Spec spec = test_spec();
  const auto read = [&](const std::string& text) {
    return audit::read_term(text, {"a", "b"}, spec);
  };
  CHECK(alpha_equal(read("(gen (i n) (real i))"), read("(gen (q n) (real q))")));
  CHECK(!alpha_equal(read("(gen (i n) (gen (j n) (real i)))"),
                     read("(gen (i n) (gen (j n) (real j)))")));
  CHECK(!alpha_equal(read("(real a)"), read("(real b)")));
  CHECK(!alpha_equal(read("(redf max A)"), read("(redf min A)")));
  CHECK(!alpha_equal(read("(outer + A B)"), read("(outer - A B)")));
  CHECK(!alpha_equal(read("(get 0 (tup r r))"), read("(get 1 (tup r r))")));
  // (gen (i n) (x + i)) with x := the outer variable, here named b.
  const Term body = audit::read_term("(gen (b n) (+ x b))", {"a", "b", "x"}, spec);
  const Term got = audit::instantiate(body, {read("b")});
  CHECK(alpha_equal(got, read("(gen (q n) (+ b q))")));
  CHECK(!alpha_equal(got, read("(gen (q n) (+ q q))")));
  CHECK_THROWS_AS(audit::shift(read("(+ b 1)"), -1), Refused);
  CHECK(audit::mentions(read("(gen (i n) (real b))"), 0));
  CHECK(!audit::mentions(read("(gen (b n) (real b))"), 0));
}

TEST_CASE("bound: the bound term is outside of its binder") {
  const Spec spec = test_spec();
  CHECK_THROWS_AS(audit::read_term("(gen (i i) (real i))", {}, spec), Refused);
  CHECK_THROWS_AS(audit::read_term("(let (x) x r)", {}, spec), Refused);
  CHECK_THROWS_AS(audit::read_term("(fold (J n) (s) (real J) s)", {}, spec), Refused);
  CHECK_THROWS_AS(audit::read_term("(omega 1 (x) x x)", {}, spec), Refused);
}

TEST_CASE("types that hold") {
  CHECK(type_of("(+ n 1)") == "Index");
  CHECK(type_of("A") == "real[n m ]");
  CHECK(type_of("table") == "int[n ]");
  CHECK(type_of("(psi (vec 0) table)") == "Index");
  CHECK(type_of("(mem table (vec 0))") == "Index");
  CHECK(type_of("(psi (vec) len)") == "Index");
  CHECK(type_of("len") == "int[]");
  CHECK(type_of("(+ A r)") == "real[n m ]");
  CHECK(type_of("(+ r A)") == "real[n m ]");
  CHECK(type_of("(tran (2 0 1) T)") == "real[m k n ]");
  CHECK(type_of("(drop 1 A)") == "real[(- n 1) m ]");
  CHECK(type_of("(cat A (take 1 C))") == "real[(+ n 1) m ]");
  CHECK(type_of("(inner add * A B)") == "real[n k ]");
  CHECK(type_of("(outer * v w)") == "real[n m ]");
  CHECK(type_of("(reshape (vec (* m n)) A)") == "real[(* m n) ]");
  CHECK(type_of("(omega 1 (x) (redf add x) A)") == "real[n ]");
  CHECK(type_of("(omega2 1 0 (x y) (+ x y) T w)") == "real[n m k ]");
  CHECK(type_of("(omega2 0 1 (x y) (+ x y) v T)") == "type");
  CHECK(type_of("(fold (J n) (s) (tup r v) (tup (get 0 s) (get 1 s)))") == "tup[]");
  CHECK(type_of("(red osm (j n) true (tup r (real 1) v))") == "tup[]");
  CHECK(type_of("(red add (j n) true (tup r v))") == "tup[]");
  CHECK(type_of("(if true (+ A A) C)") == "real[n m ]");
  CHECK(type_of("(rat -1 2)") == "real[]");
  CHECK(type_of("(put (vec) A)") == "Stmt");
  CHECK(type_of("(put (vec i) w)", {"i"}) == "Stmt");
  CHECK(type_of("(put (vec) (reshape (vec n (+ m 0)) A))") == "Stmt");
}

TEST_CASE("types that do not hold") {
  for (const char* text : {"(+ n A)",
                           "(+ A n)",
                           "(+ A B)",
                           "(+ v w)",
                           "(max n n)",
                           "(/ n n)",
                           "(div r r)",
                           "(neg n)",
                           "(exp table)",
                           "(real r)",
                           "(not n)",
                           "(and n true)",
                           "(< r r)",
                           "(if n A A)",
                           "(if true A B)",
                           "(if true n r)",
                           "(if true true true)",
                           "(iszero v)",
                           "(iszero n)",
                           "(any (j r) true)",
                           "(any (j n) j)",
                           "(gen (i n) i)",
                           "(gen (i n) true)",
                           "(gen (r r) r)",
                           "(red add (j n) true j)",
                           "(red add (j n) j r)",
                           "(red max (j n) true (tup r r))",
                           "(red osm (j n) true (tup r r))",
                           "(red osm (j n) true (tup v v v))",
                           "(red osm (j n) true r)",
                           "(red add (j n) true (tup r table))",
                           "(osmerge (tup r r v) (tup r r w))",
                           "(osmerge r r)",
                           "(psi (vec 0 0 0) A)",
                           "(psi (vec r) A)",
                           "(psi (vec 0) n)",
                           "(tran (0 0) A)",
                           "(tran (0) A)",
                           "(tran (0 2) A)",
                           "(tran (0 1 2) A)",
                           "(take r A)",
                           "(take 1 r)",
                           "(drop 1 n)",
                           "(cat A B)",
                           "(cat v r)",
                           "(cat v table)",
                           "(rev r)",
                           "(rot 1 r)",
                           "(reshape (vec n) A)",
                           "(reshape (vec n r) A)",
                           "(iota r)",
                           "(redf add r)",
                           "(redf add table)",
                           "(inner add * A A)",
                           "(inner add * r A)",
                           "(omega 3 (x) x A)",
                           "(omega 1 (x) n A)",
                           "(omega2 1 1 (x y) (+ x y) A B)",
                           "(let (x) n r)",
                           "(let (x) true r)",
                           "(let (x) r true)",
                           "(tup n)",
                           "(get 2 (tup r r))",
                           "(get 0 r)",
                           "(get 0 (gen (i n) (tup r r)))",
                           "(fold (J n) (s) r v)",
                           "(fold (J n) (s) n n)",
                           "(mem A (vec 0))",
                           "(mem (rev v) (vec 0))",
                           "(put (vec) v)",
                           "(put (vec 0 0 0) r)",
                           "(put (vec 0) v)",
                           "(put (vec) table)",
                           "(when true A)",
                           "(when n (put (vec) A))",
                           "(for (i n) r)",
                           "(for (i r) (put (vec) A))",
                           "(rat 2 4)",
                           "(rat 1 1)",
                           "(rat 1 0)",
                           "(if true (put (vec) A) (put (vec) A))",
                           "(put (vec) (put (vec) A))",
                           "(+ (put (vec) A) r)"}) {
    CAPTURE(text);
    CHECK(type_of(text) == "type");
  }
  // A shape that mentions the binder's own variable.
  CHECK(type_of("(gen (i n) (iota i))") == "scope");
  CHECK(type_of("(red add (j n) true (iota j))") == "scope");
  CHECK(type_of("(gen (i n) (redf add (iota i)))") == "real[n ]");
}

TEST_CASE("context: bounds, guards of red, when, if; lets add nothing") {
  const Spec spec = test_spec();
  const Term term = audit::read_term(
      "(for (i n) (let (x) r (when (< i m) (put (vec i) (gen (j m) (red add "
      "(q n) (< q i) (if (< j q) x r)))))))",
      {}, spec);
  audit::Scope scope;
  Term at = term;
  for (const std::size_t child : {1, 1, 1, 1, 1, 2, 2}) {
    audit::enter(at, child, scope, spec);
    at = Term(at->kids[child]);
  }
  std::vector<std::string> facts;
  for (const audit::Entry& entry : scope.entries) {
    if (entry.kind == audit::Entry::Kind::kValue) continue;
    const bool loop = entry.kind == audit::Entry::Kind::kLoop;
    const std::vector<std::string> names = scope.names();
    facts.push_back((loop ? entry.name + "<" : "") +
                    audit::print(entry.term, {names.begin(), names.begin() + entry.depth}));
  }
  CHECK(facts ==
        std::vector<std::string>{"i<n", "(< i m)", "j<m", "q<n", "(< q i)", "(not (< j q))"});
  CHECK(scope.depth == 4);
}

TEST_CASE("rules: the reader is closed") {
  const auto bad = [](const std::string& text) {
    audit::RuleTable rules;
    try {
      audit::read_rules(text, rules);
    } catch (const Refused&) {
      return true;
    }
    return false;
  };
  const std::string good = rule_text("(value ?a)", "", "?a", "?a");
  CHECK(!bad(good));
  CHECK(!bad(good.substr(0, good.size() - 1) + "(differs (x (y) \"z\")) (differs q))"));
  CHECK(bad(good.substr(0, good.size() - 1) + "(applies a))"));
  std::string short_rule = good;
  CHECK(bad(short_rule.replace(short_rule.find("(applies a)"), 11, "")));
  short_rule = good;
  CHECK(bad(short_rule.replace(short_rule.find("(differs b)"), 11, "")));
  CHECK(bad(good + good));  // a name twice
  CHECK(bad(good.substr(0, good.size() - 1) + "(note x))"));
  CHECK(bad("(rule r)"));
  CHECK(bad("(axiom r)"));
  CHECK(bad("x"));
  CHECK(bad(rule_text("(values ?a)", "", "?a", "?a")));
  CHECK(bad(rule_text("(value ?a ?a)", "", "?a", "?a")));
  CHECK(bad(rule_text("(value a)", "", "?a", "?a")));
  CHECK(bad(rule_text("(value ?a)", "", "?a", "?b")));
  CHECK(bad(rule_text("(value ?a)", "", "?a", "(gen (i 1) (?a i))")));
  CHECK(bad(rule_text("(value ?a)", "(where (trust ?a))", "?a", "?a")));
  CHECK(bad(rule_text("(value ?a)", "(where (rank ?a))", "?a", "?a")));
  CHECK(bad(rule_text("(value ?a)", "(when (rank ?a 1))", "?a", "?a")));
  std::string other = good;
  CHECK(bad(other.replace(other.find("structural"), 10, "magic")));
  other = good;
  CHECK(bad(other.replace(other.find("(doc \"d\")"), 9, "")));
  other = good;
  CHECK(bad(other.replace(other.find("(doc \"d\")"), 9, "(doc d)")));
  CHECK(bad(good + "(doc \"open"));
}

TEST_CASE("replay: a right step") {
  CHECK(replay("(put (vec) A)", step("eta", {0}, {{"?E", "A"}, {"?n", "(+ n 0)"}})) ==
        "(put (vec) (gen (i (+ n 0)) (psi (vec i) A)))");
  CHECK(replay("(put (vec) (gen (q n) (psi (vec q) A)))",
               step("put-gen", {},
                    {{"?p", "(seq)"}, {"?n", "n"}, {"?e", "(fn (z) (psi (vec z) A))"}})) ==
        "(for (i n) (put (vec i) (psi (vec i) A)))");
  CHECK(replay(kWrite, step("mul-comm", {1, 1, 2},
                            {{"?a", "(psi (vec i j) A)"}, {"?b", "(psi (vec i j) C)"}})) ==
        "(for (i n) (for (j m) (put (vec i j) (* (psi (vec i j) C) "
        "(psi (vec i j) A)))))");
  CHECK(replay("(for (i n) (put (vec i) (gen (j m) (psi (vec i j) (tran (1 0) "
               "(gen (a m) (gen (b n) (psi (vec b a) A))))))))",
               step("psi-tran", {1, 1, 1},
                    {{"?p", "(seq i j)"},
                     {"?t", "(1 0)"},
                     {"?A", "(gen (a m) (gen (b n) (psi (vec b a) A)))"}})) ==
        "(for (i n) (put (vec i) (gen (j m) (psi (vec j i) (gen (a m) (gen "
        "(b n) (psi (vec b a) A)))))))");
  CHECK(replay("(for (i n) (for (j m) (put (vec i j) (psi (vec (+ (* i m) j))"
               " (reshape (vec (* n m)) A)))))",
               step("psi-reshape", {1, 1, 2},
                    {{"?p", "(seq (+ (* i m) j))"}, {"?u", "(seq (* n m))"}, {"?A", "A"}})) ==
        "(for (i n) (for (j m) (put (vec i j) (psi (vec (div (+ (* i m) j) m) "
        "(mod (+ (* i m) j) m)) A))))");
  CHECK(replay("(put (vec) (omega 1 (x) (* x r) A))",
               step("eta", {0}, {{"?E", "(omega 1 (y) (* y r) A)"}, {"?n", "n"}})) ==
        "(put (vec) (gen (i n) (psi (vec i) (omega 1 (y) (* y r) A))))");
  CHECK(replay("(for (i n) (put (vec i) (psi (vec i) (omega 1 (x) (* x r) A)))"
               ")",
               step("psi-omega", {1, 1},
                    {{"?p", "(seq i)"},
                     {"?q", "(seq)"},
                     {"?k", "1"},
                     {"?b", "(fn (c) (* c r))"},
                     {"?A", "A"}})) ==
        "(for (i n) (put (vec i) (let (x) (psi (vec i) A) (psi (vec) (* x r)))"
        "))");
}

TEST_CASE("replay: names are cosmetic, but only of the new side's binders") {
  Step one =
      step("put-gen", {}, {{"?p", "(seq)"}, {"?n", "n"}, {"?e", "(fn (z) (psi (vec z) A))"}});
  const std::string text = "(put (vec) (gen (q n) (psi (vec q) A)))";
  one.names = {{"i", "row"}};
  CHECK(replay(text, one) == "(for (row n) (put (vec row) (psi (vec row) A)))");
  one.names = {{"q", "row"}};
  CHECK(replay(text, one) == "names");
  one.names = {{"i", "1"}};
  CHECK(replay(text, one) == "names");
  one.names = {{"i", "true"}};
  CHECK(replay(text, one) == "names");
}

TEST_CASE("replay: wrong rule, position, substitution") {
  const std::map<std::string, std::string> sub = {{"?a", "(psi (vec i j) A)"},
                                                  {"?b", "(psi (vec i j) C)"}};
  CHECK(replay(kWrite, step("mul-com", {1, 1, 2}, sub)) == "rule");
  CHECK(replay(kWrite, step("let-inline", {1, 1, 2}, sub)) == "sub");
  CHECK(replay(kWrite, step("mul-comm", {1, 1, 9}, sub)) == "position");
  CHECK(replay(kWrite, step("mul-comm", {1, 1, 0}, sub)) == "match");
  CHECK(replay(kWrite, step("mul-comm", {1, 1}, sub)) == "match");
  // Out of the scope of the position.
  CHECK(replay(kWrite, step("mul-comm", {1}, sub)) == "scope");
  CHECK(replay(kWrite, step("mul-comm", {}, sub)) == "scope");
  auto other = sub;
  other["?a"] = "(psi (vec j i) A)";
  CHECK(replay(kWrite, step("mul-comm", {1, 1, 2}, other)) == "match");
  other = sub;
  other.erase("?a");
  CHECK(replay(kWrite, step("mul-comm", {1, 1, 2}, other)) == "sub");
  other = sub;
  other["?c"] = "r";
  CHECK(replay(kWrite, step("mul-comm", {1, 1, 2}, other)) == "sub");
  other = sub;
  other["?a"] = "(psi (vec i j) A) r";
  CHECK(replay(kWrite, step("mul-comm", {1, 1, 2}, other)) == "sub");
  other = sub;
  other["?a"] = "(psi (vec i zz) A)";
  CHECK(replay(kWrite, step("mul-comm", {1, 1, 2}, other)) == "scope");
  other = sub;
  other["?a"] = "?b";
  CHECK(replay(kWrite, step("mul-comm", {1, 1, 2}, other)) == "syntax");
  // The other direction matches the swapped product only.
  Step back = step("mul-comm", {1, 1, 2}, sub);
  back.left_to_right = false;
  CHECK(replay(kWrite, back) == "match");
}

TEST_CASE("replay: forms of the values") {
  const std::string text = "(put (vec) (gen (q n) (psi (vec q) A)))";
  const auto with = [&](const std::string& p, const std::string& e) {
    return replay(text, step("put-gen", {}, {{"?p", p}, {"?n", "n"}, {"?e", e}}));
  };
  const std::string e = "(fn (z) (psi (vec z) A))";
  CHECK(with("(seq)", e).starts_with("(for"));
  CHECK(with("()", e) == "sub");
  CHECK(with("0", e) == "sub");
  CHECK(with("(seq 0)", e) == "match");
  CHECK(with("(seq)", "(fn (z y) (psi (vec z) A))") == "sub");
  CHECK(with("(seq)", "(fn () A)") == "sub");
  CHECK(with("(seq)", "(psi (vec 0) A)") == "sub");
  CHECK(with("(seq)", "(fn (true) r)") == "sub");
  CHECK(with("(seq)", "(fn (z) (psi (vec z) A) r)") == "sub");
  CHECK(replay("(put (vec) (* A C))",
               step("eta", {0}, {{"?E", "(* A C)"}, {"?n", "(fn (a) n)"}})) == "syntax");
}

TEST_CASE("replay: no capture") {
  // The body is constant; its free i is the outer loop's variable and must
  // not become the new binder's variable of the same name.
  CHECK(replay("(for (i n) (put (vec i) (gen (q m) (psi (vec i q) A))))",
               step("put-gen", {1},
                    {{"?p", "(seq i)"}, {"?n", "m"}, {"?e", "(fn (z) (psi (vec i z) A))"}})) ==
        "(for (i n) (for (i m) (put (vec i'1 i) (psi (vec i'1 i) A))))");
  // Loops whose inner bound mentions the outer variable cannot be swapped.
  CHECK(replay("(for (i n) (for (j i) (put (vec i j) r)))",
               step("for-swap", {},
                    {{"?n", "n"}, {"?m", "i"}, {"?P", "(fn (a b) (put (vec a b) r))"}})) ==
        "scope");
  CHECK(replay("(for (m n) (for (j m) (put (vec m j) r)))",
               step("for-swap", {},
                    {{"?n", "n"}, {"?m", "m"}, {"?P", "(fn (a b) (put (vec a b) r))"}})) ==
        "match");
  // A plain ?e below a binder of the rule cannot mention that binder.
  CHECK(replay("(for (i n) (put (vec i) (let (x) (psi (vec i) A) (* x x))))",
               step("let-inline", {1, 1},
                    {{"?e", "(psi (vec i) A)"}, {"?b", "(fn (y) (* y x))"}})) == "scope");
}

TEST_CASE("replay: conditions") {
  // extent
  CHECK(replay("(put (vec) A)", step("eta", {0}, {{"?E", "A"}, {"?n", "m"}})) == "condition");
  CHECK(replay("(for (i n) (for (j m) (put (vec i j) (psi (vec i j) A))))",
               step("eta", {1, 1, 2}, {{"?E", "(psi (vec i j) A)"}, {"?n", "1"}})) == "condition");
  // rank
  CHECK(replay("(for (i n) (put (vec i) (psi (vec i) (tran (1 0) A))))",
               step("psi-tran", {1, 1}, {{"?p", "(seq i)"}, {"?t", "(1 0)"}, {"?A", "A"}})) ==
        "condition");
  CHECK(replay("(for (i n) (put (vec i) (psi (vec i) A)))",
               step("gamma", {1, 1}, {{"?p", "(seq i)"}, {"?A", "A"}})) == "condition");
  CHECK(replay("(for (i n) (put (vec i) (psi (vec i) (omega 1 (x) x A))))",
               step("psi-omega", {1, 1},
                    {{"?p", "(seq)"},
                     {"?q", "(seq i)"},
                     {"?k", "1"},
                     {"?b", "(fn (c) c)"},
                     {"?A", "A"}})) == "condition");
  CHECK(replay("(for (i n) (put (vec i) (psi (vec i) (omega 1 (x) x A))))",
               step("psi-omega", {1, 1},
                    {{"?p", "(seq i)"},
                     {"?q", "(seq)"},
                     {"?k", "-1"},
                     {"?b", "(fn (c) c)"},
                     {"?A", "A"}})) == "sub");
  // input
  CHECK(replay("(for (i n) (put (vec i) (gen (j m) (psi (vec i j) (rev A)))))",
               step("gamma", {1, 1, 1}, {{"?p", "(seq i j)"}, {"?A", "(rev A)"}})) == "condition");
  // same-shape
  CHECK(replay("(for (i n) (put (vec i) (psi (vec i) (* A r))))",
               step("psi-map2", {1, 1},
                    {{"?p", "(seq i)"}, {"?F", "*"}, {"?A", "A"}, {"?B", "r"}})) == "condition");
  CHECK(replay("(for (i n) (put (vec i) (psi (vec i) (* A C))))",
               step("psi-map2", {1, 1},
                    {{"?p", "(seq i)"}, {"?F", "+"}, {"?A", "A"}, {"?B", "C"}})) == "match");
  CHECK(replay("(for (i n) (put (vec i) (psi (vec i) (* A C))))",
               step("psi-map2", {1, 1},
                    {{"?p", "(seq i)"}, {"?F", "div"}, {"?A", "A"}, {"?B", "C"}})) == "sub");
  CHECK(replay("(for (i n) (put (vec i) (psi (vec i) (* A C))))",
               step("psi-map2", {1, 1},
                    {{"?p", "(seq i)"}, {"?F", "exp"}, {"?A", "A"}, {"?B", "C"}})) == "syntax");
  // literal
  const std::string loop = "(for (i n) (put (vec i) (psi (vec i) A)))";
  const auto split = [&](const std::string& block, std::size_t* count) {
    return replay(
        loop,
        step("for-split", {},
             {{"?n", "n"}, {"?B", block}, {"?P", "(fn (z) (put (vec z) (psi (vec z) A)))"}}),
        count);
  };
  std::size_t count = 9;
  CHECK(split("m", &count) == "condition");
  CHECK(split("(+ 1 1)", &count) == "condition");
  CHECK(split("32", &count).starts_with("(for (I (div (+ n (- 32 1)) 32)"));
  CHECK(count == 1);
}

TEST_CASE("replay: prove gives obligations at the position") {
  const Spec spec = test_spec();
  const Term whole = audit::read_term(kWrite, {}, spec);
  const std::string x = "(* (psi (vec i j) A) (psi (vec i j) C))";
  const audit::Replayed done = audit::replay_step(
      whole, step("guard-intro", {1, 1, 2}, {{"?g", "(< i n)"}, {"?x", x}, {"?y", "(real 0)"}}),
      table(), spec);
  REQUIRE(done.to_prove.size() == 1);
  const auto& condition = done.to_prove[0];
  CHECK(audit::print(condition.goal, condition.context.names()) == "(< i n)");
  CHECK(condition.context.entries.size() == 2);
  CHECK(done.rule_class == "structural");
  CHECK(replay(kWrite, step("guard-intro", {1, 1, 2},
                            {{"?g", "n"}, {"?x", x}, {"?y", "(real 0)"}})) == "type");
  // prove-rl: nothing to prove from left to right, one from right to left.
  const std::string lr =
      "(for (i n) (put (vec i) (psi (vec i) (gen (q n) "
      "(psi (vec q) A)))))";
  Step one = step("psi-gen", {1, 1},
                  {{"?i", "i"}, {"?n", "n"}, {"?p", "(seq)"}, {"?e", "(fn (q) (psi (vec q) A))"}});
  std::size_t count = 9;
  CHECK(replay(lr, one, &count) == "(for (i n) (put (vec i) (psi (vec) (psi (vec i) A))))");
  CHECK(count == 0);
  one.left_to_right = false;
  CHECK(replay("(for (i n) (put (vec i) (psi (vec) (psi (vec i) A))))", one, &count)
            .starts_with("(for (i n) (put (vec i) (psi (vec i) (gen (v n)"));
  CHECK(count == 1);
}

TEST_CASE("replay: ill-typed results and kinds") {
  // ?y has another shape than ?x.
  CHECK(replay(kWrite, step("guard-intro", {1, 1, 2},
                            {{"?g", "true"},
                             {"?y", "v"},
                             {"?x", "(* (psi (vec i j) A) (psi (vec i j) C))"}})) == "type");
  // mul-comm is a rule about values, not about indices.
  CHECK(replay("(for (i n) (put (vec i) (psi (vec (* i 1)) A)))",
               step("mul-comm", {1, 1, 0}, {{"?a", "i"}, {"?b", "1"}})) == "type");
  // An index cannot be shared by let.
  Step share = step("let-inline", {1, 1, 0}, {{"?e", "i"}, {"?b", "(fn (x) x)"}});
  share.left_to_right = false;
  CHECK(replay("(for (i n) (put (vec i) (psi (vec i) A)))", share) == "type");
  // A reduction word of the wrong kind; a nat where an operator stands.
  CHECK(replay("(put (vec) (red add (j 4) true A))", step("split", {0},
                                                          {{"?f", "*"},
                                                           {"?n", "4"},
                                                           {"?B", "2"},
                                                           {"?g", "(fn (j) true)"},
                                                           {"?x", "(fn (j) A)"}})) == "sub");
  CHECK(replay("(put (vec) (red add (j 4) true A))", step("split", {0},
                                                          {{"?f", "max"},
                                                           {"?n", "4"},
                                                           {"?B", "2"},
                                                           {"?g", "(fn (j) true)"},
                                                           {"?x", "(fn (j) A)"}})) == "match");
  CHECK(replay("(put (vec) (red add (j 4) true A))", step("split", {0},
                                                          {{"?f", "add"},
                                                           {"?n", "4"},
                                                           {"?B", "2"},
                                                           {"?g", "(fn (j) true)"},
                                                           {"?x", "(fn (j) A)"}}))
            .starts_with("(put (vec) (red add (J"));
}

TEST_CASE("replay: permute and unravel need a full permutation and index") {
  const auto tran = [](const std::string& t) {
    return replay(
        "(for (i n) (for (j m) (put (vec i j) (psi (vec j i) (tran "
        "(1 0) A)))))",
        step("psi-tran", {1, 1, 2}, {{"?p", "(seq j i)"}, {"?t", t}, {"?A", "A"}}));
  };
  CHECK(tran("(1 0)").find("(psi (vec i j) A)") != std::string::npos);
  CHECK(tran("(0 1)") == "match");
  CHECK(tran("(1 0 2)") == "match");
  CHECK(tran("1") == "sub");
  CHECK(tran("(1 x)") == "syntax");
  CHECK(replay("(for (i n) (put (vec i) (psi (vec i) (reshape (vec n m) A))))",
               step("psi-reshape", {1, 1},
                    {{"?p", "(seq i)"}, {"?u", "(seq n m)"}, {"?A", "A"}})) == "syntax");
}

TEST_CASE("spec: rows of the table of LANGUAGE section 3") {
  CHECK(core_is("A", "A"));
  CHECK(element_is("i", "(real i)"));
  CHECK(element_is("0.5", "(rat 1 2)"));
  CHECK(element_is("2.50", "(rat 5 2)"));
  CHECK(element_is("3.0", "(real 3)"));
  CHECK(element_is("(i + j) * n - 1", "(real (- (* (+ i j) n) 1))"));
  CHECK(element_is("A[i,j] + i", "(+ (psi (vec i j) A) (real i))"));
  CHECK(element_is("i - A[i,j]", "(- (real i) (psi (vec i j) A))"));
  CHECK(core_is("A + C * 2", "(+ A (* C (real 2)))"));
  CHECK(element_is("-3", "(real -3)"));
  CHECK(element_is("-i", "(real (- 0 i))"));
  CHECK(core_is("-A", "(neg A)"));
  CHECK(element_is("-0.5", "(neg (rat 1 2))"));
  CHECK(element_is("i / j", "(/ (real i) (real j))"));
  CHECK(element_is("i div 2 + i mod 2", "(real (+ (div i 2) (mod i 2)))"));
  CHECK(element_is("if i < j and not (i > j) or i >= j then 1 else 0",
                   "(real (if (or (and (< i j) (not (< j i))) (<= j i)) 1 0))"));
  CHECK(element_is("if i <= j then A[i,j] else 0", "(if (<= i j) (psi (vec i j) A) (real 0))"));
  CHECK(element_is("if i == j then 0 else if i != j then r else r",
                   "(if (== i j) (real 0) (if (!= i j) r r))"));
  CHECK(element_is("<i j> psi A", "(psi (vec i j) A)"));
  CHECK(core_is("gen(i in n) i psi A", "(gen (i n) (psi (vec i) A))"));
  CHECK(core_is("gen(i in n) A[i]", "(gen (i n) (psi (vec i) A))"));
  CHECK(element_is("exp(i) + exp2(r) + log(r) + sqrt(r) + tanh(r)",
                   "(+ (+ (+ (+ (exp (real i)) (exp2 r)) (log r)) (sqrt r)) "
                   "(tanh r))"));
  CHECK(element_is("max(i, r) + min(r, 2)", "(+ (max (real i) r) (min r (real 2)))"));
  CHECK(element_is("sum(q in k | q < i) q", "(red add (q k) (< q i) (real q))"));
  CHECK(element_is("max(q in k) T[i,j,q] + min(u in k) T[i,j,u]",
                   "(red max (q k) true (+ (psi (vec i j q) T) (red min (u k) "
                   "true (psi (vec i j u) T))))"));
  CHECK(core_is("T +.* gen(q in k) 1.0", "(inner add * T (gen (q k) (real 1)))"));
  CHECK(core_is("v o.* w", "(outer * v w)"));
  CHECK(core_is("v o.max w", "(outer max v w)"));
  CHECK(core_is("T max.+ gen(q in k) 1.0", "(inner max + T (gen (q k) (real 1)))"));
  CHECK(core_is("max red (<1 2 0> tran T)", "(redf max (tran (1 2 0) T))"));
  CHECK(core_is("tran (<1 0> tran A)", "(tran (1 0) (tran (1 0) A))"));
  CHECK(core_is("(1 take A) cat (1 drop A)", "(cat (take 1 A) (drop 1 A))"));
}

TEST_CASE("spec: take, drop, rho, rav, softmax, omega") {
  const auto core = [](const std::string& shape, const std::string& expr) {
    return print_core(
        audit::read_spec("spec s\ndims n, m\nin A : f32[n,m], v : f32[n], r : f32\nout O : "
                         "f32" +
                         shape + "\nO = " + expr + "\n"));
  };
  CHECK(core("[2,m]", "2 take A") == "(take 2 A)");
  CHECK(core("[2,m]", "<2> take A") == "(take 2 A)");
  CHECK(core("[n-1,m]", "1 drop A") == "(drop 1 A)");
  CHECK(core("[2,m]", "(-2) take A") == "(drop (- n 2) A)");
  CHECK(core("[n-2,m]", "<-2> drop A") == "(take (- n 2) A)");
  CHECK(core("[2,3]", "<2 3> take A") == "(take 2 (omega 1 (x) (take 3 x) A))");
  CHECK(core("[n-1,2*m-2]", "<1 (2-m)> drop A") == "(drop 1 (omega 1 (x) (drop (- 2 m) x) A))");
  CHECK(core("[2,3]", "<2 -3> take A") == "(take 2 (omega 1 (x) (drop (- m 3) x) A))");
  CHECK(core("[m,n]", "<m n> rho A") == "(reshape (vec m n) A)");
  CHECK(core("[m*n]", "rav A") == "(reshape (vec (* n m)) A)");
  CHECK(core("[n]", "rav v") == "(reshape (vec n) v)");
  CHECK(core("[1]", "rav r") == "(reshape (vec 1) r)");
}

TEST_CASE("spec: the rest of the structural words") {
  const auto core = [](const std::string& shape, const std::string& expr) {
    return print_core(
        audit::read_spec("spec s\ndims n, m\nin A : f32[n,m], v : f32[n], r : f32\nout O : "
                         "f32" +
                         shape + "\nO = " + expr + "\n"));
  };
  CHECK(core("[n*2]", "v cat (rev v)") == "(cat v (rev v))");
  CHECK(core("[n]", "1 rot v") == "(rot 1 v)");
  CHECK(core("[n]", "iota n") == "(iota n)");
  CHECK(core("[n]", "softmax v") ==
        "(let (x) v (let (e) (exp (- x (redf max x))) (/ e (redf add e))))");
  CHECK(core("[n]", "+red omega<1> A") == "(omega 1 (x) (redf add x) A)");
  CHECK(core("[n,m]", "1 rot omega<1> A") == "(omega 1 (x) (rot 1 x) A)");
  CHECK(core("[n,2*m]", "A cat omega<1> A") == "(omega2 1 1 (x y) (cat x y) A A)");
  CHECK(core("[n,m,n]", "A o.* omega<0 1> v") == "(omega2 0 1 (x y) (outer * x y) A v)");
}

TEST_CASE("spec: attend") {
  const std::string head = "spec s\ndims n, m\nin A : f32[n,m], V : f32[m]\nout O : f32[n]\n";
  const Spec spec = audit::read_spec(head +
                                     "attend O[i] over j in m\n  value = V[j]\n  score = A[i,j]\n"
                                     "  bias = j - i\n  mask = j <= i\n  empty = i\n");
  const std::string q =
      "(red add (j m) (<= j i) (* (exp (- (psi (vec j) s) u)) (psi (vec j) V)))"
      " (red add (j m) (<= j i) (exp (- (psi (vec j) s) u)))";
  const Term want = audit::read_term(
      "(gen (i n) (let (s) (gen (j m) (+ (psi (vec i j) A) (real (- j i)))) "
      "(let (u) (red max (j m) (<= j i) (psi (vec j) s)) (if (any (j m) (<= j "
      "i)) (/ " +
          q + ") (real i)))))",
      {}, spec);
  CHECK(alpha_equal(spec.core, want));
  const std::string over = head + "attend O[i] over j in m\n";
  CHECK(code_of_spec(over + "score = A[i,j]\nvalue = V[j]\n") == "accepted");
  for (const char* fields :
       {"score = A[i,j]\n", "value = V[j]\n", "score = A[i,j]\nscore = A[i,j]\nvalue = V[j]\n",
        "score = A[i,j]\nvalue = V[j]\nempty = V[j]\n", "score = A[i,j]\nvalue = V[j]\nmask = r\n",
        "score = A[i,j]\nvalue = V[j]\nmask = A[i,j]\n", "score = j <= i\nvalue = V[j]\n",
        "score = A[i]\nvalue = V[j]\n", "score = A[i,j] value = V[j]\n"}) {
    CAPTURE(fields);
    CHECK(code_of_spec(over + fields) != "accepted");
  }
  CHECK(code_of_spec(head + "attend O[i,q] over j in m\nscore = A[i,j]\nvalue "
                            "= V[j]\n") != "accepted");
  CHECK(code_of_spec(head + "attend O[m] over j in m\nscore = A[m,j]\nvalue = "
                            "V[j]\n") != "accepted");
  CHECK(code_of_spec(head + "attend Q[i] over j in m\nscore = A[i,j]\nvalue = "
                            "V[j]\n") != "accepted");
}

TEST_CASE("spec: lets, requires, ranges, continued lines") {
  const Spec spec = audit::read_spec(
      "# a comment\nspec s\ndims n,\n  m\nrequire n mod m == 0 and m < n\n"
      "require m != 3\nlet G = n div m\n\nin v : f32[n], tab : i32[n] in 0 .. n "
      "* m\nlet x = v + 1\nlet y =\n  x *\n  x\nout O : f32[n]\nO = (gen(i in "
      "n\n)\n y[i]\n + v[tab[\ni] mod n] * G)\n");
  REQUIRE(spec.assumptions.size() == 3);
  CHECK(audit::print(spec.assumptions[1]) == "(< m n)");
  CHECK(spec.dims == std::vector<std::string>{"n", "m"});
  REQUIRE(spec.inputs.size() == 2);
  REQUIRE(spec.inputs[1].range.has_value());
  CHECK(audit::print(spec.inputs[1].range->second) == "(* n m)");
  CHECK(audit::print(spec.core) ==
        "(let (x) (+ v (real 1)) (let (y) (* x x) (gen (i n) (+ (psi (vec i) y)"
        " (* (psi (vec (mod (psi (vec i) tab) n)) v) (real (div n m)))))))");
}

TEST_CASE("spec: the two spellings agree") {
  const std::string head =
      "spec s\ndims B, H, S, T, D\nin Q : f16[B,H,S,D], K : f16[B,H,T,D], V : "
      "f16[B,H,T,D]\nout O : f16[B,H,S,D]\n";
  const Spec ascii = audit::read_spec(head +
                                      "let X = (Q +.* omega<2 2> (<0 1 3 2> tran K)) / sqrt(D)\n"
                                      "O = (softmax omega<1> X) +.* omega<2 2> V\n");
  const Spec unicode = audit::read_spec(head +
                                        "let X = (Q +.× Ω⟨2 2⟩ (⟨0 1 3 2⟩ ⍉ K)) ÷ √(D)\n"
                                        "O = (softmax Ω⟨1⟩ X) +.× Ω⟨2 2⟩ V\n");
  CHECK(alpha_equal(ascii.core, unicode.core));
  CHECK(audit::print(ascii.core) ==
        "(let (X) (/ (omega2 2 2 (x y) (inner add * x y) Q (tran (0 1 3 2) K)) "
        "(sqrt (real D))) (omega2 2 2 (x y) (inner add * x y) (omega 1 (x) "
        "(let (x) x (let (e) (exp (- x (redf max x))) (/ e (redf add e)))) X) "
        "V))");
  CHECK(element_is("if i ≤ j ∧ ¬ (i ≥ j) ∨ i ≠ j then Σ(q in k) r else r",
                   "(if (or (and (<= i j) (not (<= j i))) (!= i j)) (red add "
                   "(q k) true r) r)"));
  CHECK(core_is("⌈red (⟨1 2 0⟩ ⍉ T)", "(redf max (tran (1 2 0) T))"));
  CHECK(core_is("⌊red (⟨1 2 0⟩ ⍉ T)", "(redf min (tran (1 2 0) T))"));
  CHECK(core_is("Φ (1 θ (Φ A))", "(rev (rot 1 (rev A)))"));
  CHECK(core_is("n △ (A ⧺ C)", "(take n (cat A C))"));
  CHECK(core_is("n ↑ (0 ▽ (0 ↓ A))", "(take n (drop 0 (drop 0 A)))"));
  CHECK(core_is("⟨n m⟩ ρ A", "(reshape (vec n m) A)"));
  CHECK(element_is("⟨i⟩ ψ (ι n)", "(psi (vec i) (iota n))"));
}

TEST_CASE("spec: refusals") {
  CHECK(refused("O = A\xd1\xb1", "E0101"));         // Cyrillic look-alike
  CHECK(refused("O = A # \xe2\x80\xae", "E0101"));  // bidi in a comment
  CHECK(refused("O = A\r", "E0101"));
  CHECK(refused("O = A @ A", "E0101"));
  CHECK(refused("O = A + rev C", "E0103"));
  CHECK(refused("O = - rev A", "E0103"));
  CHECK(refused("O = A * 1 take C", "E0103"));
  CHECK(refused("O = A cat C cat A"));
  CHECK(refused("O = Z", "E0104"));
  CHECK(refused("O = O", "E0104"));
  CHECK(refused("Z = A", "E0104"));
  CHECK(refused("O = A\nO = A", "E0104"));
  CHECK(refused("dims n\nO = A", "E0104"));
  CHECK(refused("let A = C\nO = A", "E0104"));
  CHECK(refused("O = gen(n in n) w", "E0104"));
  CHECK(refused("O = gen(i in n) gen(i in m) r", "E0104"));
  CHECK(refused("O = gen(i in i) w", "E0104"));
  CHECK(refused("O = gen(i in n | i < 1) w"));
  for (const char* name : {"size", "a", "p", "t", "rest", "x_s", "minimoa_x", "int", "true", "_x",
                           "sum", "o", "omega", "score"}) {
    CAPTURE(name);
    CHECK(refused("let " + std::string(name) + " = A\nO = A"));
  }
  CHECK(refused("O = B", "shape"));
  CHECK(refused("O = n"));
  CHECK(refused("O = v o.* v"));
  CHECK(refused("O = table"));
  CHECK(refused("O = A + B"));
  CHECK(refused("O = softmax A", "E0204"));
  CHECK(refused("O = rev omega<3> A", "E0206"));
  CHECK(refused("O = A cat omega<3 1> A", "E0206"));
  CHECK(refused("O = <0 1> psi omega<2> A"));
  CHECK(refused("O = <0 0> tran A"));
  CHECK(refused("O = <n 0> tran A"));
  CHECK(refused("O = <0 1 2> take A"));
  CHECK(refused("O = <> take A"));
  CHECK(refused("O = n rho A"));
  CHECK(refused("O = <1 2>"));
  CHECK(refused("O = A + <1 2>"));
  CHECK(refused("O = gen(i in n) gen(j in m) i < j < n"));
  CHECK(refused("O = gen(i in n) gen(j in m) i < j"));
  CHECK(refused("O = gen(i in n) gen(j in m) if r then r else r"));
  CHECK(refused("O = gen(i in n) gen(j in m) r < 1"));
  CHECK(refused("O = gen(i in n) gen(j in m) r div 2"));
  CHECK(refused("require A == 1\nO = A"));
  CHECK(refused("require n\nO = A"));
  CHECK(refused("require table[0] == 1\nO = A", "dimensions"));
  CHECK(refused("in X : f32[table[0]]\nO = A", "dimensions"));
  CHECK(refused("in X : f32[n] in 0 .. 1\nO = A", "i32"));
  CHECK(refused("in X : f64[n]\nO = A"));
  CHECK(refused("out P : f32\nO = A"));
  CHECK(refused("let b = n < m\nO = A"));
  CHECK(refused("O = A C"));
  CHECK(refused("O = A)"));
  CHECK(refused("O = (A"));
  CHECK(refused("O = A +"));
  CHECK(refused("O = A\n+ A"));
  CHECK(refused("O = 2D"));
  CHECK(refused("O = A + 99999999999999999999"));
  CHECK(refused("O = ⌈ A"));
  CHECK(refused("let q = 1 let s = 2\nO = A"));
  // RED is + * max min only; `sum` is a word of the binder.
  for (const char* red : {"+", "*", "max", "min"}) {
    CAPTURE(red);
    CHECK(!refused("O = " + std::string(red) + " red (<1 2 0> tran T)"));
    CHECK(!refused("O = T " + std::string(red) + ".* gen(q in k) 1.0"));
  }
  for (const char* red : {"sum", "Σ", "add", "mul", "osm", "gen", "-"}) {
    CAPTURE(red);
    CHECK(refused("O = " + std::string(red) + " red (<1 2 0> tran T)"));
    CHECK(refused("O = T " + std::string(red) + ".* gen(q in k) 1.0"));
  }
  CHECK(refused("O = <1 2> rot A"));
  CHECK(refused("O = A cat <1 2>"));
  CHECK(refused("O = softmax omega<0> <1>"));
  CHECK(!refused("O = gen(i in n) <(if n < m then i else 0)> psi A"));
  CHECK(refused("O = gen(i in n) <if n < m then i else 0> psi A"));
  CHECK(refused(""));
  CHECK(code_of_spec("").find("line 1") == 0);
  CHECK(code_of_spec("dims n\n") != "accepted");
  CHECK(code_of_spec("spec s\nO = 1\n") != "accepted");
  CHECK(code_of_spec("spec s\nout O : i32\nO = 1\n") != "accepted");
  CHECK(code_of_spec("spec s\nout O : f32\nO = 1\n") == "accepted");
  CHECK(code_of_spec("spec s\nout O : f32\nO = 1 # no newline") == "accepted");
  CHECK(code_of_spec("# no newline") != "accepted");
  for (const char* axes : {"", "]", "[]", "[i]"}) {
    CAPTURE(axes);
    CHECK(code_of_spec("spec s\ndims n\nout O : f32\nattend O" + std::string(axes) +
                       " over j in n\nscore = j\nvalue = j\n") != "accepted");
  }
  const auto nested = [](std::size_t depth) {
    return "spec s\nout O : f32\nO = " + std::string(depth, '(') + "1" + std::string(depth, ')');
  };
  CHECK(code_of_spec(nested(199)) == "accepted");
  CHECK(code_of_spec(nested(200)) != "accepted");
  CHECK(code_of_spec("spec s\nout O : f32\nO = " + std::string(100000, '-') + "1") != "accepted");
  CHECK(code_of_spec("spec s\nout O : f32\n\n\nO = 1 +\n\n2 2\n").find("line 7") == 0);
}
