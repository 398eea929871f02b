"""Anisotropic noise, Section 2: mini-batch gradients, their covariance (Eq. 5), and the equation they discretize."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import sympy as sp

from theory.alignment import minibatch as mb
from theory.claims.anisotropic._common import entry, words
from theory.claims.building import sampled_means
from theory.claims.claim import Claim, Experiment, Form, Point

SECTION = "Section 2"
BATCH = 3
LABELS = ("11", "12", "22")


def _size(point: Point) -> int:
    m = sp.sympify(point["m"])
    if not m.is_Integer or not 1 <= m <= 4:
        raise ValueError(f"m = {m} must be an integer from 1 to 4")
    return int(m)


def _sides(replacement: bool, factor: Callable[[int], sp.Expr]) -> tuple[Callable[[Point], sp.Expr], ...]:
    """By enumeration of all batches, and by the formula, for the four gradients of the example."""
    return (
        lambda point: mb.enumerated(mb.GRADIENTS, _size(point), replacement)[1],
        lambda point: mb.covariance(mb.GRADIENTS) * factor(_size(point)),
    )


def _sample(generator: random.Random) -> Point:
    return {"m": sp.Integer(generator.randint(1, 4))}


def _experiment(replacement: bool) -> Experiment:
    """Products of the deviations of mini-batch means from the full gradient, N = 4, m = 3."""
    gradients = np.array(mb.GRADIENTS, float)

    def draw(generator: np.random.Generator, size: int) -> np.ndarray:
        if replacement:
            chosen = generator.integers(0, 4, (size, BATCH))
        else:
            chosen = np.argsort(generator.random((size, 4)), axis=1)[:, :BATCH]
        x = gradients[chosen].mean(axis=1) - gradients.mean(axis=0)
        return np.stack([x[:, 0] ** 2, x[:, 0] * x[:, 1], x[:, 1] ** 2], axis=1)

    def predict(factor: float) -> Callable[[], np.ndarray]:
        matrix = np.array(mb.covariance(mb.GRADIENTS), float) * factor
        return lambda: np.array([matrix[0, 0], matrix[0, 1], matrix[1, 1]])

    true, other = (1 / 3, 1 / 9) if replacement else (1 / 9, 1 / 3)
    return sampled_means(
        f"N = 4, m = 3, {'with' if replacement else 'without'} replacement", draw, LABELS, predict(true),
        {"the other way of drawing": predict(other), "no 1/m": predict(3 * true), "1/m^2": predict(true / 3)},
        printed=None if replacement else predict(1 / 3), count=20_000,
    )  # fmt: skip


def _covariance_claims() -> tuple[Claim, ...]:
    latex = r"\Sigma^{\rm sgd}=\frac1m\Big[\frac1N\sum_i\nabla\ell_i\nabla\ell_i^T-\nabla L\nabla L^T\Big]"
    text = "Cov g~ = (1/m) [(1/N) sum grad l_i grad l_i^T - grad L grad L^T]"
    with_, formula = _sides(True, lambda m: sp.Rational(1, m))
    without, corrected = _sides(False, lambda m: sp.Rational(4 - m, 3 * m))
    at = {"m": sp.Integer(2)}
    meaning = {"m": "size of the mini-batch, 1 to 4 (the example has N = 4 samples)"}
    return (
        entry("Eq5", f"{SECTION}, Eq. 5", "Covariance of the mini-batch gradient, batches drawn with replacement.",
              Form(text, latex, with_, formula), mb.prove_with_replacement,
              "Exact, where the paper writes an approximation. That the mean is Gaussian for large m is an assumption.",
              experiments=(_experiment(True),), example=at, symbols=meaning, sample=_sample),
        entry("Eq5/without-replacement", f"{SECTION}, Eq. 5",
              "The same covariance for mini-batches of m different samples.",
              Form(text, latex, without, formula), mb.prove_without_replacement,
              "Distinct samples vary less: the factor is (N - m)/(m (N - 1)), 0 for the full batch. Eq. 5 is good for "
              "m much smaller than N.",
              form=Form("Cov g~ = (N - m)/(m (N - 1)) [(1/N) sum grad l_i grad l_i^T - grad L grad L^T]",
                        r"\Sigma^{\rm sgd}=\frac{N-m}{m(N-1)}\Big[\frac1N\sum_i\nabla\ell_i\nabla\ell_i^T"
                        r"-\nabla L\nabla L^T\Big]", without, corrected),
              refute=mb.refute_without_replacement, experiments=(_experiment(False),), example=at, symbols=meaning,
              sample=_sample),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (
    entry("Eq4", f"{SECTION}, after Eq. 4", "The mini-batch gradient is an unbiased estimator of the full gradient.",
          words("E g~ = grad L, with and without replacement", r"\mathbb E\tilde g=\nabla L"), mb.prove_unbiased,
          "Every sample is equally likely to be drawn."),
    *_covariance_claims(),
    entry("Eq8", f"{SECTION}, Eq. 8", "Eq. 7 is the Euler scheme of Eq. 8 with time step eta; noise scales as eta/m.",
          words("theta' = theta - eta grad L + sqrt(eta Sigma) dW, dt = eta: noise covariance eta^2 Sigma",
                r"d\theta_t=-\nabla L\,dt+\sqrt{\eta\Sigma_t}\,dW_t"), mb.prove_discretization,
          "One step of each has the same mean and covariance; how close the paths stay is not stated."),
)  # fmt: skip
