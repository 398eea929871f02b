"""Heavy-ball momentum on a linear recurrence: w_{k+1} = rho w_k + beta (w_k - w_{k-1}) + xi_k - kappa xi_{k-1}.

The second moments of (w_k, w_{k-1}, xi_{k-1}) follow one linear recursion (:mod:`theory.linear.second_moments`); its
fixed point is found by solving a linear system, and it attracts exactly where the two roots of
z^2 - (rho + beta) z + beta lie inside the unit circle.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.linear.second_moments import BETA, KAPPA, POWER, RHO, W0, FirstStep, advance, second_moment, transition
from theory.proof import Blackboard, Proof


@cache
def stationary_moments() -> sp.ImmutableMatrix:
    """The fixed point of the second-moment recursion for general kappa, solved as a linear system.

    Divided by E|xi_k|^2: entries are E of products of (w_k, w_{k-1}, xi_{k-1}).
    """
    names = sp.symbols("m_00 m_01 m_02 m_11 m_12 m_22")
    m00, m01, m02, m11, m12, m22 = names
    unknown = sp.Matrix([[m00, m01, m02], [m01, m11, m12], [m02, m12, m22]])
    residue = advance(unknown, RHO, KAPPA, BETA, sp.S.One) - unknown
    equations = [residue[i, j] for i in range(3) for j in range(i, 3)]
    solution = sp.solve(equations, names, dict=True)[0]
    return sp.ImmutableMatrix(unknown.subs(solution).applyfunc(sp.factor))


@cache
def limit_with_momentum(kappa: sp.Expr = KAPPA) -> sp.Expr:
    """lim E|w_k|^2 inside the stability region, in the symbols of :mod:`theory.linear.second_moments`.

    Examples
    --------
    >>> sp.simplify(limit_with_momentum(sp.S.One).subs(BETA, 0) - 2 * POWER / (1 + RHO))
    0
    """
    over, under = stationary_moments()[0, 0].subs(KAPPA, kappa), sp.S.One
    for condition in (1 - BETA, 1 - RHO, 1 + RHO + 2 * BETA):
        if not sp.fraction(sp.cancel(over * condition))[1].equals(sp.fraction(sp.cancel(over))[1]):
            over, under = sp.cancel(over * condition), under * condition
    return sp.factor(over) * POWER / under


def stability_conditions() -> tuple[sp.Expr, ...]:
    """Expressions that are all positive exactly where the second moments converge: 1 - beta, 1 - rho, 1 + rho + 2 beta.

    They are the coefficients of (1 - s)^2 p((1 + s)/(1 - s)), p(z) = z^2 - (rho + beta) z + beta: z = (1 + s)/(1 - s)
    maps the left half plane onto the open unit disc.
    """
    return tuple(sp.Poly(_mapped(), sp.Symbol("s")).all_coeffs()[::-1])


def _mapped() -> sp.Expr:
    s = sp.Symbol("s")
    z = (1 + s) / (1 - s)
    return sp.expand(sp.cancel((1 - s) ** 2 * (z**2 - (RHO + BETA) * z + BETA)))


@cache
def prove_stability() -> Proof:
    """Where both roots lie inside the unit disc, by the Routh criterion for a quadratic.

    A real quadratic c_2 s^2 + c_1 s + c_0 has both roots in the open left half plane exactly when its coefficients are
    nonzero and of one sign. All negative is impossible: 1 - rho < 0 and 1 - beta < 0 make 1 + rho + 2 beta > 4.
    """
    board = Blackboard("map of the unit disc to the left half plane; signs of the coefficients of a quadratic")
    f, _ = transition(RHO, KAPPA, BETA)
    z, s = sp.symbols("z s")
    board.equal("characteristic polynomial", f.charpoly(z).as_expr(), z * (z**2 - (RHO + BETA) * z + BETA))
    low, middle, high = stability_conditions()
    board.equal("c_0", low, 1 - RHO)
    board.equal("c_1", middle, 2 * (1 - BETA))
    board.equal("c_2", high, 1 + RHO + 2 * BETA)
    # Re z-map: |1+s|^2 - |1-s|^2 = 4 Re s, so |z| < 1 exactly when Re s < 0.
    x, y = sp.symbols("x y", real=True)
    gap = sp.expand((1 + x) ** 2 + y**2 - (1 - x) ** 2 - y**2)
    board.equal("|1 + s|^2 - |1 - s|^2 for s = x + i y", gap, 4 * x)
    # Quadratics: the product of the roots is c_0/c_2, their sum -c_1/c_2; a conjugate pair has Re = sum/2, a real pair
    # is negative exactly when the sum is negative and the product positive.
    r1, r2 = sp.symbols("r1 r2")
    board.equal("sum and product of roots", sp.expand((s - r1) * (s - r2)), s**2 - (r1 + r2) * s + r1 * r2)
    u, v = sp.symbols("u v", positive=True)
    board.nonnegative("not all negative: 1 + rho + 2 beta with rho = 1 + u, beta = 1 + v",
                      high.subs({RHO: 1 + u, BETA: 1 + v}), {u: (sp.S.Zero, sp.oo), v: (sp.S.Zero, sp.oo)}, strict=True)
    return board.proof()


def prove_limit_with_momentum(kappa: sp.Expr = KAPPA) -> Proof:
    """The limit: fixed point of the recursion, and every eigenvalue of the recursion a product of two of F's."""
    board = Blackboard("linear system for the fixed point; spectrum of the second-moment recursion")
    fixed = sp.Matrix(stationary_moments()).subs(KAPPA, kappa)
    board.equal("fixed point", advance(fixed, RHO, kappa, BETA, sp.S.One), fixed)
    board.equal("E|w|^2 of the fixed point", fixed[0, 0] * POWER, limit_with_momentum(kappa))
    z, one, two = sp.symbols("z lambda_1 lambda_2")
    spectrum = _moment_map().charpoly(z).as_expr().subs(RHO, one + two - BETA).subs(BETA, one * two)
    products = z**3 * (z - one**2) * (z - one * two) * (z - two**2)
    board.equal("eigenvalues are 0 and the products of two roots", sp.expand(spectrum), sp.expand(products))
    stability = prove_stability()
    board.note(f"roots inside the unit disc, in {len(stability.steps)} steps", stability.complete)
    if kappa in (sp.S.Zero, sp.S.One):
        plain = limit_with_momentum(kappa).subs(BETA, 0)
        target = {sp.S.Zero: 1 / (1 - RHO**2), sp.S.One: 2 / (1 + RHO)}[kappa]
        board.equal("beta = 0 gives Corollary C.5", plain, target * POWER)
    return board.proof()


def _moment_map() -> sp.Matrix:
    """M -> F M F^T on the six entries of a symmetric 3 x 3 matrix."""
    pairs = [(i, j) for i in range(3) for j in range(i, 3)]
    f, _ = transition(RHO, KAPPA, BETA)
    columns = []
    for i, j in pairs:
        basis = sp.zeros(3)
        basis[i, j] = basis[j, i] = 1
        image = f * basis * f.T
        columns.append([image[p, q] for p, q in pairs])
    return sp.Matrix(columns).T


def prove_finite_with_momentum() -> Proof:
    """The matrix recursion against the recursion for w itself, expanded in the start and the single noises, n <= 4."""
    board = Blackboard("expansion of w_n in its start and its noises, squared by orthogonality")
    for first in FirstStep:
        for n in range(1, 5):
            rhos = [RHO] * n
            iterated = second_moment(rhos, sq_norm=W0**2, power=POWER, kappa=KAPPA, beta=BETA, first=first)
            board.equal(f"n = {n}, {first.value}", sp.expand(iterated), _by_coefficients(n, first))
    return board.proof()


def _by_coefficients(n: int, first: FirstStep) -> sp.Expr:
    start = sp.Symbol("w")
    noises = sp.symbols(f"xi_0:{n + 1}")  # xi_0 here is the noise before the start
    w, older = start, start
    last = noises[0] if first is FirstStep.STATIONARY else sp.S.Zero
    for noise in noises[1:]:
        w, older, last = sp.expand(RHO * w + BETA * (w - older) + noise - KAPPA * last), w, noise
    squares = sum(w.coeff(noise) ** 2 for noise in noises)
    return sp.expand(w.coeff(start) ** 2 * W0**2 + squares * POWER)
