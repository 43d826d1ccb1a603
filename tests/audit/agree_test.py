#!/usr/bin/env python3
"""The two checkers say the same of a claim, where they once did not.

usage: agree_test.py --root ROOT --build BUILD
minimoa-audit and certificates/second read one text (FORMAT.md) and share no code. Each case is a
certificate and what both must say of one of its claims, valid or invalid; so a text that is read
in two ways again is noticed, whichever of the two is right. One certificate is written by minimoa
for a schedule whose traffic needs the atoms of (== a b) in the order of the text.
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
from guards_test import ANY, HEAD, Batch, certificate, put

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


class Pair(Batch):
    """Cases with the claim and the state that both checkers must give it."""

    def agree(self, name, claim, state, cert, body=""):
        self.record(name, (claim, state), cert, body)

    def emitted(self, minimoa, name, spec, schedule):
        """A certificate of minimoa's own, in the place of the next case."""
        self.write("case.sched", schedule)
        target = os.path.join(self.dir, "emitted")
        done = subprocess.run([minimoa, "emit", spec, "--schedule", self.path("case.sched"),
                               "-o", target], capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            sys.exit("emit: " + done.stderr)
        (cert,) = os.listdir(os.path.join(target, "certificates"))
        self.cases.append((name, ("all", "valid")))
        return target, os.path.join(target, "certificates", cert)


def states_of_audit(auditor, root, paths):
    """{claim: state} for each certificate, by minimoa-audit."""
    done = subprocess.run([auditor, "--format", "json", "--root", root] + paths,
                          capture_output=True, text=True, timeout=400)
    reports = json.loads(done.stdout)
    return [{one["claim"]: one["verdict"].lower() for one in report["claims"]}
            for report in (reports if isinstance(reports, list) else [reports])]


def states_of_second(program, root, paths):
    """The same by the second checker; a claim that it did not reach is missing."""
    done = subprocess.run([sys.executable, "-B", program, "--root", root] + paths,
                          capture_output=True, text=True, timeout=400)
    result = []
    for line in done.stdout.splitlines():
        checked = re.search(r"[; ]checked: (.*?); not checked: ", line).group(1)
        words = [re.fullmatch(r"(\w+)(?:\((\w+)\))?", word) for word in checked.split()]
        result.append({word.group(1): word.group(2) or "valid" for word in words})
    return result


def final_case(b, name, claim, state, text, change=lambda cert: None, extra=""):
    one = forged_test.step("any", [], {"P": "(put (vec) V)", "Q": text})
    cert = certificate(b, HEAD + extra + "O = V\n", [one], ANY)
    change(cert)
    b.agree(name, claim, state, cert)


def all_cases(b):
    b.first_rules = b.rules()


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
        target, path = b.emitted(os.path.abspath(os.path.join(tools, "minimoa")), "split keys",
                                 os.path.join(root, "spec/attention/sdpa.moa"), SPLIT)
        groups.append((target, [path]))
        first, other = [], []
        for folder, paths in groups:
            if paths:
                first += states_of_audit(auditor, folder, paths)
                other += states_of_second(second, folder, paths)
        assert len(first) == len(other) == len(b.cases)
        for (name, (claim, state)), *both in zip(b.cases, first, other):
            wanted = {one: state for one in (CLAIMS if claim == "all" else [claim])}
            found = [{one: states.get(one) for one in wanted} for states in both]
            good = found == [wanted, wanted]
            passed, failed = passed + good, failed + (not good)
            if not good:
                print("FAIL %s: %s, but the auditor says %s, the second checker %s"
                      % (name, wanted, *found))
    finally:
        shutil.rmtree(b.dir)
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
