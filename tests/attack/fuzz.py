#!/usr/bin/env python3
"""Runs the libFuzzer programs of build/fuzz, one after the other, and keeps what they find.

usage: fuzz.py [--root ROOT] [--build BUILD] [--only REGEX] [--seconds N] [--record] [--keep]
Each reader runs for N seconds from its seeds (seeds.py), the committed corpus and what earlier
runs in this build found. --record adds executions, seconds and crashes to tests/fuzz/figures.json.
--keep adds to the committed corpus inputs that reach more of a reader than its seeds and the other
inputs do, in the order of their hashes, up to KEPT bytes and FILES files for each reader; inputs
are only ever added.
An input that crashes, leaks, takes longer than 10 seconds or 2 GiB is a crash: it is left in
build/fuzz/crashes/READER, and its reader is not run to the end.
May be wrong: libFuzzer counts the executions by itself; after a crash it tells none, and the run
counts as one.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import seeds  # noqa: E402

KEPT, FILES = 150_000, 150
FIGURES = "tests/fuzz/figures.json"


def readers(root):
    """Reader -> largest input that its harness looks at, in order."""
    found = {}
    folder = os.path.join(root, "tests/fuzz")
    for name in sorted(os.listdir(folder)):
        if name.endswith("_fuzz.cpp"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                limit = re.search(r"FUZZ_READER\((\w+), (\d+)\)", file.read())
            found[limit.group(1)] = int(limit.group(2))
    return found


class Fuzzer:
    def __init__(self, root, build, reader, limit):
        self.root, self.reader, self.limit = root, reader, limit
        self.base = os.path.join(build, "fuzz")
        self.program = os.path.join(self.base, "bin", "fuzz_" + reader)
        self.corpus = os.path.join(root, "tests/fuzz/corpus", reader)

    def folder(self, kind):
        path = os.path.join(self.base, kind, self.reader)
        os.makedirs(path, exist_ok=True)
        return path

    def seeds(self):
        path = self.folder("seeds")
        shutil.rmtree(path)
        return path, seeds.write(self.root, self.reader, path)

    def command(self, *arguments):
        folders = [self.corpus] if os.path.isdir(self.corpus) else []
        done = subprocess.run([self.program, *arguments, *folders], cwd=self.base,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def run(self, seconds):
        """Figures of one campaign: executions, seconds, crashes, and coverage."""
        made, dictionary = self.seeds()
        crashes = self.folder("crashes")
        code, text = self.command(
            "-max_total_time=%d" % seconds, "-max_len=%d" % self.limit, "-timeout=10",
            "-rss_limit_mb=2048", "-print_final_stats=1", "-dict=" + dictionary,
            "-artifact_prefix=%s/" % crashes, self.folder("work"), made)
        with open(os.path.join(self.base, self.reader + ".log"), "w", encoding="utf-8") as log:
            log.write(text)
        ran = re.search(r"^Done (\d+) runs in (\d+) second", text, re.MULTILINE)
        units = re.search(r"number_of_executed_units: (\d+)", text)
        begun = re.search(r"INITED\s+cov: (\d+)", text)
        covered = re.findall(r"cov: (\d+)", text)
        return {"executions": int((units or ran).group(1)) if units or ran else 1,
                "seconds": int(ran.group(2)) if ran else 0, "crashes": int(code != 0),
                "begun": int(begun.group(1)) if begun else 0,
                "covered": int(covered[-1]) if covered else 0}

    def keep(self):
        """Adds inputs to the committed corpus; returns how many."""
        made, _ = self.seeds()
        known = set(os.listdir(made))
        os.makedirs(self.corpus, exist_ok=True)
        self.command("-merge=1", "-max_len=%d" % self.limit, "-timeout=10", made,
                     self.folder("work"))
        there = set(os.listdir(self.corpus))
        new = sorted(set(os.listdir(made)) - known - there)
        left = KEPT - sum(os.path.getsize(os.path.join(self.corpus, name)) for name in there)
        added = 0
        for name in new:
            size = os.path.getsize(os.path.join(made, name))
            if size <= left and len(there) + added < FILES:
                shutil.copyfile(os.path.join(made, name), os.path.join(self.corpus, name))
                left -= size
                added += 1
        return added


def load_figures(root):
    path = os.path.join(root, FIGURES)
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def record(root, reader, figures):
    """Adds a campaign to what is recorded of all of them."""
    all_figures = load_figures(root)
    old = all_figures.setdefault(reader, {"executions": 0, "seconds": 0, "crashes": 0})
    for key in old:
        old[key] += figures[key]
    with open(os.path.join(root, FIGURES), "w", encoding="utf-8") as file:
        json.dump(all_figures, file, indent=1, sort_keys=True)
        file.write("\n")


def arguments():
    root = os.path.dirname(os.path.dirname(HERE))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", default=root)
    parser.add_argument("--build", help="default: ROOT/build")
    parser.add_argument("--only", default="", help="readers whose names match this")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    options.root = os.path.abspath(options.root)
    options.build = os.path.abspath(options.build or os.path.join(options.root, "build"))
    return options


def main():
    options = arguments()
    crashes = 0
    for reader, limit in readers(options.root).items():
        if not re.search(options.only, reader):
            continue
        fuzzer = Fuzzer(options.root, options.build, reader, limit)
        if options.seconds:
            found = fuzzer.run(options.seconds)
            crashes += found["crashes"]
            print("%-18s %9d executions in %5d s, coverage %d to %d, %d crashes" % (
                reader, found["executions"], found["seconds"], found["begun"], found["covered"],
                found["crashes"]), flush=True)
            if options.record:
                record(options.root, reader, found)
        if options.keep:
            print("%-18s %9d inputs added" % (reader, fuzzer.keep()), flush=True)
    return 1 if crashes else 0


if __name__ == "__main__":
    sys.exit(main())
