#!/usr/bin/env python3
"""Writes Rules.v: each row of spec/rules/*.rules as two Coq propositions, one for each direction.

usage: rules.py [--root ROOT] [--write]
Idea: a row says that one side may be replaced by the other. Over the meanings of MoA.v that is a
refinement: NAME_lr says that the right side refines the left one wherever the `prove` conditions
hold, NAME_rl the reverse where the `prove-rl` conditions hold, too. Rule variables become
quantified indices, arrays, guards and statements; a variable that is applied to arguments becomes
a function. This program prints the statements, Coq checks the proofs (*Proofs.v).
Types are inferred as in FORMAT.md, section 2: what a side requires of a variable to have a type
(rank 0, one shape for all indices of a binder, a state of a fold that keeps its shape) becomes a
premise, since the audit checks the type of the whole term after every step. So do two facts of
all terms: a larger operand gives a larger result, and shapes depend on shapes only.
Without --write: compares with the committed file.

May be wrong: in the printing of a term, or if a premise excludes a use that the audit accepts.
"""
import argparse
import glob
import itertools
import os
import re
import sys

from rows import read_forms

UNARY = {"neg": "Neg", "exp": "Exp", "exp2": "Exp2", "log": "Log", "sqrt": "Sqrt", "tanh": "Tanh"}
BINARY = {"+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "max": "Max", "min": "Min",
          "expsub": "Expsub"}
REDUCTIONS = {"add": "RAdd", "mul": "RMul", "max": "RMax", "min": "RMin"}
INDEX = {"+": "+", "-": "-", "*": "*", "div": "/", "mod": "mod"}
COMPARE = {"<": "<?", "<=": "<=?", "==": "=?"}
PROP = {"<": "<", "<=": "<=", "==": "="}
LOOPS = {"for": "for_", "parfor": "for_", "gen": "gen", "pargen": "gen"}
PLAIN = {"take": "take", "drop": "drop", "rot": "rot", "cat": "cat", "rev": "rev_"}


class RowError(Exception):
    """A row that this program cannot print."""


# ---- Types ----
class Unknown:
    """A type, rank or element that is not known yet; `is_` once it is."""
    def __init__(self):
        self.is_ = None


def find(t):
    while isinstance(t, Unknown) and t.is_ is not None:
        t = t.is_
    return t


class Rank:
    """A number of axes: `base` (an Unknown or None) plus `more`."""
    def __init__(self, base, more):
        self.base, self.more = base, more

    def known(self):
        base, more = self.base, self.more
        while base is not None and base.is_ is not None:
            base, more = base.is_.base, base.is_.more + more
        return Rank(base, more)


def any_rank():
    return Rank(Unknown(), 0)


def unify_rank(a, b):
    a, b = a.known(), b.known()
    if a.base is b.base:
        if a.more != b.more:
            raise RowError("ranks differ")
    elif a.base is not None:
        a.base.is_ = Rank(b.base, b.more - a.more)
    else:
        unify_rank(b, a)


def array(rank=None, elem=None):
    return ("arr", rank or any_rank(), elem or Unknown())


def tuple_of(*parts):
    return ("arr", Rank(None, 0), ("tup",) + parts)


def unify_elem(a, b):
    a, b = find(a), find(b)
    if a is b or a == b:
        return
    if isinstance(a, Unknown):
        a.is_ = b
    elif isinstance(b, Unknown):
        b.is_ = a
    elif a[0] == b[0] == "tup" and len(a) == len(b):
        for x, y in zip(a[1:], b[1:]):
            unify(x, y)
    else:
        raise RowError("element types differ: %s, %s" % (a, b))


def unify(a, b):
    a, b = find(a), find(b)
    if a is b:
        return
    if isinstance(a, Unknown):
        a.is_ = b
    elif isinstance(b, Unknown):
        b.is_ = a
    elif isinstance(a, tuple) and isinstance(b, tuple):
        unify_rank(a[1], b[1])
        unify_elem(a[2], b[2])
    elif a != b:
        raise RowError("types differ: %s, %s" % (a, b))


class Row:
    """One row: its parts, the types of its variables, and the text of its two propositions.

    mode: what a rule variable for a reduction stands for: "numbers", "pairs" or "states".
    """
    def __init__(self, form, mode):
        self.form, self.name, self.mode = form, form[1], mode
        self.doc = self.part("doc")[0][0]
        self.kinds = {v: k for k, *names in self.part("vars") for v in names}
        self.conditions = self.part("where") or []
        self.inputs = {c[1] for c in self.conditions if c[0] == "input"}
        self.arguments = {}  # variable -> types of its arguments
        self.types = {}      # variable -> its type, of the result if it is applied
        self.folds, self.branches, self.unravels = [], [], []  # what premises are about
        self.steps = set()   # variables that are steps of folds: they keep the shape of the state
        for v, kind in self.kinds.items():
            self.types[v] = {"index": "Z", "bool": "bool", "stmt": "stmt"}.get(kind)
            if kind == "value":
                self.types[v] = array(elem="num" if v in self.inputs else None)
        self.old, self.new = self.part("lhs")[0], self.part("rhs")[0]
        unify(self.infer(self.old, {}), self.infer(self.new, {}))
        for c in self.conditions:
            if c[0] in ("prove", "prove-rl"):
                self.infer(c[1], {})
        self.letters = ("E%d" % k for k in itertools.count(1))
        self.elem_names = {}

    def part(self, name):
        return next((p[1:] for p in self.form[2:] if p[0] == name), None)

    # -- inference --
    def number(self, form, scope):
        """An array of numbers; what is an index is refused."""
        t = self.infer(form, scope)
        fresh = array(elem="num")
        unify(t, fresh)
        return t

    def infer(self, form, scope):
        if isinstance(form, str):
            return self.infer_atom(form, scope)
        head = form[0]
        if isinstance(head, str) and head.startswith("?"):
            return self.infer_applied(form, scope)
        method = getattr(self, "infer_" + head, None)
        if method:
            return method(form, scope)
        if head in LOOPS or head == "fold":
            return self.infer_binder(form, scope)
        if head in PLAIN:
            return self.infer_plain(form, scope)
        if head in UNARY:
            return self.number(form[1], scope)
        if head in COMPARE or head in ("and", "or", "not"):
            for f in form[1:]:
                self.infer(f, scope)
            return "bool"
        if head in BINARY or head in INDEX:
            return self.infer_arithmetic(form, scope)
        raise RowError("unknown word %s" % head)

    def infer_atom(self, form, scope):
        if form in scope:
            return scope[form]
        if form.startswith("?"):
            return self.types[form]
        if re.fullmatch(r"\d+", form):
            return "Z"
        if form == "true":
            return "bool"
        if form == "bottom":
            return array(Rank(None, 0), "num")
        raise RowError("unknown name %s" % form)

    def infer_applied(self, form, scope):
        given = [self.infer(f, scope) for f in form[1:]]
        known = self.arguments.setdefault(form[0], given)
        for a, b in zip(known, given):
            unify(a, b)
        return self.types[form[0]]

    def infer_arithmetic(self, form, scope):
        left, right = self.infer(form[1], scope), self.infer(form[2], scope)
        if find(left) == "Z" and find(right) == "Z":
            return "Z"
        unify(left, array(elem="num"))
        unify(right, array(elem="num"))
        a, b = left[1].known(), right[1].known()
        if (a.base, a.more) == (b.base, b.more) or (b.base is None and b.more == 0):
            return left
        if a.base is None and a.more == 0:
            return right
        return array(elem="num")

    def infer_op(self, form, scope):
        for f in form[2:]:
            self.number(f, scope)
        return array(elem="num")

    def infer_vec(self, form, scope):
        for p in form[1:]:
            if self.splice(p) is None:
                unify(self.infer(p, scope), "Z")

    def infer_psi(self, form, scope):
        self.infer_vec(form[1], scope)
        t = self.infer(form[2], scope)
        exact = all(self.splice(p) is None for p in form[1][1:])
        rank = t[1].known()
        if exact:
            return ("arr", Rank(rank.base, rank.more - len(form[1][1:])), t[2])
        return array(elem=t[2])

    def infer_mem(self, form, scope):
        self.infer_vec(form[2], scope)
        return array(Rank(None, 0), "num")

    def infer_real(self, form, scope):
        unify(self.infer(form[1], scope), "Z")
        return array(Rank(None, 0), "num")

    def infer_iota(self, form, scope):
        unify(self.infer(form[1], scope), "Z")
        return array(Rank(None, 1), "num")

    def infer_tup(self, form, scope):
        return tuple_of(*[self.infer(f, scope) for f in form[1:]])

    def infer_get(self, form, scope):
        t = find(self.infer(form[2], scope))
        elem = find(t[2])
        if isinstance(elem, Unknown):  # only states are read without being made in the same side
            elem = ("tup",) + tuple(self.state()[2][1:])
            unify(t, ("arr", Rank(None, 0), elem))
        return elem[1 + int(form[1])]

    @staticmethod
    def state():
        return tuple_of(array(Rank(None, 0), "num"), array(Rank(None, 0), "num"), array(elem="num"))

    def infer_osmerge(self, form, scope):
        left, right = self.infer(form[1], scope), self.infer(form[2], scope)
        unify(left, self.state())
        unify(left, right)
        return left

    def infer_binder(self, form, scope):
        head, (name, bound) = form[0], form[1]
        unify(self.infer(bound, scope), "Z")
        inner = dict(scope)
        inner[name] = "Z"
        if head == "fold":
            init = self.infer(form[3], scope)
            inner[form[2][0]] = init
            unify(init, self.infer(form[4], inner))
            return init
        t = self.infer(form[2], inner)
        if head in ("for", "parfor"):
            return "stmt"
        rank = t[1].known()
        return ("arr", Rank(rank.base, rank.more + 1), t[2])

    def infer_red(self, form, scope):
        inner = dict(scope)
        inner[form[2][0]] = "Z"
        self.infer(form[3], inner)
        t = self.infer(form[4], inner)
        elem = find(t[2])
        if form[1] == "osm":
            unify(t, self.state())
        elif form[1].startswith("?"):
            wanted = {"numbers": array(elem="num"), "states": self.state(),
                      "pairs": tuple_of(array(elem="num"), array(elem="num"))}[self.mode]
            unify(t, wanted)
        elif isinstance(elem, tuple):
            unify(t, tuple_of(array(elem="num"), array(elem="num")))
        else:
            unify(t, array(elem="num"))
        return t

    def infer_any(self, form, scope):
        inner = dict(scope)
        inner[form[1][0]] = "Z"
        self.infer(form[2], inner)
        return "bool"

    def infer_iszero(self, form, scope):
        unify(self.infer(form[1], scope), array(Rank(None, 0), "num"))
        return "bool"

    def infer_if(self, form, scope):
        self.infer(form[1], scope)
        left, right = self.infer(form[2], scope), self.infer(form[3], scope)
        unify(left, right)
        return left

    def infer_let(self, form, scope):
        inner = dict(scope)
        inner[form[1][0]] = self.infer(form[2], scope)
        return self.infer(form[3], inner)

    infer_letslow = infer_let

    def infer_put(self, form, scope):
        self.infer_vec(form[1], scope)
        self.number(form[2], scope)
        return "stmt"

    def infer_when(self, form, scope):
        self.infer(form[1], scope)
        return self.infer(form[2], scope)

    def infer_plain(self, form, scope):
        operands = form[1:] if form[0] in ("cat", "rev") else form[2:]
        t = self.infer(operands[0], scope)
        for f in operands[1:]:
            unify(t, self.infer(f, scope))
        return t

    def infer_tran(self, form, scope):
        return self.infer(form[2], scope)

    def infer_reshape(self, form, scope):
        return array(elem=self.infer(form[2], scope)[2])

    def infer_redf(self, form, scope):
        rank = self.number(form[2], scope)[1].known()
        return ("arr", Rank(rank.base, rank.more - 1), "num")

    def infer_inner(self, form, scope):
        self.number(form[3], scope)
        self.number(form[4], scope)
        return array(elem="num")

    def infer_outer(self, form, scope):
        self.number(form[2], scope)
        self.number(form[3], scope)
        return array(elem="num")

    def infer_omega(self, form, scope):
        inner = dict(scope)
        inner[form[2][0]] = array(elem=self.infer(form[4], scope)[2])
        return array(elem=self.infer(form[3], inner)[2])

    def infer_omega2(self, form, scope):
        inner = dict(scope)
        inner[form[3][0]] = array(elem=self.infer(form[5], scope)[2])
        inner[form[3][1]] = array(elem=self.infer(form[6], scope)[2])
        return array(elem=self.infer(form[4], inner)[2])

    # -- printing --
    def elem(self, t):
        """Coq type of an element."""
        e = find(t)
        if isinstance(e, Unknown):
            if e not in self.elem_names:
                self.elem_names[e] = next(self.letters)
            return self.elem_names[e]
        if e == "num":
            return "num"
        return "(%s)" % " * ".join("arr %s" % self.elem(part[2]) for part in e[1:])

    def type(self, t):
        t = find(t)
        return t if isinstance(t, str) else "arr %s" % self.elem(t[2])

    def text(self, form, scope):
        if isinstance(form, str):
            if form in self.inputs:
                return "(input %s)" % form[1:]
            return form.lstrip("?")
        head = form[0]
        if head.startswith("?"):
            return "(%s %s)" % (head[1:], " ".join(self.text(f, scope) for f in form[1:]))
        method = getattr(self, "text_" + head, None)
        if method:
            return method(form, scope)
        if head in PLAIN:
            return "(%s %s)" % (PLAIN[head], " ".join(self.text(f, scope) for f in form[1:]))
        if head in LOOPS:
            return self.text_binder(form, scope)
        if head in UNARY:
            return "(map1 %s %s)" % (UNARY[head], self.text(form[1], scope))
        if head in COMPARE:
            return "(%s %s %s)" % (self.text(form[1], scope), COMPARE[head], self.text(form[2], scope))
        return self.text_arithmetic(form, scope)

    def is_index(self, form, scope):
        return find(self.infer(form, scope)) == "Z"

    def text_arithmetic(self, form, scope):
        left, right = self.text(form[1], scope), self.text(form[2], scope)
        if self.is_index(form, scope):
            return "(%s %s %s)" % (left, INDEX[form[0]], right)
        return "(map2 %s %s %s)" % (BINARY[form[0]], left, right)

    def text_and(self, form, scope):
        return "(%s && %s)" % (self.text(form[1], scope), self.text(form[2], scope))

    def text_op(self, form, scope):
        return "(map%d %s %s)" % (len(form) - 2, form[1][1:],
                                  " ".join(self.text(f, scope) for f in form[2:]))

    def text_vec(self, form, scope):
        """A list of indices."""
        parts, single = [], []
        for p in form[1:]:
            splice = self.splice(p)
            if splice is None:
                single.append(self.text(p, scope))
                continue
            if single:
                parts.append("[%s]" % "; ".join(single))
                single = []
            parts.append(splice)
        if single or not parts:
            parts.append("[%s]" % "; ".join(single))
        return "(%s)" % " ++ ".join(parts)

    def splice(self, p):
        if isinstance(p, str):
            return p[1:-2] if p.endswith("..") else None
        if p[0] == "permute":
            return "permute %s %s" % (p[1][1:], p[2][1:-2])
        if p[0] == "unravel":
            self.unravels.append((p[2][1][1:-2], p[3][1:-2]))
            return "unravel %s %s %s" % (p[1][1:], p[2][1][1:-2], p[3][1:-2])
        return None

    def text_psi(self, form, scope):
        return "(psi %s %s)" % (self.text_vec(form[1], scope), self.text(form[2], scope))

    def text_mem(self, form, scope):
        return "(mem %s %s)" % (form[1][1:], self.text_vec(form[2], scope))

    def text_put(self, form, scope):
        return "(put %s %s)" % (self.text_vec(form[1], scope), self.text(form[2], scope))

    def text_real(self, form, scope):
        return "(real %s)" % self.text(form[1], scope)

    def text_iota(self, form, scope):
        return "(iota %s)" % self.text(form[1], scope)

    def text_tran(self, form, scope):
        return "(tran %s %s)" % (form[1][1:], self.text(form[2], scope))

    def text_reshape(self, form, scope):
        return "(reshape %s %s)" % (self.text_vec(form[1], scope), self.text(form[2], scope))

    def text_redf(self, form, scope):
        return "(redf %s %s)" % (form[1][1:], self.text(form[2], scope))

    def text_inner(self, form, scope):
        return "(inner %s %s %s %s)" % (form[1][1:], form[2][1:], self.text(form[3], scope),
                                        self.text(form[4], scope))

    def text_outer(self, form, scope):
        return "(outer %s %s %s)" % (form[1][1:], self.text(form[2], scope), self.text(form[3], scope))

    def bind(self, scope, form_binds):
        inner = dict(scope)
        inner.update(form_binds)
        return inner

    def text_omega(self, form, scope):
        x = form[2][0]
        inner = self.bind(scope, {x: array(elem=self.infer(form[4], scope)[2])})
        return "(omega %s (fun %s => %s) %s)" % (form[1][1:], x, self.text(form[3], inner),
                                                self.text(form[4], scope))

    def text_omega2(self, form, scope):
        x, y = form[3]
        inner = self.bind(scope, {x: array(elem=self.infer(form[5], scope)[2]),
                                  y: array(elem=self.infer(form[6], scope)[2])})
        return "(omega2 %s %s (fun %s %s => %s) %s %s)" % (
            form[1][1:], form[2][1:], x, y, self.text(form[4], inner), self.text(form[5], scope),
            self.text(form[6], scope))

    def text_tup(self, form, scope):
        return "(tup%d %s)" % (len(form) - 1, " ".join(self.text(f, scope) for f in form[1:]))

    def text_get(self, form, scope):
        parts = len(find(find(self.infer(form[2], scope))[2])) - 1
        return "(get%d_%s %s)" % (parts, form[1], self.text(form[2], scope))

    def text_osmerge(self, form, scope):
        if not scope and any(isinstance(f, str) for f in form[1:]):
            self.branches.append("shp (get3_2 %s) = shp (get3_2 %s)" % (
                self.text(form[1], scope), self.text(form[2], scope)))
        return "(osmerge %s %s)" % (self.text(form[1], scope), self.text(form[2], scope))

    def text_binder(self, form, scope):
        name, bound = form[1]
        inner = self.bind(scope, {name: "Z"})
        return "(%s %s (fun %s => %s))" % (LOOPS[form[0]], self.text(bound, scope), name,
                                           self.text(form[2], inner))

    def text_fold(self, form, scope):
        (name, bound), (state,) = form[1], form[2]
        inner = self.bind(scope, {name: "Z", state: self.infer(form[3], scope)})
        init, step = self.text(form[3], scope), self.text(form[4], inner)
        if isinstance(form[4], list):
            self.steps.add(form[4][0])
        if self.open_shape(form[4]):
            taken = form[4] if form[4][0] != "if" else next(f for f in form[4][2:] if f != state)
            bound_here = [n for n in scope if scope[n] == "Z"]
            self.folds.append("forall %s %s, shp %s = shp %s -> shp %s = shp %s" % (
                " ".join(bound_here + [name]), state, state, init, self.text(taken, inner), init))
        return "(fold %s %s (fun %s %s => %s))" % (self.text(bound, scope), init, name, state, step)

    def open_shape(self, form):
        """Does a term contain a value whose shape the types do not fix?"""
        if isinstance(form, str):
            return self.kinds.get(form) == "value" and self.fixed_shape(form) is None
        return any(self.open_shape(f) for f in form)

    def reduction(self, word, body, scope):
        if word == "osm":
            return "states"
        if word.startswith("?"):
            return {"numbers": "(reduce %s)" % word[1:], "pairs": "add_pairs",
                    "states": "states"}[self.mode]
        elem = find(self.infer(body, scope)[2])
        return "add_pairs" if elem != "num" else "(reduce %s)" % REDUCTIONS[word]

    def text_red(self, form, scope):
        name, bound = form[2]
        inner = self.bind(scope, {name: "Z"})
        return "(red %s %s (fun %s => %s) (fun %s => %s))" % (
            self.reduction(form[1], form[4], inner), self.text(bound, scope), name,
            self.text(form[3], inner), name, self.text(form[4], inner))

    def text_any(self, form, scope):
        name, bound = form[1]
        return "(any %s (fun %s => %s))" % (self.text(bound, scope), name,
                                            self.text(form[2], self.bind(scope, {name: "Z"})))

    def text_if(self, form, scope):
        x, y = self.text(form[2], scope), self.text(form[3], scope)
        if not scope and form[2] != form[3] and any(isinstance(f, str) for f in form[2:]):
            self.branches.append("shp %s = shp %s" % (x, y))
        if isinstance(form[1], list) and form[1][0] == "iszero":
            return "(ifzero %s %s %s)" % (self.text(form[1][1], scope), x, y)
        return "(if %s then %s else %s)" % (self.text(form[1], scope), x, y)

    def text_let(self, form, scope):
        inner = self.bind(scope, {form[1][0]: self.infer(form[2], scope)})
        return "(share %s (fun %s => %s))" % (self.text(form[2], scope), form[1][0],
                                              self.text(form[3], inner))

    text_letslow = text_let

    def text_when(self, form, scope):
        return "(when %s %s)" % (self.text(form[1], scope), self.text(form[2], scope))

    # -- premises --
    def prop(self, form):
        if form == "true":
            return "True"
        if isinstance(form, list) and form[0] == "and":
            return "%s /\\ %s" % (self.prop(form[1]), self.prop(form[2]))
        if isinstance(form, list) and form[0] in PROP:
            return "%s %s %s" % (self.text(form[1], {}), PROP[form[0]], self.text(form[2], {}))
        return "%s = true" % self.text(form, {})

    def natural(self, form):
        if isinstance(form, list) and form[0] == "len":
            return "length %s" % form[1][1:]
        if isinstance(form, list):
            return "%s + %s" % (self.natural(form[1]), self.natural(form[2]))
        return form.lstrip("?")

    def condition(self, c, reverse):
        if c[0] in ("prove", "prove-rl"):
            return self.prop(c[1]) if reverse or c[0] == "prove" else None
        if c[0] == "rank":
            return "has_rank %s (%s)%%nat" % (self.text(c[1], {}), self.natural(c[2]))
        if c[0] == "extent" and c[2] == "-1":
            return "has_last_extent %s %s" % (c[3][1:], c[1][1:])
        if c[0] == "extent":
            return "has_extent %s %s %s" % (c[3][1:], c[2], c[1][1:])
        if c[0] == "same-shape":
            return "same_shape %s %s" % (c[1][1:], c[2][1:])
        if c[0] in ("input", "literal"):
            return None
        raise RowError("unknown condition %s" % c[0])

    def fixed_shape(self, v):
        """The text of the shape that the types give to every value of a variable, or None."""
        rank = self.types[v][1].known()
        return "Some []" if rank.base is None and rank.more == 0 else None

    def shape_premises(self, v):
        """A variable's value has one shape, whatever the indices that it is given."""
        args = self.arguments.get(v, [])
        elem = find(self.types[v][2])
        given = [find(a) for a in args]
        if isinstance(elem, tuple):
            return self.tuple_premise(v, elem, given)
        if not args and self.fixed_shape(v) is None:
            return []
        names = ["x%d" % k for k in range(len(args))]
        other = ["y%d" % k for k in range(len(args))]
        call, again = " ".join([v[1:]] + names), " ".join([v[1:]] + other)
        if self.fixed_shape(v) is not None:
            quantified = "forall %s, " % " ".join(names) if names else ""
            return ["%sshp (%s) = Some []" % (quantified, call)]
        if all(t == "Z" for t in given):
            return ["exists sh, forall %s, shp (%s) = Some sh" % (" ".join(names), call)]
        if v in self.steps:
            return []
        same = "".join("shp %s = shp %s -> " % (a, b) for a, b, t in zip(names, other, given) if t != "Z")
        return ["forall %s, %sshp (%s) = shp (%s)" % (" ".join(names + other), same, call, again)]

    def tuple_premise(self, v, elem, given):
        names = ["x%d" % k for k in range(len(given))]
        call = "(%s)" % " ".join([v[1:]] + names)
        quantified = "forall %s, " % " ".join(names) if names else ""
        if len(elem) == 3:
            return ["exists sh sh', %spair_of sh sh' %s" % (quantified, call)]
        return ["exists sh, %sstate_of sh %s" % (quantified, call)]

    def monotone(self, v):
        """More in an argument gives more in the result."""
        args = [find(a) for a in self.arguments.get(v, [])]
        if not any(a != "Z" for a in args) or self.kinds[v] not in ("value", "stmt"):
            return []
        names = ["x%d" % k for k in range(len(args))]
        other = [n if t == "Z" else "y%d" % k for k, (n, t) in enumerate(zip(names, args))]
        quantified = names + [o for n, o in zip(names, other) if n != o]
        premises = "".join("%s [= %s -> " % (n, o) for n, o in zip(names, other) if n != o)
        order = "[=" if self.kinds[v] == "value" else "<~"
        return ["forall %s, %s%s %s %s" % (" ".join(quantified), premises, " ".join([v[1:]] + names),
                                          order, " ".join([v[1:]] + other))]

    def binder(self, v):
        name, kind = v[1:], self.kinds[v]
        if kind == "op":
            return "(%s : op%d)" % (name, self.operands(v, self.old))
        fixed = {"indices": "list Z", "redop": "redop", "perm": "list nat", "nat": "nat"}
        if kind in fixed:
            return "(%s : %s)" % (name, fixed[kind])
        if v in self.inputs:
            return "(%s : layout)" % name
        args = "".join("%s -> " % self.type(a) for a in self.arguments.get(v, []))
        return "(%s : %s%s)" % (name, args, self.type(self.types[v]))

    def operands(self, v, form):
        """How many operands the operator variable v has."""
        if isinstance(form, str):
            return 0
        if form[0] == "op" and form[1] == v:
            return len(form) - 2
        if form[0] in ("inner", "outer") and v in form[1:3]:
            return 2
        return max([self.operands(v, f) for f in form] + [0])

    def statement(self, reverse):
        self.folds, self.branches, self.unravels, self.steps = [], [], [], set()
        sides = [self.text(self.old, {}), self.text(self.new, {})]
        skip = {"redop"} if self.mode != "numbers" else set()
        binders = [self.binder(v) for v in self.kinds if self.kinds[v] not in skip]
        generic = "".join("(%s : Type) (H%s : Elem %s) " % (n, n[1:], n) for n in self.elem_names.values())
        premises = []
        for v in self.kinds:
            if self.kinds[v] == "value" and v not in self.inputs:
                premises += self.shape_premises(v)
            premises += self.monotone(v)
        premises += fits(self.old)
        premises += list(dict.fromkeys(self.folds + self.branches))
        premises += ["length %s = length %s" % (p, u) for u, p in dict.fromkeys(self.unravels)]
        premises += [t for t in (self.condition(c, reverse) for c in self.conditions) if t]
        if reverse:
            sides.reverse()
        order = {"stmt": "<~", "bool": "="}.get(self.type(self.infer(self.old, {})), "[=")
        name = "%s_%s" % (coq_name(self.name, self.mode), "rl" if reverse else "lr")
        lines = ["Definition %s : Prop :=" % name, "  forall %s%s," % (generic, " ".join(binders))]
        lines += ["  (%s) ->" % p for p in premises]
        lines += ["  %s" % sides[0], "  %s %s." % (order, sides[1])]
        return "\n".join(lines)


def coq_name(rule, mode="numbers"):
    return rule.replace("-", "_") + ("" if mode == "numbers" else "_" + mode)


def fits(form):
    """What the operators of a side require of the shapes of variables that they are applied to."""
    if isinstance(form, str):
        return []
    operands = [f[1:] for f in form[1:] if isinstance(f, str) and f.startswith("?")]
    here = ["%s_fits %s" % (form[0], " ".join(operands[-2:]))] if form[0] in ("cat", "inner", "tran") else []
    return here + [p for f in form for p in fits(f)]


def reduces_any(form):
    """A reduction by a rule variable whose body may be a tuple."""
    if isinstance(form, str):
        return False
    if form[0] == "red" and form[1].startswith("?"):
        return True
    return any(reduces_any(f) for f in form)


def rule_rows(root):
    """All rows, in the order of files and rows; one Row for each kind of reduction."""
    out = []
    for path in sorted(glob.glob(os.path.join(root, "spec", "rules", "*.rules"))):
        with open(path, encoding="utf-8") as handle:
            for form in read_forms(handle.read()):
                sides = next(p[1] for p in form[2:] if p[0] == "lhs")
                modes = ["numbers", "pairs", "states"] if reduces_any(sides) else ["numbers"]
                out += [Row(form, mode) for mode in modes]
    return out


def file_text(root):
    head = ("(* Rules.v: the rows of spec/rules/*.rules as propositions over the meanings of MoA.v, one for each\n"
            "   direction. Written by rules.py; proofs are in the files *Proofs.v. *)\n"
            "From Coq Require Import ZArith List Bool.\n"
            "Import ListNotations.\n"
            "Require Import MoA.\n"
            "Local Open Scope Z_scope.\n")
    parts = []
    for row in rule_rows(root):
        parts.append("\n(** %s: %s *)\n%s\n%s\n" % (row.name, row.doc, row.statement(False),
                                                   row.statement(True)))
    return head + "".join(parts)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", default=os.path.join(here, "..", ".."))
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    path = os.path.join(args.root, "spec", "coq", "Rules.v")
    wanted = file_text(args.root)
    if args.write:
        with open(path, "w", encoding="utf-8") as handle:
            handle.write(wanted)
        return 0
    with open(path, encoding="utf-8") as handle:
        if handle.read() == wanted:
            return 0
    print("rules.py: spec/coq/Rules.v is not what the rows say; run rules.py --write")
    return 1


if __name__ == "__main__":
    sys.exit(main())
