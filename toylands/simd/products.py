"""Products of a matrix that all trajectories share with a vector that each has its own.

Ten sums are kept in registers while the vector goes by, so that each of its values is loaded once for ten products and
no addition waits for the one before. Each sum runs over its terms in their order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from toylands.simd.arrays import lanes_function
from toylands.simd.functions import fma
from toylands.simd.gather import take

TILE = 10


def pack_tiles(matrix: np.ndarray) -> np.ndarray:
    """A matrix as `multiply_tiles` reads it: ten rows side by side, in the order of the columns; zeros fill it up.

    The result has one dimension; its entry ``10 (tile columns + j) + k`` is ``matrix[10 tile + k, j]``.
    """
    rows, columns = matrix.shape
    padded = np.pad(matrix, [(0, -rows % TILE), (0, 0)])
    return np.ascontiguousarray(padded.reshape(-1, TILE, columns).transpose(0, 2, 1)).reshape(-1)


@lanes_function
def tile_sums(numbers: Any, first: Any, stride: Any, x: Any, count: Any) -> Any:
    """The ten sums over j < count of ``numbers[first + j stride + k] x[j]``, k = 0 .. 9."""
    r0 = r1 = r2 = r3 = r4 = r5 = r6 = r7 = r8 = r9 = 0.0 * x[0]
    for j in range(count):
        value, at = x[j], first + j * stride
        r0 = fma(value, take(numbers, at), r0)
        r1 = fma(value, take(numbers, at + 1), r1)
        r2 = fma(value, take(numbers, at + 2), r2)
        r3 = fma(value, take(numbers, at + 3), r3)
        r4 = fma(value, take(numbers, at + 4), r4)
        r5 = fma(value, take(numbers, at + 5), r5)
        r6 = fma(value, take(numbers, at + 6), r6)
        r7 = fma(value, take(numbers, at + 7), r7)
        r8 = fma(value, take(numbers, at + 8), r8)
        r9 = fma(value, take(numbers, at + 9), r9)
    return r0, r1, r2, r3, r4, r5, r6, r7, r8, r9


@lanes_function
def _store(out: Any, i: Any, sums: Any) -> None:
    r0, r1, r2, r3, r4, r5, r6, r7, r8, r9 = sums
    out[i] = r0
    out[i + 1] = r1
    out[i + 2] = r2
    out[i + 3] = r3
    out[i + 4] = r4
    out[i + 5] = r5
    out[i + 6] = r6
    out[i + 7] = r7
    out[i + 8] = r8
    out[i + 9] = r9


@lanes_function
def _store_some(out: Any, i: Any, end: Any, sums: Any) -> None:
    """The same, but nothing at ``out[end]`` and behind it."""
    r0, r1, r2, r3, r4, r5, r6, r7, r8, _ = sums
    out[i] = r0
    if i + 1 < end:
        out[i + 1] = r1
    if i + 2 < end:
        out[i + 2] = r2
    if i + 3 < end:
        out[i + 3] = r3
    if i + 4 < end:
        out[i + 4] = r4
    if i + 5 < end:
        out[i + 5] = r5
    if i + 6 < end:
        out[i + 6] = r6
    if i + 7 < end:
        out[i + 7] = r7
    if i + 8 < end:
        out[i + 8] = r8


@lanes_function
def multiply_tiles(tiles: Any, rows: Any, columns: Any, x: Any, out: Any) -> None:
    """``out[i] = sum_j matrix[i, j] x[j]`` for i < rows, with ``tiles = pack_tiles(matrix)``."""
    whole = rows - rows % TILE
    for i in range(0, whole, TILE):
        _store(out, i, tile_sums(tiles, i * columns, TILE, x, columns))
    if whole < rows:
        _store_some(out, whole, rows, tile_sums(tiles, whole * columns, TILE, x, columns))


@lanes_function
def multiply_symmetric(matrix: Any, n: Any, x: Any, out: Any) -> None:
    """``out[i] = sum_j matrix[i, j] x[j]`` for i < n, with a symmetric matrix of shape (n, n)."""
    numbers, whole = matrix.reshape(-1), n - n % TILE
    for i in range(0, whole, TILE):
        _store(out, i, tile_sums(numbers, i, n, x, n))
    for i in range(whole, n):
        total = 0.0 * x[0]
        for j in range(n):
            total = fma(x[j], take(numbers, j * n + i), total)
        out[i] = total


@lanes_function
def tile_residuals(sums: Any, targets: Any, i: Any, scale: Any) -> Any:
    """``(sums[k] - targets[i + k]) scale`` for the ten of a tile."""
    r0, r1, r2, r3, r4, r5, r6, r7, r8, r9 = sums
    return (
        (r0 - targets[i]) * scale, (r1 - targets[i + 1]) * scale, (r2 - targets[i + 2]) * scale,
        (r3 - targets[i + 3]) * scale, (r4 - targets[i + 4]) * scale, (r5 - targets[i + 5]) * scale,
        (r6 - targets[i + 6]) * scale, (r7 - targets[i + 7]) * scale, (r8 - targets[i + 8]) * scale,
        (r9 - targets[i + 9]) * scale,
    )  # fmt: skip


@lanes_function
def add_tile(numbers: Any, first: Any, stride: Any, factors: Any, out: Any, count: Any) -> None:
    """``out[j] += sum_k numbers[first + j stride + k] factors[k]`` for j < count, with ten factors."""
    f0, f1, f2, f3, f4, f5, f6, f7, f8, f9 = factors
    for j in range(count):
        at = first + j * stride
        even = fma(f0, take(numbers, at), out[j])
        odd = f1 * take(numbers, at + 1)
        even = fma(f2, take(numbers, at + 2), even)
        odd = fma(f3, take(numbers, at + 3), odd)
        even = fma(f4, take(numbers, at + 4), even)
        odd = fma(f5, take(numbers, at + 5), odd)
        even = fma(f6, take(numbers, at + 6), even)
        odd = fma(f7, take(numbers, at + 7), odd)
        even = fma(f8, take(numbers, at + 8), even)
        odd = fma(f9, take(numbers, at + 9), odd)
        out[j] = even + odd
