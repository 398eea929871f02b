"""Flipped labels: smoothed losses, their minima and curvatures, noise of the gradient (Sections 5.1 and E)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp

from theory.proof import Blackboard, Proof

X = sp.Symbol("x", real=True)
P = sp.Symbol("p", positive=True)
UNIT = {P: (sp.S.Zero, sp.S.One)}


@dataclass(frozen=True)
class Loss:
    """A loss of Table 1 with what the table prints: minimiser, noise, curvature."""

    name: str
    value: Callable[[sp.Expr], sp.Expr]
    minimiser: sp.Expr
    noise: sp.Expr
    curvature: sp.Expr

    def smoothed(self, x: sp.Expr = X) -> sp.Expr:
        """p l(-x) + (1 - p) l(x)."""
        return P * self.value(-x) + (1 - P) * self.value(x)

    def slopes(self) -> sp.Expr:
        """l'(c) + l'(-c) at the minimiser c."""
        slope = sp.diff(self.value(X), X)
        return sp.simplify(slope.subs(X, self.minimiser) + slope.subs(X, -self.minimiser))


LOGISTIC = Loss("logistic", lambda x: sp.log(1 + sp.exp(-x)), sp.log((1 - P) / P), P * (1 - P), P * (1 - P))
EXPONENTIAL = Loss(
    "exponential", lambda x: sp.exp(-x), sp.log((1 - P) / P) / 2, sp.S.One, 2 * sp.sqrt(P * (1 - P))
)  # fmt: skip
SQUARE = Loss("square", lambda x: (x - 1) ** 2 / 2, 1 - 2 * P, 4 * P * (1 - P), sp.S.One)
LOSSES = (LOGISTIC, EXPONENTIAL, SQUARE)


def with_odds(expression: sp.Expr) -> sp.Expr:
    """The expression with p = 1/(1 + w^2), w > 0, so that roots and logarithms of the odds simplify."""
    w = sp.Symbol("w", positive=True)
    return sp.simplify(sp.expand_log(expression.subs(P, 1 / (1 + w**2)).rewrite(sp.exp).simplify(), force=True))


def prove_table(loss: Loss) -> Callable[[], Proof]:
    """Critical point, positive curvature everywhere (so the only minimum), sigma^2 by Eq. 10, alpha."""

    def prove() -> Proof:
        board = Blackboard("differentiation; the smoothed loss is strictly convex")
        smooth = loss.smoothed()
        z = sp.Symbol("z", positive=True)  # e^x
        board.equal("slope at c", with_odds(sp.diff(smooth, X).subs(X, loss.minimiser)), sp.S.Zero)
        second = sp.simplify(sp.diff(smooth, X, 2)).subs(sp.exp(X), z).subs(sp.exp(-X), 1 / z)
        board.nonnegative(
            "curvature", sp.simplify(second), {**UNIT, z: (0, sp.oo)} if second.has(z) else UNIT, strict=True
        )
        noise = P * (1 - P) * loss.slopes() ** 2
        board.equal("sigma^2", with_odds(noise - loss.noise), sp.S.Zero)
        curvature = sp.diff(smooth, X, 2).subs(X, loss.minimiser)
        board.equal("alpha", with_odds(curvature - loss.curvature), sp.S.Zero)
        return board.proof()

    return prove


def prove_noise() -> Proof:
    """Eq. 8-10 for labels 1: the two values of the noise, mean zero, second moment."""
    board = Blackboard("the two label signs, chain rule")
    first, second = sp.symbols("s_plus s_minus")  # l'(c), l'(-c)
    smooth = -P * second + (1 - P) * first
    kept, flipped = first - smooth, -second - smooth
    total = first + second
    board.equal("sigma_i = 1, probability 1 - p", sp.expand(kept), sp.expand(P * total))
    board.equal("sigma_i = -1, probability p", sp.expand(flipped), sp.expand(-(1 - P) * total))
    board.equal("mean", sp.expand((1 - P) * kept + P * flipped), sp.S.Zero)
    board.equal("second moment", sp.expand((1 - P) * kept**2 + P * flipped**2), sp.expand(P * (1 - P) * total**2))
    return board.proof()


def prove_label_sign() -> Proof:
    """For a label y the gradient noise is y eps grad f."""
    board = Blackboard("chain rule with the label")
    theta, y = sp.symbols("theta y")
    model, outer = sp.Function("f")(theta), sp.Function("l")
    kept = sp.diff(outer(y * model), theta)
    inner = sp.Symbol("u")
    slope = sp.Subs(sp.Derivative(outer(inner), inner), inner, y * model)
    board.equal("gradient of l(y f)", kept, y * slope * sp.diff(model, theta))
    board.include(prove_noise())
    return board.proof()


def refute_label_sign() -> Proof:
    """Square loss, p = 1/4, y = -1: the noise takes -eps grad f, and eps is not symmetric."""
    board = Blackboard("exact counterexample: square loss, p = 1/4, label -1")
    p, c = sp.Rational(1, 4), sp.Rational(1, 2)
    slope = lambda x: x - 1  # noqa: E731
    mean = -p * slope(-c) + (1 - p) * slope(c)
    values = {-(slope(c) - mean), -(-slope(-c) - mean)}  # y times eps
    printed = {p * (slope(c) + slope(-c)), -(1 - p) * (slope(c) + slope(-c))}
    board.note("the two sets of values differ", values != printed, f"{values} against {printed}")
    return board.proof()


def refute_value_as_parameter() -> Proof:
    """Exponential loss, p = 1/5, f = 2 theta: with l'(f(c)) for l'(c) the variance is 289/100, not sigma^2 = 1."""
    board = Blackboard("exact counterexample: exponential loss, p = 1/5, f = 2 theta, c = log 2")
    p, c = sp.Rational(1, 5), sp.log(2)
    board.equal("c", sp.simplify(EXPONENTIAL.minimiser.subs(P, p)), c)
    slope = sp.diff(EXPONENTIAL.value(X), X)
    variance = lambda at: sp.simplify(p * (1 - p) * (slope.subs(X, at) + slope.subs(X, -at)) ** 2)  # noqa: E731
    board.equal("variance with l'(c)", variance(c), sp.S.One)
    board.differ("variance with l'(f(c))", variance(2 * c), sp.S.One)
    return board.proof()


def prove_scaling() -> Proof:
    """l -> l/alpha, eta -> alpha eta changes neither the update nor L/lambda + R; and Eq. 11 has the right 1/alpha."""
    board = Blackboard("substitution")
    eta, alpha, sigma, batch, level, g = sp.symbols("eta alpha sigma B L g", positive=True)
    lam = eta * sigma**2 / batch
    board.equal("eta grad l", (alpha * eta) * (level / alpha), eta * level)
    scaled = (alpha * eta) * (sigma / alpha) ** 2 / batch
    board.equal("L / lambda", (level / alpha) / scaled, level / lam)
    regular = lambda step, a, h: -sp.log(1 - step * h / 2) / (2 * step * a)  # noqa: E731
    board.equal("R", regular(alpha * eta, sp.S.One, level / alpha), regular(eta, alpha, level))
    stationary = eta * lam * g / (1 - (1 - eta * alpha * g) ** 2)
    board.equal(
        "stationary variance: Hessian alpha g, noise eta lambda g", stationary, lam / (alpha * (2 - eta * alpha * g))
    )
    h = sp.Symbol("h", positive=True)
    board.equal("lambda R' is half of it at h = alpha g", lam * sp.diff(regular(eta, alpha, h), h).subs(h, alpha * g),
                stationary / 2)  # fmt: skip
    return board.proof()


def prove_logistic() -> Proof:
    """Eq. 166-167: first and third derivative; |third| <= 1/(6 sqrt 3) < 1/4."""
    board = Blackboard("differentiation; maximum of a rational function of e^x")
    smooth, z = LOGISTIC.smoothed(), sp.Symbol("z", positive=True)
    board.equal("first", sp.simplify(sp.diff(smooth, X) - (P * sp.exp(X) - (1 - P)) / (1 + sp.exp(X))), sp.S.Zero)
    second, third = sp.exp(X) / (1 + sp.exp(X)) ** 2, sp.exp(X) * (1 - sp.exp(X)) / (1 + sp.exp(X)) ** 3
    board.equal("second", sp.simplify(sp.diff(smooth, X, 2) - second), sp.S.Zero)
    board.equal("third", sp.simplify(sp.diff(second, X) - third), sp.S.Zero)
    value = z * (1 - z) / (1 + z) ** 3
    board.nonnegative("third < 1/4", sp.Rational(1, 4) - value, {z: (0, sp.oo)}, strict=True)
    board.nonnegative("third > -1/4", sp.Rational(1, 4) + value, {z: (0, sp.oo)}, strict=True)
    y = sp.Symbol("y", real=True)  # tanh(x/2) = y: third = y (y^2 - 1)/4 up to sign
    board.equal("third through y = (1 - z)/(1 + z)", sp.cancel(value - (y * (1 - y**2) / 4).subs(y, (1 - z) / (1 + z))),
                sp.S.Zero)  # fmt: skip
    largest = (y * (1 - y**2) / 4).subs(y, 1 / sp.sqrt(3))
    board.equal("largest value", largest, 1 / (6 * sp.sqrt(3)))
    gap = largest - y * (1 - y**2) / 4
    board.equal("gap as a square times y + 2/sqrt 3", sp.expand(gap),
                sp.expand((y - 1 / sp.sqrt(3)) ** 2 * (y + 2 / sp.sqrt(3)) / 4))  # fmt: skip
    return board.proof()


def prove_exponential() -> Proof:
    """Eq. 169-170: slope, the smoothed loss at c + x, and cosh x >= 1 + x^2/2."""
    board = Blackboard("differentiation; series of cosh")
    w = sp.Symbol("w", positive=True)  # p = 1/(1 + w^2), e^c = w
    board.equal("slope", sp.diff(EXPONENTIAL.smoothed(), X), P * sp.exp(X) - (1 - P) * sp.exp(-X))
    p = 1 / (1 + w**2)
    shifted = p * w * sp.exp(X) + (1 - p) / w * sp.exp(-X)
    board.equal("e^c = w", sp.simplify(with_odds(sp.exp(EXPONENTIAL.minimiser)) - w), sp.S.Zero)
    board.equal("sqrt(p (1 - p))", sp.simplify(sp.sqrt(p * (1 - p)) - w / (1 + w**2)), sp.S.Zero)
    board.equal("at c + x", sp.simplify(shifted - 2 * w / (1 + w**2) * sp.cosh(X).rewrite(sp.exp)), sp.S.Zero)
    gap = sp.cosh(X) - 1 - X**2 / 2
    for order in range(3):
        board.equal(f"derivative {order} of the gap at 0", sp.diff(gap, X, order).subs(X, 0), sp.S.Zero)
    board.equal("third derivative", sp.diff(gap, X, 3), sp.sinh(X))
    board.true("fourth derivative is positive", sp.cosh(X).is_positive)
    return board.proof()


def prove_square() -> Proof:
    """Eq. 172: the quadratic, and (x - c)^2 = 2 (l(x) - l(c))."""
    board = Blackboard("expansion")
    smooth = (P * (1 + X) ** 2 + (1 - P) * (1 - X) ** 2) / 2
    board.equal("definition", sp.expand(SQUARE.smoothed()), sp.expand(smooth))
    board.equal("Eq. 172", sp.expand(smooth), sp.expand((X**2 + X * (4 * P - 2) + 1) / 2))
    gap = smooth - smooth.subs(X, 1 - 2 * P)
    board.equal("Assumption 4 with nu = 2, an equality", sp.expand((X - 1 + 2 * P) ** 2), sp.expand(2 * gap))
    return board.proof()


def prove_ratio() -> Proof:
    """max eps^2 / sigma^2 = max(p/(1 - p), (1 - p)/p)."""
    board = Blackboard("division")
    total = sp.Symbol("s", positive=True)
    power = P * (1 - P) * total**2
    board.equal("kept label", (P * total) ** 2 / power, P / (1 - P))
    board.equal("flipped label", ((1 - P) * total) ** 2 / power, (1 - P) / P)
    return board.proof()


def prove_derivatives() -> Proof:
    """Eq. 161 and 164: Hessian and third derivative of l(f) for a generic model of two parameters."""
    board = Blackboard("differentiation along a line, generic outer function")
    t = sp.Symbol("t")
    c = sp.symbols("c0:4")
    model = c[0] + c[1] * t + c[2] * t**2 / 2 + c[3] * t**3 / 6
    u = sp.Symbol("u")
    outer = sum(sp.Symbol(f"l{k}") * (u - c[0]) ** k / sp.factorial(k) for k in range(4))
    value = outer.subs(u, model)
    l1, l2, l3 = sp.symbols("l1 l2 l3")
    board.equal(
        "second, along a direction", sp.expand(sp.diff(value, t, 2).subs(t, 0)), sp.expand(l2 * c[1] ** 2 + l1 * c[2])
    )
    shown = 2 * l2 * c[2] * c[1] + c[1] * (l3 * c[1] ** 2 + l2 * c[2]) + l1 * c[3]
    board.equal("third, along a direction", sp.expand(sp.diff(value, t, 3).subs(t, 0)), sp.expand(shown))
    a, b = sp.symbols("a b")
    form = lambda v: v[0] ** 3 * c[0] + 3 * v[0] ** 2 * v[1] * c[1] + 3 * v[0] * v[1] ** 2 * c[2] + v[1] ** 3 * c[3]  # noqa: E731
    polar = (form((a + 1, b)) - form((a - 1, b)) - 2 * form((1, 0))) / 6
    board.equal("a cubic form is known by its diagonal (polarisation)", sp.expand(polar),
                sp.expand(sp.diff(form((u, b)), u).subs(u, a) / 3))  # fmt: skip
    return board.proof()
