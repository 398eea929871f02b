"""The slow and obvious twin of gradient oracles and of covariances that change with the state; see `naive`.

Written from the docstrings of `toylands.dynamics.oracles`, `toylands.dynamics.covariances` and `toylands.draws`, and
importing nothing of toylands: batches are lists, covariances matrices, and roots of them NumPy's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from naive import Array, Factor, Gradient, Stream, draws

BATCH, LABELS, PROBE = 5, 6, 7  # tags of `toylands.random`


@dataclass
class Problem:
    """A landscape told in plain words: points are rows."""

    gradient: Gradient
    sample: Callable[[Array, Array, Array], Array] | None = None  # (w, data point of each row, label of each row)
    samples: int = 0
    neutral: float = 0.0  # the label that leaves a target alone
    hessian: Callable[[Array], Array] | None = None  # (rows, n) -> (rows, n, n)

    def point(self, w: Array, i: int) -> Array:
        """The gradient of data point i at every row, its label left alone."""
        return self.sample(w, np.full(len(w), i), np.full(len(w), self.neutral))


def _below(word: Array, count: int) -> Array:
    """0 .. count - 1 from the upper 32 bits."""
    return np.array([int(x) // 2**32 * count // 2**32 for x in word])


class Batches:
    """Which data points each trajectory looks at, step by step: arrays (trajectories, batch)."""

    def __init__(self, stream: Stream, trajectories: int, samples: int, size: int, replacement: str) -> None:
        self.stream, self.samples, self.size, self.replacement = stream, samples, size, replacement
        self.order = np.tile(np.arange(samples), (trajectories, 1))
        self.rows = np.arange(trajectories)

    def _head_of_shuffle(self, count: int) -> None:
        for b in range(count):
            other = b + _below(self.stream.word(), self.samples - b)
            here, there = self.order[self.rows, b].copy(), self.order[self.rows, other].copy()
            self.order[self.rows, b], self.order[self.rows, other] = there, here

    def __call__(self, k: int) -> Array:
        if self.replacement == "with":
            return np.stack([_below(self.stream.word(), self.samples) for _ in range(self.size)], axis=1)
        if self.replacement == "without":
            self._head_of_shuffle(self.size)
            return self.order[:, : self.size].copy()
        at = k % (self.samples // self.size)
        if at == 0:
            self._head_of_shuffle(self.samples)
        return self.order[:, at * self.size : (at + 1) * self.size].copy()


def _labels(law: str, scale: float, stream: Stream, count: int) -> Array:
    if law != "flip":
        return scale * draws(law, stream, count)
    return np.stack([np.where(stream.uniform() < scale, -1.0, 1.0) for _ in range(count)], axis=1)


def _uphill(g: Array, rho: float) -> Array:
    length = np.sqrt((g**2).sum(axis=1, keepdims=True))
    return np.divide(rho * g, length, out=np.zeros_like(g), where=length > 0)


def oracle(
    problem: Problem,
    seed: int,
    trajectories: Sequence[int],
    *,
    batch: int | None = None,
    replacement: str = "with",
    label: str | None = None,
    label_scale: float = 0.0,
    shared: bool = False,
    displaced: str | None = None,
    law: str = "gaussian",
    count: int = 1,
    scale: float = 0.0,
    spread: float = 0.0,
    bounds: float | Array | None = None,
) -> Gradient:
    """The gradient that a rule follows: at displaced points, of a batch, with noise on its labels."""
    batches, labels, probe = (Stream(seed, tag, trajectories) for tag in (BATCH, LABELS, PROBE))
    choose = None if batch is None else Batches(batches, len(trajectories), problem.samples, batch, replacement)

    def at_points(k: int) -> Callable[[Array], Array]:
        """This step's gradient as a function of the point."""
        if batch is None and label is None:
            return lambda w: problem.gradient(w, k)
        everything = np.tile(np.arange(problem.samples), (len(trajectories), 1))
        points = everything if choose is None else choose(k)
        noise = np.full(points.shape, problem.neutral)
        if label is not None:
            noise = np.broadcast_to(_labels(label, label_scale, labels, 1 if shared else points.shape[1]), points.shape)
        return lambda w: (
            sum(problem.sample(w, points[:, b], noise[:, b]) for b in range(points.shape[1])) / len(points[0])
        )

    def gradient(w: Array, k: int) -> Array:
        of = at_points(k)
        if displaced is None:
            return of(w)
        if displaced in ("one-point", "two-point"):
            total = np.zeros_like(w)
            for _ in range(count):
                u = scale * draws(law, probe, w.shape[1])
                if bounds is not None:
                    u = np.clip(u, -np.asarray(bounds), bounds)
                total += of(w + u) if displaced == "one-point" else (of(w + u) + of(w - u)) / 2
            return total / count
        if displaced == "asam":
            size = np.abs(w)
            return of(w + size * _uphill(size * of(w), scale))
        if displaced == "random-sam":
            w = w + spread * draws("gaussian", probe, w.shape[1])
        return of(w + _uphill(of(w), scale))

    return gradient


def _cholesky(matrix: Array) -> Array:
    """Lower root of a positive semidefinite matrix, with zeros below a pivot that vanishes."""
    root = np.zeros_like(matrix)
    for j in range(len(matrix)):
        rest = matrix[j:, j] - root[j:] @ root[j]
        if rest[0] > 1e-13 * matrix[j, j]:
            root[j:, j] = rest / np.sqrt(rest[0])
    return root


def _leading(matrix: Array, rank: int, trace: float) -> Array:
    """Symmetric root of the leading eigenpairs, negative eigenvalues taken as 0, scaled to a trace."""
    values, vectors = np.linalg.eigh(matrix)
    values = np.where(np.arange(len(values)) >= len(values) - rank, np.maximum(values, 0.0), 0.0)
    scale = trace / values.sum() if values.sum() > 0 else 0.0
    return (vectors * np.sqrt(values * scale)) @ vectors.T


def state_factor(
    problem: Problem,
    kind: str,
    *,
    rank: int | None = None,
    trace: float | None = None,
    batch: int = 1,
    refresh: int = 1,
) -> Factor:
    """Roots of the noise's covariance at each trajectory, computed anew every ``refresh`` steps."""
    kept = np.zeros(0)

    def root(g: Array | None, hessian: Array | None, size: int) -> Array:
        """Of one trajectory, from its data points' gradients, in rows, and its Hessian."""
        t = trace
        if g is not None:
            covariance = (g - g.mean(axis=0)).T @ (g - g.mean(axis=0)) / len(g)
            whole = np.trace(covariance)
            t = whole / batch if trace is None else trace
        if kind == "dynamic":
            return np.sqrt(t / size) * np.eye(size)
        if kind == "diagonal":
            return np.diag(np.sqrt(np.diag(covariance) * t / whole))
        if kind == "gradient":
            return _cholesky(covariance * t / whole)
        return _leading(covariance if kind == "leading" else hessian, rank, t)

    def roots(w: Array) -> Array:
        g = hessians = [None] * len(w)
        if kind != "hessian" or trace is None:
            g = np.stack([problem.point(w, i) for i in range(problem.samples)], axis=1)
        if kind == "hessian":
            hessians = problem.hessian(w)
        return np.stack([root(*both, w.shape[1]) for both in zip(g, hessians)])

    def factor(w: Array, k: int) -> Array:
        nonlocal kept
        if k % refresh == 0:
            kept = roots(w)
        return kept

    return factor
