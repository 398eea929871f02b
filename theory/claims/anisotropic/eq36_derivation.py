"""The derivation of the closed form in Eq. 13, line by line: Eq. 36-42."""

from __future__ import annotations

import sympy as sp

from theory.claims.anisotropic._common import IDENTITY, at_point, closed_form, exact_efficiency, matrix_claim
from theory.claims.claim import Claim, Form, Point
from theory.ornstein_uhlenbeck import displayed_steps as steps
from theory.ornstein_uhlenbeck.exact import ExactProcess, tidy

APPENDIX = "Appendix A.2"


def _summed(process: ExactProcess, point: Point) -> sp.Expr:
    """sum_ij H_ij E theta_i theta_j / 2."""
    h, c = process.hessian, process.covariance(point["t"])
    return tidy(sum(h[i, j] * c[i, j] for i in range(2) for j in range(2)) / 2)


def _moments(process: ExactProcess, point: Point) -> sp.Expr:
    """tr(H E theta theta^T) / 2."""
    return tidy((process.hessian * process.covariance(point["t"])).trace() / 2)


def _integral(process: ExactProcess, point: Point) -> sp.Expr:
    """int_0^t tr(H e^{H(s-t)} Sigma e^{H(s-t)}) ds / 2, between spectral projections."""
    return tidy((process.hessian * process.isometry(point["t"])).trace() / 2)


def _moved(process: ExactProcess, point: Point) -> sp.Expr:
    """The same with H to the right of e^{H(s-t)}: sum of P_k H Sigma P_l times the integrated exponentials."""
    moved = ExactProcess(process.hessian, sp.ImmutableMatrix(process.hessian * process.sigma))
    return tidy(moved.isometry(point["t"]).trace() / 2)


def _doubled(process: ExactProcess, point: Point) -> sp.Expr:
    """int_0^t tr(e^{2H(s-t)} H Sigma) ds / 2, the exponential integrated projection by projection."""
    t = point["t"]
    integral = sp.zeros(2, 2)
    for value, projection in process.projections:
        integral += (1 - sp.exp(sp.expand(-2 * value * t))) * sp.radsimp(1 / (2 * value)) * projection
    return tidy((integral * process.hessian * process.sigma).trace() / 2)


def _inverted(process: ExactProcess, point: Point) -> sp.Expr:
    """tr(H^{-1} (I - e^{-2Ht}) H Sigma / 2) / 2."""
    h = process.hessian
    return tidy((h.inv() / 2 * (IDENTITY - process.exp(-2 * point["t"])) * h * process.sigma).trace() / 2)


EQ36 = matrix_claim(
    "Eq36",
    f"{APPENDIX}, Eq. 36",
    "The loss is half the number theta^T H theta, its own trace.",
    Form(
        text="E L(theta_t) = E tr(theta_t^T H theta_t)/2",
        latex=r"\mathbb E L(\theta_t)=\tfrac12\mathbb E\,\mathrm{Tr}(\theta_t^TH\theta_t)",
        left=at_point(exact_efficiency),
        right=at_point(_summed),
    ),
    steps.prove_scalar_trace,
    "A 1 x 1 matrix is its own trace.",
)
EQ37 = matrix_claim(
    "Eq37",
    f"{APPENDIX}, Eq. 37",
    "Trace and expectation exchange, and the trace is cyclic.",
    Form(
        text="E L(theta_t) = tr(H E theta_t theta_t^T)/2",
        latex=r"\mathbb E L(\theta_t)=\tfrac12\mathrm{Tr}(H\,\mathbb E\theta_t\theta_t^T)",
        left=at_point(exact_efficiency),
        right=at_point(_moments),
    ),
    steps.prove_trace_of_outer,
    "Linear in theta theta^T.",
)
EQ38 = matrix_claim(
    "Eq38",
    f"{APPENDIX}, Eq. 38",
    "The covariance of Eq. 35 inserted.",
    Form(
        text="E L(theta_t) = int_0^t tr(H e^(H(s-t)) Sigma e^(H(s-t))) ds / 2",
        latex=r"\mathbb E L(\theta_t)=\tfrac12\int_0^t\mathrm{Tr}(He^{H(s-t)}\Sigma e^{H(s-t)})\,ds",
        left=at_point(_moments),
        right=at_point(_integral),
    ),
    steps.prove_inserted,
    "Trace and integral exchange.",
)
EQ39 = matrix_claim(
    "Eq39",
    f"{APPENDIX}, Eq. 39",
    "H moves to the other side of e^(H(s-t)).",
    Form(
        text="int tr(H e^(H(s-t)) Sigma e^(H(s-t))) ds / 2 = int tr(e^(H(s-t)) H Sigma e^(H(s-t))) ds / 2",
        latex=r"\tfrac12\int_0^t\mathrm{Tr}(He^{H(s-t)}\Sigma e^{H(s-t)})ds"
        r"=\tfrac12\int_0^t\mathrm{Tr}(e^{H(s-t)}H\Sigma e^{H(s-t)})ds",
        left=at_point(_integral),
        right=at_point(_moved),
    ),
    steps.prove_commuting,
    "H commutes with every function of H; that, rather than the symmetry named in the text, is the reason.",
)
EQ40 = matrix_claim(
    "Eq40",
    f"{APPENDIX}, Eq. 40",
    "The two exponentials meet under the trace.",
    Form(
        text="int tr(e^(H(s-t)) H Sigma e^(H(s-t))) ds / 2 = int tr(e^(2H(s-t)) H Sigma) ds / 2",
        latex=r"\tfrac12\int_0^t\mathrm{Tr}(e^{H(s-t)}H\Sigma e^{H(s-t)})ds"
        r"=\tfrac12\int_0^t\mathrm{Tr}(e^{2H(s-t)}H\Sigma)\,ds",
        left=at_point(_moved),
        right=at_point(_doubled),
    ),
    steps.prove_cyclic,
    "The trace is cyclic. The matrices themselves differ unless H and Sigma commute.",
)
EQ41 = matrix_claim(
    "Eq41",
    f"{APPENDIX}, Eq. 41, H positive definite as in Section 3.1",
    "The exponential integrated over s.",
    Form(
        text="int tr(e^(2H(s-t)) H Sigma) ds / 2 = tr(H^(-1) (I - e^(-2Ht)) H Sigma / 2)/2",
        latex=r"\tfrac12\int_0^t\mathrm{Tr}(e^{2H(s-t)}H\Sigma)ds"
        r"=\tfrac12\mathrm{Tr}\left(\tfrac12H^{-1}(I-e^{-2Ht})H\Sigma\right)",
        left=at_point(_doubled),
        right=at_point(_inverted),
    ),
    steps.prove_integrated,
    "Holds for invertible H; for singular H the inverse does not exist, while Eq. 42 still holds (Eq13/singular).",
)
EQ42 = matrix_claim(
    "Eq42",
    f"{APPENDIX}, Eq. 42",
    "The inverse cancels.",
    Form(
        text="tr(H^(-1) (I - e^(-2Ht)) H Sigma / 2)/2 = tr((I - e^(-2Ht)) Sigma)/4",
        latex=r"\tfrac12\mathrm{Tr}\left(\tfrac12H^{-1}(I-e^{-2Ht})H\Sigma\right)"
        r"=\tfrac14\mathrm{Tr}\left((I-e^{-2Ht})\Sigma\right)",
        left=at_point(_inverted),
        right=at_point(closed_form),
    ),
    steps.prove_cancelled,
    "H commutes with its exponential.",
)

CLAIMS: tuple[Claim, ...] = (EQ36, EQ37, EQ38, EQ39, EQ40, EQ41, EQ42)
