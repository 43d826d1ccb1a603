#!/usr/bin/env python3
"""What can be said of spec/coq without Coq: statements are those of the rows, and nothing is assumed.

Every row of spec/bounds that names a Coq theorem has its statement in BoundRows.v (written by
rows.py, compared here), a theorem of its name in BoundProofs.v that proves this statement, and
the theorem that it names exists. No file of spec/coq admits or assumes anything.
tests/coq/coq_test.py runs Coq itself.
"""
import re
import subprocess
import sys

from common import Report

COMMENT = re.compile(r"\(\*.*?\*\)", re.DOTALL)  # comments are not nested here
ASSUMED = re.compile(r"\b(Admitted|admit|Axioms?|Parameters?|Conjecture|Abort|Unset\s+Guard)\b")


def main():
    report = Report(__doc__)
    writer = subprocess.run([sys.executable, "-B", report.path("spec", "coq", "rows.py"), "--root",
                             report.root], capture_output=True, text=True, check=False)
    report.check(writer.returncode == 0, writer.stdout + writer.stderr)

    files = report.files(("spec/coq",), (".v",))
    report.check(len(files) >= 5, "spec/coq has its five files")
    texts = {path: COMMENT.sub(" ", report.read(path)) for path in files}
    for path, text in texts.items():
        report.check(not ASSUMED.search(text), "%s admits or assumes something" % path)

    stated = re.findall(r"^Definition (\w+) : Prop", texts["spec/coq/BoundRows.v"], re.MULTILINE)
    proved = re.findall(r"^Theorem (\w+) : BoundRows\.(\w+)\.", texts["spec/coq/BoundProofs.v"],
                        re.MULTILINE)
    report.check([(name, name) for name in stated] == proved,
                 "BoundProofs.v proves the statements of BoundRows.v, all and in order")
    for path in report.files(("spec/bounds",), (".thm",)):
        for name in re.findall(r"\(coq (\S+)\)", report.read(path)):
            if name == "none":
                continue
            module, _, theorem = name.partition(".")
            text = texts.get("spec/coq/%s.v" % module, "")
            report.check(re.search(r"^(Theorem|Corollary) %s\b" % re.escape(theorem), text,
                                   re.MULTILINE),
                         "%s: there is no Coq theorem %s" % (path, name))
    report.finish()


if __name__ == "__main__":
    main()
