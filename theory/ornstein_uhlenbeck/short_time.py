"""The escaping efficiency for short times: expansion, order of the remainder, bounds that hold at every time.

Everything reduces to the scalar function psi of :func:`theory.ornstein_uhlenbeck.process.efficiency`: E L is
sum_i psi(lambda_i) S_ii with S_ii >= 0 because Sigma is positive semidefinite. Source: anisotropic, Eq. 13 and 43.
"""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

from theory.ornstein_uhlenbeck.process import efficiency, printed_efficiency, write_covariance
from theory.ornstein_uhlenbeck.spectral_calculus import EIGENVALUE, SIGMA, T
from theory.proof import Blackboard, Proof

DELAY = sp.Symbol("x", nonnegative=True)  # 2 lambda t


@lru_cache
def coefficient(order: int) -> sp.Expr:
    """psi of the coefficient of t^order in the Taylor series of E L(theta_t), e.g. lambda/2 for order 1.

    Examples
    --------
    >>> [coefficient(k) for k in range(4)]
    [0, lambda/2, -lambda**2/2, lambda**3/3]
    """
    return sp.simplify(sp.diff(efficiency(), T, order).subs(T, 0) / sp.factorial(order))


def first_order() -> sp.Expr:
    """psi of the printed approximation, t tr(H Sigma) / 2."""
    return T / 2 * SIGMA.left(lambda x: x).trace()


def gap() -> sp.Expr:
    """psi of t tr(H Sigma) / 2 - E L(theta_t)."""
    return sp.expand(first_order() - efficiency())


def write_nonnegative(board: Blackboard, what: str, function: sp.Expr, order: int) -> None:
    """function(x) >= 0 for x >= 0: it and its derivatives below ``order`` vanish at 0, that of ``order`` is >= 0."""
    for k in range(order):
        board.equal(f"{what}: derivative {k} at 0", sp.diff(function, DELAY, k).subs(DELAY, 0), sp.S.Zero)
    last = sp.simplify(sp.diff(function, DELAY, order))
    board.true(f"{what}: derivative {order} is nonnegative for x >= 0", bool(last.is_nonnegative), str(last))


def _scaled(board: Blackboard, what: str, psi: sp.Expr, scalar: sp.Expr) -> None:
    """psi is scalar(2 lambda t) / 4."""
    board.equal(f"{what}, with x = 2 lambda t", psi, scalar.subs(DELAY, 2 * EIGENVALUE * T) / 4)


def _start(method: str) -> Blackboard:
    board = Blackboard(method)
    write_covariance(board)
    board.equal("Eq. 13", efficiency(), printed_efficiency())
    return board


def prove_first_order() -> Proof:
    """lim E L(theta_t) / t = tr(H Sigma) / 2 as t -> 0."""
    board = _start("Taylor expansion of the closed form")
    board.equal("E L vanishes at 0", coefficient(0), sp.S.Zero)
    board.equal("derivative at 0", coefficient(1) * T, first_order())
    board.equal("as a limit", sp.limit(efficiency() / T, T, 0), first_order() / T)
    return board.proof()


def prove_second_order() -> Proof:
    """E L(theta_t) = t tr(H Sigma)/2 - t^2 tr(H^2 Sigma)/2 + R with 0 <= R <= t^3 tr(H^3 Sigma)/3."""
    board = _start("Taylor expansion with a remainder of one sign")
    board.equal("coefficient of t^2", coefficient(2), -(EIGENVALUE**2) / 2)
    remainder = efficiency() - sum(coefficient(k) * T**k for k in range(3))
    scalar = 1 - sp.exp(-DELAY) - DELAY + DELAY**2 / 2
    _scaled(board, "remainder", remainder, scalar)
    write_nonnegative(board, "remainder", scalar, 3)
    _scaled(board, "t^3 tr(H^3 Sigma)/3 - remainder", EIGENVALUE**3 * T**3 / 3 - remainder, DELAY**3 / 6 - scalar)
    write_nonnegative(board, "t^3 tr(H^3 Sigma)/3 - remainder", DELAY**3 / 6 - scalar, 4)
    return board.proof()


def prove_upper_bound() -> Proof:
    """E L(theta_t) <= t tr(H Sigma) / 2 at every time, for positive semidefinite H and Sigma."""
    board = _start("scalar inequality for each eigenvalue")
    scalar = DELAY - 1 + sp.exp(-DELAY)
    _scaled(board, "t tr(H Sigma)/2 - E L", gap(), scalar)
    write_nonnegative(board, "gap", scalar, 2)
    return board.proof()


def prove_lower_bound() -> Proof:
    """E L(theta_t) >= t tr(H Sigma) / 2 - t^2 tr(H^2 Sigma) / 2 at every time, for positive semidefinite H, Sigma."""
    board = _start("scalar inequality for each eigenvalue")
    scalar = DELAY**2 / 2 - DELAY + 1 - sp.exp(-DELAY)
    _scaled(board, "E L - t tr(H Sigma)/2 + t^2 tr(H^2 Sigma)/2", EIGENVALUE**2 * T**2 / 2 - gap(), scalar)
    write_nonnegative(board, "gap", scalar, 3)
    return board.proof()


def prove_expansion_of_eq43() -> Proof:
    """The corrected Eq. 43: tr((I - e^{-2Ht}) Sigma) / 4 = t tr(H Sigma) / 2 + O(t^2), sharp if tr(H^2 Sigma) > 0."""
    board = _start("scalar inequality for each eigenvalue")
    lower = DELAY**2 / 2 - DELAY + 1 - sp.exp(-DELAY)
    _scaled(board, "upper gap", gap(), DELAY - 1 + sp.exp(-DELAY))
    write_nonnegative(board, "0 <= t tr(H Sigma)/2 - E L", DELAY - 1 + sp.exp(-DELAY), 2)
    _scaled(board, "lower gap", EIGENVALUE**2 * T**2 / 2 - gap(), lower)
    write_nonnegative(board, "t tr(H Sigma)/2 - E L <= t^2 tr(H^2 Sigma)/2", lower, 3)
    board.equal("t^2 cannot be improved", sp.limit(gap() / T**2, T, 0), EIGENVALUE**2 / 2)
    return board.proof()


def disprove_eq43() -> Proof:
    """Eq. 43 prints equality with t tr(H Sigma) / 2: false at every t > 0 and every H, Sigma with H Sigma != 0."""
    board = Blackboard("exact point, and every positive time")
    one = {EIGENVALUE: sp.S.One, T: sp.S.One}
    board.differ("H = Sigma = 1, t = 1", efficiency().subs(one), first_order().subs(one))
    board.true("(1 - e^{-2})/4 < 1/2", efficiency().subs(one) < first_order().subs(one))
    scalar = DELAY - 1 + sp.exp(-DELAY)
    _scaled(board, "the gap", gap(), scalar)
    positive = sp.Symbol("x", positive=True)
    slope = sp.diff(scalar, DELAY).subs(DELAY, positive)
    board.equal("vanishes at 0", scalar.subs(DELAY, 0), sp.S.Zero)
    at_zero = sp.diff(scalar, DELAY).subs(DELAY, 0)
    board.equal("its slope vanishes at 0", at_zero, sp.S.Zero)
    curvature = sp.diff(slope, positive)
    board.true("and strictly increases, so the gap is > 0 for x > 0", bool(curvature.is_positive), str(curvature))
    return board.proof()
