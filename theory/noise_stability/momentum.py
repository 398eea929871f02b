"""Heavy-ball momentum on quadratics: the companion matrix, and what its singular values do not say.

Source: nso, Theorem B.4, Eq. 10, 61-71.
"""

from __future__ import annotations

import itertools

import sympy as sp

from theory.proof import Blackboard, Proof

C, D, T, K, SIGMA, ETA = sp.symbols("C D T k sigma eta", positive=True)
RHO, MU = sp.symbols("rho mu", positive=True)
HALF = sp.Rational(1, 2)
MATRIX = sp.Matrix([[1 - RHO, MU], [-RHO, MU]])
TRACE = (1 - RHO) ** 2 + RHO**2 + 2 * MU**2
E1 = sp.Matrix([1, 0])
ONES = sp.Matrix([1, 1])


def prove_matrix() -> Proof:
    """One update of (W, M), gradient C W + xi: the matrix of the proof, with noise -eta (xi, xi)."""
    board = Blackboard("one update, written out")
    w, m, xi = sp.symbols("w m xi", real=True)
    m_next = MU * m - ETA * (C * w + xi)
    w_next = w + m_next
    matrix = MATRIX.subs(RHO, C * ETA)
    board.equal("(W, M) after one step", sp.Matrix([w_next, m_next]).expand(),
                (matrix * sp.Matrix([w, m]) - ETA * xi * ONES).expand())  # fmt: skip
    return board.proof()


def _one_step(curvature: sp.Expr, eta: sp.Expr, mu: sp.Expr, w: sp.Expr, m: sp.Expr, xi: sp.Expr) -> sp.Matrix:
    """(W, M) after one step of Eq. 10."""
    m_next = mu * m - eta * (curvature * w + xi)
    return sp.Matrix([w + m_next, m_next])


def refute_matrix() -> Proof:
    """Eq. 61 has +C eta in the lower left corner: C = 1, eta = 1/2, mu = 0, (W, M) = (1, 0)."""
    board = Blackboard("exact counterexample C = 1, eta = 1/2, mu = 0, (W, M) = (1, 0), no noise")
    printed = sp.Matrix([[1 - HALF, 0], [HALF, 0]]) * E1
    true = _one_step(sp.S.One, HALF, sp.S.Zero, sp.S.One, sp.S.Zero, sp.S.Zero)
    board.differ("M after one step against Eq. 61", true[1], printed[1])
    return board.proof()


def refute_noise() -> Proof:
    """C = 2: the printed noise C eta xi is twice as large (and of the other sign)."""
    board = Blackboard("exact counterexample C = 2, eta = 1/4, xi = 1, (W, M) = 0")
    curvature, eta, zero = sp.Integer(2), sp.Rational(1, 4), sp.S.Zero
    true = _one_step(curvature, eta, zero, zero, zero, sp.S.One)
    board.differ("W after one step", true[0], curvature * eta * 1)
    return board.proof()


def refute_lipschitz() -> Proof:
    """f = |W|^2/(2C) has curvature 1/C: C = 1/2 gives 2 > C."""
    board = Blackboard("exact counterexample C = 1/2")
    w = sp.Symbol("w", real=True)
    board.true("curvature > C", sp.diff(w**2 / (2 * HALF), w, 2) > HALF)
    return board.proof()


def prove_lipschitz() -> Proof:
    """f = C|W|^2/2."""
    board = Blackboard("second derivative")
    w = sp.Symbol("w", real=True)
    board.equal("curvature", sp.diff(C * w**2 / 2, w, 2), C)
    return board.proof()


def prove_iteration() -> Proof:
    """Eq. 62 with X^(t+1), Eq. 63 with X^(t+1), e and eta^2: by induction and by enumerating signs."""
    board = Blackboard("induction; enumeration of all signs for three steps")
    board.include(prove_matrix())
    at = {RHO: sp.Rational(1, 2), MU: sp.Rational(1, 3)}
    x, eta, w0, steps = MATRIX.subs(at), sp.Rational(1, 4), sp.S.One, 3  # C = 2
    total = sp.S.Zero
    for signs in itertools.product((1, -1), repeat=steps):
        state = sp.Matrix([w0, 0])
        for sign in signs:
            state = x * state - eta * sign * ONES
        total += state[0] ** 2
    closed = (E1.T * x**steps * E1)[0] ** 2 * w0**2
    closed += eta**2 * sum((E1.T * x**i * ONES)[0] ** 2 for i in range(steps))
    board.equal("E W_3^2", total / 2**steps, closed)
    board.equal("|W_0|^2 = 2 D^2/C", (D * sp.sqrt(2 / C)) ** 2, 2 * D**2 / C)
    return board.proof()


def refute_iteration() -> Proof:
    """t = 0, no noise: Eq. 62 gives W_1 = W_0."""
    board = Blackboard("exact counterexample t = 0, C = 1, rho = 1/2, mu = 0, no noise")
    true = _one_step(sp.S.One, HALF, sp.S.Zero, sp.S.One, sp.S.Zero, sp.S.Zero)
    board.differ("W_1 against (X^0 (W_0, 0))_1", true[0], (MATRIX.subs({RHO: HALF, MU: 0}) ** 0 * E1)[0])
    return board.proof()


def refute_square() -> Proof:
    """t = 0, mu = 0, C = 2, eta = 1/4, D = k = sigma = 1: exact E W_1^2 against Eq. 63."""
    board = Blackboard("exact counterexample t = 0, C = 2, eta = 1/4, mu = 0, all else 1, by enumeration")
    exact = sum((sp.S.One - HALF * 1 - sign * sp.Rational(1, 4)) ** 2 for sign in (1, -1)) / 2  # W_0 = sqrt(2/C) D = 1
    board.differ("E W_1^2 against Eq. 63", exact, 2 * 2 * 1 + sp.Rational(4, 16))
    return board.proof()


def refute_trace_display() -> Proof:
    """Tr[e X diag(C D^2, 0) X^T e] is C D^2 (e X e)^2, not twice that."""
    board = Blackboard("direct computation")
    middle = (E1.T * MATRIX * sp.diag(C * D**2, 0) * MATRIX.T * E1)[0]
    board.differ("second against third line, t = 1", sp.expand(middle), sp.expand(2 * C * D**2 * (1 - RHO) ** 2))
    return board.proof()


def prove_trace_display() -> Proof:
    """With |W_0|^2 = 2 D^2/C in the corner."""
    board = Blackboard("direct computation")
    middle = (E1.T * MATRIX * sp.diag(2 * D**2 / C, 0) * MATRIX.T * E1)[0]
    board.equal("t = 1", sp.expand(middle), sp.expand(2 * D**2 / C * (1 - RHO) ** 2))
    a, b, c, d = sp.symbols("a b c d", real=True)  # any power
    power = sp.Matrix([[a, b], [c, d]])
    board.equal("any power", (E1.T * power * sp.diag(2 * D**2 / C, 0) * power.T * E1)[0], 2 * D**2 / C * a**2)
    return board.proof()


def refute_singular_values() -> Proof:
    """i = 1: e_1^T X e = 1 - rho + mu, but alpha_1^2 l_1^2 + alpha_2^2 l_2^2 = e_1^T X X^T e_1 = (1-rho)^2 + mu^2."""
    board = Blackboard("exact counterexample i = 1")
    left = (E1.T * MATRIX * ONES)[0] ** 2
    right = (E1.T * MATRIX * MATRIX.T * E1)[0]
    board.equal("difference", sp.expand(left - right), sp.expand(2 * MU * (1 - RHO)))
    board.differ("at rho = mu = 1/2", left.subs({RHO: HALF, MU: HALF}), right.subs({RHO: HALF, MU: HALF}))
    return board.proof()


def prove_characteristic() -> Proof:
    """Eq. 65: trace and determinant of X X^T."""
    board = Blackboard("characteristic polynomial")
    square = MATRIX * MATRIX.T
    x = sp.Symbol("x", real=True)
    board.equal("det(X X^T - x)", sp.expand((square - x * sp.eye(2)).det()), sp.expand(x**2 - TRACE * x + MU**2))
    return board.proof()


def prove_roots() -> Proof:
    """The roots of Eq. 65 are the squares of the singular values."""
    board = Blackboard("sum and product of the roots")
    board.include(prove_characteristic())
    root = sp.sqrt(TRACE**2 - 4 * MU**2)
    high, low = (TRACE + root) / 2, (TRACE - root) / 2
    board.equal("sum", high + low, TRACE)
    board.equal("product", sp.expand(high * low), MU**2)
    return board.proof()


def refute_roots() -> Proof:
    """rho = 1/2, mu = 0: the largest singular value is 1/sqrt 2, Eq. 66 gives its square 1/2."""
    board = Blackboard("exact counterexample rho = 1/2, mu = 0")
    x = MATRIX.subs({RHO: HALF, MU: 0})
    largest = max((x * x.T).eigenvals())
    board.differ("largest singular value against Eq. 66", sp.sqrt(largest), largest)
    return board.proof()


def first_entry_square(value: sp.Expr) -> sp.Expr:
    """alpha^2 for the eigenvalue ``value`` of X X^T: b^2/(b^2 + (a - value)^2) with the entries a, b of its
    first row.
    """
    square = MATRIX * MATRIX.T
    a, b = square[0, 0], square[0, 1]
    return b**2 / (b**2 + (a - value) ** 2)


def _example_67() -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    at = {RHO: sp.Rational(1, 4), MU: HALF}
    square = (MATRIX * MATRIX.T).subs(at)
    value = max(square.eigenvals(), key=lambda v: sp.N(v))
    a, b = square[0, 0], square[0, 1]
    return a, b, value


def refute_eq67() -> Proof:
    """rho = 1/4, mu = 1/2: printed b/(a - l + b) against the eigenvector's square."""
    board = Blackboard("exact counterexample rho = 1/4, mu = 1/2")
    a, b, value = _example_67()
    board.differ("alpha_1^2", sp.radsimp(b**2 / (b**2 + (a - value) ** 2)), sp.radsimp(b / (a - value + b)))
    return board.proof()


def prove_eq67() -> Proof:
    """(b, l - a) solves the eigenvector equation."""
    board = Blackboard("eigenvector equation")
    a, b, c, value = sp.symbols("a b c lambda", real=True)
    vector = sp.Matrix([b, value - a])
    residue = sp.Matrix([[a - value, b], [b, c - value]]) * vector
    board.equal("first row", sp.expand(residue[0]), sp.S.Zero)
    board.equal("second row is minus the characteristic polynomial", sp.expand(residue[1]),
                sp.expand(-((a - value) * (c - value) - b**2)))  # fmt: skip
    board.equal("entries of X X^T", (MATRIX * MATRIX.T)[0, 1], -RHO * (1 - RHO) + MU**2)
    return board.proof()


def refute_bounded_entries() -> Proof:
    """rho = 4/5, mu = 2/5: X X^T is diagonal with the larger entry second, so alpha_1 = 0, and Eq. 68 fails
    for large i.
    """
    board = Blackboard("exact counterexample rho = 4/5, mu = 2/5")
    square = (MATRIX * MATRIX.T).subs({RHO: sp.Rational(4, 5), MU: sp.Rational(2, 5)})
    board.equal("off the diagonal", square[0, 1], sp.S.Zero)
    board.true("larger eigenvalue belongs to (0, 1), whose first entry is 0", square[1, 1] > square[0, 0])
    i = sp.Symbol("i", positive=True)
    ratio = (square[0, 0] / square[1, 1]) ** i
    board.equal("ratio of the two sides of Eq. 68 tends to 0", sp.limit(ratio, i, sp.oo), sp.S.Zero)
    return board.proof()


def prove_power_mean() -> Proof:
    """Eq. 71 from l_1^2 + l_2^2 >= q: the mean of i-th powers is at least the i-th power of the mean
    (induction on i).
    """
    board = Blackboard("power mean by induction (Chebyshev's product of ordered pairs)")
    a, b, p, r = sp.symbols("a b p r", positive=True)
    board.equal("2(ap + br) - (a+b)(p+r) = (a-b)(p-r), p = a^i, r = b^i ordered alike", 2 * (a * p + b * r)
                - (a + b) * (p + r), sp.expand((a - b) * (p - r)))  # fmt: skip
    board.equal("trace - q", TRACE - ((1 - RHO) ** 2 + RHO**2), 2 * MU**2)
    i = sp.Symbol("i", integer=True, positive=True)
    board.equal("2 (q/2)^i over q^i/2^(2i-1) is 2^i >= 1", sp.simplify(2 ** (1 - i) / 2 ** (1 - 2 * i)), 2**i)
    return board.proof()


def prove_hoelder() -> Proof:
    """Eq. 69's inequality: m = 2i; the power mean of any two nonnegative numbers."""
    board = Blackboard("power mean by induction, any exponent m >= 1")
    a, b, p, r = sp.symbols("a b p r", positive=True)
    board.equal("2(ap + br) - (a+b)(p+r)", 2 * (a * p + b * r) - (a + b) * (p + r), sp.expand((a - b) * (p - r)))
    l1, l2 = sp.symbols("l1 l2", nonnegative=True)
    board.include(prove_characteristic())
    board.equal("(l_1 + l_2)^2 = trace + 2 sqrt(det)", sp.expand((l1 + l2) ** 2), l1**2 + l2**2 + 2 * l1 * l2)
    return board.proof()


def refute_eq69() -> Proof:
    """rho = 1/2, mu = 0: singular values 1/sqrt 2 and 0, whose sum is not (1-rho)^2 + rho^2 = 1/2."""
    board = Blackboard("exact counterexample rho = 1/2, mu = 0")
    x = MATRIX.subs({RHO: HALF, MU: 0})
    total = sum(sp.sqrt(v) * m for v, m in (x * x.T).eigenvals().items())
    board.differ("l_1 + l_2 against Eq. 69", total, TRACE.subs({RHO: HALF, MU: 0}))
    return board.proof()


def refute_case() -> Proof:
    """rho = 1/4, i = 2: ((1-rho)^2 + rho^2)^2/2^3 < (1-rho)^4."""
    board = Blackboard("exact counterexample rho = 1/4, i = 2")
    rho = sp.Rational(1, 4)
    board.true("right side of Eq. 71 < (1-rho)^(2i)", ((1 - rho) ** 2 + rho**2) ** 2 / 8 < (1 - rho) ** 4)
    return board.proof()


def prove_case() -> Proof:
    """The largest eigenvalue of X X^T is at least each diagonal entry: l_1^2 >= (1-rho)^2 + mu^2, rho^2 + mu^2."""
    board = Blackboard("diagonal entries of X X^T")
    square = MATRIX * MATRIX.T
    board.equal("first", sp.expand(square[0, 0]), sp.expand((1 - RHO) ** 2 + MU**2))
    board.equal("second", square[1, 1], RHO**2 + MU**2)
    return board.proof()
