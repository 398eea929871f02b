"""The label-noise entries: every proof and counterexample holds, and numbers made otherwise agree with them."""

from __future__ import annotations

import random

import numpy as np
import pytest
import sympy as sp

from theory.claims import registry
from theory.claims.claim import Claim, Verdict
from theory.claims.labelnoise.index import EQUATIONS, INDEX
from theory.label_noise import momentum, orders

CLAIMS = [claim for claim in registry.ledger() if claim.paper == "labelnoise"]
FALSE = (Verdict.CORRECTED, Verdict.REFUTED)


@pytest.mark.parametrize("claim", [pytest.param(c, id=c.id) for c in CLAIMS])
def test_every_step_holds(claim: Claim) -> None:
    derivation = claim.derive()
    for proof in (derivation.proof, derivation.counterexample):
        assert proof is None or proof.complete, [(step.what, step.shown) for step in proof.failed]
    assert (derivation.counterexample is not None) == (claim.recorded in FALSE)


@pytest.mark.parametrize("paper", ["nso", "labelnoise"])
def test_examples_and_samples_lie_in_their_domains(paper: str) -> None:
    for claim in registry.ledger():
        if claim.paper == paper and claim.domain is not None:
            points = [claim.example]
            if claim.sample is not None:
                points += [claim.sample(random.Random(seed)) for seed in range(5)]
            assert not [point for point in points if point not in claim.domain], claim.id


def test_index_names_every_equation_and_every_entry() -> None:
    covered = {entry for value in INDEX.values() if not isinstance(value, str) for entry in value}
    assert covered <= {claim.id for claim in CLAIMS}
    assert {claim.id for claim in CLAIMS if not claim.new} <= covered
    assert EQUATIONS == 282


@pytest.mark.parametrize("s", [0.9, 0.1, 0.01])
def test_the_descent_lemma_needs_more_than_the_gauss_newton_bound(s: float) -> None:
    """f - y = s + sin(theta): a step of gradient descent ends above the printed bound and below the corrected one."""
    eta, theta = 0.3, -np.arcsin(s / 4)
    level = lambda at: (s + np.sin(at)) ** 2 / 2  # noqa: E731
    slope = (s + np.sin(theta)) * np.cos(theta)
    after = level(theta - eta * slope)

    def bound(ell: float) -> float:
        return float(level(theta) - eta * slope**2 + eta**2 * ell / 2 * slope**2)

    assert after > bound(1.0) + 1e-3 * eta**2 * slope**2 * s**2
    assert after <= bound(1.0 + np.sqrt(2 * level(theta)))


def test_a_lipschitz_hessian_gives_no_second_order_expansion() -> None:
    """f - y = 1 + |theta|^3/6: the Hessian of L has slopes 1 and -1 beside 0."""
    level = sp.Lambda(sp.Symbol("x"), (1 + sp.Abs(sp.Symbol("x")) ** 3 / 6) ** 2 / 2)
    h = sp.Rational(1, 100)

    def hessian(at: sp.Expr) -> float:
        return float((level(at + h / 100) - 2 * level(at) + level(at - h / 100)) / (h / 100) ** 2)

    right, left = (hessian(sign * h) / float(sign * h) for sign in (1, -1))  # the Hessian is 0 at 0
    assert right == pytest.approx(1, rel=1e-3)
    assert left == pytest.approx(-1, rel=1e-3)


def test_steps_times_level_grow_without_the_step_size() -> None:
    """T L at eta = lambda grows as lambda falls where delta < 1/2; eta T sqrt(L) falls."""
    values = {orders.C: 3, orders.LOG: 1, orders.NU: sp.Rational(1, 2), orders.N: 1, orders.D_: 1,
              orders.DELTA: sp.Rational(1, 4)}  # fmt: skip
    printed = (orders.STEPS * orders.LEVEL).subs(values)
    right = (orders.ETA * orders.STEPS * sp.sqrt(orders.LEVEL)).subs(values)
    numbers = [
        [float(form.subs({orders.ETA: lam, orders.LAM: lam})) for lam in (1e-4, 1e-8, 1e-12)]
        for form in (printed, right)
    ]
    assert numbers[0][0] < numbers[0][1] < numbers[0][2]
    assert numbers[1][0] > numbers[1][1] > numbers[1][2]


@pytest.mark.parametrize("seed", range(20))
def test_contraction_with_the_constants_of_lemma_10_and_13(seed: int) -> None:
    """Random gradients in four dimensions, eta up to (2 - nu)/ell."""
    generator = np.random.default_rng(seed)
    n, nu, tau = int(generator.integers(1, 6)), generator.uniform(0.01, 0.99), int(generator.integers(1, 40))
    gradients = generator.standard_normal((n, 4)) * generator.uniform(0.1, 3, (n, 1))
    gram = gradients.T @ gradients / n
    eta = (2 - nu) / (gradients**2).sum(axis=1).max() * generator.choice([1.0, generator.uniform(0.01, 1)])
    keep = np.eye(4) - eta * gram
    assert np.linalg.norm(np.linalg.matrix_power(keep, tau) @ gram, 2) <= 1 / (eta * nu * tau)
    squares = [
        max((np.linalg.matrix_power(keep, k) @ g) @ (np.linalg.matrix_power(keep, k) @ g) for g in gradients)
        for k in range(tau)
    ]
    assert sum(squares) <= n * np.linalg.matrix_rank(gram) / (eta * nu) * (1 + 1e-9)


@pytest.mark.parametrize("k", range(6))
def test_powers_of_the_momentum_block(k: int) -> None:
    """The corrected Proposition 19, for k = 0 too, where the printed one fails."""
    eta, g, beta = sp.Rational(1, 3), sp.Integer(2), sp.Rational(1, 4)
    block = momentum.block(eta, g, beta)
    trace = block.trace()
    now, after = (momentum.homogeneous(j, trace, beta) for j in (k, k + 1))
    assert block**k == sp.Matrix([[after, -beta * now], [now, after - trace * now]])
    before = momentum.homogeneous(k - 1, trace, beta) if k else sp.S.Zero
    assert (after - trace * now == -beta * before) == (k > 0)
