"""Label-noise paper, Sections 2 and 4: assumptions, the regulariser of Eq. 1, its series and limit, rates."""

from __future__ import annotations

import random

import sympy as sp

from theory.claims.claim import Claim, Form, Point
from theory.claims.labelnoise._entries import entry, fraction, positive, sampler, whole, within, words
from theory.label_noise import gauss_newton as gn
from theory.label_noise import orders, process
from theory.label_noise import regularizer as reg
from theory.proof import Blackboard, Proof

ETA, X = sp.Symbol("eta"), sp.Symbol("x")
MATRIX = {"eta": sp.Rational(1, 4), "h11": sp.Integer(3), "h12": sp.Integer(1), "h22": sp.Integer(2)}


def _matrix(point: Point) -> sp.Matrix:
    return sp.Matrix([[point["h11"], point["h12"]], [point["h12"], point["h22"]]])


def _sample_matrix(generator: random.Random) -> Point:
    a, b = generator.randint(1, 4), generator.randint(1, 4)
    off = generator.randint(-1, 1) * sp.Rational(1, 2)
    return {"eta": sp.Rational(1, generator.randint(4, 9)), "h11": sp.Integer(a), "h12": off, "h22": sp.Integer(b)}


def _regular(point: Point) -> sp.Expr:
    return reg.of_matrix(_matrix(point), point["eta"])


def _by_eigenvalues(point: Point) -> sp.Expr:
    values = _matrix(point).eigenvals()
    return sum(count * reg.scalar(value, point["eta"]) for value, count in values.items())


def _trace(factor: sp.Expr):  # type: ignore[no-untyped-def]
    return lambda point: factor * _matrix(point).trace()


def _prove_monotone() -> Proof:
    """mu |g|^(1+delta) <= mu |g|^(1+delta') for delta' < delta where |g| <= 1; eps <= eps |g|^(1+delta') beyond."""
    board = Blackboard("two cases: |g| below and above 1")
    size, gap, low = sp.symbols("s r delta", positive=True)  # |g| = e^-s or e^s, delta - delta' = r, delta' = low
    board.equal("ratio below 1", sp.exp(-size * (1 + low + gap)) / sp.exp(-size * (1 + low)), sp.exp(-size * gap))
    board.true("at most 1", (-size * gap).is_negative)
    board.true("|g|^(1 + delta') >= 1 above 1", (size * (1 + low)).is_positive)
    return board.proof()


def _refute_strong() -> Proof:
    """L = (u + v - 1)^2/2: |grad L|^2 = 4 L, and the Hessian has the eigenvalue 0 everywhere."""
    board = Blackboard("exact counterexample f = u + v, y = 1")
    u, v = sp.symbols("u v")
    value = (u + v - 1) ** 2 / 2
    slope = sum(sp.diff(value, w) ** 2 for w in (u, v))
    board.equal("Polyak-Lojasiewicz with mu = 1/4", sp.expand(value - slope / 4), sp.S.Zero)
    board.equal("determinant of the Hessian", sp.hessian(value, (u, v)).det(), sp.S.Zero)
    return board.proof()


def _prove_strong() -> Proof:
    """m-strong convexity gives L - L* <= |grad L|^2/(2m): minimise the quadratic lower bound."""
    board = Blackboard("minimum of a quadratic")
    slope, m, t = sp.symbols("s m t", positive=True)
    lower = -slope * t + m * t**2 / 2
    board.equal("minimiser", sp.diff(lower, t).subs(t, slope / m), sp.S.Zero)
    board.equal("minimum", lower.subs(t, slope / m), -(slope**2) / (2 * m))
    return board.proof()


def _refute_lower() -> Proof:
    """H = 1, eta = 1: R = log(2)/2 < 1."""
    board = Blackboard("exact counterexample H = 1, eta = 1")
    board.true("R < tr H", reg.scalar(sp.S.One, sp.S.One) < 1)
    return board.proof()


def _ball(point: Point) -> sp.Expr:
    gradients = [sp.Matrix([point["a0"], point["b0"]]), sp.Matrix([point["a1"], point["b1"]])]
    g = process.gram(gradients)
    return max((sp.sympify(v) for v in g.eigenvals()), key=lambda v: sp.N(v))


def _largest(point: Point) -> sp.Expr:
    return max(point["a0"] ** 2 + point["b0"] ** 2, point["a1"] ** 2 + point["b1"] ** 2)


SERIES = Form(
    "R(x) = x/4 + eta x^2/16 + eta^2 x^3/48 + ..., term k: eta^(k-1) x^k/(k 2^(k+1)) [at a point: three terms]",
    r"R(\lambda_i)=\frac{\lambda_i}{4}+\frac{\eta\lambda_i^2}{16}+\frac{\eta^2\lambda_i^3}{48}+\dots",
    lambda point: reg.taylor(3, point["x"], point["eta"]),
    X / 4 + ETA * X**2 / 16 + ETA**2 * X**3 / 48,
)
EIGENVALUES = Form(
    "R = -tr log(1 - eta H/2)/(2 eta) = sum_i R(lambda_i)", r"R(\theta)=\sum_i R(\lambda_i)", _regular, _by_eigenvalues
)  # fmt: skip
QUARTER = Form("R >= tr H/4", r"R(\theta)\ge\tfrac14\operatorname{tr}\nabla^2L(\theta)", _regular,
               _trace(sp.Rational(1, 4)), ">=")  # fmt: skip
SIGMA, BATCH = sp.symbols("sigma B", positive=True)
JACOBIAN_EXAMPLE = {"a0": sp.Integer(1), "b0": sp.Integer(2), "a1": sp.Integer(2), "b1": sp.Integer(-1)}

CLAIMS: tuple[Claim, ...] = (
    entry(
        "Sec2.1/ell", "Section 2.1, after Assumption 1", "ell_f^2 bounds the norm of G; at zero loss it is the "
                                                         "Hessian's.",
        Form("|(1/n) sum g_i g_i^T| <= max_i |g_i|^2",
             r"\Big\|\tfrac1n\sum_i\nabla f_i\nabla f_i^T\Big\|\le\ell_f^2", _ball, _largest, "<="),
        gn.prove_average_bound, "Cauchy's inequality for every gradient; E vanishes with the residuals.",
        example=JACOBIAN_EXAMPLE, sample=sampler(**dict.fromkeys(JACOBIAN_EXAMPLE, whole(-4, 4))),
    ),
    entry(
        "Assumption3/smaller-delta", "Section 2.1, after Assumption 3",
        "A loss with the KL property for some delta has it for every smaller one, with max(mu, eps_KL) for mu.",
        words("L <= mu |g|^(1+delta) and L <= eps_KL => L <= max(mu, eps_KL) |g|^(1+delta') for 0 < delta' < delta",
              r"L\le\mu\|g\|^{1+\delta},\ L\le\epsilon_{KL}\implies L\le\max(\mu,\epsilon_{KL})\|g\|^{1+\delta'}"),
        _prove_monotone, "Powers of a number below 1; where |g| >= 1 the loss is at most eps_KL anyway.",
    ),
    entry(
        "Assumption3/strong-convexity", "Section 2.1, after Assumption 3",
        "The Polyak-Lojasiewicz condition (delta = 1) is equivalent to local strong convexity.",
        words("PL <=> local strong convexity", r"\text{PL}\iff\text{local strong convexity}"), _prove_strong,
        "Strong convexity implies PL, not conversely: (u + v - 1)^2/2 is PL and flat along its minima, which is the "
        "paper's own setting.",
        form=words("local strong convexity => PL", r"\text{local strong convexity}\implies\text{PL}"),
        refute=_refute_strong,
    ),
    entry(
        "Eq1/eigenvalues", "Section 2.2, Eq. 1 and below", "The regulariser is a sum over eigenvalues.", EIGENVALUES,
        reg.prove_eigenvalues, "tr log is log det, a product over eigenvalues.",
        example=MATRIX, sample=_sample_matrix,
    ),
    entry(
        "Eq1/series", "Section 2.2, after Eq. 1", "The Taylor series of the regulariser of one eigenvalue.", SERIES,
        reg.prove_series, "R' is geometric; every coefficient is eta^(k-1)/(k 2^(k+1)).",
        example={"x": sp.Rational(1, 2), "eta": sp.Rational(1, 3)}, sample=sampler(x=positive(), eta=fraction),
    ),
    entry(
        "Eq1/limit", "Section 2.2, after the series", "For eta -> 0 the regulariser tends to tr H/4.",
        Form("lim_{eta -> 0} R(x) = x/4", r"R(\theta)\to\tfrac14\operatorname{tr}\nabla^2L(\theta)",
             lambda point: sp.limit(reg.scalar().subs(reg.X, point["x"]), reg.ETA, 0, "+"), X / 4),
        reg.prove_limit, "L'Hopital, eigenvalue by eigenvalue.", example={"x": sp.Rational(5, 3)},
        sample=sampler(x=positive(9)),
    ),
    entry(
        "Eq1/domain", "Section 2.1-2.2 and 6.1, Figure 1",
        "R is finite for eta x < 2, convex (larger eigenvalues weigh more), and unbounded as eta x -> 2.",
        words("R(x) -> oo as eta x -> 2; R'' = eta/(2 (2 - eta x)^2) > 0", r"R''(x)=\frac{\eta}{2(2-\eta x)^2}>0"),
        reg.prove_blow_up, "Derivatives and a limit.",
    ),
    entry(
        "Figure1", "Figure 1", "In one dimension lambda R is a multiple of log(1 - eta ell/2), the constant "
                               "-sigma^2/(2B).",
        Form("lambda R(x) = -(sigma^2/(2B)) log(1 - eta x/2)",
             r"\lambda R=-\frac{\sigma^2}{2B}\log\Big(1-\frac{\eta\ell}2\Big)",
             lambda pt: pt["eta"] * pt["sigma"] ** 2 / pt["B"] * reg.scalar(pt["x"], pt["eta"]),
             -(sp.Symbol("sigma") ** 2) / (2 * sp.Symbol("B")) * sp.log(1 - ETA * X / 2)),
        lambda: _prove_figure(), "Substitution; the factor is negative, as is the logarithm.",
        example={"x": sp.Integer(1), "eta": sp.Rational(1, 2), "sigma": sp.Integer(1), "B": sp.Integer(4)},
    ),
    entry(
        "Sec2.3/minimiser", "Section 2.3", "At a minimiser of L where R has a gradient that of L + lambda R is lambda "
                                           "grad R, O(lambda).",
        words("grad(L + lambda R) = lambda grad R where grad L = 0 and R is differentiable",
              r"\nabla\tilde L=\lambda\nabla R"),
        lambda: _prove_stationary(),
        "Linearity. (R is finite where eta times the Hessian is below 2, as at every global minimiser.)",
    ),
    entry(
        "Theorem1/rate", "Section 2.4, after Theorem 1, and Appendix A",
        "For delta = 1/2 and eta of constant order the number of steps is of order eps^-6 + gamma^-3; it grows without "
        "bound as delta -> 0.",
        words("lambda^(-1-delta) at lambda = min(eps^(2/delta), gamma^2), delta = 1/2: max(eps^-6, gamma^-3)",
              r"\lambda^{-3/2}=\max(\epsilon^{-6},\gamma^{-3})"),
        orders.prove_rate,
        "Exponents 2(1 + delta)/delta and 2(1 + delta). The factor 1/eta of T is left out: lambda is then made small "
        "by the batch size.",
    ),
    entry(
        "Theorem1/polynomial", "Section 2.4, Theorem 1", "T is polynomial in 1/eta and 1/gamma.",
        words("T = eta^-1 lambda^(-1-delta) = poly(1/eta, 1/gamma), lambda = min(eps^(2/delta), gamma^2)",
              r"T=\tilde\Theta(\eta^{-1}\lambda^{-1-\delta})=\mathrm{poly}(\eta^{-1},\gamma^{-1})"),
        orders.prove_polynomial, "1/eps is missing, as the next sentence of the paper has it.",
        form=words("T = eta^-1 lambda^(-1-delta) = poly(1/eta, 1/eps, 1/gamma) for a given delta",
                   r"T=\mathrm{poly}(\eta^{-1},\epsilon^{-1},\gamma^{-1})"),
        refute=orders.refute_polynomial,
    ),
    entry(
        "Sec4/lower-bound", "Section 4, the approximation of R by the trace",
        "tr H is a lower bound of the regulariser R.",
        Form("R >= tr H", r"R(\theta)\ge\operatorname{tr}\nabla^2L(\theta)", _regular, _trace(sp.S.One), ">="),
        reg.prove_lower_bound, "The factor 1/4 is missing: R tends to tr H/4 as eta -> 0. tr H/4 is a lower bound.",
        form=QUARTER, refute=_refute_lower, example=MATRIX, sample=_sample_matrix,
        domain=within(eta=sp.Interval.open(0, sp.Rational(2, 5)), h11=sp.Interval(-4, 4), h22=sp.Interval(-4, 4),
                      h12=sp.Interval(-1, 1)),  # eta times the largest eigenvalue stays below 2
    ),
)  # fmt: skip


def _prove_figure() -> Proof:
    board = Blackboard("substitution")
    lam = reg.ETA * SIGMA**2 / BATCH
    board.equal("constant", lam * reg.scalar(), -(SIGMA**2) / (2 * BATCH) * sp.log(1 - reg.ETA * reg.X / 2))
    return board.proof()


def _prove_stationary() -> Proof:
    board = Blackboard("differentiation")
    t, lam = sp.symbols("t lam")
    level, regular = sp.Function("L")(t), sp.Function("R")(t)
    slope = sp.diff(level + lam * regular, t).subs(sp.diff(level, t), 0)
    board.equal("gradient", slope, lam * sp.diff(regular, t))
    return board.proof()
