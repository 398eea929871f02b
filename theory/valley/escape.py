"""Why E|u_n|^2 of PGD on the widening valley becomes infinite: a finite +-sigma pattern starts unstoppable growth.

Units in which eta = 1 (w -> sqrt(eta) w): x = |u|^2, y = v^2, b = sqrt(eta) sigma, beta = b sqrt(d), S = x + y,
P = x y. A gradient step gives S' = S - P (4 - S), so that S = 4 is a watershed. Once S >= 4, noise whose signs agree
with the state makes S grow until the state sits in a trap, where |u| and |v| double at every step whatever the noise.
Every pattern of finite length has positive probability, hence E|u_n|^2 >= p 4^n c.

Source: ours; it is about antipgd, Theorem 3.1, Eq. 13.
"""

from __future__ import annotations

import sympy as sp

from theory.proof import Blackboard, Proof
from theory.valley.inside import STEP_SIZE
from theory.valley.landscape import ALPHA, DIM, RADIUS2, prove_energy

B = sp.Symbol("b", positive=True)
BETA = sp.Symbol("beta", positive=True)
X = sp.Symbol("x", positive=True)
Y = sp.Symbol("y", positive=True)
LARGE = sp.Symbol("K", positive=True)

SMALLEST_BETA = sp.Rational(3, 5)
LARGEST_B = sp.Rational(1, 4)

_ANY = (sp.S.Zero, sp.oo)
_B_RANGE = (sp.S.Zero, LARGEST_B)


def show_trap(board: Blackboard) -> None:
    """|u|, |v| double at least, and for ever, once (y - 3)|u| >= n_u, y > 3, (x - 3)|v| >= n_v, x > 3.

    n_u and n_v bound the noise on u and v of one step, whatever its signs.
    """
    size, noise, extra = sp.symbols("r n e", positive=True)
    for this, other, square in (("u", "v", Y), ("v", "u", X)):
        entered = {noise: (square - 3) * size - extra}  # e >= 0: how much more than needed
        board.equal(f"|{this}'| >= ({other}^2 - 1)|{this}| - n_{this} = 2 |{this}| + e, noise at its worst",
                    ((square - 1) * size - noise).subs(entered), 2 * size + extra)  # fmt: skip
        board.nonnegative(f"the condition on |{this}| still holds afterwards",
                          (4 * square - 3) * 2 * size - (square - 3) * size,
                          {size: _ANY, square: (sp.Integer(3), sp.oo)}, strict=True)  # fmt: skip


def show_aligned_growth(board: Blackboard) -> None:
    """From S >= 4 on, noise with the signs of the gradient step gives S' >= S + 4 b."""
    for step in prove_energy().steps:
        board.note(step.what, step.holds, step.shown)
    s, p = sp.symbols("S P", nonnegative=True)
    board.nonnegative("S - P (4 - S) >= S for S >= 4", -p * (4 - s), {s: (sp.Integer(4), sp.oo), p: _ANY})
    root = sp.Symbol("g", positive=True)  # the norm after the gradient step, at least 2
    gain = (root + B) ** 2 - root**2  # sum (|g_i| + b)^2 >= (g + b)^2, since sum |g_i| >= g
    board.nonnegative("aligned noise adds at least 4 b", gain - 4 * B, {root: (sp.Integer(2), sp.oo), B: _ANY})


def show_entry_of_trap(board: Blackboard) -> None:
    """From S >= 2 K to the trap in at most two aligned steps, for K >= 64, 4/b^2, 1/beta^2 and (K b)^2 >= 3 + beta/2.

    One of x, y is at least K; |v| >= b and |u_j| >= b after any aligned step.
    """
    board.equal("y >= K: |u_j'| = (y - 1)|u_j| + b >= K b, so x' >= K^2 beta^2", (LARGE - 1) * B + B, LARGE * B)
    over = sp.Symbol("q", nonnegative=True)
    surplus = (LARGE**2 * BETA**2 - LARGE).subs(LARGE, 1 / BETA**2 + over)
    board.nonnegative("K^2 beta^2 >= K when K >= 1/beta^2", surplus, {BETA: _ANY, over: _ANY})
    root = sp.Symbol("t", positive=True)  # sqrt(K)
    big = {root: (2 / B, sp.oo), B: _B_RANGE}
    # x >= K and |1 - y| sqrt(x) < 2 would make |u'| small; then |v| is within 2/t of 1, and the other sign of the
    # last noise on v moves |v| by 2 b away from 1.
    board.nonnegative("other sign: |1 - y| sqrt(x) >= (2b - 2/t) t >= 2", (2 * B - 2 / root) * root - 2, big)
    board.nonnegative("other sign: |v| >= 1 - 2b - 2/t >= b", 1 - 2 * B - 2 / root - B, big)
    board.nonnegative("2/t <= 1/4 (K >= 64)", sp.Rational(1, 4) - 2 / root, {root: (sp.Integer(8), sp.oo)})
    board.equal("|v'| = (x - 1)|v| + b >= K b", (LARGE - 1) * B + B, LARGE * B)
    slack = sp.Symbol("r", nonnegative=True)
    board.equal("trap on u: ((K b)^2 - 3) 2 >= beta", ((3 + BETA / 2 + slack) - 3) * 2 - BETA, 2 * slack)
    board.nonnegative("trap on v: (x' - 3) K b >= b, since x' > 4 and K >= 1", LARGE * B - B,
                      {LARGE: (sp.S.One, sp.oo), B: _ANY}, strict=True)  # fmt: skip


def show_watershed(board: Blackboard) -> None:
    """S >= 4 at one reachable state makes E|u_n|^2 infinite in the limit."""
    show_aligned_growth(board)
    show_entry_of_trap(board)
    show_trap(board)


def prove_watershed() -> Proof:
    """If PGD can reach eta (|u|^2 + v^2) >= 4, then E|u_n|^2 -> infinity."""
    board = Blackboard("energy identity, aligned noise, trap")
    show_watershed(board)
    return board.proof()


def _show_units(board: Blackboard) -> None:
    board.equal("b^2 = eta sigma^2 <= 1/16", STEP_SIZE * RADIUS2 / (8 * ALPHA), LARGEST_B**2)
    board.equal("x_0 = eta D = alpha / 2", STEP_SIZE * RADIUS2, ALPHA / 2)
    bound = 2 * SMALLEST_BETA**2 * RADIUS2 / ALPHA
    board.equal("beta^2 = eta d sigma^2 >= 9/25 when d sigma^2 >= 18 D / (25 alpha)",
                STEP_SIZE * bound, SMALLEST_BETA**2)  # fmt: skip


def _show_pumping(board: Blackboard) -> None:
    """Signs that push every |u_j| up and |v| down: while x <= 3, |v| <= b and |u_j| >= (1 - (1 - b^2)^k) / b."""
    k = sp.Symbol("k", integer=True, nonnegative=True)
    board.equal("|v'| = ||1 - x||v| - b| <= max(b, 2b - b) = b", 2 * B - B, B)
    level = (1 - (1 - B**2) ** k) / B
    board.equal("(1 - b^2) g_k + b = g_{k+1}", (1 - B**2) * level + B, level.subs(k, k + 1))
    board.nonnegative("g_k -> 1/b >= 4 > sqrt(3): x passes 3", 1 / B - 4, {B: _B_RANGE})


def _show_step_over(board: Blackboard) -> None:
    """The step after x first exceeds 3 ends at x >= 4."""
    reach = sp.Rational(128, 125)
    board.true("N beta >= sqrt(3) - 1/sqrt(2) > 128/125 (|u| grows by at most beta a step from below 1/sqrt 2)",
               sp.sqrt(3) - 1 / sp.sqrt(2) > reach)  # fmt: skip
    t = sp.Symbol("t", positive=True)
    remainder = sp.diff(1 - sp.exp(-t) - (t - t**2 / 2), t)  # 0 at t = 0, derivative exp(-t) - 1 + t >= 0
    board.equal("1 - exp(-t) >= t - t^2/2: derivative of the difference", remainder, sp.exp(-t) - 1 + t)
    board.equal("whose own derivative 1 - exp(-t) is positive", sp.diff(remainder, t), 1 - sp.exp(-t))
    fraction = reach * BETA / DIM
    pushed = DIM * (fraction - fraction**2 / 2)  # b sum |u_j| >= d (1 - exp(-N b^2)), N b^2 >= reach beta / d
    least = reach * BETA - reach**2 / 32
    board.equal("b sum |u_j| >= reach beta - reach^2 b^2 / 2 with b^2 = beta^2 / d",
                pushed, reach * BETA - reach**2 * (BETA**2 / DIM) / 2)  # fmt: skip
    board.equal("... >= reach beta - reach^2 / 32 as b^2 <= 1/16", reach**2 / 2 * LARGEST_B**2, reach**2 / 32)
    keep = 1 - LARGEST_B**2  # 1 - y >= 1 - b^2
    after = keep**2 * 3 + 2 * keep * least + BETA**2
    board.nonnegative("x' >= 3 (1 - b^2)^2 + 2 (1 - b^2) b sum |u_j| + beta^2 >= 4 for beta >= 3/5",
                      after - 4, {BETA: (SMALLEST_BETA, sp.oo)})  # fmt: skip


def prove_large_noise() -> Proof:
    """lim E|u_n|^2 = infinity for PGD whenever d sigma^2 >= 18 D / (25 alpha), any d, u_0, admissible sigma."""
    board = Blackboard("explicit noise pattern to the watershed, then energy identity, aligned noise, trap")
    _show_units(board)
    _show_pumping(board)
    _show_step_over(board)
    show_watershed(board)
    return board.proof()
