"""Observables made from observables: what lies beyond thresholds, and averages along a trajectory."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Any, NamedTuple

from toylands import validation
from toylands.observables import Built, Observable, Reading, lanes_kernel, thresholds
from toylands.simd import fma, lanes_function, select


class Bounds(NamedTuple):
    """What an indicator compares with, and the settings of what it looks at (an empty tuple for none)."""

    below: float
    above: float
    inner: Any


@functools.lru_cache(maxsize=256)
def build_indicator(inner: Reading) -> Any:
    """``indicator(w, p, work, bounds)`` of what ``inner`` reads."""
    plain = lanes_kernel(inner.kernel)

    @lanes_function
    def beyond(seen: Any, bounds: Any) -> Any:
        value = select((seen <= bounds.below) | (seen >= bounds.above), 1.0, 0.0)
        return fma(seen, 0.0, value)  # no number where the observable is none: a trajectory that diverged

    @lanes_function
    def of_set(w: Any, p: Any, work: Any, bounds: Any) -> Any:
        return beyond(plain(w, p, work, bounds.inner), bounds)

    @lanes_function
    def of_working(w: Any, p: Any, work: Any, bounds: Any) -> Any:
        return beyond(plain(w, p, work), bounds)

    @lanes_function
    def of_plain(w: Any, p: Any, work: Any, bounds: Any) -> Any:
        return beyond(plain(w, p), bounds)

    return of_set if inner.set else of_working if inner.works else of_plain


def indicator(
    observable: Observable, below: float = -math.inf, above: float = math.inf, name: str | None = None
) -> Observable:
    """An observable that is 1 where another has left ``below < observable < above``, and 0 inside.

    Its mean over trajectories is a probability, such as that of having escaped from a basin by a step. (The first time
    that a trajectory leaves, whether or not it comes back, is what `exit_region` is for.) Thresholds travel as
    arguments: hundreds of them, one compilation.

    Parameters
    ----------
    observable : Observable
        What is compared.
    below, above : float
        1 means ``observable <= below`` or ``observable >= above``; one of them may be infinite.
    name : str, optional
        Default: a name with the thresholds.

    Raises
    ------
    TypeError, ValueError
        If ``observable`` is none or an average along a trajectory, a threshold is NaN, both are infinite, or
        ``below >= above``.

    Notes
    -----
    Source: the escape indicator of anisotropic Figure 2 (middle), for any observable.

    Examples
    --------
    >>> import toylands as tl
    >>> valley = tl.landscapes.WideningValley(dim=2)
    >>> flat = tl.indicator(valley.hessian_trace, below=4.0)
    >>> flat.name, flat([[1.0, 1.0, 0.0], [2.0, 1.0, 0.0]]).tolist()
    ('hessian_trace <= 4', [1.0, 0.0])
    """
    _check(observable)
    observable.check_of_points("compared with thresholds")
    low, high = thresholds(below, above)
    told = [f"{observable.name} <= {low:g}"] if low > -math.inf else []
    told += [f"{observable.name} >= {high:g}"] if high < math.inf else []
    inner = observable.reading._replace(pooled=None)
    return Observable(
        " or ".join(told) if name is None else name,
        Built(build_indicator, (inner,)),
        observable.parameters,
        f"1 where {' or '.join(told)}, else 0",
        scratch=observable.scratch,
        settings=Bounds(low, high, () if observable.settings is None else observable.settings),
        size=observable.size,
    )


def moving_average(observable: Observable, span: float, name: str | None = None) -> Observable:
    """The average of an observable along each trajectory, kept inside the kernel at every step.

    m_0 = x_0 and m_k = m_{k-1} + (x_k - m_{k-1}) / min(k + 1, span): the plain mean of the first ``span`` values,
    then an exponential moving average with weight 1 / span; with ``span = math.inf`` the mean of all steps so far.
    Standard errors are those of the trajectories' own averages, whatever their correlation in time.

    Parameters
    ----------
    observable : Observable
        What is averaged.
    span : float
        At least 1. Spans travel as arguments and share one compilation.
    name : str, optional
        Default: a name with the span.

    Raises
    ------
    TypeError, ValueError
        If ``observable`` is none or an average already, or ``span`` is below 1.

    Examples
    --------
    >>> import toylands as tl
    >>> process = tl.landscapes.LinearRecurrence(dim=1, rho=0.5)
    >>> record = tl.record(tl.moving_average(process.sq_norm, span=100), at=[0, 1])
    >>> run = tl.simulate(process, tl.dynamics.gd(eta=1.0), start=[4.0], steps=1, trajectories=64, record=record)
    >>> run["mean of sq_norm over 100 steps"].mean.tolist()
    [16.0, 10.0]
    """
    _check(observable)
    observable.check_of_points("averaged again")
    if span != math.inf:
        span = validation.positive("span", span)
    if span < 1:
        raise ValueError(f"span = {span!r} must be at least 1")
    over = "all" if span == math.inf else f"{span:g}"
    return dataclasses.replace(
        observable,
        name=f"mean of {observable.name} over {over} steps" if name is None else name,
        doc=f"moving average along the trajectory of {observable.doc or observable.name}",
        span=float(span),
    )


def _check(observable: object) -> None:
    if not isinstance(observable, Observable):
        raise TypeError(f"observable must be one such as landscape.loss, not {observable!r}")
