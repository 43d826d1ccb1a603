#!/usr/bin/env python3
"""Text files are UTF-8 with fixed line ends and name no folder of one machine.

Code is ASCII but for comments and strings that show the notation; kernels and
certificates are ASCII throughout. CMake lists hold no glob and fetch nothing.
"""
import re

from common import TEXT_ENDINGS, Report

MACHINE = re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+|tmp/bash_jobs)/")
HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
FORBIDDEN_CMAKE = re.compile(
    r"\b(file\(GLOB|FetchContent|ExternalProject|file\(DOWNLOAD|include_directories|"
    r"add_definitions|link_libraries)\b")
CODE = (".cpp", ".h", ".py", ".cmake", ".sh")


def beyond_ascii_in_code(path, text):
    """Line numbers with a character beyond ASCII outside comments and strings."""
    mark = "//" if path.endswith((".cpp", ".h")) else "#"
    bad = []
    if path.endswith(".py"):
        text = re.sub(r'"""(.|\n)*?"""', lambda m: "\n" * m.group().count("\n"), text)
    for number, line in enumerate(text.splitlines(), 1):
        bare = re.sub(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])*\'', "", line).split(mark)[0]
        if not bare.isascii() and 'R"' not in text:
            bad.append(number)
    return bad


def main():
    report = Report(__doc__)
    extras = {"dev", ".ci/run", "CMakeLists.txt"}
    paths = set(report.files(None, TEXT_ENDINGS)) | extras
    for path in sorted(paths):
        with open(report.path(path), "rb") as file:
            raw = file.read()
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            # Inputs that are meant to be broken live here and nowhere else.
            report.check(path.startswith("tests/diagnostics/"), path + " is not UTF-8")
            continue
        problems = []
        if path.startswith("tests/diagnostics/") and not path.endswith(CODE):
            continue
        if path == "tests/hygiene/check_paths.py":
            continue
        if b"\r" in raw:
            problems.append("carriage returns")
        if MACHINE.search(text):
            problems.append("a folder of one machine: " + MACHINE.search(text).group())
        if HIDDEN.search(text):
            problems.append("an invisible character")
        if path.startswith(("kernels/", "certificates/")) and not path.endswith(".md"):
            if not path.startswith("certificates/audit/") and not raw.isascii():
                problems.append("not ASCII")
        if path.endswith(CODE) or path in extras:
            bad = beyond_ascii_in_code(path, text)
            if bad:
                problems.append("characters beyond ASCII in code, line %d" % bad[0])
        if path.endswith(".cmake") or path == "CMakeLists.txt":
            found = FORBIDDEN_CMAKE.search(re.sub(r"#.*", "", text))
            if found:
                problems.append("forbidden command " + found.group())
        report.check(not problems, "%s: %s" % (path, "; ".join(problems)))
    report.finish()


if __name__ == "__main__":
    main()
