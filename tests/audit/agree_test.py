#!/usr/bin/env python3
"""The two checkers say the same of a claim, where they once did not.

usage: agree_test.py --root ROOT --build BUILD
minimoa-audit and certificates/second read one text (FORMAT.md) and share no code. Each case is a
certificate and what both must say of one of its claims, valid or invalid; so a text that is read
in two ways again is noticed, whichever of the two is right. Some certificates are written by
minimoa: for a schedule whose traffic needs the atoms of (== a b) in the order of the text, for
specs with requires and for one with a sum of arrays whose extents are written in two ways.
Prints `N passed, N failed`.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys

import forged_test
from batch import ANY, HEAD, Batch, certificate, rule
from traffic_cases import TRAFFIC

# Split keys: the number of parts is a quotient on both sides of a row of traffic.
SPLIT = """schedule one
softmax online
tile row 1
tile key 64
stage row key
split key 128
parallel batch row key
"""
CLAIMS = ("equal", "safe", "workspace", "footprint", "traffic")
# FORMAT 7: 64 bits and truncating division; the second column: whether K_check may evaluate it.
REQUIRES = """
(S - 1) div 2 <= T|valid
(1 + S) mod (T + 1) <= 16777216|valid
S * 549755813887 >= 1|valid
0 - S * 549755813887 - 16777216 <= 1|valid
S * 549755813888 >= 1|invalid
S * T * 32767 mod 7 >= 0|valid
S * T * 32768 mod 7 >= 0|invalid
S * T * 32767 mod 7 * 65536 * 65536 >= 0|invalid
(0 - S * 549755813887 - 16777216) - 1 <= 1|invalid
(1 - S) * (1 - T) * 32768 >= 0|valid
(1 - S) * (1 - T) * 32769 >= 0|invalid
(1 - S) * 549755813888 <= 0|valid
(S - T) div 2 <= S|invalid
(1 - S) mod 2 <= T|invalid
((0 - S) * (0 - T)) div 2 >= 0|valid
S <= T and (T - S) div 2 <= S|invalid
"""


# The unravelled index is made of the extents of a sum, as its first operand writes them.
FORMS = """spec forms
dims B, H, S, T, D
require B <= 1024 and H <= 1024 and T <= 1024 and D <= 1024
in Q : f32[B,H,S,D], K : f32[B,H,2*T,D], P : f32[B,H,T+T,D], V : f32[B,H,2*T,D]
out O : f32[B,H,S,D]
attend O[b,h,i,c] over j in 2*T
  score = sum(l in D) Q[b,h,i,l] * (<B H (2*T) D> rho (%s))[b,h,j,l]
  value = V[b,h,j,c]
"""


class Pair(Batch):
    """Cases with the claim and the state that both checkers must give it."""

    def agree(self, name, claim, state, cert, body=""):
        self.record(name, (claim, state), cert, body)

    def emitted(self, minimoa, name, state, spec, schedule):
        """A certificate of minimoa's own; the folder for --root and its path."""
        target = os.path.join(self.dir, "emitted%d" % len(self.cases))
        os.makedirs(target)
        with open(os.path.join(target, "x.moa"), "w", encoding="utf-8") as file:
            file.write(spec)
        if "\n" in schedule:
            with open(os.path.join(target, "x.sched"), "w", encoding="utf-8") as file:
                file.write(schedule)
            schedule = os.path.join(target, "x.sched")
        done = subprocess.run([minimoa, "emit", os.path.join(target, "x.moa"), "--schedule",
                               schedule, "-o", target], capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            sys.exit("emit: " + done.stderr)
        (cert,) = os.listdir(os.path.join(target, "certificates"))
        self.cases.append((name, state))
        return target, [os.path.join(target, "certificates", cert)]


def states_of_audit(auditor, root, paths):
    """{claim: state} for each certificate, by minimoa-audit."""
    done = subprocess.run([auditor, "--format", "json", "--root", root] + paths,
                          capture_output=True, text=True, timeout=400)
    reports = json.loads(done.stdout)
    return [{one["claim"]: one["verdict"].lower() for one in report["claims"]}
            for report in (reports if isinstance(reports, list) else [reports])]


def states_of_second(program, root, paths):
    """The same by the second checker; of what it did not reach, nothing is valid."""
    done = subprocess.run([sys.executable, "-B", program, "--root", root] + paths,
                          capture_output=True, text=True, timeout=400)
    result = []
    for line in done.stdout.splitlines():
        checked = re.search(r"[; ]checked: (.*?); not checked: ", line).group(1)
        words = [re.fullmatch(r"(\w+)(?:\((\w+)\))?", word) for word in checked.split()]
        result.append(dict.fromkeys(CLAIMS, "invalid"))
        result[-1].update({word.group(1): word.group(2) or "valid" for word in words})
    return result


PLAIN = "(for (i N) (put (vec i) bottom))"


def final_case(b, name, claim, state, text=PLAIN, extra="", facts=4, **changes):
    """facts: of hypotheses 1 and 2, for the one obligation of the spec: T has a range."""
    one = forged_test.step("any", [], {"P": "(put (vec) V)", "Q": text})
    cert = certificate(b, HEAD + extra + "O = V\n", [one], ANY)
    cert.update({"spec_proofs": [forged_test.hyp(0, facts)], **changes})
    b.agree(name, claim, state, cert)


def literal_cases(b):
    """FORMAT 1: a literal of a term is at most 2^62; 11: an integer of a proof has 2,000 digits."""
    for value in (2 ** 62, 2 ** 62 + 1, 2 ** 63, 10 ** 1999):
        state = "valid" if value <= 2 ** 62 else "invalid"
        for sign in ("", "-"):
            text = "(for (i N) (put (vec i) (real %s%d)))" % (sign, value)
            final_case(b, "literal %s%d" % (sign, value), "equal", state, text)
            final_case(b, "literal of a spec %s%d" % (sign, value), "equal", state, facts=5,
                       extra="require %s%d <= %d\n" % (sign, value, 5), witness={})
        final_case(b, "workspace with %d" % value, "workspace", state,
                   workspace="(- %d %d)" % (value, value))
        text = "(for (i N) (put (vec i) (rat 1 %d)))" % (value - value % 2)
        final_case(b, "rat 1 %d" % value, "equal", "valid" if value <= 2 ** 62 + 1 else "invalid",
                   text)
    for digits, state in ((18, "valid"), (19, "invalid")):
        cert = certificate(b, HEAD + "O = gen(i in N) 0.%s\n" % ("3" * digits))
        cert["spec_proofs"] = [forged_test.hyp(0, 4)]
        b.agree("decimal of %d places" % digits, "equal", state, cert)
    for number, state in (("9" * 2000, "valid"), ("1" + "0" * 2000, "invalid")):
        final_case(b, "proof with %d digits" % len(number), "equal", state,
                   spec_proofs=[[["lin", number, []], forged_test.lin(0, 4)]])
        # 10^1000 times itself has 2,001 digits, and one less.
        half = str(10 ** 1000 - (state == "valid"))
        final_case(b, "square of %d digits" % len(half), "equal", state, spec_proofs=[
            [["lin", half, []], ["mul", 5, 5], forged_test.lin(0, 4)]])


SHARED = "(for (i N) (put (vec i) (let (x) %s (psi (vec %s) x))))"
ONES = "(gen (c (* (+ N N) 1)) bottom)"  # with three operators in its extent
TWOS = "(gen (c (* 2 N)) bottom)"
# The number of obligations of `safe`: those of `i` and of the extent as it is written; holes stand
# for their proofs, so that a wrong number is invalid and the right one holey.
STORED = ((ONES, 28), (TWOS, 24), ("(if (< i 3) %s %s)" % (ONES, TWOS), 30),
          ("(if (< i 3) %s %s)" % (TWOS, ONES), 28), ("(+ %s %s)" % (ONES, TWOS), 30),
          ("(+ %s %s)" % (TWOS, ONES), 28), ("(+ bottom %s)" % ONES, 28),
          ("(fold (J 2) (st) %s (gen (c (* 2 N)) (psi (vec c) st)))" % ONES, 32))


def type_cases(b):
    """FORMAT 2: which form an extent has, and that it mentions no variable that is bound below."""
    for value, number in STORED:
        for count in (number - 2, number, number + 2):
            final_case(b, "stored %s: %d" % (value, count), "safe",
                       "holey" if count == number else "invalid", SHARED % (value, 0),
                       safe=[{"hole": "no-witness"}] * count)
    for value in ("(gen (c 2) (gen (k %s) bottom))", "(red add (c 2) true (gen (k %s) (real 1)))",
                  "(fold (c 2) (st) (gen (k N) (real 1)) (gen (k %s) (real 1)))"):
        for extent, state in (("N", "valid"), ("(+ N (- i i))", "valid"),
                              ("(+ N (- c c))", "invalid")):
            text = value % extent
            final_case(b, text, "equal", state,
                       SHARED % (text, "0 0" if value.startswith("(gen") else "0"))


# What a loop over i does, and the words that one of its tasks holds (FORMAT 12, footprint).
NEEDS = """
(when (< i (mem T (vec i))) (put (vec i) bottom))|2
(when (< (mem T (vec i)) i) (put (vec i) bottom))|1
(when (< (+ i 1) (+ i (mem T (vec i)))) (put (vec i) bottom))|3
(when (or (< i 2) (< 3 (mem T (vec i)))) (put (vec i) bottom))|3
(when (iszero (exp (mem S (vec)))) (put (vec i) bottom))|1
(put (vec i) (real (+ i (mem T (vec i)))))|1
(put (vec i) (+ (real i) (real i)))|2
(put (vec i) (mem B (vec (mem T (vec i)) (mem T (vec i)))))|1
"""


def text_cases(b):
    """TEXTs that are compared as polynomials, and the footprint itself."""
    for line in NEEDS.strip().splitlines():
        text, words = line.split("|")
        for count in range(4):
            costs = {"footprint": [str(count)], "nests": [], "traffic": []}
            final_case(b, "%s: %d words" % (text, count), "footprint",
                       "valid" if str(count) == words else "invalid", "(for (i N) %s)" % text,
                       costs=costs)
    nothing = "(- (div 1 (- N N)) (div 1 (- N N)))"
    for text, state in ((nothing, "valid"), ("(* 0 (div 1 0))", "valid"),
                        ("(div 1 (- N N))", "invalid")):
        final_case(b, "workspace " + text, "workspace", state, workspace=text)
        final_case(b, "footprint 1 + " + text, "footprint", state, costs={
            "footprint": ["(+ 1 %s)" % text], "nests": [], "traffic": []})


def list_cases(b):
    """FORMAT 5 and 12: goals of one boolean are numbered alone; lists of proofs of their own."""
    q = ["(div (* 2 N) 4)", "(div N 2)"]
    both = "(and (<= (* 4 %s) (* 2 N)) (<= (* 2 %s) N))" % tuple(q)
    rules = ANY + rule("(value ?A) (bool ?g)", "?A", "?A", "(where (prove ?g))")
    for fact, state in ((4, "valid"), (6, "invalid")):
        # Facts 4, 5 of its only quotient; 6 is the negated goal.
        step = forged_test.step("r", [0], {"A": "V", "g": both},
                                [forged_test.hyp(4, 6), forged_test.hyp(fact, 6)])
        cert = certificate(b, HEAD + "O = V\n", [step], rules)
        cert["spec_proofs"] = [forged_test.hyp(0, 4)]
        b.agree("goals of and, fact %d" % fact, "equal", state, cert)
    # The words of V: N, of which (== N N) is proved; 2 is the negated goal -1.
    one = forged_test.step("any", [], {"P": "(put (vec) V)",
                                       "Q": "(for (i N) (put (vec i) (mem V (vec i))))"})
    use = [["use", 0, [[["1", [[0, 1]]]]], [0, 1]], ["lin", "0", [["1", 2]]]]
    used = [["use", 0, [[["1", [[0, 1]]]]], [0, 1, 2]], ["lin", "0", [["1", 3]]]]
    for words, tree, state in (
            ("N", ["goals", [], []], "valid"), ("N", ["goals", [], use], "valid"),
            ("N", ["goals", use, []], "invalid"),
            ("(min N N)", ["cases", ["goals", [], used], ["goals", [], used]], "valid"),
            ("(min N N)", ["cases", ["goals", [], []], ["goals", used, []]], "invalid"),
            ("(min N N)", ["cases", ["goals", [], []], ["absurd", used]], "invalid")):
        cert = certificate(b, TRAFFIC, [one], ANY)
        cert["costs"] = {"footprint": ["1"], "nests": [], "traffic": [
            ["V", "load", "exact", "1", words, tree]]}
        cert["witness"] = {"N": "1"}
        b.agree("use in %s" % tree, "traffic", state, cert)


def all_cases(b):
    b.first_rules = b.rules()
    literal_cases(b)
    type_cases(b)
    text_cases(b)
    list_cases(b)
    for name, state in (("i", "holey"), ("k", "invalid")):
        final_case(b, "cover of " + name, "safe", state, cover=[[name, "o0"]],
                   safe=[{"hole": "no-witness"}] * 17)
    for name, state in (("concept", "invalid"), ("and_eq", "invalid"), ("final", "valid")):
        cert = certificate(b, HEAD.replace("N, M", "N, M, " + name) + "O = V\n")
        cert["spec_proofs"] = [forged_test.hyp(0, 6)]
        b.agree("a dimension called " + name, "equal", state, cert)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", required=True)
    parser.add_argument("--build", required=True)
    options = parser.parse_args()
    root, tools = os.path.abspath(options.root), os.path.join(options.build, "bin")
    auditor = os.path.abspath(os.path.join(tools, "minimoa-audit"))
    second = os.path.join(root, "certificates", "second", "second_audit.py")
    b = Pair(auditor, root)
    passed = failed = 0
    try:
        all_cases(b)
        groups = [(b.dir, b.paths())]
        minimoa = os.path.abspath(os.path.join(tools, "minimoa"))
        with open(os.path.join(root, "spec/attention/sdpa.moa"), encoding="utf-8") as file:
            sdpa = file.read()
        groups.append(b.emitted(minimoa, "split keys", ("all", "valid"), sdpa, SPLIT))
        for operands in ("K + P", "P + K"):
            groups.append(b.emitted(minimoa, "rho of " + operands, ("all", "valid"),
                                    FORMS % operands, "naive"))
        for line in REQUIRES.strip().splitlines():
            text, state = line.split("|")
            spec = sdpa.replace("\nin Q", "\nrequire " + text + "\nin Q")
            groups.append(b.emitted(minimoa, text, ("safe", state), spec, "flash"))
        first, other = [], []
        for folder, paths in groups:
            first += states_of_audit(auditor, folder, paths)
            other += states_of_second(second, folder, paths)
        assert len(first) == len(other) == len(b.cases)
        for (name, (claim, state)), *both in zip(b.cases, first, other):
            wanted = {one: state for one in (CLAIMS if claim == "all" else [claim])}
            found = [{one: states.get(one) for one in wanted} for states in both]
            good = found == [wanted, wanted]
            passed, failed = passed + good, failed + (not good)
            if not good:
                print("FAIL %.60s: %s, but the auditor says %s, the second checker %s"
                      % (name, wanted, *found))
    finally:
        shutil.rmtree(b.dir)
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
