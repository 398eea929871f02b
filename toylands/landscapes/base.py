"""What a landscape is: parameters, lanes functions, and the same functions on NumPy points."""

from __future__ import annotations

import abc
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, overload

import numpy as np

from toylands.described import described
from toylands.landscapes.further import DISTANCE, further_observables, sq_norm_of
from toylands.observables import Observable, python_body
from toylands.simd import LaneView


@dataclass(frozen=True)
class LandscapeKernels:
    """The lanes functions of a landscape, in one of two forms.

    Diagonal form, for losses whose coordinates couple only through a few numbers: these numbers come from
    ``shared(w, p, step, stream, square)`` (lanes), and ``slope(j, shared, p)`` is the factor with which coordinate j
    enters its own gradient, ``gradient_j = slope_j w_j``. The first ``bulk(p)`` coordinates have one slope, and
    ``square`` is the sum of their squares. ``separable`` promises that nothing but ``square`` couples coordinates: the
    slope depends on the step and the stream only, the bulk is everything, and pooled observables read ``square`` alone.
    ``led`` promises that the coordinates behind the bulk lead it: the bulk's slope depends on them and on the step, not
    on ``square``; ``shared`` reads no coordinate of the bulk, and nothing uses the stream.

    General form: ``gradient(w, out, p, step, stream)`` fills ``out[j]``.

    ``step`` counts updates from 0; ``stream`` is the landscape's own stream of random words.

    Losses that are a mean over data, L = (1/N) sum_i l_i, also give ``samples(p)``, their number N, and
    ``sample_gradient(w, i, label, scale, out, p)``, which adds ``scale`` times the gradient of l_i to ``out``. The
    index is an integer, or word lanes where each trajectory looks at its own data point: data are read with
    `toylands.simd.take`. ``label`` is what label noise does to the target: added to it if ``labels`` is "additive"
    (0 leaves it alone), multiplied onto it if "sign" (1 leaves it alone). ``gradient`` may then be left out.

    ``hessian(w, out, p)`` and ``gradient_moments(w, mean, second, p)`` (the mean of the samples' gradients g_i and of
    g_i g_i^T, for landscapes that do it faster than sample by sample) serve noise shaped by them; a symmetric matrix is
    its lower triangle, row by row: row i, column j at ``out[i (i + 1) / 2 + j]``.

    ``scratch(p)``: how many values of working memory lie behind the gradient, from ``out[size]`` on, for ``gradient``
    and ``sample_gradient`` to use as they like; default none.

    ``size``: the number of coordinates, where it is always the same and small: kernels are compiled for it, with loops
    over coordinates unrolled (a fifth faster on the two basins). Default: they serve any number.
    """

    shared: Any = None
    slope: Any = None
    bulk: Any = None
    separable: bool = False
    led: bool = False
    gradient: Any = None
    samples: Any = None
    sample_gradient: Any = None
    labels: str | None = None
    hessian: Any = None
    gradient_moments: Any = None
    scratch: Any = None
    size: int | None = None

    def working_memory(self, p: Any) -> int:
        """How many values of working memory lie behind the gradient, for parameters ``p``."""
        return 0 if self.scratch is None else int(python_body(self.scratch)(p))

    @property
    def diagonal(self) -> bool:
        """Whether the diagonal form is given."""
        return self.slope is not None


def unrolled(size: int) -> int | None:
    """``size`` for `LandscapeKernels` that are made for one number of coordinates, where it is small; else None."""
    return size if size <= 8 else None


class Measured:
    """An attribute that stands for the observable of its name: ``valley.loss`` is ``valley.observables["loss"]``."""

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, landscape: None, owner: type) -> Measured: ...
    @overload
    def __get__(self, landscape: Landscape, owner: type) -> Observable: ...
    def __get__(self, landscape: Landscape | None, owner: type) -> Measured | Observable:
        if landscape is None:
            return self
        try:
            return landscape.measurable[self._name]
        except KeyError:
            raise AttributeError(f"this {type(landscape).__name__} has no {self._name}: see its docstring") from None


class Landscape(abc.ABC):
    """A loss surface: validated parameters, lanes functions, observables, known truths.

    Subclasses set ``kernels`` and ``loss_kernel`` (class attributes), and give ``dim``, ``parameters`` and
    ``observables``. Instances are immutable.
    """

    kernels: LandscapeKernels
    #: one line for listings, with the source
    summary: str = ""
    gradient_norm = Measured("Length of the gradient of L.")
    hessian_trace = Measured("Tr of the Hessian, where the landscape has one.")
    hessian_top_eigenvalue = Measured("""Largest eigenvalue of the Hessian, where the landscape has one.

    Up to 16 coordinates all eigenvalues are computed, to rounding. Beyond, it is what 64 Lanczos steps from one start
    see, which lies below the eigenvalue: by less than 1e-8 of the spectrum's width if the next eigenvalue is 1% of the
    width away (Kaniel and Saad's bound, for a start at up to 85 degrees from the eigenvector), by some 1% of the width
    at worst where eigenvalues crowd (Kuczynski and Wozniakowski's bound on the mean over starts, 100 coordinates).
    """)
    trace_hessian_noise = Measured("Tr(H Sigma), Sigma the covariance of a data point's gradient (anisotropic Eq. 11).")
    distance_to_minimisers = Measured("Distance to the nearest minimiser, where the landscape knows them.")

    @property
    @abc.abstractmethod
    def size(self) -> int:
        """Number of coordinates of the state."""

    @property
    def parameters(self) -> Any:
        """NamedTuple of numbers and contiguous arrays that the lanes functions receive as ``p``.

        Here what a landscape has put into ``_parameters``; others make it anew.

        Raises
        ------
        TypeError
            If it has done neither.
        """
        if not hasattr(self, "_parameters"):
            raise TypeError(f"{type(self).__name__} has no parameters: define them, or set _parameters")
        return self._parameters

    @property
    @abc.abstractmethod
    def observables(self) -> dict[str, Observable]:
        """What is measured unless something else is asked for, by name."""

    @property
    def further_observables(self) -> dict[str, Observable]:
        """What its kernels allow to be measured besides, by name: some of it costs more than a step."""
        found = further_observables(self.kernels, self.parameters, self.size)
        distance = self._distance()
        if distance is not None:
            found[DISTANCE] = distance
        return {name: each for name, each in found.items() if name not in self.observables}

    @property
    def measurable(self) -> dict[str, Observable]:
        """All that can be measured, by name."""
        return {**self.observables, **self.further_observables}

    def _distance(self) -> Observable | None:
        """The distance to the nearest minimiser, for landscapes that know them."""
        return None

    def sq_norm_of(self, indices: int | Iterable[int], name: str | None = None) -> Observable:
        """The squared norm of some coordinates of the state.

        Parameters
        ----------
        indices : int or iterable of int
            Different numbers from 0 to ``size`` - 1.
        name : str, optional
            How results call it; default: a name with the indices.

        Raises
        ------
        TypeError, ValueError
            If the indices are none, repeat or lie outside.

        Examples
        --------
        >>> import toylands as tl
        >>> tl.landscapes.WideningValley(dim=2).sq_norm_of([0, 2])([3.0, 1.0, 4.0])
        25.0
        """
        return sq_norm_of(indices, self.parameters, self.size, name)

    @classmethod
    @abc.abstractmethod
    def example(cls) -> Landscape:
        """A small instance, for listings, tests and benchmarks."""

    def describe(self) -> dict[str, Any]:
        """Name and parameters as JSON-able values, stored in results: arrays as lists, long ones by their digests."""
        values = {field: described(value) for field, value in self.parameters._asdict().items()}
        return {"name": type(self).__name__, "parameters": values}

    def check_steps(self, steps: int) -> None:  # noqa: B027 - most landscapes serve any number of steps
        """Raise ValueError if the landscape cannot serve a run of ``steps`` steps."""

    def gradient(self, w: Any) -> np.ndarray:
        """Gradient at points ``w`` of shape (..., size), by the Python body of the kernel; same shape."""
        points = np.asarray(w, dtype=np.float64)
        flat = np.ascontiguousarray(points.reshape(-1, self.size).T)
        view, p = LaneView(flat), self.parameters
        if self.kernels.diagonal:
            square = (flat[: python_body(self.kernels.bulk)(p)] ** 2).sum(axis=0)
            shared = python_body(self.kernels.shared)(view, p, 0, None, square)
            out = np.array([python_body(self.kernels.slope)(j, shared, p) * flat[j] for j in range(self.size)])
        else:
            out = np.zeros((self.size + self.kernels.working_memory(p), flat.shape[1]))
            if self.kernels.gradient is not None:
                python_body(self.kernels.gradient)(view, LaneView(out), p, 0, None)
            else:
                neutral, count = 1.0 if self.kernels.labels == "sign" else 0.0, python_body(self.kernels.samples)(p)
                for i in range(count):
                    python_body(self.kernels.sample_gradient)(view, i, neutral, 1.0 / count, LaneView(out), p)
            out = out[: self.size]
        return np.ascontiguousarray(out.T).reshape(points.shape)


def make_observables(parameters: Any, kernels: dict[str, tuple[Any, ...]]) -> dict[str, Observable]:
    """Observables from ``{name: (lanes function, doc line)}`` or ``{name: (lanes function, doc line, pooled)}``."""
    return {name: Observable(name, kernel, parameters, *rest) for name, (kernel, *rest) in kernels.items()}
