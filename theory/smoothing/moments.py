"""Exact expectations of polynomials in independent noise coordinates, and exact example losses.

Source: antipgd, Section 2.1 and Appendix A; the three noise laws are those of its theorems and experiments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import sympy as sp

SIGMA = sp.Symbol("sigma", positive=True)
ETA = sp.Symbol("eta", positive=True)
M3 = sp.Symbol("m3", real=True)
M4 = sp.Symbol("m4", positive=True)

Moment = Callable[[int], sp.Expr]
"""E xi^k of one coordinate, for k >= 0."""

X, Y = sp.symbols("z1 z2", real=True)
NOISE = sp.symbols("xi1 xi2 xi3", real=True)

CUBIC = X**3 / 2 + X**2 * Y / 2 - X * Y**2 + Y**3 / 6 + X**2 - X * Y + 2 * Y
"""A loss whose second-order expansions of the gradient are exact."""
QUARTIC = X**4 / 4 + X**3 * Y / 6 + X**2 * Y**2 / 2 + Y**4 / 8 + X**2 / 2 - X * Y
"""A loss with every kind of fourth derivative."""


def rademacher(k: int) -> sp.Expr:
    """Moments of +-sigma with equal probability."""
    return SIGMA**k if k % 2 == 0 else sp.S.Zero


def gaussian(k: int) -> sp.Expr:
    """Moments of a centred normal variable with variance sigma^2."""
    return SIGMA**k * sp.factorial2(k - 1) if k % 2 == 0 else sp.S.Zero


def centred(k: int) -> sp.Expr:
    """Moments of any centred law with variance sigma^2: m3 and m4 stay symbols; higher ones are refused."""
    known = (sp.S.One, sp.S.Zero, SIGMA**2, M3, M4)
    if k >= len(known):
        raise ValueError(f"k must be at most 4, got {k}")
    return known[k]


def expect(expression: sp.Expr, noise: Sequence[sp.Symbol], moment: Moment) -> sp.Expr:
    """Expectation of a polynomial in independent coordinates of one law.

    Examples
    --------
    >>> expect(NOISE[0] ** 4 + NOISE[0] * NOISE[1], NOISE[:2], gaussian)
    3*sigma**4
    """
    terms = sp.Poly(sp.expand(expression), *noise).terms()
    return sp.expand(sum((c * sp.prod([moment(k) for k in powers]) for powers, c in terms), sp.S.Zero))


def shifted(expression: sp.Expr) -> sp.Expr:
    """The expression at z + xi instead of z."""
    return sp.expand(expression.subs({X: X + NOISE[0], Y: Y + NOISE[1]}, simultaneous=True))


def laplacian(expression: sp.Expr) -> sp.Expr:
    """Trace of the Hessian in (z1, z2)."""
    return sp.diff(expression, X, 2) + sp.diff(expression, Y, 2)


def modified(loss: sp.Expr) -> sp.Expr:
    """The modified loss L + sigma^2 / 2 Tr Hessian L (Eq. 6)."""
    return sp.expand(loss + SIGMA**2 / 2 * laplacian(loss))


@cache
def mean_of_shift(expression: sp.Expr, moment: Moment) -> sp.Expr:
    """E f(z + xi) for a polynomial f."""
    return expect(shifted(expression), NOISE[:2], moment)


@cache
def variance_of_shift(expression: sp.Expr, moment: Moment) -> sp.Expr:
    """Var f(z + xi) for a polynomial f."""
    at = shifted(expression)
    mean = expect(at, NOISE[:2], moment)
    return sp.expand(expect(at**2, NOISE[:2], moment) - mean**2)
