"""Compiled kernels on disk, so that only the first process ever waits for the compiler.

Numba's own file cache keeps a mutable index beside its data, which concurrent processes can tear apart, and notices a
change in one source file only. Here a file's name is a hash of everything that decides its content: the kernel's
recipe, the argument types, the processor and its features, the versions of Python, Numba and NumPy, and every source
file of this package. Files are written whole and renamed into place, never changed. Two processes that compile the
same kernel write the same thing.

A compiled kernel is code, so only a folder that belongs to the user and that nobody else can write to is read. Kernels
that no process has loaded for a month are removed when a new one is written.

Only kernels made of this package's own functions, and of functions that it printed itself from a SymPy expression, are
kept: a user's function can change without a trace in its name.

The folder is ``$TOYLANDS_CACHE``, by default ``toylands`` in the user's cache folder; ``TOYLANDS_CACHE=off`` keeps
nothing.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba.core import compiler
from numba.core.caching import NullCache
from numba.core.serialize import dumps

_PACKAGE = Path(__file__).resolve().parent.parent


def folder() -> Path | None:
    """Where kernels are kept; None if they are not."""
    chosen = os.environ.get("TOYLANDS_CACHE", "")
    if chosen.lower() in ("off", "0", "no"):
        return None
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "toylands"


def _source_digest() -> str:
    """A hash of every source file of the package and of what compiles it."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(_PACKAGE).as_posix().encode())
        digest.update(path.read_bytes())
    digest.update(f"{sys.version} {numba.__version__} {np.__version__} {platform.machine()}".encode())
    return digest.hexdigest()


SOURCES = _source_digest()
"""Taken when the package is imported: a file that is edited or upgraded later is not what this process compiles."""


def leaves(value: Any) -> Iterator[Any]:
    """What a recipe is made of: functions, names and switches."""
    if isinstance(value, (tuple, list)):
        for item in value:
            yield from leaves(item)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from leaves(getattr(value, name))
    else:
        yield value


def identity(recipe: Any) -> str | None:
    """A recipe as text, or None if a function in it is not a module-level function of this package."""
    parts = []
    for leaf in leaves(recipe):
        if hasattr(leaf, "generated_from"):  # printed by toylands.landscapes.generated: the digest of its whole text
            parts.append(f"generated:{leaf.generated_from}")
        elif callable(leaf):
            module, name = getattr(leaf, "__module__", None) or "", getattr(leaf, "__qualname__", "<")
            if not module.startswith("toylands.") or "<" in name:
                return None
            parts.append(f"{module}:{name}")
        else:
            parts.append(repr(leaf))
    return " ".join(parts)


def is_private(where: Path) -> bool:
    """Whether the folder belongs to this user and nobody else may write to it (where a system knows owners)."""
    if not hasattr(os, "getuid"):
        return True
    status = where.stat()
    return status.st_uid == os.getuid() and not status.st_mode & 0o022


def _prune(where: Path) -> None:
    """Remove kernels that have not been loaded for a month: mostly those of older versions."""
    oldest = time.time() - 30 * 24 * 3600
    for path in where.glob("*.kernel"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


class KernelCache(NullCache):
    """Stands in for a dispatcher's cache; see the module's head."""

    def __init__(self, recipe_text: str, where: Path) -> None:
        self._text, self._where = recipe_text, where

    @property
    def cache_path(self) -> str:
        """The folder."""
        return str(self._where)

    def _path(self, sig: Any, codegen: Any) -> Path:
        described = "\n".join([self._text, str(sig), repr(codegen.magic_tuple()), SOURCES])
        return self._where / f"{hashlib.sha256(described.encode()).hexdigest()}.kernel"

    def holds(self, sig: Any, codegen: Any) -> bool:
        """Whether the next process will find the kernel for these argument types."""
        path = self._path(sig, codegen)
        return path.exists() and is_private(self._where)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled kernel, or None if it is not there or cannot be read."""
        target_context.refresh()
        if not self.holds(sig, target_context.codegen()):
            return None
        try:
            path = self._path(sig, target_context.codegen())
            payload = pickle.loads(path.read_bytes())  # noqa: S301 - the user's own files
            os.utime(path)
            return compiler.CompileResult._rebuild(target_context, *payload)
        except Exception:  # whatever is wrong with a file, compiling anew is right
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled kernel; a folder that cannot be written is no reason to fail."""
        if data.library.has_dynamic_globals:
            return
        try:
            self._where.mkdir(parents=True, exist_ok=True, mode=0o700)
            _prune(self._where)
            handle, name = tempfile.mkstemp(dir=self._where, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(dumps(data._reduce()))
                os.replace(name, self._path(sig, data.codegen))
            except BaseException:
                os.unlink(name)
                raise
        except OSError:
            pass


def attach(dispatcher: Any, recipe: Any) -> Any:
    """Give a kernel its place on disk, where it may have one; returns the kernel."""
    where, text = folder(), identity(recipe)
    if where is not None and text is not None and hasattr(dispatcher, "_cache"):
        dispatcher._cache = KernelCache(text, where)
    return dispatcher
