#!/usr/bin/env python3
"""The examples of README and of the other pages show real output.

In a ```console block of README.md or docs, a line `$ COMMAND` is run with
build/bin in front of PATH at the repository root; the lines up to the next `$`
must be its output. A line `...` stands for any lines; `# exit code N` after the
output states a code other than 0. Blocks of another kind are not run.
--write puts the real output in place (not where `...` stands).
"""
import os
import re

from common import Report, run

BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
DOCUMENTS = ("README.md", "spec/NOTATION.md", "spec/SOUNDNESS.md", "CONTRIBUTING.md",
             "docs/data-movement.md")


def commands(block):
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    return found


def matches(expected, actual):
    """Whether actual lines are the expected ones, `...` standing for any lines."""
    pattern = ""
    for line in expected:
        pattern += r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line.rstrip()) + r"\n"
    text = "".join(line.rstrip() + "\n" for line in actual)
    return re.fullmatch(pattern, text) is not None


def rewritten(block, command, actual, code):
    """The block with the output of one command replaced."""
    lines, out, inside = block.splitlines(), [], False
    for line in lines:
        if line.startswith("$ "):
            inside = line == "$ " + command
            out.append(line)
            if inside:
                out += actual + (["# exit code %d" % code] if code else [])
        elif not inside:
            out.append(line)
    return "\n".join(out) + "\n"


def main():
    report = Report(__doc__, write={"action": "store_true", "help": "write the real output"})
    path = os.path.join(report.build, "bin") + os.pathsep + os.environ.get("PATH", "")
    environment = dict(os.environ, PATH=path, LC_ALL="C.UTF-8", MINIMOA_ROOT=report.root)
    count = 0
    for document in DOCUMENTS:
        for block in BLOCK.findall(report.read(document)):
            for command, expected in commands(block):
                count += 1
                code = 0
                while expected and not expected[-1].strip():
                    expected.pop()
                if expected and expected[-1].startswith("# exit code "):
                    code = int(expected.pop().split()[-1])
                done = run(["bash", "-c", command], cwd=report.root, env=environment)
                actual = (done.stdout + done.stderr).splitlines()
                if report.options.write and "..." not in expected:
                    text = report.read(document)
                    at = text.index(block)
                    block_now = rewritten(block, command, actual, done.returncode)
                    text = text[:at] + block_now + text[at + len(block):]
                    with open(report.path(document), "w", encoding="utf-8") as file:
                        file.write(text)
                    block, expected, code = block_now, actual, done.returncode
                report.check(done.returncode == code and matches(expected, actual),
                             "%s: `%s` gave exit code %d and\n%s" %
                             (document, command, done.returncode, "\n".join(actual)))
    report.check(count > 0, "README.md runs no command")
    report.finish()


if __name__ == "__main__":
    main()
