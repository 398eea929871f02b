"""The lanes functions of the quadratically parametrized regression."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from toylands.simd import fma, lanes_function, load_row, sqrt, sum_of_squares, tail, take
from toylands.simd.products import TILE, add_tile, pack_tiles, tile_residuals, tile_sums


class Parameters(NamedTuple):
    """``tiles``: the design as `toylands.simd.products.pack_tiles` lays it; ``padded_targets`` fill whole tiles."""

    samples: int
    dim: int
    design: np.ndarray
    targets: np.ndarray
    tiles: np.ndarray
    padded_targets: np.ndarray
    gram: np.ndarray  # X^T X
    pull: np.ndarray  # X^T y
    trace_weights: np.ndarray  # the Hessian's trace is trace_weights . (w * w) - trace_offset
    trace_offset: float
    test_samples: int
    test_design: np.ndarray
    test_targets: np.ndarray
    truth: np.ndarray  # squares of the true weights, where they are known
    truth_norm: float


def make_parameters(training: tuple[Any, Any], test: tuple[Any, Any], truth: np.ndarray) -> Parameters:
    """From (design, targets) of training and held-out points, and the true weights (or zeros)."""
    (design, targets), (test_design, test_targets) = training, test
    n, row_sums, gram = len(design), design.sum(axis=1), design.T @ design
    return Parameters(
        samples=n,
        dim=design.shape[1],
        design=design,
        targets=targets,
        tiles=pack_tiles(design),
        padded_targets=np.pad(targets, (0, -n % TILE)),
        gram=gram,
        pull=design.T @ targets,
        trace_weights=(2 * np.diag(gram) + design.T @ row_sums) / n,
        trace_offset=float(targets @ row_sums) / n,
        test_samples=len(test_design),
        test_design=test_design,
        test_targets=test_targets,
        truth=truth**2,
        truth_norm=float(np.linalg.norm(truth**2)),
    )


@lanes_function
def scratch(p: Any) -> Any:
    return p.dim


@lanes_function
def gradient(w: Any, out: Any, p: Any, step: Any, stream: Any) -> Any:
    """[X^T (X (w * w) - y)] * w / n: ten residuals at a time, and what they add, so that X is read once."""
    squares = tail(out, p.dim)
    for j in range(p.dim):
        x = w[j]
        squares[j] = x * x
        out[j] = 0.0 * x
    scale = 1.0 / p.samples
    for i in range(0, p.samples, TILE):
        first = i * p.dim
        sums = tile_sums(p.tiles, first, TILE, squares, p.dim)
        residuals = tile_residuals(sums, p.padded_targets, i, scale)
        add_tile(p.tiles, first, TILE, residuals, out, p.dim)
    for j in range(p.dim):
        out[j] = out[j] * w[j]


@lanes_function
def sample_gradient(w: Any, i: Any, label: Any, scale: Any, out: Any, p: Any) -> None:
    """l_i = (x_i . (w * w) - y_i)^2 / 4, with gradient (x_i . (w * w) - y_i) x_i * w."""
    row = tail(out, p.dim)
    load_row(p.design, i, row, p.dim)
    a = b = 0.0 * w[0]
    whole = p.dim - p.dim % 2
    for j in range(0, whole, 2):
        x, y = w[j], w[j + 1]
        a = fma(x * x, row[j], a)
        b = fma(y * y, row[j + 1], b)
    for j in range(whole, p.dim):
        x = w[j]
        a = fma(x * x, row[j], a)
    factor = ((a + b) - (take(p.targets, i) + label)) * scale
    for j in range(p.dim):
        out[j] = fma(factor * w[j], row[j], out[j])


@lanes_function
def samples(p: Any) -> Any:
    return p.samples


@lanes_function
def hessian(w: Any, out: Any, p: Any) -> Any:
    """2/n diag(w) X^T X diag(w) + 1/n diag(X^T X (w * w) - X^T y)."""
    share = 1.0 / p.samples
    for i in range(p.dim):
        x, row = w[i], i * (i + 1) // 2
        slope = 0.0 * x - p.pull[i]
        for j in range(p.dim):
            y = w[j]
            slope = fma(y * y, p.gram[i, j], slope)
        for j in range(i + 1):
            out[row + j] = (x * w[j]) * (2.0 * share * p.gram[i, j])
        out[row + i] = fma(slope, share, out[row + i])


@lanes_function
def _sum_of_squared_residuals(w: Any, design: Any, targets: Any, samples: Any, dim: Any) -> Any:
    """Four residuals at a time, so that no addition waits for the one before."""
    zero = 0.0 * w[0]
    total, whole = zero, samples - samples % 4
    for i in range(0, whole, 4):
        a = b = c = d = zero
        for j in range(dim):
            x = w[j]
            square = x * x
            a = fma(square, take(design, i, j), a)
            b = fma(square, take(design, i + 1, j), b)
            c = fma(square, take(design, i + 2, j), c)
            d = fma(square, take(design, i + 3, j), d)
        a, b, c, d = a - targets[i], b - targets[i + 1], c - targets[i + 2], d - targets[i + 3]
        total = fma(a, a, fma(b, b, fma(c, c, fma(d, d, total))))
    for i in range(whole, samples):
        a = zero
        for j in range(dim):
            x = w[j]
            a = fma(x * x, take(design, i, j), a)
        a = a - targets[i]
        total = fma(a, a, total)
    return total


@lanes_function
def loss(w: Any, p: Any) -> Any:
    return _sum_of_squared_residuals(w, p.design, p.targets, p.samples, p.dim) * (0.25 / p.samples)


@lanes_function
def test_loss(w: Any, p: Any) -> Any:
    total = _sum_of_squared_residuals(w, p.test_design, p.test_targets, p.test_samples, p.dim)
    return total * (0.25 / p.test_samples)


@lanes_function
def hessian_trace(w: Any, p: Any) -> Any:
    """2/n sum_j w_j^2 (X^T X)_jj + 1/n sum_ij X_ij r_i: quadratic in w, without mixed terms."""
    total = 0.0 * w[0] - p.trace_offset
    for j in range(p.dim):
        x = w[j]
        total = fma(x * x, p.trace_weights[j], total)
    return total


@lanes_function
def relative_error(w: Any, p: Any) -> Any:
    total = 0.0 * w[0]
    for j in range(p.dim):
        x = w[j]
        error = fma(x, x, 0.0 * x - p.truth[j])
        total = fma(error, error, total)
    return sqrt(total) * (1.0 / p.truth_norm)


@lanes_function
def sq_norm(w: Any, p: Any) -> Any:
    return sum_of_squares(w, p.dim)
