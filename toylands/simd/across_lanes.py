"""Across lanes: one value in all of them, one of them, their sum; for what is not eight trajectories side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin

from toylands.simd.arrays import lanes_function
from toylands.simd.functions import select
from toylands.simd.values import LANES, FloatLanes, declare, floats


@lanes_function
def alike(value: Any, w: Any) -> Any:
    """``value`` in every lane; ``w`` only says how many there are, which without JIT can be any number."""
    return select(w == w, value, value)


def lane_of(x: Any, lane: int) -> float:
    """The float in lane number ``lane``."""
    return float(x[lane])


def with_lane(x: Any, lane: int, value: float) -> Any:
    """``x`` with lane number ``lane`` set to ``value``."""
    changed = x.copy()
    changed[lane] = value
    return changed


def lane_sum(x: Any) -> Any:
    """The sum of the lanes, in every lane: neighbours first, then pairs, then fours."""
    for width in (1, 2, 4):
        x = x + x[np.arange(LANES) ^ width]
    return x


def _lane_sum(context: Any, builder: Any, x: Any) -> ir.Value:
    for width in (1, 2, 4):
        others = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [lane ^ width for lane in range(LANES)])
        x = builder.fadd(x, builder.shuffle_vector(x, x, others))
    return x


declare(lane_sum, ((floats,), floats, _lane_sum))


class _LaneOf(AbstractTemplate):
    def generic(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        if len(args) == 2 and args[0] is floats and isinstance(args[1], types.Integer):
            return signature(types.float64, floats, types.int32)
        return None


class _WithLane(AbstractTemplate):
    def generic(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        if len(args) == 3 and args[0] is floats and isinstance(args[1], types.Integer):
            return signature(floats, floats, types.int32, types.float64)
        return None


infer_global(lane_of)(_LaneOf)
infer_global(with_lane)(_WithLane)


@lower_builtin(lane_of, FloatLanes, types.Integer)
def _lower_lane_of(context: Any, builder: Any, sig: Any, args: Any) -> ir.Value:
    return builder.extract_element(args[0], args[1])


@lower_builtin(with_lane, FloatLanes, types.Integer, types.Float)
def _lower_with_lane(context: Any, builder: Any, sig: Any, args: Any) -> ir.Value:
    return builder.insert_element(args[0], args[2], args[1])
