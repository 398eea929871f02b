"""Exact expectations by going through every pattern of +-sigma noise: slow, independent of any formula."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import sympy as sp

from theory.linear.second_moments import FirstStep

MAX_FLIPS = 14


def second_moment_by_enumeration(
    rhos: Sequence[sp.Expr], *, w0: sp.Expr, d: int, sigma: sp.Expr, kappa: sp.Expr = sp.S.One,
    beta: sp.Expr = sp.S.Zero, first: FirstStep = FirstStep.FRESH,
) -> sp.Expr:
    """E|w_n|^2 after n = len(rhos) steps of w <- rho w + beta (w - w_before) + xi_k - kappa xi_{k-1}, xi_k = +-sigma.

    The start is (w0, 0, ..., 0); coordinates are independent, so that d - 1 of them start from 0.

    Parameters
    ----------
    rhos : sequence of n numbers
        rho_0, ..., rho_{n-1}; n <= 14 (13 with a stationary first step), since 2^n patterns are gone through.
    w0, sigma, kappa, beta : numbers
        Norm of the start, standard deviation of a coordinate's noise, temporal correlation, momentum.
    d : int
        Dimension.
    first : FirstStep
        Convention of the first step.

    Raises
    ------
    ValueError
        If there would be more than 2^14 patterns, or ``d`` is not positive.

    Examples
    --------
    >>> half = sp.Rational(1, 2)
    >>> second_moment_by_enumeration([half, half], w0=sp.S.One, d=1, sigma=sp.S.One)
    21/16
    """
    flips = len(rhos) + (first is FirstStep.STATIONARY)
    if flips > MAX_FLIPS:
        raise ValueError(f"rhos must have at most {MAX_FLIPS - flips + len(rhos)} values, got {len(rhos)}")
    if d < 1:
        raise ValueError(f"d must be a positive integer, got {d}")
    start, scale, correlation, momentum = (_exact(value) for value in (w0, sigma, kappa, beta))
    factors = [_exact(rho) for rho in rhos]
    mean = _mean_square(factors, start, scale, correlation, momentum, first)
    if d > 1:
        mean = mean + (d - 1) * _mean_square(factors, start * 0, scale, correlation, momentum, first)
    return sp.Rational(mean.numerator, mean.denominator) if isinstance(mean, Fraction) else sp.expand(mean)


def _exact(value: sp.Expr) -> Any:
    """Fractions where possible (fast), SymPy numbers elsewhere."""
    number = sp.sympify(value)
    return Fraction(int(number.p), int(number.q)) if number.is_Rational else number


def _mean_square(rhos: Sequence[Any], w0: Any, sigma: Any, kappa: Any, beta: Any, first: FirstStep) -> Any:
    before_start = (-1, 1) if first is FirstStep.STATIONARY else (0,)
    total, count = w0 * 0, 0
    for sign in before_start:
        for signs in itertools.product((-1, 1), repeat=len(rhos)):
            w, older, last = w0, w0, sign * sigma
            for rho, flip in zip(rhos, signs):
                noise = flip * sigma
                w, older, last = rho * w + beta * (w - older) + noise - kappa * last, w, noise
            total, count = total + w * w, count + 1
    return total / count
