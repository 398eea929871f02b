"""Rung b for float32 lanes: every operation compiled against its own Python body and against plain NumPy."""

import numpy as np
import pytest
from conftest import NOJIT
from numba import njit

from toylands.simd import (
    LANES,
    WIDENING,
    as_halves,
    as_single,
    even_widened,
    fma,
    has_bits,
    lanes,
    lanes_function,
    odd_widened,
    select,
    signed_to_single,
    single_bits,
    splat_single,
    sqrt,
    to_single,
)

pytestmark = pytest.mark.nojit
N_OUT = 32
EDGES = [0, 1, 2**31, 2**31 - 1, 2**32 - 1, 2**24 + 1, 2**24 + 3, 2**32 - 128]


@lanes_function
def store(out, i, x):
    out[i] = even_widened(x)
    out[i + 1] = odd_widened(x)


@lanes_function
def operations(a, b, out):
    h, g = as_halves(a), as_halves(b)
    x, y = to_single(h), signed_to_single(g)
    store(out, 0, x)
    store(out, 2, y)
    store(out, 4, x + y)
    store(out, 6, x - y)
    store(out, 8, x * y)
    store(out, 10, -x)
    store(out, 12, fma(x, 2.0**-32, splat_single(0.5)))
    store(out, 14, sqrt(x))
    store(out, 16, select(has_bits(g, np.uint32(1)), x, y))
    store(out, 18, as_single(single_bits(y) ^ np.uint32(1 << 31)))
    store(out, 20, signed_to_single(h + g))
    store(out, 22, signed_to_single(h - g))
    store(out, 24, signed_to_single((h & g) | np.uint32(5)))
    store(out, 26, to_single(h ^ g))
    store(out, 28, to_single(h << np.uint32(3)))
    store(out, 30, to_single(h >> np.uint32(3)))


def run_operations(words, out):
    w = lanes(words)
    operations(w[0], w[1], lanes(out))


def outputs(function, words):
    out = np.zeros((N_OUT, LANES))
    with np.errstate(over="ignore"):
        function(words, out)
    return out


def some_words(trial):
    rng = np.random.default_rng(trial)
    halves = rng.integers(0, 2**32, size=(2, 2 * LANES), dtype=np.uint32)
    if trial == 1:
        halves[:] = np.tile(EDGES, 2), np.repeat(EDGES, 2)
    return halves.astype("<u4").view(np.uint64), halves


@pytest.fixture(scope="module")
def compiled():
    return njit(run_operations)


@pytest.mark.parametrize("trial", range(6))
def test_compiled_float32_lanes_are_the_python_bodies(compiled, trial):
    words, _ = some_words(trial)
    np.testing.assert_array_equal(outputs(compiled, words), outputs(run_operations, words))


@pytest.mark.parametrize("trial", range(6))
def test_python_bodies_are_plain_numpy(trial):
    words, (h, g) = some_words(trial)
    out = outputs(run_operations, words).reshape(-1, 2, LANES).transpose(0, 2, 1).reshape(-1, 2 * LANES) * WIDENING
    x, y = h.astype(np.float32), g.astype(np.int32).astype(np.float32)
    wide = [int(v) for v in h], [int(v) for v in g]
    signed = [v - 2**32 if v >= 2**31 else v for v in wide[1]]
    assert out[0].tolist() == [float(np.float32(v)) for v in wide[0]]
    assert out[1].tolist() == [float(np.float32(v)) for v in signed]
    np.testing.assert_array_equal(out[2:6], [x + y, x - y, x * y, -x])
    np.testing.assert_array_equal(out[6], (x.astype(float) * 2.0**-32 + 0.5).astype(np.float32))
    np.testing.assert_array_equal(out[7:10], [np.sqrt(x), np.where(g % 2 == 1, x, y), -y])
    expected = [(p + q) % 2**32 for p, q in zip(*wide)], [(p - q) % 2**32 for p, q in zip(*wide)]
    for row, values in zip((10, 11), expected):
        assert out[row].tolist() == [float(np.float32(v - 2**32 if v >= 2**31 else v)) for v in values]
    np.testing.assert_array_equal(out[12], ((h & g) | np.uint32(5)).view(np.int32).astype(np.float32))
    np.testing.assert_array_equal(out[13:16], np.array([h ^ g, h << np.uint32(3), h >> np.uint32(3)], np.float32))


@pytest.mark.skipif(NOJIT, reason="the Python body converts")
def test_widening_moves_bits_without_loss():
    """Signs, zeros and every exponent of normal float32 numbers."""

    @njit
    def widen(words, out):
        x = as_single(as_halves(lanes(words)[0]))
        store(lanes(out), 0, x)

    exponents = np.arange(1, 255, dtype=np.uint32) << np.uint32(23)
    zeros = np.array([0, 1 << 31, 0, 0], np.uint32)
    values = np.concatenate([exponents, exponents | np.uint32(0x807FFFFF), zeros]).view(np.float32)
    for sixteen in values.reshape(-1, 16):
        out = np.empty((2, LANES))
        widen(sixteen.view(np.uint64).reshape(1, LANES), out)
        np.testing.assert_array_equal(out.T.ravel() * WIDENING, sixteen.astype(np.float64))
        np.testing.assert_array_equal(np.signbit(out.T.ravel()), np.signbit(sixteen))
