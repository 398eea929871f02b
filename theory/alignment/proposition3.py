"""Proposition 3: does the noise of the gradients align with the curvature near every minimum?

The counterexample: f = relu(w . x), output weight 1, x = (2, 1) and (2, -1), y = 1, delta = 1/10. At w* = (9/20, 0)
both outputs reach the clip; just before it, s = 2 w_1 - 1 and t = w_2, the residuals are s + t and s - t.

Source: anisotropic, Proposition 3, Eq. 60-83, Appendix B. The counterexample and the corrected statement are ours.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.alignment.fisher import DELTA, EPS, prove_covariance_identity, prove_lower, prove_upper
from theory.proof import Blackboard, Proof

S, T = sp.symbols("s t", real=True)
LAM, SHARE, RADIUS, TRACE_H = sp.symbols("lambda delta2 rho TrH", positive=True)
INPUTS = (sp.Matrix([2, 1]), sp.Matrix([2, -1]))


def _example() -> tuple[sp.Matrix, sp.Matrix]:
    """(Sigma, H) of the counterexample just before the clip."""
    gradients = [(S + sign * T) * x for sign, x in zip((1, -1), INPUTS)]
    mean = sum(gradients, sp.zeros(2, 1)) / 2
    sigma = sum(((g - mean) * (g - mean).T for g in gradients), sp.zeros(2, 2)) / 2
    return sigma.applyfunc(sp.expand), sum((x * x.T for x in INPUTS), sp.zeros(2, 2)) / 2


@cache
def refute_proposition() -> Proof:
    """On open sets arbitrarily close to w* the aligned share t^2 / (...) is below any a > 0."""
    board = Blackboard("exact example")
    sigma, hessian = _example()
    board.equal("H = diag(4, 1): lambda = 4, u = e_1", hessian, sp.diag(4, 1))
    board.equal("u^T Sigma u", sigma[0, 0], 4 * T**2)
    board.equal("Tr Sigma", sigma.trace(), 4 * T**2 + S**2)
    quotient = sigma[0, 0] * hessian.trace() / (4 * sigma.trace())  # must be at least a
    at_minimum = quotient.subs(S, -sp.Rational(1, 10))
    board.equal("the quotient at t -> 0, near w*", sp.limit(at_minimum, T, 0), sp.S.Zero)
    board.equal("it is continuous, so small on open sets", sp.simplify(quotient), 5 * T**2 / (4 * T**2 + S**2))
    outputs = [x.dot(sp.Matrix([sp.Rational(9, 20), 0])) for x in INPUTS]
    board.equal("w* = (9/20, 0): both outputs at the clip 9/10", sp.Matrix(outputs),
                sp.Matrix([1, 1]) * sp.Rational(9, 10))  # fmt: skip
    board.true("so every |f - y| = delta, its least: w* is a global minimum",
               all(1 - o == sp.Rational(1, 10) for o in outputs))  # fmt: skip
    point = quotient.subs({S: -sp.Rational(101, 1000), T: sp.Rational(1, 10000)})
    board.true("at s = -0.101, t = 1e-4, 5e-4 from w*", point < sp.Rational(1, 10**5), f"{point}")
    return board.proof()


@cache
def prove_proposition() -> Proof:
    """All f(x_i) affine near theta*, H != 0: u^T Sigma u >= a lambda Tr Sigma / Tr H for lambda rho^2 <= delta_2
    delta^2.
    """
    board = Blackboard("quadratic loss near the minimum, Proposition 2")
    board.include(prove_lower())
    board.include(prove_upper())
    board.include(prove_covariance_identity())
    board.include(prove_gradient_bound())
    least = DELTA**2 * LAM - LAM**2 * RADIUS**2
    worst = least.subs(RADIUS, sp.sqrt(SHARE * DELTA**2 / LAM))
    board.equal("u^T Sigma u at the largest radius", worst, (1 - SHARE) * DELTA**2 * LAM)
    board.true("it falls with the radius", (-sp.diff(least, RADIUS)).is_positive)
    ratio = (1 - SHARE) * DELTA**2 * LAM / ((DELTA + EPS) ** 2 * TRACE_H)
    board.equal("over Tr Sigma <= Tr F <= (delta + eps)^2 Tr H", ratio,
                (1 - SHARE) * DELTA**2 / (DELTA + EPS) ** 2 * LAM / TRACE_H)  # fmt: skip
    return board.proof()


@cache
def prove_gradient_bound() -> Proof:
    """Eq. 63-64 where the loss is quadratic: grad L = H (theta - theta*), |grad L|^2 <= lambda^2 |theta - theta*|^2."""
    board = Blackboard("eigenbasis of H")
    low = sp.symbols("l1:4", nonnegative=True)
    gaps, x = sp.symbols("q1:4", nonnegative=True), sp.symbols("x1:4", real=True)
    loss = sum(a * b**2 for a, b in zip(low, x)) / 2
    board.equal("gradient of theta^T H theta / 2", sp.Matrix([sp.diff(loss, b) for b in x]),
                sp.Matrix([a * b for a, b in zip(low, x)]))  # fmt: skip
    term = ((low[0] + gaps[0]) ** 2 - low[0] ** 2).expand() * x[0] ** 2
    board.true("lambda^2 - l_i^2 >= 0 for lambda = l_i + q", sp.expand(term).is_nonnegative)
    return board.proof()


@cache
def prove_hessian_constant() -> Proof:
    """Where every f(x_i) is affine the loss is quadratic: H does not change, lambda(theta) = lambda(theta*)."""
    board = Blackboard("third derivatives")
    theta, g, c = sp.symbols("theta g c", real=True)
    board.equal("third derivative of (g theta + c)^2 / 2", sp.diff((g * theta + c) ** 2 / 2, theta, 3), sp.S.Zero)
    return board.proof()


@cache
def refute_nonzero_hessian() -> Proof:
    """The paper's Appendix B at (1, 0): a global minimum where the output is clipped, so that H = 0 around it."""
    board = Blackboard("exact example")
    w1, w2 = sp.symbols("w1 w2", positive=True)
    clipped = (sp.Rational(9, 10) - 1) ** 2
    board.equal("loss around (1, 0), where relu(w1) - relu(w2) > 9/10", clipped, sp.Rational(1, 100))
    board.equal("its Hessian", sp.hessian(clipped, (w1, w2)), sp.zeros(2, 2))
    board.true("1 > 9/10: (1, 0) lies inside the clipped region", sp.Rational(9, 10) < 1)
    return board.proof()


@cache
def refute_continuity() -> Proof:
    """f = relu(w), x = y = 1, delta = 1/10: H = 1 for w < 9/10 and 0 for w > 9/10, with the minimum w* = 9/10
    between.
    """
    board = Blackboard("exact example")
    w = sp.Symbol("w", positive=True)
    below, above = (w - 1) ** 2 / 2, sp.Rational(1, 200)
    at = sp.Rational(9, 10)
    board.equal("the loss is continuous at 9/10", below.subs(w, at), above)
    board.equal("second derivative below", sp.diff(below, w, 2), sp.S.One)
    board.equal("second derivative above", sp.diff(above, w, 2), sp.S.Zero)
    board.true("9/10 minimises the loss: it falls up to there", sp.diff(below, w).subs(w, at) < 0)
    return board.proof()


@cache
def refute_gradient_expansion() -> Proof:
    """f = relu(w), x = y = 1, delta = 1/10, w* = 9/10: from the left the gradient tends to -1/10, not to 0."""
    board = Blackboard("exact example")
    board.include(refute_continuity())
    w, norm = sp.symbols("w h", positive=True)
    gradient, at = sp.diff((w - 1) ** 2 / 2, w), sp.Rational(9, 10)
    board.equal("gradient at 9/10 from the left", sp.limit(gradient, w, at, "-"), -sp.Rational(1, 10))
    board.equal("H (w - w*) there, for any number H", sp.limit(norm * (w - at), w, at, "-"), sp.S.Zero)
    board.true("|grad L|^2 / |w - w*|^2 is unbounded", sp.limit(gradient**2 / (w - at) ** 2, w, at, "-") == sp.oo)
    return board.proof()


# --- Eq. 61-80, step by step ------------------------------------------------------------------------------------

FORM, TRACE_F, SQUARE, ALONG = sp.symbols("uFu TrF G2 uG2", positive=True)
MORE = sp.Symbol("q", positive=True)


@cache
def prove_radius_chain() -> Proof:
    """Eq. 65-67: the radius grows with lambda and with u^T F u >= delta^2 lambda."""
    board = Blackboard("monotonicity")
    board.include(prove_lower())
    radius = sp.sqrt(DELTA**2 * SHARE * LAM)
    board.true("lambda* - eps_1 < lambda(theta)", sp.diff(radius, LAM).is_positive)
    board.equal("delta^2 delta_2 lambda = delta_2 (delta^2 lambda)", radius, sp.sqrt(SHARE * (DELTA**2 * LAM)))
    board.true("the root grows", sp.diff(sp.sqrt(SHARE * FORM), FORM).is_positive)
    norm = sp.Symbol("normH", positive=True)
    board.equal("Eq. 68: |H|^2 radius^2 = delta_2 u^T F u", norm**2 * (sp.sqrt(SHARE * FORM) / norm) ** 2, SHARE * FORM)
    return board.proof()


@cache
def refute_eq72() -> Proof:
    """u = e_1, grad L = e_2, F = 2 I: the numerators are 2 and 1."""
    board = Blackboard("exact example")
    u, gradient, fisher = sp.Matrix([1, 0]), sp.Matrix([0, 1]), 2 * sp.eye(2)
    top = (u.T * fisher * u)[0]
    board.differ("(u . grad L)^2 against |grad L|^2", top - u.dot(gradient) ** 2, top - gradient.dot(gradient))
    return board.proof()


@cache
def prove_eq72() -> Proof:
    """(u . grad L)^2 <= |grad L|^2 for a unit u: >= instead of =."""
    board = Blackboard("Lagrange's identity")
    u, g = sp.symbols("u1:4", real=True), sp.symbols("g1:4", real=True)
    gap = sum(a**2 for a in u) * sum(b**2 for b in g) - sum(a * b for a, b in zip(u, g)) ** 2
    squares = sum((u[i] * g[j] - u[j] * g[i]) ** 2 for i in range(3) for j in range(i))
    board.equal("|u|^2 |g|^2 - (u . g)^2 is a sum of squares", gap, squares)
    board.equal("Tr(g g^T) = |g|^2", (sp.Matrix(g) * sp.Matrix(g).T).trace(), sum(b**2 for b in g))
    return board.proof()


@cache
def prove_ratio_chain() -> Proof:
    """Eq. 73-76 where |grad L|^2 <= u^T F u, which Eq. 68 provides for delta_2 < 1."""
    board = Blackboard("elementary bounds")
    whole = sp.Symbol("w", positive=True)  # Tr F - |grad L|^2
    top = sp.Symbol("p", nonnegative=True)  # u^T F u - |grad L|^2
    board.true("Eq. 73: dividing by more", sp.factor(top / whole - top / (whole + SQUARE)).is_nonnegative)
    board.equal("Eq. 74", (FORM - SQUARE) / TRACE_F, FORM / TRACE_F * (1 - SQUARE / FORM))
    gap = sp.Symbol("e", nonnegative=True)  # delta_2 + o(delta_2) - |grad L|^2 / u^T F u
    board.true("Eq. 75", (FORM / TRACE_F * gap).is_nonnegative)
    board.true("Eq. 76: delta_2 + o <= 2 delta_2 once o <= delta_2",
               ((1 - SHARE - (SHARE - gap)) - (1 - 2 * SHARE)) == gap)  # fmt: skip
    return board.proof()


@cache
def prove_trace_ratio() -> Proof:
    """Eq. 77-80 from Eq. 60: quadratic form and trace of positive semidefinite differences."""
    board = Blackboard("Proposition 2")
    board.include(prove_lower())
    board.include(prove_upper())
    up, down = sp.symbols("p q", nonnegative=True)
    top = DELTA**2 * LAM + up
    bottom = (DELTA + EPS) ** 2 * TRACE_H - down
    limit = DELTA**2 * LAM / ((DELTA + EPS) ** 2 * TRACE_H)
    difference = sp.expand(top * (DELTA + EPS) ** 2 * TRACE_H - DELTA**2 * LAM * bottom)
    board.true("cross-multiplied, for Tr F > 0", difference.is_nonnegative)
    board.equal("Eq. 80", limit, DELTA**2 / (DELTA + EPS) ** 2 * LAM / TRACE_H)
    return board.proof()
