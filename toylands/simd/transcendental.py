"""exp, log, sin, cos, tanh, atan2 and sign of lanes.

Each reduces its argument to a short interval, takes a polynomial there, and puts the result together again; all of it
stays in vector registers. Compiled for scalars, and without JIT, they are the C library's and NumPy's.

Worst errors found against mpmath, in units in the last place of the result (``python -m pytest
tests/test_transcendental.py`` searches again and asserts these bounds): exp 1.1, log 1.0, sin and cos 1.6, tanh 2.5,
atan2 2.5.
Infinities, nan, overflow, underflow into subnormal numbers and the logarithm of subnormal numbers are those of the C
library (but for the sign of sin(-0.0), which is lost); sin and cos of lanes beyond 1e6 are taken one by one by the C
library, correct but slow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from toylands.polynomials import economise
from toylands.simd.across_lanes import lane_of, with_lane
from toylands.simd.arrays import lanes_function
from toylands.simd.functions import (
    absolute,
    any_true,
    as_bits,
    as_float,
    fma,
    has_bits,
    maximum,
    minimum,
    select,
    splat,
)
from toylands.simd.inlining import INLINED
from toylands.simd.tables import exponent, mantissa
from toylands.simd.values import LANES, VECTOR, constant, declare, floats, intrinsic

_PI = Fraction("3.141592653589793238462643383279502884197169399375105820974944592307816")
_LN2 = Fraction("0.6931471805599453094172321214581765680755001343602552541206800094933936")
_ROUND = 1.5 * 2.0**52  # added to a small float, it rounds it to an integer, which stands in the lowest bits
_52, _1, _2, _62 = np.uint64(52), np.uint64(1), np.uint64(2), np.uint64(62)
_SIGN = np.uint64(1 << 63)
_TAN_EIGHTH = math.sqrt(2.0) - 1  # tan(pi / 8)
_LIBRARY = 1e6  # beyond, three parts of pi / 2 no longer do


def exp(x: Any) -> Any:
    """e^x."""
    return np.exp(x)


def log(x: Any) -> Any:
    """Natural logarithm; -inf at 0, nan below."""
    return np.log(x)


def sin(x: Any) -> Any:
    """Sine."""
    return np.sin(x)


def cos(x: Any) -> Any:
    """Cosine."""
    return np.cos(x)


def tanh(x: Any) -> Any:
    """Hyperbolic tangent."""
    return np.tanh(x)


def atan2(y: Any, x: Any) -> Any:
    """Angle of the point (x, y), in [-pi, pi]; nan if both are infinite."""
    return np.arctan2(y, x)


def sign(x: Any) -> Any:
    """-1, 0 or 1; nan stays nan."""
    return np.sign(x)


def _parts(value: Fraction, count: int) -> tuple[float, ...]:
    """Floats that sum to ``value``, each the nearest to what the ones before leave."""
    parts: list[float] = []
    for _ in range(count):
        parts.append(float(value))
        value -= Fraction(parts[-1])
    return tuple(parts)


def _even_series(taylor: list[Fraction], keep: int, end: Fraction) -> tuple[float, ...]:
    """A short polynomial for a Taylor series on [0, end]."""
    return economise(taylor, keep, end / 2, end / 2)


_LN2_PARTS, _HALF_PI = _parts(_LN2, 2), _parts(_PI / 2, 3)
_LN2_HIGH, _LN2_LOW = _LN2_PARTS
_HALF_PI_0, _HALF_PI_1, _HALF_PI_2 = _HALF_PI
_LOG2_E, _TWO_OVER_PI = float(1 / _LN2), float(2 / _PI)
_QUARTER_PI_SQUARED, _LARGEST_S_SQUARED = Fraction("0.6169"), Fraction("0.02945")
_EXP = economise([Fraction(1, math.factorial(k + 2)) for k in range(18)], 11, Fraction("0.3466"), Fraction(0))
_SINE = _even_series([Fraction((-1) ** k, math.factorial(2 * k + 1)) for k in range(1, 14)], 6, _QUARTER_PI_SQUARED)
_COSINE = _even_series([Fraction((-1) ** k, math.factorial(2 * k)) for k in range(2, 14)], 6, _QUARTER_PI_SQUARED)
_ARCTAN = _even_series([Fraction((-1) ** k, 2 * k + 1) for k in range(1, 40)], 12, Fraction("0.17158"))
_LOG = _even_series([Fraction(2, 2 * k + 1) for k in range(1, 16)], 7, _LARGEST_S_SQUARED)


def _exp_tail(r: Any) -> Any:
    """(e^r - 1 - r) / r^2 for |r| <= ln(2) / 2."""
    return np.polynomial.polynomial.polyval(r, _EXP)


def _sine_tail(z: Any) -> Any:
    """(sin r / r - 1) / r^2 from z = r^2, |r| <= pi / 4."""
    return np.polynomial.polynomial.polyval(z, _SINE)


def _cosine_tail(z: Any) -> Any:
    """(cos r - 1 + r^2 / 2) / r^4 from z = r^2, |r| <= pi / 4."""
    return np.polynomial.polynomial.polyval(z, _COSINE)


def _log_tail(z: Any) -> Any:
    """(log((1 + s) / (1 - s)) / s - 2) / s^2 from z = s^2, |s| <= (sqrt 2 - 1) / (sqrt 2 + 1)."""
    return np.polynomial.polynomial.polyval(z, _LOG)


def _arctan_tail(z: Any) -> Any:
    """(arctan(t) / t - 1) / t^2 from z = t^2, |t| <= tan(pi / 8)."""
    return np.polynomial.polynomial.polyval(z, _ARCTAN)


def _declare_polynomial(function: Any, coefficients: Sequence[float]) -> None:
    """Even and odd powers apart, so that few steps wait for others.

    Written as instructions at once: as nested lanes functions they made kernels slow to compile.
    """
    vector = VECTOR[floats]
    fused = intrinsic("llvm.fma", vector)

    def build(context: Any, builder: Any, x: Any) -> Any:
        def part(c: Sequence[float], y: Any) -> Any:
            if len(c) == 1:
                return constant(vector, c[0])
            if len(c) == 2:
                return fused(context, builder, y, constant(vector, c[1]), constant(vector, c[0]))
            square = builder.fmul(y, y)
            return fused(context, builder, part(c[1::2], square), y, part(c[0::2], square))

        return part(coefficients, x)

    declare(function, ((floats,), floats, build))


_TAILS = (
    (_exp_tail, _EXP), (_sine_tail, _SINE), (_cosine_tail, _COSINE), (_log_tail, _LOG), (_arctan_tail, _ARCTAN),
)  # fmt: skip
for _tail, _coefficients in _TAILS:
    _declare_polynomial(_tail, _coefficients)


@lanes_function
def _two_to(rounded: Any) -> Any:
    """2^k for ``rounded`` = k + _ROUND, -1022 <= k <= 1023."""
    return as_float((as_bits(rounded) + np.uint64(1023)) << _52)


@lanes_function
def _reduce(x: Any) -> Any:
    """k + _ROUND, k and e^r - 1 for x = k ln 2 + r; ``x`` has at most a few thousand in size."""
    rounded = fma(x, _LOG2_E, splat(_ROUND))
    k = rounded - _ROUND
    r = fma(k, -_LN2_LOW, fma(k, -_LN2_HIGH, x))
    return rounded, k, fma(r * r, _exp_tail(r), r)


@lanes_function
def _exp_lanes(x: Any) -> Any:
    # comparisons with nan are false, so nan passes through
    x = select(x < -746.0, -746.0, select(x > 710.0, 710.0, x))
    _, k, rest = _reduce(x)
    # 2^k in two factors: k runs beyond the exponents of floats, and a subnormal result is rounded once
    half = fma(k, 0.5, splat(_ROUND))
    other = k - (half - _ROUND)
    return ((1.0 + rest) * _two_to(half)) * _two_to(other + _ROUND)


@lanes_function
def _tanh_lanes(x: Any) -> Any:
    """(e^2|x| - 1) / (e^2|x| + 1), from e^2|x| - 1 itself, which does not cancel for small x."""
    size = absolute(x)
    rounded, _, rest = _reduce(2.0 * select(size > 20.0, 20.0, size))
    scale = _two_to(rounded)
    less_one = fma(scale, rest, scale - 1.0)
    return as_float(as_bits(less_one / (less_one + 2.0)) | (as_bits(x) & _SIGN))


@lanes_function
def _log_lanes(x: Any) -> Any:
    subnormal = x < 2.0**-1022
    scaled = select(subnormal, x * 2.0**54, x)
    k, m = exponent(scaled), mantissa(scaled)
    large = m > math.sqrt(2.0)
    m = select(large, 0.5 * m, m)
    k = select(large, k + 1.0, k) - select(subnormal, splat(54.0), splat(0.0))
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    half_square = 0.5 * f * f
    # log(1 + f) = f - f^2/2 + s (f^2/2 + z tail): the large part f is added last
    rest = fma(s, fma(z, _log_tail(z), half_square), k * _LN2_LOW) - half_square
    result = fma(k, _LN2_HIGH, rest + f)
    result = select(x > 0.0, result, select(x < 0.0, np.nan, select(x >= 0.0, -np.inf, x)))
    return select(x >= np.inf, x, result)


@lanes_function
def _turn(x: Any) -> Any:
    """Sine and cosine of r, and the quadrant, of x = quadrant pi/2 + r."""
    rounded = fma(x, _TWO_OVER_PI, splat(_ROUND))
    k = rounded - _ROUND
    r = fma(k, -_HALF_PI_2, fma(k, -_HALF_PI_1, fma(k, -_HALF_PI_0, x)))
    z = r * r
    sine = fma(r * z, _sine_tail(z), r)
    top = fma(z, -0.5, splat(1.0))
    lost = fma(z, -0.5, 1.0 - top)
    cosine = top + fma(z * z, _cosine_tail(z), lost)
    return sine, cosine, as_bits(rounded)


@lanes_function
def _sin_lanes(x: Any) -> Any:
    if any_true(absolute(x) > _LIBRARY):
        for lane in range(LANES):
            x = with_lane(x, lane, math.sin(lane_of(x, lane)))
        return x
    sine, cosine, quadrant = _turn(x)
    result = select(has_bits(quadrant, _1), cosine, sine)
    return as_float(as_bits(result) ^ ((quadrant & _2) << _62))


@lanes_function
def _cos_lanes(x: Any) -> Any:
    if any_true(absolute(x) > _LIBRARY):
        for lane in range(LANES):
            x = with_lane(x, lane, math.cos(lane_of(x, lane)))
        return x
    sine, cosine, quadrant = _turn(x)
    result = select(has_bits(quadrant, _1), sine, cosine)
    return as_float(as_bits(result) ^ (((quadrant + _1) & _2) << _62))


@lanes_function
def _atan2_lanes(y: Any, x: Any) -> Any:
    """By t = smaller / larger size, turned by pi / 8 where that is steep; then the octant, then the signs."""
    a, b = absolute(x), absolute(y)
    large = maximum(a, b)
    ratio = select(large > 0.0, minimum(a, b) / large, splat(0.0))
    steep = ratio > _TAN_EIGHTH
    t = select(steep, (ratio - 1.0) / (ratio + 1.0), ratio)
    z = t * t
    angle = fma(t * z, _arctan_tail(z), t)
    angle = select(steep, (angle + 0.5 * _HALF_PI_1) + 0.5 * _HALF_PI_0, angle)
    angle = select(b > a, (_HALF_PI_1 - angle) + _HALF_PI_0, angle)
    angle = select(has_bits(as_bits(x), _SIGN), (2.0 * _HALF_PI_1 - angle) + 2.0 * _HALF_PI_0, angle)
    angle = as_float(as_bits(angle) | (as_bits(y) & _SIGN))
    return select(a >= 0.0, select(b >= 0.0, angle, y), x)  # nan stays nan


@lanes_function
def _sign_lanes(x: Any) -> Any:
    return select(x > 0.0, 1.0, select(x < 0.0, -1.0, x))


def _declare(function: Any, of_lanes: Any, of_scalar: Any) -> None:
    def choose(x: Any) -> Any:
        if x is floats:
            return of_lanes
        return of_scalar if isinstance(x, (types.Float, types.Integer)) else None

    overload(function, jit_options=INLINED, strict=False)(choose)


_declare(exp, _exp_lanes, lambda x: math.exp(x))
_declare(log, _log_lanes, lambda x: math.log(x))
_declare(sin, _sin_lanes, lambda x: math.sin(x))
_declare(cos, _cos_lanes, lambda x: math.cos(x))
_declare(tanh, _tanh_lanes, lambda x: math.tanh(x))
_declare(sign, _sign_lanes, lambda x: np.sign(x))


@overload(atan2, jit_options=INLINED, strict=False)
def _atan2(y: Any, x: Any) -> Any:
    if y is floats and x is floats:
        return _atan2_lanes
    return (lambda y, x: math.atan2(y, x)) if isinstance(y, types.Float) and isinstance(x, types.Float) else None
