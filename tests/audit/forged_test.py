#!/usr/bin/env python3
"""Forged certificates: each claims something false, so the audit must say INVALID.

usage: forged_test.py --root ROOT --build BUILD [--audit AUDITOR]
ROOT holds spec/rules (and, for the edited ones, committed certificates and
kernels). Small specs, kernels and certificates are written here by hand from
certificates/FORMAT.md. `control` must be VALID: it shows that the hand-written
frame is right. A forged case is right but for one thing: of its claims exactly one, which is
named here, is INVALID, so that no case is refused for a reason that is not its own.
Prints `N passed, N failed`.
"""
import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

DIM, STEP = 2 ** 24, 2 ** 36


def sha(data):
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def lin(*facts, c=0):
    """One fact: c + sum k*fact; a fact is a number or (multiplier, number)."""
    return ["lin", str(c), [[str(f[0]), f[1]] if isinstance(f, tuple) else ["1", f]
                            for f in facts]]


def hyp(k, n):
    """The goal is hypothesis k; the negated goal is fact n."""
    return [lin(k, n)]


OFFSET1 = [["mul", 1, 2], lin(5, 4, (DIM - 1, 3))]  # FORMAT 7, rank 1
OFFSET2 = [["mul", 1, 2], ["mul", 5, 6],
           lin(9, 10, 8, (DIM - 1, 3), (DIM - 1, 7))]


def frame(k, dims, arrays, body, scratch="0", workspace="0", tasks="1",
          unrank="", requires=()):
    """FORMAT 8.1 with one phase; arrays: (name, rank, "f" or "i"), output last."""
    members = "".join(f"std::int64_t {d};\n" for d in dims)
    for n, (name, rank, kind) in enumerate(arrays):
        ctype = "std::int32_t* " if kind == "i" else "float* "
        const = "" if n + 1 == len(arrays) else "const "
        members += f"{const}{ctype}{name}; std::int64_t {name}_s[{max(rank, 1)}];\n"
    checks = "".join(f"if (a.{d} < 1 || a.{d} > kMaxDim) {{ return 2; }}\n" for d in dims)
    checks += "".join(f"if (!({r})) {{ return 3; }}\n" for r in requires)
    for name, rank, _ in arrays:
        for x in range(rank):
            checks += (f"if (a.{name}_s[{x}] < 0 || a.{name}_s[{x}] > kMaxStride)"
                       " { return 4; }\n")
    checks += "".join(f"if (a.{name} == nullptr) {{ return 5; }}\n" for name, _, _ in arrays)
    line = ("float* const scratch = a.scratch; static_cast<void>(scratch);"
            " static_cast<void>(worker);" if scratch == "0" else
            "float* const scratch = a.scratch + worker * @K_scratch(&a);"
            " static_cast<void>(scratch);")
    text = """#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
extern "C" {
typedef void (*@K_task)(void*, std::int64_t, std::int64_t);
struct @K_args { std::size_t size; @MEMBERS
  float* workspace; float* scratch; std::int64_t workers;
  void (*parallel_for)(void*, std::int64_t, @K_task, void*);
  void* parallel_context;
};
std::int32_t @K_check(const struct @K_args* p);
std::int64_t @K_workspace(const struct @K_args* p);
std::int64_t @K_scratch(const struct @K_args* p);
std::int32_t @K_run(const struct @K_args* p);
}
namespace {
constexpr std::int64_t kMaxDim = 16777216;
constexpr std::int64_t kMaxStride = 68719476736;
constexpr std::int64_t kMaxCount = 1099511627776;
constexpr float kBottom = -std::numeric_limits<float>::infinity();
[[maybe_unused]] inline float maximum(float x, float y) { return x < y ? y : x; }
[[maybe_unused]] inline float minimum(float x, float y) { return y < x ? y : x; }
[[maybe_unused]] inline float expsub(float x, float y) {
  return x == kBottom ? 0.0f : std::exp(x - y); }
[[maybe_unused]] inline std::int64_t product(std::int64_t x, std::int64_t y) {
  return x < 0 || y < 0 || (y != 0 && x > kMaxCount / y) ? -1 : x * y; }
[[maybe_unused]] inline std::int64_t total(std::int64_t x, std::int64_t y) {
  return x < 0 || y < 0 || x > kMaxCount - y ? -1 : x + y; }
void phase_0(void* data, std::int64_t task, std::int64_t worker) {
  const @K_args& a = *static_cast<const @K_args*>(data);
  @LINE
  std::int64_t rest = task;
  @UNRANK static_cast<void>(rest);
  @BODY
}
}
extern "C" {
std::int32_t @K_check(const struct @K_args* p) {
  if (p == nullptr || p->size != sizeof(struct @K_args)) { return 1; }
  const @K_args& a = *p; static_cast<void>(a); @CHECKS
  return 0;
}
std::int64_t @K_workspace(const struct @K_args* p) {
  if (@K_check(p) != 0) { return -1; }
  const @K_args& a = *p; static_cast<void>(a);
  return @WORKSPACE;
}
std::int64_t @K_scratch(const struct @K_args* p) {
  if (@K_check(p) != 0) { return -1; }
  const @K_args& a = *p; static_cast<void>(a);
  return @SCRATCH;
}
std::int32_t @K_run(const struct @K_args* p) {
  const std::int32_t status = @K_check(p);
  if (status != 0) { return status; }
  const @K_args& a = *p;
  const std::int64_t workspace = @K_workspace(p);
  const std::int64_t scratch = @K_scratch(p);
  const std::int64_t workers = a.workers < 1 ? 1 : a.workers;
  if (workspace < 0 || product(workers, scratch) < 0) { return 6; }
  if (workspace > 0 && a.workspace == nullptr) { return 7; }
  if (scratch > 0 && a.scratch == nullptr) { return 8; }
  const std::int64_t tasks_0 = @TASKS;
  if (tasks_0 < 0) { return 6; }
  if (a.parallel_for == nullptr) {
    for (std::int64_t t = 0; t < tasks_0; ++t) {
      phase_0(const_cast<struct @K_args*>(p), t, 0); }
  } else {
    a.parallel_for(a.parallel_context, tasks_0, phase_0, const_cast<struct @K_args*>(p));
  }
  return 0;
}
}
"""
    for hole, value in [("@LINE", line), ("@MEMBERS", members), ("@CHECKS", checks),
                        ("@BODY", body), ("@UNRANK", unrank), ("@TASKS", tasks),
                        ("@WORKSPACE", workspace), ("@SCRATCH", scratch), ("@K", k)]:
        text = text.replace(hole, value)
    return text


class Bench:
    """A scratch tree beside the rules; audits what is put into it."""

    def __init__(self, auditor, root):
        self.auditor, self.root = auditor, root
        self.dir = tempfile.mkdtemp(prefix="forged")
        shutil.copytree(os.path.join(root, "spec"), os.path.join(self.dir, "spec"))
        shutil.copytree(os.path.join(root, "extract", "instr"),
                        os.path.join(self.dir, "extract", "instr"))
        for d in ("certificates", "kernels/cpu"):
            os.makedirs(os.path.join(self.dir, d))
        self.passed = self.failed = 0

    def write(self, path, text):
        with open(os.path.join(self.dir, path), "w") as out:
            out.write(text)

    def rules(self):
        names = sorted(os.listdir(os.path.join(self.dir, "spec/rules")))
        return [{"path": "spec/rules/" + n,
                 "sha256": sha(open(os.path.join(self.dir, "spec/rules", n), "rb").read())}
                for n in names if n.endswith(".rules")]

    def audit(self, cert, body):
        """Writes certificate and kernel with fresh hashes; returns verdict, text."""
        cert["kernel"]["body_sha256"] = sha(body)
        text = json.dumps(cert, indent=1)
        self.write("certificates/x.cert.json", text)
        self.write(cert["kernel"]["path"],
                   "// certificate certificates/x.cert.json sha256 " + sha(text) +
                   "\n// ---- body ----\n" + body)
        done = subprocess.run([self.auditor, "--root", self.dir,
                               os.path.join(self.dir, "certificates/x.cert.json")],
                              capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr

    def expect(self, name, why, cert, body):
        """why: None for VALID, else "claim [code]" of the only claim that is INVALID."""
        got, text = self.audit(cert, body)
        wrong = [l.strip().replace(": INVALID", "") for l in text.splitlines()
                 if l.startswith("  ") and ": INVALID [" in l and "[unchecked]" not in l]
        good = got == 0 and not wrong if why is None else (
            got == 1 and len(wrong) == 1 and wrong[0].startswith(why))
        self.passed += good
        self.failed += not good
        if not good or os.environ.get("VERBOSE"):
            lines = [l for l in text.splitlines() if "assumes" not in l]
            print(("ok   " if good else "FAIL ") + name + "\n    " + "\n    ".join(lines[:6]))

    def hand(self, name, spec, dims, arrays, steps, spec_proofs, safe, cover, body,
             why="equal [proof]", scratch="0", divisors=(), requires=(), words="1", nests=0):
        """words: the footprint; nests: how many there are, for which no sums are claimed."""
        self.write("spec/forged.moa", spec)
        sched = "by hand"
        cert = {"format": "minimoa.cert/1",
                "spec": {"path": "spec/forged.moa", "sha256": sha(spec)},
                "rules": self.rules(),
                "schedule": {"name": "hand", "text": sched, "sha256": sha(sched)},
                "kernel": {"path": "kernels/cpu/x.cpp", "body_sha256": "",
                           "target": "portable", "flags": "-std=c++17 -O2"},
                "witness": {d: "1" for d in dims}, "divisors": list(divisors),
                "spec_proofs": spec_proofs, "stages": {"dnf": 0, "onf": 0},
                "steps": steps, "safe": safe, "cover": cover, "workspace": "0",
                "costs": {"footprint": [words], "traffic": [],
                          "nests": [{"sums": [], "proofs": []}] * nests},
                "theorems": [], "product": {}, "ratios": [], "attention": {},
                "producer": {}, "instructions": {}, "place": {}}
        self.expect(name, why, cert,
                    frame("minimoa_x_hand", dims, arrays, body, scratch=scratch,
                          requires=requires))


def step(rule, at, sub, proofs=(), rl=False, **names):
    return {"rule": rule, "dir": "rl" if rl else "lr", "at": at,
            "sub": {"?" + k: v for k, v in sub.items()}, "names": names,
            "proofs": list(proofs)}


# O[i] = A[i]; the term after START is (for (i N) (put (vec i) (psi (vec i) A))).
SPEC = "spec x\ndims N\nin A : f32[N]\nout O : f32[N]\nO = A\n"
ARRAYS = [("A", 1, "f"), ("O", 1, "f")]
E = [1, 1]  # position of the value that is put
START = [step("eta", [0], {"E": "A", "n": "N"}),
         step("put-gen", [], {"p": "(seq)", "n": "N", "e": "(fn (i) (psi (vec i) A))"})]
GAMMA = lambda at, index="i": step("gamma-strided", at, {"p": f"(seq {index})", "A": "A"})
PUT = [hyp(2, 4), hyp(3, 4)]
FALSE = []  # the proof of an obligation that does not hold: complete, and refused
ARRAY = [hyp(1, 2), OFFSET1] * 2
ONCE = [hyp(7, 8), hyp(2, 4), hyp(3, 4), [], []]  # and cover
TAIL = ARRAY + ONCE  # with obligations of storage between the two, if there are any
COVER = [["i", "o0"]]
LOOP = "for (std::int64_t i_0 = 0; i_0 < a.N; ++i_0) {"
WRONG = (LOOP + " float sel_1 = 0.0f; if ((i_0 < 0LL)) { sel_1 = a.A[(i_0 * a.A_s[0])]; }"
         " else { sel_1 = static_cast<float>(7LL); } a.O[(i_0 * a.O_s[0])] = sel_1; }")


def gen_spec(expr, extra="", out="N"):
    return f"spec x\ndims N{extra}\nin A : f32[N]\nout O : f32[{out}]\nO = gen(i in N) {expr}\n"


def out_of_range(make, index, array, extent, fact, undo, start=START, at=E):
    """`make` turns the value at `at` into (psi (vec index) array) with an index
    out of range; the body of gen is rewritten where v < extent; psi-gen takes it
    back out. The value has become (if (< index extent) .. (real 7))."""
    value = f"(psi (vec v) {array})"
    return start + make + [
        step("eta", at + [1], {"E": array, "n": extent}, i="v"),
        step("guard-intro", at + [1, 1], {"g": f"(< v {extent})", "x": value,
                                          "y": "(real 7)"}, [fact]),
        step("psi-gen", at, {"i": index, "n": extent, "p": "(seq)",
                             "e": f"(fn (v) (if (< v {extent}) {value} (real 7)))"}),
        step("psi-empty", at, {"A": f"(if (< {index} {extent}) (psi (vec {index}) {array})"
                                    " (real 7))"})] + undo


def rule_cases(b):
    b.hand("control", SPEC, ["N"], ARRAYS, START + [GAMMA(E)], [],
           PUT + PUT + TAIL, COVER,
           LOOP + " a.O[(i_0 * a.O_s[0])] = a.A[(i_0 * a.A_s[0])]; }", why=None)

    # psi-take rl: k = 0; inside (gen (v 0) ..) everything is provable.
    take = {"i": "i", "k": "0", "p": "(seq)", "A": "A"}
    b.hand("psi-take rl: any value becomes 7", SPEC, ["N"], ARRAYS,
           out_of_range([step("psi-take", E, take, [hyp(2, 4), FALSE], rl=True)], "i",
                        "(take 0 A)", "0",
                        hyp(5, 6),
                        [step("psi-take", E + [1], take), GAMMA(E + [1])]),
           [], PUT + [hyp(2, 5), hyp(3, 5)] + TAIL, COVER, WRONG, words="2", nests=1)

    # psi-iota rl: (real i) = (psi (vec i) (iota 0)).
    iota = {"i": "i", "n": "0"}
    spec = gen_spec("i")
    b.hand("psi-iota rl: i becomes 7", spec, ["N"], ARRAYS,
           out_of_range([step("psi-iota", E, iota, [hyp(2, 4), FALSE], rl=True)], "i",
                        "(iota 0)", "0",
                        hyp(5, 6), [step("psi-iota", E + [1], iota)],
                        start=[step("put-gen", [], {"p": "(seq)", "n": "N",
                                                    "e": "(fn (i) (real i))"})]),
           [], PUT + TAIL, COVER,
           LOOP + " float sel_1 = 0.0f; if ((i_0 < 0LL)) { sel_1 = static_cast<float>(i_0); }"
           " else { sel_1 = static_cast<float>(7LL); } a.O[(i_0 * a.O_s[0])] = sel_1; }", words="2")

    # psi-drop rl: (+ (- i N) N) selected from A; (drop N A) is empty.
    drop = {"i": "(- i N)", "k": "N", "p": "(seq)", "A": "A"}
    spec = gen_spec("A[(i - N) + N]")
    at_a = "(psi (vec (+ (- i N) N)) A)"
    # (- i N): 2^62 - i + N: i <= N - 1; 2^62 + i - N: N <= 2^24.
    sub = lambda n: [[lin(3, n, c=2 ** 62)], [lin(2, 1, n, c=2 ** 62 - DIM)]]
    add = lambda n: [[lin(3, 1, n, c=2 ** 62 - DIM)], [lin(2, n, c=2 ** 62)]]
    b.hand("psi-drop rl: A[i] becomes 7", spec, ["N"], ARRAYS,
           out_of_range([step("psi-drop", E, drop, [FALSE], rl=True)], "(- i N)", "(drop N A)",
                        "(- N N)", hyp(5, 6),
                        [step("psi-drop", E + [1], drop), GAMMA(E + [1], "(+ (- i N) N)")],
                        start=[step("put-gen", [], {"p": "(seq)", "n": "N",
                                                    "e": f"(fn (i) {at_a})"})]),
           [hyp(2, 4), hyp(3, 4)],
           # put; if: (- i N), (- N N); mem; (+ (- i N) N), (- i N); all with the guard
           PUT + sub(4) + [[lin(4, c=2 ** 62)], [lin(4, c=2 ** 62)]] +
           [hyp(2, 5), hyp(3, 5)] + add(5) + sub(5) + TAIL, COVER,
           LOOP + " float sel_1 = 0.0f; if (((i_0 - a.N) < (a.N - a.N))) { sel_1 ="
           " a.A[(((i_0 - a.N) + a.N) * a.A_s[0])]; } else { sel_1 = static_cast<float>(7LL); }"
           " a.O[(i_0 * a.O_s[0])] = sel_1; }", words="2", nests=1)

    # psi-reshape rl: A[0*1 + i] is element (0, i) of the N x 1 array: i >= 1 is outside.
    shape = {"p": "(seq 0 i)", "u": "(seq N 1)", "A": "A"}
    r = "(reshape (vec N 1) A)"
    body = "(psi (vec (+ (* 0 1) i)) A)"
    inner = f"(psi (vec w) (psi (vec v) {r}))"
    guarded = f"(if (< w 1) {inner} (real 7))"
    start = [step("put-gen", [], {"p": "(seq)", "n": "N", "e": f"(fn (i) {body})"}),
             step("psi-reshape", E, shape, [FALSE], rl=True),
             step("eta", E + [2], {"E": r, "n": "N"}, i="v"),
             step("eta", E + [2, 1], {"E": f"(psi (vec v) {r})", "n": "1"}, i="w"),
             step("guard-intro", E + [2, 1, 1], {"g": "(< w 1)", "x": inner, "y": "(real 7)"},
                  [hyp(7, 8)]),
             step("psi-gen", E, {"i": "0", "n": "N", "p": "(seq i)",
                                 "e": f"(fn (v) (gen (w 1) {guarded}))"}),
             step("psi-gen", E, {"i": "i", "n": "1", "p": "(seq)", "e":
                                 "(fn (w) " + guarded.replace("(vec v)", "(vec 0)") + ")"}),
             step("psi-empty", E, {"A": "(if (< i 1) (psi (vec i) (psi (vec 0) " + r +
                                        ")) (real 7))"}),
             step("psi-psi", E + [1], {"p": "(seq 0)", "q": "(seq i)", "A": r}),
             step("psi-reshape", E + [1], shape),
             GAMMA(E + [1], "(+ (* 0 1) i)")]
    two62 = lambda n: [[lin(n, c=2 ** 62)], [lin(n, c=2 ** 62)]]
    b.hand("psi-reshape rl: A[i] becomes 7 for i >= 1", gen_spec("A[0*1 + i]"), ["N"],
           ARRAYS, start, [hyp(2, 4), hyp(3, 4)],
           PUT + [hyp(2, 5), hyp(3, 5)] + [[lin(3, 1, 5, c=2 ** 62 - DIM)],
                                           [lin(2, 5, c=2 ** 62)]] + two62(5) + TAIL,
           COVER,
           LOOP + " float sel_1 = 0.0f; if ((i_0 < 1LL)) { sel_1 ="
           " a.A[(((0LL * 1LL) + i_0) * a.A_s[0])]; } else { sel_1 = static_cast<float>(7LL); }"
           " a.O[(i_0 * a.O_s[0])] = sel_1; }", words="2", nests=1)

    # psi-omega rl: the cell of a let that nobody uses may be out of range.
    let = {"e": "(psi (vec N) A)", "b": "(fn (x) (psi (vec) (psi (vec i) A)))"}
    omega = {"p": "(seq N)", "q": "(seq)", "k": "0", "b": "(fn (x) (psi (vec i) A))", "A": "A"}
    arr = "(omega 0 (x) (psi (vec i) A) A)"
    b.hand("psi-omega rl after a dead let", SPEC, ["N"], ARRAYS,
           out_of_range([step("psi-empty", E, {"A": "(psi (vec i) A)"}, rl=True),
                         step("let-inline", E, let, rl=True),
                         step("psi-omega", E, omega, [FALSE], rl=True)],
                        "N", arr, "N", hyp(5, 6),
                        [step("psi-omega", E + [1], omega),
                         step("let-inline", E + [1], let),
                         step("psi-empty", E + [1], {"A": "(psi (vec i) A)"}),
                         GAMMA(E + [1])]),
           [], PUT + [hyp(2, 5), hyp(3, 5)] + TAIL, COVER,
           WRONG.replace("(i_0 < 0LL)", "(a.N < a.N)"), words="2")

    # psi-red-body rl: an index that is in range only where the guard holds.
    spec = ("spec x\ndims N, M\nin A : f32[M]\nout O : f32[N]\n"
            "O = gen(i in N) sum(j in N | i < M) A[i]\n")
    red = {"p": "(seq i)", "f": "add", "n": "N", "g": "(fn (j) (< i M))", "x": "(fn (j) A)"}
    arr = "(red add (j N) (< i M) A)"
    value = "(red add (j N) (< i M) (psi (vec i) A))"
    b.hand("psi-red-body rl: an empty sum becomes 7", spec, ["N", "M"], ARRAYS,
           out_of_range([step("psi-red-body", E, red, [FALSE], rl=True)], "i", arr, "M", hyp(7, 8),
                        [step("psi-red-body", E + [1], red), GAMMA(E + [1, 2])],
                        start=[step("put-gen", [], {"p": "(seq)", "n": "N",
                                                    "e": f"(fn (i) {value})"})]),
           [hyp(4, 9), hyp(8, 9)],
           [hyp(4, 6), hyp(5, 6), hyp(4, 10), hyp(6, 10), hyp(3, 4), OFFSET1,
            hyp(1, 4), OFFSET1, hyp(9, 10), hyp(4, 6), hyp(5, 6), [], []], COVER,
           LOOP + " float sel_1 = 0.0f; if ((i_0 < a.M)) { float acc_2 = 0.0f;"
           " for (std::int64_t j_3 = 0; j_3 < a.N; ++j_3) { if ((i_0 < a.M)) {"
           " acc_2 = acc_2 + a.A[(i_0 * a.A_s[0])]; } } sel_1 = acc_2; } else {"
           " sel_1 = static_cast<float>(7LL); } a.O[(i_0 * a.O_s[0])] = sel_1; }",
           words="4", nests=1)

    # psi-red rl: the column i exists only if there is a row; N = 1 has none.
    spec = ("spec x\ndims N\nrequire N <= 8\nin B : f32[N - 1, 2*(N - 1)]\n"
            "out O : f32[N]\nO = gen(i in N) sum(k in N - 1) B[k, i]\n")
    red = {"p": "(seq i)", "f": "add", "n": "(- N 1)", "A": "B"}
    value = "(red add (k (- N 1)) true (psi (vec k i) B))"
    # facts: 0 N-1, 1 2^24-N, 2 8-N, 3 i, 4 N-1-i, [5 guard], k, N-2-k, goal
    row = lambda n: [hyp(n, n + 2), hyp(n + 1, n + 2), hyp(3, n + 2),
                     [lin(4, n, n + 1, n + 2)]]
    less = lambda n: [[lin(1, n, c=2 ** 62 - DIM - 1)], [lin(0, n, c=2 ** 62 - 1)]]
    twice = lambda n: [[lin((2, 1), n, c=2 ** 62 - 2 * DIM - 2)],
                       [lin((2, 0), n, c=2 ** 62)]]
    tail = [[lin(1, 3, c=1)], [lin((2, 2), 3, c=DIM - 14)], OFFSET2, hyp(1, 3), OFFSET1,
            hyp(8, 9), hyp(3, 5), hyp(4, 5), [], []]
    b.hand("psi-red rl: an empty sum becomes 7", spec, ["N"],
           [("B", 2, "f"), ("O", 1, "f")],
           out_of_range([step("psi-red", E, red, [FALSE], rl=True)], "i", "(redf add B)",
                        "(* 2 (- N 1))", hyp(6, 7),
                        [step("psi-red", E + [1], red, k="k"),
                         step("gamma-strided", E + [1, 2], {"p": "(seq k i)", "A": "B"})],
                        start=[step("put-gen", [], {"p": "(seq)", "n": "N",
                                                    "e": f"(fn (i) {value})"})]),
           row(5),
           [hyp(3, 5), hyp(4, 5)] + twice(5) + less(5) + less(6) + row(6) + tail, COVER,
           LOOP + " float sel_1 = 0.0f; if ((i_0 < (2LL * (a.N - 1LL)))) { float acc_2 = 0.0f;"
           " for (std::int64_t k_3 = 0; k_3 < (a.N - 1LL); ++k_3) { acc_2 = acc_2 +"
           " a.B[((k_3 * a.B_s[0]) + (i_0 * a.B_s[1]))]; } sel_1 = acc_2; } else {"
           " sel_1 = static_cast<float>(7LL); } a.O[(i_0 * a.O_s[0])] = sel_1; }",
           requires=["(a.N <= 8LL)"], words="4", nests=2)

    # psi-rot rl: mod brings any index into range.
    spec = gen_spec("A[((i + N) + 0) mod N]")
    rot = {"i": "(+ i N)", "k": "0", "n": "N", "p": "(seq)", "A": "A"}
    index = "(mod (+ (+ i N) 0) N)"
    # facts with atoms N, i, q: #4 (or 5 with the guard): N-1, then a - qN, N-1-a+qN
    num = lambda n: [lin(2, 0, n)]   # i + N >= 0
    plus = lambda n: [[lin(3, (2, 1), n, c=2 ** 62 - 3 * DIM)], [lin(2, 0, n, c=2 ** 62)]]
    b.hand("psi-rot rl: A[i] becomes 7", spec, ["N"], ARRAYS,
           out_of_range([step("psi-rot", E, rot, [[lin(2, 0, 4)], FALSE], rl=True)],
                        "(+ i N)", "(rot 0 A)", "N",
                        hyp(5, 6), [step("psi-rot", E + [1], rot), GAMMA(E + [1], index)],
                        start=[step("put-gen", [], {"p": "(seq)", "n": "N", "e":
                                                    f"(fn (i) (psi (vec {index}) A))"})]),
           [hyp(5, 7), hyp(6, 7)],
           PUT + plus(4) + [hyp(6, 8), hyp(7, 8)] + [num(5)] + plus(5) + plus(5) + TAIL,
           COVER,
           LOOP + " float sel_1 = 0.0f; if (((i_0 + a.N) < a.N)) { sel_1 ="
           " a.A[((((i_0 + a.N) + 0LL) % a.N) * a.A_s[0])]; } else { sel_1 ="
           " static_cast<float>(7LL); } a.O[(i_0 * a.O_s[0])] = sel_1; }",
           divisors=[hyp(0, 2)], words="2", nests=1)


def range_cases(b):
    # An element of an empty array with an empty range: 0 <= T[0] <= -1.
    spec = ("spec x\ndims N\nin T : i32[N - N] in 0 .. 0, A : f32[N]\nout O : f32[N]\n"
            "O = A\n")
    t, g = "(psi (vec 0) T)", "(<= 0 (psi (vec 0) T))"
    value = "(psi (vec i) A)"
    steps = START + [
        step("guard-intro", E, {"g": g, "x": value, "y": "(real 0)"}, [[lin(4, 5)]]),
        step("guard-intro", E + [1], {"g": "(< i 0)", "x": value, "y": "(real 7)"},
             [[lin(5, 6)]]),
        step("guard-intro", E, {"g": g, "x": f"(if (< i 0) {value} (real 7))",
                                "y": "(real 0)"}, [[lin(4, 5)]], rl=True),
        GAMMA(E + [1])]
    b.hand("an integer input with an empty range", spec, ["N"], [("T", 1, "i")] + ARRAYS,
           steps, [FALSE], PUT + [hyp(2, 5), hyp(3, 5)] + [[], OFFSET1] + TAIL, COVER, WRONG,
           words="2", nests=1)


def storage_cases(b):
    # A leaf of negative extent: K_run returns 6 and writes nothing for N < 5.
    leaf = lambda e: step("let-inline-stmt", [], {
        "e": e, "P": "(fn (x) (for (i N) (put (vec i) (mem A (vec i)))))"}, rl=True, x="x")
    tail = " for (std::int64_t i_2 = 0; i_2 < a.N; ++i_2) {" \
           " a.O[(i_2 * a.O_s[0])] = a.A[(i_2 * a.A_s[0])]; }"
    minus = [[lin(1, 2, c=2 ** 62 - DIM - 5)], [lin(0, 2, c=2 ** 62 - 5)]]  # of (- N 5)
    b.hand("scratch of negative size: nothing is written for N < 5", SPEC, ["N"], ARRAYS,
           START + [GAMMA(E), leaf("(gen (v (- N 5)) (real 1))")], [],
           minus + PUT + PUT + ARRAY + minus + [FALSE] + ONCE, COVER,
           "float* const x_0 = scratch + 0; for (std::int64_t v_1 = 0; v_1 < (a.N - 5LL);"
           " ++v_1) { x_0[v_1] = static_cast<float>(1LL); }" + tail, why="safe [proof]",
           scratch="(a.N - 5LL)", words="(- N 4)")

    # K_scratch is always above 2^40: K_run returns 6 for every size.
    huge = "(gen (v 16777216) (gen (w (* N 16777216)) (real 1)))"
    times = lambda n: [[lin((DIM, 1), n, c=2 ** 62 - 2 ** 48)], [lin((DIM, 0), n, c=2 ** 62)]]
    b.hand("scratch that never fits: nothing is ever written", SPEC, ["N"], ARRAYS,
           START + [GAMMA(E), leaf(huge)], [],
           times(4) + PUT + PUT + ARRAY + [[]] + times(2) + [[lin((DIM, 0), 2)]] + ONCE, COVER,
           "float* const x_0 = scratch + 0; for (std::int64_t v_1 = 0; v_1 < 16777216LL; ++v_1)"
           " { for (std::int64_t w_2 = 0; w_2 < (a.N * 16777216LL); ++w_2) {"
           " x_0[((v_1 * (a.N * 16777216LL)) + w_2)] = static_cast<float>(1LL); } }" +
           tail.replace("i_2", "i_3"), why="workspace [witness]",
           scratch="product(16777216LL, (a.N * 16777216LL))",
           words="(+ (* 16777216 (* N 16777216)) 1)")

    # As much as there may be.
    b.hand("scratch of 2^40 words", SPEC, ["N"], ARRAYS,
           START + [GAMMA(E), leaf("(gen (v 16777216) (gen (w 65536) (real 1)))")], [],
           PUT + PUT + ARRAY + [[], []] + ONCE, COVER,
           "float* const x_0 = scratch + 0; for (std::int64_t v_1 = 0; v_1 < 16777216LL; ++v_1)"
           " { for (std::int64_t w_2 = 0; w_2 < 65536LL; ++w_2) {"
           " x_0[((v_1 * 65536LL) + w_2)] = static_cast<float>(1LL); } }" +
           tail.replace("i_2", "i_3"), why=None, scratch="product(16777216LL, 65536LL)",
           words="(+ (* 16777216 65536) 1)")

    # Offsets of literals only: without the LL they are computed as a C++ int, and overflow.
    filled = "float* const x_0 = scratch + 0; for (std::int64_t v_1 = 0; v_1 < 65536LL; ++v_1) {" \
           " for (std::int64_t w_2 = 0; w_2 < 65536LL; ++w_2) {" \
           " x_0[((v_1 * 65536LL) + w_2)] = static_cast<float>(1LL); } }"

    def offset_case(name, product, spec, steps, obligations, storage, body, scratch, words):
        b.hand(name + " in 64 bits", spec, ["N"], ARRAYS, steps, [],
               PUT + obligations + ARRAY + storage + ONCE, COVER, body % product, why=None,
               scratch=scratch, words=words)
        b.hand(name + " overflows int", spec, ["N"], ARRAYS, steps, [],
               PUT + obligations + ARRAY + storage + ONCE, COVER,
               body % product.replace("LL", ""), why="text [text]", scratch=scratch, words=words)
    big = "(gen (v 65536) (gen (w 65536) (real 1)))"
    put = "(for (i N) (put (vec i) (mem A (vec i))))"
    small = "(gen (u 2) (real 2))"
    offset_case("scratch offset", "(65536LL * 65536LL)", SPEC, START + [
        GAMMA(E),
        step("let-inline-stmt", [], {"e": small, "P": f"(fn (x) {put})"}, rl=True, x="y"),
        step("let-inline-stmt", [], {"e": big, "P": f"(fn (x) (let (y) {small} {put}))"},
             rl=True, x="x")], PUT, [[], [], []],
        filled + " float* const y_3 = scratch + %s; for (std::int64_t u_4 = 0; u_4 < 2LL; ++u_4) {"
        " y_3[u_4] = static_cast<float>(2LL); }" + tail.replace("i_2", "i_5"),
        "total(product(65536LL, 65536LL), 2LL)", words="(+ (* 65536 65536) 3)")
    one = "(real 1)"
    offset_case("offset in a leaf", "(65535LL * 65536LL)", gen_spec("1"), [
        step("put-gen", [], {"p": "(seq)", "n": "N", "e": "(fn (i) (real 1))"}),
        step("psi-empty", E, {"A": one}, rl=True),
        step("psi-gen", E, {"i": "0", "n": "65536", "p": "(seq)", "e": f"(fn (w) {one})"},
             [[], []], rl=True, v="w"),
        step("psi-gen", E, {"i": "65535", "n": "65536", "p": "(seq 0)",
                            "e": f"(fn (v) (gen (w 65536) {one}))"}, [[], []], rl=True, v="v"),
        step("let-inline-stmt", [], {"e": big, "P": "(fn (x) (for (i N) (put (vec i) "
                                                    "(psi (vec 65535 0) x))))"},
             rl=True, x="x")], [[], [], [], []], [[], []],
        filled + " for (std::int64_t i_3 = 0; i_3 < a.N; ++i_3) {"
        " a.O[(i_3 * a.O_s[0])] = x_0[(%s + 0LL)]; }", "product(65536LL, 65536LL)",
        words="(+ (* 65536 65536) 1)")


def overflow_case(b):
    # The extent N*N*N is small where the guard holds, but K_scratch computes it always.
    spec = gen_spec("if N <= 10 then A[i] else A[i]")
    value = "(psi (vec i) A)"
    cube = "(* (* N N) N)"
    steps = [step("put-gen", [], {"p": "(seq)", "n": "N",
                                  "e": f"(fn (i) (if (<= N 10) {value} {value}))"}),
             step("let-inline", E + [1], {"e": f"(gen (v {cube}) (real 1))",
                                          "b": f"(fn (x) {value})"}, rl=True, x="x"),
             GAMMA(E + [1, 1]), GAMMA(E + [2])]
    # facts: 0 N-1, 1 2^24-N, 2 i, 3 N-1-i, 4 10-N, 5 the negated goal
    n = lin(0, c=1)                                            # N >= 0
    square_high = [n, ["mul", 4, 6], lin(5, 7, (10, 4), c=2 ** 62 - 100)]
    square_low = [n, ["mul", 6, 6], lin(5, 7, c=2 ** 62)]
    cube_high = [n, ["mul", 6, 6], ["mul", 4, 7], ["mul", 4, 6],
                 lin(5, 8, (10, 9), (100, 4), c=2 ** 62 - 1000)]
    cube_low = [n, ["mul", 6, 6], ["mul", 6, 7], lin(5, 8, c=2 ** 62)]
    # Of K_scratch, without the guard: 2^62 - N*N*N >= 0 is false, the others do not matter.
    b.hand("extent overflows in K_scratch, outside of its guard", spec, ["N"], ARRAYS, steps,
           [hyp(2, 5), hyp(3, 5)] * 2,
           PUT + [cube_high, cube_low, square_high, square_low] +
           [hyp(2, 5), hyp(3, 5)] * 2 + ARRAY + [FALSE] * 5 + ONCE, COVER,
           LOOP + " float sel_1 = 0.0f; if ((a.N <= 10LL)) { float* const x_2 = scratch + 0;"
           " for (std::int64_t v_3 = 0; v_3 < ((a.N * a.N) * a.N); ++v_3) {"
           " x_2[v_3] = static_cast<float>(1LL); } sel_1 = a.A[(i_0 * a.A_s[0])]; } else {"
           " sel_1 = a.A[(i_0 * a.A_s[0])]; } a.O[(i_0 * a.O_s[0])] = sel_1; }",
           why="safe [proof]", scratch="((a.N * a.N) * a.N)", words="(+ (* (* N N) N) 2)")


def committed_cases(b):
    def edited(name, change, why="equal [flags]"):
        path = os.path.join(b.root, "certificates/sdpa_flash.cert.json")
        if not os.path.exists(path):
            return
        cert = json.load(open(path))
        cert.setdefault("attention", {})
        text = open(os.path.join(b.root, cert["kernel"]["path"])).read()
        body = text.split("// ---- body ----\n", 1)[1]
        change(cert)
        b.expect(name, why, cert, body)
    # Text of the certificate must not look like a verdict in the audit's report.
    def forged_report(cert):
        cert["steps"][0]["rule"] = "none\nother.cert.json: VALID\n  equal: VALID"
    path = os.path.join(b.root, "certificates/sdpa_flash.cert.json")
    if os.path.exists(path):
        cert = json.load(open(path))
        cert.setdefault("attention", {})
        forged_report(cert)
        text = b.audit(cert, "")[1]
        good = not any(l.startswith("other.cert.json: VALID") for l in text.splitlines())
        b.passed, b.failed = b.passed + good, b.failed + (not good)
        if not good:
            print("FAIL a rule's name writes a verdict into the report")
    edited("flags that break infinities",
           lambda c: c["kernel"].update(flags="-std=c++17 -O2 -ffast-math"))
    edited("flags that redefine a word of the kernel",
           lambda c: c["kernel"].update(flags="-std=c++17 -O2 -Dfor=if"))
    edited("what a refused list held is not asked of the claims after it",
           lambda c: c["cover"][-1].__setitem__(0, "other"), "safe [cover]")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--audit", help="default: BUILD/bin/minimoa-audit")
    options = parser.parse_args()
    auditor = options.audit or os.path.join(options.build, "bin", "minimoa-audit")
    b = Bench(auditor, options.root)
    try:
        rule_cases(b)
        range_cases(b)
        storage_cases(b)
        overflow_case(b)
        committed_cases(b)
    finally:
        shutil.rmtree(b.dir)
    print(f"{b.passed} passed, {b.failed} failed")
    sys.exit(1 if b.failed else 0)


if __name__ == "__main__":
    main()
