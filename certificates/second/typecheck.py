"""Types of terms (FORMAT.md, section 2).

Idea: types by structural recursion; shapes keep each extent as a term with the
depth at which it stands, and compare as polynomials. Results are kept by (term,
environment), so a step of a derivation types only the path that it changed.
How it may be wrong: a type that hides a variable out of its scope, or a rule
for a node that lets through more than the format says.
"""
from math import gcd

import atoms
import poly
import refusal
import terms
from reader import POINTWISE1, POINTWISE2
from refusal import require

INDEX, BOOL, STMT = "Index", "Bool", "Stmt"
WORK = refusal.Counter(refusal.TYPED_NODES, "typed nodes")


class Extent:
    """An extent: a term at a depth; compared by its polynomial."""
    __slots__ = ("term", "depth", "polynomial", "key")

    def __init__(self, term, depth):
        self.term, self.depth = term, depth
        self.polynomial = atoms.value(term, depth)
        self.key = poly.key(self.polynomial)

    def at(self, depth):
        return terms.shift(self.term, depth - self.depth)


class Arr:
    """An array of reals, of integers or (rank 0) a tuple of arrays."""
    __slots__ = ("shape", "elem", "exact", "key")

    def __init__(self, shape, elem):
        self.shape, self.elem = tuple(shape), elem
        inner = elem if isinstance(elem, str) else tuple(t.key for t in elem)
        self.key = (tuple(e.key for e in self.shape), inner)
        inner = elem if isinstance(elem, str) else tuple(t.exact for t in elem)
        self.exact = (tuple((e.term.key, e.depth) for e in self.shape), inner)

    def size(self):
        inner = 0 if isinstance(self.elem, str) else sum(16 + t.size() for t in self.elem)
        return 1 + len(self.shape) + inner


def same(a, b):
    return (a if isinstance(a, str) else a.key) == (b if isinstance(b, str) else b.key)


def is_real(t):
    return isinstance(t, Arr) and t.elem == "real"


def is_scalar(t):
    return is_real(t) and not t.shape


class Env:
    """The binders around a position with their types; equal ones share a number."""
    NUMBERS = {}

    def __init__(self, types, parent=None, entry=None):
        self.types = types          # the declarations: inputs and the output
        self.parent, self.entry = parent, entry
        self.depth = 0 if parent is None else parent.depth + 1
        form = (None if parent is None else parent.number,
                entry.exact if isinstance(entry, Arr) else entry)
        self.number = Env.NUMBERS.setdefault(form, len(Env.NUMBERS))

    def push(self, entry):
        return Env(self.types, self, entry)

    def lookup(self, index):
        env = self
        for _ in range(index):
            env = env.parent
        return env.entry


TYPED = {}


def type_of(term, env):
    memo = (term.key, env.number)
    if memo not in TYPED:
        rule = RULES.get(term.head)
        require(rule is not None, "type: %s may not stand here" % term.head)
        result = rule(term, env)
        amount = result.size() if isinstance(result, Arr) else 1
        refusal.limit(amount <= refusal.TYPE_WEIGHT, "size of a type")
        WORK.add(amount)
        TYPED[memo] = result
    return TYPED[memo]


def reset():
    """A new certificate: numbers of environments belong to one spec."""
    TYPED.clear()
    Env.NUMBERS.clear()


def want(term, env, wanted, where):
    require(type_of(term, env) == wanted, "type: %s needs %s" % (where, wanted))


def array(term, env, where):
    result = type_of(term, env)
    require(isinstance(result, Arr), "type: %s needs a value" % where)
    return result


def real_array(term, env, where):
    result = array(term, env, where)
    require(result.elem == "real", "type: %s needs reals" % where)
    return result


def scoped(result, depth, what):
    """A type found at depth + k, used at `depth`: no extent mentions the k variables."""
    if not isinstance(result, Arr):
        return result
    shape = []
    for extent in result.shape:
        by = depth - extent.depth
        if by < 0:
            require(all(i >= -by for i in terms.free_indices(extent.term)),
                    "type: a shape mentions the variable of " + what)
            extent = Extent(terms.shift(extent.term, by), depth)
        shape.append(extent)
    elem = result.elem if isinstance(result.elem, str) else tuple(
        scoped(t, depth, what) for t in result.elem)
    return Arr(shape, elem)


def inner_env(term, number, env):
    """The environment of child `number` of a node."""
    head = term.head
    count = terms.binds(head, number)
    if not count:
        return env
    if head == "fold":
        return env.push(INDEX).push(type_of(term.kids[1], env))
    if head in ("let", "letslow", "private"):
        return env.push(type_of(term.kids[0], env))
    if head == "omega":
        return env.push(cell(array(term.kids[1], env, head), term.attr))
    if head == "omega2":
        cells = [cell(array(kid, env, head), rank) for kid, rank in zip(term.kids[1:], term.attr)]
        return env.push(cells[0]).push(cells[1])
    return env.push(INDEX)


def cell(operand, rank):
    require(rank <= len(operand.shape), "type: rank of omega")
    return Arr(operand.shape[len(operand.shape) - rank:], operand.elem)


# One function for each kind of node.

def of_int(term, env):
    return INDEX


def of_var(term, env):
    require(term.attr < env.depth, "type: variable out of scope")
    return env.lookup(term.attr)


def of_input(term, env):
    return env.types.inputs[term.attr]


def of_constant(term, env):
    return Arr((), "real")


def of_rat(term, env):
    p, q = term.attr
    require(q >= 2 and gcd(p, q) == 1, "type: rat is not reduced")
    return Arr((), "real")


def of_true(term, env):
    return BOOL


def of_compare(term, env):
    for kid in term.kids:
        want(kid, env, INDEX, term.head)
    return BOOL


def of_logic(term, env):
    for kid in term.kids:
        want(kid, env, BOOL, term.head)
    return BOOL


def of_arith(term, env):
    left, right = (type_of(kid, env) for kid in term.kids)
    if left == INDEX and right == INDEX:
        return INDEX
    return of_pointwise(term, env)


def of_pointwise(term, env):
    operands = [real_array(kid, env, term.head) for kid in term.kids]
    ranked = [t for t in operands if t.shape]
    if not ranked:
        return operands[0]
    require(all(same(t, ranked[0]) for t in ranked), "type: shapes of " + term.head)
    return ranked[0]


def of_index2(term, env):
    for kid in term.kids:
        want(kid, env, INDEX, term.head)
    return INDEX


def of_real(term, env):
    want(term.kids[0], env, INDEX, "real")
    return Arr((), "real")


def of_iszero(term, env):
    require(is_scalar(type_of(term.kids[0], env)), "type: iszero needs a real scalar")
    return BOOL


def of_any(term, env):
    want(term.kids[0], env, INDEX, "bound")
    want(term.kids[1], env.push(INDEX), BOOL, "any")
    return BOOL


def of_if(term, env):
    want(term.kids[0], env, BOOL, "if")
    left, right = (type_of(kid, env) for kid in term.kids[1:])
    require(same(left, right), "type: branches of if")
    require(left == INDEX or isinstance(left, Arr), "type: if needs values")
    return left


def is_state(t):
    """(m, z, o): two scalars and an array."""
    return (isinstance(t, Arr) and not isinstance(t.elem, str) and not t.shape
            and len(t.elem) == 3 and is_scalar(t.elem[0]) and is_scalar(t.elem[1])
            and is_real(t.elem[2]))


def all_real(t):
    if isinstance(t.elem, str):
        return t.elem == "real"
    return all(all_real(component) for component in t.elem)


def of_red(term, env):
    want(term.kids[0], env, INDEX, "bound")
    inside = env.push(INDEX)
    want(term.kids[1], inside, BOOL, "red")
    body = array(term.kids[2], inside, "red")
    if term.attr == "osm":
        require(is_state(body), "type: red osm needs a state")
    elif term.attr == "add":
        require(all_real(body), "type: red needs reals")
    else:
        require(body.elem == "real", "type: red needs reals")
    return scoped(body, env.depth, "red")


def of_osmerge(term, env):
    left, right = (type_of(kid, env) for kid in term.kids)
    require(is_state(left) and same(left, right), "type: osmerge")
    return left


def of_gen(term, env):
    want(term.kids[0], env, INDEX, "bound")
    body = array(term.kids[1], env.push(INDEX), term.head)
    body = scoped(body, env.depth, term.head)
    return Arr((Extent(term.kids[0], env.depth),) + body.shape, body.elem)


def of_psi(term, env):
    operand = array(term.kids[-1], env, "psi")
    return selected(operand, term.kids[:-1], env)


def selected(operand, indices, env):
    for index in indices:
        want(index, env, INDEX, "psi")
    require(len(indices) <= len(operand.shape), "type: more indices than axes")
    rest = operand.shape[len(indices):]
    return INDEX if operand.elem == "int" and not rest else Arr(rest, operand.elem)


def of_mem(term, env):
    require(term.kids[0].head == "in", "type: mem needs an input")
    operand = type_of(term.kids[0], env)
    require(len(term.kids) - 1 == len(operand.shape), "type: mem needs all indices")
    return selected(operand, term.kids[1:], env)


def of_tran(term, env):
    operand = array(term.kids[0], env, "tran")
    require(len(term.attr) == len(operand.shape), "type: tran")
    shape = [None] * len(operand.shape)
    for k, t in enumerate(term.attr):
        shape[t] = operand.shape[k]
    return Arr(shape, operand.elem)


def first_axis(term, env, number=0):
    operand = array(term.kids[number], env, term.head)
    require(operand.shape, "type: %s needs an axis" % term.head)
    return operand


def of_take(term, env):
    want(term.kids[0], env, INDEX, term.head)
    operand = first_axis(term, env, 1)
    extent = term.kids[0]
    if term.head == "drop":
        extent = terms.node("-", operand.shape[0].at(env.depth), extent)
    return Arr((Extent(extent, env.depth),) + operand.shape[1:], operand.elem)


def of_rot(term, env):
    want(term.kids[0], env, INDEX, term.head)
    return first_axis(term, env, 1)


def of_rev(term, env):
    return first_axis(term, env)


def of_cat(term, env):
    left, right = first_axis(term, env), first_axis(term, env, 1)
    require(same(Arr(left.shape[1:], left.elem), Arr(right.shape[1:], right.elem)), "type: cat")
    extent = terms.node("+", left.shape[0].at(env.depth), right.shape[0].at(env.depth))
    return Arr((Extent(extent, env.depth),) + left.shape[1:], left.elem)


def of_reshape(term, env):
    operand = array(term.kids[-1], env, "reshape")
    wanted, count = poly.constant(1), poly.constant(1)
    for kid in term.kids[:-1]:
        want(kid, env, INDEX, "reshape")
        wanted = poly.mul(wanted, atoms.value(kid, env.depth))
    for extent in operand.shape:
        count = poly.mul(count, extent.polynomial)
    require(wanted == count, "type: reshape changes the number of elements")
    return Arr([Extent(kid, env.depth) for kid in term.kids[:-1]], operand.elem)


def of_iota(term, env):
    want(term.kids[0], env, INDEX, "iota")
    return Arr((Extent(term.kids[0], env.depth),), "real")


def of_redf(term, env):
    operand = first_axis(term, env)
    require(operand.elem == "real", "type: redf needs reals")
    return Arr(operand.shape[1:], "real")


def of_inner(term, env):
    left, right = first_axis(term, env), first_axis(term, env, 1)
    require(left.elem == "real" and right.elem == "real", "type: inner needs reals")
    require(left.shape[-1].key == right.shape[0].key, "type: inner's extents")
    return Arr(left.shape[:-1] + right.shape[1:], "real")


def of_outer(term, env):
    left, right = (real_array(kid, env, "outer") for kid in term.kids)
    return Arr(left.shape + right.shape, "real")


def of_omega(term, env):
    operand = array(term.kids[1], env, "omega")
    body = array(term.kids[0], inner_env(term, 0, env), "omega")
    body = scoped(body, env.depth, "omega")
    return Arr(operand.shape[:len(operand.shape) - term.attr] + body.shape, body.elem)


def of_omega2(term, env):
    frames = []
    for kid, rank in zip(term.kids[1:], term.attr):
        operand = array(kid, env, "omega2")
        require(rank <= len(operand.shape), "type: rank of omega2")
        frames.append(operand.shape[:len(operand.shape) - rank])
    short, longer = sorted(frames, key=len)
    require([e.key for e in longer[len(longer) - len(short):]] == [e.key for e in short],
            "type: frames of omega2")
    frame = frames[0] if len(frames[0]) >= len(frames[1]) else frames[1]
    body = array(term.kids[0], inner_env(term, 0, env), "omega2")
    body = scoped(body, env.depth, "omega2")
    return Arr(frame + body.shape, body.elem)


def of_let(term, env):
    array(term.kids[0], env, term.head)
    body = type_of(term.kids[1], inner_env(term, 1, env))
    require(body == STMT or isinstance(body, Arr), "type: let")
    return scoped(body, env.depth, term.head)


def of_tup(term, env):
    return Arr((), tuple(array(kid, env, "tup") for kid in term.kids))


def of_get(term, env):
    operand = array(term.kids[0], env, "get")
    require(not operand.shape and not isinstance(operand.elem, str), "type: get needs a tuple")
    require(term.attr < len(operand.elem), "type: get's component")
    return operand.elem[term.attr]


def of_fold(term, env):
    want(term.kids[0], env, INDEX, "bound")
    init = array(term.kids[1], env, "fold")
    step = array(term.kids[2], inner_env(term, 2, env), "fold")
    require(same(init, scoped(step, env.depth, "fold")), "type: fold's step")
    return init


def of_put(term, env):
    for kid in term.kids[:-1]:
        want(kid, env, INDEX, "put")
    output = env.types.output
    require(len(term.kids) - 1 <= len(output.shape), "type: put's indices")
    rest = Arr(output.shape[len(term.kids) - 1:], output.elem)
    require(same(array(term.kids[-1], env, "put"), rest), "type: put's value")
    return STMT


def of_for(term, env):
    want(term.kids[0], env, INDEX, "bound")
    want(term.kids[1], env.push(INDEX), STMT, term.head)
    return STMT


def of_when(term, env):
    want(term.kids[0], env, BOOL, "when")
    want(term.kids[1], env, STMT, "when")
    return STMT


RULES = {
    "int": of_int, "dim": of_int, "free": of_int, "var": of_var, "in": of_input, "true": of_true,
    "bottom": of_constant, "rat": of_rat, "real": of_real, "iszero": of_iszero, "any": of_any,
    "div": of_index2, "mod": of_index2, "and": of_logic, "or": of_logic, "not": of_logic,
    "if": of_if, "red": of_red, "osmerge": of_osmerge, "gen": of_gen, "pargen": of_gen,
    "psi": of_psi, "mem": of_mem, "tran": of_tran, "take": of_take, "drop": of_take,
    "rot": of_rot, "rev": of_rev, "cat": of_cat, "reshape": of_reshape, "iota": of_iota,
    "redf": of_redf, "inner": of_inner, "outer": of_outer, "omega": of_omega,
    "omega2": of_omega2, "let": of_let, "letslow": of_let, "tup": of_tup, "get": of_get,
    "fold": of_fold, "put": of_put, "for": of_for, "parfor": of_for, "when": of_when,
    **{word: of_pointwise for word in POINTWISE1 + POINTWISE2},
    **{word: of_arith for word in ("+", "-", "*")},
    **{word: of_compare for word in ("<", "<=", "==", "!=")},
}


class Declarations:
    """What a spec declares: dimensions, requires, inputs with ranges, the output."""

    def __init__(self):
        self.name = ""
        self.dims = []          # names in order
        self.requires = []      # Bool terms over dimensions
        self.inputs = {}        # name -> Arr, in order
        self.ranges = {}        # name -> (lo, hi), terms over dimensions
        self.output = None
        self.output_name = ""

    def known(self):
        """Free names of a TEXT."""
        result = {name: terms.Term("dim", name) for name in self.dims}
        result.update({name: terms.Term("in", name) for name in self.inputs})
        return result

    def known_dims(self):
        return {name: terms.Term("dim", name) for name in self.dims}
