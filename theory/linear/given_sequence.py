"""Second moments for a given sequence of contraction factors rho_0, rho_1, ... (Anti-PGD paper, Proposition C.4).

``nu_k = sum_{i<k} (rho_{i+1} - kappa)^2 prod_{j=i+2}^{k} rho_j^2`` carries the noise of the past. Its recursion is
proved for every k with formal sums (:mod:`theory.linear.linear_forms`), where the factor A_j stands for rho_j^2 and the
i-th basis vector for (rho_{i+1} - kappa)^2.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import sympy as sp

from theory.linear.linear_forms import Case, LinearForm, Term, factor, peel_last_factor, product, show_equal
from theory.linear.second_moments import (
    POWER,
    RHO,
    W0,
    FirstStep,
    advance,
    first_moment_step,
    one_step,
    second_moment,
    show_cross_moment,
)
from theory.linear.variation_of_constants import eq39_corrected, prove_anticorrelated_display
from theory.proof import Blackboard, Proof

_A, _B = sp.symbols("a b", integer=True, nonnegative=True)
# every 0 <= i < k: not the last index, and the last index
SUM_CASES = (Case("i < k - 1", _A + _B + 2, _A), Case("i = k - 1", _A + 1, _A))


def nu(rhos: Sequence[sp.Expr], kappa: sp.Expr = sp.S.One) -> sp.Expr:
    """nu_k for ``rhos`` = rho_0, ..., rho_k, as the sum that defines it (Eq. 52 at kappa = 1; rho_0 plays no part).

    Examples
    --------
    >>> nu([sp.Rational(1, 2)] * 3)
    5/16
    """
    total = sp.S.Zero
    for i in range(len(rhos) - 1):
        total += (rhos[i + 1] - kappa) ** 2 * sp.prod([r**2 for r in rhos[i + 2 :]])
    return total


def given_sequence(
    rhos: Sequence[sp.Expr], *, sq_norm: sp.Expr, power: sp.Expr, kappa: sp.Expr = sp.S.One,
    first: FirstStep = FirstStep.FRESH,
) -> sp.Expr:
    """E|w_{k+1}|^2 for rho_0, ..., rho_k (Eq. 44 at kappa = 1, Eq. 45 at kappa = 0), derived by the proof below.

    |w_0|^2 prod_j rho_j^2 + (1 + nu_k) d sigma^2, and kappa^2 prod_{j>=1} rho_j^2 d sigma^2 more for a stationary first
    step.

    Parameters
    ----------
    rhos : sequence of at least one number or expression
        rho_0, ..., rho_k.
    sq_norm, power : expressions
        |w_0|^2 and E|xi_i|^2 = d sigma^2.
    kappa : expression
        The noise is xi_k - kappa xi_{k-1}.
    first : FirstStep
        Convention of the first step.

    Raises
    ------
    ValueError
        If ``rhos`` is empty.

    Examples
    --------
    >>> given_sequence([sp.Rational(1, 2)] * 2, sq_norm=sp.S.One, power=sp.S.One)
    21/16
    """
    if not rhos:
        raise ValueError("rhos must hold at least one number, got none")
    noise = 1 + nu(rhos, kappa)
    if first is FirstStep.STATIONARY:
        noise += kappa**2 * sp.prod([r**2 for r in rhos[1:]])
    return sp.prod([r**2 for r in rhos]) * sq_norm + noise * power


def nu_sum(k: sp.Expr) -> LinearForm:
    """nu_k as a formal sum over i of prod_{j=i+2}^{k} A_j, with A_j for rho_j^2."""
    return LinearForm(sp.S.Zero, (Term(lambda i: product(i + 2, k), 0, k - 1),))


def nu_sum_split(k: sp.Expr) -> LinearForm:
    """Eq. 54: the sum up to k - 2, and its term i = k - 1 with an empty product."""
    return LinearForm(sp.S.Zero, (Term(lambda i: product(i + 2, k), 0, k - 2), Term(lambda i: sp.S.One, k - 1, k - 1)))


def nu_sum_recursive(k: sp.Expr) -> LinearForm:
    """Eq. 56: rho_k^2 nu_{k-1}, and the term i = k - 1."""
    earlier = nu_sum(k - 1).terms[0]
    moved = Term(lambda i: factor(k) * earlier.coefficient(i), earlier.low, earlier.high)
    return LinearForm(sp.S.Zero, (moved, Term(lambda i: sp.S.One, k - 1, k - 1)))


def show_nu_split(board: Blackboard) -> None:
    """Eq. 54 for every k >= 1: the last term of the sum stands alone."""
    show_equal(board, "Eq. 54", nu_sum, nu_sum_split, SUM_CASES, peel_last_factor)


def show_nu_recursion(board: Blackboard) -> None:
    """nu_k = rho_k^2 nu_{k-1} + (rho_k - kappa)^2 for every k >= 1."""
    what = "nu_k = rho_k^2 nu_{k-1} + (rho_k - kappa)^2"
    show_equal(board, what, nu_sum, nu_sum_recursive, SUM_CASES, peel_last_factor)


@cache
def prove_given_sequence(kappa: sp.Expr, first: FirstStep = FirstStep.FRESH) -> Proof:
    """The formula for a given sequence: base case k = 0 and induction step for symbolic rho_k.

    In the step, p, v and q stand for prod_{j<=k-1} rho_j^2, for nu_{k-1} and for prod_{1<=j<=k-1} rho_j^2.
    """
    board = Blackboard("induction on k: base case, then one step of the second-moment recursion with symbolic rho_k")
    show_cross_moment(board, kappa, RHO)
    show_nu_recursion(board)

    def formula(rhos: Sequence[sp.Expr]) -> sp.Expr:
        return given_sequence(rhos, sq_norm=W0**2, power=POWER, kappa=kappa, first=first)

    board.equal("k = 0", formula([RHO]), first_moment_step(kappa, first))
    p, v, q = sp.symbols("p v q", nonnegative=True)
    kept = kappa**2 if first is FirstStep.STATIONARY else sp.S.Zero
    before = p * W0**2 + (1 + v + kept * q) * POWER
    after = RHO**2 * p * W0**2 + (1 + RHO**2 * v + (RHO - kappa) ** 2 + kept * RHO**2 * q) * POWER
    a, b = one_step(kappa)
    board.equal("step k-1 -> k", after, a * before + b)
    rhos = sp.symbols("rho_0:4", real=True)
    for n in range(1, 5):
        iterated = second_moment(rhos[:n], sq_norm=W0**2, power=POWER, kappa=kappa, first=first)
        board.equal(f"iterated, k = {n - 1}", formula(rhos[:n]), iterated)
    return board.proof()


def prove_square_of_sum() -> Proof:
    """Eq. 46: with any E|xi_i|^2 = p_i, the squares of Corollary C.2's coefficients add up.

    First the coefficients (1 for xi_k, (rho_{i+1} - 1) prod_{j>=i+2} rho_j for xi_i), then the squares: a vector that
    is uncorrelated with xi keeps its second moment when c xi is added, apart from c^2 E|xi|^2.
    """
    board = Blackboard("coefficients from Corollary C.2; induction over the uncorrelated summands")
    coefficients = prove_anticorrelated_display(eq39_corrected, "coefficients")
    board.note(f"coefficients in {len(coefficients.steps)} steps", coefficients.complete)
    x, z, c, second, p = sp.symbols("x z c E_xx p", real=True)
    square = sp.Poly(sp.expand((x + c * z) ** 2), x, z)
    expectation = {(2, 0): second, (1, 1): sp.S.Zero, (0, 2): p}
    added = sum(coefficient * expectation[powers] for powers, coefficient in square.terms())
    board.equal("E|x + c z|^2 for uncorrelated x and z", added, second + c**2 * p)
    rhos = sp.symbols("rho_0:4", real=True)
    powers = sp.symbols("p_0:4", nonnegative=True)
    for n in range(1, 5):
        k = n - 1
        squares = sp.prod(rhos[:n]) ** 2 * W0**2 + powers[k]
        for i in range(k):
            squares += (rhos[i + 1] - 1) ** 2 * sp.prod(rhos[i + 2 : n]) ** 2 * powers[i]
        board.equal(f"second-moment recursion, k = {k}", squares, _iterate_powers(rhos[:n], powers))
    return board.proof()


def _iterate_powers(rhos: Sequence[sp.Expr], powers: Sequence[sp.Expr]) -> sp.Expr:
    moments = sp.diag(1, 0, 0) * W0**2
    for rho, power in zip(rhos, powers):
        moments = advance(moments, rho, sp.S.One, sp.S.Zero, power)
    return sp.expand(moments[0, 0])
