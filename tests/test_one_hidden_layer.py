"""The network with one hidden layer: data point by data point, its observables, and what anisotropic says of it."""

import naive_toys
import numpy as np
import pytest
from conftest import NOJIT
from data_points import assert_samples, points

import toylands as tl
from toylands import dynamics
from toylands.landscapes import OneHiddenLayer
from toylands.landscapes.one_hidden_layer import ACTIVATIONS
from toylands.simd import LANES

pytestmark = pytest.mark.nojit


@pytest.mark.parametrize(("dim", "width", "delta"), [(1, 3, 0.0), (4, 1, 0.1), (9, 5, 0.001)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_each_data_point_of_the_network(activation, dim, width, delta):
    network = OneHiddenLayer.random(6, dim, width, activation, delta, seed=3)
    sample = naive_toys.network_sample(network.design, network.targets, network.output, activation, delta)
    found = network.gradient(points(network.size))
    assert (found != 0).any(axis=1).sum() > 2  # elsewhere all outputs are cut off
    assert_samples(network, sample, np.array([1.0, -1.0] * (LANES // 2)))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_network_observables(activation):
    network = OneHiddenLayer.random(60, 2, 3, activation, 0.1, test_samples=40, seed=4)
    for w in points(network.size):
        for design, targets, loss, accuracy in (
            (network.design, network.targets, network.loss, network.accuracy),
            (network.test_design, network.test_targets, network.test_loss, network.test_accuracy),
        ):
            z = design @ w.reshape(3, 3).T
            f = (np.tanh(z) if activation == "tanh" else np.maximum(z, 0)) @ network.output
            assert loss(w) == pytest.approx(np.mean((np.clip(f, 0.1, 0.9) - targets) ** 2), rel=1e-12)
            assert accuracy(w) == pytest.approx(np.mean((f > 0.5) == (targets == 1)), rel=1e-14)
            if loss is network.loss:
                assert network.fitted(w) == pytest.approx(np.mean(np.abs(np.clip(f, 0.1, 0.9) - targets) < 0.1001))
        assert network.loss(w) >= 0.01
        assert network.sq_norm(w) == pytest.approx(w @ w, rel=1e-13)


def test_the_network_of_appendix_b():
    """anisotropic, Eq. 86, and minima that are a whole region."""
    network = OneHiddenLayer.one_data_point()
    assert network.loss([[1, 0], [0, 1], [0.5, 0.5]]) == pytest.approx([0.01, 0.81, 0.81])
    assert network.loss([1, 0]) / 2 + network.loss([0, 1]) / 2 < network.loss([0.5, 0.5])
    minima = [[0.95, 0.0], [3.0, -1.0], [2.0, 0.5]]
    assert network.fitted(minima).tolist() == [1.0, 1.0, 1.0]
    assert network.fitted([0.85, 0.0]) == 0.0
    assert not network.gradient(minima).any()
    assert network.gradient([0.5, -1.0]).tolist() == [2 * (0.5 - 1.0), 0.0]
    assert network.hessian([0.5, 0.2]).tolist() == [[2.0, -2.0], [-2.0, 2.0]]


def test_separable_points_can_all_be_fitted():
    """Units with positive output look along the separating direction, the others at nothing."""
    network = OneHiddenLayer.random(200, 2, 6, seed=5)
    direction = np.random.default_rng(5).normal(size=2)
    rows = np.where(network.output[:, None] > 0, [*(1e4 * direction), 0.0], 0.0)
    assert network.fitted(rows.ravel()) == network.accuracy(rows.ravel()) == 1.0
    assert network.loss(rows.ravel()) == pytest.approx(network.delta**2, rel=1e-9)
    assert not network.gradient(rows.ravel()).any()


def test_fisher_matrix_of_the_network_lies_between_its_bounds():
    """anisotropic, Proposition 2, for the loss of Eq. 19: 2 delta^2 H <= F <= 2 e^2 H; not without the last 2."""
    network = OneHiddenLayer.random(40, 2, 4, delta=0.05, seed=6)
    sample = naive_toys.network_sample(network.design, network.targets, network.output, "relu", 0.05)
    as_printed = []
    for w in points(network.size, 6):
        slopes = np.array([sample(w, i, 1.0) for i in range(40)])
        fisher, hessian = slopes.T @ slopes / 40, network.hessian(w)
        f = np.maximum(network.design @ w.reshape(4, 3).T, 0) @ network.output
        error = np.abs(f - network.targets)[(f > 0.05) & (f < 0.95)].max()
        assert np.linalg.eigvalsh(fisher - 2 * 0.05**2 * hessian).min() > -1e-14
        assert np.linalg.eigvalsh(2 * error**2 * hessian - fisher).min() > -1e-14
        as_printed.append(np.linalg.eigvalsh(error**2 * hessian - fisher).min())
    assert max(as_printed) < -1e-3


@pytest.mark.skipif(NOJIT, reason="millions of data points")
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_mini_batches_train_the_network(activation):
    """From 7 in 10 right to 98 in 100 or more, also of the points that were not trained on."""
    network = OneHiddenLayer.random(100, 2, 8, activation, test_samples=200, seed=7)
    settings = network.suggested()
    record = tl.record(network.accuracy, network.test_accuracy, network.loss, at=[0, 2000])
    rule = dynamics.sgd(settings["eta"], settings["batch_size"])
    run = tl.simulate(network, rule, start=settings["start"], steps=2000, trajectories=32, record=record, seed=8)
    for name in ("accuracy", "test_accuracy"):
        assert run[name].mean[0] < 0.8
        assert run[name].mean[-1] > 0.95
    assert run["loss"].mean[-1] < 0.2 * run["loss"].mean[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1.0]], [-1.0], [1.0]), "targets must be 0 or 1, got -1.0"),
        (([[1.0], [2.0]], [1.0], [1.0]), "targets"),
        (([[1.0]], [1.0], []), "output"),
        (([[1.0]], [1.0], [1.0], "step"), "activation must be one of"),
        (([[1.0]], [1.0], [1.0], "relu", 0.5), "delta"),
        (([[1.0]], [1.0], [1.0], "relu", 0.1, [[1.0]], [2.0]), "test_targets must be 0 or 1, got 2.0"),
        (([[1.0]], [1.0], [1.0], "relu", 0.1, [[1.0, 2.0]], [0.0]), "test_design has 2 columns, but design has 1"),
    ],
)
def test_the_network_refuses_bad_data(arguments, message):
    with pytest.raises(ValueError, match=message):
        OneHiddenLayer(*arguments)
