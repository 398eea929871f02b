"""Smoothing, the regularised gradient and example losses: proofs, verdicts, and plain NumPy beside them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import sympy as sp
from proofs import proofs_of

from theory.claims.antipgd import (
    conditional_variance,
    expected_sharpness,
    modified_loss,
    regression_losses,
    regularized_convergence,
    widening_valley_zero,
)
from theory.claims.claim import Claim, Effort, Verdict
from theory.smoothing import descent, expansion, moments, pac_bayes, regression, remainder, variance
from theory.valley import only_v
from theory.verify import verify

BLACKBOARD = (expansion, remainder, variance, descent, regression, pac_bayes, only_v)
LEDGER = (modified_loss, regularized_convergence, conditional_variance, expected_sharpness, regression_losses,
          widening_valley_zero)  # fmt: skip
CLAIMS = [claim for module in LEDGER for claim in module.CLAIMS]


@pytest.mark.parametrize(("module", "name"), proofs_of(BLACKBOARD))
def test_every_proof_runs_to_its_end(module, name: str) -> None:  # type: ignore[no-untyped-def]
    proof = getattr(module, name)()
    assert proof.complete, proof.failed


def test_every_verdict_is_the_recorded_one_and_every_mutant_dies() -> None:
    report = verify(claims=CLAIMS, effort=Effort.DEFAULT, seed=3)
    assert [(e.claim.id, e.verdict, e.finding) for e in report.differing] == []
    assert report.kill_rate == 1.0


def _has_two_values(claim: Claim) -> bool:
    printed = claim.printed
    return callable(printed.left) and printed.right is not None and printed.relation == "=="


@pytest.mark.parametrize(
    "claim", [c for c in CLAIMS if c.recorded is Verdict.CORRECTED and _has_two_values(c)], ids=lambda c: c.id
)
def test_a_printed_form_that_has_values_fails_at_its_example(claim: Claim) -> None:
    sides = claim.printed.sides(claim.example)
    assert sides["left"] != sides["right"]


def test_exact_averages_against_all_signs() -> None:
    point = {moments.X: 0.3, moments.Y: -1.2, moments.SIGMA: 0.7}
    function = sp.lambdify((moments.X, moments.Y), moments.QUARTIC)
    values = [function(0.3 + a * 0.7, -1.2 + b * 0.7) for a, b in itertools.product((-1, 1), repeat=2)]
    mean = moments.mean_of_shift(moments.QUARTIC, moments.rademacher).subs(point)
    assert float(mean) == pytest.approx(np.mean(values))
    found = moments.variance_of_shift(moments.QUARTIC, moments.rademacher).subs(point)
    assert float(found) == pytest.approx(np.var(values))


def test_a_wrong_coefficient_breaks_the_proof_of_the_variance(monkeypatch: pytest.MonkeyPatch) -> None:
    true = variance.variance
    wrong = lambda h, c, m3, m4: true(h, c, m3, m4) + moments.SIGMA**4 * c[0, 1] ** 2  # noqa: E731
    monkeypatch.setattr(variance, "variance", wrong)
    assert not variance.prove_variance.__wrapped__().complete


def test_the_corrected_bound_holds_on_random_runs_and_the_printed_one_does_not() -> None:
    generator, printed_fails = np.random.default_rng(5), 0
    for _ in range(40):
        sigma, steps = generator.uniform(0.05, 0.8), int(generator.integers(1, 60))
        smooth = 2 + sigma**2 / 2
        eta, start = generator.uniform(0.01, 1) / smooth, generator.uniform(-8, 8)
        z, total = np.full(2000, start), 0.0
        for _ in range(steps):
            total += np.mean((z - (1 - sigma**2 / 2) * np.sin(z)) ** 2)
            w = z + sigma * generator.choice((-1.0, 1.0), z.size)
            z = z - eta * (w - np.sin(w))
        gap = start**2 / 2 + (1 - sigma**2 / 2) * (np.cos(start) - 1)
        values = {"Delta": gap, "eta": eta, "N": steps, "d": 1, "beta": 1, "l": 2, "sigma": sigma}
        bound = descent.bound()
        assert total / steps <= float(bound.subs({s: values[s.name] for s in bound.free_symbols}))
        printed_fails += total / steps > gap / steps + (eta * sigma) ** 2 + eta * sigma**3
    assert printed_fails > 10


def test_theorem_2_1_leaves_large_gradients_for_the_printed_schedule() -> None:
    eps = 0.01
    z, total = 1.0, 0.0
    for _ in range(100):  # sigma = 1: the mean square of z is at least its squared mean
        total, z = total + z * z, (1 - eps) * z
    exact = float(descent.quadratic_average(sp.S.One, sp.Rational(1, 100), sp.S.One, sp.S.One, 100))
    assert exact >= total / 100 > 10 * eps


def test_minima_of_the_reduced_loss_have_no_spurious_weight() -> None:
    generator = np.random.default_rng(2)
    c = np.array([1.0, -0.5, 0.0])
    for _ in range(20):
        u, v = generator.normal(size=3), generator.normal()
        for _ in range(20_000):
            u, v = u - 0.02 * (v * v * u - v * c), v - 0.02 * (v * u @ u - u @ c)
        assert v * u == pytest.approx(c, abs=1e-6)
        assert abs(u[2]) < 1e-5


def test_noise_on_v_alone_may_make_u_grow() -> None:
    generator = np.random.default_rng(1)
    u, v = 1.0, 0.0
    for _ in range(5):
        u, v = (1 - v * v) * u, (1 - u * u) * v + generator.choice((-2.0, 2.0))
    assert abs(u) > 27
