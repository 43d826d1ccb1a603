#!/usr/bin/env python3
"""Acceptance of both programs from their command lines, in a temporary folder.

Good input: the paper's example, every stage of `show`, every variation of
attention to a VALID and running kernel, the three jobs, every exit code.
Bad input: specs, schedules, .npy files, libraries, output paths, certificates;
each is refused with its exit code and error code, quickly, and no file
appears or changes. May miss: what no command line can reach.

Programs come from BUILD/bin, --minimoa and --audit, or $MINIMOA and
$MINIMOA_AUDIT; built kernels from BUILD/kernels.
"""
import glob
import hashlib
import itertools
import json
import os
import random
import re
import resource
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "hygiene"))
from common import Report, run  # noqa: E402

SCHEDULES = ("naive", "two_pass", "flash", "flash_stream", "flash_kv_outer", "split_kv", "resident",
             "rows_resident")
MARKER = "// ---- body ----\n"
QKV = dict(Q="B H S D", K="B H T D", V="B H T D")
SIZES = dict(B=1, H=2, S=65, T=70, D=3)
CAUSAL = (dict(B=1, H=2, S=70, D=3), dict(Q="B H S D", K="B H S D", V="B H S D"))
VARIATIONS = {  # sizes, the inputs' shapes, the name of the values
    "sdpa_attend": (SIZES, QKV, "V"),
    "sdpa_kt": (SIZES, dict(QKV, K="B H D T"), "V"),
    "sdpa_nolet": (SIZES, QKV, "V"),
    "sdpa_renamed": (dict(Batch=1, Heads=2, Queries=65, Keys=70, Depth=3),
                     dict(Values="Batch Heads Keys Depth", Questions="Batch Heads Queries Depth",
                          Answers="Batch Heads Keys Depth"), "Values"),
    "sdpa_scale_in_q": (SIZES, QKV, "V"),
    "sdpa_take_rev": (dict(SIZES, W=66), QKV, "V"),
    "sdpa_cat": (dict(SIZES, C=70), dict(QKV, Kc="B H C D", Vc="B H C D"), "V"),
    "causal_window": (dict(CAUSAL[0], W=9), CAUSAL[1], "V"),
    "alibi": CAUSAL + ("V",),
    "varlen": (dict(SIZES, B=2), dict(QKV, len="B"), "V"),
    "paged_decode": (dict(B=2, Hq=4, Hkv=2, D=3, NP=5, PS=4, MP=3),
                     dict(Q="B Hq D", Kp="NP PS Hkv D", Vp="NP PS Hkv D", table="B MP",
                          len="B"), "Vp"),
}


# ---------------------------------------------------------------- .npy

def npy(path, shape, values, descr="<f4", fortran="False", version=b"\x01\x00", shape_text=None):
    text = "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }" % (
        descr, fortran, shape_text or "(%s)" % "".join("%d, " % n for n in shape))
    text += " " * (-(len(text) + 11) % 64) + "\n"
    kind = {"f4": "f", "f8": "d", "i4": "i", "i8": "q", "u1": "B"}[descr[1:]]
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text.encode())
        file.write(struct.pack("%s%d%s" % ("<>"[descr[0] == ">"], len(values), kind), *values))
    return path


def read_npy(path):
    with open(path, "rb") as file:
        raw = file.read()
    length = struct.unpack("<H", raw[8:10])[0]
    header = raw[10:10 + length].decode()
    assert raw[:8] == b"\x93NUMPY\x01\x00" and "'<f4'" in header and "False" in header
    shape = [int(n) for n in re.findall(r"\d+", header.split("'shape'")[1])]
    return shape, struct.unpack("<%df" % ((len(raw) - 10 - length) // 4), raw[10 + length:])


def product(numbers):
    out = 1
    for n in numbers:
        out *= n
    return out


# ---------------------------------------------------------------- running

def snapshot(folder):
    found = {}
    for where, inside, names in os.walk(folder):
        for name in inside + names:
            path = os.path.join(where, name)
            plain = os.path.isfile(path) and not os.path.islink(path)
            found[path] = hashlib.sha256(open(path, "rb").read()).digest() if plain else None
    return found


class Bench:
    """The programs, a folder to work in, and what one call is checked for."""

    def __init__(self):
        text = {"default": None}
        self.report = report = Report(__doc__, minimoa=text, audit=text,
                                      only={"default": "", "help": "name of one group"})
        options = report.options
        self.minimoa = options.minimoa or os.environ.get("MINIMOA") or report.program("minimoa")
        self.auditor = (options.audit or os.environ.get("MINIMOA_AUDIT") or
                        report.program("minimoa-audit"))
        self.work = None
        self.numbers = itertools.count()
        with open(self.minimoa, "rb") as file:
            self.limit = 20 if b"__asan_init" in file.read() else 2     # seconds of CPU

    def path(self, *parts):
        return os.path.join(self.work, *parts)

    def spec(self, name):
        folder = "attention" if name in ("sdpa", "causal", "gqa", "decode") else "examples"
        return self.report.path("spec", folder, name + ".moa")

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
        return self.path(name)

    def call(self, program, *words, cwd=None):
        environment = {k: v for k, v in os.environ.items() if k != "MINIMOA_ROOT"}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            done = run([program, *words], cwd=cwd or self.report.root, env=environment, timeout=60)
        except subprocess.TimeoutExpired:
            done = subprocess.CompletedProcess(words, -99, "", "more than 60 s")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        done.seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        if os.environ.get("CLI_TEST_TIMES"):
            print("%.2f s of CPU, exit code %d" % (done.seconds, done.returncode), flush=True)
        done.words = " ".join(w if len(w) < 80 else w[:77] + "..." for w in words)
        done.all = done.stdout + done.stderr
        return done

    def ok(self, condition, done, what):
        short = done.words.replace(self.work, "$WORK").replace(self.report.root, "$ROOT")
        return self.report.check(condition, "%s: %s (exit code %d)\n%s" % (
            short, what, done.returncode, "" if condition else done.all[-700:]))

    def expect(self, code, *words, has=(), program=None, cwd=None):
        done = self.call(program or self.minimoa, *words, cwd=cwd)
        self.ok(done.returncode == code, done, "expected exit code %d" % code)
        for text in [has] if isinstance(has, str) else has:
            self.ok(text in done.all, done, "expected `%s`" % text)
        return done

    def refused(self, code, error, *words, has=(), cwd=None, limit=None):
        """Exit code, a line with the error code, in time; no file appears or changes."""
        before = snapshot(self.work)
        done = self.expect(code, *words, has=has, cwd=cwd)
        lines = [line for line in done.all.splitlines() if re.match(r"(error|undecided|"
                 r"inconclusive|warning)\[MOA-E\d{4}\]: .", line)]
        self.ok(bool(lines) and any(e in lines[0] for e in error.split()), done,
                "expected a line with " + error)
        self.ok(done.seconds < (limit or self.limit), done, "took %.1f s" % done.seconds)
        after = snapshot(self.work)
        changed = sorted(p for p in set(before) | set(after) if before.get(p) != after.get(p)
                         or (p in before) != (p in after))
        self.ok(not changed, done, "changed " + ", ".join(changed))
        return done

    def audit(self, code, certificate, root=None, has=()):
        """As refused() for the auditor: a code in brackets on one line."""
        before = snapshot(self.work)
        done = self.call(self.auditor, "--root", root or self.report.root, certificate)
        self.ok(done.returncode in (code if isinstance(code, tuple) else (code,)), done,
                "expected exit code %s" % (code,))
        if done.returncode in (1, 2):
            self.ok(re.search(r"(?m)^.*(INVALID|error).*\[(MOA-)?[\w-]+\]", done.all), done,
                    "expected a reason code")
        for text in [has] if isinstance(has, str) else has:
            self.ok(text in done.all, done, "expected `%s`" % text)
        self.ok(done.seconds < self.limit, done, "took %.1f s" % done.seconds)
        self.ok(snapshot(self.work) == before, done, "changed a file")
        return done

    def tensors(self, sizes, shapes):
        """--in words for random tensors, and the largest |value| of each."""
        words, largest, numbers = [], {}, random.Random(2)
        for name, shape in shapes.items():
            extents = [sizes[n] for n in shape.split()]
            path = self.path("in%d_%s.npy" % (next(self.numbers), name))
            if name in ("table", "len"):
                low, high = (0, sizes["NP"] - 1) if name == "table" else (
                    1, sizes["T"] if "T" in sizes else sizes["MP"] * sizes["PS"])
                npy(path, extents, [numbers.randint(low, high) for _ in range(product(extents))],
                    "<i4")
            else:
                values = [numbers.uniform(-2, 2) for _ in range(product(extents))]
                npy(path, extents, values)
                largest[name] = max(map(abs, values))
            words += ["--in", "%s=%s" % (name, path)]
        return words, largest


def reference_error(done):
    found = re.search(r"largest absolute error (\S+) at", done.stdout)
    return float(found.group(1)) if found else float("inf")


# ---------------------------------------------------------------- good input

def check_paper_example(b):
    with open(b.report.path("tests/data/paper_example.json"), encoding="utf-8") as file:
        data = json.load(file)
    words = []
    for name in "QKV":
        rows = data[name]
        path = npy(b.path("paper_%s.npy" % name), [1, 1, len(rows), len(rows[0])],
                   sum(rows, []))
        words += ["--in", "%s=%s" % (name, path)]
    want = sum(data["output"], [])
    for schedule in SCHEDULES:
        library = os.path.join(b.report.build, "kernels", "libminimoa_sdpa_%s.so" % schedule)
        out = b.path("paper_out.npy")
        done = b.expect(0, "run", b.spec("sdpa"), "--kernel", library, *words, "--out", out,
                        "--reference")
        b.ok(reference_error(done) < 1e-6, done, "the interpreter disagrees")
        shape, got = read_npy(out) if os.path.exists(out) else ([], [])
        b.ok(shape == [1, 1, len(data["Q"]), len(data["V"][0])], done, "shape %s" % shape)
        b.ok(len(got) == len(want) and max(abs(x - y) for x, y in zip(got, want)) <= 1e-4, done,
             "the paper's output is not reproduced")
        if os.path.exists(out):
            os.remove(out)


def check_show(b):
    rules = set()
    for path in b.report.files(("spec/rules",), (".rules",)):
        rules |= set(re.findall(r"\(rule ([^\s()]+)", b.report.read(path)))
    sdpa, flash = b.spec("sdpa"), ("--schedule", "flash")
    for stage in ("core", "dnf", "onf", "loop", "kernel"):
        extra = flash if stage in ("loop", "kernel") else ()
        done = b.expect(0, "show", sdpa, "--stage", stage, *extra)
        b.ok(len(done.stdout) > 50, done, "prints nothing")
        b.ok(done.stdout.isascii(), done, "not ASCII")
        unicode = b.expect(0, "show", sdpa, "--stage", stage, "--unicode", *extra)
        if stage in ("core", "dnf"):
            b.ok(not unicode.stdout.isascii(), unicode, "no symbols")
        if stage != "core":
            steps = b.expect(0, "show", sdpa, "--stage", stage, "--steps", *extra)
            named = re.findall(r"(?m)^step (\d+): ([^\s,]+), (?:left to right|right to left), at",
                               steps.stdout)
            b.ok(named and [int(n) for n, _ in named] == list(range(1, len(named) + 1)), steps,
                 "steps are not numbered 1, 2, ..")
            b.ok({rule for _, rule in named} <= rules, steps, "names of no rule")
            b.ok(steps.stdout.endswith(done.stdout), steps, "does not end with the stage")
    for name in ("sdpa", *VARIATIONS):
        done = b.expect(0, "show", b.spec(name), "--stage", "dnf")
        left = re.findall(r"\b(?:tran|rho|reshape|rav|rev|rot|take|drop|cat|omega|iota|softmax|psi|"
                          r"redf|red|inner|outer|gen)\b|\+\.\*|o\.", done.stdout)
        b.ok(not left, done, "array operators in the normal form: %s" % left)
    for name in ("matmul", "rmsnorm", "row_softmax"):
        b.expect(0, "show", b.spec(name), "--stage", "onf")
        b.refused(1, "E0602 E0603", "prove", b.spec(name), "--schedule", "flash")
    b.refused(2, "E0911", "show", sdpa, "--stage", "loop")
    b.refused(2, "E0911", "show", sdpa, "--stage", "core", "--steps")
    b.refused(2, "E0911", "show", sdpa, "--stage", "soup")


def check_broken_root(b):
    """Rule files and the table of codes are input too."""
    root = b.path("root")
    shutil.copytree(b.report.path("spec"), os.path.join(root, "spec"))
    rules, table = os.path.join(root, "spec/rules/psi.rules"), os.path.join(root,
                                                                           "spec/errors.table")
    whole = b.report.read("spec/rules/psi.rules")
    row = whole[whole.index("(rule "):]
    row = row[:row.index("\n(rule ")]
    for text, error in ((whole[:-9], "E0520"), ("(rule x)", "E0520"), ("(" * 100000, "E0520"),
                        ("\0" * 99, "E0520"), (whole + "\n" + row, "E0521")):
        with open(rules, "w") as file:
            file.write(text)
        for words in (("show",), ("prove", "--schedule", b.report.path(
                "extract/schedules/flash.sched"))):
            b.refused(2, error, words[0], b.spec("sdpa"), "--root", root, *words[1:])
    os.remove(rules)
    os.mkdir(rules)
    b.refused(2, "E0902", "show", b.spec("sdpa"), "--root", root)
    for text in ("nonsense\n", "  nothing above\n", "E0210 | b\nE0101 | a\n", "E0210 | a\n" * 2):
        with open(table, "w") as file:
            file.write(text)
        b.refused(2, "E0915", "explain", "E0210", "--root", root)
    os.remove(table)
    b.refused(2, "E0902", "explain", "E0210", "--root", root)


def compile_kernel(b, source, name):
    library = b.path("libminimoa_%s.so" % name)
    done = b.call(os.environ.get("CXX", "g++"), "-std=c++17", "-O2", "-Wall", "-Wextra",
                  "-Wpedantic", "-Werror", "-shared", "-fPIC", source, "-o", library)
    b.ok(done.returncode == 0, done, "the kernel does not compile without warnings")
    return library


def check_variations(b):
    for name, (sizes, shapes, values) in VARIATIONS.items():
        words, largest = b.tensors(sizes, shapes)
        dims = ["--dim", "W=%d" % sizes["W"]] if "W" in sizes else []
        for schedule in ("flash", "two_pass"):
            out = b.path("emitted", name + "_" + schedule)
            b.expect(0, "emit", b.spec(name), "--schedule", schedule, "-o", out,
                     has="expected verdict VALID")
            variant = "%s_%s" % (name, schedule)
            b.audit(0, os.path.join(out, "certificates", variant + ".cert.json"), out, has="VALID")
            kernel = os.path.join(out, "kernels", "cpu", variant + ".cpp")
            library = compile_kernel(b, kernel, variant)
            done = b.expect(0, "run", b.spec(name), "--kernel", library, *words, *dims,
                            "--reference", "--threads", "2")
            bound = 8 * sum(n for k, n in sizes.items() if k not in ("B", "H", "Batch", "Heads"))
            b.ok(reference_error(done) <= bound * 2.0**-24 * largest[values], done, "error")
    shown = b.expect(0, "show", b.spec("alibi"), "--stage", "kernel", "--schedule", "flash")
    with open(b.path("emitted/alibi_flash/kernels/cpu/alibi_flash.cpp"), encoding="utf-8") as file:
        b.ok(file.read().split(MARKER)[1] == shown.stdout, shown, "is not the emitted body")


def check_format(b):
    for path in b.report.files(("spec",), (".moa",)):
        spec = b.report.path(path)
        b.expect(0, "fmt", "--check", spec)
        plain = b.expect(0, "fmt", spec)
        symbols = b.expect(0, "fmt", "--unicode", spec)
        back = b.expect(0, "fmt", b.write("unicode.moa", symbols.stdout))
        b.ok(back.stdout == plain.stdout, back, "the round trip through symbols changes " + path)
        b.expect(0, "check", b.path("unicode.moa"))
    ugly = b.write("ugly.moa", "spec u\ndims   N\nin A:f32[N]\nout O:f32[ N ]\nO=A+A\n")
    before = snapshot(b.work)
    b.expect(1, "fmt", "--check", ugly, has="ugly.moa")
    b.report.check(snapshot(b.work) == before, "fmt --check wrote something")
    b.expect(0, "fmt", "-i", ugly)
    b.expect(0, "fmt", "--check", ugly)
    b.refused(2, "E0102", "fmt", "-i", b.write("bad.moa", "spec x\nO = (A +\n"))
    b.refused(2, "E0911", "fmt", "-i", "--check", ugly)


def check_explain(b):
    codes = re.findall(r"(?m)^(E\d{4}) \| (.+)$", b.report.read("spec/errors.table"))
    b.report.check(len(codes) > 50, "spec/errors.table has few rows")
    for code, title in codes:
        done = b.expect(0, "explain", "MOA-" + code, has=("MOA-%s: %s" % (code, title),))
        b.ok("wrong:" in done.stdout and "right:" in done.stdout, done, "no example")
    b.expect(0, "explain", "E0210")
    b.expect(0, "explain", "0210")
    b.refused(2, "E0913", "explain", "E9999")
    b.refused(2, "E0911", "explain")


NO_EMPTY = """spec no_empty
dims S, T, D
in Q : f32[S,D], K : f32[T,D], V : f32[T,D]
out O : f32[S,D]
attend O[i,d] over j in T
  score = sum(e in D) Q[i,e] * K[j,e]
  mask  = j <= i + (T - S)
  value = V[j,d]
"""
UNDECIDED = """spec fermat
dims A, B, C, N
require A * A * A + B * B * B == C * C * C
in X : f32[N]
out O : f32[N]
O = X
"""


def check_exit_codes(b):
    """0, 1, 2 and 3 of each command that can give them; the rest is elsewhere in this file."""
    sdpa, empty = b.spec("sdpa"), b.write("no_empty.moa", NO_EMPTY)
    b.expect(0, "--help", has="Exit codes")
    b.expect(0, "--version", has="minimoa")
    b.refused(2, "E0911")
    b.refused(2, "E0911", "frobnicate")
    b.expect(0, "check", sdpa, b.spec("causal"), b.spec("gqa"), has="ok")
    b.refused(1, "E0210", "check", empty, has=("counterexample", "help:"))
    b.refused(1, "E0210", "check", sdpa, empty, b.spec("gqa"))
    b.refused(3, "E0402", "check", b.write("fermat.moa", UNDECIDED), limit=60)
    b.refused(2, "E0902", "check", b.path("none.moa"))
    for command in ("prove", "emit"):
        for error, spec in (("E0211 E0210", empty), ("E0602", b.spec("matmul"))):
            b.refused(1, error, command, spec, "--schedule", "flash", "-o", b.path("never"))
        b.refused(2, "E0902", command, sdpa, "--schedule", "none", "-o", b.path("never"))
        b.refused(2, "E0911", command, sdpa)
    proved = b.expect(0, "prove", sdpa, "--schedule", "flash", has="expected verdict VALID")
    for claim in ("equal", "safe", "workspace 0 words", "text"):
        b.ok("  " + claim in proved.stdout, proved, "no claim " + claim)
    certificate = b.path("proved.cert.json")
    b.expect(0, "prove", sdpa, "--schedule", "flash", "-o", certificate)
    b.report.check(os.path.exists(certificate), "prove -o wrote no certificate")
    b.refused(2, "E0910", "show", sdpa, "--root", b.work)
    done = b.call(b.minimoa, "check", empty, "--format", "json")
    b.ok(done.returncode == 1 and "MOA-E0210" in json.dumps(json.loads(done.stdout)), done, "JSON")
    done = b.call(b.minimoa, "check", empty, "--format", "sarif")
    b.ok(json.loads(done.stdout)["version"] == "2.1.0", done, "SARIF")
    done = b.call(b.minimoa, "check", empty, "--format", "short")
    b.ok(len(done.all.splitlines()) == 1 and "E0210" in done.all, done, "one short line")
    b.expect(2, program=b.auditor)
    b.expect(2, "--nonsense", program=b.auditor)


def rehash(folder, name, text):
    """Writes a certificate and its SHA-256 into the kernel's comment."""
    with open(os.path.join(folder, "certificates", name + ".cert.json"), "w") as file:
        file.write(text)
    kernel = os.path.join(folder, "kernels", "cpu", name + ".cpp")
    with open(kernel) as file:
        source = file.read()
    digest = hashlib.sha256(text.encode()).hexdigest()
    source = re.sub(r"(// certificate \S+ sha256 )\w+", lambda m: m.group(1) + digest, source)
    with open(kernel, "w") as file:
        file.write(source)


def assumed_row(b, stream, sizes):
    """A row without a Coq proof is called assumed, and the tests refuse it."""
    root = b.path("assumed_root")
    for part in ("spec", os.path.join("extract", "schedules")):
        shutil.copytree(os.path.join(b.report.root, part), os.path.join(root, part))
    path = os.path.join(root, "spec", "bounds", "rows.thm")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("(coq RecordBounds.R4)", "(coq none)"))
    done = b.call(b.minimoa, "--root", root, *stream, "--format", "json", "--at", sizes)
    b.ok({t["name"]: t["status"] for t in json.loads(done.stdout)["theorems"]}["R4"] == "assumed",
         done, "an assumed row")
    script = os.path.join(b.report.root, "tests", "hygiene", "check_coq.py")
    done = b.call(sys.executable, "-B", script, "--root", root)
    b.ok(done.returncode == 1 and "there is no Coq theorem none" in done.stdout, done,
         "the tests refuse a row without a proof")


def check_theorem_table(b):
    """prove --at and --machine: numbers of the references, refusals, and input that is no input."""
    stream = ("prove", b.spec("sdpa"), "--schedule", "flash_stream")
    sizes = "n=32768,m=32768,d=64"
    done = b.expect(0, *stream, "--machine", "abstract", "--at", sizes + ",S=116736", has=(
        "traffic         159383552: loads 157286400, stores 2097152",
        "T3star          total >= 150700607, ratio 1.058",
        "within a factor of 1.040 of every row-granular schedule"))
    b.ok("optimal" not in done.stdout and "minimal" not in done.stdout, done, "said optimal")
    b.expect(0, "prove", b.spec("sdpa"), "--schedule", "rows_resident", "--at", "n=64,m=32768,d=64",
             has="optimal: ratio 1, no explicit-product schedule moves less")
    done = b.expect(0, "prove", b.spec("causal"), "--schedule", "flash_stream",
                    has="within a factor of 1.156 of every explicit-product-orderly schedule")
    b.ok(done.seconds < b.limit, done, "took %.1f s" % done.seconds)
    b.refused(1, "E0613", *stream, "--machine", "abstract", "--at", sizes + ",S=116618",
              has=("does not fit", "counterexample: B=1 H=1 S=1 T=1 D=64"))
    b.refused(1, "E0613", *stream, "--machine", "h200-sm", "--at", sizes + "0")
    # The first level is too small and the others are not: no refusal.
    b.expect(0, *stream, "--machine", "zen4-core", "--at", sizes, has=(
        "8192 words of fast memory (zen4-core L1)", "does not fit: no ratio is claimed",
        "fits L1         of zen4-core iff footprint <= 8192"))
    # A memory that is too small has buffers outside of it, and traffic of its own.
    b.expect(0, *stream, "--machine", "zen4-core", "--at", sizes, has=(
        "across zen4-core L1, outside of it q, st (computed here)", "  loads of q      896 * B * H",
        "  footprint       139, fits"))
    done = b.call(b.minimoa, *stream, "--machine", "zen4-core", "--format", "json", "--at", sizes)
    beyond, = json.loads(done.stdout)["beyond"]
    b.ok(beyond["outside"] == ["q", "st"] and beyond["point"]["fits"] and
         beyond["costs"]["unclaimed"] == [] and
         int(beyond["point"]["traffic"]) > 10**11, done, "the memory that is too small, as JSON")
    done = b.call(b.minimoa, *stream, "--format", "json", "--at", sizes, "--at", "S=2,T=3,D=4")
    table = json.loads(done.stdout)
    b.ok(done.returncode == 0 and [p["sizes"]["S"] for p in table["points"]] == ["32768", "2"],
         done, "two points in JSON")
    b.ok(all(t["status"] == "Coq" for t in table["theorems"]), done, "every row is proved")
    assumed_row(b, stream, sizes)
    b.expect(0, "prove", b.spec("paged_decode"), "--schedule", "two_pass",
             has="no theorem on explicit products applies: the number of keys, len[b")
    b.expect(0, "prove", b.spec("varlen"), "--schedule", "flash",
             has="loads of K      at most B * H * ((63 + S) div 64) * T * D")
    for at, error in (("n", "E0911"), ("n=x", "E0911"), ("q=1", "E0911"), ("n=0", "E0702"),
                      ("d=2,D=3", "E0911"), ("n=1,S=1,words=1", "E0911"), ("", "E0911")):
        b.refused(2, error, *stream, "--at", at)
    b.refused(2, "E0902", *stream, "--machine", "none")
    b.refused(2, "E0524", *stream, "--machine", b.write("bad.toml", "name = 3\n"))
    b.refused(2, "E0524", *stream, "--machine", b.write("worse.toml", "[[[[\n"))


def check_fitted(b, width, factors):
    """prove with machine and sizes: the same order with tiles that are searched, down to the audit."""
    flash = ("prove", b.spec("sdpa"), "--schedule", "flash", "--machine", "abstract")
    at = "n=32768,m=32768,d=%d,S=116736" % width
    done = b.expect(0, *flash, "--at", at)
    written, _, fitted = done.stdout.partition("\ntiles for abstract fast: row ")
    b.ok("ratio 14." in written and "fits" in fitted, done, "the tiles as written, then others")
    for claim in ("workspace 0 words of slow memory", "expected verdict VALID",
                  "within a factor of %s of every explicit-product-orderly schedule (T3star" %
                  factors[0], "within a factor of %s of every row-granular schedule" % factors[1]):
        b.ok(fitted.count(claim) >= 1 and claim[:6] in written, done, "no " + claim)
    table = json.loads(b.call(b.minimoa, *flash, "--at", at, "--format", "json").stdout)
    other, = table["fitted"]
    point, = other["points"]
    bounds = {row["theorem"]: row.get("ratio") for row in point["bounds"]}
    b.ok(point["fits"] and int(point["footprint"]) <= 116736 and point["workspace"] == "0" and
         (bounds["T3star"], bounds["R2"]) == factors and other["holes"] == [] and
         other["tiles"]["key"] == 1, done, "the fitted table as JSON")
    # The command that it names, then a certificate with these ratios, then the audit.
    home = b.path("fitted_%d" % width)
    os.mkdir(home)
    command = shlex.split(other["command"])
    b.expect(0, *command[1:], cwd=home, has="wrote found.sched")
    found = os.path.join(home, "found.sched")
    with open(found) as file:
        b.ok(file.read() == other["schedule"], done, "the file is another one")
    b.expect(0, "emit", b.spec("sdpa"), "--schedule", found, "-o", home)
    audit = b.expect(0, os.path.join(home, "certificates", "sdpa_found.cert.json"), "--root", home,
                     program=b.auditor, has=("json: VALID", "  ratio: VALID",
                     "within a factor of %s/1000" % factors[0].replace(".", ""),
                     "within a factor of %s/1000" % factors[1].replace(".", "")))
    b.ok("hole" not in audit.stdout.lower(), audit, "holes")
    b.expect(0, "prove", b.spec("sdpa"), "--schedule", found, "--machine", "abstract", "--at", at,
             has="tiles for abstract fast: as written; no tiles of this order that were tried")


def check_fitted_tiles(b):
    check_fitted(b, 64, ("1.058", "1.040"))
    check_fitted(b, 128, ("1.030", "1.019"))
    flash = ("prove", b.spec("sdpa"), "--schedule", "flash", "--machine")
    sizes = "n=32768,m=32768,d=64"
    # The tiles as written do not fit, others do; none do; two points; three memories.
    b.refused(1, "E0613", *flash, "abstract", "--at", sizes + ",S=4000",
              has=("tiles for abstract fast: row ", "expected verdict VALID"))
    b.refused(1, "E0613", *flash, "abstract", "--at", "n=64,m=64,d=64,S=9",
              has="no tiles of this order fit: the smallest footprint is 269 words, row 1, key 1")
    done = b.expect(0, *flash, "abstract", "--at", sizes + ",S=116736", "--at", sizes + ",S=200000")
    b.ok(done.stdout.count("\nat n=32768") == 4, done, "two points, twice")
    done = b.expect(0, *flash, "zen4-core", "--at", sizes, has=("tiles for zen4-core L1: row",
                    "tiles for zen4-core L2: row", "tiles for zen4-core L3: row", "--level L2"))
    b.ok("optimal" not in done.stdout, done, "said optimal")
    # Without a size of the memory, and where nothing can be searched.
    done = b.expect(0, *flash, "abstract", "--at", sizes)
    b.ok("tiles for" not in done.stdout, done, "fitted to no memory")
    b.expect(0, "prove", b.spec("sdpa"), "--schedule", "resident", "--machine", "h200-chip", "--at",
             sizes, has="tiles for h200-chip L2: as written")


def check_search(b):
    found = b.path("found.sched")
    h200 = ("search", b.spec("sdpa"), "--machine", "h200-sm")
    b.expect(0, *h200, "-o", found, has=(
        "h200-sm shared: 116736 words", "best: retain with tiles row 886, key 1, kept key 11:", "does not fit",
        "within a factor of 1.058 of every explicit-product-orderly schedule (T3star",
        "ratio T3star: to the lower bound on every explicit-product-orderly schedule (T3star, Coq",
        "its closed forms give this footprint and traffic", "wrote " + found))
    b.expect(0, *h200, "-o", found, has="unchanged " + found)
    b.expect(0, "prove", b.spec("sdpa"), "--schedule", found, "--machine", "h200-sm", "--at",
             "n=32768,m=32768,d=64", has=("fits", "verdict VALID", "ratio 1.058"))
    other = b.write("other.sched", "schedule other\n")
    b.refused(2, "E0916", *h200, "-o", other, has="--force")
    b.expect(0, *h200, "-o", other, "--force", has="wrote")
    done = b.call(b.minimoa, "search", b.spec("decode"), "--machine", "zen4-core", "--format", "json")
    table = json.loads(done.stdout)
    b.ok(done.returncode == 0 and set(table) == {"spec", "points", "memories", "searched"} and
         [m["memory"] for m in table["memories"]] == ["zen4-core " + x for x in ("L1", "L2", "L3")],
         done, "search as JSON")
    for memory in table["memories"]:
        fits = [row for row in memory["table"] if row["fits"]]
        b.ok(memory["best"]["ratio"] == "1" and memory["best"]["closed_form"] and
             all(int(row["footprint"]) <= int(memory["words"][0]) for row in fits) and
             [int(r["traffic"]) for r in fits] == sorted(int(r["traffic"]) for r in fits),
             done, "rows of " + memory["memory"])
    small = ("search", b.spec("causal"), "--at", "n=60,m=64,d=8,S=400", "--schedule", "flash")
    first, again = (b.expect(0, *small, has="flash") for _ in range(2))
    b.ok(first.stdout == again.stdout and "naive" not in again.stdout, again, "not the same")
    b.refused(1, "E0614", "search", b.spec("sdpa"), "--at", "n=64,m=64,d=64,S=9",
              has=("smallest footprint: 72 words", "at n=64,m=64,d=64,S=9"))
    b.refused(2, "E0902", "search", b.spec("sdpa"), "--machine", "none", has="zen4-core")
    for words, has in ((h200 + ("--level", "L9"), "its memories are shared"),
                       (h200 + ("--at", "n=x"), "expected NAME=NUMBER"),
                       (("search", b.spec("sdpa"), "--machine", "abstract"), "say S=WORDS"),
                       (("search", b.spec("sdpa")), "say S=WORDS"),
                       (("search", b.spec("alibi"), "--machine", "h200-sm"), "say --at"),
                       (("search", b.spec("sdpa"), "--machine", "zen4-core", "-o", found),
                        "say which memory")):
        b.refused(2, "E0911", *words, has=has)


def check_build(b):
    tree = b.path("a tree")
    for folder in ("spec", "extract/schedules", "kernels", "certificates"):
        shutil.copytree(b.report.path(folder), os.path.join(tree, folder),
                        ignore=shutil.ignore_patterns("audit"))
    # A part of the suite is enough here; hygiene/check_reproducible builds all of it.
    names = ("sdpa_flash", "causal_flash", "causal_naive", "gqa_naive", "gqa_two_pass")
    for path in glob.glob(os.path.join(tree, "kernels/cpu/*.cpp")) + glob.glob(
            os.path.join(tree, "kernels/include/minimoa/*.h")) + glob.glob(
                os.path.join(tree, "certificates/*.cert.json")):
        if os.path.basename(path).split(".")[0] not in names:
            os.remove(path)
    with open(os.path.join(tree, "extract/suite.txt"), "w") as file:
        for spec, schedule in (name.split("_", 1) for name in names):
            file.write("spec/attention/%s.moa extract/schedules/%s.sched\n" % (spec, schedule))
    b.expect(0, "build", "--root", tree, "-j", "2")
    clean = snapshot(tree)
    for name in names:
        for path in ("kernels/cpu/%s.cpp", "kernels/include/minimoa/%s.h",
                     "certificates/%s.cert.json"):
            committed = open(b.report.path(path % name), "rb").read()
            b.report.check(open(os.path.join(tree, path % name), "rb").read() == committed,
                           path % name + " is not what is committed")
    b.expect(0, "build", "--check", "--root", tree, "-j", "2", has="no drift")

    def drift(path, change, word):
        full = os.path.join(tree, path)
        old = open(full, "rb").read() if os.path.exists(full) else None
        change(full, old)
        before = snapshot(tree)
        done = b.expect(1, "build", "--check", "--root", tree, "-j", "2",
                        has="%s: %s" % (word, path))
        b.ok(snapshot(tree) == before, done, "wrote something")
        if old is None:
            os.remove(full)
        else:
            with open(full, "wb") as file:
                file.write(old)

    def one_byte(full, old):
        at = len(old) - 40
        with open(full, "wb") as file:
            file.write(old[:at] + bytes([old[at] ^ 1]) + old[at + 1:])

    def copy(full, old):
        shutil.copy(os.path.join(tree, "kernels/cpu/sdpa_flash.cpp"), full)

    drift("kernels/cpu/sdpa_flash.cpp", one_byte, "drift")
    drift("kernels/include/minimoa/gqa_naive.h", one_byte, "drift")
    drift("kernels/MANIFEST.json", one_byte, "drift")
    drift("certificates/causal_flash.cert.json", lambda full, old: os.remove(full), "missing")
    drift("kernels/cpu/other_flash.cpp", copy, "extra")
    drift("certificates/other.cert.json", copy, "extra")
    b.report.check(snapshot(tree) == clean, "the tree is not as before")
    for text, error in (("", "E0909"), ("one_word\n", "E0909"), ("../x.moa y.sched\n", "E0909"),
                        ("spec/attention/sdpa.moa extract/schedules/flash.sched\n" * 2, "E0914"),
                        ("spec/none.moa extract/schedules/flash.sched\n", "E0902")):
        with open(os.path.join(tree, "other.txt"), "w") as file:
            file.write(text)
        b.refused(2, error, "build", "--check", "--root", tree, "--suite", "other.txt")
    b.refused(2, "E0902", "build", "--check", "--root", tree, "--suite", "none.txt")
    for name in ("sdpa_flash", "causal_naive", "gqa_two_pass"):
        b.audit(0, os.path.join(tree, "certificates", name + ".cert.json"), tree)


# ---------------------------------------------------------------- bad input

def check_bad_specs(b):
    good = b.report.read("spec/attention/sdpa.moa")
    cases = [
        ("empty", "", 2, "E0102"), ("garbage", bytes(range(256)) * 8, 2, "E0101"),
        ("nul", good.replace("sdpa", "sd\0pa"), 2, "E0101"),
        ("long", good + "#" * (1 << 20), 2, "E0107"),
        ("deep", good.replace("let X = ", "let X = " + "(" * 100000), 2, "E0107"),
        ("wide", good.replace("let X = ", "let X = " + "Q + " * 100000), 2, "E0107"),
        ("cut", good[:-20], 2, "E0102"), ("digits", good.replace("<2 2>", "<2 %s>" % ("9" * 200)),
                                          2, "E0106"),
        ("name", good.replace("sqrt(D)", "sqrt(E)"), 2, "E0104"),
        ("reserved", good.replace("dims B", "dims size"), 2, "E0105"),
        ("axes", good.replace("(<0 1 3 2> tran K)", "K"), 1, "E0201"),
        ("shape", good.replace("f32[B,H,S,D]\nlet", "f32[B,H,S,T]\nlet"), 1, "E0207"),
        ("permutation", good.replace("<0 1 3 2>", "<0 1 3 3>"), 1, "E0208"),
        ("type", good.replace("f32[B,H,T,D]\n", "f64[B,H,T,D]\n"), 2, "E0110"),
        ("twice", good + "O = X\n", 2, "E0109")]
    for name, text, code, error in cases:
        path = b.write("bad_%s.moa" % name, text)
        for words in (("check", path), ("show", path),
                      ("prove", path, "--schedule", "flash", "-o", b.path("never.json")),
                      ("emit", path, "--schedule", "flash", "-o", b.path("never")),
                      ("run", path, "--schedule", "flash", "--out", b.path("never.npy"))):
            b.refused(code, error, *words)
    for command in ("check", "fmt", "show", "run"):
        b.refused(2, "E0902", command, b.work)
        if os.path.exists("/dev/zero"):
            b.refused(2, "E0902", command, "/dev/zero")
        loop = b.path("loop.moa")
        if not os.path.islink(loop):
            os.symlink("loop.moa", loop)
        b.refused(2, "E0902", command, loop)


def check_bad_schedules(b):
    flash = b.report.read("extract/schedules/flash.sched")
    cases = [("axis", flash.replace("tile row", "tile rows"), "E0503"),
             ("parallel", flash.replace("parallel batch", "parallel bach"), "E0503"),
             ("column", flash.replace("tile key", "tile col"), "E0504"),
             ("stage", flash.replace("stage row", "stage col"), "E0505"),
             ("untiled", "schedule x\nsoftmax online\n", "E0506"),
             ("one_tile", flash.replace("tile key 64\n", ""), "E0506"),
             ("directive", flash + "unroll row 4\n", "E0501"),
             ("words", flash.replace("tile row 64", "tile row"), "E0501"),
             ("softmax", flash.replace("online", "offline"), "E0501"),
             ("again", flash + "softmax online\n", "E0508"),
             ("nothing", "", "E0509"), ("no_name", flash.replace("schedule flash\n", ""), "E0509"),
             ("both", flash + "materialise scores\n", "E0510"),
             ("garbage", bytes(range(256)), "E0507"), ("megabytes", flash * 9999, "E0507"),
             ("path", flash.replace("schedule flash", "schedule ../../x"), "E0501")]
    for size in ("0", "-1", "65537", "99999999999999999999", "1e3", "0x10", "08"):
        cases.append(("tile" + size, flash.replace("tile row 64", "tile row " + size), "E0502"))
    for name, text, error in cases:
        path = b.write("bad_%s.sched" % name, text)
        for words in (("prove",), ("emit", "-o", b.path("never")), ("show", "--stage", "loop")):
            b.refused(2, error, words[0], b.spec("sdpa"), "--schedule", path, *words[1:])
    for spec in ("sdpa", "causal_window", "paged_decode"):
        b.refused(2, "E0503", "prove", b.spec(spec), "--schedule", b.path("bad_parallel.sched"))
    b.refused(1, "E0604", "prove", b.spec("paged_decode"), "--schedule", "naive")
    b.refused(2, "E0902", "prove", b.spec("sdpa"), "--schedule", b.work)


def check_bad_arrays(b):
    shape = [1, 1, 2, 3]
    good = {n: npy(b.path("good_%s.npy" % n), shape, [0.1] * 6) for n in "QKV"}
    with open(good["Q"], "rb") as file:
        bytes_ = file.read()
    kernel = os.path.join(b.report.build, "kernels", "libminimoa_sdpa_flash.so")

    def words(spec="sdpa", library=kernel, out="never.npy", **files):
        given = dict(good, **files)
        return ["run", b.spec(spec), "--kernel", library, "--out", b.path(out)] + [
            w for n, f in given.items() if f is not None for w in ("--in", "%s=%s" % (n, f))]

    cases = {
        "f8": (npy(b.path("a1.npy"), shape, [0.1] * 6, "<f8"), "E0908"),
        "i4": (npy(b.path("a2.npy"), shape, [1] * 6, "<i4"), "E0908"),
        "big": (npy(b.path("a3.npy"), shape, [1] * 6, ">f4"), "E0901"),
        "bytes": (npy(b.path("a4.npy"), shape, [1] * 6, "|u1"), "E0901"),
        "order": (npy(b.path("a5.npy"), shape, [1] * 6, fortran="True"), "E0901"),
        "rank": (npy(b.path("a6.npy"), [2, 3], [1] * 6), "E0907"),
        "extent": (npy(b.path("a7.npy"), [1, 1, 2, 4], [1] * 8), "E0907"),
        "zero": (npy(b.path("a8.npy"), [1, 1, 0, 3], []), "E0702 E0904"),
        "cut": (b.write("a9.npy", bytes_[:-1]), "E0901"),
        "cut_header": (b.write("a10.npy", bytes_[:40]), "E0901"),
        "more": (b.write("a11.npy", bytes_ + b"\0"), "E0901"),
        "nothing": (b.write("a12.npy", ""), "E0901"),
        "noise": (b.write("a13.npy", random.Random(1).randbytes(5000)), "E0901"),
        "version": (npy(b.path("a14.npy"), shape, [1] * 6, version=b"\x03\x00"), "E0901"),
        "huge": (npy(b.path("a15.npy"), shape, [1] * 6, shape_text="(1, 1, 99999999999, 99)"),
                 "E0901"),
        "wraps": (npy(b.path("a16.npy"), shape, [1] * 6,
                      shape_text="(4294967296, 4294967296, 2, 3)"), "E0901"),
        "negative": (npy(b.path("a17.npy"), shape, [1] * 6, shape_text="(-1, 1, 2, 3)"), "E0901"),
        "code": (npy(b.path("a18.npy"), shape, [1] * 6, shape_text="(__import__('os'), 3)"),
                 "E0901"),
        "missing": (b.path("none.npy"), "E0902"), "folder": (b.work, "E0902"),
        "left out": (None, "E0907")}
    if os.path.exists("/dev/zero"):
        cases["device"] = ("/dev/zero", "E0902")
    for path, error in cases.values():
        b.refused(2, error, *words(Q=path))
    b.refused(2, "E0907", *words(), "--in", "Q=" + good["Q"])
    b.refused(2, "E0907", *words(X=good["Q"]))
    b.refused(2, "E0907", *words(), "--dim", "S=3")
    b.refused(2, "E0907", *words(), "--dim", "Z=3")
    for text in ("S", "S=", "S=x", "=3", "S=99999999999999999999", "S=1.5"):
        b.refused(2, "E0911", *words(), "--dim", text)
    b.refused(2, "E0911", *words(), "--in", "Q")
    # Whole numbers outside of their range; 4.0 in f8 is taken, since no value changes.
    sizes, shapes, _ = VARIATIONS["paged_decode"]
    library = b.path("libminimoa_paged_decode_flash.so")
    inputs, _ = b.tensors(sizes, shapes)
    for name, extents, bad in (("table", [2, 3], 5), ("table", [2, 3], -1), ("len", [2], 0),
                               ("len", [2], 13)):
        kept = [w for w in inputs if not w.startswith(name + "=")]
        kept = [w for k, w in enumerate(kept) if w != "--in" or kept[k + 1:k + 2] != ["--in"]]
        kept = kept[:-1] if kept[-1] == "--in" else kept
        path = npy(b.path("range.npy"), extents, [1] * (product(extents) - 1) + [bad], "<i4")
        b.refused(1, "E0703", "run", b.spec("paged_decode"), "--kernel", library, *kept, "--in",
                  "%s=%s" % (name, path), "--out", b.path("never.npy"), has=str(bad))
    b.expect(0, *words(Q=npy(b.path("whole.npy"), shape, [4.0] * 6, "<f8"), out="whole_out.npy"))
    os.remove(b.path("whole_out.npy"))


def check_bad_libraries(b):
    shape = [1, 1, 2, 3]
    inputs = [w for n in "QKV" for w in
              ("--in", "%s=%s" % (n, npy(b.path("good_%s.npy" % n), shape, [0.1] * 6)))]
    text = b.write("libminimoa_sdpa_text.so", "not a library")
    sdpa = os.path.join(b.report.build, "kernels", "libminimoa_sdpa_flash.so")
    never = ["--out", b.path("never.npy")]
    for words in (["--schedule", "none"], ["--schedule", "../flash"], [],
                  ["--kernel", b.path("libminimoa_sdpa_none.so")], ["--kernel", text],
                  ["--kernel", b.work], ["--kernel", sdpa, "--schedule", "naive"]):
        b.refused(2, "E0906", "run", b.spec("sdpa"), *words, *inputs, *never)
    b.refused(2, "E0906", "run", b.spec("causal"), "--kernel", sdpa, *inputs, *never)
    b.refused(2, "E0906", "run", b.spec("causal"), "--kernel", sdpa, "--schedule", "flash", *inputs,
              *never)
    # The same names, another spec: the size of the arguments tells.
    other = b.write("other.moa", b.report.read("spec/attention/sdpa.moa").replace(
        "T, D\n", "T, D, E\n").replace("V : f32[B,H,T,D]", "V : f32[B,H,T,E]").replace(
            "O : f32[B,H,S,D]", "O : f32[B,H,S,E]"))
    b.refused(2, "E0904", "run", other, "--kernel", sdpa, *inputs, *never, has="status 1")
    b.refused(2, "E0911", "run", b.spec("sdpa"), "--kernel", sdpa, "--threads", "0", *inputs)


def check_bad_outputs(b):
    shape = [1, 1, 2, 3]
    inputs = [w for n in "QKV" for w in
              ("--in", "%s=%s" % (n, npy(b.path("good_%s.npy" % n), shape, [0.1] * 6)))]
    kernel = os.path.join(b.report.build, "kernels", "libminimoa_sdpa_flash.so")
    folder, file = b.path("a_folder"), b.write("a_file", "kept")
    os.mkdir(folder)
    places = [folder, os.path.join(file, "x"), b.path("no", "such", "x") + "/"]
    if os.path.isdir("/proc/self"):
        places.append("/proc/none/x")
    if os.geteuid() != 0:
        closed = b.path("closed")
        os.mkdir(closed)
        os.chmod(closed, 0o555)
        places.append(os.path.join(closed, "x"))
    for place in places:
        b.refused(2, "E0903", "run", b.spec("sdpa"), "--kernel", kernel, *inputs, "--out", place)
        if not place.endswith("/"):
            b.refused(2, "E0903", "prove", b.spec("sdpa"), "--schedule", "flash", "-o", place)
    for place in places[1:2] + places[3:] + [file]:
        b.refused(2, "E0903", "emit", b.spec("sdpa"), "--schedule", "flash", "-o", place)
    taken = b.path("taken")
    os.makedirs(os.path.join(taken, "certificates", "sdpa_flash.cert.json"))
    b.refused(2, "E0903", "emit", b.spec("sdpa"), "--schedule", "flash", "-o", taken)
    os.rmdir(os.path.join(taken, "certificates", "sdpa_flash.cert.json"))
    os.rmdir(os.path.join(taken, "certificates"))
    b.write("taken/certificates", "a file where a folder should be")
    b.refused(2, "E0903", "emit", b.spec("sdpa"), "--schedule", "flash", "-o", taken)
    outside = b.write("outside.moa", b.report.read("spec/attention/sdpa.moa"))
    b.refused(2, "E0912", "emit", outside, "--schedule", "flash")


def hostile_proofs():
    """Proofs that grow: degree, number of terms, digits, depth, length."""
    lin = ["lin", "0", [["1", 10], ["1", 20]]]
    double = [["mul", k, k] for k in range(21, 40)]
    wide = [["1", [[k, 1]]] for k in range(5)]
    return {
        "degree": [["sq", [["1", [[0, 64]]]]]] + double,
        "exponent": [["sq", [["1", [[0, 10**18]]]]], lin],
        "terms": [["sq", wide]] + double,
        "digits": [["sq", [["9" * 1999, []]]]] + double,
        "coefficient": [["lin", "9" * 5000, [["1", 10]]]],
        "decimal": [["lin", "1e" + "9" * 200, [["1", 10]]]],
        "fraction": [["lin", "1/" + "0" * 200, [["1", 10]]]],
        "steps": [["mul", 0, 0]] * 6000,
        "facts": [["mul", 0, 10**15], lin],
        "splits": split(150)}


def split(depth):
    proof = end = [["lin", "0", [["1", 10], ["1", 20]]]]
    for _ in range(depth):
        proof = [["split", [["1", [[0, 1]]]], proof, end]]
    return proof


def check_hostile_certificates(b):
    home = b.path("home")
    b.expect(0, "emit", b.spec("sdpa"), "--schedule", "flash", "-o", home)
    place = os.path.join(home, "certificates", "sdpa_flash.cert.json")
    with open(place) as file:
        good = file.read()
    b.audit(0, place, home)
    value = json.loads(good)

    def hostile(name, text, code=(1, 2)):
        path = b.write("hostile.cert.json", text)
        done = b.audit(code, path, home)
        b.ok(done.returncode >= 0, done, "crashed on " + name)
        if os.environ.get("CLI_TEST_TIMES"):
            print("  after " + name, flush=True)

    def edited(name, change, code=(1, 2)):
        copy = json.loads(good)
        change(copy)
        hostile(name, json.dumps(copy), code)

    for n in range(0, len(good), 997):
        hostile("the first %d bytes" % n, good[:n])
    hostile("duplicate key", good.replace('"format"', '"format":"minimoa.cert/1","format"', 1), 1)
    hostile("long exponent", good.replace('"dnf":', '"dnf":1e%s,"x":' % ("9" * 200), 1), 1)
    hostile("long integer", good.replace('"dnf":', '"dnf":%s,"x":' % ("9" * 200), 1), 1)
    hostile("long minus", good.replace('"dnf":', '"dnf":-', 1), 1)
    hostile("depth bomb", "[" * 1000000, 1)
    hostile("depth bomb, objects", '{"a":' * 100000, 1)
    hostile("20 MB", good + " " * 20000000, 1)
    hostile("15 MB of one list", '{"steps":[' + "0," * 7000000 + "0]}", 1)
    hostile("15 MB of one string", '{"format":"' + "a" * 15000000 + '"}', 1)
    hostile("noise", random.Random(7).randbytes(4096), 1)
    hostile("noise after", good.encode() + b"\0\xff", 1)
    hostile("not UTF-8", good.encode().replace(b"minimoa.cert/1", b"minimoa\xff/1"), 1)
    hostile("surrogate", good.replace("minimoa.cert/1", "\\ud800"), 1)
    hostile("null", "null", 1)
    for name, proof in hostile_proofs().items():
        edited("proof: " + name, lambda c, p=proof: c["safe"].__setitem__(0, p), 1)
    edited("no proofs", lambda c: c.update(safe=[]), 1)
    edited("a million proofs", lambda c: c.update(safe=[[]] * 1000000), 1)
    edited("term depth", lambda c: c["steps"][0]["sub"].update({"?n": "(+ 1 " * 100000}), 1)
    edited("term size", lambda c: c["steps"][0]["sub"].update({"?n": "(+ %s)" % ("1 " * 300000)}),
           1)
    edited("digits in a term", lambda c: c.update(workspace="9" * 100000), 1)
    edited("many steps", lambda c: c.update(steps=c["steps"][:1] * 20001), 1)
    edited("position", lambda c: c["steps"][0].update(at=[10**15]), 1)
    edited("long position", lambda c: c["steps"][0].update(at=[0] * 100000), 1)
    edited("witness", lambda c: c["witness"].update(B="9" * 1000), 1)
    edited("unknown key", lambda c: c.update(extra=1), 1)
    for key in value:
        edited("without " + key, lambda c, k=key: c.pop(k), 1)
        for other in (None, [], {}, 0, "x", [[[[]]]]):
            if other != value[key]:
                edited("%s = %r" % (key, other), lambda c, k=key, o=other: c.update({k: o}))
    hostile_paths(b, home, place, edited)
    holes = json.loads(good)
    holes["safe"][0] = {"hole": "no-witness"}
    rehash(home, "sdpa_flash", json.dumps(holes))
    b.audit(3, place, home, has="HOLEY")


def hostile_paths(b, home, place, edited):
    os.symlink("loop.json", b.path("loop.json"))
    b.audit((1, 2), b.path("loop.json"), home)
    b.audit((1, 2), b.path("none.json"), home)
    b.audit((1, 2), home, home)
    b.audit((1, 2), place, b.path("none"))
    os.symlink("loop", os.path.join(home, "spec", "loop"))
    os.symlink("/etc", os.path.join(home, "spec", "out"))
    os.mkfifo(os.path.join(home, "spec", "pipe"))
    if os.path.exists("/dev/zero"):
        os.symlink("/dev/zero", os.path.join(home, "spec", "zero"))
    for path in ("../" * 30 + "etc/passwd", "/etc/passwd", "spec/../../x", "spec/loop",
                 "spec/out/passwd",
                 "spec/pipe", "spec/zero", "spec", "", ".", "spec/\0x", "a" * 5000, "spec//x"):
        edited("spec path %r" % path[:40], lambda c: c["spec"].update(path=path))
        edited("kernel path %r" % path[:40], lambda c: c["kernel"].update(path=path))
        edited("rules path %r" % path[:40], lambda c: c["rules"][0].update(path=path))


CHECKS = (check_paper_example, check_show, check_variations, check_format, check_explain,
          check_exit_codes, check_theorem_table, check_fitted_tiles, check_search, check_broken_root, check_build,
          check_bad_specs,
          check_bad_schedules, check_bad_arrays,
          check_bad_libraries, check_bad_outputs, check_hostile_certificates)


def main():
    bench = Bench()
    with tempfile.TemporaryDirectory(prefix="minimoa-cli-") as folder:
        bench.work = folder
        for check in CHECKS:
            if bench.report.options.only not in check.__name__:
                continue
            before = bench.report.passed, bench.report.failed
            check(bench)
            print("%-28s %d passed, %d failed" % (
                check.__name__[6:].replace("_", " "), bench.report.passed - before[0],
                bench.report.failed - before[1]), flush=True)
    bench.report.finish()


if __name__ == "__main__":
    main()
