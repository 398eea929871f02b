"""A landscape over two of its coordinates, with sample paths on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toylands import validation

_OFF_THE_CHART = 1e200  # matplotlib draws its outermost layers out to 1e250


def plot_contours(
    loss: Callable[[NDArray[np.float64], NDArray[np.float64]], ArrayLike],
    xlim: tuple[float, float],
    ylim: tuple[float, float],
    ax: Any = None,
    *,
    paths: ArrayLike | Mapping[str, ArrayLike] | None = None,
    levels: int | Sequence[float] | None = None,
    labels: tuple[str, str] = ("x", "y"),
    resolution: int = 201,
    cmap: str = "Greys",
) -> Any:
    """Draw the contours of a loss over a rectangle, and paths on it.

    Parameters
    ----------
    loss : callable
        ``loss(x, y)`` for two float64 arrays of shape (resolution, resolution): the loss there, of the same shape (or a
        constant).
    xlim, ylim : (float, float)
        The rectangle, each from low to high.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.
    paths : array of shape (steps, 2) or (steps, count, 2), or a mapping of label to such arrays, optional
        Sample paths in the two coordinates, e.g. two columns of `toylands.sample_paths`. Where a path is not finite
        it is interrupted.
    levels : int or sequence of float, optional
        Contour levels. By default 12, spaced so that each holds an equal share of the rectangle: steep and flat parts
        both show.
    labels : (str, str)
        Names of the coordinates.
    resolution : int
        Grid points in each direction.
    cmap : str
        Colour map of the contours.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError, TypeError
        When the limits are not increasing, or an array has the wrong shape.

    Examples
    --------
    >>> import numpy as np
    >>> k = np.arange(30)
    >>> spiral = 0.9 ** k[:, None] * np.stack([np.cos(k), np.sin(k)], axis=1)
    >>> ax = plot_contours(lambda u, v: u**2 + 4 * v**2, (-1, 1), (-1, 1), paths={"gd": spiral}, labels=("u", "v"))
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('u', 'v')
    """
    x, y = (np.linspace(*_limits(n, v), _points(resolution)) for n, v in (("xlim", xlim), ("ylim", ylim)))
    grid_x, grid_y = np.meshgrid(x, y)
    values = np.asarray(loss(grid_x, grid_y), dtype=np.float64)
    if values.shape not in (grid_x.shape, ()):
        raise ValueError(f"loss must return an array of shape {grid_x.shape}, got {values.shape}")
    values = np.ma.masked_where(~(np.abs(values) < _OFF_THE_CHART), values) + np.zeros(grid_x.shape)
    curves, chosen = _curves(paths), _levels(values, levels)
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots()
    if len(chosen) > 1:
        ax.contourf(grid_x, grid_y, values, levels=chosen, cmap=cmap, alpha=0.6, extend="both")
    if len(chosen):
        ax.contour(grid_x, grid_y, values, levels=chosen, colors="grey", linewidths=0.5)
    for label, array in curves.items():
        color = ax.plot([], [], label=label or None)[0].get_color()
        ax.plot(array[..., 0], array[..., 1], color=color, linewidth=0.8, alpha=0.9)
        ax.plot(array[0, :, 0], array[0, :, 1], linestyle="", marker="o", color=color, markersize=4)
    if any(curves):
        ax.legend()
    ax.set_xlim(x[0], x[-1])
    ax.set_ylim(y[0], y[-1])
    ax.set_xlabel(labels[0])
    ax.set_ylabel(labels[1])
    return ax


def _points(resolution: int) -> int:
    return validation.positive_int("resolution", resolution, 2)


def _limits(name: str, limits: tuple[float, float]) -> tuple[float, float]:
    low, high = validation.vector(name, limits, 2)
    if low >= high:
        raise ValueError(f"{name} must go from low to high, got {limits!r}")
    return float(low), float(high)


def _levels(values: Any, levels: int | Sequence[float] | None) -> NDArray[np.float64]:
    """Return increasing contour levels; none for a flat landscape."""
    if levels is not None and not isinstance(levels, (int, np.integer)):
        return np.unique(validation.vector("levels", list(levels)))
    number = validation.positive_int("levels", 12 if levels is None else levels)
    known = values.compressed()
    if known.size == 0:
        return np.zeros(0)
    shares = np.unique(np.quantile(known, np.linspace(0.0, 1.0, number + 2)[1:-1]))
    return shares[(shares > known.min()) & (shares < known.max())]


def _curves(paths: ArrayLike | Mapping[str, ArrayLike] | None) -> dict[str, NDArray[np.float64]]:
    if paths is None:
        return {}
    named = paths if isinstance(paths, Mapping) else {"": paths}
    result = {}
    for label, path in named.items():
        array = np.asarray(path, dtype=np.float64)
        if array.ndim not in (2, 3) or array.shape[-1] != 2 or len(array) == 0:
            raise ValueError(f"paths must have shape (steps, 2) or (steps, count, 2), got {array.shape}")
        result[str(label)] = array[:, None, :] if array.ndim == 2 else array
    return result
