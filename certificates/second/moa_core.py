"""From the syntax of a spec to its core term (spec/LANGUAGE.md, section 3).

Idea: one function for each construct, as the table of that section says; types
of operands (found by the type checker) decide between index and real.
How it may be wrong: a coercion in another place, another order of shared
values. The first step of a shipped derivation would not match then.
"""
from math import gcd

import terms
import typecheck
from moa_parse import Parser, check_name
from refusal import SPEC_BYTES, Refused, limit, require
from terms import Term, node
from typecheck import BOOL, INDEX, Arr, Env, Extent, type_of

REDUCTION = {"+": "add", "*": "mul", "max": "max", "min": "min", "sum": "add"}
ZERO_REAL = node("real", terms.integer(0))


class Scope:
    """Names at a position: binders by level, unfolded lets as terms."""

    def __init__(self, env, names):
        self.env, self.names = env, names

    def bind(self, name, entry):
        """One more binder; name None: it has no name in the spec."""
        names = dict(self.names)
        if name is not None:
            require(name not in names, "spec: %s declared twice" % name)
            names[check_name(name)] = ("level", self.env.depth)
        return Scope(self.env.push(entry), names)

    def define(self, name, term):
        names = dict(self.names)
        require(name not in names, "spec: %s declared twice" % name)
        names[name] = ("term", term, self.env.depth)
        return Scope(self.env, names)

    def lookup(self, name):
        entry = self.names.get(name, ("output",))
        require(entry[0] != "output", "spec: unknown name or no value: " + name)
        if entry[0] == "level":
            return terms.var(self.env.depth - 1 - entry[1])
        return terms.shift(entry[1], self.env.depth - entry[2])


def kind(term, scope):
    return type_of(term, scope.env)


def index(tree, scope):
    term = build(tree, scope)
    require(kind(term, scope) == INDEX, "spec: an index is needed")
    return term


def boolean(tree, scope):
    term = build(tree, scope)
    require(kind(term, scope) == BOOL, "spec: a condition is needed")
    return term


def real(term, scope):
    """An index where a real or an array is needed."""
    found = kind(term, scope)
    if found == INDEX:
        return node("real", term)
    require(isinstance(found, Arr), "spec: a value is needed")
    return term


def value(tree, scope):
    return real(build(tree, scope), scope)


def array(tree, scope):
    term = build(tree, scope)
    require(isinstance(kind(term, scope), Arr), "spec: an array is needed")
    return term


def build(tree, scope):
    term = BUILD[tree[0]](tree, scope)
    kind(term, scope)
    return term


def build_number(tree, scope):
    return terms.integer(tree[1])


def build_decimal(tree, scope):
    p, q = (terms.literal(part) for part in tree[1:])
    common = gcd(p, q)
    if q == common:
        return node("real", terms.integer(p // common))
    return Term("rat", (p // common, q // common))


def build_name(tree, scope):
    return scope.lookup(tree[1])


def build_paren(tree, scope):
    return build(tree[1], scope)


def build_vector(tree, scope):
    raise Refused("spec: a vector is no value here")


def build_logic(tree, scope):
    return node(tree[1], boolean(tree[2], scope), boolean(tree[3], scope))


def build_not(tree, scope):
    return node("not", boolean(tree[1], scope))


def build_compare(tree, scope):
    sign, left, right = tree[1], index(tree[2], scope), index(tree[3], scope)
    if sign in (">", ">="):
        return node({">": "<", ">=": "<="}[sign], right, left)
    return node(sign, left, right)


def build_arith(tree, scope):
    sign = tree[1]
    if sign in ("div", "mod"):
        return node(sign, index(tree[2], scope), index(tree[3], scope))
    left, right = build(tree[2], scope), build(tree[3], scope)
    if sign == "/" or kind(left, scope) != INDEX or kind(right, scope) != INDEX:
        left, right = real(left, scope), real(right, scope)
    return node(sign, left, right)


def build_minus(tree, scope):
    term = build(tree[1], scope)
    if tree[1][0] == "number":
        return terms.integer(-tree[1][1])
    if kind(term, scope) == INDEX:
        return node("-", terms.integer(0), term)
    return node("neg", real(term, scope))


def build_select(tree, scope):
    operand = array(tree[1], scope)
    return Term("psi", None, [index(i, scope) for i in tree[2]] + [operand])


def build_call(tree, scope):
    return node(tree[1], *[value(argument, scope) for argument in tree[2]])


def build_if(tree, scope):
    condition = boolean(tree[1], scope)
    yes, no = build(tree[2], scope), build(tree[3], scope)
    if kind(yes, scope) != INDEX or kind(no, scope) != INDEX:
        yes, no = real(yes, scope), real(no, scope)
    return node("if", condition, yes, no)


def build_binder(tree, scope):
    word, name, bound, guard, body = tree[1:]
    count = index(bound, scope)
    inside = scope.bind(name, INDEX)
    if word == "gen":
        return Term("gen", None, [count, value(body, inside)], [name])
    test = terms.TRUE if guard is None else boolean(guard, inside)
    return Term("red", REDUCTION[word], [count, test, value(body, inside)], [name])


# Structural words.

def vector(tree, scope):
    """The indices of `<i j>`; an index expression counts as a vector of one."""
    if tree[0] == "vector":
        return [index(item, scope) for item in tree[1]]
    return [index(tree, scope)]


def build_monadic(tree, scope):
    word, rank = tree[1], tree[2]
    if word == ("iota",):
        require(rank is None, "spec: iota takes no omega")
        return node("iota", index(tree[3], scope))
    operand = array(tree[3], scope)
    if rank is None:
        return monadic(word, operand, scope)
    require(len(rank) == 1, "spec: rank of omega")
    return cells(rank[0], operand, scope, lambda x, inside: monadic(word, x, inside))


def cells(rank, operand, scope, make):
    """(omega k (x) make(x) A)"""
    inside = scope.bind(None, typecheck.cell(kind(operand, scope), rank))
    return Term("omega", rank, [make(terms.var(0), inside), operand], ["x"])


def monadic(word, operand, scope):
    shape = kind(operand, scope).shape
    if word[0] == "red":
        return Term("redf", REDUCTION[word[1]], [operand])
    if word[0] == "rev":
        return node("rev", operand)
    if word[0] == "tran":
        return Term("tran", tuple(range(len(shape)))[::-1], [operand])
    if word[0] == "rav":
        extents = [extent.at(scope.env.depth) for extent in shape] or [terms.integer(1)]
        product = extents[0]
        for extent in extents[1:]:
            product = node("*", product, extent)
        return node("reshape", product, operand)
    require(word[0] == "softmax" and len(shape) == 1, "spec: softmax needs rank 1 (E0204)")
    x0 = terms.var(0)
    weights = node("exp", node("-", x0, Term("redf", "max", [x0])))
    quotient = node("/", x0, Term("redf", "add", [x0]))
    return Term("let", None, [operand, Term("let", None, [weights, quotient], ["e"])], ["x"])


def build_dyadic(tree, scope):
    word, rank, left, right = tree[1:]
    if word[0] in ("inner", "outer", "cat"):
        a, b = array(left, scope), array(right, scope)
        if rank is None:
            return pair(word, a, b)
        require(len(rank) in (1, 2), "spec: rank of omega")
        return pair_cells((rank * 2)[:2], word, a, b, scope)
    if word[0] == "psi":
        require(rank is None, "spec: psi takes no omega")
        return Term("psi", None, vector(left, scope) + [array(right, scope)])
    operand = array(right, scope)
    if word[0] == "tran":
        amounts = literal_vector(left)
    elif word[0] == "rot":
        amounts = [index(left, scope)]
    else:
        amounts = vector(left, scope)
    if rank is None:
        return structural(word[0], amounts, operand, scope)
    require(len(rank) == 1, "spec: rank of omega")

    def inside_cell(x, inside):
        moved = amounts if word[0] == "tran" else [terms.shift(t, 1) for t in amounts]
        return structural(word[0], moved, x, inside)
    return cells(rank[0], operand, scope, inside_cell)


def literal_vector(tree):
    require(tree[0] == "vector" and all(item[0] == "number" for item in tree[1]),
            "spec: tran needs literals")
    return tuple(item[1] for item in tree[1])


def pair(word, a, b):
    if word[0] == "inner":
        return Term("inner", (REDUCTION[word[1]], word[2]), [a, b])
    if word[0] == "outer":
        return Term("outer", word[1], [a, b])
    return node("cat", a, b)


def pair_cells(ranks, word, a, b, scope):
    x, y = terms.var(1), terms.var(0)
    return Term("omega2", tuple(ranks), [pair(word, x, y), a, b], ["x", "y"])


def structural(word, amounts, operand, scope):
    if word == "tran":
        require(sorted(amounts) == list(range(len(amounts))), "spec: tran needs a permutation")
        return Term("tran", amounts, [operand])
    if word == "rho":
        return Term("reshape", None, list(amounts) + [operand])
    if word == "rot":
        return node("rot", amounts[0], operand)
    require(amounts, "spec: take needs an amount")
    if len(amounts) == 1:
        return take_one(word, amounts[0], operand, scope)
    rank = len(kind(operand, scope).shape)
    require(rank >= len(amounts), "spec: take needs as many axes")
    inner = cells(rank - 1, operand, scope, lambda x, inside: structural(
        word, [terms.shift(t, 1) for t in amounts[1:]], x, inside))
    return take_one(word, amounts[0], inner, scope)


def take_one(word, amount, operand, scope):
    """A negative literal counts from the end."""
    if amount.head == "int" and amount.attr < 0:
        shape = kind(operand, scope).shape
        require(shape, "spec: take needs an axis")
        kept = node("-", shape[0].at(scope.env.depth), terms.integer(-amount.attr))
        return node("drop" if word == "take" else "take", kept, operand)
    return node(word, amount, operand)


BUILD = {"number": build_number, "decimal": build_decimal, "name": build_name,
         "paren": build_paren, "vector": build_vector, "logic": build_logic, "not": build_not,
         "compare": build_compare, "arith": build_arith, "minus": build_minus,
         "select": build_select, "call": build_call, "if": build_if, "binder": build_binder,
         "monadic": build_monadic, "dyadic": build_dyadic}


# attend.

def attend(tree, scope, output):
    _, _, names, key, bound, fields = tree
    require(len(names) == len(output.shape), "spec: indices of attend")
    extents = []
    for name, extent in zip(names, output.shape):
        extents.append(extent.at(scope.env.depth))
        scope = scope.bind(name, INDEX)
    term = attend_body(key, bound, fields, scope)
    for name, extent in reversed(list(zip(names, extents))):
        term = Term("gen", None, [extent, term], [name])
    return term


def attend_body(key, bound, fields, scope):
    """(let (s) (gen (j N) X) (let (m) (red max (j N) M s[j]) QUOT))"""
    count = index(bound, scope)
    inside = scope.bind(key, INDEX)
    score = value(fields["score"], inside)
    if "bias" in fields:
        score = node("+", score, value(fields["bias"], inside))
    scores = Term("gen", None, [count, score], [key])
    with_s = scope.bind(None, kind(scores, scope))
    count_s = index(bound, with_s)
    inside = with_s.bind(key, INDEX)
    top = Term("red", "max", [count_s, mask(fields, inside),
                              node("psi", terms.var(0), terms.var(1))], [key])
    with_m = with_s.bind(None, kind(top, with_s))
    quotient = attend_quotient(key, bound, fields, with_m)
    return Term("let", None, [scores, Term("let", None, [top, quotient], ["m"])], ["s"])


def mask(fields, scope):
    return boolean(fields["mask"], scope) if "mask" in fields else terms.TRUE


def attend_quotient(key, bound, fields, scope):
    """Inside of both lets: s has index 1, m index 0; under j one more."""
    count = index(bound, scope)
    inside = scope.bind(key, INDEX)
    weight = node("exp", node("-", node("psi", terms.var(0), terms.var(2)), terms.var(1)))
    test = mask(fields, inside)
    above = Term("red", "add", [count, test, node("*", weight, value(fields["value"], inside))],
                 [key])
    below = Term("red", "add", [count, test, weight], [key])
    quotient = node("/", above, below)
    if "empty" not in fields:
        return quotient
    some = Term("any", None, [count, test], [key])
    return node("if", some, quotient, value(fields["empty"], scope))


# The whole spec.

class SpecReader:
    """Reads items in order; `lets` are the shared values around the output."""

    def __init__(self):
        self.declared = typecheck.Declarations()
        self.scope = Scope(Env(self.declared), {})
        self.lets = []
        self.definition = None

    def read(self, text):
        self.declared.name, items = Parser(text).spec()
        for item in items:
            getattr(self, "item_" + item[0])(item)
        require(self.declared.output is not None, "spec: no output")
        require(self.definition is not None, "spec: the output is not defined")
        return self.declared, self.core_term()

    def item_dims(self, item):
        for name in item[1]:
            self.declared.dims.append(name)
            self.scope = self.scope.define(name, Term("dim", name))

    def item_require(self, item):
        condition = boolean(item[1], self.scope)
        require(over_dims(condition), "spec: require mentions more than dimensions")
        self.declared.requires.extend(conjuncts(condition))

    def item_let(self, item):
        term = build(item[2], self.scope)
        found = kind(term, self.scope)
        if found == INDEX:
            self.scope = self.scope.define(item[1], term)
            return
        require(isinstance(found, Arr), "spec: let needs an index or a value")
        self.lets.append((item[1], term))
        self.scope = self.scope.bind(item[1], found)

    def item_in(self, item):
        for name, sort, shape, bounds in item[1]:
            self.declared.inputs[name] = self.declared_type(sort, shape)
            if bounds is not None:
                self.declared.ranges[name] = tuple(self.dims_index(b) for b in bounds)
            self.scope = self.scope.define(name, Term("in", name))

    def item_out(self, item):
        name, sort, shape, _ = item[1]
        require(self.declared.output is None, "spec: two outputs")
        require(sort != "i32", "spec: an output of integers")
        require(name not in self.scope.names, "spec: %s declared twice" % name)
        self.scope = Scope(self.scope.env, {**self.scope.names, name: ("output",)})
        self.declared.output = self.declared_type(sort, shape)
        self.declared.output_name = name

    def declared_type(self, sort, shape):
        return Arr([Extent(self.dims_index(e), 0) for e in shape],
                   "int" if sort == "i32" else "real")

    def dims_index(self, tree):
        term = index(tree, self.scope)
        require(over_dims(term), "spec: only dimensions may be mentioned here")
        return terms.shift(term, -self.scope.env.depth)

    def item_define(self, item):
        self.defines(item[1])
        self.definition = (value(item[2], self.scope), self.scope.env.depth)

    def item_attend(self, item):
        self.defines(item[1])
        term = attend(item, self.scope, self.declared.output)
        self.definition = (term, self.scope.env.depth)

    def defines(self, name):
        require(self.definition is None, "spec: two definitions of the output")
        require(self.declared.output is not None and name == self.declared.output_name,
                "spec: definition of what is no output")

    def core_term(self):
        term, depth = self.definition
        term = terms.shift(term, len(self.lets) - depth)
        for name, shared in reversed(self.lets):
            term = Term("let", None, [shared, term], [name])
        found = type_of(term, Env(self.declared))
        require(typecheck.same(found, self.declared.output), "spec: type of the output")
        return term


def over_dims(term):
    return not terms.contains(term, ("in", "var", "any", "iszero"))


def conjuncts(condition):
    if condition.head == "and":
        return conjuncts(condition.kids[0]) + conjuncts(condition.kids[1])
    return [condition]


def read_spec(text):
    limit(len(text) <= SPEC_BYTES, "file size")
    return SpecReader().read(text)
