#!/usr/bin/env python3
"""Runs Coq over spec/coq: everything compiles from scratch and rests on the listed axioms only.

usage: coq_test.py [--root ROOT] [--build BUILD] [--write] [--check-kernel]
Compiles copies in BUILD/coq, asks for the assumptions of every theorem of BoundProofs.v and of
every theorem that a row names, and compares with spec/coq/Assumptions.expected. --check-kernel
has coqchk, the small independent checker, go over the compiled files. --write writes the
expected file. Without coqc: exit code 77, and the output says so.
"""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hygiene"))
from common import Report  # noqa: E402

ORDER = ("RowBounds", "ElementBounds", "TickBounds", "BoundRows", "BoundProofs")
SKIPPED = 77


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


def names(report):
    """Theorems whose assumptions are pinned, in the order of files and rows."""
    found = []
    for path in report.files(("spec/bounds",), (".thm",)):
        found += [n for n in re.findall(r"\(coq (\S+)\)", report.read(path)) if n != "none"]
    text = report.read("spec/coq/BoundProofs.v")
    found += ["BoundProofs." + n for n in re.findall(r"^Theorem (\w+)", text, re.MULTILINE)]
    return list(dict.fromkeys(found))


def assumptions(report, folder):
    """One line for each theorem: its name and what Coq says it rests on."""
    out = []
    wanted = names(report)
    with open(os.path.join(folder, "Assumptions.v"), "w", encoding="utf-8") as file:
        file.write("Require %s.\n" % " ".join(ORDER))
        for name in wanted:
            file.write("Print Assumptions %s.\n" % name)
    good, text = run(["coqc", "-Q", ".", "", "Assumptions.v"], folder)
    report.check(good, "asking for assumptions:\n" + text)
    answers = re.findall(r"Closed under the global context|Axioms:\n(?:.+\n?)+", text)
    report.check(len(answers) == len(wanted), "an answer for each theorem:\n" + text)
    for name, answer in zip(wanted, answers):
        out.append("%s: %s" % (name, " ".join(answer.split())))
    return "\n".join(out) + "\n"


def main():
    report = Report(__doc__, write={"action": "store_true"}, check_kernel={"action": "store_true"})
    if shutil.which("coqc") is None:
        print("skipped: coqc is not installed (Debian package coq)")
        sys.exit(SKIPPED)
    folder = os.path.join(report.build, "coq")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name in ORDER:
        shutil.copy(report.path("spec", "coq", name + ".v"), folder)
        good, text = run(["coqc", "-q", "-Q", ".", "", name + ".v"], folder)
        report.check(good, "%s.v does not compile:\n%s" % (name, text))
    found = assumptions(report, folder)
    path = report.path("spec", "coq", "Assumptions.expected")
    if report.options.write:
        with open(path, "w", encoding="utf-8") as file:
            file.write(found)
    report.check(found == report.read("spec/coq/Assumptions.expected"),
                 "assumptions are not the expected ones:\n" + found)
    if report.options.check_kernel:
        good, text = run(["coqchk", "-silent", "-o", "-Q", ".", ""] + list(ORDER), folder)
        report.check(good and re.search(r"\* Axioms:\s*<none>", text), "coqchk:\n" + text)
    report.finish()


if __name__ == "__main__":
    main()
