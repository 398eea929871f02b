"""Reading data at an index that may differ from lane to lane: each trajectory its own data point."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin

from toylands.simd.arrays import lanes_function
from toylands.simd.values import LANES, VECTOR, LaneArray, WordLanes, floats, spread, words

_32 = np.uint64(32)


def take(array: np.ndarray, i: Any, j: int | None = None) -> Any:
    """``array[i]``, or ``array[i, j]`` if ``j`` is given.

    ``array`` is C-contiguous float64, ``i`` an integer (one number for all lanes: a plain load) or word lanes (one
    element a lane). No bounds are checked.
    """
    return array[i] if j is None else array[i, j]


@lanes_function
def index_below(word: Any, count: Any) -> Any:
    """Word lanes to integers 0 .. count - 1, ``floor(count u)`` with u from the top 32 bits; count < 2^31.

    The probabilities differ from 1 / count by less than 2^-32.
    """
    return ((word >> _32) * np.uint64(count)) >> _32


def exchange(x: Any, i: int, j: Any) -> Any:
    """Swap ``x[i]`` with ``x[j]``, ``j`` (word lanes) each lane's own, in an array of word lanes; the new ``x[i]``."""
    for lane in range(LANES):
        other = int(j[lane])
        x.swap(i, other, lane)
    return x[i]


class _Exchange(AbstractTemplate):
    def generic(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        if len(args) == 3 and isinstance(args[0], LaneArray) and args[0].element is words and args[2] is words:
            return signature(words, args[0], types.intp, words)
        return None


infer_global(exchange)(_Exchange)


@lower_builtin(exchange, LaneArray, types.Integer, WordLanes)
def _lower_exchange(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    scalars = builder.bitcast(args[0], ir.IntType(64).as_pointer())
    width = ir.Constant(ir.IntType(64), LANES)
    out = ir.Constant(VECTOR[words], ir.Undefined)
    for lane in range(LANES):
        number = ir.Constant(ir.IntType(64), lane)
        here = builder.gep(scalars, [builder.add(builder.mul(args[1], width), number)])
        index = builder.extract_element(args[2], ir.Constant(ir.IntType(32), lane))
        there = builder.gep(scalars, [builder.add(builder.mul(index, width), number)])
        mine, other = builder.load(here), builder.load(there)
        builder.store(mine, there)
        builder.store(other, here)
        out = builder.insert_element(out, other, ir.Constant(ir.IntType(32), lane))
    return out


class _Take(AbstractTemplate):
    def generic(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        if len(args) not in (2, 3) or not isinstance(args[0], types.Array) or args[0].dtype != types.float64:
            return None
        if args[0].ndim != len(args) - 1 or args[0].layout != "C":
            return None
        if not all(isinstance(a, types.Integer) for a in args[2:]):
            return None
        rest = (types.intp,) * (len(args) - 2)
        if args[1] is words:
            return signature(floats, args[0], words, *rest)
        if isinstance(args[1], types.Integer):
            return signature(types.float64, args[0], types.intp, *rest)
        return None


infer_global(take)(_Take)


def _offset(builder: Any, array: Any, i: Any, j: Any) -> Any:
    if j is None:
        return i
    return builder.add(builder.mul(i, builder.extract_value(array.shape, 1)), j)


@lower_builtin(take, types.Array, types.Integer)
@lower_builtin(take, types.Array, types.Integer, types.Integer)
def _take_one(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    array = context.make_array(sig.args[0])(context, builder, args[0])
    at = _offset(builder, array, args[1], args[2] if len(args) == 3 else None)
    return builder.load(builder.gep(array.data, [at]))


@lower_builtin(take, types.Array, WordLanes)
@lower_builtin(take, types.Array, WordLanes, types.Integer)
def _take_lanes(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    array = context.make_array(sig.args[0])(context, builder, args[0])
    out = ir.Constant(VECTOR[floats], ir.Undefined)
    for lane in range(LANES):
        number = ir.Constant(ir.IntType(32), lane)
        at = _offset(builder, array, builder.extract_element(args[1], number), args[2] if len(args) == 3 else None)
        out = builder.insert_element(out, builder.load(builder.gep(array.data, [at])), number)
    return out


def load_row(matrix: np.ndarray, i: Any, out: Any, count: int) -> None:
    """Row ``i`` of a C-contiguous float64 matrix, ``count`` columns of it, into ``out[0] .. out[count - 1]``.

    ``i`` as for `take`. With an index a lane this is a third of the work of taking element by element: eight rows'
    eight columns are loaded as they lie and transposed.
    """
    for j in range(count):
        out[j] = matrix[i, j]


class _LoadRow(AbstractTemplate):
    def generic(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        if len(args) != 4 or not isinstance(args[0], types.Array) or args[0].ndim != 2 or args[0].layout != "C":
            return None
        if args[0].dtype != types.float64 or not isinstance(args[2], LaneArray) or args[2].element is not floats:
            return None
        if args[1] is words or isinstance(args[1], types.Integer):
            row = words if args[1] is words else types.intp
            return signature(types.none, args[0], row, args[2], types.intp)
        return None


infer_global(load_row)(_LoadRow)


def _shuffle(builder: Any, a: Any, b: Any, indices: list[int]) -> Any:
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), LANES), indices))


def _transpose(builder: Any, rows: list[Any]) -> list[Any]:
    """Eight vectors of eight, transposed in three rounds of pairwise interleaving."""
    for width in (1, 2, 4):
        low = [i if i // width % 2 == 0 else i - width + LANES for i in range(LANES)]
        high = [i + width for i in low]
        pairs = {}
        for i in range(LANES):
            if i // width % 2 == 0:
                pairs[i] = _shuffle(builder, rows[i], rows[i + width], low)
                pairs[i + width] = _shuffle(builder, rows[i], rows[i + width], high)
        rows = [pairs[i] for i in range(LANES)]
    return rows


@lower_builtin(load_row, types.Array, WordLanes, LaneArray, types.Integer)
def _load_row_lanes(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    array, out, count = context.make_array(sig.args[0])(context, builder, args[0]), args[2], args[3]
    width, word = builder.extract_value(array.shape, 1), ir.IntType(64)
    starts = []
    for lane in range(LANES):
        index = builder.extract_element(args[1], ir.Constant(ir.IntType(32), lane))
        starts.append(builder.gep(array.data, [builder.mul(index, width)]))
    whole = builder.and_(count, ir.Constant(word, -LANES))
    step = ir.Constant(word, LANES)
    with cgutils.for_range_slice(builder, ir.Constant(word, 0), whole, step, word) as (j, _):
        pointers = [builder.bitcast(builder.gep(start, [j]), VECTOR[floats].as_pointer()) for start in starts]
        columns = _transpose(builder, [builder.load(pointer, align=8) for pointer in pointers])
        for offset, column in enumerate(columns):
            builder.store(column, builder.gep(out, [builder.add(j, ir.Constant(word, offset))]), align=8)
    with cgutils.for_range_slice(builder, whole, count, ir.Constant(word, 1), word) as (j, _):
        column = ir.Constant(VECTOR[floats], ir.Undefined)
        for lane, start in enumerate(starts):
            number = ir.Constant(ir.IntType(32), lane)
            column = builder.insert_element(column, builder.load(builder.gep(start, [j])), number)
        builder.store(column, builder.gep(out, [j]), align=8)
    return context.get_dummy_value()


@lower_builtin(load_row, types.Array, types.Integer, LaneArray, types.Integer)
def _load_row_one(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    array, out, count = context.make_array(sig.args[0])(context, builder, args[0]), args[2], args[3]
    start = builder.gep(array.data, [builder.mul(args[1], builder.extract_value(array.shape, 1))])
    with cgutils.for_range(builder, count) as loop:
        value = builder.load(builder.gep(start, [loop.index]))
        builder.store(spread(builder, value, VECTOR[floats]), builder.gep(out, [loop.index]), align=8)
    return context.get_dummy_value()
