"""The final term as a loop program: phases, tasks, leaves (FORMAT.md, 8.2 and 8.3).

Idea: only what the claims speak of is taken from section 8: which arrays are
allocated, their sizes, the parallel binders. The C++ text is not looked at.
How it may be wrong: an array that is allocated but not found here.
"""
import atoms
import poly
import terms
from refusal import Refused, require
from typecheck import STMT, Arr, inner_env, type_of

MOST = 2 ** 40


def over_dims(term):
    """Only dimensions and literals with + - * div mod."""
    if term.head in ("int", "dim"):
        return True
    return term.head in ("+", "-", "*", "div", "mod") and all(over_dims(k) for k in term.kids)


def leaves(found):
    """The shapes of the leaves of a type, in order."""
    if found.elem == "real":
        return [found.shape]
    require(not isinstance(found.elem, str), "storage: an array of integers")
    return [found.shape + inner for part in found.elem for inner in leaves(part)]


def closed_extents(shape):
    """The extents of a leaf as terms without variables."""
    for extent in shape:
        require(over_dims(extent.term), "storage: an extent mentions more than dimensions")
    return [extent.term for extent in shape]


def lanes_of(term, shape):
    """The axis that a leaf of rank >= 1 has more below a lane binder, as a list."""
    return [terms.integer(term.attr)] if term.head == "private" and shape else []


class Phase:
    """bounds: of the leading parallel binders; body: what is below; target: x or None."""

    def __init__(self, target, names, bounds, body, env, slow):
        self.target, self.names, self.bounds = target, names, bounds
        self.body, self.env, self.slow = body, env, slow


def phases(term, env):
    """(letslow (x) E rest) repeated, then a statement."""
    result = []
    while term.head == "letslow":
        result.append(phase(term.kids[0], env, "pargen", term.names[0]))
        env = inner_env(term, 1, env)
        term = term.kids[1]
    require(type_of(term, env) == STMT, "program: the last phase is no statement")
    result.append(phase(term, env, "parfor", None))
    return result


def phase(term, env, parallel, target):
    names, bounds = [], []
    while term.head == parallel:
        require(over_dims(term.kids[0]), "program: the bound of a task mentions a variable")
        names.append(term.names[0])
        bounds.append(term.kids[0])
        env = inner_env(term, 1, env)
        term = term.kids[1]
    require(not terms.contains(term, ("letslow", "parfor", "pargen")),
            "program: letslow, parfor or pargen inside of a phase")
    return Phase(target, names, bounds, term, env, None)


def walk(term, env, visit):
    """Node before children, child order, with environments."""
    visit(term, env)
    for number, kid in enumerate(term.kids):
        walk(kid, inner_env(term, number, env), visit)


def stored(term, env):
    """[(head, shapes of the leaves)] of every let and letslow, in order."""
    result = []

    def visit(node, inside):
        if node.head in ("let", "letslow", "private"):
            found = type_of(node.kids[0], inside)
            require(isinstance(found, Arr), "storage: let of no value")
            head = "letslow" if node.head == "letslow" else "let"
            result.append((head, [closed_extents(shape) + lanes_of(node, shape)
                                  for shape in leaves(found)]))
    walk(term, env, visit)
    return result


def workspace(term, env):
    """The words of all arrays made by letslow, as a polynomial."""
    total = poly.ZERO
    for head, shapes in stored(term, env):
        for shape in shapes if head == "letslow" else ():
            total = poly.add(total, size(shape))
    return total


def size(shape):
    product = poly.constant(1)
    for extent in shape:
        product = poly.mul(product, atoms.value(extent, 0))
    return product


# Evaluation at given sizes.

def evaluate(term, sizes):
    """The value of an index over dimensions; floor division."""
    if term.head == "int":
        return term.attr
    if term.head in ("dim", "free"):
        require(term.attr in sizes, "witness: no value of " + str(term.attr))
        return sizes[term.attr]
    require(term.head in ("+", "-", "*", "div", "mod", "min", "max"), "witness: no index")
    a, b = (evaluate(kid, sizes) for kid in term.kids)
    if term.head in ("div", "mod"):
        require(b > 0, "witness: a divisor is not positive")
        return a // b if term.head == "div" else a % b
    return {"+": a + b, "-": a - b, "*": a * b, "min": min(a, b), "max": max(a, b)}[term.head]


def holds(condition, sizes):
    head = condition.head
    if head == "true":
        return True
    if head == "not":
        return not holds(condition.kids[0], sizes)
    if head in ("and", "or"):
        left, right = (holds(kid, sizes) for kid in condition.kids)
        return left and right if head == "and" else left or right
    if head not in ("<", "<=", "==", "!="):
        raise Refused("witness: no condition over sizes")
    a, b = (evaluate(kid, sizes) for kid in condition.kids)
    return {"<": a < b, "<=": a <= b, "==": a == b, "!=": a != b}[head]


def bounded_product(factors, sizes):
    """K_workspace's arithmetic: every partial product from 0 to 2^40."""
    result = 1
    for factor in factors:
        value = evaluate(factor, sizes)
        require(value >= 0, "witness: a negative size")
        result *= value
        require(result <= MOST, "witness: a size above 2^40")
    return result


def check_sizes(term, env, sizes):
    """WORKSPACE, SCRATCH and every TASKS are at most 2^40 at the witness."""
    totals = {"let": 0, "letslow": 0}
    for head, shapes in stored(term, env):
        for shape in shapes:
            if head == "letslow" or shape:
                totals[head] += bounded_product(shape, sizes)
                require(totals[head] <= MOST, "witness: sizes above 2^40")
    for one in phases(term, env):
        bounded_product(one.bounds, sizes)
