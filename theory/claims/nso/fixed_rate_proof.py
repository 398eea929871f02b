"""NSO paper, Appendix B.2: Lemma B.3 and the displayed steps of its proof, Eq. 45-47."""

from __future__ import annotations

import numpy as np
import sympy as sp

from theory.claims.claim import Claim, Experiment, Form
from theory.claims.nso._common import entry, equal_steps, monte_carlo, numbers
from theory.noise_stability import chain_functions as cf
from theory.noise_stability import equal_steps as es
from theory.noise_stability import fixed_rate as fr
from theory.noise_stability.chain_functions import LONG, LOWER, C, D

PLACE = "Appendix B.2, Lemma B.3"
DIM, STEPS = 4, 3


def _contraction_experiment() -> Experiment:
    """Algorithm 1 on Eq. 45, d = 4 curved coordinates, C = D = 1, eta = 1/4, k = 2, sigma = 1, T = 3."""
    eta, k = 0.25, 2

    def draw(generator: np.random.Generator, count: int) -> np.ndarray:
        w = np.full((count, DIM), np.sqrt(1 / DIM))
        for t in range(STEPS):
            gradient = np.zeros_like(w)
            for _ in range(k):
                u = generator.standard_normal((count, DIM))
                gradient += (w + u) + (w - u)
                gradient[:, t] += 2 * generator.choice([-1.0, 1.0], size=count)
            w = w - eta / (2 * k) * gradient
        return (w**2).sum(axis=1)[:, None]

    bias = (1 - eta) ** (2 * STEPS)
    noise = eta**2 / k * sum((1 - eta) ** (2 * i) for i in range(STEPS))
    return monte_carlo(
        "Algorithm 1 on Eq. 45, d = 4, k = 2, T = 3: |grad F(W_3)|^2", draw, ["mean"], numbers(bias + noise),
        {"no k": numbers(bias + 2 * noise), "no bias": numbers(noise), "noise grows like 1 + rho": numbers(
            bias + eta**2 / k * sum((1 + eta) ** (2 * i) for i in range(STEPS)))},
        printed=numbers(bias + noise + eta**2 / k / (1 - eta) ** 2), trajectories=262_144,
    )  # fmt: skip


def _definitions() -> tuple[Claim, ...]:
    smooth = Form("g' is C-Lipschitz, g is not twice differentiable", r"g\in C^1\setminus C^2,\ g'\ C\text{-Lipschitz}")
    average = Form("xi_bar = sum_{i=1}^k xi^(i) gives |<xi_bar, e>| <= c sigma and E|xi_bar|^2 <= sigma^2/k",
                   r"\bar\xi_t=\sum_{i=1}^k\xi_t^{(i)}\Rightarrow\mathbb E\|\bar\xi_t\|^2\le\sigma^2/k")  # fmt: skip
    right = Form("xi_bar = (1/k) sum_{i=1}^k xi^(i) gives both", average.latex.replace(r"\sum", r"\frac1k\sum"))
    slope = Form("g'(eta xi + U) + g'(eta xi - U) = -2 C eta xi for alpha = 2 c eta sigma (1-rho^T)/(1-rho), |U| <= c "
                 "eta sigma", r"g'(\eta\bar\xi_0+U)+g'(\eta\bar\xi_0-U)=-2C\eta\bar\xi_0")  # fmt: skip
    slope_right = Form("the same for alpha >= 4 c eta sigma", slope.latex)
    return (
        entry("B.3/g", f"{PLACE}, the function g", "The pieces of g fit together.", smooth,
              "Values, slopes, curvatures.",
              prove=cf.prove_g),
        entry("Eq46", f"{PLACE}, definition of xi_bar and Eq. 46", "Noise of an average.", average,
              "1/k is missing in the definition.", prove=fr.prove_average_noise, refute=fr.refute_average_noise,
              form=right),
        entry("B.3/cap-slope", f"{PLACE}, display for g'", "The cap acts linearly on the noise.", slope,
              "g' = -Cx holds up to alpha/2 only, and (1-rho^T)/(1-rho) can be below 2. (The noise is defined along "
              "e_{t+1}, so that it does not reach the cap anyway.)", prove=fr.prove_cap_slope,
              refute=fr.refute_cap_slope, form=slope_right),
    )  # fmt: skip


def _iterates() -> tuple[Claim, ...]:
    second = Form("W_2 = (1-C eta)^2 W_0 - (1-C eta) eta xi_0 - eta xi_1 where xi_0 acts on the cap, g' = -C x",
                  r"W_2=(1-C\eta)^2W_0-(1-C\eta)\eta\bar\xi_0-\eta\bar\xi_1")  # fmt: skip
    second_right = Form(
        "the same where xi_0 acts on a coordinate with curvature +C (on the cap 1 + C eta)", second.latex
    )
    eq47 = Form("W_{t+1} = (1-C eta)^(t+1) W_0 - sum_{i=0}^t (1-C eta)^(t-1-i) eta xi_i",
                r"W_{t+1}=(1-C\eta)^{t+1}W_0-\sum_{i=0}^t(1-C\eta)^{t-1-i}\eta\bar\xi_i")  # fmt: skip
    eq47_right = Form("W_{t+1} = (1-C eta)^(t+1) W_0 - sum_{i=0}^t (1-C eta)^(t-i) eta xi_i",
                      eq47.latex.replace("t-1-i", "t-i"))  # fmt: skip
    return (
        entry("B.3/second-step", f"{PLACE}, W_1 and W_2", "The first iterates.", second,
              "On the cap the sign is the other way: noise grows. It contracts on the curved coordinates, where the "
              "noise is defined to act.",
              prove=fr.prove_second_iterate, refute=fr.refute_second_iterate, form=second_right),
        entry("Eq47", f"{PLACE}, induction and Eq. 47", "All iterates.", eq47, "The exponent is t - i.",
              prove=fr.prove_update, refute=fr.refute_update, form=eq47_right),
    )  # fmt: skip


def _bounds() -> tuple[Claim, ...]:
    start = Form("F(W_0) - min F = D^2/2 + (C/4) alpha^2 (mean of g over U included)", r"F(W_0)-\min "
                                                                                       r"F=\tfrac{D^2}2+\tfrac "
                 r"C4\alpha^2")  # fmt: skip
    start_right = Form("F(W_0) - min F <= D^2/2 + (C/4) alpha^2", start.latex.replace("=", r"\le"))
    c2 = Form("F(W_0) - min F <= D^2 gives c^2 <= D^2 (1-rho)^2/(2 sigma^2 rho^2 (1-rho^T)^2)",
              r"c^2\le\frac{D^2(1-\rho)^2}{2\sigma^2\rho^2(1-\rho^T)^2}", None, fr.PRINTED_C2)  # fmt: skip
    c2_right = Form("F(W_0) - min F <= D^2 gives c^2 <= C D^2 (1-rho)^2/(2 sigma^2 rho^2 (1-rho^T)^2)",
                    c2.latex.replace("{D^2", "{CD^2"), None, fr.largest_c2())  # fmt: skip
    total = Form("E|grad F(W_t)|^2 = C D^2 (1-rho)^(2t) + (sigma^2/k) rho^2 sum_{i=0}^t (1-rho)^(2(t-1-i))",
                 r"CD^2(1-\rho)^{2t}+\frac{\sigma^2}k\rho^2\sum_{i=0}^t(1-\rho)^{2(t-1-i)}")  # fmt: skip
    total_right = Form("the same with the sum to t - 1; it is at least min{C D^2, (sigma^2/k) rho/(2-rho)}",
                       total.latex.replace("^t(", "^{t-1}("))  # fmt: skip
    lemma = Form(
        "if T eta >= sqrt(D^2 k T/(2 sigma^2 C)): min E|grad F(W_t)|^2 >= D sqrt(C sigma^2/(32 k T))",
        r"\min_t\mathbb E\|\nabla F(W_t)\|^2\ge D\sqrt{\frac{C\sigma^2}{32kT}}",
        es.contraction(),
        LOWER,
        ">=",
    )
    lemma_right = Form("the same with min{C D^2, D sqrt(C sigma^2/(8 k T))}, at least the printed bound for " + LONG,
                       r"\min_t\mathbb E\|\nabla F(W_t)\|^2\ge\min\{CD^2,D\sqrt{\frac{C\sigma^2}{8kT}}\}",
                       es.contraction(), sp.Min(C * D**2, fr.STRONGER), ">=")  # fmt: skip
    point = {"C": sp.Rational(1, 4), "D": sp.S.One, "sigma": sp.S.One, "rho": sp.Rational(1, 2), "T": sp.Integer(2)}
    corner = {"C": sp.S.One, "D": sp.S.One, "k": sp.S.One, "sigma": sp.Integer(10), "T": sp.S.One,
              "eta": sp.Rational(2, 25)}  # fmt: skip
    return (
        entry("B.3/start", f"{PLACE}, F(W_0) - min F", "Value at the start.", start,
              "Averaged over U the cap is lower than g(0): an inequality.", prove=fr.prove_start_bound,
              refute=fr.refute_start_equality, form=start_right),
        entry("B.3/c", f"{PLACE}, bound on c^2", "Condition on c.", c2, "A factor C is lost in C eta^2 = rho^2/C.",
              prove=fr.prove_largest_c2, refute=fr.refute_largest_c2, form=c2_right, example=point),
        entry("B.3/sum", f"{PLACE}, last chain, first lines", "Mean squared gradient along the path.", total,
              "The sum ends at t - 1; its geometric value and the minimum over t are right.", prove=fr.prove_sum,
              refute=fr.refute_sum, form=total_right, experiments=(_contraction_experiment(),)),
        entry("B.3", f"{PLACE} with its last chain", "Lower bound for large fixed step sizes.", lemma,
              "C D^2 is dropped from the minimum, which needs T large against sigma^2; with sigma^2 = 100 and all "
              "else 1 the lemma fails. The function is that of Eq. 45, not Eq. 8.", prove=fr.prove_lemma_b3,
              refute=fr.refute_lemma_b3, form=lemma_right, example=corner, domain=equal_steps(es.LARGE)),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_definitions(), *_iterates(), *_bounds())
