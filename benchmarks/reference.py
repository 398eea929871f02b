"""The C reference: compiled when a compiler is there, called through ctypes."""

from __future__ import annotations

import ctypes
import functools
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.workload import Statistic

SOURCES = [str(Path(__file__).with_name(name)) for name in ("reference.c", "reference_data.c")]
FLAGS = ["-O3", "-march=native", "-fopenmp", "-fno-math-errno"]
if platform.machine() in ("x86_64", "AMD64"):
    FLAGS.append("-mprefer-vector-width=512")
_BLOCK = 64


def missing() -> str:
    """Why it cannot run here, or ""."""
    try:
        _library()
    except OSError as error:
        return str(error)
    except subprocess.CalledProcessError as error:
        return f"gcc failed: {error.stderr.decode(errors='replace').strip().splitlines()[0]}"
    return ""


@functools.lru_cache(maxsize=1)
def _library() -> ctypes.CDLL:
    compiler = shutil.which("gcc")
    if compiler is None:
        raise OSError("no gcc")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "reference.so"
        command = [compiler, *FLAGS, "-shared", "-fPIC", *SOURCES, "-o", str(target), "-lm"]
        subprocess.run(command, check=True, capture_output=True)
        library = ctypes.CDLL(str(target))
    flag, real, whole, big, seed, array = (
        ctypes.c_int, ctypes.c_double, ctypes.c_int, ctypes.c_long, ctypes.c_uint64, ctypes.c_void_p
    )  # fmt: skip
    library.recurrence.argtypes = [flag, real, real, real, whole, big, whole, seed, array]
    library.valley.argtypes = [flag, real, real, real, real, whole, big, whole, whole, seed, array]
    library.basins.argtypes = [array, whole, real, real, real, big, whole, seed, array]
    library.regression.argtypes = [array, array, whole, whole, real, real, real, real, big, whole, whole, seed, array]
    for function in (library.recurrence, library.valley, library.basins, library.regression):
        function.restype = None
    return library


def _checked(trajectories: int) -> int:
    if trajectories % _BLOCK:
        raise ValueError(f"trajectories = {trajectories} must be a multiple of {_BLOCK}")
    return trajectories


def recurrence(
    noise: str, rho: float, kappa: float, sigma: float, dim: int, trajectories: int, steps: int, seed: int = 1
) -> Statistic:
    """Mean and variance of |w|^2 after the last step; computed after every step."""
    out = np.empty((steps, 2))
    _library().recurrence(
        noise == "gaussian", rho, kappa, sigma, dim, _checked(trajectories), steps, seed, out.ctypes.data
    )
    return float(out[-1, 0]), float(out[-1, 1])


def valley(
    noise: str, eta: float, kappa: float, sigma: float, start: float, dim: int, trajectories: int, steps: int,
    every: int, seed: int = 1,
) -> Statistic:  # fmt: skip
    """Mean and variance of the Hessian's trace after the last multiple of ``every``; computed at each."""
    out = np.empty((steps // every, 2))
    _library().valley(
        noise == "gaussian", eta, kappa, sigma, start, dim, _checked(trajectories), steps, every, seed, out.ctypes.data
    )
    return float(out[-1, 0]), float(out[-1, 1])


def basins(points: np.ndarray, eta: float, trace: float, start: float, trajectories: int, steps: int, seed: int = 1
           ) -> Statistic:  # fmt: skip
    """Mean and variance of the loss after the last step; the share that has escaped is computed after every step.

    ``points``: rows (a_i, b_i) in the rotated coordinates.
    """
    out, points = np.empty((steps + 1, 2)), np.ascontiguousarray(points)
    _library().basins(
        points.ctypes.data, len(points), eta, trace, start, _checked(trajectories), steps, seed, out.ctypes.data
    )
    return float(out[-1, 0]), float(out[-1, 1])


def regression(
    design: np.ndarray, targets: np.ndarray, eta: float, sigma: float, kappa: float, start: float, trajectories: int,
    steps: int, every: int, seed: int = 1,
) -> Statistic:  # fmt: skip
    """Mean and variance of the loss after the last multiple of ``every``; computed at each."""
    out = np.empty((steps // every + 1, 2))
    design, targets = np.ascontiguousarray(design), np.ascontiguousarray(targets)
    _library().regression(
        design.ctypes.data, targets.ctypes.data, *design.shape, eta, sigma, kappa, start, _checked(trajectories), steps,
        every, seed, out.ctypes.data,
    )  # fmt: skip
    return float(out[-1, 0]), float(out[-1, 1])
