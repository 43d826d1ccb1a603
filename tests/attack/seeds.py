"""First inputs and dictionaries for the fuzzers of tests/fuzz, made from files of the repository.

Idea: nothing that the repository holds anyway is kept a second time as a corpus; a reader's seeds
are the real files of its kind, whole and in parts, and what the audit tests write by hand. A
dictionary is the words that occur in a reader's seeds and the operators of FORMAT.md's table.
How it may be wrong: a seed that its harness does not understand costs time and finds nothing; what
libFuzzer says of the coverage of the seeds alone (`INITED cov:`) shows that.
"""
import copy
import glob
import hashlib
import json
import os
import re
import shutil
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "audit"))
import batch  # noqa: E402
import guards_test  # noqa: E402

LARGEST = 32768  # what audit_certificate_fuzz.cpp reads
WORDS = 400


def files(root, *patterns):
    for pattern in patterns:
        for path in sorted(glob.glob(os.path.join(root, pattern))):
            with open(path, "rb") as file:
                yield file.read()


def forms(text):
    """The text of each bracketed form at the start of a line."""
    return [part for part in re.split(rb"\n(?=\()", text) if part.strip()]


# ---- certificates ----
def hashed(cert):
    """The certificate with "=" for every hash that the harness can fill in."""
    cert = copy.deepcopy(cert)
    for part in [cert.get("spec"), cert.get("kernel"), cert.get("schedule")] + (
            [f for name in ("rules", "theorems") for f in cert.get(name, [])]
            if all(isinstance(cert.get(name), list) for name in ("rules", "theorems")) else []):
        if isinstance(part, dict):
            for key in ("sha256", "body_sha256"):
                if key in part and part[key] != "0" * 64:
                    part[key] = "="
    if isinstance(cert.get("spec"), dict) and "/forged" in cert["spec"].get("path", ""):
        cert["spec"]["path"] = "spec/x.moa"
    if isinstance(cert.get("kernel"), dict):
        cert["kernel"]["path"] = "kernels/x.cpp"
    if isinstance(cert.get("rules"), list):
        cert["rules"] = [{"path": "spec/rules/x.rules", "sha256": "="}]
    return cert


def used(cert, rows):
    """The committed rows that the steps use: reading all of them takes most of an audit's time."""
    steps = cert.get("steps")
    names = {step.get("rule") for step in steps if isinstance(step, dict)} if isinstance(
        steps, list) else set()
    return "\n".join(rows[name] for name in sorted(str(n) for n in names) if name in rows)


def rows_of(root):
    """Rule name -> its row, of all committed rules."""
    texts = [form.decode() for text in files(root, "spec/rules/*.rules") for form in forms(text)]
    return {form.split()[1]: form for form in texts if form.startswith("(rule ")}


def bundle(cert, spec="", rules="", kernel=""):
    out = {"certificate": hashed(cert), "spec": spec, "rules": rules, "theorems": "",
           "kernel": kernel}
    text = json.dumps(out, separators=(",", ":"))
    if len(text) > LARGEST:
        text = json.dumps(dict(out, kernel=""), separators=(",", ":"))
    return text.encode() if len(text) <= LARGEST else None


class Captured(batch.Batch):
    """Keeps what a test would write, as bundles."""

    def __init__(self, root):
        super().__init__("", root)
        self.bundles, self.rows = [], rows_of(root)

    def path(self, path):
        return os.path.join(self.dir, path)

    def read(self, path):
        with open(self.path(path), encoding="utf-8", errors="replace") as file:
            return file.read()

    def record(self, name, expected, cert, body, text=None, header=None, file=None):
        rules = used(cert, self.rows)
        for one in cert.get("rules", []) if isinstance(cert.get("rules"), list) else []:
            if isinstance(one, dict) and re.search(r"/r\d+\.rules$", one.get("path", "")):
                rules = self.read(one["path"])
        spec = ""
        if os.path.exists(self.path("spec/forged.moa")):
            spec = self.read("spec/forged.moa")
        self.cases.append((name, expected))
        self.bundles.append(bundle(cert, spec, rules, body))


def captured(root):
    found = Captured(root)
    try:
        guards_test.all_cases(found)
    finally:
        shutil.rmtree(found.dir)
    return found.bundles


def certificates(root):
    rows = rows_of(root)
    for text in files(root, "certificates/*.cert.json"):
        cert = json.loads(text)
        with open(os.path.join(root, cert["kernel"]["path"]), encoding="utf-8") as file:
            body = file.read().split("// ---- body ----\n", 1)[1]
        yield bundle(cert, rules=used(cert, rows), kernel=body)
    yield from captured(root)


# ---- the other readers ----
LINE = "// certificate x sha256 " + "0" * 64 + "\n"
KERNELS = [LINE + batch.BODY + "@", LINE + "\n// a\n" + batch.BODY + "@// b\n", batch.BODY + "@@",
           LINE + batch.BODY + "#include <cmath>\nfloat x;", "@", LINE + LINE + batch.BODY,
           LINE + batch.BODY + "/**/ \"x\" 'c' ?? \\ # 1e+5 .5f\n", "int x;\n" + batch.BODY]
LIN, ONE, X = ["lin", "0", []], [["1", []]], [["1", [[0, 1]]]]
PROOFS = [[[], [], []], [[["lin", "0", [["1", 1], ["1", 3]]]]] * 3,
          [[["mul", 0, 0], ["lin", "0", [["1", 4], ["1", 3]]]], {"hole": "no-witness"}, []],
          [[["split", X, [LIN], [LIN]]], [["cut", 0]], [["floordiv", X, ONE, 1]]],
          [[], [["use", 0, [X, X], [0, 1, 2]]], [["sq", [["2", [[0, 2], [1, 1]]], ["-1", []]]]]]]


def arrays():
    def npy(descr, fortran, shape, data, version=(1, 0)):
        head = ("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }" % (descr, fortran, shape))
        head = head.encode() + b" " * (63 - (len(head) + 10) % 64) + b"\n"
        size = struct.pack("<H" if version[0] == 1 else "<I", len(head))
        return b"\x93NUMPY" + bytes(version) + size + head + data
    for descr, width in (("<f4", 4), ("<i4", 4), ("<i8", 8), ("<f8", 8), ("|u1", 1), (">f4", 4)):
        yield npy(descr, False, "(2, 3)", bytes(6 * width))
    yield npy("<f4", True, "(2, 3)", bytes(24))
    yield npy("<f4", False, "()", bytes(4))
    yield npy("<f4", False, "(0,)", b"")
    yield npy("<f4", False, "(5,)", struct.pack("<5f", 1, -2, 0.5, float("inf"), float("nan")))
    yield npy("<f4", False, "(2,)", bytes(8), (2, 0))
    yield npy("<f4", False, "(2,)", bytes(8), (3, 0))
    yield npy("<f4", False, "(4294967296, 4294967296)", b"")


def terms(root):
    for line in guards_test.ELEMENTS.strip().splitlines():
        text = line.split("|")[0]
        yield text.encode()
        yield ("(for (i N) (put (vec i) %s))" % text).encode()
    for text, _ in guards_test.FINALS.values():
        yield text.encode()
    for text in files(root, "spec/rules/*.rules"):
        for side in re.findall(rb"\((?:lhs|rhs) (.*)\)", text):
            yield side.replace(b"?", b"")


def rules(root):
    for text in files(root, "spec/rules/*.rules"):
        yield from forms(text)
    yield batch.ANY.encode()


def theorems(root):
    for text in files(root, "spec/bounds/*.thm", "spec/bounds/wider/*.thm"):
        yield text
        yield from forms(text)


def specs(root):
    return files(root, "spec/attention/*.moa", "spec/examples/*.moa", "tests/diagnostics/*.moa",
                 "tests/diagnostics/check/*.moa")


SEEDS = {"audit_certificate": certificates,
         "audit_kernel": lambda root: (text.encode() for text in KERNELS),
         "audit_proof": lambda root: (json.dumps(p, separators=(",", ":")).encode()
                                      for p in PROOFS + [[p, [], []] for p, _ in
                                                         guards_test.PROOFS.values()]),
         "audit_rules": rules, "audit_spec": specs, "audit_term": terms,
         "audit_theorems": theorems, "spec": specs, "rules": rules,
         "sexpr": lambda root: (text for made in (rules(root), terms(root)) for text in made),
         "machine": lambda root: files(root, "spec/machines/*.toml"),
         "schedule": lambda root: files(root, "extract/schedules/*.sched"),
         "theorem": theorems, "npy": lambda root: arrays()}
# Readers of s-expressions also get the words of FORMAT.md's table, as the audit spells them.
TABLED = ("audit_certificate", "audit_rules", "audit_term", "rules", "sexpr")


def table_words(root):
    with open(os.path.join(root, "certificates/audit/term.h"), encoding="utf-8") as file:
        return [w.encode() for w in re.findall(r'X\(k\w+, "([^"]+)"', file.read())]


def write(root, reader, folder):
    """Writes the seeds of a reader into the folder, and its dictionary beside it; returns that."""
    os.makedirs(folder, exist_ok=True)
    count = {}
    for text in SEEDS[reader](root):
        if text is None or len(text) > LARGEST:
            continue
        with open(os.path.join(folder, hashlib.sha256(text).hexdigest()[:16]), "wb") as file:
            file.write(text)
        for word in set(re.findall(rb"[A-Za-z_][\w-]*|[^\w\s]{1,3}|\d+", text)):
            count[word] = count.get(word, 0) + 1
    words = sorted(count, key=lambda w: (-count[w], w))[:WORDS]
    if reader in TABLED:
        words += [w for w in table_words(root) if w not in words]
    path = folder + ".dict"
    with open(path, "w", encoding="ascii") as file:
        for word in words:
            file.write('"%s"\n' % "".join("\\x%02x" % byte for byte in word))
    return path
