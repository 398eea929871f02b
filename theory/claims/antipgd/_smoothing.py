"""What the entries on smoothing share: exact values of polynomials at a point, points, one noisy step in NumPy."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import sympy as sp

from theory.claims.building import number_sampler
from theory.claims.claim import Point
from theory.smoothing.moments import ETA, SIGMA, X, Y

MEANING = {
    "z1": "first coordinate of z_n",
    "z2": "second coordinate of z_n",
    "eta": "step size, positive",
    "sigma": "standard deviation of a coordinate's noise, positive",
}
EXAMPLE = {"z1": sp.Rational(1, 2), "z2": sp.Integer(-1), "eta": sp.Rational(1, 4), "sigma": sp.Rational(1, 3)}
_draw = number_sampler(z1=(-12, 12, 7), z2=(-12, 12, 5), eta=(1, 9, 10), sigma=(1, 14, 9))


def step_sampler(generator: random.Random) -> Point:
    """A point z in the plane, a step size and a size of the noise."""
    return _draw(generator)


def value(expression: sp.Expr, point: Point) -> sp.Expr:
    """The exact value of an expression in z1, z2, eta, sigma at a point."""
    names = {symbol: sp.sympify(point[symbol.name]) for symbol in (X, Y, ETA, SIGMA)}
    return sp.expand(expression.xreplace(names))


def signs(generator: np.random.Generator, size: int, sigma: float) -> np.ndarray:
    """(size, 2) independent +-sigma."""
    return sigma * generator.choice((-1.0, 1.0), (size, 2))


def at_noise(expressions: Sequence[sp.Expr], at: tuple[float, float], noise: np.ndarray) -> np.ndarray:
    """Values of polynomials in (z1, z2) at ``at`` plus each row of the noise, one column an expression."""
    function = sp.lambdify((X, Y), list(expressions), "numpy")
    found = function(at[0] + noise[:, 0], at[1] + noise[:, 1])
    return np.stack([np.broadcast_to(column, len(noise)) for column in found], axis=1)
