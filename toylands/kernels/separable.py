"""The kernel for landscapes whose coordinates do not meet within a word of noise: time runs in the inner loop.

When a landscape's slope does not depend on the state (linear recurrences) and the noise is Rademacher, each coordinate
can take the 63 steps of one word of bits at a stretch while it sits in a register; only the sums of squares, one a
step, go through memory. The vectors of a block take turns, a stretch each, so that a record is touched once for all of
them. The same draws and the same updates as in `toylands.kernels.run`, in another order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from toylands.kernels.layout import BLOCK, OLD_SIGNS, VECTORS, Recipe
from toylands.kernels.reading import build_measure
from toylands.kernels.recording import all_finite, bind_tally, build_keep_all, finish_block
from toylands.kernels.stepping import State, build_draw, start_vector
from toylands.noise import BITS_PER_WORD
from toylands.random import STATE_WORDS
from toylands.simd import LANES, fma, lanes, lanes_function, lookup4, lookup4_above, select, splat, sum_of_squares

_TWO = np.uint64(2)
GROUP_COORDINATES = 2048  # state of the vectors that run together: 128 bytes a coordinate, to stay in the second cache


def applies(recipe: Recipe) -> bool:
    """Whether this kernel can run the recipe."""
    pooled = all(each.pooled is not None for each in recipe.observables)
    plain = not (recipe.momentum or recipe.shaped or recipe.paths or recipe.watched)
    return recipe.landscape_kernels.separable and recipe.noise == "rademacher" and pooled and plain


@lanes_function
def _one(x: Any, bits: Any, c: Any, entries: Any, square: Any) -> Any:
    """One step of one coordinate, and the sum of squares with it."""
    x = fma(c, x, lookup4(entries, bits))
    return x, fma(x, x, square)


@lanes_function
def _two(x: Any, bits: Any, c: Any, entries: Any, c2: Any, entries2: Any, square: Any, square2: Any) -> Any:
    """Two steps of one coordinate, which share a shift of its signs."""
    x = fma(c, x, lookup4(entries, bits))
    square = fma(x, x, square)
    x = fma(c2, x, lookup4_above(entries2, bits))
    return x, bits >> _TWO, square, fma(x, x, square2)


@lanes_function
def _eight(j: Any, count: Any, s: Any, contraction: Any, table: Any, squares: Any) -> Any:
    """``count`` steps of the coordinates j .. j + 7; sums of squares in the order of two calls of `_four`."""
    x0, x1, x2, x3 = s.w[j], s.w[j + 1], s.w[j + 2], s.w[j + 3]
    x4, x5, x6, x7 = s.w[j + 4], s.w[j + 5], s.w[j + 6], s.w[j + 7]
    b0, b1, b2, b3 = s.signs[j], s.signs[j + 1], s.signs[j + 2], s.signs[j + 3]
    b4, b5, b6, b7 = s.signs[j + 4], s.signs[j + 5], s.signs[j + 6], s.signs[j + 7]
    even = count - count % 2
    for t in range(0, even, 2):
        c, e, c2, e2 = contraction[t], table[t], contraction[t + 1], table[t + 1]
        y, y2 = squares[t], squares[t + 1]
        x3, b3, y, y2 = _two(x3, b3, c, e, c2, e2, y, y2)
        x2, b2, y, y2 = _two(x2, b2, c, e, c2, e2, y, y2)
        x1, b1, y, y2 = _two(x1, b1, c, e, c2, e2, y, y2)
        x0, b0, y, y2 = _two(x0, b0, c, e, c2, e2, y, y2)
        x7, b7, y, y2 = _two(x7, b7, c, e, c2, e2, y, y2)
        x6, b6, y, y2 = _two(x6, b6, c, e, c2, e2, y, y2)
        x5, b5, y, y2 = _two(x5, b5, c, e, c2, e2, y, y2)
        x4, b4, y, y2 = _two(x4, b4, c, e, c2, e2, y, y2)
        squares[t] = y
        squares[t + 1] = y2
    if even < count:
        c, e, y = contraction[even], table[even], squares[even]
        x3, y = _one(x3, b3, c, e, y)
        x2, y = _one(x2, b2, c, e, y)
        x1, y = _one(x1, b1, c, e, y)
        x0, y = _one(x0, b0, c, e, y)
        x7, y = _one(x7, b7, c, e, y)
        x6, y = _one(x6, b6, c, e, y)
        x5, y = _one(x5, b5, c, e, y)
        x4, y = _one(x4, b4, c, e, y)
        squares[even] = y
    s.w[j] = x0
    s.w[j + 1] = x1
    s.w[j + 2] = x2
    s.w[j + 3] = x3
    s.w[j + 4] = x4
    s.w[j + 5] = x5
    s.w[j + 6] = x6
    s.w[j + 7] = x7


@lanes_function
def _four(j: Any, count: Any, s: Any, contraction: Any, table: Any, squares: Any) -> Any:
    """``count`` steps of the coordinates j .. j + 3."""
    x0, x1, x2, x3 = s.w[j], s.w[j + 1], s.w[j + 2], s.w[j + 3]
    b0, b1, b2, b3 = s.signs[j], s.signs[j + 1], s.signs[j + 2], s.signs[j + 3]
    even = count - count % 2
    for t in range(0, even, 2):
        c, e, c2, e2 = contraction[t], table[t], contraction[t + 1], table[t + 1]
        y, y2 = squares[t], squares[t + 1]
        x3, b3, y, y2 = _two(x3, b3, c, e, c2, e2, y, y2)
        x2, b2, y, y2 = _two(x2, b2, c, e, c2, e2, y, y2)
        x1, b1, y, y2 = _two(x1, b1, c, e, c2, e2, y, y2)
        x0, b0, y, y2 = _two(x0, b0, c, e, c2, e2, y, y2)
        squares[t] = y
        squares[t + 1] = y2
    if even < count:
        c, e, y = contraction[even], table[even], squares[even]
        x3, y = _one(x3, b3, c, e, y)
        x2, y = _one(x2, b2, c, e, y)
        x1, y = _one(x1, b1, c, e, y)
        x0, y = _one(x0, b0, c, e, y)
        squares[even] = y
    s.w[j] = x0
    s.w[j + 1] = x1
    s.w[j + 2] = x2
    s.w[j + 3] = x3


@lanes_function
def _single(j: Any, count: Any, s: Any, contraction: Any, table: Any, squares: Any) -> Any:
    """``count`` steps of coordinate j."""
    x, bits, even = s.w[j], s.signs[j], count - count % 2
    for t in range(0, even, 2):
        x, bits, squares[t], squares[t + 1] = _two(
            x, bits, contraction[t], table[t], contraction[t + 1], table[t + 1], squares[t], squares[t + 1]
        )
    if even < count:
        x, squares[even] = _one(x, bits, contraction[even], table[even], squares[even])
    s.w[j] = x


@lanes_function
def _stretch(n: Any, count: Any, s: Any, contraction: Any, table: Any, squares: Any) -> Any:
    """``count`` steps of every coordinate; ``squares[t]`` gathers |w|^2 after step t.

    Eight coordinates at a time keep both units for arithmetic busy; four leave a tenth of their time unused.
    """
    eights, fours = n - n % 8, n - n % 4
    for j in range(0, eights, 8):
        _eight(j, count, s, contraction, table, squares)
    if eights < fours:
        _four(eights, count, s, contraction, table, squares)
    for j in range(fours, n):
        _single(j, count, s, contraction, table, squares)


@lanes_function
def _vector(v: Any, n: Any, scratch: Any) -> Any:
    """The memory of the group's vector number v, and the stream that draws its noise before the first."""
    words = scratch.streams[3 * STATE_WORDS * v : 3 * STATE_WORDS * (v + 1)]
    s = State(
        lanes(scratch.w[v * n : (v + 1) * n]), lanes(scratch.velocity), lanes(scratch.signs[v * n : (v + 1) * n]),
        lanes(scratch.before), lanes(scratch.raw), lanes(scratch.shaped), lanes(scratch.tables),
        lanes(words[:STATE_WORDS]), lanes(words[2 * STATE_WORDS :]),
    )  # fmt: skip
    return s, lanes(words[STATE_WORDS : 2 * STATE_WORDS])


@lanes_function
def _copy(rows: Any, source: Any, target: Any) -> Any:
    for i in range(rows):
        target[i] = source[i]


@lanes_function
def _plan_noise(k: Any, count: Any, rule: Any, previous: Any, tables: Any, table: Any) -> Any:
    """The sign tables of the steps k .. k + count - 1, the first of which follows one with sigma = ``previous``."""
    for t in range(count):
        now, kappa = rule.sigma[(k + t) * rule.sigma_stride], rule.kappa[(k + t) * rule.kappa_stride]
        old = OLD_SIGNS + t % 2  # see `_two`
        table[t] = fma(tables[old + 1], now, (tables[old] * kappa) * (-previous))
        previous = now
    return previous


def build_separable_kernel(recipe: Recipe) -> Any:
    """``run(p, n, rule, job, scratch, output) -> bool`` as `toylands.kernels.run.build_kernel` makes it."""
    shared_of, slope_of = recipe.landscape_kernels.shared, recipe.landscape_kernels.slope
    n_observables = len(recipe.observables)
    measure, keep_all = build_measure(recipe.observables), build_keep_all(n_observables)
    begin, draw = build_draw(recipe.noise)

    @lanes_function
    def plan(k: Any, count: Any, p: Any, rule: Any, s: Any, contraction: Any, squares: Any) -> Any:
        """The contraction of the steps k .. k + count - 1 of one vector, and no squares yet."""
        for t in range(count):
            shared = shared_of(s.w, p, k + t, s.own, splat(0.0))
            contraction[t] = fma(slope_of(0, shared, p), -rule.eta[(k + t) * rule.eta_stride], splat(1.0))
            squares[t] = splat(0.0)

    @lanes_function
    def start(first: Any, vectors: Any, n: Any, rule: Any, job: Any, scratch: Any, alive: Any) -> Any:
        """The vectors from trajectory ``first`` of the batch on, before step 0; returns sigma of the step before that.

        Each is made ready in the place of vector 0, which therefore comes last.
        """
        front, extra = _vector(0, n, scratch)
        before = 0.0
        for v in range(vectors - 1, -1, -1):
            s, _ = _vector(v, n, scratch)
            living, before = start_vector(n, first + v * LANES, rule, job, scratch)
            alive[v] = select(living, splat(1.0), splat(0.0))
            begin(n, before, front, extra)
            _copy(n, front.w, s.w)
            _copy(n, front.signs, s.signs)
            _copy(STATE_WORDS, front.stream, s.stream)
            _copy(STATE_WORDS, front.own, s.own)
        return rule.sigma[0] if before != 0.0 else 0.0

    @lanes_function
    def advance(k: Any, count: Any, vectors: Any, n: Any, p: Any, rule: Any, job: Any, scratch: Any) -> Any:
        """``count`` steps of every vector of the group."""
        contraction, table, finite = lanes(scratch.contraction), lanes(scratch.table), lanes(scratch.finite)
        for v in range(vectors):
            s, _ = _vector(v, n, scratch)
            squares = lanes(scratch.squares[v * BITS_PER_WORD : (v + 1) * BITS_PER_WORD])
            draw(k, n, s)
            plan(k, count, p, rule, s, contraction, squares)
            _stretch(n, count, s, contraction, table, squares)
            finite[v] = select(all_finite(s.w, n, job.limit), splat(1.0), splat(0.0))

    @lanes_function
    def record(r: Any, t: Any, vectors: Any, first: Any, p: Any, w: Any, squares: Any, tally: Any) -> Any:
        """Record number r, taken after step t of a stretch."""
        for v in range(vectors):
            measure(w, p, squares[v * BITS_PER_WORD + t], v * n_observables, tally)
        keep_all(r, vectors, first, tally)

    def run(p: Any, n: int, rule: Any, job: Any, scratch: Any, output: Any) -> bool:
        tally, finite, w = bind_tally(scratch), lanes(scratch.finite), lanes(scratch.w)
        alive = tally.alive
        table, tables, squares = lanes(scratch.table), lanes(scratch.tables), lanes(scratch.squares)
        records = job.at.shape[0]
        last = job.at[records - 1] if records > 0 else 0  # nobody would see the steps behind it
        size = min(VECTORS, max(1, GROUP_COORDINATES // n))
        for block in range(job.n_blocks):
            left = (job.trajectories - (job.first_block + block) * BLOCK + LANES - 1) // LANES
            for begun in range(0, max(1, min(VECTORS, left)), size):
                vectors = min(size, max(1, min(VECTORS, left)) - begun)
                previous = start(block * BLOCK + begun * LANES, vectors, n, rule, job, scratch, alive)
                r = k = 0
                if r < records and job.at[0] == 0:
                    for v in range(vectors):
                        s, _ = _vector(v, n, scratch)
                        squares[v * BITS_PER_WORD] = sum_of_squares(s.w, n)
                    record(0, 0, vectors, begun == 0, p, w, squares, tally)
                    r = 1
                while k < last:
                    if job.stop[0] != 0:
                        return False
                    count = min(BITS_PER_WORD, last - k)
                    previous = _plan_noise(k, count, rule, previous, tables, table)
                    advance(k, count, vectors, n, p, rule, job, scratch)
                    while r < records and job.at[r] <= k + count:
                        if job.at[r] == k + count:  # w is that of this step: look, most of all at the last one
                            for v in range(vectors):
                                alive[v] = alive[v] * finite[v]
                        record(r, job.at[r] - k - 1, vectors, begun == 0, p, w, squares, tally)
                        r += 1
                    for v in range(vectors):
                        alive[v] = alive[v] * finite[v]
                    k += count
            if records > 0:
                finish_block(scratch, block, output)
        return True

    return run
