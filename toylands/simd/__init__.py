"""SIMD values for Numba: one value is eight trajectories.

A kernel written with these values reads like scalar mathematics. Compiled, a ``float lanes`` value is the LLVM vector
``<8 x double>``, a ``word lanes`` value ``<8 x i64>``, a mask ``<8 x i1>``; LLVM maps them to AVX-512, AVX2 or NEON
registers. Without JIT (``NUMBA_DISABLE_JIT=1``) the same source runs on NumPy arrays of shape (8,): that is the second
implementation that the tests compare.

`lanes` views a contiguous ``(n, 8)`` array as n values: ``x = lanes(a)``, then ``x[j]`` loads and ``x[j] = y`` stores.
Python numbers mix with lanes and are spread over them; ``total = 0.0`` followed by ``total += x[j]`` works.

Nothing here is contracted behind the author's back: a fused multiply-add is written ``fma``, so results do not depend
on what a vector width lets the compiler fuse.
"""

from toylands.simd import operators  # noqa: F401 - declares the operators
from toylands.simd.arrays import LaneView, aligned_empty, lanes, lanes_function, sum_of_squares, tail
from toylands.simd.functions import (
    absolute,
    any_true,
    as_bits,
    as_float,
    count_bits,
    fma,
    has_bits,
    maximum,
    minimum,
    rotate_left,
    select,
    signed_to_float,
    splat,
    splat_word,
    sqrt,
    to_float,
)
from toylands.simd.gather import exchange, index_below, load_row, take
from toylands.simd.singles import (
    WIDENING,
    as_halves,
    as_single,
    even_widened,
    odd_widened,
    signed_to_single,
    single_bits,
    splat_single,
    to_single,
)
from toylands.simd.tables import exponent, lookup4, lookup4_above, lookup16, mantissa
from toylands.simd.values import LANES

__all__ = [
    "LANES",
    "WIDENING",
    "LaneView",
    "absolute",
    "aligned_empty",
    "any_true",
    "as_bits",
    "as_float",
    "as_halves",
    "as_single",
    "count_bits",
    "even_widened",
    "exchange",
    "exponent",
    "fma",
    "has_bits",
    "index_below",
    "lanes",
    "lanes_function",
    "load_row",
    "lookup4",
    "lookup4_above",
    "lookup16",
    "mantissa",
    "maximum",
    "minimum",
    "odd_widened",
    "rotate_left",
    "select",
    "signed_to_float",
    "signed_to_single",
    "single_bits",
    "splat",
    "splat_single",
    "splat_word",
    "sqrt",
    "sum_of_squares",
    "tail",
    "take",
    "to_float",
    "to_single",
]
