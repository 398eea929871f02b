"""Functions of one point made into lanes functions: eight trajectories at once where their source allows it."""

from __future__ import annotations

import functools
import numbers
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numba import config, njit
from numba.core.errors import NumbaError
from numba.extending import overload

from toylands.landscapes.base import LandscapeKernels, unrolled
from toylands.observables import python_body
from toylands.simd import LANES, lanes
from toylands.simd.across_lanes import alike, lane_of, with_lane
from toylands.simd.familiar import as_point
from toylands.simd.inlining import INLINED

IN_LANES, ONE_BY_ONE, PLAIN = "eight trajectories at once", "one trajectory at a time", "plain Python"


@dataclass(frozen=True)
class _Own:
    """One function of the user's: compiled for a point, and how it is run in a kernel."""

    compiled: Any
    form: str
    reason: str = ""


def _compile(function: Any) -> Any:
    return function if hasattr(function, "py_func") else njit(error_model="numpy")(function)


def _told(role: str, function: Any, error: Exception) -> str:
    """Name, line and the heart of Numba's message."""
    body = python_body(function)
    code = body.__code__
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    name = Path(code.co_filename).name
    found = [int(line) for file, line in re.findall(r'File "([^"]+)", line (\d+)', text) if Path(file).name == name]
    lines = (line.strip().removeprefix(">>> ") for line in text.splitlines())
    heart = [x for x in lines if x and not x.startswith(("Failed in nopython", "There are", "File", "During"))]
    line = found[-1] if found else code.co_firstlineno
    return f"{role} ({body.__name__}, {name}, line {line}): {' '.join(heart[:3])}"


def _trial_points(size: int) -> np.ndarray:
    """Eight fixed points, one a lane."""
    return np.random.default_rng(20).standard_normal((size, LANES))


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    finite = np.abs(b[np.isfinite(b)])
    return bool(np.allclose(a, b, rtol=1e-9, atol=1e-9 * finite.max(initial=0.0), equal_nan=True))


def _try_value(role: str, function: Any, size: int, p: Any) -> _Own:
    """Compile ``function(w, p) -> float`` for a point, then for lanes; the lanes must agree at eight points."""
    compiled, points = _compile(function), _trial_points(size)
    with np.errstate(all="ignore"):
        try:
            expected = [compiled(np.ascontiguousarray(w), p) for w in points.T]
        except NumbaError as error:
            raise TypeError(f"Numba cannot compile {_told(role, function, error)}") from error
    if not all(isinstance(value, numbers.Real) for value in expected):
        raise TypeError(f"{role} must return a number, got {expected[0]!r}")
    if getattr(config, "DISABLE_JIT", False):
        return _Own(compiled, PLAIN)

    @njit
    def trial(w: Any, out: Any, p: Any) -> None:
        lanes(out)[0] = compiled(as_point(lanes(w), size, False), p)

    out = np.zeros((1, LANES))
    try:
        trial(points, out, p)
    except NumbaError as error:
        return _Own(compiled, ONE_BY_ONE, _told(role, function, error))
    if not _same(out[0], np.array(expected, dtype=np.float64)):
        return _Own(compiled, ONE_BY_ONE, f"{role}: in lanes it gives other numbers than one by one")
    return _Own(compiled, IN_LANES)


def _try_gradient(function: Any, size: int, p: Any) -> _Own:
    """The same for ``gradient(w, out, p)``."""
    compiled, points = _compile(function), _trial_points(size)
    expected = np.zeros((size, LANES))
    with np.errstate(all="ignore"):
        try:
            for lane in range(LANES):
                slope = np.zeros(size)
                compiled(np.ascontiguousarray(points[:, lane]), slope, p)
                expected[:, lane] = slope
        except NumbaError as error:
            raise TypeError(f"Numba cannot compile {_told('gradient', function, error)}") from error
    if getattr(config, "DISABLE_JIT", False):
        return _Own(compiled, PLAIN)

    @njit
    def trial(w: Any, out: Any, p: Any) -> None:
        compiled(as_point(lanes(w), size, False), as_point(lanes(out), size, True), p)

    out = np.zeros((size, LANES))
    try:
        trial(points, out, p)
    except NumbaError as error:
        return _Own(compiled, ONE_BY_ONE, _told("gradient", function, error))
    if not _same(out, expected):
        return _Own(compiled, ONE_BY_ONE, "gradient: in lanes it gives other numbers than one by one")
    return _Own(compiled, IN_LANES)


def _points(w: Any, size: int) -> np.ndarray:
    """Points in rows, from a view of coordinates."""
    return np.ascontiguousarray(np.stack([w[j] for j in range(size)], axis=-1))


def _value_kernel(own: _Own, size: int) -> Any:
    """The lanes function ``(w, p) -> value``: point by point when called from Python."""
    compiled = own.compiled

    def value(w: Any, p: Any) -> Any:
        return np.array([compiled(point, p) for point in _points(w, size)], dtype=np.float64)

    def in_lanes(w: Any, p: Any) -> Any:
        return alike(compiled(as_point(w, size, False), p), w[0])

    def one_by_one(w: Any, p: Any) -> Any:
        point, values = np.empty(size), w[0]
        for lane in range(LANES):
            for j in range(size):
                point[j] = lane_of(w[j], lane)
            values = with_lane(values, lane, compiled(point, p))
        return values

    chosen = in_lanes if own.form == IN_LANES else one_by_one
    overload(value, jit_options=INLINED, strict=False)(lambda w, p: chosen)
    value.makes_arrays = own.form == ONE_BY_ONE  # type: ignore[attr-defined]
    return value


def _gradient_kernel(own: _Own, size: int) -> Any:
    """The lanes function ``(w, out, p, step, stream)``."""
    compiled = own.compiled

    def gradient(w: Any, out: Any, p: Any, step: Any, stream: Any) -> None:
        slopes = np.zeros((len(w[0]), size))
        for point, slope in zip(_points(w, size), slopes):
            compiled(point, slope, p)
        for j in range(size):
            out[j] = slopes[:, j]

    def in_lanes(w: Any, out: Any, p: Any, step: Any, stream: Any) -> None:
        for j in range(size):
            out[j] = 0.0
        compiled(as_point(w, size, False), as_point(out, size, True), p)

    def one_by_one(w: Any, out: Any, p: Any, step: Any, stream: Any) -> None:
        point, slope = np.empty(size), np.empty(size)
        for lane in range(LANES):
            for j in range(size):
                point[j] = lane_of(w[j], lane)
                slope[j] = 0.0
            compiled(point, slope, p)
            for j in range(size):
                out[j] = with_lane(out[j], lane, slope[j])

    chosen = in_lanes if own.form == IN_LANES else one_by_one
    overload(gradient, jit_options=INLINED, strict=False)(lambda w, out, p, step, stream: chosen)
    gradient.makes_arrays = own.form == ONE_BY_ONE  # type: ignore[attr-defined]
    return gradient


@dataclass(frozen=True)
class Compiled:
    """What landscapes with the same functions, size and kinds of parameters share."""

    kernels: LandscapeKernels
    observables: dict[str, Any]
    forms: dict[str, str]


class Trial:
    """Parameters to try functions with; what is compiled depends on their types only, so all count as equal."""

    def __init__(self, parameters: Any) -> None:
        self.parameters = parameters

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Trial)

    def __hash__(self) -> int:
        return 0


@functools.lru_cache(maxsize=256)
def compile_functions(functions: tuple[tuple[str, Any], ...], size: int, kind: Any, trial: Trial) -> Compiled:
    """``functions``: (role, function), the gradient first; ``kind``: Numba's type of the parameters."""
    (_, gradient), *values = functions
    own = {"gradient": _try_gradient(gradient, size, trial.parameters)}
    own |= {role: _try_value(role, function, size, trial.parameters) for role, function in values}
    slow = [each.reason for each in own.values() if each.form == ONE_BY_ONE]
    if slow:
        warnings.warn(
            "compiled for one trajectory at a time, several times slower than eight at once, because in lanes Numba "
            f"cannot compile {'; '.join(slow)}",
            UserWarning,
            stacklevel=5,
        )
    kernels = {role: _value_kernel(each, size) for role, each in own.items() if role != "gradient"}
    return Compiled(
        LandscapeKernels(gradient=_gradient_kernel(own["gradient"], size), size=unrolled(size)),
        kernels,
        {role: each.form for role, each in own.items()},
    )
