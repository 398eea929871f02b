"""The kernel for landscapes whose bulk is led by the few coordinates behind it: two steps in one pass.

In the widening valley the slope of u at step k + 1 needs v_{k+1}, and that needs |u|^2 at step k only: with Rademacher
noise a pass over the bulk can take two steps while each coordinate sits in a register, and its signs are shifted once.
The same draws and the same arithmetic as in `toylands.kernels.run`, bit for bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from toylands.kernels.layout import BLOCK, NEW_SIGNS, NEXT_SIGNS, OLD_SIGNS, VECTORS, Recipe
from toylands.kernels.reading import build_measure
from toylands.kernels.recording import CHECK_SPACING, all_finite, bind_tally, build_keep, finish_block
from toylands.kernels.stepping import bind, build_draw, start_vector
from toylands.noise import BITS_PER_WORD
from toylands.simd import LANES, fma, lanes_function, lookup4, lookup4_above, splat, sum_of_squares


def applies(recipe: Recipe) -> bool:
    """Whether this kernel can run the recipe."""
    plain = not (recipe.momentum or recipe.shaped or recipe.paths or recipe.watched)
    return recipe.landscape_kernels.led and recipe.noise == "rademacher" and plain


@lanes_function
def _one(j: Any, c: Any, table: Any, used: Any, s: Any, total: Any) -> Any:
    """One step of coordinate j; returns ``total`` + its square."""
    x = fma(c, s.w[j], lookup4(table, s.signs[j] >> used))
    s.w[j] = x
    return fma(x, x, total)


@lanes_function
def _two(j: Any, c: Any, table: Any, c2: Any, table2: Any, used: Any, s: Any, total: Any, total2: Any) -> Any:
    """Two steps of coordinate j; returns the totals + its squares after the first and the second."""
    bits = s.signs[j] >> used
    x = fma(c, s.w[j], lookup4(table, bits))
    y = fma(c2, x, lookup4_above(table2, bits))
    s.w[j] = y
    return fma(x, x, total), fma(y, y, total2)


@lanes_function
def _step(bulk: Any, c: Any, table: Any, used: Any, s: Any) -> Any:
    """One step of the bulk; returns its sum of squares, added up as in the general kernel."""
    a0 = a1 = a2 = a3 = splat(0.0)
    whole = bulk - bulk % 4
    for j in range(0, whole, 4):
        a0 = _one(j, c, table, used, s, a0)
        a1 = _one(j + 1, c, table, used, s, a1)
        a2 = _one(j + 2, c, table, used, s, a2)
        a3 = _one(j + 3, c, table, used, s, a3)
    for j in range(whole, bulk):
        a0 = _one(j, c, table, used, s, a0)
    return (a0 + a1) + (a2 + a3)


@lanes_function
def _pair(bulk: Any, c: Any, table: Any, c2: Any, table2: Any, used: Any, s: Any) -> Any:
    """Two steps of the bulk; returns its sums of squares after the first and the second."""
    a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = splat(0.0)
    whole = bulk - bulk % 4
    for j in range(0, whole, 4):
        a0, b0 = _two(j, c, table, c2, table2, used, s, a0, b0)
        a1, b1 = _two(j + 1, c, table, c2, table2, used, s, a1, b1)
        a2, b2 = _two(j + 2, c, table, c2, table2, used, s, a2, b2)
        a3, b3 = _two(j + 3, c, table, c2, table2, used, s, a3, b3)
    for j in range(whole, bulk):
        a0, b0 = _two(j, c, table, c2, table2, used, s, a0, b0)
    return (a0 + a1) + (a2 + a3), (b0 + b1) + (b2 + b3)


def build_paired_kernel(recipe: Recipe) -> Any:
    """``run(p, n, rule, job, scratch, output) -> bool`` as `toylands.kernels.run.build_kernel` makes it."""
    kernels = recipe.landscape_kernels
    shared_of, slope_of, bulk_of = kernels.shared, kernels.slope, kernels.bulk
    measure, keep = build_measure(recipe.observables), build_keep(len(recipe.observables))
    begin, draw = build_draw(recipe.noise)

    @lanes_function
    def move_tail(bulk: Any, n: Any, shared: Any, p: Any, eta: Any, table: Any, used: Any, s: Any) -> Any:
        for j in range(bulk, n):
            s.w[j] = fma(fma(slope_of(j, shared, p), -eta, splat(1.0)), s.w[j], lookup4(table, s.signs[j] >> used))

    @lanes_function
    def advance(k: Any, two: Any, n: Any, bulk: Any, p: Any, rule: Any, before: Any, square: Any, s: Any) -> Any:
        """One step, or two; returns the bulk's sum of squares and what the next step takes back."""
        used = np.uint64(k % BITS_PER_WORD)
        new, old, ahead = s.tables[NEW_SIGNS], s.tables[OLD_SIGNS], s.tables[NEXT_SIGNS]
        now, eta = rule.sigma[k * rule.sigma_stride], rule.eta[k * rule.eta_stride]
        table = fma(new, now, old * (-before))
        shared = shared_of(s.w, p, k, s.own, square)
        c = fma(slope_of(0, shared, p), -eta, splat(1.0))
        move_tail(bulk, n, shared, p, eta, table, used, s)
        before = rule.kappa[(k + 1) * rule.kappa_stride] * now
        if not two:
            return _step(bulk, c, table, used, s), before
        k += 1
        now, eta = rule.sigma[k * rule.sigma_stride], rule.eta[k * rule.eta_stride]
        shared = shared_of(s.w, p, k, s.own, square)  # the square is that of the step before: the bulk does not ask
        c2 = fma(slope_of(0, shared, p), -eta, splat(1.0))
        first, second = _pair(bulk, c, table, c2, fma(ahead, now, new * (-before)), used, s)
        shared = shared_of(s.w, p, k, s.own, first)
        move_tail(bulk, n, shared, p, eta, fma(new, now, old * (-before)), used + np.uint64(1), s)
        return second, rule.kappa[(k + 1) * rule.kappa_stride] * now

    def run(p: Any, n: int, rule: Any, job: Any, scratch: Any, output: Any) -> bool:
        s, extra = bind(scratch)
        tally = bind_tally(scratch)
        records, bulk = job.at.shape[0], bulk_of(p)
        for block in range(job.n_blocks):
            for vector in range(VECTORS):
                local = block * BLOCK + vector * LANES
                if job.first_block * BLOCK + local >= job.trajectories and vector > 0:
                    break
                alive, before = start_vector(n, local, rule, job, scratch)
                begin(n, before, s, extra)
                square = sum_of_squares(s.w, bulk)
                r, k, checked = 0, 0, -CHECK_SPACING
                while r < records:
                    if job.at[r] == k:
                        if k - checked >= CHECK_SPACING or r == records - 1:
                            alive = alive & all_finite(s.w, n, job.limit)
                            checked = k
                        measure(s.w, p, square, 0, tally)
                        alive = keep(r, alive, vector == 0, tally)
                        r += 1
                        continue
                    if job.stop[0] != 0:
                        return False
                    draw(k, n, s)
                    two = k + 1 < job.at[r] and k % BITS_PER_WORD + 1 < BITS_PER_WORD
                    square, before = advance(k, two, n, bulk, p, rule, before, square, s)
                    k += 2 if two else 1
            if records > 0:
                finish_block(scratch, block, output)
        return True

    return run
