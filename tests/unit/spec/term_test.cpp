// Terms: reading, printing, names, substitution, types, notation for people.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "spec/lang/term.h"
#include "spec/lang/types.h"

namespace minimoa::term_test {
namespace {

Term parsed(const std::string& text) {
  std::string error;
  const std::optional<Term> t = parse_term(text, &error);
  if (!t) throw std::runtime_error(error + " in " + text);
  return *t;
}

bool is_refused(const std::string& text) {
  std::string error;
  return !parse_term(text, &error).has_value() && !error.empty();
}

Array real_array(const std::string& name, const std::vector<Term>& shape) {
  Array a;
  a.name = name;
  a.shape = shape;
  return a;
}

// dims n m d; Q[n,d], K[m,d], int T[n], scalar s; output O[n,m].
Spec small_spec() {
  Spec spec;
  spec.name = "small";
  spec.dims = {"n", "m", "d"};
  const Term n = mk_var("n"), m = mk_var("m"), d = mk_var("d");
  spec.inputs = {real_array("Q", {n, d}), real_array("K", {m, d}), real_array("T", {n}),
                 real_array("s", {})};
  spec.inputs[2].elem = Elem::kI32;
  spec.output = real_array("O", {n, m});
  return spec;
}

Typed typed(const std::string& text) {
  const Spec spec = small_spec();
  return type_of(parsed(text), global_scope(spec), spec);
}

TEST_CASE("hostile text is refused with a reason") {
  for (const char* text : {"",
                           "(",
                           ")",
                           "(+ 1",
                           "(+ 1 2))",
                           "(+ 1)",
                           "(+ 1 2 3)",
                           "(foo 1)",
                           "007",
                           "-0",
                           "1.5",
                           "?a",
                           "?p..",
                           "(vec 1)",
                           "(rat 2 4)",
                           "(rat 1 1)",
                           "(rat 1 0)",
                           "(rat 0 3)",
                           "(get -1 x)",
                           "(tran (0 0) A)",
                           "(tran (1 2) A)",
                           "(red plus (j n) true x)",
                           "(red add (j) true x)",
                           "(gen (1 n) x)",
                           "(gen (i n m) x)",
                           "(let x e b)",
                           "(let () e b)",
                           "(omega -1 (x) x A)",
                           "(omega2 1 1 (x x) x A A)",
                           "(psi i A)",
                           "(psi (vec i))",
                           "(inner osm * A B)",
                           "(redf osm A)",
                           "(outer expsub A B)",
                           "(true)",
                           "(bottom)",
                           "\"s\"",
                           "x ; y",
                           "99999999999999999999",
                           "(?f x)",
                           "(op + a b)",
                           "a\tb"}) {
    CAPTURE(text);
    CHECK(is_refused(text));
  }
}

TEST_CASE("nesting without end is refused, not followed") {
  CHECK(is_refused(std::string(100'000, '(')));
  std::string deep = "x";
  for (int i = 0; i < 1000; ++i) deep = "(neg " + deep + ")";
  CHECK(is_refused(deep));
}

TEST_CASE("printing is the inverse of reading") {
  for (const char* text : {"3",
                           "-3",
                           "x",
                           "true",
                           "bottom",
                           "(rat -1 2)",
                           "(real (+ i 1))",
                           "(psi (vec) A)",
                           "(psi (vec i j) A)",
                           "(mem A (vec))",
                           "(mem A (vec i 0))",
                           "(put (vec i) (gen (j n) (real j)))",
                           "(red osm (j n) (< j 2) (tup x (real 1) y))",
                           "(tup)",
                           "(fold (J n) (st) (tup bottom) (osmerge st st))",
                           "(let (x) e (letslow (y) x y))",
                           "(omega 1 (x) (rev x) A)",
                           "(omega2 2 0 (x y) (- x y) A B)",
                           "(tran (2 0 1) A)",
                           "(reshape (vec n m) (iota (* n m)))",
                           "(redf max (take 2 A))",
                           "(inner max + (drop 1 A) (rot -1 B))",
                           "(outer / A (cat A B))",
                           "(if (any (j n) (and (<= j i) (not (== j 0)))) x y)",
                           "(parfor (b B) (when (or (!= b 1) (iszero z)) (for (i n) P)))",
                           "(pargen (i n) (expsub (get 1 st) (div i 2)))"}) {
    CHECK(print(parsed(text)) == text);
  }
}

TEST_CASE("terms are equal up to bound names and no further") {
  const auto same = [](const char* a, const char* b) { return alpha_equal(parsed(a), parsed(b)); };
  CHECK(same("(gen (i n) (gen (j m) (psi (vec i j) A)))",
             "(gen (j n) (gen (i m) (psi (vec j i) A)))"));
  CHECK_FALSE(same("(gen (i n) (gen (j m) (psi (vec i j) A)))",
                   "(gen (j n) (gen (i m) (psi (vec i j) A)))"));
  CHECK_FALSE(same("(gen (i n) i)", "(gen (i n) j)"));
  CHECK_FALSE(same("(gen (i n) j)", "(gen (j n) j)"));
  CHECK_FALSE(same("(gen (i n) (gen (j m) i))", "(gen (i n) (gen (i m) i))"));
  CHECK_FALSE(same("(gen (i n) x)", "(pargen (i n) x)"));
  CHECK_FALSE(same("(red add (j n) true x)", "(red max (j n) true x)"));
  CHECK_FALSE(same("(get 0 x)", "(get 1 x)"));
  CHECK_FALSE(same("(tran (0 1) A)", "(tran (1 0) A)"));
  CHECK_FALSE(same("(rat 1 2)", "(rat 1 3)"));
  CHECK(same("(fold (J n) (a) x (+ a J))", "(fold (K n) (b) x (+ b K))"));
  // A bound is outside of its own binder's scope.
  CHECK_FALSE(same("(gen (i i) x)", "(gen (j j) x)"));
}

TEST_CASE("scopes are those of the format") {
  const auto free_of = [](const char* text) {
    const std::set<std::string> names = free_vars(parsed(text));
    return std::vector<std::string>(names.begin(), names.end());
  };
  using Names = std::vector<std::string>;
  CHECK(free_of("(gen (i i) i)") == Names{"i"});
  CHECK(free_of("(red add (j j) (< j k) j)") == Names{"j", "k"});
  CHECK(free_of("(let (x) x x)") == Names{"x"});
  CHECK(free_of("(fold (J J) (s) (+ J s) (+ J s))") == Names{"J", "s"});
  CHECK(free_of("(omega 1 (x) x x)") == Names{"x"});
  CHECK(free_of("(omega2 1 1 (x y) (+ x y) y A)") == Names{"A", "y"});
}

TEST_CASE("substitution does not capture") {
  const auto put = [](const char* t, const char* x, const char* by) {
    return print(substitute(parsed(t), {{x, parsed(by)}}));
  };
  CHECK(put("(gen (i n) (+ i j))", "j", "(* i 2)") == "(gen (i1 n) (+ i1 (* i 2)))");
  CHECK(put("(gen (i n) (+ i i1))", "i1", "i") == "(gen (i2 n) (+ i2 i))");
  CHECK(put("(gen (i i) i)", "i", "k") == "(gen (i k) i)");
  CHECK(put("(let (x) x x)", "x", "y") == "(let (x) y x)");
  CHECK(put("(gen (i n) i)", "j", "i") == "(gen (i n) i)");
  CHECK(put("(fold (J n) (s) s (+ s J))", "s", "J") == "(fold (J n) (s) J (+ s J))");
  CHECK(put("(fold (J n) (s) x (+ (+ s J) x))", "x", "(+ s J)") ==
        "(fold (J1 n) (s1) (+ s J) (+ (+ s1 J1) (+ s J)))");
  // Simultaneous, not one after the other.
  CHECK(print(substitute(parsed("(- a b)"), {{"a", parsed("b")}, {"b", parsed("a")}})) ==
        "(- b a)");
}

TEST_CASE("positions count children as the format does") {
  const Term t = parsed("(red add (j n) (< j k) (mem A (vec j 1)))");
  CHECK(print(at(t, {0})) == "n");
  CHECK(print(at(t, {1, 1})) == "k");
  CHECK(print(at(t, {2, 0})) == "A");
  CHECK(print(at(t, {2, 2})) == "1");
  CHECK(print(replace_at(t, {2, 2}, mk_var("j"))) == "(red add (j n) (< j k) (mem A (vec j j)))");
  const Term put = parsed("(put (vec i j) E)");
  CHECK(print(at(put, {2})) == "E");
  CHECK(print(operand_of(put)) == "E");
  CHECK(find_all(t, [](const Term& x) { return x->op == Op::kVar; }).size() == 5);
}

TEST_CASE("fresh names count up from the stem") {
  CHECK(fresh("i", {"j"}) == "i");
  CHECK(fresh("i", {"i"}) == "i1");
  CHECK(fresh("i1", {"i", "i1"}) == "i2");
}

TEST_CASE("ill-typed terms are refused") {
  for (const char* text : {"z",
                           "(+ Q 1)",
                           "(+ Q K)",
                           "(< s 1)",
                           "(psi (vec 0 0 0) Q)",
                           "(psi (vec s) Q)",
                           "(gen (i n) i)",
                           "(gen (i n) (iota i))",
                           "(red add (j n) true (iota j))",
                           "(red osm (j n) true s)",
                           "(red max (j n) true (tup s s))",
                           "(inner add * Q K)",
                           "(reshape (vec n) Q)",
                           "(cat Q s)",
                           "(cat Q (tran (1 0) Q))",
                           "(tran (0) Q)",
                           "(omega 3 (x) x Q)",
                           "(omega2 1 1 (x y) x Q K)",
                           "(get 2 (tup s s))",
                           "(get 0 s)",
                           "(if true s 1)",
                           "(if s s s)",
                           "(if true Q K)",
                           "(fold (J n) (st) s (tup st))",
                           "(mem z (vec))",
                           "(mem Q (vec 0))",
                           "(let (x) s (mem x (vec)))",
                           "(real s)",
                           "(iszero Q)",
                           "(take s Q)",
                           "(rev s)",
                           "(put (vec) Q)",
                           "(put (vec 0 0 0) s)",
                           "(for (i n) s)",
                           "(when s (put (vec) Q))",
                           "(+ T T)",
                           "(let (x) true s)",
                           "(osmerge s s)"}) {
    CAPTURE(text);
    CHECK_FALSE(typed(text).ok);
  }
}

TEST_CASE("shapes follow the operators") {
  const auto shape = [](const std::string& text) {
    const Typed t = typed(text);
    if (!t.ok) return t.error;
    std::string out;
    for (const Term& n : t.type.shape) out += print(n) + " ";
    return out;
  };
  CHECK(shape("(inner add * Q (tran (1 0) K))") == "n m ");
  CHECK(shape("(outer + Q (psi (vec 0) K))") == "n d d ");
  CHECK(shape("(tran (2 0 1) (outer * Q (iota 7)))") == "d 7 n ");
  CHECK(shape("(cat Q K)") == "(+ n m) d ");
  CHECK(shape("(drop 1 Q)") == "(- n 1) d ");
  CHECK(shape("(omega 1 (x) (redf add x) Q)") == "n ");
  CHECK(shape("(omega2 1 1 (x y) (inner add * x y) Q (psi (vec 0) K))") == "n ");
  CHECK(shape("(reshape (vec (* n d)) Q)") == "(* n d) ");
  CHECK(shape("(gen (i 3) (+ s (psi (vec i) Q)))") == "3 d ");
  CHECK(typed("(psi (vec 0) T)").type.kind == Type::Kind::kIndex);
  CHECK(typed("(get 1 (tup s Q))").type.shape.size() == 2);
  CHECK(typed("(put (vec) (inner add * Q (tran (1 0) K)))").type.kind == Type::Kind::kStmt);
}

TEST_CASE("the context of a position is the binders and guards above it") {
  const Spec spec = small_spec();
  const Term t = parsed(
      "(for (i n) (when (< i 2) (put (vec i) (gen (j m) "
      "(if (< j i) (red add (l d) (<= l j) (real l)) s)))))");
  const auto context = [&](const Position& p) {
    std::string out;
    for (const ContextEntry& c : scope_at(t, p, spec).context) {
      out += c.kind == ContextEntry::Kind::kBinder ? c.name + "<" + print(c.term) + " "
                                                   : print(c.term) + " ";
    }
    return out;
  };
  CHECK(context({0}) == "");
  CHECK(context({1, 0}) == "i<n ");
  CHECK(context({1, 1}) == "i<n (< i 2) ");
  CHECK(context({1, 1, 1, 1, 0}) == "i<n (< i 2) j<m ");
  CHECK(context({1, 1, 1, 1, 1, 1}) == "i<n (< i 2) j<m (< j i) l<d ");
  CHECK(context({1, 1, 1, 1, 1, 2}) == "i<n (< i 2) j<m (< j i) l<d (<= l j) ");
  CHECK(context({1, 1, 1, 1, 2}) == "i<n (< i 2) j<m (not (< j i)) ");
}

TEST_CASE("index terms are compared as polynomials over div and elements") {
  const auto same = [](const char* a, const char* b) { return same_index(parsed(a), parsed(b)); };
  CHECK(same("(* (+ a b) (- a b))", "(- (* a a) (* b b))"));
  CHECK(same("(+ (mod a b) (* b (div a b)))", "a"));
  CHECK(same("(div (+ a b) 2)", "(div (+ b a) 2)"));
  CHECK(same("(psi (vec (+ i 1)) T)", "(mem T (vec (+ 1 i)))"));
  CHECK_FALSE(same("(div (* 2 a) 2)", "a"));
  CHECK_FALSE(same("(* 900000000000000000 900000000000000000)", "0"));
}

TEST_CASE("the notation for people keeps what brackets are needed") {
  const auto shown = [](const char* text) { return pretty(parsed(text)); };
  CHECK(shown("(* (+ a b) c)") == "(a + b) * c");
  CHECK(shown("(- a (- b c))") == "a - (b - c)");
  CHECK(shown("(/ (* a b) c)") == "a * b / c");
  CHECK(shown("(* a (red add (l d) true (psi (vec i l) Q)))") == "a * (sum(l < d) Q[i,l])");
  CHECK(shown("(div (+ n (- 64 1)) 64)") == "ceil(n / 64)");
  CHECK(shown("(tran (1 0) K)") == "tran K");
  CHECK(shown("(omega2 2 2 (x y) (inner add * x y) Q (tran (0 2 1) K))") ==
        "Q +.* omega<2 2> (<0 2 1> tran K)");
  CHECK(shown("(mem Q (vec b (+ i 1)))") == "Q[b*Q.s0 + (i + 1)*Q.s1]");
  CHECK(pretty(parsed("(* (redf max A) (rev (take 2 B)))"), true) == "(⌈red A) × (Φ (2 △ B))");
}

TEST_CASE("the notation for people shows loops as blocks") {
  CHECK(pretty(parsed("(for (i n) (for (c d) (let (s) (gen (j m) (psi (vec i "
                      "j) S)) (put (vec i c) (red add (j m) (<= j i) (psi "
                      "(vec j) s))))))")) ==
        "for i < n, c < d:\n"
        "  let s[j < m] = S[i,j]\n"
        "  O[i,c] = sum(j < m | j <= i) s[j]");
  CHECK(pretty(parsed("(put (vec) (fold (J n) (st) (real 0) (+ st (real "
                      "J))))")) ==
        "O =\n"
        "  fold J < n, state st\n"
        "    init 0\n"
        "    st + J");
}

}  // namespace
}  // namespace minimoa::term_test
