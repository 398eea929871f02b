"""Rung b for `simulate`: moments, extremes, divergence and first passages against naive trajectories; how runs end."""

import doctest
import math

import naive
import numpy as np
import pytest
from cases import NOISES, RULES, STEPS, in_plain_words
from conftest import NOJIT
from scipy import stats

import toylands as tl
from toylands import dynamics, ensemble
from toylands.landscapes import LinearRecurrence, WideningValley

COUNT = 20 if NOJIT else 150  # not a multiple of 64, nor of 8
RECURRENCES = ["constant rho", "rho sequence", "uniform rho", "discrete rho"]
PLAIN_RULES = [name for name in RULES if "momentum" not in name]
AT = [0, 1, 2, 10, 62, 63, 64, STEPS - 1, STEPS]


def assert_moments(series, moments, samples):
    """samples: (records, trajectories) of the same trajectories."""
    gaps = samples - samples.mean(axis=1, keepdims=True)
    scale = np.abs(gaps).max() + 1e-300
    assert (series.count == samples.shape[1]).all()
    np.testing.assert_allclose(series.mean, samples.mean(axis=1), rtol=1e-10)
    tiny = 1e-14 * np.abs(samples).max()
    np.testing.assert_allclose(series.minimum, samples.min(axis=1), rtol=1e-9, atol=tiny)
    np.testing.assert_allclose(series.maximum, samples.max(axis=1), rtol=1e-9, atol=tiny)
    np.testing.assert_allclose(series.variance, samples.var(axis=1, ddof=1), rtol=1e-8, atol=1e-13 * scale**2)
    np.testing.assert_allclose(series.stderr, stats.sem(samples, axis=1), rtol=1e-8, atol=1e-13 * scale)
    for power in (2, 3, 4):
        ours = getattr(moments, f"m{power}")
        np.testing.assert_allclose(ours, (gaps**power).sum(axis=1), rtol=1e-7, atol=1e-11 * scale**power)


@pytest.mark.nojit
@pytest.mark.parametrize("rule_name", PLAIN_RULES)
@pytest.mark.parametrize("kind", ["rademacher", "gaussian"])  # float32 normals agree to 1e-6 only: test_kernels
@pytest.mark.parametrize("landscape_name", RECURRENCES)
def test_statistics_of_recurrences_are_those_of_the_naive_paths(landscape_name, kind, rule_name):
    """With Rademacher noise these run in a kernel of their own, a word of signs at a stretch."""
    case = RECURRENCES.index(landscape_name) * len(PLAIN_RULES) + PLAIN_RULES.index(rule_name)
    n, seed = case % 9 + 1, 500 + case
    rule, told = RULES[rule_name](1.0, NOISES[kind])
    landscape, gradient, start, settings = in_plain_words(landscape_name, told, n, seed, range(COUNT))
    record = tl.record(landscape.sq_norm, at=AT)
    run = tl.simulate(landscape, rule, start=start, steps=STEPS, trajectories=COUNT, record=record, seed=seed)
    paths = naive.simulate(gradient, start, STEPS, range(COUNT), kind=kind, **settings)
    assert run.steps.tolist() == AT
    assert_moments(run["sq_norm"], run.moments[:, 0], naive.sq_norm(paths[AT]))


@pytest.mark.nojit
@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("steps", [1, 2, 62, 63, 64, 126, 127])
def test_a_run_may_end_anywhere_in_a_word_of_signs(steps, kind):
    """Normals in float32 are the naive ones to 1e-6 (`test_kernels`); to all digits, those of the engine's paths."""
    process, rule = LinearRecurrence(5, 0.9), dynamics.anti_pgd(1.0, 0.5, NOISES[kind], first="stationary")
    settings = {"eta": 1.0, "sigma": 0.5, "kind": kind, "kappa": 1.0, "stationary": True, "seed": steps}
    paths = naive.simulate(naive.recurrence_gradient(0.9), [1.0] * 5, steps, range(9), **settings)
    if kind == "gaussian_float32":
        own = tl.sample_paths(process, rule, start=[1.0] * 5, steps=steps, count=9, seed=steps)
        np.testing.assert_allclose(own, paths, rtol=1e-6, atol=1e-6)
        paths = own
    for at in ([steps], [steps - 1, steps], list(range(steps))):
        record = tl.record(process.sq_norm, at=at)
        run = tl.simulate(process, rule, start=[1.0] * 5, steps=steps, trajectories=9, record=record, seed=steps)
        np.testing.assert_allclose(run["sq_norm"].mean, naive.sq_norm(paths[at]).mean(axis=1), rtol=1e-11)


VALLEY, START = WideningValley(3), np.array([0.6, 0.8, 1.0, 0.5])
RULE = dynamics.anti_pgd(0.05, 0.1, first="stationary")
VALLEY_RECORD = tl.record(VALLEY.loss, VALLEY.hessian_trace, every=10)
REGION = tl.exit_region(VALLEY.loss, below=0.02, above=0.4)
SETTINGS = {"eta": 0.05, "sigma": 0.1, "kind": "rademacher", "kappa": 1.0, "stationary": True}


@pytest.fixture(scope="module")
def valley_run():
    run = tl.simulate(
        VALLEY, RULE, start=START, steps=STEPS, trajectories=COUNT, record=VALLEY_RECORD, seed=8, first_passage=REGION
    )
    return run, naive.simulate(naive.valley_gradient, START, STEPS, range(COUNT), seed=8, **SETTINGS)


@pytest.mark.nojit
def test_statistics_of_a_valley_are_those_of_the_naive_paths(valley_run):
    run, paths = valley_run
    expected = naive.valley_observables(paths[::10])
    assert run.trajectories == COUNT
    assert tuple(run) == ("loss", "hessian_trace")
    for column, name in enumerate(run):
        assert_moments(run[name], run.moments[:, column], expected[name])


@pytest.mark.nojit
def test_first_passages_are_those_of_the_naive_paths(valley_run):
    run, paths = valley_run
    steps, sides = naive.first_exits(naive.valley_observables(paths)["loss"], 0.02, 0.4)
    left, passage = steps[sides != 0], run.first_passage
    assert (passage.below, passage.above) == ((sides == -1).sum(), (sides == 1).sum())
    assert (passage.count, passage.inside, passage.lost) == (left.size, (sides == 0).sum(), 0)
    assert min(passage.below, passage.above) > 0
    assert (passage.minimum, passage.maximum) == (left.min(), left.max())
    assert passage.mean == pytest.approx(left.mean(), rel=1e-14)
    assert passage.stderr == pytest.approx(stats.sem(left), rel=1e-12)
    assert passage.times_below.mean == pytest.approx(steps[sides == -1].mean(), rel=1e-14)
    for q in (0.1, 0.5, 0.9):
        exact = np.sort(left)[max(0, math.ceil(q * left.size) - 1)]
        assert passage.quantile(q) == pytest.approx(exact, rel=0.016)


@pytest.mark.nojit
def test_an_exit_at_the_start_counts_as_step_zero(valley_run):
    arguments = {"start": START, "steps": 20, "trajectories": 10, "record": VALLEY_RECORD, "seed": 8}
    outside = tl.exit_region(VALLEY.loss, above=0.25)  # the start's loss itself: reaching a threshold is leaving
    run = tl.simulate(VALLEY, RULE, first_passage=outside, **arguments)
    assert run.first_passage.above == 10
    assert run.first_passage.maximum == 0


# --- divergence -------------------------------------------------------------------------------------------------------

STEEP = np.array([30.0, 30.0, 30.0, 30.0])  # gradient steps of size 0.05 shoot over, further each time


def mixed_starts(count):
    return np.where(np.arange(count)[:, None] % 3 == 0, STEEP, START)


@pytest.mark.nojit
def test_diverged_trajectories_are_counted_and_left_out(valley_run):
    starts = mixed_starts(COUNT)
    run = tl.simulate(
        VALLEY, RULE, start=starts, steps=STEPS, trajectories=COUNT, record=VALLEY_RECORD, seed=8, first_passage=REGION
    )
    lost = (COUNT + 2) // 3
    survivors = naive.valley_observables(valley_run[1][::10, np.arange(COUNT) % 3 != 0])
    assert run.diverged.tolist() == [0] + [lost] * (len(run.steps) - 1)
    assert "diverged" in run.warning
    for column, name in enumerate(run):
        tail = run.moments[1:, column]
        assert_moments(
            run[name][1:] if hasattr(run[name], "__getitem__") else Tail(run[name]), tail, survivors[name][1:]
        )
    assert run.trajectories == COUNT
    assert run.first_passage.lost == 0  # they left above on their way


class Tail:
    """A series without its first record."""

    def __init__(self, series):
        for name in ("count", "mean", "minimum", "maximum", "variance", "stderr"):
            setattr(self, name, getattr(series, name)[1:])


@pytest.mark.nojit
def test_divergence_is_no_exit_through_a_threshold_at_infinity(valley_run):
    starts = mixed_starts(30)
    below = tl.exit_region(VALLEY.loss, below=1e-9)
    run = tl.simulate(
        VALLEY, RULE, start=starts, steps=STEPS, trajectories=30, record=VALLEY_RECORD, seed=8, first_passage=below
    )
    passage = run.first_passage
    assert (passage.above, passage.lost) == (0, 10)
    assert passage.below + passage.inside == 20


@pytest.mark.nojit
def test_all_may_diverge(valley_run):
    run = tl.simulate(
        VALLEY, RULE, start=STEEP, steps=STEPS, trajectories=20, record=VALLEY_RECORD, seed=8, first_passage=REGION
    )
    assert run.diverged[-1] == 20
    assert run["loss"].count[-1] == 0
    assert np.isnan(run["loss"].stderr[-1])


@pytest.mark.nojit
@pytest.mark.parametrize("kind", NOISES)
def test_a_limit_of_divergence_holds_at_the_last_record(kind):
    """|w| = 1.5^k passes 1e6 after 34 steps; recorded at step 50 only, or beyond a word of signs."""
    process, rule = LinearRecurrence(2, 1.5), dynamics.pgd(1.0, 1e-3, NOISES[kind])
    for steps in (50, 70):
        arguments = {"start": [1.0, 1.0], "steps": steps, "trajectories": 20, "seed": 1}
        run = tl.simulate(process, rule, record=tl.record(process.sq_norm, at=[0, steps]), **arguments)
        assert run.diverged.tolist() == [0, 0]
        run = tl.simulate(process, rule, record=tl.record(process.sq_norm, at=[0, steps]), divergence=1e6, **arguments)
        assert run.diverged.tolist() == [0, 20]


# --- what may vary, and defaults --------------------------------------------------------------------------------------


@pytest.mark.nojit
@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 63, 64, 65])
def test_any_number_of_trajectories(count):
    process, rule = LinearRecurrence(3, 0.9), dynamics.pgd(1.0, 0.5)
    run = tl.simulate(process, rule, start=[1.0, 0.0, 0.0], steps=5, trajectories=count, seed=2)
    gradient = naive.recurrence_gradient(0.9)
    paths = naive.simulate(gradient, [1.0, 0.0, 0.0], 5, range(count), eta=1.0, kind="rademacher", sigma=0.5, seed=2)
    assert run.trajectories == count
    assert (run["sq_norm"].count == count).all()
    np.testing.assert_allclose(run["sq_norm"].mean, naive.sq_norm(paths).mean(axis=1), rtol=1e-12)
    if count == 1:
        assert np.isnan(run["sq_norm"].stderr).all()


@pytest.mark.nojit
def test_paths_are_those_of_the_statistics():
    process, rule = LinearRecurrence(3, 0.9), dynamics.pgd(1.0, 0.5)
    arguments = {"start": [1.0, 0.0, 0.0], "steps": 70, "seed": 2}
    run = tl.simulate(process, rule, trajectories=10, record=tl.record(process.sq_norm, every=7), **arguments)
    paths = tl.sample_paths(process, rule, count=10, every=7, **arguments)
    np.testing.assert_allclose(run["sq_norm"].mean, process.sq_norm(paths).mean(axis=1), rtol=1e-12)


@pytest.mark.nojit
def test_by_default_every_observable_at_a_hundred_steps():
    process, rule = LinearRecurrence(3, 0.9), dynamics.pgd(1.0, 0.5)
    for steps, recorded in ((7, list(range(8))), (250, list(range(0, 251, 2)))):
        run = tl.simulate(process, rule, start=[1.0, 0.0, 0.0], steps=steps, trajectories=8)
        assert tuple(run) == ("sq_norm",)
        assert run.steps.tolist() == recorded
        assert run.steps_total == steps
        assert run.end_condition == "trajectories"


def test_a_time_limit_ends_a_run_and_says_so():
    process, rule = LinearRecurrence(3, 0.9), dynamics.pgd(1.0, 0.5)
    arguments = {"start": [1.0, 0.0, 0.0], "steps": 100, "seed": 1}
    run = tl.simulate(process, rule, trajectories=10**9, time_limit=0.05, batch_blocks=10, **arguments)
    assert run.end_condition == "time limit"
    assert 640 <= run.trajectories < 10**9
    assert run.elapsed < 5.0
    assert not run.complete
    whole = tl.simulate(process, rule, trajectories=run.trajectories, **arguments)
    assert whole.forest == run.forest


@pytest.mark.parametrize("relative", [False, True])
def test_a_target_precision_is_reached(relative):
    process, rule = LinearRecurrence(3, 0.5), dynamics.pgd(1.0, 1.0, tl.noise.gaussian)
    wanted = 0.2 / 4.0 if relative else 0.2
    target = tl.precision("sq_norm", wanted, relative=relative, confidence=0.99)
    arguments = {"start": [0.0] * 3, "steps": 20, "record": tl.record(process.sq_norm, at=[10, 20]), "seed": 3}
    run = tl.simulate(process, rule, trajectories=10**6, target=target, **arguments)
    assert run.end_condition == "precision"
    assert run.complete
    assert 2 * run["sq_norm"].stderr[-1] < 0.2
    assert 1000 < run.trajectories < 20_000
    few = tl.simulate(process, rule, trajectories=300, target=target, **arguments)
    assert (few.end_condition, few.trajectories) == ("trajectories", 300)


def test_nothing_is_printed_unless_asked(capfd):
    process, rule = LinearRecurrence(3, 0.9), dynamics.pgd(1.0, 0.5)
    tl.simulate(process, rule, start=[0.0] * 3, steps=10, trajectories=100)
    assert capfd.readouterr() == ("", "")


def test_examples_in_the_documentation():
    assert doctest.testmod(ensemble).failed == 0
