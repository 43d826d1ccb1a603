"""Certificates that are small or legal in form and ask the audit for too much.

Idea: one bomb for each limit of FORMAT.md, section 11, and for each thing that a certificate can
ask for without naming it: texts that double by sharing, lists that grow with a product, messages
that repeat what they refuse. Each is a Bomb: what it writes and what must be said of it.
How it may be wrong: a bomb that is refused before it goes off; so each names the claim and the
code of its refusal, and words of the reason where the code alone could be another's.
"""
import json
import os

import forged_test
from batch import ANY, BODY, HEAD, certificate, good, rule
from forged_test import sha, step

LARGE = 4 << 20  # FORMAT 11
SPEC = 1 << 18
PLAIN = "(for (i N) (put (vec i) bottom))"
ONE = [["1", []]]


class Writer(forged_test.Bench):
    """What batch.certificate() needs; every bomb takes the place of the last."""

    cases = ()  # a bomb's files always have the same names
    first_rules = ()

    def path(self, path):
        return os.path.join(self.dir, path)

    def write(self, path, text):
        with open(self.path(path), "wb") as out:
            out.write(text if isinstance(text, bytes) else text.encode())

    def clear(self):
        """Takes away what the last bomb wrote beside the committed files."""
        for path in ("spec/rules/r0.rules", "spec/bounds/bomb.thm"):
            if os.path.exists(self.path(path)):
                os.remove(self.path(path))

    def put(self, cert, body="", header="", text=None):
        """The files of one certificate; text: instead of what JSON makes of cert."""
        if text is None:
            cert["kernel"]["body_sha256"] = sha(body)
            text = json.dumps(cert)
        self.write("certificates/x.cert.json", text)
        self.write("kernels/cpu/x.cpp", "// certificate x sha256 " + sha(text) + "\n" + header +
                   BODY + body)


def final(w, text, **changes):
    """A certificate whose final term is this text, by a rule that replaces anything."""
    one = step("any", [], {"P": "(put (vec) V)", "Q": text})
    cert = certificate(w, HEAD + "O = V\n", [one], ANY)
    cert.update(changes)
    return cert


def valued(w):
    """The valid certificate of batch.good(), and its kernel."""
    w.first_rules = w.rules()
    return good(w)


# ---- bytes ----
def raw(text):
    return lambda w: w.put(None, text=text() if callable(text) else text)


def changed(change, body=None, header=""):
    """The valid certificate with a change."""
    def write(w):
        cert, kernel = valued(w)
        change(cert)
        w.put(cert, kernel if body is None else body(), header() if header else "")
    return write


def at(*path):
    """at(.., key, value): value may be a function, so that it is made only when it is needed."""
    def change(cert):
        for key in path[:-2]:
            cert = cert[key]
        cert[path[-2]] = path[-1]() if callable(path[-1]) else path[-1]
    return change


def spec(text):
    def write(w):
        w.put(certificate(w, text() if callable(text) else text))
    return write


def rules(text):
    return lambda w: w.put(certificate(w, HEAD + "O = V\n", [], text()))


def steps(*made, text=ANY, core="V"):
    def write(w):
        many = made[0]() if callable(made[0]) else list(made)
        w.put(certificate(w, HEAD + "O = " + core + "\n", many, text))
    return write


def term(text, **changes):
    return lambda w: w.put(final(w, text() if callable(text) else text,
                                 **{k: v() if callable(v) else v for k, v in changes.items()}))


def nested(left, middle, right, times):
    return left * times + middle + right * times


def objects(count):
    return '{"steps": [' + ",".join(
        "[" + ",".join(['{"a":0}'] * 49000) + "]" for _ in range(count // 49000)) + "]}"


FILES = [
    ("bytes of the file", raw(lambda: " " * (LARGE + 1)), "equal [limit]"),
    ("a file of blanks", raw(lambda: " " * LARGE), "equal [json] not JSON"),
    ("a file of zeros", raw(lambda: "\0" * LARGE), "equal [json] not JSON"),
    ("a file of brackets", raw(lambda: "[" * LARGE), "equal [limit] JSON nested too deeply"),
    ("depth of JSON", raw(nested("[", "", "]", 201)), "equal [limit] JSON nested too deeply"),
    ("depth of JSON, objects", raw(nested('{"a":', "0", "}", 201)),
     "equal [limit] JSON nested too deeply"),
    ("values of JSON", raw(lambda: "[" + "0," * (LARGE // 2 - 2) + "0]"),
     "equal [limit] too many JSON values"),
    ("values of JSON, strings", raw(lambda: '["' + 'abcdefghijklmnop","' * 215000 + '"]'),
     "equal [limit] list too long"),
    ("values of JSON, objects", raw(lambda: objects(320000)), "equal [json]"),
    ("length of a list", changed(at("steps", lambda: [0] * 50001)), "equal [limit] list too long"),
    ("a key of 4 MiB", changed(lambda cert: cert.update({"k" * (LARGE - 20000): 0})),
     "equal [json]"),
    ("a path of 4 MiB", changed(at("spec", "path", lambda: "s" * (LARGE - 20000))),
     "equal [unreadable]"),
    ("a rule's name of 4 MiB", changed(at("steps", 0, "rule", lambda: "s" * (LARGE - 20000))),
     "equal [rule]"),
    ("a TEXT of 4 MiB", changed(at("steps", 0, "sub", "?E", lambda: "s" * (LARGE - 20000))),
     "equal [scope]"),
    ("a schedule of 4 MiB", changed(at("schedule", "name", lambda: "s" * (LARGE - 20000))),
     "text [limit] kernels/cpu/x.cpp: too many typed nodes"),
    ("a number of 4 MiB", changed(at("workspace", lambda: "1" * (LARGE - 20000))),
     "workspace [limit] workspace: integer too large"),
    ("a number of 4 MiB in JSON", raw(lambda: "[" + "1" * (LARGE - 2) + "]"),
     "equal [json] not JSON"),
    ("escapes of 4 MiB", raw(lambda: '["' + "\\u0041" * (LARGE // 6 - 2) + '"]'), "equal [json]"),
    ("a producer of 4 MiB", changed(at("producer", "x", lambda: "\x01" * (LARGE // 6 - 9000))),
     None),
    ("a place of 4 MiB", changed(at("kernel", "path", lambda: "p" * (LARGE - 20000))),
     "text [unreadable]"),
]
SPECS = [
    ("bytes of a spec", spec(lambda: "#" * (LARGE + 1)), "equal [limit]"),
    ("a spec of 4 MiB", spec(lambda: "#" * LARGE), "equal [limit] spec/forged.moa: file"),
    ("a spec of newlines", spec(lambda: "\n" * SPEC),
     "equal [spec] spec/forged.moa: line 262145: E0102 `spec`"),
    ("a spec of tokens", spec(lambda: "+" * SPEC),
     "equal [spec] spec/forged.moa: line 1: E0102 `spec` expected,"),
    ("depth of a spec", spec(HEAD + "O = " + "(" * 300 + "V" + ")" * 300 + "\n"),
     "equal [limit] spec/forged.moa: line 5: nested too deeply"),
    ("minus signs of a spec", spec(HEAD + "O = " + "-" * 100000 + "V\n"),
     "equal [limit] spec/forged.moa: line 5: nested too deeply"),
    ("a long sum of a spec", spec(HEAD + "O = V" + " + V" * 100000 + "\n"),
     "equal [limit] spec/forged.moa: file"),
    ("lets that double", spec(HEAD + "let a0 = V + V\n" + "".join(
        "let a%d = a%d + a%d\n" % (k + 1, k, k) for k in range(60)) + "O = a60\n"),
     "equal [proof] spec_proofs: has 0 proofs, but 1 obligations"),
    ("digits of a spec", spec(lambda: HEAD + "O = V * " + "1" * 200000 + "\n"),
     "equal [limit] spec/forged.moa: line 5: integer too large"),
    ("decimals of a spec", spec(lambda: HEAD + "O = V * 0." + "1" * 200000 + "\n"),
     "equal [limit] spec/forged.moa: line 5: integer too large"),
    ("dimensions", spec(lambda: "spec x\ndims " + ", ".join("d%d" % k for k in range(30000)) +
                        "\nin V : f32[d0]\nout O : f32[d0]\nO = V\n"), "safe [json]"),
    ("inputs", spec(lambda: "spec x\ndims N\nin " + ", ".join(
        "V%d : f32[N]" % k for k in range(16000)) + "\nout O : f32[N]\nO = V0\n"), "safe [json]"),
    ("axes", spec(lambda: "spec x\ndims N\nin V : f32[" + ",".join(["N"] * 120000) +
                  "]\nout O : f32[N]\nO = V\n"),
     "equal [limit] spec/forged.moa: line 5: type too large"),
    ("requires", spec(lambda: "spec x\ndims N\nin V : f32[N]\nout O : f32[N]\n" +
                      "require N <= 8\n" * 16000 + "O = V\n"), "safe [json]"),
    ("a vector", spec(lambda: "spec x\ndims N\nin V : f32[N]\nout O : f32[N]\nO = <" +
                      " 1" * 120000 + ">\n"),
     "equal [spec] spec/forged.moa: line 5: E0201 an array is"),
    ("loops of a spec", spec(HEAD + "O = " + "".join("gen(q%d in N) " % k for k in range(
        300)) + "0\n"), "equal [limit] spec/forged.moa: line 5: nested too deeply"),
]
RULES = [
    ("bytes of rules", rules(lambda: ";" * (LARGE + 1)), "equal [limit]"),
    ("rules of 4 MiB in a comment", rules(lambda: ";" * LARGE),
     "equal [proof] spec_proofs: has 0 proofs, but 1 obligations"),
    ("rules of brackets", rules(lambda: "(" * LARGE),
     "equal [limit] spec/rules/r0.rules: nested too deeply"),
    ("rules of tokens", rules(lambda: "a " * (LARGE // 2)),
     "equal [limit] spec/rules/r0.rules: text too long"),
    ("rules of lists", rules(lambda: "()" * (LARGE // 2)),
     "equal [limit] spec/rules/r0.rules: text too long"),
    ("a string of 4 MiB in rules", rules(lambda: '"' + "a" * (LARGE - 2) + '"'),
     "equal [rules] spec/rules/r0.rules: line 1: (rule NAME ..)"),
    ("variables of a rule", rules(lambda: rule("(value " + " ".join(
        "?v%d" % k for k in range(300000)) + ")", "?v0", "?v0")),
     "equal [limit] spec/rules/r0.rules: text too long"),
]
DOUBLE = rule("(value ?A)", "?A", "(+ ?A ?A)")
WIDE = rule("(value ?A)", "?A", "(tup" + " ?A" * 5000 + ")")
KEEP = rule("(value ?A)", "?A", "?A")
FUNCTION = rule("(value ?A ?f)", "?A", "(?f (?f (?f (?f ?A))))")
TWICE = {"A": "V", "f": "(fn (x) " + "(+ " * 20 + "x" + " x)" * 20 + ")"}


def doubled(times):
    """Each step names what it replaces: the texts double as well."""
    text, out = "V", []
    for _ in range(times):
        out.append(step("r", [0], {"A": text}))
        text = "(+ %s %s)" % (text, text)
    return out


def sized(nodes):
    """A sum tree over V of at least so many nodes."""
    text = "V"
    while text.count(" ") < nodes / 2:
        text = "(+ %s %s)" % (text, text)
    return text


def then(count, nodes, sub=None):
    """First the core becomes a term of so many nodes, then rule r is applied to its first leaf."""
    text = sized(nodes)
    leaf = [0] * (1 + text.index("V") // 3)
    return [step("any", [], {"P": "(put (vec) V)", "Q": "(put (vec) %s)" % text})] + [
        step("r", leaf, sub or {"A": "V"})] * count


STEPS = [
    ("steps", changed(at("steps", lambda: [0] * 20001)), "equal [limit] too many steps"),
    ("20,000 steps", steps(lambda: [step("r", [0], {"A": "V"})] * 20000, text=KEEP),
     "equal [proof] spec_proofs: has 0 proofs, but 1 obligations"),
    ("20,000 steps on 700 nodes", steps(lambda: then(19999, 700), text=ANY + KEEP),
     "equal [limit] step 4867 (r): too many typed nodes"),
    ("20,000 steps on 2,000 nodes", steps(lambda: then(19999, 2000), text=ANY + KEEP),
     "equal [limit] step 2436 (r): too many typed nodes"),
    ("steps on 100,000 nodes", steps(lambda: then(1000, 100000), text=ANY + KEEP),
     "equal [limit] step 37 (r): too many typed nodes"),
    ("steps that double a term", steps(lambda: doubled(18), text=DOUBLE),
     "equal [limit] step 16 (r): text too long"),
    ("a side that doubles", steps(step("r", [0], {"A": "V"}), text=rule(
        "(value ?A)", "?A", "(let (x) ?A (let (x) (+ x x) (let (x) (+ x x) (+ x x))))")),
     "equal [proof] spec_proofs: has 0 proofs, but 1 obligations"),
    ("a function of a function", steps(step("r", [0], TWICE), text=FUNCTION),
     "equal [limit] step 0 (r): term too large"),
    ("a side with 5,000 copies", steps(lambda: then(0, 2000) + [
        step("r", [0], {"A": sized(2000)})], text=ANY + WIDE),
     "equal [limit] step 1 (r): term too large"),
    ("a position of 50,000 numbers", steps(step("r", [0] * 50000, {"A": "V"}), text=KEEP),
     "equal [position] step 0 (r): no such child"),
    ("values for 50,000 variables", steps(lambda: [step("r", [0], {
        "v%d" % k: "V" for k in range(50000)})], text=KEEP),
     "equal [sub] step 0 (r): ?A is missing"),
    ("a sequence of 190,000 indices", steps(lambda: [step("r", [0], {
        "p": "(seq" + " 0" * 190000 + ")", "A": "V"})], text=rule(
            "(indices ?p) (value ?A)", "(psi (vec ?p..) ?A)", "?A")),
     "equal [limit] step 0 (r): text too long"),
]
TERMS = [
    ("depth of a term", term(nested("(neg ", "V", ")", 500)),
     "equal [limit] step 0 (any): nested too deeply"),
    ("nodes of a term", term(lambda: "(put (vec) %s)" % sized(260000)),
     "equal [limit] step 0 (any): text too long"),
    ("tokens of a TEXT", term(lambda: "(tup" + " V" * 500000 + ")"),
     "equal [limit] step 0 (any): text too long"),
    ("digits of a literal", term("(put (vec) (real %s))" % ("1" * 100000)),
     "equal [limit] step 0 (any): integer too large"),
    ("brackets of a TEXT", term("(" * 100000), "equal [limit] step 0 (any): nested too deeply"),
    ("binders", term("(put (vec) %s)" % nested("(gen (i N) ", "bottom", ")", 190)),
     "equal ["),
    ("types that double", term("(put (vec) " + "(let (x) (tup V V) " + "(let (x) (tup x x) " * 60 +
                               "bottom" + ")" * 61 + ")"),
     "equal [limit] step 0 (any): type too large"),
    ("axes that multiply", term("(put (vec) " + "(let (x) B " + "(let (x) (outer + x x) " * 40 +
                                "bottom" + ")" * 41 + ")"),
     "equal [limit] step 0 (any): type too large"),
    ("a reshape of many axes", term("(put (vec) (reshape (vec" + " 1" * 100000 + ") V))"),
     "equal [limit] step 0 (any): text too long"),
    ("a tuple of many arrays", term("(put (vec) (tup" + " B" * 100000 + "))"),
     "equal [limit] step 0 (any): text too long"),
    ("components of a tuple", term("(for (i N) (put (vec i) (let (x) (tup%s) bottom)))" % (
        " bottom" * 12000)), "equal [limit] step 0 (any): type too large"),
    ("components, as many as allowed", term("(for (i N) (put (vec i) (let (x) (tup%s) bottom)))" % (
        " bottom" * 1240)), "equal [proof] spec_proofs: has 0 proofs, but 1 obligations"),
    ("leaves", term("(for (i N) (put (vec i) (let (x) (tup" + " V" * 11000 + ") bottom)))"),
     "equal [limit] step 0 (any): type too large"),
    ("nested ifs", term("(for (i N) (put (vec i) " + nested("(if (< i 1) bottom ", "bottom", ")",
                                                             180) + "))"),
     "safe [proof] safe: has 0 proofs, but 17 obligations arise"),
    ("sums in sums", term("(for (i N) (put (vec i) " + nested("(red add (j M) (< i j) ", "bottom",
                                                               ")", 180) + "))"),
     "safe [proof] safe: has 0 proofs, but 17 obligations arise"),
    ("conjunctions", term(lambda: "(for (i N) (when %s (put (vec i) bottom)))" % (
        "(and " * 190 + "true" + " (< i M))" * 190)),
     "safe [proof] safe: has 0 proofs, but 207 obligations arise"),
    ("a polynomial's power", term("(for (i %s) (put (vec i) bottom))" % nested(
        "(* (+ N M) ", "N", ")", 150)), "safe [limit] safe: exponent above 64"),
    ("a polynomial's terms", term("(for (i N) (put (vec i) (real %s)))" % nested(
        "(* (+ (+ N M) i) ", "N", ")", 60)), "safe [limit] safe: too many multiplications"),
    ("quotients of quotients", term("(for (i N) (put (vec i) (real %s)))" % nested(
        "(div ", "i", " 2)", 190)), "safe [proof] safe: has 0 proofs, but 207 obligations arise"),
    ("5,000 quotients", term("(for (i N) (put (vec i) (real %s)))" % sized(4000).replace(
        "V", "(div i 7)")), "safe [proof] safe: has 0 proofs, but 3087 obligations arise"),
    ("different quotients", term(lambda: "(for (i N) (put (vec i) (real %s)))" % many_quotients()),
     "safe [proof] safe: has 0 proofs, but 783 obligations arise"),
    ("many loads", term(lambda: "(for (i N) (put (vec i) %s))" % sized(16000).replace(
        "V", "(mem V (vec i))")), "safe [proof] safe: has 0 proofs, but 8209 obligations"),
    ("loads of a large kernel", term(lambda: "(for (i N) (put (vec i) %s))" % sized(
        9000).replace("V", "(mem V (vec (+ i (- M M))))")),
     "text [limit] kernels/cpu/x.cpp: too many typed nodes"),
    ("brackets of a large kernel", term(lambda: "(for (i N) (put (vec i) (real %s)))" % sized(
        40000).replace("V", "N")), "safe [limit] safe: too many typed nodes"),
    ("an extent of many nodes", term(lambda: "(for (i N) (put (vec i) (let (x) (tup%s) bottom)))" %
        ((" (gen (c %s) bottom)" % sized(2000).replace("V", "N")) * 40)),
     "text [limit] kernels/cpu/x.cpp: too many typed nodes"),
    ("many stores of slow memory", term(lambda: nested("(letslow (x) (gen (c N) bottom) ", PLAIN,
                                                       ")", 190)),
     "text [limit] kernels/cpu/x.cpp: too many typed nodes"),
]


def many_quotients():
    parts = ["(div i %d)" % k for k in range(2, 258)]
    while len(parts) > 1:
        parts = ["(+ %s %s)" % pair for pair in zip(parts[::2], parts[1::2])]
    return parts[0]


def polynomial(*sizes):
    """Coefficient 1 at every monomial with exponents below these."""
    out = [[]]
    for atom, size in enumerate(sizes):
        out = [m + ([[atom, e]] if e else []) for m in out for e in range(size)]
    return [["1", m] for m in out]


def proof(made):
    """Of the first obligation of `safe`, with atoms N and i, facts 0..3 and the goal's 4."""
    return changed(at("safe", 0, made))


def splits(depth):
    out = [["lin", "0", []]]
    for _ in range(depth):
        out = [["split", ONE, out, [["lin", "0", []]]]]
    return out


def bushy(depth):
    out = [["lin", "0", []]]
    for _ in range(depth):
        out = [["split", ONE, out, out]]
    return out


PROOFS = [
    ("steps of a proof", proof(lambda: [["lin", "0", []]] * 5001),
     "safe [limit] safe[0] at (put (vec i) (mem A (vec i))): too"),
    ("digits", proof(lambda: [["lin", "1" * 2001, []]]),
     "safe [limit] safe[0] at (put (vec i) (mem A (vec i))): a"),
    ("digits, 4 MiB", proof(lambda: [["lin", "1" * (LARGE - 20000), []]]),
     "safe [limit] safe[0] at (put (vec i) (mem A (vec i))): a"),
    ("digits by squares", proof(lambda: [["lin", "9" * 40, []]] + [
        ["mul", 5 + k, 5 + k] for k in range(60)]),
     "safe [limit] safe[0] at (put (vec i) (mem A (vec i))): a"),
    ("digits by sums", proof(lambda: [["lin", "9" * 2000, []], ["lin", "9" * 2000, [["9", 5]]]]),
     "safe [limit] safe[0] at (put (vec i) (mem A (vec i))): a"),
    ("long coefficients", proof(lambda: [["lin", "9" * 1000, []]] + [["mul", 5, 5]] * 4900),
     "safe [limit] safe[0] at (put (vec i) (mem A (vec i))): too"),
    ("exponent", proof(lambda: [["sq", [["1", [[0, 65]]]]]]),
     "safe [limit] safe[0] at (put (vec i) (mem A (vec i))):"),
    ("exponent of 10^6", proof(lambda: [["sq", [["1", [[0, 1000000]]]]]]),
     "safe [limit] safe[0] at (put (vec i) (mem A (vec i))):"),
    ("exponent by squares", proof(lambda: [["sq", [["1", [[0, 1]]]]]] + [
        ["mul", 5 + k, 5 + k] for k in range(20)]),
     "safe [limit] safe[0] at (put (vec i) (mem A (vec i))):"),
    ("terms of a polynomial", proof(lambda: [["sq", polynomial(65, 310)[:20001]]]),
     "safe [limit] safe[0] at (put (vec i) (mem A (vec i))):"),
    ("terms of a square", proof(lambda: [["sq", polynomial(45, 45)]]),
     "safe [limit] safe[0] at (put (vec i) (mem A (vec i))): too"),
    ("multiplications", proof(lambda: [["sq", polynomial(46, 46)], ["mul", 5, 5]]),
     "safe [limit] safe[0] at (put (vec i) (mem A (vec i))): too"),
    ("multiplications of numbers", proof(lambda: [["lin", "9" * 900, []]] + [
        ["lin", "0", [["9" * 900, 5]] * 900]] * 4), "safe [proof]"),
    ("multiplications, one by one", proof(lambda: [["sq", polynomial(40, 40)]] + [
        ["lin", "0", [["2", 5]] * 100]] * 20),
     "safe [limit] safe[0] at (put (vec i) (mem A (vec i))): too"),
    ("facts", proof(lambda: [["sq", polynomial(30, 30)]] + [["lin", "0", [["1", 5]]]] * 4900),
     "safe [limit] safe[0] at (put (vec i) (mem A (vec i))): too"),
    ("parts of a step", proof(lambda: [["lin", "0", [["1", 0]] * 49000]] * 6), "safe [proof]"),
    ("splits", proof(lambda: splits(60)), "safe [proof]"),
    ("splits of splits", proof(lambda: bushy(12)), "safe [proof]"),
    ("splits, too deep", proof(lambda: splits(150)), "equal [limit] JSON nested too deeply"),
    ("cuts", proof(lambda: [["sq", polynomial(30, 30)]] + [["cut", 5]] * 4900),
     "safe [limit] safe[0] at (put (vec i) (mem A (vec i))): too"),
    ("atoms by floordiv", proof(lambda: [["lin", "0", []]] + [
        ["floordiv", [["1", [[0, 1]]]], ONE, 5]] * 4990), "safe [proof]"),
    ("proofs of a list", changed(at("safe", lambda: [[]] * 49000)),
     "safe [proof] safe: has 49000 proofs, but 13 obligations arise"),
    ("holes", changed(at("safe", lambda: [{"hole": "no-witness"}] * 49000)),
     "safe [proof] safe: has 49000 proofs, but 13 obligations arise"),
    ("lemmas", changed(at("safe", 3, lambda: [
        ["use", 2, [polynomial(30, 30)] * 3, [0] * 5]] * 40)),
     "safe [json] safe[3] at (mem A (vec i)): expected a list of 2"),
]
TREE = ["goals", [], []]


def cases(depth):
    out = TREE
    for _ in range(depth):
        out = ["cases", out, out]
    return out


def traffic(claim, tree):
    def change(cert):
        cert["costs"]["traffic"] = [["A", "load", "exact", "1", claim, tree()]]
    return changed(change)


def minima(count):
    return nested("(min N (+ 1 ", "N", "))", count)


def wide(count):
    text = "(min N M)"
    for _ in range(count):
        text = "(+ %s %s)" % (text, text)
    return text.replace("M", "(+ N 1)")


COSTS = [
    ("case splits, 2^14 leaves", traffic(wide(5), lambda: cases(14)),
     "traffic [costs] A load: no tree of this goal"),
    ("case splits in depth", traffic(minima(60), lambda: nested_cases(60)),
     "traffic [costs] A load: no tree of this goal"),
    ("a goal of 65,000 minima", traffic(wide(14), lambda: cases(3)),
     "traffic [limit] A load: text too long"),
    ("minima, too deep", traffic(minima(300), lambda: TREE),
     "traffic [limit] A load: nested too deeply"),
    ("a power in a claim", traffic(nested("(* (+ N 1) ", "N", ")", 100), lambda: TREE),
     "traffic [limit] A load: exponent above 64"),
    ("terms in a claim", traffic(nested("(* (+ N (div N 2)) ", "N", ")", 63), lambda: TREE),
     "traffic [proof]"),
    ("a row's multiple", changed(lambda cert: cert["costs"]["traffic"].append(
        ["A", "load", "exact", "9" * 1000000, "N", TREE])),
     "traffic [limit] A load: a number of more than 2,000 digits"),
    ("rows of traffic", changed(lambda cert: cert["costs"].update(traffic=[
        ["A", "load", "exact", "1", "N", TREE]] * 49000)),
     "traffic [costs] traffic[1]: a row out of order or without a"),
    ("nests", changed(lambda cert: cert["costs"].update(nests=[{"sums": [], "proofs": []}] *
                                             49000)),
     "traffic [json] costs: expected a list of 0"),
    ("footprints", changed(lambda cert: cert["costs"].update(footprint=["1"] * 49000)),
     "footprint [json] costs.footprint: expected a list of 1"),
    ("a footprint's power", changed(lambda cert: cert["costs"].update(footprint=[nested(
        "(* (+ N (div N 2)) ", "N", ")", 90)])),
     "footprint [limit] costs.footprint: exponent above 64"),
    ("200 sites in 100 loops", term(lambda: nested("(for (i N) ", "(put (vec i) %s)" % sized(
        200).replace("V", "(mem V (vec i))"), ")", 100)),
     "equal [proof] spec_proofs: has 0 proofs, but 1 obligations"),
    ("sites with many conditions", term(lambda: "(for (i N) (put (vec i) %s))" % nested(
        "(red add (j i) (< j (mem T (vec i))) ", "(mem V (vec i))", ")", 60)),
     "equal [limit] too many typed nodes"),
    ("sites, loops and conditions", term(lambda: "(for (i N) (put (vec i) %s))" % nested(
        "(red add (j (mem T (vec i))) (and (< j (mem T (vec i))) (< i (+ j M))) "
        "(+ (mem V (vec j)) ",
        "(mem V (vec i))", "))", 95)), "equal [limit] too many typed nodes"),
    ("ratios", changed(lambda cert: cert.update(ratios=[{}] * 49000)), "ratio [json]"),
    ("theorems", changed(lambda cert: cert.update(ratios=[{}], theorems=[{}] * 49000)),
     "ratio [json]"),
]


def nested_cases(depth):
    out = TREE
    for _ in range(depth):
        out = ["cases", TREE, out]
    return out


def theorem(text):
    def write(w):
        cert, body = valued(w)
        made = text()
        w.write("spec/bounds/bomb.thm", made)
        cert.update(ratios=[{}], theorems=[{"path": "spec/bounds/bomb.thm", "sha256": sha(made)}])
        w.put(cert, body)
    return write


THEOREMS = [
    ("bytes of theorems", theorem(lambda: ";" * (LARGE + 1)), "ratio [limit]"),
    ("theorems of brackets", theorem(lambda: "(" * LARGE),
     "ratio [limit] spec/bounds/bomb.thm: nested too deeply"),
    ("theorems of tokens", theorem(lambda: "a " * (LARGE // 2)),
     "ratio [limit] spec/bounds/bomb.thm: text too long"),
    ("classes", theorem(lambda: "".join('(class c%d (within c%d) (doc ""))\n' % (k, k - 1)
                                        for k in range(1, 30000))),
     "ratio [limit] spec/bounds/bomb.thm: text too long"),
    ("a chain of classes", theorem(lambda: '(class c0 (doc ""))\n' + "".join(
        '(class c%d (within c%d) (doc ""))\n' % (k, k - 1) for k in range(1, 30000))),
     "ratio [limit] spec/bounds/bomb.thm: text too long"),
]
KERNELS = [
    ("bytes of a kernel", changed(lambda cert: None, lambda: ";" * (LARGE + 1)), "text [limit]"),
    ("a kernel of tokens", changed(lambda cert: None, lambda: ";" * (LARGE - 1000)), "text [text]"),
    ("a kernel of words", changed(lambda cert: None, lambda: "a " * (LARGE // 2 - 1000)),
     "text [text]"),
    ("a kernel of one word", changed(lambda cert: None, lambda: "a" * (LARGE - 1000)),
     "text [text]"),
    ("a kernel of newlines", changed(lambda cert: None, lambda: "\n" * (LARGE - 1000)),
     "text [text]"),
    ("a kernel of comments", changed(lambda cert: None, lambda: "//\n" * (LARGE // 3 - 1000)),
     "text [text]"),
    ("a kernel of directives", changed(lambda cert: None, lambda: "#include <cmath>\n" * 240000),
     "text [text]"),
    ("a header of 4 MiB", changed(lambda cert: None, None, lambda: "//\n" * (LARGE // 3 - 3000)),
     None),
    ("a header of one line", changed(lambda cert: None, None, lambda: "x" * (LARGE - 9000) + "\n"),
     "text [text]"),
]
BOMBS = {"file": FILES, "spec": SPECS, "rules": RULES, "steps": STEPS, "terms": TERMS,
         "proofs": PROOFS, "costs": COSTS, "theorems": THEOREMS, "kernel": KERNELS}
