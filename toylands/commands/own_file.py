"""Landscapes from a Python file of the user's own. The file is run; whatever stands on the command line never is."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from toylands.landscapes import Landscape


class OwnFileError(ValueError):
    """A file that cannot be run, or does not hold the landscape that was asked for."""


def load_landscapes(path: str | Path) -> dict[str, Any]:
    """What a file offers, by name: landscape classes, landscapes, and functions annotated to return a landscape.

    Parameters
    ----------
    path : path
        A ``.py`` file; it is run.

    Raises
    ------
    OwnFileError
        If there is no such file, it fails to run, or it offers nothing.

    Examples
    --------
    >>> load_landscapes("nothing.py")
    Traceback (most recent call last):
    toylands.commands.own_file.OwnFileError: nothing.py: no such file
    """
    module = run_file(path)
    found = {name: value for name, value in vars(module).items() if _offers(value, module) and not name.startswith("_")}
    if not found:
        raise OwnFileError(
            f"{path}: no landscape in it: define a subclass of toylands.landscapes.Landscape, "
            "or a name for what from_sympy or from_functions returns"
        )
    return found


def run_file(file: str | Path) -> ModuleType:
    """A file as a module; raises OwnFileError if there is none, or it fails."""
    path = Path(file)
    if not path.is_file():
        raise OwnFileError(f"{path}: no such file")
    name = "toylands_own_" + hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise OwnFileError(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up there
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise OwnFileError(f"{path}: {type(error).__name__}: {error}") from error
    return module


def _offers(value: Any, module: ModuleType) -> bool:
    if isinstance(value, Landscape):
        return True
    if getattr(value, "__module__", None) != module.__name__:
        return False
    if inspect.isclass(value):
        return issubclass(value, Landscape) and not inspect.isabstract(value)
    returned = getattr(value, "__annotations__", {}).get("return") if inspect.isfunction(value) else None
    text = returned if isinstance(returned, str) else getattr(returned, "__name__", "")
    return text.split(".")[-1].endswith("Landscape")
