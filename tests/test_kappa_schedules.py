"""A correlation that changes from step to step: xi_k - kappa_k xi_{k-1}, in every kernel."""

import json

import naive
import numpy as np
import pytest
from cases import COUNT, LANDSCAPES, NOISES, SIGMA, STEPS, in_plain_words
from conftest import NOJIT

import toylands as tl
from toylands import dynamics
from toylands.testing import assert_matches

pytestmark = pytest.mark.nojit
SCHEDULE = np.cos(0.37 * np.arange(STEPS + 3))  # longer than the run; no two steps alike
PLACES = ["constant rho", "uniform rho", "bowl", "valley", "regression"]
MUTANTS = {
    "kappa of the step before": np.append(0.0, SCHEDULE),
    "the first kappa at every step": float(SCHEDULE[0]),
    "none": 0.0,
}


def told_in_words(place, kind, first, momentum, kappa):
    told = {"sigma": SIGMA, "kappa": kappa, "stationary": first == "stationary", "momentum": momentum}
    _, gradient, start, settings = in_plain_words(place, told, 5, 11, range(COUNT))
    return naive.simulate(gradient, start, STEPS, range(COUNT), kind=kind, **settings)


@pytest.mark.parametrize("first", ["fresh", "stationary"])
@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("place", PLACES)
def test_paths_are_the_naive_ones(place, kind, first):
    momentum = 0.4 if place == "bowl" else 0.0
    landscape, _, start, eta = LANDSCAPES[place](5, 11, range(COUNT))
    rule = dynamics.correlated_pgd(eta, SIGMA, SCHEDULE, NOISES[kind], first=first, momentum=momentum)
    paths = tl.sample_paths(landscape, rule, start=start, steps=STEPS, count=COUNT, seed=11)
    scale = np.abs(paths).max()
    tolerance = (1e-5 if kind == "gaussian_float32" else 1e-12) * scale
    np.testing.assert_allclose(paths, told_in_words(place, kind, first, momentum, SCHEDULE), rtol=0, atol=tolerance)
    for name, mutant in MUTANTS.items():
        gap = np.abs(paths - told_in_words(place, kind, first, momentum, mutant)).max()
        assert gap > 1e-2 * SIGMA, name


@pytest.mark.parametrize(("place", "observable"), [("constant rho", "sq_norm"), ("valley", "sq_norm_u")])
@pytest.mark.parametrize("first", ["fresh", "stationary"])
def test_statistics_of_the_kernels_that_take_several_steps_at_once(place, observable, first):
    landscape, _, start, eta = LANDSCAPES[place](5, 11, range(COUNT))
    rule = dynamics.correlated_pgd(eta, SIGMA, SCHEDULE, tl.noise.rademacher, first=first)
    measured, at = getattr(landscape, observable), [0, 1, 2, 37, 64, STEPS]
    asked = {"record": tl.record(measured, at=at), "steps": STEPS, "trajectories": COUNT, "seed": 11}
    run = tl.simulate(landscape, rule, start=start, **asked)
    expected = measured(told_in_words(place, "rademacher", first, 0.0, SCHEDULE)[at]).mean(axis=1)
    np.testing.assert_allclose(run[observable].mean, expected, rtol=1e-11)


@pytest.mark.parametrize("law", [tl.noise.laplace, tl.noise.rademacher], ids=repr)
def test_noise_of_other_laws_and_shapes(law):
    """Constant values told one a step give the paths of the constant, bit for bit."""
    valley, start = tl.landscapes.WideningValley(3), np.ones(4)
    surface = tl.landscapes.TwoBasins.example()
    cases = [
        (valley, start, lambda kappa: dynamics.correlated_pgd(0.1, 0.1, kappa, law)),
        (surface, np.ones(2), lambda kappa: dynamics.correlated_pgd(0.01, 0.1, kappa, law)),
    ]
    for landscape, begin, rule in cases:
        asked = {"start": begin, "steps": 20, "count": COUNT, "seed": 2}
        constant = tl.sample_paths(landscape, rule(0.6), **asked)
        np.testing.assert_array_equal(constant, tl.sample_paths(landscape, rule(np.full(20, 0.6)), **asked))
        assert np.abs(constant - tl.sample_paths(landscape, rule(np.linspace(0.6, 0.7, 20)), **asked)).max() > 1e-4


@pytest.mark.skipif(NOJIT, reason="takes many trajectories")
def test_a_noise_that_turns_anticorrelated_ends_with_the_variance_of_increments():
    """On a flat landscape, after m plain steps and then kappa = 1, w_k = xi_0 + ... + xi_{m-2} + xi_{k-1}.

    40,000 trajectories catch a variance that is off by 5%; a switch one step early or late is off by 10%.
    """
    still, m, steps = tl.landscapes.LinearRecurrence(1, 1.0), 10, 30
    rule = dynamics.correlated_pgd(1.0, 1.0, (np.arange(steps) >= m).astype(float), tl.noise.gaussian)
    record = tl.record(still.sq_norm, at=[m + 1, steps])
    run = tl.simulate(still, rule, start=[0.0], steps=steps, trajectories=40_000, record=record, seed=4)
    assert_matches(run["sq_norm"], None, float(m), max_relative_stderr=0.01)
    for mutant in (m - 1.0, m + 1.0):
        with pytest.raises(AssertionError):
            assert_matches(run["sq_norm"], None, mutant)


def test_schedules_are_described_and_checked():
    rule = dynamics.correlated_pgd(0.1, 0.5, [0.5, -1.0])
    assert rule.describe()["kappa"] == [0.5, -1.0] == json.loads(json.dumps(rule.describe()))["kappa"]
    assert dynamics.correlated_pgd(0.1, 0.5, 0.5).describe()["kappa"] == 0.5
    assert dynamics.anti_pgd(0.1, 0.5).describe()["kappa"] == 1.0
    with pytest.raises(ValueError, match=r"kappa = .* must have values in \[-1, 1\]"):
        dynamics.correlated_pgd(0.1, 0.5, [0.5, 1.5])
    process = tl.landscapes.LinearRecurrence(1, 0.5)
    with pytest.raises(ValueError, match=r"kappa gives 2 values, but the run has steps = 3"):
        tl.sample_paths(process, rule, start=[1.0], steps=3, count=1)
