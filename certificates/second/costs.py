"""Claims `footprint` and `traffic` (FORMAT.md, section 12).

Idea: the sites of the final term give counts; the certificate gives a closed
form for each nest and each row, and TREEs that prove them.
How it may be wrong: a site that belongs to a row and is not in its sum, a nest
used with the sums of another.
"""
from math import lcm

import atoms
import nests
import sites
import trees
from program import phases
from reader import Builder, parse
from refusal import require
from strict_json import arr, integer, obj, string
from terms import free
from terms import integer as literal
from terms import node
from trees import substitute

MOST_TIMES = 2 ** 31


def times(value, what):
    number = integer(value, what)
    require(1 <= number <= MOST_TIMES, what + ": times")
    return number


class Texts:
    """Reads TEXTs of sections 12 and 13: index terms over dimensions and given names."""

    def __init__(self, declared):
        self.declared = declared

    def read(self, text, names=(), what="costs", choices=True):
        known = self.declared.known_dims()
        for name in names:
            require(name not in known, what + ": a dimension is called " + name)
            known[name] = free(name)
        term = Builder(known).build(parse(string(text, what), what))
        trees.check_text(term, what, choices)
        return term


class NestTable:
    """The distinct nests in order, with the closed forms that are claimed."""

    def __init__(self, counts):
        self.nests, self.numbers = [], {}
        for count in counts:
            for nest in count.nests:
                if nest.key not in self.numbers:
                    self.numbers[nest.key] = len(self.nests)
                    self.nests.append(nest)
        self.sums = [None] * len(self.nests)

    def check(self, entries, pointer, texts, theory, ledger):
        arr(entries, pointer)
        require(len(entries) == len(self.nests), pointer + ": number of nests")
        for number, (nest, entry) in enumerate(zip(self.nests, entries)):
            obj(entry, ("sums", "proofs"), pointer)
            arr(entry["sums"], pointer)
            arr(entry["proofs"], pointer)
            where = "%s/%d" % (pointer, number)
            if not entry["sums"]:
                require(entry["proofs"] == [], where + ": proofs without sums")
                continue
            require(nest.countable, where + ": sums of a nest that cannot be counted")
            sums = self.read_sums(nest, entry["sums"], texts, where)
            check_sums(nest, sums, entry["proofs"], where + "/proofs", theory, ledger)
            self.sums[number] = sums

    def read_sums(self, nest, entries, texts, where):
        require(len(entries) == len(nest.bounds), where + ": one sum for each loop")
        sums = []
        for k, entry in enumerate(entries):
            arr(entry, where, 2)
            names = ["v%d" % n for n in range(k + 1)]
            sums.append((times(entry[0], where), texts.read(entry[1], names, where)))
        for (t, _), (below, _) in zip(sums, sums[1:]):
            require(t % below == 0, where + ": times is no multiple of the next")
        return sums

    def count(self, count, what):
        """(N, D): the count of a site is N / D."""
        factors, divisor = list(count.factors), 1
        for nest in count.nests:
            sums = self.sums[self.numbers[nest.key]]
            require(sums is not None, what + ": a nest without sums")
            factors.append(substitute(sums[0][1], {"v0": nest.bounds[0]}))
            divisor *= sums[0][0]
        return product_of(factors), divisor


def product_of(factors):
    if not factors:
        return literal(1)
    result = factors[0]
    for factor in factors[1:]:
        result = node("*", result, factor)
    return result


def variable_atom(k):
    return atoms.intern(("free", "v%d" % k))


def check_sums(nest, sums, proofs, pointer, theory, ledger):
    """Claims 1 to 4 for each loop, outermost first."""
    context, number = theory.base, 0

    def claim(facts, goal):
        nonlocal number
        require(number < len(proofs), pointer + ": a proof is missing")
        trees.check(theory, ledger, facts, goal, proofs[number], "%s/%d" % (pointer, number))
        number += 1

    for k, bound in enumerate(nest.bounds):
        (t, g), v = sums[k], "v%d" % k
        above = substitute(g, {v: node("+", free(v), literal(1))})
        claim(context, node("<=", literal(0), bound))
        claim(context, node("==", substitute(g, {v: literal(0)}), literal(0)))
        context = context.with_variable(variable_atom(k), bound, 0)
        for condition in nest.conditions[k]:
            without = context.with_condition(node("not", condition), 0)
            claim(without, node("==", above, g))
            context = context.with_condition(condition, 0)
        inside, below = literal(1), 1
        if k + 1 < len(sums):
            below = sums[k + 1][0]
            inside = substitute(sums[k + 1][1], {"v%d" % (k + 1): nest.bounds[k + 1]})
        more = node("*", literal(t // below), inside)
        claim(context, node("==", above, node("+", g, more)))
    require(number == len(proofs), pointer + ": too many proofs")


class Traffic:
    """Sites, counts, and the rows that are claimed."""

    def __init__(self, declared, final, env):
        self.declared = declared
        self.sites = sites.Walker(declared).program(final, env)
        self.counts = [nests.Count(nests.Context(s.context, declared.ranges).join())
                       for s in self.sites]
        self.table = NestTable(self.counts)
        self.claimed = []       # (array, word, times, term)

    def order(self):
        """(array, word) of all rows: inputs, output, others by first site."""
        arrays = list(self.declared.inputs) + [self.declared.output_name]
        for site in self.sites:
            if site.array not in arrays:
                arrays.append(site.array)
        used = {(site.array, site.word) for site in self.sites}
        return [(a, w) for a in arrays for w in ("load", "store") if (a, w) in used]

    def check(self, costs, texts, theory, ledger):
        self.table.check(costs["nests"], "/costs/nests", texts, theory, ledger)
        order, at = self.order(), 0
        for number, row in enumerate(arr(costs["traffic"], "traffic")):
            pointer = "/costs/traffic/%d" % number
            arr(row, pointer, 6)
            while at < len(order) and order[at] != (row[0], row[1]):
                at += 1
            require(at < len(order), pointer + ": no such row, or out of order")
            at += 1
            self.check_row(row, pointer, texts, theory, ledger)

    def check_row(self, row, pointer, texts, theory, ledger):
        mine = [c for s, c in zip(self.sites, self.counts) if [s.array, s.word] == row[:2]]
        exact = "exact" if all(c.exact for c in mine) else "bound"
        require(row[2] == exact, "%s: the row is %s" % (pointer, exact))
        t = times(row[3], pointer)
        form = texts.read(row[4], (), pointer)
        goal = count_goal(self.table, mine, t, form, pointer)
        trees.check(theory, ledger, theory.base, goal, row[5], pointer + "/5")
        self.claimed.append((row[0], row[1], t, form))


def count_goal(table, counts, t, form, what):
    """(== (* M F) (* t (sum of (M / D_s) * N_s)))"""
    pairs = [table.count(count, what) for count in counts]
    common = lcm(*[d for _, d in pairs])
    items = [node("*", literal(common // d), n) for n, d in pairs]
    return node("==", node("*", literal(common), form), node("*", literal(t), trees.total(items)))


def check_footprint(claimed, declared, final, env, texts, width):
    """One TEXT for each phase, compared as a polynomial; returns the terms."""
    found = phases(final, env)
    arr(claimed, "footprint")
    require(len(claimed) == len(found), "footprint: one text for each phase")
    result = []
    for number, (text, phase) in enumerate(zip(claimed, found)):
        term = texts.read(text, (), "footprint")
        words = sites.Footprint(phase, width).polynomial()
        require(atoms.value(term, 0) == words, "footprint of phase %d" % number)
        result.append(term)
    return result


