"""Single noise patterns on the widening valley, followed exactly or in interval arithmetic.

All coordinates of u that start equal and receive the same signs stay equal: they are kept as one number with a
multiplicity. Exact runs use fractions, whose digits triple at every step; long runs use intervals of mpmath, whose
ends are rounded outwards, so that what holds for the interval holds for the true number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import sympy as sp
from mpmath.ctx_iv import MPIntervalContext


@dataclass(frozen=True)
class Setting:
    """Parameters of Theorem 3.1: eta = alpha / (2 D); D = |u_0|^2."""

    alpha: Fraction
    radius2: Fraction
    dim: int
    sigma2: Fraction

    @property
    def eta(self) -> Fraction:
        """alpha / (2 D)."""
        return self.alpha / (2 * self.radius2)

    @property
    def admissible(self) -> bool:
        """Whether sigma^2 lies in (0, min(alpha^3 D / 2, D / (8 alpha))] and alpha in (0, 1)."""
        bound = min(self.alpha**3 * self.radius2 / 2, self.radius2 / (8 * self.alpha))
        return 0 < self.alpha < 1 and 0 < self.sigma2 <= bound


@dataclass(frozen=True)
class State:
    """The common value of the d coordinates of u, and v, after ``step`` steps."""

    step: int
    u: Fraction
    v: Fraction


def follow(
    setting: Setting, sigma: Fraction, start: Fraction, signs: Sequence[tuple[int, int]], anticorrelated: bool
) -> list[State]:
    """Follow one noise pattern exactly.

    Parameters
    ----------
    setting : Setting
        Parameters; ``sigma`` is the rational square root of its ``sigma2``.
    start : Fraction
        Every coordinate of u_0; v_0 = 0.
    signs : sequence of (sign on every coordinate of u, sign on v)
        The noise. Plain: one pair a step. Anticorrelated: the increments of consecutive pairs (antipgd, Eq. 2), so
        n + 1 pairs make n steps.
    anticorrelated : bool
        Anti-PGD or PGD.

    Raises
    ------
    ValueError
        If ``sigma`` or ``start`` do not fit ``setting``.

    Examples
    --------
    >>> one = Fraction(1)
    >>> setting = Setting(alpha=one / 2, radius2=one, dim=1, sigma2=one / 64)
    >>> follow(setting, one / 8, one, [(1, -1)], anticorrelated=False)[-1]
    State(step=1, u=Fraction(9, 8), v=Fraction(-1, 8))
    """
    if sigma**2 != setting.sigma2:
        raise ValueError(f"sigma must be the square root of sigma2 = {setting.sigma2}, got {sigma}")
    if setting.dim * start**2 != setting.radius2:
        raise ValueError(f"start must satisfy d start^2 = D = {setting.radius2}, got {start} with d = {setting.dim}")
    u, v, eta = start, Fraction(0), setting.eta
    states = [State(0, u, v)]
    increments = [(a, b) for a, b in signs]
    if anticorrelated:
        increments = [(later[0] - now[0], later[1] - now[1]) for now, later in pairwise(signs)]
    for step, (e, f) in enumerate(increments, start=1):
        u, v = (1 - eta * v * v) * u + e * sigma, (1 - eta * setting.dim * u * u) * v + f * sigma
        states.append(State(step, u, v))
    return states


def trap_entered(setting: Setting, state: State, noise2: Fraction) -> bool:
    """Whether |u| and |v| double for ever from here, for steps whose noise on any coordinate is at most sqrt(noise2).

    The conditions of ``theory.valley.escape.show_trap``, squared: (eta v^2 - 3)^2 |u|^2 >= d noise2 with
    eta v^2 > 3, and (eta |u|^2 - 3)^2 v^2 >= noise2 with eta |u|^2 > 3.
    """
    r, y = setting.dim * state.u**2, setting.eta * state.v**2
    x = setting.eta * r
    return bool(y > 3 and x > 3 and (y - 3) ** 2 * r >= setting.dim * noise2 and (x - 3) ** 2 * state.v**2 >= noise2)


def exact(value: Fraction) -> sp.Rational:
    """The same number for SymPy."""
    return sp.Rational(value.numerator, value.denominator)


@dataclass(frozen=True)
class Crossing:
    """Where a pattern crossed the watershed: the step, and a certain lower bound of eta (|u|^2 + v^2) there."""

    step: int
    energy: float
    digits: int


def all_plus_crossing(setting: Setting, axis: bool = False, most_steps: int = 5000) -> Crossing | None:
    """The first step at which PGD with every noise sign +1 surely has eta (|u|^2 + v^2) >= 4.

    Parameters
    ----------
    setting : Setting
        Parameters.
    axis : bool
        u_0 = (sqrt(D), 0, ..., 0) instead of d equal coordinates.
    most_steps : int
        Give up after that many steps.

    Returns
    -------
    Crossing or None
        None if the watershed was not reached.

    Notes
    -----
    The constant sign keeps v near xi / (eta |u|^2) far beyond the point eta |u|^2 = 2 where that value is unstable,
    because v was attracted to it for so long before: deviations have to be followed through many powers of ten. Hence
    the high precision, doubled until the interval is narrow.

    Examples
    --------
    >>> half = Fraction(1, 2)
    >>> all_plus_crossing(Setting(alpha=half, radius2=Fraction(1), dim=8, sigma2=Fraction(1, 16))).step
    5
    """
    bits = 128
    while bits <= 65536:
        crossing, certain = _run_intervals(setting, axis, most_steps, bits)
        if certain:
            return crossing
        bits *= 2
    return None


def _run_intervals(setting: Setting, axis: bool, most_steps: int, bits: int) -> tuple[Crossing | None, bool]:
    iv = MPIntervalContext()
    iv.prec = bits

    def number(value: Fraction) -> object:
        return iv.mpf(value.numerator) / value.denominator

    # in units of 1 / sqrt(eta): x_0 = alpha / 2, b^2 = eta sigma^2
    b, root = iv.sqrt(number(setting.eta * setting.sigma2)), iv.sqrt(number(setting.alpha / 2))
    groups = [(1, root), (setting.dim - 1, iv.mpf(0))] if axis else [(setting.dim, root / iv.sqrt(setting.dim))]
    v = iv.mpf(0)
    for step in range(most_steps + 1):
        x = sum((many * u * u for many, u in groups), iv.mpf(0))
        energy = x + v * v
        if energy.a >= 4:
            return Crossing(step, float(energy.a.a), int(bits * 0.301)), True
        if energy.delta > 0.01:
            return None, False
        groups = [(many, (1 - v * v) * u + b) for many, u in groups]
        v = (1 - x) * v + b
    return None, True
