"""Gradients of the proofs' small examples, written out by hand; importing nothing of toylands. See `naive`."""

from __future__ import annotations

import numpy as np
from naive import Array

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
