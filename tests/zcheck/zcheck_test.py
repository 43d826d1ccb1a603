#!/usr/bin/env python3
"""Four checkers, no code in common: every shipped certificate passes all of them, forged ones none.

usage: zcheck_test.py [--root ROOT] [--build BUILD]
minimoa-audit and certificates/second regenerate what is to be proved and check it; zcheck (extracted
from Coq, certificates/zcheck) checks the arithmetic of the obligations that certificates/second
writes; coqc checks what `minimoa export-coq` writes: the arithmetic again (spec/coq/Bridge.v), and the
derivation as a theorem over spec/coq/MoA.v. A forged proof below is refused by zcheck, and by coqc
where it can be written as a Coq file at all; so is a theorem about another program or spec.
Without coqc or ocamlfind: exit code 77, and the output says so.
"""
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "hygiene"))
sys.path.insert(0, os.path.join(HERE, "..", "coq"))
import coq_test  # noqa: E402
from common import Report  # noqa: E402

SKIPPED = 77
LIMIT = 40  # s of processor time: coqc may compare two terms that differ for ever; that accepts nothing
ONE = [["1", []]]


def var(atom, c="1"):
    return [[c, [[atom, 1]]]]


# ---- Forged proofs: (name, hypotheses, goal, proof or text of the certificate, exit code) ----
# x is atom 0, y atom 1. Facts: hypotheses, then -goal - 1.
X, Y = var(0), var(1)
TRUE = [["lin", "0", [["1", 0], ["1", 1]]]]  # of x >= 0 |- x >= 0: x + (-x - 1) = -1
CASES = [
    ("a true statement", [X], X, TRUE, 0),
    ("x >= 0, y >= 0 |- x*y >= 0", [X, Y], [["1", [[0, 1], [1, 1]]]],
     [["mul", 0, 1], ["lin", "0", [["1", 3], ["1", 2]]]], 0),
    ("2x >= 1 |- x >= 1, by a cut", [[["-1", []], ["2", [[0, 1]]]]], [["-1", []], ["1", [[0, 1]]]],
     [["cut", 0], ["lin", "0", [["1", 2], ["1", 1]]]], 0),
    ("a square", [], [["1", [[0, 2]]]], [["sq", X], ["lin", "0", [["1", 1], ["1", 0]]]], 0),
    ("a split", [], [["1", [[0, 2]]]],
     [["split", X, [["mul", 1, 1], ["lin", "0", [["1", 2], ["1", 0]]]],
       [["mul", 1, 1], ["lin", "0", [["1", 2], ["2", 1], ["1", 0]]]]]], 0),
    ("a split whose polynomial has a divisor", [], [["1", [[0, 2]]]],
     [["split", [["2", [[0, 1]]]], [["lin", "0", [["1", 1]]], ["mul", 1, 1], ["lin", "0", [["1", 3], ["4", 0]]]],
       [["mul", 1, 1], ["lin", "0", [["1", 2], ["2", 1], ["4", 0]]]]]], 0),
    ("a split by a constant", [X], X, [["split", ONE, TRUE, [["lin", "0", [["1", 2]]]]]], 0),
    ("a split by a constant, the false side open", [X], X, [["split", [["-1", []]], TRUE, [["mul", 0, 0]]]], 1),
    ("negative multiplier", [X], var(0, "-1"), [["lin", "0", [["-1", 0], ["1", 1]]]], 1),
    ("multiplier zero", [X], X, [["lin", "0", [["0", 0], ["1", 1]]]], 1),
    ("negative constant", [X], [["-5", []], ["1", [[0, 1]]]], [["lin", "-9", [["1", 0], ["1", 1]]]], 1),
    ("wrong fact", [X, Y], X, [["lin", "0", [["1", 1], ["1", 2]]]], 1),
    ("a fact that is not there yet", [X], X, [["lin", "0", [["1", 2]]]], 1),
    ("a fact that is itself", [X], X, [["mul", 2, 2]], 1),
    ("no contradiction at the end", [X], X, [["mul", 0, 0]], 1),
    ("no steps", [X], X, [], 1),
    ("a false goal", [X], [["-1", []], ["1", [[0, 1]]]], TRUE, 1),
    ("a hypothesis dropped", [], X, [["lin", "0", [["1", 0], ["1", 1]]]], 1),
    ("a cut of what has no divisor", [[["-1", []], ["2", [[0, 1]], ], ["1", [[1, 1]]]]], [["-1", []], ["1", [[0, 1]]]],
     [["cut", 0], ["lin", "0", [["1", 2], ["1", 1]]]], 1),
    ("a cut that would round up", [[["1", []], ["2", [[0, 1]]]]], [["-1", []], ["1", [[0, 1]]]],
     [["cut", 0], ["lin", "0", [["1", 2], ["1", 1]]]], 1),
    ("a split whose sides share what only one has", [], [["1", [[0, 1]]]],
     [["split", X, [["lin", "0", [["1", 1], ["1", 0]]]], [["lin", "0", [["1", 1], ["1", 0]]]]]], 1),
    ("a split with one side open", [], [["1", [[0, 1]]]], [["split", X, [["lin", "0", [["1", 1], ["1", 0]]]], []]], 1),
    ("a split that is not last", [], X, [["split", X, TRUE, TRUE], ["mul", 0, 0]], 1),
    ("an unknown step", [X], X, [["add", 0, 1]], 1),
    ("floordiv, which it does not know", [X], X, [["floordiv", X, ONE, 0]], 1),
    ("use, which it does not know", [X], X, [["use", 0, [], []]], 1),
    ("an integer with a leading zero", [X], X, [["lin", "0", [["01", 0], ["1", 1]]]], 1),
    ("minus zero", [X], X, [["lin", "-0", [["1", 0], ["1", 1]]]], 1),
    ("an integer as a number", [X], X, [["lin", 0, [["1", 0], ["1", 1]]]], 1),
    ("blanks in an integer", [X], X, [["lin", "0", [[" 1", 0], ["1", 1]]]], 1),
    ("a fact's number as a string", [X], X, [["lin", "0", [["1", "0"], ["1", 1]]]], 1),
    ("a coefficient of zero", [X], X, [["sq", [["0", []]]], ["lin", "0", [["1", 0], ["1", 1]]]], 1),
    ("a monomial twice", [X], X, [["sq", X + X], ["lin", "0", [["1", 0], ["1", 1]]]], 1),
    ("atoms that do not increase", [X], X, [["sq", [["1", [[1, 1], [0, 1]]]]], ["lin", "0", [["1", 0], ["1", 1]]]], 1),
    ("an exponent of zero", [X], X, [["sq", [["1", [[0, 0]]]]], ["lin", "0", [["1", 0], ["1", 1]]]], 1),
    ("a hole", [X], X, {"hole": "no-witness"}, 3),
]
RAW = [  # (name, text of the certificate instead of {"safe": [proof]})
    ("a key twice", '{"safe": [%s], "safe": [%s]}'),
    ("a key twice below", '{"safe": [%s], "a": {"k": 1, "k": 1}}'),
    ("a float", '{"safe": [%s], "a": 1.5}'),
    ("a number with a leading zero", '{"safe": [%s], "a": 01}'),
    ("NaN", '{"safe": [%s], "a": NaN}'),
    ("something after the value", '{"safe": [%s]} 1'),
    ("an open bracket", '{"safe": [%s]'),
    ("too deep", '{"safe": [%s], "a": ' + "[" * 500 + "]" * 500 + "}"),
    ("a proof that nothing asks for", '{"safe": [%s], "spec": [[["mul", 0, 0]]]}'),
    ("a proof that nothing asks for, deep", '{"safe": [%s], "x": {"y": [1, [["cut", 0]]]}}'),
    ("a hole that nothing asks for", '{"safe": [%s], "spec": [{"hole": "no-witness"}]}'),
]


class Bench:
    """The four programs, and a folder for what they read."""
    def __init__(self, report):
        self.report = report
        self.folder = os.path.join(report.build, "zcheck")
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        built = self.run([report.path("certificates", "zcheck", "build.sh"), self.folder])
        report.check(built[0] == 0, "zcheck is built:\n" + built[1])
        self.compile_derivation()

    def compile_derivation(self):
        """What an exported derivation requires, beside Bridge (built with zcheck)."""
        order = coq_test.ORDER
        for module in order[order.index("MoA"):]:
            if not os.path.exists(os.path.join(self.folder, module + ".vo")):
                shutil.copy(self.report.path("spec", "coq", module + ".v"), self.folder)
                code, text = self.run(["coqc", "-q", "-Q", ".", "", module + ".v"])
                self.report.check(code == 0, "spec/coq/%s.v:\n%s" % (module, text))

    def run(self, command):
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT)))
        return done.returncode, done.stdout + done.stderr

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def zcheck(self, certificate, obligations):
        return self.run([os.path.join(self.folder, "zcheck"), certificate, obligations])

    def coq(self, obligations, certificate):
        """Whether coqc accepts the exported file; a proof that cannot be exported is not accepted."""
        second = self.report.path("certificates", "second", "coq_export.py")
        exported = self.run([sys.executable, "-B", second, obligations, certificate,
                             os.path.join(self.folder, "Exported.v")])
        if exported[0] != 0:
            return False, exported[1]
        return self.coqc("Exported.v")

    def coqc(self, name):
        code, text = self.run(["coqc", "-q", "-Q", ".", "", name])
        return code == 0, text

    def exported(self, certificate):
        """The Coq file of a certificate, as text."""
        path = os.path.join(self.folder, "Exported.v")
        code, text = self.run([self.report.program("minimoa"), "--root", self.report.root, "export-coq",
                               certificate, "-o", path])
        self.report.check(code == 0, "export-coq, %s:\n%s" % (certificate, text))
        with open(path, encoding="utf-8") as file:
            return file.read()

    def obligations(self, text, entries):
        return self.write("obligations.json", json.dumps({
            "format": "minimoa.obligations/1",
            "certificate_sha256": hashlib.sha256(text.encode()).hexdigest(), "obligations": entries}))


def entry(hyps, goal, at="/safe/0"):
    return {"at": at, "hyps": hyps, "goal": goal}


def forged(bench):
    for name, hyps, goal, proof, wanted in CASES:
        text = json.dumps({"safe": [proof]})
        certificate = bench.write("certificate.json", text)
        obligations = bench.obligations(text, [entry(hyps, goal)])
        code, said = bench.zcheck(certificate, obligations)
        bench.report.check(code == wanted, "zcheck, %s: %d\n%s" % (name, code, said))
        # Form (01, -0, 0 as a multiplier, order of atoms) is the business of readers: Coq has none.
        if wanted == 0 or code == 1 and "the proof is refused" in said:
            accepted, coq_said = bench.coq(obligations, certificate)
            bench.report.check(accepted == (wanted == 0), "coqc, %s\n%s" % (name, coq_said))


def framed(bench):
    """What is wrong around a right proof."""
    proof = json.dumps(TRUE)
    for name, pattern in RAW:
        text = pattern.replace("%s", proof)
        certificate = bench.write("certificate.json", text)
        code, said = bench.zcheck(certificate, bench.obligations(text, [entry([X], X)]))
        bench.report.check(code == 1, "zcheck, %s: %d\n%s" % (name, code, said))
    text = json.dumps({"safe": [TRUE]})
    certificate = bench.write("certificate.json", text)
    for name, entries in (("a pointer to nowhere", [entry([X], X, "/safe/1")]),
                          ("a pointer that is none", [entry([X], X, "safe/0")]),
                          ("an index with a leading zero", [entry([X], X, "/safe/00")]),
                          ("no obligation for the proof", []),
                          ("one proof of two obligations", [entry([X], X), entry([X], X)]),
                          ("an unknown key", [dict(entry([X], X), more=1)])):
        code, said = bench.zcheck(certificate, bench.obligations(text, entries))
        bench.report.check(code == 1, "zcheck, %s: %d\n%s" % (name, code, said))
    code, said = bench.zcheck(certificate, bench.obligations(text + " ", [entry([X], X)]))
    bench.report.check(code == 1, "zcheck, obligations of another certificate: %d\n%s" % (code, said))
    code, said = bench.run([os.path.join(bench.folder, "zcheck"), certificate])
    bench.report.check(code == 2, "zcheck, usage: %d\n%s" % (code, said))


def shipped(bench):
    report = bench.report
    certificates = [p for p in report.files(("certificates",), (".json",)) if p.endswith(".cert.json")]
    report.check(len(certificates) >= 44, "certificates are there")
    second = [sys.executable, "-B", report.path("certificates", "second", "second_audit.py")]
    obligations = os.path.join(bench.folder, "obligations.json")
    for path in certificates:
        certificate = report.path(path)
        code, said = bench.run([report.program("minimoa-audit"), "--root", report.root, certificate])
        report.check(code == 0, "minimoa-audit, %s:\n%s" % (path, said))
        code, said = bench.run(second + ["--root", report.root, "--obligations", obligations, certificate])
        report.check(code == 0, "second_audit.py, %s:\n%s" % (path, said))
        code, said = bench.zcheck(certificate, obligations)
        report.check(code == 0, "zcheck, %s:\n%s" % (path, said))
        bench.exported(certificate)
        accepted, said = bench.coqc("Exported.v")
        report.check(accepted, "coqc, %s:\n%s" % (path, said))


# ---- Theorems about something else: (name, what is replaced in the first or last term, by what) ----
TWINS = [
    ("keys for values in the program", "last", "(mem V ", "(mem K "),
    ("another divisor of the scores in the program", "last", "(map1 Sqrt (real D))", "(map1 Sqrt (real T))"),
    ("a key less in the program", "last", "((T + (64 - 1)) / 64)", "((T - 1) / 64)"),
    ("no maximum of nothing in the program", "last", "(tup3 bottom ", "(tup3 (real 0) "),
    ("the other sum in the program", "last", "(get3_1 ", "(get3_0 "),
    ("another mask in the spec", "first", "<=?", "<?"),
    ("another value of empty rows in the spec", "first", "(real 0)", "(real 1)"),
    ("keys for values in the spec", "first", "(input V)", "(input K)"),
]


def twins(bench):
    """The same proof is no proof of a changed theorem."""
    text = bench.exported(bench.report.path("certificates", "causal_flash.cert.json"))
    for name, term, old, new in TWINS:
        start = text.index("Definition %s : stmt :=" % term)
        end = text.index("\n", start)
        changed = text[start:end].replace(old, new)
        bench.report.check(changed != text[start:end], "%s: there is something to change" % name)
        whole = text[:start] + changed + text[end:]
        bench.write("Exported.v", whole[:whole.index("Theorem derived")] + "End Certificate.\n")
        stated, said = bench.coqc("Exported.v")
        bench.report.check(stated, "%s: a statement\n%s" % (name, said))  # else nothing but its form is refused
        bench.write("Exported.v", whole)
        accepted, _ = bench.coqc("Exported.v")
        bench.report.check(not accepted, "coqc accepts %s" % name)


def main():
    report = Report(__doc__)
    for program in ("coqc", "ocamlfind"):
        if shutil.which(program) is None:
            print("skipped: %s is not installed (Debian packages coq, ocaml-findlib)" % program)
            sys.exit(SKIPPED)
    bench = Bench(report)
    forged(bench)
    framed(bench)
    twins(bench)
    shipped(bench)
    report.finish()


if __name__ == "__main__":
    main()
