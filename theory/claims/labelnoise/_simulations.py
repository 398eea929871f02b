"""Small simulations behind the entries: the coupling of Lemma 1, the linearised process, the cycling example."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import sympy as sp

from theory.claims.claim import Effort, Estimates
from theory.label_noise import cycling
from theory.label_noise.regularizer import of_matrix

ETA = 0.125
START = (2.0, 0.5)
BATCHES = (16, 64, 256, 1024, 4096, 16384)
"""lambda = eta/B with sigma = 1: a factor of 1024."""


@lru_cache(maxsize=1)
def _regular_gradient() -> Callable[[float, float], tuple[float, float]]:
    """grad R of the loss (uv - 1)^2/2, differentiated and evaluated."""
    u, v = sp.symbols("u v")
    value = of_matrix(sp.hessian((u * v - 1) ** 2 / 2, (u, v)), sp.Rational(1, 8))
    function: Callable[[float, float], tuple[float, float]] = sp.lambdify((u, v), [sp.diff(value, w) for w in (u, v)])
    return function


def coupled(batch: int, paths: int, seed: int, regularised: bool = True, oscillation: bool = True) -> np.ndarray:
    """|theta - xi - Phi|^2 after 1/(eta sqrt(lambda)) steps from a minimiser of (uv - 1)^2/2, one data point.

    ``regularised`` False leaves out R from Phi, ``oscillation`` False leaves out xi.
    """
    generator = np.random.default_rng(seed)
    lam = ETA / batch
    gradient = np.array([START[1], START[0]])
    keep = np.eye(2) - ETA * np.outer(gradient, gradient)
    theta = np.tile(np.array(START)[:, None], (1, paths))
    xi, phi = np.zeros((2, paths)), np.array(START)
    for _ in range(round(1 / (ETA * np.sqrt(lam)))):
        noise = 2 * generator.binomial(batch, 0.5, paths) / batch - 1
        error = theta[0] * theta[1] - 1 - noise
        theta = theta - ETA * error * theta[::-1]
        xi = keep @ xi + ETA * gradient[:, None] * noise
        slope = (phi[0] * phi[1] - 1) * phi[::-1]
        phi = phi - ETA * (slope + (lam * np.array(_regular_gradient()(*phi)) if regularised else 0.0))
    rest = theta - phi[:, None] - (xi if oscillation else 0.0)
    return np.asarray((rest**2).sum(axis=0))


def coupling_order(regularised: bool = True, oscillation: bool = True) -> Callable[[Effort, int], Estimates]:
    """Slope of log sqrt(E|r|^2) against log lambda by least squares, with its standard error."""

    def simulate(effort: Effort, seed: int) -> Estimates:
        paths = effort.trajectories(4096)
        logs, errors = [], []
        for index, batch in enumerate(BATCHES):
            squares = coupled(batch, paths, seed % 2**32 + index, regularised, oscillation)
            logs.append(np.log(squares.mean()) / 2)
            errors.append(squares.std(ddof=1) / np.sqrt(paths) / squares.mean() / 2)
        axis = np.log([ETA / batch for batch in BATCHES])
        weights = (axis - axis.mean()) / ((axis - axis.mean()) ** 2).sum()
        stderr = float(np.linalg.norm(weights * np.array(errors)))
        return Estimates(np.array([weights @ np.array(logs)]), np.array([stderr]), ("exponent of lambda",), paths)

    return simulate
