"""Symmetric eigenproblems in lanes, for small matrices: Jacobi's cyclic rotations."""

from __future__ import annotations

from typing import Any

from toylands.simd.arrays import lanes_function
from toylands.simd.functions import absolute, any_true, fma, select, splat, sqrt

_SWEEPS = 30  # quadratic convergence: some six suffice, the rest is a guard
_NEGLIGIBLE = 1e-17  # of the largest diagonal entry, squared off-diagonal sums included


@lanes_function
def packed(i: Any, j: Any) -> Any:
    """Where entry (i, j), j <= i, of a symmetric matrix lies: its lower triangle is stored row by row."""
    return i * (i + 1) // 2 + j


@lanes_function
def _at(i: Any, j: Any) -> Any:
    return packed(i, j) if i >= j else packed(j, i)


@lanes_function
def _rotate(a: Any, vectors: Any, n: Any, p: Any, q: Any) -> Any:
    """The rotation of coordinates q < p that makes entry (p, q) of ``a`` vanish, applied to it and the eigenvectors."""
    apq, app, aqq = a[packed(p, q)], a[packed(p, p)], a[packed(q, q)]
    theta = (app - aqq) / (2.0 * apq)
    t = 1.0 / (absolute(theta) + sqrt(fma(theta, theta, splat(1.0))))
    t = select(theta < 0.0, -t, t)
    t = select(absolute(apq) > 0.0, t, splat(0.0))
    c = 1.0 / sqrt(fma(t, t, splat(1.0)))
    s = t * c
    a[packed(q, q)] = fma(-t, apq, aqq)
    a[packed(p, p)] = fma(t, apq, app)
    a[packed(p, q)] = splat(0.0)
    for i in range(n):
        if i not in (p, q):
            x, y = a[_at(i, q)], a[_at(i, p)]
            a[_at(i, q)] = fma(c, x, -(s * y))
            a[_at(i, p)] = fma(s, x, c * y)
        x, y = vectors[q * n + i], vectors[p * n + i]
        vectors[q * n + i] = fma(c, x, -(s * y))
        vectors[p * n + i] = fma(s, x, c * y)


@lanes_function
def _unfinished(a: Any, n: Any) -> Any:
    off = diagonal = splat(0.0)
    for i in range(n):
        diagonal = diagonal + absolute(a[packed(i, i)])
        for j in range(i):
            off = off + absolute(a[packed(i, j)])
    return any_true(off > diagonal * _NEGLIGIBLE)


@lanes_function
def eigensystem(a: Any, vectors: Any, n: Any) -> Any:
    """Diagonalise ``a`` (packed lower triangle) in place: eigenvalue i stays at ``a[packed(i, i)]``, in no order, and
    component j of its unit eigenvector at ``vectors[i * n + j]``. Lanes with entries that are no numbers stay so."""
    for i in range(n):
        for j in range(n):
            vectors[i * n + j] = splat(1.0 if i == j else 0.0)
    for _ in range(_SWEEPS):
        if not _unfinished(a, n):
            break
        for p in range(1, n):
            for q in range(p):
                _rotate(a, vectors, n, p, q)
