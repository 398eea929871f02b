"""Exact mean squared gradients on the functions of the bounds, all steps being equal: what the inequalities compare.

Source: nso, Theorem 4.3, Lemmas B.2, B.3, B.6, B.7. Noise is additive, of variance sigma^2/k along the coordinates that
each lemma names; perturbations cancel there.
"""

from __future__ import annotations

import sympy as sp

from theory.noise_stability.quadratic_rates import ETA, SIGMA, C, D, K, T

H = sp.Symbol("H", nonnegative=True)
KAPPA = sp.Max(1 / C, 2 * T * ETA)
"""1 / curvature of Eq. 50, and the G of Eq. 8."""


SMALL = sp.Le(T * ETA, sp.sqrt(D**2 * K * T / (2 * SIGMA**2 * C)))
"""Condition of Lemma B.2; Lemma B.3 has the opposite one."""
LARGE = sp.Ge(T * ETA, sp.sqrt(D**2 * K * T / (2 * SIGMA**2 * C)))
LONG = sp.Ge(T, SIGMA**2 / (2 * K * C * D**2))


def moment(rate: sp.Expr, start: sp.Expr, steps: sp.Expr) -> sp.Expr:
    """E|grad F(W_t)|^2 after t steps: start (1-rho)^(2t) + (sigma^2/k) rho/(2-rho) (1 - (1-rho)^(2t)), rho = ``rate``.

    Examples
    --------
    >>> moment(sp.Rational(1, 2), sp.S.One, sp.S.One).subs({SIGMA: 2, K: 1})
    5/4
    """
    left = (1 - rate) ** (2 * steps)
    return start * left + SIGMA**2 / K * rate / (2 - rate) * (1 - left)


def least(rate: sp.Expr, start: sp.Expr) -> sp.Expr:
    """The least moment over t = 1..T: it is monotone in t."""
    return sp.Min(moment(rate, start, sp.S.One), moment(rate, start, T))


def plateau() -> sp.Expr:
    """Lemma B.2: the first coordinate alone has a gradient, D^2/G (1 - eta/G)^(2T) at the end."""
    return D**2 / KAPPA * (1 - ETA / KAPPA) ** (2 * T)


def contraction() -> sp.Expr:
    """Lemma B.3: least moment with curvature C from C D^2."""
    return least(C * ETA, C * D**2)


def small_curvature() -> sp.Expr:
    """Lemma B.6: least moment with curvature 1/kappa from 2 D^2/kappa."""
    return least(ETA / KAPPA, 2 * D**2 / KAPPA)


def better_quadratic() -> sp.Expr:
    """Lemma B.7: the larger of the least moments with curvature 1/kappa and C."""
    return sp.Max(small_curvature(), least(C * ETA, 2 * C * D**2))


def average() -> sp.Expr:
    """Theorem 4.3 on (C/2)|W|^2 from F(W_0) - min F = D^2: mean moment over t = 1..T at the step of its proof."""
    variance = (SIGMA**2 + C**2 * H) / K
    rate = sp.Min(sp.sqrt(2 * C * D**2 / (variance * T)), 1)
    ratio = (1 - rate) ** 2
    share = ratio * (1 - ratio**T) / (1 - ratio) / T  # mean of ratio^t over t = 1..T
    return 2 * C * D**2 * share + SIGMA**2 / K * rate / (2 - rate) * (1 - share)
