"""Anti-PGD paper, Appendix C.1.1: Corollary C.5, constant contraction factor, finite k and limits, both noises."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy as sp

from theory.claims.antipgd._linear import (
    PAPER,
    at_steps,
    domain,
    enumerated,
    recurrence_experiment,
    sampler,
    symbols,
)
from theory.claims.claim import Claim, Derivation, Experiment, Form, Point, Verdict
from theory.linear.momentum import stationary_moments
from theory.linear.second_moments import (
    BETA,
    KAPPA,
    POWER,
    RHO,
    W0,
    D,
    K,
    finite,
    limit,
    prove_finite,
    prove_limit,
)
from theory.proof import Blackboard, Proof

PLACE = "Appendix C.1.1, Corollary C.5"
ANTI, PLAIN = sp.S.One, sp.S.Zero
FINITE_STEPS = (1, 2, 3, 5, 10, 30)
LIMIT_STEPS = (60, 80)
POINT = {"rho": 0.6, "d": 4, "sigma": 0.5, "w0": 1.0}  # not 1/2: there both noises give the same moments
EXAMPLE = {"rho": sp.Rational(1, 2), "k": sp.Integer(2), "d": sp.S.One, "sigma": sp.S.One, "w0": sp.S.One}
START = RHO ** (2 * (K + 1)) * W0**2

PRINTED48 = START + (1 + (1 - RHO) ** 2 * (1 - RHO ** (2 * (K + 1))) / (1 - RHO**2)) * POWER
PRINTED48_LIMIT = 2 / (1 + RHO) * POWER
PRINTED49 = START + (1 - RHO ** (2 * (K + 1))) / (1 - RHO**2) * POWER
PRINTED49_LIMIT = 1 / (1 - RHO**2) * POWER

TEXT48 = "E|w_{k+1}|^2 = rho^(2(k+1)) |w_0|^2 + (1 + (1-rho)^2 (1-rho^(%s)) / (1-rho^2)) d sigma^2"
LATEX48 = (
    r"\mathbb{E}\|w_{k+1}\|^2 = \rho^{2(k+1)} \|w_0\|^2 + \left(1 + \frac{(1-\rho)^2 (1-\rho^{%s})}{1-\rho^2}\right)"
    r" d\sigma^2"
)
TEXT49 = "E|w_{k+1}|^2 = rho^(2(k+1)) |w_0|^2 + (1-rho^(2(k+1))) / (1-rho^2) d sigma^2"
LATEX49 = (
    r"\mathbb{E}\|w_{k+1}\|^2 = \rho^{2(k+1)} \|w_0\|^2 + \frac{1-\rho^{2(k+1)}}{1-\rho^2}\, d\sigma^2"
)


def at_times(
    formula: Callable[[], sp.Expr], steps: tuple[int, ...] = FINITE_STEPS
) -> Callable[[], np.ndarray]:
    """Predictions of a formula at the experiments' point; the formula is built when they are asked for."""
    return lambda: at_steps(formula(), steps, POINT)


def stationary_left(kappa: sp.Expr | None = None) -> Callable[[Point], sp.Expr]:
    """The limit at a point from the linear system of all second moments, without momentum."""

    def left(point: Point) -> sp.Expr:
        correlation = point["kappa"] if kappa is None else kappa
        unit = stationary_moments()[0, 0].subs(BETA, 0)
        return unit.subs({RHO: point["rho"], KAPPA: correlation}) * point["d"] * point["sigma"] ** 2

    return left


def _refute_finite() -> Proof:
    """Printed minus derived is (1 - rho)^2 rho^(2k) d sigma^2 > 0 for every k, and enumeration sides with ours."""
    board = Blackboard("difference of the printed and the derived form, and exact enumeration of +-sigma noise")
    r = sp.Symbol("r", positive=True)  # rho^(2k)
    printed, derived = (sp.expand(e).subs(RHO ** (2 * K), r) for e in (PRINTED48, finite(ANTI)))
    board.equal("printed - derived with r = rho^(2k)", printed - derived, (1 - RHO) ** 2 * r * POWER)
    interval = {RHO: (sp.S.Zero, sp.S.One)}
    board.nonnegative("(1 - rho)^2 > 0", (1 - RHO) ** 2, interval, strict=True)
    names = {"rho": RHO, "k": K, "d": D, "sigma": sp.Symbol("sigma", positive=True), "w0": W0}
    for k in range(4):
        point = {**EXAMPLE, "k": sp.Integer(k)}
        true = enumerated(ANTI)(point)
        shown = PRINTED48.subs({names[n]: v for n, v in point.items()})
        board.differ(f"enumerated against printed, k = {k}, rho = 1/2, d = sigma = |w_0| = 1", true, shown)
    return board.proof()


def _finite_experiment(kappa: sp.Expr, printed: Callable[[], np.ndarray] | None) -> Experiment:
    kind = "anticorrelated" if kappa else "plain"

    def with_noise(change: Callable[[sp.Expr], sp.Expr]) -> Callable[[], np.ndarray]:
        return at_times(lambda: START + change(finite(kappa).subs(W0, 0)))

    mutants = {
        "rho for rho^2": at_times(lambda: finite(kappa).subs(RHO, sp.sqrt(RHO))),
        "sigma for sigma^2": with_noise(lambda noise: 2 * noise),  # sigma is 1/2
        "d missing": with_noise(lambda noise: noise / D),
        "half the noise": with_noise(lambda noise: noise / 2),
        "start off by one step": at_times(lambda: START / RHO**2 + finite(kappa).subs(W0, 0)),
        "the other noise": at_times(lambda: finite(1 - kappa)),
    }
    if kappa:
        mutants["exponent 2(k-1)"] = with_noise(
            lambda noise: (1 + (1 - RHO) ** 2 * (1 - RHO ** (2 * (K - 1))) / (1 - RHO**2)) * POWER
        )
        mutants["1 - rho for (1 - rho)^2"] = with_noise(
            lambda noise: (1 + (1 - RHO) * (1 - RHO ** (2 * K)) / (1 - RHO**2)) * POWER
        )
    else:
        mutants["exponent 2k"] = with_noise(lambda noise: (1 - RHO ** (2 * K)) / (1 - RHO**2) * POWER)
    return recurrence_experiment(
        f"rho = 0.6, {kind} noise, d = 4, sigma = 1/2, |w_0| = 1, small and large k",
        rho=0.6, at=FINITE_STEPS, kappa=float(kappa), expected=at_times(lambda: finite(kappa)), printed=printed,
        mutants=mutants, dim=4, sigma=0.5, w0=1.0,
    )  # fmt: skip


def _limit_experiment(kappa: sp.Expr) -> Experiment:
    kind = "anticorrelated" if kappa else "plain"
    wrong = {"1/(1 + rho)": 1 / (1 + RHO), "2/(1 + rho^2)": 2 / (1 + RHO**2), "1/(1 - rho^2)": 1 / (1 - RHO**2)}
    if not kappa:
        wrong = {"1/(1 - rho)": 1 / (1 - RHO), "1/(1 - rho)^2": 1 / (1 - RHO) ** 2, "2/(1 + rho)": 2 / (1 + RHO)}

    def limits(change: Callable[[sp.Expr], sp.Expr]) -> Callable[[], np.ndarray]:
        return at_times(lambda: change(limit(kappa)), LIMIT_STEPS)

    mutants = {name: limits(lambda value, f=factor: f * POWER) for name, factor in wrong.items()}  # type: ignore[misc]
    mutants["sigma for sigma^2"] = limits(lambda value: 2 * value)
    mutants["d missing"] = limits(lambda value: value / D)
    return recurrence_experiment(
        f"rho = 0.6, {kind} noise, d = 4, sigma = 1/2, |w_0| = 1, after {LIMIT_STEPS[0]} and {LIMIT_STEPS[1]} steps",
        rho=0.6, at=LIMIT_STEPS, kappa=float(kappa), expected=limits(lambda value: value), mutants=mutants,
        dim=4, sigma=0.5, w0=1.0,
    )  # fmt: skip


def _finite_claim(
    part: str, number: int, kappa: sp.Expr, printed: Form, derived: Form, verdict: Verdict, reason: str
) -> Claim:
    kind = "anticorrelated" if kappa else "standard"
    wrong = verdict is Verdict.CORRECTED

    def derive() -> Derivation:
        form = Form(derived.text, derived.latex, enumerated(kappa), finite(kappa))
        counterexample = _refute_finite() if wrong else None
        return Derivation(form, prove_finite(kappa), counterexample, reason)

    return Claim(
        id=f"{PAPER}/C.5/{part}",
        paper=PAPER,
        place=f"{PLACE}, Eq. {number}, finite k",
        statement=f"For every k >= 0 and rho in (0, 1), with {kind} noise: {printed.text}.",
        printed=printed,
        derive=derive,
        recorded=verdict,
        reason=reason,
        experiments=(_finite_experiment(kappa, at_times(lambda: PRINTED48) if wrong else None),),
        example=EXAMPLE,
        symbols=symbols("rho", "k", "d", "sigma", "w0"),
        sample=sampler("rho", "k", "d", "sigma", "w0"),
        domain=domain("rho", "k", "d", "sigma", "w0"),
    )


def _limit_claim(part: str, number: int, kappa: sp.Expr, text: str, latex: str, printed: sp.Expr) -> Claim:
    kind = "anticorrelated" if kappa else "standard"

    def derive() -> Derivation:
        return Derivation(Form(text, latex, stationary_left(kappa), limit(kappa)), prove_limit(kappa))

    return Claim(
        id=f"{PAPER}/C.5/{part}",
        paper=PAPER,
        place=f"{PLACE}, Eq. {number}, limit",
        statement=f"For rho in (0, 1), with {kind} noise: {text}.",
        printed=Form(text, latex, stationary_left(kappa), printed),
        derive=derive,
        recorded=Verdict.PROVED,
        reason="The fixed point of the second-moment recursion; the distance to it shrinks by rho^2 a step.",
        experiments=(_limit_experiment(kappa),),
        example={name: EXAMPLE[name] for name in ("rho", "d", "sigma")},
        symbols=symbols("rho", "d", "sigma"),
        sample=sampler("rho", "d", "sigma"),
        domain=domain("rho", "d", "sigma"),
    )


LIMIT48 = "lim E|w_k|^2 = 2/(1+rho) d sigma^2"
LIMIT49 = "lim E|w_k|^2 = 1/(1-rho^2) d sigma^2"
CORRECT48 = TEXT48 % "2k" + " = rho^(2(k+1)) |w_0|^2 + (2 - (1-rho) rho^(2k)) / (1+rho) d sigma^2"


def _claims() -> tuple[Claim, ...]:
    return (
        _finite_claim(
            "finite-anticorrelated", 48, ANTI,
            Form(TEXT48 % "2(k+1)", LATEX48 % "2(k+1)", enumerated(ANTI), PRINTED48),
            Form(CORRECT48, LATEX48 % "2k"), Verdict.CORRECTED,
            "The geometric sum of Eq. 44 has k terms, so its exponent is 2k, not 2(k+1); the printed value is too "
            "large by (1-rho)^2 rho^(2k) d sigma^2. The limit is not affected.",
        ),
        _limit_claim("limit-anticorrelated", 48, ANTI, LIMIT48,
                     r"\lim_{k\to\infty} \mathbb{E}\|w_k\|^2 = \frac{2}{1+\rho}\, d\sigma^2", PRINTED48_LIMIT),
        _finite_claim(
            "finite-standard", 49, PLAIN, Form(TEXT49, LATEX49, enumerated(PLAIN), PRINTED49),
            Form(TEXT49, LATEX49), Verdict.PROVED,
            "The second-moment recursion, solved: base case and induction step.",
        ),
        _limit_claim("limit-standard", 49, PLAIN, LIMIT49,
                     r"\lim_{k\to\infty} \mathbb{E}\|w_k\|^2 = \frac{1}{1-\rho^2}\, d\sigma^2", PRINTED49_LIMIT),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = _claims()
