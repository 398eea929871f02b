"""Ito's formula along d theta = -grad L dt + Sigma^{1/2} dW, and Markov's inequality: what they say, what they need.

Source: anisotropic, Definition 1, Eq. 10-11 and 22-26. Ito's formula and the zero mean of Ito integrals with square
integrable integrands are cited; everything else is computed. Where the printed assumptions do not suffice:
:mod:`theory.ornstein_uhlenbeck.escape_counterexamples`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import sympy as sp

from theory.ornstein_uhlenbeck.process import S_TIME, efficiency, squared_gradient, write_covariance
from theory.ornstein_uhlenbeck.short_time import first_order
from theory.ornstein_uhlenbeck.spectral_calculus import T
from theory.proof import Blackboard, Proof


def ito(
    function: sp.Expr, variables: Sequence[sp.Symbol], drift: sp.MatrixBase, diffusion: sp.MatrixBase
) -> tuple[sp.Expr, sp.MatrixBase]:
    """Drift and Brownian row of d function(theta), for d theta = drift dt + diffusion dW (Ito's formula).

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> ito(x**2, [x], sp.Matrix([-x]), sp.Matrix([[3]]))
    (9 - 2*x**2, Matrix([[6*x]]))
    """
    gradient = sp.Matrix([[sp.diff(function, v) for v in variables]])
    second = sp.hessian(function, list(variables))
    drift_part = (gradient * drift)[0] + (second * diffusion * diffusion.T).trace() / 2
    return sp.expand(drift_part), (gradient * diffusion).applyfunc(sp.simplify)


def _process(dim: int) -> tuple[sp.Expr, list[sp.Symbol], sp.Matrix, sp.Matrix, sp.Matrix]:
    """A free loss in ``dim`` variables, its gradient and Hessian, and a free symmetric Sigma^{1/2}."""
    variables = list(sp.symbols(f"theta1:{dim + 1}", real=True))
    loss = sp.Function("L")(*variables)
    root = sp.Matrix(dim, dim, lambda i, j: sp.Symbol(f"b{min(i, j)}{max(i, j)}", real=True))
    gradient = sp.Matrix([sp.diff(loss, v) for v in variables])
    return loss, variables, gradient, sp.hessian(loss, variables), root


def _write_ito_any_dimension(board: Blackboard) -> None:
    """sum_ij H_ij d<theta_i, theta_j> is the trace, with indices that stand for any dimension."""
    i, j, k = sp.symbols("i j k", integer=True, nonnegative=True)
    h, b = sp.IndexedBase("H"), sp.IndexedBase("B")
    bracket = h[i, j] * b[i, k] * b[j, k]  # d<theta_i, theta_j> = sum_k B_ik B_jk dt
    trace = b[k, i] * h[i, j] * b[j, k]  # tr(B H B) = sum_kij
    board.equal("sum_ij H_ij (B B^T)_ij = tr(B H B) as B_ki = B_ik", bracket, trace.subs(b[k, i], b[i, k]))
    board.equal("tr(B H B) = tr(H B B), cyclically", trace, h[i, j] * b[j, k] * b[k, i])


@lru_cache
def prove_ito_drift() -> Proof:
    """Eq. 22-24: drift -|grad L|^2 + tr(Sigma^{1/2} H Sigma^{1/2})/2 and Brownian part grad L^T Sigma^{1/2} dW."""
    board = Blackboard("Ito's formula (cited), computed in 1 and 2 dimensions, and with free indices")
    for dim in (1, 2):
        loss, variables, gradient, second, root = _process(dim)
        drift, row = ito(loss, variables, -gradient, root)
        printed = -(gradient.T * gradient)[0] + (root * second * root).trace() / 2
        board.equal(f"drift, dimension {dim}", drift, sp.expand(printed))
        board.equal(f"Brownian part, dimension {dim}", row, gradient.T * root)
    _write_ito_any_dimension(board)
    return board.proof()


def prove_cyclic_trace() -> Proof:
    """Eq. 24: tr(Sigma^{1/2} H Sigma^{1/2}) = tr(H Sigma)."""
    board = Blackboard("cyclic trace, with free indices and in 2 dimensions")
    _write_ito_any_dimension(board)
    _, _, _, second, root = _process(2)
    board.equal("dimension 2", (root * second * root).trace(), (second * root * root).trace())
    return board.proof()


def write_quadratic_identity(board: Blackboard) -> None:
    """Both sides of Eq. 11 for every Ornstein-Uhlenbeck process, from its covariance."""
    write_covariance(board)
    inner = squared_gradient().subs(T, S_TIME)
    right = first_order() - sp.integrate(sp.expand(inner), (S_TIME, 0, T))
    board.equal("Eq. 11 holds for every quadratic loss and constant Sigma", sp.simplify(right), efficiency())


def write_nonquadratic_identity(board: Blackboard) -> None:
    """Both sides of Eq. 11 for theta = 2W + sin W, whose loss is not quadratic and whose Sigma depends on theta."""
    w = sp.Symbol("W", real=True)
    rate = 2 + sp.cos(w)  # d theta / dW
    loss, sigma = -(rate**2) / 4, rate**2  # of theta, written through W
    slope = sp.diff(loss, w) / rate
    curvature = sp.diff(slope, w) / rate
    board.equal("drift of theta is -L'(theta)", sp.diff(rate, w) / 2, sp.simplify(-slope))
    left = _gaussian_mean(loss, w, T) - loss.subs(w, 0)
    inner = -_gaussian_mean(slope**2, w, S_TIME) + _gaussian_mean(curvature * sigma, w, S_TIME) / 2
    board.equal("Eq. 11 for theta = 2W + sin W", left, sp.integrate(inner, (S_TIME, 0, T)))


def _gaussian_mean(function: sp.Expr, w: sp.Symbol, variance: sp.Symbol) -> sp.Expr:
    """E function(W), W ~ N(0, variance), for a polynomial in cos W and sin W, by E e^{ikW} = e^{-k^2 variance/2}."""
    z = sp.Symbol("z", positive=True)  # stands for e^{iW}
    laurent = sp.expand(sp.simplify(function).subs({sp.cos(w): (z + 1 / z) / 2, sp.sin(w): (z - 1 / z) / (2 * sp.I)}))
    if laurent.has(w):
        raise ValueError(f"function must be a polynomial in cos and sin of {w}, got {function}")
    total = sp.S.Zero
    for term in sp.Add.make_args(laurent):
        factor, power = term.as_coeff_exponent(z)
        total += factor * sp.exp(-(power**2) * variance / 2)
    return total


@lru_cache
def prove_identity() -> Proof:
    """Eq. 11 where the stochastic integral has mean zero; two families of processes check both sides in full."""
    board = Blackboard("Ito's formula (cited) and both sides computed for whole families of processes")
    board.include(prove_ito_drift())
    write_quadratic_identity(board)
    write_nonquadratic_identity(board)
    return board.proof()


def prove_markov() -> Proof:
    """P(X >= delta) <= E X / delta for X = L(theta_t) - L(theta_0) >= 0, from delta 1{X >= delta} <= X."""
    board = Blackboard("pointwise inequality in two cases")
    delta, u, x = sp.symbols("delta u x", nonnegative=True)
    board.true("X = delta + u >= delta: X - delta * 1 >= 0", bool((delta + u - delta * 1).is_nonnegative))
    board.true("0 <= X = x < delta: X - delta * 0 >= 0", bool((x - delta * 0).is_nonnegative))
    return board.proof()


def prove_markov_positive_part() -> Proof:
    """P(X >= delta) <= E max(X, 0) / delta for every real X, whatever its sign."""
    board = Blackboard("pointwise inequality in three cases")
    delta, x = sp.Symbol("delta", positive=True), sp.Symbol("x", nonnegative=True)
    negative = sp.Symbol("y", negative=True)
    board.true("X = delta + x: max(X, 0) - delta * 1 >= 0", bool((sp.Max(delta + x, 0) - delta).is_nonnegative))
    board.true("0 <= X = x < delta: max(X, 0) - delta * 0 >= 0", bool(sp.Max(x, 0).is_nonnegative))
    board.true("X = y < 0: max(X, 0) - delta * 0 >= 0", bool(sp.Max(negative, 0).is_nonnegative))
    return board.proof()
