"""How much one step of Anti-PGD varies: exact second moments for losses whose gradient is quadratic in the noise.

``jet`` symbols stand for the derivatives of L at z: g = d_i L, h_j = d_ij L, c_jk = d_ijk L, for one i and d = 3.

Source: antipgd, Appendix A (Eq. 22-24 and the remark below). The corrected variance is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import sympy as sp

from theory.proof import Blackboard, Proof
from theory.smoothing import moments as mo
from theory.smoothing.moments import ETA, M3, M4, NOISE, SIGMA, X, Y

G = sp.Symbol("g", real=True)
H = sp.symbols("h1:4", real=True)
C = sp.Matrix(3, 3, lambda j, k: sp.Symbol(f"c{min(j, k) + 1}{max(j, k) + 1}", real=True))
PAIRS = [(j, k) for j in range(3) for k in range(3) if j != k]


def second_moment(g: sp.Expr, h: Sequence[sp.Expr], c: sp.MatrixBase, m3: sp.Expr, m4: sp.Expr) -> sp.Expr:
    """E of the squared step (z_{n+1} - z_n)_i for a quadratic gradient, in units of eta^2."""
    d, pairs = len(h), [(j, k) for j in range(len(h)) for k in range(len(h)) if j != k]
    trace = sum(c[j, j] for j in range(d))
    fourth = m4 * sum(c[j, j] ** 2 for j in range(d))
    mixed = SIGMA**4 * sum(c[j, j] * c[k, k] + 2 * c[j, k] ** 2 for j, k in pairs)
    skew = m3 * sum(h[j] * c[j, j] for j in range(d))
    return g**2 + SIGMA**2 * (sum(x**2 for x in h) + g * trace) + skew + (fourth + mixed) / 4


def variance(h: Sequence[sp.Expr], c: sp.MatrixBase, m3: sp.Expr, m4: sp.Expr) -> sp.Expr:
    """The conditional variance of z_{n+1, i} for a quadratic gradient, in units of eta^2."""
    d, pairs = len(h), [(j, k) for j in range(len(h)) for k in range(len(h)) if j != k]
    own = (m4 - SIGMA**4) * sum(c[j, j] ** 2 for j in range(d)) / 4
    mixed = SIGMA**4 * sum(c[j, k] ** 2 for j, k in pairs) / 2
    skew = m3 * sum(h[j] * c[j, j] for j in range(d))
    return SIGMA**2 * sum(x**2 for x in h) + skew + own + mixed


def printed_display(g: sp.Expr, h: Sequence[sp.Expr], c: sp.MatrixBase, m4: sp.Expr) -> sp.Expr:
    """The expanded display before Eq. 24 as printed, without its O-terms, in units of eta^2."""
    d, pairs = len(h), [(j, k) for j in range(len(h)) for k in range(len(h)) if j != k]
    off = sum(c[j, k] + c[j, j] * c[k, k] for j, k in pairs)
    trace = sum(c[j, j] for j in range(d))
    return g**2 + SIGMA**2 * sum(x**2 for x in h) + SIGMA**4 / 4 * off + m4 / 4 * trace + SIGMA**2 * trace


def printed_eq24(g: sp.Expr, h: Sequence[sp.Expr], c: sp.MatrixBase) -> sp.Expr:
    """The first line of Eq. 24 as printed and its term with sigma^2, in units of eta^2."""
    return printed_display(g, h, c, sp.S.Zero)


def jet(loss: sp.Expr) -> tuple[sp.Expr, list[sp.Expr], sp.Matrix]:
    """(d_1 L, d_1j L, d_1jk L) of a loss in (z1, z2).

    Examples
    --------
    >>> jet(X**2 / 2)[:2]
    (z1, [1, 0])
    """
    first = sp.diff(loss, X)
    return first, [sp.diff(first, z) for z in (X, Y)], sp.hessian(first, (X, Y))


def _gradient() -> sp.Expr:
    quadratic = sum(C[j, k] * NOISE[j] * NOISE[k] for j in range(3) for k in range(3)) / 2
    return G + sum(h * x for h, x in zip(H, NOISE)) + quadratic


@cache
def prove_second_moment() -> Proof:
    """The mean square of the step, for d = 3, symbolic derivatives and any centred law with finite fourth moment."""
    board = Blackboard("expectation of a polynomial in independent variables")
    found = mo.expect(_gradient() ** 2, NOISE, mo.centred)
    board.equal("E G^2", found, second_moment(G, H, C, M3, M4))
    return board.proof()


@cache
def prove_variance() -> Proof:
    """Its variance: the mean square less the squared mean, which removes (d_i L)^2."""
    board = Blackboard("expectation of a polynomial in independent variables")
    mean = mo.expect(_gradient(), NOISE, mo.centred)
    board.equal("E G = d_i (modified loss)", mean, G + SIGMA**2 / 2 * C.trace())
    board.equal("Var G", mo.expect(_gradient() ** 2, NOISE, mo.centred) - mean**2, variance(H, C, M3, M4))
    g, h, c = jet(mo.CUBIC)
    for name, law in (("Rademacher", mo.rademacher), ("Gaussian", mo.gaussian)):
        exact = mo.variance_of_shift(g, law)
        board.equal(f"on a cubic loss in two variables, {name}", exact, variance(h, c, law(3), law(4)))
    return board.proof()


@cache
def refute_square_for_variance() -> Proof:
    """L = z^2/2 at z = 1: as sigma -> 0 the variance vanishes, the mean square tends to eta^2."""
    board = Blackboard("exact example")
    gradient = sp.diff(X**2 / 2, X)
    square = mo.mean_of_shift(gradient**2, mo.rademacher).subs(X, 1)
    board.equal("variance", mo.variance_of_shift(gradient, mo.rademacher), SIGMA**2)
    board.equal("mean square", square, 1 + SIGMA**2)
    return board.proof()


@cache
def refute_display() -> Proof:
    """Even as a mean square the display is wrong at order sigma^2: sum_j d_ijj L stands without its factor d_i L."""
    board = Blackboard("coefficients of powers of sigma")
    for law in (mo.rademacher, mo.gaussian):
        gap = sp.expand(printed_display(G, H, C, law(4)) - second_moment(G, H, C, law(3), law(4)))
        board.equal("error at order sigma^2", gap.coeff(SIGMA, 2), C.trace() * (1 - G))
    g, h, c = jet(X**3 / 6)
    at = {X: sp.Integer(2), SIGMA: sp.Rational(1, 2)}
    exact = mo.mean_of_shift(g**2, mo.rademacher).subs(at)
    board.differ("L = z^3/6, z = 2, sigma = 1/2", exact, printed_display(g, h, c, SIGMA**4).subs(at))
    return board.proof()


@cache
def refute_eq24() -> Proof:
    """As sigma -> 0 the variance vanishes like sigma^2; Eq. 24 tends to eta^2 (d_i L)^2."""
    board = Blackboard("limit of small noise")
    limit = sp.limit(printed_eq24(G, H, C), SIGMA, 0)
    board.equal("limit of Eq. 24 in units of eta^2", limit, G**2)
    board.equal("limit of the variance", sp.limit(variance(H, C, sp.S.Zero, SIGMA**4), SIGMA, 0), sp.S.Zero)
    board.differ("at d_i L = 1", limit.subs(G, 1), sp.S.Zero)
    return board.proof()


@cache
def prove_comparison() -> Proof:
    """Small sigma: Var z' / Var w' (PGD) -> eta^2 |row i of the Hessian|^2, at most (eta ||Hessian||)^2."""
    board = Blackboard("leading order, sum of squares")
    for law in (mo.rademacher, mo.gaussian):
        ratio = sp.expand(ETA**2 * variance(H, C, law(3), law(4)) / SIGMA**2)
        board.equal("limit of the ratio", ratio.subs(SIGMA, 0), ETA**2 * sum(h**2 for h in H))
    lam, c, s = sp.symbols("lambda c s", real=True)
    small = sp.Symbol("mu", real=True)
    rotation = sp.Matrix([[c, -s], [s, c]])
    hessian = rotation * sp.diag(lam, small) * rotation.T
    row = sp.expand((hessian * hessian)[0, 0])
    on_circle = sp.expand(lam**2 * (c**2 + s**2) ** 2 - row - s**2 * (c**2 + s**2) * (lam**2 - small**2))
    board.equal("lambda^2 - |row|^2 = s^2 (lambda^2 - mu^2) on c^2 + s^2 = 1", on_circle, sp.S.Zero)
    xi_new, z = sp.symbols("xi_new z", real=True)
    var_w = mo.expect((z + xi_new) ** 2, (xi_new,), mo.centred) - z**2
    board.equal("w' = z' + xi' varies by sigma^2 more", var_w, SIGMA**2)
    return board.proof()


@cache
def refute_larger() -> Proof:
    """L = z^2/2, eta = 1/2: Anti-PGD's variance is sigma^2/4, PGD's is sigma^2."""
    board = Blackboard("exact example")
    eta = sp.Rational(1, 2)
    anti = eta**2 * mo.variance_of_shift(sp.diff(X**2 / 2, X), mo.rademacher)
    board.equal("Anti-PGD", anti, SIGMA**2 / 4)
    board.true("smaller than PGD's sigma^2", (SIGMA**2 - anti).is_positive, f"{anti} < sigma^2")
    return board.proof()
