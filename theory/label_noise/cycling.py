"""The example of Appendix F.2: thirteen functions on which minibatch SGD moves round the circle x^2 + y^2 = 1."""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

from theory.proof import Blackboard, Proof

X, Y, ETA = sp.symbols("x y eta", real=True)
Z = sp.symbols("z1:5", real=True)
VARIABLES = (X, Y, *Z)
MODELS: tuple[sp.Expr, ...] = (
    (1 - Y) * Z[0] - 1, (1 - Y) * Z[0] + 1, (1 + Y) * Z[1] - 1, (1 + Y) * Z[1] + 1,
    (1 - X) * Z[2] - 1, (1 - X) * Z[2] + 1, (1 + X) * Z[3] - 1, (1 + X) * Z[3] + 1,
    (1 - X) * Z[0], (1 + X) * Z[1], (1 + Y) * Z[2], (1 - Y) * Z[3],
    X**2 + Y**2 - 1,
)  # fmt: skip
COUNT = len(MODELS)
CIRCLE = dict.fromkeys(Z, sp.S.Zero)


def loss() -> sp.Expr:
    """Mean of f_i^2/2."""
    return sum(f**2 for f in MODELS) / (2 * COUNT)


@lru_cache(maxsize=1)
def stiffness() -> tuple[sp.Expr, ...]:
    """Second derivatives of the loss along z_1..z_4, on z = 0."""
    return tuple(sp.expand(sp.diff(loss(), z, 2).subs(CIRCLE)) for z in Z)


@lru_cache(maxsize=1)
def variances() -> tuple[sp.Expr, ...]:
    """Exact stationary E z_i^2 of minibatch SGD, one sample a step, at a fixed (x, y): each step is affine in z_i."""
    found = []
    for z in Z:
        before = sp.Symbol("S")
        after = sp.S.Zero
        for f in MODELS:
            step = sp.expand(z - ETA * sp.diff(f**2 / 2, z).subs({w: 0 for w in Z if w != z}))
            square = sp.Poly(sp.expand(step**2), z)
            after += square.coeff_monomial(z**2) * before + square.coeff_monomial(1)
        system = sp.Poly(sp.expand(after / COUNT - before), before)
        slope, source = system.coeff_monomial(before), system.coeff_monomial(1)
        found.append(sp.S.Zero if source == 0 else sp.factor(-source / slope))
    return tuple(found)


@lru_cache(maxsize=1)
def drift() -> sp.Expr:
    """Tangential drift a step, over eta^2, to leading order: -(1/2) sum_i (S_i/eta) times the derivative of H_i."""
    leading = [sp.limit(s / ETA, ETA, 0) if s != 0 else s for s in variances()]
    along = [-Y * sp.diff(h, X) + X * sp.diff(h, Y) for h in stiffness()]
    return sp.factor(-sum(s * a for s, a in zip(leading, along)) / 2)


def prove_entry() -> Proof:
    """The Hessian entry of z_1 is ((1 - x)^2 + 2 (1 - y)^2)/13."""
    board = Blackboard("differentiation")
    entry = sp.diff(loss(), Z[0], 2)
    board.equal("entry", sp.expand(entry * COUNT), sp.expand((1 - X) ** 2 + 2 * (1 - Y) ** 2))
    board.equal("its derivative by y at (1, 0)", sp.diff(entry, Y).subs({X: 1, Y: 0}), sp.Rational(-4, COUNT))
    return board.proof()


def prove_uncoupled() -> Proof:
    """On z = 0 the Hessian has no entry between z and (x, y), nor between different z."""
    board = Blackboard("differentiation")
    hessian = sp.hessian(loss(), VARIABLES).subs(CIRCLE)
    for i in range(2, 6):
        for j in range(i):
            board.equal(f"entry {VARIABLES[i]} {VARIABLES[j]}", sp.expand(hessian[i, j]), sp.S.Zero)
    return board.proof()


def at_start() -> tuple[sp.Expr, ...]:
    """Exact stationary variances of z at (x, y) = (1, 0)."""
    return tuple(sp.simplify(s.subs({X: 1, Y: 0})) for s in variances())


def prove_variances() -> Proof:
    """At (1, 0): S = eta/(2 - eta), 2 eta/(12 - 18 eta), 0, 8 eta/(18 - 33 eta)."""
    board = Blackboard("second-moment recursion of each z, one sample a step")
    expected = (ETA / (2 - ETA), 2 * ETA / (12 - 18 * ETA), sp.S.Zero, 8 * ETA / (18 - 33 * ETA))
    for index, (found, shown) in enumerate(zip(at_start(), expected), start=1):
        board.equal(f"z_{index}", found, shown)
    return board.proof()


def refute_only_first() -> Proof:
    """At (1, 0) the functions f_3, f_4 and f_7, f_8 have gradients of mean 0 but not 0 along z_2 and z_4."""
    board = Blackboard("gradients of single samples at (1, 0, 0, 0, 0, 0)")
    at = {**CIRCLE, X: 1, Y: 0}
    for index, z in ((2, Z[1]), (6, Z[3])):
        pair = [sp.diff(MODELS[i] ** 2 / 2, z).subs(at) for i in (index, index + 1)]
        board.equal(f"f_{index + 1}, f_{index + 2} along {z}: mean", pair[0] + pair[1], sp.S.Zero)
        board.differ(f"f_{index + 1} along {z}", pair[0], sp.S.Zero)
    return board.proof()


def prove_direction() -> Proof:
    """The tangential drift is positive (counter-clockwise) all round the circle, by x = (1 - t^2)/(1 + t^2)."""
    board = Blackboard("rational parametrisation of the circle, Sturm's count of real roots")
    t = sp.Symbol("t", real=True)
    value = drift().subs({X: (1 - t**2) / (1 + t**2), Y: 2 * t / (1 + t**2)}, simultaneous=True)
    top, bottom = sp.fraction(sp.cancel(sp.together(value)))
    for name, part in (("numerator", top), ("denominator", bottom)):
        board.equal(f"real roots of the {name}", sp.Integer(sp.Poly(part, t).count_roots()), sp.S.Zero)
    start = value.subs(t, 0)
    board.equal("at (1, 0)", start, sp.Rational(10, 117))
    board.true("positive there", start > 0)
    turned = drift().subs({X: -Y, Y: X}, simultaneous=True)
    board.equal("same after a quarter turn", sp.cancel(sp.together(turned - drift())), sp.S.Zero)
    return board.proof()


def prove_period(pieces: int = 100) -> Proof:
    """79 < int dphi/D < 80: four equal quarters, t = tan(phi/2) in [0, 1], midpoint sums with a certified error."""
    board = Blackboard("quadrature of a rational function with a certified bound of its derivative")
    t = sp.Symbol("t", real=True)
    value = drift().subs({X: (1 - t**2) / (1 + t**2), Y: 2 * t / (1 + t**2)}, simultaneous=True)
    integrand = sp.cancel(sp.together(2 / ((1 + t**2) * value)))
    slope = sp.cancel(sp.diff(integrand, t))
    top, bottom = sp.fraction(slope)
    bound = sp.Integer(40)
    for sign in (1, -1):
        roots = sp.Poly(sp.expand(bound * bottom - sign * top), t).count_roots(0, 1)
        board.equal(f"the slope never reaches {sign * bound} on [0, 1]", sp.Integer(roots), sp.S.Zero)
    board.true("and is below at 0", abs(slope.subs(t, 0)) < bound)
    function = sp.lambdify(t, integrand, "math")
    middle = 4 * sum(function(sp.Rational(2 * k + 1, 2 * pieces)) for k in range(pieces)) / pieces
    error = 4 * bound / sp.Integer(4 * pieces)  # |f - f(mid)| <= bound h/2, its mean over a piece bound h/4
    board.true("79 < sum - error", middle - error > 79, f"{sp.N(middle, 6)} - {error}")
    board.true("sum + error < 80", middle + error < 80, f"{sp.N(middle, 6)} + {error}")
    return board.proof()
