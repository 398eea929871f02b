"""Stopping when the error bar is small enough, without the bias of having looked many times.

An interval of fixed confidence holds at one sample size, chosen beforehand. Who looks after every block and stops when
it looks good needs a confidence sequence: intervals that hold at all sample sizes together, with probability 1 - alpha.

The one used here is the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas
("Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics 2024, arXiv:2103.06476):
the normal-mixture boundary of Robbins (1970, "Statistical methods related to the law of the iterated logarithm") with
the sample standard deviation in place of the true one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toylands import validation

# Below this many trajectories the sample standard deviation says too little: the half width is infinite.
MINIMUM_COUNT = 256
OPTIMAL_COUNT = 4096
_MOST = 2**62


def mixture_scale(alpha: float, optimal_count: float) -> float:
    """Return rho of the normal mixture that makes the sequence narrowest at ``optimal_count``.

    With y = 1 + optimal_count rho^2 the width is least where y = 1 - 2 log(alpha) + log(y): a contraction, since
    y > 1. In closed form, y = -W_{-1}(-alpha^2 / e) with Lambert's W.

    Examples
    --------
    >>> round(mixture_scale(0.05, 100), 6)
    0.286565
    """
    level = -2.0 * math.log(alpha)
    y = 1.0 + level + math.log(2.0 + level)
    for _ in range(60):
        y = 1.0 + level + math.log(y)
    return math.sqrt((y - 1.0) / optimal_count)


def half_width(
    count: ArrayLike, std: ArrayLike, alpha: float = 0.01, optimal_count: float = OPTIMAL_COUNT
) -> NDArray[np.float64]:
    """Return the half width of the time-uniform confidence interval for a mean.

    At ``count`` = n trajectories with sample standard deviation s,

        s sqrt(2 (n rho^2 + 1) / (n^2 rho^2) log(sqrt(n rho^2 + 1) / alpha)),

    and with probability at least 1 - alpha the true mean is within it at every n (Waudby-Smith et al. 2024, two-sided
    normal mixture; ``rho`` from ``mixture_scale``). The guarantee is asymptotic: below 256 trajectories the answer is
    inf. It cannot know of values too rare to have been seen: where all agree so far, ``std`` and the answer are 0.

    Parameters
    ----------
    count : array_like of int
        Trajectories so far.
    std : array_like
        Their sample standard deviation; nan counts as unknown (inf).
    alpha : float
        Probability, in (0, 1), that the interval fails at any time.
    optimal_count : float
        Sample size at which it is narrowest; to be chosen before looking. Ten times too small costs 5 % of width, ten
        times too large 20 %.

    Returns
    -------
    float64 array
        Half widths, of the broadcast shape of ``count`` and ``std``.

    Raises
    ------
    ValueError
        When ``alpha`` is not in (0, 1), ``optimal_count`` not positive, or a count or a std negative.

    Examples
    --------
    >>> half_width([100, 10_000, 1_000_000], 1.0).round(5)
    array([    inf, 0.03611, 0.00414])
    """
    alpha = validation.in_interval("alpha", alpha, 0.0, 1.0, open_low=True, open_high=True)
    scale = mixture_scale(alpha, validation.positive("optimal_count", optimal_count))
    counts, spread = np.asarray(count, dtype=np.float64), np.asarray(std, dtype=np.float64)
    for name, array in (("count", counts), ("std", spread)):
        if (array < 0).any():
            raise ValueError(f"{name} must be >= 0, got {array.min()}")
    n = np.maximum(counts, MINIMUM_COUNT)
    growth = n * scale * scale + 1.0
    width = spread * np.sqrt(growth * (np.log(growth) - 2.0 * math.log(alpha))) / (n * scale)
    return np.where((counts < MINIMUM_COUNT) | np.isnan(spread), np.inf, width)


@dataclass(frozen=True)
class Precision:
    """Let an ensemble stop once the mean of an observable is known well enough.

    Parameters
    ----------
    observable : observable or str
        Which recorded observable; kept as its name.
    half_width : float
        Target half width of its confidence interval, > 0; a share of the mean's size when ``relative``.
    relative : bool
        Whether ``half_width`` is relative to the mean.
    confidence : float
        Probability, in (0, 1), that the interval at which the run stops holds the true mean. It holds however often
        the run looked (time-uniform, see `half_width` in this module), in the limit of many trajectories.
    at : {"last", "all"}
        Hold at the last recorded step, or at all of them together (the error is shared out evenly, Bonferroni).
    optimal_count : float
        Sample size at which the confidence sequence is narrowest.

    Raises
    ------
    TypeError, ValueError
        When an argument is outside its domain.

    Examples
    --------
    >>> target = Precision("loss", 0.01, relative=True)
    >>> target.reached(count=10_000, mean=5.0, std=1.0), target.reached(count=1_000, mean=5.0, std=1.0)
    (True, False)
    >>> target.needed(count=1_000, mean=5.0, std=1.0)
    4216
    """

    observable: str
    half_width: float
    relative: bool = False
    confidence: float = 0.99
    at: str = "last"
    optimal_count: float = OPTIMAL_COUNT

    def __post_init__(self) -> None:
        name = getattr(self.observable, "name", self.observable)
        if not isinstance(name, str):
            raise TypeError(f"observable must be a name or have one, got {self.observable!r}")
        if not isinstance(self.relative, bool):
            raise TypeError(f"relative must be True or False, got {self.relative!r}")
        checked = {
            "observable": name,
            "half_width": validation.positive("half_width", self.half_width),
            "confidence": validation.in_interval(
                "confidence", self.confidence, 0.0, 1.0, open_low=True, open_high=True
            ),
            "at": validation.choice("at", self.at, ("last", "all")),
            "optimal_count": validation.positive("optimal_count", self.optimal_count),
        }
        for field, value in checked.items():
            object.__setattr__(self, field, value)

    def widths(self, count: ArrayLike, std: ArrayLike) -> NDArray[np.float64]:
        """Return the half widths now, at the recorded steps that matter; see ``reached``."""
        counts, spread = self._select(count), self._select(std)
        alpha = (1.0 - self.confidence) / max(1, spread.size)
        return half_width(counts, spread, alpha, self.optimal_count)

    def reached(self, count: ArrayLike, mean: ArrayLike, std: ArrayLike) -> bool:
        """Whether the target holds now.

        Parameters
        ----------
        count, mean, std : array_like over the recorded steps (or one number)
            Trajectories, mean and sample standard deviation of the observable so far.
        """
        return bool((self.widths(count, std) <= self._targets(mean)).all())

    def needed(self, count: ArrayLike, mean: ArrayLike, std: ArrayLike) -> int | None:
        """Estimate how many more trajectories the target takes if mean and std stay; for progress displays.

        Returns
        -------
        int or None
            0 when reached; None when it cannot be said (nothing known yet, or a relative target about a mean of 0).
        """
        if self.reached(count, mean, std):
            return 0
        counts, means, spread = self._select(count), self._select(mean), self._select(std)
        target = self._targets(mean)
        if not (np.isfinite(spread).all() and np.isfinite(means).all() and ((target > 0) | (spread == 0)).all()):
            return None
        alpha = (1.0 - self.confidence) / max(1, spread.size)
        low, high = 0, MINIMUM_COUNT  # the target is missed with `low` more, and met with `high` more
        while (half_width(counts + high, spread, alpha, self.optimal_count) > target).any():
            low, high = high, 2 * high
            if high > _MOST:
                return None
        while high - low > 1:
            middle = (low + high) // 2
            missed = (half_width(counts + middle, spread, alpha, self.optimal_count) > target).any()
            low, high = (middle, high) if missed else (low, middle)
        return high

    def _targets(self, mean: ArrayLike) -> NDArray[np.float64]:
        means = self._select(mean)
        if not self.relative:
            return np.full(means.shape, self.half_width)
        # |truth| >= |mean| - width, so this width is at most `half_width` times the truth, not only the estimate.
        return self.half_width / (1.0 + self.half_width) * np.abs(means)

    def _select(self, values: ArrayLike) -> NDArray[np.float64]:
        array = np.atleast_1d(np.asarray(values, dtype=np.float64))
        return array[-1:] if self.at == "last" else array
