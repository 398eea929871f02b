"""Two-point noisy gradient descent on quadratics: exact second moments and the bounds drawn from them.

Source: nso, Lemmas B.5-B.7, Eq. 48-60; repairs are ours.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import sympy as sp

from theory.noise_stability.fixed_rate import write_geometric, write_minimum
from theory.proof import Blackboard, Proof

C, D, T, K, ETA, SIGMA, RHO, KAPPA = sp.symbols("C D T k eta sigma rho kappa", positive=True)
HALF = sp.Rational(1, 2)


def enumerated_square(curvature: sp.Expr, steps: Sequence[sp.Expr], w0: sp.Expr, noise: sp.Expr) -> sp.Expr:
    """E|grad F(W_t)|^2 after all ``steps``, by going through all signs of the averaged noise +-``noise``.

    Examples
    --------
    >>> enumerated_square(sp.S.One, [sp.Rational(1, 2)], sp.S.One, sp.S.One)
    1/2
    """
    total = sp.S.Zero
    for signs in itertools.product((1, -1), repeat=len(steps)):
        w = w0
        for eta, sign in zip(steps, signs):
            w = w - eta * (curvature * w + sign * noise)
        total += (curvature * w) ** 2
    return sp.expand(total / 2 ** len(steps))


def second_moment(curvature: sp.Expr, steps: Sequence[sp.Expr], w0: sp.Expr, variance: sp.Expr) -> sp.Expr:
    """The closed form: curvature^2 (w0^2 prod (1-c eta)^2 + variance sum eta_i^2 prod_{j>i} (1-c eta_j)^2)."""
    factors = [(1 - curvature * eta) ** 2 for eta in steps]
    noise = sum((eta**2 * sp.prod(factors[i + 1 :]) for i, eta in enumerate(steps)), sp.S.Zero)
    return curvature**2 * (w0**2 * sp.prod(factors) + variance * noise)


def prove_recursion() -> Proof:
    """Eq. 48, its iteration, Eq. 49 and Lemma B.5 with C^2: m' = (1-C eta)^2 m + eta^2 v, by induction on t."""
    board = Blackboard("second-moment recursion, induction on t")
    w, u, xi, m, v = sp.symbols("w u xi m v", real=True)
    pair = (C * (w + u) + C * (w - u)) / 2
    board.equal("two-point gradient of C w^2/2", pair, C * w)
    board.equal("Eq. 48", w - ETA * (pair + xi), (1 - C * ETA) * w - ETA * xi)
    square = sp.expand(((1 - C * ETA) * w - ETA * xi) ** 2).coeff(xi, 0) + ETA**2 * xi**2
    board.equal("mean square, cross term of mean zero", square.subs(xi**2, v).subs(w**2, m),
                sp.expand((1 - C * ETA) ** 2 * m + ETA**2 * v))  # fmt: skip
    p, s = sp.symbols("P S", positive=True)  # product and noise sum at t
    before = p * w**2 + s * v
    board.equal(
        "t -> t+1: product gains a factor, the sum too, plus eta^2",
        sp.expand((1 - C * ETA) ** 2 * before + ETA**2 * v),
        sp.expand((1 - C * ETA) ** 2 * p * w**2 + ((1 - C * ETA) ** 2 * s + ETA**2) * v),
    )
    board.equal("C^2 |W_0|^2 with |W_0| = D sqrt(2/C)", C**2 * (D * sp.sqrt(2 / C)) ** 2, 2 * C * D**2)
    steps = [sp.Rational(1, 2), sp.Rational(1, 3), sp.Rational(1, 4)]
    board.equal("enumeration of all signs, three steps, C = 2", enumerated_square(sp.Integer(2), steps, sp.S.One,
                                                                                  sp.S.One),
                second_moment(sp.Integer(2), steps, sp.S.One, sp.S.One))  # fmt: skip
    return board.proof()


def refute_b5() -> Proof:
    """t = 1, C = 2, eta = 1/4, D = 0-like start: C sigma^2 eta^2 against C^2 sigma^2 eta^2."""
    board = Blackboard("exact counterexample C = 2, t = 1, eta = 1/4, k = sigma = D = 1, by enumeration")
    c, eta = sp.Integer(2), sp.Rational(1, 4)
    true = enumerated_square(c, [eta], sp.sqrt(2 / c), sp.S.One)
    board.differ("E|grad F(W_1)|^2 against the printed statement", true, 2 * c * (1 - c * eta) ** 2 + c * eta**2)
    return board.proof()


def refute_initialization() -> Proof:
    """C/2 |W_0|^2 = C D^2 max{1/C, 2 sum}: above D^2 once 2 sum > 1/C."""
    board = Blackboard("exact counterexample C = 1, sum of step sizes 1")
    board.differ("F(W_0) - min F against D^2 at D = 1", HALF * (2 * sp.Max(1, 2)), sp.S.One)
    return board.proof()


def prove_initialization() -> Proof:
    """|W_0| = D sqrt(2 kappa) gives D^2 for |W|^2/(2 kappa), and D sqrt(2/C) gives D^2 for C|W|^2/2."""
    board = Blackboard("substitution")
    board.equal("kappa", (D * sp.sqrt(2 * KAPPA)) ** 2 / (2 * KAPPA), D**2)
    board.equal("C", C / 2 * (D * sp.sqrt(2 / C)) ** 2, D**2)
    return board.proof()


def prove_shift() -> Proof:
    """E C|W+U|^2/2 = C|W|^2/2 + C d/2 for U of covariance Id."""
    board = Blackboard("moments, coordinate by coordinate")
    w, u, d = sp.symbols("w u d", real=True)
    one = sp.expand(C / 2 * (w + u) ** 2).coeff(u, 0) + C / 2
    board.equal("one coordinate", one, C / 2 * w**2 + C / 2)
    board.equal("d coordinates", d * C / 2, C * d / 2)
    return board.proof()


def refute_shift() -> Proof:
    """C = 1, d = 1: E(w+U)^2/2 - w^2/2 = 1/2, not 1."""
    board = Blackboard("exact counterexample C = d = 1, U = +-1, w = 0")
    board.differ("F - f against d", sum(sp.Rational(u**2, 2) for u in (1, -1)) / 2, sp.S.One)
    return board.proof()


def refute_martingale() -> Proof:
    """Independent signs: E[xi_2 | xi_1 = 1] = 0, not 1."""
    board = Blackboard("exact counterexample: two independent signs")
    given = [second for first, second in itertools.product((1, -1), repeat=2) if first == 1]
    board.differ("E[xi_2 | xi_1 = 1] against xi_1", sp.Rational(sum(given), len(given)), sp.S.One)
    return board.proof()


def prove_martingale_differences() -> Proof:
    """E[S_{t+1} | past] = S_t for partial sums, and E<xi_i, xi_j> = 0."""
    board = Blackboard("conditional mean zero")
    s, xi = sp.symbols("s xi", real=True)
    board.equal("E[s + xi | s]", (s + xi).subs(xi, 0), s)
    board.equal("variance of the mean of k", K * SIGMA**2 / K**2, SIGMA**2 / K)
    return board.proof()


def prove_eq49() -> Proof:
    """The first display under Eq. 49 keeps only the noise part; in full the recursion's closed form."""
    return prove_recursion()


def refute_eq49() -> Proof:
    """Without noise, the display gives 0."""
    board = Blackboard("exact counterexample sigma = 0, W_0 = C = 1, eta = 1/2, t = 1")
    board.differ("E|grad F(W_1)|^2 against 0", enumerated_square(sp.S.One, [HALF], sp.S.One, sp.S.Zero), sp.S.Zero)
    return board.proof()


def prove_eq55() -> Proof:
    """1 - z/2 - 2^(-z) is concave and vanishes at 0 and 1."""
    board = Blackboard("concavity and end points")
    z = sp.Symbol("z", real=True)
    gap = 1 - z / 2 - sp.exp(sp.log(HALF) * z)
    board.equal("at 0", gap.subs(z, 0), sp.S.Zero)
    board.equal("at 1", gap.subs(z, 1), sp.S.Zero)
    board.true("concave", sp.diff(gap, z, 2).is_negative, str(sp.diff(gap, z, 2)))
    return board.proof()


def prove_product() -> Proof:
    """With kappa for every factor: z_j = 2 eta_j/kappa, sum z_j <= 1."""
    board = Blackboard("Eq. 55, factor by factor")
    board.include(prove_eq55())
    s = sp.Symbol("s", positive=True)
    board.equal("2 eta/max{1/C, 2 S} = eta/max{1/(2C), S}, at S = s large", 2 * ETA / (2 * s), ETA / s)
    board.equal("2^(-1)", sp.exp(sp.log(HALF)), HALF)
    return board.proof()


def refute_product_display() -> Proof:
    """Sum from j = i on the left, from 0 on the right: C = 1, eta_0 = eta_1 = 3/4, i = 1, t = T = 2."""
    board = Blackboard("exact counterexample C = 1, eta = (3/4, 3/4), i = 1, t = T = 2")
    eta = sp.Rational(3, 4)
    left = 1 - eta / sp.Max(1, 2 * eta)
    right = sp.exp(sp.log(HALF) * eta / sp.Max(HALF, 2 * eta))
    board.true("left < right", sp.N(left, 30) < sp.N(right, 30), f"{left} < {right}")
    return board.proof()


def prove_eq54() -> Proof:
    """Eq. 51-54: the recursion with 1/kappa for C, |W_0|^2 = 2 D^2 kappa."""
    board = Blackboard("second-moment recursion with curvature 1/kappa")
    board.include(prove_recursion())
    board.equal("kappa^(-2) |W_0|^2", KAPPA**-2 * (D * sp.sqrt(2 * KAPPA)) ** 2, 2 * D**2 / KAPPA)
    return board.proof()


def prove_b6() -> Proof:
    """Eq. 56 and Lemma B.6."""
    board = Blackboard("exact moment, product inequality")
    board.include(prove_eq54())
    board.include(prove_product())
    board.equal("2 D^2/kappa times (1/2)^2", 2 * D**2 / KAPPA * HALF**2, D**2 / (2 * KAPPA))
    return board.proof()


BOUND = D * sp.sqrt(C * SIGMA**2 / (8 * K * T))
PRINTED_BOUND = D * sp.sqrt(C * SIGMA**2 / (32 * K * T))


def balance() -> sp.Expr:
    """The x for which the right sides of Eq. 58 and 60 agree, by solving."""
    x = sp.Symbol("x", positive=True)
    return sp.solve(sp.Eq(D**2 * x / 4, SIGMA**2 * C / (2 * K * x)), x)[0]


def prove_balance() -> Proof:
    """x = sqrt(2 sigma^2 C/(k D^2)), and both sides are D sqrt(C sigma^2/(8 k T))."""
    board = Blackboard("solving for x")
    board.equal("x", balance(), sp.sqrt(2 * SIGMA**2 * C / (K * D**2)))
    board.equal("Eq. 58 there", D**2 * balance() / (4 * sp.sqrt(T)), BOUND)
    board.equal("Eq. 60 there", SIGMA**2 * C / (2 * K * balance() * sp.sqrt(T)), BOUND)
    return board.proof()


def prove_eq58() -> Proof:
    """D^2/(2 max{1/C, 2 sqrt(T)/x}) = C D^2/(2 max{1, 2 C sqrt(T)/x}); the second argument gives D^2 x/(4 sqrt T)."""
    board = Blackboard("substitution")
    x = sp.Symbol("x", positive=True)
    board.equal("second argument", D**2 / (2 * (2 * sp.sqrt(T) / x)), D**2 * x / (4 * sp.sqrt(T)))
    board.equal("factor C", C * D**2 / (2 * (2 * C * sp.sqrt(T) / x)), D**2 * x / (4 * sp.sqrt(T)))
    board.equal("2 C sqrt(T)/x >= 1 from T = x^2/(4C^2)", (2 * C * sp.sqrt(T) / x).subs(T, x**2 / (4 * C**2)), sp.S.One)
    return board.proof()


def refute_eq58() -> Proof:
    """C = 4: C D^2/(2 max{1, 2 sqrt(T)/x}) is not D^2 x/(4 sqrt T)."""
    board = Blackboard("exact counterexample C = 4, D = x = T = 1")
    board.differ("middle against right", sp.Integer(4) / (2 * sp.Max(1, 2)), sp.Rational(1, 4))
    return board.proof()


LINE = SIGMA**2 * RHO / (K * (2 - RHO))


def prove_eq59() -> Proof:
    """The geometric sum and its rearrangement; the sign of the coefficient decides where the minimum lies."""
    board = Blackboard("geometric sum by induction, rearrangement")
    write_geometric(board)
    z = sp.Symbol("z", positive=True)
    board.equal("rho^2/(1-(1-rho)^2) = rho/(2-rho)", RHO**2 / (1 - (1 - RHO) ** 2), RHO / (2 - RHO))
    board.equal("rearranged", 2 * C * D**2 * z + LINE * (1 - z), LINE + z * (2 * C * D**2 - LINE))
    return board.proof()


def prove_small_case() -> Proof:
    """A(1-rho)^2 + B rho^2 >= AB/(A+B): the difference times (A+B) is (A - (A+B) rho)^2."""
    board = Blackboard("a square")
    a, b = sp.symbols("A B", positive=True)
    board.equal("difference", (a + b) * (a * (1 - RHO) ** 2 + b * RHO**2) - a * b, (a - (a + b) * RHO) ** 2)
    board.equal("AB/(A+B) = 1/(1/A + 1/B)", a * b / (a + b), 1 / (1 / a + 1 / b))
    return board.proof()


def prove_eq60() -> Proof:
    """rho/(2-rho) >= rho/2 and rho >= C/(x sqrt T)."""
    board = Blackboard("monotone in rho")
    board.nonnegative("rho/(2-rho) - rho/2", RHO / (2 - RHO) - RHO / 2, {RHO: (sp.S.Zero, sp.S.One)})
    x = sp.Symbol("x", positive=True)
    board.equal(
        "at rho = C/(x sqrt T)", SIGMA**2 / (2 * K) * C / (x * sp.sqrt(T)), SIGMA**2 * C / (2 * K * x * sp.sqrt(T))
    )
    return board.proof()


def prove_b7() -> Proof:
    """Independent mean-zero noise of variance exactly sigma^2, T >= sigma^2/(2 k C D^2): the bound with 8 for 32."""
    board = Blackboard("Lemma B.6 for small steps, exact moments for large fixed ones")
    for part in (prove_b6(), prove_eq58(), prove_eq59(), prove_small_case(), prove_eq60(), prove_balance()):
        board.include(part)
    write_minimum(board)
    at = {T: SIGMA**2 / (2 * K * C * D**2)}
    board.equal("C D^2/2 = the bound at T = sigma^2/(2 k C D^2)", (C * D**2 / 2) ** 2, (BOUND**2).subs(at))
    a, b = sp.symbols("A B", positive=True)
    board.equal("AB/(A+B) >= A/2 for B >= A (A = 2CD^2): the gap is A(B-A)/(2(A+B))", a * b / (a + b) - a / 2,
                a * (b - a) / (2 * (a + b)))  # fmt: skip
    return board.proof()


def refute_b7() -> Proof:
    """A noiseless oracle satisfies Assumption 4.1: every quadratic has |grad|^2 <= 2 D^2 max_l l (1-l
    eta)^(2T) at T.
    """
    board = Blackboard("exact counterexample without noise: C = D = k = sigma = 1, eta = 1/2, T = 100, every quadratic")
    t, eta = 100, HALF
    lam = sp.Symbol("lambda", positive=True)
    slope = sp.factor(sp.diff(sp.log(lam) + 2 * t * sp.log(1 - lam * eta), lam))
    best = 1 / (eta * (2 * t + 1))
    board.equal("log of lambda (1-lambda eta)^(2T) has its slope 0 at 1/(eta (2T+1))", slope.subs(lam, best), sp.S.Zero)
    board.true("and is concave", bool(sp.diff(sp.log(lam) + 2 * t * sp.log(1 - lam * eta), lam, 2).subs(lam, best) < 0))
    largest = 2 * best * (1 - best * eta) ** (2 * t)
    board.true("largest squared gradient < D sqrt(C sigma^2/(32 k T))", largest**2 < sp.Rational(1, 32 * t),
               f"{sp.N(largest, 4)} < {sp.N(sp.sqrt(sp.Rational(1, 32 * t)), 4)}")  # fmt: skip
    return board.proof()
