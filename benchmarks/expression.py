"""A landscape given as a SymPy expression, a chain of ten double wells with a bump, under Anti-PGD."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import sympy as sp

import toylands as tl
from benchmarks import peers
from benchmarks.workload import Contestant, Statistic, Workload

DIM, ETA, SIGMA, START, EVERY = 10, 0.05, 0.05, 0.1, 100
STIFFNESS, HEIGHT = 0.5, 0.3
ABOUT = f"a chain of {DIM} double wells with a bump, from one SymPy expression, Anti-PGD, loss every {EVERY} steps"


@functools.lru_cache(maxsize=1)
def _landscape() -> tl.landscapes.SymbolicLandscape:
    x, a, h = sp.symbols(f"x:{DIM}"), sp.Symbol("a"), sp.Symbol("h")
    wells = sum((xi**2 - 1) ** 2 for xi in x) / 4
    springs = a / 2 * sum((x[i + 1] - x[i]) ** 2 for i in range(DIM - 1))
    return tl.landscapes.from_sympy(wells + springs + h * sp.exp(-(x[0] ** 2)), x, {a: STIFFNESS, h: HEIGHT})


def with_toylands(noise: str, trajectories: int, steps: int) -> Statistic:
    """`tl.landscapes.from_sympy` and `tl.simulate`."""
    chain = _landscape()
    rule = tl.dynamics.anti_pgd(ETA, SIGMA, noise=getattr(tl.noise, noise))
    record = tl.record(chain.loss, every=EVERY)
    start = np.full(DIM, START)
    run = tl.simulate(chain, rule, start=start, steps=steps, trajectories=trajectories, record=record)
    return float(run["loss"].mean[-1]), float(run["loss"].variance[-1])


def with_numpy(noise: str, trajectories: int, steps: int, tuned: bool = False) -> Statistic:
    """The gradient written out by hand, coordinates in rows."""

    def part(generator: np.random.Generator, count: int) -> np.ndarray:
        w, before, xi = np.full((DIM, count), START), np.zeros((DIM, count)), np.empty((DIM, count))
        loss = np.empty(count)
        for k in range(1, steps + 1):
            peers.numpy_noise(generator, noise, tuned, xi)
            square = w * w
            gradient = (square - 1) * w
            stretch = STIFFNESS * (w[1:] - w[:-1])
            gradient[1:] += stretch
            gradient[:-1] -= stretch
            gradient[0] -= 2 * HEIGHT * w[0] * np.exp(-square[0])
            w -= ETA * gradient
            before -= xi
            before *= -SIGMA
            w += before
            before, xi = xi, before
            if k % EVERY == 0:
                springs = ((w[1:] - w[:-1]) ** 2).sum(axis=0) * (STIFFNESS / 2)
                loss = ((w * w - 1) ** 2).sum(axis=0) / 4 + springs + HEIGHT * np.exp(-w[0] * w[0])
                loss.mean(), loss.var()
        return loss

    return peers.numpy_run(part, trajectories, tuned)


@functools.lru_cache(maxsize=8)
def _jax(noise: str, trajectories: int, steps: int, tuned: bool) -> Any:
    import jax
    import jax.numpy as jnp

    def loss(x: Any) -> Any:
        wells, springs = jnp.sum((x**2 - 1) ** 2, axis=1) / 4, jnp.sum((x[:, 1:] - x[:, :-1]) ** 2, axis=1)
        return wells + STIFFNESS / 2 * springs + HEIGHT * jnp.exp(-(x[:, 0] ** 2))

    gradient = jax.grad(lambda x: loss(x).sum())

    def step(carry: Any, key: Any) -> Any:
        w, before = carry
        xi = peers.jax_noise(key, noise, tuned, w.shape)
        return (w - ETA * gradient(w) + SIGMA * (xi - before), xi), None

    def stretch(carry: Any, keys: Any) -> Any:
        carry, _ = jax.lax.scan(step, carry, keys)
        found = loss(carry[0])
        return carry, (found.mean(), found.var())

    @jax.jit
    def run(key: Any) -> Any:
        start = jnp.full((trajectories, DIM), START, jnp.float32), jnp.zeros((trajectories, DIM), jnp.float32)
        return jax.lax.scan(stretch, start, jax.random.split(key, (steps // EVERY, EVERY)))[1]

    return run


def with_jax(noise: str, trajectories: int, steps: int, tuned: bool = False) -> Statistic:
    """`jax.grad`, `jax.lax.scan` over the steps, compiled, in float32."""
    means, variances = _jax(noise, trajectories, steps, tuned)(peers.jax_key())
    return float(means[-1]), float(variances[-1])


def workloads() -> list[Workload]:
    """With both kinds of noise."""
    return [_workload(noise) for noise in ("rademacher", "gaussian")]


def _workload(noise: str) -> Workload:
    contestants = (
        Contestant("toylands", with_toylands, 65536, 1000),
        *peers.plain_and_tuned("NumPy", with_numpy, noise, 2048, 200),
        *peers.plain_and_tuned("JAX", with_jax, noise, 4096, 200),
    )
    return Workload("expression", noise, DIM, ABOUT, contestants)
