"""Matrix sensing from n^2 coordinates, Gaussian Anti-PGD: 20 x 20 from 100 measurements, 100 x 100 from 1000."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

import toylands as tl
from benchmarks import peers
from benchmarks.workload import Contestant, Statistic, Workload

SIZES = {"20x100": (20, 100), "100x1000": (100, 1000)}  # n and measurements
ETA, SIGMA = 0.001, 0.01


@functools.lru_cache(maxsize=1)
def _problem(kind: str) -> tl.landscapes.MatrixSensing:
    n, measurements = SIZES[kind]
    return tl.landscapes.MatrixSensing.random(n, rank=5, measurements=measurements)


@functools.lru_cache(maxsize=1)
def _start(kind: str) -> np.ndarray:
    n = SIZES[kind][0]
    return np.random.default_rng(0).normal(size=(n, n)) / np.sqrt(n)


@functools.lru_cache(maxsize=1)
def _flat(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric parts of the measurement matrices, row by row, (M, n^2), and their transposes as an array."""
    matrices = _problem(kind).matrices
    rows = ((matrices + matrices.transpose(0, 2, 1)) / 2).reshape(len(matrices), -1)
    return rows, np.ascontiguousarray(rows.T)


def with_toylands(kind: str, trajectories: int, steps: int) -> Statistic:
    """`tl.simulate`, which keeps four moments and the extremes."""
    problem = _problem(kind)
    rule = tl.dynamics.anti_pgd(ETA, SIGMA, noise=tl.noise.gaussian)
    record = tl.record(problem.loss, at=[steps])
    start = _start(kind).ravel()
    run = tl.simulate(problem, rule, start=start, steps=steps, trajectories=trajectories, record=record)
    return float(run["loss"].mean[-1]), float(run["loss"].variance[-1])


def with_numpy(kind: str, trajectories: int, steps: int) -> Statistic:
    """Stacks of matrices; four products with BLAS a step, in float64."""
    (rows, columns), targets = _flat(kind), _problem(kind).targets
    (n, count), generator = SIZES[kind], peers.numpy_generator()
    u = np.repeat(_start(kind)[None], trajectories, axis=0)
    before, xi = np.zeros_like(u), np.empty_like(u)
    for _ in range(steps):
        residuals = (u @ u.transpose(0, 2, 1)).reshape(trajectories, -1) @ columns - targets
        residuals *= -2 * ETA / count
        generator.standard_normal(out=xi)
        u += (residuals @ rows).reshape(trajectories, n, n) @ u
        before -= xi
        before *= -SIGMA
        u += before
        before, xi = xi, before
    residuals = (u @ u.transpose(0, 2, 1)).reshape(trajectories, -1) @ columns - targets
    loss = (residuals**2).sum(axis=1) / (2 * count)
    return float(loss.mean()), float(loss.var())


@functools.lru_cache(maxsize=2)
def _jax(kind: str, trajectories: int, steps: int) -> Any:
    import jax
    import jax.numpy as jnp

    n, count = SIZES[kind]
    rows, targets = jnp.asarray(_flat(kind)[0], jnp.float32), jnp.asarray(_problem(kind).targets, jnp.float32)

    def residuals(u: Any, rows: Any) -> Any:
        return (u @ u.transpose(0, 2, 1)).reshape(trajectories, -1) @ rows.T - targets

    def run(key: Any, rows: Any) -> Any:
        def step(carry: Any, key: Any) -> Any:
            u, before = carry
            xi = jax.random.normal(key, u.shape)
            slope = (residuals(u, rows) @ rows).reshape(u.shape) @ u
            return (u - (2 * ETA / count) * slope + SIGMA * (xi - before), xi), None

        start = jnp.broadcast_to(jnp.asarray(_start(kind), jnp.float32), (trajectories, n, n))
        u, _ = jax.lax.scan(step, (start, jnp.zeros_like(start)), jax.random.split(key, steps))[0]
        loss = jnp.sum(residuals(u, rows) ** 2, axis=1) / (2 * count)
        return loss.mean(), loss.var()

    compiled = jax.jit(run)
    return lambda key: compiled(key, rows)  # not a constant: the compiler would try to fold it


def with_jax(kind: str, trajectories: int, steps: int) -> Statistic:
    """`jax.lax.scan` over the steps, compiled, in float32."""
    mean, variance = _jax(kind, trajectories, steps)(peers.jax_key())
    return float(mean), float(variance)


def with_torch(kind: str, trajectories: int, steps: int) -> Statistic:
    """Stacks of matrices in float32, changed in place."""
    import torch

    n, count = SIZES[kind]
    with torch.inference_mode():
        rows, targets = _torch_data(kind)
        u = torch.from_numpy(_start(kind).astype(np.float32)).repeat(trajectories, 1, 1)
        before, xi = torch.zeros((2, trajectories, n, n))
        for _ in range(steps):
            residuals = torch.bmm(u, u.mT).view(trajectories, -1) @ rows.T - targets
            xi.normal_()
            u.baddbmm_((residuals @ rows).view(trajectories, n, n), u.clone(), alpha=-2 * ETA / count)
            u.add_(xi, alpha=SIGMA).sub_(before, alpha=SIGMA)
            before, xi = xi, before
        residuals = torch.bmm(u, u.mT).view(trajectories, -1) @ rows.T - targets
        loss = (residuals**2).sum(1) / (2 * count)
        return float(loss.mean()), float(loss.var(unbiased=False))


@functools.lru_cache(maxsize=1)
def _torch_data(kind: str) -> Any:
    import torch

    return tuple(torch.from_numpy(values.astype(np.float32)) for values in (_flat(kind)[0], _problem(kind).targets))


def workloads() -> list[Workload]:
    """Both sizes."""
    return [_workload(kind) for kind in SIZES]


def _workload(kind: str) -> Workload:
    n, measurements = SIZES[kind]
    size = (256, 100) if n == 20 else (128, 3)
    many = (2048, 100) if n == 20 else (128, 8)  # the engine describes its data once a run
    about = f"matrix sensing, n = {n}, {measurements} measurements, d = {n * n}, Gaussian Anti-PGD, loss at the end"
    contestants = (
        Contestant("toylands", with_toylands, *many),
        Contestant("NumPy", with_numpy, *size),
        Contestant("JAX", with_jax, *size),
        Contestant("PyTorch", with_torch, *size),
    )
    return Workload("matrix-sensing", kind, n * n, about, contestants, check_size=size)
