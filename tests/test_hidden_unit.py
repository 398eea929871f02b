"""One hidden unit with spurious features, and its reduced loss: the truths of antipgd, Section 3.4.

Gradients, Hessians and losses against twins and finite differences are in `test_landscapes`; paths under every kind of
rule against the naive reference in `test_kernels` and `test_matrix`.
"""

import numpy as np
import pytest
import sympy as sp

import toylands as tl
from theory.smoothing import regression
from toylands import dynamics
from toylands.landscapes import HiddenUnit, ReducedHiddenUnit, WideningValley

pytestmark = pytest.mark.nojit
SPREADS = [pytest.param(3.0, id="far"), pytest.param(0.5, id="near"), pytest.param(1e-3, id="at the saddle")]


def points(size, spread=2.0, count=8):
    return np.random.default_rng(3).uniform(-spread, spread, size=(count, size))


def test_the_reduced_loss_is_the_loss_on_isotropic_inputs():
    network = HiddenUnit.random(12, 2, 3, label_noise=0.7, seed=4)
    design, targets = network.design, network.targets
    np.testing.assert_allclose(design.T @ design / 12, np.eye(5), atol=1e-14)
    np.testing.assert_allclose(design[:, 2:].T @ targets, 0.0, atol=1e-13)
    reduced, w = network.reduced(), points(6)
    np.testing.assert_allclose(network.loss(w) - np.mean(targets**2) / 2, reduced.loss(w), atol=1e-13)
    np.testing.assert_allclose(network.reduced_loss(w), reduced.loss(w), atol=1e-13)
    np.testing.assert_allclose(network.gradient(w), reduced.gradient(w), atol=1e-13)
    gaussian = HiddenUnit.random(12, 2, 3, isotropic=False, seed=4)
    assert np.abs(gaussian.gradient(w) - gaussian.reduced().gradient(w)).max() > 0.1


def test_the_spurious_part_is_the_widening_valley():
    valley = WideningValley(3)
    for network in (HiddenUnit.random(7, 2, 3), ReducedHiddenUnit([1.0, -2.0], 3)):
        for w in points(6):
            assert network.effective_loss(w) == pytest.approx(valley.loss(w[2:]), rel=1e-13)
            assert network.sq_norm_spurious(w) == pytest.approx(valley.sq_norm_u(w[2:]), rel=1e-13)
            assert network.sq_v(w) == valley.sq_v(w[2:])
            idle = np.r_[0.0, 0.0, w[2:]]  # no relevant weights: nothing but the valley acts on the spurious ones
            np.testing.assert_allclose(
                ReducedHiddenUnit([1.0, -2.0], 3).gradient(idle)[2:5], valley.gradient(w[2:])[:3]
            )


def test_the_twins_are_the_ledgers():
    """`theory.smoothing.regression` expands Eq. 15 and Eq. 18 for the same data."""
    design, targets = regression.isotropic_example()
    network = HiddenUnit(np.array(design, float), np.array(targets, float).ravel(), relevant=2)
    w = sp.Matrix([*regression.U]), regression.V
    ledger = regression.one_unit_loss(design, targets, *w)
    reduced = regression.reduced(sp.S.One).subs(dict(zip(regression.COR, design.T * targets / 4)))
    for landscape, formula in ((network, ledger), (network.reduced(), reduced)):
        value = sp.lambdify([(*regression.U, regression.V)], formula)
        for point in points(4):
            assert landscape.loss(point) == pytest.approx(float(value(point)), rel=1e-12)


def hyperbola_distance(w, product):
    """By brute force: every v of a fine grid, then every v of a finer one about the best."""
    grid = np.concatenate([-np.geomspace(1e-6, 1e3, 40001), np.geomspace(1e-6, 1e3, 40001)])
    for _ in range(3):
        square = ((w[:-1, None] - product[:, None] / grid) ** 2).sum(axis=0) + (w[-1] - grid) ** 2
        best = grid[np.argmin(square)]
        grid = best * np.linspace(0.999, 1.001, 40001) if np.ptp(grid / best) > 1 else best + 1e-3 * (grid - best)
    return np.sqrt(square.min())


@pytest.mark.parametrize("spread", SPREADS)
def test_the_distance_to_the_hyperbola_of_minima(spread):
    network = HiddenUnit.random(9, 2, 2, label_noise=0.5, isotropic=False, seed=8)
    for w in [
        *points(5, spread),
        np.array([0.0, 0.0, 0.0, 0.0, 2.0 * spread]),
        np.array([*network.best, 0.0]) * spread,
    ]:
        assert network.distance_to_minimisers(w) == pytest.approx(hyperbola_distance(w, network.best), rel=1e-7)


def test_the_minima():
    for network in (
        HiddenUnit.random(9, 2, 2, label_noise=0.5, isotropic=False, seed=8),
        ReducedHiddenUnit([1.0, -2.0], 2),
    ):
        for v in (0.3, -2.0, 40.0):
            w = network.minimiser(v)
            assert np.abs(network.gradient(w)).max() < 1e-12
            assert network.distance_to_minimisers(w) < 1e-13
            assert network.loss(points(5, 3.0, 300)).min() > network.loss(w)
        flattest = network.flattest()
        traces = [network.hessian_trace(network.minimiser(factor * flattest[-1])) for factor in (0.99, 1.0, 1.01)]
        assert traces[1] < min(traces[0], traces[2])
    nothing = HiddenUnit([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], relevant=1)
    for w in points(3):
        assert nothing.distance_to_minimisers(w) == pytest.approx(min(np.linalg.norm(w[:2]), abs(w[2])), rel=1e-12)
    assert nothing.loss(nothing.flattest()) == 0.0


def test_fewer_data_than_features_leave_the_minima_unknown():
    network = HiddenUnit.random(2, 1, 3, isotropic=False)
    assert network.loss(network.minimiser(0.5)) == pytest.approx(0.0, abs=1e-28)
    with pytest.raises(AttributeError, match="no distance_to_minimisers"):
        network.distance_to_minimisers


def test_held_out_points():
    network = HiddenUnit.random(8, 2, 3, test_samples=11, label_noise=0.4, seed=2)
    for w in points(6):
        for loss, inputs, targets in (
            (network.loss, network.design, network.targets),
            (network.test_loss, network.test_design, network.test_targets),
        ):
            assert loss(w) == pytest.approx(np.mean((targets - w[5] * inputs @ w[:5]) ** 2) / 2, rel=1e-12)
    assert network.test_loss([1.0, 1.0, 0.0, 0.0, 0.0, 1.0]) == pytest.approx(0.0, abs=1e-28)


def test_a_step_shrinks_the_spurious_weights():
    """By 1 - eta v^2 exactly, on isotropic inputs; the valley's floor, where they would stay, is no minimum here."""
    network, eta = HiddenUnit.random(20, 2, 3, seed=5), 0.1
    start = network.suggested()["start"]
    path = tl.sample_paths(network, dynamics.gd(eta), start=start, steps=400, count=1)[:, 0]
    np.testing.assert_allclose(path[1:, 2:5], path[:-1, 2:5] * (1 - eta * path[:-1, 5:] ** 2), atol=1e-14)
    assert network.sq_norm_spurious(path[-1]) < 1e-10 < 1.0 < network.sq_norm_spurious(path[0])
    assert network.distance_to_minimisers(path[-1]) < 1e-6


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: HiddenUnit([1.0], [1.0], 1), "design must be a matrix"),
        (lambda: HiddenUnit([[1.0]], [1.0, 2.0], 1), "targets must be a vector of 1"),
        (lambda: HiddenUnit([[1.0]], [1.0], 2), "relevant = 2 must be at most the 1 features"),
        (lambda: HiddenUnit([[1.0]], [1.0], 1, [[1.0]]), "test_design needs test_targets"),
        (lambda: HiddenUnit([[1.0]], [1.0], 1, None, [1.0]), "test_targets need a test_design"),
        (lambda: HiddenUnit([[1.0]], [1.0], 1, [[1.0, 2.0]], [1.0]), "test_design has 2 columns"),
        (lambda: HiddenUnit.random(4, 2, 3), "samples = 4 must be at least the 5 features"),
        (lambda: HiddenUnit.random(4, 1, 1).minimiser(0.0), "v must not be 0"),
        (lambda: ReducedHiddenUnit([np.inf], 1), "correlations"),
        (lambda: ReducedHiddenUnit([1.0], -1), "spurious must be an integer >= 0"),
    ],
)
def test_bad_input_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()
