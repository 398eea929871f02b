"""The names that scalar code uses, for lanes: ``np.exp``, ``math.sin``, ``abs``, ``x ** 2``, ``len(w)``, ``w[-1]``.

So a function written for one point, a 1-D array, often compiles for eight trajectories as it stands. What has no form
for lanes (a branch on a value, slices, whole-array arithmetic) fails to compile; nothing is guessed.
"""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_getattr, infer_global, signature
from numba.extending import (
    intrinsic,
    lower_builtin,
    lower_getattr,
    models,
    overload,
    register_model,
)

from toylands.simd import transcendental
from toylands.simd.arrays import lanes_function
from toylands.simd.functions import absolute, maximum, minimum, select, sqrt
from toylands.simd.inlining import INLINED
from toylands.simd.values import VECTOR, FloatLanes, LaneArray, floats, mask

_FAMILIAR: dict[Any, tuple[Any, ...]] = {
    transcendental.exp: (math.exp, np.exp),
    transcendental.log: (math.log, np.log),
    transcendental.sin: (math.sin, np.sin),
    transcendental.cos: (math.cos, np.cos),
    transcendental.tanh: (math.tanh, np.tanh),
    transcendental.sign: (np.sign,),
    sqrt: (math.sqrt, np.sqrt),
    absolute: (abs, math.fabs, np.abs, np.fabs),
}
_FAMILIAR_PAIRS: dict[Any, tuple[Any, ...]] = {
    minimum: (np.fmin,),
    maximum: (np.fmax,),
    # each treats nan, and equal numbers, as its scalar form does
    lanes_function(lambda a, b: select(b < a, b, a)): (min,),
    lanes_function(lambda a, b: select(b > a, b, a)): (max,),
    lanes_function(lambda a, b: select(a <= b, a, select(b < a, b, a + b))): (np.minimum,),
    lanes_function(lambda a, b: select(a >= b, a, select(b > a, b, a + b))): (np.maximum,),
}
_LARGEST_EXPONENT = 64


class Point(types.Type):
    """Eight points: ``count`` values of eight lanes that read like a 1-D array of ``count`` floats."""

    def __init__(self, count: int, writable: bool) -> None:
        self.count, self.writable = count, writable
        super().__init__(name=f"point({count}, {writable})")


@register_model(Point)
class _PointModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Point) -> None:
        super().__init__(dmm, fe_type, VECTOR[floats].as_pointer())


def _as_point(typingctx: Any, array: Any, count: Any, writable: Any) -> Any:
    """A lane array as a `Point`; ``count`` and ``writable`` are constants."""
    if not (isinstance(array, LaneArray) and isinstance(count, types.Literal) and isinstance(writable, types.Literal)):
        return None
    kind = Point(count.literal_value, bool(writable.literal_value))
    return signature(kind, array, count, writable), lambda context, builder, sig, args: args[0]


as_point: Any = intrinsic(prefer_literal=True)(_as_point)


class _GetItem(AbstractTemplate):
    def generic(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        if len(args) == 2 and isinstance(args[0], Point) and isinstance(args[1], types.Integer):
            return signature(floats, args[0], types.intp)
        return None


class _SetItem(AbstractTemplate):
    def generic(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        if len(args) == 3 and isinstance(args[0], Point) and args[0].writable and isinstance(args[1], types.Integer):
            return signature(types.none, args[0], types.intp, floats)
        return None


class _Length(AbstractTemplate):
    def generic(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        return signature(types.intp, *args) if len(args) == 1 and isinstance(args[0], Point) else None


infer_global(operator.getitem)(_GetItem)
infer_global(operator.setitem)(_SetItem)
infer_global(len)(_Length)


@infer_getattr
class _Attributes(AttributeTemplate):
    key = Point

    def resolve_size(self, point: Point) -> Any:
        return types.intp

    def resolve_shape(self, point: Point) -> Any:
        return types.UniTuple(types.intp, 1)


@lower_builtin(len, Point)
def _lower_length(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return context.get_constant(types.intp, sig.args[0].count)


@lower_getattr(Point, "size")
def _lower_size(context: Any, builder: Any, kind: Point, value: Any) -> Any:
    return context.get_constant(types.intp, kind.count)


@lower_getattr(Point, "shape")
def _lower_shape(context: Any, builder: Any, kind: Point, value: Any) -> Any:
    return context.make_tuple(builder, types.UniTuple(types.intp, 1), [context.get_constant(types.intp, kind.count)])


def _at(builder: Any, kind: Point, pointer: Any, index: Any) -> Any:
    """Where value ``index`` lies; as in Python, -1 is the last."""
    count, zero = ir.Constant(index.type, kind.count), ir.Constant(index.type, 0)
    from_end = builder.icmp_signed("<", index, zero)
    return builder.gep(pointer, [builder.select(from_end, builder.add(index, count), index)])


@lower_builtin(operator.getitem, Point, types.Integer)
def _load(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.load(_at(builder, sig.args[0], args[0], args[1]), align=8)


@lower_builtin(operator.setitem, Point, types.Integer, FloatLanes)
def _store(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    builder.store(args[2], _at(builder, sig.args[0], args[0], args[1]), align=8)
    return context.get_dummy_value()


def _give_name(function: Any, name: Any) -> None:
    @overload(name, jit_options=INLINED, strict=False)
    def choose(x: Any) -> Any:
        return (lambda x: function(x)) if x is floats else None


def _give_pair(function: Any, name: Any) -> None:
    @overload(name, jit_options=INLINED, strict=False)
    def choose(a: Any, b: Any) -> Any:
        return (lambda a, b: function(a, b)) if a is floats or b is floats else None

    if name not in (min, max):
        return

    @overload(name, jit_options=INLINED, strict=False)
    def choose_of_three(a: Any, b: Any, c: Any) -> Any:
        return (lambda a, b, c: name(name(a, b), c)) if floats in (a, b, c) else None


for _function, _names in _FAMILIAR.items():
    for _name in _names:
        _give_name(_function, _name)
for _function, _names in _FAMILIAR_PAIRS.items():
    for _name in _names:
        _give_pair(_function, _name)


@overload(np.where, jit_options=INLINED, strict=False)
def _where(condition: Any, x: Any, y: Any) -> Any:
    return (lambda condition, x, y: select(condition, x, y)) if condition is mask else None


@functools.cache
def _power_function(exponent: int) -> Any:
    """x -> x^exponent by squaring; exponent >= 1."""
    if exponent == 1:
        return lanes_function(lambda x: x)
    half = _power_function(exponent // 2)
    if exponent % 2:
        return lanes_function(lambda x: half(x) * half(x) * x)
    return lanes_function(lambda x: half(x) * half(x))


@overload(operator.pow, jit_options=INLINED, strict=False, prefer_literal=True)
def _power(x: Any, y: Any) -> Any:
    if x is not floats or not isinstance(y, types.IntegerLiteral):
        return None
    size = abs(y.literal_value)
    if not 1 <= size <= _LARGEST_EXPONENT:
        return None
    power = _power_function(size)
    if y.literal_value < 0:
        return lambda x, y: 1.0 / power(x)
    return lambda x, y: power(x)


@overload(operator.pow, jit_options=INLINED, strict=False)
def _root(x: Any, y: Any) -> Any:
    """Floats as exponents, through the logarithm: for positive x."""
    if x is floats and isinstance(y, types.Float):
        return lambda x, y: transcendental.exp(y * transcendental.log(x))
    return None
