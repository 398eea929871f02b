"""The kernel: all steps of a batch of blocks, with statistics gathered as it goes.

`build_kernel` composes one compiled function from a landscape's lanes functions, the kind of noise and the observables;
parameter values travel as arguments, so hundreds of settings share one compilation. A block is 64 trajectories: eight
vectors of eight lanes, run one after the other. A kernel keeps nothing per path beyond the current vector's state.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from toylands.noise import BITS_PER_WORD, GAUSSIAN_TABLES, fill_gaussian, refill_signs
from toylands.random import STATE_WORDS, TAG_BEFORE_FIRST, TAG_LANDSCAPE, TAG_NOISE, seed_stream
from toylands.simd import (
    LANES,
    absolute,
    aligned_empty,
    fma,
    lanes,
    lanes_function,
    lookup4,
    maximum,
    minimum,
    select,
    splat,
)

BLOCK = 64  # trajectories: the unit of statistics, of merging and of resuming
VECTORS = BLOCK // LANES
_SUMS = 6  # s1 s2 s3 s4 minimum maximum, about the block's shift
NEW_SIGNS, OLD_SIGNS = len(GAUSSIAN_TABLES), len(GAUSSIAN_TABLES) + 1  # rows of Scratch.tables
_ONE, _63 = np.uint64(1), np.uint64(63)


class Job(NamedTuple):
    """What a batch is to run: the same for all batches but for the blocks."""

    seed: np.uint64
    first_block: int
    n_blocks: int
    trajectories: int  # of the whole run: lanes from here on are padding
    steps: int
    at: np.ndarray  # recorded steps, increasing
    limit: float  # a coordinate beyond this, or not a number, means divergence
    below: float
    above: float
    start: np.ndarray  # (1, n) or one row a trajectory, from first_block on
    stop: np.ndarray  # stop[0] != 0: give up


class Output(NamedTuple):
    """Where a batch leaves its statistics."""

    valid: np.ndarray  # (blocks, records) int64: trajectories that had not diverged
    sums: np.ndarray  # (blocks, records, observables, 6): mean m2 m3 m4 minimum maximum
    exit_step: np.ndarray  # (blocks * 64) int64, -1 if inside
    exit_side: np.ndarray  # (blocks * 64) int64: -1 below, 1 above, 0 inside, 2 diverged inside
    paths: np.ndarray  # (records, blocks * 64, n), or empty


class Scratch(NamedTuple):
    """Working memory of one call, aligned for vector loads."""

    w: np.ndarray
    gradient: np.ndarray
    velocity: np.ndarray
    signs: np.ndarray
    normal: np.ndarray
    raw: np.ndarray
    shaped: np.ndarray
    values: np.ndarray
    streams: np.ndarray
    sums: np.ndarray
    valid: np.ndarray
    shift: np.ndarray
    tables: np.ndarray


def make_scratch(n: int, records: int, observables: int) -> Scratch:
    """Working memory for a state of n coordinates."""
    tables = aligned_empty((len(GAUSSIAN_TABLES) + 2, LANES))
    tables[:-2] = GAUSSIAN_TABLES
    # entry i of a sign table: bit 1 of i is the sign of xi_k, bit 0 that of xi_{k-1}
    tables[NEW_SIGNS] = [1.0 if i & 2 else -1.0 for i in range(LANES)]
    tables[OLD_SIGNS] = [1.0 if i & 1 else -1.0 for i in range(LANES)]
    return Scratch(
        aligned_empty((n, LANES)),
        aligned_empty((n, LANES)),
        aligned_empty((n, LANES)),
        aligned_empty((n, LANES), np.uint64),
        aligned_empty((2 * n, LANES)),
        aligned_empty((n, LANES)),
        aligned_empty((n, LANES)),
        aligned_empty((max(1, observables), LANES)),
        aligned_empty((3 * STATE_WORDS, LANES), np.uint64),
        aligned_empty((max(1, records * observables) * _SUMS, LANES)),
        aligned_empty((max(1, records), LANES)),
        np.empty((max(1, records), max(1, observables))),
        tables,
    )


def make_output(n_blocks: int, records: int, observables: int, n: int, exits: bool, paths: bool) -> Output:
    """Room for the statistics of a batch."""
    trajectories = n_blocks * BLOCK
    return Output(
        np.zeros((n_blocks, records), dtype=np.int64),
        np.empty((n_blocks, records, observables, _SUMS)),
        np.full(trajectories if exits else 0, -1, dtype=np.int64),
        np.zeros(trajectories if exits else 0, dtype=np.int64),
        np.empty((records, trajectories, n) if paths else (0, 0, 0)),
    )


@functools.lru_cache(maxsize=256)
def build_measure(functions: tuple[Any, ...]) -> Any:
    """One lanes function that writes every observable's value: ``measure(w, p, values)``."""
    if not functions:

        @lanes_function
        def nothing(w: Any, p: Any, values: Any, index: Any) -> Any:
            pass

        return nothing
    head, rest = functions[0], build_measure(functions[1:])

    @lanes_function
    def measure(w: Any, p: Any, values: Any, index: Any) -> Any:
        values[index] = head(w, p)
        rest(w, p, values, index + 1)

    return measure


@lanes_function
def _all_finite(w: Any, n: Any, limit: Any) -> Any:
    good = absolute(w[0]) <= limit
    for j in range(1, n):
        good = good & (absolute(w[j]) <= limit)
    return good


@njit(nogil=True)
def _finish_block(scratch: Scratch, block: int, trajectories: int, output: Output) -> None:
    """Lane sums about the shift -> count, mean and central moments of the block, lanes added in a fixed order."""
    records, observables = output.sums.shape[1], output.sums.shape[2]
    for r in range(records):
        n = 0.0
        for lane in range(LANES):
            n += scratch.valid[r, lane]
        output.valid[block, r] = int(n)
        for o in range(observables):
            base = (r * observables + o) * _SUMS
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


@functools.lru_cache(maxsize=256)
def build_step(landscape_kernels: Any, noise: str | None, momentum: bool, shaped: bool) -> Any:
    """One update of one vector: ``step(k, n, p, rule, eta, now, before, used, arrays...)``."""
    diagonal = landscape_kernels.diagonal
    shared_of, slope_of, gradient_of = landscape_kernels.shared, landscape_kernels.slope, landscape_kernels.gradient
    rademacher, noisy = noise == "rademacher", noise is not None

    @lanes_function
    def noise_value(j: Any, table: Any, used: Any, signs: Any, normal: Any, current: Any, last: Any, now: Any,
                    before: Any) -> Any:  # fmt: skip
        if rademacher:
            return lookup4(table, signs[j] >> used)
        return fma(normal[current + j], now, normal[last + j] * (-before))

    @lanes_function
    def shape_noise(n: Any, factor: Any, raw: Any, out: Any) -> Any:
        for i in range(n):
            total = 0.0 * raw[0]
            for j in range(n):
                total = fma(raw[j], factor[i, j], total)
            out[i] = total

    @lanes_function
    def step(k: Any, n: Any, p: Any, rule: Any, now: Any, before: Any, w: Any, g: Any, velocity: Any, table: Any,
             used: Any, signs: Any, normal: Any, raw: Any, shaped_noise: Any, stream: Any) -> Any:  # fmt: skip
        eta = rule.eta[k * rule.eta_stride]
        current, last = (k & 1) * n, ((k + 1) & 1) * n
        if diagonal:
            shared = shared_of(w, p, k, stream)
        else:
            gradient_of(w, g, p, k, stream)
        if shaped:
            for j in range(n):
                raw[j] = noise_value(j, table, used, signs, normal, current, last, now, before)
            shape_noise(n, rule.factor, raw, shaped_noise)
        for j in range(n):
            x = w[j]
            if noisy:
                if shaped:
                    eps = shaped_noise[j]
                else:
                    eps = noise_value(j, table, used, signs, normal, current, last, now, before)
            if diagonal:
                contraction = fma(slope_of(j, shared, p), -eta, splat(1.0))
                if noisy:
                    new = fma(contraction, x, eps)
                else:
                    new = contraction * x
            else:
                new = fma(g[j], -eta, x)
                if noisy:
                    new = new + eps
            if momentum:
                new = fma(velocity[j], rule.momentum, new)
                velocity[j] = new - x
            w[j] = new

    return step


@functools.lru_cache(maxsize=256)
def build_draw(noise: str | None, stationary_possible: bool = True) -> Any:
    """What precedes a step: fresh signs or normals, and the start of the history of the step before."""
    rademacher, gaussian = noise == "rademacher", noise == "gaussian"

    @lanes_function
    def begin(n: Any, stationary: Any, signs: Any, normal: Any, tables: Any, extra: Any) -> Any:
        if rademacher:
            for j in range(n):
                signs[j] = np.uint64(0)
            if stationary:
                refill_signs(extra, signs, n)  # the last used bit of a word is its top one
        if gaussian:
            for j in range(2 * n):
                normal[j] = splat(0.0)
            if stationary:
                fill_gaussian(extra, tables, normal, n, n)  # step 0 reads "before" from the upper half

    @lanes_function
    def draw(k: Any, n: Any, signs: Any, normal: Any, tables: Any, stream: Any) -> Any:
        if rademacher and k % BITS_PER_WORD == 0:
            refill_signs(stream, signs, n)
        if gaussian:
            fill_gaussian(stream, tables, normal, (k & 1) * n, n)

    return begin, draw


class Recipe(NamedTuple):
    """Everything that decides which kernel is compiled."""

    landscape_kernels: Any
    noise: str | None
    momentum: bool
    shaped: bool
    observables: tuple[Any, ...]
    exit_observable: Any
    paths: bool


@functools.lru_cache(maxsize=256)
def build_kernel(recipe: Recipe) -> Any:
    """Compile (on first call) the kernel ``run(p, n, rule, job, scratch, output) -> bool`` (False: told to stop)."""
    step = build_step(recipe.landscape_kernels, recipe.noise, recipe.momentum, recipe.shaped)
    begin, draw = build_draw(recipe.noise)
    measure = build_measure(recipe.observables)
    n_observables, exit_of = len(recipe.observables), recipe.exit_observable
    momentum, exits, paths = recipe.momentum, recipe.exit_observable is not None, recipe.paths
    rademacher = recipe.noise == "rademacher"

    @lanes_function
    def keep(r: Any, n: Any, p: Any, w: Any, alive: Any, first: Any, job: Any, scratch: Any, values: Any, sums: Any,
             valid: Any) -> Any:  # fmt: skip
        """Record number r of one vector; returns which lanes are still alive."""
        alive = alive & _all_finite(w, n, job.limit)
        measure(w, p, values, 0)
        for o in range(n_observables):
            alive = alive & (absolute(values[o]) <= 1e300)
        if first:
            valid[r] = splat(0.0)
            _set_shift(r, n_observables, scratch, values, sums, alive)
        valid[r] = valid[r] + select(alive, splat(1.0), splat(0.0))
        for o in range(n_observables):
            base = (r * n_observables + o) * _SUMS
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

    @njit(nogil=True, error_model="numpy")
    def run(p: Any, n: int, rule: Any, job: Any, scratch: Any, output: Any) -> bool:
        w, g, velocity, signs = lanes(scratch.w), lanes(scratch.gradient), lanes(scratch.velocity), lanes(scratch.signs)
        normal, raw, shaped = lanes(scratch.normal), lanes(scratch.raw), lanes(scratch.shaped)
        values, sums, valid, tables = (
            lanes(scratch.values),
            lanes(scratch.sums),
            lanes(scratch.valid),
            lanes(scratch.tables),
        )
        noise_words, extra_words = scratch.streams[0:4], scratch.streams[4:8]
        own_words = scratch.streams[8:12]
        records = job.at.shape[0]
        for block in range(job.n_blocks):
            for vector in range(VECTORS):
                local = block * BLOCK + vector * LANES
                trajectory = (job.first_block + block) * BLOCK + vector * LANES
                if trajectory >= job.trajectories and vector > 0:
                    break
                seed_stream(noise_words, job.seed, TAG_NOISE, trajectory)
                seed_stream(extra_words, job.seed, TAG_BEFORE_FIRST, trajectory)
                seed_stream(own_words, job.seed, TAG_LANDSCAPE, trajectory)
                stream, extra, own = lanes(noise_words), lanes(extra_words), lanes(own_words)
                for j in range(n):
                    for lane in range(LANES):
                        scratch.w[j, lane] = job.start[local + lane if job.start.shape[0] > 1 else 0, j]
                    if momentum:
                        velocity[j] = splat(0.0)
                for lane in range(LANES):  # padding lanes of the last block are dead from the start
                    scratch.values[0, lane] = 1.0 if trajectory + lane < job.trajectories else 0.0
                alive = values[0] > 0.5
                inside, exit_step = alive, splat(-1.0)
                exit_side = splat(0.0)
                begin(n, rule.stationary_first, signs, normal, tables, extra)
                r = 0
                table = splat(0.0)
                before = rule.kappa * rule.sigma[0] if rule.stationary_first else 0.0
                for k in range(job.steps + 1):
                    if r < records and job.at[r] == k:
                        alive = keep(r, n, p, w, alive, vector == 0, job, scratch, values, sums, valid)
                        if paths:
                            for j in range(n):
                                for lane in range(LANES):
                                    output.paths[r, local + lane, j] = scratch.w[j, lane]
                        r += 1
                    if exits:
                        seen = exit_of(w, p)
                        low, high = inside & (seen <= job.below), inside & (seen >= job.above)
                        exit_side = select(low, splat(-1.0), select(high, splat(1.0), exit_side))
                        exit_step = select(low | high, splat(float(k)), exit_step)
                        inside = inside & ~(low | high)
                    if k == job.steps:
                        break
                    if k & 1023 == 0 and job.stop[0] != 0:
                        return False
                    now = rule.sigma[k * rule.sigma_stride]
                    draw(k, n, signs, normal, tables, stream)
                    if rademacher:
                        table = fma(tables[NEW_SIGNS], now, tables[OLD_SIGNS] * (-before))
                    step(k, n, p, rule, now, before, w, g, velocity, table, np.uint64(k % BITS_PER_WORD), signs,
                         normal, raw, shaped, own)  # fmt: skip
                    before = rule.kappa * now
                if exits:
                    lost = inside & ~_all_finite(w, n, job.limit)
                    values[0] = exit_step
                    for lane in range(LANES):
                        output.exit_step[local + lane] = int(scratch.values[0, lane])
                    values[0] = select(lost, splat(2.0), exit_side)
                    for lane in range(LANES):
                        output.exit_side[local + lane] = int(scratch.values[0, lane])
            if n_observables > 0:
                _finish_block(scratch, block, BLOCK, output)
        return True

    return run


@lanes_function
def _set_shift(r: Any, n_observables: Any, scratch: Any, values: Any, sums: Any, alive: Any) -> Any:
    """The shift of a block: the mean over the living lanes of its first vector; and empty sums."""
    zero, one = splat(0.0), splat(1.0)
    base = r * n_observables * _SUMS
    sums[base] = select(alive, one, zero)  # borrowed, to read the mask lane by lane
    living = 0.0
    for lane in range(LANES):
        living += scratch.sums[base, lane]
    for o in range(n_observables):
        sums[base + 1] = select(alive, values[o], zero)
        total = 0.0
        for lane in range(LANES):
            total += scratch.sums[base + 1, lane]
        scratch.shift[r, o] = total / living if living > 0 else 0.0
    for i in range(n_observables):
        for s in range(4):
            sums[base + i * _SUMS + s] = zero
        sums[base + i * _SUMS + 4] = splat(np.inf)
        sums[base + i * _SUMS + 5] = splat(-np.inf)
