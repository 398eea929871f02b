"""Distributions drawn from a stream, eight trajectories at a time.

Two of them can be injected by a rule, both with mean 0 and variance 1 a coordinate: `rademacher` (+1 or -1 from single
random bits) and `gaussian` (Box-Muller with short polynomials for the logarithm, sine and cosine, so that all of it
stays in vector registers). `gaussian_float32` computes its normals in float32, for states in float64 as ever: faster,
and its moments are off by less than 1e-6, see `toylands.float32_normals`. `Uniform` and `Discrete` describe scalar
random quantities such as a contraction factor drawn afresh each step.

How draws map to words, for state dimension n (the tests' naive reference does the same by other means):

- Rademacher: word number ``i n + j`` of a trajectory's stream serves coordinate j for the steps 63 i .. 63 i + 62; at
  step 63 i + b its bit b decides (set: +1).
- Gaussian: at every step, coordinates 2 p and 2 p + 1 share one pair of words (a, b): radius from a, angle from b; the
  even coordinate takes the cosine, the odd one the sine. u = (a + 1/2) / 2^64, radius sqrt(-2 ln u); the lower 62 bits
  of b, read as a signed number, give an angle t in [-pi/4, pi/4); bit 63 turns (cos t, sin t) into (-cos t, sin t), and
  after it bit 62 swaps the two.
- Gaussian in float32: at every step, coordinates 4 p .. 4 p + 3 share one pair of words (a, b): the lower halves serve
  coordinates 4 p (cosine) and 4 p + 1 (sine), the upper halves 4 p + 2 and 4 p + 3. u = (a' + 1/2) / 2^32 of a half a',
  where a' and then u are rounded to float32; radius sqrt(-2 ln u). Bits 1 to 22 of a half b', read as a number c, give
  the angle t = ((2 c + 1) / 2^23 - 1/2) pi / 2; bit 31 mirrors, bit 30 swaps as above. Radius, cosine and sine are
  computed in float32, to relative errors below 1e-6, and so is their product.
- xi_{-1}, where a rule asks for it, comes from the first words of a stream with a tag of its own: normals as above, of
  a word of signs bit 62.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from toylands import validation
from toylands.polynomials import economise, turn_series
from toylands.random import advance, next_word
from toylands.simd import (
    as_bits,
    as_float,
    exponent,
    fma,
    has_bits,
    lanes_function,
    lookup16,
    mantissa,
    maximum,
    select,
    signed_to_float,
    splat,
    sqrt,
    to_float,
)

BITS_PER_WORD = 63  # one bit of a word is kept for the sign of the step before

# --------------------------------------------------------------------------- what a rule can be given


@dataclass(frozen=True)
class InjectedNoise:
    """A distribution with mean 0 and variance 1 that a rule can inject, coordinate by coordinate, independently."""

    name: str
    fourth_moment: float

    def __repr__(self) -> str:
        return f"toylands.noise.{self.name}"


rademacher = InjectedNoise("rademacher", 1.0)
gaussian = InjectedNoise("gaussian", 3.0)
gaussian_float32 = InjectedNoise("gaussian_float32", 3.0)
uniform = InjectedNoise("uniform", 1.8)
laplace = InjectedNoise("laplace", 6.0)


def binomial(trials: int) -> InjectedNoise:
    """The centred binomial: the sum of ``trials`` signs (1 to 64), divided by sqrt(trials).

    Examples
    --------
    >>> from toylands import noise
    >>> noise.binomial(10).fourth_moment
    2.8
    """
    trials = validation.positive_int("trials", trials)
    if trials > 64:
        raise ValueError(f"trials = {trials} must be at most 64")
    return InjectedNoise(f"binomial{trials}", 3.0 - 2.0 / trials)


@dataclass(frozen=True)
class Uniform:
    """A scalar uniform on the interval [low, high).

    Parameters
    ----------
    low, high : float
        Finite, ``low <= high``.

    Examples
    --------
    >>> from toylands import noise
    >>> noise.Uniform(0.5, 1.0).mean
    0.75
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            object.__setattr__(self, name, validation.finite_float(name, getattr(self, name)))
        if self.high < self.low:
            raise ValueError(f"high = {self.high!r} must not be below low = {self.low!r}")

    @property
    def mean(self) -> float:
        """Expected value."""
        return (self.low + self.high) / 2

    @property
    def second_moment(self) -> float:
        """Expected square."""
        return (self.low**2 + self.low * self.high + self.high**2) / 3


@dataclass(frozen=True)
class Discrete:
    """A scalar that takes ``values[i]`` with probability ``probabilities[i]``.

    Parameters
    ----------
    values : sequence of float
        Finite.
    probabilities : sequence of float
        Nonnegative, as many as values, with sum 1 (to 1e-12).

    Examples
    --------
    >>> from toylands import noise
    >>> noise.Discrete([0.0, 1.0], [0.25, 0.75]).mean
    0.75
    """

    values: tuple[float, ...]
    probabilities: tuple[float, ...]

    def __init__(self, values: Sequence[float], probabilities: Sequence[float]) -> None:
        object.__setattr__(self, "values", tuple(validation.vector("values", values).tolist()))
        chances = validation.vector("probabilities", probabilities, length=len(self.values))
        if (chances < 0).any() or abs(chances.sum() - 1) > 1e-12:
            raise ValueError(f"probabilities = {chances.tolist()} must be nonnegative with sum 1")
        object.__setattr__(self, "probabilities", tuple(chances.tolist()))

    @property
    def mean(self) -> float:
        """Expected value."""
        return math.fsum(p * x for p, x in zip(self.probabilities, self.values))

    @property
    def second_moment(self) -> float:
        """Expected square."""
        return math.fsum(p * x * x for p, x in zip(self.probabilities, self.values))


# --------------------------------------------------------------------------- Box-Muller in lanes

_EIGHTH = Fraction(1, 8)  # f in [-1/2, 1/2], so f^2 in [0, 1/4]
_SINE = economise(turn_series(1, 10), 6, _EIGHTH, _EIGHTH)  # off by less than 1e-14
_COSINE = economise(turn_series(0, 10), 6, _EIGHTH, _EIGHTH)  # off by less than 1e-13
# -2 ln(1 + q) = q (L0 + L1 q + ...), |q| <= 1/32, off by less than 1e-15
_LOG = economise([Fraction(-2 * (-1) ** k, k + 1) for k in range(12)], 7, Fraction(1, 32), Fraction(0))
# Sixteen intervals of the mantissa in [1, 2), expanded about their middles; the last one about its end, 2, so that
# nothing cancels in -2 ln u near u = 1.
_CENTRE = (*(1 + (i + 0.5) / 16 for i in range(15)), 2.0)
_INVERSE = np.array([1 / c for c in _CENTRE])
_OFFSET = np.array([-2 * math.log(c) for c in _CENTRE])
_MINUS_TWO_LN2 = -2 * math.log(2.0)
_48, _2, _63 = np.uint64(48), np.uint64(2), np.uint64(63)
_SIGN, _SWAP, _UNIT = np.uint64(1 << 63), np.uint64(1 << 62), np.uint64(1)

# The tables as (4, 8) float64: a kernel passes them through lanes() once, so that they sit in registers.
GAUSSIAN_TABLES = np.stack([_INVERSE[:8], _INVERSE[8:], _OFFSET[:8], _OFFSET[8:]])


@lanes_function
def radius(word: Any, tables: Any) -> Any:
    """sqrt(-2 ln u) for u = (word + 1/2) / 2^64."""
    u = fma(to_float(word), 2.0**-64, splat(2.0**-65))
    index = as_bits(u) >> _48
    q = fma(mantissa(u), lookup16(tables[0], tables[1], index), splat(-1.0))
    t = fma(exponent(u), _MINUS_TWO_LN2, lookup16(tables[2], tables[3], index))
    q2 = q * q
    low = fma(fma(q, _LOG[3], splat(_LOG[2])), q2, fma(q, _LOG[1], splat(_LOG[0])))
    high = fma(q2, _LOG[6], fma(q, _LOG[5], splat(_LOG[4])))
    series = fma(high, q2 * q2, low)
    # near u = 1 rounding can leave a negative -2 ln u
    return sqrt(maximum(fma(series, q, t), 0.0))


@lanes_function
def _cosine_sine(word: Any) -> Any:
    """A uniform point of the unit circle: an angle in [-pi/4, pi/4) from 62 bits, a quadrant from the top two."""
    f = signed_to_float(word << _2) * 2.0**-64
    y = f * f
    sine = fma(y, _SINE[5], splat(_SINE[4]))
    cosine = fma(y, _COSINE[5], splat(_COSINE[4]))
    sine = fma(sine, y, _SINE[3])
    cosine = fma(cosine, y, _COSINE[3])
    sine = fma(sine, y, _SINE[2])
    cosine = fma(cosine, y, _COSINE[2])
    sine = fma(sine, y, _SINE[1])
    cosine = fma(cosine, y, _COSINE[1])
    sine = fma(sine, y, _SINE[0]) * f
    cosine = fma(cosine, y, _COSINE[0])
    # the top bit mirrors one of the two (a sign), the next bit swaps them: the four quadrants
    cosine = as_float(as_bits(cosine) ^ (word & _SIGN))
    swapped = has_bits(word, _SWAP)
    return select(swapped, sine, cosine), select(swapped, cosine, sine)


@lanes_function
def box_muller(radius_word: Any, angle_word: Any, tables: Any) -> Any:
    """Two independent standard normals a lane from two words a lane. ``tables``: lanes of `GAUSSIAN_TABLES`."""
    length = radius(radius_word, tables)
    cosine, sine = _cosine_sine(angle_word)
    return length * cosine, length * sine


@lanes_function
def fill_gaussian(state: Any, tables: Any, out: Any, offset: Any, n: Any) -> None:
    """Standard normals into ``out[offset] .. out[offset + n - 1]``."""
    s0, s1, s2, s3 = state[0], state[1], state[2], state[3]
    for j in range(0, n, 2):
        radius_word, s0, s1, s2, s3 = advance(s0, s1, s2, s3)
        angle_word, s0, s1, s2, s3 = advance(s0, s1, s2, s3)
        even, odd = box_muller(radius_word, angle_word, tables)
        out[offset + j] = even
        if j + 1 < n:
            out[offset + j + 1] = odd
    state[0] = s0
    state[1] = s1
    state[2] = s2
    state[3] = s3


@lanes_function
def refill_signs(state: Any, signs: Any, n: Any) -> None:
    """Sixty-three fresh bits above the last used one, for each of n coordinates: bit b of ``signs[j]`` is the sign of
    the step before bit b + 1's."""
    s0, s1, s2, s3 = state[0], state[1], state[2], state[3]
    for j in range(n):
        word, s0, s1, s2, s3 = advance(s0, s1, s2, s3)
        signs[j] = (word << _UNIT) | (signs[j] >> _63)
    state[0] = s0
    state[1] = s1
    state[2] = s2
    state[3] = s3


@lanes_function
def unit_uniform(state: Any) -> Any:
    """One float a lane, uniform on [0, 1), from the upper 53 bits of a word."""
    return to_float(next_word(state) >> np.uint64(11)) * 2.0**-53
