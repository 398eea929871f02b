"""A landscape's single data points against hand-written gradients."""

import numpy as np

from toylands.observables import python_body
from toylands.simd import LANES, LaneView


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
