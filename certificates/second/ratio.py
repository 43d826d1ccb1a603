"""Claim `ratio`: traffic against a lower bound (FORMAT.md, section 13).

Idea: a row of a theorem file is instantiated with the values of the product;
three groups of claims (the program fits, the row's conditions hold, the ratio)
are proved by TREEs over a region of sizes.
How it may be wrong: a region whose facts are not those of the spec, or a bound
for another kind of traffic than is compared.
"""
from math import lcm

import atoms
import facts
import poly
import program
import trees
from product import plainly_positive
from refusal import require
from strict_json import arr, integer, obj, string
from terms import Term, node
from terms import integer as literal

KEYS = ("theorem", "words", "at", "where", "point", "fits", "hypotheses", "ratio", "proof")
MOST = 2 ** 62


class Folder:
    """Literals for some dimensions, then operators of literals replaced by values."""

    def __init__(self, sizes):
        self.sizes = sizes

    def fold(self, term):
        if term.head == "dim":
            return literal(self.sizes[term.attr]) if term.attr in self.sizes else term
        if not term.kids:
            return term
        term = term.with_kids(self.fold(kid) for kid in term.kids)
        if any(kid.head != "int" for kid in term.kids):
            return term
        found = value(term)
        return term if found is None or abs(found) > MOST else literal(found)


def value(term):
    """The value of an operator of literals; None if it has none here."""
    if term.head not in ("+", "-", "*", "min", "max", "div"):
        return None
    a, b = (kid.attr for kid in term.kids)
    if term.head == "div":
        return a // b if b > 0 else None
    return {"+": a + b, "-": a - b, "*": a * b, "min": min(a, b), "max": max(a, b)}[term.head]


class Region(facts.Theory):
    """Hypotheses with literals for the dimensions of `at`; one more kind of divisor."""

    def __init__(self, theory, folder, divisor_terms):
        self.folder = folder
        super().__init__(theory.declared)
        for term in divisor_terms:
            polynomial = atoms.value(folder.fold(term), 0)
            self.divisors[poly.key(polynomial)] = True

    def hypotheses(self, requires):
        found = facts.Facts()
        for name in self.declared.dims:
            if name not in self.folder.sizes:
                dim = Term("dim", name)
                for condition in (node("-", dim, literal(1)), node("-", literal(2 ** 24), dim)):
                    found.add(*atoms.translate(condition, 0))
        for condition in self.declared.requires[:requires]:
            found = found.with_condition(self.folder.fold(condition), 0)
        return found

    def allowed(self, divisor):
        return super().allowed(divisor) or plainly_positive(divisor)


class Ratio:
    """One entry of `ratios`."""

    def __init__(self, audit, entry, number):
        obj(entry, KEYS, "ratios")
        self.audit, self.entry, self.pointer = audit, entry, "/ratios/%d" % number
        name = string(entry["theorem"], self.pointer)
        require(name in audit.library.theorems, self.pointer + ": unknown theorem")
        self.row = audit.library.theorems[name]
        require(self.row.kind != "threshold", self.pointer + ": threshold")
        self.sizes = self.read_at()
        self.folder = Folder(self.sizes)
        self.words = audit.texts.read(entry["words"], (), self.pointer, choices=False)
        self.where = [self.condition(text) for text in arr(entry["where"], self.pointer)]
        self.values = dict(audit.values)
        self.values["S"] = self.words
        for variable in self.row.vars:
            require(variable in self.values, self.pointer + ": no value of " + variable)
        self.region = Region(audit.theory, self.folder, audit.divisor_terms)
        self.facts = self.region.base
        for condition in self.where:
            self.facts = self.facts.with_condition(self.folder.fold(condition), 0)

    def read_at(self):
        sizes = {}
        for pair in arr(self.entry["at"], self.pointer):
            arr(pair, self.pointer, 2)
            require(pair[0] in self.audit.declared.dims and pair[0] not in sizes,
                    self.pointer + ": at")
            sizes[pair[0]] = integer(pair[1], self.pointer)
            require(1 <= sizes[pair[0]] <= 2 ** 24, self.pointer + ": at")
        return sizes

    def condition(self, text):
        condition = self.audit.condition(text, self.pointer)
        require(condition.head in trees.COMPARISONS, self.pointer + ": where")
        for kid in condition.kids:
            trees.check_text(kid, self.pointer, choices=False)
        return condition

    def check(self):
        self.check_point()
        self.check_claims("fits", [node("<=", f, self.words) for f in self.audit.footprints])
        conditions = [trees.substitute(c, self.values) for c in self.row.where]
        self.below = trees.substitute(self.row.below, self.values)
        self.check_claims("hypotheses", conditions + [node("<=", literal(1), self.below)])
        self.claim(self.ratio_goal(), self.entry["proof"], self.pointer + "/proof")

    def check_point(self):
        point = self.audit.sizes(self.entry["point"], self.pointer + "/point")
        require(all(point[name] == size for name, size in self.sizes.items()),
                self.pointer + ": the point is not at these sizes")
        require(all(program.holds(c, point) for c in self.where),
                self.pointer + ": the point is outside of the region")
        words = program.evaluate(self.words, point)
        require(all(program.evaluate(f, point) <= words for f in self.audit.footprints),
                self.pointer + ": does not fit at the point")

    def check_claims(self, key, goals):
        pointer = "%s/%s" % (self.pointer, key)
        given = arr(self.entry[key], pointer)
        require(len(given) == len(goals), pointer + ": number of claims")
        for number, goal in enumerate(goals):
            self.claim(goal, given[number], "%s/%d" % (pointer, number))

    def claim(self, goal, tree, pointer):
        trees.check(self.region, self.audit.ledger, self.facts, self.folder.fold(goal), tree,
                    pointer)

    def ratio_goal(self):
        p, q = (integer(x, self.pointer) for x in arr(self.entry["ratio"], self.pointer, 2))
        require(1 <= q <= p <= MOST, self.pointer + ": ratio")
        rows = self.counted_rows()
        common = lcm(*[t for t, _ in rows])
        total = trees.total([node("*", literal(common // t), f) for t, f in rows])
        above = trees.substitute(self.row.above, self.values)
        if self.row.per == "group":
            require("heads" in self.values, self.pointer + ": no value of heads")
            above = node("*", self.values["heads"], above)
        return node("<=", node("*", node("*", literal(q), self.below), total),
                    node("*", node("*", literal(p), literal(common)), above))

    def counted_rows(self):
        """(times, TEXT) of all rows that the bound's kind counts; none may be missing."""
        wanted = [key for key in self.audit.traffic.order()
                  if self.row.kind == "total" or key[1] + "s" == self.row.kind]
        claimed = {(array, word): (t, f) for array, word, t, f in self.audit.traffic.claimed}
        require(wanted and all(key in claimed for key in wanted),
                self.pointer + ": a row of traffic is not claimed")
        return [claimed[key] for key in wanted]
