"""exp, log, sin, cos, tanh, atan2 and sign in lanes: how far from the truth, and what happens at the edges."""

import math

import mpmath
import numpy as np
import pytest
from conftest import NOJIT
from numba import njit

from toylands.simd import LANES, lanes, transcendental
from toylands.simd.across_lanes import alike, lane_of, lane_sum, with_lane

pytestmark = pytest.mark.nojit
NAMES = ("exp", "log", "sin", "cos", "tanh", "sign")
EDGES = [
    np.inf, -np.inf, np.nan, 0.0, -0.0, 1e-310, 5e-324, -1.0, 1.0, 709.7, 709.8, 1e300, -745.1, -745.2, -1e300, 1e-300,
]  # fmt: skip


def kernel(function):
    @njit(error_model="numpy")
    def run(a, b):
        x, y = lanes(a), lanes(b)
        for i in range(a.shape[0]):
            y[i] = function(x[i])

    return run


KERNELS = {name: kernel(getattr(transcendental, name)) for name in NAMES}


def values(name, x):
    x = np.ascontiguousarray(x, dtype=np.float64).reshape(-1, LANES)
    out = np.empty_like(x)
    with np.errstate(all="ignore"):
        KERNELS[name](x, out)
    return out.ravel()


def worst_ulp(name, x):
    """The largest error in units in the last place, against 200 bits."""
    with mpmath.workprec(200):
        worst = 0.0
        for at, got in zip(x, values(name, x)):
            exact = getattr(mpmath, name)(mpmath.mpf(float(at)))
            unit = max(float(np.spacing(abs(float(exact)))), 5e-324)
            worst = max(worst, float(abs(mpmath.mpf(float(got)) - exact) / unit))
    return worst


def arguments(kind, count, generator):
    quarter_turns = np.round(generator.uniform(-6e5, 6e5, count)) * (np.pi / 2)
    return {
        "wide": generator.uniform(-745.0, 709.7, count),
        "normal": generator.standard_normal(count),
        "positive": np.exp(generator.uniform(-744.0, 709.0, count)),
        "near one": 1.0 + generator.uniform(-0.5, 1.0, count),
        "very near one": 1.0 + 1e-3 * generator.standard_normal(count),
        "turns": generator.uniform(-1e6, 1e6, count),
        "near zeros and peaks": quarter_turns,
        "many turns": generator.uniform(-1e9, 1e9, count),
        "small": np.exp(generator.uniform(-40.0, 3.0, count)) * generator.choice([-1.0, 1.0], count),
    }[kind]


@pytest.mark.skipif(NOJIT, reason="without JIT these are NumPy's")
@pytest.mark.parametrize(
    ("name", "kind", "bound"),
    [
        ("exp", "wide", 1.1), ("exp", "normal", 1.1),
        ("log", "positive", 1.0), ("log", "near one", 1.0), ("log", "very near one", 1.0),
        ("sin", "normal", 1.6), ("sin", "turns", 1.6), ("sin", "near zeros and peaks", 1.6), ("sin", "many turns", 1.0),
        ("cos", "normal", 1.6), ("cos", "turns", 1.6), ("cos", "near zeros and peaks", 1.6), ("cos", "many turns", 1.0),
        ("tanh", "normal", 2.5), ("tanh", "small", 2.5),
    ],
)  # fmt: skip
def test_errors_stay_within_the_stated_bounds(name, kind, bound):
    generator = np.random.default_rng(1)
    assert worst_ulp(name, arguments(kind, 4000, generator)) <= bound


@pytest.mark.skipif(NOJIT, reason="looks at compiled values")
def test_the_search_for_errors_sees_a_wrong_digit(monkeypatch):
    """A relative error of 5e-16, one wrong coefficient's worth, is found."""
    exact = values
    monkeypatch.setitem(globals(), "values", lambda name, x: exact(name, x) * (1 + 5e-16))
    assert worst_ulp("exp", arguments("normal", 400, np.random.default_rng(1))) > 1.1


@pytest.mark.parametrize("name", NAMES)
def test_edges_are_those_of_the_c_library(name):
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(np.array(EDGES))
    found = values(name, EDGES)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_allclose(found, expected, rtol=1e-15)


@njit(error_model="numpy")
def _angles(a, b, out):
    y, x, angle = lanes(a), lanes(b), lanes(out)
    for i in range(a.shape[0]):
        angle[i] = transcendental.atan2(y[i], x[i])


def angles(y, x):
    y, x = (np.ascontiguousarray(v, dtype=np.float64).reshape(-1, LANES) for v in (y, x))
    out = np.empty_like(y)
    with np.errstate(all="ignore"):
        _angles(y, x, out)
    return out.ravel()


@pytest.mark.skipif(NOJIT, reason="without JIT it is NumPy's")
@pytest.mark.parametrize("kind", ["everywhere", "near the axes", "near the diagonals", "near pi / 8"])
def test_errors_of_the_angle(kind):
    generator = np.random.default_rng(2)
    small = np.exp(generator.uniform(-40.0, 0.0, 4000)) * generator.choice([-1.0, 1.0], 4000)
    turn = {
        "everywhere": generator.uniform(-np.pi, np.pi, 4000),
        "near the axes": generator.integers(-2, 3, 4000) * (np.pi / 2) + small,
        "near the diagonals": generator.integers(-2, 3, 4000) * (np.pi / 2) + np.pi / 4 + 1e-3 * small,
        "near pi / 8": generator.integers(-8, 8, 4000) * (np.pi / 8) + 1e-3 * small,
    }[kind]
    size = np.exp(generator.uniform(-300.0, 300.0, 4000))
    y, x = size * np.sin(turn), size * np.cos(turn)
    with mpmath.workprec(200):
        exact = [mpmath.atan2(mpmath.mpf(float(b)), mpmath.mpf(float(a))) for a, b in zip(x, y)]
        errors = [abs(mpmath.mpf(float(got)) - e) / np.spacing(abs(float(e))) for got, e in zip(angles(y, x), exact)]
    assert float(max(errors)) <= 2.5


def test_angles_at_the_edges():
    numbers = [0.0, -0.0, 1.0, -1.0, 1e-310, -1e308, np.nan, 5e-324]
    y, x = np.meshgrid(numbers, numbers)
    np.testing.assert_allclose(angles(y, x), np.arctan2(y, x).ravel(), rtol=1e-15)
    assert np.array_equal(np.signbit(angles([0.0, -0.0] * 4, [1.0] * 8)), [False, True] * 4)
    infinite = angles([np.inf, -np.inf, 1.0, 1.0] * 2, [1.0, 1.0, np.inf, -np.inf] * 2)[:4]
    np.testing.assert_allclose(infinite, [np.pi / 2, -np.pi / 2, 0.0, np.pi], rtol=1e-15)


def test_signs_of_zero():
    assert np.signbit(values("tanh", [-0.0] * 8)).all()
    assert not np.signbit(values("tanh", [0.0] * 8)).any()


@pytest.mark.parametrize("name", NAMES)
def test_scalars(name):
    """A number instead of lanes: the library's own function."""
    function = getattr(transcendental, name)

    @njit
    def one(x):
        return function(x)

    assert one(0.7) == pytest.approx(float(getattr(np, name)(0.7)), rel=1e-15)


def test_single_lanes():
    @njit
    def swap_ends(a):
        x = lanes(a)
        value = x[0]
        first, last = lane_of(value, 0), lane_of(value, 7)
        x[0] = with_lane(with_lane(value, 0, last), 7, first)
        x[1] = alike(math.pi, value)

    a = np.arange(16.0).reshape(2, 8)
    swap_ends(a)
    assert a[0].tolist() == [7, 1, 2, 3, 4, 5, 6, 0]
    assert (a[1] == math.pi).all()


def test_the_sum_of_the_lanes_is_the_same_in_all_of_them():
    @njit
    def add_up(a):
        x = lanes(a)
        x[0] = lane_sum(x[0])

    numbers = np.array([1e16, 1.0, -1e16, 1.0, 0.1, 0.2, 0.3, 1e-20])  # the order of the additions shows
    a = numbers.reshape(1, 8).copy()
    add_up(a)
    pairs = numbers[::2] + numbers[1::2]
    assert (a[0] == (pairs[0] + pairs[1]) + (pairs[2] + pairs[3])).all()
    assert np.array_equal(a[0], lane_sum(numbers))
