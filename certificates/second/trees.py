"""Claims about index terms with min and max, and their TREEs (FORMAT.md, section 12).

Idea: `cases` splits on the first min or max node of the goal, one tree for each
order of its operands; without min and max the goal is stated as obligations.
How it may be wrong: a branch that keeps the node, or forgets its condition.
"""
from facts import facts_of
from refusal import require
from strict_json import arr
from terms import integer, node

TEXT_HEADS = ("int", "dim", "free", "+", "-", "*", "div", "min", "max")
COMPARISONS = ("<=", "<", "==")


def first_choice(term):
    """The first min or max node, arguments before the node, left before right."""
    for kid in term.kids:
        found = first_choice(kid)
        if found is not None:
            return found
    return term if term.head in ("min", "max") else None


def replaced(term, old, new):
    """Every subterm equal to `old` becomes `new`."""
    if term == old:
        return new
    if not term.kids:
        return term
    return term.with_kids(replaced(kid, old, new) for kid in term.kids)


def check(theory, ledger, facts, goal, tree, pointer):
    """Checks that the tree proves the goal (a comparison without variables bound)."""
    arr(tree, pointer)
    require(tree != [] and tree[0] in ("goals", "cases", "absurd"), pointer + ": tree")
    if tree[0] == "goals":
        require(first_choice(goal) is None, pointer + ": goals of a term with min or max")
        check_leaf(theory, ledger, facts, goal, tree, pointer)
    elif tree[0] == "absurd":
        require(len(tree) == 2, pointer + ": absurd")
        check_leaf(theory, ledger, facts, node("<=", integer(1), integer(0)), tree, pointer)
    else:
        require(len(tree) == 3, pointer + ": cases")
        choice = first_choice(goal)
        require(choice is not None, pointer + ": cases of a term without min and max")
        x, y = choice.kids
        lower, upper = (x, y) if choice.head == "min" else (y, x)
        branches = ((1, node("<=", x, y), lower), (2, node("<", y, x), upper))
        for number, condition, value in branches:
            check(theory, ledger, facts.with_condition(condition, 0),
                  replaced(goal, choice, value), tree[number], "%s/%d" % (pointer, number))


def check_leaf(theory, ledger, facts, goal, tree, pointer):
    """One proof for each obligation; the list of proofs starts at element 1."""
    obligations = [theory.state(facts, g) for g in facts_of(goal, 0, goal=True)]
    require(len(tree) - 1 == len(obligations), pointer + ": number of proofs")
    for number, obligation in enumerate(obligations):
        ledger.check(tree[number + 1], obligation, obligations[:number],
                     "%s/%d" % (pointer, number + 1))


def check_text(term, what, choices=True):
    """Only the words that a TEXT of sections 12 and 13 may use."""
    require(term.head in TEXT_HEADS and (choices or term.head not in ("min", "max")),
            "%s: %s in a text" % (what, term.head))
    for kid in term.kids:
        check_text(kid, what, choices)


def substitute(term, images):
    """Free names replaced by terms; there are no binders in these terms."""
    if term.head == "free" and term.attr in images:
        return images[term.attr]
    if not term.kids:
        return term
    return term.with_kids(substitute(kid, images) for kid in term.kids)


def product(factors):
    """(* (* a b) c) without literal 1; empty: 1."""
    kept = [f for f in factors if f != integer(1)]
    if not kept:
        return integer(1)
    result = kept[0]
    for factor in kept[1:]:
        result = node("*", result, factor)
    return result


def total(items):
    result = items[0]
    for item in items[1:]:
        result = node("+", result, item)
    return result


def free_names(term, found=None):
    found = set() if found is None else found
    if term.head == "free":
        found.add(term.attr)
    for kid in term.kids:
        free_names(kid, found)
    return found


