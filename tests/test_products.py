"""Products of a shared matrix with lanes, against NumPy: whole tiles of ten and every remainder."""

import numpy as np
import pytest
from numba import njit

from toylands.simd import LANES, aligned_empty, lanes
from toylands.simd.products import TILE, add_tile, multiply_symmetric, multiply_tiles, pack_tiles

pytestmark = pytest.mark.nojit
SENTINEL = 12345.0


@njit
def _multiply_tiles(tiles, rows, columns, x, out):
    multiply_tiles(tiles, rows, columns, lanes(x), lanes(out))


@njit
def _multiply_symmetric(matrix, n, x, out):
    multiply_symmetric(matrix, n, lanes(x), lanes(out))


@njit
def _add_tile(numbers, first, stride, factors, out, count):
    f = lanes(factors)
    ten = (f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8], f[9])
    add_tile(numbers, first, stride, ten, lanes(out), count)


def vectors(count, seed):
    x = aligned_empty((count, LANES))
    x[:] = np.random.default_rng(seed).standard_normal((count, LANES))
    return x


@pytest.mark.parametrize("columns", [1, 2, 7])
@pytest.mark.parametrize("rows", [*range(1, 13), 19, 20, 21, 30])
def test_product_with_packed_tiles(rows, columns):
    matrix, x = np.random.default_rng(rows).standard_normal((rows, columns)), vectors(columns, 1)
    out = aligned_empty((rows + 1, LANES))
    out[:] = SENTINEL
    _multiply_tiles(pack_tiles(matrix), rows, columns, x, out)
    np.testing.assert_allclose(out[:rows], matrix @ x, rtol=1e-13, atol=1e-13)
    assert (out[rows] == SENTINEL).all()  # nothing is written behind the end


@pytest.mark.parametrize("n", [*range(1, 13), 19, 20, 21])
def test_product_with_a_symmetric_matrix(n):
    root, x = np.random.default_rng(n).standard_normal((n, n)), vectors(n, 2)
    out = aligned_empty((n + 1, LANES))
    out[:] = SENTINEL
    _multiply_symmetric(root + root.T, n, x, out)
    np.testing.assert_allclose(out[:n], (root + root.T) @ x, rtol=1e-13, atol=1e-12)
    assert (out[n] == SENTINEL).all()


@pytest.mark.parametrize("count", [1, 2, 9])
def test_a_tile_is_added(count):
    matrix, factors, out = np.random.default_rng(3).standard_normal((23, count)), vectors(TILE, 4), vectors(count, 5)
    expected = out + matrix[10:20].T @ factors
    _add_tile(pack_tiles(matrix), TILE * count, TILE, factors, out, count)
    np.testing.assert_allclose(out, expected, rtol=1e-13, atol=1e-13)
