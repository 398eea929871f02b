"""Noise whose covariance changes with the state: a factor of the covariance, and what it makes of standard normals."""

from __future__ import annotations

import functools
from typing import Any

from toylands.dynamics.covariances import DIAGONAL, DYNAMIC, GRADIENT, HESSIAN, CovarianceShape
from toylands.landscapes.whole import build_moments
from toylands.simd import fma, lanes_function, maximum, select, splat, sqrt
from toylands.simd.eigen import eigensystem, packed


@lanes_function
def _ratio(a: Any, b: Any) -> Any:
    """a / b, and 0 where b is 0: nothing to shape, no noise."""
    return select(b > 0.0, a / b, splat(0.0))


@lanes_function
def _cholesky(a: Any, scale: Any, factor: Any, n: Any) -> Any:
    """Lower factor of ``scale`` times a positive semidefinite matrix, both packed; a vanishing pivot gives zeros."""
    for j in range(n):
        pivot = a[packed(j, j)] * scale
        floor = pivot * 1e-14  # what rounding leaves of a pivot that is 0
        for k in range(j):
            pivot = fma(-factor[packed(j, k)], factor[packed(j, k)], pivot)
        root = select(pivot > floor, sqrt(maximum(pivot, 0.0)), splat(0.0))
        factor[packed(j, j)] = root
        if j + 1 == n:
            break
        inverse = _ratio(splat(1.0), root)
        for i in range(j + 1, n):
            entry = a[packed(i, j)] * scale
            for k in range(j):
                entry = fma(-factor[packed(i, k)], factor[packed(j, k)], entry)
            factor[packed(i, j)] = entry * inverse


@lanes_function
def _leading_root(a: Any, basis: Any, factor: Any, trace: Any, rank: Any, n: Any) -> Any:
    """The symmetric root of the ``rank`` leading eigenpairs of ``a`` (destroyed), scaled to the given trace.

    Symmetric, since it does not depend on the signs of eigenvectors.
    """
    eigensystem(a, basis, n)
    kept = splat(0.0)
    for i in range(n):
        mine, above = maximum(a[packed(i, i)], 0.0), splat(0.0)
        for j in range(n):
            theirs = maximum(a[packed(j, j)], 0.0)
            if j < i:
                above = above + select(theirs >= mine, splat(1.0), splat(0.0))
            elif j > i:
                above = above + select(theirs > mine, splat(1.0), splat(0.0))
        mine = select(above < rank, mine, splat(0.0))
        factor[i] = mine
        kept = kept + mine
    scale = _ratio(trace, kept)
    for i in range(n):  # basis rows become eigenvectors times the fourth roots: their outer products are the root
        root = sqrt(sqrt(factor[i] * scale))
        for j in range(n):
            basis[i * n + j] = basis[i * n + j] * root
    for i in range(n):
        for j in range(i + 1):
            total = splat(0.0)
            for k in range(n):
                total = fma(basis[k * n + i], basis[k * n + j], total)
            factor[packed(i, j)] = total


@functools.lru_cache(maxsize=64)
def build_refresh(kernels: Any, shape: CovarianceShape) -> Any:
    """``refresh(n, p, numbers, s)``: the factor at the current state into ``s.factor``.

    With data points, ``s.gradient`` is left with the mean gradient over all of them.
    """
    kind, matched, hessian = shape.kind, shape.matched, kernels.hessian
    on_data = matched or kind != HESSIAN
    moments = build_moments(kernels)

    @lanes_function
    def refresh(n: Any, p: Any, numbers: Any, s: Any) -> Any:
        trace = given = splat(numbers.trace)
        if on_data:
            given = moments(n, p, s)
            if matched:
                trace = given * (1.0 / numbers.batch_size)
        if kind == DYNAMIC:
            s.factor[0] = sqrt(trace * (1.0 / n))
        elif kind == DIAGONAL:
            scale = _ratio(trace, given)
            for j in range(n):
                s.factor[j] = sqrt(maximum(s.second[packed(j, j)], 0.0) * scale)
        elif kind == GRADIENT:
            _cholesky(s.second, _ratio(trace, given), s.factor, n)
        else:
            if kind == HESSIAN:
                hessian(s.w, s.second, p)
            _leading_root(s.second, s.basis, s.factor, trace, float(numbers.rank), n)

    return refresh


@functools.lru_cache(maxsize=8)
def build_shape(kind: str) -> Any:
    """``shape(n, raw, s)``: the factor times standard draws ``raw``, into ``s.shaped``."""

    @lanes_function
    def dynamic(n: Any, raw: Any, s: Any) -> Any:
        for j in range(n):
            s.shaped[j] = s.factor[0] * raw[j]

    @lanes_function
    def diagonal(n: Any, raw: Any, s: Any) -> Any:
        for j in range(n):
            s.shaped[j] = s.factor[j] * raw[j]

    @lanes_function
    def lower(n: Any, raw: Any, s: Any) -> Any:
        for i in range(n):
            total = splat(0.0)
            for j in range(i + 1):
                total = fma(s.factor[packed(i, j)], raw[j], total)
            s.shaped[i] = total

    @lanes_function
    def symmetric(n: Any, raw: Any, s: Any) -> Any:
        for i in range(n):
            total = splat(0.0)
            for j in range(n):
                total = fma(s.factor[packed(i, j) if i >= j else packed(j, i)], raw[j], total)
            s.shaped[i] = total

    return {DYNAMIC: dynamic, DIAGONAL: diagonal, GRADIENT: lower}.get(kind, symmetric)
