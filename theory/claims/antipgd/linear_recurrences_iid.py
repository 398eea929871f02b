"""Around Proposition C.7 of the Anti-PGD paper: exact moments for i.i.d. contraction factors (own results, new).

The factors are independent of the noise, m1 = E rho and m2 = E rho^2 < 1. The right panel of the paper's Figure 7 shows
the uniform case, without a formula.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy as sp

from theory.claims.antipgd._linear import at_steps, domain, fraction, recurrence_experiment, whole
from theory.claims.antipgd.linear_recurrences_family import own_claim
from theory.claims.claim import Claim, Experiment, Form, Point
from theory.claims.domain import Domain
from theory.linear.random_contraction import (
    HIGH,
    LOW,
    M1,
    M2,
    independent_finite,
    independent_limit,
    prove_independent,
    prove_independent_bound,
    uniform_limit,
    uniform_moments,
)
from theory.linear.second_moments import KAPPA, POWER, W0, K, second_moment

PLACE = "Appendix C.1.2, Proposition C.7 and Figure 7 (right), our own"
STEPS = (1, 2, 3, 6, 20)
LONG = (100, 120)
LAWS: dict[str, dict[str, Any]] = {
    "uniform on [0.2, 1]": {"m1": 0.6, "m2": (0.04 + 0.2 + 1.0) / 3, "low": 0.2, "high": 1.0},
    "0.1, 0.6 or 1 with probabilities 0.3, 0.3, 0.4": {"m1": 0.61, "m2": 0.003 + 0.108 + 0.4},
}
UNIFORM, DISCRETE = LAWS
EXAMPLE = {
    "m1": sp.Rational(1, 2), "m2": sp.Rational(5, 16), "kappa": sp.Rational(1, 3), "k": sp.Integer(2), "d": sp.S.One,
    "sigma": sp.S.One, "w0": sp.S.One,
}  # fmt: skip


def _law(name: str) -> Callable[[], Any]:
    def make() -> Any:
        import toylands as tl

        if name == UNIFORM:
            return tl.noise.Uniform(0.2, 1.0)
        return tl.noise.Discrete([0.1, 0.6, 1.0], [0.3, 0.3, 0.4])

    return make


def _values(
    formula: Callable[[], sp.Expr], steps: tuple[int, ...], law: str, **changed: Any
) -> Callable[[], np.ndarray]:
    point = {"d": 4, "sigma": 0.5, "w0": 1.0, **LAWS[law], **changed}
    return lambda: at_steps(formula(), steps, point)


def _experiment(law: str, kappa: float, steps: tuple[int, ...], formula: Callable[[], sp.Expr]) -> Experiment:
    moments = LAWS[law]
    mutants = {
        "rho replaced by its mean": _values(formula, steps, law, kappa=kappa, m2=moments["m1"] ** 2),
        "E rho for E rho^2": _values(formula, steps, law, kappa=kappa, m2=moments["m1"]),
        "(E rho^2)^(1/2) for E rho": _values(formula, steps, law, kappa=kappa, m1=moments["m2"] ** 0.5),
        "sigma for sigma^2": _values(lambda: formula() + formula().subs(W0, 0), steps, law, kappa=kappa),
        "kappa ignored: plain": _values(formula, steps, law, kappa=0.0),
    }
    return recurrence_experiment(
        f"rho {law}, kappa = {kappa:g}, d = 4, sigma = 1/2, |w_0| = 1, steps {steps[0]} to {steps[-1]}",
        rho=_law(law), at=steps, dim=4, sigma=0.5, w0=1.0, kappa=kappa,
        expected=_values(formula, steps, law, kappa=kappa), mutants=mutants,
    )  # fmt: skip


def _uniform_experiment() -> Experiment:
    def wrong(m1: sp.Expr, m2: sp.Expr) -> Callable[[], np.ndarray]:
        return _values(lambda: (2 - 2 * m1) / (1 - m2) * POWER, LONG, UNIFORM)

    middle = (LOW + HIGH) / 2
    return recurrence_experiment(
        f"rho {UNIFORM}, anticorrelated noise, d = 4, sigma = 1/2, |w_0| = 1, after 100 and 120 steps",
        rho=_law(UNIFORM), at=LONG, dim=4, sigma=0.5, w0=1.0, kappa=1.0, expected=_values(uniform_limit, LONG, UNIFORM),
        mutants={
            "rho at the middle of the interval": wrong(middle, middle**2),
            "two-point law at the ends": wrong(middle, (LOW**2 + HIGH**2) / 2),
            "the bound 2 d sigma^2 itself": wrong(sp.S.Zero, sp.S.Zero),
        },
    )  # fmt: skip


def _two_point_mean(point: Point) -> sp.Expr:
    """Mean over every path of the two-point law m1 +- sqrt(m2 - m1^2), each path by the second-moment recursion."""
    spread = sp.sqrt(point["m2"] - point["m1"] ** 2)
    paths = itertools.product((point["m1"] - spread, point["m1"] + spread), repeat=whole(point, "k", highest=10) + 1)
    arguments = {"sq_norm": point["w0"] ** 2, "power": point["d"] * point["sigma"] ** 2, "kappa": point["kappa"]}
    values = [second_moment(path, **arguments) for path in paths]
    return sp.expand(sum(values, sp.S.Zero) / len(values))


def _sample(*names: str) -> Callable[[random.Random], Point]:
    """m1 in (0, 1), m2 of a two-point law with rational spread inside (0, 1), and the rest."""

    def sample(generator: random.Random) -> Point:
        m1 = fraction(generator)
        spread = fraction(generator) * min(m1, 1 - m1)
        ends = sorted(generator.sample(range(11), 2))
        drawn = {
            "m1": m1, "m2": m1**2 + spread**2, "kappa": 2 * fraction(generator) - 1, "sigma": fraction(generator),
            "w0": fraction(generator), "k": sp.Integer(generator.randint(0, 3)), "d": sp.Integer(2),
            "low": sp.Rational(ends[0], 10), "high": sp.Rational(ends[1], 10),
        }  # fmt: skip
        return {name: drawn[name] for name in names}

    return sample


def _uniform_left(point: Point) -> sp.Expr:
    """Through the two moments, integrated at the point."""
    ends = {LOW: point["low"], HIGH: point["high"]}
    moments = {symbol: moment.subs(ends) for symbol, moment in uniform_moments().items()}
    return (independent_limit(sp.S.One) / POWER).subs(moments) * point["d"] * point["sigma"] ** 2


def _entry(
    part: str, text: str, latex: str, left: Any, right: sp.Expr, names: tuple[str, ...], reason: str, *,
    prove: Callable[[], Any], derived: Callable[[], sp.Expr], experiments: tuple[Experiment, ...],
    example: Mapping[str, sp.Expr] | None = None,
) -> Claim:
    return own_claim(
        f"C.7/{part}", f"For i.i.d. rho_k independent of the noise, m2 < 1: {text}.", Form(text, latex, left, right),
        prove, reason, example=example or {name: EXAMPLE[name] for name in names}, names=names, sample=_sample(*names),
        experiments=experiments, place=PLACE, derived=derived,
    )  # fmt: skip


FINITE_PRINTED = M2 ** (K + 1) * W0**2 + (1 + (KAPPA**2 - 2 * KAPPA * M1 + M2) * (1 - M2**K) / (1 - M2)) * POWER
UNIFORM_EXAMPLE = {"low": sp.Rational(1, 2), "high": sp.S.One, "d": sp.S.One, "sigma": sp.S.One}
LIMIT_LATEX = r"\lim_{k\to\infty} \mathbb{E}\|w_k\|^2 = "

CLAIMS: tuple[Claim, ...] = (
    _entry(
        "iid-finite",
        "with eps_0 = xi_0, E|w_{k+1}|^2 = m2^(k+1) |w_0|^2 "
        "+ (1 + (kappa^2 - 2 kappa m1 + m2)(1-m2^k)/(1-m2)) d sigma^2",
        r"\mathbb{E}\|w_{k+1}\|^2 = m_2^{k+1}\|w_0\|^2"
        r" + \Bigl(1 + (\kappa^2 - 2\kappa m_1 + m_2)\frac{1-m_2^k}{1-m_2}\Bigr) d\sigma^2",
        _two_point_mean, FINITE_PRINTED, ("m1", "m2", "kappa", "k", "d", "sigma", "w0"),
        "The second-moment recursion averaged over the fresh rho_k, solved by induction. The exact value shown is the "
        "mean over all paths of a two-point law with these moments.",
        prove=lambda: prove_independent(KAPPA), derived=lambda: independent_finite(KAPPA),
        experiments=(
            _experiment(UNIFORM, 1.0, STEPS, lambda: independent_finite(KAPPA)),
            _experiment(DISCRETE, 0.5, STEPS, lambda: independent_finite(KAPPA)),
        ),
    ),
    _entry(
        "iid-limit", "lim E|w_k|^2 = 2 (1-m1) / (1-m2) d sigma^2 for anticorrelated noise",
        LIMIT_LATEX + r"\frac{2(1-m_1)}{1-m_2}\, d\sigma^2", None, 2 * (1 - M1) / (1 - M2) * POWER,
        ("m1", "m2", "d", "sigma"),
        "The fixed point of the averaged recursion; the distance to it shrinks by m2 a step.",
        prove=lambda: prove_independent(sp.S.One), derived=lambda: independent_limit(sp.S.One),
        experiments=(_experiment(DISCRETE, 1.0, LONG, lambda: independent_limit(KAPPA)),),
    ),
    _entry(
        "iid-limit-kappa", "lim E|w_k|^2 = (1 + kappa^2 - 2 kappa m1) / (1-m2) d sigma^2",
        LIMIT_LATEX + r"\frac{1+\kappa^2-2\kappa m_1}{1-m_2}\, d\sigma^2", None,
        (1 + KAPPA**2 - 2 * KAPPA * M1) / (1 - M2) * POWER, ("m1", "m2", "kappa", "d", "sigma"),
        "As for kappa = 1; kappa = m1 is the best correlation.",
        prove=lambda: prove_independent(KAPPA), derived=lambda: independent_limit(KAPPA),
        experiments=(_experiment(UNIFORM, 0.5, LONG, lambda: independent_limit(KAPPA)),),
    ),
    _entry(
        "uniform",
        "rho_k uniform on [low, high] in [0, 1]: lim E|w_k|^2 = 3 (2-low-high) / (3-low^2-low high-high^2) d sigma^2",
        LIMIT_LATEX + r"\frac{3(2-\ell-h)}{3-\ell^2-\ell h-h^2}\, d\sigma^2,\ \rho_k \sim U[\ell, h]", _uniform_left,
        3 * (2 - LOW - HIGH) / (3 - LOW**2 - LOW * HIGH - HIGH**2) * POWER, ("low", "high", "d", "sigma"),
        "Both moments integrated and put into the general limit.",
        prove=lambda: prove_independent(sp.S.One), derived=uniform_limit, experiments=(_uniform_experiment(),),
        example=UNIFORM_EXAMPLE,
    ),
    own_claim(
        "C.7/iid-bound",
        "Proposition C.7 holds for i.i.d. rho_k in [0, 1] with P(rho_k < 1) > 0 that are independent of the noise: the "
        "limit exists and is at most 2 d sigma^2, with equality exactly when rho_k is 0 or 1.",
        Form("2 (1-m1) / (1-m2) d sigma^2 <= 2 d sigma^2", r"\frac{2(1-m_1)}{1-m_2}\, d\sigma^2 \le 2 d\sigma^2",
             2 * (1 - M1) / (1 - M2) * POWER, 2 * POWER, "<="),
        prove_independent_bound, "The slack is 2 E[rho (1-rho)] / (1-m2) d sigma^2, and m2 < 1.",
        example={name: EXAMPLE[name] for name in ("m1", "m2", "d", "sigma")}, names=("m1", "m2", "d", "sigma"),
        sample=_sample("m1", "m2", "d", "sigma"), place=PLACE,
        within=Domain(
            {**domain("d", "sigma").sets, "m1": sp.Interval(0, 1), "m2": sp.Interval.Ropen(0, 1)},
            (M1**2 <= M2, M2 <= M1),
        ),
    ),
)  # fmt: skip
