"""The kernel of rules and landscapes whose coordinates are coupled: any gradient, any oracle, any covariance.

A step here is many small computations that wait for one another (a sum over data, a square root, a division). For small
states the eight vectors of a block are therefore stepped side by side, so that the processor fills the waits of one
with the work of the next; large states go one vector at a time and stay in the cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from toylands.draws import build_fill
from toylands.dynamics.covariances import HESSIAN
from toylands.kernels.coupled_memory import bind_group, bind_vector
from toylands.kernels.float32_loop import build_float32_loop
from toylands.kernels.layout import BLOCK, NEW_SIGNS, OLD_SIGNS, VECTORS, Recipe
from toylands.kernels.oracles import build_oracle
from toylands.kernels.reading import build_average, build_measure, build_read
from toylands.kernels.recording import (
    CHECK_SPACING,
    all_finite,
    bind_tally,
    build_keep_all,
    finish_block,
    first_exit,
    store_exits,
)
from toylands.kernels.shaping import build_refresh, build_shape
from toylands.kernels.stepping import (
    GAUSSIANS,
    build_apply,
    build_draw,
    build_gaussian_loop,
    build_memory_loop,
    build_take_normal,
    place_vector,
    taken_back_first,
)
from toylands.landscapes.base import LandscapeKernels
from toylands.noise import BITS_PER_WORD
from toylands.random import (
    TAG_BATCH,
    TAG_BEFORE_FIRST,
    TAG_LABELS,
    TAG_LANDSCAPE,
    TAG_NOISE,
    TAG_PROBE,
)
from toylands.simd import LANES, fma, lanes, lanes_function, lookup4, select, splat, splat_word
from toylands.simd.products import multiply_tiles

_STOP_MASK = 15  # the stop flag is read every 16 steps: they may be long
_TAGS = (TAG_NOISE, TAG_BEFORE_FIRST, TAG_LANDSCAPE, TAG_BATCH, TAG_LABELS, TAG_PROBE)  # in the order of the streams
_GENERAL = LandscapeKernels()  # the update loops need not know more: the gradient lies in memory


def _has_own_draw(recipe: Recipe) -> bool:
    """Whether the noise is of a law that the update loops do not draw themselves."""
    return recipe.noise not in (None, "rademacher", *GAUSSIANS) and recipe.covariance is None


def _build_own_noise(law: str | None) -> Any:
    """``draw(n, now, keep, s)``: this step's noise of a law that has no loop of its own, into ``s.raw``."""
    fill = build_fill(law or "gaussian")

    @lanes_function
    def draw(n: Any, now: Any, keep: Any, s: Any) -> Any:
        fill(s.stream, s.tables, s.raw, n)
        for j in range(n):
            z = s.raw[j]
            s.raw[j] = fma(z, now, -s.before[j])
            s.before[j] = z * keep

    return draw


def _build_shaped_noise(recipe: Recipe) -> Any:
    """``draw(n, now, keep, s)``: this step's noise, shaped by the factor of the state, into ``s.shaped``."""
    assert recipe.noise is not None
    assert recipe.covariance is not None
    fill, shape = build_fill(recipe.noise), build_shape(recipe.covariance.kind)

    @lanes_function
    def draw(n: Any, now: Any, keep: Any, s: Any) -> Any:
        fill(s.stream, s.tables, s.raw, n)
        shape(n, s.raw, s)
        for j in range(n):
            z = s.shaped[j]
            s.shaped[j] = fma(z, now, -s.before[j])
            s.before[j] = z * keep

    return draw


def _build_gradient_of_step(recipe: Recipe) -> Any:
    """``prepare(k, n, p, rule, s)``: the gradient into ``s.gradient`` and, where it is due, the covariance's factor."""
    oracle = build_oracle(recipe.landscape_kernels, recipe.oracle)
    if recipe.covariance is None:

        @lanes_function
        def plain(k: Any, n: Any, p: Any, rule: Any, s: Any) -> Any:
            oracle(k, n, p, rule.oracle, s)

        return plain
    refresh = build_refresh(recipe.landscape_kernels, recipe.covariance)
    on_data = recipe.covariance.matched or recipe.covariance.kind != HESSIAN
    shared = on_data and recipe.oracle is None  # the mean gradient comes with the moments

    @lanes_function
    def prepare(k: Any, n: Any, p: Any, rule: Any, s: Any) -> Any:
        due = k % rule.covariance.refresh == 0
        if due:
            refresh(n, p, rule.covariance, s)
        if not (due and shared):
            oracle(k, n, p, rule.oracle, s)

    return prepare


def _build_step(recipe: Recipe) -> Any:
    """``step(k, n, p, rule, now, keep, table, s)``: one update of one vector."""
    law, constant, moving = recipe.noise, recipe.shaped, recipe.covariance is not None
    rademacher, gaussian = law == "rademacher", law in GAUSSIANS
    apply = build_apply(False, recipe.momentum)
    prepare = _build_gradient_of_step(recipe)
    own = _has_own_draw(recipe)
    draw_own: Any = _build_own_noise(law) if own else None
    draw_shaped: Any = _build_shaped_noise(recipe) if moving else None
    source = "shaped" if constant or moving else "raw" if own else "signs" if rademacher else None
    memory_loop = build_memory_loop(_GENERAL, apply, source)
    in_loop = gaussian and not moving
    build_loop = build_float32_loop if law == "gaussian_float32" else build_gaussian_loop
    gaussian_loop = build_loop(_GENERAL, build_take_normal(apply, constant))

    @lanes_function
    def step(k: Any, n: Any, p: Any, rule: Any, now: Any, keep: Any, table: Any, s: Any) -> Any:
        eta, beta = rule.eta[k * rule.eta_stride], rule.momentum
        used = np.uint64(k % BITS_PER_WORD)
        prepare(k, n, p, rule, s)
        if moving:
            draw_shaped(n, now, keep, s)
        elif own:
            draw_own(n, now, keep, s)
        elif in_loop:
            gaussian_loop(n, n, 0, p, eta, beta, now, keep, s)
        elif constant and rademacher:
            for j in range(n):
                s.raw[j] = lookup4(table, s.signs[j] >> used)
        if constant:
            multiply_tiles(rule.factor, n, n, s.raw, s.shaped)
        if constant or not in_loop:
            memory_loop(n, n, 0, p, eta, beta, table, used, s)

    return step


def _build_begin(recipe: Recipe) -> Any:
    """``begin(n, p, local, before, job, scratch, slot, s)``: streams, starting point and history of one vector."""
    moving, law = recipe.covariance is not None, recipe.noise
    own = _has_own_draw(recipe)
    history, _ = build_draw(None if moving or own else law)
    fill = build_fill(law or "gaussian")
    momentum, shuffled = recipe.momentum, recipe.oracle is not None and recipe.oracle.batch is not None

    @lanes_function
    def begin(n: Any, local: Any, before: Any, job: Any, scratch: Any, slot: Any, s: Any) -> Any:
        place_vector(n, local, slot, _TAGS, job, scratch)
        s.status[0] = lanes(scratch.alive)[slot]
        s.status[1] = splat(-1.0)
        s.status[2] = splat(0.0)
        if momentum:
            for j in range(n):
                s.velocity[j] = splat(0.0)
        history(n, before, s, s.before_stream)
        if moving or own:
            for j in range(n):
                s.before[j] = splat(0.0)
            if before != 0.0:
                fill(s.before_stream, s.tables, s.before, n)
                for j in range(n):
                    s.before[j] = s.before[j] * before
        if shuffled:
            for i in range(scratch.rows.order):
                s.order[i] = splat_word(i)

    return begin


def _build_exits(recipe: Recipe) -> Any:
    """``look(k, p, job, tally, s)``: first exits after step k; ``store(...)``: those of one vector, at its end."""
    leaving = recipe.exit_observable
    read = build_read(None if leaving is None else leaving._replace(pooled=None))  # nobody keeps sums of squares here

    @lanes_function
    def look(k: Any, p: Any, job: Any, tally: Any, s: Any) -> Any:
        seen = read(s.w, p, splat(0.0), tally.work, tally.exit_settings)
        inside, step, side = first_exit(k, seen, s.status[0] > 0.5, s.status[1], s.status[2], job)
        s.status[0] = select(inside, splat(1.0), splat(0.0))
        s.status[1] = step
        s.status[2] = side

    @lanes_function
    def store(n: Any, local: Any, job: Any, scratch: Any, values: Any, s: Any, output: Any) -> Any:
        lost = (s.status[0] > 0.5) & ~all_finite(s.w, n, job.limit)
        store_exits(local, lost, s.status[1], s.status[2], scratch, values, output)

    return look, store


def build_coupled_kernel(recipe: Recipe) -> Any:
    """``run(p, n, rule, job, scratch, output) -> bool`` as `toylands.kernels.run.build_kernel` makes it."""
    step, begin = _build_step(recipe), _build_begin(recipe)
    look, store = _build_exits(recipe)
    plain = tuple(each._replace(pooled=None) for each in recipe.observables)
    measure, keep_all = build_measure(plain), build_keep_all(len(plain))
    average, averaging = build_average(plain), recipe.averaging
    n_observables, exits, paths = len(plain), recipe.exit_observable is not None, recipe.paths
    watched, size = recipe.watched, recipe.landscape_kernels.size
    rademacher = recipe.noise == "rademacher" and recipe.covariance is None
    _, draw = build_draw("rademacher" if rademacher else None)

    @lanes_function
    def record(n: Any, p: Any, check: Any, slot: Any, limit: Any, s: Any, tally: Any) -> Any:
        if check:
            finite = all_finite(s.w, n, limit)
            tally.alive[slot] = select(finite, tally.alive[slot], splat(0.0))
        measure(s.w, p, splat(0.0), slot * n_observables, tally)

    @lanes_function
    def keep_path(r: Any, local: Any, n: Any, slot: Any, scratch: Any, output: Any) -> Any:
        for j in range(n):
            for lane in range(LANES):
                output.paths[r, local + lane, j] = scratch.w[slot * n + j, lane]

    def run(p: Any, n: int, rule: Any, job: Any, scratch: Any, output: Any) -> bool:
        tally, whole, rows = bind_tally(scratch), bind_group(scratch), scratch.rows
        records, group = job.at.shape[0], scratch.group
        if size is not None:
            n = size  # which the compiler knows
        for block in range(job.n_blocks):
            left = job.trajectories - (job.first_block + block) * BLOCK
            vectors = min(VECTORS, max(1, (left + LANES - 1) // LANES))
            for first in range(0, vectors, group):
                here = min(group, vectors - first)
                base = block * BLOCK + first * LANES
                before = taken_back_first(rule)
                for slot in range(here):
                    begin(n, base + slot * LANES, before, job, scratch, slot, bind_vector(whole, rows, slot))
                r, checked, table = 0, -CHECK_SPACING, splat(0.0)
                for k in range(job.steps + 1):
                    recording = r < records and job.at[r] == k
                    check = recording and (k - checked >= CHECK_SPACING or r == records - 1)
                    if check:
                        checked = k
                    if k & _STOP_MASK == 0 and job.stop[0] != 0:
                        return False
                    now = rule.sigma[k * rule.sigma_stride] if k < job.steps else 0.0
                    if rademacher:
                        table = fma(whole.tables[NEW_SIGNS], now, whole.tables[OLD_SIGNS] * (-before))
                    before = rule.kappa[(k + 1) * rule.kappa_stride] * now
                    if recording or watched:  # a loop of its own: within the next one, it would cost that its overlap
                        for slot in range(here):
                            s = bind_vector(whole, rows, slot)
                            if averaging:
                                average(k, s.w, p, splat(0.0), slot * n_observables, tally)
                            if recording:
                                record(n, p, check, slot, job.limit, s, tally)
                                if paths:
                                    keep_path(r, base + slot * LANES, n, slot, scratch, output)
                            if exits:
                                look(k, p, job, tally, s)
                    if recording:
                        keep_all(r, here, first == 0, tally)
                        r += 1
                    if k < job.steps:
                        for slot in range(here):
                            s = bind_vector(whole, rows, slot)
                            draw(k, n, s)
                            step(k, n, p, rule, now, before, table, s)
                if exits:
                    for slot in range(here):
                        s = bind_vector(whole, rows, slot)
                        store(n, base + slot * LANES, job, scratch, tally.values, s, output)
            if records > 0:
                finish_block(scratch, block, output)
        return True

    return run
