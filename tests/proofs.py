"""The proofs of the blackboard's modules, as parameters of a test."""

from collections.abc import Iterable
from types import ModuleType
from typing import Any

import pytest


def proofs_of(modules: Iterable[ModuleType]) -> list[Any]:
    """(module, name) of each function of their own that proves or refutes."""
    return [
        pytest.param(module, name, id=f"{module.__name__.split('.')[-1]}.{name}")
        for module in modules
        for name in vars(module)
        if name.startswith(("prove", "refute")) and getattr(module, name).__module__ == module.__name__
    ]
