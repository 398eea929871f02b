"""Exact second moments of the Euler discretisation of the Ornstein-Uhlenbeck process, and its bias.

theta' = theta - h H theta + sqrt(h) Sigma^{1/2} z is the Euler scheme of anisotropic Eq. 12; theta' = theta - eta H
theta + eta eps of Eq. 7 is the same with h = eta and Sigma replaced by eta Sigma. In an eigenbasis of H the entry ij of
E theta theta^T obeys m' = q_i q_j m + h S_ij with q = 1 - h lambda.
"""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

from theory.ornstein_uhlenbeck.process import efficiency, write_covariance
from theory.ornstein_uhlenbeck.spectral_calculus import COLUMN, EIGENVALUE, ROW, T, write_rules
from theory.proof import Blackboard, Proof

STEP = sp.Symbol("h", positive=True)
N = sp.Symbol("n", integer=True, nonnegative=True)


def advance(moment: sp.Expr, noise: sp.Expr, step: sp.Expr = STEP) -> sp.Expr:
    """Entry ij of (I - hH) M (I - hH) + noise: z is centred, has covariance I and is independent of theta."""
    return (1 - step * ROW) * (1 - step * COLUMN) * moment + noise


@lru_cache
def second_moment() -> sp.Expr:
    """Entry ij of E theta_n theta_n^T per unit S_ij, from 0: the geometric sum of the recursion, summed by SymPy."""
    ratio, k = sp.Symbol("q"), sp.Symbol("k", integer=True, nonnegative=True)
    total = sp.summation(ratio**k, (k, 0, N - 1))
    generic = next(value for value, condition in total.args if condition == True)  # noqa: E712
    return STEP * generic.subs(ratio, (1 - STEP * ROW) * (1 - STEP * COLUMN))


@lru_cache
def euler_efficiency() -> sp.Expr:
    """psi with E L(theta_n) = sum_i psi(lambda_i) S_ii, for h lambda != 2 (0 at lambda = 0, by continuity).

    Examples
    --------
    >>> euler_efficiency().subs({EIGENVALUE: 1, STEP: 1, N: 5})  # one step forgets everything
    1/2
    """
    diagonal = second_moment().subs({ROW: EIGENVALUE, COLUMN: EIGENVALUE}, simultaneous=True)
    factor = 1 - STEP * EIGENVALUE
    diagonal = diagonal.subs((factor**2) ** N, factor ** (2 * N))  # the same: n is an integer
    return sp.factor(EIGENVALUE * diagonal / 2)


def printed_euler() -> sp.Expr:
    """psi of tr[(I - (I - hH)^{2n}) (2I - hH)^{-1} Sigma] / 2."""
    return (1 - (1 - STEP * EIGENVALUE) ** (2 * N)) / (2 - STEP * EIGENVALUE) / 2


def write_euler(board: Blackboard) -> None:
    """Base case and induction step of the second moment, entry by entry, then the trace."""
    board.include(prove_euler())


@lru_cache
def prove_euler() -> Proof:
    """E L_n = tr[(I - (I - hH)^{2n}) (2I - hH)^{-1} Sigma] / 2."""
    board = Blackboard("induction over steps, entry by entry in an eigenbasis of H")
    write_rules(board)
    q = sp.Symbol("q", positive=True)  # stands for q_i q_j, 1 excluded
    power = sp.Symbol("Q")  # q^n
    board.equal("base: nothing at n = 0", second_moment().subs(N, 0), sp.S.Zero)
    formula = STEP * (1 - power) / (1 - q)
    product = (1 - STEP * ROW) * (1 - STEP * COLUMN)
    board.equal(
        "the sum is h (1 - q^n)/(1 - q), q = q_i q_j",
        second_moment(),
        formula.subs({q: product, power: product**N}, simultaneous=True),
    )
    board.equal("step: q m + h is the formula with q^{n+1}", q * formula + STEP, formula.subs(power, q * power))
    at_one = sp.Symbol("m")
    board.equal("q = 1 (both eigenvalues 0): m_n = n h", (at_one + STEP).subs(at_one, N * STEP), (N + 1) * STEP)
    board.equal("lambda m / 2 on the diagonal", euler_efficiency(), printed_euler())
    board.equal("an eigenvalue 0 contributes 0", printed_euler().subs(EIGENVALUE, 0), sp.S.Zero)
    return board.proof()


def prove_discrete() -> Proof:
    """The process of Eq. 7: E L_n = eta tr[(I - (I - eta H)^{2n}) (2I - eta H)^{-1} Sigma] / 2."""
    board = Blackboard("induction over steps, entry by entry in an eigenbasis of H")
    write_euler(board)
    eta, s, m = sp.symbols("eta S m", positive=True)
    gld = advance(m, eta**2 * s, eta)
    board.equal("noise eta eps adds eta^2 Sigma = h (eta Sigma), h = eta", gld, advance(m, eta * (eta * s), eta))
    return board.proof()


@lru_cache
def bias_coefficient() -> sp.Expr:
    """psi of lim (E L_n - E L(theta_t)) / h as h -> 0 with t = nh fixed.

    Examples
    --------
    >>> sp.expand(bias_coefficient() * 8)
    2*lambda**2*t*exp(-2*lambda*t) + lambda - lambda*exp(-2*lambda*t)
    """
    scheme = euler_efficiency().subs(N, T / STEP)
    return sp.simplify(sp.limit((scheme - efficiency()) / STEP, STEP, 0))


def prove_bias() -> Proof:
    """E L_n = E L(theta_t) + h (tr[H (I - e^{-2Ht}) Sigma]/8 + t tr[H^2 e^{-2Ht} Sigma]/4) + o(h), t = nh."""
    board = Blackboard("limit h -> 0 of the two closed forms at t = nh")
    write_covariance(board)
    write_euler(board)
    board.equal("h -> 0 gives Eq. 13", sp.limit(euler_efficiency().subs(N, T / STEP), STEP, 0), efficiency())
    board.equal("coefficient of h", bias_coefficient(), stated_bias())
    board.true("both of its terms are nonnegative", all(map(_nonnegative, bias_terms())), str(stated_bias()))
    return board.proof()


def bias_terms() -> tuple[sp.Expr, sp.Expr]:
    """The two terms of the stated coefficient of h."""
    decay = sp.exp(-2 * EIGENVALUE * T)
    return EIGENVALUE * (1 - decay) / 8, T * EIGENVALUE**2 * decay / 4


def stated_bias() -> sp.Expr:
    """psi of tr[H (I - e^{-2Ht}) Sigma]/8 + t tr[H^2 e^{-2Ht} Sigma]/4."""
    return sum(bias_terms(), sp.S.Zero)


def _nonnegative(term: sp.Expr) -> bool:
    """1 - e^{-x} with x = 2 lambda t > 0 is positive; SymPy needs it spelt as e^x > 1."""
    growth = sp.Symbol("g", positive=True)  # e^{2 lambda t} - 1
    return bool(sp.factor(term.subs(sp.exp(-2 * EIGENVALUE * T), 1 / (1 + growth))).is_nonnegative)


def prove_never_below() -> Proof:
    """E L_n >= E L(theta_{nh}) for every step size h > 0, every n >= 1, and positive semidefinite H and Sigma."""
    board = Blackboard("scalar inequality for each eigenvalue, two cases")
    write_covariance(board)
    write_euler(board)
    x, u = sp.Symbol("x", nonnegative=True), sp.Symbol("u", nonnegative=True)
    k = sp.Symbol("k", integer=True, nonnegative=True)
    one_step = euler_efficiency().subs({N: 1, EIGENVALUE: x / STEP})
    board.equal("psi_1 = x/2, x = h lambda", one_step, x / 2)
    increment = euler_efficiency().subs({N: k + 1}) - euler_efficiency().subs({N: k})
    grown = sp.simplify(increment.subs(EIGENVALUE, x / STEP) / (1 - x) ** (2 * k))
    board.equal("psi_{k+1} - psi_k = (1 - x)^{2k} x/2 >= 0", grown, x / 2)
    board.true("case x >= 1: psi_n >= psi_1 >= 1/2 > 1/4 >= (1 - e^{-2xn})/4", (sp.Rational(1, 2) > sp.Rational(1, 4)))
    slack = sp.exp(-u) - 1 + u
    board.equal("case x <= 1: e^{-x} - (1 - x) vanishes at 0", slack.subs(u, 0), sp.S.Zero)
    board.equal("so does its slope", sp.diff(slack, u).subs(u, 0), sp.S.Zero)
    board.true("and it is convex: 0 <= 1 - x <= e^{-x}", bool(sp.diff(slack, u, 2).is_positive))
    y = sp.Symbol("y", positive=True)  # (1 - x)^{2n} = e^{-2nx} / (1 + y) for some y >= 0
    decay = sp.Symbol("E", positive=True)
    numerators = (1 - decay / (1 + y)) - (1 - decay)
    board.true("so 1 - (1-x)^{2n} >= 1 - e^{-2nx}", bool(sp.factor(numerators).is_nonnegative), str(numerators))
    halves = sp.factor(1 / (2 - x) / 2 - sp.Rational(1, 4))
    board.equal("and 1/(2(2-x)) - 1/4 = x/(4(2-x)) >= 0 for 0 <= x <= 1", halves, x / (4 * (2 - x)))
    return board.proof()


def prove_stationary() -> Proof:
    """E L_n -> tr[(2I - hH)^{-1} Sigma] / 2 for positive definite H with h lambda < 2; more than tr(Sigma)/4."""
    board = Blackboard("limit of the closed form")
    write_euler(board)
    q = sp.Symbol("q", positive=True)
    ratio = 1 / (1 + q)  # any number in (0, 1): |1 - h lambda| for 0 < h lambda < 2, h lambda != 1
    board.equal("(1 - h lambda)^{2n} -> 0", sp.limit(ratio ** (2 * N), N, sp.oo), sp.S.Zero)
    excess = sp.factor(1 / (2 - STEP * EIGENVALUE) / 2 - sp.Rational(1, 4))
    stated = STEP * EIGENVALUE / (4 * (2 - STEP * EIGENVALUE))
    board.equal("excess over the continuous process: x/(4(2 - x)), x = h lambda", excess, stated)
    x = sp.Symbol("x", positive=True)
    box = {x: (sp.S.Zero, sp.Integer(2))}
    board.nonnegative("which is positive for 0 < x < 2", x / (4 * (2 - x)), box, strict=True)
    return board.proof()
