"""What the entries on escaping efficiency share: matrices of the experiments, runs of the engine, predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from theory.claims.building import Prove, judged
from theory.claims.claim import Claim, Effort, Estimates, Form, Point
from theory.claims.domain import Domain
from theory.ornstein_uhlenbeck.exact import EXAMPLE, SYMBOLS, ExactProcess, sample_point, tidy
from theory.ornstein_uhlenbeck.spectral_calculus import T, spectral_trace

PAPER = "anisotropic"

HESSIAN = np.array([[2.0, 1.0, 0.5], [1.0, 1.5, -0.5], [0.5, -0.5, 1.0]])
"""Positive definite; it commutes neither with SIGMA nor with the diagonal of SIGMA."""
SINGULAR = np.array([[1.0, 1.0, 0.0], [1.0, 2.0, 1.0], [0.0, 1.0, 1.0]])
"""Positive semidefinite with eigenvalues 0, 1, 3."""
SIGMA = np.array([[1.0, 0.75, 0.0], [0.75, 1.0, -0.5], [0.0, -0.5, 1.5]])
"""Positive definite, with strong correlations between the coordinates."""

IDENTITY = sp.eye(2)

_SIZE = sp.Interval.open(0, 5)
_ENTRIES = {f"{x}{at}": sp.Interval.open(-5, 5) if at == "12" else _SIZE for x in "hs" for at in ("11", "12", "22")}
_SEMIDEFINITE = tuple(sp.Le(sp.Symbol(f"{x}12") ** 2, sp.Symbol(f"{x}11") * sp.Symbol(f"{x}22")) for x in "hs")


def plane_domain(**others: sp.Set) -> Domain:
    """Positive semidefinite 2 x 2 matrices H and Sigma, and the sets of further symbols, for the search."""
    return Domain({**_ENTRIES, **others}, _SEMIDEFINITE)


Evaluate = Callable[[ExactProcess, Point], Any]


def at_point(evaluate: Evaluate, definite: bool = True) -> Callable[[Point], Any]:
    """A side of a form: ``evaluate`` on the process of a point; H must be positive definite unless told otherwise."""

    def side(point: Point) -> Any:
        process = ExactProcess.at(point)
        return evaluate(process.need_definite() if definite else process, point)

    return side


def exact_efficiency(process: ExactProcess, point: Point) -> sp.Expr:
    """E L(theta_t) by the Lyapunov system, the left side of most forms."""
    return process.efficiency(point["t"])


def closed_form(process: ExactProcess, point: Point) -> sp.Expr:
    """tr((I - e^{-2Ht}) Sigma) / 4, the printed right side."""
    return tidy(((IDENTITY - process.exp(-2 * point["t"])) * process.sigma).trace() / 4)


def predictions(
    psi: sp.Expr,
    points: Sequence[dict[sp.Symbol, float]],
    hessian: np.ndarray = HESSIAN,
    sigma: np.ndarray = SIGMA,
) -> np.ndarray:
    """sum_i psi(lambda_i) S_ii at each point, in floating point."""
    return np.array([spectral_trace(psi, hessian, sigma, point) for point in points])


def over_times(
    psi: sp.Expr, times: Sequence[float], hessian: np.ndarray = HESSIAN, sigma: np.ndarray = SIGMA
) -> Callable[[], np.ndarray]:
    """A prediction for several times, evaluated when it is asked for."""
    return lambda: predictions(psi, [{T: time} for time in times], hessian, sigma)


def diagonal(matrix: np.ndarray) -> np.ndarray:
    """The matrix without its entries off the diagonal, as if the coordinate axes were eigenvectors."""
    return np.diag(np.diag(matrix))


def isotropic(matrix: np.ndarray) -> np.ndarray:
    """The multiple of the identity with the same trace."""
    return np.trace(matrix) / len(matrix) * np.eye(len(matrix))


def simulate(
    rule: Any, hessian: np.ndarray, steps: Sequence[int], trajectories: int, effort: Effort, seed: int, **settings: Any
) -> Any:
    """Loss and squared norm at the given steps, from 0."""
    import toylands as tl

    bowl = tl.landscapes.QuadraticBowl(hessian)
    return tl.simulate(
        bowl,
        rule,
        start=np.zeros(len(hessian)),
        steps=int(max(steps)),
        trajectories=effort.trajectories(trajectories),
        record=tl.record(bowl.loss, bowl.sq_norm, at=list(steps)),
        seed=seed % 2**63,
        **settings,
    )


def estimates(run: Any, name: str, labels: Sequence[str]) -> Estimates:
    """Means of one observable over the recorded steps."""
    moments = run[name]
    return Estimates(
        np.array(moments.mean), np.array(moments.stderr), tuple(labels), run.trajectories, int(run.diverged[-1])
    )


def exact_process(
    times: Sequence[float],
    trajectories: int,
    hessian: np.ndarray = HESSIAN,
    sigma: np.ndarray = SIGMA,
    observable: str = "loss",
) -> Callable[[Effort, int], Estimates]:
    """Exact transitions of the process; all times are multiples of the first."""
    steps = [round(time / times[0]) for time in times]
    if not np.allclose(np.array(steps) * times[0], times):
        raise ValueError(f"times must be multiples of the first, got {times}")

    def run(effort: Effort, seed: int) -> Estimates:
        import toylands as tl

        rule = tl.dynamics.exact_ornstein_uhlenbeck(times[0], sigma)
        labels = [f"t={time:g}" for time in times]
        return estimates(simulate(rule, hessian, steps, trajectories, effort, seed), observable, labels)

    return run


def one_step_each(
    times: Sequence[float], trajectories: int, hessian: np.ndarray = HESSIAN, sigma: np.ndarray = SIGMA
) -> Callable[[Effort, int], Estimates]:
    """The loss after one exact transition over each time, in independent runs."""

    def run(effort: Effort, seed: int) -> Estimates:
        import toylands as tl

        parts = []
        for index, time in enumerate(times):
            rule = tl.dynamics.exact_ornstein_uhlenbeck(time, sigma)
            result = simulate(rule, hessian, [1], trajectories, effort, seed + index)
            parts.append(estimates(result, "loss", [f"t={time:g}"]))
        return Estimates(
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.stderr for part in parts]),
            tuple(part.labels[0] for part in parts),
            parts[0].trajectories,
            sum(part.diverged for part in parts),
        )

    return run


entry = partial(judged, PAPER)


def words(text: str, latex: str = "") -> Form:
    """A statement without values at points."""
    return Form(text, latex)


def matrix_claim(
    number: str, place: str, statement: str, form: Form, prove: Prove, reason: str, **more: Any
) -> Claim:
    """An entry that holds as printed and whose sides are functions of a point of 2 x 2 matrices."""
    fields = {"example": EXAMPLE, "symbols": SYMBOLS, "sample": sample_point, **more}
    return entry(number, place, statement, form, prove, reason, **fields)
