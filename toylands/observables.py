"""What is measured on a block of trajectories, and when.

An `Observable` is a name and one lanes function ``(w, p) -> value``: ``w[j]`` is coordinate j of eight trajectories and
``p`` the landscape's parameters. One that needs room to work in is given it, ``(w, p, work)``, and one with numbers of
its own is given these as well, ``(w, p, work, settings)``: numbers that travel as arguments cost no compilation. Its
Python body also runs on NumPy arrays, so an observable can be called on points.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from toylands import validation
from toylands.simd import LANES, LaneView


def python_body(function: Any) -> Callable[..., Any]:
    """The Python function behind a Numba dispatcher (the function itself when JIT is off)."""
    return getattr(function, "py_func", function)


@dataclass(frozen=True)
class Built:
    """A lanes function that is made from others: ``build(*of)``. Equal ones are compiled once.

    Parameters
    ----------
    build : function
        At the top level of a module; returns the same function for the same arguments.
    of : tuple
        Its arguments: landscapes' kernels, lanes functions, numbers.
    """

    build: Callable[..., Any]
    of: tuple[Any, ...]


def lanes_kernel(kernel: Any) -> Any:
    """The lanes function, built if it has to be."""
    return kernel.build(*kernel.of) if isinstance(kernel, Built) else kernel


class Reading(NamedTuple):
    """How a kernel reads an observable: what decides the code that is compiled."""

    kernel: Any
    pooled: Any = None
    works: bool = False  # the kernel takes working memory
    set: bool = False  # and settings behind it
    averaged: bool = False  # along the trajectory: read at every step


@dataclass(frozen=True)
class Observable:
    """A number measured on a trajectory's state.

    Parameters
    ----------
    name : str
        How results, plots and tables call it.
    kernel : lanes function ``(w, p) -> value`` (see `toylands.simd.lanes_function`; an njit function will do)
        Reads coordinates as ``w[j]`` and parameters as fields of ``p``; calls only functions of `toylands.simd`. With
        ``scratch`` it is called as ``(w, p, work)``, with ``settings`` as ``(w, p, work, settings)``.
    parameters : NamedTuple
        The ``p`` of the landscape it belongs to.
    doc : str
        One line for listings, with the source.
    pooled : lanes function ``(square, w, p) -> value``, optional
        The same value from the sum of squares over the landscape's bulk, which kernels keep up to date anyway.
    scratch : int or function ``(p, size) -> int``, optional
        Rows of working memory ``work[r]``, of one value a trajectory each, for a state of ``size`` coordinates. What
        they hold at the beginning is undefined.
    settings : NamedTuple of numbers and arrays, optional
        Numbers of the observable's own; all of their values share one compilation.
    size : int, optional
        The number of coordinates it is made for, if it serves no other.
    span : float, optional
        If given, its moving average along the trajectory over about this many steps: see `moving_average`.

    Examples
    --------
    >>> import toylands as tl
    >>> from toylands.simd import fma, lanes_function
    >>> bowl = tl.landscapes.QuadraticBowl([[2.0, 1.0], [1.0, 3.0]])
    >>> @lanes_function
    ... def steepness(w, p, work):
    ...     bowl.kernels.gradient(w, work, p, 0, work)
    ...     return fma(work[0], work[0], work[1] * work[1])
    >>> tl.Observable("steepness", steepness, bowl.parameters, "|grad L|^2", scratch=2)([1.0, 0.0])
    5.0
    """

    name: str
    kernel: Any
    parameters: Any
    doc: str = ""
    pooled: Any = None
    scratch: int | Callable[[Any, int], int] = 0
    settings: Any = None
    size: int | None = None
    span: float | None = None

    @property
    def reading(self) -> Reading:
        """How kernels read it."""
        settings = self.settings is not None
        works = settings or callable(self.scratch) or self.scratch > 0
        return Reading(self.kernel, self.pooled, works, settings, self.span is not None)

    def working_memory(self, p: Any, size: int) -> int:
        """Rows of working memory for parameters ``p`` and ``size`` coordinates."""
        rows = self.scratch(p, size) if callable(self.scratch) else self.scratch
        return validation.positive_int(f"scratch of {self.name}", rows, minimum=0)

    def __call__(self, w: Any) -> Any:
        """Values at points ``w`` of shape (..., n): an array of shape (...), or a float for one point."""
        self.check_of_points("called on points")
        points = np.asarray(w, dtype=np.float64)
        if self.size is not None and points.shape[-1:] != (self.size,):
            raise ValueError(f"w has shape {points.shape}, but {self.name} reads points of {self.size} coordinates")
        flat = np.ascontiguousarray(points.reshape(-1, points.shape[-1]).T)
        body = python_body(lanes_kernel(self.kernel))
        if self.reading.works:
            values = self._eight_at_a_time(body, flat)
        else:
            values = np.asarray(body(LaneView(flat), self.parameters), dtype=np.float64)
        values = np.broadcast_to(values, flat.shape[1:]).reshape(points.shape[:-1])
        return float(values) if values.ndim == 0 else values.copy()

    def check_of_points(self, asked: str) -> None:
        """Raise ValueError if it is no function of a point."""
        if self.span is not None:
            raise ValueError(f"{self.name} is an average along a trajectory: it can be recorded, but not {asked}")

    def _eight_at_a_time(self, body: Callable[..., Any], flat: np.ndarray) -> np.ndarray:
        """Values at the columns, in lanes as in a kernel: functions with working memory are written for these."""
        size, count = flat.shape
        work = np.empty((max(1, self.working_memory(self.parameters, size)), LANES))
        extra = (LaneView(work),) if self.settings is None else (LaneView(work), self.settings)
        values = np.empty(-(-count // LANES) * LANES)
        with np.errstate(all="ignore"):  # as compiled: lanes that another branch answers for may divide by 0
            for first in range(0, count, LANES):
                columns = np.minimum(np.arange(first, first + LANES), count - 1)
                view = LaneView(np.ascontiguousarray(flat[:, columns]))
                values[first : first + LANES] = body(view, self.parameters, *extra)
        return values[:count]

    def __repr__(self) -> str:
        return f"<observable {self.name}>"


@dataclass(frozen=True)
class Record:
    """What `simulate` records: observables, and every how many steps or at which steps. Built by `record`."""

    observables: tuple[Observable, ...]
    every: int | None
    at: tuple[int, ...] | None

    def steps(self, total: int) -> np.ndarray:
        """The recorded steps of a run of ``total`` steps (int64, increasing; step 0 is the start)."""
        if self.at is not None:
            if self.at[-1] > total:
                raise ValueError(f"at contains step {self.at[-1]}, beyond the last step (steps = {total})")
            return np.array(self.at, dtype=np.int64)
        every = self.every if self.every is not None else max(1, total // 100)
        return np.arange(0, total + 1, every, dtype=np.int64)


def record(*observables: Observable, every: int | None = None, at: Sequence[int] | None = None) -> Record:
    """Say what a run records.

    Parameters
    ----------
    *observables : Observable
        At least one, with different names.
    every : int, optional
        Record at steps 0, every, 2 every, ... Default: about 100 recorded steps.
    at : sequence of int, optional
        Record at exactly these steps (step 0 is the start, step k the state after k updates). Not with ``every``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not an observable, names repeat, both ``every`` and ``at`` are given, or steps are negative.

    Examples
    --------
    >>> import toylands as tl
    >>> valley = tl.landscapes.WideningValley(dim=3)
    >>> tl.record(valley.hessian_trace, valley.sq_norm_u, at=[0, 10]).steps(100).tolist()
    [0, 10]
    """
    if not observables:
        raise ValueError("record needs at least one observable, e.g. landscape.loss")
    for observable in observables:
        if not isinstance(observable, Observable):
            raise TypeError(f"record takes observables such as landscape.loss, not {observable!r}")
    names = [o.name for o in observables]
    if len(set(names)) != len(names):
        raise ValueError(f"observables must have different names, got {names}")
    if every is not None and at is not None:
        raise ValueError(f"give every = {every!r} or at = {at!r}, not both")
    if every is not None:
        every = validation.positive_int("every", every)
    steps = None
    if at is not None:
        steps = tuple(sorted({validation.positive_int("at", step, minimum=0) for step in at}))
        if not steps:
            raise ValueError("at must name at least one step")
    return Record(tuple(observables), every, steps)


@dataclass(frozen=True)
class ExitRegion:
    """The region ``below < observable < above`` whose first exit is timed. Built by `exit_region`."""

    observable: Observable
    below: float
    above: float


def exit_region(observable: Observable, below: float = -np.inf, above: float = np.inf) -> ExitRegion:
    """Time the first exit of each trajectory from ``below < observable < above``.

    Parameters
    ----------
    observable : Observable
        Evaluated after every step (and at the start).
    below, above : float
        Leaving means ``observable <= below`` or ``observable >= above``; one of them may be infinite.

    Raises
    ------
    TypeError, ValueError
        If ``observable`` is none, a threshold is NaN, both are infinite, or ``below >= above``.

    Examples
    --------
    >>> import toylands as tl
    >>> valley = tl.landscapes.WideningValley(dim=3)
    >>> tl.exit_region(valley.sq_norm_u, below=0.5, above=2.0).above
    2.0
    """
    if not isinstance(observable, Observable):
        raise TypeError(f"observable must be one such as landscape.loss, not {observable!r}")
    observable.check_of_points("left through a threshold")
    return ExitRegion(observable, *thresholds(below, above))


def thresholds(below: float, above: float) -> tuple[float, float]:
    """Both as floats, checked: below < above, one of them finite."""
    for name, value in (("below", below), ("above", above)):
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise TypeError(f"{name} must be a number, got {value!r} of type {type(value).__name__}")
    if not below < above:
        raise ValueError(f"below = {below!r} must be smaller than above = {above!r} (and neither may be nan)")
    if np.isinf(below) and np.isinf(above):
        raise ValueError("one of below and above must be finite")
    return float(below), float(above)
