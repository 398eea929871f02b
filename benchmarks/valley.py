"""The widening valley in 100 + 1 dimensions, Anti-PGD: mean and variance of the Hessian's trace every 100 steps."""

from __future__ import annotations

import functools
from typing import Any

import numba
import numpy as np

import toylands as tl
from benchmarks import peers, reference
from benchmarks.workload import Contestant, Statistic, Workload

DIM, ETA, SIGMA, START, EVERY = 100, 0.1, 0.05, 0.1, 100
ABOUT = f"widening valley, Anti-PGD, d = {DIM}, trace of the Hessian every {EVERY} steps"


def with_toylands(noise: str, trajectories: int, steps: int) -> Statistic:
    """`tl.simulate`, which keeps four moments and the extremes at every record."""
    valley = tl.landscapes.WideningValley(DIM)
    rule = tl.dynamics.anti_pgd(ETA, SIGMA, noise=getattr(tl.noise, noise))
    record = tl.record(valley.hessian_trace, every=EVERY)
    start = np.full(DIM + 1, START)
    run = tl.simulate(valley, rule, start=start, steps=steps, trajectories=trajectories, record=record)
    return float(run["hessian_trace"].mean[-1]), float(run["hessian_trace"].variance[-1])


def with_numpy(noise: str, trajectories: int, steps: int, tuned: bool = False) -> Statistic:
    """Arrays of trajectories, in float64."""

    def part(generator: np.random.Generator, count: int) -> np.ndarray:
        w, before, xi = np.full((count, DIM + 1), START), np.zeros((count, DIM + 1)), np.empty((count, DIM + 1))
        u, v = w[:, :DIM], w[:, DIM:]
        trace = np.empty(count)
        for k in range(1, steps + 1):
            peers.numpy_noise(generator, noise, tuned, xi)
            along = 1 - ETA * np.einsum("ij,ij->i", u, u)[:, None]
            u *= 1 - ETA * v * v
            v *= along
            before -= xi
            before *= -SIGMA
            w += before
            before, xi = xi, before
            if k % EVERY == 0:
                trace = DIM * v[:, 0] ** 2 + np.einsum("ij,ij->i", u, u)
                trace.mean(), trace.var()
        return trace

    return peers.numpy_run(part, trajectories, tuned)


def with_numpy_as_written(noise: str, trajectories: int, steps: int) -> Statistic:
    """As in a script for a paper."""
    generator = np.random.default_rng(1)
    w, before = np.full((trajectories, DIM + 1), START), np.zeros((trajectories, DIM + 1))
    for _ in range(steps):
        xi = peers.numpy_noise_as_written(generator, noise, w.shape)
        u, v = w[:, :-1], w[:, -1:]
        gradient = np.hstack([v**2 * u, (u**2).sum(axis=1, keepdims=True) * v])
        w = w - ETA * gradient + SIGMA * (xi - before)
        before = xi
    trace = DIM * w[:, -1] ** 2 + (w[:, :-1] ** 2).sum(axis=1)
    return float(trace.mean()), float(trace.var())


@numba.njit(parallel=True, fastmath=True)
def _numba(gaussian: bool, trajectories: int, steps: int) -> Any:
    traces = np.empty((steps // EVERY, trajectories))
    for i in numba.prange(trajectories):
        w, before = np.full(DIM + 1, START), np.zeros(DIM + 1)
        square = DIM * START * START
        for k in range(1, steps + 1):
            v = w[DIM]
            across, along, square = 1 - ETA * v * v, 1 - ETA * square, 0.0
            for j in range(DIM + 1):
                if gaussian:
                    xi = np.random.normal()  # noqa: NPY002 - what Numba compiles
                else:
                    xi = 1.0 if np.random.random() < 0.5 else -1.0  # noqa: NPY002
                w[j] = (across if j < DIM else along) * w[j] + SIGMA * (xi - before[j])
                before[j] = xi
                if j < DIM:
                    square += w[j] * w[j]
            if k % EVERY == 0:
                traces[k // EVERY - 1, i] = DIM * w[DIM] ** 2 + square
    return traces


def with_numba(noise: str, trajectories: int, steps: int) -> Statistic:
    """A loop as one writes it: a trajectory at a time, `numba.prange` over them, numbers from `np.random`."""
    traces = _numba(noise == "gaussian", trajectories, steps)
    means, variances = traces.mean(axis=1), traces.var(axis=1)
    return float(means[-1]), float(variances[-1])


@functools.lru_cache(maxsize=8)
def _jax(noise: str, trajectories: int, steps: int, tuned: bool) -> Any:
    import jax
    import jax.numpy as jnp

    def step(carry: Any, key: Any) -> Any:
        u, v, before = carry
        xi = peers.jax_noise(key, noise, tuned, before.shape)
        eps = SIGMA * (xi - before)
        along = 1 - ETA * jnp.sum(u * u, axis=1)
        u = (1 - ETA * v * v)[:, None] * u + eps[:, :DIM]
        return (u, along * v + eps[:, DIM], xi), None

    def stretch(carry: Any, keys: Any) -> Any:
        carry, _ = jax.lax.scan(step, carry, keys)
        trace = DIM * carry[1] ** 2 + jnp.sum(carry[0] ** 2, axis=1)
        return carry, (trace.mean(), trace.var())

    @jax.jit
    def run(key: Any) -> Any:
        start = jnp.full((trajectories, DIM), START, jnp.float32), jnp.full(trajectories, START, jnp.float32)
        keys = jax.random.split(key, (steps // EVERY, EVERY))
        return jax.lax.scan(stretch, (*start, jnp.zeros((trajectories, DIM + 1), jnp.float32)), keys)[1]

    return run


def with_jax(noise: str, trajectories: int, steps: int, tuned: bool = False) -> Statistic:
    """`jax.lax.scan` over the steps, compiled, in float32."""
    means, variances = _jax(noise, trajectories, steps, tuned)(peers.jax_key())
    return float(means[-1]), float(variances[-1])


def with_torch(noise: str, trajectories: int, steps: int, tuned: bool = False) -> Statistic:
    """Tensors in float32, changed in place."""
    import torch

    with torch.inference_mode():
        w = torch.full((trajectories, DIM + 1), START)
        before, xi = torch.zeros((2, trajectories, DIM + 1))
        u, v = w[:, :DIM], w[:, DIM:]
        moments = torch.empty((steps // EVERY, 2))
        for k in range(1, steps + 1):
            peers.torch_noise(noise, tuned, xi)
            along = 1 - ETA * torch.linalg.vecdot(u, u)[:, None]
            u.mul_(1 - ETA * v * v)
            v.mul_(along)
            w.add_(xi, alpha=SIGMA).sub_(before, alpha=SIGMA)
            before, xi = xi, before
            if k % EVERY == 0:
                trace = DIM * v[:, 0] ** 2 + torch.linalg.vecdot(u, u)
                moments[k // EVERY - 1, 0], moments[k // EVERY - 1, 1] = trace.mean(), trace.var(unbiased=False)
        return float(moments[-1, 0]), float(moments[-1, 1])


def with_c(noise: str, trajectories: int, steps: int) -> Statistic:
    """`reference.c`."""
    return reference.valley(noise, ETA, 1.0, SIGMA, START, DIM, trajectories, steps, EVERY)


def stick(module: Any, noise: str, trajectories: int, steps: int) -> Any:
    """The same on an outside measuring stick."""
    return module.w2(int(noise == "gaussian"), n=trajectories, steps=steps, every=EVERY)


def workloads() -> list[Workload]:
    """With both kinds of noise."""
    return [_workload(noise) for noise in ("rademacher", "gaussian")]


def _workload(noise: str) -> Workload:
    many = 32768 if noise == "rademacher" else 8192  # a fifth of a second: starting threads must not count
    contestants = (
        Contestant("toylands", with_toylands, many, 1000),
        Contestant("C", with_c, many, 1000),
        Contestant("Numba", with_numba, 1024, 100),
        *peers.plain_and_tuned("NumPy", with_numpy, noise, 512, 100),
        Contestant("NumPy as written", with_numpy_as_written, 4096, 20),
        *peers.plain_and_tuned("JAX", with_jax, noise, peers.JAX_TRAJECTORIES, 100),
        *peers.plain_and_tuned("PyTorch", with_torch, noise, 1024, 100),
    )
    return Workload("valley", noise, DIM, ABOUT, contestants, stick)
