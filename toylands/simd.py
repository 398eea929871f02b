"""SIMD values for Numba: one value is eight trajectories.

A kernel written with these values reads like scalar mathematics. Compiled, a ``float lanes`` value is the LLVM vector
``<8 x double>``, a ``word lanes`` value ``<8 x i64>``, a mask ``<8 x i1>``; LLVM maps them to AVX-512, AVX2 or NEON
registers. Without JIT (``NUMBA_DISABLE_JIT=1``) the same source runs on NumPy arrays of shape (8,): that is the second
implementation that the tests compare.

`lanes` views a contiguous ``(n, 8)`` array as n values: ``x = lanes(a)``, then ``x[j]`` loads and ``x[j] = y`` stores.
Python numbers mix with lanes and are spread over them; ``total = 0.0`` followed by ``total += x[j]`` works.

Nothing here is contracted behind the author's back: a fused multiply-add is written ``fma``, so results do not depend
on what a vector width lets the compiler fuse.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils, config
from numba.core.typeconv import Conversion
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, lower_cast, models, register_jitable, register_model, typeof_impl

LANES = 8

# --------------------------------------------------------------------------- types


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


class LaneArray(types.Type):
    """A pointer to n values of eight lanes each."""

    def __init__(self, element: types.Type) -> None:
        self.element = element
        super().__init__(name=f"lane_array({element})")


floats, words, mask = FloatLanes(), WordLanes(), MaskLanes()
_f64, _i64, _i1 = ir.DoubleType(), ir.IntType(64), ir.IntType(1)
_VECTOR = {floats: ir.VectorType(_f64, LANES), words: ir.VectorType(_i64, LANES), mask: ir.VectorType(_i1, LANES)}


def _register(type_class: type, be_type: Any) -> None:
    class Model(models.PrimitiveModel):
        def __init__(self, dmm: Any, fe_type: Any) -> None:
            super().__init__(dmm, fe_type, be_type(fe_type))

    register_model(type_class)(Model)


_register(FloatLanes, lambda t: _VECTOR[floats])
_register(WordLanes, lambda t: _VECTOR[words])
_register(MaskLanes, lambda t: _VECTOR[mask])
_register(LaneArray, lambda t: _VECTOR[t.element].as_pointer())


def _splat(builder: Any, value: Any, vector: ir.VectorType) -> Any:
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(
        first, ir.Constant(vector, ir.Undefined), ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    )


def _constant(vector: ir.VectorType, value: float | int) -> ir.Constant:
    return ir.Constant(vector, [value] * LANES)


@lower_cast(types.Float, FloatLanes)
@lower_cast(types.Integer, FloatLanes)
def _cast_float(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    return _splat(builder, context.cast(builder, value, fromty, types.float64), _VECTOR[floats])


@lower_cast(types.Integer, WordLanes)
def _cast_word(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    return _splat(builder, context.cast(builder, value, fromty, types.uint64), _VECTOR[words])


@lower_cast(types.Boolean, MaskLanes)
def _cast_mask(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    return _splat(builder, builder.trunc(value, _i1) if value.type != _i1 else value, _VECTOR[mask])


# --------------------------------------------------------------------------- helpers that declare functions


def _is_float(t: types.Type) -> bool:
    return t is floats or isinstance(t, (types.Float, types.Integer))


def _is_word(t: types.Type) -> bool:
    return t is words or isinstance(t, types.Integer)


def _is_mask(t: types.Type) -> bool:
    return t is mask or isinstance(t, types.Boolean)


_ACCEPTS = {floats: _is_float, words: _is_word, mask: _is_mask}


def _declare(function: Any, *overloads: tuple[tuple[types.Type, ...], types.Type, Any]) -> None:
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


def _call(builder: Any, name: str, result: Any, args: Any) -> Any:
    kind = ir.FunctionType(result, [a.type for a in args])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)


def _plain(method: str) -> Any:
    return lambda context, builder, *args: getattr(builder, method)(*args)


def _intrinsic(name: str, vector: ir.VectorType) -> Any:
    def recipe(context: Any, builder: Any, *args: Any) -> Any:
        suffix = "v8f64" if vector == _VECTOR[floats] else "v8i64"
        return _call(builder, f"{name}.{suffix}", vector, args)

    return recipe


def _compare(kind: str, op: str) -> Any:
    return lambda context, builder, a, b: getattr(builder, kind)(op, a, b)


# --------------------------------------------------------------------------- operators

for _ops, _float, _word in (
    ((operator.add, operator.iadd), "fadd", "add"),
    ((operator.sub, operator.isub), "fsub", "sub"),
    ((operator.mul, operator.imul), "fmul", "mul"),
):
    for _op in _ops:
        _declare(_op, ((floats, floats), floats, _plain(_float)), ((words, words), words, _plain(_word)))
for _op in (operator.truediv, operator.itruediv):
    _declare(_op, ((floats, floats), floats, _plain("fdiv")))
_declare(operator.neg, ((floats,), floats, lambda c, b, x: b.fsub(_constant(_VECTOR[floats], -0.0), x)))
for _ops, _name in (
    ((operator.xor, operator.ixor), "xor"),
    ((operator.and_, operator.iand), "and_"),
    ((operator.or_, operator.ior), "or_"),
):
    for _op in _ops:
        _declare(_op, ((words, words), words, _plain(_name)), ((mask, mask), mask, _plain(_name)))
_declare(operator.lshift, ((words, words), words, _plain("shl")))
_declare(operator.rshift, ((words, words), words, _plain("lshr")))
_declare(operator.invert, ((mask,), mask, lambda c, b, x: b.not_(x)))
for _op, _name in (
    (operator.lt, "<"),
    (operator.le, "<="),
    (operator.gt, ">"),
    (operator.ge, ">="),
    (operator.eq, "=="),
):
    _declare(_op, ((floats, floats), mask, _compare("fcmp_ordered", _name)))


# --------------------------------------------------------------------------- functions (their Python bodies: no JIT)


def splat(x: Any) -> Any:
    """Eight copies of a float."""
    return np.full(LANES, x, dtype=np.float64)


def splat_word(x: Any) -> Any:
    """Eight copies of a 64-bit word."""
    return np.full(LANES, x, dtype=np.uint64)


def fma(a: Any, b: Any, c: Any) -> Any:
    """``a * b + c`` with one rounding (with two, without JIT)."""
    return a * b + c


def sqrt(x: Any) -> Any:
    """Square root."""
    return np.sqrt(x)


def absolute(x: Any) -> Any:
    """Absolute value."""
    return np.abs(x)


def minimum(a: Any, b: Any) -> Any:
    """The smaller of two, lane by lane; the other one where one is NaN."""
    return np.fmin(a, b)


def maximum(a: Any, b: Any) -> Any:
    """The larger of two, lane by lane; the other one where one is NaN."""
    return np.fmax(a, b)


def select(condition: Any, a: Any, b: Any) -> Any:
    """``a`` where the mask is true, else ``b``."""
    return np.where(condition, a, b)


def any_true(condition: Any) -> Any:
    """Whether a mask is true in at least one lane."""
    return bool(np.any(condition))


def rotate_left(x: Any, n: Any) -> Any:
    """Words rotated left by ``n`` bits, 0 < n < 64."""
    return (x << np.uint64(n)) | (x >> np.uint64(64 - n))


def to_float(x: Any) -> Any:
    """Unsigned words as floats (rounded to nearest)."""
    return x.astype(np.float64)


def signed_to_float(x: Any) -> Any:
    """Words read as signed integers, as floats."""
    return x.view(np.int64).astype(np.float64)


def as_bits(x: Any) -> Any:
    """The bit patterns of floats."""
    return np.asarray(x, dtype=np.float64).view(np.uint64)


def as_float(x: Any) -> Any:
    """Floats with the given bit patterns."""
    return x.view(np.float64)


def exponent(x: Any) -> Any:
    """floor(log2 x) of positive normal floats, as floats."""
    return ((as_bits(x) >> np.uint64(52)).astype(np.int64) - 1023).astype(np.float64)


def mantissa(x: Any) -> Any:
    """x / 2^floor(log2 x) of positive normal floats: in [1, 2)."""
    return as_float((as_bits(x) & np.uint64(0x000FFFFFFFFFFFFF)) | np.uint64(0x3FF0000000000000))


def has_bits(x: Any, bits: Any) -> Any:
    """A mask: whether a word shares a set bit with ``bits``."""
    return (x & bits) != 0


def lookup4(table: Any, index: Any) -> Any:
    """``table[index & 3]`` lane by lane; ``table`` holds lanes whose entries 4..7 repeat 0..3."""
    return table[(index & np.uint64(3)).astype(np.int64)]


def lookup16(low: Any, high: Any, index: Any) -> Any:
    """Entry ``index & 15`` of the sixteen values in ``low`` (0..7) and ``high`` (8..15)."""
    return np.concatenate([low, high])[(index & np.uint64(15)).astype(np.int64)]


_declare(splat, ((floats,), floats, lambda c, b, x: x))
_declare(splat_word, ((words,), words, lambda c, b, x: x))
_declare(fma, ((floats, floats, floats), floats, _intrinsic("llvm.fma", _VECTOR[floats])))
_declare(sqrt, ((floats,), floats, _intrinsic("llvm.sqrt", _VECTOR[floats])))
_declare(absolute, ((floats,), floats, _intrinsic("llvm.fabs", _VECTOR[floats])))
_declare(minimum, ((floats, floats), floats, _intrinsic("llvm.minnum", _VECTOR[floats])))
_declare(maximum, ((floats, floats), floats, _intrinsic("llvm.maxnum", _VECTOR[floats])))
_declare(
    select,
    ((mask, floats, floats), floats, lambda c, b, m, x, y: b.select(m, x, y)),
    ((mask, words, words), words, lambda c, b, m, x, y: b.select(m, x, y)),
)
_declare(
    any_true,
    (
        (mask,),
        types.boolean,
        lambda c, b, m: b.icmp_unsigned("!=", b.bitcast(m, ir.IntType(LANES)), ir.Constant(ir.IntType(LANES), 0)),
    ),
)
_declare(to_float, ((words,), floats, lambda c, b, x: b.uitofp(x, _VECTOR[floats])))
_declare(signed_to_float, ((words,), floats, lambda c, b, x: b.sitofp(x, _VECTOR[floats])))
_declare(as_bits, ((floats,), words, lambda c, b, x: b.bitcast(x, _VECTOR[words])))
_declare(as_float, ((words,), floats, lambda c, b, x: b.bitcast(x, _VECTOR[floats])))


def _mask_call(builder: Any, name: str, x: Any, *middle: Any) -> Any:
    """An AVX-512 intrinsic of one vector with pass-through, full mask and default rounding."""
    i8, i32 = ir.IntType(8), ir.IntType(32)
    rest = (ir.Constant(x.type, None), ir.Constant(i8, 255), ir.Constant(i32, 4))
    return _call(builder, f"llvm.x86.avx512.mask.{name}.pd.512", x.type, (x, *middle, *rest))


def _exponent(context: Any, builder: Any, x: Any) -> Any:
    if _has_avx512(context):
        return _mask_call(builder, "getexp", x)
    vector = _VECTOR[words]
    shifted = builder.lshr(builder.bitcast(x, vector), _constant(vector, 52))
    return builder.sitofp(builder.sub(shifted, _constant(vector, 1023)), x.type)


def _mantissa(context: Any, builder: Any, x: Any) -> Any:
    if _has_avx512(context):
        return _mask_call(builder, "getmant", x, ir.Constant(ir.IntType(32), 0))
    vector = _VECTOR[words]
    low = builder.and_(builder.bitcast(x, vector), _constant(vector, 0x000FFFFFFFFFFFFF))
    return builder.bitcast(builder.or_(low, _constant(vector, 0x3FF0000000000000)), x.type)


_declare(exponent, ((floats,), floats, _exponent))
_declare(mantissa, ((floats,), floats, _mantissa))


def _has_bits(context: Any, builder: Any, x: Any, bits: Any) -> Any:
    return builder.icmp_unsigned("!=", builder.and_(x, bits), _constant(_VECTOR[words], 0))


_declare(has_bits, ((words, words), mask, _has_bits))


def _rotate(context: Any, builder: Any, x: Any, n: Any) -> Any:
    return _call(builder, "llvm.fshl.v8i64", x.type, (x, x, n))


_declare(rotate_left, ((words, words), words, _rotate))


class _SplatNumber(AbstractTemplate):
    def generic(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        if len(args) == 1 and isinstance(args[0], (types.Float, types.Integer)):
            return signature(floats, floats)
        return None


class _SplatInteger(AbstractTemplate):
    def generic(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        return signature(words, words) if len(args) == 1 and isinstance(args[0], types.Integer) else None


infer_global(splat)(_SplatNumber)
infer_global(splat_word)(_SplatInteger)


def _has_avx512(context: Any) -> bool:
    """Whether the code being generated may use AVX-512 (respects NUMBA_CPU_FEATURES)."""
    asked = getattr(config, "CPU_FEATURES", None)
    features = asked if asked is not None else context.codegen()._tm_features
    return "+avx512f" in features.split(",")


def _pick(builder: Any, index: Any, bit: int, if_set: Any, if_clear: Any) -> Any:
    vector = _VECTOR[words]
    masked = builder.and_(index, _constant(vector, 1 << bit))
    return builder.select(builder.icmp_unsigned("!=", masked, _constant(vector, 0)), if_set, if_clear)


def _lane(builder: Any, table: Any, i: int) -> Any:
    choice = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [i] * LANES)
    return builder.shuffle_vector(table, ir.Constant(table.type, ir.Undefined), choice)


def _lookup4(context: Any, builder: Any, table: Any, index: Any) -> Any:
    if _has_avx512(context):
        return _call(builder, "llvm.x86.avx512.permvar.df.512", table.type, (table, index))
    entry = [_lane(builder, table, i) for i in range(4)]
    low = _pick(builder, index, 0, entry[1], entry[0])
    return _pick(builder, index, 1, _pick(builder, index, 0, entry[3], entry[2]), low)


def _lookup16(context: Any, builder: Any, low: Any, high: Any, index: Any) -> Any:
    if _has_avx512(context):
        return _call(builder, "llvm.x86.avx512.vpermi2var.pd.512", low.type, (low, index, high))
    level = [_lane(builder, low, i) for i in range(8)] + [_lane(builder, high, i) for i in range(8)]
    for bit in range(4):
        level = [_pick(builder, index, bit, level[2 * i + 1], level[2 * i]) for i in range(len(level) // 2)]
    return level[0]


_declare(lookup4, ((floats, words), floats, _lookup4))
_declare(lookup16, ((floats, floats, words), floats, _lookup16))


# --------------------------------------------------------------------------- arrays of lanes


def lanes_function(function: Any) -> Any:
    """Mark a function of lanes: plain Python when called from Python, compiled and inlined when called in a kernel."""
    return register_jitable(forceinline=True)(function)


class LaneView:
    """Stands in for a lane array when nothing is compiled: ``x[j]`` is a copy, as a register would be."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array

    def __getitem__(self, index: int) -> np.ndarray:
        return self._array[index].copy()

    def __setitem__(self, index: int, value: Any) -> None:
        self._array[index] = value


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
    return builder.bitcast(data, _VECTOR[sig.return_type.element].as_pointer())


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
