#!/usr/bin/env python3
"""Words that this project keeps for one meaning (spec/NOTATION.md).

"Verified" is said of nothing: a certificate is VALID, HOLEY or INVALID; a fact
is proved, assumed or tested.
"""
import re

from common import TEXT_ENDINGS, Report

BANNED = [
    (re.compile(r"\b(un)?verif(y|ied|ies|ication|ier)\b", re.IGNORECASE),
     "say proved, audited, checked, or VALID"),
    (re.compile(r"\b(disjunctive normal form)\b", re.IGNORECASE), "DNF is denotational here"),
    (re.compile(r"\b(blazing|cutting[- ]edge|seamless(ly)?|world[- ]class)\b", re.IGNORECASE),
     "plain words"),
    (re.compile(r"\b(TODO|FIXME|XXX)\b"), "finish it, or name it as a hole or a gap"),
]
# Files that speak about the banned words themselves.
EXEMPT = {"tests/hygiene/check_glossary.py", "spec/NOTATION.md"}


def main():
    report = Report(__doc__)
    for path in report.files(None, TEXT_ENDINGS):
        if path in EXEMPT or path.startswith(("kernels/", "tests/diagnostics/")):
            continue
        if path.endswith(".cert.json"):
            continue
        with open(report.path(path), encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
        bad = ["%d: %s (%s)" % (number, found.group(), advice)
               for number, line in enumerate(lines, 1)
               for pattern, advice in BANNED
               for found in [pattern.search(line)] if found]
        report.check(not bad, "%s: %s" % (path, "; ".join(bad[:3])))
    report.finish()


if __name__ == "__main__":
    main()
