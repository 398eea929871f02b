"""Sixteen float32 lanes, two for each trajectory: the form in which a 64-bit word a lane is two 32-bit words.

A ``half lanes`` value is ``<16 x i32>``, the lower and upper halves of word lanes in turn; a ``single lanes`` value is
``<16 x float>``. The operators, `fma`, `sqrt`, `select` and `has_bits` take them as they take float lanes and word
lanes. `even_floats` and `odd_floats` lead back to float lanes: the values of the lower and of the upper halves.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature

from toylands.simd.functions import fma, has_bits, select, sqrt
from toylands.simd.values import (
    LANES,
    VECTOR,
    constant,
    declare,
    floats,
    half_mask,
    halves,
    intrinsic,
    plain,
    singles,
    words,
)

WIDENING = 2.0**896  # 1023 - 127 = 896: the exponents' biases


def as_halves(word: Any) -> Any:
    """The lower and upper 32 bits of words, in turn."""
    return word.view(np.uint32)


def splat_single(x: Any) -> Any:
    """Sixteen copies of a number as float32."""
    return np.full(2 * LANES, x, dtype=np.float32)


def to_single(x: Any) -> Any:
    """Unsigned halves as float32 (rounded to nearest)."""
    return x.astype(np.float32)


def signed_to_single(x: Any) -> Any:
    """Halves read as signed integers, as float32 (rounded to nearest)."""
    return x.view(np.int32).astype(np.float32)


def single_bits(x: Any) -> Any:
    """The bit patterns of float32 lanes."""
    return x.view(np.uint32)


def as_single(x: Any) -> Any:
    """Float32 lanes with the given bit patterns."""
    return x.view(np.float32)


def even_widened(x: Any) -> Any:
    """Lanes 0, 2, ... (what came of lower halves of words) over `WIDENING`, as float64; exact, but for subnormals."""
    return x[0::2].astype(np.float64) / WIDENING


def odd_widened(x: Any) -> Any:
    """Lanes 1, 3, ... (what came of upper halves of words) over `WIDENING`, as float64; exact, but for subnormals."""
    return x[1::2].astype(np.float64) / WIDENING


for _ops, _single, _half in (
    ((operator.add, operator.iadd), "fadd", "add"),
    ((operator.sub, operator.isub), "fsub", "sub"),
    ((operator.mul, operator.imul), "fmul", None),
    ((operator.xor, operator.ixor), None, "xor"),
    ((operator.and_, operator.iand), None, "and_"),
    ((operator.or_, operator.ior), None, "or_"),
    ((operator.lshift,), None, "shl"),
    ((operator.rshift,), None, "lshr"),
):
    for _op in _ops:
        if _single is not None:
            declare(_op, ((singles, singles), singles, plain(_single)))
        if _half is not None:
            declare(_op, ((halves, halves), halves, plain(_half)))
declare(operator.neg, ((singles,), singles, lambda c, b, x: b.fsub(constant(VECTOR[singles], -0.0), x)))
declare(fma, ((singles, singles, singles), singles, intrinsic("llvm.fma", VECTOR[singles])))
declare(sqrt, ((singles,), singles, intrinsic("llvm.sqrt", VECTOR[singles])))
declare(select, ((half_mask, singles, singles), singles, lambda c, b, m, x, y: b.select(m, x, y)))
declare(as_halves, ((words,), halves, lambda c, b, x: b.bitcast(x, VECTOR[halves])))
declare(splat_single, ((singles,), singles, lambda c, b, x: x))
declare(to_single, ((halves,), singles, lambda c, b, x: b.uitofp(x, VECTOR[singles])))
declare(signed_to_single, ((halves,), singles, lambda c, b, x: b.sitofp(x, VECTOR[singles])))
declare(single_bits, ((singles,), halves, lambda c, b, x: b.bitcast(x, VECTOR[halves])))
declare(as_single, ((halves,), singles, lambda c, b, x: b.bitcast(x, VECTOR[singles])))


def _has_bits(context: Any, builder: Any, x: Any, bits: Any) -> Any:
    return builder.icmp_unsigned("!=", builder.and_(x, bits), constant(VECTOR[halves], 0))


declare(has_bits, ((halves, halves), half_mask, _has_bits))


def _even_widened(context: Any, builder: Any, x: Any) -> Any:
    return _widened(builder, builder.shl(builder.bitcast(x, VECTOR[words]), constant(VECTOR[words], 32)))


def _odd_widened(context: Any, builder: Any, x: Any) -> Any:
    return _widened(builder, builder.bitcast(x, VECTOR[words]))


def _widened(builder: Any, upper: Any) -> Any:
    """The float32 in the upper half of each word: eight bits of exponent move into eleven, the sign stays on top."""
    moved = builder.ashr(upper, constant(VECTOR[words], 3))
    return builder.bitcast(builder.and_(moved, constant(VECTOR[words], 0x8FFFFFFFE0000000)), VECTOR[floats])


declare(even_widened, ((singles,), floats, _even_widened))
declare(odd_widened, ((singles,), floats, _odd_widened))


class _SplatNumber(AbstractTemplate):
    def generic(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        if len(args) == 1 and isinstance(args[0], (types.Float, types.Integer)):
            return signature(singles, singles)
        return None


infer_global(splat_single)(_SplatNumber)
