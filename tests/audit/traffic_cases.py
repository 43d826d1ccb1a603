"""Cases of guards_test.py: what integer inputs bound in the claim `traffic` (FORMAT 12, context of a site).

Idea: each bound of a loop and each condition below is replaced by its extreme over the declared
ranges; the right one must be accepted, a word less and a wrong extreme must not.
"""
import re

import forged_test
from batch import ANY, certificate

TRAFFIC = ("spec x\ndims N\nin V : f32[N], K : i32[N] in 2 .. 6, Z : i32[N] in -3 .. 1, "
           "U : i32[N]\nout O : f32[N]\nO = V\n")
EQUAL = ["goals", [], []]
# bound of the loop (K, Z, U: element i of it, k: element 0 of K), its greatest value (none: it
# stays, and has no sums), and what a wrong extreme would be
BOUNDS = """
K|5|2
(+ K 3)|8|5
(+ 3 K)|8|5
(- 9 K)|7|4
(- K 2)|3|0
(- K K)|3|0
(- 9 (- 6 K))|8|5
(- 9 (- 6 (- 8 K)))|9|6
(* 2 K)|10|4
(* K 2)|10|4
(* 0 K)|0|(- 0 1)
(* K N)|(* 5 N)|(* 2 N)
(* N K)|(* 5 N)|(* 2 N)
(div (+ K 4) 3)|(div 9 3)|(div 6 3)
(mod K 5)||(- 5 (* 5 (div 5 5)))
(- 9 (mod K 5))||(- 9 (- 2 (* 5 (div 2 5))))
(- 0 (* -1 K))||2
(- 0 (* K -1))||2
(* Z Z)||0
(* (+ 0 Z) Z)||0
(* Z (- 0 2))||0
(+ K U)||5
U||0
"""
# condition on j < 9, how many j it admits at most (none: it is dropped), and with a wrong extreme
CONDITIONS = """
(< j K)|5|2
(<= j K)|6|3
(< (+ j K) 9)|7|4
(<= (+ j K) 9)|8|5
(< (- j K) 0)|5|2
(< j (- 9 K))|7|4
(< j (- 9 (- 6 K)))|8|5
(< K (- 9 j))|7|4
(not (< K j))|6|3
(not (<= K j))|5|2
(not (< 7 (+ j K)))|6|3
(not (<= 8 (+ j K)))|6|3
(not (< (- 9 K) j))|8|5
(and (< j K) true)|5|2
(and (< j K) (< j k))|5|2
(and (< j (- 6 1)) (< j K))|5|2
(and (< j K) (< j (- 6 1)))|5|2
(and (< j K) (< (- 9 K) 8))|5|2
(< 3 K)||2
(not (not (< j K)))||5
(not (and (< j K) (< j 1)))||8
(or (< j K) (< j 1))||5
(== j K)||5
(!= j K)||5
(< j U)||5
(< j (mod K 5))||1
(< j (- 0 (* K -1)))||2
(not (< j U))||5
"""


def least(count):
    """Of j < 9 those below count (at most 9), with proofs. Facts: 0, 1 N, 2 j, 3 8-j, then the
    condition (or its negation), then those of cases."""
    lin = forged_test.lin

    def absurd(*facts):
        return ["absurd", [lin(*facts)]]

    return {"sums": [["1", "(min v0 %s)" % count]], "proofs": [
        ["goals", []], ["cases", EQUAL, absurd(2)],
        ["cases", absurd(4, 5), ["cases", ["goals", [lin(6, 7)], [lin(4, 7)]], EQUAL]],
        ["cases", ["cases", EQUAL, absurd(4, 6)], absurd(4, 5)]]}


def traffic_case(b, name, expected, loop, row, nests):
    """loop: bound and condition of j; row: exact or bound, words, tree of the loads of V."""
    for name_of, read in (("K", "(mem K (vec i))"), ("k", "(mem K (vec 0))"),
                          ("Z", "(mem Z (vec i))"), ("U", "(mem U (vec i))")):
        loop = [re.sub(r"\b%s\b(?! \(vec)" % name_of, read, text) for text in loop]
    one = forged_test.step("any", [], {
        "P": "(put (vec) V)",
        "Q": "(for (i N) (put (vec i) (red add (j %s) %s (mem V (vec i)))))" % tuple(loop)})
    cert = certificate(b, TRAFFIC, [one], ANY)
    cert["witness"] = {"N": "1"}
    cert["costs"] = {"footprint": ["3"], "nests": nests, "traffic": [
        ["V", "load", row[0], "1", "(* N %s)" % row[1], row[2]]] if row else []}
    b.record("traffic: " + name, expected, cert, "")


def bound_case(b, bound, most, wrong):
    name, loop, none = "bound " + bound, (bound, "true"), {"sums": [], "proofs": []}
    if most:
        traffic_case(b, name, "=traffic", loop, ("bound", most, EQUAL), [])
        traffic_case(b, name + ", exact", "traffic [costs]", loop, ("exact", most, EQUAL), [])
        for words in (wrong, "(- %s 1)" % most):
            traffic_case(b, name + " <= " + words, "traffic [proof]", loop,
                         ("bound", words, EQUAL), [])
        return
    traffic_case(b, name, "=traffic", loop, None, [none])
    for kind in ("exact", "bound"):
        row = (kind, wrong, EQUAL)
        traffic_case(b, name + ", " + kind, "traffic [costs]", loop, row, [none])
        # As if it had that greatest value.
        traffic_case(b, name + ", replaced, " + kind, "traffic [json]", loop, row, [])


def condition_case(b, condition, most, wrong):
    name, loop = "condition " + condition, ("9", condition)
    least_of_9 = ["cases", ["absurd", [forged_test.lin(2)]], EQUAL]
    nests, count, tree = ([least(most)], most, least_of_9) if most else ([], "9", EQUAL)
    traffic_case(b, name, "=traffic", loop, ("bound", count, tree), nests)
    traffic_case(b, name + ", exact", "traffic [costs]", loop, ("exact", count, tree), nests)
    traffic_case(b, name + ", a word less", "traffic [proof]", loop,
                 ("bound", "(- %s 1)" % count, tree), nests)
    traffic_case(b, name + ", a wrong extreme", "traffic [%s]" % ("proof" if most else "json"),
                 loop, ("bound", wrong, least_of_9), [least(wrong)])


def choice_cases(b):
    """What the condition of a statement reads is loaded, whether it holds or not."""
    for words, expected in (("N", "=traffic"), ("(- N 1)", "traffic [proof]")):
        one = forged_test.step("any", [], {
            "P": "(put (vec) V)",
            "Q": "(for (i N) (when (< (mem K (vec i)) 9) (put (vec i) (mem V (vec i)))))"})
        cert = certificate(b, TRAFFIC, [one], ANY)
        cert["witness"] = {"N": "1"}
        cert["costs"] = {"footprint": ["1"], "nests": [], "traffic": [
            ["K", "load", "exact", "1", words, EQUAL]]}
        b.record("traffic: a condition of a statement, " + words, expected, cert, "")


def traffic_cases(b):
    choice_cases(b)
    for line in BOUNDS.strip().splitlines():
        bound_case(b, *line.split("|"))
    for line in CONDITIONS.strip().splitlines():
        condition_case(b, *line.split("|"))
    traffic_case(b, "bound (div 9 K)", "equal [divisor]", ("(div 9 K)", "true"), None, [])
