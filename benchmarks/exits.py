"""First exits: PGD on the widening valley, d = 100, until |u|^2 exceeds 16; looked at after every step."""

from __future__ import annotations

import functools
from typing import Any

import numba
import numpy as np

import toylands as tl
from benchmarks import peers
from benchmarks.workload import Contestant, Statistic, Workload

DIM, ETA, SIGMA, START, LIMIT, STEPS = 100, 0.1, 0.05, 0.1, 16.0, 100
ABOUT = f"widening valley, PGD, d = {DIM}, first exit from |u|^2 < {LIMIT:g}, mean |u|^2 after {STEPS} steps"


def _statistic(exits: np.ndarray, steps: int) -> Statistic:
    """Of the exit steps, 0 for none, cut off at the end of the run."""
    times = np.where(exits == 0, steps, exits)
    return float(times.mean()), float(times.var())


def with_toylands(noise: str, trajectories: int, steps: int) -> Statistic:
    """`tl.simulate` with an exit region."""
    valley = tl.landscapes.WideningValley(DIM)
    region = tl.exit_region(valley.sq_norm_u, above=LIMIT)
    run = tl.simulate(
        valley,
        tl.dynamics.pgd(ETA, SIGMA, noise=getattr(tl.noise, noise)),
        start=np.full(DIM + 1, START),
        steps=steps,
        trajectories=trajectories,
        record=tl.record(valley.sq_norm_u, at=[steps]),
        first_passage=region,
    )
    exits = run.first_passage
    assert exits is not None
    times = exits.times_above
    mean = (times.total + exits.inside * steps) / trajectories
    square = (times.total_square + exits.inside * steps**2) / trajectories
    return mean, square - mean**2


def with_numpy(noise: str, trajectories: int, steps: int, tuned: bool = False) -> Statistic:
    """Arrays of trajectories, in float64."""

    def part(generator: np.random.Generator, count: int) -> np.ndarray:
        w, xi = np.full((count, DIM + 1), START), np.empty((count, DIM + 1))
        u, v = w[:, :DIM], w[:, DIM:]
        exits, square = np.zeros(count, dtype=np.int64), np.einsum("ij,ij->i", u, u)
        for k in range(1, steps + 1):
            peers.numpy_noise(generator, noise, tuned, xi)
            along = 1 - ETA * square[:, None]
            u *= 1 - ETA * v * v
            v *= along
            xi *= SIGMA
            w += xi
            square = np.einsum("ij,ij->i", u, u)
            exits[(exits == 0) & (square > LIMIT)] = k
        square.mean(), square.var()
        return np.where(exits == 0, steps, exits)

    return peers.numpy_run(part, trajectories, tuned)


@numba.njit(parallel=True, fastmath=True)
def _numba(gaussian: bool, trajectories: int, steps: int) -> Any:
    exits, squares = np.zeros(trajectories, np.int64), np.empty(trajectories)
    for i in numba.prange(trajectories):
        w = np.full(DIM + 1, START)
        square = DIM * START * START
        for k in range(1, steps + 1):
            v = w[DIM]
            across, along, square = 1 - ETA * v * v, 1 - ETA * square, 0.0
            for j in range(DIM + 1):
                if gaussian:
                    xi = np.random.normal()  # noqa: NPY002 - what Numba compiles
                else:
                    xi = 1.0 if np.random.random() < 0.5 else -1.0  # noqa: NPY002
                w[j] = (across if j < DIM else along) * w[j] + SIGMA * xi
                if j < DIM:
                    square += w[j] * w[j]
            if exits[i] == 0 and square > LIMIT:
                exits[i] = k
        squares[i] = square
    return exits, squares


def with_numba(noise: str, trajectories: int, steps: int) -> Statistic:
    """A loop as one writes it: a trajectory at a time, `numba.prange` over them, numbers from `np.random`."""
    exits, squares = _numba(noise == "gaussian", trajectories, steps)
    squares.mean(), squares.var()
    return _statistic(exits, steps)


@functools.lru_cache(maxsize=8)
def _jax(noise: str, trajectories: int, steps: int, tuned: bool) -> Any:
    import jax
    import jax.numpy as jnp

    def step(carry: Any, given: Any) -> Any:
        u, v, square, exits = carry
        key, k = given
        xi = SIGMA * peers.jax_noise(key, noise, tuned, (trajectories, DIM + 1))
        u, v = (1 - ETA * v * v)[:, None] * u + xi[:, :DIM], (1 - ETA * square) * v + xi[:, DIM]
        square = jnp.sum(u * u, axis=1)
        return (u, v, square, jnp.where((exits == 0) & (square > LIMIT), k, exits)), None

    @jax.jit
    def run(key: Any) -> Any:
        u, v = jnp.full((trajectories, DIM), START, jnp.float32), jnp.full(trajectories, START, jnp.float32)
        begin = u, v, jnp.sum(u * u, axis=1), jnp.zeros(trajectories, jnp.int32)
        given = jax.random.split(key, steps), jnp.arange(1, steps + 1, dtype=jnp.int32)
        _, _, square, exits = jax.lax.scan(step, begin, given)[0]
        return exits, square.mean(), square.var()

    return run


def with_jax(noise: str, trajectories: int, steps: int, tuned: bool = False) -> Statistic:
    """`jax.lax.scan` over the steps, compiled, in float32."""
    return _statistic(np.asarray(_jax(noise, trajectories, steps, tuned)(peers.jax_key())[0]), steps)


def workloads() -> list[Workload]:
    """With both kinds of noise."""
    return [_workload(noise) for noise in ("rademacher", "gaussian")]


def _workload(noise: str) -> Workload:
    contestants = (
        Contestant("toylands", with_toylands, 327680 if noise == "rademacher" else 40960, STEPS),
        Contestant("Numba", with_numba, 1024, STEPS),
        *peers.plain_and_tuned("NumPy", with_numpy, noise, 512, STEPS),
        *peers.plain_and_tuned("JAX", with_jax, noise, peers.JAX_TRAJECTORIES, STEPS),
    )
    return Workload("exits", noise, DIM + 1, ABOUT, contestants)
