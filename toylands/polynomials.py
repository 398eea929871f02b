"""Short polynomials for functions on an interval, from exact fractions: every machine gets the same coefficients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

_PI = Fraction("3.14159265358979323846264338327950288419716939937510582097494459")


def economise(taylor: Sequence[Fraction], keep: int, half_width: Fraction, centre: Fraction) -> tuple[float, ...]:
    """A Taylor polynomial with its highest terms traded for lower ones, ``keep`` coefficients in all.

    Subtracting a multiple of the Chebyshev polynomial of an interval removes the leading term at the least cost over
    that interval (Lanczos' telescoping).
    """
    coefficients = list(taylor)
    chebyshev = _chebyshev(len(coefficients) - 1, half_width, centre)
    while len(coefficients) > keep:
        leading = chebyshev[len(coefficients) - 1]
        scale = coefficients[-1] / leading[-1]
        coefficients = [c - scale * t for c, t in zip(coefficients, leading)][:-1]
    return tuple(float(c) for c in coefficients)


def _chebyshev(degree: int, half_width: Fraction, centre: Fraction) -> list[list[Fraction]]:
    """Coefficients of T_0 .. T_degree at (x - centre) / half_width."""
    slope, offset = 1 / half_width, -centre / half_width
    found = [[Fraction(1)], [offset, slope]]
    for _ in range(degree - 1):
        last, current = found[-2:]
        shifted = [Fraction(0), *(2 * slope * c for c in current)]
        fixed = [2 * offset * c for c in current] + [Fraction(0)]
        old = last + [Fraction(0)] * (len(shifted) - len(last))
        found.append([x + y - z for x, y, z in zip(shifted, fixed, old)])
    return found


def turn_series(odd: int, terms: int) -> list[Fraction]:
    """cos (odd = 0) or sin (odd = 1) of f pi / 2, divided by f^odd, as a series in f^2."""
    return [(-1) ** k * (_PI / 2) ** (2 * k + odd) / math.factorial(2 * k + odd) for k in range(terms)]
