"""Observables with working memory and settings of their own: in every kernel, at exits, on points, without JIT."""

from typing import NamedTuple

import numpy as np
import pytest
from cases import COUNT
from conftest import NOJIT

import toylands as tl
from toylands.kernels import build_kernel
from toylands.landscapes import LinearRecurrence, QuadraticBowl, WideningValley
from toylands.prepared import prepare
from toylands.simd import lanes_function

pytestmark = pytest.mark.nojit


@lanes_function
def through_memory(w, p, work):
    """w_0^2 + 2 w_1, by way of the working memory."""
    work[0] = w[0] * w[0]
    work[1] = w[1] * 2.0
    return work[0] + work[1]


class Settings(NamedTuple):
    offset: float
    weights: np.ndarray


@lanes_function
def weighted(w, p, work, settings):
    for j in range(settings.weights.shape[0]):
        work[j] = w[j] * settings.weights[j]
    total = 0.0 * w[0] + settings.offset
    for j in range(settings.weights.shape[0]):
        total = total + work[j]
    return total


def rows_of(p, size):
    return size


def observables(landscape):
    p, n = landscape.parameters, landscape.size
    first, second = np.arange(n) - 1.0, np.linspace(2.0, 3.0, n)
    return (
        tl.Observable("memory", through_memory, p, scratch=2),
        tl.Observable("weighted", weighted, p, scratch=rows_of, settings=Settings(1.5, first), size=n),
        next(iter(landscape.observables.values())),
        tl.Observable("weighted again", weighted, p, scratch=rows_of, settings=Settings(-2.5, second), size=n),
    )


def in_words(landscape, w):
    n = landscape.size
    return {
        "memory": w[..., 0] ** 2 + 2 * w[..., 1],
        "weighted": 1.5 + w @ (np.arange(n) - 1.0),
        "weighted again": -2.5 + w @ np.linspace(2.0, 3.0, n),
    }


SETTINGS = [
    pytest.param(LinearRecurrence(5, 0.9), tl.dynamics.pgd(1.0, 0.1), id="general"),
    pytest.param(WideningValley(4), tl.dynamics.pgd(0.1, 0.1), id="paired"),
    pytest.param(QuadraticBowl(np.eye(5)), tl.dynamics.pgd(0.1, 0.1), id="gradient"),
    pytest.param(WideningValley(4), tl.dynamics.pgd(0.1, 0.1, tl.noise.laplace), id="coupled, side by side"),
    pytest.param(WideningValley(20), tl.dynamics.pgd(0.1, 0.1, tl.noise.laplace), id="coupled, one by one"),
]


@pytest.mark.parametrize(("landscape", "rule"), SETTINGS)
def test_working_memory_and_settings_reach_every_kernel(landscape, rule):
    asked = {"start": np.linspace(0.3, 1.0, landscape.size), "steps": 9, "seed": 3}
    paths = tl.sample_paths(landscape, rule, count=COUNT, **asked)
    record = tl.record(*observables(landscape), at=[0, 4, 9])
    run = tl.simulate(landscape, rule, trajectories=COUNT, record=record, **asked)
    for name, values in in_words(landscape, paths[[0, 4, 9]]).items():
        np.testing.assert_allclose(run[name].mean, values.mean(axis=1), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(run[name].stderr, values.std(axis=1, ddof=1) / COUNT**0.5, rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize(("landscape", "rule"), SETTINGS)
def test_observables_with_working_memory_time_exits(landscape, rule):
    asked = {"start": np.linspace(0.3, 1.0, landscape.size), "steps": 9, "seed": 3}
    paths = tl.sample_paths(landscape, rule, count=COUNT, **asked)
    for leaving in observables(landscape)[0], observables(landscape)[3]:
        values = in_words(landscape, paths)[leaving.name]
        low, high = np.quantile(values[1:], [0.2, 0.8])
        low, high = min(low, values[0, 0] - 1e-3), max(high, values[0, 0] + 1e-3)
        outside = (values <= low) | (values >= high)
        region = tl.exit_region(leaving, below=low, above=high)
        run = tl.simulate(landscape, rule, trajectories=COUNT, first_passage=region, **asked)
        assert outside.any()
        assert run.first_passage.count == outside.any(axis=0).sum()


def test_an_exit_by_a_pooled_observable_under_any_rule():
    """Kernels that keep no sums of squares read the coordinates."""
    valley, rule = WideningValley(4), tl.dynamics.pgd(0.1, 0.3, tl.noise.laplace)
    asked = {"start": np.ones(5), "steps": 9, "seed": 3}
    values = valley.sq_norm_u(tl.sample_paths(valley, rule, count=COUNT, **asked))
    run = tl.simulate(
        valley, rule, trajectories=COUNT, first_passage=tl.exit_region(valley.sq_norm_u, below=1.0, above=5.0), **asked
    )
    left = ((values <= 1.0) | (values >= 5.0)).any(axis=0).sum()
    assert 0 < left < COUNT
    assert run.first_passage.count == left


def test_on_points_of_any_shape():
    valley = WideningValley(2)
    points = np.random.default_rng(1).standard_normal((3, 7, 3))
    for each in observables(valley):
        values = each(points)
        assert values.shape == (3, 7)
        assert each(points[1, 2]) == values[1, 2]
        if each.name in in_words(valley, points):
            np.testing.assert_allclose(values, in_words(valley, points)[each.name], rtol=1e-14, atol=1e-14)


def test_settings_belong_to_the_fingerprint():
    bowl = QuadraticBowl(np.eye(2))
    asked = {"start": [1.0, 1.0], "steps": 2, "trajectories": 64, "seed": 3}

    def fingerprint(offset):
        settings = Settings(offset, np.ones(2))
        measured = tl.Observable("x", weighted, bowl.parameters, scratch=2, settings=settings)
        return tl.simulate(bowl, tl.dynamics.pgd(0.1, 0.1), record=tl.record(measured), **asked).fingerprint

    assert fingerprint(1.0) == fingerprint(1.0) != fingerprint(2.0)


def test_an_observable_for_another_number_of_coordinates_is_refused():
    measured = tl.Observable("x", weighted, WideningValley(2).parameters, scratch=3, settings=None, size=3)
    asked = {"start": np.ones(5), "steps": 2, "trajectories": 64}
    with pytest.raises(ValueError, match="reads 3 coordinates, but the landscape has 5"):
        tl.simulate(WideningValley(4), tl.dynamics.pgd(0.1, 0.1), record=tl.record(measured), **asked)
    with pytest.raises(ValueError, match=r"shape \(2,\), but x reads points of 3 coordinates"):
        measured([1.0, 2.0])
    with pytest.raises(ValueError, match="scratch of x"):
        tl.Observable("x", through_memory, WideningValley(2).parameters, scratch=lambda p, n: -1)(np.ones(3))


def with_averages(landscape):
    first, weighed, measured, again = observables(landscape)
    return (
        tl.moving_average(first, 4),
        weighed,
        tl.moving_average(weighed, 2.5),
        tl.moving_average(measured, np.inf),
        tl.moving_average(measured, 1.0),
        measured,
        again,
    )


def averaged(values, span):
    mean, means = values[0], [values[0]]
    for k in range(1, len(values)):
        mean = mean + (values[k] - mean) / min(k + 1, span)
        means.append(mean)
    return np.array(means)


@pytest.mark.parametrize(("landscape", "rule"), SETTINGS)
def test_moving_averages_are_those_of_every_step(landscape, rule):
    asked = {"start": np.linspace(0.3, 1.0, landscape.size), "steps": 12, "seed": 3}
    paths = tl.sample_paths(landscape, rule, count=COUNT, **asked)
    record = tl.record(*with_averages(landscape), at=[0, 1, 5, 12])
    run = tl.simulate(landscape, rule, trajectories=COUNT, record=record, **asked)
    words, measured = in_words(landscape, paths), observables(landscape)[2]
    expected = {
        "mean of memory over 4 steps": averaged(words["memory"], 4),
        "weighted": words["weighted"],
        "mean of weighted over 2.5 steps": averaged(words["weighted"], 2.5),
        f"mean of {measured.name} over all steps": np.cumsum(measured(paths), axis=0) / np.arange(1, 14)[:, None],
        f"mean of {measured.name} over 1 steps": measured(paths),
        measured.name: measured(paths),
        "weighted again": words["weighted again"],
    }
    for name, values in expected.items():
        values = values[[0, 1, 5, 12]]
        np.testing.assert_allclose(run[name].mean, values.mean(axis=1), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(run[name].stderr, values.std(axis=1, ddof=1) / COUNT**0.5, rtol=1e-7, atol=1e-12)
    wrong = averaged(words["memory"], 5)[[0, 1, 5, 12]].mean(axis=1)
    assert abs(wrong - run["mean of memory over 4 steps"].mean).max() > 1e-6


def test_what_an_average_cannot_do():
    valley = WideningValley(2)
    mean = tl.moving_average(valley.loss, 3)
    for call, words in [
        (lambda: mean(np.ones(3)), "not called on points"),
        (lambda: tl.exit_region(mean, above=1.0), "not left through a threshold"),
        (lambda: tl.indicator(mean, above=1.0), "not compared with thresholds"),
        (lambda: tl.moving_average(mean, 3), "not averaged again"),
        (lambda: tl.moving_average(valley.loss, 0.5), "at least 1"),
    ]:
        with pytest.raises(ValueError, match=words):
            call()
    with pytest.raises(TypeError, match="observable must be one such as"):
        tl.moving_average("loss", 3)


@pytest.mark.parametrize(("landscape", "rule"), SETTINGS)
def test_indicators_count_those_beyond_the_thresholds(landscape, rule):
    asked = {"start": np.linspace(0.3, 1.0, landscape.size), "steps": 9, "seed": 3}
    paths = tl.sample_paths(landscape, rule, count=COUNT, **asked)
    measured = observables(landscape)
    indicators, expected = [], {}
    for each in measured:
        values = each(paths)
        low, high = np.quantile(values[9], [0.3, 0.6])
        indicators.append(tl.indicator(each, low, high, name=f"{each.name} beyond"))
        expected[f"{each.name} beyond"] = (values <= low) | (values >= high)
        np.testing.assert_array_equal(indicators[-1](paths), expected[f"{each.name} beyond"])
    record = tl.record(*indicators, at=[0, 4, 9])
    run = tl.simulate(landscape, rule, trajectories=COUNT, record=record, **asked)
    for name, beyond in expected.items():
        np.testing.assert_allclose(run[name].mean, beyond[[0, 4, 9]].mean(axis=1), rtol=1e-12, atol=1e-15)
        assert 0 < run[name].mean[-1] < 1


def test_an_indicator_of_what_is_no_number_is_none():
    valley = WideningValley(2)
    with np.errstate(all="ignore"):
        assert np.isnan(tl.indicator(valley.loss, above=1.0)([1e200, 1e200, 1e200]))
    assert tl.indicator(valley.loss, 0.5)([1.0, 0.0, 1.0]) == 1.0
    assert tl.indicator(valley.loss, 0.4)([1.0, 0.0, 1.0]) == 0.0
    with pytest.raises(ValueError, match="must be smaller than"):
        tl.indicator(valley.loss, 1.0, 1.0)
    with pytest.raises(ValueError, match="one of below and above must be finite"):
        tl.indicator(valley.loss)


@pytest.mark.skipif(NOJIT, reason="is about compilation")
def test_two_hundred_thresholds_and_spans_are_one_compilation():
    valley, rule = WideningValley(3), tl.dynamics.pgd(0.1, 0.3)
    asked = {"start": np.ones(4), "steps": 4, "trajectories": 64, "seed": 1}
    shares = []
    for threshold in np.linspace(0.1, 5.0, 200):
        measured = tl.indicator(valley.sq_norm_u, above=threshold), tl.moving_average(valley.loss, 1.0 + threshold)
        record = tl.record(*measured, at=[4])
        prepared = prepare(valley, rule, np.ones(4), 4, 64, record, 1, None, 1e100, 0)
        kernel = build_kernel(prepared.recipe())
        if threshold < 0.15 or threshold > 4.9:
            shares.append(tl.simulate(valley, rule, record=record, **asked)[measured[0].name].mean[0])
    assert len(kernel.signatures) == 1
    assert shares[0] > 0.5 > shares[-1]
