"""NSO paper, Algorithm 1: indices, and the mean of the two-point gradient."""

from __future__ import annotations

import numpy as np

from theory.claims.claim import Claim, Experiment, Form
from theory.claims.nso._common import entry, monte_carlo, numbers
from theory.noise_stability import two_point as tp

PLACE = "Section 2, Algorithm 1"


def _mean_experiment() -> Experiment:
    """f' = w^3 - w at w = 1, U Gaussian with sigma = 1/2, k = 3, noisy oracle: F' = w^3 + 3 sigma^2 w - w = 3/4."""

    def draw(generator: np.random.Generator, count: int) -> np.ndarray:
        u = generator.standard_normal((count, 3)) / 2
        noise = generator.choice([-1.0, 1.0], size=(2, count, 3)) / 2
        plus, minus = ((1 + s * u) ** 3 - (1 + s * u) + z for s, z in zip((1, -1), noise))
        return ((plus + minus).sum(axis=1) / 6)[:, None]

    return monte_carlo(
        "f' = w^3 - w at w = 1, Gaussian U, k = 3: mean of the update direction", draw, ["mean"], numbers(0.75),
        {"grad f": numbers(0.0), "1/k for 1/(2k)": numbers(1.5), "sigma^2 for 3 sigma^2": numbers(0.25)},
    )  # fmt: skip


def _claims() -> tuple[Claim, ...]:
    loop = Form("lines 2-4 compute G^(j) for j = 0..k-1, line 6 sums j = 1..k")
    loop_right = Form("both over j = 1..k", r"j=1,\dots,k")
    mean = Form("E (1/(2k)) sum_j G_i^(j) = grad F(W_i) for symmetric P, with a variance of order 1/k",
                r"\mathbb E\frac1{2k}\sum_jG_i^{(j)}=\nabla F(W_i)")  # fmt: skip
    zero = Form("the mean update is grad F, F(W) = E f(W+U), for every P of mean zero",
                r"\mathbb E\frac1{2k}\sum_jG_i^{(j)}=\nabla\,\mathbb E f(W_i+U)")  # fmt: skip
    symmetric = Form("it is for every P that is symmetric at zero", zero.latex)
    return (
        entry("Alg1/indices", f"{PLACE}, lines 2 and 6", "The loop computes what the update sums.", loop,
              "G^(k) is never computed.", prove=tp.prove_indices, refute=tp.refute_indices, form=loop_right),
        entry("Alg1/unbiased", f"{PLACE}, line 6",
              "The update follows -grad F in the mean; averaging reduces the variance.",
              mean, "Linearity and symmetry; k independent terms.", prove=tp.prove_unbiased,
              experiments=(_mean_experiment(),)),
        entry("Alg1/mean-zero", "Introduction, 'distribution P with mean zero', with Algorithm 1", "Mean zero is "
              "enough for the algorithm to minimise F.",
              zero, "A skewed U of mean zero shifts grad E f(W+U) but not the two-point mean; P has to be symmetric.",
              prove=tp.prove_unbiased, refute=tp.refute_mean_zero, form=symmetric),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = _claims()
