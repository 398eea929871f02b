"""The linearised process xi' = (I - eta G) xi + eps: solution, covariance, quadratic covariation, recursions."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import sympy as sp

from theory.proof import Blackboard, Proof

ETA, LAM, NU = sp.symbols("eta lam nu", positive=True)
G = sp.Symbol("g", nonnegative=True)
K = sp.Symbol("k", integer=True, nonnegative=True)
N = sp.Symbol("n", integer=True, positive=True)


def covariance(k: sp.Expr = K) -> sp.Expr:
    """Eigenvalue of E xi_k xi_k^T where G has eigenvalue g > 0: Eq. 31."""
    return LAM * (1 - (1 - ETA * G) ** (2 * k)) / (2 - ETA * G)


def prove_solution() -> Proof:
    """xi_k = sum_{j<k} (I - eta G)^j eps_{k-j-1}: the coefficient of eps_m is a power of one matrix."""
    board = Blackboard("induction on k, coefficient by coefficient")
    a, m = sp.Symbol("a", positive=True), sp.Symbol("m", integer=True)
    board.equal("base case: xi_1 = eps_0", (a ** (K - 1 - m)).subs({K: 1, m: 0}), sp.S.One)
    board.equal("old noise: one more factor", a * a ** (K - 1 - m), a ** (K - m))
    board.equal("new noise: power 0", (a ** ((K + 1) - 1 - m)).subs(m, K), sp.S.One)
    return board.proof()


def prove_covariance() -> Proof:
    """Eq. 29-31 in an eigenbasis of G: geometric sum, pseudo-inverse, limit."""
    board = Blackboard("induction on k for each eigenvalue; limit")
    q = sp.Symbol("q", nonnegative=True)  # (1 - eta g)^(2k)
    closed = LAM * (1 - q) / (2 - ETA * G)
    after = LAM * (1 - q * (1 - ETA * G) ** 2) / (2 - ETA * G)
    board.equal("k = 0", covariance(sp.S.Zero), sp.S.Zero)
    board.equal("one more term of Eq. 29", after - closed, ETA * LAM * G * q)
    board.equal("Eq. 30 = Eq. 31", ETA * LAM * G * (1 - q) / (2 * ETA * G - ETA**2 * G**2), closed)
    board.equal("kernel of G: every term of Eq. 29", ETA * LAM * G.subs(G, 0), sp.S.Zero)
    x = sp.Symbol("x", positive=True)
    board.nonnegative("(1 - x)^2 < 1 for x = eta g in (0, 2)", 1 - (1 - x) ** 2, {x: (0, 2)}, strict=True)
    board.equal("limit, q -> 0", closed.subs(q, 0), LAM / (2 - ETA * G))
    return board.proof()


def prove_upper_bound() -> Proof:
    """lambda (2 - eta g)^-1 (1 - q) <= lambda / nu if eta g <= 2 - nu and q in [0, 1)."""
    board = Blackboard("sign of the difference")
    slack, q, nu = sp.symbols("s q nu", positive=True)  # eta g = 2 - nu - s
    gap = 1 / nu - (1 - q) / (nu + slack)
    board.nonnegative("difference / lambda", gap, {nu: (0, 1), slack: (0, 2), q: (0, 1)})
    board.equal("equality at eta g = 2 - nu, q = 0", gap.subs({slack: 0, q: 0}), sp.S.Zero)
    return board.proof()


def refute_eta_over_nu() -> Proof:
    """sigma = 2, B = 1, eta g = 1, nu = 9/10: the variance tends to lambda = 4 eta, above eta / nu."""
    board = Blackboard("exact counterexample sigma = 2, B = 1, G = 1, eta = 1, nu = 9/10, k = 1")
    at = {ETA: 1, LAM: 4, G: 1}
    value = covariance(sp.Integer(1)).subs(at)
    board.true("eta <= (2 - nu)/ell with ell = 1", sp.S.One <= 2 - sp.Rational(9, 10))
    board.true("above eta / nu", value > 1 / sp.Rational(9, 10), f"{value} > 10/9")
    return board.proof()


def batch_noise(
    gradients: Sequence[sp.MatrixBase], batch: int, eta: sp.Expr, sigma: sp.Expr, shared: bool = False
) -> sp.MatrixBase:
    """E eps eps^T of (eta/B) sum eps_i g_i over all batches in [n]^B and signs; ``shared``: one sign per data point."""
    n, dim = len(gradients), gradients[0].rows
    total, count = sp.zeros(dim, dim), 0
    for picked in itertools.product(range(n), repeat=batch):
        for signs in itertools.product((-1, 1), repeat=n if shared else batch):
            weights = (signs[i] if shared else signs[slot] for slot, i in enumerate(picked))
            step = sum((w * gradients[i] for w, i in zip(weights, picked)), sp.zeros(dim, 1)) * eta * sigma / batch
            total, count = total + step * step.T, count + 1
    return total / count


def gram(gradients: Sequence[sp.MatrixBase]) -> sp.MatrixBase:
    """G, the mean of g g^T."""
    return sum((g * g.T for g in gradients), sp.zeros(gradients[0].rows)) / len(gradients)


def prove_noise_covariance(shared: bool = False) -> Proof:
    """Covariance eta lambda G, times 1 + (B - 1)/n if repeats share their sign; generic gradients, all batches."""
    board = Blackboard("enumeration of all batches and signs, generic gradients; counts for general n and B")
    eta, sigma = sp.symbols("eta sigma", positive=True)
    for n, batch in ((1, 1), (2, 1), (2, 2), (3, 2), (2, 3)):
        gradients = [sp.Matrix(sp.symbols(f"a{i} b{i}")) for i in range(n)]
        factor = 1 + sp.Rational(batch - 1, n) if shared else sp.S.One
        exact = batch_noise(gradients, batch, eta, sigma, shared)
        board.equal(f"n = {n}, B = {batch}", exact.applyfunc(sp.expand),
                    (eta * (eta * sigma**2 / batch) * gram(gradients) * factor).applyfunc(sp.expand))  # fmt: skip
    n, batch = sp.symbols("n B", positive=True)
    squares = batch / n + batch * (batch - 1) / n**2 if shared else batch / n
    board.equal("E of the squared count of one data point, over B", squares / batch * n,
                1 + (batch - 1) / n if shared else sp.S.One)  # fmt: skip
    return board.proof()


def prove_unbiased() -> Proof:
    """The gradient on noisy labels is that on true labels minus (1/B) sum eps_i grad f_i, of mean 0."""
    board = Blackboard("differentiation for a generic model; mean over signs")
    theta, y, eps = sp.symbols("theta y eps")
    model = sp.Function("f")(theta)
    noisy = sp.diff((model - y - eps) ** 2 / 2, theta)
    clean = sp.diff((model - y) ** 2 / 2, theta)
    board.equal("one sample", sp.expand(noisy), sp.expand(clean - eps * sp.diff(model, theta)))
    sigma = sp.Symbol("sigma")
    board.equal(
        "mean over +-sigma", sp.expand((noisy.subs(eps, sigma) + noisy.subs(eps, -sigma)) / 2), sp.expand(clean)
    )
    return board.proof()


def prove_slots() -> Proof:
    """Counted sample by sample, the quadratic covariation of eps is at most n eta lambda G: g g^T <= n G."""
    board = Blackboard("n G - g_1 g_1^T is a sum of outer products; sum over B samples")
    eta, sigma, n, batch = sp.symbols("eta sigma n B", positive=True)
    for count in (1, 2, 3):
        gradients = [sp.Matrix(sp.symbols(f"a{i} b{i}")) for i in range(count)]
        rest = sum((g * g.T for g in gradients[1:]), sp.zeros(2))
        board.equal(f"n G - g_1 g_1^T, n = {count}", count * gram(gradients) - gradients[0] * gradients[0].T, rest)
    board.equal("B samples of at most (eta sigma/B)^2 n G each", batch * (eta * sigma / batch) ** 2 * n,
                n * eta * (eta * sigma**2 / batch))  # fmt: skip
    return board.proof()


def refute_slots() -> Proof:
    """n = 1, B = 2: with equal signs eps^2 = 2 n eta lambda G."""
    board = Blackboard("exact counterexample n = 1, B = 2, both signs equal")
    eta, sigma, g = sp.symbols("eta sigma g", positive=True)
    step = eta / 2 * (sigma * g + sigma * g)
    bound = 1 * eta * (eta * sigma**2 / 2) * g**2
    board.equal("eps^2 against the bound", step**2, 2 * bound)
    board.true("strictly larger", (step**2 - bound).is_positive)
    return board.proof()


def prove_contraction_step() -> Proof:
    """(1 - eta g)^2 + eta nu g = 1 - eta g (2 - eta g - nu) <= 1."""
    board = Blackboard("expansion in an eigenbasis, sign")
    board.equal("expansion", sp.expand((1 - ETA * G) ** 2 + ETA * NU * G),
                sp.expand(1 - ETA * G * (2 - ETA * G - NU)))  # fmt: skip
    slack, x = sp.symbols("s x", positive=True)
    board.nonnegative("x (2 - x - nu) >= 0 with 2 - x - nu = s", x * slack, {x: (0, 2), slack: (0, 2)})
    return board.proof()


def refute_contraction_step() -> Proof:
    """eta = 1/2, g = 1, nu = 1/2: the left side is 1/2, the right 1 - (2 - 1/2 - 1/2) = 0."""
    board = Blackboard("exact counterexample eta = 1/2, G = 1, nu = 1/2")
    at = {ETA: sp.Rational(1, 2), G: 1, NU: sp.Rational(1, 2)}
    left = ((1 - ETA * G) ** 2 + ETA * NU * G).subs(at)
    right = (1 - G * (2 - ETA * G - NU)).subs(at)
    board.true("left > right", left > right, f"{left} > {right}")
    return board.proof()


def prove_martingale() -> Proof:
    """X_{j+1}^(k) = (I - eta G_{k-1}) X_{j+1}^(k-1): then xi_k = X_k^(k), for 2 x 2 matrices that do not commute."""
    board = Blackboard("recursion on matrices that do not commute, up to k = 6")
    for k, same in enumerate(_compare_martingale(shifted=True)):
        board.note(f"X_k^(k) = xi_k, k = {k}", same)
    factors = [sp.Matrix([[1, i + 1], [i, 2]]) for i in range(4)]
    noise = [sp.Matrix(sp.symbols(f"e{i} f{i}")) for i in range(4)]
    old = {0: sp.zeros(2, 1)}
    for k in range(1, 5):
        new = {j: factors[k - 1] * old[j] for j in range(k)}
        new[k] = new[k - 1] + noise[k - 1]
        steps = [(new[j + 1] - new[j], noise[j]) for j in range(k)]
        fresh = all(step.free_symbols <= own.free_symbols for step, own in steps)
        board.note(f"every step of X^({k}) is linear in the noise of that step alone, of mean 0", fresh)
        old = new
    return board.proof()


def refute_martingale() -> Proof:
    """As printed, X_1^(2) = (I - eta G_1) X_0^(1) = 0, so that xi_2 loses the first noise."""
    board = Blackboard("recursion on matrices, as printed")
    same = _compare_martingale(shifted=False)
    board.note("X_k^(k) = xi_k fails at k = 2", not same[2])
    return board.proof()


def _compare_martingale(shifted: bool, most: int = 6) -> list[bool]:
    """Whether X_k^(k) = xi_k for k <= most, with the index j + 1 (``shifted``) or j on the right of Eq. 37."""
    factors = [sp.Matrix([[1, i + 1], [i, 2]]) for i in range(most)]
    noise = [sp.Matrix([i + 1, (-1) ** i]) for i in range(most)]
    xi = sp.zeros(2, 1)
    old, found = {0: sp.zeros(2, 1)}, [True]
    for k in range(1, most + 1):
        new = {0: sp.zeros(2, 1)}
        for j in range(k - 1):
            new[j + 1] = factors[k - 1] * old[j + 1 if shifted else j]
        new[k] = new[k - 1] + noise[k - 1]
        xi = factors[k - 1] * xi + noise[k - 1]
        found.append(new[k] == xi)
        old = new
    return found


def prove_fixed_point() -> Proof:
    """Eq. 67: lambda (2 - eta g)^-1 is the fixed point, also where g = 0 (without the projection)."""
    board = Blackboard("substitution in an eigenbasis")
    value = LAM / (2 - ETA * G)
    board.equal("fixed point", (1 - ETA * G) ** 2 * value + ETA * LAM * G, value)
    board.equal("at g = 0", value.subs(G, 0), LAM / 2)
    return board.proof()


def prove_resolvents() -> Proof:
    """A^-1 - B^-1 = A^-1 (B - A) B^-1 for matrices that do not commute, with A = 2 - eta H and B = 2 - eta G."""
    board = Blackboard("generic 2 x 2 matrices")
    first, second = (sp.Matrix(2, 2, sp.symbols(f"{name}0:4")) for name in "ab")
    gap = first.inv() - second.inv() - first.inv() * (second - first) * second.inv()
    board.equal("identity", gap.applyfunc(sp.cancel), sp.zeros(2))
    e, eta = sp.symbols("e eta")
    board.equal("B - A = eta (H - G)", sp.expand((2 - eta * G) - (2 - eta * (G + e))), eta * e)
    return board.proof()


def prove_differences() -> Proof:
    """Eq. 66, 68-70: outer products of the process and of their distance to the fixed point."""
    board = Blackboard("expansion for generic 2 x 2 matrices; induction on k")
    a = sp.Matrix(2, 2, sp.symbols("a0:4"))
    a = (a + a.T) / 2
    xi, eps = sp.Matrix(sp.symbols("x0 x1")), sp.Matrix(sp.symbols("e0 e1"))
    step = a * xi + eps
    cross = a * xi * eps.T + eps * xi.T * a
    board.equal("Eq. 66 with the transpose", (step * step.T - a * xi * xi.T * a - cross - eps * eps.T)
                .applyfunc(sp.expand), sp.zeros(2))  # fmt: skip
    s, c = (sp.Matrix(2, 2, sp.symbols(f"{name}0:4")) for name in "sc")
    fixed = a * s * a + c
    board.equal("Eq. 69: the fixed point subtracted",
                (a * xi * xi.T * a + cross + eps * eps.T - fixed - a * (xi * xi.T - s) * a - cross - (eps * eps.T - c))
                .applyfunc(sp.expand), sp.zeros(2))  # fmt: skip
    r, m = sp.Symbol("r", positive=True), sp.Symbol("m", integer=True)
    board.equal("Eq. 70: power of an old term", r * r ** (K - m - 1), r ** ((K + 1) - m - 1))
    board.equal("Eq. 70: new term", (r ** ((K + 1) - m - 1)).subs(m, K), sp.S.One)
    return board.proof()


def prove_reordered(most: int = 6) -> Proof:
    """{(k, j): k <= t, j < k} = {(k, j): j <= t, j < k <= t}."""
    board = Blackboard("enumeration for t <= 6; both sides are j < k <= t")
    for t in range(most + 1):
        first = {(k, j) for k in range(t + 1) for j in range(k)}
        second = {(k, j) for j in range(t + 1) for k in range(j + 1, t + 1)}
        board.note(f"t = {t}", first == second)
    return board.proof()


def prove_outer_prefactor() -> Proof:
    """eps eps^T - eta lambda G = eta lambda (sum sum e e g g^T / (B sigma^2) - G)."""
    board = Blackboard("matching prefactors")
    eta, sigma, batch, outer = sp.symbols("eta sigma B S", positive=True)
    lam = eta * sigma**2 / batch
    board.equal("prefactor of the double sum", eta**2 / batch**2 * outer, eta * lam * outer / (batch * sigma**2))
    return board.proof()


def refute_outer_prefactor() -> Proof:
    """The printed prefactor eta lambda / B^2 is off by B for the double sum and by B^2 for G."""
    board = Blackboard("matching prefactors")
    eta, sigma, batch = sp.symbols("eta sigma B", positive=True)
    lam = eta * sigma**2 / batch
    board.differ("double sum", eta * lam / (batch**2 * sigma**2), eta**2 / batch**2)
    board.differ("G", eta * lam / batch**2, eta * lam)
    board.equal("ratio for the double sum", (eta**2 / batch**2) / (eta * lam / (batch**2 * sigma**2)), batch)
    return board.proof()
