"""Claim `attention` (FORMAT.md, section 14).

Idea: the form of section 13, of which AttentionProofs.v proves what users expect.
Four conditions make the theorems speak of inputs: a masked key is an element of
the key arrays, nothing decides what is masked by what it holds, keys end at L.
How it may be wrong: a read of a key array that is not seen as a read of a key,
so that an element of a masked key has influence all the same.
"""
import atoms
import terms
from facts import facts_of
from form import J, Form, nodes
from reader import Builder, parse
from refusal import require
from strict_json import obj, string
from terms import free, node
from trees import free_names, substitute
from typecheck import INDEX, type_of

LIMIT_HEADS = ("int", "dim", "free", "+", "-", "*", "div", "mod", "mem")


class Attention:
    """The certificate's `attention`, when it is not {}."""

    def __init__(self, given, term, declared, env):
        obj(given, ("limit", "proofs"), "attention")
        self.given, self.declared, self.env = given, declared, env
        self.form = Form(term, declared, "attention")
        self.parts()
        self.keys = self.key_arrays()
        self.limit = self.read_limit(string(given["limit"], "attention: limit"))

    def parts(self):
        """Conditions 1 and 2."""
        form = self.form
        for term, what in ((form.x, "x"), (form.value, "V")):
            require(not terms.contains(term, ("bottom",)), "attention: bottom in " + what)
        require(not terms.contains(form.g, ("iszero",)), "attention: iszero in g")
        for term, what in ((form.empty, "c"), (form.m, "m")):
            require(not terms.contains(term, ("mem",)), "attention: mem in " + what)
        for term in (form.m, form.g, form.x, form.value, form.empty):
            require(not bare_input(term), "attention: an input outside of mem")

    def key_arrays(self):
        """Condition 3: the names of the key arrays, in order of declaration."""
        form = self.form
        reads = nodes(form.x, "mem") + nodes(form.value, "mem")
        keys = {name_of(read) for read in reads if J in free_names(read)}
        require(keys != set(), "attention: no key array")
        require(not any(name_of(read) in keys for read in nodes(form.g, "mem")),
                "attention: a key array in g")
        found = {}
        for read in reads:
            if name_of(read) in keys:
                place = key_place(read)
                require(found.setdefault(name_of(read), place) == place,
                        "attention: %s is read at two places of a key" % name_of(read))
        return [name for name in self.declared.inputs if name in keys]

    def read_limit(self, text):
        """L over dimensions, row variables and elements of integer inputs."""
        form, known = self.form, self.declared.known()
        self.called = dict(zip(form.axes, form.variables))
        known.update({name: free(variable) for name, variable in self.called.items()})
        limit = Builder(known).build(parse(text, "attention: limit"))
        check_limit(limit)
        require(type_of(limit, self.env) == INDEX, "attention: limit is no index")
        return limit

    def check(self, theory, ledger):
        """Condition 4: (< j L) where g holds."""
        form, facts = self.form, theory.base
        for name, bound in list(zip(form.variables, form.bounds)) + [(J, form.m)]:
            facts = facts.with_variable(atoms.intern(("free", name)), bound, 0)
        facts = facts.with_condition(form.g, 0)
        goals = facts_of(node("<", free(J), self.limit), 0, goal=True)
        ledger.check_list(self.given["proofs"], [theory.state(facts, goal) for goal in goals],
                          "/attention/proofs")

    def report(self):
        names = {variable: free(name) for name, variable in self.called.items()}
        limit, empty = (terms.show(substitute(t, names)) for t in (self.limit, self.form.empty))
        return "attention: keys in %s, below %s; without a key %s" % (
            " ".join(self.keys), limit, empty)


def name_of(read):
    return read.kids[0].attr


def bare_input(term):
    """Whether an input stands anywhere but as the array of a mem."""
    return term.head == "in" or any(
        bare_input(kid) for kid in (term.kids[1:] if term.head == "mem" else term.kids))


def key_place(read):
    """(position, term) of the one index of a read that mentions j."""
    places = [(k, index) for k, index in enumerate(read.kids[1:]) if J in free_names(index)]
    require(len(places) == 1, "attention: %s is read with j in %d indices"
            % (name_of(read), len(places)))
    require(made_of_key(places[0][1]), "attention: index of the key of " + name_of(read))
    return places[0][0], places[0][1].key


def made_of_key(index):
    """j, (+ u c), (+ c u) or (- u c); c mentions neither j nor what is bound in x or V."""
    if index.head not in ("+", "-"):
        return index == free(J)
    u, c = index.kids
    if index.head == "+" and J not in free_names(u):
        u, c = c, u
    return J not in free_names(c) and c.free == 0 and made_of_key(u)


def check_limit(term):
    require(term.head in LIMIT_HEADS, "attention: %s in the limit" % term.head)
    for kid in term.kids[1:] if term.head == "mem" else term.kids:
        check_limit(kid)
