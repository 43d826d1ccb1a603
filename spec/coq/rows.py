#!/usr/bin/env python3
"""Writes BoundRows.v: each row of spec/bounds/*.thm and spec/bounds/wider as a Coq proposition.

usage: rows.py [--root ROOT] [--write]
Idea: a row is an inequality between whole numbers about a class of schedules. Its class gives
the quantifiers and the premises (a trace of the model that is valid and computes everything), its
variables are integers tied to the trace, and its terms are printed over Z as they stand. The
statements are printed by this program, the proofs (BoundProofs.v) are checked by Coq: so what
is left to believe is the table CLASSES below and the printing of a term.
Without --write: compares with the committed file.

May be wrong: in CLASSES, if a premise excludes schedules that the class is said to contain. Rows
without a Coq theorem (`coq none`) get no statement.
"""
import argparse
import glob
import os
import re
import sys

# Premises by class and scope; ties: what is known of a row's variable, as a Coq proposition.
# E, rows and cols may be smaller than what they count; a program that knows only that a mask has
# at least so many pairs may still use the bound. `{v}` is the variable.
ELEMENT = {
    "binders": "(dk dv cap : nat) (E : list (nat * nat)) (tr : ElementBounds.trace)",
    "premises": ["NoDup E", "ElementBounds.valid dk cap tr", "ElementBounds.solves dv E tr"],
    "ties": {"S": "{v} = Z.of_nat cap", "dk": "{v} = Z.of_nat dk", "dv": "{v} = Z.of_nat dv",
             "E": "{v} <= Z.of_nat (length E)",
             "rows": "{v} <= Z.of_nat (length (ElementBounds.rows E))",
             "cols": "{v} <= Z.of_nat (length (ElementBounds.cols E))"},
    "counted": {"total": "Z.of_nat (ElementBounds.traffic tr)",
                "loads": "Z.of_nat (length (ElementBounds.loads tr 0 (ElementBounds.len tr)))",
                "stores": "Z.of_nat (length (ElementBounds.stores tr 0 (ElementBounds.len tr)))"},
}
ANY = {  # no word need be an element of attention; outs: the elements of the output
    "binders": "(outs : list (nat * nat)) (tr : ElementBounds.trace)",
    "premises": ["NoDup outs", "ElementBounds.any_schedule tr", "ElementBounds.writes outs tr"],
    "ties": {"outputs": "{v} <= Z.of_nat (length outs)"}, "counted": ELEMENT["counted"],
}
ORDERLY = dict(ELEMENT, premises=ELEMENT["premises"] + ["TickBounds.orderly cap tr"])
# Several processors; their number is no variable of these rows.
PRIVATE = {
    "binders": "(dk dv cap : nat) (E : list (nat * nat)) (tr : ParallelBounds.ptrace)",
    "premises": ["NoDup E", "ParallelBounds.pvalid dk cap tr", "ParallelBounds.psolves dv E tr"],
    "ties": {v: ELEMENT["ties"][v] for v in ("S", "dk", "dv", "E")},
    "counted": {"total": "Z.of_nat (ParallelBounds.ptraffic tr)"},
}
PRIVATE_ORDERLY = dict(PRIVATE,
                       premises=PRIVATE["premises"] + ["ParallelBounds.porderly cap tr"])
# Equally many words on each processor: no more than a p-th of the row's HELD.
DISTRIBUTED = {
    "binders": "(dk dv cap p : nat) (E : list (nat * nat)) (home : nat -> nat -> nat) "
               "(tr : ParallelBounds.ptrace)",
    "premises": ["NoDup E", "NetworkBounds.distributed dk cap p tr",
                 "NetworkBounds.delivers dv E home tr"],
    "ties": dict(PRIVATE["ties"], p="{v} = Z.of_nat p", n="True", m="True", heads="True"),
    "held": "forall r, (r < p)%nat -> p' * Z.of_nat (NetworkBounds.starts_with tr r + "
            "NetworkBounds.ends_with dv E home r) <= {0}",
    "counted": {"crossing": "exists r, (r < p)%nat /\\ {0} <= {1} * "
                            "(p' * Z.of_nat (NetworkBounds.crossing tr r) + {2}) ^ 2"},
}
# Sizes of elements in bytes; a partial sum takes some room.
BYTES = {
    "binders": "(dk dv cap : nat) (z : ByteBounds.sizes) (E : list (nat * nat)) "
               "(tr : ElementBounds.trace)",
    "premises": ["NoDup E", "(0 < ByteBounds.bo z)%nat", "ByteBounds.valid_bytes z dk cap tr",
                 "ByteBounds.orderly_bytes z cap tr", "ElementBounds.solves dv E tr"],
    "ties": dict({"e" + k: "{v} = Z.of_nat (ByteBounds.b%s z)" % k for k in "qkvop"},
                 bytes="{v} = Z.of_nat cap", **{v: ELEMENT["ties"][v] for v in ("dk", "dv", "E")}),
    "counted": {"bytes": "Z.of_nat (ByteBounds.byte_traffic z tr)"},
}
RECORD = "RowBounds.Params (dk + dv + 2) (dk + dv) cap dk dv 2"
ROW_TIES = {"S": "{v} = Z.of_nat cap", "dk": "{v} = Z.of_nat dk", "dv": "{v} = Z.of_nat dv"}
ROW_COUNTED = {"total": "Z.of_nat (RowBounds.traffic p RowBounds.empty tr)"}
ROW_GROUP = {  # one set of keys: n rows against m keys, all pairs
    "binders": "(dk dv cap n m : nat) (tr : list RowBounds.event)",
    "premises": ["let p := %s in RowBounds.schedule p n m tr" % RECORD],
    "ties": dict(ROW_TIES, n="{v} = Z.of_nat n", m="{v} = Z.of_nat m", E="True", heads="True"),
    "counted": {"total": ROW_COUNTED["total"].replace(" p ", " (%s) " % RECORD)},
}
ROW_ALL = {  # every row of all sets of keys; rows counts those that see a key
    "binders": "(dk dv cap rows keys : nat) (E : list (nat * nat)) (tr : list RowBounds.event)",
    "premises": ["NoDup E", "let p := %s in RowBounds.schedule_for p rows keys E tr" % RECORD],
    "ties": dict(ROW_TIES, E="{v} <= Z.of_nat (length E)", rows="{v} <= Z.of_nat rows",
                 n="True", heads="True"),
    # n rows for each of the sets of keys are all rows.
    "joint": ("heads", "n", "{0} * {1} = Z.of_nat rows"),
    "counted": ROW_GROUP["counted"],
}
# A threshold: the bound on S under which compulsory traffic cannot be had, and from which it can.
ROW_THRESHOLD = {
    "binders": "(dk dv cap n m : nat)", "premises": [],
    "ties": dict(ROW_GROUP["ties"], S="{v} = Z.of_nat cap"),
    "threshold": "exists tr, RowBounds.schedule (%s) n m tr /\\ RowBounds.traffic (%s) "
                 "RowBounds.empty tr = RowBounds.compulsory (%s) n m" % (RECORD, RECORD, RECORD),
}
CLASSES = {("any", "all", False): ANY,
           ("explicit-product", "all", False): ELEMENT,
           ("explicit-product-orderly", "all", False): ORDERLY,
           ("private-memories", "all", False): PRIVATE,
           ("private-memories-orderly", "all", False): PRIVATE_ORDERLY,
           ("distributed", "all", False): DISTRIBUTED,
           ("bytes-orderly", "all", False): BYTES,
           ("row-granular", "group", False): ROW_GROUP,
           ("row-granular", "all", False): ROW_ALL,
           ("row-granular", "group", True): ROW_THRESHOLD}

INFIX = {"+": "+", "-": "-", "*": "*", "div": "/", "<=": "<=", "<": "<", "==": "="}
PREFIX = {"min": "Z.min", "max": "Z.max"}


# ---- S-expressions ----
def read_forms(text):
    """Nested lists of atoms; a string becomes ("..",)."""
    tokens = re.findall(r';[^\n]*|"[^"]*"|[()]|[^\s()";]+', text)
    stack = [[]]
    for token in tokens:
        if token[0] == ";":
            continue
        if token == "(":
            stack.append([])
        elif token == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append((token[1:-1],) if token[0] == '"' else token)
    if len(stack) != 1:
        raise ValueError("brackets do not match")
    return stack[0]


def part(form, name):
    """The arguments of the part `name` of a theorem."""
    return next(p[1:] for p in form[2:] if p[0] == name)


# ---- Coq text ----
def variable(name):
    """Z-variables end in an apostrophe: the model's names stay free."""
    return name + "'"


def term(form):
    if isinstance(form, str):
        return form if re.fullmatch(r"\d+", form) else variable(form)
    head, left, right = form[0], term(form[1]), term(form[2])
    if head in PREFIX:
        return "(%s %s %s)" % (PREFIX[head], left, right)
    return "(%s %s %s)" % (left, INFIX[head], right)


def statement(form):
    """The definition of a row's proposition."""
    name = form[1]
    kind, *parts = part(form, "bound")
    numerator, denominator, held = [term(p) for p in parts] + [None] * (3 - len(parts))
    model = CLASSES[part(form, "class")[0], part(form, "per")[0], kind == "threshold"]
    names = list(part(form, "vars"))
    if kind == "threshold" and "S" not in names:
        names.append("S")
    lines = ["(** %s *)" % part(form, "doc")[0][0], "Definition %s : Prop :=" % name,
             "  forall %s," % model["binders"]]
    lines += ["  (%s) ->" % p for p in model["premises"]]
    lines += ["  forall %s : Z," % " ".join(variable(v) for v in names)]
    ties = [model["ties"][v].format(v=variable(v)) for v in names]
    lines += ["  %s ->" % t for t in ties if t != "True"]
    if "joint" in model:
        first, second, tie = model["joint"]
        lines += ["  %s ->" % tie.format(variable(first), variable(second))]
    lines += ["  let %s := %s in" % (variable(d[0]), term(d[1])) for d in part(form, "define")]
    lines += ["  %s ->" % term(c) for c in part(form, "where")]
    if kind == "threshold":
        lines += ["  (%s) <->" % model["threshold"],
                  "  %s <= %s * S'." % (numerator, denominator)]
    elif held is not None:
        lines += ["  (%s) ->" % model["held"].format(held),
                  "  %s." % model["counted"][kind].format(numerator, denominator, held)]
    else:
        lines += ["  %s <= %s * %s." % (numerator, denominator, model["counted"][kind])]
    return "\n".join(lines)


def rows(root):
    """The theorems with a Coq proof, in the order of files and rows."""
    out = []
    folder = os.path.join(root, "spec", "bounds")
    paths = [sorted(glob.glob(os.path.join(folder, *p))) for p in (("*.thm",), ("wider", "*.thm"))]
    for path in paths[0] + paths[1]:
        with open(path, encoding="utf-8") as handle:
            forms = read_forms(handle.read())
        out += [f for f in forms if f[0] == "theorem" and part(f, "coq")[0] != "none"]
    return out


def file_text(root):
    head = ("(* BoundRows.v: the rows of spec/bounds as propositions. Written by rows.py; proofs are in\n"
            "   BoundProofs.v. Z-variables of a row are primed; those without a prime belong to the model. *)\n"
            "From Coq Require Import ZArith List.\n"
            "Require ElementBounds TickBounds RowBounds ParallelBounds NetworkBounds ByteBounds.\n"
            "Local Open Scope Z_scope.\n")
    return head + "".join("\n" + statement(f) + "\n" for f in rows(root))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", default=os.path.join(here, "..", ".."))
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    path = os.path.join(args.root, "spec", "coq", "BoundRows.v")
    wanted = file_text(args.root)
    if args.write:
        with open(path, "w", encoding="utf-8") as handle:
            handle.write(wanted)
        return 0
    with open(path, encoding="utf-8") as handle:
        if handle.read() == wanted:
            return 0
    print("rows.py: spec/coq/BoundRows.v is not what the rows say; run rows.py --write")
    return 1


if __name__ == "__main__":
    sys.exit(main())
