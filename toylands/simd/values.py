"""The lane types that Numba compiles, and how a function of lanes is declared to it."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typeconv import Conversion
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, lower_cast, models, register_model

LANES = 8


class FloatLanes(types.Type):
    """Eight float64."""

    def __init__(self) -> None:
        super().__init__(name="float_lanes")

    def can_convert_from(self, typingctx: Any, other: types.Type) -> Any:
        return Conversion.safe if isinstance(other, (types.Float, types.Integer)) else None

    def unify(self, typingctx: Any, other: types.Type) -> Any:
        return self if isinstance(other, (types.Float, types.Integer)) else None


class WordLanes(types.Type):
    """Eight 64-bit words (unsigned)."""

    def __init__(self) -> None:
        super().__init__(name="word_lanes")

    def can_convert_from(self, typingctx: Any, other: types.Type) -> Any:
        return Conversion.safe if isinstance(other, types.Integer) else None

    def unify(self, typingctx: Any, other: types.Type) -> Any:
        return self if isinstance(other, types.Integer) else None


class MaskLanes(types.Type):
    """Eight truth values."""

    def __init__(self) -> None:
        super().__init__(name="mask_lanes")

    def can_convert_from(self, typingctx: Any, other: types.Type) -> Any:
        return Conversion.safe if isinstance(other, types.Boolean) else None

    def unify(self, typingctx: Any, other: types.Type) -> Any:
        return self if isinstance(other, types.Boolean) else None


class SingleLanes(types.Type):
    """Sixteen float32, two a trajectory."""

    def __init__(self) -> None:
        super().__init__(name="single_lanes")

    def can_convert_from(self, typingctx: Any, other: types.Type) -> Any:
        return Conversion.safe if isinstance(other, (types.Float, types.Integer)) else None


class HalfLanes(types.Type):
    """Sixteen 32-bit words (unsigned), two a trajectory."""

    def __init__(self) -> None:
        super().__init__(name="half_lanes")

    def can_convert_from(self, typingctx: Any, other: types.Type) -> Any:
        return Conversion.safe if isinstance(other, types.Integer) else None


class HalfMaskLanes(types.Type):
    """Sixteen truth values, two a trajectory."""

    def __init__(self) -> None:
        super().__init__(name="half_mask_lanes")


class LaneArray(types.Type):
    """A pointer to n values of eight lanes each."""

    def __init__(self, element: types.Type) -> None:
        self.element = element
        super().__init__(name=f"lane_array({element})")


floats, words, mask = FloatLanes(), WordLanes(), MaskLanes()
singles, halves, half_mask = SingleLanes(), HalfLanes(), HalfMaskLanes()
_f64, _i64, _i1 = ir.DoubleType(), ir.IntType(64), ir.IntType(1)
VECTOR = {
    floats: ir.VectorType(_f64, LANES),
    words: ir.VectorType(_i64, LANES),
    mask: ir.VectorType(_i1, LANES),
    singles: ir.VectorType(ir.FloatType(), 2 * LANES),
    halves: ir.VectorType(ir.IntType(32), 2 * LANES),
    half_mask: ir.VectorType(_i1, 2 * LANES),
}


def _register(type_class: type, be_type: Any) -> None:
    class Model(models.PrimitiveModel):
        def __init__(self, dmm: Any, fe_type: Any) -> None:
            super().__init__(dmm, fe_type, be_type(fe_type))

    register_model(type_class)(Model)


_register(FloatLanes, lambda t: VECTOR[floats])
_register(WordLanes, lambda t: VECTOR[words])
_register(MaskLanes, lambda t: VECTOR[mask])
_register(SingleLanes, lambda t: VECTOR[singles])
_register(HalfLanes, lambda t: VECTOR[halves])
_register(HalfMaskLanes, lambda t: VECTOR[half_mask])
_register(LaneArray, lambda t: VECTOR[t.element].as_pointer())


def spread(builder: Any, value: Any, vector: ir.VectorType) -> Any:
    """A scalar in every lane."""
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(
        first,
        ir.Constant(vector, ir.Undefined),
        ir.Constant(ir.VectorType(ir.IntType(32), vector.count), [0] * vector.count),
    )


def constant(vector: ir.VectorType, value: float | int) -> ir.Constant:
    return ir.Constant(vector, [value] * vector.count)


@lower_cast(types.Float, FloatLanes)
@lower_cast(types.Integer, FloatLanes)
def _cast_float(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    return spread(builder, context.cast(builder, value, fromty, types.float64), VECTOR[floats])


@lower_cast(types.Integer, WordLanes)
def _cast_word(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    return spread(builder, context.cast(builder, value, fromty, types.uint64), VECTOR[words])


@lower_cast(types.Boolean, MaskLanes)
def _cast_mask(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    return spread(builder, builder.trunc(value, _i1) if value.type != _i1 else value, VECTOR[mask])


@lower_cast(types.Float, SingleLanes)
@lower_cast(types.Integer, SingleLanes)
def _cast_single(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    return spread(builder, context.cast(builder, value, fromty, types.float32), VECTOR[singles])


@lower_cast(types.Integer, HalfLanes)
def _cast_half(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    return spread(builder, context.cast(builder, value, fromty, types.uint32), VECTOR[halves])


def _is_number(t: types.Type) -> bool:
    return isinstance(t, (types.Float, types.Integer))


def _is_integer(t: types.Type) -> bool:
    return isinstance(t, types.Integer)


def _is_boolean(t: types.Type) -> bool:
    return isinstance(t, types.Boolean)


_ACCEPTS = {floats: _is_number, words: _is_integer, mask: _is_boolean, singles: _is_number, halves: _is_integer}


def declare(function: Any, *overloads: tuple[tuple[types.Type, ...], types.Type, Any]) -> None:
    """Type and lower ``function`` for lanes: each overload is (argument types, result type, builder recipe).

    A call matches an overload if at least one argument is lanes of the named type and the others convert to theirs.
    """

    class Template(AbstractTemplate):
        def generic(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
            for arguments, result, _ in overloads:
                if (
                    len(args) == len(arguments)
                    and any(a is t for a, t in zip(args, arguments))
                    and all(a is t or (t in _ACCEPTS and _ACCEPTS[t](a)) for a, t in zip(args, arguments))
                ):
                    return signature(result, *arguments)
            return None

    infer_global(function)(Template)
    for arguments, _, recipe in overloads:

        def lower(context: Any, builder: Any, sig: Any, args: Any, recipe: Any = recipe) -> Any:
            return recipe(context, builder, *args)

        lower_builtin(function, *arguments)(lower)


def call(builder: Any, name: str, result: Any, args: Any) -> Any:
    kind = ir.FunctionType(result, [a.type for a in args])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)


def plain(method: str) -> Any:
    return lambda context, builder, *args: getattr(builder, method)(*args)


def intrinsic(name: str, vector: ir.VectorType) -> Any:
    def recipe(context: Any, builder: Any, *args: Any) -> Any:
        suffix = {VECTOR[floats]: "v8f64", VECTOR[words]: "v8i64", VECTOR[singles]: "v16f32"}[vector]
        return call(builder, f"{name}.{suffix}", vector, args)

    return recipe


def compare(kind: str, op: str) -> Any:
    return lambda context, builder, a, b: getattr(builder, kind)(op, a, b)
