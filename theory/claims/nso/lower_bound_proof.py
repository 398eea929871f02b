"""NSO paper, Appendix B.2: Lemma B.2 and the displayed steps of its proof, Eq. 40-44."""

from __future__ import annotations

import numpy as np
import sympy as sp

from theory.claims.claim import Claim, Experiment, Form
from theory.claims.domain import Domain
from theory.claims.nso._common import entry, equal_steps, monte_carlo, numbers
from theory.noise_stability import chain_functions as cf
from theory.noise_stability import equal_steps as es
from theory.noise_stability.chain_functions import LONG, LOWER, C, D

PLACE = "Appendix B.2"
STEPS = (0.25, 0.5, 0.125, 0.25)
SETTING = {"curvature": 1.0, "sigma": 0.5, "k": 2}


def _plateau_slope(x: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    size = np.abs(x)
    slope = np.where(size <= 1.5 * alpha, -(size - alpha), size - 2 * alpha)
    return np.sign(x) * np.where((size <= alpha) | (size >= 2 * alpha), 0.0, slope)


def _iterates_experiment() -> Experiment:
    """Algorithm 1 on Eq. 8 with C = D = 1, k = 2, T = 4, noise +-sigma/sqrt(k) along e_{t+1}, U clipped to alpha/2."""
    sigma, k = SETTING["sigma"], int(SETTING["k"])
    big = max(1.0, 2 * sum(STEPS))
    alphas = np.array([2 * eta * sigma / np.sqrt(k) for eta in STEPS])
    start = np.sqrt(big)

    def draw(generator: np.random.Generator, count: int) -> np.ndarray:
        w = np.zeros((count, 5))
        w[:, 0] = start
        for t, eta in enumerate(STEPS):
            total = np.zeros_like(w)
            for _ in range(k):
                u = np.clip(generator.standard_normal((count, 4)), -alphas / 2, alphas / 2)
                for sign in (1, -1):
                    total[:, 1:] += _plateau_slope(w[:, 1:] + sign * u, alphas)
                total[:, 0] += 2 * w[:, 0] / big
                total[:, t + 1] += 2 * generator.choice([-1, 1], size=count) * sigma / np.sqrt(k)
            w = w - eta / (2 * k) * total
        return np.stack([w[:, 0], w[:, 1] ** 2, w[:, 4] ** 2], axis=1)

    shrink = float(np.prod([1 - eta / big for eta in STEPS]))
    noise = sigma**2 / k**2
    squares = [eta**2 * noise for eta in (STEPS[0], STEPS[3])]
    return monte_carlo(
        "Algorithm 1 on Eq. 8, T = 4, k = 2: <W_4, e_0>, squares of <W_4, e_1> and <W_4, e_4>", draw,
        ["e_0", "e_1 squared", "e_4 squared"], numbers(start * shrink, *squares),
        {"noise contracts like e_0": numbers(start * shrink, squares[0] * shrink**2, squares[1]),
         "k^2 for k in the noise": numbers(start * shrink, squares[0] / 2, squares[1] / 2),
         "minus sign of W_2": numbers(-start * shrink, *squares)},
    )  # fmt: skip


def _steps() -> tuple[Claim, ...]:
    eq40 = Form("|<xi_t, e_{t+1}>| <= sigma/sqrt(k) for each gives the same for their average", r"|\langle\bar\xi_t,e"
                                                                                                r"_{t+1}"
                r"\rangle|\le\sigma/\sqrt k")  # fmt: skip
    eq41 = Form("with alpha_i = 2 eta_i sigma/sqrt(k), |xi| <= sigma/sqrt(k) and |U| <= eta_i sigma/sqrt(k): |eta_i "
                "xi + U| <= alpha_i and h_i' = 0 at both points",
                r"|\eta_0\langle\bar\xi_0,e_1\rangle\pm\langle U,e_1\rangle|\le\alpha_0")  # fmt: skip
    first = Form("W_1 = W_0 - eta_0 ((1/2) sum_{i=1}^k (grad f(W_0+U_i) + grad f(W_0-U_i)) + xi) = (1-eta_0/G) W_0 - "
                 "eta_0 xi", r"W_1=W_0-\eta_0\left(\tfrac12\sum_{i=1}^k(\cdot)+\bar\xi_0\right)")  # fmt: skip
    first_right = Form("W_1 = W_0 - eta_0 ((1/(2k)) sum (...) + xi) = (1-eta_0/G) W_0 - eta_0 xi",
                       r"W_1=W_0-\eta_0\left(\tfrac1{2k}\sum_{i=1}^k(\cdot)+\bar\xi_0\right)")  # fmt: skip
    second = Form("W_2 = -(1-eta_1/G)(1-eta_0/G) W_0 - eta_0 xi_0 - eta_1 xi_1", r"W_2=-(1-\eta_1G^{-1})(1-\eta_0G^{-"
                                                                                 r"1})W_0"
                  r"-\eta_0\bar\xi_0-\eta_1\bar\xi_1")  # fmt: skip
    second_right = Form(
        "W_2 = (1-eta_1/G)(1-eta_0/G) W_0 - eta_0 xi_0 - eta_1 xi_1", second.latex.replace("=-", "=", 1)
    )
    eq42 = Form("W_t = W_0 prod_{i<t} (1-eta_i/G) - sum_{i<t} eta_i xi_i", r"W_t=W_0\prod_{i<t}(1-\eta_iG^{-1})-\sum_"
                                                                           r"{i<t}"
                r"\eta_i\bar\xi_i")  # fmt: skip
    return (
        entry("Eq40", f"{PLACE}, Eq. 40 and the next display", "Averages of bounded noise are bounded.", eq40,
              "Triangle inequality.", prove=cf.prove_bounded_average),
        entry("Eq41", f"{PLACE}, Eq. 41 and the displays on h_0'", "The plateau is wide enough.", eq41,
              "Two halves. The bound on |U| needs U clipped on both sides (nso/4.5/truncation). (alpha_T and eta_T do "
              "not exist.)", prove=cf.prove_clipping),
        entry("B.2/first-step", f"{PLACE}, W_1", "The first iterate.", first,
              "1/2 should read 1/(2k); with k = 2 the printed step is twice as long.", prove=cf.prove_update,
              refute=cf.refute_first_update, form=first_right),
        entry("B.2/second-step", f"{PLACE}, W_2", "The second iterate.", second,
              "The leading minus sign is a misprint.",
              prove=cf.prove_update, refute=cf.refute_second_sign, form=second_right),
        entry("Eq42", f"{PLACE}, induction and Eq. 42", "All iterates.", eq42,
              "Induction, coordinate by coordinate. (The lines before leave out e_0 after <W_t, e_0>.)",
              prove=cf.prove_update, experiments=(_iterates_experiment(),)),
    )  # fmt: skip


def _bounds() -> tuple[Claim, ...]:
    start = Form("F(W_0) - min F = F(W_0), the minimum being attained at zero", r"F(W_0)-\min F=F(W_0)")
    start_right = Form("F(W_0) - min F = D^2/2 + (C/4) sum alpha_i^2, the minimum being attained beyond the plateaus",
                       r"F(W_0)-\min F=\tfrac{D^2}2+\tfrac C4\sum\alpha_i^2")  # fmt: skip
    eq43 = Form("with |U_{i+1}| <= alpha_i/2: F(W_0) - min F <= D^2 iff sum eta_i^2 <= k D^2/(2 C sigma^2); "
                "(sum eta_i)^2/T <= sum eta_i^2",
                r"\frac1T\left(\sum\eta_i\right)^2\le\sum\eta_i^2\le\frac{kD^2}{2C\sigma^2}")  # fmt: skip
    enough = Form("the condition of Lemma B.2 on sum eta_i gives F(W_0) - min F <= D^2",
                  r"\sum\eta_i\le\sqrt{\tfrac{D^2kT}{2\sigma^2C}}\Rightarrow F(W_0)-\min F\le D^2")  # fmt: skip
    enough_right = Form("sum eta_i^2 <= k D^2/(2 C sigma^2) does, and gives the condition of Lemma B.2", eq43.latex)
    z = sp.Symbol("z", positive=True)
    useless = Form("1 - z/2 >= exp(log(z/2)) for z in (0, 1]", r"1-\tfrac z2\ge\exp(\log\tfrac z2)", 1 - z / 2,
                   sp.exp(sp.log(z / 2)), ">=")  # fmt: skip
    eq44 = Form("prod (1 - eta_i/G) >= 1/2 for G >= 2 sum eta_i", r"\prod(1-\eta_iG^{-1})\ge\tfrac12")
    first = Form(
        "min_i |grad F(W_i)|^2 = (<W_0, e_0>/G)^2", r"\min_i\|\nabla F(W_i)\|^2=(G^{-1}\langle W_0,e_0\rangle)^2"
    )
    first_right = Form("min_i |grad F(W_i)|^2 = min_i (<W_i, e_0>/G)^2 >= (<W_0, e_0>/G)^2/4",
                       r"\min_i\|\nabla F(W_i)\|^2\ge\tfrac14(G^{-1}\langle W_0,e_0\rangle)^2")  # fmt: skip
    lemma = Form(
        "if sum eta_i <= sqrt(D^2 k T/(2 sigma^2 C)): min E|grad F(W_t)|^2 >= D sqrt(C sigma^2/(32 k T)) (evaluated: "
        "equal steps eta)",
        r"\min_t\mathbb E\|\nabla F(W_t)\|^2\ge D\sqrt{\frac{C\sigma^2}{32kT}}",
        es.plateau(),
        LOWER,
        ">=",
    )
    lemma_right = Form("the same with min{C D^2/4, D sqrt(C sigma^2/(32 k T))}, which is the second for " + LONG,
                       r"\min_t\mathbb E\|\nabla F(W_t)\|^2\ge\min\{\tfrac{CD^2}4,\ldots\}", es.plateau(),
                       sp.Min(C * D**2 / 4, LOWER), ">=")  # fmt: skip
    corner = {"C": sp.S.One, "D": sp.S.One, "k": sp.S.One, "sigma": sp.Integer(10), "T": sp.S.One,
              "eta": sp.Rational(1, 20)}  # fmt: skip
    return (
        entry("B.2/start", f"{PLACE}, F(W_0) - min F", "Value at the start.", start,
              "At zero every h_i is at its top; and F is positive everywhere if U_0 has a variance. The difference is "
              "what the next line says.", prove=cf.prove_start, refute=cf.refute_start, form=start_right),
        entry("Eq43", f"{PLACE}, next line and Eq. 43", "Condition on the step sizes.", eq43,
              "Algebra, Cauchy-Schwarz, for U clipped on both sides (nso/4.5/truncation).",
              prove=cf.prove_eq43),
        entry("Eq43/converse", f"{PLACE}, Lemma B.2 against Eq. 43",
              "The lemma's condition makes the construction admissible.",
              enough, "Eq. 43 bounds the sum of squares, which the sum does not: eta = (1, 0, ..., 0).",
              prove=cf.prove_eq43, refute=cf.refute_converse, form=enough_right),
        entry("Eq44/inequality", f"{PLACE}, above Eq. 44", "An elementary inequality.", useless,
              "True as printed (it says z <= 1), but Eq. 44 needs exp(z log(1/2)), Eq. 55.",
              prove=cf.prove_useless_inequality, example={"z": sp.Rational(1, 2)},
              symbols={"z": "a number in (0, 1]"}, domain=Domain({"z": sp.Interval.Lopen(0, 1)})),
        entry("Eq44", f"{PLACE}, Eq. 44", "The first coordinate keeps half of its start.", eq44,
              "Weierstrass' product inequality.", prove=cf.prove_product),
        entry("B.2/first-equality", f"{PLACE}, last chain, first line", "The gradient along the path.", first,
              "W_0 should read W_i; the factor 1/4 of the next line accounts for the difference.",
              prove=cf.prove_lemma_b2, refute=cf.refute_first_equality, form=first_right),
        entry("B.2", f"{PLACE}, Lemma B.2 with its last chain", "Lower bound for small step sizes.", lemma,
              "The last step drops C from the minimum, which needs T >= sigma^2/(2 k C D^2); with sigma^2 = 100 and "
              "all else 1 the lemma fails.", prove=cf.prove_lemma_b2, refute=cf.refute_lemma_b2, form=lemma_right,
              example=corner, domain=equal_steps(es.SMALL)),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_steps(), *_bounds())
