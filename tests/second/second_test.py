#!/usr/bin/env python3
"""The second checker: shipped certificates are VALID, forged twins are not.

usage: second_test.py [--root ROOT] [--build BUILD]
A twin is a shipped certificate that is changed in memory in one place. For each
twin the test names the claim that must fail and words of the reason, so that no
twin is refused for a reason that is not its own; every other claim that was
checked must hold. Some twins change nothing that matters and must be VALID:
they show that the refused ones are not refused for their frame.
Prints `N passed, M failed`; exit code 1 if M > 0. BUILD is not needed: nothing is built.
"""
import argparse
import copy
import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(HERE)))
    parser.add_argument("--build", help="not used: every test script is given one")
    return parser.parse_args()


ROOT = os.path.abspath(options().root)
PROGRAM = os.path.join(ROOT, "certificates", "second", "second_audit.py")
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(PROGRAM))
sys.setrecursionlimit(20000)

import typecheck  # noqa: E402
from attention import Attention  # noqa: E402
from certificate import Audit, check_arithmetic  # noqa: E402
from facts import Theory  # noqa: E402
from moa_core import read_spec  # noqa: E402
from proofs import Ledger  # noqa: E402
from reader import Builder, parse  # noqa: E402
from refusal import Refused  # noqa: E402


class Count:
    passed = failed = 0


def check(ok, message):
    if ok:
        Count.passed += 1
    else:
        Count.failed += 1
        print("FAILED: " + message, flush=True)


def with_attention(cert):
    """A certificate from before the claim: nothing is claimed."""
    return {"attention": {}, **cert}


def load(name):
    with open(os.path.join(ROOT, "certificates", name + ".cert.json"), encoding="utf-8") as file:
        return with_attention(json.load(file))


def audit(cert, root=ROOT):
    data = cert if isinstance(cert, bytes) else json.dumps(cert).encode("utf-8")
    one = Audit(root)
    verdict = one.run(data)
    return verdict, one


def refused(name, cert, claim, words, root=ROOT):
    """INVALID, only in this claim (`frame`: before any claim), for this reason."""
    verdict, one = audit(cert, root)
    bad = [c for c, state in one.claims if state == "invalid"] or ["frame"]
    ok = verdict == "INVALID" and bad == [claim] and words in one.reason
    check(ok, "%s: %s %s: %s" % (name, verdict, bad, one.reason))


def accepted(name, cert, verdict="VALID", root=ROOT):
    found, one = audit(cert, root)
    check(found == verdict, "%s: %s, not %s: %s" % (name, found, verdict, one.reason))
    return one


def twin(name, change):
    cert = load(name)
    change(cert)
    return cert


# Shipped certificates.

def shipped():
    names = sorted(glob.glob(os.path.join(ROOT, "certificates", "*.cert.json")))
    check(len(names) >= 44, "shipped certificates: %d" % len(names))
    for path in names:
        with open(path, "rb") as file:
            data = file.read()
        cert = json.loads(data)
        if "attention" not in cert:
            cert = with_attention(cert)
            data = json.dumps(cert).encode()
        one = accepted(os.path.basename(path), data)
        want = ["equal", "safe", "workspace", "footprint", "traffic", "ratio", "attention"]
        check(one.claims == [(c, "valid") for c in want], "claims of " + path)
        check(len(one.ledger.entries) == count_proofs(cert), "one obligation per proof: " + path)
        check(all(is_proof(at(cert, p)) for p, _ in one.ledger.entries), "pointers: " + path)


def at(cert, pointer):
    """The value at an RFC 6901 pointer (no key needs escapes)."""
    for part in pointer.split("/")[1:]:
        cert = cert[int(part)] if isinstance(cert, list) else cert[part]
    return cert


STEP_WORDS = ("mul", "sq", "lin", "cut", "floordiv", "use", "split")


def is_proof(value):
    if isinstance(value, dict):
        return set(value) == {"hole"}
    return isinstance(value, list) and all(
        isinstance(s, list) and s and s[0] in STEP_WORDS for s in value)


def count_tree(tree):
    if tree[0] == "cases":
        return count_tree(tree[1]) + count_tree(tree[2])
    return len(tree) - 1


def count_nests(nests):
    return sum(count_tree(t) for nest in nests for t in nest["proofs"])


def count_proofs(cert):
    """Every proof of the file, counted from its shape alone."""
    total = len(cert["divisors"]) + len(cert["spec_proofs"]) + len(cert["safe"])
    total += sum(len(step["proofs"]) for step in cert["steps"])
    total += len(cert["attention"].get("proofs", []))
    total += count_nests(cert["costs"]["nests"])
    total += sum(count_tree(row[5]) for row in cert["costs"]["traffic"])
    product = cert["product"]
    if product:
        total += count_nests(product["nests"]) + sum(len(h[1]) for h in product["heads"])
        total += count_tree(product["pairs"][2])
        for word in ("rows", "cols"):
            if product[word]:
                total += count_tree(product[word][4])
                total += sum(len(c) for c in product[word][1] if c != "count")
    for one in cert["ratios"]:
        total += sum(count_tree(t) for t in one["fits"] + one["hypotheses"] + [one["proof"]])
    return total


# Reading.

def reading():
    text = json.dumps(load("sdpa_naive"))
    refused("duplicate key", text.replace('"dir"', '"dir": "lr", "dir"', 1).encode(), "frame",
            "duplicate key")
    refused("fraction", text.replace('"at": []', '"at": [0.0]', 1).encode(), "frame",
            "not a small")
    refused("negative number", text.replace('"at": []', '"at": [-1]', 1).encode(), "frame",
            "number")
    refused("NaN", text.replace('"at": []', '"at": [NaN]', 1).encode(), "frame", "not a small")
    refused("text after the end", (text + " 1").encode(), "frame", "json")
    refused("cut off", text[:-1].encode(), "frame", "json")
    refused("not UTF-8", text.encode()[:-1] + b"\xff}", "frame", "UTF-8")
    refused("byte order mark", b"\xef\xbb\xbf" + text.encode(), "frame", "json")
    refused("nesting", b"[" * 300 + b"]" * 300, "frame", "nesting")
    refused("no object", b"[]", "frame", "not an object")
    refused("unpaired surrogate", text.replace('"minimoa"', '"\\ud800"', 1).encode(), "frame",
            "surrogate")
    accepted("other white space", json.dumps(load("sdpa_naive"), indent=3).encode())

    def unknown(cert):
        cert["more"] = "1"
    refused("unknown key", twin("sdpa_naive", unknown), "frame", "keys are not")

    def missing(cert):
        del cert["cover"]
    refused("missing key", twin("sdpa_naive", missing), "frame", "keys are not")


def set_at(cert, path, value):
    for key in path[:-1]:
        cert = cert[key]
    cert[path[-1]] = value


def frame_cases():
    """(name, path, value, words)"""
    zero = "0" * 64
    return [
        ("format", ("format",), "minimoa.cert/2", "format"),
        ("hash of the spec", ("spec", "sha256"), zero, "sha256 of spec/attention"),
        ("other spec", ("spec", "path"), "spec/attention/causal.moa", "sha256 of spec/attention"),
        ("spec above the root", ("spec", "path"), "../sdpa.moa", "path below the root"),
        ("spec that is absent", ("spec", "path"), "spec/none.moa", "cannot read"),
        ("hash of rules", ("rules", 0, "sha256"), zero, "sha256 of spec/rules"),
        ("rules elsewhere", ("rules", 0, "path"), "spec/attention/sdpa.moa", "path"),
        ("hash of the schedule", ("schedule", "sha256"), zero, "schedule: sha256"),
        ("text of the schedule", ("schedule", "text"), "", "schedule: sha256"),
        ("flags", ("kernel", "flags"), "-O3", "flags"),
        ("target", ("kernel", "target"), "avx", "place"),
        ("stage after the end", ("stages", "onf"), 10 ** 6, "stages"),
        ("producer", ("producer", "name"), 1, "producer"),
    ]


def frames():
    for name, path, value, words in frame_cases():
        refused(name, twin("sdpa_naive", lambda c: set_at(c, path, value)), "frame", words)
    refused("rules not sorted", twin("sdpa_naive", lambda c: c["rules"].reverse()), "frame",
            "not sorted")
    refused("rules twice", twin("sdpa_naive", lambda c: c["rules"].append(c["rules"][-1])),
            "frame", "not sorted")


# Steps.

def find_step(cert, rule, direction="lr"):
    for number, step in enumerate(cert["steps"]):
        if step["rule"] == rule and step["dir"] == direction:
            return number
    raise KeyError(rule)


def step_twin(name, rule, change, direction="lr"):
    cert = load(name)
    change(cert["steps"][find_step(cert, rule, direction)])
    return cert


def step_cases():
    """(name, certificate, rule, direction, path in the step, value, words)"""
    return [
        ("unknown rule", "sdpa_flash", "psi-tran", "lr", ("rule",), "psi-none", "unknown rule"),
        ("wrong rule", "causal_flash", "place-parallel", "lr", ("rule",), "place-slow", "sub has"),
        ("rule of the same variables", "causal_flash", "let-inline-stmt", "lr", ("rule",),
         "place-slow", "/steps/7"),
        ("wrong direction", "sdpa_flash", "psi-tran", "lr", ("dir",), "rl", "old side"),
        ("no direction", "sdpa_flash", "psi-tran", "lr", ("dir",), "up", "direction"),
        ("wrong position", "sdpa_flash", "psi-empty", "lr", ("at",), [0, 0, 0], ""),
        ("no such position", "sdpa_flash", "psi-tran", "lr", ("at",), [99], "position"),
        ("changed substitution", "causal_flash", "for-split", "lr", ("sub", "?n"), "T",
         "old side"),
        ("no literal", "causal_flash", "for-split", "lr", ("sub", "?B"), "(+ 63 1)",
         "condition literal"),
        ("tile of no rows", "causal_flash", "for-split", "lr", ("sub", "?B"), "0", ""),
        ("no input", "causal_flash", "gamma-strided", "lr", ("sub", "?A"), "(exp Q)", "old side"),
        ("wrong extent", "sdpa_flash", "psi-red", "lr", ("sub", "?n"), "D", "condition extent"),
        ("wrong kind", "causal_flash", "guard-intro", "lr", ("sub", "?y"), "0", "kind value"),
        ("wrong guard", "causal_flash", "guard-intro", "lr", ("sub", "?g"),
         "(< (+ (* I 64) r) 1)", "old side"),
        ("wrong witness key", "sdpa_flash", "any-intro", "lr", ("sub", "?w"), "1",
         "contradiction"),
        ("witness key that is no key", "sdpa_flash", "any-intro", "lr", ("sub", "?w"), "-1",
         "contradiction"),
        ("wrong value of a branch", "causal_flash", "guard-intro", "lr", ("sub", "?y"),
         "(gen (i 3) (real 0))", ""),
        ("unknown name", "causal_flash", "for-split", "lr", ("sub", "?n"), "Z", "unknown name"),
        ("names of no binder", "causal_flash", "for-split", "lr", ("names",), {"zz": "a"},
         "names of no binder"),
        ("name of no identifier", "causal_flash", "for-split", "lr", ("names",), {"I": "1"},
         "identifier"),
        ("name that is a term", "causal_flash", "for-split", "lr", ("names",), {"I": "true"},
         "not a name"),
        ("number of too many digits", "causal_flash", "for-split", "lr", ("sub", "?B"), "1" * 2001,
         "limit: digits"),
        ("missing proof", "causal_flash", "for-split", "lr", ("proofs",), [], "missing"),
        ("hole without a reason", "causal_flash", "for-split", "lr", ("proofs",),
         [{"hole": "tired"}], "hole"),
    ]


def steps():
    for name, base, rule, direction, path, value, words in step_cases():
        cert = step_twin(base, rule, lambda s: set_at(s, path, value), direction)
        verdict, one = audit(cert)
        check(verdict == "INVALID" and dict(one.claims)["equal"] == "invalid"
              and words in one.reason, "%s: %s %s" % (name, verdict, one.reason))
    accepted("hole", step_twin("causal_flash", "for-split", lambda s: set_at(
        s, ("proofs",), [{"hole": "no-witness"}])), "HOLEY")

    def extra(step):
        step["proofs"].append(copy.deepcopy(step["proofs"][0]))
    refused("extra proof", step_twin("causal_flash", "for-split", extra), "equal", "too many")

    def more(step):
        step["sub"]["?z"] = "B"
    verdict, one = audit(step_twin("causal_flash", "for-split", more))
    check("sub has not" in one.reason, "extra variable: " + one.reason)

    def key(step):
        step["note"] = ""
    verdict, one = audit(step_twin("causal_flash", "for-split", key))
    check("keys are not" in one.reason, "unknown key of a step: " + one.reason)
    prove_rl()
    missing_step()


def prove_rl():
    """psi-gen right to left needs 0 <= i < n; left to right nothing."""
    cert = load("causal_flash")
    number = find_step(cert, "psi-gen", "rl")
    step = cert["steps"][number]
    check(len(step["proofs"]) == 2, "psi-gen rl has two proofs")
    step["proofs"] = []
    refused("prove-rl without proofs", cert, "equal", "missing")
    cert = load("causal_flash")
    number = find_step(cert, "psi-gen", "lr")
    cert["steps"][number]["proofs"] = [[["lin", "0", []]]]
    refused("proof where prove-rl does not count", cert, "equal", "too many")
    cert = load("causal_flash")
    step = cert["steps"][find_step(cert, "psi-gen", "rl")]
    step["sub"]["?i"] = "(+ 0 %s)" % step["sub"]["?i"]
    check(audit(cert)[1].reason != "", "psi-gen rl at another index")


def missing_step():
    cert = load("causal_flash")
    del cert["steps"][find_step(cert, "for-split")]
    check(audit(cert)[0] == "INVALID", "a step is missing")
    cert = load("causal_flash")
    cert["steps"].append(copy.deepcopy(cert["steps"][-1]))
    check("old side" in audit(cert)[1].reason, "a step twice")
    cert = load("causal_flash")
    cert["stages"] = {"dnf": 0, "onf": 0}
    cert["attention"] = {}
    refused("stage onf too early", cert, "ratio", "product")


# Proofs: steps that are added before the last one change nothing if they are right.

def some_proof(cert):
    """A proof of `safe` that ends in one lin, with its number."""
    for number, proof in enumerate(cert["safe"]):
        if len(proof) == 1 and proof[0][0] == "lin" and number % 2 == 1:
            return number, proof
    raise KeyError("proof")


ONE_B = [["1", [[0, 1]]]]   # the atom of the first dimension
GOOD_STEPS = [
    ("mul", ["mul", 0, 1]), ("sq", ["sq", [["-3", []], ["2", [[0, 2], [1, 1]]]]]),
    ("lin", ["lin", "7", [["2", 0], ["1", 0]]]), ("cut", ["cut", 0]),
    ("floordiv", ["floordiv", [["1", [[1, 1]]]], ONE_B, 0]),
]
BAD_STEPS = [
    ("mul of an unknown fact", ["mul", 0, 9999], "no fact"),
    ("mul with three facts", ["mul", 0, 1, 2], "unknown step"),
    ("sq with a zero coefficient", ["sq", [["0", []]]], "zero coefficient"),
    ("sq with atoms out of order", ["sq", [["1", [[1, 1], [0, 1]]]]], "out of order"),
    ("sq with an atom twice", ["sq", [["1", [[1, 1], [1, 1]]]]], "out of order"),
    ("sq with an unknown atom", ["sq", [["1", [[999, 1]]]]], "unknown"),
    ("sq with exponent 0", ["sq", [["1", [[0, 0]]]]], "exponent"),
    ("sq with exponent 65", ["sq", [["1", [[0, 65]]]]], "exponent"),
    ("sq with a monomial twice", ["sq", [["1", [[0, 1]]], ["2", [[0, 1]]]]], "twice"),
    ("sq with 010", ["sq", [["010", []]]], "canonical"),
    ("sq with +1", ["sq", [["+1", []]]], "not an integer"),
    ("sq with -0", ["sq", [["-0", []]]], "canonical"),
    ("sq with a number", ["sq", [[1, []]]], "not an integer"),
    ("lin with a negative multiplier", ["lin", "0", [["-1", 0]]], "not positive"),
    ("lin with multiplier 0", ["lin", "0", [["0", 0]]], "not positive"),
    ("lin with a negative constant", ["lin", "-1", [["1", 0]]], "negative constant"),
    ("lin with a fraction", ["lin", "1/2", [["1", 0]]], "not an integer"),
    ("cut of an unknown fact", ["cut", 9999], "no fact"),
    ("cut of text", ["cut", "0"], "not a number"),
    ("floordiv by another divisor", ["floordiv", ONE_B, [["1", [[1, 1]]]], 0], "not positive"),
    ("floordiv by the upper bound", ["floordiv", ONE_B, ONE_B, 1], "not positive"),
    ("split before the end", ["split", ONE_B, [], []], "split is not last"),
    ("unknown word", ["trust", 0], "unknown step"),
    ("empty step", [], "step"),
    ("true is no number", ["mul", True, 0], "not a number"),
]


def proofs():
    base = "sdpa_naive"
    for name, step in GOOD_STEPS:
        cert = load(base)
        some_proof(cert)[1].insert(0, step)
        accepted("right step " + name, cert)
    for name, step, words in BAD_STEPS:
        cert = load(base)
        some_proof(cert)[1].insert(0, step)
        refused(name, cert, "safe", words)
    cert = load(base)
    proof = some_proof(cert)[1]
    proof[:0] = [["lin", "5", []], ["cut", len_facts(cert)]]
    refused("cut of a constant", cert, "safe", "cut of a constant")
    last_steps(base)
    splits(base)
    uses(base)


def len_facts(cert):
    """The number of facts before the first step of the proof that some_proof finds."""
    number, _ = some_proof(cert)
    _, one = audit(load("sdpa_naive"))
    found = [o for p, o in one.ledger.entries if p == "/safe/%d" % number]
    return len(found[0].hyps) + 1


def last_steps(base):
    """The end of a proof: dropped, weakened, or of a wrong fact."""
    for name, change in (
            ("no last step", lambda p: p.pop()),
            ("constant too large", lambda p: set_at(p[-1], (1,), str(10 ** 30))),
            ("a fact less", lambda p: p[-1][2].pop()),
            ("another fact", lambda p: set_at(p[-1], (2, -1, 1), 0)),
            ("another multiplier", lambda p: set_at(p[-1], (2, -1, 0), "3"))):
        cert = load(base)
        change(some_proof(cert)[1])
        refused(name, cert, "safe", "contradiction")


def splits(base):
    """A proof by cases on B - 5 >= 0 with the same proof in both branches."""
    poly = [["-5", []], ["1", [[0, 1]]]]
    cert = load(base)
    number, proof = some_proof(cert)
    cert["safe"][number] = [["split", poly, copy.deepcopy(proof), copy.deepcopy(proof)]]
    accepted("split", cert)
    cert["safe"][number][0][2] = []
    refused("split without its first proof", cert, "safe", "contradiction")
    cert["safe"][number][0][2:] = [copy.deepcopy(proof), []]
    refused("split without its second proof", cert, "safe", "contradiction")
    cert["safe"][number] = [["split", poly, proof]]
    refused("split with one proof", cert, "safe", "split")


def uses(base):
    """`use` of the obligation before, which has the same hypotheses."""
    _, one = audit(load(base))
    entries = dict(one.ledger.entries)
    number = next(n for n in range(1, 200) if same_hyps(entries, n))
    used = entries["/safe/%d" % (number - 1)]
    atoms = [[["1", [[a, 1]]]] for a in range(used.atoms)]
    facts = list(range(len(used.hyps)))
    right = ["use", number - 1, atoms, facts]
    cert = load(base)
    cert["safe"][number].insert(0, right)
    accepted("use", cert)
    cases = [("use of itself", ["use", number, atoms, facts], "later obligation"),
             ("use with a fact less", ["use", number - 1, atoms, facts[:-1]], "each hypothesis"),
             ("use with an atom less", ["use", number - 1, atoms[:-1], facts], "each atom"),
             ("use with a wrong fact", ["use", number - 1, atoms, facts[:-1] + [0]], "not this"),
             ("use of another value", ["use", number - 1, [[]] + atoms[1:], facts], "not this")]
    for name, step, words in cases:
        cert = load(base)
        cert["safe"][number].insert(0, step)
        refused(name, cert, "safe", words)


def same_hyps(entries, number):
    pair = [entries.get("/safe/%d" % n) for n in (number - 1, number)]
    return None not in pair and pair[0].hyps == pair[1].hyps and pair[0].atoms == pair[1].atoms


# Safety, workspace.

def safety():
    base = "gqa_flash"
    for name, change, claim, words in (
            ("dropped proof of safe", lambda c: c["safe"].pop(), "safe", "missing"),
            ("extra proof of safe", lambda c: c["safe"].append([]), "safe", "too many"),
            ("two proofs exchanged", lambda c: c["safe"].insert(0, c["safe"].pop()), "safe",
             "/safe/0"),
            ("extra divisor", lambda c: c["divisors"].append([]), "equal", "too many"),
            ("dropped divisor", lambda c: c["divisors"].pop(), "equal", "missing"),
            ("dropped proof of the spec", lambda c: c["spec_proofs"].pop(), "equal", "missing"),
            ("extra proof of the spec", lambda c: c["spec_proofs"].append([]), "equal",
             "too many"),
            ("cover at another row", lambda c: set_at(c, ("cover", 0, 1), "0"), "safe", "/safe/"),
            ("cover by another name", lambda c: set_at(c, ("cover", 0, 0), "z"), "safe", "name"),
            ("cover with a loop less", lambda c: c["cover"].pop(), "safe", "each loop"),
            ("cover with a variable", lambda c: set_at(c, ("cover", 0, 1), "b"), "safe",
             "unknown name"),
            ("witness 0", lambda c: set_at(c, ("witness", "B"), "0"), "safe", "out of range"),
            ("witness above 2^24", lambda c: set_at(c, ("witness", "B"), str(2 ** 24 + 1)), "safe",
             "out of range"),
            ("witness 010", lambda c: set_at(c, ("witness", "B"), "010"), "safe", "canonical"),
            ("witness against a require", lambda c: set_at(c, ("witness", "Hkv"), "2"), "safe",
             "require"),
            ("witness without a dimension", lambda c: c["witness"].pop("B"), "safe", "keys"),
            ("witness of too many tasks", lambda c: c["witness"].update(
                {"B": "16777216", "Hq": "16777216"}), "safe", "2^40"),
            ("workspace", lambda c: set_at(c, ("workspace",), "1"), "workspace", "words"),
            ("workspace is no index", lambda c: set_at(c, ("workspace",), "(real 0)"),
             "workspace", "index")):
        refused(name, twin(base, change), claim, words)
    accepted("hole in safe", twin(base, lambda c: set_at(
        c, ("safe", 3), {"hole": "degree-limit"})), "HOLEY")
    accepted("hole in divisors", twin(base, lambda c: set_at(
        c, ("divisors", 0), {"hole": "resource-limit"})), "HOLEY")
    accepted("workspace in another form", twin("sdpa_split_kv", lambda c: set_at(
        c, ("workspace",), "(+ 0 %s)" % c["workspace"])))


# Costs.

def costs():
    base = "causal_flash"
    rows = ("costs", "traffic")
    for name, change, claim, words in (
            ("footprint", lambda c: set_at(c, ("costs", "footprint", 0), "1"), "footprint",
             "footprint of phase"),
            ("footprint of no phase", lambda c: c["costs"]["footprint"].append("1"), "footprint",
             "each phase"),
            ("traffic row", lambda c: set_at(c, rows + (0, 4), "(* 2 %s)" % c["costs"][
                "traffic"][0][4]), "traffic", "/costs/traffic/0"),
            ("times of a row", lambda c: set_at(c, rows + (0, 3), "2"), "traffic",
             "/costs/traffic/0"),
            ("times 0", lambda c: set_at(c, rows + (0, 3), "0"), "traffic", "times"),
            ("row of another array", lambda c: set_at(c, rows + (0, 0), "V"), "traffic", ""),
            ("row of no array", lambda c: set_at(c, rows + (0, 0), "Z"), "traffic", "no such row"),
            ("store for load", lambda c: set_at(c, rows + (0, 1), "store"), "traffic",
             "no such row"),
            ("bound for exact", lambda c: set_at(c, rows + (0, 2), "bound"), "traffic",
             "the row is exact"),
            ("rows exchanged", lambda c: c["costs"]["traffic"].reverse(), "traffic",
             "out of order"),
            ("row twice", lambda c: c["costs"]["traffic"].insert(
                0, c["costs"]["traffic"][0]), "traffic", "out of order"),
            ("mod in a text", lambda c: set_at(c, rows + (0, 4), "(mod B H)"), "traffic",
             "mod in a text"),
            ("sum", lambda c: set_at(c, ("costs", "nests", 0, "sums", 0, 1), "0"), "traffic",
             "/costs/nests/0"),
            ("sum with a proof less", lambda c: c["costs"]["nests"][0]["proofs"].pop(),
             "traffic", "missing"),
            ("sum with a proof more", lambda c: c["costs"]["nests"][0]["proofs"].append(
                c["costs"]["nests"][0]["proofs"][0]), "traffic", "too many"),
            ("nest without sums", lambda c: set_at(
                c, ("costs", "nests", 0), {"sums": [], "proofs": []}), "traffic",
             "a nest without sums"),
            ("a nest less", lambda c: c["costs"]["nests"].pop(), "traffic", "number of nests"),
            ("sums of fewer loops", lambda c: c["costs"]["nests"][0]["sums"].pop(), "traffic",
             "each loop"),
            ("times not a multiple", lambda c: set_at(
                c, ("costs", "nests", 0, "sums", 1, 0), "7"), "traffic", "multiple")):
        refused(name, twin(base, change), claim, words)
    trees()


def trees():
    """The word of a tree decides what its proofs must show."""
    def first(cert, word, tree=None):
        """The first subtree with this word in the proofs of the sums."""
        todo = list(cert["costs"]["nests"][0]["proofs"]) if tree is None else [tree]
        while todo:
            one = todo.pop(0)
            if one[0] == word:
                return one
            if one[0] == "cases":
                todo[:0] = one[1:]
        raise KeyError(word)

    def absurd_to_goals(cert):
        first(cert, "absurd")[0] = "goals"

    def goals_to_absurd(cert):
        first(cert, "goals")[:] = ["absurd", first(cert, "goals")[1]]

    def cases_swapped(cert):
        one = first(cert, "cases")
        one[1], one[2] = one[2], one[1]

    def cases_to_goals(cert):
        one = first(cert, "cases")
        one[:] = ["goals", [["lin", "0", []]]]

    def cases_of_nothing(cert):
        one = first(cert, "goals")
        one[:] = ["cases", copy.deepcopy(one), copy.deepcopy(one)]

    for name, change, words in (
            ("absurd as goals", absurd_to_goals, ""), ("goals as absurd", goals_to_absurd, ""),
            ("cases exchanged", cases_swapped, ""),
            ("goals of a minimum", cases_to_goals, "min or max"),
            ("cases of no minimum", cases_of_nothing, "without min and max")):
        refused(name, twin("causal_flash", change), "traffic", words)


def missing_row():
    cert = twin("causal_flash", lambda c: c["costs"]["traffic"].pop())
    refused("ratio of a missing row", cert, "ratio", "not claimed")
    cert.update({"ratios": [], "theorems": [], "product": {}, "attention": {}})
    one = accepted("missing row", cert)
    line = one.line("VALID")
    check("ratio(none claimed) attention(none claimed) text traffic:O:store" in line, "a missing row is said: " + line)
    cert["product"] = {"column": 3}
    refused("product without ratios", cert, "ratio", "none claimed")


# Ratios.

def ratios():
    one = ("ratios", 0)
    causal = [
        ("smaller ratio", lambda c: set_at(c, one + ("ratio", 0), str(
            int(c["ratios"][0]["ratio"][0]) - 1)), "/ratios/0/proof"),
        ("ratio below 1", lambda c: set_at(c, one + ("ratio",), ["1", "2"]), "ratio"),
        ("q is 0", lambda c: set_at(c, one + ("ratio", 1), "0"), "ratio"),
        ("unknown theorem", lambda c: set_at(c, one + ("theorem",), "T9"), "unknown theorem"),
        ("threshold", lambda c: set_at(c, one + ("theorem",), "R1"), "threshold"),
        ("fewer words", lambda c: set_at(c, one + ("words",), "100"), "does not fit"),
        ("words with max", lambda c: set_at(c, one + ("words",), "(max 1 S)"), "max in a text"),
        ("other sizes", lambda c: set_at(c, one + ("at", 0, 1), "5"), "not at these sizes"),
        ("size twice", lambda c: c["ratios"][0]["at"].append(c["ratios"][0]["at"][0]), "at"),
        ("point outside", lambda c: c["ratios"][0]["where"].append("(< B 1)"), "outside"),
        ("where with or", lambda c: c["ratios"][0]["where"].append("(or true true)"), "where"),
        ("hypothesis less", lambda c: c["ratios"][0]["hypotheses"].pop(), "number of claims"),
        ("fits less", lambda c: c["ratios"][0]["fits"].pop(), "number of claims"),
        ("column", lambda c: set_at(c, ("product", "column"), 0), "column"),
        ("twice the pairs", lambda c: set_at(c, ("product", "pairs", 1), "(* 2 %s)" % c[
            "product"]["pairs"][1]), "/product/pairs"),
        ("twice the rows", lambda c: set_at(c, ("product", "rows", 3), "(* 2 %s)" % c[
            "product"]["rows"][3]), "/product/rows"),
        ("key of the rows", lambda c: set_at(c, ("product", "rows", 0), "T"), "/product/rows"),
        ("row of the columns", lambda c: set_at(c, ("product", "cols", 0, 0), "S"),
         "/product/cols"),
        ("a condition counted", lambda c: set_at(c, ("product", "cols", 1, 0), "count"), ""),
        ("nests of the product", lambda c: c["product"]["nests"].pop(), "number of nests"),
        ("no product", lambda c: set_at(c, ("product",), {}), "no value of"),
        ("hash of theorems", lambda c: set_at(c, ("theorems", 0, "sha256"), "0" * 64), "sha256"),
        ("theorems without classes", lambda c: c["theorems"].pop(0), "unknown class"),
    ]
    for name, change, words in causal:
        refused(name, twin("causal_flash", change), "ratio", words)
    refused("heads", twin("gqa_flash", lambda c: set_at(
        c, ("product", "heads", 0, 0), "Hq")), "ratio", "/product/heads")
    refused("heads less", twin("gqa_flash", lambda c: c["product"]["heads"].pop()), "ratio",
            "number of heads")
    accepted("larger ratio", twin("causal_flash", lambda c: set_at(
        c, one + ("ratio", 1), "1")), "INVALID" if tight() else "VALID")


def tight():
    """Whether the proof of the shipped ratio fits no other ratio (it is exact multipliers)."""
    cert = load("causal_flash")
    cert["ratios"][0]["ratio"][1] = "1"
    return audit(cert)[0] == "INVALID"


# Attention.

def claimed(name, limit):
    """A certificate with this limit, proved by a fact of its context that is the goal."""
    cert = load(name)
    cert["attention"] = {"limit": limit, "proofs": [{"hole": "no-witness"}]}
    one = accepted(name + " with a hole for the limit", cert, "HOLEY")
    check(one.claims[-1] == ("attention", "holey"), name + ": a hole is holey")
    found = dict(one.ledger.entries)["/attention/proofs/0"]
    last = len(found.hyps)      # the negated goal
    cert["attention"]["proofs"] = [[["lin", "0", [["1", found.hyps.index(found.goal)],
                                                  ["1", last]]]]]
    return cert


CAUSAL = "(+ (+ o2 (- T S)) 1)"


def attentions():
    for name, limit in (("causal_flash", CAUSAL), ("causal_split_kv", CAUSAL),
                        ("causal_flash", "T"), ("sdpa_naive", "T"), ("sdpa_flash", "T"),
                        ("gqa_flash", "T"), ("gqa_grouped", "T"), ("decode_flash", "T")):
        one = accepted("%s below %s" % (name, limit), claimed(name, limit))
        check(one.claims[-1] == ("attention", "valid"), name + ": attention")
        check(one.line("VALID").endswith("; attention: keys in K V, below %s; without a key "
                                         "(real 0)" % limit), one.line("VALID"))
    base, path = claimed("causal_flash", CAUSAL), ("attention",)
    for name, change, words in (
            ("limit less by one", lambda c: set_at(c, path + ("limit",), "(+ o2 (- T S))"),
             "contradiction"),
            ("limit of another mask", lambda c: set_at(c, path + ("limit",), "(+ o2 1)"),
             "contradiction"),
            ("no proof of the limit", lambda c: c["attention"]["proofs"].pop(), "missing"),
            ("two proofs of the limit", lambda c: c["attention"]["proofs"].append([]), "too many"),
            ("limit without proofs", lambda c: c["attention"].pop("proofs"), "keys are not"),
            ("proofs without limit", lambda c: c["attention"].pop("limit"), "keys are not"),
            ("more than a limit", lambda c: set_at(c, path + ("key",), "T"), "keys are not"),
            ("limit of another loop", lambda c: set_at(c, path + ("limit",), "s"), "unknown name"),
            ("divisor of the limit", lambda c: set_at(c, path + ("limit",), "(div T S)"),
             "not proved positive"),
            ("stage onf of attention too early", lambda c: c.update(
                {"stages": {"dnf": 0, "onf": 0}, "ratios": [], "theorems": [], "product": {}}),
             "attention: ")):
        cert = copy.deepcopy(base)
        change(cert)
        refused(name, cert, "attention", words)
    cert = copy.deepcopy(base)
    cert["attention"] = []
    refused("attention is no object", cert, "frame", "attention")
    cert = copy.deepcopy(base)
    cert["spec_proofs"].pop()
    _, one = audit(cert)
    check("attention" not in dict(one.claims) and "attention" in one.line("INVALID").split(
        "not checked: ")[1], "attention rests on equal")
    attention_forms()


FORM_SPEC = """spec x
dims S, T, D
in Q : f32[S,D], K : f32[T,D], V : f32[T,D], W : f32[T,T], A : i32[T] in 0 .. 9
in len : i32[S] in 1 .. T + 1
out O : f32[S,D]
O = Q
"""
X = "(red add (l D) true (* (mem Q (vec i l)) (mem K (vec j l))))"
FORM = {"loops": "(for (i S) (for (d D) (put (vec i d) %s)))", "m": "T", "g": "(<= j i)",
        "x": X, "v": "(mem V (vec j d))", "c": "(real 0)", "limit": "(+ o0 1)", "names": {},
        "top": "(red max (j {m}) {g} {x})", "weight": "(exp (- {x} {top}))",
        "above": "(red add (j {m}) {g} (* {weight} {v}))",
        "below": "(red add (j {m}) {g} {weight})",
        "operand": "(if (any (j {m}) {g}) (/ {above} {below}) {c})"}


def form_case(name, words, **changes):
    """The form with some of its parts changed; no words: accepted."""
    parts = {**FORM, **changes}
    text = parts["operand"]
    while "{" in text:
        text = text.format(**parts)
    typecheck.reset()
    declared, _ = read_spec(FORM_SPEC)
    env = typecheck.Env(declared)
    term = Builder(declared.known(), names=parts["names"]).build(parse(parts["loops"] % text))
    check(typecheck.type_of(term, env) == typecheck.STMT, name + ": the term has a type")
    reason = ""
    try:
        given = {"limit": parts["limit"], "proofs": [{"hole": "no-witness"}]}
        Attention(given, term, declared, env).check(Theory(declared), Ledger())
    except Refused as error:
        reason = str(error)
    check(words in reason if words else reason == "", "attention: %s: %s" % (name, reason))


def plus(text, more):
    return "(+ %s %s)" % (text, more)


def attention_forms():
    v, g = FORM["v"], FORM["g"]
    bias = plus(X, "(real (mem A (vec j)))")    # a key array of integers
    for name, words, changes in (
            ("as it is", "", {}),
            ("loops in another order", "",
             {"loops": "(parfor (d D) (for (i S) (put (vec i d) %s)))"}),
            ("let and selection from a gen", "",
             {"v": "(let (y) (gen (k T) (mem V (vec k d))) (psi (vec j) y))"}),
            ("keys at an offset", "",
             {"v": "(mem V (vec (+ 1 (- (+ j (mem len (vec i))) i)) d))"}),
            ("arrays at other places", "", {"v": "(mem W (vec d (+ j 1)))"}),
            ("integers as keys", "", {"x": bias}),
            ("any in the mask", "", {"g": "(and (<= j i) (any (k T) (< k j)))"}),
            ("lengths as the limit", "", {"g": "(< j (mem len (vec i)))",
                                          "limit": "(mem len (vec o0))"}),
            ("maximum of nothing for an empty row", "", {"c": "bottom"}),
            # The form.
            ("bound of a loop", "a loop's bound",
             {"loops": "(for (i (mem len (vec 0))) (for (d D) (put (vec i d) %s)))"}),
            ("when", "not loops",
             {"loops": "(for (i S) (for (d D) (when true (put (vec i d) %s))))"}),
            ("loop twice", "indices", {"loops": "(for (i S) (for (d D) (put (vec i i) %s)))"}),
            ("index that is no loop", "indices",
             {"loops": "(for (i S) (for (d D) (put (vec i (+ d 0)) %s)))"}),
            ("rows at once", "indices",
             {"loops": "(for (i S) (put (vec i) (gen (d D) %s)))"}),
            ("loop that is no index", "indices",
             {"loops": "(for (i S) (for (d D) (for (k 1) (put (vec i d) %s))))"}),
            ("no value without a key", "if any", {"operand": "(/ {above} {below})"}),
            ("if of another condition", "if any",
             {"operand": "(if (< i T) (/ {above} {below}) {c})"}),
            ("if of other keys", "sums",
             {"operand": "(if (any (j T) true) (/ {above} {below}) {c})"}),
            ("if of fewer keys", "sums",
             {"operand": "(if (any (j (- T 1)) {g}) (/ {above} {below}) {c})"}),
            ("product of sums", "no quotient",
             {"operand": "(if (any (j {m}) {g}) (* {above} {below}) {c})"}),
            ("other mask below", "sums", {"below": "(red add (j {m}) true {weight})"}),
            ("maximum of weights", "sums", {"below": "(red max (j {m}) {g} {weight})"}),
            ("values first", "weights differ",
             {"above": "(red add (j {m}) {g} (* {v} {weight}))"}),
            ("sums of weights and values", "weights differ",
             {"above": "(red add (j {m}) {g} (+ {weight} {v}))"}),
            ("other weights", "weights differ",
             {"above": "(red add (j {m}) {g} (* (exp (- {x} (+ {top} (real 1)))) {v}))"}),
            ("scores plus their maximum", "weight", {"weight": "(exp (+ {x} {top}))"}),
            ("powers of two", "weight", {"weight": "(exp2 (- {x} {top}))"}),
            ("scores without their maximum", "no maximum",
             {"weight": "(exp (- {x} (real 0)))"}),
            ("minimum of the scores", "no maximum", {"top": "(red min (j {m}) {g} {x})"}),
            ("maximum of all keys", "something else", {"top": "(red max (j {m}) true {x})"}),
            ("maximum of other scores", "something else",
             {"top": "(red max (j {m}) {g} (real j))"}),
            ("maximum at the key itself", "something else",
             {"top": "(red max (k {m}) (<= k i) {x})"}),
            # 1: scores and values are numbers.
            ("bottom in x", "bottom in x", {"x": "(if (<= j i) %s bottom)" % X}),
            ("bottom in V", "bottom in V", {"v": "(if (<= j i) %s bottom)" % v}),
            # 2: masks and empty rows do not look at data.
            ("mask by data", "iszero in g", {"g": "(and %s (iszero (mem V (vec j d))))" % g}),
            ("empty row of data", "mem in c", {"c": "(mem V (vec 0 d))"}),
            ("keys by data", "mem in m", {"m": "(mem len (vec i))"}),
            ("selection in V", "outside of mem", {"v": plus(v, "(psi (vec 0 d) V)")}),
            ("selection in x", "outside of mem", {"x": plus(X, "(psi (vec j 0) K)")}),
            ("sum of an input in x", "outside of mem",
             {"x": plus(X, "(psi (vec d) (redf add V))")}),
            ("selection in g", "outside of mem", {"g": "(<= (psi (vec j) A) i)"}),
            ("selection in c", "outside of mem", {"c": "(psi (vec 0 d) V)"}),
            ("selection in m", "outside of mem", {"m": "(psi (vec i) len)"}),
            # 3: an element belongs to one key.
            ("no key", "no key array", {"x": "(real j)", "v": "(mem V (vec 0 d))"}),
            ("key array at a fixed place", "in 0 indices", {"v": plus(v, "(mem V (vec 0 d))")}),
            ("values of keys in scores", "in 0 indices",
             {"x": plus(X, "(red add (k T) true (mem V (vec k d)))")}),
            ("key in two indices", "in 2 indices", {"v": "(mem W (vec j j))"}),
            ("key next to it", "two places", {"v": plus(v, "(mem V (vec (+ j 1) d))")}),
            ("key of the score next to it", "two places",
             {"x": plus(X, "(mem V (vec (- j 1) d))")}),
            ("key in another axis", "two places",
             {"v": "(+ (mem W (vec j i)) (mem W (vec i j)))"}),
            ("key from the end", "index of the key", {"v": "(mem V (vec (- T j) d))"}),
            ("two keys in one", "index of the key", {"v": "(mem V (vec (div j 2) d))"}),
            ("all keys in one", "index of the key", {"v": "(mem V (vec (* j 0) d))"}),
            ("half a key and one", "index of the key",
             {"v": "(mem V (vec (+ (div j 2) 1) d))"}),
            ("key by a table", "index of the key", {"v": "(mem V (vec (mem A (vec j)) d))"}),
            ("key added to itself", "index of the key", {"v": "(mem V (vec (- j (- j 1)) d))"}),
            ("key and a summed index", "index of the key",
             {"x": X.replace("(vec j l)", "(vec (+ j l) 0)")}),
            ("mask by a key array", "a key array in g",
             {"x": bias, "g": "(and %s (< 0 (mem A (vec j))))" % g}),
            # 4: the limit.
            ("limit by the key", "unknown name", {"limit": "(+ j 1)"}),
            ("limit with min", "min in the limit", {"limit": "(min (+ o0 1) T)"}),
            ("limit with a rest", "", {"g": "(<= j (mod i 2))", "limit": "(+ (mod o0 2) 1)"}),
            ("limit with a rest by no divisor", "not proved positive", {"limit": "(+ (mod o0 T) 1)"}),
            ("limit of no type", "real in the limit", {"limit": "(real o0)"}),
            ("limit by reals", "no index", {"limit": "(mem Q (vec o0 0))"}),
            ("limit by a loop's name", "unknown name", {"limit": "(+ i 1)"}),
            ("limit with a divisor", "not proved positive",
             {"limit": "(+ (+ o0 1) (- (div T S) (div T S)))"}),
            ("two loops of one name", "", {"names": {"d": "i"}}),
            ("loop with the name of a dimension", "", {"names": {"i": "T"}})):
        form_case(name, words, **changes)


# Files that the certificate names: a copy of the root with one changed file.

class Copy:
    def __init__(self):
        self.root = tempfile.mkdtemp(prefix="second")
        shutil.copytree(os.path.join(ROOT, "spec"), os.path.join(self.root, "spec"))
        shutil.copytree(os.path.join(ROOT, "extract", "instr"),
                        os.path.join(self.root, "extract", "instr"))

    def change(self, path, old, new):
        target = os.path.join(self.root, path)
        with open(target, encoding="utf-8") as file:
            text = file.read()
        check(old in text, "%s has %s" % (path, old))
        text = text.replace(old, new, 1)
        with open(target, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)

    def rehashed(self, name):
        """The certificate with the hashes of this copy."""
        cert = load(name)
        for entry in [cert["spec"]] + cert["rules"] + cert["theorems"]:
            with open(os.path.join(self.root, entry["path"]), "rb") as file:
                entry["sha256"] = hashlib.sha256(file.read()).hexdigest()
        return cert

    def close(self):
        shutil.rmtree(self.root)


def file_cases():
    """(name, certificate, file, old, new, claim or None for VALID, words)"""
    causal, gqa = "spec/attention/causal.moa", "spec/attention/gqa.moa"
    sdpa = "spec/attention/sdpa.moa"
    schedule, softmax = "spec/rules/schedule.rules", "spec/rules/softmax.rules"
    return [
        ("comment in the spec", "causal_flash", causal, "# Causal", "# A causal", None, ""),
        ("Unicode in the spec", "causal_flash", causal, "j <= i", "j \u2264 i", None, ""),
        ("the same mask turned", "causal_flash", causal, "j <= i + (T - S)", "i + (T - S) >= j",
         None, ""),
        ("fields in another order", "causal_flash", causal, "  value = V[b,h,j,d]", "", "frame",
         "value"),
        ("other mask", "causal_flash", causal, "j <= i + (T - S)", "j < i + (T - S)", "equal",
         "old side"),
        ("top-left mask", "causal_flash", causal, "j <= i + (T - S)", "j <= i", "equal",
         "old side"),
        ("other empty row", "causal_flash", causal, "empty = 0", "empty = 1", "equal",
         "old side"),
        ("other scale", "sdpa_flash", sdpa, "sqrt(D)", "sqrt(T)", "equal", "old side"),
        ("keys not transposed", "sdpa_flash", sdpa, "<0 1 3 2> tran K", "K", "frame", "inner"),
        ("structural word beside arithmetic", "sdpa_flash", sdpa, "(softmax omega<1> X)",
         "softmax omega<1> X / 2", "frame", "spec"),
        ("look-alike character", "sdpa_flash", sdpa, "sqrt(D)", "sqrt(\u0394)", "frame",
         "character"),
        ("symbol of a reduction without red", "sdpa_flash", sdpa, "sqrt(D)",
         "\u2308(sqrt(D), sqrt(D))", "frame", "red expected"),
        ("reserved word", "sdpa_flash", sdpa, "let X", "let sum", "frame", "reserved"),
        ("name twice", "sdpa_flash", sdpa, "let X", "let Q", "frame", "twice"),
        ("name of the output", "sdpa_flash", sdpa, "let X", "let O", "frame", "twice"),
        ("no require", "gqa_flash", gqa, "require Hq mod Hkv == 0\n", "", "equal", ""),
        ("other rule: no tail guard", "causal_flash", schedule,
         "(when (< (+ (* I ?B) r) ?n) (?P (+ (* I ?B) r)))", "(?P (+ (* I ?B) r))", "equal", ""),
        ("other rule: no condition", "causal_flash", schedule,
         "(where (literal ?B) (prove (<= 1 ?B)))\n  (lhs (for (i", "(lhs (for (i", "equal",
         "too many"),
        ("other rule: guard lost", "causal_flash", softmax,
         "(rhs (fold (t ?B) (w) (gen (c ?d) (?b c)) (if (?g t) (gen (c ?d) (+ (psi (vec c) w) "
         "(?f t c))) w)))",
         "(rhs (fold (t ?B) (w) (gen (c ?d) (?b c)) (gen (c ?d) (+ (psi (vec c) w) (?f t c)))))",
         "equal", ""),
        ("rule twice", "causal_flash", schedule, "(rule for-swap", "(rule for-split", "frame",
         "twice"),
        ("rule of no class", "causal_flash", schedule, "(class structural)", "(class good)",
         "frame", "class"),
        ("unknown condition", "causal_flash", schedule, "(where (literal ?B)", "(where (even ?B)",
         "frame", "condition"),
        ("larger bound", "sdpa_flash", "spec/bounds/element.thm",
         "(where (<= 1 dv) (<= dv dk) (<= (* 2 (* dk D)) S))\n  (bound total (* E (* D D)) S)",
         "(where (<= 1 dv) (<= dv dk) (<= (* 2 (* dk D)) S))\n  (bound total (* 2 (* E (* D D))) "
         "S)", None, ""),
        ("smaller bound", "sdpa_flash", "spec/bounds/element.thm",
         "(where (<= 1 dv) (<= dv dk) (<= (* 2 (* dk D)) S))\n  (bound total (* E (* D D)) S)",
         "(where (<= 1 dv) (<= dv dk) (<= (* 2 (* dk D)) S))\n  (bound total (* E D) S)",
         "ratio", "/ratios/0"),
        ("unknown name in a theorem", "sdpa_flash", "spec/bounds/element.thm", "(vars outputs)",
         "(vars rows)", "ratio", "unknown name"),
        ("theorem twice", "sdpa_flash", "spec/bounds/element.thm", "(theorem T1\n",
         "(theorem T0\n", "ratio", "two forms"),
        ("definition of a variable", "sdpa_flash", "spec/bounds/element.thm", "(define (D (+",
         "(define (S (+", "ratio", "define"),
    ]


def files():
    for name, base, path, old, new, claim, words in file_cases():
        made = Copy()
        try:
            made.change(path, old, new)
            cert = made.rehashed(base)
            verdict, one = audit(cert, made.root)
            bad = [c for c, state in one.claims if state == "invalid"] or ["frame"]
            if claim is None:
                ok = verdict == "VALID" or name == "larger bound"
            else:
                ok = verdict == "INVALID" and claim in bad and words in one.reason
            check(ok, "%s: %s %s %s" % (name, verdict, bad, one.reason))
        finally:
            made.close()


# Requires are evaluated by the kernel: 64 bits, division that truncates.

def requires():
    for text, words in (
            ("N <= M", None), ("N mod M == 0", None), ("(N - 1) div 2 <= M", None),
            ("1 <= N * N * 32767", None), ("1 <= N * N * 32768", "64 bits"),
            ("not (N * N * M * M < 5)", "64 bits"), ("(N - M) div 2 <= 5", "negative"),
            ("N < M and (N - M) mod 2 == 0", "negative"),
            ("N * M * 32767 mod 7 <= 6", None), ("N * M * 32767 mod 7 * N * M <= 6", "64 bits"),
            ("-1 <= (1 - N) div 2", "negative")):
        typecheck.reset()
        declared, _ = read_spec("spec x\ndims N, M\nrequire %s\nin A : f32[N,M]\n"
                                "out C : f32[N,M]\nC = A\n" % text)
        reason = ""
        try:
            for condition in declared.requires:
                check_arithmetic(condition)
        except Refused as error:
            reason = str(error)
        check(reason == "" if words is None else words in reason, "%s: %s" % (text, reason))


# The program.

def program(*arguments):
    return subprocess.run([sys.executable, "-B", PROGRAM] + list(arguments), check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding="utf-8")


def written(folder, name, cert):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(cert, file)
    return path


def command_line():
    folder = tempfile.mkdtemp(prefix="second")
    try:
        cert = claimed("sdpa_naive", "T")
        good = written(folder, "good.json", cert)
        silent = written(folder, "silent.json", twin("sdpa_naive", lambda c: set_at(
            c, ("attention",), {})))
        holey = written(folder, "holey.json", twin("sdpa_naive", lambda c: set_at(
            c, ("safe", 0), {"hole": "no-witness"})))
        bad = written(folder, "bad.json", twin("sdpa_naive", lambda c: c["safe"].pop()))
        for arguments, code, words in (
                ([good], 0, "VALID checked: equal safe workspace footprint traffic ratio "
                            "attention; not checked: text; attention: keys in K V, below T; "
                            "without a key (real 0)\n"),
                ([silent], 0, "ratio; not checked: attention(none claimed) text\n"),
                ([holey], 3, "HOLEY"), ([bad], 1, "INVALID"), ([good, holey], 3, "HOLEY"),
                ([holey, bad, good], 1, "INVALID"), ([good, folder + "/none"], 2, "VALID")):
            done = program("--root", ROOT, *arguments)
            check(done.returncode == code and words in done.stdout,
                  "exit code of %s: %d %s" % (arguments, done.returncode, done.stdout))
        for arguments in ([], ["--what"], ["--root"], ["--obligations", "x", good, bad]):
            check(program(*arguments).returncode == 2, "usage: %s" % arguments)
        obligations(folder, good, cert)
    finally:
        shutil.rmtree(folder)


def obligations(folder, good, cert):
    texts = []
    for name in ("a.json", "b.json"):
        target = os.path.join(folder, name)
        program("--root", ROOT, "--obligations", target, good)
        with open(target, encoding="ascii") as file:
            texts.append(file.read())
    check(texts[0] == texts[1] and texts[0] != "", "obligations are deterministic")
    document = json.loads(texts[0])
    with open(good, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    check(document["format"] == "minimoa.obligations/1"
          and document["certificate_sha256"] == digest, "head of the obligations")
    check(len(document["obligations"]) == count_proofs(cert), "number of obligations")
    pointers = [one["at"] for one in document["obligations"]]
    check(len(set(pointers)) == len(pointers), "every proof once")
    check(pointers[-1] == "/attention/proofs/0", "the limit is an obligation")
    for one in document["obligations"]:
        check(is_proof(at(cert, one["at"])), "pointer " + one["at"])
        polys = one["hyps"] + [one["goal"]]
        check(all(canonical(p) for p in polys), "polynomials at " + one["at"])
    first = document["obligations"][0]["hyps"][:2]
    check(first == [[["-1", []], ["1", [[0, 1]]]], [["16777216", []], ["-1", [[0, 1]]]]],
          "hypotheses of the first dimension")


def canonical(poly):
    monos = [mono for _, mono in poly]
    return (monos == sorted(monos) and all(c != "0" for c, _ in poly)
            and all(m == sorted(m) for m in monos))


def main():
    for part in (shipped, reading, frames, steps, proofs, safety, costs, missing_row, ratios,
                 attentions, files, requires, command_line):
        part()
    print("%d passed, %d failed" % (Count.passed, Count.failed), flush=True)
    return 1 if Count.failed else 0


if __name__ == "__main__":
    sys.exit(main())
