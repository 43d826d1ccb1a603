#!/usr/bin/env python3
"""Same inputs, same bytes: in any folder, locale and thread count.

`minimoa build` writes kernels, headers and certificates into two fresh roots
that differ in path, locale and -j; both must equal each other and what is
committed. A pointer order, a locale's number format or a path in the output
would show here.
"""
import os
import shutil
import tempfile

from common import Report, run

OUTPUTS = ("kernels", "certificates")
INPUTS = ("spec", "extract/schedules", "extract/instr", "extract/suite.txt")


def output_files(root):
    found = {}
    for folder in OUTPUTS:
        for where, _, names in os.walk(os.path.join(root, folder)):
            for name in names:
                path = os.path.join(where, name)
                relative = os.path.relpath(path, root)
                if "audit" in relative.split(os.sep) or name.startswith("."):
                    continue
                if name.endswith((".cpp", ".h", ".cert.json")) or name == "MANIFEST.json":
                    with open(path, "rb") as file:
                        found[relative] = file.read()
    return found


def locales():
    names = run(["locale", "-a"]).stdout.split()
    other = [n for n in names if n.lower() in ("de_de.utf8", "fr_fr.utf8")]
    other += [n for n in names if n.lower() == "c.utf8"]
    return "C", (other or ["C"])[0]


def build(report, root, locale, jobs):
    for folder in INPUTS:
        if os.path.isdir(report.path(folder)):
            shutil.copytree(report.path(folder), os.path.join(root, folder))
        else:
            shutil.copy(report.path(folder), os.path.join(root, folder))
    environment = dict(os.environ, LC_ALL=locale, LANG=locale, TZ="Asia/Tokyo")
    environment.pop("MINIMOA_ROOT", None)
    done = run([report.program("minimoa"), "build", "--root", root, "-j", str(jobs)], cwd=root,
               env=environment)
    report.check(done.returncode == 0, "minimoa build -j %d under %s: exit code %d\n%s" %
                 (jobs, locale, done.returncode, (done.stdout + done.stderr)[-2000:]))
    return output_files(root)


def main():
    report = Report(__doc__)
    plain, other = locales()
    with tempfile.TemporaryDirectory(prefix="a") as first, \
            tempfile.TemporaryDirectory(prefix="another folder ") as second:
        one = build(report, os.path.join(first, "r"), plain, 1)
        two = build(report, os.path.join(second, "a longer name"), other, 4)
    committed = output_files(report.root)
    report.check(bool(one), "minimoa build wrote nothing")
    for path in sorted(set(one) | set(two) | set(committed)):
        report.check(one.get(path) == two.get(path), path + " differs between two builds")
        report.check(one.get(path) == committed.get(path), path + " differs from the committed file")
    report.finish()


if __name__ == "__main__":
    main()
