"""Rungs c and f: rules on cases that can be worked out exactly, and coupled by common noise."""

import doctest
import json
from fractions import Fraction

import numpy as np
import pytest
from conftest import NOJIT

import toylands as tl
from toylands import dynamics
from toylands.dynamics import presets
from toylands.dynamics.rule import UpdateRule, resolve
from toylands.landscapes import LinearRecurrence, QuadraticBowl, WideningValley
from toylands.simd.products import TILE

pytestmark = pytest.mark.nojit
NOISES = [tl.noise.rademacher, tl.noise.gaussian]
STEPS, COUNT = 66, 9


def paths(landscape, rule, start=None, steps=STEPS, count=COUNT, seed=5):
    start = np.linspace(-1, 1, landscape.size) if start is None else start
    return tl.sample_paths(landscape, rule, start=start, steps=steps, count=count, seed=seed)


def still(n):
    """The landscape that leaves every point where it is: only the noise acts."""
    return LinearRecurrence(n, 1.0)


# --- c: no noise, exactly ---------------------------------------------------------------------------------------------


def test_a_valley_in_rational_arithmetic():
    u, v, eta = [Fraction(1), Fraction(-1, 2)], Fraction(3, 4), Fraction(1, 8)
    got = paths(WideningValley(2), dynamics.gd(0.125), start=[1.0, -0.5, 0.75], steps=8, count=1)
    for k in range(9):
        assert got[k, 0].tolist() == pytest.approx([float(x) for x in (*u, v)], rel=1e-14), k
        squares = sum(x * x for x in u)
        u, v = [x - eta * v * v * x for x in u], v - eta * squares * v


def test_a_bowl_is_a_matrix_power():
    hessian = np.array([[2.0, 1.0, 0.0], [1.0, 0.5, 0.0], [0.0, 0.0, 3.0]])  # singular
    start = np.array([1.0, 2.0, -1.0])
    got = paths(QuadraticBowl(hessian), dynamics.gd(0.3), start=start, count=1)
    for k in (0, 1, 2, 10, STEPS):
        expected = np.linalg.matrix_power(np.eye(3) - 0.3 * hessian, k) @ start
        np.testing.assert_allclose(got[k, 0], expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("rho", [0.0, 0.9, -0.5, 1.0])
def test_a_recurrence_is_a_power(rho):
    got = paths(LinearRecurrence(2, rho), dynamics.pgd(1.0, 0.0), start=[1.0, -2.0], count=1)
    expected = rho ** np.arange(STEPS + 1)[:, None] * np.array([1.0, -2.0])
    np.testing.assert_allclose(got[:, 0], expected, rtol=1e-12)


def test_heavy_ball_is_a_companion_matrix_power():
    rho, beta = 0.8, 0.5
    got = paths(LinearRecurrence(1, rho), dynamics.pgd(1.0, 0.0, momentum=beta), start=[1.0], count=1)
    companion = np.array([[rho + beta, -beta], [1.0, 0.0]])
    for k in (1, 2, 7, STEPS):
        expected = (np.linalg.matrix_power(companion, k) @ [1.0, 1.0])[0]  # w_{-1} = w_0
        assert got[k, 0, 0] == pytest.approx(expected, rel=1e-12)


# --- c: only noise ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("noise", NOISES, ids=str)
def test_plain_noise_adds_up_and_its_increments_telescope(noise):
    walk = paths(still(3), dynamics.pgd(1.0, 0.25, noise))
    xi = np.diff(walk, axis=0) / 0.25
    anti = paths(still(3), dynamics.anti_pgd(1.0, 0.25, noise))
    np.testing.assert_allclose(anti[1:] - anti[0], 0.25 * xi, atol=1e-13)  # w_k = w_0 + xi_{k-1}
    half = paths(still(3), dynamics.correlated_pgd(1.0, 0.25, 0.5, noise))
    expected = 0.25 * np.concatenate([xi[:1], xi[1:] - 0.5 * xi[:-1]])
    np.testing.assert_allclose(np.diff(half, axis=0), expected, atol=1e-13)
    if noise is tl.noise.rademacher:
        assert np.array_equal(np.abs(xi), np.ones_like(xi))


@pytest.mark.parametrize("noise", NOISES, ids=str)
@pytest.mark.parametrize("kappa", [1.0, 0.5, -1.0])
def test_the_stationary_start_takes_one_more_noise_back(noise, kappa):
    """Its paths minus the fresh ones are -kappa sigma rho^{k-1} xi_{-1}, with xi_{-1} of its own."""
    rho, sigma, process = 0.9, 0.25, LinearRecurrence(3, 0.9)
    fresh, stationary = (
        paths(process, dynamics.correlated_pgd(1.0, sigma, kappa, noise, first=first))
        for first in ("fresh", "stationary")
    )
    before = (stationary[1] - fresh[1]) / (-kappa * sigma)
    k = np.arange(STEPS)[:, None, None]
    np.testing.assert_allclose((stationary - fresh)[1:], -kappa * sigma * rho**k * before, atol=1e-12)
    xi_0 = (fresh[1] - rho * fresh[0]) / sigma
    assert not np.allclose(before, xi_0)
    if noise is tl.noise.rademacher:
        np.testing.assert_allclose(np.abs(before), 1.0, rtol=1e-12)


@pytest.mark.parametrize("noise", NOISES, ids=str)
def test_noise_starts_and_stops(noise):
    """Before the start nothing moves, after the stop anticorrelated noise has cancelled, plain noise stays."""
    on = {"start_noise": 7, "stop_noise": 64}
    for first in ("fresh", "stationary"):
        anti = paths(still(3), dynamics.anti_pgd(1.0, 0.25, noise, first=first, **on))
        assert np.array_equal(anti[:8], np.broadcast_to(anti[0], anti[:8].shape))
        assert (anti[8:65] != anti[0]).all()
        np.testing.assert_allclose(anti[65:], np.broadcast_to(anti[0], anti[65:].shape), atol=1e-14)
    plain = paths(still(3), dynamics.pgd(1.0, 0.25, noise, **on))
    assert np.array_equal(plain[64:], np.broadcast_to(plain[64], plain[64:].shape))
    late = paths(still(3), dynamics.pgd(1.0, 0.25, noise))
    np.testing.assert_allclose(np.diff(plain[7:65], axis=0), np.diff(late[7:65], axis=0), atol=1e-13)  # same draws


def test_a_schedule_scales_each_steps_own_noise():
    sigma = np.linspace(1.0, 0.0, STEPS)
    ones, scheduled = (np.diff(paths(still(2), dynamics.pgd(1.0, s)), axis=0) for s in (1.0, sigma))
    np.testing.assert_allclose(scheduled, sigma[:, None, None] * ones, atol=1e-13)
    # increments take back the noise of the step before as it was, with that step's scale
    anti = paths(still(2), dynamics.anti_pgd(1.0, sigma))
    np.testing.assert_allclose(anti[1:] - anti[0], sigma[:, None, None] * ones, atol=1e-13)


# --- presets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("noise", NOISES, ids=str)
def test_pgd_and_anti_pgd_are_the_ends_of_the_family(noise):
    process = LinearRecurrence(3, 0.9)
    pairs = [
        (dynamics.pgd(1.0, 0.1, noise), dynamics.correlated_pgd(1.0, 0.1, 0.0, noise)),
        (dynamics.pgd(1.0, 0.1, noise), dynamics.correlated_pgd(1.0, 0.1, 0.0, noise, first="stationary")),
        (dynamics.anti_pgd(1.0, 0.1, noise), dynamics.correlated_pgd(1.0, 0.1, 1.0, noise)),
        (dynamics.pgd(1.0, 0.1, noise), dynamics.pgd(np.full(STEPS, 1.0), np.full(STEPS, 0.1), noise)),
        (dynamics.anti_pgd(1.0, 0.1, noise), dynamics.anti_pgd(1.0, 0.1, noise, start_noise=0, stop_noise=STEPS)),
    ]
    for one, other in pairs:
        assert np.array_equal(paths(process, one), paths(process, other)), (one, other)


def covariances(n):
    root = np.random.default_rng(1).standard_normal((n, n))
    flat = root[:, :1] @ root[:, :1].T
    return [np.eye(n), np.diag(np.arange(n, dtype=float)), root @ root.T, flat, np.zeros((n, n))]


@pytest.mark.parametrize("covariance", covariances(3))
def test_the_factor_is_a_root_of_the_covariance(covariance):
    bowl = QuadraticBowl(np.eye(3))
    for rule in (dynamics.gld(0.1, covariance), dynamics.euler_maruyama(0.25, covariance)):
        arrays, parameters = resolve(rule, bowl, 10)
        factor = arrays.factor.reshape(-1, 3, TILE).transpose(0, 2, 1).reshape(-1, 3)[:3]
        np.testing.assert_allclose(factor @ factor.T, covariance, atol=1e-14)
        assert parameters is bowl.parameters or np.array_equal(parameters.pull, bowl.hessian)
    assert dynamics.gld(0.1, covariance).sigma == 0.1  # the noise carries one factor eta (anisotropic Eq. 7)
    assert dynamics.euler_maruyama(0.25, covariance).sigma == 0.5


def test_noise_along_a_line_stays_on_it():
    direction = np.array([1.0, 2.0, -1.0])
    rule = dynamics.euler_maruyama(0.01, np.outer(direction, direction))
    moved = paths(QuadraticBowl(np.zeros((3, 3))), rule, start=[0.0] * 3)
    along = moved @ direction / 6
    np.testing.assert_allclose(moved, along[..., None] * direction, atol=1e-7)  # roots of rounded zeros
    assert np.abs(along[-1]).max() > 0.1


RULES = [
    dynamics.gd(0.1),
    dynamics.gd([0.1, 0.2], momentum=0.5),
    dynamics.pgd(0.1, 0.5, tl.noise.gaussian, start_noise=2, stop_noise=5),
    dynamics.anti_pgd(0.1, [0.5, 0.25], first="stationary"),
    dynamics.correlated_pgd(0.1, 0.5, -0.25),
    dynamics.gld(0.1, [[1, 0], [0, 2]]),
    dynamics.euler_maruyama(0.01, np.eye(2)),
    dynamics.exact_ornstein_uhlenbeck(0.5, np.eye(2)),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_descriptions_are_json_and_tell_rules_apart(rule):
    described = rule.describe()
    assert json.loads(json.dumps(described)) == described
    assert described["name"] == rule.name
    assert repr(rule).startswith(f"<rule {rule.name}: ")
    assert sum(other.describe() == described for other in RULES) == 1


def test_rules_keep_copies_of_schedules():
    given = np.array([0.1, 0.2, 0.3])
    rule = dynamics.gd(given)
    given[:] = 7.0
    assert rule.eta.tolist() == [0.1, 0.2, 0.3]
    with pytest.raises(AttributeError):
        rule.eta = 0.5


def test_examples_in_the_documentation():
    if not NOJIT:
        assert doctest.testmod(presets).failed == 0


# --- f: common random numbers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("noise", NOISES, ids=str)
def test_one_seed_is_one_noise_on_every_landscape(noise):
    rule = dynamics.correlated_pgd(0.0, 0.25, 0.3, noise, first="stationary")
    start = [0.5, 1.0, -1.0]
    landscapes = [still(3), WideningValley(2), QuadraticBowl(np.eye(3)), LinearRecurrence(3, tl.noise.Uniform(0, 1))]
    first, *others = (paths(landscape, rule, start=start) for landscape in landscapes)
    for other in others:
        assert np.array_equal(first, other)
    assert not np.array_equal(first, paths(still(3), rule, start=start, seed=6))


@pytest.mark.parametrize("noise", NOISES, ids=str)
def test_common_noise_couples_two_step_sizes(noise):
    process, start = LinearRecurrence(4, 0.5), [0.0] * 4

    def final(eta, seed):
        return paths(process, dynamics.pgd(eta, 1.0, noise), start=start, count=40, seed=seed)[-1]

    coupled, apart = final(0.5, 1) - final(0.51, 1), final(0.5, 1) - final(0.51, 2)
    # var of sum_j (a^j - b^j) xi_j: with a = 0.75, b = 0.745 it is 3e-4, against 4.6 for independent noise
    assert coupled.var() < 1e-3
    assert apart.var() > 2.0


def test_uniform_contractions_do_not_disturb_the_injected_noise():
    """rho_k has a stream of its own: with a law that never varies, random contractions change nothing."""
    rule = dynamics.anti_pgd(1.0, 0.25)
    fixed = paths(LinearRecurrence(3, 0.75), rule)
    assert np.array_equal(fixed, paths(LinearRecurrence(3, tl.noise.Uniform(0.75, 0.75)), rule))
    assert np.array_equal(fixed, paths(LinearRecurrence(3, tl.noise.Discrete([0.75], [1.0])), rule))
    assert np.array_equal(fixed, paths(LinearRecurrence(3, np.full(STEPS, 0.75)), rule))


@pytest.mark.parametrize("noise", NOISES, ids=str)
def test_a_shorter_run_is_the_beginning_of_a_longer_one(noise):
    rule, process = dynamics.anti_pgd(1.0, 0.25, noise, first="stationary"), LinearRecurrence(3, 0.9)
    assert np.array_equal(paths(process, rule)[:11], paths(process, rule, steps=10))


def test_fewer_trajectories_are_the_first_of_more():
    rule, process = dynamics.anti_pgd(1.0, 0.25), LinearRecurrence(3, 0.9)
    assert np.array_equal(paths(process, rule)[:, :2], paths(process, rule, count=2))


def test_a_rule_composed_by_hand_is_the_preset():
    rule = UpdateRule("mine", 0.1, tl.noise.rademacher, 0.25, 1.0, first="stationary")
    preset = dynamics.anti_pgd(0.1, 0.25, first="stationary")
    assert np.array_equal(paths(WideningValley(2), rule), paths(WideningValley(2), preset))
