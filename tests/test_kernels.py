"""Rung b: every landscape under every rule and both noises, trajectory by trajectory, against the naive reference."""

import itertools

import naive
import numpy as np
import pytest
from cases import COUNT, LANDSCAPES, NOISES, RULES, SIGMA, STEPS, in_plain_words, psd
from conftest import NOJIT

import toylands as tl
from toylands import dynamics
from toylands.dynamics.rule import UpdateRule
from toylands.landscapes import LinearRecurrence, QuadraticBowl, WideningValley
from toylands.landscapes.quadratic_bowl import matrix_factor
from toylands.noise import Uniform

pytestmark = pytest.mark.nojit
TOLERANCE = 1e-10
FLOAT32_TOLERANCE = 1e-6  # single normals are off by as much, see `test_float32_normals`
SIZES = (2, 3, 5, 8, 6, 7)

# Momentum is a kernel of its own, seconds of compilation each: compiled, one noise a landscape; without JIT, all.
MOMENTUM_COMPILED = {("constant rho", "rademacher"), ("bowl", "gaussian"), ("valley", "gaussian")}


# Normals in float32 share all but the loop that draws them: compiled, on the diagonal form and on a gradient's.
FLOAT32_COMPILED = ("uniform rho", "bowl", "valley")


def runs_in_this_pass(landscape_name, kind, rule_name):
    if NOJIT:
        return True
    if kind == "gaussian_float32" and landscape_name not in FLOAT32_COMPILED:
        return False
    return "momentum" not in rule_name or (landscape_name, kind) in MOMENTUM_COMPILED


CASES = [case for case in itertools.product(LANDSCAPES, NOISES, RULES) if runs_in_this_pass(*case)]


def assert_same(paths, expected, tolerance=TOLERANCE):
    assert paths.shape == expected.shape
    assert np.isfinite(expected).all()
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(paths, expected, rtol=tolerance, atol=tolerance * np.abs(expected).max())


def compare(landscape_name, rule, told, n, kind, seed, steps=STEPS, count=COUNT, factor=None):
    trajectories = range(count)
    landscape, gradient, start, settings = in_plain_words(landscape_name, told, n, seed, trajectories)
    paths = tl.sample_paths(landscape, rule, start=start, steps=steps, count=count, seed=seed)
    expected = naive.simulate(gradient, start, steps, trajectories, kind=kind, factor=factor, **settings)
    assert_same(paths, expected, FLOAT32_TOLERANCE if kind == "gaussian_float32" else TOLERANCE)


@pytest.mark.parametrize(("landscape_name", "kind", "rule_name"), CASES)
def test_paths_are_the_naive_ones(landscape_name, kind, rule_name):
    case = list(LANDSCAPES).index(landscape_name) * len(RULES) + list(RULES).index(rule_name)
    n, seed = SIZES[case % len(SIZES)], 1000 + case
    eta = LANDSCAPES[landscape_name](n, seed, [])[3]
    rule, told = RULES[rule_name](eta, NOISES[kind])
    compare(landscape_name, rule, told, n, kind, seed)


@pytest.mark.parametrize("n", range(1, 14))
@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("landscape_name", ["constant rho", "bowl", "valley"])
def test_every_number_of_coordinates(landscape_name, kind, n):
    """Coordinates go in fours and normals in pairs: all remainders, and pairs that straddle the valley's last two."""
    if landscape_name == "valley" and n == 1:
        pytest.skip("a valley has at least two coordinates")
    eta = LANDSCAPES[landscape_name](n, n, [])[3]
    rule, told = RULES["anti_pgd stationary"](eta, NOISES[kind])
    compare(landscape_name, rule, told, n, kind, seed=n, steps=6, count=9)


@pytest.mark.parametrize("landscape_name", ["constant rho", "bowl", "valley"] if NOJIT else ["bowl", "valley"])
def test_gradient_descent_without_noise(landscape_name):
    eta = LANDSCAPES[landscape_name](5, 0, [])[3]
    schedule = eta * np.linspace(1.0, 0.2, STEPS)
    compare(landscape_name, dynamics.gd(eta), {}, 5, None, seed=0, count=2)
    compare(landscape_name, dynamics.gd(schedule), {"eta": schedule}, 6, None, seed=0, count=2)
    compare(landscape_name, dynamics.pgd(eta, 0.0), {"sigma": 0.0}, 7, "rademacher", seed=0, count=2)


@pytest.mark.parametrize("seed", [0, 1, 2**63, 2**64 - 1])
def test_every_seed(seed):
    rule, told = RULES["anti_pgd stationary"](1.0, tl.noise.rademacher)
    compare("uniform rho", rule, told, 3, "rademacher", seed, steps=65, count=9)


# --- noise shaped by a covariance ------------------------------------------------------------------------------------


def shaped_rules(n, kind):
    """(rule, told) with a covariance; eta and sigma as their formulas say."""
    if kind == "rademacher":
        rule = UpdateRule(
            "", 0.1, tl.noise.rademacher, 0.3, 0.5, momentum=0.4, covariance=psd(n, 7), first="stationary"
        )
        told = {"eta": 0.1, "sigma": 0.3, "kappa": 0.5, "stationary": True, "momentum": 0.4}
        return {"signs with momentum": (rule, told)}
    if kind == "gaussian_float32":
        rule = UpdateRule("", 0.1, tl.noise.gaussian_float32, 0.3, 0.5, covariance=psd(n, 7), first="stationary")
        return {"float32": (rule, {"eta": 0.1, "sigma": 0.3, "kappa": 0.5, "stationary": True})}
    return {
        "gld": (dynamics.gld(0.1, psd(n, 1)), {"eta": 0.1, "sigma": 0.1}),
        "gld, singular": (dynamics.gld(0.1, psd(n, 2, rank=1)), {"eta": 0.1, "sigma": 0.1}),
        "euler_maruyama": (dynamics.euler_maruyama(0.04, psd(n, 3)), {"eta": 0.04, "sigma": 0.2}),
        "anticorrelated": (
            UpdateRule("", 0.1, tl.noise.gaussian, [0.1] * STEPS, 1.0, covariance=psd(n, 4), first="stationary"),
            {"eta": 0.1, "sigma": 0.1, "kappa": 1.0, "stationary": True},
        ),
    }


SHAPED = [("bowl", "gaussian", name) for name in shaped_rules(1, "gaussian")]
SHAPED += [("bowl", "gaussian_float32", "float32")]
SHAPED += [("bowl", "rademacher", "signs with momentum"), ("valley", "gaussian", "gld")]
SHAPED += [("uniform rho", "gaussian", "gld"), ("valley", "rademacher", "signs with momentum")] if NOJIT else []


@pytest.mark.parametrize("n", [2, 3, 5])
@pytest.mark.parametrize(("landscape_name", "kind", "rule_name"), SHAPED)
def test_paths_with_a_covariance(landscape_name, kind, rule_name, n):
    """Which root of the covariance is the engine's choice: the reference takes it over; test_rules.py checks it."""
    rule, told = shaped_rules(n, kind)[rule_name]
    compare(landscape_name, rule, told, n, kind, seed=n, factor=matrix_factor(rule.covariance))


@pytest.mark.parametrize("n", [1, 2, 4])
def test_exact_ornstein_uhlenbeck_paths(n):
    from scipy.linalg import expm

    hessian = psd(n, n, rank=max(1, n - 1))
    rule, bowl = dynamics.exact_ornstein_uhlenbeck(0.3, psd(n, 9)), QuadraticBowl(hessian)
    factor, start = bowl.exact_transition(0.3, psd(n, 9))[1], np.linspace(1, 2, n)
    step = np.eye(n) - expm(-0.3 * hessian)
    paths = tl.sample_paths(bowl, rule, start=start, steps=STEPS, count=COUNT, seed=n)
    told = {"eta": 1.0, "kind": "gaussian", "sigma": 1.0, "factor": factor, "seed": n}
    assert_same(paths, naive.simulate(naive.bowl_gradient(step), start, STEPS, range(COUNT), **told))


# --- starts, records -------------------------------------------------------------------------------------------------


def test_one_start_a_trajectory():
    starts = np.random.default_rng(0).uniform(0.5, 1.0, size=(COUNT, 4))
    valley, rule = WideningValley(3), dynamics.pgd(0.05, SIGMA)
    paths = tl.sample_paths(valley, rule, start=starts, steps=20, count=COUNT, seed=3)
    told = {"eta": 0.05, "sigma": SIGMA, "kind": "rademacher", "seed": 3}
    assert_same(paths, naive.simulate(naive.valley_gradient, starts, 20, range(COUNT), **told))
    assert np.array_equal(paths[0], starts)


def test_every_so_many_steps_and_fewer_trajectories():
    valley, rule = WideningValley(3), dynamics.pgd(0.05, SIGMA)
    arguments = {"start": [1.0, 1.0, 1.0, 0.5], "steps": 23, "seed": 3}
    paths = tl.sample_paths(valley, rule, count=5, **arguments)
    some = tl.sample_paths(valley, rule, count=2, every=5, **arguments)
    assert some.shape == (5, 2, 4)
    assert np.array_equal(some, paths[::5, :2])


@pytest.mark.skipif(NOJIT, reason="is about compilation")
def test_parameter_values_do_not_recompile():
    from toylands.kernels import Recipe, build_kernel

    kernel = None
    for n, rho, eta in ((2, 0.5, 0.1), (5, np.linspace(0, 1, 9), [0.1] * 9), (3, Uniform(0, 1), 0.3)):
        process, rule = LinearRecurrence(n, rho), dynamics.anti_pgd(eta, 0.1)
        tl.sample_paths(process, rule, start=[0.0] * n, steps=9, count=2)
        observable = process.sq_norm
        recipe = Recipe(process.kernels, "rademacher", False, False, (observable.reading,), None, True)
        assert kernel in (None, build_kernel(recipe))
        kernel = build_kernel(recipe)
    assert len(kernel.signatures) == 1
