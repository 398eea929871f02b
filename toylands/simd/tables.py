"""Table look-ups and the parts of a float: one AVX-512 instruction, or a few portable ones with equal results."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import config

from toylands.simd.functions import as_bits, as_float
from toylands.simd.values import LANES, VECTOR, call, constant, declare, floats, words


def exponent(x: Any) -> Any:
    """floor(log2 x) of positive normal floats, as floats."""
    return ((as_bits(x) >> np.uint64(52)).astype(np.int64) - 1023).astype(np.float64)


def mantissa(x: Any) -> Any:
    """x / 2^floor(log2 x) of positive normal floats: in [1, 2)."""
    return as_float((as_bits(x) & np.uint64(0x000FFFFFFFFFFFFF)) | np.uint64(0x3FF0000000000000))


def lookup4(table: Any, index: Any) -> Any:
    """``table[index & 3]`` lane by lane; ``table`` holds lanes whose entries 4..7 repeat 0..3."""
    return table[(index & np.uint64(3)).astype(np.int64)]


def lookup4_above(table: Any, index: Any) -> Any:
    """As `lookup4`, by the bits above the lowest: ``table[index & 7]``, the table's entries repeated in pairs."""
    return table[(index & np.uint64(7)).astype(np.int64)]


def lookup16(low: Any, high: Any, index: Any) -> Any:
    """Entry ``index & 15`` of the sixteen values in ``low`` (0..7) and ``high`` (8..15)."""
    return np.concatenate([low, high])[(index & np.uint64(15)).astype(np.int64)]


def _has_avx512(context: Any) -> bool:
    """Whether the code being generated may use AVX-512 (respects NUMBA_CPU_FEATURES)."""
    asked = getattr(config, "CPU_FEATURES", None)
    features = asked if asked is not None else context.codegen()._tm_features
    return "+avx512f" in features.split(",")


def _mask_call(builder: Any, name: str, x: Any, *middle: Any) -> Any:
    """An AVX-512 intrinsic of one vector with pass-through, full mask and default rounding."""
    i8, i32 = ir.IntType(8), ir.IntType(32)
    rest = (ir.Constant(x.type, None), ir.Constant(i8, 255), ir.Constant(i32, 4))
    return call(builder, f"llvm.x86.avx512.mask.{name}.pd.512", x.type, (x, *middle, *rest))


def _exponent(context: Any, builder: Any, x: Any) -> Any:
    if _has_avx512(context):
        return _mask_call(builder, "getexp", x)
    vector = VECTOR[words]
    shifted = builder.lshr(builder.bitcast(x, vector), constant(vector, 52))
    return builder.sitofp(builder.sub(shifted, constant(vector, 1023)), x.type)


def _mantissa(context: Any, builder: Any, x: Any) -> Any:
    if _has_avx512(context):
        return _mask_call(builder, "getmant", x, ir.Constant(ir.IntType(32), 0))
    vector = VECTOR[words]
    low = builder.and_(builder.bitcast(x, vector), constant(vector, 0x000FFFFFFFFFFFFF))
    return builder.bitcast(builder.or_(low, constant(vector, 0x3FF0000000000000)), x.type)


declare(exponent, ((floats,), floats, _exponent))
declare(mantissa, ((floats,), floats, _mantissa))


def _pick(builder: Any, index: Any, bit: int, if_set: Any, if_clear: Any) -> Any:
    vector = VECTOR[words]
    masked = builder.and_(index, constant(vector, 1 << bit))
    return builder.select(builder.icmp_unsigned("!=", masked, constant(vector, 0)), if_set, if_clear)


def _lane(builder: Any, table: Any, i: int) -> Any:
    choice = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [i] * LANES)
    return builder.shuffle_vector(table, ir.Constant(table.type, ir.Undefined), choice)


def _pick4(builder: Any, table: Any, index: Any, bit: int) -> Any:
    """The entry whose number is in the bits ``bit`` and ``bit + 1`` of the index."""
    entry = [_lane(builder, table, i << bit) for i in range(4)]
    low = _pick(builder, index, bit, entry[1], entry[0])
    return _pick(builder, index, bit + 1, _pick(builder, index, bit, entry[3], entry[2]), low)


def _lookup4(context: Any, builder: Any, table: Any, index: Any) -> Any:
    if _has_avx512(context):
        return call(builder, "llvm.x86.avx512.permvar.df.512", table.type, (table, index))
    return _pick4(builder, table, index, 0)


def _lookup4_above(context: Any, builder: Any, table: Any, index: Any) -> Any:
    if _has_avx512(context):
        return call(builder, "llvm.x86.avx512.permvar.df.512", table.type, (table, index))
    return _pick4(builder, table, index, 1)


def _lookup16(context: Any, builder: Any, low: Any, high: Any, index: Any) -> Any:
    if _has_avx512(context):
        return call(builder, "llvm.x86.avx512.vpermi2var.pd.512", low.type, (low, index, high))
    level = [_lane(builder, low, i) for i in range(8)] + [_lane(builder, high, i) for i in range(8)]
    for bit in range(4):
        level = [_pick(builder, index, bit, level[2 * i + 1], level[2 * i]) for i in range(len(level) // 2)]
    return level[0]


declare(lookup4, ((floats, words), floats, _lookup4))
declare(lookup4_above, ((floats, words), floats, _lookup4_above))
declare(lookup16, ((floats, floats, words), floats, _lookup16))
