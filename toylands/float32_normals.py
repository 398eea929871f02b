"""Standard normals computed in float32, for states in float64: `toylands.noise.gaussian_float32`.

Box-Muller as in `toylands.noise`, but sixteen lanes wide: a word of a lane is two 32-bit words, so four normals cost
two words. How they are read is described at the head of `toylands.noise`. The logarithm needs no table: u is
2^e (1 + q) with -1/4 <= q < 1/2, so that u near 1 has e = 0 and nothing cancels.

Under ideal random words (the sums run over all 2^32 values of either half, in `tests/test_float32_normals.py`):

- the mean and all odd moments are 0, neighbours are uncorrelated, both exactly, by symmetry;
- moments 2, 4, 6 and 8 differ from 1, 3, 15 and 105 by less than 2e-7, 4e-7, 6e-7 and 8e-7 of their values, in which
  the roundings of the last product, radius times cosine, are taken at their worst;
- no normal lies beyond sqrt(66 ln 2) = 6.76, where 1.4e-11 of the law should.

So E |w|^2 of any linear recurrence is off by less than 2e-7 of its value, float64 rounding apart.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from toylands.polynomials import economise, turn_series
from toylands.random import advance
from toylands.simd import (
    WIDENING,
    as_halves,
    as_single,
    even_widened,
    fma,
    has_bits,
    lanes_function,
    odd_widened,
    select,
    signed_to_single,
    single_bits,
    splat_single,
    sqrt,
    to_single,
)

_EIGHTH = Fraction(1, 8)  # f in [-1/2, 1/2], so f^2 in [0, 1/4]
_SINE = economise(turn_series(1, 10), 4, _EIGHTH, _EIGHTH)
_COSINE = economise(turn_series(0, 10), 5, _EIGHTH, _EIGHTH)
# -2 ln(1 + q) = q (L0 + L1 q + ...), -1/4 <= q < 1/2
_LOG = economise([Fraction(-2 * (-1) ** k, k + 1) for k in range(40)], 8, Fraction(3, 8), Fraction(1, 8))
_THREE_QUARTERS = np.uint32(0x3F400000)  # the bits of 0.75
_EXPONENT = np.uint32(0xFF800000)
_MINUS_TWO_LN2 = -2 * math.log(2.0) * 2.0**-23  # for exponents that stay where they are in a float's bits
_SIGN, _SWAP = np.uint32(1 << 31), np.uint32(1 << 30)
_ANGLE, _ODD_FROM_ONE = np.uint32(0x007FFFFE), np.uint32(0x3F800001)  # 22 bits between the bits of 1 and a last 1


@lanes_function
def radii(half: Any) -> Any:
    """sqrt(-2 ln u) for u = (half + 1/2) / 2^32, in sixteen lanes."""
    u = fma(to_single(half), 2.0**-32, splat_single(2.0**-33))
    power = (single_bits(u) - _THREE_QUARTERS) & _EXPONENT
    q = as_single(single_bits(u) - power) - 1.0
    q2 = q * q
    # two chains side by side; pairs of neighbouring coefficients would be copied from register to register
    odd = fma(q2, _LOG[7], splat_single(_LOG[5]))
    even = fma(q2, _LOG[6], splat_single(_LOG[4]))
    odd = fma(odd, q2, _LOG[3])
    even = fma(even, q2, _LOG[2])
    odd = fma(odd, q2, _LOG[1])
    even = fma(even, q2, _LOG[0])
    return sqrt(fma(fma(odd, q, even), q, signed_to_single(power) * _MINUS_TWO_LN2))


@lanes_function
def cosines_sines(half: Any) -> Any:
    """Uniform points of the unit circle, in sixteen lanes: an angle in (-pi/4, pi/4) of 2^22, a quadrant of four."""
    f = as_single((half & _ANGLE) | _ODD_FROM_ONE) - 1.5
    y = f * f
    sine = fma(y, _SINE[3], splat_single(_SINE[2]))
    cosine = fma(y, _COSINE[4], splat_single(_COSINE[3]))
    sine = fma(sine, y, _SINE[1])
    cosine = fma(cosine, y, _COSINE[2])
    sine = fma(sine, y, _SINE[0]) * f
    cosine = fma(cosine, y, _COSINE[1])
    cosine = fma(cosine, y, _COSINE[0])
    cosine = as_single(single_bits(cosine) ^ (half & _SIGN))
    swapped = has_bits(half, _SWAP)
    return select(swapped, sine, cosine), select(swapped, cosine, sine)


@lanes_function
def next_four(s0: Any, s1: Any, s2: Any, s3: Any) -> Any:
    """Four independent normals a lane, each over `WIDENING`, and the generator behind them, in one tuple."""
    radius_word, s0, s1, s2, s3 = advance(s0, s1, s2, s3)
    angle_word, s0, s1, s2, s3 = advance(s0, s1, s2, s3)
    radius = radii(as_halves(radius_word))
    cosine, sine = cosines_sines(as_halves(angle_word))
    x, y = radius * cosine, radius * sine
    return even_widened(x), even_widened(y), odd_widened(x), odd_widened(y), s0, s1, s2, s3


@lanes_function
def fill_gaussian_float32(state: Any, out: Any, n: Any) -> None:
    """Standard normals into ``out[0] .. out[n - 1]``."""
    s0, s1, s2, s3 = state[0], state[1], state[2], state[3]
    for j in range(0, n, 4):
        z0, z1, z2, z3, s0, s1, s2, s3 = next_four(s0, s1, s2, s3)
        for i in range(j, min(j + 4, n)):
            out[i] = z0 * WIDENING
            z0, z1, z2 = z1, z2, z3
    state[0] = s0
    state[1] = s1
    state[2] = s2
    state[3] = s3
