"""Rung b, for every part that a rule can have: every landscape under every rule that applies to it.

Compared trajectory by trajectory with the naive reference on the same streams, 50 steps, to 1e-10. A kernel compiles
for seconds and there are hundreds of combinations, so two passes share the work:

- without JIT, all of `matrix_cases.CASES`: the same source as is compiled, with NumPy arrays as lanes;
- compiled, `matrix_cases.covering`: every landscape under an oracle, and the code of every part of a rule (each
  replacement, kind of label noise, displacement and covariance) somewhere. Plain injected noise of both laws is
  compiled in `test_kernels` on its landscapes, and the draws of every law in `test_draws`.

A landscape that joins `cases.LANDSCAPES` takes part by itself, see `matrix_landscapes`. That gradients and Hessians are
those of a SymPy twin and of finite differences is in `test_landscapes`.
"""

import inspect

import naive
import naive_rules
import numpy as np
import pytest
from conftest import NOJIT
from matrix_cases import CASES, RULES, SHOWN, STEPS, covering
from matrix_landscapes import LANDSCAPES

import toylands as tl
from toylands import catalogue, dynamics
from toylands.landscapes import ScalarFactorization

pytestmark = pytest.mark.nojit
COUNT, TOLERANCE = 8 if NOJIT else 9, 1e-10
COMPILED = covering()


def engine_and_naive(landscape_name, rule_name, **otherwise):
    """Both paths; ``otherwise``: what the naive reference is told wrongly, as part=(setting, value)."""
    seed, who = 7000 + list(RULES).index(rule_name), range(COUNT)
    landscape, problem, start, eta = LANDSCAPES[landscape_name](seed, who)
    start = np.asarray(start) + 0.1 * np.random.default_rng(seed).uniform(-1, 1, size=(COUNT, len(start)))
    case = RULES[rule_name](eta, landscape.size)
    paths = tl.sample_paths(landscape, case.rule, start=start, steps=STEPS, count=COUNT, seed=seed)
    step, oracle, covariance = {"eta": eta, "seed": seed, **case.step}, case.oracle, case.covariance
    for part, (setting, value) in otherwise.items():
        told = {"step": step, "oracle": oracle, "covariance": covariance}[part]
        assert told.get(setting) != value
        told[setting] = value
    gradient = problem.gradient if oracle is None else naive_rules.oracle(problem, seed, who, **oracle)
    if covariance is not None:
        step["factor"] = naive_rules.state_factor(problem, **covariance)
    return paths, naive.simulate(gradient, start, STEPS, who, **step)


def furthest(paths, expected):
    """The largest deviation, in units of the tolerance."""
    assert paths.shape == expected.shape
    assert np.isfinite(expected).all()
    scale = np.abs(expected).max()
    assert 0.1 < scale < 10
    return (np.abs(paths - expected) / (TOLERANCE * (scale + np.abs(expected)))).max()


@pytest.mark.parametrize(("landscape_name", "rule_name"), CASES if NOJIT else COMPILED)
def test_paths_are_the_naive_ones(landscape_name, rule_name):
    assert furthest(*engine_and_naive(landscape_name, rule_name)) <= 1.0


MUTANTS = [
    ("two basins", "sgd in epochs", {"oracle": ("replacement", "without")}),
    ("two basins", "random_sam", {"oracle": ("spread", 0.1 + 1e-8)}),
    ("two basins", "gld_leading of 1", {"covariance": ("rank", 2)}),
    ("classification", "nso, clipped", {"oracle": ("bounds", 0.05 + 1e-8)}),
    ("wave", "two points and the Hessian", {"covariance": ("refresh", 2)}),
    ("wave", "two points and the Hessian", {"covariance": ("trace", 0.04 * (1 + 1e-7))}),
    ("wave", "label noise", {"oracle": ("shared", True)}),
    ("logistic", "label flips", {"oracle": ("label_scale", 0.31)}),
    ("classification", "flips, uphill", {"covariance": ("batch", 3)}),
    ("regression", "label noise, uphill", {"covariance": ("batch", 5)}),
    ("regression", "label noise, uphill", {"oracle": ("label_scale", 0.5 + 1e-8)}),
    ("sensing", "label noise, displaced", {"oracle": ("law", "laplace")}),
    ("bowl", "two points and the Hessian", {"step": ("kappa", 0.5 + 1e-7)}),
    ("cycling", "euler_maruyama", {"step": ("sigma", 0.3162)}),
    ("product", "correlated_pgd, gaussian", {"step": ("stationary", False)}),
]


@pytest.mark.skipif(not NOJIT, reason="would compile kernels that nothing else uses")
@pytest.mark.parametrize(("landscape_name", "rule_name", "wrong"), MUTANTS)
def test_the_comparison_notices(landscape_name, rule_name, wrong):
    """Other rules, and settings off by 1e-7 of their value: so little is enough to fail."""
    assert furthest(*engine_and_naive(landscape_name, rule_name, **wrong)) > 10.0


def test_everything_shipped_is_in_the_matrix():
    """A new landscape joins with an entry in `cases.LANDSCAPES`, a new preset with one in a table of rules."""
    assert set(catalogue.landscape_classes()) <= {type(landscape) for landscape, *_ in SHOWN.values()}
    presets = {name for name in dynamics.__all__ if inspect.isfunction(getattr(dynamics, name))}
    assert presets <= {rule(0.1, 1).rule.name for rule in RULES.values()} | {"exact_ornstein_uhlenbeck"}  # test_kernels
    assert {rule for _, rule in CASES} == set(RULES)


def test_the_compiled_cases_have_every_landscape():
    assert {landscape for landscape, _ in COMPILED} == set(LANDSCAPES)
    assert len(COMPILED) < 8 + len(LANDSCAPES)  # seconds of compilation each


def test_every_landscape_meets_both_laws_of_noise():
    for name in LANDSCAPES:
        rules = {rule for landscape, rule in CASES if landscape == name}
        assert {f"pgd, {law}" for law in ("rademacher", "gaussian")} <= rules


def test_a_hessian_by_complex_steps():
    problem, w = LANDSCAPES["factorization"](0, [0])[1], np.array([[0.9, -0.7], [2.0, 0.1]])
    toy = SHOWN["factorization"][0]
    assert isinstance(toy, ScalarFactorization)
    np.testing.assert_allclose(problem.hessian(w), [toy.hessian(row) for row in w], rtol=1e-13)
