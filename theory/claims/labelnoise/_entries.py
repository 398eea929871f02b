"""What the entries on label-noise SGD share: how an entry is put together, exact points, symbols."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import sympy as sp

from theory.claims.claim import Claim, Derivation, Form, Point, Verdict
from theory.claims.domain import Domain
from theory.proof import Proof

PAPER = "labelnoise"
Prove = Callable[[], Proof]
Sample = Callable[[random.Random], Point]

SYMBOLS = {
    "eta": "step size, positive, at most (2 - nu)/ell",
    "nu": "separation of the step size from 2/ell, in (0, 1)",
    "beta": "heavy-ball momentum, in [0, 1)",
    "lam": "lambda, strength of the regulariser, eta sigma^2 / B without momentum",
    "delta": "exponent of the KL assumption, in (0, 1/2]",
    "sigma": "standard deviation of the label noise, positive",
    "B": "batch size, integer >= 1",
    "n": "number of data points, integer >= 1",
    "d": "number of parameters, integer >= 1",
    "p": "probability of flipping a label, in (0, 1)",
    "x": "real argument, or an eigenvalue of the Hessian",
    "g": "eigenvalue of G, at least 0",
    "tau": "number of steps, integer >= 1",
    "k": "number of steps, integer >= 0",
    "D": "radius of the coupling error, positive",
    "M": "D / nu",
}


_UNIT, _POSITIVE = sp.Interval.open(0, 1), sp.Interval.open(0, 100)
SETS: dict[str, sp.Set] = {
    "nu": _UNIT, "beta": sp.Interval.Ropen(0, 1), "p": _UNIT, "share": sp.Interval.Lopen(0, 1),
    "eta": _POSITIVE, "lam": _POSITIVE, "g": _POSITIVE, "ell": _POSITIVE, "M": _POSITIVE, "x": sp.Interval(-20, 20),
    "n": sp.Range(1, 101), "k": sp.Range(1, 13), "tau": sp.Range(1, 7),
}  # fmt: skip
"""Where the symbols of the inequalities live, for the search; the paper's bounds that bind several come on top."""


def within(*names: str, where: tuple[sp.Basic, ...] = (), **others: sp.Set) -> Domain:
    """The domain of the named symbols, each with its usual set or the one given."""
    return Domain({**{name: SETS[name] for name in names}, **others}, where)


def entry(
    number: str,
    place: str,
    statement: str,
    printed: Form,
    prove: Prove | None,
    reason: str,
    *,
    form: Form | None = None,
    refute: Prove | None = None,
    note: str = "",
    **fields: Any,
) -> Claim:
    """The claim ``labelnoise/number``.

    Without ``refute`` it is recorded as proved (the proof is of ``form``, or of the printed form itself), or as
    supported where only experiments speak for it; with it, as corrected where a corrected ``form`` and its proof are
    given, as refuted where they are not. ``fields`` are further fields of the claim; symbols in the example are
    explained from ``SYMBOLS``.
    """

    def derive() -> Derivation:
        derived = form if form is not None or refute is not None else printed
        return Derivation(derived, prove() if prove else None, refute() if refute else None, note)

    holds = Verdict.PROVED if prove else Verdict.SUPPORTED
    fails = Verdict.CORRECTED if form is not None else Verdict.REFUTED
    named = {name: SYMBOLS[name] for name in fields.get("example", {}) if name in SYMBOLS}
    fields["symbols"] = {**named, **fields.get("symbols", {})}
    return Claim(
        id=f"{PAPER}/{number}", paper=PAPER, place=place, statement=statement, printed=printed, derive=derive,
        recorded=holds if refute is None else fails, reason=reason, **fields,
    )  # fmt: skip


def words(text: str, latex: str = "") -> Form:
    """A form without sides: its proof is all there is to evaluate."""
    return Form(text, latex)


def fraction(generator: random.Random, most: int = 20) -> sp.Rational:
    """A proper fraction in (0, 1)."""
    denominator = generator.randint(2, most)
    return sp.Rational(generator.randint(1, denominator - 1), denominator)


def sampler(**draw: Callable[[random.Random], sp.Expr]) -> Sample:
    """Draws every named symbol by its own function."""
    return lambda generator: {name: function(generator) for name, function in draw.items()}


def whole(low: int, high: int) -> Callable[[random.Random], sp.Integer]:
    """Draws an integer from low..high."""
    return lambda generator: sp.Integer(generator.randint(low, high))


def positive(scale: int = 3) -> Callable[[random.Random], sp.Rational]:
    """Draws a fraction in (0, scale)."""
    return lambda generator: scale * fraction(generator)
