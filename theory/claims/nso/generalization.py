"""NSO paper, Section 2.1: Theorem 2.2 with the displays of its sketch; Theorem A.1 and Proposition A.2."""

from __future__ import annotations

import numpy as np
import sympy as sp

from theory.claims.claim import Claim, Experiment, Form
from theory.claims.nso._common import entry, monte_carlo, numbers
from theory.noise_stability import linear_pac_bayes as lpb
from theory.noise_stability import pac_bayes as pb
from theory.noise_stability.pac_bayes import ALPHA, BETA, SIGMA, C, N, R

PLACE = "Section 2.1"
POINT = {"beta": sp.Rational(1, 2), "C": sp.S.One, "alpha": sp.Integer(2), "r": sp.S.One, "n": sp.Integer(50)}


def _kl_experiment() -> Experiment:
    """The mean log ratio of two Gaussians of three dimensions."""
    covariance = np.array([[1.0, 0.5, 0.0], [0.5, 2.0, -0.25], [0.0, -0.25, 0.5]])
    x, y = np.array([0.5, -0.25, 0.25]), np.array([0.0, 0.25, 0.5])
    inverse, root = np.linalg.inv(covariance), np.linalg.cholesky(covariance)

    def draw(generator: np.random.Generator, count: int) -> np.ndarray:
        z = y + generator.standard_normal((count, 3)) @ root.T
        ratio = np.einsum("ni,ij,nj->n", z - x, inverse, z - x) - np.einsum("ni,ij,nj->n", z - y, inverse, z - y)
        return (ratio / 2)[:, None]

    gap = x - y
    exact = gap @ inverse @ gap / 2
    return monte_carlo(
        "mean log ratio under Q, three dimensions, correlated covariance", draw, ["KL(Q||P)"], numbers(exact),
        {"1 for 1/2": numbers(2 * exact), "Sigma for its inverse": numbers(gap @ covariance @ gap / 2),
         "diagonal of Sigma": numbers(gap @ np.diag(1 / np.diag(covariance)) @ gap / 2),
         "X + Y for X - Y": numbers((x + y) @ inverse @ (x + y) / 2)},
    )  # fmt: skip


def _theorem() -> tuple[Claim, ...]:
    latex = (r"L(W) \le (1+\epsilon)\hat L(W) + (1+\epsilon)\sqrt{C\alpha r^2/n}"
             r" + O(n^{-3/4}\log\delta^{-1})")  # fmt: skip
    printed = Form("for every delta > 0 and epsilon close to 0: L <= (1+epsilon) Lhat + (1+epsilon) sqrt(C alpha "
                   "r^2/n) + O(n^(-3/4) log(1/delta)), Hessian Lipschitz within the hypothesis space",
                   latex)  # fmt: skip
    right = Form("for every fixed epsilon > 0, 0 < delta <= 1/2, alpha > 0, a loss in [0, C] with a Hessian that is "
                 "L-Lipschitz on all of R^p: the same bound; the constant in O depends on epsilon, p, r, alpha, C, L",
                 latex + r"\quad(\alpha>0,\ \delta\le\tfrac12,\ \epsilon\text{ fixed})")  # fmt: skip
    uniform = Form("the bound holds with one constant in O for all epsilon close to zero", latex)
    fixed = Form("the constant in O depends on epsilon (through 1/(1-beta) = (1+epsilon)/epsilon)", latex)
    return (
        entry("2.2", f"{PLACE}, Theorem 2.2, Eq. 2", "PAC-Bayes bound with the trace of the Hessian.", printed,
              "alpha, a maximum of traces, can be negative (l = e^(-w^2) near 0), and then the bound is no real "
              "number; the perturbation also leaves the hypothesis space (Lemma A.4), and log(1/delta) vanishes as "
              "delta -> 1. With these conditions the theorem holds for a fixed epsilon.", prove=pb.prove_theorem,
              refute=pb.refute_theorem, form=right),
        entry("2.2/uniform-epsilon", f"{PLACE}, Theorem 2.2, 'for any epsilon close to zero'",
              "The remainder is O(n^(-3/4) log(1/delta)) uniformly in epsilon.", uniform,
              "l = 1/2 + x sin(w)/4 has a gap of order n^(-1/2) beyond the trace term as epsilon -> 0: the trace "
              "alone does not bound the gap.", prove=pb.prove_theorem, refute=pb.refute_uniform_epsilon, form=fixed),
        entry("2.2/sharper", f"{PLACE}, Theorem 2.2, our own", "With the best sigma^2 the leading term is smaller by "
              "sqrt(2).", Form("min over sigma^2 of the two leading terms = (1+epsilon) sqrt(C alpha r^2/(2n))",
              r"\min_{\sigma^2} = \frac1\beta\sqrt{\frac{C\alpha r^2}{2n}}", pb.leading(pb.best_variance()),
              sp.sqrt(C * ALPHA * R**2 / (2 * N)) / BETA), "First-order condition of a convex function.",
              prove=pb.prove_eq21, example=POINT, new=True),
    )  # fmt: skip


def _ingredients() -> tuple[Claim, ...]:
    a1 = Form("P(for all Q: L_Q <= Lhat_Q/beta + C (KL(Q||P) + log(1/delta))/(2 beta (1-beta) n)) >= 1 - delta",
              r"L_{\mathcal Q} \le \frac1\beta\hat L_{\mathcal Q} + \frac{C(KL(\mathcal Q\|\mathcal "
              r"P)+\log\frac1\delta)}"
              r"{2\beta(1-\beta)n}")  # fmt: skip
    x, y = sp.symbols("X Y", real=True)
    kl = Form(
        "KL(Q||P) = (X-Y)^T Sigma^(-1) (X-Y)/2; |X-Y|^2/(2 sigma^2) for Sigma = sigma^2 Id (evaluated for p = 1)",
        r"KL(\mathcal Q\|\mathcal P)=\tfrac12(X-Y)^\top\Sigma^{-1}(X-Y)",
        None,
        (x - y) ** 2 / (2 * SIGMA**2),
    )
    sketch = Form("the remainder of Eq. 20 is O(sigma^3 + sigma^2 sqrt(p)/sqrt(n) + log(1/delta)/n) for every delta",
                  r"O\left(\sigma^3+\frac{\sigma^2\sqrt p}{\sqrt n}+\frac{\log\delta^{-1}}{n}\right)")  # fmt: skip
    sketch_right = Form("the same for delta <= 1/2", sketch.latex + r"\ (\delta\le\tfrac12)")
    return (
        entry("A.1", f"Appendix A.1, Theorem A.1, Eq. 11, and {PLACE}, Eq. 3", "Linear PAC-Bayes bound, for a prior "
              "fixed before the data, uniformly over posteriors.", a1,
              "Our proof: chord of the exponential, Donsker-Varadhan, Markov with t = 2(1-beta); exact failure "
              "probabilities of a Bernoulli example, and a bound three times as small that they reject.",
              prove=lpb.prove_theorem_a1),
        entry("A.2", "Appendix A.1, Proposition A.2, both displays", "Divergence of two Gaussians of equal covariance.",
              kl, "The quadratic parts of the log ratio cancel.", prove=lpb.prove_kl,
              experiments=(_kl_experiment(),),
              example={"X": sp.S.One, "Y": sp.Rational(1, 3), "sigma": sp.Rational(1, 2)}),
        entry("2.2/sketch-bound", f"{PLACE}, last display of the proof sketch", "Order of the remainder.", sketch,
              "Eq. 20 has a factor sqrt(log(C_3 n/delta)) more. Young's inequality absorbs it in sigma^3 and "
              "log(1/delta)/n, but the latter vanishes as delta -> 1.", prove=pb.prove_sketch_remainder,
              refute=pb.refute_sketch_remainder, form=sketch_right),
    )  # fmt: skip


def _remainder() -> Claim:
    printed = Form("xi = O(n^(-3/4) + n^(-3/4) + log(1/delta)/n) <= O(log(1/delta) n^(-3/4)) for every delta",
                   r"\xi = O(n^{-3/4}+n^{-3/4}+\log(\delta^{-1})n^{-1})\le O(\log(\delta^{-1})n^{-3/4})")  # fmt: skip
    right = Form("the same for delta <= 1/2 (or with 1 + log(1/delta))", printed.latex + r"\ (\delta\le\tfrac12)")
    return entry(
        "2.2/order-of-xi", "Appendix A.1.1, order of xi", "Order of the remainder.", printed,
        "sigma^3 does not depend on delta, while log(1/delta) -> 0 as delta -> 1.", prove=pb.prove_remainder_order,
        refute=pb.refute_remainder_order, form=right,
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_theorem(), *_ingredients(), _remainder())
