"""Gradients of single data points and Hessians, written out by hand; importing nothing of toylands. See `naive`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from naive import Array, Gradient, bowl_gradient, regression_gradient, sensing_gradient, valley_gradient
from naive_rules import Problem
from naive_toys import cycling_gradient, cycling_models


def whole(problem: Problem) -> Problem:
    """With the mean over all data points as its gradient."""
    problem.gradient = lambda w, k: sum(problem.point(w, i) for i in range(problem.samples)) / problem.samples
    return problem


def curved(problem: Problem) -> Problem:
    """With the Hessian by complex steps of a gradient that is an analytic function.

    Im g(w + i h e_j) / h has no difference to round, so that h = 1e-30 gives all digits.
    """

    def hessian(w: Array) -> Array:
        return np.stack([problem.gradient(w + h, 0).imag for h in 1e-30j * np.eye(w.shape[1])], axis=2) * 1e30

    problem.hessian = hessian
    return problem


def by_points(sample: Callable[[Array, int, Any], Array], samples: int, neutral: float) -> Problem:
    """From the gradient ``sample(w, i, label)`` of one data point at one w."""

    def rows(w: Array, i: Array, label: Array) -> Array:
        return np.stack([sample(*each) for each in zip(w, i, label)])

    return curved(whole(Problem(None, rows, samples, neutral)))


def cycling() -> Problem:
    """The mean over i of (f_i - label)^2 / 2."""

    def sample(w: Array, i: Array, label: Array) -> Array:
        values, slopes = (np.stack(each) for each in zip(*cycling_models(w)))
        rows = np.arange(len(w))
        return (values[i, rows] - label)[:, None] * slopes[i, rows]

    return curved(Problem(cycling_gradient, sample, 13, 0.0))


def two_basins(points: Array) -> Problem:
    """The mean over x of min(10 (s1 - s2)^2 / 2 + 100 (s1 + s2)^2 / 2, |w + (1, 1) - x|^2), s = w - (1, 1) - x."""
    sharp_hessian = np.array([[110.0, 90.0], [90.0, 110.0]])

    def is_sharp(w: Array, i: Array) -> Array:
        s, t = w - 1.0 - points[i], w + 1.0 - points[i]
        sharp = 5 * (s[:, 0] - s[:, 1]) ** 2 + 50 * (s[:, 0] + s[:, 1]) ** 2
        return sharp < (t**2).sum(axis=1)

    def sample(w: Array, i: Array, label: Array) -> Array:
        s, t = w - 1.0 - points[i], w + 1.0 - points[i]
        return np.where(is_sharp(w, i)[:, None], s @ sharp_hessian, 2 * t)

    def hessian(w: Array) -> Array:
        total = np.zeros((len(w), 2, 2))
        for i in range(len(points)):
            sharp = is_sharp(w, np.full(len(w), i))[:, None, None]
            total += np.where(sharp, sharp_hessian, 2 * np.eye(2)) / len(points)
        return total

    return whole(Problem(None, sample, len(points), 0.0, hessian))


def regression(design: Array, targets: Array) -> Problem:
    """The mean over i of (x_i . (w * w) - y_i)^2 / 4."""

    def sample(w: Array, i: Array, label: Array) -> Array:
        x = design[i]
        return ((x * w * w).sum(axis=1) - (targets[i] + label))[:, None] * x * w

    def hessian(w: Array) -> Array:
        n, out = len(targets), []
        for row in w:
            residual = design @ row**2 - targets
            out.append(2 / n * np.outer(row, row) * (design.T @ design) + np.diag(design.T @ residual) / n)
        return np.stack(out)

    return Problem(regression_gradient(design, targets), sample, len(targets), 0.0, hessian)


def sensing(matrices: Array, targets: Array, columns: int) -> Problem:
    """The mean over i of (<A_i, U U^T> - y_i)^2 / 2, U row by row."""

    def sample(w: Array, i: Array, label: Array) -> Array:
        out = []
        for row, a, y in zip(w, matrices[i], targets[i] + label):
            u = row.reshape(-1, columns)
            out.append((((a * (u @ u.T)).sum() - y) * (a + a.T) @ u).ravel())
        return np.stack(out)

    def hessian(w: Array) -> Array:
        out = np.zeros((len(w), w.shape[1], w.shape[1]))
        for t, row in enumerate(w):
            u = row.reshape(-1, columns)
            for a, y in zip(matrices, targets):
                slope = ((a + a.T) @ u).ravel()
                bend = ((a * (u @ u.T)).sum() - y) * np.kron(a + a.T, np.eye(columns))
                out[t] += (np.outer(slope, slope) + bend) / len(targets)
        return out

    return Problem(sensing_gradient(matrices, targets, columns), sample, len(targets), 0.0, hessian)


def wave(x: Array, y: Array, stiffness: float) -> Problem:
    """The mean over i of (tanh(a x_i) + b - y_i)^2 / 2 + stiffness a^2 / 2 at w = (a, b)."""

    def sample(w: Array, i: Array, label: Array) -> Array:
        a, b = w.T
        bend = np.tanh(a * x[i])
        r = bend + b - (y[i] + label)
        return np.stack([r * (1 - bend**2) * x[i] + stiffness * a, r], axis=1)

    def hessian(w: Array) -> Array:
        a, b = (column[:, None] for column in w.T)
        bend = np.tanh(a * x)
        r, slope = bend + b - y, (1 - bend**2) * x
        aa = (slope**2 - 2 * r * bend * slope * x).mean(axis=1) + stiffness
        ab = slope.mean(axis=1)
        return np.stack([np.stack([aa, ab], axis=1), np.stack([ab, np.ones(len(w))], axis=1)], axis=1)

    return whole(Problem(None, sample, len(x), 0.0, hessian))


def logistic(design: Array, targets: Array) -> Problem:
    """The mean over i of log(1 + exp(-y_i x_i . w)); labels are multiplied onto y."""

    def sample(w: Array, i: Array, label: Array) -> Array:
        x, y = design[i], targets[i] * label
        return (-y / (1 + np.exp(y * (x * w).sum(axis=1))))[:, None] * x

    def hessian(w: Array) -> Array:
        margin = w @ design.T
        weight = np.exp(margin) / (1 + np.exp(margin)) ** 2 / len(targets)
        return np.einsum("ti,ij,ik->tjk", weight, design, design)

    return whole(Problem(None, sample, len(targets), 1.0, hessian))


def valley() -> Problem:
    """v^2 |u|^2 / 2 at (u, v)."""

    return Problem(valley_gradient)


def bowl(matrix: Array) -> Problem:
    """w^T H w / 2."""
    return Problem(bowl_gradient(matrix), hessian=lambda w: np.broadcast_to(matrix, (len(w), *matrix.shape)))


def product(a: float) -> Problem:
    """a x^2 y^2 / 2."""

    def gradient(w: Array, k: int) -> Array:
        x, y = w.T
        return np.stack([a * x * y**2, a * x**2 * y], axis=1)

    def hessian(w: Array) -> Array:
        x, y = w.T
        off = 2 * a * x * y
        return np.stack([np.stack([a * y**2, off], axis=1), np.stack([off, a * x**2], axis=1)], axis=1)

    return Problem(gradient, hessian=hessian)


def of_gradient(gradient: Gradient) -> Problem:
    """No data, no Hessian."""
    return Problem(gradient)
