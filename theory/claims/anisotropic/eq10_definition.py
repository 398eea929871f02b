"""Definition 1 of the escaping efficiency (Eq. 10) and its remark on Markov's inequality."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import sympy as sp

from theory.claims.anisotropic._common import HESSIAN, PAPER, SIGMA, entry, simulate
from theory.claims.claim import Claim, Derivation, Effort, Estimates, Experiment, Form, Point, Verdict
from theory.ornstein_uhlenbeck import escape_counterexamples, escape_identity
from theory.ornstein_uhlenbeck.process import efficiency
from theory.ornstein_uhlenbeck.spectral_calculus import T, spectral_trace

SECTION = "Section 3.1"
COPIES, MARKOV_TIME, RATIOS = 4, 0.1, (0.75, 1.0, 1.5)


def _one_dimensional_mean(point: Point) -> sp.Expr:
    """E L(theta_t) of the one-dimensional process, from its variance sigma^2 (1 - e^{-2 lambda t}) / (2 lambda)."""
    rate, sigma, t = (sp.sympify(point[name]) for name in ("lambda", "sigma", "t"))
    if not (rate > 0 and sigma > 0 and t > 0 and point["delta"] > 0):
        raise ValueError(f"lambda, sigma, t and delta must be positive, got {dict(point)}")
    return rate * sigma**2 * (1 - sp.exp(-2 * rate * t)) / (2 * rate) / 2


def _one_dimensional_chance(point: Point) -> sp.Expr:
    """P(L(theta_t) >= delta): theta_t is Gaussian, so L = E L z^2 with a standard normal z."""
    return sp.erfc(sp.sqrt(point["delta"] / (2 * _one_dimensional_mean(point))))


def _sample_scalar(generator: random.Random) -> Point:
    return {name: sp.Rational(generator.randint(1, 40), 10) for name in ("lambda", "sigma", "t", "delta")}


MARKOV_FORM = Form(
    text="P(L(theta_t) - L(theta_0) >= delta) <= E[L(theta_t) - L(theta_0)] / delta",
    latex=r"P(L(\theta_t)-L(\theta_0)\ge\delta)\le\frac{\mathbb E[L(\theta_t)-L(\theta_0)]}{\delta}",
    left=_one_dimensional_chance,
    right=lambda point: _one_dimensional_mean(point) / point["delta"],
    relation="<=",
)


def _copies(matrix: np.ndarray) -> np.ndarray:
    return np.kron(np.eye(COPIES), matrix)


@lru_cache
def _mean_loss() -> float:
    return spectral_trace(efficiency(), _copies(HESSIAN), _copies(SIGMA), {T: MARKOV_TIME})


def _escape_frequencies(effort: Effort, seed: int) -> Estimates:
    """Shares of trajectories whose loss after one exact transition is at least delta."""
    import toylands as tl

    rule = tl.dynamics.exact_ornstein_uhlenbeck(MARKOV_TIME, _copies(SIGMA))
    bowl = tl.landscapes.QuadraticBowl(_copies(HESSIAN))
    shares, trajectories, diverged = [], 0, 0
    for index, ratio in enumerate(RATIOS):
        region = tl.exit_region(bowl.loss, above=ratio * _mean_loss())
        run = simulate(rule, _copies(HESSIAN), [1], 100_000, effort, seed + index, first_passage=region)
        shares.append(run.first_passage.above / run.trajectories)
        trajectories, diverged = run.trajectories, diverged + int(run.diverged[-1])
    share = np.array(shares)
    labels = tuple(f"delta = {ratio:g} E L" for ratio in RATIOS)
    return Estimates(share, np.sqrt(share * (1 - share) / trajectories), labels, trajectories, diverged)


def _markov_bound(factor: float = 1.0) -> Callable[[], np.ndarray]:
    return lambda: factor * _mean_loss() / (np.array(RATIOS) * _mean_loss())


MARKOV = entry(
    "Eq10",
    f"{SECTION}, Definition 1, Eq. 10 and the remark after it",
    "Started at a global minimum, the chance that the loss has risen by delta is at most E[rise] / delta.",
    MARKOV_FORM,
    escape_identity.prove_markov,
    "Markov's inequality; the rise is nonnegative at every time when theta_0 is a global minimum.",
    experiments=(
        Experiment(
            name="12-dimensional Ornstein-Uhlenbeck process, t = 0.1, exact transition",
            simulate=_escape_frequencies,
            expected=_markov_bound(),
            relation="<=",
            mutants={
                "efficiency of one coordinate instead of all": _markov_bound(1 / (COPIES * len(HESSIAN))),
                "complement: 1 - E/delta": lambda: 1 - _markov_bound()(),
            },
        ),
    ),
    example={"lambda": sp.Integer(2), "sigma": sp.Integer(1), "t": sp.Rational(1, 2), "delta": sp.Rational(1, 2)},
    symbols={
        "lambda": "curvature of the bowl L = lambda theta^2 / 2 at which both sides are evaluated, > 0",
        "sigma": "Sigma = sigma^2, > 0",
        "t": "time, > 0",
        "delta": "rise of the loss, > 0",
    },
    sample=_sample_scalar,
)

POSITIVE_PART = Form(
    text="P(L(theta_t) - L(theta_0) >= delta) <= E max(L(theta_t) - L(theta_0), 0) / delta, any t and theta_0",
    latex=r"P(L(\theta_t)-L(\theta_0)\ge\delta)\le\frac{\mathbb E\max(L(\theta_t)-L(\theta_0),0)}{\delta}",
)


@lru_cache
def _derive_local_minimum() -> Derivation:
    return Derivation(
        form=POSITIVE_PART,
        proof=escape_identity.prove_markov_positive_part(),
        counterexample=escape_counterexamples.disprove_no_descent(),
        note="At a minimum that is only local, no t > 0 is small enough for the loss to stay above its start.",
    )


LOCAL_MINIMUM = Claim(
    id=f"{PAPER}/Eq10/local-minimum",
    paper=PAPER,
    place=f"{SECTION}, Definition 1, the condition on t and the second remark",
    statement="Started at a local minimum, L(theta_t) - L(theta_0) >= 0 for every t that is small enough.",
    printed=Form(
        text="P(L(theta_t) < L(theta_0)) <= 0 for t small enough [left at a point: a lower bound of this probability]",
        latex=r"P(L(\theta_t) < L(\theta_0)) = 0 \text{ for small } t",
        left=lambda point: escape_counterexamples.descent_probability(point["t"]),
        right=lambda point: sp.S.Zero,
        relation="<=",
    ),
    derive=_derive_local_minimum,
    recorded=Verdict.CORRECTED,
    reason="False unless the minimum is global: for a smooth loss along a function of Brownian motion it falls below "
    "its start with positive probability at every t > 0. Markov's inequality then needs the positive part.",
    example={"t": sp.Integer(1)},
    symbols={"t": "time, > 0"},
)

CLAIMS: tuple[Claim, ...] = (MARKOV, LOCAL_MINIMUM)
