#!/usr/bin/env python3
"""Adds up test cases from a CTest JUnit report: prints "PASSED FAILED".

Each test program reports its own cases: doctest in its last summary line, our
scripts in a line "N passed, N failed". A program that reports nothing counts as
one case. A program that failed counts at least one failure, also when it died
before it could report.
"""
import re
import sys
import xml.etree.ElementTree as ElementTree

DOCTEST = re.compile(r"\[doctest\] test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed")
SCRIPT = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)


def count(case):
    output = re.sub(r"\x1b\[[0-9;]*m", "", case.findtext("system-out") or "")
    found = DOCTEST.findall(output) or SCRIPT.findall(output)
    ran = case.get("status") == "run"
    passed, failed = (int(found[-1][0]), int(found[-1][1])) if found else (int(ran), 0)
    if not ran and failed == 0:
        failed = 1
    return passed, failed


def main():
    try:
        cases = list(ElementTree.parse(sys.argv[1]).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError):
        cases = []
    if not cases:
        print("0 1")  # no report: CTest itself failed
        return
    counts = [count(case) for case in cases]
    print(sum(c[0] for c in counts), sum(c[1] for c in counts))


if __name__ == "__main__":
    main()
