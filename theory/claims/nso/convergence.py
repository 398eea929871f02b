"""NSO paper, Section 4: Assumption 4.2's corollary, Theorem 4.3, the errors delta and xi, Lemma 4.4, Eq. 6 and 7."""

from __future__ import annotations

import random

import numpy as np
import sympy as sp

from theory.claims.claim import Claim, Experiment, Form, Point
from theory.claims.domain import Domain
from theory.claims.nso._common import entry, monte_carlo, numbers
from theory.noise_stability import descent as ds
from theory.noise_stability import equal_steps as es
from theory.noise_stability.descent import SIGMA, C, D, H, K, T

PLACE = "Section 4"
DELTA_LATEX = r"\delta_i=\frac1{2k}\sum_j(\nabla f(W_i+U^{(j)})+\nabla f(W_i-U^{(j)})-%s\nabla F(W_i))"
BOUND = sp.sqrt(2 * C * D**2 * (SIGMA**2 + C**2 * H) / (K * T)) + 2 * C * D**2 / T
POINT = {"C": sp.S.One, "D": sp.S.One, "T": sp.Integer(20), "k": sp.Integer(2), "sigma": sp.Integer(2),
         "H": sp.Rational(1, 4)}  # fmt: skip


RUNS = Domain({"C": sp.Interval.open(0, sp.oo), "D": sp.Interval.open(0, sp.oo), "sigma": sp.Interval.open(0, sp.oo),
               "H": sp.Interval.open(0, sp.oo), "k": sp.Range(1, 101), "T": sp.Range(1, 1001)})  # fmt: skip


def _rational_step(generator: random.Random) -> Point:
    """A point at which the step of the proof is rational: C eta = q, 0 < q < 1, and H makes up for it."""
    q, share, c, d = (sp.Rational(generator.randint(1, 9), 10) for _ in range(4))
    k, steps = sp.Integer(generator.randint(1, 5)), sp.Integer(generator.randint(1, 20))
    total = 2 * c * d**2 * k / (q**2 * steps)  # sigma^2 + C^2 H
    sigma = share * total / (1 + total)
    return {"C": c, "D": d, "k": k, "T": steps, "sigma": sigma, "H": (total - sigma**2) / c**2}


def _delta_experiment() -> Experiment:
    """f' = |w| at w = 1/2, U = 0 or +-1 with chances 1/2, 1/4, 1/4, k = 4: exact variance by hand enumeration."""
    law = {0: 0.5, 1: 0.25, -1: 0.25}
    pair = {u: (abs(0.5 + u) + abs(0.5 - u)) / 2 for u in law}
    mean = sum(q * pair[u] for u, q in law.items())
    variance = sum(q * (pair[u] - mean) ** 2 for u, q in law.items())
    single = sum(q * (abs(0.5 + u) - mean) ** 2 for u, q in law.items())

    def draw(generator: np.random.Generator, count: int) -> np.ndarray:
        u = generator.choice([0.0, 1.0, -1.0], size=(count, 4), p=[0.5, 0.25, 0.25])
        delta = (np.abs(0.5 + u) + np.abs(0.5 - u) - 2 * mean).sum(axis=1) / 8
        return np.stack([delta, delta**2], axis=1)

    return monte_carlo(
        "f' = |w| at w = 1/2, U in {0, 1, -1}, k = 4: mean and square of delta", draw, ["mean", "square"],
        numbers(0, variance / 4), {"k^2 for k": numbers(0, variance / 16), "no k": numbers(0, variance),
        "without the negative perturbation": numbers(0, single / 4), "C^2 H/k attained": numbers(0, 0.5 / 4)},
        printed=numbers(mean / 2, variance / 4 + mean**2 / 4),
    )  # fmt: skip


def _xi_experiment() -> Experiment:
    """Additive noise, the same at both points: the bound is attained."""

    def draw(generator: np.random.Generator, count: int) -> np.ndarray:
        z = generator.choice([-1.5, 1.5], size=(count, 3))
        return ((2 * z).sum(axis=1) / 6)[:, None] ** 2

    return monte_carlo(
        "additive noise of variance 9/4, k = 3: square of xi",
        draw,
        ["square"],
        numbers(2.25 / 3),
        {"1/2": numbers(2.25 / 6), "k^2 for k": numbers(2.25 / 9), "sigma for sigma^2": numbers(0.5)},
    )


def _rate_experiment() -> Experiment:
    """NSO on w^2/2 from w_0 = sqrt(2), sigma = 2, U = +-1/2, k = 2, T = 20, step of Theorem 4.3."""
    exact = {name: float(value) for name, value in POINT.items()}
    big = (exact["sigma"] ** 2 + exact["H"]) / exact["k"]
    eta = np.sqrt(2 / (big * exact["T"]))

    def draw(generator: np.random.Generator, count: int) -> np.ndarray:
        w = np.full(count, np.sqrt(2.0))
        total = np.zeros(count)
        for _ in range(20):
            u = generator.choice([-0.5, 0.5], size=(2, count))
            plus, minus = (w + sign * u + generator.choice([-2.0, 2.0], size=(1, count)) for sign in (1, -1))
            w = w - eta / 4 * (plus + minus).sum(axis=0)
            total += w**2
        return (total / 20)[:, None]

    def bound(scale: float = 1.0, tail: float = 0.1) -> np.ndarray:
        return np.array([scale * np.sqrt(2 * big / 20) + tail])

    return monte_carlo(
        "w^2/2, k = 2, T = 20, sigma = 2: mean of |grad F(W_t)|^2 over t = 1..T", draw, ["mean"], bound,
        {"a quarter of the bound": lambda: bound() / 4, "D^2 C/T alone": lambda: bound(0.0),
         "1/T for 1/sqrt(T)": lambda: bound(20**-0.5)}, relation="<=", trajectories=16_384,
    )  # fmt: skip


def _setting() -> tuple[Claim, ...]:
    corollary = Form("|grad F(W_1) - grad F(W_2)| <= E|grad f(W_1+U) - grad f(W_2+U)| <= C |W_1 - W_2|",
                     r"\|\nabla F(W_1)-\nabla F(W_2)\|\le C\|W_1-W_2\|")  # fmt: skip
    delta = Form("delta_i = (1/(2k)) sum_j (grad f(W+U_j) + grad f(W-U_j) - grad F(W)) has mean zero", DELTA_LATEX % "")
    right = Form(
        "delta_i = (1/(2k)) sum_j (grad f(W+U_j) + grad f(W-U_j) - 2 grad F(W)) has mean zero", DELTA_LATEX % "2"
    )
    xi = Form("xi_i = (1/(2k)) sum_j (G_i^(j) - grad f(W+U_j) - grad f(W-U_j)) has mean zero",
              r"\mathbb E\,\xi_i=0")  # fmt: skip
    return (
        entry("4.2/corollary", f"{PLACE}, Assumption 4.2, and Appendix B.1, first display", "grad F is C-Lipschitz.",
              corollary, "Jensen's inequality.", prove=ds.prove_corollary),
        entry("4.3/delta", f"{PLACE}, definition of delta_i", "delta_i has mean zero.", delta,
              "As printed its mean is grad F/2; Eq. 25 has the factor 2 that is missing.", prove=ds.prove_means,
              refute=ds.refute_delta, form=right, experiments=(_delta_experiment(),)),
        entry("4.3/xi", f"{PLACE}, definition of xi_i", "xi_i has mean zero.", xi, "g_z is unbiased at either point.",
              prove=ds.prove_means),
    )  # fmt: skip


def _results() -> tuple[Claim, ...]:
    theorem = Form("for some eta < 1/C, t uniform on 1..T: E|grad F(W_t)|^2 <= sqrt(2 C D^2 (sigma^2 + C^2 H)/(k T)) "
                   "+ 2 C D^2/T (evaluated: (C/2)|W|^2 with additive noise)",
                   r"\mathbb E\|\nabla F(W_t)\|^2\le\sqrt{\frac{2CD^2(\sigma^2+C^2H(\mathcal P))}{kT}}+"
                   r"\frac{2CD^2}{T}", es.average(), BOUND, "<=")  # fmt: skip
    from_zero = Form("the same for t uniform on 0..T-1 (as Lemma B.1 has it), also without noise", theorem.latex)
    noisy = Form("on 0..T-1 it holds whenever sigma^2 + C^2 H > 0; without noise only in the limit eta -> 1/C",
                 theorem.latex)  # fmt: skip
    xi = Form("E|xi_i|^2 <= sigma^2/k", r"\mathbb E\|\xi_i\|^2\le\sigma^2/k", None, SIGMA**2 / K)
    delta = Form("E|delta_i|^2 <= C^2 H/k for delta_i as printed", r"\mathbb E\|\delta_i\|^2\le C^2H(\mathcal P)/k",
                 None, C**2 * H / K)  # fmt: skip
    right = Form("E|delta_i|^2 <= C^2 H/k for delta_i with 2 grad F", delta.latex, None, C**2 * H / K)
    names = ("C", "H", "k", "sigma")
    return (
        entry("4.3", f"{PLACE}, Theorem 4.3, Eq. 6", "Rate of two-point noisy gradient descent.", theorem,
              "True with its constants, although the printed proof loses a factor 2 in both cases (Eq. 37-39): keep "
              "eta - C eta^2/2, and use |grad F|^2 <= 2C(F - min F) at the last step.", prove=ds.prove_theorem,
              experiments=(_rate_experiment(),), example=POINT, domain=RUNS, sample=_rational_step),
        entry("4.3/from-zero", f"{PLACE}, Theorem 4.3 with the t of Lemma B.1", "The bound for t in 0..T-1.", from_zero,
              "C w^2/2 without noise has a mean above 2 C D^2/T for every eta < 1/C.", prove=ds.prove_theorem,
              refute=ds.refute_theorem_from_zero, form=noisy),
        entry("4.4/xi", f"{PLACE}, Lemma 4.4, Eq. 7, first part, with its display in Appendix B.1", "Variance of xi.",
              xi,
              "(a+b)^2 <= 2a^2 + 2b^2; attained by additive noise.", prove=ds.prove_xi_bound,
              experiments=(_xi_experiment(),), example={n: POINT[n] for n in ("k", "sigma")}),
        entry("4.4/delta", f"{PLACE}, Lemma 4.4, Eq. 7, second part", "Variance of delta.", delta,
              "Holds for delta with 2 grad F; as printed, delta has mean grad F/2. Our proof: the variance is at most "
              "the mean square about grad f(W). (i runs from 0 to T-1.)", prove=ds.prove_variance_bound,
              refute=ds.refute_delta, form=right, example={n: POINT[n] for n in names}),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_setting(), *_results())
