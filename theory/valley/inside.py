"""The widening valley while u stays in the region alpha D < |u|^2 < D / alpha: factors, bounds on v, thresholds.

With eta = alpha / (2 D) the number s = eta |u|^2 lies in (alpha^2 / 2, 1/2) there; every bound on v follows from that.
Source: antipgd, proof of Theorem 3.1, Eq. 61-63 and 68-70. The sharp bound |v| <= 2 sigma for Anti-PGD is ours.
"""

from __future__ import annotations

import sympy as sp

from theory.proof import Blackboard, Proof
from theory.valley.landscape import ALPHA, ETA, RADIUS2

SIGMA = sp.Symbol("sigma", positive=True)
S = sp.Symbol("s", positive=True)  # eta |u|^2
ABS_V = sp.Symbol("w", nonnegative=True)  # |v|
STEP_SIZE = ALPHA / (2 * RADIUS2)
V_MAX = 2 * SIGMA / ALPHA**2
SLOWEST = 1 - ALPHA**2 / 2

_UNIT = {ALPHA: (sp.S.Zero, sp.S.One)}
_INSIDE = {S: (ALPHA**2 / 2, sp.Rational(1, 2)), **_UNIT}
_ANY_V = {ABS_V: (sp.S.Zero, sp.oo)}
_HALF = sp.Rational(1, 2)


def show_range_of_s(board: Blackboard) -> None:
    """s = eta |u|^2 runs from alpha^2 / 2 to 1/2 as |u|^2 runs through the region."""
    board.equal("s at |u|^2 = alpha D", STEP_SIZE * ALPHA * RADIUS2, ALPHA**2 / 2)
    board.equal("s at |u|^2 = D / alpha", STEP_SIZE * RADIUS2 / ALPHA, _HALF)


def prove_factor_range() -> Proof:
    """1/2 < 1 - eta |u|^2 < 1 - alpha^2 / 2 inside the region."""
    board = Blackboard("monotone in |u|^2, then coefficients of one sign")
    show_range_of_s(board)
    board.nonnegative("1 - s > 1/2", 1 - S - _HALF, _INSIDE, strict=True)
    board.nonnegative("1 - s < 1 - alpha^2 / 2", SLOWEST - (1 - S), _INSIDE, strict=True)
    return board.proof()


def refute_printed_interval() -> Proof:
    """The interval (1 - alpha^2/2, 1/2) is empty, while the factor exists: 3/4 at alpha = 1/2, |u|^2 = D."""
    board = Blackboard("exact point")
    factor = (1 - STEP_SIZE * RADIUS2).subs(ALPHA, _HALF)
    board.equal("1 - eta |u|^2 at alpha = 1/2, |u|^2 = D", factor, sp.Rational(3, 4))
    board.true("it is not below 1/2", factor > _HALF, "3/4 > 1/2")
    board.nonnegative("1 - alpha^2/2 > 1/2 for every alpha in (0, 1)", SLOWEST - _HALF, _UNIT, strict=True)
    return board.proof()


def prove_stable_inside() -> Proof:
    """Every factor of u and of v lies in [0, 1] inside the region, for both methods and all admissible sigma."""
    board = Blackboard("bounds on v, then coefficients of one sign")
    show_range_of_s(board)
    board.nonnegative("0 < 1 - s", 1 - S, _INSIDE, strict=True)
    board.nonnegative("1 - s < 1", S, _INSIDE, strict=True)
    largest = ALPHA**3 * RADIUS2 / 2
    board.equal("PGD: eta v_max^2 = 1 at sigma^2 = alpha^3 D / 2, less below",
                (STEP_SIZE * V_MAX**2).subs(SIGMA, sp.sqrt(largest)), sp.S.One)  # fmt: skip
    board.equal("Anti-PGD: eta (2 sigma)^2 = 1/4 at sigma^2 = D / (8 alpha), less below",
                (STEP_SIZE * 4 * SIGMA**2).subs(SIGMA, sp.sqrt(RADIUS2 / (8 * ALPHA))), sp.Rational(1, 4))  # fmt: skip
    show_pgd_bound(board)
    show_anti_bound(board)
    return board.proof()


def prove_step_size() -> Proof:
    """alpha / (2 D) is 1 / (2 sup |u|^2), a quarter of the largest step 2 / sup |u|^2."""
    board = Blackboard("direct computation")
    supremum = RADIUS2 / ALPHA
    board.equal("1 / (2 sup |u|^2) = alpha / (2 D)", 1 / (2 * supremum), STEP_SIZE)
    board.equal("a quarter of 2 / sup |u|^2", (2 / supremum) / 4, STEP_SIZE)
    return board.proof()


def prove_61() -> Proof:
    """|v'| <= max(1 - alpha^2/2, 1/2) |v| + sigma = (1 - alpha^2/2) |v| + sigma inside the region."""
    board = Blackboard("triangle inequality, then coefficients of one sign")
    show_range_of_s(board)
    board.nonnegative("the maximum is 1 - alpha^2/2", SLOWEST - _HALF, _UNIT, strict=True)
    for sign in (1, -1):
        bound = SLOWEST * ABS_V - sign * (1 - S) * ABS_V
        board.nonnegative(f"{sign:+d} (1 - s) |v| <= (1 - alpha^2/2) |v|", bound, {**_ANY_V, **_INSIDE})
    return board.proof()


def show_pgd_bound(board: Blackboard) -> None:
    """Induction: v_0 = 0, and (1 - alpha^2/2) v_max + sigma = v_max."""
    board.nonnegative("base: v_0 = 0 <= v_max", V_MAX, {SIGMA: (sp.S.Zero, sp.oo), **_UNIT})
    board.equal("step: (1 - alpha^2/2) v_max + sigma = v_max", SLOWEST * V_MAX + SIGMA, V_MAX)


def prove_62() -> Proof:
    """|v_k| <= 2 sigma / alpha^2 for PGD as long as u_0, ..., u_{k-1} were inside, by induction on Eq. 61."""
    board = Blackboard("induction")
    show_pgd_bound(board)
    return board.proof()


def prove_63() -> Proof:
    """1 / v_max^2 >= eta exactly when sigma^2 <= alpha^3 D / 2."""
    board = Blackboard("factorisation")
    board.equal("1 / v_max^2 = alpha^4 / (4 sigma^2)", 1 / V_MAX**2, ALPHA**4 / (4 * SIGMA**2))
    positive = ALPHA / (2 * RADIUS2 * SIGMA**2)
    gap = ALPHA**3 * RADIUS2 / 2 - SIGMA**2
    board.equal("1 / v_max^2 - eta = positive (alpha^3 D / 2 - sigma^2)", 1 / V_MAX**2 - STEP_SIZE, positive * gap)
    board.true("the factor is positive", positive.is_positive)
    return board.proof()


def show_anti_bound(board: Blackboard) -> None:
    """Induction on z_k = v_k - xi_{k-1}: a convex combination of z_{k-1} and -xi_{k-2}, so |z| <= sigma always."""
    z, before, now = sp.symbols("z xi_before xi_now", real=True)
    v_next = (1 - S) * (z + before) + now - before
    board.equal("z' = (1 - s) z - s xi", v_next - now, (1 - S) * z - S * before)
    board.true("start: z_0 = 0 with eps_0 = xi_0 (xi_{-1} = 0), |z_0| = sigma with eps_0 = xi_0 - xi_{-1}",
               sp.And(sp.Abs(sp.S.Zero) <= SIGMA, sp.Le(sp.Abs(-SIGMA), SIGMA)))  # fmt: skip
    board.equal("step: (1 - s) sigma + s sigma = sigma for 0 <= s <= 1", (1 - S) * SIGMA + S * SIGMA, SIGMA)
    board.equal("|v| <= |z| + |xi| = 2 sigma", SIGMA + SIGMA, 2 * SIGMA)


def prove_anti_bound() -> Proof:
    """|v_k| <= 2 sigma (so also 4 sigma) for Anti-PGD as long as eta |u_j|^2 <= 1 for j < k; both first steps."""
    board = Blackboard("induction on z = v - xi, a convex combination")
    show_range_of_s(board)
    show_anti_bound(board)
    board.true("2 sigma <= 4 sigma", sp.Le(2 * SIGMA, 4 * SIGMA))
    return board.proof()


def prove_69() -> Proof:
    """|v'| <= (1 - alpha^2/2) |v| + 2 sigma inside the region, by the triangle inequality."""
    board = Blackboard("triangle inequality, then coefficients of one sign")
    show_range_of_s(board)
    board.nonnegative("(1 - s) |v| <= (1 - alpha^2/2) |v|", (SLOWEST - (1 - S)) * ABS_V, {**_ANY_V, **_INSIDE})
    board.equal("|eps| <= |xi| + |xi_before| = 2 sigma", sp.Abs(SIGMA) + sp.Abs(-SIGMA), 2 * SIGMA)
    return board.proof()


def refute_69() -> Proof:
    """Noise xi_{-1}, xi_0, xi_1 = -, +, + on v, none on u in effect: |v_2| = 2 (1 - alpha/2) sigma, eps_1 = 0."""
    board = Blackboard("exact run of two steps at alpha = 1/2, D = 1, sigma = 1/8, d = 1")
    eta, sigma = STEP_SIZE.subs({ALPHA: _HALF, RADIUS2: 1}), sp.Rational(1, 8)
    v_1 = (1 - eta) * 0 + sigma - (-sigma)
    eps_1 = sigma - sigma
    v_2 = (1 - eta) * v_1 + eps_1  # xi^u is constant, so that |u_1|^2 = |u_0|^2 = 1 (v_0 = 0)
    board.equal("v_2", v_2, sp.Rational(3, 16))
    board.true("|v_2| > |v_1| / 2 + 2 sigma eps_1", v_2 > v_1 / 2 + 2 * sigma * eps_1, "3/16 > 1/8 + 0")
    board.true("|v_1| > |v_0| / 2 + 2 sigma eps_0", v_1 > 2 * sigma * (2 * sigma), "1/4 > 1/16")
    board.true("|u|^2 = 1 lies in (alpha D, D / alpha)", sp.And(_HALF < 1, 1 < 2), "1/2 < 1 < 2")
    return board.proof()


def prove_nonzero_v() -> Proof:
    """P(|v_k| >= sigma | past) >= 1/2 for Anti-PGD, k >= 1: v_k = z_k + xi with xi = +-sigma fresh, any z_k."""
    board = Blackboard("one fair sign")
    z, before, now = sp.symbols("z xi_before xi_now", real=True)
    v_next = (1 - S) * (z + before) + now - before
    board.true("v_k - xi_{k-1} does not involve xi_{k-1}", not (v_next - now).expand().has(now), "z_k is past")
    size = sp.Symbol("t", nonnegative=True)
    board.nonnegative("(|z| + sigma)^2 >= sigma^2: the sign of xi that agrees with z gives |v| >= sigma",
                      (size + SIGMA) ** 2 - SIGMA**2,
                      {size: (sp.S.Zero, sp.oo), SIGMA: (sp.S.Zero, sp.oo)})  # fmt: skip
    return board.proof()


def prove_70_factor() -> Proof:
    """1 - eta (4 sigma)^2 >= 0 exactly when sigma^2 <= D / (8 alpha), strictly when strictly."""
    board = Blackboard("factorisation")
    positive = 8 * ALPHA / RADIUS2
    gap = RADIUS2 / (8 * ALPHA) - SIGMA**2
    board.equal("1 - eta (4 sigma)^2 = (8 alpha / D) (D / (8 alpha) - sigma^2)",
                1 - STEP_SIZE * 16 * SIGMA**2, positive * gap)  # fmt: skip
    board.true("the factor is positive", positive.is_positive)
    return board.proof()


def prove_bigger_v_helps() -> Proof:
    """|1 - eta v^2| decreases with |v| while eta v^2 < 1, and is larger than 1 beyond eta v^2 = 2."""
    board = Blackboard("derivative")
    y = sp.Symbol("y", positive=True)
    shrink = 1 - ETA * y
    board.equal("d/dy (1 - eta y) = -eta", sp.diff(shrink, y), -ETA)
    board.nonnegative("1 - eta y > 0 below y = 1 / eta", (1 - y).subs(y, S), {S: (sp.S.Zero, sp.S.One)}, strict=True)
    return board.proof()


def refute_bigger_v_helps() -> Proof:
    """eta v^2 = 3 multiplies u by -2; eta v^2 = 1 removes u at once."""
    board = Blackboard("exact point")
    factors = {y: abs(1 - sp.Integer(y)) for y in (1, 3)}
    board.true("|1 - 3| > |1 - 1|", factors[3] > factors[1], "2 > 0")
    return board.proof()
