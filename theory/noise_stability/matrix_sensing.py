"""Matrix sensing: gradient, Hessian and its trace for measurements A_i that are not symmetric, and what they imply.

With B_i = A_i + A_i^T the gradient is (1/n) sum r_i B_i W, and the Hessian at interpolation (1/n) sum vec(B_i W)
vec(B_i W)^T. Source: nso, Section 2.1.1, Proposition 2.3, Eq. 4, 5, 22-24; derivations and repairs are ours.
"""

from __future__ import annotations

import itertools

import numpy as np
import sympy as sp

from theory.proof import Blackboard, Proof

HALF = sp.Rational(1, 2)


def generic(name: str, size: int) -> sp.Matrix:
    """A matrix of different symbols."""
    return sp.Matrix(size, size, lambda i, j: sp.Symbol(f"{name}{i}{j}", real=True))


def loss(a: sp.Matrix, w: sp.Matrix, y: sp.Expr) -> sp.Expr:
    """Eq. 4 for one measurement."""
    return ((a.T * (w * w.T)).trace() - y) ** 2 / 2


def hessian_trace(a: sp.Matrix, w: sp.Matrix) -> sp.Expr:
    """Trace of the Hessian of Eq. 4 (n = 1) at W, with y so that W interpolates, by differentiation."""
    symbols = generic("w", a.rows)
    y = (a.T * (w * w.T)).trace()
    point = dict(zip(symbols, w))
    return sp.expand(sum(sp.diff(loss(a, symbols, y), v, 2) for v in symbols).subs(point))


def _gradient(a: sp.Matrix, w: sp.Matrix, y: sp.Expr) -> sp.Matrix:
    return sp.Matrix(w.rows, w.cols, [sp.diff(loss(a, w, y), v) for v in w])


def _residual_times_slope(y: sp.Expr) -> sp.Matrix:
    a, w = generic("a", 2), generic("w", 2)
    return ((a.T * (w * w.T)).trace() - y) * (a + a.T) * w


def prove_gradient() -> Proof:
    """(1/n) sum (<A, WW^T> - y)(A + A^T) W, for generic matrices of sizes 2 and 3."""
    board = Blackboard("differentiation, generic matrices of sizes 2 and 3")
    y = sp.Symbol("y", real=True)
    for size in (2, 3):
        a, w = generic("a", size), generic("w", size)
        residual = (a.T * (w * w.T)).trace() - y
        slope = sp.Matrix(size, size, [sp.diff(residual, v) for v in w])
        board.equal(f"gradient of <A, WW^T>, size {size}", slope, (a + a.T) * w)
    r = sp.Symbol("r", real=True)
    board.equal("chain rule: d(r^2/2)/dr", sp.diff(r**2 / 2, r), r)
    board.equal(
        "size 2, in full", _gradient(generic("a", 2), generic("w", 2), y).expand(), _residual_times_slope(y).expand()
    )
    return board.proof()


EXAMPLE_A = sp.Matrix([[1, 2], [0, 1]])
EXAMPLE_W = sp.Matrix([[1, 0], [1, 1]])


def refute_gradient() -> Proof:
    """One measurement that is not symmetric (symmetric ones lack a factor 2)."""
    board = Blackboard("exact counterexample, n = 1, sizes 2")
    w, y = generic("w", 2), sp.S.Zero
    point = dict(zip(w, EXAMPLE_W))
    for name, a in (("not symmetric", EXAMPLE_A), ("symmetric: factor 2", sp.eye(2))):
        true = _gradient(a, w, y).subs(point)
        printed = (a.T * (EXAMPLE_W * EXAMPLE_W.T)).trace() * a * EXAMPLE_W
        board.note(f"gradient against Eq. 22, {name}", true != printed, f"{true.tolist()} against {printed.tolist()}")
    return board.proof()


def prove_hessian() -> Proof:
    """Rank-one part vec(BW) vec(BW)^T plus residual times derivative of BW; the latter vanishes at interpolation."""
    board = Blackboard("differentiation, generic matrices of size 2")
    a, w, y = generic("a", 2), generic("w", 2), sp.Symbol("y", real=True)
    b = a + a.T
    residual = (a.T * (w * w.T)).trace() - y
    gradient = _gradient(a, w, y)
    for (i, v), j in itertools.product(enumerate(w), range(len(w))):
        right = (b * w)[i] * (b * w)[j] + residual * sp.diff((b * w)[j], v)
        board.equal(f"entry {i}, {j}", sp.diff(gradient[j], v), right)
    return board.proof()


def refute_hessian() -> Proof:
    """Eq. 23 against the Hessian at an interpolating W."""
    board = Blackboard("exact counterexample at interpolation, n = 1, sizes 2")
    true = hessian_trace(EXAMPLE_A, EXAMPLE_W)
    product = EXAMPLE_A * EXAMPLE_W
    board.differ("trace of the Hessian against |AW|_F^2", true, (product.T * product).trace())
    both = (EXAMPLE_A + EXAMPLE_A.T) * EXAMPLE_W
    board.equal("it is |(A + A^T) W|_F^2", true, (both.T * both).trace())
    return board.proof()


def write_mean_of_square(board: Blackboard) -> None:
    """E B^2 = (2d + 2) Id, entry by entry."""
    d = sp.Symbol("d", integer=True, positive=True)
    x, y, z = sp.symbols("x y z", real=True)  # independent standard Gaussians
    off = sp.expand((x + y) ** 2).subs(x * y, 0).subs({x**2: 1, y**2: 1})
    board.equal("E B_ik^2 for k != i", off, sp.Integer(2))
    diagonal = (4 * z**2).subs(z**2, 1)
    board.equal("E B_ii^2", diagonal, sp.Integer(4))
    board.equal("sum over k", (d - 1) * off + diagonal, 2 * d + 2)
    board.note("i != j: B_ik and B_kj hold different entries of A, so E (B^2)_ij = 0",
               all(not ({(i, k), (k, i)} & {(k, j), (j, k)}) for i, j, k in itertools.product(range(3), repeat=3)
                   if i != j), "all i != j and k of size 3")  # fmt: skip


def prove_trace() -> Proof:
    """Trace (1/n) sum |B_i W|_F^2, of mean 2(d+1)|W|_F^2, and |W|_F^2 = |WW^T|_*."""
    board = Blackboard("differentiation and Gaussian moments")
    board.include(prove_hessian())
    write_mean_of_square(board)
    w = generic("w", 2)
    board.equal("|W|_F^2 = tr WW^T", sum(v**2 for v in w), (w * w.T).trace())
    v1, v2 = sp.symbols("v1 v2", real=True)
    quadratic = (sp.Matrix([[v1, v2]]) * w * w.T * sp.Matrix([v1, v2]))[0]
    board.equal("WW^T is positive semidefinite, so its nuclear norm is its trace", sp.expand(quadratic),
                sp.expand(sum(x**2 for x in w.T * sp.Matrix([v1, v2]))))  # fmt: skip
    return board.proof()


def prove_mean_norm() -> Proof:
    """E|AW|_F^2 = d |W|_F^2 (true of A, though A is not what the Hessian holds)."""
    board = Blackboard("Gaussian moments, entry by entry")
    a, w = generic("a", 2), generic("w", 2)
    square = sp.expand(((a * w).T * (a * w)).trace())
    averaged = square
    for u, v in itertools.combinations(a, 2):
        averaged = averaged.coeff(u * v, 0) if averaged.coeff(u * v) != 0 else averaged
    averaged = averaged.subs({v**2: 1 for v in a})
    board.equal("d = 2", averaged, sp.expand(2 * sum(v**2 for v in w)))
    i, d = sp.Symbol("i", integer=True), sp.Symbol("d", integer=True, positive=True)
    board.equal("E(A^T A)_jj is a sum of d ones, and entries of different columns are uncorrelated",
                sp.simplify(sp.Sum(1, (i, 0, d - 1)).doit()), d)  # fmt: skip
    return board.proof()


def deviation(n: sp.Expr, d: sp.Expr, epsilon: sp.Expr) -> sp.Expr:
    """Probability in Eq. 24 for W of rank one, where nd times the ratio is chi-square with nd degrees of freedom.

    Examples
    --------
    >>> sp.N(deviation(sp.S.One, sp.Integer(2), sp.Rational(1, 2)), 6)  # 1 - e^(-1/2) + e^(-3/2)
    0.616600
    """
    shape = n * d / 2
    inner, outer = (sp.lowergamma(shape, shape * (1 + sign * epsilon)) for sign in (-1, 1))
    return 1 - (outer - inner) / sp.gamma(shape)


def prove_concentration() -> Proof:
    """Eq. 24 by Chernoff: log E e^(lambda (chi^2_m - m)) <= 2 m lambda^2 for |lambda| <= 1/4, m = nd >= n."""
    board = Blackboard("Chernoff's bound for chi-square, Hoelder's inequality for weighted sums")
    x = sp.Symbol("x", real=True)
    gap = 2 * x**2 + x + sp.log(1 - 2 * x) / 2
    board.equal("2x^2 - (-x - log(1-2x)/2) vanishes at 0", gap.subs(x, 0), sp.S.Zero)
    board.equal("its slope is 2x(1-4x)/(1-2x), of the sign of x for x <= 1/4", sp.together(sp.diff(gap, x)),
                2 * x * (1 - 4 * x) / (1 - 2 * x))  # fmt: skip
    m, eps = sp.symbols("m epsilon", positive=True)
    board.equal("exponent 2 m x^2 - x m eps at x = eps/4 <= 1/4", (2 * m * x**2 - x * m * eps).subs(x, eps / 4),
                -m * eps**2 / 8)  # fmt: skip
    u = sp.Symbol("u", real=True)
    board.true("exp is convex: weighted means of independent chi-squares have smaller exponential moments",
               sp.diff(sp.exp(u), u, 2).is_positive)  # fmt: skip
    d, n = sp.symbols("d n", positive=True)
    board.equal("m = n d", n * d - n, n * (d - 1))
    return board.proof()


def refute_proposition() -> Proof:
    """n = 1, A = diag(2, 1): U* = e_1 has trace 16, the interpolating W with WW^T = diag(0, 2) has 8."""
    board = Blackboard("exact counterexample n = 1, d = 2, and random measurements with n = 1, d = 6")
    a = sp.diag(2, 1)
    truth, other = sp.Matrix([[1, 0], [0, 0]]), sp.Matrix([[0, 0], [0, sp.sqrt(2)]])
    board.equal("both interpolate", (a * truth * truth.T).trace(), (a * other * other.T).trace())
    first, second = hessian_trace(a, truth), hessian_trace(a, other)
    board.true("Tr at U* exceeds Tr at W", first > second, f"{first} against {second}")
    scale = sp.Symbol("s", positive=True)
    board.equal("both scale with |X*|, so no constant does", hessian_trace(a, scale * truth), scale**2 * first)
    generator = np.random.default_rng(0)
    failures = 0
    for _ in range(400):
        b = generator.standard_normal((6, 6))
        values = np.linalg.eigvalsh(b + b.T)
        u = np.linalg.qr(generator.standard_normal((6, 1)))[0][:, 0]
        y = u @ (b + b.T) @ u / 2
        helpful = np.abs(values[values * y > 0]).min()
        failures += 2 * abs(y) * helpful < 0.9 * np.sum(((b + b.T) @ u) ** 2)
    board.true("more than 4 of 5 random measurements, d = 6", failures > 320, f"{failures} of 400")
    return board.proof()


def refute_least_nuclear_norm() -> Proof:
    """n = 1, A = diag(2, 1), X* = diag(0, 1): X = diag(1/2, 0) fits too, with half the nuclear norm."""
    board = Blackboard("exact counterexample n = 1, d = 2")
    a, truth, other = sp.diag(2, 1), sp.diag(0, 1), sp.diag(HALF, 0)
    board.equal("both fit", (a * truth).trace(), (a * other).trace())
    board.true("X has the smaller nuclear norm", other.trace() < truth.trace())
    return board.proof()


def prove_unique_when_enough() -> Proof:
    """n >= d(d+1)/2 Gaussian measurements determine a symmetric X almost surely; the trace depends on WW^T only."""
    board = Blackboard("a polynomial that is not zero identically is almost surely not zero")
    for size in (2, 3):
        basis = [sp.Matrix(size, size, lambda i, j, p=p, q=q: int({i, j} == {p, q} and (p != q or i == j)))
                 for p in range(size) for q in range(p, size)]  # fmt: skip
        rows = sp.Matrix([[m[p, q] for p in range(size) for q in range(p, size)] for m in basis])
        board.true(f"size {size}: d(d+1)/2 symmetric witnesses are independent", sp.Ne(rows.det(), 0), str(rows.det()))
    a, w = generic("a", 2), generic("w", 2)
    b = a + a.T
    board.equal(
        "|BW|_F^2 = <B^2, WW^T>", sp.expand(((b * w).T * (b * w)).trace()), sp.expand((b * b * w * w.T).trace())
    )
    c, s = sp.Rational(3, 5), sp.Rational(4, 5)
    q = sp.Matrix([[c, -s], [s, c]])
    board.equal(
        "WW^T is unchanged by a rotation from the right, which rotates the Hessian", (w * q) * (w * q).T, w * w.T
    )
    return board.proof()


def prove_condition_number() -> Proof:
    """M = mean of B_i^2: lambda_min tr X <= <M, X> <= lambda_max tr X for X >= 0."""
    board = Blackboard("eigenbasis of M, direction by direction")
    low, lam, high, x = sp.symbols("low gap1 gap2 x", nonnegative=True)
    board.true("(lambda - lambda_min) x >= 0", sp.Ge(lam * x, 0))
    board.true("(lambda_max - lambda) x >= 0", sp.Ge(high * x, 0))
    board.equal("<M, X> - lambda_min tr X, one direction", (low + lam) * x - low * x, lam * x)
    write_mean_of_square(board)
    return board.proof()


def refute_ones_vector() -> Proof:
    """A W with entries +1 and -1 of sum zero: <AW, 1/d> = 0 although |AW|_F^2/d^2 = 1."""
    board = Blackboard("exact counterexample AW = [[1, -1], [-1, 1]]")
    product = sp.Matrix([[1, -1], [-1, 1]])
    ones = sp.ones(2, 2) / 2
    board.equal("|u| = 1", (ones.T * ones).trace(), sp.S.One)
    board.true("<AW, u>^2 < |AW|_F^2/d^2", (product.T * ones).trace() ** 2 < (product.T * product).trace() / 4)
    return board.proof()


def prove_average_eigenvalue() -> Proof:
    """The largest eigenvalue of a positive semidefinite matrix of size d^2 is at least its trace / d^2."""
    board = Blackboard("mean over an orthonormal basis")
    board.include(prove_hessian())
    l1, g2 = sp.symbols("lambda_1 gap", nonnegative=True)
    board.equal("lambda_1 - (lambda_1 + (lambda_1 - gap))/2", l1 - (l1 + l1 - g2) / 2, g2 / 2)
    x, y = sp.symbols("x y", real=True)
    u = sp.Matrix([x, y])
    board.equal("u^T v v^T u = <v, u>^2", sp.expand((u.T * sp.Matrix([1, 2]) * sp.Matrix([[1, 2]]) * u)[0]),
                sp.expand((x + 2 * y) ** 2))  # fmt: skip
    return board.proof()


def refute_largest_eigenvalue() -> Proof:
    """Near an antisymmetric A the Hessian vanishes, |AW|_F^2 does not."""
    board = Blackboard("exact counterexample A = [[0, 1], [-1, 0]], W = Id, n = 1")
    a, w = sp.Matrix([[0, 1], [-1, 0]]), sp.eye(2)
    board.equal("trace of the Hessian, a bound on lambda_1", hessian_trace(a, w), sp.S.Zero)
    board.true("|AW|_F^2/d^2 > 0, and both are continuous in A", ((a * w).T * (a * w)).trace() / 4 > 0)
    return board.proof()
