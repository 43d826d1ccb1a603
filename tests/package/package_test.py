#!/usr/bin/env python3
"""Installs the package into an empty folder and builds, links and runs a consumer with it."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hygiene"))
from common import Report, run  # noqa: E402


def main():
    report = Report(__doc__)
    with tempfile.TemporaryDirectory(prefix="minimoa package ") as folder:
        prefix = os.path.join(folder, "prefix")
        work = os.path.join(folder, "build")
        for command in (["cmake", "--install", report.build, "--prefix", prefix],
                        ["cmake", "-G", "Ninja", "-S", report.path("tests/package"), "-B", work,
                         "-DCMAKE_PREFIX_PATH=" + prefix],
                        ["cmake", "--build", work],
                        [os.path.join(work, "consumer")]):
            done = run(command)
            if not report.check(done.returncode == 0, "%s\n%s" % (
                    " ".join(command[:3]), (done.stdout + done.stderr)[-2000:])):
                break
    report.finish()


if __name__ == "__main__":
    main()
