"""Keeping a compiled function out of its callers."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, register_jitable

from toylands.simd.inlining import INLINED


def apart_function(function: Any) -> Any:
    """Mark a function of a kernel that calls `stay_apart`: compiled where a kernel calls it, plain Python elsewhere."""
    return register_jitable(**{**INLINED, "forceinline": False})(function)


def stay_apart() -> None:
    """Called in a compiled function: it stays a function of its own, whatever the compiler thinks of inlining it.

    For what a kernel does once a block, number by number: inlined or not as a processor's instructions happen to
    count, it would take registers from the loops around it.
    """


class _StayApart(AbstractTemplate):
    def generic(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        return signature(types.none) if not args else None


infer_global(stay_apart)(_StayApart)


@lower_builtin(stay_apart)
def _lower_stay_apart(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    builder.function.attributes.add("noinline")
    return context.get_dummy_value()
