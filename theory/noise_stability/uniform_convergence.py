"""Uniform convergence of the loss Hessian over a ball: Hoeffding's inequality entry by entry, and a cover.

Source: nso, Lemma A.5; the repaired statement and its proof are ours.
"""

from __future__ import annotations

import sympy as sp

from theory.proof import Blackboard, Proof

P, N, TAU, ALPHA, C, C1, DELTA = sp.symbols("p n tau alpha C C_1 delta", positive=True)


def write_hoeffding(board: Blackboard) -> None:
    """For X in [0, 1] of mean q, the log of the chord of e^(h(x-q)) has a second derivative of at most 1/4 in h."""
    h, q = sp.symbols("h q", positive=True)
    log_chord = -h * q + sp.log(1 - q + q * sp.exp(h))  # X in [0, 1] of mean q, centred
    board.equal("vanishes at 0", log_chord.subs(h, 0), sp.S.Zero)
    board.equal("so does its slope", sp.diff(log_chord, h).subs(h, 0), sp.S.Zero)
    share = q * sp.exp(h) / (1 - q + q * sp.exp(h))
    board.equal("second derivative is s (1 - s)", sp.simplify(sp.diff(log_chord, h, 2) - share * (1 - share)), 0)
    s = sp.Symbol("s", real=True)
    board.equal("s (1 - s) = 1/4 - (s - 1/2)^2", s * (1 - s), sp.Rational(1, 4) - (s - sp.Rational(1, 2)) ** 2)
    t, m = sp.symbols("t m", positive=True)
    exponent = m * h**2 / 8 - h * m * t
    best = sp.solve(sp.diff(exponent, h), h)[0]
    board.equal("P(mean - q >= t) <= e^(-2 m t^2)", exponent.subs(h, best), -2 * m * t**2)


def prove_cover() -> Proof:
    """(1 + 2C/eps)^p <= (3C/eps)^p for eps <= C; the centre alone covers for eps >= C."""
    board = Blackboard("volumes of disjoint balls")
    eps = sp.Symbol("epsilon", positive=True)
    board.equal("balls of radius eps/2 within one of radius C + eps/2: ratio of radii", (C + eps / 2) / (eps / 2),
                1 + 2 * C / eps)  # fmt: skip
    board.equal("3C/eps - (1 + 2C/eps)", 3 * C / eps - (1 + 2 * C / eps), (C - eps) / eps)
    return board.proof()


def refute_bernstein() -> Proof:
    """Hessians +-diag(1, -1) have trace 0, so alpha = 0: the printed bound says that nothing deviates."""
    board = Blackboard("exact counterexample: Hessians x diag(1, -1), x = +-1 with equal chances, n = 1")
    hessian = sp.diag(1, -1)
    board.equal("trace", hessian.trace(), sp.S.Zero)
    board.equal("Frobenius norm of the deviation", sp.sqrt((hessian.T * hessian).trace()), sp.sqrt(2))
    u, v, x = sp.symbols("u v x", real=True)
    loss = sp.Rational(1, 2) + x * (u**2 - v**2) / 8
    board.equal("a loss in [0, 1] on the unit ball has such Hessians (times 1/4)", sp.hessian(loss, (u, v)),
                x * hessian / 4)  # fmt: skip
    a = sp.Symbol("a", positive=True)
    board.equal("exp(-n delta^2 / (2 alpha^2)) -> 0 as alpha -> 0", sp.limit(sp.exp(-1 / a**2), a, 0, "+"), sp.S.Zero)
    return board.proof()


def write_entrywise(board: Blackboard) -> None:
    """|M|_F > t needs an entry beyond t/p; entries of size at most B deviate so far with chance 2 e^(-n t^2/(2
    p^2 B^2)).
    """
    write_hoeffding(board)
    t, b = sp.symbols("t B", positive=True)
    scaled = t / P / (2 * b)  # entries in [-B, B], shifted and scaled to [0, 1]
    board.equal("exponent for one entry", -2 * N * scaled**2, -N * t**2 / (2 * P**2 * b**2))


def prove_event() -> Proof:
    """Pr[E] >= 1 - 2 p^2 |cover| exp(-n t^2 / (2 p^2 B^2)) for Hessians with |.|_F <= B."""
    board = Blackboard("Hoeffding's inequality for every entry, union bound")
    write_entrywise(board)
    return board.proof()


def write_bounded_hessian(board: Blackboard) -> None:
    """A loss in [0, C] whose Hessian is L-Lipschitz on |W| <= r has Hessians bounded by 8C/r^2 + Lr/6 + Lr/2."""
    h, c, lipschitz, r, s = sp.symbols("h C L r s", positive=True)
    remainder = 2 * sp.integrate((1 - s) * lipschitz * s * h**3, (s, 0, 1))
    bound = ((2 * c + remainder) / h**2).subs(h, r / 2)
    board.equal("|u^T H u| at distance r/2 from the edge, from l(W+hu) + l(W-hu) - 2 l(W)", bound,
                8 * c / r**2 + lipschitz * r / 6)  # fmt: skip
    board.equal("every W with |W| <= r is within r/2 of W/2, which has that distance: |W - W/2|", r - r / 2, r / 2)


def prove_lemma() -> Proof:
    """Lemma A.5 as stated: some constants exist, because a bounded loss with a Lipschitz Hessian has bounded
    Hessians.
    """
    board = Blackboard("bounded Hessians, cover, Hoeffding's inequality for every entry, union bound")
    write_bounded_hessian(board)
    board.include(prove_repaired_lemma())
    return board.proof()


def prove_repaired_lemma() -> Proof:
    """C_2 = 2 B p sqrt(2 (p+1)), C_3 = e + 2 p^2 + 6 r L / B, for |Hessian|_F <= B and an L-Lipschitz Hessian."""
    board = Blackboard("cover, Hoeffding's inequality for every entry, union bound")
    board.include(prove_cover())
    write_entrywise(board)
    b, lipschitz, r, log = sp.symbols("B L r l", positive=True)  # l = log(C_3 n / delta) >= 1
    t = b * P * sp.sqrt(2 * (P + 1) * log / N)
    board.equal("n t^2/(2 p^2 B^2) = (p+1) log(C_3 n/delta)", N * t**2 / (2 * P**2 * b**2), (P + 1) * log)
    q = sp.Symbol("q", positive=True)  # p = 1 + q, log >= 1
    excess = sp.expand((t * sp.sqrt(N) / b) ** 2 - 1).subs({P: 1 + q, log: 1 + sp.Symbol("m", positive=True)})
    board.nonnegative("t >= B / sqrt(n)", excess, {s: (sp.S.Zero, sp.oo) for s in excess.free_symbols}, strict=True)
    c3 = sp.E + 2 * P**2 + 6 * r * lipschitz / b
    board.true("C_3 >= 2 p^2", (c3 - 2 * P**2).is_positive)
    board.true("C_3 >= 6 r L / B", (c3 - 6 * r * lipschitz / b).is_positive)
    board.equal("cover radius t/(2L): 3r/(t/(2L)) at t = B/sqrt(n)", 3 * r / (b / sp.sqrt(N) / (2 * lipschitz)),
                6 * r * lipschitz / b * sp.sqrt(N))  # fmt: skip
    board.equal("n^(p/2) n^(-(p+1)) = n^(-p/2-1) <= 1", sp.powsimp(N ** (P / 2) * N ** (-(P + 1))), N ** (-P / 2 - 1))
    board.equal("deviation t on the cover, t within it", t + 2 * lipschitz * t / (2 * lipschitz), 2 * t)
    board.equal("2 t = C_2 sqrt(log / n)", 2 * t, 2 * b * P * sp.sqrt(2 * (P + 1)) * sp.sqrt(log / N))
    return board.proof()


def refute_constants() -> Proof:
    """Same Hessians: C_2 = 4 alpha sqrt(p) = 0, while the deviation is positive unless the signs cancel."""
    board = Blackboard("exact counterexample: Hessians x diag(1, -1), x = +-1, C_2 = 4 alpha sqrt(p)")
    board.include(refute_bernstein())
    for n in (1, 2, 9):
        cancel = sp.binomial(n, n // 2) / sp.Integer(2) ** n if n % 2 == 0 else sp.S.Zero
        board.true(f"n = {n}: P(deviation > 0) >= 1/2", 1 - cancel >= sp.Rational(1, 2), str(1 - cancel))
    return board.proof()


def prove_exponent_chain() -> Proof:
    """The displayed chain for the exponent, with l = log(3 tau C C_1 n / alpha) >= 1."""
    board = Blackboard("the displayed chain, line by line")
    log = sp.Symbol("l", positive=True)
    delta = sp.sqrt(4 * P * ALPHA**2 * log / N)
    board.equal("n delta^2/(2 alpha^2) = 2 p l", N * delta**2 / (2 * ALPHA**2), 2 * P * log)
    board.equal("6 C C_1 / delta", 6 * C * C1 / delta, 3 * C * C1 * sp.sqrt(N) / (ALPHA * sp.sqrt(P * log)))
    board.equal("3C/epsilon at epsilon = delta/(2 C_1)", 3 * C / (DELTA / (2 * C1)), 6 * C * C1 / DELTA)
    ratio = (3 * TAU * C * C1 * N / ALPHA) / (3 * C * C1 * sp.sqrt(N) / (ALPHA * sp.sqrt(P * log)))
    board.equal("3 tau C C_1 n/alpha over the argument is tau sqrt(n p l) >= 1", sp.powsimp(sp.simplify(ratio)),
                TAU * sp.sqrt(N * P * log))  # fmt: skip
    board.equal("p l - 2 p l", P * log - 2 * P * log, -P * log)
    board.equal("4 delta^2", (2 * delta) ** 2, 16 * P * ALPHA**2 * log / N)
    return board.proof()


def refute_log_cover() -> Proof:
    """p = tau = C = C_1 = 1, n = 9, alpha = 27/e: epsilon exceeds C, one point covers, log 1 = 0 > log(3C/epsilon)."""
    board = Blackboard("exact counterexample p = tau = C = C_1 = 1, n = 9, alpha = 27/e")
    n, alpha = sp.Integer(9), 27 / sp.E
    log = sp.log(3 * n / alpha)
    board.equal("log(3 tau C C_1 n/alpha), allowed", sp.simplify(log), sp.S.One)
    delta = sp.sqrt(4 * alpha**2 / n)
    board.true("3 C < epsilon = delta/(2 C_1)", bool(delta / 2 > 3), f"{sp.N(delta / 2, 6)} > 3")
    board.true("log of a cover of one point exceeds log(3C/epsilon)", bool(sp.log(3 / (delta / 2)) < 0))
    return board.proof()


def prove_log_cover() -> Proof:
    """log max((3C/eps)^p, 1) = max(p log(3C/eps), 0), and 0 - 2 p l <= -p l: the exponent's bound stands."""
    board = Blackboard("two cases")
    board.include(prove_cover())
    board.include(prove_exponent_chain())
    log = sp.Symbol("l", positive=True)
    board.nonnegative("-p l - (0 - 2 p l)", -P * log + 2 * P * log, {P: (0, sp.oo), log: (0, sp.oo)})
    return board.proof()


def prove_last_step() -> Proof:
    """3 tau C C_1 n/alpha <= C_3 n/delta' with delta' = 4p (e tau)^(-p), C_3 = 12 p C C_1/(e alpha), and C_2 =
    4 alpha sqrt(p).
    """
    board = Blackboard("quotient of the arguments")
    prime = 4 * P * (sp.E * TAU) ** (-P)
    c3 = 12 * P * C * C1 / (sp.E * ALPHA)
    quotient = sp.powsimp(
        sp.expand_power_base((c3 * N / prime) / (3 * TAU * C * C1 * N / ALPHA), force=True), force=True
    )
    board.equal("quotient is (e tau)^(p-1) >= 1", sp.simplify(sp.log(quotient) .expand(force=True)),
                sp.expand((P - 1) * (1 + sp.log(TAU))))  # fmt: skip
    board.equal("sqrt(16 p alpha^2)", sp.sqrt(16 * P * ALPHA**2), 4 * ALPHA * sp.sqrt(P))
    return board.proof()


def refute_sample_size() -> Proof:
    """n >= epsilon alpha/(3 C_1) does not give 3 C C_1 n/alpha >= e: C = C_1 = alpha = n = 1, epsilon = 1/2
    would do.
    """
    board = Blackboard("exact counterexample C = 1/2, C_1 = alpha = n = 1, epsilon = 1/2")
    n, c, c1, alpha, eps = sp.S.One, sp.Rational(1, 2), sp.S.One, sp.S.One, sp.Rational(1, 2)
    board.true("n >= epsilon alpha / (3 C_1)", n >= eps * alpha / (3 * c1))
    board.true("3 C C_1 n / alpha < e", 3 * c * c1 * n / alpha < sp.E)
    return board.proof()


def prove_sample_size() -> Proof:
    """n >= e alpha/(3 C C_1) is the condition."""
    board = Blackboard("equivalent inequalities")
    board.equal("3 C C_1 n/alpha at n = e alpha/(3 C C_1)", 3 * C * C1 / ALPHA * (sp.E * ALPHA / (3 * C * C1)), sp.E)
    return board.proof()
