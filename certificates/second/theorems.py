"""Reader of spec/bounds/*.thm (FORMAT.md, section 13).

Idea: classes, variables and theorems in the fixed order of parts; definitions
of a row are substituted at once, so a row is conditions and two terms over vars.
How it may be wrong: a name that is taken for a variable of another row.
"""
from reader import is_integer
from refusal import require
from rules import Quoted, forms_of, part, text_part
from strict_json import is_identifier
from terms import free, integer, node

VARIABLES = ("S", "dk", "dv", "E", "rows", "cols", "n", "m", "heads", "outputs")
KINDS = ("total", "loads", "stores", "threshold")
OPERATORS = ("+", "-", "*", "div", "min", "max")


def word(value, what):
    require(isinstance(value, str) and not isinstance(value, Quoted), what + ": word")
    return value


def class_name(value, what):
    require(is_identifier(word(value, what).replace("-", "_")) and not value.startswith("-"),
            what + ": name of a class")
    return value


class Theorem:
    def __init__(self, name, rest, library):
        what = "theorem " + name
        require(len(rest) == 9, what + ": parts")
        text_part(rest[0], "doc", what)
        text_part(rest[1], "cite", what)
        self.name, self.coq = name, self.single(rest[2], "coq", what)
        require(all(is_identifier(p) for p in self.coq.split(".")), what + ": coq")
        self.category = self.single(rest[3], "class", what)
        require(self.category in library.classes, what + ": unknown class")
        self.per = self.single(rest[4], "per", what)
        require(self.per in ("all", "group"), what + ": per")
        self.vars = [word(v, what) for v in part(rest[5], "vars", what)]
        require(len(set(self.vars)) == len(self.vars) and set(self.vars) <= set(VARIABLES),
                what + ": vars")
        self.known = {name: free(name) for name in self.vars}
        self.define(part(rest[6], "define", what), what)
        self.where = [self.condition(c, what) for c in part(rest[7], "where", what)]
        bound = part(rest[8], "bound", what)
        require(len(bound) == 3 and bound[0] in KINDS, what + ": bound")
        self.kind = bound[0]
        self.above, self.below = self.term(bound[1], what), self.term(bound[2], what)

    def single(self, form, head, what):
        rest = part(form, head, what)
        require(len(rest) == 1, what + ": " + head)
        return word(rest[0], what)

    def define(self, forms, what):
        defined = set()
        for form in forms:
            require(isinstance(form, list) and len(form) == 2, what + ": define")
            name = word(form[0], what)
            require(is_identifier(name) and name not in VARIABLES and name not in defined,
                    what + ": define " + name)
            defined.add(name)
            self.known[name] = self.term(form[1], what)

    def condition(self, form, what):
        require(isinstance(form, list) and len(form) == 3 and form[0] in ("<=", "<", "=="),
                what + ": where")
        return node(form[0], self.term(form[1], what), self.term(form[2], what))

    def term(self, form, what):
        if isinstance(form, list):
            require(len(form) == 3 and form[0] in OPERATORS, what + ": term")
            return node(form[0], self.term(form[1], what), self.term(form[2], what))
        if is_integer(word(form, what)):
            require(not form.startswith("-"), what + ": integer")
            return integer(int(form))
        require(form in self.known, what + ": unknown name " + form)
        return self.known[form]


class Library:
    """All forms of all files; no two have one name."""

    def __init__(self):
        self.classes, self.theorems, self.names = {}, {}, set()

    def add_file(self, data, path):
        for form in forms_of(data, path):
            require(isinstance(form, list) and len(form) >= 2 and form[0] in (
                "class", "var", "theorem"), path + ": form")
            name = class_name(form[1], path) if form[0] == "class" else word(form[1], path)
            require(form[0] == "class" or is_identifier(name), path + ": name")
            require(name not in self.names, path + ": two forms called " + name)
            self.names.add(name)
            getattr(self, "add_" + form[0])(name, form[2:])

    def add_class(self, name, rest):
        require(len(rest) in (1, 2), "class " + name)
        if len(rest) == 2:
            within = part(rest[0], "within", "class " + name)
            require(len(within) == 1 and within[0] in self.classes, "class " + name + ": within")
        text_part(rest[-1], "doc", "class " + name)
        self.classes[name] = True

    def add_var(self, name, rest):
        require(name in VARIABLES and len(rest) == 1, "var " + name)
        text_part(rest[0], "doc", "var " + name)

    def add_theorem(self, name, rest):
        self.theorems[name] = Theorem(name, rest, self)
