"""How a kernel is handed to Numba: it releases the interpreter's lock, and counts no references.

A kernel is given every array that it works on and makes none of its own. Numba would count references to those arrays
all the same, at every call of an inlined function: atomic additions to a counter that all threads share, once a step
and array, which cost the two-basin surface a quarter of its speed on two threads. Only a function of a user's may make
arrays; a kernel that holds one is compiled with counting, at once where its author is known to do so, else when Numba
refuses it without.
"""

from __future__ import annotations

import contextlib
import functools
import gc
from collections.abc import Callable, Iterator
from typing import Any

from numba import njit
from numba.core.errors import NumbaError

from toylands.kernels.cache import attach, leaves


def compile_kernel(run: Callable[..., Any], recipe: Any) -> Any:
    """``run`` as a kernel (compiled on its first call), with its place on disk."""
    counting = any(getattr(leaf, "makes_arrays", False) for leaf in leaves(recipe))
    options: Any = {"nogil": True, "error_model": "numpy", "_nrt": counting, "no_cfunc_wrapper": True}
    kernel = njit(**options)(run)
    if hasattr(kernel, "compile"):
        kernel.compile = functools.partial(_compile, kernel, kernel.compile)
    return attach(kernel, recipe)


def _compile(kernel: Any, compile_once: Callable[[Any], Any], signature: Any) -> Any:
    """Compile; where that fails, once more, counting references: a function may turn out to make arrays."""
    with _collector_paused():
        try:
            return compile_once(signature)
        except NumbaError:  # says in many ways that arrays need counting
            if kernel.targetoptions["_nrt"]:
                raise
            kernel.targetoptions["_nrt"] = True
            kernel._compiler._failed_cache.clear()  # Numba remembers what failed
            return compile_once(signature)


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """Numba makes a million objects; looking through them for cycles, again and again, takes a tenth of its time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
