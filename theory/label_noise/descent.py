"""Arithmetic of Propositions 7-11, Lemma 3 and Appendix C: constants of the descent between reference points."""

from __future__ import annotations

import sympy as sp

from theory.proof import Blackboard, Proof

ETA, NU, TAU, LAM = sp.symbols("eta nu tau lam", positive=True)
D, M, ELL = sp.symbols("D M ell", positive=True)


def prove_stopping() -> Proof:
    """Terms of at most M whose sum reaches 4 M: the first partial sum of at least 4 M is at most 5 M."""
    board = Blackboard("the partial sum before is below 4 M")
    share, last = sp.symbols("s r", positive=True)  # sum before = 4 M s, last term = M r
    box = {share: (sp.S.Zero, sp.S.One), last: (sp.S.Zero, sp.S.One)}
    board.nonnegative("5 M - (sum before + last term)", 5 - (4 * share + last), box)
    return board.proof()


def refute_whole_sum() -> Proof:
    """Ten terms M: the sum over all k < T is 10 M, although a part of it is between 4 M and 5 M."""
    board = Blackboard("exact counterexample: ten terms, each M = 1")
    terms = [sp.S.One] * 10
    board.true("all terms together exceed 5 M", sum(terms) > 5, f"{sum(terms)} > 5")
    board.note("some partial sum lies in [4 M, 5 M]", any(4 <= sum(terms[:k]) <= 5 for k in range(11)))
    return board.proof()


def prove_decrease() -> Proof:
    """Eq. 101-104: eta nu/2 sum a_k^2 >= eta nu/(2 tau) (sum a_k)^2 >= 8 nu M^2/(eta tau) = 8 D^2/(eta nu tau)."""
    board = Blackboard("Cauchy-Schwarz as a sum of squares; substitution of sum a_k >= 4 M / eta and M = D / nu")
    a = sp.symbols("a0:4")
    gap = 4 * sum(v**2 for v in a) - sum(a) ** 2
    squares = sum((a[i] - a[j]) ** 2 for i in range(4) for j in range(i))
    board.equal("Cauchy-Schwarz, 4 terms", sp.expand(gap), sp.expand(squares))
    board.equal("4 M / eta inserted", ETA * NU / (2 * TAU) * (4 * M / ETA) ** 2, 8 * NU * M**2 / (ETA * TAU))
    board.equal("M = D / nu", (8 * NU * M**2 / (ETA * TAU)).subs(M, D / NU), 8 * D**2 / (ETA * NU * TAU))
    return board.proof()


def refute_middle() -> Proof:
    """nu M^2 / (2 eta tau) is D^2 / (2 eta nu tau), a sixteenth of what the next line says."""
    board = Blackboard("substitution M = D / nu")
    left = (NU * M**2 / (2 * ETA * TAU)).subs(M, D / NU)
    board.differ("Eq. 103 against Eq. 104", left, 8 * D**2 / (ETA * NU * TAU))
    board.equal("ratio", 8 * D**2 / (ETA * NU * TAU) / left, sp.Integer(16))
    return board.proof()


def refute_missing_start() -> Proof:
    """The left side is a positive loss, the right side is negative."""
    board = Blackboard("signs: L = theta^2/2, lambda = 0, one step of eta = 1 from 2")
    after, slope = sp.Rational(0), sp.Integer(2)
    board.true("left > right", after > -sp.Rational(1, 2) * slope**2)
    return board.proof()


def prove_descent() -> Proof:
    """Eq. 84-86 with grad(L + lambda R) = a + b, a = grad L, b = lambda grad R, and 2 - eta ell = nu + s."""
    board = Blackboard("expansion; sign of eta ell <= 2 - nu")
    a, b = sp.symbols("a b", real=True)
    total = a + b
    first = -ETA * total * a + ETA**2 * ELL / 2 * total**2
    board.equal(
        "Eq. 84 in Eq. 85", sp.expand(first), sp.expand(-ETA / 2 * (2 - ETA * ELL) * total**2 + ETA * total * b)
    )
    slack = sp.Symbol("s", positive=True)
    board.nonnegative("(nu + s)/2 >= nu/2", slack / 2, {slack: (0, 2)})
    return board.proof()


def refute_descent_equality() -> Proof:
    """eta ell = 1, nu = 1/2: (2 - eta ell)/2 = 1/2, nu/2 = 1/4."""
    board = Blackboard("exact counterexample eta ell = 1, nu = 1/2")
    board.differ("factors of eta |grad|^2", (2 - sp.S.One) / 2, sp.Rational(1, 2) / 2)
    return board.proof()


def prove_increase() -> Proof:
    """Eq. 130-137: 11/10 * 12/11 = 6/5, 6/5 * 5 = 6, and 6 + 1/2 + 1/4 + 1/4 = 7."""
    board = Blackboard("rational arithmetic; half a square of a sum; Lemma 10 at 2 tau")
    q = sp.Rational
    board.equal("11/10 of D, 12/11 of the mean", q(11, 10) * q(12, 11), q(6, 5))
    board.equal("5 M / eta, M = D / nu", q(6, 5) * D / TAU * 5 * (D / NU) / ETA, 6 * D**2 / (ETA * NU * TAU))
    board.equal("Lemma 10 at 2 tau", D**2 / (ETA * NU * (2 * TAU)), D**2 / (2 * ETA * NU * TAU))
    board.equal("sum of Eq. 137", 6 + q(1, 2) + q(1, 4) + q(1, 4), sp.Integer(7))
    a, b = sp.symbols("a b", real=True)
    board.equal("(a + b)^2/2 = a^2 + b^2 - (a - b)^2/2", sp.expand((a + b) ** 2 / 2),
                sp.expand(a**2 + b**2 - (a - b) ** 2 / 2))  # fmt: skip
    return board.proof()


def prove_balance() -> Proof:
    """Eq. 89: -8 + 7 = -1, and tau <= T gives F."""
    board = Blackboard("rational arithmetic, sign")
    unit, s = sp.symbols("u s", positive=True)
    board.equal("Proposition 8 and 10", -8 * unit + 7 * unit, -unit)
    gap = D**2 / (ETA * NU * TAU) - D**2 / (ETA * NU * (TAU + s))
    board.nonnegative("1/tau >= 1/T with T = tau + s", gap * ETA * NU / D**2, {TAU: (0, sp.oo), s: (0, sp.oo)})
    return board.proof()


def refute_lemma3() -> Proof:
    """f = uv, y = 1 at (2, 1/2): L = 0 there, and L + lambda R >= 0 everywhere, so it cannot fall to L - F = -F."""
    board = Blackboard("exact counterexample f = uv, y = 1, theta_m = (2, 1/2), eta = 1/8")
    u, v = sp.symbols("u v", real=True)
    value, at, eta = (u * v - 1) ** 2 / 2, {u: sp.Integer(2), v: sp.Rational(1, 2)}, sp.Rational(1, 8)
    hessian = sp.hessian(value, (u, v))
    regular = -sp.log((sp.eye(2) - eta / 2 * hessian).det()) / (2 * eta)
    board.equal("L(theta_m)", value.subs(at), sp.S.Zero)
    board.equal("trace of the Hessian, at most 4 R", sp.expand(hessian.trace()), u**2 + v**2)
    along = (sp.diff(regular, u) * u - sp.diff(regular, v) * v).subs(at)  # (u, -v) is tangent to uv = 1
    board.differ("R is not stationary along uv = 1 there", sp.simplify(along), sp.S.Zero)
    return board.proof()


def prove_corollary2() -> Proof:
    """5 M + 11/10 D <= 8 M as D = nu M <= M."""
    board = Blackboard("triangle inequality")
    nu = sp.Symbol("nu", positive=True)
    board.nonnegative("8 - 5 - 11/10 nu", 3 - sp.Rational(11, 10) * nu, {nu: (0, 1)}, strict=True)
    return board.proof()


def prove_probability() -> Proof:
    """Lemma 2 gives 1 - 10 d tau e^-iota."""
    board = Blackboard("the event of Lemma 2")
    x = sp.Symbol("x", positive=True)
    board.equal("five events of 2 d e^-iota each, tau steps", 5 * 2 * x, 10 * x)
    return board.proof()


def refute_probability() -> Proof:
    """1 - 8 x is more than 1 - 10 x: Lemma 2 does not give it."""
    board = Blackboard("comparison")
    x = sp.Symbol("x", positive=True)
    board.true("1 - 8 x > 1 - 10 x", sp.simplify((1 - 8 * x) - (1 - 10 * x)).is_positive)
    return board.proof()


def prove_growth() -> Proof:
    """(119)-(122): the gradient grows by at most 1 + eta rho_f sqrt(2 L) a step, and 12/11 is the inverse of 11/12."""
    board = Blackboard("triangle inequality with |E| <= rho_f sqrt(2 L); arithmetic")
    from theory.label_noise.gauss_newton import prove_cauchy

    board.include(prove_cauchy())
    x = sp.Symbol("x", positive=True)
    board.nonnegative("|1 - x| <= 1 for the Gauss-Newton part", 1 - (1 - x) ** 2, {x: (0, 2)})
    board.equal("11/12 and 12/11", sp.Rational(11, 12) * sp.Rational(12, 11), sp.S.One)
    return board.proof()


def refute_growth_order() -> Proof:
    """eta rho sqrt(2 L) over L has no bound as L -> 0."""
    board = Blackboard("limit")
    level = sp.Symbol("L", positive=True)
    board.true("sqrt(2 L)/L", sp.limit(sp.sqrt(2 * level) / level, level, 0, "+") == sp.oo)
    return board.proof()


def refute_growth() -> Proof:
    """f = 2 sin(theta), y = 1 at theta = pi/2, eta = 1/4: 1 + 2 eta > 1 + eta sqrt(2)."""
    board = Blackboard("exact counterexample f = 2 sin(theta), y = 1, theta = pi/2, L = 1/2, rho_f = 2, eta = 1/4")
    theta = sp.Symbol("theta")
    hessian = sp.diff((2 * sp.sin(theta) - 1) ** 2 / 2, theta, 2).subs(theta, sp.pi / 2)
    board.equal("Hessian", hessian, -sp.Integer(2))
    eta = sp.Rational(1, 4)
    board.true("growth", 1 - eta * hessian > 1 + eta * sp.sqrt(2))
    return board.proof()


def prove_quarter() -> Proof:
    """L(theta - eta grad) <= L - (eta nu / 2) |grad|^2 if the gradient is ell-Lipschitz and eta <= (2 - nu)/ell."""
    board = Blackboard("descent lemma, sign")
    x, slack, nu = sp.symbols("x s nu", positive=True)
    board.equal("quadratic bound", sp.expand(-x + ETA * ELL / 2 * x), sp.expand(-(2 - ETA * ELL) / 2 * x))
    board.nonnegative("2 - eta ell = nu + s", (nu + slack) / 2 - nu / 2, {nu: (0, 1), slack: (0, 2)})
    return board.proof()


def refute_quarter() -> Proof:
    """L = theta^2/2, eta = 7/4, nu = 1/4: the decrease is eta/8 |grad|^2, not eta/4."""
    board = Blackboard("exact counterexample L = theta^2/2, eta = 7/4, theta = 1")
    eta = sp.Rational(7, 4)
    after = (1 - eta) ** 2 / 2
    board.true("above L - eta/4 |grad|^2", after > sp.Rational(1, 2) - eta / 4, f"{after}")
    board.equal("exactly L - eta nu/2 |grad|^2", after, sp.Rational(1, 2) - eta * sp.Rational(1, 4) / 2)
    return board.proof()


def prove_kernel_bound() -> Proof:
    """With L = |e|^2/(2n), grad L = J e/n, eigenvalues of J^T J >= lambda_0/2: |grad L|^2 >= lambda_0 L/n."""
    board = Blackboard("substitution")
    low, square, n = sp.symbols("lambda_0 E n", positive=True)
    board.equal("bound", low / 2 * square / n**2, low / n * (square / (2 * n)))
    return board.proof()


def refute_kernel_bound() -> Proof:
    """n = 2, f_i = theta_i, labels 0, lambda_0 = 2: J^T J = I >= lambda_0/2, |grad L|^2 = 1/2, 2 lambda_0 L = 2."""
    board = Blackboard("exact counterexample n = 2, f_i = theta_i, theta = (1, 1), lambda_0 = 2")
    u, v = sp.symbols("u v")
    value = (u**2 + v**2) / 4
    at = {u: 1, v: 1}
    slope = sum(sp.diff(value, w) ** 2 for w in (u, v)).subs(at)
    board.true("|grad L|^2 < 2 lambda_0 L", slope < 2 * 2 * value.subs(at), f"{slope} < {4 * value.subs(at)}")
    board.equal("|grad L|^2 >= lambda_0 L/n, here by a factor 1", slope / (2 * value.subs(at) / 2), sp.S.One)
    return board.proof()


def prove_kernel_time() -> Proof:
    """With q = eta lambda_0/4: e^(-qT) L_0 = lambda^2/lambda_0; the noise adds at most 4 lambda^2/lambda_0."""
    board = Blackboard("exponential bound, geometric series")
    start, low, x = sp.symbols("L_0 lambda_0 x", positive=True)
    steps = 4 * sp.log(start * low / LAM**2) / (ETA * low)
    board.equal("e^(-qT) L_0", sp.simplify(sp.exp(-ETA * low / 4 * steps) * start), LAM**2 / low)
    board.equal("geometric series", ETA * LAM**2 / (ETA * low / 4), 4 * LAM**2 / low)
    gap = sp.exp(-x) - 1 + x
    board.equal("e^-x - 1 + x at 0", gap.subs(x, 0), sp.S.Zero)
    board.equal("its slope", sp.diff(gap, x), 1 - sp.exp(-x))
    return board.proof()


def prove_kernel_path() -> Proof:
    """eta sum_j sqrt(L_0) (1 - q)^(j/2) <= 8 sqrt(L_0)/lambda_0, q = eta lambda_0/4: 1 - sqrt(1 - q) >= q/2."""
    board = Blackboard("geometric series with ratio r = sqrt(1 - q)")
    r = sp.Symbol("r", positive=True)
    board.nonnegative("1/(1 - r) <= 2/(1 - r^2)", 2 / (1 - r**2) - 1 / (1 - r), {r: (0, 1)})
    low = sp.Symbol("lambda_0", positive=True)
    board.equal("2 eta/q", 2 * ETA / (ETA * low / 4), 8 / low)
    return board.proof()


def refute_kernel_path() -> Proof:
    """L_j = L_0 (1 - q)^j: the sum over sqrt(L_0) does not shrink with L_0, so it is no multiple of L_0."""
    board = Blackboard("limit L_0 -> 0")
    start = sp.Symbol("L_0", positive=True)
    board.true("sqrt(L_0)/L_0", sp.limit(sp.sqrt(start) / start, start, 0, "+") == sp.oo)
    return board.proof()


def prove_reference() -> Proof:
    """With + z_k in Eq. 144 the difference of the two recursions carries eps - z = eps*."""
    board = Blackboard("subtraction of the two recursions")
    theta, ref, slope, other, e, eps, star = sp.symbols("theta ref a b E eps star")
    z = eps - star
    v = theta - ref
    gap = (theta - ETA * slope + eps) - (ref - ETA * other - ETA * e * v + z)
    board.equal("v_{k+1}", sp.expand(gap), sp.expand(v - ETA * (slope - other - e * v) + star))
    return board.proof()


def refute_reference() -> Proof:
    """With - z_k as printed it carries eps + z = eps* + 2 z."""
    board = Blackboard("subtraction of the two recursions")
    theta, ref, slope, other, e, eps, star = sp.symbols("theta ref a b E eps star")
    z = eps - star
    v = theta - ref
    gap = (theta - ETA * slope + eps) - (ref - ETA * other - ETA * e * v - z)
    board.differ("v_{k+1}", sp.expand(gap), sp.expand(v - ETA * (slope - other - e * v) + star))
    board.equal("what is left", sp.expand(gap - (v - ETA * (slope - other - e * v) + star)), sp.expand(2 * z))
    return board.proof()
