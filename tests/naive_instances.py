"""The hidden unit and the hard instances, written out by hand; importing nothing of toylands. See `naive`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from naive import LANDSCAPE, Array, Stream
from naive_rules import Problem

# --- one linear hidden unit, w = (u, v) ------------------------------------------------------------------------------


def hidden_unit(design: Array, targets: Array) -> Problem:
    """The mean over i of (v u . x_i - y_i)^2 / 2."""

    def sample(w: Array, i: Array, label: Array) -> Array:
        u, v, x = w[:, :-1], w[:, -1:], design[i]
        output = (u * x).sum(axis=1, keepdims=True)
        residual = v * output - (targets[i] + label)[:, None]
        return np.concatenate([residual * v * x, residual * output], axis=1)

    def hessian(w: Array) -> Array:
        out = []
        for *u, v in w:
            total = np.zeros((len(u) + 1, len(u) + 1))
            for x, y in zip(design, targets):
                output = x @ u
                slope = np.append(v * x, output)
                bend = np.zeros_like(total)
                bend[:-1, -1] = bend[-1, :-1] = x
                total += np.outer(slope, slope) + (v * output - y) * bend
            out.append(total / len(targets))
        return np.stack(out)

    everything = np.arange(len(targets))

    def gradient(w: Array, k: int) -> Array:
        labels = np.zeros(len(targets))
        return np.stack([sample(np.tile(row, (len(targets), 1)), everything, labels).mean(axis=0) for row in w])

    return Problem(gradient, sample, len(targets), 0.0, hessian)


def reduced_hidden_unit(pull: Array) -> Problem:
    """v^2 |u|^2 / 2 - v u . pull."""
    pull = np.asarray(pull)

    def gradient(w: Array, k: int) -> Array:
        u, v = w[:, :-1], w[:, -1:]
        return np.concatenate([v**2 * u - v * pull, v * (u**2).sum(1, keepdims=True) - (u @ pull)[:, None]], axis=1)

    def hessian(w: Array) -> Array:
        out = np.zeros((len(w), w.shape[1], w.shape[1]))
        for matrix, (*u, v) in zip(out, w):
            matrix[:-1, :-1] = v**2 * np.eye(len(u))
            matrix[:-1, -1] = matrix[-1, :-1] = 2 * v * np.array(u) - pull
            matrix[-1, -1] = np.dot(u, u)
        return out

    return Problem(gradient, hessian=hessian)


# --- hard instances --------------------------------------------------------------------------------------------------


def h(x: float, alpha: float, curvature: float) -> tuple[float, float, float]:
    """Value, slope and second derivative of the plateau, by the printed cases."""
    size, side = abs(x), float(np.sign(x))
    if size <= alpha:
        return curvature * alpha**2 / 4, 0.0, 0.0
    if size <= 1.5 * alpha:
        rest = size - alpha
        return -curvature * rest**2 / 2 + curvature * alpha**2 / 4, -curvature * rest * side, -curvature
    if size <= 2 * alpha:
        rest = size - 2 * alpha
        return curvature * rest**2 / 2, curvature * rest * side, curvature
    return 0.0, 0.0, 0.0


def g(x: float, alpha: float, curvature: float) -> tuple[float, float, float]:
    """The cap likewise."""
    size, side = abs(x), float(np.sign(x))
    if size <= alpha / 2:
        return -curvature * x**2 / 2 + curvature * alpha**2 / 4, -curvature * x, -curvature
    if size <= alpha:
        return curvature * (size - alpha) ** 2 / 2, curvature * (size - alpha) * side, curvature
    return 0.0, 0.0, 0.0


def chain_terms(w: Array, etas: Sequence[float], curvature: float, sigma: float, k: int) -> list[tuple[float, ...]]:
    """Value, slope, second derivative coordinate by coordinate, at one point: Eq. 8 with Eq. 41."""
    big = max(1 / curvature, 2 * sum(etas))
    terms = [(w[0] ** 2 / (2 * big), w[0] / big, 1 / big)]
    return terms + [h(x, 2 * eta * sigma / np.sqrt(k), curvature) for x, eta in zip(w[1:], etas)]


def cap_terms(w: Array, eta: float, steps: int, curvature: float, sigma: float) -> list[tuple[float, ...]]:
    """The same of Eq. 45."""
    rho = curvature * eta
    alpha = (1 - rho**steps) / (1 - rho) * 2 * eta * sigma
    return [g(w[0], alpha, curvature)] + [(curvature * x**2 / 2, curvature * x, curvature) for x in w[1:]]


class Push:
    """Noise along coordinate k + 1 at step k: ``scale`` times the mean of the signs in the upper ``count`` bits."""

    def __init__(self, scale: float, count: int, steps: int, seed: int, trajectories: Sequence[int]) -> None:
        self.stream = Stream(seed, LANDSCAPE, trajectories)
        self.scale, self.count, self.steps = scale, count, steps
        self.drawn: list[Array] = []

    def __call__(self, gradient: Array, k: int) -> Array:
        if k >= self.steps:
            return gradient
        while len(self.drawn) <= k:  # one a step, at however many points the gradient is asked for
            word = self.stream.word()
            signs = [np.where((word >> np.uint64(63 - b)) & np.uint64(1) == 1, 1.0, -1.0) for b in range(self.count)]
            self.drawn.append(self.scale * np.mean(signs, axis=0))
        gradient = gradient.copy()
        gradient[:, k + 1] += self.drawn[k]
        return gradient


def _separable(terms, push: Push) -> Problem:
    def gradient(w: Array, k: int) -> Array:
        return push(np.array([[slope for _, slope, _ in terms(row)] for row in w]), k)

    def hessian(w: Array) -> Array:
        return np.stack([np.diag([bend for _, _, bend in terms(row)]) for row in w])

    return Problem(gradient, hessian=hessian)


def plateau_chain(etas, curvature, sigma, k, seed, trajectories) -> Problem:
    """Eq. 8 under the oracle of Eq. 40."""
    push = Push(sigma / np.sqrt(k), k, len(etas), seed, trajectories)
    return _separable(lambda w: chain_terms(w, etas, curvature, sigma, k), push)


def capped_bowl(eta, steps, curvature, sigma, k, seed, trajectories) -> Problem:
    """Eq. 45 under the oracle of Lemma B.3."""
    push = Push(sigma, k, steps, seed, trajectories)
    return _separable(lambda w: cap_terms(w, eta, steps, curvature, sigma), push)
