"""Concentration: what bounds the norm of a martingale, where a bounded quadratic variation alone does not."""

from __future__ import annotations

import sympy as sp

from theory.proof import Blackboard, Proof

STEPS, RARE = 1000, sp.Rational(1, 250)


def rare_jumps() -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """Up by 1 with probability 1/250 and then at rest, else down by 1/249, 1000 steps.

    Returns the end value without a jump, its probability, and the largest possible quadratic variation.
    """
    down = RARE / (1 - RARE)
    return -STEPS * down, (1 - RARE) ** STEPS, 1 + (STEPS - 1) * down**2


def refute_quadratic_variation() -> Proof:
    """A scalar martingale with [X] <= s^2 that exceeds s sqrt(2 iota) with far more than 2 e^-iota."""
    board = Blackboard("exact counterexample: rare jumps up, many small steps down")
    end, chance, variation = rare_jumps()
    down = RARE / (1 - RARE)
    board.equal("mean of a step", RARE * 1 - (1 - RARE) * down, sp.S.Zero)
    board.true("quadratic variation without a jump is below the bound", STEPS * down**2 < variation)
    iota = end**2 / (2 * variation)
    board.equal("the threshold s sqrt(2 iota) is reached", variation * 2 * iota, end**2)
    board.true("probability above 1/60", chance > sp.Rational(1, 60))
    board.true("2 e^-iota below 1/1000", 2 * sp.exp(-iota) < sp.Rational(1, 1000))
    return board.proof()


def prove_azuma() -> Proof:
    """|X_k| <= s sqrt(2 iota) with probability 1 - 2 e^-iota, if |step j| <= c_j with constants, sum c_j^2 <= s^2.

    In any dimension: cosh(t |x + u D|) has, along u, a second derivative of at most (t c)^2 times itself, so that its
    mean grows by at most cosh(t c) <= e^(t^2 c^2 / 2) a step (comparison with the linear equation).
    """
    board = Blackboard("exponential supermartingale cosh(t |X|), optimal t")
    k, a, t, c, s, iota = sp.symbols("k a t c s iota", positive=True)
    integer = sp.Symbol("k", integer=True, nonnegative=True)
    ratio = sp.factorial(2 * integer) / sp.factorial(2 * integer + 2)
    board.equal("ratio of the coefficients of cosh a", sp.gammasimp(ratio), 1 / ((2 * integer + 1) * (2 * integer + 2)))
    smaller = 1 / (2 * k + 2) - 1 / ((2 * k + 1) * (2 * k + 2))
    board.nonnegative("at most that of e^(a^2/2)", smaller, {k: (sp.S.Zero, sp.oo)})
    board.equal("first coefficients agree", sp.cosh(a).subs(a, 0), sp.exp(a**2 / 2).subs(a, 0))
    board.nonnegative("sinh(a)/a <= cosh(a), coefficient by coefficient: 1/(2k+1)! <= 1/(2k)!", 1 - 1 / (2 * k + 1),
                      {k: (sp.S.Zero, sp.oo)})  # fmt: skip
    x, y = sp.symbols("x y", positive=True)
    radius = sp.sqrt(x**2 + y**2)
    hessian = sp.hessian(sp.cosh(t * radius), (x, y)).subs(y, 0)
    board.equal("radial curvature", sp.simplify(hessian[0, 0].doit()), t**2 * sp.cosh(t * x))
    across = sp.limit(sp.diff(sp.cosh(t * radius), y, 2), y, 0)
    board.equal("curvature across", sp.simplify(across), t * sp.sinh(t * x) / x)
    value, slope, u = sp.Symbol("f0"), sp.Symbol("f1"), sp.Symbol("u")
    comparison = value * sp.cosh(t * c * u) + slope * sp.sinh(t * c * u) / (t * c)
    board.equal("comparison solution", sp.diff(comparison, u, 2), (t * c) ** 2 * comparison)
    board.equal("its start", comparison.subs(u, 0), value)
    board.equal("its slope", sp.diff(comparison, u).subs(u, 0), slope)
    exponent = t**2 * s**2 / 2 - t * s * sp.sqrt(2 * iota)  # P <= 2 exp(exponent), as cosh(tr) >= e^(tr)/2
    board.equal("optimal t = sqrt(2 iota)/s", sp.simplify(exponent.subs(t, sp.sqrt(2 * iota) / s)), -iota)
    return board.proof()


def prove_corollary() -> Proof:
    """|X_k| <= sqrt(2 tr(M) iota) with probability 1 - 2 d e^-iota, if the outer product of step j is at most M_j.

    Each coordinate u in an eigenbasis of M is a scalar martingale with steps of at most sqrt(u^T M_j u).
    """
    board = Blackboard("scalar bound in each coordinate, union bound")
    board.include(prove_azuma())
    iota, dim = sp.Symbol("iota", positive=True), 3
    diagonal = sp.symbols(f"m1:{dim + 1}", positive=True)
    squares = sum(sp.sqrt(2 * m * iota) ** 2 for m in diagonal)
    board.equal("sum of the squared thresholds", sp.sqrt(squares) ** 2, sp.expand(2 * sum(diagonal) * iota))
    return board.proof()


def spike(n: int = 100) -> tuple[sp.Expr, sp.Expr]:
    """Data point 1 alone has a gradient, g_1^2 = n G, eta = 1/(n G), B = 1, p = 1/2: it is drawn n times in a row.

    Returns xi_n / sqrt(lambda) after n equal signs, and the probability of that.
    """
    return n * (1 - (1 - sp.Rational(1, n)) ** n), sp.Rational(1, 2 * n) ** n


def refute_without_n() -> Proof:
    """Without the factor n the radius of Proposition 12 is exceeded with probability far above 2 e^-iota (d = 1)."""
    board = Blackboard("exact counterexample: one of n = 100 gradients is not zero, 100 equal draws")
    nu = sp.Rational(9, 10)
    reached, chance = spike()
    iota = nu * reached**2 / 2  # X = sqrt(2 lambda iota / nu) is then exactly what is reached
    board.equal("radius of the printed X", 2 * iota / nu, reached**2)
    board.true("log probability above -531", sp.N(sp.log(chance), 30) > -531)
    board.true("log of 2 e^-iota below -1500", sp.N(sp.log(2) - iota, 30) < -1500)
    return board.proof()


def prove_gaussian_tail() -> Proof:
    """P(|N| > sqrt(2 iota)) <= 2 e^-iota for a standard normal, by the exponential moment e^(t^2/2)."""
    board = Blackboard("exponential moment, optimal t")
    t, iota = sp.symbols("t iota", positive=True)
    real = sp.Symbol("z", real=True)
    density = sp.exp(-(real**2) / 2) / sp.sqrt(2 * sp.pi)
    moment = sp.integrate(sp.exp(t * real) * density, (real, -sp.oo, sp.oo))
    board.equal("E e^(tN)", sp.simplify(moment), sp.exp(t**2 / 2))
    exponent = t**2 / 2 - t * sp.sqrt(2 * iota)
    board.equal("optimal t", sp.simplify(exponent.subs(t, sp.sqrt(2 * iota))), -iota)
    return board.proof()


def refute_gaussian_radius() -> Proof:
    """d = 1, Sigma = C H, eta H = 2 - nu: without the factor 2 the radius is one sqrt(iota) of the limit law."""
    board = Blackboard("exact tail of the stationary Gaussian at iota = 10")
    iota = sp.Integer(10)
    variance = sp.Symbol("C") * sp.Symbol("lambda") / sp.Symbol("nu")
    board.equal("stationary variance at eta H = 2 - nu", variance,
                sp.Symbol("lambda") * sp.Symbol("C") / (2 - (2 - sp.Symbol("nu"))))  # fmt: skip
    tail = sp.erfc(sp.sqrt(iota / 2))
    board.true("P(|N| > sqrt(10)) > 1/1000", sp.N(tail, 30) > sp.Rational(1, 1000))
    board.true("2 e^-10 < 1/10000", sp.N(2 * sp.exp(-iota), 30) < sp.Rational(1, 10000))
    return board.proof()
