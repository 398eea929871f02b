"""One observable of a run: its statistics over the recorded steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toylands.results.summary import format_estimate, shown_rows, text_table
from toylands.statistics.central_moments import Floats, Integers, Moments


@dataclass(frozen=True, eq=False)
class Series:
    """Statistics of one observable at every recorded step; all arrays have shape (records,) and are read-only.

    Where no trajectory was left to average (all had diverged) mean, minimum and maximum are nan.

    Parameters
    ----------
    name : str
        The observable.
    steps : int64 array
        Recorded steps: updates done, 0 is the start.
    mean, stderr : float64 array
        Sample mean and its standard error.
    variance, variance_stderr : float64 array
        Unbiased sample variance and its standard error.
    minimum, maximum : float64 array
        Extremes over the trajectories.
    count : int64 array
        Trajectories that were averaged.
    diverged : int64 array
        Trajectories that had diverged by then, and were not.
    """

    name: str
    steps: Integers
    mean: Floats
    stderr: Floats
    variance: Floats
    variance_stderr: Floats
    minimum: Floats
    maximum: Floats
    count: Integers
    diverged: Integers

    @staticmethod
    def from_moments(name: str, steps: Integers, moments: Moments, diverged: Integers) -> Series:
        """Return the series of the moments (records,) of one observable."""
        seen = moments.count > 0
        derived = [np.where(seen, a, np.nan) for a in (moments.mean, moments.minimum, moments.maximum)]
        mean, low, high = derived
        for array in derived:
            array.flags.writeable = False
        return Series(
            name,
            steps,
            mean,
            moments.stderr,
            moments.variance,
            moments.variance_stderr,
            low,
            high,
            moments.count,
            diverged,
        )

    def __len__(self) -> int:
        """Return the number of recorded steps."""
        return len(self.steps)

    def __repr__(self) -> str:
        rows = [["step", "mean", "variance", "minimum", "maximum", "count"]]
        for i in shown_rows(len(self)):
            rows.append(["..."] * 6 if i is None else self._row(i))
        return f"Series {self.name!r}, {len(self)} recorded steps\n{text_table(rows)}"

    def _row(self, i: int) -> list[str]:
        return [
            str(self.steps[i]),
            format_estimate(self.mean[i], self.stderr[i]),
            format_estimate(self.variance[i], self.variance_stderr[i]),
            f"{self.minimum[i]:.6g}",
            f"{self.maximum[i]:.6g}",
            str(self.count[i]),
        ]
