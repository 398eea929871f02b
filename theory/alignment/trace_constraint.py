"""The trace constraint: what it fixes, which covariance is best under it, and what the noises of Table 1 need.

Source: anisotropic, Section 3.2 (Eq. 14 and the displays around it), Table 1, Appendix D.3.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.proof import Blackboard, Proof

TRACE, LAM, SAMPLES, TRACE_H = sp.symbols("TrSigma lambda1 m TrH", positive=True)


def _symmetric(name: str, dim: int) -> sp.Matrix:
    return sp.Matrix(dim, dim, lambda i, j: sp.Symbol(f"{name}{min(i, j) + 1}{max(i, j) + 1}", real=True))


@cache
def prove_trace() -> Proof:
    """E eps^T eps = Tr Sigma for eps = V sqrt(Gamma) z, V orthogonal, E z z^T = I."""
    board = Blackboard("linear algebra for symbolic 2 x 2 matrices")
    c, s = sp.symbols("c s", real=True)
    gamma, z = sp.diag(*sp.symbols("gamma1 gamma2", positive=True)), sp.Matrix(sp.symbols("z1 z2", real=True))
    v = sp.Matrix([[c, -s], [s, c]])  # orthogonal where c^2 + s^2 = 1
    eps = v * gamma.applyfunc(sp.sqrt) * z
    length = sp.expand((eps.T * eps)[0])
    plain = sp.expand((z.T * gamma * z)[0])
    board.equal("eps^T eps = (c^2 + s^2) z^T Gamma z", length, sp.expand((c**2 + s**2) * plain))
    board.equal("z^T Gamma z = Tr(Gamma z z^T)", plain, (gamma * z * z.T).trace())
    board.equal("E z z^T = I", (gamma * sp.eye(2)).trace(), gamma.trace())
    board.equal("Tr Gamma against Tr(V Gamma V^T)", sp.expand((v * gamma * v.T).trace()),
                sp.expand((c**2 + s**2) * gamma.trace()))  # fmt: skip
    return board.proof()


@cache
def prove_isotropic_hessian() -> Proof:
    """Tr(lambda I Sigma) = lambda Tr Sigma: at isotropic minima only the trace of Sigma matters."""
    board = Blackboard("linear algebra")
    sigma = _symmetric("S", 3)
    board.equal("d = 3", (LAM * sp.eye(3) * sigma).trace(), LAM * sigma.trace())
    return board.proof()


def escape_chance(barrier: sp.Expr, rank_one: bool) -> sp.Expr:
    """P(L >= delta) at H = I in two dimensions, Tr Sigma = 2; barrier is delta / v, v = (1 - e^(-2t))/2.

    theta is Gaussian with covariance v Sigma: |theta|^2 / v is twice a chi^2 of one degree of freedom for
    Sigma = 2 u u^T, and a chi^2 of two for Sigma = I.

    Examples
    --------
    >>> escape_chance(sp.Integer(4), False)
    exp(-4)
    """
    return sp.erfc(sp.sqrt(barrier / 2)) if rank_one else sp.exp(-barrier)


@cache
def prove_isotropic_rise() -> Proof:
    """H = lambda I: the expected rise tr((I - e^(-2Ht)) Sigma)/4 (Eq. 13) depends on Tr Sigma only, at every t."""
    board = Blackboard("linear algebra")
    sigma, t = _symmetric("S", 3), sp.Symbol("t", positive=True)
    left = (sp.eye(3) - (-2 * LAM * t * sp.eye(3)).exp()) * sigma
    board.equal("d = 3", left.trace() / 4, (1 - sp.exp(-2 * LAM * t)) * sigma.trace() / 4)
    return board.proof()


@cache
def refute_isotropic_escape() -> Proof:
    """H = I, D = 2: 2 u u^T and I have the same trace, but L reaches 4 v with chances erfc(sqrt 2) and e^(-4)."""
    board = Blackboard("exact example")
    z, r = sp.symbols("z r", positive=True)
    x = sp.Symbol("x", positive=True)
    tail = 2 * sp.integrate(sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi), (z, sp.sqrt(x), sp.oo))
    board.equal("rank one: P(z^2 >= x) for a standard normal z", tail.rewrite(sp.erfc), escape_chance(x, True))
    plane = sp.integrate(r * sp.exp(-(r**2) / 2), (r, sp.sqrt(2 * x), sp.oo))
    board.equal("isotropic: P(z_1^2 + z_2^2 >= 2 x)", plane, escape_chance(x, False))
    board.equal("same trace", (2 * sp.diag(1, 0)).trace(), sp.eye(2).trace())
    left, right = escape_chance(sp.Integer(4), True), escape_chance(sp.Integer(4), False)
    board.true("at x = 4 rank-one noise escapes more than twice as often", left > 2 * right,
               f"{sp.N(left, 5)} against {sp.N(right, 5)}")  # fmt: skip
    return board.proof()


@cache
def prove_rank_one() -> Proof:
    """In an eigenbasis of H: lambda_1 Tr Sigma - Tr(H Sigma) = sum (lambda_1 - lambda_i) S_ii, and S_ii >= 0."""
    board = Blackboard("eigenbasis, nonnegative diagonal, minors")
    sigma = _symmetric("S", 4)
    gaps = sp.symbols("g2:5", positive=True)  # lambda_1 - lambda_i > 0: the top eigenvalue is distinguished
    hessian = sp.diag(LAM, *(LAM - g for g in gaps))
    gap = LAM * sigma.trace() - (hessian * sigma).trace()
    board.equal("gap", gap, sum(g * sigma[i + 1, i + 1] for i, g in enumerate(gaps)))
    s = sp.Symbol("s", nonnegative=True)
    board.true("each term is nonnegative for S_ii >= 0", (gaps[0] * s).is_nonnegative)
    t = sp.Symbol("t", positive=True)
    board.true("and positive for S_ii > 0: equality needs S_ii = 0 for i >= 2", (gaps[0] * t).is_positive)
    off = sp.Symbol("o", real=True, nonzero=True)
    minor = sp.Matrix([[t, off], [off, 0]]).det()
    board.true("S_ii = 0 and S_ij != 0 make a negative minor: all but S_11 vanishes", minor.is_negative)
    best = sp.diag(TRACE, 0, 0, 0)
    board.equal("Tr Sigma u_1 u_1^T reaches the bound", (hessian * best).trace(), LAM * TRACE)
    return board.proof()


@cache
def prove_table() -> Proof:
    """The factors sigma_t of Table 1 that give every noise the trace of the SGD noise."""
    board = Blackboard("traces")
    sigma, dim = _symmetric("S", 3), sp.Integer(3)
    board.equal("GLD dynamic: sigma_t^2 = Tr Sigma / D", (sigma.trace() / dim * sp.eye(3)).trace(), sigma.trace())
    board.equal("GLD diagonal: nothing to adjust", sp.diag(*[sigma[i, i] for i in range(3)]).trace(), sigma.trace())
    top, rest = sp.symbols("gamma1 gamma2", positive=True)
    low = sp.diag(top, rest, 0)
    board.equal("GLD leading: sigma_t = Tr Sigma / (gamma_1 + ... + gamma_k)",
                (TRACE / (top + rest) * low).trace(), TRACE)  # fmt: skip
    board.equal("GLD Hessian: sigma_t = Tr Sigma / (lambda_1 + ... + lambda_k), likewise",
                (TRACE / (top + rest) * low).trace(), TRACE)  # fmt: skip
    board.equal("GLD 1st eigvec: sigma_t = Tr Sigma / lambda_1", (TRACE / LAM * sp.diag(LAM, 0, 0)).trace(), TRACE)
    return board.proof()


def printed_hessian_trace() -> sp.Expr:
    """Trace of the noise sqrt(Tr H / (m Tr Sigma)) N(0, H) of D.3."""
    return TRACE_H / (SAMPLES * TRACE) * TRACE_H


def printed_eigenvector_trace(noise: sp.Expr) -> sp.Expr:
    """Trace of sqrt(lambda_1 / (m Tr Sigma)) times a noise along u_1 of the given trace."""
    return LAM / (SAMPLES * TRACE) * noise


@cache
def prove_coefficients() -> Proof:
    """sqrt(Tr Sigma / (m Tr H)) for N(0, H), sqrt(Tr Sigma / (m lambda_1)) for N(0, lambda_1 u_1 u_1^T): trace Tr
    Sigma / m.
    """
    board = Blackboard("traces")
    board.equal("Hessian noise", TRACE / (SAMPLES * TRACE_H) * TRACE_H, TRACE / SAMPLES)
    board.equal("first eigenvector", TRACE / (SAMPLES * LAM) * LAM, TRACE / SAMPLES)
    board.equal("first eigenvector, unit noise along u_1", TRACE / SAMPLES * 1, TRACE / SAMPLES)
    return board.proof()


@cache
def refute_hessian_coefficient() -> Proof:
    """Tr H = 2, Tr Sigma = m = 1: the printed coefficient gives trace 4, not 1."""
    board = Blackboard("exact example")
    at = {TRACE_H: 2, TRACE: 1, SAMPLES: 1}
    board.differ("trace", printed_hessian_trace().subs(at), (TRACE / SAMPLES).subs(at))
    board.equal("it is right only where (Tr H)^2 = (Tr Sigma)^2",
                sp.solve(printed_hessian_trace() - TRACE / SAMPLES, TRACE_H)[0], TRACE)  # fmt: skip
    return board.proof()


@cache
def refute_eigenvector_coefficient() -> Proof:
    """lambda_1 = 2, Tr Sigma = m = 1: trace 4 with N(0, lambda_1 u u^T), 2 with N(0, u u^T), not 1."""
    board = Blackboard("exact example")
    at = {LAM: 2, TRACE: 1, SAMPLES: 1}
    for name, noise in (("N(0, lambda_1 u u^T)", LAM), ("N(0, u u^T)", sp.S.One)):
        board.differ(name, printed_eigenvector_trace(noise).subs(at), (TRACE / SAMPLES).subs(at))
    return board.proof()
