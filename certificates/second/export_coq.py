#!/usr/bin/env python3
"""Writes a certificate as one Coq file: what `minimoa export-coq` runs.

usage: export_coq.py [--root ROOT] CERT.json FILE.v
Idea: the second checker reads the certificate, regenerates every obligation and replays every step;
what it would believe is written down instead, for coqc: the derivation (coq_derivation.py) as the
theorem `derived : first <~ last`, and the arithmetic of all claims (coq_export.py) as the theorem
`Arithmetic.holds`. coqc needs spec/coq compiled (./dev coq); `Print Assumptions derived.` at its end shows what is assumed.
How it may be wrong: as its two parts. A certificate that the second checker refuses, or with holes, is
not written; nor is FILE.v unless it is whole.
Exit codes: 0 written, 1 the certificate is refused or cannot be written down, 2 usage or unreadable.
"""
import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.setrecursionlimit(20000)

import coq_derivation  # noqa: E402
import coq_export  # noqa: E402
from certificate import Audit  # noqa: E402
from refusal import Refused  # noqa: E402
from second_audit import pointered  # noqa: E402


def arithmetic(data, certificate, entries):
    """The obligations and proofs of all claims, in a module of their own."""
    text = coq_export.export({"certificate_sha256": hashlib.sha256(data).hexdigest(),
                              "obligations": pointered(entries)}, certificate)
    body = text.split("Local Open Scope Z_scope.\n", 1)[1]
    return "Require Bridge.\nModule Arithmetic.\nImport Bridge.\n%sEnd Arithmetic.\n" % body


def export(root, data):
    audit = Audit(root)
    verdict = audit.run(data)
    if verdict != "VALID":
        raise Refused(audit.line(verdict))
    return "%s\n%s" % (coq_derivation.export(root, data),
                       arithmetic(data, json.loads(data), audit.ledger.entries))


def write(path, text):
    """The whole file or none."""
    part = path + ".part"
    with open(part, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    os.replace(part, path)


def main(argv):
    args, root = argv[1:], os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    if len(args) == 4 and args[0] == "--root":
        root, args = args[1], args[2:]
    if len(args) != 2 or args[0].startswith("-"):
        print("usage: export_coq.py [--root ROOT] CERT.json FILE.v", file=sys.stderr)
        return 2
    try:
        with open(args[0], "rb") as file:
            text = export(root, file.read())
        write(args[1], text)
    except (coq_derivation.Unsupported, Refused, ValueError) as error:
        print("export_coq.py: %s: %s" % (args[0], error), file=sys.stderr)
        return 1
    except OSError as error:
        print("export_coq.py: %s" % error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
