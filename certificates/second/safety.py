"""The obligations of FORMAT.md, section 7.

Idea: one generator for each proof list, in the order of the text; the lists
are compared with the certificate's proofs one by one, so that an obligation
can be neither lost nor added.
How it may be wrong: a node that needs an obligation and is not visited.
"""
import atoms
import facts
import poly
import terms
from atoms import translate
from facts import Facts, Place, child_place, facts_of, plus
from program import closed_extents, lanes_of, leaves, over_dims
from refusal import require
from typecheck import INDEX, Arr, inner_env, type_of

WIDE, STRIDE, DIM, ADDRESS = 2 ** 62, 2 ** 36, 2 ** 24, 2 ** 63 - 1


# Divisors.

def divisors_of(term, found, depth=0):
    """Divisors of all div and mod with their depths, arguments before the node."""
    for number, kid in enumerate(term.kids):
        divisors_of(kid, found, depth + terms.binds(term.head, number))
    if term.head in ("div", "mod"):
        found.append((term.kids[1], depth))


def check_divisors(theory, core, final, proofs, ledger):
    """Every divisor is proved positive from dimensions, requires and earlier ones.

    Returns the divisors that are terms over dimensions, for section 13.
    """
    declared, obligations, kept = theory.declared, [], []
    sources = list(declared.requires) + [core, final]
    for number, term in enumerate(sources):
        found = []
        divisors_of(term, found)
        for divisor, depth in found:
            polynomial, order = translate(divisor, depth)
            if theory.allowed(polynomial):
                continue
            require(atoms.over_dimensions(polynomial), "divisors: more than dimensions")
            base = theory.hypotheses(min(number, len(declared.requires)))
            goal = plus(polynomial, -1)
            obligation = theory.obligation(base, goal, order, refuse=False)
            obligations.append(obligation)
            index = len(obligations) - 1
            require(index < len(proofs), "/divisors: proof %d is missing" % index)
            ledger.check(proofs[index], obligation, obligations[:index], "/divisors/%d" % index)
            theory.divisors[poly.key(polynomial)] = index
            if over_dims(divisor):
                kept.append(divisor)
    require(len(proofs) == len(obligations), "/divisors: too many proofs")
    return kept


# The spec.

def bounds_goals(index, extent, depth):
    """p_k and n_k - 1 - p_k, each with its order of atoms."""
    p, order_p = translate(index, depth)
    n, order_n = translate(extent.term, extent.depth)
    return [(p, order_p), (plus(poly.sub(n, p), -1), order_n + order_p)]


def selection_goals(term, place):
    """psi, mem, put: every index against its extent."""
    if term.head == "put":
        shape, indices = place.env.types.output.shape, term.kids[:-1]
    elif term.head == "mem":
        shape, indices = type_of(term.kids[0], place.env).shape, term.kids[1:]
    else:
        shape, indices = type_of(term.kids[-1], place.env).shape, term.kids[:-1]
    result = []
    for index, extent in zip(indices, shape):
        result.extend(bounds_goals(index, extent, place.depth))
    return result


def spec_goals(term, place):
    if term.head == "psi":
        return selection_goals(term, place)
    if term.head in ("take", "drop"):
        extent = type_of(term.kids[1], place.env).shape[0]
        k, order_k = translate(term.kids[0], place.depth)
        n, order_n = translate(extent.term, extent.depth)
        return [(k, order_k), (poly.sub(n, k), order_n + order_k)]
    if term.head == "rot":
        extent = type_of(term.kids[1], place.env).shape[0]
        n, order_n = translate(extent.term, extent.depth)
        return [(plus(n, -1), order_n)]
    return []


def walk(term, place, goals_of, theory, result):
    """Obligations of a term: node before children, child order."""
    for goal in goals_of(term, place):
        result.append(theory.state(place.facts, goal))
    for number, kid in enumerate(term.kids):
        walk(kid, child_place(term, number, place, inner_env), goals_of, theory, result)
    return result


def spec_obligations(theory, core, env):
    result = []
    for low, high in theory.declared.ranges.values():
        (lo, order_lo), (hi, order_hi) = translate(low, 0), translate(high, 0)
        goal = poly.sub(plus(hi, -1), lo)
        result.append(theory.state(theory.base, (goal, order_hi + order_lo)))
    return walk(core, Place(env, theory.base), spec_goals, theory, result)


# Safety of the final term.

def safe_goals(term, place):
    if term.head in ("mem", "psi", "put"):
        return selection_goals(term, place)
    if term.head in ("div", "mod"):
        return [translate(term.kids[0], place.depth)]
    if term.head in ("+", "-", "*") and type_of(term, place.env) == INDEX:
        return wide_goals(translate(term, place.depth))
    return []


def wide_goals(translated):
    """2^62 - e and 2^62 + e."""
    e, order = translated
    return [(plus(poly.scale(e, -1), WIDE), order), (plus(e, WIDE), order)]


def array_obligations(theory):
    """Extents at most 2^24; offsets below 2^63 for all allowed strides."""
    declared, result = theory.declared, []
    for found in list(declared.inputs.values()) + [declared.output]:
        for extent in found.shape:
            n, order = translate(extent.term, extent.depth)
            result.append(theory.state(theory.base, (plus(poly.scale(n, -1), DIM), order)))
        result.append(offset_obligation(theory, len(found.shape)))
    return result


def offset_obligation(theory, rank):
    hypotheses, order, total = Facts(), [], poly.ZERO
    for axis in range(rank):
        i, s = (atoms.intern(("free", "%s#%d" % (word, axis))) for word in ("index", "stride"))
        for number, most in ((i, DIM - 1), (s, STRIDE)):
            hypotheses.add(poly.atom(number), (number,))
            hypotheses.add(plus(poly.scale(poly.atom(number), -1), most), (number,))
        total = poly.add(total, poly.mul(poly.atom(i), poly.atom(s)))
        order += [i, s]
    return theory.state(hypotheses, (plus(poly.scale(total, -1), ADDRESS), order))


def storage_obligations(theory, final, env):
    """Sizes and task counts, computed outside of every loop and guard."""
    result = []

    def visit(term, inside):
        if term.head in ("let", "letslow", "private"):
            found = type_of(term.kids[0], inside)
            require(isinstance(found, Arr), "storage: let of no value")
            for shape in leaves(found):
                for extent in closed_extents(shape) + lanes_of(term, shape):
                    size_obligations(theory, extent, result)
        elif term.head in ("parfor", "pargen"):
            require(over_dims(term.kids[0]), "storage: a task's bound mentions a variable")
            size_obligations(theory, term.kids[0], result)
        for number, kid in enumerate(term.kids):
            visit(kid, inner_env(term, number, inside))
    visit(final, env)
    return result


def size_obligations(theory, extent, result):
    def visit(term):
        if term.head in ("+", "-", "*"):
            goals = wide_goals(translate(term, 0))
        elif term.head in ("div", "mod"):
            goals = [translate(term.kids[0], 0)]
        else:
            goals = []
        for goal in goals:
            result.append(theory.state(theory.base, goal))
        for kid in term.kids:
            visit(kid)
    visit(extent)
    result.append(theory.state(theory.base, translate(extent, 0)))


# The only put: each element once, every element.

class Write:
    """The put, the for/parfor binders above it and the guards between."""

    def __init__(self, final):
        self.loops = []         # (name, level, bound)
        self.items = []         # ("loop", level, bound) or ("guard", condition, depth)
        self.depth, self.put = 0, None
        require(self.count(final) == 1, "write: not exactly one put")
        self.find(final, 0)

    def count(self, term):
        return (term.head == "put") + sum(self.count(kid) for kid in term.kids)

    def find(self, term, depth):
        if term.head == "put":
            self.put, self.depth = term, depth
            return
        number = next(n for n, kid in enumerate(term.kids) if self.count(kid))
        if term.head in ("for", "parfor"):
            require(over_dims(term.kids[0]), "write: a bound mentions more than dimensions")
            self.loops.append((term.names[0], depth, term.kids[0]))
            self.items.append(("loop", depth, term.kids[0]))
        elif term.head == "when":
            self.items.append(("guard", term.kids[0], depth))
        else:
            require(term.head in ("let", "letslow"), "write: put below " + term.head)
        self.find(term.kids[number], depth + terms.binds(term.head, number))

    def levels(self):
        return [level for _, level, _ in self.loops]

    def check_mentions(self):
        """Guards and indices mention V and dimensions only."""
        images = {level: terms.integer(0) for level in self.levels()}
        parts = [(item[1], item[2]) for item in self.items if item[0] == "guard"]
        parts += [(index, self.depth) for index in self.put.kids[:-1]]
        for term, depth in parts:
            require(not terms.contains(terms.close_levels(term, depth, images), ("in",)),
                    "write: a guard or index mentions an input")


def write_once(theory, write):
    rank = len(theory.declared.output.shape)
    require(len(write.put.kids) - 1 == rank, "write: put needs all indices")
    write.check_mentions()
    context = theory.base.copy()
    for item in write.items:
        if item[0] == "loop":
            context = context.with_variable(facts.level(item[1]), item[2], 0)
        else:
            context = context.with_condition(item[1], item[2])
    copies = {facts.level(level): atoms.intern(("free", "copy#%d" % level))
              for level in write.levels()}
    twice = context.copy()
    start = len(theory.base.hyps)
    # Facts and atoms of the copy, in the order of the originals.
    copied_order = [atoms.mapped_atom(n, copies) for n in context.order]
    for polynomial in context.hyps[start:]:
        twice.hyps.append(atoms.mapped(polynomial, copies))
    twice.meet(copied_order)
    for index in write.put.kids[:-1]:
        f, order = translate(index, write.depth)
        other = atoms.mapped(f, copies)
        order += tuple(atoms.mapped_atom(n, copies) for n in order)
        twice.add(poly.sub(f, other), order)
        twice.add(poly.sub(other, f), order)
    result = []
    for level in write.levels():
        original = facts.level(level)
        goal = poly.sub(poly.atom(copies[original]), poly.atom(original))
        result.append(theory.state(twice, (goal, (copies[original], original))))
    return result


def cover(theory, write, given, read):
    """`given`: [name, TEXT] for each loop; `read` turns TEXT into a term over o_k."""
    require(len(given) == len(write.loops), "cover: one entry for each loop")
    images = {}
    for entry, (name, level, _) in zip(given, write.loops):
        require(entry[0] == name, "cover: name of a loop")
        images[level] = read(entry[1])
    context, result = theory.base, []
    outputs = []
    for axis, extent in enumerate(theory.declared.output.shape):
        number = atoms.intern(("free", "o%d" % axis))
        outputs.append(number)
        context = context.with_variable(number, extent.term, 0)
    for _, level, bound in write.loops:
        w, order_w = translate(images[level], 0)
        n, order_n = translate(bound, 0)
        result.append(theory.state(context, (w, order_w)))
        result.append(theory.state(context, (plus(poly.sub(n, w), -1), order_n + order_w)))
    for item in write.items:
        if item[0] == "guard":
            condition = terms.close_levels(item[1], item[2], images)
            for goal in facts_of(condition, 0, goal=True):
                result.append(theory.state(context, goal))
    for number, index in zip(outputs, write.put.kids[:-1]):
        f, order = translate(terms.close_levels(index, write.depth, images), 0)
        o = poly.atom(number)
        result.append(theory.state(context, (poly.sub(f, o), order + (number,))))
        result.append(theory.state(context, (poly.sub(o, f), (number,) + order)))
    return result


def safe_obligations(theory, final, env, given_cover, read):
    write = Write(final)
    result = walk(final, Place(env, theory.base), safe_goals, theory, [])
    result += array_obligations(theory)
    result += storage_obligations(theory, final, env)
    result += write_once(theory, write)
    return result + cover(theory, write, given_cover, read)
