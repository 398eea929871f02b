"""Weak contraction bounds (Lemmas 10-15) with explicit constants; x = eta times an eigenvalue of G, in [0, 2 - nu]."""

from __future__ import annotations

import sympy as sp

from theory.proof import Blackboard, Proof

NU = sp.Symbol("nu", positive=True)
Y = sp.Symbol("y", positive=True)


def exponential_lemmas(board: Blackboard) -> None:
    """1 - x <= e^-x and y e^-y <= 1/e, with equality at y = 1."""
    x = sp.Symbol("x", real=True)
    gap = sp.exp(-x) - 1 + x
    board.equal("e^-x - 1 + x at 0", gap.subs(x, 0), sp.S.Zero)
    board.equal("its slope at 0", sp.diff(gap, x).subs(x, 0), sp.S.Zero)
    board.true("its second derivative is positive", sp.diff(gap, x, 2).is_positive)
    product = Y * sp.exp(-Y)
    board.equal("slope of y e^-y", sp.diff(product, Y), (1 - Y) * sp.exp(-Y))
    board.nonnegative("rising before 1", 1 - Y, {Y: (sp.S.Zero, sp.S.One)}, strict=True)
    board.nonnegative("falling after 1", Y - 1, {Y: (sp.S.One, sp.oo)}, strict=True)
    board.equal("maximum", product.subs(Y, 1), sp.exp(-1))


def prove_lemma10() -> Proof:
    """tau x |1 - x|^tau <= 1/e on [0, 1], <= 2/(e nu) on [1, 2 - nu]; both are below 1/nu."""
    board = Blackboard("two cases: eta lambda_i below and above 1")
    exponential_lemmas(board)
    board.true("below 1: 1/e <= 1 < 1/nu", sp.exp(-1) < 1)
    s = sp.Symbol("s", positive=True)  # x = 1 + s (1 - nu), 0 <= s <= 1
    box = {s: (sp.S.Zero, sp.S.One), NU: (sp.S.Zero, sp.S.One)}
    board.nonnegative("above 1: |1 - x| <= 1 - nu", (1 - NU) - s * (1 - NU), box)
    board.nonnegative("above 1: x <= 2", 2 - (1 + s * (1 - NU)), box)
    board.true("2/e < 1", 2 * sp.exp(-1) < 1)
    return board.proof()


def refute_strict() -> Proof:
    """x e^-x = 1/e at x = 1."""
    board = Blackboard("exact value at x = 1")
    board.equal("x e^-x at 1", (Y * sp.exp(-Y)).subs(Y, 1), sp.exp(-1))
    return board.proof()


def prove_strict() -> Proof:
    """x e^-x <= 1/e for all real x >= 0."""
    board = Blackboard("derivative")
    exponential_lemmas(board)
    return board.proof()


def prove_lemma11() -> Proof:
    """|A^tau g_i|^2 = |A^tau g_i g_i^T A^tau| <= n |A^(2 tau) G| <= n / (2 eta nu tau): rank one, so no factor d."""
    board = Blackboard("g_i g_i^T <= n G, and Lemma 10 at 2 tau")
    board.include(prove_lemma10())
    a, b = sp.symbols("a b", real=True)
    vector = sp.Matrix([a, b])
    board.equal("largest eigenvalue of g g^T is |g|^2", (vector * vector.T).trace(), (vector.T * vector)[0])
    board.equal("the other is 0", (vector * vector.T).det(), sp.S.Zero)
    eta, tau, n = sp.symbols("eta tau n", positive=True)
    board.equal("Lemma 10 at 2 tau, times n", n / (eta * NU * (2 * tau)), n / (2 * eta * NU * tau))
    return board.proof()


def prove_square_sum() -> Proof:
    """x sum_{k<tau} (1 - x)^(2k) = (1 - (1 - x)^(2 tau)) / (2 - x) <= 1/nu; n times, for every nonzero eigenvalue."""
    board = Blackboard("geometric sum for each eigenvalue; trace over the span of G")
    x, q = sp.symbols("x q", positive=True)  # q = (1 - x)^(2 tau)
    closed = (1 - q) / (2 - x)
    board.equal("no term", closed.subs(q, 1), sp.S.Zero)
    board.equal("one more term", (1 - q * (1 - x) ** 2) / (2 - x) - closed, x * q)
    slack = sp.Symbol("s", positive=True)  # 2 - x = nu + s
    board.nonnegative("at most 1/nu", 1 / NU - (1 - q) / (NU + slack),
                      {NU: (sp.S.Zero, sp.S.One), slack: (sp.S.Zero, sp.Integer(2)), q: (sp.S.Zero,
                      sp.S.One)})  # fmt: skip
    return board.proof()


def prove_cauchy_sum() -> Proof:
    """(sum_{k<tau} a_k)^2 <= tau sum a_k^2, and (sum a_k b_k)^2 <= sum a_k^2 sum b_k^2, on top of the square sum."""
    board = Blackboard("Cauchy-Schwarz as a sum of squares; geometric sum for each eigenvalue")
    a, b = sp.symbols("a0:4"), sp.symbols("b0:4")
    pairs = [(i, j) for i in range(4) for j in range(i)]
    gap = 4 * sum(v**2 for v in a) - sum(a) ** 2
    board.equal("first, 4 terms", sp.expand(gap), sp.expand(sum((a[i] - a[j]) ** 2 for i, j in pairs)))
    gap = sum(v**2 for v in a) * sum(v**2 for v in b) - sum(v * w for v, w in zip(a, b)) ** 2
    squares = sum((a[i] * b[j] - a[j] * b[i]) ** 2 for i, j in pairs)
    board.equal("second, 4 terms", sp.expand(gap), sp.expand(squares))
    board.include(prove_square_sum())
    return board.proof()


def prove_lemma15() -> Proof:
    """sum_k |1 - x|^k x is at most 1 on [0, 1] and x / (2 - x) <= (2 - nu)/nu on [1, 2 - nu], per eigenvalue."""
    board = Blackboard("geometric series for each eigenvalue, two cases")
    x = sp.Symbol("x", positive=True)
    board.equal("below 1: x / (1 - (1 - x))", x / (1 - (1 - x)), sp.S.One)
    board.equal("above 1: x / (1 - (x - 1))", x / (1 - (x - 1)), x / (2 - x))
    s = sp.Symbol("s", positive=True)
    value = 1 + s * (1 - NU)
    box = {s: (sp.S.Zero, sp.S.One), NU: (sp.S.Zero, sp.S.One)}
    board.nonnegative("above 1: at most (2 - nu)/nu", (2 - NU) / NU - value / (2 - value), box)
    board.nonnegative("and that is at least 1", (2 - NU) / NU - 1, {NU: (sp.S.Zero, sp.S.One)})
    return board.proof()


def refute_eq226() -> Proof:
    """eta lambda = 3/2, tau = 2: the left side is 3/2 lambda, the signed sum with one more term 3/4 lambda."""
    board = Blackboard("exact counterexample eta lambda = 3/2, tau = 2, d = 1")
    r = 1 - sp.Rational(3, 2)
    left, right = 1 + abs(r), 1 + r + r**2
    board.true("left > right", left > right, f"{left} > {right}, times lambda")
    return board.proof()
