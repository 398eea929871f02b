"""What the entries on momentum share: a point of the domain, one 2 x 2 block, its stationary moments."""

from __future__ import annotations

import random
from collections.abc import Callable

import sympy as sp

from theory.claims.claim import Claim, Point
from theory.claims.labelnoise._entries import entry, fraction, words
from theory.label_noise import momentum as mo
from theory.proof import Proof

ETA, G, BETA, LAM, NU = sp.symbols("eta g beta lam nu")
EXAMPLE = {"eta": sp.Rational(1, 2), "g": sp.Integer(1), "beta": sp.Rational(1, 3), "k": sp.Integer(3)}
SHAPE = 2 - ETA * G / (1 + BETA)
SEPARATED = (sp.Le(ETA * G, (2 - NU) * (1 + BETA)),)
BOUND_EXAMPLE = {**EXAMPLE, "nu": sp.Rational(1, 2)}
FIXED_EXAMPLE = {**EXAMPLE, "lam": sp.Rational(1, 2)}


def sample(generator: random.Random) -> Point:
    """eta g in (0, (2 - nu)(1 + beta)), k from 1 to 5."""
    beta, eta, nu = fraction(generator), fraction(generator), fraction(generator)
    g = (2 - nu) * (1 + beta) * fraction(generator) / eta
    return {
        "beta": beta,
        "eta": eta,
        "nu": nu,
        "g": g,
        "k": sp.Integer(generator.randint(1, 5)),
        "lam": fraction(generator),
    }


def block(point: Point) -> sp.Matrix:
    """A_i at the point."""
    return mo.block(point["eta"], point["g"], point["beta"])


def solved(point: Point) -> sp.Matrix:
    """S = A S A^T + J g J^T as a linear system at the point."""
    a, names = block(point), sp.symbols("p q r")
    s = sp.Matrix([[names[0], names[1]], [names[1], names[2]]])
    gap = s - a * s * a.T - sp.Matrix([[point["g"], 0], [0, 0]])
    found = sp.solve([gap[0, 0], gap[0, 1], gap[1, 1]], names, dict=True)[0]
    return s.subs(found)


def corrected(
    number: str, place: str, statement: str, reason: str, prove: Callable[[], Proof], refute: Callable[[], Proof],
    printed: tuple[str, str], right: tuple[str, str],
) -> Claim:  # fmt: skip
    """An entry in words whose printed form fails; texts come with their LaTeX."""
    return entry(number, place, statement, words(*printed), prove, reason, form=words(*right), refute=refute)
