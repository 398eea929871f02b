"""What Assumption 1 and ell = ell_f^2 give: curvature of the square loss, Taylor expansions, the descent lemma.

Source: labelnoise, Section 2.1, Appendix A, Eq. 82-86 and 101; the counterexamples are ours.
"""

from __future__ import annotations

import sympy as sp

from theory.label_noise import gauss_newton as gn
from theory.proof import Blackboard, Proof


def prove_descent_constant() -> Proof:
    """|Hessian of L| <= ell + rho_f sqrt(2 L), and a Hessian of at most K on the step costs K |step|^2/2."""
    board = Blackboard("Gauss-Newton split, Cauchy-Schwarz, integral along the step")
    for part in (gn.prove_split(), gn.prove_average_bound(), gn.prove_cauchy()):
        board.include(part)
    t, bound = sp.symbols("t K", positive=True)
    board.equal("int_0^1 (1 - t) K dt", sp.integrate((1 - t) * bound, (t, 0, 1)), bound / 2)
    return board.proof()


def refute_descent_constant() -> Proof:
    """n = 1, f - y = s + sin(theta), ell_f = 1, from sin(theta) = -s/4 with eta < 1/3: L'' > ell_f^2 on the whole step.

    L = 9 s^2/32 at the start, as small as one likes. Without R, Taylor's formula puts L(theta') above the printed
    bound; by continuity it stays above for small lambda.
    """
    board = Blackboard("exact counterexample n = 1, f - y = s + sin(theta), sin(theta) = -s/4, eta < 1/3, 0 < s < 1")
    theta, s, r, q = sp.symbols("theta s r q", positive=True)
    model = s + sp.sin(theta)
    second = sp.diff(model**2 / 2, theta, 2)
    sine = sp.sin(theta)
    board.equal("L'' - ell_f^2 = -sin (s + 2 sin)", sp.expand(second - 1).subs(sp.cos(theta) ** 2, 1 - sine**2),
                -sine * (s + 2 * sine))  # fmt: skip
    unit = (sp.S.Zero, sp.S.One)
    board.nonnegative("it is positive for sin = -s r, 0 < r < 1/2", s * r * (s - 2 * s * r),
                      {s: unit, r: (sp.S.Zero, sp.Rational(1, 2))}, strict=True)  # fmt: skip
    slope = s - s / 4  # |L'| <= f - y, as |cos| <= 1; downhill is towards smaller sines
    board.nonnegative("a step eta |L'|, eta = q/3, moves the sine by less than s/4", s / 4 - q / 3 * slope,
                      {s: unit, q: unit}, strict=True)  # fmt: skip
    board.equal("L at the start", (s - s / 4) ** 2 / 2, 9 * s**2 / 32)
    return board.proof()


def prove_taylor() -> Proof:
    """Derivatives of L to third order in those of f; a Lipschitz third derivative leaves K |x|^4/24 or less of f."""
    board = Blackboard("product rule; integral remainder")
    board.include(gn.prove_third_derivative())
    t, bound, size = sp.symbols("t K x", positive=True)
    rest = sp.integrate((1 - t) ** 2 / 2 * bound * t * size * size**3, (t, 0, 1))
    board.equal("int_0^1 (1 - t)^2/2 K t |x|^4 dt", rest, bound * size**4 / 24)
    return board.proof()


def refute_taylor() -> Proof:
    """f - y = 1 + |theta|^3/6 near 0: the Hessian |theta| is 1-Lipschitz, but the gradient is theta |theta|/2 + ..."""
    board = Blackboard("exact counterexample n = 1, f - y = 1 + |theta|^3/6 near theta = 0")
    x, eta = sp.symbols("theta eta", positive=True)
    branches = {"right": (1 + x**3 / 6, sp.S.One), "left": (1 + x**3 / 6, -sp.S.One)}  # both in x = |theta|
    slopes = {side: sign * sp.diff(f**2 / 2, x) for side, (f, sign) in branches.items()}
    quadratic = {side: sp.series(slope, x, 0, 3).removeO().coeff(x, 2) for side, slope in slopes.items()}
    board.differ("coefficients of |theta|^2 in grad L on both sides of 0", quadratic["right"], quadratic["left"])
    hessian = sp.diff((1 + x**3 / 6) ** 2 / 2, x, 2)
    outward = sp.limit(sp.diff(-sp.log(1 - eta * hessian / 2) / (2 * eta), x), x, 0, "+")
    board.equal("slope of R away from 0", outward, sp.Rational(1, 4))
    board.differ("slopes of R on both sides: R has no gradient at 0", outward, -outward)
    return board.proof()
