"""The lanes functions of binary classification with a linear or a two-layer linear model."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from toylands.simd import absolute, fma, lanes_function, load_row, maximum, select, sum_of_squares, tail, take
from toylands.simd.transcendental import exp, log

LOGISTIC, EXPONENTIAL, SQUARE = 0, 1, 2


class Parameters(NamedTuple):
    """``kind``: which loss l; ``width``: hidden units, 0 for the linear model; ``floor``: the least smoothed loss."""

    samples: int
    dim: int
    width: int
    kind: int
    smoothing: float
    floor: float
    design: np.ndarray
    targets: np.ndarray
    powers: np.ndarray  # |x_i|^2


@lanes_function
def _log_one_plus(e: Any) -> Any:
    """log(1 + e), 0 <= e <= 1, to full relative precision: rounding of 1 + e cancels in the quotient."""
    total = 1.0 + e
    rest = total - 1.0
    return select(rest > 0.0, log(total) * (e / select(rest > 0.0, rest, 1.0)), e)


@lanes_function
def _value(m: Any, kind: Any) -> Any:
    """l(m)."""
    if kind == LOGISTIC:
        return maximum(-m, 0.0) + _log_one_plus(exp(-absolute(m)))
    if kind == EXPONENTIAL:
        return exp(-m)
    return 0.5 * (m - 1.0) * (m - 1.0)


@lanes_function
def _slope(m: Any, kind: Any) -> Any:
    """l'(m)."""
    if kind == LOGISTIC:
        e = exp(-absolute(m))
        return -select(m > 0.0, e, 1.0) / (1.0 + e)
    if kind == EXPONENTIAL:
        return -exp(-m)
    return m - 1.0


@lanes_function
def _bend(m: Any, kind: Any) -> Any:
    """l''(m)."""
    if kind == LOGISTIC:
        e = exp(-absolute(m))
        return e / ((1.0 + e) * (1.0 + e))
    if kind == EXPONENTIAL:
        return exp(-m)
    return 1.0 + 0.0 * m


@lanes_function
def _smoothed_value(m: Any, p: Any) -> Any:
    value = _value(m, p.kind)
    if p.smoothing > 0.0:
        value = fma(1.0 - p.smoothing, value, p.smoothing * _value(-m, p.kind)) - p.floor
    return value


@lanes_function
def smoothed_slope(m: Any, p: Any) -> Any:
    """First derivative of the loss of a margin, smoothed if so asked."""
    slope = _slope(m, p.kind)
    if p.smoothing > 0.0:
        slope = fma(1.0 - p.smoothing, slope, -p.smoothing * _slope(-m, p.kind))
    return slope


@lanes_function
def smoothed_bend(m: Any, p: Any) -> Any:
    """Second derivative of the same."""
    bend = _bend(m, p.kind)
    if p.smoothing > 0.0:
        bend = fma(1.0 - p.smoothing, bend, p.smoothing * _bend(-m, p.kind))
    return bend


@lanes_function
def _hidden(w: Any, k: Any, i: Any, p: Any) -> Any:
    """Hidden unit k at data point i (an integer): row k of W times x_i."""
    total = 0.0 * w[0]
    for j in range(p.dim):
        total = fma(w[k * p.dim + j], take(p.design, i, j), total)
    return total


@lanes_function
def _output(w: Any, i: Any, p: Any) -> Any:
    """f at data point i (an integer)."""
    if p.width == 0:
        return _hidden(w, 0, i, p)
    total = 0.0 * w[0]
    for k in range(p.width):
        total = fma(w[p.width * p.dim + k], _hidden(w, k, i, p), total)
    return total


@lanes_function
def scratch(p: Any) -> Any:
    """A data point's inputs, and the hidden units."""
    return p.dim + max(p.width, 1)


@lanes_function
def samples(p: Any) -> Any:
    return p.samples


@lanes_function
def sample_gradient(w: Any, i: Any, label: Any, scale: Any, out: Any, p: Any) -> Any:
    """l(y_i f(x_i)), the sign of ``label`` multiplied onto y_i; a linear model is one hidden unit with a = 1."""
    second, units, zero = p.width * p.dim, max(p.width, 1), 0.0 * w[0]
    row = tail(out, second + p.width if p.width > 0 else p.dim)
    hidden = tail(row, p.dim)
    load_row(p.design, i, row, p.dim)
    f = zero
    for k in range(units):
        h = zero
        for j in range(p.dim):
            h = fma(w[k * p.dim + j], row[j], h)
        hidden[k] = h
        f = f + h if p.width == 0 else fma(w[second + k], h, f)
    y = take(p.targets, i) * label
    slope = smoothed_slope(y * f, p) * y * scale
    for k in range(units):
        back = slope if p.width == 0 else slope * w[second + k]
        for j in range(p.dim):
            out[k * p.dim + j] = fma(back, row[j], out[k * p.dim + j])
    for k in range(p.width):
        out[second + k] = fma(slope, hidden[k], out[second + k])


@lanes_function
def _slope_entry(w: Any, r: Any, i: Any, p: Any) -> Any:
    """Coordinate r of the gradient of f at data point i (an integer)."""
    second = p.width * p.dim
    if p.width == 0:
        return take(p.design, i, r) + 0.0 * w[0]
    if r >= second:
        return _hidden(w, r - second, i, p)
    return w[second + r // p.dim] * take(p.design, i, r % p.dim)


@lanes_function
def hessian(w: Any, out: Any, p: Any) -> Any:
    """mean of l'' grad f grad f^T + y l' Hess f; Hess f only joins a hidden unit's two layers."""
    second, share = p.width * p.dim, 1.0 / p.samples
    size = second + p.width if p.width > 0 else p.dim
    for r in range(size * (size + 1) // 2):
        out[r] = 0.0 * w[0]
    for i in range(p.samples):
        y = take(p.targets, i)
        m = y * _output(w, i, p)
        bend, slope = smoothed_bend(m, p) * share, smoothed_slope(m, p) * (y * share)
        for r in range(size):
            left = bend * _slope_entry(w, r, i, p)
            for c in range(r + 1):
                at = r * (r + 1) // 2 + c
                out[at] = fma(left, _slope_entry(w, c, i, p), out[at])
        for k in range(p.width):
            row = (second + k) * (second + k + 1) // 2
            for j in range(p.dim):
                out[row + k * p.dim + j] = fma(slope, take(p.design, i, j), out[row + k * p.dim + j])


@lanes_function
def loss(w: Any, p: Any) -> Any:
    total = 0.0 * w[0]
    for i in range(p.samples):
        total = total + _smoothed_value(take(p.targets, i) * _output(w, i, p), p)
    return total * (1.0 / p.samples)


@lanes_function
def accuracy(w: Any, p: Any) -> Any:
    total = 0.0 * w[0]
    for i in range(p.samples):
        total = total + select(take(p.targets, i) * _output(w, i, p) > 0.0, 1.0, 0.0 * w[0])
    return total * (1.0 / p.samples)


@lanes_function
def hessian_trace(w: Any, p: Any) -> Any:
    """mean of l'' |grad f|^2: the diagonal of Hess f vanishes."""
    total, second = 0.0 * w[0], p.width * p.dim
    for i in range(p.samples):
        square = 0.0 * w[0] + p.powers[i]
        if p.width > 0:
            square = square * sum_of_squares(tail(w, second), p.width)
            for k in range(p.width):
                h = _hidden(w, k, i, p)
                square = fma(h, h, square)
        total = fma(smoothed_bend(take(p.targets, i) * _output(w, i, p), p), square, total)
    return total * (1.0 / p.samples)


@lanes_function
def margin(w: Any, p: Any) -> Any:
    total = 0.0 * w[0]
    for i in range(p.samples):
        total = fma(take(p.targets, i), _output(w, i, p), total)
    return total * (1.0 / p.samples)


@lanes_function
def sq_norm(w: Any, p: Any) -> Any:
    return sum_of_squares(w, p.dim if p.width == 0 else (p.dim + 1) * p.width)
