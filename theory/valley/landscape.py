"""The widening valley L(u, v) = v^2 |u|^2 / 2 in any dimension: derivatives, the gradient step, its invariants.

Everything is derived for a symbolic dimension d: u is an indexed vector, |u|^2 a sum over its d coordinates. The step
size is eta; ``R`` stands for |u|^2 where only the norm matters.

Source: antipgd, Eq. 10-12 and 30-33. The energy identity and the threshold 4 are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from theory.proof import Blackboard, Proof

ETA = sp.Symbol("eta", positive=True)
R = sp.Symbol("R", nonnegative=True)
V = sp.Symbol("v", real=True)
ALPHA = sp.Symbol("alpha", positive=True)
RADIUS2 = sp.Symbol("D", positive=True)
DIM = sp.Symbol("d", integer=True, positive=True)

_I, _J, _K = sp.symbols("i j k", integer=True, positive=True)
_BEYOND = sp.Symbol("m", integer=True, nonnegative=True)
_U = sp.IndexedBase("u", real=True)


@dataclass(frozen=True)
class Derivatives:
    """First and second derivatives of the valley's loss, entry (i, j) of each block for 1 <= i, j <= d."""

    gradient_u: sp.Expr
    gradient_v: sp.Expr
    hessian_uu: sp.Expr
    hessian_uv: sp.Expr
    hessian_vv: sp.Expr
    trace: sp.Expr


def sq_norm_u() -> sp.Expr:
    """|u|^2 as a sum over d coordinates."""
    return sp.Sum(_U[_K] ** 2, (_K, 1, DIM))


def loss() -> sp.Expr:
    """L(u, v) for symbolic d (antipgd Eq. 10 and 30)."""
    return V**2 * sq_norm_u() / 2


def _inside(expression: sp.Expr, *indices: sp.Symbol) -> sp.Expr:
    """Evaluate sums over Kronecker deltas for indices in 1..d (d = largest index + something nonnegative)."""
    for index in indices:
        expression = expression.subs(DIM, index + _BEYOND).doit()
        expression = sp.piecewise_fold(expression).subs(_BEYOND, DIM - index)
    return sp.simplify(expression)


def derivatives() -> Derivatives:
    """Differentiate the loss coordinate by coordinate, for symbolic d.

    Examples
    --------
    >>> derivatives().hessian_vv == sq_norm_u()
    True
    """
    value = loss()
    first = sp.diff(value, _U[_I])
    diagonal = _inside(sp.diff(value, _U[_I], _U[_I]), _I)
    hessian_vv = sp.diff(value, V, 2)
    return Derivatives(
        gradient_u=_inside(first, _I),
        gradient_v=sp.diff(value, V),
        hessian_uu=_inside(sp.diff(first, _U[_J]), _I),
        hessian_uv=_inside(sp.diff(first, V), _I),
        hessian_vv=hessian_vv,
        trace=sp.Sum(diagonal, (_I, 1, DIM)).doit() + hessian_vv,
    )


def explicit(dim: int) -> tuple[sp.Expr, tuple[sp.Symbol, ...]]:
    """The loss with its variables (u1, ..., u_dim, v) for one dimension.

    Examples
    --------
    >>> explicit(1)[0]
    u1**2*v**2/2
    """
    u = sp.symbols(f"u1:{dim + 1}", real=True)
    return V**2 * sum(x**2 for x in u) / 2, (*u, V)


def prove_gradient() -> Proof:
    """Both gradient blocks of Eq. 11, for symbolic d and written out for d = 1, 2, 3."""
    board, found = Blackboard("differentiation for symbolic d"), derivatives()
    board.equal("dL/du_i = v^2 u_i", found.gradient_u, V**2 * _U[_I])
    board.equal("dL/dv = |u|^2 v", found.gradient_v, V * sq_norm_u())
    for dim in (1, 2, 3):
        value, variables = explicit(dim)
        u = sp.Matrix(variables[:-1])
        claimed = sp.Matrix([*(V**2 * u), V * u.dot(u)])
        board.equal(f"all coordinates, d = {dim}", sp.Matrix([sp.diff(value, x) for x in variables]), claimed)
    return board.proof()


def hessian(dim: int, corner: str = "square") -> sp.Matrix:
    """The block matrix of Eq. 11 for one dimension; ``corner="norm"`` puts |u| where |u|^2 belongs, as printed."""
    _, variables = explicit(dim)
    u = sp.Matrix(variables[:-1])
    last = u.dot(u) if corner == "square" else sp.sqrt(u.dot(u))
    upper = (V**2 * sp.eye(dim)).row_join(2 * V * u)
    return upper.col_join((2 * V * u.T).row_join(sp.Matrix([[last]])))


def prove_hessian() -> Proof:
    """The Hessian with |u|^2 in its corner, for symbolic d and written out for d = 1, 2, 3."""
    board, found = Blackboard("differentiation for symbolic d"), derivatives()
    board.equal("d2L/du_i du_j = v^2 delta_ij", found.hessian_uu, V**2 * sp.KroneckerDelta(_I, _J))
    board.equal("d2L/du_i dv = 2 v u_i", found.hessian_uv, 2 * V * _U[_I])
    board.equal("d2L/dv2 = |u|^2", found.hessian_vv, sq_norm_u())
    for dim in (1, 2, 3):
        value, variables = explicit(dim)
        board.equal(f"all entries, d = {dim}", sp.hessian(value, variables), hessian(dim))
    return board.proof()


def refute_printed_hessian() -> Proof:
    """At u = (2), v = 1 the second derivative by v is 4, and |u| is 2."""
    board = Blackboard("exact point")
    value, variables = explicit(1)
    point = {variables[0]: 2, V: 1}
    board.differ("d2L/dv2 against |u| at d = 1, u = 2", sp.diff(value, V, 2).subs(point), sp.sqrt(4))
    return board.proof()


def prove_trace() -> Proof:
    """Eq. 12 and 31, from the derivatives and not from the printed matrix."""
    board = Blackboard("differentiation for symbolic d")
    board.equal("sum of d2L/du_i^2 and d2L/dv2", derivatives().trace, DIM * V**2 + sq_norm_u())
    for dim in (1, 2, 3):
        value, variables = explicit(dim)
        claimed = dim * V**2 + sum(x**2 for x in variables[:-1])
        board.equal(f"trace written out, d = {dim}", sp.trace(sp.hessian(value, variables)), claimed)
    return board.proof()


def prove_minima() -> Proof:
    """L >= 0, with equality exactly where v = 0 or u = 0."""
    board = Blackboard("factorisation")
    v2 = sp.Symbol("v2", nonnegative=True)
    board.true("L = v^2 |u|^2 / 2 is a product of nonnegative factors", (v2 * R / 2).is_nonnegative)
    positive = sp.Symbol("p", positive=True) * sp.Symbol("q", positive=True) / 2
    board.true("it is positive when v^2 > 0 and |u|^2 > 0", positive.is_positive)
    board.equal("it is 0 when v = 0", (v2 * R / 2).subs(v2, 0), sp.S.Zero)
    board.equal("it is 0 when u = 0", (v2 * R / 2).subs(R, 0), sp.S.Zero)
    return board.proof()


def gradient_step(sq_norm: sp.Expr, v: sp.Expr, eta: sp.Expr = ETA) -> tuple[sp.Expr, sp.Expr]:
    """(|u'|^2, v') of one gradient step, from |u|^2 and v: u and v are only rescaled.

    Examples
    --------
    >>> gradient_step(sp.Integer(1), sp.Integer(1), sp.Rational(1, 2))
    (1/4, 1/2)
    """
    return (1 - eta * v**2) ** 2 * sq_norm, (1 - eta * sq_norm) * v


def prove_updates() -> Proof:
    """Eq. 32-33 (and 59-60, 68, 70): a gradient step with additive noise, coordinate by coordinate."""
    board, found = Blackboard("one gradient step for symbolic d"), derivatives()
    noise_u, noise_v = sp.symbols("eps_u eps_v", real=True)
    u_next = _U[_I] - ETA * found.gradient_u + noise_u
    v_next = V - ETA * found.gradient_v + noise_v
    board.equal("u_i' = (1 - eta v^2) u_i + eps_i", u_next, (1 - ETA * V**2) * _U[_I] + noise_u)
    board.equal("v' = (1 - eta |u|^2) v + eps_v", v_next, (1 - ETA * sq_norm_u()) * V + noise_v)
    return board.proof()


def prove_energy() -> Proof:
    """With S = eta (|u|^2 + v^2), P = eta^2 |u|^2 v^2, one gradient step gives S' = S - P (4 - S)."""
    board = Blackboard("direct computation")
    r_next, v_next = gradient_step(R, V)
    energy, product = ETA * (R + V**2), ETA**2 * R * V**2
    board.equal("S' = S - P (4 - S)", ETA * (r_next + v_next**2), energy - product * (4 - energy))
    difference = ETA * (R - V**2)
    board.equal("(|u|^2 - v^2)' = (1 - P)(|u|^2 - v^2)", ETA * (r_next - v_next**2), difference * (1 - product))
    return board.proof()


def prove_scale_invariance() -> Proof:
    """In units of sqrt(D), with eta = alpha / (2 D), the dynamics knows D only through sigma^2 / D."""
    board = Blackboard("change of units")
    eta = ALPHA / (2 * RADIUS2)
    p, q, noise = sp.symbols("p q n", real=True)  # u_i, v and a coordinate's noise in units of sqrt(D)
    r = sp.Symbol("r", nonnegative=True)  # |u|^2 / D
    root = sp.sqrt(RADIUS2)
    u_next = ((1 - eta * RADIUS2 * q**2) * root * p + root * noise) / root
    v_next = ((1 - eta * RADIUS2 * r) * root * q + root * noise) / root
    board.equal("u step without D", u_next, (1 - ALPHA / 2 * q**2) * p + noise)
    board.equal("v step without D", v_next, (1 - ALPHA / 2 * r) * q + noise)
    return board.proof()
