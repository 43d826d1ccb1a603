"""Reader of spec/rules/*.rules (FORMAT.md, section 3).

Idea: a rule is kept as written (nested lists); replay builds both sides under
a substitution with the term builder. Here only the shape of the file is checked.
How it may be wrong: a condition that is read as another one, or lost.
"""
from reader import INNER_OPS, POINTWISE1, POINTWISE2, REDUCTIONS, nest
from refusal import Refused, require
from strict_json import is_identifier

KINDS = ("index", "indices", "value", "bool", "stmt", "op", "redop", "perm", "nat")
CLASSES = ("structural", "monoid", "comm-monoid", "semiring", "real-exp")
CONDITIONS = {"rank": 2, "extent": 3, "same-shape": 2, "input": 1, "literal": 1, "prove": 1,
              "prove-rl": 1}


class Quoted(str):
    """A string literal, told from words by its type."""


def split_words(text, what):
    """Words, brackets and strings; `;` starts a comment to the end of line."""
    result, at = [], 0
    while at < len(text):
        char = text[at]
        if char == ";":
            while at < len(text) and text[at] != "\n":
                at += 1
        elif char == '"':
            end = text.find('"', at + 1)
            require(end >= 0, what + ": string without end")
            result.append(Quoted(text[at + 1:end]))
            at = end + 1
        elif char in " \t\r\n":
            at += 1
        elif char in "()":
            result.append(char)
            at += 1
        else:
            end = at
            while end < len(text) and text[end] not in " \t\r\n()\";":
                require("!" <= text[end] <= "~", what + ": character " + ascii(text[end]))
                end += 1
            result.append(text[at:end])
            at = end
    return result


def forms_of(data, what):
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(what + ": not UTF-8") from error
    words = split_words(text, what)
    return nest(words, what)


def part(form, word, what):
    require(isinstance(form, list) and form[:1] == [word] and not isinstance(form[0], Quoted),
            "%s: (%s ..) expected" % (what, word))
    return form[1:]


def text_part(form, word, what):
    rest = part(form, word, what)
    require(len(rest) == 1 and isinstance(rest[0], Quoted), "%s: (%s \"..\")" % (what, word))


def word_part(form, word, what):
    rest = part(form, word, what)
    require(len(rest) == 1 and isinstance(rest[0], str) and not isinstance(rest[0], Quoted),
            "%s: (%s WORD)" % (what, word))
    return rest[0]


class Rule:
    def __init__(self, form):
        rest = part(form, "rule", "rules")
        require(len(rest) >= 8 and isinstance(rest[0], str), "rules: rule")
        self.name = rest[0]
        what = "rule " + self.name
        word_part(rest[1], "phase", what)
        self.category = word_part(rest[2], "class", what)
        require(self.category in CLASSES, what + ": class")
        text_part(rest[3], "doc", what)
        text_part(rest[4], "cite", what)
        self.kinds = self.variables(part(rest[5], "vars", what), what)
        at = 6
        self.conditions = []
        if isinstance(rest[at], list) and rest[at][:1] == ["where"]:
            self.conditions = [self.condition(c, what) for c in rest[at][1:]]
            at += 1
        sides = [part(rest[at + k], word, what) for k, word in enumerate(("lhs", "rhs"))]
        require(len(sides[0]) == 1 and len(sides[1]) == 1, what + ": sides")
        self.lhs, self.rhs = sides[0][0], sides[1][0]
        self.check_examples(rest[at + 2:], what)
        self.arity = {}
        for tree in [self.lhs, self.rhs] + [x for c in self.conditions for x in c[1:]]:
            self.scan(tree, what)

    def variables(self, groups, what):
        kinds = {}
        for group in groups:
            require(isinstance(group, list) and len(group) >= 2 and group[0] in KINDS,
                    what + ": vars")
            for name in group[1:]:
                require(isinstance(name, str) and name[:1] == "?" and is_identifier(name[1:])
                        and name not in kinds, what + ": vars")
                kinds[name] = group[0]
        return kinds

    def condition(self, form, what):
        require(isinstance(form, list) and form and form[0] in CONDITIONS
                and len(form) == CONDITIONS[form[0]] + 1, what + ": condition")
        return form

    def check_examples(self, examples, what):
        """(applies ..)+ (differs ..)+, in this order; their content is not read."""
        heads = []
        for form in examples:
            require(isinstance(form, list) and form[:1] in (["applies"], ["differs"]),
                    what + ": examples")
            heads.append(form[0])
        require(heads == sorted(heads) and set(heads) == {"applies", "differs"},
                what + ": examples")

    def scan(self, tree, what):
        """How many arguments each variable is applied to, everywhere the same."""
        if isinstance(tree, str):
            if tree.startswith("?"):
                self.use(tree[:-2] if tree.endswith("..") else tree, 0, what)
            return
        rest = tree
        if tree and isinstance(tree[0], str) and tree[0].startswith("?"):
            self.use(tree[0], len(tree) - 1, what)
            rest = tree[1:]
        for item in rest:
            self.scan(item, what)

    def use(self, name, arity, what):
        require(name in self.kinds, what + ": unknown variable " + name)
        require(self.arity.setdefault(name, arity) == arity, what + ": arguments of " + name)


def add_file(rules, data, path):
    for form in forms_of(data, path):
        rule = Rule(form)
        require(rule.name not in rules, "rules: %s twice" % rule.name)
        rules[rule.name] = rule


OP_WORDS = set(POINTWISE1 + POINTWISE2 + INNER_OPS)
REDOP_WORDS = set(REDUCTIONS)
