"""Taylor expansion of a loss that is averaged over a perturbation, with explicit remainders.

Along the line from W to W + U, phi(s) = f(W + s U). Moments of U are those of a centred Gaussian.

Source: nso, Proposition 2.1, Claim A.3, Lemma A.4; all derivations are ours.
"""

from __future__ import annotations

import sympy as sp

from theory.proof import Blackboard, Proof

S, W, U = sp.symbols("s w u", real=True)
L, SIGMA = sp.symbols("L sigma", positive=True)
PHI = sp.Function("phi")


def absolute_moment(power: sp.Expr) -> sp.Expr:
    """E|Z|^power of a standard Gaussian Z, by integration.

    Examples
    --------
    >>> absolute_moment(sp.Integer(4))
    3
    """
    z = sp.Symbol("z", positive=True)
    return sp.simplify(2 * sp.integrate(z**power * sp.exp(-(z**2) / 2), (z, 0, sp.oo)) / sp.sqrt(2 * sp.pi))


def smoothed(f: sp.Expr, variables: tuple[sp.Symbol, ...], covariance: sp.Matrix) -> sp.Expr:
    """E f(W + U) for a polynomial f and Gaussian U: the heat operator exp(1/2 sum S_ij d_i d_j), a finite series.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> smoothed(x**4, (x,), sp.Matrix([[1]]))
    x**4 + 6*x**2 + 3
    """
    total, term, order = sp.S.Zero, sp.expand(f), 0
    while term != 0:
        total += term
        order += 1
        term = sp.expand(
            sum(
                covariance[i, j] * sp.diff(term, x, y) for i, x in enumerate(variables) for j, y in enumerate(variables)
            )
            / (2 * order)
        )
    return sp.expand(total)


def write_integral_remainder(board: Blackboard) -> None:
    """phi(1) = phi(0) + phi'(0) + phi''(0)/2 + int (1-s)(phi''(s) - phi''(0)) ds, and its size for a Lipschitz
    phi''.
    """
    primitive = (1 - S) * sp.diff(PHI(S), S) + PHI(S)
    board.equal("(1-s) phi'(s) + phi(s) is a primitive of (1-s) phi''(s)", sp.diff(primitive, S),
                (1 - S) * sp.diff(PHI(S), S, 2))  # fmt: skip
    board.equal("int_0^1 (1-s) ds", sp.integrate(1 - S, (S, 0, 1)), sp.Rational(1, 2))
    board.equal("int_0^1 (1-s) L s |U|^3 ds", sp.integrate((1 - S) * L * S * U**3, (S, 0, 1)), L * U**3 / 6)


def write_averages(board: Blackboard) -> None:
    """First and third order vanish, the second gives <Sigma, H>, entry by entry."""
    u1, u2, h11, h12, h22 = sp.symbols("u1 u2 h11 h12 h22", real=True)
    linear = (u1 * W + u2 * W) + (-u1 * W - u2 * W)
    board.equal("<U, g> + <-U, g>", linear, sp.S.Zero)
    quadratic = sp.expand(sp.Matrix([[u1, u2]]) * sp.Matrix([[h11, h12], [h12, h22]]) * sp.Matrix([u1, u2]))[0]
    c11, c12, c22 = sp.symbols("c11 c12 c22", real=True)
    averaged = quadratic.subs({u1 * u2: c12}).subs({u1**2: c11, u2**2: c22})
    trace = (sp.Matrix([[c11, c12], [c12, c22]]).T * sp.Matrix([[h11, h12], [h12, h22]])).trace()
    board.equal("E U^T H U = <Sigma, H>, for any pair of coordinates", averaged, trace)


def prove_averages() -> Proof:
    """E<U, g> = 0 and E U^T H U = <Sigma, H>."""
    board = Blackboard("moments, for any pair of coordinates")
    write_averages(board)
    return board.proof()


def write_norm_moments(board: Blackboard) -> None:
    """E|U|^4 = (tr S)^2 + 2 tr S^2 <= (d^2 + 2d) |S|^2, and E|U|^3 <= (E|U|^4)^(3/4)."""
    board.equal("E Z^4", absolute_moment(sp.Integer(4)), sp.Integer(3))
    a, b, y = sp.symbols("a b y", positive=True)
    pair = absolute_moment(sp.Integer(4)) * (a**2 + b**2) + 2 * a * b * absolute_moment(sp.Integer(2)) ** 2
    board.equal("E(a Z_1^2 + b Z_2^2)^2 = (a+b)^2 + 2(a^2+b^2), for any pair of eigenvalues", pair,
                (a + b) ** 2 + 2 * (a**2 + b**2))  # fmt: skip
    board.equal("3 y^4 + b^4 - 4 y^3 b is a square times a positive form", 3 * y**4 + b**4 - 4 * y**3 * b,
                (y - b) ** 2 * (3 * y**2 + 2 * y * b + b**2))  # fmt: skip
    board.true("3 y^2 + 2 y b + b^2 > 0", sp.Gt(3 * y**2 + 2 * y * b + b**2, 0))


def prove_lipschitz_bound() -> Proof:
    """|F - f - <Sigma, H>/2| <= (L/6) E|U|^3 <= (L/6) (d^2+2d)^(3/4) |Sigma|^(3/2) for an L-Lipschitz Hessian."""
    board = Blackboard("integral remainder along a line, Gaussian moments, Lyapunov's inequality as a square")
    write_integral_remainder(board)
    write_averages(board)
    write_norm_moments(board)
    return board.proof()


def refute_twice_differentiable() -> Proof:
    """f(x) = |x|^(5/2) is twice differentiable; at 0 the remainder is c sigma^(5/2)."""
    board = Blackboard("exact counterexample f(x) = |x|^(5/2)")
    x, power = sp.Symbol("x", positive=True), sp.Rational(5, 2)
    second = sp.diff(x**power, x, 2)
    board.equal("f'' = (15/4)|x|^(1/2), so f''(0) = 0", second, sp.Rational(15, 4) * sp.sqrt(x))
    board.equal("f'' is continuous at 0", sp.limit(second, x, 0, "+"), sp.S.Zero)
    remainder = absolute_moment(power) * SIGMA**power
    board.true("remainder / sigma^3 is unbounded as sigma -> 0", sp.limit(remainder / SIGMA**3, SIGMA, 0, "+") == sp.oo,
               f"remainder = {remainder}")  # fmt: skip
    return board.proof()


def refute_samplewise() -> Proof:
    """For f = x^2/2 the average of one pair of points misses f + sigma^2/2 by (U^2 - sigma^2)/2, of order sigma^2."""
    board = Blackboard("exact counterexample f(x) = x^2 / 2, one draw")
    z = sp.Symbol("z", positive=True)
    pair = ((W + SIGMA * z) ** 2 + (W - SIGMA * z) ** 2) / 4
    gap = sp.expand(pair - W**2 / 2 - SIGMA**2 / 2)
    board.equal("gap of one draw U = sigma z", gap, SIGMA**2 * (z**2 - 1) / 2)
    at_two = (gap / SIGMA**3).subs(z, 2)
    board.true("gap / sigma^3 at z = 2 is unbounded as sigma -> 0", sp.limit(at_two, SIGMA, 0, "+") == sp.oo)
    tail = sp.erfc(2 / sp.sqrt(2))
    board.true("P(|Z| >= 2) > 1/25, whatever sigma", sp.N(tail, 30) > sp.Rational(1, 25), f"{sp.N(tail, 6)}")
    return board.proof()


def refute_taylor_line() -> Proof:
    """f(x) = |x|^3 at 0: the remainder of one draw is |U|^3, beyond C sigma^3 with positive probability for every C."""
    board = Blackboard("exact counterexample f(x) = |x|^3")
    x, c = sp.symbols("x C", positive=True)
    board.equal("f'' = 6|x| is 6-Lipschitz", sp.diff(x**3, x, 2), 6 * x)
    tail = sp.erfc(c ** sp.Rational(1, 3) / sp.sqrt(2))
    for value in (1, 8, 64):
        board.true(f"P(|U|^3 > {value} sigma^3) > 0", sp.N(tail.subs(c, value), 30) > 0, str(sp.N(tail.subs(c, value))))
    board.true("P(|U|^3 > C sigma^3) falls in C, but is never 0", sp.diff(tail, c).is_negative or
               sp.simplify(sp.diff(tail, c)).could_extract_minus_sign(), str(sp.diff(tail, c)))  # fmt: skip
    return board.proof()


def prove_symmetric_order() -> Proof:
    """With fourth derivatives bounded by M the third order cancels: |remainder| <= (M/24)(d^2+2d)|Sigma|^2."""
    board = Blackboard("even part of the expansion, integral remainder of fourth order")
    primitive = (
        (1 - S) ** 3 / 6 * sp.diff(PHI(S), S, 3) + (1 - S) ** 2 / 2 * sp.diff(PHI(S), S, 2)
        + (1 - S) * sp.diff(PHI(S), S) + PHI(S)
    )  # fmt: skip
    board.equal("primitive of (1-s)^3/6 phi''''", sp.diff(primitive, S), (1 - S) ** 3 / 6 * sp.diff(PHI(S), S, 4))
    board.equal("int (1-s)^3/6 ds", sp.integrate((1 - S) ** 3 / 6, (S, 0, 1)), sp.Rational(1, 24))
    third = sp.Symbol("t3", real=True)
    board.equal("third order at U and -U", third * U**3 + third * (-U) ** 3, sp.S.Zero)
    write_averages(board)
    write_norm_moments(board)
    x = sp.Symbol("x", real=True)
    exact = smoothed(x**4, (x,), sp.Matrix([[SIGMA**2]])) - x**4 - 6 * SIGMA**2 * x**2
    board.equal("attained by x^4: M = 24, remainder 3 sigma^4", exact, 3 * SIGMA**4)
    return board.proof()


def prove_order_is_sharp() -> Proof:
    """f = |x|^3 has a Lipschitz Hessian and a remainder of exact order sigma^3: 3/2 cannot be raised for that class."""
    board = Blackboard("exact example f(x) = |x|^3")
    remainder = absolute_moment(sp.Integer(3)) * SIGMA**3
    board.equal("E|U|^3", remainder, 2 * sp.sqrt(2 / sp.pi) * SIGMA**3)
    board.true("remainder / sigma^3 is a positive constant", sp.simplify(remainder / SIGMA**3).is_positive)
    return board.proof()


def write_lagrange(board: Blackboard) -> None:
    """Rolle's function for the Lagrange remainder: psi(1) = 0, psi(0) = 0 for the right K, psi' has the factor 1-s."""
    k = sp.Symbol("K", real=True)
    psi = PHI(1) - PHI(S) - (1 - S) * sp.diff(PHI(S), S) - k * (1 - S) ** 2
    slope = sp.diff(psi, S)
    board.equal("psi'(s) = (1-s)(2K - phi''(s))", slope, (1 - S) * (2 * k - sp.diff(PHI(S), S, 2)))
    board.equal("so phi''(eta) = 2K where psi' vanishes", sp.solve(slope / (1 - S), k)[0], sp.diff(PHI(S), S, 2) / 2)


def prove_claim_a3() -> Proof:
    """f(W+U) = f + U^T g + U^T H U / 2 + U^T (H(eta) - H(W)) U / 2, by Rolle's theorem."""
    board = Blackboard("Rolle's theorem on the line from W to W + U")
    write_lagrange(board)
    a, b = sp.symbols("a b", real=True)  # phi''(0), phi''(eta)
    board.equal("a/2 + (b - a)/2 = b/2", a / 2 + (b - a) / 2, b / 2)
    return board.proof()


def refute_claim_a3() -> Proof:
    """l(w) = w^2 has a constant Hessian, so R_2 = 0, and the missing 1/2 leaves U^2 over."""
    board = Blackboard("exact counterexample l(w) = w^2 at w = 1, U = 1")
    w = sp.Symbol("w", real=True)
    loss = w**2
    slope, curvature = sp.diff(loss, w), sp.diff(loss, w, 2)
    board.equal("R_2 = U (l''(eta) - l''(w)) U for every eta", curvature - curvature.subs(w, 7), sp.S.Zero)
    at, step = {w: 1}, 1
    printed = loss.subs(at) + step * slope.subs(at) + step * curvature * step
    board.differ("l(2) against the printed right side", loss.subs(w, 2), printed)
    return board.proof()


def refute_lemma_a4() -> Proof:
    """l = max(w - r, 0)^(5/2) near the edge of the ball |w| <= r: Hessian 0 inside, remainder c sigma^(5/2) at
    w = r.
    """
    board = Blackboard("exact counterexample with a Hessian that is Lipschitz inside the hypothesis space only")
    x, power = sp.Symbol("x", positive=True), sp.Rational(5, 2)
    board.equal("l'' tends to 0 at the edge: twice differentiable", sp.limit(sp.diff(x**power, x, 2), x, 0, "+"), 0)
    remainder = absolute_moment(power) / 2 * SIGMA**power  # U > 0 half of the time
    board.true("remainder / sigma^3 is unbounded as sigma -> 0", sp.limit(remainder / SIGMA**3, SIGMA, 0, "+") == sp.oo,
               f"remainder = {remainder}")  # fmt: skip
    return board.proof()


def prove_quadratic_form_mean() -> Proof:
    """Eq. 12: E U^T H U = sigma^2 tr H for independent coordinates of variance sigma^2."""
    board = Blackboard("moments, for any pair of coordinates")
    u1, u2, h11, h12, h22 = sp.symbols("u1 u2 h11 h12 h22", real=True)
    quadratic = sp.expand(h11 * u1**2 + 2 * h12 * u1 * u2 + h22 * u2**2)
    board.equal("E", quadratic.subs(u1 * u2, 0).subs({u1**2: SIGMA**2, u2**2: SIGMA**2}), SIGMA**2 * (h11 + h22))
    return board.proof()


def prove_a4_remainder() -> Proof:
    """|E R_2| <= E|U|^2 |H(eta) - H(W)|_F <= L E|U|^3 <= L (p^2+2p)^(3/4) sigma^3."""
    board = Blackboard("Cauchy-Schwarz for the Frobenius norm, Gaussian moments")
    m1, m2, v1, v2 = sp.symbols("m1 m2 v1 v2", real=True)  # entries of M, products U_i U_j
    board.equal("Lagrange's identity, for any two of the p^2 entries", (m1**2 + m2**2) * (v1**2 + v2**2)
                - (m1 * v1 + m2 * v2) ** 2, (m1 * v2 - m2 * v1) ** 2)  # fmt: skip
    u1, u2 = sp.symbols("u1 u2", real=True)
    board.equal("sum of the (U_i U_j)^2 is |U|^4", u1**4 + 2 * u1**2 * u2**2 + u2**4, (u1**2 + u2**2) ** 2)
    write_norm_moments(board)
    return board.proof()


def refute_unbiased_hessian() -> Proof:
    """For f = x^4 the mean of f(x+U) + f(x-U) - 2f(x) exceeds sigma^2 f'' by 6 sigma^4."""
    board = Blackboard("exact counterexample f(x) = x^4")
    x = sp.Symbol("x", real=True)
    mean = 2 * (smoothed(x**4, (x,), sp.Matrix([[SIGMA**2]])) - x**4)
    board.differ("mean second difference against sigma^2 f''", mean, SIGMA**2 * sp.diff(x**4, x, 2))
    return board.proof()


def prove_hessian_bias() -> Proof:
    """Unbiased for every cubic polynomial of several variables (any pair); bias of order sigma^4 beyond."""
    board = Blackboard("heat operator on polynomials of degree 3 and 4")
    x, y = sp.symbols("x y", real=True)
    c = sp.symbols("c0:10", real=True)
    cubic = sum(a * x**i * y**j for a, (i, j) in zip(c, [(i, j) for i in range(4) for j in range(4 - i)]))
    covariance = sp.Matrix([[SIGMA**2, 0], [0, SIGMA**2]])
    laplacian = sp.diff(cubic, x, 2) + sp.diff(cubic, y, 2)
    board.equal("cubic: 2(F - f) = sigma^2 tr H", 2 * (smoothed(cubic, (x, y), covariance) - cubic),
                SIGMA**2 * laplacian)  # fmt: skip
    board.equal("x^4: bias 6 sigma^4", 2 * (smoothed(x**4, (x,), covariance[:1, :1]) - x**4) - 12 * SIGMA**2 * x**2,
                6 * SIGMA**4)  # fmt: skip
    return board.proof()
