"""The expected rise of the loss, Eq. 11, and its derivation, Eq. 22-26."""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

from theory.claims.anisotropic._common import (
    PAPER,
    at_point,
    entry,
    exact_efficiency,
    exact_process,
    matrix_claim,
    over_times,
)
from theory.claims.claim import Claim, Derivation, Experiment, Form, Point, Verdict
from theory.ornstein_uhlenbeck import escape_counterexamples, escape_identity
from theory.ornstein_uhlenbeck.exact import EXAMPLE, SYMBOLS, ExactProcess, sample_point, tidy
from theory.ornstein_uhlenbeck.process import S_TIME, squared_gradient
from theory.ornstein_uhlenbeck.short_time import first_order
from theory.ornstein_uhlenbeck.spectral_calculus import T

SECTION = "Section 3.1"
APPENDIX = "Appendix A.1"


def _right_of_eq11(process: ExactProcess, point: Point) -> sp.Expr:
    """-int_0^t E |H theta_s|^2 ds + t tr(H Sigma) / 2, from two Lyapunov systems."""
    h, t = process.hessian, point["t"]
    return tidy(-(h * h * process.integrated_covariance(t)).trace() + t * (h * process.sigma).trace() / 2)


IDENTITY = Form(
    text="E[L(theta_t) - L(theta_0)] = -int_0^t E |grad L|^2 ds + int_0^t E tr(H_s Sigma_s)/2 ds",
    latex=r"\mathbb E[L(\theta_t)-L(\theta_0)]=-\int_0^t\mathbb E[\nabla L^T\nabla L]\,ds"
    r"+\int_0^t\tfrac12\mathbb E\,\mathrm{Tr}(H_s\Sigma_s)\,ds",
    left=at_point(exact_efficiency),
    right=at_point(_right_of_eq11),
)
TIMES = (0.05, 0.1, 0.25, 0.5, 1.0)


def _right_side_psi(gradient: int = 1, trace: sp.Expr = sp.S.One) -> sp.Expr:
    """psi of the right side of Eq. 11 with factors on its two terms."""
    inner = sp.integrate(sp.expand(squared_gradient().subs(T, S_TIME)), (S_TIME, 0, T))
    return -gradient * inner + trace * first_order()


EQ11 = matrix_claim(
    "Eq11",
    f"{SECTION}, Eq. 11 (the first integral lacks its ds)",
    "Expected rise of the loss, wherever the stochastic integral of Eq. 24 has mean zero.",
    IDENTITY,
    escape_identity.prove_identity,
    "Ito's formula; both sides are computed for every quadratic loss with constant Sigma and for a loss that is not "
    "quadratic with Sigma depending on theta. What the stochastic integral needs is Eq11/assumption.",
    experiments=(
        Experiment(
            name="3-dimensional Ornstein-Uhlenbeck process, H and Sigma do not commute, exact transitions",
            simulate=exact_process(TIMES, 400_000),
            expected=lambda: over_times(_right_side_psi(), TIMES)(),
            mutants={
                "without the gradient term": lambda: over_times(_right_side_psi(gradient=0), TIMES)(),
                "gradient term with the other sign": lambda: over_times(_right_side_psi(gradient=-1), TIMES)(),
                "tr(H Sigma) for tr(H Sigma)/2": lambda: over_times(_right_side_psi(trace=sp.Integer(2)), TIMES)(),
            },
        ),
    ),
)


def _finite_left_side(point: Point) -> sp.Expr:
    """E L(theta_t) of the counterexample, from E R^{-1} and E R^{-2} of a Brownian distance in three dimensions."""
    t = sp.sympify(point["t"])
    first = sp.erf(1 / sp.sqrt(2 * t))
    second = sp.sqrt(2 * t) / t * sp.exp(-1 / (2 * t)) * sp.sqrt(sp.pi) / 2 * sp.erfi(1 / sp.sqrt(2 * t))
    return sp.exp(-2 * t) * (1 - 2 * first + second) / 2


WITH_CONDITION = Form(
    text=f"{IDENTITY.text}, if theta_t exists up to t and E int_0^t |Sigma_s^(1/2) grad L|^2 ds < oo",
    latex=IDENTITY.latex + r"\quad\text{if}\quad\mathbb E\int_0^t|\Sigma_s^{1/2}\nabla L|^2\,ds<\infty",
    left=IDENTITY.left,
    right=IDENTITY.right,
)


@lru_cache
def _derive_assumption() -> Derivation:
    return Derivation(
        form=WITH_CONDITION,
        proof=escape_identity.prove_identity(),
        counterexample=escape_counterexamples.disprove_smoothness_suffices(),
        note="L = theta^2/2 with a smooth Sigma_t(theta): E L stays finite while the right side is infinite.",
    )


EQ11_ASSUMPTION = Claim(
    id=f"{PAPER}/Eq11/assumption",
    paper=PAPER,
    place=f"{SECTION}, proviso of Eq. 11, with {APPENDIX}, first sentences of the proof",
    statement="Eq. 11 needs no more than that the loss is twice continuously differentiable.",
    printed=Form(
        text="Eq. 11 for every L in C^2 [at a point: its two sides for the process of the counterexample]",
        latex=r"L\in C^2\;\Rightarrow\;\text{Eq. 11}",
        left=_finite_left_side,
        right=lambda point: sp.oo,
    ),
    derive=_derive_assumption,
    recorded=Verdict.CORRECTED,
    reason="Ito's formula holds, but its stochastic integral may be a local martingale without mean zero: E L stays "
    "finite and the right side is infinite at every t > 0. A square integrable integrand suffices.",
    example=EXAMPLE,
    symbols=SYMBOLS,
    sample=sample_point,
)

# --- Eq. 22-26 --------------------------------------------------------------------------------------------------

EQ23_FORM = Form(
    text="dL(theta_t) = (-|grad L|^2 + tr(Sigma^(1/2) H Sigma^(1/2))/2) dt + grad L^T Sigma^(1/2) dW",
    latex=r"dL(\theta_t)=\left(-\nabla L^T\nabla L+\tfrac12\mathrm{Tr}(\Sigma_t^{1/2}H_t\Sigma_t^{1/2})\right)dt"
    r"+\nabla L^T\Sigma_t^{1/2}dW_t",
)
EQ23 = entry(
    "Eq23",
    f"{APPENDIX}, Eq. 22-23",
    "Differential of the loss along the process; Sigma^(1/2) is the symmetric root.",
    EQ23_FORM,
    escape_identity.prove_ito_drift,
    "Ito's formula for a free loss and a free symmetric root. With a root that is not symmetric (Cholesky) the "
    "trace would have to be tr(B^T H B).",
)
EQ24 = matrix_claim(
    "Eq24",
    f"{APPENDIX}, Eq. 24",
    "The trace term is tr(H Sigma)/2.",
    Form(
        text="tr(Sigma^(1/2) H Sigma^(1/2)) = tr(H Sigma)",
        latex=r"\mathrm{Tr}(\Sigma_t^{1/2}H_t\Sigma_t^{1/2})=\mathrm{Tr}(H_t\Sigma_t)",
        left=at_point(lambda process, point: sp.radsimp((process.root * process.hessian * process.root).trace())),
        right=at_point(lambda process, point: (process.hessian * process.sigma).trace()),
    ),
    escape_identity.prove_cyclic_trace,
    "The trace is cyclic.",
)


def _rate(process: ExactProcess, point: Point) -> sp.Expr:
    """d/dt E L(theta_t), by differentiating the exact value."""
    time = sp.Symbol("t", positive=True)
    return tidy(sp.diff(process.efficiency(time), time).subs(time, point["t"]))


def _rate_by_moments(process: ExactProcess, point: Point) -> sp.Expr:
    """-E |H theta_t|^2 + tr(H Sigma)/2."""
    h = process.hessian
    return tidy(-(h * h * process.covariance(point["t"])).trace() + (h * process.sigma).trace() / 2)


RATE = Form(
    text="d E L(theta_t) = E(-|grad L|^2 + tr(H Sigma)/2) dt, if E int_0^t |Sigma_s^(1/2) grad L|^2 ds < oo",
    latex=r"d\,\mathbb E L(\theta_t)=\mathbb E\left(-\nabla L^T\nabla L+\tfrac12\mathrm{Tr}(H_t\Sigma_t)\right)dt"
    r"\quad\text{if}\quad\mathbb E\int_0^t|\Sigma_s^{1/2}\nabla L|^2\,ds<\infty",
    left=at_point(_rate),
    right=at_point(_rate_by_moments),
)


@lru_cache
def _derive_eq25() -> Derivation:
    return Derivation(
        form=RATE,
        proof=escape_identity.prove_identity(),
        counterexample=escape_counterexamples.disprove_smoothness_suffices(),
        note="That Brownian motion has mean zero does not give its stochastic integrals mean zero.",
    )


EQ25 = Claim(
    id=f"{PAPER}/Eq25",
    paper=PAPER,
    place=f"{APPENDIX}, Eq. 25 and the reason given for it",
    statement="The stochastic integral drops out of the expectation because Brownian motion has mean zero.",
    printed=Form(
        text="d E L(theta_t) = E(-|grad L|^2 + tr(H Sigma)/2) dt for every L in C^2",
        latex=r"d\,\mathbb E L(\theta_t)=\mathbb E\left(-\nabla L^T\nabla L+\tfrac12\mathrm{Tr}(H_t\Sigma_t)\right)dt",
    ),
    derive=_derive_eq25,
    recorded=Verdict.CORRECTED,
    reason="The reason does not suffice for L in C^2: the integral of grad L^T Sigma^(1/2) may have another mean (see "
    "Eq11/assumption). It is zero if the integrand is square integrable.",
    example=EXAMPLE,
    symbols=SYMBOLS,
    sample=sample_point,
)
EQ26 = matrix_claim(
    "Eq26",
    f"{APPENDIX}, Eq. 26 (the first integral lacks its ds)",
    "Where Eq. 25 holds, its integral over time is Eq. 11.",
    Form(
        text="E L(theta_t) = L(theta_0) - int_0^t E |grad L|^2 ds + int_0^t E tr(H_s Sigma_s)/2 ds",
        latex=r"\mathbb E L(\theta_t)=L(\theta_0)-\int_0^t\mathbb E(\nabla L^T\nabla L)\,ds"
        r"+\int_0^t\tfrac12\mathbb E\,\mathrm{Tr}(H_s\Sigma_s)\,ds",
        left=IDENTITY.left,
        right=IDENTITY.right,
    ),
    escape_identity.prove_identity,
    "Eq. 25 integrated from 0 to t.",
)

CLAIMS: tuple[Claim, ...] = (EQ11, EQ11_ASSUMPTION, EQ23, EQ24, EQ25, EQ26)
