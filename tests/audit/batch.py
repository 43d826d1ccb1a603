"""Many small certificates for one run of minimoa-audit.

Idea: a case is a certificate that is right but for one point, with the claim and the code that must
refuse it. Batch writes each to a file of its own; guards_test.py, traffic_cases.py and agree_test.py
add the cases. How it may be wrong: a case that is refused for another reason; tests/mutation shows
which check refuses which.
"""
import copy
import json
import os

import forged_test
from forged_test import Bench, sha

BODY = "// ---- body ----\n"


class Batch(Bench):
    """Writes every case to files of its own; one run of the auditor reads them all."""

    def __init__(self, auditor, root):
        super().__init__(auditor, root)
        # name, expected: None for VALID, "=claim" for this claim VALID, else "claim [code]"
        self.cases = []

    def path(self, path):
        return os.path.join(self.dir, path)

    def audit(self, cert, body):  # of forged_test: expect() is not used
        self.record("forged", "", cert, body)
        return 1, ""

    def expect(self, name, why, cert, body):
        self.record(name, why, cert, body)

    def record(self, name, expected, cert, body, text=None, header=None, file=None):
        """text, header, file: changes of the certificate's text, the kernel's header, its file."""
        number = len(self.cases)
        self.cases.append((name, expected))
        cert = copy.deepcopy(cert)
        if isinstance(cert.get("kernel"), dict) and cert["kernel"].get("path", "").startswith(
                "kernels/cpu/"):
            if not cert["kernel"]["path"].endswith("/none.cpp"):
                cert["kernel"]["path"] = "kernels/cpu/k%d.cpp" % number
            if "body_sha256" in cert["kernel"] and cert["kernel"]["body_sha256"] != "0" * 64:
                cert["kernel"]["body_sha256"] = sha(body)
        spec = cert.get("spec")
        if isinstance(spec, dict) and spec.get("path") == "spec/forged.moa":
            os.replace(self.path("spec/forged.moa"), self.path("spec/s%d.moa" % number))
            cert["spec"]["path"] = "spec/s%d.moa" % number
        written = json.dumps(cert, indent=1)
        written = text(written) if text else written
        head = "// certificate x sha256 " + sha(written) + "\n"
        kernel = (header(head) if header else head) + BODY + body
        self.write("certificates/c%d.cert.json" % number, written)
        self.write("kernels/cpu/k%d.cpp" % number, file(kernel) if file else kernel)

    def write(self, path, text):
        mode = "wb" if isinstance(text, bytes) else "w"
        with open(self.path(path), mode) as out:
            out.write(text)

    def paths(self):
        return [self.path("certificates/c%d.cert.json" % k) for k in range(len(self.cases))]


# ---- frames: everything right but for one argument ----
HEAD = ("spec x\ndims N, M\nin V : f32[N], B : f32[N,M], T : i32[N] in 0 .. N, S : f32\n"
        "out O : f32[N]\n")
NAMES = ["V", "B", "T", "S"]
# Replaces anything by anything, so that a final term can be written down as it is.
ANY = """(rule any (phase p) (class structural) (doc "") (cite "") (vars (stmt ?P ?Q))
  (lhs ?P) (rhs ?Q) (applies) (differs))
(rule both (phase p) (class structural) (doc "") (cite "") (vars (value ?A ?B) (bool ?g))
  (lhs ?A) (rhs (if ?g ?A ?B)) (applies) (differs))
"""


def rule(variables, lhs, rhs, where=""):
    return ('(rule r (phase p) (class structural) (doc "") (cite "") (vars %s) %s (lhs %s) '
            "(rhs %s) (applies) (differs))" % (variables, where, lhs, rhs))


def certificate(b, spec, steps=(), rules=None):
    b.write("spec/forged.moa", spec)
    files = b.first_rules
    if rules is not None:
        path = "spec/rules/r%d.rules" % len(b.cases)
        b.write(path, rules)
        files = [{"path": path, "sha256": sha(rules)}]
    text = spec if isinstance(spec, bytes) else spec.encode()
    return {"format": "minimoa.cert/1",
            "spec": {"path": "spec/forged.moa", "sha256": sha(text)},
            "rules": copy.deepcopy(files),
            "schedule": {"name": "hand", "text": "", "sha256": sha("")},
            "kernel": {"path": "kernels/cpu/x.cpp", "body_sha256": "", "target": "portable",
                       "flags": "-std=c++17 -O2"},
            "witness": {"N": "1", "M": "1"}, "divisors": [], "spec_proofs": [],
            "stages": {"dnf": 0, "onf": 0}, "steps": copy.deepcopy(list(steps)), "safe": [],
            "cover": [["i", "o0"]], "workspace": "0",
            "costs": {"footprint": ["1"], "nests": [], "traffic": []},
            "theorems": [], "product": {}, "ratios": [], "attention": {}, "producer": {},
            "instructions": {}, "place": {}}


def good(b):
    """The control of forged_test: O = A, valid."""
    f = forged_test
    cert = certificate(b, f.SPEC, f.START + [f.GAMMA(f.E)])
    cert.update(witness={"N": "1"}, spec_proofs=[],
                safe=copy.deepcopy(f.PUT + f.PUT + f.TAIL))
    body = f.frame("minimoa_x_hand", ["N"], f.ARRAYS,
                   f.LOOP + " a.O[(i_0 * a.O_s[0])] = a.A[(i_0 * a.A_s[0])]; }")
    return cert, body


def edited(b, name, expected, change=lambda cert: None, kernel=lambda body: body, **more):
    cert, body = good(b)
    change(cert)
    b.record(name, expected, cert, kernel(body), **more)


def put(*path):
    """put(.., key, value): the change that stores the value there."""
    def change(cert):
        for key in path[:-2]:
            cert = cert[key]
        cert[path[-2]] = path[-1]
    return change
