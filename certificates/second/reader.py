"""Reader of terms written as s-expressions, in certificates and in rules.

Idea: text -> nested lists of words -> Term. Names are resolved while reading
(binders innermost first, then dimensions and inputs). The same builder
instantiates a side of a rule: a word `?a` is looked up in the substitution.
How it may be wrong: a name that is resolved to another binder than the format
says, or an attribute (rank, permutation) that is read as a child.
"""
import terms
from refusal import DIGITS, NESTING, TEXT_ITEMS, limit, require
from strict_json import is_identifier
from terms import Term

OPERATORS = ("+", "-", "*", "/", "<", "<=", "==", "!=")
POINTWISE1 = ("neg", "exp", "exp2", "log", "sqrt", "tanh")
POINTWISE2 = ("+", "-", "*", "/", "max", "min", "expsub")
INNER_OPS = ("+", "-", "*", "/", "max", "min")
REDUCTIONS = ("add", "mul", "max", "min", "osm")
SCALAR_REDUCTIONS = REDUCTIONS[:4]
# Nodes without binders and attributes, by number of children.
PLAIN = {"+": 2, "-": 2, "*": 2, "div": 2, "mod": 2, "<": 2, "<=": 2, "==": 2, "!=": 2,
         "and": 2, "or": 2, "not": 1, "iszero": 1, "real": 1, "/": 2, "max": 2, "min": 2,
         "expsub": 2, "if": 3, "osmerge": 2, "take": 2, "drop": 2, "rot": 2, "cat": 2,
         "rev": 1, "iota": 1, "when": 2, **{word: 1 for word in POINTWISE1}}
CONSTANTS = ("true", "bottom")   # words that are terms by themselves, so no names


def is_integer(word):
    limit(len(word) <= DIGITS, "digits")
    digits = word[1:] if word.startswith("-") else word
    return (digits != "" and all(c in "0123456789" for c in digits)
            and (digits == "0" or digits[0] != "0"))


def tokens(text):
    """Words and brackets; `;` comments and strings are the rule reader's business."""
    spaced = text.replace("(", " ( ").replace(")", " ) ")
    for char in spaced:
        require(char in " \t\n\r" or "!" <= char <= "~", "term: character " + ascii(char))
    return spaced.split()


def nest(words, what):
    """Words with brackets -> nested lists; exactly the given words are used up."""
    words = list(words)
    limit(sum(word != "(" for word in words) <= TEXT_ITEMS, "words and lists of a text")
    stack = [[]]
    for word in words:
        if type(word) is not str:    # a string literal of a rule is never a bracket
            stack[-1].append(word)
        elif word == "(":
            stack.append([])
            limit(len(stack) <= NESTING + 2, "nesting depth")
        elif word == ")":
            require(len(stack) > 1, what + ": unexpected )")
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(word)
    require(len(stack) == 1, what + ": missing )")
    return stack[0]


def parse(text, what="term"):
    forms = nest(tokens(text), what)
    require(len(forms) == 1, what + ": not one term")
    return forms[0]


class Builder:
    """Builds terms. `known` maps free names to terms; `sub` gives rule variables."""

    def __init__(self, known, sub=None, names=None, shape_of=None):
        self.known = known
        self.sub = sub
        self.renamed = names or {}
        self.binders = set()
        self.uses = []          # (node, variable): where variables are applied
        self.shape_of = shape_of

    def build(self, sx, scope=()):
        if isinstance(sx, str):
            return self.word(sx, scope)
        require(sx != [] and isinstance(sx[0], str), "term: no operator")
        head = sx[0]
        if head.startswith("?"):
            return self.applied(head, sx[1:], scope)
        if head == "op":
            return self.operator(sx, scope)
        if head in PLAIN:
            require(len(sx) == PLAIN[head] + 1, "term: %s has %d operands" % (head, PLAIN[head]))
            return Term(head, None, [self.build(x, scope) for x in sx[1:]])
        method = getattr(self, "read_" + head, None) if head.isalnum() else None
        require(method is not None, "term: unknown operator " + head[:40])
        return method(sx, scope)

    def word(self, word, scope):
        if word.startswith("?"):
            return self.variable(word, scope)
        if is_integer(word):
            return terms.integer(int(word))
        if word in CONSTANTS:
            return Term(word)
        require(is_identifier(word), "term: not a name: " + word[:40])
        for index, name in enumerate(reversed(scope)):
            if name == word:
                return terms.var(index)
        require(word in self.known, "term: unknown name " + word[:40])
        return self.known[word]

    # Rule variables.

    def lookup(self, name, wanted):
        require(self.sub is not None and name in self.sub, "term: rule variable " + name[:40])
        sort, value = self.sub[name]
        require(sort == wanted, "rule: %s is no %s" % (name, wanted))
        return value

    def variable(self, name, scope):
        arity, body = self.lookup(name, "term")
        require(arity == 0, "rule: %s needs arguments" % name)
        return terms.shift(body, len(scope))

    def marked(self, term, name):
        """A node of its own for each occurrence, so that it can be found again."""
        result = Term(term.head, term.attr, term.kids, term.names)
        self.uses.append((result, name))
        return result

    def applied(self, name, arguments, scope):
        arity, body = self.lookup(name, "term")
        require(arity == len(arguments) and arity > 0, "rule: wrong arguments of " + name)
        built = [self.build(x, scope) for x in arguments]
        return self.marked(terms.apply(body, built, len(scope)), name)

    def attribute(self, word, sort):
        if isinstance(word, str) and word.startswith("?"):
            return self.lookup(word, sort)
        return word

    def natural(self, word):
        value = self.attribute(word, "nat")
        if isinstance(value, int):
            return value
        require(isinstance(value, str) and is_integer(value) and not value.startswith("-")
                and len(value) < 10, "term: not a number: " + str(value)[:40])
        return int(value)

    def one_of(self, word, sort, words):
        value = self.attribute(word, sort)
        require(isinstance(value, str) and value in words, "term: not an operator here")
        return value

    def operator(self, sx, scope):
        require(self.sub is not None and len(sx) in (3, 4), "term: op")
        word = self.attribute(sx[1], "op")
        require(word in (POINTWISE1 if len(sx) == 3 else POINTWISE2), "rule: operator's operands")
        return Term(word, None, [self.build(x, scope) for x in sx[2:]])

    # Vectors of indices.

    def vector(self, sx, scope):
        require(isinstance(sx, list) and sx[:1] == ["vec"], "term: no vector")
        result = []
        for item in sx[1:]:
            result.extend(self.item(item, scope))
        return result

    def spliced(self, items, scope):
        result = []
        for item in items:
            result.extend(self.item(item, scope))
        return result

    def item(self, item, scope):
        if self.sub is not None:
            if isinstance(item, str) and item.startswith("?") and item.endswith(".."):
                return [terms.shift(t, len(scope)) for t in self.lookup(item[:-2], "seq")]
            if isinstance(item, list) and item[:1] == ["permute"]:
                order = self.lookup(item[1], "perm")
                indices = self.spliced(item[2:], scope)
                require(len(order) == len(indices), "rule: permute lengths")
                return [indices[k] for k in order]
            if isinstance(item, list) and item[:1] == ["unravel"]:
                return self.unravel(item, scope)
        return [self.build(item, scope)]

    def unravel(self, item, scope):
        """(unravel ?A (vec ?u..) ?p..): FORMAT.md, section 3."""
        shape = [terms.shift(t, len(scope)) for t in self.shape_of(item[1])]
        extents, indices = self.vector(item[2], scope), self.spliced(item[3:], scope)
        require(len(extents) == len(indices) and indices and shape, "rule: unravel lengths")
        offset = indices[0]
        for extent, index in zip(extents[1:], indices[1:]):
            offset = terms.node("+", terms.node("*", offset, extent), index)
        result = []
        for extent in reversed(shape[1:]):
            result.append(terms.node("mod", offset, extent))
            offset = terms.node("div", offset, extent)
        return [offset] + result[::-1]

    # Binders.

    def bound_name(self, word):
        require(isinstance(word, str) and is_identifier(word) and word not in CONSTANTS,
                "term: not a name of a binder")
        self.binders.add(word)
        return word, self.renamed.get(word, word)

    def binder(self, sx, count):
        require(isinstance(sx, list) and len(sx) == count, "term: binder")
        pairs = [self.bound_name(word) for word in sx]
        return tuple(p[0] for p in pairs), tuple(p[1] for p in pairs)

    def loop(self, sx, scope):
        """(FORM (v n) body..) with v bound in each of body."""
        require(len(sx) >= 3 and isinstance(sx[1], list) and len(sx[1]) == 2, "term: " + sx[0])
        inner, shown = self.binder(sx[1][:1], 1)
        return shown, self.build(sx[1][1], scope), scope + inner

    def read_gen(self, sx, scope):
        require(len(sx) == 3, "term: " + sx[0])
        shown, bound, inside = self.loop(sx, scope)
        return Term(sx[0], None, [bound, self.build(sx[2], inside)], shown)

    read_pargen = read_for = read_parfor = read_any = read_gen

    def read_red(self, sx, scope):
        require(len(sx) == 5, "term: red")
        operation = self.one_of(sx[1], "redop", REDUCTIONS)
        shown, bound, inside = self.loop(sx[1:], scope)
        return Term("red", operation, [bound, self.build(sx[3], inside),
                                       self.build(sx[4], inside)], shown)

    def read_fold(self, sx, scope):
        require(len(sx) == 5, "term: fold")
        shown, bound, inside = self.loop(sx, scope)
        state, state_shown = self.binder(sx[2], 1)
        require(state[0] != inside[-1], "term: fold binds one name twice")
        return Term("fold", None, [bound, self.build(sx[3], scope),
                                   self.build(sx[4], inside + state)], shown + state_shown)

    def read_let(self, sx, scope):
        require(len(sx) == 4, "term: let")
        inner, shown = self.binder(sx[1], 1)
        return Term(sx[0], None, [self.build(sx[2], scope),
                                  self.build(sx[3], scope + inner)], shown)

    read_letslow = read_let

    def read_omega(self, sx, scope):
        require(len(sx) == 5, "term: omega")
        rank = self.natural(sx[1])
        inner, shown = self.binder(sx[2], 1)
        return Term("omega", rank, [self.build(sx[3], scope + inner),
                                    self.build(sx[4], scope)], shown)

    def read_omega2(self, sx, scope):
        require(len(sx) == 7, "term: omega2")
        ranks = (self.natural(sx[1]), self.natural(sx[2]))
        inner, shown = self.binder(sx[3], 2)
        require(inner[0] != inner[1], "term: omega2 binds one name twice")
        return Term("omega2", ranks, [self.build(sx[4], scope + inner), self.build(sx[5], scope),
                                      self.build(sx[6], scope)], shown)

    # Nodes with vectors and attributes.

    def read_psi(self, sx, scope):
        require(len(sx) == 3, "term: " + sx[0])
        return Term(sx[0], None, self.vector(sx[1], scope) + [self.build(sx[2], scope)])

    read_put = read_reshape = read_psi

    def read_mem(self, sx, scope):
        require(len(sx) == 3, "term: mem")
        return Term("mem", None, [self.build(sx[1], scope)] + self.vector(sx[2], scope))

    def read_rat(self, sx, scope):
        require(len(sx) == 3 and all(isinstance(x, str) and is_integer(x) for x in sx[1:]),
                "term: rat")
        return Term("rat", tuple(terms.literal(int(x)) for x in sx[1:]))

    def read_tran(self, sx, scope):
        require(len(sx) == 3, "term: tran")
        order = self.attribute(sx[1], "perm")
        if isinstance(order, list):
            order = permutation(order)
        require(isinstance(order, tuple), "term: tran")
        return Term("tran", order, [self.build(sx[2], scope)])

    def read_redf(self, sx, scope):
        require(len(sx) == 3, "term: redf")
        operation = self.one_of(sx[1], "redop", SCALAR_REDUCTIONS)
        return Term("redf", operation, [self.build(sx[2], scope)])

    def read_inner(self, sx, scope):
        require(len(sx) == 5, "term: inner")
        words = (self.one_of(sx[1], "redop", SCALAR_REDUCTIONS),
                 self.one_of(sx[2], "op", INNER_OPS))
        return Term("inner", words, [self.build(x, scope) for x in sx[3:]])

    def read_outer(self, sx, scope):
        require(len(sx) == 4, "term: outer")
        return Term("outer", self.one_of(sx[1], "op", INNER_OPS),
                    [self.build(x, scope) for x in sx[2:]])

    def read_tup(self, sx, scope):
        require(len(sx) >= 2, "term: tup")
        return Term("tup", None, [self.build(x, scope) for x in sx[1:]])

    def read_get(self, sx, scope):
        require(len(sx) == 3, "term: get")
        return Term("get", self.natural(sx[1]), [self.build(sx[2], scope)])


def permutation(words):
    require(all(isinstance(w, str) and is_integer(w) and len(w) < 4 for w in words),
            "term: not a permutation")
    order = tuple(int(w) for w in words)
    require(sorted(order) == list(range(len(order))), "term: not a permutation")
    return order
