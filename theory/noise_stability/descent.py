"""Two-point noisy gradients and their rate: variances, the descent inequality, and a proof of Theorem 4.3.

Notation: c = C eta, a = C D^2 / T, Delta = (sigma^2 + C^2 H(P)) / k. Source: nso, Theorem 4.3, Lemmas 4.4 and B.1, Eq.
25-39; the proof of Theorem 4.3 with its printed constants is ours.
"""

from __future__ import annotations

import sympy as sp

from theory.proof import Blackboard, Proof

C, D, T, K, ETA, DELTA, SIGMA, H = sp.symbols("C D T k eta Delta sigma H", positive=True)
RATE = C * D**2 / T


def prove_corollary() -> Proof:
    """|E X| <= E|X|, as convexity of the norm: for any two outcomes of chances q and 1-q, in any two coordinates."""
    board = Blackboard("Jensen's inequality for the norm, two outcomes at a time")
    x, y, u, v = sp.symbols("x y u v", real=True)
    gap = (x**2 + y**2) * (u**2 + v**2) - (x * u + y * v) ** 2
    board.equal("(|X||Y|)^2 - <X, Y>^2 is a square, so |X + Y| <= |X| + |Y|", gap, (x * v - y * u) ** 2)
    q = sp.Symbol("q", positive=True)
    board.equal("q C|W_2-W_1| + (1-q) C|W_2-W_1|", q * C * u + (1 - q) * C * u, C * u)
    return board.proof()


def prove_means() -> Proof:
    """delta with 2 grad F, and xi, have mean zero; for a quartic f with symbolic even moments of U."""
    board = Blackboard("moments of a symmetric U, generic quartic")
    w, u, m2 = sp.symbols("w u m_2", real=True)
    coefficients = sp.symbols("c0:5", real=True)
    slope = sp.diff(sum(c * w**i for i, c in enumerate(coefficients)), w)
    pair = sp.expand(slope.subs(w, w + u) + slope.subs(w, w - u))
    average = pair.subs(u**2, m2)
    one = sp.Poly(slope.subs(w, w + u), u)
    smooth = sum(c * {0: 1, 1: 0, 2: m2, 3: 0}[power[0]] for power, c in one.terms())
    board.equal("E[f'(w+U) + f'(w-U)] = 2 F'(w)", average, sp.expand(2 * smooth))
    noise, zero = sp.symbols("g_minus_f", real=True), sp.S.Zero
    board.equal("E[g_z - grad f] = 0 at either point", (noise + noise).subs(noise, 0), zero)
    return board.proof()


def refute_delta() -> Proof:
    """f = C w^2/2, U = 0: the printed delta is C w/2."""
    board = Blackboard("exact counterexample f(w) = w^2/2, U = 0, w = 1")
    slope = sp.S.One
    printed = sp.Rational(1, 2) * (slope + slope - slope)
    board.differ("mean of the printed delta", printed, sp.S.Zero)
    board.true("its square exceeds C^2 H(P)/k = 0", printed**2 > 0)
    return board.proof()


def prove_eq34() -> Proof:
    """For symmetric U both sides are 0; an odd function of U averages out."""
    board = Blackboard("odd function of a symmetric variable")
    w, u, q = sp.symbols("w u q", positive=True)
    slope = sp.Function("g")
    value = q / 2 * (slope(w - u) - slope(w + u)) + q / 2 * (slope(w + u) - slope(w - u))
    board.equal("outcomes u and -u, chance q/2 each", value, sp.S.Zero)
    board.include(prove_means())
    return board.proof()


def refute_eq34_mean_zero() -> Proof:
    """U = 2 with chance 1/3, -1 with 2/3 has mean zero, but f' = w^3 gives -2 E U^3 = -4."""
    board = Blackboard("exact counterexample f(w) = w^4/4, U in {2, -1} with mean zero, w = 0")
    law = {2: sp.Rational(1, 3), -1: sp.Rational(2, 3)}
    board.equal("E U", sum(u * q for u, q in law.items()), sp.S.Zero)
    board.differ("E[f'(-U) - f'(U)]", sum(q * ((-u) ** 3 - u**3) for u, q in law.items()), sp.S.Zero)
    return board.proof()


def prove_average_variance() -> Proof:
    """Eq. 25-27: the variance of a mean of k independent terms, by induction on k."""
    board = Blackboard("induction on k: cross terms of independent mean-zero terms vanish")
    v, cross = sp.symbols("v cross", real=True)
    board.equal("k = 1", v / 1**2, v)
    total = (K**2 * (v / K) + v + 2 * cross) / (K + 1) ** 2
    board.equal("k -> k+1", total.subs(cross, 0), v / (K + 1))
    x, y, f = sp.symbols("x y F", real=True)
    board.equal("(x + y - 2F)/2 = (x + y)/2 - F", (x + y - 2 * f) / 2, (x + y) / 2 - f)
    return board.proof()


def prove_variance_bound() -> Proof:
    """Eq. 28: Var phi(U) <= E|phi(U) - grad f(W)|^2 <= C^2 E|U|^2, phi the average of the two gradients."""
    board = Blackboard("variance is the least mean square; Lipschitz gradient")
    x, m, c, u = sp.symbols("x m c u", real=True)
    board.equal("E|X - c|^2 - E|X - m|^2 = |m - c|^2 when E X = m", sp.expand((x - c) ** 2 - (x - m) ** 2).subs(x, m),
                sp.expand((m - c) ** 2))  # fmt: skip
    board.equal("|phi - grad f| <= (C|U| + C|-U|)/2", (C * abs(u) + C * abs(-u)) / 2, C * abs(u))
    q = sp.Symbol("q", positive=True)
    share = sp.cancel((C**2 * q - (C * q) ** 2) / (C**2 * q))
    board.equal("f' = C|x|, U = +-1 with chance q, else 0: share of the bound that is attained", share, 1 - q)
    return board.proof()


def refute_variance_chain() -> Proof:
    """The '= 1/2 E' line: f = C x^2/2, U = +-1 gives C^2 on the left and C^2/2 on the right."""
    board = Blackboard("exact counterexample f(x) = x^2/2, U = +-1")
    half = sp.Rational(1, 2)
    squares = [sp.Integer(u) ** 2 for u in (1, -1)]
    left = sum(half * (half * s + half * s) for s in squares)
    board.differ("E[|a(U)|^2/2 + |a(-U)|^2/2] against E|a(U)|^2/2", left, half * sum(half * s for s in squares))
    return board.proof()


def prove_variance_chain() -> Proof:
    """With factor 1 the chain continues by E|X - E X|^2 = E|X - X'|^2/2 (an identity), and ends at C^2 H."""
    board = Blackboard("the chain with its factor put right")
    a, x, y, m, s, h = sp.symbols("a x y m s h", real=True)
    board.equal("a/2 + a/2", a / 2 + a / 2, a)
    independent = sp.expand((x - y) ** 2).subs(x * y, m**2).subs({x**2: s, y**2: s})
    board.equal("E|X - X'|^2/2 = E X^2 - (E X)^2", independent / 2, s - m**2)
    squared = sp.expand((x - y) ** 2).subs(x * y, 0).subs({x**2: h, y**2: h})
    board.equal("E|U - U'|^2 = E|U|^2 + E|U'|^2 for mean zero", squared, 2 * h)
    board.equal("C^2/2 times 2 H", C**2 / 2 * 2 * H, C**2 * H)
    return board.proof()


def prove_xi_bound() -> Proof:
    """|a + b|^2 <= 2|a|^2 + 2|b|^2, and 1/(4k) times 4 sigma^2."""
    board = Blackboard("parallelogram inequality, mean of k independent terms")
    board.include(prove_average_variance())
    a, b = sp.symbols("a b", real=True)
    board.equal("2a^2 + 2b^2 - (a+b)^2", 2 * a**2 + 2 * b**2 - (a + b) ** 2, (a - b) ** 2)
    board.equal("(1/(2k)) (sigma^2 + sigma^2)", (SIGMA**2 + SIGMA**2) / (2 * K), SIGMA**2 / K)
    return board.proof()


def prove_eq36() -> Proof:
    """Eq. 36: both parts of Lemma 4.4, delta with 2 grad F, added up over T steps."""
    board = Blackboard("sum of T equal bounds")
    for part in (prove_xi_bound(), prove_average_variance(), prove_variance_bound()):
        board.include(part)
    board.equal("T (sigma^2/k + C^2 H/k)", T * (SIGMA**2 / K + C**2 * H / K), T * (SIGMA**2 + C**2 * H) / K)
    return board.proof()


def prove_domination() -> Proof:
    """Eq. 30: |int_0^1 <grad F(W + s v) - grad F(W), v> ds| <= int C s |v|^2 ds."""
    board = Blackboard("integral along the line")
    s, v = sp.symbols("s v", positive=True)
    board.equal("int_0^1 C s |v|^2 ds", sp.integrate(C * s * v**2, (s, 0, 1)), C * v**2 / 2)
    phi = sp.Function("phi")
    board.equal("phi(1) - phi(0) is the integral of phi'", sp.integrate(sp.diff(phi(s), s), (s, 0, 1)), phi(1) - phi(0))
    return board.proof()


def prove_expansion() -> Proof:
    """The three displayed lines of the descent inequality, and Eq. 31-32 by telescoping."""
    board = Blackboard("expansion of squares, telescoping sum")
    f, e, inner = sp.symbols("F2 E2 inner", real=True)  # |grad F|^2, |delta + xi|^2, <grad F, delta + xi>
    second = -ETA * (inner + f) + C * ETA**2 / 2 * (e + 2 * inner + f)
    third = -(ETA - C * ETA**2 / 2) * f - (ETA - C * ETA**2) * inner + C * ETA**2 / 2 * e
    board.equal("second and third line", second, third)
    x0, x1, x2 = sp.symbols("x0 x1 x2", real=True)
    board.equal("telescoping", (x0 - x1) + (x1 - x2), x0 - x2)
    return board.proof()


def prove_step_condition() -> Proof:
    """2 eta - C eta^2 - eta = eta (1 - C eta) >= 0, which gives Eq. 33."""
    board = Blackboard("factorisation")
    board.equal("2 eta - C eta^2 - eta", 2 * ETA - C * ETA**2 - ETA, ETA * (1 - C * ETA))
    board.equal("eta - C eta^2/2 - eta/2", ETA - C * ETA**2 / 2 - ETA / 2, ETA * (1 - C * ETA) / 2)
    return board.proof()


def prove_lemma_b1() -> Proof:
    """2 D^2 in the first term."""
    board = Blackboard("descent inequality, telescoping, uncorrelated errors")
    for part in (prove_domination(), prove_expansion(), prove_step_condition(), prove_means()):
        board.include(part)
    board.equal("2 (D^2 + C/2 s)", 2 * (D**2 + C / 2 * T), 2 * D**2 + C * T)
    return board.proof()


def refute_lemma_b1() -> Proof:
    """f = C w^2/2 with C = 1/10, no noise, T = 1, eta = 5: |grad|^2 = 2 C D^2 exceeds 2 C D^2/eta."""
    board = Blackboard("exact counterexample f(w) = w^2/20, w = 1, no noise, T = 1, eta = 5 < 1/C")
    c, eta, w = sp.Rational(1, 10), sp.Integer(5), sp.S.One
    d2 = c * w**2 / 2
    board.true("eta < 1/C", eta < 1 / c)
    board.true("|grad F|^2 > 2 C D^2/eta", (c * w) ** 2 > 2 * c * d2 / eta, f"{(c * w) ** 2} > {2 * c * d2 / eta}")
    return board.proof()


def prove_uncorrelated() -> Proof:
    """E<delta, xi> = 0 because xi has mean zero given U; nothing more is needed for the sum of squares."""
    board = Blackboard("tower property: mean over z first")
    d, x = sp.symbols("d x", real=True)
    board.equal("E[d x | U] with E[x | U] = 0", (d * x).subs(x, 0), sp.S.Zero)
    board.equal("(d + x)^2", sp.expand((d + x) ** 2 - 2 * d * x), d**2 + x**2)
    return board.proof()


def refute_independent() -> Proof:
    """f = x^3/6-like slope with noise whose size depends on the place: delta and xi^2 are dependent."""
    board = Blackboard("exact counterexample f' = |x|, g_z = |x| (1 + z), z = +-1, U in {0, 0, 1, -1}, W = 0")
    outcomes = [(u, z) for u in (0, 0, 1, -1) for z in (1, -1)]
    mean = sp.Rational(sum(abs(u) for u in (0, 0, 1, -1)), 4)
    delta = {o: abs(o[0]) - mean for o in outcomes}
    xi = {o: sp.Integer(abs(o[0]) * o[1]) for o in outcomes}
    count = sp.Integer(len(outcomes))
    board.equal("E<delta, xi>", sum(delta[o] * xi[o] for o in outcomes) / count, sp.S.Zero)
    joint = sum(delta[o] * xi[o] ** 2 for o in outcomes) / count
    product = sum(delta.values()) * sum(x**2 for x in xi.values()) / count**2
    board.differ("E delta xi^2 against E delta E xi^2", joint, product)
    return board.proof()


def prove_eq35() -> Proof:
    """Fixed eta in the corrected Eq. 29."""
    board = Blackboard("substitution")
    s = sp.Symbol("s", positive=True)
    board.equal("2 D^2/(T eta) + C eta^2 s/(T eta)", (2 * D**2 + C * ETA**2 * s) / (T * ETA), 2 * D**2 / (T * ETA)
                + C * ETA * s / T)  # fmt: skip
    return board.proof()


LOSSY = 2 * D**2 / (T * ETA) + C * ETA * DELTA
"""Right side of Eq. 35 with Eq. 36."""
BEST = sp.sqrt(2 * D**2 / (C * DELTA * T))


def prove_eq37() -> Proof:
    """The minimum of Eq. 35 is 2 sqrt(2 C D^2 Delta/T)."""
    board = Blackboard("first-order condition of a convex function")
    board.equal("slope at eta = sqrt(2 D^2/(C Delta T))", sp.simplify(sp.diff(LOSSY, ETA).subs(ETA, BEST)), sp.S.Zero)
    board.true("convex", sp.diff(LOSSY, ETA, 2).is_positive)
    board.equal("value", sp.simplify(LOSSY.subs(ETA, BEST)), 2 * sp.sqrt(2 * C * D**2 * DELTA / T))
    return board.proof()


def refute_eq37() -> Proof:
    """C = D = T = 1, Delta = 2: the minimum is 4, not 2."""
    board = Blackboard("exact counterexample C = D = T = 1, Delta = 2")
    at = {C: 1, D: 1, T: 1, DELTA: 2}
    minimum = sp.simplify(LOSSY.subs(ETA, BEST)).subs(at)
    board.differ("minimum against Eq. 37", minimum, sp.sqrt(2 * C * D**2 * DELTA / T).subs(at))
    return board.proof()


def refute_eq39() -> Proof:
    """The first term alone exceeds the bound for every eta < 1/C."""
    board = Blackboard("sign of a difference")
    bound = 2 * C * D**2 / T
    board.nonnegative("2 D^2/(T eta) - 2 C D^2/T > 0 for eta < 1/C", (2 * D**2 / (T * ETA) - bound).subs(
        ETA, sp.Symbol("c", positive=True) / C), {sp.Symbol("c", positive=True): (sp.S.Zero, sp.S.One),
        C: (sp.S.Zero, sp.oo), D: (sp.S.Zero, sp.oo), T: (sp.S.Zero, sp.oo)}, strict=True)  # fmt: skip
    return board.proof()


def prove_eq39() -> Proof:
    """At eta = 1/C the middle expression is 4 C D^2/T."""
    board = Blackboard("substitution")
    board.equal("2 D^2/(T eta) + 2 C^2 D^2 eta/T at eta = 1/C", (2 * D**2 / (T * ETA) + 2 * C**2 * D**2 * ETA / T).subs(
        ETA, 1 / C), 4 * C * D**2 / T)  # fmt: skip
    return board.proof()


def refute_step_below() -> Proof:
    """At Delta = 2 C D^2/T the step is exactly 1/C."""
    board = Blackboard("exact counterexample Delta = 2 C D^2/T")
    board.equal("eta", sp.simplify(BEST.subs(DELTA, 2 * C * D**2 / T)), 1 / C)
    return board.proof()


def prove_step_at_most() -> Proof:
    """(eta C)^2 = 2 C D^2/(Delta T) <= 1."""
    board = Blackboard("square of the step")
    board.equal("(C eta)^2", (C * BEST) ** 2, 2 * C * D**2 / (DELTA * T))
    return board.proof()


def prove_theorem() -> Proof:
    """Eq. 6 with its constants, t uniform on 1..T: do not weaken eta - C eta^2/2 to eta/2."""
    board = Blackboard("descent inequality with its exact coefficient, |grad F|^2 <= 2C(F - min F) at the last step")
    for part in (prove_domination(), prove_expansion(), prove_means(), prove_variance_bound(), prove_xi_bound(),
                 prove_uncorrelated()):  # fmt: skip
        board.include(part)
    c, a, g = sp.symbols("c a g", positive=True)
    board.equal("F at W - grad F/C: -|g|^2/C + |g|^2/(2C)", -(g**2) / C + C / 2 * (g / C) ** 2, -(g**2) / (2 * C))
    board.equal("1/2 - (c - c^2/2) = (1-c)^2/2: the last step has the larger coefficient", sp.Rational(1, 2)
                - (c - c**2 / 2), (1 - c) ** 2 / 2)  # fmt: skip
    bound = (a / c + c * DELTA / 2) / (1 - c / 2)
    best = sp.sqrt(2 * a / DELTA)
    claimed = sp.sqrt(2 * a * DELTA) + 2 * a
    board.equal("Delta >= 2a: (claimed - bound)(1 - c/2) at c = sqrt(2a/Delta) is a (1 - c)",
                sp.simplify(((claimed - bound) * (1 - c / 2)).subs(DELTA, 2 * a / c**2)), a * (1 - c))  # fmt: skip
    board.equal("that c minimises a/c + c Delta/2", sp.simplify(sp.diff(a / c + c * DELTA / 2, c).subs(c, best)), 0)
    slope = sp.diff(bound.subs(DELTA, 2 * a), c).subs(c, 1)
    board.true(
        "Delta = 2a: at c = 1 equality and a rising bound, so some c < 1 is better", slope.is_positive, str(slope)
    )
    r = sp.Symbol("r", positive=True)  # Delta = 2 a r^2, 0 < r < 1
    gap = sp.simplify((claimed - bound).subs(c, 1).subs(DELTA, 2 * a * r**2))
    board.equal(
        "0 < Delta < 2a: claimed - bound at c = 1 is 2 a r (1 - r) > 0, so some c < 1 does", gap, 2 * a * r * (1 - r)
    )
    write_no_noise(board)
    return board.proof()


def write_no_noise(board: Blackboard) -> None:
    """Delta = 0: (1 - 2s) sum |g_i|^2 <= 2s |g_0|^2 for s = c - c^2/2 near 1/2, as |g_i| <= 2^i |g_0|."""
    c = sp.Symbol("c", positive=True)
    board.equal("|g_{i+1}| <= (1 + c)|g_i| <= 2|g_i| for c <= 1", (1 + c).subs(c, 1), sp.Integer(2))
    board.equal("1 - 2s = (1-c)^2 tends to 0, 2s to 1, as c -> 1", sp.limit(1 - 2 * (c - c**2 / 2), c, 1), sp.S.Zero)


def refute_theorem_from_zero() -> Proof:
    """No noise, f = C w^2/2: over t = 0..T-1 the mean is (2CD^2/T) sum (1-c)^(2t) > 2CD^2/T for every c < 1, T >= 2."""
    board = Blackboard("exact counterexample f = C w^2/2 without noise, t uniform on 0..T-1, T = 2")
    c = sp.Symbol("c", positive=True)
    mean = C * D**2 * (1 + (1 - c) ** 2)
    board.equal("mean - 2CD^2/T", mean - C * D**2, C * D**2 * (1 - c) ** 2)
    return board.proof()
