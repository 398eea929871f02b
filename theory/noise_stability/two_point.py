"""Algorithm 1: its indices, the mean of its update, and what mean zero without symmetry would do.

Source: nso, Algorithm 1, Assumption 4.1; derivations are ours.
"""

from __future__ import annotations

import sympy as sp

from theory.noise_stability.descent import prove_average_variance, prove_means
from theory.proof import Blackboard, Proof


def refute_indices() -> Proof:
    """k = 3: G^(0), G^(1), G^(2) are computed, G^(1), G^(2), G^(3) summed."""
    board = Blackboard("enumeration of indices, k = 3")
    board.true("the sets differ", set(range(3)) != set(range(1, 4)), f"{list(range(3))} against {list(range(1, 4))}")
    return board.proof()


def prove_indices() -> Proof:
    """Shifting the loop by one makes them equal, for every k."""
    board = Blackboard("shift of the index")
    k, j = sp.symbols("k j", integer=True)
    board.equal("first", (j + 1).subs(j, 0), sp.S.One)
    board.equal("last", (j + 1).subs(j, k - 1), k)
    return board.proof()


def prove_unbiased() -> Proof:
    """E (1/(2k)) sum G = grad F for symmetric U, and its variance falls like 1/k."""
    board = Blackboard("linearity, symmetric moments, induction on k")
    board.include(prove_means())
    board.include(prove_average_variance())
    return board.proof()


def refute_mean_zero() -> Proof:
    """U = 2 or -1 (mean zero), f = w^4/4: E f'(U) = E U^3 = 2, the two-point mean is 0 at w = 0."""
    board = Blackboard("exact counterexample f(w) = w^4/4, U in {2, -1} with mean zero, w = 0")
    law = {2: sp.Rational(1, 3), -1: sp.Rational(2, 3)}
    board.equal("E U", sum(u * q for u, q in law.items()), sp.S.Zero)
    one = sum(q * sp.Integer(u) ** 3 for u, q in law.items())
    two = sum(q * (sp.Integer(u) ** 3 + sp.Integer(-u) ** 3) / 2 for u, q in law.items())
    board.differ("grad E f(W+U) against the mean two-point gradient", one, two)
    return board.proof()
