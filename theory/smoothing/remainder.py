"""How large the remainder of the mean step is (Eq. 5): for which losses it is bounded, and its order for small noise.

Source: antipgd, Eq. 5 with the assumption named after Eq. 4. The examples, constants and orders are ours.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.proof import Blackboard, Proof
from theory.smoothing import moments as mo
from theory.smoothing.descent import prove_constants
from theory.smoothing.expansion import S, prove_conditional_mean, sextic
from theory.smoothing.moments import SIGMA, X, Y


@cache
def prove_uniform() -> Proof:
    """Third-order partial derivatives beta-Lipschitz: the remainder is at most eta beta d^(3/2) E|xi|^3 / 6."""
    board = Blackboard("expectation of the Taylor terms, Lipschitz remainder")
    board.include(prove_conditional_mean())
    board.include(prove_constants())
    return board.proof()


@cache
def refute_any_growth() -> Proof:
    """L = e^(w^3), Gaussian noise of any size: E L'(z + xi) = oo at every z, though L has all derivatives."""
    board = Blackboard("exact example")
    x, z = sp.symbols("x z", real=True)
    gradient = sp.diff(sp.exp(S**3), S)
    board.equal("L' = 3 w^2 e^(w^3) is nonnegative", gradient, 3 * S**2 * sp.exp(S**3))
    exponent = (z + x) ** 3 - x**2 / (2 * SIGMA**2)
    leading = sp.Poly(exponent, x)
    board.true("the exponent of e^((z + x)^3) times the density is x^3 + ... in x",
               leading.degree() == 3 and leading.LC() == 1)  # fmt: skip
    board.true("so it tends to oo with x, and the mean is infinite", sp.limit(x**3 * leading.LC(), x, sp.oo) == sp.oo)
    for power in (2, 3):
        absolute = sp.integrate(S**power * sp.exp(-(S**2) / (2 * SIGMA**2)), (S, 0, sp.oo))
        board.true(f"E|xi|^{power} is finite", absolute.is_finite is not False and not absolute.has(sp.oo))
    board.equal("grad Lmod at 0 is finite", sp.diff(sp.exp(S**3) + SIGMA**2 / 2 * sp.diff(sp.exp(S**3), S, 2), S)
                .subs(S, 0), 3 * SIGMA**2)  # fmt: skip
    return board.proof()


def _coefficient(expression: sp.Expr, power: int) -> sp.Expr:
    return sp.expand(expression).coeff(SIGMA, power)


@cache
def prove_orders() -> Proof:
    """Symmetric noise: the remainder of Eq. 5 starts at sigma^4. A skewed law: at its third moment, as printed."""
    board = Blackboard("coefficients of the remainder on the general polynomial of degree 6")
    board.include(prove_conditional_mean())
    loss = sextic()
    double = mo.laplacian(mo.laplacian(loss))
    fourths = sp.diff(loss, X, 4) + sp.diff(loss, Y, 4)
    for name, moment, fourth in (
        ("Gaussian", mo.gaussian, double / 8),
        ("Rademacher", mo.rademacher, double / 8 - fourths / 12),
    ):
        remainder = mo.mean_of_shift(loss, moment) - mo.modified(loss)
        for power in (0, 1, 2, 3):
            board.equal(f"{name}: no power {power} of sigma", _coefficient(remainder, power), sp.S.Zero)
        board.equal(f"{name}: coefficient of sigma^4", _coefficient(remainder, 4), sp.expand(fourth))
    quartic = X**4 / 24
    skewed = mo.mean_of_shift(sp.diff(quartic, X), mo.centred) - sp.diff(mo.modified(quartic), X)
    board.equal("skewed noise, L = z^4/24: the remainder is m3/6", skewed, mo.M3 / 6)
    _four_derivatives(board)
    return board.proof()


def _four_derivatives(board: Blackboard) -> None:
    """L' = |w|^(7/2) has no bounded fifth derivative, and its remainder at 0 is larger than sigma^4."""
    half = sp.Rational(7, 2)
    right = SIGMA**half  # L' to the right of 0; it is even
    for order in (1, 2, 3):
        board.equal(f"L' = |w|^(7/2): derivative {order} of L' is continuous at 0, where it vanishes",
                    sp.limit(sp.diff(right, SIGMA, order), SIGMA, 0), sp.S.Zero)  # fmt: skip
    board.equal("+-sigma at z = 0: E L' - Lmod' = sigma^(7/2)", (right + right) / 2 - 0, SIGMA**half)
    board.true("which is not O(sigma^4): four continuous derivatives do not suffice",
               sp.limit(SIGMA**half / SIGMA**4, SIGMA, 0) == sp.oo)  # fmt: skip
