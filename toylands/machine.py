"""Which machine a number was measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np

from toylands._version import __version__


def threads() -> int:
    """How many threads this process may use at once."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    """The processor's name as the system tells it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def describe() -> dict[str, Any]:
    """Processor, threads, load and versions, as JSON-able values.

    Examples
    --------
    >>> describe()["threads"] >= 1
    True
    """
    return {
        "processor": _processor(),
        "target": llvm.get_host_cpu_name(),
        "threads": threads(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.release()}",
        "versions": {
            "toylands": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "numba": numba.__version__,
            "llvm": ".".join(str(part) for part in llvm.llvm_version_info),
        },
    }


def line(machine: dict[str, Any]) -> str:
    """The same in one line for people."""
    load = "" if machine["load"] is None else f", load {machine['load']}"
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return f"{machine['processor']} ({machine['target']}), {machine['threads']} threads{load}; {versions}"
