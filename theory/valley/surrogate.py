"""The surrogate in the proof of Theorem 3.1: u with |v| frozen at its bound v_max, a linear recurrence.

u_{k+1} = rho u_k + xi_k with rho = 1 - eta v_max^2. Its second moment comes from ``theory.linear.second_moments``.
Source: antipgd, Eq. 63-67 and Remark C.8.
"""

from __future__ import annotations

import sympy as sp

from theory.linear.second_moments import POWER, RHO, limit
from theory.proof import Blackboard, Proof
from theory.valley.inside import SIGMA, STEP_SIZE, V_MAX
from theory.valley.landscape import ALPHA, DIM, RADIUS2

LARGEST = ALPHA**3 * RADIUS2 / 2
"""The theorem's alpha^3 D / 2, where rho reaches 0."""

_SHARE = sp.Symbol("x", positive=True)  # sigma^2 as a share of alpha^3 D / 2
_HALF = sp.Rational(1, 2)


def rho() -> sp.Expr:
    """The shrinking factor 1 - eta v_max^2, in alpha, D and sigma.

    Examples
    --------
    >>> from theory.valley.landscape import ALPHA, RADIUS2
    >>> rho().subs({ALPHA: 1, RADIUS2: 4, SIGMA: 1})
    1/2
    """
    return 1 - STEP_SIZE * V_MAX**2


def limit_value() -> sp.Expr:
    """lim E|u_k|^2 of the surrogate: d sigma^2 / (1 - rho^2), simplified.

    Examples
    --------
    >>> sp.factor(limit_value()).subs({ALPHA: 1, RADIUS2: 4, SIGMA: 1, DIM: 3})
    4
    """
    dim = next(s for s in POWER.free_symbols if s.name == "d")
    value = limit(sp.S.Zero).subs({RHO: rho(), dim: DIM})
    noise = next(s for s in value.free_symbols if s.name == "sigma")
    return sp.factor(sp.cancel(value.subs(noise, SIGMA)))


def in_shares() -> sp.Expr:
    """The limit with sigma^2 = x alpha^3 D / 2: a function of the share x alone, times d alpha^3 D."""
    return sp.cancel(limit_value().subs(SIGMA, sp.sqrt(_SHARE * LARGEST)))


def prove_rho() -> Proof:
    """rho = (alpha^3 D - 2 sigma^2) / (alpha^3 D)."""
    board = Blackboard("direct computation")
    printed = (ALPHA**3 * RADIUS2 - 2 * SIGMA**2) / (ALPHA**3 * RADIUS2)
    board.equal("1 - eta v_max^2", 1 - STEP_SIZE * 4 * SIGMA**2 / ALPHA**4, printed)
    board.equal("with v_max = 2 sigma / alpha^2", rho(), printed)
    return board.proof()


def prove_rho_range() -> Proof:
    """0 <= rho < 1 for 0 < sigma^2 <= alpha^3 D / 2; rho = 0 at the upper end."""
    board = Blackboard("direct computation")
    board.equal("rho = 1 - x with sigma^2 = x alpha^3 D / 2", rho().subs(SIGMA, sp.sqrt(_SHARE * LARGEST)), 1 - _SHARE)
    board.nonnegative("1 - x > 0 for x in (0, 1)", 1 - _SHARE, {_SHARE: (sp.S.Zero, sp.S.One)}, strict=True)
    board.equal("rho at x = 1", (1 - _SHARE).subs(_SHARE, 1), sp.S.Zero)
    return board.proof()


def refute_open_range() -> Proof:
    """sigma^2 = alpha^3 D / 2 is admissible at alpha = 1/2, D = 1, and gives rho = 0."""
    board = Blackboard("exact point at the edge of the theorem's range")
    point = {ALPHA: _HALF, RADIUS2: 1}
    largest, other = LARGEST.subs(point), (RADIUS2 / (8 * ALPHA)).subs(point)
    board.true("alpha^3 D / 2 is the smaller of the two bounds", largest <= other, f"{largest} <= {other}")
    board.equal("rho there", rho().subs({**point, SIGMA: sp.sqrt(largest)}), sp.S.Zero)
    return board.proof()


def prove_limit_value() -> Proof:
    """d sigma^2 / (1 - rho^2) = d D^2 alpha^6 / (4 (D alpha^3 - sigma^2)), fixed point of m = rho^2 m + d sigma^2."""
    board = Blackboard("fixed point of the second-moment recursion")
    value = limit_value()
    board.equal("m = rho^2 m + d sigma^2", value, rho() ** 2 * value + DIM * SIGMA**2)
    board.equal("in closed form", value, DIM * RADIUS2**2 * ALPHA**6 / (4 * (RADIUS2 * ALPHA**3 - SIGMA**2)))
    return board.proof()


def refute_printed_limit(printed: sp.Expr) -> Proof:
    """At alpha = 1/2, D = 1, sigma^2 = 1/32, d = 1 the surrogate's limit is 1/24, and not 1/12."""
    board = Blackboard("exact point, and ratio of the two formulas")
    point = {ALPHA: _HALF, RADIUS2: 1, SIGMA: sp.sqrt(2) / 8, DIM: 1}
    shrink = rho().subs(point)
    board.equal("rho", shrink, _HALF)
    true = point[SIGMA] ** 2 / (1 - shrink**2)
    board.equal("d sigma^2 / (1 - rho^2)", true, sp.Rational(1, 24))
    board.differ("the printed closed form", printed.subs(point), true)
    board.differ("printed / derived, identically", sp.cancel(printed / limit_value()), sp.S.One)
    return board.proof()


def prove_increasing() -> Proof:
    """The limit increases with sigma^2 on (0, alpha^3 D / 2]."""
    board = Blackboard("sign of the derivative")
    slope = sp.diff(in_shares() / (DIM * ALPHA**3 * RADIUS2), _SHARE)
    board.nonnegative("d/dx > 0 on (0, 1)", slope, {_SHARE: (sp.S.Zero, sp.S.One)}, strict=True)
    board.true("and at x = 1", slope.subs(_SHARE, 1) > 0)
    return board.proof()


def range_ends() -> tuple[sp.Expr, sp.Expr]:
    """The limit for sigma^2 -> 0 and at sigma^2 = alpha^3 D / 2."""
    value = in_shares()
    return sp.simplify(value.subs(_SHARE, 0)), sp.simplify(value.subs(_SHARE, 1))


def prove_range() -> Proof:
    """The limit runs over (d D alpha^3 / 4, d D alpha^3 / 2] as sigma^2 runs over (0, alpha^3 D / 2]."""
    board = Blackboard("monotone function at the ends of an interval")
    low, high = range_ends()
    board.equal("sigma^2 -> 0", low, DIM * RADIUS2 * ALPHA**3 / 4)
    board.equal("sigma^2 = alpha^3 D / 2", high, DIM * RADIUS2 * ALPHA**3 / 2)
    for step in prove_increasing().steps:
        board.note(f"increasing: {step.what}", step.holds, step.shown)
    return board.proof()


def refute_printed_range() -> Proof:
    """At alpha = 1/2, D = 1, sigma^2 = 1/32 the limit d/24 lies below the printed interval (d/16, d/8)."""
    board = Blackboard("exact point")
    value = limit_value().subs({ALPHA: _HALF, RADIUS2: 1, SIGMA: sp.sqrt(2) / 8, DIM: 1})
    lower = (DIM * RADIUS2 * ALPHA**3 / 2).subs({ALPHA: _HALF, RADIUS2: 1, DIM: 1})
    board.true("limit <= printed lower end", value <= lower, f"{value} <= {lower}")
    return board.proof()


def refute_remark_c8() -> Proof:
    """At alpha = 1/2 and tiny sigma the surrogate settles near d D / 32, far below d D alpha^2 / 2 = d D / 8."""
    board = Blackboard("exact point")
    point = {ALPHA: _HALF, RADIUS2: 1, SIGMA: sp.Rational(1, 100), DIM: 1}
    value, claimed = limit_value().subs(point), (DIM * RADIUS2 * ALPHA**2 / 2).subs(point)
    board.true("limit < d D alpha^2 / 2 at sigma = 1/100", value < claimed, f"{sp.N(value, 5)} < {claimed}")
    return board.proof()


def prove_at_zero_noise() -> Proof:
    """Without noise nothing moves: v_0 = 0 stays, u_k = u_0, |u_k|^2 = D."""
    board = Blackboard("induction")
    r, v = sp.symbols("r v")
    u_factor, v_next = 1 - STEP_SIZE * v**2, (1 - STEP_SIZE * r) * v
    board.equal("v' = 0 when v = 0", v_next.subs(v, 0), sp.S.Zero)
    board.equal("|u'|^2 = |u|^2 when v = 0", (u_factor.subs(v, 0)) ** 2 * r, r)
    return board.proof()


def prove_67() -> Proof:
    """d D alpha^3 / 2 >= D / alpha exactly when d >= 2 / alpha^4."""
    board = Blackboard("factorisation")
    positive = RADIUS2 * ALPHA**3 / 2
    gap = DIM * RADIUS2 * ALPHA**3 / 2 - RADIUS2 / ALPHA
    board.equal("difference = positive (d - 2 / alpha^4)", gap, positive * (DIM - 2 / ALPHA**4))
    board.true("the factor is positive", positive.is_positive)
    return board.proof()


def prove_threshold() -> Proof:
    """The surrogate's limit is >= D / alpha for every sigma^2 in (0, alpha^3 D / 2] exactly when d >= 4 / alpha^4."""
    board = Blackboard("factorisation at the infimum")
    low, _ = range_ends()
    positive = RADIUS2 * ALPHA**3 / 4
    board.equal("infimum - D / alpha = positive (d - 4 / alpha^4)",
                low - RADIUS2 / ALPHA, positive * (DIM - 4 / ALPHA**4))  # fmt: skip
    board.true("the factor is positive", positive.is_positive)
    for step in prove_increasing().steps:
        board.note(f"the infimum is at sigma -> 0: {step.what}", step.holds, step.shown)
    return board.proof()


def refute_threshold() -> Proof:
    """alpha = 1/2, d = 8 = 2 / alpha^2, sigma^2 = 1/32, D = 1: the surrogate's limit is 1/3, and D / alpha is 2."""
    board = Blackboard("exact point")
    point = {ALPHA: _HALF, RADIUS2: 1, SIGMA: sp.sqrt(2) / 8, DIM: 8}
    board.equal("2 / alpha^2", 2 / _HALF**2, sp.Integer(8))
    value = limit_value().subs(point)
    board.equal("limit", value, sp.Rational(1, 3))
    board.true("limit < D / alpha", value < 2, f"{value} < 2")
    largest = limit_value().subs({**point, SIGMA: sp.Rational(1, 4)})
    board.true("even at the largest admissible sigma^2 = 1/16", largest < 2, f"{largest} < 2")
    return board.proof()


def refute_surrogate_as_dynamics() -> Proof:
    """The first step: v_0 = 0, so u_1 = u_0 + xi_0 and not rho u_0 + xi_0."""
    board = Blackboard("exact first step at alpha = 1/2, D = 1, sigma = 1/8")
    point = {ALPHA: _HALF, RADIUS2: 1, SIGMA: sp.Rational(1, 8)}
    actual = 1 - STEP_SIZE.subs(point) * 0**2
    board.differ("factor of u_0: 1 - eta v_0^2 against rho", actual, rho().subs(point))
    return board.proof()


def prove_factor_grows() -> Proof:
    """rho^2 |u|^2 + d sigma^2 grows with rho on [0, 1]."""
    board = Blackboard("sign of the derivative")
    factor, square, power = sp.symbols("rho R p", nonnegative=True)
    board.true("2 rho |u|^2 >= 0", sp.diff(factor**2 * square + power, factor).is_nonnegative)
    return board.proof()


def refute_largest_factor() -> Proof:
    """|u|^2 = 1, d sigma^2 = 0: one step leaves rho^2, which is 0 at rho = 0 and 1 at rho = 1."""
    board = Blackboard("exact example")
    factor = sp.Symbol("rho")
    board.true("rho = 1 leaves more than rho = 0", (factor**2).subs(factor, 1) > (factor**2).subs(factor, 0))
    return board.proof()


def prove_factor_dominates() -> Proof:
    """rho <= 1 - eta v^2 <= 1 whenever |v| <= v_max: one step of E|u|^2 is at least the surrogate's."""
    board = Blackboard("direct computation")
    share = sp.Symbol("q", nonnegative=True)  # v^2 / v_max^2, in [0, 1]
    board.equal("(1 - eta v^2) - rho = (1 - rho)(1 - v^2 / v_max^2)",
                (1 - STEP_SIZE * share * V_MAX**2) - rho(), (1 - rho()) * (1 - share))  # fmt: skip
    for step in prove_rho_range().steps:
        board.note(step.what, step.holds, step.shown)
    x, y, power = sp.symbols("x y p", nonnegative=True)
    board.equal("E|a u + xi|^2 = a^2 |u|^2 + d sigma^2 for xi independent, mean 0",
                (x**2 * y + power) - x**2 * y, power)  # fmt: skip
    return board.proof()
