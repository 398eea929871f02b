"""The algebra that turns a linear PAC-Bayes bound into one with the trace of the Hessian.

Source: nso, Theorem 2.2 with Eq. 14-21; all repairs are ours.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.noise_stability import taylor, uniform_convergence
from theory.noise_stability.linear_pac_bayes import BETA, SIGMA, prove_kl, prove_theorem_a1
from theory.proof import Blackboard, Proof

C, ALPHA, R, N, DELTA = sp.symbols("C alpha r n delta", positive=True)
MAIN = (1 - BETA) / BETA * SIGMA**2 * ALPHA / 2
DIVERGENCE = C * R**2 / (2 * SIGMA**2) / (2 * BETA * (1 - BETA) * N)
UNIT = {BETA: (sp.S.Zero, sp.S.One)}


def prove_separation() -> Proof:
    """The three-part split and Eq. 14: two uses of Lemma A.4."""
    board = Blackboard("rearrangement")
    true, hat, true_q, hat_q = sp.symbols("L Lhat L_Q Lhat_Q", real=True)
    board.equal("telescoping", true - hat / BETA, (true - true_q) + (true_q - hat_q / BETA) + (hat_q - hat) / BETA)
    c1 = sp.Symbol("C_1", positive=True)
    board.equal("C_1 sigma^3 + C_1 sigma^3 / beta", c1 * SIGMA**3 * (1 + 1 / BETA), (1 + BETA) / BETA * c1 * SIGMA**3)
    return board.proof()


def prove_eq15() -> Proof:
    """E_1 = (empirical - population)/beta + (1-beta)/beta population."""
    board = Blackboard("rearrangement")
    emp, pop = sp.symbols("emp pop", real=True)
    board.equal("Eq. 15 + Eq. 16", -pop + emp / BETA, (emp - pop) / BETA + (1 - BETA) / BETA * pop)
    return board.proof()


def refute_eq15() -> Proof:
    """l(w) = w^4/12, so l'' = w^2, sigma^2 = 2, beta = 1/2, W = 1, What = 0: E_1 = 1, the printed sum is -1."""
    board = Blackboard("exact counterexample l = w^4/12, W = 1, What = 0, sigma^2 = 2, beta = 1/2")
    w = sp.Symbol("w", real=True)
    trace = sp.diff(w**4 / 12, w, 2)
    here, there, half = trace.subs(w, 1), trace.subs(w, 0), sp.Rational(1, 2)
    board.differ("E_1 against Eq. 15 + Eq. 16", -here + here / half, (there - here) / half + (1 - half) / half * here)
    return board.proof()


def refute_eq17_chain() -> Proof:
    """With the scalar trace inside the norm, Lemma A.5 gives one more sqrt(p): M = m Id, p = 4."""
    board = Blackboard("exact counterexample M = Id, p = 4")
    matrix = sp.eye(4)
    frobenius = sp.sqrt((matrix.T * matrix).trace())  # what Lemma A.5 bounds
    board.true("sqrt(p) |tr M| exceeds sqrt(p) |M|_F", 2 * matrix.trace() > 2 * frobenius,
               f"{2 * matrix.trace()} against {2 * frobenius}")  # fmt: skip
    return board.proof()


def prove_eq17() -> Proof:
    """|tr M| <= sqrt(p) |M|_F: Cauchy-Schwarz against the identity."""
    board = Blackboard("Lagrange's identity for the diagonal, any pair of entries")
    a, b = sp.symbols("a b", real=True)
    board.equal("2 (a^2 + b^2) - (a + b)^2", 2 * (a**2 + b**2) - (a + b) ** 2, (a - b) ** 2)
    off = sp.Symbol("c", real=True)
    board.true("entries off the diagonal only add to |M|_F^2", sp.Ge(off**2, 0))
    return board.proof()


def refute_eq19() -> Proof:
    """The brace of E_2 holds (1+beta)/beta C_1 sigma^3, which Eq. 19 leaves out: l(w) = (1 - cos w)/2 at w = 0."""
    board = Blackboard("exact counterexample l(w) = (1 - cos w)/2, w = 0, sigma = 1, beta = 9/10, n -> infinity")
    beta, sigma = sp.Rational(9, 10), sp.S.One
    c1 = sp.Rational(1, 2) / 6 * taylor.absolute_moment(sp.Integer(3))  # Hessian cos(w)/2 is 1/2-Lipschitz
    perturbed = (1 - sp.exp(-(sigma**2) / 2)) / 2  # E cos U = e^{-sigma^2/2}
    e2 = (1 + beta) / beta * c1 * sigma**3 + perturbed * (1 - 1 / beta)
    board.true("E_2 > 0, while the bound of Eq. 19 tends to 0 as n grows", sp.N(e2, 30) > 0, str(sp.N(e2, 6)))
    n = sp.Symbol("n", positive=True)
    bound = C * (R**2 / 2 + sp.log(1 / DELTA)) / (2 * beta * (1 - beta) * n)
    board.equal("limit of the bound", sp.limit(bound, n, sp.oo), sp.S.Zero)
    return board.proof()


def prove_eq19() -> Proof:
    """KL of W + U against U, and |W| <= r."""
    board = Blackboard("Theorem A.1 with the divergence of Proposition A.2")
    board.include(prove_theorem_a1())
    board.include(prove_kl())
    w = sp.Symbol("w", nonnegative=True)
    gap = (R**2 - w**2) / (2 * SIGMA**2)
    board.equal("r^2 - |W|^2 = (r - |W|)(r + |W|)", gap, (R - w) * (R + w) / (2 * SIGMA**2))
    return board.proof()


def prove_sum_of_bounds() -> Proof:
    """Eq. 20 is Eq. 14 with Eq. 18 and the (repaired) Eq. 19, outside two events of probability delta each."""
    board = Blackboard("union bound, sum of three bounds")
    e1, c1, kl = sp.symbols("e1 C_1 kl", positive=True)
    parts = e1 + MAIN + (1 + BETA) / BETA * c1 * SIGMA**3 + kl
    board.equal("sum", parts, (e1 + MAIN) + ((1 + BETA) / BETA * c1 * SIGMA**3) + kl)
    board.equal("1 - delta - delta", 1 - DELTA - DELTA, 1 - 2 * DELTA)
    return board.proof()


def best_variance() -> sp.Expr:
    """The sigma^2 that minimises the two leading terms of Eq. 20.

    Examples
    --------
    >>> best_variance()
    sqrt(2)*sqrt(C)*r/(2*sqrt(alpha)*sqrt(n)*(1 - beta))
    """
    s = sp.Symbol("s", positive=True)
    total = (MAIN + DIVERGENCE).subs(SIGMA, sp.sqrt(s))
    square = sp.solve(sp.together(sp.diff(total, s)).as_numer_denom()[0], s**2)[0]
    return R / (1 - BETA) * sp.sqrt(sp.cancel(square * (1 - BETA) ** 2 / R**2))


PRINTED_VARIANCE = R / (1 - BETA) * sp.sqrt(C / (ALPHA * N))


def leading(variance: sp.Expr) -> sp.Expr:
    """The two leading terms of Eq. 20 at a choice of sigma^2."""
    return sp.simplify((MAIN + DIVERGENCE).subs(SIGMA, sp.sqrt(variance)))


def refute_eq21() -> Proof:
    """The slope in sigma^2 is not zero at the printed choice."""
    board = Blackboard("first-order condition")
    s = sp.Symbol("s", positive=True)
    slope = sp.diff((MAIN + DIVERGENCE).subs(SIGMA, sp.sqrt(s)), s).subs(s, PRINTED_VARIANCE)
    at = {BETA: sp.Rational(1, 2), C: 1, ALPHA: 1, R: 1, N: 1}
    board.differ("slope at the printed sigma^2, beta = 1/2, all else 1", sp.simplify(slope.subs(at)), sp.S.Zero)
    return board.proof()


def prove_eq21() -> Proof:
    """A s + B/s is convex with its minimum at s = sqrt(B/A)."""
    board = Blackboard("first-order condition of a convex function")
    s = sp.Symbol("s", positive=True)
    total = (MAIN + DIVERGENCE).subs(SIGMA, sp.sqrt(s))
    slope = sp.diff(total, s).subs(s, best_variance())
    board.equal("slope at the derived sigma^2", sp.simplify(slope), sp.S.Zero)
    board.nonnegative("convex", sp.diff(total, s, 2), {s: (sp.S.Zero, sp.oo), BETA: (sp.S.Zero, sp.S.One),
                      ALPHA: (sp.S.Zero, sp.oo), C: (sp.S.Zero, sp.oo), R: (sp.S.Zero, sp.oo),
                      N: (sp.S.Zero, sp.oo)}, strict=True)  # fmt: skip
    board.equal("value there", leading(best_variance()), sp.sqrt(C * ALPHA * R**2 / (2 * N)) / BETA)
    return board.proof()


def prove_plugged_in() -> Proof:
    """At the printed sigma^2 the leading terms are 3/4 of what is displayed; the displayed bound has room to spare."""
    board = Blackboard("substitution")
    displayed = sp.sqrt(C * ALPHA * R**2 / N) / BETA
    board.equal("leading terms at Eq. 21", leading(PRINTED_VARIANCE), sp.Rational(3, 4) * displayed)
    board.true("3/4 <= 1, and sqrt(p) <= sqrt(2 p) in the second term", sp.sqrt(2) >= 1)
    board.equal("1 + (1-beta)/beta = 1/beta", 1 + (1 - BETA) / BETA, 1 / BETA)
    return board.proof()


def write_order_of_remainder(board: Blackboard) -> None:
    """For sigma^2 = c n^(-1/2) and delta <= 1/2 the remainder is O(n^(-3/4) log(1/delta))."""
    n, c3 = sp.symbols("n C_3", positive=True)
    board.equal("sigma^3 n^(3/4)", (n ** sp.Rational(-1, 2)) ** sp.Rational(3, 2) * n ** sp.Rational(3, 4), sp.S.One)
    board.equal("n^(-1) sqrt(log(C_3 n)) n^(3/4) tends to 0",
                sp.limit(sp.sqrt(sp.log(n)) * n ** sp.Rational(-1, 4), n, sp.oo), sp.S.Zero)  # fmt: skip
    board.equal("log(C_3 n / delta) = log(C_3 n) + log(1/delta)", sp.expand_log(sp.log(c3 * n / DELTA), force=True),
                sp.expand_log(sp.log(c3 * n), force=True) - sp.log(DELTA))  # fmt: skip
    board.true("log 2 > 0, so 1 <= log(1/delta)/log 2 for delta <= 1/2", sp.log(2) > 0)
    board.equal("log(2/delta) <= 2 log(1/delta) for delta <= 1/2: the gap is log(1/(2 delta))",
                sp.expand_log(2 * sp.log(1 / DELTA) - sp.log(2 / DELTA), force=True),
                sp.expand_log(sp.log(1 / (2 * DELTA)), force=True))  # fmt: skip


def refute_remainder_order() -> Proof:
    """The sigma^3 term does not depend on delta, but log(1/delta) -> 0 as delta -> 1."""
    board = Blackboard("limit delta -> 1")
    board.true(
        "n^(-3/4) / (log(1/delta) n^(-3/4)) is unbounded", sp.limit(1 / sp.log(1 / DELTA), DELTA, 1, "-") == sp.oo
    )
    return board.proof()


def prove_remainder_order() -> Proof:
    """The order for delta <= 1/2."""
    board = Blackboard("orders of the three terms")
    write_order_of_remainder(board)
    return board.proof()


def prove_sketch_remainder() -> Proof:
    """Eq. 20's s sigma^2, s = sqrt(log(C_3 n/delta)/n), is at most 2/3 sigma^3 + 1/3 s^3, and s^3 =
    O(log(1/delta)/n).
    """
    board = Blackboard("Young's inequality as a product of nonnegative factors")
    s = sp.Symbol("s", positive=True)
    board.equal("2 sigma^3 + s^3 - 3 sigma^2 s", 2 * SIGMA**3 + s**3 - 3 * SIGMA**2 * s,
                (SIGMA - s) ** 2 * (2 * SIGMA + s))  # fmt: skip
    n = sp.Symbol("n", positive=True)
    board.equal(
        "(log n)^(3/2) n^(-3/2) n tends to 0", sp.limit(sp.log(n) ** sp.Rational(3, 2) / sp.sqrt(n), n, sp.oo), 0
    )
    x = sp.Symbol("x", positive=True)  # log(1/delta) / n
    board.equal("x^(3/2) <= x for x <= 1; beyond, the bound exceeds C and is trivial",
                sp.cancel((x - x ** sp.Rational(3, 2)) / x), 1 - sp.sqrt(x))  # fmt: skip
    return board.proof()


def refute_sketch_remainder() -> Proof:
    """sigma = n^(-1/2), p = 1: Eq. 20's term over sigma^3 + sigma^2/sqrt(n) as delta -> 1 is sqrt(log n)/2."""
    board = Blackboard("limits delta -> 1, then n -> infinity, at sigma = n^(-1/2)")
    n = sp.Symbol("n", positive=True)
    sigma = 1 / sp.sqrt(n)
    term = sigma**2 * sp.sqrt(sp.log(n) / n)
    allowed = sigma**3 + sigma**2 / sp.sqrt(n) + sp.limit(sp.log(1 / DELTA), DELTA, 1, "-") / n
    board.equal("ratio", sp.simplify(term / allowed), sp.sqrt(sp.log(n)) / 2)
    board.true("it is unbounded", sp.limit(sp.sqrt(sp.log(n)) / 2, n, sp.oo) == sp.oo)
    return board.proof()


@cache
def prove_theorem() -> Proof:
    """Theorem 2.2 for a fixed epsilon > 0: every ingredient, then the choice of sigma."""
    board = Blackboard("PAC-Bayes bound, Taylor expansion, uniform convergence of the Hessian, choice of sigma")
    for part in (prove_theorem_a1(), prove_kl(), taylor.prove_lipschitz_bound(), prove_separation(), prove_eq15(),
                 prove_eq17(), uniform_convergence.prove_repaired_lemma(), prove_sum_of_bounds(),
                 prove_plugged_in()):  # fmt: skip
        board.include(part)
    write_order_of_remainder(board)
    return board.proof()


def refute_theorem() -> Proof:
    """l(w) = e^(-w^2): the largest trace near 0 is negative, so that the bound is the square root of a
    negative number.
    """
    board = Blackboard("exact counterexample l(w) = e^(-w^2), |w| <= 1/2")
    w = sp.Symbol("w", real=True)
    second = sp.diff(sp.exp(-(w**2)), w, 2)
    board.equal("l''", second, (4 * w**2 - 2) * sp.exp(-(w**2)))
    largest = second.subs(w, sp.Rational(1, 2))  # 4 w^2 - 2 and e^{-w^2} are extreme there together
    board.true("alpha = -e^(-1/4) < 0", largest < 0, str(largest))
    board.true("C alpha r^2 / n is negative for every n", (largest / 4 / N).is_negative)
    return board.proof()


def refute_uniform_epsilon() -> Proof:
    """l = 1/2 + x sin(w)/4 with x = +-1, |w| <= 1/100: the gap at epsilon -> 0 is of order n^(-1/2), beyond
    the bound.
    """
    board = Blackboard("exact counterexample l = 1/2 + x sin(w)/4, r = 1/100, and Paley-Zygmund's inequality")
    w, x, n = sp.symbols("w x n", positive=True)
    r = sp.Rational(1, 100)
    loss = sp.Rational(1, 2) + x * sp.sin(w) / 4
    alpha = sp.diff(loss, w, 2).subs({x: -1, w: r})
    board.equal("alpha = sin(r)/4", alpha, sp.sin(r) / 4)
    gap = sp.sin(r) / 4 * sp.Rational(1, 4)  # sqrt(n) (L - Lhat) at |mean of x| = 1/(4 sqrt n)
    bound = r * sp.sqrt(alpha)
    board.true("sqrt(n)(gap - sqrt(alpha r^2 / n)) > 0 at sqrt(n) |mean x| = 1/4", sp.N(gap - bound, 30) > 0,
               str(sp.N(gap - bound, 6)))  # fmt: skip
    fourth = (n + 3 * n * (n - 1)) / n**2  # E (sum x)^4 / n^2 over independent signs
    board.nonnegative("E z^4 <= 3 for z = sqrt(n) mean x", 3 - fourth, {n: (sp.S.Zero, sp.oo)}, strict=True)
    chance = (1 - sp.Rational(1, 16)) ** 2 / 3
    board.true("P(z^2 >= 1/16) >= (15/16)^2 / 3 > 1/5", chance > sp.Rational(1, 5), str(chance))
    board.true("c n^(-1/2) / (K n^(-3/4) log 5) is unbounded", sp.limit(n ** sp.Rational(1, 4), n, sp.oo) == sp.oo)
    return board.proof()
