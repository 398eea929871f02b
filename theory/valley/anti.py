"""Anti-PGD on the widening valley, the true dynamics: where Eq. 14 of antipgd holds, and where it fails.

Proof for alpha <= 2/3. Take D = 1 (only sigma^2 / D matters), z = w - (last noise), c = sigma sqrt(d), and

    U = 1 + 2c,   M = (alpha / 2) U^2,   Z = sigma max(1, M / (2 - M)).

Invariant: |z^u_j| <= max(|z^u_{0,j}|, sigma) and |z^v| <= Z. It gives |u| <= U, so s = eta |u|^2 <= M < 2; |v| <= Z +
sigma, so rho = 1 - eta v^2 lies in [0, 1]; and both bounds carry over, since z^u' = rho z^u - (1 - rho) xi and
z^v' = (1 - s) z^v - s xi. Forgetting: |z^u_{n,j}| <= p_n |z^u_{0,j}| + (1 - p_n) sigma with p_n = prod rho_k, and
P(|v_k| >= sigma | past) >= 1/2 makes E p_n <= (1 - eta sigma^2 / 2)^(n-1). Hence limsup E|u_n|^2 <= 2 d sigma^2.

Counterexample for alpha = 19/20: five steps of exact arithmetic into a trap.

Source: ours; it is about antipgd, Theorem 3.1, Eq. 14 and 71.
"""

from __future__ import annotations

from fractions import Fraction

import sympy as sp

from theory.linear.second_moments import powers_vanish
from theory.proof import Blackboard, Proof
from theory.valley.escape import show_trap
from theory.valley.inside import SIGMA, S, prove_nonzero_v
from theory.valley.landscape import ALPHA, ETA, prove_scale_invariance
from theory.valley.paths import Setting, State, follow, trap_entered

LARGEST_ALPHA = sp.Rational(2, 3)

COUNTEREXAMPLE = Setting(alpha=Fraction(19, 20), radius2=Fraction(1), dim=4, sigma2=Fraction(1, 9))
COUNTEREXAMPLE_SIGNS = ((-1, 1), (1, -1), (1, 1), (-1, -1), (1, 1), (-1, -1))
"""Signs of the noise on all coordinates of u, and on v, at times -1, 0, ..., 4."""

_T = sp.Symbol("t", positive=True)  # a power of alpha
_POSITIVE = (sp.S.Zero, sp.oo)


def counterexample_path() -> list[State]:
    """The exact run of Anti-PGD, u_0 = (1/2, 1/2, 1/2, 1/2), sigma = 1/3, that ends in the trap.

    Examples
    --------
    >>> [round(float(state.u), 3) for state in counterexample_path()]
    [0.5, 1.167, 0.92, -1.046, 1.086, -2.851]
    """
    return follow(COUNTEREXAMPLE, Fraction(1, 3), Fraction(1, 2), COUNTEREXAMPLE_SIGNS, anticorrelated=True)


def show_counterexample_is_admissible(board: Blackboard) -> None:
    """The counterexample satisfies every assumption of Theorem 3.1, part 2."""
    case = COUNTEREXAMPLE
    board.true("sigma^2 <= min(alpha^3 D / 2, D / (8 alpha))", case.admissible, f"sigma^2 = {case.sigma2}")
    board.true("sigma^2 <= alpha D / (2 d)", case.sigma2 <= case.alpha * case.radius2 / (2 * case.dim),
               f"{case.sigma2} <= {case.alpha * case.radius2 / (2 * case.dim)}")  # fmt: skip


def refute_14() -> Proof:
    """One noise pattern of positive probability leads into the trap; then E|u_n|^2 >= p 4^n c -> infinity."""
    board = Blackboard("exact run of five steps into a trap, alpha = 19/20, d = 4, D = 1, sigma = 1/3")
    show_counterexample_is_admissible(board)
    case, last = COUNTEREXAMPLE, counterexample_path()[-1]
    x, y = case.eta * case.dim * last.u**2, case.eta * last.v**2
    board.true("eta |u_5|^2 > 3 and eta v_5^2 > 3", min(x, y) > 3, f"{float(x):.4f} and {float(y):.4f}")
    board.true("the trap's conditions with noise 2 sigma", trap_entered(case, last, 4 * case.sigma2))
    show_trap(board)
    board.true("the pattern has probability 2^-30 > 0", Fraction(1, 2 ** (len(COUNTEREXAMPLE_SIGNS) * 5)) > 0)
    return board.proof()


def refute_v_bound() -> Proof:
    """|v| <= 4 sigma fails at step 5 of the same run."""
    board = Blackboard("exact run of five steps, alpha = 19/20, d = 4, D = 1, sigma = 1/3")
    show_counterexample_is_admissible(board)
    last = counterexample_path()[-1]
    board.true("|v_5| > 4 sigma", abs(last.v) > Fraction(4, 3), f"{float(abs(last.v)):.4f} > 4/3")
    return board.proof()


def refute_71_for_large_d() -> Proof:
    """Without sigma^2 <= alpha D / (2 d), Eq. 71 fails even at alpha = 1/2: d = 100, D = 1, sigma = 1/4, same idea."""
    board = Blackboard("exact run into a trap, alpha = 1/2, d = 100, D = 1, sigma = 1/4")
    case = Setting(alpha=Fraction(1, 2), radius2=Fraction(1), dim=100, sigma2=Fraction(1, 16))
    signs = ((-1, -1), (-1, -1), (1, 1), (1, -1))
    last = follow(case, Fraction(1, 4), Fraction(1, 10), signs, anticorrelated=True)[-1]
    board.true("sigma^2 <= min(alpha^3 D / 2, D / (8 alpha))", case.admissible)
    board.true("the trap's conditions with noise 2 sigma", trap_entered(case, last, 4 * case.sigma2))
    show_trap(board)
    return board.proof()


def _show_s_bound(board: Blackboard) -> None:
    """M + sqrt(2 alpha) sigma <= 2, which is eta (sigma M/(2 - M) + sigma)^2 <= 1, for alpha <= 2/3 and every d."""
    end = LARGEST_ALPHA
    sharp = sp.sqrt(2 * end)  # t = sqrt(2 alpha); sigma <= sqrt(alpha / (2 d)) <= t / sqrt(12) for d >= 3, 2c <= t
    large_d = _T**2 / 4 * (1 + _T) ** 2 + _T**2 / sp.sqrt(12)
    board.true("d >= 3: coefficients in t = sqrt(2 alpha) are positive", _increasing(large_d))
    board.true("d >= 3: value at alpha = 2/3", large_d.subs(_T, sharp) <= 2, str(sp.N(large_d.subs(_T, sharp), 6)))
    # d <= 2: sigma <= alpha^(3/2) / sqrt 2, so 2c <= 2 alpha^(3/2); t = sqrt(alpha)
    small_d = _T**2 / 2 * (1 + 2 * _T**3) ** 2 + _T**4
    value = small_d.subs(_T, sp.sqrt(end))
    board.true("d <= 2: coefficients in t = sqrt(alpha) are positive", _increasing(small_d))
    board.true("d <= 2: value at alpha = 2/3", value <= 2, str(sp.N(value, 6)))
    m = sp.Symbol("M", positive=True)
    reach = SIGMA * m / (2 - m) + SIGMA
    board.equal("|v| <= Z + sigma = 2 sigma / (2 - M) where M > 1", reach, 2 * SIGMA / (2 - m))
    root = sp.sqrt(ALPHA / 2) * 2 * SIGMA
    board.equal("sqrt(eta) 2 sigma = sqrt(2 alpha) sigma (D = 1)", root, sp.sqrt(2 * ALPHA) * SIGMA)
    board.equal("where M <= 1: eta (2 sigma)^2 <= 1/4 since sigma^2 <= D / (8 alpha)",
                (ALPHA / 2 * 4 * SIGMA**2).subs(SIGMA, sp.sqrt(1 / (8 * ALPHA))), sp.Rational(1, 4))  # fmt: skip


def _increasing(polynomial: sp.Expr) -> bool:
    return all(c > 0 for c in sp.Poly(sp.expand(polynomial), _T).coeffs())


def _show_invariant(board: Blackboard) -> None:
    z, before, now, rho = sp.symbols("z xi_before xi_now rho", real=True)
    u_next = rho * (z + before) + now - before
    board.equal("z^u' = rho z^u - (1 - rho) xi", u_next - now, rho * z - (1 - rho) * before)
    v_next = (1 - S) * (z + before) + now - before
    board.equal("z^v' = (1 - s) z^v - s xi", v_next - now, (1 - S) * z - S * before)
    bound = sp.Symbol("A", positive=True)
    board.equal("rho in [0, 1]: rho A + (1 - rho) sigma <= A for A >= sigma, the gap is (1 - rho)(A - sigma)",
                bound - (rho * bound + (1 - rho) * SIGMA), (1 - rho) * (bound - SIGMA))  # fmt: skip
    m = sp.Symbol("M", positive=True)
    board.equal("s in [1, M]: (M - 1) Z + M sigma = Z at Z = sigma M / (2 - M)",
                ((m - 1) * SIGMA * m / (2 - m) + m * SIGMA), SIGMA * m / (2 - m))  # fmt: skip
    board.equal("|u| <= |u_0| + 2 sigma sqrt(d): each |u_j| <= max(|z_0j|, sigma) + sigma <= |u_0j| + 2 sigma",
                (bound + SIGMA) + SIGMA, bound + 2 * SIGMA)  # fmt: skip


def _show_forgetting(board: Blackboard) -> None:
    p, rho, z0 = sp.symbols("p rho z0", nonnegative=True)
    level = p * z0 + (1 - p) * SIGMA
    board.equal("rho (p z0 + (1 - p) sigma) + (1 - rho) sigma = rho p z0 + (1 - rho p) sigma",
                rho * level + (1 - rho) * SIGMA, rho * p * z0 + (1 - rho * p) * SIGMA)  # fmt: skip
    for step in prove_nonzero_v().steps:
        board.note(step.what, step.holds, step.shown)
    half = sp.Rational(1, 2)
    board.equal("E[rho_k | past] <= (1/2) 1 + (1/2)(1 - eta sigma^2)",
                half + half * (1 - ETA * SIGMA**2), 1 - ETA * SIGMA**2 / 2)  # fmt: skip
    board.equal("|z_j|^2 <= p z0^2 + (1 - p) sigma^2 by convexity, the gap is p (1 - p)(z0 - sigma)^2",
                p * z0**2 + (1 - p) * SIGMA**2 - level**2, p * (1 - p) * (z0 - SIGMA) ** 2)  # fmt: skip
    dim, start = sp.symbols("d Z0", positive=True)  # Z0 = |z_0|^2
    total = dim * SIGMA**2 + p * start + (1 - p) * dim * SIGMA**2
    board.nonnegative("E|u|^2 = d sigma^2 + E|z|^2 <= 2 d sigma^2 + E p |z_0|^2",
                      2 * dim * SIGMA**2 + p * start - total, {p: _POSITIVE, dim: _POSITIVE, SIGMA: _POSITIVE,
                                                               start: _POSITIVE})  # fmt: skip
    board.true("eta sigma^2 / 2 <= 1/32 < 1: (1 - eta sigma^2 / 2)^n -> 0", powers_vanish())


def prove_rate() -> Proof:
    """E|u_n|^2 <= 2 d sigma^2 + (1 - eta sigma^2 / 2)^(n-1) D for n >= 1 and eps_0 = xi_0 (so z_0 = w_0)."""
    board = Blackboard("invariant region for z = w - xi, then forgetting of the start")
    for step in prove_71().steps:
        board.note(step.what, step.holds, step.shown)
    board.true("rho_0 = 1 (v_0 = 0), hence n - 1 factors", sp.Eq(1 - ETA * sp.S.Zero**2, 1))
    return board.proof()


def prove_71() -> Proof:
    """limsup E|u_n|^2 <= 2 d sigma^2 for alpha <= 2/3 and sigma^2 <= min(alpha^3 D/2, D/(8 alpha), alpha D/(2d))."""
    board = Blackboard("invariant region for z = w - xi, then forgetting of the start")
    for step in prove_scale_invariance().steps:
        board.note(f"D = 1: {step.what}", step.holds, step.shown)
    _show_s_bound(board)
    _show_invariant(board)
    _show_forgetting(board)
    return board.proof()


def prove_14() -> Proof:
    """limsup E|u_n|^2 <= 2 d sigma^2 <= alpha D for alpha <= 2/3, both conventions of the first step, every d."""
    board = Blackboard("invariant region for z = w - xi, then forgetting of the start")
    for step in prove_71().steps:
        board.note(step.what, step.holds, step.shown)
    dim, radius2 = sp.symbols("d D", positive=True)
    board.equal("2 d sigma^2 <= alpha D since sigma^2 <= alpha D / (2 d)",
                2 * dim * (ALPHA * radius2 / (2 * dim)), ALPHA * radius2)  # fmt: skip
    return board.proof()


def prove_small_alpha_v_bound() -> Proof:
    """|v_k| <= 2 sigma for every k and alpha <= 1/2, with sigma^2 <= min(..., alpha D / (2 d)): then s <= 1 always."""
    board = Blackboard("invariant region for z = w - xi")
    half = sp.Rational(1, 2)
    bound = _T**2 / 4 * (1 + _T) ** 2  # (alpha / 2)(1 + sqrt(2 alpha))^2 with t = sqrt(2 alpha)
    board.true("M increases with alpha", _increasing(bound))
    board.equal("M at alpha = 1/2", bound.subs(_T, sp.sqrt(2 * half)), sp.S.One)
    _show_invariant(board)
    board.equal("Z = sigma when M <= 1, so |v| <= 2 sigma", SIGMA + SIGMA, 2 * SIGMA)
    return board.proof()


def prove_exit_below() -> Proof:
    """Anti-PGD leaves (alpha D, D / alpha) through alpha D with probability 1.

    Needs alpha <= 2/3, 2 d sigma^2 < alpha D and sqrt(D) + 2 sigma sqrt(d) < sqrt(D / alpha), besides Eq. 14's.
    """
    board = Blackboard("invariant region for z = w - xi, forgetting, and one fair sign infinitely often")
    for step in prove_71().steps:
        board.note(step.what, step.holds, step.shown)
    z, noise = sp.symbols("z xi", real=True)
    cross = sp.expand((z + noise) ** 2 - z**2 - noise**2)
    board.equal("|z + xi|^2 - |z|^2 - d sigma^2 is odd in xi: at most 0 with probability >= 1/2, whatever the past",
                cross, -cross.subs(noise, -noise))  # fmt: skip
    p, z0 = sp.symbols("p z0", nonnegative=True)
    level = p * z0 + (1 - p) * SIGMA
    board.equal("p_n decreases to 0 almost surely: limsup |z_j| <= sigma", level.subs(p, 0), SIGMA)
    dim = sp.Symbol("d", positive=True)
    board.equal("so |u|^2 <= 2 d sigma^2 + any small number at some step, below alpha D",
                dim * SIGMA**2 + dim * SIGMA**2, 2 * dim * SIGMA**2)  # fmt: skip
    return board.proof()


def prove_trace() -> Proof:
    """limsup E Tr Hessian <= 4 d sigma^2 <= 2 alpha D <= 16 alpha D <= D for alpha <= 1/16."""
    board = Blackboard("invariant region for z = w - xi, then forgetting of the start")
    for step in (*prove_71().steps, *prove_small_alpha_v_bound().steps):
        board.note(step.what, step.holds, step.shown)
    dim, radius2 = sp.symbols("d D", positive=True)
    board.equal("d E v^2 = d (E z^2 + sigma^2) <= 2 d sigma^2, plus 2 d sigma^2 from u",
                dim * (SIGMA**2 + SIGMA**2) + 2 * dim * SIGMA**2, 4 * dim * SIGMA**2)  # fmt: skip
    board.equal("4 d sigma^2 <= 2 alpha D since sigma^2 <= alpha D / (2d)",
                4 * dim * (ALPHA * radius2 / (2 * dim)), 2 * ALPHA * radius2)  # fmt: skip
    board.nonnegative("2 alpha D <= 16 alpha D", (16 - 2) * ALPHA * radius2, {ALPHA: _POSITIVE, radius2: _POSITIVE})
    sixteenth = sp.Rational(1, 16)
    board.nonnegative("16 alpha D <= D for alpha <= 1/16", (1 - 16 * ALPHA) * radius2,
                      {ALPHA: (sp.S.Zero, sixteenth), radius2: _POSITIVE})  # fmt: skip
    board.true("1/16 <= 1/2 and 1/16 <= 2/3", sixteenth <= LARGEST_ALPHA)
    return board.proof()


def prove_printed_arithmetic() -> Proof:
    """d (4 sigma)^2 + alpha D <= 9 alpha D <= 16 alpha D, from |v| <= 4 sigma and Eq. 14."""
    board = Blackboard("direct computation")
    dim, radius2 = sp.symbols("d D", positive=True)
    total = dim * 16 * (ALPHA * radius2 / (2 * dim)) + ALPHA * radius2
    board.equal("16 d sigma^2 + alpha D at the largest sigma^2", total, 9 * ALPHA * radius2)
    board.nonnegative("9 <= 16", (16 - 9) * ALPHA * radius2, {ALPHA: _POSITIVE, radius2: _POSITIVE})
    return board.proof()


def prove_noise_threshold() -> Proof:
    """2 d sigma^2 <= alpha D exactly when sigma^2 <= alpha D / (2 d)."""
    board = Blackboard("factorisation")
    dim, radius2 = sp.symbols("d D", positive=True)
    gap = ALPHA * radius2 / (2 * dim) - SIGMA**2
    board.equal("alpha D - 2 d sigma^2 = 2 d (alpha D / (2d) - sigma^2)",
                ALPHA * radius2 - 2 * dim * SIGMA**2, 2 * dim * gap)  # fmt: skip
    board.true("2 d > 0", (2 * dim).is_positive)
    return board.proof()
