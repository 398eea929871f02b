"""Lemma B.3: large fixed step sizes. The contraction 1 - C eta of the curved coordinates, and what the proof prints.

Source: nso, Lemma B.3, Eq. 45-47; repairs are ours: the noise acts on the curved coordinates only, as it is defined.
"""

from __future__ import annotations

import sympy as sp

from theory.noise_stability.chain_functions import ETA, HALF, LOWER, RHO, SIGMA, C, D, K, T, prove_g
from theory.proof import Blackboard, Proof


def prove_average_noise() -> Proof:
    """With 1/k: bounded by c sigma, variance sigma^2/k."""
    board = Blackboard("sum of k independent terms")
    c = sp.Symbol("c", positive=True)
    board.equal("bound", K * c * SIGMA / K, c * SIGMA)
    board.equal("variance", K * SIGMA**2 / K**2, SIGMA**2 / K)
    return board.proof()


def refute_average_noise() -> Proof:
    """Without 1/k, k = 2: variance 2 sigma^2."""
    board = Blackboard("exact counterexample k = 2, xi = +-1")
    total = sum((x + y) ** 2 for x in (1, -1) for y in (1, -1)) * sp.Rational(1, 4)
    board.true("E xi_bar^2 > sigma^2/k", total > HALF, str(total))
    return board.proof()


def refute_cap_slope() -> Proof:
    """rho = 1/2, T = 2: alpha/2 = (3/2) c eta sigma < 2 c eta sigma, so g' = -Cx does not hold at the end of
    the range.
    """
    board = Blackboard("exact counterexample C = eta = 1/sqrt 2, c = sigma = 1 (rho = 1/2), T = 2, xi = 1, U = eta")
    eta = sp.sqrt(HALF)
    curvature = eta
    alpha = (1 - HALF**2) / (1 - HALF) * 2 * eta
    far = 2 * eta
    board.true("the point lies beyond alpha/2", far > alpha / 2)
    slope = curvature * (far - alpha)
    board.differ("g'(eta xi + U) + g'(eta xi - U) against -2 C eta xi", sp.simplify(slope + 0), -2 * curvature * eta)
    return board.proof()


def prove_cap_slope() -> Proof:
    """Within |eta xi| + |U| <= alpha/2 the sum is -2 C eta xi."""
    board = Blackboard("g' = -C x near 0")
    x, u = sp.symbols("x u", real=True)
    board.equal("-C(x+u) - C(x-u)", -C * (x + u) - C * (x - u), -2 * C * x)
    board.include(prove_g())
    return board.proof()


def prove_update() -> Proof:
    """W_t = (1-rho)^t W_0 - sum_{i<t} (1-rho)^(t-1-i) eta xi_i on curved coordinates, so exponent t - i at t + 1."""
    board = Blackboard("induction on t, exponent by exponent")
    q, eta, xi, w = sp.symbols("q eta xi_i w0", positive=True)
    t, i = sp.symbols("t i", integer=True, positive=True)
    board.equal("start", q * q**t * w, q ** (t + 1) * w)
    board.equal("noise of step i < t", q * q ** (t - 1 - i) * eta * xi, q ** (t - i) * eta * xi)
    board.equal("noise of step t has exponent 0", q ** (t - i).subs(i, t), sp.S.One)
    return board.proof()


def refute_update() -> Proof:
    """t = 0: the printed sum gives (1-rho)^(-1) eta xi_0."""
    board = Blackboard("exact counterexample t = 0, rho = 1/2")
    q = HALF
    board.differ("coefficient of eta xi_0 in W_1", q**0, q ** (0 - 1 - 0))
    return board.proof()


def refute_second_iterate() -> Proof:
    """If noise does reach the cap, g' = -Cx repels: W_2 has -(1 + C eta) eta xi_0, not -(1 - C eta) eta xi_0."""
    board = Blackboard("exact counterexample C = 1, eta = 1/2, xi_0 = 1, xi_1 = 0, W_0 = 0, no U")
    eta = HALF
    w1 = -eta
    w2 = w1 - eta * (-w1)
    board.differ("W_2 against -(1 - C eta) eta xi_0", w2, -(1 - eta) * eta)
    return board.proof()


def prove_second_iterate() -> Proof:
    """On a curved coordinate (gradient C w) the printed W_2 holds."""
    board = Blackboard("two steps")
    w, x0, x1 = sp.symbols("w0 xi_0 xi_1", real=True)
    w1 = (1 - C * ETA) * w - ETA * x0
    w2 = (1 - C * ETA) * w1 - ETA * x1
    board.equal("W_2", w2, (1 - C * ETA) ** 2 * w - (1 - C * ETA) * ETA * x0 - ETA * x1)
    return board.proof()


def start_value(c: sp.Expr) -> sp.Expr:
    """(dC/2)(D^2/(Cd)) + (C/4)(2 (1-rho^T) c eta sigma/(1-rho))^2 with eta = rho/C."""
    return D**2 / 2 + C / 4 * (2 * (1 - RHO**T) / (1 - RHO) * c * RHO / C * SIGMA) ** 2


def largest_c2() -> sp.Expr:
    """The largest c^2 for which the start value is at most D^2, by solving."""
    c2 = sp.Symbol("c2", positive=True)
    return sp.solve(sp.Eq(start_value(sp.sqrt(c2)), D**2), c2)[0]


PRINTED_C2 = D**2 * (1 - RHO) ** 2 / (2 * SIGMA**2 * RHO**2 * (1 - RHO**T) ** 2)


def prove_largest_c2() -> Proof:
    """The factor C."""
    board = Blackboard("solving for c^2")
    board.equal("largest c^2", sp.simplify(largest_c2() / PRINTED_C2), C)
    return board.proof()


def refute_largest_c2() -> Proof:
    """C = 1/4: the printed c^2 makes F(W_0) - min F exceed D^2."""
    board = Blackboard("exact counterexample C = 1/4, D = sigma = 1, rho = 1/2, T = 2")
    at = {C: sp.Rational(1, 4), D: 1, SIGMA: 1, RHO: HALF, T: 2}
    board.true("start value > D^2", start_value(sp.sqrt(PRINTED_C2)).subs(at) > 1,
               str(start_value(sp.sqrt(PRINTED_C2)).subs(at)))  # fmt: skip
    return board.proof()


def refute_start_equality() -> Proof:
    """With U_0 = +-u the mean of g at 0 is C alpha^2/4 - C u^2/2."""
    board = Blackboard("exact counterexample C = alpha = 1, U_0 = +-1/2")
    value = -HALF * HALF**2 + sp.Rational(1, 4)
    board.differ("E g(U) against C alpha^2/4", value, sp.Rational(1, 4))
    return board.proof()


def prove_start_bound() -> Proof:
    """E g(U) <= g(0), so that F(W_0) - min F is at most the printed value."""
    board = Blackboard("g is largest at 0")
    u = sp.Symbol("u", real=True)
    board.true("C u^2/2 >= 0", sp.Ge(C * u**2 / 2, 0))
    board.equal("(dC/2) D^2/(Cd)", C / 2 * D**2 / C, D**2 / 2)
    return board.proof()


def write_geometric(board: Blackboard) -> None:
    """rho^2 sum_{i<t} (1-rho)^(2i) = rho/(2-rho) (1 - (1-rho)^(2t)), by induction on t."""
    z = sp.Symbol("z", positive=True)  # (1-rho)^(2t)
    closed = RHO / (2 - RHO) * (1 - z)
    board.equal("t = 0", closed.subs(z, 1), sp.S.Zero)
    board.equal("t -> t+1 adds rho^2 (1-rho)^(2t)", closed.subs(z, z * (1 - RHO) ** 2) - closed, RHO**2 * z)


def write_minimum(board: Blackboard) -> None:
    """z A + (1-z) B >= min(A, B) for z in [0, 1]."""
    low, gap = sp.symbols("low gap", nonnegative=True)
    z = sp.Symbol("z", positive=True)
    board.equal(
        "z low + (1-z)(low + gap) - low", sp.expand(z * low + (1 - z) * (low + gap) - low), sp.expand((1 - z) * gap)
    )


def prove_sum() -> Proof:
    """The second and third line with the sum to t - 1, and the minimum over t."""
    board = Blackboard("geometric sum by induction, convex combination")
    write_geometric(board)
    write_minimum(board)
    return board.proof()


def refute_sum() -> Proof:
    """t = 1: the printed sum has the extra term (1-rho)^(-2)."""
    board = Blackboard("exact counterexample t = 1, rho = 1/2")
    printed = sum(HALF ** (2 * (1 - 1 - i)) for i in range(2))
    board.differ("sum over i = 0..t against the variance's i = 0..t-1", printed, sp.S.One)
    return board.proof()


STRONGER = D * sp.sqrt(C * SIGMA**2 / (8 * K * T))


def prove_lemma_b3() -> Proof:
    """min{C D^2, (sigma^2/k) rho/(2-rho)} with rho >= C sqrt(k D^2/(2 T sigma^2 C)) is at least min{C D^2,
    stronger}.
    """
    board = Blackboard("contraction, geometric sum, monotone bound")
    for part in (prove_update(), prove_second_iterate(), prove_sum(), prove_g()):
        board.include(part)
    board.nonnegative("rho/(2-rho) >= rho/2", RHO / (2 - RHO) - RHO / 2, {RHO: (sp.S.Zero, sp.S.One)})
    x = C * sp.sqrt(K * D**2 / (2 * T * SIGMA**2 * C))
    board.equal("(sigma^2/k) x/2", SIGMA**2 / K * x / 2, STRONGER)
    board.true("1/8 >= 1/32", bool(sp.Rational(1, 8) >= sp.Rational(1, 32)))
    at = {T: SIGMA**2 / (2 * K * C * D**2)}
    board.equal(
        "C D^2 against the bound at T = sigma^2/(2 k C D^2): ratio 4", (C * D**2) / sp.sqrt((LOWER**2).subs(at)), 4
    )
    return board.proof()


def refute_lemma_b3() -> Proof:
    """C = D = k = T = 1, sigma^2 = 100, eta = 8/100: E|grad F(W_1)|^2 = (1-eta)^2 + 100 eta^2 < sqrt(100/32)."""
    board = Blackboard("exact counterexample C = D = k = T = 1, sigma^2 = 100, eta = 2/25")
    eta, sigma2 = sp.Rational(2, 25), sp.Integer(100)
    board.true("T eta >= sqrt(D^2 k T/(2 sigma^2 C))", eta >= sp.sqrt(1 / (2 * sigma2)))
    value = (1 - eta) ** 2 + sigma2 * eta**2
    board.true("E|grad F(W_1)|^2 < D sqrt(C sigma^2/(32 k T))", value < sp.sqrt(sigma2 / 32), f"{value}")
    return board.proof()
