"""Arrays of lanes: how a kernel reads and writes memory eight trajectories at a time."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, register_jitable, typeof_impl

from toylands.simd.functions import fma
from toylands.simd.inlining import INLINED
from toylands.simd.values import VECTOR, FloatLanes, LaneArray, WordLanes, floats, words


def lanes_function(function: Any) -> Any:
    """Mark a function of lanes: plain Python when called from Python, compiled and inlined when called in a kernel."""
    return register_jitable(**INLINED)(function)


class LaneView:
    """Stands in for a lane array when nothing is compiled: ``x[j]`` is a copy, as a register would be."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array

    def __getitem__(self, index: int) -> np.ndarray:
        return self._array[index].copy()

    def __setitem__(self, index: int, value: Any) -> None:
        self._array[index] = value

    def tail(self, start: int) -> LaneView:
        return LaneView(self._array[start:])

    def swap(self, i: int, j: int, lane: int) -> None:
        self._array[i, lane], self._array[j, lane] = self._array[j, lane], self._array[i, lane]


def lanes(array: np.ndarray) -> Any:
    """View a C-contiguous ``(n, 8)`` array of float64 or uint64 as n lanes values. No bounds are checked."""
    return LaneView(array)


class _LanesTemplate(AbstractTemplate):
    def generic(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        if len(args) == 1 and isinstance(args[0], types.Array) and args[0].ndim == 2 and args[0].layout == "C":
            element = {types.float64: floats, types.uint64: words}.get(args[0].dtype)
            if element is not None:
                return signature(LaneArray(element), args[0])
        return None


infer_global(lanes)(_LanesTemplate)


@lower_builtin(lanes, types.Array)
def _lower_lanes(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    data = context.make_array(sig.args[0])(context, builder, args[0]).data
    return builder.bitcast(data, VECTOR[sig.return_type.element].as_pointer())


def tail(x: Any, start: int) -> Any:
    """A lane array without its first ``start`` values: ``tail(x, start)[j]`` is ``x[start + j]``."""
    return x.tail(start)


class _Tail(AbstractTemplate):
    def generic(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        if len(args) == 2 and isinstance(args[0], LaneArray) and isinstance(args[1], types.Integer):
            return signature(args[0], args[0], types.intp)
        return None


infer_global(tail)(_Tail)


@lower_builtin(tail, LaneArray, types.Integer)
def _lower_tail(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.gep(args[0], [args[1]])


class _GetItem(AbstractTemplate):
    def generic(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        if len(args) == 2 and isinstance(args[0], LaneArray) and isinstance(args[1], types.Integer):
            return signature(args[0].element, args[0], types.intp)
        return None


class _SetItem(AbstractTemplate):
    def generic(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        if len(args) == 3 and isinstance(args[0], LaneArray) and isinstance(args[1], types.Integer):
            return signature(types.none, args[0], types.intp, args[0].element)
        return None


infer_global(operator.getitem)(_GetItem)
infer_global(operator.setitem)(_SetItem)


@lower_builtin(operator.getitem, LaneArray, types.Integer)
def _load(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.load(builder.gep(args[0], [args[1]]), align=8)


@lower_builtin(operator.setitem, LaneArray, types.Integer, FloatLanes)
@lower_builtin(operator.setitem, LaneArray, types.Integer, WordLanes)
def _store(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    builder.store(args[2], builder.gep(args[0], [args[1]]), align=8)
    return context.get_dummy_value()


@lanes_function
def sum_of_squares(w: Any, count: Any) -> Any:
    """w_0^2 + ... over the first ``count`` values, in four sums, so that no addition waits for the last."""
    a = b = c = d = 0.0 * w[0]
    whole = count - count % 4
    for j in range(0, whole, 4):
        a = fma(w[j], w[j], a)
        b = fma(w[j + 1], w[j + 1], b)
        c = fma(w[j + 2], w[j + 2], c)
        d = fma(w[j + 3], w[j + 3], d)
    for j in range(whole, count):
        a = fma(w[j], w[j], a)
    return (a + b) + (c + d)


@typeof_impl.register(LaneView)
def _typeof_view(value: LaneView, c: Any) -> types.Type:
    raise TypeError("a LaneView only exists without JIT; pass the array and call lanes() inside the kernel")


def aligned_empty(shape: tuple[int, ...], dtype: Any = np.float64) -> np.ndarray:
    """An uninitialised C-contiguous array whose data start at a multiple of 64 bytes (``np.empty`` promises 16)."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape)) * dtype.itemsize
    raw = np.empty(size + 64, dtype=np.uint8)
    offset = -raw.ctypes.data % 64
    return raw[offset : offset + size].view(dtype).reshape(shape)
