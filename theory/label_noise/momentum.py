"""Heavy-ball momentum: the 2 x 2 blocks of the linearised process, their powers and sums (Appendix H)."""

from __future__ import annotations

import sympy as sp

from theory.proof import Blackboard, Proof

ETA = sp.Symbol("eta", positive=True)
G = sp.Symbol("g", positive=True)
BETA = sp.Symbol("beta", nonnegative=True)
ROOT_A, ROOT_B = sp.symbols("a b")


def block(eta: sp.Expr = ETA, g: sp.Expr = G, beta: sp.Expr = BETA) -> sp.Matrix:
    """A_i of Eq. 262."""
    return sp.Matrix([[1 - eta * g + beta, -beta], [1, 0]])


def homogeneous(k: int, trace: sp.Expr, determinant: sp.Expr) -> sp.Expr:
    """s_k = sum_{j<k} a^(k-1-j) b^j through a + b and a b; s_0 = 0, s_1 = 1."""
    before, now = sp.S.Zero, sp.S.One
    for _ in range(k):
        before, now = now, sp.expand(trace * now - determinant * before)
    return before


def printed_sum(k: int) -> sp.Expr:
    """The same as printed, in the roots."""
    return sum((ROOT_A ** (k - j - 1) * ROOT_B**j for j in range(k)), sp.S.Zero)


def stationary_block(eta: sp.Expr = ETA, g: sp.Expr = G, beta: sp.Expr = BETA) -> sp.Matrix:
    """Eq. 274: sum_j A^j J g J^T (A^T)^j."""
    top = 1 / (2 - eta * g / (1 + beta))
    side = (1 + beta - eta * g) / (2 * (1 + beta) - eta * g)
    return sp.Matrix([[top, side], [side, top]]) / (eta * (1 - beta))


def prove_eigenvalues() -> Proof:
    """Eq. 263: the roots of the characteristic polynomial, their sum and product."""
    board = Blackboard("characteristic polynomial")
    trace = 1 - ETA * G + BETA
    root = sp.sqrt(trace**2 - 4 * BETA)
    high, low = (trace + root) / 2, (trace - root) / 2
    t = sp.Symbol("t")
    board.equal(
        "characteristic polynomial", sp.expand((t * sp.eye(2) - block()).det()), sp.expand(t**2 - trace * t + BETA)
    )
    board.equal("sum", high + low, trace)
    board.equal("product", sp.expand(high * low), BETA)
    return board.proof()


def prove_spectral_radius() -> Proof:
    """rho(A_i) <= 1 on eta g in [0, 2 (1 + beta)), < 1 for g > 0: Jury's conditions, and Eq. 264."""
    board = Blackboard("Jury's conditions for t^2 - x t + beta, x = 1 + beta - eta g; Eq. 264")
    t, beta = sp.symbols("t beta", positive=True)
    x = 1 + BETA - t
    polynomial = lambda z: z**2 - x * z + BETA  # noqa: E731
    board.equal("value at 1 is eta g", sp.expand(polynomial(sp.S.One)), t)
    board.equal("value at -1", sp.expand(polynomial(-sp.S.One)), 2 * (1 + BETA) - t)
    box = {beta: (sp.S.Zero, sp.S.One)}
    board.nonnegative("product of the roots below 1", 1 - beta, box, strict=True)
    board.equal("eta g = 0: roots 1 and beta", sp.expand(polynomial(sp.Symbol("z")).subs(t, 0)),
                sp.expand((sp.Symbol("z") - 1) * (sp.Symbol("z") - BETA)))  # fmt: skip
    y = sp.Symbol("y")
    board.equal("Eq. 264, squared: (2 - x)^2 - (x^2 - 4 beta) = 4 (1 + beta - x)",
                sp.expand((2 - y) ** 2 - (y**2 - 4 * BETA)), sp.expand(4 * (1 + BETA - y)))  # fmt: skip
    return board.proof()


def prove_reflection() -> Proof:
    """eta g -> 2 (1 + beta) - eta g changes the sign of the trace, hence of both roots, and keeps the product."""
    board = Blackboard("trace and determinant")
    reflected = block(sp.S.One, 2 * (1 + BETA) - ETA * G)
    board.equal("trace", sp.expand(reflected.trace()), sp.expand(-block().trace()))
    board.equal("determinant", reflected.det(), block().det())
    return board.proof()


def prove_powers() -> Proof:
    """Eq. 265 for k >= 1: base case and step, from s_{k+1} = (a + b) s_k - a b s_{k-1}."""
    board = Blackboard("induction on k")
    for k in range(1, 6):
        gap = printed_sum(k + 1) - (ROOT_A + ROOT_B) * printed_sum(k) + ROOT_A * ROOT_B * printed_sum(k - 1)
        board.equal(f"recursion of the printed sums, k = {k}", sp.expand(gap), sp.S.Zero)
    p, q = sp.symbols("p q")  # a^(n-1), b^(n-1): s_n = (a^n - b^n) / (a - b)
    after = (ROOT_A**2 * p - ROOT_B**2 * q) - (ROOT_A + ROOT_B) * (ROOT_A * p - ROOT_B * q) + ROOT_A * ROOT_B * (p - q)
    board.equal("recursion for every k, through (a^k - b^k)/(a - b)", sp.expand(after), sp.S.Zero)
    trace, beta, before, now = sp.symbols("tr beta s0 s1")
    after = trace * now - beta * before
    a = sp.Matrix([[trace, -beta], [1, 0]])
    last = sp.Symbol("sm")  # s_{k-1}, with s_{k+1} = tr s_k - beta s_{k-1}: s1 = tr s0 - beta sm
    power = sp.Matrix([[now, -beta * before], [before, -beta * last]])
    step = (power * a).subs(last, (trace * before - now) / beta)
    board.equal("step", step.applyfunc(sp.expand),
                sp.Matrix([[after, -beta * now], [now, -beta * before]]).applyfunc(sp.expand))  # fmt: skip
    board.equal("base case k = 1", sp.Matrix([[trace, -beta], [1, 0]]), a)
    board.equal("-beta s_{k-1} = s_{k+1} - (a + b) s_k", sp.expand(after - trace * now), sp.expand(-beta * before))
    board.equal("k = 0, s_1 = 1, s_0 = 0", sp.Matrix([[1, 0], [0, 1 - trace * 0]]), sp.eye(2))
    return board.proof()


def refute_power_zero() -> Proof:
    """At k = 0 the printed lower right entry is -beta times an empty sum, 0, while A^0 = I has 1."""
    board = Blackboard("exact counterexample k = 0")
    board.differ("lower right entry", -BETA * printed_sum(-1), sp.S.One)
    return board.proof()


def refute_printed_step() -> Proof:
    """The right side of Eq. 266 is A^k again; at k = 1 it is A, not A^2."""
    board = Blackboard("exact counterexample eta g = 1, beta = 1/2, k = 1")
    a = block(sp.S.One, sp.S.One, sp.Rational(1, 2))
    board.differ("upper left entry of A^2 against that of A", (a * a)[0, 0], a[0, 0])
    return board.proof()


def prove_bounded() -> Proof:
    """|s_{k+1}| <= sum_j |a|^j |b|^j <= 1/(1 - beta): pair j with k - j."""
    board = Blackboard("rearrangement by pairs, geometric series")
    p, q = sp.symbols("p q", nonnegative=True)
    for k in range(1, 7):
        gap = sum(p**j * q**j for j in range(k + 1)) - sum(p ** (k - j) * q**j for j in range(k + 1))
        total = sum((p**j - p ** (k - j)) * (q**j - q ** (k - j)) for j in range(k + 1)) / 2
        board.equal(f"difference as products of equal signs, k = {k}", sp.expand(gap), sp.expand(total))
    r, m = sp.Symbol("r"), sp.Symbol("m", integer=True, positive=True)
    partial = (1 - r**m) / (1 - r)
    board.equal("geometric sum", partial.subs(m, m + 1) - partial, r**m)
    beta = sp.Symbol("beta", positive=True)
    board.nonnegative("tail is positive", beta / (1 - beta), {beta: (sp.S.Zero, sp.S.One)})
    board.include(prove_spectral_radius())
    return board.proof()


def prove_sum() -> Proof:
    """Eq. 273-274: the block solves the fixed-point equation, uniquely, as the spectral radius is below 1."""
    board = Blackboard("linear system; uniqueness from the spectral radius")
    found, a = stationary_block(), block()
    source = sp.Matrix([[G, 0], [0, 0]])
    board.equal("S = A S A^T + J g J^T", (found - a * found * a.T - source).applyfunc(sp.cancel), sp.zeros(2))
    board.equal("upper left entry, as in Eq. 271", found[0, 0], 1 / (ETA * (1 - BETA) * (2 - ETA * G / (1 + BETA))))
    board.include(prove_spectral_radius())
    return board.proof()


def refute_doubled() -> Proof:
    """With g inside the sum and g before it, the first term is g^2, not g."""
    board = Blackboard("first term of the sum at g = 2")
    board.differ("j = 0", 2 * sp.Integer(2), sp.Integer(2) * 1)
    return board.proof()


def prove_single() -> Proof:
    """A^j J g J^T (A^T)^j = g [[s_{j+1}^2, s_j s_{j+1}], [s_j s_{j+1}, s_j^2]]."""
    board = Blackboard("powers up to j = 5")
    trace = 1 - ETA * G + BETA
    for j in range(6):
        first = (block() ** j)[:, 0]
        column = sp.Matrix([homogeneous(j + 1, trace, BETA), homogeneous(j, trace, BETA)])
        board.equal(f"first column of A^{j}", (first - column).applyfunc(sp.expand), sp.zeros(2, 1))
    board.include(prove_powers())
    return board.proof()


def prove_variation() -> Proof:
    """(1 - beta) n eta lambda times Eq. 271 is n lambda Pi (2 - eta G/(1 + beta))^-1 <= n lambda / nu Pi."""
    board = Blackboard("substitution, sign")
    nu, slack, lam, n = sp.symbols("nu s lam n", positive=True)
    value = (1 - BETA) * n * ETA * lam * stationary_block()[0, 0]
    board.equal("prefactor", sp.cancel(value - n * lam / (2 - ETA * G / (1 + BETA))), sp.S.Zero)
    board.nonnegative("2 - eta g/(1 + beta) = nu + s", 1 / nu - 1 / (nu + slack), {nu: (0, 1), slack: (0, 2)})
    board.include(prove_sum())
    return board.proof()


def doubled_covariance(lam: sp.Expr, factor: sp.Expr) -> sp.Matrix:
    """S-bar' of Eq. 248 in one eigenspace, with ``factor`` before the matrix."""
    s = lam / (2 - ETA * G / (1 + BETA))
    side = (1 - ETA * G / (1 + BETA)) * s
    return factor * sp.Matrix([[s, side], [side, s]])


def prove_doubled_covariance() -> Proof:
    """Without the prefactor, S-bar' solves Eq. 249; at g = 0 too."""
    board = Blackboard("substitution in an eigenbasis")
    lam, zero = sp.Symbol("lam", positive=True), sp.Symbol("g0")
    found = doubled_covariance(lam, sp.S.One)
    source = (1 - BETA) * ETA * lam * sp.Matrix([[G, 0], [0, 0]])
    gap = (found - block() * found * block().T - source).subs(G, zero)
    board.equal("Eq. 249", gap.applyfunc(sp.cancel), sp.zeros(2))
    board.equal("Eq. 249 at g = 0", gap.subs(zero, 0).applyfunc(sp.cancel), sp.zeros(2))
    return board.proof()


def refute_doubled_covariance() -> Proof:
    """With lambda before the matrix (S-bar has one already), the two sides differ by the factor lambda."""
    board = Blackboard("exact counterexample lambda = 1/2, eta g = 1, beta = 1/2")
    at = {ETA: 1, G: 1, BETA: sp.Rational(1, 2)}
    lam = sp.Rational(1, 2)
    found, a = doubled_covariance(lam, lam).subs(at), block().subs(at)
    board.differ("upper left entry", (found - a * found * a.T)[0, 0], (1 - at[BETA]) * lam)
    return board.proof()


def prove_explicit_sum() -> Proof:
    """sum_k |A^k J g_i|^2 <= n tr sum_k A^k J G J^T (A^k)^T <= 2 n r / (eta (1 - beta) nu), r the rank of G."""
    board = Blackboard("g g^T <= n G, trace of Eq. 274 for each nonzero eigenvalue")
    nu, slack = sp.symbols("nu s", positive=True)
    board.equal("trace of a block",
    sp.cancel(stationary_block().trace() - 2 / (ETA * (1 - BETA) * (2 - ETA * G / (1 + BETA)))),
                sp.S.Zero)  # fmt: skip
    board.nonnegative("2 - eta g/(1 + beta) >= nu", 1 / nu - 1 / (nu + slack), {nu: (0, 1), slack: (0, 2)})
    board.include(prove_sum())
    return board.proof()


def prove_cauchy_sum() -> Proof:
    """Proposition 22 and 24 from 23 by Cauchy-Schwarz."""
    from theory.label_noise.contraction import prove_cauchy_sum as cauchy

    board = Blackboard("Cauchy-Schwarz as a sum of squares; trace of Eq. 274")
    board.include(cauchy())
    board.include(prove_explicit_sum())
    return board.proof()


def refute_trace_without_n() -> Proof:
    """n = 2, g_1 = 1, g_2 = 0, tau = 1: |J g_1|^2 = 1, the trace is 1/2."""
    board = Blackboard("exact counterexample n = 2, d = 1, g = (1, 0), tau = 1")
    mean = (sp.Integer(1) ** 2 + sp.Integer(0) ** 2) / 2
    board.true("left > right", mean < 1, f"1 > {mean}")
    return board.proof()


def refute_root_order() -> Proof:
    """n = d = 1: the sum of squares over all k is 2 / (eta (1 - beta) (2 - ...)), of order 1/eta, not eta^(-1/2)."""
    board = Blackboard("limit eta -> 0 of the exact sum")
    value = stationary_block().trace()
    board.true(
        "sqrt(eta) times the sum", sp.limit((sp.sqrt(ETA) * value).subs(BETA, sp.Rational(1, 2)), ETA, 0, "+") == sp.oo
    )
    board.equal("eta times the sum", sp.limit(ETA * value, ETA, 0), 1 / (1 - BETA))
    return board.proof()


def prove_solution() -> Proof:
    """Eq. 233-234, 239-240: the stacked recursion and its solution by powers of A."""
    board = Blackboard("stacked recursion; induction, coefficient by coefficient")
    now, before, noise = sp.symbols("xi_k xi_before eps")
    stacked = block() * sp.Matrix([now, before]) + sp.Matrix([noise, 0])
    board.equal("top row", sp.expand(stacked[0] - ((1 - ETA * G) * now + noise + BETA * (now - before))), sp.S.Zero)
    board.equal("bottom row", stacked[1], now)
    r, k, m = sp.Symbol("r", positive=True), sp.Symbol("k", integer=True), sp.Symbol("m", integer=True)
    board.equal("power of an old noise", r * r ** (k - m - 1), r ** (k + 1 - m - 1))
    board.equal("power of the new noise", (r ** (k + 1 - m - 1)).subs(m, k), sp.S.One)
    return board.proof()
