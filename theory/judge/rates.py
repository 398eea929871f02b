"""The exponent of a power law, with a confidence interval: how rates and orders of remainders are measured.

log(error) is regressed on log(parameter). The parameter has to span a factor of at least 100, so that an exponent is
not read off a stretch too short to tell one from its neighbours. The interval comes from the scatter about the line
(Student's t), so that curvature, the next term of an expansion, widens it; with standard errors it is never narrower
than these alone would make it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sympy as sp
from scipy import stats

from theory.proof import Blackboard

SHORTEST_SPAN = 100.0
FEWEST_POINTS = 4
CONFIDENCE = 0.999
WIDEST = 0.25
"""Half width of an interval beyond which it decides nothing."""


@dataclass(frozen=True)
class Rate:
    """An estimated exponent: error ~ constant * parameter ** exponent."""

    exponent: float
    half_width: float
    constant: float
    confidence: float
    span: float
    points: int

    @property
    def low(self) -> float:
        """Lower end of the confidence interval."""
        return self.exponent - self.half_width

    @property
    def high(self) -> float:
        """Upper end of the confidence interval."""
        return self.exponent + self.half_width

    def __str__(self) -> str:
        return (
            f"exponent {self.exponent:.4g} +- {self.half_width:.2g} ({self.confidence:.1%} confidence), "
            f"{self.points} points over a factor of {self.span:.4g}"
        )

    def agrees(self, exponent: float, relation: str = "==") -> bool | None:
        """Whether the exponent is ``exponent``, or at least or at most that; None if the interval is too wide.

        Parameters
        ----------
        exponent : float
            What is claimed.
        relation : {"==", ">=", "<="}
            ``">="`` is for O(parameter ** exponent): an error that falls faster agrees with it.

        Raises
        ------
        ValueError
            For another relation.

        Examples
        --------
        >>> rate = Rate(2.01, 0.05, 1.0, 0.999, 100.0, 8)
        >>> rate.agrees(2), rate.agrees(1), rate.agrees(1, ">="), rate.agrees(3, ">=")
        (True, False, True, False)
        """
        allowed = {"==": self.low <= exponent <= self.high, ">=": self.high >= exponent, "<=": self.low <= exponent}
        if relation not in allowed:
            raise ValueError(f"relation must be one of {', '.join(allowed)}, got {relation!r}")
        return allowed[relation] if self.half_width <= WIDEST else None


def fit_rate(
    parameters: npt.ArrayLike,
    errors: npt.ArrayLike,
    stderr: npt.ArrayLike | None = None,
    confidence: float = CONFIDENCE,
) -> Rate:
    """The exponent of ``errors`` as a power of ``parameters``.

    Parameters
    ----------
    parameters : array (n,)
        Values of the small (or large) parameter, positive, n >= 4, the largest at least 100 times the smallest.
    errors : array (n,)
        Sizes of the error, positive; exact values, or estimates with ``stderr``.
    stderr : array (n,), optional
        Standard errors of ``errors``, at most a third of them each: beyond that a logarithm has no meaning.
    confidence : float, default 0.999
        Of the interval, in (0, 1).

    Raises
    ------
    ValueError
        If an argument is out of range, or of another length.

    Examples
    --------
    >>> h = [1e-3, 1e-2, 1e-1, 1.0]
    >>> rate = fit_rate(h, [5 * x**2 for x in h])
    >>> round(rate.exponent, 6), round(rate.constant, 6), rate.agrees(2), rate.agrees(1)
    (2.0, 5.0, True, False)
    """
    x, y, noise = _checked(parameters, errors, stderr, confidence)
    weights = np.ones(x.size) if stderr is None else 1 / noise**2
    weights = weights / weights.sum()
    centred = x - weights @ x
    inertia = weights @ centred**2
    slope = float(weights @ (centred * y) / inertia)
    intercept = float(weights @ y - slope * (weights @ x))
    residual = y - intercept - slope * x
    freedom = x.size - 2
    influence = weights * centred / inertia  # slope = sum of influence * y
    scatter = float(np.sqrt(weights @ residual**2 / inertia / freedom))
    # rounding errors in exact values must not make an interval of width 0
    known = float(np.sqrt(np.sum((influence * np.maximum(noise, 1e-12)) ** 2)))
    half = max(
        scatter * float(stats.t.ppf(0.5 + confidence / 2, freedom)),
        known * float(stats.norm.ppf(0.5 + confidence / 2)),
    )
    return Rate(slope, half, float(np.exp(intercept)), confidence, float(np.exp(np.ptp(x))), int(x.size))


def _checked(
    parameters: npt.ArrayLike, errors: npt.ArrayLike, stderr: npt.ArrayLike | None, confidence: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Logarithms of parameters and errors, and relative standard errors."""
    x, y = np.asarray(parameters, float), np.asarray(errors, float)
    error = np.zeros_like(y) if stderr is None else np.asarray(stderr, float)
    if x.ndim != 1 or x.shape != y.shape or x.shape != error.shape or x.size < FEWEST_POINTS:
        raise ValueError(
            f"parameters, errors and stderr must be of one length >= {FEWEST_POINTS}, got shapes {x.shape}, {y.shape} "
            f"and {error.shape}"
        )
    for name, values in (("parameters", x), ("errors", y)):
        if not (np.isfinite(values) & (values > 0)).all():
            raise ValueError(f"{name} must be positive and finite, got {values[~(values > 0)][:3].tolist() or values}")
    if x.max() < SHORTEST_SPAN * x.min() * (1 - 1e-12):
        raise ValueError(f"parameters must span a factor of at least {SHORTEST_SPAN:g}, got {x.max() / x.min():.4g}")
    if stderr is not None and not ((error > 0) & (error <= y / 3)).all():
        worst = int(np.argmax(error / y))
        raise ValueError(f"stderr must be positive and at most a third of errors, got {error[worst]} for {y[worst]}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie in (0, 1), got {confidence}")
    return np.log(x), np.log(y), error / y


def note_rate(board: Blackboard, what: str, rate: Rate, exponent: sp.Expr | float, relation: str = "==") -> bool:
    """A step of a numerical derivation: the measured exponent is as claimed; for ``==``, half an order away is not.

    Parameters
    ----------
    board : Blackboard
        Its method should begin with ``numerical``: a regression supports a claim, it proves none.
    what : str
        The step in words.
    rate : Rate
        What was measured.
    exponent : number
        What is claimed.
    relation : {"==", ">=", "<="}
        See :meth:`Rate.agrees`.
    """
    claimed = float(exponent)
    neighbours = (claimed - 0.5, claimed + 0.5) if relation == "==" else ()
    rejected = all(rate.agrees(wrong) is False for wrong in neighbours)
    return board.note(what, rate.agrees(claimed, relation) is True and rejected, f"{rate}, claimed {claimed:g}")
