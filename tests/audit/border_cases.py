"""What stands exactly at a limit, or one beyond: cases for guards_test.py.

Idea: a comparison of the audit that is off by one (< for <=), or turned round (== for !=), gives
another report for one of these. tests/mutation/checker_test.py flips every comparison; each case
here was written for one that no other test noticed. How it may be wrong: as in batch.py.
"""
import copy

import forged_test
from batch import ANY, HEAD, certificate, edited, put
from forged_test import hyp, step

ONE = [["1", []]]


def powers(atom, exponents):
    """The sum of these powers of an atom."""
    return [["1", [[atom, e]] if e else []] for e in exponents]


def report_cases(b):
    edited(b, "a rule's name with ~", "equal [rule]", put("steps", 0, "rule", "~!"))
    # All is read, and then refused for what it says.
    edited(b, "20,000 steps", "equal [json]", put("steps", [0] * 20000))
    edited(b, "limit: file of 4 MiB", None, text=lambda t: t + " " * ((4 << 20) - len(t)))
    edited(b, "limit: file of 4 MiB and a byte", "equal [limit]",
           text=lambda t: t + " " * ((4 << 20) - len(t) + 1))

    def values(total):
        def change(text):
            old = '"producer": {}'
            assert old in text
            used = 1 + sum(text.replace(old, '"producer": []').count(c) for c in "[{:,")
            lists = []
            total_left = total - used
            while total_left > 0:
                take = min(total_left, 50000)
                # A list of n items counts n, and the comma in front of it one.
                lists.append("[" + ",".join("0" * (take - (1 if lists else 0))) + "]")
                total_left -= take
            return text.replace(old, '"producer": [%s]' % ",".join(lists))
        return change
    edited(b, "limit: 1,000,000 values", "equal [json]", text=values(1000000))
    edited(b, "limit: 1,000,001 values", "equal [limit]", text=values(1000001))


def require_cases(b):
    """A require's arithmetic at the ends of 64 bits, and at the witness."""
    big = "4611686018427387904"  # 2^62
    for name, require, expected in (
            ("2^63 - 1", "N <= %s + (%s - 1)" % (big, big), None),
            ("2^63", "N <= %s + %s" % (big, big), "safe [int-width]"),
            ("-2^63", "(0 - %s) - %s <= N" % (big, big), None),
            ("-2^63 - 1", "((0 - %s) - %s) - 1 <= N" % (big, big), "safe [int-width]"),
            ("a sum in a quotient", "((N + 1) div 2) * %s <= %s" % (2**40, big), "safe [int-width]"),
            ("neither of two", "N < 1 or N < 0", "safe [witness]"),
            ("one of two", "N < 1 or N < 2", "safe [proof]"),
            ("a dividend of 0", "(N - N) div 1 <= N", "safe [int-width]")):
        spec = forged_test.SPEC.replace("out O", "require %s\nout O" % require)
        cert = certificate(b, spec, forged_test.START + [forged_test.GAMMA(forged_test.E)])
        cert.update(witness={"N": "1"})
        if expected is None:  # facts 2 is of the require; what follows has one more
            expected = "safe [proof]"
        b.record("require: " + name, expected, cert, "")


def core_cases(b):
    """Obligations of selections of the core term: number and kind."""
    for name, expression, proofs, expected in (
            ("take", "N take V", [hyp(0, 4), []], "=equal"),
            ("take without its bound", "N take V", [hyp(0, 4)], "equal [proof]"),
            ("rot", "1 rot V", [hyp(0, 4)], "=equal"),
            ("rot with two proofs", "1 rot V", [hyp(0, 4), []], "equal [proof]")):
        cert = certificate(b, HEAD + "O = %s\n" % expression)
        cert["spec_proofs"] = [hyp(0, 4)] + copy.deepcopy(proofs)  # the range of T is not empty
        b.record("core: " + name, expected, cert, "")


def proof_cases(b):
    """Polynomials of exactly 20,000 terms."""
    third = ["floordiv", powers(0, [1]), ONE, 5]  # atom 2
    zero = ["lin", "0", []]
    end = ["lin", "0", [["1", 2], ["1", 4]]]
    grid = [["1", [[atom, e] for atom, e in zip(range(3), es) if e]]
            for es in ((x, y, z) for x in range(25) for y in range(25) for z in range(32))]
    # Facts 8 and 9 are -NUM + q and its opposite; NUM has 19,999 terms.
    edited(b, "proof: 20,000 terms", None, put("safe", 0, [
        zero, third, ["floordiv", grid[:-1], ONE, 5], end]))
    edited(b, "proof: 20,001 terms", "safe [limit]", put("safe", 0, [
        zero, third, ["floordiv", grid, ONE, 5], end]))
    # 40 * 25 * 20 terms: facts 8, 10 have one more than the squares.
    factors = [["sq", powers(0, range(1, 21))], ["lin", "1", [["1", 8]]],
               ["sq", powers(1, range(13))],
               ["sq", powers(2, range(1, 11))], ["lin", "1", [["1", 11]]]]
    edited(b, "proof: product of 20,000 terms", None, put("safe", 0, [
        zero, third] + factors + [["mul", 9, 10], ["mul", 13, 12], end]))
    more = [["sq", powers(0, range(1, 21))], ["lin", "1", [["1", 8]]],
            ["sq", powers(1, range(13))], ["sq", powers(2, range(11))]]
    edited(b, "proof: product of 21,000 terms", "safe [limit]", put("safe", 0, [
        zero, third] + more + [["mul", 9, 10], ["mul", 12, 11], end]))


def text_cases(b):
    """Texts of terms, rules and specs as long and deep as they may be."""
    for name, text, expected in (
            ("-2^62", "(* V (real -%d))" % 2**62, "safe ["),
            ("-2^62 - 1", "(* V (real -%d))" % (2**62 + 1), "equal ["),
            ("400 brackets", "(" * 400 + "neg V" + ")" * 400, "equal [syntax]"),
            ("401 brackets", "(" * 401 + "neg V" + ")" * 401, "equal [limit]"),
            ("100,001 items", "(tup" + " S" * 99999 + ")", "equal [limit]"),
            ("a type of 20,000", "(* V (get 0 (tup%s)))" % (" S" * 1250), "safe ["),
            ("a type of 20,016", "(* V (get 0 (tup%s)))" % (" S" * 1251), "equal [limit]")):
        both = step("both", [0], {"A": "V", "B": text, "g": "true"})
        b.record("term: " + name, expected, certificate(b, HEAD + "O = V\n", [both], ANY), "")
    b.record("rules: a name alone", "equal [", certificate(b, HEAD + "O = V\n", [], "(rule r)"), "")
    # Three steps make (put (vec) V), 2 nodes, longer by (if true V TREE): 2 nodes and the tree.
    tree = ["V"] * 33332
    while len(tree) > 1:
        tree = ["(* %s %s)" % pair for pair in zip(tree[::2], tree[1::2])] + (
            tree[-1:] if len(tree) % 2 else [])
    for name, negations, expected in (("200,000 nodes", 1, "safe ["), ("200,001 nodes", 2, "equal [limit]")):
        steps = [step("both", [0] + [1] * k,
                      {"A": "V", "B": "(neg " * n + tree[0] + ")" * n, "g": "true"})
                 for k, n in enumerate((1, 1, negations))]
        b.record("term: " + name, expected, certificate(b, HEAD + "O = V\n", steps, ANY), "")
    for name, text, expected in (("~ in a comment", HEAD + "O = V # ~\n", "safe ["),
                                 ("minus behind an operator", HEAD + "O = V * -V\n", "safe ["),
                                 ("a line ends in front of red", HEAD + "O = +\nred V\n",
                                  "equal [spec]"),
                                 ("a line ends in front of .", HEAD + "O = V +\n.* V\n",
                                  "equal [spec]"),
                                 ("three ranks", HEAD + "O = rev omega<1 1 1> V\n", "equal [spec]"),
                                 ("256 KiB", (HEAD + "O = V\n# ").ljust(1 << 18, "x"), "safe ["),
                                 ("256 KiB and a byte", (HEAD + "O = V\n# ").ljust((1 << 18) + 1, "x"), "equal [limit]")):
        b.record("spec: " + name, expected, certificate(b, text), "")


def scope_cases(b):
    """Where a variable is bound, and which of two equal extents is taken."""
    for name, text, expected in (
            ("guard on a value shared outside of the loop",
             "(let (x) (real 1) (for (i N) (when (iszero x) (put (vec i) bottom))))",
             "safe [write]"),
            ("an extent that mentions an outer loop",
             "(for (i N) (put (vec i) (psi (vec 0 0) (gen (k 2) (gen (c (+ i 1)) (real 1))))))",
             "safe [proof]"),
            ("frames of equal length",
             "(let (x) (omega2 0 0 (y z) (+ y z) V (gen (k (+ N 0)) (real k))) "
             "(for (i N) (put (vec i) bottom)))", "safe [proof]")):
        one = step("any", [], {"P": "(put (vec) V)", "Q": text})
        b.record("final: " + name, expected, certificate(b, HEAD + "O = V\n", [one], ANY), "")


def border_cases(b):
    report_cases(b)
    text_cases(b)
    require_cases(b)
    core_cases(b)
    proof_cases(b)
    scope_cases(b)

