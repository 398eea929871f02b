"""Label-noise paper, Section 5.1, Table 1 and Appendix E: flipped labels, Eq. 5-11 and 149-173."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy as sp

from theory.claims.claim import Claim, Effort, Estimates, Experiment, Form, Point
from theory.claims.labelnoise._entries import entry, fraction, positive, sampler, within, words
from theory.label_noise import classification as cl
from theory.label_noise import martingales
from theory.proof import Blackboard, Proof

P, X = sp.Symbol("p"), sp.Symbol("x")
EXAMPLE = {"p": sp.Rational(1, 5)}
LATEX = {
    "minimiser": r"c=\arg\min\bar l",
    "noise": r"\sigma^2=\mathbb E[\epsilon^2]",
    "curvature": r"\alpha=\bar l''(c)",
}


def _fields(loss: cl.Loss) -> dict[str, tuple[Callable[[Point], sp.Expr], sp.Expr]]:
    """Left sides computed from the loss itself, right sides as printed in Table 1."""

    def slope(point: Point) -> sp.Expr:
        return sp.simplify(
            sp.diff(loss.smoothed(), cl.X).subs(cl.P, point["p"]).subs(cl.X, loss.minimiser.subs(cl.P, point["p"]))
        )

    def noise(point: Point) -> sp.Expr:
        p, c = point["p"], loss.minimiser.subs(cl.P, point["p"])
        first = sp.diff(loss.value(cl.X), cl.X)
        kept, flipped = first.subs(cl.X, c), -first.subs(cl.X, -c)
        mean = (1 - p) * kept + p * flipped
        return sp.simplify((1 - p) * (kept - mean) ** 2 + p * (flipped - mean) ** 2)

    def curvature(point: Point) -> sp.Expr:
        second = sp.diff(loss.smoothed(), cl.X, 2).subs(cl.P, point["p"])
        return sp.simplify(second.subs(cl.X, loss.minimiser.subs(cl.P, point["p"])))

    return {"minimiser": (slope, sp.S.Zero), "noise": (noise, loss.noise), "curvature": (curvature, loss.curvature)}


def _flips(loss: cl.Loss) -> Experiment:
    """Second moment of the gradient noise at c with p = 1/5: the label is flipped, the slope of l recorded."""
    p = 0.2
    slope = sp.lambdify(cl.X, sp.diff(loss.value(cl.X), cl.X), "math")
    c = float(loss.minimiser.subs(cl.P, sp.Rational(1, 5)))

    def simulate(effort: Effort, seed: int) -> Estimates:
        paths = effort.trajectories(65536)
        flipped = np.random.default_rng(seed % 2**32).random(paths) < p
        noise = np.where(flipped, -slope(-c), slope(c))
        squares = (noise - ((1 - p) * slope(c) - p * slope(-c))) ** 2
        return Estimates(
            np.array([squares.mean()]), np.array([squares.std(ddof=1) / np.sqrt(paths)]), ("sigma^2",), paths
        )

    def fixed(factor: float) -> Callable[[], np.ndarray]:
        return lambda: np.array([factor * float(loss.noise.subs(cl.P, sp.Rational(1, 5)))])

    return Experiment(
        f"{loss.name} loss, p = 1/5: mean square of the gradient noise at c", simulate, fixed(1.0),
        {"twice": fixed(2.0), "half": fixed(0.5), "p (1 - p) times": fixed(0.16), "without 1 - p": fixed(1.25)},
    )  # fmt: skip


def _table(loss: cl.Loss) -> tuple[Claim, ...]:
    texts = {
        "minimiser": f"the slope of the smoothed loss vanishes at c = {loss.minimiser}",
        "noise": f"sigma^2 = {loss.noise}", "curvature": f"alpha = {loss.curvature}",
    }  # fmt: skip
    return tuple(
        entry(
            f"Table1/{loss.name}/{field}", f"Table 1 and Appendix E.2, {loss.name} loss",
            f"For the {loss.name} loss {texts[field]}.",
            Form(texts[field], LATEX[field], left, right), cl.prove_table(loss),
            "Differentiation; the smoothed loss is strictly convex, so its critical point is the only minimum.",
            example=EXAMPLE, sample=sampler(p=fraction), experiments=(_flips(loss),) if field == "noise" else (),
        )
        for field, (left, right) in _fields(loss).items()
    )  # fmt: skip


_THIRD = sp.Abs(sp.exp(X) * (1 - sp.exp(X)) / (1 + sp.exp(X)) ** 3)
_ODDS = sp.sqrt((1 - P) / P)  # e^c
_EXPONENTIAL = P * _ODDS * sp.exp(X) + (1 - P) / _ODDS * sp.exp(-X)


def _prove_bound162() -> Proof:
    """mean |a_i| <= sqrt(mean a_i^2), the two bounds of Eq. 162."""
    board = Blackboard("variance is nonnegative")
    a = sp.symbols("a0:3", real=True)
    gap = sum(v**2 for v in a) / 3 - (sum(a) / 3) ** 2
    board.equal(
        "a sum of squares", sp.expand(gap), sp.expand(sum((a[i] - a[j]) ** 2 for i in range(3) for j in range(i)) / 9)
    )
    board.include(cl.prove_derivatives())
    return board.proof()


def _prove_radius() -> Proof:
    board = Blackboard("Corollary 1 with constant bounds, ratio of Eq. 156")
    board.include(martingales.prove_corollary())
    board.include(cl.prove_ratio())
    ratio, lam, n, d, iota, nu = sp.symbols("P lam n d iota nu", positive=True)
    board.equal("trace of (n lambda P/nu) I", sp.sqrt(2 * d * (n * lam * ratio / nu) * iota),
                sp.sqrt(ratio * 2 * lam * n * d * iota / nu))  # fmt: skip
    return board.proof()


NOISE_TEXT = "eps = p (l'(c) + l'(-c)) with probability 1 - p, -(1 - p)(l'(c) + l'(-c)) with probability p"
Q = sp.sqrt(P * (1 - P))

CLAIMS: tuple[Claim, ...] = (
    entry(
        "Eq8", "Section 5.1, Eq. 8", "The gradient noise of sample i at a minimiser is eps grad f_i, for both labels.",
        words("grad l^_i - grad l_i = eps grad f_i", r"\nabla\hat\ell_i-\nabla\ell_i=\epsilon\nabla f_i"),
        cl.prove_label_sign,
        "The chain rule brings in the label: y_i eps grad f_i, of another law for y_i = -1 as eps is not symmetric. "
        "Appendix E.1 sets all labels to 1, and the covariance does not notice.",
        form=words("grad l^_i - grad l_i = y_i eps grad f_i", r"\nabla\hat\ell_i-\nabla\ell_i=y_i\epsilon\nabla f_i"),
        refute=cl.refute_label_sign,
    ),
    entry("Eq9", "Section 5.1, Eq. 9 (labels 1), and Appendix E, Eq. 150", f"{NOISE_TEXT}; its mean is 0.",
          words(NOISE_TEXT, r"\epsilon\in\{p(l'(c)+l'(-c)),\,-(1-p)(l'(c)+l'(-c))\}"), cl.prove_noise,
          "The slope of the loss at the kept and at the flipped label, minus the mean; Eq. 150 has the opposite sign "
          "and "
          "enters the step with the opposite sign."),
    entry(
        "Eq10", "Section 5.1, Eq. 10", "sigma^2 = p (1 - p)(l'(c) + l'(-c))^2.",
        Form("(1 - p) p^2 s^2 + p (1 - p)^2 s^2 = p (1 - p) s^2, s = l'(c) + l'(-c)",
             r"\sigma^2=p(1-p)(l'(c)+l'(-c))^2",
             (1 - P) * P**2 * sp.Symbol("s") ** 2 + P * (1 - P) ** 2 * sp.Symbol("s") ** 2,
             P * (1 - P) * sp.Symbol("s") ** 2),
        cl.prove_noise, "Second moment of two values.", example={**EXAMPLE, "s": sp.Integer(3)},
        symbols={"s": "l'(c) + l'(-c)"}, sample=sampler(p=fraction, s=positive()),
    ),
    entry(
        "Eq11", "Section 5.1, Eq. 11, and Appendix E.1, scaling",
        "The factor 1/alpha of R is right, and alpha = 1 is no loss.",
        words("l -> l/alpha, eta -> alpha eta keeps eta grad l, L/lambda and R; lambda R' = half the stationary "
              "variance",
              r"l\to l/\alpha,\ \eta\to\alpha\eta"),
        cl.prove_scaling, "Substitution; the stationary covariance with Hessian alpha G and noise eta lambda G.",
    ),
    *_table(cl.LOGISTIC), *_table(cl.EXPONENTIAL), *_table(cl.SQUARE),
    entry(
        "Eq152/covariance", "Appendix E.1, Eq. 152 and the line below", "eps* has covariance eta lambda G with lambda "
                                                                        "= eta sigma^2/B.",
        words("eps_i* with l'(f_i(c)) + l'(-f_i(c)): Cov eps* = eta lambda G",
              r"\epsilon_i^*\propto l'(f_i(c))+l'(-f_i(c)):\ \operatorname{Cov}\epsilon_k^*=\eta\lambda G"),
        lambda: _prove_scaled(), "c is a value of f_i, not a parameter: f_i(c) should read c. Read as printed in one "
        "dimension, f = 2 theta with the exponential loss has another variance. With c: B independent samples of "
        "variance sigma^2.",
        form=words("eps_i* with l'(c) + l'(-c): Cov eps* = (eta/B)^2 B sigma^2 G = eta lambda G",
                   r"\epsilon_i^*\propto l'(c)+l'(-c):\ \operatorname{Cov}\epsilon_k^*=\eta\lambda G"),
        refute=cl.refute_value_as_parameter,
    ),
    entry(
        "Prop12", "Appendix E.1, Proposition 12", "|xi_t| <= (max(p/(1 - p), (1 - p)/p) 2 lambda d iota/nu)^(1/2).",
        words("P(|xi_t| > sqrt(P 2 lambda d iota/nu)) <= 2 d e^-iota",
        r"\mathcal X=\sqrt{P\cdot\frac{2\lambda d\iota}\nu}"),
        _prove_radius, "The factor n of Eq. 154-158 is missing under the root (compare Lemma 1): without it, one data "
                       "point "
        "drawn n = 100 times in a row exceeds the radius far too often. For B > 1 count sample by sample, as in Eq. "
        "33.",
        form=words("P(|xi_t| > sqrt(P 2 lambda n d iota/nu)) <= 2 d e^-iota",
                   r"\mathcal X=\sqrt{P\cdot\frac{2\lambda nd\iota}\nu}"),
        refute=martingales.refute_without_n,
    ),
    entry(
        "Eq156", "Appendix E.1, proof of Proposition 12, the factor P in Eq. 156",
        "eps^2 is at most max(p/(1 - p), (1 - p)/p) sigma^2.",
        Form("max(p^2, (1 - p)^2) = max(p/(1 - p), (1 - p)/p) p (1 - p)",
             r"\max\epsilon^2=\max\Big(\frac p{1-p},\frac{1-p}p\Big)\sigma^2",
             sp.Max(P**2, (1 - P) ** 2), sp.Max(P / (1 - P), (1 - P) / P) * P * (1 - P)),
        cl.prove_ratio, "Division of the two values by the second moment.", example=EXAMPLE, sample=sampler(p=fraction),
    ),
    entry(
        "Eq161", "Appendix E.1, proof of Proposition 13, Eq. 161", "The Hessian of mean l(f_i).",
        words("H = (1/n) sum l''(f_i) g_i g_i^T + l'(f_i) H_i", r"\nabla^2L=\tfrac1n\sum_il''(f_i)g_ig_i^T+l'(f_i)H_i"),
        cl.prove_derivatives, "Chain rule along lines; a symmetric form is known by its diagonal.",
    ),
    entry(
        "Eq162", "Appendix E.1, proof of Proposition 13, Eq. 162-163, as bounds of the norm",
        "|H - G| <= ell (mean (l'' - l''(c))^2)^(1/2) + rho_f (mean l'^2)^(1/2).",
        words("mean |a_i| <= sqrt(mean a_i^2)", r"\tfrac1n\sum|a_i|\le\sqrt{\tfrac1n\sum a_i^2}"), _prove_bound162,
        "Triangle inequality and the mean of squares (printed as an equality of matrices and numbers).",
    ),
    entry(
        "Eq164", "Appendix E.1, proof of Proposition 13, Eq. 164",
        "Half the third derivative of mean l(f_i), applied to v twice.",
        words("L'''(v, v) = (1/n) sum 2 l'' H v v^T g + g (l''' (g^T v)^2 + l'' v^T H v) + l' f'''(v, v)",
              r"\tfrac12\nabla^3L(v,v)=\tfrac1{2n}\sum2l''H_ivv^Tg_i+g_i[l'''(g_i^Tv)^2+l''v^TH_iv]+O(l')"),
        cl.prove_derivatives, "Chain rule along lines, polarised.",
    ),
    entry(
        "Eq166", "Appendix E.2.1, Eq. 166", "Slope of the smoothed logistic loss.",
        Form("l' = (p e^x - (1 - p))/(1 + e^x)", r"\bar l'(x)=\frac{pe^x-(1-p)}{1+e^x}",
             lambda pt: sp.diff(cl.LOGISTIC.smoothed(), cl.X).subs({cl.X: pt["x"], cl.P: pt["p"]}),
             (P * sp.exp(X) - (1 - P)) / (1 + sp.exp(X))),
        cl.prove_logistic, "Differentiation; the sign changes once, at c.", example={**EXAMPLE, "x": sp.S.One},
        sample=sampler(p=fraction, x=positive()),
    ),
    entry(
        "Eq167", "Appendix E.2.1, Eq. 167, also of the absolute value", "The third derivative is below 1/4.",
        Form("|e^x (1 - e^x)/(1 + e^x)^3| < 1/4", r"|\bar l'''(x)|<\tfrac14", _THIRD, sp.Rational(1, 4), "<"),
        cl.prove_logistic, "A rational function of e^x.", example={"x": sp.S.One},
        sample=lambda g: {"x": 6 * fraction(g) - 3}, domain=within("x"),
    ),
    entry(
        "Eq167/sharp", "Appendix E.2.1, Eq. 167, best constant",
        "The third derivative is at most 1/(6 sqrt 3), which is attained.",
        Form("|e^x (1 - e^x)/(1 + e^x)^3| <= 1/(6 sqrt 3)", r"|\bar l'''(x)|\le\frac1{6\sqrt3}", _THIRD,
        1 / (6 * sp.sqrt(3)), "<="),
        cl.prove_logistic, "y (1 - y^2)/4 with y = tanh(x/2), largest at y = 1/sqrt 3.", new=True,
        example={"x": sp.S.One},
        sample=lambda g: {"x": 6 * fraction(g) - 3}, domain=within("x"),
    ),
    entry(
        "Eq170", "Appendix E.2.2, Eq. 169-170, equality", "The smoothed exponential loss at c + x.",
        Form("p e^(c+x) + (1 - p) e^(-c-x) = 2 sqrt(p (1 - p)) cosh x", r"\bar l(c+x)=2\sqrt{p(1-p)}\cosh(x)",
        lambda pt: _EXPONENTIAL.subs({P: pt["p"], X: pt["x"]}), 2 * Q * sp.cosh(X)),
        cl.prove_exponential, "e^c = sqrt((1 - p)/p).", example={**EXAMPLE, "x": sp.S.One}, sample=sampler(p=fraction,
        x=positive()),
    ),
    entry(
        "Eq170/bound", "Appendix E.2.2, Eq. 170, inequality", "It lies above its quadratic expansion.",
        Form("2 sqrt(p (1 - p)) cosh x >= 2 sqrt(p (1 - p)) + sqrt(p (1 - p)) x^2",
             r"2\sqrt{p(1-p)}\cosh x\ge2\sqrt{p(1-p)}+\sqrt{p(1-p)}x^2", _EXPONENTIAL, 2 * Q + Q * X**2, ">="),
        cl.prove_exponential, "cosh x >= 1 + x^2/2: Assumption 4 holds with nu = 1/sqrt(p (1 - p)).",
        example={**EXAMPLE, "x": sp.S.One}, sample=sampler(p=fraction, x=positive()), domain=within("p", "x"),
    ),
    entry(
        "Eq172", "Appendix E.2.3, Eq. 172", "The smoothed square loss.",
        Form("(p (1 + x)^2 + (1 - p)(1 - x)^2)/2 = (x^2 + x (4 p - 2) + 1)/2", r"\bar l(x)=\tfrac12[x^2+x(4p-2)+1]",
             (P * (1 + X) ** 2 + (1 - P) * (1 - X) ** 2) / 2, (X**2 + X * (4 * P - 2) + 1) / 2),
        cl.prove_square, "Expansion.", example={**EXAMPLE, "x": sp.S.One}, sample=sampler(p=fraction, x=positive()),
    ),
)  # fmt: skip


def _prove_scaled() -> Proof:
    board = Blackboard("variance of a mean")
    eta, sigma, batch = sp.symbols("eta sigma B", positive=True)
    board.equal("prefactor of G", (eta / batch) ** 2 * batch * sigma**2, eta * (eta * sigma**2 / batch))
    board.include(cl.prove_noise())
    return board.proof()
