#!/usr/bin/env python3
"""Medians of what a user waits for: prove + emit of one variant, audit of one certificate.

Wall time and peak memory of the process (ru_maxrss). Numbers are printed with
the machine's processor; they are never a pass or a failure.
"""
import os
import statistics
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hygiene"))
from common import Report  # noqa: E402

ROUNDS = 5


def measure(command):
    """Seconds and MiB of one run, exit code."""
    begin = time.monotonic()
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        try:
            os.execv(command[0], command)
        finally:
            os._exit(127)
    _, status, usage = os.wait4(pid, 0)
    return time.monotonic() - begin, usage.ru_maxrss / 1024.0, os.waitstatus_to_exitcode(status)


def median(command):
    runs = [measure(command) for _ in range(ROUNDS)]
    return (statistics.median(r[0] for r in runs), statistics.median(r[1] for r in runs),
            max(r[2] for r in runs))


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
        return "%s, %d cores" % (names[0], len(names))
    except (OSError, IndexError):
        return "unknown processor"


def main():
    report = Report(__doc__)
    print("medians of %d runs on %s\n" % (ROUNDS, processor()))
    print("%-20s %14s %12s %12s %12s" % ("variant", "prove+emit s", "peak MiB", "audit ms",
                                         "audit MiB"))
    certificates = report.files(("certificates",), (".cert.json",))
    with tempfile.TemporaryDirectory(prefix="minimoa-bench-") as folder:
        for path in certificates:
            name = os.path.basename(path)[:-len(".cert.json")]
            spec, schedule = name.split("_", 1)
            wall, peak, code = median([
                report.program("minimoa"), "emit", report.path("spec/attention/%s.moa" % spec),
                "--schedule", schedule, "--root", report.root, "-o", folder])
            audit, audit_peak, audit_code = median([
                report.program("minimoa-audit"), "--root", report.root, report.path(path)])
            print("%-20s %14.2f %12.0f %12.0f %12.0f%s" % (
                name, wall, peak, audit * 1000, audit_peak,
                "" if code == audit_code == 0 else "   exit codes %d, %d" % (code, audit_code)))
    sys.exit(0 if certificates else 1)


if __name__ == "__main__":
    main()
