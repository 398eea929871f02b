"""A linear PAC-Bayes bound from first principles, and the divergence of two Gaussians that it is used with.

Source: nso, Theorem A.1 and Proposition A.2; the proof of Theorem A.1 is ours.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.proof import Blackboard, Proof

BETA, SIGMA = sp.symbols("beta sigma", positive=True)


def write_exponential_inequality(board: Blackboard) -> None:
    """1 - y <= e^(-y) for y >= 0, and 1 - e^(-t) >= t - t^2/2 for t >= 0."""
    t = sp.Symbol("t", nonnegative=True)
    first = sp.exp(-t) - 1 + t
    board.equal("e^(-t) - 1 + t vanishes at 0", first.subs(t, 0), sp.S.Zero)
    board.equal("so does its slope", sp.diff(first, t).subs(t, 0), sp.S.Zero)
    board.true("and it is convex", sp.diff(first, t, 2).is_positive, str(sp.diff(first, t, 2)))
    second = 1 - sp.exp(-t) - t + t**2 / 2
    board.equal("1 - e^(-t) - t + t^2/2 vanishes at 0", second.subs(t, 0), sp.S.Zero)
    board.equal("and its slope is the nonnegative e^(-t) - 1 + t", sp.diff(second, t), first)


def write_change_of_measure(board: Blackboard) -> None:
    """sum q phi - log sum p e^phi = KL(q|p) - KL(q|g), g ~ p e^phi; checked with the weights of any two hypotheses."""
    p1, p2, q1, f1, f2 = sp.symbols("p1 p2 q1 phi1 phi2", positive=True)
    q2 = 1 - q1
    total = p1 * sp.exp(f1) + p2 * sp.exp(f2)
    relative = [q * (sp.log(q) - sp.log(p)) for q, p in ((q1, p1), (q2, p2))]
    tilted = [q * (sp.log(q) - sp.log(p) - f + sp.log(total)) for q, p, f in ((q1, p1, f1), (q2, p2, f2))]
    board.equal("Donsker and Varadhan's identity", q1 * f1 + q2 * f2 - sp.log(total), sum(relative) - sum(tilted))
    x = sp.Symbol("x", positive=True)
    gap = x - 1 - sp.log(x)
    board.equal("x - 1 - log x has its only critical point at 1", sp.solve(sp.diff(gap, x), x)[0], sp.S.One)
    board.equal("where it is 0", gap.subs(x, 1), sp.S.Zero)
    board.true("and it is convex, so that KL >= 0", sp.diff(gap, x, 2).is_positive)


@cache
def prove_theorem_a1() -> Proof:
    """Chord of e^(-tx), independence, Donsker-Varadhan, Markov, t = 2 (1 - beta)."""
    board = Blackboard("exponential moment, change of measure, Markov's inequality")
    t, x = sp.symbols("t x", positive=True)
    board.true("e^(-tx) is convex in x, so at most its chord 1 - x (1 - e^(-t)) on [0, 1]",
               sp.diff(sp.exp(-t * x), x, 2).is_positive)  # fmt: skip
    chord = 1 - x * (1 - sp.exp(-t))
    board.equal("chord at 0", chord.subs(x, 0), sp.S.One)
    board.equal("chord at 1", chord.subs(x, 1), sp.exp(-t))
    write_exponential_inequality(board)
    write_change_of_measure(board)
    chosen = 2 * (1 - BETA)
    board.equal("t - t^2/2 at t = 2 (1 - beta)", chosen - chosen**2 / 2, 2 * BETA * (1 - BETA))
    board.equal("factor of the empirical loss: t / (t - t^2/2)", chosen / (chosen - chosen**2 / 2), 1 / BETA)
    _check_by_enumeration(board)
    return board.proof()


def _check_by_enumeration(board: Blackboard) -> None:
    """One hypothesis, Bernoulli(1/10) losses, n = 20, beta = 1/2: exact probabilities of failure."""
    mean, n, half = sp.Rational(1, 10), 20, sp.Rational(1, 2)

    def failure(delta: sp.Expr, factor: int) -> sp.Expr:
        bound = [sp.Rational(j, n) / half + sp.log(1 / delta) / (factor * half * half * n) for j in range(n + 1)]
        chance = [sp.binomial(n, j) * mean**j * (1 - mean) ** (n - j) for j in range(n + 1)]
        return sum((q for q, b in zip(chance, bound) if bool(mean > b)), sp.S.Zero)

    for delta in (sp.Rational(3, 50), sp.Rational(1, 5), sp.Rational(1, 2)):
        board.true(f"enumeration: the bound fails with probability <= delta = {delta}", failure(delta, 2) <= delta)
    delta = sp.Rational(3, 50)
    board.true("mutant 1/(6 beta (1-beta) n): fails with probability > delta", failure(delta, 6) > delta)


def prove_kl() -> Proof:
    """Proposition A.2, pair of coordinates by pair of coordinates, S = Sigma^(-1)."""
    board = Blackboard("mean of the log ratio under Q, for any pair of coordinates")
    xi, xj, yi, yj, cij = sp.symbols("x_i x_j y_i y_j c_ij", real=True)
    second = {"ij": yi * yj + cij}
    about_x = second["ij"] - xi * yj - xj * yi + xi * xj
    about_y = second["ij"] - yi * yj - yj * yi + yi * yj
    board.equal("E_Q[(z-X)_i (z-X)_j - (z-Y)_i (z-Y)_j]", about_x - about_y, (xi - yi) * (xj - yj))
    z, x, y = sp.symbols("z x y", real=True)
    log_ratio = sp.expand(((z - x) ** 2 - (z - y) ** 2) / (2 * SIGMA**2))
    board.equal("one dimension: the log of the densities' ratio is linear in z", sp.diff(log_ratio, z, 2), sp.S.Zero)
    board.equal("so its mean is its value at the mean y", log_ratio.subs(z, y), (x - y) ** 2 / (2 * SIGMA**2))
    return board.proof()
