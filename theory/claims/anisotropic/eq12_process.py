"""The Ornstein-Uhlenbeck process of Eq. 12, its solution and its covariance: Eq. 27-35."""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

from theory.claims.anisotropic._common import (
    HESSIAN,
    PAPER,
    SIGMA,
    at_point,
    diagonal,
    entry,
    exact_process,
    matrix_claim,
    over_times,
)
from theory.claims.claim import Claim, Derivation, Experiment, Form, Point, Verdict
from theory.ornstein_uhlenbeck import displayed_steps as steps
from theory.ornstein_uhlenbeck import matrix_exponential
from theory.ornstein_uhlenbeck.exact import EXAMPLE, SYMBOLS, ExactProcess, symmetric, tidy
from theory.ornstein_uhlenbeck.process import trace_of_covariance
from theory.ornstein_uhlenbeck.spectral_calculus import EIGENVALUE, T

APPENDIX = "Appendix A.2"

EQ12_FORM = Form(
    text="d theta_t = -H theta_t dt + Sigma^(1/2) dW_t, theta_0 = 0",
    latex=r"d\theta_t=-H\theta_t\,dt+\Sigma^{1/2}dW_t,\quad\theta_0=0",
)
EQ12 = entry(
    "Eq12",
    "Section 3.1, Eq. 12",
    "With L = theta^T H theta / 2 and constant Sigma, Eq. 9 is this linear equation.",
    EQ12_FORM,
    steps.prove_gradient,
    "The gradient of the quadratic loss is H theta because H is symmetric.",
)

# --- Eq. 27 -----------------------------------------------------------------------------------------------------

A_EXAMPLE = {"a11": sp.Rational(41, 25), "a12": sp.Rational(-12, 25), "a22": sp.Rational(34, 25)}
A_SYMBOLS = {"a11": "A_11", "a12": "A_12 = A_21", "a22": "A_22"}


def _exponential(point: Point) -> sp.ImmutableMatrix:
    """e^A from the spectral projections, which know of no convention about U."""
    process = ExactProcess(symmetric(point, "a"), sp.ImmutableMatrix(sp.zeros(2, 2)))
    return sp.ImmutableMatrix(process.exp(sp.S.One).applyfunc(tidy))


def _columns(point: Point) -> sp.ImmutableMatrix:
    return sp.ImmutableMatrix(matrix_exponential.columns_formula(symmetric(point, "a")).applyfunc(tidy))


def _printed_eq27(point: Point) -> sp.ImmutableMatrix:
    return sp.ImmutableMatrix(matrix_exponential.printed_formula(symmetric(point, "a")).applyfunc(tidy))


COLUMNS = Form(
    text="e^A = U diag(e^lambda_1, ..., e^lambda_n) U^T, eigenvectors in the columns of U",
    latex=r"e^A=U\,\mathrm{diag}(e^{\lambda_1},\dots,e^{\lambda_n})\,U^T",
    left=_exponential,
    right=_columns,
)


@lru_cache
def _derive_eq27() -> Derivation:
    return Derivation(
        form=COLUMNS,
        proof=matrix_exponential.prove_columns(),
        counterexample=matrix_exponential.disprove_columns(),
        note="The transpose stands on the wrong factor unless the eigenvectors are the rows of U.",
    )


EQ27 = Claim(
    id=f"{PAPER}/Eq27",
    paper=PAPER,
    place=f"{APPENDIX}, Eq. 27, eigenvectors in the columns of U",
    statement="Exponential of a symmetric matrix, U the usual eigenvector matrix (eigenvectors are its columns).",
    printed=Form(
        text="e^A = U^T diag(e^lambda_1, ..., e^lambda_n) U, eigenvectors in the columns of U",
        latex=r"e^A:=U^T\mathrm{diag}(e^{\lambda_1},\dots,e^{\lambda_n})\,U",
        left=_exponential,
        right=_printed_eq27,
    ),
    derive=_derive_eq27,
    recorded=Verdict.CORRECTED,
    reason="With eigenvectors as columns it is U diag U^T: a 3-4-5 rotation shows the difference, and in three "
    "dimensions no order and signs of the columns repair it. Nothing after Eq. 27 depends on it.",
    example=A_EXAMPLE,
    symbols=A_SYMBOLS,
)
ROWS = Form(
    text="e^A = U^T diag(e^lambda_1, ..., e^lambda_n) U, eigenvectors in the rows of U",
    latex=r"e^A:=U^T\mathrm{diag}(e^{\lambda_1},\dots,e^{\lambda_n})\,U",
    left=_exponential,
    right=_columns,
)
EQ27_ROWS = entry(
    "Eq27/rows",
    f"{APPENDIX}, Eq. 27, eigenvectors in the rows of U",
    "Exponential of a symmetric matrix, where the eigenvectors are the rows of U.",
    ROWS,
    matrix_exponential.prove_rows,
    "The reading under which Eq. 27 is right: U there is the transpose of the usual eigenvector matrix.",
    example=A_EXAMPLE,
    symbols=A_SYMBOLS,
)

# --- Eq. 28-30 --------------------------------------------------------------------------------------------------

WITH_S = {"example": {**EXAMPLE, "s": sp.Rational(1, 20)}, "symbols": {**SYMBOLS, "s": "an earlier time"}}


def _tidied(matrix: sp.MatrixBase) -> sp.ImmutableMatrix:
    return sp.ImmutableMatrix(matrix.applyfunc(tidy))


def _derivative_of_exponential(process: ExactProcess, point: Point) -> sp.ImmutableMatrix:
    time = sp.Symbol("t", positive=True)
    return _tidied(process.exp(time).diff(time).subs(time, point["t"]))


EQ28 = matrix_claim(
    "Eq28",
    f"{APPENDIX}, Eq. 28",
    "Derivative of the matrix exponential.",
    Form(
        text="d e^(Ht) / dt = H e^(Ht)",
        latex=r"\frac{de^{Ht}}{dt}=He^{Ht}",
        left=at_point(_derivative_of_exponential),
        right=at_point(lambda process, point: _tidied(process.hessian * process.exp(point["t"]))),
    ),
    steps.prove_derivative_of_exponential,
    "Eigenvalue by eigenvalue; H and e^(Ht) commute.",
)
EQ29 = matrix_claim(
    "Eq29",
    f"{APPENDIX}, Eq. 29",
    "phi = e^(Ht) theta_t has no drift.",
    Form(
        text="d phi = e^(Ht) Sigma^(1/2) dW [at a point: the factor H e^(Ht) - e^(Ht) H of theta_t in its drift is 0]",
        latex=r"d\phi(\theta_t,t)=e^{Ht}\Sigma^{1/2}dW_t",
        left=at_point(
            lambda p, point: _tidied(p.hessian * p.exp(point["t"]) - p.exp(point["t"]) * p.hessian),
        ),
        right=at_point(lambda process, point: sp.ImmutableMatrix(sp.zeros(2, 2))),
    ),
    steps.prove_no_drift,
    "The two terms of the drift cancel because H and e^(Ht) commute; phi is linear in theta, so Ito adds nothing.",
)
EQ30 = matrix_claim(
    "Eq30",
    f"{APPENDIX}, Eq. 30",
    "Solution of Eq. 12 as a stochastic integral.",
    Form(
        text="theta_t = int_0^t e^(H(s-t)) Sigma^(1/2) dW_s [at a point: e^(-Ht) e^(Hs) = e^(H(s-t))]",
        latex=r"\theta_t=0+\int_0^te^{H(s-t)}\Sigma^{1/2}dW_s",
        left=at_point(lambda process, point: _tidied(process.exp(-point["t"]) * process.exp(point["s"]))),
        right=at_point(lambda process, point: _tidied(process.exp(point["s"] - point["t"]))),
    ),
    steps.prove_solution,
    "Eq. 29 integrated and multiplied by e^(-Ht).",
    **WITH_S,
)

# --- Eq. 31-35 --------------------------------------------------------------------------------------------------


def _moment(process: ExactProcess, point: Point) -> sp.ImmutableMatrix:
    """E theta_t theta_t^T by the Lyapunov system."""
    return _tidied(process.covariance(point["t"]))


def _integral(process: ExactProcess, point: Point) -> sp.ImmutableMatrix:
    return _tidied(process.isometry(point["t"]))


def _integral_of_roots(process: ExactProcess, point: Point) -> sp.ImmutableMatrix:
    """The integral with Sigma^(1/2) Sigma^(1/2) multiplied out first."""
    squared = sp.ImmutableMatrix((process.root * process.root).applyfunc(sp.radsimp))
    return _tidied(ExactProcess(process.hessian, squared).isometry(point["t"]))


MEAN_FORM = Form(
    text="E theta_t = 0, so that the covariance of theta_t is E theta_t theta_t^T",
    latex=r"\mathbb E\theta_t=0,\quad\mathrm{Cov}(\theta_t)=\mathbb E\theta_t\theta_t^T",
)
EQ31 = entry(
    "Eq31",
    f"{APPENDIX}, the sentence before Eq. 31, and Eq. 31",
    "The process has mean zero, so its covariance is its second moment.",
    MEAN_FORM,
    steps.prove_mean_zero,
    "The mean solves m' = -Hm from 0.",
)
EQ32_FORM = Form(
    text="E theta_t theta_t^T = E [int_0^t e^(H(s-t)) Sigma^(1/2) dW_s (int_0^t e^(H(r-t)) Sigma^(1/2) dW_r)^T]",
    latex=r"\mathbb E\theta_t\theta_t^T=\mathbb E\left[\int_0^te^{H(s-t)}\Sigma^{1/2}dW_s"
    r"\left(\int_0^te^{H(r-t)}\Sigma^{1/2}dW_r\right)^T\right]",
)
EQ32 = entry(
    "Eq32",
    f"{APPENDIX}, Eq. 32",
    "The solution inserted for both factors of the second moment.",
    EQ32_FORM,
    steps.prove_solution,
    "Eq. 30 twice; what the expectation of this product is, is Eq33.",
)
EQ33 = matrix_claim(
    "Eq33",
    f"{APPENDIX}, Eq. 33",
    "Ito's isometry for the product of the two stochastic integrals.",
    Form(
        text="E theta_t theta_t^T = E int_0^t e^(H(s-t)) Sigma^(1/2) Sigma^(1/2) e^(H(s-t)) ds",
        latex=r"\mathbb E\theta_t\theta_t^T"
        r"=\mathbb E\left[\int_0^te^{H(s-t)}\Sigma^{1/2}\Sigma^{1/2}e^{H(s-t)}ds\right]",
        left=at_point(_moment),
        right=at_point(_integral_of_roots),
    ),
    steps.prove_isometry,
    "Exact for Ito sums on every grid, then in the limit; here the symmetry of H and of the root is what is needed.",
)
EQ34 = matrix_claim(
    "Eq34",
    f"{APPENDIX}, Eq. 34",
    "The two roots multiply to Sigma.",
    Form(
        text="Sigma^(1/2) Sigma^(1/2) = Sigma",
        latex=r"\Sigma^{1/2}\Sigma^{1/2}=\Sigma",
        left=at_point(lambda p, point: sp.ImmutableMatrix((p.root * p.root).applyfunc(sp.radsimp))),
        right=at_point(lambda process, point: process.sigma),
    ),
    steps.prove_square_root,
    "Definition of the symmetric root.",
)
TIMES = (0.1, 0.2, 0.5, 1.0, 2.0)
TRACE_MUTANTS = {
    "e^{-Ht} for e^{-2Ht}": (1 - sp.exp(-EIGENVALUE * T)) / (2 * EIGENVALUE),
    "2H for H in the denominator": (1 - sp.exp(-2 * EIGENVALUE * T)) / (4 * EIGENVALUE),
    "growing e^{H(t-s)}": (sp.exp(2 * EIGENVALUE * T) - 1) / (2 * EIGENVALUE),
}
EQ35 = matrix_claim(
    "Eq35",
    f"{APPENDIX}, Eq. 35",
    "Covariance of the process; no common eigenbasis of H and Sigma is needed.",
    Form(
        text="E theta_t theta_t^T = int_0^t e^(H(s-t)) Sigma e^(H(s-t)) ds",
        latex=r"\mathbb E\theta_t\theta_t^T=\int_0^te^{H(s-t)}\Sigma e^{H(s-t)}ds",
        left=at_point(_moment),
        right=at_point(_integral),
    ),
    steps.prove_deterministic,
    "The entries solve c' = -(lambda_i + lambda_j) c + S_ij; the integral does. Deterministic H and Sigma suffice.",
    experiments=(
        Experiment(
            name="E |theta_t|^2 in 3 dimensions, H and Sigma do not commute, exact transitions",
            simulate=exact_process(TIMES, 400_000, observable="sq_norm"),
            expected=lambda: over_times(trace_of_covariance(), TIMES)(),
            mutants={
                **{name: over_times(psi, TIMES) for name, psi in TRACE_MUTANTS.items()},
                "Sigma diagonal": lambda: over_times(trace_of_covariance(), TIMES, HESSIAN, diagonal(SIGMA))(),
            },
        ),
    ),
)

CLAIMS: tuple[Claim, ...] = (EQ12, EQ27, EQ27_ROWS, EQ28, EQ29, EQ30, EQ31, EQ32, EQ33, EQ34, EQ35)
