"""Count, mean, central moments to the fourth, and extremes of a sample; merged without ever keeping the sample.

Merging follows Chan, Golub and LeVeque (1983, "Algorithms for computing the sample variance", American Statistician 37)
for the mean and the second moment, and Pébay (2008, Sandia report SAND2008-6212) for the third and fourth. All of it is
elementwise arithmetic in one fixed order, so that the same merges give the same bits on any machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FIELDS = ("count", "mean", "m2", "m3", "m4", "minimum", "maximum")


@dataclass(frozen=True, eq=False)
class Moments:
    """Streaming statistics of a sample of trajectories, elementwise over an array of quantities.

    The shape is usually (records, observables); a leading axis may run over blocks. The arrays are read-only views.

    Parameters
    ----------
    count : int64 array
        Sample size, 0 allowed.
    mean : float64 array
        Sample mean; 0 where ``count`` is 0.
    m2, m3, m4 : float64 array
        Sums over the sample of the second, third and fourth power of (value - mean).
    minimum, maximum : float64 array
        Extremes; +inf and -inf where ``count`` is 0.

    Raises
    ------
    ValueError
        When the arrays differ in shape.

    Examples
    --------
    >>> import numpy as np
    >>> a = Moments.from_samples(np.array([[1.0], [2.0]]))
    >>> b = Moments.from_samples(np.array([[3.0], [6.0]]))
    >>> whole = Moments.merge(a, b)
    >>> whole.mean, whole.variance
    (array([3.]), array([4.66666667]))
    """

    count: Integers
    mean: Floats
    m2: Floats
    m3: Floats
    m4: Floats
    minimum: Floats
    maximum: Floats

    __hash__ = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        for name in FIELDS:
            array: NDArray[Any] = np.asarray(getattr(self, name), np.int64 if name == "count" else np.float64).view()
            if array.shape != np.shape(self.count):
                raise ValueError(f"{name} must have the shape {np.shape(self.count)} of count, got {array.shape}")
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @staticmethod
    def empty(shape: tuple[int, ...]) -> Moments:
        """Return the moments of a sample of size zero: what every merge leaves unchanged."""
        zero = np.zeros(shape)
        return Moments(
            np.zeros(shape, np.int64), zero, zero, zero, zero, np.full(shape, np.inf), np.full(shape, -np.inf)
        )

    @staticmethod
    def from_samples(samples: ArrayLike) -> Moments:
        """Return the moments of samples of shape (trajectories, ...), over the first axis.

        Values that are not finite are left out, as the engine leaves out trajectories that diverged.
        Two passes about a shift, so that a large common offset costs no digits.
        """
        values = np.asarray(samples, dtype=np.float64)
        kept = np.isfinite(values)
        count = kept.sum(axis=0, dtype=np.int64)
        if len(values) == 0:
            return Moments.empty(count.shape)
        first = np.take_along_axis(values, kept.argmax(axis=0)[None], axis=0)[0]
        shift = np.where(count > 0, first, 0.0)
        size = np.maximum(count, 1)
        with np.errstate(over="ignore", invalid="ignore"):
            moved = np.where(kept, values - shift, 0.0)
            centre = moved.sum(axis=0) / size
            gap = np.where(kept, moved - centre, 0.0)
            square = gap * gap
            m2, m3, m4 = square.sum(axis=0), (square * gap).sum(axis=0), (square * square).sum(axis=0)
        low = np.where(kept, values, np.inf).min(axis=0, initial=np.inf)
        high = np.where(kept, values, -np.inf).max(axis=0, initial=-np.inf)
        return Moments(count, shift + centre, m2, m3, m4, low, high)

    @staticmethod
    def stack(parts: Sequence[Moments]) -> Moments:
        """Return the parts, all of one shape and at least one, along a new leading axis."""
        return Moments(*(np.stack([getattr(part, name) for part in parts]) for name in FIELDS))

    @staticmethod
    def merge(left: Moments, right: Moments) -> Moments:
        """Return the moments of the two samples together.

        Bit for bit reproducible, but neither commutative nor associative in the last bit: who needs the same bits must
        merge in the same order (see ``MomentForest``). An empty side leaves the other unchanged, bit for bit.

        Raises
        ------
        ValueError
            When the shapes differ.
        """
        if left.shape != right.shape:
            raise ValueError(f"right must have the shape {left.shape} of left, got {right.shape}")
        count = left.count + right.count
        size = np.maximum(count, 1).astype(np.float64)
        a, b = left.count / size, right.count / size
        with np.errstate(over="ignore", invalid="ignore"):
            delta = right.mean - left.mean
            square = delta * delta
            between = square * (left.count * b)
            mean = left.mean + delta * b
            m2 = (left.m2 + right.m2) + between
            m3 = (left.m3 + right.m3) + (delta * between * (a - b) + 3.0 * delta * (a * right.m2 - b * left.m2))
            m4 = (left.m4 + right.m4) + (
                square * between * (a * a - a * b + b * b)
                + 6.0 * square * (a * a * right.m2 + b * b * left.m2)
                + 4.0 * delta * (a * right.m3 - b * left.m3)
            )
        merged = [mean, m2, m3, m4]
        no_left, no_right = left.count == 0, right.count == 0
        if no_left.any() or no_right.any():
            for i, name in enumerate(FIELDS[1:5]):
                kept = np.where(no_right, getattr(left, name), merged[i])
                merged[i] = np.where(no_left, getattr(right, name), kept)
        low, high = np.minimum(left.minimum, right.minimum), np.maximum(left.maximum, right.maximum)
        return Moments(count, merged[0], merged[1], merged[2], merged[3], low, high)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of every array."""
        return self.count.shape

    @cached_property
    def variance(self) -> Floats:
        """Unbiased sample variance; nan where fewer than two values were seen."""
        return self._from_two(self.m2 / self._less(1))

    @cached_property
    def stderr(self) -> Floats:
        """Standard error of the mean, sqrt(variance / count); nan where fewer than two values were seen."""
        return self._from_two(np.sqrt(self.variance / np.maximum(self.count, 1)))

    @cached_property
    def variance_stderr(self) -> Floats:
        """Standard error of ``variance``; nan where fewer than two values were seen.

        The variance of the unbiased sample variance is (mu4 - sigma^4 (n - 3) / (n - 1)) / n; the sample's own moments
        stand for mu4 and sigma. They never make it negative.
        """
        size = np.maximum(self.count, 1)
        with np.errstate(over="ignore", invalid="ignore"):
            excess = self.m4 / size - self.variance * self.variance * ((size - 3) / self._less(1))
            return self._from_two(np.sqrt(np.maximum(excess, 0.0) / size))

    def _less(self, lost: int) -> Integers:
        return np.maximum(self.count - lost, 1)

    def _from_two(self, values: Floats) -> Floats:
        result = np.where(self.count >= 2, values, np.nan)
        result.flags.writeable = False
        return result

    def __getitem__(self, index: Any) -> Moments:
        """Return the same index of every array, without a copy."""
        return Moments(*(array[index] for array in self._arrays()))

    def copy(self) -> Moments:
        """Return a copy that shares no memory with the arrays it came from."""
        return Moments(*(array.copy() for array in self._arrays()))

    def __eq__(self, other: object) -> bool:
        """Compare bit for bit: nan equals the same nan, 0.0 does not equal -0.0."""
        if not isinstance(other, Moments):
            return NotImplemented
        pairs = zip(self._arrays(), other._arrays(), strict=True)
        return self.shape == other.shape and all(a.tobytes() == b.tobytes() for a, b in pairs)

    def _arrays(self) -> Iterator[NDArray[Any]]:
        return (getattr(self, name) for name in FIELDS)
