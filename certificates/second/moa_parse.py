"""Parser of the spec language (spec/LANGUAGE.md, sections 1 and 2).

Idea: text -> tokens (with line ends where they end an item) -> nested tuples.
Whether `<` opens a vector or compares is decided by the token before it.
How it may be wrong: precedence, how far a body reaches, where an item ends.
"""
from refusal import limit, require
from strict_json import LETTERS

SYMBOLS = {
    "\u03c8": "psi", "\u2349": "tran", "\u03c1": "rho", "\u25b3": "take", "\u2191": "take",
    "\u25bd": "drop", "\u2193": "drop", "\u03b9": "iota", "\u29fa": "cat", "\u03a6": "rev",
    "\u03b8": "rot", "\u03a9": "omega", "\u2308": "max", "\u230a": "min", "\u03a3": "sum",
    "\u27e8": "<", "\u27e9": ">", "\u2264": "<=", "\u2265": ">=", "\u2260": "!=",
    "\u2227": "and", "\u2228": "or", "\u00ac": "not", "\u221a": "sqrt", "\u00d7": "*",
    "\u00f7": "/"}
WITH_RED = "\u2308\u230a"   # these stand for max and min before `red` only
FUNCTIONS = ("exp", "exp2", "log", "sqrt", "tanh")
TYPES = ("f32", "f16", "bf16", "i32")
DYADIC = ("psi", "tran", "take", "drop", "rot", "cat", "rho")
MONADIC = ("tran", "rev", "rav", "iota", "softmax")
FIELDS = ("score", "bias", "mask", "value", "empty")
RESERVED = set(FUNCTIONS + TYPES + DYADIC + MONADIC + FIELDS) | {
    "spec", "dims", "require", "let", "in", "out", "attend", "over", "if", "then", "else", "and",
    "or", "not", "div", "mod", "sum", "max", "min", "gen", "red", "omega", "o"}
BINARY = {"+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!=", "and", "or", "div", "mod"}
CONTINUES = BINARY | set(DYADIC) | {",", "=", "then", "else"}
TAKEN = set("""size workspace scratch workers parallel_for parallel_context data task worker rest
a p status t""".split())
CPP = set("""alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t
char32_t class compl const constexpr const_cast continue decltype default delete do double
dynamic_cast else enum explicit export extern false float for friend goto if inline int long
mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public
register reinterpret_cast return short signed sizeof static static_assert static_cast struct
switch template this thread_local throw true try typedef typeid typename union unsigned using
virtual void volatile wchar_t while xor xor_eq char8_t concept consteval constinit co_await
co_return co_yield requires""".split())
DIGITS = "0123456789"


def lex(text):
    """Tokens: (kind, text), kind in name, number, sign, end. `end` is a line's end."""
    result, at = [], 0
    while at < len(text):
        char = text[at]
        if char == "#":
            while at < len(text) and text[at] != "\n":
                check_char(text[at])
                at += 1
        elif char == "\n":
            result.append(("end", "\n"))
            at += 1
        elif char in " \t":
            at += 1
        elif char in SYMBOLS:
            word = SYMBOLS[char]
            require(char not in WITH_RED or text[at + 1:at + 4] == "red", "spec: red expected")
            result.append(("name" if word[0] in LETTERS else "sign", word))
            at += 1
        else:
            token = lex_one(text, at)
            at += len(token[1])
            result.append(token)
    return result + [("end", "\n")]


def check_char(char):
    require(char == "\t" or " " <= char <= "~" or char in SYMBOLS,
            "spec: character " + ascii(char))


def lex_one(text, at):
    check_char(text[at])
    end = at
    if text[at] in LETTERS:
        while end < len(text) and text[end] in LETTERS + DIGITS:
            end += 1
        return ("name", text[at:end])
    if text[at] in DIGITS:
        while end < len(text) and text[end] in DIGITS:
            end += 1
        if text[end:end + 1] == "." and text[end + 1:end + 2] in tuple(DIGITS):
            end += 1
            while end < len(text) and text[end] in DIGITS:
                end += 1
        require(text[end:end + 1] == "" or text[end] not in LETTERS, "spec: number")
        return ("number", text[at:end])
    for sign in ("<=", ">=", "==", "!=", ".."):
        if text.startswith(sign, at):
            return ("sign", sign)
    require(text[at] in "()[]<>,:=+-*/.|", "spec: character " + ascii(text[at]))
    return ("sign", text[at])


def brackets(tokens):
    """`<` that opens a vector becomes `<(`, its end `)>`; line ends inside go away."""
    result, open_ones = [], []
    for kind, text in tokens:
        before = result[-1] if result else ("end", "\n")
        if (kind, text) == ("sign", "<") and may_start(before):
            text = "<("
        elif (kind, text) == ("sign", ">") and open_ones and open_ones[-1] == "<(":
            text = ")>"
        if text in ("(", "[", "<("):
            open_ones.append(text)
        elif text in (")", "]", ")>"):
            require(open_ones and open_ones.pop() + text in ("()", "[]", "<()>"), "spec: brackets")
        if kind == "end" and (open_ones or before[0] == "end" or continues(before)):
            continue
        result.append((kind, text))
    require(not open_ones, "spec: brackets")
    return result


def may_start(before):
    kind, text = before
    if kind == "name":
        return text in RESERVED
    return kind == "end" or kind == "sign" and text not in (")", "]", ")>")


def continues(before):
    return before[0] != "number" and before[1] in CONTINUES


def check_name(name):
    require(name not in RESERVED and not name.startswith("_"), "spec: reserved word " + name)
    require(name not in CPP and name not in TAKEN and not name.endswith("_s")
            and not name.startswith("minimoa"), "spec: name of the interface: " + name)
    return name


class Parser:
    def __init__(self, text):
        self.tokens = brackets(lex(text))
        self.at = 0
        self.nesting = 0

    def peek(self, ahead=0):
        index = self.at + ahead
        return self.tokens[index][1] if index < len(self.tokens) else ""

    def take(self, text):
        require(self.peek() == text, "spec: %s expected, %s found" % (text, ascii(self.peek())))
        self.at += 1

    def accept(self, text):
        if self.peek() == text and self.tokens[self.at][0] != "number":
            self.at += 1
            return True
        return False

    def kind(self):
        return self.tokens[self.at][0] if self.at < len(self.tokens) else "end"

    def name(self):
        require(self.kind() == "name", "spec: name expected")
        self.at += 1
        return check_name(self.tokens[self.at - 1][1])

    # Items.

    def spec(self):
        self.accept("\n")
        self.take("spec")
        name, items = self.name(), []
        self.take("\n")
        while self.at < len(self.tokens):
            items.append(self.spec_item())
        return name, items

    def spec_item(self):
        item = self.item()
        if item[0] != "attend":
            self.take("\n")
        return item

    def item(self):
        if self.accept("dims"):
            return ("dims", self.listed(self.name))
        if self.accept("require"):
            return ("require", self.expr())
        if self.accept("let"):
            name = self.name()
            self.take("=")
            return ("let", name, self.expr())
        if self.accept("in"):
            return ("in", self.listed(self.decl))
        if self.accept("out"):
            return ("out", self.decl())
        if self.accept("attend"):
            return self.attend()
        name = self.name()
        self.take("=")
        return ("define", name, self.expr())

    def listed(self, one):
        result = [one()]
        while self.accept(","):
            result.append(one())
        return result

    def decl(self):
        name = self.name()
        self.take(":")
        sort = self.peek()
        require(sort in TYPES, "spec: type")
        self.at += 1
        shape, bounds = [], None
        if self.accept("["):
            shape = self.listed(self.expr)
            self.take("]")
        if self.accept("in"):
            require(sort == "i32", "spec: a range of a real input")
            low = self.expr()
            self.take("..")
            bounds = (low, self.expr())
        return (name, sort, shape, bounds)

    def attend(self):
        name = self.name()
        self.take("[")
        indices = self.listed(self.name)
        self.take("]")
        self.take("over")
        key = self.name()
        self.take("in")
        bound, fields = self.expr(), {}
        self.take("\n")
        while self.peek() in FIELDS and self.peek(1) == "=":
            field = self.peek()
            require(field not in fields, "spec: field twice")
            self.at += 2
            fields[field] = self.expr()
            self.take("\n")
        require("score" in fields and "value" in fields, "spec: attend needs score and value")
        return ("attend", name, indices, key, bound, fields)

    # Expressions, loosest first.

    def expr(self):
        self.nesting += 1
        limit(self.nesting <= 100, "nesting depth")
        left = self.conjunction()
        while self.accept("or"):
            left = ("logic", "or", left, self.conjunction())
        self.nesting -= 1
        return left

    def conjunction(self):
        left = self.negation()
        while self.accept("and"):
            left = ("logic", "and", left, self.negation())
        return left

    def negation(self):
        if self.accept("not"):
            return ("not", self.negation())
        return self.comparison()

    def comparison(self):
        left = self.sum()
        if self.kind() == "sign" and self.peek() in ("<", "<=", ">", ">=", "==", "!="):
            sign = self.peek()
            self.at += 1
            return ("compare", sign, operand(left), operand(self.sum()))
        return left

    def sum(self):
        left = self.product()
        while self.peek() in ("+", "-"):
            sign = self.peek()
            self.at += 1
            left = ("arith", sign, operand(left), operand(self.product()))
        return left

    def product(self):
        left = self.unary()
        while self.peek() in ("*", "/", "div", "mod"):
            sign = self.peek()
            self.at += 1
            left = ("arith", sign, operand(left), operand(self.unary()))
        return left

    def unary(self):
        if self.accept("-"):
            self.nesting += 1
            limit(self.nesting <= 100, "nesting depth")
            result = ("minus", operand(self.unary()))
            self.nesting -= 1
            return result
        return self.struct()

    def struct(self):
        word = self.monadic()
        if word is not None:
            rank = self.omega()
            self.nesting += 1
            limit(self.nesting <= 100, "nesting depth")
            result = ("monadic", word, rank, self.struct())
            self.nesting -= 1
            return result
        left = self.prim()
        word = self.dyadic()
        if word is None:
            return left
        rank = self.omega()
        return ("dyadic", word, rank, left, self.prim())

    def monadic(self):
        word = self.peek()
        if self.kind() == "name" and word in MONADIC:
            self.at += 1
            return (word,)
        if word in ("+", "*", "max", "min") and self.peek(1) == "red":
            self.at += 2
            return ("red", word)
        return None

    def dyadic(self):
        word = self.peek()
        if self.kind() == "name" and word in DYADIC:
            self.at += 1
            return (word,)
        if word in ("+", "*", "max", "min", "o") and self.peek(1) == ".":
            point = self.peek(2)
            require(point in ("+", "-", "*", "/", "max", "min"), "spec: operator after .")
            self.at += 3
            return ("outer", point) if word == "o" else ("inner", word, point)
        return None

    def omega(self):
        if not self.accept("omega"):
            return None
        self.take("<(")
        ranks = [self.rank()]
        if self.peek() != ")>":
            ranks.append(self.rank())
        self.take(")>")
        return ranks

    def rank(self):
        require(self.kind() == "number" and self.peek().isdigit() and len(self.peek()) < 4,
                "spec: rank of omega")
        self.at += 1
        return int(self.tokens[self.at - 1][1])

    def prim(self):
        result = self.simple()
        while self.accept("["):
            result = ("select", result, self.listed(self.expr))
            self.take("]")
        return result

    def simple(self):
        kind, text = self.kind(), self.peek()
        if kind == "number":
            self.at += 1
            return number(text)
        if self.accept("("):
            result = self.expr()
            self.take(")")
            return ("paren", result)
        if self.accept("<("):
            items = []
            while not self.accept(")>"):
                items.append(self.vector_item())
            return ("vector", items)
        if self.accept("if"):
            condition = self.expr()
            self.take("then")
            yes = self.expr()
            self.take("else")
            return ("if", condition, yes, self.expr())
        if text in FUNCTIONS:
            return self.call(text, 1)
        if text in ("sum", "max", "min", "gen"):
            if text in ("max", "min") and not self.is_binder():
                return self.call(text, 2)
            return self.reduction(text)
        return ("name", self.name())

    def is_binder(self):
        return (self.peek(1) == "(" and self.peek(3) == "in"
                and self.tokens[self.at + 2][0] == "name")

    def call(self, word, count):
        self.at += 1
        self.take("(")
        arguments = self.listed(self.expr)
        self.take(")")
        require(len(arguments) == count, "spec: arguments of " + word)
        return ("call", word, arguments)

    def reduction(self, word):
        self.at += 1
        self.take("(")
        name = self.name()
        self.take("in")
        bound, guard = self.expr(), None
        if word != "gen" and self.accept("|"):
            guard = self.expr()
        self.take(")")
        return ("binder", word, name, bound, guard, self.expr())

    def vector_item(self):
        if self.accept("("):
            result = self.expr()
            self.take(")")
            return result
        if self.accept("-"):
            require(self.kind() == "number", "spec: vector")
            return ("minus", self.simple())
        if self.kind() == "number":
            return self.simple()
        return ("name", self.name())


def number(text):
    if "." not in text:
        limit(len(text) <= 2000, "digits")
        return ("number", int(text))
    whole, part = text.split(".")
    limit(len(text) <= 2000, "digits")
    return ("decimal", int(whole + part), 10 ** len(part))


def operand(tree):
    """A structural word beside arithmetic needs brackets (E0103)."""
    require(tree[0] not in ("monadic", "dyadic"), "spec: structural word beside arithmetic")
    return tree
