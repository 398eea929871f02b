"""Noise on v alone in the widening valley: when it takes |u| to 0, and when it does not.

Source: antipgd, Appendix C, the empirical observation before C.1. Condition and counterexample are ours.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.proof import Blackboard, Proof
from theory.valley.landscape import prove_updates


@cache
def prove_shrinks() -> Proof:
    """|u_k| <= |u_0| exp(-sum_j min(x_j, 2 - x_j)) for x_j = eta v_j^2 in (0, 2): to 0 if the sum diverges."""
    board = Blackboard("product of factors, log(y) <= y - 1")
    board.include(prove_updates())
    y = sp.Symbol("y", positive=True)
    gap = y - 1 - sp.log(y)
    board.equal("y - 1 - log(y) vanishes at 1", gap.subs(y, 1), sp.S.Zero)
    board.equal("with zero slope", gap.diff(y).subs(y, 1), sp.S.Zero)
    board.true("and is convex", gap.diff(y, 2).is_positive)
    x = sp.Symbol("x", positive=True)
    board.equal("x <= 1, y = 1 - x: log|1 - x| <= -x", (y - 1).subs(y, 1 - x), -x)
    board.equal("1 <= x < 2, y = x - 1: log|1 - x| <= -(2 - x)", (y - 1).subs(y, x - 1), -(2 - x))
    return board.proof()


@cache
def refute_any_noise() -> Proof:
    """eta = 1, |u_0| = 1, v_0 = 0, +-2 on v: whatever the signs, |u| triples at every step from the second on."""
    board = Blackboard("exact example, induction")
    board.include(prove_updates())
    for first in (-2, 2):
        for second in (-2, 2):
            v1 = sp.Integer(first)
            board.equal(f"signs {first}, {second}: |u_2|", abs((1 - v1**2) * 1), sp.Integer(3))
            board.true("|v_2| >= 2", abs((1 - 1) * v1 + second) >= 2)
    more, extra = sp.symbols("p q", nonnegative=True)
    u, v = 3 + more, 2 + extra
    board.true("|u| >= 3, |v| >= 2: |v'| >= (|u|^2 - 1) |v| - 2 >= 2", sp.expand((u**2 - 1) * v - 2 - 2).is_nonnegative)
    board.true("and |u'| = (|v|^2 - 1) |u| >= 3 |u|", sp.expand((v**2 - 1) - 3).is_nonnegative)
    return board.proof()
