"""A PAC-Bayes bound with the constants of the paper, and the expected sharpness of a Gaussian posterior.

Source: antipgd, Theorem 2.2 and Eq. 8. Proof: Hoeffding's lemma, the variational formula of the Kullback-Leibler
divergence, Markov's inequality, for losses whose range is at most 2.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.proof import Blackboard, Proof
from theory.smoothing import moments as mo
from theory.smoothing.expansion import _contraction, prove_gaussian_average
from theory.smoothing.moments import NOISE, SIGMA, X

LAM, M, WIDTH = sp.symbols("lambda M c", positive=True)


@cache
def prove_bound() -> Proof:
    """Theorem 2.2 for a loss with values in an interval of length 2 and a prior that does not depend on the data."""
    board = Blackboard("Hoeffding's lemma, variational formula, Markov's inequality")
    p, s = sp.symbols("p s", positive=True)
    phi = -p * s + sp.log(1 - p + p * sp.exp(s))
    tilt = p * sp.exp(s) / (1 - p + p * sp.exp(s))
    x = sp.Symbol("x", real=True)
    board.true("exp is convex: e^(s x) <= 1 - x + x e^s on [0, 1], two values are the worst case",
               sp.exp(x).diff(x, 2).is_positive)  # fmt: skip
    board.equal("Hoeffding: phi(0) = 0", phi.subs(s, 0), sp.S.Zero)
    board.equal("phi'(0) = 0", sp.simplify(phi.diff(s).subs(s, 0)), sp.S.Zero)
    board.equal("phi'' = t (1 - t)", sp.simplify(phi.diff(s, 2) - tilt * (1 - tilt)), sp.S.Zero)
    t = sp.Symbol("t", real=True)
    board.equal("t (1 - t) = 1/4 - (t - 1/2)^2", t * (1 - t), sp.Rational(1, 4) - (t - sp.Rational(1, 2)) ** 2)
    exponent = M * (LAM * WIDTH / M) ** 2 / 8
    board.equal("M samples of range c: exponent lambda^2 c^2 / (8 M)", exponent, LAM**2 * WIDTH**2 / (8 * M))
    board.equal("over lambda, at c = 2", exponent.subs(WIDTH, 2) / LAM, LAM / (2 * M))
    prior, post = sp.symbols("p1:4", positive=True), sp.symbols("q1:4", positive=True)
    f = sp.symbols("f1:4", real=True)
    z = sum(a * sp.exp(x) for a, x in zip(prior, f))
    divergence = sum(b * (sp.log(b) - sp.log(a)) for a, b in zip(prior, post))
    tilted = sum(b * (sp.log(b) - (sp.log(a) + x - sp.log(z))) for a, b, x in zip(prior, post, f))
    gap = divergence + sp.log(z) * sum(post) - sum(b * x for b, x in zip(post, f))
    board.equal("KL + log E_P e^f - E_Q f = KL(Q | tilted P)", sp.expand(gap - tilted), sp.S.Zero)
    x = sp.Symbol("x", positive=True)
    rate = x * sp.log(x) - x + 1  # its mean under P at x = Q/P is KL(Q | P)
    board.equal("KL >= 0: x log x - x + 1 vanishes at 1", rate.subs(x, 1), sp.S.Zero)
    board.equal("with zero slope there", rate.diff(x).subs(x, 1), sp.S.Zero)
    board.true("and is convex", rate.diff(x, 2).is_positive)
    delta = sp.Symbol("delta", positive=True)
    board.equal("Markov: P(Z > 1/delta) <= delta for E Z <= 1", sp.log(1 / delta), -sp.log(delta))
    return board.proof()


@cache
def refute_bound() -> Proof:
    """One parameter (KL = 0), loss 10 or 0 with probability 1/2, M = lambda = 1, delta = 1/4: fails half the time."""
    board = Blackboard("exact example")
    true, seen = sp.Integer(5), sp.S.Zero
    right = seen + sp.Rational(1, 2) + sp.log(4)
    board.true("with the sample 0 the bound fails", true > right, f"5 > {sp.N(right, 6)}")
    board.true("which has probability 1/2 > delta", sp.Rational(1, 2) > sp.Rational(1, 4))
    board.true("at lambda = 0 the right side has no value", (1 / LAM).subs(LAM, 0) == sp.zoo)
    return board.proof()


@cache
def prove_sharpness() -> Proof:
    """E L(w + s xi) - L(w) = s^2/2 Tr Hessian L(w) + O(s^4) for Gaussian xi, at every w."""
    board = Blackboard("Taylor terms and the exact series for Gaussian noise")
    first, second = _contraction(1), _contraction(2) / 2
    board.equal("the linear term averages out", mo.expect(first, NOISE, mo.gaussian), sp.S.Zero)
    third = mo.expect(_contraction(3), NOISE, mo.gaussian)
    board.equal("so does the third", third, sp.S.Zero)
    average = mo.expect(second, NOISE, mo.gaussian)
    board.true("the quadratic term is of order s^2", sp.degree(average, SIGMA) == 2)
    board.include(prove_gaussian_average())
    quartic = mo.mean_of_shift(mo.QUARTIC, mo.gaussian) - mo.QUARTIC
    rest = sp.expand(quartic - SIGMA**2 / 2 * mo.laplacian(mo.QUARTIC))
    board.equal("what is left on a quartic has sigma^4 only", rest, rest.coeff(SIGMA, 4) * SIGMA**4)
    board.true("and no z for a quartic", not rest.has(X))
    return board.proof()
