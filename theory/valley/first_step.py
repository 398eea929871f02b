"""Leaving the region alpha D < |u|^2 < D / alpha in one step from (sqrt(D), 0, ..., 0), by going through all signs.

While v_0 = 0 a step adds the noise to u and nothing else, so its outcome is exact; alpha close to 1 makes the region
so narrow that one admissible step leaves it on either side.

Source: ours; it is about antipgd, Theorem 3.1, the sides of exit.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from theory.proof import Blackboard, Proof
from theory.valley.paths import Setting, exact

NARROW = Setting(alpha=Fraction(9, 10), radius2=Fraction(1), dim=3, sigma2=Fraction(1, 100))
SIGMA_VALUE, START = Fraction(1, 10), (1, 0, 0)


def exits(increments: tuple[int, ...]) -> tuple[Fraction, Fraction]:
    """Chances of leaving above and below with the first step, each coordinate's noise uniform on ``increments`` sigma.

    Examples
    --------
    >>> exits((-1, 1))
    (Fraction(1, 2), Fraction(1, 2))
    """
    above = below = 0
    for noise in product(increments, repeat=NARROW.dim):
        square = sum((u + e * SIGMA_VALUE) ** 2 for u, e in zip(START, noise))
        above += square >= NARROW.radius2 / NARROW.alpha
        below += square <= NARROW.radius2 * NARROW.alpha
    total = len(increments) ** NARROW.dim
    return Fraction(above, total), Fraction(below, total)


def _show_setting(board: Blackboard) -> None:
    board.true("alpha = 9/10, d = 3, D = 1, sigma = 1/10 is admissible", NARROW.admissible)
    board.true("d >= 2 / alpha^2", NARROW.dim * NARROW.alpha**2 >= 2)
    board.true("sigma^2 <= alpha D / (2 d)", NARROW.sigma2 <= NARROW.alpha * NARROW.radius2 / (2 * NARROW.dim))


def refute_mostly_above() -> Proof:
    """PGD: the first step leaves for certain, with chance exactly 1/2 on either side."""
    board = Blackboard("enumeration of the signs of the first step")
    _show_setting(board)
    above, below = exits((-1, 1))
    board.equal("every path leaves with the first step", exact(above + below), exact(Fraction(1)))
    board.equal("half of them through alpha D", exact(below), exact(Fraction(1, 2)))
    return board.proof()


def refute_always_below() -> Proof:
    """Anti-PGD leaves above with a chance of at least 1/4, whether eps_0 is xi_0 or xi_0 - xi_{-1}."""
    board = Blackboard("enumeration of the signs of the first step")
    _show_setting(board)
    for name, increments, least in (("xi_0", (-1, 1), 2), ("xi_0 - xi_{-1}", (-2, 0, 0, 2), 4)):
        above, _ = exits(increments)
        board.true(f"eps_0 = {name}: above at once, chance at least 1/{least}", above >= Fraction(1, least), str(above))
    return board.proof()
