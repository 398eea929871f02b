"""The blackboard and the ledger of the widening valley, against plain NumPy, brute force and deliberate errors."""

from __future__ import annotations

import dataclasses
import itertools
from fractions import Fraction
from types import ModuleType

import numpy as np
import pytest
import sympy as sp

from theory.claims.antipgd import (
    widening_valley_anti_proof,
    widening_valley_exits,
    widening_valley_landscape,
    widening_valley_pgd_proof,
    widening_valley_theorem,
)
from theory.claims.claim import Claim, Verdict
from theory.judge.verdicts import SEARCHES
from theory.proof import certify_nonnegative
from theory.valley import anti as valley_anti
from theory.valley import escape as valley_escape
from theory.valley import first_step as valley_first_step
from theory.valley import gradient_descent as valley_gradient_descent
from theory.valley import inside as valley_inside
from theory.valley import landscape as widening_valley
from theory.valley import plateau as valley_plateau
from theory.valley import search as valley_search
from theory.valley import surrogate as valley_surrogate
from theory.valley.paths import Setting, all_plus_crossing, follow, trap_entered
from theory.valley.short_paths import largest_v, mean_square_u

LEDGER = (
    widening_valley_landscape,
    widening_valley_pgd_proof,
    widening_valley_anti_proof,
    widening_valley_theorem,
    widening_valley_exits,
)
CLAIMS = [claim for module in LEDGER for claim in module.CLAIMS]
BLACKBOARD = (valley_anti, valley_escape, valley_first_step, valley_gradient_descent, valley_inside, valley_plateau,
              valley_surrogate, widening_valley, valley_search)  # fmt: skip
HALF = Fraction(1, 2)


def _naive(u: np.ndarray, v: float, eta: float, noise: np.ndarray) -> tuple[np.ndarray, float]:
    """One step in floats, by the gradient of the loss."""
    gradient = np.append(v * v * u, u @ u * v)
    w = np.append(u, v) - eta * gradient + noise
    return w[:-1], float(w[-1])


def _proofs(module: ModuleType) -> list[str]:
    names = [n for n in vars(module) if n.startswith(("prove", "refute", "support", "search"))]
    return [n for n in names if getattr(module, n).__module__ == module.__name__]


@pytest.mark.parametrize(("module", "name"), [(m, n) for m in BLACKBOARD for n in _proofs(m)])
def test_every_proof_runs_to_its_end(module: ModuleType, name: str) -> None:
    arguments = [widening_valley_pgd_proof.PRINTED65] if name == "refute_printed_limit" else []
    proof = getattr(module, name)(*arguments)
    assert proof.complete, proof.failed


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_derivation_fits_the_recorded_verdict(claim: Claim) -> None:
    derivation = claim.derive()
    if claim.recorded is Verdict.REFUTED:
        assert derivation.form is derivation.proof is None
        assert derivation.counterexample is not None
        assert derivation.counterexample.complete
        return
    assert derivation.proof is not None
    assert derivation.proof.complete
    searched = derivation.proof.method.lower().startswith(SEARCHES)
    if claim.recorded is Verdict.CORRECTED:
        assert derivation.counterexample is not None
        assert derivation.counterexample.complete
        assert derivation.form is not None
        assert derivation.form.text != claim.printed.text
        assert not searched
    else:
        assert derivation.counterexample is None
        assert searched == (claim.recorded is Verdict.SUPPORTED)


def test_first_step_out_of_a_narrow_region_against_numpy() -> None:
    signs = np.array(list(itertools.product((-0.1, 0.1), repeat=3)))
    squares = ((np.array([1.0, 0.0, 0.0]) + signs) ** 2).sum(axis=1)
    assert valley_first_step.exits((-1, 1)) == (np.mean(squares > 1 / 0.9), np.mean(squares < 0.9))
    squares = np.array([((np.array([1.0, 0, 0]) + a - b) ** 2).sum() for a in signs for b in signs])
    assert valley_first_step.exits((-2, 0, 0, 2)) == (np.mean(squares > 1 / 0.9), np.mean(squares < 0.9))


@pytest.mark.parametrize("anticorrelated", [False, True])
def test_short_paths_against_numpy(anticorrelated: bool) -> None:
    """The largest |v| inside the region, and E|u_n|^2 over all signs in one dimension."""
    rng, alpha, sigma, dim = np.random.default_rng(4), 0.75, 0.25, 3
    for _ in range(20):
        signs = rng.choice([-1, 1], size=(5, 2))
        pairs = [(int(e), int(f)) for e, f in signs]
        u, v, largest, before = np.ones(dim), 0.0, 0.0, np.zeros(2)
        for now in signs:
            noise = now - before if anticorrelated else now
            u, v = _naive(u, v, alpha / (2 * dim), sigma * np.append(np.full(dim, noise[0]), noise[1]))
            largest, before = max(largest, abs(v)), now
            if not alpha * dim < u @ u < dim / alpha:
                break
        found = largest_v(Fraction(3, 4), Fraction(1, 4), dim, [(0, 0)] * anticorrelated + pairs, anticorrelated)
        assert float(found) == pytest.approx(largest)


def test_mean_over_all_signs_against_numpy() -> None:
    alpha, sigma, total = 0.5, 0.25, 0.0
    for xi in itertools.product((-sigma, sigma), repeat=6):
        u, v, before = np.ones(1), 0.0, np.zeros(2)
        for now in np.array(xi).reshape(3, 2):
            u, v = _naive(u, v, alpha / 2, now - before)
            before = now
        total += u @ u
    assert float(mean_square_u(HALF, Fraction(1, 4), 3)) == pytest.approx(total / 64)


def test_every_experiment_has_mutants_of_the_right_shape() -> None:
    for claim in CLAIMS:
        for experiment in claim.experiments:
            assert experiment.mutants
            size = experiment.expected().shape
            assert all(mutant().shape == size for mutant in experiment.mutants.values())


def test_gradient_against_finite_differences() -> None:
    value, variables = widening_valley.explicit(3)
    point = dict(zip(variables, (sp.Rational(1, 3), sp.Rational(-2, 5), sp.Integer(2), sp.Rational(3, 7))))
    f = sp.lambdify(variables, value)
    at, h = [float(point[x]) for x in variables], 1e-5
    hessian = np.array(widening_valley.hessian(3).subs(point), dtype=float)
    for i, j in itertools.product(range(4), repeat=2):
        shift = np.zeros((4, 4))
        for row, (a, b) in enumerate(((1, 1), (1, -1), (-1, 1), (-1, -1))):
            shift[row, i] += a * h
            shift[row, j] += b * h
        f_all = [f(*(np.array(at) + s)) for s in shift]
        assert (f_all[0] - f_all[1] - f_all[2] + f_all[3]) / (4 * h * h) == pytest.approx(hessian[i, j], abs=1e-4)


def test_energy_identity_on_random_points() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        u, v, eta = rng.normal(size=4), rng.normal(), rng.uniform(0.05, 2)
        after_u, after_v = _naive(u, v, eta, np.zeros(5))
        s, p = eta * (u @ u + v * v), eta**2 * (u @ u) * v * v
        assert eta * (after_u @ after_u + after_v**2) == pytest.approx(s - p * (4 - s))


def test_surrogate_limit_is_where_its_recursion_settles() -> None:
    point = {widening_valley.ALPHA: 0.5, widening_valley.RADIUS2: 2.0, valley_inside.SIGMA: 0.2, widening_valley.DIM: 3}
    rho, moment = float(valley_surrogate.rho().subs(point)), 1.0
    for _ in range(2000):
        moment = rho**2 * moment + 3 * 0.2**2
    assert float(valley_surrogate.limit_value().subs(point)) == pytest.approx(moment)


def test_exact_path_against_numpy() -> None:
    case, sigma = valley_anti.COUNTEREXAMPLE, 1 / 3
    u, v, eta = np.full(4, 0.5), 0.0, 0.95 / 2
    for now, later in itertools.pairwise(valley_anti.COUNTEREXAMPLE_SIGNS):
        step = np.subtract(later, now) * sigma
        u, v = _naive(u, v, eta, np.append(np.full(4, step[0]), step[1]))
    last = valley_anti.counterexample_path()[-1]
    assert (u[0], v) == pytest.approx((float(last.u), float(last.v)))
    assert trap_entered(case, last, 4 * case.sigma2)


def test_trap_beats_any_noise() -> None:
    last = valley_anti.counterexample_path()[-1]
    rng = np.random.default_rng(2)
    for _ in range(200):
        u, v = np.full(4, float(last.u)), float(last.v)
        for _ in range(4):
            noise = rng.choice([-2 / 3, 0, 2 / 3], size=5)
            size, height = np.linalg.norm(u), abs(v)
            u, v = _naive(u, v, 0.475, noise)
            assert np.linalg.norm(u) >= 2 * size
            assert abs(v) >= 2 * height


def test_trap_is_not_entered_too_early() -> None:
    case = valley_anti.COUNTEREXAMPLE
    assert not any(trap_entered(case, state, 4 * case.sigma2) for state in valley_anti.counterexample_path()[:-1])


@pytest.mark.parametrize("first", ["fresh", "stationary"])
@pytest.mark.parametrize(("alpha", "dim"), [(2 / 3, 1), (2 / 3, 2), (2 / 3, 3), (2 / 3, 40), (0.5, 7)])
def test_invariant_region_of_anti_pgd_under_hostile_noise(alpha: float, dim: int, first: str) -> None:
    """Noise chosen greedily to make eta (|u|^2 + v^2) large, or at random, never leaves the proved region."""
    sigma = np.sqrt(min(alpha**3 / 2, 1 / (8 * alpha), alpha / (2 * dim)))
    eta, rng = alpha / 2, np.random.default_rng(dim)
    reach = 1 + 2 * sigma * np.sqrt(dim)
    m = eta * reach**2
    bound = sigma * max(1.0, m / (2 - m))
    for _ in range(100):
        u, v = rng.normal(size=dim), 0.0
        u /= np.linalg.norm(u)
        old = np.zeros(dim + 1) if first == "fresh" else sigma * rng.choice([-1, 1], size=dim + 1)
        if first == "stationary" and rng.random() < 0.5:
            old[:-1] = -sigma * np.sign(u)
        for _ in range(60):
            target = np.append((1 - eta * v * v) * u, (1 - eta * (u @ u)) * v) - old
            greedy = np.where(target >= 0, sigma, -sigma)
            new = greedy if rng.random() < 0.8 else sigma * rng.choice([-1, 1], size=dim + 1)
            u, v = _naive(u, v, eta, new - old)
            old = new
            assert np.linalg.norm(u) <= reach * (1 + 1e-12)
            assert abs(v - new[-1]) <= bound * (1 + 1e-12)
            assert eta * v * v <= 1 + 1e-12


def test_large_noise_threshold_is_not_proved_below() -> None:
    """With beta >= 1/2 instead of 3/5 the same certificate fails, so the step could have failed."""
    reach, beta = sp.Rational(128, 125), valley_escape.BETA
    after = sp.Rational(15, 16) ** 2 * 3 + sp.Rational(15, 8) * (reach * beta - reach**2 / 32) + beta**2 - 4
    assert certify_nonnegative(after, {beta: (sp.Rational(3, 5), sp.oo)}) is not None
    assert certify_nonnegative(after, {beta: (sp.Rational(1, 2), sp.oo)}) is None


@pytest.mark.parametrize("axis", [False, True])
def test_large_noise_pattern_crosses_as_proved(axis: bool) -> None:
    """The pattern of the proof (pump u, hold v), simulated in floats at the edge of the proved range."""
    alpha, dim = 0.95, 6
    eta, sigma = alpha / 2, np.sqrt(float(18 / (25 * alpha)) / dim)
    u = np.eye(dim)[0] if axis else np.full(dim, dim**-0.5)
    v, crossed = 0.0, False
    for _ in range(50):
        crossed = crossed or eta * (u @ u + v * v) >= 4
        if not crossed and eta * (u @ u) <= 3:
            assert abs(v) <= sigma * (1 + 1e-12)
        away = -1 if (1 - eta * (u @ u)) * v > 0 else 1
        u, v = _naive(u, v, eta, sigma * np.append(np.where(u >= 0, 1, -1), away))
        if crossed:
            break
    assert crossed


def test_interval_run_against_floats() -> None:
    setting = Setting(alpha=HALF, radius2=Fraction(3), dim=8, sigma2=Fraction(3, 64))
    eta, sigma = float(setting.eta), float(setting.sigma2) ** 0.5
    u, v, step = np.full(8, np.sqrt(3 / 8)), 0.0, 0
    while eta * (u @ u + v * v) < 4:
        u, v = _naive(u, v, eta, np.full(9, sigma))
        step += 1
    crossing = all_plus_crossing(setting)
    assert crossing is not None
    assert crossing.step == step
    assert crossing.energy == pytest.approx(eta * (u @ u + v * v))


def test_interval_run_gives_up_rather_than_guess() -> None:
    assert all_plus_crossing(Setting(HALF, Fraction(1), 8, Fraction(1, 64)), most_steps=3) is None


def test_follow_rejects_what_does_not_fit() -> None:
    case = Setting(alpha=HALF, radius2=Fraction(1), dim=1, sigma2=Fraction(1, 64))
    with pytest.raises(ValueError, match="sigma must be the square root"):
        follow(case, Fraction(1, 4), Fraction(1), [(1, 1)], anticorrelated=False)
    with pytest.raises(ValueError, match="start must satisfy"):
        follow(case, Fraction(1, 8), Fraction(1, 3), [(1, 1)], anticorrelated=False)
    assert not dataclasses.replace(case, sigma2=Fraction(1)).admissible
    assert not dataclasses.replace(case, alpha=Fraction(1)).admissible


def test_plateau_mean_by_quadrature() -> None:
    z = (np.arange(200_000) + 0.5) / 200_000
    for dim in (4, 8, 20):
        density = z ** ((dim - 1) / 2 - 1) * (1 - z) ** 0.5
        mean = 2 * (density @ z) / density.sum()
        expected = valley_plateau.plateau().subs({widening_valley.DIM: dim, widening_valley.ALPHA: 1,
                                                  widening_valley.RADIUS2: 1})  # fmt: skip
        assert 2 * mean == pytest.approx(float(expected), rel=1e-4)


def test_exit_probability_without_valley_would_be_larger() -> None:
    """Dropping v leaves a random walk whose |u|^(2 - d) is a martingale; the valley pulls downwards."""
    free = (0.5 ** (1 - 4) - 1) / (0.5 ** (1 - 4) - 2 ** (1 - 4))
    assert float(valley_plateau.exit_above({"alpha": HALF, "d": sp.Integer(8)})) < free


def test_printed_threshold_fails_where_the_ledger_says() -> None:
    low, _ = valley_surrogate.range_ends()
    alpha, dim = widening_valley.ALPHA, widening_valley.DIM
    for value in (sp.Rational(1, 4), sp.Rational(1, 2), sp.Rational(9, 10)):
        at = {alpha: value, widening_valley.RADIUS2: 1}
        assert low.subs({**at, dim: 4 / value**4}) == 1 / value
        assert low.subs({**at, dim: 2 / value**2}) < 1 / value
