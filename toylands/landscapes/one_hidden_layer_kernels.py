"""The lanes functions of the network with one hidden layer and a thresholded output."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from toylands.simd import (
    absolute,
    any_true,
    fma,
    lanes_function,
    load_row,
    maximum,
    minimum,
    select,
    sum_of_squares,
    tail,
    take,
)
from toylands.simd.transcendental import tanh

RELU, TANH = 0, 1


class Parameters(NamedTuple):
    """``kind``: which activation; ``low`` and ``high``: between these the output is what the hidden layer says."""

    samples: int
    dim: int
    width: int
    kind: int
    low: float
    high: float
    output: np.ndarray
    design: np.ndarray
    targets: np.ndarray
    powers: np.ndarray  # |x_i|^2
    test_samples: int
    test_design: np.ndarray
    test_targets: np.ndarray


@lanes_function
def _activation(z: Any, kind: Any) -> Any:
    """max(z, 0) or tanh z."""
    return maximum(z, 0.0) if kind == RELU else tanh(z)


@lanes_function
def _activation_slope(h: Any, kind: Any) -> Any:
    """Its derivative, from its value h; that of max(z, 0) at 0 is 0."""
    return select(h > 0.0, 0.0 * h + 1.0, 0.0 * h) if kind == RELU else 1.0 - h * h


@lanes_function
def _pull(f: Any, y: Any, p: Any) -> Any:
    """Derivative of (threshold(f) - y)^2; 0 where f is on a threshold or beyond."""
    return select((f > p.low) & (f < p.high), 2.0 * (f - y), 0.0 * f)


@lanes_function
def _hidden(w: Any, k: Any, design: Any, i: Any, p: Any) -> Any:
    """Hidden unit k at row i (an integer) of a design."""
    z, row = 0.0 * w[0], k * p.dim
    for j in range(p.dim):
        z = fma(w[row + j], take(design, i, j), z)
    return _activation(z, p.kind)


@lanes_function
def _output(w: Any, design: Any, i: Any, p: Any) -> Any:
    """f at row i (an integer) of a design, before the threshold."""
    total = 0.0 * w[0]
    for k in range(p.width):
        total = fma(_hidden(w, k, design, i, p), p.output[k], total)
    return total


@lanes_function
def scratch(p: Any) -> Any:
    """A data point's inputs and the hidden units, or four data points' hidden units."""
    return max(p.dim, 3 * p.width) + p.width


@lanes_function
def samples(p: Any) -> Any:
    return p.samples


@lanes_function
def sample_gradient(w: Any, i: Any, label: Any, scale: Any, out: Any, p: Any) -> Any:
    """(threshold(f(x_i)) - y_i)^2; the sign of ``label`` is multiplied onto y_i - 1/2, so that -1 takes 0 to 1."""
    size = p.width * p.dim
    row, hidden = tail(out, size), tail(out, size + p.dim)
    load_row(p.design, i, row, p.dim)
    f = 0.0 * w[0]
    for k in range(p.width):
        z = 0.0 * w[0]
        for j in range(p.dim):
            z = fma(w[k * p.dim + j], row[j], z)
        h = _activation(z, p.kind)
        hidden[k] = h
        f = fma(h, p.output[k], f)
    force = _pull(f, fma(label, take(p.targets, i) - 0.5, 0.5), p) * scale
    if any_true(absolute(force) > 0.0):
        for k in range(p.width):
            back = force * (p.output[k] * _activation_slope(hidden[k], p.kind))
            for j in range(p.dim):
                out[k * p.dim + j] = fma(back, row[j], out[k * p.dim + j])


@lanes_function
def _four_gradients(w: Any, i: Any, scale: Any, out: Any, p: Any) -> Any:
    """The same for data points i to i + 3, so that W is read, and ``out`` changed, once for four."""
    hidden, design = tail(out, p.width * p.dim), p.design
    f0 = f1 = f2 = f3 = 0.0 * w[0]
    for k in range(p.width):
        z0 = z1 = z2 = z3 = 0.0 * w[0]
        for j in range(p.dim):
            x = w[k * p.dim + j]
            z0 = fma(x, take(design, i, j), z0)
            z1 = fma(x, take(design, i + 1, j), z1)
            z2 = fma(x, take(design, i + 2, j), z2)
            z3 = fma(x, take(design, i + 3, j), z3)
        h0, h1, h2, h3 = (
            _activation(z0, p.kind), _activation(z1, p.kind), _activation(z2, p.kind), _activation(z3, p.kind)
        )  # fmt: skip
        a = p.output[k]
        f0, f1, f2, f3 = fma(h0, a, f0), fma(h1, a, f1), fma(h2, a, f2), fma(h3, a, f3)
        hidden[4 * k] = h0
        hidden[4 * k + 1] = h1
        hidden[4 * k + 2] = h2
        hidden[4 * k + 3] = h3
    c0, c1 = _pull(f0, p.targets[i], p) * scale, _pull(f1, p.targets[i + 1], p) * scale
    c2, c3 = _pull(f2, p.targets[i + 2], p) * scale, _pull(f3, p.targets[i + 3], p) * scale
    if any_true((absolute(c0) + absolute(c1)) + (absolute(c2) + absolute(c3)) > 0.0):
        for k in range(p.width):
            a = p.output[k]
            b0 = c0 * (a * _activation_slope(hidden[4 * k], p.kind))
            b1 = c1 * (a * _activation_slope(hidden[4 * k + 1], p.kind))
            b2 = c2 * (a * _activation_slope(hidden[4 * k + 2], p.kind))
            b3 = c3 * (a * _activation_slope(hidden[4 * k + 3], p.kind))
            for j in range(p.dim):
                even = fma(b0, take(design, i, j), out[k * p.dim + j])
                odd = b1 * take(design, i + 1, j)
                even = fma(b2, take(design, i + 2, j), even)
                odd = fma(b3, take(design, i + 3, j), odd)
                out[k * p.dim + j] = even + odd


@lanes_function
def gradient(w: Any, out: Any, p: Any, step: Any, stream: Any) -> Any:
    """The mean of the samples' gradients."""
    for j in range(p.width * p.dim):
        out[j] = 0.0 * w[0]
    scale, whole = 1.0 / p.samples, p.samples - p.samples % 4
    for i in range(0, whole, 4):
        _four_gradients(w, i, scale, out, p)
    for i in range(whole, p.samples):
        sample_gradient(w, i, 0.0 * w[0] + 1.0, scale, out, p)


@lanes_function
def _add_outer(out: Any, k: Any, m: Any, factor: Any, i: Any, p: Any) -> Any:
    """Adds factor x x^T to the block of units k and m <= k of a packed matrix."""
    for j in range(p.dim):
        r = k * p.dim + j
        left, at = factor * take(p.design, i, j), r * (r + 1) // 2 + m * p.dim
        for c in range(j + 1 if m == k else p.dim):
            out[at + c] = fma(left, take(p.design, i, c), out[at + c])


@lanes_function
def hessian(w: Any, out: Any, p: Any) -> Any:
    """mean of 2 grad f grad f^T + 2 (f - y) Hess f over the data between the thresholds."""
    size, share = p.width * p.dim, 1.0 / p.samples
    for r in range(size * (size + 1) // 2):
        out[r] = 0.0 * w[0]
    for i in range(p.samples):
        f = _output(w, p.design, i, p)
        inside = (f > p.low) & (f < p.high)
        if any_true(inside):
            bend = select(inside, 0.0 * f + 2.0 * share, 0.0 * f)
            force = _pull(f, take(p.targets, i), p) * share
            for k in range(p.width):
                h = _hidden(w, k, p.design, i, p)
                slope = p.output[k] * _activation_slope(h, p.kind)
                for m in range(k):
                    other = _activation_slope(_hidden(w, m, p.design, i, p), p.kind)
                    _add_outer(out, k, m, bend * slope * (p.output[m] * other), i, p)
                own = bend * slope * slope
                if p.kind == TANH:
                    own = fma(-2.0 * force * h, slope, own)
                _add_outer(out, k, k, own, i, p)


@lanes_function
def hessian_trace(w: Any, p: Any) -> Any:
    total = 0.0 * w[0]
    for i in range(p.samples):
        f = _output(w, p.design, i, p)
        inside = (f > p.low) & (f < p.high)
        if any_true(inside):
            bend, force = select(inside, 0.0 * f + 2.0, 0.0 * f), _pull(f, take(p.targets, i), p)
            curve = 0.0 * f
            for k in range(p.width):
                h = _hidden(w, k, p.design, i, p)
                slope = p.output[k] * _activation_slope(h, p.kind)
                curve = fma(bend * slope, slope, curve)
                if p.kind == TANH:
                    curve = fma(-2.0 * force * h, slope, curve)
            total = fma(curve, p.powers[i], total)
    return total * (1.0 / p.samples)


@lanes_function
def _mean_loss(w: Any, design: Any, targets: Any, count: Any, p: Any) -> Any:
    total = 0.0 * w[0]
    for i in range(count):
        error = minimum(maximum(_output(w, design, i, p), p.low), p.high) - targets[i]
        total = fma(error, error, total)
    return total * (1.0 / count)


@lanes_function
def _share_right(w: Any, design: Any, targets: Any, count: Any, p: Any) -> Any:
    total = 0.0 * w[0]
    for i in range(count):
        right = (_output(w, design, i, p) - 0.5) * (targets[i] - 0.5) > 0.0
        total = total + select(right, 1.0, 0.0 * w[0])
    return total * (1.0 / count)


@lanes_function
def loss(w: Any, p: Any) -> Any:
    return _mean_loss(w, p.design, p.targets, p.samples, p)


@lanes_function
def test_loss(w: Any, p: Any) -> Any:
    return _mean_loss(w, p.test_design, p.test_targets, p.test_samples, p)


@lanes_function
def accuracy(w: Any, p: Any) -> Any:
    return _share_right(w, p.design, p.targets, p.samples, p)


@lanes_function
def test_accuracy(w: Any, p: Any) -> Any:
    return _share_right(w, p.test_design, p.test_targets, p.test_samples, p)


@lanes_function
def fitted(w: Any, p: Any) -> Any:
    """An output on its own side's threshold or beyond it."""
    total = 0.0 * w[0]
    for i in range(p.samples):
        f = _output(w, p.design, i, p)
        reached = f >= p.high if p.targets[i] > 0.5 else f <= p.low
        total = total + select(reached, 1.0, 0.0 * w[0])
    return total * (1.0 / p.samples)


@lanes_function
def sq_norm(w: Any, p: Any) -> Any:
    return sum_of_squares(w, p.width * p.dim)
