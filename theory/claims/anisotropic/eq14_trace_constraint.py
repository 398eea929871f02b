"""Anisotropic noise, Section 3.2 and Table 1: the trace constraint, the best covariance under it, factors of D.3."""

from __future__ import annotations

import numpy as np
import sympy as sp

from theory.alignment import trace_constraint as tc
from theory.claims.anisotropic._common import SIGMA, entry, words
from theory.claims.building import sampled_means
from theory.claims.claim import Claim, Experiment, Form

SECTION = "Section 3.2"
MEANING = {
    "TrH": "trace of the Hessian, positive", "TrSigma": "trace of the covariance of one gradient, positive",
    "m": "size of the mini-batch", "lambda1": "largest eigenvalue of the Hessian, positive",
}  # fmt: skip
EXAMPLE = {"TrH": sp.Integer(5), "TrSigma": sp.Integer(2), "m": sp.Integer(20), "lambda1": sp.Integer(3)}


def _trace_experiment() -> Experiment:
    root = np.linalg.cholesky(SIGMA)

    def draw(generator: np.random.Generator, size: int) -> np.ndarray:
        return ((generator.standard_normal((size, 3)) @ root.T) ** 2).sum(axis=1)

    trace = float(np.trace(SIGMA))
    return sampled_means(
        "Gaussian noise in 3 dimensions", draw, ("E|eps|^2",), lambda: np.array([trace]),
        {"Tr Sigma^2": lambda: np.array([np.trace(SIGMA @ SIGMA)]), "largest eigenvalue": lambda: np.array(
            [np.linalg.eigvalsh(SIGMA)[-1]]), "root of the trace": lambda: np.array([trace**0.5])}, count=50_000,
    )  # fmt: skip


def _coefficients() -> tuple[Claim, ...]:
    share = tc.TRACE / tc.SAMPLES
    hessian = Form("trace of sqrt(Tr H / (m Tr Sigma)) N(0, H) is that of the SGD noise, Tr Sigma / m",
                   r"\frac{\operatorname{Tr}H}{m\operatorname{Tr}\Sigma}\operatorname{Tr}H=\frac{\operatorname{Tr}\Sigma}m",
                   tc.printed_hessian_trace(), share)  # fmt: skip
    true_hessian = Form("with sqrt(Tr Sigma / (m Tr H)) it is",
                        r"\frac{\operatorname{Tr}\Sigma}{m\operatorname{Tr}H}\operatorname{Tr}H=\frac{\operatorname{Tr}\Sigma}m",
                        tc.TRACE / (tc.SAMPLES * tc.TRACE_H) * tc.TRACE_H, share)  # fmt: skip
    vector = Form("trace of sqrt(lambda_1 / (m Tr Sigma)) N(0, lambda_1 u_1 u_1^T) is Tr Sigma / m",
                  r"\frac{\lambda_1}{m\operatorname{Tr}\Sigma}\lambda_1=\frac{\operatorname{Tr}\Sigma}m",
                  tc.printed_eigenvector_trace(tc.LAM), share)  # fmt: skip
    true_vector = Form("with sqrt(Tr Sigma / (m lambda_1)) it is; with N(0, u_1 u_1^T) it takes sqrt(Tr Sigma / m)",
                       r"\frac{\operatorname{Tr}\Sigma}{m\lambda_1}\lambda_1=\frac{\operatorname{Tr}\Sigma}m",
                       tc.TRACE / (tc.SAMPLES * tc.LAM) * tc.LAM, share)  # fmt: skip
    reason = "The quotient is upside down, as in Table 1's own rule sigma_t = Tr Sigma / (trace of the noise)."
    return (
        entry("D.3/hessian-coefficient", "Appendix D.3, GLD Hessian", "The coefficient that gives Hessian noise the "
            "trace "
              "of SGD noise, Eq. 14.", hessian, tc.prove_coefficients, reason, form=true_hessian,
              refute=tc.refute_hessian_coefficient, example=EXAMPLE, symbols=MEANING),
        entry("D.3/eigenvector-coefficient", "Appendix D.3, GLD 1st eigvec(H)", "The coefficient that gives noise "
            "along "
              "u_1 the trace of SGD noise, Eq. 14.", vector, tc.prove_coefficients, reason, form=true_vector,
              refute=tc.refute_eigenvector_coefficient, example=EXAMPLE, symbols=MEANING),
    )  # fmt: skip


def _escape_experiment() -> Experiment:
    """H = I, Sigma = 2 u u^T, v = 1: theta = (sqrt 2 z, 0), and how often |theta|^2 / 2 reaches 4."""

    def draw(generator: np.random.Generator, size: int) -> np.ndarray:
        return generator.standard_normal(size) ** 2 >= 4

    def chance(rank_one: bool) -> np.ndarray:
        return np.array([float(tc.escape_chance(sp.Integer(4), rank_one))])

    return sampled_means(
        "H = I in two dimensions, rank-one noise: P(L >= 4 v)", draw, ("chance",), lambda: chance(True),
        {"as for isotropic noise": lambda: chance(False), "one tail": lambda: chance(True) / 2},
        count=100_000, printed=lambda: chance(False),
    )  # fmt: skip


def _isotropic_escape() -> Claim:
    printed = words("H = lambda I: the escape from theta_0 is the same for all Sigma of one trace",
                    r"H=\lambda I\ \Rightarrow\ \text{escape depends on }"
                    r"\operatorname{Tr}\Sigma\text{ only}")  # fmt: skip
    form = words("H = lambda I: E[L(theta_t) - L(theta_0)] = (1 - e^(-2 lambda t)) Tr Sigma / 4; P(L >= delta) "
                 "depends on the structure", r"\mathbb E[L(\theta_t)-L(\theta_0)]="
                 r"\tfrac14(1-e^{-2\lambda t})\operatorname{Tr}\Sigma")  # fmt: skip
    return entry(
        "3.2/isotropic-escape", f"{SECTION}, ill-conditioning, read as escaping probability",
        "The structure of the noise has no impact on the escape from isotropic minima.", printed,
        tc.prove_isotropic_rise,
        "Right for the escaping efficiency of Definition 1. The escaping probability of its second remark differs: "
        "with H = I in two dimensions, noise along one direction reaches L = 4 v, v = (1 - e^(-2t))/2, with "
        "chance 0.0455, isotropic noise of the same trace with 0.0183.",
        form=form, refute=tc.refute_isotropic_escape, experiments=(_escape_experiment(),),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (
    entry("Eq14", f"{SECTION}, display before Eq. 14", "The mean squared norm of the noise is the trace of its "
                                                       "covariance.",
          words("E eps^T eps = E z^T Gamma z = Tr Sigma", r"\mathbb E[\epsilon^T\epsilon]=\operatorname{Tr}\Sigma"),
          tc.prove_trace, "V is orthogonal and E z z^T = I.", experiments=(_trace_experiment(),)),
    entry("3.2/isotropic-hessian", f"{SECTION}, ill-conditioning", "At isotropic minima the indicator Tr(H Sigma) does "
          "not see the structure of the noise.",
          words("Tr(lambda I Sigma) = lambda Tr Sigma",
                r"\operatorname{Tr}(\lambda I\,\Sigma)=\lambda\operatorname{Tr}\Sigma"),
          tc.prove_isotropic_hessian, "Linear in Sigma through its trace only."),
    _isotropic_escape(),
    entry("3.2/rank-one", f"{SECTION}, structure of noise", "Under the trace constraint Tr(H Sigma) is largest "
        "exactly for "
          "noise along the top eigenvector.",
          words("Tr(H Sigma) <= lambda_1 Tr Sigma, with equality only at (Tr Sigma) u_1 u_1^T if lambda_1 > lambda_2",
                r"\operatorname{Tr}(H\Sigma)\le\lambda_1\operatorname{Tr}\Sigma,\quad\Sigma^*=(\operatorname{Tr}\Sigma)u_1u_1^T"),
          tc.prove_rank_one, "The gap is a sum of nonnegative terms; a vanishing diagonal entry empties its row."),
    entry("T1", "Table 1", "The factors sigma_t that make all noises of Table 1 share the trace of the SGD noise "
          "(the expected squared norm; their expected norms differ).",
          words("sigma_t^2 = Tr Sigma / D; none for the diagonal; Tr Sigma over the noise's own trace for the others",
                r"\sigma_t=\operatorname{Tr}\Sigma/\operatorname{Tr}\tilde\Sigma_t"), tc.prove_table,
          "Every covariance of the table is a positive multiple of a fixed one, so one number adjusts its trace."),
    *_coefficients(),
)  # fmt: skip
