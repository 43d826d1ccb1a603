#!/usr/bin/env python3
"""Writes the arithmetic of a certificate as a Coq file.

usage: coq_export.py OBLIGATIONS.json CERT.json FILE.v
Idea: OBLIGATIONS.json (second_audit.py --obligations) says what is to be proved and where the proof
lies in the certificate. Statements and proofs become data of spec/coq/Bridge.v; one evaluation of
`check` on all of them, and Bridge.check_sound, give the theorem: for all values of the atoms, each
goal holds where its hypotheses do. Only numbers go into the file, no text of the certificate.
How it may be wrong: like the obligations it is given. What is exported is the arithmetic, not the
derivation: Rules.v and its proofs are about the steps.
"""
import json
import sys


def integer(text):
    return "(%d)" % int(text) if text.startswith("-") else "%d" % int(text)


def poly(p):
    """A list of (coefficient, [(atom, exponent)]); atoms are counted from 1."""
    return "[%s]" % "; ".join("(%s, [%s])" % (
        integer(c), "; ".join("(%d, %d)%%positive" % (atom + 1, e) for atom, e in factors))
        for c, factors in p)


def step(s):
    if s[0] == "mul":
        return "Mul %d %d" % (s[1], s[2])
    if s[0] == "sq":
        return "Sq %s" % poly(s[1])
    if s[0] == "lin":
        return "Lin %s [%s]" % (integer(s[1]), "; ".join("(%s, %d%%nat)" % (integer(c), k) for c, k in s[2]))
    if s[0] == "cut":
        return "Cut %d" % s[1]
    raise ValueError("a step that Bridge.v does not know: %s" % s[0])


def proof(steps):
    if steps and steps[-1][0] == "split":
        _, e, yes, no = steps[-1]
        return "(Split [%s] %s %s %s)" % ("; ".join(map(step, steps[:-1])), poly(e), proof(yes), proof(no))
    return "(Contradiction [%s])" % "; ".join(map(step, steps))


def found(certificate, pointer):
    value = certificate
    for part in pointer.split("/")[1:]:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


class Shared:
    """Polynomials by name: most hypotheses stand in most obligations."""
    def __init__(self):
        self.names, self.lines = {}, []

    def name(self, p):
        text = poly(p)
        if text not in self.names:
            self.names[text] = "p%d" % len(self.names)
            self.lines.append("Definition %s : poly := %s." % (self.names[text], text))
        return self.names[text]


def export(obligations, certificate):
    lines = ["(* The arithmetic of a certificate: sha256 %s.\n   Written by coq_export.py. *)"
             % obligations["certificate_sha256"],
             "From Coq Require Import ZArith List.", "Require Import Bridge.", "Import ListNotations.",
             "Local Open Scope Z_scope.", ""]
    entries, shared = obligations["obligations"], Shared()
    stated = ["  (* %s *) ([%s], %s)" % (o["at"], "; ".join(shared.name(h) for h in o["hyps"]),
                                        shared.name(o["goal"])) for o in entries]
    lines += shared.lines + ["Definition obligations : list (list poly * poly) := [", ";\n".join(stated), "]."]
    for number, o in enumerate(entries):
        lines.append("Definition proof%d : proof := %s." % (number, proof(found(certificate, o["at"]))))
    lines += ["Definition proofs : list proof := [%s]." % "; ".join("proof%d" % k for k in range(len(entries))), "",
              "Lemma checked : checks obligations proofs = true.",
              "Proof. vm_compute. reflexivity. Qed.",
              "Theorem holds : forall hyps goal, In (hyps, goal) obligations ->",
              "  forall env, (forall h, In h hyps -> 0 <= value env h) -> 0 <= value env goal.",
              "Proof. exact (checks_sound obligations proofs checked). Qed.", ""]
    return "\n".join(lines)


def main(argv):
    if len(argv) != 4:
        print(__doc__.split("\n\n")[1].split("\n")[0], file=sys.stderr)
        return 2
    with open(argv[1], encoding="utf-8") as file:
        obligations = json.load(file)
    with open(argv[2], encoding="utf-8") as file:
        certificate = json.load(file)
    with open(argv[3], "w", encoding="utf-8") as file:
        file.write(export(obligations, certificate))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
