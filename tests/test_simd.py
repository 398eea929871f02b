"""Rung b for the lanes: every operation compiled against its own Python body and against plain NumPy."""

import math
from fractions import Fraction

import numpy as np
import pytest
from numba import config, njit

from toylands import simd
from toylands.simd import (
    LANES,
    absolute,
    aligned_empty,
    any_true,
    as_bits,
    as_float,
    exponent,
    fma,
    has_bits,
    lanes,
    lanes_function,
    load_row,
    lookup4,
    lookup4_above,
    lookup16,
    mantissa,
    maximum,
    minimum,
    rotate_left,
    select,
    signed_to_float,
    splat,
    splat_word,
    sqrt,
    sum_of_squares,
    to_float,
)

pytestmark = pytest.mark.nojit
SPECIAL = [0.0, -0.0, math.inf, -math.inf, math.nan, 1e308, 5e-324, -1.5]
EDGES = np.array([0, 1, 2**63, 2**64 - 1, 2**62, 2**53 + 1, 15, 3], dtype=np.uint64)
N_FLOAT, N_WORD, N_MASK = 23, 13, 8


@lanes_function
def float_operations(x, y, z, a, out):
    out[0] = x + y
    out[1] = x - y
    out[2] = x * y
    out[3] = x / y
    out[4] = -x
    out[5] = fma(x, y, z)
    out[6] = sqrt(absolute(x))
    out[7] = minimum(x, y)
    out[8] = maximum(x, y)
    out[9] = 2.5 - x
    out[10] = x + 3
    out[11] = splat(0.25)
    out[12] = fma(x, 2.0, splat(1.0))
    total = 0.0
    total += x
    total *= y
    total -= z
    total /= 4.0
    out[13] = total
    out[14] = to_float(a)
    out[15] = signed_to_float(a)
    out[16] = as_float(as_bits(x))
    out[17] = lookup4(z, a)
    out[18] = lookup16(x, y, a)
    # of positive normal floats only
    positive = as_float((a & np.uint64(0x3FFFFFFFFFFFFFFF)) | np.uint64(0x0010000000000000))
    out[19] = exponent(positive)
    out[20] = mantissa(positive)
    out[21] = positive
    out[22] = lookup4_above(x, a)


@lanes_function
def word_operations(a, b, x, out):
    out[0] = a + b
    out[1] = a - b
    out[2] = a * b
    out[3] = a ^ b
    out[4] = a & b
    out[5] = a | b
    out[6] = a << np.uint64(17)
    out[7] = a >> np.uint64(3)
    out[8] = rotate_left(a, 23)
    out[9] = as_bits(x)
    out[10] = splat_word(np.uint64(2**63))
    out[11] = rotate_left(a, 1)
    out[12] = select(has_bits(a, np.uint64(1)), a, b)


@lanes_function
def mask_operations(x, y, out):
    one, zero = splat(1.0), splat(0.0)
    out[0] = select(x < y, one, zero)
    out[1] = select(x <= y, one, zero)
    out[2] = select(x > y, one, zero)
    out[3] = select(x >= y, one, zero)
    out[4] = select(x == y, one, zero)
    out[5] = select((x < y) & (x > 0.0), one, zero)
    out[6] = select((x < y) | (y < 0.0), one, zero)
    out[7] = select(~(x < y) ^ (x <= 0.5), one, zero)


def run_operations(floats, words, float_out, word_out, mask_out):
    f, w = lanes(floats), lanes(words)
    float_operations(f[0], f[1], f[2], w[0], lanes(float_out))
    word_operations(w[0], w[1], f[0], lanes(word_out))
    mask_operations(f[0], f[1], lanes(mask_out))
    return any_true(f[0] > 1e9), any_true(f[0] == f[0])


def outputs(function, floats, words):
    out = np.full((N_FLOAT, LANES), np.nan), np.zeros((N_WORD, LANES), np.uint64), np.zeros((N_MASK, LANES))
    with np.errstate(all="ignore"):
        flags = function(floats, words, *out)
    return (*out, np.array(flags))


def some_inputs(trial):
    rng = np.random.default_rng(trial)
    floats = rng.standard_normal((3, LANES)) * 10.0 ** rng.integers(-3, 4, size=(3, 1))
    words = rng.integers(0, 2**64, size=(2, LANES), dtype=np.uint64)
    if trial == 1:
        floats[0], words[0] = SPECIAL, EDGES
    if trial == 2:
        floats[1], words[1] = SPECIAL, EDGES
    if trial == 3:
        floats[:2], words[:] = [SPECIAL, SPECIAL[::-1]], [EDGES, EDGES[::-1]]
    floats[2, 4:] = floats[2, :4]  # a table of four entries, repeated, for lookup4
    return floats, words


def exact_fma(x, y, z):
    """One rounding, by way of fractions."""
    if not all(math.isfinite(v) for v in (x, y, z)):
        return x * y + z
    exact = Fraction(x) * Fraction(y) + Fraction(z)
    if exact == 0:
        return x * y + z
    try:
        return float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


@pytest.fixture(scope="module")
def compiled():
    return njit(run_operations)


@pytest.mark.parametrize("trial", range(8))
def test_compiled_lanes_are_the_python_bodies(compiled, trial):
    floats, words = some_inputs(trial)
    got, expected = outputs(compiled, floats, words), outputs(run_operations, floats, words)
    fused = (5, 12)  # compiled, fma rounds once
    for row in fused:
        arguments = (floats[0], floats[1], floats[2]) if row == 5 else (floats[0], np.full(8, 2.0), np.ones(8))
        exact = np.array([exact_fma(*values) for values in zip(*arguments)])
        np.testing.assert_allclose(got[0][row], exact, rtol=0 if not config.DISABLE_JIT else 1e-9)
        expected[0][row] = got[0][row]
    for name, ours, theirs in zip(("floats", "words", "masks", "any"), got, expected):
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="nothing is compiled in this pass")
def test_tables_for_processors_without_avx512(monkeypatch):
    @njit
    def lookups(floats, words, out):
        f, w, o = lanes(floats), lanes(words), lanes(out)
        o[0] = lookup4(f[2], w[0])
        o[1] = lookup16(f[0], f[1], w[0])
        o[2] = exponent(f[3])
        o[3] = mantissa(f[3])
        o[4] = lookup4_above(f[4], w[0])

    monkeypatch.setattr(simd.tables, "_has_avx512", lambda context: False)
    for trial in range(8):
        (x, y, z), words = floats, words = some_inputs(trial)
        positive = outputs(run_operations, floats, words)[0][21]
        pairs = np.repeat(z[:4], 2)
        out = np.zeros((5, LANES))
        lookups(np.vstack([floats, positive, pairs]), words, out)
        np.testing.assert_array_equal(out[0], [z[int(i) % 4] for i in words[0]])
        np.testing.assert_array_equal(out[1], [np.concatenate([x, y])[int(i) % 16] for i in words[0]])
        np.testing.assert_array_equal(out[2:4], [np.frexp(positive)[1] - 1, 2 * np.frexp(positive)[0]])
        np.testing.assert_array_equal(out[4], [pairs[int(i) % 8] for i in words[0]])
    assert "llvm.x86.avx512" not in lookups.inspect_llvm(lookups.signatures[0])


def test_python_bodies_are_plain_numpy():
    floats, words = some_inputs(5)
    (x, y, z), (a, b) = floats, words
    f, w, m, _ = outputs(run_operations, floats, words)
    integers = [int(v) for v in a], [int(v) for v in b]
    assert [int(v) for v in w[2]] == [p * q % 2**64 for p, q in zip(*integers)]
    assert [int(v) for v in w[8]] == [((p << 23) | (p >> 41)) % 2**64 for p in integers[0]]
    assert f[14].tolist() == [float(p) for p in integers[0]]
    assert f[15].tolist() == [float(p - 2**64 if p >= 2**63 else p) for p in integers[0]]
    assert f[17].tolist() == [z[p % 4] for p in integers[0]]
    assert f[22].tolist() == [x[p % 8] for p in integers[0]]
    assert f[18].tolist() == [np.concatenate([x, y])[p % 16] for p in integers[0]]
    assert f[19].tolist() == [math.frexp(v)[1] - 1 for v in f[21]]
    assert f[20].tolist() == [2 * math.frexp(v)[0] for v in f[21]]
    assert m[0].tolist() == [float(p < q) for p, q in zip(x, y)]


def test_a_view_hands_out_copies_as_registers_do():
    array = np.zeros((2, LANES))
    view = simd.LaneView(array)
    register = view[0]
    register += 1.0
    assert array.sum() == 0.0
    view[1] = register
    assert array[1].tolist() == [1.0] * LANES


@pytest.mark.parametrize("count", range(10))
def test_sums_of_squares_of_any_number_of_values(count):
    @njit
    def sum_up(array, out):
        lanes(out)[0] = sum_of_squares(lanes(array), count)

    array, out = np.random.default_rng(count).standard_normal((max(1, count), LANES)), np.zeros((1, LANES))
    sum_up(array, out)
    np.testing.assert_allclose(out[0], (array[:count] ** 2).sum(axis=0), rtol=1e-14)


@pytest.mark.parametrize(("shape", "dtype"), [((3, 8), np.float64), ((1, 8), np.uint64), ((5, 8), np.float64)])
def test_scratch_is_aligned(shape, dtype):
    array = aligned_empty(shape, dtype)
    assert array.shape == shape
    assert array.dtype == dtype
    assert array.ctypes.data % 64 == 0
    assert array.flags.c_contiguous


@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="nothing is compiled in this pass")
def test_a_lane_view_cannot_be_passed_into_compiled_code():
    @njit
    def first(x):
        return x[0]

    with pytest.raises(TypeError, match="LaneView only exists without JIT"):
        first(simd.LaneView(np.zeros((1, LANES))))


def test_rows_of_each_lanes_own_are_those_taken_element_by_element():
    matrix = np.random.default_rng(0).normal(size=(7, 21))
    index = np.array([[0, 3, 6, 6, 1, 2, 5, 4]], dtype=np.uint64)
    for count in (21, 16, 5, 1):
        out = np.zeros((22, LANES))
        _rows(matrix, index, out, count)
        assert (out[:count] == matrix[index[0].astype(int)].T[:count]).all()
        assert (out[count:] == 0).all(), "nothing is written past the end"
        _row(matrix, 2, out, count)
        assert (out[:count] == matrix[2][:count, None]).all()


@njit
def _rows(matrix, index, out, count):
    load_row(matrix, lanes(index)[0], lanes(out), count)


@njit
def _row(matrix, i, out, count):
    load_row(matrix, i, lanes(out), count)
