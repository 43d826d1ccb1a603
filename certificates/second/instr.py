"""Reader of instruction files (FORMAT.md, section 15).

Idea: the second checker does not read kernels, so of an instruction file it uses
the target's name, lanes and flags; the rest is read strictly, so that what another
checker refuses is not passed over here.
How it may be wrong: a row that breaks a rule of section 15 which only matters for
the kernel's text (whether the code is one function of the right types).
"""
import re

from reader import POINTWISE1, POINTWISE2
from refusal import require
from rules import Quoted, forms_of, part, text_part
from strict_json import is_identifier

KINDS = ("vector", "mask", "float", "index", "bool", "address")
SPECIAL = {"load": ("address",), "store": ("address", "vector"), "broadcast": ("float",),
           "spread": ("bool",), "below": ("index", "index")}
LOGIC = {"and": 2, "or": 2, "not": 1, "iszero": 1, "if": 3}
FORBIDDEN = ("#", '"', "'", "\\", "??", "/*", "*/", "//", "%:")
LITERAL = re.compile(r"0|[1-9][0-9]*")


class Target:
    """NAME, lanes, flags of an instruction file."""

    def __init__(self, data, path):
        forms = forms_of(data, path)
        require(forms, path + ": no target")
        self.head(forms[0], path)
        names = [self.row(form, path) for form in forms[1:]]
        require(len(set(names)) == len(names), path + ": two rows of one name")

    def head(self, form, what):
        rest = part(form, "target", what)
        require(len(rest) == 8 and is_word(rest[0]) and is_identifier(rest[0])
                and rest[0] != "portable", what + ": target")
        self.name = rest[0]
        text_part(rest[1], "doc", what)
        lanes = part(rest[2], "lanes", what)
        require(len(lanes) == 1 and is_word(lanes[0]) and LITERAL.fullmatch(lanes[0])
                and len(lanes[0]) <= 2 and 2 <= int(lanes[0]) <= 64, what + ": lanes")
        self.lanes = int(lanes[0])
        for form_, word in ((rest[3], "vector"), (rest[4], "mask")):
            require(is_identifier(quoted(form_, word, what)), "%s: %s" % (what, word))
        require(re.fullmatch(r"[a-z0-9_]+\.h", quoted(rest[5], "include", what)), what + ": include")
        self.flags = quoted(rest[6], "flags", what)
        words = self.flags.split(" ")
        require(words[:2] == ["-std=c++17", "-O2"] and
                all(re.fullmatch(r"-m[!-~]+", word) for word in words[2:]), what + ": flags")
        needs = part(rest[7], "needs", what)
        require(needs and all(is_word(n) and is_identifier(n) for n in needs), what + ": needs")

    def row(self, form, what):
        rest = part(form, "row", what)
        require(len(rest) in (5, 6) and is_word(rest[0]) and
                re.fullmatch(r"[a-z][a-z0-9_]*_lanes", rest[0]), what + ": row")
        what = "%s: row %s" % (what, rest[0])
        text_part(rest[1], "doc", what)
        kinds = variables(part(rest[2], "vars", what), what)
        means = part(rest[3], "means", what)
        require(len(means) == 1 and isinstance(means[0], list), what + ": means")
        check_means(means[0], dict(kinds), what)
        code = quoted(rest[4], "code", what)
        require(all(word not in code for word in FORBIDDEN) and
                all(char == "\n" or " " <= char <= "~" for char in code), what + ": code")
        require(re.match(r"\s*\[\[maybe_unused\]\]\s+inline\s+[\w:]+\s+%s\s*\(" % rest[0], code),
                what + ": code is no function of this name")
        if len(rest) == 6:
            text_part(rest[5], "contract", what)
        return rest[0]


def is_word(value):
    return isinstance(value, str) and not isinstance(value, Quoted)


def quoted(form, word, what):
    text_part(form, word, what)
    return form[1]


def variables(groups, what):
    kinds = {}
    for group in groups:
        require(isinstance(group, list) and len(group) >= 2 and group[0] in KINDS, what + ": vars")
        for name in group[1:]:
            require(is_word(name) and name[:1] == "?" and is_identifier(name[1:])
                    and name not in kinds, what + ": vars")
            kinds[name] = group[0]
    return kinds


def check_means(form, unused, what):
    """Every variable once, each where its kind may stand."""
    if form[0] in SPECIAL:
        require(len(form) == len(SPECIAL[form[0]]) + 1, what + ": means")
        for name, kind in zip(form[1:], SPECIAL[form[0]]):
            take(name, kind, unused, what)
    else:
        real(form, unused, what) if form[0] not in ("and", "or", "not", "iszero") else truth(
            form, unused, what)
    require(not unused, what + ": a variable that `means` does not use")


def take(name, kind, unused, what):
    require(is_word(name) and unused.pop(name, None) == kind, what + ": a variable in `means`")


def real(form, unused, what):
    if not isinstance(form, list):
        return take(form, "vector", unused, what)
    head = form[0] if form and is_word(form[0]) else ""
    if head == "real":
        require(len(form) == 2 and is_word(form[1]) and re.fullmatch(r"-?(0|[1-9][0-9]*)", form[1]),
                what + ": real")
    elif head == "if":
        require(len(form) == 4, what + ": if")
        truth(form[1], unused, what)
        real(form[2], unused, what)
        real(form[3], unused, what)
    else:
        count = 1 if head in POINTWISE1 else 2
        require(head in POINTWISE1 + POINTWISE2 + ("+", "-", "*") and len(form) == count + 1,
                what + ": operator " + head)
        for kid in form[1:]:
            real(kid, unused, what)
    return None


def truth(form, unused, what):
    if not isinstance(form, list):
        return take(form, "mask", unused, what)
    head = form[0] if form and is_word(form[0]) else ""
    require(head in LOGIC and head != "if" and len(form) == LOGIC[head] + 1, what + ": " + head)
    for kid in form[1:]:
        (real if head == "iszero" else truth)(kid, unused, what)
    return None
