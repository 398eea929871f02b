"""NSO paper, Appendix B.3, the case mu > 0: Theorem B.4, Eq. 10 and 61-71."""

from __future__ import annotations

import numpy as np
import sympy as sp

from theory.claims.claim import Claim, Experiment, Form, Point
from theory.claims.domain import Domain
from theory.claims.nso._common import entry, monte_carlo, numbers
from theory.noise_stability import momentum as mm
from theory.noise_stability import momentum_lower_bound as bound
from theory.noise_stability.momentum import MU, RHO

PLACE = "Appendix B.3, mu > 0"
POINT = {"rho": sp.Rational(1, 4), "mu": sp.Rational(1, 2)}


def _momentum_experiment() -> Experiment:
    """Eq. 10 on w^2, C = 2, eta = 1/8, mu = 1/2, k = 2, sigma = 1, W_0 = 1, five steps."""
    curvature, eta, mu, k, steps = 2.0, 0.125, 0.5, 2, 5

    def draw(generator: np.random.Generator, count: int) -> np.ndarray:
        w, m = np.ones(count), np.zeros(count)
        for _ in range(steps):
            total = np.zeros(count)
            for _ in range(k):
                u, noise = generator.standard_normal((2, count))
                total += curvature * (w + u) + curvature * (w - u) + 2 * noise
            m = mu * m - eta / (2 * k) * total
            w = w + m
        return (w**2)[:, None]

    x = np.array([[1 - curvature * eta, mu], [-curvature * eta, mu]])
    powers = [np.linalg.matrix_power(x, i) for i in range(steps + 1)]
    bias = powers[steps][0, 0] ** 2
    noise = eta**2 / k * sum((p[0, 0] + p[0, 1]) ** 2 for p in powers[:steps])
    only_first = eta**2 / k * sum(p[0, 0] ** 2 for p in powers[:steps])
    return monte_carlo(
        "heavy ball on w^2, C = 2, mu = 1/2, k = 2, five steps: W_5^2", draw, ["mean"], numbers(bias + noise),
        {"X^t for X^(t+1)": numbers(powers[steps - 1][0, 0] ** 2 + noise), "e_1 for e": numbers(bias + only_first),
         "C^2 eta^2": numbers(bias + curvature**2 * noise),
         "no momentum": numbers((1 - curvature * eta) ** (2 * steps))},
        printed=numbers(2 * 2 * powers[steps - 1][0, 0] ** 2 + curvature**2 * only_first), trajectories=131_072,
    )  # fmt: skip


def _setup() -> tuple[Claim, ...]:
    eq61 = Form("X = [1 - C eta, mu; C eta, mu]", r"X=\begin{bmatrix}1-C\eta&\mu\\C\eta&\mu\end{bmatrix}")
    matrix = Form("X = [1 - C eta, mu; -C eta, mu]", r"X=\begin{bmatrix}1-C\eta&\mu\\-C\eta&\mu\end{bmatrix}")
    smooth = Form("f = |W|^2/(2C) is C-Lipschitz (has a C-Lipschitz gradient)", r"f(W)=\frac1{2C}\|W\|^2")
    smooth_right = Form("f = (C/2)|W|^2 has a C-Lipschitz gradient, and the matrix with C eta", r"f(W)=\frac C2\|W\|^2")
    noise = Form("(W, M) -> X (W, M) + C eta (xi, xi)", r"+C\eta\begin{bmatrix}\bar\xi_t\\\bar\xi_t\end{bmatrix}")
    noise_right = Form("(W, M) -> X (W, M) - eta (xi, xi)", r"-\eta\begin{bmatrix}\bar\xi_t\\\bar\xi_t\end{bmatrix}")
    eq62 = Form("(W, M)_{t+1} = X^t (W, M)_0 + sum_{i=0}^t C eta X^(t-i) (xi_i, xi_i)",
                r"X_\mu^t\begin{bmatrix}W_0\\M_0\end{bmatrix}+\sum_{i=0}^tC\eta X_\mu^{t-i}\begin{bmatrix}\bar\xi_i"
                r"\\\bar"
                r"\xi_i\end{bmatrix}")  # fmt: skip
    eq62_right = Form("(W, M)_{t+1} = X^(t+1) (W, M)_0 - sum_{i=0}^t eta X^(t-i) (xi_i, xi_i)",
                      r"X_\mu^{t+1}\begin{bmatrix}W_0\\M_0\end{bmatrix}-\sum_{i=0}^t\eta X_\mu^{t-i}\begin{bmatrix}\bar"
                      r"\xi_i\\\bar\xi_i\end{bmatrix}")  # fmt: skip
    eq63 = Form("E|W_{t+1}|^2 = 2 C D^2 (e_1^T X^t e_1)^2 + (C^2 eta^2 sigma^2/k) sum_{i<=t} (e_1^T X^i e_1)^2",
                r"2CD^2(e_1^\top X_\mu^te_1)^2+\frac{C^2\eta^2\sigma^2}k\sum_i\|e_1^\top X_\mu^ie_1\|^2")  # fmt: skip
    eq63_right = Form(
        "E|W_{t+1}|^2 = (2 D^2/C)(e_1^T X^(t+1) e_1)^2 + (eta^2 sigma^2/k) sum_{i<=t} (e_1^T X^i e)^2",
        r"\frac{2D^2}C(e_1^\top X_\mu^{t+1}e_1)^2+\frac{\eta^2\sigma^2}k\sum_i(e_1^\top X_\mu^ie)^2",
    )
    trace = Form(
        "Tr[e_1^T X^t diag(C D^2, 0) X^{tT} e_1] = 2 C D^2 (e_1^T X^t e_1)^2",
        r"\mathrm{Tr}\left[e_1^\top X_\mu^t"
        r"\begin{bmatrix}CD^2&0\\0&0\end{bmatrix}X_\mu^{t\top}e_1\right]=2CD^2(e_1^\top X_\mu^te_1)^2",
    )
    trace_right = Form("Tr[e_1^T X^t diag(2 D^2/C, 0) X^{tT} e_1] = (2 D^2/C)(e_1^T X^t e_1)^2",
                       r"\mathrm{Tr}[\cdot]=\frac{2D^2}C(e_1^\top X_\mu^te_1)^2")  # fmt: skip
    return (
        entry("Eq61", f"{PLACE}, Eq. 61 against the matrix of the proof", "The matrix of one update.", eq61,
              "M decreases by C eta W; the proof's own matrix has the minus sign.", prove=mm.prove_matrix,
              refute=mm.refute_matrix, form=matrix),
        entry("B.4/lipschitz", f"{PLACE}, f = |W|^2/(2C)", "Smoothness of the function.", smooth,
              "Its curvature is 1/C, and the matrix of the proof belongs to (C/2)|W|^2.", prove=mm.prove_lipschitz,
              refute=mm.refute_lipschitz, form=smooth_right),
        entry("B.4/update", f"{PLACE}, matrix form of the update", "Noise of one update.", noise,
              "It is -eta (xi, xi).",
              prove=mm.prove_matrix, refute=mm.refute_noise, form=noise_right),
        entry("Eq62", f"{PLACE}, Eq. 62", "Iterated update.", eq62, "t + 1 updates give X^(t+1); noise as above.",
              prove=mm.prove_iteration, refute=mm.refute_iteration, form=eq62_right),
        entry("Eq63", f"{PLACE}, Eq. 63", "Mean square of the iterate.", eq63,
              "Power, constant and vector: the noise enters along (1, 1), and |W_0|^2 = 2 D^2/C.",
              prove=mm.prove_iteration, refute=mm.refute_square, form=eq63_right,
              experiments=(_momentum_experiment(),)),
        entry("Eq63/trace", f"{PLACE}, display after Eq. 63", "First term of Eq. 63.", trace,
              "Second and third line differ by a factor 2.", prove=mm.prove_trace_display,
              refute=mm.refute_trace_display, form=trace_right),
    )  # fmt: skip


def _spectrum() -> tuple[Claim, ...]:
    x = sp.Symbol("x", positive=True)
    eq64 = Form("(e_1^T X^i e)^2 = alpha_1^2 l_1^(2i) + alpha_2^2 l_2^(2i) with singular values l and left singular "
                "vectors",
                r"(e_1^\top X_\mu^ie)^2=\alpha_1^2\lambda_1^{2i}+\alpha_2^2\lambda_2^{2i}")  # fmt: skip
    eq65 = Form("det(X X^T - x) = x^2 - ((1-rho)^2 + rho^2 + 2 mu^2) x + mu^2",
                r"x^2-((1-\rho)^2+\rho^2+2\mu^2)x+\mu^2",
                (mm.MATRIX * mm.MATRIX.T - x * sp.eye(2)).det(), x**2 - mm.TRACE * x + MU**2)  # fmt: skip
    eq66 = Form("l_1, l_2 = (trace +- sqrt(trace^2 - 4 mu^2))/2", r"\lambda_1,\lambda_2=\frac{\ldots\pm\sqrt{(\ldots)"
                                                                  r"^2-4"
                r"\mu^2}}2")  # fmt: skip
    eq66_right = Form("l_1^2, l_2^2 = (trace +- sqrt(trace^2 - 4 mu^2))/2", eq66.latex.replace(r"\lambda_1,\lambda_2",
                      r"\lambda_1^2,\lambda_2^2"))  # fmt: skip
    eq67 = Form("alpha_1^2 = b/(a - l_1 + b), a = (1-rho)^2 + mu^2, b = mu^2 - rho(1-rho)",
                r"\alpha_1^2=\frac{-\rho(1-\rho)+\mu^2}{(1-\rho)^2+\mu^2-\lambda_1-\rho(1-\rho)+\mu^2}")  # fmt: skip
    eq67_right = Form("alpha_1^2 = b^2/((a - l_1^2)^2 + b^2)", r"\alpha_1^2=\frac{b^2}{(a-\lambda_1^2)^2+b^2}")
    eq68 = Form(
        "alpha_1, alpha_2 are bounded away from 0, and alpha_1^2 l_1^(2i) + alpha_2^2 l_2^(2i) >~ l_1^(2i) + l_2^(2i)",
        r"\alpha_1^2\lambda_1^{2i}+\alpha_2^2\lambda_2^{2i}\gtrsim\lambda_1^{2i}+\lambda_2^{2i}",
    )
    eq69 = Form("2^(1-1/(2i)) (l_1^(2i) + l_2^(2i))^(1/(2i)) >= l_1 + l_2 = (1-rho)^2 + rho^2 + 2 mu^2",
                r"(\lambda_1^{2i}+\lambda_2^{2i})^{\frac1{2i}}2^{1-\frac1{2i}}\ge\lambda_1+\lambda_2=(1-\rho)^2+\rho^"
                r"2+2"
                r"\mu^2")  # fmt: skip
    eq69_right = Form("2^(1-1/(2i)) (l_1^(2i) + l_2^(2i))^(1/(2i)) >= l_1 + l_2 = sqrt((1-rho)^2 + rho^2 + 2 mu^2 + 2 "
                      "mu)",
                      r"\ldots\ge\lambda_1+\lambda_2=\sqrt{(1-\rho)^2+\rho^2+2\mu^2+2\mu}")  # fmt: skip
    eq70 = Form("(1-rho)^2 + rho^2 + 2 mu^2 >= (1-rho)^2 + rho^2", r"\ge(1-\rho)^2+\rho^2", mm.TRACE,
                (1 - RHO) ** 2 + RHO**2, ">=")  # fmt: skip

    def powers(point: Point) -> sp.Expr:
        at = {RHO: point["rho"], MU: point["mu"]}
        values = (mm.MATRIX * mm.MATRIX.T).subs(at).eigenvals()
        return sum((m * v ** point["i"] for v, m in values.items()), sp.S.Zero)

    def lower(point: Point) -> sp.Expr:
        rho, i = point["rho"], point["i"]
        return ((1 - rho) ** 2 + rho**2) ** i / sp.Integer(2) ** (2 * i - 1)

    eq71 = Form("l_1^(2i) + l_2^(2i) >= ((1-rho)^2 + rho^2)^i/2^(2i-1)", r"\lambda_1^{2i}+\lambda_2^{2i}\ge\frac{((1-"
                                                                         r"\rho)^"
                r"2+\rho^2)^i}{2^{2i-1}}", powers, lower, ">=")  # fmt: skip
    case = Form("if rho < 1/2, ((1-rho)^2 + rho^2)^i/2^(2i-1) > (1-rho)^(2i) for every i (rho > 1/2: > rho^(2i))",
                r"\frac{((1-\rho)^2+\rho^2)^i}{2^{2i-1}}>(1-\rho)^{2i}")  # fmt: skip
    case_right = Form("l_1^(2i) + l_2^(2i) >= max{(1-rho)^(2i), rho^(2i)} for every i",
                      r"\lambda_1^{2i}+\lambda_2^{2i}\ge\max\{(1-\rho)^{2i},\rho^{2i}\}")  # fmt: skip
    return (
        entry("Eq64", f"{PLACE}, Eq. 64", "Powers of X by singular values.", eq64,
              "X is not normal: singular values do not follow powers. At i = 1 the sides differ by 2 mu (1-rho).",
              refute=mm.refute_singular_values),
        entry("Eq65", f"{PLACE}, Eq. 65", "Characteristic polynomial of X X^T.", eq65, "Trace and determinant (of the "
              "proof's matrix; not of Eq. 61's).", prove=mm.prove_characteristic,
              example={**POINT, "x": sp.Rational(1, 3)}),
        entry("Eq66", f"{PLACE}, Eq. 66", "Singular values.", eq66, "These are the squares.", prove=mm.prove_roots,
              refute=mm.refute_roots, form=eq66_right),
        entry("Eq67", f"{PLACE}, Eq. 67", "First entry of a left singular vector.", eq67, "Squares are missing.",
              prove=mm.prove_eq67, refute=mm.refute_eq67, form=eq67_right),
        entry("Eq68", f"{PLACE}, 'by enumerating' and Eq. 68", "First entries are bounded away from zero.", eq68,
              "At mu^2 = rho(1-rho) X X^T is diagonal, one of the entries is 0, and for rho > 1/2 it is that of the "
              "larger value.", refute=mm.refute_bounded_entries),
        entry("Eq69", f"{PLACE}, Eq. 69", "Hoelder's inequality.", eq69,
              "The inequality holds; the sum of the singular values is not the trace of X X^T.", prove=mm.prove_hoelder,
              refute=mm.refute_eq69, form=eq69_right),
        entry("Eq70", f"{PLACE}, Eq. 70", "2 mu^2 >= 0.", eq70, "Obvious.", prove=mm.prove_power_mean, example=POINT,
              domain=Domain({"rho": sp.Interval(0, 1), "mu": sp.Interval.Ropen(0, 1)})),
        entry("Eq71", f"{PLACE}, Eq. 71", "Lower bound on the powers.", eq71, "Power mean of the squared singular "
              "values; even 2^(i-1) for 2^(2i-1).", prove=mm.prove_power_mean, example={**POINT, "i": sp.Integer(2)},
              symbols={"rho": "C eta", "mu": "momentum", "i": "integer >= 1"},
              domain=Domain({"rho": sp.Interval(0, 1), "mu": sp.Interval.Ropen(0, 1), "i": sp.Range(1, 9)})),
        entry("B.4/cases", f"{PLACE}, the two cases under Eq. 71", "Reduction to mu = 0.", case,
              "The factor 2^(1-2i) is forgotten: rho = 1/4, i = 2. The conclusion on the powers holds because the "
              "largest eigenvalue is at least each diagonal entry; it is of no use, as Eq. 64 fails.",
              prove=mm.prove_case,
              refute=mm.refute_case, form=case_right),
    )  # fmt: skip


def _theorem() -> Claim:
    printed = Form(
        "there is a quadratic f with min_t E|grad F(W_t)|^2 >= c D sqrt(C sigma^2/(k T)), c > 0 absolute",
        r"\min_{1\le t\le T}\mathbb E\|\nabla F(W_t)\|^2\ge\Omega\left(D\sqrt{\frac{C\sigma^2}{kT}}\right)",
    )
    right = Form("for a fixed eta < 1/C, mu in [0, 1), noise of variance sigma^2 and T >= sigma^2/(k C D^2): c = "
                 "(1-mu)^(3/2)/4", r"\ge\frac{(1-\mu)^{3/2}}4D\sqrt{\frac{C\sigma^2}{kT}}")  # fmt: skip
    return entry(
        "B.4", "Appendix B.3, Theorem B.4", "Lower bound with momentum.", printed,
        "Without a condition on T it fails (sigma -> infinity at T = 1). The printed proof rests on Eq. 64 and 68, "
        "which fail; our own uses two coordinates, one slow, one noisy.", prove=bound.prove_lower_bound,
        refute=bound.refute_lower_bound, form=right,
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (_theorem(), *_setup(), *_spectrum())
