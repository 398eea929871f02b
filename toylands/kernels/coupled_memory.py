"""Working memory of the kernels that step a block's vectors together; see `toylands.kernels.coupled`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from toylands.kernels.layout import SUMS, VECTORS, Measuring, make_tables
from toylands.random import STATE_WORDS
from toylands.simd import LANES, aligned_empty, lanes, lanes_function, tail

STREAMS = 6  # noise, noise before the first, landscape, batch, label, probe
STATUS = 3  # inside, exit step, exit side
_SMALL = 16  # coordinates up to which a block's vectors go side by side


class Vector(NamedTuple):
    """One vector's memory as lanes."""

    w: Any
    gradient: Any
    velocity: Any
    signs: Any
    before: Any
    raw: Any
    shaped: Any
    probe: Any
    partial: Any
    unit: Any
    sample: Any
    chosen: Any
    labels: Any
    order: Any
    second: Any
    factor: Any
    basis: Any
    status: Any
    stream: Any
    before_stream: Any
    own: Any
    batch_stream: Any
    label_stream: Any
    probe_stream: Any
    tables: Any


class Rows(NamedTuple):
    """How many values each part has for one vector."""

    state: int
    gradient: int  # with the landscape's working memory behind it
    oracle: int  # points and directions an oracle looks at: as state, or 0
    partial: int  # as gradient, or 0
    chosen: int
    labels: int
    order: int
    covariance: int  # packed lower triangle, or 0
    basis: int


class CoupledScratch(NamedTuple):
    """Arrays of (group x rows, 8): the vectors of a group one behind the other."""

    group: int
    rows: Rows
    w: np.ndarray
    gradient: np.ndarray
    velocity: np.ndarray
    signs: np.ndarray
    before: np.ndarray
    raw: np.ndarray
    shaped: np.ndarray
    probe: np.ndarray
    partial: np.ndarray
    unit: np.ndarray
    sample: np.ndarray
    chosen: np.ndarray
    labels: np.ndarray
    order: np.ndarray
    second: np.ndarray
    factor: np.ndarray
    basis: np.ndarray
    status: np.ndarray
    alive: np.ndarray  # one row a vector: 1 in the lanes that have not diverged, else 0
    streams: np.ndarray
    tables: np.ndarray
    values: np.ndarray
    sums: np.ndarray
    valid: np.ndarray
    shift: np.ndarray
    measuring: Measuring


def make_coupled_scratch(rows: Rows, records: int, observables: int, measuring: Measuring) -> CoupledScratch:
    """Working memory of one call."""
    group = VECTORS if rows.state <= _SMALL else 1

    def floats(count: int) -> np.ndarray:
        return aligned_empty((max(1, group * count), LANES))

    def words(count: int) -> np.ndarray:
        return aligned_empty((max(1, group * count), LANES), np.uint64)

    n = rows.state
    return CoupledScratch(
        group=group,
        rows=rows,
        w=floats(n),
        gradient=floats(rows.gradient),
        velocity=floats(n),
        signs=words(n),
        before=floats(n),
        raw=floats(n),
        shaped=floats(n),
        probe=floats(rows.oracle),
        partial=floats(rows.partial),
        unit=floats(rows.oracle),
        sample=floats(rows.gradient if rows.covariance else 0),
        chosen=words(rows.chosen),
        labels=floats(rows.labels),
        order=words(rows.order),
        second=floats(rows.covariance),
        factor=floats(rows.covariance),
        basis=floats(rows.basis),
        status=floats(STATUS),
        alive=floats(1),
        streams=words(STREAMS * STATE_WORDS),
        tables=make_tables(),
        values=floats(max(1, observables)),
        sums=aligned_empty((max(1, records * observables) * SUMS, LANES)),
        valid=aligned_empty((max(1, records), LANES)),
        shift=aligned_empty((max(1, records * observables), LANES)),
        measuring=measuring,
    )


@lanes_function
def bind_group(scratch: Any) -> Any:
    """The memory of the group's first vector."""
    streams = lanes(scratch.streams)
    return Vector(
        lanes(scratch.w), lanes(scratch.gradient), lanes(scratch.velocity), lanes(scratch.signs),
        lanes(scratch.before), lanes(scratch.raw), lanes(scratch.shaped), lanes(scratch.probe),
        lanes(scratch.partial), lanes(scratch.unit), lanes(scratch.sample), lanes(scratch.chosen),
        lanes(scratch.labels), lanes(scratch.order), lanes(scratch.second), lanes(scratch.factor),
        lanes(scratch.basis), lanes(scratch.status),
        streams, tail(streams, STATE_WORDS), tail(streams, 2 * STATE_WORDS), tail(streams, 3 * STATE_WORDS),
        tail(streams, 4 * STATE_WORDS), tail(streams, 5 * STATE_WORDS), lanes(scratch.tables),
    )  # fmt: skip


@lanes_function
def bind_vector(first: Any, rows: Any, slot: Any) -> Any:
    """The memory of the group's vector number ``slot``. Of lane arrays only: counting references to the arrays
    themselves at every step would cost as much as the step."""
    n, own = rows.state, slot * STREAMS * STATE_WORDS
    return Vector(
        tail(first.w, slot * n),
        tail(first.gradient, slot * rows.gradient),
        tail(first.velocity, slot * n),
        tail(first.signs, slot * n),
        tail(first.before, slot * n),
        tail(first.raw, slot * n),
        tail(first.shaped, slot * n),
        tail(first.probe, slot * rows.oracle),
        tail(first.partial, slot * rows.partial),
        tail(first.unit, slot * rows.oracle),
        tail(first.sample, slot * rows.gradient),
        tail(first.chosen, slot * rows.chosen),
        tail(first.labels, slot * rows.labels),
        tail(first.order, slot * rows.order),
        tail(first.second, slot * rows.covariance),
        tail(first.factor, slot * rows.covariance),
        tail(first.basis, slot * rows.basis),
        tail(first.status, slot * STATUS),
        tail(first.stream, own),
        tail(first.before_stream, own),
        tail(first.own, own),
        tail(first.batch_stream, own),
        tail(first.label_stream, own),
        tail(first.probe_stream, own),
        first.tables,
    )
