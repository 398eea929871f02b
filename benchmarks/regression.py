"""Quadratically parametrized regression, n = 40, d = 100: Gaussian Anti-PGD, and mini-batches; the loss at times."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numba
import numpy as np

import toylands as tl
from benchmarks import peers, reference
from benchmarks.workload import Contestant, Statistic, Workload

SAMPLES, DIM, START, EVERY = 40, 100, 1.0, 100
ETA, SIGMA = 0.1, 0.05
BATCHES = {"sgd-1": (1, 0.002), "sgd-8": (8, 0.01)}  # mini-batch and a step size at which it converges
ABOUT = {"gaussian": "Gaussian Anti-PGD", "sgd-1": "SGD, batches of 1", "sgd-8": "SGD, batches of 8"}


@functools.lru_cache(maxsize=1)
def _problem() -> tl.landscapes.QuadraticRegression:
    return tl.landscapes.QuadraticRegression.random(SAMPLES, DIM, sparsity=5)


def with_toylands(kind: str, trajectories: int, steps: int) -> Statistic:
    """`tl.simulate`, which keeps four moments and the extremes at every record."""
    problem = _problem()
    rule: tl.dynamics.UpdateRule
    if kind == "gaussian":
        rule = tl.dynamics.anti_pgd(ETA, SIGMA, noise=tl.noise.gaussian)
    else:
        batch, eta = BATCHES[kind]
        rule = tl.dynamics.sgd(eta, batch_size=batch)
    record = tl.record(problem.loss, every=EVERY)
    start = np.full(DIM, START)
    run = tl.simulate(problem, rule, start=start, steps=steps, trajectories=trajectories, record=record)
    return float(run["loss"].mean[-1]), float(run["loss"].variance[-1])


def with_numpy(kind: str, trajectories: int, steps: int) -> Statistic:
    """Two products with BLAS a step, or with the rows of each trajectory's own batch; in float64."""
    x, y = _problem().design, _problem().targets
    generator = peers.numpy_generator()
    w, before, xi = np.full((trajectories, DIM), START), np.zeros((trajectories, DIM)), np.empty((trajectories, DIM))
    loss = np.empty(trajectories)
    for k in range(1, steps + 1):
        if kind == "gaussian":
            generator.standard_normal(out=xi)
            w *= 1 - (ETA / SAMPLES) * ((w * w) @ x.T - y) @ x
            before -= xi
            before *= -SIGMA
            w += before
            before, xi = xi, before
        else:
            batch, eta = BATCHES[kind]
            w *= 1 - (eta / batch) * _numpy_slope(generator, batch, w)
        if k % EVERY == 0:
            loss = (((w * w) @ x.T - y) ** 2).sum(axis=1) / (4 * SAMPLES)
            loss.mean(), loss.var()
    return float(loss.mean()), float(loss.var())


def _numpy_slope(generator: np.random.Generator, batch: int, w: np.ndarray) -> np.ndarray:
    """Sum over each trajectory's batch of its residuals times its rows, by the fastest of the ways tried.

    (The others were `np.einsum`, and both products in full with counts of who was drawn.)
    """
    x, y = _problem().design, _problem().targets
    if batch == 1:
        chosen = generator.integers(0, SAMPLES, len(w))
        rows = x[chosen]
        residual = np.einsum("tj,tj->t", rows, w * w) - y[chosen]
        rows *= residual[:, None]
        return rows
    chosen = generator.integers(0, SAMPLES, (len(w), batch))
    rows = x[chosen]
    residual = (rows @ (w * w)[:, :, None])[:, :, 0] - y[chosen]
    return np.asarray((residual[:, None, :] @ rows)[:, 0])


@numba.njit(parallel=True, fastmath=True)
def _numba(x: np.ndarray, y: np.ndarray, trajectories: int, steps: int) -> Any:
    losses = np.empty((steps // EVERY, trajectories))
    for t in numba.prange(trajectories):
        w, before, slope = np.full(DIM, START), np.zeros(DIM), np.empty(DIM)
        for k in range(1, steps + 1):
            slope[:] = 0.0
            for i in range(SAMPLES):
                residual = -y[i]
                for j in range(DIM):
                    residual += x[i, j] * w[j] * w[j]
                for j in range(DIM):
                    slope[j] += residual * x[i, j]
            for j in range(DIM):
                xi = np.random.normal()  # noqa: NPY002 - what Numba compiles
                w[j] += SIGMA * (xi - before[j]) - ETA / SAMPLES * slope[j] * w[j]
                before[j] = xi
            if k % EVERY == 0:
                total = 0.0
                for i in range(SAMPLES):
                    residual = -y[i]
                    for j in range(DIM):
                        residual += x[i, j] * w[j] * w[j]
                    total += residual * residual
                losses[k // EVERY - 1, t] = total / (4 * SAMPLES)
    return losses


def with_numba(kind: str, trajectories: int, steps: int) -> Statistic:
    """A loop as one writes it: a trajectory at a time, `numba.prange` over them, numbers from `np.random`."""
    losses = _numba(_problem().design, _problem().targets, trajectories, steps)
    means, variances = losses.mean(axis=1), losses.var(axis=1)
    return float(means[-1]), float(variances[-1])


@functools.lru_cache(maxsize=8)
def _jax(trajectories: int, steps: int) -> Any:
    import jax
    import jax.numpy as jnp

    x, y = jnp.asarray(_problem().design, jnp.float32), jnp.asarray(_problem().targets, jnp.float32)

    def step(carry: Any, key: Any) -> Any:
        w, before = carry
        xi = jax.random.normal(key, w.shape)
        w = w - (ETA / SAMPLES) * (((w * w) @ x.T - y) @ x) * w + SIGMA * (xi - before)
        return (w, xi), None

    def stretch(carry: Any, keys: Any) -> Any:
        carry, _ = jax.lax.scan(step, carry, keys)
        loss = jnp.sum(((carry[0] ** 2) @ x.T - y) ** 2, axis=1) / (4 * SAMPLES)
        return carry, (loss.mean(), loss.var())

    @jax.jit
    def run(key: Any) -> Any:
        start = jnp.full((trajectories, DIM), START, jnp.float32), jnp.zeros((trajectories, DIM), jnp.float32)
        return jax.lax.scan(stretch, start, jax.random.split(key, (steps // EVERY, EVERY)))[1]

    return run


def with_jax(kind: str, trajectories: int, steps: int) -> Statistic:
    """`jax.lax.scan` over the steps, compiled, in float32."""
    means, variances = _jax(trajectories, steps)(peers.jax_key())
    return float(means[-1]), float(variances[-1])


def with_torch(kind: str, trajectories: int, steps: int) -> Statistic:
    """Tensors in float32, changed in place."""
    import torch

    with torch.inference_mode():
        x, y = (torch.from_numpy(values.astype(np.float32)) for values in (_problem().design, _problem().targets))
        w = torch.full((trajectories, DIM), START)
        before, xi = torch.zeros((2, trajectories, DIM))
        moments = torch.empty((steps // EVERY, 2))
        for k in range(1, steps + 1):
            xi.normal_()
            slope = torch.addmm(-(y @ x), (w * w) @ x.T, x)
            w.addcmul_(slope, w, value=-ETA / SAMPLES).add_(xi, alpha=SIGMA).sub_(before, alpha=SIGMA)
            before, xi = xi, before
            if k % EVERY == 0:
                loss = (((w * w) @ x.T - y) ** 2).sum(1) / (4 * SAMPLES)
                moments[k // EVERY - 1, 0], moments[k // EVERY - 1, 1] = loss.mean(), loss.var(unbiased=False)
        return float(moments[-1, 0]), float(moments[-1, 1])


def with_c(kind: str, trajectories: int, steps: int) -> Statistic:
    """`reference_data.c`."""
    problem = _problem()
    return reference.regression(problem.design, problem.targets, ETA, SIGMA, 1.0, START, trajectories, steps, EVERY)


def stick(module: Any, kind: str, trajectories: int, steps: int) -> Any:
    """The same on an outside measuring stick, with data of its own from the same law."""
    return module.w4(1, N=trajectories, steps=steps, every=EVERY)


def workloads() -> list[Workload]:
    """Gaussian Anti-PGD against everybody, mini-batches against NumPy."""
    return [_workload(kind) for kind in ABOUT]


def _everybody(kind: str) -> Iterator[Contestant]:
    if kind != "gaussian":
        yield Contestant("toylands", with_toylands, 16384, 200)
        yield Contestant("NumPy", with_numpy, 1024, 200)
        return
    yield Contestant("toylands", with_toylands, 1024, 1000)
    yield Contestant("C", with_c, 1024, 1000)
    yield Contestant("Numba", with_numba, 256, 200)
    yield Contestant("NumPy", with_numpy, 256, 200)
    yield Contestant("JAX", with_jax, 256, 200)
    yield Contestant("PyTorch", with_torch, 256, 200)


def _workload(kind: str) -> Workload:
    about = f"quadratic regression, n = {SAMPLES}, d = {DIM}, {ABOUT[kind]}, loss every {EVERY} steps"
    outside = stick if kind == "gaussian" else None
    return Workload("regression", kind, DIM, about, tuple(_everybody(kind)), outside)
