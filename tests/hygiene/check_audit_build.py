#!/usr/bin/env python3
"""minimoa-audit builds with one compiler command from its folder alone, and links no solver.

The folder is copied away from the repository first, so that nothing else of
ours can be found by accident.
"""
import glob
import os
import shutil
import tempfile

from common import Report, run


def main():
    report = Report(__doc__)
    with tempfile.TemporaryDirectory(prefix="minimoa audit ") as folder:
        shutil.copytree(report.path("certificates/audit"), os.path.join(folder, "audit"))
        sources = sorted(os.path.basename(p)
                         for p in glob.glob(os.path.join(folder, "audit", "*.cpp")))
        program = os.path.join(folder, "minimoa-audit")
        built = run(["g++", "-std=c++20", "-O0", *sources, "-o", program],
                    cwd=os.path.join(folder, "audit"))
        report.check(built.returncode == 0, "one-command build: " + built.stderr[-2000:])
        for path in (program, report.program("minimoa-audit")):
            if not os.path.exists(path):
                report.check(False, path + " does not exist")
                continue
            linked = run(["ldd", path]).stdout
            bad = [name for name in ("libz3", "libcrypto", "libminimoa") if name in linked]
            report.check(not bad, "minimoa-audit links " + ", ".join(bad))
        if os.path.exists(program):
            report.check(run([program]).returncode == 2, "without arguments the exit code is 2")
    report.finish()


if __name__ == "__main__":
    main()
