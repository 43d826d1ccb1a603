"""Checker of proofs (FORMAT.md, section 6).

Idea: start from the hypotheses and -goal - 1; each step appends a fact that
holds wherever the facts before it hold; a negative constant ends the proof.
All arithmetic is over Python integers.
How it may be wrong: a step whose new fact does not follow. Each of the seven
checks stands in a function of its own, beside the table of section 6.
"""
import poly
import refusal
import strict_json
from refusal import Refused, require

HOLE, VALID = "hole", "valid"
REASONS = ("resource-limit", "degree-limit", "no-witness")


class State:
    """The facts known so far and the number of atoms."""

    def __init__(self, facts, atoms):
        self.facts, self.atoms = facts, atoms

    def fact(self, number, what):
        index = strict_json.nat(number, what)
        require(index < len(self.facts), "proof: %s: no fact %d" % (what, index))
        return self.facts[index]


def polynomial(value, atoms):
    """POLY: coefficients as strings, atoms increasing, no monomial twice."""
    strict_json.arr(value, "proof: polynomial")
    refusal.limit(len(value) <= refusal.POLY_TERMS, "terms in a polynomial")
    result = {}
    for item in value:
        strict_json.arr(item, "proof: monomial", 2)
        coefficient = strict_json.integer(item[0], "proof: coefficient")
        require(coefficient != 0, "proof: zero coefficient")
        mono, last = [], -1
        for power in strict_json.arr(item[1], "proof: powers"):
            strict_json.arr(power, "proof: power", 2)
            number = strict_json.nat(power[0], "proof: atom")
            exponent = strict_json.nat(power[1], "proof: exponent")
            require(last < number < atoms, "proof: atom out of order or unknown")
            require(exponent >= 1, "proof: exponent")
            refusal.limit(exponent <= refusal.EXPONENT, "exponent")
            mono.append((number, exponent))
            last = number
        require(tuple(mono) not in result, "proof: monomial twice")
        result[tuple(mono)] = coefficient
    return result


def step_mul(state, step, earlier):
    a, b = (state.fact(step[k], "mul") for k in (1, 2))
    state.facts.append(poly.mul(a, b))


def step_sq(state, step, earlier):
    p = polynomial(step[1], state.atoms)
    state.facts.append(poly.mul(p, p))


def step_lin(state, step, earlier):
    constant = strict_json.integer(step[1], "proof: lin")
    require(constant >= 0, "proof: lin: negative constant")
    total = poly.constant(constant)
    for item in strict_json.arr(step[2], "proof: lin"):
        strict_json.arr(item, "proof: lin", 2)
        multiplier = strict_json.integer(item[0], "proof: lin")
        require(multiplier > 0, "proof: lin: multiplier is not positive")
        fact = state.fact(item[1], "lin")
        poly.WORK.add(len(fact))
        total = poly.add(total, poly.scale(fact, multiplier))
    state.facts.append(total)


def step_cut(state, step, earlier):
    fact = state.fact(step[1], "cut")
    require(poly.constant_value(fact) is None, "proof: cut of a constant")
    state.facts.append(poly.cut(fact))


def step_floordiv(state, step, earlier):
    above = polynomial(step[1], state.atoms)
    below = polynomial(step[2], state.atoms)
    wanted = poly.add(below, poly.constant(-1))
    require(state.fact(step[3], "floordiv") == wanted, "proof: floordiv: divisor not positive")
    product = poly.mul(poly.atom(state.atoms), below)
    state.atoms += 1
    rest = poly.sub(above, product)
    state.facts.append(rest)
    state.facts.append(poly.sub(wanted, rest))


def step_use(state, step, earlier):
    number = strict_json.nat(step[1], "proof: use")
    require(number < len(earlier), "proof: use of a later obligation")
    used = earlier[number]
    strict_json.arr(step[2], "proof: use")
    require(len(step[2]) == used.atoms, "proof: use: one polynomial for each atom")
    images = [polynomial(p, state.atoms) for p in step[2]]
    strict_json.arr(step[3], "proof: use")
    require(len(step[3]) == len(used.hyps), "proof: use: one fact for each hypothesis")
    for hypothesis, fact in zip(used.hyps, step[3]):
        require(poly.substitute(hypothesis, images) == state.fact(fact, "use"),
                "proof: use: a hypothesis is not this fact")
    state.facts.append(poly.substitute(used.goal, images))


STEPS = {"mul": (3, step_mul), "sq": (2, step_sq), "lin": (3, step_lin), "cut": (2, step_cut),
         "floordiv": (4, step_floordiv), "use": (4, step_use)}


def run(state, steps, earlier, budget):
    strict_json.arr(steps, "proof")
    for index, step in enumerate(steps):
        budget.add(1)
        strict_json.arr(step, "proof: step")
        require(step != [] and type(step[0]) is str, "proof: step")
        if step[0] == "split":
            require(index == len(steps) - 1, "proof: split is not last")
            split(state, step, earlier, budget)
            return
        require(step[0] in STEPS and len(step) == STEPS[step[0]][0], "proof: unknown step")
        STEPS[step[0]][1](state, step, earlier)
    last = poly.constant_value(state.facts[-1])
    require(last is not None and last < 0, "proof: does not end in a contradiction")


def split(state, step, earlier, budget):
    require(len(step) == 4, "proof: split")
    p = polynomial(step[1], state.atoms)
    negated = poly.add(poly.scale(p, -1), poly.constant(-1))
    for fact, steps in ((p, step[2]), (negated, step[3])):
        run(State(state.facts + [fact], state.atoms), steps, earlier, budget)


def check(proof, obligation, earlier):
    """HOLE for a hole with a known reason, VALID for a proof; else refused."""
    if type(proof) is dict:
        strict_json.obj(proof, ("hole",), "hole")
        require(proof["hole"] in REASONS, "hole: reason")
        return HOLE
    negated = poly.add(poly.scale(obligation.goal, -1), poly.constant(-1))
    budget = refusal.Counter(refusal.PROOF_STEPS, "proof steps")
    run(State(obligation.hyps + [negated], obligation.atoms), proof, earlier, budget)
    return VALID


class Ledger:
    """All obligations with the pointers of their proofs, and the state of a claim."""

    def __init__(self):
        self.entries = []       # (pointer, obligation), in the order of checks
        self.holes = 0

    def check(self, proof, obligation, earlier, pointer):
        self.entries.append((pointer, obligation))
        try:
            result = check(proof, obligation, earlier)
        except Refused as error:
            raise Refused("%s: %s" % (pointer, error)) from None
        if result == HOLE:
            self.holes += 1
        return result

    def check_list(self, proofs, obligations, pointer):
        """A proof list: exactly one proof for each obligation, in order."""
        strict_json.arr(proofs, pointer)
        for number, obligation in enumerate(obligations):
            require(number < len(proofs), "%s: proof %d is missing" % (pointer, number))
            self.check(proofs[number], obligation, obligations[:number],
                       "%s/%d" % (pointer, number))
        require(len(proofs) == len(obligations), "%s: %d proofs too many"
                % (pointer, len(proofs) - len(obligations)))
