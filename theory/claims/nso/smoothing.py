"""NSO paper, Section 2: Proposition 2.1 with the lines of its proof; Claim A.3 and Lemma A.4 of Appendix A.1."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import sympy as sp

from theory.claims.claim import Claim, Experiment, Form
from theory.claims.nso._common import Predict, entry, monte_carlo
from theory.noise_stability import taylor

X, Y = sp.symbols("x y", real=True)
HALF = sp.Rational(1, 2)
QUARTIC = X**4 / 4 + X**2 * Y + X * Y**2 - Y**4 / 8 + 2 * X * Y + X
COVARIANCE = sp.Matrix([[sp.Rational(1, 4), sp.Rational(1, 8)], [sp.Rational(1, 8), sp.Rational(1, 2)]])
AT = {X: sp.Rational(1, 2), Y: -sp.S.One}


@cache
def _exact() -> sp.Expr:
    return taylor.smoothed(QUARTIC, (X, Y), COVARIANCE).subs(AT)


def _second_order(factor: sp.Expr = HALF) -> sp.Expr:
    return (QUARTIC + factor * (COVARIANCE * sp.hessian(QUARTIC, (X, Y))).trace()).subs(AT)


def _one(value: Callable[[], sp.Expr]) -> Predict:
    return lambda: np.array([float(value())])


def _two_point_experiment() -> Experiment:
    loss = sp.lambdify((X, Y), QUARTIC, "numpy")
    root = np.linalg.cholesky(np.array(COVARIANCE, dtype=float))
    w = np.array([float(AT[X]), float(AT[Y])])

    def draw(generator: np.random.Generator, count: int) -> np.ndarray:
        noise = generator.standard_normal((count, 2)) @ root.T
        plus, minus = (loss(*(w + sign * noise).T) for sign in (1, -1))
        return ((plus + minus) / 2)[:, None]

    return monte_carlo(
        "a quartic of two variables, correlated Gaussian U, the average over U and -U", draw, ["F(W)"], _one(_exact),
        {"1 for 1/2": _one(lambda: _exact() - _second_order() + _second_order(sp.S.One)),
         "trace of H for <Sigma, H>": _one(
             lambda: _exact() - _second_order() + (QUARTIC + sp.hessian(QUARTIC, (X, Y)).trace() / 2).subs(AT)),
         "no term of fourth order": _one(_second_order), "no noise": _one(lambda: QUARTIC.subs(AT))},
    )  # fmt: skip


F_LATEX = r"F(W) = f(W) + \tfrac12\langle\Sigma,\nabla^2 f(W)\rangle + R"
PLACE = "Section 2, Proposition 2.1"


def _proposition() -> tuple[Claim, ...]:
    printed = Form("F(W) = f(W) + <Sigma, H>/2 + O(|Sigma|_2^(3/2)) for every twice-differentiable f",
                   F_LATEX + r",\ R = O(\|\Sigma\|_2^{3/2})")  # fmt: skip
    right = Form("if the Hessian is L-Lipschitz, |F - f - <Sigma, H>/2| <= (L/6) E|U|^3 <= (L/6)(d^2+2d)^(3/4) "
                 "|Sigma|_2^(3/2)", F_LATEX + r",\ |R| \le \tfrac{L}{6}(d^2+2d)^{3/4}\|\Sigma\|_2^{3/2}")  # fmt: skip
    draw = Form(
        "with high probability over U: (f(W+U) + f(W-U))/2 = f(W) + <Sigma, H>/2 + O(|Sigma|_2^(3/2))",
        r"\tfrac12(f(W+U)+f(W-U)) = f(W) + \tfrac12\langle\Sigma,\nabla^2 f\rangle + O(\|\Sigma\|^{3/2})",
    )
    line = Form("f(W +- U) = f(W) +- <U, g> + U^T H U/2 + O(|Sigma|_2^(3/2))",
                r"f(W\pm U) = f(W) \pm \langle U,\nabla f\rangle + \tfrac12 U^\top\nabla^2 f\,U + "
                r"O(\|\Sigma\|_2^{3/2})")  # fmt: skip
    pathwise = Form("|f(W +- U) - f(W) -+ <U, g> - U^T H U/2| <= (L/6)|U|^3 for an L-Lipschitz Hessian; in the mean "
                    "(L/6)(d^2+2d)^(3/4) |Sigma|_2^(3/2)", r"\ldots \le \tfrac{L}{6}\|U\|^3")  # fmt: skip
    average = Form("E<U, g> = 0 and E U^T H U = <Sigma, H>",
                   r"\mathbb E\langle U,\nabla f\rangle=0,\ \mathbb E\,U^\top\nabla^2 f\,U=\langle\Sigma,\nabla^2 f"
                   r"\rangle")  # fmt: skip
    fourth = Form("if fourth derivatives are bounded by M, |F - f - <Sigma, H>/2| <= (M/24)(d^2+2d) |Sigma|_2^2",
                  F_LATEX + r",\ |R| \le \tfrac{M}{24}(d^2+2d)\|\Sigma\|_2^2")  # fmt: skip
    sharp = Form("for f(x) = |x|^3 at 0, F - f - sigma^2 f''/2 = 2 sqrt(2/pi) sigma^3",
                 r"F(0)-f(0)-\tfrac{\sigma^2}{2}f''(0) = 2\sqrt{2/\pi}\,\sigma^3")  # fmt: skip
    certain = Form("the equation holds for the expectation F(W), which is a number: with certainty, not with high "
                   "probability", right.latex)  # fmt: skip
    return (
        entry("2.1", f"{PLACE}, Eq. 1", "Smoothing by Gaussian noise adds half of <Sigma, Hessian>, up to order 3/2.",
              printed, "Twice differentiable is too little: f(x) = |x|^(5/2) leaves c sigma^(5/2). With an "
              "L-Lipschitz Hessian the order holds, with an explicit constant.", prove=taylor.prove_lipschitz_bound,
              refute=taylor.refute_twice_differentiable, form=right, experiments=(_two_point_experiment(),)),
        entry("2.1/with-high-probability", f"{PLACE}, wording",
              "The equation holds with high probability over a random sample U.", draw,
              "F is an expectation. For a single U the equation fails: f = x^2/2 misses by (U^2 - sigma^2)/2, of "
              "order |Sigma|.", prove=taylor.prove_lipschitz_bound, refute=taylor.refute_samplewise, form=certain),
        entry("2.1/taylor-lines", f"{PLACE}, the two displayed expansions", "Each of the two Taylor expansions has a "
              "remainder O(|Sigma|^(3/2)).", line, "U is unbounded, so for a given U the remainder is O(|U|^3), not "
              "O(|Sigma|^(3/2)); the latter holds in the mean.", prove=taylor.prove_lipschitz_bound,
              refute=taylor.refute_taylor_line, form=pathwise),
        entry("2.1/average", f"{PLACE}, E U = 0 and E U U^T = Sigma", "Averaging removes the first order and gives "
              "<Sigma, H>.", average, "Linear algebra, entry by entry.", prove=taylor.prove_averages),
        entry("2.1/fourth-order", f"{PLACE}, our own", "For smooth f the remainder has order |Sigma|^2: the third "
              "order cancels between U and -U.", fourth, "Even part of the expansion; attained by x^4.",
              prove=taylor.prove_symmetric_order, new=True),
        entry("2.1/order-sharp", f"{PLACE}, our own", "For a Hessian that is only Lipschitz, order 3/2 is the best "
              "possible.", sharp, "Direct integration.", prove=taylor.prove_order_is_sharp, new=True),
    )  # fmt: skip


def _unbiased() -> Claim:
    printed = Form("E[f(W+U) + f(W-U) - 2f(W)] = <Sigma, H> for every f",
                   r"\mathbb E[f(W+U)+f(W-U)-2f(W)] = \langle\Sigma,\nabla^2 f(W)\rangle")  # fmt: skip
    right = Form("equality for polynomials of degree at most 3; in general a bias of order |Sigma|^2 (6 sigma^4 for "
                 "x^4)",
                 printed.latex + r"\ (\deg f\le 3)")  # fmt: skip
    return entry(
        "1/unbiased-hessian", "Introduction, 'these adjustments provide an unbiased Hessian estimate'",
        "The two-point difference is an unbiased estimate of the Hessian term.", printed,
        "Exact up to degree 3 only; unbiased up to O(|Sigma|^2) otherwise.", prove=taylor.prove_hessian_bias,
        refute=taylor.refute_unbiased_hessian, form=right,
    )  # fmt: skip


def _appendix() -> tuple[Claim, ...]:
    w, u = sp.Symbol("w", real=True), sp.Symbol("u", real=True)
    printed = Form("l(W+U) = l(W) + U^T g + U^T H U + R_2 with R_2 = U^T (H(eta) - H(W)) U",
                   r"\ell(W+U) = \ell + U^\top\nabla\ell + U^\top\nabla^2\ell\,U + R_2")  # fmt: skip
    right = Form("l(W+U) = l(W) + U^T g + U^T H U/2 + R_2 with R_2 = U^T (H(eta) - H(W)) U/2",
                 r"\ell(W+U) = \ell + U^\top\nabla\ell + \tfrac12 U^\top\nabla^2\ell\,U + R_2")  # fmt: skip
    mean = Form("E l(W+U) = l + E U^T g + E U^T H U + E R_2, for l(w) = w^2 (R_2 = 0)", printed.latex,
                (w**2 + taylor.SIGMA**2), w**2 + 2 * taylor.SIGMA**2)  # fmt: skip
    mean_right = Form("E l(W+U) = l + E U^T g + E U^T H U/2 + E R_2, for l(w) = w^2 (R_2 = 0)", right.latex,
                      taylor.smoothed(w**2, (w,), sp.Matrix([[taylor.SIGMA**2]])), w**2 + taylor.SIGMA**2)  # fmt: skip
    lemma = Form(
        "|l_Q - l - sigma^2 tr H/2| <= C_1 sigma^3 if the Hessian is Lipschitz within the hypothesis space",
        r"|\ell_{\mathcal Q} - \ell - \tfrac{\sigma^2}{2}\mathrm{Tr}\nabla^2\ell| \le C_1\sigma^3",
    )
    lemma_right = Form("the same if the Hessian is L-Lipschitz on all of R^p, with C_1 = (L/6)(p^2+2p)^(3/4)",
                       lemma.latex)  # fmt: skip
    eq12 = Form("E U^T H U = sigma^2 tr H", r"\mathbb E\,U^\top\nabla^2\ell\,U=\sigma^2\mathrm{Tr}\nabla^2\ell")
    tail_latex = (r"\mathbb E\,R_2\le\mathbb E\|U\|^2\|\nabla^2\ell(\eta)-\nabla^2\ell(W)\|_F"
                  r"\lesssim C_1\sigma^3")  # fmt: skip
    tail = Form("E|R_2| <= E |U|^2 |H(eta) - H(W)|_F <= C_1 E|U|^3 = O(sigma^3), Hessian Lipschitz within the "
                "hypothesis space", tail_latex)  # fmt: skip
    tail_right = Form("E|R_2| <= L E|U|^3 <= L (p^2+2p)^(3/4) sigma^3, Hessian L-Lipschitz on all of R^p", tail_latex)
    place = "Appendix A.1"
    point = {"w": sp.S.One, "sigma": sp.Rational(1, 2), "u": sp.S.One}
    return (
        entry("A.3", f"{place}, Claim A.3 with its proof", "Second-order Taylor expansion with the remainder of the "
              "mean value theorem.", Form(printed.text, printed.latex, (w + u) ** 2, w**2 + 2 * w * u + 2 * u**2),
              "The factor 1/2 of the second-order term (and of R_2) is missing; l(w) = w^2 shows it. The forms are "
              "evaluated for l(w) = w^2, whose R_2 is 0.", prove=taylor.prove_claim_a3, refute=taylor.refute_claim_a3,
              form=Form(right.text, right.latex, (w + u) ** 2, w**2 + 2 * w * u + u**2),
              example={"w": point["w"], "u": point["u"]}),
        entry("A.4", f"{place}, Lemma A.4, and the two displayed lines of the sketch of Theorem 2.2",
              "The perturbed loss is the loss plus sigma^2/2 times the trace of the Hessian, up to C_1 sigma^3.", lemma,
              "A Gaussian leaves the hypothesis space: with a Hessian that is Lipschitz inside only, the remainder at "
              "its edge can be of order sigma^(5/2). True with a Hessian that is Lipschitz everywhere.",
              prove=taylor.prove_lipschitz_bound, refute=taylor.refute_lemma_a4, form=lemma_right),
        entry("A.4/expectation", f"{place}, proof of Lemma A.4, first two displays", "Expectation of Claim A.3.", mean,
              "The 1/2 is missing again; Eq. 12 then contradicts the lemma, which has it.",
              prove=taylor.prove_claim_a3, refute=taylor.refute_claim_a3, form=mean_right,
              example={"w": point["w"], "sigma": point["sigma"]}),
        entry("Eq12", f"{place}, Eq. 12", "Mean of the second-order term.", eq12, "Second moments of U.",
              prove=taylor.prove_quadratic_form_mean),
        entry("A.4/remainder", f"{place}, proof of Lemma A.4, last display", "The remainder is of order sigma^3.", tail,
              "W + U leaves the hypothesis space, see nso/A.4. With a Hessian that is Lipschitz everywhere: "
              "Cauchy-Schwarz and Gaussian moments; the constant grows like p^(3/2).", prove=taylor.prove_a4_remainder,
              refute=taylor.refute_lemma_a4, form=tail_right),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (_unbiased(), *_proposition(), *_appendix())
