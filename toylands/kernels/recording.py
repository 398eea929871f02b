"""Statistics inside a kernel: shifted power sums in lanes, reduced once a block in a fixed order."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from toylands.kernels.apart import apart_function, stay_apart
from toylands.kernels.layout import SUMS, Output, Scratch
from toylands.simd import LANES, absolute, fma, lanes, lanes_function, maximum, select, splat
from toylands.simd.across_lanes import lane_sum

CHECK_SPACING = 16  # steps: divergence of coordinates is looked for at recorded steps at least this far apart
OBSERVABLE_LIMIT = 1e300  # an observable beyond this, or not a number, means divergence as well


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


@lanes_function
def first_exit(k: Any, seen: Any, inside: Any, step: Any, side: Any, job: Any) -> Any:
    """Which lanes are inside the region after step k too, and the steps and sides of the others' first exits."""
    low, high = inside & (seen <= job.below), inside & (seen >= job.above)
    side = select(low, splat(-1.0), select(high, splat(1.0), side))
    step = select(low | high, splat(float(k)), step)
    return inside & ~(low | high), step, side


@lanes_function
def store_exits(local: Any, lost: Any, step: Any, side: Any, scratch: Any, values: Any, output: Any) -> Any:
    """First exits of a vector at its end; ``lost`` are the lanes that diverged inside. ``values`` is overwritten."""
    values[0] = step
    for lane in range(LANES):
        output.exit_step[local + lane] = int(scratch.values[0, lane])
    values[0] = select(lost, splat(2.0), side)
    for lane in range(LANES):
        output.exit_side[local + lane] = int(scratch.values[0, lane])


class Tally(NamedTuple):
    """Where records are added up, as lanes, bound once a call: passing the arrays counts references."""

    values: Any  # observables, vector by vector
    alive: Any  # a vector each: 1 in the lanes that have not diverged, else 0
    sums: Any
    valid: Any
    shift: Any
    work: Any  # of observables: one memory for all, which they use one after the other
    settings: Any
    exit_settings: Any
    means: Any
    spans: Any


@lanes_function
def bind_tally(scratch: Any) -> Any:
    """A `Tally` of a kernel's working memory."""
    return Tally(
        lanes(scratch.values), lanes(scratch.alive), lanes(scratch.sums), lanes(scratch.valid), lanes(scratch.shift),
        lanes(scratch.measuring.work), scratch.measuring.settings, scratch.measuring.exit_settings,
        lanes(scratch.measuring.means), lanes(scratch.measuring.spans),
    )  # fmt: skip


@lanes_function
def _set_shift(r: Any, n_observables: Any, tally: Any, alive: Any) -> Any:
    """The shift of a block: the mean over the living lanes of its first vector; and empty sums."""
    living = maximum(lane_sum(select(alive, splat(1.0), splat(0.0))), 1.0)
    for o in range(n_observables):
        tally.shift[r * n_observables + o] = lane_sum(select(alive, tally.values[o], splat(0.0))) / living
        base = (r * n_observables + o) * SUMS
        for power in range(4):
            tally.sums[base + power] = splat(0.0)
        tally.sums[base + 4] = splat(np.inf)
        tally.sums[base + 5] = splat(-np.inf)
    tally.valid[r] = splat(0.0)


@functools.lru_cache(maxsize=64)
def build_keep_all(n_observables: int) -> Any:
    """``keep_all(r, vectors, first, tally)``: add the vectors' values to record number r.

    ``tally.alive[v]`` is 1 in the lanes of vector v that have not diverged, else 0; it loses those whose values do.
    ``first``: these are the block's first vectors. However a block's vectors are grouped, the sums are the same.
    """

    @lanes_function
    def keep_all(r: Any, vectors: Any, first: Any, tally: Any) -> Any:
        values, alive, sums = tally.values, tally.alive, tally.sums
        for v in range(vectors):
            living = alive[v] > 0.5
            for o in range(n_observables):
                living = living & (absolute(values[v * n_observables + o]) <= OBSERVABLE_LIMIT)
            alive[v] = select(living, splat(1.0), splat(0.0))
        if first:
            _set_shift(r, n_observables, tally, alive[0] > 0.5)
        count = tally.valid[r]
        for v in range(vectors):
            count = count + alive[v]
        tally.valid[r] = count
        for o in range(n_observables):
            base, shift = (r * n_observables + o) * SUMS, tally.shift[r * n_observables + o]
            s1, s2, s3, s4 = sums[base], sums[base + 1], sums[base + 2], sums[base + 3]
            low, high = sums[base + 4], sums[base + 5]
            for v in range(vectors):
                living, value = alive[v] > 0.5, values[v * n_observables + o]
                gap = select(living, value - shift, splat(0.0))
                square = gap * gap
                s1 = s1 + gap
                s2 = s2 + square
                s3 = fma(square, gap, s3)
                s4 = fma(square, square, s4)
                low = select(living & (value < low), value, low)
                high = select(living & (value > high), value, high)
            sums[base] = s1
            sums[base + 1] = s2
            sums[base + 2] = s3
            sums[base + 3] = s4
            sums[base + 4] = low
            sums[base + 5] = high

    return keep_all


@functools.lru_cache(maxsize=64)
def build_keep(n_observables: int) -> Any:
    """``keep(r, alive, first, tally) -> alive``: add one vector's values to record number r."""
    keep_all = build_keep_all(n_observables)

    @lanes_function
    def keep(r: Any, alive: Any, first: Any, tally: Any) -> Any:
        tally.alive[0] = select(alive, splat(1.0), splat(0.0))
        keep_all(r, 1, first, tally)
        return tally.alive[0] > 0.5

    return keep


@apart_function
def finish_block(scratch: Scratch, block: int, output: Output) -> None:
    """Lane sums about the shift -> count, mean and central moments of the block, lanes added in a fixed order."""
    stay_apart()
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
            out[0] = scratch.shift[r * observables + o, 0] + m
            out[1] = max(0.0, s2 - n * m * m)
            out[2] = s3 - 3 * m * s2 + 2 * n * m * m * m
            out[3] = max(0.0, s4 - 4 * m * s3 + 6 * m * m * s2 - 3 * n * m * m * m * m)
