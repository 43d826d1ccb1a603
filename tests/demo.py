#!/usr/bin/env python3
"""The table that ./dev demo ends with: three specs x three schedules.

For each: the auditor's verdict, workspace in words as a formula, and the
largest error of the built kernel against the 113-bit reference on random inputs
(tests/tensors.py), at sizes where nothing is a multiple of a tile.
"""
import json
import os
import re
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "hygiene")]
from common import Report, run  # noqa: E402
from tensors import random_npy  # noqa: E402

SCHEDULES = ("naive", "two_pass", "flash")
SPECS = {  # sizes, then the inputs' shapes by name of size
    "sdpa": (dict(B=2, H=2, S=65, T=130, D=24),
             dict(Q="B H S D", K="B H T D", V="B H T D")),
    "causal": (dict(B=1, H=3, S=130, T=65, D=16),
               dict(Q="B H S D", K="B H T D", V="B H T D")),
    "gqa": (dict(B=1, Hq=6, Hkv=2, S=33, T=97, D=40),
            dict(Q="B Hq S D", K="B Hkv T D", V="B Hkv T D")),
}


def formula(term):
    """(* (* B H) S) as B*H*S; (+ a b) as a + b."""
    tokens = re.findall(r"[()]|[^\s()]+", term)

    def parse():
        token = tokens.pop(0)
        if token != "(":
            return token
        operator, parts = tokens.pop(0), []
        while tokens[0] != ")":
            parts.append(parse())
        tokens.pop(0)
        if operator == "*":
            return "*".join(p if re.fullmatch(r"[\w*]+", p) else "(%s)" % p for p in parts)
        return (" %s " % operator).join(p if re.fullmatch(r"[\w*]+", p) else "(%s)" % p
                                        for p in parts)
    return parse()


def verdict(report, name):
    done = run([report.program("minimoa-audit"), "--root", report.root,
                report.path("certificates/%s.cert.json" % name)])
    words = re.findall(r"\b(INVALID|HOLEY|VALID)\b", done.stdout)
    return words[0] if words and (words[0] == "VALID") == (done.returncode == 0) else "?"


def error(report, spec, schedule, folder):
    sizes, inputs = SPECS[spec]
    command = [report.program("minimoa"), "run", report.path("spec/attention/%s.moa" % spec),
               "--root", report.root, "--schedule", schedule, "--reference",
               "-o", os.path.join(folder, "out.npy")]
    for name, shape in sorted(inputs.items()):
        path = os.path.join(folder, "%s_%s.npy" % (spec, name))
        if not os.path.exists(path):
            random_npy(path, [sizes[n] for n in shape.split()], sum(map(ord, spec + name)))
        command += ["--in", "%s=%s" % (name, path)]
    done = run(command)
    found = re.search(r"largest absolute error ([-+.0-9a-z]+)", done.stdout)
    if done.returncode != 0 or not found:
        print((done.stdout + done.stderr)[-1500:], file=sys.stderr)
        return None
    return float(found.group(1))


def main():
    report = Report(__doc__)
    rows = []
    with tempfile.TemporaryDirectory(prefix="minimoa-demo-") as folder:
        for spec in SPECS:
            for schedule in SCHEDULES:
                name = "%s_%s" % (spec, schedule)
                certificate = json.loads(report.read("certificates/%s.cert.json" % name))
                sizes = SPECS[spec][0]
                bound = 8 * (sizes["T"] + sizes["D"]) * 2.0**-24 * 2.0
                rows.append((spec, schedule, verdict(report, name),
                             formula(certificate["workspace"]),
                             error(report, spec, schedule, folder), bound,
                             " ".join("%s=%d" % pair for pair in sizes.items())))
    print("\n%-8s %-9s %-8s %-14s %-14s %-9s %s" % (
        "spec", "schedule", "verdict", "workspace", "largest error", "allowed", "sizes"))
    good = True
    for spec, schedule, word, workspace, worst, bound, sizes in rows:
        shown = "?" if worst is None else "%.2e" % worst
        print("%-8s %-9s %-8s %-14s %-14s %-9.1e %s" % (
            spec, schedule, word, workspace, shown, bound, sizes))
        good = good and word == "VALID" and worst is not None and worst <= bound
    print("\nverdict by minimoa-audit; workspace in words of slow memory; error against the "
          "113-bit reference")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
