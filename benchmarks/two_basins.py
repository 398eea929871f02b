"""The two-basin surface with 100 data points under the covariances of anisotropic Table 1; who has escaped, every step.

In a = (w1 - w2) / sqrt 2, b = (w1 + w2) / sqrt 2 both quadratics of a data point are diagonal, so every contestant
works there: the covariances of Table 1 do not mind a rotation, but "diagonal", whose contestant turns back.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numba
import numpy as np

import toylands as tl
from benchmarks import peers, reference
from benchmarks.workload import Contestant, Statistic, Workload

ETA, TRACE, SAMPLES = 0.005, 0.01, 100
ABOUT = f"two basins, {SAMPLES} data points, noise of squared norm {TRACE}, escapes at every step"
TOP = 2 * math.sqrt(2)  # from the flat to the sharp minimum, along b
START = math.sqrt(2)  # b of w = (1, 1)
MANY = (102400, 200)  # trajectories and steps: what does not keep them all in memory
FULL = "covariance"  # of the gradients, all of it; the others against NumPy alone
EDGE = "edge"  # the same where the data points disagree, in steps too short to leave: the engine looks each of them up
EDGE_ETA, EDGE_W = 1e-7, 0.82

surface = functools.lru_cache(maxsize=1)(tl.landscapes.TwoBasins.random)


def _points() -> tuple[np.ndarray, np.ndarray]:
    """a_i and b_i."""
    parameters = surface().parameters
    return parameters.a, parameters.b


def _rules() -> dict[str, tl.dynamics.UpdateRule]:
    d = tl.dynamics
    return {
        FULL: d.gld_leading(ETA, trace=TRACE),
        EDGE: d.gld_leading(EDGE_ETA, trace=TRACE),
        "constant": d.gld_const(ETA, math.sqrt(TRACE / 2)),
        "dynamic": d.gld_dynamic(ETA, trace=TRACE),
        "diagonal": d.gld_diag(ETA, trace=TRACE),
        "leading-1": d.gld_leading(ETA, rank=1, trace=TRACE),
        "hessian-2": d.gld_hessian(ETA, rank=2, trace=TRACE),
        "eigenvector": d.gld_eigvec(ETA, trace=TRACE),
        "sgd": d.sgd(ETA),
    }


def _eta(kind: str) -> float:
    return EDGE_ETA if kind == EDGE else ETA


def _start(kind: str) -> float:
    """Both coordinates of w_0."""
    return EDGE_W if kind == EDGE else 1.0


def with_toylands(kind: str, trajectories: int, steps: int, observable: str = "escaped") -> Statistic:
    """`tl.simulate`, which keeps four moments and the extremes at every step."""
    landscape = surface()
    every = 1 if observable == "escaped" else steps
    record = tl.record(landscape.observables[observable], every=every)
    run = tl.simulate(
        landscape, _rules()[kind], start=[_start(kind)] * 2, steps=steps, trajectories=trajectories, record=record
    )
    return float(run[observable].mean[-1]), float(run[observable].variance[-1])


def _numpy_gradients(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, ...]:
    """Gradients of all data points, and which are in their sharp quadratic; a row a trajectory."""
    data_a, data_b = _points()
    x, y = a[:, None] - data_a, b[:, None] - data_b
    sharp = 9 * x * x + (99 * y - 200 * TOP) * y + 800 < 0
    return x * np.where(sharp, 20.0, 2.0), np.where(sharp, 200 * (y - TOP), 2 * y), sharp


Moments = tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def _numpy_moments(a: np.ndarray, b: np.ndarray) -> Moments:
    """Mean gradient (a, b), its samples' covariance (aa, ab, bb), share of sharp quadratics: sample by sample."""
    ga, gb, sharp = _numpy_gradients(a, b)
    ma, mb = ga.mean(axis=1), gb.mean(axis=1)
    mean_aa = np.einsum("ij,ij->i", ga, ga) / SAMPLES - ma * ma
    mean_ab = np.einsum("ij,ij->i", ga, gb) / SAMPLES - ma * mb
    return ma, mb, (mean_aa, mean_ab, np.einsum("ij,ij->i", gb, gb) / SAMPLES - mb * mb), sharp.mean(axis=1)


def _numpy_moments_tuned(a: np.ndarray, b: np.ndarray) -> Moments:
    """The same from sums over the sharp quadratics: one comparison and one small product a step."""
    data_a, data_b = _points()
    table = np.stack([np.ones(SAMPLES), data_a, data_b, data_a**2, data_a * data_b, data_b**2], axis=1)
    own = (200 * TOP - 99 * b) * b - 9 * a * a
    limit = np.stack([a, b], axis=1) @ np.stack([-18 * data_a, -198 * data_b])
    limit += 9 * data_a**2 + 99 * data_b**2 + 200 * TOP * data_b + 800
    count, sa, sb, saa, sab, sbb = ((limit < own[:, None]).astype(np.float64) @ table).T
    sharp = count, sa, sb, saa, sab, sbb
    rest, fa, fb, faa, fab, fbb = (total - part for total, part in zip(table.sum(axis=0), sharp))
    top = b - TOP
    ma = (20 * (count * a - sa) + 2 * (rest * a - fa)) / SAMPLES
    mb = (200 * (count * top - sb) + 2 * (rest * b - fb)) / SAMPLES
    caa = 400 * (count * a * a - 2 * a * sa + saa) + 4 * (rest * a * a - 2 * a * fa + faa)
    cab = 4000 * ((count * a - sa) * top - a * sb + sab) + 4 * ((rest * a - fa) * b - a * fb + fab)
    cbb = 40000 * (count * top * top - 2 * top * sb + sbb) + 4 * (rest * b * b - 2 * b * fb + fbb)
    covariance = caa / SAMPLES - ma * ma, cab / SAMPLES - ma * mb, cbb / SAMPLES - mb * mb
    return ma, mb, covariance, count / SAMPLES


def _numpy_root(kind: str, covariance: tuple[np.ndarray, np.ndarray, np.ndarray], share: np.ndarray,
                z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Normals z (2, trajectories) shaped by a covariance of trace `TRACE`."""
    aa, ab, bb = covariance
    if kind in ("constant", "dynamic"):
        return z[0] * math.sqrt(TRACE / 2), z[1] * math.sqrt(TRACE / 2)
    if kind == "diagonal":  # in w: variances (aa + bb) / 2 +- ab
        scale = TRACE / (aa + bb)
        first = np.sqrt(((aa + bb) / 2 + ab) * scale) * z[0]
        second = np.sqrt(((aa + bb) / 2 - ab) * scale) * z[1]
        return (first - second) * math.sqrt(0.5), (first + second) * math.sqrt(0.5)
    if kind in ("hessian-2", "eigenvector"):  # diagonal here, the steeper one along b
        curvature_a, curvature_b = 2 + 18 * share, 2 + 198 * share
        if kind == "eigenvector":
            along_b = curvature_b > curvature_a  # a tie at share 0: the engine's first eigenvector is either
            return z[0] * math.sqrt(TRACE) * ~along_b, z[1] * math.sqrt(TRACE) * along_b
        scale = TRACE / (curvature_a + curvature_b)
        return z[0] * np.sqrt(curvature_a * scale), z[1] * np.sqrt(curvature_b * scale)
    if kind == "leading-1":
        matrices = np.stack([np.stack([aa, ab], -1), np.stack([ab, bb], -1)], -1)
        direction = np.linalg.eigh(matrices)[1][:, :, 1]
        return direction[:, 0] * z[0] * math.sqrt(TRACE), direction[:, 1] * z[0] * math.sqrt(TRACE)
    scale = TRACE / (aa + bb)
    root = np.sqrt(aa * scale)
    low = ab * scale / root
    return root * z[0], low * z[0] + np.sqrt(np.maximum(bb * scale - low * low, 0)) * z[1]


def _numpy_sgd(generator: np.random.Generator, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The gradient of one data point a trajectory."""
    data_a, data_b = _points()
    chosen = generator.integers(0, SAMPLES, len(a))
    x, y = a - data_a[chosen], b - data_b[chosen]
    sharp = 9 * x * x + (99 * y - 200 * TOP) * y + 800 < 0
    return x * np.where(sharp, 20.0, 2.0), np.where(sharp, 200 * (y - TOP), 2 * y)


def _numpy_loss(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    data_a, data_b = _points()
    x, y = a[:, None] - data_a, b[:, None] - data_b
    return np.minimum(10 * x * x + 100 * (y - TOP) ** 2, x * x + y * y).mean(axis=1)


def with_numpy(kind: str, trajectories: int, steps: int, tuned: bool = False) -> Statistic:
    """Arrays of trajectories x data points."""
    moments, eta = _numpy_moments_tuned if tuned else _numpy_moments, _eta(kind)

    def part(generator: np.random.Generator, count: int) -> np.ndarray:
        a, b = np.zeros(count), np.full(count, START * _start(kind))
        for _ in range(steps):
            if kind == "sgd":
                ga, gb = _numpy_sgd(generator, a, b)
                a, b = a - eta * ga, b - eta * gb
            else:
                ga, gb, covariance, share = moments(a, b)
                na, nb = _numpy_root(kind, covariance, share, generator.standard_normal((2, count)))
                a, b = a + eta * (na - ga), b + eta * (nb - gb)
            escaped = b < 0
            escaped.mean(), escaped.var()
        return _numpy_loss(a, b)

    return peers.numpy_run(part, trajectories, tuned)


@numba.njit(parallel=True, fastmath=True)
def _numba(data_a: np.ndarray, data_b: np.ndarray, trajectories: int, steps: int) -> Any:
    escaped, losses = np.empty((steps, trajectories)), np.zeros(trajectories)
    for t in numba.prange(trajectories):
        a, b = 0.0, START
        for k in range(steps):
            ma = mb = aa = ab = bb = 0.0
            for i in range(SAMPLES):
                x, y = a - data_a[i], b - data_b[i]
                if 9 * x * x + (99 * y - 200 * TOP) * y + 800 < 0:
                    ga, gb = 20 * x, 200 * (y - TOP)
                else:
                    ga, gb = 2 * x, 2 * y
                ma += ga
                mb += gb
                aa += ga * ga
                ab += ga * gb
                bb += gb * gb
            ma, mb = ma / SAMPLES, mb / SAMPLES
            aa, ab, bb = aa / SAMPLES - ma * ma, ab / SAMPLES - ma * mb, bb / SAMPLES - mb * mb
            scale = TRACE / (aa + bb)
            root = math.sqrt(aa * scale)
            low = ab * scale / root
            z = np.random.normal()  # noqa: NPY002 - what Numba compiles
            other = np.random.normal()  # noqa: NPY002
            a += ETA * (root * z - ma)
            b += ETA * (low * z + math.sqrt(max(bb * scale - low * low, 0.0)) * other - mb)
            escaped[k, t] = b < 0
        for i in range(SAMPLES):
            x, y = a - data_a[i], b - data_b[i]
            losses[t] += min(10 * x * x + 100 * (y - TOP) ** 2, x * x + y * y) / SAMPLES
    return escaped, losses


def with_numba(kind: str, trajectories: int, steps: int) -> Statistic:
    """A loop as one writes it: a trajectory at a time, `numba.prange` over them, numbers from `np.random`."""
    escaped, losses = _numba(*_points(), trajectories, steps)
    escaped.mean(axis=1), escaped.var(axis=1)
    return float(losses.mean()), float(losses.var())


def _tensor_step(np_like: Any, a: Any, b: Any, data: Any, z: Any) -> Any:
    """One step, in JAX's or PyTorch's words."""
    x, y = a[:, None] - data[0], b[:, None] - data[1]
    sharp = 9 * x * x + (99 * y - 200 * TOP) * y + 800 < 0
    ga, gb = x * np_like.where(sharp, 20.0, 2.0), np_like.where(sharp, 200 * (y - TOP), 2 * y)
    ma, mb = ga.mean(1), gb.mean(1)
    da, db = ga - ma[:, None], gb - mb[:, None]  # centred: in float32 a difference of squares would be lost
    aa, ab, bb = (da * da).mean(1), (da * db).mean(1), (db * db).mean(1)
    scale = TRACE / (aa + bb)
    root = np_like.sqrt(aa * scale)
    low = ab * scale / root
    rest = np_like.sqrt(np_like.clip(bb * scale - low * low, 0))
    return a + ETA * (root * z[0] - ma), b + ETA * (low * z[0] + rest * z[1] - mb)


def _tensor_loss(np_like: Any, a: Any, b: Any, data_a: Any, data_b: Any) -> Any:
    x, y = a[:, None] - data_a, b[:, None] - data_b
    return np_like.minimum(10 * x * x + 100 * (y - TOP) ** 2, x * x + y * y).mean(1)


@functools.lru_cache(maxsize=8)
def _jax(trajectories: int, steps: int) -> Any:
    import jax
    import jax.numpy as jnp

    data = [jnp.asarray(values, jnp.float32) for values in _points()]

    def step(carry: Any, key: Any) -> Any:
        a, b = carry
        a, b = _tensor_step(jnp, a, b, data, jax.random.normal(key, (2, trajectories)))
        escaped = (b < 0).astype(jnp.float32)
        return (a, b), (escaped.mean(), escaped.var())

    @jax.jit
    def run(key: Any) -> Any:
        start = jnp.zeros(trajectories), jnp.full(trajectories, START, jnp.float32)
        (a, b), moments = jax.lax.scan(step, start, jax.random.split(key, steps))
        loss = _tensor_loss(jnp, a, b, *data)
        return moments, loss

    return run


def with_jax(kind: str, trajectories: int, steps: int) -> Statistic:
    """`jax.lax.scan` over the steps, compiled, in float32."""
    loss = np.asarray(_jax(trajectories, steps)(peers.jax_key())[1], np.float64)
    return float(loss.mean()), float(loss.var())


def with_torch(kind: str, trajectories: int, steps: int) -> Statistic:
    """Tensors in float32."""
    import torch

    with torch.inference_mode():
        data = [torch.as_tensor(values, dtype=torch.float32) for values in _points()]
        a, b, moments = torch.zeros(trajectories), torch.full((trajectories,), START), torch.empty((steps, 2))
        for k in range(steps):
            a, b = _tensor_step(torch, a, b, data, torch.randn((2, trajectories)))
            escaped = (b < 0).float()
            moments[k, 0], moments[k, 1] = escaped.mean(), escaped.var(unbiased=False)
        loss = _tensor_loss(torch, a, b, *data).double()
        return float(loss.mean()), float(loss.var())


def with_c(kind: str, trajectories: int, steps: int) -> Statistic:
    """`reference_data.c`."""
    return reference.basins(np.stack(_points(), axis=1), _eta(kind), TRACE, _start(kind), trajectories, steps)


def stick(module: Any, kind: str, trajectories: int, steps: int) -> Any:
    """The same on an outside measuring stick, with data of its own from the same law."""
    return module.w3(n=trajectories, steps=steps, eta=_eta(kind), w0=(_start(kind), _start(kind)))


def workloads() -> list[Workload]:
    """Every covariance; the whole one of the gradients against everybody."""
    return [_workload(kind) for kind in _rules()]


def _everybody(kind: str) -> Iterator[Contestant]:
    loss: Callable[..., Statistic] = functools.partial(with_toylands, observable="loss")
    yield Contestant("toylands", with_toylands, *MANY, shown=loss)
    if kind in (FULL, EDGE):
        yield Contestant("C", with_c, *MANY)
    if kind == FULL:
        yield Contestant("Numba", with_numba, 1024, 100)
    yield Contestant("NumPy", with_numpy, 512, 100)
    if kind != "sgd":  # its threads would fight over the interpreter's lock
        yield Contestant("NumPy tuned", functools.partial(with_numpy, tuned=True), 1024, 100)
    if kind == FULL:
        yield Contestant("JAX", with_jax, 1024, 100)
        yield Contestant("PyTorch", with_torch, 1024, 100)


def _workload(kind: str) -> Workload:
    about = f"{ABOUT}, where the data points disagree" if kind == EDGE else ABOUT
    return Workload("two-basins", kind, 2, about, tuple(_everybody(kind)), stick if kind in (FULL, EDGE) else None)
