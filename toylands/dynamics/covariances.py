"""Covariances of injected noise that change with the state (anisotropic Table 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from toylands import validation
from toylands.dynamics.oracles import sample_count
from toylands.landscapes.base import Landscape

DYNAMIC, DIAGONAL, GRADIENT, LEADING, HESSIAN = "dynamic", "diagonal", "gradient", "leading", "hessian"
KINDS = (DYNAMIC, DIAGONAL, GRADIENT, LEADING, HESSIAN)


@dataclass(frozen=True)
class StateCovariance:
    """Noise shaped by the landscape where the trajectory is: its covariance is s(w) C(w).

    Parameters
    ----------
    kind : {"dynamic", "diagonal", "gradient", "leading", "hessian"}
        C: the identity, the diagonal of the covariance of a single data point's gradient, all of it, its ``rank``
        leading eigenpairs, or the ``rank`` leading eigenpairs of the Hessian (negative eigenvalues count as 0).
    rank : int, optional
        Eigenpairs kept, for "leading" and "hessian".
    trace : float, optional
        s(w) makes the trace of the covariance, the expected squared norm of the noise, this number. Default: the trace
        of the gradient noise of a mini-batch of ``batch_size`` (anisotropic Eq. 5 and 14).
    batch_size : int
        For the default trace.
    refresh : int
        C and s are computed anew every so many steps.

    Raises
    ------
    TypeError, ValueError
        If a value is of the wrong kind or out of range.

    Notes
    -----
    Source: anisotropic, Table 1 and Eq. 14.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.StateCovariance("hessian", rank=1, trace=0.01).kind
    'hessian'
    """

    kind: str
    rank: int | None = None
    trace: float | None = None
    batch_size: int = 1
    refresh: int = 1

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        validation.choice("kind", self.kind, KINDS)
        if (self.rank is not None) != (self.kind in (LEADING, HESSIAN)):
            raise ValueError(f"rank = {self.rank!r} goes with kind = 'leading' and 'hessian', got kind = {self.kind!r}")
        if self.rank is not None:
            set_(self, "rank", validation.positive_int("rank", self.rank))
        if self.trace is not None:
            set_(self, "trace", validation.nonnegative("trace", self.trace))
        set_(self, "batch_size", validation.positive_int("batch_size", self.batch_size))
        set_(self, "refresh", validation.positive_int("refresh", self.refresh))

    def describe(self) -> dict[str, Any]:
        """JSON-able settings."""
        return dict(vars(self))


class CovarianceShape(NamedTuple):
    """What decides the code that shapes the noise."""

    kind: str
    matched: bool  # the trace is that of gradient noise


class CovarianceNumbers(NamedTuple):
    """A covariance's values as its kernel sees them."""

    rank: int
    trace: float
    batch_size: int
    refresh: int


NO_COVARIANCE = CovarianceNumbers(0, 0.0, 1, 1)


def covariance_shape(covariance: StateCovariance) -> CovarianceShape:
    """The code of a covariance."""
    return CovarianceShape(covariance.kind, covariance.trace is None)


def covariance_numbers(covariance: StateCovariance, landscape: Landscape) -> CovarianceNumbers:
    """The values of a covariance on a landscape.

    Raises
    ------
    ValueError
        If the landscape lacks data points or a Hessian kernel where they are needed, or ``rank`` exceeds its size.
    """
    if covariance.kind != HESSIAN or covariance.trace is None:
        sample_count(landscape)
    if covariance.kind == HESSIAN and landscape.kernels.hessian is None:
        raise ValueError(f"{type(landscape).__name__} has no Hessian kernel to shape the noise with")
    rank = 0 if covariance.rank is None else covariance.rank
    if rank > landscape.size:
        raise ValueError(f"rank = {rank} must be at most the {landscape.size} coordinates of the landscape")
    return CovarianceNumbers(rank, covariance.trace or 0.0, covariance.batch_size, covariance.refresh)
