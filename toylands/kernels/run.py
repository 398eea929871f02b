"""The kernel: all steps of a batch of blocks, with statistics gathered as it goes.

`build_kernel` composes one compiled function from a landscape's lanes functions, the kind of noise and the observables;
parameter values travel as arguments, so hundreds of settings share one compilation. A block is 64 trajectories: eight
vectors of eight lanes, run one after the other. A kernel keeps nothing per path beyond the current vector's state.
"""

from __future__ import annotations

import functools
from typing import Any

from toylands.kernels.compiling import compile_kernel
from toylands.kernels.coupled import build_coupled_kernel
from toylands.kernels.layout import BLOCK, NEW_SIGNS, OLD_SIGNS, VECTORS, Recipe
from toylands.kernels.paired import applies as paired_applies
from toylands.kernels.paired import build_paired_kernel
from toylands.kernels.reading import build_average, build_measure, build_read
from toylands.kernels.recording import (
    CHECK_SPACING,
    all_finite,
    bind_tally,
    build_keep,
    finish_block,
    first_exit,
    store_exits,
)
from toylands.kernels.separable import applies as separable_applies
from toylands.kernels.separable import build_separable_kernel
from toylands.kernels.stepping import bind, build_draw, build_step, start_vector
from toylands.simd import LANES, fma, splat, sum_of_squares

_STOP_MASK = 1023  # the stop flag is read every 1024 steps


@functools.lru_cache(maxsize=256)
def build_kernel(recipe: Recipe) -> Any:
    """Compile (on first call) the kernel ``run(p, n, rule, job, scratch, output) -> bool`` (False: told to stop)."""
    if recipe.coupled:
        make = build_coupled_kernel
    elif separable_applies(recipe):
        make = build_separable_kernel
    else:
        make = build_paired_kernel if paired_applies(recipe) else _build_general_kernel
    return compile_kernel(make(recipe), recipe)


def _build_general_kernel(recipe: Recipe) -> Any:
    step = build_step(recipe.landscape_kernels, recipe.noise, recipe.momentum, recipe.shaped)
    begin, draw = build_draw(recipe.noise)
    measure, keep = build_measure(recipe.observables), build_keep(len(recipe.observables))
    average, averaging = build_average(recipe.observables), recipe.averaging
    exit_of, exits = build_read(recipe.exit_observable), recipe.exit_observable is not None
    bulk_of = recipe.landscape_kernels.bulk
    momentum, paths, rademacher = recipe.momentum, recipe.paths, recipe.noise == "rademacher"

    def run(p: Any, n: int, rule: Any, job: Any, scratch: Any, output: Any) -> bool:
        s, extra = bind(scratch)
        tally = bind_tally(scratch)
        records, bulk = job.at.shape[0], bulk_of(p)
        for block in range(job.n_blocks):
            for vector in range(VECTORS):
                local = block * BLOCK + vector * LANES
                trajectory = job.first_block * BLOCK + local
                if trajectory >= job.trajectories and vector > 0:
                    break
                alive, before = start_vector(n, local, rule, job, scratch)
                if momentum:
                    for j in range(n):
                        s.velocity[j] = splat(0.0)
                inside, exit_step, exit_side = alive, splat(-1.0), splat(0.0)
                begin(n, before, s, extra)
                square, table = sum_of_squares(s.w, bulk), splat(0.0)
                r, checked = 0, -CHECK_SPACING
                for k in range(job.steps + 1):
                    if averaging:
                        average(k, s.w, p, square, 0, tally)
                    if r < records and job.at[r] == k:
                        if k - checked >= CHECK_SPACING or r == records - 1:
                            alive = alive & all_finite(s.w, n, job.limit)
                            checked = k
                        measure(s.w, p, square, 0, tally)
                        alive = keep(r, alive, vector == 0, tally)
                        if paths:
                            for j in range(n):
                                for lane in range(LANES):
                                    output.paths[r, local + lane, j] = scratch.w[j, lane]
                        r += 1
                    if exits:
                        seen = exit_of(s.w, p, square, tally.work, tally.exit_settings)
                        inside, exit_step, exit_side = first_exit(k, seen, inside, exit_step, exit_side, job)
                    if k == job.steps:
                        break
                    if k & _STOP_MASK == 0 and job.stop[0] != 0:
                        return False
                    now = rule.sigma[k * rule.sigma_stride]
                    draw(k, n, s)
                    if rademacher:
                        table = fma(s.tables[NEW_SIGNS], now, s.tables[OLD_SIGNS] * (-before))
                    before = rule.kappa[(k + 1) * rule.kappa_stride] * now
                    square = step(k, n, bulk, p, rule, now, before, table, square, s)
                if exits:
                    lost = inside & ~all_finite(s.w, n, job.limit)
                    store_exits(local, lost, exit_step, exit_side, scratch, tally.values, output)
            if records > 0:
                finish_block(scratch, block, output)
        return True

    return run
