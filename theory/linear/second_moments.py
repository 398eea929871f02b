"""Second moments of w_{k+1} = rho_k w_k + beta (w_k - w_{k-1}) + xi_k - kappa xi_{k-1}, exactly.

One linear recursion for the matrix of second moments of (w_k, w_{k-1}, xi_{k-1}) gives everything here: plain noise
(kappa = 0), anticorrelated noise (kappa = 1), everything between, and heavy-ball momentum. The noise is uncorrelated
in time, has mean zero and E|xi_k|^2 = d sigma^2, and the start is uncorrelated with it: nothing else is used.
Coordinates never mix, so that a matrix entry is the expectation of an inner product of d-dimensional vectors.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from functools import cache

import sympy as sp

from theory.proof import Blackboard, Proof

RHO = sp.Symbol("rho", real=True)
KAPPA = sp.Symbol("kappa", real=True)
BETA = sp.Symbol("beta", real=True)
K = sp.Symbol("k", integer=True, nonnegative=True)
D = sp.Symbol("d", integer=True, positive=True)
SIGMA = sp.Symbol("sigma", positive=True)
W0 = sp.Symbol("w0", nonnegative=True)  # the norm |w_0|
POWER = D * SIGMA**2  # E|xi_k|^2


class FirstStep(enum.Enum):
    """How the first step is perturbed: by xi_0, or by xi_0 - kappa xi_{-1} as every later one."""

    FRESH = "eps_0 = xi_0"
    STATIONARY = "eps_0 = xi_0 - kappa xi_{-1}"


def transition(rho: sp.Expr, kappa: sp.Expr, beta: sp.Expr = sp.S.Zero) -> tuple[sp.Matrix, sp.Matrix]:
    """F and G with ``s_{k+1} = F s_k + G xi_k`` for the state s_k = (w_k, w_{k-1}, xi_{k-1})."""
    return sp.Matrix([[rho + beta, -beta, -kappa], [1, 0, 0], [0, 0, 0]]), sp.Matrix([1, 0, 1])


def start_moments(sq_norm: sp.Expr, power: sp.Expr, first: FirstStep = FirstStep.FRESH) -> sp.Matrix:
    """Second moments of (w_0, w_{-1}, xi_{-1}) with w_{-1} = w_0, and xi_{-1} = 0 for a fresh first step."""
    before = power if first is FirstStep.STATIONARY else sp.S.Zero
    return sp.Matrix([[sq_norm, sq_norm, 0], [sq_norm, sq_norm, 0], [0, 0, before]])


def advance(moments: sp.MatrixBase, rho: sp.Expr, kappa: sp.Expr, beta: sp.Expr, power: sp.Expr) -> sp.Matrix:
    """Second moments one step later: F M F^T + E|xi_k|^2 G G^T, since xi_k is uncorrelated with s_k."""
    f, g = transition(rho, kappa, beta)
    return sp.Matrix(f * moments * f.T + power * g * g.T)


def second_moment(
    rhos: Sequence[sp.Expr], *, sq_norm: sp.Expr, power: sp.Expr, kappa: sp.Expr = sp.S.One,
    beta: sp.Expr = sp.S.Zero, first: FirstStep = FirstStep.FRESH,
) -> sp.Expr:
    """E|w_n|^2 after n = len(rhos) steps, exactly, by the matrix recursion.

    Parameters
    ----------
    rhos : sequence of n numbers or expressions
        rho_0, ..., rho_{n-1}.
    sq_norm, power : expressions
        |w_0|^2 and E|xi_k|^2 = d sigma^2.
    kappa, beta : expressions
        Temporal correlation (0 plain, 1 anticorrelated) and heavy-ball momentum.
    first : FirstStep
        Convention of the first step.

    Examples
    --------
    >>> half = sp.Rational(1, 2)
    >>> second_moment([half, half], sq_norm=sp.S.One, power=sp.S.One)
    21/16
    """
    moments = start_moments(sp.sympify(sq_norm), sp.sympify(power), first)
    for rho in rhos:
        moments = advance(moments, sp.sympify(rho), sp.sympify(kappa), sp.sympify(beta), sp.sympify(power))
        if all(entry.is_number for entry in moments):
            continue
        moments = moments.applyfunc(sp.expand)
    return moments[0, 0]


def one_step(kappa: sp.Expr, rho: sp.Expr = RHO, power: sp.Expr = POWER) -> tuple[sp.Expr, sp.Expr]:
    """a, b of ``E|w_{k+1}|^2 = a E|w_k|^2 + b`` for k >= 1, read off the matrix recursion.

    After one step the cross moment E[w_k . xi_{k-1}] is E|xi_{k-1}|^2, whatever came before.
    """
    m, n, c = sp.symbols("m n c", real=True)
    unknown = sp.Matrix([[m, n, c], [n, m, 0], [c, 0, power]])
    later = advance(unknown, rho, kappa, sp.S.Zero, power)
    cross = later[0, 2]  # = power: what c is from the first step on
    polynomial = sp.Poly(sp.expand(later[0, 0].subs(c, cross)), m)
    return polynomial.coeff_monomial(m), sp.factor(polynomial.coeff_monomial(1))


def first_moment_step(kappa: sp.Expr, first: FirstStep, rho: sp.Expr = RHO) -> sp.Expr:
    """E|w_1|^2 by one step of the matrix recursion."""
    return sp.expand(advance(start_moments(W0**2, POWER, first), rho, kappa, sp.S.Zero, POWER)[0, 0])


@cache
def finite(kappa: sp.Expr, first: FirstStep = FirstStep.FRESH) -> sp.Expr:
    """E|w_{k+1}|^2 for constant rho (rho^2 != 1), solved from its affine recursion, in the symbols of this module."""
    a, b = one_step(kappa)
    start = first_moment_step(kappa, first)
    r = sp.Symbol("r")  # stands for rho^(2k)
    rest = b / (1 - a)  # the fixed point, m = a m + b
    solved = sp.expand(sp.cancel(rest + (start - rest) * r))
    of_start = sp.cancel(solved.coeff(W0, 2) / (r * RHO**2))
    noise = _positive_denominator(sp.cancel(solved.coeff(W0, 0) / POWER))
    return of_start * RHO ** (2 * K + 2) * W0**2 + noise.subs(r, RHO ** (2 * K)) * POWER


def _positive_denominator(fraction: sp.Expr) -> sp.Expr:
    """The same fraction with signs chosen such that its denominator is positive at rho = 1/2."""
    over, under = sp.fraction(fraction)
    sign = -1 if under.subs(RHO, sp.Rational(1, 2)).is_negative else 1
    return sp.expand(sign * over) / sp.expand(sign * under)


@cache
def limit(kappa: sp.Expr) -> sp.Expr:
    """lim E|w_k|^2 for |rho| < 1: the fixed point of the affine recursion."""
    a, b = one_step(kappa)
    return _positive_denominator(sp.cancel(b / (1 - a) / POWER)) * POWER


@cache
def prove_finite(kappa: sp.Expr, first: FirstStep = FirstStep.FRESH) -> Proof:
    """The solved form meets the matrix recursion: base case k = 0, step k -> k+1, and direct iteration for k <= 3."""
    board = Blackboard("induction on k: base case, then one step of the second-moment recursion")
    show_cross_moment(board, kappa, RHO)
    a, b = one_step(kappa)
    formula = finite(kappa, first)
    board.equal("k = 0", formula.subs(K, 0), first_moment_step(kappa, first))
    r = sp.Symbol("r")  # rho^(2k): rho^2 r one step later
    now, later = _with_power(formula, r), _with_power(formula, RHO**2 * r)
    board.equal("step k -> k+1", later, a * now + b)
    for k in range(4):
        iterated = second_moment([RHO] * (k + 1), sq_norm=W0**2, power=POWER, kappa=kappa, first=first)
        board.equal(f"iterated, k = {k}", formula.subs(K, k), iterated)
    return board.proof()


@cache
def prove_limit(kappa: sp.Expr) -> Proof:
    """The distance to the fixed point shrinks by rho^2 a step, and rho^(2k) -> 0 for |rho| < 1."""
    board = Blackboard("fixed point of the second-moment recursion; the distance to it shrinks by rho^2 a step")
    show_cross_moment(board, kappa, RHO)
    a, b = one_step(kappa)
    m = sp.Symbol("m", real=True)
    fixed = limit(kappa)
    board.equal("fixed point", fixed, a * fixed + b)
    board.equal("distance after a step", a * m + b - fixed, RHO**2 * (m - fixed))
    board.note("rho^(2k) -> 0 for |rho| < 1: lim exp(-t k) = 0 for t > 0", powers_vanish())
    for first in FirstStep:
        rest = _with_power(finite(kappa, first), sp.S.Zero)
        board.equal(f"finite form without its rho^(2k) terms, {first.value}", rest, fixed)
        board.note("nothing else in it depends on k", K not in rest.free_symbols)
    return board.proof()


def _with_power(formula: sp.Expr, r: sp.Expr) -> sp.Expr:
    """The finite form with ``r`` in the place of rho^(2k)."""
    return formula.subs({RHO ** (2 * K + 2): RHO**2 * r, RHO ** (2 * K): r}, simultaneous=True)


def powers_vanish() -> bool:
    """Whether r^k -> 0 for 0 < r < 1, computed with r = exp(-t), t > 0 (r = 0 is trivial)."""
    t = sp.Symbol("t", positive=True)
    return bool(sp.limit(sp.exp(-t * K), K, sp.oo) == 0)


def show_cross_moment(board: Blackboard, kappa: sp.Expr, rho: sp.Expr) -> None:
    """E[w_k . xi_{k-1}] = E|xi_{k-1}|^2 for k >= 1, from any second moments in which xi_{k-2} stands."""
    m, n, c, p = sp.symbols("m n c p", real=True)
    any_moments = sp.Matrix([[m, n, c], [n, m, 0], [c, 0, p]])
    later = advance(any_moments, rho, kappa, sp.S.Zero, POWER)
    board.equal("E[w_k . xi_{k-1}] for k >= 1", later[0, 2], POWER)
    board.equal("E[w_{k-1} . xi_{k-1}]", later[1, 2], sp.S.Zero)
