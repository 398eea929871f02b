"""Working memory of the kernels that step a block's vectors together; see `toylands.kernels.coupled`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from toylands.kernels.layout import SUMS, VECTORS, make_tables
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


def make_coupled_scratch(rows: Rows, records: int, observables: int) -> CoupledScratch:
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
        shift=np.empty((max(1, records), max(1, observables))),
    )


@lanes_function
def bind_vector(scratch: Any, slot: Any) -> Any:
    """The memory of the group's vector number ``slot``."""
    rows = scratch.rows
    n = rows.state
    streams = tail(lanes(scratch.streams), slot * STREAMS * STATE_WORDS)
    return Vector(
        tail(lanes(scratch.w), slot * n),
        tail(lanes(scratch.gradient), slot * rows.gradient),
        tail(lanes(scratch.velocity), slot * n),
        tail(lanes(scratch.signs), slot * n),
        tail(lanes(scratch.before), slot * n),
        tail(lanes(scratch.raw), slot * n),
        tail(lanes(scratch.shaped), slot * n),
        tail(lanes(scratch.probe), slot * rows.oracle),
        tail(lanes(scratch.partial), slot * rows.partial),
        tail(lanes(scratch.unit), slot * rows.oracle),
        tail(lanes(scratch.sample), slot * rows.gradient),
        tail(lanes(scratch.chosen), slot * rows.chosen),
        tail(lanes(scratch.labels), slot * rows.labels),
        tail(lanes(scratch.order), slot * rows.order),
        tail(lanes(scratch.second), slot * rows.covariance),
        tail(lanes(scratch.factor), slot * rows.covariance),
        tail(lanes(scratch.basis), slot * rows.basis),
        tail(lanes(scratch.status), slot * STATUS),
        streams,
        tail(streams, STATE_WORDS),
        tail(streams, 2 * STATE_WORDS),
        tail(streams, 3 * STATE_WORDS),
        tail(streams, 4 * STATE_WORDS),
        tail(streams, 5 * STATE_WORDS),
        lanes(scratch.tables),
    )
