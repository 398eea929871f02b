"""Landscapes of the papers' proofs: data point by data point against hand-written gradients, and their own truths."""

import naive_toys
import numpy as np
import pytest
from conftest import NOJIT

import toylands as tl
from toylands import dynamics
from toylands.landscapes import Cycling
from toylands.observables import python_body
from toylands.simd import LANES, LaneView

pytestmark = pytest.mark.nojit


def points(size, count=LANES, spread=2.0):
    return np.random.default_rng(11).uniform(-spread, spread, size=(count, size))


def sampled(landscape, w, index, label):
    """``sample_gradient`` at one point a lane, index and label a lane's own or the same for all."""
    kernels, p = landscape.kernels, landscape.parameters
    out = np.zeros((landscape.size + kernels.working_memory(p), LANES))
    view = LaneView(np.ascontiguousarray(w.T))
    python_body(kernels.sample_gradient)(view, index, np.broadcast_to(label, LANES), 1.0, LaneView(out), p)
    return out[: landscape.size].T


def assert_samples(landscape, naive_sample, labels):
    """``naive_sample(w, i, label)`` for one point and one data point; an index for all lanes, then one a lane."""
    w, count = points(landscape.size), python_body(landscape.kernels.samples)(landscape.parameters)
    for i in range(count):
        expected = [naive_sample(row, i, label) for row, label in zip(w, labels)]
        np.testing.assert_allclose(sampled(landscape, w, i, labels), expected, rtol=1e-12, atol=1e-12)
    for first in range(count):
        own = (np.arange(LANES, dtype=np.uint64) + np.uint64(first)) % np.uint64(count)
        expected = [naive_sample(row, int(i), label) for row, i, label in zip(w, own, labels)]
        np.testing.assert_allclose(sampled(landscape, w, own, labels), expected, rtol=1e-12, atol=1e-12)


# --- cycling ----------------------------------------------------------------------------------------------------------


def test_each_of_the_thirteen_functions():
    def sample(w, i, label):
        value, slope = naive_toys.cycling_models(w[None])[i]
        return ((value - label)[:, None] * slope)[0]

    assert_samples(Cycling(), sample, np.linspace(-1.0, 1.0, LANES))
    w = points(6)
    np.testing.assert_allclose(Cycling().gradient(w), naive_toys.cycling_gradient(w, 0), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("angle", [-3.0, -0.7, 0.0, 1.1, 2.5, np.pi])
def test_the_circle_of_minima(angle):
    landscape = Cycling()
    w = landscape.minimiser(angle)
    assert np.abs(landscape.gradient(w)).max() < 1e-16
    assert np.linalg.eigvalsh(landscape.hessian(w)).min() > -1e-15
    assert landscape.loss(w) == pytest.approx(4 / 13, rel=1e-15)
    assert landscape.angle(w) == pytest.approx(angle, abs=1e-15)
    assert landscape.angle(3.0 * w) == pytest.approx(angle, abs=1e-15)
    assert landscape.radius(3.0 * w) == pytest.approx(3.0, rel=1e-15)
    assert [landscape.x(w), landscape.y(w)] == w[:2].tolist()


def test_no_point_of_the_cycling_landscape_is_lower_than_the_circle():
    w = points(6, 4000)
    assert Cycling().loss(w).min() > 4 / 13
    assert [Cycling().observables[f"sq_z{k}"](w[0]) for k in (1, 2, 3, 4)] == (w[0, 2:] ** 2).tolist()


def test_the_drift_is_that_of_the_blackboard():
    """`theory.label_noise.cycling` derives it from the functions themselves."""
    import sympy as sp

    from theory.label_noise import cycling

    exact = sp.lambdify((cycling.X, cycling.Y), cycling.drift())
    angles = np.linspace(-3.0, 3.0, 25)
    found = Cycling().drift(angles)
    np.testing.assert_allclose(found, [exact(np.cos(t), np.sin(t)) for t in angles], rtol=1e-12)
    assert found.min() > 0
    assert 79 < Cycling().period(1.0) < 80
    assert Cycling().period(0.1) == pytest.approx(100 * Cycling().period(1.0), rel=1e-14)


@pytest.mark.skipif(NOJIT, reason="a quarter of a million steps")
def test_mini_batches_turn_counter_clockwise():
    """Mean and standard error of the angle after 1,200 steps at eta = 0.1; leading order says 0.94 or so.

    Standing still, turning the other way, or half or twice as fast would be found: the error bar is below 0.05. Full
    batches stay where they are.
    """
    landscape, settings = Cycling(), Cycling().suggested()
    run = {}
    for name, rule in (("sgd", dynamics.sgd(0.1, settings["batch_size"])), ("gd", dynamics.gd(0.1))):
        record = tl.record(landscape.angle, landscape.radius, at=[1200])
        run[name] = tl.simulate(
            landscape, rule, start=settings["start"], steps=1200, trajectories=512, record=record, seed=3
        )
    angle, leading = run["sgd"]["angle"], 1200 * 2 * np.pi / landscape.period(0.1)
    assert angle.stderr[-1] < 0.05
    assert 0.75 * leading < angle.mean[-1] < 1.5 * leading
    assert run["gd"]["angle"].mean[-1] == 0.0
    assert run["gd"]["radius"].mean[-1] == 1.0
