"""Exact numbers of a few steps on the widening valley, for the search of counterexamples to bounds on paths.

The start has u_0 = (1, ..., 1), so that D = d; all coordinates of u receive the same sign where single paths are
followed, and all signs are gone through where a mean is taken (d = 1).

Source: antipgd, Theorem 3.1 with Eq. 62, 69 and 71.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product

from theory.valley.paths import Setting, State, follow

ONE = Fraction(1)


def _setting(alpha: Fraction, sigma: Fraction, dim: int) -> Setting:
    return Setting(alpha=alpha, radius2=Fraction(dim), dim=dim, sigma2=sigma**2)


def largest_v(
    alpha: Fraction, sigma: Fraction, dim: int, signs: Sequence[tuple[int, int]], anticorrelated: bool
) -> Fraction:
    """The largest |v_k| for which u_0, ..., u_{k-1} were inside the region alpha D < |u|^2 < D / alpha.

    Examples
    --------
    >>> largest_v(Fraction(1, 2), Fraction(1, 8), 2, [(1, 1), (1, 1)], anticorrelated=False)
    Fraction(431, 2048)
    """
    setting, largest = _setting(alpha, sigma, dim), Fraction(0)
    for state in follow(setting, sigma, ONE, signs, anticorrelated):
        largest = max(largest, abs(state.v))
        if not alpha * dim < dim * state.u**2 < dim / alpha:
            break
    return largest


def mean_square_u(alpha: Fraction, sigma: Fraction, steps: int) -> Fraction:
    """E|u_n|^2 of Anti-PGD with eps_0 = xi_0 from u_0 = 1, v_0 = 0 in one dimension, by going through all signs.

    Examples
    --------
    >>> mean_square_u(Fraction(1, 2), Fraction(1, 8), 1)
    Fraction(65, 64)
    """
    eta, total = alpha / 2, Fraction(0)
    for signs in product((1, -1), repeat=2 * steps):
        u, v = signs[:steps], signs[steps:]
        state = State(0, ONE, Fraction(0))
        for k in range(steps):
            e, f = (u[k], v[k]) if k == 0 else (u[k] - u[k - 1], v[k] - v[k - 1])
            state = State(k + 1, (1 - eta * state.v**2) * state.u + e * sigma,
                          (1 - eta * state.u**2) * state.v + f * sigma)  # fmt: skip
        total += state.u**2
    return total / 4**steps
