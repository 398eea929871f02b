"""Merging a batch's blocks inside the thread that ran them, before Python sees them.

The same pairs and the same arithmetic as `toylands.statistics` (`DyadicTree.add_many` and `Moments.merge`), bit for
bit; compiled, since a run that records every step brings a thousand moments a block.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from toylands.kernels.cache import attach


@njit(nogil=True, error_model="numpy")
def _merge(valid: np.ndarray, sums: np.ndarray, left: int, right: int) -> None:
    """Block slot ``left`` becomes the merge of itself with slot ``right``; rows are mean m2 m3 m4 minimum maximum."""
    for r in range(sums.shape[1]):
        n_left, n_right = valid[left, r], valid[right, r]
        count = n_left + n_right
        valid[left, r], valid[right, r] = count, 0
        if n_right == 0:
            continue
        size = float(max(count, 1))
        a, b = n_left / size, n_right / size
        for o in range(sums.shape[2]):
            x, y = sums[left, r, o], sums[right, r, o]
            if n_left == 0:
                for i in range(6):
                    x[i] = y[i]
                continue
            delta = y[0] - x[0]
            square = delta * delta
            between = square * (n_left * b)
            m2 = (x[1] + y[1]) + between
            m3 = (x[2] + y[2]) + (delta * between * (a - b) + 3.0 * delta * (a * y[1] - b * x[1]))
            m4 = (x[3] + y[3]) + (
                square * between * (a * a - a * b + b * b)
                + 6.0 * square * (a * a * y[1] + b * b * x[1])
                + 4.0 * delta * (a * y[2] - b * x[2])
            )
            x[0] = x[0] + delta * b
            x[1], x[2], x[3] = m2, m3, m4
            x[4], x[5] = min(x[4], y[4]), max(x[5], y[5])


@njit(nogil=True, error_model="numpy")
def collapse(valid: np.ndarray, sums: np.ndarray, first: int, count: int) -> None:
    """Merge blocks ``first`` .. ``first + count - 1`` (slots 0 .. count - 1) into maximal dyadic nodes, in place.

    A node ends in the slot of its first block; see `DyadicTree.add_merged` for the way back.
    """
    low, high, base, stride = first, first + count, 0, 1
    while low < high:
        if low & 1:
            low, base = low + 1, base + stride
        if high & 1 and low < high:
            high -= 1
        for pair in range((high - low) // 2):
            left = base + 2 * pair * stride
            _merge(valid, sums, left, left + stride)
        low, high, stride = low >> 1, high >> 1, stride * 2


attach(collapse, "collapse")


def prepare() -> None:
    """Compile, or load, `collapse` now."""
    collapse(np.zeros((1, 1), dtype=np.int64), np.zeros((1, 1, 1, 6)), 0, 1)
