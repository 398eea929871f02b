"""Exact calculus with a symmetric matrix H and any symmetric Sigma, in every dimension and without a common eigenbasis.

Write H = U diag(lambda) U^T and S = U^T Sigma U. Every matrix that arises from Sigma by multiplying with functions of
H from the left and from the right has, in the basis U, the entries phi(lambda_i, lambda_j) S_ij for one scalar function
phi of two variables: a :class:`Sandwich` is this phi. Two of them are the same matrix, for every H and Sigma and in
every dimension, as soon as their phi agree; the trace is sum_i phi(lambda_i, lambda_i) S_ii. What this rests on (trace
and products in a basis of eigenvectors) is written out by :func:`write_rules`, which every proof of this kind calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import sympy as sp
from sympy.concrete.delta import deltasummation

from theory.proof import Blackboard, Proof

ROW = sp.Symbol("lambda_i", positive=True)
COLUMN = sp.Symbol("lambda_j", positive=True)
EIGENVALUE = sp.Symbol("lambda", positive=True)
T = sp.Symbol("t", positive=True)

Spectral = Callable[[sp.Expr], sp.Expr]
_SMALL_EIGENVALUE = 1e-12


@dataclass(frozen=True)
class Sandwich:
    """The matrix with entries ``weight * S_ij`` in an eigenbasis of H; ``weight`` depends on ROW and COLUMN.

    Examples
    --------
    >>> hessian = lambda x: x
    >>> (SIGMA.left(hessian) - SIGMA.right(hessian)).weight  # H Sigma - Sigma H
    lambda_i - lambda_j
    >>> SIGMA.left(hessian).trace() == SIGMA.right(hessian).trace()
    True
    """

    weight: sp.Expr

    def left(self, function: Spectral) -> Sandwich:
        """function(H) times this matrix."""
        return Sandwich(function(ROW) * self.weight)

    def right(self, function: Spectral) -> Sandwich:
        """This matrix times function(H)."""
        return Sandwich(self.weight * function(COLUMN))

    def transpose(self) -> Sandwich:
        """The transposed matrix (S is symmetric)."""
        return Sandwich(self.weight.subs({ROW: COLUMN, COLUMN: ROW}, simultaneous=True))

    def diff(self, symbol: sp.Symbol) -> Sandwich:
        """Derivative with respect to a symbol, e.g. time."""
        return Sandwich(sp.diff(self.weight, symbol))

    def integrate(self, symbol: sp.Symbol, low: sp.Expr, high: sp.Expr) -> Sandwich:
        """Integral over a symbol."""
        return Sandwich(sp.integrate(self.weight, (symbol, low, high)))

    def trace(self) -> sp.Expr:
        """The function psi of EIGENVALUE with trace sum_i psi(lambda_i) S_ii."""
        return self.weight.subs({ROW: EIGENVALUE, COLUMN: EIGENVALUE}, simultaneous=True)

    def __add__(self, other: Sandwich) -> Sandwich:
        return Sandwich(self.weight + other.weight)

    def __sub__(self, other: Sandwich) -> Sandwich:
        return Sandwich(self.weight - other.weight)

    def __mul__(self, factor: sp.Expr) -> Sandwich:
        return Sandwich(self.weight * factor)

    __rmul__ = __mul__


SIGMA = Sandwich(sp.S.One)
"""Sigma itself."""


def hessian(x: sp.Expr) -> sp.Expr:
    """H as a function of itself: ``SIGMA.left(hessian)`` is H Sigma."""
    return x


def write_rules(board: Blackboard) -> None:
    """The rules of this calculus, with indices that stand for any dimension n; they need no common eigenbasis."""
    board.include(_rules())


@lru_cache
def _rules() -> Proof:
    board = Blackboard("free indices")
    n = sp.Symbol("n", integer=True, positive=True)
    i, j, k = sp.symbols("i j k", integer=True, nonnegative=True)
    a, b, values = (sp.IndexedBase(name) for name in ("A", "B", "l"))
    f = sp.Function("f")
    summand = a[i, j] * b[j, i]
    renamed = (b[i, j] * a[j, i]).subs({i: j, j: i}, simultaneous=True)
    board.equal("tr(AB) = sum_ij A_ij B_ji = tr(BA), n x n, so tr(U X U^T) = tr(X) for orthogonal U", summand, renamed)
    product = deltasummation(sp.KroneckerDelta(i, k) * f(values[i]) * a[k, j], (k, 0, n - 1))
    product = product.args[0][0] if isinstance(product, sp.Piecewise) else product  # the branch 0 <= i <= n - 1
    board.equal("(f(H) A)_ij = f(l_i) A_ij in an eigenbasis of H", product, f(values[i]) * a[i, j])
    return board.proof()


def spectral_trace(
    function: sp.Expr, hessian_matrix: np.ndarray, sigma: np.ndarray, values: Mapping[sp.Symbol, float] | None = None
) -> float:
    """sum_i function(lambda_i) S_ii in floating point, for any symmetric matrices; zero eigenvalues as limits.

    Parameters
    ----------
    function : sympy expression
        In EIGENVALUE and the symbols of ``values``.
    hessian_matrix, sigma : array (n, n)
        Symmetric; eigenvalues of H below 1e-12 of the largest count as 0.
    values : mapping of symbol to float, optional
        Numbers for the other symbols.

    Raises
    ------
    ValueError
        If a symbol of ``function`` has no number.

    Examples
    --------
    >>> spectral_trace(EIGENVALUE**2, np.diag([1.0, 2.0]), np.diag([3.0, 5.0]))
    23.0
    """
    at = {s: sp.Rational(v) for s, v in (values or {}).items()}
    unknown = function.free_symbols - set(at) - {EIGENVALUE}
    if unknown:
        raise ValueError(f"values must give a number for {', '.join(sorted(map(str, unknown)))}")
    eigenvalues, basis = np.linalg.eigh(hessian_matrix)
    diagonal = np.einsum("ki,kl,li->i", basis, sigma, basis)
    small = _SMALL_EIGENVALUE * max(abs(eigenvalues).max(), 1e-300)
    total = 0.0
    for eigenvalue, weight in zip(eigenvalues, diagonal):
        if abs(eigenvalue) <= small:
            value = sp.limit(function, EIGENVALUE, 0).subs(at)
        else:
            value = function.subs({**at, EIGENVALUE: sp.Rational(float(eigenvalue))})
        total += float(sp.N(value, 30)) * float(weight)
    return total
