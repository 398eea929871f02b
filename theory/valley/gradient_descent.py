"""Gradient descent without noise on the widening valley: when it is stable, and where it ends.

Units in which eta = 1: x = |u|^2, y = v^2, S = x + y, P = x y; S' = S - P (4 - S), (x - y)' = (1 - P)(x - y).
Source: remarks 1 and 2 of antipgd, Appendix C; the watershed S = 4 is ours.
"""

from __future__ import annotations

import sympy as sp

from theory.proof import Blackboard, Proof
from theory.valley.landscape import ETA, V, gradient_step, hessian, prove_energy

_S, _P, _X, _Y = sp.symbols("S P x y", nonnegative=True)
_ANY = (sp.S.Zero, sp.oo)


def prove_floor_stability() -> Proof:
    """At a minimum (u, 0) a gradient step multiplies deviations by 1 (along u) and 1 - eta |u|^2 (along v)."""
    board = Blackboard("eigenvalues of I - eta Hessian at v = 0")
    r = sp.Symbol("r", positive=True)
    for dim in (1, 2, 3):
        jacobian = sp.eye(dim + 1) - ETA * hessian(dim).subs(V, 0)
        corner = jacobian[dim, dim]
        diagonal = sp.diag(*([1] * dim), corner)
        board.equal(f"diagonal with entries 1 and 1 - eta |u|^2, d = {dim}", jacobian, diagonal)
    board.nonnegative("|1 - r| <= 1 for r = eta |u|^2 in (0, 2)", 1 - (1 - r) ** 2, {r: (sp.S.Zero, sp.Integer(2))})
    board.nonnegative("|1 - r| > 1 beyond 2", (1 - r) ** 2 - 1, {r: (sp.Integer(2), sp.oo)}, strict=True)
    return board.proof()


def refute_stability_bound() -> Proof:
    """eta = 1, |u|^2 = 9/4 > 2, v^2 = 1/16: S = 37/16 < 4, so the loss goes to 0 although eta max(v^2, |u|^2) > 2."""
    board = Blackboard("exact run, then the energy identity")
    r, v = sp.Rational(9, 4), sp.Rational(1, 4)
    board.true("eta max(v^2, |u|^2) > 2", r > 2)
    board.true("S < 4", r + v**2 < 4, str(r + v**2))
    for _ in range(6):
        r, v = gradient_step(r, v, sp.S.One)
    board.true("after 6 steps eta max(v^2, |u|^2) < 2", sp.Max(r, v**2) < 2, f"{sp.N(r, 5)}, {sp.N(v**2, 5)}")
    return board.proof()


def prove_energy_bound() -> Proof:
    """S_0 < 4 gives S_{k+1} <= S_k and sum P_k <= S_0 / (4 - S_0), so the loss P / (2 eta^2) goes to 0."""
    board = Blackboard("energy identity")
    for step in prove_energy().steps:
        board.note(step.what, step.holds, step.shown)
    board.nonnegative("S - S' = P (4 - S) >= 0", _P * (4 - _S), {_S: (sp.S.Zero, sp.Integer(4)), _P: _ANY})
    start = sp.Symbol("S_0", positive=True)
    loss = _P * (4 - _S) - _P * (4 - start)  # with S <= S_0
    board.nonnegative("S_k - S_{k+1} >= P_k (4 - S_0), and S stays nonnegative",
                      loss.subs(_S, start * _X / (1 + _X)),
                      {start: (sp.S.Zero, sp.Integer(4)), _X: _ANY, _P: _ANY})  # fmt: skip
    board.nonnegative("beyond the watershed S' - 4 = (S - 4)(1 + P) >= S - 4", (_S - 4) * _P,
                      {_S: (sp.Integer(4), sp.oo), _P: _ANY})  # fmt: skip
    return board.proof()


def show_order_kept(board: Blackboard) -> None:
    """For S < 2 the sign of |u|^2 - v^2 never changes, and P -> 0."""
    for step in prove_energy_bound().steps:
        board.note(step.what, step.holds, step.shown)
    board.equal("S^2 / 4 - P is a square, so P <= S^2 / 4", (_X + _Y) ** 2 / 4 - _X * _Y, ((_X - _Y) / 2) ** 2)
    board.true("S < 2 gives P < 1, so 1 - P > 0", sp.Rational(2) ** 2 / 4 == 1)


def prove_where_it_ends() -> Proof:
    """From |u|^2 > v^2, S < 2: v -> 0 and |u|^2 -> (|u_0|^2 - v_0^2) prod (1 - P_k), below |u_0|^2 - v_0^2."""
    board = Blackboard("energy identity and the law of |u|^2 - v^2")
    show_order_kept(board)
    gap = sp.Symbol("g", positive=True)  # x - y
    board.nonnegative("y^2 <= P when y < x, so y -> 0", (_Y + gap) * _Y - _Y**2, {_Y: _ANY, gap: _ANY})
    r = sp.Symbol("r", positive=True)
    board.true("sum P_k finite and P_k < 1: the product converges to a positive number",
               sp.limit(sp.log(1 - r) / r, r, 0) == -1)  # fmt: skip
    return board.proof()


def refute_any_v() -> Proof:
    """eta = 1, |u|^2 = 1/2, v^2 = 1: |u|^2 < v^2 for ever, so gradient descent ends at u = 0, not at (u_0, 0)."""
    board = Blackboard("exact point, then the law of |u|^2 - v^2")
    board.true("S = 3/2 < 2", sp.Rational(1, 2) + 1 < 2)
    board.true("|u|^2 < v^2", sp.Rational(1, 2) < 1)
    show_order_kept(board)
    return board.proof()
