"""Sites: the loads and stores of the loop program (FORMAT.md 12, COST.md 2 and 3).

Idea: the final term is walked in the order of execution, with the loops and
conditions around. Loop variables become names of their own, so contexts of
different sites can be compared.
How it may be wrong: a load that is not visited, a condition that is kept where
it does not hold, an array in slow memory taken for one in fast memory.
"""
import poly
import program
import terms
from refusal import Refused, require
from terms import close_levels, free, node
from typecheck import Arr, inner_env, type_of

NO_SECOND = ("red", "any", "if", "let")


class Site:
    def __init__(self, array, word, context):
        self.array, self.word, self.context = array, word, context


class Storage:
    """Where a let, letslow or fold keeps its value: the array's name if it is slow."""

    def __init__(self, slow):
        self.slow = slow


class Around:
    """What encloses a node: types, images of variables, storages, loops, conditions."""

    def __init__(self, env, images=None, places=None, context=()):
        self.env, self.images, self.places = env, images or {}, places or {}
        self.context = context

    def opened(self, term):
        return close_levels(term, self.env.depth, self.images)

    def enter(self, env, images, places=()):
        """Inside of a binder: its variables get images and storages, by level."""
        more_images, more_places = dict(self.images), dict(self.places)
        for offset, image in enumerate(images):
            more_images[self.env.depth + offset] = image
        for level, place in places:
            more_places[level] = place
        return Around(env, more_images, more_places, self.context)

    def under(self, condition):
        """With one more condition."""
        return Around(self.env, self.images, self.places,
                      self.context + (("condition", self.opened(condition)),))


class Walker:
    def __init__(self, declared):
        self.declared, self.sites = declared, []
        self.fresh = 0
        self.slow_names = set(declared.inputs) | {declared.output_name}

    def name(self, word):
        self.fresh += 1
        return free("%s#%d" % (word, self.fresh))

    def add(self, array, word, around):
        self.sites.append(Site(array, word, around.context))

    def program(self, term, env):
        around = Around(env)
        while term.head == "letslow":
            target = term.names[0]
            require(target not in self.slow_names, "sites: two arrays are called " + target)
            self.slow_names.add(target)
            storage = (Storage(target), ())
            self.into(term.kids[0], storage, around)
            level = around.env.depth
            around = around.enter(inner_env(term, 1, around.env), [self.name("let")],
                                  [(level, storage)])
            term = term.kids[1]
        self.statement(term, around)
        return self.sites

    def loop(self, term, around, number):
        """Inside of a binder with a bound: one more loop, innermost."""
        variable = self.name("loop")
        inside = around.enter(inner_env(term, number, around.env), [variable])
        item = ("loop", variable, around.opened(term.kids[0]))
        inside.context = around.context + (item,)
        return inside

    def shared(self, term, around):
        """let: e goes to fast memory; the environment of b."""
        storage = (Storage(None), ())
        self.into(term.kids[0], storage, around)
        return around.enter(inner_env(term, 1, around.env), [self.name("let")],
                            [(around.env.depth, storage)])

    # Statements.

    def statement(self, term, around):
        if term.head in ("for", "parfor"):
            self.value(term.kids[0], around)
            self.statement(term.kids[1], self.loop(term, around, 1))
        elif term.head == "when":
            self.value(term.kids[0], around)
            self.statement(term.kids[1], around.under(term.kids[0]))
        elif term.head == "let":
            self.statement(term.kids[1], self.shared(term, around))
        else:
            require(term.head == "put", "sites: statement " + term.head)
            for kid in term.kids:
                self.value(kid, around)
            self.scalar(term.kids[-1], around)
            self.add(self.declared.output_name, "store", around)

    # Values that are written: into(e, d) of section 8.3.

    def into(self, term, target, around):
        head = term.head
        if head in ("gen", "pargen"):
            self.value(term.kids[0], around)
            inside = self.loop(term, around, 1)
            step = ("index", inside.images[around.env.depth].key)
            self.into(term.kids[1], self.below(target, step), inside)
        elif head == "lanes":
            self.lanes(term, target, around)
        elif head == "fold":
            self.into(term.kids[1], target, around)
            self.value(term.kids[0], around)
            self.fold_step(term, target, around)
        elif head in ("let", "private"):
            self.into(term.kids[1], target, self.shared(term, around))
        elif head == "tup":
            for number, kid in enumerate(term.kids):
                self.into(kid, self.below(target, ("component", number)), around)
        elif head == "if":
            self.value(term.kids[0], around)
            self.branch(term.kids[1], target, around.under(term.kids[0]))
            self.branch(term.kids[2], target, around.under(node("not", term.kids[0])))
        else:
            self.scalar(term, around)
            self.value(term, around)
            if target[0].slow is not None:
                self.add(target[0].slow, "store", around)

    def lanes(self, term, target, around):
        """What is the same in all lanes happens once: no loop around it (section 15)."""
        self.value(term.kids[0], around)
        variable = self.name("lane")
        inside = around.enter(inner_env(term, 1, around.env), [variable])
        self.into(term.kids[1], self.below(target, ("index", variable.key)), inside)

    def below(self, target, step):
        return (target[0], target[1] + (step,))

    def fold_step(self, term, target, around):
        level = around.env.depth
        inside = self.loop(term, around, 2)
        inside.images[level + 1] = self.name("let")
        inside.places[level + 1] = target
        self.into(term.kids[2], target, inside)

    def branch(self, term, target, around):
        """A branch that names exactly its destination adds nothing."""
        if self.is_access(term) and self.access(term, around) == target:
            return
        self.into(term, target, around)

    def scalar(self, term, around):
        found = type_of(term, around.env)
        require(isinstance(found, Arr) and found.elem == "real" and not found.shape,
                "sites: a value that is no scalar cannot be lowered")

    # Accesses: x, (psi .. x), (get k x).

    def is_access(self, term):
        while term.head in ("psi", "get"):
            term = term.kids[-1]
        return term.head == "var"

    def access(self, term, around):
        """(storage, path) that the access names."""
        if term.head == "var":
            level = around.env.depth - 1 - term.attr
            require(level in around.places, "sites: access to a variable that is not stored")
            return around.places[level]
        storage, path = self.access(term.kids[-1], around)
        if term.head == "get":
            return (storage, path + (("component", term.attr),))
        steps = tuple(("index", around.opened(index).key) for index in term.kids[:-1])
        return (storage, path + steps)

    def read(self, term, around):
        """The indices from the outside in, then one load if the array is slow."""
        storage, _ = self.access(term, around)
        while term.head in ("psi", "get"):
            if term.head == "psi":
                for index in term.kids[:-1]:
                    self.value(index, around)
            term = term.kids[-1]
        if storage.slow is not None:
            self.add(storage.slow, "load", around)

    # Expressions, indices and conditions.

    def value(self, term, around):
        head = term.head
        if head in ("int", "dim", "true", "bottom", "rat"):
            return
        if head == "var" and type_of(term, around.env) == "Index":
            return
        if self.is_access(term):
            self.scalar(term, around)
            self.read(term, around)
        elif head == "mem":
            for index in term.kids[1:]:
                self.value(index, around)
            self.add(term.kids[0].attr, "load", around)
        elif head in ("red", "any"):
            self.reduction(term, around)
        elif head == "if":
            self.value(term.kids[0], around)
            self.value(term.kids[1], around.under(term.kids[0]))
            self.value(term.kids[2], around.under(node("not", term.kids[0])))
        elif head in ("blend", "both"):
            for kid in term.kids:
                self.value(kid, around)
        elif head in ("and", "or"):
            self.decided(term, around)
        elif head == "let":
            self.value(term.kids[1], self.shared(term, around))
        else:
            self.operator(term, around)

    def reduction(self, term, around):
        require(term.head == "any" or term.attr != "osm", "sites: red osm cannot be lowered")
        self.value(term.kids[0], around)
        inside = self.loop(term, around, 1)
        self.value(term.kids[1], inside)
        if term.head == "red":
            self.scalar(term, around)
            self.value(term.kids[2], inside.under(term.kids[1]))

    def decided(self, term, around):
        require(not terms.contains(term.kids[1], NO_SECOND),
                "sites: a second operand that is emitted before the first decides")
        self.value(term.kids[0], around)
        first = term.kids[0] if term.head == "and" else node("not", term.kids[0])
        self.value(term.kids[1], around.under(first))

    def operator(self, term, around):
        require(term.head in OPERATORS, "sites: %s cannot be lowered" % term.head)
        for kid in term.kids:
            self.value(kid, around)


OPERATORS = ("+", "-", "*", "/", "div", "mod", "<", "<=", "==", "!=", "not", "iszero", "real",
             "max", "min", "neg", "exp", "exp2", "log", "sqrt", "tanh", "expsub")


# Footprint (COST.md, section 4).

REGISTERS = 32      # vectors, of a phase with lanes (section 15)

class Footprint:
    """Words of one task of a phase: leaves, accumulators, operands in flight."""

    def __init__(self, phase, width):
        self.accumulators, self.shapes, self.operands = 0, [], 0
        self.width, self.registers = width, 0
        self.slow = phase.target is not None
        if self.slow:
            self.into(phase.body, phase.env)
        else:
            self.statement(phase.body, phase.env)

    def polynomial(self):
        result = poly.constant(self.accumulators + self.operands + self.registers)
        for shape in self.shapes:
            result = poly.add(result, program.size(shape))
        return result

    def holds(self, amount):
        self.operands = max(self.operands, amount)

    def shared(self, term, env):
        lanes = [terms.integer(term.attr)] if term.head == "private" else []
        for shape in program.leaves(type_of(term.kids[0], env)):
            self.shapes.append(program.closed_extents(shape) + lanes)
        self.into(term.kids[0], env)
        return inner_env(term, 1, env)

    def statement(self, term, env):
        if term.head in ("for", "parfor"):
            self.index(term.kids[0], env)
            self.statement(term.kids[1], inner_env(term, 1, env))
        elif term.head == "when":
            self.holds(self.condition(term.kids[0], env))
            self.statement(term.kids[1], env)
        elif term.head == "let":
            self.statement(term.kids[1], self.shared(term, env))
        else:
            require(term.head == "put", "footprint: statement " + term.head)
            self.holds(self.need(term.kids[-1], env))

    def into(self, term, env):
        if term.head in ("gen", "pargen"):
            self.into(term.kids[1], inner_env(term, 1, env))
        elif term.head == "lanes":
            self.registers = REGISTERS * self.width
            self.into(term.kids[1], inner_env(term, 1, env))
        elif term.head == "fold":
            self.into(term.kids[1], env)
            self.into(term.kids[2], inner_env(term, 2, env))
        elif term.head in ("let", "private"):
            self.into(term.kids[1], self.shared(term, env))
        elif term.head == "tup":
            for kid in term.kids:
                self.into(kid, env)
        elif term.head in ("if", "blend"):
            self.holds(self.condition(term.kids[0], env))
            for kid in term.kids[1:]:
                found = type_of(kid, env)
                if kid.head in ("psi", "get", "var") and (found.shape or found.elem != "real"):
                    continue    # a branch that keeps the state; `sites` checks that it does
                self.into(kid, env)
        else:
            self.holds(self.need(term, env))

    def need(self, term, env):
        """Values held at once while the term is evaluated from left to right."""
        head = term.head
        if head in ("mem", "psi", "get", "var", "real", "rat", "bottom"):
            return 1
        if head == "red":
            return self.reduction(term, env)
        if head in ("if", "blend"):
            self.accumulators += 1
            self.holds(self.condition(term.kids[0], env))
            for kid in term.kids[1:]:
                self.holds(self.need(kid, env))
            return 1
        if head == "let":
            return self.need(term.kids[1], self.shared(term, env))
        require(head in OPERATORS, "footprint: " + head)
        return max(self.need(kid, env) + k for k, kid in enumerate(term.kids))

    def reduction(self, term, env):
        self.accumulators += 1
        self.holds(self.condition(term.kids[1], inner_env(term, 1, env)))
        if term.head == "red":
            self.holds(1 + self.need(term.kids[2], inner_env(term, 2, env)))
        return 1

    def condition(self, term, env):
        if term.head == "iszero":
            return self.need(term.kids[0], env)
        if term.head == "any":
            return self.reduction(term, env)
        return self.index(term, env)

    def index(self, term, env):
        """An index or a condition: loads count, what has no load needs nothing."""
        if term.head == "mem":
            return 1
        if term.head in ("and", "or", "both", "not", "<", "<=", "==", "!=", "+", "-", "*", "div", "mod"):
            parts = [(self.condition(kid, env), k) for k, kid in enumerate(term.kids)]
            return max([n + k for n, k in parts if n], default=0)
        if term.head in ("int", "dim", "var", "true"):
            return 0
        raise Refused("footprint: condition " + term.head)
