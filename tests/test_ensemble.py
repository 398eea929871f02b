"""Rungs b, d and e for `simulate`: statistics against naive trajectories, and against closed forms."""

import doctest
import math

import naive
import numpy as np
import pytest
from cases import NOISES, RULES, STEPS, in_plain_words
from conftest import NOJIT
from scipy import linalg, stats

import toylands as tl
from toylands import dynamics, ensemble
from toylands.landscapes import LinearRecurrence, QuadraticBowl, WideningValley
from toylands.noise import Discrete, Uniform

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
@pytest.mark.parametrize("kind", NOISES)
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


# --- d and e: closed forms, and wrong ones ----------------------------------------------------------------------------

SEED, DIM, SIGMA = 77, 10, 0.5
FALSE_ALARM = 1e-5  # of each comparison below; the seed is fixed, so each passes or fails for good
RECORDED = np.array([1, 2, 3, 5, 10, 40])


def deviations(series, expected):
    """z-scores at the recorded steps, and how large they may be (Bonferroni over the steps)."""
    z = (series.mean - expected) / series.stderr
    return np.abs(z), float(stats.norm.isf(FALSE_ALARM / (2 * z.size)))


def assert_accepts_and_rejects(series, expected, mutants):
    z, limit = deviations(series, expected)
    assert z.max() < limit, f"seed {SEED}: z = {z}"
    for name, wrong in mutants.items():
        assert deviations(series, wrong)[0].max() > limit, f"seed {SEED}: the check would accept {name}"


def correlated_moment(k, rho, kappa, stationary=False, start=0.0, sigma=SIGMA):
    """E|w_k|^2 by the coefficients of xi_{k-1}, xi_{k-2}, ..., xi_0 and, if stationary, xi_{-1} in w_k."""
    total = np.zeros(len(k))
    for i, steps in enumerate(k):
        squares = [1.0] + [(rho ** (m + 1) - kappa * rho**m) ** 2 for m in range(steps - 1)]
        total[i] = sum(squares) + stationary * (kappa * rho ** (steps - 1)) ** 2
    return rho ** (2 * k) * start**2 * DIM + DIM * sigma**2 * total


@pytest.mark.skipif(NOJIT, reason="needs many trajectories")
@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("stationary", [False, True])
@pytest.mark.parametrize(("rho", "kappa"), [(0.9, 0.0), (0.9, 1.0), (0.6, 0.3), (-0.6, 1.0), (1.0, 1.0)])
def test_second_moments_of_the_correlated_family(rho, kappa, stationary, kind):
    process = LinearRecurrence(DIM, rho)
    rule = dynamics.correlated_pgd(1.0, SIGMA, kappa, NOISES[kind], first="stationary" if stationary else "fresh")
    run = tl.simulate(
        process, rule, start=[1.0] * DIM, steps=40, trajectories=20_000, record=tl.record(process.sq_norm, at=RECORDED),
        seed=SEED,
    )  # fmt: skip
    k, start = RECORDED, {"start": 1.0, "stationary": stationary}
    mutants = {
        "rho^2 for rho": correlated_moment(k, rho**2, kappa, **start) if abs(rho) < 1 else 0.0,
        "sigma for sigma^2": correlated_moment(k, rho, kappa, **start, sigma=math.sqrt(SIGMA)),
        "a factor 2": correlated_moment(k, rho, kappa, start=1.0, stationary=stationary, sigma=SIGMA * math.sqrt(2)),
        "no start": correlated_moment(k, rho, kappa, stationary=stationary),
        "k + 1 for k": correlated_moment(k + 1, rho, kappa, **start) if (rho, kappa) != (1.0, 1.0) else 0.0,
        "other kappa": correlated_moment(k, rho, 1.0 - kappa, **start),
    }
    if kappa:
        mutants["the other first step"] = correlated_moment(k, rho, kappa, start=1.0, stationary=not stationary)
    assert_accepts_and_rejects(run["sq_norm"], correlated_moment(k, rho, kappa, **start), mutants)


@pytest.mark.skipif(NOJIT, reason="needs many trajectories")
@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("law", [Uniform(0.2, 1.1), Discrete([0.5, 1.1, -0.3], [0.5, 0.3, 0.2])], ids=type)
def test_second_moments_with_random_contractions(law, kind):
    process, rule = LinearRecurrence(DIM, law), dynamics.anti_pgd(1.0, SIGMA, NOISES[kind])
    record = tl.record(process.sq_norm, at=RECORDED)
    run = tl.simulate(process, rule, start=[0.3] * DIM, steps=40, trajectories=20_000, record=record, seed=SEED)

    def moment(mean, second):
        value, values = 0.09 * DIM, []
        for k in range(41):
            values.append(value)
            value = second * value + DIM * SIGMA**2 * (1.0 if k == 0 else 2.0 - 2.0 * mean)
        return np.array(values)[RECORDED]

    mutants = {
        "the square of the mean": moment(law.mean, law.mean**2),
        "second moment for mean": moment(law.second_moment, law.second_moment),
    }
    assert_accepts_and_rejects(run["sq_norm"], moment(law.mean, law.second_moment), mutants)


@pytest.mark.skipif(NOJIT, reason="needs many trajectories")
def test_variance_of_the_squared_norm_and_its_error():
    """From 0 with Gaussian noise, w_k is Gaussian: |w_k|^2 has variance 2 d s_k^4."""
    process, rule = LinearRecurrence(DIM, 0.9), dynamics.pgd(1.0, SIGMA, tl.noise.gaussian)
    record = tl.record(process.sq_norm, at=RECORDED)
    run = tl.simulate(process, rule, start=[0.0] * DIM, steps=40, trajectories=20_000, record=record, seed=SEED)
    spread = (correlated_moment(RECORDED, 0.9, 0.0) / DIM) ** 2
    series = run["sq_norm"]
    z = np.abs(series.variance - 2 * DIM * spread) / series.variance_stderr
    assert z.max() < 5.5, f"seed {SEED}: {z}"
    assert (np.abs(series.variance - DIM * spread) / series.variance_stderr).max() > 20


HESSIAN = np.array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.2], [0.0, 0.2, 0.4]])
COVARIANCE = np.array([[2.0, -0.5, 0.3], [-0.5, 0.5, 0.0], [0.3, 0.0, 1.0]])  # no common eigenbasis
POINT = np.array([0.5, 0.0, -0.5])


def losses(step, added, count):
    """E L(w_k) for w' = step w + noise of covariance ``added``."""
    second, values = np.outer(POINT, POINT), []
    for _ in range(count + 1):
        values.append(np.trace(HESSIAN @ second) / 2)
        second = step @ second @ step.T + added
    return np.array(values)


def ornstein_uhlenbeck(time, hessian=HESSIAN, covariance=COVARIANCE):
    decay, rest = linalg.expm(-hessian * time), linalg.solve_continuous_lyapunov(hessian, covariance)
    second = decay @ (np.outer(POINT, POINT) - rest) @ decay.T + rest
    return np.trace(HESSIAN @ second) / 2


@pytest.mark.skipif(NOJIT, reason="needs many trajectories")
def test_losses_of_discrete_and_continuous_ornstein_uhlenbeck_processes():
    bowl = QuadraticBowl(HESSIAN)
    record = tl.record(bowl.loss, bowl.sq_norm, at=RECORDED)
    dt = 0.25
    arguments = {"start": POINT, "steps": 40, "trajectories": 20_000, "record": record, "seed": SEED}
    eye = np.eye(3)
    discrete = losses(eye - dt * HESSIAN, dt**2 * COVARIANCE, 40)[RECORDED]
    euler = losses(eye - dt * HESSIAN, dt * COVARIANCE, 40)[RECORDED]
    exact = np.array([ornstein_uhlenbeck(dt * k) for k in RECORDED])
    transposed = np.array([ornstein_uhlenbeck(dt * k, covariance=np.diag(np.diag(COVARIANCE))) for k in RECORDED])
    run = tl.simulate(bowl, dynamics.gld(dt, COVARIANCE), **arguments)
    assert_accepts_and_rejects(run["loss"], discrete, {"eta for eta^2": euler, "no noise": 0 * discrete})
    run = tl.simulate(bowl, dynamics.euler_maruyama(dt, COVARIANCE), **arguments)
    assert_accepts_and_rejects(run["loss"], euler, {"the continuous process": exact, "eta^2 for eta": discrete})
    run = tl.simulate(bowl, dynamics.exact_ornstein_uhlenbeck(dt, COVARIANCE), **arguments)
    mutants = {"its Euler scheme": euler, "a common eigenbasis": transposed}
    assert_accepts_and_rejects(run["loss"], exact, mutants)
