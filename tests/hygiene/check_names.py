#!/usr/bin/env python3
"""No two types of namespace minimoa share a name.

Two definitions of one name in different files compile and link, and then the
linker keeps one of the two destructors: memory is corrupted at run time. The
audit is not looked at: it is never linked with the rest.
"""
import re

from common import Report

OPEN = re.compile(r"^\s*namespace\s*([\w:]*)\s*\{")
CLOSE = re.compile(r"^\}\s*//\s*(?:anonymous )?namespace")
TYPE = re.compile(r"^(?:struct|class|enum class|enum)\s+(\w+)(?!\w|::)[^;=]*\{")


def types(text):
    """Qualified names of the types defined at namespace level with external linkage."""
    spaces = []
    for line in text.splitlines():
        opened = OPEN.match(line)
        if opened and "}" not in line:
            spaces.append(opened.group(1))
        elif CLOSE.match(line) and spaces:
            spaces.pop()
        else:
            found = TYPE.match(line)
            if found and "" not in spaces:
                yield "::".join(spaces + [found.group(1)])


def main():
    report = Report(__doc__)
    defined = {}
    for path in report.files(("spec/lang", "prover", "extract"), (".h", ".cpp")):
        for name in types(report.read(path)):
            defined.setdefault(name, []).append(path)
    for name, paths in sorted(defined.items()):
        report.check(len(paths) == 1, "%s is defined in %s" % (name, " and ".join(paths)))
    report.finish()


if __name__ == "__main__":
    main()
