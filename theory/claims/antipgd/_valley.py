"""What the entries on the widening valley share: how an entry is put together, and experiments on the engine.

Parameters as in Theorem 3.1: start (u_0, 0) with |u_0|^2 = D = 1 and equal coordinates, step size alpha / (2 D).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from theory.claims.claim import Claim, Derivation, Effort, Estimates, Experiment, Form, Verdict
from theory.claims.domain import Domain
from theory.proof import Proof
from theory.valley.paths import exact
from theory.valley.short_paths import largest_v

PAPER = "antipgd"
Prove = Callable[[], Proof]
Predict = Callable[[], np.ndarray]

SYMBOLS = {
    "alpha": "the region is alpha D < |u|^2 < D / alpha; in (0, 1)",
    "D": "|u_0|^2, positive",
    "d": "length of u, integer >= 1",
    "sigma": "standard deviation of a coordinate's noise, positive, sigma^2 <= min(alpha^3 D / 2, D / (8 alpha))",
    "eta": "step size; alpha / (2 D) in Theorem 3.1",
    "a": "eta |u_k|^2, inside the region in (alpha^2/2, 1/2)",
    "v": "v_k",
    "s": "sign of the noise on v",
    "U": "|u_k|^2",
    "y": "v_k / v_max, in (-1, 1)",
    "n": "number of steps",
    **{f"e{j}": "sign of the noise on u at step j" for j in range(1, 6)},
    **{f"f{j}": "sign of the noise on v at step j" for j in range(1, 6)},
}
EXAMPLE = {"alpha": sp.Rational(1, 2), "D": sp.S.One, "d": sp.Integer(8), "sigma": sp.Rational(1, 8)}
_ALPHA, _RADIUS2, _SIGMA, _DIM = sp.symbols("alpha D sigma d")
ADMISSIBLE = sp.Le(_SIGMA**2, sp.Min(_ALPHA**3 * _RADIUS2 / 2, _RADIUS2 / (8 * _ALPHA)))
"""Theorem 3.1's condition on sigma^2."""
QUIET = sp.Le(_SIGMA**2, _ALPHA * _RADIUS2 / (2 * _DIM))
"""What Eq. 14 asks besides."""
_POSITIVE = sp.Interval.open(0, 10)
SETS: dict[str, sp.Set] = {
    "alpha": sp.Interval.open(0, 1), "D": _POSITIVE, "sigma": _POSITIVE, "d": sp.Range(1, 101),
    "v": sp.Interval(-10, 10), "s": sp.FiniteSet(-1, 1), "U": _POSITIVE, "y": sp.Interval.open(-1, 1),
}  # fmt: skip
"""Where the symbols of the inequalities live, for the search."""


def within(*names: str, where: tuple[sp.Basic, ...] = (), **others: sp.Set) -> Domain:
    """The domain of the named symbols, each with its usual set or the one given."""
    return Domain({**{name: SETS[name] for name in names}, **others}, where)


def fraction(point: Mapping[str, sp.Expr], name: str) -> Fraction:
    """The rational number that a point gives to a symbol."""
    value = sp.Rational(point[name])
    return Fraction(int(value.p), int(value.q))


_STEPS = 5


def path_side(anticorrelated: bool) -> Callable[[Mapping[str, sp.Expr]], sp.Expr]:
    """The largest |v_k| inside the region over five steps with the signs of a point, D = d."""

    def side(point: Mapping[str, sp.Expr]) -> sp.Expr:
        signs = [(int(point[f"e{j}"]), int(point[f"f{j}"])) for j in range(1, _STEPS + 1)]
        before = [(0, 0)] if anticorrelated else []  # eps_0 = xi_0
        alpha, sigma = fraction(point, "alpha"), fraction(point, "sigma")
        return exact(largest_v(alpha, sigma, int(point["d"]), before + signs, anticorrelated))

    return side


def path_domain(*where: sp.Basic) -> Domain:
    """Signs of five steps, alpha, sigma and d, with D = d."""
    signs = {f"{letter}{j}": sp.FiniteSet(-1, 1) for letter in "ef" for j in range(1, _STEPS + 1)}
    relations = tuple(condition.subs(_RADIUS2, _DIM) for condition in (ADMISSIBLE, *where))
    return within("alpha", where=relations, sigma=sp.Interval.open(0, 2), d=sp.Range(1, 10), **signs)


PATH = {
    "alpha": sp.Rational(1, 2), "sigma": sp.Rational(1, 8), "d": sp.Integer(2),
    **{f"{letter}{j}": sp.Integer((-1) ** j) for letter in "ef" for j in range(1, _STEPS + 1)},
}  # fmt: skip


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
    new: bool = False, domain: Domain | None = None,
) -> Claim:
    """A claim ``antipgd/number`` whose symbols are explained by this module."""
    names = set(example or {})
    return Claim(
        id=f"{PAPER}/{number}", paper=PAPER, place=place, statement=statement, printed=printed, derive=derive,
        recorded=recorded, reason=reason, experiments=tuple(experiments), example=dict(example or {}),
        symbols={name: meaning for name, meaning in SYMBOLS.items() if name in names}, new=new,
        domain=domain,
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
