"""Hypotheses, goals and obligations (FORMAT.md, section 5).

Idea: Facts are polynomials >= 0 with the order in which atoms first occur. An
obligation renumbers atoms in that order, adds the facts of div atoms and of
elements with declared ranges, and holds hypotheses and goal over its numbers.
How it may be wrong: a hypothesis that does not hold at the position, or the
facts of a div whose divisor nothing proves positive.
"""
import atoms
import poly
import terms
from refusal import require

MOST = 2 ** 24


def plus(p, number):
    return poly.add(p, poly.constant(number))


class Facts:
    """A list of hypotheses and the atoms that they mention, in order."""

    def __init__(self, hyps=(), order=()):
        self.hyps = list(hyps)
        self.order = dict.fromkeys(order)

    def copy(self):
        return Facts(self.hyps, self.order)

    def meet(self, order):
        for number in order:
            self.order.setdefault(number)

    def add(self, polynomial, order):
        self.meet(order)
        self.hyps.append(polynomial)

    def with_condition(self, condition, depth):
        result = self.copy()
        for polynomial, order in facts_of(condition, depth):
            result.add(polynomial, order)
        return result

    def with_variable(self, number, bound, depth):
        """0 <= v and v <= n - 1 for the atom v and the bound n at a depth."""
        result = self.copy()
        result.add(poly.atom(number), (number,))
        polynomial, order = atoms.translate(bound, depth)
        result.add(plus(poly.sub(polynomial, poly.atom(number)), -1), order)
        return result


def level(depth):
    """The atom of the binder at a depth."""
    return atoms.intern(("level", depth))


def simplified(condition):
    """A negated comparison as a comparison; the table of section 5."""
    if condition.head != "not":
        return condition
    inner = condition.kids[0]
    if inner.head == "<":
        return terms.node("<=", inner.kids[1], inner.kids[0])
    if inner.head == "<=":
        return terms.node("<", inner.kids[1], inner.kids[0])
    if inner.head == "not":
        return simplified(inner.kids[0])
    if inner.head == "!=":
        return terms.node("==", *inner.kids)
    if inner.head == "or":
        return terms.node("and", *[terms.node("not", kid) for kid in inner.kids])
    return condition


def facts_of(condition, depth, goal=False):
    """[(polynomial, order)] for each fact of a boolean at a depth."""
    condition = simplified(condition)
    head = condition.head
    if head == "true":
        return []
    if head == "and":
        return (facts_of(condition.kids[0], depth, goal)
                + facts_of(condition.kids[1], depth, goal))
    if head in ("<", "<=", "=="):
        (a, order_a), (b, order_b) = (atoms.translate(kid, depth) for kid in condition.kids)
        order = order_a + order_b
        if head == "==":
            return [(poly.sub(a, b), order), (poly.sub(b, a), order)]
        return [(plus(poly.sub(b, a), -1 if head == "<" else 0), order)]
    require(not goal, "obligation: %s cannot be stated" % head)
    return []


class Obligation:
    """Hypotheses and goal over atoms 0, 1, .. of this obligation."""

    def __init__(self, hyps, goal, numbers):
        self.hyps = [poly.rename(p, numbers) for p in hyps]
        self.goal = poly.rename(goal, numbers)
        self.atoms = len(numbers)


class Theory:
    """What all obligations of a certificate share: dimensions, requires, divisors."""

    def __init__(self, declared):
        self.declared = declared
        self.divisors = {}      # keys of polynomials that are proved positive
        self.base = self.hypotheses(len(declared.requires))

    def hypotheses(self, requires):
        """Hypotheses 1 and 2, with the first so many requires."""
        facts = Facts()
        for name in self.declared.dims:
            number = atoms.intern(("dim", name))
            facts.add(plus(poly.atom(number), -1), (number,))
            facts.add(plus(poly.scale(poly.atom(number), -1), MOST), (number,))
        for condition in self.declared.requires[:requires]:
            facts = facts.with_condition(condition, 0)
        return facts

    def allowed(self, divisor):
        return poly.is_positive_constant(divisor) or poly.key(divisor) in self.divisors

    def obligation(self, facts, goal, order, refuse=True):
        """Step 5 of section 5: facts of div atoms and elements, then numbers."""
        whole = facts.copy()
        whole.meet(order)
        done = 0
        while done < len(whole.order):
            number = list(whole.order)[done]
            done += 1
            description = atoms.DESCRIPTIONS[number]
            if description[0] == "div":
                self.add_division(whole, number, description, refuse)
            elif description[0] == "element" and description[1] in self.declared.ranges:
                self.add_range(whole, number, description[1])
        numbers = {number: index for index, number in enumerate(whole.order)}
        return Obligation(whole.hyps, goal, numbers)

    def add_division(self, facts, number, description, refuse):
        a, b = dict(description[1]), dict(description[2])
        if not self.allowed(b):
            require(not refuse, "obligation: a divisor that is not proved positive")
            return
        if not poly.is_positive_constant(b):
            facts.add(plus(b, -1), ())
        rest = poly.sub(a, poly.mul(poly.atom(number), b))
        facts.add(rest, ())
        facts.add(plus(poly.sub(b, rest), -1), ())

    def add_range(self, facts, number, name):
        low, high = (atoms.translate(t, 0) for t in self.declared.ranges[name])
        facts.add(poly.sub(poly.atom(number), low[0]), low[1])
        facts.add(plus(poly.sub(high[0], poly.atom(number)), -1), high[1])

    def state(self, facts, goal):
        """The obligation `goal >= 0` for goal = (polynomial, order)."""
        return self.obligation(facts, goal[0], goal[1])

    def goals(self, facts, condition, depth):
        """One obligation for each fact of a boolean."""
        return [self.state(facts, goal) for goal in facts_of(condition, depth, goal=True)]


class Place:
    """A position: types of the binders around it and the facts that hold there."""
    __slots__ = ("env", "facts")

    def __init__(self, env, facts):
        self.env, self.facts = env, facts

    @property
    def depth(self):
        return self.env.depth


def child_place(term, number, place, inner_env):
    """The context of a child (FORMAT.md, section 4)."""
    env = inner_env(term, number, place.env)
    facts, depth = place.facts, place.depth
    if term.head in terms.BOUNDED and number in terms.BOUNDED[term.head]:
        facts = facts.with_variable(level(depth), term.kids[0], depth)
        depth += 1
    if term.head == "red" and number == 2:
        facts = facts.with_condition(term.kids[1], depth)
    elif term.head == "when" and number == 1:
        facts = facts.with_condition(term.kids[0], depth)
    elif term.head == "if" and number == 1:
        facts = facts.with_condition(term.kids[0], depth)
    elif term.head == "if" and number == 2:
        facts = facts.with_condition(terms.node("not", term.kids[0]), depth)
    return Place(env, facts)
