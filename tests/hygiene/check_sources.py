#!/usr/bin/env python3
"""Every C++ source stands in exactly one list of the build, and every listed one exists.

Without this a new test file that nobody added to a list would never run.
"""
import re

from common import Report

ELSEWHERE = {  # sources that CMakeLists.txt names itself, or that are no part of the build
    "certificates/audit/main.cpp": "CMakeLists.txt",
    "tests/main.cpp": "cmake/Tests.cmake",
}


def main():
    report = Report(__doc__)
    text = re.sub(r"#.*", "", report.read("cmake/Sources.cmake"))
    listed = re.findall(r"[\w./-]+\.(?:cpp|py)\b", text)
    for path in sorted(set(listed)):
        report.check(listed.count(path) == 1, "%s stands %d times in cmake/Sources.cmake" %
                     (path, listed.count(path)))
    sources = set(report.files(("spec", "prover", "extract", "certificates", "tests"), (".cpp",)))
    sources = {path for path in sources if not path.startswith("tests/package/")}
    sources |= {p for p in report.files(("tests/hygiene",), (".py",)) if "/check_" in p}
    for path in sorted(sources):
        if path in ELSEWHERE:
            report.check(path in report.read(ELSEWHERE[path]), "%s does not name %s" %
                         (ELSEWHERE[path], path))
        else:
            report.check(path in listed, "%s stands in no list of cmake/Sources.cmake" % path)
    for path in sorted(set(listed) - sources):
        report.check(False, "cmake/Sources.cmake lists %s, which does not exist" % path)
    kernels = re.search(r"set\(MINIMOA_KERNELS([^)]*)\)", text)
    names = set(kernels.group(1).split()) if kernels else set()
    there = {p.split("/")[-1][:-4] for p in report.files(("kernels/cpu",), (".cpp",))}
    report.check(names == there, "MINIMOA_KERNELS and kernels/cpu differ in: " +
                 ", ".join(sorted(names ^ there)))
    report.finish()


if __name__ == "__main__":
    main()
