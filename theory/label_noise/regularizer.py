"""The implicit regulariser R = -1/(2 eta) tr log(1 - eta H / 2): series, gradient, limits, bounds."""

from __future__ import annotations

import sympy as sp

from theory.proof import Blackboard, Proof

ETA = sp.Symbol("eta", positive=True)
X = sp.Symbol("x", real=True)
NU = sp.Symbol("nu", positive=True)
BETA = sp.Symbol("beta", nonnegative=True)


def scalar(x: sp.Expr = X, eta: sp.Expr = ETA, beta: sp.Expr = sp.S.Zero) -> sp.Expr:
    """R of one eigenvalue, with momentum ``beta``."""
    return -(1 + beta) / (2 * eta) * sp.log(1 - eta * x / (2 * (1 + beta)))


def coefficient(k: sp.Expr) -> sp.Expr:
    """Coefficient of x^k in R(x): eta^(k-1) / (k 2^(k+1))."""
    return ETA ** (k - 1) / (k * 2 ** (k + 1))


def of_matrix(hessian: sp.MatrixBase, eta: sp.Expr, beta: sp.Expr = sp.S.Zero) -> sp.Expr:
    """R of a symmetric matrix, by log det."""
    identity = sp.eye(hessian.rows)
    return -(1 + beta) / (2 * eta) * sp.log((identity - eta * hessian / (2 * (1 + beta))).det())


def prove_series() -> Proof:
    """Every coefficient: R' is a geometric series, integrated term by term."""
    board = Blackboard("geometric series of the derivative, integrated term by term")
    k, r, m = sp.Symbol("k", integer=True, positive=True), sp.Symbol("r"), sp.Symbol("m", integer=True, positive=True)
    board.equal("R'(x) = (1/4) / (1 - eta x / 2)", sp.diff(scalar(), X), sp.Rational(1, 4) / (1 - ETA * X / 2))
    board.equal("R(0) = 0", scalar(sp.S.Zero), sp.S.Zero)
    partial = (1 - r**m) / (1 - r)
    board.equal("partial geometric sum, one term", partial.subs(m, 1), sp.S.One)
    board.equal("partial geometric sum, next term", partial.subs(m, m + 1) - partial, r**m)
    board.equal("integrated term", sp.Rational(1, 4) * (ETA / 2) ** (k - 1) / k, coefficient(k))
    for number, shown in ((1, X / 4), (2, ETA * X**2 / 16), (3, ETA**2 * X**3 / 48)):
        board.equal(f"printed term {number}", coefficient(sp.Integer(number)) * X**number, shown)
    return board.proof()


def taylor(order: int, x: sp.Expr, eta: sp.Expr) -> sp.Expr:
    """Taylor polynomial of R at 0, by differentiating R itself."""
    terms = (sp.diff(scalar(), X, k).subs(X, 0) * X**k / sp.factorial(k) for k in range(order + 1))
    return sum(terms, sp.S.Zero).subs({X: x, ETA: eta})


def prove_limit() -> Proof:
    """R(x) -> x / 4 as eta -> 0, with an explicit rate on eta x <= 1."""
    board = Blackboard("limit, and the remainder of the series")
    board.equal("limit of R(x)", sp.limit(scalar(), ETA, 0, "+"), X / 4)
    board.include(prove_lower_bound())
    return board.proof()


def prove_lower_bound() -> Proof:
    """x / 4 <= R(x) wherever R is finite: the difference is convex with minimum 0 at x = 0."""
    board = Blackboard("convexity")
    gap = scalar() - X / 4
    board.equal("gap at 0", gap.subs(X, 0), sp.S.Zero)
    slope = sp.diff(gap, X)
    board.equal("slope of the gap", slope, ETA * X / (4 * (2 - ETA * X)))
    y = sp.Symbol("y", positive=True)
    board.nonnegative("slope >= 0 on x = y/eta in (0, 2/eta)", (y / (4 * (2 - y))), {y: (sp.S.Zero, sp.Integer(2))})
    board.nonnegative("slope <= 0 at x = -y/eta", y / (4 * (2 + y)), {y: (sp.S.Zero, sp.oo)})
    return board.proof()


def prove_eigenvalues() -> Proof:
    """tr log of a diagonal matrix is the sum of the logs; both sides only depend on eigenvalues."""
    board = Blackboard("diagonalisation: log det is a sum of logs, dimensions 1 to 4")
    for dim in range(1, 5):
        values = sp.symbols(f"l1:{dim + 1}")
        shifted = (sp.eye(dim) - ETA / 2 * sp.diag(*values)).det()
        product = sp.prod(1 - ETA * v / 2 for v in values)
        board.equal(f"determinant, dimension {dim}", sp.expand(shifted), sp.expand(product))
    first, second = sp.symbols("c1 c2", positive=True)
    split = sp.log(first) + sp.log(second)
    board.equal("log of a product of positive factors", sp.expand_log(sp.log(first * second)), split)
    q = sp.Matrix(2, 2, sp.symbols("q0:4"))
    values = sp.symbols("l1:3")
    moved = sp.eye(2) - ETA / 2 * q * sp.diag(*values) * q.inv()
    board.equal("determinant under change of basis", sp.cancel(moved.det()), sp.prod(1 - ETA * v / 2 for v in values))
    return board.proof()


def prove_blow_up() -> Proof:
    """R(x) is finite for eta x < 2 and tends to infinity at 2 / eta; its second derivative is positive."""
    board = Blackboard("limit and derivatives")
    y = sp.Symbol("y", positive=True)  # eta x
    inner = scalar().subs(X, y / ETA)
    board.true("limit at eta x = 2", sp.limit(inner, y, 2, "-") == sp.oo)
    second = sp.diff(scalar(), X, 2).subs(X, y / ETA)
    board.equal("second derivative", second, ETA / (2 * (2 - y) ** 2))
    board.nonnegative("convex", 1 / (2 * (2 - y) ** 2), {y: (sp.S.Zero, sp.Integer(2))}, strict=True)
    return board.proof()


def prove_chain_rule(dims: tuple[int, ...] = (1, 2)) -> Proof:
    """grad tr h(A) = tr(h'(A) grad A): powers of matrices that do not commute, hence power series; and log det."""
    board = Blackboard("product rule for powers, cyclic trace; Jacobi's formula for generic symmetric matrices")
    t = sp.Symbol("t")
    for dim in dims:
        size = range(dim)
        matrix = sp.Matrix(dim, dim, lambda i, j: sp.Function(f"a{min(i, j)}{max(i, j)}")(t))
        moved = matrix.diff(t)
        for power in range(1, 5):
            left = sp.diff((matrix**power).trace(), t)
            board.equal(f"(tr A^{power})' = {power} tr(A^{power - 1} A'), dimension {dim}",
                        sp.expand(left), sp.expand(power * (matrix ** (power - 1) * moved).trace()))  # fmt: skip
        shifted = 2 * sp.eye(dim) - ETA * matrix
        regular = -sp.log((shifted / 2).det()) / (2 * ETA)
        adjugate = shifted.adjugate()
        right = sum((adjugate[i, j] * moved[j, i] for i in size for j in size), sp.S.Zero) / (2 * shifted.det())
        board.equal(f"grad R = tr((2 - eta A)^-1 A') / 2, dimension {dim}", sp.cancel(sp.diff(regular, t) - right),
                    sp.S.Zero)  # fmt: skip
    k = sp.Symbol("k", integer=True, positive=True)
    board.equal("term k of grad R from the series", coefficient(k) * k, sp.Rational(1, 4) * (ETA / 2) ** (k - 1))
    board.equal("h' of h = -log(1 - eta x/2)/eta", sp.diff(-sp.log(1 - ETA * X / 2) / ETA, X), 1 / (2 - ETA * X))
    return board.proof()


def prove_normalised_limit() -> Proof:
    """With eta = (2 - nu)/lambda_1, R / log(2/nu) -> lambda_1 / 4 per largest eigenvalue; the others vanish."""
    board = Blackboard("limit of each eigenvalue")
    top, ratio = sp.Symbol("lambda_1", positive=True), sp.Symbol("q", positive=True)
    eta = (2 - NU) / top
    board.equal("share of lambda_1", sp.simplify(scalar(top, eta) - sp.log(2 / NU) / (2 * eta)), sp.S.Zero)
    board.equal("its limit", sp.limit(1 / (2 * eta), NU, 0), top / 4)
    other = -sp.log(1 - ratio) * top / (2 * (2 - NU))  # lambda_i = q lambda_1, nu -> 0 inside the log
    shifted = scalar(ratio * top, eta)
    board.equal("share of lambda_i = q lambda_1 at nu = 0", sp.simplify(shifted.subs(NU, 0) - other.subs(NU, 0)),
                sp.S.Zero)  # fmt: skip
    board.true("log(2/nu) grows without bound", sp.limit(sp.log(2 / NU), NU, 0, "+") == sp.oo)
    return board.proof()


def refute_normalised_limit() -> Proof:
    """H = diag(1, 0): the normalised regulariser is 1 / (2 (2 - nu)), never near 1."""
    board = Blackboard("exact value for one eigenvalue 1")
    nu = sp.Rational(1, 10**6)
    value = scalar(sp.S.One, 2 - nu) / sp.log(2 / nu)
    board.equal("R / log(2/nu) at nu = 10^-6", sp.simplify(value), 1 / (2 * (2 - nu)))
    board.true("far from the norm 1", sp.simplify(value) < sp.Rational(1, 3))
    board.differ("limit against the norm", sp.limit(1 / (2 * (2 - NU)), NU, 0), sp.S.One)
    return board.proof()
