"""What a kernel is given and what it leaves: plain tuples of numbers and arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from toylands.dynamics.covariances import CovarianceShape
from toylands.dynamics.oracles import OracleShape
from toylands.noise import BITS_PER_WORD, GAUSSIAN_TABLES
from toylands.observables import Observable, Reading
from toylands.random import STATE_WORDS
from toylands.simd import LANES, aligned_empty

BLOCK = 64  # trajectories: the unit of statistics, of merging and of resuming
VECTORS = BLOCK // LANES
SUMS = 6  # s1 s2 s3 s4 minimum maximum, about the block's shift
OLD_SIGNS = len(GAUSSIAN_TABLES)  # rows of Scratch.tables: the signs of xi_{k-1}, xi_k, xi_{k+1}
NEW_SIGNS, NEXT_SIGNS = OLD_SIGNS + 1, OLD_SIGNS + 2


class Recipe(NamedTuple):
    """Everything that decides which kernel is compiled."""

    landscape_kernels: Any
    noise: str | None
    momentum: bool
    shaped: bool
    observables: tuple[Reading, ...]
    exit_observable: Reading | None
    paths: bool
    oracle: OracleShape | None = None
    covariance: CovarianceShape | None = None

    @property
    def averaging(self) -> bool:
        """Whether it keeps moving averages."""
        return any(each.averaged for each in self.observables)

    @property
    def watched(self) -> bool:
        """Whether something looks at every step."""
        return self.averaging or self.exit_observable is not None

    @property
    def coupled(self) -> bool:
        """Whether it takes the kernel for any gradient, oracle and covariance: see `toylands.kernels.coupled`."""
        plain_noise = self.noise is None or self.noise in ("rademacher", "gaussian", "gaussian_float32")
        return not (self.landscape_kernels.diagonal and self.oracle is None and self.covariance is None and plain_noise)


class Job(NamedTuple):
    """What a batch is to run: the same for all batches but for the blocks."""

    seed: np.uint64
    first_block: int
    n_blocks: int
    trajectories: int  # of the whole run: lanes from here on are padding
    steps: int
    at: np.ndarray  # recorded steps, increasing
    limit: float  # a coordinate beyond this, or not a number, means divergence
    below: float
    above: float
    start: np.ndarray  # (1, n) or one row a trajectory, from first_block on
    stop: np.ndarray  # stop[0] != 0: give up


class Output(NamedTuple):
    """Where a batch leaves its statistics."""

    valid: np.ndarray  # (blocks, records) int64: trajectories that had not diverged
    lost: np.ndarray  # (records,) int64: those of complete blocks that had
    sums: np.ndarray  # (blocks, records, observables, 6): mean m2 m3 m4 minimum maximum
    exit_step: np.ndarray  # (blocks * 64) int64, -1 if inside
    exit_side: np.ndarray  # (blocks * 64) int64: -1 below, 1 above, 0 inside, 2 diverged inside
    paths: np.ndarray  # (records, blocks * 64, n), or empty


class Measuring(NamedTuple):
    """What observables work with, beside the state."""

    work: np.ndarray  # (rows, 8): working memory, which they use one after the other
    settings: tuple[Any, ...]  # of those recorded that have any
    exit_settings: Any
    means: np.ndarray  # moving averages; rows as of the values
    spans: np.ndarray  # a row an observable


def make_measuring(recorded: Sequence[Observable], leaving: Observable | None, p: Any, size: int) -> Measuring:
    """Working memory, settings and averages of the observables of one call."""
    spans = aligned_empty((max(1, len(recorded)), LANES))
    for row, each in zip(spans, recorded):
        row[:] = np.inf if each.span is None else each.span
    everyone = [*recorded] if leaving is None else [*recorded, leaving]
    rows = max((each.working_memory(p, size) for each in everyone), default=0)
    return Measuring(
        aligned_empty((max(1, rows), LANES)),
        tuple(each.settings for each in recorded if each.settings is not None),
        () if leaving is None or leaving.settings is None else leaving.settings,
        aligned_empty((VECTORS * len(spans), LANES)),
        spans,
    )


class Scratch(NamedTuple):
    """Working memory of one call, aligned for vector loads; (., 8) each, one column a lane."""

    w: np.ndarray  # the state; separable kernels keep a block's vectors side by side, others use the first n rows
    velocity: np.ndarray  # w_k - w_{k-1}
    signs: np.ndarray  # Rademacher: words of unused bits; room as for w
    before: np.ndarray  # Gaussian: kappa_k sigma_{k-1} xi_{k-1}
    raw: np.ndarray  # noise before and after it is shaped by a covariance factor
    shaped: np.ndarray
    values: np.ndarray  # observables, vector by vector
    alive: np.ndarray  # one row a vector: 1 in the lanes that have not diverged, else 0
    finite: np.ndarray  # the same for a stretch's last state (separable kernels)
    streams: np.ndarray  # generators: noise, noise before the first, landscape; room as for w
    sums: np.ndarray
    valid: np.ndarray
    shift: np.ndarray  # a row a record and observable
    tables: np.ndarray  # of the Gaussian, and the signs of a sign table
    contraction: np.ndarray  # one row a step of a stretch (separable kernels)
    table: np.ndarray
    squares: np.ndarray  # such rows for every vector
    measuring: Measuring


def make_tables() -> np.ndarray:
    """The tables that stay in registers: those of the Gaussian, and the signs of a sign table."""
    tables = aligned_empty((len(GAUSSIAN_TABLES) + 3, LANES))
    tables[:-3] = GAUSSIAN_TABLES
    for bit, row in enumerate((OLD_SIGNS, NEW_SIGNS, NEXT_SIGNS)):  # bits 0, 1, 2 of a table entry's number
        tables[row] = [1.0 if i >> bit & 1 else -1.0 for i in range(LANES)]
    return tables


def make_scratch(n: int, records: int, observables: int, measuring: Measuring) -> Scratch:
    """Working memory for a state of n coordinates."""
    return Scratch(
        aligned_empty((VECTORS * n, LANES)),
        aligned_empty((n, LANES)),
        aligned_empty((VECTORS * n, LANES), np.uint64),
        aligned_empty((n, LANES)),
        aligned_empty((n, LANES)),
        aligned_empty((n, LANES)),
        aligned_empty((max(1, VECTORS * observables), LANES)),
        aligned_empty((VECTORS, LANES)),
        aligned_empty((VECTORS, LANES)),
        aligned_empty((VECTORS * 3 * STATE_WORDS, LANES), np.uint64),
        aligned_empty((max(1, records * observables) * SUMS, LANES)),
        aligned_empty((max(1, records), LANES)),
        aligned_empty((max(1, records * observables), LANES)),
        make_tables(),
        aligned_empty((BITS_PER_WORD, LANES)),
        aligned_empty((BITS_PER_WORD, LANES)),
        aligned_empty((VECTORS * BITS_PER_WORD, LANES)),
        measuring,
    )


def make_output(n_blocks: int, records: int, observables: int, n: int, exits: bool, paths: bool) -> Output:
    """Room for the statistics of a batch."""
    trajectories = n_blocks * BLOCK
    return Output(
        np.zeros((n_blocks, records), dtype=np.int64),
        np.zeros(records, dtype=np.int64),
        np.empty((n_blocks, records, observables, SUMS)),
        np.full(trajectories if exits else 0, -1, dtype=np.int64),
        np.zeros(trajectories if exits else 0, dtype=np.int64),
        np.empty((records, trajectories, n) if paths else (0, 0, 0)),
    )
