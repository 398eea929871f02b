"""Contraction factors rho_k in [0, 1] that are only known up to an interval, or random (Anti-PGD paper, Prop. C.7).

The bound for every sequence, the exact limit for independent draws, and the bound for factors that depend on past
noise. :mod:`theory.linear.contraction_examples` shows where the printed statement fails.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from functools import cache

import sympy as sp

from theory.linear.given_sequence import given_sequence, nu, prove_given_sequence, show_nu_recursion, show_nu_split
from theory.linear.second_moments import KAPPA, POWER, W0, K, one_step, powers_vanish
from theory.proof import Blackboard, Proof

R = sp.Symbol("rho_k", real=True)
NU = sp.Symbol("nu", real=True)
M1, M2 = sp.symbols("m1 m2", real=True)  # E rho_k and E rho_k^2
LOW, HIGH = sp.symbols("low high", real=True)
UNIT = (sp.S.Zero, sp.S.One)


def nu_step(nu_before: sp.Expr = NU, rho: sp.Expr = R) -> sp.Expr:
    """nu_k from nu_{k-1}: rho_k^2 nu_{k-1} + (1 - rho_k)^2 (Eq. 56)."""
    return rho**2 * nu_before + (1 - rho) ** 2


@cache
def prove_recursion() -> Proof:
    """Eq. 54 and 56 for every k >= 1, from the sum that defines nu_k."""
    board = Blackboard("formal sums: coefficients of (1 - rho_{i+1})^2 compared for every 0 <= i < k")
    show_nu_split(board)
    show_nu_recursion(board)
    rhos = sp.symbols("rho_0:5", real=True)
    for k in range(1, 5):
        board.equal(f"k = {k}", nu(rhos[: k + 1]), nu_step(nu(rhos[:k]), rhos[k]))
    return board.proof()


@cache
def prove_nu_in_unit_interval(strict: bool = False) -> Proof:
    """0 <= nu_k <= 1 for every sequence in [0, 1]; with ``strict``, 0 < nu_k < 1 for rho in (0, 1) and k >= 1.

    1 - nu_k = rho_k^2 (1 - nu_{k-1}) + 2 rho_k (1 - rho_k): both parts are nonnegative when nu_{k-1} <= 1, and the
    second is positive for rho_k in (0, 1). What holds on an open box holds weakly on its closure.
    """
    board = Blackboard("induction on k: nu_0 = 0, and 1 - nu_k as a sum of nonnegative parts")
    show_nu_recursion(board)
    board.equal("nu_0 = 0 (empty sum)", nu([R]), sp.S.Zero)
    parts = (R**2 * (1 - NU), 2 * R * (1 - R))
    board.equal("1 - nu_k", 1 - nu_step(), parts[0] + parts[1])
    box = {R: UNIT, NU: UNIT}
    board.nonnegative("rho_k^2 (1 - nu_{k-1})", parts[0], box)
    board.nonnegative("2 rho_k (1 - rho_k)", parts[1], {R: UNIT}, strict=strict)
    board.nonnegative("rho_k^2 nu_{k-1}", R**2 * NU, box)
    board.nonnegative("(1 - rho_k)^2", (1 - R) ** 2, {R: UNIT}, strict=strict)
    if not strict:
        corners = [nu(corner) for n in range(1, 6) for corner in itertools.product((sp.S.Zero, sp.S.One), repeat=n)]
        board.note("all corners of [0, 1]^k, k <= 4 (nu is convex in each rho_j)", all(0 <= c <= 1 for c in corners))
    return board.proof()


@cache
def prove_bound() -> Proof:
    """E|w_{k+1}|^2 <= 2 d sigma^2 + |w_0|^2 E prod rho_j^2 for rho independent of the noise, k by k."""
    board = Blackboard("Proposition C.4 given the sequence rho, then 1 + nu_k <= 2, then the mean over rho")
    given_rho = prove_given_sequence(sp.S.One)
    board.note(f"Proposition C.4 in {len(given_rho.steps)} steps", given_rho.complete)
    inner = prove_nu_in_unit_interval()
    board.note(f"nu_k <= 1 in {len(inner.steps)} steps", inner.complete)
    p, v = sp.symbols("p v", nonnegative=True)  # prod rho_j^2 and nu_k of one sequence
    given = p * W0**2 + (1 + v) * POWER
    slack = p * W0**2 + 2 * POWER - given
    board.equal("2 d sigma^2 + p |w_0|^2 - E[|w_{k+1}|^2 | rho]", slack, (1 - v) * POWER)
    board.nonnegative("slack / (d sigma^2)", 1 - v, {v: UNIT})
    return board.proof()


def prove_adapted_bound() -> Proof:
    """For noise with |xi_k|^2 = d sigma^2 always (Rademacher) and rho_k that depend on the past in any way.

    z_k = w_k - xi_{k-1} obeys z_{k+1} = rho_k z_k - (1 - rho_k) xi_{k-1}, a convex combination of z_k and -xi_{k-1};
    hence |z_{k+1}|^2 - d sigma^2 <= rho_k (|z_k|^2 - d sigma^2) on every path, and xi_k is uncorrelated with z_{k+1}.
    """
    board = Blackboard("convex combination on every path, then one uncorrelated summand")
    z, older, new, a, b = sp.symbols("z xi_before xi_new a b", real=True)
    w_next = R * (z + older) + new - older
    board.equal("z_{k+1} = w_{k+1} - xi_k", w_next - new, R * z - (1 - R) * older)
    convex = R * a**2 + (1 - R) * b**2 - (R * a - (1 - R) * b) ** 2
    board.equal("gap of convexity, coordinate by coordinate", convex, R * (1 - R) * (a + b) ** 2)
    board.nonnegative("rho (1 - rho) >= 0", R * (1 - R), {R: UNIT})
    q, s = sp.symbols("q s", nonnegative=True)  # |z_k|^2 and |xi|^2 = d sigma^2
    board.equal("distance to d sigma^2 shrinks by rho_k", R * q + (1 - R) * s - s, R * (q - s))
    x, p = sp.symbols("E_zz p", real=True)
    square = sp.Poly(sp.expand((z + new) ** 2), z, new)
    expectation = {(2, 0): x, (1, 1): sp.S.Zero, (0, 2): p}
    board.equal("E|w_{k+1}|^2 = E|z_{k+1}|^2 + d sigma^2",
                sum(c * expectation[powers] for powers, c in square.terms()), x + p)
    best = worst_adapted_second_moment(4)
    board.true("search over policies rho in {0, 1/2, 1}, w_0 = 0, k <= 4", sp.Le(best, 2), f"largest {best} <= 2")
    return board.proof()


def worst_adapted_second_moment(steps: int) -> sp.Expr:
    """The largest E w_n^2, n <= steps, that any policy rho_k(past) in {0, 1/2, 1} reaches; d = sigma = 1, w_0 = 0.

    Dynamic programming over every pattern of +-1 noise: exact.
    """

    def best(w: Fraction, last: int, left: int) -> Fraction:
        if left == 0:
            return w * w
        choices = []
        for rho in (Fraction(0), Fraction(1, 2), Fraction(1)):
            choices.append(sum((best(rho * w + xi - last, xi, left - 1) for xi in (-1, 1)), Fraction(0)) / 2)
        return max(choices)

    largest = max(best(Fraction(0), 0, n) for n in range(1, steps + 1))
    return sp.Rational(largest.numerator, largest.denominator)


def independent_step(kappa: sp.Expr = KAPPA) -> tuple[sp.Expr, sp.Expr]:
    """a, b of ``E|w_{k+1}|^2 = a E|w_k|^2 + b`` for rho_k drawn independently of everything before: means over rho."""
    rho = sp.Symbol("rho", real=True)
    a, b = one_step(kappa, rho)
    return _mean_over_rho(a, rho), _mean_over_rho(b, rho)


def _mean_over_rho(expression: sp.Expr, rho: sp.Symbol) -> sp.Expr:
    moments = {0: sp.S.One, 1: M1, 2: M2}
    polynomial = sp.Poly(sp.expand(expression), rho)
    return sum((c * moments[power] for (power,), c in polynomial.terms()), sp.S.Zero)


def independent_limit(kappa: sp.Expr = KAPPA) -> sp.Expr:
    """lim E|w_k|^2 for i.i.d. rho_k independent of the noise, m1 = E rho, m2 = E rho^2 < 1.

    Examples
    --------
    >>> independent_limit(sp.S.One)
    d*sigma**2*(2 - 2*m1)/(1 - m2)
    """
    a, b = independent_step(kappa)
    return sp.expand(b / POWER) * POWER / (1 - a)


def independent_finite(kappa: sp.Expr = KAPPA) -> sp.Expr:
    """E|w_{k+1}|^2 for i.i.d. rho_k and a fresh first step: the solved affine recursion."""
    a, _ = independent_step(kappa)
    start = M2 * W0**2 + POWER
    rest = independent_limit(kappa)
    noise = sp.cancel((POWER - rest) / POWER)
    return start.coeff(W0, 2) * W0**2 * a**K + (noise * a**K + rest / POWER) * POWER


def uniform_moments() -> dict[sp.Symbol, sp.Expr]:
    """E rho and E rho^2 of the uniform law on [low, high], integrated."""
    x = sp.Symbol("x", real=True)
    density = 1 / (HIGH - LOW)
    return {
        M1: sp.factor(sp.cancel(sp.integrate(x * density, (x, LOW, HIGH)))),
        M2: sp.factor(sp.cancel(sp.integrate(x**2 * density, (x, LOW, HIGH)))),
    }


def uniform_limit(kappa: sp.Expr = sp.S.One) -> sp.Expr:
    """The limit for rho_k uniform on [low, high] (right panel of Figure 7 at kappa = 1)."""
    noise = sp.together((independent_limit(kappa) / POWER).subs(uniform_moments()))
    over, under = sp.fraction(sp.cancel(noise))
    sign = -1 if under.subs({LOW: 0, HIGH: 1}).is_negative else 1
    return sp.expand(sign * over) / sp.expand(sign * under) * POWER


@cache
def prove_independent(kappa: sp.Expr = KAPPA) -> Proof:
    """Finite form and limit for i.i.d. rho_k: base case, step, fixed point, contraction by m2, two-point laws."""
    board = Blackboard("second-moment recursion averaged over the fresh rho_k; induction; fixed point")
    a, b = independent_step(kappa)
    m, r = sp.symbols("m r", real=True)
    formula, fixed = independent_finite(kappa), independent_limit(kappa)
    board.equal("k = 0", formula.subs(K, 0), M2 * W0**2 + POWER)
    later, now = formula.subs(M2**K, M2 * r), formula.subs(M2**K, r)
    board.equal("step k -> k+1", later, a * now + b)
    board.equal("fixed point", fixed, a * fixed + b)
    board.equal("distance after a step", a * m + b - fixed, M2 * (m - fixed))
    board.note("m2^k is all of k in it, and tends to 0 for m2 < 1", K not in now.free_symbols and powers_vanish())
    values, half = (sp.Rational(1, 4), sp.Rational(3, 4)), sp.Rational(1, 2)
    law = {M1: half, M2: sum(v**2 for v in values) / 2}
    for n in range(1, 4):
        paths = itertools.product(values, repeat=n)
        mean = sum(given_sequence(path, sq_norm=W0**2, power=POWER, kappa=kappa) for path in paths) / 2**n
        board.equal(f"all paths of a two-point law, n = {n}", mean, formula.subs(law).subs(K, n - 1))
    return board.proof()


def prove_independent_bound() -> Proof:
    """The limit for i.i.d. rho_k in [0, 1] with P(rho < 1) > 0 is at most 2 d sigma^2: its slack is E rho (1 - rho)."""
    board = Blackboard("slack of the bound as a mean of rho (1 - rho)")
    exact = prove_independent(sp.S.One)
    board.note(f"limit, in {len(exact.steps)} steps", exact.complete)
    slack = 2 - independent_limit(sp.S.One) / POWER
    gap = sp.Symbol("gap", nonnegative=True)  # m1 - m2 = E rho (1 - rho) >= 0
    board.equal("2 - limit / (d sigma^2)", slack, 2 * (M1 - M2) / (1 - M2))
    board.nonnegative("rho (1 - rho) >= 0", R * (1 - R), {R: UNIT})
    board.nonnegative("1 - rho^2 > 0 where rho < 1", 1 - R**2, {R: UNIT}, strict=True)
    board.nonnegative("slack with m1 = m2 + gap, m2 in (0, 1)", slack.subs(M1, M2 + gap),
                      {gap: (sp.S.Zero, sp.oo), M2: UNIT})
    return board.proof()
