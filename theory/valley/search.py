"""Search over parameters: does PGD on the widening valley always have a noise pattern that crosses the watershed?

For every setting of a grid the pattern "every noise sign agrees with u_0, and + on v" is followed in interval
arithmetic until eta (|u|^2 + v^2) >= 4 is certain. Signs of u_0 do not matter (the valley is even in every
coordinate); u_0 along the diagonal and along an axis are the two extremes of its direction.

Source: ours; it is about antipgd, Theorem 3.1, Eq. 13.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from math import ceil

from theory.proof import Blackboard, Proof
from theory.valley.escape import show_watershed
from theory.valley.paths import Setting, all_plus_crossing

ALPHAS = tuple(Fraction(n, 20) for n in (19, 17, 15, 13, 11, 10, 9, 7, 5, 3, 2, 1))
SHARES = tuple(Fraction(1, n) for n in (1, 8, 64))
"""sigma^2 as a share of the largest admissible one."""


def settings(alphas: Sequence[Fraction], dims: Sequence[int] | None = None) -> Iterator[Setting]:
    """All admissible settings of the grid; by default d = 2 / alpha^2 rounded up, and four times that.

    Examples
    --------
    >>> [setting.dim for setting in settings([Fraction(1, 2)])][::3]
    [8, 32]
    """
    for alpha in alphas:
        least = ceil(2 / alpha**2)
        for dim in dims or (least, 4 * least):
            for share in SHARES:
                largest = min(alpha**3 / 2, 1 / (8 * alpha))
                yield Setting(alpha=alpha, radius2=Fraction(1), dim=dim, sigma2=share * largest)


def _search(alphas: Sequence[Fraction], dims: Sequence[int] | None, what: str) -> Proof:
    board = Blackboard(f"numerical search with interval arithmetic over {what}, then energy identity and trap")
    show_watershed(board)
    for setting in settings(alphas, dims):
        for axis in (False, True):
            crossing = all_plus_crossing(setting, axis=axis)
            where = f"alpha = {setting.alpha}, d = {setting.dim}, sigma^2 = {float(setting.sigma2):.3g} D"
            shown = "not reached" if crossing is None else f"step {crossing.step}, {crossing.energy:.3f}"
            board.true(f"watershed crossed: {where}, u_0 along {'an axis' if axis else 'the diagonal'}",
                       setting.admissible and crossing is not None, shown)  # fmt: skip
    return board.proof()


@cache
def search_theorem() -> Proof:
    """Eq. 13: d = 2 / alpha^2 (rounded up) and four times that, alpha from 1/20 to 19/20, sigma^2 over a factor 64."""
    return _search(ALPHAS, None, "alpha, d >= 2 / alpha^2 and sigma^2")


@cache
def search_every_dimension() -> Proof:
    """The same for d = 1, 2, 4, where the theorem says nothing, and alpha >= 1/4 (the patterns get long)."""
    return _search([alpha for alpha in ALPHAS[::2] if 4 * alpha >= 1], (1, 2, 4), "alpha, small d and sigma^2")
