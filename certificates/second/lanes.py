"""Lanes (FORMAT.md, section 15): what `place` may say, and the final term marked by it.

Idea: the claims read the final term. Where lanes change what they count, its nodes
get heads of their own, and each claim says what it does with them:
  lanes   a lane binder (a gen)                  private  a let below one; attr: its lanes
  blend   an if, both branches of which are evaluated
  both    an `and` or `or` of which neither operand decides; attr: the word
Everything that has no lowering there is refused while the term is marked.
How it may be wrong: a node that is taken to be the same in all lanes and is not.
"""
import terms
from program import leaves
from refusal import require
from strict_json import arr, identifier, obj, string
from terms import binds
from typecheck import INDEX, RULES, Arr, inner_env, of_gen, of_if, of_let, of_logic, type_of

VECTORS, POINTS, UNROLLED = 8, 32, (2, 16)

for word, other in (("lanes", "gen"), ("private", "let")):
    terms.BINDS[word] = terms.BINDS[other]
terms.BOUNDED["lanes"] = terms.BOUNDED["gen"]
RULES.update({"lanes": of_gen, "private": of_let, "blend": of_if, "both": of_logic})
SAFE_SUMS = ("+", "-")


class Place:
    """The names of `place`; {} for a portable kernel."""

    def __init__(self, given, portable):
        self.lanes, self.unroll, self.turned = set(), {}, set()
        if portable:
            require(given == {}, "place: the target is portable")
            return
        obj(given, ("lanes", "unroll", "turned"), "place")
        listed = [identifier_of(n) for n in arr(given["lanes"], "place")]
        pairs = [arr(pair, "place", 2) for pair in arr(given["unroll"], "place")]
        turned = [identifier_of(n) for n in arr(given["turned"], "place")]
        for name, number in pairs:
            text = string(number, "place")
            require(text.isascii() and text.isdigit() and text == str(int(text)) and
                    UNROLLED[0] <= int(text) <= UNROLLED[1], "place: unroll")
            self.unroll[identifier_of(name)] = int(text)
        names = listed + list(self.unroll) + turned
        require(len(set(names)) == len(listed) + len(pairs) + len(turned), "place: a name twice")
        self.lanes, self.turned = set(listed), set(turned)

    def check_names(self, term):
        """Every name is that of binders of its kind, and of one at least."""
        found = set()

        def visit(node):
            for number, name in enumerate(node.names):
                if name in self.lanes or name in self.unroll:
                    require(node.head == "gen", "place: %s is no gen" % name)
                elif name in self.turned:
                    require(node.head == "let" and number == 0, "place: %s is no let" % name)
                else:
                    continue
                found.add(name)
            for kid in node.kids:
                visit(kid)
        visit(term)
        require(found == self.lanes | set(self.unroll) | self.turned, "place: a name of nothing")


def identifier_of(value):
    return identifier(value, "place") or value


def free_levels(term, depth, known):
    """Levels of the variables that the term mentions; `known` remembers indices by key."""
    return {depth - 1 - index for index in free(term, known)}


def free(term, known):
    found = known.get(term.key)
    if found is None:
        if term.head == "var":
            found = frozenset((term.attr,))
        else:
            found = frozenset(index - binds(term.head, n) for n, kid in enumerate(term.kids)
                              for index in free(kid, known) if index >= binds(term.head, n))
        known[term.key] = found
    return found


class Marker:
    """One walk over the final term; kinds: what the variable of each level is."""

    def __init__(self, place, width):
        self.place, self.width = place, width
        self.kinds, self.known = [], {}
        self.lane = self.lanes = self.unrolled = self.count = None

    # Uniform and blended.

    def levels(self, term):
        return free_levels(term, len(self.kinds), self.known)

    def uniform(self, term):
        varying = [level for level in self.levels(term) if self.kinds[level] in ("lane", "private")]
        return not varying and not terms.contains(term, ("let", "fold"))

    def numbered(self, term):
        return self.unrolled is not None and self.unrolled in self.levels(term)

    def blended(self, term):
        return not self.uniform(term) and (not self.uniform(term.kids[0])
                                           or self.numbered(term.kids[0]))

    def same_everywhere(self, term, what):
        require(self.uniform(term) and not self.numbered(term), "lanes: " + what)

    # Outside of lanes: every child, with what its variables are.

    def outside(self, term, env, target="plain"):
        head = term.head
        if head == "gen" and term.names[0] in self.place.lanes:
            return self.lane_binder(term, env, target)
        require(not (head == "gen" and term.names[0] in self.place.unroll),
                "lanes: an unrolled loop outside of lanes")
        kids = []
        for number, kid in enumerate(term.kids):
            count = binds(head, number)
            self.kinds += self.variables(term, env, target) if count else []
            kids.append(self.outside(kid, inner_env(term, number, env),
                                     self.below(term, number, env, target)))
            if count:
                del self.kinds[-count:]
        return term.with_kids(kids)

    def variables(self, term, env, target):
        if term.head in ("let", "letslow"):
            slow = "slow" if term.head == "letslow" else "plain"
            return ["turned" if term.names[0] in self.place.turned else slow]
        return ["index", target] if term.head == "fold" else ["index"]

    def below(self, term, number, env, target):
        """What the value of a child is written to."""
        if term.head in ("let", "letslow") and number == 0:
            if term.names[0] in self.place.turned:
                self.check_turned(type_of(term.kids[0], env))
                return "turned"
            return "slow" if term.head == "letslow" else "plain"
        written = {"let": 1, "letslow": 1, "fold": (1, 2), "if": (1, 2)}.get(term.head, ())
        return target if number in (written if isinstance(written, tuple) else (written,)) else "plain"

    def check_turned(self, found):
        require(isinstance(found, Arr), "lanes: a turned variable is an array")
        firsts = set()
        for shape in leaves(found):
            require(shape and shape[0].term.head == "int", "lanes: the first extent of a turned leaf")
            firsts.add(shape[0].term.attr)
        require(len(firsts) == 1 and min(firsts) > 0 and min(firsts) % self.width == 0,
                "lanes: the first extent of a turned variable")

    def lane_binder(self, term, env, target):
        bound = term.kids[0]
        require(bound.head == "int" and bound.attr > 0 and bound.attr % self.width == 0
                and bound.attr // self.width <= VECTORS, "lanes: the bound of a lane binder")
        require(target == "turned", "lanes: what a lane binder writes is turned")
        require(not terms.contains(term.kids[1], ("letslow", "pargen", "parfor", "any")),
                "lanes: a task or `any` below a lane binder")
        self.lane, self.lanes, self.count = len(self.kinds), bound.attr, bound.attr // self.width
        self.kinds.append("lane")
        body = self.into(term.kids[1], inner_env(term, 1, env))
        self.kinds.pop()
        self.lane = self.lanes = self.count = None
        return terms.Term("lanes", term.attr, (bound, body), term.names)

    # Below a lane binder.

    def bound(self, kind, body, *arguments):
        """The body under one more variable."""
        self.kinds += kind
        result = body(*arguments)
        del self.kinds[-len(kind):]
        return result

    def into(self, term, env):
        head = term.head
        if head == "gen":
            require(term.names[0] not in self.place.lanes, "lanes: lanes below lanes")
            self.same_everywhere(term.kids[0], "the bound of a gen")
            inner = inner_env(term, 1, env)
            if term.names[0] in self.place.unroll:
                return self.unrolled_loop(term, inner)
            return term.with_kids((term.kids[0], self.bound(["index"], self.into, term.kids[1], inner)))
        if head == "fold":
            self.same_everywhere(term.kids[0], "the bound of a fold")
            init = self.into(term.kids[1], env)
            step = self.bound(["index", "private"], self.into, term.kids[2], inner_env(term, 2, env))
            return term.with_kids((term.kids[0], init, step))
        if head == "let":
            value = self.into(term.kids[0], env)
            body = self.bound(["private"], self.into, term.kids[1], inner_env(term, 1, env))
            return terms.Term("private", self.lanes, (value, body), term.names)
        if head == "tup":
            return term.with_kids(self.into(kid, env) for kid in term.kids)
        found = type_of(term, env)
        if head == "if" and not self.blended(term):
            return term.with_kids((term.kids[0],) + tuple(self.into(kid, env) for kid in term.kids[1:]))
        if head in ("psi", "get", "var") and not scalar(found):
            return term     # a branch that names its destination; `sites` checks that it does
        require(scalar(found), "lanes: an array or a tuple that cannot be written in lanes")
        return self.value(term, env)

    def unrolled_loop(self, term, inner):
        number = self.place.unroll[term.names[0]]
        require(self.unrolled is None and number * self.count <= POINTS, "lanes: an unrolled loop")
        body = term.kids[1]
        require(scalar(type_of(body, inner)) and not terms.contains(body, ("let", "fold")),
                "lanes: an unrolled loop computes scalars")
        self.unrolled = len(self.kinds)
        result = term.with_kids((term.kids[0], self.bound(["index"], self.unrolled_body, body, inner)))
        self.unrolled = None
        return result

    def unrolled_body(self, body, inner):
        self.own_words(body)
        return self.value(body, inner)

    def own_words(self, term):
        """Every word of slow memory below an unrolled loop is one of its own for each number."""
        slow = term.head == "mem" or (is_access(term) and self.kinds[self.root(term)] == "slow")
        require(not slow or self.unrolled in self.levels(term),
                "lanes: a read below an unrolled loop that does not mention it")
        if term.head in ("mem", "psi", "get"):
            for kid in term.kids:
                if not is_access(kid):
                    self.own_words(kid)
            return
        for number, kid in enumerate(term.kids):
            self.kinds += ["index"] * binds(term.head, number)
            self.own_words(kid)
            del self.kinds[len(self.kinds) - binds(term.head, number):]

    def root(self, term):
        while term.head in ("psi", "get"):
            term = term.kids[-1]
        return len(self.kinds) - 1 - term.attr

    def value(self, term, env):
        """A scalar, for all lanes."""
        if self.uniform(term):
            return term
        head = term.head
        if is_access(term):
            self.access(term)
            return term
        if head == "red":
            require(term.attr != "osm", "lanes: red osm")
            self.same_everywhere(term.kids[0], "the bound of a red")
            self.kinds.append("index")
            self.same_everywhere(term.kids[1], "the guard of a red")
            body = self.value(term.kids[2], inner_env(term, 2, env))
            self.kinds.pop()
            return term.with_kids((term.kids[0], term.kids[1], body))
        if head == "if":
            kids = tuple(self.value(kid, env) for kid in term.kids[1:])
            if not self.blended(term):
                return term.with_kids((term.kids[0],) + kids)
            return terms.Term("blend", None, (self.truth(term.kids[0], env),) + kids)
        require(head not in ("mem", "let", "fold", "real", "psi", "get", "gen", "tup"),
                "lanes: %s differs from lane to lane" % head)
        return term.with_kids(self.value(kid, env) for kid in term.kids)

    def truth(self, term, env):
        if self.uniform(term):
            return term
        if term.head in ("<", "<="):
            self.comparison(term)
            return term
        if term.head == "iszero":
            return term.with_kids([self.value(term.kids[0], env)])
        require(term.head in ("and", "or", "not"), "lanes: condition " + term.head)
        kids = [self.truth(kid, env) for kid in term.kids]
        if term.head == "not" or self.uniform(term.kids[0]):
            return term.with_kids(kids)
        return terms.Term("both", term.head, kids)

    def comparison(self, term):
        require(not terms.contains(term, ("mem",)), "lanes: a comparison that reads an input")
        sides = [kid for kid in term.kids if self.lane in self.levels(kid)]
        require(len(sides) == 1 and self.in_sum(sides[0]), "lanes: a comparison")
        require(all(self.kinds[level] != "private" for level in self.levels(term)),
                "lanes: a comparison of what is private")

    def in_sum(self, term):
        """The lane variable once, below + and the left of -."""
        if term.head == "var":
            return True
        if term.head not in SAFE_SUMS:
            return False
        with_lane = [self.lane in self.levels(kid) for kid in term.kids]
        return with_lane.count(True) == 1 and self.in_sum(term.kids[with_lane.index(True)]) and (
            term.head == "+" or with_lane[0])

    def access(self, term):
        """The lane variable first in what is turned, in no index of what is private."""
        indices = []
        root = term
        while root.head in ("psi", "get"):
            if root.head == "psi":
                indices = list(root.kids[:-1]) + indices
            root = root.kids[-1]
        kind = self.kinds[self.root(term)]
        require(kind in ("turned", "private"), "lanes: an access that is neither turned nor private")
        if kind == "turned":
            require(indices and indices[0].head == "var" and
                    len(self.kinds) - 1 - indices[0].attr == self.lane,
                    "lanes: the first index of what is turned")
            indices = indices[1:]
        for index in indices:
            require(self.uniform(index) and not terms.contains(index, ("mem",)),
                    "lanes: an index that differs from lane to lane, or is read")


def scalar(found):
    return isinstance(found, Arr) and found.elem == "real" and not found.shape


def is_access(term):
    while term.head in ("psi", "get"):
        term = term.kids[-1]
    return term.head == "var"


def marked(final, env, place, width):
    """The final term with the heads above; itself where there are no lanes."""
    if not place.lanes:
        require(not place.unroll and not place.turned, "place: no lanes")
        return final
    place.check_names(final)
    return Marker(place, width).outside(final, env)
