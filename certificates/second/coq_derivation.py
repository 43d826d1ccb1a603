"""The derivation of a certificate as Coq text with one theorem: the program refines the spec.

Idea: the spec is read and the steps are replayed by the second checker (replay.py); the first and the
last term become definitions over spec/coq/MoA.v, and each step one application of the rule's theorem
inside of the operators that enclose its position (spec/coq/Derivation.v). Consecutive steps below one
node share their way down. What a rule asks of its variables is left to Coq's tactics: no shape, no
context and no side condition is taken from the certificate.
How it may be wrong: the two terms are what a reader of the file has to believe, so a term that is
printed as another one would make the theorem be about something else; proofs that do not fit are
refused by Coq. Not written: `use`, arrays of integers that are selected partially, `iszero` outside of
an `if`.
"""
import os
import re

import replay
import strict_json
import terms
from certificate import Audit
from reader import Builder

UNARY = {"neg": "Neg", "exp": "Exp", "exp2": "Exp2", "log": "Log", "sqrt": "Sqrt", "tanh": "Tanh"}
BINARY = {"+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "max": "Max", "min": "Min", "expsub": "Expsub"}
REDUCTIONS = {"add": "RAdd", "mul": "RMul", "max": "RMax", "min": "RMin"}
INDEX = {"+": "+", "-": "-", "*": "*", "div": "/", "mod": "mod"}
COMPARE = {"<": "<?", "<=": "<=?", "==": "=?"}
PROP = {"<": "<", "<=": "<=", "==": "=", "!=": "<>"}
# Rules whose two sides mean the same by definition have lemmas without premises (Derivation.v); where a
# value is placed does not even show in a term.
BY_DEFINITION = {"let_inline", "let_inline_stmt", "put_let", "psi_let", "for_let", "when_let"}
PLACES = {"place_parallel", "place_parallel_gen", "place_slow"}
WORDS = set("share put psi mem gen red reduce states add_pairs fold for_ when input real rat bottom omega inner outer "
            "scalar take drop rot rev_ cat tran reshape iota redf map1 map2 ifzero any osmerge num arr state shp list "
            "fun forall exists if then else let in match with end as return Type Prop Set first last derived at by "
            "using where cofix fix for".split())
NUM = "num"


class Unsupported(Exception):
    """A certificate that this program does not write."""


def fresh(name, depth):
    return "%s_%d" % (name, depth)


def plain(name):
    return name + "_" if name in WORDS or re.search(r"_\d+$", name) else name


# ---- Sorts: what a term is, without shapes ----
class Sorts:
    """Z, bool, stmt, num (an array of reals), int (of integers) or a tuple of sorts."""
    def __init__(self, declared):
        self.ranks = {n: len(t.shape) for n, t in declared.inputs.items()}
        self.elems = {n: t.elem for n, t in declared.inputs.items()}

    def of(self, term, scope):
        head = term.head
        if head in ("int", "dim", "free", "div", "mod"):
            return "Z"
        if head == "var":
            return scope[-1 - term.attr][1]
        if head == "in":
            return NUM if self.elems[term.attr] == "real" else "int"
        if head in ("true", "<", "<=", "==", "!=", "and", "or", "not", "any", "iszero"):
            return "bool"
        if head in ("put", "for", "parfor", "when"):
            return "stmt"
        if head in ("psi", "mem"):
            base = term.kids[0 if head == "mem" else -1]
            found = self.of(base, scope)
            if found != "int":
                return found
            if base.head != "in" or len(term.kids) - 1 != self.ranks[base.attr]:
                raise Unsupported("an array of integers that is selected partially")
            return "Z"
        if head == "tup":
            return tuple(self.of(k, scope) for k in term.kids)
        if head == "get":
            return self.of(term.kids[0], scope)[term.attr]
        if head in ("+", "-", "*"):
            return "Z" if self.of(term.kids[0], scope) == "Z" and self.of(term.kids[1], scope) == "Z" else NUM
        which = {"if": 1, "red": 2, "gen": 1, "pargen": 1, "fold": 1, "let": 1, "letslow": 1, "tran": 0, "take": 1,
                 "drop": 1, "rot": 1, "cat": 0, "rev": 0, "reshape": -1, "osmerge": 0, "omega": 0, "omega2": 0}
        if head in which:
            number = which[head] % len(term.kids)
            return self.of(term.kids[number], self.inner(term, number, scope))
        return NUM

    def inner(self, term, number, scope):
        """The scope of a child: (name, sort) for each binder around it, outermost first."""
        count = terms.binds(term.head, number)
        if not count:
            return scope
        if term.head == "fold":
            sorts = ["Z", self.of(term.kids[1], scope)]
        elif term.head in ("let", "letslow"):
            sorts = [self.of(term.kids[0], scope)]
        elif term.head in ("omega", "omega2"):
            sorts = [self.of(k, scope) for k in term.kids[1:]]
        else:
            sorts = ["Z"]
        for name, sort in zip(term.names[-count:], sorts):
            scope = scope + ((fresh(name, len(scope)), sort),)
        return scope


def coq_type(sort):
    if sort in ("Z", "bool", "stmt"):
        return sort
    return "arr %s" % elem(sort)


def elem(sort):
    return sort if sort == NUM else "(%s)" % " * ".join("arr %s" % elem(s) for s in sort)


# ---- Terms as text ----
class Printer:
    def __init__(self, declared):
        self.sorts = Sorts(declared)

    def text(self, term, scope):
        head = term.head
        method = getattr(self, "text_" + head, None) if head.isalnum() else None
        if method:
            return method(term, scope)
        kids = [self.text(k, scope) for k in term.kids] if not terms.binds(head, len(term.kids) - 1) else []
        if head in UNARY:
            return "(map1 %s %s)" % (UNARY[head], kids[0])
        if head in INDEX and self.sorts.of(term, scope) == "Z":
            return "(%s %s %s)" % (kids[0], INDEX[head], kids[1])
        if head in BINARY:
            return "(map2 %s %s %s)" % (BINARY[head], kids[0], kids[1])
        if head in COMPARE:
            return "(%s %s %s)" % (kids[0], COMPARE[head], kids[1])
        if head == "!=":
            return "(negb (%s =? %s))" % tuple(kids)
        names = {"and": "andb", "or": "orb", "not": "negb", "take": "take", "drop": "drop", "rot": "rot", "cat": "cat",
                 "rev": "rev_", "osmerge": "osmerge", "iota": "iota", "real": "real", "when": "when"}
        if head not in names:
            raise Unsupported("the word " + head)
        return "(%s %s)" % (names[head], " ".join(kids))

    def function(self, term, number, scope):
        inner = self.sorts.inner(term, number, scope)
        binders = " ".join("(%s : %s)" % (n, coq_type(s)) for n, s in inner[len(scope):])
        return "(fun %s => %s)" % (binders, self.text(term.kids[number], inner))

    def text_int(self, term, scope):
        return "%d" % term.attr if term.attr >= 0 else "(%d)" % term.attr

    def text_var(self, term, scope):
        return scope[-1 - term.attr][0]

    def text_dim(self, term, scope):
        return plain(term.attr)

    def text_in(self, term, scope):
        if self.sorts.elems[term.attr] != "real":
            raise Unsupported("an array of integers as a value")
        return "(input %s)" % plain(term.attr)

    def text_true(self, term, scope):
        return "true"

    def text_bottom(self, term, scope):
        return "bottom"

    def text_rat(self, term, scope):
        return "(rat (%d) %d)" % term.attr

    def indices(self, kids, scope):
        return "[%s]" % "; ".join(self.text(k, scope) for k in kids)

    def text_mem(self, term, scope):
        name = plain(term.kids[0].attr)
        if self.sorts.elems[term.kids[0].attr] != "real":
            return "(%s %s)" % (name, self.indices(term.kids[1:], scope))
        return "(mem %s %s)" % (name, self.indices(term.kids[1:], scope))

    def text_psi(self, term, scope):
        base = term.kids[-1]
        if self.sorts.of(base, scope) == "int":
            self.sorts.of(term, scope)
            return "(%s %s)" % (plain(base.attr), self.indices(term.kids[:-1], scope))
        return "(psi %s %s)" % (self.indices(term.kids[:-1], scope), self.text(base, scope))

    def text_put(self, term, scope):
        return "(put %s %s)" % (self.indices(term.kids[:-1], scope), self.text(term.kids[-1], scope))

    def text_reshape(self, term, scope):
        return "(reshape %s %s)" % (self.indices(term.kids[:-1], scope), self.text(term.kids[-1], scope))

    def text_tran(self, term, scope):
        return "(tran [%s]%%nat %s)" % ("; ".join(map(str, term.attr)), self.text(term.kids[0], scope))

    def text_gen(self, term, scope):
        word = "for_" if term.head in ("for", "parfor") else "gen"
        return "(%s %s %s)" % (word, self.text(term.kids[0], scope), self.function(term, 1, scope))

    text_pargen = text_for = text_parfor = text_gen

    def text_any(self, term, scope):
        return "(any %s %s)" % (self.text(term.kids[0], scope), self.function(term, 1, scope))

    def reduction(self, term, scope):
        if term.attr == "osm":
            return "states"
        sort = self.sorts.of(term, scope)
        if sort == NUM:
            return "(reduce %s)" % REDUCTIONS[term.attr]
        if sort == (NUM, NUM):
            return "add_pairs"
        raise Unsupported("a sum of tuples that are no pairs")

    def text_red(self, term, scope):
        return "(red %s %s %s %s)" % (self.reduction(term, scope), self.text(term.kids[0], scope),
                                      self.function(term, 1, scope), self.function(term, 2, scope))

    def text_redf(self, term, scope):
        return "(redf %s %s)" % (REDUCTIONS[term.attr], self.text(term.kids[0], scope))

    def text_inner(self, term, scope):
        return "(inner %s %s %s %s)" % (REDUCTIONS[term.attr[0]], BINARY[term.attr[1]],
                                        self.text(term.kids[0], scope), self.text(term.kids[1], scope))

    def text_outer(self, term, scope):
        return "(outer %s %s %s)" % (BINARY[term.attr], self.text(term.kids[0], scope), self.text(term.kids[1], scope))

    def text_omega(self, term, scope):
        return "(omega %d %s %s)" % (term.attr, self.function(term, 0, scope), self.text(term.kids[1], scope))

    def text_omega2(self, term, scope):
        return "(omega2 %d %d %s %s %s)" % (term.attr + (self.function(term, 0, scope), self.text(term.kids[1], scope),
                                                         self.text(term.kids[2], scope)))

    def text_let(self, term, scope):
        return "(share %s %s)" % (self.text(term.kids[0], scope), self.function(term, 1, scope))

    text_letslow = text_let

    def text_fold(self, term, scope):
        return "(fold %s %s %s)" % (self.text(term.kids[0], scope), self.text(term.kids[1], scope),
                                    self.function(term, 2, scope))

    def text_tup(self, term, scope):
        if len(term.kids) not in (2, 3):
            raise Unsupported("a tuple of %d" % len(term.kids))
        return "(tup%d %s)" % (len(term.kids), " ".join(self.text(k, scope) for k in term.kids))

    def text_get(self, term, scope):
        return "(get%d_%d %s)" % (len(self.sorts.of(term.kids[0], scope)), term.attr, self.text(term.kids[0], scope))

    def text_if(self, term, scope):
        yes, no = (self.text(k, scope) for k in term.kids[1:])
        if term.kids[0].head == "iszero":
            return "(ifzero %s %s %s)" % (self.text(term.kids[0].kids[0], scope), yes, no)
        return "(if %s then %s else %s)" % (self.text(term.kids[0], scope), yes, no)

    def text_iszero(self, term, scope):
        raise Unsupported("iszero outside of an if")


# ---- Steps ----
class Recorder(Builder):
    """Notes what a rule's variables are applied to."""
    def applied(self, name, arguments, scope):
        result = super().applied(name, arguments, scope)
        self.used = getattr(self, "used", {})
        self.used[id(result)] = (name, [self.build(x, scope) for x in arguments])
        return result


class Steps:
    """The steps of a certificate with the terms before and after them."""
    def __init__(self, audit):
        self.audit = audit
        self.printer = Printer(audit.declared)
        self.sorts = self.printer.sorts
        self.replay = replay.Replay(audit.declared, audit.theory, audit.rules)
        self.root = replay.Place(audit.env, audit.theory.base)

    def all(self):
        term = replay.first_term(self.audit.core)
        steps = []
        for step in self.audit.cert["steps"]:
            after, _ = self.replay.step(term, step, self.root)
            steps.append(self.described(term, after, step))
            term = after
        return replay.first_term(self.audit.core), steps, term

    def described(self, term, after, step):
        """(position, rule, direction, arguments, new subterm)"""
        position = tuple(step["at"])
        place, names, _ = self.replay.locate(term, position, self.root)
        scope = ()
        for number in position:
            scope = self.sorts.inner(term, number, scope)
            term = term.kids[number]
        rule = self.audit.rules[step["rule"]]
        sub = self.replay.substitution(rule, step["sub"], names, place)
        shape_of = self.replay.shape_reader(sub, place)
        parameters = {}
        for side in (rule.lhs, rule.rhs):
            builder = Recorder({}, sub, None, shape_of)
            builder.used = {}
            self.find(builder.build(side), scope, builder.used, parameters)
        args = [self.argument(rule, name, sub[name], parameters.get(name), scope) for name in rule.kinds]
        return position, self.variant(rule, sub, parameters, scope), step["dir"], args, terms.subterm(after, position)

    def find(self, term, scope, used, found):
        if id(term) in used:
            name, arguments = used[id(term)]
            found.setdefault(name, [self.sorts.of(a, scope) for a in arguments])
            return
        for number, kid in enumerate(term.kids):
            self.find(kid, self.sorts.inner(term, number, scope), used, found)

    def variant(self, rule, sub, parameters, scope):
        """The rule's name in Coq: reductions of pairs and of states have theorems of their own."""
        name = rule.name.replace("-", "_")
        redops = [v for v, k in rule.kinds.items() if k == "redop"]
        if rule.name in ("reduce-split", "reduce-split-even", "reduce-whole", "psi-red-body"):
            if sub[redops[0]][1] == "osm":
                return name + "_states"
            arity, body = sub["?x"][1]
            if self.sorts.of(body, scope + (("j", "Z"),) * arity) != NUM:
                return name + "_pairs"
        return name

    def argument(self, rule, name, value, parameters, scope):
        """(kind, text) of what a rule variable stands for."""
        kind, (sort, found) = rule.kinds[name], value
        if sort == "term":
            arity, body = found
            if arity == 0:
                if body.head == "in" and ["input", name] in rule.conditions:
                    return kind, plain(body.attr)
                return kind, self.printer.text(body, scope)
            inner = scope
            for number in range(arity):
                inner = inner + (("a%d_%d" % (number, len(inner)), parameters[number]),)
            binders = " ".join("(%s : %s)" % (n, coq_type(s)) for n, s in inner[len(scope):])
            return kind, "(fun %s => %s)" % (binders, self.printer.text(body, inner))
        if sort == "seq":
            return kind, self.printer.indices(found, scope)
        if sort == "perm":
            return kind, "[%s]%%nat" % "; ".join(map(str, found))
        if sort == "nat":
            return kind, "%d%%nat" % found
        if sort == "op":
            unary = any(isinstance(side, list) and self.is_unary(side, name) for side in (rule.lhs, rule.rhs))
            return kind, (UNARY if unary else BINARY)[found]
        return kind, REDUCTIONS.get(found, found)

    def is_unary(self, form, name):
        if not isinstance(form, list):
            return False
        if form[:2] == ["op", name]:
            return len(form) == 3
        return any(self.is_unary(f, name) for f in form)


# ---- Proofs ----
TRANS = {"value": "vle_trans", "stmt": "sle_trans", "bool": "same_trans"}
REFL = {"value": "vle_refl", "stmt": "sle_refl", "bool": "same_refl"}


def relation(sort):
    return sort if sort in ("stmt", "bool") else "value"


class Proof:
    """Tactics that lead from a term to what a run of steps makes of it."""
    def __init__(self, steps, signatures):
        self.printer, self.sorts = steps.printer, steps.sorts
        self.signatures = signatures
        self.lines = []

    def emit(self, depth, text):
        self.lines.append("  " * depth + text)

    def run(self, term, steps, scope, depth):
        """Proves `term R ?`, one step or one group of steps below a child after the other."""
        kind = relation(self.sorts.of(term, scope))
        at = 0
        while at < len(steps):
            position = steps[at][0]
            if not position:
                term = self.step(steps[at], kind, scope, depth)
                at += 1
                continue
            end = at
            while end < len(steps) and steps[end][0] and steps[end][0][0] == position[0]:
                end += 1
            group = [(s[0][1:],) + s[1:] for s in steps[at:end]]
            last = end == len(steps)
            if not last:
                self.emit(depth, "eapply %s. {" % TRANS[kind])
            term = self.inside(term, position[0], group, scope, depth + (not last))
            if last:
                return term
            self.emit(depth, "}")
            at = end
        self.emit(depth, "apply %s." % REFL[kind])
        return term

    def step(self, step, kind, scope, depth):
        _, rule, direction, args, new = step
        if rule in PLACES:
            return new
        text = self.printer.text(new, scope)
        theorem = "%s_%s" % (rule, direction)
        types, names, premises = self.signatures[theorem]
        if rule in BY_DEFINITION:
            theorem, types, premises = "def_" + theorem, 0, 0
        if len(names) != len(args):
            args = [a for a in args if a[0] != "redop"]
        self.emit(depth, "refine (%s _ (%s) _ (%s%s) _)%s." % (
            TRANS[kind], text, theorem, " _" * (2 * types) + "".join(" " + a for _, a in args) + " _" * premises,
            "; [%s|]" % "|".join(["premise"] * premises) if premises else ""))
        return new

    def inside(self, term, number, steps, scope, depth):
        """Below child `number` of the term."""
        if term.head == "if" and number == 0 and term.kids[0].head == "iszero":
            return self.inside_iszero(term, steps, scope, depth)
        inner = self.sorts.inner(term, number, scope)
        opening, closing = self.way(term, number, scope, inner)
        for line in opening:
            self.emit(depth, line)
        if closing:
            self.emit(depth, "{")
        kid = self.run(term.kids[number], steps, inner, depth + bool(closing))
        if closing:
            self.emit(depth, "}")
        for line in closing:
            self.emit(depth, line)
        return term.with_kids(term.kids[:number] + (kid,) + term.kids[number + 1:])

    def inside_iszero(self, term, steps, scope, depth):
        """`iszero` is no term of its own: (if (iszero z) x y) is `ifzero z x y`."""
        if any(not s[0] for s in steps):
            raise Unsupported("a step at iszero")
        self.emit(depth, "eapply ifzero_le; [ |apply vle_refl|apply vle_refl].")
        zero = self.run(term.kids[0].kids[0], [(s[0][1:],) + s[1:] for s in steps], scope, depth)
        return term.with_kids((term.kids[0].with_kids((zero,)),) + term.kids[1:])

    def way(self, term, number, scope, inner):
        """The lemma for a child: tactics that leave one goal, and those for what comes after it."""
        names = [n for n, _ in inner[len(scope):]]
        head = term.head
        stmt = self.sorts.of(term, scope) == "stmt"
        if head in ("psi", "put", "map1", "redf", "tran", "rev", "reshape", "get") or head in UNARY:
            lemma = {"psi": "psi_le", "put": "put_le", "redf": "redf_le", "tran": "tran_le", "rev": "rev_le",
                     "reshape": "reshape_le"}.get(head, "map1_le")
            if head == "get":
                lemma = "get%d_%d_le" % (len(self.sorts.of(term.kids[0], scope)), term.attr)
            return ["eapply %s." % lemma], []
        if head in ("take", "drop", "rot"):
            return ["eapply %s_le." % head], []
        if head in BINARY or head in ("inner", "outer", "cat", "osmerge", "tup"):
            lemma = {"inner": "inner_le", "outer": "outer_le", "cat": "cat_le", "osmerge": "osmerge_le",
                     "tup": "tup%d_le" % len(term.kids)}.get(head, "map2_le")
            return ["eapply %s; %s." % (lemma, self.others(len(term.kids), number))], []
        if head in ("for", "parfor"):
            return ["eapply for_le; intros %s H%s; cbv beta." % (names[0], names[0])], []
        if head in ("gen", "pargen"):
            return ["eapply in_gen; [intros %s H%s; cbv beta| | |]." % (names[0], names[0])], \
                ["{ shape. }", "{ shape. }", "same_shape_."]
        if head == "red":
            return self.way_red(term, number, scope, names)
        if head in ("let", "letslow"):
            suffix = "_stmt" if stmt else ""
            if number == 0:
                return ["eapply in_shared%s." % suffix], ["intros; grows."]
            return ["eapply (in_share%s _ _ _ %s); [%s|intros %s H%s; cbv beta in *]." % (
                (suffix,) + self.typing(inner[-1][1]) + (names[0], names[0]))], []
        if head == "fold":
            return self.way_fold(number, inner, names)
        if head == "if":
            return self.way_if(term, number)
        if head == "when":
            return (["eapply in_when_guard."] if number == 0
                    else ["eapply in_when; let G := fresh \"G\" in intros G; plain_in G."]), []
        if head == "any" and number == 1:
            return ["eapply in_any; intros %s H%s; cbv beta." % (names[0], names[0])], []
        raise Unsupported("a step in child %d of %s" % (number, head))

    @staticmethod
    def others(count, number):
        return "[%s]" % "|".join(" " if k == number else "apply vle_refl" for k in range(count))

    @staticmethod
    def typing(sort):
        """(predicate with holes, tactic) for a value of this sort."""
        if sort == NUM:
            return "(fun x => shp x = Some _)", "shape"
        return ("(pairs_in _ _ _)" if len(sort) == 2 else "(states_in _ _)"), "typed"

    def way_red(self, term, number, scope, names):
        enter = "intros %s H%s" % (names[0], names[0])
        if number == 1:
            return ["eapply in_guard; %s; cbv beta." % enter], []
        enter += "; let G := fresh \"G\" in intros G; cbv beta in *; plain_in G"
        kind = self.printer.reduction(term, scope)
        if kind == "states":
            return ["eapply in_red_states; [%s| | |]." % enter], ["{ typed. }", "{ typed. }", "same_shape_."]
        if kind == "add_pairs":
            return ["eapply in_red_pairs; [%s| | | |]." % enter], ["{ typed. }", "{ typed. }", "{ same_shape_. }", "same_shape_."]
        return ["eapply in_red; [%s| | |]." % enter], ["{ shape. }", "{ shape. }", "same_shape_."]

    def way_fold(self, number, inner, names):
        if number == 1:
            return ["eapply in_fold_init."], ["intros; grows."]
        sort = inner[-1][1]
        kind = "num" if sort == NUM else "pairs" if len(sort) == 2 else "states"
        tactic = "shape" if kind == "num" else "typed"
        return ["eapply in_fold_%s; [%s|intros; %s|intros; grows|intros %s %s H%s H%s; cbv beta]." % (
            kind, tactic, tactic, names[0], names[1], names[0], names[1])], []

    @staticmethod
    def way_if(term, number):
        if term.kids[0].head == "iszero":
            return ["eapply ifzero_le; [apply vle_refl|%s]." % (" |apply vle_refl" if number == 1 else "apply vle_refl| ")], []
        if number == 0:
            return ["eapply in_if."], []
        return ["eapply in_%s; let G := fresh \"G\" in intros G; plain_in G." % ("then" if number == 1 else "else")], []


# ---- The file ----
def proposition(term, printer):
    """A condition over dimensions as a proposition."""
    if term.head == "true":
        return "True"
    if term.head in PROP:
        return "%s %s %s" % (printer.text(term.kids[0], ()), PROP[term.head], printer.text(term.kids[1], ()))
    if term.head in ("and", "or"):
        return "(%s) %s (%s)" % (proposition(term.kids[0], printer), "/\\" if term.head == "and" else "\\/",
                                 proposition(term.kids[1], printer))
    if term.head == "not":
        return "~ (%s)" % proposition(term.kids[0], printer)
    raise Unsupported("the condition " + term.head)


def signatures(root):
    """Name -> (element types, names of variables, premises) of each proposition of Rules.v."""
    with open(os.path.join(root, "spec", "coq", "Rules.v"), encoding="utf-8") as file:
        text = file.read()
    found = {}
    for name, body in re.findall(r"Definition (\w+) : Prop :=\n(.*?)\.\n(?=\n|Definition|\Z)", text, re.DOTALL):
        variables, *rest = body.split("\n")
        given = re.findall(r"\((\w+) : ", variables)
        types = variables.count(": Type)")
        found[name] = (types, given[2 * types:], sum(1 for line in rest if line.endswith("->")))
    return found


def export(root, data):
    audit = Audit(root)
    audit.cert = strict_json.read(data)
    audit.load()
    steps = Steps(audit)
    first, described, final = steps.all()
    printer, declared = steps.printer, audit.declared
    proof = Proof(steps, signatures(root))
    proof.run(first, described, (), 1)
    dims = " ".join(plain(d) for d in declared.dims)
    lines = ["(* The derivation of a certificate for %s, schedule %s. Written by coq_derivation.py. *)" % (
        declared.name, audit.cert["schedule"]["name"]),
        "From Coq Require Import ZArith List Bool Lia.", "Import ListNotations.",
        "Require Import MoAFacts AlgebraProofs PsiProofs LoopProofs Congruence ReductionProofs StateProofs SoftmaxProofs Derivation.",
        "Local Open Scope Z_scope.", "", "Section Certificate.", "Variables %s : Z." % dims]
    for d in declared.dims:
        lines.append("Hypothesis %s_range : 1 <= %s <= 16777216." % (d, plain(d)))
    for number, condition in enumerate(declared.requires):
        lines.append("Hypothesis require_%d : %s." % (number, proposition(condition, printer)))
    for name, found in declared.inputs.items():
        if found.elem == "real":
            lines.append("Variable %s : layout." % plain(name))
            lines.append("Hypothesis %s_shape : shp (input %s) = Some [%s]." % (
                name, plain(name), "; ".join(printer.text(e.term, ()) for e in found.shape)))
        else:
            lines.append("Variable %s : list Z -> Z." % plain(name))
    lines += ["", "Definition first : stmt := %s." % printer.text(first, ()), "",
              "Definition last : stmt := %s." % printer.text(final, ()), "",
              "Theorem derived : first <~ last.", "Proof.", "  unfold first, last."] + proof.lines + [
              "Qed.", "End Certificate.", ""]
    return "\n".join(lines)
