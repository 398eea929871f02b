"""w <- rho w + sigma (xi_k - xi_{k-1}) in 100 dimensions from 0: mean and variance of |w|^2 at every step."""

from __future__ import annotations

import functools
from typing import Any

import numba
import numpy as np

import toylands as tl
from benchmarks import peers, reference
from benchmarks.workload import Contestant, Statistic, Workload

DIM, RHO, SIGMA = 100, 0.9, 1.0
ABOUT = f"w <- {RHO} w + xi_k - xi_(k-1), d = {DIM}, |w|^2 at every step"


def with_toylands(noise: str, trajectories: int, steps: int) -> Statistic:
    """`tl.simulate`, which keeps four moments and the extremes at every step."""
    process = tl.landscapes.LinearRecurrence(DIM, RHO)
    rule = tl.dynamics.anti_pgd(1.0, SIGMA, noise=getattr(tl.noise, noise))
    record = tl.record(process.sq_norm, every=1)
    run = tl.simulate(process, rule, start=np.zeros(DIM), steps=steps, trajectories=trajectories, record=record)
    return float(run["sq_norm"].mean[-1]), float(run["sq_norm"].variance[-1])


def with_numpy(noise: str, trajectories: int, steps: int, tuned: bool = False) -> Statistic:
    """Arrays of trajectories, in float64."""

    def part(generator: np.random.Generator, count: int) -> np.ndarray:
        w, before, xi = np.zeros((3, count, DIM))
        square = np.zeros(count)
        for _ in range(steps):
            peers.numpy_noise(generator, noise, tuned, xi)
            w *= RHO
            w += xi
            w -= before
            before, xi = xi, before
            np.einsum("ij,ij->i", w, w, out=square)
            square.mean(), square.var()
        return square

    return peers.numpy_run(part, trajectories, tuned)


def with_numpy_as_written(noise: str, trajectories: int, steps: int) -> Statistic:
    """As in a script for a paper."""
    generator = np.random.default_rng(1)
    w, before = np.zeros((trajectories, DIM)), np.zeros((trajectories, DIM))
    for _ in range(steps):
        xi = peers.numpy_noise_as_written(generator, noise, w.shape)
        w = RHO * w + SIGMA * (xi - before)
        before = xi
        square = (w**2).sum(axis=1)
        square.mean(), square.var()
    return float(square.mean()), float(square.var())


@numba.njit(parallel=True, fastmath=True)
def _numba(gaussian: bool, trajectories: int, steps: int) -> Any:
    squares = np.empty((steps, trajectories))
    for i in numba.prange(trajectories):
        w, before = np.zeros(DIM), np.zeros(DIM)
        for k in range(steps):
            square = 0.0
            for j in range(DIM):
                if gaussian:
                    xi = np.random.normal()  # noqa: NPY002 - what Numba compiles
                else:
                    xi = 1.0 if np.random.random() < 0.5 else -1.0  # noqa: NPY002
                w[j] = RHO * w[j] + SIGMA * (xi - before[j])
                before[j] = xi
                square += w[j] * w[j]
            squares[k, i] = square
    return squares


def with_numba(noise: str, trajectories: int, steps: int) -> Statistic:
    """A loop as one writes it: a trajectory at a time, `numba.prange` over them, numbers from `np.random`."""
    squares = _numba(noise == "gaussian", trajectories, steps)
    means, variances = squares.mean(axis=1), squares.var(axis=1)
    return float(means[-1]), float(variances[-1])


@functools.lru_cache(maxsize=8)
def _jax(noise: str, trajectories: int, steps: int, tuned: bool) -> Any:
    import jax
    import jax.numpy as jnp

    def step(carry: Any, key: Any) -> Any:
        w, before = carry
        xi = peers.jax_noise(key, noise, tuned, w.shape)
        w = RHO * w + SIGMA * (xi - before)
        square = jnp.sum(w * w, axis=1)
        return (w, xi), (square.mean(), square.var())

    @jax.jit
    def run(key: Any) -> Any:
        zero = jnp.zeros((trajectories, DIM), jnp.float32)
        return jax.lax.scan(step, (zero, zero), jax.random.split(key, steps))[1]

    return run


def with_jax(noise: str, trajectories: int, steps: int, tuned: bool = False) -> Statistic:
    """`jax.lax.scan` over the steps, compiled, in float32."""
    means, variances = _jax(noise, trajectories, steps, tuned)(peers.jax_key())
    return float(means[-1]), float(variances[-1])


def with_torch(noise: str, trajectories: int, steps: int, tuned: bool = False) -> Statistic:
    """Tensors in float32, changed in place."""
    import torch

    with torch.inference_mode():
        w, before, xi = torch.zeros((3, trajectories, DIM))
        moments = torch.empty((steps, 2))
        for k in range(steps):
            peers.torch_noise(noise, tuned, xi)
            w.mul_(RHO).add_(xi, alpha=SIGMA).sub_(before, alpha=SIGMA)
            before, xi = xi, before
            square = torch.linalg.vecdot(w, w)
            moments[k, 0], moments[k, 1] = square.mean(), square.var(unbiased=False)
        return float(moments[-1, 0]), float(moments[-1, 1])


def with_c(noise: str, trajectories: int, steps: int) -> Statistic:
    """`reference.c`."""
    return reference.recurrence(noise, RHO, 1.0, SIGMA, DIM, trajectories, steps)


def stick(module: Any, noise: str, trajectories: int, steps: int) -> Any:
    """The same on an outside measuring stick."""
    kind = ("rademacher", "gaussian", "gaussian_float32").index(noise)
    return module.w1(kind, n=trajectories, steps=steps)


def workloads() -> list[Workload]:
    """With both kinds of noise, and with normals in float32 added to a state in float64."""
    return [_workload("rademacher"), _workload("gaussian"), _float32_workload()]


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
    return Workload("recurrence", noise, DIM, ABOUT, contestants, stick)


def with_numpy_float32(noise: str, trajectories: int, steps: int) -> Statistic:
    """As `with_numpy`, normals drawn in float32."""
    generator, normals = peers.numpy_generator(), np.empty((trajectories, DIM), dtype=np.float32)
    w, before, xi = np.zeros((3, trajectories, DIM))
    square = np.zeros(trajectories)
    for _ in range(steps):
        generator.standard_normal(dtype=np.float32, out=normals)
        xi[...] = normals
        w *= RHO
        w += xi
        w -= before
        before, xi = xi, before
        np.einsum("ij,ij->i", w, w, out=square)
        square.mean(), square.var()
    return float(square.mean()), float(square.var())


def _float32_workload() -> Workload:
    """NumPy's own normals are in float64: so are plain NumPy's here."""
    contestants = (
        Contestant("toylands", with_toylands, 8192, 1000),
        Contestant("NumPy", with_numpy, 512, 100),
        Contestant("NumPy float32", with_numpy_float32, 512, 100),
    )
    return Workload("recurrence", "gaussian_float32", DIM, ABOUT, contestants, stick)
