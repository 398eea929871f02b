"""A landscape from a user's own functions of one point."""

from __future__ import annotations

import functools
import hashlib
import inspect
import numbers
from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba import typeof

from toylands import validation
from toylands.described import described
from toylands.landscapes.base import Landscape, LandscapeKernels, Measured, make_observables
from toylands.landscapes.further import distance_to_points
from toylands.landscapes.one_point import Trial, compile_functions
from toylands.observables import Observable, python_body


@functools.lru_cache(maxsize=256)
def _parameter_class(functions: tuple[tuple[str, Any], ...], names: tuple[str, ...]) -> Any:
    """The kind of ``p``: one for each landscape's functions, so that observables of another one are noticed."""
    return namedtuple("Parameters", names)  # type: ignore[misc]


def _parameter(name: str, value: Any) -> Any:
    """A number as it came, an array as a contiguous read-only copy."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return validation.finite_float(name, value)
    array = np.array(value)
    if array.dtype.kind not in "iuf" or array.ndim == 0:
        raise TypeError(f"{name} must be a number or an array of numbers, got {value!r}")
    array = np.array(array, dtype=np.float64 if array.dtype.kind == "f" else np.int64, order="C")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {value!r}")
    array.flags.writeable = False
    return array


def _check_function(role: str, function: Any, takes: str) -> None:
    if not callable(function) or not hasattr(python_body(function), "__code__"):
        raise TypeError(f"{role} must be a Python or njit function {role}({takes}), got {function!r}")
    count = len(inspect.signature(python_body(function)).parameters)
    if count != len(takes.split(",")):
        raise TypeError(f"{role} must take ({takes}), but {python_body(function).__name__} takes {count} arguments")


def _digest(function: Any) -> str:
    """What tells a function from another: its bytecode and constants."""
    code = python_body(function).__code__
    constants = [c for c in code.co_consts if not hasattr(c, "co_code")]
    return hashlib.sha256(repr((code.co_code, constants, code.co_names)).encode()).hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class FunctionLandscape(Landscape):
    """A loss given by functions of one point; made by `from_functions`, which says what the fields mean.

    ``forms`` tells for each function whether its kernel runs "eight trajectories at once" or "one trajectory at a
    time".
    """

    functions: dict[str, Callable[..., Any]]
    coordinates: int
    given: dict[str, Any]
    minimum: np.ndarray | None
    name: str
    kernels: LandscapeKernels = field(init=False)
    forms: dict[str, str] = field(init=False)
    summary = "any loss given as functions of one point (your own)"
    loss = Measured("L(w).")

    def __post_init__(self) -> None:
        functions = tuple(self.functions.items())
        given = self.given or {"nothing": 0.0}
        parameters = _parameter_class(functions, tuple(given))(**given)
        shared = compile_functions(functions, self.coordinates, typeof(parameters), Trial(parameters))
        set_ = object.__setattr__
        set_(self, "kernels", shared.kernels)
        set_(self, "forms", shared.forms)
        set_(self, "_values", shared.observables)
        set_(self, "_parameters", parameters)

    def __getattr__(self, name: str) -> Observable:
        """An observable of the user's own, by name."""
        if name in self.__dict__.get("functions", ()) and name != "gradient":
            return self.observables[name]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    @classmethod
    def example(cls) -> FunctionLandscape:
        """A bowl."""
        return from_functions(_bowl, _bowl_gradient, size=2, parameters={"a": 2.0})

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return self.coordinates

    @property
    def observables(self) -> dict[str, Observable]:
        """loss, and the user's own."""
        docs = {role: inspect.getdoc(python_body(f)) or f"{role}, as given" for role, f in self.functions.items()}
        values: dict[str, Any] = self.__dict__["_values"]
        return make_observables(self.parameters, {name: (k, docs[name].splitlines()[0]) for name, k in values.items()})

    def describe(self) -> dict[str, Any]:
        """Name, digests of the functions, parameters."""
        digests = {role: f"{python_body(f).__name__} {_digest(f)}" for role, f in self.functions.items()}
        values = {k: described(v) for k, v in self.given.items()}
        return {"name": self.name, "size": self.size, "functions": digests, "parameters": values}

    def _distance(self) -> Observable | None:
        doc = "distance to the minimum that was given"
        return None if self.minimum is None else distance_to_points(self.minimum, self.parameters, doc)

    def suggested(self) -> dict[str, Any]:
        """The minimum as a starting point, if it was given; nothing is known beyond."""
        return {} if self.minimum is None else {"start": self.minimum}


def _bowl(w: Any, p: Any) -> Any:
    return 0.5 * (p.a * w[0] * w[0] + w[1] * w[1])


def _bowl_gradient(w: Any, out: Any, p: Any) -> None:
    out[0] = p.a * w[0]
    out[1] = w[1]


def from_functions(
    loss: Callable[..., Any],
    gradient: Callable[..., Any],
    *,
    size: int,
    parameters: Any = None,
    observables: Mapping[str, Callable[..., Any]] | None = None,
    minimum: Any = None,
    name: str = "FunctionLandscape",
) -> FunctionLandscape:
    """A landscape from functions of one point, plain Python or njit, in the part of Python that Numba compiles.

    Where the source works on eight trajectories at once (``w[j]``, arithmetic, ``w[j] ** 2``, ``np.exp`` and its like,
    ``min``, ``max``, loops over coordinates), it is compiled so, and compared with the function itself at eight points.
    Otherwise (branches on values, slices, whole-array arithmetic) trajectories are taken one by one: correct, but
    several times slower, and a UserWarning says so and why; ``landscape.forms`` keeps it.

    Parameters travel as arguments: hundreds of values, one compilation. Numbers that a function takes from outside are
    compiled into it.

    Parameters
    ----------
    loss : function ``(w, p) -> float``
        ``w`` is a point, an array of ``size`` floats, and ``p`` holds the parameters as fields.
    gradient : function ``(w, out, p)``
        Fills ``out``, which comes filled with zeros.
    size : int
        Number of coordinates.
    parameters : dict from names to numbers and arrays, or NamedTuple, optional
        What ``p`` holds.
    observables : dict from names to functions ``(w, p) -> float``, optional
        More to measure.
    minimum : array_like of shape (size,), optional
        A known minimum.
    name : str
        How results call the landscape.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, or Numba cannot compile a function for a single point; the message names
        the function, the line and what could not be done.

    Warns
    -----
    UserWarning
        If a function runs one trajectory at a time.

    Examples
    --------
    >>> import toylands as tl
    >>> def loss(w, p):
    ...     return p.a * w[0] ** 2 * w[1] ** 2 / 2
    >>> def gradient(w, out, p):
    ...     out[0] = p.a * w[0] * w[1] ** 2
    ...     out[1] = p.a * w[0] ** 2 * w[1]
    >>> valley = tl.landscapes.from_functions(loss, gradient, size=2, parameters={"a": 2.0})
    >>> valley.gradient([1.0, 0.5]).tolist(), valley.forms["gradient"]
    ([0.5, 1.0], 'eight trajectories at once')
    """
    _check_function("loss", loss, "w, p")
    _check_function("gradient", gradient, "w, out, p")
    functions = {"gradient": gradient, "loss": loss}
    for key, function in (observables or {}).items():
        if not isinstance(key, str) or not key.isidentifier() or hasattr(FunctionLandscape, key):
            raise ValueError(f"observables must have names that Python could use and a landscape has not, got {key!r}")
        _check_function(key, function, "w, p")
        functions[key] = function
    if hasattr(parameters, "_asdict"):
        parameters = parameters._asdict()
    if parameters is not None and not isinstance(parameters, Mapping):
        raise TypeError(f"parameters must be a dict from names to values or a NamedTuple, got {parameters!r}")
    size = validation.positive_int("size", size)
    given = {key: _parameter(f"parameters[{key!r}]", value) for key, value in (parameters or {}).items()}
    return FunctionLandscape(
        functions, size, given, None if minimum is None else validation.vector("minimum", minimum, length=size), name
    )
