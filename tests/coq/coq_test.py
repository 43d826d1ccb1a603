#!/usr/bin/env python3
"""Runs Coq over spec/coq: everything compiles from scratch and rests on the listed axioms only.

usage: coq_test.py [--root ROOT] [--build BUILD] [--write] [--check-kernel]
Compiles copies in BUILD/coq, asks for the assumptions of every theorem of BoundProofs.v, of every
theorem that a row of spec/bounds names, and of both directions of every row of spec/rules, and
compares with spec/coq/Assumptions.expected. Coq takes half a second for each such question, so
theorems of one expected answer are asked about together; --write asks about each by itself and
writes the file. --check-kernel has coqchk, the small independent checker, go over the compiled
files. Without coqc: exit code 77, and the output says so.

May be wrong: in a group, if one theorem assumes less than its line says; never if it assumes more.
"""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hygiene"))
from common import Report  # noqa: E402

ORDER = ("RowBounds", "RecordBounds", "ElementBounds", "TickBounds", "ParallelBounds", "NetworkBounds",
         "BackwardBounds", "ByteBounds", "BoundRows", "BoundProofs", "MoA", "MoAFacts", "Rules",
         "AlgebraProofs", "PsiProofs", "LayoutProofs", "LoopProofs", "Congruence", "ReductionProofs", "StateProofs",
         "SoftmaxProofs", "AttentionProofs", "Bridge", "Derivation")
# Bounds without a row and schedules that exist, what the rows of softmax.rules add up to, and that
# proofs of certificates are right.
MAIN = ("ElementBounds.q_outer_exists_any", "TickBounds.q_outer_optimal_any",
        "ParallelBounds.one_processor", "ParallelBounds.handover_is_one",
        "NetworkBounds.there_and_back_is_one",
        "BackwardBounds.T8", "BackwardBounds.T8a", "BackwardBounds.backward_exists",
        "ByteBounds.words_as_bytes",
        "LayoutProofs.index_of_offset", "LayoutProofs.offset_of_index", "LayoutProofs.psi_correspondence",
        "SoftmaxProofs.every_tiling", "SoftmaxProofs.tiled_softmax",
        "AttentionProofs.masked_keys_have_no_influence", "AttentionProofs.empty_row",
        "AttentionProofs.causal", "AttentionProofs.attention_is_the_mean", "AttentionProofs.weights_are_positive",
        "AttentionProofs.weights_sum_to_one", "AttentionProofs.mean_of_weights",
        "AttentionProofs.order_of_keys_does_not_matter", "Bridge.check_sound", "Bridge.checks_sound")
# What Coq's standard library of the reals assumes; no rule and no bound may assume anything else.
REALS = {"ClassicalDedekindReals.sig_forall_dec", "ClassicalDedekindReals.sig_not_dec",
         "FunctionalExtensionality.functional_extensionality_dep", "Classical_Prop.classic"}
CLOSED = "Closed under the global context"
SKIPPED = 77


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


def names(report):
    """Theorems whose assumptions are pinned, in the order of files and rows."""
    found = []
    for path in report.files(("spec/bounds",), (".thm",)):
        found += [n for n in re.findall(r"\(coq (\S+)\)", report.read(path))]
    text = report.read("spec/coq/BoundProofs.v")
    found += ["BoundProofs." + n for n in re.findall(r"^Theorem (\w+)", text, re.MULTILINE)]
    for module in ORDER:
        text = report.read("spec/coq/%s.v" % module)
        found += ["%s.%s" % (module, n)
                  for n in re.findall(r"^Theorem (\w+) : Rules\.", text, re.MULTILINE)]
    return list(dict.fromkeys(found)) + list(MAIN)


def ask(report, folder, groups):
    """What Coq says that each group of theorems rests on, as sorted names of axioms."""
    with open(os.path.join(folder, "Assumptions.v"), "w", encoding="utf-8") as file:
        file.write("Require %s.\n" % " ".join(ORDER))
        for number, group in enumerate(groups):
            file.write("Definition group_%d := (%s).\nPrint Assumptions group_%d.\n" %
                       (number, ", ".join(["tt"] + group), number))
    good, text = run(["coqc", "-Q", ".", "", "Assumptions.v"], folder)
    report.check(good, "asking for assumptions:\n" + text)
    answers = re.findall(CLOSED + r"|Axioms:\n(?:.+\n?)+?(?=Closed|Axioms:|\Z)", text)
    report.check(len(answers) == len(groups), "an answer for each group:\n" + text)
    return [" ".join(sorted(re.findall(r"^([\w.]+)(?: :|$)", a[8:], re.MULTILINE))) or CLOSED
            for a in answers]


def expected(report):
    """The pinned lines: theorem -> axioms."""
    return dict(line.split(": ", 1) for line in
                report.read("spec/coq/Assumptions.expected").splitlines())


def write_expected(report, folder):
    wanted = names(report)
    with open(report.path("spec", "coq", "Assumptions.expected"), "w", encoding="utf-8") as file:
        for name, answer in zip(wanted, ask(report, folder, [[n] for n in wanted])):
            file.write("%s: %s\n" % (name, answer))


def check_expected(report, folder):
    pinned = expected(report)
    report.check(list(pinned) == names(report), "Assumptions.expected has a line for each theorem")
    by_answer = {}
    for name, answer in pinned.items():
        by_answer.setdefault(answer, []).append(name)
        report.check(answer == CLOSED or set(answer.split()) <= REALS,
                     "%s may assume only what the reals do: %s" % (name, answer))
    for wanted, answer in zip(by_answer, ask(report, folder, list(by_answer.values()))):
        report.check(wanted == answer, "theorems pinned to <%s> rest on <%s>" % (wanted, answer))


def statements(report, folder):
    """Each theorem proves the proposition of its row, as Coq reads it."""
    with open(os.path.join(folder, "Statements.v"), "w", encoding="utf-8") as file:
        file.write("Require %s.\n" % " ".join(ORDER))
        for name in names(report):
            module, _, theorem = name.rpartition(".")
            if module.endswith("Proofs") and name not in MAIN:
                rows = "BoundRows" if module == "BoundProofs" else "Rules"
                file.write("Check (%s : %s.%s).\n" % (name, rows, theorem))
    good, text = run(["coqc", "-q", "-Q", ".", "", "Statements.v"], folder)
    report.check(good, "theorems prove their rows:\n" + text)


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
    statements(report, folder)
    if report.options.write:
        write_expected(report, folder)
    check_expected(report, folder)
    if report.options.check_kernel:
        good, text = run(["coqchk", "-silent", "-o", "-Q", ".", ""] + list(ORDER), folder)
        section = re.search(r"\* Axioms:(.*?)\n\s*\n", text, re.DOTALL)
        axioms = {a.split("Coq.")[-1].split(".", 1)[-1] for a in section.group(1).split()} if section else {"?"}
        report.check(good and {".".join(a.split(".")[-2:]) for a in axioms} <= REALS, "coqchk:\n" + text)
    report.finish()


if __name__ == "__main__":
    main()
