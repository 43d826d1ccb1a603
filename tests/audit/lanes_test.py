#!/usr/bin/env python3
"""A small vector kernel by hand (FORMAT 15): VALID, right when it runs, and one forged twin for
each thing that the audit checks about target, instruction file, place and text.

usage: lanes_test.py --root ROOT --build BUILD [--audit AUDITOR]
The idea: the term adds up eight lanes, of which three hold A[i] and five hold 1; the target has
vectors of four floats, written in plain C++ (toy.h), so that the kernel runs on any machine.
How it may be wrong: a twin refused for another reason; the code of the refusal is compared. What
the lowering of every other term is, tests/audit/lanes_test.cpp says.
Prints `N passed, N failed`.
"""
import argparse
import os
import shutil
import subprocess
import sys

import forged_test
from batch import ANY, Batch, certificate
from forged_test import ARRAY, ARRAYS, ONCE, SPEC, frame, hyp, sha
from guards_test import blocks, judge

TOY_H = """struct V4 { float at[4]; };
struct M4 { bool at[4]; };
"""


def row(name, variables, means, head, code):
    return ('(row %s_lanes (doc "") (vars %s) (means %s)\n  (code "[[maybe_unused]] inline '
            '%s %s_lanes(%s) { %s }"))\n' % (name, variables, means, head.split(" ", 1)[0], name,
                                            head.split(" ", 1)[1], code))


TARGET = ('(target toy (doc "plain C++") (lanes 4) (vector "V4") (mask "M4") (include "toy.h")\n'
          '  (flags "-std=c++17 -O2 -mtoy") (needs toy more))\n')
EACH = "%s r; for (int l = 0; l < 4; ++l) { r.at[l] = %s; }\n  return r;"
ROWS = [
    row("load", "(address ?p)", "(load ?p)", "V4 const float* p", EACH % ("V4", "p[l]")),
    row("store", "(address ?p) (vector ?x)", "(store ?p ?x)", "void float* p, V4 x",
        "for (int l = 0; l < 4; ++l) { p[l] = x.at[l]; }"),
    row("broadcast", "(float ?f)", "(broadcast ?f)", "V4 float f", EACH % ("V4", "f")),
    row("below", "(index ?x ?y)", "(below ?x ?y)", "M4 std::int64_t x, std::int64_t y",
        EACH % ("M4", "y + l < x")),
    row("select", "(mask ?m) (vector ?x ?y)", "(if ?m ?x ?y)", "V4 M4 m, V4 x, V4 y",
        EACH % ("V4", "m.at[l] ? x.at[l] : y.at[l]"))]
FILE = TARGET + "".join(ROWS)
CODE = "".join(r.split('(code "')[1].split('"))')[0] + "\n" for r in ROWS)

TERM = ("(for (i N) (put (vec i) (let (x) (gen (r 8) (if (< r 3) (mem A (vec i)) (real 1))) "
        "(red add (j 8) true (psi (vec j) x)))))")
LANES = ("const M4 mask_2_0 = below_lanes(3LL, 0LL); const M4 mask_2_1 = below_lanes(3LL, 4LL);"
         " const V4 vec_3_0 = broadcast_lanes(a.A[(i_0 * a.A_s[0])]);"
         " const V4 vec_4_0 = broadcast_lanes(static_cast<float>(1LL));"
         " const V4 vec_5_0 = select_lanes(mask_2_0, vec_3_0, vec_4_0);"
         " const V4 vec_5_1 = select_lanes(mask_2_1, vec_3_0, vec_4_0);"
         " store_lanes((x_1 + 0LL), vec_5_0); store_lanes((x_1 + 4LL), vec_5_1);")
FILL = ("for (std::int64_t r_2 = 0; r_2 < 8LL; ++r_2) {"
        " if ((r_2 < 3LL)) { x_1[r_2] = a.A[(i_0 * a.A_s[0])]; }"
        " else { x_1[r_2] = static_cast<float>(1LL); } }")
BODY = (forged_test.LOOP + " float* const x_1 = scratch + 0; %s float acc_%d = 0.0f;"
        " for (std::int64_t j_%d = 0; j_%d < 8LL; ++j_%d) { acc_%d = acc_%d + x_1[j_%d]; }"
        " a.O[(i_0 * a.O_s[0])] = acc_%d; }")
PLACE = {"lanes": ["r"], "unroll": [], "turned": ["x"]}


def kernel(lanes=True, code=CODE, include="#include <toy.h>\n"):
    acc, j = (6, 7) if lanes else (3, 4)
    text = frame("minimoa_x_hand", ["N"], ARRAYS,
                 BODY % ((LANES if lanes else FILL,) + (acc, j, j, j, acc, acc, j, acc)),
                 scratch="8LL")
    if lanes:
        text = text.replace("<limits>\n", "<limits>\n" + include)
        text = text.replace("void phase_0(void* data", code + "void phase_0(void* data")
    return text


def good(b, file=FILE, lanes=True, term=TERM):
    steps = [{"rule": "any", "dir": "lr", "at": [], "sub": {"?P": "(put (vec) A)", "?Q": term},
              "names": {}, "proofs": []}]
    cert = certificate(b, SPEC, steps, rules=ANY)
    n = 6 if lanes else 7  # hypotheses at the load: those of r < 3 only if lanes do not share it
    cert.update(witness={"N": "1"}, safe=[hyp(2, 4), hyp(3, 4), hyp(2, n), hyp(3, n), hyp(4, 6),
                                          hyp(5, 6)] + ARRAY + [[]] + ONCE)
    cert["costs"] = {"footprint": ["139" if lanes else "11"], "traffic": [],
                     "nests": [] if lanes else [{"sums": [], "proofs": []}]}
    if lanes:
        path = "extract/instr/toy.instr"
        b.files[len(b.cases)] = file
        cert["instructions"] = {"path": path, "sha256": sha(file)}
        cert["place"] = {key: list(names) for key, names in PLACE.items()}
        cert["kernel"].update(target="toy", flags="-std=c++17 -O2 -mtoy")
    return cert, kernel(lanes)


def twin(b, name, expected, change=lambda cert: None, text=lambda body: body, **more):
    cert, body = good(b, **more)
    change(cert)
    b.record(name, expected, cert, text(body))


def at(*path):
    def change(cert):
        for key in path[:-2]:
            cert = cert[key]
        cert[path[-2]] = path[-1]
    return change


def without(key):
    return lambda cert: cert.pop(key)


def target_cases(b):
    twin(b, "control", None)
    twin(b, "portable control", None, lanes=False)
    for key in ("instructions", "place"):
        twin(b, "no " + key, "equal [json]", without(key))
        twin(b, "portable, no " + key, "equal [json]", without(key), lanes=False)
        twin(b, key + " alone is empty", "equal [json]", at(key, {}))
        twin(b, "portable, a list of " + key, "equal [json]", at(key, []), lanes=False)
    twin(b, "portable with a target", "equal [target]", at("kernel", "target", "toy"), lanes=False)
    twin(b, "portable with flags", "equal [flags]", at("kernel", "flags", "-std=c++17 -O2 -mtoy"),
         lanes=False)
    twin(b, "portable by name", "equal [target]", at("kernel", "target", "portable"))
    twin(b, "portable by flags", "equal [flags]", at("kernel", "flags", "-std=c++17 -O2"))
    twin(b, "more flags", "equal [flags]",
         at("kernel", "flags", "-std=c++17 -O2 -mtoy -ffast-math"))
    twin(b, "another hash", "equal [sha256]", at("instructions", "sha256", sha("")))
    twin(b, "another file", "equal [path]", at("instructions", "path", "extract/instr/tox.instr"))
    twin(b, "out of the tree", "equal [path]", lambda cert: cert["instructions"].update(
        path="extract/../extract/instr/toy.instr"))
    twin(b, "a key more", "equal [json]", at("instructions", "doc", ""))
    twin(b, "no such file", "equal [unreadable]", at("instructions", "path", "extract/instr/x.instr"))


def place_cases(b):
    twin(b, "no lanes", "text [place]", at("place", "lanes", ["q"]))
    twin(b, "twice", "equal [place]", at("place", "lanes", ["r", "r"]))
    twin(b, "unrolled outside of lanes", "text [place]",
         lambda cert: cert["place"].update(lanes=[], unroll=[["r", "4"]]))
    twin(b, "not turned", "text [lower]", at("place", "turned", []))
    twin(b, "a loop turned", "text [place]", at("place", "turned", ["x", "j"]))
    twin(b, "a reduction in lanes", "text [place]", at("place", "lanes", ["r", "j"]))
    twin(b, "a key of place", "equal [json]", at("place", "vectors", []))
    twin(b, "a number", "equal [json]", at("place", "lanes", [1]))
    twin(b, "seven lanes", "text [place]", term=TERM.replace("8", "7"))
    twin(b, "nothing in lanes, with the kernel of lanes", "text [text]",
         lambda cert: cert["place"].update(lanes=[], turned=[]))


def text_cases(b):
    for name, old, new in [
            ("no include", "#include <toy.h>\n", ""),
            ("the include elsewhere", "#include <limits>\n#include <toy.h>\n",
             "#include <toy.h>\n#include <limits>\n"),
            ("another include", "<toy.h>", "<toz.h>"),
            ("another row's code", "p[l] = x.at[l]", "p[l] = x.at[0]"),
            ("a row less", CODE.split("\n")[0] + "\n", ""),
            ("a mask of another vector", "below_lanes(3LL, 4LL)", "below_lanes(3LL, 0LL)"),
            ("operands of select", "vec_3_0, vec_4_0)", "vec_4_0, vec_3_0)"),
            ("a store past the end", "(x_1 + 4LL)", "(x_1 + 8LL)"),
            ("a store less", "store_lanes((x_1 + 4LL), vec_5_1);", ""),
            ("a store of one value", "(x_1 + 4LL), vec_5_1", "(x_1 + 4LL), vec_5_0"),
            ("a scratch of one vector", "return 8LL;", "return 4LL;")]:
        assert old in kernel(), name
        twin(b, name, "text [text]", text=lambda body, o=old, n=new: body.replace(o, n, 1))
    twin(b, "the portable loop", "text [text]",
         text=lambda body: kernel().replace(LANES, FILL))
    twin(b, "rows in another order", "text [text]", file=TARGET + "".join(reversed(ROWS)))
    twin(b, "a row that is missing", "text [lower]", file=FILE.replace(ROWS[4], ""))
    twin(b, "no load is needed", "=text", file=FILE.replace(ROWS[0], ""),
         text=lambda body: body.replace(CODE.split("static")[0].split("[[")[0], "").replace(
             ROWS[0].split('(code "')[1].split('"))')[0] + "\n", ""))
    twin(b, "a file that is none", "equal [instr]", file=FILE.replace("(lanes 4)", "(lanes 1)"))
    twin(b, "a row of one name", "equal [instr]", file=FILE + ROWS[0])


def claim_cases(b):
    beyond = TERM.replace("(< r 3)", "(< (+ i (+ r 1)) N)").replace("(mem A (vec i))",
                                                                   "(mem A (vec (+ i 1)))")
    twin(b, "a load that a condition of lanes guards", "safe [", term=beyond)
    twin(b, "a proof that uses the condition", "safe [proof]", at("safe", 2, hyp(2, 7)))
    twin(b, "an obligation less", "safe [", lambda cert: cert["safe"].pop())
    twin(b, "the footprint without registers", "footprint [costs]",
         at("costs", "footprint", ["11"]))
    twin(b, "a nest of lanes", "traffic [json]",
         at("costs", "nests", [{"sums": [], "proofs": []}]))
    load = ["A", "load", "exact", "1", "N", ["goals", [], []]]
    twin(b, "a load for all lanes", None, at("costs", "traffic", [load]))
    twin(b, "a load for each lane", "traffic [proof]",
         at("costs", "traffic", [load[:4] + ["(* 8 N)"] + load[5:]]))


def runs(folder, failures):
    """The control, compiled with toy.h: 3 * A[i] + 5."""
    with open(os.path.join(folder, "toy.h"), "w") as out:
        out.write(TOY_H)
    main = """
#include <cstdio>
int main() {
  float in[3] = {1, 2, 4}, out[3] = {}, scratch[8];
  minimoa_x_hand_args a{};
  a.size = sizeof a; a.N = 3; a.A = in; a.A_s[0] = 1; a.O = out; a.O_s[0] = 1;
  a.scratch = scratch; a.workers = 1;
  const int code = minimoa_x_hand_run(&a);
  std::printf("%d %g %g %g", code, out[0], out[1], out[2]);
}
"""
    for lanes in (True, False):
        source, program = os.path.join(folder, "k.cpp"), os.path.join(folder, "k")
        with open(source, "w") as out:
            out.write(kernel(lanes) + main)
        subprocess.run(["g++", "-std=c++17", "-O2", "-I", folder, source, "-o", program], check=True)
        found = subprocess.run([program], capture_output=True, text=True, check=True).stdout
        if found != "0 8 11 17":
            failures.append("the kernel computes " + found)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--audit", help="default: BUILD/bin/minimoa-audit")
    options = parser.parse_args()
    auditor = options.audit or os.path.join(options.build, "bin", "minimoa-audit")
    b = Batch(auditor, os.path.abspath(options.root))
    b.first_rules, b.files = b.rules(), {}
    os.makedirs(b.path("extract/instr"), exist_ok=True)
    failures = []
    try:
        reports = []
        for cases in (target_cases, place_cases, text_cases, claim_cases):
            cases(b)
        for number, path in enumerate(b.paths()):
            for name in ("toy", "tox"):
                b.write("extract/instr/%s.instr" % name, b.files.get(number, FILE))
            done = subprocess.run([auditor, "--root", b.dir, path], capture_output=True, text=True,
                                  timeout=60)
            reports += blocks(done.stdout)
        failures += [name for (name, expected), report in zip(b.cases, reports)
                     if not judge(name, expected, report)]
        needs = "the processor has toy more"
        if not any(needs in line and "extract/instr/toy.instr" in line for line in reports[0]):
            failures.append("the report does not say what is assumed")
        runs(b.dir, failures)
    finally:
        shutil.rmtree(b.dir)
    for failure in failures:
        print("FAILED " + failure)
    print("%d passed, %d failed" % (len(b.cases) + 3 - len(failures), len(failures)))
    sys.exit(1 if failures or len(reports) != len(b.cases) else 0)


if __name__ == "__main__":
    main()
