"""Statistics inside a kernel: shifted power sums in lanes, reduced once a block in a fixed order."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import njit

from toylands.kernels.layout import SUMS, Output, Scratch
from toylands.simd import LANES, absolute, fma, lanes_function, maximum, minimum, select, splat

OBSERVABLE_LIMIT = 1e300  # an observable beyond this, or not a number, means divergence as well


@functools.lru_cache(maxsize=256)
def build_read(observable: tuple[Any, Any] | None) -> Any:
    """``read(w, p, square)`` of one observable, from the bulk's sum of squares where it can."""
    plain: Any = None
    pooled: Any = None
    if observable is not None:
        plain, pooled = observable
    if pooled is not None:

        @lanes_function
        def read_pooled(w: Any, p: Any, square: Any) -> Any:
            return pooled(square, w, p)

        return read_pooled

    @lanes_function
    def read(w: Any, p: Any, square: Any) -> Any:
        return plain(w, p)

    return read


@functools.lru_cache(maxsize=256)
def build_measure(observables: tuple[tuple[Any, Any], ...]) -> Any:
    """One lanes function that writes every observable's value: ``measure(w, p, square, values, 0)``."""
    if not observables:

        @lanes_function
        def nothing(w: Any, p: Any, square: Any, values: Any, index: Any) -> Any:
            pass

        return nothing
    head, rest = build_read(observables[0]), build_measure(observables[1:])

    @lanes_function
    def measure(w: Any, p: Any, square: Any, values: Any, index: Any) -> Any:
        values[index] = head(w, p, square)
        rest(w, p, square, values, index + 1)

    return measure


@lanes_function
def all_finite(w: Any, n: Any, limit: Any) -> Any:
    """Which lanes have every coordinate a number of size at most ``limit``; four chains, so that none waits."""
    a = b = c = d = absolute(w[0]) <= limit
    whole = n - n % 4
    for j in range(0, whole, 4):
        a = a & (absolute(w[j]) <= limit)
        b = b & (absolute(w[j + 1]) <= limit)
        c = c & (absolute(w[j + 2]) <= limit)
        d = d & (absolute(w[j + 3]) <= limit)
    for j in range(whole, n):
        a = a & (absolute(w[j]) <= limit)
    return (a & b) & (c & d)


@functools.lru_cache(maxsize=64)
def build_keep(n_observables: int) -> Any:
    """``keep(r, alive, first, scratch, values, sums, valid) -> alive``: add one vector's values to record number r."""

    @lanes_function
    def set_shift(r: Any, scratch: Any, values: Any, sums: Any, alive: Any) -> Any:
        """The shift of a block: the mean over the living lanes of its first vector; and empty sums."""
        base = r * n_observables * SUMS
        sums[base] = select(alive, splat(1.0), splat(0.0))  # borrowed, to read the mask lane by lane
        living = 0.0
        for lane in range(LANES):
            living += scratch.sums[base, lane]
        for o in range(n_observables):
            sums[base + 1] = select(alive, values[o], splat(0.0))
            total = 0.0
            for lane in range(LANES):
                total += scratch.sums[base + 1, lane]
            scratch.shift[r, o] = total / living if living > 0 else 0.0
        for i in range(n_observables):
            for power in range(4):
                sums[base + i * SUMS + power] = splat(0.0)
            sums[base + i * SUMS + 4] = splat(np.inf)
            sums[base + i * SUMS + 5] = splat(-np.inf)

    @lanes_function
    def keep(r: Any, alive: Any, first: Any, scratch: Any, values: Any, sums: Any, valid: Any) -> Any:
        for o in range(n_observables):
            alive = alive & (absolute(values[o]) <= OBSERVABLE_LIMIT)
        if first:
            valid[r] = splat(0.0)
            set_shift(r, scratch, values, sums, alive)
        valid[r] = valid[r] + select(alive, splat(1.0), splat(0.0))
        for o in range(n_observables):
            base = (r * n_observables + o) * SUMS
            value = values[o]
            gap = select(alive, value - scratch.shift[r, o], splat(0.0))
            square = gap * gap
            sums[base] = sums[base] + gap
            sums[base + 1] = sums[base + 1] + square
            sums[base + 2] = fma(square, gap, sums[base + 2])
            sums[base + 3] = fma(square, square, sums[base + 3])
            sums[base + 4] = select(alive, minimum(sums[base + 4], value), sums[base + 4])
            sums[base + 5] = select(alive, maximum(sums[base + 5], value), sums[base + 5])
        return alive

    return keep


@njit(nogil=True)
def finish_block(scratch: Scratch, block: int, output: Output) -> None:
    """Lane sums about the shift -> count, mean and central moments of the block, lanes added in a fixed order."""
    records, observables = output.sums.shape[1], output.sums.shape[2]
    for r in range(records):
        n = 0.0
        for lane in range(LANES):
            n += scratch.valid[r, lane]
        output.valid[block, r] = int(n)
        for o in range(observables):
            base = (r * observables + o) * SUMS
            s1 = s2 = s3 = s4 = 0.0
            low, high = np.inf, -np.inf
            for lane in range(LANES):
                s1 += scratch.sums[base, lane]
                s2 += scratch.sums[base + 1, lane]
                s3 += scratch.sums[base + 2, lane]
                s4 += scratch.sums[base + 3, lane]
                low = min(low, scratch.sums[base + 4, lane])
                high = max(high, scratch.sums[base + 5, lane])
            out = output.sums[block, r, o]
            out[4], out[5] = low, high
            if n == 0.0:
                out[0] = out[1] = out[2] = out[3] = 0.0
                continue
            m = s1 / n
            out[0] = scratch.shift[r, o] + m
            out[1] = max(0.0, s2 - n * m * m)
            out[2] = s3 - 3 * m * s2 + 2 * n * m * m * m
            out[3] = max(0.0, s4 - 4 * m * s3 + 6 * m * m * s2 - 3 * n * m * m * m * m)
