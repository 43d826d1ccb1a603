"""The form that attention is derived to (FORMAT.md, sections 13 and 14).

Idea: the term after stage `onf`, without lets and selections from gens, is loops
around a put of one quotient: if any key, the weighted sum by the sum of weights.
The repeated parts must agree; each is then given once, as a term over free names.
How it may be wrong: a part that is compared in the scope of the wrong binder.
"""
import terms
from program import over_dims
from refusal import require
from terms import free, shift

J = "j"     # the name of the key in the parts of a form


def normalized(term):
    """let unfolded, psi of gen replaced, until there is none left."""
    if term.head == "let":
        return normalized(terms.apply(term.kids[1], [term.kids[0]], 0))
    if not term.kids:
        return term
    term = term.with_kids(normalized(kid) for kid in term.kids)
    if term.head == "psi" and len(term.kids) > 1 and term.kids[-1].head == "gen":
        body = terms.apply(term.kids[-1].kids[1], [term.kids[0]], 0)
        rest = term.kids[1:-1]
        return normalized(terms.Term("psi", None, rest + (body,)) if rest else body)
    return term


def nodes(term, head):
    """All nodes with this head."""
    found = [term] if term.head == head else []
    for kid in term.kids:
        found.extend(nodes(kid, head))
    return found


class Form:
    """Loops (names, bounds), m, g, x, V and c; rows are free names (`variables`)."""

    def __init__(self, term, declared, what):
        self.declared, self.what = declared, what
        self.names, self.bounds, self.variables = [], [], []
        term = normalized(term)
        while term.head in ("for", "parfor"):
            self.need(over_dims(term.kids[0]), "a loop's bound")
            self.variables.append("row#%d" % len(self.variables))
            self.names.append(term.names[0])
            self.bounds.append(term.kids[0])
            term = term.kids[1]
        self.need(term.head == "put", "not loops around a put")
        self.depth = len(self.variables)
        indices = [k.attr if k.head == "var" else None for k in term.kids[:-1]]
        self.need(len(indices) == len(declared.output.shape) == self.depth
                  and None not in indices and sorted(indices) == list(range(self.depth)),
                  "indices of the put")
        # Of each loop, outermost first: o0, o1, .. for the index of the put that it is.
        self.axes = ["o%d" % indices.index(self.depth - 1 - k) for k in range(self.depth)]
        self.quotient(term.kids[-1])

    def need(self, condition, reason):
        require(condition, "%s: %s" % (self.what, reason))

    def opened(self, term, *more):
        """Under the loops and further binders with these names."""
        names = self.variables + list(more)
        images = {level: free(name) for level, name in enumerate(names)}
        return terms.close_levels(term, len(names), images)

    def quotient(self, term):
        """(if (any (j m) g) (/ (red add (j m) g (* w V)) (red add (j m) g w)) c)"""
        self.need(term.head == "if" and term.kids[0].head == "any", "if any")
        m, g = term.kids[0].kids
        ratio = term.kids[1]
        self.need(ratio.head == "/", "no quotient")
        for red in ratio.kids:
            self.need(red.head == "red" and red.attr == "add" and red.kids[0] == m
                      and red.kids[1] == g, "the sums")
        weighted, w = ratio.kids[0].kids[2], ratio.kids[1].kids[2]
        self.need(weighted.head == "*" and weighted.kids[0] == w, "weights differ")
        self.need(w.head == "exp" and w.kids[0].head == "-", "weight")
        x, top = w.kids[0].kids
        self.need(top.head == "red" and top.attr == "max", "no maximum")
        same = (shift(m, 1), shift(g, 1, 1), shift(x, 1, 1))
        self.need(tuple(top.kids) == same, "the maximum is over something else")
        self.m = self.opened(m)
        self.g = self.opened(g, J)
        self.x_raw = x
        self.x = self.opened(x, J)
        self.value = self.opened(weighted.kids[1], J)
        self.empty = self.opened(term.kids[2])
