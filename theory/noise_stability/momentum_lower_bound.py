"""A lower bound for heavy-ball momentum on quadratics: one slow coordinate, one noisy.

Source: nso, Theorem B.4 as corrected; the proof is ours.
"""

from __future__ import annotations

import itertools

import sympy as sp

from theory.noise_stability.momentum import E1, ETA, HALF, MATRIX, MU, ONES, RHO, SIGMA, C, D, K, T
from theory.proof import Blackboard, Proof


def _check_displacements(board: Blackboard) -> None:
    """Exact paths on a grid against W_t >= 1 - rho t/(1-mu) (from rest) and r_i >= 1 - rho i/(1-mu)^2 (after a
    push).
    """
    held = True
    for rho, mu in itertools.product(
        (sp.Rational(1, 50), sp.Rational(1, 10), HALF), (sp.S.Zero, sp.Rational(1, 3), HALF)
    ):
        matrix = MATRIX.subs({RHO: rho, MU: mu})
        for state, drop in ((E1, rho / (1 - mu)), (ONES, rho / (1 - mu) ** 2)):
            for i in range(int(1 / drop) + 1):
                held = held and bool(state[0] >= 1 - drop * i)
                state = matrix * state
    board.note("displacement bounds on exact paths, nine pairs (rho, mu)", held)


def prove_lower_bound() -> Proof:
    """Theorem B.4 for a fixed eta, mu in [0, 1), T >= sigma^2/(k C D^2): two coordinates, of curvature l and C.

    Slow coordinate, l = min(C, (1-mu)/(2 eta T)): it never falls below half. Fast one: bias or noise is of order
    min(C D^2, rho sigma^2/k). Half of D^2 each. From rest, 0 <= W_s <= W_0 for s < t gives M >= -rho W_0/(1-mu), hence
    W_t >= W_0 (1 - rho t/(1-mu)). After a push of 1, 0 <= W_s <= 1/(1-mu) gives M_i >= mu^i - rho/(1-mu)^2, hence
    W_i >= 1 - rho i/(1-mu)^2.
    """
    board = Blackboard("two coordinates: displacement bound, response to noise, AM-GM")
    _check_displacements(board)
    lam, r, s = sp.symbols("lambda r s", positive=True)
    i = sp.Symbol("i", integer=True, positive=True)
    board.equal("sum_{s<i} (mu^s) <= 1/(1-mu): velocity of one push",
                sp.simplify(1 / (1 - MU) - (1 - MU**i) / (1 - MU)),
                MU**i / (1 - MU))  # fmt: skip
    fall = lam * ETA * T / (1 - MU)
    board.equal(
        "share lost by the slow coordinate at l = (1-mu)/(2 eta T)", fall.subs(lam, (1 - MU) / (2 * ETA * T)), HALF
    )
    board.equal("its squared gradient, start D^2/2: l^2 (D^2/l)/4", lam**2 * (D**2 / lam) / 4, lam * D**2 / 4)
    bias = C**2 * (D**2 / C) / 4
    board.equal("fast coordinate, while rho t/(1-mu) <= 1/2: bias", bias, C * D**2 / 4)
    board.equal("response to noise is >= 1/2 up to i = (1-mu)^2/(2 rho): lost share", (RHO * i / (1 - MU) ** 2).subs(
        i, (1 - MU) ** 2 / (2 * RHO)), HALF)  # fmt: skip
    noise = RHO**2 * SIGMA**2 / K * sp.Rational(1, 4) * (1 - MU) ** 2 / (2 * RHO)
    board.equal("noise after that: rho^2 sigma^2/k times count/4", noise, (1 - MU) ** 2 * RHO * SIGMA**2 / (8 * K))
    board.equal("(1-mu) <= 1: count is reached before the bias may be lost", (1 - MU) / (2 * RHO) - (1 - MU) ** 2
                / (2 * RHO), sp.expand_mul((1 - MU) * MU / (2 * RHO)))  # fmt: skip
    slow = (1 - MU) / (2 * ETA * T) * D**2 / 4
    fast = noise.subs(RHO, C * ETA)
    board.equal("2 sqrt(slow fast)", 2 * sp.sqrt(sp.expand(slow * fast / (1 - MU) ** 3)), D * sp.sqrt(C * SIGMA**2
                / (16 * K * T)))  # fmt: skip
    board.equal("r^2 + s^2 - 2 r s", r**2 + s**2 - 2 * r * s, (r - s) ** 2)
    board.equal("C D^2/4 = D sqrt(C sigma^2/(16 k T)) at T = sigma^2/(k C D^2)", (C * D**2 / 4) ** 2,
                (D**2 * C * SIGMA**2
                / (16 * K * T)).subs(T, SIGMA**2 / (K * C * D**2)))  # fmt: skip
    return board.proof()


def refute_lower_bound() -> Proof:
    """T = 1, eta -> 0: E|grad F(W_1)|^2 <= 2CD^2 + rho^2 sigma^2/k stays bounded while sqrt(C sigma^2/k) does not."""
    board = Blackboard("limit: T = 1, eta = 1/sigma^2, sigma -> infinity, every quadratic with curvature at most C")
    most = 2 * C * D**2 + (C / SIGMA**2) ** 2 * SIGMA**2 / K
    board.equal("largest possible E|grad F(W_1)|^2", sp.limit(most, SIGMA, sp.oo), 2 * C * D**2)
    board.true("bound", sp.limit(D * sp.sqrt(C * SIGMA**2 / K), SIGMA, sp.oo) == sp.oo)
    return board.proof()
