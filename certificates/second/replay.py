"""Replay of a derivation (FORMAT.md, sections 3 and 4).

Idea: a step names the rule, the substitution and the position, so nothing is
searched: both sides are built under the substitution, the old one is compared
with the subterm, conditions are evaluated, the new one is put in its place.
How it may be wrong: a condition evaluated in another scope than the position's,
or a side built with a captured variable.
"""
import strict_json
import terms
from atoms import value
from facts import Place, child_place, facts_of
from reader import CONSTANTS, REDUCTIONS, Builder, is_integer, parse, permutation
from refusal import Refused, require
from rules import OP_WORDS
from typecheck import BOOL, INDEX, STMT, Arr, inner_env, type_of

STEP_KEYS = ("rule", "dir", "at", "sub", "names", "proofs")
TERM_KINDS = {"value": None, "index": INDEX, "bool": BOOL, "stmt": STMT}


def of_kind(found, kind):
    return isinstance(found, Arr) if kind == "value" else found == TERM_KINDS[kind]


class Replay:
    def __init__(self, declared, theory, rules):
        self.declared, self.theory, self.rules = declared, theory, rules
        self.known = declared.known()

    def locate(self, term, position, root):
        """The place of a position, the names of the binders around it, the subterm."""
        place, scope = root, ()
        for number in position:
            require(strict_json.nat(number, "step: position") < len(term.kids),
                    "step: no such position")
            place = child_place(term, number, place, inner_env)
            count = terms.binds(term.head, number)
            scope += term.names[-count:] if count else ()
            term = term.kids[number]
        return place, scope, term

    def step(self, term, step, root):
        """(new term, a function that gives the obligations of the step's proofs)"""
        strict_json.obj(step, STEP_KEYS, "step")
        rule = self.rules.get(strict_json.string(step["rule"], "step: rule"))
        require(rule is not None, "step: unknown rule " + step["rule"][:40])
        require(step["dir"] in ("lr", "rl"), "step: direction")
        position = strict_json.arr(step["at"], "step: position")
        place, scope, old = self.locate(term, position, root)
        sub = self.substitution(rule, step["sub"], scope, place)
        sides = (rule.lhs, rule.rhs) if step["dir"] == "lr" else (rule.rhs, rule.lhs)
        shape_of = self.shape_reader(sub, place)
        built_old = Builder({}, sub, None, shape_of)
        before = built_old.build(sides[0])
        require(before == old, "step: the old side is not the subterm")
        built_new = Builder({}, sub, self.new_names(step["names"]), shape_of)
        new = built_new.build(sides[1])
        require(set(step["names"]) <= built_new.binders, "step: names of no binder")
        goals = self.conditions(rule, sub, place, step["dir"])
        term = terms.replace(term, position, new)
        require(type_of(term, root.env) == STMT, "step: the term is no statement")
        self.check_kinds(rule, built_old, place, before)
        self.check_kinds(rule, built_new, place, new)
        return term, lambda: [self.theory.state(place.facts, goal) for goal in goals]

    def new_names(self, names):
        require(type(names) is dict, "step: names")
        for key, name in names.items():
            strict_json.identifier(key, "step: names")
            strict_json.identifier(name, "step: names")
            require(name not in CONSTANTS, "step: names: not a name")
        return names

    # The substitution.

    def substitution(self, rule, given, scope, place):
        require(type(given) is dict and set(given) == set(rule.kinds),
                "step: sub has not the rule's variables")
        result = {}
        for name, kind in rule.kinds.items():
            text = strict_json.string(given[name], "step: " + name)
            result[name] = self.read(text, kind, rule.arity.get(name, 0), scope, place)
        return result

    def read(self, text, kind, arity, scope, place):
        sx = parse(text, "step: text")
        if kind in TERM_KINDS:
            return ("term", self.read_term(sx, kind, arity, scope, place))
        if kind == "indices":
            require(isinstance(sx, list) and sx[:1] == ["seq"], "step: (seq ..) expected")
            built = [Builder(self.known).build(x, scope) for x in sx[1:]]
            for term in built:
                require(type_of(term, place.env) == INDEX, "step: kind indices")
            return ("seq", built)
        if kind == "perm":
            require(isinstance(sx, list), "step: kind perm")
            return ("perm", permutation(sx))
        require(isinstance(sx, str), "step: a word expected")
        if kind == "nat":
            require(is_integer(sx) and not sx.startswith("-") and len(sx) < 10, "step: kind nat")
            return ("nat", int(sx))
        require(sx in (OP_WORDS if kind == "op" else REDUCTIONS), "step: kind " + kind)
        return (kind, sx)

    def read_term(self, sx, kind, arity, scope, place):
        if arity == 0:
            term = Builder(self.known).build(sx, scope)
            require(of_kind(type_of(term, place.env), kind), "step: kind " + kind)
            return (0, term)
        require(isinstance(sx, list) and len(sx) == 3 and sx[0] == "fn"
                and isinstance(sx[1], list), "step: (fn (..) ..) expected")
        builder = Builder(self.known)
        inner, _ = builder.binder(sx[1], arity)
        require(len(set(inner)) == arity, "step: fn binds one name twice")
        return (arity, builder.build(sx[2], tuple(scope) + inner))

    def check_kinds(self, rule, builder, place, side):
        """Where a variable is applied, the result has its kind (others: read_term)."""
        marks = {id(term): name for term, name in builder.uses}

        def walk(term, env):
            if id(term) in marks:
                kind = rule.kinds[marks[id(term)]]
                require(of_kind(type_of(term, env), kind), "step: kind " + kind)
                return
            for number, kid in enumerate(term.kids):
                walk(kid, inner_env(term, number, env))
        walk(side, place.env)

    def shape_reader(self, sub, place):
        def shape_of(name):
            sort, (arity, term) = sub[name]
            found = type_of(term, place.env)
            require(sort == "term" and arity == 0 and isinstance(found, Arr), "rule: unravel")
            return [extent.at(place.depth) for extent in found.shape]
        return shape_of

    # Conditions.

    def conditions(self, rule, sub, place, direction):
        """The goals of all prove conditions in order; the others must hold."""
        goals = []
        for condition in rule.conditions:
            word = condition[0]
            if word == "prove" or word == "prove-rl" and direction == "rl":
                goal = Builder({}, sub).build(condition[1])
                require(type_of(goal, place.env) == BOOL, "step: a goal is no condition")
                goals.extend(facts_of(goal, place.depth, goal=True))
            elif word != "prove-rl":
                require(self.holds(condition, sub, place), "step: condition " + word)
        return goals

    def holds(self, condition, sub, place):
        word = condition[0]
        if word == "rank":
            rank = len(self.array(condition[1], sub, place).shape)
            return rank == self.number(condition[2], sub)
        if word == "extent":
            return self.extent_is(condition, sub, place)
        if word == "same-shape":
            left, right = (self.array(x, sub, place) for x in condition[1:])
            return [e.key for e in left.shape] == [e.key for e in right.shape]
        term = self.term(condition[1], sub)
        if word == "input":
            return term.head == "in"
        require(word == "literal", "step: unknown condition")
        return term.head == "int"

    def term(self, name, sub):
        sort, found = sub[name]
        require(sort == "term" and found[0] == 0, "rule: condition on " + name)
        return found[1]

    def array(self, name, sub, place):
        found = type_of(self.term(name, sub), place.env)
        require(isinstance(found, Arr), "step: condition on no array")
        return found

    def extent_is(self, condition, sub, place):
        shape = self.array(condition[3], sub, place).shape
        require(isinstance(condition[2], str) and is_integer(condition[2]), "rule: extent")
        axis = int(condition[2])
        if not -len(shape) <= axis < len(shape):
            return False
        return value(self.term(condition[1], sub), place.depth) == shape[axis].polynomial

    def number(self, sx, sub):
        if isinstance(sx, str):
            if sx.startswith("?"):
                require(sub[sx][0] == "nat", "rule: rank")
                return sub[sx][1]
            require(is_integer(sx), "rule: rank")
            return int(sx)
        if sx[:1] == ["len"]:
            require(len(sx) == 2 and sub[sx[1]][0] == "seq", "rule: rank")
            return len(sub[sx[1]][1])
        require(sx[:1] == ["+"] and len(sx) == 3, "rule: rank")
        return self.number(sx[1], sub) + self.number(sx[2], sub)


def first_term(core):
    return terms.node("put", core)


def run(replay, core, steps, env, pending, stages):
    """Replays all steps; returns the final term and the terms after `stages`.

    `pending` gets one function for each step: its obligations. They are stated
    later, when it is known which divisors are proved positive.
    """
    term = first_term(core)
    require(type_of(term, env) == STMT, "spec: the first term is no statement")
    root = Place(env, replay.theory.base)
    found = {}
    for number in range(len(steps) + 1):
        for stage in stages:
            if stages[stage] == number:
                found[stage] = term
        if number < len(steps):
            try:
                term, goals = replay.step(term, steps[number], root)
            except Refused as error:
                raise Refused("/steps/%d: %s" % (number, error)) from None
            pending.append(goals)
    return term, found
