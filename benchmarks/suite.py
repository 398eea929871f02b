"""All workloads. A new one is a file with a function ``workloads()``, and a name here."""

from __future__ import annotations

import importlib.util

from benchmarks import (
    cycling,
    exits,
    expression,
    matrix_sensing,
    recurrence,
    reference,
    regression,
    two_basins,
    valley,
)
from benchmarks.workload import Workload

FILES = (recurrence, valley, two_basins, regression, matrix_sensing, cycling, exits, expression)
PACKAGES = {"Numba": "numba", "JAX": "jax", "PyTorch": "torch"}


def workloads() -> list[Workload]:
    """Every workload with every kind of noise."""
    return [workload for file in FILES for workload in file.workloads()]


def missing(contestant: str) -> str:
    """What a contestant lacks on this machine, or ""."""
    if contestant == "C":
        return reference.missing()
    package = PACKAGES.get(contestant.split()[0], "")
    return f"no package {package}" if package and importlib.util.find_spec(package) is None else ""
