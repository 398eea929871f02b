"""The normals computed in float32: what single values are off by, and the bias of their moments, by exhaustion.

A normal is a radius times a cosine or sine, each a function of one 32-bit half. Compiled, the moments of either are
summed over all 2^32 halves; under ideal random words the moments of the normals are products of these, but for the
rounding of the last product, which is bounded. No randomness, no false alarm.
"""

import itertools
import math

import numpy as np
import pytest
from conftest import NOJIT
from naive import Stream
from naive import float32_normals as naive_normals
from numba import njit

from toylands import float32_normals, noise, random
from toylands.float32_normals import cosines_sines, fill_gaussian_float32, radii
from toylands.simd import (
    LANES,
    WIDENING,
    aligned_empty,
    as_halves,
    even_widened,
    fma,
    lanes,
    lanes_function,
    odd_widened,
    splat,
    splat_single,
    splat_word,
)

FARTHEST = math.sqrt(66 * math.log(2))
ROUNDING = 2.0**-24  # relative, of a float32 product
EVEN = (2, 4, 6, 8)
MOMENTS = (1.0, 3.0, 15.0, 105.0)
STATED = (2e-7, 4e-7, 6e-7, 8e-7)  # the head of `toylands.float32_normals`


@njit(nogil=True)
def transform(words, out):
    """Radius, cosine and sine of every half: out (3, n, 8, 2)."""
    w, x = lanes(words), lanes(out)
    n = words.shape[0]
    for i in range(n):
        radius = radii(as_halves(w[i]))
        cosine, sine = cosines_sines(as_halves(w[i]))
        x[2 * i], x[2 * i + 1] = even_widened(radius) * WIDENING, odd_widened(radius) * WIDENING
        x[2 * (n + i)], x[2 * (n + i) + 1] = even_widened(cosine) * WIDENING, odd_widened(cosine) * WIDENING
        x[2 * (2 * n + i)], x[2 * (2 * n + i) + 1] = even_widened(sine) * WIDENING, odd_widened(sine) * WIDENING


def at_halves(halves):
    """(radius, cosine, sine) of an array of 32-bit halves, its size a multiple of sixteen."""
    words = np.ascontiguousarray(halves, dtype="<u4").view(np.uint64).reshape(-1, LANES)
    out = aligned_empty((6 * len(words), LANES))
    transform(words, out)
    values = out.reshape(3, len(words), 2, LANES)
    return values.transpose(0, 1, 3, 2).reshape(3, -1)


def some_halves(count):
    edges = {0, 1, 2, 3, 2**32 - 1, 2**32 - 2, 2**32 - 129, 3 * 2**30, 3 * 2**30 - 1, 2**24 - 1, 2**24 + 1}
    edges |= {(top << 30) + low for top in range(4) for low in (0, 1, 2**22, 2**22 - 1, 2**23 - 2, 2**23 - 1)}
    edges |= {int(0.75 * 2**e) + d for e in range(3, 33) for d in (-1, 0, 1)}  # where e changes
    random_ones = np.random.default_rng(7).integers(0, 2**32, count, dtype=np.uint32)
    return np.resize(np.concatenate([np.array(sorted(edges), np.uint32), random_ones]), 16 * (count // 16 + 16))


# --- single values ---------------------------------------------------------------------------------------------------


@pytest.mark.nojit
def test_radius_cosine_and_sine_are_right_to_a_millionth(scaled):
    halves = some_halves(scaled(200_000, 4000))
    radius, cosine, sine = at_halves(halves)
    wide = np.longdouble
    u = ((halves.astype(np.float32).astype(np.float64) + 0.5) / 2.0**32).astype(np.float32).astype(wide)
    np.testing.assert_allclose(radius, np.sqrt(-2 * np.log(u)).astype(float), rtol=1e-6, atol=0)
    c = ((halves >> np.uint32(1)) & np.uint32(2**22 - 1)).astype(wide)
    t = ((2 * c + 1) / wide(2**23) - wide(0.5)) * 2 * np.arctan(wide(1))
    x, y = np.where(halves >> np.uint32(31) == 1, -np.cos(t), np.cos(t)), np.sin(t)
    swap = (halves >> np.uint32(30)) & np.uint32(1) == 1
    np.testing.assert_allclose(cosine, np.where(swap, y, x).astype(float), rtol=1e-6, atol=0)
    np.testing.assert_allclose(sine, np.where(swap, x, y).astype(float), rtol=1e-6, atol=0)


@pytest.mark.nojit
def test_the_nearest_and_the_farthest_normal():
    radius, _, sine = at_halves(np.tile(np.array([0, 2**32 - 1], np.uint32), 8))
    assert radius[0] == pytest.approx(FARTHEST, rel=1e-6)
    assert radius[1] == 0.0  # u rounds to 1
    _, cosine, sine = at_halves(np.full(16, 2**22, np.uint32))
    assert (cosine[0], sine[0]) == (1.0, pytest.approx(math.pi / 2**24, rel=1e-6))  # no angle is 0


@pytest.mark.nojit
@pytest.mark.parametrize("n", range(1, 10))
def test_pairs_of_words_serve_four_coordinates(n):
    @njit
    def fill(seed, out):
        state = np.empty((4, LANES), np.uint64)
        random.seed_stream(state, seed, random.TAG_NOISE, 0)
        fill_gaussian_float32(lanes(state), lanes(out), out.shape[0])

    out = np.empty((n, LANES))
    with np.errstate(over="ignore"):
        fill(np.uint64(3), out)
    expected = naive_normals(Stream(3, random.TAG_NOISE, range(8)), n)
    np.testing.assert_allclose(out, expected.T, rtol=2e-6, atol=0)


# --- bias, by exhaustion ---------------------------------------------------------------------------------------------


@pytest.mark.nojit
def test_signs_and_coordinates_are_exactly_symmetric(scaled):
    """Bit 31 mirrors the cosine, the angle's complement the sine, bit 30 swaps: so odd moments, and those of a product
    of neighbours in which either has an odd power, cancel in pairs of halves, to the last bit."""
    halves = some_halves(scaled(200_000, 4000)) & np.uint32(2**30 - 1)
    _, cosine, sine = at_halves(halves)
    _, *mirrored = at_halves(halves ^ np.uint32(1 << 31))
    _, *reflected = at_halves(halves ^ np.uint32(2**23 - 2))
    _, *swapped = at_halves(halves ^ np.uint32(1 << 30))
    np.testing.assert_array_equal(mirrored, [-cosine, sine])
    np.testing.assert_array_equal(reflected, [cosine, -sine])
    np.testing.assert_array_equal(swapped, [sine, cosine])


@lanes_function
def both(x, out):
    """Adds the powers 2, 4, 6, 8 of sixteen float32 lanes."""
    for half in range(2):
        y = even_widened(x) * WIDENING if half == 0 else odd_widened(x) * WIDENING
        square = y * y
        fourth = square * square
        out[0] = out[0] + square
        out[1] = out[1] + fourth
        out[2] = fma(square, fourth, out[2])
        out[3] = fma(fourth, fourth, out[3])


@lanes_function
def sixteen(first, spacing):
    """Halves first, first + spacing, ..."""
    low = np.uint64(first) * np.uint64(0x100000001)
    return splat_word(low) + spacing


def steps_of(spacing):
    halves = (np.arange(16) * spacing).astype("<u4")
    return halves.view(np.uint64).reshape(1, LANES)


def moments_of_radii(radii_of):
    """E R^2, R^4, R^6, R^8 over all 2^32 halves."""

    @njit(nogil=True)
    def run(first, groups, steps, out):
        sums, spacing = lanes(out), lanes(steps)[0]
        for k in range(4):
            sums[k] = splat(0.0)
        for g in range(groups):
            both(radii_of(as_halves(sixteen(first + 16 * g, spacing))), sums)

    out, parts = aligned_empty((4, LANES)), []
    for first in range(0, 2**32, 2**26):
        run(first, 2**22, steps_of(1), out)
        parts.append(out.sum(axis=1))
    return np.array([math.fsum(column) for column in np.array(parts).T]) / 2.0**32


def moments_of_circle(cosines_sines_of):
    """E c^2, c^4, c^6, c^8 of a coordinate, and E c^2 s^2: over all angles; the other bits only mirror and swap."""

    @njit(nogil=True)
    def run(steps, out):
        sums, spacing = lanes(out), lanes(steps)[0]
        for k in range(5):
            sums[k] = splat(0.0)
        for g in range(2**18):
            cosine, sine = cosines_sines_of(as_halves(sixteen(32 * g, spacing)))
            both(cosine, sums)
            both(sine, sums)
            product = cosine * sine
            x, y = even_widened(product) * WIDENING, odd_widened(product) * WIDENING
            sums[4] = sums[4] + (x * x + y * y)

    out = aligned_empty((5, LANES))
    run(steps_of(2), out)
    return out.sum(axis=1) / np.array([2.0**23] * 4 + [2.0**22])


def worst_biases(radius_moments, circle_moments):
    """Relative errors of moments 2, 4, 6, 8 of a normal, the last rounding against us, and of E z0^2 z1^2."""
    found = [abs(r * c / m - 1) + 1.01 * k * ROUNDING
             for k, m, r, c in zip(EVEN, MOMENTS, radius_moments, circle_moments)]  # fmt: skip
    return np.array(found), abs(radius_moments[1] * circle_moments[4] - 1) + 1.01 * 6 * ROUNDING


@pytest.fixture(scope="module")
def exhausted():
    return moments_of_radii(radii), moments_of_circle(cosines_sines)


@pytest.mark.skipif(NOJIT, reason="2^32 values")
def test_the_bias_of_moments_is_below_what_is_stated(exhausted):
    found, product = worst_biases(*exhausted)
    assert (found < STATED).all(), found
    assert product < 5e-7
    stated = float32_normals.__doc__
    assert "by less than 2e-7, 4e-7, 6e-7 and 8e-7" in stated
    assert noise.gaussian_float32.fourth_moment == 3.0


@pytest.mark.skipif(NOJIT, reason="2^32 values")
@pytest.mark.parametrize("kappa", [0.0, 1.0])
def test_the_bias_of_a_recurrence(exhausted, kappa):
    """E |w|^2 and E |w|^4 after 200 steps of 100 coordinates, with the moments as exhausted and with the true ones."""
    radius, circle = exhausted
    rho, steps, dim = 0.9, 200, 100
    weights = rho ** np.arange(steps)
    weights[1:] -= kappa * rho ** np.arange(steps - 1)  # of the draws, the latest first
    s2, s4 = (weights**2).sum(), (weights**4).sum()

    def fourth(m2, m4, m22):
        """E |w|^4: coordinates in pairs that share a radius, otherwise independent."""
        own = s4 * (m4 - 3 * m2**2) + 3 * (s2 * m2) ** 2
        paired = s4 * (m22 - m2**2) + (s2 * m2) ** 2
        return dim * own + dim * paired + dim * (dim - 2) * (s2 * m2) ** 2

    m2, m4, m22 = radius[0] * circle[0], radius[1] * circle[1], radius[1] * circle[4]
    assert abs(dim * s2 * m2 / (dim * s2) - 1) < 2e-7
    # every product may be off by its rounding, in one direction at worst
    worst = max(
        abs(fourth(m2 * (1 + 2 * a * ROUNDING), m4 * (1 + 4 * a * ROUNDING), m22 * (1 + 4 * a * ROUNDING))
            / fourth(1.0, 3.0, 1.0) - 1)
        for a in (-1.01, 1.01)
    )  # fmt: skip
    assert worst < 4e-7


# --- wrong ones are rejected by the same sums ------------------------------------------------------------------------


@lanes_function
def radii_too_large(half):
    return radii(half) * splat_single(1.0 + 2.0**-22)


@lanes_function
def cosines_too_small(half):
    cosine, sine = cosines_sines(half)
    return cosine * splat_single(1.0 - 2.0**-22), sine


@pytest.mark.skipif(NOJIT, reason="2^32 values")
def test_a_slightly_wrong_radius_or_cosine_is_rejected(exhausted):
    """A radius off by 2.4e-7, or the cosine alone: the second moment shows it."""
    radius, circle = exhausted
    found, _ = worst_biases(moments_of_radii(radii_too_large), circle)
    assert found[0] > STATED[0]
    found, _ = worst_biases(radius, moments_of_circle(cosines_too_small))
    assert found[0] > STATED[0]


@pytest.mark.nojit
def test_sums_run_over_every_half_once():
    steps = steps_of(1).view("<u4").ravel()
    assert steps.tolist() == list(range(16))
    assert [(a, b) for a, b in itertools.pairwise(steps_of(2).view("<u4").ravel().tolist()) if b != a + 2] == []
