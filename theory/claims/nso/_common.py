"""What the entries of the noise-stability paper share: how an entry is put together, and plain Monte Carlo."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from theory.claims.claim import Claim, Derivation, Effort, Estimates, Experiment, Form, Verdict
from theory.claims.domain import Domain
from theory.proof import Proof

PAPER = "nso"
Prove = Callable[[], Proof]
Predict = Callable[[], np.ndarray]
Draw = Callable[[np.random.Generator, int], np.ndarray]

SYMBOLS = {
    "sigma": "standard deviation: of the perturbation in Sections 2 and A, of the gradient noise in Sections 4 and B",
    "C": "Lipschitz constant of the gradient (Sections 4, B), or upper end of the loss (Section 2), positive",
    "D": "D^2 bounds F(W_0) - min F, positive",
    "T": "number of steps, integer >= 1",
    "k": "perturbations a step, integer >= 1",
    "eta": "step size, in (0, 1/C]",
    "rho": "C eta, in (0, 1]",
    "mu": "momentum, in [0, 1)",
    "n": "sample size (Sections 2, A), integer >= 1",
    "p": "number of parameters, integer >= 1",
    "d": "dimension, integer >= 1",
    "beta": "parameter of the PAC-Bayes bound, in (0, 1)",
    "alpha": "largest trace of the Hessian (Section 2), positive; half-width of a plateau (Section 4)",
    "r": "radius of the hypothesis space, positive",
    "H": "H(P) = E|U|^2",
}


_POSITIVE = sp.Interval.open(0, sp.oo)
_BOUNDED = sp.Le(sp.Symbol("C") * sp.Symbol("eta"), 1)


def equal_steps(*where: sp.Basic, **others: sp.Set) -> Domain:
    """C, D, sigma, k, T and a step size eta <= 1/C; further conditions and sets."""
    sets = {name: _POSITIVE for name in ("C", "D", "sigma", "eta")}
    return Domain({**sets, "k": sp.Range(1, 101), "T": sp.Range(1, 1001), **others}, (_BOUNDED, *where))


def entry(
    number: str,
    place: str,
    statement: str,
    printed: Form,
    reason: str,
    *,
    prove: Prove | None = None,
    refute: Prove | None = None,
    form: Form | None = None,
    experiments: Sequence[Experiment] = (),
    example: Mapping[str, sp.Expr] | None = None,
    **more: Any,
) -> Claim:
    """The claim ``nso/number``.

    Without ``refute`` it holds as printed, by ``prove``; with ``refute`` it is corrected to ``form``, which ``prove``
    proves, or refuted where no form is given. ``more`` are further fields of the claim: sample, new, recorded, symbols.
    """

    def derive() -> Derivation:
        derived = form if form is not None or refute is not None else printed
        return Derivation(derived, prove() if prove else None, refute() if refute else None)

    verdict = Verdict.PROVED if refute is None else Verdict.CORRECTED if form is not None else Verdict.REFUTED
    meanings = {name: SYMBOLS[name] for name in example or {} if name in SYMBOLS}
    return Claim(
        id=f"{PAPER}/{number}", paper=PAPER, place=place, statement=statement, printed=printed, derive=derive,
        reason=reason, experiments=tuple(experiments), example=dict(example or {}),
        **{"recorded": verdict, "symbols": meanings, **more},
    )  # fmt: skip


def monte_carlo(
    name: str,
    draw: Draw,
    labels: Sequence[str],
    expected: Predict,
    mutants: Mapping[str, Predict],
    *,
    trajectories: int = 65_536,
    relation: str = "==",
    printed: Predict | None = None,
) -> Experiment:
    """Means of ``draw(generator, count)``, an array (count, len(labels)) of independent rows, against predictions."""

    def simulate(effort: Effort, seed: int) -> Estimates:
        count = effort.trajectories(trajectories)
        rows = draw(np.random.default_rng(seed), count)
        return Estimates(rows.mean(axis=0), rows.std(axis=0, ddof=1) / np.sqrt(count), tuple(labels), count)

    return Experiment(
        name=name, simulate=simulate, expected=expected, mutants=dict(mutants), relation=relation, printed=printed
    )


def numbers(*values: Any) -> Predict:
    """A prediction from exact numbers that are already evaluated."""
    return lambda: np.array([float(value) for value in values])
