#!/usr/bin/env python3
"""Attacks on the text of real kernels: the audit refuses each, and accepts what has no meaning.

usage: kernel_text_test.py --root ROOT --build BUILD [--full] [--compile]
Each attack of kernel_attacks.py changes the body of a shipped kernel. The SHA-256 of the body and
that of the certificate are computed again, so that no hash is what stops it: of the claims exactly
`text` must be INVALID, with code `text`. Changes of white space and comments that FORMAT.md, section
8, permits must stay VALID, so that the comparison is not one of bytes. That the attacks are worth
something is shown in two ways: every comparer in SLOPPY (what one might write in an hour) accepts
some of them; and those in REAL are compiled with the certified flags and compute something else.
Without --full (or MINIMOA_MUTATION_FULL=1) every STRIDE-th attack is tried. --compile compiles every
attack, and says how many are C++ and how many of these compute something else.
Prints `N passed, N failed`.

How it may be wrong: the certificates are the shipped ones without costs and ratios, which saves
half of the time; the claim `text` does not look at these. A kernel's .h file is not part of an audit.
"""
import argparse
import copy
import ctypes
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata

from batch import BODY, Batch
from forged_test import sha
from guards_test import blocks
from kernel_attacks import C, D, GROUPS, INCLUDES

STRIDE = 6
LEAST = 120  # attacks of a sample
FLAGS = ["-std=c++17", "-O0"]  # certified: -O2; the meaning is the same, the time is not
# Compiled in every run: they are C++, and the kernel computes something else.
REAL = ["#define if(x) if (!(x))", "#define exp(x) exp2(x)", "backslash ends a comment",
        "raw string over lines", "accumulator hidden in its loop", "unqualified function",
        "(0LL) as ('0')", "acc_4 = acc_4 + ( as acc_4 =+ (", "x < y ? y : x as x < y ? x : y",
        "st_6_0 == 0.0f as st_6_0 = 0.0f", "extent as (a.S + (64LL - 1LL) / 64LL)"]


# ---- what has no meaning ----
def spread(body):
    """Each token of FORMAT 8 on a line of its own, with a comment behind it."""
    out = []
    for line in re.sub(r"//.*", "", body).splitlines():
        out += [line] if line.startswith("#") else [
            token + "\t// */ \"' /* ; }" for token in
            re.findall(r'[\w."]+|[(){}\[\];,]|[^\s\w."(){}\[\];,]+', line)]
    return "\n".join(out) + "\n"


def joined(body):
    """As few lines and blanks as the rules of section 8 allow."""
    code = re.sub(r"\s+", " ", "".join(re.sub(r"//.*", "", body).splitlines(True)[4:]))
    return "".join(INCLUDES) + re.sub(r" ?([(){}\[\];,]) ?", r"\1", code)


HARMLESS = {
    "unchanged": lambda body: body, "a token a line": spread, "one line": joined,
    "no comments": lambda body: re.sub(r"//.*", "", body),
    "comments longer": lambda body: re.sub(r"(//.*)", r'\1 "y" /* */ // return 0; }', body),
    "comment behind every line": lambda body: re.sub(r"(?m)^([^#\n]+)$", r"\1 // float x;", body),
    "comment in front": lambda body: "// x\n" + body,
    "tabs": lambda body: re.sub(r"(?m)^ +", "\t", body),
    "blank lines": lambda body: body.replace("\n", "\n \n\n"),
    "blanks at line ends": lambda body: body.replace("\n", " \t\n"),
    "blanks around the includes": lambda body: body.replace("#include", "  #include"),
    "no newline at the end": lambda body: body.rstrip(),
    "comment without newline": lambda body: body + "// end of file",
    "a second marker": lambda body: body + BODY,
    "pointer at its name": lambda body: body.replace("const float* K;", "const float *K;"),
}


# ---- attacks on the file around the body ----
def file_attacks(bodies):
    """(name, expected, header and body -> file)."""
    return {
        "byte order mark in front": lambda h, b: b"\xef\xbb\xbf" + h + BODY.encode() + b,
        "code in the header": lambda h, b: b"#define for if\n" + h + BODY.encode() + b,
        "code behind the certificate's line":
            lambda h, b: h + b"float x;\n" + BODY.encode() + b,
        "comment of C in the header": lambda h, b: b"/* x */\n" + h + BODY.encode() + b,
        "comment of C over the marker": lambda h, b: h + b"/*\n" + BODY.encode() + b"*/" + b,
        "backslash in front of the marker": lambda h, b: h + b"// x \\\n" + BODY.encode() + b,
        "??/ in front of the marker": lambda h, b: h + b"// x ??/\n" + BODY.encode() + b,
        "carriage return in the header": lambda h, b: h + b"// x\rint y;\n" + BODY.encode() + b,
        "code in front of the marker": lambda h, b: h + b"int y; " + BODY.encode() + b,
        "marker with a blank": lambda h, b: h + b"// ---- body ---- \n" + b,
        "marker ends in CR LF": lambda h, b: h + b"// ---- body ----\r\n" + b,
        "no marker": lambda h, b: h + b,
        "marker only": lambda h, b: BODY.encode(),
        "body in front of the header": lambda h, b: b + h + BODY.encode(),
        "body in front of the marker, too": lambda h, b: h + b + BODY.encode() + b,
        "marker in front of the header": lambda h, b: BODY.encode() + h + b,
        "two certificates": lambda h, b: h + h + BODY.encode() + b,
        "two certificates, one of another hash":
            lambda h, b: h + re.sub(b"[0-9a-f]{64}", b"0" * 64, h) + BODY.encode() + b,
        "certificate of another hash":
            lambda h, b: re.sub(b"[0-9a-f]{64}", b"0" * 64, h) + BODY.encode() + b,
        "hash with more behind it": lambda h, b: h.rstrip() + b" sha256\n" + BODY.encode() + b,
        "hash in capitals": lambda h, b: re.sub(
            b"[0-9a-f]{64}", lambda m: m.group().upper(), h) + BODY.encode() + b,
        "empty": lambda h, b: b"",
    }


# ---- comparers that are too simple: text -> what they compare ----
TOKEN = re.compile(r'[\w."]+|[(){}\[\];,#]|[^\s\w."(){}\[\];,#]+')


def plain(text):
    return re.sub(r"//[^\n]*", "", text)


def number_value(token):
    word = re.sub(r"(?<=[0-9])(LL|ULL|LLU|ll|L|f|F)$", "", token).replace("'", "")
    try:
        return str(float(int(word, 0)))
    except ValueError:
        try:
            return str(float(word))
        except ValueError:
            return token


SLOPPY = {
    "white space removed": lambda t: re.sub(r"\s", "", plain(t)),
    "words and single characters": lambda t: re.findall(r"\w+|\S", plain(t)),
    "comments as in C": lambda t: TOKEN.findall(plain(re.sub(r"(?s)/\*.*?\*/", " ", t))),
    "directives skipped": lambda t: TOKEN.findall(plain(re.sub(r"(?m)^\s*#.*", "", t))),
    "lines spliced late": lambda t: TOKEN.findall(plain(t).replace("\\\n", "")),
    "Unicode normalised": lambda t: TOKEN.findall(plain("".join(
        c for c in unicodedata.normalize("NFKC", t) if c.isascii()))),
    "any line end": lambda t: TOKEN.findall("\n".join(plain(x) for x in t.splitlines())),
    "no more than expected": lambda t: TOKEN.findall(plain(t))[:4],
    "brackets ignored": lambda t: TOKEN.findall(re.sub("[()]", " ", plain(t))),
    "numbers by value": lambda t: [number_value(x) for x in re.findall(r"[\w.']+|\S", plain(t))],
    "operators as a set": lambda t: sorted(TOKEN.findall(plain(t))),
    "attributes skipped": lambda t: TOKEN.findall(re.sub(
        r"\[\[.*?\]\]|__attribute__\(\(.*?\)\)\)?|\b(inline|static|volatile|register|const|"
        r"__restrict(__)?)\b", "", plain(t))),
}


# ---- the bench ----
class Texts(Batch):
    """Certificates of real kernels, each with a kernel file of its own."""

    def __init__(self, auditor, root):
        super().__init__(auditor, root)
        self.certificates, self.bodies = {}, {}
        for kernel in (D, C):
            with open(os.path.join(root, "certificates", kernel + ".cert.json")) as file:
                cert = json.load(file)
            cert.update(theorems=[], product={}, ratios=[])
            nests = [{"sums": [], "proofs": []} for _ in cert["costs"]["nests"]]
            cert["costs"].update(traffic=[], nests=nests)
            with open(os.path.join(root, cert["kernel"]["path"])) as file:
                self.bodies[kernel] = file.read().split(BODY, 1)[1]
            self.certificates[kernel] = cert

    def add(self, name, expected, kernel, body, whole=None):
        """body: text or bytes; whole(header, body): the bytes of the file."""
        number = len(self.cases)
        self.cases.append((name, expected))
        data = body if isinstance(body, bytes) else body.encode()
        cert = copy.copy(self.certificates[kernel])
        cert["kernel"] = dict(cert["kernel"], path="kernels/cpu/k%d.cpp" % number,
                              body_sha256=sha(data))
        text = json.dumps(cert)
        header = ("// certificate x sha256 " + sha(text) + "\n").encode()
        self.write("certificates/c%d.cert.json" % number, text)
        self.write("kernels/cpu/k%d.cpp" % number,
                   whole(header, data) if whole else header + BODY.encode() + data)


def judge(name, expected, report):
    """Whether exactly the claim `text` is INVALID with code `text` (VALID if None is expected)."""
    wrong = [line for line in report[1:9] if ": VALID" not in line]
    verdict = report[0].rsplit(": ", 1)[-1]
    good = verdict == "VALID" and not wrong
    if expected:
        good = verdict == "INVALID" and len(wrong) == 1 and wrong[0].startswith(
            "text: INVALID [text] ")
    if not good or os.environ.get("VERBOSE"):
        print("%s %s\n    %s" % ("ok  " if good else "FAIL", name, "\n    ".join(report[:9])))
    return good


# ---- attacks under the compiler ----
class Args(ctypes.Structure):
    _fields_ = ([("size", ctypes.c_size_t)] + [(n, ctypes.c_int64) for n in "BHGTD"] +
                [field for n in "QKVO" for field in ((n, ctypes.c_void_p),
                                                     (n + "_s", ctypes.c_int64 * 4))] +
                [("workspace", ctypes.c_void_p), ("scratch", ctypes.c_void_p),
                 ("workers", ctypes.c_int64), ("parallel_for", ctypes.c_void_p),
                 ("parallel_context", ctypes.c_void_p)])


class TileArgs(ctypes.Structure):  # of causal_two_pass
    _fields_ = [("size", ctypes.c_size_t)] + [(n, ctypes.c_int64) for n in "BHSTD"] + \
        Args._fields_[6:]


def call(library, kernel):
    """Prints all that a caller of the kernel sees, for two sizes and a wrong one."""
    make = Args if kernel == D else TileArgs
    functions = ctypes.CDLL(library)
    for extents in ((2, 3, 2, 5, 4), (1, 1, 70, 70, 3), (1, 0, 1, 1, 1)):
        generator = random.Random(7)
        b, h, g, t, d = extents
        shapes = {"Q": (b, h, g, d), "K": (b, t, h, d), "V": (b, t, h, d), "O": (b, h, g, d)}
        if kernel == C:
            shapes.update(K=(b, h, t, d), V=(b, h, t, d))
        arrays, a = {}, make(size=ctypes.sizeof(make), workers=1)
        for (name, _), value in zip(make._fields_[1:6], extents):
            setattr(a, name, value)
        for name, (p, q, r, s) in shapes.items():
            arrays[name] = (ctypes.c_float * 4096)(*(generator.uniform(-2, 2) for _ in range(4096)))
            setattr(a, name, ctypes.addressof(arrays[name]))
            setattr(a, name + "_s", (ctypes.c_int64 * 4)(q * r * s, r * s, s, 1))
        for name in ("workspace", "scratch"):
            arrays[name] = (ctypes.c_float * 65536)()
            setattr(a, name, ctypes.addressof(arrays[name]))
        for name in ("workspace", "scratch"):
            count = functions["minimoa_%s_%s" % (kernel, name)]
            count.restype = ctypes.c_int64
            print(name, count(ctypes.byref(a)))
        print("status", functions["minimoa_%s_run" % kernel](ctypes.byref(a)))
        print(sha(bytes(arrays["O"])))


def compiled(folder, kernel, body):
    """What the kernel prints when it is called, or None if it is no C++."""
    source, library = os.path.join(folder, "x.cpp"), os.path.join(folder, "x.so")
    with open(source, "wb") as out:
        out.write(body if isinstance(body, bytes) else body.encode())
    done = subprocess.run([os.environ.get("CXX", "g++"), *FLAGS, "-w", "-shared", "-fPIC", source,
                           "-o", library], capture_output=True)
    if done.returncode:
        return None
    try:
        done = subprocess.run([sys.executable, "-B", os.path.abspath(__file__), "--call", library,
                               kernel], capture_output=True, timeout=10)
    except subprocess.TimeoutExpired:
        return "never returns"
    return "%d %s" % (done.returncode, done.stdout.decode(errors="replace"))


def compile_attacks(bodies, attacks):
    """Number of failures; every one of REAL must be C++ that computes something else."""
    failed, counts = 0, {"no C++": 0, "same results": 0, "other results": 0}
    with tempfile.TemporaryDirectory(prefix="attacks") as folder:
        usual = {kernel: compiled(folder, kernel, body) for kernel, body in bodies.items()}
        assert all(usual.values()), "a kernel does not compile"
        for name, (kernel, body) in attacks.items():
            result = compiled(folder, kernel, body)
            kind = "no C++" if result is None else (
                "same results" if result == usual[kernel] else "other results")
            counts[kind] += 1
            if os.environ.get("VERBOSE"):
                print("%s: %s" % (kind, name))
            if name in REAL and kind != "other results":
                failed += 1
                print("FAIL %s: %s" % (name, kind))
    print("compiled: " + ", ".join("%d %s" % (n, kind) for kind, n in counts.items()))
    return failed


def main():
    if sys.argv[1:2] == ["--call"]:
        call(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--audit", help="default: BUILD/bin/minimoa-audit")
    parser.add_argument("--full", action="store_true", help="every attack")
    parser.add_argument("--compile", action="store_true", help="compile every attack")
    options = parser.parse_args()
    full = options.full or os.environ.get("MINIMOA_MUTATION_FULL") == "1"
    auditor = options.audit or os.path.join(options.build, "bin", "minimoa-audit")
    b = Texts(auditor, os.path.abspath(options.root))
    checks = []

    def check(good, message):
        checks.append(bool(good))
        if not good:
            print("FAIL " + message)
    try:
        attacks = {}
        for group, make in GROUPS.items():
            made = {name: (kernel, change(b.bodies[kernel])) for name, kernel, change in make()}
            check(not made.keys() & attacks.keys(), "two attacks of one name in: " + group)
            check(len(made) == sum(1 for _ in make()), "two attacks of one name in: " + group)
            attacks.update(made)
        check(len({body for _, body in attacks.values()} | set(b.bodies.values())) ==
              len(attacks) + len(b.bodies), "two attacks are one, or change nothing")
        chosen = [name for k, name in enumerate(attacks)
                  if full or k % STRIDE == 0 or name in REAL]
        for name in chosen:
            b.add(name, True, *attacks[name])
        b.add("kernel of another certificate", True, D, b.bodies[C])
        around = file_attacks(b.bodies)
        for name, whole in around.items():
            b.add("file: " + name, True, D, b.bodies[D], whole)
        tried = len(b.cases)
        check(tried >= LEAST, "only %d attacks" % tried)
        for name, change in HARMLESS.items():
            for kernel in (D, C) if full else (D,):
                b.add("harmless: " + name, None, kernel, change(b.bodies[kernel]))
        done = subprocess.run([auditor, "--root", b.dir] + b.paths(), capture_output=True, text=True)
        reports = blocks(done.stdout)
        if len(reports) != len(b.cases):
            sys.exit("%d reports for %d cases; exit code %d" % (len(reports), len(b.cases),
                                                                done.returncode))
        for (name, expected), report in zip(b.cases, reports):
            checks.append(judge(name, expected, report))
        for name, form in SLOPPY.items():
            fooled = sum(form(text(body)) == form(b.bodies[kernel])
                         for kernel, body in attacks.values())
            check(fooled, "the comparer '%s' accepts no attack" % name)
            print("%3d of %d attacks pass: %s" % (fooled, len(attacks), name))
        real = attacks if options.compile else {name: attacks[name] for name in REAL}
        bad = compile_attacks(b.bodies, real)
        checks += [True] * (len(REAL) - bad) + [False] * bad
        print("%d attacks tried (of %d), %d harmless changes" % (
            tried, len(attacks) + 1 + len(around), len(b.cases) - tried))
    finally:
        shutil.rmtree(b.dir)
    print("%d passed, %d failed" % (sum(checks), len(checks) - sum(checks)))
    sys.exit(0 if all(checks) else 1)


def text(body):
    return body.decode(errors="ignore") if isinstance(body, bytes) else body


if __name__ == "__main__":
    main()
