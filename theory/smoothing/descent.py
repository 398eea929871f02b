"""Convergence of the regularised gradient: which steps of the printed proof fail, and a theorem that holds.

The theorem proved here, for d coordinates, third-order partial derivatives of L that are beta-Lipschitz, a gradient of
L that is l-Lipschitz, noise of mean 0 and covariance sigma^2 I independent of z_n, B = l + sigma^2 d^2 beta / 2,
eta <= 1/B:  mean_n E|grad Lmod(z_n)|^2 <= 2 (Lmod(z_0) - inf Lmod) / (eta N) + rho^2 + eta B l^2 d sigma^2,
rho = beta d^3 sigma^3 / 6 for +-sigma noise, beta d^(3/2) E|xi|^3 / 6 in general.

Source: antipgd, Theorem 2.1 and Appendix B (Eq. 25-29). The corrected theorem is ours.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.proof import Blackboard, Proof
from theory.smoothing import moments as mo
from theory.smoothing.expansion import prove_conditional_mean
from theory.smoothing.moments import ETA, NOISE, SIGMA, X

BETA, LIPSCHITZ, GAP, EPS = sp.symbols("beta l Delta epsilon", positive=True)
DIM, STEPS = sp.symbols("d N", positive=True, integer=True)
T = sp.Symbol("t", positive=True)
HALF = sp.Rational(1, 2)


def smoothness() -> sp.Expr:
    """Lipschitz constant B of the regularised gradient."""
    return LIPSCHITZ + SIGMA**2 * DIM**2 * BETA / 2


def bias() -> sp.Expr:
    """Largest norm rho of E grad L(z + xi) - grad Lmod(z), for +-sigma noise."""
    return BETA * DIM**3 * SIGMA**3 / 6


def bound() -> sp.Expr:
    """Right side of the corrected Eq. 28.

    Examples
    --------
    >>> bound().subs(SIGMA, 0)
    2*Delta/(N*eta)
    """
    return 2 * GAP / (ETA * STEPS) + bias() ** 2 + ETA * smoothness() * LIPSCHITZ**2 * DIM * SIGMA**2


def _one_step(board: Blackboard) -> None:
    """E Lmod(z') <= Lmod(z) - eta/2 |g|^2 + eta/2 |r|^2 + B eta^2 V / 2 for eta B <= 1."""
    b, v = sp.symbols("B V", positive=True)
    g, r = sp.symbols("g1:3", real=True), sp.symbols("r1:3", real=True)
    inner = sum(x * (x + y) for x, y in zip(g, r))
    g2, r2 = sum(x**2 for x in g), sum(y**2 for y in r)
    both = sum((x + y) ** 2 for x, y in zip(g, r))
    upper = -ETA * inner + b * ETA**2 / 2 * (both + v)
    claimed = -ETA / 2 * g2 + ETA / 2 * r2 + b * ETA**2 * v / 2
    board.equal("claimed - smoothness bound = eta (1 - eta B) |g + r|^2 / 2", claimed - upper,
                ETA * (1 - ETA * b) * both / 2)  # fmt: skip
    share = sp.Symbol("s", nonnegative=True)  # s = 1 - eta B
    board.true("which is nonnegative", (ETA * share * sp.Symbol("q", nonnegative=True) / 2).is_nonnegative)


@cache
def prove_constants() -> Proof:
    """rho, B and the moments of the noise."""
    board = Blackboard("bounds by Lipschitz constants")
    board.equal("weight of B |s|^2 in the smoothness bound", sp.integrate(1 - T, (T, 0, 1)), HALF)
    board.equal("weight of the Lipschitz remainder", sp.integrate((1 - T) * T, (T, 0, 1)), sp.Rational(1, 6))
    norm = sp.sqrt(DIM) * SIGMA  # |xi| for +-sigma
    coordinate = BETA * norm * (DIM * SIGMA) ** 2 / 6  # beta |xi| (sum |xi_j|)^2 / 6
    board.equal("rho = sqrt(d) times a coordinate's remainder", sp.sqrt(DIM) * coordinate, bias())
    size = sp.Symbol("x", positive=True)  # |xi| for any law; sum |xi_j| <= sqrt(d) |xi|
    general = sp.sqrt(DIM) * BETA * size * (sp.sqrt(DIM) * size) ** 2 / 6
    board.equal("rho for any law, before E", general, BETA * DIM ** sp.Rational(3, 2) * size**3 / 6)
    entry = DIM * BETA  # |sum_j d_iljj L|, d terms of size beta at most
    board.equal("B: row sums of the Hessian of sigma^2/2 Tr", SIGMA**2 / 2 * DIM * entry, smoothness() - LIPSCHITZ)
    m, c = sp.symbols("m c", real=True)
    about = mo.expect((m + NOISE[0] - c) ** 2, NOISE[:1], mo.centred)
    board.equal("the mean square about any c exceeds the variance by (m - c)^2", about, SIGMA**2 + (m - c) ** 2)
    power = mo.expect(sum(n**2 for n in NOISE), NOISE, mo.centred)
    board.equal("E|xi|^2 = d sigma^2", power, 3 * SIGMA**2)
    return board.proof()


@cache
def prove_one_step() -> Proof:
    """The corrected Eq. 26."""
    board = Blackboard("smoothness bound, completed squares")
    board.include(prove_conditional_mean())
    board.include(prove_constants())
    _one_step(board)
    return board.proof()


@cache
def prove_bound() -> Proof:
    """The corrected Eq. 27-29: divided by eta/2, summed, telescoped."""
    board = Blackboard("smoothness bound, completed squares, telescoping sum")
    board.include(prove_one_step())
    now, later, noise, square = sp.symbols("E_n E_later c q", real=True)
    step = (now - later) - ETA / 2 * square + noise
    board.equal("solved for |g|^2", sp.solve(step, square)[0], 2 / ETA * (now - later) + 2 / ETA * noise)
    values = sp.symbols("E0:6", real=True)
    total = sum(values[i] - values[i + 1] for i in range(5))
    board.equal("the sum telescopes", total, values[0] - values[-1])
    extra = 2 / ETA * (ETA / 2 * bias() ** 2 + smoothness() * ETA**2 / 2 * LIPSCHITZ**2 * DIM * SIGMA**2)
    board.equal("the bound", 2 * GAP / (ETA * STEPS) + extra, bound())
    return board.proof()


@cache
def prove_theorem() -> Proof:
    """eta <= min(1/B, eps/(3 B l^2 d sigma^2)), N >= 6 Delta/(eta eps), beta^2 d^6 sigma^6 <= 12 eps give eps."""
    board = Blackboard("smoothness bound, completed squares, telescoping sum")
    board.include(prove_bound())
    board.include(prove_lower_bound())
    third = EPS / 3
    board.equal("first term at N = 6 Delta/(eta eps)", 2 * GAP / (ETA * (6 * GAP / (ETA * EPS))), third)
    board.equal("second term at beta^2 d^6 sigma^6 = 12 eps",
                (bias() ** 2).subs(BETA, sp.sqrt(12 * EPS) / (DIM**3 * SIGMA**3)), third)  # fmt: skip
    largest = EPS / (3 * smoothness() * LIPSCHITZ**2 * DIM * SIGMA**2)
    board.equal("third term at the largest eta", largest * smoothness() * LIPSCHITZ**2 * DIM * SIGMA**2, third)
    more = sp.Symbol("q", positive=True)
    for name, value in (("first falls with N", 2 * GAP / (ETA * (STEPS + more)) - 2 * GAP / (ETA * STEPS)),
                        ("third grows with eta", -more * smoothness() * LIPSCHITZ**2 * DIM * SIGMA**2)):  # fmt: skip
        board.true(name, sp.simplify(value).is_negative)
    return board.proof()


@cache
def prove_lower_bound() -> Proof:
    """Lmod >= inf L - beta d^4 sigma^4 / 24: Lmod is an average of L up to a fourth-order remainder."""
    board = Blackboard("average over +-sigma, integral remainder")
    board.equal("weight of the remainder", sp.integrate((1 - T) ** 3 / 6, (T, 0, 1)), sp.Rational(1, 24))
    a = sp.symbols("a1:4", real=True)
    terms = [sum(x * n for x, n in zip(a, NOISE)) ** k / sp.factorial(k) for k in range(4)]
    mean = mo.expect(sum(terms), NOISE, mo.rademacher)
    board.equal("E of the Taylor terms up to the third", mean, 1 + SIGMA**2 / 2 * sum(x**2 for x in a))
    taylor = sp.exp(T).series(T, 0, 4).removeO()
    board.equal("the terms are those of exp", sum(terms), taylor.subs(T, sum(x * n for x, n in zip(a, NOISE))))
    board.equal("(sum_j |xi_j|)^4 for +-sigma, d = 3", (3 * SIGMA) ** 4, 81 * SIGMA**4)
    return board.proof()


@cache
def refute_trace_bounded() -> Proof:
    """L = s^2 (1 + cos log s), s = 1 + w^2: L >= 0, L'''' bounded, but L'' reaches -(sqrt 260 - 12) s + O(1)."""
    board = Blackboard("exact example")
    w = sp.Symbol("w", positive=True)
    s, phi = sp.symbols("s phi", positive=True)
    power = 2 + sp.I  # s^2 cos log s is the real part of s^(2 + i)

    def derivative(terms: dict[int, sp.Expr]) -> dict[int, sp.Expr]:
        """Second derivative in w of sum_k c_k s^(p - k), p = 2 + i, in the same form."""
        found: dict[int, sp.Expr] = {}
        for k, c in terms.items():
            p = power - k
            for key, value in ((k + 1, c * (2 * p + 4 * p * (p - 1))), (k + 2, -c * 4 * p * (p - 1))):
                found[key] = sp.expand(found.get(key, 0) + value)
        return found

    check = sp.diff((1 + w**2) ** power, w, 2).subs(w, 2)
    terms = derivative({0: sp.S.One})
    ruled = sum(c * 5 ** (power - k) for k, c in terms.items())
    board.equal("the rule for second derivatives, at w = 2", sp.simplify(check - ruled), sp.S.Zero)
    board.equal("leading coefficient", terms[1], 8 + 14 * sp.I)
    board.equal("its modulus squared", sp.expand((8 + 14 * sp.I) * (8 - 14 * sp.I)), sp.Integer(260))
    plain = sp.diff((1 + w**2) ** 2, w, 2)
    board.equal("second derivative of s^2", plain, 12 * (1 + w**2) - 8)
    board.true("sqrt 260 > 12: L'' / s has a negative limit along log s = const mod 2 pi", sp.sqrt(260) > 12)
    fourth = derivative(terms)
    board.true("the fourth derivative has no growing power of s (orders s^0 and below)", min(fourth) == 2)
    board.equal("fourth derivative of s^2", sp.diff((1 + w**2) ** 2, w, 4), sp.Integer(24))
    board.true("L = s^2 (1 + cos) >= 0", (s**2 * 2 * sp.cos(phi / 2) ** 2).is_nonnegative,
               "1 + cos(phi) = 2 cos(phi/2)^2")  # fmt: skip
    return board.proof()


@cache
def refute_smoothness() -> Proof:
    """L = 5 w^2: the third derivative is 0, so 1-Lipschitz; Lmod has second derivative 10."""
    board = Blackboard("exact example")
    loss = 5 * X**2
    board.equal("third derivative", sp.diff(loss, X, 3), sp.S.Zero)
    board.true("second derivative of Lmod exceeds beta = 1", sp.diff(mo.modified(loss), X, 2) > 1)
    return board.proof()


def quadratic_average(curvature: sp.Expr, eta: sp.Expr, sigma: sp.Expr, start: sp.Expr, steps: int) -> sp.Expr:
    """mean_n E|Lmod'(z_n)|^2 over n < steps for L = curvature w^2 / 2, exactly.

    Examples
    --------
    >>> quadratic_average(sp.S.One, sp.S.One, sp.S.One, sp.Integer(2), 2)
    5/2
    """
    second, total = start**2, sp.S.Zero
    for _ in range(steps):
        total += curvature**2 * second
        second = (1 - eta * curvature) ** 2 * second + (eta * curvature * sigma) ** 2
    return total / steps


@cache
def refute_theorem() -> Proof:
    """(a) L = w^2, beta = 1/2, eta = 2: divergence. (b) L = w^2/2: C/eps steps of size c eps are too few."""
    board = Blackboard("exact examples")
    eps = sp.Rational(1, 100)
    board.equal("(a) one step of L = w^2 with eta = 1/beta = 2", X - 2 * (2 * X), -3 * X)
    diverged = quadratic_average(sp.Integer(2), sp.Integer(2), eps, sp.S.One, 10)
    board.true("(a) after 10 steps the average exceeds 1e6", diverged > 10**6, str(sp.N(diverged, 6)))
    eta = sp.Symbol("eta", positive=True)
    gap = sp.log(1 - eta) + 2 * eta
    board.equal("(b) log(1 - eta) + 2 eta vanishes at 0", gap.subs(eta, 0), sp.S.Zero)
    board.nonnegative("(b) and grows up to eta = 1/2, so 1 - eta >= e^(-2 eta)", gap.diff(eta), {eta: (0, HALF)})
    c, cc, e = sp.symbols("c C epsilon", positive=True)
    board.equal("(b) (1 - eta)^(2n) >= e^(-4 eta N) at eta = c eps, N = C/eps", -4 * (c * e) * (cc / e), -4 * c * cc)
    board.true("(b) which does not go to 0 with eps", sp.exp(-4 * c * cc).is_positive)
    slow = quadratic_average(sp.S.One, eps, sp.S.One, sp.S.One, 100)
    board.true("(b) c = C = 1, eps = 1/100, sigma = 1, beta = 1", slow > eps, f"average {sp.N(slow, 6)} > 1/100")
    small, long = sp.Rational(1, 1000), 1000
    noisy = quadratic_average(sp.S.One, HALF, sp.Rational(1, 10), sp.S.Zero, long)
    board.true("(c) eps = sigma^3 = 1/1000, eta = 1/2, N = 1/eps: the noise alone exceeds eps", noisy > small,
               f"average {sp.N(noisy, 6)} > 1/1000")  # fmt: skip
    return board.proof()


@cache
def prove_eq25() -> Proof:
    """Eq. 25 for +-sigma: xi_j^2 = sigma^2, so the diagonal of the quadratic term is the regulariser."""
    board = Blackboard("algebra of signs")
    c = sp.Matrix(3, 3, lambda j, k: sp.Symbol(f"c{min(j, k)}{max(j, k)}", real=True))
    h = sp.symbols("h1:4", real=True)
    quadratic = sum(c[j, k] * NOISE[j] * NOISE[k] for j in range(3) for k in range(3)) / 2
    off = sum(c[j, k] * NOISE[j] * NOISE[k] for j in range(3) for k in range(3) if j != k) / 2
    on_signs = sp.expand(quadratic).subs({n**2: SIGMA**2 for n in NOISE})
    board.equal("quadratic term = regulariser + off-diagonal part", on_signs, SIGMA**2 / 2 * c.trace() + off)
    linear = sum(x * n for x, n in zip(h, NOISE))
    board.equal("the perturbation has mean 0", mo.expect(linear + off, NOISE, mo.rademacher), sp.S.Zero)
    board.equal("|xi|^3 = d^(3/2) sigma^3", sp.sqrt(3 * SIGMA**2) ** 3, 3 * sp.sqrt(3) * SIGMA**3)
    return board.proof()


@cache
def refute_eq26() -> Proof:
    """L = w^2/2 + cos w, sigma = 1, beta = 2: as eta -> 0 the excess over eta tends to -g r, unbounded in z."""
    board = Blackboard("exact example")
    m = sp.Symbol("m", integer=True, positive=True)
    gradient = X - sp.sin(X)
    mean = (gradient.subs(X, X + 1) + gradient.subs(X, X - 1)) / 2
    g = X - sp.sin(X) / 2  # sigma = 1: Lmod = w^2/2 + 1/2 + cos(w)/2
    loss = X**2 / 2 + sp.cos(X)
    board.equal("gradient of Lmod", sp.diff(loss + sp.diff(loss, X, 2) / 2, X), g)
    r = sp.simplify(sp.expand_trig(mean) - g)
    excess = sp.simplify((-g * r).subs(X, 2 * sp.pi * m + sp.pi / 2))
    board.equal("excess at z = 2 pi m + pi/2", excess, (sp.cos(1) - HALF) * (2 * sp.pi * m + sp.pi / 2 - HALF))
    board.true("it has no bound", sp.limit(excess, m, sp.oo) == sp.oo)
    return board.proof()


@cache
def refute_eq27() -> Proof:
    """L = w^2/2, beta = 1, eta = 1/2, sigma -> 0, z_n = 1: 1 <= 3/4 is false; 2/eta belongs where 2 beta stands."""
    board = Blackboard("exact example")
    after = (1 - HALF) ** 2 / 2
    board.true("|g|^2 = 1 exceeds 2 beta (L - L')", 2 * (HALF - after) < 1, f"1 > {2 * (HALF - after)}")
    board.true("and stays below (2/eta)(L - L')", 4 * (HALF - after) >= 1)
    return board.proof()


@cache
def refute_eq28() -> Proof:
    """L = w^2/2, beta = eta = 1, sigma -> 0, N = 1, z_0 = 1: 1 <= 1/2 is false; the factor 2 of Eq. 27 is lost."""
    board = Blackboard("exact example")
    start, end = X**2 / 2, X - sp.diff(X**2 / 2, X)
    board.equal("one step of size 1 ends at 0", end, sp.S.Zero)
    drop = start.subs(X, 1) - (end**2 / 2).subs(X, 1)
    board.true("beta (L(1) - L(0)) is below |g|^2 = 1", drop < 1, f"{drop} < 1")
    return board.proof()


@cache
def refute_eq29() -> Proof:
    """L = w^2/2, sigma -> 0, z_0 = 1, eta = 1/N: the average stays above e^(-4) while O(1/N) vanishes."""
    board = Blackboard("exact example, limit")
    n = sp.Symbol("N", positive=True)
    board.equal("limit of N^(-1) sum (1 - 1/N)^(2k)",
                sp.limit((1 - (1 - 1 / n) ** (2 * n)) / (n * (1 - (1 - 1 / n) ** 2)), n, sp.oo),
                (1 - sp.exp(-2)) / 2)  # fmt: skip
    board.true("which is positive", (1 - sp.exp(-2)) / 2 > 0)
    return board.proof()


@cache
def prove_floor() -> Proof:
    """A zero of grad Lmod is in general no fixed point of the mean step: L = w^2/2 + cos w, tilted; +-sigma noise."""
    board = Blackboard("exact example, series")
    k = sp.Symbol("k", positive=True)
    loss = X**2 / 2 + sp.cos(X)
    average = (sp.diff(loss, X).subs(X, X + SIGMA) + sp.diff(loss, X).subs(X, X - SIGMA)) / 2
    tilted = sp.simplify(sp.expand_trig(average - sp.diff(mo.modified(loss), X)))
    board.equal("E L'(z + xi) - Lmod'(z)", tilted, (1 - SIGMA**2 / 2 - sp.cos(SIGMA)) * sp.sin(X))
    series = sp.series(tilted, SIGMA, 0, 6).removeO()
    board.equal("it starts at sigma^4", series, -(SIGMA**4) * sp.sin(X) / 24)
    # L - k w moves the zero of Lmod' to any z: there the mean step is -eta times the difference above
    board.equal("a linear term changes both alike", sp.diff(-k * X, X), -k)
    return board.proof()
