"""Rungs d and e for `simulate`: z-scores against closed forms, and the same checks must reject wrong formulas."""

import math

import numpy as np
import pytest
from cases import NOISES
from conftest import NOJIT
from scipy import linalg, stats

import toylands as tl
from toylands import dynamics
from toylands.landscapes import LinearRecurrence, QuadraticBowl
from toylands.noise import Discrete, Uniform

pytestmark = pytest.mark.skipif(NOJIT, reason="needs many trajectories")
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
