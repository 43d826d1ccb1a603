#!/usr/bin/env python3
"""What the prover calls VALID, both checkers call VALID.

usage: produced_test.py [--root ROOT] [--build BUILD]
Emits every spec of spec/attention and spec/examples that a schedule can do, with shipped schedules and
with unusual tiles, and has minimoa-audit and certificates/second check each certificate. A schedule
may refuse a spec; a certificate that is written may not be refused. The shipped certificates alone
would not notice a term that only other specs and tiles lead to.
"""
import glob
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "hygiene"))
from common import Report  # noqa: E402

SHIPPED = ("two_pass", "flash", "split_kv")
UNUSUAL = {  # tiles of one row or one key: quotients by one, loops of one iteration
    "one_row": "softmax online\ntile row 1\ntile key all\nparallel batch\n",
    "one_row_split": "softmax online\ntile row 1\ntile key 64\nstage row key\nsplit key 128\nparallel batch row key\n",
    "one_key": "softmax online\ntile row 3\ntile key 1\nstage row key\nparallel batch row\n",
    "all_rows": "softmax online\ntile row all\ntile key 7\nstage key\nparallel batch\n",
}
LEAST = 60  # certificates that must come out, so that refusals do not empty the test


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def main():
    report = Report(__doc__)
    folder = os.path.join(report.build, "produced")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    schedules = list(SHIPPED)
    for name, text in UNUSUAL.items():
        schedules.append(os.path.join(folder, name + ".sched"))
        with open(schedules[-1], "w", encoding="utf-8") as file:
            file.write("schedule %s\n%s" % (name, text))
    out = os.path.join(folder, "out")
    specs = [p for p in report.files(("spec/attention", "spec/examples"), (".moa",))]
    for spec in specs:
        for schedule in schedules:
            code, said = run([report.program("minimoa"), "emit", report.path(spec), "--schedule",
                              schedule, "-o", out])
            refused = code == 2 and "error[MOA-E05" in said or code == 1 and "error[MOA-" in said
            report.check(code == 0 or refused, "emit %s %s: %d\n%s" % (spec, schedule, code, said))
    certificates = sorted(glob.glob(os.path.join(out, "certificates", "*.cert.json")))
    report.check(len(certificates) >= LEAST, "%d certificates" % len(certificates))
    second = report.path("certificates", "second", "second_audit.py")
    for path in certificates:
        for checker in ([report.program("minimoa-audit")], [sys.executable, "-B", second]):
            code, said = run(checker + ["--root", out, path])
            report.check(code == 0, "%s: %s" % (os.path.basename(path), said[:600]))
    report.finish()


if __name__ == "__main__":
    main()
