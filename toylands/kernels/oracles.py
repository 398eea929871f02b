"""Which gradient a step follows: a landscape's own, of a batch, with noisy labels, at displaced points."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from toylands.draws import build_fill
from toylands.dynamics.oracles import EPOCH, WITHOUT, OracleShape
from toylands.landscapes.whole import build_gradient
from toylands.random import next_word
from toylands.simd import (
    absolute,
    exchange,
    fma,
    index_below,
    lanes_function,
    maximum,
    minimum,
    select,
    splat,
    splat_word,
    sqrt,
    to_float,
)

_11 = np.uint64(11)


def _build_choose(replacement: str | None) -> Any:
    """``choose(k, p_samples, size, s)``: the data points of this step's batch into ``s.chosen``."""

    @lanes_function
    def nothing(k: Any, count: Any, size: Any, s: Any) -> Any:
        pass

    @lanes_function
    def afresh(k: Any, count: Any, size: Any, s: Any) -> Any:
        for b in range(size):
            s.chosen[b] = index_below(next_word(s.batch_stream), count)

    @lanes_function
    def subset(k: Any, count: Any, size: Any, s: Any) -> Any:
        for b in range(size):  # the head of a shuffle; any order to begin with will do
            other = index_below(next_word(s.batch_stream), count - b) + splat_word(b)
            s.chosen[b] = exchange(s.order, b, other)

    @lanes_function
    def epoch(k: Any, count: Any, size: Any, s: Any) -> Any:
        at = k % (count // size)
        if at == 0:
            for b in range(count):
                exchange(s.order, b, index_below(next_word(s.batch_stream), count - b) + splat_word(b))
        for b in range(size):
            s.chosen[b] = s.order[at * size + b]

    return nothing if replacement is None else {WITHOUT: subset, EPOCH: epoch}.get(replacement, afresh)


def _build_label(kind: str | None, shared: bool) -> Any:
    """``label(count, scale, s)``: what this step does to the labels, into ``s.labels``."""
    fill = build_fill("gaussian" if kind in (None, "flip") else kind)

    @lanes_function
    def nothing(count: Any, scale: Any, s: Any) -> Any:
        pass

    @lanes_function
    def add(count: Any, scale: Any, s: Any) -> Any:
        draws = 1 if shared else count
        fill(s.label_stream, s.tables, s.labels, draws)
        for i in range(draws):
            s.labels[i] = s.labels[i] * scale

    @lanes_function
    def flip(count: Any, scale: Any, s: Any) -> Any:
        for i in range(1 if shared else count):
            u = to_float(next_word(s.label_stream) >> _11) * 2.0**-53
            s.labels[i] = select(u < scale, splat(-1.0), splat(1.0))

    return nothing if kind is None else flip if kind == "flip" else add


def _build_batch_gradient(kernels: Any, shape: OracleShape) -> Any:
    """``batch_gradient(w, out, n, p, k, numbers, s)``: on this step's data and labels."""
    samples, sample_gradient = kernels.samples, kernels.sample_gradient
    neutral = 1.0 if kernels.labels == "sign" else 0.0
    noisy, shared = shape.labels is not None, shape.shared
    whole = build_gradient(kernels)

    @lanes_function
    def label_of(i: Any, s: Any) -> Any:
        if noisy:
            return s.labels[0] if shared else s.labels[i]
        return splat(neutral)

    @lanes_function
    def of_all(w: Any, out: Any, n: Any, p: Any, k: Any, numbers: Any, s: Any) -> Any:
        whole(w, out, n, p, k, s.own)

    @lanes_function
    def of_labels(w: Any, out: Any, n: Any, p: Any, k: Any, numbers: Any, s: Any) -> Any:
        for j in range(n):
            out[j] = splat(0.0)
        scale = splat(1.0 / samples(p))
        for i in range(samples(p)):
            sample_gradient(w, i, label_of(i, s), scale, out, p)

    @lanes_function
    def of_batch(w: Any, out: Any, n: Any, p: Any, k: Any, numbers: Any, s: Any) -> Any:
        for j in range(n):
            out[j] = splat(0.0)
        scale = splat(1.0 / numbers.batch_size)
        for b in range(numbers.batch_size):
            sample_gradient(w, s.chosen[b], label_of(b, s), scale, out, p)

    if shape.batch is not None:
        return of_batch
    return of_labels if noisy else of_all


@lanes_function
def _own_words(s: Any) -> Any:
    """Where the landscape's own stream stands."""
    return s.own[0], s.own[1], s.own[2], s.own[3]


@lanes_function
def _rewind(words: Any, s: Any) -> Any:
    """Put the landscape's own stream back there: what it draws in a step is the same at all the points of the step."""
    s.own[0], s.own[1], s.own[2], s.own[3] = words


def _build_average(batch_gradient: Any, shape: OracleShape) -> Any:
    """The mean gradient over random displacements."""
    fill, two_point, clipped = build_fill(shape.law), shape.displaced == "two-point", shape.clipped

    @lanes_function
    def displace(n: Any, numbers: Any, s: Any) -> Any:
        """U, in units of the scale where it is not clipped; returns the unit."""
        fill(s.probe_stream, s.tables, s.unit, n)
        if not clipped:
            return numbers.scale
        for j in range(n):
            bound = numbers.bounds[j]
            s.unit[j] = maximum(minimum(s.unit[j] * numbers.scale, bound), -bound)
        return 1.0

    @lanes_function
    def evaluate(k: Any, n: Any, p: Any, numbers: Any, s: Any) -> Any:
        share = 1.0 / (2 * numbers.draws) if two_point else 1.0 / numbers.draws
        own = _own_words(s)
        for draw in range(numbers.draws):
            scale = displace(n, numbers, s)
            for j in range(n):
                s.probe[j] = fma(s.unit[j], scale, s.w[j])
            _rewind(own, s)
            batch_gradient(s.probe, s.partial, n, p, k, numbers, s)
            for j in range(n):
                total = splat(0.0)
                if draw > 0:
                    total = s.gradient[j]
                s.gradient[j] = fma(s.partial[j], share, total)
            if two_point:
                for j in range(n):
                    s.probe[j] = fma(s.unit[j], -scale, s.w[j])
                _rewind(own, s)
                batch_gradient(s.probe, s.partial, n, p, k, numbers, s)
                for j in range(n):
                    s.gradient[j] = fma(s.partial[j], share, s.gradient[j])

    return evaluate


def _build_uphill(batch_gradient: Any, shape: OracleShape) -> Any:
    """The gradient at a point uphill."""
    adaptive, spread = shape.displaced == "asam", shape.displaced == "random-sam"
    fill = build_fill("gaussian")

    @lanes_function
    def evaluate(k: Any, n: Any, p: Any, numbers: Any, s: Any) -> Any:
        if spread:
            fill(s.probe_stream, s.tables, s.unit, n)
            for j in range(n):
                s.probe[j] = fma(s.unit[j], numbers.spread, s.w[j])
        else:
            for j in range(n):
                s.probe[j] = s.w[j]
        own = _own_words(s)
        batch_gradient(s.probe, s.partial, n, p, k, numbers, s)
        square = splat(0.0)
        for j in range(n):
            slope = s.partial[j]
            if adaptive:
                slope = slope * absolute(s.w[j])
            square = fma(slope, slope, square)
        # where the gradient vanishes there is no way up
        length = select(square > 0.0, numbers.scale / sqrt(square), splat(0.0))
        for j in range(n):
            slope = s.partial[j]
            if adaptive:
                slope = slope * (s.w[j] * s.w[j])
            s.probe[j] = fma(slope, length, s.probe[j])
        _rewind(own, s)
        batch_gradient(s.probe, s.gradient, n, p, k, numbers, s)

    return evaluate


@functools.lru_cache(maxsize=256)
def build_oracle(kernels: Any, shape: OracleShape | None) -> Any:
    """``oracle(k, n, p, numbers, s)``: this step's gradient into ``s.gradient``."""
    whole = build_gradient(kernels)
    if shape is None:

        @lanes_function
        def plain(k: Any, n: Any, p: Any, numbers: Any, s: Any) -> Any:
            whole(s.w, s.gradient, n, p, k, s.own)

        return plain
    choose, label = _build_choose(shape.batch), _build_label(shape.labels, shape.shared)
    batch_gradient, samples = _build_batch_gradient(kernels, shape), kernels.samples
    batched, on_data = shape.batch is not None, shape.batch is not None or shape.labels is not None

    @lanes_function
    def draw(k: Any, p: Any, numbers: Any, s: Any) -> Any:
        if on_data:
            count = samples(p)
            choose(k, count, numbers.batch_size, s)
            label(numbers.batch_size if batched else count, numbers.label_scale, s)

    if shape.displaced is None:

        @lanes_function
        def here(k: Any, n: Any, p: Any, numbers: Any, s: Any) -> Any:
            draw(k, p, numbers, s)
            batch_gradient(s.w, s.gradient, n, p, k, numbers, s)

        return here
    build = _build_average if shape.displaced in ("one-point", "two-point") else _build_uphill
    displaced = build(batch_gradient, shape)

    @lanes_function
    def elsewhere(k: Any, n: Any, p: Any, numbers: Any, s: Any) -> Any:
        draw(k, p, numbers, s)
        displaced(k, n, p, numbers, s)

    return elsewhere
