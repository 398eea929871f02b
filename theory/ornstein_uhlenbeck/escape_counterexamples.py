"""Two processes d theta = -grad L dt + Sigma_t^{1/2} dW, smooth and starting at a minimum, where printed remarks fail.

Both are explicit functions of Brownian motion, so that no theorem about existence, support or explosion of diffusions
is needed. Source of the remarks: anisotropic, Definition 1 and the derivation of Eq. 11 (Eq. 22-26).

1. :func:`disprove_smoothness_suffices`. With B Brownian motion in space from a point at distance 1 of the origin and
   R = |B|, put theta_t = e^{-t} (1 - 1/R_t). L(theta) = theta^2/2, Sigma_t = e^{-2t} (1 - e^t theta)^4, theta_0 = 0.
   Then E L(theta_t) is finite while the right side of Eq. 11 is infinite, at every t > 0.
2. :func:`disprove_no_descent`. theta_t = g(W_t) with g' = 4 + cos 3w - 2 cos w, Sigma = g'^2 and L = -g'^2/4: a strict
   local minimum at the start, below which the process is with positive probability at every t > 0.
"""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

from theory.ornstein_uhlenbeck.escape_identity import ito
from theory.ornstein_uhlenbeck.spectral_calculus import T
from theory.proof import Blackboard, Proof

RADIUS = sp.Symbol("r", positive=True)
TIME = sp.Symbol("s", positive=True)
W = sp.Symbol("W", real=True)


@lru_cache
def disprove_smoothness_suffices() -> Proof:
    """L in C^infinity, convex, Sigma smooth: E L(theta_t) finite, the right side of Eq. 11 infinite, at every t > 0."""
    board = Blackboard("exact counterexample: the reciprocal of a three-dimensional Brownian distance")
    _write_bessel_process(board)
    _write_left_side_is_finite(board)
    _write_right_side_is_infinite(board)
    return board.proof()


def _write_bessel_process(board: Blackboard) -> None:
    """theta = e^{-t}(1 - 1/R) solves Eq. 9 with L = theta^2/2."""
    x = list(sp.symbols("x1:4", real=True))
    distance = sp.sqrt(sum(v**2 for v in x))
    drift, row = ito(1 - 1 / distance, x, sp.zeros(3, 1), sp.eye(3))
    board.equal("Y = 1 - 1/R has no drift", sp.simplify(drift), sp.S.Zero)
    # One Brownian motion drives Y, by Levy's characterisation; R > 0 at all times, almost surely.
    board.equal("d<Y> = (1 - Y)^4 dt", sp.simplify((row * row.T)[0]), sp.simplify(distance**-4))
    y, theta = sp.symbols("Y theta", real=True)
    board.equal("drift of theta = e^{-t} Y is -grad of theta^2/2", sp.diff(sp.exp(-T) * y, T), -sp.exp(-T) * y)
    sigma = sp.exp(-2 * T) * (1 - sp.exp(T) * theta) ** 4
    board.equal("Sigma_t(theta) is d<theta>/dt", sigma.subs(theta, sp.exp(-T) * y), sp.exp(-2 * T) * (1 - y) ** 4)
    board.equal("the start |B_0| = 1 is the minimum theta_0 = 0 of L", 1 - 1 / RADIUS.subs(RADIUS, 1), sp.S.Zero)
    board.equal("where the noise does not vanish: Sigma_0 = 1", sigma.subs({T: 0, theta: 0}), sp.S.One)


def _write_left_side_is_finite(board: Blackboard) -> None:
    """E R_s^{-2} <= K for all s, so E theta_s^2 and int_0^t E |grad L|^2 ds are finite."""
    # |B_s - B_0| >= 1/2 where |B_s| <= 1/2: the density there is at most (2 pi s)^{-3/2} e^{-1/(8s)}.
    height = (2 * sp.pi * TIME) ** sp.Rational(-3, 2) * sp.exp(-1 / (8 * TIME))
    slope = sp.simplify(sp.diff(sp.log(height), TIME))
    board.equal("that density bound is largest at s = 1/12", slope, (1 - 12 * TIME) / (8 * TIME**2))
    near = height.subs(TIME, sp.Rational(1, 12)) * sp.integrate(4 * sp.pi, (RADIUS, 0, sp.Rational(1, 2)))
    bound = 4 + near  # R^{-2} <= 4 where R >= 1/2
    board.true("E R^{-2} <= 4 + sup * int_0^{1/2} r^{-2} 4 pi r^2 dr < oo", bool(bound.is_finite), str(bound))
    board.nonnegative("(1 - 1/R)^2 <= 2 + 2 R^{-2}", 2 + 2 / RADIUS**2 - (1 - 1 / RADIUS) ** 2, {RADIUS: (0, sp.oo)})


def _write_right_side_is_infinite(board: Blackboard) -> None:
    """E Sigma_s = e^{-2s} E R_s^{-4} = oo at every s > 0, because the density of B_s is positive around the origin."""
    # |B_s - B_0| <= 3/2 where |B_s| <= 1/2: the density there is at least (2 pi s)^{-3/2} e^{-9/(8s)} > 0.
    height = (2 * sp.pi * TIME) ** sp.Rational(-3, 2) * sp.exp(-sp.Rational(9, 8) / TIME)
    board.true("density near the origin at least", bool(height.is_positive), str(height))
    low = sp.Symbol("epsilon", positive=True)
    inner = sp.integrate(RADIUS**-4 * 4 * sp.pi * RADIUS**2, (RADIUS, low, sp.Rational(1, 2)))
    limit = sp.limit(inner, low, 0, "+")
    board.true("int r^{-4} 4 pi r^2 dr diverges at 0, so E R^{-4} = oo", bool(limit == sp.oo), f"{inner} -> {limit}")


def disprove_no_descent() -> Proof:
    """A strict local minimum: P(L(theta_t) < L(theta_0)) > 0 at every t > 0."""
    board = Blackboard("exact counterexample: a smooth function of Brownian motion")
    rate = 4 + sp.cos(3 * W) - 2 * sp.cos(W)  # g'
    loss = -(rate**2) / 4  # L(theta), written through W; Sigma(theta) = (g')^2
    c = sp.Symbol("c", real=True)  # cos W
    cubic = sp.expand(sp.expand_trig(rate)).subs(sp.cos(W), c)
    interval = sp.Interval(-1, 1)
    least = sp.calculus.util.minimum(cubic, c, interval)
    board.true("g' > 1 everywhere, so theta = g(W) is a smooth coordinate", least > 1, str(least))
    slope = sp.diff(loss, W) / rate  # dL/dtheta
    board.equal("drift g''/2 is -dL/dtheta, as in Eq. 9", sp.diff(rate, W) / 2, sp.simplify(-slope))
    curvature = sp.diff(slope, W) / rate
    board.equal("the start W = 0 is critical", slope.subs(W, 0), sp.S.Zero)
    board.true("and a strict local minimum", curvature.subs(W, 0) > 0, f"L'' = {curvature.subs(W, 0)}")
    start = rate.subs(W, 0)
    # L < L(theta_0) exactly where g' > g'(0); cos W lies in [-1, -1/2] where |W - pi| <= pi/3.
    lowest = sp.calculus.util.minimum(cubic, c, sp.Interval(-1, -sp.Rational(1, 2)))
    board.true("L(theta) < L(theta_0) where |W - pi| <= pi/3", lowest > start, f"g' >= {lowest} > {start}")
    chance = descent_probability(T)
    # erf is strictly increasing, and 4 pi/3 > 2 pi/3.
    derivative = sp.diff(sp.erf(TIME), TIME)
    board.true("P(|W_t - pi| <= pi/3) > 0 at every t > 0", bool(derivative.is_positive), str(chance))
    return board.proof()


def descent_probability(t: sp.Expr) -> sp.Expr:
    """P(|W_t - pi| <= pi/3), a lower bound of P(L(theta_t) < L(theta_0)) in the second counterexample.

    Examples
    --------
    >>> round(float(descent_probability(sp.Integer(4))), 4)
    0.1294
    """
    root = sp.sqrt(2 * t)
    return (sp.erf(4 * sp.pi / 3 / root) - sp.erf(2 * sp.pi / 3 / root)) / 2
