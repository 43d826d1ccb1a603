"""Refusals and limits of the second checker.

Idea: a certificate is refused by raising Refused with a reason; nothing is
ever accepted by default. The limits are those of certificates/FORMAT.md,
section 11; exceeding one is a refusal with the code `limit`.
How it may be wrong: a limit that is not enforced costs time, never a verdict.
"""

FILE_BYTES = 4 * 2 ** 20
SPEC_BYTES = 2 ** 18
TEXT_ITEMS = 100_000
NESTING = 200
TERM_NODES = 200_000
TYPE_WEIGHT = 20_000
STEPS = 20_000
PROOF_STEPS = 5_000
DIGITS = 2_000
LITERAL = 2 ** 62
EXPONENT = 64
POLY_TERMS = 20_000
MULTIPLICATIONS = 2_000_000
TYPED_NODES = 5_000_000


class Refused(Exception):
    """The certificate (or what it names) is not right; the text says why."""


class Unreadable(Exception):
    """A file that cannot be read at all: exit code 2."""


def require(condition, reason):
    if not condition:
        raise Refused(reason)


def limit(condition, what):
    if not condition:
        raise Refused("limit: " + what)


class Counter:
    """Counts work that has a limit in all."""

    def __init__(self, most, what):
        self.most, self.what, self.used = most, what, 0

    def add(self, amount):
        self.used += amount
        if self.used > self.most:
            raise Refused("limit: " + self.what)
