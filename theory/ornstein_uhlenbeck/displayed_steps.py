"""The displayed steps between the Ornstein-Uhlenbeck equation and its escaping efficiency (anisotropic, Eq. 28-42).

Each proof shows that one displayed line equals the one before it, for every dimension, H and Sigma; entries are taken
in an eigenbasis of H (see :mod:`theory.ornstein_uhlenbeck.spectral_calculus`).
"""

from __future__ import annotations

import sympy as sp

from theory.ornstein_uhlenbeck.process import (
    S_TIME,
    covariance,
    efficiency,
    isometry,
    printed_efficiency,
    write_covariance,
)
from theory.ornstein_uhlenbeck.spectral_calculus import (
    COLUMN,
    EIGENVALUE,
    ROW,
    SIGMA,
    Sandwich,
    Spectral,
    T,
    hessian,
    write_rules,
)
from theory.proof import Blackboard, Proof

HALF = sp.Rational(1, 2)
ENTRIES = "matrix entries in an eigenbasis of H"


def decay(x: sp.Expr) -> sp.Expr:
    """e^{H(s-t)} as a function of H."""
    return sp.exp(x * (S_TIME - T))


def _board() -> Blackboard:
    board = Blackboard(ENTRIES)
    write_rules(board)
    return board


def prove_gradient() -> Proof:
    """Eq. 12: grad (theta^T H theta / 2) = H theta and Hessian H, so Eq. 9 becomes linear."""
    n = sp.Symbol("n", integer=True, positive=True)
    h, x = sp.MatrixSymbol("H", n, n), sp.MatrixSymbol("x", n, 1)
    board = Blackboard("matrix derivative in any dimension, and components in 1, 2, 3 dimensions")
    derivative = (x.T * h * x / 2).diff(x).expand().doit()
    board.true("grad = (H + H^T) x / 2", derivative == (h * x / 2 + h.T * x / 2), str(derivative))
    for dim in (1, 2, 3):
        theta = list(sp.symbols(f"theta1:{dim + 1}"))
        matrix = sp.Matrix(dim, dim, lambda i, j: sp.Symbol(f"h{min(i, j)}{max(i, j)}"))
        point = sp.Matrix(theta)
        loss = (point.T * matrix * point)[0] / 2
        board.equal(f"gradient, dimension {dim}", sp.Matrix([sp.diff(loss, v) for v in theta]), matrix * point)
        board.equal(f"Hessian, dimension {dim}", sp.hessian(loss, theta), matrix)
    return board.proof()


def prove_derivative_of_exponential() -> Proof:
    """Eq. 28: d e^{Ht} / dt = H e^{Ht} = e^{Ht} H."""
    board = _board()
    growth: Spectral = lambda x: sp.exp(x * T)  # noqa: E731
    identity_entry = Sandwich(growth(ROW))  # times delta_ij
    board.equal("derivative", identity_entry.diff(T).weight, ROW * growth(ROW))
    left, right = SIGMA.left(growth).left(hessian), SIGMA.left(hessian).left(growth)
    board.equal("H e^{Ht} = e^{Ht} H", left.weight, right.weight)
    return board.proof()


def prove_no_drift() -> Proof:
    """Eq. 29: the drift of e^{Ht} theta_t is (H e^{Ht} - e^{Ht} H) theta_t = 0, without a second-order term."""
    board = _board()
    theta = sp.Symbol("theta_i")
    phi = sp.exp(ROW * T) * theta
    drift = sp.diff(phi, T) + sp.diff(phi, theta) * (-ROW * theta)
    board.equal("drift of component i", sp.expand(drift), sp.S.Zero)
    board.equal("no second derivative in theta", sp.diff(phi, theta, 2), sp.S.Zero)
    board.equal("factor of Sigma^{1/2} dW", sp.diff(phi, theta), sp.exp(ROW * T))
    return board.proof()


def prove_solution() -> Proof:
    """Eq. 30: theta_t = int_0^t e^{H(s-t)} Sigma^{1/2} dW_s."""
    board = _board()
    board.equal("e^{-Ht} e^{Hs} = e^{H(s-t)}", sp.exp(-ROW * T) * sp.exp(ROW * S_TIME), decay(ROW))
    board.equal("it starts the noise at full strength: e^{H(t-t)} = I", decay(ROW).subs(S_TIME, T), sp.S.One)
    board.equal("and then decays: d/dt e^{H(s-t)} = -H e^{H(s-t)}", sp.diff(decay(ROW), T), -ROW * decay(ROW))
    return board.proof()


def prove_mean_zero() -> Proof:
    """E theta_t = 0, so the covariance is E theta_t theta_t^T (Eq. 31): the mean solves m' = -Hm, m(0) = 0."""
    board = Blackboard("linear differential equation, component by component in an eigenbasis of H")
    write_rules(board)
    m = sp.Function("m")
    solution = sp.dsolve(sp.Eq(m(T).diff(T), -ROW * m(T)), m(T), ics={m(0): 0}).rhs
    board.equal("mean", solution, sp.S.Zero)
    second, first = sp.symbols("C m_i")
    board.equal("covariance = second moment", (second - first**2).subs(first, solution), second)
    return board.proof()


def _riemann_sum(steps: sp.Symbol) -> sp.Expr:
    """sum_k e^{-(l_i + l_j)(t - k t/n)} t/n over k = 1..n, per unit S_ij: E of the product of two Ito sums."""
    total = sp.Symbol("x", positive=True)
    ratio, k = sp.Symbol("q"), sp.Symbol("k", integer=True, nonnegative=True)
    geometric = sp.summation(ratio**k, (k, 0, steps - 1))  # k counts from the end
    generic = next(value for value, condition in geometric.args if condition == True)  # noqa: E712
    return (generic * T / steps).subs(ratio, sp.exp(-total * T / steps)), total


def prove_isometry() -> Proof:
    """Eq. 32-33: the product of two Ito integrals has the expectation int e^{H(s-t)} Sigma^{1/2} (...)^T ds."""
    board = Blackboard("Ito sums: exact second moment, then the limit of fine grids")
    write_rules(board)
    i, j, k, m, n = sp.symbols("i j k m n", integer=True, nonnegative=True)
    f, root = sp.IndexedBase("f"), sp.IndexedBase("R")
    # E dW_k dW_m^T = delta_km (t/n) I leaves sum_k f_i(k) f_j(k) sum_p R_ip R_jp t/n; R = Sigma^{1/2} is symmetric.
    double = f[i, k] * f[j, m] * sp.KroneckerDelta(k, m)
    collapsed = sp.summation(double, (m, 0, n - 1))
    collapsed = collapsed.args[0][0] if isinstance(collapsed, sp.Piecewise) else collapsed
    board.equal("independent increments: only k = m remains", collapsed, f[i, k] * f[j, k])
    p = sp.Symbol("p", integer=True, nonnegative=True)
    product = (root[i, p] * root[j, p]).subs(root[j, p], root[p, j])
    board.equal("(e R)(e R)^T = e R R e as R^T = R", product, root[i, p] * root[p, j])
    steps = sp.Symbol("n", positive=True)
    approximation, total = _riemann_sum(steps)
    limit = sp.limit(approximation, steps, sp.oo).subs(total, ROW + COLUMN)
    board.equal("fine grids: the integral", limit, isometry().weight)
    board.equal("which solves the equation of the second moments", isometry().weight, covariance().weight)
    return board.proof()


def prove_square_root() -> Proof:
    """Eq. 34: Sigma^{1/2} Sigma^{1/2} = Sigma."""
    board = Blackboard("symmetric root, explicitly in 2 dimensions and by eigenvalues in any")
    mu = sp.Symbol("mu", nonnegative=True)
    board.equal("eigenvalues: sqrt(mu)^2 = mu", sp.sqrt(mu) ** 2, mu)
    # In 2 dimensions the root is (Sigma + delta I) / sqrt(tr Sigma + 2 delta) with delta = sqrt(det Sigma).
    delta, b = sp.Symbol("delta", nonnegative=True), sp.Symbol("s12", real=True)
    d = sp.Symbol("s22", positive=True)
    sigma = sp.Matrix([[(delta**2 + b**2) / d, b], [b, d]])
    root = (sigma + delta * sp.eye(2)) / sp.sqrt(sigma.trace() + 2 * delta)
    board.equal("determinant of the 2 x 2 matrix", sigma.det(), delta**2)
    board.equal("the root is symmetric", root, root.T)
    board.equal("its square is Sigma", root * root, sigma)
    return board.proof()


def prove_deterministic() -> Proof:
    """Eq. 35: the integrand is not random, and the integral is the covariance that the moment equation gives."""
    board = Blackboard("linear differential equation, entry by entry in an eigenbasis of H")
    write_covariance(board)
    board.true("the integrand has no random part", isometry().weight.free_symbols <= {ROW, COLUMN, T})
    board.equal("at every entry", isometry().weight, covariance().weight)
    return board.proof()


def prove_scalar_trace() -> Proof:
    """Eq. 36: theta^T H theta is a number, its own trace; L(theta) = theta^T H theta / 2."""
    board = Blackboard("components in 1, 2, 3 dimensions, and free indices")
    for dim in (1, 2, 3):
        theta = sp.Matrix(sp.symbols(f"theta1:{dim + 1}"))
        matrix = sp.Matrix(dim, dim, lambda i, j: sp.Symbol(f"h{min(i, j)}{max(i, j)}"))
        form = theta.T * matrix * theta
        board.equal(f"dimension {dim}: 1 x 1 matrix", form.trace(), form[0])
        board.equal(f"dimension {dim}: tr(H theta theta^T)", (matrix * theta * theta.T).trace(), form[0])
    _write_outer(board)
    return board.proof()


def _write_outer(board: Blackboard) -> None:
    i, j = sp.symbols("i j", integer=True, nonnegative=True)
    h, x = sp.IndexedBase("H"), sp.IndexedBase("x")
    board.equal("x_i H_ij x_j = H_ij (x x^T)_ji, summed over i, j", x[i] * h[i, j] * x[j], h[i, j] * (x[j] * x[i]))


def prove_trace_of_outer() -> Proof:
    """Eq. 37: E tr(theta^T H theta) = tr(H E theta theta^T), by cyclicity and linearity."""
    board = Blackboard("free indices, and expectation as a linear map")
    _write_outer(board)
    weights = sp.symbols("p1:4", positive=True)  # probabilities of three values of theta in 2 dimensions
    points = [sp.Matrix(sp.symbols(f"x{k}_1:3")) for k in range(3)]
    matrix = sp.Matrix(2, 2, lambda i, j: sp.Symbol(f"h{min(i, j)}{max(i, j)}"))
    left = sum((p * (x.T * matrix * x)[0] for p, x in zip(weights, points)), sp.S.Zero)
    moment = sum((p * x * x.T for p, x in zip(weights, points)), sp.zeros(2, 2))
    board.equal("three-point law in 2 dimensions", left, (matrix * moment).trace())
    return board.proof()


def prove_inserted() -> Proof:
    """Eq. 38: the trace of H times the covariance is the integral of the traces."""
    board = _board()
    integrand = HALF * SIGMA.left(decay).right(decay).left(hessian)
    inside = sp.integrate(sp.powsimp(integrand.trace()), (S_TIME, 0, T))
    board.equal("trace and integral exchange", inside, (HALF * isometry().left(hessian)).trace())
    board.equal("which is E L", sp.simplify(inside), efficiency())
    return board.proof()


def prove_commuting() -> Proof:
    """Eq. 39: H e^{H(s-t)} = e^{H(s-t)} H; being functions of one matrix is what it needs."""
    board = _board()
    before = HALF * SIGMA.left(decay).right(decay).left(hessian)
    after = HALF * SIGMA.right(decay).left(hessian).left(decay)
    board.equal("entry ij before the trace", before.weight, after.weight)
    n = sp.Matrix([[0, 1], [0, 0]])
    series = sp.eye(2) + n  # e^N, since N^2 = 0
    board.equal("symmetry is not what it needs: N e^N = e^N N for N = [[0, 1], [0, 0]]", n * series, series * n)
    return board.proof()


def prove_cyclic() -> Proof:
    """Eq. 40: tr(e^{H(s-t)} H Sigma e^{H(s-t)}) = tr(e^{2H(s-t)} H Sigma), cyclically; the matrices differ."""
    board = _board()
    before = HALF * SIGMA.left(hessian).left(decay).right(decay)
    after = HALF * SIGMA.left(hessian).left(lambda x: decay(x) ** 2)
    board.equal("traces", sp.powsimp(before.trace()), sp.powsimp(after.trace()))
    board.differ("the matrices need not agree", before.weight, after.weight)
    return board.proof()


def prove_integrated() -> Proof:
    """Eq. 41: int_0^t e^{2H(s-t)} ds = H^{-1} (I - e^{-2Ht}) / 2, for positive definite H."""
    board = _board()
    integral = sp.integrate(sp.exp(2 * EIGENVALUE * (S_TIME - T)), (S_TIME, 0, T))
    board.equal("eigenvalue by eigenvalue", integral, (1 - sp.exp(-2 * EIGENVALUE * T)) / (2 * EIGENVALUE))
    before = HALF * SIGMA.left(hessian).left(lambda x: sp.exp(2 * x * (S_TIME - T)))
    after = HALF * SIGMA.left(hessian).left(lambda x: (1 - sp.exp(-2 * x * T)) / x / 2)
    board.equal("half the trace", sp.integrate(before.trace(), (S_TIME, 0, T)), after.trace())
    return board.proof()


def prove_cancelled() -> Proof:
    """Eq. 42: H^{-1} (I - e^{-2Ht}) H = I - e^{-2Ht}, which also makes sense for singular H."""
    board = _board()
    before = HALF * SIGMA.left(hessian).left(lambda x: (1 - sp.exp(-2 * x * T)) / x / 2)
    board.equal("half the trace", sp.simplify(before.trace()), printed_efficiency())
    board.equal("which is E L", efficiency(), printed_efficiency())
    zero = sp.limit(before.trace(), EIGENVALUE, 0)
    board.equal("an eigenvalue 0 contributes 0, as in the limit", printed_efficiency().subs(EIGENVALUE, 0), zero)
    return board.proof()
