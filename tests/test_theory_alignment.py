"""Noise covariance against curvature: proofs, verdicts, and plain NumPy beside them."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from proofs import proofs_of

from theory.alignment import examples, fisher, minibatch, proposition1, proposition3, trace_constraint, two_samples
from theory.claims.anisotropic import (
    eq05_minibatch,
    eq14_trace_constraint,
    proposition1_benefits,
    proposition2_fisher,
    proposition3_alignment,
    toy_examples,
)
from theory.claims.claim import Effort
from theory.verify import verify

BLACKBOARD = (minibatch, trace_constraint, proposition1, fisher, proposition3, examples)
LEDGER = (eq05_minibatch, eq14_trace_constraint, proposition1_benefits, proposition2_fisher, proposition3_alignment,
          toy_examples)  # fmt: skip
CLAIMS = [claim for module in LEDGER for claim in module.CLAIMS]


@pytest.mark.parametrize(("module", "name"), proofs_of(BLACKBOARD))
def test_every_proof_runs_to_its_end(module, name: str) -> None:  # type: ignore[no-untyped-def]
    proof = getattr(module, name)()
    assert proof.complete, proof.failed


def test_every_verdict_is_the_recorded_one_and_every_mutant_dies() -> None:
    report = verify(claims=CLAIMS, effort=Effort.DEFAULT, seed=3)
    assert [(e.claim.id, e.verdict, e.finding) for e in report.differing] == []
    assert report.kill_rate == 1.0


def test_proposition_1_bounds_on_random_spectra() -> None:
    generator = np.random.default_rng(1)
    for _ in range(3000):
        dim = int(generator.integers(3, 60))
        k, decay = int(generator.integers(1, dim)), generator.uniform(0.5, 3)
        top = np.sort(generator.random(k))[::-1] * generator.uniform(0.1, 5)
        lam = np.concatenate([top, generator.random(dim - k) * top[0] * dim**-decay * 0.999])
        noise = generator.random(dim) ** generator.integers(1, 6)
        a = noise[0] * lam.sum() / (lam[0] * noise.sum())
        ratio = (lam @ noise) / (noise.sum() * lam.sum() / dim)
        at = {"D": dim, "k": k, "d": decay, "a": a}
        bound = float(proposition1.bound().subs({s: at[s.name] for s in proposition1.bound().free_symbols}))
        assert bound <= ratio * (1 + 1e-12)
        assert a * dim ** min(2 * decay - 1, 1) / (k + 1) ** 2 <= ratio * (1 + 1e-12)
        assert ratio <= dim * (1 + 1e-12)


def _quotient(w: np.ndarray, inputs: np.ndarray) -> float:
    """u^T Sigma u Tr H / (lambda Tr Sigma) of one ReLU unit below the clip, labels 1."""
    slopes = inputs * ((inputs @ w > 0.1) & (inputs @ w < 0.9))[:, None]
    gradients = (inputs @ w - 1)[:, None] * slopes
    hessian = slopes.T @ slopes / len(inputs)
    values, vectors = np.linalg.eigh(hessian)
    sigma = np.cov(gradients.T, bias=True)
    u = vectors[:, -1]
    return float(u @ sigma @ u * np.trace(hessian) / (values[-1] * np.trace(sigma)))


def test_proposition_3_fails_near_the_clip_on_open_sets() -> None:
    generator, inputs = np.random.default_rng(2), np.array([[2.0, 1.0], [2.0, -1.0]])
    for radius in (1e-2, 1e-4, 1e-6):
        near = [np.array([0.45 - radius, 1e-3 * radius * generator.uniform(-1, 1)]) for _ in range(50)]
        assert max(_quotient(w, inputs) for w in near) < 1e-3 * radius


def test_proposition_3_as_corrected_on_random_affine_networks() -> None:
    generator, tried = np.random.default_rng(3), 0
    while tried < 2000:
        n, p = int(generator.integers(2, 6)), int(generator.integers(1, 4))
        slopes, delta = generator.normal(size=(n, p)), generator.uniform(0.02, 0.4)
        residuals = generator.uniform(delta, 1 - delta, n) * generator.choice((-1, 1), n)
        slopes[-1] = -(residuals[:-1] @ slopes[:-1]) / residuals[-1]  # theta* = 0 is stationary
        hessian = slopes.T @ slopes / n
        values, vectors = np.linalg.eigh(hessian)
        share, x = generator.random(), generator.normal(size=p)
        x *= generator.random() * np.sqrt(share * delta**2 / values[-1]) / np.linalg.norm(x)
        moved = residuals + slopes @ x
        if np.abs(moved).min() < delta:
            continue
        tried += 1
        sigma, u = np.cov((moved[:, None] * slopes).T, bias=True).reshape(p, p), vectors[:, -1]
        a = (1 - share) * delta**2 / np.abs(moved).max() ** 2
        assert u @ sigma @ u >= a * values[-1] * np.trace(sigma) / np.trace(hessian) - 1e-12


def test_two_samples_in_closed_form_against_numpy() -> None:
    parts, rng = two_samples.two_samples(), np.random.default_rng(6)
    names = [*two_samples.SLOPES, *two_samples.SIGNS, *two_samples.SHARES, fisher.DELTA, fisher.EPS]
    closed = sp.lambdify(names, [parts.along_fisher, parts.along_noise, parts.trace_fisher, parts.trace_noise,
                                 parts.squared_gradient, parts.top, parts.trace_hessian])  # fmt: skip
    for _ in range(20):
        slopes, signs, shares = rng.normal(size=(2, 2)), rng.choice([-1.0, 1.0], 2), rng.uniform(size=2)
        delta, epsilon = rng.uniform(0.01, 0.5, 2)
        gradients = (signs * (delta + epsilon * shares))[:, None] * slopes
        values, vectors = np.linalg.eigh(slopes.T @ slopes / 2)
        noise, second, u = np.cov(gradients.T, bias=True), gradients.T @ gradients / 2, vectors[:, 1]
        mean = gradients.mean(axis=0)
        expected = [u @ second @ u, u @ noise @ u, np.trace(second), np.trace(noise), mean @ mean, *values[1:],
                    values.sum()]  # fmt: skip
        assert closed(*slopes.ravel(), *signs, *shares, delta, epsilon) == pytest.approx(expected)


def test_escape_chances_at_an_isotropic_minimum_by_sampling() -> None:
    z = np.random.default_rng(8).standard_normal((400_000, 2))
    for rank_one, loss in ((True, z[:, 0] ** 2), (False, (z**2).sum(axis=1) / 2)):
        chance = float(trace_constraint.escape_chance(sp.Integer(4), rank_one))
        assert abs(np.mean(loss >= 4) - chance) < 5 * np.sqrt(chance / len(z))


def test_the_population_hessian_has_a_share_of_the_kinks() -> None:
    grid = np.linspace(1, 2, 400_001)

    def loss(w: float) -> float:
        return float(np.mean((np.minimum(w * grid, 0.9) - 1) ** 2) / 2)

    w, h = 0.85, 1e-3
    second = (loss(w + h) - 2 * loss(w) + loss(w - h)) / h**2
    derived, _, outer = fisher.population()
    assert second == pytest.approx(float(sp.diff(derived, fisher.W, 2).subs(fisher.W, w)), rel=1e-3)
    assert second > 1.5 * float(outer.subs(fisher.W, w))


@pytest.mark.parametrize("replacement", [True, False])
def test_minibatch_covariance_against_numpy(replacement: bool) -> None:
    full = np.cov(np.array(minibatch.GRADIENTS, float).T, bias=True)
    factor = 1 / 2 if replacement else 2 / (2 * 3)
    found = np.array(minibatch.enumerated(minibatch.GRADIENTS, 2, replacement)[1], float)
    assert found == pytest.approx(full * factor)


def test_parameter_counts_against_array_shapes() -> None:
    lenet = [(10, 1, 5, 5), (10,), (10, 10, 5, 5), (10,), (50, 160), (50,), (10, 50), (10,)]
    assert sum(int(np.prod(shape)) for shape in lenet) == examples.lenet() == 11330
    channels = (3, 64, 128, 256, 256, 512, 512, 512, 512)
    vgg = [shape for a, b in zip(channels, channels[1:]) for shape in ((b, a, 3, 3), (b,))]  # noqa: RUF007
    vgg += [(512, 512), (512,), (512, 512), (512,), (10, 512), (10,)]
    assert sum(int(np.prod(shape)) for shape in vgg) == examples.vgg11(512) == 9750922
