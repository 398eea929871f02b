"""Observables inside a kernel: reading them at recorded steps and, for moving averages, at every step."""

from __future__ import annotations

import functools
from typing import Any

from toylands.observables import Reading, lanes_kernel
from toylands.simd import lanes_function, minimum, splat


@functools.lru_cache(maxsize=256)
def build_read(observable: Reading | None) -> Any:
    """``read(w, p, square, work, settings)`` of one observable, from the bulk's sum of squares where it can.

    ``work`` is its working memory, and ``settings`` its own if it has any.
    """
    plain: Any = None if observable is None else lanes_kernel(observable.kernel)
    pooled: Any = None if observable is None else observable.pooled

    @lanes_function
    def read_pooled(w: Any, p: Any, square: Any, work: Any, settings: Any) -> Any:
        return pooled(square, w, p)

    @lanes_function
    def read_set(w: Any, p: Any, square: Any, work: Any, settings: Any) -> Any:
        return plain(w, p, work, settings)

    @lanes_function
    def read_working(w: Any, p: Any, square: Any, work: Any, settings: Any) -> Any:
        return plain(w, p, work)

    @lanes_function
    def read(w: Any, p: Any, square: Any, work: Any, settings: Any) -> Any:
        return plain(w, p)

    if pooled is not None:
        return read_pooled
    if observable is not None and observable.works:
        return read_set if observable.set else read_working
    return read


@functools.lru_cache(maxsize=256)
def _build_writing(observables: tuple[Reading, ...]) -> Any:
    """``write(w, p, square, index, tally, settings)``: the observables' values, from ``tally.values[index]`` on."""
    if not observables:
        return _nothing
    head, rest = build_read(observables[0]), _build_writing(observables[1:])

    @lanes_function
    def write_mean(w: Any, p: Any, square: Any, index: Any, tally: Any, settings: Any) -> Any:
        tally.values[index] = tally.means[index]
        rest(w, p, square, index + 1, tally, settings)

    @lanes_function
    def write_mean_set(w: Any, p: Any, square: Any, index: Any, tally: Any, settings: Any) -> Any:
        tally.values[index] = tally.means[index]
        rest(w, p, square, index + 1, tally, settings[1:])

    @lanes_function
    def write_set(w: Any, p: Any, square: Any, index: Any, tally: Any, settings: Any) -> Any:
        tally.values[index] = head(w, p, square, tally.work, settings[0])
        rest(w, p, square, index + 1, tally, settings[1:])

    @lanes_function
    def write(w: Any, p: Any, square: Any, index: Any, tally: Any, settings: Any) -> Any:
        tally.values[index] = head(w, p, square, tally.work, ())
        rest(w, p, square, index + 1, tally, settings)

    if observables[0].averaged:
        return write_mean_set if observables[0].set else write_mean
    return write_set if observables[0].set else write


@lanes_function
def _nothing(w: Any, p: Any, square: Any, index: Any, tally: Any, settings: Any) -> Any:
    pass


@functools.lru_cache(maxsize=256)
def build_measure(observables: tuple[Reading, ...]) -> Any:
    """``measure(w, p, square, index, tally)``: every observable's value, from ``tally.values[index]`` on."""
    write = _build_writing(observables)

    @lanes_function
    def measure(w: Any, p: Any, square: Any, index: Any, tally: Any) -> Any:
        write(w, p, square, index, tally, tally.settings)

    return measure


def _build_averaging(observables: tuple[Reading, ...]) -> Any:
    if not observables:
        return _nothing_at
    head, rest = build_read(observables[0]), _build_averaging(observables[1:])

    @lanes_function
    def add(k: Any, seen: Any, index: Any, column: Any, tally: Any) -> Any:
        mean = seen
        if k > 0:
            mean = tally.means[index]
            mean = mean + (seen - mean) / minimum(splat(k + 1.0), tally.spans[column])
        tally.means[index] = mean

    @lanes_function
    def average_set(k: Any, w: Any, p: Any, square: Any, index: Any, column: Any, tally: Any, settings: Any) -> Any:
        add(k, head(w, p, square, tally.work, settings[0]), index, column, tally)
        rest(k, w, p, square, index + 1, column + 1, tally, settings[1:])

    @lanes_function
    def average(k: Any, w: Any, p: Any, square: Any, index: Any, column: Any, tally: Any, settings: Any) -> Any:
        add(k, head(w, p, square, tally.work, ()), index, column, tally)
        rest(k, w, p, square, index + 1, column + 1, tally, settings)

    @lanes_function
    def skip_set(k: Any, w: Any, p: Any, square: Any, index: Any, column: Any, tally: Any, settings: Any) -> Any:
        rest(k, w, p, square, index + 1, column + 1, tally, settings[1:])

    @lanes_function
    def skip(k: Any, w: Any, p: Any, square: Any, index: Any, column: Any, tally: Any, settings: Any) -> Any:
        rest(k, w, p, square, index + 1, column + 1, tally, settings)

    if observables[0].averaged:
        return average_set if observables[0].set else average
    return skip_set if observables[0].set else skip


@lanes_function
def _nothing_at(k: Any, w: Any, p: Any, square: Any, index: Any, column: Any, tally: Any, settings: Any) -> Any:
    pass


@functools.lru_cache(maxsize=256)
def build_average(observables: tuple[Reading, ...]) -> Any:
    """``average(k, w, p, square, index, tally)``: moving averages after step k, from ``tally.means[index]`` on."""
    averaging = _build_averaging(observables)

    @lanes_function
    def average(k: Any, w: Any, p: Any, square: Any, index: Any, tally: Any) -> Any:
        averaging(k, w, p, square, index, 0, tally, tally.settings)

    return average
