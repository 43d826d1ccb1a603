#!/usr/bin/env python3
"""The claim `ratio` (FORMAT 13): right certificates, and for each check one that breaks just it.

usage: ratio_test.py --root ROOT --build BUILD [--audit AUDITOR]
The certificates are committed ones of spec sdpa and causal with keys `theorems`, `product` and
`ratios` written here by hand, with their proofs; so nothing of the prover is trusted. Each case
says what it expects: VALID and a line of the report, or the code and a part of the reason with
which the claim `ratio` alone is refused. Prints `N passed, N failed`.
"""
import argparse
import copy
import functools
import hashlib
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

BODY = "// ---- body ----\n"


def sha(data):
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode()).hexdigest()


# ---- proofs ----
NOTHING = []  # the goal is a constant: its negation is negative already


def lin(*facts):
    """The sum of these facts, the negated goal among them, is negative."""
    return [["lin", "0", [["1", k] for k in facts]]]


def goals(*proofs):
    return ["goals"] + list(proofs)


EQUAL = goals(NOTHING, NOTHING)  # equal as polynomials


# ---- sdpa: dims B H S T D; facts 0 .. 9 are their ranges, T - 1 is fact 6 ----
def product():
    pairs = "(* (* (* B H) S) T)"
    return {"column": 3, "heads": [], "nests": [], "pairs": ["1", pairs, EQUAL],
            "rows": ["0", [[NOTHING], [lin(6, 16)]], "1", "(* (* B H) S)", EQUAL],
            "cols": [["0"], [[NOTHING], [lin(4, 12)]], "1", "T", EQUAL]}


ROWS_RESIDENT = "(+ (+ (+ 11 (* 2 S)) (* (* 2 S) D)) (* 2 D))"


def compulsory():
    """Of rows_resident: what T0 says, word for word."""
    return {"theorem": "T0", "words": ROWS_RESIDENT, "at": [], "where": [],
            "point": {d: "1" for d in "BHSTD"}, "fits": [goals(NOTHING)],
            "hypotheses": [goals(lin(8, 10)), goals(NOTHING)], "ratio": ["1", "1"],
            "proof": goals(NOTHING)}


SIZES = {"B": 2, "H": 4, "S": 4096, "T": 4096, "D": 64}


def pinned(theorem, words, ratio, conditions):
    """Of flash_stream at SIZES: all is literal."""
    return {"theorem": theorem, "words": str(words),
            "at": [[d, str(n)] for d, n in SIZES.items()], "where": [],
            "point": {d: str(n) for d, n in SIZES.items()}, "fits": [goals(NOTHING)],
            "hypotheses": [goals(NOTHING)] * (conditions + 1), "ratio": list(map(str, ratio)),
            "proof": goals(NOTHING)}


class Bench:
    """A copy of spec/ and of some kernels; a case is one certificate file."""

    def __init__(self, root):
        self.root, self.dir = root, tempfile.mkdtemp(prefix="ratio")
        shutil.copytree(os.path.join(root, "spec"), os.path.join(self.dir, "spec"))
        shutil.copytree(os.path.join(root, "extract", "instr"),
                        os.path.join(self.dir, "extract", "instr"))
        for folder in ("certificates", "kernels/cpu"):
            os.makedirs(os.path.join(self.dir, folder))
        self.cases = []  # name, code (None: VALID), text

    def theorems(self):
        return [self.file("spec/bounds/" + name)
                for name in ("classes.thm", "element.thm", "rows.thm")]

    def file(self, path, text=None):
        """The entry of a file; with text it is written first."""
        if text is not None:
            with open(os.path.join(self.dir, path), "w", encoding="utf-8") as out:
                out.write(text)
        with open(os.path.join(self.dir, path), "rb") as file:
            return {"path": path, "sha256": sha(file.read())}

    def read(self, path):
        with open(os.path.join(self.dir, path), encoding="utf-8") as file:
            return file.read()

    def certificate(self, name, entries, of=product):
        path = "certificates/%s.cert.json" % name
        with open(os.path.join(self.root, path), encoding="utf-8") as file:
            cert = json.load(file)
        cert["theorems"] = self.theorems() if entries else []
        cert["product"] = of() if entries else {}
        cert["ratios"] = entries
        cert.setdefault("attention", {})
        return cert

    def case(self, name, code, text, cert, written=lambda text: text):
        """written: a change of the certificate's text."""
        number = len(self.cases)
        self.cases.append((name, code, text))
        cert = copy.deepcopy(cert)
        kernel = os.path.join(self.root, cert["kernel"]["path"])
        body = ""
        if os.path.exists(kernel):
            with open(kernel, encoding="utf-8") as file:
                body = file.read().split(BODY, 1)[1]
        cert["kernel"]["path"] = "kernels/cpu/r%d.cpp" % number
        written = written(json.dumps(cert))
        self.file("certificates/r%d.cert.json" % number, written)
        self.file(cert["kernel"]["path"],
                  "// certificate x sha256 %s\n%s%s" % (sha(written), BODY, body))

    def paths(self):
        return [os.path.join(self.dir, "certificates/r%d.cert.json" % k)
                for k in range(len(self.cases))]


def put(value, *path):
    """The change that stores the value there."""
    def change(cert):
        for key in path[:-1]:
            cert = cert[key]
        cert[path[-1]] = value
    return change


def drop(*path):
    def change(cert):
        for key in path[:-1]:
            cert = cert[key]
        del cert[path[-1]]
    return change


def edit(cert, *changes):
    cert = copy.deepcopy(cert)
    for change in changes:
        change(cert)
    return cert


# ---- entries: one change of a right certificate ----
def format_cases(b):
    good = b.certificate("sdpa_rows_resident", [compulsory()])
    none = b.certificate("sdpa_rows_resident", [])
    b.case("nothing is claimed", None, "ratio: none is claimed", none)
    b.case("T0 is attained", None, "ratio T0: class explicit-product, Coq ElementBounds.T0_total, "
           + ROWS_RESIDENT + " words: optimal", good)
    for key in ("theorems", "product", "ratios"):
        b.case("no key " + key, "equal json", "", edit(none, drop(key)))
    b.case("a product for nothing", "product", "no ratio is claimed",
           edit(none, put(product(), "product")))
    for key in compulsory():
        b.case("an entry without " + key, "json", "", edit(good, drop("ratios", 0, key)))
    for key in product():
        b.case("a product without " + key, "json", "", edit(good, drop("product", key)))
    b.case("another theorem file", "sha256", "", edit(good, put("0" * 64, "theorems", 1, "sha256")))
    b.case("no theorem file", "ratio", "no such theorem", edit(good, put([], "theorems")))
    b.case("theorem files not sorted", "json", "sorted",
           edit(good, put([b.theorems()[k] for k in (0, 2, 1)], "theorems")))
    b.case("a theorem file twice", "json", "sorted",
           edit(good, put(b.theorems()[:1] * 2, "theorems")))
    for path in ("spec/x.thm", "spec/bounds/x.rules", "spec/rules/x.thm"):
        b.case("theorems in " + path, "path", "spec/bounds", edit(
            good, put([b.file(path, "")], "theorems")))
    b.case("an unknown theorem", "ratio", "no such theorem",
           edit(good, put("T9", "ratios", 0, "theorem")))
    b.case("a threshold", "ratio", "threshold", edit(good, put("R1", "ratios", 0, "theorem")))


def product_entry_cases(b):
    good = b.certificate("sdpa_rows_resident", [compulsory()])

    def wrong(name, code, text, value, *path):
        b.case("product: " + name, code, text, edit(good, put(value, "product", *path)))
    for column in (0, 1, 2):
        wrong("column %d" % column, "product", "values alone", column, "column")
    wrong("column 4", "product", "no such column", 4, "column")
    wrong("heads of no quotient", "product", "heads", [["H", [NOTHING, NOTHING]]], "heads")
    wrong("a nest too many", "json", "", [{"sums": [], "proofs": []}], "nests")
    for key, words in (("pairs", "(* (* (* B H) S) T)"), ("rows", "(* (* B H) S)"), ("cols", "T")):
        spot = 0 if key == "pairs" else 2
        wrong(key + " one more", "proof", "", "(+ 1 %s)" % words, key, spot + 1)
        wrong(key + " one less", "proof", "", "(- %s 1)" % words, key, spot + 1)
        wrong(key + " twice", "proof", "", "2", key, spot)
        wrong(key + " no times", "costs", "times", "0", key, spot)
        wrong(key + " without proof", "proof", "", ["goals"], key, spot + 2)
    wrong("pairs and one more", "json", "", ["1", "(* (* (* B H) S) T)", EQUAL, "0"], "pairs")
    wrong("a key behind the last", "proof", "", "T", "rows", 0)
    wrong("a key before the first", "proof", "", "-1", "rows", 0)
    wrong("a key of the column", "scope", "", "d", "rows", 0)
    wrong("a row behind the last", "proof", "", "S", "cols", 0, 0)
    wrong("a row before the first", "proof", "", "-1", "cols", 0, 0)
    wrong("no row", "product", "a row for each", [], "cols", 0)
    wrong("two rows", "product", "a row for each", ["0", "0"], "cols", 0)
    for key, last in (("rows", lin(6, 16)), ("cols", lin(4, 12))):
        wrong(key + ": a condition less", "json", "", [[NOTHING]], key, 1)
        wrong(key + ": a condition more", "json", "", [[NOTHING], [last], [NOTHING]], key, 1)
        wrong(key + ": no proof", "proof", "", [[NOTHING], []], key, 1)
        wrong(key + ": empty proof", "proof", "", [[NOTHING], [NOTHING]], key, 1)
        wrong(key + ": counted without variable", "product", "depends on data",
              [[NOTHING], "count"], key, 1)
        b.case("product: no " + key, "theorems", "no value",
               edit(good, put([], "product", key)))
    b.case("no product", "theorems", "no value", edit(good, put({}, "product")))


def region_cases(b):
    good = b.certificate("sdpa_rows_resident", [compulsory()])

    def case(name, code, text, *changes):
        b.case("region: " + name, code, text, edit(good, *changes))

    def entry(value, *path):
        return put(value, "ratios", 0, *path)
    case("one word less", "witness", "", entry("(- %s 1)" % ROWS_RESIDENT, "words"))
    case("too few words elsewhere", "proof", "", entry("(* 17 D)", "words"))
    case("words with min", "ratio", "words", entry("(min S T)", "words"))
    case("words of data", "ratio", "words", entry("Q", "words"))
    case("one footprint less", "json", "", entry([], "fits"))
    case("one footprint more", "json", "", entry([goals(NOTHING)] * 2, "fits"))
    case("one hypothesis less", "json", "", entry([goals(NOTHING)], "hypotheses"))
    case("a hypothesis not proved", "proof", "",
         entry([goals(NOTHING), goals(NOTHING)], "hypotheses"))
    case("hypotheses by absurdity", "proof", "",
         entry([["absurd", NOTHING], goals(NOTHING)], "hypotheses"))
    case("no proof", "proof", "", entry(["goals"], "proof"))
    case("a hole", "HOLEY", "optimal (if the holes are filled)",
         entry(["goals", {"hole": "no-witness"}], "proof"))
    case("better than the least", "ratio", "q <= p", entry(["999", "1000"], "ratio"))
    case("q is 0", "ratio", "q <= p", entry(["1", "0"], "ratio"))
    case("both negative", "ratio", "q <= p", entry(["-1", "-1"], "ratio"))
    case("beyond 2^62", "ratio", "2^62", entry([str(2**62 + 1), "1"], "ratio"))
    case("2^62", None, "optimal", entry([str(2**62)] * 2, "ratio"))
    case("not reduced", None, "optimal", entry(["7", "7"], "ratio"))
    case("stores only", None, "words: within a factor of 1/1", entry("output", "theorem"),
         entry([goals(NOTHING)], "hypotheses"))
    case("where: at no size", "witness", "", entry(["(< S 1)"], "where"))
    case("where: not at the point", "witness", "", entry(["(< 1 S)"], "where"))
    case("where: with min", "ratio", "where", entry(["(<= 1 (min S T))"], "where"))
    case("where: no inequality", "ratio", "where", entry(["(and (<= 1 S) (<= 1 T))"], "where"))
    for text in ("true", "(or (<= 1 S) (<= 1 T))", "(<= (mem Q (vec 0 0 0 0)) T)",
                 "(<= S (mem Q (vec 0 0 0 0)))"):
        case("where: " + text, "ratio", "where", entry([text], "where"))
    case("where: a divisor that may be 0", "divisor", "",
         entry(["(<= 1 (div S (- T 1)))"], "where"), entry("2", "point", "T"))
    case("where: division by 0", "witness", "", entry(["(<= 0 (div S (- D 1)))"], "where"))
    case("where: division by 0 of literals", "witness", "",
         entry(["(<= 0 (div S (- D 1)))"], "where"), entry([["S", "1"], ["D", "1"]], "at"))
    case("where: a positive divisor", None, "(<= 1 (div S (+ T T)))",
         entry(["(<= 1 (div S (+ T T)))"], "where"), entry("2", "point", "S"),
         # `where` adds its fact 10 and those of the quotient, 11 .. 13
         entry([goals(lin(8, 14)), goals(NOTHING)], "hypotheses"))
    case("point: a size missing", "json", "", drop("ratios", 0, "point", "B"))
    case("point: size 0", "witness", "", entry("0", "point", "B"))
    case("point: size above 2^24", "witness", "", entry(str(2**24 + 1), "point", "B"))
    case("point: not as pinned", "witness", "", entry([["D", "2"]], "at"))
    case("at: twice", "ratio", "twice", entry([["D", "1"], ["D", "1"]], "at"))
    case("at: no dimension", "ratio", "not a dimension", entry([["Q", "1"]], "at"))
    case("at: size 0", "ratio", "size", entry([["D", "0"]], "at"))
    case("at: above 2^24", "ratio", "size", entry([["D", str(2**24 + 1)]], "at"))
    # hypothesis 1 has no facts of D; the goal 1 - 1 is a constant
    case("at", None, "D = 1: optimal", entry([["D", "1"]], "at"),
         entry([goals(NOTHING), goals(NOTHING)], "hypotheses"))
    case("at: 2^24", None, "B = 16777216: optimal", entry([["B", str(2**24)]], "at"),
         entry(str(2**24), "point", "B"), entry([goals(lin(6, 8)), goals(NOTHING)], "hypotheses"))
    case("traffic of one array is not claimed", "ratio", "V is not claimed",
         drop("costs", "traffic", 2))
    changes = []
    for row, (times, side) in enumerate(((2**31, "S"), (2**31 - 1, "T"), (2**31 - 19, "T"))):
        changes += [put(str(times), "costs", "traffic", row, 3), put(
            "(* %d (* (* (* B H) %s) D))" % (times, side), "costs", "traffic", row, 4)]
    case("multiples of traffic without a common one", "limit", "2^62", *changes)
    case("traffic is wrong", "unchecked", "", put("2", "costs", "traffic", 2, 3))
    case("footprint is wrong", "unchecked", "", put("1", "costs", "footprint", 0))


def words_of_stream():
    return 1803 + 1794 * SIZES["D"]


def pinned_cases(b):
    """Literal entries: the least p / q is computed here, and one less is refused."""
    B, H, S, T, D = SIZES.values()
    words = words_of_stream()
    keys = B * H * -(-S // 896) * T * D
    traffic, loads, stores = 2 * B * H * S * D + 2 * keys, B * H * S * D + 2 * keys, B * H * S * D
    E, wk = B * H * S * T, 2 * D
    wq = wk + 2
    A, R, M = (words - wk) // wq, (words - wq) // wk, words // wk
    bounds = {  # numerator, denominator, conditions, traffic
        "T0": (B * H * S * D + B * H * T * 2 * D + B * H * S * D, 1, 1, traffic),
        "T1": (E * D * (D + 1), words, 3, loads), "T2": (E * D * wk, words, 3, loads),
        "T2_total": (E * D * wk + words * B * H * S * D, words, 3, traffic),
        "T3a": (4 * E * wk * wk, 5 * words, 3, traffic),
        "T3star": (E * wk * wk, words, 3, traffic),
        "output": (B * H * S * D, 1, 0, stores),
        "R2": (B * H * (A * S * wk + wk * S * max(0, T - R)), A, 5, traffic),
        "R2_compulsory": (B * H * (S * wk + wk * T), 1, 4, traffic),
        "R2_mask": (A * B * H * S * wk + wk * E - wk * B * H * S * R, A, 4, traffic),
        "R4": (B * H * wk * (2 * S * T + (M - 2) * min(S, T)), 2 * (M - 1), 2, traffic)}
    for theorem, (numerator, denominator, conditions, moved) in bounds.items():
        q = 10**9
        p = -(-moved * denominator * q // numerator)
        right = b.certificate("sdpa_flash_stream", [pinned(theorem, words, (p, q), conditions)])
        b.case(theorem + " at sizes", None, "ratio %s: " % theorem, right)
        if p > q:
            b.case(theorem + " too near", "proof", "proof",
                   edit(right, put([str(p - 1), str(q)], "ratios", 0, "ratio")))
        b.case(theorem + " a hypothesis less", "json", "",
               edit(right, lambda cert: cert["ratios"][0]["hypotheses"].pop()))
    right = b.certificate("sdpa_flash_stream", [pinned("T3star", words, (3, 1), 3)])
    b.case("one word less than the footprint", "witness", "",
           edit(right, put(str(words - 1), "ratios", 0, "words")))
    b.case("a hypothesis that does not hold", "proof", "hypotheses[3]", b.certificate(
        "sdpa_flash_stream", [pinned("R2_ceil", words, (3, 1), 5)]))
    b.case("literals beyond 2^62", None, "output", b.certificate(
        "sdpa_flash_stream", [pinned("output", "(* %d D)" % 2**62, (1, 1), 0)]))
    b.case("a literal of 2^62", None, "output", b.certificate(
        "sdpa_flash_stream", [pinned("output", "(div (* %d D) 2)" % 2**56, (1, 1), 0)]))
    b.case("the second entry is wrong", "ratio", "q <= p", b.certificate(
        "sdpa_flash_stream",
        [pinned("T3star", words, (3, 1), 3), pinned("T3star", words, (1, 2), 3)]))


# ---- theorem files ----
THM = """(class any (doc "x")) (var dv (doc "x")) ; comment
(theorem T0 (doc "x") (cite "x") (coq A.b) (class any) (per all) (vars dv E)
  (define (x (+ dv 1)) (y (* x x))) (where (<= 1 dv)) (bound total (* dv E) y))
"""
BAD_THM = [  # what is written in its place, a part of the reason
    ("(class any (doc \"x\"))", "", "not declared"),
    ("(class any", "(class any (within b)", "within"),
    ("(class any", "(class", "not a form"), ("(class any (doc", "(class any (cite", "not a form"),
    ("(class any", "(kind any", "not a form"), ("(class any", "(class 2", "no name"),
    ("(class any (doc \"x\"))", "(class any (doc x))", "not a form"),
    ("(var dv", "(var any", "a name twice"), ("(var dv", "(var dw", "not a variable"),
    ("(var dv", "(var T0", "not a variable"), ("(class any (doc", "(class T0 (doc", "a name twice"),
    ("(coq A.b) ", "", "not a form"), ("(coq A.b)", "(coq \"A.b\")", "not a form"),
    ("(coq A.b)", "(coq A b)", "not a form"),
    ("(doc \"x\") (cite \"x\") (coq", "(cite \"x\") (doc \"x\") (coq",
                                         "not a form"),
    ("(cite \"x\")", "(cite x)", "not a form"), ("(per all)", "(per one)", "neither"),
    ("(class any) (per", "(class some) (per", "not declared"),
    ("(vars dv E)", "(vars dv F)", "variable"),
    ("(vars dv E)", "(vars dv)", "no value"), ("(x (+ dv 1))", "(dv (+ dv 1))", "definition"),
    ("(x (+ dv 1))", "(m (+ dv 1))", "definition"), ("(y (* x x))", "(x (* x x))", "definition"),
    ("(y (* x x))", "(y (* y x))", "no value"), ("(y (* x x))", "(y (* x x) x)", "definition"),
    ("(x (+ dv 1))", "(x (+ y 1))", "no value"), ("(x (+ dv 1))", "(x (mod dv 1))", "not a term"),
    ("(x (+ dv 1))", "(x (+ dv -1))", "no value"), ("(x (+ dv 1))", "(x (+ dv 1 1))", "not a term"),
    ("(<= 1 dv)", "(!= 1 dv)", "not a term"), ("(<= 1 dv)", "dv", "not a term"),
    ("bound total", "bound all", "kind"), ("(* dv E) y)", "(* dv E))", "not a form"),
    ("(* dv E) y)", "(* dv E) (<= 1 y))", "not a term"), ("y))", "y) (doc \"x\"))", "not a form"),
    ("y))", "y)", "not closed"), ("T0", "T-0", "no name")]


def theorem_cases(b):
    def files(text):
        return [b.file("spec/bounds/t%d.thm" % len(b.cases), text)]
    # E (D) over (D + 1)^2: at the point all is literal
    entry = pinned("T0", words_of_stream(), (10**9, 1), 1)
    cert = b.certificate("sdpa_flash_stream", [entry])
    b.case("theorems: right", None, "Coq A.b", edit(cert, put(files(THM), "theorems")))
    b.case("theorems: class within another", None, "class c-d", edit(cert, put(files(
        "(class c-d (doc \"x\"))" + THM.replace("(class any", "(class any (within c-d)", 1).replace(
            "(class any)", "(class c-d)")), "theorems")))
    b.case("theorems: assumed", None, "assumed", edit(
        cert, put(files(THM.replace("A.b", "none")), "theorems")))
    for old, new, text in BAD_THM:
        assert THM.count(old) >= 1, old
        b.case("theorems: %s for %s" % (new, old),
               "syntax" if "closed" in text else "theorems", text,
               edit(cert, put(files(THM.replace(old, new, 1)), "theorems")))
    b.case("theorems: one row twice", "theorems", "twice",
           edit(cert, put(files(THM + THM[THM.index("(theorem"):]), "theorems")))
    two = [b.file("spec/bounds/u0.thm", THM), b.file("spec/bounds/u1.thm", THM)]
    b.case("theorems: one row in two files", "theorems", "twice", edit(cert, put(two, "theorems")))
    b.case("theorems: the denominator may be 0", "proof", "hypotheses[1]", edit(
        cert, put(files(THM.replace("y))", "(- y y)))")), "theorems")))


# ---- conditions of the shipped rows: true to the last word, and one word or size beyond ----
def forms(text):
    """The s-expressions of a theorem file; numbers as int, strings and comments dropped."""
    stack = [[]]
    for token in re.findall(r'[()]|[^\s()]+', re.sub(r'"[^"]*"|;[^\n]*', "", text)):
        if token == "(":
            stack.append([])
        elif token == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(int(token) if token.isdigit() else token)
    return stack[0]


OPERATORS = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "min": min,
             "max": max, "div": lambda a, b: a // b, "<=": lambda a, b: a <= b}


def value(term, values):
    if isinstance(term, list):
        return OPERATORS[term[0]](*(value(t, values) for t in term[1:]))
    return values[term] if isinstance(term, str) else term


class Row:
    """A theorem of spec/bounds at sizes of sdpa."""

    def __init__(self, form):
        part = {f[0]: f[1:] for f in form[2:] if isinstance(f, list)}
        self.name, self.conditions, self.defines = form[1], part["where"], part["define"]
        self.kind, self.numerator, self.denominator = part["bound"]

    @functools.lru_cache(maxsize=None)
    def truths(self, sizes, words):
        """Whether each condition holds, and at last whether the bound is one; None: no value."""
        B, H, S, T, D = sizes
        values = {"S": words, "dk": D, "dv": D, "E": B * H * S * T, "rows": B * H * S,
                  "cols": B * H * T, "n": S, "m": T, "heads": B * H, "outputs": B * H * S * D}
        try:
            for name, term in self.defines:
                values[name] = value(term, values)
            return [value(c, values) for c in self.conditions] + [
                value(self.denominator, values) >= 1 and value(self.numerator, values) >= 1]
        except ZeroDivisionError:
            return None


def twins(row, k):
    """Sizes and words where all conditions hold, and a neighbour where the one at k is first not to."""
    for D, T in itertools.product((1, 2, 3, 8), (2, 3, 4, 7)):
        sizes = (1, 2, 2, T, D)
        for words in range(8 + D, 500):
            if not all(row.truths(sizes, words) or [False]):
                continue
            for other, around in ((sizes, words - 1), (sizes, words + 1),
                                  ((1, 2, 2, T - 1, D), words), ((1, 2, 2, T + 1, D), words)):
                bad = other[3] >= 1 and around >= 8 + D and row.truths(other, around)
                if bad and False in bad and bad.index(False) == k:
                    return (sizes, words), (other, around)
    return None


# Conditions that sizes of sdpa can break; dv = dk, all pairs and sizes from 1 leave the others true,
# and without an A (R2_ceil) the row has no value.
BREAKABLE = {"T1": [2], "T2": [2], "T2_total": [2], "T3a": [2], "T3b": [3], "T3star": [2],
             "T3star_slices": [3], "R2": [2, 3], "R2_compulsory": [2], "R2_ceil": [3],
             "R2_mask": [1, 2], "R4": [0]}


def boundary_cases(b):
    rows = {}
    for path in ("element.thm", "rows.thm"):
        rows.update({form[1]: Row(form) for form in forms(b.read("spec/bounds/" + path))
                     if form[0] == "theorem"})
    assert set(rows) == set(BREAKABLE) | {"output", "T0", "R1"}, set(rows)  # R1: a threshold
    for name, conditions in BREAKABLE.items():
        row = rows[name]
        for k in conditions:
            for (sizes, words), code, text in zip(twins(row, k), (None, "proof"), (
                    "ratio %s: " % name, "hypotheses[%d]" % k)):
                entry = pinned(name, words, (10**9, 1), len(row.conditions))
                entry["at"] = [[d, str(n)] for d, n in zip("BHSTD", sizes)]
                entry["point"] = dict(entry["at"])
                entry["fits"] = [goals(NOTHING)] * 2
                b.case("%s, condition %d, %s with %d words" % (name, k, sizes, words), code, text,
                       b.certificate("sdpa_naive", [entry]))


# ---- products: the term after stage onf is written down by a rule that replaces anything ----
ANY = """(rule any (phase p) (class structural) (doc "") (cite "") (vars (stmt ?P ?Q))
  (lhs ?P) (rhs ?Q) (applies) (differs))
"""
SPEC = """spec x
dims N, M, D, C
in Q : f32[N,D], K : f32[M,D], V : f32[M,C], A : f32[N,M], L : f32[N,D,M], W : f32[N,C]
in I : i32[N] in 0 .. M
out O : f32[N,C]
O = gen(i in N) gen(c in C) 0
"""
FINAL = "(for (i N) (for (c C) (put (vec i c) (real 0))))"
DOT = "(red add (l D) true (* (mem Q (vec i l)) (mem K (vec j l))))"


def operand(x=DOT, v="(mem V (vec j c))", g="true", m="M", **other):
    """other: x, g, m of the maximum (x2 ..), of the lower sum (x3 ..), of any (g4, m4)."""
    def part(name, k, value):
        return other.get(name + str(k), value)
    w = ["(exp (- %s (red max (j %s) %s %s)))" % (
        part("y", k, x), part("m", 2, m), part("g", 2, g), part("x", k, x)) for k in (1, 3)]
    return "(if (any (j %s) %s) (/ (red %s (j %s) %s (* %s %s)) (red add (j %s) %s %s)) %s)" % (
        part("m", 4, m), part("g", 4, g), other.get("op", "add"), m, g, w[0], v,
        part("m", 3, m), part("g", 3, g), w[1], other.get("empty", "(real 0)"))


def loops(body, index="i c", i="(i N)", c="(c C)"):
    return "(for %s (parfor %s (put (vec %s) %s)))" % (i, c, index, body)


def shaped(b, onf, spec=SPEC, dims="NMDC", change=lambda cert: None):
    """A certificate whose spec computes that, by a rule that is a lie; T0 holds trivially."""
    steps = [{"rule": "any", "dir": "lr", "at": [], "sub": {"?P": before, "?Q": after},
              "names": {}, "proofs": []} for before, after in (
                  ("(put (vec) (gen (i N) (gen (c C) (real 0))))", onf), (onf, FINAL))]
    sizes = {d: "2" for d in dims}
    cert = {
        "format": "minimoa.cert/1", "spec": b.file("spec/s%d.moa" % len(b.cases), spec),
        "rules": [b.file("spec/rules/any.rules", ANY)],
        "schedule": {"name": "hand", "text": "", "sha256": sha("")},
        "kernel": {"path": "kernels/cpu/none.cpp", "body_sha256": "", "target": "portable",
                   "flags": "-std=c++17 -O2"},
        "witness": sizes, "divisors": [], "spec_proofs": [lin(2, 8)],
        "stages": {"dnf": 0, "onf": 1}, "steps": steps, "safe": [],
        "cover": [["i", "o0"], ["c", "o1"]],
        "workspace": "0", "costs": {"footprint": ["1"], "nests": [], "traffic": [
            ["O", "store", "exact", "1", "(* N C)", EQUAL]]},
        "theorems": b.theorems(),
        "product": {"column": 1, "heads": [], "nests": [], "pairs": ["1", "(* N M)", EQUAL],
                    "rows": ["0", [[NOTHING], [lin(2, 10)]], "1", "N", EQUAL],
                    "cols": [["0"], [[NOTHING], [lin(0, 10)]], "1", "M", EQUAL]},
        "ratios": [{"theorem": "T0", "words": "9", "at": [[d, "2"] for d in dims], "where": [],
                    "point": sizes, "fits": [goals(NOTHING)],
                    "hypotheses": [goals(NOTHING), goals(NOTHING)], "ratio": ["1", "1"],
                    "proof": goals(NOTHING)}],
        "attention": {}, "producer": {}, "instructions": {}, "place": {}}
    change(cert)
    return cert


def dot(factor, q="i l", k="j l"):
    return "(red add (l D) true %s)" % factor.replace("@Q", "(mem Q (vec %s))" % q).replace(
        "@K", "(mem K (vec %s))" % k)


QK = "(* @Q @K)"
RIGHT = [  # name, what the operand is made of
    ("dot product", {}), ("scaled", {"x": "(/ %s (sqrt (real D)))" % DOT}),
    ("scaled inside", {"x": dot("(/ (* @Q (* @K (rat 1 2))) (sqrt (real D)))")}),
    ("with a bias", {"x": "(+ %s (mem A (vec i j)))" % DOT}),
    ("capped", {"x": "(tanh %s)" % DOT}), ("keys moved", {
        "x": dot(QK, k="(- M (+ j 1)) l"), "v": "(mem V (vec (- M (+ j 1)) c))"}),
    ("other empty", {"empty": "(mem W (vec i c))"}),
    ("shared score", {"x": "(let (s) %s (+ s (real 1)))" % DOT}),
    ("selected score", {"x": "(psi (vec j 0) (gen (j M) (gen (z N) %s)))" % DOT})]
WRONG = [  # name, what the operand is made of, a part of the reason
    ("no quotient", {"empty": "(real 0)", "op": "max"}, "parts"),
    ("another maximum", {"x1": "(real 0)"}, "parts"),
    ("another weight", {"y3": "(real 0)"}, "parts"),
    ("another mask of the maximum", {"g2": "(< j 1)"}, "parts"),
    ("another mask of the sum", {"g3": "(< j 1)"}, "parts"),
    ("another mask of any", {"g4": "(< j 1)"}, "parts"),
    ("fewer keys of any", {"m4": "(- M 1)"}, "parts"),
    ("other keys of the sum", {"m3": "N"}, "parts"),
    ("bound not positive", {"m": "(- M 1)"}, "keys' bound"),
    ("bound with a quotient", {"m": "(div M 1)"}, "keys' bound"),
    ("no keys", {"m": "(- M M)"}, "keys' bound"),
    ("the score has the column", {"x": "(+ %s (mem W (vec i c)))" % DOT}, "values alone"),
    ("the mask has the column", {"g": "(< c 1)"}, "values alone"),
    ("the value has no column", {"v": "(mem V (vec j 0))"}, "values alone"),
    ("a mask within the score", {"x": "(if (< j 1) %s (real 0))" % DOT}, "no work"),
    ("bottom in the score", {"x": "(max %s bottom)" % DOT}, "no work"),
    ("a mask within the value", {"v": "(if (< j 1) (mem V (vec j c)) (real 0))"}, "no work"),
    ("a mask of data", {"g": "(any (k M) (< j k))"}, "no work"),
    ("a mask of data and another", {"g": "(and (any (k M) (< j k)) (< j 1))"}, "no work"),
    ("a mask of elements", {"g": "(< j (mem I (vec i)))"}, "depends on data"),
    ("no sum", {"x": "(mem Q (vec i 0))"}, "not one sum"),
    ("two sums", {"x": "(+ %s %s)" % (DOT, DOT)}, "not one sum"),
    ("a sum in the value", {"v": "(+ (mem V (vec j c)) (red add (l D) true (real 1)))"},
     "not one sum"),
    ("a maximum", {"x": DOT.replace("add", "max")}, "not one sum"),
    ("a sum with a mask", {"x": DOT.replace("true", "(< l 1)")}, "no work"),
    ("a sum of less", {"x": DOT.replace("l D", "l (- D 1)")}, "sum's bound"),
    ("a factor that may be 0", {"x": dot("(* %s (real (div l 2)))" % QK)}, "a factor"),
    ("a factor of two reads", {"x": dot("(* (+ @Q (mem A (vec i 0))) @K)")}, "a factor"),
    ("three reads", {"x": dot("(* %s (mem L (vec i l j)))" % QK)}, "two reads"),
    ("a quotient by a read", {"x": dot("(/ %s (mem A (vec i j)))" % QK)}, "a factor"),
    ("a sum of reads", {"x": dot("(+ @Q @K)")}, "a factor"),
    ("one read", {"x": dot("@Q")}, "not one read"),
    ("two queries", {"x": dot("(* @Q @Q)")}, "two reads"),
    ("two keys", {"x": dot("(* @K @K)")}, "two reads"),
    ("no read of values", {"v": "(real c)"}, "not one read"),
    ("two reads of values", {"v": "(* (mem V (vec j c)) (mem W (vec i c)))"}, "not one read"),
    ("keys are the values", {"v": "(mem K (vec j c))"}, "three inputs"),
    ("queries are the keys", {"x": dot("(* @Q (mem Q (vec j l)))")}, "three inputs"),
    ("the query has no element", {"x": dot(QK, q="i 0")}, "no index"),
    ("the element twice", {"x": dot("(* @Q (mem L (vec j l l)))"), "v": "(mem V (vec j c))"},
     "two indices"),
    ("the element moved", {"x": dot(QK, q="i (+ l 0)")}, "no index"),
    ("the query of another row", {"x": dot(QK, q="(div i 2) l")}, "same query"),
    ("keys and values differ", {"v": "(mem V (vec (- M j) c))"}, "different indices"),
    ("keys that coincide", {"x": dot(QK, k="(div j 2) l"), "v": "(mem V (vec (div j 2) c))"},
     "same for two keys"),
    ("keys relative to the row", {"x": dot(QK, k="(+ i j) l"), "v": "(mem V (vec (+ i j) c))"},
     "same for two keys"),
    ("keys of the row", {"x": dot(QK, k="i l"), "v": "(mem V (vec i c))"}, "two reads")]
FRAMES = [  # name, term, a part of the reason
    ("a guard", "(for (i N) (for (c C) (when (< i 1) (put (vec i c) %s))))", "no full put"),
    ("three loops", "(for (z 1) (for (i N) (for (c C) (put (vec i c) %s))))", "no full put"),
    ("an index that is no loop", "(for (i N) (for (c C) (put (vec (+ i 0) c) %s)))",
     "put's indices"),
    ("one loop twice", "(for (i N) (for (c C) (put (vec c c) %s)))", "put's indices"),
    ("a bound that may be 0", "(for (i (- N 1)) (for (c C) (put (vec i c) %s)))",
     "bound of a loop"),
    ("no loops", "(put (vec) (gen (i N) (gen (c C) %s)))", "no full put")]


def two_rows(b, bound):
    """Two query rows, a literal; of a theorem that asks for at most `bound` of them to a key."""
    def change(cert):
        text = ('(class any (doc "x")) (theorem T0 (doc "x") (cite "x") (coq none) (class any) '
                "(per all) (vars n) (define) (where (<= n %d)) (bound total n 1))" % bound)
        rows = json.loads(json.dumps(cert).replace("(i N)", "(i 2)").replace("N C)", "2 C)").replace(
            "(* N M)", "(* 2 M)"))
        cert.update(rows, theorems=[b.file("spec/bounds/n%d.thm" % len(b.cases), text)])
        cert["ratios"][0]["ratio"] = ["2", "1"]
        cert["product"]["rows"][3], cert["product"]["cols"][1] = "2", [[NOTHING], [NOTHING]]
    return shaped(b, loops(operand(), i="(i 2)"), SPEC.replace("[N,", "[2,").replace(
        "i in N", "i in 2"), change=change)


def shape_cases(b):
    b.case("a literal number of rows", "claim", "ratio T0", two_rows(b, 2))
    b.case("a literal number of rows, one too many", "proof", "hypotheses[0]", two_rows(b, 1))
    for name, parts in RIGHT:
        b.case("shape: " + name, "claim", "ratio T0", shaped(b, loops(operand(**parts))))
    b.case("shape: transposed loops", "claim", "ratio T0", shaped(
        b, "(for (c C) (for (i N) (put (vec i c) %s)))" % operand(),
        change=put(0, "product", "column")))
    for name, parts, text in WRONG:
        b.case("shape: " + name, "product", text, shaped(b, loops(operand(**parts))))
    for name, term, text in FRAMES:
        b.case("shape: " + name, "product", text, shaped(b, term % operand()))
    chain = DOT
    for k in range(60):
        chain = "(let (s%d) %s (+ s%d s%d))" % (k, chain, k, k)
    b.case("shape: a let that doubles, 60 times", "limit", "", shaped(b, loops(operand(x=chain))))
    b.case("shape: other operand", "product", "another form", shaped(b, loops("(real 0)")))
    b.case("shape: equal is wrong", "unchecked", "rest on", shaped(
        b, loops(operand()), change=put([], "spec_proofs")))


# ---- keys that several query rows share ----
GROUPS = """spec x
dims H, N, M, D, C
in Q : f32[H,N,D], K : f32[H,M,D], V : f32[H,M,C]
out O : f32[H,N,C]
O = gen(h in H) gen(i in N) gen(c in C) 0
"""


def grouped(b, head="h", g="true", change=lambda cert: None):
    """Heads of `head` for row h; facts 0 .. 9 are of H, N, M, D, C."""
    x = "(red add (l D) true (* (mem Q (vec h i l)) (mem K (vec %s j l))))" % head
    term = "(for (h H) (for (i N) (for (c C) (put (vec h i c) %s))))"
    onf = term % operand(x=x, v="(mem V (vec %s j c))" % head, g=g)
    cert = shaped(b, onf, GROUPS, "HNMDC")
    cert["steps"][0]["sub"]["?P"] = "(put (vec) (gen (h H) (gen (i N) (gen (c C) (real 0)))))"
    cert["steps"][1]["sub"]["?Q"] = term % "(real 0)"
    cert["spec_proofs"] = []
    cert["cover"] = [["h", "o0"], ["i", "o1"], ["c", "o2"]]
    cert["costs"]["traffic"][0][4] = "(* (* H N) C)"
    cert["product"] = {"column": 2, "heads": [], "nests": [], "pairs": ["1", "(* (* H N) M)", EQUAL],
                       "rows": ["0", [[NOTHING], [lin(4, 14)]], "1", "(* H N)", EQUAL],
                       "cols": [["0"], [[NOTHING], [lin(2, 12)]], "1", "M", EQUAL]}
    change(cert)
    return cert


def group_cases(b):
    one = [["H", [lin(10), lin(10)]]]  # (h + 1 - 1) div 1 is an atom: no proof is given here
    b.case("groups: one for each head", "claim", "ratio T0", grouped(b))
    b.case("groups: another number of heads", "proof", "heads", grouped(
        b, "(div h 1)", change=put(one, "product", "heads")))
    b.case("groups: a quotient without heads", "product", "without heads", grouped(b, "(div h 1)"))
    b.case("groups: by a size that a row changes", "product", "one row", grouped(
        b, "(div h (+ i 1))", change=put(one, "product", "heads")))
    b.case("groups: heads of data", "product", "not made of dimensions", grouped(
        b, "(div h 1)", change=put([["(+ H (* 0 (mem Q (vec 0 0 0))))", one[0][1]]],
                                   "product", "heads")))
    b.case("groups: by two rows", "product", "one row", grouped(b, "(+ h i)"))
    b.case("groups: by a remainder", "product", "one row", grouped(b, "(mod h 2)"))
    b.case("groups: one mask for each", "product", "differs between heads",
           grouped(b, g="(< h 1)", change=put([], "product", "rows")))
    text = ('(class any (doc "x")) (theorem T0 (doc "x") (cite "x") (coq none) (class any) '
            "(per %s) (vars outputs) (define) (where (<= 1 outputs)) (bound %s outputs 1))")
    for name, per, kind, reason in (("no value of heads", "group", "total", "no value of heads"),
                                    ("nothing is loaded", "all", "loads", "no traffic")):
        files = [b.file("spec/bounds/g%d.thm" % len(b.cases), text % (per, kind))]
        b.case("groups: " + name, "ratio", reason, grouped(
            b, change=lambda cert, files=files: cert.update(theorems=files, product={})))


def all_cases(b):
    for cases in (format_cases, product_entry_cases, region_cases, pinned_cases, theorem_cases,
                  boundary_cases, shape_cases, group_cases):
        cases(b)


# ---- the run ----
def holds(case, report):
    _, code, text = case
    claims = {claim["claim"]: claim for claim in report["claims"]}
    ratio = claims["ratio"]
    if code in (None, "claim"):  # claim: of a certificate whose other claims do not matter
        whole = report["verdict"] if code is None else ratio["verdict"]
        return whole == "VALID" and any(text in line for line in report["costs"])
    if code == "HOLEY":
        return report["verdict"] == ratio["verdict"] == code and any(
            text in line for line in report["costs"])
    if code.startswith("equal "):
        return claims["equal"]["code"] == code.split()[1]
    rest = [claim["claim"] for claim in report["claims"] if claim["verdict"] != "VALID"]
    return (ratio["code"] == code and text in ratio["place"] + ": " + ratio["text"] and
            (code == "unchecked" or not {"equal", "footprint", "traffic"} & set(rest)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--audit")
    args = parser.parse_args()
    bench = Bench(args.root)
    try:
        all_cases(bench)
        out = subprocess.run([args.audit or os.path.join(args.build, "bin", "minimoa-audit"),
                              "--root", bench.dir, "--format", "json"] + bench.paths(),
                             capture_output=True, text=True, check=False)
        reports = json.loads(out.stdout)
    finally:
        shutil.rmtree(bench.dir)
    failed = [(case, report) for case, report in zip(bench.cases, reports)
              if not holds(case, report)]
    for case, report in failed:
        print("FAILED %s: expected %s, found %s" % (case[0], case[1:], [
            claim for claim in report["claims"] if claim["claim"] in ("equal", "ratio")]))
    print("%d passed, %d failed" % (len(reports) - len(failed), len(failed)))
    return 1 if failed or len(reports) != len(bench.cases) else 0


if __name__ == "__main__":
    sys.exit(main())
