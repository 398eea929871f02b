"""First passage out of a region: how many trajectories left, when, and by which side.

A trajectory leaves at the first step at which an observable falls below or rises above a threshold. Everything is kept
as integers (see ``exit_times``), so merging gives the same bits whatever the order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toylands.statistics.exit_times import N_BINS, ExitTimes, bin_index

__all__ = ["ABOVE", "BELOW", "INSIDE", "LOST", "N_BINS", "ExitTimes", "FirstPassage", "bin_index"]

# Codes of `side` in FirstPassage.from_exits.
INSIDE, BELOW, ABOVE, LOST = 0, -1, 1, 2

_LIMB_BYTES = 32  # a saved sum: sums of squares of steps < 2**62 over fewer than 2**64 trajectories fit


@dataclass(frozen=True)
class FirstPassage:
    """Where and when trajectories left a region; counts are exact, and so are sums of times.

    Parameters
    ----------
    times_below, times_above : ExitTimes
        Those that left by falling below the lower threshold, or by rising above the upper one.
    inside : int
        Trajectories that were still inside at the end.
    lost : int
        Trajectories that diverged to nan before they left.

    Examples
    --------
    >>> exits = FirstPassage.from_exits([3, 5, -1, 10], [ABOVE, ABOVE, INSIDE, BELOW])
    >>> exits.count, exits.below, exits.above, exits.inside, exits.mean, exits.quantile(0.5)
    (3, 1, 2, 1, 6.0, 5.0)
    """

    times_below: ExitTimes
    times_above: ExitTimes
    inside: int
    lost: int = 0

    __hash__ = None  # type: ignore[assignment]

    @staticmethod
    def empty() -> FirstPassage:
        """Return the sketch of no trajectories."""
        nothing = ExitTimes.from_steps([])
        return FirstPassage(nothing, nothing, 0)

    @staticmethod
    def from_exits(step: ArrayLike, side: ArrayLike) -> FirstPassage:
        """Return the sketch of one exit step and one side for each trajectory, in arrays of one shape.

        Parameters
        ----------
        step : array_like of int
            Exit steps; ignored where nothing was left.
        side : array_like of int
            ``BELOW`` (-1), ``ABOVE`` (1), ``INSIDE`` (0, never left) or ``LOST`` (2, diverged before leaving).

        Raises
        ------
        ValueError
            When the shapes differ, a code is unknown, or an exit step is negative or not below 2**62.
        """
        steps, sides = np.asarray(step, dtype=np.int64), np.asarray(side)
        if steps.shape != sides.shape:
            raise ValueError(f"side must have the shape {steps.shape} of step, got {sides.shape}")
        codes = (BELOW, ABOVE, INSIDE, LOST)
        masks = [sides == code for code in codes]
        if sum(int(mask.sum()) for mask in masks) != sides.size:
            raise ValueError(f"side must hold only {codes}, got {np.unique(sides).tolist()}")
        return FirstPassage(
            ExitTimes.from_steps(steps[masks[0]]),
            ExitTimes.from_steps(steps[masks[1]]),
            int(masks[2].sum()),
            int(masks[3].sum()),
        )

    @staticmethod
    def merge(left: FirstPassage, right: FirstPassage) -> FirstPassage:
        """Return the sketch of both together; exact, so the order is of no matter."""
        return FirstPassage(
            ExitTimes.merge(left.times_below, right.times_below),
            ExitTimes.merge(left.times_above, right.times_above),
            left.inside + right.inside,
            left.lost + right.lost,
        )

    @property
    def times(self) -> ExitTimes:
        """Exit times by either side."""
        return ExitTimes.merge(self.times_below, self.times_above)

    @property
    def below(self) -> int:
        """How many left below."""
        return self.times_below.count

    @property
    def above(self) -> int:
        """How many left above."""
        return self.times_above.count

    @property
    def count(self) -> int:
        """How many left."""
        return self.below + self.above

    @property
    def trajectories(self) -> int:
        """All trajectories: left, inside and lost."""
        return self.count + self.inside + self.lost

    @property
    def mean(self) -> float:
        """Mean exit step of those that left; nan when none did. Those still inside are not part of it."""
        return self.times.mean

    @property
    def stderr(self) -> float:
        """Standard error of ``mean``."""
        return self.times.stderr

    @property
    def minimum(self) -> int:
        """First exit step of all; -1 when none left."""
        return self.times.minimum

    @property
    def maximum(self) -> int:
        """Last exit step of all; -1 when none left."""
        return self.times.maximum

    @property
    def probability(self) -> float:
        """Share of all trajectories that left by the last step; nan without trajectories."""
        return self.count / self.trajectories if self.trajectories else math.nan

    @property
    def probability_stderr(self) -> float:
        """Standard error of ``probability``; one success and one failure are added, so it is never 0."""
        if not self.trajectories:
            return math.nan
        p = (self.count + 1) / (self.trajectories + 2)
        return math.sqrt(p * (1 - p) / self.trajectories)

    def quantile(self, q: float, censored: bool = False) -> float:
        """Return the smallest step by which a share ``q`` has left, to less than 1.6 % (exactly below step 64).

        Parameters
        ----------
        q : float
            Share, from 0 to 1.
        censored : bool
            False: a share of those that left. True: a share of all trajectories, and inf when fewer have left.
        """
        return self.times.quantile(q, self.trajectories if censored and self.trajectories else None)

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return plain arrays that hold everything, to be saved; sums as 32 little-endian bytes."""
        sides = (self.times_below, self.times_above)
        limbs = [[n.to_bytes(_LIMB_BYTES, "little") for n in (side.total, side.total_square)] for side in sides]
        return {
            "still": np.array([self.inside, self.lost], np.int64),
            "extremes": np.array([[side.minimum, side.maximum] for side in sides], np.int64),
            "sums": np.array([[list(n) for n in pair] for pair in limbs], np.uint8),
            "histogram": np.stack([side.histogram for side in sides]),
        }

    @staticmethod
    def from_arrays(arrays: dict[str, NDArray[np.generic]]) -> FirstPassage:
        """Return what ``to_arrays`` took apart.

        Raises
        ------
        ValueError
            When the arrays do not fit together.
        """
        still, extremes = np.asarray(arrays["still"]), np.asarray(arrays["extremes"])
        sums, histogram = np.asarray(arrays["sums"]), np.array(arrays["histogram"], np.int64)
        shapes = (still.shape, extremes.shape, sums.shape, histogram.shape)
        if shapes != ((2,), (2, 2), (2, 2, _LIMB_BYTES), (2, N_BINS)) or histogram.min() < 0 or still.min() < 0:
            raise ValueError("the arrays of a first-passage sketch do not fit together")
        histogram.flags.writeable = False
        sides = []
        for i in range(2):
            total, square = (int.from_bytes(sums[i, j].astype(np.uint8).tobytes(), "little") for j in range(2))
            low, high = (int(n) for n in extremes[i])
            sides.append(ExitTimes(int(histogram[i].sum()), total, square, low, high, histogram[i]))
        return FirstPassage(sides[0], sides[1], int(still[0]), int(still[1]))
