"""One value in all lanes, and one lane of a value, for code that cannot be written for eight trajectories at once."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin

from toylands.simd.arrays import lanes_function
from toylands.simd.functions import select
from toylands.simd.values import FloatLanes, floats


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
