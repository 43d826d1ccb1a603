#!/usr/bin/env python3
"""Mutation test of minimoa-audit: one change to a certificate or kernel makes it INVALID.

For every committed certificate and its kernel this makes systematic single
changes (one multiplier, rule name, substitution, position, proof, token ...),
recomputes the hashes that the change would break - so that the deeper check is
reached, not only the hash comparison - and runs the auditor on the mutant. It
must exit 1 and name the claim that the changed part serves.

A mutant may be accepted only in a place that has no meaning: NON_SEMANTIC below.
Each run also audits changes in those places and unchanged files, which must stay
VALID; otherwise an auditor that rejects everything would pass.

May be wrong: a mutant can be another right proof. The changes are chosen so that
this does not happen: multipliers change the last combination of a proof, whose
fact is then no longer a constant; constants grow beyond any slack; witnesses
leave the permitted range. A proof that only repeats one fact is left alone but
for bad numbers: its goal is a constant, and no proof at all would do as well.

By default about 44 mutants per certificate, chosen with a fixed seed: kinds
in turn, all of them over the certificates; --full (or MINIMOA_MUTATION_FULL=1) makes all of them.
"""
import concurrent.futures
import copy
import hashlib
import json
import os
import random
import re
import shutil
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hygiene"))
from common import Report, run  # noqa: E402

SEED = 20240229
PER_CERTIFICATE = 44
BODY = "// ---- body ----\n"
# Places without meaning (certificates/FORMAT.md, sections 4 and 9).
NON_SEMANTIC = ("names", "producer", "schedule text", "comment", "white space")
RULE_NAMES = ("psi-gen", "psi-tran", "let-inline", "no-such-rule")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def dump(certificate):
    return json.dumps(certificate, indent=1, ensure_ascii=True) + "\n"


class Mutant:
    """kind: what was changed; claims: those that may not stay valid (empty: accepted).

    change(certificate) edits the parsed certificate; or text(bytes) edits its
    text; or body(text) edits the kernel body.
    """

    def __init__(self, kind, where, claims, change=None, text=None, body=None, rehash=True):
        self.kind, self.where, self.claims = kind, where, claims
        self.change, self.text, self.body, self.rehash = change, text, body, rehash


# ---- certificate mutants ----
def at(tree, path):
    for key in path:
        tree = tree[key]
    return tree


def put(path, value):
    def change(certificate):
        at(certificate, path[:-1])[path[-1]] = value
    return change


def drop(path):
    def change(certificate):
        del at(certificate, path[:-1])[path[-1]]
    return change


def repeat(path):
    def change(certificate):
        at(certificate, path[:-1]).insert(path[-1], copy.deepcopy(at(certificate, path)))
    return change


def swap(path, other):
    def change(certificate):
        items = at(certificate, path)
        items[other[0]], items[other[1]] = items[other[1]], items[other[0]]
    return change


def proof_lists(certificate):
    """(path, claim) of every list of proofs."""
    yield ("divisors",), "equal"
    yield ("spec_proofs",), "equal"
    yield ("safe",), "safe"
    for number, step in enumerate(certificate["steps"]):
        if step["proofs"]:
            yield ("steps", number, "proofs"), "equal"
    if certificate.get("attention"):
        yield ("attention", "proofs"), "attention"


def last_steps(proof, path):
    """Paths of the steps that end a proof's branches."""
    if not isinstance(proof, list) or not proof:
        return
    step = proof[-1]
    if step[0] == "split":
        yield from last_steps(step[2], path + (len(proof) - 1, 2))
        yield from last_steps(step[3], path + (len(proof) - 1, 3))
    else:
        yield path + (len(proof) - 1,), step


def proof_mutants(certificate):
    for path, claim in proof_lists(certificate):
        proofs = at(certificate, path)
        name = ".".join(map(str, path))
        for i, proof in enumerate(proofs):
            here = path + (i,)
            where = "%s[%d]" % (name, i)
            yield Mutant("proof deleted", where, [claim], drop(here))
            yield Mutant("proof repeated", where, [claim], repeat(here))
            if not trivial(proof):
                yield Mutant("proof emptied", where, [claim], put(here, []))
            if i and proofs[i - 1] != proof:
                yield Mutant("proofs swapped", where, [claim], swap(path, (i - 1, i)))
            for ending, step in last_steps(proof, here):
                if not trivial(proof):
                    yield Mutant("proof step deleted", where, [claim], drop(ending))
                if step[0] != "lin":
                    continue
                for k, (multiplier, fact) in enumerate(step[2]):
                    spot = ending + (2, k)
                    if not trivial(proof):
                        yield Mutant("multiplier", where, [claim],
                                     put(spot + (0,), str(int(multiplier.split("/")[0]) + 1)
                                         if "/" not in multiplier else "1"))
                    yield Mutant("multiplier negative", where, [claim],
                                 put(spot + (0,), "-" + multiplier))
                    yield Mutant("multiplier dropped", where, [claim], drop(spot))
                    yield Mutant("fact number", where, [claim], put(spot + (1,), 99999))
                yield Mutant("constant", where, [claim], put(ending + (1,), "1" + "0" * 90))
                yield Mutant("constant negative", where, [claim], put(ending + (1,), "-1"))


def trivial(proof):
    """Whether a proof is one fact taken once: then its goal is a constant."""
    return (isinstance(proof, list) and len(proof) == 1 and proof[0][0] == "lin" and
            len(proof[0][2]) == 1)


def text_changes(text):
    """Other texts for a substitution: one number, one name, one operator changed."""
    for match in re.finditer(r"(?<![\w?-])-?\d+", text):
        value = str(int(match.group()) + 1)
        yield "number", text[:match.start()] + value + text[match.end():]
    names = sorted(set(re.findall(r"(?<=[ (])[A-Za-z_]\w*", text)))
    for match in re.finditer(r"(?<=\()(\+|-|\*|<=|<|max|min|mul|add)(?= )", text):
        other = {"+": "-", "-": "+", "*": "+", "<": "<=", "<=": "<", "max": "min", "min": "max",
                 "mul": "add", "add": "mul"}[match.group()]
        yield "operator", text[:match.start()] + other + text[match.end():]
    if re.fullmatch(r"[A-Za-z_]\w*", text):
        yield "name", text + "_"
    elif not names:
        yield "wrapped", "(+ 1 %s)" % text


def step_mutants(certificate):
    steps = certificate["steps"]
    for number, step in enumerate(steps):
        here = ("steps", number)
        where = "step %d (%s)" % (number, step["rule"])
        claims = ["equal", "text"]
        yield Mutant("step deleted", where, claims, drop(here))
        yield Mutant("step repeated", where, claims, repeat(here))
        yield Mutant("direction", where, claims,
                     put(here + ("dir",), "rl" if step["dir"] == "lr" else "lr"))
        other = RULE_NAMES[number % len(RULE_NAMES)]
        if other != step["rule"]:
            yield Mutant("rule name", where, claims, put(here + ("rule",), other))
        for i, child in enumerate(step["at"]):
            yield Mutant("position", where, claims, put(here + ("at", i), child + 1))
        yield Mutant("position longer", where, claims, put(here + ("at",), step["at"] + [0]))
        if step["at"]:
            yield Mutant("position shorter", where, claims, put(here + ("at",), step["at"][:-1]))
        for variable, text in step["sub"].items():
            spot = here + ("sub", variable)
            yield Mutant("substitution deleted", where, claims, drop(spot))
            for kind, changed in text_changes(text):
                yield Mutant("substitution " + kind, where + " " + variable, claims,
                             put(spot, changed))
        for binder, name in step["names"].items():
            if re.fullmatch(r"[a-z]\w*", name):
                yield Mutant("unknown binder", where, claims,
                             put(here + ("names", "no_such_binder"), name))
                break


def field_mutants(certificate):
    wrong = "0" * 64
    yield Mutant("hash", "spec.sha256", ["equal"], put(("spec", "sha256"), wrong))
    yield Mutant("hash", "schedule.sha256", ["*"], put(("schedule", "sha256"), wrong))
    for i, rules in enumerate(certificate["rules"]):
        yield Mutant("hash", "rules[%d].sha256" % i, ["equal"], put(("rules", i, "sha256"), wrong))
    yield Mutant("hash", "kernel.body_sha256", ["text"], put(("kernel", "body_sha256"), wrong))
    yield Mutant("path", "kernel.path", ["text"], put(("kernel", "path"), "kernels/cpu/none.cpp"))
    yield Mutant("path", "kernel.path", ["text"], put(("kernel", "path"), "../kernels/x.cpp"))
    yield Mutant("path", "spec.path", ["equal"], put(("spec", "path"), "spec/attention/none.moa"))
    yield Mutant("schedule name", "schedule.name", ["text"], put(("schedule", "name"), "other"))
    yield Mutant("format", "format", ["*"], put(("format",), "minimoa.cert/2"))
    workspace = certificate["workspace"]
    yield Mutant("workspace", "workspace", ["workspace"], put(("workspace",), "(+ 1 %s)" % workspace))
    yield Mutant("workspace", "workspace", ["workspace"],
                 put(("workspace",), "0" if workspace != "0" else "1"))
    for i, (name, text) in enumerate(certificate["cover"]):
        spot = ("cover", i)
        yield Mutant("cover", "cover[%d]" % i, ["safe"], put(spot + (1,), "(+ 1 %s)" % text))
        yield Mutant("cover", "cover[%d]" % i, ["safe"], put(spot + (1,), "o99"))
        yield Mutant("cover deleted", "cover[%d]" % i, ["safe"], drop(spot))
        if i and certificate["cover"][i - 1] != certificate["cover"][i]:
            yield Mutant("cover swapped", "cover[%d]" % i, ["safe"], swap(("cover",), (i - 1, i)))
    for name in certificate["witness"]:
        for value in ("0", "-1", "16777217", "01", "1.5"):
            yield Mutant("witness", "witness." + name, ["safe"], put(("witness", name), value))
        yield Mutant("witness deleted", "witness." + name, ["safe"], drop(("witness", name)))
    yield Mutant("witness unknown", "witness", ["safe"], put(("witness", "No_such_dim"), "1"))
    for path in ((), ("spec",), ("kernel",), ("schedule",), ("steps", 0), ("stages",)):
        yield Mutant("unknown field", ".".join(map(str, path)), ["*"], put(path + ("extra",), "1"))
    for key in certificate:
        yield Mutant("field deleted", key, ["*"], drop((key,)))
    for stage in ("dnf", "onf"):
        yield Mutant("stage", "stages." + stage, ["*"], put(("stages", stage), 1000000))


def off_by_one(text):
    """The text with one of its numbers one more, or one less."""
    for match in re.finditer(r"(?<![\w-])\d+", text):
        number = int(match.group())
        for other in (number + 1, number - 1)[:1 if number == 0 else 2]:
            yield text[:match.start()] + str(other) + text[match.end():]


def coefficient_mutants(certificate):
    """Off by one in one number of one formula, and a ratio one thousandth too small."""
    costs, product = certificate["costs"], certificate["product"]
    formulas = [(("costs", "footprint", k), "footprint") for k in range(len(costs["footprint"]))]
    formulas += [(("costs", "traffic", k, 4), "traffic") for k in range(len(costs["traffic"]))]
    for where, owner, claim in (("costs", costs, "traffic"), ("product", product, "ratio")):
        for n, nest in enumerate(owner.get("nests", [])):
            formulas += [((where, "nests", n, "sums", k, 1), claim)
                         for k in range(len(nest["sums"]))]
    formulas += [(("product", key, spot), "ratio")
                 for key, spot in (("pairs", 1), ("rows", 3), ("cols", 3)) if product.get(key)]
    for spot, claim in formulas:
        for wrong in off_by_one(at(certificate, spot)):
            yield Mutant("coefficient", ".".join(map(str, spot)), [claim], put(spot, wrong))
    for k, ratio in enumerate(certificate["ratios"]):
        p, q = map(int, ratio["ratio"])
        yield Mutant("ratio too small", "ratios[%d]" % k, ["ratio"],
                     put(("ratios", k, "ratio"), [str(1000 * p - q), str(1000 * q)]))


def cost_mutants(costs):
    for k, text in enumerate(costs["footprint"]):
        for wrong in ("(+ %s 1)", "(- %s 1)", "(* %s 2)", "(max %s 0)"):
            yield Mutant("footprint", "phase %d" % k, ["footprint"],
                         put(("costs", "footprint", k), wrong % text))
        yield Mutant("footprint deleted", "phase %d" % k, ["footprint"],
                     drop(("costs", "footprint", k)))
    for n, nest in enumerate(costs["nests"]):
        yield Mutant("nest deleted", "nest %d" % n, ["traffic"], drop(("costs", "nests", n)))
        for k, (times, text) in enumerate(nest["sums"]):
            spot = ("costs", "nests", n, "sums", k)
            yield Mutant("times of a sum", "nest %d" % n, ["traffic"],
                         put(spot + (0,), str(int(times) + 1)))
            for wrong in ("(+ %s 1)", "(+ %s v{0})", "(* %s 2)", "(+ %s (* v{0} (- v{0} 1)))"):
                yield Mutant("sum", "nest %d" % n, ["traffic"],
                             put(spot + (1,), wrong.format(k) % text))
        for k in range(len(nest["proofs"])):
            yield Mutant("tree deleted", "nest %d" % n, ["traffic"],
                         drop(("costs", "nests", n, "proofs", k)))
    for k, (_, _, kind, times, text, _) in enumerate(costs["traffic"]):
        spot = ("costs", "traffic", k)
        yield Mutant("times of a row", "row %d" % k, ["traffic"],
                     put(spot + (3,), str(int(times) + 1)))
        yield Mutant("kind of a row", "row %d" % k, ["traffic"],
                     put(spot + (2,), "bound" if kind == "exact" else "exact"))
        for wrong in ("(+ %s 1)", "(- %s 1)", "(* %s 2)"):
            yield Mutant("closed form", "row %d" % k, ["traffic"], put(spot + (4,), wrong % text))
        if k:
            yield Mutant("rows swapped", "row %d" % k, ["traffic"],
                         swap(("costs", "traffic"), (k - 1, k)))


def product_mutants(product):
    yield Mutant("column", "product", ["ratio"], put(("product", "column"), product["column"] + 1))
    yield Mutant("heads longer", "product", ["ratio"],
                 put(("product", "heads"), product["heads"] + [["1", [[], []]]]))
    for k, (text, _) in enumerate(product["heads"]):
        yield Mutant("heads", "product", ["ratio"],
                     put(("product", "heads", k, 0), "(+ 1 %s)" % text))
        yield Mutant("heads deleted", "product", ["ratio"], drop(("product", "heads", k)))
    for k, nest in enumerate(product["nests"]):
        yield Mutant("nest deleted", "product", ["ratio"], drop(("product", "nests", k)))
        for n, (_, text) in enumerate(nest["sums"]):
            yield Mutant("sum", "product nest %d" % k, ["ratio"],
                         put(("product", "nests", k, "sums", n, 1), "(+ 1 %s)" % text))
    for key, spot in (("pairs", 0), ("rows", 2), ("cols", 2)):
        if not product[key]:
            continue
        here = ("product", key)
        for wrong in ("(+ %s 1)", "(- %s 1)", "(* %s 2)"):
            yield Mutant("count", key, ["ratio"],
                         put(here + (spot + 1,), wrong % product[key][spot + 1]))
        yield Mutant("times", key, ["ratio"],
                     put(here + (spot,), str(int(product[key][spot]) + 1)))
        yield Mutant("tree emptied", key, ["ratio"], put(here + (spot + 2,), ["goals"]))
        if key != "pairs":
            yield Mutant("condition deleted", key, ["ratio"], drop(here + (1, 0)))
            yield Mutant("condition repeated", key, ["ratio"], repeat(here + (1, 0)))
    if product["rows"]:
        yield Mutant("key of the rows", "rows", ["ratio"], put(("product", "rows", 0), "-1"))
    for k in range(len(product["cols"][0]) if product["cols"] else 0):
        yield Mutant("row of the keys", "cols", ["ratio"], put(("product", "cols", 0, k), "-1"))


def ratio_mutants(certificate):
    for i in range(len(certificate["theorems"])):
        yield Mutant("hash", "theorems[%d]" % i, ["ratio"],
                     put(("theorems", i, "sha256"), "0" * 64))
    if certificate["theorems"]:  # the first file declares the classes of all others
        yield Mutant("file deleted", "theorems[0]", ["ratio"], drop(("theorems", 0)))
    if certificate["product"]:
        yield from product_mutants(certificate["product"])
    for k, ratio in enumerate(certificate["ratios"]):
        here, where = ("ratios", k), "ratios[%d]" % k
        p, q = ratio["ratio"]
        changes = [("theorem", ("theorem",), "no_such_theorem"), ("words", ("words",), "0"),
                   ("ratio", ("ratio", 0), str(int(q) - 1)), ("ratio", ("ratio", 1), "0"),
                   ("ratio", ("ratio",), [q]), ("ratio", ("ratio", 1), str(int(p) + 1)),
                   ("tree emptied", ("proof",), ["goals"]),
                   ("region", ("where",), ratio["where"] + ["(< 1 1)"]),
                   ("at unknown", ("at",), ratio["at"] + [["No_such_dim", "1"]])]
        changes += [("at twice", ("at",), ratio["at"] + [pin]) for pin in ratio["at"]]
        for kind, path, value in changes:
            yield Mutant(kind, where, ["ratio"], put(here + path, value))
        for dim in ratio["point"]:
            yield Mutant("point", where, ["ratio"], put(here + ("point", dim), "0"))
            yield Mutant("point", where, ["ratio"], drop(here + ("point", dim)))
        for key in ratio:
            yield Mutant("field deleted", where, ["ratio"], drop(here + (key,)))
        for key in ("fits", "hypotheses"):
            for n in range(len(ratio[key])):
                yield Mutant("tree deleted", where, ["ratio"], drop(here + (key, n)))
                yield Mutant("tree emptied", where, ["ratio"], put(here + (key, n), ["goals"]))


def attention_mutants(claim):
    """Of a certificate that makes the claim; it is false of a smaller limit."""
    if not claim:
        return
    limit = claim["limit"]
    for wrong in ("(- %s 1)", "(min %s %s)", "(+ %s j)", "no_such_name", "(iszero %s)", "(+ 1"):
        yield Mutant("limit", "attention", ["attention"],
                     put(("attention", "limit"), wrong.replace("%s", limit)))
    for key in claim:
        yield Mutant("field deleted", "attention", ["attention"], drop(("attention", key)))
    yield Mutant("unknown field", "attention", ["attention"], put(("attention", "extra"), "1"))


def text_mutants():
    def duplicate(key):
        return lambda text: re.sub(r'"%s"\s*:' % key, '"%s": "0", "%s":' % (key, key), text, count=1)
    for key in ("workspace", "format", "rule", "sha256", "dir"):
        yield Mutant("duplicate key", key, ["*"], text=duplicate(key))
    yield Mutant("trailing text", "end", ["*"], text=lambda text: text + "{}")
    yield Mutant("truncated", "end", ["*"], text=lambda text: text[:len(text) // 2])
    yield Mutant("long integer", "at", ["*"],
                 text=lambda text: re.sub(r'("at"\s*:\s*\[)(?=\s*\d)', r'\g<1>18446744073709551616,', text,
                                     count=1))


def other_schedule_text(certificate):
    text = "schedule other\n"
    certificate["schedule"].update(text=text, sha256=sha256(text.encode()))


def neutral_mutants(certificate):
    yield Mutant("unchanged", "", [])
    yield Mutant("schedule text", "", [], other_schedule_text)
    if certificate["producer"]:
        key = sorted(certificate["producer"])[0]
        yield Mutant("producer", key, [], put(("producer", key), "somebody"))
    # A name that no later substitution and no cover uses; it reaches the kernel text, so
    # `text` may change, but `equal` and the rest must stay valid.
    later = " ".join(name for name, _ in certificate["cover"]) + " "
    for number, step in reversed(list(enumerate(certificate["steps"]))):
        free = [b for b, name in sorted(step["names"].items())
                if not re.search(r"\b%s\b" % re.escape(name), later)]
        if free:
            yield Mutant("names", "step %d" % number, ["~text"],
                         put(("steps", number, "names", free[0]), "renamed_binder"))
            break
        later += " ".join(step["sub"].values()) + " "
    yield Mutant("comment", "", [], body=lambda body: body + "// the end\n")
    yield Mutant("white space", "", [], body=lambda body: body.replace("\n", "\n ") + "\n")


# ---- kernel mutants ----
TOKEN = re.compile(r"//[^\n]*|\d+\.\d+f|\d+|[A-Za-z_]\w*|<=|>=|==|!=|&&|\|\||\+\+|::|[-+*/<>!?:=]")
SWAPS = {"+": "-", "-": "+", "*": "+", "/": "*", "<": "<=", "<=": "<", ">": ">=", "==": "!=",
         "!=": "==", "&&": "||", "||": "&&", "++": "--", "maximum": "minimum", "expsub": "maximum",
         "const": "volatile", "float": "double", "int64_t": "int32_t"}


def splice(begin, end, text):
    return lambda body: body[:begin] + text + body[end:]


def kernel_mutants(body):
    tokens = [m for m in TOKEN.finditer(body) if not m.group().startswith("//")]
    variables = sorted({m.group() for m in tokens if re.fullmatch(r"[A-Za-z_]\w*_\d+", m.group())})
    for match in tokens:
        token, begin, end = match.group(), match.start(), match.end()
        where = "%r in line %d" % (token, body.count("\n", 0, begin) + 1)
        if token in SWAPS:
            yield Mutant("operator", where, ["text"], body=splice(begin, end, SWAPS[token]))
        elif re.fullmatch(r"\d+", token):
            yield Mutant("constant", where, ["text"], body=splice(begin, end, str(int(token) + 1)))
        elif re.fullmatch(r"\d+\.\d+f", token):
            yield Mutant("constant", where, ["text"], body=splice(begin, end, "2.0f"))
        elif token in variables and len(variables) > 1:
            other = variables[(variables.index(token) + 1) % len(variables)]
            yield Mutant("index", where, ["text"], body=splice(begin, end, other))
        elif re.fullmatch(r"[A-Z]\w*", token):
            yield Mutant("bound or array", where, ["text"], body=splice(begin, end, token + "x"))
    for line in list(re.finditer(r"^[^\n/][^\n]*;\n", body, re.MULTILINE)):
        yield Mutant("statement deleted", line.group().strip(), ["text"],
                     body=splice(line.start(), line.end(), ""))
    yield Mutant("hash of body", "", ["text"], body=lambda text: text + "\n", rehash=False)


# ---- running ----
class Sandbox:
    """A root with the inputs of the audit, one per thread."""

    def __init__(self, report):
        self.folder = tempfile.TemporaryDirectory(prefix="minimoa-mutants-")
        self.root = self.folder.name
        shutil.copytree(report.path("spec"), os.path.join(self.root, "spec"))
        shutil.copytree(report.path("extract", "instr"), os.path.join(self.root, "extract", "instr"))
        os.makedirs(os.path.join(self.root, "kernels", "cpu"))
        os.makedirs(os.path.join(self.root, "certificates"))

    def audit(self, report, path, certificate_text, kernel_path, header, body):
        data = certificate_text.encode()
        header = re.sub(r"(// certificate \S+ sha256 )[0-9a-f]{64}", r"\g<1>" + sha256(data), header)
        with open(os.path.join(self.root, path), "wb") as file:
            file.write(data)
        with open(os.path.join(self.root, kernel_path), "wb") as file:
            file.write((header + BODY + body).encode())
        return run([report.program("minimoa-audit"), "--root", self.root, "--format", "json",
                    os.path.join(self.root, path)], timeout=60)


def invalid_claims(output):
    """Names of the claims that the auditor calls invalid, None if it printed no JSON."""
    try:
        answer = json.loads(output)
    except ValueError:
        return None
    found = set()

    def walk(value):
        if isinstance(value, list):
            for item in value:
                walk(item)
        elif isinstance(value, dict):
            claims = value.get("claims")
            if isinstance(claims, dict):
                for name, state in claims.items():
                    state = state if isinstance(state, str) else state.get("verdict", "")
                    if state.lower() == "invalid":
                        found.add(name)
            elif isinstance(claims, list):
                for claim in claims:
                    state = claim.get("verdict", claim.get("status", ""))
                    if state.lower() == "invalid":
                        found.add(claim.get("claim", claim.get("name", claim.get("id"))))
            else:
                for item in value.values():
                    walk(item)
    walk(answer)
    return found


class Case:
    """One certificate with its kernel."""

    def __init__(self, report, path):
        self.path = path
        self.text = report.read(path)
        self.certificate = json.loads(self.text)
        self.kernel_path = self.certificate["kernel"]["path"]
        self.header, self.body = report.read(self.kernel_path).split(BODY, 1)

    def mutants(self):
        neutral = list(neutral_mutants(self.certificate))
        wrong = []
        wrong += text_mutants()
        wrong += field_mutants(self.certificate)
        wrong += coefficient_mutants(self.certificate)
        wrong += cost_mutants(self.certificate["costs"])
        wrong += ratio_mutants(self.certificate)
        wrong += attention_mutants(self.certificate.get("attention"))
        wrong += proof_mutants(self.certificate)
        wrong += step_mutants(self.certificate)
        kernel = list(kernel_mutants(self.body))
        for mutant in kernel:
            mutant.kind = "kernel " + mutant.kind
        return neutral, wrong + kernel

    def run(self, report, sandbox, mutant):
        """None, or what is wrong with the auditor's answer."""
        certificate, body = self.certificate, self.body
        if mutant.change:
            certificate = copy.deepcopy(certificate)
            mutant.change(certificate)
        if mutant.body:
            body = mutant.body(body)
            if mutant.rehash:
                certificate = copy.deepcopy(certificate)
                certificate["kernel"]["body_sha256"] = sha256(body.encode())
        text = self.text if certificate is self.certificate else dump(certificate)
        if mutant.text:
            text = mutant.text(text)
            if text == self.text:
                return "the change did not apply"
        done = sandbox.audit(report, self.path, text, self.kernel_path, self.header, body)
        return judge(mutant, done)


def judge(mutant, done):
    code = done.returncode
    if code < 0 or code > 3:
        return "the auditor died (%d): %s" % (code, done.stderr[-500:])
    claims = invalid_claims(done.stdout)
    if mutant.claims == ["~text"]:
        if claims is not None and claims <= {"text"}:
            return None
        return "only `text` may change; invalid: %s" % claims
    if not mutant.claims:
        return None if code == 0 else "must stay VALID; exit code %d: %s" % (
            code, (done.stdout + done.stderr)[-500:])
    if code != 1:
        if code == 2 and mutant.claims == ["*"]:
            return None  # unreadable as a certificate at all
        return "accepted (exit code %d)" % code
    if mutant.claims == ["*"]:
        return None
    if claims is None:
        return "no JSON answer: " + done.stdout[-300:]
    if not claims & set(mutant.claims):
        return "INVALID, but names %s instead of %s" % (sorted(claims), mutant.claims)
    return None


def choose(mutants, count, generator):
    """Kinds in turn, in a random order, and at random within a kind."""
    kinds = {}
    for mutant in mutants:
        kinds.setdefault(mutant.kind, []).append(mutant)
    for items in kinds.values():
        generator.shuffle(items)
    chosen, order = [], sorted(kinds)
    generator.shuffle(order)
    while len(chosen) < count and any(kinds.values()):
        for kind in order:
            if kinds[kind] and len(chosen) < count:
                chosen.append(kinds[kind].pop())
    return chosen


def main():
    report = Report(__doc__.splitlines()[0],
                    full={"action": "store_true", "help": "make every mutant"},
                    only={"default": "", "help": "certificates whose path contains this"},
                    count={"type": int, "default": PER_CERTIFICATE, "help": "per certificate"})
    full = report.options.full or os.environ.get("MINIMOA_MUTATION_FULL") == "1"
    paths = [p for p in report.files(("certificates",), (".cert.json",)) if report.options.only in p]
    report.check(bool(paths), "no certificates to mutate")
    local = threading.local()
    sandboxes = []
    generator, known, tried = random.Random(SEED), set(), set()

    def one(case, mutant):
        if not hasattr(local, "sandbox"):
            local.sandbox = Sandbox(report)
            sandboxes.append(local.sandbox)
        return case, mutant, case.run(report, local.sandbox, mutant)

    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        for path in paths:
            case = Case(report, path)
            neutral, wrong = case.mutants()
            total = len(wrong)
            known.update(mutant.kind for mutant in wrong)
            if not full:
                wrong = choose(wrong, report.options.count, generator)
            tried.update(mutant.kind for mutant in wrong)
            kinds = {}
            for _, mutant, problem in pool.map(lambda m, c=case: one(c, m), neutral + wrong):
                report.check(problem is None, "%s: %s, %s: %s" %
                             (path, mutant.kind, mutant.where, problem))
                kinds.setdefault(mutant.kind, [0, 0])[0 if problem is None else 1] += 1
            print("%s: %d of %d mutants, %d kinds" % (path, len(wrong), total, len(kinds)),
                  flush=True)
    for sandbox in sandboxes:
        sandbox.folder.cleanup()
    report.check(report.options.only or tried == known, "kinds that no certificate tried: %s" %
                 sorted(known - tried))
    report.finish()


if __name__ == "__main__":
    main()
