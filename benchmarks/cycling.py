"""The thirteen functions of labelnoise F.2 under mini-batches of one: round a circle of minima, y every 100 steps."""

from __future__ import annotations

import functools
from typing import Any

import numba
import numpy as np

import toylands as tl
from benchmarks import peers
from benchmarks.workload import Contestant, Statistic, Workload

ETA, DIM, EVERY = 0.1, 6, 100
ABOUT = f"thirteen functions, SGD with one a step, d = {DIM}, y every {EVERY} steps"


@functools.lru_cache(maxsize=1)
def _functions() -> tuple[np.ndarray, ...]:
    """Which z a function has (none: 0), its slopes along x and y, its offset; then the rows of one-hot z."""
    role, along_x, along_y, offset = tl.landscapes.Cycling().parameters
    return role.astype(np.int64), along_x, along_y, offset, np.eye(5)[role.astype(np.int64)][:, 1:]


def with_toylands(kind: str, trajectories: int, steps: int) -> Statistic:
    """`tl.simulate`, which keeps four moments and the extremes at every record."""
    landscape = tl.landscapes.Cycling()
    record = tl.record(landscape.y, every=EVERY)
    run = tl.simulate(
        landscape, tl.dynamics.sgd(ETA), start=landscape.minimiser(0.0), steps=steps, trajectories=trajectories,
        record=record,
    )  # fmt: skip
    return float(run["y"].mean[-1]), float(run["y"].variance[-1])


def with_numpy(kind: str, trajectories: int, steps: int) -> Statistic:
    """Arrays of trajectories; each picks its function's numbers from tables."""
    role, along_x, along_y, offset, _ = _functions()
    generator, one_each = peers.numpy_generator(), np.arange(trajectories)
    x, y, z = np.ones(trajectories), np.zeros(trajectories), np.zeros((5, trajectories))  # z[0] belongs to no function
    for k in range(1, steps + 1):
        i = generator.integers(0, len(role), trajectories)
        own, slope_x, slope_y = role[i], along_x[i], along_y[i]
        height, factor = z[own, one_each], 1 + slope_x * x + slope_y * y
        value, slope_x, slope_y = factor * height, slope_x * height, slope_y * height
        circle = np.flatnonzero(own == 0)
        there_x, there_y = x[circle], y[circle]
        value[circle], slope_x[circle], slope_y[circle] = there_x**2 + there_y**2, 2 * there_x, 2 * there_y
        value = (value + offset[i]) * -ETA
        z[own, one_each] = height + value * factor
        z[0] = 0.0
        x += value * slope_x
        y += value * slope_y
        if k % EVERY == 0:
            y.mean(), y.var()
    return float(y.mean()), float(y.var())


@numba.njit(parallel=True, fastmath=True)
def _numba(
    role: np.ndarray, along_x: np.ndarray, along_y: np.ndarray, offset: np.ndarray, trajectories: int, steps: int
) -> Any:
    found = np.empty((steps // EVERY, trajectories))
    for t in numba.prange(trajectories):
        x, y, z = 1.0, 0.0, np.zeros(5)
        for k in range(1, steps + 1):
            i = np.random.randint(0, len(role))  # noqa: NPY002 - what Numba compiles
            own = role[i]
            if own == 0:
                step = -ETA * (x * x + y * y + offset[i])
                x, y = x + step * 2 * x, y + step * 2 * y
            else:
                height, factor = z[own], 1 + along_x[i] * x + along_y[i] * y
                step = -ETA * (factor * height + offset[i])
                z[own] += step * factor
                x += step * along_x[i] * height
                y += step * along_y[i] * height
            if k % EVERY == 0:
                found[k // EVERY - 1, t] = y
    return found


def with_numba(kind: str, trajectories: int, steps: int) -> Statistic:
    """A loop as one writes it: a trajectory at a time, `numba.prange` over them, numbers from `np.random`."""
    role, along_x, along_y, offset, _ = _functions()
    found = _numba(role, along_x, along_y, offset, trajectories, steps)
    means, variances = found.mean(axis=1), found.var(axis=1)
    return float(means[-1]), float(variances[-1])


@functools.lru_cache(maxsize=8)
def _jax(trajectories: int, steps: int) -> Any:
    import jax
    import jax.numpy as jnp

    tables = [jnp.asarray(table, jnp.float32) for table in _functions()[1:]]
    along_x, along_y, offset, one_hot = tables

    def loss(w: Any, i: Any) -> Any:
        x, y = w[0], w[1]
        with_z = (1 + along_x[i] * x + along_y[i] * y) * jnp.dot(one_hot[i], w[2:])
        circle = (1 - one_hot[i].sum()) * (x * x + y * y)
        return (with_z + circle + offset[i]) ** 2 / 2

    gradient = jax.vmap(jax.grad(loss))

    def step(w: Any, key: Any) -> Any:
        i = jax.random.randint(key, (trajectories,), 0, len(offset))
        return w - ETA * gradient(w, i), None

    def stretch(w: Any, keys: Any) -> Any:
        w, _ = jax.lax.scan(step, w, keys)
        return w, (w[:, 1].mean(), w[:, 1].var())

    @jax.jit
    def run(key: Any) -> Any:
        start = jnp.zeros((trajectories, DIM), jnp.float32).at[:, 0].set(1.0)
        return jax.lax.scan(stretch, start, jax.random.split(key, (steps // EVERY, EVERY)))[1]

    return run


def with_jax(kind: str, trajectories: int, steps: int) -> Statistic:
    """`jax.grad` of a function's loss, `jax.lax.scan` over the steps, compiled, in float32."""
    means, variances = _jax(trajectories, steps)(peers.jax_key())
    return float(means[-1]), float(variances[-1])


def workloads() -> list[Workload]:
    """One kind: batches of one."""
    contestants = (
        Contestant("toylands", with_toylands, 131072, 500),
        Contestant("Numba", with_numba, 4096, 500),
        Contestant("NumPy", with_numpy, 2048, 200),
        Contestant("JAX", with_jax, 2048, 200),
    )
    return [Workload("cycling", "sgd-1", DIM, ABOUT, contestants, check_size=(4096, 400))]
