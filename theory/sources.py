"""The source text of this package, as it was when this process imported it, and which modules a module rests on.

What is kept on disk about a derivation is filed under a hash of every source that the derivation can depend on. The
texts are read once, when ``theory`` is imported: a file that is edited later is not what this process runs.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parent


def _name(path: Path) -> str:
    parts = path.relative_to(_ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _read() -> dict[str, bytes]:
    texts = {}
    for path in sorted(_ROOT.rglob("*.py")):
        with contextlib.suppress(OSError):  # gone since it was listed
            texts[_name(path)] = path.read_bytes()
    return texts


TEXTS: dict[str, bytes] = _read()
"""Source of every module, by its dotted name."""

_PACKAGES = {_name(path) for path in _ROOT.rglob("__init__.py")}


@cache
def imports(module: str) -> frozenset[str]:
    """Modules of this package that a module imports anywhere in its text, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(TEXTS[module])):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = _origin(module, node)
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return frozenset(name for name in found if name in TEXTS)


def _origin(module: str, node: ast.ImportFrom) -> str:
    """The absolute name that a ``from ... import`` imports from."""
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    above = node.level - (module in _PACKAGES)
    package = parts[: len(parts) - above]
    return ".".join([*package, *([node.module] if node.module else [])])


def _parents(module: str) -> Iterator[str]:
    parts = module.split(".")
    for length in range(1, len(parts)):
        yield ".".join(parts[:length])


def rests_on(modules: Iterable[str]) -> frozenset[str]:
    """The modules themselves, their packages, and everything of this package that they import, however indirectly.

    Raises
    ------
    KeyError
        If one is no module of this package.

    Examples
    --------
    >>> sorted(rests_on(["theory.proof"]))
    ['theory', 'theory.proof', 'theory.sources']
    """
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += [*imports(module), *_parents(module)]
    return frozenset(found)


def digest(modules: Iterable[str]) -> str:
    """A hash of the names and texts of modules.

    Examples
    --------
    >>> digest(["theory.proof"]) == digest({"theory.proof"}) != digest(["theory.sources"])
    True
    """
    total = hashlib.sha256()
    for module in sorted(modules):
        total.update(f"{module}\0{len(TEXTS[module])}\0".encode() + TEXTS[module])
    return total.hexdigest()
