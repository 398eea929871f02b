"""The statistics of the judge: many comparisons, one stated rate of false alarms for all of them together.

An estimate with its standard error is compared with a number. Scores are referred to Student's t distribution with
one degree of freedom less than there are trajectories, because the standard error is itself an estimate. Holm's
procedure keeps the probability of even one false rejection in a whole run below :data:`FALSE_ALARM_RATE`; the
threshold for a single comparison at that rate (Bonferroni) says which deviations a comparison can see.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

FALSE_ALARM_RATE = 1e-4
"""Probability that a run whose claims are all true rejects at least one of them."""

CATCH_PROBABILITY = 0.99
"""Probability with which the smallest detectable deviation is caught."""

DETERMINISTIC_TOLERANCE = 1e-10
"""Relative tolerance for numbers without Monte Carlo error."""

RELATIONS = ("==", "<=", ">=")

Array = npt.NDArray[np.float64]


def _check_relation(relation: str) -> None:
    if relation not in RELATIONS:
        raise ValueError(f"relation must be one of {', '.join(RELATIONS)}, got {relation!r}")


def _scale(estimates: Array, numbers: Array) -> Array:
    """What a relative tolerance is relative to; next to an exact 0, a ten-thousandth of the array's largest number."""
    finite = np.abs(numbers[np.isfinite(numbers)])
    largest = finite.max() if finite.size else 0.0
    return np.where(numbers == 0, 1e-4 * largest, np.maximum(np.abs(estimates), np.abs(numbers)))


def is_deterministic(estimates: npt.ArrayLike, stderr: npt.ArrayLike, numbers: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Where the Monte Carlo error is zero, or so small that rounding errors would decide the comparison.

    Parameters
    ----------
    estimates, stderr, numbers : array (n,)
        Estimates, their standard errors, and the numbers they are compared with.

    Examples
    --------
    >>> is_deterministic([1.0, 1.0], [0.0, 0.1], [1.0, 1.0]).tolist()
    [True, False]
    """
    scale = _scale(np.asarray(estimates, float), np.asarray(numbers, float))
    return np.asarray(stderr, float) <= 0.1 * DETERMINISTIC_TOLERANCE * scale


def standard_scores(estimates: npt.ArrayLike, stderr: npt.ArrayLike, numbers: npt.ArrayLike) -> Array:
    """(estimate - number) / standard error; deterministic ones get 0 within the tolerance, else +-infinity.

    Parameters
    ----------
    estimates, stderr, numbers : array (n,)
        Estimates, their standard errors, and the numbers they are compared with. A NaN gives a score of NaN.

    Examples
    --------
    >>> standard_scores([1.5, 2.0], [0.25, 0.0], [1.0, 2.1]).tolist()
    [2.0, -inf]
    """
    value, error, number = (np.asarray(a, float) for a in (estimates, stderr, numbers))
    difference = value - number
    with np.errstate(divide="ignore", invalid="ignore"):
        random = difference / error
        within = np.abs(difference) <= DETERMINISTIC_TOLERANCE * _scale(value, number)
        exact = np.where(within, 0.0, np.copysign(np.inf, difference))
    exact = np.where(np.isnan(difference), np.nan, exact)
    return np.where(is_deterministic(value, error, number), exact, random)


def p_values(scores: npt.ArrayLike, relation: str, trajectories: int) -> Array:
    """Probability of a score at least as far out if the relation holds: two-sided for ``==``, else one-sided.

    Parameters
    ----------
    scores : array (n,)
        Standard scores; a NaN gives a p-value of NaN.
    relation : {"==", "<=", ">="}
        How the estimated quantity should stand to the number.
    trajectories : int
        Independent trajectories behind each standard error, at least 2.

    Raises
    ------
    ValueError
        For another relation, or fewer than 2 trajectories.

    Examples
    --------
    >>> float(p_values([5.0], "<=", 10**6)[0]) < 3e-7 < float(p_values([5.0], "==", 10**6)[0])
    True
    """
    _check_relation(relation)
    scores = np.asarray(scores, float)
    freedom = _degrees_of_freedom(trajectories)
    if relation == "==":
        return 2 * stats.t.sf(np.abs(scores), freedom)
    return stats.t.sf(scores if relation == "<=" else -scores, freedom)


def _degrees_of_freedom(trajectories: int) -> int:
    if trajectories < 2:
        raise ValueError(f"trajectories must be at least 2 for a standard error to mean anything, got {trajectories}")
    return int(trajectories) - 1


def holm(p: npt.ArrayLike, rate: float = FALSE_ALARM_RATE) -> npt.NDArray[np.bool_]:
    """Which hypotheses Holm's procedure rejects, at a family-wise rate of false rejections of at most ``rate``.

    Valid whatever the dependence between the comparisons.

    Parameters
    ----------
    p : array (n,)
        One p-value per comparison, no NaN.
    rate : float, default 1e-4
        Probability of one or more false rejections, in (0, 1).

    Raises
    ------
    ValueError
        If ``rate`` is not in (0, 1) or a p-value not in [0, 1].

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03], rate=0.05).tolist()
    [True, False, False]
    """
    p = np.asarray(p, float)
    if not 0 < rate < 1:
        raise ValueError(f"rate must lie in (0, 1), got {rate}")
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError(f"p must hold numbers in [0, 1], got {p[~((p >= 0) & (p <= 1))][:3]}")
    order = np.argsort(p, kind="stable")
    within = p[order] <= rate / (p.size - np.arange(p.size))
    rejected = np.zeros(p.size, bool)
    rejected[order] = np.logical_and.accumulate(within)
    return rejected


def critical_score(comparisons: int, relation: str, trajectories: int, rate: float = FALSE_ALARM_RATE) -> float:
    """Score beyond which a single comparison is rejected for sure among ``comparisons`` (Bonferroni's threshold).

    Raises
    ------
    ValueError
        For an unknown relation, fewer than 1 comparison or fewer than 2 trajectories.

    Examples
    --------
    >>> round(critical_score(300, "==", 10**6), 2)
    5.1
    """
    _check_relation(relation)
    if comparisons < 1:
        raise ValueError(f"comparisons must be at least 1, got {comparisons}")
    tail = rate / comparisons / (2 if relation == "==" else 1)
    return float(stats.t.isf(tail, _degrees_of_freedom(trajectories)))


def rejects(scores: npt.ArrayLike, relation: str, critical: float) -> npt.NDArray[np.bool_]:
    """Which scores lie beyond ``critical`` on the side that the relation forbids; never one that is NaN.

    Examples
    --------
    >>> rejects([-6.0, 6.0], "<=", 5.0).tolist()
    [False, True]
    """
    _check_relation(relation)
    scores = np.asarray(scores, float)
    distance = {"==": np.abs(scores), "<=": scores, ">=": -scores}[relation]
    return distance > critical


def detectable_deviation(stderr: npt.ArrayLike, critical: float) -> Array:
    """Smallest deviation of the truth that is caught with probability :data:`CATCH_PROBABILITY`.

    Examples
    --------
    >>> float(detectable_deviation([0.1], 5.0)[0].round(4))
    0.7326
    """
    return (critical + float(stats.norm.ppf(CATCH_PROBABILITY))) * np.asarray(stderr, float)
