"""The kernel for landscapes whose coordinates do not meet within a word of noise: time runs in the inner loop.

When a landscape's slope does not depend on the state (linear recurrences) and the noise is Rademacher, each coordinate
can take the 63 steps of one word of bits at a stretch while it sits in a register; only the sums of squares, one a
step, go through memory. The same draws and the same updates as in `toylands.kernels.run`, in another order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from toylands.kernels.layout import BLOCK, NEW_SIGNS, OLD_SIGNS, VECTORS, Recipe
from toylands.kernels.recording import all_finite, build_keep, build_measure, finish_block
from toylands.kernels.stepping import bind, build_draw, start_vector
from toylands.noise import BITS_PER_WORD
from toylands.simd import LANES, fma, lanes, lanes_function, lookup4, splat, sum_of_squares

_ONE = np.uint64(1)


def applies(recipe: Recipe) -> bool:
    """Whether this kernel can run the recipe."""
    pooled = all(pooled is not None for _, pooled in recipe.observables)
    plain = not (recipe.momentum or recipe.shaped or recipe.paths) and recipe.exit_observable is None
    return recipe.landscape_kernels.separable and recipe.noise == "rademacher" and pooled and plain


@lanes_function
def _stretch(n: Any, count: Any, s: Any, contraction: Any, table: Any, squares: Any) -> Any:
    """``count`` steps of every coordinate, four coordinates at a time; ``squares[t]`` gathers |w|^2 after step t."""
    whole = n - n % 4
    for j in range(0, whole, 4):
        x0, x1, x2, x3 = s.w[j], s.w[j + 1], s.w[j + 2], s.w[j + 3]
        b0, b1, b2, b3 = s.signs[j], s.signs[j + 1], s.signs[j + 2], s.signs[j + 3]
        for t in range(count):
            c, entries = contraction[t], table[t]
            x0 = fma(c, x0, lookup4(entries, b0))
            x1 = fma(c, x1, lookup4(entries, b1))
            x2 = fma(c, x2, lookup4(entries, b2))
            x3 = fma(c, x3, lookup4(entries, b3))
            b0, b1, b2, b3 = b0 >> _ONE, b1 >> _ONE, b2 >> _ONE, b3 >> _ONE
            squares[t] = fma(x0, x0, fma(x1, x1, fma(x2, x2, fma(x3, x3, squares[t]))))
        s.w[j] = x0
        s.w[j + 1] = x1
        s.w[j + 2] = x2
        s.w[j + 3] = x3
    for j in range(whole, n):
        x0, b0 = s.w[j], s.signs[j]
        for t in range(count):
            x0 = fma(contraction[t], x0, lookup4(table[t], b0))
            b0 = b0 >> _ONE
            squares[t] = fma(x0, x0, squares[t])
        s.w[j] = x0


def build_separable_kernel(recipe: Recipe) -> Any:
    """``run(p, n, rule, job, scratch, output) -> bool`` as `toylands.kernels.run.build_kernel` makes it."""
    shared_of, slope_of = recipe.landscape_kernels.shared, recipe.landscape_kernels.slope
    measure, keep = build_measure(recipe.observables), build_keep(len(recipe.observables))
    begin, draw = build_draw(recipe.noise)

    @lanes_function
    def plan(k: Any, count: Any, p: Any, rule: Any, before: Any, s: Any, contraction: Any, table: Any,
             squares: Any) -> Any:  # fmt: skip
        """What the steps k .. k + count - 1 share over the coordinates; returns what the next step takes back."""
        for t in range(count):
            now, eta = rule.sigma[(k + t) * rule.sigma_stride], rule.eta[(k + t) * rule.eta_stride]
            shared = shared_of(s.w, p, k + t, s.own, splat(0.0))
            contraction[t] = fma(slope_of(0, shared, p), -eta, splat(1.0))
            table[t] = fma(s.tables[NEW_SIGNS], now, s.tables[OLD_SIGNS] * (-before))
            squares[t] = splat(0.0)
            before = rule.kappa * now
        return before

    @njit(nogil=True, error_model="numpy")
    def run(p: Any, n: int, rule: Any, job: Any, scratch: Any, output: Any) -> bool:
        s, extra = bind(scratch)
        values, sums, valid = lanes(scratch.values), lanes(scratch.sums), lanes(scratch.valid)
        contraction, table, squares = lanes(scratch.contraction), lanes(scratch.table), lanes(scratch.squares)
        records = job.at.shape[0]
        last = job.at[records - 1] if records > 0 else 0  # nobody would see the steps behind it
        for block in range(job.n_blocks):
            for vector in range(VECTORS):
                if (job.first_block * VECTORS + block * VECTORS + vector) * LANES >= job.trajectories and vector > 0:
                    break
                alive, before = start_vector(n, block * BLOCK + vector * LANES, rule, job, scratch)
                begin(n, before, s, extra)
                r = k = 0
                if r < records and job.at[0] == 0:
                    measure(s.w, p, sum_of_squares(s.w, n), values, 0)
                    alive = keep(r, alive, vector == 0, scratch, values, sums, valid)
                    r = 1
                while k < last:
                    if job.stop[0] != 0:
                        return False
                    count = min(BITS_PER_WORD, last - k)
                    draw(k, n, s)
                    before = plan(k, count, p, rule, before, s, contraction, table, squares)
                    _stretch(n, count, s, contraction, table, squares)
                    while r < records and job.at[r] <= k + count:
                        if job.at[r] == k + count:  # w is that of this step: look, most of all at the last one
                            alive = alive & all_finite(s.w, n, job.limit)
                        measure(s.w, p, squares[job.at[r] - k - 1], values, 0)
                        alive = keep(r, alive, vector == 0, scratch, values, sums, valid)
                        r += 1
                    alive = alive & all_finite(s.w, n, job.limit)
                    k += count
            if records > 0:
                finish_block(scratch, block, output)
        return True

    return run
