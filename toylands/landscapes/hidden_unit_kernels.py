"""The lanes functions of the linear network with one hidden unit, and what it has in common with its reduced loss."""

from __future__ import annotations

import abc
import math
from typing import Any, NamedTuple

import numpy as np

from toylands import validation
from toylands.landscapes.base import Landscape
from toylands.landscapes.further import DISTANCE
from toylands.observables import Observable
from toylands.simd import fma, lanes_function, load_row, maximum, select, sqrt, sum_of_squares, tail, take
from toylands.simd.products import multiply_symmetric

_HALF_ROOT = math.sqrt(0.5)
_HALVINGS = 54  # of an interval of length 2: down to the last bit of a number below 1


class Parameters(NamedTuple):
    """``second``: mean of x x^T; ``pull``: mean of y x; ``trace``: that of ``second``."""

    samples: int
    features: int
    relevant: int
    design: np.ndarray
    targets: np.ndarray
    second: np.ndarray
    pull: np.ndarray
    trace: float
    test_samples: int
    test_design: np.ndarray
    test_targets: np.ndarray


@lanes_function
def samples(p: Any) -> Any:
    return p.samples


@lanes_function
def scratch(p: Any) -> Any:
    return p.features


@lanes_function
def gradient(w: Any, out: Any, p: Any, step: Any, stream: Any) -> Any:
    """(v g, u . g) with g = v E[x x^T] u - E[y x]."""
    n, v = p.features, w[p.features]
    multiply_symmetric(p.second, n, w, out)
    along = 0.0 * v
    for j in range(n):
        slope = v * out[j] - p.pull[j]
        along = fma(w[j], slope, along)
        out[j] = v * slope
    out[n] = along


@lanes_function
def sample_gradient(w: Any, i: Any, label: Any, scale: Any, out: Any, p: Any) -> Any:
    """l_i = (v u . x_i - y_i)^2 / 2: the residual times (v x_i, u . x_i)."""
    n, v = p.features, w[p.features]
    row = tail(out, n + 1)
    load_row(p.design, i, row, n)
    dot = 0.0 * v
    for j in range(n):
        dot = fma(w[j], row[j], dot)
    residual = (v * dot - (take(p.targets, i) + label)) * scale
    slope = residual * v
    for j in range(n):
        out[j] = fma(slope, row[j], out[j])
    out[n] = fma(residual, dot, out[n])


@lanes_function
def hessian(w: Any, out: Any, p: Any) -> Any:
    """v^2 E[x x^T]; beside it 2 v E[x x^T] u - E[y x]; in the corner u . E[x x^T] u."""
    n, v = p.features, w[p.features]
    last, square, corner = n * (n + 1) // 2, v * v, 0.0 * v
    for i in range(n):
        slope = 0.0 * v
        for j in range(n):
            slope = fma(w[j], p.second[i, j], slope)
        for j in range(i + 1):
            out[i * (i + 1) // 2 + j] = square * p.second[i, j]
        out[last + i] = 2.0 * (v * slope) - p.pull[i]
        corner = fma(w[i], slope, corner)
    out[last + n] = corner


@lanes_function
def hessian_trace(w: Any, p: Any) -> Any:
    n, v = p.features, w[p.features]
    total = (v * v) * p.trace
    for i in range(n):
        slope = 0.0 * v
        for j in range(n):
            slope = fma(w[j], p.second[i, j], slope)
        total = fma(w[i], slope, total)
    return total


@lanes_function
def _half_mean_square(w: Any, design: Any, targets: Any, count: Any, n: Any) -> Any:
    v = w[n]
    total = 0.0 * v
    for i in range(count):
        dot = 0.0 * v
        for j in range(n):
            dot = fma(w[j], design[i, j], dot)
        residual = v * dot - targets[i]
        total = fma(residual, residual, total)
    return total * (0.5 / count)


@lanes_function
def loss(w: Any, p: Any) -> Any:
    return _half_mean_square(w, p.design, p.targets, p.samples, p.features)


@lanes_function
def test_loss(w: Any, p: Any) -> Any:
    return _half_mean_square(w, p.test_design, p.test_targets, p.test_samples, p.features)


@lanes_function
def reduced_loss(w: Any, p: Any) -> Any:
    n, v = p.features, w[p.features]
    cross = 0.0 * v
    for j in range(p.relevant):
        cross = fma(w[j], p.pull[j], cross)
    return v * (0.5 * v * sum_of_squares(w, n) - cross)


@lanes_function
def effective_loss(w: Any, p: Any) -> Any:
    v = w[p.features]
    return 0.5 * (v * v) * sq_norm_spurious(w, p)


@lanes_function
def sq_norm_spurious(w: Any, p: Any) -> Any:
    total = 0.0 * w[0]
    for j in range(p.relevant, p.features):
        x = w[j]
        total = fma(x, x, total)
    return total


@lanes_function
def sq_v(w: Any, p: Any) -> Any:
    v = w[p.features]
    return v * v


# --- the hyperbola of minima, v u = b --------------------------------------------------------------------------------


class Hyperbola(NamedTuple):
    """b, as its length and direction (zeros for b = 0)."""

    length: float
    direction: np.ndarray


@lanes_function
def _distance(w: Any, p: Any, work: Any, settings: Any) -> Any:
    """In the plane of b and v, x y = |b| is p^2 - q^2 = 2 |b| with p, q = (x +- y) / sqrt 2, and one may reflect the
    point (x, y) to p, q >= 0. There the nearest point is (p / (1 + m), q / (1 - m)) with the one multiplier m in
    (-1, 1) that puts it on the hyperbola."""
    n, zero = settings.direction.shape[0], 0.0 * w[0]
    along, across, y = zero, zero, w[n]
    for j in range(n):
        along = fma(w[j], settings.direction[j], along)
    for j in range(n):
        gap = w[j] - along * settings.direction[j]
        across = fma(gap, gap, across)
    if settings.length == 0.0:  # u = 0 or v = 0: any direction will do
        along, across = sqrt(across), zero
    far_p, far_q = (along + y) * _HALF_ROOT, (along - y) * _HALF_ROOT
    pp, qq, level = far_p * far_p, far_q * far_q, 2.0 * settings.length
    m, half = zero, 1.0
    for _ in range(_HALVINGS):
        half = 0.5 * half
        near, off = 1.0 + m, 1.0 - m
        near, off = near * near, off * off
        m = m + select(pp * off - near * (qq + level * off) > 0.0, zero + half, zero - half)
    far_p, far_q = sqrt(pp), sqrt(qq)
    # whichever of p and q is not near 0 / 0, and the other one from the hyperbola
    q = far_q / (1.0 - select(m < 0.5, m, zero))
    on_p = far_p / (1.0 + select(m < 0.5, zero, m))
    other = sqrt(maximum(on_p * on_p - level, 0.0))
    on_q = sqrt(fma(q, q, zero + level))
    gap_p = far_p - select(m < 0.5, on_q, on_p)
    gap_q = far_q - select(m < 0.5, q, other)
    return sqrt(fma(gap_p, gap_p, fma(gap_q, gap_q, across)))


def distance_to_hyperbola(product: np.ndarray, parameters: Any, doc: str) -> Observable:
    """The distance to the points (u, v) with v u = ``product``."""
    length = float(np.linalg.norm(product))
    settings = Hyperbola(length, product / length if length > 0.0 else np.zeros(len(product)))
    return Observable(DISTANCE, _distance, parameters, doc, settings=settings, size=len(product) + 1)


class OneUnit(Landscape):
    """Landscapes over (u, v) whose minima are the points with v u = b; b is ``_best``."""

    _best: np.ndarray

    @property
    def best(self) -> np.ndarray:
        """b, the product v u at the minima (the one of least norm, if there are several)."""
        return self._best

    @property
    def size(self) -> int:
        """Features, and one more for v."""
        return len(self._best) + 1

    def minimiser(self, v: float) -> np.ndarray:
        """The minimum (b / v, v), v not 0."""
        v = validation.finite_float("v", v)
        if v == 0.0:
            raise ValueError("v must not be 0")
        return np.append(self.best / v, v)

    def flattest(self) -> np.ndarray:
        """The minimum (up to both signs) with the smallest Hessian trace, v^2 Tr E[x x^T] + b . E[y x] / v^2."""
        square = float(self.best @ self.parameters.pull)  # E[x x^T] b = E[y x]
        return self.minimiser((square / self.parameters.trace) ** 0.25 if square > 0.0 else 1.0)

    def suggested(self) -> dict[str, Any]:
        """From spurious weights 1, relevant weights 0 and v = 1, in steps that single data points bear; our own."""
        start = np.append((np.arange(len(self.best)) >= self.parameters.relevant).astype(float), 1.0)
        stiffest = float(np.linalg.eigvalsh(self.hessian(start))[-1])
        return {"start": start, "eta": min(0.1, 0.2 / stiffest), "sigma": 0.01, "steps": 5000}

    @abc.abstractmethod
    def hessian(self, w: Any) -> np.ndarray:
        """Hessian at one point."""
