"""The mean of an observable over the steps, with the band of its standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from toylands import validation
from toylands.results.series import Series

if TYPE_CHECKING:
    from toylands.results import EnsembleResult

_LOG = {False: (), True: ("y",), "y": ("y",), "x": ("x",), "both": ("x", "y")}


def plot_bands(
    data: Series | EnsembleResult,
    ax: Any = None,
    *,
    observable: str | None = None,
    level: float = 2.0,
    label: str | None = None,
    log: bool | str = False,
    **style: Any,
) -> Any:
    """Draw the mean over the recorded steps, in a band of ``level`` standard errors.

    Parameters
    ----------
    data : Series or EnsembleResult
        ``run["loss"]``, or a run.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.
    observable : str, optional
        Which observable of a run; may be left out when there is one only.
    level : float
        Half width of the band, in standard errors of the mean, >= 0.
    label : str, optional
        Name in the legend; by default the band is explained there.
    log : bool or {"x", "y", "both"}
        Logarithmic axes; True stands for "y".
    **style
        Passed on to the line, e.g. ``color="C1"``; the band takes its colour.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> import toylands as tl
    >>> valley = tl.landscapes.WideningValley(dim=10)
    >>> rule = tl.dynamics.anti_pgd(eta=0.01, sigma=0.1)
    >>> run = tl.simulate(valley, rule, start=valley.on_floor(radius=3.0), steps=100, trajectories=64)
    >>> ax = plot_bands(run["hessian_trace"], label="Anti-PGD")
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('step', 'hessian_trace')
    """
    level = validation.nonnegative("level", level)
    if log not in _LOG:
        raise ValueError(f"log must be False, True, 'x', 'y' or 'both', got {log!r}")
    series = _series(data, observable)
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots()
    error = np.where(np.isnan(series.stderr), 0.0, series.stderr) * level
    explained = f"mean ± {level:g} standard errors" if label is None else label
    marker = {"marker": "o"} if len(series) == 1 else {}
    (line,) = ax.plot(series.steps, series.mean, **{**marker, "label": explained, **style})
    low, high = series.mean - error, series.mean + error
    if len(series) == 1:
        ax.errorbar(series.steps, series.mean, error, color=line.get_color(), capsize=3)
    else:
        ax.fill_between(series.steps, low, high, color=line.get_color(), alpha=0.3, linewidth=0)
    for axis in _LOG[log]:
        getattr(ax, f"set_{axis}scale")("log")
    ax.set_xlabel("step")
    ax.set_ylabel(series.name)
    ax.legend()
    return ax


def plot_panels(result: EnsembleResult, axes: Any = None, **options: Any) -> Any:
    """Draw every observable of a run in a panel of its own, one above the other, over a common axis of steps.

    Parameters
    ----------
    result : EnsembleResult
        A run with at least one observable.
    axes : sequence of matplotlib Axes, optional
        As many as there are observables; a new figure by default.
    **options
        Passed on to `plot_bands`.

    Returns
    -------
    array of matplotlib Axes
    """
    names = list(result)
    if not names:
        raise ValueError("result must have at least one observable to draw, got none")
    if axes is None:
        import matplotlib.pyplot as plt

        size = (6.4, 1.2 + 2.4 * len(names))
        _, axes = plt.subplots(len(names), 1, sharex=True, figsize=size, layout="constrained")
    panels = np.atleast_1d(np.asarray(axes, dtype=object)).ravel()
    if len(panels) != len(names):
        raise ValueError(f"ax must hold one panel for each of {names}, got {len(panels)}; or name an observable")
    for name, panel in zip(names, panels, strict=True):
        plot_bands(result[name], panel, **options)
    for panel in panels[:-1]:
        panel.set_xlabel("")
    return panels


def _series(data: Series | EnsembleResult, observable: str | None) -> Series:
    if isinstance(data, Series):
        return data
    if observable is None:
        names = list(data)
        if len(names) != 1:
            raise ValueError(f"observable must be one of {names}, got None")
        observable = names[0]
    return data[observable]
