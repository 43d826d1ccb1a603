#!/usr/bin/env python3
"""One forged certificate for each check of minimoa-audit.

usage: guards_test.py --root ROOT --build BUILD [--audit AUDITOR]
Every case is a small certificate that is right but for one point; the audit must refuse it with
the code given here (or, if the code is None, accept it: the border on the right side). That each
refusal comes from its own check, and from no other, is shown by tests/mutation/checker_test.py.
All cases are audited by one process. Prints `N passed, N failed`.
"""
import argparse
import copy
import json
import os
import shutil
import subprocess
import sys

import forged_test
from batch import ANY, BODY, HEAD, Batch, certificate, edited, put, rule
from border_cases import border_cases
from forged_test import sha
from traffic_cases import traffic_cases

USAGES = [[], ["--root"], ["--format"], ["--format", "xml", "x"], ["--what", "x"],
          ["--what", "x", "/no/such/certificate"],
          ["/no/such/certificate"], ["--format", "json", "/no/such/certificate"]]
USED_RIGHT = USAGES[-2:]


# ---- specs ----
SPECS = """
rev V + V
⌈ V
⌈redx V
2V
exp V
V[V]
gen(i in N) if V then S else S
gen(i in N) if <1 2> then S else S
V + <1 2>
rev (N < 2)
V exp.* V
V +.exp V
rev omega V
rev omega<> B
+red omega<1 1> B
1 rot omega<1 1> B
<0> psi omega<1> B
N tran V
<N> tran V
<1 1> take V
<-N> take V
sum(3) V
max(V)
gen(i in N | i < 2) S
gen(i in N) S[0]
gen(i in N) i < 2
V V
V @ V
W
rev <1 2>
rev omega<0> N
iota omega<0> N
"""
HEADERS = ["spec x\r\n", "spec x dims N\n", HEAD + "dims 3\nO = V\n", "spec x\ndims N\n",
           HEAD, HEAD + "O = V\nO = V\n", HEAD + "out P : f32[N]\nO = V\n",
           "spec x\ndims N\nO = gen(i in N) 1\nout O : f32[N]\n", HEAD + "P = V\n",
           "spec x\nout O : i32\nO = 1\n", HEAD + "require V\nO = V\n",
           HEAD + "require <1 2>\nO = V\n", HEAD + "require T[0] == 1\nO = V\n",
           HEAD + "let V = S\nO = V\n", HEAD + "let b = N < 2\nO = V\n",
           HEAD + "let x_s = S\nO = V\n", HEAD + "in Q : f32[N] in 0 .. 1\nO = V\n",
           HEAD + "in Q : f64[N]\nO = V\n", HEAD + "in Q : f32[T[0]]\nO = V\n",
           HEAD + "in Q : i32[N] in 0 .. T[0]\nO = V\n",
           HEAD + "attend P[i] over j in M\nscore = B[i,j]\nvalue = S\n",
           HEAD + "attend O[i,k] over j in M\nscore = B[i,j]\nvalue = S\n",
           HEAD.replace("[N]\n", "[N,M]\n") + "attend O[i] over j in M\nscore = S\nvalue = S\n",
           HEAD + "attend O[i] over j in M\nvalue = S\n",
           HEAD + "attend O[i] over j in M\nscore = B[i,j]\n",
           HEAD + "attend O[i] over j in M\nscore = B[i,j]\nscore = S\nvalue = S\n",
           HEAD + "let u = T\nrequire u[0] == 1\nO = V\n", HEAD + "O = V\nrequire W < 2\n",
           HEAD + "O = V # \x01\n", HEAD + "O = " + "(" * 3000 + "V\n"]


def spec_cases(b):
    for expression in SPECS.strip().splitlines():
        b.record("spec: " + expression, "equal [", certificate(b, HEAD + "O = %s\n" % expression),
                 "")
    for k, text in enumerate(HEADERS):
        b.record("spec: header %d" % k, "equal [", certificate(b, text), "")
    b.record("spec: too long", "equal [limit]", certificate(
        b, HEAD + "O = V\n# " + "x" * (1 << 18)), "")
    # These are right; what is refused then is the empty list of proofs.
    for text in (HEAD.rstrip() + "\nO = V", "spec x\ndims N, M\nin V : f32[N], T : i32[N] in 0..N\n"
                 "out O : f32[N]\nO = V\n"):
        b.record("spec: another spelling", "safe [", certificate(b, text), "")


# ---- terms: the text is the branch that (if true V TEXT) adds ----
SYNTAX = """
(redf (x) V)
(redf foo V)
(redf osm V)
(inner add expsub V V)
(outer neg V V)
(outer (x) V V)
(get (x) V)
(get -1 V)
(get x V)
(tran x V)
(tran (-1) V)
(gen ((i) N) S)
(gen (1 N) S)
(gen (true N) S)
(gen i S)
(gen (i) S)
(let (x y) S V)
(omega2 1 1 (x) x V V)
(gen (bottom N) S)
(true)
(bottom)
(iota 4611686018427387905)
(iota 99999999999999999999)
(iota 18446744073709551621)
(neg @)
(neg -)
(neg V;)
(neg ?V)
(neg "V")
(neg 01)
(neg V
(neg V))
()
((neg) V)
(foo V)
(neg)
(neg V V)
(psi V V)
(psi (permute (0) 0) V)
(neg W)
(neg V) V
"""
TYPES = """
(inner add * V S)
(inner add * S V)
(inner add * V B)
(red add (j M) true (gen (q M) (tup S S)))
(red add (j M) true (tup S (gen (q M) (tup S))))
(red max (j M) true (tup S S))
(red osm (j M) true (gen (q M) (tup S S V)))
(red osm (j M) true (tup S (tup S) S))
(red osm (j M) true (tup S S))
(red osm (j M) true (tup V S S))
(osmerge (tup S S) (tup S S))
(osmerge (tup S S V) (tup S S B))
(red add (j S) true V)
(red add (j M) M V)
(fold (J S) (st) V V)
(fold (J M) (st) V S)
(fold (J M) (st) N N)
(gen (j S) S)
(gen (j N) N)
(gen (j N) (iota j))
(get 0 V)
(get 0 (gen (j N) (tup S)))
(get 2 (tup S V))
(psi (vec 0 0) V)
(psi (vec S) B)
(psi (vec 0) N)
(mem V (vec))
(mem (rev V) (vec 0))
(mem N (vec))
(tran (0 0) B)
(tran (0 2) B)
(tran (0) B)
(tran (1 0) B)
(take S V)
(take 1 S)
(drop 1 S)
(rev S)
(rot 1 S)
(cat V S)
(cat B (tran (1 0) B))
(cat V T)
(reshape (vec N 2) V)
(iota S)
(redf add S)
(redf add (gen (i N) (tup S)))
(omega 2 (x) x V)
(omega 1 (x) N V)
(omega2 1 1 (x y) (+ x y) B (tran (1 0) B))
(let (x) N V)
(let (x) V true)
(tup V N)
(tup V)
(rat 2 4)
(rat 1 1)
(rat -1 2)
(+ V B)
(+ V N)
(+ N V)
(+ N true)
(neg N)
(exp T)
(max N N)
(div V V)
(real V)
(if N V V)
(if true V B)
(if true (+ N 1) S)
(if true true true)
(if (iszero V) V V)
(if (any (j V) true) V V)
(if (any (j N) j) V V)
(if (not N) V V)
(if (and true N) V V)
(if (< S S) V V)
(put (vec) V)
(for (i N) V)
(iota (let (x) V N))
B
N
T
true
"""


def term_case(b, name, expected, text):
    steps = [forged_test.step("both", [0], {"A": "V", "B": text, "g": "true"})]
    b.record("term: " + name, expected, certificate(b, HEAD + "O = V\n", steps, ANY), "")


def term_cases(b):
    for text in SYNTAX.strip().splitlines():
        term_case(b, text, "equal [", text)
    for text in TYPES.strip().splitlines():
        term_case(b, text, "equal [", text)
    term_case(b, "nested", "equal [limit]", "(" * 500 + "neg V" + ")" * 500)
    term_case(b, "deep", "equal [limit]", "(neg " * 220 + "V" + ")" * 220)
    term_case(b, "as deep as can be", "safe [", "(neg " * 197 + "V" + ")" * 197)
    term_case(b, "too many items", "equal [limit]", "(tup" + " S" * 400001 + ")")
    term_case(b, "too many nodes", "equal [limit]", "(tup" + " S" * 200001 + ")")
    term_case(b, "tabs", "equal [", "(neg\tV)")


# ---- rules and steps ----
RULE_FILES = [
    "x", "(axiom" + ANY[5:], "(rule)", ANY.replace("(rule any", '(rule "any"'),
    ANY.replace("(phase p)", "", 1), ANY.replace("structural", "magic", 1),
    ANY.replace('(doc "")', "(doc d)", 1), ANY.replace('(cite "")', "", 1),
    ANY.replace("(phase p)", '(phase "p")', 1), ANY.replace("(stmt ?P ?Q)", "(stmts ?P ?Q)"),
    ANY.replace("(stmt ?P ?Q)", "(stmt ?P ?Q) (value)"), ANY.replace("(lhs ?P)", "(lhs ?P ?P)"),
    ANY.replace("(lhs ?P)", "(lhs ?P) (lhs ?P)"),
    ANY.replace("(stmt ?P ?Q)", "(stmt ?P ?Q xR)"), ANY.replace("(stmt ?P ?Q)", "(stmt ?P ?Q ?)"),
    ANY.replace("(stmt ?P ?Q)", "(stmt ?P ?Q ?a-b)"),
    ANY.replace("(stmt ?P ?Q)", "(stmt ?P ?Q ?P)"), ANY.replace("(rhs ?Q)", "(rhs ?R)"),
    ANY.replace("(rhs ?Q)", "(rhs (for (i 1) (?P i)))"), ANY.replace("(applies)", "", 1),
    ANY.replace("(differs)", "", 1), ANY.replace("(differs)", "(differs) (note)", 1),
    ANY + ANY, ANY + '(doc "',
    ANY.replace('(doc "")', '(doc "\n)', 1), ANY + "(", ANY + ")", ANY + "@",
    rule("(value ?A)", "?A", "?A", "(where (trust ?A))"),
    rule("(value ?A)", "?A", "?A", "(where (rank ?A))"),
    rule("(value ?A)", "?A", "?A", "(when (rank ?A 1))"),
    rule("(value ?A)", "?A", "?A", "(where x)"),
    rule("(value ?A)", "?A", "?A", "(where (input ?Z))"),
]
FLAT = {"A": "V"}
# rule text, position, sub; the core is V, the first term (put (vec) V)
STEPS = {
    "unravel of no variable": (rule("(value ?A) (indices ?u ?p)", "?A",
                                    "(psi (vec (unravel A (vec ?u..) ?p..)) ?A)"),
                               {"A": "V", "u": "(seq N)", "p": "(seq 0)"}),
    "unravel of a partial index": (rule("(value ?A) (indices ?u ?p)", "?A",
                                        "(psi (vec (unravel ?A (vec ?u..) ?p..)) ?A)"),
                                   {"A": "V", "u": "(seq N 1)", "p": "(seq 0)"}),
    "unravel of nothing": (rule("(value ?A) (indices ?u ?p)", "?A",
                                "(psi (vec (unravel ?A (vec ?u..) ?p..)) ?A)"),
                           {"A": "V", "u": "(seq)", "p": "(seq)"}),
    "unravel of no array": (rule("(value ?A ?B) (indices ?u ?p)", "?A",
                                 "(psi (vec (unravel ?B (vec ?u..) ?p..)) ?A)"),
                            {"A": "V", "B": "N", "u": "(seq N)", "p": "(seq 0)"}),
    "unravel of too many": (rule("(value ?A) (indices ?u ?p)", "?A",
                                 "(psi (vec (unravel ?A (vec ?u..) ?p.. ?p..)) ?A)"),
                            {"A": "V", "u": "(seq N)", "p": "(seq 0)"}),
    "an operator as reduction": (rule("(value ?A) (op ?F)", "?A", "(redf ?F ?A)"),
                                 {"A": "V", "F": "+"}),
    "a reduction as operator": (rule("(value ?A) (redop ?F)", "?A", "(op ?F ?A ?A)"),
                                {"A": "V", "F": "add"}),
    "a nat as permutation": (rule("(value ?A) (nat ?k)", "?A", "(tran ?k ?A)"),
                             {"A": "V", "k": "0"}),
    "a value as nat": (rule("(value ?A)", "?A", "(get ?A ?A)"), FLAT),
    "indices as a term": (rule("(value ?A) (indices ?p)", "?A", "(take ?p ?A)"),
                          {"A": "V", "p": "(seq 1)"}),
    "an operator as a term": (rule("(value ?A) (op ?F)", "?A", "(neg ?F)"), {"A": "V", "F": "+"}),
    "permute of an index": (rule("(value ?A) (perm ?t) (index ?i)", "?A",
                                 "(psi (vec (permute ?t ?i)) ?A)"),
                            {"A": "V", "t": "(0)", "i": "0"}),
    "permute of indices without dots": (rule("(value ?A) (perm ?t) (indices ?i)", "?A",
                                             "(psi (vec (permute ?t ?i)) ?A)"),
                                        {"A": "V", "t": "(0)", "i": "(seq 0)"}),
    "permute of no variable": (rule("(value ?A) (perm ?t)", "?A",
                                    "(psi (vec (permute ?t x..)) ?A)"), {"A": "V", "t": "(0)"}),
    "splice of no variable": (rule("(value ?A)", "?A", "(psi (vec x..) ?A)"), FLAT),
    "splice of an index": (rule("(value ?A) (index ?i)", "?A", "(psi (vec ?i..) ?A)"),
                           {"A": "V", "i": "0"}),
    "permute with too few": (rule("(value ?A) (perm ?t)", "?A", "(psi (vec (permute ?t)) ?A)"),
                             {"A": "V", "t": "(0)"}),
    "op without operands": (rule("(value ?A) (op ?F)", "?A", "(op ?F)"), {"A": "V", "F": "+"}),
    "an operator that is no variable": (rule("(value ?A)", "?A", "(op + ?A ?A)"), FLAT),
    "a function to an index, declared as a value": (
        rule("(value ?A ?f) (index ?n)", "?A", "(gen (i ?n) (real (?f i)))"),
        {"A": "V", "n": "N", "f": "(fn (x) x)"}),
    "op of another arity": (rule("(value ?A) (op ?F)", "?A", "(op ?F ?A)"), {"A": "V", "F": "+"}),
    "a free name in a side": (rule("(value ?A)", "?A", "(take N ?A)"), FLAT),
    "a sum of no numbers": (rule("(value ?A) (perm ?t)", "?A", "(tran ?t ?A)"),
                            {"A": "V", "t": "((0))"}),
    "a negative number": (rule("(value ?A) (perm ?t)", "?A", "(tran ?t ?A)"),
                          {"A": "V", "t": "(-1)"}),
    "a permutation that is no list": (rule("(value ?A) (perm ?t)", "?A", "(tran ?t ?A)"),
                                      {"A": "V", "t": "0"}),
    "condition on a plain word": (rule("(value ?A)", "?A", "?A", "(where (rank x 1))"), FLAT),
    "condition on a word": (rule("(value ?A)", "?A", "?A", "(where (input x))"), FLAT),
    "rank of an index": (rule("(value ?A) (index ?n)", "?A", "?A", "(where (rank ?n 0))"),
                         {"A": "V", "n": "N"}),
    "rank of a value that is an index": (rule("(value ?A ?B)", "?A", "?A", "(where (rank ?B 0))"),
                                         {"A": "V", "B": "N"}),
    "rank that is an index": (rule("(value ?A) (index ?n)", "?A", "?A", "(where (rank ?A ?n))"),
                              {"A": "V", "n": "1"}),
    "another rank": (rule("(value ?A)", "?A", "?A", "(where (rank ?A 2))"), FLAT),
    "another extent": (rule("(value ?A) (index ?n)", "?A", "?A", "(where (extent ?n 0 ?A))"),
                       {"A": "V", "n": "M"}),
    "extent beyond the rank": (rule("(value ?A) (index ?n)", "?A", "?A",
                                    "(where (extent ?n 1 ?A))"), {"A": "V", "n": "N"}),
    "extent before the first": (rule("(value ?A) (index ?n)", "?A", "?A",
                                     "(where (extent ?n -2 ?A))"), {"A": "V", "n": "N"}),
    "extent of nothing": (rule("(value ?A) (indices ?n)", "?A", "?A", "(where (extent ?n 0 ?A))"),
                          {"A": "V", "n": "(seq)"}),
    "another shape": (rule("(value ?A ?B)", "?A", "?A", "(where (same-shape ?A ?B))"),
                      {"A": "V", "B": "B"}),
    "no input": (rule("(value ?A ?B)", "?A", "?A", "(where (input ?B))"),
                 {"A": "V", "B": "(neg V)"}),
    "a dimension is no input": (rule("(value ?A) (index ?B)", "?A", "?A", "(where (input ?B))"),
                                {"A": "V", "B": "N"}),
    "indices are no input": (rule("(value ?A) (indices ?B)", "?A", "?A", "(where (input ?B))"),
                             {"A": "V", "B": "(seq)"}),
    "no literal": (rule("(value ?A) (index ?n)", "?A", "?A", "(where (literal ?n))"),
                   {"A": "V", "n": "N"}),
    "indices are no literal": (rule("(value ?A) (indices ?n)", "?A", "?A",
                                    "(where (literal ?n))"), {"A": "V", "n": "(seq)"}),
    "a goal that is no boolean": (rule("(value ?A) (index ?n)", "?A", "?A",
                                       "(where (prove (+ ?n 1)))"), {"A": "V", "n": "N"}),
    "a goal of another kind": (rule("(value ?A) (bool ?n)", "?A", "?A", "(where (prove ?n))"),
                               {"A": "V", "n": "N"}),
    "no function": (rule("(value ?A ?f)", "?A", "(gen (i 1) (?f i))"),
                    {"A": "V", "f": "(gn (x) S)"}),
    "a function without list": (rule("(value ?A ?f)", "?A", "(gen (i 1) (?f i))"),
                                {"A": "V", "f": "(fn x S)"}),
    "a function with too much": (rule("(value ?A ?f)", "?A", "(gen (i 1) (?f i))"),
                                 {"A": "V", "f": "(fn (x) S S)"}),
    "a function of two": (rule("(value ?A ?f)", "?A", "(gen (i 1) (?f i))"),
                          {"A": "V", "f": "(fn (x y) S)"}),
    "a parameter twice": (rule("(value ?A ?f)", "?A", "(gen (i 1) (gen (j 1) (?f i j)))"),
                          {"A": "V", "f": "(fn (x x) S)"}),
    "a parameter that is a word": (rule("(value ?A ?f)", "?A", "(gen (i 1) (?f i))"),
                                   {"A": "V", "f": "(fn (true) S)"}),
    "a parameter that is a list": (rule("(value ?A ?f)", "?A", "(gen (i 1) (?f i))"),
                                   {"A": "V", "f": "(fn ((x)) S)"}),
    "two items": (rule("(value ?A)", "?A", "?A"), {"A": "V V"}),
    "no sequence": (rule("(value ?A) (indices ?p)", "?A", "?A"), {"A": "V", "p": "(vec 0)"}),
    "no operator": (rule("(value ?A) (op ?F)", "?A", "?A"), {"A": "V", "F": "div"}),
    "no reduction": (rule("(value ?A) (redop ?F)", "?A", "?A"), {"A": "V", "F": "+"}),
    "another subterm": (rule("(value ?A)", "?A", "?A"), {"A": "(neg V)"}),
    "a variable too few": (rule("(value ?A ?B)", "?A", "?A"), FLAT),
    "a variable too many": (rule("(value ?A)", "?A", "?A"), {"A": "V", "B": "V"}),
    "a value that is an index": (rule("(value ?A ?B)", "?A", "(gen (i N) ?B)".replace("N", "1")),
                                 {"A": "V", "B": "N"}),
    "a reduction of another name": (rule("(value ?A)", "?A", "(red foo (j 1) true ?A)"), FLAT),
}


def rule_file_cases(b):
    for k, text in enumerate(RULE_FILES):
        b.record("rules: file %d" % k, "equal [", certificate(b, HEAD + "O = V\n", [], text), "")
    for name, (text, sub) in STEPS.items():
        steps = [forged_test.step("r", [0], sub)]
        b.record("step: " + name, "equal [", certificate(b, HEAD + "O = V\n", steps, text), "")
    pick = rule("(value ?A) (perm ?t) (indices ?p)", "?A", "(psi (vec (permute ?t ?p..)) B)"
                .replace("B", "?A"))
    for t in ("(0)", "(0 0)", "(0 2)", "(0 1 2)"):
        steps = [forged_test.step("r", [0], {"A": "V", "t": t, "p": "(seq 0 0)"})]
        b.record("step: permute " + t, "equal [", certificate(b, HEAD + "O = V\n", steps, pick), "")
    step = forged_test.step
    for name, one in {
            "unknown rule": step("none", [0], FLAT), "no child": step("r", [0, 0], FLAT),
            "names of no binder": step("r", [0], FLAT, x="y")}.items():
        text = rule("(value ?A)", "?A", "?A")
        b.record("step: " + name, "equal [", certificate(b, HEAD + "O = V\n", [one], text), "")
    text = rule("(value ?A)", "?A", "(gen (i 1) (psi (vec i) ?A))")
    one = step("r", [0], FLAT, i="a b")
    b.record("step: bad name", "equal [", certificate(b, HEAD + "O = V\n", [one], text), "")
    text = rule("(value ?x)", "(iota ?x)", "(iota 1)")
    one = step("r", [0], {"x": "N"})
    b.record("step: an index where a value is declared", "equal [type]", certificate(
        b, HEAD + "O = iota N\n", [one], text), "")
    text = rule("(value ?A ?f) (index ?n)", "(gen (i ?n) (real (?f i)))", "?A")
    one = step("r", [0], {"A": "V", "n": "N", "f": "(fn (x) x)"})
    b.record("step: a function to an index on the old side", "equal [type]", certificate(
        b, HEAD + "O = gen(i in N) i\n", [one], text), "")
    text = rule("(stmt ?P) (value ?x)", "?P", "?x")
    one = step("r", [], {"P": "(put (vec) V)", "x": "V"})
    b.record("step: a value at the root", "equal [", certificate(b, HEAD + "O = V\n", [one], text),
             "")


# ---- final terms ----
# text of the element that is written for i, claim and code
ELEMENTS = """
(real (if (< i 1) 1 2))|text [lower]
(redf add V)|text [lower]
(psi (vec i) (rev V))|text [lower]
(let (x) T S)|text [lower]
(let (x) V (psi (vec i) x))|text [lower]
(let (s) (red osm (j M) true (tup (real 0) (real 0) (real 0))) (get 0 s))|text [lower]
(let (x) (gen (c i) (real c)) (psi (vec 0) x))|safe [lower]
(let (x) (tup (gen (c M) (real c)) (gen (c i) (real c))) (psi (vec 0) (get 0 x)))|safe [lower]
(if (or (any (j M) (< j 2)) true) bottom bottom)|text [lower]
(letslow (x) (real 1) x)|text [lower]
(psi (vec 0) (pargen (c 2) (real c)))|text [lower]
(let (x) (pargen (c 2) (real c)) (psi (vec 0) x))|text [lower]
(let (x) T (psi (vec (psi (vec i) x)) V))|safe [index]
(psi (vec (if (< i 1) 0 0)) V)|safe [index]
(let (s) (fold (J M) (st) (tup (gen (c M) (real 0)) (real 0)) (tup (gen (c M) (get 1 st)) (real J))) (get 1 s))|text [in-place]
(let (s) (fold (J M) (st) (tup (real 0) (real 0)) (tup (real J) (get 0 st))) (get 1 s))|text [in-place]
(let (s) (fold (J M) (st) (gen (c M) (real 0)) (gen (c M) (psi (vec 0) st))) (psi (vec 0) s))|text [in-place]
(let (s) (fold (J M) (st) (real 0) (fold (K M) (w) (real 1) (if (< K J) w st))) s)|text [in-place]
(let (s) (fold (J M) (st) (real 0) (fold (K M) (w) (if (< J 0) st st) (+ st w))) s)|text [in-place]
"""
FINALS = {
    "array by a let": ("(put (vec) (let (x) (gen (c N) (real c)) x))", "text [lower]"),
    "task bound": ("(for (i N) (parfor (k i) (put (vec i) bottom)))", "safe [lower]"),
    "parfor inside": ("(for (i N) (parfor (k 1) (put (vec i) bottom)))", "text [lower]"),
    "guard not stated": ("(for (i N) (when (or (< i N) (< i M)) (put (vec i) bottom)))",
                         "safe [cover]"),
    "guard stated in part": ("(for (i N) (when (and (or (< i N) (< i M)) (< i N)) "
                             "(put (vec i) bottom)))", "safe [cover]"),
    "a scalar in slow memory": ("(letslow (x) (real 1) (for (i N) (put (vec i) x)))",
                                "workspace [workspace]"),
    "divisor with a positive constant": ("(for (i N) (put (vec i) (real (div N (+ (- N M) 1)))))",
                                         "equal [proof]"),
    "bound that varies": ("(for (i N) (for (k i) (put (vec i) bottom)))", "safe [write]"),
    "guard on a shared value": ("(for (i N) (let (x) T (when (!= (psi (vec i) x) 0) "
                                "(put (vec i) bottom))))", "safe ["),
    "index of a shared value": ("(for (i N) (let (x) T (put (vec (psi (vec i) x)) bottom)))",
                                "safe [index]"),
    "no single element": ("(put (vec) V)", "safe [write]"),
    "a name twice": ("(for (x_1 N) (put (vec x_1) (let (x) (tup bottom bottom) (get 0 x))))",
                     "text [name]"),
    "other loop names": ("(for (k N) (put (vec k) bottom))", "safe [cover]"),
    "divisor that varies": ("(for (i N) (put (vec i) (real (div N i))))", "equal [divisor]"),
}


def final_case(b, name, expected, text, core="V", change=lambda cert: None, extra=""):
    one = forged_test.step("any", [], {"P": "(put (vec) %s)" % core, "Q": text})
    cert = certificate(b, HEAD + extra + "O = V\n", [one], ANY)
    change(cert)
    b.record("final: " + name, expected, cert, "")


def final_cases(b):
    for line in ELEMENTS.strip().splitlines():
        text, expected = line.split("|")
        final_case(b, text, expected, "(for (i N) (put (vec i) %s))" % text)
    for name, (text, expected) in FINALS.items():
        final_case(b, name, expected, text)
    plain = "(for (i N) (put (vec i) bottom))"
    for name, cover, code in (("too few", [], "json"), ("an input", [["i", "(psi (vec o0) T)"]],
                                                        "cover"),
                              ("unknown name", [["i", "i"]], "scope"),
                              ("a triple", [["i", "o0", "o0"]], "json"),
                              ("mixed", [["i", "(+ o0 T)"]], "cover")):
        final_case(b, "cover " + name, "safe [%s]" % code, plain, change=put("cover", cover))
    for name, require, code in (("an if", "(if N < 2 then 1 else 2) == 1", "safe [witness]"),
                                ("a false one", "2 <= N", "safe [witness]"),
                                ("one that overflows", "N * N * M < 5", "safe [int-width]"),
                                ("one that is too small",
                                 "0 - N * 549755813887 - M - M < 5", "safe [int-width]"),
                                ("a negative quotient", "(N - M) mod 2 == 0",
                                 "safe [int-width]")):
        final_case(b, "require " + name, code, plain, extra="require %s\n" % require)
    for divisor in ("N - N", "N - 2"):
        final_case(b, "require dividing by " + divisor, "safe [witness]", plain,
                   extra="require 1 div (%s) == 0\n" % divisor,
                   change=put("divisors", [{"hole": "no-witness"}]))
    final_case(b, "unproved divisor of a step", "equal [", plain, change=put("divisors", [[]]))
    for name, value in (("0", "0"), ("2^24 + 1", "16777217"), ("01", "01"), ("1.5", "1.5"),
                        ("empty", ""), ("a word", "x")):
        final_case(b, "witness " + name, "safe [", plain, change=put("witness", "N", value))
    final_case(b, "witness 2^24", "safe [proof]", plain, change=put("witness", "N", "16777216"))
    final_case(b, "too much scratch", "workspace [witness]", "(for (i N) (put (vec i) "
               "(let (x) (gen (c (* M N)) (real c)) (psi (vec 0) x))))",
               change=put("witness", {"N": "16777216", "M": "16777216"}))
    final_case(b, "too much workspace", "workspace [witness]", "(letslow (x) (gen (c (* M N)) "
               "(real c)) (for (i N) (put (vec i) (psi (vec 0) x))))",
               change=put("witness", {"N": "16777216", "M": "16777216"}))
    final_case(b, "too many tasks", "workspace [witness]", "(parfor (i N) (parfor (k M) (put "
               "(vec i) bottom)))", change=put("witness", {"N": "16777216", "M": "16777216"}))


# ---- the file ----
def file_cases(b):
    for name, path in (("empty", ""), ("dot", "spec/./forged.moa"), ("up", "spec/../x"),
                       ("double", "spec//forged.moa"), ("absolute", "/etc/passwd"),
                       ("blank", "spec/for ged.moa"), ("missing", "spec/none.moa"),
                       ("folder", "spec/rules")):
        edited(b, "spec path " + name, "equal [", put("spec", "path", path))
    with open(b.path("spec/large.moa"), "wb") as out:
        out.truncate((4 << 20) + 1)
    edited(b, "large file", "equal [limit]", put("spec", "path", "spec/large.moa"))
    os.makedirs(b.path("spec/rules/sub"), exist_ok=True)
    for path in ("spec/other.rules", "spec/rules/other.txt", "spec/rules/sub/other.rules"):
        b.write(path, ANY)
        edited(b, "rules from " + path, "equal [path]",
               lambda cert: cert["rules"].append({"path": path, "sha256": sha(ANY)}))
    edited(b, "rules not sorted", "equal [json]", lambda cert: cert["rules"].reverse())
    edited(b, "rules twice", "equal [json]", lambda cert: cert["rules"].insert(0, cert["rules"][0]))
    edited(b, "extra key in a step", "equal [json]", put("steps", 0, "extra", "x"))
    edited(b, "dir", "equal [json]", put("steps", 0, "dir", "up"))
    edited(b, "many steps", "equal [limit]", put("steps", [0] * 20001))
    edited(b, "long list", "equal [limit]", put("rules", [0] * 50001))
    edited(b, "stages", "equal [stages]", put("stages", {"dnf": 2, "onf": 1}))
    edited(b, "stages beyond", "equal [stages]", put("stages", {"dnf": 0, "onf": 4}))
    edited(b, "format", "equal [json]", put("format", "minimoa.cert/2"))
    edited(b, "target", "equal [target]", put("kernel", "target", "gpu"))
    edited(b, "producer", "equal [json]", put("producer", {"x": 1}))
    edited(b, "schedule's hash", "equal [sha256]", put("schedule", "text", "other"))
    edited(b, "schedule's name", "text [name]", put("schedule", "name", "a b"))
    edited(b, "schedule's long name", "text [limit]", put("schedule", "name", "x" * 600000))
    edited(b, "workspace of an input", "workspace [workspace]", put("workspace", "A"))
    edited(b, "workspace with an input", "workspace [workspace]", put("workspace", "(+ A N)"))
    edited(b, "workspace", "workspace [workspace]", put("workspace", "N"))
    # Found by tests/fuzz: what a vector throws was a refusal without a code of the format.
    edited(b, "an empty tree", "traffic [json]", put("costs", "traffic", [
        ["A", "load", "exact", "1", "N", []]]))
    edited(b, "holey divisors", "equal [proof]", put("divisors", [{"hole": "no-witness"}]))
    for key in ("spec", "schedule", "kernel", "stages"):
        edited(b, "extra key in " + key, "equal [json]", put(key, "extra", "x"))
    for text in ("null", "true", "-1", "1.5", "1e3", "4294967296", "1000001", "[[", "\"a\": 1",
                 "[" * 300 + "]" * 300):
        edited(b, "json " + text[:9], "equal [", text=lambda t, text=text: t.replace(
            '"dnf": 0', '"dnf": ' + text, 1))
    edited(b, "key twice", "equal [json]", text=lambda t: t.replace(
        '"dnf": 0', '"dnf": 0, "dnf": 0', 1))
    edited(b, "byte order mark", "equal [json]", text=lambda t: "\ufeff" + t)
    edited(b, "text behind", "equal [json]", text=lambda t: t + "x")
    for name, value, key in (("a list", [], "spec"), ("a text", "x", "steps"),
                             ("a number", 1, "spec"),
                             ("an object", {}, "steps"), ("a number", 1, "format")):
        edited(b, key + " is " + name, "equal [json]", put(key, value))


def kernel_cases(b):
    for name, text in (("no line", ""), ("no hash", "// certificate x\n"),
                       ("another hash", "// certificate x sha256 " + "0" * 64 + "\n"),
                       ("code", "#define float double\n"), ("backslash", "// \\\n"),
                       ("trigraph", "// ??/\n"), ("tab", "//\r\n")):
        keep = name not in ("no line", "no hash", "another hash")
        edited(b, "header: " + name, "text [text]",
               header=lambda head, text=text, keep=keep: (head if keep else "") + text)
    edited(b, "header: twice", "text [text]", header=lambda head: head + head)
    edited(b, "header: blank lines", None, header=lambda head: "\n// a\n \t\n" + head)
    edited(b, "no marker", "text [text]", file=lambda text: text.replace("body", "bodies"))
    edited(b, "marker at the end", "text [text]",
           file=lambda text: text[:text.index(BODY) + len(BODY) - 1])
    edited(b, "comment", None, kernel=lambda body: body + "// it's \"x\"\t/*~\n")
    tokens = ["\\", "// ??=\n", "\x7f", "é", "\r\n", "'x'", '"x"', 'x "C"', "// #\n", "/* x */",
              "$", "#include <vector>\n", "\n#include <cmath> float x;\n", "x #include <cmath>\n",
              "#pragma x\n", "x", "."]
    for text in tokens:
        edited(b, "token %r" % text, "text [text]", kernel=lambda body, text=text: body + text)
    edited(b, "body is cut", "text [text]", kernel=lambda body: body.rstrip()[:-1])
    edited(b, "other token", "text [text]", kernel=lambda body: body.replace("i_0 <", "i_0 <="))
    edited(b, "joined tokens", "text [text]", kernel=lambda body: body.replace("++i", "+ +i"))
    edited(b, "body's hash", "text [sha256]", put("kernel", "body_sha256", "0" * 64))
    edited(b, "no kernel", "text [unreadable]", put("kernel", "path", "kernels/cpu/none.cpp"))


# ---- proofs: of the first obligation of `safe`, i >= 0 with facts 0..3 and the negated goal 4 ----
def monomials(ranges):
    """The polynomial with coefficient 1 at every monomial with exponents in these ranges."""
    out = [[]]
    for atom, sizes in ranges:
        out = [m + ([[atom, e]] if e else []) for m in out for e in sizes]
    return [["1", m] for m in out]


ZERO = ["lin", "0", []]
ONE = [["1", []]]
X = [["1", [[0, 1]]]]


def floordiv(poly, zero=5):
    return ["floordiv", poly, ONE, zero]


PROOFS = {
    "empty": ([], "proof"), "an empty step": ([[]], "proof"), "unknown": ([["assume", X]], "proof"),
    "no such fact": ([["mul", 0, 99]], "proof"), "itself": ([["lin", "0", [["1", 5]]]], "proof"),
    "negative constant": ([["lin", "-1", []]], "proof"),
    "negative multiplier": ([["sq", ONE], ["lin", "0", [["-1", 5]]]], "proof"),
    "multiplier 0": ([["lin", "0", [["0", 0], ["1", 2], ["1", 4]]]], "proof"),
    "ends positive": ([["lin", "1", []]], "proof"), "ends with 0": ([ZERO], "proof"),
    "ends with an atom": ([["lin", "0", [["1", 4]]]], "proof"),
    "constant": ([["lin", "1", [["1", 2], ["1", 4]]]], "proof"),
    "additions": ([ZERO, floordiv(X), floordiv(monomials([(0, range(65)), (1, range(65))])),
                   ["lin", "0", [["1", 8]] * 2000]], "limit"),
    "cut of a constant": ([ZERO, ["cut", 5]], "proof"),
    "zero coefficient": ([["sq", [["0", []]]]], "proof"),
    "no such atom": ([["sq", [["1", [[2, 1]]]]]], "proof"),
    "exponent 0": ([["sq", [["1", [[0, 0]]]]]], "proof"),
    "atoms not increasing": ([["sq", [["1", [[1, 1], [0, 1]]]]]], "proof"),
    "an atom twice": ([["sq", [["1", [[1, 1], [1, 1]]]]]], "proof"),
    "a monomial twice": ([["sq", X + X]], "proof"),
    "floordiv by anything": ([floordiv(X, 0)], "proof"),
    "a split in front": ([["split", X, [], []], ZERO], "proof"),
    "a lemma of its own": ([["use", 0, [X, X], [0, 1, 2, 3]]], "proof"),
    "a long step": ([["mul", 0, 0, 0]], "json"), "a short step": ([["mul", 0]], "json"),
    "number 01": ([["lin", "01", []]], "number"), "number +1": ([["lin", "+1", []]], "number"),
    "no number": ([["lin", "-", []]], "number"), "number empty": ([["lin", "", []]], "number"),
    "a number as number": ([["lin", 0, []]], "json"),
    "digits": ([["lin", "1" * 2001, []]], "limit"),
    "a square of 2,001 digits": ([["lin", "1" + "0" * 1000, []], ["mul", 5, 5]], "limit"),
    "digits of a square": ([["sq", [["1" + "0" * 1500, []]]]], "limit"),
    "digits of a combination": ([["sq", [["1" + "0" * 999, []]]],
                                 ["lin", "0", [["1" + "0" * 1500, 5]]]], "limit"),
    "exponent 65": ([["sq", [["1", [[0, 65]]]]]], "limit"),
    "exponent of a square": ([["sq", [["1", [[0, 40]]]]]], "limit"),
    "multiplications": ([["sq", monomials([(0, range(52)), (1, range(52))])]], "limit"),
    "terms of a polynomial": ([ZERO, floordiv(X), ["sq", monomials([(0, range(65)), (
        1, range(65)), (2, range(5))])]], "limit"),
    "terms of a product": ([ZERO, floordiv(monomials([(0, range(33)), (1, range(33))])),
                            floordiv(monomials([(2, range(33))])), ["mul", 6, 8]], "limit"),
    "terms of a sum": ([ZERO, floordiv(X)] + [
        floordiv(monomials([(0, range(65)), (1, range(65)), (2, [k])])) for k in range(1, 6)] +
        [["lin", "0", [["1", 8 + 2 * k] for k in range(5)]]], "limit"),
    "facts": ([ZERO, floordiv(X),
               floordiv(monomials([(0, range(65)), (1, range(65)), (2, [1])]))]
              + [["lin", "0", [["1", 8]]]] * 150, "limit"),
    "steps": ([ZERO] * 5001, "limit"), "no list": ("x", "json"),
    "a hole's reason": ({"hole": "too hard"}, "proof"),
    "a hole with more": ({"hole": "no-witness", "x": ""}, "json"),
}


def proof_cases(b):
    for name, (proof, code) in PROOFS.items():
        edited(b, "proof: " + name, "safe [%s]" % code, put("safe", 0, proof))
    edited(b, "proofs: one too few", "safe [proof]", lambda cert: cert["safe"].pop())
    edited(b, "proofs: one too many", "safe [proof]", lambda cert: cert["safe"].append([]))
    # The second obligation: i < N, with the same hypotheses; its lemma is i >= 0.
    for name, step, code in (
            ("hypothesis", ["use", 0, [X, X], [0, 1, 2, 3]], "proof"),
            ("later", ["use", 1, [X, [["1", [[1, 1]]]]], [0, 1, 2, 3]], "proof"),
            ("too few values", ["use", 0, [X], [0, 1, 2, 3]], "json"),
            ("too few facts", ["use", 0, [X, [["1", [[1, 1]]]]], [0, 1, 2]], "json")):
        edited(b, "proof: use, " + name, "safe [%s]" % code, put("safe", 1, [step]))
    edited(b, "proof: use", None, put("safe", 1, [["use", 0, [X, [["1", [[1, 1]]]]], [0, 1, 2, 3]],
                                                  ["lin", "0", [["1", 3], ["1", 4]]]]))
    # 2i + 1 >= 0, cut to i >= 0, is the fact that i + 1 is a divisor.
    edited(b, "proof: cut", None, put("safe", 0, [
        ["lin", "1", [["2", 2]]], ["cut", 5],
        ["floordiv", ONE, [["1", [[1, 1]]], ["1", []]], 6], ["lin", "0", [["1", 2], ["1", 4]]]]))
    edited(b, "proof: 5000 steps", None, put("safe", 0, [ZERO] * 4999 + [
        ["lin", "0", [["1", 2], ["1", 4]]]]))


def element_cases(b):
    """O[i] = A[T[i]]: an element of an integer input as an index, in its declared range."""
    f = forged_test
    spec = ("spec x\ndims N\nin T : i32[N]%s, A : f32[N]\nout O : f32[N]\n"
            "O = gen(i in N) A[T[i]]\n")
    element = "(psi (vec i) T)"
    steps = [f.step("put-gen", [], {"p": "(seq)", "n": "N",
                                    "e": "(fn (i) (psi (vec %s) A))" % element}),
             f.GAMMA(f.E, element),
             f.step("gamma-strided", f.E + [1], {"p": "(seq i)", "A": "T"})]
    inside = [f.hyp(4, 6), f.hyp(5, 6), f.hyp(2, 4), f.hyp(3, 4)]
    body = f.frame("minimoa_x_hand", ["N"], [("T", 1, "i"), ("A", 1, "f"), ("O", 1, "f")],
                   f.LOOP + " a.O[(i_0 * a.O_s[0])] = a.A[(static_cast<std::int64_t>("
                   "a.T[(i_0 * a.T_s[0])]) * a.A_s[0])]; }")
    for name, declared, expected in (("in range", " in 0 .. N", None),
                                     ("too wide a range", " in 0 .. N + 1", "equal [proof]"),
                                     ("without a range", "", "equal [proof]")):
        cert = certificate(b, spec % declared, steps)
        cert.update(witness={"N": "1"}, spec_proofs=([f.hyp(0, 2)] if declared else []) + inside,
                    safe=f.PUT + inside + [f.hyp(1, 2), f.OFFSET1] + copy.deepcopy(f.TAIL))
        b.record("element: " + name, expected, cert, body)
    # A divisor of the core alone has to be proved, too.
    one = f.step("any", [], {"P": "(put (vec) (gen (i N) (psi (vec (mod i N)) V)))",
                             "Q": "(for (i N) (put (vec i) bottom))"})
    b.record("divisor of the core", "equal [proof]", certificate(
        b, HEAD + "O = gen(i in N) V[i mod N]\n", [one], ANY), "")


def numbering_cases(b):
    """(== a b) with a = 2N div 4, b = N div 2: of both goals, also b - a, the atom of a comes
    first. Facts: 4, 5 of the first quotient, 6, 7 of the second, 8 the negated goal."""
    lin, none = forged_test.lin, [["lin", "0", []]]
    goals = [[lin(5, (2, 6), (4, 8))], [lin(4, (2, 7), (4, 8))]]
    rules = ANY + rule("(value ?A) (index ?a ?b)", "?A", "?A", "(where (prove (== ?a ?b)))")
    for name, proofs, expected in (("right", goals, "=equal"),
                                   ("second as if b came first",
                                    [goals[0], [lin(6, (2, 5), (4, 8))]], "equal [proof]"),
                                   ("no proof", [none, none], "equal [proof]")):
        step = forged_test.step("r", [0], {"A": "V", "a": "(div (* 2 N) 4)", "b": "(div N 2)"},
                                proofs)
        cert = certificate(b, HEAD + "O = V\n", [step], rules)
        cert["spec_proofs"] = [forged_test.hyp(0, 4)]  # the range of T is not empty
        b.record("numbering: " + name, expected, cert, "")


def limit_cases(b):
    # Every step types the whole term again.
    guard = ["true"] * 32768
    while len(guard) > 1:
        guard = ["(and %s %s)" % pair for pair in zip(guard[::2], guard[1::2])]
    steps = [forged_test.step("both", [0], {"A": "V", "B": "V", "g": guard[0]})]
    steps += [forged_test.step("same", [0, 1], {"A": "V"})] * 400
    rules = ANY + rule("(value ?A)", "?A", "?A").replace("rule r", "rule same")
    b.record("limit: typed nodes", "equal [limit]", certificate(b, HEAD + "O = V\n", steps, rules),
             "")
    # Types that double with each let, and are looked at again by the lets within.
    term = "S"
    for k in range(160):
        term = "(let (y) x11 %s)" % term
    for k in range(11, -1, -1):
        term = "(let (x%d) (tup %s) %s)" % (k, " ".join(["x%d" % (k - 1) if k else "S"] * 2), term)
    one = forged_test.step("any", [], {"P": "(put (vec) V)",
                                       "Q": "(for (i N) (put (vec i) %s))" % term})
    b.record("limit: types", "equal [limit]", certificate(b, HEAD + "O = V\n", [one], ANY), "")
    # Every obligation translates the requires again; zeros cost no multiplications.
    zeros = ["0"] * 32768
    while len(zeros) > 1:
        zeros = ["(%s+%s)" % pair for pair in zip(zeros[::2], zeros[1::2])]
    cert = certificate(b, HEAD.replace("out", "require %s<N\nrequire %s<M\nout" % (
        zeros[0], zeros[0])) + "O = gen(i in N) " + " + ".join(["V[i]"] * 170) + "\n")
    b.record("limit: translated nodes", "equal [limit]", cert, "")
    # N, M, i and 64,998 quotients, one too many; beyond 2^16 two of them would share a number.
    numbers = iter(range(10000, 99999))
    parts = ["N div %d<N div %d" % (next(numbers), next(numbers)) for _ in range(32499)]
    requires = "".join("require " + " and ".join(parts[k:k + 20]) + "\n"
                       for k in range(0, len(parts), 20))
    cert = certificate(b, "spec x\ndims N, M\nin V : f32[N]\n" + requires +
                       "out O : f32[N]\nO = gen(i in N) V[i]\n")
    b.record("limit: atoms", "equal [limit]", cert, "")
    requires = "".join("require N <= %d + M * M * M\n" % k for k in range(4000))
    cert = certificate(b, "spec x\ndims N, M\nin V : f32[N]\n" + requires +
                       "out O : f32[N]\nO = gen(i in N) " + " + ".join(["V[i]"] * 30) + "\n")
    b.record("limit: obligations", "equal [limit]", cert, "")


def honest_cases(b):
    for name in sorted(os.listdir(os.path.join(b.root, "certificates"))):
        if not name.endswith(".cert.json"):
            continue
        with open(os.path.join(b.root, "certificates", name)) as file:
            cert = json.load(file)
        cert.setdefault("attention", {})
        with open(os.path.join(b.root, cert["kernel"]["path"])) as file:
            b.record(name, None, cert, file.read().split(BODY, 1)[1])


def all_cases(b):
    b.first_rules = b.rules()
    for cases in (forged_test.rule_cases, forged_test.range_cases, forged_test.storage_cases,
                  forged_test.overflow_case, forged_test.committed_cases, spec_cases, term_cases,
                  rule_file_cases, final_cases, file_cases, kernel_cases, proof_cases,
                  element_cases, numbering_cases, traffic_cases, honest_cases,
                  border_cases, limit_cases):
        cases(b)


def blocks(text):
    """The report of each certificate, in order."""
    out = []
    for line in text.splitlines():
        if not line.startswith("  "):
            out.append([])
        out[-1].append(line.strip())
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--audit", help="default: BUILD/bin/minimoa-audit")
    options = parser.parse_args()
    auditor = options.audit or os.path.join(options.build, "bin", "minimoa-audit")
    b = Batch(auditor, os.path.abspath(options.root))
    failed = 0
    try:
        all_cases(b)
        done = subprocess.run([auditor, "--root", b.dir] + b.paths(), capture_output=True,
                              text=True, timeout=400)
        reports = blocks(done.stdout)
        if len(reports) != len(b.cases):
            sys.exit("%d reports for %d cases; exit code %d" % (len(reports), len(b.cases),
                                                                done.returncode))
        for (name, expected), report in zip(b.cases, reports):
            failed += not judge(name, expected, report)
        for words in USAGES:
            done = subprocess.run([auditor] + words, capture_output=True, timeout=60)
            failed += done.returncode != 2 or (b"usage: " in done.stderr) == (words in USED_RIGHT)
    finally:
        shutil.rmtree(b.dir)
    print("%d passed, %d failed" % (len(b.cases) + len(USAGES) - failed, failed))
    sys.exit(1 if failed else 0)


def judge(name, expected, report):
    verdict = report[0].rsplit(": ", 1)[-1]
    if expected is None:
        good_report = verdict == "VALID"
    elif expected.startswith("="):
        good_report = expected[1:] + ": VALID" in report[1:]
    else:
        claim, code = (expected.split(" ", 1) + [""])[:2]
        good_report = verdict == "INVALID" and any(
            line.startswith(claim + ": INVALID " + code) and (
                "unchecked" in code or "[unchecked]" not in line)  # not looked at: nothing is shown
            for line in report[1:] if claim) or (
                verdict == "INVALID" and not claim and any(
                    ": INVALID" in line and not line.startswith(("footprint", "traffic"))
                    for line in report[1:]))
    if not good_report or os.environ.get("VERBOSE"):
        print("%s %s (%s)\n    %s" % ("ok  " if good_report else "FAIL", name, expected,
                                      "\n    ".join(line[:150] for line in report[:5])))
    return good_report


if __name__ == "__main__":
    main()
