"""Gradients of the proofs' small examples, written out by hand; importing nothing of toylands. See `naive`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from naive import Array, Gradient

# --- thirteen functions: (model, gradient) of each at (x, y, z1, z2, z3, z4) ------------------------------------------


def cycling_models(w: Array) -> list[tuple[Array, Array]]:
    """f_1, ..., f_13 and their gradients at w of shape (trajectories, 6)."""
    x, y, z = w[:, 0], w[:, 1], w[:, 2:]
    zero, found = np.zeros(len(w)), []

    def add(value: Array, **slopes: Array) -> None:
        names = ("x", "y", "z1", "z2", "z3", "z4")
        found.append((value, np.stack([slopes.get(name, zero) for name in names], axis=1)))

    for target in (1.0, -1.0):
        add((1 - y) * z[:, 0] - target, y=-z[:, 0], z1=1 - y)
        add((1 + y) * z[:, 1] - target, y=z[:, 1], z2=1 + y)
        add((1 - x) * z[:, 2] - target, x=-z[:, 2], z3=1 - x)
        add((1 + x) * z[:, 3] - target, x=z[:, 3], z4=1 + x)
    add((1 - x) * z[:, 0], x=-z[:, 0], z1=1 - x)
    add((1 + x) * z[:, 1], x=z[:, 1], z2=1 + x)
    add((1 + y) * z[:, 2], y=z[:, 2], z3=1 + y)
    add((1 - y) * z[:, 3], y=-z[:, 3], z4=1 - y)
    add(x**2 + y**2 - 1, x=2 * x, y=2 * y)
    order = [0, 4, 1, 5, 2, 6, 3, 7, 8, 9, 10, 11, 12]  # as the paper counts them
    return [found[i] for i in order]


def cycling_gradient(w: Array, k: int) -> Array:
    """L = (1/13) sum_i f_i^2 / 2."""
    return sum(value[:, None] * slope for value, slope in cycling_models(w)) / 13


# --- small models on data --------------------------------------------------------------------------------------------


def mean_over(sample: Callable[[Array, int, float], Array], count: int, neutral: float) -> Gradient:
    """The mean over data points of ``sample(w, i, label)``, w one point, without label noise."""
    return lambda w, k: np.stack([sum(sample(row, i, neutral) for i in range(count)) / count for row in w])


def factorization_sample(inputs: Array, targets: Array) -> Callable[[Array, int, float], Array]:
    """(u v x_i - y_i - label)^2 / 2."""

    def sample(w: Array, i: int, label: float) -> Array:
        residual = w[0] * w[1] * inputs[i] - targets[i] - label
        return np.array([residual * w[1] * inputs[i], residual * w[0] * inputs[i]])

    return sample


def factorization_gradient(inputs: Array, targets: Array) -> Gradient:
    """The mean of these."""
    return mean_over(factorization_sample(inputs, targets), len(targets), 0.0)


LOSS_SLOPES = {
    "logistic": lambda m: -1 / (1 + np.exp(m)),
    "exponential": lambda m: -np.exp(-m),
    "square": lambda m: m - 1,
}


def classification_sample(
    design: Array, targets: Array, loss: str, width: int, smoothing: float
) -> Callable[[Array, int, float], Array]:
    """l(label y_i f(x_i)), f = w . x, or a . (W x) with W row by row and then a; l smoothed."""

    def sample(w: Array, i: int, label: float) -> Array:
        x, y = design[i], targets[i] * label
        if width == 0:
            f, slope = w @ x, x
        else:
            first, second = w[:-width].reshape(width, -1), w[-width:]
            f = second @ (first @ x)
            slope = np.concatenate([np.outer(second, x).ravel(), first @ x])
        of = LOSS_SLOPES[loss]
        return ((1 - smoothing) * of(y * f) - smoothing * of(-y * f)) * y * slope

    return sample


def classification_gradient(design: Array, targets: Array, loss: str, width: int, smoothing: float) -> Gradient:
    """The mean of these."""
    return mean_over(classification_sample(design, targets, loss, width, smoothing), len(targets), 1.0)


def network_sample(
    design: Array, targets: Array, output: Array, activation: str, delta: float
) -> Callable[[Array, int, float], Array]:
    """(clip(output . act(W x_i)) - y)^2, W row by row; y is y_i, or 1 - y_i if the label is -1."""

    def sample(w: Array, i: int, label: float) -> Array:
        x, z = design[i], w.reshape(len(output), -1) @ design[i]
        hidden, slope = (np.tanh(z), 1 / np.cosh(z) ** 2) if activation == "tanh" else (z * (z > 0), 1.0 * (z > 0))
        f, y = output @ hidden, targets[i] if label > 0 else 1 - targets[i]
        force = 2 * (f - y) if delta < f < 1 - delta else 0.0
        return np.outer(force * output * slope, x).ravel()

    return sample


def network_gradient(design: Array, targets: Array, output: Array, activation: str, delta: float) -> Gradient:
    """The mean of these."""
    return mean_over(network_sample(design, targets, output, activation, delta), len(targets), 1.0)
