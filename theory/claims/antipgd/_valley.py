"""What the entries on the widening valley share: how an entry is put together, and experiments on the engine.

Parameters as in Theorem 3.1: start (u_0, 0) with |u_0|^2 = D = 1 and equal coordinates, step size alpha / (2 D).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from theory.claims.claim import Claim, Derivation, Effort, Estimates, Experiment, Form, Verdict
from theory.claims.domain import Domain
from theory.proof import Proof

PAPER = "antipgd"
Prove = Callable[[], Proof]
Predict = Callable[[], np.ndarray]

SYMBOLS = {
    "alpha": "the region is alpha D < |u|^2 < D / alpha; in (0, 1)",
    "D": "|u_0|^2, positive",
    "d": "length of u, integer >= 1",
    "sigma": "standard deviation of a coordinate's noise, positive, sigma^2 <= min(alpha^3 D / 2, D / (8 alpha))",
    "eta": "step size; alpha / (2 D) in Theorem 3.1",
}
EXAMPLE = {"alpha": sp.Rational(1, 2), "D": sp.S.One, "d": sp.Integer(8), "sigma": sp.Rational(1, 8)}


def point(*names: str) -> dict[str, sp.Expr]:
    """The named values of the example."""
    return {name: EXAMPLE[name] for name in names}


def holds(form: Form, prove: Prove, note: str = "") -> Callable[[], Derivation]:
    """The statement holds as ``form`` says, by a proof (or a search) that runs."""
    return lambda: Derivation(form, prove(), note=note)


def fails(form: Form, prove: Prove, refute: Prove, note: str = "") -> Callable[[], Derivation]:
    """The printed statement fails; ``form``, which is proved, is what holds."""
    return lambda: Derivation(form, prove(), refute(), note)


def entry(
    number: str, place: str, statement: str, printed: Form, derive: Callable[[], Derivation], recorded: Verdict,
    reason: str, *, experiments: Sequence[Experiment] = (), example: Mapping[str, sp.Expr] | None = None,
    new: bool = False, within: Domain | None = None,
) -> Claim:
    """A claim ``antipgd/number`` whose symbols are explained by this module."""
    names = set(example or {})
    return Claim(
        id=f"{PAPER}/{number}", paper=PAPER, place=place, statement=statement, printed=printed, derive=derive,
        recorded=recorded, reason=reason, experiments=tuple(experiments), example=dict(example or {}),
        symbols={name: meaning for name, meaning in SYMBOLS.items() if name in names}, new=new,
        domain=within,
    )  # fmt: skip


def run_valley(
    effort: Effort, seed: int, *, method: str, alpha: float, dim: int, sigma2: float, at: Sequence[int],
    trajectories: int, capped: bool = False, exits: bool = False, first: str = "fresh",
) -> Any:
    """Simulate PGD (``method="pgd"``) or Anti-PGD (``"anti"``) from |u_0|^2 = D = 1.

    ``capped``: never more trajectories than ``trajectories``; for predictions that are limits, where more would only
    resolve the remainder. ``exits``: record first passage out of (alpha D, D / alpha).
    """
    import toylands as tl

    valley = tl.landscapes.WideningValley(dim=dim)
    eta, sigma = alpha / 2, float(np.sqrt(sigma2))
    if method == "pgd":
        rule = tl.dynamics.correlated_pgd(eta=eta, sigma=sigma, kappa=0.0, first=first)
    else:
        rule = tl.dynamics.correlated_pgd(eta=eta, sigma=sigma, kappa=1.0, first=first)
    count = effort.trajectories(trajectories)
    region = tl.exit_region(valley.sq_norm_u, below=alpha, above=1 / alpha) if exits else None
    return tl.simulate(
        valley, rule, start=valley.on_floor(radius=1.0), steps=max(at), seed=seed,
        trajectories=min(count, trajectories) if capped else count, first_passage=region,
        record=tl.record(valley.sq_norm_u, valley.sq_v, valley.hessian_trace, at=list(at)),
    )  # fmt: skip


def mean_experiment(
    name: str, observable: str, at: Sequence[int], expected: Predict, mutants: Mapping[str, Predict], *,
    relation: str = "==", **settings: Any,
) -> Experiment:
    """Ensemble means of an observable at the steps ``at`` against predictions for the same steps."""

    def simulate(effort: Effort, seed: int) -> Estimates:
        run = run_valley(effort, seed, at=at, **settings)
        return Estimates(
            values=np.asarray(run[observable].mean), stderr=np.asarray(run[observable].stderr),
            labels=tuple(f"step {n}" for n in at), trajectories=run.trajectories,
            diverged=int(np.asarray(run.diverged)[-1]),
        )  # fmt: skip

    return Experiment(name=name, simulate=simulate, expected=expected, mutants=dict(mutants), relation=relation)


def constant(value: Any, times: int = 1) -> Predict:
    """A prediction that is the same at every step."""
    return lambda: np.full(times, float(value))
