"""Filling memory with draws of a law, eight trajectories at a time: what oracles and less common noises are made of.

Every law has mean 0 and variance 1. How draws map to the words of a stream (the tests' naive reference does the same):

- rademacher: one word a draw, +1 if its top bit is set;
- gaussian: two words a pair of draws, gaussian_float32: two words four draws, as `toylands.noise` describes;
- uniform on [-sqrt 3, sqrt 3): u = (upper 53 bits + 1/2) / 2^53, sqrt 3 (2 u - 1);
- laplace (density exp(-sqrt 2 |x|) / sqrt 2): two words; -ln u / sqrt 2 from the first as in a radius, negative
  if the top bit of the second is set;
- binomialM, M <= 64: (2 (number of set bits among the lowest M) - M) / sqrt M.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from toylands.float32_normals import fill_gaussian_float32
from toylands.noise import fill_gaussian, radius
from toylands.random import next_word
from toylands.simd import as_bits, as_float, count_bits, fma, has_bits, lanes_function, select, splat, to_float

_TOP, _ONE, _11 = np.uint64(1 << 63), np.uint64(1), np.uint64(11)
_SQRT3, _HALF_ULP = math.sqrt(3.0), 2.0**-54
_LAPLACE = 1 / (2 * math.sqrt(2.0))  # -ln u = radius^2 / 2


@lanes_function
def sign_of(word: Any) -> Any:
    """+1 where the top bit is set, else -1."""
    return select(has_bits(word, _TOP), splat(1.0), splat(-1.0))


@lanes_function
def _uniform(word: Any) -> Any:
    u = fma(to_float(word >> _11), 2.0**-53, splat(_HALF_ULP))
    return fma(u, 2 * _SQRT3, splat(-_SQRT3))


@lanes_function
def _fill_rademacher(stream: Any, tables: Any, out: Any, n: Any) -> Any:
    for j in range(n):
        out[j] = sign_of(next_word(stream))


@lanes_function
def _fill_gaussian(stream: Any, tables: Any, out: Any, n: Any) -> Any:
    fill_gaussian(stream, tables, out, 0, n)


@lanes_function
def _fill_gaussian_float32(stream: Any, tables: Any, out: Any, n: Any) -> Any:
    fill_gaussian_float32(stream, out, n)


@lanes_function
def _fill_uniform(stream: Any, tables: Any, out: Any, n: Any) -> Any:
    for j in range(n):
        out[j] = _uniform(next_word(stream))


@lanes_function
def _fill_laplace(stream: Any, tables: Any, out: Any, n: Any) -> Any:
    for j in range(n):
        size = radius(next_word(stream), tables)
        size = size * size * _LAPLACE
        out[j] = as_float(as_bits(size) | (next_word(stream) & _TOP))


def _build_fill_binomial(trials: int) -> Any:
    mask = np.uint64(2**trials - 1)
    scale, centre = 2 / math.sqrt(trials), -math.sqrt(trials)

    @lanes_function
    def fill(stream: Any, tables: Any, out: Any, n: Any) -> Any:
        for j in range(n):
            out[j] = fma(to_float(count_bits(next_word(stream) & mask)), scale, splat(centre))

    return fill


_FILLS = {
    "rademacher": _fill_rademacher,
    "gaussian": _fill_gaussian,
    "gaussian_float32": _fill_gaussian_float32,
    "uniform": _fill_uniform,
    "laplace": _fill_laplace,
}


@functools.lru_cache(maxsize=128)
def build_fill(law: str) -> Any:
    """``fill(stream, tables, out, n)``: n draws of the law into ``out[0] .. out[n - 1]``."""
    if law.startswith("binomial"):
        return _build_fill_binomial(int(law.removeprefix("binomial")))
    return _FILLS[law]
