"""What the hygiene and mutation scripts share: arguments, counting, file lists.

A script makes a Report, calls check() once per fact and ends with finish(),
which prints "N passed, N failed" and exits 1 if anything failed.
"""
import argparse
import os
import subprocess
import sys

SOURCE_FOLDERS = ("spec", "prover", "extract", "certificates", "tests")
TEXT_ENDINGS = (".md", ".h", ".cpp", ".py", ".txt", ".cmake", ".json", ".rules", ".moa", ".sched",
                ".table", ".thm", ".toml", ".v", ".sh", ".expected")


class Report:
    def __init__(self, description, **extra):
        parser = argparse.ArgumentParser(description=description)
        here = os.path.dirname(os.path.abspath(__file__))
        default_root = os.path.dirname(os.path.dirname(here))
        parser.add_argument("--root", default=default_root, help="repository root")
        parser.add_argument("--build", default=None, help="build folder (default: ROOT/build)")
        for name, options in extra.items():
            parser.add_argument("--" + name.replace("_", "-"), **options)
        self.options = parser.parse_args()
        self.root = os.path.abspath(self.options.root)
        self.build = os.path.abspath(self.options.build or os.path.join(self.root, "build"))
        self.passed = 0
        self.failed = 0

    def check(self, ok, message):
        if ok:
            self.passed += 1
        else:
            self.failed += 1
            print("FAILED: " + message, flush=True)
        return ok

    def finish(self):
        print("%d passed, %d failed" % (self.passed, self.failed), flush=True)
        sys.exit(1 if self.failed else 0)

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def program(self, name):
        return os.path.join(self.build, "bin", name)

    def relative(self, path):
        return os.path.relpath(path, self.root).replace(os.sep, "/")

    def read(self, path):
        with open(self.path(path), encoding="utf-8") as file:
            return file.read()

    def files(self, folders=None, endings=None):
        """Repository-relative paths, sorted; generated and hidden folders left out."""
        found = []
        for folder in folders or (".",):
            for where, inside, names in os.walk(self.path(folder)):
                inside[:] = sorted(d for d in inside if not skipped(self.relative(
                    os.path.join(where, d))))
                for name in names:
                    if endings is None or name.endswith(tuple(endings)):
                        found.append(self.relative(os.path.join(where, name)))
        return sorted(found)

    def sources(self):
        return self.files(SOURCE_FOLDERS, (".cpp", ".h"))


def skipped(path):
    name = path.split("/")[-1]
    return path == "build" or name == "__pycache__" or (name.startswith(".") and name != ".ci")


def run(command, **options):
    """Runs a program without stdin; returns the finished process, output as text."""
    options.setdefault("timeout", 300)
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding="utf-8", errors="replace", **options)
