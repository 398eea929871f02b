"""Anisotropic noise, Section 4: Fisher matrix and Hessian, Proposition 2 with Eq. 48-59."""

from __future__ import annotations

import numpy as np

from theory.alignment import fisher as fi
from theory.claims.anisotropic._common import entry, words
from theory.claims.building import Prove, sampled_means
from theory.claims.claim import Claim, Experiment

PROOF = "Appendix A.4"
HALF = "With the loss of Eq. 49, which has the 1/2; almost everywhere, for finitely many data."


def _fisher_experiment() -> Experiment:
    """A Bernoulli variable with log-odds theta: gradient p - x, second derivative p (1 - p)."""
    p = 0.3

    def draw(generator: np.random.Generator, size: int) -> np.ndarray:
        return (p - (generator.random(size) < p)) ** 2

    return sampled_means(
        "Bernoulli, log-odds, p = 0.3: E (l')^2 against l''", draw, ("Fisher",), lambda: np.array([p * (1 - p)]),
        {"p": lambda: np.array([p]), "p^2": lambda: np.array([p**2]), "Hessian at p = 1/2": lambda: np.array([0.25])},
        count=50_000,
    )  # fmt: skip


def _step(number: str, statement: str, text: str, latex: str, prove: Prove, reason: str) -> Claim:
    return entry(f"Eq{number}", f"{PROOF}, Eq. {number}", statement, words(text, latex), prove, reason)


def _section() -> tuple[Claim, ...]:
    return (
        entry("4/fisher", "Section 4, around the true parameter", "Fisher matrix and Hessian of the population loss "
            "agree at "
              "the true parameter.", words("F(theta*) = E grad l grad l^T = E Hessian l = H(theta*), l = -log p",
                                           r"F(\theta^*)=H(\theta^*)"), fi.prove_information_identity,
              "The identity needs l = -log p and differentiation under the sum; the square loss of Proposition 2 is "
              "another matter.", experiments=(_fisher_experiment(),)),
        entry("Eq18", "Section 4, Eq. 18, its equality", "Gradient covariance, Fisher matrix and mean gradient.",
              words("Sigma = F - grad L grad L^T; the approximations that follow state no error",
                    r"\hat\Sigma=\hat F-\nabla\hat L\nabla\hat L^T"), fi.prove_covariance_identity,
              "The approximate equalities of Eq. 18 have no stated size and are not judged."),
    )  # fmt: skip


def _proposition() -> tuple[Claim, ...]:
    lower, upper = r"F\succeq\delta^2H", r"F\preceq(\delta+\epsilon)^2H"
    return (
        entry("P2/lower", "Proposition 2 (1)", "F - delta^2 H is positive semidefinite, for finitely many data.",
              words("F >= delta^2 H almost everywhere (2 delta^2 H with the loss of Eq. 19)", lower), fi.prove_lower,
              "A sum of squares with nonnegative weights, off the kinks. Eq. 19, without 1/2, makes it stronger."),
        entry("P2/upper", "Proposition 2 (2)", "F <= (delta + eps)^2 H where all |f - y| <= delta + eps, loss of Eq. "
                                               "19.",
              words("F <= (delta + eps)^2 H for L = E |f - y|^2", upper), fi.prove_upper,
              "The proof uses the loss with 1/2 (Eq. 49); for the loss of Eq. 19 the bound is twice as large.",
              form=words("F <= (delta + eps)^2 H for L = E |f - y|^2 / 2; F <= 2 (delta + eps)^2 H for L = E |f - y|^2",
                         r"F\preceq2(\delta+\epsilon)^2H"), refute=fi.refute_upper_without_half),
        entry("P2/population", "Proposition 2 and second remark after it", "Both bounds hold for population losses "
            "too.",
              words("F >= delta^2 H almost everywhere for continuous populations", lower), fi.prove_lower,
              "For a continuum of inputs some input sits on a kink at every theta, and the Hessian has a share of "
              "them. "
              "With a uniform input and one unit, F -> 0 at the minimum while H does not.",
              form=words("F >= delta^2 E grad f grad f^T always; this is delta^2 H for finitely many data",
                         r"F\succeq\delta^2\,\mathbb E\nabla\bar f\nabla\bar f^T"), refute=fi.refute_population),
    )  # fmt: skip


def _steps() -> tuple[Claim, ...]:
    dyad = r"\mathbb E(\bar f-y)^2\nabla\bar f\nabla\bar f^T"
    square = words("F = E (f - y)^2 grad f (grad f)^2", r"\mathbb E(\bar f-y)^2\nabla\bar f\cdot\nabla\bar f^2")
    return (
        entry("Eq49", f"{PROOF}, Eq. 49", "With l = (f - y)^2 / 2 the loss of Eq. 19 is E l.",
              words("E l = L of Eq. 19", r"L=\mathbb E\,\ell"), fi.prove_upper, "Eq. 19 has no 1/2: L = 2 E l.",
              form=words("L of Eq. 19 = 2 E l", r"L=2\,\mathbb E\,\ell"), refute=fi.refute_upper_without_half),
        _step("50", "Gradient of the loss.", "grad L = E (f - y) grad f", r"\nabla L=\mathbb E(\bar f-y)\nabla\bar f",
              fi.prove_local_derivatives, HALF),
        _step("52", "Hessian of the loss.", "H = E grad f grad f^T + E (f - y) Hessian f",
              r"H=\mathbb E\nabla\bar f\nabla\bar f^T+\mathbb E(\bar f-y)\nabla^2\bar f", fi.prove_local_derivatives,
              HALF + " At kinks of f the second term is no number; see P2/population."),
        _step("53", "The Hessian of the network vanishes off the kinks.", "H = E grad f grad f^T almost everywhere",
              r"H=\mathbb E\nabla\bar f\nabla\bar f^T", fi.prove_local_derivatives, HALF),
        _step("54", "The Fisher matrix.", "F = E grad l grad l^T, with grad l = (f - y) grad f", dyad,
              fi.prove_local_derivatives, HALF),
        entry("Eq55", f"{PROOF}, Eq. 55", "The Fisher matrix, written out.", square, fi.prove_local_derivatives,
              "The last factor is the transposed gradient, not a square (also in Eq. 57 and 59).",
              form=words("F = E (f - y)^2 grad f grad f^T", dyad), refute=fi.refute_square_notation),
        _step("56", "The clip keeps the output away from the labels.", "(f - y)^2 >= delta^2",
              r"(\bar f-y)^2\ge\delta^2", fi.prove_residual_range, "For delta <= 1/2, both labels."),
        _step("57", "Eq. 56 under the expectation, ^2 read as ^T.", "F >= delta^2 H", r"F\succeq\delta^2H",
              fi.prove_lower, HALF),
        _step("58", "The residual near the minima.", "(clip(f) - y)^2 <= (delta + eps)^2 where |f - y| <= delta + eps",
              r"(\bar f-y)^2\le(\delta+\epsilon)^2", fi.prove_residual_range,
              "The clip moves f towards the label or leaves it at distance delta; so f for clip(f) does no harm."),
        _step("59", "Eq. 58 under the expectation, ^2 read as ^T.", "F <= (delta + eps)^2 H, loss with 1/2",
              r"F\preceq(\delta+\epsilon)^2H", fi.prove_upper, HALF),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_section(), *_proposition(), *_steps())
