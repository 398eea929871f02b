"""Time-uniform confidence sequences: the formula, a second opinion, and the error rate by simulation."""

import doctest
import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toylands.statistics import confidence
from toylands.statistics.confidence import MINIMUM_COUNT, Precision, half_width, mixture_scale

PATHS, LENGTH = 1500, 3000


def test_examples_in_the_documentation():
    assert doctest.testmod(confidence).failed == 0


@given(st.floats(1e-9, 0.5), st.floats(1, 1e9))
def test_the_mixture_scale_is_narrowest_at_the_optimal_count(alpha, count):
    from scipy.special import lambertw

    rho = mixture_scale(alpha, count)
    closed = -lambertw(-(alpha**2) / math.e, -1).real
    assert rho * rho * count + 1.0 == pytest.approx(closed, rel=1e-6)


def test_narrowest_where_asked():
    widths = [float(half_width(10_000, 1.0, 0.01, 10_000 * f)) for f in (0.5, 0.9, 1.0, 1.1, 2.0)]
    assert min(widths) == widths[2]
    assert widths == pytest.approx([widths[2]] * 5, rel=0.03)


@pytest.mark.parametrize("alpha", [0.3, 0.01, 1e-6])
def test_second_opinion(alpha):
    ville = pytest.importorskip("ville")
    x = np.random.default_rng(0).gamma(2.0, size=2000)
    theirs = ville.AsymptoticCS(alpha=alpha, t_opt=777, min_samples=MINIMUM_COUNT).fit(x)
    n = np.arange(1, len(x) + 1)
    std = np.array([np.nan, *(x[:k].std(ddof=1) for k in n[1:])])
    ours = half_width(n, std, alpha, 777)
    np.testing.assert_allclose(ours, (theirs.upper_ - theirs.lower_) / 2, rtol=1e-7)


@pytest.fixture(scope="module", params=["standard_normal", "standard_exponential", "coin"])
def walk(request):
    """Return deviation of the running mean from the truth, and the running std, for 1500 paths at every n >= 256."""
    rng = np.random.default_rng(12)
    if request.param == "coin":
        x = rng.integers(0, 2, (PATHS, LENGTH)) - 0.5
    else:
        x = getattr(rng, request.param)((PATHS, LENGTH)) - (request.param == "standard_exponential")
    n = np.arange(1, LENGTH + 1)
    mean = np.cumsum(x, axis=1) / n
    std = np.sqrt(np.maximum(np.cumsum(x * x, axis=1) / n - mean * mean, 0) * n / np.maximum(n - 1, 1))
    late = slice(MINIMUM_COUNT - 1, None)
    return n[late], np.abs(mean[:, late]), std[:, late]


def test_the_mean_is_inside_at_all_times_together(walk):
    n, deviation, std = walk
    crossed = (deviation > half_width(n, std, alpha=0.1, optimal_count=1000)).any(axis=1).mean()
    assert crossed < 0.1 + 4 * math.sqrt(0.1 * 0.9 / PATHS)


def test_the_interval_for_one_fixed_size_fails_the_same_check(walk):
    n, deviation, std = walk
    fixed = NormalDist().inv_cdf(0.95) * std / np.sqrt(n)
    crossed = (deviation > fixed).any(axis=1).mean()
    assert crossed > 0.1 + 8 * math.sqrt(0.1 * 0.9 / PATHS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((10, 1.0, 0.0), r"alpha must be a number in \(0, 1\)"),
        ((10, 1.0, 0.1, 0), "optimal_count must be a finite number > 0"),
        ((-1, 1.0), "count must be >= 0, got -1"),
        ((10, -1.0), "std must be >= 0, got -1"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        half_width(*arguments)


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (dict(observable=3, half_width=1), TypeError, "observable must be a name or have one, got 3"),
        (dict(observable="x", half_width=0), ValueError, "half_width must be a finite number > 0"),
        (dict(observable="x", half_width=1, confidence=1), ValueError, r"confidence must be a number in \(0, 1\)"),
        (dict(observable="x", half_width=1, at="first"), ValueError, "at must be one of 'last', 'all', got 'first'"),
        (dict(observable="x", half_width=1, relative=1), TypeError, "relative must be True or False"),
    ],
)
def test_bad_precision(arguments, kind, message):
    with pytest.raises(kind, match=message):
        Precision(**arguments)


def test_last_looks_at_the_last_record_and_all_at_all():
    count, mean, std = [10_000, 10_000], [1.0, 1.0], [100.0, 1.0]
    assert Precision("x", 0.05).reached(count, mean, std)
    assert not Precision("x", 0.05, at="all").reached(count, mean, std)
    # Holding at both together takes a wider interval at each.
    assert (Precision("x", 1, at="all").widths(count, std)[1:] > Precision("x", 1).widths(count, std)).all()


def test_relative_is_relative_to_the_truth():
    target = Precision("x", 0.5, relative=True)
    width = float(target.widths(1000, 1.0)[0])
    # mean 2.99 widths: the truth may be 1.99 widths, and the width more than half of it.
    assert not target.reached(1000, -2.99 * width, 1.0)
    assert target.reached(1000, -3.01 * width, 1.0)


def test_unknown_is_never_reached():
    target = Precision("x", 10.0)
    assert not target.reached(MINIMUM_COUNT - 1, 0.0, 1.0)
    assert not target.reached(1000, np.nan, np.nan)
    assert not target.reached(0, np.nan, np.nan)
    assert target.needed(0, np.nan, np.nan) is None
    assert Precision("x", 0.1, relative=True).needed(1000, 0.0, 1.0) is None


def test_a_constant_observable_is_known_at_once():
    assert Precision("x", 0.1, relative=True).reached(MINIMUM_COUNT, 0.0, 0.0)
    assert Precision("x", 0.1).needed(10, 0.0, 0.0) == MINIMUM_COUNT - 10


@given(st.integers(0, 10**5), st.floats(1e-3, 1), st.booleans())
def test_needed_is_the_smallest_number_that_reaches_the_target(count, width, relative):
    target = Precision("x", width, relative=relative)
    more = target.needed(count, 2.0, 3.0)
    assert target.reached(count + more, 2.0, 3.0)
    assert more == 0 or not target.reached(count + more - 1, 2.0, 3.0)


def test_an_observable_object_gives_its_name():
    class Loss:
        name = "loss"

    assert Precision(Loss(), 1) == Precision("loss", 1)
