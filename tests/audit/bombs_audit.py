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
    ("a file of blanks", raw(lambda: " " * LARGE), "equal [json]"),
    ("a file of zeros", raw(lambda: "\0" * LARGE), "equal [json]"),
    ("a file of brackets", raw(lambda: "[" * LARGE), "equal [limit]"),
    ("depth of JSON", raw(nested("[", "", "]", 201)), "equal [limit]"),
    ("depth of JSON, objects", raw(nested('{"a":', "0", "}", 201)), "equal [limit]"),
    ("values of JSON", raw(lambda: "[" + "0," * (LARGE // 2 - 2) + "0]"), "equal [limit]"),
    ("values of JSON, strings", raw(lambda: '["' + 'abcdefghijklmnop","' * 215000 + '"]'),
     "equal ["),
    ("values of JSON, objects", raw(lambda: objects(320000)), "equal ["),
    ("length of a list", changed(at("steps", lambda: [0] * 50001)), "equal [limit] list"),
    ("a key of 4 MiB", changed(lambda cert: cert.update({"k" * (LARGE - 20000): 0})), "equal ["),
    ("a path of 4 MiB", changed(at("spec", "path", lambda: "s" * (LARGE - 20000))), "equal ["),
    ("a rule's name of 4 MiB", changed(at("steps", 0, "rule", lambda: "s" * (LARGE - 20000))),
     "equal ["),
    ("a TEXT of 4 MiB", changed(at("steps", 0, "sub", "?E", lambda: "s" * (LARGE - 20000))),
     "equal ["),
    ("a schedule of 4 MiB", changed(at("schedule", "name", lambda: "s" * (LARGE - 20000))),
     "text [name]"),
    ("a number of 4 MiB", changed(at("workspace", lambda: "1" * (LARGE - 20000))),
     "workspace ["),
    ("a number of 4 MiB in JSON", raw(lambda: "[" + "1" * (LARGE - 2) + "]"), "equal [json]"),
    ("escapes of 4 MiB", raw(lambda: '["' + "\\u0041" * (LARGE // 6 - 2) + '"]'), "equal ["),
    ("a producer of 4 MiB", changed(at("producer", "x", lambda: "\x01" * (LARGE // 6 - 9000))),
     "text [text]"),
    ("a place of 4 MiB", changed(at("kernel", "path", lambda: "p" * (LARGE - 20000))), "text ["),
]
SPECS = [
    ("bytes of a spec", spec(lambda: "#" * (LARGE + 1)), "equal [limit]"),
    ("a spec of 4 MiB", spec(lambda: "#" * LARGE), "equal [limit]"),
    ("a spec of newlines", spec(lambda: "\n" * SPEC), "equal [spec]"),
    ("a spec of tokens", spec(lambda: "+" * SPEC), "equal [spec]"),
    ("depth of a spec", spec(HEAD + "O = " + "(" * 300 + "V" + ")" * 300 + "\n"), "equal [limit]"),
    ("minus signs of a spec", spec(HEAD + "O = " + "-" * 100000 + "V\n"), "equal [limit]"),
    ("a long sum of a spec", spec(HEAD + "O = V" + " + V" * 100000 + "\n"), "equal [limit]"),
    ("lets that double", spec(HEAD + "let a0 = V + V\n" + "".join(
        "let a%d = a%d + a%d\n" % (k + 1, k, k) for k in range(60)) + "O = a60\n"), "equal [proof]"),
    ("digits of a spec", spec(lambda: HEAD + "O = V * " + "1" * 200000 + "\n"), "equal [limit]"),
    ("decimals of a spec", spec(lambda: HEAD + "O = V * 0." + "1" * 200000 + "\n"),
     "equal [limit]"),
    ("dimensions", spec(lambda: "spec x\ndims " + ", ".join("d%d" % k for k in range(30000)) +
                        "\nin V : f32[d0]\nout O : f32[d0]\nO = V\n"), "equal [limit]"),
    ("inputs", spec(lambda: "spec x\ndims N\nin " + ", ".join(
        "V%d : f32[N]" % k for k in range(16000)) + "\nout O : f32[N]\nO = V0\n"), "equal ["),
    ("axes", spec(lambda: "spec x\ndims N\nin V : f32[" + ",".join(["N"] * 120000) +
                  "]\nout O : f32[N]\nO = V\n"), "equal ["),
    ("requires", spec(lambda: "spec x\ndims N\nin V : f32[N]\nout O : f32[N]\n" +
                      "require N <= 8\n" * 16000 + "O = V\n"), "equal ["),
    ("a vector", spec(lambda: "spec x\ndims N\nin V : f32[N]\nout O : f32[N]\nO = <" +
                      " 1" * 120000 + ">\n"), "equal ["),
    ("kinds of a spec: gen in gen", spec(HEAD + "O = " + "gen(i in N) " * 150 + "0\n"), "equal ["),
    ("powers by shapes", spec(HEAD + "let a = " + "V " + "".join("+.* V" for _ in range(150)) +
                              "\nO = a\n"), "equal ["),
]
RULES = [
    ("bytes of rules", rules(lambda: ";" * (LARGE + 1)), "equal [limit]"),
    ("rules of 4 MiB in a comment", rules(lambda: ";" * LARGE), "equal [json]"),
    ("rules of brackets", rules(lambda: "(" * LARGE), "equal [limit]"),
    ("rules of tokens", rules(lambda: "a " * (LARGE // 2)), "equal [limit]"),
    ("rules of lists", rules(lambda: "()" * (LARGE // 2)), "equal [limit]"),
    ("a string of 4 MiB in rules", rules(lambda: '"' + "a" * (LARGE - 2) + '"'), "equal [rules]"),
    ("variables of a rule", rules(lambda: rule("(value " + " ".join(
        "?v%d" % k for k in range(300000)) + ")", "?v0", "?v0")), "equal ["),
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
    ("20,000 steps", steps(lambda: [step("r", [0], {"A": "V"})] * 20000, text=KEEP), "equal ["),
    ("20,000 steps on 700 nodes", steps(lambda: then(19999, 700), text=ANY + KEEP), "equal ["),
    ("20,000 steps on 2,000 nodes", steps(lambda: then(19999, 2000), text=ANY + KEEP),
     "equal [limit]"),
    ("steps on 100,000 nodes", steps(lambda: then(1000, 100000), text=ANY + KEEP),
     "equal [limit]"),
    ("steps that double a term", steps(lambda: doubled(18), text=DOUBLE), "equal [limit]"),
    ("a side that doubles", steps(step("r", [0], {"A": "V"}), text=rule(
        "(value ?A)", "?A", "(let (x) ?A (let (x) (+ x x) (let (x) (+ x x) (+ x x))))")), "equal ["),
    ("a function of a function", steps(step("r", [0], TWICE), text=FUNCTION), "equal ["),
    ("a side with 5,000 copies", steps(lambda: then(0, 2000) + [
        step("r", [0], {"A": sized(2000)})], text=ANY + WIDE), "equal [limit]"),
    ("a position of 50,000 numbers", steps(step("r", [0] * 50000, {"A": "V"}), text=KEEP),
     "equal ["),
    ("values for 50,000 variables", steps(lambda: [step("r", [0], {
        "v%d" % k: "V" for k in range(50000)})], text=KEEP), "equal ["),
    ("a sequence of 190,000 indices", steps(lambda: [step("r", [0], {
        "p": "(seq" + " 0" * 190000 + ")", "A": "V"})], text=rule(
            "(indices ?p) (value ?A)", "(psi (vec ?p..) ?A)", "?A")), "equal ["),
]
TERMS = [
    ("depth of a term", term(nested("(neg ", "V", ")", 500)), "equal [limit]"),
    ("nodes of a term", term(lambda: "(put (vec) %s)" % sized(260000)), "equal [limit]"),
    ("tokens of a TEXT", term(lambda: "(tup" + " V" * 500000 + ")"), "equal [limit]"),
    ("digits of a literal", term("(put (vec) (real %s))" % ("1" * 100000)), "equal [limit]"),
    ("brackets of a TEXT", term("(" * 100000), "equal [limit]"),
    ("binders", term(nested("(gen (i N) ", "bottom", ")", 190)), "equal ["),
    ("types that double", term("(put (vec) " + "(let (x) (tup V V) " + "(let (x) (tup x x) " * 60 +
                               "bottom" + ")" * 61 + ")"), "equal [limit]"),
    ("axes that multiply", term("(put (vec) " + "(let (x) B " + "(let (x) (outer + x x) " * 40 +
                                "bottom" + ")" * 41 + ")"), "equal [limit]"),
    ("a reshape of many axes", term("(put (vec) (reshape (vec" + " 1" * 100000 + ") V))"),
     "equal ["),
    ("a tuple of many arrays", term("(put (vec) (tup" + " B" * 100000 + "))"), "equal ["),
    ("components of a tuple", term("(for (i N) (put (vec i) (let (x) (tup%s) bottom)))" % (
        " bottom" * 12000)), "equal ["),
    ("components, as many as allowed", term("(for (i N) (put (vec i) (let (x) (tup%s) bottom)))" % (
        " bottom" * 1240)), " ["),
    ("leaves", term("(for (i N) (put (vec i) (let (x) (tup" + " V" * 11000 + ") bottom)))"),
     "text ["),
    ("nested ifs", term("(for (i N) (put (vec i) " + nested("(if (< i 1) bottom ", "bottom", ")",
                                                             180) + "))"), "safe ["),
    ("sums in sums", term("(for (i N) (put (vec i) " + nested("(red add (j M) (< i j) ", "bottom",
                                                               ")", 180) + "))"), "safe ["),
    ("conjunctions", term(lambda: "(for (i N) (when %s (put (vec i) bottom)))" % (
        "(and " * 190 + "true" + " (< i M))" * 190)), "safe ["),
    ("a polynomial's power", term("(for (i %s) (put (vec i) bottom))" % nested(
        "(* (+ N M) ", "N", ")", 150)), " ["),
    ("a polynomial's terms", term("(for (i N) (put (vec i) (real %s)))" % nested(
        "(* (+ (+ N M) i) ", "N", ")", 60)), " ["),
    ("quotients of quotients", term("(for (i N) (put (vec i) (real %s)))" % nested(
        "(div ", "i", " 2)", 190)), "safe ["),
    ("5,000 quotients", term("(for (i N) (put (vec i) (real %s)))" % sized(4000).replace(
        "V", "(div i 7)")), "safe ["),
    ("different quotients", term(lambda: "(for (i N) (put (vec i) (real %s)))" % many_quotients()),
     "safe ["),
    ("many loads", term(lambda: "(for (i N) (put (vec i) %s))" % sized(60000).replace(
        "V", "(mem V (vec i))")), " ["),
    ("loads of a large kernel", term(lambda: "(for (i N) (put (vec i) %s))" % sized(
        60000).replace("V", "(mem V (vec (+ i (- M M))))")), " ["),
    ("brackets of a large kernel", term(lambda: "(for (i N) (put (vec i) (real %s)))" % sized(
        190000).replace("V", "N")), " ["),
    ("an extent of many nodes", term(lambda: "(for (i N) (put (vec i) (let (x) (tup%s) bottom)))" %
        ((" (gen (c %s) bottom)" % sized(2000).replace("V", "N")) * 40)), " ["),
    ("many stores of slow memory", term(lambda: nested("(letslow (x) (gen (c N) bottom) ", PLAIN,
                                                       ")", 190)), "text ["),
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
    ("steps of a proof", proof(lambda: [["lin", "0", []]] * 5001), "safe [limit]"),
    ("digits", proof(lambda: [["lin", "1" * 2001, []]]), "safe [limit]"),
    ("digits, 4 MiB", proof(lambda: [["lin", "1" * (LARGE - 20000), []]]), "safe [limit]"),
    ("digits by squares", proof(lambda: [["lin", "9" * 40, []]] + [
        ["mul", 5 + k, 5 + k] for k in range(60)]), "safe [limit]"),
    ("digits by sums", proof(lambda: [["lin", "9" * 2000, []], ["lin", "9" * 2000, [["9", 5]]]]),
     "safe [limit]"),
    ("long coefficients", proof(lambda: [["lin", "9" * 1000, []]] + [["mul", 5, 5]] * 4900),
     "safe ["),
    ("exponent", proof(lambda: [["sq", [["1", [[0, 65]]]]]]), "safe [limit]"),
    ("exponent of 10^6", proof(lambda: [["sq", [["1", [[0, 1000000]]]]]]), "safe [limit]"),
    ("exponent by squares", proof(lambda: [["sq", [["1", [[0, 1]]]]]] + [
        ["mul", 5 + k, 5 + k] for k in range(20)]), "safe [limit]"),
    ("terms of a polynomial", proof(lambda: [["sq", polynomial(65, 310)[:20001]]]), "safe [limit]"),
    ("terms of a square", proof(lambda: [["sq", polynomial(45, 45)]]), "safe ["),
    ("multiplications", proof(lambda: [["sq", polynomial(46, 46)], ["mul", 5, 5]]), "safe [limit]"),
    ("multiplications of numbers", proof(lambda: [["lin", "9" * 900, []]] + [
        ["lin", "0", [["9" * 900, 5]] * 900]] * 4), "safe ["),
    ("multiplications, one by one", proof(lambda: [["sq", polynomial(40, 40)]] + [
        ["lin", "0", [["2", 5]] * 100]] * 20), "safe [limit]"),
    ("facts", proof(lambda: [["sq", polynomial(30, 30)]] + [["lin", "0", [["1", 5]]]] * 4900),
     "safe [limit]"),
    ("parts of a step", proof(lambda: [["lin", "0", [["1", 0]] * 49000]] * 6), "safe ["),
    ("splits", proof(lambda: splits(60)), "safe ["),
    ("splits of splits", proof(lambda: bushy(12)), "safe ["),
    ("splits, too deep", proof(lambda: splits(150)), "equal [limit]"),
    ("cuts", proof(lambda: [["sq", polynomial(30, 30)]] + [["cut", 5]] * 4900), "safe ["),
    ("atoms by floordiv", proof(lambda: [["lin", "0", []]] + [
        ["floordiv", [["1", [[0, 1]]]], ONE, 5]] * 4990), "safe ["),
    ("proofs of a list", changed(at("safe", lambda: [[]] * 49000)), "safe [proof]"),
    ("holes", changed(at("safe", lambda: [{"hole": "no-witness"}] * 49000)), "safe [proof]"),
    ("lemmas", changed(at("safe", 3, lambda: [
        ["use", 2, [polynomial(30, 30)] * 3, [0] * 5]] * 40)), "safe ["),
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
    ("case splits, 2^14 leaves", traffic(wide(5), lambda: cases(14)), "traffic ["),
    ("case splits in depth", traffic(minima(60), lambda: nested_cases(60)), "traffic ["),
    ("a goal of 65,000 minima", traffic(wide(14), lambda: cases(3)), "traffic ["),
    ("minima, too deep", traffic(minima(300), lambda: TREE), "traffic [limit]"),
    ("a power in a claim", traffic(nested("(* (+ N 1) ", "N", ")", 100), lambda: TREE),
     "traffic ["),
    ("terms in a claim", traffic(nested("(* (+ N (div N 2)) ", "N", ")", 63), lambda: TREE),
     "traffic ["),
    ("a row's multiple", changed(lambda cert: cert["costs"]["traffic"].append(
        ["A", "load", "exact", "9" * 1000000, "N", TREE])), "traffic ["),
    ("rows of traffic", changed(lambda cert: cert["costs"].update(traffic=[
        ["A", "load", "exact", "1", "N", TREE]] * 49000)), "traffic ["),
    ("nests", changed(lambda cert: cert["costs"].update(nests=[{"sums": [], "proofs": []}] * 49000)),
     "traffic ["),
    ("footprints", changed(lambda cert: cert["costs"].update(footprint=["1"] * 49000)),
     "footprint ["),
    ("a footprint's power", changed(lambda cert: cert["costs"].update(footprint=[nested(
        "(* (+ N (div N 2)) ", "N", ")", 90)])), "footprint ["),
    ("200 sites in 100 loops", term(lambda: nested("(for (i N) ", "(put (vec i) %s)" % sized(
        200).replace("V", "(mem V (vec i))"), ")", 100)), " ["),
    ("sites with many conditions", term(lambda: "(for (i N) (put (vec i) %s))" % nested(
        "(red add (j i) (< j (mem T (vec i))) ", "(mem V (vec i))", ")", 60)), " ["),
    ("sites, loops and conditions", term(lambda: "(for (i N) (put (vec i) %s))" % nested(
        "(red add (j (mem T (vec i))) (and (< j (mem T (vec i))) (< i (+ j M))) (+ (mem V (vec j)) ",
        "(mem V (vec i))", "))", 95)), " ["),
    ("ratios", changed(lambda cert: cert.update(ratios=[{}] * 49000)), "ratio ["),
    ("theorems", changed(lambda cert: cert.update(ratios=[{}], theorems=[{}] * 49000)), "ratio ["),
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
    ("theorems of brackets", theorem(lambda: "(" * LARGE), "ratio [limit]"),
    ("theorems of tokens", theorem(lambda: "a " * (LARGE // 2)), "ratio [limit]"),
    ("classes", theorem(lambda: "".join('(class c%d (within c%d) (doc ""))\n' % (k, k - 1)
                                        for k in range(1, 30000))), "ratio ["),
    ("a chain of classes", theorem(lambda: '(class c0 (doc ""))\n' + "".join(
        '(class c%d (within c%d) (doc ""))\n' % (k, k - 1) for k in range(1, 30000))), "ratio ["),
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
