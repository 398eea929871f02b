"""Proposition 5: stationary covariance for any noise covariance, what it regularises, truncation (Appendix F.1)."""

from __future__ import annotations

import sympy as sp

from theory.proof import Blackboard, Proof

ETA, LAM = sp.symbols("eta lam", positive=True)
FIRST, SECOND = sp.symbols("l_i l_j", positive=True)
NOISE = sp.Symbol("s_ij", real=True)


def stationary(noise: sp.Expr = NOISE) -> sp.Expr:
    """S_ij of Eq. 176."""
    return LAM * noise / (FIRST + SECOND - ETA * FIRST * SECOND)


def prove_fixed_point() -> Proof:
    """Eq. 174-176: the fixed point in an eigenbasis of H; a contraction as |1 - eta l| < 1 on the span."""
    board = Blackboard("linear equation for each entry")
    shrink = (1 - ETA * FIRST) * (1 - ETA * SECOND)
    board.equal("Eq. 175", shrink * stationary() + ETA * LAM * NOISE, stationary())
    board.equal("unique: the coefficient is not 1", sp.expand(1 - shrink),
                sp.expand(ETA * (FIRST + SECOND - ETA * FIRST * SECOND)))  # fmt: skip
    x, y = sp.symbols("x y", positive=True)
    board.nonnegative("x + y - x y > 0 for x, y in (0, 2)", x * (2 - y) / 2 + y * (2 - x) / 2,
                      {x: (0, 2), y: (0, 2)}, strict=True)  # fmt: skip
    board.equal("its halves", sp.expand(x * (2 - y) / 2 + y * (2 - x) / 2), sp.expand(x + y - x * y))
    return board.proof()


def prove_label_noise() -> Proof:
    """Sigma = H gives Eq. 31's limit."""
    board = Blackboard("diagonal entry")
    h = sp.Symbol("h", positive=True)
    value = stationary(h).subs({FIRST: h, SECOND: h})
    board.equal("S_ii", value, LAM / (2 - ETA * h))
    return board.proof()


def prove_half() -> Proof:
    """d/dtheta_a <S, H>/2 = third derivative(S)/2: the drift is the gradient of half the inner product."""
    board = Blackboard("differentiation of a generic cubic")
    u, v = sp.symbols("u v")
    c = sp.symbols("c0:4")
    value = c[0] * u**3 + c[1] * u**2 * v + c[2] * u * v**2 + c[3] * v**3
    s = sp.Matrix([[sp.Symbol("s11"), sp.Symbol("s12")], [sp.Symbol("s12"), sp.Symbol("s22")]])
    inner = (s * sp.hessian(value, (u, v))).trace()
    for index, a in enumerate((u, v)):
        third = sum(s[i, j] * sp.diff(value, a, (u, v)[i], (u, v)[j]) for i in range(2) for j in range(2)) / 2
        board.equal(f"component {index}", sp.expand(sp.diff(inner / 2, a)), sp.expand(third))
    return board.proof()


def refute_half() -> Proof:
    """f = uv, y = 1 at (2, 1/2), Sigma = G: lambda grad R_S = 2 lambda times the drift."""
    board = Blackboard("exact counterexample L = (uv - 1)^2/2 at (2, 1/2), Sigma = G, eta = 1/8, lambda = 1/100")
    u, v = sp.symbols("u v")
    value, eta, lam = (u * v - 1) ** 2 / 2, sp.Rational(1, 8), sp.Rational(1, 100)
    at = {u: sp.Integer(2), v: sp.Rational(1, 2)}
    gradient = sp.Matrix([v, u]).subs(at)
    square = (gradient.T * gradient)[0]
    s = lam * gradient * gradient.T / (square * (2 - eta * square))
    names = (u, v)
    third = [sum(s[i, j] * sp.diff(value, a, names[i], names[j]) for i in range(2) for j in range(2)).subs(at)
             for a in names]  # fmt: skip
    drift, printed = third[0] / 2, lam * third[0]
    board.differ("drift against lambda grad R_S, component u", drift, printed)
    board.equal("ratio", printed / drift, 2 * lam)
    return board.proof()


def prove_initial() -> Proof:
    """D_0 = xi_0 xi_0^T - S = -S, so the first term of Eq. 187 is -(I - eta H)^k S (I - eta H)^k."""
    board = Blackboard("induction on k in an eigenbasis")
    r, s, w = sp.symbols("r S W")
    first = r**2 * (-s) + w  # k = 1
    board.equal("D_1 from D_0 = 0 - S", first, -(r**2) * s + w)
    power = sp.Symbol("q")  # r^(2k)
    board.equal("step", r**2 * (-power * s), -(r**2 * power) * s)
    return board.proof()


def refute_initial() -> Proof:
    """xi_0 = 0 and no noise for one step: D_1 = 0 - S + ... has the other sign; S = 1, eta h = 1/2."""
    board = Blackboard("exact counterexample at k = 0")
    board.differ("D_0 = xi_0^2 - S against the printed S", sp.S.Zero - 1, sp.S.One)
    return board.proof()


def tail_moment(dim: int, half_square: sp.Expr) -> sp.Expr:
    """E[|x|^2; |x|^2 > 2 y] for a standard normal, d even: d times the tail of chi^2 with d + 2 degrees."""
    terms = (half_square**i / sp.factorial(i) for i in range(dim // 2 + 1))
    return dim * sp.exp(-half_square) * sum(terms, sp.S.Zero)


def refute_truncation() -> Proof:
    """d = 10, r^2 = 12: the truncated moment is above the printed bound."""
    board = Blackboard("exact counterexample d = 10, r^2 = 12")
    y = sp.Symbol("y", positive=True)
    for dim in (2, 4, 10):
        radial = y ** sp.Integer(dim // 2) * sp.exp(-y) / sp.gamma(sp.Integer(dim) / 2) * 2
        slope = -sp.diff(tail_moment(dim, y), y)
        board.equal(
            f"chi-square tail, d = {dim}: derivative by y = r^2/2", sp.expand(sp.simplify(slope - radial)), sp.S.Zero
        )
    left = tail_moment(10, sp.Integer(6))
    right = (10 + 1) * sp.sqrt(20) * sp.exp(-3)
    board.true("left > right", sp.N(left - right, 30) > 0, f"{sp.N(left, 6)} > {sp.N(right, 6)}")
    return board.proof()


def prove_truncation() -> Proof:
    """E|x|^4 = d (d + 2) <= (d + 1)^2, P(|x| > r) <= 2 d e^(-r^2/(2d)): some coordinate exceeds r/sqrt(d)."""
    from theory.label_noise.martingales import prove_gaussian_tail

    board = Blackboard("moments of a Gaussian; union over coordinates")
    d, r = sp.symbols("d r", positive=True)
    board.equal("E|x|^4 = 3 d + d (d - 1)", sp.expand(3 * d + d * (d - 1)), sp.expand(d * (d + 2)))
    board.nonnegative("(d + 1)^2 - d (d + 2)", (d + 1) ** 2 - d * (d + 2), {d: (0, sp.oo)})
    board.include(prove_gaussian_tail())
    iota = (r / sp.sqrt(d)) ** 2 / 2
    board.equal("product under the root", sp.sqrt((d + 1) ** 2 * 2 * d * sp.exp(-iota)),
                (d + 1) * sp.sqrt(2 * d) * sp.exp(-(r**2) / (4 * d)))  # fmt: skip
    return board.proof()


def prove_radius() -> Proof:
    """Each coordinate of xi is Gaussian with variance at most C lambda/nu: |xi| <= sqrt(2 C d lambda iota/nu)."""
    from theory.label_noise.martingales import prove_gaussian_tail
    from theory.label_noise.process import prove_upper_bound

    board = Blackboard("Gaussian tail in each coordinate, union bound")
    board.include(prove_upper_bound())
    board.include(prove_gaussian_tail())
    c, d, lam, iota, nu = sp.symbols("C d lam iota nu", positive=True)
    one = sp.sqrt(c * lam / nu) * sp.sqrt(2 * iota)
    board.equal("d squared thresholds", sp.sqrt(d * one**2), sp.sqrt(2 * c * d * lam * iota / nu))
    return board.proof()


def prove_geometric() -> Proof:
    """eta sum_k |1 - eta l|^k <= max(1/alpha, ...): 1/l below 1/eta, (2 - nu)/(nu l) above."""
    board = Blackboard("geometric series, two cases")
    x, nu, s = sp.symbols("x nu s", positive=True)
    board.equal("below: x/(1 - (1 - x))", x / (1 - (1 - x)), sp.S.One)
    value = 1 + s * (1 - nu)
    board.nonnegative("above: x/(2 - x) <= (2 - nu)/nu", (2 - nu) / nu - value / (2 - value), {s: (0, 1), nu: (0, 1)})
    return board.proof()
