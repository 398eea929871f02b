"""What the entries on discrete processes share: exact values at a point, runs of a scheme, predictions."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import numpy as np
import sympy as sp

from theory.claims.anisotropic._common import HESSIAN, IDENTITY, SIGMA, closed_form, estimates, predictions, simulate
from theory.claims.claim import Effort, Estimates, Point
from theory.ornstein_uhlenbeck.euler_scheme import STEP, N
from theory.ornstein_uhlenbeck.exact import EXAMPLE, SYMBOLS, ExactProcess, sample_point
from theory.ornstein_uhlenbeck.spectral_calculus import T

# --- exact values at a point ------------------------------------------------------------------------------------


def steps_of(point: Point) -> int:
    if not (point["n"].is_Integer and point["n"] >= 0):
        raise ValueError(f"n must be an integer >= 0, got {point['n']}")
    return int(point["n"])


def iterated(process: ExactProcess, step: sp.Expr, noise: sp.MatrixBase, steps: int) -> sp.Expr:
    """tr(H M_n)/2 with M' = (I - step H) M (I - step H) + noise, iterated with exact numbers."""
    factor, moments = IDENTITY - step * process.hessian, sp.zeros(2, 2)
    for _ in range(steps):
        moments = factor * moments * factor + noise
    return (process.hessian * moments).trace() / 2


def scheme_formula(process: ExactProcess, step: sp.Expr, steps: int) -> sp.Expr:
    """tr[(I - (I - step H)^{2n}) (2I - step H)^{-1} Sigma] / 2."""
    scaled = step * process.hessian
    resolvent = 2 * IDENTITY - scaled
    if resolvent.det() == 0:
        raise ValueError(f"step size {step} times an eigenvalue of H must not be 2")
    return ((IDENTITY - (IDENTITY - scaled) ** (2 * steps)) * resolvent.inv() * process.sigma).trace() / 2


def euler_iterated(process: ExactProcess, point: Point) -> sp.Expr:
    return iterated(process, point["h"], point["h"] * process.sigma, steps_of(point))


def euler_formula(process: ExactProcess, point: Point) -> sp.Expr:
    return scheme_formula(process, point["h"], steps_of(point))


def continuous(process: ExactProcess, point: Point) -> sp.Expr:
    """Eq. 13 at t = n h."""
    return closed_form(process, {"t": point["h"] * steps_of(point)})


MATRICES = {name: EXAMPLE[name] for name in EXAMPLE if name != "t"}
MEANING = {name: SYMBOLS[name] for name in SYMBOLS if name != "t"}
WITH_STEP = {
    "example": {**MATRICES, "h": sp.Rational(1, 10), "n": sp.Integer(3)},
    "symbols": {**MEANING, "h": "step size, > 0", "n": "number of steps"},
}


def sample_steps(name: str) -> Callable[[random.Random], Point]:
    """A random point with a step size called ``name`` and a number of steps."""

    def sample(generator: random.Random) -> Point:
        point = {key: value for key, value in sample_point(generator).items() if key != "t"}
        return {**point, name: sp.Rational(generator.randint(1, 20), 37), "n": sp.Integer(generator.randint(1, 6))}

    return sample


# --- simulations ------------------------------------------------------------------------------------------------

COUNTS = (1, 2, 3, 5, 10, 25)
EULER_STEP = 0.4


def mean_loss(make_rule: Callable[[], object], counts: Sequence[int]) -> Callable[[Effort, int], Estimates]:
    """Mean loss after each number of steps."""

    def run(effort: Effort, seed: int) -> Estimates:
        found = simulate(make_rule(), HESSIAN, counts, 400_000, effort, seed)
        return estimates(found, "loss", [f"n={count}" for count in counts])

    return run


def euler_rule(step: float) -> Callable[[], object]:
    def make() -> object:
        import toylands as tl

        return tl.dynamics.euler_maruyama(step, SIGMA)

    return make


def predict(
    psi: sp.Expr, step: float, counts: Sequence[int], sigma: np.ndarray = SIGMA, factor: float = 1.0
) -> Callable[[], np.ndarray]:
    """psi(lambda; h, n, t = nh) at each number of steps."""
    points = [{STEP: step, N: count, T: step * count} for count in counts]
    return lambda: factor * predictions(psi, points, HESSIAN, sigma)
