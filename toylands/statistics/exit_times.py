"""A sketch of exit times, of fixed size and made of integers only: merging is exact, in any order.

Kept are how many exited, the exact sum of their exit steps and of the squares (Python integers, so nothing rounds), the
extremes, and a histogram. Adding integers is associative, so merging gives the same bits whatever the order.

The histogram has one bin a step below 64 and 32 bins an octave above, so a quantile is exact below 64 and off by less
than 1/64 (1.6 %) above: it is the middle of a bin whose width is at most 1/32 of its lower edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toylands import validation

Integers = NDArray[np.int64]

EXACT_STEPS = 64
BINS_PER_OCTAVE = 32
STEP_LIMIT = 2**62  # steps are smaller than this
N_BINS = EXACT_STEPS + (62 - 6) * BINS_PER_OCTAVE


def bin_index(step: ArrayLike) -> Integers:
    """Return the histogram bin of each exit step.

    ``step`` itself below 64; else, with e = floor(log2(step)), ``64 + 32 (e - 6) + ((step >> (e - 5)) - 32)``.

    Parameters
    ----------
    step : array_like of int
        Steps from 0 to 2**62 - 1.

    Raises
    ------
    ValueError
        When a step is negative or too large.

    Examples
    --------
    >>> bin_index([0, 63, 64, 65, 66, 127, 128])
    array([ 0, 63, 64, 64, 65, 95, 96])
    """
    steps = np.asarray(step, dtype=np.int64)
    if steps.size and (steps.min() < 0 or steps.max() >= STEP_LIMIT):
        raise ValueError(f"step must be from 0 to 2**62 - 1, got {steps.min()} to {steps.max()}")
    exponent = np.frexp(np.maximum(steps, EXACT_STEPS).astype(np.float64))[1].astype(np.int64) - 1
    exponent -= (np.maximum(steps, EXACT_STEPS) >> exponent) == 0  # the float rounded up to the next power of two
    octave = EXACT_STEPS + (exponent - 6) * BINS_PER_OCTAVE + ((steps >> (exponent - 5)) - BINS_PER_OCTAVE)
    return np.where(steps < EXACT_STEPS, steps, octave)


def bin_edges(index: int) -> tuple[int, int]:
    """Return the smallest and the largest step of a bin."""
    if index < EXACT_STEPS:
        return index, index
    octave, place = divmod(index - EXACT_STEPS, BINS_PER_OCTAVE)
    low = (BINS_PER_OCTAVE + place) << (octave + 1)
    return low, low + (1 << (octave + 1)) - 1


@dataclass(frozen=True, eq=False)
class ExitTimes:
    """Exit steps of the trajectories that left by one side, or by either.

    Parameters
    ----------
    count : int
        How many exited.
    total, total_square : int
        Exact sums of their exit steps and of the squares.
    minimum, maximum : int
        Extremes; -1 when ``count`` is 0.
    histogram : int64 array of shape (N_BINS,)
        Exits per bin.
    """

    count: int
    total: int
    total_square: int
    minimum: int
    maximum: int
    histogram: Integers

    __hash__ = None  # type: ignore[assignment]

    @staticmethod
    def from_steps(step: ArrayLike) -> ExitTimes:
        """Return the sketch of a list of exit steps, of any shape."""
        steps = np.asarray(step, dtype=np.int64).ravel()
        histogram = np.bincount(bin_index(steps), minlength=N_BINS).astype(np.int64, copy=False)
        histogram.flags.writeable = False
        if steps.size == 0:
            return ExitTimes(0, 0, 0, -1, -1, histogram)
        low, high = int(steps.min()), int(steps.max())
        if high * high * steps.size < 2**63:
            total, total_square = int(steps.sum()), int(np.dot(steps, steps))
        else:
            total, total_square = sum(steps.tolist()), sum(s * s for s in steps.tolist())
        return ExitTimes(steps.size, total, total_square, low, high, histogram)

    @staticmethod
    def merge(left: ExitTimes, right: ExitTimes) -> ExitTimes:
        """Return the sketch of both together; exact, so the order is of no matter."""
        histogram = left.histogram + right.histogram
        histogram.flags.writeable = False
        seen = [side for side in (left, right) if side.count]
        return ExitTimes(
            left.count + right.count,
            left.total + right.total,
            left.total_square + right.total_square,
            min((side.minimum for side in seen), default=-1),
            max((side.maximum for side in seen), default=-1),
            histogram,
        )

    @property
    def mean(self) -> float:
        """Mean exit step of those that exited, correctly rounded; nan when none did."""
        return self.total / self.count if self.count else math.nan

    @property
    def variance(self) -> float:
        """Unbiased variance of the exit step, from exact integers; nan below two exits."""
        if self.count < 2:
            return math.nan
        return (self.count * self.total_square - self.total**2) / (self.count * (self.count - 1))

    @property
    def stderr(self) -> float:
        """Standard error of ``mean``; nan below two exits."""
        return math.sqrt(self.variance / self.count) if self.count >= 2 else math.nan

    def quantile(self, q: float, among: int | None = None) -> float:
        """Return the smallest step by which a share ``q`` has exited, to less than 1.6 % (exactly below step 64).

        Parameters
        ----------
        q : float
            Share, from 0 to 1.
        among : int, optional
            Size of the population that ``q`` is a share of; those that exited by default. With a larger population
            (all trajectories) the answer is inf when fewer than that share exited.
        """
        q = validation.in_interval("q", q, 0.0, 1.0)
        population = self.count if among is None else validation.positive_int("among", among, max(self.count, 1))
        if self.count == 0:
            return math.nan if among is None else math.inf
        rank = max(1, math.ceil(q * population * (1.0 - 1e-14)))  # 0.7 * 10 rounds to just above 7
        if rank > self.count:
            return math.inf
        low, high = bin_edges(int(np.searchsorted(np.cumsum(self.histogram), rank)))
        return float(min(max((low + high) / 2, self.minimum), self.maximum))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ExitTimes):
            return NotImplemented
        return self._numbers() == other._numbers() and np.array_equal(self.histogram, other.histogram)

    def _numbers(self) -> tuple[int, int, int, int, int]:
        return self.count, self.total, self.total_square, self.minimum, self.maximum
