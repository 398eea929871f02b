"""The two basins: where all data points agree none is looked up, and nobody can tell from the numbers."""

from __future__ import annotations

import numpy as np
import pytest

import toylands as tl
from toylands.landscapes import two_basins
from toylands.simd import LANES

TOP = np.sqrt(2.0)


def data(samples, seed=0):
    return tl.landscapes.TwoBasins.random(samples, seed).parameters


def looked_up(p):
    """The same data, with corners and box that never say that the points agree."""
    infinity = np.inf
    return p._replace(
        corners=p.corners[:0], low_a=-infinity, high_a=infinity, low_b=-infinity, high_b=infinity
    )  # fmt: skip


def along_the_ellipse(count, seed):
    """Points about the edge of the sharp basin, where some data points agree and others do not, and far from it."""
    generator = np.random.default_rng(seed)
    angle, far = generator.uniform(0, 2 * np.pi, count), generator.uniform(0.0, 2.5, count)
    center = 200 * np.sqrt(2) / 99 - TOP  # of the ellipse, in b
    return far * 0.947 * np.cos(angle), center + far * 0.286 * np.sin(angle)


@pytest.mark.parametrize("samples", [1, 3, 100, 1000])
def test_sums_are_the_same_bits_whether_points_are_looked_up_or_not(samples):
    p = data(samples)
    told = agreed = 0
    for a, b in zip(*(part.reshape(-1, LANES) for part in along_the_ellipse(4000, seed=samples))):
        # eight copies: each point by itself decides whether it is looked up
        for lane in range(LANES):
            here = np.full(LANES, a[lane]), np.full(LANES, b[lane])
            fast, slow = two_basins._sharp_sums(*here, p), two_basins._sharp_sums(*here, looked_up(p))
            for x, y in zip(fast, slow):
                assert np.array_equal(x, y), (samples, a[lane], b[lane])
            own = two_basins._own_limit(*here)
            told += bool(two_basins._all_sharp(*here, own, 0.0, p)[0])
            agreed += fast[0][0] == samples
    if samples >= 100:  # fewer have too many corners to be worth a look
        assert told == agreed > 100  # corners miss no agreement
    else:
        assert told == 0


def test_a_margin_for_rounding_stands_between_certain_and_equal():
    """On the edge itself, where rounding decides, a point is looked up."""
    p = data(100)
    i = int(p.corners[0])
    for far in np.linspace(0.0, 1.0, 50):
        a = np.full(LANES, p.a[i] + 0.9 * far)
        inside = 8.0 + 8 / 99 - 9 * (0.9 * far) ** 2
        b = np.full(LANES, p.b[i] + 200 * np.sqrt(2) / 99 + np.sqrt(max(inside, 0.0) / 99))
        own = two_basins._own_limit(a, b)
        margin = 1e-9 * (9 * a * a + 99 * b * b + p.size)
        assert abs(two_basins._limit(a, b, i, p) - own)[0] < margin[0] or inside < 0
        assert not two_basins._all_sharp(a, b, own, margin, p).any()


@pytest.mark.parametrize("rule", ["gld_leading", "gld_hessian"])
def test_a_trajectory_does_not_see_who_runs_beside_it(rule):
    """One that is looked up for its neighbours' sake takes the same steps, bit for bit, as among its like."""
    surface = tl.landscapes.TwoBasins.random()
    settings = {"rank": 2} if rule == "gld_hessian" else {}
    update = getattr(tl.dynamics, rule)(0.005, trace=4.0, **settings)
    alike = np.tile([1.0, 1.0], (LANES, 1))
    mixed = alike.copy()
    mixed[1:4] += [[0.0, 0.15], [0.3, 0.2], [-2.0, -2.1]]  # on the edge, on the edge, in the flat basin
    runs = [tl.sample_paths(surface, update, start=start, steps=60, count=LANES, seed=5) for start in (alike, mixed)]
    assert np.array_equal(runs[0][:, 0], runs[1][:, 0])
    assert not np.array_equal(runs[0][:, 1], runs[1][:, 1])


def test_points_in_a_line_and_single_points():
    for points in ([[0.0, 0.0]], [[0.0, 0.0]] * 9, [[x, x] for x in np.linspace(-0.1, 0.1, 9)]):
        surface = tl.landscapes.TwoBasins(points)
        assert surface.hessian_trace([1.0, 1.0]) == 220.0
        assert surface.hessian_trace([-1.0, -1.0]) == 4.0
