"""Index terms as polynomials over atoms (FORMAT.md, section 5).

Idea: atoms are variables (by the level of their binder), dimensions, div nodes
and elements of integer inputs; div nodes and elements are identified by the
polynomials inside. Each atom has one number in this process; `translate` also
gives the order of first occurrence, from which an obligation numbers its own.
How it may be wrong: two different values with one atom, or an order of first
occurrence that is not that of the text (then shipped proofs do not fit).
"""
import poly
from refusal import Refused, require

DESCRIPTIONS = []   # atom -> description
NUMBERS = {}        # description -> atom
TRANSLATED = {}     # (term, depth) -> (polynomial, order)


def intern(description):
    if description not in NUMBERS:
        NUMBERS[description] = len(DESCRIPTIONS)
        DESCRIPTIONS.append(description)
    return NUMBERS[description]


def translate(term, depth):
    """(polynomial, atoms in order of first occurrence) of a term at a depth."""
    memo = (term.key, depth)
    if memo not in TRANSLATED:
        order = {}
        polynomial = walk(term, depth, order)
        TRANSLATED[memo] = (polynomial, tuple(order))
    return TRANSLATED[memo]


def value(term, depth):
    return translate(term, depth)[0]


def single(description, order):
    number = intern(description)
    order.setdefault(number)
    return poly.atom(number)


def walk(term, depth, order):
    head = term.head
    if head == "int":
        return poly.constant(term.attr)
    if head == "var":
        require(term.attr < depth, "index: a variable out of scope")
        return single(("level", depth - 1 - term.attr), order)
    if head in ("dim", "free"):
        return single((head, term.attr), order)
    if head in ("+", "-", "*"):
        left = walk(term.kids[0], depth, order)
        right = walk(term.kids[1], depth, order)
        return {"+": poly.add, "-": poly.sub, "*": poly.mul}[head](left, right)
    if head in ("div", "mod"):
        left = walk(term.kids[0], depth, order)
        right = walk(term.kids[1], depth, order)
        quotient = single(("div", poly.key(left), poly.key(right)), order)
        return quotient if head == "div" else poly.sub(left, poly.mul(right, quotient))
    if head in ("psi", "mem"):
        name, indices = element(term, depth, order)
        return single(("element", name, tuple(poly.key(p) for p in indices)), order)
    raise Refused("index: %s is no polynomial over atoms" % head)


def element(term, depth, order):
    """The input and the indices of a full selection, operand before indices."""
    if term.head == "in":
        return term.attr, []
    if term.head == "mem":
        base, indices = term.kids[0], term.kids[1:]
    elif term.head == "psi":
        base, indices = term.kids[-1], term.kids[:-1]
    else:
        raise Refused("index: not an element of an input")
    name, before = element(base, depth, order)
    return name, before + [walk(index, depth, order) for index in indices]


def atoms_of(polynomial):
    return {number for mono in polynomial for number, _ in mono}


def over_dimensions(polynomial):
    """Whether only dimensions occur, also inside of div."""
    for number in atoms_of(polynomial):
        description = DESCRIPTIONS[number]
        if description[0] == "div":
            if not all(over_dimensions(dict(part)) for part in description[1:]):
                return False
        elif description[0] != "dim":
            return False
    return True


def mapped(polynomial, images):
    """Atoms replaced by images (atom -> atom), also inside of div and elements."""
    return poly.rename(polynomial, {n: mapped_atom(n, images) for n in atoms_of(polynomial)})


def mapped_atom(number, images):
    if number in images:
        return images[number]
    description = DESCRIPTIONS[number]
    if description[0] == "div":
        return intern(("div",) + tuple(poly.key(mapped(dict(part), images))
                                       for part in description[1:]))
    if description[0] == "element":
        return intern(description[:2] + (tuple(poly.key(mapped(dict(part), images))
                                               for part in description[2]),))
    return number
