"""The largest eigenvalue of symmetric matrices in lanes, of any size: Lanczos steps and bisection."""

from __future__ import annotations

from typing import Any

from toylands.simd.arrays import lanes_function, tail
from toylands.simd.eigen import packed
from toylands.simd.functions import absolute, fma, maximum, select, splat, sqrt

_HALVINGS = 60
_ROUNDING = 1e-13  # of the matrix: a Lanczos vector shorter than this is rounding, and the space is exhausted
_GOLDEN = 0.6180339887498949


@lanes_function
def _multiply(matrix: Any, n: Any, x: Any, out: Any) -> Any:
    """``out`` = ``matrix`` (packed lower triangle) times ``x``."""
    for i in range(n):
        mine, total = x[i], splat(0.0)
        for j in range(i):
            entry = matrix[packed(i, j)]
            total = fma(entry, x[j], total)
            out[j] = fma(entry, mine, out[j])
        out[i] = fma(matrix[packed(i, i)], mine, total)


@lanes_function
def _lanczos(matrix: Any, n: Any, steps: Any, x: Any, before: Any, out: Any, diagonal: Any, squares: Any) -> Any:
    """The tridiagonal matrix of ``steps`` Lanczos steps from the unit vector ``x``: its diagonal, and the squares of
    what stands beside it. Where the space is exhausted, blocks of one follow, with the first Rayleigh quotient."""
    beta = size = splat(0.0)
    for j in range(n):
        before[j] = splat(0.0)
    for k in range(steps):
        _multiply(matrix, n, x, out)
        alpha = splat(0.0)
        for j in range(n):
            alpha = fma(out[j], x[j], alpha)
        length = splat(0.0)
        for j in range(n):
            rest = fma(-beta, before[j], fma(-alpha, x[j], out[j]))
            out[j] = rest
            length = fma(rest, rest, length)
        if k > 0:
            alpha = select(beta > 0.0, alpha, diagonal[0])
        diagonal[k] = alpha
        beta = sqrt(length)
        size = maximum(size, maximum(absolute(alpha), beta))
        beta = select(beta > size * _ROUNDING, beta, splat(0.0))
        squares[k] = beta * beta
        scale = select(beta > 0.0, 1.0 / beta, splat(0.0))
        for j in range(n):
            before[j] = x[j]
            x[j] = out[j] * scale


@lanes_function
def _largest_of_tridiagonal(diagonal: Any, squares: Any, n: Any) -> Any:
    """By bisection between the largest diagonal entry and Gershgorin's bound: x is below the largest eigenvalue if a
    pivot of T - x is positive."""
    low, high, beside = diagonal[0], diagonal[0], splat(0.0)
    for k in range(n):
        behind = splat(0.0)
        if k < n - 1:
            behind = sqrt(squares[k])
        low = maximum(low, diagonal[k])
        high = maximum(high, diagonal[k] + beside + behind)
        beside = behind
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        pivot = diagonal[0] - middle
        most = pivot
        for k in range(1, n):
            pivot = select(absolute(pivot) > 1e-290, pivot, splat(-1e-290))
            pivot = diagonal[k] - middle - squares[k - 1] / pivot
            most = maximum(most, pivot)
        above = most > 0.0
        low = select(above, middle, low)
        high = select(above, high, middle)
    return 0.5 * (low + high)


def lanczos_memory(n: int, steps: int) -> int:
    """Rows of working memory that `largest_eigenvalue` wants."""
    return 3 * n + 2 * steps


@lanes_function
def largest_eigenvalue(matrix: Any, n: Any, steps: Any, work: Any) -> Any:
    """The largest eigenvalue of ``matrix`` (packed lower triangle) that ``steps`` Lanczos steps from one start see.

    It is never above the true one, and exact up to rounding where ``steps`` reaches the number of distinct eigenvalues
    (and rounding has not spoilt the vectors).
    """
    before, out, diagonal = tail(work, n), tail(work, 2 * n), tail(work, 3 * n)
    squares, length = tail(diagonal, steps), 0.0
    for j in range(n):
        entry = 0.5 + ((j + 1) * _GOLDEN) % 1.0  # no two alike: no symmetry hides an eigenvector from it
        work[j] = splat(entry)
        length += entry * entry
    for j in range(n):
        work[j] = work[j] * (1.0 / length**0.5)
    _lanczos(matrix, n, steps, work, before, out, diagonal, squares)
    return _largest_of_tridiagonal(diagonal, squares, steps)
