#!/usr/bin/env python3
"""The claim `attention` (FORMAT 14): right certificates, and for each check one that breaks just it.

usage: attention_test.py --root ROOT --build BUILD [--audit AUDITOR]
Right ones are committed certificates of each spec, with the claim written here by hand. The others
are of specs whose term after stage onf is written down by a rule that replaces anything, as in
ratio_test.py. Each case says what it expects: VALID and a line of the report, or the code and a part
of the reason with which the claim `attention` alone is refused. Prints `N passed, N failed`.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys

import ratio_test
from ratio_test import DOT, NOTHING, Bench, drop, edit, lin, loops, operand, put

HOLE = {"hole": "no-witness"}
ZERO = "; without a key (real 0), else of keys below "
THEOREMS = ("masked_keys_have_no_influence, weights_are_positive, weights_sum_to_one, "
            "mean_of_weights, empty_row, order_of_keys_does_not_matter, causal")


def claim(limit, *proofs):
    return {"limit": limit, "proofs": list(proofs)}


# ---- committed certificates: T - 1 - j, or the mask, is the fact before the negated goal's ----
COMMITTED = {  # spec: limit, facts of the proof, names of the key arrays
    "sdpa": ("T", lin(19, 20), "K, V"), "decode": ("T", lin(19, 20), "K, V"),
    "gqa": ("T", lin(23, 27), "K, V"),  # the require has two facts, its quotient three
    "causal": ("(+ (+ o2 (- T S)) 1)", lin(20, 21), "K, V")}
SCHEDULES = ("naive", "flash", "two_pass", "split_kv")


def committed(b, name):
    limit, proof, _ = COMMITTED[name.split("_")[0]]
    cert = b.certificate(name, [])
    cert["attention"] = claim(limit, proof)
    return cert


def committed_cases(b):
    for spec, (limit, _, arrays) in COMMITTED.items():
        for schedule in SCHEDULES:
            name = spec + "_" + schedule
            right = committed(b, name)
            b.case(name, None, "attention: key arrays %s%s%s; Coq AttentionProofs: %s" % (
                arrays, ZERO, limit, THEOREMS), right)
        b.case(name + ": limit too small", "proof", "last fact", edit(
            right, put("(- %s 1)" % limit, "attention", "limit")))
    causal = committed(b, "causal_naive")
    b.case("another limit", None, "keys below T;", edit(causal, put(
        claim("T", lin(19, 21)), "attention")))
    b.case("the mask of the top left", "proof", "last fact", edit(
        causal, put("(+ o2 1)", "attention", "limit")))
    b.case("steps of another number", "attention", "no full put", edit(
        causal, put(0, "stages", "dnf"), put(0, "stages", "onf")))


def format_cases(b):
    good = committed(b, "causal_naive")
    b.case("nothing is claimed", None, "attention: nothing is claimed",
           edit(good, put({}, "attention")))
    b.case("no key", "equal json", "", edit(good, drop("attention")))
    b.case("the key twice", "equal json", "", good, lambda text: text.replace(
        '"attention":', '"attention": {}, "attention":'))
    for key in ("limit", "proofs"):
        b.case("no " + key, "json", "", edit(good, drop("attention", key)))
        b.case(key + " twice", "equal json", "", good, lambda text, key=key: text.replace(
            '"%s": ' % key, '"%s": "T", "%s": ' % (key, key)))
    b.case("a further key", "json", "", edit(good, put("T", "attention", "empty")))
    for value in ([], "T", 0, [claim("T", lin(19, 21))]):
        b.case("attention: %s" % value, "json", "", edit(good, put(value, "attention")))
    for value in (7, ["T"], {}):
        b.case("limit: %s" % value, "json", "", edit(good, put(value, "attention", "limit")))
    for proofs, text in (([], "0 proofs"), ([lin(20, 21)] * 2, "2 proofs"), ([NOTHING], "last fact"),
                         ([lin(19, 21)], "last fact")):
        b.case("proofs: %s" % proofs, "proof", text, edit(good, put(proofs, "attention", "proofs")))
    b.case("a proof that is none", "json", "", edit(good, put("x", "attention", "proofs")))
    b.case("a hole", "HOLEY", "causal (if the holes are filled)",
           edit(good, put([HOLE], "attention", "proofs")))
    b.case("a hole that is none", "proof", "hole",
           edit(good, put([{"hole": "x"}], "attention", "proofs")))
    b.case("rests on a hole", "HOLEY", "causal (if the holes are filled)",
           edit(good, put(HOLE, "spec_proofs", 0)))
    b.case("nothing is claimed, of a hole", "HOLEY", "nothing",
           edit(good, put({}, "attention"), put(HOLE, "spec_proofs", 0)))
    b.case("the spec is not proved", "unchecked", "rest on", edit(good, drop("spec_proofs", 0)))
    b.case("divisors are not proved", "unchecked", "", edit(good, put([NOTHING], "divisors")))


# ---- operands ----
# N, M, D, C: facts 0 .. 7; loops i, c: 8 .. 11; the key: 12, 13; then the mask's, those of atoms.
SPEC = ratio_test.SPEC.replace("out O", "in P : i32[M] in 0 .. M, J : f32[M,M], F : f32[N]\nout O")
MASKED = lin(13, 14)  # M - 1 - j


def shaped(b, onf, given=claim("M", MASKED), spec=SPEC):
    def change(cert):
        cert.update(theorems=[], product={}, ratios=[], attention=given,
                    spec_proofs=[lin(2, 8)] * 2)
    return ratio_test.shaped(b, onf, spec, change=change)


SCORE = "(+ %s %%s)" % DOT
VALUE = "(mem V (vec j c))"
RIGHT = [  # name, what the operand is made of, line of the report from the key arrays on
    ("dot product", {}, "K, V" + ZERO),
    ("another empty value", {"empty": "(/ (real (+ i c)) (real M))"},
     "K, V; without a key (/ (real (+ o0 o1)) (real M)), else"),
    ("a bias", {"x": SCORE % "(mem A (vec i j))"}, "A, K, V" + ZERO),
    ("a cap", {"x": "(tanh %s)" % DOT}, "K, V" + ZERO),
    ("two sums", {"x": SCORE % DOT}, "K, V" + ZERO),
    ("an if in the score", {"x": "(if (< j i) %s (real 0))" % DOT}, "K, V" + ZERO),
    ("keys are the values", {"v": "(mem K (vec j c))"}, "K" + ZERO),
    ("the key is read twice", {"v": "(* %s %s)" % (VALUE, VALUE)}, "K, V" + ZERO),
    ("positions of keys differ", {"v": "(mem J (vec 0 j))"}, "J, K" + ZERO),
    ("keys moved", {"x": SCORE % "(mem A (vec i (- (+ i (+ j 1)) (mem I (vec i)))))"},
     "A, K, V" + ZERO),
    ("an integer input at the key", {"x": SCORE % "(real (mem P (vec j)))"}, "K, P, V" + ZERO),
    ("no key in the score", {"x": "(mem Q (vec i 0))"}, "V" + ZERO),
    ("no key in the value", {"v": "(mem V (vec 0 c))"}, "K" + ZERO),
    ("queries of other rows", {"v": "(* %s (mem Q (vec 0 0)))" % VALUE}, "K, V" + ZERO),
    ("shared score", {"x": "(let (s) %s (+ s (real 1)))" % DOT}, "K, V" + ZERO),
    ("selected score", {"x": "(psi (vec j 0) (gen (j M) (gen (z N) %s)))" % DOT}, "K, V" + ZERO),
    ("a sum of all of a gen", {"x": SCORE % "(redf add (psi (vec) (gen (y M) (real y))))"},
     "K, V" + ZERO),
    ("a bound below 0", {"m": "(- M N)"}, None)]
AGREE = "parts of the operand do not agree"
FORM = "operand has another form"
WHOLE, READS = "a score or value reads a whole input", "the empty value reads an input"
OWN, WAYS = "is not the key's own", "is read in two ways"
WRONG = [  # name, what the operand is made of, a part of the reason
    ("another operator above", {"op": "max"}, AGREE), ("a sum for the maximum", {"x1": "(real 0)"}, AGREE),
    ("another score above", {"y1": "(real 0)"}, AGREE),
    ("another score below", {"y3": "(real 0)"}, AGREE),
    ("another score in the maximum below", {"x3": "(real 0)"}, AGREE),
    ("another score of keys", {"y3": DOT.replace("j", "(+ j 0)")}, AGREE),
    ("another mask of the maximum", {"g2": "(< j 1)"}, AGREE),
    ("another mask of the sum", {"g3": "(< j 1)"}, AGREE),
    ("another mask of any", {"g4": "(< j 1)"}, AGREE),
    ("fewer keys of any", {"m4": "(- M 1)"}, AGREE),
    ("fewer keys of the maximum", {"m2": "(- M 1)"}, AGREE),
    ("other keys of the sum", {"m3": "N"}, AGREE),
    ("bottom in the score", {"x": "(max %s bottom)" % DOT}, "bottom"),
    ("bottom in the value", {"v": "(max %s bottom)" % VALUE}, "bottom"),
    ("a cap after the mask", {"x": "(* (rat 1 2) (tanh (if (< j i) %s bottom)))" % DOT}, "bottom"),
    ("bottom in a mean", {"x": SCORE % "(red max (l D) true (if (< l j) (real l) bottom))"},
     "bottom"),
    ("all of an input in the score", {"x": SCORE % "(redf max F)"}, WHOLE),
    ("a row of an input in the value", {"v": "(redf max (psi (vec j) V))"}, WHOLE),
    ("a selection from an input", {"v": "(* %s (psi (vec 0 c) V))" % VALUE}, WHOLE),
    ("a selection in an index", {"v": "(* %s (mem W (vec (psi (vec j) P) c)))" % VALUE}, WHOLE),
    ("a mask of reals", {"g": "(iszero (mem J (vec i j)))"}, "depends on an element"),
    ("a mask of reals, deep", {"g": "(or (< j i) (any (k M) (not (iszero (mem A (vec i k))))))"},
     "depends on an element"),
    ("a mask of reals in an index", {"g": "(< j (if (iszero (mem K (vec j 0))) 1 0))"},
     "depends on an element"),
    ("a mask of a selection", {"g": "(< j (psi (vec i) I))"}, "mask reads a whole input"),
    ("an empty value of data", {"empty": "(mem W (vec i c))"}, READS),
    ("an empty value of integers", {"empty": "(real (mem I (vec i)))"}, READS),
    ("an empty value selected", {"empty": "(psi (vec i c) W)"}, READS),
    ("a number of keys of data", {"m": "(mem I (vec i))"}, READS),
    ("a number of keys selected", {"m": "(psi (vec i) I)"}, READS),
    ("no key array", {"x": "(mem Q (vec i 0))", "v": "(mem V (vec 0 c))"}, "no input is read"),
    ("no key array but in the mask", {"x": "(mem Q (vec i 0))", "v": "(mem V (vec 0 c))",
                                      "g": "(< (mem P (vec j)) i)"}, "no input is read"),
    ("a key array without the key", {"x": SCORE % "(mem K (vec 0 0))"}, WAYS),
    ("a key array without the key, in the value", {"v": "(mem K (vec 0 c))"}, WAYS),
    ("a key array without the key, in an index", {
        "x": SCORE % "(real (mem P (vec j)))", "v": "(* %s (mem W (vec (mem P (vec 0)) c)))" % VALUE},
     WAYS),
    ("a key array without the key, first", {"x": "(+ (mem K (vec 0 0)) %s)" % DOT}, WAYS),
    ("another key", {"x": SCORE % "(mem K (vec (+ j 1) 0))"}, WAYS),
    ("another key, in the value", {"v": "(mem K (vec (+ j 1) c))"}, WAYS),
    ("all keys", {"x": SCORE % "(red add (l M) true (mem K (vec l 0)))"}, WAYS),
    ("keys at two positions", {"x": SCORE % "(mem J (vec j 0))", "v": "(mem J (vec 0 j))"}, WAYS),
    ("keys in two indices", {"v": "(mem J (vec j j))"}, WAYS),
    ("the key in another index", {"v": "(mem J (vec j (+ 0 (div j 2))))"}, WAYS),
    ("every other key", {"v": "(mem V (vec (* j 2) c))"}, OWN),
    ("every other key, moved", {"v": "(mem V (vec (+ (* j 2) 1) c))"}, OWN),
    ("every other key, from one on", {"v": "(mem V (vec (+ 1 (* j 2)) c))"}, OWN),
    ("half a key", {"v": "(mem V (vec (div j 2) c))"}, OWN),
    ("keys around", {"v": "(mem V (vec (mod (+ j 1) M) c))"}, OWN),
    ("keys backwards", {"v": "(mem V (vec (- M j) c))"}, OWN),
    ("a key added to itself", {"v": "(mem V (vec (+ j j) c))"}, OWN),
    ("a key less itself", {"v": "(mem V (vec (- j j) c))"}, OWN),
    ("a key moved by itself", {"v": "(mem V (vec (+ j (div j 2)) c))"}, OWN),
    ("by itself a key moved", {"v": "(mem V (vec (+ (div j 2) j) c))"}, OWN),
    ("a key less half of it", {"v": "(mem V (vec (- j (div j 2)) c))"}, OWN),
    ("keys by a table", {"v": "(mem V (vec (mem P (vec j)) c))"}, OWN),
    ("keys by a table of pages", {
        "v": "(mem V (vec (+ (* (mem P (vec (div j 4))) 4) (mod j 4)) c))"}, OWN),
    ("keys of an inner sum", {"x": "(red add (l D) true (mem K (vec (+ j l) 0)))"}, OWN),
    ("keys of an inner sum, first", {"x": "(red add (l D) true (mem K (vec (+ l j) 0)))"}, OWN),
    ("keys of an inner sum, less", {"x": "(red add (l D) true (mem K (vec (- j l) 0)))"}, OWN),
    ("a mask of what a key holds", {"x": SCORE % "(real (mem P (vec j)))",
                                    "g": "(< (mem P (vec j)) i)"}, "mask reads a key array"),
    ("a mask of what keys hold", {"x": SCORE % "(real (mem P (vec j)))",
                                  "g": "(any (k M) (< (mem P (vec k)) i))"},
     "mask reads a key array")]
FRAMES = [  # name, term, a part of the reason; None: right
    ("parallel loops", "(parfor (i N) (parfor (c C) (put (vec i c) %s)))", None),
    ("transposed loops", "(for (c C) (for (i N) (put (vec i c) %s)))", None),
    ("a shared value outside", "(let (s) (real 0) (for (i N) (for (c C) (put (vec i c) %s))))", None),
    ("a guard", "(for (i N) (for (c C) (when (< i 1) (put (vec i c) %s))))", "no full put"),
    ("a guard outside", "(when (< 0 N) (for (i N) (for (c C) (put (vec i c) %s))))", "no full put"),
    ("three loops", "(for (z 1) (for (i N) (for (c C) (put (vec i c) %s))))", "no full put"),
    ("no loops", "(put (vec) (gen (i N) (gen (c C) %s)))", "no full put"),
    ("an index that is no loop", "(for (i N) (for (c C) (put (vec (+ i 0) c) %s)))",
     "put's indices"),
    ("one loop twice", "(for (i N) (for (c C) (put (vec c c) %s)))", "put's indices"),
    ("the outer loop twice", "(for (i N) (for (c C) (put (vec i i) %s)))", "put's indices")]


def operand_cases(b):
    for name, parts, text in RIGHT:
        bound = parts.get("m", "M")
        b.case("operand: " + name, "claim", "key arrays " + (text or ""), shaped(
            b, loops(operand(**parts)), claim(bound, MASKED)))
    for name, parts, text in WRONG:
        # a wrong claim may not be refused by its proof alone
        b.case("operand: " + name, "attention", text, shaped(
            b, loops(operand(**parts)), claim("M", HOLE)))
    right = operand()
    shift = "(- %s (red max (j M) true %s))" % (DOT, DOT)
    lower = "(red add (j M) true (exp %s))" % shift
    weight = "(* (exp %s) %s)" % (shift, VALUE)
    for name, old, new, text in (
            ("a row without test", right, right[len("(if (any (j M) true) "):-len(" (real 0))")], FORM),
            ("weights not shifted", shift, DOT, FORM),
            ("weights shifted up", "(exp (- ", "(exp (+ ", FORM),
            ("weights of powers of 2", "(exp ", "(exp2 ", FORM),
            ("no weights", weight, VALUE, FORM), ("weights behind", weight, "(* %s (exp %s))" % (
                VALUE, shift), FORM),
            ("no quotient", "(/ (red", "(* (red", FORM), ("no sum", "(red add (j M) true %s)" % weight,
                                                          "(real 0)", FORM),
            ("the maximum below", lower, lower.replace("(red add (j", "(red max (j", 1), AGREE),
            ("the least score", "red max", "red min", AGREE),
            ("a test of no key", "(any (j M) true)", "true", AGREE)):
        assert old in right, old
        b.case("operand: " + name, "attention", text, shaped(
            b, loops(right.replace(old, new)), claim("M", HOLE)))
    b.case("operand: other", "attention", FORM, shaped(b, loops("(real 0)"), claim("M", HOLE)))
    for name, term, text in FRAMES:
        b.case("frame: " + name, "attention" if text else "claim", text or "key arrays K, V" + ZERO,
               shaped(b, term % right))
    def whole(cert):
        text = json.dumps(cert).replace("gen(i in N) gen(c in C) 0", "0").replace(
            "(gen (i N) (gen (c C) (real 0)))", "(real 0)")
        cert.update(json.loads(text), spec=b.file(
            "spec/w%d.moa" % len(b.cases), SPEC.replace("f32[N,C]\nO = gen(i in N) gen(c in C) 0",
                                                        "f32\nO = 0")))
        cert["steps"][1]["sub"]["?Q"] = "(put (vec) (real 0))"
    scalar = right.replace("(vec i l)", "(vec 0 l)").replace("(vec j c)", "(vec j 0)")
    for name, term, text in (("no loops", "(put (vec) %s)", None),
                             ("a guard and no loops", "(when (< 0 N) (put (vec) %s))", "no full put")):
        b.case("frame: %s, one element" % name, "attention" if text else "claim",
               text or "key arrays K, V" + ZERO,
               edit(shaped(b, term % scalar, claim("M", lin(9, 10))), whole))
    # Its value is a row; so are that of a row without keys, and what is put.
    rows = operand(v="(gen (c C) %s)" % VALUE, empty="(gen (c C) (real 0))")
    b.case("frame: a put of rows", "attention", "no full put", shaped(
        b, "(for (i N) (put (vec i) %s))" % rows, claim("M", lin(11, 12))))


def limit_cases(b):
    def case(name, code, text, given, **parts):
        b.case("limit: " + name, code, text, shaped(b, loops(operand(**parts)), given))
    case("of a mask", "claim", "below (+ o0 1);", claim("(+ o0 1)", lin(14, 15)), g="(<= j i)")
    case("of a mask, one less", "proof", "last fact", claim("o0", lin(14, 15)), g="(<= j i)")
    case("of half a mask", "claim", "below (+ o0 1);", claim("(+ o0 1)", lin(15, 16)),
         g="(and (< 0 i) (<= j i))")
    case("no mask", "proof", "last fact", claim("(+ o0 1)", lin(13, 14)))
    case("above", "claim", "below (+ M 5);", claim("(+ M 5)", MASKED))
    case("a column", "claim", "below (+ M o1);", claim("(+ M o1)", lin(10, 13, 14)))
    case("of data", "claim", "below (mem I (vec o0));", claim("(mem I (vec o0))", lin(14, 17)),
         g="(< j (mem I (vec i)))")
    case("of data of another row", "proof", "last fact", claim("(mem I (vec 0))", lin(14, 19)),
         g="(< j (mem I (vec i)))")
    case("a rest", "claim", "(mod o0 2)", claim("(+ M (* 0 (mod o0 2)))", lin(13, 16)))
    case("a divisor that may be 0", "divisor", "not proved positive",
         claim("(+ M (* 0 (div o0 N)))", HOLE))
    case("a divisor that is 0", "divisor", "not proved positive", claim("(+ M (* 0 (div o0 0)))", HOLE))
    case("a divisor of a mask", "divisor", "not proved positive", claim("M", HOLE), g="(< (div j N) i)")
    for limit, text in (("j", "j"), ("i", "i"), ("o2", "o2"), ("z", "z"), ("(+ M 'row0)", ""), ("", ""), ("M M", "")):
        case("names: " + limit, "scope" if text else "syntax", text, claim(limit, HOLE))
    for limit in ("(min M M)", "(max M M)", "(+ M (max 1 1))", "(if true M M)", "true", "(real 1)",
                  "(mem F (vec o0))", "(mem I (vec (max o0 o0)))", "I", "F", "(psi (vec o0) I)",
                  "(real M)", "(fold (k M) (s) 0 0)"):
        case(limit, "attention", "the limit is not", claim(limit, HOLE))
    for limit in ("(mem I (vec o0 o0))", "(mem I (vec))", "(mem M (vec))", "(div M (mem F (vec o0)))",
                  "(mem I (vec I))", "(+ M (mem F (vec o0)))", "(+ I I)"):
        case(limit, "type", "", claim(limit, HOLE))


def all_cases(b):
    for cases in (committed_cases, format_cases, operand_cases, limit_cases):
        cases(b)


# ---- the run ----
def holds(case, report):
    _, code, text = case
    claims = {one["claim"]: one for one in report["claims"]}
    attention = claims["attention"]
    lines = [line for line in report["costs"] if line.startswith("attention: ")]
    if code in (None, "claim", "HOLEY"):  # claim: of a certificate whose other claims do not matter
        whole = attention["verdict"] if code == "claim" else report["verdict"]
        return (whole == attention["verdict"] == (code if code == "HOLEY" else "VALID") and
                len(lines) == 1 and text in lines[0] and
                any("AttentionProofs" in line for line in report["assumptions"]) !=
                ("nothing" in lines[0]))
    if code.startswith("equal "):
        return claims["equal"]["code"] == code.split()[1]
    return (attention["code"] == code and text in attention["text"] and not lines and
            (claims["equal"]["verdict"] == "VALID") != (code == "unchecked"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--audit")
    args = parser.parse_args()
    bench = Bench(args.root)
    try:
        all_cases(bench)
        out = subprocess.run([args.audit or os.path.join(args.build, "bin", "minimoa-audit"),
                              "--root", bench.dir, "--format", "json"] + bench.paths(),
                             capture_output=True, text=True, check=False)
        reports = json.loads(out.stdout)
    finally:
        shutil.rmtree(bench.dir)
    failed = [(case, report) for case, report in zip(bench.cases, reports)
              if not holds(case, report)]
    for case, report in failed:
        print("FAILED %s: expected %s, found %s" % (case[0], case[1:], [
            one for one in report["claims"] if one["claim"] in ("equal", "attention")] + [
                line for line in report["costs"] if line.startswith("attention")]))
    print("%d passed, %d failed" % (len(reports) - len(failed), len(failed)))
    return 1 if failed or len(reports) != len(bench.cases) else 0


if __name__ == "__main__":
    sys.exit(main())
