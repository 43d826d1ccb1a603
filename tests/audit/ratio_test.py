#!/usr/bin/env python3
"""The claim `ratio` (FORMAT 13): right certificates, and for each check one that breaks just it.

usage: ratio_test.py --root ROOT --build BUILD [--audit AUDITOR]
The certificates are committed ones of spec sdpa and causal with keys `theorems`, `product` and
`ratios` written here by hand, with their proofs; so nothing of the prover is trusted. Each case
says what it expects: VALID and a line of the report, or the code and a part of the reason with
which the claim `ratio` alone is refused. Prints `N passed, N failed`.
"""
import argparse
import copy
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

BODY = "// ---- body ----\n"


def sha(data):
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode()).hexdigest()


# ---- proofs ----
NOTHING = []  # the goal is a constant: its negation is negative already


def lin(*facts):
    """The sum of these facts, the negated goal among them, is negative."""
    return [["lin", "0", [["1", k] for k in facts]]]


def goals(*proofs):
    return ["goals"] + list(proofs)


EQUAL = goals(NOTHING, NOTHING)  # equal as polynomials


# ---- sdpa: dims B H S T D; facts 0 .. 9 are their ranges, T - 1 is fact 6 ----
def product():
    pairs = "(* (* (* B H) S) T)"
    return {"column": 3, "heads": [], "nests": [], "pairs": ["1", pairs, EQUAL],
            "rows": ["0", [[NOTHING], [lin(6, 16)]], "1", "(* (* B H) S)", EQUAL],
            "cols": [["0"], [[NOTHING], [lin(4, 12)]], "1", "T", EQUAL]}


ROWS_RESIDENT = "(+ (+ (+ 11 (* 2 S)) (* (* 2 S) D)) (* 2 D))"


def compulsory():
    """Of rows_resident: what T0 says, word for word."""
    return {"theorem": "T0", "words": ROWS_RESIDENT, "at": [], "where": [],
            "point": {d: "1" for d in "BHSTD"}, "fits": [goals(NOTHING)],
            "hypotheses": [goals(lin(8, 10)), goals(NOTHING)], "ratio": ["1", "1"],
            "proof": goals(NOTHING)}


SIZES = {"B": 2, "H": 4, "S": 4096, "T": 4096, "D": 64}


def pinned(theorem, words, ratio, conditions):
    """Of flash_stream at SIZES: all is literal."""
    return {"theorem": theorem, "words": str(words),
            "at": [[d, str(n)] for d, n in SIZES.items()], "where": [],
            "point": {d: str(n) for d, n in SIZES.items()}, "fits": [goals(NOTHING)],
            "hypotheses": [goals(NOTHING)] * (conditions + 1), "ratio": list(map(str, ratio)),
            "proof": goals(NOTHING)}


class Bench:
    """A copy of spec/ and of some kernels; a case is one certificate file."""

    def __init__(self, root):
        self.root, self.dir = root, tempfile.mkdtemp(prefix="ratio")
        shutil.copytree(os.path.join(root, "spec"), os.path.join(self.dir, "spec"))
        for folder in ("certificates", "kernels/cpu"):
            os.makedirs(os.path.join(self.dir, folder))
        self.cases = []  # name, code (None: VALID), text

    def theorems(self):
        return [self.file("spec/bounds/" + name)
                for name in ("classes.thm", "element.thm", "rows.thm")]

    def file(self, path, text=None):
        """The entry of a file; with text it is written first."""
        if text is not None:
            with open(os.path.join(self.dir, path), "w", encoding="utf-8") as out:
                out.write(text)
        with open(os.path.join(self.dir, path), "rb") as file:
            return {"path": path, "sha256": sha(file.read())}

    def read(self, path):
        with open(os.path.join(self.dir, path), encoding="utf-8") as file:
            return file.read()

    def certificate(self, name, entries, of=product):
        path = "certificates/%s.cert.json" % name
        with open(os.path.join(self.root, path), encoding="utf-8") as file:
            cert = json.load(file)
        cert["theorems"] = self.theorems() if entries else []
        cert["product"] = of() if entries else {}
        cert["ratios"] = entries
        return cert

    def case(self, name, code, text, cert):
        number = len(self.cases)
        self.cases.append((name, code, text))
        cert = copy.deepcopy(cert)
        with open(os.path.join(self.root, cert["kernel"]["path"]), encoding="utf-8") as file:
            body = file.read().split(BODY, 1)[1]
        cert["kernel"]["path"] = "kernels/cpu/r%d.cpp" % number
        written = json.dumps(cert)
        self.file("certificates/r%d.cert.json" % number, written)
        self.file(cert["kernel"]["path"],
                  "// certificate x sha256 %s\n%s%s" % (sha(written), BODY, body))

    def paths(self):
        return [os.path.join(self.dir, "certificates/r%d.cert.json" % k)
                for k in range(len(self.cases))]


def put(value, *path):
    """The change that stores the value there."""
    def change(cert):
        for key in path[:-1]:
            cert = cert[key]
        cert[path[-1]] = value
    return change


def drop(*path):
    def change(cert):
        for key in path[:-1]:
            cert = cert[key]
        del cert[path[-1]]
    return change


def edit(cert, *changes):
    cert = copy.deepcopy(cert)
    for change in changes:
        change(cert)
    return cert
