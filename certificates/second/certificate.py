"""One certificate: reads it, checks its claims in order, keeps the verdict.

Idea: a claim is `valid`, `holey` (a proof is a declared hole) or refused with a
reason; the verdict is the worst. Claims that need the final term are not
checked when the derivation is refused.
How it may be wrong: state of one certificate that reaches the next; everything
that is kept between certificates is reset in `Audit`.
"""
import hashlib
import os

import atoms
import attention
import costs
import instr
import lanes
import poly
import product
import program
import ratio
import refusal
import replay
import rules
import safety
import strict_json
import terms
import theorems
import typecheck
from facts import Theory
from moa_core import read_spec
from proofs import Ledger
from reader import Builder, parse
from refusal import Refused, limit, require
from strict_json import arr, obj, string
from typecheck import BOOL, INDEX, Env, type_of

KEYS = ("format", "spec", "rules", "schedule", "kernel", "instructions", "place", "witness",
        "divisors", "spec_proofs",
        "stages", "steps", "safe", "cover", "workspace", "costs", "theorems", "product", "ratios",
        "attention", "producer")
CLAIMS = ("equal", "safe", "workspace", "footprint", "traffic", "ratio", "attention")
CLAIMED_IN = {"ratio": "ratios", "attention": "attention"}  # claims that may be left out
# What makes a claim invalid. The last ones are no refusals of ours: what this checker
# cannot take apart is never accepted.
ERRORS = (Refused, RecursionError, LookupError, TypeError, ValueError, AttributeError)
FLAGS = "-std=c++17 -O2"


class Audit:
    def __init__(self, root):
        self.root = root
        self.claims = []        # (name, "valid", "holey" or "invalid")
        self.notes = ["text"]   # what is never checked here, and rows that are not claimed
        self.reason = ""
        self.details = []       # what the claims that hold say
        self.divisor_terms = None
        self.ledger = Ledger()
        poly.WORK.used = 0
        typecheck.WORK.used = 0
        typecheck.reset()

    def line(self, verdict):
        """VERDICT, the first reason if there is one, what was checked and what not."""
        checked = " ".join(name if state == "valid" else "%s(%s)" % (name, state)
                           for name, state in self.claims if self.stated(name))
        missing = " ".join([name for name in CLAIMS if name not in dict(self.claims)]
                           + ["%s(none claimed)" % name for name, _ in self.claims
                              if not self.stated(name)] + self.notes)
        reason = self.reason + "; " if verdict == "INVALID" else ""
        line = "%s %schecked: %s; not checked: %s" % (verdict, reason, checked or "none", missing)
        return "; ".join([line] + self.details)

    def stated(self, name):
        """A certificate without ratios says nothing about them; so for attention."""
        return name not in CLAIMED_IN or bool(self.cert[CLAIMED_IN[name]])

    def run(self, data):
        try:
            self.cert = obj(strict_json.read(data), KEYS, "certificate")
            self.check_frame()
            self.load()
            self.check_claims()
        except ERRORS as error:
            self.refuse("frame", error)
        if self.reason:
            return "INVALID"
        return "HOLEY" if any(state == "holey" for _, state in self.claims) else "VALID"

    def refuse(self, where, error):
        text = str(error) if isinstance(error, Refused) else "limit: " + type(error).__name__
        self.reason = self.reason or "%s: %s" % (where, text)

    def claim(self, name, check):
        """Runs a check; the state is what the check did, never a default."""
        before = self.ledger.holes
        try:
            check()
        except ERRORS as error:
            self.claims.append((name, "invalid"))
            self.refuse(name, error)
            return
        self.claims.append((name, "valid" if self.ledger.holes == before else "holey"))

    def check_claims(self):
        """Claims in order; those that need what an invalid claim lacks are not checked."""
        self.claim("equal", self.check_equal)
        if self.divisor_terms is None:
            return
        try:    # what lanes change is marked once, for all claims that read the program
            self.program = lanes.marked(self.final, self.env, self.place, self.width)
        except ERRORS as error:
            self.refuse("place", error)
            return
        self.claim("safe", self.check_safe)
        self.claim("workspace", self.check_workspace)
        self.claim("footprint", self.check_footprint)
        self.claim("traffic", self.check_traffic)
        if not self.cert["ratios"]:
            self.claim("ratio", self.check_no_ratio)    # that nothing else speaks of them
        elif "invalid" not in (dict(self.claims)["footprint"], dict(self.claims)["traffic"]):
            self.claim("ratio", self.check_ratio)   # rests on both
        if not self.cert["attention"]:
            self.claim("attention", lambda: None)   # {}: nothing is claimed
        elif dict(self.claims)["equal"] != "invalid":
            self.claim("attention", self.check_attention)

    # The frame: section 9.

    def check_frame(self):
        cert = self.cert
        require(cert["format"] == "minimoa.cert/1", "format")
        obj(cert["schedule"], ("name", "text", "sha256"), "schedule")
        strict_json.identifier(cert["schedule"]["name"], "schedule: name")
        text = string(cert["schedule"]["text"], "schedule: text")
        require(hashlib.sha256(text.encode("utf-8")).hexdigest() == cert["schedule"]["sha256"],
                "schedule: sha256")
        kernel = obj(cert["kernel"], ("path", "body_sha256", "target", "flags"), "kernel")
        strict_json.path(kernel["path"], "kernel: path")
        strict_json.sha256(kernel["body_sha256"], "kernel")
        strict_json.identifier(kernel["target"], "kernel: target")
        string(kernel["flags"], "kernel: flags")
        for key in ("instructions", "place"):
            require(type(cert[key]) is dict, key)
        obj(cert["stages"], ("dnf", "onf"), "stages")
        steps = arr(cert["steps"], "steps")
        limit(len(steps) <= refusal.STEPS, "steps")
        for name, number in cert["stages"].items():
            require(strict_json.nat(number, "stages") <= len(steps), "stages: " + name)
        require(cert["stages"]["dnf"] <= cert["stages"]["onf"], "stages: order")
        require(type(cert["producer"]) is dict, "producer")
        for value in cert["producer"].values():
            string(value, "producer")
        string(cert["workspace"], "workspace")
        arr(cert["ratios"], "ratios")
        arr(cert["theorems"], "theorems")
        require(type(cert["product"]) is dict, "product")
        require(type(cert["attention"]) is dict, "attention")

    def named(self, entry, folder, ending, what):
        """The bytes of a named file, after its hash was compared."""
        obj(entry, ("path", "sha256"), what)
        path = strict_json.path(entry["path"], what)
        strict_json.sha256(entry["sha256"], what)
        require(path.startswith(folder) and path.endswith(ending), what + ": path")
        try:
            with open(os.path.join(self.root, path), "rb") as file:
                data = file.read()
        except OSError:
            raise Refused("%s: cannot read %s" % (what, path)) from None
        require(hashlib.sha256(data).hexdigest() == entry["sha256"], what + ": sha256 of " + path)
        return data

    def listed(self, key, folder, ending):
        """Files of a list that is sorted by path, without repetition."""
        entries = arr(self.cert[key], key)
        paths = [obj(e, ("path", "sha256"), key)["path"] for e in entries]
        require(all(type(p) is str for p in paths) and paths == sorted(set(paths)),
                key + ": not sorted by path")
        for path in paths:
            require("/" not in path[len(folder):], key + ": path")
        return [(e["path"], self.named(e, folder, ending, key)) for e in entries]

    def load(self):
        data = self.named(self.cert["spec"], "", ".moa", "spec")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("spec: not UTF-8") from None
        self.declared, self.core = read_spec(text)
        self.rules = {}
        for path, content in self.listed("rules", "spec/rules/", ".rules"):
            rules.add_file(self.rules, content, path)
        self.load_target()
        self.theory = Theory(self.declared)
        self.env = Env(self.declared)
        self.texts = costs.Texts(self.declared)

    def load_target(self):
        """The instruction file of a vector target (section 15), and its place."""
        kernel, entry = self.cert["kernel"], self.cert["instructions"]
        portable, self.width = kernel["target"] == "portable", 1
        self.place = lanes.Place(self.cert["place"], portable)
        if portable:
            require(entry == {}, "instructions: the target is portable")
            require(kernel["flags"] == FLAGS, "kernel: flags")
            return
        data = self.named(entry, "extract/instr/", ".instr", "instructions")
        require(entry["path"] == "extract/instr/%s.instr" % kernel["target"], "instructions: path")
        target = instr.Target(data, entry["path"])
        require(target.name == kernel["target"], "instructions: another target")
        require(target.flags == kernel["flags"], "kernel: flags")
        self.width = target.lanes

    # Texts over dimensions.

    def text(self, value, known, what):
        term = Builder(known).build(parse(string(value, what), what))
        require(type_of(term, self.env) == INDEX, what + ": no index")
        return term

    # Claims.

    def check_equal(self):
        cert = self.cert
        # Divisors of the final term belong to the list, but a step's obligations may use
        # them: the terms are replayed first, proofs of steps after the divisors.
        replayer = replay.Replay(self.declared, self.theory, self.rules)
        self.final, self.stages = self.replayed(replayer)
        self.divisor_terms = safety.check_divisors(
            self.theory, self.core, self.final, arr(cert["divisors"], "divisors"), self.ledger)
        self.ledger.check_list(cert["spec_proofs"],
                               safety.spec_obligations(self.theory, self.core, self.env),
                               "/spec_proofs")
        for number, goals in enumerate(self.pending):
            self.ledger.check_list(cert["steps"][number]["proofs"], goals(),
                                   "/steps/%d/proofs" % number)

    def replayed(self, replayer):
        self.pending = []
        return replay.run(replayer, self.core, self.cert["steps"], self.env, self.pending,
                          self.cert["stages"])

    def check_safe(self):
        for condition in self.declared.requires:
            check_arithmetic(condition)
        for entry in arr(self.cert["cover"], "cover"):
            arr(entry, "cover", 2)
        known = self.declared.known_dims()
        for axis in range(len(self.declared.output.shape)):
            require("o%d" % axis not in known, "cover: a dimension is called o%d" % axis)
            known["o%d" % axis] = terms.free("o%d" % axis)
        obligations = safety.safe_obligations(
            self.theory, self.program, self.env, self.cert["cover"],
            lambda text: self.text(text, known, "cover"))
        self.ledger.check_list(self.cert["safe"], obligations, "/safe")
        self.check_witness()

    def sizes(self, given, what):
        """Integers for every dimension, within range, every require holds."""
        obj(given, self.declared.dims, what)
        sizes = {name: strict_json.integer(given[name], what) for name in self.declared.dims}
        for name, value in sizes.items():
            require(1 <= value <= 2 ** 24, "%s: %s out of range" % (what, name))
        for condition in self.declared.requires:
            require(program.holds(condition, sizes), what + ": a require does not hold")
        return sizes

    def check_witness(self):
        sizes = self.sizes(self.cert["witness"], "witness")
        program.check_sizes(self.program, self.env, sizes)

    def check_workspace(self):
        claimed = self.text(self.cert["workspace"], self.declared.known_dims(), "workspace")
        found = program.workspace(self.final, self.env)
        require(atoms.value(claimed, 0) == found, "workspace: another number of words")

    def check_footprint(self):
        obj(self.cert["costs"], ("footprint", "nests", "traffic"), "costs")
        self.footprints = costs.check_footprint(self.cert["costs"]["footprint"], self.declared,
                                                self.program, self.env, self.texts, self.width)

    def check_traffic(self):
        self.traffic = costs.Traffic(self.declared, self.program, self.env)
        self.traffic.check(self.cert["costs"], self.texts, self.theory, self.ledger)
        claimed = [row[:2] for row in self.traffic.claimed]
        self.notes += ["traffic:%s:%s" % row for row in self.traffic.order() if row not in claimed]

    # Ratios: section 13.

    def check_no_ratio(self):
        require(self.cert["theorems"] == [] and self.cert["product"] == {},
                "none claimed, but theorems or product")

    def check_ratio(self):
        self.library = theorems.Library()
        for path, data in self.listed("theorems", "spec/bounds/", ".thm"):
            self.library.add_file(data, path)
        self.values = {"outputs": product.outputs(self.declared)}
        if self.cert["product"] != {}:
            self.values.update(product.Values(
                self.cert["product"], self.stages["onf"], self.declared, self.theory, self.texts,
                self.ledger).values)
        for number, entry in enumerate(self.cert["ratios"]):
            ratio.Ratio(self, entry, number).check()

    def check_attention(self):
        found = attention.Attention(self.cert["attention"], self.stages["onf"], self.declared,
                                    self.env)
        found.check(self.theory, self.ledger)
        self.details.append(found.report())

    def condition(self, text, what):
        term = Builder(self.declared.known_dims()).build(parse(string(text, what), what))
        require(type_of(term, self.env) == BOOL, what + ": no condition")
        return term


def interval(term):
    """(least, greatest) value of an index over dimensions from 1 to 2^24.

    K_check evaluates requires in 64 bits and with truncating division, before more
    is known: every node must stay within 64 bits, no dividend may be negative.
    """
    if term.head == "int":
        found = (term.attr, term.attr)
    elif term.head == "dim":
        found = (1, 2 ** 24)
    else:
        (a, b), (c, d) = (interval(kid) for kid in term.kids)
        if term.head in ("div", "mod"):
            require(a >= 0, "spec: a require divides what may be negative")
            found = (0, b)
        elif term.head == "*":
            corners = (a * c, a * d, b * c, b * d)
            found = (min(corners), max(corners))
        else:
            found = (a + c, b + d) if term.head == "+" else (a - d, b - c)
    require(-2 ** 63 <= found[0] and found[1] < 2 ** 63, "spec: a require may leave 64 bits")
    return found


def check_arithmetic(condition):
    """The indices of a require: `interval` of each comparison's operands."""
    for kid in condition.kids:
        if condition.head in ("<", "<=", "==", "!="):
            interval(kid)
        else:
            check_arithmetic(kid)
