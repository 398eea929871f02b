"""The closed form of the escaping efficiency: the equality in Eq. 13, and what lies beyond it."""

from __future__ import annotations

import random
from functools import lru_cache

import numpy as np
import sympy as sp

from theory.claims.anisotropic._common import (
    HESSIAN,
    SIGMA,
    SINGULAR,
    at_point,
    closed_form,
    diagonal,
    exact_efficiency,
    exact_process,
    isotropic,
    matrix_claim,
    over_times,
    predictions,
)
from theory.claims.claim import Claim, Experiment, Form, Point
from theory.ornstein_uhlenbeck import process as ou
from theory.ornstein_uhlenbeck.exact import EXAMPLE, SYMBOLS, ExactProcess, sample_point, tidy
from theory.ornstein_uhlenbeck.spectral_calculus import EIGENVALUE, T

SECTION = "Section 3.1"

# --- Eq. 13, the equality ---------------------------------------------------------------------------------------

TIMES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
WRONG = {
    "e^{-Ht} for e^{-2Ht}": (1 - sp.exp(-EIGENVALUE * T)) / 4,
    "1/2 for 1/4": (1 - sp.exp(-2 * EIGENVALUE * T)) / 2,
    "e^{-4Ht} for e^{-2Ht}": (1 - sp.exp(-4 * EIGENVALUE * T)) / 4,
}


def efficiency_experiment(name: str, hessian: np.ndarray, times: tuple[float, ...] = TIMES) -> Experiment:
    """The mean loss at several times against the closed form, with all plausible wrong ones."""
    return Experiment(
        name=name,
        simulate=exact_process(times, 400_000, hessian),
        expected=lambda: over_times(ou.efficiency(), times, hessian)(),
        mutants={
            **{mutant: over_times(psi, times, hessian) for mutant, psi in WRONG.items()},
            "Sigma diagonal": lambda: over_times(ou.efficiency(), times, hessian, diagonal(SIGMA))(),
            "H diagonal": lambda: over_times(ou.efficiency(), times, diagonal(hessian))(),
            "isotropic noise of the same trace": lambda: over_times(
                ou.efficiency(), times, hessian, isotropic(SIGMA)
            )(),
        },
    )


EFFICIENCY = Form(
    text="E[L(theta_t) - L(theta_0)] = tr((I - e^(-2Ht)) Sigma)/4",
    latex=r"\mathbb E[L(\theta_t)-L(\theta_0)]=\tfrac14\mathrm{Tr}\left((I-e^{-2Ht})\Sigma\right)",
    left=at_point(exact_efficiency),
    right=at_point(closed_form),
)
EQ13 = matrix_claim(
    "Eq13",
    f"{SECTION}, Eq. 13, the equality",
    "Escaping efficiency of the Ornstein-Uhlenbeck process, H positive definite, Sigma any covariance.",
    EFFICIENCY,
    ou.prove_efficiency,
    "Only the diagonal of Sigma in an eigenbasis of H enters; H and Sigma need not commute.",
    experiments=(efficiency_experiment("3 dimensions, H and Sigma do not commute, exact transitions", HESSIAN),),
)


def _exact_singular(process: ExactProcess, point: Point) -> sp.Expr:
    """E L from Ito's isometry between spectral projections, which needs no inverse."""
    return tidy((process.hessian * process.isometry(point["t"])).trace() / 2)


def _sample_any(generator: random.Random) -> Point:
    """A Hessian of rank one, (a, -b)^T (a, -b), or one with eigenvalues of both signs."""
    point = dict(sample_point(generator))
    a, b = (sp.Rational(generator.randint(1, 9), generator.randint(1, 4)) for _ in range(2))
    if generator.randrange(2) == 0:
        return {**point, "h11": a * a, "h12": -a * b, "h22": b * b}
    return {**point, "h11": a, "h12": sp.Integer(0), "h22": -b}


EQ13_SINGULAR = matrix_claim(
    "Eq13/singular",
    f"{SECTION}, Eq. 13 beyond its assumption on H",
    "The closed form holds for every symmetric H: flat directions and directions of negative curvature included.",
    Form(
        text="E[L(theta_t) - L(theta_0)] = tr((I - e^(-2Ht)) Sigma)/4 for every symmetric H",
        latex=EFFICIENCY.latex + r"\quad\text{for every } H=H^T",
        left=at_point(_exact_singular, definite=False),
        right=at_point(closed_form, definite=False),
    ),
    ou.prove_efficiency_any_symmetric,
    "The moment equation has the solution for every sign of the eigenvalue; eigenvalue 0 contributes 0.",
    new=True,
    example={**EXAMPLE, "h11": sp.Integer(1), "h12": sp.Integer(2), "h22": sp.Integer(4)},
    symbols={**SYMBOLS, "h12": "H_12 = H_21; H any symmetric matrix"},
    sample=_sample_any,
    experiments=(efficiency_experiment("3 dimensions, H of rank 2, exact transitions", SINGULAR),),
)


def pinched(hessian: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Sigma without its entries off the diagonal in an eigenbasis of H."""
    _, basis = np.linalg.eigh(hessian)
    return basis @ np.diag(np.einsum("ki,kl,li->i", basis, sigma, basis)) @ basis.T


def _pinched_process(process: ExactProcess) -> ExactProcess:
    parts = (projection * process.sigma * projection for _, projection in process.projections)
    return ExactProcess(process.hessian, sp.ImmutableMatrix(sum(parts, sp.zeros(2, 2))))


PINCHING_TIMES = (0.1, 0.5, 1.0)
PINCHING = matrix_claim(
    "Eq13/commuting-part",
    f"{SECTION}, Eq. 13, a consequence",
    "Only the part of Sigma that commutes with H matters: removing the rest (pinching) leaves E L unchanged.",
    Form(
        text="E L(theta_t) is the same for Sigma and for sum_k P_k Sigma P_k, P_k the eigenprojections of H",
        latex=r"\mathbb E L(\theta_t)\big|_{\Sigma}=\mathbb E L(\theta_t)\big|_{\sum_kP_k\Sigma P_k}",
        left=at_point(exact_efficiency),
        right=at_point(lambda process, point: _pinched_process(process).efficiency(point["t"])),
    ),
    ou.prove_pinching,
    "The trace sees only the diagonal of Sigma in an eigenbasis of H.",
    new=True,
    experiments=(
        Experiment(
            name="simulated with the pinched Sigma, predicted with Sigma, 3 dimensions",
            simulate=exact_process(PINCHING_TIMES, 400_000, HESSIAN, pinched(HESSIAN, SIGMA)),
            expected=lambda: over_times(ou.efficiency(), PINCHING_TIMES)(),
            mutants={
                "Sigma diagonal in the coordinate axes instead": lambda: over_times(
                    ou.efficiency(), PINCHING_TIMES, HESSIAN, diagonal(SIGMA)
                )(),
                "isotropic noise of the same trace": lambda: over_times(
                    ou.efficiency(), PINCHING_TIMES, HESSIAN, isotropic(SIGMA)
                )(),
            },
        ),
    ),
)

LATE = 30.0


@lru_cache
def _stationary(hessian_name: str) -> np.ndarray:
    """tr(P Sigma)/4: the limits of psi at positive and at zero eigenvalues, weighted."""
    hessian = {"definite": HESSIAN, "singular": SINGULAR}[hessian_name]
    positive, zero = ou.stationary_efficiency()
    values, basis = np.linalg.eigh(hessian)
    weights = np.einsum("ki,kl,li->i", basis, SIGMA, basis)
    return np.array([sum(float(positive if v > 1e-9 else zero) * w for v, w in zip(values, weights))])


STATIONARY = matrix_claim(
    "Eq13/stationary",
    f"{SECTION}, Eq. 13, long times",
    "The efficiency saturates: at a quarter of the noise that falls on the range of H.",
    Form(
        text="lim E L(theta_t) as t -> oo = tr(P Sigma)/4, P the projector onto the range of H [at a point: P = I]",
        latex=r"\lim_{t\to\infty}\mathbb E L(\theta_t)=\tfrac14\mathrm{Tr}(P\Sigma)",
        left=at_point(lambda process, point: (process.hessian * process.lyapunov(process.sigma)).trace() / 2),
        right=at_point(lambda process, point: process.sigma.trace() / 4),
    ),
    ou.prove_stationary,
    "e^(-2Ht) tends to the projector onto the kernel of H. Long after t tr(H Sigma)/2 has stopped to be of use.",
    new=True,
    experiments=(
        Experiment(
            name=f"singular H, t = {LATE:g}, exact transition",
            simulate=exact_process((LATE,), 400_000, SINGULAR),
            expected=lambda: _stationary("singular"),
            mutants={
                "tr(Sigma)/4 although H is singular": lambda: np.array([np.trace(SIGMA) / 4]),
                "tr(P Sigma)/2": lambda: 2 * _stationary("singular"),
                "t tr(H Sigma)/2": lambda: predictions(EIGENVALUE * T / 2, [{T: LATE}], SINGULAR),
            },
        ),
    ),
)

CLAIMS: tuple[Claim, ...] = (EQ13, EQ13_SINGULAR, PINCHING, STATIONARY)
