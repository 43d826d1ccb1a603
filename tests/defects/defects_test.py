#!/usr/bin/env python3
"""Bugs that attention kernels are known for, each caught by a named check.

usage: defects_test.py [--root ROOT] [--build BUILD] [--write]
catalogue.json has one row for each: a spec that `minimoa check` must refuse with the code that is
named, or one change to a committed kernel (hashes recomputed) that the audit must refuse in the claim
that is named; or a spec that may be written, but whose rows depend on more keys than those of the right
spec beside it: the limit of the right one is refused for it. docs/attention-defects.md lists them; --write writes it, without it the two are compared.
May be wrong: a change to a kernel is one text for a bug; another text of it is refused for the same
reason (the kernel is not the derived program), but the row does not show that. Races, fences and
barriers of GPU kernels are not in it: no such kernel is emitted yet.
"""
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "hygiene"))
sys.path.insert(0, os.path.join(HERE, "..", "mutation"))
from common import Report  # noqa: E402
from mutate_test import Case, Mutant, Sandbox  # noqa: E402

PAGE = "docs/attention-defects.md"


def loose(text):
    """A pattern for a text whatever its line breaks are."""
    return re.compile(r"\s+".join(re.escape(word) for word in text.split()))


def kernel_row(report, sandbox, row):
    case = Case(report, "certificates/%s.cert.json" % row["kernel"])
    changed, count = loose(row["find"]).subn(lambda _: row["put"], case.body, count=1)
    if not report.check(count == 1, "%s: the kernel has no such text" % row["name"]):
        return
    mutant = Mutant("defect", row["name"], [row["caught"]], body=lambda _: changed)
    wrong = case.run(report, sandbox, mutant)
    report.check(wrong is None, "%s: %s" % (row["name"], wrong))


def spec_row(report, sandbox, row):
    path = os.path.join(sandbox.root, "defect.moa")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(["spec defect"] + row["spec"]) + "\n")
    done = subprocess.run([report.program("minimoa"), "check", path], capture_output=True, text=True,
                          check=False)
    said = done.stdout + done.stderr
    report.check(done.returncode == 1 and "error[MOA-%s]" % row["caught"] in said,
                 "%s: exit code %d\n%s" % (row["name"], done.returncode, said))


def emitted(report, sandbox, text):
    """The certificate of a spec, or None."""
    folder = os.path.join(sandbox.root, "emitted")
    path = os.path.join(sandbox.root, "defect.moa")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(["spec defect"] + text) + "\n")
    done = subprocess.run([report.program("minimoa"), "emit", path, "--schedule", "flash", "-o", folder],
                          capture_output=True, text=True, check=False)
    if not report.check(done.returncode == 0, "emit: %s%s" % (done.stdout, done.stderr)):
        return None, None
    certificate = os.path.join(folder, "certificates", "defect_flash.cert.json")
    with open(certificate, encoding="utf-8") as file:
        return folder, json.load(file)


def attention_verdict(report, folder, certificate):
    """(verdict, code) of the claim `attention`; that the kernel names another certificate is no matter."""
    path = os.path.join(folder, "certificates", "changed.cert.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(certificate, file)
    done = subprocess.run([report.program("minimoa-audit"), "--root", folder, "--format", "json", path],
                          capture_output=True, text=True, check=False)
    found = [c for c in json.loads(done.stdout)[0]["claims"] if c["claim"] == "attention"]
    return found[0]["verdict"], found[0]["code"]


def attention_row(report, sandbox, row):
    """The right spec has the limit, with the prover's proof; the wrong one has another, and no use of it."""
    folder, right = emitted(report, sandbox, row["right"])
    if right is None:
        return
    report.check(right["attention"].get("limit") == row["limit"], "%s: the right spec's limit" % row["name"])
    report.check(attention_verdict(report, folder, right)[0] == "VALID", "%s: the right spec" % row["name"])
    folder, wrong = emitted(report, sandbox, row["spec"])
    if wrong is None:
        return
    report.check(wrong["attention"].get("limit") != row["limit"], "%s: claimed all the same" % row["name"])
    if wrong["attention"]:
        report.check(attention_verdict(report, folder, wrong)[0] == "VALID", "%s: its own limit" % row["name"])
    for proofs in (right["attention"]["proofs"], wrong["attention"].get("proofs", [])):
        wrong["attention"] = {"limit": row["limit"], "proofs": proofs}
        verdict, _ = attention_verdict(report, folder, wrong)
        report.check(verdict == "INVALID", "%s: %s" % (row["name"], verdict))


def controls(report, sandbox):
    """Nothing is refused that is right: the kernel as it is, a blank more in it."""
    case = Case(report, "certificates/causal_flash.cert.json")
    for name, change in (("as it is", lambda body: body), ("a blank", lambda body: body + " \n")):
        done = case.run(report, sandbox, Mutant("control", name, [], body=change))
        report.check(done is None, "control, %s: %s" % (name, done))


def page(rows):
    lines = ["<!-- Generated by tests/defects/defects_test.py --write; do not edit. -->",
             "# Bugs that attention kernels are known for", "",
             "Public reports of wrong, crashing or hanging attention kernels, by class, and what stops the same",
             "mistake here: a code of `minimoa check` where it is one of the spec, a claim of the audit where it is",
             "one of the kernel. Each row is a test: a spec with the mistake, or a committed kernel with the mistake",
             "written into it and its hashes recomputed; or a spec that is derived and audited, but cannot have the",
             "claim about attention that the right one has.", "",
             "| class | mistake | caught by | public reports |", "|---|---|---|---|"]
    for row in rows:
        checked = "spec" in row and "limit" not in row
        kind = "`check`: MOA-%s" % row["caught"] if checked else "audit: claim `%s`" % row["caught"]
        lines.append("| %s | %s | %s | %s |" % (row["class"], row["name"], kind, row["reports"]))
    lines += ["", "Not here: races, missing fences, barriers and phases of GPU kernels (none is emitted yet); rounding."]
    return "\n".join(lines) + "\n"


def main():
    report = Report(__doc__, write={"action": "store_true"})
    rows = json.loads(report.read("tests/defects/catalogue.json"))
    sandbox = Sandbox(report)
    for row in rows:
        kind = attention_row if "limit" in row else spec_row if "spec" in row else kernel_row
        kind(report, sandbox, row)
    controls(report, sandbox)
    if report.options.write:
        with open(report.path(PAGE), "w", encoding="utf-8") as file:
            file.write(page(rows))
    report.check(report.read(PAGE) == page(rows), "%s is not what the catalogue says; --write" % PAGE)
    report.finish()


if __name__ == "__main__":
    main()
