"""Fisher matrix against Hessian: the information identity, and networks that are piecewise linear in their parameters.

Source: anisotropic, Section 4 (Eq. 18-20), Proposition 2, Eq. 48-59 and 69.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.proof import Blackboard, Proof

DELTA, EPS = sp.symbols("delta epsilon", positive=True)
G = sp.symbols("g1:3", real=True)
R = sp.Symbol("r", real=True)
W = sp.Symbol("w", positive=True)


@cache
def prove_information_identity() -> Proof:
    """E grad l grad l^T = E Hessian l for l = -log p_theta at the true theta; three outcomes, two parameters."""
    board = Blackboard("differentiation of a generic family on three outcomes")
    a, b = sp.symbols("theta1 theta2", real=True)
    p = [sp.Function(f"p{i}", positive=True)(a, b) for i in (1, 2)]
    p.append(1 - p[0] - p[1])
    for x, y in ((a, a), (a, b)):
        fisher = sum(q * sp.log(q).diff(x) * sp.log(q).diff(y) for q in p)
        hessian = sum(q * -sp.log(q).diff(x, y) for q in p)
        board.equal(f"entry {x}, {y}", sp.simplify(fisher - hessian), sp.S.Zero)
    return board.proof()


@cache
def prove_covariance_identity() -> Proof:
    """E (g - E g)(g - E g)^T = E g g^T - E g E g^T, for three samples in two coordinates."""
    board = Blackboard("expansion for symbolic samples")
    rows = [sp.Matrix(sp.symbols(f"a{i} b{i}", real=True)) for i in range(3)]
    mean = sum(rows, sp.zeros(2, 1)) / 3
    spread = sum(((x - mean) * (x - mean).T for x in rows), sp.zeros(2, 2)) / 3
    board.equal("Sigma = F - grad L grad L^T", spread, sum((x * x.T for x in rows), sp.zeros(2, 2)) / 3 - mean * mean.T)
    return board.proof()


def _local_loss() -> tuple[sp.Expr, tuple[sp.Symbol, ...], sp.Expr]:
    """(l, theta, residual) near a theta where f is affine: l = (g . theta + c - y)^2 / 2."""
    theta = sp.symbols("theta1:3", real=True)
    residual = sum(g * x for g, x in zip(G, theta)) + sp.Symbol("c", real=True) - sp.Symbol("y", real=True)
    return residual**2 / 2, theta, residual


@cache
def prove_local_derivatives() -> Proof:
    """Off the kinks: grad l = (f - y) g, Hessian l = g g^T, grad l grad l^T = (f - y)^2 g g^T (loss with its 1/2)."""
    board = Blackboard("differentiation where the network is affine")
    v, s = sp.symbols("v1:3", real=True), sp.symbols("s1:3", real=True)  # output weights; slopes of the active pieces
    w, x = sp.symbols("w11 w12 w21 w22 b1 b2", real=True), sp.symbols("x1 x2", real=True)
    net = sum(v[j] * s[j] * (w[2 * j] * x[0] + w[2 * j + 1] * x[1] + w[4 + j]) for j in range(2))
    board.equal("second derivatives of the network, output layer fixed", sp.hessian(net, w), sp.zeros(6, 6))
    loss, theta, residual = _local_loss()
    g = sp.Matrix(G)
    gradient = sp.Matrix([sp.diff(loss, t) for t in theta])
    board.equal("gradient", gradient, residual * g)
    board.equal("Hessian", sp.hessian(loss, theta), g * g.T)
    board.equal("Fisher", gradient * gradient.T, residual**2 * g * g.T)
    return board.proof()


@cache
def refute_square_notation() -> Proof:
    """One parameter, slope 2: grad f (grad f)^2 is 8, the Fisher matrix has grad f grad f^T, 4."""
    board = Blackboard("exact example")
    slope = sp.Integer(2)
    board.differ("at (f - y)^2 = 1", slope * slope, slope * slope**2)
    return board.proof()


@cache
def prove_residual_range() -> Proof:
    """delta <= |clip(f) - y| for y in {0, 1}, delta <= 1/2; |f - y| <= delta + eps implies |clip(f) - y| <= delta +
    eps.
    """
    board = Blackboard("cases of the clip")
    up, over = sp.symbols("p q", nonnegative=True)
    board.true("y = 0: clip = delta + p", ((DELTA + up) - DELTA).is_nonnegative)
    board.true("y = 1: 1 - clip = delta + p", (1 - (1 - DELTA - up) - DELTA).is_nonnegative)
    board.true("below the clip, y = 1, f = delta - p: 1 - delta <= 1 - f",
               ((1 - (DELTA - up)) - (1 - DELTA)).is_nonnegative)  # fmt: skip
    board.true("above the clip, y = 1: delta <= delta + eps", (DELTA + over - DELTA).is_nonnegative)
    x = sp.Symbol("x", nonnegative=True)
    board.true("squares keep the order", ((DELTA + x) ** 2 - DELTA**2).expand().is_nonnegative)
    return board.proof()


@cache
def prove_lower() -> Proof:
    """F - delta^2 H = E (r^2 - delta^2) g g^T with nonnegative weights."""
    board = Blackboard("sum of positive semidefinite terms")
    board.include(prove_local_derivatives())
    board.include(prove_residual_range())
    _psd_terms(board)
    return board.proof()


@cache
def prove_upper() -> Proof:
    """(delta + eps)^2 H - F = E ((delta + eps)^2 - r^2) g g^T with nonnegative weights; twice that without the 1/2."""
    board = Blackboard("sum of positive semidefinite terms")
    board.include(prove_local_derivatives())
    board.include(prove_residual_range())
    _psd_terms(board)
    hessian, fisher = sp.diff(R**2, R, 2), sp.diff(R**2, R) ** 2  # in units of g g^T, for l = r^2
    board.equal("l = r^2: H = 2 g g^T, F = 4 r^2 g g^T, so F / H = 2 r^2", fisher / hessian, 2 * R**2)
    return board.proof()


def _psd_terms(board: Blackboard) -> None:
    direction, weight = sp.symbols("u1:3", real=True), sp.Symbol("c", nonnegative=True)
    g, u = sp.Matrix(G), sp.Matrix(direction)
    square = weight * (g.dot(u)) ** 2
    board.equal("u^T (c g g^T) u = c (g . u)^2", (u.T * (weight * g * g.T) * u)[0], square)
    board.true("which is nonnegative for c >= 0", square.is_nonnegative)


@cache
def refute_upper_without_half() -> Proof:
    """Eq. 19 has no 1/2: one sample, |r| = delta + eps: F = 4 r^2 g^2 exceeds (delta + eps)^2 H = 2 r^2 g^2."""
    board = Blackboard("exact example")
    theta = sp.Symbol("theta", real=True)
    loss = (theta - 1) ** 2
    at = {theta: sp.Rational(4, 5)}  # f = 4/5 in [delta, 1 - delta] for delta = 1/10, eps = 1/10
    fisher, hessian = sp.diff(loss, theta).subs(at) ** 2, sp.diff(loss, theta, 2)
    board.equal("F", fisher, sp.Rational(4, 25))
    right = sp.Rational(1, 25) * hessian
    board.true("F > (delta + eps)^2 H", fisher > right, f"{fisher} > {right}")
    return board.proof()


def population() -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """(L, F, E g g^T) of f = relu(w x), x uniform on [1, 2], y = 1, delta = 1/10, for 9/20 < w < 9/10.

    Examples
    --------
    >>> population()[0].subs(W, sp.Rational(9, 10))
    1/200
    """
    x, delta = sp.Symbol("x", positive=True), sp.Rational(1, 10)
    clip = (1 - delta) / W  # beyond this x the output is clipped
    loss = sp.integrate((W * x - 1) ** 2, (x, 1, clip)) / 2 + delta**2 / 2 * (2 - clip)
    fisher = sp.integrate((W * x - 1) ** 2 * x**2, (x, 1, clip))
    return sp.expand(loss), sp.expand(fisher), sp.expand(sp.integrate(x**2, (x, 1, clip)))


@cache
def refute_population() -> Proof:
    """The kink moves with theta: its share of the Hessian, delta c^2 / w^3, is missing, and F >= delta^2 H fails."""
    board = Blackboard("exact example, a continuous population")
    loss, fisher, outer = population()
    hessian, c = sp.diff(loss, W, 2), sp.Rational(9, 10)
    board.equal("Hessian - E g g^T", hessian - outer, sp.Rational(1, 10) * c**2 / W**3)
    at = {W: sp.Rational(90, 101)}
    left, right = fisher.subs(at), hessian.subs(at) / 100
    board.true("at w = 90/101, where every |f - y| <= 11/101: F < delta^2 H", left < right,
               f"{sp.N(left, 5)} < {sp.N(right, 5)}")  # fmt: skip
    board.equal("F -> 0 at the minimum w = 9/10", fisher.subs(W, c), sp.S.Zero)
    board.true("H does not", hessian.subs(W, c) > 0)
    return board.proof()
