"""Proposition 1: how much anisotropic noise that is aligned with an ill-conditioned Hessian gains.

Source: anisotropic, Proposition 1, Eq. 15-17 and 44-47, Section 5.3. The exact bound and its range are ours.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.proof import Blackboard, Proof

D, K, DECAY, ALIGN = sp.symbols("D k d a", positive=True)
LAM, TRACE, TRACE_H = sp.symbols("lambda1 TrSigma TrH", positive=True)


def bound() -> sp.Expr:
    """The corrected lower bound of the ratio, a D / (k + (D - k) D^{-d})^2."""
    return ALIGN * D / (K + (D - K) * D**-DECAY) ** 2


@cache
def prove_decomposition() -> Proof:
    """Eq. 44 in an eigenbasis of H, d = 4."""
    board = Blackboard("eigenbasis")
    sigma = sp.Matrix(4, 4, lambda i, j: sp.Symbol(f"S{min(i, j)}{max(i, j)}", real=True))
    eigenvalues = sp.symbols("l1:5", nonnegative=True)
    unit = [sp.eye(4).col(i) for i in range(4)]
    board.equal("Tr(H Sigma) = sum l_i u_i^T Sigma u_i", (sp.diag(*eigenvalues) * sigma).trace(),
                sum(x * (u.T * sigma * u)[0] for x, u in zip(eigenvalues, unit)))  # fmt: skip
    return board.proof()


@cache
def prove_eq45() -> Proof:
    """Tr(H Sigma) >= lambda_1 u_1^T Sigma u_1 >= a lambda_1^2 Tr Sigma / Tr H."""
    board = Blackboard("nonnegative terms")
    board.include(prove_decomposition())
    rest = sp.Symbol("lambda_i", nonnegative=True) * sp.Symbol("S_ii", nonnegative=True)
    board.true("the terms left out are nonnegative", rest.is_nonnegative)
    board.equal("lambda_1 times condition (16)", LAM * (ALIGN * LAM * TRACE / TRACE_H),
                ALIGN * LAM**2 * TRACE / TRACE_H)  # fmt: skip
    return board.proof()


@cache
def refute_eq45() -> Proof:
    """H = diag(1/2, 0), Sigma = diag(1, 0), a = 1: Tr(H Sigma) = 1/2, u_1^T Sigma u_1 = 1."""
    board = Blackboard("exact example")
    hessian, sigma = sp.diag(sp.Rational(1, 2), 0), sp.diag(1, 0)
    top, aligned = hessian[0, 0], sigma[0, 0]
    board.true("condition (16) holds with a = 1", aligned >= top * sigma.trace() / hessian.trace())
    board.true("Tr(H Sigma) < u_1^T Sigma u_1", (hessian * sigma).trace() < aligned)
    return board.proof()


@cache
def prove_eq46() -> Proof:
    """Tr(H Tr Sigma / D I) = Tr Sigma Tr H / D."""
    board = Blackboard("traces")
    h = sp.Matrix(3, 3, lambda i, j: sp.Symbol(f"H{min(i, j)}{max(i, j)}", real=True))
    board.equal("D = 3", (h * TRACE / 3).trace(), TRACE / 3 * h.trace())
    return board.proof()


@cache
def prove_eq47() -> Proof:
    """ratio >= a lambda_1^2 D / (Tr H)^2 >= a D / (k + (D - k) D^{-d})^2."""
    board = Blackboard("quotient of Eq. 45 and 46, bound of the trace")
    board.include(prove_eq45())
    board.include(prove_eq46())
    ratio = (ALIGN * LAM**2 * TRACE / TRACE_H) / (TRACE * TRACE_H / D)
    board.equal("quotient", ratio, ALIGN * LAM**2 * D / TRACE_H**2)
    tail = sp.Symbol("x", positive=True)  # D^{-d}
    largest = K * LAM + (D - K) * LAM * tail
    board.equal("Tr H at its largest", ALIGN * LAM**2 * D / largest**2, ALIGN * D / (K + (D - K) * tail) ** 2)
    more = sp.Symbol("q", positive=True)
    falls = 1 / (TRACE_H + more) ** 2 - 1 / TRACE_H**2
    board.true("1 / (Tr H)^2 falls with Tr H", sp.factor(-falls).is_positive)
    exact = D ** (2 * DECAY - 1) / (1 + K * (D ** (DECAY - 1) - 1 / D)) ** 2
    gap = sp.powsimp(sp.expand(D**DECAY * (K + (D - K) * D**-DECAY) - D * (1 + K * (D ** (DECAY - 1) - 1 / D))))
    board.equal("D^d (k + (D-k) D^-d) = D (1 + k (D^{d-1} - 1/D)), so the bound is a times", sp.simplify(gap),
                sp.S.Zero)  # fmt: skip
    at = {ALIGN: 3, D: 16, K: 2, DECAY: sp.Rational(3, 4)}
    board.equal("with D^(2d-1) in front, at a point", bound().subs(at), 3 * exact.subs(at))
    return board.proof()


@cache
def refute_eq47() -> Proof:
    """H = diag(1/2, 0), Sigma = diag(1, 0), D = 2, a = 1: the ratio is 2, the printed bound 4."""
    board = Blackboard("exact example")
    hessian, sigma = sp.diag(sp.Rational(1, 2), 0), sp.diag(1, 0)
    ratio = (hessian * sigma).trace() / (hessian * sigma.trace() / 2).trace()
    printed = hessian[0, 0] * 2 / hessian.trace() ** 2
    board.true("ratio below a lambda_1 D / (Tr H)^2", ratio < printed, f"{ratio} < {printed}")
    board.equal("lambda_1^2 repairs it", hessian[0, 0] * printed, ratio)
    return board.proof()


@cache
def prove_order() -> Proof:
    """k + (D - k) D^{-d} <= (k + 1) max(1, D^{1-d}): ratio >= a D^{min(2d - 1, 1)} / (k + 1)^2, and ratio <= D
    always.
    """
    board = Blackboard("elementary bounds")
    board.include(prove_eq47())
    more, y = sp.symbols("more y", positive=True)
    # y = D^{1-d}; (D - k) D^{-d} = y - k y / D <= y
    board.true("(D - k) D^{-d} <= D^{1-d}", (K * y / D).is_positive)
    board.true("y <= 1: k + y <= k + 1", ((K + 1) - (K + y)).subs(y, 1 - more) == more)
    board.true("y >= 1: k + y <= (k + 1) y", sp.expand((K + 1) * y - (K + y)).subs(y, 1 + more).expand().is_positive)
    board.equal("D / D^{2 - 2d} = D^{2d - 1}", D / D ** (2 - 2 * DECAY), D ** (2 * DECAY - 1))
    part = sp.Symbol("r", nonnegative=True)  # Tr H - lambda_1
    upper = LAM * TRACE / (TRACE * (LAM + part) / D)
    board.equal("Tr(H Sigma) <= lambda_1 Tr Sigma: the ratio is at most D lambda_1 / Tr H", upper,
                D * LAM / (LAM + part))  # fmt: skip
    board.true("which is at most D", (D - D * LAM / (LAM + part)).factor().is_nonnegative)
    return board.proof()


@cache
def refute_order() -> Proof:
    """H = diag(1, 0, ..., 0), Sigma the same, a = k = 1, d = 2: the ratio is D, not of order D^3; small a break
    O(...).
    """
    board = Blackboard("exact example")
    for dim in (2, 3, 5):
        hessian = sp.diag(1, *([0] * (dim - 1)))
        ratio = (hessian * hessian).trace() / (hessian * hessian.trace() / dim).trace()
        board.equal(f"ratio at D = {dim}", ratio, sp.Integer(dim))
    d2 = sp.Integer(2)
    board.true("ratio / D^{2d - 1} -> 0 at d = 2: no lower bound of that order",
               sp.limit(D / D ** (2 * d2 - 1), D, sp.oo) == 0)  # fmt: skip
    board.true("(16) holds for every smaller a too: ratio / (a D^{2d-1}) -> oo as a -> 0: no upper bound",
               sp.limit(D / (ALIGN * D), ALIGN, 0) == sp.oo)  # fmt: skip
    return board.proof()


@cache
def prove_eigenvector_bound() -> Proof:
    """u^T Sigma u >= gamma_1 <u, v_1>^2, so a = a_1 a_2^2."""
    board = Blackboard("eigenbasis of Sigma")
    gamma, weights = sp.symbols("gamma1:4", nonnegative=True), sp.symbols("p1:4", real=True)  # p_i = <u, v_i>
    form = sum(g * p**2 for g, p in zip(gamma, weights))
    board.true("the rest is nonnegative", (form - gamma[0] * weights[0] ** 2).is_nonnegative)
    a1, a2, more = sp.symbols("a1 a2 q", positive=True)
    share = a1 * LAM / TRACE_H  # gamma_1 / Tr Sigma at its least
    board.equal("gamma_1 <u, v>^2 / Tr Sigma at its least", share * a2**2, a1 * a2**2 * LAM / TRACE_H)
    board.true("it grows with <u, v> >= 0", sp.expand(share * ((a2 + more) ** 2 - a2**2)).is_positive)
    return board.proof()


@cache
def refute_alignment_product() -> Proof:
    """u_1 = (1, 0), Sigma = v v^T, v = (3/5, 4/5), a_2 = 3/5: u^T Sigma u = 9/25 is below a_1 a_2 lambda_1/Tr H =
    3/5.
    """
    board = Blackboard("exact example")
    v = sp.Matrix([sp.Rational(3, 5), sp.Rational(4, 5)])
    sigma, hessian = v * v.T, sp.diag(2, 1)
    a1 = (1 / sigma.trace()) * hessian.trace() / 2  # gamma_1 = 1: gamma_1/Tr Sigma = a_1 lambda_1/Tr H exactly
    a2 = v[0]
    right = a1 * a2 * 2 * sigma.trace() / hessian.trace()
    board.equal("v is a unit eigenvector with eigenvalue 1", sigma * v, v)
    board.true("condition (16) fails for a = a_1 a_2", sigma[0, 0] < right, f"{sigma[0, 0]} < {right}")
    board.equal("and holds with equality for a_1 a_2^2", sigma[0, 0], right * a2)
    return board.proof()


@cache
def prove_conditioning() -> Proof:
    """D = 11330: D^{-1/2} < 1/100, so an eigenvalue at 1% of the first is too large for every d > 1/2."""
    board = Blackboard("arithmetic")
    dim = sp.Integer(11330)
    board.true("D^{-1/2} < 1/100", dim > 100**2, f"D^(-1/2) = {sp.N(dim ** sp.Rational(-1, 2), 6)}")
    board.true("D^{-d} falls with d", sp.log(dim) > 0)
    return board.proof()


@cache
def prove_bound_at_140() -> Proof:
    """k >= 139 leading eigenvalues: a D / (k + (D - k) D^{-d})^2 < a D / k^2 < 0.59 a for every d."""
    board = Blackboard("arithmetic")
    dim, k = sp.Integer(11330), sp.Integer(139)
    tail = sp.Symbol("x", positive=True)
    board.true("the tail only lowers the bound", ((k + (dim - k) * tail) ** 2 - k**2).expand().is_positive)
    board.true("D / k^2 < 59/100", dim / k**2 < sp.Rational(59, 100), f"{sp.N(dim / k**2, 6)}")
    return board.proof()
