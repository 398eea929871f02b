"""The Anti-PGD step in z = w - xi: change of variables, Taylor expansion, conditional mean, exact averages.

An identity between linear differential operators with constant coefficients holds for every smooth function when it
holds for exp(a . z) with symbolic a; that is how identities for all losses are shown.

Source: antipgd, Eq. 1-6, 19-21, and the slides. The exact averages for Gaussian and Rademacher noise are ours.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.proof import Blackboard, Proof
from theory.smoothing import moments as mo
from theory.smoothing.moments import ETA, NOISE, SIGMA, X, Y

A = sp.symbols("a1 a2 a3", real=True)
Z = sp.symbols("z1 z2 z3", real=True)
WAVE = sp.exp(sum(a * z for a, z in zip(A, Z)))
S = sp.Symbol("t", real=True)


def _along() -> sp.Expr:
    """The first partial derivative of the wave along the segment from z to z + xi."""
    return sp.diff(WAVE, Z[0]).subs({z: z + S * x for z, x in zip(Z, NOISE)}, simultaneous=True)


def _contraction(order: int) -> sp.Expr:
    """sum over j, k, ... of d_1 d_j d_k ... (wave) xi_j xi_k ..., by differentiating."""
    found = sp.diff(WAVE, Z[0])
    for _ in range(order):
        found = sum(sp.diff(found, z) * x for z, x in zip(Z, NOISE))
    return found


@cache
def prove_change_of_variables() -> Proof:
    """z_n = w_n - xi_n turns Eq. 2 into Eq. 3, whatever the gradient is."""
    board = Blackboard("substitution")
    w, old, new = sp.symbols("w_n xi_n xi_new", real=True)
    gradient = sp.Function("g")
    w_next = w - ETA * gradient(w) + (new - old)
    z = sp.Symbol("z_n", real=True)
    board.equal("w' - xi' = z - eta g(z + xi)", (w_next - new).subs(w, z + old), z - ETA * gradient(z + old))
    return board.proof()


@cache
def prove_anticorrelation() -> Proof:
    """E[(xi_{n+1} - xi_n)(xi_n - xi_{n-1})] = -sigma^2 on the diagonal, 0 off it."""
    board = Blackboard("expectation of a polynomial in independent variables")
    a, b, c = sp.symbols("xi_a xi_b xi_c", real=True)
    board.equal("same coordinate", mo.expect((c - b) * (b - a), (a, b, c), mo.centred) / (2 * SIGMA**2), -sp.S.Half)
    other = sp.symbols("zeta_a zeta_b zeta_c", real=True)
    mixed = mo.expect((c - b) * (other[1] - other[0]), (a, b, c, *other), mo.centred)
    board.equal("two coordinates", mixed, sp.S.Zero)
    board.equal("variance of an increment", mo.expect((c - b) ** 2, (b, c), mo.centred), 2 * SIGMA**2)
    return board.proof()


@cache
def prove_taylor() -> Proof:
    """Eq. 4 with remainder: eta/6 times the largest Frobenius norm of (d_ijkl L)_jkl on the segment, times |xi|^3."""
    board = Blackboard("Taylor expansion with integral remainder, identities on exp(a.z)")
    phi = sp.Function("phi")(S)
    partial = phi + (1 - S) * phi.diff(S) + (1 - S) ** 2 / 2 * phi.diff(S, 2)
    board.equal("phi(1) - phi(0) - phi'(0) - phi''(0)/2 = int (1-t)^2/2 phi''' dt, integrand",
                partial.diff(S).doit(), (1 - S) ** 2 / 2 * phi.diff(S, 3))  # fmt: skip
    along = _along()
    for order in (1, 2, 3):
        derived = sp.diff(along, S, order).subs(S, 0)
        board.equal(f"derivative {order} along the segment is the contraction with xi", derived, _contraction(order))
    board.equal("weight of the remainder", sp.integrate((1 - S) ** 2 / 2, (S, 0, 1)), sp.Rational(1, 6))
    x = sp.symbols("x1 x2", real=True)
    cube = [a * b * c for a in x for b in x for c in x]
    board.equal("|xi (x) xi (x) xi|^2 = |xi|^6", sum(t**2 for t in cube), (x[0] ** 2 + x[1] ** 2) ** 3)
    d = sp.symbols("D1:9", real=True)
    gap = sum(a**2 for a in d) * sum(t**2 for t in cube) - sum(a * t for a, t in zip(d, cube)) ** 2
    squares = sum((d[i] * cube[j] - d[j] * cube[i]) ** 2 for i in range(8) for j in range(i))
    board.equal("Cauchy-Schwarz: the gap is a sum of squares", gap, squares)
    return board.proof()


@cache
def prove_conditional_mean() -> Proof:
    """Eq. 5-6 for xi_n independent of z_n: the linear term averages out, the quadratic one gives sigma^2/2 grad Tr."""
    board = Blackboard("expectation of the Taylor terms, identities on exp(a.z)")
    board.include(prove_taylor())
    linear, quadratic = _contraction(1), _contraction(2) / 2
    board.equal("E of the linear term", mo.expect(linear, NOISE, mo.centred), sp.S.Zero)
    trace = sum(sp.diff(WAVE, z, 2) for z in Z)
    board.equal("E of the quadratic term", mo.expect(quadratic, NOISE, mo.centred), SIGMA**2 / 2 * sp.diff(trace, Z[0]))
    exact = mo.mean_of_shift(sp.diff(mo.CUBIC, X), mo.centred)
    board.equal("no remainder for a cubic loss", exact, sp.diff(mo.modified(mo.CUBIC), X))
    return board.proof()


@cache
def refute_first_step() -> Proof:
    """w_0 given, L = w^2 / 2: z_0 tells xi_0, and E[z_1 | z_0] misses Eq. 5 by eta xi_0, an error of order sigma."""
    board = Blackboard("exact example")
    w0, xi = sp.symbols("w0 xi0", real=True)
    z0 = w0 - xi
    z1 = z0 - ETA * w0  # gradient at w_0 itself; a function of z_0, since xi_0 = w_0 - z_0
    claimed = z0 - ETA * z0
    board.equal("error of Eq. 5 given z_0", z1 - claimed, -ETA * xi)
    ratio = (ETA * SIGMA) / (ETA * SIGMA**3)
    board.equal("|error| / (eta E|xi|^3) for +-sigma", ratio, SIGMA**-2)
    board.true("it is unbounded as sigma -> 0", sp.limit(ratio, SIGMA, 0) == sp.oo)
    return board.proof()


def gaussian_series(value: sp.Expr, top: int) -> sp.Expr:
    """sum_{k <= top} (sigma^2/2)^k Laplacian^k L / k!, the average over Gaussian noise."""
    total, current = value, value
    for k in range(1, top + 1):
        current = mo.laplacian(current) * SIGMA**2 / 2 / k
        total = total + current
    return sp.expand(total)


def rademacher_series(value: sp.Expr, top: int) -> sp.Expr:
    """prod_j cosh(sigma d_j) L to the powers 2 top of sigma a coordinate, the average over +-sigma."""
    for z in (X, Y):
        value = sum(SIGMA ** (2 * k) * sp.diff(value, z, 2 * k) / sp.factorial(2 * k) for k in range(top + 1))
    return sp.expand(value)


def sextic() -> sp.Expr:
    """The general polynomial of degree 6 in (z1, z2)."""
    coefficients = iter(sp.symbols("c0:28", real=True))
    return sum(next(coefficients) * X**i * Y**j for i in range(7) for j in range(7 - i))


@cache
def prove_gaussian_average() -> Proof:
    """E L(z + xi) = exp(sigma^2 Laplacian / 2) L for every polynomial of degree 6 in two variables."""
    board = Blackboard("expectation of the general polynomial of degree 6")
    loss = sextic()
    board.equal("average = series", mo.mean_of_shift(loss, mo.gaussian), gaussian_series(loss, 3))
    board.equal("it starts with the modified loss", gaussian_series(loss, 1), mo.modified(loss))
    a = sp.Symbol("a", real=True)
    k = sp.Symbol("k", integer=True, nonnegative=True)
    series = sp.summation((SIGMA**2 * a**2 / 2) ** k / sp.factorial(k), (k, 0, sp.oo))
    density = sp.exp(-(S**2) / (2 * SIGMA**2)) / (SIGMA * sp.sqrt(2 * sp.pi))
    average = sp.simplify(sp.integrate(sp.exp(a * S) * density, (S, -sp.oo, sp.oo)))
    board.equal("on exp(a z): E exp(a xi) is the whole series", average, series)
    return board.proof()


@cache
def prove_rademacher_average() -> Proof:
    """E L(z + xi) = prod_j cosh(sigma d_j) L for every polynomial of degree 6 in two variables."""
    board = Blackboard("enumeration of the signs on the general polynomial of degree 6")
    loss = sextic()
    board.equal("average = series", mo.mean_of_shift(loss, mo.rademacher), rademacher_series(loss, 3))
    a = sp.Symbol("a", real=True)
    both = (sp.exp(a * SIGMA) + sp.exp(-a * SIGMA)) / 2
    board.equal("on exp(a z): both signs", both.rewrite(sp.cosh), sp.cosh(a * SIGMA).rewrite(sp.exp).rewrite(sp.cosh))
    return board.proof()


@cache
def refute_eq19() -> Proof:
    """L in place of the modified loss: on L = z^4/4 at z = 1 the error is 3 eta sigma^2, not of order E|xi|^3."""
    board = Blackboard("exact example")
    loss = X**4 / 4
    mean = X - ETA * mo.mean_of_shift(sp.diff(loss, X), mo.rademacher)
    error = sp.expand(mean - (X - ETA * sp.diff(loss, X))).subs(X, 1)
    board.equal("error of Eq. 19 at z = 1", error, -3 * ETA * SIGMA**2)
    board.true("error / (eta sigma^3) is unbounded", sp.limit(-error / (ETA * SIGMA**3), SIGMA, 0) == sp.oo)
    return board.proof()


@cache
def prove_pgd_step() -> Proof:
    """PGD: E[w' | w] = w - eta grad L(w), Var[w'_i | w] = sigma^2, for xi_{n+1} independent of w_n."""
    board = Blackboard("moments of one step")
    w, g, xi = sp.symbols("w g xi", real=True)
    step = w - ETA * g + xi
    mean = mo.expect(step, (xi,), mo.centred)
    board.equal("mean", mean, w - ETA * g)
    board.equal("variance", mo.expect(step**2, (xi,), mo.centred) - mean**2, SIGMA**2)
    return board.proof()


@cache
def refute_eq22() -> Proof:
    """L = w^2 / 2: the step is (1 - eta) w + xi, Eq. 22 says (1 - eta) w - eta + xi."""
    board = Blackboard("exact example")
    w, xi = sp.symbols("w xi", real=True)
    loss = w**2 / 2
    first, second, third = (sp.diff(loss, w, n) for n in (1, 2, 3))
    step = w - ETA * first + xi
    board.equal("Eq. 22 exceeds the step by", (w - ETA * first - ETA * second - ETA / 2 * third + xi) - step, -ETA)
    return board.proof()


@cache
def refute_slides_variance() -> Proof:
    """sigma/2 for sigma^2/2: on L = z^3/6 the average gradient is z^2/2 + sigma^2/2."""
    board = Blackboard("exact example")
    loss = X**3 / 6
    mean = mo.mean_of_shift(sp.diff(loss, X), mo.gaussian).subs(SIGMA, 2)
    printed = sp.diff(loss + SIGMA / 2 * mo.laplacian(loss), X).subs(SIGMA, 2)
    board.differ("sigma = 2, z = 0", mean.subs(X, 0), printed.subs(X, 0))
    return board.proof()


@cache
def refute_slides_variable() -> Proof:
    """In w itself zeta has mean eta sigma^2/2 E grad Tr Hessian L(w): as large as the regulariser, not a remainder."""
    board = Blackboard("exact example")
    loss, xi = X**4 / 24, NOISE[0]
    gradient = sp.diff(loss, X)
    drift = -ETA * mo.mean_of_shift(gradient, mo.gaussian)  # E[w_2 - w_1] for w_1 = z_1 + sigma xi, z_1 given
    claimed = -ETA * mo.mean_of_shift(sp.diff(mo.modified(loss), X), mo.gaussian)
    board.equal("E zeta", drift - claimed, ETA * SIGMA**2 / 2 * mo.expect(X + xi, (xi,), mo.gaussian))
    regulariser = ETA * sp.diff(mo.modified(loss) - loss, X)
    board.equal("the regulariser's own mean step at z_1", regulariser, ETA * SIGMA**2 / 2 * X)
    return board.proof()


@cache
def prove_noise_stays() -> Proof:
    """E(w_n)_j^2 = E(z_n)_j^2 + sigma^2 for each coordinate: z_n only knows the noise before xi_n (Eq. 3)."""
    board = Blackboard("second moment of a sum of independent variables")
    board.include(prove_change_of_variables())
    z, xi = sp.symbols("z xi", real=True)
    board.equal("E(z + xi)^2 given z", mo.expect((z + xi) ** 2, (xi,), mo.centred), z**2 + SIGMA**2)
    board.true("z^2 >= 0", (z**2).is_nonnegative)
    return board.proof()


@cache
def refute_goes_to_zero() -> Proof:
    """d sigma^2 is a positive constant, which does not depend on n."""
    board = Blackboard("lower bound")
    board.include(prove_noise_stays())
    d = sp.Symbol("d", positive=True, integer=True)
    board.true("d sigma^2 > 0", (d * SIGMA**2).is_positive)
    return board.proof()
