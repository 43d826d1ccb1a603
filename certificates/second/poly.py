"""Polynomials with integer coefficients.

Idea: a polynomial is a dictionary from monomials to non-zero integers; a
monomial is a tuple of (atom, exponent), atoms increasing; () is the constant.
How it may be wrong: a monomial that is not sorted would hide equal terms, a
zero coefficient that is kept would make equal polynomials differ.
"""
from math import gcd

import refusal

WORK = refusal.Counter(refusal.MULTIPLICATIONS, "coefficient multiplications")
ZERO = {}


def constant(value):
    return {(): value} if value else {}


def atom(number):
    return {((number, 1),): 1}


def add(p, q):
    result = dict(p)
    for mono, coefficient in q.items():
        total = result.get(mono, 0) + coefficient
        if total:
            result[mono] = check_digits(total)
        else:
            del result[mono]
    refusal.limit(len(result) <= refusal.POLY_TERMS, "terms in a polynomial")
    return result


def scale(p, factor):
    if not factor:
        return {}
    return {mono: coefficient * factor for mono, coefficient in p.items()}


def sub(p, q):
    return add(p, scale(q, -1))


def mono_mul(a, b):
    if not a:
        return b
    if not b:
        return a
    powers = dict(a)
    for number, exponent in b:
        powers[number] = powers.get(number, 0) + exponent
        refusal.limit(powers[number] <= refusal.EXPONENT, "exponent")
    return tuple(sorted(powers.items()))


def mul(p, q):
    WORK.add(len(p) * len(q))
    result = {}
    for mono_p, coefficient_p in p.items():
        for mono_q, coefficient_q in q.items():
            mono = mono_mul(mono_p, mono_q)
            result[mono] = result.get(mono, 0) + coefficient_p * coefficient_q
    refusal.limit(len(result) <= refusal.POLY_TERMS, "terms in a polynomial")
    return {mono: check_digits(c) for mono, c in result.items() if c}


BIG = 10 ** refusal.DIGITS


def check_digits(value):
    refusal.limit(-BIG < value < BIG, "digits")
    return value


def key(p):
    """A canonical, hashable form."""
    return tuple(sorted(p.items()))


def constant_value(p):
    """The value of a constant polynomial, None for others."""
    if not p:
        return 0
    if len(p) == 1 and () in p:
        return p[()]
    return None


def is_positive_constant(p):
    value = constant_value(p)
    return value is not None and value > 0


def cut(p):
    """Non-constant coefficients divided by their gcd, the constant floored."""
    divisor = gcd(*(c for mono, c in p.items() if mono != ()))
    result = {mono: c // divisor for mono, c in p.items()}
    if result.get(()) == 0:
        del result[()]
    return result


def rename(p, numbers):
    """Every atom a replaced by numbers[a] (a renaming that merges no atoms)."""
    return {tuple(sorted((numbers[a], e) for a, e in mono)): c for mono, c in p.items()}


def substitute(p, images):
    """Every atom a replaced by the polynomial images[a]."""
    result = {}
    for mono, coefficient in p.items():
        product = constant(coefficient)
        for number, exponent in mono:
            for _ in range(exponent):
                product = mul(product, images[number])
        result = add(result, product)
    return result
