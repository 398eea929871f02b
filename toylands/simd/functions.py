"""Functions of lanes. Their Python bodies are what runs without JIT."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature

from toylands.simd.values import LANES, VECTOR, call, constant, declare, floats, intrinsic, mask, words


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


def has_bits(x: Any, bits: Any) -> Any:
    """A mask: whether a word shares a set bit with ``bits``."""
    return (x & bits) != 0


def count_bits(x: Any) -> Any:
    """How many bits of a word are set, as a word."""
    return np.array([int(word).bit_count() for word in np.atleast_1d(x)], dtype=np.uint64).reshape(np.shape(x))


declare(count_bits, ((words,), words, intrinsic("llvm.ctpop", VECTOR[words])))
declare(splat, ((floats,), floats, lambda c, b, x: x))
declare(splat_word, ((words,), words, lambda c, b, x: x))
declare(fma, ((floats, floats, floats), floats, intrinsic("llvm.fma", VECTOR[floats])))
declare(sqrt, ((floats,), floats, intrinsic("llvm.sqrt", VECTOR[floats])))
declare(absolute, ((floats,), floats, intrinsic("llvm.fabs", VECTOR[floats])))
declare(minimum, ((floats, floats), floats, intrinsic("llvm.minnum", VECTOR[floats])))
declare(maximum, ((floats, floats), floats, intrinsic("llvm.maxnum", VECTOR[floats])))
declare(
    select,
    ((mask, floats, floats), floats, lambda c, b, m, x, y: b.select(m, x, y)),
    ((mask, words, words), words, lambda c, b, m, x, y: b.select(m, x, y)),
)
declare(
    any_true,
    (
        (mask,),
        types.boolean,
        lambda c, b, m: b.icmp_unsigned("!=", b.bitcast(m, ir.IntType(LANES)), ir.Constant(ir.IntType(LANES), 0)),
    ),
)
declare(to_float, ((words,), floats, lambda c, b, x: b.uitofp(x, VECTOR[floats])))
declare(signed_to_float, ((words,), floats, lambda c, b, x: b.sitofp(x, VECTOR[floats])))
declare(as_bits, ((floats,), words, lambda c, b, x: b.bitcast(x, VECTOR[words])))
declare(as_float, ((words,), floats, lambda c, b, x: b.bitcast(x, VECTOR[floats])))


def _has_bits(context: Any, builder: Any, x: Any, bits: Any) -> Any:
    return builder.icmp_unsigned("!=", builder.and_(x, bits), constant(VECTOR[words], 0))


declare(has_bits, ((words, words), mask, _has_bits))


def _rotate(context: Any, builder: Any, x: Any, n: Any) -> Any:
    return call(builder, "llvm.fshl.v8i64", x.type, (x, x, n))


declare(rotate_left, ((words, words), words, _rotate))


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
