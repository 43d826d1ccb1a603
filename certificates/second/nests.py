"""Contexts of sites as products of factors and nests (FORMAT.md, section 12).

Idea: bounds and conditions with elements of integer inputs are weakened to
what always holds, two loops that were split are joined, and what remains is
cut into groups of loops that conditions or bounds tie together.
How it may be wrong: a condition that is dropped without saying that the count
is only an upper bound; two nests taken for one.
"""
import atoms
import poly
from refusal import require
from terms import contains, free, integer, node
from trees import free_names, substitute

DATA = ("mem", "psi", "get", "iszero", "any", "if")
UNCOUNTED = ("mem", "psi", "get")


def extreme(term, greatest, ranges):
    """The greatest or least value over all elements of integer inputs, or None."""
    if not contains(term, DATA):
        return term
    head = term.head
    if head == "mem":
        if term.kids[0].attr not in ranges:
            return None
        low, high = ranges[term.kids[0].attr]
        return node("-", high, integer(1)) if greatest else low
    if head in ("+", "-"):
        left = extreme(term.kids[0], greatest, ranges)
        right = extreme(term.kids[1], greatest == (head == "+"), ranges)
        return None if left is None or right is None else node(head, left, right)
    if head == "div" and not contains(term.kids[1], DATA):
        left = extreme(term.kids[0], greatest, ranges)
        return None if left is None else node("div", left, term.kids[1])
    if head == "*":
        return extreme_product(term, greatest, ranges)
    return None


def extreme_product(term, greatest, ranges):
    def scales(factor):
        return factor.head == "dim" or factor.head == "int" and factor.attr >= 0

    left, right = term.kids
    if scales(left):
        found = extreme(right, greatest, ranges)
        return None if found is None else node("*", left, found)
    if scales(right):
        found = extreme(left, greatest, ranges)
        return None if found is None else node("*", found, right)
    return None


def weakest(condition, ranges):
    """A comparison that holds wherever the condition does, without elements; or itself."""
    negated = condition.head == "not"
    inner = condition.kids[0] if negated else condition
    if not contains(inner, ("mem",)) or inner.head not in ("<", "<="):
        return condition
    left = extreme(inner.kids[0], negated, ranges)
    right = extreme(inner.kids[1], not negated, ranges)
    if left is None or right is None:
        return condition
    found = node(inner.head, left, right)
    return node("not", found) if negated else found


def split_and(condition):
    if condition.head == "and":
        return split_and(condition.kids[0]) + split_and(condition.kids[1])
    return [] if condition.head == "true" else [condition]


class Context:
    """loops: [(name, bound)], conditions: terms; exact: nothing was weakened."""

    def __init__(self, items, ranges):
        self.loops, self.conditions, self.exact = [], [], True
        for item in items:
            if item[0] == "loop":
                self.add_loop(item[1].attr, item[2], ranges)
            else:
                for condition in split_and(item[1]):
                    self.add_condition(condition, ranges)
        names = {name for name, _ in self.loops}
        kept = [c for c in self.conditions if not contains(c, DATA) and free_names(c) & names]
        self.exact = self.exact and len(kept) == len(self.conditions)
        self.conditions = kept

    def add_loop(self, name, bound, ranges):
        if contains(bound, ("mem",)):
            self.exact = False
            found = extreme(bound, True, ranges)
            bound = bound if found is None else found
        self.loops.append((name, bound))

    def add_condition(self, condition, ranges):
        weak = weakest(condition, ranges)
        if weak != condition:
            self.exact = False
        if weak not in self.conditions:
            self.conditions.append(weak)

    # Joining.

    def join(self):
        while self.join_once():
            pass
        return self

    def join_once(self):
        for condition in self.conditions:
            used = free_names(condition)
            order = [name for name, _ in self.loops if name in used]
            for number, outer in enumerate(order):
                for inner in order[number + 1:]:
                    if self.may_join(outer, inner):
                        self.do_join(outer, inner)
                        return True
        return False

    def bound(self, name):
        return dict(self.loops)[name]

    def may_join(self, outer, inner):
        size = self.bound(inner)
        if size.head != "int" or size.attr < 1:
            return False
        if any({outer, inner} & free_names(bound) for _, bound in self.loops):
            return False
        for condition in self.touching(outer, inner):
            if condition.head not in ("<", "<="):
                return False
            if mentions(self.difference(condition, outer, inner, size), outer):
                return False
        return True

    def touching(self, outer, inner):
        return [c for c in self.conditions if {outer, inner} & free_names(c)]

    def difference(self, condition, outer, inner, size):
        """b - a with i - I*B for r, as a polynomial; the inner name stands for i."""
        image = node("-", free(inner), node("*", free(outer), size))
        a, b = (substitute(kid, {inner: image}) for kid in condition.kids)
        return atoms.value(node("-", b, a), 0)

    def do_join(self, outer, inner):
        size, count = self.bound(inner), self.bound(outer)
        new_bound, dropped = node("*", count, size), []
        zeros = {outer: integer(0), inner: integer(0)}
        for condition in self.touching(outer, inner):
            whole = self.whole_range(condition, outer, inner, size, count, zeros)
            if whole is not None:
                new_bound = whole
                dropped.append(condition)
        kept = [c for c in self.conditions if c not in dropped]
        self.conditions = [substitute(c, {outer: integer(0)}) for c in kept]
        self.loops = [(inner, new_bound) if name == outer else (name, bound)
                      for name, bound in self.loops if name != inner]

    def whole_range(self, condition, outer, inner, size, count, zeros):
        """n if the condition is only the end of a split loop of n, else None."""
        if condition.head != "<":
            return None
        a, b = (substitute(kid, zeros) for kid in condition.kids)
        n = node("-", b, a)
        if free_names(n):
            return None
        difference = self.difference(condition, outer, inner, size)
        if poly.add(difference, atoms.value(free(inner), 0)) != atoms.value(n, 0):
            return None
        tiles = node("div", node("-", node("+", n, size), integer(1)), size)
        return n if atoms.value(count, 0) == atoms.value(tiles, 0) else None


def mentions(polynomial, name):
    """Whether a free name occurs, also inside of div."""
    for number in atoms.atoms_of(polynomial):
        description = atoms.DESCRIPTIONS[number]
        if description == ("free", name):
            return True
        if description[0] == "div" and any(mentions(dict(p), name) for p in description[1:]):
            return True
    return False


def plainly_not_negative(polynomial):
    """No negative coefficient, nor in the first argument of a div in it."""
    if any(coefficient < 0 for coefficient in polynomial.values()):
        return False
    for number in atoms.atoms_of(polynomial):
        description = atoms.DESCRIPTIONS[number]
        if description[0] == "div" and not plainly_not_negative(dict(description[1])):
            return False
    return True


class Nest:
    """Loops v0, v1, .. with bounds, and the conditions that stand at each."""

    def __init__(self, loops, conditions):
        names = [name for name, _ in loops]
        images = {name: free("v%d" % k) for k, name in enumerate(names)}
        self.bounds = [substitute(bound, images) for _, bound in loops]
        self.conditions = [[] for _ in loops]
        for condition in conditions:
            last = max(k for k, name in enumerate(names) if name in free_names(condition))
            self.conditions[last].append(substitute(condition, images))
        self.countable = not any(contains(bound, UNCOUNTED) for bound in self.bounds)
        self.key = (tuple(poly.key(atoms.value(b, 0)) for b in self.bounds),
                    tuple(tuple(same_form(c) for c in row) for row in self.conditions))


def same_form(condition):
    """Equal forms: equal as polynomials for < and <=, else as terms."""
    inner = condition
    if condition.head == "not" and condition.kids[0].head in ("<", "<="):
        b, a = condition.kids[0].kids
        inner = node("<=" if condition.kids[0].head == "<" else "<", a, b)
    if inner.head not in ("<", "<="):
        return ("term", condition.key)
    a, b = inner.kids
    difference = atoms.value(node("-", b, a), 0)
    if inner.head == "<":
        difference = poly.add(difference, poly.constant(-1))
    return ("facts", poly.key(difference))


class Count:
    """factors: bounds in order; nests in the order of their first loops."""

    def __init__(self, context):
        self.exact = context.exact
        self.factors, self.nests = [], []
        groups = tied(context)
        for group in groups:
            loops = [(name, bound) for name, bound in context.loops if name in group]
            conditions = [c for c in context.conditions if free_names(c) & group]
            if len(loops) == 1 and not conditions and is_factor(loops[0][1]):
                if loops[0][1] != integer(1):
                    self.factors.append(loops[0][1])
            else:
                self.nests.append(Nest(loops, conditions))


def is_factor(bound):
    return (not contains(bound, UNCOUNTED)
            and plainly_not_negative(atoms.value(bound, 0)))


def tied(context):
    """Groups of loop names, ordered by their first loops."""
    names = [name for name, _ in context.loops]
    group = {name: {name} for name in names}

    def tie(some):
        some = [name for name in names if name in some]
        for other in some[1:]:
            merged = group[some[0]] | group[other]
            for name in merged:
                group[name] = merged
    for condition in context.conditions:
        require(free_names(condition) & set(names), "nests: a condition without a loop")
        tie(free_names(condition))
    for name, bound in context.loops:
        tie({name} | free_names(bound))
    result = []
    for name in names:
        if group[name] not in result:
            result.append(group[name])
    return result

