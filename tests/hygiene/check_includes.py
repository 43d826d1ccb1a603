#!/usr/bin/env python3
"""Includes point one way: tests -> all, extract -> prover -> spec/lang -> std.

Also here, because they are read off the same lines: the auditor includes
nothing of ours and nothing beyond its two libraries, stays within its line
budget, and z3++.h stands in exactly one .cpp file.
"""
import os
import re

from common import Report

# spec/SOUNDNESS.md, section 7: parts of the auditor that are counted by themselves
LINE_BUDGETS = {"auditor": 3600, "lowering": 1550, "costs": 650, "bounds": 650, "attention": 210}
PARTS = {"lanes": "lowering", "instr": "lowering"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
ALLOWED = {  # folder: folders of ours that it may include
    "spec": {"spec"},
    "prover": {"spec", "prover"},
    "extract": {"spec", "prover", "extract"},
    "certificates": set(),
}
OURS = ("spec/", "prover/", "extract/", "kernels/", "certificates/", "tests/")
AUDIT_LIBRARIES = ("boost/multiprecision/", "nlohmann/")


def includes(report, path):
    return INCLUDE.findall(report.read(path))


def check_direction(report):
    for path in report.sources():
        folder = path.split("/")[0]
        if folder not in ALLOWED:
            continue
        bad = [target for _, target in includes(report, path)
               if target.startswith(OURS) and target.split("/")[0] not in ALLOWED[folder]]
        report.check(not bad, "%s includes %s: against the direction" % (path, ", ".join(bad)))
        if folder != "certificates":
            rootless = [target for quote, target in includes(report, path)
                        if quote == '"' and not os.path.exists(report.path(target))]
            report.check(not rootless, "%s includes %s: not a path from the repository root" %
                         (path, ", ".join(rootless)))


def check_audit(report):
    lines = dict.fromkeys(LINE_BUDGETS, 0)
    for path in report.files(("certificates/audit",), (".cpp", ".h")):
        part = os.path.basename(path).split(".")[0]
        part = PARTS.get(part, part)
        lines[part if part in lines else "auditor"] += len(report.read(path).splitlines())
        bad = []
        for quote, target in includes(report, path):
            own = quote == '"' and os.path.exists(
                os.path.join(os.path.dirname(report.path(path)), target))
            own = own and "/" not in target
            standard = quote == "<" and re.fullmatch(r"[a-z0-9_]+", target)
            if not (own or standard or target.startswith(AUDIT_LIBRARIES)):
                bad.append(target)
        report.check(not bad, "%s includes %s: the auditor uses the standard library, "
                     "Boost.Multiprecision and nlohmann/json only" % (path, ", ".join(bad)))
    for name, budget in LINE_BUDGETS.items():
        report.check(lines[name] <= budget,
                     "%s: %d lines; the budget is %d" % (name, lines[name], budget))
        print("%s: %d of %d lines" % (name, lines[name], budget))


def check_z3(report):
    users = [path for path in report.sources() if not path.startswith("tests/rules/")
             and any(os.path.basename(t) in ("z3++.h", "z3.h") for _, t in includes(report, path))]
    report.check(len(users) == 1 and users[0].startswith("prover/") and users[0].endswith(".cpp"),
                 "z3++.h stands in %s; it belongs in exactly one prover/*.cpp, and in tests/rules" %
                 (", ".join(users) or "no file"))


def check_kernels(report):
    for path in report.files(("kernels",), (".cpp", ".h")):
        bad = [t for q, t in includes(report, path) if q != "<" or "/" in t]
        report.check(not bad, "%s includes %s: kernels are self-contained" %
                     (path, ", ".join(bad)))


def main():
    report = Report(__doc__)
    check_direction(report)
    check_audit(report)
    check_z3(report)
    check_kernels(report)
    report.finish()


if __name__ == "__main__":
    main()
