#!/usr/bin/env python3
"""Every attack on the readers and the audit, one after the other; a table of what came of them.

usage: attack.py [--root ROOT] [--build BUILD] [--seconds N] [--only REGEX] [--full] [--write]
Runs the tests that change certificates, kernels and the audit itself, the forged certificates, the
resource bombs, and every fuzzer for N seconds (0: none). Prints the table; --write puts it between
the marks of spec/SOUNDNESS.md and adds the fuzzers' figures to tests/fuzz/figures.json. Every
figure is read off what the programs of this run said of themselves, but for those of fuzzing,
which are the sums of all recorded campaigns; the table says so. --full tries every mutant.
How it may be wrong: a test that counts what it did not try; each is responsible for its own count.
"""
import argparse
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import fuzz  # noqa: E402

PAGE = "spec/SOUNDNESS.md"
BEGIN, END = "<!-- attack: written by ./dev attack --write -->\n", "<!-- attack: end -->\n"
COUNT = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)
# What is attacked, the test, and a word for what it counts.
TESTS = (
    ("one change of a certificate or kernel, hashes made right", "tests/mutation/mutate_test.py",
     "mutants"),
    ("certificates forged by hand", "tests/audit/forged_test.py", "certificates"),
    ("one forged certificate for each check", "tests/audit/guards_test.py", "certificates"),
    ("forged claims `ratio`", "tests/audit/ratio_test.py", "certificates"),
    ("certificates read by both checkers", "tests/audit/agree_test.py", "certificates"),
    ("twins for the second checker", "tests/second/second_test.py", "twins"),
    ("texts of kernels", "tests/audit/kernel_text_test.py", "texts"),
    ("mistakes that attention kernels are known for", "tests/defects/defects_test.py", "mistakes"),
    ("checks taken out of the audit", "tests/mutation/checker_test.py", "checks"),
    ("resource bombs", "tests/audit/bombs_test.py", "bombs"),
)
# Tests of which a usual run is a sample, and what else of their output belongs in the table.
SAMPLED = ("tests/mutation/mutate_test.py", "tests/mutation/checker_test.py",
           "tests/audit/kernel_text_test.py")
NOTES = {"tests/mutation/checker_test.py": (r"listed survivors: (\d+)", "%s of them listed"),
         "tests/audit/bombs_test.py": (r"most: (.*?) s \(.*?\), (.*?) MB", "at most %s s, %s MB")}


def number(value):
    return "{:,}".format(value)


def run_test(options, what, script, unit):
    """A row of the table, and whether the test passed; None if there is no such test."""
    if not os.path.exists(os.path.join(options.root, script)):
        return None
    environment = dict(os.environ)
    if options.full:
        environment["MINIMOA_MUTATION_FULL"] = "1"
    full = environment.get("MINIMOA_MUTATION_FULL") == "1"
    done = subprocess.run([sys.executable, "-B", os.path.join(options.root, script), "--root",
                           options.root, "--build", options.build], env=environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    counts = COUNT.findall(done.stdout)
    passed, failed = map(int, counts[-1]) if counts else (0, 1)
    if done.returncode != 0 or failed:
        print(done.stdout[-4000:])
        failed = max(failed, 1)
    sample = " (a sample)" if script in SAMPLED and not full else ""
    result = "all as they must" if failed == 0 else "**%d not**" % failed
    if script in NOTES:
        found = re.findall(NOTES[script][0], done.stdout)
        if found:
            result += "; " + NOTES[script][1] % found[-1]
    row = "| %s | `%s` | %s %s%s | %s |" % (what, script, number(passed + failed), unit, sample,
                                            result)
    return row, failed == 0


def tests(options):
    rows, good = [], True
    for what, script, unit in TESTS:
        if not re.search(options.only, script):
            continue
        made = run_test(options, what, script, unit)
        if made is not None:
            rows.append(made[0])
            good = good and made[1]
            print(made[0], flush=True)
    return rows, good


def fuzzers(options):
    """Runs them, records, and gives the rows of all recorded campaigns."""
    good = True
    for reader, limit in fuzz.readers(options.root).items():
        if options.seconds == 0 or not re.search(options.only, "fuzz_" + reader):
            continue
        found = fuzz.Fuzzer(options.root, options.build, reader, limit).run(options.seconds)
        good = good and found["crashes"] == 0
        print("fuzz %s: %s executions in %d s, %d crashes" % (
            reader, number(found["executions"]), found["seconds"], found["crashes"]), flush=True)
        if options.write:
            fuzz.record(options.root, reader, found)
    rows, total = [], {"executions": 0, "seconds": 0, "crashes": 0}
    for reader, figures in sorted(fuzz.load_figures(options.root).items()):
        for key in total:
            total[key] += figures[key]
        rows.append("| `%s` | %s | %d min | %d |" % (reader, number(figures["executions"]),
                                                     figures["seconds"] // 60, figures["crashes"]))
    rows.append("| all | %s | %.1f h | %d |" % (number(total["executions"]),
                                                total["seconds"] / 3600, total["crashes"]))
    return rows, good


def table(test_rows, fuzz_rows):
    return "\n".join([
        "| attack | test | tried | result |", "|---|---|---|---|", *test_rows, "",
        "Fuzzing of every reader (libFuzzer, AddressSanitizer, UndefinedBehaviorSanitizer): the "
        "sums of all campaigns in `%s`, with the crashes that they found; each is fixed, and its "
        "input is kept." % fuzz.FIGURES, "",
        "| reader | executions | time | crashes found |", "|---|---|---|---|", *fuzz_rows, ""])


def write(root, text):
    path = os.path.join(root, PAGE)
    with open(path, encoding="utf-8") as file:
        page = file.read()
    begin, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    with open(path, "w", encoding="utf-8") as file:
        file.write(page[:begin] + "\n" + text + "\n" + page[end:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(HERE)))
    parser.add_argument("--build", help="default: ROOT/build")
    parser.add_argument("--seconds", type=int, default=60, help="for each fuzzer")
    parser.add_argument("--only", default="", help="tests and fuzz_READERs that match")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    options.root = os.path.abspath(options.root)
    options.build = os.path.abspath(options.build or os.path.join(options.root, "build"))
    if options.write and options.only:
        parser.error("--write is for a run of everything")
    test_rows, tests_good = tests(options)
    fuzz_rows, fuzz_good = fuzzers(options)
    text = table(test_rows, fuzz_rows)
    print(text)
    if options.write:
        write(options.root, text)
    return 0 if tests_good and fuzz_good else 1


if __name__ == "__main__":
    sys.exit(main())
