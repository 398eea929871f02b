"""Exact examples of contraction factors rho_k in [0, 1]: where the printed Proposition C.7 fails, and how.

A product of factors below 1 that does not vanish, an alternating sequence without a limit, and factors that look at
the past noise.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from fractions import Fraction
from functools import cache

import sympy as sp

from theory.linear.given_sequence import nu
from theory.linear.random_contraction import nu_step
from theory.linear.second_moments import powers_vanish
from theory.proof import Blackboard, Proof


def telescoping_factor(j: sp.Expr) -> sp.Expr:
    """rho_j = 1 - 1/(j + 2)^2, always below 1, with a product that does not vanish."""
    return 1 - 1 / (j + 2) ** 2


def telescoping_product(k: sp.Expr) -> sp.Expr:
    """prod_{j=0}^{k} (1 - 1/(j + 2)^2) = (k + 3)/(2 (k + 2)), proved by :func:`prove_product_survives`."""
    return (k + 3) / (2 * (k + 2))


@cache
def prove_product_survives() -> Proof:
    """rho_j < 1 for every j, yet prod rho_j^2 -> 1/4: the first term of Eq. 51 does not vanish, Eq. 50 fails.

    With |w_0|^2 = 4 d sigma^2 every E|w_{k+1}|^2 exceeds 2 d sigma^2, since the product stays above 1/2.
    """
    board = Blackboard("telescoping product by induction; its limit")
    k = sp.Symbol("k", integer=True, nonnegative=True)
    t = sp.Symbol("t", positive=True)
    board.nonnegative("rho_k > 0", telescoping_factor(t), {t: (sp.S.Zero, sp.oo)}, strict=True)
    board.nonnegative("1 - rho_k > 0", 1 - telescoping_factor(t), {t: (sp.S.Zero, sp.oo)}, strict=True)
    board.equal("k = 0", telescoping_product(sp.S.Zero), telescoping_factor(sp.S.Zero))
    step = telescoping_product(k) * telescoping_factor(k + 1)
    board.equal("step k -> k+1", telescoping_product(k + 1), step)
    board.equal("limit of the squared product", sp.limit(telescoping_product(k) ** 2, k, sp.oo), sp.Rational(1, 4))
    above = telescoping_product(t) ** 2 - sp.Rational(1, 4)
    board.nonnegative("squared product - 1/4 > 0", above, {t: (sp.S.Zero, sp.oo)}, strict=True)
    rhos = [telescoping_factor(sp.Integer(j)) for j in range(40)]
    value = sp.prod([r**2 for r in rhos]) * 4 + 1 + nu(rhos)
    board.true("E|w_40|^2 > 2 for |w_0|^2 = 4, d sigma^2 = 1", sp.Gt(value, 2), f"{sp.N(value, 8)} > 2")
    return board.proof()


def alternating_limits(even: sp.Expr, odd: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Limits of 1 + nu_k along even and along odd k for rho_k = even, odd, even, ..."""
    v = sp.Symbol("v")
    after_even = sp.solve(sp.Eq(v, nu_step(nu_step(v, odd), even)), v)[0]
    return 1 + after_even, 1 + nu_step(after_even, odd)


def prove_no_limit() -> Proof:
    """rho_k = 1/5, 4/5, 1/5, ...: the product vanishes, but even and odd k have different limits."""
    board = Blackboard("two-step recursion of nu for an alternating sequence; its fixed points")
    even, odd = sp.Rational(1, 5), sp.Rational(4, 5)
    first, second = alternating_limits(even, odd)
    v = sp.Symbol("v", real=True)
    twice = nu_step(nu_step(v, odd), even)
    board.equal("two steps contract by (rho rho')^2", sp.diff(twice, v), (even * odd) ** 2)
    board.true("(rho rho')^2 < 1", sp.Lt((even * odd) ** 2, 1))
    board.equal("fixed point along even k", twice.subs(v, first - 1), first - 1)
    board.equal("fixed point along odd k", nu_step(nu_step(v, even), odd).subs(v, second - 1), second - 1)
    board.differ("limits along even and odd k", first, second)
    for name, value in (("even", first), ("odd", second)):
        board.true(f"{name} limit at most 2", sp.Le(value, 2), f"{value} <= 2")
    return board.proof()


def prove_dependence_breaks() -> Proof:
    """rho_k chosen from the past noise: xi = +-2 with probability 1/8 each, else 0; rho_k = 0 where xi_{k-1} != 0.

    w_0 = 0, d = 1, sigma = 1 and rho_0 = 1. The rho_k (k >= 1) are even independent of each other, with
    P(rho_k < 1) = 1/4, and E w_{k+1}^2 = 5 - 4 (3/4)^k tends to 5 > 2.
    """
    board = Blackboard("exact enumeration of three-valued noise, and a two-line recursion for z_k = w_k - xi_{k-1}")
    k = sp.Symbol("k", integer=True, nonnegative=True)
    quarter = sp.Rational(1, 4)
    board.equal("variance of xi", 2 * sp.Rational(1, 8) * 4, sp.S.One)

    def formula(n: sp.Expr) -> sp.Expr:
        return 5 - 4 * sp.Rational(3, 4) ** n

    # z_{k+1} = -xi_{k-1} where xi_{k-1} = +-2 and z_k elsewhere; xi_k is independent of z_{k+1}.
    board.equal("k = 0", formula(sp.S.Zero), sp.S.One)
    board.equal("step", sp.simplify(formula(k + 1) - 1), sp.simplify(quarter * 4 + (1 - quarter) * (formula(k) - 1)))
    for n in range(5):
        board.equal(f"enumerated, k = {n}", second_moment_with_resets(n), formula(sp.Integer(n)))
    board.equal("limit", sp.limit(formula(k), k, sp.oo), sp.Integer(5))
    board.true("limit > 2 d sigma^2", sp.Gt(5, 2), "5 > 2")
    return board.proof()


def second_moment_with_resets(k: int) -> sp.Expr:
    """E w_{k+1}^2 of the example in :func:`prove_dependence_breaks`, over all 3^(k+1) noise patterns (k <= 8)."""
    if k > 8:
        raise ValueError(f"k must be at most 8 (3^(k+1) patterns), got {k}")
    law: Mapping[int, Fraction] = {-2: Fraction(1, 8), 0: Fraction(3, 4), 2: Fraction(1, 8)}
    total = Fraction(0)
    for noise in itertools.product(law, repeat=k + 1):
        weight, w = Fraction(1), Fraction(0)
        for j, xi in enumerate(noise):
            last = noise[j - 1] if j > 0 else 0
            w = (0 if last != 0 else 1) * w + xi - last
            weight *= law[xi]
        total += weight * w * w
    return sp.Rational(total.numerator, total.denominator)


def prove_vanishing_product() -> Proof:
    """P(rho_k <= c) >= p > 0 with one c < 1 for all k, given the past, makes E prod rho_j^2 vanish geometrically."""
    board = Blackboard("rho^2 <= c^2 where rho <= c, and <= 1 elsewhere; one factor a step")
    c, p, extra = sp.symbols("c p extra", real=True)
    unit = (sp.S.Zero, sp.S.One)
    q = p + extra  # the actual probability of rho_k <= c
    mean = q * c**2 + (1 - q)
    factor = 1 - p * (1 - c**2)
    board.equal("E rho^2 is at most", factor - mean, extra * (1 - c**2))
    board.nonnegative("extra (1 - c^2) >= 0", extra * (1 - c**2), {extra: unit, c: unit})
    board.nonnegative("1 - p (1 - c^2) > 0", factor, {p: unit, c: unit}, strict=True)
    board.nonnegative("1 - p (1 - c^2) < 1", 1 - factor, {p: unit, c: unit}, strict=True)
    board.note("its powers vanish", powers_vanish())
    return board.proof()


def prove_random_right_side() -> Proof:
    """Eq. 51 at k = 0 with rho_0 = 0 or 1, probability 1/2 each: its right side takes two values, its left is a number.

    With |w_0|^2 = d sigma^2 = 1 the right side is 1 or 2, and E|w_1|^2 = 3/2.
    """
    board = Blackboard("both values of the right side at k = 0 against the expectation")
    values = [rho**2 + 1 for rho in (sp.S.Zero, sp.S.One)]
    paths = [(rho * w + xi) ** 2 for rho in (0, 1) for w in (1,) for xi in (-1, 1)]
    expectation = sp.Rational(sum(paths), len(paths))
    board.equal("E|w_1|^2 over rho_0 and xi_0", expectation, sp.Rational(3, 2))
    for value in values:
        board.differ("right side for one rho_0 against the expectation", value, expectation)
    board.equal("mean of the right side over rho_0", sum(values) / 2, expectation)
    return board.proof()
