"""Beyond the Anti-PGD paper: second moments of the linear recurrence with heavy-ball momentum (own results, new)."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from theory.claims.antipgd._linear import at_steps, enumerated, fraction, recurrence_experiment, whole
from theory.claims.antipgd.linear_recurrences_family import own_claim
from theory.claims.claim import Claim, Experiment, Form, Point
from theory.claims.domain import Domain
from theory.linear.momentum import (
    limit_with_momentum,
    prove_finite_with_momentum,
    prove_limit_with_momentum,
    prove_stability,
)
from theory.linear.second_moments import BETA, KAPPA, POWER, RHO, FirstStep, second_moment

STEPS = (1, 2, 3, 6, 15)
LONG = (200, 220)
POINT: dict[str, Any] = {"rho": 0.7, "kappa": 0.5, "beta": 0.5, "d": 4, "sigma": 0.5, "w0": 1.0}
EXAMPLE = {
    "rho": sp.Rational(1, 2), "kappa": sp.Rational(1, 3), "beta": sp.Rational(1, 4), "k": sp.Integer(2), "d": sp.S.One,
    "sigma": sp.S.One, "w0": sp.S.One,
}  # fmt: skip
LIMIT_NAMES = ("rho", "kappa", "beta", "d", "sigma")
SETTING = "rho = 0.7, beta = 0.5, d = 4, sigma = 1/2, |w_0| = 1"


def _longer(**changed: Any) -> Callable[[], np.ndarray]:
    return lambda: at_steps(limit_with_momentum(KAPPA), LONG, {**POINT, **changed})


def _other(formula: Callable[[], sp.Expr], **changed: Any) -> Callable[[], np.ndarray]:
    return lambda: at_steps(formula(), LONG, {**POINT, **changed})


def _limit_experiment(kappa: float) -> Experiment:
    opposite = 0.0 if kappa else 1.0
    return recurrence_experiment(
        f"kappa = {kappa}, {SETTING}, after {LONG[0]} and {LONG[1]} steps",
        rho=0.7, kappa=kappa, momentum=0.5, at=LONG, dim=4, sigma=0.5, w0=1.0, expected=_longer(kappa=kappa),
        mutants={
            "momentum ignored": _longer(kappa=kappa, beta=0.0),
            "kappa ignored": _longer(kappa=opposite),
            "beta for -beta": _longer(kappa=kappa, beta=-0.5),
            "sigma for sigma^2": _other(lambda: 2 * limit_with_momentum(KAPPA), kappa=kappa),
            "1/(1-beta)^2 for 1/(1-beta)": _other(lambda: limit_with_momentum(KAPPA) / (1 - BETA), kappa=kappa),
        },
    )  # fmt: skip


def _finite_values(**changed: Any) -> Callable[[], np.ndarray]:
    point = {**POINT, "first": FirstStep.FRESH, **changed}

    def values() -> np.ndarray:
        exact = {name: sp.Rational(str(point[name])) for name in ("rho", "kappa", "beta", "sigma", "w0")}
        arguments = {
            "sq_norm": exact["w0"] ** 2, "power": point["d"] * exact["sigma"] ** 2, "kappa": exact["kappa"],
            "beta": exact["beta"], "first": point["first"],
        }  # fmt: skip
        return np.array([float(second_moment([exact["rho"]] * n, **arguments)) for n in STEPS])

    return values


def _finite_experiment(first: str) -> Experiment:
    step = FirstStep.FRESH if first == "fresh" else FirstStep.STATIONARY
    other = FirstStep.STATIONARY if first == "fresh" else FirstStep.FRESH
    return recurrence_experiment(
        f"kappa = 0.5, {SETTING}, {first} first step, small k",
        rho=0.7, kappa=0.5, momentum=0.5, first=first, at=STEPS, dim=4, sigma=0.5, w0=1.0,
        expected=_finite_values(first=step),
        mutants={
            "momentum ignored": _finite_values(first=step, beta=0),
            "kappa ignored: plain": _finite_values(first=step, kappa=0),
            "kappa ignored: fully anticorrelated": _finite_values(first=step, kappa=1),
            "the other first step": _finite_values(first=other),
            "sigma twice as large": _finite_values(first=step, sigma=1),
        },
    )  # fmt: skip


def _sample(names: tuple[str, ...], **fixed: sp.Expr) -> Callable[[random.Random], Point]:
    """Points inside the stability region: rho and beta in (0, 1)."""
    draw: dict[str, Callable[[random.Random], sp.Expr]] = {
        "rho": fraction, "beta": fraction, "kappa": lambda g: 2 * fraction(g) - 1, "sigma": fraction, "w0": fraction,
        "k": lambda g: sp.Integer(g.randint(0, 4)), "d": lambda g: sp.Integer(g.randint(1, 3)),
    }  # fmt: skip
    return lambda generator: {**{name: draw[name](generator) for name in names}, **fixed}


def _recursion(point: Point) -> sp.Expr:
    return second_moment(
        [point["rho"]] * (whole(point, "k") + 1), sq_norm=point["w0"] ** 2, power=point["d"] * point["sigma"] ** 2,
        kappa=point["kappa"], beta=point["beta"],
    )  # fmt: skip


def _largest_root() -> sp.Expr:
    """max |z| over the roots of z^2 - (rho + beta) z + beta: real ones, or a pair whose product is beta."""
    discriminant = (RHO + BETA) ** 2 - 4 * BETA
    real = (sp.Abs(RHO + BETA) + sp.sqrt(discriminant)) / 2
    return sp.Piecewise((real, discriminant >= 0), (sp.sqrt(sp.Abs(BETA)), True))


STATE = "s_k = (w_k, w_{k-1}, xi_{k-1}), M_k = E s_k s_k^T"
DENOMINATOR = "((1-beta)(1-rho)(1+rho+2 beta))"
DENOMINATOR_LATEX = r"(1-\beta)(1-\rho)(1+\rho+2\beta)"
LIMIT_TEXT = f"lim E|w_k|^2 = ((1+kappa^2)(1+beta) - 2 kappa (rho+beta)) / {DENOMINATOR} d sigma^2"
LIMIT_PRINTED = (
    ((1 + KAPPA**2) * (1 + BETA) - 2 * KAPPA * (RHO + BETA)) / ((1 - BETA) * (1 - RHO) * (1 + RHO + 2 * BETA)) * POWER
)
ANTI_TEXT = "lim E|w_k|^2 = 2 / ((1-beta)(1+rho+2 beta)) d sigma^2"
PLAIN_TEXT = f"lim E|w_k|^2 = (1+beta) / {DENOMINATOR} d sigma^2"
REGION = "|beta| < 1 and -1 - 2 beta < rho < 1"


def _limit_latex(numerator: str, denominator: str) -> str:
    fraction_latex = r"\frac{" + numerator + "}{" + denominator + "}"
    return r"\lim_{k\to\infty} \mathbb{E}\|w_k\|^2 = " + fraction_latex + r"\, d\sigma^2"


def _example(*names: str) -> dict[str, sp.Expr]:
    return {name: EXAMPLE[name] for name in names}


CLAIMS: tuple[Claim, ...] = (
    own_claim(
        "C.5/momentum-stability",
        f"With momentum beta both roots of z^2 - (rho + beta) z + beta lie inside the unit disc exactly for {REGION}.",
        Form(f"max |z| < 1 exactly for {REGION}", r"\max|z| < 1 \iff |\beta| < 1,\ -1-2\beta < \rho < 1",
             _largest_root(), sp.S.One, "<"),
        prove_stability, "The disc is mapped to the left half plane; the signs of a quadratic's coefficients decide.",
        example=_example("rho", "beta"), names=("rho", "beta"), sample=_sample(("rho", "beta")),
        within=Domain({"beta": sp.Interval.open(-1, 1), "rho": sp.Interval.open(-3, 1)}, (RHO > -1 - 2 * BETA,)),
    ),
    own_claim(
        "C.5/momentum-finite",
        "E|w_{k+1}|^2 with momentum beta and w_{-1} = w_0, for every k, real rho, beta and kappa and either first "
        "step, is the first entry of the matrix recursion M_{k+1} = F M_k F^T + d sigma^2 G G^T.",
        Form(f"{STATE}: M_{{k+1}} = F M_k F^T + d sigma^2 G G^T, G = (1, 0, 1), "
             "F = [[rho+beta, -beta, -kappa], [1, 0, 0], [0, 0, 0]]",
             r"M_{k+1} = F M_k F^{\top} + d\sigma^2\, G G^{\top}", enumerated(None), _recursion),
        prove_finite_with_momentum,
        "xi_k is uncorrelated with s_k; compared with the expansion of w_n in its single noises, and with enumeration.",
        example=EXAMPLE, names=tuple(EXAMPLE), sample=_sample(tuple(EXAMPLE)),
        experiments=(_finite_experiment("fresh"), _finite_experiment("stationary")),
    ),
    own_claim(
        "C.5/momentum-limit", f"For {REGION}, every real kappa and either first step: {LIMIT_TEXT}.",
        Form(LIMIT_TEXT, _limit_latex(r"(1+\kappa^2)(1+\beta) - 2\kappa(\rho+\beta)", DENOMINATOR_LATEX), None,
             LIMIT_PRINTED),
        lambda: prove_limit_with_momentum(KAPPA),
        "Fixed point of the matrix recursion (a linear system); its eigenvalues are products of two roots.",
        example=_example(*LIMIT_NAMES), names=LIMIT_NAMES, sample=_sample(LIMIT_NAMES),
        experiments=(_limit_experiment(0.5),), derived=lambda: limit_with_momentum(KAPPA),
    ),
    own_claim(
        "C.5/momentum-limit-anticorrelated", f"For {REGION} and kappa = 1: {ANTI_TEXT}.",
        Form(ANTI_TEXT, _limit_latex("2", r"(1-\beta)(1+\rho+2\beta)"), None,
             2 / ((1 - BETA) * (1 + RHO + 2 * BETA)) * POWER),
        lambda: prove_limit_with_momentum(sp.S.One), "As for general kappa; the factor 1 - rho cancels.",
        example=_example("rho", "beta", "d", "sigma"), names=("rho", "beta", "d", "sigma"),
        sample=_sample(("rho", "beta", "d", "sigma")), experiments=(_limit_experiment(1.0),),
        derived=lambda: limit_with_momentum(sp.S.One),
    ),
    own_claim(
        "C.5/momentum-limit-standard", f"For {REGION} and kappa = 0: {PLAIN_TEXT}.",
        Form(PLAIN_TEXT, _limit_latex(r"1+\beta", DENOMINATOR_LATEX), None,
             (1 + BETA) / ((1 - BETA) * (1 - RHO) * (1 + RHO + 2 * BETA)) * POWER),
        lambda: prove_limit_with_momentum(sp.S.Zero), "As for general kappa.",
        example=_example("rho", "beta", "d", "sigma"), names=("rho", "beta", "d", "sigma"),
        sample=_sample(("rho", "beta", "d", "sigma")), experiments=(_limit_experiment(0.0),),
        derived=lambda: limit_with_momentum(sp.S.Zero),
    ),
)  # fmt: skip
