"""Strict reader of certificates: JSON with closed key sets.

Idea: the standard reader does the lexing; hooks refuse what FORMAT.md,
section 9, excludes: duplicate keys, fractions, exponents, NaN, negative
numbers, nesting beyond the limit. Shapes are checked by `obj`, `arr`, ..
How it may be wrong: accepting a file that another reader reads differently
(duplicate keys, two spellings of a number) is what this module must exclude.
"""
import json

import refusal
from refusal import Refused, require

SMALL = 2 ** 31  # numbers are positions, atoms, exponents, fact numbers


def pairs_once(pairs):
    result = {}
    for key, value in pairs:
        require(key not in result, "json: duplicate key " + ascii(key))
        result[key] = value
    return result


def small(text):
    require(text.isdigit() and text.isascii() and len(text) <= 10, "json: number " + text[:20])
    value = int(text)
    require(value < SMALL, "json: number too large")
    return value


def refuse_number(text):
    raise Refused("json: not a small non-negative integer: " + text[:20])


def check_nesting(text):
    """Depth of brackets outside of strings, before the recursive reader runs."""
    depth, inside, escaped = 0, False, False
    for char in text:
        if inside:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                inside = False
        elif char == '"':
            inside = True
        elif char in "[{":
            depth += 1
            refusal.limit(depth <= refusal.NESTING, "json nesting")
        elif char in "]}":
            depth -= 1


def check_strings(value):
    """No unpaired surrogates: they have no UTF-8 form."""
    if isinstance(value, str):
        require(not any(0xD800 <= ord(c) <= 0xDFFF for c in value), "json: unpaired surrogate")
    elif isinstance(value, list):
        for item in value:
            check_strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            check_strings(key)
            check_strings(item)


def read(data):
    refusal.limit(len(data) <= refusal.FILE_BYTES, "file size")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("json: not UTF-8") from error
    check_nesting(text)
    try:
        value = json.loads(text, object_pairs_hook=pairs_once, parse_int=small,
                           parse_float=refuse_number, parse_constant=refuse_number)
    except ValueError as error:
        raise Refused("json: " + str(error).split("\n")[0]) from error
    check_strings(value)
    return value


def obj(value, keys, what):
    require(type(value) is dict, what + ": not an object")
    require(set(value) == set(keys), what + ": keys are not " + " ".join(sorted(keys)))
    return value


def arr(value, what, length=None):
    require(type(value) is list, what + ": not a list")
    require(length is None or len(value) == length, what + ": wrong length")
    return value


def string(value, what):
    require(type(value) is str, what + ": not a string")
    return value


def nat(value, what):
    require(type(value) is int, what + ": not a number")
    return value


def integer(value, what):
    """`0` or `-?[1-9][0-9]*` in a string (FORMAT.md, section 6)."""
    require(type(value) is str, what + ": not an integer in a string")
    digits = value[1:] if value.startswith("-") else value
    refusal.limit(len(digits) <= refusal.DIGITS, "digits")
    require(digits != "" and all(c in "0123456789" for c in digits), what + ": not an integer")
    require(value == "0" or digits[0] != "0", what + ": not a canonical integer")
    return int(value)


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"


def is_identifier(value):
    return value != "" and value[0] in LETTERS and all(c in LETTERS + "0123456789" for c in value)


def identifier(value, what):
    require(type(value) is str and is_identifier(value), what + ": not an identifier")
    return value


def path(value, what):
    """A path below the root: no `..`, nothing absolute."""
    require(type(value) is str and value != "", what + ": not a path")
    for part in value.split("/"):
        require(part not in ("", ".", "..") and all(c in LETTERS + "0123456789.-" for c in part),
                what + ": not a path below the root")
    return value


def sha256(value, what):
    require(type(value) is str and len(value) == 64
            and all(c in "0123456789abcdef" for c in value), what + ": not a SHA-256")
    return value
