"""The lanes functions of matrix sensing.

A symmetric matrix is packed: its lower triangle, row by row. So is a measurement matrix A, as the numbers with which
<A, X> = sum over the triangle of a_jk X_jk for symmetric X: A_jj on the diagonal, A_jk + A_kj below it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from toylands.simd import fma, lanes_function, sqrt, sum_of_squares, tail, take
from toylands.simd.products import TILE, add_tile, pack_tiles, tile_residuals, tile_sums


class Parameters(NamedTuple):
    """Tiles lie as `toylands.simd.products.pack_tiles` lays them; targets are padded with zeros to whole tiles."""

    n: int
    columns: int
    packed: int  # n (n + 1) / 2
    measurements: int
    rows: np.ndarray  # (M, packed)
    tiles: np.ndarray  # the same in tiles
    targets: np.ndarray
    trace_matrix: np.ndarray  # T, packed: the Hessian's trace is tr(U^T T U) - trace_offset
    trace_offset: float
    test_measurements: int
    test_tiles: np.ndarray
    test_targets: np.ndarray
    truth: np.ndarray  # packed
    truth_norm: float


def _pack(matrices: np.ndarray) -> np.ndarray:
    """Matrices of shape (..., n, n) packed, with the entries on both sides of the diagonal added."""
    j, k = np.tril_indices(matrices.shape[-1])
    lower = matrices[..., j, k]
    return np.ascontiguousarray(np.where(j == k, lower, lower + matrices[..., k, j]))


def make_parameters(training: tuple[Any, Any], test: tuple[Any, Any], truth: np.ndarray, columns: int) -> Parameters:
    """From (matrices, targets) of training and test measurements, and the true matrix (or zeros).

    With S_i = A_i + A_i^T and residuals r_i = <A_i, U U^T> - y_i, the Hessian's quadratic form at V is
    1/M sum_i (<S_i U, V>^2 + r_i tr(V^T S_i V)). Its trace, 1/M sum_i (|S_i U|^2 + columns r_i tr S_i), is quadratic
    in U.
    """
    (matrices, targets), (test_matrices, test_targets) = training, test
    count, n, _ = matrices.shape
    both = matrices + matrices.transpose(0, 2, 1)
    traces = columns * np.trace(both, axis1=1, axis2=2)
    # <A_i, U U^T> = tr(U^T S_i U) / 2
    quadratic = (np.tensordot(both, both, axes=([0, 2], [0, 2])) + np.tensordot(traces, both, axes=1) / 2) / count
    rows, test_rows = _pack(matrices), _pack(test_matrices)
    return Parameters(
        n=n,
        columns=columns,
        packed=n * (n + 1) // 2,
        measurements=count,
        rows=rows,
        tiles=pack_tiles(rows),
        targets=np.pad(targets, (0, -count % TILE)),
        trace_matrix=_pack(quadratic),
        trace_offset=float(targets @ traces) / count,
        test_measurements=len(test_rows),
        test_tiles=pack_tiles(test_rows),
        test_targets=np.pad(test_targets, (0, -len(test_rows) % TILE)),
        truth=np.ascontiguousarray(truth[np.tril_indices(n)]),
        truth_norm=float(np.linalg.norm(truth)),
    )


@lanes_function
def scratch(p: Any) -> Any:
    return max(2 * p.packed, p.n * p.columns)


@lanes_function
def samples(p: Any) -> Any:
    return p.measurements


@lanes_function
def _outer_entry(u: Any, a: Any, b: Any, columns: Any) -> Any:
    """(U U^T)_ab."""
    even = odd = 0.0 * u[0]
    whole = columns - columns % 2
    for k in range(0, whole, 2):
        even = fma(u[a * columns + k], u[b * columns + k], even)
        odd = fma(u[a * columns + k + 1], u[b * columns + k + 1], odd)
    for k in range(whole, columns):
        even = fma(u[a * columns + k], u[b * columns + k], even)
    return even + odd


@lanes_function
def _outer(u: Any, out: Any, n: Any, columns: Any) -> None:
    """U U^T, packed: four entries of a row at a time."""
    for a in range(n):
        row, whole = a * (a + 1) // 2, (a + 1) - (a + 1) % 4
        for b in range(0, whole, 4):
            x0 = x1 = x2 = x3 = 0.0 * u[0]
            for k in range(columns):
                x, at = u[a * columns + k], b * columns + k
                x0 = fma(x, u[at], x0)
                x1 = fma(x, u[at + columns], x1)
                x2 = fma(x, u[at + 2 * columns], x2)
                x3 = fma(x, u[at + 3 * columns], x3)
            out[row + b] = x0
            out[row + b + 1] = x1
            out[row + b + 2] = x2
            out[row + b + 3] = x3
        for b in range(whole, a + 1):
            out[row + b] = _outer_entry(u, a, b, columns)


@lanes_function
def _symmetric_times(s: Any, u: Any, out: Any, n: Any, columns: Any) -> None:
    """S U for packed S: four entries of a row at a time."""
    whole = columns - columns % 4
    for j in range(n):
        row = j * (j + 1) // 2
        for k in range(0, whole, 4):
            x0 = x1 = x2 = x3 = 0.0 * u[0]
            for l in range(n):
                entry, at = s[row + l if l <= j else l * (l + 1) // 2 + j], l * columns + k
                x0 = fma(entry, u[at], x0)
                x1 = fma(entry, u[at + 1], x1)
                x2 = fma(entry, u[at + 2], x2)
                x3 = fma(entry, u[at + 3], x3)
            out[j * columns + k] = x0
            out[j * columns + k + 1] = x1
            out[j * columns + k + 2] = x2
            out[j * columns + k + 3] = x3
        for k in range(whole, columns):
            x0 = 0.0 * u[0]
            for l in range(n):
                x0 = fma(s[row + l if l <= j else l * (l + 1) // 2 + j], u[l * columns + k], x0)
            out[j * columns + k] = x0


@lanes_function
def gradient(w: Any, out: Any, p: Any, step: Any, stream: Any) -> None:
    """1/M sum_i r_i S_i U.

    Ten measurements at a time: their residuals, and what they add to sum_i r_i S_i / M, so that the matrices are read
    from memory once.
    """
    outer, total = tail(out, p.n * p.columns), tail(out, p.n * p.columns + p.packed)
    _outer(w, outer, p.n, p.columns)
    for k in range(p.packed):
        total[k] = 0.0 * w[0]
    scale = 1.0 / p.measurements
    for i in range(0, p.measurements, TILE):
        first = i * p.packed
        residuals = tile_residuals(tile_sums(p.tiles, first, TILE, outer, p.packed), p.targets, i, scale)
        add_tile(p.tiles, first, TILE, residuals, total, p.packed)
    for j in range(p.n):
        diagonal = j * (j + 3) // 2
        total[diagonal] = total[diagonal] * 2.0
    _symmetric_times(total, w, out, p.n, p.columns)


@lanes_function
def sample_gradient(w: Any, i: Any, label: Any, scale: Any, out: Any, p: Any) -> None:
    """l_i = (y_i - <A_i, U U^T>)^2 / 2, gradient (<A_i, U U^T> - y_i) S_i U; <A_i, U U^T> is <S_i U, U> / 2."""
    product, size = tail(out, p.n * p.columns), p.n * p.columns
    for j in range(size):
        product[j] = 0.0 * w[0]
    for j in range(p.n):
        for l in range(j + 1):
            entry = take(p.rows, i, j * (j + 1) // 2 + l)
            for k in range(p.columns):
                product[j * p.columns + k] = fma(w[l * p.columns + k], entry, product[j * p.columns + k])
                product[l * p.columns + k] = fma(w[j * p.columns + k], entry, product[l * p.columns + k])
    total = 0.0 * w[0]
    for j in range(size):
        total = fma(product[j], w[j], total)
    factor = (0.5 * total - (take(p.targets, i) + label)) * scale
    for j in range(size):
        out[j] = fma(factor, product[j], out[j])


@lanes_function
def _slope(w: Any, i: Any, j: Any, k: Any, p: Any) -> Any:
    """(S_i U)_jk."""
    total = w[j * p.columns + k] * take(p.rows, i, j * (j + 3) // 2)
    for l in range(p.n):
        at = j * (j + 1) // 2 + l if l <= j else l * (l + 1) // 2 + j
        total = fma(w[l * p.columns + k], take(p.rows, i, at), total)
    return total


@lanes_function
def hessian(w: Any, out: Any, p: Any) -> None:
    """1/M sum_i vec(S_i U) vec(S_i U)^T + r_i S_i (x) I; slow, for small sizes."""
    size, share = p.n * p.columns, 1.0 / p.measurements
    for at in range(size * (size + 1) // 2):
        out[at] = 0.0 * w[0]
    for i in range(p.measurements):
        twice = 0.0 * w[0]
        for a in range(size):
            mine = _slope(w, i, a // p.columns, a % p.columns, p)
            twice = fma(mine, w[a], twice)
            for b in range(a + 1):
                at = a * (a + 1) // 2 + b
                out[at] = fma(mine * share, _slope(w, i, b // p.columns, b % p.columns, p), out[at])
        residual = (0.5 * twice - p.targets[i]) * share
        for j in range(p.n):
            for l in range(j + 1):
                entry = take(p.rows, i, j * (j + 1) // 2 + l) * (2.0 if j == l else 1.0)
                for k in range(p.columns):
                    a, b = j * p.columns + k, l * p.columns + k
                    out[a * (a + 1) // 2 + b] = fma(residual, entry, out[a * (a + 1) // 2 + b])


@lanes_function
def _sum_of_squared_residuals(w: Any, tiles: Any, targets: Any, count: Any, p: Any) -> Any:
    """Ten measurements at a time; U U^T is computed anew for each ten, since an observable has no memory of its own."""
    total = 0.0 * w[0]
    for i in range(0, count, TILE):
        r0 = r1 = r2 = r3 = r4 = r5 = r6 = r7 = r8 = r9 = 0.0 * w[0]
        at = i * p.packed
        for a in range(p.n):
            for b in range(a + 1):
                x = _outer_entry(w, a, b, p.columns)
                r0 = fma(x, take(tiles, at), r0)
                r1 = fma(x, take(tiles, at + 1), r1)
                r2 = fma(x, take(tiles, at + 2), r2)
                r3 = fma(x, take(tiles, at + 3), r3)
                r4 = fma(x, take(tiles, at + 4), r4)
                r5 = fma(x, take(tiles, at + 5), r5)
                r6 = fma(x, take(tiles, at + 6), r6)
                r7 = fma(x, take(tiles, at + 7), r7)
                r8 = fma(x, take(tiles, at + 8), r8)
                r9 = fma(x, take(tiles, at + 9), r9)
                at += TILE
        r0, r1, r2, r3, r4, r5, r6, r7, r8, r9 = tile_residuals(
            (r0, r1, r2, r3, r4, r5, r6, r7, r8, r9), targets, i, 1.0
        )
        total = fma(r0, r0, fma(r1, r1, fma(r2, r2, fma(r3, r3, fma(r4, r4, total)))))
        total = fma(r5, r5, fma(r6, r6, fma(r7, r7, fma(r8, r8, fma(r9, r9, total)))))
    return total


@lanes_function
def loss(w: Any, p: Any) -> Any:
    return _sum_of_squared_residuals(w, p.tiles, p.targets, p.measurements, p) * (0.5 / p.measurements)


@lanes_function
def test_loss(w: Any, p: Any) -> Any:
    total = _sum_of_squared_residuals(w, p.test_tiles, p.test_targets, p.test_measurements, p)
    return total * (0.5 / p.test_measurements)


@lanes_function
def hessian_trace(w: Any, p: Any) -> Any:
    """tr(U^T T U) - offset: see `make_parameters`."""
    total = 0.0 * w[0] - p.trace_offset
    for a in range(p.n):
        for b in range(a + 1):
            total = fma(_outer_entry(w, a, b, p.columns), p.trace_matrix[a * (a + 1) // 2 + b], total)
    return total


@lanes_function
def sq_norm(w: Any, p: Any) -> Any:
    return sum_of_squares(w, p.n * p.columns)


@lanes_function
def relative_error(w: Any, p: Any) -> Any:
    total = 0.0 * w[0]
    for a in range(p.n):
        for b in range(a + 1):
            error = _outer_entry(w, a, b, p.columns) - p.truth[a * (a + 1) // 2 + b]
            total = fma(error * (1.0 if a == b else 2.0), error, total)
    return sqrt(total) * (1.0 / p.truth_norm)
