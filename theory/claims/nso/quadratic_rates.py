"""NSO paper, Appendix B.3, the case mu = 0: Lemmas B.5-B.7, Eq. 48-60."""

from __future__ import annotations

import numpy as np
import sympy as sp

from theory.claims.claim import Claim, Experiment, Form, Point
from theory.claims.domain import Domain
from theory.claims.nso._common import entry, equal_steps, monte_carlo, numbers
from theory.noise_stability import equal_steps as es
from theory.noise_stability import quadratic_rates as qr
from theory.noise_stability.quadratic_rates import RHO, SIGMA, C, D, K

PLACE = "Appendix B.3"
STEPS = (sp.Rational(1, 4), sp.Rational(1, 8), sp.Rational(3, 8))
POSITIVE = sp.Interval.open(0, 100)
RATES = Domain(
    {"C": POSITIVE, "D": POSITIVE, "k": sp.Range(1, sp.oo), "sigma": POSITIVE, "rho": sp.Interval.open(0, 1)}
)
LONG = "T >= sigma^2/(2 k C D^2)"


def _moment_experiment() -> Experiment:
    """Algorithm 1 on |W|^2, C = 2, three dimensions, k = 2, sigma = D = 1, three different steps, Gaussian U."""

    def draw(generator: np.random.Generator, count: int) -> np.ndarray:
        w = np.zeros((count, 3))
        w[:, 0] = 1.0
        for eta in STEPS:
            total = np.zeros_like(w)
            for _ in range(2):
                u, noise = generator.standard_normal((2, count, 3))
                total += 2 * (w + u) + 2 * (w - u) + 2 * noise / np.sqrt(3)
            w = w - float(eta) / 4 * total
        return 4 * (w**2).sum(axis=1)[:, None]

    def value(variance: sp.Expr, w0: sp.Expr = sp.S.One) -> sp.Expr:
        return qr.second_moment(sp.Integer(2), STEPS, w0, variance)

    half = sp.Rational(1, 2)
    bias = value(sp.S.Zero)
    return monte_carlo(
        "Algorithm 1 on |W|^2, C = 2, d = 3, k = 2, three steps: |grad F(W_3)|^2", draw, ["mean"], numbers(value(half)),
        {"no k": numbers(value(sp.S.One)), "no noise": numbers(bias), "sigma^2 d": numbers(value(3 * half)),
         "C D^2 for 2 C D^2": numbers(value(half) - bias / 2)},
        printed=numbers(bias + (value(half) - bias) / 2), trajectories=131_072,
    )  # fmt: skip


def _moments() -> tuple[Claim, ...]:
    shift = Form("F(W) = f(W) + d for isotropic Gaussian U and f = (C/2)|W|^2", r"F(W)=f(W)+d")
    shift_right = Form("F(W) = f(W) + C d/2", r"F(W)=f(W)+\tfrac{Cd}2")
    start = Form("|W_0| = D sqrt(2 max{1/C, 2 sum eta}) gives F(W_0) - min F = D^2 for f = (C/2)|W|^2",
                 r"\|W_0\|=D\sqrt{2\max\{C^{-1},2\sum\eta_i\}}")  # fmt: skip
    start_right = Form("it does for f = |W|^2/(2 kappa) of Eq. 50; for (C/2)|W|^2 it is |W_0| = D sqrt(2/C)",
                       r"\|W_0\|=D\sqrt{2\kappa}\text{ or }D\sqrt{2/C}")  # fmt: skip
    eq48 = Form("W_{t+1} = (1-C eta_t) W_t - eta_t xi_t", r"W_{t+1}=(1-C\eta_t)W_t-\eta_t\bar\xi_t")
    martingale = Form("xi_1, xi_2, ... is a martingale", r"\mathbb E[\bar\xi_i|\ldots]=0")
    differences = Form("xi_1, xi_2, ... are martingale differences, of variance sigma^2/k", martingale.latex)
    latex = (r"2CD^2\prod_{j<t}(1-C\eta_j)^2+\frac{%s\sigma^2}{k}\sum_{i<t}\eta_i^2\prod_{j=i+1}^{t-1}"
             r"(1-C\eta_j)^2")  # fmt: skip

    def side(point: Point, power: int | None) -> sp.Expr:
        c, steps = point["C"], [point["eta_0"], point["eta_1"]]
        w0, variance = point["D"] * sp.sqrt(2 / c), point["sigma"] ** 2 / point["k"]
        if power is None:
            return qr.enumerated_square(c, steps, w0, sp.sqrt(variance))
        bias = qr.second_moment(c, steps, w0, sp.S.Zero)
        return bias + (qr.second_moment(c, steps, w0, variance) - bias) * c**power / c**2

    b5 = Form("E|grad F(W_t)|^2 = 2 C D^2 prod (1-C eta_j)^2 + (C sigma^2/k) sum eta_i^2 prod_{j>i} (1-C eta_j)^2",
              latex % "C", lambda p: side(p, None), lambda p: side(p, 1))  # fmt: skip
    b5_right = Form("the same with C^2 sigma^2/k", latex % "C^2", lambda p: side(p, None), lambda p: side(p, 2))
    eq49 = Form("'equation (49) is equal to' C^2 sum eta_i^2 prod (1-C eta_j)^2 E|xi_i|^2",
                r"C^2\sum_i\eta_i^2\prod_j(1-C\eta_j)^2\mathbb E\|\bar\xi_i\|^2")  # fmt: skip
    eq49_right = Form("its second term is; the first is C^2 |W_0|^2 prod (1-C eta_j)^2", eq49.latex)
    point = {"C": sp.Integer(2), "D": sp.S.One, "k": sp.S.One, "sigma": sp.S.One, "eta_0": sp.Rational(1, 4),
             "eta_1": sp.Rational(1, 8)}  # fmt: skip
    return (
        entry("B.4/shift", f"{PLACE}, F = f + d", "Smoothing a quadratic adds a constant.", shift,
              "The constant is C d/2, half the trace of the Hessian.", prove=qr.prove_shift, refute=qr.refute_shift,
              form=shift_right),
        entry("B.4/start", f"{PLACE}, norm of W_0", "Initialisation for F(W_0) - min F = D^2.", start,
              "With 2 sum eta > 1/C it exceeds D^2; the norm belongs to the function of Eq. 50.",
              prove=qr.prove_initialization, refute=qr.refute_initialization, form=start_right),
        entry("Eq48", f"{PLACE}, Eq. 48", "The perturbations cancel on a quadratic.", eq48, "Algebra.",
              prove=qr.prove_recursion),
        entry("B.4/martingale", f"{PLACE}, 'forms a martingale sequence', properties a and b",
              "The noise is a martingale.",
              martingale, "A sequence of conditional mean zero consists of martingale differences; both properties "
              "hold as stated if the oracle's variance is exactly sigma^2.", prove=qr.prove_martingale_differences,
              refute=qr.refute_martingale, form=differences),
        entry("B.5", f"{PLACE}, Lemma B.5", "Exact mean squared gradient.", b5,
              "C^2, as its own proof says, not C. It needs noise of variance exactly sigma^2.",
              prove=qr.prove_recursion,
              refute=qr.refute_b5, form=b5_right, experiments=(_moment_experiment(),), example=point),
        entry("Eq49", f"{PLACE}, iteration, Eq. 49 and the last display of the proof", "The moment in two parts.",
              Form("for noise of variance exactly sigma^2: Eq. 49 and the closed form with C^2 sigma^2/k",
                   latex % "C^2"), "Cross terms have mean zero.", prove=qr.prove_recursion),
        entry("Eq49/display", f"{PLACE}, 'equation (49) is equal to'", "Display under Eq. 49.", eq49,
              "Only the noise part is written.", prove=qr.prove_eq49, refute=qr.refute_eq49, form=eq49_right),
    )  # fmt: skip


def _small_steps() -> tuple[Claim, ...]:
    z = sp.Symbol("z", positive=True)
    eq54 = Form("|grad F| = |W|/kappa, W_{t+1} = (1-eta/kappa) W_t - eta xi, and E|grad F(W_t)|^2 = (2 D^2/kappa) "
                "prod + (sigma^2/(k kappa^2)) sum, for noise of variance exactly sigma^2",
                r"2D^2\kappa^{-1}\prod(1-\eta_j/\kappa)^2+\frac{\sigma^2\kappa^{-2}}k\sum"
                r"\eta_i^2\prod_{j>i}(1-\eta_j/\kappa)^2")  # fmt: skip
    eq55 = Form("1 - z/2 >= exp(z log(1/2)) for z in [0, 1]", r"1-\tfrac z2\ge\exp(\log\tfrac12\cdot z)", 1 - z / 2,
                sp.exp(z * sp.log(sp.Rational(1, 2))), ">=")  # fmt: skip
    product = Form("prod_{j>=i} (1 - eta_j/max{1/C, 2 sum_{j>=i} eta_j}) >= exp(log(1/2) sum_{j>=i} eta_j/max{1/(2C), "
                   "sum_{j>=0} eta_j}) >= 1/2", r"\prod_{j=i}^{t-1}\left(1-\frac{\eta_j}{\max\{C^{-1},2\sum_{j=i}^{T-1}"
                   r"\eta_j\}}\right)\ge\exp(\cdot)\ge\tfrac12")  # fmt: skip
    product_right = Form("the same with sums from 0 on both sides (kappa)", product.latex.replace("_{j=i}^{T-1}",
                                                                                                  "_{j=0}^"
                         "{T-1}"))  # fmt: skip
    b6 = Form("min_t E|grad F(W_t)|^2 >= D^2/(2 max{1/C, 2 sum eta_i}), and Eq. 56 (noise of variance exactly sigma^2; "
              "evaluated: equal steps eta)",
              r"\min_t\mathbb E\|\nabla F(W_t)\|^2\ge\frac{D^2}{2\max\{C^{-1},2\sum\eta_i\}}",
              es.small_curvature(), D**2 / (2 * es.KAPPA), ">=")  # fmt: skip
    steps = {"C": sp.S.One, "D": sp.S.One, "k": sp.Integer(2), "sigma": sp.S.One, "T": sp.Integer(3),
             "eta": sp.Rational(1, 4)}  # fmt: skip
    return (
        entry("Eq54", f"{PLACE}, Eq. 50-54", "Exact moment for curvature 1/kappa.", eq54,
              "Lemma B.5 (corrected) with 1/kappa for C. (The index k of Eq. 53 is not the k of the noise.)",
              prove=qr.prove_eq54),
        entry("Eq55", f"{PLACE}, Eq. 55", "An elementary inequality.", eq55, "Concave, zero at both ends.",
              prove=qr.prove_eq55, example={"z": sp.Rational(1, 2)}, symbols={"z": "a number in [0, 1]"},
              domain=Domain({"z": sp.Interval(0, 1)})),
        entry("Eq55/product", f"{PLACE}, display after Eq. 55", "Every partial product is at least 1/2.", product,
              "The left side sums from i, the middle from 0; that step fails at C = 1, eta = (3/4, 3/4). With kappa "
              "on both sides it holds, and so does the conclusion.", prove=qr.prove_product,
              refute=qr.refute_product_display, form=product_right),
        entry("B.6", f"{PLACE}, Lemma B.6 and Eq. 56", "Lower bound by the sum of the step sizes.", b6,
              "Two factors of at least 1/2.", prove=qr.prove_b6, example=steps, domain=equal_steps()),
    )  # fmt: skip


def _combined() -> tuple[Claim, ...]:
    b7 = Form(
        "for any gradient oracle of Assumption 4.1: min_t E|grad F(W_t)|^2 >= D sqrt(C sigma^2/(32 k T))",
        r"\min_t\mathbb E\|\nabla F(W_t)\|^2\ge D\sqrt{\frac{C\sigma^2}{32kT}}",
        None,
        qr.PRINTED_BOUND,
        ">=",
    )
    b7_right = Form(
        "for independent noise of variance exactly sigma^2 and " + LONG + ": >= D sqrt(C sigma^2/(8 k T)) (evaluated: "
        "fixed eta, the better of the two quadratics)",
        r"\min_t\mathbb E\|\nabla F(W_t)\|^2\ge D\sqrt{\frac{C\sigma^2}{8kT}}",
        es.better_quadratic(),
        qr.BOUND,
        ">=",
    )
    eq58 = Form("D^2/(2 max{1/C, 2 sum}) >= C D^2/(2 max{1, 2 sqrt(T)/x}) = D^2 x/(4 sqrt(T))",
                r"\frac{CD^2}{2\max\{1,2x^{-1}\sqrt T\}}=\frac{D^2x}{4\sqrt T}")  # fmt: skip
    eq58_right = Form("D^2/(2 max{1/C, 2 sum}) >= C D^2/(2 max{1, 2 C sqrt(T)/x}) = D^2 x/(4 sqrt(T)) for T >= "
                      "x^2/(4C^2)",
                      r"\frac{CD^2}{2\max\{1,2Cx^{-1}\sqrt T\}}=\frac{D^2x}{4\sqrt T}")  # fmt: skip
    t = sp.Symbol("t", integer=True, positive=True)
    power = (1 - RHO) ** (2 * t)
    eq59 = Form("2CD^2 (1-rho)^(2t) + (sigma^2 rho^2/k)(1-(1-rho)^(2t))/(1-(1-rho)^2) = sigma^2 rho/(k(2-rho)) + "
                "(1-rho)^(2t) (2CD^2 - sigma^2 rho/(k(2-rho)))", r"=\frac{\sigma^2\rho}{k(2-\rho)}+(1-\rho)^{2t}\left"
                                                                 r"(2CD^2"
                r"-\frac{\sigma^2\rho}{k(2-\rho)}\right)",
                2 * C * D**2 * power + SIGMA**2 * RHO**2 / K * (1 - power) / (1 - (1 - RHO) ** 2),
                qr.LINE + power * (2 * C * D**2 - qr.LINE))  # fmt: skip
    small = Form(
        "2CD^2 (1-rho)^2 + sigma^2 rho^2/k >= 1/(1/(2CD^2) + k/sigma^2)",
        r"2CD^2(1-\rho)^2+\frac{\sigma^2\rho^2}k\ge\frac1{\frac1{2CD^2}+\frac k{\sigma^2}}",
        2 * C * D**2 * (1 - RHO) ** 2 + SIGMA**2 * RHO**2 / K,
        1 / (1 / (2 * C * D**2) + K / SIGMA**2),
        ">=",
    )
    eq60 = Form("sigma^2 rho/(k(2-rho)) >= sigma^2 rho/(2k) >= sigma^2 C/(2 k x sqrt(T))", r"\frac{\sigma^2\rho}{k(2-"
                                                                                           r"\rho)}"
                r"\ge\frac{\sigma^2\rho}{2k}\ge\frac{\sigma^2Cx^{-1}}{2k}\frac1{\sqrt T}")  # fmt: skip
    match = Form("D^2 x/4 = sigma^2 C/(2 k x) at x = sqrt(2 sigma^2 C/(k D^2))", r"x=\sqrt{\frac{2\sigma^2C}{kD^2}}",
                 qr.balance(), sp.sqrt(2 * SIGMA**2 * C / (K * D**2)))  # fmt: skip
    point = {"C": sp.S.One, "D": sp.S.One, "k": sp.Integer(2), "sigma": sp.S.One, "rho": sp.Rational(1, 3)}
    at = {name: point[name] for name in ("C", "D", "k", "sigma")}
    return (
        entry("B.7", f"{PLACE}, Lemma B.7, Eq. 57", "Lower bound for convex quadratics.", b7,
              "A noiseless oracle satisfies Assumption 4.1, and then no quadratic keeps its gradient above O(1/T). "
              "With noise of variance exactly sigma^2 the bound holds for large T, with 8 for 32.", prove=qr.prove_b7,
              refute=qr.refute_b7, form=b7_right, domain=equal_steps(es.LONG),
              example={**at, "T": sp.Integer(100), "eta": sp.Rational(1, 4)}),
        entry("Eq58", f"{PLACE}, Eq. 58", "Lemma B.6 for small steps.", eq58, "A factor C is lost inside the maximum.",
              prove=qr.prove_eq58, refute=qr.refute_eq58, form=eq58_right),
        entry("Eq59", f"{PLACE}, Eq. 59 with the display before it", "Fixed steps, summed.", eq59,
              "Geometric sum; the coefficient's sign puts the minimum at t = 1 or t = T.", prove=qr.prove_eq59,
              example={**point, "t": sp.Integer(3)}),
        entry("B.7/small-case", f"{PLACE}, first case under Eq. 59", "The minimum over rho of the value at t = 1.",
              small,
              "The difference is a square.", prove=qr.prove_small_case, example=point, domain=RATES),
        entry("Eq60", f"{PLACE}, Eq. 60", "Second case.", eq60, "Monotone in rho.", prove=qr.prove_eq60),
        entry("B.7/x", f"{PLACE}, choice of x", "The two bounds match.", match, "Solving for x; both are then D "
              "sqrt(C sigma^2/(8 k T)).", prove=qr.prove_balance, example=at),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_moments(), *_small_steps(), *_combined())
