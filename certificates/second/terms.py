"""Terms: nameless binders, so that equality up to bound names is equality.

Idea: a bound variable is the number of binders between it and its own (de
Bruijn); binders keep names only for reading and printing. Each term carries a
number `key` that equal terms share, so comparing two terms compares numbers.
Substitution shifts indices and therefore never captures.
How it may be wrong: a child whose number of bound variables (BINDS) is wrong,
or a shift by the wrong amount, would make one term look like another.
"""
import refusal

# How many variables a node binds in each child (FORMAT.md, section 1).
BINDS = {
    "gen": (0, 1), "pargen": (0, 1), "for": (0, 1), "parfor": (0, 1), "any": (0, 1),
    "red": (0, 1, 1), "fold": (0, 0, 2), "let": (0, 1), "letslow": (0, 1),
    "omega": (1, 0), "omega2": (2, 0, 0),
}
# Nodes with a bound: the bound is child 0, the variable is in scope in these children.
BOUNDED = {"gen": (1,), "pargen": (1,), "for": (1,), "parfor": (1,), "any": (1,),
           "red": (1, 2), "fold": (2,)}

KEYS = {}


class Term:
    __slots__ = ("head", "attr", "kids", "names", "key", "free", "size", "nesting")

    def __init__(self, head, attr=None, kids=(), names=()):
        self.head, self.attr, self.kids, self.names = head, attr, tuple(kids), tuple(names)
        form = (head, attr) + tuple(kid.key for kid in self.kids)
        self.key = KEYS.setdefault(form, len(KEYS))
        self.free = attr + 1 if head == "var" else 0  # free indices are below this
        self.size, self.nesting = 1, 1
        for number, kid in enumerate(self.kids):
            self.free = max(self.free, kid.free - binds(head, number))
            self.size += kid.size
            self.nesting = max(self.nesting, kid.nesting + 1)
        refusal.limit(self.size <= refusal.TERM_NODES, "term size")
        refusal.limit(self.nesting <= refusal.NESTING, "nesting depth")

    def with_kids(self, kids):
        return Term(self.head, self.attr, kids, self.names)

    def __eq__(self, other):
        return self.key == other.key

    def __hash__(self):
        return self.key


def binds(head, number):
    return BINDS[head][number] if head in BINDS else 0


def literal(value):
    """A number as it may stand in a term: at most 2^62 in absolute value."""
    refusal.limit(abs(value) <= refusal.LITERAL, "integer literal beyond 2^62")
    return value


def integer(value):
    return Term("int", literal(value))


def var(index):
    return Term("var", index)


def free(name):
    """A name that stands for itself: o0, v0, a variable of a theorem."""
    return Term("free", name)


def node(head, *kids):
    return Term(head, None, kids)


TRUE = Term("true")


def shift(term, by, cutoff=0):
    """Free indices from cutoff on grow by `by`."""
    if by == 0 or term.free <= cutoff:
        return term
    if term.head == "var":
        refusal.require(term.attr + by >= cutoff, "a variable leaves its scope")
        return var(term.attr + by)
    return term.with_kids(shift(kid, by, cutoff + binds(term.head, n))
                          for n, kid in enumerate(term.kids))


def apply(body, arguments, lift, cutoff=0):
    """The body of (fn (a b ..) body) with arguments for its parameters.

    The body stands at depth d + number of parameters, the arguments and the
    result at depth d + lift. The last parameter has index 0.
    """
    count = len(arguments)
    if body.free <= cutoff:
        return body
    if body.head == "var":
        index = body.attr - cutoff
        if index < count:
            return shift(arguments[count - 1 - index], cutoff)
        return var(body.attr - count + lift)
    return body.with_kids(apply(kid, arguments, lift, cutoff + binds(body.head, n))
                          for n, kid in enumerate(body.kids))


def close_levels(term, depth, images, cutoff=0):
    """Variables of level l (counted from the root) replaced by images[l].

    The images are terms without free indices; a level without an image is refused.
    """
    if term.free <= cutoff:
        return term
    if term.head == "var":
        level = depth - 1 - (term.attr - cutoff)
        refusal.require(level in images, "a variable that may not be mentioned here")
        return images[level]
    return term.with_kids(close_levels(kid, depth, images, cutoff + binds(term.head, n))
                          for n, kid in enumerate(term.kids))


def mentions(term, index):
    """Whether the free index occurs in the term."""
    if term.free <= index:
        return False
    if term.head == "var":
        return term.attr == index
    return any(mentions(kid, index + binds(term.head, n)) for n, kid in enumerate(term.kids))


def free_indices(term, cutoff=0, found=None):
    """The set of free indices of the term."""
    found = set() if found is None else found
    if term.free > cutoff:
        if term.head == "var":
            found.add(term.attr - cutoff)
        for n, kid in enumerate(term.kids):
            free_indices(kid, cutoff + binds(term.head, n), found)
    return found


def contains(term, heads):
    """Whether a node with one of these heads occurs in the term."""
    return term.head in heads or any(contains(kid, heads) for kid in term.kids)


def subterm(term, position):
    for number in position:
        refusal.require(number < len(term.kids), "step: no such position")
        term = term.kids[number]
    return term


def replace(term, position, new):
    if not position:
        return new
    kids = list(term.kids)
    kids[position[0]] = replace(kids[position[0]], position[1:], new)
    return term.with_kids(kids)


def show(term, scope=()):
    """The term as text, for messages only."""
    if term.head == "var":
        return scope[-1 - term.attr] if term.attr < len(scope) else "#%d" % term.attr
    if term.head in ("int", "dim", "in", "free"):
        return str(term.attr)
    if not term.kids and term.attr is None:
        return term.head
    parts = [term.head] + ([str(term.attr)] if term.attr is not None else []) + list(term.names)
    for n, kid in enumerate(term.kids):
        count = binds(term.head, n)
        parts.append(show(kid, tuple(scope) + (tuple(term.names)[-count:] if count else ())))
    return "(" + " ".join(parts) + ")"
