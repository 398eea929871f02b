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


@lru_cache(maxsize=1)
def _cycling_models() -> Callable[[np.ndarray], np.ndarray]:
    """For theta of shape (6, paths): f_i and its gradient, shape (13, 7, paths), from the functions themselves."""
    rows = [[f, *(sp.diff(f, w) for w in cycling.VARIABLES)] for f in cycling.MODELS]
    function = sp.lambdify(cycling.VARIABLES, rows, "numpy")

    def evaluate(theta: np.ndarray) -> np.ndarray:
        paths = theta.shape[1]
        return np.array([[np.broadcast_to(cell, paths) for cell in row] for row in function(*theta)])

    return evaluate


def cycle(eta: float, steps: int, paths: int, seed: int, frozen: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Minibatch SGD, one sample a step, from (1, 0, 0, 0, 0, 0): total angle of (x, y), and the end points.

    ``frozen`` keeps (x, y) where it is.
    """
    generator = np.random.default_rng(seed)
    theta = np.zeros((6, paths))
    theta[0] = 1.0
    turned, rows = np.zeros(paths), np.arange(paths)
    for _ in range(steps):
        chosen = _cycling_models()(theta)[generator.integers(cycling.COUNT, size=paths), :, rows].T
        step = eta * chosen[0] * chosen[1:]
        if frozen:
            step[:2] = 0.0
        before, theta = theta, theta - step
        cross = before[0] * theta[1] - before[1] * theta[0]
        turned += np.arctan2(cross, before[0] * theta[0] + before[1] * theta[1])
    return turned, theta


def leading_angle(eta: float, steps: int) -> float:
    """Angle after ``steps`` steps of the leading-order drift, by the trapezoidal rule for the time it takes."""
    speed = sp.lambdify((cycling.X, cycling.Y), cycling.drift(), "numpy")
    angles = np.linspace(0.0, 4 * np.pi, 4001)
    slowness = 1 / (eta**2 * speed(np.cos(angles), np.sin(angles)))
    times = np.concatenate([[0.0], np.cumsum((slowness[1:] + slowness[:-1]) / 2 * np.diff(angles))])
    return float(np.interp(steps, times, angles))
