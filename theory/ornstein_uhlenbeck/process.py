"""The Ornstein-Uhlenbeck process d theta = -H theta dt + Sigma^{1/2} dW from 0: covariance and escaping efficiency.

H is symmetric, Sigma positive semidefinite, the dimension arbitrary, and nothing commutes. Source: anisotropic,
Eq. 12-13 and 27-43. The covariance is derived twice: from the linear differential equation that the second moments
satisfy (itself the limit of the Euler recursion), and from Ito's isometry. Only then do the two have to agree.
"""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

from theory.ornstein_uhlenbeck.spectral_calculus import (
    COLUMN,
    EIGENVALUE,
    ROW,
    SIGMA,
    Sandwich,
    T,
    hessian,
    write_rules,
)
from theory.proof import Blackboard, Proof

S_TIME = sp.Symbol("s", positive=True)
H_STEP = sp.Symbol("h", positive=True)


@lru_cache
def moment_equation(total: sp.Expr) -> sp.Expr:
    """c(t) with c' = -total c + S, c(0) = 0, per unit S: an entry of E theta theta^T, total = lambda_i + lambda_j."""
    c = sp.Function("c")
    equation = sp.Eq(c(T).diff(T), -total * c(T) + 1)
    return sp.dsolve(equation, c(T), ics={c(0): 0}).rhs


@lru_cache
def covariance() -> Sandwich:
    """E theta_t theta_t^T for positive definite H, from the differential equation of the second moments.

    Examples
    --------
    >>> covariance().weight
    1/(lambda_i + lambda_j) - exp(-t*(lambda_i + lambda_j))/(lambda_i + lambda_j)
    """
    total = sp.Symbol("x", positive=True)
    return Sandwich(moment_equation(total).subs(total, ROW + COLUMN))


@lru_cache
def efficiency() -> sp.Expr:
    """psi with E L(theta_t) = sum_i psi(lambda_i) S_ii, from the covariance: half the trace of H E theta theta^T.

    Examples
    --------
    >>> efficiency()
    1/4 - exp(-2*lambda*t)/4
    """
    return sp.expand(sp.simplify((sp.Rational(1, 2) * covariance().left(hessian)).trace()))


@lru_cache
def squared_gradient() -> sp.Expr:
    """psi with E |grad L(theta_t)|^2 = E theta^T H^2 theta = sum_i psi(lambda_i) S_ii."""
    return sp.simplify(covariance().left(lambda x: x**2).trace())


@lru_cache
def trace_of_covariance() -> sp.Expr:
    """psi with E |theta_t|^2 = sum_i psi(lambda_i) S_ii."""
    return sp.simplify(covariance().trace())


@lru_cache
def limit_of_euler_moments() -> sp.Expr:
    """(new second moment - old one) / h of theta' = theta - h H theta + sqrt(h) Sigma^{1/2} z, entry ij, as h -> 0."""
    c, s = sp.symbols("c S")
    new = (1 - H_STEP * ROW) * (1 - H_STEP * COLUMN) * c + H_STEP * s
    return sp.limit(sp.expand((new - c) / H_STEP), H_STEP, 0)


def write_covariance(board: Blackboard) -> None:
    """The steps from the process to the entries of its covariance."""
    board.include(prove_covariance())


@lru_cache
def prove_covariance() -> Proof:
    """E theta_t theta_t^T is the integral of Eq. 35, for every symmetric H without lambda_i + lambda_j < 0."""
    board = Blackboard("linear differential equation, entry by entry in an eigenbasis of H")
    c, s = sp.symbols("c S")
    write_rules(board)
    board.equal("C' = -HC - CH + Sigma, entry ij", limit_of_euler_moments(), s - (ROW + COLUMN) * c)
    weight = covariance().weight
    board.equal("the solution satisfies it", sp.diff(weight, T), 1 - (ROW + COLUMN) * weight)
    board.equal("and starts at 0", weight.subs(T, 0), sp.S.Zero)
    board.equal("it is the integral of Ito's isometry", weight, isometry().weight)
    total = sp.Symbol("x", positive=True)
    at_zero = moment_equation(sp.S.Zero)
    board.equal("lambda_i + lambda_j = 0 is the limit", sp.limit(moment_equation(total), total, 0), at_zero)
    return board.proof()


@lru_cache
def isometry() -> Sandwich:
    """int_0^t e^{H(s-t)} Sigma e^{H(s-t)} ds, integrated entry by entry (anisotropic, Eq. 35)."""
    integrand = SIGMA.left(lambda x: sp.exp(x * (S_TIME - T))).right(lambda x: sp.exp(x * (S_TIME - T)))
    return Sandwich(sp.powsimp(integrand.weight)).integrate(S_TIME, sp.S.Zero, T)


def prove_efficiency() -> Proof:
    """Eq. 13: E L(theta_t) = tr((I - e^{-2Ht}) Sigma) / 4 for positive definite H and any Sigma."""
    board = Blackboard("linear differential equation, entry by entry in an eigenbasis of H")
    write_covariance(board)
    board.equal("E theta^T H theta = tr(H E theta theta^T) needs the diagonal only", efficiency(), printed_efficiency())
    chain = (sp.Rational(1, 2) * isometry().left(hessian)).trace()
    board.equal("Ito's isometry gives the same", sp.simplify(chain), printed_efficiency())
    return board.proof()


def printed_efficiency() -> sp.Expr:
    """psi of the printed right side of Eq. 13, tr((I - e^{-2Ht}) Sigma) / 4."""
    return (sp.Rational(1, 4) * SIGMA.left(lambda x: 1 - sp.exp(-2 * x * T))).trace()


def prove_efficiency_any_symmetric() -> Proof:
    """Eq. 13 for every symmetric H: zero and negative eigenvalues too."""
    board = Blackboard("linear differential equation, entry by entry in an eigenbasis of H")
    write_covariance(board)
    for what, value in (
        ("positive", sp.Symbol("p", positive=True)),
        ("negative", sp.Symbol("m", negative=True)),
        ("zero", sp.S.Zero),
    ):
        diagonal = moment_equation(2 * value)
        board.equal(f"{what} eigenvalue: c' = -2 lambda c + 1", sp.diff(diagonal, T), 1 - 2 * value * diagonal)
        board.equal(f"{what} eigenvalue: c(0) = 0", diagonal.subs(T, 0), sp.S.Zero)
        board.equal(f"{what} eigenvalue: lambda c / 2", value * diagonal / 2, (1 - sp.exp(-2 * value * T)) / 4)
    return board.proof()


def prove_pinching() -> Proof:
    """E L(theta_t) depends on Sigma only through its diagonal in an eigenbasis of H, a matrix that commutes with H."""
    board = Blackboard("matrix entries in an eigenbasis of H")
    write_covariance(board)
    on, off = SIGMA, Sandwich(sp.S.Zero)  # entries of the pinched matrix: i = j, and i != j
    board.equal("pinched H Sigma - Sigma H, i = j", (on.left(hessian) - on.right(hessian)).trace(), sp.S.Zero)
    board.equal("the same, i != j", (off.left(hessian) - off.right(hessian)).weight, sp.S.Zero)
    half = sp.Rational(1, 2) * covariance().left(hessian)
    pinched = Sandwich(half.weight * on.weight).trace()
    board.equal("the efficiency sums over i = j, where nothing was changed", pinched, efficiency())
    return board.proof()


def stationary_efficiency() -> tuple[sp.Expr, sp.Expr]:
    """Limits of psi as t -> oo, for a positive and for a zero eigenvalue."""
    limit = sp.limit(efficiency(), T, sp.oo)
    return limit, sp.limit(efficiency().subs(EIGENVALUE, 0), T, sp.oo)


def prove_stationary() -> Proof:
    """E L(theta_t) -> tr(P Sigma) / 4, P the projector onto the range of H, for positive semidefinite H."""
    board = Blackboard("limit of the closed form")
    write_covariance(board)
    board.equal("closed form", efficiency(), printed_efficiency())
    positive, zero = stationary_efficiency()
    board.equal("positive eigenvalue: 1/4", positive, sp.Rational(1, 4))
    board.equal("zero eigenvalue: 0", zero, sp.S.Zero)
    return board.proof()
