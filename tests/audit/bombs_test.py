#!/usr/bin/env python3
"""Resource bombs: whatever a file asks for, it is refused in CPU SECONDS and BYTES, with a reason.

usage: bombs_test.py --root ROOT --build BUILD [--only REGEX] [--second] [--sanitized] [--verbose]
Every bomb of bombs_audit.py is a certificate (with its spec, rules, theorems, kernel) for
minimoa-audit, every one of bombs_prover.py a file for minimoa. Each must end with the exit code
and the words that it states, in less than SECONDS of processor time and BYTES of memory: here the
budget is the property itself, so it is measured (measure.py; processor time, so that a busy machine
does not matter). --second gives the certificates to certificates/second, too, which is Python and
may take longer, but must end and must not say VALID of the claim. --sanitized: a build with
sanitizers is slower and larger; then only the ends are compared.
May be wrong: a budget that no bomb here goes for. Prints `N passed, N failed`.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import bombs_audit
import bombs_prover

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS = 1.0
BYTES = 100_000_000
INPUTS = ("spec", "extract/schedules")


def measure(command):
    done = subprocess.run([sys.executable, "-S", "-E", os.path.join(HERE, "measure.py")] + command,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


class Judge:
    def __init__(self, options):
        self.options = options
        self.passed = self.failed = 0
        self.slowest = self.largest = (0, "")

    def wanted(self, name):
        return re.search(self.options.only, name) is not None

    def see(self, name, took, good, expected):
        """Counts one bomb: the end as expected (good), and the budget."""
        cpu, size = took["cpu"], took["bytes"]
        self.slowest = max(self.slowest, (cpu, name))
        self.largest = max(self.largest, (size, name))
        within = self.options.sanitized or (cpu < SECONDS and size < BYTES)
        self.passed += good and within
        self.failed += not (good and within)
        if not (good and within) or self.options.verbose:
            print("%s %s: exit code %d, %.2f s, %.1f MB, expected %s\n    %s" % (
                "ok    " if good and within else "FAILED", name, took["code"], cpu, size / 1e6,
                expected, "\n    ".join(line[:150] for line in took["output"].splitlines()[:8]
                                        if "assumes" not in line)), flush=True)


def audit(judge, root, auditor):
    writer = bombs_audit.Writer(auditor, root)
    try:
        for kind, bombs in bombs_audit.BOMBS.items():
            for name, write, expected in bombs:
                name = kind + ": " + name
                if not judge.wanted(name):
                    continue
                writer.clear()
                write(writer)
                audit_one(judge, writer, name, expected)
    finally:
        shutil.rmtree(writer.dir)


def audit_one(judge, writer, name, expected):
    """expected: how a line of the report begins, "claim [code] reason"; None: VALID."""
    path = writer.path("certificates/x.cert.json")
    took = measure([writer.auditor, "--root", writer.dir, path])
    lines = [line.strip().replace(": INVALID", "", 1) for line in took["output"].splitlines()]
    good = took["code"] == 0 if expected is None else took["code"] == 1 and any(
        line.startswith(expected) for line in lines)
    judge.see(name, took, good, expected)
    claim = (expected or "text").split()[0]
    if not judge.options.second or claim == "text":
        return
    second = os.path.join(judge.options.root, "certificates/second/second_audit.py")
    took = measure([sys.executable, "-B", second, "--root", writer.dir, path])
    good = took["code"] == 1 and "Traceback" not in took["output"]
    took.update(cpu=0, bytes=0)
    judge.see("second: " + name, took, good, "exit code 1")


def prove(judge, root, program):
    for bomb in bombs_prover.BOMBS:
        if not judge.wanted(bomb.name):
            continue
        with tempfile.TemporaryDirectory(prefix="bombs") as folder:
            for inputs in INPUTS:
                shutil.copytree(os.path.join(root, inputs), os.path.join(folder, inputs))
            command = bomb.write(folder)
            took = measure([program, "--root", folder] + command)
        good = took["code"] == bomb.code and bomb.words in took["output"]
        judge.see(bomb.name, took, good, "exit code %d, %s" % (bomb.code, bomb.words))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--only", default="")
    for name in ("second", "sanitized", "verbose"):
        parser.add_argument("--" + name, action="store_true")
    options = parser.parse_args()
    options.root = os.path.abspath(options.root)
    programs = os.path.join(os.path.abspath(options.build), "bin")
    judge = Judge(options)
    audit(judge, options.root, os.path.join(programs, "minimoa-audit"))
    prove(judge, options.root, os.path.join(programs, "minimoa"))
    print("most: %.2f s (%s), %.1f MB (%s)" % (judge.slowest[0], judge.slowest[1],
                                               judge.largest[0] / 1e6, judge.largest[1]))
    print("%d passed, %d failed" % (judge.passed, judge.failed))
    return 1 if judge.failed else 0


if __name__ == "__main__":
    sys.exit(main())
