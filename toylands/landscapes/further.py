"""What can be measured on every landscape, from the kernels it has: without a line in the landscape's own file."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from toylands.landscapes.whole import build_gradient, build_moments
from toylands.observables import Built, Observable
from toylands.simd import fma, lanes_function, maximum, minimum, splat, sqrt, sum_of_squares, tail
from toylands.simd.eigen import eigensystem, packed
from toylands.simd.lanczos import lanczos_memory, largest_eigenvalue

DISTANCE, TOP_EIGENVALUE = "distance_to_minimisers", "hessian_top_eigenvalue"
EXACT = 16  # coordinates up to which all eigenvalues are computed
LANCZOS_STEPS = 64


class Size(NamedTuple):
    """How many coordinates there are."""

    size: int


class Indices(NamedTuple):
    """Which coordinates are meant."""

    chosen: np.ndarray


class Moments(NamedTuple):
    """Working memory as `build_moments` wants it."""

    w: Any
    gradient: Any
    second: Any
    sample: Any


@functools.lru_cache(maxsize=64)
def build_gradient_norm(kernels: Any) -> Any:
    """``gradient_norm(w, p, work, settings)``: |grad L|."""
    gradient = build_gradient(kernels)

    @lanes_function
    def gradient_norm(w: Any, p: Any, work: Any, settings: Any) -> Any:
        gradient(w, work, settings.size, p, 0, work)
        return sqrt(sum_of_squares(work, settings.size))

    return gradient_norm


@functools.lru_cache(maxsize=64)
def build_hessian_trace(kernels: Any) -> Any:
    """``hessian_trace(w, p, work, settings)``: the sum of the Hessian's diagonal."""
    hessian = kernels.hessian

    @lanes_function
    def hessian_trace(w: Any, p: Any, work: Any, settings: Any) -> Any:
        hessian(w, work, p)
        total = work[0]
        for i in range(1, settings.size):
            total = total + work[packed(i, i)]
        return total

    return hessian_trace


@functools.lru_cache(maxsize=64)
def build_exact_top(kernels: Any) -> Any:
    """``top(w, p, work, settings)``: the largest of all eigenvalues of the Hessian."""
    hessian = kernels.hessian

    @lanes_function
    def top(w: Any, p: Any, work: Any, settings: Any) -> Any:
        n = settings.size
        hessian(w, work, p)
        eigensystem(work, tail(work, packed(n, 0)), n)
        largest = work[0]
        for i in range(1, n):
            largest = maximum(largest, work[packed(i, i)])
        return largest

    return top


@functools.lru_cache(maxsize=64)
def build_lanczos_top(kernels: Any) -> Any:
    """``top(w, p, work, settings)``: the largest eigenvalue of the Hessian that Lanczos steps from one start see."""
    hessian = kernels.hessian

    @lanes_function
    def top(w: Any, p: Any, work: Any, settings: Any) -> Any:
        n, steps = settings.size, min(settings.size, LANCZOS_STEPS)
        hessian(w, work, p)
        return largest_eigenvalue(work, n, steps, tail(work, packed(n, 0)))

    return top


@functools.lru_cache(maxsize=64)
def build_trace_hessian_noise(kernels: Any) -> Any:
    """``trace_hessian_noise(w, p, work, settings)``: Tr(H Sigma), Sigma the covariance of a data point's gradient."""
    hessian, moments = kernels.hessian, build_moments(kernels)

    @lanes_function
    def trace_hessian_noise(w: Any, p: Any, work: Any, settings: Any) -> Any:
        n = settings.size
        rows = packed(n, 0)
        second = tail(work, rows)
        gradient = tail(second, rows)
        sample = tail(gradient, n)
        moments(n, p, Moments(w, gradient, second, sample))
        hessian(w, work, p)
        total = splat(0.0)
        for i in range(n):
            for j in range(i):
                total = fma(2.0 * work[packed(i, j)], second[packed(i, j)], total)
            total = fma(work[packed(i, i)], second[packed(i, i)], total)
        return total

    return trace_hessian_noise


class Points(NamedTuple):
    """One point a row."""

    points: np.ndarray


class Projector(NamedTuple):
    """A symmetric matrix."""

    matrix: np.ndarray


@lanes_function
def _distance_to_points(w: Any, p: Any, work: Any, settings: Any) -> Any:
    nearest = 0.0 * w[0] + np.inf
    for i in range(settings.points.shape[0]):
        total = 0.0 * w[0]
        for j in range(settings.points.shape[1]):
            gap = w[j] - settings.points[i, j]
            total = fma(gap, gap, total)
        nearest = minimum(nearest, total)
    return sqrt(nearest)


@lanes_function
def _length_of_projection(w: Any, p: Any, work: Any, settings: Any) -> Any:
    total = 0.0 * w[0]
    for i in range(settings.matrix.shape[0]):
        row = 0.0 * w[0]
        for j in range(settings.matrix.shape[1]):
            row = fma(w[j], settings.matrix[i, j], row)
        total = fma(row, row, total)
    return sqrt(total)


def distance_to_points(points: Any, parameters: Any, doc: str) -> Observable:
    """The distance to the nearest of some minimisers, shape (m, n)."""
    rows = np.atleast_2d(np.array(points, dtype=np.float64))
    return Observable(DISTANCE, _distance_to_points, parameters, doc, settings=Points(rows), size=rows.shape[1])


def distance_to_kernel(matrix: np.ndarray, parameters: Any, doc: str) -> Observable:
    """The distance to the null space of a positive semidefinite matrix."""
    eigenvalues, basis = np.linalg.eigh(matrix)
    steep = basis[:, eigenvalues > len(matrix) * np.finfo(np.float64).eps * eigenvalues.max(initial=0.0)]
    projector = Projector(np.ascontiguousarray(steep @ steep.T))
    return Observable(DISTANCE, _length_of_projection, parameters, doc, settings=projector, size=len(matrix))


@lanes_function
def _sq_norm_of(w: Any, p: Any, work: Any, settings: Any) -> Any:
    total = 0.0 * w[0]
    for i in range(settings.chosen.shape[0]):
        x = w[settings.chosen[i]]
        total = fma(x, x, total)
    return total


def further_observables(kernels: Any, parameters: Any, size: int) -> dict[str, Observable]:
    """What a landscape's kernels allow to be measured, by name."""
    matrix, behind = size * (size + 1) // 2, kernels.working_memory(parameters)
    found = {}

    def add(name: str, build: Any, doc: str, rows: int) -> None:
        found[name] = Observable(
            name, Built(build, (kernels,)), parameters, doc, scratch=rows, settings=Size(size), size=size
        )

    if not kernels.separable:  # whose gradient belongs to a step, not to a loss
        add("gradient_norm", build_gradient_norm, "|grad L| (nso Eq. 6)", size + behind)
    if kernels.hessian is not None:
        add("hessian_trace", build_hessian_trace, "trace of the Hessian (nso Table 3)", matrix)
        if size <= EXACT:
            rows, build, how = matrix + size * size, build_exact_top, "all eigenvalues computed"
        else:
            steps = min(size, LANCZOS_STEPS)
            rows, build, how = matrix + lanczos_memory(size, steps), build_lanczos_top, f"{steps} Lanczos steps"
        add(TOP_EIGENVALUE, build, f"largest eigenvalue of the Hessian, {how} (nso Table 3)", rows)
        if kernels.samples is not None:
            doc = "Tr(H Sigma), Sigma the covariance of a data point's gradient (anisotropic Eq. 11)"
            add("trace_hessian_noise", build_trace_hessian_noise, doc, 2 * matrix + 2 * (size + behind))
    return found


def sq_norm_of(indices: int | Iterable[int], parameters: Any, size: int, name: str | None) -> Observable:
    """The squared norm of a part of the state."""
    given = [indices] if isinstance(indices, (int, np.integer)) else list(indices)
    if not given or any(isinstance(i, bool) or not isinstance(i, (int, np.integer)) for i in given):
        raise TypeError(f"indices must be an integer or a sequence of them, got {indices!r}")
    if any(not 0 <= i < size for i in given) or len(set(given)) < len(given):
        raise ValueError(f"indices = {given} must be different numbers from 0 to {size - 1}")
    told = ",".join(map(str, given)) if len(given) <= 4 else f"{given[0]},{given[1]},...,{given[-1]}"
    return Observable(
        f"sq_norm_of[{told}]" if name is None else name,
        _sq_norm_of,
        parameters,
        f"squared norm of the coordinates {told}",
        settings=Indices(np.array(given, dtype=np.int64)),
        size=size,
    )
