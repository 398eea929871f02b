"""What all of a landscape's data say at a point, however it declares them: the gradient, and the samples' moments."""

from __future__ import annotations

import functools
from typing import Any

from toylands.simd import fma, lanes_function, maximum, select, splat, sum_of_squares
from toylands.simd.eigen import packed

_ROUNDING = 1e-13  # of the mean square of the gradients: variances below are what rounding leaves


@functools.lru_cache(maxsize=256)
def build_gradient(kernels: Any) -> Any:
    """``gradient(w, out, n, p, step, stream)``: the whole gradient of a landscape, however it declares it."""
    shared_of, slope_of, bulk_of = kernels.shared, kernels.slope, kernels.bulk
    samples, sample_gradient, whole = kernels.samples, kernels.sample_gradient, kernels.gradient
    neutral = 1.0 if kernels.labels == "sign" else 0.0

    @lanes_function
    def of_diagonal(w: Any, out: Any, n: Any, p: Any, step: Any, stream: Any) -> Any:
        shared = shared_of(w, p, step, stream, sum_of_squares(w, bulk_of(p)))
        for j in range(n):
            out[j] = slope_of(j, shared, p) * w[j]

    @lanes_function
    def of_samples(w: Any, out: Any, n: Any, p: Any, step: Any, stream: Any) -> Any:
        for j in range(n):
            out[j] = splat(0.0)
        scale = 1.0 / samples(p)
        for i in range(samples(p)):
            sample_gradient(w, i, splat(neutral), splat(scale), out, p)

    @lanes_function
    def given(w: Any, out: Any, n: Any, p: Any, step: Any, stream: Any) -> Any:
        whole(w, out, p, step, stream)

    if kernels.diagonal:
        return of_diagonal
    return of_samples if whole is None else given


@functools.lru_cache(maxsize=64)
def build_moments(kernels: Any) -> Any:
    """``moments(n, p, s)``: mean gradient into ``s.gradient``, covariance of a data point's gradient, packed, into
    ``s.second``."""
    samples, sample_gradient, fast = kernels.samples, kernels.sample_gradient, kernels.gradient_moments
    neutral = 1.0 if kernels.labels == "sign" else 0.0

    @lanes_function
    def one_by_one(n: Any, p: Any, s: Any) -> Any:
        count = samples(p)
        share = splat(1.0 / count)
        for i in range(n):
            s.gradient[i] = splat(0.0)
            for j in range(i + 1):
                s.second[packed(i, j)] = splat(0.0)
        for point in range(count):
            for j in range(n):
                s.sample[j] = splat(0.0)
            sample_gradient(s.w, point, splat(neutral), splat(1.0), s.sample, p)
            for i in range(n):
                scaled = s.sample[i] * share
                s.gradient[i] = s.gradient[i] + scaled
                for j in range(i + 1):
                    s.second[packed(i, j)] = fma(scaled, s.sample[j], s.second[packed(i, j)])

    @lanes_function
    def moments(n: Any, p: Any, s: Any) -> Any:
        """Returns the covariance's trace; 0 where the gradients agree up to rounding."""
        if fast is None:
            one_by_one(n, p, s)
        else:
            fast(s.w, s.gradient, s.second, p)
        whole = trace = splat(0.0)
        for i in range(n):
            whole = whole + s.second[packed(i, i)]
            for j in range(i + 1):
                s.second[packed(i, j)] = fma(-s.gradient[i], s.gradient[j], s.second[packed(i, j)])
            trace = trace + maximum(s.second[packed(i, i)], 0.0)
        return select(trace > whole * _ROUNDING, trace, splat(0.0))

    return moments
