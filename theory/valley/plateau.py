"""Where PGD on the widening valley lingers for small noise: a slow diffusion along the valley floor.

Let x = eta |u|^2 in (0, 2), b^2 = eta sigma^2. Near the floor v relaxes at the rate of order 1 to its stationary second
moment at frozen u, while x changes by O(b^2) a step. Averaging over v gives, in slow time b^2 n,

    dx = (d - 2 / (2 - x)) dt + 2 sqrt(x) dB,

whose stationary law is x / 2 ~ Beta((d - 1)/2, 3/2). The averaging step is not proved here; simulations check it. (The
true process leaves this law after a time exponentially long in 1/b, see ``theory.valley.escape``.)

Source: ours; it is about antipgd, Theorem 3.1, Eq. 13 and the sides of exit.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp
from mpmath import mp

from theory.proof import Blackboard, Proof
from theory.valley.inside import SIGMA, STEP_SIZE
from theory.valley.landscape import ALPHA, DIM, ETA, RADIUS2, R, V

X = sp.Symbol("x", positive=True)
_UNIT = sp.Symbol("z", positive=True)


def conditional_drift() -> sp.Expr:
    """E[|u'|^2 - |u|^2 | u, v] for one step of PGD, exactly.

    Examples
    --------
    >>> sp.expand(conditional_drift()).coeff(V, 4)
    R*eta**2
    """
    factor = 1 - ETA * V**2
    return sp.expand(factor**2 * R + DIM * SIGMA**2 - R)


def frozen_v2() -> sp.Expr:
    """Stationary E v^2 of v' = (1 - x) v + xi with x frozen: the fixed point of m = (1 - x)^2 m + sigma^2."""
    m = sp.Symbol("m")
    return sp.solve(sp.Eq(m, (1 - X) ** 2 * m + SIGMA**2), m)[0]


def slow_drift() -> sp.Expr:
    """Drift of x a step, in units of b^2 = eta sigma^2, to leading order in b."""
    averaged = conditional_drift().coeff(V, 2) * frozen_v2() + conditional_drift().coeff(V, 0)
    return sp.simplify(sp.cancel((ETA * averaged).subs(R, X / ETA) / (ETA * SIGMA**2)))


def slow_variance() -> sp.Expr:
    """Variance of x a step, in units of b^2, to leading order: Var(2 sqrt(eta) u . sqrt(eta) xi) = 4 x b^2."""
    return 4 * X


def stationary_density() -> sp.Expr:
    """The law of z = x / 2 on (0, 1), not normalised: solves the zero-flux equation of the slow diffusion."""
    return _UNIT ** ((DIM - 1) / sp.Integer(2) - 1) * (1 - _UNIT) ** sp.Rational(1, 2)


def plateau() -> sp.Expr:
    """Mean of |u|^2 on the plateau: (2 D / alpha) E x with E x / 2 = a / (a + b) of a Beta(a, b) law.

    Examples
    --------
    >>> plateau()
    4*D*(d - 1)/(alpha*(d + 2))
    """
    a, b = (DIM - 1) / sp.Integer(2), sp.Rational(3, 2)
    return sp.factor(2 * a / (a + b) / STEP_SIZE)


def show_drift(board: Blackboard) -> None:
    """The conditional drift, the frozen second moment of v, and the averaged drift."""
    power = DIM * SIGMA**2
    board.equal("E[|u'|^2 - |u|^2 | u, v] = -(2 eta v^2 - eta^2 v^4) |u|^2 + d sigma^2",
                conditional_drift(), -(2 * ETA * V**2 - ETA**2 * V**4) * R + power)  # fmt: skip
    board.equal("frozen E v^2 = sigma^2 / (x (2 - x))", frozen_v2(), SIGMA**2 / (X * (2 - X)))
    board.equal("averaged drift of x per b^2", slow_drift(), DIM - 2 / (2 - X))


def show_stationary_law(board: Blackboard) -> None:
    """Zero flux, 2 drift p = (variance p)', and the mean by the Beta integral."""
    density = stationary_density().subs(_UNIT, X / 2)
    flux = slow_drift() - sp.diff(slow_variance() / 2 * density, X) / density
    board.equal("zero flux of the Beta((d - 1)/2, 3/2) law", sp.simplify(flux), sp.S.Zero)
    a, b = (DIM - 1) / sp.Integer(2), sp.Rational(3, 2)
    total = sp.diff(_UNIT**a * (1 - _UNIT) ** b, _UNIT) / stationary_density()  # integrates to 0 against the density
    board.equal("(z^a (1 - z)^b)' = density (a - (a + b) z), so E z = a / (a + b)", total, a - (a + b) * _UNIT)
    board.equal("a / (a + b) = (d - 1)/(d + 2)", a / (a + b), (DIM - 1) / (DIM + 2))
    board.equal("mean of |u|^2", plateau(), 4 * RADIUS2 * (DIM - 1) / (ALPHA * (DIM + 2)))


def prove_conditional_drift() -> Proof:
    """One step of E|u|^2, exactly."""
    board = Blackboard("noise with mean zero, independent of the state")
    p, n = sp.symbols("p n", real=True)  # a coordinate and its noise: E n = 0, E n^2 = sigma^2
    factor = 1 - ETA * V**2
    square = sp.Poly(sp.expand((factor * p + n) ** 2), n)
    mean = square.coeff_monomial(1) + square.coeff_monomial(n**2) * SIGMA**2
    board.equal("E(u_i')^2 - u_i^2", mean - p**2, -(2 * ETA * V**2 - ETA**2 * V**4) * p**2 + SIGMA**2)
    board.equal("summed over d coordinates", conditional_drift(),
                -(2 * ETA * V**2 - ETA**2 * V**4) * R + DIM * SIGMA**2)  # fmt: skip
    return board.proof()


def support_plateau() -> Proof:
    """Averaged drift and stationary law; a search in the judge's sense, since the averaging step is not proved."""
    board = Blackboard("numerical check of an averaging argument: drift and stationary law are derived")
    show_drift(board)
    show_stationary_law(board)
    return board.proof()


def exit_above(point: Mapping[str, sp.Expr]) -> sp.Expr:
    """Probability that the slow diffusion leaves (alpha D, D / alpha) at the upper end, started from |u|^2 = D.

    Parameters
    ----------
    point : mapping
        ``alpha`` in (0, 1) and ``d``, an integer >= 2.

    Examples
    --------
    >>> sp.N(exit_above({"alpha": sp.Rational(1, 2), "d": sp.Integer(8)}), 6)
    0.843666
    """
    alpha, dim = sp.sympify(point["alpha"]), sp.sympify(point["d"])
    scale = scale_density().subs(DIM, dim)
    low, start, high = alpha**2 / 2, alpha / 2, sp.Rational(1, 2)
    return _quadrature(scale, low, start) / _quadrature(scale, low, high)


def _quadrature(integrand: sp.Expr, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    with mp.workdps(30):
        ends = [mp.mpf(str(sp.N(end, 30))) for end in (low, high)]
        return sp.Float(mp.quad(sp.lambdify(X, integrand, "mpmath"), ends), 25)


def scale_density() -> sp.Expr:
    """exp(-int 2 drift / variance): the derivative of the slow diffusion's scale function."""
    return X ** (-(DIM - 1) / sp.Integer(2)) / sp.sqrt(2 - X)


def support_exit() -> Proof:
    """The scale function of the slow diffusion."""
    board = Blackboard("numerical check of an averaging argument: drift and scale function are derived")
    show_drift(board)
    ratio = sp.diff(scale_density(), X) / scale_density()
    board.equal("(log scale')' = -2 drift / variance", ratio, -2 * slow_drift() / slow_variance())
    for alpha, dim in ((sp.Rational(1, 2), 8), (sp.Rational(1, 3), 18), (sp.Rational(1, 4), 32)):
        chance = exit_above({"alpha": alpha, "d": sp.Integer(dim)})
        board.true(f"above more often than below at alpha = {alpha}, d = {dim}", chance > sp.Rational(1, 2),
                   str(sp.N(chance, 6)))  # fmt: skip
    odd = exit_above({"alpha": sp.Rational(9, 10), "d": sp.Integer(3)})
    board.true("but not at alpha = 9/10, d = 3", odd < sp.Rational(1, 2), str(sp.N(odd, 6)))
    return board.proof()
