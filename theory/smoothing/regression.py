"""Losses of regression examples: one hidden unit with spurious features, quadratic weights, matrix sensing.

Source: antipgd, Section 3.4 (Eq. 15-18), Section 2.3 (Eq. 9), Section 4 and Appendices D.2, D.3 (Eq. 72-74).
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.proof import Blackboard, Proof

V = sp.Symbol("v", real=True)
U = sp.symbols("u1:4", real=True)
COR = sp.symbols("c1:4", real=True)
"""E[y x_j] for three features."""
SECOND = sp.Symbol("q", nonnegative=True)
"""E[y^2]."""


def one_unit_loss(design: sp.MatrixBase, targets: sp.MatrixBase, u: sp.MatrixBase, v: sp.Expr) -> sp.Expr:
    """Eq. 15.

    Examples
    --------
    >>> one_unit_loss(sp.eye(2), sp.Matrix([1, 0]), sp.Matrix([1, 1]), sp.Integer(2))
    5/4
    """
    residual = targets - v * design * u
    return sp.expand((residual.T * residual)[0] / (2 * design.rows))


def isotropic_example() -> tuple[sp.Matrix, sp.Matrix]:
    """Four inputs with E x = 0, E x x^T = I, whose third feature is uncorrelated with the targets.

    Examples
    --------
    >>> design, targets = isotropic_example()
    >>> design.T * design / 4 == sp.eye(3), list(design.T * targets / 4)
    (True, [1, 3/2, 0])
    """
    design = sp.Matrix([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    a, b = sp.Integer(1), sp.Rational(3, 2)
    return design, design * sp.Matrix([a, b, 0]) + sp.Matrix([2, 2, 2, 2])


def reduced(cross: sp.Expr) -> sp.Expr:
    """v^2 |u|^2 / 2 less ``cross`` times v u . E[y x]; the loss without its constant for cross = 1."""
    return V**2 * sum(x**2 for x in U) / 2 - cross * V * sum(x * c for x, c in zip(U, COR))


@cache
def prove_square() -> Proof:
    """2 L = E y^2 - 2 v u . E[y x] + v^2 E (u . x)^2, for two symbolic data points with two features."""
    board = Blackboard("expansion for symbolic data")
    design = sp.Matrix(2, 2, sp.symbols("x11 x12 x21 x22", real=True))
    targets, u = sp.Matrix(sp.symbols("y1 y2", real=True)), sp.Matrix(U[:2])
    mean = sp.Rational(1, 2)
    outputs = design * u
    expanded = mean * ((targets.T * targets)[0] - 2 * V * (targets.T * outputs)[0] + V**2 * (outputs.T * outputs)[0])
    board.equal("2 L", 2 * one_unit_loss(design, targets, u, V), expanded)
    x = design.row(0)
    board.equal("(u . x)^2 = Tr(u^T x x^T u)", (x * u)[0] ** 2, (u.T * x.T * x * u).trace())
    board.equal("cyclic property", (u.T * x.T * x * u).trace(), (u * u.T * x.T * x).trace())
    board.equal("E x x^T = I gives |u|^2", (u * u.T * sp.eye(2)).trace(), sum(a**2 for a in u))
    return board.proof()


@cache
def prove_reduced() -> Proof:
    """L = v^2 |u|^2 / 2 - v u . E[y x] + constant for inputs with E x x^T = I."""
    board = Blackboard("expansion")
    board.include(prove_square())
    doubled = SECOND - 2 * V * sum(x * c for x, c in zip(U, COR)) + V**2 * sum(x**2 for x in U)
    board.equal("half of 2 L without the constant", sp.expand(doubled / 2 - SECOND / 2), sp.expand(reduced(sp.S.One)))
    design, targets = isotropic_example()
    u = sp.Matrix(U)
    at = {c: value for c, value in zip(COR, design.T * targets / 4)}
    constant = (targets.T * targets)[0] / 8
    board.equal("on four data points", one_unit_loss(design, targets, u, V) - constant, reduced(sp.S.One).subs(at))
    return board.proof()


@cache
def refute_factor_two() -> Proof:
    """On four isotropic data points the printed loss differs by v u . E[y x], which is no constant."""
    board = Blackboard("exact example")
    design, targets = isotropic_example()
    at = {c: value for c, value in zip(COR, design.T * targets / 4)}
    gap = one_unit_loss(design, targets, sp.Matrix(U), V) - reduced(sp.Integer(2)).subs(at)
    at_one = gap.subs({V: 1, U[0]: 1, U[1]: 0, U[2]: 0})
    board.differ("true - printed at (u, v) = (e1, 1) and at 0", at_one, gap.subs({V: 0}))
    return board.proof()


@cache
def prove_spurious_loss() -> Proof:
    """With the relevant weights r held fixed: v^2 |s|^2 / 2 + v^2 |r|^2 / 2 - v r . c; only v^2 |s|^2 / 2 if r = 0."""
    board = Blackboard("substitution")
    spurious = reduced(sp.S.One).subs(COR[2], 0)
    r2, dot = U[0] ** 2 + U[1] ** 2, U[0] * COR[0] + U[1] * COR[1]
    board.equal("the loss in (s, v)", spurious, V**2 * U[2] ** 2 / 2 + V**2 * r2 / 2 - V * dot)
    board.equal("at r = 0", spurious.subs({U[0]: 0, U[1]: 0}), V**2 * U[2] ** 2 / 2)
    return board.proof()


@cache
def refute_spurious_loss() -> Proof:
    """The dropped terms change with v: at r = e1, c = e1 the loss falls from v = 0 along v, v^2 |s|^2 / 2 does not."""
    board = Blackboard("exact example")
    loss = reduced(sp.S.One).subs({COR[0]: 1, COR[1]: 0, COR[2]: 0, U[0]: 1, U[1]: 0})
    board.equal("slope in v at v = 0", sp.diff(loss, V).subs(V, 0), sp.Integer(-1))
    board.equal("slope of v^2 |s|^2 / 2 there", sp.diff(V**2 * U[2] ** 2 / 2, V).subs(V, 0), sp.S.Zero)
    return board.proof()


@cache
def prove_minima() -> Proof:
    """Eq. 18 (factor f, c not 0): L >= -f^2 |c|^2 / 2, reached only at v u = f c; other critical points are saddles."""
    board = Blackboard("completed square, second derivatives")
    for factor in (sp.S.One, sp.Integer(2)):
        loss = reduced(factor)
        squares = sum((V * x - factor * c) ** 2 for x, c in zip(U, COR)) / 2
        lowest = -(factor**2) * sum(c**2 for c in COR) / 2
        board.equal(f"factor {factor}: L = |v u - f c|^2/2 - f^2|c|^2/2", loss, squares + lowest)
        gradient = [sp.diff(loss, x) for x in U]
        board.equal("gradient in u", sp.Matrix(gradient), sp.Matrix([V * (V * x - factor * c) for x, c in zip(U, COR)]))
        dot = sum(x * c for x, c in zip(U, COR))
        board.equal("gradient in v at v = 0", sp.diff(loss, V).subs(V, 0), -factor * dot)
        size = sp.Symbol("size", positive=True)  # |c|; the direction c / |c| and v span the block
        along = sum(sp.diff(loss, V, x) * c for x, c in zip(U, COR)).subs(V, 0)
        board.equal("mixed derivative along c at v = 0", along, -factor * sum(c**2 for c in COR))
        curvature = sum(sp.diff(loss, a, b) * p * q for a, p in zip(U, COR) for b, q in zip(U, COR)).subs(V, 0)
        board.equal("curvature along c at v = 0", curvature, sp.S.Zero)
        board.true("so the block has a negative determinant: a saddle", (-(factor**2) * size**4).is_negative)
    return board.proof()


@cache
def prove_descent_shrinks_spurious() -> Proof:
    """A gradient step multiplies the spurious weights by 1 - eta v^2, and by nothing else."""
    board = Blackboard("one gradient step")
    eta = sp.Symbol("eta", positive=True)
    loss = reduced(sp.S.One).subs(COR[2], 0)
    board.equal("s' = (1 - eta v^2) s", U[2] - eta * sp.diff(loss, U[2]), (1 - eta * V**2) * U[2])
    return board.proof()


# --- label noise, Eq. 9 -----------------------------------------------------------------------------------------


def _label_noise() -> tuple[sp.Expr, sp.Expr, sp.Expr, sp.Symbol]:
    """(noisy loss, mean loss L, sum of the model's derivatives, xi) for M = 2 and a model f_i(w)."""
    w, xi = sp.symbols("w xi", real=True)
    f = [sp.Function(f"f{i}")(w) for i in (1, 2)]
    y = sp.symbols("y1 y2", real=True)
    noisy = sum((fi - yi + xi) ** 2 for fi, yi in zip(f, y)) / 2
    mean = sum((fi - yi) ** 2 / 2 for fi, yi in zip(f, y)) / 2
    return noisy, mean, sum(fi.diff(w) for fi in f), w


@cache
def prove_label_noise() -> Proof:
    """grad Lbar = M grad L + sum_i grad f_i xi for L = (1/M) sum (f_i - y_i)^2 / 2; M = 2, any model."""
    board = Blackboard("differentiation of a generic model")
    noisy, mean, slope, w = _label_noise()
    xi = sp.Symbol("xi", real=True)
    board.equal("M = 2", noisy.diff(w), 2 * mean.diff(w) + slope * xi)
    board.equal("L = Lbar at xi = 0, the sum", noisy.diff(w), noisy.subs(xi, 0).diff(w) + slope * xi)
    board.equal("with 1/(2M) in Lbar instead", (noisy / 2).diff(w), mean.diff(w) + slope * xi / 2)
    return board.proof()


@cache
def refute_label_noise() -> Proof:
    """f_i = w, y = 0, w = 1, M = 2: grad Lbar = 2 + 2 xi, Eq. 9 with L the mean loss gives 1 + 2 xi."""
    board = Blackboard("exact example")
    w, xi = sp.symbols("w xi", real=True)
    noisy, mean = 2 * (w + xi) ** 2 / 2, w**2 / 2
    board.differ("xi = 0, w = 1", noisy.diff(w).subs({xi: 0, w: 1}), mean.diff(w).subs(w, 1))
    return board.proof()


# --- quadratically parametrized regression and matrix sensing, Eq. 72-74 -----------------------------------------


def _quadratic() -> tuple[sp.Expr, sp.Matrix, sp.Matrix, sp.Matrix]:
    """(loss, w, design, residual) for two symbolic data points and three weights."""
    design = sp.Matrix(2, 3, lambda i, j: sp.Symbol(f"x{i + 1}{j + 1}", real=True))
    w, y = sp.Matrix(sp.symbols("w1:4", real=True)), sp.Matrix(sp.symbols("y1:3", real=True))
    residual = design * w.applyfunc(lambda a: a**2) - y
    return (residual.T * residual)[0] / 8, w, design, residual


@cache
def prove_quadratic_gradient() -> Proof:
    """Eq. 72, for n = 2 symbolic data points and d = 3."""
    board = Blackboard("differentiation for symbolic data")
    loss, w, design, residual = _quadratic()
    claimed = (design.T * residual).multiply_elementwise(w) / 2
    board.equal("gradient", sp.Matrix([sp.diff(loss, a) for a in w]), claimed)
    return board.proof()


@cache
def prove_quadratic_hessian() -> Proof:
    """Eq. 73, for n = 2 symbolic data points and d = 3."""
    board = Blackboard("differentiation for symbolic data")
    loss, w, design, residual = _quadratic()
    scaled = sp.diag(*w) * design.T * design * sp.diag(*w)
    board.equal("Hessian", sp.hessian(loss, list(w)), scaled + sp.diag(*(design.T * residual)) / 2)
    return board.proof()


@cache
def prove_target_length() -> Proof:
    """X (w * w) has as many entries as X has rows, n; so have the targets."""
    board = Blackboard("shapes")
    product = sp.zeros(40, 100) * sp.zeros(100, 1)
    board.true("n = 40, d = 100: length of X (w * w)", product.shape == (40, 1), str(product.shape))
    return board.proof()


@cache
def refute_target_length() -> Proof:
    """With y in R^d, d = 100 and n = 40, the difference X (w * w) - y does not exist."""
    board = Blackboard("shapes")
    try:
        sp.zeros(40, 100) * sp.zeros(100, 1) - sp.zeros(100, 1)
        defined = True
    except sp.ShapeError:
        defined = False
    board.true("the difference is not defined", not defined)
    return board.proof()


@cache
def prove_nonconvex() -> Proof:
    """L(w) = L(-w), so a convex L would have L(0) <= L(w) for every w; one w with L(w) < L(0) decides."""
    board = Blackboard("symmetry and Jensen's inequality")
    loss, w, _, _ = _quadratic()
    flipped = loss.subs({w[0]: -w[0]}, simultaneous=True)
    board.equal("changing the sign of one weight changes nothing", flipped, loss)
    at = sp.Symbol("L_w", positive=True)
    board.equal("convexity at the midpoint: L(0) <= (L(w) + L(-w))/2 = L(w)", (at + at) / 2, at)
    n, power = sp.symbols("n P", positive=True)
    board.true("perfect targets y = X w*^2 != 0: L(0) = |y|^2/(4n) > 0 = L(w*)", (power / (4 * n)).is_positive)
    return board.proof()


@cache
def refute_nonconvex() -> Proof:
    """X = 1, y = -1: L = (w^2 + 1)^2 / 4 is convex, and even in w."""
    board = Blackboard("exact example")
    w = sp.Symbol("w", real=True)
    loss = (w**2 + 1) ** 2 / 4
    board.equal("even", loss.subs(w, -w), loss)
    board.equal("second derivative", sp.diff(loss, w, 2), 3 * w**2 + 1)
    board.true("positive everywhere", (3 * w**2 + 1).is_positive)
    return board.proof()


def _sensing() -> tuple[sp.Expr, sp.Matrix, sp.Matrix, sp.Expr]:
    """(L_i, U, A, residual y - <A, U U^T>) for general 2 x 2 matrices."""
    a = sp.Matrix(2, 2, sp.symbols("a11 a12 a21 a22", real=True))
    u = sp.Matrix(2, 2, sp.symbols("u11 u12 u21 u22", real=True))
    residual = sp.Symbol("y", real=True) - (a.T * u * u.T).trace()
    return residual**2 / 2, u, a, residual


@cache
def prove_sensing_gradient() -> Proof:
    """grad L_i = -(y_i - <A_i, U U^T>) (A_i + A_i^T) U; -2 (...) A_i U for symmetric A_i."""
    board = Blackboard("differentiation for symbolic matrices")
    loss, u, a, residual = _sensing()
    gradient = u.applyfunc(lambda x: sp.diff(loss, x))
    board.equal("gradient", gradient, -residual * (a + a.T) * u)
    symmetric = {a[1, 0]: a[0, 1]}
    board.equal("symmetric A", gradient.subs(symmetric), (-2 * residual * a * u).subs(symmetric))
    return board.proof()


@cache
def prove_sensing_norm() -> Proof:
    """X* = V V^T, V of 20 x 5 standard normal entries: E |X*|_2 >= E Tr X* / 5 = 20."""
    board = Blackboard("trace and rank")
    v = sp.Matrix(2, 2, sp.symbols("v11 v12 v21 v22", real=True))
    board.equal("Tr V V^T = sum of squares, whose mean is their number", (v * v.T).trace(), sum(x**2 for x in v))
    top, low = sp.symbols("top gap", nonnegative=True)
    board.true("rank r: Tr <= r |X*|_2", (2 * (top + low) - (top + (top + low))).is_nonnegative)
    board.equal("mean of the trace over the rank", sp.Rational(20 * 5, 5), sp.Integer(20))
    return board.proof()


@cache
def refute_sensing_norm() -> Proof:
    """A mean of at least 20 is not 1."""
    board = Blackboard("lower bound")
    board.include(prove_sensing_norm())
    board.true("20 > 1", sp.Rational(20 * 5, 5) > 1)
    return board.proof()


@cache
def prove_sensing_symmetric() -> Proof:
    """<A, S> = <(A + A^T)/2, S> for symmetric S: measurement matrices are symmetric without loss of generality."""
    board = Blackboard("trace identities")
    a = sp.Matrix(2, 2, sp.symbols("a11 a12 a21 a22", real=True))
    s = sp.Matrix(2, 2, [sp.Symbol("s1"), sp.Symbol("s2"), sp.Symbol("s2"), sp.Symbol("s3")])
    board.equal("<A, S> = <(A + A^T)/2, S>", (a.T * s).trace(), ((a + a.T) * s).trace() / 2)
    board.equal("<A^T, S> = tr(A S) = tr(A^T S)", (a * s).trace(), (a.T * s).trace())
    return board.proof()
