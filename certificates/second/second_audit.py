#!/usr/bin/env python3
"""A second checker of certificates, written from FORMAT.md and LANGUAGE.md alone.

usage: second_audit.py [--root ROOT] [--obligations FILE] CERT...

Idea: for each certificate the claims of FORMAT.md, section 10, are checked one
after the other and one line is printed. The kernel's text (section 8) is not
checked: nothing here says that the C++ file is what the certificate describes.
How it may be wrong: a claim that is printed without its check having run; each
claim is therefore entered where its check returns.
Exit codes: 0 valid, 1 invalid, 2 usage or unreadable, 3 holey.
"""
import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.setrecursionlimit(20000)

from certificate import Audit  # noqa: E402
from refusal import Unreadable  # noqa: E402

CODES = {"VALID": 0, "INVALID": 1, "HOLEY": 3}


def usage(message):
    print("second_audit.py: " + message, file=sys.stderr)
    print("usage: second_audit.py [--root ROOT] [--obligations FILE] CERT...", file=sys.stderr)
    return 2


def arguments(argv):
    """(root, obligations file or None, certificates) or a message."""
    here = os.path.dirname(os.path.abspath(__file__))
    root, target, certificates = os.path.dirname(os.path.dirname(here)), None, []
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        if word in ("--root", "--obligations"):
            if not rest:
                return word + " needs a value"
            if word == "--root":
                root = rest.pop(0)
            else:
                target = rest.pop(0)
        elif word.startswith("-"):
            return "unknown option " + word
        else:
            certificates.append(word)
    if not certificates:
        return "no certificate"
    if target is not None and len(certificates) != 1:
        return "--obligations takes one certificate"
    return root, target, certificates


def pointered(entries):
    """The obligations as deterministic JSON values."""
    return [{"at": pointer, "hyps": [shown(p) for p in obligation.hyps],
             "goal": shown(obligation.goal)} for pointer, obligation in entries]


def shown(polynomial):
    """POLY of FORMAT.md, section 6: constant first, then by atoms and exponents."""
    return [[str(polynomial[mono]), [list(power) for power in mono]]
            for mono in sorted(polynomial)]


def write_obligations(target, data, entries):
    document = {"format": "minimoa.obligations/1",
                "certificate_sha256": hashlib.sha256(data).hexdigest(),
                "obligations": pointered(entries)}
    with open(target, "w", encoding="ascii", newline="\n") as file:
        json.dump(document, file, separators=(",", ":"))
        file.write("\n")


def main(argv):
    parsed = arguments(argv)
    if isinstance(parsed, str):
        return usage(parsed)
    root, target, certificates = parsed
    codes = []
    for path in certificates:
        try:
            with open(path, "rb") as file:
                data = file.read()
            audit = Audit(root)
            verdict = audit.run(data)
            if target is not None:
                write_obligations(target, data, audit.ledger.entries)
        except (OSError, Unreadable) as error:
            print("%s: unreadable: %s" % (path, error), file=sys.stderr)
            codes.append(2)
            continue
        print("%s: %s" % (path, audit.line(verdict)), flush=True)
        codes.append(CODES[verdict])
    for code in (2, 1, 3):
        if code in codes:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
