"""The piecewise quadratic plateaus of the lower bounds, and the chain of inequalities that they carry.

h (Eq. 8) is flat on |x| <= alpha and falls to 0 at 2 alpha; g (Lemma B.3) is a cap. Source: nso, Theorem 4.5, Lemmas
B.2
and B.3, Eq. 8, 9, 40-47; repairs are ours.
"""

from __future__ import annotations

import itertools

import sympy as sp

from theory.proof import Blackboard, Proof

C, D, T, K, ETA, SIGMA, ALPHA, G, RHO = sp.symbols("C D T k eta sigma alpha G rho", positive=True)
X = sp.Symbol("x", positive=True)
HALF = sp.Rational(1, 2)

H_PIECES = (
    (sp.S.Zero, C * ALPHA**2 / 4 + 0 * X),
    (ALPHA, -C * (X - ALPHA) ** 2 / 2 + C * ALPHA**2 / 4),
    (3 * ALPHA / 2, C * (X - 2 * ALPHA) ** 2 / 2),
    (2 * ALPHA, sp.S.Zero * X),
)
"""Where each piece of h begins, for x >= 0, and the piece."""
G_PIECES = (
    (sp.S.Zero, -C * X**2 / 2 + C * ALPHA**2 / 4),
    (ALPHA / 2, C * (X - ALPHA) ** 2 / 2),
    (ALPHA, sp.S.Zero * X),
)
LOWER = D * sp.sqrt(C * SIGMA**2 / (32 * K * T))
LONG = "T >= sigma^2/(2 k C D^2)"


def _write_smooth(board: Blackboard, name: str, pieces: tuple[tuple[sp.Expr, sp.Expr], ...]) -> None:
    for (_, left), (place, right) in itertools.pairwise(pieces):
        board.equal(f"{name} is continuous at {place}", left.subs(X, place), right.subs(X, place))
        board.equal(
            f"{name}' is continuous at {place}", sp.diff(left, X).subs(X, place), sp.diff(right, X).subs(X, place)
        )
    for place, piece in pieces:
        second = sp.diff(piece, X, 2)
        board.true(f"|{name}''| <= C from {place}", second in (0, C, -C), str(second))
    board.equal(
        f"slope of {name} at 0, so that the even continuation is smooth", sp.diff(pieces[0][1], X).subs(X, 0), 0
    )


def prove_h() -> Proof:
    """h is continuous with a continuous, C-Lipschitz derivative, and 0 <= h <= C alpha^2/4."""
    board = Blackboard("piece by piece")
    _write_smooth(board, "h", H_PIECES)
    return board.proof()


def prove_g() -> Proof:
    """g likewise; its second derivative jumps, so it is not twice differentiable."""
    board = Blackboard("piece by piece")
    _write_smooth(board, "g", G_PIECES)
    left, right = (sp.diff(piece, X, 2) for _, piece in G_PIECES[:2])
    board.differ("second derivatives on either side of alpha/2", left, right)
    return board.proof()


def prove_lipschitz_condition() -> Proof:
    """The first coordinate's curvature is 1/G; it is at most C if and only if G >= 1/C."""
    board = Blackboard("second derivatives, coordinate by coordinate")
    board.equal("second derivative of x^2/(2G)", sp.diff(X**2 / (2 * G), X, 2), 1 / G)
    board.equal("C - 1/G", C - 1 / G, (C * G - 1) / G)
    board.include(prove_h())
    return board.proof()


def refute_lipschitz_condition() -> Proof:
    """G = 1/4 <= 1/C = 1 gives curvature 4 > C."""
    board = Blackboard("exact counterexample C = 1, G = 1/4")
    g, c = sp.Rational(1, 4), sp.S.One
    board.true("G <= 1/C, yet 1/G > C", bool(g <= 1 / c) and bool(1 / g > c))
    return board.proof()


def refute_truncation() -> Proof:
    """min(U, a) leaves large negative U alone: U = -3a."""
    board = Blackboard("exact counterexample U = -3a")
    a = sp.Symbol("a", positive=True)
    board.true("|min(-3a, a)| > a", sp.Abs(sp.Min(-3 * a, a)) > a)
    board.true("P(Z < -3a) > 0 for a = 1", sp.N(sp.erfc(3 / sp.sqrt(2)) / 2, 20) > 0)
    z = sp.Symbol("z", real=True)
    density = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    board.equal("-density is a primitive of z density", sp.diff(-density, z), z * density)
    mean = -density.subs(z, 1) + sp.erfc(1 / sp.sqrt(2)) / 2
    board.true("and its mean is not zero (a = 1)", sp.N(mean, 20) < 0, str(sp.N(mean, 6)))
    return board.proof()


def prove_clipping() -> Proof:
    """max(-a, min(U, a)) lies in [-a, a] and is odd in U; |eta xi + U| <= alpha with a = alpha/2 and |xi| <=
    sigma/sqrt k.
    """
    board = Blackboard("cases, triangle inequality")
    a = sp.Symbol("a", positive=True)
    for factor in (-3, -1, sp.Rational(-1, 3), 0, HALF, 1, 5):
        clip = sp.Max(-a, sp.Min(factor * a, a))
        board.true(f"U = {factor} a stays within [-a, a]", bool(sp.Abs(clip) <= a))
        board.equal(f"odd at U = {factor} a", clip, -sp.Max(-a, sp.Min(-factor * a, a)))
    noise = ETA * SIGMA / sp.sqrt(K)
    board.equal("eta sigma/sqrt(k) + eta sigma/sqrt(k) = alpha of Eq. 41", noise + noise, 2 * ETA * SIGMA / sp.sqrt(K))
    board.equal("h' vanishes on |x| <= alpha", sp.diff(H_PIECES[0][1], X), sp.S.Zero)
    return board.proof()


def refute_unscaled_noise() -> Proof:
    """C = 1/4, alpha = 1, eta = 3, xi = 1/2 = alpha/2, U = 0: the iterate is at 3/2, where h' = -C/2."""
    board = Blackboard("exact counterexample C = 1/4, alpha = 1, eta = 3, xi = alpha/2, U = 0")
    c, alpha, eta, xi = sp.Rational(1, 4), sp.S.One, sp.Integer(3), HALF
    board.true("eta < 1/C and xi <= alpha/2", eta < 1 / c and xi <= alpha / 2)
    board.true("alpha < eta xi <= 3 alpha/2", alpha < eta * xi <= 3 * alpha / 2)
    board.differ("slope -C (x - alpha) there", -c * (eta * xi - alpha), sp.S.Zero)
    return board.proof()


def prove_bounded_average() -> Proof:
    """Eq. 40: an average of k numbers within [-b, b] lies there too."""
    board = Blackboard("triangle inequality")
    b = sp.Symbol("b", positive=True)
    board.equal("(1/k) k b", K * b / K, b)
    return board.proof()


def prove_update() -> Proof:
    """Eq. 42 by induction: the e_0 coordinate shrinks, coordinate t+1 receives -eta_t xi_t, the others rest."""
    board = Blackboard("induction on t, coordinate by coordinate")
    product, w0, eta, xi = sp.symbols("P w0 eta_t xi_t", real=True)
    board.equal("base: empty product", w0 * 1, w0)
    board.equal("e_0: P w0 - eta P w0/G", (product * w0 - eta * product * w0 / G),
                product * (1 - eta / G) * w0)  # fmt: skip
    board.equal("e_{t+1}: 0 - eta xi", 0 - eta * xi, -eta * xi)
    board.include(prove_clipping())
    return board.proof()


def refute_first_update() -> Proof:
    """k = 2: the sum of two gradients without 1/k moves twice as far."""
    board = Blackboard("exact counterexample k = 2, f = w^2/2 in the first coordinate, eta = 1/2")
    k, eta, w = 2, HALF, sp.S.One
    printed = w - eta * HALF * sum(w + w for _ in range(k))
    board.differ("printed W_1 against (1 - eta/G) W_0", printed, (1 - eta) * w)
    return board.proof()


def refute_second_sign() -> Proof:
    """The leading minus sign of W_2: no noise, eta = 1/2, G = 1."""
    board = Blackboard("exact counterexample without noise, eta_0 = eta_1 = 1/2, G = 1, W_0 = e_0")
    w = sp.S.One
    for eta in (HALF, HALF):
        w = w - eta * w
    board.differ("W_2 against the printed -(1-eta_1/G)(1-eta_0/G) W_0", w, -(1 - HALF) * (1 - HALF))
    return board.proof()


def prove_start() -> Proof:
    """F(W_0) - min F = D^2/2 + (C sigma^2/k) sum eta_i^2: the mean over U is flat at W_0, and 0 beyond 2 alpha + a."""
    board = Blackboard("terms of the sum")
    board.equal("(1/(2G)) (D sqrt G)^2", (D * sp.sqrt(G)) ** 2 / (2 * G), D**2 / 2)
    alpha = 2 * ETA * SIGMA / sp.sqrt(K)
    board.equal("C alpha^2/4", C * alpha**2 / 4, C * SIGMA**2 * ETA**2 / K)
    board.true("|U| <= alpha/2 keeps x = 0 on the plateau", bool(HALF < 1))
    board.equal("h vanishes beyond 2 alpha", H_PIECES[3][1], sp.S.Zero)
    return board.proof()


def refute_start() -> Proof:
    """W = 0 has h_i at its top C alpha_i^2/4, and the value 0 of F is not attained where U_0 has a variance."""
    board = Blackboard("exact counterexample G = 1, one h with C = alpha = 1, U_0 = +-1/2, other U = 0")
    variance = sp.Rational(1, 4)
    at = {C: 1, ALPHA: 1}
    at_zero = variance / 2 + H_PIECES[0][1].subs(at)
    far = variance / 2 + H_PIECES[3][1].subs(X, 2).subs(at)
    board.true("F(0) > F(2 e_1)", at_zero > far, f"{at_zero} > {far}")
    board.true("and min F = F(2 e_1) is not 0", far > 0)
    return board.proof()


def prove_eq43() -> Proof:
    """D^2/2 + (C sigma^2/k) s <= D^2 iff s <= k D^2/(2 C sigma^2); (sum)^2/T <= sum of squares by Cauchy-Schwarz."""
    board = Blackboard("equivalence, Lagrange's identity for any two step sizes")
    s, x, y = sp.symbols("s x y", real=True)
    board.equal("solve", sp.solve(sp.Eq(D**2 / 2 + C * SIGMA**2 / K * s, D**2), s)[0], K * D**2 / (2 * C * SIGMA**2))
    board.equal("2 (x^2 + y^2) - (x + y)^2", 2 * (x**2 + y**2) - (x + y) ** 2, (x - y) ** 2)
    return board.proof()


def refute_converse() -> Proof:
    """eta = (1, 0, ..., 0): the sum obeys Lemma B.2's condition for large T, the sum of squares does not."""
    board = Blackboard("exact counterexample C = D = k = 1, sigma = 2, T = 100, eta = (1, 0, ..., 0)")
    t, sigma2 = sp.Integer(100), sp.Integer(4)
    board.true("sum eta <= sqrt(D^2 k T/(2 sigma^2 C))", sp.sqrt(t / (2 * sigma2)) >= 1)
    board.true("sum eta^2 > k D^2/(2 C sigma^2)", 1 / (2 * sigma2) < 1)
    return board.proof()


def prove_product() -> Proof:
    """Eq. 44: prod (1 - x_i) >= 1 - sum x_i (induction), and sum eta_i/G <= 1/2."""
    board = Blackboard("Weierstrass' product inequality by induction")
    s, x = sp.symbols("s x", nonnegative=True)
    board.equal("(1 - s)(1 - x) - (1 - s - x)", sp.expand((1 - s) * (1 - x) - (1 - s - x)), s * x)
    total = sp.Symbol("total", positive=True)
    board.equal("sum/(2 sum)", total / (2 * total), HALF)
    return board.proof()


def prove_useless_inequality() -> Proof:
    """1 - z/2 >= exp(log(z/2)) = z/2 on [0, 1]; what the proof needs is Eq. 55."""
    board = Blackboard("simplification")
    z = sp.Symbol("z", positive=True)
    board.equal("exp(log(z/2))", sp.exp(sp.log(z / 2)), z / 2)
    board.equal("1 - z/2 - z/2", 1 - z / 2 - z / 2, 1 - z)
    return board.proof()


def prove_chain() -> Proof:
    """(D^2/4) min{C, 1/(2 sum)} >= min{C D^2/4, D sqrt(C sigma^2/(32 k T))}."""
    board = Blackboard("the displayed chain, line by line")
    board.equal("G^(-2)(D sqrt G)^2/4", G**-2 * (D * sp.sqrt(G)) ** 2 / 4, D**2 / (4 * G))
    largest = sp.sqrt(D**2 * K * T / (2 * SIGMA**2 * C))
    board.equal("1/(2 sum) at the largest sum", 1 / (2 * largest), sp.sqrt(2 * C * SIGMA**2) / (2 * D * sp.sqrt(K * T)))
    board.equal("D^2/4 times it", D**2 / 4 / (2 * largest), LOWER)
    board.equal(f"C D^2/4 = the bound at {LONG[5:]}", (C * D**2 / 4) ** 2,
                (LOWER**2).subs(T, SIGMA**2 / (2 * K * C * D**2)))  # fmt: skip
    return board.proof()


def prove_lemma_b2() -> Proof:
    """The lemma for T >= sigma^2/(2 k C D^2), with perturbations clipped on both sides."""
    board = Blackboard("induction on the update, plateau, product inequality, chain of bounds")
    for part in (prove_h(), prove_update(), prove_product(), prove_chain()):
        board.include(part)
    return board.proof()


def refute_lemma_b2() -> Proof:
    """C = D = k = T = 1, sigma^2 = 100, eta = 1/20: |grad F(W_1)|^2 = (1-eta)^2 < 1 < sqrt(100/32)."""
    board = Blackboard("exact counterexample C = D = k = T = 1, sigma^2 = 100, eta_0 = 1/20")
    eta, sigma2 = sp.Rational(1, 20), sp.Integer(100)
    board.true("sum eta <= sqrt(D^2 k T/(2 sigma^2 C))", eta <= sp.sqrt(1 / (2 * sigma2)))
    g = sp.Max(1, 2 * eta)
    board.true("|grad F(W_1)|^2 < D sqrt(C sigma^2/(32 k T))", ((1 - eta / g) / g) ** 2 * g < sp.sqrt(sigma2 / 32))
    return board.proof()


def refute_first_equality() -> Proof:
    """G^(-1)<W_0, e_0> is not G^(-1)<W_i, e_0>: after one step with eta = 1/4, G = 1 they are 1 and 3/4."""
    board = Blackboard("exact counterexample eta_0 = 1/4, G = D = 1")
    board.differ("|grad F(W_1)|^2 against (<W_0, e_0>/G)^2", (1 - sp.Rational(1, 4)) ** 2, sp.S.One)
    return board.proof()


def refute_dimension() -> Proof:
    """T = d: coordinate e_T = e_d is used, but the basis is e_0, ..., e_{d-1}."""
    board = Blackboard("enumeration of indices, d = T = 3")
    used = {0} | {i + 1 for i in range(3)}
    board.true("an index is not available", bool(used - set(range(3))), str(sorted(used)))
    return board.proof()


def prove_dimension() -> Proof:
    """T <= d - 1 suffices: indices 0..T."""
    board = Blackboard("largest index")
    t, d = sp.symbols("T d", integer=True)
    board.equal("T at T = d - 1 is the last index", t.subs(t, d - 1), d - 1)
    return board.proof()


def prove_ratio() -> Proof:
    """Leading term of Eq. 6 over Eq. 9 is 8 sqrt(1 + C^2 H/sigma^2)."""
    board = Blackboard("quotient")
    h = sp.Symbol("H", positive=True)
    upper = sp.sqrt(2 * C * D**2 * (SIGMA**2 + C**2 * h) / (K * T))
    board.equal("squares", sp.cancel(upper**2 / LOWER**2), sp.expand(64 * (1 + C**2 * h / SIGMA**2)))
    return board.proof()


def refute_matching() -> Proof:
    """H -> infinity with sigma fixed."""
    board = Blackboard("limit")
    h = sp.Symbol("H", positive=True)
    board.true("8 sqrt(1 + C^2 H/sigma^2) is unbounded", sp.limit(8 * sp.sqrt(1 + h), h, sp.oo) == sp.oo)
    return board.proof()
