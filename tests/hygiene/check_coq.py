#!/usr/bin/env python3
"""What can be said of spec/coq without Coq: statements are those of the rows, and nothing is assumed.

Every row of spec/rules has its two statements in Rules.v (written by rules.py, compared here), each
proved by a theorem of its name. Every row of spec/bounds names a Coq theorem, which exists, and has
its statement in BoundRows.v (written by rows.py) and a theorem of its name in BoundProofs.v that
proves this statement; `coq none` (an assumed row) is refused. No file of spec/coq admits or assumes anything.
tests/coq/coq_test.py runs Coq itself.
"""
import re
import subprocess
import sys

from common import Report

COMMENT = re.compile(r"\(\*.*?\*\)", re.DOTALL)  # comments are not nested here
ASSUMED = re.compile(r"\b(Admitted|admit|Axioms?|Parameters?|Conjecture|Abort|Unset\s+Guard)\b")


def check_rules(report, texts):
    """Both directions of every row are stated once and proved once, by a theorem of the same name."""
    rows = []
    for path in report.files(("spec/rules",), (".rules",)):
        rows += re.findall(r"^\(rule (\S+)", report.read(path), re.MULTILINE)
    stated = re.findall(r"^Definition (\w+) : Prop", texts["spec/coq/Rules.v"], re.MULTILINE)
    proved = [pair for text in texts.values() for pair in
              re.findall(r"^Theorem (\w+) : Rules\.(\w+)\.", text, re.MULTILINE)]
    for row in rows:
        for direction in ("lr", "rl"):
            report.check("%s_%s" % (row.replace("-", "_"), direction) in stated,
                         "rule %s is stated in Rules.v" % row)
    for name in stated:
        report.check(proved.count((name, name)) == 1, "%s is proved once" % name)
    report.check(len(proved) == len(stated), "nothing else is said to be proved of a rule")


def main():
    report = Report(__doc__)
    for name in ("rows.py", "rules.py"):
        writer = subprocess.run([sys.executable, "-B", report.path("spec", "coq", name), "--root",
                                 report.root], capture_output=True, text=True, check=False)
        report.check(writer.returncode == 0, writer.stdout + writer.stderr)

    files = report.files(("spec/coq",), (".v",))
    report.check(len(files) >= 14, "spec/coq has its files")
    texts = {path: COMMENT.sub(" ", report.read(path)) for path in files}
    for path, text in texts.items():
        report.check(not ASSUMED.search(text), "%s admits or assumes something" % path)

    stated = re.findall(r"^Definition (\w+) : Prop", texts["spec/coq/BoundRows.v"], re.MULTILINE)
    proved = re.findall(r"^Theorem (\w+) : BoundRows\.(\w+)\.", texts["spec/coq/BoundProofs.v"],
                        re.MULTILINE)
    report.check([(name, name) for name in stated] == proved,
                 "BoundProofs.v proves the statements of BoundRows.v, all and in order")
    check_rules(report, texts)
    for path in report.files(("spec/bounds",), (".thm",)):
        for name in re.findall(r"\(coq (\S+)\)", report.read(path)):
            module, _, theorem = name.partition(".")
            text = texts.get("spec/coq/%s.v" % module, "")
            report.check(re.search(r"^(Theorem|Corollary) %s\b" % re.escape(theorem), text,
                                   re.MULTILINE),
                         "%s: there is no Coq theorem %s" % (path, name))
    report.finish()


if __name__ == "__main__":
    main()
