"""What the spec computes, as a product of queries, keys and values (FORMAT.md, 13).

Idea: the term after stage `onf` has the form of form.py and is taken apart; the
reads of the three inputs say which loops are rows, which indices are shared.
From them follow the values of heads, n, m, dk, dv, E, rows, cols, outputs.
How it may be wrong: a shape that is accepted though it computes something else,
which would make a lower bound too large.
"""
import atoms
import terms
import trees
from costs import NestTable, count_goal, times
from facts import facts_of
from form import J, Form, nodes
from nests import Context, Count, split_and
from program import over_dims
from reader import POINTWISE1, POINTWISE2, Builder, parse
from refusal import require
from strict_json import arr, nat, obj, string
from terms import free, integer, node
from trees import free_names, product, substitute

KEYS = ("column", "heads", "nests", "pairs", "rows", "cols")
PLAIN_HEADS = set(POINTWISE1 + POINTWISE2) | {
    "+", "-", "*", "div", "mod", "int", "real", "rat", "mem", "in", "dim", "free"}
L = "l#"


def plainly_positive(polynomial):
    """Not zero, over dimensions alone, no negative coefficient."""
    return (polynomial != {} and all(c > 0 for c in polynomial.values())
            and all(atoms.DESCRIPTIONS[a][0] == "dim" for a in atoms.atoms_of(polynomial)))


def positive(term, what):
    require(plainly_positive(atoms.value(term, 0)), "product: %s is not plainly positive" % what)


class Shape(Form):
    """The form with what section 13 asks for beyond it; y under the names J and L."""

    def __init__(self, term, declared):
        super().__init__(term, declared, "product")
        self.check_parts()

    def check_parts(self):
        require(not any(terms.contains(self.g, (head,)) for head in terms.BINDS),
                "product: a binder in g")
        require(over_dims(self.m), "product: m")
        for bound in self.bounds + [self.m]:
            positive(bound, "a bound")
        for extent in self.declared.output.shape:
            positive(extent.term, "an extent of the output")
        only(self.value, PLAIN_HEADS, "V")
        self.reduction()

    def reduction(self):
        """x contains exactly one red, (red add (l dk) true y)."""
        places = []

        def find(term, depth):
            if term.head == "red":
                places.append((term, depth))
            for number, kid in enumerate(term.kids):
                find(kid, depth + terms.binds(term.head, number))
        find(self.x_raw, 1)
        require(len(places) == 1 and places[0][1] == 1, "product: not one red in x")
        red = places[0][0]
        require(red.attr == "add" and red.kids[1] == terms.TRUE, "product: red in x")
        self.dk = self.opened(red.kids[0], J)
        require(over_dims(self.dk), "product: dk")
        positive(self.dk, "dk")
        self.y = self.opened(red.kids[2], J, L)
        only(self.y, PLAIN_HEADS, "x")
        only(self.opened(without_red(self.x_raw, red), J), PLAIN_HEADS, "x")


def without_red(term, red):
    """x with 0 for its red, so that what is around it can be opened and checked."""
    if term is red or term == red:
        return integer(0)
    if not term.kids:
        return term
    return term.with_kids(without_red(kid, red) for kid in term.kids)


def only(term, heads, what):
    require(term.head in heads, "product: %s in %s" % (term.head, what))
    for kid in term.kids:
        only(kid, heads, what)


def factors(term):
    if term.head == "*":
        return factors(term.kids[0]) + factors(term.kids[1])
    if term.head == "/" and not terms.contains(term.kids[1], ("mem",)):
        return factors(term.kids[0])
    return [term]


class Reads:
    """The query, key and value reads; rows, shared indices, quotients, free rows."""

    def __init__(self, shape, column):
        self.shape = shape
        require(column < len(shape.variables), "product: column")
        self.column = shape.variables[column]
        self.rows = [v for v in shape.variables if v != self.column]
        self.dv = shape.bounds[column]
        outside = free_names(shape.x) | free_names(shape.g)
        require(self.column in free_names(shape.value) and self.column not in outside,
                "product: column")
        self.find_reads()
        self.check_query()
        self.share()

    def find_reads(self):
        with_mem = []
        for factor in factors(self.shape.y):
            found = nodes(factor, "mem")
            if found:
                require(len(found) == 1, "product: two reads in one factor")
                with_mem.append(found[0])
            else:
                require(not free_names(factor), "product: a factor mentions a variable")
        require(len(with_mem) == 2, "product: not two reads in y")
        keys = [read for read in with_mem if J in free_names(read)]
        require(len(keys) == 1, "product: not one key read")
        self.key = keys[0]
        self.query = next(read for read in with_mem if read is not self.key)
        values = nodes(self.shape.value, "mem")
        require(len(values) == 1, "product: not one value read")
        self.values = values[0]
        reads = (self.query, self.key, self.values)
        inputs = self.shape.declared.inputs
        require(len({read.kids[0].attr for read in reads}) == 3, "product: one input read twice")
        require(all(inputs[read.kids[0].attr].elem == "real" for read in reads),
                "product: a read of integers")

    def check_query(self):
        others = without(self.query.kids[1:], L)
        require(all(free(row) in others for row in self.rows), "product: a row is no index")

    def share(self):
        keys = without(self.key.kids[1:], L)
        values = without(self.values.kids[1:], self.column)
        require(sorted(t.key for t in keys) == sorted(t.key for t in values),
                "product: keys and values are read at other indices")
        self.shared, self.quotients, used = [], [], []
        for index in keys:
            if J in free_names(index):
                require(self.made_of_key(index), "product: index of the key")
            elif free_names(index):
                row = self.shared_row(index)
                require(row not in used, "product: a row in two shared indices")
                used.append(row)
            else:
                require(over_dims(index), "product: shared index")
        self.free_rows = [row for row in self.rows if row not in used]

    def made_of_key(self, index):
        if index == free(J):
            return True
        if index.head not in ("+", "-"):
            return False
        inner = [kid for kid in index.kids if J in free_names(kid)]
        if len(inner) != 1:
            return False
        other = index.kids[1] if inner[0] is index.kids[0] else index.kids[0]
        banned = set(self.shape.variables) | {J, L}
        return (not free_names(other) & banned and not terms.contains(other, ("mem",))
                and self.made_of_key(inner[0]))

    def shared_row(self, index):
        """A row v, or (div v b); entered in `shared`, quotients with their b."""
        if index.head == "free":
            require(index.attr in self.rows, "product: shared index")
            self.shared.append(("row", index.attr))
            return index.attr
        require(index.head == "div" and index.kids[0].head == "free"
                and index.kids[0].attr in self.rows and over_dims(index.kids[1]),
                "product: shared index")
        row = index.kids[0].attr
        self.shared.append(("quotient", len(self.quotients)))
        self.quotients.append((row, index.kids[1]))
        return row

    def bound(self, variable):
        return self.shape.bounds[self.shape.variables.index(variable)]


def without(indices, name):
    """The indices without the first that is the variable; no other mentions it."""
    at = next((k for k, index in enumerate(indices) if index == free(name)), None)
    require(at is not None, "product: a variable is no index of its read")
    rest = list(indices[:at]) + list(indices[at + 1:])
    require(not any(name in free_names(index) for index in rest),
            "product: a variable in two indices")
    return rest


class Values:
    """Checks the certificate's `product` and gives the values of the variables."""

    def __init__(self, given, term, declared, theory, texts, ledger):
        obj(given, KEYS, "product")
        self.given, self.theory, self.texts, self.ledger = given, theory, texts, ledger
        self.declared = declared
        self.reads = Reads(Shape(term, declared), nat(given["column"], "product"))
        self.shape = self.reads.shape
        self.values = {"dk": self.shape.dk, "dv": self.reads.dv, "m": self.shape.m}
        self.names()
        self.heads()
        self.counts()

    def names(self):
        """Row variables are called by the names of their loops, the key `j`."""
        self.called = {}
        known = self.declared.known_dims()
        for name, variable in zip(self.shape.names, self.shape.variables):
            if variable != self.reads.column:
                require(name != J and name not in self.called and name not in known,
                        "product: two variables are called " + name)
                self.called[name] = free(variable)
        require(J not in known, "product: a dimension is called j")

    def heads(self):
        reads, entries = self.reads, arr(self.given["heads"], "product: heads")
        require(len(entries) == len(reads.quotients), "product: number of heads")
        found = []
        for number, (entry, (row, b)) in enumerate(zip(entries, reads.quotients)):
            pointer = "/product/heads/%d" % number
            arr(entry, pointer, 2)
            h = self.texts.read(entry[0], (), pointer, choices=False)
            whole = node("+", reads.bound(row), node("-", b, integer(1)))
            goal = node("==", node("div", whole, b), h)
            self.prove(self.theory.base, goal, entry[1], pointer + "/1")
            found.append(h)
        self.values["heads"] = product(
            [reads.bound(x) if sort == "row" else found[x] for sort, x in reads.shared])
        self.values["n"] = product([b for _, b in reads.quotients]
                                   + [reads.bound(row) for row in reads.free_rows])

    def prove(self, facts, goal, proofs, pointer):
        obligations = [self.theory.state(facts, g) for g in facts_of(goal, 0, goal=True)]
        self.ledger.check_list(proofs, obligations, pointer)

    # Counts.

    def counts(self):
        given, shape, reads = self.given, self.shape, self.reads
        row_loops = [(row, reads.bound(row)) for row in reads.rows]
        key_loop = [(J, shape.m)]
        pairs = arr(given["pairs"], "product: pairs", 3)
        todo = [("pairs", row_loops + key_loop, split_and(shape.g), pairs)]
        if arr(given["rows"], "product: rows"):
            todo.append(("rows", row_loops, *self.rows_conditions()))
        if arr(given["cols"], "product: cols"):
            todo.append(("cols", key_loop, *self.cols_conditions()))
        counts = []
        for word, loops, conditions, claim in todo:
            items = [("loop", free(name), bound) for name, bound in loops]
            if word != "pairs":
                conditions = self.counted(word, loops, conditions, given[word][1])
            items += [("condition", condition) for condition in conditions]
            count = Count(Context(items, {}).join())
            require(count.exact, "product: %s cannot be counted" % word)
            counts.append((word, count, claim))
        table = NestTable([count for _, count, _ in counts])
        table.check(given["nests"], "/product/nests", self.texts, self.theory, self.ledger)
        for word, count, claim in counts:
            self.count_claim(table, word, count, claim)

    def counted(self, word, loops, conditions, given):
        """Conditions are counted, or proved in the context of the loops."""
        pointer = "/product/%s/1" % word
        arr(given, pointer)
        require(len(given) == len(conditions), pointer + ": one entry for each condition")
        facts = self.theory.base
        for name, bound in loops:
            facts = facts.with_variable(atoms.intern(("free", name)), bound, 0)
        kept = []
        for number, (condition, entry) in enumerate(zip(conditions, given)):
            if entry == "count":
                kept.append(condition)
            else:
                self.prove(facts, condition, entry, "%s/%d" % (pointer, number))
        return kept

    def named_text(self, text, names, what):
        known = self.declared.known_dims()
        known.update(names)
        term = Builder(known).build(parse(string(text, what), what))
        trees.check_text(term, what)
        return term

    def rows_conditions(self):
        """g[j := J], 0 <= J, J < m."""
        given = arr(self.given["rows"], "product: rows", 5)
        chosen = self.named_text(given[0], self.called, "product: rows")
        conditions = split_and(substitute(self.shape.g, {J: chosen}))
        conditions += [node("<=", integer(0), chosen), node("<", chosen, self.shape.m)]
        return conditions, given[2:]

    def cols_conditions(self):
        """g[v_k := A_k], then 0 <= A_k, A_k < N_k for each free row."""
        given, rows = arr(self.given["cols"], "product: cols", 5), self.reads.free_rows
        arr(given[0], "product: cols", len(rows))
        fixed = set(self.reads.rows) - set(rows)
        require(not free_names(self.shape.g) & fixed, "product: g mentions a shared row")
        chosen = [self.named_text(text, {J: free(J)}, "product: cols") for text in given[0]]
        conditions = split_and(substitute(self.shape.g, dict(zip(rows, chosen))))
        for row, term in zip(rows, chosen):
            conditions += [node("<=", integer(0), term), node("<", term, self.reads.bound(row))]
        return conditions, given[2:]

    def count_claim(self, table, word, count, claim):
        where = "/product/%s/%d" % (word, 2 if word == "pairs" else 4)
        t = times(claim[0], where)
        form = self.texts.read(claim[1], (), where)
        goal = count_goal(table, [count], t, form, where)
        trees.check(self.theory, self.ledger, self.theory.base, goal, claim[2], where)
        if word == "cols":
            form = node("*", self.values["heads"], form)
        name = {"pairs": "E"}.get(word, word)
        self.values[name] = form if t == 1 else node("div", form, integer(t))


def outputs(declared):
    return product([extent.term for extent in declared.output.shape])


