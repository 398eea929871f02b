"""How functions of lanes are compiled: to code that only ever becomes a part of a kernel.

Numba makes machine code of every function that a kernel calls, optimised from scratch at every level of calls, though
all of them are inlined and optimised again in the kernel. For the hundred small functions of a kernel that took longer
than the kernel itself. Here such a function stays as Numba wrote it, LLVM's text not yet optimised: the kernel takes it
in, and is optimised once.

This builds on parts of Numba that it does not promise to keep, as they are from 0.62 to 0.68. With another Numba,
functions compile the ordinary way, slower and to the same kernel.
"""

from __future__ import annotations

from typing import Any

import numba

INLINED: Any = {"forceinline": True, "no_cfunc_wrapper": True}
"""Options of every function of lanes."""

if (0, 62) <= tuple(int(part) for part in numba.__version__.split(".")[:2]) <= (0, 68):
    from numba import _dynfunc  # type: ignore[attr-defined]
    from numba.core.codegen import JITCodeLibrary
    from numba.core.compiler import CompilerBase, DefaultPassBuilder
    from numba.core.compiler_machinery import register_pass
    from numba.core.typed_passes import NativeLowering

    class _Unfinished(JITCodeLibrary):
        """A function and what it calls, neither optimised nor made machine code."""

        def _optimize_functions(self, ll_module: Any) -> None:
            ll_module.data_layout = self._codegen._data_layout

        def _optimize_final_module(self) -> None:
            pass

        def _finalize_final_module(self) -> None:
            self._finalized = True

    @register_pass(mutates_CFG=True, analysis_only=False)
    class _LowerUnfinished(NativeLowering):
        """Numba's lowering up to the point where it would ask for the machine code's address."""

        _name = "toylands_lower_unfinished"

        def run_pass(self, state: Any) -> bool:
            library = _Unfinished(state.targetctx.codegen(), state.func_id.func_qualname)
            library.enable_object_caching()
            state.library, state.flags.no_compile = library, True
            super().run_pass(state)
            state.flags.no_compile = False
            library._ensure_finalized()
            lowered = state["cr"]
            description = lowered.fndesc
            nowhere = _dynfunc.make_function(  # by which callers find the library; nobody can call it
                description.lookup_module(), description.qualname.split(".")[-1], "inlined", 0, lowered.env, (library,)
            )
            state.targetctx.insert_user_function(nowhere, description, [library])
            state["cr"] = lowered._replace(cfunc=nowhere)
            return True

    class _Inlined(CompilerBase):
        """Numba's compiler with that lowering."""

        def define_pipelines(self) -> list[Any]:
            passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
            passes.passes = [
                (_LowerUnfinished, text) if each is NativeLowering else (each, text) for each, text in passes.passes
            ]
            passes.finalize()
            return [passes]

    INLINED["pipeline_class"] = _Inlined
